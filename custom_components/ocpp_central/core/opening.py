"""How a reservation begins: at once, or when its window opens.

Knows whose word is asked for that, and what it inherits. Must not know whether there is room for it (`room`), nor what its holds
come to (`holds`, `answers`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from .binding import bind, holds_at, places
from .change import outdated
from .charger import Charger
from .commands import Outcome
from .events import EvseId
from .evse import Evse
from .page import Page, Place
from .refusal import Reason, Refusal
from .reservation import Cause, HeldBy, Hold, News, Reservation
from .room import fits, refuse_useless, why_useless
from .token import same_group
from .transaction import Transaction


def open_now(page: Page, draft: Reservation, planned: EvseId | None) -> None:
    """An immediate wish: contract 3, "Immediate reservation", and ocpp.md 5.3, the rows that ask nobody."""
    charger = page.charger
    if (transaction := holders_transaction(draft, charger, page.living())) is not None:
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


def begin(page: Page, reservation: Reservation) -> None:
    """The window of a scheduled reservation opened (ocpp.md 5.2)."""
    if (transaction := holders_transaction(reservation, page.charger, page.living())) is not None:
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


def holders_transaction(reservation: Reservation, charger: Charger, known: Iterable[Reservation]) -> Transaction | None:
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


def _evses(reservation: Reservation, charger: Charger) -> list[Evse]:
    """The EVSEs that a reservation covers."""
    if reservation.evse is not None:
        return [charger.evses.get(reservation.evse, Evse(evse=reservation.evse))]
    return [evse for evse in charger.evses.values() if reservation.covers(evse.evse)]


def _is_his(reservation: Reservation, running: Transaction) -> bool:
    if running.token is None:
        return False
    return reservation.token.matches(running.token) or same_group(reservation.group, running.group)
