"""What the owner's bounds do to reservations."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from custom_components.ocpp_central.core.commands import Outcome, PlaceHold
from custom_components.ocpp_central.core.events import ConnectorStatus
from custom_components.ocpp_central.core.page import EXPIRY_GRACE, GHOST_LIFE, LATE
from custom_components.ocpp_central.core.planner import TOO_LATE
from custom_components.ocpp_central.core.policy import Policy
from custom_components.ocpp_central.core.refusal import Obstacle, Reason, Refusal
from custom_components.ocpp_central.core.reservation import EndReason, HeldBy, News, Status, Window

from .world import HALF_HOUR, HOLDER, MINUTE, NOON, SECOND, STRANGER, World

LIMIT = 10 * MINUTE
HOUR = 60 * MINUTE


def world_with(**bounds: Any) -> World:
    """A world with two EVSEs, whose owner has set these bounds."""
    world = World(evses=(1, 2))
    world.policy = Policy(**bounds)
    return world


@pytest.mark.parametrize(
    ("before", "after", "gap"),
    [(0, 0, 0), (15, 0, 15), (0, 15, 15), (5, 10, 15)],
)
@pytest.mark.parametrize("side", ["before", "after"])
def test_between_two_reservations_lie_both_buffers(before: int, after: int, gap: int, side: str) -> None:
    """Windows conflict with their buffers on either side, so buffers add up (ocpp.md 5.5); the gap itself is enough."""
    world = world_with(buffer_before=before * MINUTE, buffer_after=after * MINUTE)
    there = world.reserve(start=NOON + 2 * HOUR)
    touching = there.window.start - HALF_HOUR if side == "before" else there.window.end
    away = -MINUTE if side == "before" else MINUTE
    if gap:
        with pytest.raises(Refusal) as caught:
            world.reserve(1, STRANGER, start=touching + (gap - 1) * away)
        assert caught.value.reason is Reason.CONFLICT
        obstacle = Obstacle(reservation_id=1, evse=1, start=there.window.start, end=there.window.end)
        assert caught.value.obstacle == obstacle
    world.reserve(1, STRANGER, start=touching + gap * away)
    world.reserve(2, STRANGER, start=there.window.start)


def test_a_buffer_is_kept_from_reservations_only() -> None:
    """Nobody is refused to charge by it, and one that has ended claims no time."""
    world = world_with(buffer_before=HALF_HOUR, buffer_after=HALF_HOUR)
    first = world.reserve(start=NOON + 10 * MINUTE)
    assert world.may_start(STRANGER, None, 1, NOON)
    world.cancel(first)
    world.reserve(1, STRANGER)


def test_a_new_buffer_takes_nothing_away() -> None:
    """What is promised stays, though it would not be granted now."""
    world = World()
    reserved = [world.reserve(), world.reserve(start=NOON + HALF_HOUR)]
    world.policy = Policy(buffer_before=HOUR)
    world.wait(SECOND)
    assert world.book.living_at() == reserved
    handed_over = world.change(reserved[0], token=STRANGER)
    assert (handed_over.token, handed_over.window) == (STRANGER, reserved[0].window)


@pytest.mark.parametrize("held_by", HeldBy)
def test_a_reservation_that_is_not_used_in_time_expires(held_by: HeldBy) -> None:
    """Expired, with that reason, at the limit and not before (issue 3, no-show release)."""
    world = world_with(no_show=LIMIT)
    reservation = world.reserve(lasting=HOUR, held_by=held_by)
    world.settle()
    assert reservation.until == world.ledger.next_moment() == NOON + LIMIT
    world.wait(LIMIT - SECOND)
    assert world.status_of(reservation) is Status.ACTIVE
    assert not world.may_start(STRANGER, None, 1, world.now)
    world.wait(SECOND)
    ended = world.changes[-1]
    assert (ended.after.status, ended.after.end_reason) == (Status.EXPIRED, EndReason.EXPIRED)
    assert (ended.news, ended.late) == (News.EXPIRED, False)
    assert ended.after.window == Window(start=NOON, end=NOON + HOUR)
    world.reserve(1, STRANGER)


@pytest.mark.parametrize(("limit", "until"), [(LIMIT, NOON + LIMIT), (HOUR, NOON + HALF_HOUR)])
def test_the_charger_holds_until_the_limit(limit: timedelta, until: datetime) -> None:
    """The expiry date is the end, or start plus the no-show limit if that is sooner (ocpp.md 5.6)."""
    world = world_with(no_show=limit)
    reservation = world.reserve()
    (command,) = world.settle()
    assert isinstance(command, PlaceHold)
    assert command.until == until
    world.wait(until - NOON)
    assert world.status_of(reservation) is Status.EXPIRED
    (ghost,) = world.book.ghosts.values()
    assert (ghost.due, ghost.until) == (until + EXPIRY_GRACE, until + GHOST_LIFE)


def test_a_hold_is_not_placed_just_before_the_limit() -> None:
    """It would expire on its way."""
    world = world_with(no_show=LIMIT)
    world.status(1, ConnectorStatus.PREPARING)
    world.reserve()
    world.wait(LIMIT - TOO_LATE - 2 * SECOND)
    world.status(1, ConnectorStatus.AVAILABLE)
    world.wait(2 * SECOND)
    assert world.plan().commands
    world.wait(SECOND)
    assert not world.plan().commands


def test_the_limit_of_a_scheduled_reservation_counts_from_its_start() -> None:
    """Nobody can use it before."""
    world = world_with(no_show=LIMIT)
    reservation = world.reserve(start=NOON + HOUR, lasting=HOUR)
    world.wait(HOUR)
    world.settle()
    assert world.status_of(reservation) is Status.ACTIVE
    world.wait(LIMIT)
    assert world.status_of(reservation) is Status.EXPIRED


def test_whoever_has_started_is_not_affected() -> None:
    """In use it lasts until its transaction or its window ends."""
    world = world_with(no_show=LIMIT)
    reservation = world.reserve(lasting=HOUR)
    world.settle()
    world.wait(LIMIT - SECOND)
    world.start()
    world.wait(HOUR - LIMIT)
    assert world.status_of(reservation) is Status.IN_USE
    assert not world.may_start(STRANGER, None, 1, world.now)
    assert world.known(reservation).until == world.ledger.next_moment() == NOON + HOUR
    world.wait(LIMIT)
    assert world.status_of(reservation) is Status.USED


@pytest.mark.parametrize(("moment", "status"), [(LIMIT - SECOND, Status.IN_USE), (LIMIT, Status.ACTIVE)])
def test_a_start_counts_only_before_the_limit(moment: timedelta, status: Status) -> None:
    """At the limit ordinary rules apply, also if nobody has looked at the clock yet (ocpp.md 5.4, expiry and start)."""
    world = world_with(no_show=LIMIT)
    reservation = world.reserve(lasting=HOUR)
    world.settle()
    world.now += moment
    assert world.may_start(STRANGER, None, 1, world.now) is (status is Status.ACTIVE)
    assert world.start(HOLDER).accepted
    assert world.status_of(reservation) is status


def test_a_promise_keeps_its_limit() -> None:
    """A later change of the option changes no promise, and neither does a restart."""
    world = World(evses=(1, 2))
    unlimited = world.reserve(1)
    world.policy = Policy(no_show=LIMIT)
    limited = world.reserve(2)
    world.settle()
    world.policy = Policy()
    world.restart()
    assert (world.known(unlimited).no_show, world.known(limited).no_show) == (None, LIMIT)
    world.wait(LIMIT)
    assert world.status_of(unlimited) is Status.ACTIVE
    assert world.status_of(limited) is Status.EXPIRED


@pytest.mark.parametrize("start", [None, NOON + MINUTE])
@pytest.mark.parametrize("late", [False, True])
def test_a_limit_that_passed_unnoticed_is_late(start: datetime | None, *, late: bool) -> None:
    """It counts from when it should have happened; one that never began expires as well."""
    world = world_with(no_show=LIMIT)
    reservation = world.reserve(start=start, lasting=HOUR)
    world.settle(Outcome.ACCEPTED)
    world.sleep(reservation.until - NOON + LATE + (SECOND if late else timedelta(0)))
    assert world.status_of(reservation) is Status.EXPIRED
    assert world.changes[-1].late is late


def test_bounds_are_what_the_contract_says() -> None:
    """Contract 1."""
    policy = Policy()
    assert (policy.default_duration, policy.max_duration, policy.horizon, policy.no_show) == (
        timedelta(minutes=30),
        timedelta(days=7),
        timedelta(days=365),
        None,
    )
    assert policy.buffer_before == policy.buffer_after == timedelta(0)
    assert not policy.consume_on_any
