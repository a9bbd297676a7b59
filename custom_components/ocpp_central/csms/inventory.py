"""How a charger's configuration is asked for, told and changed, by names that people can type.

Knows the keys of 1.6, and how a variable of 2.x is written as one text. Must not know what any of them does.
"""

from datetime import datetime
import re
from typing import Final

from ..core.events import ConfigurationEntry, ConfigurationTold
from ..core.orders import ChangeConfiguration, ReadConfiguration
from .configuration import truth, value_of
from .dialect import Json, Request, UnsayableError
from .fields import part, parts, positive, text, whole

_COMPONENT: Final = r"(?:[^():\\]|\\.){1,50}?"
_INSTANCE: Final = r"(?:[^()\\]|\\.){1,50}"
_NAME: Final = r"(?:[^().:/\\]|\\.){1,50}"
_VARIABLE: Final = re.compile(
    rf"(?P<component>{_COMPONENT})(\((?P<component_instance>{_INSTANCE})\))?"
    r"(:(?P<evse>\d{1,9})(:(?P<connector>\d{1,9}))?)?"
    rf"\.(?P<variable>{_NAME})(\((?P<variable_instance>{_INSTANCE})\))?(/(?P<attribute>Target|MinSet|MaxSet))?",
    re.ASCII,
)
"""Component.Variable; each may be followed by an instance in brackets, the component also by its EVSE and connector.

At the end, after a slash, which attribute of it is meant; the value itself (Actual) needs none. Names may have these characters
themselves (2.x, `identifierString`): they then stand behind a backslash, but for the dots of a component.
"""

_ESCAPED: Final = re.compile(r"\\(.)")
_IN_COMPONENT: Final = re.compile(r"([():\\])")
_IN_INSTANCE: Final = re.compile(r"([()\\])")
_IN_VARIABLE: Final = re.compile(r"([().:/\\])")
"""What needs one."""

_LONGEST_KEY: Final = 50
_LONGEST_VALUE_V16: Final = 500
_LONGEST_VALUE_V2: Final = 1000
"""Characters (2.0.1; 2.1 takes more)."""

_SECRETS: Final = ("authorizationkey", "password", "secret")
"""What is part of the names of passwords: their values are not even read, whatever a charger tells of them."""

_TOKENS: Final = ("idtag", "idtoken")
"""What is part of the names of tokens, with which a charger lets everybody charge: the same, unless it is a switch."""

_ACTUAL: Final = "Actual"

_ABSENT: Final = frozenset({"UnknownComponent", "UnknownVariable"})


def read_v16(order: ReadConfiguration) -> Request:
    """Ask for these keys, or for all."""
    for name in order.names:
        _check("names", name, _LONGEST_KEY)
    return Request(action="GetConfiguration", payload={"key": list(order.names)} if order.names else {})


def told_v16(answer: Json, now: datetime) -> ConfigurationTold:
    """What the charger says of keys."""
    entries = tuple(
        _entry(name, text(each, "value"), readonly=each.get("readonly") is True)
        for each in parts(answer, "configurationKey")
        if (name := text(each, "key")) is not None
    )
    unknown = answer.get("unknownKey")
    names = unknown if isinstance(unknown, list) else []
    return ConfigurationTold(entries=entries, unknown=tuple(each for each in names if isinstance(each, str)), at=now)


def change_v16(order: ChangeConfiguration) -> Request:
    """Change a key."""
    _check("name", order.name, _LONGEST_KEY)
    _check("value", order.value, _LONGEST_VALUE_V16)
    return Request(action="ChangeConfiguration", payload={"key": order.name, "value": order.value})


def read_v2(order: ReadConfiguration) -> Request:
    """Ask for these variables; or for a report of all, which comes later, under this number."""
    if not order.names:
        return Request(action="GetBaseReport", payload={"requestId": order.number, "reportBase": "FullInventory"})
    return Request(action="GetVariables", payload={"getVariableData": [_named(name) for name in order.names]})


