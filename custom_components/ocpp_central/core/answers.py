"""What the outcomes of our commands make of the reservations and holds of one book.

Knows the tables of ocpp.md 5.3 and 5.4 as far as they concern answers. Must not know when a command is due (`planner`),
nor what a charger tells by itself (`holds`).
"""

from dataclasses import replace
from datetime import datetime

from .binding import another_evse, rebound
from .commands import Outcome, PlaceHold
from .page import Page, Place
from .reservation import Cause, HeldBy, Hold, HoldState, News, Reservation
from .rulings import Answer, answer_of, ruling, wait_after

MAX_CRASHES = 3
"""How often the connection may be lost over a drop before we leave the hold to expire: some chargers crash on it."""

_REFUSALS = frozenset({Answer.BUSY, Answer.REJECTED})
_NEEDS_A_NAME = frozenset({Answer.REJECTED, Answer.UNSUPPORTED})
_MAY_HAVE_DONE_IT = frozenset({Answer.ACCEPTED, Answer.FAILED, Answer.UNKNOWN})


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
    may_be_ours = found is not None and (found[2].outdated or found[2].state.is_doubtful)
    claims = None if may_be_ours else page.charger.claims_reservations
    answer = answer_of(outcome, claims_reservations=claims)
    if answer in _NEEDS_A_NAME and command.evse is None:
        # It may know reservations of a named EVSE all the same, so it is asked for one before anything is concluded.
        page.can_hold_any = False
    elif answer is Answer.UNSUPPORTED:
        page.can_hold = False
    if found is None:
        return
    reservation, place, hold = found
    reservation, hold = replace(reservation, last_outcome=outcome), replace(hold, under_way=False)
    if answer in _REFUSALS and may_be_ours:
        in_the_way = replace(hold, state=HoldState.PENDING, drop_first=True, not_before=None)
        page.put(reservation.with_hold(place, in_the_way))
    elif not _goes_elsewhere(page, reservation, place, answer):
        _ruled(page, reservation.with_hold(place, hold), command, answer)


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


def _goes_elsewhere(page: Page, reservation: Reservation, place: Place, answer: Answer) -> bool:
    """Bind one for any to another EVSE, because the charger does not hold this place; False if there is none."""
    refused = answer in _REFUSALS or (place is None and answer in _NEEDS_A_NAME)
    if not refused or not reservation.takes_any or (evse := another_evse(page, reservation)) is None:
        return False
    tried = reservation.tried if place is None else (*reservation.tried, place)
    homeless = reservation.with_hold(place, Hold(wire_id=reservation.holds[place].wire_id))
    rebound(page, replace(homeless, tried=tried), evse)
    return True


def _ruled(page: Page, reservation: Reservation, command: PlaceHold, answer: Answer) -> None:
    decided = ruling(reservation, answer)
    place = next(place for place, hold in reservation.holds.items() if hold.wire_id == command.hold)
    hold = _answered(reservation.holds[place], answer, decided.hold, command.until, page.now)
    reservation = reservation.with_hold(place, hold)
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
        may_stand=hold.outdated or hold.state.is_doubtful or answer in _MAY_HAVE_DONE_IT,
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
