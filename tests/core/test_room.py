"""Which EVSEs would do for a reservation, and whether everybody has one."""

from datetime import datetime, timedelta

import pytest

from custom_components.ocpp_central.core.events import ConnectorStatus
from custom_components.ocpp_central.core.policy import Policy
from custom_components.ocpp_central.core.refusal import Reason, Refusal, obstacle
from custom_components.ocpp_central.core.reservation import HeldBy, Reservation, Status, Target, Window
from custom_components.ocpp_central.core.room import fits, fitting, may_stay_open, seats
from custom_components.ocpp_central.core.token import IdToken

from .world import CHARGER, HALF_HOUR, HOLDER, MINUTE, NOON, SECOND, STRANGER, World

OTHER = IdToken(value="OTHER")
PLUGS = {1: {"cType2"}, 2: {"cType2", "cCCS2"}, 3: {"cCCS2"}}
WINDOW = Window(start=NOON, end=NOON + HALF_HOUR)


def draft(
    target: Target = Target.ANY,
    *,
    evse: int | None = None,
    connector_type: str | None = None,
    held_by: HeldBy = HeldBy.AUTO,
    status: Status = Status.ACTIVE,
    window: Window = WINDOW,
    created: datetime = NOON,
    uid: str = "wanted",
) -> Reservation:
    """A reservation that nobody has written down."""
    return Reservation(
        uid=uid,
        reservation_id=99,
        charger=CHARGER,
        target=target,
        evse=evse,
        connector_type=connector_type,
        token=HOLDER,
        window=window,
        held_by=held_by,
        status=status,
        created=created,
        updated=created,
    )


def refusal(world: World, what: int | str | Target, **wish: object) -> Refusal:
    """Why a wish is refused."""
    with pytest.raises(Refusal) as caught:
        world.reserve(what, **wish)  # type: ignore[arg-type]
    return caught.value


# What fits.


@pytest.mark.parametrize(
    ("connector_type", "want"),
    [("cType2", [1, 2]), ("CTYPE2", [1, 2]), ("ctype2", [1, 2]), ("cCCS2", [2, 3]), ("cG105", []), ("cType", [])],
)
def test_a_type_fits_in_either_case(connector_type: str, want: list[int]) -> None:
    """An EVSE with several plugs fits each of their types."""
    world = World(evses=(1, 2, 3))
    world.equip(PLUGS)
    assert fitting(draft(Target.CONNECTOR_TYPE, connector_type=connector_type), world.charger) == want


def test_an_unknown_type_never_fits() -> None:
    """ocpp.md 5.10: who needs a certain plug is not sent where none may be."""
    world = World(evses=(1, 2))
    world.equip({2: {"cType2"}})
    assert fitting(draft(Target.CONNECTOR_TYPE, connector_type="cType2"), world.charger) == [2]
    assert refusal(world, "cCCS2").reason is Reason.TYPE_UNKNOWN
    assert fitting(draft(), world.charger) == [1, 2]


def test_a_number_fits_that_evse_alone() -> None:
    """And the whole charger is all of them."""
    world = World(evses=(1, 2))
    assert fitting(draft(Target.CONNECTOR, evse=2), world.charger) == [2]
    assert fits(draft(Target.CONNECTOR, evse=7), 7, world.charger), "the charger may not have told of it yet"
    assert fitting(draft(Target.WHOLE_CHARGER), world.charger) == [1, 2]


def test_of_a_charger_that_never_told_of_an_evse_only_a_named_one_can_be_reserved() -> None:
    """There is nothing to choose from."""
    world = World(evses=(), connected=False)
    for what in (Target.ANY, "cType2", Target.WHOLE_CHARGER):
        assert refusal(world, what, start=NOON + MINUTE).reason is Reason.CHARGER_OFFLINE
    assert world.reserve(1, start=NOON + MINUTE).status is Status.SCHEDULED


# Which one is chosen.


def test_an_evse_that_can_be_held_now_is_preferred() -> None:
    """Where a car stands the charger would answer Occupied."""
    world = World(evses=(1, 2))
    world.status(1, ConnectorStatus.FINISHING)
    assert world.reserve(Target.ANY).evse == 2
    assert world.reserve(Target.ANY, STRANGER).evse == 1, "the car may leave"


def test_an_evse_that_suits_fewest_others_is_preferred() -> None:
    """Whoever has no wish takes no versatile one."""
    world = World(evses=(1, 2))
    world.equip({1: {"cType2", "cCCS2"}, 2: {"cType2"}})
    assert world.reserve(Target.ANY).evse == 2


