"""How long the *Reserve* button of a connector reserves, and how much may be drawn there."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Final, override

from homeassistant.components.number import NumberDeviceClass, NumberEntity, NumberEntityDescription, NumberMode
from homeassistant.const import UnitOfElectricCurrent, UnitOfTime
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from . import limiting
from .audience import Place
from .coordinator import CentralSystem, OcppConfigEntry
from .core.limits import Limit, Unit
from .entity import ChoiceEntity, PlaceEntity, add_entities_everywhere, add_entities_while

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

CURRENT_LIMIT = NumberEntityDescription(
    key="current_limit",
    translation_key="current_limit",
    device_class=NumberDeviceClass.CURRENT,
    native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
    native_min_value=0,
    native_max_value=80,
    native_step=0.1,
    mode=NumberMode.BOX,
)
"""Up to the most that AC charging knows (SAE J1772)."""

_MINUTE: Final = timedelta(minutes=1)


async def async_setup_entry(
    _: HomeAssistant,
    entry: OcppConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the numbers of every connector; what can be limited, while its charger says that it can."""
    add_entities_everywhere(entry, async_add_entities, _entities_of)
    add_entities_while(entry, async_add_entities, _limits_of)


def _entities_of(central: CentralSystem, place: Place) -> Iterable[NumberEntity]:
    if place.evse is not None:
        yield ReserveDurationNumber(central, place, RESERVE_DURATION)


def _limits_of(central: CentralSystem, place: Place) -> Iterable[NumberEntity]:
    charger = central.chargers.get(place.charger)
    if place.evse is not None and charger is not None and charger.limits.supported:
        yield CurrentLimitNumber(central, place, CURRENT_LIMIT)


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


class CurrentLimitNumber(PlaceEntity, NumberEntity):
    """How much whoever charges at an EVSE may draw on each phase, as the charger has agreed last."""

    @property
    @override
    def native_value(self) -> float | None:
        """In A; None: not limited from here, or not by one current."""
        return self._value()

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Have it limited from now on; what cannot be done is raised as a translated error."""
        limit = Limit(amount=value, unit=Unit.AMPERE)
        await limiting.set_limit(self._central, self._place, [limiting.Step(None, limit)])

    @override
    def _value(self) -> float | None:
        charger = self._charger
        evse = self._place.evse
        return None if charger is None or evse is None else charger.limits.current_at(evse)
