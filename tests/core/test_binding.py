"""Which EVSE whoever may have any gets and when he gets another one, and the holds that follow; also of whole chargers."""

import pytest

from custom_components.ocpp_central.core.commands import Command, DropHold, Outcome, PlaceHold
from custom_components.ocpp_central.core.events import ConnectorStatus, HoldEnd
from custom_components.ocpp_central.core.refusal import Reason, Refusal
from custom_components.ocpp_central.core.reservation import HeldBy, HoldState, News, Reservation, Status, Target
from custom_components.ocpp_central.core.token import IdToken

from .world import HALF_HOUR, HOLDER, MINUTE, NOON, SECOND, STRANGER, World

OTHER = IdToken(value="OTHER")
REFUSALS = [Outcome.OCCUPIED, Outcome.FAULTED, Outcome.UNAVAILABLE, Outcome.REJECTED]
BROKEN = [ConnectorStatus.FAULTED, ConnectorStatus.OUT_OF_SERVICE]
ALL = Target.WHOLE_CHARGER


def three(**equipment: bool) -> World:
    """A charger with three EVSEs: two with type 2, two with CCS; one that is for any goes to 1, 3, and at last to 2."""
    world = World(evses=(1, 2, 3))
    world.equip({1: {"cType2"}, 2: {"cType2", "cCCS2"}, 3: {"cCCS2"}}, **equipment)
    return world


def send(world: World, outcome: Outcome = Outcome.ACCEPTED) -> Command:
    """Carry out the first command that is planned."""
    command = world.next_command()
    world.send(command)
    world.answer(command, outcome)
    return command


def place(reservation: Reservation, evse: int | None, hold: int, connector_type: str | None = None) -> PlaceHold:
    """The ReserveNow that is due for a reservation."""
    return PlaceHold(
        hold=hold,
        evse=evse,
        connector_type=connector_type,
        token=reservation.token,
        group=reservation.group,
        until=reservation.until,
    )


# When it begins.


def test_one_for_any_that_begins_now_is_bound_and_held_by_name() -> None:
    """The charger says nothing of keeping one of its choice, so we choose (ocpp.md 5.6)."""
    world = three()
    reservation = world.reserve(Target.ANY)
    assert (reservation.evse, reservation.is_unbound) == (1, False)
    assert world.settle() == [place(reservation, 1, reservation.reservation_id)]
    assert world.status_of(reservation) is Status.ACTIVE


def test_one_for_any_that_begins_later_is_bound_late() -> None:
    """Until then only that there is room for it is certain: the EVSE that is free by then is its own."""
    world = three()
    reservation = world.reserve(Target.ANY, start=NOON + MINUTE)
    assert (reservation.evse, reservation.planned, reservation.status) == (None, 1, Status.SCHEDULED)
    world.start(STRANGER, 1)
    world.status(1, ConnectorStatus.CHARGING)
    world.wait(MINUTE)
    assert world.known(reservation).evse == 3
    assert world.settle() == [place(reservation, 3, reservation.reservation_id)]


def test_the_central_system_alone_binds_it_too() -> None:
    """Whoever holds it: the driver has to know where."""
    world = three(unspecific=True)
    reservation = world.reserve(Target.ANY, held_by=HeldBy.CENTRAL_SYSTEM)
    assert (reservation.status, reservation.evse, reservation.holds) == (Status.ACTIVE, 1, {})


def test_the_charger_keeps_some_evse_where_it_can() -> None:
    """H01.FR.04: no EVSE is named, and the reservation is bound to none."""
    world = three(unspecific=True)
    reservation = world.reserve(Target.ANY)
    assert world.settle() == [place(reservation, None, reservation.reservation_id)]
    assert (world.status_of(reservation), world.known(reservation).is_unbound) == (Status.ACTIVE, True)
    assert world.hold_of(reservation).state is HoldState.HELD


def test_the_charger_keeps_some_evse_of_a_type_where_it_can() -> None:
    """H01.FR.09: the type goes along, but only where no EVSE is named (TC_H_01, TC_H_15)."""
    world = three(unspecific=True, by_type=True)
    unnamed = world.reserve("cCCS2")
    assert world.settle() == [place(unnamed, None, unnamed.reservation_id, "cCCS2")]
    world = three()
    named = world.reserve("cCCS2")
    assert world.settle() == [place(named, 3, named.reservation_id)]


