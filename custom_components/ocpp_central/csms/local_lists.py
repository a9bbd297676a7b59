"""How a charger's own list of drivers is spelled.

Knows its messages in 1.6 (sections 5.10, 5.15 and 9.3) and 2.x (D01, D02), with the settings that limit it. Must not know
what the list is to say, nor when it is sent.
"""

from datetime import datetime
from typing import Final

from ..core.commands import SendList
from ..core.entries import Entry
from ..core.events import ListLimitsTold, ListVersionTold, Standing
from ..core.token import IdToken
from . import times
from .configuration import keys_told, name_of, truth, value_of
from .dialect import Json, Request
from .fields import parts, text, whole
from .v2_tokens import Tokens, group_token

_ENABLED_V16: Final = "LocalAuthListEnabled"
_MOST_V16: Final = "LocalAuthListMaxLength"
_AT_ONCE_V16: Final = "SendLocalListMaxLength"

_LIST: Final = "LocalAuthListCtrlr"
_ENABLED: Final = "Enabled"
_AT_ONCE: Final = "ItemsPerMessage"
_ENTRIES: Final = "Entries"
"""Its value is how many entries there are; how many there can be is the most that it can be set to."""

_MAXIMUM: Final = "MaxSet"

_STANDINGS: Final = {Standing.ACCEPTED: "Accepted", Standing.BLOCKED: "Blocked"}

VERSION: Final = Request(action="GetLocalListVersion", payload={})
"""The question for the version, which all versions of OCPP ask alike."""

LIMITS_V16: Final = Request(action="GetConfiguration", payload={"key": [_ENABLED_V16, _MOST_V16, _AT_ONCE_V16]})


LIMITS_V2: Final = Request(
    action="GetVariables",
    payload={
        "getVariableData": [
            {"component": {"name": _LIST}, "variable": {"name": _ENABLED}},
            {"component": {"name": _LIST}, "variable": {"name": _AT_ONCE}},
            {"component": {"name": _LIST}, "variable": {"name": _ENTRIES}, "attributeType": _MAXIMUM},
        ]
    },
)


def send_v16(command: SendList) -> Request:
    """The update in 1.6; an empty list is written, since some chargers miss it otherwise."""
    removed = [{"idTag": token.value} for token in command.removed]
    return Request(
        action="SendLocalList",
        payload={
            "listVersion": command.version,
            "updateType": _kind(command),
            "localAuthorizationList": removed + [_entry_v16(entry) for entry in command.entries],
        },
    )


def send_v2(command: SendList, tokens: Tokens) -> Request:
    """The update in 2.x, whose schema does not allow an empty list: without one it is emptied (D01.FR.04)."""
    removed = [_entry_v2(token, tokens) for token in command.removed]
    entries = removed + [_entry_v2(entry.token, tokens, entry) for entry in command.entries]
    payload: Json = {"versionNumber": command.version, "updateType": _kind(command)}
    return Request(action="SendLocalList", payload=payload | ({"localAuthorizationList": entries} if entries else {}))


def version_told(answer: Json, now: datetime) -> tuple[ListVersionTold, ...]:
    """The version in an answer, which both generations name in their own way."""
    version = whole(answer, "listVersion" if "listVersion" in answer else "versionNumber")
    return () if version is None else (ListVersionTold(version=version, at=now),)


def limits_told_v16(answer: Json, now: datetime) -> ListLimitsTold:
    """What the keys say."""
    told = keys_told(answer)
    enabled, most, at_once = (told.get(key.casefold()) for key in (_ENABLED_V16, _MOST_V16, _AT_ONCE_V16))
    return ListLimitsTold(enabled=truth(enabled), most=_count(most), at_once=_count(at_once), at=now)


def limits_told_v2(answer: Json, now: datetime) -> ListLimitsTold:
    """What the variables say; the number of entries that there are is no limit."""
    told = {
        name_of(result): value_of(result)
        for result in parts(answer, "getVariableResult")
        if name_of(result) != _name(_ENTRIES) or text(result, "attributeType") == _MAXIMUM
    }
    enabled, most, at_once = (told.get(_name(variable)) for variable in (_ENABLED, _ENTRIES, _AT_ONCE))
    return ListLimitsTold(enabled=truth(enabled), most=_count(most), at_once=_count(at_once), at=now)


def _kind(command: SendList) -> str:
    return "Full" if command.full else "Differential"


def _entry_v16(entry: Entry) -> Json:
    info: Json = {"status": _STANDINGS[entry.standing]}
    if entry.until is not None:
        info["expiryDate"] = times.write(entry.until)
    if entry.group is not None:
        info["parentIdTag"] = entry.group
    return {"idTag": entry.token.value, "idTagInfo": info}


def _entry_v2(token: IdToken, tokens: Tokens, entry: Entry | None = None) -> Json:
    """An entry; without what it says of the token, the token is removed (D01.FR.16)."""
    spelled: Json = {"idToken": tokens.spelled(token)}
    if entry is None:
        return spelled
    info: Json = {"status": _STANDINGS[entry.standing]}
    if entry.until is not None:
        info["cacheExpiryDateTime"] = times.write(entry.until)
    if entry.group is not None:
        info["groupIdToken"] = group_token(entry.group)
    return spelled | {"idTokenInfo": info}


def _name(variable: str) -> tuple[str, str]:
    return _LIST.casefold(), variable.casefold()


def _count(value: str | None) -> int | None:
    """A limit; zero is what chargers write that have not thought of one."""
    return int(value) if value is not None and value.strip().isdecimal() and int(value) > 0 else None
