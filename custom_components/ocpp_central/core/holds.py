"""What a charger's statuses, and its silence, make of the holds of one book.

Knows the table of ocpp.md 5.4 as far as it concerns holds. Must not know when a command is due (`planner`), nor what
follows from its outcome (`answers`).
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from .charger import Charger
from .commands import Outcome
from .events import ConnectorStatus, EvseId, HoldEnd, HoldEnded
from .page import GHOST_LIFE, Page, Place
from .reservation import Cause, HeldBy, Hold, HoldState, News, Reservation, Status
from .room import accepts
from .rulings import wait_after

MAX_EARLY = 2
"""How often a hold that expired too early is placed again (ocpp.md 5.4, "clock skew")."""

GLITCH = timedelta(seconds=2)
"""Some chargers report Available for a moment without meaning it; the expiry of 1.6 looks the same."""

PRESENTATION_GRACE = timedelta(seconds=60)
"""The usual EVConnectionTimeOut: so long a holder who identified may take to plug in before he is held a place again."""

_WORDS: Mapping[ConnectorStatus | None, Outcome] = {
    ConnectorStatus.FAULTED: Outcome.FAULTED,
    ConnectorStatus.OUT_OF_SERVICE: Outcome.UNAVAILABLE,
}
_WORST_FIRST = (Outcome.OCCUPIED, Outcome.FAULTED, Outcome.UNAVAILABLE)


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
            evse: _hoped_for(hold) if hold.state is HoldState.UNSUPPORTED else hold for evse, hold in each.holds.items()
        }
        page.put(replace(each, holds=holds))


def _hoped_for(hold: Hold) -> Hold:
    """The hold as if it had never been asked for, but for what may stand of it all the same."""
    return Hold(wire_id=hold.wire_id, may_stand=hold.may_stand, stands_until=hold.stands_until)


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
        elif hold.state.is_doubtful and new.status is ConnectorStatus.RESERVED:
            if not hold.outdated and before.is_settled(page.now) and not haunted:
                held = replace(hold, state=HoldState.HELD, not_before=None, drop_first=False)
                page.put(each.with_hold(number, held))
        elif hold.state.is_open and freed and old is not None and not old.accepts_hold:
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