def test_what_the_charger_keeps_is_not_given_away_by_name() -> None:
    """Who named an EVSE has it only as long as those for any still find one in any order."""
    world = three(unspecific=True)
    first = world.reserve(Target.ANY)
    world.settle()
    for evse, token in ((1, STRANGER), (2, OTHER)):
        world.reserve(evse, token)
        world.settle()
    with pytest.raises(Refusal) as caught:
        world.reserve(3, STRANGER)
    assert caught.value.reason is Reason.CONFLICT
    assert caught.value.obstacle is not None
    assert (caught.value.obstacle.reservation_id, caught.value.obstacle.evse) == (first.reservation_id, None)


def test_what_the_charger_says_it_cannot_keep_is_bound_at_once() -> None:
    """Not when somebody comes: he could be let in at the very EVSE that it is then bound to."""
    world = three(unspecific=True, by_type=True)
    reservation = world.reserve("cCCS2")
    world.settle()
    assert world.known(reservation).evse is None
    world.abilities(claims_reservations=None)
    assert world.known(reservation).evse == 3


# When its EVSE fails it.


@pytest.mark.parametrize("status", BROKEN)
def test_it_moves_when_its_evse_breaks(status: ConnectorStatus) -> None:
    """Unbound: bind to another EVSE (ocpp.md 5.4); what may stand at the old one is dropped."""
    world = three()
    reservation = world.reserve(Target.ANY)
    world.settle()
    world.status(1, status)
    moved = world.known(reservation)
    assert (moved.evse, moved.status, moved.reservation_id) == (3, Status.ACTIVE, reservation.reservation_id)
    drop, again = world.settle()
    assert drop == DropHold(hold=reservation.reservation_id)
    assert again == place(moved, 3, reservation.reservation_id + 1)
    assert world.hold_of(reservation).state is HoldState.HELD
    assert not world.book.ghosts


def test_it_moves_when_a_stranger_charges_at_its_evse() -> None:
    """The charger lets him, though he was refused; most end that in a moment, so that nobody has to move."""
    world = three()
    reservation = world.reserve(Target.ANY, held_by=HeldBy.CENTRAL_SYSTEM)
    assert reservation.evse == 1
    assert not world.start(STRANGER, 1).accepted
    world.status(1, ConnectorStatus.CHARGING)
    world.wait(59 * SECOND)
    assert world.known(reservation).evse == 1
    world.wait(SECOND)
    assert world.known(reservation).evse == 3


def test_it_leaves_an_evse_with_a_car_to_whoever_came() -> None:
    """Unless the charger holds it: then the car is the holder's, or is kept out."""
    world = three()
    held, kept = world.reserve(Target.ANY), world.reserve(Target.ANY, STRANGER, held_by=HeldBy.CENTRAL_SYSTEM)
    world.settle()
    places = world.known(held).evse, world.known(kept).evse
    for evse in places:
        assert evse is not None
        world.status(evse, ConnectorStatus.PREPARING)
    assert world.known(held).evse == places[0]
    assert world.known(kept).evse not in places
    assert world.known(kept).evse is not None


def test_a_holder_may_take_another_free_one() -> None:
    """He leaves the one that he was bound to for those who may have any."""
    world = World(evses=(1, 2))
    bound = world.reserve(1)
    world.settle()
    world.change(bound, target=Target.ANY)
    world.equip(unspecific=True)
    world.reserve(Target.ANY, STRANGER)
    world.settle()
    assert world.start(HOLDER, 2).accepted
    assert world.known(bound).evse == 2
    assert world.status_of(bound) is Status.IN_USE


def test_it_stays_where_it_is_if_there_is_no_other() -> None:
    """Its EVSE may be mended; until then the holder is warned."""
    world = World(evses=(1, 2))
    reservation = world.reserve(Target.ANY)
    world.settle()
    world.reserve(2, STRANGER)
    world.settle()
    world.status(1, ConnectorStatus.FAULTED)
    assert (world.known(reservation).evse, world.known(reservation).at_risk) == (1, True)
    world.status(1, ConnectorStatus.AVAILABLE)
    world.wait(2 * SECOND)
    world.settle()
    assert world.hold_of(reservation).state is HoldState.HELD


