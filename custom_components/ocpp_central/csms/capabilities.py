"""How a charger spells what it can reserve.

Knows the configuration keys of 1.6 and the variables of 2.x that tell it (ocpp.md 5.6). Must not know when they are asked
for, nor what follows.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from ..core.commands import AskForAbilities
from ..core.connector_types import named_type
from ..core.events import AbilitiesTold
from .configuration import keys_told, name_of, truth, value_of
from .dialect import Json, Request
from .fields import part, parts, positive, text

_PROFILES: Final = "SupportedFeatureProfiles"
_ZERO: Final = "ReserveConnectorZeroSupported"

_RESERVATIONS: Final = "ReservationCtrlr"
_CONNECTOR: Final = "Connector"
_FLAGS: Final = ("Available", "Enabled", "NonEvseSpecific")
_TYPE: Final = "ConnectorType"


def request_v16() -> Request:
    """Ask for the two keys of 1.6, which knows no connector types."""
    return Request(action="GetConfiguration", payload={"key": [_PROFILES, _ZERO]})


def told_v16(answer: Json, now: datetime) -> AbilitiesTold:
    """What the keys say."""
    values = keys_told(answer)
    profiles = values.get(_PROFILES.casefold())
    return AbilitiesTold(
        claims_reservations=None if profiles is None else "reservation" in _listed(profiles),
        holds_unspecific=truth(values.get(_ZERO.casefold())),
        types=None,
        at=now,
    )


def request_v2(command: AskForAbilities) -> Request:
    """Ask for the flags of reservations, and the type of each plug."""
    flags = [{"component": {"name": _RESERVATIONS}, "variable": {"name": flag}} for flag in _FLAGS]
    types = [
        {
            "component": {"name": _CONNECTOR, "evse": {"id": plug.evse, "connectorId": plug.connector}},
            "variable": {"name": _TYPE},
        }
        for plug in command.plugs
    ]
    return Request(action="GetVariables", payload={"getVariableData": flags + types})


def told_v2(command: AskForAbilities, answer: Json, now: datetime) -> AbilitiesTold:
    """What the variables say; a charger without the component, or with it switched off, does not claim to reserve."""
    results = parts(answer, "getVariableResult")
    flags = dict(_variables_of(_RESERVATIONS, results))
    types = _types(result for name, result in _variables_of(_CONNECTOR, results) if name == _TYPE.casefold())
    return AbilitiesTold(
        claims_reservations=_claims(flags),
        holds_unspecific=truth(value_of(flags.get("nonevsespecific", {}))),
        types={plug.evse: types.get(plug.evse, frozenset()) for plug in command.plugs},
        at=now,
    )


def _claims(flags: Mapping[str, Json]) -> bool | None:
    told = [truth(value_of(flags.get(name, {}))) for name in ("available", "enabled")]
    if False in told:
        return False
    if True in told:
        return True
    absent = bool(flags) and all(text(each, "attributeStatus") == "UnknownComponent" for each in flags.values())
    return False if absent else None


def _types(results: Iterable[Json]) -> dict[int, frozenset[str]]:
    """The types at each EVSE that says any."""
    found: dict[int, frozenset[str]] = {}
    for result in results:
        evse = positive(part(part(result, "component"), "evse"), "id")
        name = named_type(value_of(result) or "")
        if evse is not None and name is not None:
            found[evse] = found.get(evse, frozenset()) | {name}
    return found


def _variables_of(component: str, results: Iterable[Json]) -> Iterable[tuple[str, Json]]:
    """The results for a component, with the variable's name in small letters."""
    for result in results:
        owner, variable = name_of(result)
        if owner == component.casefold():
            yield variable, result


def _listed(profiles: str) -> set[str]:
    return {profile.strip().casefold() for profile in profiles.split(",")}
