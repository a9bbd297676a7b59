"""What happens to reservations and at readers, and which starts come to nothing, as events of Home Assistant's own: once each.

Knows where something happened, and what that place is called. Must not know how a person says it (`logbook`).
"""

from typing import Final

from homeassistant.const import ATTR_DEVICE_ID, ATTR_ENTITY_ID, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er

from .audience import Place
from .const import DOMAIN, EVENT_ID_TOKEN_PRESENTED, EVENT_RESERVATION, EVENT_START_EXPIRED
from .coordinator import CentralSystem, OcppConfigEntry
from .core.book import Change
from .core.presentation import Presentation
from .devices import device_id_of
from .entity import unique_id_of
from .tidings import ATTR_DRIVER, ATTR_EVSE, of_presentation, of_reservation

ATTR_EVENT_TYPE: Final = "event_type"
ATTR_PLACE: Final = "place"
ATTR_TARGET: Final = "target"


@callback
def tell_on_the_bus(hass: HomeAssistant, entry: OcppConfigEntry) -> None:
    """Tell what happens from now on."""
    central = entry.runtime_data

    @callback
    def tell_of_reservation(change: Change) -> None:
        reservation = change.after
        place = Place(reservation.charger, reservation.evse if change.evse is None else change.evse)
        kind, data = of_reservation(central, change)
        about = {
            ATTR_EVENT_TYPE: kind,
            ATTR_ENTITY_ID: _entity_id(hass, Platform.EVENT, place, "reservation"),
            ATTR_EVSE: place.evse,
            ATTR_TARGET: reservation.target.value,
        }
        hass.bus.async_fire(EVENT_RESERVATION, {**about, **_where(hass, central, place), **data})

    @callback
    def tell_of_presentation(presented: Presentation) -> None:
        place = Place(presented.charger, presented.evse)
        kind, data = of_presentation(presented)
        about = {
            ATTR_EVENT_TYPE: kind,
            ATTR_ENTITY_ID: _entity_id(hass, Platform.EVENT, Place(presented.charger), "id_token_presented"),
        }
        hass.bus.async_fire(EVENT_ID_TOKEN_PRESENTED, {**about, **_where(hass, central, place), **data})

    @callback
    def tell_of_start(place: Place, driver: str | None) -> None:
        about = {ATTR_ENTITY_ID: _entity_id(hass, Platform.SWITCH, place, "charging"), ATTR_EVSE: place.evse}
        hass.bus.async_fire(EVENT_START_EXPIRED, {**about, **_where(hass, central, place), ATTR_DRIVER: driver})

    entry.async_on_unload(central.audience.listen_to_all_news(tell_of_reservation))
    entry.async_on_unload(central.audience.listen_to_presentations(tell_of_presentation))
    entry.async_on_unload(central.starts.listen(tell_of_start))


def _entity_id(hass: HomeAssistant, platform: Platform, place: Place, key: str) -> str | None:
    """The entity whose activity this belongs to; None if it has been removed."""
    return er.async_get(hass).async_get_entity_id(platform, DOMAIN, unique_id_of(place, key))


def _where(hass: HomeAssistant, central: CentralSystem, place: Place) -> dict[str, str | None]:
    """The device of a place, None once it is gone, and what people call the place, which outlives the device."""
    whole, here = (_device(hass, central, each) for each in (Place(place.charger), place))
    if whole is None or here is None:
        return {ATTR_DEVICE_ID: None, ATTR_PLACE: central.label_of(place)}
    devices = (whole,) if place.evse is None else (whole, here)
    return {ATTR_DEVICE_ID: here.id, ATTR_PLACE: " ".join(each.name_by_user or each.name or "" for each in devices)}


def _device(hass: HomeAssistant, central: CentralSystem, place: Place) -> dr.AnyDeviceEntry | None:
    device_id = device_id_of(hass, central, place.charger, place.evse)
    return None if device_id is None else dr.async_get(hass).async_get(device_id)
