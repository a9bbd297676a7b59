"""Reserving a connector, giving it up, and having a charger do something, with one press."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.components.button.const import ButtonDeviceClass
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from . import wishes
from .actions import control
from .audience import Place
from .coordinator import CentralSystem, OcppConfigEntry
from .core.events import Ability
from .entity import PlaceEntity, add_entities_everywhere, add_entities_while, can

PARALLEL_UPDATES = 0
"""A charger that is slow to answer must not keep a press for another one waiting; what goes to one takes turns anyway."""


@dataclass(frozen=True, kw_only=True)
class PlaceButtonDescription(ButtonEntityDescription):
    """What a press does at a place."""

    press_fn: Callable[[CentralSystem, Place], Awaitable[object]]


RESERVATION_BUTTONS = (
    PlaceButtonDescription(
        key="reserve",
        translation_key="reserve",
        press_fn=wishes.reserve_as_chosen,
    ),
    PlaceButtonDescription(
        key="cancel_reservation",
        translation_key="cancel_reservation",
        press_fn=wishes.cancel_present,
    ),
)

UNLOCK = PlaceButtonDescription(
    key="unlock",
    translation_key="unlock",
    entity_registry_enabled_default=False,
    press_fn=control.unlock,
)

RESET = PlaceButtonDescription(
    key="reset",
    translation_key="reset",
    device_class=ButtonDeviceClass.RESTART,
    entity_category=EntityCategory.CONFIG,
    entity_registry_enabled_default=False,
    press_fn=partial(control.reset, hard=False),
)


async def async_setup_entry(
    _: HomeAssistant,
    entry: OcppConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the buttons of every charger and connector, unless the charger has shown that one is of no use."""
    add_entities_everywhere(entry, async_add_entities, _entities_of)
    add_entities_while(
        entry, async_add_entities, _can_unlock, lambda central, place: PlaceButton(central, place, UNLOCK)
    )


def _entities_of(central: CentralSystem, place: Place) -> Iterable[ButtonEntity]:
    if place.evse is None:
        yield PlaceButton(central, place, RESET)
        return
    for description in RESERVATION_BUTTONS:
        yield ReservationButton(central, place, description)


def _can_unlock(central: CentralSystem, place: Place) -> bool:
    return place.evse is not None and can(central, place, Ability.UNLOCK)


class PlaceButton(PlaceEntity, ButtonEntity):
    """A button of a charger or EVSE."""

    entity_description: PlaceButtonDescription

    @override
    async def async_press(self) -> None:
        """Do it; what cannot be done is raised as a translated error."""
        await self.entity_description.press_fn(self._central, self._place)


class ReservationButton(PlaceButton):
    """One that concerns reservations. A charger that is away can still be cancelled at, and says itself that it is away."""

    _offline_too = True
