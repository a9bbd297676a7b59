"""How a charger spells what it can limit, and how it is told to.

Knows the keys, variables and charging profiles of the versions. Must not know who wants a limit, nor why.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from ..core.events import DefaultLimited, LimitsTold, PhasesTold
from ..core.limits import Purpose, Unit
from ..core.orders import AskForPhases, ClearLimit, Period, SetLimit
from . import times
from .configuration import keys_told, name_of, truth, value_of
from .dialect import Json, Request
from .fields import parts

_PROFILES: Final = "SupportedFeatureProfiles"
_UNITS: Final = "ChargingScheduleAllowedChargingRateUnit"
_HIGHEST: Final = "ChargeProfileMaxStackLevel"

KEYS: Final = (_PROFILES, _UNITS, _HIGHEST)
"""The keys of 1.6 that tell what can be limited."""

_CONTROLLER: Final = "SmartChargingCtrlr"

VARIABLES: Final = ((_CONTROLLER, "Enabled"), (_CONTROLLER, "RateUnit"), (_CONTROLLER, "ProfileStackLevel"))
"""Component and variable of 2.x that tell it."""

_WHOLE_CHARGER: Final = 0

_ROTATION: Final = "ConnectorPhaseRotation"
_ROTATIONS: Final = {"notapplicable": 1, **dict.fromkeys(("rst", "rts", "srt", "str", "trs", "tsr"), 3)}
"""NotApplicable is for one phase, or direct current; Unknown says nothing."""

_DAY: Final = timedelta(days=1)

_SUPPLY: Final = "SupplyPhases"

_KINDS_OF_UNIT: Final = {"a": Unit.AMPERE, "current": Unit.AMPERE, "w": Unit.WATT, "power": Unit.WATT}
"""1.6 has words for the units in that key, 2.x has the units."""

_PURPOSES_V16: Final[Mapping[Purpose, str]] = {
    Purpose.CHARGE_POINT_MAX: "ChargePointMaxProfile",
    Purpose.DEFAULT: "TxDefaultProfile",
    Purpose.TRANSACTION: "TxProfile",
}

_PURPOSES_V2: Final = {**_PURPOSES_V16, Purpose.CHARGE_POINT_MAX: "ChargingStationMaxProfile"}


def told_v16(answer: Json, now: datetime) -> LimitsTold:
    """What the keys say."""
    told = keys_told(answer)
    profiles = told.get(_PROFILES.casefold())
    return LimitsTold(
        supported=None if profiles is None else "smartcharging" in _words(profiles),
        units=_units(told.get(_UNITS.casefold())),
        highest=_number(told.get(_HIGHEST.casefold())),
        at=now,
    )


def told_v2(answer: Json, now: datetime) -> LimitsTold:
    """What the variables say."""
    told = {name_of(result): value_of(result) for result in parts(answer, "getVariableResult")}
    enabled, units, highest = (told.get((owner.casefold(), name.casefold())) for owner, name in VARIABLES)
    return LimitsTold(supported=truth(enabled), units=_units(units), highest=_number(highest), at=now)


def set_v16(order: SetLimit, transaction: int | None) -> Request:
    """A charging profile of 1.6. `transaction`: the number of the one that is limited, if it is one."""
    profile: Json = {
        "chargingProfileId": order.profile,
        "stackLevel": order.level,
        "chargingProfilePurpose": _PURPOSES_V16[order.purpose],
        "chargingSchedule": _schedule(order),
    } | _kind(order)
    if transaction is not None:
        profile["transactionId"] = transaction
    place = _WHOLE_CHARGER if order.evse is None else order.evse
    return Request(action="SetChargingProfile", payload={"connectorId": place, "csChargingProfiles": profile})


def set_v2(order: SetLimit) -> Request:
    """A charging profile of 2.x."""
    profile: Json = {
        "id": order.profile,
        "stackLevel": order.level,
        "chargingProfilePurpose": _PURPOSES_V2[order.purpose],
        "chargingSchedule": [{"id": order.profile} | _schedule(order)],
    } | _kind(order)
    if order.transaction is not None:
        profile["transactionId"] = order.transaction
    place = _WHOLE_CHARGER if order.evse is None else order.evse
    return Request(action="SetChargingProfile", payload={"evseId": place, "chargingProfile": profile})


def clear_v16(order: ClearLimit) -> Request:
    """Which profiles are meant in 1.6; without a connector, those of all."""
    where: Json = {} if order.evse is None else {"connectorId": order.evse}
    return Request(
        action="ClearChargingProfile", payload={"chargingProfilePurpose": _PURPOSES_V16[order.purpose]} | where
    )


def clear_v2(order: ClearLimit) -> Request:
    """Which profiles are meant in 2.x; without an EVSE, those of all."""
    criteria: Json = {"chargingProfilePurpose": _PURPOSES_V2[order.purpose]}
    if order.evse is not None:
        criteria["evseId"] = order.evse
    return Request(action="ClearChargingProfile", payload={"chargingProfileCriteria": criteria})


def changed(order: SetLimit | ClearLimit, now: datetime) -> tuple[DefaultLimited, ...]:
    """What has changed once a charger has agreed."""
    if order.purpose is not Purpose.DEFAULT:
        return ()
    if isinstance(order, SetLimit):
        limited = DefaultLimited(evse=order.evse, course=order.course, every=order.every, level=order.level, at=now)
        return (limited,)
    return (DefaultLimited(evse=order.evse, everywhere=order.evse is None, at=now),)


def phases_v16(_: AskForPhases) -> Request:
    """1.6 has no more than the order of the phases at each connector."""
    return Request(action="GetConfiguration", payload={"key": [_ROTATION]})


def phases_told_v16(order: AskForPhases, answer: Json, now: datetime) -> PhasesTold:
    """What it says of a connector, else of all: 1.RST,2.RTS or 0.RST, or NotApplicable (1.6 9.1.9)."""
    told = keys_told(answer).get(_ROTATION.casefold()) or ""
    of = {place.strip(): word for place, _, word in (each.rpartition(".") for each in told.split(","))}
    word = next((of[place] for place in (str(order.evse or _WHOLE_CHARGER), "0", "") if place in of), "")
    return PhasesTold(phases=_ROTATIONS.get(word.strip().casefold()), at=now)


def phases_v2(order: AskForPhases) -> Request:
    """The most precise place first."""
    components: list[Json] = [{"name": "ChargingStation"}]
    if order.evse is not None:
        components.insert(0, {"name": "EVSE", "evse": {"id": order.evse}})
        if order.connector is not None:
            plug = {"id": order.evse, "connectorId": order.connector}
            components.insert(0, {"name": "Connector", "evse": plug})
    asked = [{"component": component, "variable": {"name": _SUPPLY}} for component in components]
    return Request(action="GetVariables", payload={"getVariableData": asked})


def phases_told_v2(answer: Json, now: datetime) -> PhasesTold:
    """What it says first."""
    told = (_number(value_of(result)) for result in parts(answer, "getVariableResult"))
    return PhasesTold(phases=next((phases for phases in told if phases in (1, 2, 3)), None), at=now)


def _kind(order: SetLimit) -> Json:
    if order.every is None:
        return {"chargingProfileKind": "Absolute"}
    return {"chargingProfileKind": "Recurring", "recurrencyKind": "Daily" if order.every == _DAY else "Weekly"}


def _schedule(order: SetLimit) -> Json:
    schedule: Json = {
        "startSchedule": times.write(order.start),
        "chargingRateUnit": order.unit.value,
        "chargingSchedulePeriod": [_period(each, order.phases) for each in order.periods],
    }
    if order.lasting is not None:
        schedule["duration"] = round(order.lasting.total_seconds())
    return schedule


def _period(period: Period, phases: int | None) -> Json:
    told: Json = {"startPeriod": round(period.after.total_seconds()), "limit": period.amount}
    return told if phases is None else told | {"numberPhases": phases}


def _units(told: str | None) -> frozenset[str]:
    kinds = (_KINDS_OF_UNIT.get(word) for word in _words(told or ""))
    return frozenset(kind.value for kind in kinds if kind is not None)


def _number(told: str | None) -> int | None:
    told = (told or "").strip()
    return int(told) if told.isascii() and told.isdecimal() else None


def _words(told: str) -> set[str]:
    return {word.strip().casefold() for word in told.split(",")}
