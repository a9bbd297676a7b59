"""What a charger's words, and its silence, make of the holds of one book.

Knows the table of ocpp.md 5.4 as far as it concerns holds. Must not know when a command is due (`planner`).
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from .charger import Charger, Evse
from .commands import Outcome, PlaceHold
from .events import ConnectorStatus, EvseId, HoldEnd, HoldEnded
from .page import GHOST_LIFE, Page
from .reservation import Cause, HeldBy, Hold, HoldState, News, Reservation, Status
from .rulings import ANSWERS, Answer, ruling, wait_after

MAX_CRASHES = 3
"""How often the connection may be lost over a drop before we leave the hold to expire: some chargers crash on it."""

GLITCH = timedelta(seconds=2)
"""Some chargers report Available for a moment without meaning it; the expiry of 1.6 looks the same."""

PRESENTATION_GRACE = timedelta(seconds=60)
"""The usual EVConnectionTimeOut: so long a holder who identified may take to plug in before he is held a place again."""

_OPEN = frozenset({HoldState.PENDING, HoldState.UNCERTAIN, HoldState.LOST})
_NOT_ASKED_FOR = frozenset({HoldState.NONE, HoldState.UNSUPPORTED})
_DOUBTFUL = frozenset({HoldState.UNCERTAIN, HoldState.LOST})
_BROKEN = frozenset({ConnectorStatus.OUT_OF_SERVICE, ConnectorStatus.FAULTED})
_WORDS: Mapping[ConnectorStatus | None, Outcome] = {
    ConnectorStatus.FAULTED: Outcome.FAULTED,
    ConnectorStatus.OUT_OF_SERVICE: Outcome.UNAVAILABLE,
}
_REFUSALS = frozenset({Answer.BUSY, Answer.REJECTED})
_MAY_HAVE_DONE_IT = frozenset({Answer.ACCEPTED, Answer.FAILED, Answer.UNKNOWN})


def may_be_asked(page: Page, charger: Charger, evse: Evse) -> bool:
    """Whether a ReserveNow could succeed now."""
    return charger.connected and page.can_hold and evse.accepts_hold


def take_on_what_waits(page: Page, charger: Charger) -> None:
    """Where the charger cannot be asked, and may do without, the central system keeps strangers out meanwhile."""
    for each in page.living():
        evse = charger.evses.get(each.evse, Evse(evse=each.evse))
        waits = each.status is Status.PLACING and each.held_by is HeldBy.AUTO and not each.awaited
        if not waits or may_be_asked(page, charger, evse):
            continue
        obstacle = _obstacle(evse) if charger.connected else None
        if obstacle is not None:
            taken = page.move(replace(each, last_outcome=obstacle), Cause.TAKEN_ON)
            page.tell(taken, News.BUSY)
        else:
            page.move(each, Cause.TAKEN_ON)


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


def doubted(holds: Mapping[EvseId, Hold], *, crashed: bool = False) -> Mapping[EvseId, Hold]:
    """The holds as they are to be believed of a charger that was out of sight.

    `crashed`: what waited to be sent may have been sent, because that is on disk only afterwards.
    """
    return {
        evse: hold
        if hold.state in _NOT_ASKED_FOR
        else Hold(
            wire_id=hold.wire_id,
            state=HoldState.UNCERTAIN if hold.may_stand or crashed else HoldState.PENDING,
            may_stand=hold.may_stand or crashed,
            outdated=hold.outdated,
            stands_until=hold.stands_until,
        )
        for evse, hold in holds.items()
    }


def hope_again(page: Page) -> None:
    """After a boot the charger may be able to do what it could not."""
    page.can_hold = True
    for each in page.living():
        holds = {
            evse: Hold(wire_id=hold.wire_id) if hold.state is HoldState.UNSUPPORTED else hold
            for evse, hold in each.holds.items()
        }
        page.put(replace(each, holds=holds))


def watch_status(page: Page, number: EvseId, before: Charger, charger: Charger) -> None:
    """A status may show that a hold stands, that it is gone without a word, or that it can be placed now."""
    old, new = before.evses.get(number), charger.evses.get(number)
    if new is None or (old is not None and old.status is new.status):
        return
    freed = new.status is ConnectorStatus.AVAILABLE
    news = old is not None and old.reported
    haunted = any(ghost.evse == number for ghost in page.ghosts.values())
    for each in page.living():
        if (hold := each.holds.get(number)) is None:
            continue
        if hold.state is HoldState.HELD and (new.status in _BROKEN or (freed and news)):
            _lose(page, each, number, hold)
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
            stands_until=max(command.until, hold.stands_until or command.until),
        )
        page.put(reservation.with_hold(evse, sent))


def placed(page: Page, command: PlaceHold, outcome: Outcome) -> None:
    """What the answer to ReserveNow makes of the reservation (ocpp.md 5.3).

    An answer that comes too late for its reservation changes nothing: a ghost has taken its place.
    """
    answer = ANSWERS[outcome]
    if answer is Answer.UNSUPPORTED:
        page.can_hold = False
    if (found := page.book.find_hold(command.hold)) is None:
        return
    reservation, evse, hold = found
    reservation, hold = replace(reservation, last_outcome=outcome), replace(hold, under_way=False)
    if answer in _REFUSALS and (hold.outdated or hold.state in _DOUBTFUL):
        # Not replaced though it must be (H01.FR.02): our own hold may be what is in the way.
        in_the_way = replace(hold, state=HoldState.PENDING, drop_first=True, not_before=None)
        page.put(reservation.with_hold(evse, in_the_way))
        return
    decided = ruling(reservation, outcome)
    reservation = reservation.with_hold(evse, _answered(hold, answer, decided.hold, command.until, page.now))
    if decided.cause is None:
        page.put(reservation)
        return
    moved = page.move(reservation, decided.cause)
    if decided.cause is Cause.TAKEN_ON and answer is Answer.BUSY:
        page.tell(moved, News.BUSY)


def dropped(page: Page, wire_id: int, outcome: Outcome, spare: int) -> None:
    """The outcome of a CancelReservation: Rejected means that there is no such hold, which is as good as Accepted.

    What is placed again after that gets the `spare` wire id (ocpp.md 5.6): the charger did not obey with the old one.
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
            hold = Hold(wire_id=spare, attempts=hold.attempts)
        page.put(reservation.with_hold(evse, hold))


def _obstacle(evse: Evse) -> Outcome | None:
    """What a charger would answer for an EVSE that cannot be held now (H01.FR.11, .12, .14); None: it says nothing."""
    return Outcome.OCCUPIED if evse.plugged_in else _WORDS.get(evse.status)


def _lose(page: Page, reservation: Reservation, evse: EvseId, hold: Hold) -> None:
    """A hold that is lost over and over, as by a charger whose clock is fast, is placed again less and less often."""
    wait = GLITCH if hold.attempts <= 1 else wait_after(hold.attempts)
    lost = replace(hold, state=HoldState.LOST, not_before=_soon(page, reservation, wait))
    page.put(reservation.with_hold(evse, lost))


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
        may_stand=hold.outdated or answer in _MAY_HAVE_DONE_IT,
        drop_first=False,
        not_before=now + wait_after(hold.attempts) if waits else None,
    )


def _accepted(hold: Hold, until: datetime) -> Hold:
    """Held, or, if the reservation was changed while that was under way, to be placed again at once."""
    if hold.overtaken:
        return replace(hold, state=HoldState.PENDING, overtaken=False, drop_first=False, not_before=None)
    return replace(hold, state=HoldState.HELD, outdated=False, drop_first=False, not_before=None, stands_until=until)
