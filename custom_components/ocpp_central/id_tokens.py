"""What an ID token may look like that somebody types in or presents, and how it is written down.

Must not know whose it is, nor what it is needed for.
"""

from dataclasses import replace
from string import hexdigits
from typing import Final

from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from .core.token import IdToken, without_separators

TOKEN_TYPES: Final = (
    "Central",
    "eMAID",
    "ISO14443",
    "ISO15693",
    "KeyCode",
    "Local",
    "MacAddress",
    "DirectPayment",
    "EVCCID",
    "VIN",
)
"""The kinds of token that a person can present (2.0.1, 2.1); NoAuthorization carries no token, so it is not one."""

LONGEST: Final = 255
"""No version of OCPP carries a longer token (2.1), and no state of Home Assistant is longer."""

# No card and no key code has control characters, and what cannot be typed cannot be found again.
PLAIN_TEXT: Final = vol.All(cv.string, vol.Strip, vol.Match(r"^[^\x00-\x1f\x7f]+$"))

_SHORT_TEXT: Final = vol.All(PLAIN_TEXT, vol.Length(max=LONGEST))
_TYPES: Final = {each.casefold(): each for each in TOKEN_TYPES}
_TYPES_OF_CARDS: Final = frozenset({"ISO14443", "ISO15693", None})
_DIGITS_OF_UIDS: Final = frozenset({8, 14, 16, 20})
"""A UID has 4, 7 or 10 bytes (ISO 14443-3), or 8 (ISO 15693)."""


def plain(text: str) -> str | None:
    """A token, a group or a name without the blanks around it; None if it is empty, too long or no plain text."""
    try:
        found: str = _SHORT_TEXT(text)
    except vol.Invalid:
        return None
    return found


def tidied(token: IdToken) -> IdToken:
    """A token as it is written down: the UID of a card in capitals and in one piece, its type in OCPP's spelling.

    Of a type that no person's token has, nothing is kept.
    """
    kind = None if token.type is None else _TYPES.get(token.type.casefold())
    value = without_separators(token.value)
    is_uid = value != token.value or (len(value) in _DIGITS_OF_UIDS and all(each in hexdigits for each in value))
    if kind in _TYPES_OF_CARDS and is_uid:
        return IdToken(value=value.upper(), type=kind)
    return replace(token, type=kind)
