"""Tells the owner of a charger that keeps a connector reserved though nothing is.

Knows how long that may be a matter of messages under way. Must not know how it is found out (`core.leftovers`).
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from .audience import Place
from .const import DOMAIN, LOGGER
from .coordinator import OcppConfigEntry
from .core.events import ChargerId, EvseId

EVERY: Final = timedelta(seconds=60)

STUCK: Final = timedelta(minutes=2)
"""So long a charger may take to show that a hold is gone (ocpp.md 5.4, "stuck Reserved after the end")."""

_STUCK_RESERVED: Final = "stuck_reserved"


@callback
def watch_leftovers(hass: HomeAssistant, entry: OcppConfigEntry) -> None:
    """Keep one repair for each charger that shows connectors as reserved for nobody, for as long as it does."""
    watch = _Watch(hass, entry)
    entry.async_on_unload(async_track_time_interval(hass, watch.look, EVERY, cancel_on_shutdown=True))
    entry.async_on_unload(watch.leave)


class _Watch:
    """Since when which places are stuck, and of which chargers that was said."""

    def __init__(self, hass: HomeAssistant, entry: OcppConfigEntry) -> None:
        """Have seen nothing."""
        self._hass = hass
        self._entry = entry
        self._since: dict[Place, datetime] = {}
        self._said: dict[ChargerId, frozenset[EvseId]] = {}

    @callback
    def look(self, _: datetime) -> None:
        """See what is stuck now, and say so of what has been for long."""
        now, central = dt_util.utcnow(), self._entry.runtime_data
        stuck = {Place(charger, evse) for charger in central.chargers for evse in central.leftovers(charger)}
        self._since = {place: self._since.get(place, now) for place in stuck}
        long = {place for place, since in self._since.items() if now - since >= STUCK}
        for charger in {place.charger for place in long} | set(self._said):
            self._say(charger, frozenset(place.evse for place in long if place.charger == charger and place.evse))

    @callback
    def leave(self) -> None:
        """Take back what was said."""
        for charger in tuple(self._said):
            self._say(charger, frozenset())

    def _say(self, charger: ChargerId, evses: frozenset[EvseId]) -> None:
        if self._said.get(charger, frozenset()) == evses:
            return
        if not evses:
            del self._said[charger]
            ir.async_delete_issue(self._hass, DOMAIN, _issue_id(charger))
            return
        self._said[charger] = evses
        LOGGER.info("%s keeps connector %s reserved, though nothing is", charger, _listed(evses))
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            _issue_id(charger),
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=_STUCK_RESERVED,
            translation_placeholders={
                "charger": self._entry.runtime_data.name_of(charger),
                "connectors": _listed(evses),
            },
        )


def _listed(evses: Iterable[EvseId]) -> str:
    return ", ".join(map(str, sorted(evses)))


def _issue_id(charger: ChargerId) -> str:
    return f"{_STUCK_RESERVED}_{charger}"
