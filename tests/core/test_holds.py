"""What a charger's words and silence make of a hold: the rows of ocpp.md 5.4."""

from datetime import timedelta

import pytest

from custom_components.ocpp_central.core.commands import Command, DropHold, Outcome, PlaceHold
from custom_components.ocpp_central.core.events import ConnectorStatus, HoldEnd, StatusChanged
from custom_components.ocpp_central.core.holds import MAX_EARLY
from custom_components.ocpp_central.core.page import GHOST_LIFE
from custom_components.ocpp_central.core.reservation import (
    HeldBy,
    HoldState,
    News,
    Reservation,
    Status,
)
from custom_components.ocpp_central.core.token import IdToken

from .world import HALF_HOUR, HOLDER, MINUTE, NOON, SECOND, STRANGER, World

REFUSALS = [Outcome.OCCUPIED, Outcome.FAULTED, Outcome.UNAVAILABLE, Outcome.REJECTED]
SILENCES = [Outcome.TIMED_OUT, Outcome.DISCONNECTED, Outcome.UNREADABLE]
BUSY = [Outcome.OCCUPIED, Outcome.FAULTED, Outcome.UNAVAILABLE]


def _send(world: World, outcome: Outcome) -> Command:
    """Carry out the one command that is planned."""
    (command,) = world.plan().commands
    world.send(command)
    world.answer(command, outcome)
    return command


def _held(world: World, lasting: timedelta = HALF_HOUR) -> Reservation:
    reservation = world.reserve(lasting=lasting)
    world.settle()
    assert world.hold_of(reservation).state is HoldState.HELD
    return reservation


@pytest.mark.parametrize("held_by", [HeldBy.AUTO, HeldBy.CHARGER])
@pytest.mark.parametrize("outcome", REFUSALS)
def test_a_refused_request_leaves_nothing_behind(held_by: HeldBy, outcome: Outcome) -> None:
    """Rejected, with the charger's word; the user was told that it failed (contract 3)."""
    world = World()
    reservation = world.reserve(held_by=held_by)
    _send(world, outcome)
    assert world.status_of(reservation) is Status.REJECTED
    assert world.known(reservation).last_outcome is outcome
    assert world.news == [News.REJECTED]
    assert not list(world.ledger.living())
    assert not world.book.ghosts


@pytest.mark.parametrize("outcome", [*SILENCES, Outcome.FAILED])
def test_a_request_that_failed_without_a_word_is_dropped_at_the_charger(outcome: Outcome) -> None:
    """`charger`: rejected, and a ghost so that the cancel follows: the charger may hold it (ocpp.md 5.3)."""
    world = World()
    reservation = world.reserve(held_by=HeldBy.CHARGER)
    _send(world, outcome)
    assert world.status_of(reservation) is Status.REJECTED
    assert world.settle() == [DropHold(hold=reservation.reservation_id)]
    assert not world.book.ghosts


@pytest.mark.parametrize("outcome", SILENCES)
def test_an_unanswered_request_is_asked_again_with_the_same_id(outcome: Outcome) -> None:
    """`auto`: active, hold uncertain; never a new id first, our own hold would answer Occupied (ocpp.md 5.4)."""
    world = World()
    reservation = world.reserve()
    first = _send(world, outcome)
    assert world.status_of(reservation) is Status.ACTIVE
    assert world.hold_of(reservation).state is HoldState.UNCERTAIN
    assert not world.plan().commands
    world.wait(5 * SECOND)
    assert _send(world, Outcome.ACCEPTED) == first
    assert world.hold_of(reservation).state is HoldState.HELD


def test_a_failed_request_is_tried_again_less_and_less_often() -> None:
    """Any other CALLERROR: back-off of 5 s, 30 s, 5 min, never past the end (ocpp.md 5.4)."""
    world = World()
    reservation = world.reserve()
    waits = []
    while world.status_of(reservation) is not Status.EXPIRED:
        if world.plan().commands:
            _send(world, Outcome.FAILED)
            assert world.hold_of(reservation).state is HoldState.PENDING
        again = world.plan().again
        waits.append((again or NOON + HALF_HOUR) - world.now)
        world.wait(waits[-1])
    five = [timedelta(minutes=5)] * 5
    assert waits[:-1] == [5 * SECOND, 30 * SECOND, *five]


