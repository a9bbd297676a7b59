"""The actions: what a caller may ask of the reservations, checked before anything is touched.

Knows fields and responses (contract 3). Must not know how a wish is carried out (`wishes`).
"""

import asyncio
from itertools import batched
from typing import Final

from homeassistant.const import ATTR_CONFIG_ENTRY_ID, ATTR_DEVICE_ID
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import JsonValueType
import voluptuous as vol

from . import errors, wishes
from .actions.call_data import (
    ATTR_DRIVER,
    ATTR_GROUP_ID_TOKEN,
    ATTR_ID_TOKEN,
    ATTR_ID_TOKEN_TYPE,
    ATTR_RESERVATION_ID,
    ATTR_UID,
    at_most_one_of,
    central_systems,
    driver_ids_named,
    holder_named,
    house,
    place_named,
    reservation_named,
)
from .actions.responses import checked, described
from .audience import Place
from .const import DOMAIN
from .coordinator import CentralSystem
from .core.change import Amendment
from .core.connector_types import named_type
from .core.ledger import Wish
from .core.reservation import HeldBy, Reservation, Target
from .core.wire_ids import MAX_WIRE_ID
from .field_names import name_of_field, names_of_fields
from .id_tokens import PLAIN_TEXT, TOKEN_TYPES
from .windows import ATTR_DURATION, ATTR_END, ATTR_START, asked, changed, wished

ATTR_CONNECTOR_TYPE: Final = "connector_type"
ATTR_HELD_BY: Final = "held_by"
ATTR_INCLUDE_ENDED: Final = "include_ended"
ATTR_REPLACE: Final = "replace"
ATTR_WHOLE_CHARGER: Final = "whole_charger"

BATCH = 100
"""So many reservations are told at once, so that thousands of them keep nobody waiting."""


def _whole(value: object) -> int:
    """A whole number, also as text; nothing is cut off, for another number is another reservation."""
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise vol.Invalid("expected a whole number")
    return int(vol.Coerce(int)(value))


_RESERVATION_ID = vol.All(_whole, vol.Range(min=1, max=MAX_WIRE_ID))

RESERVE_NOW = vol.Schema(
    {
        vol.Required(ATTR_DEVICE_ID): cv.string,
        vol.Optional(ATTR_DRIVER): PLAIN_TEXT,
        vol.Optional(ATTR_ID_TOKEN): PLAIN_TEXT,
        vol.Optional(ATTR_ID_TOKEN_TYPE): vol.In(TOKEN_TYPES),
        vol.Optional(ATTR_GROUP_ID_TOKEN): PLAIN_TEXT,
        vol.Optional(ATTR_START): cv.datetime,
        vol.Optional(ATTR_END): cv.datetime,
        vol.Optional(ATTR_DURATION): cv.time_period,
        vol.Optional(ATTR_RESERVATION_ID): _RESERVATION_ID,
        vol.Optional(ATTR_CONNECTOR_TYPE): PLAIN_TEXT,
        vol.Optional(ATTR_WHOLE_CHARGER, default=False): cv.boolean,
        vol.Optional(ATTR_HELD_BY, default=HeldBy.AUTO.value): vol.Coerce(HeldBy),
        vol.Optional(ATTR_REPLACE, default=False): cv.boolean,
    }
)

UPDATE_RESERVATION = vol.Schema(
    {
        vol.Optional(ATTR_RESERVATION_ID): _RESERVATION_ID,
        vol.Optional(ATTR_UID): cv.string,
        vol.Optional(ATTR_START): cv.datetime,
        vol.Optional(ATTR_END): cv.datetime,
        vol.Optional(ATTR_DURATION): cv.time_period,
        vol.Optional(ATTR_DEVICE_ID): cv.string,
        vol.Optional(ATTR_DRIVER): PLAIN_TEXT,
        vol.Optional(ATTR_ID_TOKEN): PLAIN_TEXT,
        vol.Optional(ATTR_ID_TOKEN_TYPE): vol.In(TOKEN_TYPES),
        vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
    }
)

