"""The form of a charger: which ones the central system lets in, and how.

Knows the steps, and that an identity is unique. Must not know what is asked (`charger_form`), nor how the central system runs.
"""

from typing import Any

from homeassistant.config_entries import ConfigEntryState, ConfigSubentryFlow, SubentryFlowResult, UnknownSubEntry
from homeassistant.const import CONF_HOST, CONF_NAME, CONF_PASSWORD, CONF_PORT
from homeassistant.core import HomeAssistant

from ..addresses import async_urls
from ..charger_settings import CONF_CONNECTOR_TYPES, UnusableRowError, rows, stored_types
from ..const import CONF_IDENTITY, DOMAIN
from ..coordinator import OcppConfigEntry
from ..csms.admission import is_identity
from .charger_form import (
    CHARGER_SCHEMA,
    NEW_CHARGER_SCHEMA,
    PASSWORD_UNCHANGED,
    answered,
    with_password,
    with_types,
)


class ChargerSubentryFlow(ConfigSubentryFlow):
    """Add a charger by hand, or change how one is let in."""

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the identity under which the charger will dial in."""
        errors: dict[str, str] = {}
        if user_input is not None:
            identity = user_input[CONF_IDENTITY].strip()
            if error := _identity_error(self.hass, identity):
                errors[CONF_IDENTITY] = error
            else:
                _withdraw_discovery(self.hass, identity)
                return self.async_create_entry(
                    title=user_input.get(CONF_NAME, "").strip() or identity,
                    data=with_password(answered({}, user_input), user_input.get(CONF_PASSWORD)),
                    unique_id=identity,
                )
        entry: OcppConfigEntry = self._get_entry()
        port = entry.runtime_data.port if entry.state is ConfigEntryState.LOADED else entry.data[CONF_PORT]
        urls = await async_urls(self.hass, entry.data[CONF_HOST], port)
        return self.async_show_form(
            step_id="user",
            data_schema=self.add_suggested_values_to_schema(NEW_CHARGER_SCHEMA, user_input),
            errors=errors,
            description_placeholders={"url": f"`{urls[0]}`"},
        )

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for what may change; the identity stays."""
        try:
            charger = self._get_reconfigure_subentry()
        except UnknownSubEntry:  # somebody has removed it while the form was open
            return self.async_abort(reason="charger_gone")
        identity = charger.unique_id or charger.title
        password = charger.data.get(CONF_PASSWORD)
        errors: dict[str, str] = {}
        if user_input is not None:
            entered = user_input.get(CONF_PASSWORD)
            settings = answered(charger.data, user_input)
            try:
                settings = with_types(settings, stored_types(user_input.get(CONF_CONNECTOR_TYPES, ())))
            except UnusableRowError:
                errors[CONF_CONNECTOR_TYPES] = "connector_types_invalid"
            else:
                return self.async_update_and_abort(
                    self._get_entry(),
                    charger,
                    title=user_input.get(CONF_NAME, "").strip() or identity,
                    data=with_password(settings, password if entered == PASSWORD_UNCHANGED else entered),
                    reason="reconfigure_successful",
                )
        shown = with_password(
            with_types({**charger.data, CONF_NAME: charger.title}, rows(charger.data)),
            PASSWORD_UNCHANGED if password else None,
        )
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=self.add_suggested_values_to_schema(CHARGER_SCHEMA, user_input or shown),
            errors=errors,
            description_placeholders={"identity": identity},
        )


def discovery_id(entry_id: str, identity: str) -> str:
    """The unique id of the offer to add a charger to a central system."""
    return f"{entry_id}_{identity}"


def is_taken(hass: HomeAssistant, identity: str) -> bool:
    """Whether any central system has this identity; entities are named for it, so it is unique in Home Assistant."""
    return any(
        subentry.unique_id == identity
        for entry in hass.config_entries.async_entries(DOMAIN)
        for subentry in entry.subentries.values()
    )


def _withdraw_discovery(hass: HomeAssistant, identity: str) -> None:
    """End the offers to add this charger: it is being added by hand."""
    flows = hass.config_entries.flow
    for entry in hass.config_entries.async_entries(DOMAIN):
        offered = {"unique_id": discovery_id(entry.entry_id, identity)}
        for flow in flows.async_progress_by_handler(DOMAIN, match_context=offered):
            flows.async_abort(flow["flow_id"])


def _identity_error(hass: HomeAssistant, identity: str) -> str | None:
    """Why a charger cannot have this identity, which is the last segment of the URL that it dials."""
    if not identity:
        return "identity_empty"
    if not is_identity(identity):
        return "identity_invalid"
    if is_taken(hass, identity):
        return "already_configured"
    return None
