"""The forms: where the central system listens, and which chargers it lets in.

Must not know how the central system runs; of a running one it asks only which port it listens on.
"""

from collections.abc import Container, Mapping, Sized
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
    SubentryFlowResult,
    UnknownSubEntry,
)
from homeassistant.const import CONF_HOST, CONF_NAME, CONF_PASSWORD, CONF_PORT, UnitOfElectricCurrent
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    ObjectSelector,
    ObjectSelectorConfig,
    ObjectSelectorField,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from homeassistant.helpers.typing import DiscoveryInfoType
import voluptuous as vol

from .addresses import async_try_to_listen, async_urls
from .charger_settings import (
    AUTO,
    CONF_CONNECTOR,
    CONF_CONNECTOR_TYPES,
    CONF_MAX_CURRENT,
    CONF_OCPP_VERSION,
    CONF_TYPES,
    ENFORCEMENTS,
    INHERIT,
    VERSIONS,
    UnusableRowError,
    rows,
    stored_types,
)
from .const import (
    CONF_ENTRY_ID,
    CONF_HOUSE_TOKEN,
    CONF_IDENTITY,
    CONF_LOCAL_LIST,
    CONF_RELAXED,
    DEFAULT_HOST,
    DEFAULT_LOCAL_LIST,
    DEFAULT_PORT,
    DEFAULT_RELAXED,
    DOMAIN,
    NAME,
    SUBENTRY_CHARGER,
    SUBENTRY_DRIVER,
    SUBENTRY_LINK,
)
from .coordinator import OcppConfigEntry
from .core.connector_types import CONNECTOR_TYPES
from .core.evse import MAX_EVSES
from .csms.admission import is_identity
from .driver_flow import DriverSubentryFlow
from .link_flow import LinkSubentryFlow
from .neighbours import neighbour_on
from .options import CONF_ENFORCEMENT
from .options_flow import OcppOptionsFlow

# What the form shows instead of a password that is set, so that the password itself stays on the server.
PASSWORD_UNCHANGED = "********"  # noqa: S105  stands for a secret, is none

_PASSWORD = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD))
_ADDRESS_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_HOST, default=DEFAULT_HOST): TextSelector(),
        vol.Required(CONF_PORT, default=DEFAULT_PORT): vol.All(vol.Coerce(int), vol.Range(min=1, max=65535)),
    }
)
_LEAST_CURRENT = 6
"""A: with less no car charges (IEC 61851)."""
_MOST_CURRENT = 1000
_CHARGER_FIELDS: dict[vol.Marker, object] = {
    vol.Optional(CONF_NAME): TextSelector(),
    vol.Optional(CONF_PASSWORD): _PASSWORD,
    vol.Required(CONF_RELAXED, default=DEFAULT_RELAXED): BooleanSelector(),
    vol.Required(CONF_ENFORCEMENT, default=INHERIT): SelectSelector(
        SelectSelectorConfig(options=list(ENFORCEMENTS), translation_key="charger_enforcement")
    ),
    vol.Required(CONF_LOCAL_LIST, default=DEFAULT_LOCAL_LIST): BooleanSelector(),
    vol.Required(CONF_OCPP_VERSION, default=AUTO): SelectSelector(
        SelectSelectorConfig(
            options=[
                SelectOptionDict(value=AUTO, label=AUTO),
                *(SelectOptionDict(value=version, label=f"OCPP {version}") for version in VERSIONS),
            ],
            translation_key="charger_ocpp_version",
            mode=SelectSelectorMode.DROPDOWN,
        )
    ),
    vol.Optional(CONF_MAX_CURRENT): NumberSelector(
        NumberSelectorConfig(
            min=_LEAST_CURRENT,
            max=_MOST_CURRENT,
            step=1,
            mode=NumberSelectorMode.BOX,
            unit_of_measurement=UnitOfElectricCurrent.AMPERE,
        )
    ),
}
_CONNECTOR_TYPES = ObjectSelector(
    ObjectSelectorConfig(
        multiple=True,
        label_field=CONF_CONNECTOR,
        description_field=CONF_TYPES,
        translation_key=CONF_CONNECTOR_TYPES,
        fields={
            CONF_CONNECTOR: ObjectSelectorField(
                required=True,
                selector=NumberSelector(
                    NumberSelectorConfig(min=1, max=MAX_EVSES, step=1, mode=NumberSelectorMode.BOX)
                ),
            ),
            # The frontend fills a required choice with the first one, which would be stored unnoticed.
            CONF_TYPES: ObjectSelectorField(
                selector=SelectSelector(
                    SelectSelectorConfig(options=list(CONNECTOR_TYPES), multiple=True, custom_value=True)
                ),
            ),
        },
    )
)
_UNLESS_DEFAULT = {CONF_LOCAL_LIST: DEFAULT_LOCAL_LIST, CONF_OCPP_VERSION: AUTO, CONF_MAX_CURRENT: None}
"""What is stored only if it is another one."""

