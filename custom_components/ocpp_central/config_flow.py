"""The forms of a central system: where it listens, and whether a charger that dialled in is to be one of its own.

Must not know how the central system runs; of a running one it asks only which port it listens on.
"""

import errno
import secrets
import socket
from types import MappingProxyType
from typing import Any, override

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigEntryState,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentry,
    ConfigSubentryFlow,
)
from homeassistant.const import CONF_HOST, CONF_PASSWORD, CONF_PORT
from homeassistant.core import callback
from homeassistant.helpers.selector import TextSelector
from homeassistant.helpers.typing import DiscoveryInfoType
import voluptuous as vol

from .addresses import async_try_to_listen, async_urls
from .const import (
    CONF_ENTRY_ID,
    CONF_HOUSE_TOKEN,
    CONF_IDENTITY,
    CONF_RELAXED,
    DEFAULT_HOST,
    DEFAULT_PORT,
    DEFAULT_RELAXED,
    DOMAIN,
    NAME,
    SUBENTRY_CHARGER,
    SUBENTRY_DRIVER,
    SUBENTRY_LINK,
)
from .coordinator import OcppConfigEntry
from .flows.charger_flow import ChargerSubentryFlow, discovery_id, is_taken
from .flows.charger_form import with_password
from .flows.driver_flow import DriverSubentryFlow
from .flows.link_flow import LinkSubentryFlow
from .flows.options_flow import OcppOptionsFlow
from .neighbours import neighbour_on

_ADDRESS_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_HOST, default=DEFAULT_HOST): TextSelector(),
        vol.Required(CONF_PORT, default=DEFAULT_PORT): vol.All(vol.Coerce(int), vol.Range(min=1, max=65535)),
    }
)


class _PortTakenError(Exception):
    """Another central system has the port."""


