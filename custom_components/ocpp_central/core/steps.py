"""What wishes, a charger's reports and the time make of one charger's book.

Knows when a reservation is opened, begun, used and ended. Must not know other chargers, when a command is due
(`planner`), nor who is a known driver (`authorization`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from . import answers, holds
from .binding import bind, holds_at, places, review
from .book import Book
from .change import Amendment, amended, outdated, rewrite
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
    TransactionId,
    TransactionTold,
    TransactionUntold,
    Updated,
    Verdict,
)
from .evse import Evse
from .page import Page, Place, Scene, Turned
from .refusal import Reason, Refusal, obstacle
from .reservation import Cause, HeldBy, Hold, News, Reservation, Status
from .room import Terms, fits, make_room, refuse_useless, why_useless
from .token import same_group
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
            _begin(page, opened)
            return _reviewed(page)
    else:
        _open_now(page, draft, planned.get(draft.uid))
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
    transaction = _holders_transaction(wanted, charger, book.reservations.values()) if begins else None
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
        _begin(page, written)
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
            _begin(page, each)
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
            _spell_anew(page, event, report.before)
            _note_presentation(page, event, verdict)
        case Started() | Updated() | Evicting() | Ended() | TransactionTold() | TransactionUntold() | StopRefused():
            _follow_transaction(page, event, verdict)
            _finish_what_is_over(page, report.before)
        case HoldEnded():
            holds.lose_hold(page, event)
        case AbilitiesTold() | AbilitiesUntold():
            pass  # what it cannot keep open is to be bound before somebody comes
        case _:
            pass
    _use_by_what_goes_on(page, report.before)
    return _reviewed(page)


def consume(book: Book, running: Transaction, group: str | None, scene: Scene) -> Turned:
    """The book once the holder of some of its reservations charges elsewhere, which uses them up (`consume_on_any`)."""
    page = Page(book, scene)
    for each in page.living():
        waits = each.status.has_begun and each.binds_at(scene.now)
        if waits and running.token is not None and each.is_for(running.token, group):
            taken = each if each.status is Status.ACTIVE else page.move(each, Cause.TAKEN_ON)
            used = page.move(replace(taken, transaction=running.transaction), Cause.STARTED)
            page.move(used, Cause.FINISHED)
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


def _open_now(page: Page, draft: Reservation, planned: EvseId | None) -> None:
    """An immediate wish: contract 3, "Immediate reservation", and ocpp.md 5.3, the rows that ask nobody."""
    charger = page.charger
    if (transaction := _holders_transaction(draft, charger, page.living())) is not None:
        page.start(page.open(draft, Cause.TAKEN_ON), transaction.transaction, transaction.evse)
        return
    if any(why_useless(evse, charger) is Reason.OCCUPIED for evse in _evses(draft, charger)):
        raise Refusal(Reason.OCCUPIED)
    if draft.takes_any:
        draft = bind(page, replace(draft, evse=planned))
    if draft.held_by is HeldBy.CENTRAL_SYSTEM:
        page.open(draft, Cause.TAKEN_ON)
        return
    if not charger.connected:
        raise Refusal(Reason.CHARGER_OFFLINE)
    if not page.can_hold and draft.held_by is HeldBy.CHARGER:
        raise Refusal(Reason.NOT_SUPPORTED)
    wanted = holds_at(page, draft, places(page, draft))
    if (inherited := _inherited(page, draft, wanted)) is not None:
        refuse_useless(draft, charger)
        page.open(draft, Cause.TAKEN_ON, {**wanted, **inherited})
    elif not page.can_hold:
        page.open(draft, Cause.TAKEN_ON, wanted)
    elif draft.held_by is HeldBy.AUTO and any(evse.plugged_in for evse in _evses(draft, charger)):
        waiting = page.open(draft, Cause.TAKEN_ON, wanted)
        page.tell(replace(waiting, last_outcome=Outcome.OCCUPIED), News.BUSY)
    else:
        page.open(draft, Cause.REQUESTED, wanted)


def _begin(page: Page, reservation: Reservation) -> None:
    """The window of a scheduled reservation opened (ocpp.md 5.2)."""
    if (transaction := _holders_transaction(reservation, page.charger, page.living())) is not None:
        page.start(reservation, transaction.transaction, transaction.evse)
        return
    bound = bind(page, reservation)
    if bound.held_by is HeldBy.CENTRAL_SYSTEM:
        page.move(bound, Cause.TAKEN_ON)
        return
    bound = replace(bound, holds=holds_at(page, bound, places(page, bound)))
    opened = page.move(bound, Cause.OPENED)
    if not page.can_hold and bound.held_by is HeldBy.CHARGER:
        page.move(replace(opened, last_outcome=Outcome.NOT_IMPLEMENTED), Cause.REFUSED)


def _inherited(page: Page, heir: Reservation, wanted: Mapping[Place, Hold]) -> dict[Place, Hold] | None:
    """The holds at the places wanted of what the heir supersedes, to be replaced under their ids if they may stand.

    With such a one the place is the holder's already, so there is no need to ask anybody. None if the charger's word on
    the heir has to be waited for; in `auto` it has not, if something of the holder binds already: what he has instead
    binds too, so that nothing can be lost, and his own old hold cannot be what the charger refuses him for.
    """
    inherited: dict[Place, Hold] = {}
    binds = False
    for uid in heir.supersedes:
        old = page.reservations[uid]
        binds |= heir.held_by is HeldBy.AUTO and old.status.has_begun
        for place in (old.holds.keys() & wanted.keys()) - inherited.keys():
            inherited[place] = outdated(old.holds[place])
            old = old.with_hold(place, None)
        page.put(old)
    return inherited if binds or inherited else None


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


def _evses(reservation: Reservation, charger: Charger) -> list[Evse]:
    """The EVSEs that a reservation covers."""
    if reservation.evse is not None:
        return [charger.evses.get(reservation.evse, Evse(evse=reservation.evse))]
    return [evse for evse in charger.evses.values() if reservation.covers(evse.evse)]


def _holders_transaction(
    reservation: Reservation, charger: Charger, known: Iterable[Reservation]
) -> Transaction | None:
    """A transaction of the holder that runs, beyond doubt, where he has reserved, and nobody else has."""
    others = [each for each in known if each.uid != reservation.uid and each.window.overlaps(reservation.window)]
    for evse in charger.evses.values():
        running, number = evse.running, evse.evse
        here = reservation.covers(number) or (reservation.takes_any and fits(reservation, number, charger))
        if not here or running is None or running.doubt is not None or not _is_his(reservation, running):
            continue
        if reservation.covers(number) or not any(each.covers(number) for each in others):
            return running
    return None


def _is_his(reservation: Reservation, running: Transaction) -> bool:
    if running.token is None:
        return False
    return reservation.token.matches(running.token) or same_group(reservation.group, running.group)


def _claim(reservation: Reservation) -> tuple[object, ...]:
    """What of a reservation can be in others' way."""
    return reservation.target, reservation.connector_type, reservation.evse, reservation.window


