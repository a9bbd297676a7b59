"""When time alone will change something.

Knows one timer, and that timers may stop. Must not know what is to happen then.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_track_point_in_utc_time, async_track_time_interval

SWEEP: Final = timedelta(seconds=60)
"""How often the time is looked at regardless of timers: a suspended machine or a changed clock stops them."""


class Alarm:
    """The timer of one central system."""

    def __init__(self, hass: HomeAssistant, ring: Callable[[], None]) -> None:
        """Be silent. `ring`: to be called when it is time, and now and then; it sets the next time."""
        self._hass = hass
        self._ring = ring
        self._timer: CALLBACK_TYPE | None = None
        self._timer_at: datetime | None = None
        self._sweeper: CALLBACK_TYPE | None = None
        self._stopped = False

    @callback
    def begin(self) -> None:
        """Look at the time now and then, too."""
        self._sweeper = async_track_time_interval(self._hass, self._on_time, SWEEP, cancel_on_shutdown=True)

    @callback
    def set(self, moments: Iterable[datetime | None]) -> None:
        """Ring at the first of these, and at no other."""
        edges = [each for each in moments if each is not None]
        moment = None if self._stopped else min(edges, default=None)
        if moment == self._timer_at:
            return
        if self._timer is not None:
            self._timer()
            self._timer = None
        self._timer_at = moment
        if moment is not None:
            self._timer = async_track_point_in_utc_time(
                self._hass, HassJob(self._on_time, cancel_on_shutdown=True), moment
            )

    @callback
    def stop(self) -> None:
        """Be silent from now on, whatever is set."""
        self._stopped = True
        for unsubscribe in (self._timer, self._sweeper):
            if unsubscribe is not None:
                unsubscribe()
        self._timer = self._sweeper = None

    @callback
    def _on_time(self, _: datetime) -> None:
        self._timer_at = None
        self._ring()
