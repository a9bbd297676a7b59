"""A sensor whose state is all that it shows. Must not know of what it tells."""

from abc import abstractmethod
from datetime import datetime
from typing import override

from homeassistant.components.sensor import SensorEntity
from homeassistant.helpers.typing import StateType

from ..entity import PlaceEntity


class ValueSensor(PlaceEntity, SensorEntity):
    """A sensor of a charger or EVSE that is written when its state is another one."""

    @property
    @override
    def native_value(self) -> StateType | datetime:
        """What there is to tell; None while nothing is known."""
        return self._value()

    @override
    @abstractmethod
    def _value(self) -> StateType | datetime:
        """What there is to tell."""
