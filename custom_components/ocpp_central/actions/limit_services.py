"""The actions that limit how much cars may draw.

Knows fields and responses (contract 3). Must not know how a limit is set (`limiting`).
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from .. import errors
from ..const import DOMAIN
from ..core.limits import Limit, Purpose, Unit
from ..windows import ATTR_START, in_utc
from . import limiting
from .call_data import at_most_one_of, place_named
from .limiting import Step

ATTR_CURRENT: Final = "current"
ATTR_NUMBER_PHASES: Final = "number_phases"
ATTR_POWER: Final = "power"
ATTR_PURPOSE: Final = "purpose"
ATTR_RECURRENCY_KIND: Final = "recurrency_kind"
ATTR_SCHEDULE: Final = "schedule"
ATTR_STACK_LEVEL: Final = "stack_level"

_EVERY: Final = {"daily": timedelta(days=1), "weekly": timedelta(days=7)}

_UNITS: Final = {ATTR_CURRENT: Unit.AMPERE, ATTR_POWER: Unit.WATT}

_AMOUNT = vol.All(vol.Coerce(float), vol.Range(min=0, max=1_000_000))

_STEP = vol.Schema(
    {
        vol.Optional(ATTR_START): cv.datetime,
        vol.Optional(ATTR_CURRENT): _AMOUNT,
        vol.Optional(ATTR_POWER): _AMOUNT,
    }
)

SET_CHARGE_LIMIT = vol.Schema(
    {
        vol.Required(ATTR_DEVICE_ID): cv.string,
        vol.Optional(ATTR_CURRENT): _AMOUNT,
        vol.Optional(ATTR_POWER): _AMOUNT,
        vol.Optional(ATTR_SCHEDULE): vol.All(cv.ensure_list, vol.Length(min=1, max=24), [_STEP]),
        vol.Optional(ATTR_NUMBER_PHASES): vol.All(vol.Coerce(int), vol.Range(min=1, max=3)),
        vol.Optional(ATTR_RECURRENCY_KIND): vol.In(_EVERY),
        vol.Optional(ATTR_PURPOSE): vol.Coerce(Purpose),
        vol.Optional(ATTR_STACK_LEVEL): vol.All(vol.Coerce(int), vol.Range(min=0, max=1000)),
    }
)

CLEAR_CHARGE_LIMIT = vol.Schema(
    {vol.Required(ATTR_DEVICE_ID): cv.string, vol.Optional(ATTR_PURPOSE): vol.Coerce(Purpose)}
)


@callback
def async_setup_limit_services(hass: HomeAssistant) -> None:
    """Register the actions; they work on whichever central systems are set up when they are called."""
    optional = SupportsResponse.OPTIONAL
    hass.services.async_register(DOMAIN, "set_charge_limit", _set_charge_limit, SET_CHARGE_LIMIT, optional)
    hass.services.async_register(DOMAIN, "clear_charge_limit", _clear_charge_limit, CLEAR_CHARGE_LIMIT, optional)


async def _set_charge_limit(call: ServiceCall) -> ServiceResponse:
    central, place = place_named(call.hass, call.data[ATTR_DEVICE_ID])
    recurrency = call.data.get(ATTR_RECURRENCY_KIND)
    if recurrency is not None and ATTR_SCHEDULE not in call.data:
        raise errors.invalid("nothing_to_repeat")
    result = await limiting.set_limit(
        central,
        place,
        _steps(call),
        purpose=call.data.get(ATTR_PURPOSE),
        level=call.data.get(ATTR_STACK_LEVEL),
        every=None if recurrency is None else _EVERY[recurrency],
    )
    return {"status": result.word} if call.return_response else None


async def _clear_charge_limit(call: ServiceCall) -> ServiceResponse:
    central, place = place_named(call.hass, call.data[ATTR_DEVICE_ID])
    word = await limiting.clear_limit(central, place, call.data.get(ATTR_PURPOSE))
    return {"status": word} if call.return_response else None


def _steps(call: ServiceCall) -> list[Step]:
    """What is wished for, in order."""
    at_most_one_of(call, ATTR_CURRENT, ATTR_POWER, ATTR_SCHEDULE)
    phases = call.data.get(ATTR_NUMBER_PHASES)
    if ATTR_SCHEDULE not in call.data:
        limit = _limit(call.data, phases)
        if limit is None:
            raise errors.invalid("limit_missing")
        return [Step(None, limit)]
    return [_step(each, phases) for each in call.data[ATTR_SCHEDULE]]


def _step(row: Mapping[str, Any], phases: int | None) -> Step:
    if _UNITS.keys() <= row.keys():
        raise errors.invalid("schedule_unusable")
    start = row.get(ATTR_START)
    return Step(None if start is None else in_utc(start), _limit(row, phases))


def _limit(data: Mapping[str, Any], phases: int | None) -> Limit | None:
    named = next((name for name in _UNITS if name in data), None)
    return None if named is None else Limit(amount=data[named], unit=_UNITS[named], phases=phases)
