"""How a field of a payload is taken out when chargers are careless.

Knows JSON types and that any optional field may be absent, empty or mistyped. Must not know what a field means.
"""

from .dialect import Json

_BEYOND_NUMBERS = 2**63
"""OCPP's integers have 32 bits; what does not even fit 64 is no number of anything."""

_LONGEST_SHOWN = 50
"""Characters, as many as the standards have for codes, and 1.6 for what a charger says about an error."""


def text(payload: Json, key: str) -> str | None:
    """The text of a field as it was sent; None where it is absent, empty or no text."""
    value = payload.get(key)
    return value if isinstance(value, str) and value else None


def shown(word: str | None) -> str | None:
    """A charger's own words as people are shown them: without what cannot be seen, and as long as the standards' longest."""
    visible = "".join(each for each in word or "" if each.isprintable())
    return visible.strip()[:_LONGEST_SHOWN] or None


def whole(payload: Json, key: str) -> int | None:
    """The integer of a field, None where it is absent or none; 2.x's schemas count 1.0 as an integer."""
    value = payload.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if not -_BEYOND_NUMBERS < value < _BEYOND_NUMBERS or value != int(value):
        return None
    return int(value)


def number(payload: Json, key: str) -> float | None:
    """The finite number of a field, None where it is absent or none."""
    value = payload.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not -_BEYOND_NUMBERS < value < _BEYOND_NUMBERS:
        return None
    return float(value)


def positive(payload: Json, key: str) -> int | None:
    """The number of a field that numbers something from 1; chargers write 0 or -1 for "none"."""
    value = whole(payload, key)
    return value if value is not None and value > 0 else None


def part(payload: Json, key: str) -> Json:
    """The object of a field; empty where it is absent or no object."""
    value = payload.get(key)
    return value if isinstance(value, dict) else {}


def parts(payload: Json, key: str) -> list[Json]:
    """The objects in a list, in order; empty where the field is absent or no list."""
    value = payload.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
