"""What can be measured, in which unit, and how the phases of it make one value.

Knows the measurands, units and phases of all versions (the names are the same wherever two have one). Must not know who
measures, nor when.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

IMPORTED: Final = "Energy.Active.Import.Register"
"""The meter's total of what went to the car: what is meant where a charger names no measurand."""

EXPORTED: Final = "Energy.Active.Export.Register"
INTERVAL: Final = "Energy.Active.Import.Interval"

FLOWS: Final = frozenset(
    {
        "Current.Export",
        "Current.Import",
        "Power.Active.Export",
        "Power.Active.Import",
        "Power.Reactive.Export",
        "Power.Reactive.Import",
    }
)
"""What flows only while a transaction runs."""

COUNTS: Final = frozenset(
    {
        "Energy.Active.Export.Register",
        "Energy.Active.Import.CableLoss",
        "Energy.Active.Import.LocalGeneration.Register",
        "Energy.Active.Import.Register",
        "Energy.Apparent.Export",
        "Energy.Apparent.Import",
        "Energy.Reactive.Export.Register",
        "Energy.Reactive.Import.Register",
    }
)
"""What is counted and never falls."""

NETS: Final = frozenset({"Energy.Active.Net", "Energy.Apparent.Net", "Energy.Reactive.Net"})
"""What is counted, and falls while energy goes the other way."""


class Quantity(StrEnum):
    """What kind of value a measurand has, named by the unit in which we tell it."""

    ENERGY = "Wh"
    REACTIVE_ENERGY = "varh"
    APPARENT_ENERGY = "VAh"
    POWER = "W"
    REACTIVE_POWER = "var"
    CURRENT = "A"
    VOLTAGE = "V"
    FREQUENCY = "Hz"
    TEMPERATURE = "°C"
    PERCENTAGE = "%"
    ROTATION = "rpm"
    DURATION = "s"
    FACTOR = ""
    """A number between -1 and 1."""
    FLAG = "flag"
    """1 for yes, 0 for no."""
    UNKNOWN = "unknown"
    """A measurand that no version has: its value and unit are as they were told."""


QUANTITIES: Final[Mapping[str, Quantity]] = {
    "Current.Export": Quantity.CURRENT,
    "Current.Export.Minimum": Quantity.CURRENT,
    "Current.Export.Offered": Quantity.CURRENT,
    "Current.Import": Quantity.CURRENT,
    "Current.Import.Minimum": Quantity.CURRENT,
    "Current.Import.Offered": Quantity.CURRENT,
    "Current.Offered": Quantity.CURRENT,
    "Display.BatteryEnergyCapacity": Quantity.ENERGY,
    "Display.ChargingComplete": Quantity.FLAG,
    "Display.InletHot": Quantity.FLAG,
    "Display.MaximumSOC": Quantity.PERCENTAGE,
    "Display.MinimumSOC": Quantity.PERCENTAGE,
    "Display.PresentSOC": Quantity.PERCENTAGE,
    "Display.RemainingTimeToMaximumSOC": Quantity.DURATION,
    "Display.RemainingTimeToMinimumSOC": Quantity.DURATION,
    "Display.RemainingTimeToTargetSOC": Quantity.DURATION,
    "Display.TargetSOC": Quantity.PERCENTAGE,
    "Energy.Active.Export.Interval": Quantity.ENERGY,
    EXPORTED: Quantity.ENERGY,
    "Energy.Active.Import.CableLoss": Quantity.ENERGY,
    INTERVAL: Quantity.ENERGY,
    "Energy.Active.Import.LocalGeneration.Register": Quantity.ENERGY,
    IMPORTED: Quantity.ENERGY,
    "Energy.Active.Net": Quantity.ENERGY,
    "Energy.Active.Setpoint.Interval": Quantity.ENERGY,
    "Energy.Apparent.Export": Quantity.APPARENT_ENERGY,
    "Energy.Apparent.Import": Quantity.APPARENT_ENERGY,
    "Energy.Apparent.Net": Quantity.APPARENT_ENERGY,
    "Energy.Reactive.Export.Interval": Quantity.REACTIVE_ENERGY,
    "Energy.Reactive.Export.Register": Quantity.REACTIVE_ENERGY,
    "Energy.Reactive.Import.Interval": Quantity.REACTIVE_ENERGY,
    "Energy.Reactive.Import.Register": Quantity.REACTIVE_ENERGY,
    "Energy.Reactive.Net": Quantity.REACTIVE_ENERGY,
    "EnergyRequest.Bulk": Quantity.ENERGY,
    "EnergyRequest.Maximum": Quantity.ENERGY,
    "EnergyRequest.Maximum.V2X": Quantity.ENERGY,
    "EnergyRequest.Minimum": Quantity.ENERGY,
    "EnergyRequest.Minimum.V2X": Quantity.ENERGY,
    "EnergyRequest.Target": Quantity.ENERGY,
    "Frequency": Quantity.FREQUENCY,
    "Power.Active.Export": Quantity.POWER,
    "Power.Active.Import": Quantity.POWER,
    "Power.Active.Residual": Quantity.POWER,
    "Power.Active.Setpoint": Quantity.POWER,
    "Power.Export.Minimum": Quantity.POWER,
    "Power.Export.Offered": Quantity.POWER,
    "Power.Factor": Quantity.FACTOR,
    "Power.Import.Minimum": Quantity.POWER,
    "Power.Import.Offered": Quantity.POWER,
    "Power.Offered": Quantity.POWER,
    "Power.Reactive.Export": Quantity.REACTIVE_POWER,
    "Power.Reactive.Import": Quantity.REACTIVE_POWER,
    "RPM": Quantity.ROTATION,
    "SoC": Quantity.PERCENTAGE,
    "Temperature": Quantity.TEMPERATURE,
    "Voltage": Quantity.VOLTAGE,
    "Voltage.Maximum": Quantity.VOLTAGE,
    "Voltage.Minimum": Quantity.VOLTAGE,
}
"""Every measurand of 1.6, 2.0.1 and 2.1."""

