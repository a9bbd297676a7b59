"""What identifies a person or a group at a charger.

Knows how two tokens compare. Must not know who owns a token, nor how a version of OCPP spells it.
"""

from dataclasses import dataclass, field

ANY_TYPE = None
"""The type of a token whose kind nobody told: 1.6 has no types, so it matches every type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdToken:
    """An RFID UID, a key code, a central token, ... with its type in OCPP's words, or None where unknown.

    The value never shows in a `repr`, so that no log line or traceback can give it away.
    """

    value: str = field(repr=False)
    type: str | None = ANY_TYPE

    def matches(self, other: IdToken) -> bool:
        """Whether both name the same person: values without regard to case, types only where both are known."""
        if self.value.casefold() != other.value.casefold():
            return False
        if self.type is None or other.type is None:
            return True
        return self.type.casefold() == other.type.casefold()


def same_group(one: str | None, other: str | None) -> bool:
    """Whether two group ids name the same group; an absent group is the same as no other."""
    return one is not None and other is not None and one.casefold() == other.casefold()
