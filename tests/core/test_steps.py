"""How reservations are opened, begun, used and ended (ocpp.md 5.2, contract 3)."""

import pytest

from custom_components.ocpp_central.core.commands import DropHold, Outcome, PlaceHold
from custom_components.ocpp_central.core.drivers import Driver, Drivers
from custom_components.ocpp_central.core.events import ConnectorStatus, Ended
from custom_components.ocpp_central.core.refusal import Reason, Refusal
from custom_components.ocpp_central.core.reservation import (
    EndReason,
    HeldBy,
    HoldState,
    News,
    Reservation,
    Status,
    Target,
)
from custom_components.ocpp_central.core.token import IdToken

from .world import HALF_HOUR, HOLDER, MINUTE, NOON, SECOND, STRANGER, World

PLUGGED = [
    ConnectorStatus.PREPARING,
    ConnectorStatus.FINISHING,
    ConnectorStatus.OCCUPIED,
]


def _expect(world: World, reservation: Reservation, status: Status, hold: HoldState = HoldState.NONE) -> None:
    known = world.known(reservation)
    assert (known.status, known.hold) == (status, hold)


def test_a_reservation_for_now_is_placed_at_the_charger() -> None:
    """Saved as placing, sent, accepted: active, and Placed is published (ocpp.md 5.2)."""
    world = World()
    reservation = world.reserve(group="family")
    _expect(world, reservation, Status.PLACING, HoldState.PENDING)
    assert reservation.awaited is True
    assert world.settle() == [
        PlaceHold(
            hold=reservation.reservation_id,
            evse=1,
            token=HOLDER,
            group="family",
            until=NOON + HALF_HOUR,
        )
    ]
    _expect(world, reservation, Status.ACTIVE, HoldState.HELD)
    assert world.known(reservation).last_outcome is Outcome.ACCEPTED
    assert world.news == [News.PLACED]
    assert not world.plan().commands


@pytest.mark.parametrize("status", PLUGGED)
def test_a_reservation_for_now_behind_a_car_waits(status: ConnectorStatus) -> None:
    """`auto`, a car and no transaction: nothing is sent, active, pending, Occupied, busy (contract 3)."""
    world = World()
    world.status(1, status)
    reservation = world.reserve()
    _expect(world, reservation, Status.ACTIVE, HoldState.PENDING)
    assert world.known(reservation).last_outcome is Outcome.OCCUPIED
    assert world.news == [News.PLACED, News.BUSY]
    assert world.changes[-1].after == reservation
    assert not world.plan().commands
    world.status(1, ConnectorStatus.AVAILABLE)
    world.wait(2 * SECOND)
    world.settle()
    _expect(world, reservation, Status.ACTIVE, HoldState.HELD)


def test_a_reservation_that_the_charger_must_hold_is_asked_for_behind_a_car_too() -> None:
    """`charger` is the charger's own word, also when it says Occupied (ocpp.md 5.3)."""
    world = World()
    world.status(1, ConnectorStatus.PREPARING)
    reservation = world.reserve(held_by=HeldBy.CHARGER)
    world.settle(Outcome.OCCUPIED)
    _expect(world, reservation, Status.REJECTED)
    assert world.known(reservation).last_outcome is Outcome.OCCUPIED
    assert world.known(reservation).end_reason is None
    assert world.news == [News.REJECTED]


@pytest.mark.parametrize("held_by", HeldBy)
def test_a_reservation_for_whoever_charges_is_in_use_at_once(held_by: HeldBy) -> None:
    """A running transaction of the holder: in_use (contract 3)."""
    world = World()
    world.start(HOLDER, transaction="7")
    reservation = world.reserve(held_by=held_by)
    _expect(world, reservation, Status.IN_USE)
    assert world.known(reservation).transaction == "7"
    assert world.news == [News.PLACED, News.USED]
    assert not world.plan().commands


