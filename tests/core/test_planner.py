"""What a charger is to be told, and when."""

from datetime import timedelta

import pytest

from custom_components.ocpp_central.core.book import Book
from custom_components.ocpp_central.core.charger import PATIENCE, RESIGNATION, Charger
from custom_components.ocpp_central.core.commands import (
    AskForStatus,
    AskToBoot,
    DropHold,
    Outcome,
    PlaceHold,
)
from custom_components.ocpp_central.core.events import ConnectorStatus
from custom_components.ocpp_central.core.evse import Evse
from custom_components.ocpp_central.core.planner import TOO_LATE, Plan, plan
from custom_components.ocpp_central.core.reservation import HeldBy, HoldState

from .world import HALF_HOUR, MINUTE, NOON, SECOND, STRANGER, World


def test_a_world_as_it_should_be_needs_nothing() -> None:
    """Planning an unchanged, settled world sends nothing, and there is no moment to look again."""
    world = World(evses=(1, 2))
    world.reserve(1)
    world.reserve(2, held_by=HeldBy.CENTRAL_SYSTEM)
    world.settle()
    assert world.plan() == Plan()


def test_nothing_is_planned_for_a_charger_that_is_offline() -> None:
    """Its reconciler begins with its connection."""
    world = World()
    world.reserve()
    world.settle()
    world.disconnect()
    assert world.plan() == Plan()


def test_a_charger_that_says_nothing_is_asked_once() -> None:
    """After 10 s: BootNotification, then the status of every EVSE; after 30 s we go on (ocpp.md 5.10)."""
    world = World(evses=(1, 2))
    world.reserve()
    world.settle()
    world.disconnect()
    world.connect()
    assert world.plan() == Plan(again=NOON + PATIENCE)
    world.wait(PATIENCE)
    assert world.settle() == [AskToBoot(), AskForStatus(evse=1, connector=1), AskForStatus(evse=2, connector=1)]
    assert world.plan() == Plan(again=NOON + RESIGNATION)
    world.wait(RESIGNATION - PATIENCE)
    (command,) = world.settle()
    assert isinstance(command, PlaceHold)


def test_only_the_silent_evses_are_asked_for() -> None:
    """One that told something needs no boot."""
    world = World(evses=(1, 2))
    world.disconnect()
    world.connect()
    world.status(2, ConnectorStatus.AVAILABLE)
    world.wait(PATIENCE)
    assert world.settle() == [AskForStatus(evse=1, connector=1)]


@pytest.mark.parametrize(
    ("connectors", "questions"),
    [
        (frozenset(), [AskForStatus(evse=1)]),
        (frozenset({2, 1}), [AskForStatus(evse=1, connector=1), AskForStatus(evse=1, connector=2)]),
    ],
)
def test_every_plug_of_an_evse_is_asked_for(connectors: frozenset[int], questions: list[AskForStatus]) -> None:
    """A trigger names one plug (F06.FR.12); of an EVSE whose plugs are unknown the status as such is asked for."""
    evse = Evse(evse=1, connectors=connectors)
    charger = Charger(charger="A", evses={1: evse}, connected_at=NOON)
    assert list(plan(Book(charger="A"), charger, NOON + PATIENCE).commands) == [AskToBoot(), *questions]


def test_a_charger_of_which_nothing_is_known_is_asked_for_everything() -> None:
    """Its EVSEs are unknown."""
    world = World(evses=())
    world.wait(PATIENCE)
    assert world.settle() == [AskToBoot(), AskForStatus(evse=None)]


def test_a_charger_that_will_not_report_is_not_waited_for() -> None:
    """After 30 s, or if that is refused, reconcile anyway (ocpp.md 5.10)."""
    world = World()
    world.reserve()
    world.settle()
    world.disconnect()
    world.connect()
    world.wait(PATIENCE)
    commands = world.plan().commands
    world.answer(commands[0], Outcome.REJECTED)
    (command,) = world.plan().commands
    assert isinstance(command, PlaceHold)


def test_a_request_does_not_wait_for_the_charger_to_settle() -> None:
    """Somebody waits for the answer; what we left at that EVSE goes first."""
    world = World(evses=(1, 2))
    old = [world.reserve(1), world.reserve(2)]
    world.settle()
    world.disconnect()
    for reservation in old:
        world.cancel(reservation)
    world.connect()
    new = world.reserve(2)
    assert [type(each) for each in world.plan().commands] == [DropHold, PlaceHold]
    assert world.plan().commands[0] == DropHold(hold=2)
    assert new.reservation_id == 3


def test_a_drop_that_failed_does_not_hold_up_a_request() -> None:
    """It was tried; the charger's answer decides."""
    world = World()
    reservation = world.reserve()
    world.settle()
    world.cancel(reservation)
    world.answer(world.next_command(), Outcome.TIMED_OUT)
    world.reserve(token=STRANGER)
    assert [type(each) for each in world.plan().commands] == [PlaceHold]


@pytest.mark.parametrize("before_end", [TOO_LATE, TOO_LATE - SECOND])
def test_a_hold_that_would_expire_on_its_way_is_not_placed(before_end: timedelta) -> None:
    """An expiry is never in the past (ocpp.md 5.6)."""
    world = World()
    reservation = world.reserve()
    world.settle()
    world.wait(HALF_HOUR - MINUTE)
    world.disconnect()
    world.connect()
    world.status(1, ConnectorStatus.AVAILABLE)
    world.wait(MINUTE - before_end)
    assert world.hold_of(reservation).state is HoldState.UNCERTAIN
    assert bool(world.plan().commands) is (before_end == TOO_LATE)


def test_the_oldest_reservation_is_placed_first() -> None:
    """First come, first served."""
    world = World(evses=(1, 2))
    world.reserve(2)
    world.reserve(1)
    assert [each.evse for each in world.settle() if isinstance(each, PlaceHold)] == [2, 1]
