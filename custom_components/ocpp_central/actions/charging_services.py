"""The actions that start and stop charging.

Knows fields and responses (contract 3). Must not know how charging is started (`charging`).
"""

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..const import DOMAIN
from ..core.commands import Outcome
from ..id_tokens import PLAIN_TEXT, TOKEN_TYPES
from . import charging
from .call_data import ATTR_DRIVER, ATTR_ID_TOKEN, ATTR_ID_TOKEN_TYPE, holder_named, house, place_named

START_CHARGING = vol.Schema(
    {
        vol.Required(ATTR_DEVICE_ID): cv.string,
        vol.Optional(ATTR_DRIVER): PLAIN_TEXT,
        vol.Optional(ATTR_ID_TOKEN): PLAIN_TEXT,
        vol.Optional(ATTR_ID_TOKEN_TYPE): vol.In(TOKEN_TYPES),
    }
)

STOP_CHARGING = vol.Schema({vol.Required(ATTR_DEVICE_ID): cv.string})


@callback
def async_setup_charging_services(hass: HomeAssistant) -> None:
    """Register the actions; they work on whichever central systems are set up when they are called."""
    optional = SupportsResponse.OPTIONAL
    hass.services.async_register(DOMAIN, "start_charging", _start_charging, START_CHARGING, optional)
    hass.services.async_register(DOMAIN, "stop_charging", _stop_charging, STOP_CHARGING, optional)


async def _start_charging(call: ServiceCall) -> ServiceResponse:
    central, place = place_named(call.hass, call.data[ATTR_DEVICE_ID])
    await charging.start(central, place, holder_named(call, central) or house(call, central))
    return _accepted(call)


async def _stop_charging(call: ServiceCall) -> ServiceResponse:
    central, place = place_named(call.hass, call.data[ATTR_DEVICE_ID])
    await charging.stop(central, place)
    return _accepted(call)


def _accepted(call: ServiceCall) -> ServiceResponse:
    """Whatever else the charger says is an error."""
    return {"status": Outcome.ACCEPTED.value} if call.return_response else None
