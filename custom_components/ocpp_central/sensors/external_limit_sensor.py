"""Who limits a charger or a connector besides Home Assistant, as a sensor: as soon as the charger has told of such a limit.

Must not know how a charger tells it (`csms.external_limits`).
"""

from typing import Any, Final, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription
from homeassistant.const import EntityCategory

from ..audience import Place
from ..coordinator import CentralSystem
from ..core.external_limits import ExternalLimit, LimitStep, Source
from ..entity import PlaceEntity

_NONE: Final = "none"

EXTERNAL_LIMIT: Final = SensorEntityDescription(
    key="external_limit",
    translation_key="external_limit",
    device_class=SensorDeviceClass.ENUM,
    entity_category=EntityCategory.DIAGNOSTIC,
    options=[_NONE, *(source.value for source in Source)],
)


def has_external_limit(central: CentralSystem, place: Place) -> bool:
    """Once the charger has told of one there; most chargers have nothing that limits them so."""
    charger = central.chargers.get(place.charger)
    return charger is not None and place.evse in charger.external_limits


def external_limit_sensor(central: CentralSystem, place: Place) -> SensorEntity:
    """The sensor of a place."""
    return ExternalLimitSensor(central, place, EXTERNAL_LIMIT)


class ExternalLimitSensor(PlaceEntity, SensorEntity):
    """Who limits here; of several who did so last."""

    _unrecorded_attributes = frozenset({"schedule"})

    @property
    @override
    def native_value(self) -> str:
        """Who that is; `none`: nobody."""
        limit = self._value()
        return _NONE if limit is None else limit.source.value

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """How much may be drawn from when on, as far as the charger tells it."""
        limit = self._value()
        return {
            "grid_critical": None if limit is None else limit.grid_critical,
            "schedule": [] if limit is None else [_shown(step) for step in limit.course],
        }

    @override
    def _value(self) -> ExternalLimit | None:
        charger = self._charger
        limits = () if charger is None else charger.external_limits.get(self._place.evse, ())
        return limits[-1] if limits else None


def _shown(step: LimitStep) -> dict[str, Any]:
    since = None if step.since is None else step.since.isoformat()
    return {"since": since, "limit": step.amount, "unit": step.unit}
