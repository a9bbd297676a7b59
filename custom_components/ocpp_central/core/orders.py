"""What a charger is told to do because somebody wants it now, free of OCPP versions.

Knows these orders as values. Must not know who may give them, nor how they are spelled.
"""

from dataclasses import dataclass

from .events import ConnectorId, EvseId


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlock:
    """Open the lock of a plug, so that its cable can be pulled; 1.6 ends the transaction there, 2.x refuses during one."""

    evse: EvseId
    connector: ConnectorId


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset:
    """Restart the charger: `hard` at once, else in order, which it may put off until nobody uses it."""

    hard: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearCache:
    """Have the charger forget whom the central system has accepted before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerMessage:
    """Have the charger send a message now, named as its version does; of an EVSE (None: of the charger, or of all)."""

    message: str
    evse: EvseId | None = None
    connector: ConnectorId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAvailability:
    """Take an EVSE (None: the charger as a whole) into or out of service; where somebody charges, once he has done so.

    Never to keep anybody out: it ends the holds there, and keeps their holders out as well (ocpp.md 5.7).
    """

    evse: EvseId | None
    available: bool


type Order = Unlock | Reset | ClearCache | TriggerMessage | ChangeAvailability
"""What is done because somebody wants it, and what he waits for."""
