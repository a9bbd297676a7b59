"""What a connector tells, and what is reserved there."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .audience import Place
from .choices import HOUSE, word_for
from .coordinator import CentralSystem, OcppConfigEntry
from .core.charger import Charger
from .core.enforceability import Enforceability, Level
from .core.events import ConnectorStatus
from .core.maintenance import FirmwareStage, UploadStage
from .core.reservation import Reservation, Status
from .entity import PlaceEntity, add_entities_everywhere, add_entities_while
from .keeping_out import keeping_out
from .sensors.external_limit_sensor import external_limit_sensor, has_external_limit
from .sensors.heartbeat_sensor import LAST_HEARTBEAT, LastHeartbeatSensor
from .sensors.metering_sensors import add_meters
from .sensors.session_sensors import session_sensors
from .sensors.value_sensor import ValueSensor

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

    value_fn: Callable[[CentralSystem, Reservation | None], str | datetime | None]


def _reserved_for(central: CentralSystem, present: Reservation | None) -> str | None:
    if present is None or not present.status.keeps_out:
        return None
    if (driver := central.driver_of(present)) is not None:
        return word_for(driver)
    return HOUSE if central.is_for_house(present) else None


NEXT_RESERVATION = SensorEntityDescription(
    key="next_reservation",
    translation_key="next_reservation",
    device_class=SensorDeviceClass.TIMESTAMP,
)

RESERVATION_SENSORS = (
    ReservationSensorDescription(
        key="reservation",
        translation_key="reservation",
        device_class=SensorDeviceClass.ENUM,
        options=["none", Status.SCHEDULED, Status.PLACING, Status.ACTIVE, Status.IN_USE],
        value_fn=lambda _, present: "none" if present is None else present.status.value,
    ),
    ReservationSensorDescription(
        key="reserved_until",
        translation_key="reserved_until",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=lambda _, present: present.window.end if present is not None and present.status.keeps_out else None,
    ),
    ReservationSensorDescription(
        key="reserved_for",
        translation_key="reserved_for",
        entity_registry_enabled_default=False,
        value_fn=_reserved_for,
    ),
)


ANY_RESERVATION = replace(RESERVATION_SENSORS[0], translation_key="reservation_for_any_connector")
NEXT_ANY_RESERVATION = replace(NEXT_RESERVATION, translation_key="next_reservation_for_any_connector")
"""At a charger: what is reserved for any connector, until it is bound to one."""

ENFORCEABILITY = SensorEntityDescription(
    key="enforceability",
    translation_key="enforceability",
    device_class=SensorDeviceClass.ENUM,
    entity_category=EntityCategory.DIAGNOSTIC,
    options=[level.value for level in Level],
)


FIRMWARE = SensorEntityDescription(
    key="firmware",
    translation_key="firmware",
    entity_category=EntityCategory.DIAGNOSTIC,
)


@dataclass(frozen=True, kw_only=True)
class ProgressSensorDescription(SensorEntityDescription):
    """How far a charger has come with something."""

    stage_fn: Callable[[Charger], FirmwareStage | UploadStage | None]


PROGRESS_SENSORS = (
    ProgressSensorDescription(
        key="firmware_update",
        translation_key="firmware_update",
        device_class=SensorDeviceClass.ENUM,
        entity_category=EntityCategory.DIAGNOSTIC,
        options=[stage.value for stage in FirmwareStage],
        stage_fn=lambda charger: charger.firmware_stage,
    ),
    ProgressSensorDescription(
        key="diagnostics_upload",
        translation_key="diagnostics_upload",
        device_class=SensorDeviceClass.ENUM,
        entity_category=EntityCategory.DIAGNOSTIC,
        options=[stage.value for stage in UploadStage],
        stage_fn=lambda charger: charger.upload_stage,
    ),
)


@dataclass(frozen=True, kw_only=True)
class CountSensorDescription(SensorEntityDescription):
    """How many reservations of a charger have ended in a status."""

    status: Status


COUNT_SENSORS = tuple(
    CountSensorDescription(
        key=key,
        translation_key=key,
        state_class=SensorStateClass.TOTAL_INCREASING,
        entity_registry_enabled_default=False,
        status=status,
    )
    for key, status in (
        ("reservations_used", Status.USED),
        ("reservations_expired", Status.EXPIRED),
        ("reservations_cancelled", Status.CANCELLED),
    )
)


async def async_setup_entry(
    _: HomeAssistant,
    entry: OcppConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors of every charger and connector."""
    add_entities_everywhere(entry, async_add_entities, _entities_of)
    for progress in PROGRESS_SENSORS:
        add_entities_while(entry, async_add_entities, partial(_has_told, progress), partial(_progress_sensor, progress))
    add_entities_while(entry, async_add_entities, has_external_limit, external_limit_sensor)
    add_meters(entry, async_add_entities)