@pytest.mark.parametrize("token", [HOLDER, None])
def test_a_reservation_for_the_group_of_whoever_charges_is_in_use_at_once(token: IdToken | None) -> None:
    """His group counts as his token does, whether he was known at the start or identified later."""
    world = World()
    world.drivers = Drivers(known=(Driver(driver_id="driver-a", name="Anna", tokens=(HOLDER,), group="Family"),))
    world.start(token, transaction="7")
    world.update("7", token=HOLDER)
    world.update("7")
    reservation = world.reserve(1, STRANGER, group="FAMILY")
    _expect(world, reservation, Status.IN_USE)
    assert world.known(reservation).transaction == "7"


@pytest.mark.parametrize("held_by", HeldBy)
@pytest.mark.parametrize("token", [STRANGER, None])
def test_a_reservation_where_somebody_else_charges_is_refused(held_by: HeldBy, token: IdToken | None) -> None:
    """Somebody else's transaction: rejected (contract 3), whether they are known or not."""
    world = World()
    world.status(1, ConnectorStatus.CHARGING)
    world.start(token)
    with pytest.raises(Refusal) as caught:
        world.reserve(held_by=held_by)
    assert caught.value.reason is Reason.OCCUPIED


def test_a_transaction_whose_end_was_lost_does_not_block_a_free_connector() -> None:
    """A charger that lost its power may never tell the end; a free connector is asked for."""
    world = World()
    world.start(STRANGER)
    world.status(1, ConnectorStatus.CHARGING)
    world.status(1, ConnectorStatus.AVAILABLE)
    world.reserve()
    assert len(world.settle()) == 1


def test_the_central_system_alone_never_asks_the_charger() -> None:
    """ReserveNow is never sent: active, hold none (ocpp.md 5.3), also while the charger is offline."""
    for world in (World(), World(connected=False)):
        reservation = world.reserve(held_by=HeldBy.CENTRAL_SYSTEM)
        _expect(world, reservation, Status.ACTIVE)
        assert not world.plan().commands
        assert world.news == [News.PLACED]


@pytest.mark.parametrize("held_by", [HeldBy.AUTO, HeldBy.CHARGER])
def test_a_reservation_for_now_needs_the_charger(held_by: HeldBy) -> None:
    """Offline, an immediate request fails, naming it (ocpp.md 5.10)."""
    world = World(connected=False)
    with pytest.raises(Refusal) as caught:
        world.reserve(held_by=held_by)
    assert caught.value.reason is Reason.CHARGER_OFFLINE
    assert not list(world.ledger.living())


def _without_reservations(world: World) -> None:
    """The charger says that it does not know ReserveNow."""
    refused = world.reserve(held_by=HeldBy.CHARGER)
    world.settle(Outcome.NOT_IMPLEMENTED)
    _expect(world, refused, Status.REJECTED)
    world.changes.clear()


def test_a_charger_without_reservations_is_not_asked_again() -> None:
    """`auto` falls back to the central system, `charger` is refused, until the next boot (ocpp.md 5.3)."""
    world = World()
    _without_reservations(world)
    with pytest.raises(Refusal) as caught:
        world.reserve(held_by=HeldBy.CHARGER)
    assert caught.value.reason is Reason.NOT_SUPPORTED
    reservation = world.reserve()
    _expect(world, reservation, Status.ACTIVE, HoldState.UNSUPPORTED)
    assert not world.plan().commands
    world.boot()
    world.settle()
    _expect(world, reservation, Status.ACTIVE, HoldState.HELD)


def test_a_boot_brings_hope_even_without_reservations() -> None:
    """The charger may have new firmware."""
    world = World()
    _without_reservations(world)
    assert not world.book.can_hold
    world.boot()
    assert world.book.can_hold


def _scheduled(world: World, held_by: HeldBy = HeldBy.AUTO) -> Reservation:
    """A reservation whose window opens in a minute."""
    reservation = world.reserve(start=NOON + MINUTE, held_by=held_by)
    _expect(world, reservation, Status.SCHEDULED)
    assert world.news == [News.SCHEDULED]
    return reservation


