"""Which devices there are, and which charger and EVSE a device is.

Knows the identifiers of `contract.md` 2. Must not know entities.
"""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.util import dt as dt_util

from .audience import Place
from .const import DOMAIN, SUBENTRY_CHARGER
from .coordinator import CentralSystem, OcppConfigEntry
from .core.charger import Charger, Description
from .core.events import ChargerId, EvseId


def charger_identifier(charger_id: ChargerId) -> tuple[str, str]:
    """The identifier of a charger's device."""
    return (DOMAIN, charger_id)


def evse_identifier(charger_id: ChargerId, evse: EvseId) -> tuple[str, str]:
    """The identifier of an EVSE's device. No identity has a slash, so no charger can have the same."""
    return (DOMAIN, f"{charger_id}/{evse}")


def subentry_of(entry: OcppConfigEntry, charger_id: ChargerId) -> str | None:
    """The id of a charger's subentry, None once it was removed."""
    subentries = entry.get_subentries_of_type(SUBENTRY_CHARGER)
    return next((each.subentry_id for each in subentries if each.unique_id == charger_id), None)


@callback
def keep_devices(hass: HomeAssistant, entry: OcppConfigEntry) -> None:
    """Give every charger and EVSE its device, now and whenever one appears, and keep its description up to date.

    To be called before any platform is set up: a child device needs its parent.
    """
    central = entry.runtime_data
    shown: dict[ChargerId, tuple[str, Description]] = {}

    @callback
    def show(charger: Charger) -> None:
        shown[charger.charger] = (central.name_of(charger.charger), charger.description)
        _register(hass, entry, charger)

    @callback
    def watch(charger_id: ChargerId) -> None:
        @callback
        def look() -> None:
            charger = central.chargers.get(charger_id)
            if charger is not None and shown[charger_id] != (central.name_of(charger_id), charger.description):
                show(charger)

        entry.async_on_unload(central.audience.listen(Place(charger_id), look))

    @callback
    def add(place: Place) -> None:
        show(central.chargers[place.charger])
        if place.evse is None:
            watch(place.charger)

    for charger_id in central.chargers:
        add(Place(charger_id))
    entry.async_on_unload(central.audience.listen_to_places(add))


@callback
def _register(hass: HomeAssistant, entry: OcppConfigEntry, charger: Charger) -> None:
    """Give a charger and its EVSEs their devices, or bring them up to date with what the charger says of itself."""
    if (subentry_id := subentry_of(entry, charger.charger)) is None:
        return
    registry = dr.async_get(hass)
    told = charger.description
    device = registry.async_get_or_create(
        config_entry_id=entry.entry_id,
        config_subentry_id=subentry_id,
        identifiers={charger_identifier(charger.charger)},
        name=entry.subentries[subentry_id].title,
        manufacturer=told.vendor,
        model=told.model,
        serial_number=told.serial,
        sw_version=told.firmware,
    )
    for evse in charger.evses:
        registry.async_get_or_create_child(
            config_entry_id=entry.entry_id,
            config_subentry_id=subentry_id,
            identifiers={evse_identifier(charger.charger, evse)},
            parent_device_id=device.id,
            translation_key="connector",
            translation_placeholders={"connector": str(evse)},
        )


def place_of(central: CentralSystem, device: dr.AnyDeviceEntry) -> Place | None:
    """The charger or EVSE that a device is; None for a device of a charger or EVSE that is gone."""
    for charger in central.chargers.values():
        if charger_identifier(charger.charger) in device.identifiers:
            return Place(charger.charger)
        for evse in charger.evses:
            if evse_identifier(charger.charger, evse) in device.identifiers:
                return Place(charger.charger, evse)
    return None


@callback
def let_go(central: CentralSystem, device: dr.AnyDeviceEntry) -> bool:
    """Whether a device may be deleted: its charger is gone, or tells of such a connector no more, and nothing is reserved there.

    The connector is forgotten by that, until its charger tells of it again.
    """
    place = place_of(central, device)
    if place is None:
        return True
    charger = central.chargers[place.charger]
    if place.evse is None or central.reservations(place) or not charger.has_lost(place.evse, dt_util.utcnow()):
        return False
    central.put(charger.without(place.evse))
    return True


def device_id_of(hass: HomeAssistant, central: CentralSystem, charger_id: ChargerId, evse: EvseId | None) -> str | None:
    """The id of the device of an EVSE, or (`evse` None) of the charger; None once the charger was removed."""
    registry = dr.async_get(hass)
    if evse is None:
        whole = registry.async_get_device_by_identifier(charger_identifier(charger_id), central.entry.entry_id)
        return None if whole is None else whole.id
    identifier = evse_identifier(charger_id, evse)
    device = registry.async_get_child_device_by_identifier(identifier, central.entry.entry_id)
    return None if device is None else device.id
