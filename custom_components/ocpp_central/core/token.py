"""What identifies a person or a group at a charger.

Knows how two tokens compare. Must not know who owns a token, nor how a version of OCPP spells it.
"""

from dataclasses import dataclass, field
from string import hexdigits
from typing import Final

ANY_TYPE = None
"""The type of a token whose kind nobody told: 1.6 has no types, so it matches every type."""

SEPARATORS: Final = (":", "-", " ")
"""What readers and people put between the bytes of a card's UID."""

FEWEST_BYTES: Final = 4
"""No UID of a card is shorter (ISO 14443-3), but a key code may look like one: 12-34."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdToken:
    """An RFID UID, a key code, a central token, ... with its type in OCPP's words, or None where unknown.

    The value never shows in a `repr`, so that no log line or traceback can give it away.
    """

    value: str = field(repr=False)
    type: str | None = ANY_TYPE

    @property
    def key(self) -> str:
        """What all spellings of the value have in common: 04:A2:B3:C4 and 04a2b3c4 are one card. No type is in it."""
        return without_separators(self.value).casefold()

    def matches(self, other: IdToken) -> bool:
        """Whether both name the same person: values in any spelling, types only where both are known."""
        if self.key != other.key:
            return False
        if self.type is None or other.type is None:
            return True
        return self.type.casefold() == other.type.casefold()


def without_separators(value: str) -> str:
    """The bytes of a UID without what is between them; any other text as it is."""
    for separator in SEPARATORS:
        if separator in value:
            pairs = value.split(separator)
            return "".join(pairs) if len(pairs) >= FEWEST_BYTES and all(map(_is_byte, pairs)) else value
    return value


def _is_byte(text: str) -> bool:
    return len(text) == 2 and all(digit in hexdigits for digit in text)  # noqa: PLR2004  two digits make a byte


def same_group(one: str | None, other: str | None) -> bool:
    """Whether two group ids name the same group; an absent group is the same as no other."""
    return one is not None and other is not None and one.casefold() == other.casefold()