def test_it_moves_to_what_fits() -> None:
    """Another type of plug is of no use."""
    world = three()
    reservation = world.reserve("CTYPE2")
    world.settle()
    world.status(1, ConnectorStatus.FAULTED)
    assert world.known(reservation).evse == 2
    world.status(2, ConnectorStatus.FAULTED)
    assert world.known(reservation).evse == 2, "3 has no such plug"


def test_a_named_reservation_never_moves() -> None:
    """Whoever named an EVSE means it."""
    world = three()
    reservation = world.reserve(1)
    world.settle()
    world.status(1, ConnectorStatus.FAULTED)
    assert world.known(reservation).evse == 1


def test_one_that_the_charger_keeps_unnamed_stays_unnamed_when_an_evse_breaks() -> None:
    """It is the charger's business which one it keeps, as long as there is one."""
    world = three(unspecific=True)
    reservation = world.reserve(Target.ANY)
    world.settle()
    world.status(1, ConnectorStatus.FAULTED)
    assert world.known(reservation).is_unbound
    assert world.plan().commands == ()


def test_the_charger_keeps_nothing_unnamed_without_an_evse_for_it() -> None:
    """Else it would keep for it what is another's by name, and let neither of them in."""
    world = World(evses=(1, 2))
    world.equip(unspecific=True)
    unnamed = world.reserve(Target.ANY)
    world.settle()
    named = world.reserve(2, STRANGER)
    world.settle()
    world.status(1, ConnectorStatus.FAULTED)
    assert (world.known(unnamed).at_risk, world.known(unnamed).holds) == (True, {})
    assert world.settle() == [DropHold(hold=unnamed.reservation_id)]
    assert world.hold_of(named).state is HoldState.HELD
    world.status(1, ConnectorStatus.AVAILABLE)
    world.settle()
    assert world.known(unnamed).at_risk is False
    assert world.hold_of(unnamed).state is HoldState.HELD


# What the charger answers.


@pytest.mark.parametrize("held_by", [HeldBy.AUTO, HeldBy.CHARGER])
@pytest.mark.parametrize("outcome", REFUSALS)
def test_another_evse_is_tried_when_the_charger_refuses_one(outcome: Outcome, held_by: HeldBy) -> None:
    """Whoever may have any is refused once all were tried, with the last word."""
    world = three()
    reservation = world.reserve(Target.ANY, held_by=held_by)
    hold = reservation.reservation_id
    assert send(world, outcome) == place(reservation, 1, hold)
    assert world.status_of(reservation) is Status.PLACING
    assert send(world, outcome) == place(reservation, 3, hold), "the charger has none by this id"
    assert send(world, outcome) == place(reservation, 2, hold)
    assert world.status_of(reservation) is Status.REJECTED
    assert world.known(reservation).last_outcome is outcome
    assert world.news == [News.REJECTED]
    assert not world.book.ghosts


def test_the_first_evse_that_the_charger_holds_is_it() -> None:
    """Occupied, then Accepted."""
    world = three()
    reservation = world.reserve(Target.ANY)
    send(world, Outcome.OCCUPIED)
    send(world)
    assert (world.known(reservation).evse, world.status_of(reservation)) == (3, Status.ACTIVE)
    assert world.known(reservation).tried == ()
    assert world.plan().commands == ()


def test_an_evse_of_another_type_is_not_tried() -> None:
    """Refused once all that fit were tried."""
    world = three()
    reservation = world.reserve("cCCS2")
    assert send(world, Outcome.OCCUPIED) == place(reservation, 3, reservation.reservation_id)
    assert send(world, Outcome.OCCUPIED) == place(reservation, 2, reservation.reservation_id)
    assert world.status_of(reservation) is Status.REJECTED


