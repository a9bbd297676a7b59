"""The actions that have a charger do something beside reserving and charging.

Knows fields and responses, and which of them are an administrator's (contract 3). Must not know how they are done (`control`).
"""

from datetime import datetime
from typing import Final, cast
from urllib.parse import urlsplit

from homeassistant.const import ATTR_DEVICE_ID, CONF_TYPE
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_register_admin_service
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonValueType
import voluptuous as vol

from .. import errors
from ..audience import Place
from ..const import CONF_VALUE, DOMAIN
from ..coordinator import CentralSystem
from ..core.events import ConfigurationEntry
from ..core.orders import Log, Signed, UpdateFirmware, UploadDiagnostics
from ..csms.session import Result
from ..field_names import name_of_field, names_of_fields
from ..id_tokens import PLAIN_TEXT
from ..windows import in_utc
from . import configuring, control, maintaining
from .call_data import as_json, at_most_one_of, place_named

ATTR_CONNECTOR_ID: Final = "connector_id"
ATTR_CUSTOM_TRIGGER: Final = "custom_trigger"
ATTR_EVSE_ID: Final = "evse_id"
ATTR_INSTALL_DATE: Final = "install_date"
ATTR_KEY: Final = "key"
ATTR_LOCATION: Final = "location"
ATTR_LOG_TYPE: Final = "log_type"
ATTR_RETRIES: Final = "retries"
ATTR_RETRIEVE_DATE: Final = "retrieve_date"
ATTR_RETRY_INTERVAL: Final = "retry_interval"
ATTR_SIGNATURE: Final = "signature"
ATTR_SIGNING_CERTIFICATE: Final = "signing_certificate"
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


def _spelled(value: object) -> object:
    """A boolean as OCPP spells it: YAML makes one of `true`, and Python would write it with a capital letter."""
    return str(value).lower() if isinstance(value, bool) else value


SET_CONFIGURATION = vol.Schema(
    {**_DEVICE, vol.Required(ATTR_KEY): PLAIN_TEXT, vol.Required(CONF_VALUE): vol.All(_spelled, cv.string)}
)

DATA_TRANSFER = vol.Schema(
    {
        **_DEVICE,
        vol.Required(ATTR_VENDOR_ID): PLAIN_TEXT,
        vol.Optional(ATTR_MESSAGE_ID): PLAIN_TEXT,
        vol.Optional(ATTR_DATA): as_json,
    }
)

_SCHEMES: Final = ("ftp", "ftps", "http", "https", "sftp")
"""Those of which chargers can have any (`SupportedFileTransferProtocols` of 1.6, `FileTransferProtocols` of 2.x)."""

_TRANSFER: Final = {
    **_DEVICE,
    vol.Required(ATTR_LOCATION): PLAIN_TEXT,
    vol.Optional(ATTR_RETRIES): vol.All(vol.Coerce(int), vol.Range(min=0, max=100)),
    vol.Optional(ATTR_RETRY_INTERVAL): vol.All(vol.Coerce(int), vol.Range(min=0, max=86400)),
}

UPDATE_FIRMWARE = vol.Schema(
    {
        **_TRANSFER,
        vol.Optional(ATTR_RETRIEVE_DATE): cv.datetime,
        vol.Optional(ATTR_INSTALL_DATE): cv.datetime,
        vol.Optional(ATTR_SIGNING_CERTIFICATE): cv.string,
        vol.Optional(ATTR_SIGNATURE): cv.string,
    }
)

UPLOAD_DIAGNOSTICS = vol.Schema(
    {
        **_TRANSFER,
        vol.Optional(ATTR_LOG_TYPE, default=Log.DIAGNOSTICS): vol.Coerce(Log),
        vol.Optional(ATTR_START_TIME): cv.datetime,
        vol.Optional(ATTR_STOP_TIME): cv.datetime,
    }
)

UNLOCK = vol.Schema(_DEVICE)

RESET = vol.Schema(
    {
        **_DEVICE,
        vol.Optional(CONF_TYPE, default=SOFT): vol.In((SOFT, HARD)),
        vol.Optional(ATTR_EVSE_ID): cv.positive_int,
    }
)

CLEAR_CACHE = vol.Schema(_DEVICE)