@pytest.mark.parametrize("outcome", BUSY)
def test_a_busy_charger_does_not_hinder_a_scheduled_reservation(outcome: Outcome) -> None:
    """Window reached: active, central-system enforced, hold keeps retrying (ocpp.md 5.3)."""
    world = World()
    reservation = world.reserve(start=NOON + MINUTE)
    world.wait(MINUTE)
    _send(world, outcome)
    assert world.status_of(reservation) is Status.ACTIVE
    assert world.news == [News.SCHEDULED, News.PLACED, News.BUSY]
    assert world.plan().again == world.now + 5 * SECOND
    world.cancel(reservation)
    assert not world.book.ghosts, "the charger said that it has none"


def test_a_hold_that_waits_is_retried_when_its_evse_gets_free() -> None:
    """Occupied: retry on Available, whatever the back-off says (ocpp.md 5.4)."""
    world = World()
    reservation = world.reserve(start=NOON + MINUTE)
    world.wait(MINUTE)
    for outcome, wait in ((Outcome.OCCUPIED, 5), (Outcome.OCCUPIED, 30), (Outcome.OCCUPIED, 0)):
        _send(world, outcome)
        world.wait(wait * SECOND)
    assert world.plan().again == world.now + 5 * MINUTE
    world.status(1, ConnectorStatus.OCCUPIED)
    world.status(1, ConnectorStatus.AVAILABLE)
    assert world.plan().again == world.now + 2 * SECOND
    world.wait(2 * SECOND)
    world.settle()
    assert world.hold_of(reservation).state is HoldState.HELD


def test_a_request_follows_a_drop_without_delay() -> None:
    """That the connector shows Available again is our own doing, and nothing to be waited for."""
    world = World()
    old = _held(world)
    world.status(1, ConnectorStatus.RESERVED)
    world.cancel(old)
    world.reserve(token=STRANGER)
    world.answer(DropHold(hold=old.reservation_id), Outcome.ACCEPTED)
    world.status(1, ConnectorStatus.AVAILABLE)
    (command,) = world.plan().commands
    assert isinstance(command, PlaceHold)


@pytest.mark.parametrize("outcome", [Outcome.NOT_IMPLEMENTED, Outcome.REJECTED])
def test_a_hold_that_the_charger_does_not_do_waits_for_its_next_boot(outcome: Outcome) -> None:
    """Unsupported: no retry until boot (ocpp.md 5.4)."""
    world = World()
    reservation = world.reserve(start=NOON + MINUTE)
    world.wait(MINUTE)
    _send(world, outcome)
    assert world.status_of(reservation) is Status.ACTIVE
    assert world.hold_of(reservation).state is HoldState.UNSUPPORTED
    world.disconnect()
    world.connect()
    world.status(1, ConnectorStatus.AVAILABLE)
    assert not world.plan().commands
    world.boot()
    world.settle()
    assert world.hold_of(reservation).state is HoldState.HELD


def test_a_boot_does_not_forget_a_hold_that_may_stand() -> None:
    """The charger may have placed it before it said that it does not know reservations."""
    world = World()
    reservation = world.reserve()
    _send(world, Outcome.DISCONNECTED)
    world.disconnect()
    world.connect()
    world.status(1, ConnectorStatus.AVAILABLE)
    _send(world, Outcome.NOT_IMPLEMENTED)
    world.boot()
    world.cancel(reservation)
    assert reservation.reservation_id in world.book.ghosts


@pytest.mark.parametrize("status", [ConnectorStatus.AVAILABLE, ConnectorStatus.RESERVED])
def test_a_new_connection_confirms_every_hold(status: ConnectorStatus) -> None:
    """Re-issue the same id once the charger has reported (ocpp.md 5.4, "BootNotification / reconnect")."""
    world = World()
    reservation = _held(world)
    world.status(1, status)
    world.disconnect()
    world.connect()
    assert world.hold_of(reservation).state is HoldState.UNCERTAIN
    assert not world.plan().commands
    world.status(1, status)
    assert isinstance(_send(world, Outcome.ACCEPTED), PlaceHold)
    assert world.hold_of(reservation).state is HoldState.HELD


