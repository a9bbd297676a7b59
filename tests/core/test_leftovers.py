"""EVSEs that show Reserved for nobody."""

from collections.abc import Set as AbstractSet

from custom_components.ocpp_central.core.commands import Outcome
from custom_components.ocpp_central.core.events import ConnectorStatus
from custom_components.ocpp_central.core.leftovers import leftovers
from custom_components.ocpp_central.core.reservation import HeldBy, Target

from .world import MINUTE, SECOND, World


def _leftovers(world: World) -> AbstractSet[int]:
    return leftovers(world.book, world.charger)


def test_what_shows_reserved_without_a_reservation_is_left_over() -> None:
    """By another central system, or by a hold that was not given up at its end."""
    world = World(evses=(1, 2, 3))
    assert not _leftovers(world)
    world.status(1, ConnectorStatus.RESERVED)
    world.status(3, ConnectorStatus.RESERVED)
    assert _leftovers(world) == {1, 3}
    world.status(1, ConnectorStatus.AVAILABLE)
    assert _leftovers(world) == {3}


def test_what_is_reserved_is_not_left_over() -> None:
    """Nor what is yet to be dropped; once the charger says that it has no such hold, it is."""
    world = World()
    world.reserve(lasting=2 * MINUTE)
    world.settle()
    world.status(1, ConnectorStatus.RESERVED)
    assert not _leftovers(world)
    world.wait(2 * MINUTE)
    assert not _leftovers(world)
    world.wait(5 * SECOND)
    world.settle(Outcome.REJECTED)
    assert _leftovers(world) == {1}


def test_a_reservation_that_asks_the_charger_for_nothing_explains_nothing() -> None:
    """The charger may refuse its holder, so that its owner has to know."""
    world = World()
    world.reserve(held_by=HeldBy.CENTRAL_SYSTEM)
    world.status(1, ConnectorStatus.RESERVED)
    assert _leftovers(world) == {1}


def test_a_hold_of_no_evse_in_particular_may_show_anywhere() -> None:
    """The charger chooses, and may mark all (H01.FR.20, H01.FR.24)."""
    world = World(evses=(1, 2))
    world.equip(unspecific=True)
    reservation = world.reserve(Target.ANY)
    world.settle()
    world.status(1, ConnectorStatus.RESERVED)
    world.status(2, ConnectorStatus.RESERVED)
    assert [*world.known(reservation).holds] == [None]
    assert not _leftovers(world)
    world.cancel(reservation)
    assert not _leftovers(world)
    world.settle()
    assert _leftovers(world) == {1, 2}


def test_a_charger_that_is_away_shows_nothing() -> None:
    """What it showed last is old."""
    world = World()
    world.status(1, ConnectorStatus.RESERVED)
    world.disconnect()
    assert not _leftovers(world)
