"""The tools of Assist for reservations: what a language model may ask, reserve and release.

Knows their arguments, and how they are answered. Must not know what is exposed (`exposure`), nor how a wish is carried
out (`wishes`).
"""

from abc import abstractmethod
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, override

from homeassistant.components.llm import LLMTools
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv, selector
from homeassistant.helpers.intent import is_blank_slot_value
from homeassistant.helpers.llm import LLM_API_ASSIST, LLMContext, Tool, ToolAnnotations, ToolInput, ToolResult
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType, JsonValueType
import voluptuous as vol

from . import errors, wishes
from .actions.call_data import ATTR_DRIVER, ATTR_RESERVATION_ID, driver_ids_named, driver_named
from .actions.responses import described
from .const import DOMAIN
from .core.drivers import Holder
from .core.ledger import Wish
from .core.reservation import Reservation, Target
from .exposure import Exposure, Found, Spot
from .windows import ATTR_DURATION, ATTR_END, ATTR_START, asked, wished

ATTR_AREA: Final = "area"
ATTR_DURATION_MINUTES: Final = "duration_minutes"
ATTR_NAME: Final = "name"

HOUSE: Final = "Home Assistant"
NOBODY_KNOWN: Final = "somebody unknown"
"""Whom a reservation is for that is for no driver."""

TOLD_AS_IT_IS: Final = ("reservation_id", "target", "status", "hold")
"""What a model is told of a reservation in the words of an action's response."""

MOST: Final = 50
"""So many reservations are told at once: a model can only take in so much, and may ask again for some of the time."""

type Arguments = Mapping[str, Any]
"""The arguments of a call, checked against the schema of its tool."""

_TIME: Final = vol.All(selector.DateTimeSelector(), cv.datetime)

_WHERE: Final = {
    vol.Optional(ATTR_NAME, description="The charger or connector"): cv.string,
    vol.Optional(ATTR_AREA, description="The area that it is in"): cv.string,
}


@callback
def async_get_tools(hass: HomeAssistant, llm_context: LLMContext, api_id: str) -> LLMTools | None:
    """The tools, with what a model has to know of them; None where nothing is exposed to the assistant."""
    if api_id != LLM_API_ASSIST or not (spots := Exposure(hass, llm_context.assistant).spots):
        return None
    return LLMTools(tools=[GetReservations(), Reserve(), Release()], prompt=_prompt(spots))


class _ReservationTool(Tool):
    """What the tools have in common: they touch nothing that is not exposed, and tell what fails."""

    integration = DOMAIN

    @override
    async def async_call(self, hass: HomeAssistant, tool_input: ToolInput, llm_context: LLMContext) -> ToolResult:
        """Answer a call. What fails, and what cannot be granted, is a result that says so."""
        given = {name: value for name, value in tool_input.tool_args.items() if not is_blank_slot_value(value)}
        try:
            data = self.parameters(given)
            answer = await self._answer(hass, Exposure(hass, llm_context.assistant), data)
        except (HomeAssistantError, vol.Invalid) as err:
            return ToolResult(data={"error": str(err)}, error=True)
        return ToolResult(data=answer)

    @abstractmethod
    async def _answer(self, hass: HomeAssistant, exposure: Exposure, data: Arguments) -> JsonObjectType:
        """Do what is asked for, and tell it. Raises translated errors."""


class GetReservations(_ReservationTool):
    """What is reserved, where, for whom and when."""

    name = f"{DOMAIN}__get_reservations"
    title = "Get charger reservations"
    description = (
        "Tells which EV chargers and connectors are reserved, for whom and when, now and in the future. "
        "Without arguments it tells all reservations."
    )
    annotations = ToolAnnotations(read_only=True, destructive=False, idempotent=True, open_world=False)
    parameters = vol.Schema(
        {
            **_WHERE,
            vol.Optional(ATTR_DRIVER, description="Only what is reserved for this driver"): cv.string,
            vol.Optional(ATTR_START, description="Only what ends after this time (ISO 8601, local)"): _TIME,
            vol.Optional(ATTR_END, description="Only what starts before this time (ISO 8601, local)"): _TIME,
        }
    )

    @override
    async def _answer(self, hass: HomeAssistant, exposure: Exposure, data: Arguments) -> JsonObjectType:
        span = asked(data)
        found = [each for each in _found(exposure, data) if each[1].window.overlaps(span)]
        told: list[JsonValueType] = [_told(hass, *each) for each in found[:MOST]]
        return {"reservations": told, "later_ones_not_listed": len(found) - len(told)}


