"""Which other integration of this Home Assistant waits for chargers on a port.

Must not know what we do about it.
"""

from typing import Final

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import CONF_PORT
from homeassistant.core import HomeAssistant, callback

# The integration "Open Charge Point Protocol (OCPP)", lbbrhzn/ocpp: an entry is a central system, with a port.
_OCPP: Final = "ocpp"

# It listens before its entities are set up, and goes on if it cannot be unloaded.
_LISTENING: Final = {ConfigEntryState.LOADED, ConfigEntryState.SETUP_IN_PROGRESS, ConfigEntryState.FAILED_UNLOAD}


@callback
def neighbour_on(hass: HomeAssistant, port: int) -> ConfigEntry | None:
    """The entry of the other integration that listens there, None if nobody of whom we know does."""
    for entry in hass.config_entries.async_entries(_OCPP):
        if entry.data.get(CONF_PORT) == port and entry.state in _LISTENING:
            return entry
    return None