OF_THE_CAR: Final = frozenset(
    {each for each in QUANTITIES if each.startswith(("Display.", "EnergyRequest."))} | {"SoC"},
)
"""What only a car that is connected can have told."""

OF_THE_MOMENT: Final = frozenset(QUANTITIES) - FLOWS - COUNTS - NETS - OF_THE_CAR
"""What was so when it was told, and is different a while later: voltage, temperature, what is offered, what an interval took."""


@dataclass(frozen=True, slots=True)
class _Unit:
    """A unit of a quantity: ours is (told + `shift`) * `times` / `per`. Two factors, so that both stay exact."""

    quantity: Quantity
    times: float = 1
    per: float = 1
    shift: float = 0


_UNITS: Final[Mapping[str, _Unit]] = {
    "wh": _Unit(Quantity.ENERGY),
    "kwh": _Unit(Quantity.ENERGY, 1000),
    "mwh": _Unit(Quantity.ENERGY, 1_000_000),
    "varh": _Unit(Quantity.REACTIVE_ENERGY),
    "kvarh": _Unit(Quantity.REACTIVE_ENERGY, 1000),
    "vah": _Unit(Quantity.APPARENT_ENERGY),
    "kvah": _Unit(Quantity.APPARENT_ENERGY, 1000),
    "w": _Unit(Quantity.POWER),
    "kw": _Unit(Quantity.POWER, 1000),
    "mw": _Unit(Quantity.POWER, 1_000_000),
    "va": _Unit(Quantity.POWER),
    "kva": _Unit(Quantity.POWER, 1000),
    "var": _Unit(Quantity.REACTIVE_POWER),
    "kvar": _Unit(Quantity.REACTIVE_POWER, 1000),
    "a": _Unit(Quantity.CURRENT),
    "ma": _Unit(Quantity.CURRENT, 1, 1000),
    "v": _Unit(Quantity.VOLTAGE),
    "mv": _Unit(Quantity.VOLTAGE, 1, 1000),
    "kv": _Unit(Quantity.VOLTAGE, 1000),
    "hertz": _Unit(Quantity.FREQUENCY),
    "hz": _Unit(Quantity.FREQUENCY),
    "celsius": _Unit(Quantity.TEMPERATURE),
    "celcius": _Unit(Quantity.TEMPERATURE),
    "c": _Unit(Quantity.TEMPERATURE),
    "°c": _Unit(Quantity.TEMPERATURE),
    "fahrenheit": _Unit(Quantity.TEMPERATURE, 5, 9, -32),
    "f": _Unit(Quantity.TEMPERATURE, 5, 9, -32),
    "°f": _Unit(Quantity.TEMPERATURE, 5, 9, -32),
    "k": _Unit(Quantity.TEMPERATURE, 1, 1, -273.15),
    "kelvin": _Unit(Quantity.TEMPERATURE, 1, 1, -273.15),
    "percent": _Unit(Quantity.PERCENTAGE),
    "%": _Unit(Quantity.PERCENTAGE),
    "rpm": _Unit(Quantity.ROTATION),
    "s": _Unit(Quantity.DURATION),
    "sec": _Unit(Quantity.DURATION),
    "seconds": _Unit(Quantity.DURATION),
    "min": _Unit(Quantity.DURATION, 60),
    "minutes": _Unit(Quantity.DURATION, 60),
    "h": _Unit(Quantity.DURATION, 3600),
    "hours": _Unit(Quantity.DURATION, 3600),
}
"""The units of all versions, and how chargers misspell them, without regard to case.

An "MWh" or "mW" is mega: no charger counts in thousandths of a watt. Power in VA is taken for what it nearly is.
"""