class Reserve(_ReservationTool):
    """A connector kept for a driver; it takes nothing from anybody, for what is in its way stays."""

    name = f"{DOMAIN}__reserve"
    title = "Reserve a charger"
    description = (
        "Reserves an EV charger or connector for a driver, now or later; others cannot charge there meanwhile. "
        "The name of a charger reserves any one of its connectors."
    )
    annotations = ToolAnnotations(read_only=False, destructive=False, idempotent=False, open_world=False)
    parameters = vol.Schema(
        {
            **_WHERE,
            vol.Optional(ATTR_DRIVER, description="The driver's name; default: Home Assistant itself"): cv.string,
            vol.Optional(ATTR_START, description="ISO 8601, local; default: now"): _TIME,
            vol.Optional(ATTR_END, description="ISO 8601, local; not together with duration_minutes"): _TIME,
            vol.Optional(
                ATTR_DURATION_MINUTES, description="Default, if there is no end either: as the owner has chosen"
            ): vol.All(vol.Coerce(int), vol.Range(min=1)),
        }
    )

    @override
    async def _answer(self, hass: HomeAssistant, exposure: Exposure, data: Arguments) -> JsonObjectType:
        spot = exposure.only(data.get(ATTR_NAME), data.get(ATTR_AREA))
        reservation = await wishes.reserve(spot.central, _wish(spot, data))
        outcome = reservation.last_outcome
        result = None if outcome is None else outcome.word
        where = exposure.spot_of(spot.central, reservation) or spot
        return _told(hass, where, reservation) | {"result": result}


class Release(_ReservationTool):
    """One reservation cancelled."""

    name = f"{DOMAIN}__release"
    title = "Release a charger"
    description = (
        "Cancels one reservation: the one in force at a charger or connector, "
        "the only one of a driver, or the one with a reservation_id."
    )
    annotations = ToolAnnotations(read_only=False, destructive=True, idempotent=False, open_world=False)
    parameters = vol.Schema(
        {
            **_WHERE,
            vol.Optional(ATTR_DRIVER, description="The driver whom it is reserved for"): cv.string,
            vol.Optional(
                ATTR_RESERVATION_ID, description="To choose one of several, or one that has not begun"
            ): vol.Coerce(int),
        }
    )

    @override
    async def _answer(self, hass: HomeAssistant, exposure: Exposure, data: Arguments) -> JsonObjectType:
        spot, reservation = _chosen(exposure, data)
        return _told(hass, spot, await wishes.cancel(spot.central, reservation))


def _prompt(spots: tuple[Spot, ...]) -> str:
    places = ", ".join(spot.name if spot.area is None else f"{spot.name} (area {spot.area})" for spot in spots)
    return f"EV chargers and connectors whose reservations you can tell, make and cancel: {places}."


def _found(exposure: Exposure, data: Arguments) -> list[Found]:
    """What is reserved where, and for whom, the arguments say. Raises translated errors."""
    found = exposure.reservations(exposure.matching(data.get(ATTR_NAME), data.get(ATTR_AREA)))
    # Only the central systems of what is exposed are asked who is known.
    centrals = list({id(spot.central): spot.central for spot in exposure.spots}.values())
    driver_ids = driver_ids_named(data.get(ATTR_DRIVER), centrals)
    return [each for each in found if driver_ids is None or each[1].driver in driver_ids]


def _chosen(exposure: Exposure, data: Arguments) -> Found:
    """The reservation to release: where only a place is named, what is to come there is not meant.

    Raises translated errors, also for one that covers anything that is not exposed.
    """
    found = [each for each in _found(exposure, data) if exposure.spot_of(each[0].central, each[1]) is not None]
    meant = found
    if (reservation_id := data.get(ATTR_RESERVATION_ID)) is not None:
        meant = [each for each in found if each[1].reservation_id == reservation_id]
    elif ATTR_DRIVER not in data:
        meant = [each for each in found if each[1].status.keeps_out]
    if len(meant) != 1:
        raise errors.invalid("choose_reservation", reservations="; ".join(_in_words(*each) for each in found) or "-")
    return meant[0]


def _wish(spot: Spot, data: Arguments) -> Wish:
    central, place = spot.central, spot.place
    if ATTR_END in data and ATTR_DURATION_MINUTES in data:
        raise errors.invalid("conflicting_fields", fields=f"{ATTR_END}, {ATTR_DURATION_MINUTES}")
    times = dict(data)
    if (minutes := data.get(ATTR_DURATION_MINUTES)) is not None:
        times[ATTR_DURATION] = timedelta(minutes=minutes)
    start, end = wished(times, central.policy)
    called = data.get(ATTR_DRIVER)
    holder = Holder(token=central.house) if called is None else driver_named(called, central).as_holder()
    return Wish(
        charger=place.charger,
        target=Target.ANY if place.evse is None else Target.CONNECTOR,
        evse=place.evse,
        token=holder.token,
        group=holder.group,
        driver=holder.driver,
        start=start,
        end=end,
    )


def _told(hass: HomeAssistant, spot: Spot, reservation: Reservation) -> JsonObjectType:
    """A reservation as a model is told it: in names, and in local time, as people speak."""
    told = described(hass, spot.central, reservation)
    return {
        "place": spot.name,
        "area": spot.area,
        "for": _whom(spot, reservation),
        "start": dt_util.as_local(reservation.window.start).isoformat(),
        "end": dt_util.as_local(reservation.window.end).isoformat(),
    } | {key: told[key] for key in TOLD_AS_IT_IS}


def _in_words(spot: Spot, reservation: Reservation) -> str:
    window = f"{errors.local(reservation.window.start)} - {errors.local(reservation.window.end)}"
    return f"{reservation.reservation_id} ({spot.name}, {_whom(spot, reservation)}, {window})"


def _whom(spot: Spot, reservation: Reservation) -> str:
    if (driver := spot.central.driver_of(reservation)) is not None:
        return driver.name
    return HOUSE if spot.central.is_for_house(reservation) else NOBODY_KNOWN
