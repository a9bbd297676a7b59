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
from .core.charger import Charger, Evse
from .core.events import ConnectorStatus
from .core.faults import NO_ERROR
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
)

PROBLEM = BinarySensorEntityDescription(
    key="problem",
    translation_key="problem",
    device_class=BinarySensorDeviceClass.PROBLEM,
    entity_category=EntityCategory.DIAGNOSTIC,
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
        yield ProblemSensor(central, place, PROBLEM)
        return
    yield ReservedSensor(central, place, RESERVED)
    for description in EVSE_SENSORS:
        yield EvseBinarySensor(central, place, description)
    yield ProblemSensor(central, place, PROBLEM)


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


class ProblemSensor(PlaceEntity, BinarySensorEntity):
    """Whether an EVSE, or a charger as a whole, can charge nobody because something is wrong, and what that is.

    With any other status than Faulted, what is wrong is a warning, since one can still charge (1.6 section 4.9): it shows
    in the attributes alone. Some chargers complain of a weak signal for months.
    """

    @property
    @override
    def is_on(self) -> bool | None:
        """On while it is faulted; None while it has not told a status."""
        status = None if (here := self._here) is None else here.status
        return None if status is None else status is ConnectorStatus.FAULTED

    @property
    @override
    def extra_state_attributes(self) -> dict[str, str | None]:
        """What is wrong, or was warned of. `error_code`: None if it is faulted and does not say why."""
        here = self._here
        faults = () if here is None else tuple(here.faults.values())
        if faults:
            code, vendor_code, info = faults[-1]
        else:
            code, vendor_code, info = (NO_ERROR if self.is_on is False else None), None, None
        return {"error_code": code, "vendor_error_code": vendor_code, "info": info}

    @override
    def _value(self) -> object:
        return self.is_on, self.extra_state_attributes

    @property
    def _here(self) -> Charger | Evse | None:
        return self._charger if self._place.evse is None else self._evse


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
