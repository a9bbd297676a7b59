"""Starts that a charger has agreed to and that have not begun yet, because it waits for a car.

Knows when there is nothing to wait for any more. Must not know how charging is started (`charging`), nor who is told (`bus`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from .audience import Audience, Place
from .core.charger import Charger
from .core.events import ChargerId, ConnectorStatus
from .core.evse import Evse

PATIENCE: Final = timedelta(minutes=5)
"""Longer than chargers wait for a car: `ConnectionTimeOut` of 1.6 and `EVConnectionTimeOut` of 2.x are mostly two minutes at most."""

_FREE: Final = frozenset({ConnectorStatus.AVAILABLE, ConnectorStatus.RESERVED, None})

type Tell = Callable[[Place, str | None], None]
"""Called with the place, and the name of the driver."""


@dataclass(slots=True, kw_only=True)
class _Start:
    """`driver`: who is to charge; None: Home Assistant. `stirred`: whether the charger showed that it waits.

    `connected_at`: since when the charger was connected that has agreed.
    """

    driver: str | None
    connected_at: datetime | None
    unlisten: CALLBACK_TYPE
    untime: CALLBACK_TYPE
    stirred: bool = False

    def cancel(self) -> None:
        """Be called back no more."""
        self.unlisten()
        self.untime()


class Starts:
    """The starts of one central system."""

    def __init__(
        self,
        hass: HomeAssistant,
        audience: Audience,
        chargers: Callable[[], Mapping[ChargerId, Charger]],
    ) -> None:
        """Wait for none."""
        self._hass = hass
        self._audience = audience
        self._chargers = chargers
        self._waiting: dict[Place, _Start] = {}
        self._listeners: list[Tell] = []

    @callback
    def listen(self, tell: Tell) -> CALLBACK_TYPE:
        """Call back with each start that has not led to charging."""
        self._listeners.append(tell)
        return partial(self._listeners.remove, tell)

    def waits_at(self, place: Place) -> bool:
        """Whether a charger waits for a car here, because it was told to charge from here."""
        return place in self._waiting

    @callback
    def agreed(self, place: Place, driver: str | None) -> None:
        """A charger has agreed to begin at an EVSE; the one before, if there was one, is not waited for any more."""
        self._forget(place)
        evse = self._evse_at(place)
        if evse is not None and evse.is_in_use:
            return
        unlisten = self._audience.listen(place, callback(partial(self._look, place)))
        self._waiting[place] = _Start(
            driver=driver, connected_at=self._connected_at(place), unlisten=unlisten, untime=self._set_timer(place)
        )
        self._look(place)
        self._audience.wake([place])

    @callback
    def stop(self) -> None:
        """Wait for nothing any more."""
        for place in tuple(self._waiting):
            self._forget(place)

    @callback
    def _look(self, place: Place) -> None:
        """A session begins; or the charger has started anew, or the connector is free again, having been kept for a car; or it is gone."""
        start, evse = self._waiting[place], self._evse_at(place)
        if evse is None or evse.is_in_use:
            self._end(place)
        elif self._has_booted(place, start):
            self._expire(place)
        elif evse.status not in _FREE:
            start.stirred = True
        elif start.stirred:
            self._expire(place)

    def _set_timer(self, place: Place, patience: timedelta = PATIENCE) -> CALLBACK_TYPE:
        job = HassJob(callback(partial(self._on_time, place)), cancel_on_shutdown=True)
        return async_call_later(self._hass, patience, job)

    @callback
    def _on_time(self, place: Place, now: datetime) -> None:
        """What a charger does while it is away shows only some time after it is back."""
        charger = self._chargers().get(place.charger)
        since = None if charger is None else charger.connected_at or now
        if since is not None and since + PATIENCE > now:
            self._waiting[place].untime = self._set_timer(place, since + PATIENCE - now)
        else:
            self._expire(place)

    def _evse_at(self, place: Place) -> Evse | None:
        charger = self._chargers().get(place.charger)
        return None if charger is None or place.evse is None else charger.evses.get(place.evse)

    def _connected_at(self, place: Place) -> datetime | None:
        charger = self._chargers().get(place.charger)
        return None if charger is None else charger.connected_at

    def _has_booted(self, place: Place, start: _Start) -> bool:
        """Whether the charger has started anew since, for which it connects anew; it has forgotten the start then."""
        charger = self._chargers().get(place.charger)
        return charger is not None and charger.booted and charger.connected_at not in (None, start.connected_at)

    def _expire(self, place: Place) -> None:
        driver = self._waiting[place].driver
        self._end(place)
        for tell in tuple(self._listeners):
            tell(place, driver)

    def _end(self, place: Place) -> None:
        self._forget(place)
        self._audience.wake([place])

    def _forget(self, place: Place) -> None:
        if (start := self._waiting.pop(place, None)) is not None:
            start.cancel()
