"""Tells the owner of a charger that tells nothing of its meter while a car charges.

Knows how long that may be so. Must not know how it is mended (`silence_repair`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from ..audience import Place
from ..const import CONF_CHARGER_ID, CONF_ENTRY_ID, DOMAIN, LOGGER
from ..coordinator import OcppConfigEntry
from ..core.charger import Charger
from ..core.events import ChargerId, ConnectorStatus, TransactionId
from ..core.evse import Evse

SILENCE: Final = "no_readings"
"""How the id of such a repair begins; an underscore and the charger follow."""

LONGEST: Final = timedelta(minutes=5)
"""How long a charger may tell nothing while a car charges (ocpp.md 5.10, "Metering")."""

_LOOK: Final = timedelta(minutes=1)

_PAUSED: Final = frozenset(
    {
        ConnectorStatus.SUSPENDED_EV,
        ConnectorStatus.SUSPENDED_EVSE,
        ConnectorStatus.FINISHING,
        ConnectorStatus.FAULTED,
        ConnectorStatus.OUT_OF_SERVICE,
    }
)
"""Where nothing flows there is nothing to tell."""


@callback
def watch_silence(hass: HomeAssistant, entry: OcppConfigEntry) -> None:
    """Keep a repair for each charger whose sessions cannot be followed; it goes away when readings come."""
    watch = _Watch(hass, entry)
    entry.async_on_unload(async_track_time_interval(hass, watch.look, _LOOK, cancel_on_shutdown=True))
    entry.async_on_unload(watch.leave)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listened:
    """What was heard last of a session at an EVSE. `since`: since when a car charges there and nothing was read."""

    transaction: TransactionId
    read_at: datetime | None
    since: datetime


class _Watch:
    """What was heard of the chargers of one central system, and what is said of it."""

    def __init__(self, hass: HomeAssistant, entry: OcppConfigEntry) -> None:
        """Have heard and said nothing."""
        self._hass = hass
        self._entry = entry
        self._heard: dict[Place, _Listened] = {}
        self._said: set[ChargerId] = set()

    @callback
    def leave(self) -> None:
        """Take back what was said."""
        for charger_id in self._said:
            ir.async_delete_issue(self._hass, DOMAIN, _issue_id(charger_id))

    @callback
    def look(self, _: datetime) -> None:
        """Listen to every session."""
        chargers = self._entry.runtime_data.chargers
        now = dt_util.utcnow()
        before, self._heard = self._heard, {}
        for charger in chargers.values():
            self._listen(charger, before, now)
        for charger_id in self._said - chargers.keys():
            self._take_back(charger_id)

    def _listen(self, charger: Charger, before: Mapping[Place, _Listened], now: datetime) -> None:
        if self._is_carried_out(charger.charger):
            self._said.remove(charger.charger)
            before = {}
        heard = {
            Place(charger.charger, evse.evse): _listened(evse, before.get(Place(charger.charger, evse.evse)), now)
            for evse in charger.evses.values()
            if charger.connected and evse.running is not None and evse.status not in _PAUSED
        }
        self._heard |= heard
        if any(now - each.since >= LONGEST for each in heard.values()):
            self._say(charger.charger)
        elif any(each.read_at is not None and each.since == now for each in heard.values()):
            self._take_back(charger.charger)

    def _is_carried_out(self, charger_id: ChargerId) -> bool:
        """Whether the repair is gone by itself: then the charger has another while, and if that is silent it comes back."""
        issues = ir.async_get(self._hass)
        return charger_id in self._said and issues.async_get_issue(DOMAIN, _issue_id(charger_id)) is None

    def _say(self, charger_id: ChargerId) -> None:
        if charger_id in self._said:
            return
        self._said.add(charger_id)
        LOGGER.info("%s tells no readings while a car charges", charger_id)
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            _issue_id(charger_id),
            data={CONF_ENTRY_ID: self._entry.entry_id, CONF_CHARGER_ID: charger_id},
            is_fixable=True,
            severity=ir.IssueSeverity.WARNING,
            translation_key=SILENCE,
            translation_placeholders={"charger": self._entry.runtime_data.name_of(charger_id)},
        )

    def _take_back(self, charger_id: ChargerId) -> None:
        if charger_id in self._said:
            self._said.remove(charger_id)
            ir.async_delete_issue(self._hass, DOMAIN, _issue_id(charger_id))


def _listened(evse: Evse, before: _Listened | None, now: datetime) -> _Listened:
    """What is heard of a session now."""
    running = "" if evse.running is None else evse.running.transaction
    read_at = evse.meter.read_at
    goes_on = before is not None and (before.transaction, before.read_at) == (running, read_at)
    return before if before is not None and goes_on else _Listened(transaction=running, read_at=read_at, since=now)


def _issue_id(charger_id: ChargerId) -> str:
    return f"{SILENCE}_{charger_id}"
