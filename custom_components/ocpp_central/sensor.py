"""What a connector tells, and what is reserved there."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .audience import Place
from .coordinator import CentralSystem, OcppConfigEntry
from .core.events import ConnectorStatus
from .core.reservation import Reservation, Status
from .entity import PlaceEntity, add_entities_everywhere

PARALLEL_UPDATES = 0

STATUS = SensorEntityDescription(
    key="status",
    translation_key="status",
    device_class=SensorDeviceClass.ENUM,
    options=[status.value for status in ConnectorStatus],
)


@dataclass(frozen=True, kw_only=True)
class ReservationSensorDescription(SensorEntityDescription):
    """What is told of the present reservation of an EVSE, or of there being none."""

    value_fn: Callable[[Reservation | None], str | datetime | None]


RESERVATION_SENSORS = (
    ReservationSensorDescription(
        key="reservation",
        translation_key="reservation",
        device_class=SensorDeviceClass.ENUM,
        options=["none", Status.SCHEDULED, Status.PLACING, Status.ACTIVE, Status.IN_USE],
        value_fn=lambda present: "none" if present is None else present.status.value,
    ),
    ReservationSensorDescription(
        key="reserved_until",
        translation_key="reserved_until",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=lambda present: present.window.end if present is not None and present.status.keeps_out else None,
    ),
)


async def async_setup_entry(
    _: HomeAssistant,
    entry: OcppConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors of every connector."""
    add_entities_everywhere(entry, async_add_entities, _entities_of)


def _entities_of(central: CentralSystem, place: Place) -> Iterable[SensorEntity]:
    if place.evse is None:
        return
    yield StatusSensor(central, place, STATUS)
    for description in RESERVATION_SENSORS:
        yield ReservationSensor(central, place, description)


class StatusSensor(PlaceEntity, SensorEntity):
    """The status of an EVSE in the charger's words."""

    @property
    @override
    def native_value(self) -> str | None:
        """The status; None until the charger has told it."""
        return self._value()

    @override
    def _value(self) -> str | None:
        evse = self._evse
        return None if evse is None or evse.status is None else evse.status.value


class ReservationSensor(PlaceEntity, SensorEntity):
    """Something of the present reservation of an EVSE."""

    _offline_too = True
    entity_description: ReservationSensorDescription

    @property
    @override
    def native_value(self) -> str | datetime | None:
        """What is told of it."""
        return self._value()

    @override
    def _value(self) -> str | datetime | None:
        present = self._central.present_reservation(self._place)
        return self.entity_description.value_fn(present)
