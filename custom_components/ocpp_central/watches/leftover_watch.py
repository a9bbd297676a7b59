"""Tells the owner of a charger that keeps a connector reserved though nothing is.

Knows how long that may be a matter of messages under way. Must not know how it is found out (`core.leftovers`).
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from ..audience import Place
from ..const import LOGGER
from ..coordinator import OcppConfigEntry
from ..core.events import ChargerId, EvseId
from .complaints import Complaint, Complaints

EVERY: Final = timedelta(seconds=60)

STUCK: Final = timedelta(minutes=2)
"""So long a charger may take to show that a hold is gone (ocpp.md 5.4, "stuck Reserved after the end")."""

_STUCK_RESERVED: Final = "stuck_reserved"


@callback
def watch_leftovers(hass: HomeAssistant, entry: OcppConfigEntry) -> None:
    """Keep one repair for each charger that shows connectors as reserved for nobody, for as long as it does."""
    watch = _Watch(hass, entry)
    entry.async_on_unload(async_track_time_interval(hass, watch.look, EVERY, cancel_on_shutdown=True))


class _Watch:
    """Since when which places are stuck, and what is said of that."""

    def __init__(self, hass: HomeAssistant, entry: OcppConfigEntry) -> None:
        """Have seen nothing."""
        self._entry = entry
        self._complaints = Complaints(hass, entry, _STUCK_RESERVED)
        self._since: dict[Place, datetime] = {}

    @callback
    def look(self, _: datetime) -> None:
        """See what is stuck now, and say so of what has been for long."""
        now, central = dt_util.utcnow(), self._entry.runtime_data
        stuck = {Place(charger, evse) for charger in central.chargers for evse in central.leftovers(charger)}
        self._since = {place: self._since.get(place, now) for place in stuck}
        long = {place for place, since in self._since.items() if now - since >= STUCK}
        for charger in {place.charger for place in long} | set(self._complaints.chargers):
            self._say(charger, frozenset(place.evse for place in long if place.charger == charger and place.evse))

    def _say(self, charger: ChargerId, evses: frozenset[EvseId]) -> None:
        if not evses:
            self._complaints.take_back(charger)
        elif self._complaints.say(charger, Complaint(key=_STUCK_RESERVED, placeholders={"connectors": _listed(evses)})):
            LOGGER.info("%s keeps connector %s reserved, though nothing is", charger, _listed(evses))


def _listed(evses: Iterable[EvseId]) -> str:
    return ", ".join(map(str, sorted(evses)))
