"""What the owner is told of connectors that a charger keeps reserved for nobody."""

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest

from tests.charger import SimulatedCharger, Version

from .conftest import Clock, Site, charger_subentry

pytestmark = pytest.mark.blackbox

RENAMED = [charger_subentry("A") | {"title": "Garage"}]


def complaints(hass: HomeAssistant) -> dict[str, dict[str, str] | None]:
    """What is said of leftovers: the placeholders by the issue's id."""
    issues = ir.async_get(hass).issues.values()
    return {issue.issue_id: issue.translation_placeholders for issue in issues if issue.issue_id.startswith("stuck_")}


async def minutes(clock: Clock, charger: SimulatedCharger, count: int) -> None:
    """Let minutes pass, in which the connection is kept alive."""
    for _ in range(count):
        await charger.heartbeat()
        await clock.forward(minutes=1)
    await charger.heartbeat()


async def stuck(site: Site, charger: SimulatedCharger, *connectors: int) -> None:
    """Have a charger show connectors as reserved by somebody else than us."""
    for connector in connectors:
        await charger.report(connector, "Reserved")
        await site.shows(f"sensor.a_connector_{connector}_status", "reserved")


@pytest.mark.parametrize("chargers", [RENAMED])
async def test_the_repair_names_the_charger_and_its_connectors(
    hass: HomeAssistant, site: Site, clock: Clock, version: Version, chargers: list[ConfigSubentryData]
) -> None:
    """As the owner calls it; it follows what the charger shows."""
    charger = await site.dial(version=version, connectors=3)
    await charger.ready()
    for connector in (1, 2, 3):
        await site.shows(f"sensor.garage_connector_{connector}_status", "available")
        if connector != 2:
            await charger.report(connector, "Reserved")
            await site.shows(f"sensor.garage_connector_{connector}_status", "reserved")
    await minutes(clock, charger, 2)
    assert complaints(hass) == {}
    await minutes(clock, charger, 1)
    assert complaints(hass) == {"stuck_reserved_A": {"charger": "Garage", "connectors": "1, 3"}}
    await charger.report(1, "Available")
    await minutes(clock, charger, 1)
    assert complaints(hass) == {"stuck_reserved_A": {"charger": "Garage", "connectors": "3"}}
    await charger.report(3, "Available")
    await minutes(clock, charger, 1)
    assert complaints(hass) == {}


async def test_what_shows_reserved_for_a_moment_is_no_leftover(hass: HomeAssistant, site: Site, clock: Clock) -> None:
    """Two minutes without a break."""
    charger = await site.charger()
    for _ in range(3):
        await stuck(site, charger, 1)
        await minutes(clock, charger, 2)
        await charger.report(1, "Available")
        await site.shows("sensor.a_connector_1_status", "available")
        await minutes(clock, charger, 1)
    assert complaints(hass) == {}


async def test_nothing_is_said_of_a_charger_that_is_away(hass: HomeAssistant, site: Site, clock: Clock) -> None:
    """What it showed last is old."""
    charger = await site.charger()
    await stuck(site, charger, 1)
    await minutes(clock, charger, 3)
    assert complaints(hass)
    await charger.go_offline()
    await site.shows("binary_sensor.a_connected", "off")
    await clock.forward(minutes=1)
    assert complaints(hass) == {}


@pytest.mark.parametrize("chargers", [[charger_subentry("A"), charger_subentry("B")]])
async def test_a_charger_that_is_removed_leaves_nothing_behind(
    hass: HomeAssistant, site: Site, clock: Clock, chargers: list[ConfigSubentryData]
) -> None:
    """And keeps nobody from being told of another one."""
    charger, other = await site.charger("A"), await site.charger("B")
    await stuck(site, charger, 1, 2)
    await minutes(clock, charger, 1)
    await other.report(1, "Reserved")
    await site.shows("sensor.b_connector_1_status", "reserved")
    for _ in range(2):
        await other.heartbeat()
        await minutes(clock, charger, 1)
    assert set(complaints(hass)) == {"stuck_reserved_A"}
    gone = next(each.subentry_id for each in site.entry.subentries.values() if each.unique_id == "A")
    hass.config_entries.async_remove_subentry(site.entry, gone)
    await hass.async_block_till_done()
    await minutes(clock, other, 1)
    assert set(complaints(hass)) == {"stuck_reserved_B"}


async def test_a_central_system_that_is_unloaded_leaves_nothing_behind(
    hass: HomeAssistant, site: Site, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """Nor does its watch go on."""
    charger = await site.charger()
    await stuck(site, charger, 1)
    await minutes(clock, charger, 3)
    assert complaints(hass)
    await site.stop()
    assert complaints(hass) == {}
    await clock.forward(minutes=5)
    assert complaints(hass) == {}
    assert "Traceback" not in caplog.text
