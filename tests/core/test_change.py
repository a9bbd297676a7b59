"""Changing a reservation: its window, its EVSE, its holder, and what the charger is told of that."""

from datetime import timedelta
from typing import Any

from hypothesis import settings, strategies as st
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test
import pytest

from custom_components.ocpp_central.core.change import Amendment
from custom_components.ocpp_central.core.commands import DropHold, Outcome, PlaceHold
from custom_components.ocpp_central.core.events import ConnectorStatus, HoldEnd
from custom_components.ocpp_central.core.page import GHOST_LIFE
from custom_components.ocpp_central.core.refusal import Reason, Refusal
from custom_components.ocpp_central.core.reservation import HeldBy, HoldState, News, Reservation, Status, Window
from custom_components.ocpp_central.core.token import IdToken
from custom_components.ocpp_central.core.undo import undone

from .test_convergence import EVSES, Misbehaviour
from .world import CHARGER, HALF_HOUR, HOLDER, MINUTE, NOON, SECOND, STRANGER, World

HOUR = 2 * HALF_HOUR


def held(world: World, **wish: Any) -> Reservation:
    """A reservation that the charger holds."""
    reservation = world.reserve(**wish)
    world.settle()
    assert world.hold_of(reservation).state is HoldState.HELD
    return world.known(reservation)


def _refused(world: World, reservation: Reservation, **change: Any) -> Refusal:
    before = world.ledger
    with pytest.raises(Refusal) as refusal:
        world.change(reservation, **change)
    assert world.ledger is before
    return refusal.value


@pytest.mark.parametrize(
    ("change", "start", "end"),
    [
        ({"end": NOON + HOUR}, 0, 60),
        ({"duration": HOUR}, 0, 60),
        ({"start": NOON + HOUR}, 60, 90),
        ({"start": NOON - HOUR}, 5, 35),
        ({"start": NOON}, 0, 30),
        ({"start": NOON + HOUR, "end": NOON + 3 * HOUR}, 60, 180),
        ({"start": NOON + HOUR, "duration": 10 * MINUTE}, 60, 70),
        ({"start": NOON, "duration": HOUR}, 0, 60),
    ],
)
def test_the_window_follows_from_what_is_given(change: dict[str, Any], start: int, end: int) -> None:
    """A start alone moves the window, a duration counts from the start, and a start that has passed means now."""
    world = World()
    reservation = held(world)
    world.wait(5 * MINUTE)
    changed = world.change(reservation, **change)
    assert changed.window == Window(start=NOON + start * MINUTE, end=NOON + end * MINUTE)
    assert changed.updated == (NOON if changed.window == reservation.window else world.now)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"end": NOON + 4 * MINUTE}, Reason.IN_PAST),
        ({"end": NOON + 5 * MINUTE}, Reason.IN_PAST),
        ({"duration": -HOUR}, Reason.IN_PAST),
        ({"duration": timedelta.min}, Reason.IN_PAST),
        ({"end": NOON + 6 * MINUTE - SECOND}, Reason.TOO_SHORT),
        ({"end": NOON + timedelta(days=7) + SECOND}, Reason.TOO_LONG),
        ({"duration": timedelta.max}, Reason.TOO_LONG),
        ({"start": NOON + timedelta(days=366)}, Reason.BEYOND_HORIZON),
        ({"token": IdToken(value="X" * 21)}, Reason.TOKEN_TOO_LONG),
    ],
)
def test_the_bounds_are_those_of_a_new_one(change: dict[str, Any], reason: Reason) -> None:
    """What is left of it must be long enough, and all of it no longer than is allowed (ocpp.md 5.5)."""
    world = World()
    reservation = held(world)
    world.wait(5 * MINUTE)
    assert _refused(world, reservation, **change).reason is reason


