"""How often readings are shown: a charger may tell some every second, and each state that is written costs something.

Knows the pace. Must not know what is read, nor who shows it.
"""

import asyncio
from collections.abc import Iterable
from typing import Final

from homeassistant.core import HomeAssistant, callback

from .audience import Audience, Place

PACE: Final = 1.0
"""Seconds. The newest readings of a place are shown once in this time."""


class Pacer:
    """Has readings shown: the first ones at once, those that follow at the pace, the newest of each."""

    def __init__(self, hass: HomeAssistant, audience: Audience) -> None:
        """Have nothing to show."""
        self._loop = hass.loop
        self._audience = audience
        self._resting: dict[Place, asyncio.TimerHandle] = {}
        self._waiting: set[Place] = set()
        self._stopped = False

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
        """Show nothing any more."""
        self._stopped = True
        for timer in self._resting.values():
            timer.cancel()
        self._resting.clear()
        self._waiting.clear()

    def _show(self, place: Place) -> None:
        self._resting[place] = self._loop.call_later(PACE, self._rested, place)
        self._audience.wake_readings([place])

    def _rested(self, place: Place) -> None:
        del self._resting[place]
        if place in self._waiting:
            self._waiting.remove(place)
            self._show(place)
