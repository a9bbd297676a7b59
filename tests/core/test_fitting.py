"""Which EVSEs would do, and why a wish for some EVSE is refused where none would."""

from dataclasses import replace
from typing import Any

import pytest

from custom_components.ocpp_central.core.events import ConnectorStatus
from custom_components.ocpp_central.core.refusal import Reason, Refusal
from custom_components.ocpp_central.core.reservation import Target
from custom_components.ocpp_central.core.room import fitting

from .world import STRANGER, World

PLUGS = {1: {"cType2"}, 2: {"cType2", "cCCS2"}, 3: {"cCCS2"}}


@pytest.mark.parametrize(
    ("what", "want"),
    [(2, [2]), (9, []), ("cccs2", [2, 3]), ("cG105", []), (Target.ANY, [1, 2, 3]), (Target.WHOLE_CHARGER, [1, 2, 3])],
)
def test_what_is_reserved_says_which_evses_fit(what: int | str | Target, want: list[int]) -> None:
    """A number means that one, a type the plugs of it in any spelling, all else every one."""
    world = World(evses=(1, 2, 3))
    world.equip(PLUGS)
    reservation = world.reserve(1)
    match what:
        case int():
            wanted: dict[str, Any] = {"evse": what}
        case Target():
            wanted = {"evse": None, "target": what}
        case _:
            wanted = {"evse": None, "target": Target.CONNECTOR_TYPE, "connector_type": what}
    assert fitting(replace(reservation, **wanted), world.charger) == want


def test_a_type_that_no_evse_has_is_unknown() -> None:
    """Nothing that happens will make room for it."""
    world = World(evses=(1, 2))
    world.equip(PLUGS)
    with pytest.raises(Refusal) as caught:
        world.reserve("cG105")
    assert caught.value.reason is Reason.TYPE_UNKNOWN


@pytest.mark.parametrize(
    ("disturbances", "want"),
    [
        ((ConnectorStatus.FAULTED, ConnectorStatus.FAULTED), Reason.FAULTED),
        ((ConnectorStatus.FAULTED, ConnectorStatus.OUT_OF_SERVICE), Reason.FAULTED),
        ((ConnectorStatus.OUT_OF_SERVICE, ConnectorStatus.OUT_OF_SERVICE), Reason.UNAVAILABLE),
        ((ConnectorStatus.CHARGING, ConnectorStatus.FAULTED), Reason.OCCUPIED),
    ],
)
def test_any_for_now_is_refused_by_the_word_that_says_most(
    disturbances: tuple[ConnectorStatus, ConnectorStatus], want: Reason
) -> None:
    """Occupied before Faulted before Unavailable (ocpp.md 1.1)."""
    world = World(evses=(1, 2))
    for evse, status in enumerate(disturbances, start=1):
        world.status(evse, status)
        if status is ConnectorStatus.CHARGING:
            world.start(STRANGER, evse)
    with pytest.raises(Refusal) as caught:
        world.reserve(Target.ANY)
    assert caught.value.reason is want