def test_only_another_reservation_is_in_the_way() -> None:
    """Its own old window is no conflict; that of another one is named, and windows that touch are none."""
    world = World(evses=(1, 2))
    reservation = world.reserve(start=NOON + HOUR)
    other = world.reserve(start=NOON + 2 * HOUR)
    world.change(reservation, start=NOON + HOUR + 10 * MINUTE)
    world.change(reservation, end=other.window.start)
    refusal = _refused(world, reservation, end=other.window.start + SECOND)
    assert refusal.reason is Reason.CONFLICT
    assert refusal.obstacle is not None
    assert refusal.obstacle.reservation_id == other.reservation_id
    world.change(reservation, evse=2, end=other.window.end)


def test_an_unknown_one_and_one_in_use_are_not_changed() -> None:
    """Contract 3: reservation_not_found, reservation_in_use."""
    world = World()
    reservation = held(world)
    world.start()
    assert _refused(world, reservation, duration=HOUR).reason is Reason.IN_USE
    with pytest.raises(Refusal, match="not_found"):
        world.ledger.change("unknown", Amendment(duration=HOUR), world.charger, world.terms, now=world.now)


@pytest.mark.parametrize("change", [{}, {"evse": 1, "token": HOLDER, "start": NOON, "end": NOON + HALF_HOUR}])
def test_what_is_so_already_is_no_change(change: dict[str, Any]) -> None:
    """Nothing is written, sent or published."""
    world = World()
    reservation = held(world)
    before, news = world.ledger, world.news
    assert world.change(reservation, **change) == reservation
    assert world.ledger is before
    assert world.news == news


@pytest.mark.parametrize("change", [{"end": NOON + HOUR}, {"end": NOON + 10 * MINUTE}, {"token": STRANGER}])
def test_the_charger_is_told_anew_under_the_same_wire_id(change: dict[str, Any]) -> None:
    """H01.FR.02: the same id replaces."""
    world = World()
    reservation = held(world)
    changed = world.change(reservation, **change)
    assert (changed.status, changed.hold, changed.last_outcome) == (Status.ACTIVE, HoldState.PENDING, None)
    assert world.settle() == [
        PlaceHold(hold=reservation.reservation_id, evse=1, token=changed.token, until=changed.window.end)
    ]
    assert world.hold_of(reservation).state is HoldState.HELD
    assert not world.hold_of(reservation).outdated
    assert world.news == [News.PLACED, News.CHANGED]
    assert world.settle() == []


def test_a_new_start_alone_is_nothing_to_the_charger() -> None:
    """ReserveNow has no start."""
    world = World()
    reservation = held(world)
    world.wait(MINUTE)
    changed = world.change(reservation, start=world.now, end=reservation.window.end)
    assert (changed.window.start, changed.hold) == (world.now, HoldState.HELD)
    assert world.settle() == []


def test_a_reserved_status_does_not_confirm_what_is_outdated() -> None:
    """The charger shows what it held before; so it is told all the same, also on a new connection."""
    world = World()
    reservation = held(world)
    world.change(reservation, end=NOON + HOUR)
    command = world.next_command()
    world.send(command)
    world.answer(command, Outcome.TIMED_OUT)
    world.disconnect()
    world.connect()
    world.status(1, ConnectorStatus.AVAILABLE)
    world.status(1, ConnectorStatus.RESERVED)
    assert world.hold_of(reservation).state is HoldState.UNCERTAIN
    (command,) = world.settle()
    assert isinstance(command, PlaceHold)
    assert command.until == NOON + HOUR


def test_a_charger_that_does_not_replace_gets_another_wire_id() -> None:
    """ocpp.md 5.6: CancelReservation(id), then ReserveNow(new id); the reservation stands throughout."""
    world = World()
    reservation = held(world)
    world.change(reservation, end=NOON + HOUR)
    command = world.next_command()
    world.send(command)
    world.answer(command, Outcome.REJECTED)
    assert world.status_of(reservation) is Status.ACTIVE
    drop, place = world.settle()
    assert drop == DropHold(hold=reservation.reservation_id)
    assert isinstance(place, PlaceHold)
    assert place.hold != reservation.reservation_id
    assert world.reserve(start=NOON + 2 * HOUR).reservation_id not in {place.hold, reservation.reservation_id}
    assert world.known(reservation).reservation_id == reservation.reservation_id