def test_a_hold_in_doubt_stands_if_the_charger_shows_it() -> None:
    """After a timeout, status Reserved -> held (ocpp.md 5.4)."""
    world = World()
    reservation = world.reserve()
    _send(world, Outcome.TIMED_OUT)
    world.status(1, ConnectorStatus.RESERVED)
    assert world.hold_of(reservation).state is HoldState.HELD
    world.wait(MINUTE)
    assert not world.plan().commands


def test_a_reserved_connector_proves_nothing_while_an_older_hold_may_stand_there() -> None:
    """It may show what we left there ourselves."""
    world = World()
    old = _held(world)
    world.cancel(old)
    _send(world, Outcome.TIMED_OUT)
    new = world.reserve(token=STRANGER)
    _send(world, Outcome.TIMED_OUT)
    world.status(1, ConnectorStatus.RESERVED)
    assert world.hold_of(new).state is HoldState.UNCERTAIN


@pytest.mark.parametrize("outcome", REFUSALS)
def test_a_hold_that_the_charger_does_not_replace_is_dropped_first(outcome: Outcome) -> None:
    """Rejected or Occupied on the same id: CancelReservation, then ReserveNow (ocpp.md 5.4)."""
    world = World()
    reservation = _held(world)
    world.disconnect()
    world.connect()
    world.status(1, ConnectorStatus.AVAILABLE)
    _send(world, outcome)
    assert world.known(reservation).last_outcome is outcome
    assert _send(world, Outcome.ACCEPTED) == DropHold(hold=reservation.reservation_id)
    assert isinstance(_send(world, Outcome.ACCEPTED), PlaceHold)
    assert world.hold_of(reservation).state is HoldState.HELD
    assert not world.hold_of(reservation).drop_first


@pytest.mark.parametrize("outcome", [*SILENCES, Outcome.FAILED])
def test_a_drop_without_an_answer_leaves_the_hold_in_doubt(outcome: Outcome) -> None:
    """It is asked for again by the same id, after a while."""
    world = World()
    reservation = _held(world)
    world.disconnect()
    world.connect()
    world.status(1, ConnectorStatus.AVAILABLE)
    _send(world, Outcome.OCCUPIED)
    _send(world, outcome)
    assert world.hold_of(reservation).state is HoldState.UNCERTAIN
    assert world.plan().again == world.now + 5 * SECOND
    world.wait(5 * SECOND)
    assert isinstance(_send(world, Outcome.ACCEPTED), PlaceHold)
    assert world.hold_of(reservation).state is HoldState.HELD


def test_a_reservation_that_the_charger_must_hold_is_not_given_up_for_its_own_hold() -> None:
    """An unknown outcome, then Rejected: the first attempt may be what is in the way."""
    world = World()
    reservation = world.reserve(start=NOON + MINUTE, held_by=HeldBy.CHARGER)
    world.wait(MINUTE)
    _send(world, Outcome.TIMED_OUT)
    world.wait(5 * SECOND)
    _send(world, Outcome.REJECTED)
    assert world.status_of(reservation) is Status.PLACING
    assert _send(world, Outcome.ACCEPTED) == DropHold(hold=reservation.reservation_id)
    _send(world, Outcome.REJECTED)
    assert world.status_of(reservation) is Status.REJECTED


@pytest.mark.parametrize(
    "status",
    [ConnectorStatus.AVAILABLE, ConnectorStatus.FAULTED, ConnectorStatus.OUT_OF_SERVICE],
)
def test_a_hold_that_went_without_a_word_is_placed_again(status: ConnectorStatus) -> None:
    """Silent drop: lost, re-issued on Available, debounced 2 s (ocpp.md 5.4)."""
    world = World()
    reservation = _held(world)
    world.status(1, ConnectorStatus.RESERVED)
    world.status(1, status)
    assert world.hold_of(reservation).state is HoldState.LOST
    world.status(1, ConnectorStatus.AVAILABLE)
    assert not world.plan().commands
    world.wait(2 * SECOND)
    assert isinstance(_send(world, Outcome.ACCEPTED), PlaceHold)
    assert world.hold_of(reservation).state is HoldState.HELD


