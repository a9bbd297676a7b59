"""EVSEs that a charger keeps reserved though nothing is.

Knows when what a charger shows cannot come from anything of ours. Must not know how long that is let pass.
"""

from .book import Book
from .charger import Charger
from .events import ConnectorStatus, EvseId


def leftovers(book: Book, charger: Charger) -> frozenset[EvseId]:
    """The EVSEs that show Reserved without a reservation, and without a hold of ours that is yet to be dropped.

    A hold without an EVSE may show at any of them, even at all (H01.FR.20, H01.FR.24).
    """
    holds = {place for each in book.reservations.values() for place in each.holds}
    holds |= {ghost.evse for ghost in book.ghosts.values()}
    if not charger.connected or None in holds:
        return frozenset()
    return frozenset(
        evse.evse
        for evse in charger.evses.values()
        if evse.status is ConnectorStatus.RESERVED and evse.evse not in holds
    )
