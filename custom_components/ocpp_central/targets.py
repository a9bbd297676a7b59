"""Which of our entities an automation means by its target, and the places where they show something.

Knows entities by their translation keys. Must not know what triggers or conditions make of them.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from homeassistant.core import HomeAssistant, callback, split_entity_id
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.automation import DomainSpec

from .audience import Place
from .const import DOMAIN
from .coordinator import CentralSystem
from .devices import place_of

type Keys = Mapping[str, Collection[str]]
"""Translation keys of entities of ours, by their domain."""

RESERVED: Final[Keys] = {"binary_sensor": {"reserved"}}
CHARGING: Final[Keys] = {"binary_sensor": {"charging"}}


def domain_specs(keys: Keys) -> Mapping[str, DomainSpec]:
    """The domains of these entities, as Home Assistant's base classes ask for them."""
    return dict.fromkeys(keys, DomainSpec())


@callback
def ours(hass: HomeAssistant, entity_ids: Iterable[str], keys: Keys) -> set[str]:
    """Those of these entities that are ours and have one of these keys."""
    registry = er.async_get(hass)
    return {
        entity_id
        for entity_id in entity_ids
        if (entry := registry.async_get(entity_id)) is not None
        and entry.platform == DOMAIN
        and entry.translation_key in keys.get(split_entity_id(entity_id)[0], ())
    }


@callback
def place_shown(hass: HomeAssistant, entity_id: str) -> tuple[CentralSystem, Place] | None:
    """The place that an entity of ours is about, with its central system; None while there is none."""
    registered = er.async_get(hass).async_get(entity_id)
    device_id = None if registered is None else registered.device_id
    device, entry = dr.async_get_device_and_config_entry_for_domain(hass, device_id or "", domain=DOMAIN)
    # It has one from before its entities are added, when it does not count as loaded yet, until it is unloaded.
    central: CentralSystem | None = getattr(entry, "runtime_data", None)
    if device is None or central is None or (place := place_of(central, device)) is None:
        return None
    return central, place
