"""Which session a charger means.

Knows how chargers repeat a start, number their transactions, and tell of one that was taken to be over. Must not know what is
accounted of it (`accounts`).
"""

from .events import Started, TransactionId
from .evse import Evse, Evses
from .transaction import Transaction


def running(evses: Evses, transaction: TransactionId) -> Transaction | None:
    """The running transaction of this id, if we know it."""
    for evse in evses.values():
        if evse.running is not None and evse.running.transaction == transaction:
            return evse.running
    return None


def knows(evses: Evses, transaction: TransactionId) -> bool:
    """Whether a transaction runs, or is the latest one somewhere, of which something may be told late."""
    return any(
        known is not None and known.transaction == transaction
        for evse in evses.values()
        for known in (evse.running, evse.last)
    )


def presumed_at(evses: Evses, transaction: TransactionId | None) -> Evse | None:
    """The EVSE where this transaction was presumed to be over, if nothing has begun there since."""
    for evse in evses.values():
        if (presumed := evse.presumed) is not None and presumed.transaction == transaction:
            return evse
    return None


def unended(evses: Evses, transaction: TransactionId) -> Transaction | None:
    """The transaction of this id whose end was not told: it runs, or it was presumed to be over and nothing began since."""
    if (known := running(evses, transaction)) is not None:
        return known
    evse = presumed_at(evses, transaction)
    return None if evse is None else evse.presumed


def same_start(evses: Evses, start: Started) -> Transaction | None:
    """The transaction that `start` has told us of before, if any: chargers repeat a start until it is answered."""
    evse = evses.get(start.evse) if start.evse is not None else None
    if evse is None:
        return None
    for known in (evse.running, evse.last):
        if known is not None and _is_same_start(known, start):
            return known
    return None


def is_after(known: Transaction, start: Started) -> bool:
    """Whether something began when a transaction had ended, or may have, by the charger's clock, which may be wrong."""
    if known.ended is None and known.may_be_over:
        return start.at > known.started_at or _is_of_another(known, start)
    if known.ended is None or start.at <= known.started_at:
        return False
    return start.at - known.started_at >= known.lasted(known.ended)


def _is_same_start(known: Transaction, start: Started) -> bool:
    """Whether a start repeats a known one: 1.6 repeats it word for word, 2.x with its own transaction id.

    A charger that counts its transactions from its boot on gives the next one the id of one that has ended.
    """
    if start.transaction is not None:
        return start.transaction == known.transaction and not is_after(known, start)
    return (
        start.at == known.started_at
        and start.meter_wh == known.meter_start_wh
        and (start.token is None) == (known.token is None)
        and (start.token is None or known.token is None or start.token.matches(known.token))
    )


def _is_of_another(known: Transaction, start: Started) -> bool:
    return known.token is not None and start.token is not None and not known.token.matches(start.token)