def test_an_answer_to_what_was_asked_before_the_change_does_not_settle_it() -> None:
    """The reservation was changed while its ReserveNow was under way."""
    world = World()
    reservation = world.reserve()
    command = world.next_command()
    world.send(command)
    world.change(reservation, end=NOON + HOUR)
    world.answer(command, Outcome.ACCEPTED)
    assert world.status_of(reservation) is Status.ACTIVE
    assert world.hold_of(reservation).state is HoldState.PENDING
    (again,) = world.settle()
    assert isinstance(again, PlaceHold)
    assert (again.hold, again.until) == (command.hold, NOON + HOUR)  # type: ignore[union-attr]
    assert world.hold_of(reservation).state is HoldState.HELD


def test_what_was_not_sent_is_sent_as_it_is_now() -> None:
    """Nothing at the charger is outdated by that."""
    world = World()
    reservation = world.reserve()
    world.change(reservation, end=NOON + HOUR)
    (command,) = world.settle()
    assert isinstance(command, PlaceHold)
    assert command.until == NOON + HOUR
    assert world.status_of(reservation) is Status.ACTIVE


def test_a_hold_that_was_not_replaced_is_remembered_until_its_own_end() -> None:
    """A reservation that was shortened and has ended may have left the longer hold at the charger."""
    world = World()
    reservation = held(world, lasting=10 * HOUR)
    world.disconnect()
    world.change(reservation, duration=HOUR)
    world.wait(HOUR)
    assert world.status_of(reservation) is Status.EXPIRED
    (ghost,) = world.book.ghosts.values()
    assert ghost.until == NOON + 10 * HOUR + GHOST_LIFE


def test_a_hold_for_somebody_else_is_not_used_up() -> None:
    """It was handed over, and the new holder starts before the charger knows: the old hold is to be dropped."""
    world = World()
    reservation = held(world)
    world.change(reservation, token=STRANGER)
    assert world.start(STRANGER).accepted
    assert world.status_of(reservation) is Status.IN_USE
    assert world.settle() == [DropHold(hold=reservation.reservation_id)]


def test_a_hold_that_a_charger_cannot_renew_may_still_stand() -> None:
    """It suddenly does not know reservations: what it holds is dropped in the end."""
    world = World()
    reservation = held(world)
    world.change(reservation, end=NOON + HOUR)
    world.settle(Outcome.NOT_IMPLEMENTED)
    assert world.known(reservation).hold is HoldState.UNSUPPORTED
    world.cancel(reservation)
    assert reservation.reservation_id in world.book.ghosts


def test_moving_drops_the_old_hold_and_places_one_with_a_wire_id_of_its_own() -> None:
    """The old one goes first, so that a charger with one hold for each token can agree."""
    world = World(evses=(1, 2))
    reservation = held(world)
    changed = world.change(reservation, evse=2)
    assert (changed.evse, changed.status, changed.hold) == (2, Status.ACTIVE, HoldState.PENDING)
    drop, place = world.settle()
    assert drop == DropHold(hold=reservation.reservation_id)
    assert isinstance(place, PlaceHold)
    assert place.evse == 2
    assert place.hold != reservation.reservation_id
    assert world.hold_of(reservation).state is HoldState.HELD
    assert world.authorize(STRANGER, 1).accepted
    assert not world.authorize(STRANGER, 2).accepted


def test_what_was_never_sent_moves_with_its_wire_id() -> None:
    """Nothing can stand at the old EVSE."""
    world = World(evses=(1, 2))
    reservation = world.reserve()
    world.change(reservation, evse=2)
    (command,) = world.settle()
    assert isinstance(command, PlaceHold)
    assert (command.hold, command.evse) == (reservation.reservation_id, 2)


def test_a_charger_that_cannot_reserve_is_not_asked_elsewhere() -> None:
    """The central system keeps strangers out there as well."""
    world = World(evses=(1, 2))
    reservation = world.reserve()
    world.settle(Outcome.NOT_IMPLEMENTED)
    assert world.change(reservation, evse=2).hold is HoldState.UNSUPPORTED
    assert world.settle() == []
    assert not world.authorize(STRANGER, 2).accepted


