"""Shows what flows as unknown where a car has begun to take something and its charger tells no readings.

Knows how long a charger may take to tell some. Must not know what was supposed until then (`core.staleness`).
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from .audience import Place
from .coordinator import CentralSystem, OcppConfigEntry
from .core.events import FlowUntold
from .core.presence import Doing

LONGEST: Final = timedelta(minutes=1)
"""Most tell readings once a minute or more often; a shorter time would make gaps in their graphs whenever a car begins."""


@callback
def watch_untold(hass: HomeAssistant, entry: OcppConfigEntry) -> None:
    """Look again and again, for as long as the central system runs."""
    watch = _Watch(entry.runtime_data)
    entry.async_on_unload(async_track_time_interval(hass, watch.look, LONGEST, cancel_on_shutdown=True))


class _Watch:
    """Where something is supposed not to flow though a car takes something, and since when that is supposed."""

    def __init__(self, central: CentralSystem) -> None:
        """Have seen nothing."""
        self._central = central
        self._seen: dict[Place, datetime] = {}

    @callback
    def look(self, _: datetime) -> None:
        """What was so at the last look already was so for long enough."""
        before, self._seen = self._seen, dict(_supposed(self._central))
        for place, at in self._seen.items():
            if place.evse is not None and before.get(place) == at:
                self._central.apply(place.charger, FlowUntold(evse=place.evse, at=dt_util.utcnow()))


def _supposed(central: CentralSystem) -> Iterator[tuple[Place, datetime]]:
    for charger in central.chargers.values():
        for evse in charger.evses.values():
            if charger.connected and evse.doing is Doing.TAKING and (at := evse.meter.supposed_at) is not None:
                yield Place(charger.charger, evse.evse), at