def test_a_scheduled_reservation_is_placed_when_its_window_opens() -> None:
    """OCPP has no start time: the hold is sent then, and nobody waits for it (ocpp.md, principle)."""
    world = World()
    reservation = _scheduled(world)
    world.wait(59 * SECOND)
    assert not world.plan().commands
    world.wait(SECOND)
    _expect(world, reservation, Status.PLACING, HoldState.PENDING)
    assert not world.known(reservation).awaited
    world.settle()
    _expect(world, reservation, Status.ACTIVE, HoldState.HELD)
    assert world.news == [News.SCHEDULED, News.PLACED]


@pytest.mark.parametrize(
    "status",
    [*PLUGGED, ConnectorStatus.FAULTED, ConnectorStatus.OUT_OF_SERVICE],
)
def test_a_scheduled_reservation_that_cannot_be_placed_binds_all_the_same(
    status: ConnectorStatus,
) -> None:
    """Busy or broken: active, hold pending, retrying (ocpp.md 5.2, 5.4); what is in the way is told."""
    world = World()
    reservation = _scheduled(world)
    world.status(1, status)
    world.wait(MINUTE)
    _expect(world, reservation, Status.ACTIVE, HoldState.PENDING)
    wanted = [News.PLACED, News.BUSY] if status in PLUGGED else [News.AT_RISK, News.PLACED]
    assert world.news == [News.SCHEDULED, *wanted]
    assert not world.plan().commands
    world.status(1, ConnectorStatus.AVAILABLE)
    world.wait(2 * SECOND)
    world.settle()
    _expect(world, reservation, Status.ACTIVE, HoldState.HELD)


def test_a_scheduled_reservation_binds_while_the_charger_is_offline() -> None:
    """Active, hold pending; ReserveNow on reconnect (ocpp.md 5.4, "offline at start")."""
    world = World()
    reservation = _scheduled(world)
    world.disconnect()
    world.wait(MINUTE)
    _expect(world, reservation, Status.ACTIVE, HoldState.PENDING)
    world.connect()
    world.status(1, ConnectorStatus.AVAILABLE)
    world.settle()
    _expect(world, reservation, Status.ACTIVE, HoldState.HELD)


@pytest.mark.parametrize("disturb", ["disconnect", "plug in", "restart"])
def test_what_cannot_be_placed_any_more_binds_meanwhile(disturb: str) -> None:
    """No reservation stays in placing because its charger went away or its connector was taken."""
    world = World()
    reservation = _scheduled(world)
    world.wait(MINUTE)
    match disturb:
        case "disconnect":
            world.disconnect()
        case "plug in":
            world.status(1, ConnectorStatus.PREPARING)
        case _:
            world.restart()
    assert world.status_of(reservation) is Status.ACTIVE


def test_a_scheduled_reservation_that_the_charger_must_hold_keeps_trying() -> None:
    """`charger` stays placing, and expires if it never comes to be held (ocpp.md 5.3)."""
    world = World()
    reservation = _scheduled(world, HeldBy.CHARGER)
    world.status(1, ConnectorStatus.FAULTED)
    world.wait(MINUTE)
    _expect(world, reservation, Status.PLACING, HoldState.PENDING)
    world.disconnect()
    _expect(world, reservation, Status.PLACING, HoldState.PENDING)
    world.wait(HALF_HOUR)
    _expect(world, reservation, Status.EXPIRED)


def test_a_scheduled_reservation_of_the_central_system_binds_at_its_start() -> None:
    """Nothing is ever sent for it (ocpp.md 5.2)."""
    world = World()
    reservation = _scheduled(world, HeldBy.CENTRAL_SYSTEM)
    world.wait(MINUTE)
    _expect(world, reservation, Status.ACTIVE)
    assert not world.plan().commands


@pytest.mark.parametrize(
    ("held_by", "status", "hold"),
    [
        (HeldBy.AUTO, Status.ACTIVE, HoldState.UNSUPPORTED),
        (HeldBy.CHARGER, Status.REJECTED, HoldState.NONE),
    ],
)
def test_a_window_that_opens_at_a_charger_without_reservations(
    held_by: HeldBy, status: Status, hold: HoldState
) -> None:
    """Known unsupported: `auto` is taken on, `charger` rejected (ocpp.md 5.3)."""
    world = World()
    _without_reservations(world)
    reservation = _scheduled(world, held_by)
    world.wait(MINUTE)
    _expect(world, reservation, status, hold)


