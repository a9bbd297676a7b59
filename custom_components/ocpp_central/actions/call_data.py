"""Whom and what the data of an action names: a device, a reservation, a driver or a token.

Knows the fields that several actions have, and the errors where they name nobody. Must not know any action.
"""

from typing import Final

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import service
import orjson
import voluptuous as vol

from .. import errors
from ..audience import Place
from ..const import DOMAIN
from ..coordinator import CentralSystem
from ..core.drivers import Driver, DriverId, Holder
from ..core.reservation import Reservation
from ..core.token import IdToken
from ..devices import place_of
from ..field_names import names_of_fields
from ..id_tokens import tidied

ATTR_DRIVER: Final = "driver"
ATTR_GROUP_ID_TOKEN: Final = "group_id_token"  # noqa: S105  a field name
ATTR_ID_TOKEN: Final = "id_token"  # noqa: S105  a field name
ATTR_ID_TOKEN_TYPE: Final = "id_token_type"  # noqa: S105  a field name
ATTR_RESERVATION_ID: Final = "reservation_id"
ATTR_UID: Final = "uid"


def as_json(value: object) -> object:
    """What was given as JSON has it: YAML also knows dates, and keys that are no texts. For a schema of voluptuous."""
    try:
        return orjson.loads(orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS))
    except orjson.JSONEncodeError as error:
        raise vol.Invalid("there is no JSON for this") from error


def place_named(hass: HomeAssistant, device_id: str) -> tuple[CentralSystem, Place]:
    """The charger or connector that a device is, and its central system."""
    device, entry = service.async_get_device_and_config_entry(hass, DOMAIN, device_id)
    central: CentralSystem = entry.runtime_data
    place = place_of(central, device)
    if place is None:
        raise errors.invalid("device_gone", device=device.name_by_user or device.name or device_id)
    return central, place


def reservation_named(call: ServiceCall) -> tuple[CentralSystem, Reservation]:
    """The reservation that the call names by uid or id."""
    uid, reservation_id = call.data.get(ATTR_UID), call.data.get(ATTR_RESERVATION_ID)
    if uid is None and reservation_id is None:
        raise errors.invalid("name_a_reservation")
    found = [
        (central, reservation)
        for central in central_systems(call.hass, call.data.get(ATTR_CONFIG_ENTRY_ID))
        if (reservation := central.find(uid=uid, reservation_id=reservation_id)) is not None
    ]
    if not found:
        raise errors.invalid("reservation_not_found", reservation_id=uid or reservation_id)
    if len(found) > 1:
        raise errors.invalid("reservation_ambiguous", reservation_id=reservation_id)
    return found[0]


def central_systems(hass: HomeAssistant, entry_id: str | None = None) -> list[CentralSystem]:
    """The central system of this entry, or all that run."""
    if entry_id is not None:
        return [service.async_get_config_entry(hass, DOMAIN, entry_id).runtime_data]
    return [
        entry.runtime_data
        for entry in hass.config_entries.async_entries(DOMAIN)
        if entry.state is ConfigEntryState.LOADED
    ]


def holder_named(call: ServiceCall, central: CentralSystem) -> Holder | None:
    """Whom the call names, by driver or by token, with what is known of him; None if it names nobody."""
    at_most_one_of(call, ATTR_DRIVER, ATTR_ID_TOKEN)
    at_most_one_of(call, ATTR_DRIVER, ATTR_ID_TOKEN_TYPE)
    group = call.data.get(ATTR_GROUP_ID_TOKEN)
    if (called := call.data.get(ATTR_DRIVER)) is not None:
        return driver_named(called, central).as_holder(group)
    token = _token(call)
    return None if token is None else central.drivers.as_holder(token, group)


def house(call: ServiceCall, central: CentralSystem) -> Holder:
    """The holder where nobody is named."""
    return Holder(token=central.house, group=call.data.get(ATTR_GROUP_ID_TOKEN))


def driver_named(called: str, central: CentralSystem) -> Driver:
    """The driver who is called so, by name or by id. Raises `unknown_driver`, which names those that there are."""
    if (driver := central.driver(called)) is None:
        raise errors.unknown_driver(called, central.drivers.names)
    return driver


def driver_ids_named(called: str | None, centrals: list[CentralSystem]) -> set[DriverId] | None:
    """The ids of the drivers who are called so, perhaps at several central systems; None if nobody is named."""
    if called is None:
        return None
    found = {driver.driver_id for central in centrals if (driver := central.driver(called)) is not None}
    if not found:
        raise errors.unknown_driver(called, (name for central in centrals for name in central.drivers.names))
    return found


def at_most_one_of(call: ServiceCall, *fields: str) -> None:
    """Refuse fields that say the same thing twice."""
    given = [name for name in fields if name in call.data]
    if len(given) > 1:
        raise errors.invalid("conflicting_fields", fields=names_of_fields(call.hass, call.service, given))


def _token(call: ServiceCall) -> IdToken | None:
    """The token that the call names, if it names one."""
    value, kind = call.data.get(ATTR_ID_TOKEN), call.data.get(ATTR_ID_TOKEN_TYPE)
    if value is None and kind is not None:
        raise errors.invalid("id_token_missing")
    return None if value is None else tidied(IdToken(value=value, type=kind))