def told_v2(order: ReadConfiguration, answer: Json, now: datetime) -> tuple[ConfigurationTold, ...]:
    """What the charger says of variables; nothing yet if it was asked for a report."""
    if not order.names:
        return ()
    results = parts(answer, "getVariableResult")
    entries = tuple(
        _entry(_name(each, text(each, "attributeType")), value_of(each), readonly=None, refused=_refusal(each))
        for each in results
        if text(each, "attributeStatus") not in _ABSENT
    )
    unknown = tuple(
        _name(each, text(each, "attributeType")) for each in results if text(each, "attributeStatus") in _ABSENT
    )
    return (ConfigurationTold(entries=entries, unknown=unknown, at=now),)


def change_v2(order: ChangeConfiguration) -> Request:
    """Change a variable."""
    _check("value", order.value, _LONGEST_VALUE_V2)
    change = _named(order.name) | {"attributeValue": order.value}
    return Request(action="SetVariables", payload={"setVariableData": [change]})


def reported(payload: Json, now: datetime) -> tuple[ConfigurationTold, ...]:
    """What a part of a report says."""
    entries = tuple(
        _entry(
            _name(each, text(attribute, "type")),
            text(attribute, "value"),
            readonly=text(attribute, "mutability") == "ReadOnly",
        )
        for each in parts(payload, "reportData")
        for attribute in parts(each, "variableAttribute")
    )
    more = payload.get("tbc") is True
    number, place = whole(payload, "requestId"), whole(payload, "seqNo")
    return (ConfigurationTold(number=number, place=place, entries=entries, more=more, at=now),)


def _check(part: str, said: str, longest: int) -> None:
    if len(said) > longest:
        raise UnsayableError(part)


def _entry(name: str, value: str | None, *, readonly: bool | None, refused: str | None = None) -> ConfigurationEntry:
    return ConfigurationEntry(name, None if _is_secret(name, value) else value, readonly, refused)


def _is_secret(name: str, value: str | None) -> bool:
    called = name.casefold()
    if any(word in called for word in _SECRETS):
        return True
    return any(word in called for word in _TOKENS) and truth(value) is None


def _refusal(result: Json) -> str | None:
    """The charger's word where it does not tell a variable that it has."""
    word = text(result, "attributeStatus")
    return None if word == "Accepted" else word


def _name(named: Json, attribute: str | None) -> str:
    """A variable, or another attribute of it than its value, as one text."""
    component, variable = part(named, "component"), part(named, "variable")
    place = part(component, "evse")
    numbers = [positive(place, "id"), positive(place, "connectorId")]
    where = "".join(f":{number}" for number in numbers if number is not None)
    which = "" if attribute in (None, _ACTUAL) else f"/{attribute}"
    return f"{_with_instance(component, _IN_COMPONENT)}{where}.{_with_instance(variable, _IN_VARIABLE)}{which}"


def _with_instance(named: Json, special: re.Pattern[str]) -> str:
    name, instance = _escaped(text(named, "name") or "", special), text(named, "instance")
    return name if instance is None else f"{name}({_escaped(instance, _IN_INSTANCE)})"


def _escaped(said: str, special: re.Pattern[str]) -> str:
    return special.sub(r"\\\1", said)


def _plain(written: str) -> str:
    return _ESCAPED.sub(r"\1", written)


def _named(name: str) -> Json:
    """The variable that a text means. Raises `UnsayableError` if it means none."""
    if (found := _VARIABLE.fullmatch(name.strip())) is None:
        raise UnsayableError("variable")
    component: Json = {"name": _plain(found["component"])}
    variable: Json = {"name": _plain(found["variable"])}
    if found["component_instance"] is not None:
        component["instance"] = _plain(found["component_instance"])
    if found["evse"] is not None:
        component["evse"] = {"id": int(found["evse"])}
    if found["connector"] is not None:
        component["evse"]["connectorId"] = int(found["connector"])
    if found["variable_instance"] is not None:
        variable["instance"] = _plain(found["variable_instance"])
    named: Json = {"component": component, "variable": variable}
    return named if found["attribute"] is None else named | {"attributeType": found["attribute"]}
