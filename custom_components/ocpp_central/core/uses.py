"""What cards that are presented, and sessions, make of the reservations of their holders.

Knows which reservation a session uses, and when it has used it. Must not know who may charge (`authorization`), nor what becomes of
a hold (`holds`).
"""

from dataclasses import replace
from datetime import datetime

from . import holds
from .change import outdated
from .charger import Charger
from .events import (
    Authorizing,
    Ended,
    Event,
    Evicting,
    Started,
    TransactionId,
    Updated,
    Verdict,
)
from .page import Page
from .reservation import Cause, News, Status
from .room import fits
from .transaction import Transaction


def note_presentation(page: Page, event: Authorizing, verdict: Verdict | None) -> None:
    """2.x gives up its hold when the holder identifies, before anything runs (H03.FR.09)."""
    if verdict is None or not verdict.accepted:
        return
    for each in page.living():
        unbound = each.is_unbound and (event.evse is None or fits(each, event.evse, page.charger))
        here = event.evse is None or each.covers(event.evse) or unbound
        if here and each.status is Status.ACTIVE and each.is_for(event.token, verdict.group):
            page.put(replace(each, presented_at=page.now))


def spell_anew(page: Page, event: Authorizing, charger: Charger) -> None:
    """Have a hold placed again for a token that is spelled otherwise than thought, or its holder is not let in.

    Only 1.6, whose tokens have no type, may do that at once: in 2.x the hold has just been given up for the holder.
    """
    now, before = page.charger.spellings, charger.spellings
    if now is before or event.token.type is not None:
        return
    for each in page.living():
        if now.of(each.token) != before.of(each.token):
            page.put(replace(each, holds={place: outdated(hold) for place, hold in each.holds.items()}))


def follow_transaction(page: Page, event: Event, verdict: Verdict | None) -> None:
    """What is told of a transaction uses reservations, and finishes those that it used. `verdict`: of a start, or an update."""
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


def finish_what_is_over(page: Page, before: Charger) -> None:
    """Whoever used a reservation has done so once his transaction does not run any more, whether its end was told or not."""
    for each in page.living():
        known = each.transaction if each.status is Status.IN_USE else None
        if known is not None and before.running(known) is not None and page.charger.running(known) is None:
            page.move(each, Cause.FINISHED)


def use_up(page: Page, running: Transaction, group: str | None) -> None:
    """The holder of some reservations charges elsewhere, which uses them up (`consume_on_any`)."""
    for each in page.living():
        waits = each.status.has_begun and each.binds_at(page.now)
        if waits and running.token is not None and each.is_for(running.token, group):
            taken = each if each.status is Status.ACTIVE else page.move(each, Cause.TAKEN_ON)
            used = page.move(replace(taken, transaction=running.transaction), Cause.STARTED)
            page.move(used, Cause.FINISHED)


def use_by_what_goes_on(page: Page, before: Charger) -> None:
    """Whoever goes on beyond doubt has what was reserved for him meanwhile, when it seemed that he might have left."""
    for each in proven_right(before, page.charger):
        if not each.refused:
            _use(page, each.transaction, page.now)


def proven_right(before: Charger, after: Charger) -> list[Transaction]:
    """The transactions that go on beyond doubt by now, having been in doubt, or presumed to be over."""
    return [
        evse.running
        for number, evse in after.evses.items()
        if evse is not (old := before.evses.get(number))
        and old is not None
        and evse.running is not None
        and evse.running.doubt is None
        and (old.presumed is not None or (old.running is not None and old.running.doubt is not None))
        and old.session is not None
        and old.session.transaction == evse.running.transaction
    ]


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


def _tell_of_intruder(page: Page, uid: str | None) -> None:
    """Somebody charges in the way of this reservation, if it still lives."""
    if uid is not None and (reservation := page.reservations.get(uid)) is not None:
        page.tell(reservation, News.INTRUDER)


def _finish(page: Page, transaction: TransactionId) -> None:
    for each in page.living():
        if each.status is Status.IN_USE and each.transaction == transaction:
            page.move(each, Cause.FINISHED)
