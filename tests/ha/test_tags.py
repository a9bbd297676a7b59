"""Tokens that are presented are tags of Home Assistant, where the owner wants that."""

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import Event, HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from tests.charger import Version

from .conftest import STRANGER, Site, charger_subentry, driver_subentry, eventually

pytestmark = pytest.mark.blackbox

ANNA = "A0A0A0A1"
EVENT = "event.a_id_token_presented"


@pytest.fixture
def chargers() -> list[ConfigSubentryData]:
    """Charger A, and Anna."""
    return [charger_subentry("A"), driver_subentry("Anna", ANNA)]


@pytest.fixture
def scans(hass: HomeAssistant) -> list[Event]:
    """A list that fills with the scans of tags."""
    return async_capture_events(hass, "tag_scanned")


def wish(site: Site, *, wanted: bool) -> None:
    """Turn the option on or off."""
    site.hass.config_entries.async_update_entry(site.entry, options={"fire_tag_scanned": wanted})


async def test_a_token_that_is_presented_is_a_tag_that_is_scanned(
    hass: HomeAssistant, site: Site, version: Version, scans: list[Event]
) -> None:
    """Of a driver or of a stranger, at the charger's device, once each time; in one spelling."""
    assert await async_setup_component(hass, "tag", {})
    wish(site, wanted=True)
    charger = await site.charger(version=version)
    await charger.start(1, "a0:a0:a0:a1")
    await eventually(lambda: len(scans) == 1, "a scan")
    await charger.start(2, STRANGER)
    await eventually(lambda: len(scans) == 2, "another scan")
    assert [(each.data["tag_id"], each.data["device_id"]) for each in scans] == [
        (ANNA, site.device_id()),
        (STRANGER, site.device_id()),
    ]


async def test_no_token_gets_out_unless_it_is_wanted(
    hass: HomeAssistant, site: Site, version: Version, scans: list[Event]
) -> None:
    """Off by default, and off as soon as it is turned off."""
    assert await async_setup_component(hass, "tag", {})
    charger = await site.charger(version=version)
    heard = async_capture_events(hass, "state_changed")
    news = site.news(EVENT)
    await charger.start(1, ANNA)
    await eventually(lambda: len(news) == 1, "the news")
    wish(site, wanted=True)
    wish(site, wanted=False)
    await charger.stop(1)
    await charger.start(1, STRANGER)
    await eventually(lambda: len(news) == 2, "the news")
    await hass.async_block_till_done()
    assert scans == []
    told = str([each.data for each in heard])
    assert ANNA not in told
    assert STRANGER not in told


async def test_without_tags_nothing_is_scanned(site: Site, scans: list[Event]) -> None:
    """Home Assistant can be set up without them; charging goes on."""
    wish(site, wanted=True)
    charger = await site.charger()
    assert await charger.start(1, ANNA)
    await site.shows("binary_sensor.a_connector_1_charging", "on")
    assert scans == []
