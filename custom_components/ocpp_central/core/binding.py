"""Which EVSE a reservation for any gets once its window has opened, when it gets another, and the holds that follow.

Knows when the charger is left to keep some EVSE free, and what it is asked for instead. Must not know when a
reservation begins or ends (`steps`), nor what the charger answers (`holds`).

The theory. We bind late: while a reservation for any is to come, only that there is room for it is certain. When its
window opens, the charger keeps some EVSE for it, if it can and if everybody is safe with that; else it is bound to one.
It is bound to another one when that one fails, or a stranger charges there, and stays where it is if there is none.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta

from .events import EvseId
from .evse import Evse
from .page import Page, Place
from .reservation import HeldBy, Hold, HoldState, News, Reservation, Status, Target
from .room import AHEAD, is_free, is_lost, may_stay_open, seats, why_useless

REFUSED_FOR_LONG = timedelta(minutes=1)
"""So long a charger may take to end a transaction that was refused; most take a moment."""

_CLAIMS = frozenset({Status.SCHEDULED, Status.PLACING, Status.ACTIVE})


def bind(page: Page, reservation: Reservation) -> Reservation:
    """A reservation that begins, at an EVSE of its own if it is to have one and there is one; not yet written."""
    if not reservation.takes_any:
        return reservation
    if page.can_hold and page.can_hold_any and may_stay_open(page.living(), reservation, page.charger):
        return replace(reservation, evse=None)
    if reservation.evse is not None:
        return reservation
    others = [each for each in page.living() if each.uid != reservation.uid]
    return replace(reservation, evse=seats([*others, reservation], page.charger, page.now).get(reservation.uid))


def places(page: Page, reservation: Reservation) -> tuple[Place, ...]:
    """Where the charger is to hold something for a reservation that has begun; nowhere if it is not to be asked."""
    if reservation.held_by is HeldBy.CENTRAL_SYSTEM:
        return ()
    if reservation.target is Target.WHOLE_CHARGER:
        # One hold for each: connector 0 of 1.6 would keep just one EVSE free (ocpp.md 5.6).
        return tuple(sorted(page.charger.evses))
    if reservation.evse is not None:
        return (reservation.evse,)
    return (None,) if page.can_hold_any and may_stay_open(page.living(), reservation, page.charger) else ()


def holds_at(page: Page, reservation: Reservation, places: Collection[Place]) -> Mapping[Place, Hold]:
    """The holds of a reservation that has begun once they are to be at these places.

    What stands where it is wanted stays. What may stand elsewhere becomes a ghost, and what takes its place is called
    by another number: the same one at another EVSE should replace the hold as well, but chargers refuse it, keep both,
    or drop the old one and fail, and then a number names two holds or none.
    """
    state = HoldState.PENDING if page.can_hold else HoldState.UNSUPPORTED
    kept = {place: hold for place, hold in reservation.holds.items() if place in places}
    spare: list[int] = []
    for place, hold in reservation.holds.items():
        if place in kept:
            continue
        if hold.may_stand:
            page.leave_ghost(reservation, place, hold, timedelta(0))
        else:
            spare.append(hold.wire_id)
    holds: dict[Place, Hold] = {}
    for place in places:
        if place in kept:
            holds[place] = kept[place]
        else:
            wire_id = spare.pop(0) if spare else page.wire_id_for(reservation, (*kept.values(), *holds.values()))
            holds[place] = Hold(wire_id=wire_id, state=state)
    return holds


def review(page: Page) -> None:
    """Bind again whom an EVSE has failed, and say of whom no EVSE is left, now that something has changed."""
    for each in sorted(page.living(), key=lambda each: each.created):
        if each.takes_any and each.status.has_begun:
            _rebind(page, each)
    planned = seats(page.living(), page.charger, page.now)
    page.seat(planned)
    for each in page.living():
        if each.status in _CLAIMS and not each.awaited:  # whoever waits is told by the charger's word
            _note_risk(page, _without_false_hold(page, each, planned), planned)


def rebound(page: Page, reservation: Reservation, evse: EvseId | None) -> Reservation:
    """A reservation that has begun, once it is bound to another EVSE, its holds to follow; written.

    It is told where it binds already; nobody knows of the EVSE of one that is still being placed.
    """
    moved = replace(reservation, evse=evse, planned=None, updated=page.now)
    moved = replace(moved, holds=holds_at(page, moved, places(page, moved)), presented_at=None)
    told = moved.status is Status.ACTIVE and evse != page.reservations[moved.uid].evse
    page.tell(moved, News.CHANGED if told else None)
    return moved


def another_evse(page: Page, reservation: Reservation) -> EvseId | None:
    """An EVSE that would do as well as the one that it is bound to, which has failed it; None if there is none."""
    others = [each for each in page.living() if each.uid != reservation.uid]
    failed = () if reservation.evse is None else (reservation.evse,)
    homeless = replace(reservation, evse=None, planned=None, tried=(*reservation.tried, *failed))
    return seats([*others, homeless], page.charger, page.now).get(reservation.uid)


def _without_false_hold(page: Page, reservation: Reservation, planned: Mapping[str, EvseId]) -> Reservation:
    """One that is bound to none and has no EVSE to hope for, without the hold by which the charger keeps it one.

    The charger would keep an EVSE for it that is somebody else's by name.
    """
    if reservation.status is not Status.ACTIVE or None not in reservation.holds or reservation.uid in planned:
        return reservation
    given_up = replace(reservation, holds=holds_at(page, reservation, ()))
    page.put(given_up)
    return given_up


def _note_risk(page: Page, reservation: Reservation, planned: Mapping[str, EvseId]) -> None:
    near = reservation.window.start <= page.now + AHEAD
    lost = near and is_lost(reservation, page.charger, planned, page.now)
    if lost and not reservation.at_risk:
        page.tell(replace(reservation, at_risk=True), News.AT_RISK)
    elif reservation.at_risk and not lost and (page.charger.is_settled(page.now) or not near):
        # A charger that is away, or has not reported yet, shows nothing: it would be told again at each reconnect.
        page.put(replace(reservation, at_risk=False))


def _rebind(page: Page, reservation: Reservation) -> None:
    if reservation.evse is None:
        bound = bind(page, reservation)
        if bound.evse is not None or (not reservation.holds and places(page, bound)):
            rebound(page, reservation, bound.evse)
        return
    evse = page.charger.evses.get(reservation.evse, Evse(evse=reservation.evse))
    if not _fails(page, reservation, evse) or (found := another_evse(page, reservation)) is None:
        return
    other = page.charger.evses[found]
    # One with a car is no better than another, nor is one that does not work.
    if is_free(other) or (not evse.plugged_in and why_useless(other, page.charger) is None):
        rebound(page, reservation, found)


def _fails(page: Page, reservation: Reservation, evse: Evse) -> bool:
    """Whether the EVSE that one for any is bound to will not do, or a car stands there that may not be the holder's.

    A transaction that we refused is about to end; if the charger lets it go on, the EVSE will not do either.
    """
    running = evse.running
    if running is not None and running.refused and page.now < running.started_at + REFUSED_FOR_LONG:
        return False
    if why_useless(evse, page.charger) is not None:
        return True
    return evse.plugged_in is True and reservation.hold is not HoldState.HELD
