"""What meters tell, as sensors: each as soon as a charger has told it for the first time, and from then on.

Knows when a sensor comes to be, and when it is written. Must not know how readings are called (`reading_descriptions`), nor how they
come about (`core.meter`).
"""

from typing import Final, override

from homeassistant.components.sensor import SensorEntity
from homeassistant.core import callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..audience import Place
from ..coordinator import CentralSystem, OcppConfigEntry
from ..core.measurands import Quantity
from ..core.meter import Meter
from ..devices import subentry_of
from ..entity import Listening, PlaceEntity
from .reading_descriptions import FLAGS, ReadingSensorDescription, descriptions_of

_DECIMALS: Final = 6


@callback
def add_meters(entry: OcppConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback) -> None:
    """Add the sensors of what meters tell, now and whenever a charger tells something new."""
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


def meter_at(central: CentralSystem, place: Place) -> Meter | None:
    """The meter of an EVSE, or of a charger; None once that is gone."""
    if place.evse is not None:
        evse = central.evse(place)
        return None if evse is None else evse.meter
    charger = central.chargers.get(place.charger)
    return None if charger is None else charger.meter


class MeterEntity(PlaceEntity, SensorEntity):
    """A sensor that is written with the readings of its place, and with nothing else that happens there."""

    @override
    async def async_added_to_hass(self) -> None:
        """Wake with the readings."""
        self.async_on_remove(self._central.audience.listen_to_readings(self._place, self._look))

    @property
    def _meter(self) -> Meter | None:
        return meter_at(self._central, self._place)


class ReadingSensor(MeterEntity):
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
        return FLAGS[bool(value)] if self.entity_description.quantity is Quantity.FLAG else value

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