def test_what_the_central_system_holds_moves_alone() -> None:
    """ReserveNow is never sent for it, nor is a plugged car or a fault in its way (ocpp.md 5.3)."""
    world = World(evses=(1, 2))
    reservation = world.reserve(held_by=HeldBy.CENTRAL_SYSTEM)
    for status in (ConnectorStatus.PREPARING, ConnectorStatus.FAULTED):
        world.status(2, status)
        assert world.change(reservation, evse=2).holds == {}
        world.change(reservation, evse=1)
    assert world.settle() == []
    assert News.BUSY not in world.news


@pytest.mark.parametrize(
    ("status", "reason"),
    [(ConnectorStatus.FAULTED, Reason.FAULTED), (ConnectorStatus.OUT_OF_SERVICE, Reason.UNAVAILABLE)],
)
def test_a_broken_evse_is_no_better_place_now(status: ConnectorStatus, reason: Reason) -> None:
    """But it may be repaired later, and of an offline charger nothing is known."""
    world = World(evses=(1, 2))
    reservation = held(world)
    world.status(2, status)
    assert _refused(world, reservation, evse=2).reason is reason
    world.change(reservation, evse=2, start=NOON + HOUR)
    assert _refused(world, reservation, start=NOON).reason is reason
    world.disconnect()
    assert world.change(reservation, start=NOON).status is Status.ACTIVE


def test_somebody_who_charges_is_in_the_way() -> None:
    """As of a new one; the holder himself is not."""
    world = World(evses=(1, 2))
    reservation = held(world)
    world.start(STRANGER, 2)
    world.status(2, ConnectorStatus.CHARGING)
    assert _refused(world, reservation, evse=2).reason is Reason.OCCUPIED
    world.change(reservation, evse=2, token=STRANGER)
    assert world.status_of(reservation) is Status.IN_USE


def test_a_plugged_car_delays_the_hold() -> None:
    """Active, pending, Occupied, busy (contract 3)."""
    world = World(evses=(1, 2))
    reservation = held(world)
    world.status(2, ConnectorStatus.PREPARING)
    changed = world.change(reservation, evse=2)
    assert (changed.hold, changed.last_outcome) == (HoldState.PENDING, Outcome.OCCUPIED)
    assert world.news[-2:] == [News.CHANGED, News.BUSY]


def test_a_postponed_reservation_begins_again() -> None:
    """Its hold is dropped, and the next one has a wire id of its own: the old one may stand for a while."""
    world = World()
    reservation = held(world)
    changed = world.change(reservation, start=NOON + 20 * MINUTE)
    assert (changed.status, changed.hold) == (Status.SCHEDULED, HoldState.NONE)
    assert world.authorize(STRANGER, 1).accepted
    world.disconnect()
    world.restart()
    world.wait(20 * MINUTE)
    assert world.status_of(reservation) is Status.ACTIVE
    assert set(world.book.ghosts) == {reservation.reservation_id}
    world.connect()
    world.status(1, ConnectorStatus.RESERVED)
    drop, place = world.settle()
    assert drop == DropHold(hold=reservation.reservation_id)
    assert isinstance(place, PlaceHold)
    assert place.hold != reservation.reservation_id
    assert world.news == [News.PLACED, News.CHANGED, News.PLACED]


def test_whoever_waits_for_a_hold_may_be_given_another() -> None:
    """It was moved while it was being placed: the answer for the old place counts for nothing."""
    world = World(evses=(1, 2))
    reservation = world.reserve()
    command = world.next_command()
    world.send(command)
    world.change(reservation, evse=2)
    world.answer(command, Outcome.OCCUPIED)
    assert world.status_of(reservation) is Status.PLACING
    world.settle()
    assert (world.status_of(reservation), world.hold_of(reservation).state) == (Status.ACTIVE, HoldState.HELD)


