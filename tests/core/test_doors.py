"""Who may take which EVSE: the walk-up rule (ocpp.md 4.3), what is reserved in effect, and what follows."""

import pytest

from custom_components.ocpp_central.core.book import Change
from custom_components.ocpp_central.core.check import CheckStatus, check_charger, check_evse
from custom_components.ocpp_central.core.commands import DropHold
from custom_components.ocpp_central.core.doors import Doors
from custom_components.ocpp_central.core.drivers import Driver, Drivers
from custom_components.ocpp_central.core.events import ConnectorStatus
from custom_components.ocpp_central.core.policy import Policy
from custom_components.ocpp_central.core.reservation import HeldBy, HoldState, News, Reservation, Status, Target
from custom_components.ocpp_central.core.token import IdToken

from .world import HALF_HOUR, HOLDER, MINUTE, NOON, STRANGER, World

OTHER = IdToken(value="OTHER")
ALL = Target.WHOLE_CHARGER


def keeping(*evses: int) -> World:
    """A charger that keeps EVSEs of its choice free, also by type: type 2 at the odd ones, CCS at all."""
    world = World(evses=evses)
    types = {evse: ("cType2", "cCCS2") if evse % 2 else ("cCCS2",) for evse in evses}
    world.equip(types, unspecific=True, by_type=True)
    return world


def doors(world: World) -> Doors:
    """The doors as they are now."""
    return world.ledger.doors(world.charger, world.now)


def held(world: World, what: int | str | Target, token: IdToken = HOLDER, **wish: str) -> Reservation:
    """A reservation that the charger holds."""
    reservation = world.reserve(what, token, group=wish.get("group"))
    world.settle()
    return world.known(reservation)


def permitted(world: World, token: IdToken, group: str | None = None) -> list[int]:
    """The EVSEs that a token may take."""
    return [evse for evse in world.charger.evses if doors(world).keeper(token, group, evse) is None]


def dropped(world: World) -> list[Change]:
    """What was told of EVSEs that need not be kept free any more."""
    return [change for change in world.changes if change.news is News.REQUIREMENT_DROPPED]


# The walk-up rule.


def test_a_named_evse_is_its_holders_alone() -> None:
    """(a) It is not reserved for somebody else."""
    world = keeping(1, 2)
    reservation = held(world, 1)
    assert (permitted(world, STRANGER), permitted(world, HOLDER)) == ([2], [1, 2])
    assert doors(world).keeper(STRANGER, None, 1) == reservation


def test_walk_ups_may_take_as_many_as_stay_over() -> None:
    """(b) With it taken away, everybody who may have any still finds one."""
    world = keeping(1, 2, 3)
    held(world, Target.ANY)
    assert permitted(world, STRANGER) == [1, 2, 3]
    assert doors(world).forced == frozenset()
    last = held(world, Target.ANY, OTHER)
    assert permitted(world, STRANGER) == [1, 2, 3]
    world.start(STRANGER, 1)
    world.status(1, ConnectorStatus.CHARGING)
    assert permitted(world, IdToken(value="FOURTH")) == [1], "nobody needs that one"
    assert doors(world).forced == {2, 3}
    keeper = doors(world).keeper(IdToken(value="FOURTH"), None, 2)
    assert keeper is not None
    assert keeper.uid in {last.uid, "uid1"}


def test_a_holder_is_asked_without_his_own_reservation() -> None:
    """He may take any that fits him, and is in the way of others like anybody where it does not."""
    world = keeping(1, 2, 3)
    held(world, "cType2")
    held(world, "cCCS2", OTHER)
    world.status(1, ConnectorStatus.FAULTED)
    assert permitted(world, STRANGER) == [1], "who is for any may take 2 or 3, and a broken one is of no use to them"
    assert permitted(world, HOLDER) == [1, 3]
    assert permitted(world, OTHER) == [1, 2], "he may not take the last one that has type 2"


def test_one_of_the_group_is_a_holder() -> None:
    """H03.FR.04-06."""
    world = keeping(1, 2)
    held(world, Target.ANY, group="family")
    held(world, 1, OTHER)
    assert permitted(world, STRANGER) == []
    assert permitted(world, STRANGER, "FAMILY") == [2]