@pytest.mark.parametrize("held_by", HeldBy)
def test_a_window_that_opens_while_its_holder_charges_is_in_use(held_by: HeldBy) -> None:
    """The holder is already there; whoever else charges is only in the way."""
    world = World()
    reservation = _scheduled(world, held_by)
    world.start(HOLDER, transaction="7")
    _expect(world, reservation, Status.SCHEDULED)
    world.wait(MINUTE)
    _expect(world, reservation, Status.IN_USE)
    assert world.known(reservation).end_reason is EndReason.USED


def test_a_window_that_was_slept_through_is_over() -> None:
    """Past ends expire, flagged late (ocpp.md 5.4, "HA restart")."""
    world = World()
    reservation = _scheduled(world)
    world.sleep(MINUTE + HALF_HOUR + 2 * MINUTE)
    _expect(world, reservation, Status.EXPIRED)
    assert world.changes[-1].late
    assert world.changes[-1].news is News.EXPIRED


def test_the_holders_start_uses_the_reservation() -> None:
    """Used is published at the start, not at the end of the transaction (ocpp.md 5.2)."""
    world = World()
    reservation = world.reserve()
    world.settle()
    assert world.start(HOLDER, transaction="7").accepted
    _expect(world, reservation, Status.IN_USE)
    assert world.known(reservation).end_reason is EndReason.USED
    assert world.known(reservation).transaction == "7"
    assert world.news == [News.PLACED, News.USED]
    assert not world.plan().commands
    world.end("7")
    _expect(world, reservation, Status.USED)
    assert world.news == [News.PLACED, News.USED]
    assert not world.book.ghosts


def test_a_reservation_in_use_ends_with_its_window() -> None:
    """The transaction may go on; it is used at the end of the window (ocpp.md 5.2)."""
    world = World()
    reservation = world.reserve()
    world.settle()
    world.start(HOLDER, transaction="7")
    world.end("another")
    _expect(world, reservation, Status.IN_USE)
    assert not world.may_start(STRANGER, None, 1, world.now)
    world.wait(HALF_HOUR)
    _expect(world, reservation, Status.USED)
    assert not world.changes[-1].late
    world.tell(Ended(transaction="7", at=world.now))
    _expect(world, reservation, Status.USED)


def test_a_start_that_was_refused_uses_nothing() -> None:
    """A start that we answered non-Accepted leaves the reservation unchanged (ocpp.md 5.4)."""
    world = World()
    reservation = world.reserve()
    world.settle()
    assert not world.start(STRANGER).accepted
    _expect(world, reservation, Status.ACTIVE, HoldState.HELD)


def test_a_start_elsewhere_uses_nothing() -> None:
    """The holder's start on another EVSE keeps the reservation; some chargers drop their hold by that (ocpp.md 5.4)."""
    world = World(evses=(1, 2))
    reservation = world.reserve(1)
    world.settle()
    world.start(HOLDER, 2)
    _expect(world, reservation, Status.ACTIVE, HoldState.UNCERTAIN)
    (again,) = world.settle()
    assert isinstance(again, PlaceHold)
    assert again.hold == reservation.reservation_id
    _expect(world, reservation, Status.ACTIVE, HoldState.HELD)


def test_a_token_that_comes_with_an_update_uses_the_reservation() -> None:
    """2.x may begin a transaction at plug-in and name the token later."""
    world = World()
    reservation = world.reserve()
    world.settle()
    world.start(None, transaction="7")
    _expect(world, reservation, Status.ACTIVE, HoldState.HELD)
    assert world.update("7") is None
    verdict = world.update("7", HOLDER)
    assert verdict is not None
    assert verdict.accepted
    _expect(world, reservation, Status.IN_USE)