@pytest.mark.parametrize("status", [ConnectorStatus.FAULTED, ConnectorStatus.OUT_OF_SERVICE])
def test_what_does_not_work_now_is_not_chosen_for_now(status: ConnectorStatus) -> None:
    """For later it may be: somebody may mend it."""
    world = World(evses=(1, 2))
    world.status(1, status)
    assert world.reserve(Target.ANY).evse == 2
    later = [world.reserve(Target.ANY, STRANGER, start=NOON + 3 * HALF_HOUR) for _ in range(2)]
    assert [each.planned for each in later] == [2, 1]


# Conflicts.


def test_a_conflict_names_the_reservation() -> None:
    """With its number, its EVSE where it has one, and when it is (contract 3, `reservation_conflict`)."""
    world = World(evses=(1, 2))
    start = NOON + MINUTE
    first = world.reserve(1, STRANGER, start=start)
    assert refusal(world, 1, start=start).obstacle == obstacle(first)
    world.reserve(Target.ANY, OTHER, start=start + MINUTE)
    assert refusal(world, Target.WHOLE_CHARGER, start=start).obstacle == obstacle(first)
    last = refusal(world, 2, start=start + HALF_HOUR).obstacle
    assert last is not None
    assert (last.reservation_id, last.evse) == (first.reservation_id + 1, None), "it is for some EVSE"


def test_as_many_may_have_any_as_there_are_evses() -> None:
    """In the same window; one more is one too many, and so is one by number."""
    world = World(evses=(1, 2))
    for token in (HOLDER, STRANGER):
        world.reserve(Target.ANY, token, start=NOON + MINUTE)
    for what in (1, 2, Target.ANY, Target.WHOLE_CHARGER):
        assert refusal(world, what, token=OTHER, start=NOON + MINUTE).reason is Reason.CONFLICT
    assert world.reserve(Target.ANY, OTHER, start=NOON + MINUTE + HALF_HOUR).status is Status.SCHEDULED


def test_those_who_may_have_any_move_for_who_may_not() -> None:
    """They have no EVSE yet, only one that could be theirs."""
    world = World(evses=(1, 2))
    start = NOON + MINUTE
    anything = world.reserve(Target.ANY, start=start)
    assert anything.planned == 1
    world.reserve(1, STRANGER, start=start)
    assert world.known(anything).planned == 2
    assert refusal(world, 2, token=OTHER, start=start).obstacle is not None


def test_a_type_leaves_room_for_other_types() -> None:
    """Everybody has one of his own, whoever came first (ocpp.md 4.1, `assignable`)."""
    world = World(evses=(1, 2))
    world.equip({1: {"cType2", "cCCS2"}, 2: {"cType2"}})
    start = NOON + MINUTE
    first = world.reserve("cType2", start=start)
    second = world.reserve("cCCS2", STRANGER, start=start)
    assert (world.known(first).planned, world.known(second).planned) == (2, 1)
    assert refusal(world, "cCCS2", token=OTHER, start=start).reason is Reason.CONFLICT


def test_buffers_keep_promises_apart() -> None:
    """They count when something is proposed (ocpp.md 5.5)."""
    world = World()
    world.policy = Policy(buffer_after=MINUTE)
    world.reserve(Target.ANY, start=NOON + MINUTE)
    end = NOON + MINUTE + HALF_HOUR
    assert refusal(world, Target.ANY, token=STRANGER, start=end).reason is Reason.CONFLICT
    assert world.reserve(Target.ANY, STRANGER, start=end + MINUTE).status is Status.SCHEDULED


@pytest.mark.parametrize(
    ("statuses", "reason"),
    [
        ("charging faulted out_of_service", Reason.OCCUPIED),
        ("out_of_service charging out_of_service", Reason.OCCUPIED),
        ("out_of_service faulted faulted", Reason.FAULTED),
        ("out_of_service out_of_service out_of_service", Reason.UNAVAILABLE),
    ],
)
@pytest.mark.parametrize("what", [Target.ANY, "cType2"])
def test_the_word_of_several_evses_is_the_one_that_says_most(what: str | Target, statuses: str, reason: Reason) -> None:
    """Occupied before Faulted before Unavailable where they differ (ocpp.md 1.1)."""
    world = World(evses=(1, 2, 3))
    world.equip(dict.fromkeys((1, 2, 3), ("cType2",)))
    for evse, status in enumerate(statuses.split(), start=1):
        if status == "charging":
            world.start(STRANGER, evse)
        world.status(evse, ConnectorStatus(status))
    assert refusal(world, what).reason is reason


def test_a_whole_charger_with_one_that_charges_is_occupied() -> None:
    """It is not all there; any is another matter."""
    world = World(evses=(1, 2))
    world.start(STRANGER, 1)
    world.status(1, ConnectorStatus.CHARGING)
    assert refusal(world, Target.WHOLE_CHARGER).reason is Reason.OCCUPIED
    assert world.reserve(Target.ANY).evse == 2


# Seats.


