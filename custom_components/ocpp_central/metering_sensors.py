"""What meters tell, as sensors: each as soon as a charger has told it for the first time, and from then on.

Knows how measurands are called and classified in Home Assistant. Must not know how readings come about (`core.meter`).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
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
from homeassistant.core import callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util, slugify

from .audience import Place
from .choices import HOUSE, word_for
from .coordinator import CentralSystem, OcppConfigEntry
from .core.measurands import COUNTS, EXPORTED, IMPORTED, NETS, Quantity, quantity_of
from .core.meter import LOCATIONS, Key, Meter
from .core.transaction import Transaction
from .devices import subentry_of
from .entity import Listening, PlaceEntity

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

_TICK: Final = timedelta(seconds=30)
_SECOND: Final = timedelta(seconds=1)
_THOUSAND: Final = 1000
_DECIMALS: Final = 6
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

_FLAGS: Final = ("no", "yes")

SESSION_ENERGY = SensorEntityDescription(
    key="session_energy",
    translation_key="session_energy",
    device_class=SensorDeviceClass.ENERGY,
    native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
    state_class=SensorStateClass.TOTAL,
    suggested_display_precision=2,
)

SESSION_DURATION = SensorEntityDescription(
    key="session_duration",
    translation_key="session_duration",
    device_class=SensorDeviceClass.DURATION,
    native_unit_of_measurement=UnitOfTime.SECONDS,
    entity_registry_enabled_default=False,
)


@dataclass(frozen=True, kw_only=True)
class ReadingSensorDescription(SensorEntityDescription):
    """One value of a meter. `names`: OCPP's words that its name has to have."""

    measurand: str
    quantity: Quantity
    per: float
    value_fn: ValueOf
    names: Mapping[str, str]


@callback
def add_meters(entry: OcppConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback) -> None:
    """Add the sensors of what meters tell, and of sessions, now and whenever a charger tells something new."""
    central = entry.runtime_data
    listening = Listening()

    @callback
    def add(place: Place) -> None:
        if (subentry_id := subentry_of(entry, place.charger)) is None:
            return
        shown: set[str] = set()
        looked_at: object = None

        @callback
        def look() -> None:
            nonlocal looked_at
            meter = meter_at(central, place)
            if meter is None or (kinds := (meter.seen, bool(meter.imported.told))) == looked_at:
                return
            looked_at = kinds
            new = {each.key: each for each in descriptions_of(meter) if each.key not in shown}
            shown.update(new)
            if new:
                sensors = [ReadingSensor(central, place, each) for each in new.values()]
                async_add_entities(sensors, config_subentry_id=subentry_id)

        listening.keep(place, central.audience.listen_to_readings(place, look))
        look()

    for charger in central.chargers.values():
        add(Place(charger.charger))
        for evse in charger.evses:
            add(Place(charger.charger, evse))
    entry.async_on_unload(central.audience.listen_to_places(add))
    entry.async_on_unload(listening.cease)


def session_sensors(central: CentralSystem, place: Place) -> Iterator[SensorEntity]:
    """The sensors of the session at an EVSE."""
    yield SessionEnergySensor(central, place, SESSION_ENERGY)
    yield SessionDurationSensor(central, place, SESSION_DURATION)


def meter_at(central: CentralSystem, place: Place) -> Meter | None:
    """The meter of an EVSE, or of a charger; None once that is gone."""
    if place.evse is not None:
        evse = central.evse(place)
        return None if evse is None else evse.meter
    charger = central.chargers.get(place.charger)
    return None if charger is None else charger.meter


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
        options=list(_FLAGS) if quantity is Quantity.FLAG else None,
        entity_registry_enabled_default=key in _ENABLED,
        measurand=measurand,
        quantity=quantity,
        per=per,
        value_fn=value_fn,
        names={} if key is not None else {"measurand": measurand},
    )


