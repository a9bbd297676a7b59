"""How a charger spells the settings that decide whom it lets charge.

Knows the configuration keys of 1.6 and the variables of 2.x for them (ocpp.md 5.7, "bypasses"). Must not know when they are
asked for or changed, nor what follows.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from ..core.commands import ChangeSetting, Outcome
from ..core.events import SettingChanged, SettingsTold
from ..core.settings import Setting
from . import limits
from .configuration import keys_told, name_of, truth, value_of
from .dialect import Json, Request
from .fields import part, parts, text
from .words import meaning

_KEYS: Final[Mapping[Setting, str]] = {
    Setting.PRE_AUTHORIZES: "LocalPreAuthorize",
    Setting.LOCAL_LIST: "LocalAuthListEnabled",
    Setting.CACHE: "AuthorizationCacheEnabled",
    Setting.STOPS_REFUSED: "StopTransactionOnInvalidId",
    Setting.STARTS_KNOWN_OFFLINE: "LocalAuthorizeOffline",
    Setting.STARTS_UNKNOWN_OFFLINE: "AllowOfflineTxForUnknownId",
}
"""The keys of 1.6, which has none for charging without authorization."""

_VARIABLES: Final[Mapping[Setting, tuple[str, str]]] = {
    Setting.AUTHORIZES: ("AuthCtrlr", "Enabled"),
    Setting.PRE_AUTHORIZES: ("AuthCtrlr", "LocalPreAuthorize"),
    Setting.LOCAL_LIST: ("LocalAuthListCtrlr", "Enabled"),
    Setting.CACHE: ("AuthCacheCtrlr", "Enabled"),
    Setting.STOPS_REFUSED: ("TxCtrlr", "StopTxOnInvalidId"),
    Setting.STARTS_KNOWN_OFFLINE: ("AuthCtrlr", "LocalAuthorizeOffline"),
    Setting.STARTS_UNKNOWN_OFFLINE: ("AuthCtrlr", "OfflineTxForUnknownIdEnabled"),
}
"""Component and variable of 2.x; with those for limits no more than ten, which some chargers answer at most."""

_RESTART: Final = "RebootRequired"

_CHANGED: Final = {
    "Accepted": Outcome.ACCEPTED,
    _RESTART: Outcome.ACCEPTED,
    "Rejected": Outcome.REJECTED,
    "NotSupported": Outcome.NOT_IMPLEMENTED,
    "UnknownComponent": Outcome.NOT_IMPLEMENTED,
    "UnknownVariable": Outcome.NOT_IMPLEMENTED,
    "NotSupportedAttributeType": Outcome.NOT_IMPLEMENTED,
}
"""The words of ChangeConfiguration and of SetVariables, which mean the same where both have them."""


def names(setting: Setting) -> tuple[str, ...]:
    """What the versions call a setting, 1.6 first, for those who look for it in a charger's manual."""
    variable = ".".join(_VARIABLES[setting])
    return (_KEYS[setting], variable) if setting in _KEYS else (variable,)


def request_v16() -> Request:
    """Ask for all of them, and for limits."""
    return Request(action="GetConfiguration", payload={"key": [*_KEYS.values(), *limits.KEYS]})


def told_v16(answer: Json, now: datetime) -> SettingsTold:
    """What the keys say."""
    told = keys_told(answer)
    return _told({setting: truth(told.get(key.casefold())) for setting, key in _KEYS.items()}, now)


def reason(answer: Json) -> str | None:
    """The charger's code for why, which 2.x may have for each variable."""
    results = parts(answer, "setVariableResult")
    return next((text(part(each, "attributeStatusInfo"), "reasonCode") for each in results), None)


def change_v16(command: ChangeSetting) -> Request:
    """Switch one; what 1.6 has no key for is called by its later name, which the charger then does not support."""
    key = names(command.setting)[0]
    return Request(action="ChangeConfiguration", payload={"key": key, "value": _spelled(command)})


def request_v2() -> Request:
    """Ask for all of them, and for limits."""
    asked = [_named(*variable) for variable in (*_VARIABLES.values(), *limits.VARIABLES)]
    return Request(action="GetVariables", payload={"getVariableData": asked})


def told_v2(answer: Json, now: datetime) -> SettingsTold:
    """What the variables say."""
    told = {name_of(result): truth(value_of(result)) for result in parts(answer, "getVariableResult")}
    return _told(
        {each: told.get((owner.casefold(), name.casefold())) for each, (owner, name) in _VARIABLES.items()}, now
    )


def change_v2(command: ChangeSetting) -> Request:
    """Switch one."""
    change = _named(*_VARIABLES[command.setting]) | {"attributeValue": _spelled(command)}
    return Request(action="SetVariables", payload={"setVariableData": [change]})


def outcome(answer: Json) -> Outcome:
    """What the answer to a change means: a change that waits for a restart is made."""
    return meaning(_CHANGED, word(answer))


def word(answer: Json) -> str | None:
    """1.6 has one status, 2.x one for each variable, and we change one at a time."""
    return next((text(each, "attributeStatus") for each in parts(answer, "setVariableResult")), text(answer, "status"))


def changed(answer: Json, now: datetime) -> tuple[SettingChanged, ...]:
    """What has changed by it."""
    if outcome(answer) is not Outcome.ACCEPTED:
        return ()
    return (SettingChanged(restart=word(answer) == _RESTART, at=now),)


def _told(values: Mapping[Setting, bool | None], now: datetime) -> SettingsTold:
    return SettingsTold(values={setting: value for setting, value in values.items() if value is not None}, at=now)


def _named(component: str, name: str) -> Json:
    return {"component": {"name": component}, "variable": {"name": name}}


def _spelled(command: ChangeSetting) -> str:
    return "true" if command.value else "false"
