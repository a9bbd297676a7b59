"""Tells the owner what was to be reserved again and again, and could not be.

Must not know why (`core.in_step`), nor who wants it.
"""

from datetime import timedelta
from typing import Final, NamedTuple

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from .. import errors
from ..audience import Place
from ..const import DOMAIN, LOGGER
from ..coordinator import CentralSystem, OcppConfigEntry
from ..core.events import ChargerId
from ..core.sources import Source
from ..repeating.link_settings import links_of
from .charger_watch import look_at_chargers

EVERY: Final = timedelta(hours=1)
"""So soon after it would have begun, nobody needs to mend it any more."""

_HOUSE: Final = "Home Assistant"
_SKIPPED: Final = "occurrences_skipped"
_SKIPPED_OF_LINK: Final = "link_events_skipped"


@callback
def watch_skipped(hass: HomeAssistant, entry: OcppConfigEntry) -> None:
    """Keep one repair for each source that finds no room, as long as what it has not got is still to come."""
    watch = _Watch(hass, entry)
    look_at_chargers(entry, watch.look)
    entry.async_on_unload(async_track_time_interval(hass, watch.look_everywhere, EVERY, cancel_on_shutdown=True))
    entry.async_on_unload(watch.leave)
    watch.look_everywhere()


class _Missing(NamedTuple):
    """What is said of a source. `link`: the title of the link that it is, None for a series."""

    link: str | None
    charger: ChargerId
    place: str
    drivers: str
    times: str


class _Watch:
    """What is said of the sources of one central system, by their uids."""

    def __init__(self, hass: HomeAssistant, entry: OcppConfigEntry) -> None:
        """Have said nothing."""
        self._hass = hass
        self._entry = entry
        self._said: dict[str, _Missing] = {}

    @callback
    def leave(self) -> None:
        """Take back what was said."""
        for uid in tuple(self._said):
            self._take_back(uid)

    @callback
    def look_everywhere(self, _: object = None) -> None:
        """See what is missing at every charger."""
        for charger_id in tuple(self._entry.runtime_data.chargers):
            self.look(charger_id)

    @callback
    def look(self, charger_id: ChargerId) -> None:
        """See what is missing at a charger."""
        central = self._entry.runtime_data
        missing = {uid: _missing(central, charger_id, each) for uid, each in central.book(charger_id).sources.items()}
        for uid, said in tuple(self._said.items()):
            if said.charger == charger_id and missing.get(uid) is None:
                self._take_back(uid)
        for uid, found in missing.items():
            if found is not None and found != self._said.get(uid):
                self._say(uid, found)

    def _say(self, uid: str, missing: _Missing) -> None:
        LOGGER.info("Not all that is wanted can be reserved at %s: %s", missing.charger, missing.times)
        self._said[uid] = missing
        about = {
            "charger": self._entry.runtime_data.name_of(missing.charger),
            "place": missing.place,
            "drivers": missing.drivers,
            "times": missing.times,
        }
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            _issue_id(uid),
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=_SKIPPED if missing.link is None else _SKIPPED_OF_LINK,
            translation_placeholders=about if missing.link is None else {**about, "link": missing.link},
        )

    def _take_back(self, uid: str) -> None:
        del self._said[uid]
        ir.async_delete_issue(self._hass, DOMAIN, _issue_id(uid))


def _missing(central: CentralSystem, charger_id: ChargerId, source: Source) -> _Missing | None:
    """What a source has not got of what is still to come; None if it has all of it."""
    now = dt_util.utcnow()
    skipped = {key: told for key in source.skipped if (told := source.told[key]).window.start > now}
    link = None if source.series else links_of(central.entry).get(source.uid)
    if not skipped or (link is None and not source.series):  # a link that was removed is about to be forgotten
        return None
    drivers = {central.drivers.get(told.driver) for told in skipped.values()}
    names = sorted(_HOUSE if each is None else each.name for each in drivers)
    evses = {told.evse for told in skipped.values()}
    place = Place(charger_id, evses.pop() if len(evses) == 1 else None)
    return _Missing(
        link=None if link is None else link.title,
        charger=charger_id,
        place=central.label_of(place),
        drivers=", ".join(names),
        times=errors.some_times(told.window.start for told in skipped.values()),
    )


def _issue_id(uid: str) -> str:
    return f"{_SKIPPED}_{uid}"
