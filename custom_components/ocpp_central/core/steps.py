"""What wishes, a charger's reports and the time make of one charger's book.

Knows when a reservation is opened, begun, used and ended. Must not know other chargers, when a command is due
(`planner`), nor who is a known driver (`authorization`).
"""

from dataclasses import dataclass, replace
from datetime import datetime

from . import holds
from .book import Book
from .change import Amendment, amended, rewrite
from .charger import Charger, Evse
from .commands import DropHold, Outcome, PlaceHold
from .events import (
    Authorizing,
    Booted,
    Connected,
    ConnectorStatus,
    Disconnected,
    Ended,
    Event,
    HoldEnded,
    Started,
    StatusChanged,
    TransactionId,
    Updated,
    Verdict,
)
from .page import Page, Proposal, Turned
from .policy import Policy
from .refusal import Obstacle, Reason, Refusal
from .reservation import Cause, HeldBy, Hold, HoldState, News, Reservation, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a charger told, what it was `before` and is by that, and what it was answered if it asked something."""

    event: Event
    before: Charger
    charger: Charger
    verdict: Verdict | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What became of a command to a charger."""

    charger: Charger
    command: PlaceHold | DropHold
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a change is judged by. `spare`: a wire id that nothing has."""

    charger: Charger
    policy: Policy
    spare: int
    now: datetime


def propose(book: Book, proposal: Proposal, charger: Charger, policy: Policy, now: datetime) -> Turned:
    """The book with the wish granted. Raises `Refusal` where it collides or cannot work, and then nothing changes."""
    _refuse_collision(book, proposal, policy)
    page = Page(book, now)
    if proposal.window.start > now:
        page.open(proposal, Cause.PLANNED)
    else:
        _open_now(page, proposal, charger)
    return page.close()


def change(book: Book, reservation: Reservation, amendment: Amendment, scene: Scene) -> Turned:
    """The book with a reservation of it amended, its hold to follow; the same book if nothing would differ.

    Raises `Refusal` where that collides or cannot work, and then nothing changes.
    """
    charger, now = scene.charger, scene.now
    if reservation.status is Status.IN_USE:
        raise Refusal(Reason.IN_USE, obstacle=_obstacle(reservation))
    wanted = amended(reservation, amendment, scene.policy, now)
    if wanted is reservation:
        return book, ()
    _refuse_collision(book, wanted, scene.policy)
    evse = charger.evses.get(wanted.evse, Evse(evse=wanted.evse))
    transaction = _holders_transaction(wanted, evse) if wanted.window.start <= now else None
    arrives = wanted.evse != reservation.evse or reservation.status is Status.SCHEDULED
    if arrives and wanted.window.start <= now and transaction is None:
        _refuse_useless(wanted, evse, charger)
    page = Page(book, now)
    written = rewrite(page, wanted, scene.spare)
    if written.window.start > now:
        return page.close()
    if written.status is Status.SCHEDULED:
        _begin(page, written, charger)
    elif transaction is not None:
        page.start(written, transaction)
    elif arrives and evse.plugged_in and written.status is Status.ACTIVE and written.holds:
        page.tell(replace(written, last_outcome=Outcome.OCCUPIED), News.BUSY)
    holds.take_on_what_waits(page, charger)
    return page.close()


def withdraw(book: Book, reservation: Reservation, now: datetime, cause: Cause) -> Turned:
    """The book without this reservation of it, its hold to be dropped. Raises `Refusal` if it is in use."""
    if reservation.status is Status.IN_USE and cause is not Cause.CHARGER_REMOVED:
        raise Refusal(Reason.IN_USE, obstacle=_obstacle(reservation))
    page = Page(book, now)
    page.move(reservation, cause)
    return page.close()


def at(book: Book, charger: Charger, now: datetime) -> Turned:
    """The book once it is `now`: windows open and end, ghosts fade."""
    page = Page(book, now)
    for each in book.living_at():
        if each.until <= now:
            page.move(each, Cause.FINISHED if each.status is Status.IN_USE else Cause.EXPIRED)
        elif each.status is Status.SCHEDULED and each.window.start <= now:
            _begin(page, each, charger)
    for ghost in book.ghosts.values():
        if ghost.until <= now:
            del page.ghosts[ghost.wire_id]
    holds.take_on_what_waits(page, charger)
    return page.close()


def after(book: Book, report: Report, now: datetime) -> Turned:
    """The book once the charger has told something; a start that we refused uses no reservation."""
    if not book.reservations and not book.ghosts and book.can_hold:
        return book, ()
    page = Page(book, now)
    charger, verdict = report.charger, report.verdict
    match event := report.event:
        case Connected():
            holds.doubt(page)
        case Disconnected():
            holds.lose_connection(page)
        case Booted():
            holds.hope_again(page)
        case StatusChanged(evse=int() as number):
            holds.watch_status(page, number, report.before, charger)
        case Authorizing() if verdict is not None and verdict.accepted:
            _note_presentation(page, event, verdict)
        case Started() | Updated() if verdict is not None and verdict.accepted:
            moment = charger.moment_of(event.at, now)
            _use(page, event.transaction, charger, verdict.group, moment)
        case Ended():
            _finish(page, event.transaction)
        case HoldEnded():
            holds.lose_hold(page, event)
        case _:
            return book, ()
    holds.take_on_what_waits(page, charger)
    return page.close()


def sending(book: Book, command: PlaceHold, now: datetime) -> Turned:
    """The book while a ReserveNow is under way."""
    page = Page(book, now)
    holds.sending(page, command)
    return page.close()


def answered(book: Book, reply: Reply, spare: int, now: datetime) -> Turned:
    """The book once the outcome of a command is known. `spare`: a wire id that nothing has."""
    page = Page(book, now)
    match reply.command:
        case PlaceHold() as command:
            holds.placed(page, reply.charger, command, reply.outcome)
        case DropHold(hold=hold):
            holds.dropped(page, hold, reply.outcome, spare)
    return page.close()


def restarted(book: Book) -> Book:
    """The book after a restart: what the charger holds is unknown, and nobody waits for an answer any more."""
    reservations = {
        uid: replace(each, awaited=False, holds=holds.doubted(each.holds, crashed=True))
        for uid, each in book.reservations.items()
    }
    return replace(book, reservations=reservations)


def _open_now(page: Page, proposal: Proposal, charger: Charger) -> None:
    """An immediate wish: contract 3, "Immediate reservation", and ocpp.md 5.3, the rows that ask nobody."""
    evse = charger.evses.get(proposal.evse, Evse(evse=proposal.evse))
    if (transaction := _holders_transaction(proposal, evse)) is not None:
        page.start(page.open(proposal, Cause.TAKEN_ON), transaction)
    elif evse.running is not None and evse.plugged_in is not False:
        raise Refusal(Reason.OCCUPIED)
    elif proposal.held_by is HeldBy.CENTRAL_SYSTEM:
        page.open(proposal, Cause.TAKEN_ON)
    elif not charger.connected:
        raise Refusal(Reason.CHARGER_OFFLINE)
    elif not page.can_hold:
        if proposal.held_by is HeldBy.CHARGER:
            raise Refusal(Reason.NOT_SUPPORTED)
        page.open(proposal, Cause.TAKEN_ON, HoldState.UNSUPPORTED)
    elif proposal.held_by is HeldBy.AUTO and evse.plugged_in:
        waiting = page.open(proposal, Cause.TAKEN_ON, HoldState.PENDING)
        page.tell(replace(waiting, last_outcome=Outcome.OCCUPIED), News.BUSY)
    else:
        page.open(proposal, Cause.REQUESTED, HoldState.PENDING)


def _begin(page: Page, reservation: Reservation, charger: Charger) -> None:
    """The window of a scheduled reservation opened (ocpp.md 5.2)."""
    evse = charger.evses.get(reservation.evse, Evse(evse=reservation.evse))
    if (transaction := _holders_transaction(reservation, evse)) is not None:
        page.start(reservation, transaction)
    elif reservation.held_by is HeldBy.CENTRAL_SYSTEM:
        page.move(reservation, Cause.TAKEN_ON)
    else:
        state = HoldState.PENDING if page.can_hold else HoldState.UNSUPPORTED
        intended = reservation.holds.get(reservation.evse)
        wire_id = reservation.reservation_id if intended is None else intended.wire_id
        hold = Hold(wire_id=wire_id, state=state)
        opened = page.move(reservation.with_hold(reservation.evse, hold), Cause.OPENED)
        if not page.can_hold and reservation.held_by is HeldBy.CHARGER:
            page.move(replace(opened, last_outcome=Outcome.NOT_IMPLEMENTED), Cause.REFUSED)


def _refuse_collision(book: Book, wanted: Proposal | Reservation, policy: Policy) -> None:
    with_gaps = wanted.window.widened(policy.gap)
    for each in book.living_at(wanted.evse):
        if each.uid != wanted.uid and each.window.overlaps(with_gaps):
            raise Refusal(Reason.CONFLICT, obstacle=_obstacle(each))


def _refuse_useless(wanted: Reservation, evse: Evse, charger: Charger) -> None:
    """An EVSE that cannot serve the holder now is no better place than the one that he has."""
    if evse.running is not None and evse.plugged_in is not False:
        raise Refusal(Reason.OCCUPIED)
    if wanted.held_by is HeldBy.CENTRAL_SYSTEM or not charger.connected:
        return
    if evse.status is ConnectorStatus.FAULTED:
        raise Refusal(Reason.FAULTED)
    if evse.status is ConnectorStatus.OUT_OF_SERVICE:
        raise Refusal(Reason.UNAVAILABLE)


def _holders_transaction(holder: Proposal | Reservation, evse: Evse) -> TransactionId | None:
    running = evse.running
    if running is None or running.token is None or not holder.token.matches(running.token):
        return None
    return running.transaction


def _note_presentation(page: Page, event: Authorizing, verdict: Verdict) -> None:
    """2.x gives up its hold when the holder identifies, before anything runs (H03.FR.09)."""
    for each in page.living():
        here = event.evse in (None, each.evse)
        if here and each.status is Status.ACTIVE and each.is_for(event.token, verdict.group):
            page.put(replace(each, presented_at=page.now))


def _use(
    page: Page,
    transaction: TransactionId | None,
    charger: Charger,
    group: str | None,
    moment: datetime,
) -> None:
    """A transaction runs with our consent: the holder's makes his reservation used (ocpp.md 5.4)."""
    running = charger.running(transaction) if transaction is not None else None
    if running is None or running.token is None:
        return
    for each in page.living():
        here = each.evse == running.evse and each.binds_at(moment)
        waits = each.status in {Status.PLACING, Status.ACTIVE}
        if here and waits and each.is_for(running.token, group):
            page.start(each, running.transaction)


def _finish(page: Page, transaction: TransactionId) -> None:
    for each in page.living():
        if each.status is Status.IN_USE and each.transaction == transaction:
            page.move(each, Cause.FINISHED)


def _obstacle(reservation: Reservation) -> Obstacle:
    return Obstacle(
        reservation_id=reservation.reservation_id,
        evse=reservation.evse,
        start=reservation.window.start,
        end=reservation.window.end,
    )