_NEW_CHARGER_SCHEMA = vol.Schema({vol.Required(CONF_IDENTITY): TextSelector(), **_CHARGER_FIELDS})
_CHARGER_SCHEMA = vol.Schema({**_CHARGER_FIELDS, vol.Optional(CONF_CONNECTOR_TYPES): _CONNECTOR_TYPES})


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
        await self.async_set_unique_id(_discovery_id(entry_id, identity))
        self._abort_if_unique_id_configured()
        if _is_taken(self.hass, identity):
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
        if _is_taken(self.hass, identity):
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
                data=MappingProxyType(_with_password(data, self._stranger.get(CONF_PASSWORD))),
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
                    data=_with_password(_entered(user_input), user_input.get(CONF_PASSWORD)),
                    unique_id=identity,
                )
        entry: OcppConfigEntry = self._get_entry()
        port = _listening_port(entry) or entry.data[CONF_PORT]
        urls = await async_urls(self.hass, entry.data[CONF_HOST], port)
        return self.async_show_form(
            step_id="user",
            data_schema=self.add_suggested_values_to_schema(_NEW_CHARGER_SCHEMA, user_input),
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
            settings = {**_without(charger.data, _UNLESS_DEFAULT), **_entered(user_input)}
            try:
                settings = _with_types(settings, stored_types(user_input.get(CONF_CONNECTOR_TYPES, ())))
            except UnusableRowError:
                errors[CONF_CONNECTOR_TYPES] = "connector_types_invalid"
            else:
                return self.async_update_and_abort(
                    self._get_entry(),
                    charger,
                    title=user_input.get(CONF_NAME, "").strip() or identity,
                    data=_with_password(settings, password if entered == PASSWORD_UNCHANGED else entered),
                    reason="reconfigure_successful",
                )
        shown = _with_password(
            _with_types({**charger.data, CONF_NAME: charger.title}, rows(charger.data)),
            PASSWORD_UNCHANGED if password else None,
        )
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=self.add_suggested_values_to_schema(_CHARGER_SCHEMA, user_input or shown),
            errors=errors,
            description_placeholders={"identity": identity},
        )


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


def _discovery_id(entry_id: str, identity: str) -> str:
    """The unique id of the offer to add a charger to a central system."""
    return f"{entry_id}_{identity}"


def _withdraw_discovery(hass: HomeAssistant, identity: str) -> None:
    """End the offers to add this charger: it is being added by hand."""
    flows = hass.config_entries.flow
    for entry in hass.config_entries.async_entries(DOMAIN):
        offered = {"unique_id": _discovery_id(entry.entry_id, identity)}
        for flow in flows.async_progress_by_handler(DOMAIN, match_context=offered):
            flows.async_abort(flow["flow_id"])


def _identity_error(hass: HomeAssistant, identity: str) -> str | None:
    """Why a charger cannot have this identity, which is the last segment of the URL that it dials."""
    if not identity:
        return "identity_empty"
    if not is_identity(identity):
        return "identity_invalid"
    if _is_taken(hass, identity):
        return "already_configured"
    return None


def _is_taken(hass: HomeAssistant, identity: str) -> bool:
    """Whether any central system has this identity; entities are named for it, so it is unique in Home Assistant."""
    return any(
        subentry.unique_id == identity
        for entry in hass.config_entries.async_entries(DOMAIN)
        for subentry in entry.subentries.values()
    )


def _entered(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """What is stored as it was entered."""
    always = {key: user_input[key] for key in (CONF_RELAXED, CONF_ENFORCEMENT)}
    chosen = {key: user_input.get(key, default) for key, default in _UNLESS_DEFAULT.items()}
    return always | {key: value for key, value in chosen.items() if value != _UNLESS_DEFAULT[key]}


def _with_password(data: Mapping[str, Any], password: str | None) -> dict[str, Any]:
    """The data with this password, or with none."""
    rest = _without(data, {CONF_PASSWORD})
    return rest | {CONF_PASSWORD: password} if password and not password.isspace() else rest


def _with_types(data: Mapping[str, Any], types: Sized) -> dict[str, Any]:
    """The data with these connector types, or with none."""
    rest = _without(data, {CONF_CONNECTOR_TYPES})
    return rest | {CONF_CONNECTOR_TYPES: types} if types else rest


def _without(data: Mapping[str, Any], keys: Container[str]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key not in keys}
