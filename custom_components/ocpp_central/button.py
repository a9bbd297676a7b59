"""Reserving a connector, and giving it up, with one press."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from . import wishes
from .audience import Place
from .coordinator import CentralSystem, OcppConfigEntry
from .core.reservation import Reservation
from .entity import PlaceEntity, add_entities_everywhere

PARALLEL_UPDATES = 0
"""A charger that is slow to answer must not keep a press for another one waiting; what goes to one takes turns anyway."""


@dataclass(frozen=True, kw_only=True)
class EvseButtonDescription(ButtonEntityDescription):
    """What a press does at an EVSE."""

    press_fn: Callable[[CentralSystem, Place], Awaitable[Reservation]]


BUTTONS = (
    EvseButtonDescription(
        key="reserve",
        translation_key="reserve",
        press_fn=wishes.reserve_as_chosen,
    ),
    EvseButtonDescription(
        key="cancel_reservation",
        translation_key="cancel_reservation",
        press_fn=wishes.cancel_present,
    ),
)


async def async_setup_entry(
    _: HomeAssistant,
    entry: OcppConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the buttons of every connector."""
    add_entities_everywhere(entry, async_add_entities, _entities_of)


def _entities_of(central: CentralSystem, place: Place) -> Iterable[ButtonEntity]:
    if place.evse is not None:
        for description in BUTTONS:
            yield EvseButton(central, place, description)


class EvseButton(PlaceEntity, ButtonEntity):
    """A button of an EVSE. A charger that is away can still be cancelled at, and says itself that it is away."""

    _offline_too = True
    entity_description: EvseButtonDescription

    @override
    async def async_press(self) -> None:
        """Do it; what cannot be done is raised as a translated error."""
        await self.entity_description.press_fn(self._central, self._place)
