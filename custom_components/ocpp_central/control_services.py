"""The actions that have a charger do something beside reserving and charging.

Knows fields and responses, and which of them are an administrator's (contract 3). Must not know how they are done (`control`).
"""

from datetime import datetime
from typing import Final, cast

from homeassistant.const import ATTR_DEVICE_ID, CONF_TYPE
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_register_admin_service
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonValueType
import voluptuous as vol

from . import configuring, control, errors, maintaining
from .audience import Place
from .call_data import as_json, place_named
from .const import CONF_VALUE, DOMAIN
from .coordinator import CentralSystem
from .core.events import ConfigurationEntry
from .core.orders import UpdateFirmware, UploadDiagnostics
from .csms.session import Result
from .id_tokens import PLAIN_TEXT
from .windows import in_utc

ATTR_CONNECTOR_ID: Final = "connector_id"
ATTR_INSTALL_DATE: Final = "install_date"
ATTR_KEY: Final = "key"
ATTR_LOCATION: Final = "location"
ATTR_RETRIES: Final = "retries"
ATTR_RETRIEVE_DATE: Final = "retrieve_date"
ATTR_RETRY_INTERVAL: Final = "retry_interval"
ATTR_START_TIME: Final = "start_time"
ATTR_STOP_TIME: Final = "stop_time"
ATTR_DATA: Final = "data"
ATTR_MESSAGE_ID: Final = "message_id"
ATTR_REQUESTED_MESSAGE: Final = "requested_message"
ATTR_VENDOR_ID: Final = "vendor_id"

SOFT: Final = "soft"
HARD: Final = "hard"

_DEVICE: Final = {vol.Required(ATTR_DEVICE_ID): cv.string}

GET_CONFIGURATION = vol.Schema({**_DEVICE, vol.Optional(ATTR_KEY): vol.All(cv.ensure_list, [PLAIN_TEXT])})

SET_CONFIGURATION = vol.Schema({**_DEVICE, vol.Required(ATTR_KEY): PLAIN_TEXT, vol.Required(CONF_VALUE): cv.string})

DATA_TRANSFER = vol.Schema(
    {
        **_DEVICE,
        vol.Required(ATTR_VENDOR_ID): PLAIN_TEXT,
        vol.Optional(ATTR_MESSAGE_ID): PLAIN_TEXT,
        vol.Optional(ATTR_DATA): as_json,
    }
)

_TRANSFER: Final = {
    **_DEVICE,
    vol.Required(ATTR_LOCATION): PLAIN_TEXT,
    vol.Optional(ATTR_RETRIES): vol.All(vol.Coerce(int), vol.Range(min=0, max=100)),
    vol.Optional(ATTR_RETRY_INTERVAL): vol.All(vol.Coerce(int), vol.Range(min=0, max=86400)),
}

UPDATE_FIRMWARE = vol.Schema(
    {**_TRANSFER, vol.Optional(ATTR_RETRIEVE_DATE): cv.datetime, vol.Optional(ATTR_INSTALL_DATE): cv.datetime}
)

UPLOAD_DIAGNOSTICS = vol.Schema(
    {**_TRANSFER, vol.Optional(ATTR_START_TIME): cv.datetime, vol.Optional(ATTR_STOP_TIME): cv.datetime}
)

UNLOCK = vol.Schema(_DEVICE)

RESET = vol.Schema({**_DEVICE, vol.Optional(CONF_TYPE, default=SOFT): vol.In((SOFT, HARD))})

CLEAR_CACHE = vol.Schema(_DEVICE)

TRIGGER_MESSAGE = vol.Schema(
    {
        **_DEVICE,
        vol.Required(ATTR_REQUESTED_MESSAGE): cv.string,
        vol.Optional(ATTR_CONNECTOR_ID): cv.positive_int,
    }
)


@callback
def async_setup_control_services(hass: HomeAssistant) -> None:
    """Register the actions; they work on whichever central systems are set up when they are called."""
    optional = SupportsResponse.OPTIONAL
    hass.services.async_register(DOMAIN, "unlock", _unlock, UNLOCK, optional)
    async_register_admin_service(hass, DOMAIN, "reset", _reset, RESET, optional)
    async_register_admin_service(hass, DOMAIN, "clear_cache", _clear_cache, CLEAR_CACHE, optional)
    async_register_admin_service(hass, DOMAIN, "trigger_message", _trigger_message, TRIGGER_MESSAGE, optional)
    only = SupportsResponse.ONLY
    async_register_admin_service(hass, DOMAIN, "get_configuration", _get_configuration, GET_CONFIGURATION, only)
    async_register_admin_service(hass, DOMAIN, "set_configuration", _set_configuration, SET_CONFIGURATION, optional)
    async_register_admin_service(hass, DOMAIN, "data_transfer", _data_transfer, DATA_TRANSFER, optional)
    async_register_admin_service(hass, DOMAIN, "update_firmware", _update_firmware, UPDATE_FIRMWARE, optional)
    async_register_admin_service(hass, DOMAIN, "upload_diagnostics", _upload_diagnostics, UPLOAD_DIAGNOSTICS, optional)