_DECIMALS: Final = 6
"""1.1 kWh are 1100 Wh: what a float makes of the thousandfold is not a measurement."""


class Blend(StrEnum):
    """How the values of single phases make one."""

    SUM = "sum"
    GREATEST = "greatest"
    MEAN = "mean"


_BLENDS: Final[Mapping[Quantity, Blend]] = {
    Quantity.ENERGY: Blend.SUM,
    Quantity.REACTIVE_ENERGY: Blend.SUM,
    Quantity.APPARENT_ENERGY: Blend.SUM,
    Quantity.POWER: Blend.SUM,
    Quantity.REACTIVE_POWER: Blend.SUM,
    # Fuses, cables and limits are per phase: a sum means nothing, and a mean would say 5 A of a car that takes 16 A of one.
    Quantity.CURRENT: Blend.GREATEST,
}
"""All else has a mean, of the phases that are live: a car that charges with one must not halve the voltage."""


def quantity_of(measurand: str) -> Quantity:
    """What kind of value a measurand has."""
    return QUANTITIES.get(measurand, Quantity.UNKNOWN)


def normal(measurand: str, value: float, unit: str | None) -> float:
    """A value in the unit of its quantity.

    Without a unit, or with one of something else, it is in the standard's; "kW" of an energy still means thousands.
    """
    quantity = quantity_of(measurand)
    if quantity is Quantity.UNKNOWN or not unit:
        return value
    if quantity is Quantity.FACTOR:
        return round(value / 100, _DECIMALS) if _is(unit, Quantity.PERCENTAGE) else value
    known = _UNITS.get(unit.casefold())
    if known is None or known.quantity is not quantity:
        is_kilo = unit[0] in "kK" and len(unit) > 1 and quantity in _BLENDS
        known = _Unit(quantity, 1000 if is_kilo else 1)
    if (known.times, known.per, known.shift) == (1, 1, 0):
        return value
    return round((value + known.shift) * known.times / known.per, _DECIMALS)


def blended(measurand: str, values: list[float]) -> float:
    """One value of those of the phases, of which there is at least one."""
    match _BLENDS.get(quantity_of(measurand), Blend.MEAN):
        case Blend.SUM:
            return round(sum(values), _DECIMALS)
        case Blend.GREATEST:
            return max(values, key=abs)
        case Blend.MEAN:
            live = [value for value in values if value] or values
            return round(sum(live) / len(live), _DECIMALS)


def _is(unit: str, quantity: Quantity) -> bool:
    known = _UNITS.get(unit.casefold())
    return known is not None and known.quantity is quantity
