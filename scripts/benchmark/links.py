"""What it costs to keep reservations in step with a linked calendar. A process of its own.

Knows the link and what happens to the calendar. Must not know how the loop is watched (`loop`), nor how figures are
shown. The calendar itself costs nothing: what other integrations need to read theirs is not ours.
"""

import argparse
import asyncio
from dataclasses import asdict
from datetime import datetime, timedelta
import json
from pathlib import Path
from time import perf_counter, process_time
from types import MappingProxyType
from typing import override

from homeassistant import bootstrap
from homeassistant.components.calendar import CalendarEntity, CalendarEvent
from homeassistant.components.calendar.const import DATA_COMPONENT
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.runner import RuntimeConfig, configure_event_loop
from homeassistant.util import dt as dt_util

from .home import identities
from .linking import Cost, Scale
from .loop import Watched
from .proposals import introduce

DOMAIN = "ocpp_central"
CALENDAR = "calendar.bench"

REST = 2.5
"""Seconds between two readings: the integration makes a pause of two seconds itself."""

LOOK, QUIET, STILL = 0.05, 0.006, 12
"""All is done when the process computed less than `QUIET` seconds in each of `STILL` looks, `LOOK` seconds apart."""

_EVERY, _LENGTH = timedelta(minutes=160), timedelta(hours=1)
"""500 events of a connector fit into the 60 days for which a calendar is read."""


class BenchCalendar(CalendarEntity):
    """A calendar that has what it is told to have."""

    _attr_name = "Bench"
    _attr_should_poll = False

    def __init__(self) -> None:
        """Have no event."""
        self.has: list[CalendarEvent] = []
        self.read = False
        self._changes = 0

    @property
    @override
    def event(self) -> CalendarEvent:
        """Something that reads differently after each change."""
        now = dt_util.now()
        return CalendarEvent(start=now, end=now + _LENGTH, summary=str(self._changes))

    @override
    async def async_get_events(
        self, hass: HomeAssistant, start_date: datetime, end_date: datetime
    ) -> list[CalendarEvent]:
        """All that it has."""
        self.read = True
        return list(self.has)

    def change(self, events: list[CalendarEvent]) -> None:
        """Have these, and tell that something has changed."""
        self.has = events
        self.read = False
        self._changes += 1
        self.async_write_ha_state()


class Bench:
    """A Home Assistant with a charger and a linked calendar."""

    def __init__(self, hass: HomeAssistant, watched: Watched, calendar: BenchCalendar) -> None:
        """Have linked nothing."""
        self._hass = hass
        self._watched = watched
        self._calendar = calendar
        self._entry = hass.config_entries.async_entries(DOMAIN)[0]
        self._first = dt_util.now().replace(microsecond=0) + timedelta(days=1)
        self._idle_cpu = self._idle_busy = 0.0

    async def learn_idle_share(self) -> None:
        """Learn what share of its time the process works while nothing happens."""
        await asyncio.sleep(REST)
        self._watched.spell()
        begun = process_time()
        await asyncio.sleep(3)
        self._idle_cpu, self._idle_busy = (process_time() - begun) / 3, self._watched.spell().busy / 3

    async def measured(self, scale: Scale) -> dict[str, list[Cost]]:
        """Have each happen so often, of a connector and of a charger as such; what each reading cost."""
        costs: dict[str, list[Cost]] = {}
        for evse, place in ((1, "a connector"), (None, "any connector")):
            link = self._link(evse)
            self._hass.config_entries.async_add_subentry(self._entry, link)
            await asyncio.sleep(REST)
            happenings = [("new", 0), ("moved", 30), ("gone", None)]
            for _ in range(scale.changes):
                for what, minutes in happenings:
                    events = [] if minutes is None else self._events(scale.events, timedelta(minutes=minutes))
                    costs.setdefault(f"{place}, all {what}", []).append(await self._cost(events))
            await self._cost(events := self._events(scale.events, timedelta()))
            costs[f"{place}, nothing new"] = [await self._cost(events) for _ in range(scale.readings)]
            self._hass.config_entries.async_remove_subentry(self._entry, link.subentry_id)
            self._calendar.has = []
            await self._until_quiet()
        return costs

    def _link(self, evse: int | None) -> ConfigSubentry:
        (charger_id,) = identities(1)
        data = {"calendar": CALENDAR, "charger_id": charger_id, "evse": evse, "text": "", "driver": "house"}
        return ConfigSubentry(
            data=MappingProxyType(data), subentry_type="calendar_link", title="Bench", unique_id=f"link-{evse}"
        )

    def _events(self, count: int, later: timedelta) -> list[CalendarEvent]:
        starts = (self._first + number * _EVERY + later for number in range(count))
        return [
            CalendarEvent(start=start, end=start + _LENGTH, summary=f"Event {number}", uid=f"{number}@bench")
            for number, start in enumerate(starts)
        ]

    async def _cost(self, events: list[CalendarEvent]) -> Cost:
        await asyncio.sleep(REST)
        self._watched.spell()
        begun, cpu = perf_counter(), process_time()
        self._calendar.change(events)
        wall = await self._until_quiet()
        elapsed = perf_counter() - begun
        cpu, spell = process_time() - cpu, self._watched.spell()
        return Cost(
            wall=wall,
            cpu=max(0.0, cpu - self._idle_cpu * elapsed),
            busy=max(0.0, spell.busy - self._idle_busy * elapsed),
            block=spell.block,
            own=spell.own,
            garbage=spell.garbage,
        )

    async def _until_quiet(self) -> float:
        """Wait until what the calendar has is reserved and nothing is left to do; how long it took."""
        begun = last = perf_counter()
        still = 0
        while still < STILL:
            before = process_time()
            await asyncio.sleep(LOOK)
            if process_time() - before < QUIET and self._is_in_step():
                still += 1
            else:
                still, last = 0, perf_counter()
        return last - begun

    def _is_in_step(self) -> bool:
        reserved = [each.window.start for each in self._entry.runtime_data.reservations()]
        return self._calendar.read and reserved == [each.start for each in self._calendar.has]


async def run(watched: Watched, folder: Path, port: int, scale: Scale) -> dict[str, list[Cost]]:
    """Measure in a configuration folder in which the central system listens on `port`; what each reading cost."""
    hass = await bootstrap.async_setup_hass(RuntimeConfig(config_dir=str(folder), skip_pip=True))
    if hass is None:
        raise SystemExit("Home Assistant does not start")
    await hass.async_start()
    try:
        (charger_id,) = identities(1)
        await introduce(f"ws://127.0.0.1:{port}/{charger_id}")
        calendar = BenchCalendar()
        await hass.data[DATA_COMPONENT].async_add_entities([calendar])
        await hass.async_block_till_done()
        bench = Bench(hass, watched, calendar)
        with watched.watching():
            await bench.learn_idle_share()
            return await bench.measured(scale)
    finally:
        await hass.async_stop()


def _main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--result", type=Path, required=True)
    for option in ("--port", "--events", "--readings", "--changes"):
        parser.add_argument(option, type=int, required=True)
    options = parser.parse_args()
    scale = Scale(events=options.events, readings=options.readings, changes=options.changes)
    watched = Watched()
    configure_event_loop(watched.loop)
    with asyncio.Runner(loop_factory=lambda: watched.loop) as runner:
        found = runner.run(run(watched, options.folder, options.port, scale))
    options.result.write_text(
        json.dumps({reading: [asdict(each) for each in costs] for reading, costs in found.items()})
    )


if __name__ == "__main__":
    _main()
