"""What wishes, a charger's reports and the time make of one charger's book.

Knows what each of them comes to, and that everybody else is then given what follows from it. Must not know other chargers, when a
command is due (`planner`), nor who is a known driver (`authorization`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from . import answers, holds, uses
from .binding import review
from .book import Book
from .change import Amendment, amended, rewrite
from .charger import Charger
from .commands import DropHold, Outcome, PlaceHold
from .eligibility import refuse_ineligible
from .events import (
    AbilitiesTold,
    AbilitiesUntold,
    Authorizing,
    Booted,
    Connected,
    Disconnected,
    Ended,
    Event,
    Evicting,
    EvseId,
    HoldEnded,
    Started,
    StatusChanged,
    StopRefused,
    TransactionTold,
    TransactionUntold,
    Updated,
    Verdict,
)
from .opening import begin, holders_transaction, open_now
from .page import Page, Scene, Turned
from .refusal import Reason, Refusal, obstacle
from .reservation import Cause, News, Reservation, Status
from .room import Terms, make_room, refuse_useless
from .transaction import Transaction

CONCERNS_RESERVATIONS = (
    Connected,
    Disconnected,
    Booted,
    AbilitiesTold,
    AbilitiesUntold,
    StatusChanged,
    Authorizing,
    Started,
    Updated,
    Ended,
    Evicting,
    TransactionTold,
    TransactionUntold,
    StopRefused,
    HoldEnded,
)
"""The events that `after` must be told; most others are readings, of which there are many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a charger told, what it was `before` that, and what it was answered if it asked something."""

    event: Event
    before: Charger
    verdict: Verdict | None


def propose(book: Book, draft: Reservation, terms: Terms, scene: Scene, *, patient: bool = False) -> Turned:
    """The book with a new reservation. Raises `Refusal` where it collides or cannot work, and then nothing changes.

    What it `supersedes` does not count as in its way. `patient`: one for now begins as if it had been planned.
    """
    others = [each for each in book.reservations.values() if each.uid not in draft.supersedes]
    refuse_ineligible(draft, terms.drivers)
    planned = make_room(others, draft, scene.charger, terms, scene.now)
    page = Page(book, scene)
    page.seat(planned)
    if patient or draft.window.start > scene.now:
        opened = page.open(replace(draft, planned=planned.get(draft.uid)), Cause.PLANNED)
        if opened.window.start <= scene.now:
            begin(page, opened)
            return _reviewed(page)
    else:
        open_now(page, draft, planned.get(draft.uid))
    review(page)
    return page.close()


def skip(book: Book, draft: Reservation, scene: Scene) -> Turned:
    """The book as it is, and what is told of a reservation that a source wants and that cannot be."""
    page = Page(book, scene)
    page.open(draft, Cause.SKIPPED)
    return page.close()


def change(book: Book, reservation: Reservation, amendment: Amendment, terms: Terms, scene: Scene) -> Turned:
    """The book with a reservation of it amended, its hold to follow; the same book if nothing would differ.

    Raises `Refusal` where that collides or cannot work, and then nothing changes.
    """
    charger, now = scene.charger, scene.now
    if reservation.status is Status.IN_USE:
        raise Refusal(Reason.IN_USE, obstacle=obstacle(reservation))
    wanted = amended(reservation, amendment, terms.policy, now)
    if wanted is reservation:
        return book, ()
    if amendment.token is not None and (other := _gives_or_gets_way(book, reservation)) is not None:
        raise Refusal(Reason.CONFLICT, obstacle=obstacle(other))
    refuse_ineligible(wanted, terms.drivers)
    planned: Mapping[str, EvseId] = {}
    # What is promised already stays promised, though the owner may since have asked for more time in between.
    if _claim(wanted) != _claim(reservation):
        wanted, planned = _fitted(book, wanted, terms, scene)
    begins = wanted.window.start <= now
    transaction = holders_transaction(wanted, charger, book.reservations.values()) if begins else None
    moves = (wanted.target, wanted.evse) != (reservation.target, reservation.evse)
    arrives = moves or reservation.status is Status.SCHEDULED
    if arrives and begins and transaction is None:
        refuse_useless(wanted, charger)
    page = Page(book, scene)
    page.seat(planned)
    written = rewrite(page, wanted)
    if not begins:
        return _reviewed(page)
    if written.status is Status.SCHEDULED:
        begin(page, written)
    elif transaction is not None:
        page.start(written, transaction.transaction, transaction.evse)
    elif arrives and written.status is Status.ACTIVE and holds.obstacle_to(written, charger) is Outcome.OCCUPIED:
        page.tell(replace(written, last_outcome=Outcome.OCCUPIED), News.BUSY)
    return _reviewed(page)


def withdraw(book: Book, reservation: Reservation, scene: Scene) -> Turned:
    """The book without this reservation of it, its hold to be dropped. Raises `Refusal` if it is in use."""
    if reservation.status is Status.IN_USE:
        raise Refusal(Reason.IN_USE, obstacle=obstacle(reservation))
    page = Page(book, scene)
    page.move(reservation, Cause.CANCELLED)
    return _reviewed(page)


def remove(book: Book, scene: Scene) -> Turned:
    """The book once its charger is gone for good."""
    page = Page(book, scene)
    for each in page.living():
        page.move(each, Cause.CHARGER_REMOVED)
    return page.close()


def at(book: Book, scene: Scene) -> Turned:
    """The book once it is `now`: windows open and end, ghosts fade."""
    page = Page(book, scene)
    for each in book.living_at():
        if each.until <= scene.now:
            page.move(each, Cause.FINISHED if each.status is Status.IN_USE else Cause.EXPIRED)
        elif each.status is Status.SCHEDULED and each.window.start <= scene.now:
            begin(page, each)
    for ghost in book.ghosts.values():
        if ghost.until <= scene.now:
            del page.ghosts[ghost.wire_id]
    return _reviewed(page)


def after(book: Book, report: Report, scene: Scene) -> Turned:
    """The book once the charger has told something; a start that we refused uses no reservation."""
    if not book.reservations and not book.ghosts and book.can_hold and book.can_hold_any:
        return book, ()
    page, verdict = Page(book, scene), report.verdict
    match event := report.event:
        case Connected():
            holds.doubt(page)
        case Disconnected():
            holds.lose_connection(page)
        case Booted():
            holds.hope_again(page)
        case StatusChanged(evse=int() as number):
            holds.watch_status(page, number, report.before)
        case Authorizing():
            uses.spell_anew(page, event, report.before)
            uses.note_presentation(page, event, verdict)
        case Started() | Updated() | Evicting() | Ended() | TransactionTold() | TransactionUntold() | StopRefused():
            uses.follow_transaction(page, event, verdict)
            uses.finish_what_is_over(page, report.before)
        case HoldEnded():
            holds.lose_hold(page, event)
        case AbilitiesTold() | AbilitiesUntold():
            pass  # what it cannot keep open is to be bound before somebody comes
        case _:
            pass
    uses.use_by_what_goes_on(page, report.before)
    return _reviewed(page)


def consume(book: Book, running: Transaction, group: str | None, scene: Scene) -> Turned:
    """The book once the holder of some of its reservations charges elsewhere, which uses them up (`consume_on_any`)."""
    page = Page(book, scene)
    uses.use_up(page, running, group)
    return page.close()


def sending(book: Book, command: PlaceHold, scene: Scene) -> Turned:
    """The book while a ReserveNow is under way."""
    page = Page(book, scene)
    answers.sending(page, command)
    return page.close()


def answered(book: Book, command: PlaceHold | DropHold, outcome: Outcome, scene: Scene) -> Turned:
    """The book once the outcome of a command is known."""
    page = Page(book, scene)
    if isinstance(command, PlaceHold):
        answers.placed(page, command, outcome)
    else:
        answers.dropped(page, command.hold, outcome)
    review(page)
    return page.close()


def restarted(book: Book) -> Book:
    """The book after a restart: what the charger holds is unknown, and nobody waits for an answer any more."""
    reservations = {
        uid: replace(each, awaited=False, holds=holds.doubted(each.holds, crashed=True))
        for uid, each in book.reservations.items()
    }
    return replace(book, reservations=reservations)


def _reviewed(page: Page) -> Turned:
    """What has been written, once everybody else has been given what follows from it."""
    review(page)
    holds.take_on_what_waits(page)
    return page.close()


def _gives_or_gets_way(book: Book, reservation: Reservation) -> Reservation | None:
    """The one that this one is to give way to, or that gives way to it: for a moment both are for one holder."""
    for each in book.reservations.values():
        if each.uid in reservation.supersedes or reservation.uid in each.supersedes:
            return each
    return None


def _fitted(book: Book, wanted: Reservation, terms: Terms, scene: Scene) -> tuple[Reservation, Mapping[str, EvseId]]:
    """What is wanted with the EVSE that it has now, and those of others that have to be planned anew for it.

    One for any that does not fit where it was bound may fit elsewhere. Raises `Refusal`.
    """
    known, charger, now = book.reservations.values(), scene.charger, scene.now
    try:
        planned = make_room(known, wanted, charger, terms, now)
    except Refusal:
        if not wanted.takes_any or wanted.evse is None:
            raise
        wanted = replace(wanted, evse=None)
        planned = make_room(known, wanted, charger, terms, now)
    if wanted.is_unbound and wanted.window.start <= now:
        wanted = replace(wanted, evse=planned.get(wanted.uid))
    return wanted, planned


def _claim(reservation: Reservation) -> tuple[object, ...]:
    """What of a reservation can be in others' way."""
    return reservation.target, reservation.connector_type, reservation.evse, reservation.window
