"""What the entities of a charger and of an EVSE have in common.

Knows their devices, unique ids and when they are written. Must not know any platform.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final, override

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.device_registry import ChildDeviceInfo, DeviceInfo
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.restore_state import RestoredExtraData, RestoreEntity
from homeassistant.util.json import JsonValueType

from .audience import Place
from .coordinator import CentralSystem, OcppConfigEntry
from .core.charger import Charger
from .core.events import Ability, ChargerId
from .core.evse import Evse
from .devices import charger_identifier, evse_identifier, subentry_of

_CHOSEN: Final = "chosen"

type EntitiesOf = Callable[[CentralSystem, Place], Iterable[Entity]]
"""The entities that a platform has at a place."""


@callback
def add_entities_everywhere(
    entry: OcppConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    entities_of: EntitiesOf,
) -> None:
    """Add a platform's entities for every charger and EVSE, now and whenever one appears."""
    central = entry.runtime_data

    @callback
    def add(place: Place) -> None:
        if (subentry_id := subentry_of(entry, place.charger)) is not None:
            async_add_entities(entities_of(central, place), config_subentry_id=subentry_id)

    for charger in central.chargers.values():
        add(Place(charger.charger))
        for evse in charger.evses:
            add(Place(charger.charger, evse))
    entry.async_on_unload(central.audience.listen_to_places(add))


def unique_id_of(place: Place, key: str) -> str:
    """The unique id of a place's entity of this key (contract 2)."""
    return f"{place.charger}/{key}" if place.evse is None else f"{place.charger}/{place.evse}/{key}"


@callback
def add_entities_while(
    entry: OcppConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    is_wanted: Callable[[CentralSystem, Place], bool],
    entity_at: Callable[[CentralSystem, Place], Entity],
) -> None:
    """Add an entity for every charger and EVSE as soon as it is wanted there, and forget it when it is not any more.

    A charger may tell later what it can do, and another firmware something else.
    """
    central = entry.runtime_data

    def add(place: Place) -> Iterable[Entity]:
        listening.keep(place, central.audience.listen(place, partial(look, place)))
        entity = entity_at(central, place) if is_wanted(central, place) else None
        there[place] = entity
        return () if entity is None else (entity,)

    @callback
    def look(place: Place) -> None:
        known = there[place]
        if is_wanted(central, place) is (known is not None):
            return
        if (subentry_id := subentry_of(entry, place.charger)) is None:
            return
        if known is not None:
            there[place] = None
            _forget(central.hass, entry, known)
        else:
            there[place] = entity = entity_at(central, place)
            async_add_entities((entity,), config_subentry_id=subentry_id)

    there: dict[Place, Entity | None] = {}
    listening = Listening()
    entry.async_on_unload(listening.cease)
    add_entities_everywhere(entry, async_add_entities, lambda _, place: add(place))


@callback
def can(central: CentralSystem, place: Place, ability: Ability) -> bool:
    """Whether a charger may be able to do something; it shows when it is told to."""
    charger = central.chargers.get(place.charger)
    return charger is not None and ability not in charger.abilities.missing


@callback
def _forget(hass: HomeAssistant, entry: OcppConfigEntry, entity: Entity) -> None:
    """Take an entity away, also one that is disabled."""
    registry = er.async_get(hass)
    for known in er.async_entries_for_config_entry(registry, entry.entry_id):
        if known.unique_id == entity.unique_id:
            registry.async_remove(known.entity_id)


class Listening:
    """Who listens at which place: one at each, also if its charger was removed and is there again."""

    def __init__(self) -> None:
        """Nobody."""
        self._unsubscribe: dict[Place, CALLBACK_TYPE] = {}

    @callback
    def keep(self, place: Place, unsubscribe: CALLBACK_TYPE) -> None:
        """Whoever can be unsubscribed so listens at a place, in the place of whoever did before."""
        self.cease_at(place)
        self._unsubscribe[place] = unsubscribe

    @callback
    def cease_at(self, place: Place) -> None:
        """Listen there no more."""
        if (unsubscribe := self._unsubscribe.pop(place, None)) is not None:
            unsubscribe()

    @callback
    def cease(self) -> None:
        """Listen nowhere any more."""
        for place in tuple(self._unsubscribe):
            self.cease_at(place)


class PlaceEntity(Entity):
    """An entity of a charger, or of one of its EVSEs, that is written when something there has changed."""

    _attr_has_entity_name = True
    _attr_should_poll = False
    _offline_too = False
    """Whether it tells of what is ours, and so stays available while the charger is away."""
    _shown: tuple[bool, object] | None = None

    def __init__(self, central: CentralSystem, place: Place, description: EntityDescription) -> None:
        """Describe one thing of a place."""
        self.entity_description = description
        self._central = central
        self._place = place
        self._attr_unique_id = unique_id_of(place, description.key)
        if place.evse is None:
            self._attr_device_info = DeviceInfo(identifiers={charger_identifier(place.charger)})
        else:
            self._attr_device_info = ChildDeviceInfo(
                identifiers={evse_identifier(place.charger, place.evse)},
                parent_device_id=_parent_id(central.hass, central, place.charger),
                translation_key="connector",
                translation_placeholders={"connector": str(place.evse)},
            )

    @property
    @override
    def available(self) -> bool:
        """Whether the charger is connected, or need not be."""
        charger = self._charger
        return charger is not None and (self._offline_too or charger.connected)

    @override
    async def async_added_to_hass(self) -> None:
        """Wake with this place only."""
        self.async_on_remove(self._central.audience.listen(self._place, self._look))

    @callback
    def _look(self) -> None:
        """Write only what shows differently: most of what happens at a place concerns one or two of its entities."""
        shows = (self.available, self._value())
        if shows != self._shown:
            self._shown = shows
            self.async_write_ha_state()

    def _value(self) -> object:
        """What the entity's state is made of, beside its availability."""
        return None

    @callback
    def async_entity_id_changed(self, old_entity_id: str) -> None:
        """Stay as it is: from Home Assistant 2026.11 an entity that has this is renamed in place."""

    @property
    def _charger(self) -> Charger | None:
        return self._central.chargers.get(self._place.charger)

    @property
    def _evse(self) -> Evse | None:
        return self._central.evse(self._place)


class ChoiceEntity(PlaceEntity, RestoreEntity):
    """Something that is chosen at an EVSE for its *Reserve* button: kept over restarts, forgotten with the entity.

    What is kept is the choice itself, not the state: a name or a default may be another one by then.
    """

    _offline_too = True

    @property
    @override
    def extra_restore_state_data(self) -> RestoredExtraData:
        """The choice, as `_choose` takes it."""
        return RestoredExtraData({_CHOSEN: self._chosen()})

    @override
    async def async_added_to_hass(self) -> None:
        """Choose what was chosen before."""
        if (kept := await self.async_get_last_extra_data()) is not None:
            self._choose(kept.as_dict().get(_CHOSEN))
        await super().async_added_to_hass()

    @override
    async def async_will_remove_from_hass(self) -> None:
        """What is not shown any more must not decide anything."""
        self._choose(None)

    @abstractmethod
    def _chosen(self) -> JsonValueType:
        """What was chosen; None if nothing was."""

    @abstractmethod
    def _choose(self, chosen: object) -> None:
        """Choose this; None, and whatever cannot be chosen: nothing."""


def _parent_id(hass: HomeAssistant, central: CentralSystem, charger_id: ChargerId) -> str:
    return dr.async_get_device_id_by_identifier(
        hass, charger_identifier(charger_id), config_entry_id=central.entry.entry_id
    )