def test_a_glitch_of_the_status_is_forgiven() -> None:
    """Some chargers report Available for a moment (ocpp.md 3)."""
    world = World()
    reservation = _held(world)
    for status in (
        ConnectorStatus.RESERVED,
        ConnectorStatus.AVAILABLE,
        ConnectorStatus.RESERVED,
    ):
        world.status(1, status)
    assert world.hold_of(reservation).state is HoldState.HELD
    world.wait(MINUTE)
    assert not world.plan().commands


def test_the_first_report_of_a_connection_loses_no_hold() -> None:
    """What the status was before was known of an older connection; a charger may never show Reserved."""
    world = World()
    world.status(1, ConnectorStatus.FINISHING)
    world.disconnect()
    world.connect()
    reservation = world.reserve(held_by=HeldBy.CHARGER)
    _send(world, Outcome.ACCEPTED)
    world.status(1, ConnectorStatus.AVAILABLE)
    assert world.hold_of(reservation).state is HoldState.HELD


def test_a_status_of_another_evse_means_nothing() -> None:
    """Nor does one of the charger as a whole, of a second plug, or of no EVSE at all."""
    world = World(evses=(1, 2))
    reservation = _held(world)
    world.status(1, ConnectorStatus.RESERVED)
    world.status(2, ConnectorStatus.FAULTED)
    world.status(1, ConnectorStatus.FAULTED, connector=2)
    world.status(0, ConnectorStatus.FAULTED)
    world.status(3, ConnectorStatus.FAULTED)
    assert world.hold_of(reservation).state is HoldState.HELD


@pytest.mark.parametrize("end", HoldEnd)
def test_a_hold_that_the_charger_gave_up_is_placed_again(end: HoldEnd) -> None:
    """Removed, expired too early, no transaction: the reservation stands (ocpp.md 5.4)."""
    world = World()
    reservation = _held(world)
    world.hold_ended(reservation.reservation_id, end)
    assert world.status_of(reservation) is Status.ACTIVE
    assert world.hold_of(reservation).state is HoldState.LOST
    world.wait(2 * SECOND)
    world.settle()
    assert world.hold_of(reservation).state is HoldState.HELD


def test_a_hold_that_is_lost_over_and_over_is_placed_less_and_less_often() -> None:
    """A charger that drops it at once, every time, is not asked all the time."""
    world = World()
    reservation = world.reserve()
    waits = []
    for _ in range(4):
        _send(world, Outcome.ACCEPTED)
        world.hold_ended(reservation.reservation_id, HoldEnd.REMOVED)
        again = world.plan().again
        assert again is not None
        waits.append(again - world.now)
        world.wait(waits[-1])
    assert waits == [2 * SECOND, 30 * SECOND, 5 * MINUTE, 5 * MINUTE]


def test_a_holder_who_identified_has_time_to_plug_in() -> None:
    """2.x gives up its hold at the presentation (H03.FR.09): it is not placed again while he walks to his car."""
    world = World(evses=(1, 2))
    reservation = _held(world)
    world.status(1, ConnectorStatus.RESERVED)
    world.authorize(HOLDER)
    world.wait(10 * SECOND)
    world.status(1, ConnectorStatus.AVAILABLE)
    assert world.plan().again == NOON + MINUTE
    world.status(1, ConnectorStatus.OCCUPIED)
    world.status(1, ConnectorStatus.AVAILABLE)
    assert world.plan().again == NOON + MINUTE
    world.wait(50 * SECOND)
    world.settle()
    assert world.hold_of(reservation).state is HoldState.HELD


def test_a_holder_who_did_not_plug_in_in_time_is_held_a_place_again() -> None:
    """2.1 says when EVConnectionTimeOut is over (H03.FR.11)."""
    world = World()
    reservation = _held(world)
    world.authorize(HOLDER)
    world.hold_ended(reservation.reservation_id, HoldEnd.NO_TRANSACTION)
    assert world.plan().again == NOON + 2 * SECOND


@pytest.mark.parametrize(("evse", "token"), [(2, HOLDER), (1, STRANGER), (None, STRANGER)])
def test_only_the_holder_here_is_waited_for(evse: int | None, token: IdToken) -> None:
    """A token at another EVSE, or of somebody else, does not consume the hold."""
    world = World(evses=(1, 2))
    reservation = _held(world)
    world.authorize(token, evse)
    world.hold_ended(reservation.reservation_id, HoldEnd.REMOVED)
    assert world.plan().again == NOON + 2 * SECOND


