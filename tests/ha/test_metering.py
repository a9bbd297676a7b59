"""What meters tell, as Home Assistant shows it."""

from homeassistant.core import HomeAssistant

from tests.charger import Version

from .conftest import HOLDER, Site


async def test_what_a_charger_tells_has_sensors(hass: HomeAssistant, site: Site, version: Version) -> None:
    """As soon as it tells it, without a reload."""
    charger = await site.charger(version=version)
    await charger.plug(1)
    await charger.start(1, HOLDER)
    assert hass.states.get("sensor.a_connector_1_power") is None
    await charger.meter(1)
    await site.shows("sensor.a_connector_1_power", "7360.0")
    await site.shows("sensor.a_connector_1_current", "32.0")
    assert hass.states.get("sensor.a_connector_2_power") is None