def _note_presentation(page: Page, event: Authorizing, verdict: Verdict | None) -> None:
    """2.x gives up its hold when the holder identifies, before anything runs (H03.FR.09)."""
    if verdict is None or not verdict.accepted:
        return
    for each in page.living():
        unbound = each.is_unbound and (event.evse is None or fits(each, event.evse, page.charger))
        here = event.evse is None or each.covers(event.evse) or unbound
        if here and each.status is Status.ACTIVE and each.is_for(event.token, verdict.group):
            page.put(replace(each, presented_at=page.now))


def _spell_anew(page: Page, event: Authorizing, charger: Charger) -> None:
    """Have a hold placed again for a token that is spelled otherwise than thought, or its holder is not let in.

    Only 1.6, whose tokens have no type, may do that at once: in 2.x the hold has just been given up for the holder.
    """
    now, before = page.charger.spellings, charger.spellings
    if now is before or event.token.type is not None:
        return
    for each in page.living():
        if now.of(each.token) != before.of(each.token):
            page.put(replace(each, holds={place: outdated(hold) for place, hold in each.holds.items()}))


def _follow_transaction(page: Page, event: Event, verdict: Verdict | None) -> None:
    match event:
        case Started() | Updated() if verdict is not None:
            if verdict.intrudes:
                _tell_of_intruder(page, verdict.against)
            if verdict.accepted and event.transaction is not None:
                _use(page, event.transaction, page.charger.moment_of(event.at, page.now), event.hold)
        case Evicting() if (running := page.charger.running(event.transaction)) is not None:
            _tell_of_intruder(page, running.against)
        case Ended():
            _finish(page, event.transaction)