def test_a_request_that_was_not_sent_yet_fails_with_the_connection() -> None:
    """Whoever waits is told that the charger is offline; nothing is left behind (ocpp.md 5.3)."""
    world = World()
    reservation = world.reserve()
    world.disconnect()
    assert world.status_of(reservation) is Status.REJECTED
    assert world.known(reservation).last_outcome is Outcome.DISCONNECTED
    assert not world.book.ghosts


@pytest.mark.parametrize("answered_first", [True, False])
def test_a_request_under_way_outlives_the_connection(*, answered_first: bool) -> None:
    """Disconnected during the call: active, hold uncertain (ocpp.md 5.3), whichever is noticed first."""
    world = World()
    reservation = world.reserve()
    (command,) = world.plan().commands
    world.send(command)
    if answered_first:
        world.answer(command, Outcome.DISCONNECTED)
    world.disconnect()
    if not answered_first:
        world.answer(command, Outcome.DISCONNECTED)
    assert world.status_of(reservation) is Status.ACTIVE
    assert world.hold_of(reservation).state is HoldState.UNCERTAIN


@pytest.mark.parametrize("outcome", [Outcome.ACCEPTED, Outcome.REJECTED, Outcome.NOT_IMPLEMENTED])
def test_a_dropped_hold_is_done_with(outcome: Outcome) -> None:
    """Rejected means that the charger has no such hold, which is as good (ocpp.md 1.2)."""
    world = World()
    world.cancel(_held(world))
    _send(world, outcome)
    assert not world.book.ghosts


def test_an_unanswered_drop_is_repeated_until_the_hold_must_have_expired() -> None:
    """The ghost keeps the id until its expiry (ocpp.md 5.4)."""
    world = World()
    world.cancel(_held(world))
    sent = 0
    while world.book.ghosts:
        if world.plan().commands:
            _send(world, Outcome.TIMED_OUT)
            sent += 1
        again = world.plan().again
        moments = [each for each in (again, world.ledger.next_moment()) if each is not None]
        world.wait(min(moments) - world.now)
    assert world.now == NOON + HALF_HOUR + GHOST_LIFE
    assert sent == 10


def test_a_charger_that_crashes_on_a_drop_is_left_alone_at_last() -> None:
    """The process of some dies on CancelReservation (ocpp.md 3)."""
    world = World()
    world.cancel(_held(world))
    for _ in range(3):
        _send(world, Outcome.DISCONNECTED)
        world.disconnect()
        world.wait(MINUTE)
        world.connect()
        world.status(1, ConnectorStatus.AVAILABLE)
    assert not world.book.ghosts
    assert not world.plan().commands


def test_a_hold_that_expired_at_the_charger_need_not_be_dropped() -> None:
    """The charger's own expiry comes first if its clock is right (H04.FR.01)."""
    world = World()
    reservation = _held(world)
    world.wait(HALF_HOUR)
    assert world.plan().again == world.now + 3 * SECOND
    world.hold_ended(reservation.reservation_id, HoldEnd.EXPIRED)
    assert not world.book.ghosts


def test_a_hold_that_ends_while_it_is_to_be_dropped_is_dropped_all_the_same() -> None:
    """Another ReserveNow of it may be under way."""
    world = World()
    reservation = _held(world)
    world.cancel(reservation)
    world.hold_ended(reservation.reservation_id, HoldEnd.REMOVED)
    assert world.settle() == [DropHold(hold=reservation.reservation_id)]


def test_what_concerns_an_unknown_hold_changes_nothing() -> None:
    """Answered normally, and that is all (ocpp.md 5.4)."""
    world = World()
    reservation = _held(world)
    before = world.ledger
    world.hold_ended(99, HoldEnd.EXPIRED)
    world.answer(DropHold(hold=99), Outcome.ACCEPTED)
    stale = PlaceHold(hold=99, evse=1, token=HOLDER, until=NOON)
    world.send(stale)
    world.answer(stale, Outcome.ACCEPTED)
    assert world.ledger is before
    assert world.status_of(reservation) is Status.ACTIVE