@pytest.mark.parametrize("outcome", [Outcome.REJECTED, Outcome.NOT_IMPLEMENTED])
def test_an_unnamed_hold_that_the_charger_does_not_do_becomes_a_named_one(outcome: Outcome) -> None:
    """H01.FR.19: it claims to, or did before; it is asked for no unnamed one again until it boots."""
    world = three(unspecific=True)
    reservation = world.reserve(Target.ANY)
    hold = reservation.reservation_id
    assert send(world, outcome) == place(reservation, None, hold)
    assert world.known(reservation).evse == 1
    assert send(world) == place(reservation, 1, hold)
    assert world.status_of(reservation) is Status.ACTIVE
    second = world.reserve(Target.ANY, STRANGER)
    assert send(world) == place(second, 3, second.reservation_id)
    world.boot()
    third = world.reserve(Target.ANY, OTHER)
    assert send(world) == place(third, None, third.reservation_id)


def test_a_charger_that_does_not_know_reservations_is_asked_once_unnamed_and_once_named() -> None:
    """Then the central system alone keeps strangers out of the EVSE."""
    world = three(unspecific=True)
    reservation = world.reserve(Target.ANY)
    send(world, Outcome.NOT_IMPLEMENTED)
    send(world, Outcome.NOT_IMPLEMENTED)
    assert (world.status_of(reservation), world.known(reservation).evse) == (Status.ACTIVE, 1)
    assert world.hold_of(reservation).state is HoldState.UNSUPPORTED
    assert not world.plan().commands


@pytest.mark.parametrize("outcome", [Outcome.OCCUPIED, Outcome.FAULTED, Outcome.UNAVAILABLE])
def test_an_unnamed_hold_that_finds_no_place_is_tried_by_name(outcome: Outcome) -> None:
    """The charger may mean less by it than we do; that it can hold unnamed ones is not in doubt."""
    world = three(unspecific=True)
    reservation = world.reserve(Target.ANY)
    send(world, outcome)
    assert world.known(reservation).evse == 1
    send(world)
    assert world.book.can_hold_any


# Starts.


def test_whoever_may_have_any_is_bound_where_he_starts() -> None:
    """And keeps that one until he leaves; what was held for him elsewhere is dropped."""
    world = three()
    reservation = world.reserve(Target.ANY)
    world.settle()
    assert world.start(HOLDER, 3).accepted
    assert (world.known(reservation).status, world.known(reservation).evse) == (Status.IN_USE, 3)
    assert world.settle() == [DropHold(hold=reservation.reservation_id)]
    assert world.start(STRANGER, 1).accepted, "it is free for others"


def test_a_start_uses_what_is_named_before_what_is_for_any() -> None:
    """What he has reserved elsewhere stays."""
    world = three()
    anything = world.reserve(Target.ANY)
    named = world.reserve(3)
    world.settle()
    world.start(HOLDER, 3)
    assert (world.status_of(anything), world.status_of(named)) == (Status.ACTIVE, Status.IN_USE)


@pytest.mark.parametrize("unspecific", [False, True])
def test_a_start_where_the_type_is_another_uses_nothing(unspecific: bool) -> None:
    """It may do so like anybody."""
    world = three(unspecific=unspecific, by_type=unspecific)
    reservation = world.reserve("cType2")
    world.settle()
    assert world.start(HOLDER, 3).accepted
    assert world.status_of(reservation) is Status.ACTIVE


def test_an_unnamed_hold_is_used_up_where_the_charger_says_so() -> None:
    """1.6 section 4.8, H01.FR.15: the start carries its id, and nothing has to be dropped."""
    world = three(unspecific=True)
    reservation = world.reserve(Target.ANY)
    world.settle()
    world.start(HOLDER, 2, hold=reservation.reservation_id)
    assert (world.status_of(reservation), world.known(reservation).evse) == (Status.IN_USE, 2)
    assert not world.plan().commands


def test_of_two_unnamed_holds_that_one_is_used_which_the_charger_names() -> None:
    """A holder may have two, and it is the charger's choice which of them goes."""
    world = three(unspecific=True)
    first, second = world.reserve(Target.ANY), world.reserve(Target.ANY)
    world.settle()
    world.start(HOLDER, 2, hold=second.reservation_id)
    assert (world.status_of(first), world.status_of(second)) == (Status.ACTIVE, Status.IN_USE)