async def _unlock(call: ServiceCall) -> ServiceResponse:
    central, place = place_named(call.hass, call.data[ATTR_DEVICE_ID])
    return _status(call, await control.unlock(central, place))


async def _reset(call: ServiceCall) -> ServiceResponse:
    central, place = place_named(call.hass, call.data[ATTR_DEVICE_ID])
    return _status(call, await control.reset(central, place, hard=call.data[CONF_TYPE] == HARD))


async def _clear_cache(call: ServiceCall) -> ServiceResponse:
    central, place = place_named(call.hass, call.data[ATTR_DEVICE_ID])
    return _status(call, await control.clear_cache(central, place))


async def _trigger_message(call: ServiceCall) -> ServiceResponse:
    central, place = _connector_named(call)
    return _status(call, await control.trigger(central, place, call.data[ATTR_REQUESTED_MESSAGE]))


async def _get_configuration(call: ServiceCall) -> ServiceResponse:
    central, place = place_named(call.hass, call.data[ATTR_DEVICE_ID])
    entries, unknown = await configuring.read(central, place, call.data.get(ATTR_KEY, []))
    return {"configuration_key": [_told(entry) for entry in entries], "unknown_key": [*unknown]}


def _told(entry: ConfigurationEntry) -> dict[str, JsonValueType]:
    told: dict[str, JsonValueType] = {"key": entry.name, "value": entry.value, "readonly": entry.readonly}
    return told if entry.refused is None else told | {"status": entry.refused}


async def _set_configuration(call: ServiceCall) -> ServiceResponse:
    central, place = place_named(call.hass, call.data[ATTR_DEVICE_ID])
    return _status(call, await configuring.change(central, place, call.data[ATTR_KEY], call.data[CONF_VALUE]))


async def _data_transfer(call: ServiceCall) -> ServiceResponse:
    central, place = place_named(call.hass, call.data[ATTR_DEVICE_ID])
    vendor, message = call.data[ATTR_VENDOR_ID], call.data.get(ATTR_MESSAGE_ID)
    result, data = await control.transfer(central, place, vendor, message, call.data.get(ATTR_DATA))
    return {"status": result.word, "data": cast("JsonValueType", data)} if call.return_response else None


async def _update_firmware(call: ServiceCall) -> ServiceResponse:
    central, place = place_named(call.hass, call.data[ATTR_DEVICE_ID])
    order = UpdateFirmware(
        location=call.data[ATTR_LOCATION],
        retrieve=_moment(call, ATTR_RETRIEVE_DATE) or dt_util.utcnow(),
        install=_moment(call, ATTR_INSTALL_DATE),
        retries=call.data.get(ATTR_RETRIES),
        retry_interval=call.data.get(ATTR_RETRY_INTERVAL),
    )
    return _status(call, await maintaining.update_firmware(central, place, order))


async def _upload_diagnostics(call: ServiceCall) -> ServiceResponse:
    central, place = place_named(call.hass, call.data[ATTR_DEVICE_ID])
    order = UploadDiagnostics(
        location=call.data[ATTR_LOCATION],
        since=_moment(call, ATTR_START_TIME),
        until=_moment(call, ATTR_STOP_TIME),
        retries=call.data.get(ATTR_RETRIES),
        retry_interval=call.data.get(ATTR_RETRY_INTERVAL),
    )
    result, file = await maintaining.upload_diagnostics(central, place, order)
    status = _status(call, result)
    return None if status is None else {**status, "file_name": file}


def _moment(call: ServiceCall, field: str) -> datetime | None:
    return in_utc(call.data[field]) if field in call.data else None


def _connector_named(call: ServiceCall) -> tuple[CentralSystem, Place]:
    """The charger that is named, or its connector: as the device, or by its number."""
    central, place = place_named(call.hass, call.data[ATTR_DEVICE_ID])
    if (number := call.data.get(ATTR_CONNECTOR_ID)) is None:
        return central, place
    if place.evse is not None:
        raise errors.invalid("conflicting_fields", fields=f"{ATTR_DEVICE_ID}, {ATTR_CONNECTOR_ID}")
    return central, Place(place.charger, number or None)


def _status(call: ServiceCall, result: Result) -> dict[str, JsonValueType] | None:
    """The charger's own word, ours where 1.6 has none for it; one that refuses is an error by now."""
    return {"status": result.word or result.outcome.value} if call.return_response else None
