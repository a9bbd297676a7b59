"""What is or is not so at a charger and its connectors."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import override

from homeassistant.components.binary_sensor import BinarySensorEntity, BinarySensorEntityDescription
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .audience import Place
from .coordinator import CentralSystem, OcppConfigEntry
from .core.events import ConnectorStatus
from .core.evse import Evse
from .core.reservation import Status
from .entity import PlaceEntity, add_entities_everywhere

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class EvseBinarySensorDescription(BinarySensorEntityDescription):
    """What the charger says of an EVSE; None while it has not said it."""

    value_fn: Callable[[Evse], bool | None]


EVSE_SENSORS = (
    EvseBinarySensorDescription(
        key="plugged_in",
        translation_key="plugged_in",
        device_class=BinarySensorDeviceClass.PLUG,
        value_fn=lambda evse: evse.plugged_in,
    ),
    EvseBinarySensorDescription(
        key="charging",
        translation_key="charging",
        value_fn=lambda evse: evse.charging,
    ),
    EvseBinarySensorDescription(
        key="problem",
        translation_key="problem",
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda evse: None if evse.status is None else evse.status is ConnectorStatus.FAULTED,
    ),
)

RESERVED = BinarySensorEntityDescription(key="reserved", translation_key="reserved")

CONNECTED = BinarySensorEntityDescription(
    key="connected",
    translation_key="connected",
    device_class=BinarySensorDeviceClass.CONNECTIVITY,
    entity_category=EntityCategory.DIAGNOSTIC,
)


async def async_setup_entry(
    _: HomeAssistant,
    entry: OcppConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the binary sensors of every charger and connector."""
    add_entities_everywhere(entry, async_add_entities, _entities_of)


def _entities_of(central: CentralSystem, place: Place) -> Iterable[BinarySensorEntity]:
    if place.evse is None:
        yield ConnectedSensor(central, place, CONNECTED)
        return
    yield ReservedSensor(central, place, RESERVED)
    for description in EVSE_SENSORS:
        yield EvseBinarySensor(central, place, description)


class EvseBinarySensor(PlaceEntity, BinarySensorEntity):
    """Something that the charger says of an EVSE."""

    entity_description: EvseBinarySensorDescription

    @property
    @override
    def is_on(self) -> bool | None:
        """What the charger says; None while it has not said it."""
        return self._value()

    @override
    def _value(self) -> bool | None:
        evse = self._evse
        return None if evse is None else self.entity_description.value_fn(evse)


class ReservedSensor(PlaceEntity, BinarySensorEntity):
    """Whether a reservation keeps strangers out."""

    _offline_too = True

    @property
    @override
    def is_on(self) -> bool:
        """On while one is active or in use; one that is only being placed may still come to nothing."""
        return self._value()

    @override
    def _value(self) -> bool:
        present = self._central.present_reservation(self._place)
        return present is not None and present.status in {Status.ACTIVE, Status.IN_USE}


class ConnectedSensor(PlaceEntity, BinarySensorEntity):
    """Whether the charger is connected."""

    _offline_too = True

    @property
    @override
    def is_on(self) -> bool:
        """On while its connection stands."""
        return self._value()

    @override
    def _value(self) -> bool:
        charger = self._charger
        return charger is not None and charger.connected
