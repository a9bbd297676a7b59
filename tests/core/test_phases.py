"""On how many phases there is, or can be, charged, as the meters show."""

from dataclasses import replace

import pytest

from custom_components.ocpp_central.core.charger import Charger
from custom_components.ocpp_central.core.evse import Evse
from custom_components.ocpp_central.core.meter import Meter
from custom_components.ocpp_central.core.phases import phases_at
from custom_components.ocpp_central.core.transaction import Transaction

from .test_meter import CURRENT, POWER, VOLTAGE, read, reading
from .world import NOON

RUNNING = Transaction(
    transaction="1", evse=1, connector=1, token=None, anonymous=True, started_at=NOON, meter_start_wh=0.0
)


def meter(currents: dict[str | None, float], volts: dict[str | None, float] | None = None) -> Meter:
    """A meter that was read so, by phase."""
    told = {CURRENT: currents, VOLTAGE: volts or {}}
    return read(*(reading(value, kind, phase) for kind, values in told.items() for phase, value in values.items()))


def charger(*meters: Meter, running: bool = False) -> Charger:
    """A charger with these meters at its EVSEs."""
    evses = {
        number: Evse(evse=number, meter=each, running=RUNNING if running else None)
        for number, each in enumerate(meters, 1)
    }
    return Charger(charger="A", evses=evses)


@pytest.mark.parametrize(
    ("currents", "volts", "running", "phases"),
    [
        ({"L1": 15.9, "L2": 0.1, "L3": 0.0}, {}, True, 1),
        ({"L1": 15.9, "L2": 15.8, "L3": 0.0}, {}, True, 2),
        ({"L1-N": 15.9, "L2-N": 15.8, "L3-N": 16.0}, {}, True, 3),
        ({"L1": -15.9, "L2": -15.8, "L3": -16.0}, {}, True, 3),
        ({"L1": 0.0, "L2": 0.0, "L3": 0.0}, {"L1": 230, "L2": 5, "L3": 5}, True, 1),
        ({"L1": 15.9, "L2": 0.0, "L3": 0.0}, {}, False, 3),
        ({"L1": 0.0, "L2": 0.0, "L3": 0.0}, {"L1": 230, "L2": 231, "L3": 229}, False, 3),
        ({"L1": 0.0, "L2": 0.0, "L3": 0.0}, {"L1": 230, "L2": 12, "L3": 9}, False, 1),
        ({"L1": 0.0}, {}, False, 1),
        ({None: 16.0}, {}, True, None),
        ({None: 16.0}, {None: 230}, True, None),
        ({"N": 16.0}, {"L1-L2": 400}, True, None),
        ({}, {}, True, None),
    ],
)
def test_phases_are_those_that_are_used_else_those_that_are_there(
    currents: dict[str | None, float], volts: dict[str | None, float], running: bool, phases: int | None
) -> None:
    """By currents while a car charges, by voltages, by what is measured at all."""
    known = charger(meter(currents, volts), running=running)
    assert phases_at(known, 1) == phases
    assert phases_at(known, None) == phases
    assert phases_at(known, 2) is None


def test_the_connectors_of_a_charger_may_have_different_phases() -> None:
    """So that nobody gets more than was wished, the fewest count, or the most; what tells nothing does not count."""
    one, three = meter({"L1": 0.0}), meter({"L1": 0.0, "L2": 0.0, "L3": 0.0})
    mixed = charger(three, one, Meter())
    assert (phases_at(mixed, None), phases_at(mixed, None, most=True)) == (1, 3)
    assert phases_at(charger(three, Meter()), None) == 3
    assert phases_at(charger(one, Meter()), None, most=True) == 1


def test_a_charger_without_meters_at_its_connectors_has_its_own() -> None:
    """Where that shows phases."""
    three = meter({}, {"L1": 230, "L2": 230, "L3": 230})
    assert phases_at(replace(charger(Meter()), meter=three), None) == 3
    assert phases_at(replace(charger(), meter=read(reading(5, POWER))), None) is None