def test_a_lost_hold_is_placed_again_as_it_is_now() -> None:
    """The charger dropped it before it could be told of the change."""
    world = World()
    reservation = held(world)
    world.change(reservation, end=NOON + HOUR)
    world.hold_ended(reservation.reservation_id, HoldEnd.REMOVED)
    world.change(reservation, end=NOON + 2 * HOUR)
    assert world.hold_of(reservation).state is HoldState.LOST
    world.wait(MINUTE)
    world.settle()
    assert world.hold_of(reservation).stands_until == NOON + 2 * HOUR


@pytest.mark.parametrize("change", [{"evse": 2}, {"start": NOON + HOUR}, {"duration": HOUR}, {"token": STRANGER}])
def test_a_change_is_taken_back(change: dict[str, Any]) -> None:
    """It could not be saved: the reservation and its hold are as they were."""
    world = World(evses=(1, 2))
    reservation = held(world)
    before = world.ledger
    amendment = Amendment(**change)
    step = before.change(reservation.uid, amendment, world.charger, world.terms, now=world.now)
    assert undone(step.ledger, step).books == before.books
    world.take(step)
    world.disconnect()
    world.connect()
    back = undone(world.ledger, step).find(reservation.uid)
    assert back is not None
    assert (back.window, back.evse, back.token) == (reservation.window, reservation.evse, reservation.token)


def test_what_the_holder_began_meanwhile_stays() -> None:
    """He charges, or it is over: that cannot be taken back."""
    world = World()
    reservation = held(world)
    step = world.take(
        world.ledger.change(reservation.uid, Amendment(duration=HOUR), world.charger, world.terms, now=world.now)
    )
    world.start()
    assert undone(world.ledger, step) == world.ledger
    world.end("1")
    assert undone(world.ledger, step) == world.ledger
    assert CHARGER in world.ledger.books


class Changing(Misbehaviour):
    """A reservation that the charger held in the beginning is changed over and over, while the charger misbehaves."""

    @initialize(evse=st.sampled_from(EVSES), held_by=st.sampled_from([HeldBy.AUTO, HeldBy.CHARGER]))
    def begin(self, evse: int, held_by: HeldBy) -> None:
        self.world.connect()
        self.charger.report()
        self.only = self.world.reserve(evse, lasting=600 * MINUTE, held_by=held_by)
        self.behave()

    def _change(self, **change: Any) -> None:
        try:
            self.world.change(self.only, **change)
        except Refusal:
            return

    @rule(minutes=st.sampled_from([300, 500, 700]))
    def extend_or_shorten(self, minutes: int) -> None:
        self._change(duration=minutes * MINUTE)

    @rule(token=st.sampled_from([HOLDER, STRANGER]))
    def hand_over(self, token: IdToken) -> None:
        self._change(token=token)

    @rule(evse=st.sampled_from(EVSES))
    def move(self, evse: int) -> None:
        self._change(evse=evse)

    @rule(minutes=st.sampled_from([0, 1, 5]))
    def begin_later(self, minutes: int) -> None:
        self._change(start=self.world.now + minutes * MINUTE)

    @precondition(lambda self: self.world.plan().commands)
    @rule(does=st.booleans(), says=st.sampled_from([Outcome.ACCEPTED, Outcome.TIMED_OUT, Outcome.FAILED]))
    def change_under_way(self, *, does: bool, says: Outcome) -> None:
        """It is changed while the charger thinks about something."""
        command = self.world.next_command()
        self.world.send(command)
        self.extend_or_shorten(400 if does else 500)
        done = self.charger.obey(command) if does else Outcome.FAILED
        self.world.answer(command, done if says is Outcome.ACCEPTED else says)


class ChangingSilent(Changing):
    """The charger never shows that a connector is reserved."""

    shows = False


class ChangingStubborn(Changing):
    """The charger refuses a reservation id that it knows."""

    replaces = False


@pytest.mark.parametrize("kind", [Changing, ChangingSilent, ChangingStubborn])
def test_the_charger_comes_to_hold_what_was_last_agreed(kind: type[Misbehaviour]) -> None:
    """However it was changed meanwhile: the EVSE, the holder and the end that the charger has are the last ones."""
    run_state_machine_as_test(kind, settings=settings(max_examples=150, stateful_step_count=20))
