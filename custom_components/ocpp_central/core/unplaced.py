"""Starts that did not say where: OCPP 2.x may tell of a card before it is known at which EVSE its cable will be plugged in (E03).

Knows which of them have no place yet. Must not know the charger around them, nor what shows their place (`taking_up`).
"""

from dataclasses import replace
from typing import Final

from .events import Started, TransactionId

MOST_UNPLACED: Final = 5
"""More drivers than present their cards before any of them has plugged in; each start is kept on disk."""

type Unplaced = tuple[Started, ...]


def begun(unplaced: Unplaced, transaction: TransactionId | None) -> Started | None:
    """The start of this transaction, if it is one of them."""
    return next((each for each in unplaced if each.transaction == transaction), None)


def with_start(unplaced: Unplaced, start: Started) -> Unplaced:
    """The starts once this one is told, perhaps again."""
    return (*without(unplaced, start.transaction), replace(start, readings=()))[-MOST_UNPLACED:]


def without(unplaced: Unplaced, transaction: TransactionId | None) -> Unplaced:
    """The starts once it needs not be known any more that this transaction has begun; the same ones where it is none of them."""
    if begun(unplaced, transaction) is None:
        return unplaced
    return tuple(each for each in unplaced if each.transaction != transaction)