def test_what_cannot_be_served_closes_nothing_that_would_not_help() -> None:
    """A walk-up at another type's EVSE takes nothing away."""
    world = keeping(1, 2, 4)
    held(world, "cType2", OTHER)
    assert permitted(world, STRANGER) == [2, 4]


def test_only_what_is_in_force_counts() -> None:
    """From the start of its window until its end."""
    world = keeping(1, 2)
    world.reserve(Target.ANY, start=NOON + MINUTE)
    world.reserve(Target.ANY, OTHER, start=NOON + MINUTE)
    assert permitted(world, STRANGER) == [1, 2]
    world.wait(MINUTE)
    assert permitted(world, STRANGER) == []
    world.wait(HALF_HOUR)
    assert permitted(world, STRANGER) == [1, 2]


def test_the_whole_charger_is_its_holders_alone() -> None:
    """Also where he does not charge."""
    world = keeping(1, 2)
    held(world, ALL)
    assert (permitted(world, STRANGER), permitted(world, HOLDER)) == ([], [1, 2])


def test_authorize_names_the_permitted_evses() -> None:
    """Refused only if none is permissible (ocpp.md 5.7)."""
    world = keeping(1, 2, 3)
    held(world, "cCCS2")
    held(world, 2, OTHER)
    world.start(STRANGER, 1)
    world.status(1, ConnectorStatus.CHARGING)
    fourth = IdToken(value="FOURTH")
    refused = world.authorize(fourth)
    assert refused.evses == (1,), "where somebody charges nothing is reserved"
    assert world.authorize(HOLDER).evses == (1, 3)
    assert not world.authorize(fourth, 3).accepted


# What is reserved in effect, and no longer.


def test_an_evse_that_need_not_be_kept_any_more_is_told_of() -> None:
    """GlobalReservationRequirementDropped for it, while the reservation goes on (ocpp.md 4.4)."""
    world = keeping(1, 2)
    world.start(STRANGER, 1)
    world.status(1, ConnectorStatus.CHARGING)
    waiting = held(world, Target.ANY)
    world.end("1")
    world.status(1, ConnectorStatus.AVAILABLE)
    assert world.status_of(waiting) is Status.ACTIVE
    assert [(each.evse, each.after.uid) for each in dropped(world)] == [(2, waiting.uid)]


@pytest.mark.parametrize("how", ["cancelled", "expired", "used"])
def test_an_evse_is_open_again_once_another_reservation_is_gone(how: str) -> None:
    """Told of the one that waits on, at each EVSE that was kept for them."""
    world = keeping(1, 2)
    waiting = held(world, Target.ANY)
    short = world.reserve(2, STRANGER, lasting=10 * MINUTE)
    world.settle()
    assert doors(world).forced == {1}
    match how:
        case "cancelled":
            world.cancel(short)
        case "expired":
            world.wait(10 * MINUTE)
        case "used":
            world.start(STRANGER, 2, transaction="7")
            world.end("7")
    assert doors(world).forced == frozenset()
    assert [(each.evse, each.before, each.after.uid) for each in dropped(world)] == [
        (1, world.known(waiting), waiting.uid)
    ]


def test_an_evse_that_is_taken_is_not_open() -> None:
    """It left the set because its holder came: there is nothing to be told."""
    world = keeping(1, 2)
    held(world, 2, STRANGER)
    waiting = held(world, Target.ANY)
    world.start(HOLDER, 1)
    assert world.status_of(waiting) is Status.IN_USE
    assert dropped(world) == []


def test_the_last_reservation_that_ends_drops_no_requirement() -> None:
    """It is not the requirement that ends, but the reservation."""
    world = keeping(1, 2)
    held(world, 2, STRANGER)
    world.cancel(held(world, Target.ANY))
    assert dropped(world) == []


# The check (ocpp.md 5.8): what is named, the whole charger, what is reserved in effect, nothing.