class _MeterEntity(PlaceEntity, SensorEntity):
    """A sensor that is written with the readings of its place, and with nothing else that happens there."""

    @override
    async def async_added_to_hass(self) -> None:
        """Wake with the readings."""
        self.async_on_remove(self._central.audience.listen_to_readings(self._place, self._look))

    @property
    def _meter(self) -> Meter | None:
        return meter_at(self._central, self._place)


class ReadingSensor(_MeterEntity):
    """A value of a meter."""

    entity_description: ReadingSensorDescription

    def __init__(self, central: CentralSystem, place: Place, description: ReadingSensorDescription) -> None:
        """Describe a value."""
        super().__init__(central, place, description)
        self._attr_translation_placeholders = dict(description.names)

    @property
    @override
    def native_value(self) -> float | str | None:
        """The newest one; None: not told since the charger connected, or of a car that is gone."""
        value = self._value()
        if value is None:
            return None
        return _FLAGS[bool(value)] if self.entity_description.quantity is Quantity.FLAG else value

    @property
    @override
    def native_unit_of_measurement(self) -> str | None:
        """Its unit; that of a measurand that nobody knows is as it was told."""
        described = self.entity_description
        if described.quantity is not Quantity.UNKNOWN or (meter := self._meter) is None:
            return described.native_unit_of_measurement
        return next((each.unit for key, each in meter.readings.items() if key.measurand == described.measurand), None)

    @override
    def _value(self) -> float | None:
        meter, described = self._meter, self.entity_description
        value = None if meter is None else described.value_fn(meter)
        return value if value is None or described.per == 1 else round(value / described.per, _DECIMALS)


class SessionEnergySensor(_MeterEntity):
    """What the session took that runs, or that ran last."""

    @property
    @override
    def native_value(self) -> float | None:
        """In kWh."""
        return None if (evse := self._evse) is None else _kwh(evse.session_wh)

    @property
    @override
    def last_reset(self) -> datetime | None:
        """When the session began, since which that is counted."""
        session = self._session
        return None if session is None else session.began or session.started_at

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """What else there is to say of the session; no token."""
        session = self._session
        if session is None:
            return {}
        return {
            "driver": self._driver(session),
            "started": (session.began or session.started_at).isoformat(),
            "ended": None if session.ended is None else session.ended.isoformat(),
            "stop_reason": session.stop_reason,
            "meter_start": _kwh(session.meter_start_wh),
            "meter_stop": _kwh(session.meter_stop_wh),
        }

    @override
    def _value(self) -> object:
        return self.native_value, self.extra_state_attributes

    def _driver(self, session: Transaction) -> str | None:
        if session.token is None:
            return None
        if (driver := self._central.drivers.holder_of(session.token)) is not None:
            return word_for(driver)
        return HOUSE if self._central.house.matches(session.token) else None

    @property
    def _session(self) -> Transaction | None:
        return None if (evse := self._evse) is None else evse.session


class SessionDurationSensor(_MeterEntity):
    """How long the session takes that runs, or took that ran last."""

    @override
    async def async_added_to_hass(self) -> None:
        """Go on while a session runs, whether the charger tells anything or not."""
        await super().async_added_to_hass()
        self.async_on_remove(async_track_time_interval(self.hass, self._tick, _TICK, cancel_on_shutdown=True))

    @property
    @override
    def native_value(self) -> float | None:
        """In seconds."""
        return self._value()

    @callback
    def _tick(self, _: datetime) -> None:
        if (evse := self._evse) is not None and evse.running is not None:
            self._look()

    @override
    def _value(self) -> float | None:
        session = None if (evse := self._evse) is None else evse.session
        if evse is None or session is None or (session.ended is None and evse.running is None):
            return None
        lasted = session.lasted(dt_util.utcnow())
        return lasted.total_seconds() if session.ended is not None else lasted // _SECOND


def _kwh(wh: float | None) -> float | None:
    return None if wh is None else round(wh / _THOUSAND, _DECIMALS)
