"""How 2.x names people and what we answer about them; where 2.0.1 and 2.1 differ in it is the table at the end.

Knows IdToken, IdTokenInfo and their words. Must not know where a token was presented, nor who may charge.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ..core.events import Standing, Verdict
from ..core.token import IdToken
from . import times
from .dialect import Json
from .fields import part, text

_CENTRAL = "Central"
_NOBODY = "noauthorization"

_NOT_HERE = "NotAtThisLocation"
_NOT_NOW = "NotAtThisTime"

_STANDINGS = {
    Standing.ACCEPTED: "Accepted",
    Standing.UNKNOWN: "Unknown",
    Standing.BLOCKED: "Blocked",
    Standing.EXPIRED: "Expired",
    Standing.NOT_YET_VALID: _NOT_NOW,
    Standing.CONCURRENT: "ConcurrentTx",
}

_LONGEST_TYPE = 20
"""Where a type is free text (2.1)."""


def told_token(payload: Json) -> IdToken | None:
    """Whose token it is; None for nobody's, which is what a start button sends (C02.FR.01)."""
    told = part(payload, "idToken")
    value = text(told, "idToken")
    return None if value is None or _is_nobody(told) else IdToken(value=value, type=text(told, "type"))


def is_anonymous(payload: Json) -> bool:
    """Whether the charger says that it identifies nobody, as one with a start button does, or one that vends freely."""
    return _is_nobody(part(payload, "idToken"))


def group_token(group: str) -> Json:
    """A group is a name of ours, so its type is Central."""
    return {"idToken": group, "type": _CENTRAL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What a version can say of tokens.

    `length`: the longest one. `types`: casefolded type -> its spelling. `free_types`: whether there may be others.
    """

    length: int
    types: Mapping[str, str]
    free_types: bool

    def spelled(self, token: IdToken) -> Json:
        """A token for the charger; of type Central where no type is known, or none that the version can say."""
        told = token.type or _CENTRAL
        as_told = told if self.free_types and len(told) <= _LONGEST_TYPE else _CENTRAL
        return {"idToken": token.value, "type": self.types.get(told.casefold(), as_told)}

    def authorized(self, payload: Json, verdict: Verdict | None, now: datetime) -> Json:
        """The answer to Authorize; who is kept out by others' reservations may charge on no EVSE (C01.FR.22)."""
        return {"idTokenInfo": self._info(payload, verdict, _NOT_HERE, now)}

    def transaction_judged(self, payload: Json, verdict: Verdict | None, now: datetime) -> Json:
        """The answer to TransactionEvent, which judges the token again if there is one (E05)."""
        if "idToken" not in payload:
            return {}
        return {"idTokenInfo": self._info(payload, verdict, _NOT_NOW, now)}

    def _info(self, payload: Json, verdict: Verdict | None, reserved: str, now: datetime) -> Json:
        """How the token stands; `reserved` is the word for one that others' reservations keep out.

        The charger shall not remember the answer: in a minute a reservation may begin or end.
        """
        info: Json = {"cacheExpiryDateTime": times.write(now)}
        if verdict is None:
            # C02.FR.02: a start button's press is accepted; a token without a value is not.
            nobody = _is_nobody(part(payload, "idToken"))
            return info | {"status": "Accepted" if nobody else "Invalid"}
        info["status"] = _STANDINGS.get(verdict.standing, reserved)
        if verdict.accepted and verdict.evses is not None:
            # C01.FR.20 and .22: a list where only some EVSEs are permitted, never an empty one.
            info |= {"evseId": list(verdict.evses)} if verdict.evses else {"status": _NOT_HERE}
        # A group that the version cannot spell is left out: the charger then asks us about each member.
        if verdict.group is not None and len(verdict.group) <= self.length:
            info["groupIdToken"] = group_token(verdict.group)
        return info


def _is_nobody(told: Json) -> bool:
    return (text(told, "type") or "").casefold() == _NOBODY


def _spellings(*words: str) -> Mapping[str, str]:
    return {word.casefold(): word for word in words}


_TYPES_V201 = (_CENTRAL, "eMAID", "ISO14443", "ISO15693", "KeyCode", "Local", "MacAddress")

TOKENS_V201: Final = Tokens(length=36, types=_spellings(*_TYPES_V201), free_types=False)
TOKENS_V21: Final = Tokens(
    length=255,
    types=_spellings(*_TYPES_V201, "DirectPayment", "EVCCID", "VIN"),
    free_types=True,
)
