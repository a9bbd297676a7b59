"""How what meters tell is called and classified in Home Assistant.

Knows the names of measurands, and the classes of their quantities. Must not know who shows a value (`metering_sensors`), nor how
readings come about (`core.meter`).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription, SensorStateClass
from homeassistant.const import (
    PERCENTAGE,
    REVOLUTIONS_PER_MINUTE,
    UnitOfElectricCurrent,
    UnitOfElectricPotential,
    UnitOfEnergy,
    UnitOfFrequency,
    UnitOfPower,
    UnitOfReactiveEnergy,
    UnitOfReactivePower,
    UnitOfTemperature,
    UnitOfTime,
)
from homeassistant.util import slugify

from ..core.measurands import COUNTS, EXPORTED, IMPORTED, NETS, Quantity, quantity_of
from ..core.meter import LOCATIONS, Key, Meter

KEYS: Final[Mapping[str, str]] = {
    "Current.Export": "current_export",
    "Current.Export.Minimum": "current_export_minimum",
    "Current.Export.Offered": "current_export_offered",
    "Current.Import": "current",
    "Current.Import.Minimum": "current_import_minimum",
    "Current.Import.Offered": "current_import_offered",
    "Current.Offered": "current_offered",
    "Display.BatteryEnergyCapacity": "display_battery_energy_capacity",
    "Display.ChargingComplete": "display_charging_complete",
    "Display.InletHot": "display_inlet_hot",
    "Display.MaximumSOC": "display_maximum_soc",
    "Display.MinimumSOC": "display_minimum_soc",
    "Display.PresentSOC": "display_present_soc",
    "Display.RemainingTimeToMaximumSOC": "display_remaining_time_to_maximum_soc",
    "Display.RemainingTimeToMinimumSOC": "display_remaining_time_to_minimum_soc",
    "Display.RemainingTimeToTargetSOC": "display_remaining_time_to_target_soc",
    "Display.TargetSOC": "display_target_soc",
    "Energy.Active.Export.Interval": "energy_active_export_interval",
    "Energy.Active.Export.Register": "energy_active_export_register",
    "Energy.Active.Import.CableLoss": "energy_active_import_cable_loss",
    "Energy.Active.Import.Interval": "energy_active_import_interval",
    "Energy.Active.Import.LocalGeneration.Register": "energy_active_import_local_generation_register",
    "Energy.Active.Import.Register": "energy",
    "Energy.Active.Net": "energy_active_net",
    "Energy.Active.Setpoint.Interval": "energy_active_setpoint_interval",
    "Energy.Apparent.Export": "energy_apparent_export",
    "Energy.Apparent.Import": "energy_apparent_import",
    "Energy.Apparent.Net": "energy_apparent_net",
    "Energy.Reactive.Export.Interval": "energy_reactive_export_interval",
    "Energy.Reactive.Export.Register": "energy_reactive_export_register",
    "Energy.Reactive.Import.Interval": "energy_reactive_import_interval",
    "Energy.Reactive.Import.Register": "energy_reactive_import_register",
    "Energy.Reactive.Net": "energy_reactive_net",
    "EnergyRequest.Bulk": "energy_request_bulk",
    "EnergyRequest.Maximum": "energy_request_maximum",
    "EnergyRequest.Maximum.V2X": "energy_request_maximum_v2x",
    "EnergyRequest.Minimum": "energy_request_minimum",
    "EnergyRequest.Minimum.V2X": "energy_request_minimum_v2x",
    "EnergyRequest.Target": "energy_request_target",
    "Frequency": "frequency",
    "Power.Active.Export": "power_active_export",
    "Power.Active.Import": "power",
    "Power.Active.Residual": "power_active_residual",
    "Power.Active.Setpoint": "power_active_setpoint",
    "Power.Export.Minimum": "power_export_minimum",
    "Power.Export.Offered": "power_export_offered",
    "Power.Factor": "power_factor",
    "Power.Import.Minimum": "power_import_minimum",
    "Power.Import.Offered": "power_import_offered",
    "Power.Offered": "power_offered",
    "Power.Reactive.Export": "power_reactive_export",
    "Power.Reactive.Import": "power_reactive_import",
    "RPM": "rpm",
    "SoC": "soc",
    "Temperature": "temperature",
    "Voltage": "voltage",
    "Voltage.Maximum": "voltage_maximum",
    "Voltage.Minimum": "voltage_minimum",
}
"""What the sensor of a measurand is called (contract 4). With `_detail` it is that of one phase, or of another location."""

_ENABLED: Final = frozenset({"power", "current", "energy"})
"""What everybody wants to see; the rest is there for whoever switches it on."""

_THOUSAND: Final = 1000
_VOLT_AMPERE_HOUR: Final = "VAh"


type ValueOf = Callable[[Meter], float | None]
"""A value of a meter, in the unit of its quantity."""


class _Class(NamedTuple):
    """How Home Assistant classifies a quantity. `per`: so many of our units are one of Home Assistant's."""

    device_class: SensorDeviceClass | None
    unit: str | None
    state_class: SensorStateClass | None = SensorStateClass.MEASUREMENT
    precision: int | None = None
    per: float = 1