def test_an_unnamed_hold_is_dropped_if_the_charger_does_not_say_that_it_was_used_up() -> None:
    """Chargers forget the id; another unnamed hold may have gone by the start."""
    world = three(unspecific=True)
    first, second = world.reserve(Target.ANY), world.reserve(Target.ANY)
    world.settle()
    world.start(HOLDER, 2)
    assert (world.status_of(first), world.status_of(second)) == (Status.IN_USE, Status.ACTIVE)
    assert world.settle() == [
        DropHold(hold=first.reservation_id),
        place(second, None, second.reservation_id),
    ]


# The whole charger.


def test_a_whole_charger_has_a_hold_for_each_evse() -> None:
    """Each with a wire id of its own, the first one equal to the reservation id (ocpp.md 5.6)."""
    world = three()
    reservation = world.reserve(ALL)
    number = reservation.reservation_id
    assert world.settle() == [place(reservation, evse, number + evse - 1) for evse in (1, 2, 3)]
    assert (world.status_of(reservation), world.known(reservation).hold) == (Status.ACTIVE, HoldState.HELD)
    assert world.news == [News.PLACED]


def test_a_whole_charger_is_reserved_once_all_of_it_is_held() -> None:
    """Not before: somebody waits to be told whether it is."""
    world = three()
    reservation = world.reserve(ALL)
    for _ in range(2):
        send(world)
        assert world.status_of(reservation) is Status.PLACING
    send(world)
    assert world.status_of(reservation) is Status.ACTIVE


@pytest.mark.parametrize("held_by", [HeldBy.AUTO, HeldBy.CHARGER])
@pytest.mark.parametrize("outcome", REFUSALS)
def test_a_whole_charger_is_refused_as_a_whole(outcome: Outcome, held_by: HeldBy) -> None:
    """One EVSE that it will not hold is one too few, and what it did hold is dropped."""
    world = three()
    reservation = world.reserve(ALL, held_by=held_by)
    send(world)
    send(world, outcome)
    assert world.status_of(reservation) is Status.REJECTED
    assert world.known(reservation).last_outcome is outcome
    assert world.settle() == [DropHold(hold=reservation.reservation_id)]
    assert not world.book.ghosts


def test_a_whole_charger_is_in_nobodys_way_only_where_nothing_is_reserved() -> None:
    """It conflicts with every reservation in its window, and every later one with it."""
    world = three()
    one = world.reserve(2, STRANGER, start=NOON + HALF_HOUR)
    with pytest.raises(Refusal) as caught:
        world.reserve(ALL, lasting=HALF_HOUR + MINUTE)
    assert caught.value.obstacle is not None
    assert caught.value.obstacle.reservation_id == one.reservation_id
    whole = world.reserve(ALL)
    for what in (1, Target.ANY, "cType2", ALL):
        with pytest.raises(Refusal) as caught:
            world.reserve(what, STRANGER)
        assert caught.value.reason is Reason.CONFLICT
        assert caught.value.obstacle is not None
        assert caught.value.obstacle.reservation_id == whole.reservation_id


def test_whoever_has_the_whole_charger_keeps_it_while_he_charges() -> None:
    """His start uses it; at the other EVSEs strangers stay out, by the charger's holds too, until he leaves."""
    world = three()
    reservation = world.reserve(ALL)
    world.settle()
    number = reservation.reservation_id
    assert not world.start(STRANGER, 2).accepted
    world.end("1")
    assert world.start(HOLDER, 2, transaction="7").accepted
    assert world.status_of(reservation) is Status.IN_USE
    assert set(world.known(reservation).holds) == {1, 3}
    assert not world.plan().commands
    for evse in (1, 3):
        assert not world.authorize(STRANGER, evse).accepted
        assert world.authorize(HOLDER, evse).accepted
    world.end("7")
    assert world.status_of(reservation) is Status.USED
    assert world.settle() == [DropHold(hold=number), DropHold(hold=number + 2)]
    assert world.authorize(STRANGER, 1).accepted


