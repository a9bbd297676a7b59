"""What can be downloaded of a central system, a charger or a connector, to be shown to whoever looks into a problem.

Knows what of each value may be told. Must not tell who may charge: no ID token, group, password or name is in it, nor what
names a charger to others (its identity and its serial number).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any, Final

from homeassistant.components.diagnostics import REDACTED, async_redact_data
from homeassistant.config_entries import ConfigEntryState, ConfigSubentry
from homeassistant.const import CONF_PASSWORD
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.util.json import JsonObjectType, JsonValueType

from .const import CONF_HOUSE_TOKEN, SUBENTRY_CHARGER
from .coordinator import CentralSystem, OcppConfigEntry
from .core.abilities import Abilities
from .core.book import Ghost
from .core.charger import Charger
from .core.description import Description
from .core.drivers import Driver
from .core.enforceability import Enforceability
from .core.events import Allowed, EvseId, Reading
from .core.evse import Evse
from .core.external_limits import ExternalLimit, LimitStep
from .core.faults import Fault
from .core.labels import Labels
from .core.limits import Default, Limits
from .core.local_list import Known, LocalList
from .core.meter import Meter
from .core.register import Register
from .core.reservation import Hold, Reservation, Window
from .core.settings import Settings
from .core.sources import Source
from .core.transaction import Doubt, Transaction
from .csms.intake import Counters
from .devices import place_of
from .drivers import drivers_of
from .keeping_out import keeping_out
from .options import stored

_LIBRARIES: Final = ("ocpp", "websockets")

_SECRET: Final = frozenset({CONF_HOUSE_TOKEN, CONF_PASSWORD})
"""The keys of stored data whose values are not told."""

_TOLD: Final[Mapping[type, tuple[str, ...]]] = {
    Charger: (
        "connected",
        "connected_at",
        "away_since",
        "missed_since",
        "description",
        "status",
        "faults",
        "token_length",
        "asked",
        "reluctant",
        "reticent",
        "asks",
        "vends_freely",
        "skew",
        "abilities",
        "settings",
        "meter",
        "limits",
        "external_limits",
        "firmware_stage",
        "upload_stage",
    ),
    Description: ("vendor", "model", "firmware"),
    Abilities: ("claims_reservations", "holds_unspecific", "types", "told_of", "complete", "outdated", "missing"),
    Settings: ("values", "asked", "due", "restart_due"),
    LocalList: (
        "is_right",
        "known",
        "told",
        "enabled",
        "most",
        "at_once",
        "inquired",
        "switched",
        "unsupported",
        "failures",
        "trouble",
    ),
    Known: ("version", "last"),
    Evse: (
        "connectors",
        "told",
        "faults",
        "reported",
        "is_missing",
        "running",
        "last",
        "heard_at",
        "asked_at",
        "evictions",
        "meter",
    ),
    Fault: ("code", "vendor_code"),
    Meter: ("readings", "imported", "exported", "counts", "labels", "interval", "read_at"),
    Register: ("told", "offset", "doubted", "at", "anew"),
    Transaction: (
        "connector",
        "token",
        "started_at",
        "meter_start_wh",
        "charging_state",
        "standing",
        "against",
        "evict_from",
        "attempts",
        "began",
        "ended",
        "counted_from",
        "energy_wh",
        "meter_stop_wh",
        "stop_reason",
        "has_car",
        "rebooted_at",
        "doubt",
        "presumed",
    ),
    Doubt: ("since", "wh", "seen"),
    Labels: ("times", "in_watts"),
    Limits: ("supported", "units", "highest", "set_here"),
    Default: ("evse", "level", "course", "every"),
    Allowed: ("since", "current"),
    ExternalLimit: ("source", "grid_critical", "course"),
    LimitStep: ("since", "amount", "unit"),
    Reading: ("value", "unit", "at"),
    Reservation: (
        "uid",
        "reservation_id",
        "target",
        "connector_type",
        "evse",
        "planned",
        "window",
        "no_show",
        "held_by",
        "awaited",
        "status",
        "hold",
        "holds",
        "last_outcome",
        "presented_at",
        "tried",
        "at_risk",
        "supersedes",
        "created",
        "updated",
    ),
    Window: ("start", "end"),
    Hold: (
        "wire_id",
        "state",
        "attempts",
        "not_before",
        "under_way",
        "may_stand",
        "drop_first",
        "outdated",
        "overtaken",
        "stands_until",
        "early",
        "lead",
    ),
    Ghost: ("wire_id", "evse", "due", "until", "attempts", "crashes"),
    Enforceability: ("level", "reasons"),
    Counters: ("received", "sent", "malformed", "refused", "stray", "late", "notes"),
}
"""What is told of each value. What is not in here is not told: a new field may hold a token.