_CLASSES: Final[Mapping[Quantity, _Class]] = {
    Quantity.ENERGY: _Class(SensorDeviceClass.ENERGY, UnitOfEnergy.KILO_WATT_HOUR, None, 2, _THOUSAND),
    Quantity.REACTIVE_ENERGY: _Class(
        SensorDeviceClass.REACTIVE_ENERGY, UnitOfReactiveEnergy.KILO_VOLT_AMPERE_REACTIVE_HOUR, None, 2, _THOUSAND
    ),
    Quantity.APPARENT_ENERGY: _Class(None, _VOLT_AMPERE_HOUR, None, 0),
    Quantity.POWER: _Class(SensorDeviceClass.POWER, UnitOfPower.WATT, precision=0),
    Quantity.REACTIVE_POWER: _Class(
        SensorDeviceClass.REACTIVE_POWER, UnitOfReactivePower.VOLT_AMPERE_REACTIVE, precision=0
    ),
    Quantity.CURRENT: _Class(SensorDeviceClass.CURRENT, UnitOfElectricCurrent.AMPERE, precision=1),
    Quantity.VOLTAGE: _Class(SensorDeviceClass.VOLTAGE, UnitOfElectricPotential.VOLT, precision=0),
    Quantity.FREQUENCY: _Class(SensorDeviceClass.FREQUENCY, UnitOfFrequency.HERTZ, precision=2),
    Quantity.TEMPERATURE: _Class(SensorDeviceClass.TEMPERATURE, UnitOfTemperature.CELSIUS, precision=1),
    Quantity.PERCENTAGE: _Class(None, PERCENTAGE, precision=0),
    Quantity.ROTATION: _Class(None, REVOLUTIONS_PER_MINUTE, precision=0),
    Quantity.DURATION: _Class(SensorDeviceClass.DURATION, UnitOfTime.SECONDS, precision=0),
    Quantity.FACTOR: _Class(SensorDeviceClass.POWER_FACTOR, None, precision=2),
    Quantity.FLAG: _Class(SensorDeviceClass.ENUM, None, None),
    Quantity.UNKNOWN: _Class(None, None),
}

_BATTERIES: Final = frozenset({"Display.PresentSOC", "SoC"})
"""How full a battery is. The other percentages are what a driver wants: nobody shall be warned that one of them is low."""

_COUNTED: Final[Mapping[str, SensorStateClass]] = {
    **dict.fromkeys(COUNTS, SensorStateClass.TOTAL_INCREASING),
    **dict.fromkeys(NETS, SensorStateClass.TOTAL),
}
"""What is a count. The rest of the energies are amounts of an interval, or wishes of a car: no statistics add them up."""

FLAGS: Final = ("no", "yes")
"""What a flag says, by whether it is set."""


@dataclass(frozen=True, kw_only=True)
class ReadingSensorDescription(SensorEntityDescription):
    """One value of a meter. `names`: OCPP's words that its name has to have."""

    measurand: str
    quantity: Quantity
    per: float
    value_fn: ValueOf
    names: Mapping[str, str]


def descriptions_of(meter: Meter) -> Iterator[ReadingSensorDescription]:
    """What a meter has ever told, value by value; each may come several times."""
    if meter.imported.told:  # 0 at each start and end is told by a charger without a meter
        yield _value_of(IMPORTED)
    for key in sorted(meter.seen, key=str):
        yield _value_of(key.measurand)
        if key.location != LOCATIONS[0]:
            yield _detail(key.measurand, key.location, _total_at(key))
        if key.phase is not None:
            words = (key.phase,) if key.location == LOCATIONS[0] else (key.location, key.phase)
            yield _detail(key.measurand, " ".join(words), _phase_at(key))


def _total_at(key: Key) -> ValueOf:
    return lambda meter: meter.total(key.measurand, key.location)


def _phase_at(key: Key) -> ValueOf:
    return lambda meter: meter.value(key)


def _value_of(measurand: str) -> ReadingSensorDescription:
    """The description of *the* value of a measurand."""
    match measurand:
        case _ if measurand == IMPORTED:
            return _described(measurand, lambda meter: meter.imported.total)
        case _ if measurand == EXPORTED:
            return _described(measurand, lambda meter: meter.exported.total)
        case _:
            return _described(measurand, lambda meter: meter.total(measurand))


def _detail(measurand: str, words: str, value_fn: ValueOf) -> ReadingSensorDescription:
    """The description of the value of one phase or location."""
    whole = _described(measurand, value_fn)
    is_known = measurand in KEYS
    return replace(
        whole,
        key=f"{whole.key}_{slugify(words)}",
        translation_key=f"{whole.translation_key}_detail" if is_known else whole.translation_key,
        entity_registry_enabled_default=False,
        names={"detail": words} if is_known else {"measurand": f"{measurand} {words}"},
    )


def _described(measurand: str, value_fn: ValueOf) -> ReadingSensorDescription:
    quantity = quantity_of(measurand)
    device_class, unit, state_class, precision, per = _CLASSES[quantity]
    key = KEYS.get(measurand)
    return ReadingSensorDescription(
        key=key or f"measurand_{slugify(measurand)}",
        translation_key=key or "measurand",
        device_class=SensorDeviceClass.BATTERY if measurand in _BATTERIES else device_class,
        native_unit_of_measurement=unit,
        state_class=_COUNTED.get(measurand, state_class),
        suggested_display_precision=precision,
        options=list(FLAGS) if quantity is Quantity.FLAG else None,
        entity_registry_enabled_default=key in _ENABLED,
        measurand=measurand,
        quantity=quantity,
        per=per,
        value_fn=value_fn,
        names={} if key is not None else {"measurand": measurand},
    )