def test_an_update_of_an_unknown_transaction_uses_nothing() -> None:
    """Where it runs is not known."""
    world = World()
    reservation = world.reserve()
    world.settle()
    world.update("unheard of", HOLDER)
    _expect(world, reservation, Status.ACTIVE, HoldState.HELD)


@pytest.mark.parametrize("outcome", Outcome)
def test_the_holder_may_start_while_the_hold_is_on_its_way(outcome: Outcome) -> None:
    """He is served at once; whatever the charger then says changes nothing, and what may be left is dropped."""
    world = World()
    reservation = world.reserve()
    (command,) = world.plan().commands
    world.send(command)
    world.start(HOLDER)
    _expect(world, reservation, Status.IN_USE)
    assert world.news == [News.PLACED, News.USED]
    world.answer(command, outcome)
    _expect(world, reservation, Status.IN_USE)
    assert world.settle() == [DropHold(hold=reservation.reservation_id)]


def test_a_start_from_the_queue_uses_the_reservation_that_was_held_then() -> None:
    """Decided by the transaction's own time (ocpp.md 5.4)."""
    world = World()
    reservation = world.reserve()
    world.settle()
    world.disconnect()
    world.wait(10 * MINUTE)
    world.connect()
    world.start(HOLDER, transaction="7", at=NOON + 5 * MINUTE)
    _expect(world, reservation, Status.IN_USE)


def test_a_start_from_the_queue_before_the_reservation_does_not_use_it() -> None:
    """It is another visit (ocpp.md 5.4)."""
    world = World(connected=False)
    world.wait(10 * MINUTE)
    reservation = world.reserve(held_by=HeldBy.CENTRAL_SYSTEM)
    world.wait(MINUTE)
    world.connect()
    world.start(HOLDER, transaction="7", at=NOON + 5 * MINUTE)
    _expect(world, reservation, Status.ACTIVE)


def test_a_start_that_is_told_twice_uses_the_reservation_once() -> None:
    """Chargers repeat a start until it is answered; it keeps its transaction id."""
    world = World()
    world.reserve()
    world.settle()
    assert world.start(HOLDER).transaction == world.start(HOLDER).transaction
    assert world.news == [News.PLACED, News.USED]


def test_a_reservation_expires_with_its_window() -> None:
    """By our own timer, also when the charger never reports it (ocpp.md 1.4)."""
    world = World()
    reservation = world.reserve()
    world.settle()
    world.wait(HALF_HOUR)
    _expect(world, reservation, Status.EXPIRED)
    assert world.known(reservation).end_reason is EndReason.EXPIRED
    assert world.news == [News.PLACED, News.EXPIRED]


def test_one_reservation_follows_another_without_a_gap() -> None:
    """Windows are half-open: the first expires in the instant in which the second begins."""
    world = World()
    first = world.reserve()
    second = world.reserve(token=STRANGER, start=NOON + HALF_HOUR)
    world.settle()
    world.wait(HALF_HOUR)
    _expect(world, first, Status.EXPIRED)
    # Our own hold would make the charger answer Occupied.
    (drop, place) = world.settle()
    assert drop == DropHold(hold=first.reservation_id)
    assert isinstance(place, PlaceHold)
    _expect(world, second, Status.ACTIVE, HoldState.HELD)


def test_a_reservation_is_cancelled_at_once_and_dropped_when_possible() -> None:
    """Cancelled at once, enforcement off, the wire call follows on reconnect (ocpp.md 5.4)."""
    world = World()
    reservation = world.reserve()
    world.settle()
    world.disconnect()
    world.cancel(reservation)
    _expect(world, reservation, Status.CANCELLED)
    assert world.known(reservation).end_reason is EndReason.CANCELLED
    assert world.may_start(STRANGER, None, 1, world.now)
    world.connect()
    world.status(1, ConnectorStatus.RESERVED)
    assert world.settle() == [DropHold(hold=reservation.reservation_id)]
    assert not world.book.ghosts