def test_what_is_left_of_a_whole_charger_in_use_is_held_again_when_it_is_lost() -> None:
    """Other EVSEs are as much reserved as before the start."""
    world = three()
    reservation = world.reserve(ALL)
    world.settle()
    number = reservation.reservation_id
    world.start(HOLDER, 2, transaction="7")
    world.status(2, ConnectorStatus.CHARGING)
    world.hold_ended(number, HoldEnd.REMOVED)
    world.wait(2 * SECOND)
    assert world.settle() == [place(reservation, 1, number)]
    world.disconnect()
    world.connect()
    for evse, status in ((1, "reserved"), (2, "charging"), (3, "reserved")):
        world.status(evse, ConnectorStatus(status))
    assert {each.evse for each in world.settle() if isinstance(each, PlaceHold)} == {1, 3}
    assert world.known(reservation).hold is HoldState.HELD


def test_a_whole_charger_with_a_car_is_asked_for_the_rest_once_it_is_gone() -> None:
    """Contract 3, "car already plugged in": nothing is sent for the EVSE where it stands."""
    world = three()
    world.status(2, ConnectorStatus.PREPARING)
    reservation = world.reserve(ALL)
    assert (reservation.status, reservation.last_outcome) == (Status.ACTIVE, Outcome.OCCUPIED)
    assert world.news == [News.PLACED, News.BUSY]
    assert [each.evse for each in world.settle() if isinstance(each, PlaceHold)] == [1, 3]
    world.status(2, ConnectorStatus.AVAILABLE)
    world.wait(2 * SECOND)
    assert [each.evse for each in world.settle() if isinstance(each, PlaceHold)] == [2]
    assert world.known(reservation).hold is HoldState.HELD


def test_a_whole_charger_is_no_connector_zero() -> None:
    """That would keep just one EVSE free (ocpp.md 5.6)."""
    world = three(unspecific=True)
    world.reserve(ALL)
    assert all(isinstance(each, PlaceHold) and each.evse is not None for each in world.settle())


# At risk.


def test_the_holder_is_warned_once_that_there_may_be_no_evse() -> None:
    """And again only after it had looked better (ocpp.md 4.5); nothing is given up by itself."""
    world = World(evses=(1, 2))
    reservation = world.reserve(1, start=NOON + HALF_HOUR)
    world.status(1, ConnectorStatus.FAULTED)
    world.status(1, ConnectorStatus.OUT_OF_SERVICE)
    assert world.news == [News.SCHEDULED, News.AT_RISK]
    world.status(1, ConnectorStatus.AVAILABLE)
    assert world.known(reservation).at_risk is False
    world.status(1, ConnectorStatus.FAULTED)
    assert world.news == [News.SCHEDULED, News.AT_RISK, News.AT_RISK]
    assert world.status_of(reservation) is Status.SCHEDULED


def test_what_is_long_to_come_is_not_at_risk_yet() -> None:
    """Somebody may mend it until an hour before; looked at again whenever something changes."""
    world = World()
    world.status(1, ConnectorStatus.FAULTED)
    world.reserve(1, start=NOON + 3 * HALF_HOUR)
    assert world.news == [News.SCHEDULED]
    world.wait(HALF_HOUR + SECOND)
    world.status(1, ConnectorStatus.OUT_OF_SERVICE)
    assert world.news == [News.SCHEDULED, News.AT_RISK]


def test_of_those_who_may_have_any_the_one_made_last_is_warned() -> None:
    """The earliest made wins (ocpp.md 4.5)."""
    world = World(evses=(1, 2))
    first = world.reserve(Target.ANY, start=NOON + HALF_HOUR)
    world.wait(SECOND)
    last = world.reserve(Target.ANY, STRANGER, start=NOON + HALF_HOUR)
    world.status(1, ConnectorStatus.FAULTED)
    assert (world.known(first).at_risk, world.known(last).at_risk) == (False, True)
    world.wait(HALF_HOUR)
    assert (world.known(first).evse, world.known(last).evse) == (2, None)
    assert world.status_of(last) is Status.ACTIVE
    world.status(1, ConnectorStatus.AVAILABLE)
    assert (world.known(last).evse, world.known(last).at_risk) == (1, False)


