"""What a charger's words, and its silence, make of the holds of one book.

Knows the table of ocpp.md 5.4 as far as it concerns holds. Must not know when a command is due (`planner`).
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from .binding import another_evse, rebound
from .charger import Charger
from .commands import Outcome, PlaceHold
from .events import ConnectorStatus, EvseId, HoldEnd, HoldEnded
from .page import GHOST_LIFE, Page, Place
from .reservation import Cause, HeldBy, Hold, HoldState, News, Reservation, Status
from .room import accepts
from .rulings import Answer, answer_of, ruling, wait_after

MAX_CRASHES = 3
"""How often the connection may be lost over a drop before we leave the hold to expire: some chargers crash on it."""

MAX_EARLY = 2
"""How often a hold that expired too early is placed again (ocpp.md 5.4, "clock skew")."""

GLITCH = timedelta(seconds=2)
"""Some chargers report Available for a moment without meaning it; the expiry of 1.6 looks the same."""

PRESENTATION_GRACE = timedelta(seconds=60)
"""The usual EVConnectionTimeOut: so long a holder who identified may take to plug in before he is held a place again."""

_OPEN = frozenset({HoldState.PENDING, HoldState.UNCERTAIN, HoldState.LOST})
_DOUBTFUL = frozenset({HoldState.UNCERTAIN, HoldState.LOST})
_WORDS: Mapping[ConnectorStatus | None, Outcome] = {
    ConnectorStatus.FAULTED: Outcome.FAULTED,
    ConnectorStatus.OUT_OF_SERVICE: Outcome.UNAVAILABLE,
}
_WORST_FIRST = (Outcome.OCCUPIED, Outcome.FAULTED, Outcome.UNAVAILABLE)
_REFUSALS = frozenset({Answer.BUSY, Answer.REJECTED})
_NEEDS_A_NAME = frozenset({Answer.REJECTED, Answer.UNSUPPORTED})
_MAY_HAVE_DONE_IT = frozenset({Answer.ACCEPTED, Answer.FAILED, Answer.UNKNOWN})


def may_be_asked(page: Page, reservation: Reservation) -> bool:
    """Whether the ReserveNow of all its holds could succeed now."""
    if not (page.charger.connected and page.can_hold and reservation.holds):
        return False
    return all(accepts(page.charger, reservation, place) for place in reservation.holds)


def take_on_what_waits(page: Page) -> None:
    """Where the charger cannot be asked, and may do without, the central system keeps strangers out meanwhile."""
    for each in page.living():
        waits = each.status is Status.PLACING and each.held_by is HeldBy.AUTO and not each.awaited
        if not waits or may_be_asked(page, each):
            continue
        obstacle = obstacle_to(each, page.charger) if page.charger.connected else None
        if obstacle is not None:
            taken = page.move(replace(each, last_outcome=obstacle), Cause.TAKEN_ON)
            if not taken.at_risk:  # who knows that nothing works there needs no second word
                page.tell(taken, News.BUSY)
        else:
            page.move(each, Cause.TAKEN_ON)


def obstacle_to(reservation: Reservation, charger: Charger) -> Outcome | None:
    """What the charger would answer where an EVSE cannot be held now (H01.FR.11, .12, .14); None: it says nothing."""
    evses = [evse for place in reservation.holds if (evse := charger.evses.get(place or 0)) is not None]
    words = {Outcome.OCCUPIED if evse.plugged_in else _WORDS.get(evse.status) for evse in evses}
    return next((word for word in _WORST_FIRST if word in words), None)


def suspect(page: Page, reservation: Reservation) -> None:
    """The holder charges elsewhere at the charger: some give up every hold of his token by that, without a word."""
    holds = {
        place: replace(hold, state=HoldState.UNCERTAIN) if hold.state is HoldState.HELD else hold
        for place, hold in reservation.holds.items()
    }
    page.put(replace(reservation, holds=holds))


def lose_connection(page: Page) -> None:
    """Whoever waits for a hold that was not even asked for yet is told that the charger is offline."""
    for each in page.living():
        untried = not any(hold.may_stand for hold in each.holds.values())
        if each.status is Status.PLACING and each.awaited and untried:
            page.move(replace(each, last_outcome=Outcome.DISCONNECTED), Cause.REFUSED)


def doubt(page: Page) -> None:
    """A new connection: what the charger still holds is to be confirmed."""
    for each in page.living():
        page.put(replace(each, holds=doubted(each.holds)))


def doubted(holds: Mapping[Place, Hold], *, crashed: bool = False) -> Mapping[Place, Hold]:
    """The holds as they are to be believed of a charger that was out of sight.

    `crashed`: what waited to be sent may have been sent, because that is on disk only afterwards.
    """
    return {
        evse: hold
        if hold.state is HoldState.UNSUPPORTED
        else Hold(
            wire_id=hold.wire_id,
            state=HoldState.UNCERTAIN if hold.may_stand or crashed else HoldState.PENDING,
            may_stand=hold.may_stand or crashed,
            outdated=hold.outdated,
            stands_until=hold.stands_until,
            early=hold.early,
            lead=hold.lead,
        )
        for evse, hold in holds.items()
    }


def hope_again(page: Page) -> None:
    """After a boot the charger may be able to do what it could not."""
    page.can_hold = page.can_hold_any = True
    for each in page.living():
        holds = {
            evse: Hold(wire_id=hold.wire_id) if hold.state is HoldState.UNSUPPORTED else hold
            for evse, hold in each.holds.items()
        }
        page.put(replace(each, holds=holds))


def watch_status(page: Page, number: EvseId, before: Charger) -> None:
    """A status may show that a hold stands, that it is gone without a word, or that it can be placed now."""
    old, new = before.evses.get(number), page.charger.evses.get(number)
    if new is None or (old is not None and old.status is new.status):
        return
    freed = new.status is ConnectorStatus.AVAILABLE
    news = old is not None and old.reported
    haunted = any(ghost.evse == number for ghost in page.ghosts.values())
    for each in page.living():
        if freed and number in each.tried:
            each = replace(each, tried=tuple(evse for evse in each.tried if evse != number))  # noqa: PLW2901
            page.put(each)
        if (hold := each.holds.get(number)) is None:
            continue
        if hold.state is HoldState.HELD and (new.is_broken or (freed and news)):
            _lose(page, each, number, _expired(page, hold) if freed and _would_expire(page, hold) else hold)
        elif hold.state in _DOUBTFUL and new.status is ConnectorStatus.RESERVED:
            if not hold.outdated and before.is_settled(page.now) and not haunted:
                held = replace(hold, state=HoldState.HELD, not_before=None, drop_first=False)
                page.put(each.with_hold(number, held))
        elif hold.state in _OPEN and freed and old is not None and not old.accepts_hold:
            page.put(each.with_hold(number, replace(hold, not_before=_soon(page, each, GLITCH))))


def lose_hold(page: Page, event: HoldEnded) -> None:
    """The charger says that it gave up a hold; while the window lasts it is placed again.

    A ghost is gone by that only once its window is over: before, another ReserveNow of it may be under way.
    """
    ghost = page.ghosts.get(event.hold)
    if ghost is not None and ghost.until <= page.now + GHOST_LIFE:
        del page.ghosts[event.hold]
    if (found := page.book.find_hold(event.hold)) is not None:
        reservation, evse, hold = found
        if event.end is HoldEnd.NO_TRANSACTION:
            reservation = replace(reservation, presented_at=None)
        if event.end is HoldEnd.EXPIRED:
            hold = _expired(page, hold)
        _lose(page, reservation, evse, hold)


def sending(page: Page, command: PlaceHold) -> None:
    """A ReserveNow is under way: whatever happens now, the charger may hold it."""
    if (found := page.book.find_hold(command.hold)) is not None:
        reservation, evse, hold = found
        sent = replace(
            hold,
            attempts=hold.attempts + 1,
            under_way=True,
            overtaken=False,
            may_stand=True,
            stands_until=max(command.until - hold.lead, hold.stands_until or command.until - hold.lead),
        )
        page.put(reservation.with_hold(evse, sent))


def placed(page: Page, command: PlaceHold, outcome: Outcome) -> None:
    """What the answer to ReserveNow makes of the reservation (ocpp.md 5.3).

    An answer that comes too late for its reservation changes nothing: a ghost has taken its place.
    """
    found = page.book.find_hold(command.hold)
    # Not replaced though it must be (H01.FR.02): our own hold may be what is in the way.
    may_be_ours = found is not None and (found[2].outdated or found[2].state in _DOUBTFUL)
    claims = None if may_be_ours else page.charger.claims_reservations
    answer = answer_of(outcome, claims_reservations=claims)
    if answer is Answer.UNSUPPORTED and command.evse is not None:
        page.can_hold = False
    if found is None:
        return
    reservation, place, hold = found
    reservation, hold = replace(reservation, last_outcome=outcome), replace(hold, under_way=False)
    if answer in _NEEDS_A_NAME and place is None:
        # It may know reservations of a named EVSE all the same, so it is asked for one before anything is concluded.
        page.can_hold_any = False
    if answer in _REFUSALS and may_be_ours:
        in_the_way = replace(hold, state=HoldState.PENDING, drop_first=True, not_before=None)
        page.put(reservation.with_hold(place, in_the_way))
        return
    moves_on = answer in _REFUSALS or (place is None and answer in _NEEDS_A_NAME)
    if moves_on and reservation.takes_any and (evse := another_evse(page, reservation)) is not None:
        tried = reservation.tried if place is None else (*reservation.tried, place)
        refused = reservation.with_hold(place, Hold(wire_id=hold.wire_id))
        rebound(page, replace(refused, tried=tried), evse)
        return
    decided = ruling(reservation, answer)
    reservation = reservation.with_hold(place, _answered(hold, answer, decided.hold, command.until, page.now))
    cause = _cause_of_all(reservation, decided.cause)
    if answer is Answer.ACCEPTED:
        reservation = replace(reservation, tried=())
    if cause is None:
        page.put(reservation)
        return
    moved = page.move(reservation, cause)
    if cause is Cause.TAKEN_ON and answer is Answer.BUSY:
        page.tell(moved, News.BUSY)


def _cause_of_all(reservation: Reservation, cause: Cause | None) -> Cause | None:
    """What the answer to the latest of its holds brings about, in view of the others: it is held once all are."""
    if cause is not Cause.HELD or reservation.hold is HoldState.HELD:
        return cause
    unasked = any(hold.state is HoldState.PENDING and not hold.attempts for hold in reservation.holds.values())
    return None if unasked or reservation.held_by is HeldBy.CHARGER else Cause.TAKEN_ON


def dropped(page: Page, wire_id: int, outcome: Outcome) -> None:
    """The outcome of a CancelReservation: Rejected means that there is no such hold, which is as good as Accepted.

    What is placed again after that gets another wire id (ocpp.md 5.6): the charger did not obey with the old one.
    """
    unanswered = outcome.is_unknown or outcome is Outcome.FAILED
    if (ghost := page.ghosts.get(wire_id)) is not None:
        attempts = ghost.attempts + 1
        crashes = ghost.crashes + (outcome is Outcome.DISCONNECTED)
        if unanswered and crashes < MAX_CRASHES:
            due = page.now + wait_after(attempts)
            page.ghosts[wire_id] = replace(ghost, due=due, attempts=attempts, crashes=crashes)
        else:
            del page.ghosts[wire_id]
    elif (found := page.book.find_hold(wire_id)) is not None:
        reservation, evse, hold = found
        if unanswered:
            again_at = page.now + wait_after(hold.attempts)
            hold = replace(hold, state=HoldState.UNCERTAIN, drop_first=False, not_before=again_at)
        else:
            hold = Hold(wire_id=page.ids.take(), attempts=hold.attempts)
        page.put(reservation.with_hold(evse, hold))


def _lose(page: Page, reservation: Reservation, evse: Place, hold: Hold) -> None:
    """A hold that is lost over and over is placed again less and less often; one that expires too early soon no more."""
    wait = GLITCH if hold.attempts <= 1 else wait_after(hold.attempts)
    again = reservation.window.end if hold.early > MAX_EARLY else _soon(page, reservation, wait)
    page.put(reservation.with_hold(evse, replace(hold, state=HoldState.LOST, not_before=again)))


def _expired(page: Page, hold: Hold) -> Hold:
    """A hold that the charger let expire before its end: by its clock that was over."""
    return replace(hold, early=hold.early + 1, lead=max(hold.lead, page.charger.skew))


def _would_expire(page: Page, hold: Hold) -> bool:
    """Whether the end that the charger was told has come, by its clock (1.6 says no more than that the EVSE is free)."""
    skew = page.charger.skew
    if skew <= GLITCH or hold.stands_until is None:
        return False
    return page.now + skew + GLITCH >= hold.stands_until + hold.lead


def _soon(page: Page, reservation: Reservation, wait: timedelta) -> datetime:
    """After the wait, but not while the holder who identified may be plugging in (H03.FR.09)."""
    soon = page.now + wait
    if reservation.presented_at is None:
        return soon
    return max(soon, reservation.presented_at + PRESENTATION_GRACE)


def _answered(hold: Hold, answer: Answer, state: HoldState, until: datetime, now: datetime) -> Hold | None:
    """The hold after an answer to ReserveNow with an end of `until`; None: it is gone with its reservation."""
    if state is HoldState.NONE:
        return None
    if answer is Answer.ACCEPTED:
        return _accepted(hold, until)
    waits = state in {HoldState.PENDING, HoldState.UNCERTAIN}
    return replace(
        hold,
        state=state,
        may_stand=hold.outdated or hold.state in _DOUBTFUL or answer in _MAY_HAVE_DONE_IT,
        drop_first=False,
        not_before=now + wait_after(hold.attempts) if waits else None,
    )


def _accepted(hold: Hold, until: datetime) -> Hold:
    """Held, or, if the reservation was changed while that was under way, to be placed again at once."""
    if hold.overtaken:
        return replace(hold, state=HoldState.PENDING, overtaken=False, drop_first=False, not_before=None)
    return replace(
        hold, state=HoldState.HELD, outdated=False, drop_first=False, not_before=None, stands_until=until - hold.lead
    )
