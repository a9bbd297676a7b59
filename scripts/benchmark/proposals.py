"""What a proposal costs a Home Assistant with many chargers and reservations. A process of its own.

Knows the actions, and which reservations are in their way. Must not know how the loop is watched (`loop`), nor how
figures are shown.
"""

import argparse
import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import cycle, islice
import json
from pathlib import Path
import random
from time import perf_counter
from typing import Any, NamedTuple

from homeassistant import bootstrap
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.runner import RuntimeConfig, configure_event_loop
from homeassistant.util import dt as dt_util
from websockets import Subprotocol
from websockets.asyncio.client import connect

from .client import Charger
from .home import identities
from .loop import Watched
from .planning import Cost, Scale

DOMAIN = "ocpp_central"
CONNECTORS = 2

SETTLED = 0.05
"""Seconds after the answer in which what an action has set off is counted: states, the recorder's queue."""

_LENGTH = timedelta(hours=1)
_EVERY = timedelta(hours=4)
"""Of each charger, something is reserved so often; the gaps are for the proposals that are measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """The devices of a charger: its own, and its connectors by number."""

    charger: str
    connectors: Mapping[int, str]


type Target = Callable[[Devices], Mapping[str, Any]]
"""What an action is told to reserve it of a charger."""


def _first(devices: Devices) -> Mapping[str, Any]:
    return {"device_id": devices.connectors[1]}


def _second(devices: Devices) -> Mapping[str, Any]:
    return {"device_id": devices.connectors[2]}


def _any(devices: Devices) -> Mapping[str, Any]:
    return {"device_id": devices.charger}


def _whole(devices: Devices) -> Mapping[str, Any]:
    return {"device_id": devices.charger, "whole_charger": True}


HOURS: tuple[tuple[Sequence[Target], int], ...] = (
    ((_first, _second), 3),
    ((_first, _any), 6),
    ((_whole,), 2),
)
"""What is reserved of a charger for one hour, so that it has room for it, and how often of all: six times a connector
and three times any for each whole charger."""


class Slot(NamedTuple):
    """What can be reserved once, and from when on."""

    devices: Devices
    fields: Mapping[str, Any]
    start: datetime


class Bench:
    """A Home Assistant whose central system has these chargers, and what is asked of it."""

    def __init__(self, hass: HomeAssistant, watched: Watched, chargers: Sequence[Devices]) -> None:
        """Have nothing reserved."""
        self._hass = hass
        self._watched = watched
        self._chargers = chargers
        self._first = dt_util.utcnow().replace(microsecond=0) + timedelta(days=1)
        self._uids: list[str] = []
        self._idle = 0.0

    async def fill(self, count: int) -> None:
        """Reserve so many, spread over chargers and days."""
        for slot in self._slots(count):
            self._uids.append((await self._reserve(slot))["uid"])

    async def learn_idle_share(self) -> None:
        """Learn what share of its time the loop works while nobody asks anything."""
        await asyncio.sleep(1)
        self._watched.spell()
        await asyncio.sleep(3)
        self._idle = self._watched.spell().busy / 3

    async def measured(self, count: int) -> dict[str, list[Cost]]:
        """Have every action carried out so often; what each cost."""
        taken = list(self._slots(count))
        free = [slot._replace(start=slot.start + 2 * _LENGTH) for slot in taken]
        # By chance, but always the same: a regular choice would meet the same targets again and again.
        uids = random.Random(0).sample(self._uids, min(count, len(self._uids)))  # noqa: S311
        return {
            "reserve_now": [await self._cost(self._reserve, slot) for slot in free],
            "reserve_now, refused": [await self._cost(self._refused, slot) for slot in taken],
            "update_reservation": [await self._cost(self._prolong, uid) for uid in uids],
            "check_reservation": [await self._cost(self._check, slot) for slot in taken],
            "get_reservations, a charger": [await self._cost(self._list, slot.devices.charger) for slot in taken],
            "get_reservations, all": [await self._cost(self._list) for _ in range(max(1, count // 10))],
            "cancel_reservation": [await self._cost(self._cancel, uid) for uid in uids],
        }

    def _slots(self, count: int) -> Iterator[Slot]:
        """The chargers in turn, at each of them what one hour has after the other."""
        hours = cycle([targets for targets, share in HOURS for _ in range(share)])
        starts = (self._first + number * _EVERY for number in range(count))
        turns = ((start, devices) for start in starts for devices in self._chargers)
        slots = (Slot(devices, target(devices), start) for start, devices in turns for target in next(hours))
        return islice(slots, count)

    async def _cost(self, act: Callable[..., Any], *arguments: object) -> Cost:
        self._watched.spell()
        begun = perf_counter()
        await act(*arguments)
        answered = perf_counter()
        await asyncio.sleep(SETTLED)
        spell = self._watched.spell()
        busy = max(0.0, spell.busy - self._idle * (perf_counter() - begun))
        return Cost(wall=answered - begun, busy=busy, block=spell.block, own=spell.own, garbage=spell.garbage)

    async def _reserve(self, slot: Slot) -> dict[str, Any]:
        times = {"start": slot.start.isoformat(), "end": (slot.start + _LENGTH).isoformat()}
        return await self._act("reserve_now", id_token="04A2B3C4", **slot.fields, **times)  # noqa: S106  nobody's

    async def _refused(self, slot: Slot) -> None:
        with suppress(ServiceValidationError):
            await self._reserve(slot)
            raise RuntimeError("what was taken was reserved")

    async def _prolong(self, uid: str) -> None:
        await self._act("update_reservation", uid=uid, duration={"minutes": 61})

    async def _check(self, slot: Slot) -> None:
        await self._act("check_reservation", device_id=slot.fields["device_id"])

    async def _list(self, device_id: str | None = None) -> None:
        await self._act("get_reservations", **({} if device_id is None else {"device_id": device_id}))

    async def _cancel(self, uid: str) -> None:
        await self._act("cancel_reservation", uid=uid)

    async def _act(self, action: str, **data: object) -> dict[str, Any]:
        answer = await self._hass.services.async_call(DOMAIN, action, data, blocking=True, return_response=True)
        return dict(answer or {})


async def run(watched: Watched, folder: Path, port: int, scale: Scale) -> dict[str, list[Cost]]:
    """Measure in a configuration folder in which the central system listens on `port`; what each action cost."""
    hass = await bootstrap.async_setup_hass(RuntimeConfig(config_dir=str(folder), skip_pip=True))
    if hass is None:
        raise SystemExit("Home Assistant does not start")
    await hass.async_start()
    try:
        for identity in identities(scale.chargers):
            await introduce(f"ws://127.0.0.1:{port}/{identity}")
        await hass.async_block_till_done()
        bench = Bench(hass, watched, _devices(hass, scale.chargers))
        await bench.fill(scale.reservations)
        with watched.watching():
            await bench.learn_idle_share()
            return await bench.measured(scale.count)
    finally:
        await hass.async_stop()


async def introduce(url: str) -> None:
    """Have a charger tell of itself once; its connectors are known from then on, and it is never told anything."""
    async with connect(url, subprotocols=[Subprotocol("ocpp1.6")], compression=None) as connection:
        await Charger(connection).greet(connectors=CONNECTORS)


def _devices(hass: HomeAssistant, chargers: int) -> list[Devices]:
    registry = dr.async_get(hass)
    entry_id = hass.config_entries.async_entries(DOMAIN)[0].entry_id
    found = []
    for identity in identities(chargers):
        charger = registry.async_get_device_by_identifier((DOMAIN, identity), entry_id)
        assert charger is not None  # noqa: S101  it was added
        connectors = {}
        for number in range(1, CONNECTORS + 1):
            connector = registry.async_get_child_device_by_identifier((DOMAIN, f"{identity}/{number}"), entry_id)
            assert connector is not None  # noqa: S101  it has introduced itself
            connectors[number] = connector.id
        found.append(Devices(charger=charger.id, connectors=connectors))
    return found


def _main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--result", type=Path, required=True)
    for option in ("--port", "--chargers", "--reservations", "--count"):
        parser.add_argument(option, type=int, required=True)
    options = parser.parse_args()
    scale = Scale(chargers=options.chargers, reservations=options.reservations, count=options.count)
    watched = Watched()
    configure_event_loop(watched.loop)
    with asyncio.Runner(loop_factory=lambda: watched.loop) as runner:
        found = runner.run(run(watched, options.folder, options.port, scale))
    options.result.write_text(json.dumps({action: [asdict(each) for each in costs] for action, costs in found.items()}))


if __name__ == "__main__":
    _main()