def _has_told(progress: ProgressSensorDescription, central: CentralSystem, place: Place) -> bool:
    """Once a charger has told how far it is: most are never told to do such things."""
    charger = central.chargers.get(place.charger)
    return place.evse is None and charger is not None and progress.stage_fn(charger) is not None


def _progress_sensor(progress: ProgressSensorDescription, central: CentralSystem, place: Place) -> SensorEntity:
    return ProgressSensor(central, place, progress)


def _entities_of(central: CentralSystem, place: Place) -> Iterable[SensorEntity]:
    if place.evse is None:
        yield ReservationSensor(central, place, ANY_RESERVATION)
        yield NextReservationSensor(central, place, NEXT_ANY_RESERVATION)
        yield EnforceabilitySensor(central, place, ENFORCEABILITY)
        yield FirmwareSensor(central, place, FIRMWARE)
        yield LastHeartbeatSensor(central, place, LAST_HEARTBEAT)
        for count in COUNT_SENSORS:
            yield CountSensor(central, place, count)
        return
    yield StatusSensor(central, place, STATUS)
    for description in RESERVATION_SENSORS:
        yield ReservationSensor(central, place, description)
    yield NextReservationSensor(central, place, NEXT_RESERVATION)
    yield from session_sensors(central, place)


class ProgressSensor(ValueSensor):
    """How far a charger has come with something that takes it a while, as it has told last."""

    entity_description: ProgressSensorDescription

    @override
    def _value(self) -> str | None:
        charger = self._charger
        stage = None if charger is None else self.entity_description.stage_fn(charger)
        return None if stage is None else stage.value


class StatusSensor(ValueSensor):
    """The status of an EVSE in the charger's words."""

    @override
    def _value(self) -> str | None:
        evse = self._evse
        return None if evse is None or evse.status is None else evse.status.value


class ReservationSensor(ValueSensor):
    """Something of the present reservation that shows here."""

    _offline_too = True
    entity_description: ReservationSensorDescription

    @override
    def _value(self) -> str | datetime | None:
        present = self._central.present_reservation(self._place)
        return self.entity_description.value_fn(self._central, present)


class NextReservationSensor(ValueSensor):
    """When the next reservation that shows here begins."""

    _offline_too = True

    @override
    def _value(self) -> datetime | None:
        coming = self._central.next_reservation(self._place)
        return None if coming is None else coming.window.start


class FirmwareSensor(ValueSensor):
    """The version of a charger's firmware."""

    @override
    def _value(self) -> str | None:
        charger = self._charger
        return None if charger is None else charger.description.firmware


class EnforceabilitySensor(PlaceEntity, SensorEntity):
    """How well it can be kept at a charger who may charge there."""

    @property
    @override
    def native_value(self) -> str | None:
        """What keeps others out; None until it is known."""
        judged = self._value()
        return None if judged is None or judged.level is None else judged.level.value

    @property
    @override
    def extra_state_attributes(self) -> dict[str, list[str]]:
        """Which ways in the charger leaves open."""
        judged = self._value()
        return {"reasons": [] if judged is None else [reason.value for reason in judged.reasons]}

    @override
    def _value(self) -> Enforceability | None:
        return keeping_out(self._central, self._place.charger)


class CountSensor(ValueSensor):
    """How many reservations of a charger have ended in a status since it was added."""

    _offline_too = True
    entity_description: CountSensorDescription

    @override
    def _value(self) -> int:
        return self._central.count(self._place.charger, self.entity_description.status)
