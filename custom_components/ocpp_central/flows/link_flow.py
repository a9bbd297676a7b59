"""The form for a link to a calendar: for which of its events what is reserved, and for whom.

Knows the fields, and what the owner may not answer. Must not know how a link is kept (`links`).
"""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.components.calendar.const import DOMAIN as CALENDAR
from homeassistant.config_entries import (
    ConfigEntryState,
    ConfigSubentry,
    ConfigSubentryFlow,
    SubentryFlowResult,
    UnknownSubEntry,
)
from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.selector import (
    DeviceFilterSelectorConfig,
    DeviceSelector,
    DeviceSelectorConfig,
    EntitySelector,
    EntitySelectorConfig,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)
import voluptuous as vol

from ..audience import Place
from ..choices import HOUSE
from ..const import DOMAIN, SUBENTRY_LINK
from ..coordinator import CentralSystem, OcppConfigEntry
from ..core.drivers import Drivers
from ..devices import device_id_of, place_of
from ..drivers import drivers_of
from ..repeating.link_settings import (
    CONF_CALENDAR,
    CONF_CHARGER_ID,
    CONF_DRIVER,
    CONF_EVSE,
    CONF_TEXT,
    FROM_TITLE,
    new_link_id,
    stored_link,
)
from ..repeating.other_calendars import calendar_entity_id, calendar_key, own_calendars

_SAME_EVENTS: Final = (CONF_CALENDAR, CONF_CHARGER_ID, CONF_EVSE, CONF_TEXT)
"""Two links that have all of these in common would only be in each other's way."""


class _FaultError(Exception):
    """Something cannot be taken over as it was answered."""

    def __init__(self, field: str, error: str) -> None:
        """Blame a field."""
        super().__init__(error)
        self.errors = {field: error}


class LinkSubentryFlow(ConfigSubentryFlow):
    """Add a link to a calendar, or change one."""

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask what is to be reserved for which events."""
        return self._async_step("user", None, user_input)

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask what is to be different."""
        try:
            link = self._get_reconfigure_subentry()
        except UnknownSubEntry:  # somebody has removed it while the form was open
            return self.async_abort(reason="link_gone")
        return self._async_step("reconfigure", link, user_input)

    def _async_step(
        self, step_id: str, link: ConfigSubentry | None, user_input: dict[str, Any] | None
    ) -> SubentryFlowResult:
        """Ask until what is answered can be kept; `link`: as it was."""
        entry: OcppConfigEntry = self._get_entry()
        if entry.state is not ConfigEntryState.LOADED:  # nobody else knows which device is which connector
            return self.async_abort(reason="not_running")
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                title, data = _read(self.hass, entry, user_input)
            except _FaultError as fault:
                errors = fault.errors
            else:
                return self._finish(entry, link, title, data)
        shown = user_input or (None if link is None else _shown(self.hass, entry, link.data))
        schema = self.add_suggested_values_to_schema(_schema(self.hass, drivers_of(entry)), shown)
        return self.async_show_form(step_id=step_id, data_schema=schema, errors=errors)

    def _finish(
        self, entry: OcppConfigEntry, link: ConfigSubentry | None, title: str, data: dict[str, Any]
    ) -> SubentryFlowResult:
        if _is_another(entry, link, data):
            return self.async_abort(reason="already_configured")
        if link is None:
            return self.async_create_entry(title=title, data=data, unique_id=new_link_id())
        return self.async_update_and_abort(entry, link, title=title, data=data, reason="reconfigure_successful")


def _schema(hass: HomeAssistant, drivers: Drivers) -> vol.Schema:
    # The frontend has texts of its own for those who are no drivers; it shows the labels where it has none.
    whom = [SelectOptionDict(value=FROM_TITLE, label="Read from the title of the event")]
    whom += [SelectOptionDict(value=HOUSE, label="Home Assistant")]
    whom += [SelectOptionDict(value=each.driver_id, label=each.name) for each in drivers.known]
    return vol.Schema(
        {
            vol.Required(CONF_CALENDAR): EntitySelector(
                EntitySelectorConfig(domain=CALENDAR, exclude_entities=list(own_calendars(hass)))
            ),
            vol.Required(ATTR_DEVICE_ID): DeviceSelector(
                DeviceSelectorConfig(filter=[DeviceFilterSelectorConfig(integration=DOMAIN)])
            ),
            vol.Optional(CONF_TEXT): TextSelector(),
            vol.Required(CONF_DRIVER, default=FROM_TITLE): SelectSelector(
                SelectSelectorConfig(options=whom, mode=SelectSelectorMode.DROPDOWN, translation_key="link_driver")
            ),
        }
    )


def _shown(hass: HomeAssistant, entry: OcppConfigEntry, data: Mapping[str, Any]) -> dict[str, Any]:
    """What the form is filled with; what is gone has to be chosen anew."""
    central = entry.runtime_data
    return {
        CONF_CALENDAR: calendar_entity_id(hass, data[CONF_CALENDAR]),
        ATTR_DEVICE_ID: device_id_of(hass, central, data[CONF_CHARGER_ID], data[CONF_EVSE]),
        CONF_TEXT: data[CONF_TEXT],
        CONF_DRIVER: data[CONF_DRIVER],
    }


def _read(hass: HomeAssistant, entry: OcppConfigEntry, user_input: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The title and the data of a link. Raises `_FaultError`."""
    central = entry.runtime_data
    entity_id = calendar_entity_id(hass, user_input[CONF_CALENDAR])
    state = None if entity_id is None else hass.states.get(entity_id)
    if state is None:
        raise _FaultError(CONF_CALENDAR, "calendar_unknown")
    if state.entity_id in own_calendars(hass):
        raise _FaultError(CONF_CALENDAR, "calendar_is_ours")
    place = _place(hass, central, user_input[ATTR_DEVICE_ID])
    driver = user_input[CONF_DRIVER]
    if driver not in {FROM_TITLE, HOUSE} and central.drivers.get(driver) is None:
        raise _FaultError(CONF_DRIVER, "driver_unknown")
    text = user_input.get(CONF_TEXT, "").strip()
    title = f"{state.name}: {central.label_of(place)}"
    return title, stored_link(calendar_key(hass, state.entity_id), place, text, driver)


def _place(hass: HomeAssistant, central: CentralSystem, device_id: str) -> Place:
    device = dr.async_get(hass).async_get(device_id)
    place = None if device is None else place_of(central, device)
    if place is None:
        raise _FaultError(ATTR_DEVICE_ID, "place_unknown")
    return place


def _is_another(entry: OcppConfigEntry, link: ConfigSubentry | None, data: Mapping[str, Any]) -> bool:
    """Whether another link than this one is for the same events."""
    others = [each for each in entry.get_subentries_of_type(SUBENTRY_LINK) if each is not link]
    return any(all(each.data[key] == data[key] for key in _SAME_EVENTS) for each in others)