CANCEL_RESERVATION = vol.Schema(
    {
        vol.Optional(ATTR_RESERVATION_ID): _RESERVATION_ID,
        vol.Optional(ATTR_UID): cv.string,
        vol.Optional(ATTR_DEVICE_ID): cv.string,
        vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
    }
)

GET_RESERVATIONS = vol.Schema(
    {
        vol.Optional(ATTR_DEVICE_ID): cv.string,
        vol.Optional(ATTR_DRIVER): PLAIN_TEXT,
        vol.Optional(ATTR_START): cv.datetime,
        vol.Optional(ATTR_END): cv.datetime,
        vol.Optional(ATTR_INCLUDE_ENDED, default=False): cv.boolean,
    }
)

CHECK_RESERVATION = vol.Schema(
    {
        vol.Required(ATTR_DEVICE_ID): cv.string,
        vol.Optional(ATTR_DRIVER): PLAIN_TEXT,
        vol.Optional(ATTR_ID_TOKEN): PLAIN_TEXT,
        vol.Optional(ATTR_GROUP_ID_TOKEN): PLAIN_TEXT,
    }
)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions; they work on whichever central systems are set up when they are called."""
    hass.services.async_register(DOMAIN, "reserve_now", _reserve_now, RESERVE_NOW, SupportsResponse.OPTIONAL)
    hass.services.async_register(
        DOMAIN,
        "update_reservation",
        _update_reservation,
        UPDATE_RESERVATION,
        SupportsResponse.OPTIONAL,
    )
    hass.services.async_register(
        DOMAIN,
        "cancel_reservation",
        _cancel_reservation,
        CANCEL_RESERVATION,
        SupportsResponse.OPTIONAL,
    )
    hass.services.async_register(DOMAIN, "get_reservations", _get_reservations, GET_RESERVATIONS, SupportsResponse.ONLY)
    hass.services.async_register(
        DOMAIN, "check_reservation", _check_reservation, CHECK_RESERVATION, SupportsResponse.ONLY
    )


async def _reserve_now(call: ServiceCall) -> ServiceResponse:
    central, place = place_named(call.hass, call.data[ATTR_DEVICE_ID])
    reservation = await wishes.reserve(central, _wish(call, central, place))
    if not call.return_response:
        return None
    outcome = reservation.last_outcome
    return described(call.hass, central, reservation) | {"result": None if outcome is None else outcome.word}


async def _update_reservation(call: ServiceCall) -> ServiceResponse:
    at_most_one_of(call, ATTR_RESERVATION_ID, ATTR_UID)
    at_most_one_of(call, ATTR_END, ATTR_DURATION)
    central, found = reservation_named(call)
    reservation, outcome = await wishes.change(central, found, _amendment(call, central, found))
    if not call.return_response:
        return None
    return described(call.hass, central, reservation) | {"result": None if outcome is None else outcome.word}


async def _cancel_reservation(call: ServiceCall) -> ServiceResponse:
    at_most_one_of(call, ATTR_RESERVATION_ID, ATTR_UID, ATTR_DEVICE_ID)
    if (device_id := call.data.get(ATTR_DEVICE_ID)) is not None:
        central, place = place_named(call.hass, device_id)
        cancelled = await wishes.cancel_present(central, place)
    else:
        central, found = reservation_named(call)
        cancelled = await wishes.cancel(central, found)
    return described(call.hass, central, cancelled) if call.return_response else None


async def _get_reservations(call: ServiceCall) -> ServiceResponse:
    wanted: list[tuple[CentralSystem, Place | None]]
    if (device_id := call.data.get(ATTR_DEVICE_ID)) is not None:
        wanted = [place_named(call.hass, device_id)]
    else:
        wanted = [(central, None) for central in central_systems(call.hass)]
    span = asked(call.data)
    driver_ids = driver_ids_named(call.data.get(ATTR_DRIVER), [central for central, _ in wanted])
    found = [
        (central, reservation)
        for central, place in wanted
        for reservation in _remembered(central, place, ended=call.data[ATTR_INCLUDE_ENDED])
        if reservation.window.overlaps(span) and (driver_ids is None or reservation.driver in driver_ids)
    ]
    found.sort(key=lambda each: (each[1].window.start, each[1].reservation_id))
    told: list[JsonValueType] = []
    for batch in batched(found, BATCH, strict=False):
        told += [described(call.hass, central, reservation) for central, reservation in batch]
        await asyncio.sleep(0)
    return {"reservations": told}


def _remembered(central: CentralSystem, place: Place | None, *, ended: bool) -> list[Reservation]:
    living = central.reservations(place)
    return living + central.ended(place) if ended else living


async def _check_reservation(call: ServiceCall) -> ServiceResponse:
    central, place = place_named(call.hass, call.data[ATTR_DEVICE_ID])
    holder = holder_named(call, central) or house(call, central)
    return checked(central.check(place, holder.token, holder.group))


def _wish(call: ServiceCall, central: CentralSystem, place: Place) -> Wish:
    at_most_one_of(call, ATTR_END, ATTR_DURATION)
    target, connector_type = _target(call, central, place)
    start, end = wished(call.data, central.policy)
    holder = holder_named(call, central) or house(call, central)
    return Wish(
        charger=place.charger,
        target=target,
        evse=place.evse,
        connector_type=connector_type,
        token=holder.token,
        group=holder.group,
        driver=holder.driver,
        start=start,
        end=end,
        held_by=call.data[ATTR_HELD_BY],
        reservation_id=call.data.get(ATTR_RESERVATION_ID),
        replace=call.data[ATTR_REPLACE],
    )


def _target(call: ServiceCall, central: CentralSystem, place: Place) -> tuple[Target, str | None]:
    """What of the device is wished for, and the type of its connector, if one is named."""
    connector_type = call.data.get(ATTR_CONNECTOR_TYPE)
    beyond = [ATTR_CONNECTOR_TYPE] if connector_type is not None else []
    beyond += [ATTR_WHOLE_CHARGER] if call.data[ATTR_WHOLE_CHARGER] else []
    if len(beyond) > 1:
        raise errors.invalid("conflicting_fields", fields=names_of_fields(call.hass, call.service, beyond))
    if place.evse is not None and beyond:
        field = name_of_field(call.hass, call.service, beyond[0])
        raise errors.invalid("choose_charger", device=central.label_of(place), field=field)
    if place.evse is not None:
        return Target.CONNECTOR, None
    if call.data[ATTR_WHOLE_CHARGER]:
        return Target.WHOLE_CHARGER, None
    if connector_type is not None:
        return Target.CONNECTOR_TYPE, named_type(connector_type) or connector_type
    return Target.ANY, None


def _amendment(call: ServiceCall, central: CentralSystem, reservation: Reservation) -> Amendment:
    evse, target = None, None
    if (device_id := call.data.get(ATTR_DEVICE_ID)) is not None:
        other, place = place_named(call.hass, device_id)
        if other is not central or place.charger != reservation.charger:
            charger = central.name_of(reservation.charger)
            raise errors.invalid("other_charger", reservation_id=reservation.reservation_id, charger=charger)
        evse = place.evse
        # Whatever is reserved of the charger as such stays so.
        target = Target.ANY if evse is None and reservation.target is Target.CONNECTOR else None
    start, end, duration = changed(call.data)
    holder = holder_named(call, central)
    amendment = Amendment(
        evse=evse,
        target=target,
        token=None if holder is None else holder.token,
        group=None if holder is None else holder.group,
        driver=None if holder is None else holder.driver,
        start=start,
        end=end,
        duration=duration,
    )
    if amendment == Amendment() and device_id is None:
        raise errors.invalid("nothing_to_change")
    return amendment