The id of a transaction is not: chargers with 2.x make it up, and could make it of a token.
"""


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: OcppConfigEntry) -> Mapping[str, Any]:
    """Everything about a central system; of one that does not run, what is stored in its entry."""
    return await _described(hass, entry, entry.get_subentries_of_type(SUBENTRY_CHARGER))


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: OcppConfigEntry, device: dr.AnyDeviceEntry
) -> Mapping[str, Any]:
    """The same, of all chargers only the one of this device, and of its connectors only that of this device."""
    central = _running(entry)
    place = None if central is None else place_of(central, device)
    charger = entry.subentries.get(device.config_subentry_id or "")
    return await _described(
        hass, entry, () if charger is None else (charger,), evse=None if place is None else place.evse
    )


async def _described(
    hass: HomeAssistant, entry: OcppConfigEntry, chargers: Iterable[ConfigSubentry], *, evse: EvseId | None = None
) -> dict[str, Any]:
    versions = await hass.async_add_executor_job(lambda: {library: version(library) for library in _LIBRARIES})
    central = _running(entry)
    return {
        "versions": versions,
        "data": async_redact_data(entry.data, _SECRET),
        "options": stored(entry.options),
        "drivers": [_driver(each) for each in drivers_of(entry).known],
        "chargers": [
            {
                "stored": async_redact_data(each.data, _SECRET),
                **({} if central is None else _charger(central, each.unique_id or "", evse)),
            }
            for each in chargers
        ],
    }


def _running(entry: OcppConfigEntry) -> CentralSystem | None:
    return entry.runtime_data if entry.state is ConfigEntryState.LOADED else None


def _driver(driver: Driver) -> JsonObjectType:
    return {
        "id_tokens": len(driver.tokens),
        "has_group": driver.group is not None,
        "valid_from": _plain(driver.valid_from),
        "valid_until": _plain(driver.valid_until),
        "blocked": driver.blocked,
    }


def _charger(central: CentralSystem, charger_id: str, evse: EvseId | None) -> JsonObjectType:
    """A charger as far as it has told us, and what is reserved there; `evse`: of its EVSEs this one only."""
    if (charger := central.chargers.get(charger_id)) is None:
        return {}
    book = central.book(charger_id)
    connection = central.connections.get(charger_id)
    evses = charger.evses.values() if evse is None else [charger.evses[evse]]
    ghosts = [each for each in book.ghosts.values() if evse is None or each.evse in {evse, None}]
    return {
        "told": _facts(charger),
        "version": None if connection is None else connection.version.value,
        "messages": None if connection is None else _facts(connection.counters),
        "local_list": _local_list(charger.local_list),
        "enforceability": _plain(keeping_out(central, charger_id)),
        "evses": {str(each.evse): _facts(each) for each in evses},
        "can_hold": book.can_hold,
        "can_hold_any": book.can_hold_any,
        "reservations": [_reservation(central, each) for each in book.living_at(evse)],
        "ghosts": [_facts(each) for each in ghosts],
        "sources": [_source(each) for each in book.sources.values()],
    }


def _local_list(local_list: LocalList) -> JsonObjectType:
    """A charger's own list of drivers: how many tokens it is to have and has, none of them."""
    wanted, known = local_list.wanted, local_list.known
    return _facts(local_list) | {
        "wanted": None if wanted is None else len(wanted),
        "fitting": len(local_list.target),
        "entries": None if known.entries is None else len(known.entries),
        "update_under_way": known.sent is not None,
    }


def _reservation(central: CentralSystem, reservation: Reservation) -> JsonObjectType:
    return _facts(reservation) | {
        "is_for_house": central.is_for_house(reservation),
        "is_for_driver": reservation.driver is not None,
        "has_group": reservation.group is not None,
    }


def _source(source: Source) -> JsonObjectType:
    """What wants reservations again and again: how much, not what; a key may be the title of somebody's event."""
    return {
        "rules": [each.rule for each in source.series],
        "wanted": len(source.told),
        "skipped": dict(Counter(reason.value for reason in source.skipped.values())),
    }


def _facts(value: object) -> JsonObjectType:
    """What is told of a value that `_TOLD` knows."""
    return {name: _plain(getattr(value, name)) for name in _TOLD[type(value)]}


def _plain(value: object) -> JsonValueType:
    """A value as JSON can have it: times in ISO 8601, spans in seconds; of one that `_TOLD` does not know, that it is there."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case datetime():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case Mapping():
            return {_key(key): _plain(each) for key, each in value.items()}
        case _ if type(value) in _TOLD:
            return _facts(value)
        case frozenset():
            return [_plain(each) for each in sorted(value)]
        case tuple():
            return [_plain(each) for each in value]
        case _:
            return REDACTED


def _key(key: object) -> str:
    """A key as JSON can have it: parts of one that has several are put together, as measurand and phase."""
    parts = key if isinstance(key, tuple) else (key,)
    return " ".join(str(part) for part in parts if part is not None) or "any"
