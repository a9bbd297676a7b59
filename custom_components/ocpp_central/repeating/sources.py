"""What wants reservations again and again is followed: saved before anybody is told, without keeping anybody waiting.

Knows in which portions a demand is met. Must not know where demands come from (a series, a linked calendar), nor what
following means (`core.in_step`).
"""

from dataclasses import replace
from datetime import datetime, timedelta
import threading
import time
from typing import Final
from uuid import uuid4

from homeassistant.util import dt as dt_util

from .. import errors
from ..coordinator import CentralSystem
from ..core.charger import Charger
from ..core.events import ChargerId
from ..core.in_step import Circumstances, Demand, Followed, dropped, in_step
from ..core.ledger import Ledger, Step
from ..core.room import Terms

AHEAD: Final = timedelta(days=60)
"""So far ahead is reserved what a source wants, if the owner lets anybody reserve so far ahead."""

BREATH: Final = 0.0005
"""Seconds; a shorter pause would be over before the event loop has noticed it."""

PORTION: Final = 25
"""So many reservations of a source are touched in one step, which takes a thread about a twentieth of a second."""


def reach(central: CentralSystem, now: datetime) -> datetime:
    """Until when sources are to say what they want."""
    return now + min(AHEAD, central.policy.horizon)


async def follow(central: CentralSystem, charger_id: ChargerId, demand: Demand) -> None:
    """Give a source what it wants of a charger, as far as that can be; a `strict` demand as a whole or not at all.

    Raises `Clashing` for a strict demand that cannot be met, `StorageFailedError`, and a translated error if the charger
    is gone; what was not saved has not happened.
    """
    if not demand.strict:
        demand = replace(demand, limit=PORTION)
    while not await _follow_once(central, charger_id, demand):
        # What belongs to it already is its own now, and may have been changed since.
        demand = replace(demand, adopted={})


async def drop(central: CentralSystem, charger_id: ChargerId, source: str) -> None:
    """Forget a source of a charger, and cancel what it has reserved and nobody uses yet. Raises `StorageFailedError`."""

    def without(ledger: Ledger, _: int) -> Step:
        charger = central.chargers.get(charger_id) or Charger(charger=charger_id)
        return dropped(ledger, source, charger, dt_util.utcnow())

    await central.make(without, aside=True)


async def _follow_once(central: CentralSystem, charger_id: ChargerId, demand: Demand) -> bool:
    """One portion; whether that was all."""
    followed: list[Followed] = []

    def portion(ledger: Ledger, nodes: int) -> Step:
        if (charger := central.chargers.get(charger_id)) is None:
            raise errors.invalid("device_gone", device=charger_id)
        circumstances = Circumstances(
            charger=charger,
            terms=Terms(policy=central.policy, drivers=central.drivers, nodes=nodes),
            now=dt_util.utcnow(),
            new_uid=_new_uid,
            breathe=_breathe,
        )
        followed.append(in_step(ledger, demand, circumstances))
        return followed[-1].step

    await central.make(portion, aside=True)
    return followed[-1].done


def _breathe() -> None:
    """Let the event loop run: Python would make it wait 5 ms for each turn that a thread which computes can let it have."""
    if threading.current_thread() is not threading.main_thread():
        time.sleep(BREATH)


def _new_uid() -> str:
    return uuid4().hex
