"""What the ledger remembers of reservations that have ended."""

from datetime import datetime, timedelta

import pytest

from custom_components.ocpp_central.core.commands import Outcome
from custom_components.ocpp_central.core.dating import LONGEST_QUEUE
from custom_components.ocpp_central.core.events import Updated
from custom_components.ocpp_central.core.reservation import EndReason, News, Reservation, Status
from custom_components.ocpp_central.core.undo import undone

from .world import CHARGER, HALF_HOUR, HOLDER, MINUTE, NOON, SECOND, STRANGER, World


def ended(world: World) -> dict[str, Status]:
    """What is remembered, by uid."""
    return {uid: each.status for uid, each in world.ledger.past.ended.items()}


def counts(world: World) -> dict[Status, int]:
    """What is counted, without noughts."""
    return {status: count for status in Status if (count := world.ledger.past.count(CHARGER, status))}


def archive(world: World) -> None:
    """The history has everything that has ended."""
    world.ledger = world.ledger.archived(world.ledger.past.ended, world.chargers, world.now)


def expired_while_away(world: World) -> Reservation:
    """A reservation whose end came while the charger was away; now it is back."""
    reservation = world.reserve()
    world.settle()
    world.wait(5 * MINUTE)
    world.disconnect()
    world.wait(HALF_HOUR)
    world.connect()
    assert world.status_of(reservation) is Status.EXPIRED
    return reservation


def test_every_end_is_remembered_and_counted() -> None:
    """Contract 5: an ended reservation is kept, with how it ended."""
    world = World()
    used = world.reserve()
    world.settle()
    world.start(transaction="1")
    assert ended(world) == {}
    world.end("1")
    cancelled = world.reserve()
    world.cancel(cancelled)
    expired = world.reserve()
    world.settle()
    world.wait(HALF_HOUR)
    rejected = world.reserve()
    world.settle(Outcome.REJECTED)
    assert ended(world) == {
        used.uid: Status.USED,
        cancelled.uid: Status.CANCELLED,
        expired.uid: Status.EXPIRED,
        rejected.uid: Status.REJECTED,
    }
    assert counts(world) == dict.fromkeys((Status.USED, Status.EXPIRED, Status.CANCELLED, Status.REJECTED), 1)


def test_what_the_history_has_is_left_to_it() -> None:
    """Contract 5: a record leaves the first file once it is in the second; what was counted stays counted."""
    world = World()
    world.cancel(world.reserve())
    archive(world)
    assert ended(world) == {}
    assert counts(world) == {Status.CANCELLED: 1}
    before = world.ledger
    archive(world)
    assert world.ledger is before


def test_what_the_history_has_otherwise_is_kept() -> None:
    """It ended, or changed, while the history was being written."""
    world = World()
    world.cancel(world.reserve())
    records = dict(world.ledger.past.ended)
    late = world.reserve()
    world.cancel(late)
    world.ledger = world.ledger.archived(records, world.chargers, world.now)
    assert ended(world) == {late.uid: Status.CANCELLED}


def test_a_removed_charger_leaves_its_reservations_but_no_counts() -> None:
    """Contract 1: they end as removed, and that is remembered; the charger's sensors are gone."""
    world = World()
    reservation = world.reserve()
    world.take(world.ledger.without_charger(CHARGER, world.now))
    assert ended(world) == {reservation.uid: Status.REMOVED}
    assert counts(world) == {}


def test_an_end_that_is_undone_has_not_been() -> None:
    """Contract 5: what could not be saved has not happened."""
    world = World()
    reservation = world.reserve()
    step = world.ledger.withdraw(reservation.uid, world.charger, world.now)
    assert step.ledger.past.count(CHARGER, Status.CANCELLED) == 1
    assert undone(step.ledger, step).past == world.ledger.past
    gone = step.ledger.without_charger(CHARGER, world.now).ledger
    assert undone(gone, step).past == gone.past


def test_a_queued_start_of_the_holder_uses_an_expired_reservation() -> None:
    """ocpp.md 5.4, "queued offline StartTransaction": the only way from expired to used."""
    world = World()
    reservation = expired_while_away(world)
    archive(world)
    assert world.start(transaction="1", at=NOON + 10 * MINUTE).accepted
    used = world.ledger.past.ended[reservation.uid]
    assert (used.status, used.end_reason, used.transaction) == (Status.USED, EndReason.USED, "1")
    assert world.news[-1] is News.USED
    assert world.changes[-1].late
    assert counts(world) == {Status.EXPIRED: 1, Status.USED: 1}
    world.start(transaction="1", at=NOON + 10 * MINUTE)
    assert counts(world) == {Status.EXPIRED: 1, Status.USED: 1}
    archive(world)
    assert ended(world) == {}


