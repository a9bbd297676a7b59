"""OCPP Central System: EV chargers connect to Home Assistant, and their connectors can be reserved."""

import asyncio
import errno
from typing import Final

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_HOST, CONF_PORT, EVENT_HOMEASSISTANT_STOP, Platform
from homeassistant.core import Event, HomeAssistant
from homeassistant.exceptions import ConfigEntryNotReady
from homeassistant.helpers import (
    config_validation as cv,
    device_registry as dr,
    issue_registry as ir,
)
from homeassistant.helpers.typing import ConfigType
from homeassistant.util import dt as dt_util

from .actions.charging_services import async_setup_charging_services
from .actions.control_services import async_setup_control_services
from .actions.limit_services import async_setup_limit_services
from .bus import tell_on_the_bus
from .const import DOMAIN
from .coordinator import CentralSystem, OcppConfigEntry
from .csms import schemas
from .csms.server import Server
from .csms.session import CALL_TIMEOUT
from .csms.v2 import V21, V201
from .csms.v16 import V16
from .data_transfer import tell_of_data_transfers
from .devices import keep_devices, let_go
from .history import remove_history
from .neighbours import neighbour_on
from .reception import Reception
from .repeating.links import keep_links
from .repeating.series_keeper import keep_series
from .services import async_setup_services
from .store import remove_storage
from .tags import scan_tags
from .untold import watch_untold
from .watches.bypass_watch import watch_bypasses
from .watches.clock_watch import watch_clocks
from .watches.leftover_watch import watch_leftovers
from .watches.local_list_watch import watch_local_lists
from .watches.maintenance_watch import watch_maintenance
from .watches.silence_watch import watch_silence
from .watches.skipped_watch import watch_skipped
from .watches.unknown_card import watch_unknown_cards

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)

PLATFORMS: Final = [
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.CALENDAR,
    Platform.EVENT,
    Platform.NUMBER,
    Platform.SELECT,
    Platform.SENSOR,
    Platform.SWITCH,
]

_DIALECTS: Final = {dialect.version: dialect for dialect in (V16, V201, V21)}

_PORT_IN_USE: Final = "port_in_use"
_PORT_OF_NEIGHBOUR: Final = "port_of_neighbour"
_CANNOT_LISTEN: Final = "cannot_listen"


async def async_setup(hass: HomeAssistant, _: ConfigType) -> bool:
    """Register the actions."""
    async_setup_services(hass)
    async_setup_charging_services(hass)
    async_setup_control_services(hass)
    async_setup_limit_services(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: OcppConfigEntry) -> bool:
    """Listen for chargers. Raises ConfigEntryNotReady, and leaves a repair, where the address cannot be had."""
    central = CentralSystem(hass, entry)
    reception = Reception(hass, entry, central)
    compiled = await hass.async_add_executor_job(schemas.load)
    server = Server(reception, _DIALECTS, compiled, clock=dt_util.utcnow, call_timeout=CALL_TIMEOUT)

    async def stop(_: Event | None = None) -> None:
        """Chargers first: what they are told must be in what is saved last."""
        await server.stop()
        await reception.stop()
        await central.stop()

    await central.start()
    entry.async_on_unload(stop)
    entry.async_on_unload(hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, stop))
    await reception.take_over()
    central.take_over()
    await _listen(hass, entry, server)
    central.port = server.port
    entry.runtime_data = central
    keep_devices(hass, entry)
    tell_of_data_transfers(hass, entry)
    watch_clocks(hass, entry)
    watch_bypasses(hass, entry)
    watch_local_lists(hass, entry)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    watch_leftovers(hass, entry)
    watch_maintenance(hass, entry)
    watch_unknown_cards(hass, entry)
    watch_silence(hass, entry)
    watch_untold(hass, entry)
    scan_tags(hass, entry)
    tell_on_the_bus(hass, entry)
    central.begin()

    listening = entry.data
    busy = again = False

    async def take_over(hass: HomeAssistant, entry: OcppConfigEntry) -> None:
        """Reload for another address only: whatever else changed must not cost a charger its connection.

        A change counts at once; of many that follow it in the same moment, such as an import, the world is told once.
        """
        nonlocal busy, again
        if entry.data != listening:
            hass.config_entries.async_schedule_reload(entry.entry_id)
            return
        again = True
        while again and not busy and entry.state is ConfigEntryState.LOADED:
            busy, again = True, False
            central.take_over()
            await reception.take_over()
            await asyncio.sleep(0)
            busy = False

    entry.async_on_unload(entry.add_update_listener(take_over))
    # They look at the drivers when those have changed, and so after that is known.
    keep_series(hass, entry)
    watch_skipped(hass, entry)
    keep_links(hass, entry)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: OcppConfigEntry) -> bool:
    """Take the entities away; what `async_setup_entry` began stops by itself."""
    entry.runtime_data.audience.close()
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_entry(hass: HomeAssistant, entry: OcppConfigEntry) -> None:
    """Leave nothing behind."""
    await remove_storage(hass, entry.entry_id)
    await remove_history(hass, entry.entry_id)
    _solved(hass, entry)


async def async_remove_config_entry_device(_: HomeAssistant, entry: OcppConfigEntry, device: dr.AnyDeviceEntry) -> bool:
    """Let a device go only if its charger or connector is not there any more."""
    return entry.state is ConfigEntryState.LOADED and let_go(entry.runtime_data, device)


async def _listen(hass: HomeAssistant, entry: OcppConfigEntry, server: Server) -> None:
    host, port = entry.data[CONF_HOST], entry.data[CONF_PORT]
    try:
        await server.start(host, port)
    except OSError as err:
        problem, neighbour = _CANNOT_LISTEN, None
        if err.errno == errno.EADDRINUSE:
            neighbour = neighbour_on(hass, port)
            problem = _PORT_IN_USE if neighbour is None else _PORT_OF_NEIGHBOUR
        placeholders = {
            "title": entry.title,
            "host": host,
            "port": str(port),
            "error": err.strerror or str(err),
            "neighbour": neighbour.title if neighbour else "",
        }
        _solved(hass, entry, but=problem)
        ir.async_create_issue(
            hass,
            DOMAIN,
            _issue_id(problem, entry),
            is_fixable=False,
            severity=ir.IssueSeverity.ERROR,
            translation_key=problem,
            translation_placeholders=placeholders,
        )
        raise ConfigEntryNotReady(
            translation_domain=DOMAIN,
            translation_key=problem,
            translation_placeholders=placeholders,
        ) from err
    _solved(hass, entry)


def _solved(hass: HomeAssistant, entry: OcppConfigEntry, but: str | None = None) -> None:
    for problem in {_PORT_IN_USE, _PORT_OF_NEIGHBOUR, _CANNOT_LISTEN} - {but}:
        ir.async_delete_issue(hass, DOMAIN, _issue_id(problem, entry))


def _issue_id(problem: str, entry: OcppConfigEntry) -> str:
    return f"{problem}_{entry.entry_id}"