@pytest.mark.parametrize("outcome", Outcome)
def test_a_cancellation_during_the_call_wins(outcome: Outcome) -> None:
    """The answer comes too late for the reservation, and what it may have left is dropped (ocpp.md 5.2)."""
    world = World()
    reservation = world.reserve()
    (command,) = world.plan().commands
    world.send(command)
    world.cancel(reservation)
    world.answer(command, outcome)
    _expect(world, reservation, Status.CANCELLED)
    assert world.settle() == [DropHold(hold=reservation.reservation_id)]


@pytest.mark.parametrize("outcome", Outcome)
def test_an_expiry_during_the_call_wins(outcome: Outcome) -> None:
    """Nobody is told Placed after Expired (ocpp.md 5.2)."""
    world = World()
    reservation = world.reserve(lasting=MINUTE)
    (command,) = world.plan().commands
    world.send(command)
    world.wait(MINUTE)
    _expect(world, reservation, Status.EXPIRED)
    world.answer(command, outcome)
    assert world.news == [News.EXPIRED]
    assert not world.plan().commands
    world.wait(3 * SECOND)
    assert world.settle() == [DropHold(hold=reservation.reservation_id)]


def test_what_was_never_sent_leaves_nothing_to_drop() -> None:
    """Nothing of it can stand at the charger."""
    world = World()
    world.cancel(world.reserve())
    assert not world.book.ghosts
    assert not world.plan().commands


def test_a_restart_leaves_nobody_waiting_and_every_hold_in_doubt() -> None:
    """After a crash, placing counts as uncertain (ocpp.md 5.1): it may have been sent."""
    world = World(evses=(1, 2))
    world.reserve(1, held_by=HeldBy.CHARGER)
    world.reserve(2)
    world.restart()
    for reservation in world.ledger.living():
        assert not reservation.awaited
        assert reservation.hold is HoldState.UNCERTAIN
    assert not world.plan().commands
    world.connect()
    for evse in (1, 2):
        world.status(evse, ConnectorStatus.AVAILABLE)
    assert len(world.settle()) == 2
    for reservation in world.ledger.living():
        assert (reservation.status, reservation.hold) == (Status.ACTIVE, HoldState.HELD)


def test_one_for_any_that_is_bound_to_another_evse_is_shown_there() -> None:
    """Whoever looks at the old one, and at the new one, is told."""
    world = World(evses=(1, 2))
    reservation = world.reserve(Target.ANY, held_by=HeldBy.CENTRAL_SYSTEM)
    assert world.known(reservation).evse == 1
    world.status(1, ConnectorStatus.FAULTED)
    moved = world.changes[-1]
    assert moved.before is not None
    assert (moved.before.evse, moved.after.evse, moved.news) == (1, 2, News.CHANGED)


def test_the_central_system_keeps_a_broken_evse_where_there_is_no_other() -> None:
    """As it keeps a broken one by name: it may be mended in time."""
    world = World(evses=(1, 2))
    for evse in (1, 2):
        world.status(evse, ConnectorStatus.FAULTED)
    reservation = world.reserve(Target.ANY, held_by=HeldBy.CENTRAL_SYSTEM)
    assert (reservation.status, reservation.evse, reservation.at_risk) == (Status.ACTIVE, 1, True)


def test_a_drivers_other_token_does_not_keep_him_from_replacing() -> None:
    """What he has reserved with one of his tokens is his, also when he reserves as himself."""
    world = World()
    first = world.reserve(1, STRANGER, start=NOON + MINUTE, driver="anna")
    again = world.reserve(1, HOLDER, start=NOON + MINUTE, driver="anna", instead=True)
    assert world.status_of(first) is Status.CANCELLED
    assert world.status_of(again) is Status.SCHEDULED


def test_a_start_that_is_told_again_uses_nothing_more() -> None:
    """The holder has another one, for any connector, for somebody else."""
    world = World(evses=(1, 2))
    here, anywhere = (world.reserve(each, held_by=HeldBy.CENTRAL_SYSTEM) for each in (1, Target.ANY))
    for _ in range(2):
        world.start(HOLDER)
    world.update("1", HOLDER)
    assert (world.status_of(here), world.status_of(anywhere)) == (Status.IN_USE, Status.ACTIVE)