@pytest.mark.parametrize(
    ("hold", "at", "used"),
    [(1, HALF_HOUR - SECOND, True), (1, HALF_HOUR, False), (2, HALF_HOUR - SECOND, False), (None, MINUTE, False)],
)
def test_a_slow_start_with_our_id_uses_an_expired_reservation(hold: int | None, at: timedelta, *, used: bool) -> None:
    """ocpp.md 5.4, "expiry against start": dated before the end by a charger that was never away, and that held it."""
    world = World()
    reservation = world.reserve()
    assert reservation.reservation_id == 1
    world.settle()
    world.wait(HALF_HOUR + SECOND)
    archive(world)
    world.start(transaction="1", at=NOON + at, hold=hold)
    assert ended(world) == {reservation.uid: Status.USED if used else Status.EXPIRED}


def test_a_holder_who_identified_in_a_queued_transaction_uses_it_too() -> None:
    """2.x may name the token only in a later message of the transaction."""
    world = World()
    reservation = expired_while_away(world)
    world.start(None, transaction="1", at=NOON + 8 * MINUTE)
    assert world.status_of(reservation) is Status.EXPIRED
    world.tell(Updated(transaction="1", token=HOLDER, at=NOON + 9 * MINUTE))
    assert world.ledger.past.ended[reservation.uid].status is Status.USED


@pytest.mark.parametrize(
    ("what", "at"),
    [
        ("a stranger", NOON + 10 * MINUTE),
        ("another EVSE", NOON + 10 * MINUTE),
        ("after the end", NOON + HALF_HOUR),
        ("before the charger was away", NOON + MINUTE),
        ("unheard of", NOON + 10 * MINUTE),
    ],
)
def test_no_other_queued_start_does(what: str, at: datetime) -> None:
    """Only the holder's, at its EVSE, within the window, and while the charger was out of sight."""
    world = World(evses=(1, 2))
    reservation = expired_while_away(world)
    if what == "unheard of":
        world.tell(Updated(transaction="unheard of", token=HOLDER, at=at))
    else:
        token, evse = STRANGER if what == "a stranger" else HOLDER, 2 if what == "another EVSE" else 1
        world.start(token, evse, transaction="1", at=at)
    assert world.ledger.past.ended[reservation.uid].status is Status.EXPIRED


def test_nothing_else_is_used_late() -> None:
    """A cancelled reservation stays cancelled, whatever its holder did."""
    world = World()
    reservation = world.reserve()
    world.settle()
    world.disconnect()
    world.wait(10 * MINUTE)
    world.cancel(reservation)
    world.connect()
    world.start(transaction="1", at=NOON + 5 * MINUTE)
    assert ended(world) == {reservation.uid: Status.CANCELLED}


@pytest.mark.parametrize(
    ("away", "back", "kept"),
    [
        (None, None, False),
        (5 * MINUTE, None, True),
        (5 * MINUTE, 10 * MINUTE, True),
        (5 * MINUTE, 45 * MINUTE, True),
        (35 * MINUTE, None, False),
        (35 * MINUTE, 45 * MINUTE, False),
    ],
)
def test_an_expired_reservation_is_kept_while_a_late_start_may_come(
    away: timedelta | None, back: timedelta | None, *, kept: bool
) -> None:
    """It may only where the charger was out of sight within the window, and not for longer than a queue lasts."""
    world = World()
    reservation = world.reserve()
    world.settle()
    for moment, happens in ((away, world.disconnect), (back, world.connect)):
        if moment is not None:
            world.wait(NOON + moment - world.now)
            happens()
    world.wait(NOON + 60 * MINUTE - world.now)
    archive(world)
    assert (reservation.uid in ended(world)) is kept
    world.wait(LONGEST_QUEUE)
    archive(world)
    assert ended(world) == {}


def test_a_removed_charger_tells_nothing_late() -> None:
    """Nothing of it is kept beyond the history."""
    world = World()
    expired_while_away(world)
    world.chargers.clear()
    archive(world)
    assert ended(world) == {}


def test_an_update_long_after_means_now() -> None:
    """A date that is not plausible does not count: the charger was in sight then."""
    world = World()
    reservation = world.reserve()
    world.settle()
    world.wait(HALF_HOUR + SECOND)
    world.start(transaction="1", at=NOON + MINUTE)
    assert world.ledger.past.ended[reservation.uid].status is Status.EXPIRED
