"""The settings of a charger as they are stored in its subentry (contract 1).

Knows their shape there, in the core and in the form. Must not know the form itself (`charger_form`).
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from .core.connector_types import named_type
from .core.events import EvseId
from .core.evse import MAX_EVSES
from .core.rules import Enforcement
from .csms.dialect import Version
from .options import CONF_ENFORCEMENT

INHERIT: Final = "inherit"
ENFORCEMENTS: Final = (INHERIT, Enforcement.STOP.value, Enforcement.WARN.value, Enforcement.OFF.value)
"""What can be chosen for one charger, the default first."""

CONF_OCPP_VERSION: Final = "ocpp_version"

CONF_MAX_CURRENT: Final = "max_current"

AUTO: Final = "auto"

VERSIONS: Final = {version.value.removeprefix("ocpp"): version for version in Version}
"""To which version a charger can be held, by the name that people know."""

CONF_CONNECTOR_TYPES: Final = "connector_types"
CONF_CONNECTOR: Final = "connector"
CONF_TYPES: Final = "types"

type Row = Mapping[str, Any]
"""One line of the form: a connector, which is what users call an EVSE, and its types."""


class UnusableRowError(Exception):
    """A line of the form that cannot be stored."""


def own_enforcement(settings: Mapping[str, Any]) -> Enforcement | None:
    """How strangers are treated at this charger; None: as everywhere."""
    chosen = settings.get(CONF_ENFORCEMENT)
    return Enforcement(chosen) if chosen in tuple(Enforcement) else None


def own_version(settings: Mapping[str, Any]) -> Version | None:
    """The only version that may be spoken with this charger; None: the one that it likes best."""
    return VERSIONS.get(str(settings.get(CONF_OCPP_VERSION)))


def highest_current(settings: Mapping[str, Any]) -> float | None:
    """The most that can be chosen as a limit at this charger, in A on each phase; None: its owner has not said."""
    stored = settings.get(CONF_MAX_CURRENT)
    return float(stored) if isinstance(stored, int | float) and not isinstance(stored, bool) else None


def connector_types(settings: Mapping[str, Any]) -> dict[EvseId, frozenset[str]]:
    """The types that the owner says each EVSE has; what makes no sense is left out."""
    stored = settings.get(CONF_CONNECTOR_TYPES)
    if not isinstance(stored, Mapping):
        return {}
    return {
        int(evse): frozenset(names)
        for evse, types in stored.items()
        if str(evse).isdecimal() and isinstance(types, list) and (names := _named(types))
    }


def rows(settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the form shows of the stored types."""
    types = connector_types(settings)
    return [{CONF_CONNECTOR: evse, CONF_TYPES: sorted(types[evse])} for evse in sorted(types)]


def stored_types(entered: Iterable[Row]) -> dict[str, list[str]]:
    """What is stored of the form's lines, those for one connector together. Raises `UnusableRowError`."""
    found: dict[int, set[str]] = {}
    for row in entered:
        evse, types = row[CONF_CONNECTOR], row.get(CONF_TYPES, ())
        names = _named(types)
        if not 1 <= evse <= MAX_EVSES or evse != int(evse) or not names or len(names) < len(types):
            raise UnusableRowError
        found.setdefault(int(evse), set()).update(names)
    return {str(evse): sorted(found[evse]) for evse in sorted(found)}


def _named(types: Iterable[object]) -> list[str]:
    named = (named_type(each) for each in types if isinstance(each, str))
    return [name for name in named if name is not None]
