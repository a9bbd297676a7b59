"""How often readings count: a charger may tell some every second, and each state that is written costs something.

Knows the pace, and what of several readings is the newest. Must not know what is read, nor who shows it.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from homeassistant.core import HomeAssistant, callback

from .audience import Audience, Place
from .core.events import ChargerId, Metered, Reading
from .core.measurands import INTERVAL

PACE: Final = 1.0
"""Seconds. The newest readings of a place are read and shown once in this time."""

type _Same = tuple[str, str | None, str | None, str | None]
"""What makes two readings readings of the same."""


@dataclass(slots=True)
class _Kept:
    """What is kept of one place: the newest reading of each, and the message that came last."""

    newest: dict[_Same, Reading]
    last: Metered


class Pacer:
    """Has readings count: the first ones at once, and of those that follow soon the newest, at the pace."""

    def __init__(self, hass: HomeAssistant, audience: Audience, apply: Callable[[ChargerId, Metered], object]) -> None:
        """Keep nothing yet. `apply`: lets readings change the world."""
        self._loop = hass.loop
        self._audience = audience
        self._apply = apply
        self._resting: dict[Place, asyncio.TimerHandle] = {}
        self._kept: dict[ChargerId, dict[Place, _Kept]] = {}
        self._waiting: set[Place] = set()
        self._stopped = False

    @callback
    def keeps(self, charger_id: ChargerId, event: Metered) -> bool:
        """Whether readings are kept until it is their turn. Those that add up each count, and at once."""
        place = Place(charger_id, event.evse)
        if place not in self._resting or any(reading.measurand == INTERVAL for reading in event.readings):
            self.release(charger_id)
            return False
        kept = self._kept.get(charger_id, {}).get(place)
        if kept is not None and (kept.last.transaction != event.transaction or event.at < kept.last.at):
            self.release(charger_id)
            kept = None
        if kept is None:
            kept = self._kept.setdefault(charger_id, {})[place] = _Kept({}, event)
        kept.last = event
        for reading in event.readings:
            kept.newest[reading.measurand, reading.location, reading.phase, reading.context] = reading
        return True

    @callback
    def release(self, charger_id: ChargerId) -> None:
        """Have counted what a charger told before that which follows now."""
        for kept in self._kept.pop(charger_id, {}).values():
            self._count(charger_id, kept)

    @callback
    def read(self, places: Iterable[Place]) -> None:
        """Have shown what was read at these places."""
        for place in places:
            if place in self._resting:
                self._waiting.add(place)
            elif not self._stopped:
                self._show(place)

    @callback
    def stop(self) -> None:
        """Have counted what is kept, and show nothing any more."""
        self._stopped = True
        for charger_id in tuple(self._kept):
            self.release(charger_id)
        for timer in self._resting.values():
            timer.cancel()
        self._resting.clear()
        self._waiting.clear()

    def _count(self, charger_id: ChargerId, kept: _Kept) -> None:
        self._apply(charger_id, replace(kept.last, readings=tuple(kept.newest.values())))

    def _show(self, place: Place) -> None:
        self._resting[place] = self._loop.call_later(PACE, self._rested, place)
        self._audience.wake_readings([place])

    def _rested(self, place: Place) -> None:
        del self._resting[place]
        if (kept := self._kept.get(place.charger, {}).pop(place, None)) is not None:
            self._count(place.charger, kept)
        if place in self._waiting:
            self._waiting.remove(place)
            if place not in self._resting:
                self._show(place)
