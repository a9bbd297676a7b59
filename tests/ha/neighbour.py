"""The other integration for chargers, as far as it can be in the way.

Knows what lbbrhzn/ocpp keeps of where it listens; must not know what we make of it.
"""

from homeassistant.config_entries import ConfigFlow
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockModule,
    mock_config_flow,
    mock_integration,
    mock_platform,
)


async def add_neighbour(hass: HomeAssistant, port: int) -> MockConfigEntry:
    """An entry that is set up; whoever calls sees to it that the port is taken."""

    async def succeed(*_: object) -> bool:
        return True

    module = MockModule("ocpp", async_setup_entry=succeed, async_unload_entry=succeed)
    mock_integration(hass, module, built_in=False)
    mock_platform(hass, "ocpp.config_flow", None)
    entry = MockConfigEntry(domain="ocpp", title="central", data={"host": "127.0.0.1", "port": port, "csid": "central"})
    entry.add_to_hass(hass)
    with mock_config_flow("ocpp", ConfigFlow):
        assert await hass.config_entries.async_setup(entry.entry_id)
    return entry
