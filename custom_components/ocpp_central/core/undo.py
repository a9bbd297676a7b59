"""Taking back a step that must not count, because it could not be saved.

Knows how to leave everything else as it has become since. Must not know why a step is taken back.
"""

from collections.abc import Sequence
from dataclasses import replace

from .book import Change
from .ledger import Ledger


def undone(ledger: Ledger, changes: Sequence[Change]) -> Ledger:
    """The ledger without these changes of one step of `propose` or `withdraw`, of which no charger was told.

    What has happened to other reservations since stays. A charger that was removed since has nothing to be undone.
    """
    books = dict(ledger.books)
    for change in reversed(changes):
        if (book := books.get(change.after.charger)) is None:
            continue
        reservations = {uid: each for uid, each in book.reservations.items() if uid != change.after.uid}
        ghosts = dict(book.ghosts)
        if (before := change.before) is not None:
            reservations[before.uid] = before
            for hold in before.holds.values():
                ghosts.pop(hold.wire_id, None)
        books[book.charger] = replace(book, reservations=reservations, ghosts=ghosts)
    return replace(ledger, books=books)