def test_a_whole_charger_is_at_risk_only_if_nothing_of_it_works() -> None:
    """One EVSE is enough for the holder's car."""
    world = World(evses=(1, 2))
    reservation = world.reserve(ALL)
    world.settle()
    world.status(1, ConnectorStatus.FAULTED)
    assert News.AT_RISK not in world.news
    world.status(2, ConnectorStatus.FAULTED)
    assert world.known(reservation).at_risk


# Moving to any.


def test_one_for_an_evse_becomes_one_for_any() -> None:
    """It keeps the EVSE that it has; another one is found when that fails."""
    world = three()
    reservation = world.reserve(2)
    world.settle()
    changed = world.change(reservation, target=Target.ANY)
    assert (changed.target, changed.evse, changed.hold) == (Target.ANY, 2, HoldState.HELD)
    assert world.news[-1] is News.CHANGED
    assert not world.plan().commands
    world.status(2, ConnectorStatus.FAULTED)
    assert world.known(reservation).evse == 1


def test_one_for_any_becomes_one_for_an_evse() -> None:
    """From then on it is that one."""
    world = three(unspecific=True)
    reservation = world.reserve(Target.ANY)
    world.settle()
    changed = world.change(reservation, evse=3)
    assert (changed.target, changed.evse) == (Target.CONNECTOR, 3)
    drop, again = world.settle()
    assert drop == DropHold(hold=reservation.reservation_id)
    assert again == place(changed, 3, reservation.reservation_id + 1)


def test_a_scheduled_one_that_becomes_one_for_any_is_planned() -> None:
    """It moves nobody, and is bound when its window opens."""
    world = three()
    reservation = world.reserve(2, start=NOON + MINUTE)
    changed = world.change(reservation, target=Target.ANY)
    assert (changed.evse, changed.is_unbound) == (None, True)
    world.reserve(2, STRANGER)
    world.wait(MINUTE)
    assert world.known(reservation).evse == 1


# Replacing.


def test_what_is_replaced_lives_until_the_new_one_is_sure() -> None:
    """Nothing is lost when the charger, which has the last word on the new one, refuses it."""
    world = three()
    old = world.reserve(1)
    world.settle()
    new = world.reserve(2, instead=True, held_by=HeldBy.CHARGER)
    assert (world.status_of(old), world.status_of(new)) == (Status.ACTIVE, Status.PLACING)
    send(world, Outcome.OCCUPIED)
    assert (world.status_of(old), world.status_of(new)) == (Status.ACTIVE, Status.REJECTED)
    assert world.hold_of(old).state is HoldState.HELD
    newer = world.reserve(2, instead=True, held_by=HeldBy.CHARGER)
    send(world)
    assert (world.status_of(old), world.status_of(newer)) == (Status.CANCELLED, Status.ACTIVE)
    assert world.settle() == [DropHold(hold=old.reservation_id)]


def test_what_the_holder_has_instead_binds_at_once_in_auto() -> None:
    """His old hold goes first, which some chargers would refuse the new one for, and its end is told first."""
    world = three()
    world.equip(unspecific=True)
    old = world.reserve(Target.ANY)
    world.settle()
    assert None in world.known(old).holds
    new = world.reserve(Target.WHOLE_CHARGER, instead=True)
    assert (world.status_of(old), new.status) == (Status.CANCELLED, Status.ACTIVE)
    assert world.news == [News.PLACED, News.CANCELLED, News.PLACED]
    drop, *places = world.settle()
    assert drop == DropHold(hold=old.reservation_id)
    assert [each.evse for each in places if isinstance(each, PlaceHold)] == [1, 2, 3]
    assert world.known(new).hold is HoldState.HELD


def test_what_is_of_no_use_now_replaces_nothing() -> None:
    """The reason is known without asking the charger."""
    world = three()
    old = world.reserve(1)
    world.settle()
    world.status(2, ConnectorStatus.FAULTED)
    with pytest.raises(Refusal) as caught:
        world.reserve(2, instead=True)
    assert caught.value.reason is Reason.FAULTED
    assert world.status_of(old) is Status.ACTIVE