def _use(page: Page, transaction: TransactionId, moment: datetime, told: int | None = None) -> None:
    """A transaction runs with our consent: the holder's makes his reservation used (ocpp.md 5.4).

    That is the one for this EVSE, else one for any, preferably the one that the charger names (`told`); what he has reserved
    elsewhere stays.
    """
    running = page.charger.running(transaction)
    if running is None or running.token is None:
        return
    living = page.living()
    if any(each.status is Status.IN_USE and each.transaction == transaction for each in living):
        return  # a start that is told again, or a card that is shown again, uses nothing more
    giving_way = {uid for each in living for uid in each.supersedes}
    waiting = [
        each for each in living if each.status.has_begun and each.binds_at(moment) and each.uid not in giving_way
    ]
    his = [each for each in waiting if each.is_for(running.token, running.group)]
    used = [each for each in his if each.covers(running.evse)]
    if not used:
        used = [each for each in his if each.takes_any and fits(each, running.evse, page.charger)]
        named = [each for each in used if any(hold.wire_id == told for hold in each.holds.values())]
        used = (named or used)[:1]
    for each in used:
        page.start(each, running.transaction, running.evse, told=told)
    for each in his:
        if each not in used:
            holds.suspect(page, each)


def _use_by_what_goes_on(page: Page, before: Charger) -> None:
    """Whoever goes on beyond doubt has what was reserved for him meanwhile, when it seemed that he might have left."""
    for each in proven_right(before, page.charger):
        if not each.refused:
            _use(page, each.transaction, page.now)


def proven_right(before: Charger, after: Charger) -> list[Transaction]:
    """The transactions that go on beyond doubt by now, having been in doubt, or presumed to be over."""
    return [
        evse.running
        for number, evse in after.evses.items()
        if evse.running is not None
        and evse.running.doubt is None
        and evse is not (old := before.evses.get(number))
        and old is not None
        and (old.presumed is not None or (old.running is not None and old.running.doubt is not None))
        and old.session is not None
        and old.session.transaction == evse.running.transaction
    ]


def _tell_of_intruder(page: Page, uid: str | None) -> None:
    """Somebody charges in the way of this reservation, if it still lives."""
    if uid is not None and (reservation := page.reservations.get(uid)) is not None:
        page.tell(reservation, News.INTRUDER)


def _finish_what_is_over(page: Page, before: Charger) -> None:
    """Whoever used a reservation has done so once his transaction does not run any more, whether its end was told or not."""
    for each in page.living():
        known = each.transaction if each.status is Status.IN_USE else None
        if known is not None and before.running(known) is not None and page.charger.running(known) is None:
            page.move(each, Cause.FINISHED)


def _finish(page: Page, transaction: TransactionId) -> None:
    for each in page.living():
        if each.status is Status.IN_USE and each.transaction == transaction:
            page.move(each, Cause.FINISHED)
