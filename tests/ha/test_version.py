"""A charger that is held to one version of OCPP."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from custom_components.ocpp_central.const import DOMAIN
from tests.charger import Version

from .conftest import STRANGER, TELLS_ALL, Site, charger_subentry, eventually

pytestmark = pytest.mark.blackbox

ISSUE = "version_A"


def hold(site: Site, **data: Any) -> None:
    """Give charger A these settings."""
    first = next(each for each in site.entry.subentries.values() if each.unique_id == "A")
    site.hass.config_entries.async_update_subentry(site.entry, first, data=data)


def complaint(hass: HomeAssistant) -> tuple[str | None, dict[str, str] | None] | None:
    """What the repair says."""
    issue = ir.async_get(hass).async_get_issue(DOMAIN, ISSUE)
    return None if issue is None else (issue.translation_key, issue.translation_placeholders)


async def spoken(site: Site, *offer: str) -> str | None:
    """Dial in as A with this offer; what is agreed on, None if we are told to go."""
    subprotocols = [Subprotocol(each) for each in offer]
    async with connect(f"{site.url}/A", subprotocols=subprotocols or None, proxy=None) as connection:
        try:
            await connection.send('[2,"1","Heartbeat",{}]')
            await connection.recv()
        except ConnectionClosed:
            return None
        return connection.subprotocol or "none"


@pytest.mark.parametrize(
    ("chosen", "agreed"),
    [("auto", "ocpp2.1"), ("2.1", "ocpp2.1"), ("2.0.1", "ocpp2.0.1"), ("1.6", "ocpp1.6"), ("nonsense", "ocpp2.1")],
)
async def test_a_charger_speaks_the_version_that_it_is_held_to(site: Site, chosen: str, agreed: str) -> None:
    """Of those that it offers; by default, the one that it likes best."""
    hold(site, ocpp_version=chosen)
    await site.hass.async_block_till_done()
    assert await spoken(site, "ocpp2.1", "ocpp2.0.1", "ocpp1.6") == agreed
    assert complaint(site.hass) is None


async def test_a_charger_that_does_not_offer_its_version_is_told_of(site: Site) -> None:
    """In a repair, which names both, until it has connected."""
    hold(site, ocpp_version="2.0.1")
    await site.hass.async_block_till_done()
    assert await spoken(site, "ocpp1.6", "ocpp1.5") is None
    said = {"charger": "A", "version": "2.0.1", "offered": "1.6, 1.5"}
    assert complaint(site.hass) == ("version_not_offered", said)
    assert await spoken(site) is None
    assert complaint(site.hass) == ("version_not_named", said | {"offered": ""})
    assert await spoken(site, "ocpp2.0.1") == "ocpp2.0.1"
    assert complaint(site.hass) is None


async def test_what_a_charger_offers_is_shown_in_short(site: Site) -> None:
    """Anybody can dial in under its identity."""
    hold(site, ocpp_version="1.6")
    await site.hass.async_block_till_done()
    assert await spoken(site, *(f"{number}{'x' * 100}" for number in range(10))) is None
    said = complaint(site.hass)
    assert said is not None
    assert said[1] is not None
    assert said[1]["offered"] == ", ".join(f"{number}{'x' * 19}" for number in range(5))


@pytest.mark.parametrize("way_out", ["settings", "removal", "unload"])
async def test_what_is_over_is_not_told_of(site: Site, way_out: str) -> None:
    """The repair goes with its reason."""
    hold(site, ocpp_version="2.1")
    await site.hass.async_block_till_done()
    assert await spoken(site, "ocpp1.6") is None
    assert complaint(site.hass)
    if way_out == "settings":
        hold(site)
        await site.hass.async_block_till_done()
    elif way_out == "removal":
        (subentry,) = site.entry.subentries.values()
        site.hass.config_entries.async_remove_subentry(site.entry, subentry.subentry_id)
        await site.hass.async_block_till_done()
    else:
        await site.stop()
    assert complaint(site.hass) is None


async def test_a_charger_without_a_chosen_version_has_no_repair(site: Site) -> None:
    """The log says that it offers nothing that is spoken here."""
    assert await spoken(site, "ocpp1.5") is None
    assert complaint(site.hass) is None


@pytest.mark.parametrize("chargers", [[charger_subentry("A"), charger_subentry("B")]])
async def test_changing_the_version_concerns_one_connection(site: Site) -> None:
    """That of the charger, so that it comes back with the other one; everybody else keeps his."""
    charger = await site.charger("A", behaviour=TELLS_ALL)
    other = await site.charger("B")
    connected = site.history("binary_sensor.b_connected")
    hold(site, ocpp_version="2.0.1")
    await eventually(lambda: complaint(site.hass), "the repair")
    await site.shows("binary_sensor.a_connected", "off")
    hold(site, ocpp_version="1.6")
    await site.shows("binary_sensor.a_connected", "on")
    await charger.go_offline()
    hold(site, ocpp_version="2.1")
    await site.charger("A", Version.V21, behaviour=TELLS_ALL)
    await other.heartbeat()
    assert connected == []


async def test_what_is_reserved_and_who_charges_outlives_a_change_of_the_version(site: Site, version: Version) -> None:
    """To one that the charger does not offer, over a restart, and back."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    await site.reserve(1)
    assert await charger.start(2, STRANGER)
    await site.shows("switch.a_connector_2_charging", "on")
    hold(site, ocpp_version="2.1" if version is Version.V16 else "1.6")
    await eventually(lambda: complaint(site.hass), "the repair")
    await site.stop()
    await site.start()
    await eventually(lambda: complaint(site.hass), "the repair")
    hold(site, ocpp_version="auto")
    await site.shows("switch.a_connector_2_charging", "on")
    await site.shows("sensor.a_connector_1_reservation", "active")
    assert complaint(site.hass) is None
    await charger.stop(2)
    await site.shows("switch.a_connector_2_charging", "off")
    assert charger.complaints == []