def _show_clock(world: World, skew: timedelta, status: ConnectorStatus = ConnectorStatus.RESERVED) -> None:
    """The charger tells a status, dated by its own clock."""
    world.tell(StatusChanged(evse=1, connector=1, status=status, at=world.now + skew, received=world.now))


def _end_told(world: World) -> timedelta:
    """How much later than its end the hold that is due is to end."""
    (command,) = world.plan().commands
    assert isinstance(command, PlaceHold)
    (reservation,) = world.ledger.living()
    return command.until - reservation.window.end


FAST = 90 * SECOND


def test_a_hold_that_expired_by_a_fast_clock_is_placed_until_our_end_by_that_clock() -> None:
    """1.6 says no more than that the connector is free (ocpp.md 5.4, "clock skew")."""
    world = World()
    reservation = _held(world)
    _show_clock(world, FAST)
    world.wait(HALF_HOUR - FAST)
    _show_clock(world, FAST, ConnectorStatus.AVAILABLE)
    assert world.hold_of(reservation).state is HoldState.LOST
    world.wait(2 * SECOND)
    assert _end_told(world) == FAST
    world.settle()
    assert world.hold_of(reservation).stands_until == reservation.window.end


def test_a_hold_that_expired_in_a_word_is_placed_until_our_end_by_the_chargers_clock() -> None:
    """2.x says Expired, whenever that is."""
    world = World()
    reservation = _held(world)
    _show_clock(world, FAST)
    world.hold_ended(reservation.reservation_id, HoldEnd.EXPIRED)
    world.wait(2 * SECOND)
    assert _end_told(world) == FAST


@pytest.mark.parametrize("skew", [timedelta(0), -FAST])
def test_no_clock_that_is_right_or_slow_makes_a_hold_end_later(skew: timedelta) -> None:
    """Expired for no reason is what it is."""
    world = World()
    reservation = _held(world)
    for _ in range(3):
        _show_clock(world, skew)
        world.wait(MINUTE)
    world.hold_ended(reservation.reservation_id, HoldEnd.EXPIRED)
    world.wait(2 * SECOND)
    assert _end_told(world) == timedelta(0)


def test_a_hold_that_went_long_before_its_end_did_not_expire() -> None:
    """By no clock: so its end is told as it is."""
    world = World()
    _held(world)
    _show_clock(world, FAST)
    world.wait(HALF_HOUR - FAST - MINUTE)
    _show_clock(world, FAST, ConnectorStatus.AVAILABLE)
    world.wait(2 * SECOND)
    assert _end_told(world) == timedelta(0)


def test_a_hold_whose_end_allows_for_the_clock_does_not_expire_early() -> None:
    """What goes without a word after that has another reason, and is placed again each time."""
    world = World()
    reservation = _held(world)
    _show_clock(world, FAST)
    world.hold_ended(reservation.reservation_id, HoldEnd.EXPIRED)
    world.wait(2 * SECOND)
    world.settle()
    world.wait(HALF_HOUR - FAST)
    _show_clock(world, FAST)
    _show_clock(world, FAST, ConnectorStatus.AVAILABLE)
    assert world.hold_of(reservation).early == 1


@pytest.mark.parametrize("confirmed_by", ["nothing", "a new connection"])
def test_a_hold_that_expires_too_early_over_and_over_is_placed_twice_more(confirmed_by: str) -> None:
    """Such a clock cannot be allowed for: from then on the central system alone keeps strangers out (ocpp.md 5.4)."""
    world = World()
    reservation = _held(world, lasting=10 * HALF_HOUR)
    for _ in range(MAX_EARLY):
        world.hold_ended(reservation.reservation_id, HoldEnd.EXPIRED)
        world.wait(5 * MINUTE)
        assert isinstance(_send(world, Outcome.ACCEPTED), PlaceHold)
        if confirmed_by == "a new connection":
            world.connect()
            world.status(1, ConnectorStatus.AVAILABLE)
            world.settle()
    world.hold_ended(reservation.reservation_id, HoldEnd.EXPIRED)
    world.wait(9 * HALF_HOUR)
    assert not world.plan().commands
    assert world.status_of(reservation) is Status.ACTIVE
    assert world.authorize(STRANGER).accepted is False
