"""For whom the *Reserve* button of a connector reserves."""

from collections.abc import Iterable
from dataclasses import replace
from typing import override

from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .audience import Place
from .choices import HOUSE, word_for
from .coordinator import CentralSystem, OcppConfigEntry
from .core.drivers import DriverId
from .entity import ChoiceEntity, add_entities_everywhere

PARALLEL_UPDATES = 0

RESERVE_FOR = SelectEntityDescription(key="reserve_for", translation_key="reserve_for")


async def async_setup_entry(
    _: HomeAssistant,
    entry: OcppConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the choice of every connector."""
    add_entities_everywhere(entry, async_add_entities, _entities_of)


def _entities_of(central: CentralSystem, place: Place) -> Iterable[SelectEntity]:
    if place.evse is not None:
        yield ReserveForSelect(central, place, RESERVE_FOR)


class ReserveForSelect(ChoiceEntity, SelectEntity):
    """The house, or one of the drivers there are now."""

    @property
    @override
    def options(self) -> list[str]:
        """The house first, then the drivers by name."""
        return list(self._drivers())

    @property
    @override
    def current_option(self) -> str:
        """Who is chosen; the house once that driver is gone."""
        chosen = self._chosen()
        return next((option for option, driver in self._drivers().items() if driver == chosen), HOUSE)

    @override
    async def async_select_option(self, option: str) -> None:
        """Choose somebody else."""
        self._choose(self._drivers()[option])

    @override
    def _value(self) -> object:
        # Asked for each message of the charger: what follows from these is made up only when it is written.
        return self._central.drivers, self._chosen()

    @override
    def _chosen(self) -> DriverId | None:
        return self._central.choices.at(self._place).driver

    @override
    def _choose(self, chosen: object) -> None:
        choice = self._central.choices.at(self._place)
        driver = chosen if isinstance(chosen, str) else None
        self._central.choices.choose(self._place, replace(choice, driver=driver))

    def _drivers(self) -> dict[str, DriverId | None]:
        """Who can be chosen, by what the option is called."""
        options: dict[str, DriverId | None] = {HOUSE: None}
        return options | {word_for(each): each.driver_id for each in self._central.drivers.known}