class OcppConfigFlow(ConfigFlow, domain=DOMAIN):
    """Set up a central system, move it to another address, add a charger that dialled in."""

    VERSION = 1
    MINOR_VERSION = 1

    def __init__(self) -> None:
        """Start with nothing chosen."""
        self._address: dict[str, Any] = {}
        self._stranger: DiscoveryInfoType = {}

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(cls, config_entry: ConfigEntry) -> dict[str, type[ConfigSubentryFlow]]:
        """What can be added to a central system by hand."""
        return {
            SUBENTRY_CHARGER: ChargerSubentryFlow,
            SUBENTRY_DRIVER: DriverSubentryFlow,
            SUBENTRY_LINK: LinkSubentryFlow,
        }

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OcppOptionsFlow:
        """What can be set for reservations."""
        return OcppOptionsFlow()

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask where to listen."""
        return await self._async_step_address("user", None, user_input)

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask where to listen from now on."""
        return await self._async_step_address("reconfigure", self._get_reconfigure_entry(), user_input)

    async def async_step_connect(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show what to type into the chargers, then keep the address."""
        if user_input is not None:
            # Another form may have taken the port while this one was open.
            self._async_abort_entries_match({CONF_PORT: self._address[CONF_PORT]})
            if self.source == SOURCE_RECONFIGURE:
                return self._finish_reconfigure(self._get_reconfigure_entry())
            return self._finish_user()
        urls = await async_urls(self.hass, **self._address)
        return self.async_show_form(
            step_id="connect",
            description_placeholders={"urls": "\n".join(f"- `{url}`" for url in urls)},
            last_step=True,
        )

    @override
    async def async_step_integration_discovery(self, discovery_info: DiscoveryInfoType) -> ConfigFlowResult:
        """Offer a charger that dialled in and is not known.

        `discovery_info`: `entry_id` of the central system, `identity`, and `password` if the charger presented one.
        """
        entry_id, identity = discovery_info[CONF_ENTRY_ID], discovery_info[CONF_IDENTITY]
        await self.async_set_unique_id(discovery_id(entry_id, identity))
        self._abort_if_unique_id_configured()
        if is_taken(self.hass, identity):
            return self.async_abort(reason="already_configured")
        self._stranger = discovery_info
        self.context["title_placeholders"] = {"name": identity}
        return await self.async_step_discovery_confirm()

    async def async_step_discovery_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Add the charger; its next attempt to connect is let in."""
        identity = self._stranger[CONF_IDENTITY]
        # The offer may be days old: the central system may be gone, and the charger added in another way.
        entry = self.hass.config_entries.async_get_entry(self._stranger[CONF_ENTRY_ID])
        if entry is None:
            return self.async_abort(reason="central_system_removed")
        if is_taken(self.hass, identity):
            return self.async_abort(reason="already_configured")
        if user_input is None:
            return self.async_show_form(
                step_id="discovery_confirm",
                description_placeholders={
                    "name": identity,
                    "central_system": entry.title,
                },
            )
        data = {CONF_RELAXED: DEFAULT_RELAXED}
        self.hass.config_entries.async_add_subentry(
            entry,
            ConfigSubentry(
                data=MappingProxyType(with_password(data, self._stranger.get(CONF_PASSWORD))),
                subentry_type=SUBENTRY_CHARGER,
                title=identity,
                unique_id=identity,
            ),
        )
        return self.async_abort(reason="charger_added", description_placeholders={"name": identity})

    async def _async_step_address(
        self,
        step_id: str,
        entry: OcppConfigEntry | None,
        user_input: dict[str, Any] | None,
    ) -> ConfigFlowResult:
        """Ask for an address until it can be listened on; `entry` is the central system that moves there."""
        errors: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        if user_input is not None:
            user_input[CONF_HOST] = user_input[CONF_HOST].strip()
            try:
                self._async_check_port(entry, user_input[CONF_PORT])
                await _async_try_address(entry, **user_input)
            except _PortTakenError:
                errors = {CONF_PORT: "port_taken"}
            except (OSError, ValueError) as err:
                errors, placeholders = self._async_address_errors(err, user_input[CONF_PORT])
            else:
                self._address = user_input
                return await self.async_step_connect()
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(
                _ADDRESS_SCHEMA, user_input or (entry.data if entry else None)
            ),
            errors=errors,
            description_placeholders=placeholders,
            last_step=False,
        )

    def _async_check_port(self, entry: OcppConfigEntry | None, port: int) -> None:
        """Raise `_PortTakenError` if another central system has the port, whether it runs or not."""
        others = [each for each in self._async_current_entries(include_ignore=False) if each is not entry]
        if any(other.data[CONF_PORT] == port for other in others):
            raise _PortTakenError

    def _async_address_errors(self, err: OSError | ValueError, port: int) -> tuple[dict[str, str], dict[str, str]]:
        """Blame the field that the user has to change, with what its text names."""
        match err:
            case OSError(errno=errno.EADDRINUSE) if neighbour := neighbour_on(self.hass, port):
                return {CONF_PORT: "port_of_neighbour"}, {"neighbour": neighbour.title}
            case OSError(errno=errno.EADDRINUSE):
                return {CONF_PORT: "address_in_use"}, {}
            # asyncio raises without a number where no address of the host is one of this machine.
            case ValueError() | socket.gaierror() | OSError(errno=None):
                return {CONF_HOST: "invalid_host"}, {}
            case _:
                return {"base": "cannot_bind"}, {"reason": str(err)}

    def _finish_user(self) -> ConfigFlowResult:
        others = self._async_current_entries(include_ignore=False)
        return self.async_create_entry(
            title=f"{NAME} ({self._address[CONF_PORT]})" if others else NAME,
            data={**self._address, CONF_HOUSE_TOKEN: f"HA{secrets.token_hex(5).upper()}"},
        )

    def _finish_reconfigure(self, entry: OcppConfigEntry) -> ConfigFlowResult:
        old, new = entry.data[CONF_PORT], self._address[CONF_PORT]
        result = self.async_update_and_abort(
            entry,
            title=entry.title.replace(f"({old})", f"({new})"),
            data_updates=self._address,
            reason="reconfigure_successful",
        )
        if not entry.update_listeners:
            # One that could not start has nobody who would notice the change.
            self.hass.config_entries.async_schedule_reload(entry.entry_id)
        return result


async def _async_try_address(entry: OcppConfigEntry | None, host: str, port: int) -> None:
    """Find out whether `entry`, or a new central system, can listen there; OSError or ValueError if not."""
    if entry is not None and port == _listening_port(entry):
        if entry.data[CONF_HOST] == host:
            return
        # The port is in use by ourselves, and free again once we move: only the host is in question.
        port = 0
    await async_try_to_listen(host, port)


def _listening_port(entry: OcppConfigEntry) -> int | None:
    """The port that the central system really has, None while it does not run."""
    return entry.runtime_data.port if entry.state is ConfigEntryState.LOADED else None
