"""Every measurand of the standards in every unit, and what phases make together."""

from functools import cache
from importlib.resources import files
import json

import pytest

from custom_components.ocpp_central.core.measurands import QUANTITIES, Quantity, blended, normal, quantity_of

SCHEMAS = {"v16": "MeterValues.json", "v201": "MeterValuesRequest.json", "v21": "MeterValuesRequest.json"}

UNITS = {
    Quantity.ENERGY: {"Wh": 1, "kWh": 1000},
    Quantity.REACTIVE_ENERGY: {"varh": 1, "kvarh": 1000},
    Quantity.APPARENT_ENERGY: {"VAh": 1, "kVAh": 1000},
    Quantity.POWER: {"W": 1, "kW": 1000, "VA": 1, "kVA": 1000},
    Quantity.REACTIVE_POWER: {"var": 1, "kvar": 1000},
    Quantity.CURRENT: {"A": 1},
    Quantity.VOLTAGE: {"V": 1},
    Quantity.FREQUENCY: {"Hertz": 1},
    Quantity.PERCENTAGE: {"Percent": 1},
}
"""The units of the standards, and what they are of ours."""


@cache
def enums(version: str) -> dict[str, frozenset[str]]:
    """The words that a version's schema allows, by a word that is among them."""
    text = files("ocpp").joinpath(version, "schemas", SCHEMAS[version]).read_text("utf-8-sig")
    found: dict[str, frozenset[str]] = {}

    def walk(tree: object) -> None:
        if isinstance(tree, dict):
            for word in tree.get("enum", ()):
                found[word] = frozenset(tree["enum"])
            tree = list(tree.values())
        if isinstance(tree, list):
            for branch in tree:
                walk(branch)

    walk(json.loads(text))
    return found


MEASURANDS = sorted({word for version in SCHEMAS for word in enums(version)["Voltage"]})
UNITS_V16 = sorted(enums("v16")["Wh"])


def test_every_measurand_of_the_standards_is_known_and_no_other() -> None:
    """The table has what the official schemas have."""
    assert sorted(QUANTITIES) == MEASURANDS


@pytest.mark.parametrize("measurand", MEASURANDS)
def test_every_measurand_is_told_in_one_unit(measurand: str) -> None:
    """In whichever of its units a charger tells it; without a unit, in the standard's."""
    for unit, factor in UNITS.get(quantity_of(measurand), {"": 1}).items():
        for spelled in (unit, unit.upper(), unit.lower()):
            assert normal(measurand, 1.1, spelled) == 1.1 * factor
    assert normal(measurand, 1.1, None) == 1.1


@pytest.mark.parametrize("unit", UNITS_V16)
@pytest.mark.parametrize("measurand", MEASURANDS)
def test_no_unit_makes_a_measurand_anything_but_a_number(measurand: str, unit: str) -> None:
    """A unit of something else is none, except for its thousands."""
    value = normal(measurand, 5.0, unit)
    if quantity_of(measurand) not in {Quantity.TEMPERATURE, Quantity.FACTOR}:
        assert value in {5.0, 5000.0}


@pytest.mark.parametrize(
    ("measurand", "value", "unit", "want"),
    [
        ("Energy.Active.Import.Register", 3.2, "kW", 3200),
        ("Energy.Active.Import.Register", 3.2, "W", 3.2),
        ("Energy.Active.Import.Register", 1.005, "kWh", 1005),
        ("Energy.Active.Import.Register", 1.5, "MWh", 1_500_000),
        ("Power.Active.Import", 7.4, "kW", 7400),
        ("Current.Import", 16000, "mA", 16),
        ("Current.Import", 16, "K", 16),
        ("Voltage", 0.4, "kV", 400),
        ("Temperature", 21, "Celcius", 21),
        ("Temperature", 21, "Celsius", 21),
        ("Temperature", 212, "Fahrenheit", 100),
        ("Temperature", 300, "K", 26.85),
        ("Temperature", 300, "Kelvin", 26.85),
        ("Power.Factor", 98, "Percent", 0.98),
        ("Power.Factor", 0.98, None, 0.98),
        ("SoC", 80, "Percent", 80),
        ("RPM", 1500, "rpm", 1500),
        ("Display.RemainingTimeToTargetSOC", 10, "min", 600),
        ("Frequency", 50, "Hz", 50),
        ("Vendor.Thing", 5, "kFoo", 5),
    ],
)
def test_units_are_read_as_they_are_meant(measurand: str, value: float, unit: str | None, want: float) -> None:
    """Those of the standards, those that chargers use instead, and none."""
    assert normal(measurand, value, unit) == want


@pytest.mark.parametrize(
    ("measurand", "phases", "want"),
    [
        ("Power.Active.Import", [2300.1, 2300.2, 2300.3], 6900.6),
        ("Energy.Active.Import.Register", [100.0, 0.0, 50.5], 150.5),
        ("Power.Reactive.Import", [10.0, -4.0], 6.0),
        ("Current.Import", [15.9, 0.0, 0.0], 15.9),
        ("Current.Import", [15.9, 16.1, 16.0], 16.1),
        ("Current.Export", [-16.0, 0.0], -16.0),
        ("Current.Offered", [16.0, 16.0, 16.0], 16.0),
        ("Voltage", [229.0, 230.0, 231.0], 230.0),
        ("Voltage", [231.0, 0.0, 0.0], 231.0),
        ("Voltage", [0.0, 0.0, 0.0], 0.0),
        ("Frequency", [50.0, 50.0], 50.0),
        ("Power.Factor", [0.9, 1.0], 0.95),
    ],
)
def test_phases_make_one_value(measurand: str, phases: list[float], want: float) -> None:
    """Power and energy add up; the current is that of the phase that has most; voltages have a mean of the live ones."""
    assert blended(measurand, phases) == want