TRIGGER_MESSAGE = vol.Schema(
    {
        **_DEVICE,
        vol.Optional(ATTR_REQUESTED_MESSAGE): cv.string,
        vol.Optional(ATTR_CUSTOM_TRIGGER): PLAIN_TEXT,
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
    hard, evse = call.data[CONF_TYPE] == HARD, call.data.get(ATTR_EVSE_ID) or None
    return _status(call, await control.reset(central, place, hard=hard, evse=evse))


async def _clear_cache(call: ServiceCall) -> ServiceResponse:
    central, place = place_named(call.hass, call.data[ATTR_DEVICE_ID])
    return _status(call, await control.clear_cache(central, place))


async def _trigger_message(call: ServiceCall) -> ServiceResponse:
    central, place = _connector_named(call)
    at_most_one_of(call, ATTR_REQUESTED_MESSAGE, ATTR_CUSTOM_TRIGGER)
    message, custom = call.data.get(ATTR_REQUESTED_MESSAGE), call.data.get(ATTR_CUSTOM_TRIGGER)
    if (wanted := custom or message) is None:
        raise errors.invalid("message_missing")
    return _status(call, await control.trigger(central, place, wanted, custom=custom is not None))


async def _get_configuration(call: ServiceCall) -> ServiceResponse:
    central, place = place_named(call.hass, call.data[ATTR_DEVICE_ID])
    found = await configuring.read(central, place, call.data.get(ATTR_KEY, []))
    told: list[JsonValueType] = [_told(entry) for entry in found.entries]
    return {"configuration_key": told, "unknown_key": [*found.unknown], "complete": found.complete}


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
        location=_location(call),
        retrieve=_moment(call, ATTR_RETRIEVE_DATE) or dt_util.utcnow(),
        install=_moment(call, ATTR_INSTALL_DATE),
        retries=call.data.get(ATTR_RETRIES),
        retry_interval=call.data.get(ATTR_RETRY_INTERVAL),
        signed=_signed(call),
    )
    return _status(call, await maintaining.update_firmware(central, place, order))


async def _upload_diagnostics(call: ServiceCall) -> ServiceResponse:
    central, place = place_named(call.hass, call.data[ATTR_DEVICE_ID])
    order = UploadDiagnostics(
        location=_location(call),
        log=call.data[ATTR_LOG_TYPE],
        since=_moment(call, ATTR_START_TIME),
        until=_moment(call, ATTR_STOP_TIME),
        retries=call.data.get(ATTR_RETRIES),
        retry_interval=call.data.get(ATTR_RETRY_INTERVAL),
    )
    result, file = await maintaining.upload_diagnostics(central, place, order)
    status = _status(call, result)
    return None if status is None else {**status, "file_name": file}


def _location(call: ServiceCall) -> str:
    """Where from or whereto; a charger would agree to anything, and fail later."""
    location: str = call.data[ATTR_LOCATION]
    try:
        parts = urlsplit(location)
        is_url = parts.scheme in _SCHEMES and parts.hostname is not None
    except ValueError:
        is_url = False
    if not is_url:
        field = name_of_field(call.hass, call.service, ATTR_LOCATION)
        raise errors.invalid("not_a_url", field=field, schemes=", ".join(_SCHEMES))
    return location


def _signed(call: ServiceCall) -> Signed | None:
    """Who has signed a firmware, and how; one is worth nothing without the other."""
    certificate, signature = call.data.get(ATTR_SIGNING_CERTIFICATE), call.data.get(ATTR_SIGNATURE)
    if (certificate is None) is not (signature is None):
        raise errors.invalid("signature_incomplete")
    return None if certificate is None or signature is None else Signed(certificate, signature)


def _moment(call: ServiceCall, field: str) -> datetime | None:
    return in_utc(call.data[field]) if field in call.data else None


def _connector_named(call: ServiceCall) -> tuple[CentralSystem, Place]:
    """The charger that is named, or its connector: as the device, or by its number."""
    central, place = place_named(call.hass, call.data[ATTR_DEVICE_ID])
    if (number := call.data.get(ATTR_CONNECTOR_ID)) is None:
        return central, place
    if place.evse is not None:
        named = names_of_fields(call.hass, call.service, (ATTR_DEVICE_ID, ATTR_CONNECTOR_ID))
        raise errors.invalid("conflicting_fields", fields=named)
    return central, Place(place.charger, number or None)


def _status(call: ServiceCall, result: Result) -> dict[str, JsonValueType] | None:
    """The charger's own word, ours where 1.6 has none for it; one that refuses is an error by now."""
    return {"status": result.word or result.outcome.value} if call.return_response else None
