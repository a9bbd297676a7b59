"""How long the *Reserve* button of a connector reserves."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Final, override

from homeassistant.components.number import NumberDeviceClass, NumberEntity, NumberEntityDescription, NumberMode
from homeassistant.const import UnitOfTime
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .audience import Place
from .coordinator import CentralSystem, OcppConfigEntry
from .entity import ChoiceEntity, add_entities_everywhere

PARALLEL_UPDATES = 0

RESERVE_DURATION = NumberEntityDescription(
    key="reserve_duration",
    translation_key="reserve_duration",
    device_class=NumberDeviceClass.DURATION,
    native_unit_of_measurement=UnitOfTime.MINUTES,
    native_min_value=1,
    native_step=1,
    mode=NumberMode.BOX,
)

_MINUTE: Final = timedelta(minutes=1)


async def async_setup_entry(
    _: HomeAssistant,
    entry: OcppConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the choice of every connector."""
    add_entities_everywhere(entry, async_add_entities, _entities_of)


def _entities_of(central: CentralSystem, place: Place) -> Iterable[NumberEntity]:
    if place.evse is not None:
        yield ReserveDurationNumber(central, place, RESERVE_DURATION)


class ReserveDurationNumber(ChoiceEntity, NumberEntity):
    """A number of minutes that the options allow; until one is chosen, as many as the options say."""

    @property
    @override
    def native_max_value(self) -> int:
        """As long as a reservation may last."""
        return self._central.policy.max_duration // _MINUTE

    @property
    @override
    def native_value(self) -> int:
        """How long the next one will last."""
        return self._central.choices.at(self._place).lasting(self._central.policy) // _MINUTE

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Choose another duration."""
        self._choose(round(value))

    @override
    def _value(self) -> object:
        # Asked for each message of the charger: what follows from these is made up only when it is written.
        return self._central.entry.options, self._chosen()

    @override
    def _chosen(self) -> int | None:
        duration = self._central.choices.at(self._place).duration
        return None if duration is None else duration // _MINUTE

    @override
    def _choose(self, chosen: object) -> None:
        choice = self._central.choices.at(self._place)
        duration = chosen * _MINUTE if isinstance(chosen, int) else None
        self._central.choices.choose(self._place, replace(choice, duration=duration))