def test_a_hold_at_the_same_evse_is_inherited() -> None:
    """Replaced under its wire id, without a moment in which a stranger could slip in (ocpp.md 5.6)."""
    world = three()
    old = world.reserve(1)
    world.settle()
    new = world.reserve(1, lasting=2 * HALF_HOUR, instead=True)
    assert (new.status, world.status_of(old)) == (Status.ACTIVE, Status.CANCELLED)
    assert new.reservation_id != old.reservation_id
    assert world.settle() == [place(new, 1, old.reservation_id)]
    assert world.hold_of(new).state is HoldState.HELD
    assert not world.book.ghosts


def test_of_several_unnamed_holds_one_is_inherited_and_the_others_are_dropped() -> None:
    """None is forgotten."""
    world = three(unspecific=True)
    first, second = world.reserve(Target.ANY), world.reserve(Target.ANY)
    world.settle()
    new = world.reserve(Target.ANY, instead=True)
    assert {world.status_of(first), world.status_of(second)} == {Status.CANCELLED}
    assert world.settle() == [
        DropHold(hold=second.reservation_id),
        place(new, None, first.reservation_id),
    ]


def test_the_same_id_may_be_kept() -> None:
    """Flipturn's caller names the id that it replaces."""
    world = three()
    old = world.reserve(1, reservation_id=7)
    world.settle()
    new = world.reserve(1, reservation_id=7, lasting=2 * HALF_HOUR, instead=True)
    assert (new.reservation_id, new.status) == (7, Status.ACTIVE)
    assert world.status_of(old) is Status.CANCELLED
    assert world.settle() == [place(new, 1, 7)]


def test_the_same_id_gives_way_wherever_it_is() -> None:
    """Also at another EVSE, or another time."""
    world = three()
    old = world.reserve(1, reservation_id=7, start=NOON + 10 * HALF_HOUR)
    new = world.reserve(2, reservation_id=7, instead=True)
    world.settle()
    assert (world.status_of(old), world.status_of(new)) == (Status.CANCELLED, Status.ACTIVE)


def test_nobody_elses_gives_way() -> None:
    """Neither a reservation in the way nor an id."""
    world = three()
    world.reserve(1, STRANGER, reservation_id=7)
    world.settle()
    for what, number, reason in ((1, None, Reason.CONFLICT), (2, 7, Reason.ID_IN_USE)):
        with pytest.raises(Refusal) as caught:
            world.reserve(what, HOLDER, reservation_id=number, instead=True)
        assert caught.value.reason is reason


def test_what_is_in_use_does_not_give_way() -> None:
    """Whoever charges has it."""
    world = three()
    old = world.reserve(1, reservation_id=7)
    world.settle()
    world.start(HOLDER, 1)
    with pytest.raises(Refusal) as caught:
        world.reserve(2, reservation_id=7, instead=True)
    assert caught.value.reason is Reason.ID_IN_USE
    world.reserve(2, instead=True)
    assert world.status_of(old) is Status.IN_USE


def test_only_what_overlaps_gives_way() -> None:
    """Tomorrow's stays."""
    world = three()
    tomorrow = world.reserve(1, start=NOON + 48 * HALF_HOUR)
    world.reserve(1, instead=True)
    world.settle()
    assert world.status_of(tomorrow) is Status.SCHEDULED


def test_a_scheduled_one_is_replaced_at_once() -> None:
    """Nothing has to be asked of the charger."""
    world = three()
    old = world.reserve(1, start=NOON + HALF_HOUR)
    new = world.reserve(ALL, start=NOON + HALF_HOUR, instead=True)
    assert (world.status_of(old), new.status) == (Status.CANCELLED, Status.SCHEDULED)


@pytest.mark.parametrize("which", ["old", "new"])
def test_nothing_is_handed_over_while_it_gives_way(which: str) -> None:
    """For a moment there are two at the same place, which is no promise to two people."""
    world = three()
    old = world.reserve(1, start=NOON + MINUTE)
    new = world.reserve(1, instead=True, reservation_id=old.reservation_id)
    assert new.supersedes == (old.uid,)
    with pytest.raises(Refusal) as caught:
        world.change(old if which == "old" else new, token=STRANGER)
    assert caught.value.reason is Reason.CONFLICT
    send(world)
    assert (world.status_of(old), world.status_of(new)) == (Status.CANCELLED, Status.ACTIVE)
    world.change(new, token=STRANGER)
