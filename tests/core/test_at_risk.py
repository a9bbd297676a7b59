"""When it is told that a holder may find no EVSE that works: once, until that is over."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from custom_components.ocpp_central.core.commands import Outcome
from custom_components.ocpp_central.core.events import ConnectorStatus
from custom_components.ocpp_central.core.refusal import Reason, Refusal
from custom_components.ocpp_central.core.reservation import HeldBy, News, Reservation, Target
from custom_components.ocpp_central.core.room import AHEAD, AWAY_FOR_LONG
from custom_components.ocpp_central.core.token import IdToken

from .world import HALF_HOUR, HOLDER, MINUTE, SECOND, STRANGER, World

HOUR = timedelta(hours=1)
BROKEN = [ConnectorStatus.FAULTED, ConnectorStatus.OUT_OF_SERVICE]


def warnings(world: World) -> int:
    """How often it was told."""
    return world.news.count(News.AT_RISK)


def in_force(world: World, lasting: timedelta = 2 * HOUR) -> Reservation:
    """A reservation that the charger holds."""
    reservation = world.reserve(lasting=lasting)
    world.settle()
    return reservation


def to_come(world: World) -> Reservation:
    """A reservation that begins in two hours."""
    return world.reserve(start=world.now + 2 * HOUR)


def reported(world: World, status: ConnectorStatus = ConnectorStatus.AVAILABLE) -> None:
    """The charger is back, and has told its status."""
    world.connect()
    world.status(1, status)


@pytest.mark.parametrize("status", BROKEN)
def test_an_evse_that_breaks_is_told_once_until_it_works_again(status: ConnectorStatus) -> None:
    """Whatever happens meanwhile."""
    world = World()
    in_force(world)
    world.status(1, status)
    world.wait(MINUTE)
    world.status(1, status)
    assert warnings(world) == 1
    world.status(1, ConnectorStatus.AVAILABLE)
    world.status(1, status)
    assert warnings(world) == 2


@pytest.mark.parametrize("status", BROKEN)
def test_what_is_broken_is_told_an_hour_before_the_start(status: ConnectorStatus) -> None:
    """Until then somebody may mend it."""
    world = World()
    to_come(world)
    world.status(1, status)
    world.wait(2 * HOUR - AHEAD - SECOND)
    assert warnings(world) == 0
    world.wait(SECOND)
    assert warnings(world) == 1


def test_a_charger_that_stays_away_within_the_window_is_told_once() -> None:
    """Most are back within a minute or two."""
    world = World()
    in_force(world)
    world.disconnect()
    world.wait(AWAY_FOR_LONG - SECOND)
    assert warnings(world) == 0
    world.wait(SECOND)
    world.wait(HALF_HOUR)
    assert warnings(world) == 1
    reported(world)
    world.disconnect()
    world.wait(AWAY_FOR_LONG)
    assert warnings(world) == 2


def test_a_charger_that_is_away_before_the_window_may_come_back() -> None:
    """The grace begins with the window."""
    world = World()
    to_come(world)
    world.disconnect()
    world.wait(2 * HOUR + AWAY_FOR_LONG - SECOND)
    assert warnings(world) == 0
    world.wait(SECOND)
    assert warnings(world) == 1


def test_a_charger_that_is_away_is_told_for_whatever_is_reserved() -> None:
    """One of its connectors, any, and the whole of it, whoever is to keep it."""
    world = World(evses=(1, 2))
    world.reserve(1, lasting=HOUR, held_by=HeldBy.CENTRAL_SYSTEM)
    world.reserve(Target.ANY, STRANGER, lasting=HOUR)
    world.reserve(Target.WHOLE_CHARGER, start=world.now + HOUR)
    world.settle()
    world.disconnect()
    world.wait(AWAY_FOR_LONG)
    assert warnings(world) == 2
    world.wait(HOUR)
    assert warnings(world) == 3


def test_nobody_is_missed_while_we_were_away_ourselves() -> None:
    """After a restart every charger has the time to come back."""
    world = World()
    in_force(world)
    world.disconnect()
    world.now += HALF_HOUR
    world.restart()
    assert warnings(world) == 0
    world.wait(AWAY_FOR_LONG)
    assert warnings(world) == 1


@pytest.mark.parametrize("break_off", [World.disconnect, World.restart])
def test_what_was_told_is_not_told_again_at_a_reconnect(break_off: Callable[[World], None]) -> None:
    """A connection alone mends nothing; nor does its end, or a restart of ours."""
    world = World()
    in_force(world)
    world.status(1, ConnectorStatus.FAULTED)
    for _ in range(3):
        break_off(world)
        world.wait(MINUTE)
        reported(world, ConnectorStatus.FAULTED)
    assert warnings(world) == 1
    world.status(1, ConnectorStatus.AVAILABLE)
    world.status(1, ConnectorStatus.FAULTED)
    assert warnings(world) == 2


def test_what_was_broken_when_the_charger_left_is_not_told_before_it_has_reported() -> None:
    """It may have been repaired meanwhile."""
    world = World()
    world.status(1, ConnectorStatus.FAULTED)
    world.disconnect()
    world.reserve(start=world.now + 10 * MINUTE)
    reported(world)
    assert warnings(world) == 0
    world.disconnect()
    reported(world, ConnectorStatus.FAULTED)
    assert warnings(world) == 1


def test_whoever_waits_for_the_chargers_word_is_told_nothing_else() -> None:
    """A request that fails was never a reservation at risk."""
    world = World()
    world.status(1, ConnectorStatus.FAULTED)
    world.reserve(held_by=HeldBy.CHARGER)
    world.settle(Outcome.FAULTED)
    assert world.news == [News.REJECTED]


def test_who_moves_to_an_evse_that_does_not_work_either_is_told_again() -> None:
    """It is another risk; where he was, and at what else he changes, he was told."""
    world = World(evses=(1, 2))
    reservation = world.reserve(1, start=world.now + HALF_HOUR)
    world.status(1, ConnectorStatus.FAULTED)
    world.status(2, ConnectorStatus.FAULTED)
    world.change(reservation, duration=HOUR)
    assert warnings(world) == 1
    world.change(reservation, evse=2)
    assert warnings(world) == 2


def test_what_is_put_off_is_told_again_when_it_is_near() -> None:
    """Though the charger is away, so that nothing shows whether it was mended."""
    world = World()
    reservation = world.reserve(start=world.now + HALF_HOUR)
    world.status(1, ConnectorStatus.FAULTED)
    world.disconnect()
    world.change(reservation, start=world.now + 3 * HOUR)
    assert not world.known(reservation).at_risk
    world.wait(HOUR)
    reported(world, ConnectorStatus.FAULTED)
    assert warnings(world) == 1
    world.wait(HOUR)
    assert warnings(world) == 2


def test_who_may_have_any_keeps_his_place_while_the_charger_is_away() -> None:
    """That he may not be let in now is no reason to promise it to somebody else."""
    world = World(evses=(1, 2))
    world.equip(unspecific=True)
    both = [world.reserve(Target.ANY, token, lasting=3 * HOUR) for token in (HOLDER, STRANGER)]
    world.settle()
    world.disconnect()
    world.wait(AWAY_FOR_LONG)
    assert all(world.known(each).is_unbound and world.known(each).at_risk for each in both)
    with pytest.raises(Refusal) as caught:
        world.reserve(1, IdToken(value="THIRD"), start=world.now + HALF_HOUR)
    assert caught.value.reason is Reason.CONFLICT


def test_one_for_any_that_has_no_place_is_in_nobodys_way() -> None:
    """Whoever is promised what works later takes nothing from him."""
    world = World(evses=(1, 2))
    world.reserve(Target.ANY, start=world.now + HALF_HOUR, lasting=2 * HOUR)
    world.status(1, ConnectorStatus.FAULTED)
    world.status(2, ConnectorStatus.FAULTED)
    assert warnings(world) == 1
    world.reserve(1, STRANGER, start=world.now + HOUR)
    world.reserve(2, STRANGER, start=world.now + HOUR)