def test_where_not_all_find_a_seat_those_made_first_do() -> None:
    """The earliest created wins (ocpp.md 4.5), whatever its uid or its start."""
    world = World(evses=(1, 2))
    early = draft(uid="z", created=NOON)
    later = draft(uid="a", created=NOON + SECOND)
    assert seats([later, early], world.charger, NOON).keys() == {"a", "z"}
    world.status(1, ConnectorStatus.FAULTED)
    assert seats([later, early], world.charger, NOON) == {"z": 2}


def test_nobody_sits_where_somebody_else_is_by_name() -> None:
    """Nor where he was refused."""
    world = World(evses=(1, 2))
    named = draft(Target.CONNECTOR, evse=1, uid="named")
    assert seats([named, draft()], world.charger, NOON) == {"wanted": 2}
    whole = draft(Target.WHOLE_CHARGER, uid="whole")
    assert seats([whole, draft()], world.charger, NOON) == {}


def test_whoever_is_seated_stays() -> None:
    """As long as he can."""
    world = World(evses=(1, 2))
    for present in (1, 2):
        sitting = Reservation(
            uid="sits",
            reservation_id=1,
            charger=CHARGER,
            target=Target.ANY,
            planned=present,
            token=HOLDER,
            window=WINDOW,
            status=Status.ACTIVE,
            created=NOON,
            updated=NOON,
        )
        assert seats([sitting], world.charger, NOON) == {"sits": present}


# Whether the charger keeps one of its choice.


def open_to(**equipment: bool) -> World:
    """A charger with three EVSEs that can do so much."""
    world = World(evses=(1, 2, 3))
    world.equip(PLUGS, **equipment)
    return world


@pytest.mark.parametrize(
    ("unspecific", "by_type", "any_stays", "type_stays"),
    [(False, False, False, False), (False, True, False, False), (True, False, True, False), (True, True, True, True)],
)
def test_only_what_the_charger_can_keep_stays_open(
    unspecific: bool, by_type: bool, any_stays: bool, type_stays: bool
) -> None:
    """1.6 has no words for types (ocpp.md 5.6)."""
    world = open_to(unspecific=unspecific, by_type=by_type)
    assert may_stay_open([], draft(), world.charger) is any_stays
    of_a_type = draft(Target.CONNECTOR_TYPE, connector_type="cType2")
    assert may_stay_open([], of_a_type, world.charger) is type_stays


def test_what_is_named_or_ours_alone_does_not_stay_open() -> None:
    """One EVSE, the whole charger, one that the central system holds, and one that has no choice."""
    world = open_to(unspecific=True, by_type=True)
    for wanted in (
        draft(Target.CONNECTOR, evse=1),
        draft(Target.WHOLE_CHARGER),
        draft(held_by=HeldBy.CENTRAL_SYSTEM),
    ):
        assert not may_stay_open([], wanted, world.charger)
    world = World(evses=(1,))
    world.equip({1: {"cType2"}}, unspecific=True, by_type=True)
    assert not may_stay_open([], draft(), world.charger)


@pytest.mark.parametrize(("away", "stays"), [(timedelta(0), False), (HALF_HOUR, True)])
def test_nobody_may_come_within_the_window(away: timedelta, stays: bool) -> None:
    """Whoever has an EVSE from half past might find the holder's car there."""
    world = open_to(unspecific=True)
    window = Window(start=NOON + away, end=NOON + away + HALF_HOUR)
    coming = draft(Target.CONNECTOR, evse=1, status=Status.SCHEDULED, window=window, uid="coming")
    assert may_stay_open([coming], draft(), world.charger) is stays


def test_everybody_must_find_one_in_any_order() -> None:
    """`safe`, not just `assignable` (ocpp.md 4.1): whoever needs CCS may come last."""
    world = open_to(unspecific=True, by_type=True)
    type2 = draft(Target.CONNECTOR_TYPE, connector_type="cType2", uid="type2")
    ccs = draft(Target.CONNECTOR_TYPE, connector_type="cCCS2", uid="ccs")
    assert may_stay_open([ccs], type2, world.charger)
    named = draft(Target.CONNECTOR, evse=3, uid="named")
    assert not may_stay_open([ccs, named], type2, world.charger), "he may park at 2"
    assert not may_stay_open([draft(uid="1"), ccs], type2, world.charger), "they may take 2 and 3"


@pytest.mark.parametrize("status", [ConnectorStatus.FAULTED, ConnectorStatus.PREPARING, ConnectorStatus.OUT_OF_SERVICE])
def test_only_free_evses_are_kept(status: ConnectorStatus) -> None:
    """What is broken or has a car does not count."""
    world = open_to(unspecific=True)
    for evse in (1, 2):
        world.status(evse, status)
    assert may_stay_open([], draft(), world.charger)
    world.status(3, status)
    assert not may_stay_open([], draft(), world.charger)