def test_a_named_reservation_hides_unbound_ones() -> None:
    """The answer is about the EVSE."""
    world = keeping(1, 2)
    anything = held(world, Target.ANY)
    named = held(world, 2, STRANGER)
    here = doors(world)
    assert check_evse(here, 2, HOLDER, None).status is CheckStatus.FOR_OTHER_TOKEN
    assert check_evse(here, 2, HOLDER, None).reservation == named
    assert check_evse(here, 2, STRANGER, None).status is CheckStatus.FOR_TOKEN
    assert check_evse(here, 1, HOLDER, None).reservation == world.known(anything)


def test_a_whole_charger_is_reserved_at_each_evse() -> None:
    """And as a whole."""
    world = keeping(1, 2)
    whole = held(world, ALL, group="family")
    here = doors(world)
    for evse in (1, 2):
        assert check_evse(here, evse, HOLDER, None).status is CheckStatus.FOR_TOKEN
        answer = check_evse(here, evse, STRANGER, None)
        assert answer.status is CheckStatus.FOR_OTHER_TOKEN_AND_HAS_PARENT_TOKEN
        assert answer.reservation == whole
        assert check_evse(here, evse, STRANGER, "guests").status is CheckStatus.FOR_OTHER_TOKEN
    assert check_charger(here, (1, 2), STRANGER, "guests").status is CheckStatus.FOR_OTHER_TOKEN


def test_what_is_reserved_in_effect_is_reserved() -> None:
    """Only while it is needed (ocpp.md 4.4)."""
    world = keeping(1, 2)
    anything = held(world, Target.ANY)
    assert check_evse(doors(world), 1, STRANGER, None).status is CheckStatus.NOT_RESERVED
    held(world, 2, OTHER)
    answer = check_evse(doors(world), 1, STRANGER, None)
    assert (answer.status, answer.reservation) == (CheckStatus.FOR_OTHER_TOKEN, world.known(anything))
    assert check_evse(doors(world), 1, HOLDER, None).status is CheckStatus.FOR_TOKEN
    assert check_charger(doors(world), (1, 2), HOLDER, None).status is CheckStatus.FOR_TOKEN


# A start that uses up what is reserved elsewhere.


@pytest.mark.parametrize(("consume", "status"), [(False, Status.ACTIVE), (True, Status.USED)])
def test_a_start_elsewhere_uses_up_what_is_reserved_if_the_owner_wants(consume: bool, status: Status) -> None:
    """Option `consume_on_any`, at another EVSE of the same charger: the hold is dropped by that."""
    world = World(evses=(1, 2))
    world.policy = Policy(consume_on_any=consume)
    reservation = held(world, 1)
    assert world.start(HOLDER, 2).accepted
    assert world.status_of(reservation) is status
    sent = world.settle()
    assert (DropHold(hold=reservation.reservation_id) in sent) is consume
    if not consume:
        assert world.hold_of(reservation).state is HoldState.HELD


def test_a_start_elsewhere_uses_up_only_what_is_in_force_and_his() -> None:
    """Tomorrow's stays, and so does what is a stranger's or in use."""
    world = World(evses=(1, 2, 3))
    world.policy = Policy(consume_on_any=True)
    tomorrow = world.reserve(1, start=NOON + 48 * HALF_HOUR)
    others = held(world, 1, STRANGER)
    whole_group = world.reserve(2, OTHER, group="family", held_by=HeldBy.CENTRAL_SYSTEM)
    world.drivers = Drivers(known=(Driver(driver_id="driver-a", name="Anna", tokens=(HOLDER,), group="Family"),))
    world.start(HOLDER, 3)
    assert world.status_of(tomorrow) is Status.SCHEDULED
    assert world.status_of(others) is Status.ACTIVE
    assert world.status_of(whole_group) is Status.USED, "one of the group is the holder"


def test_a_start_that_is_refused_uses_up_nothing() -> None:
    """It was no start."""
    world = World(evses=(1, 2))
    world.policy = Policy(consume_on_any=True)
    mine, theirs = held(world, 1), held(world, 2, STRANGER)
    assert not world.start(HOLDER, 2).accepted
    assert {world.status_of(mine), world.status_of(theirs)} == {Status.ACTIVE}
