"""Having a connector charge, and taking a connector or a charger out of service."""

from collections.abc import Iterable
from typing import Any, override

from homeassistant.components.homeassistant.exposed_entities import KNOWN_ASSISTANTS
from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.const import STATE_OFF, STATE_ON, EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.entity_registry import EntityOptionsType

from .actions import charging, control
from .audience import Place
from .coordinator import CentralSystem, OcppConfigEntry
from .core.events import Ability
from .entity import PlaceEntity, add_entities_everywhere, add_entities_while, can

PARALLEL_UPDATES = 0
"""A charger that is slow to answer must not keep another one waiting; what goes to one takes turns anyway."""

CHARGING = SwitchEntityDescription(key="charging", translation_key="charging")

AVAILABLE = SwitchEntityDescription(
    key="available",
    translation_key="available",
    entity_category=EntityCategory.CONFIG,
    entity_registry_enabled_default=False,
)


async def async_setup_entry(
    _: HomeAssistant,
    entry: OcppConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the switches of every charger and connector, unless the charger has shown that one is of no use."""
    add_entities_everywhere(entry, async_add_entities, _entities_of)
    add_entities_while(
        entry,
        async_add_entities,
        _can_change_availability,
        lambda central, place: AvailableSwitch(central, place, AVAILABLE),
    )


def _entities_of(central: CentralSystem, place: Place) -> Iterable[SwitchEntity]:
    if place.evse is not None:
        yield ChargingSwitch(central, place, CHARGING)


def _can_change_availability(central: CentralSystem, place: Place) -> bool:
    return can(central, place, Ability.CHANGE_AVAILABILITY)


class PlaceSwitch(PlaceEntity, SwitchEntity):
    """A switch of a charger or EVSE.

    Home Assistant exposes every new switch to Assist, where everybody who is heard can use it; and by one entity of a
    connector that is exposed, the connector is known there. So these are not, until the owner exposes them.
    """

    @override
    def get_initial_entity_options(self) -> EntityOptionsType:
        """Not exposed to any assistant."""
        return {assistant: {"should_expose": False} for assistant in KNOWN_ASSISTANTS}


class ChargingSwitch(PlaceSwitch):
    """Whether somebody charges at an EVSE, also while the car or the charger pauses.

    A charger that has agreed to begin waits for a car; then it still is off, and says so.
    """

    @property
    @override
    def is_on(self) -> bool:
        """On while a transaction runs."""
        return self._value()[0]

    @property
    @override
    def extra_state_attributes(self) -> dict[str, bool]:
        """Whether the charger waits for a car, because it was told to charge from here."""
        return {"waiting": self._value()[1]}

    @override
    async def async_turn_on(self, **_: Any) -> None:
        """Have Home Assistant itself charge, unless somebody does; what cannot be done is raised as a translated error."""
        if not self.is_on:
            await charging.start_for_house(self._central, self._place)

    @override
    async def async_turn_off(self, **_: Any) -> None:
        """End what runs, whoever started it."""
        if self.is_on:
            await charging.stop(self._central, self._place)

    @override
    def _value(self) -> tuple[bool, bool]:
        evse = self._evse
        return evse is not None and evse.running is not None, self._central.starts.waits_at(self._place)


class AvailableSwitch(PlaceSwitch):
    """Whether a place is in service, as the charger tells; and what it has agreed to make of that once nobody charges."""

    _scheduled: bool | None = None

    @property
    @override
    def is_on(self) -> bool | None:
        """On while it is; None where the charger does not tell."""
        return self._value()[0]

    @property
    @override
    def extra_state_attributes(self) -> dict[str, str | None]:
        """What it will be later; None: as it is."""
        return {"scheduled": None if self._scheduled is None else STATE_ON if self._scheduled else STATE_OFF}

    @override
    async def async_turn_on(self, **_: Any) -> None:
        """Take it into service; what cannot be done is raised as a translated error."""
        await self._change(available=True)

    @override
    async def async_turn_off(self, **_: Any) -> None:
        """Take it out of service."""
        await self._change(available=False)

    async def _change(self, *, available: bool) -> None:
        at_once = await control.set_available(self._central, self._place, available=available)
        self._scheduled = None if at_once or self.is_on is available else available
        self._look()

    @callback
    @override
    def _look(self) -> None:
        """What has come about is not to come any more."""
        if self._scheduled is self.is_on:
            self._scheduled = None
        super()._look()

    @override
    def _value(self) -> tuple[bool | None, bool | None]:
        where = self._charger if self._place.evse is None else self._evse
        return None if where is None else where.in_service, self._scheduled
