"""Taking back a step that must not count, because it could not be saved.

Knows how to leave everything else as it has become since. Must not know why a step is taken back.
"""

from dataclasses import replace

from .book import Book
from .holds import doubted
from .ledger import Ledger, Step
from .reservation import Reservation, Status


def undone(ledger: Ledger, step: Step) -> Ledger:
    """The ledger without what one step that somebody asked for has changed, of which no charger was told.

    What has happened to other reservations since stays, and so does the use or the end of a changed one. A charger that
    was removed since has nothing to be undone.
    """
    changes = step.changes
    befores: dict[str, Reservation | None] = {}
    lefts: dict[str, Reservation] = {}
    for change in changes:
        befores.setdefault(change.after.uid, change.before)
        lefts[change.after.uid] = change.after
    books = dict(ledger.books)
    for uid, left in lefts.items():
        if (book := books.get(left.charger)) is not None:
            books[book.charger] = _put_back(book, uid, befores[uid], left)
    for each in reversed(step.sources):
        if (book := books.get(each.charger)) is not None and (source := each.after or each.before) is not None:
            books[book.charger] = book.with_source(source.uid, each.before)
    past = ledger.past.without(change for change in changes if change.after.charger in books)
    return replace(ledger, books=books, past=past)


def _put_back(book: Book, uid: str, before: Reservation | None, left: Reservation) -> Book:
    """The book with a reservation as it was `before` the step that `left` it so (None: without it)."""
    present = book.reservations.get(uid)
    others = {known: each for known, each in book.reservations.items() if known != uid}
    if before is None:
        return replace(book, reservations=others)
    if not left.status.is_final and present != left:
        if present is None or present.status is Status.IN_USE:
            return book
        # The connection may have been lost meanwhile, or the charger may have said something of the hold.
        before = replace(before, holds=doubted(before.holds))
    mine = {hold.wire_id for hold in before.holds.values()}
    ghosts = {wire_id: ghost for wire_id, ghost in book.ghosts.items() if wire_id not in mine}
    return replace(book, reservations={**others, uid: before}, ghosts=ghosts)
