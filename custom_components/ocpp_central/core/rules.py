"""What the owner has decided about who may charge.

Knows the choices and what they are if nobody chooses (contract 1). Must not know where they are made, nor what follows
from them (`authorization`).
"""

from dataclasses import dataclass
from enum import StrEnum

from .token import IdToken


class Enforcement(StrEnum):
    """What is done about strangers where something is reserved."""

    OFF = "off"
    """Only the charger's own hold keeps them out."""
    WARN = "warn"
    """They may charge, and that is told."""
    STOP = "stop"
    """They are refused, and stopped if they charge all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The owner's decisions as they are in force at one charger.

    `insists`: its own enforcement is `stop`, so that one who identifies nobody is stopped as well.
    `known_only`: who is neither a known driver nor the holder of a reservation may not charge.
    `one_per_token`: nobody may charge twice at a time with one token. `house`: the token of Home Assistant itself.
    """

    house: IdToken
    enforcement: Enforcement = Enforcement.STOP
    insists: bool = False
    known_only: bool = False
    one_per_token: bool = False
