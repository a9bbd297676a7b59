"""Calendars that are linked: their events are reserved for, and reservations follow them."""

from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.ocpp_central.const import DOMAIN

from .calendars import Agenda, Linked, at, family_calendar
from .conftest import Clock, Site, charger_subentry, driver_subentry

pytestmark = pytest.mark.blackbox

ANNA = "A0A0A0A1"


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """A configuration of its own, into which calendars are written."""
    (Path(hass_tmp_config_dir) / ".storage").mkdir()
    return hass_tmp_config_dir


@pytest.fixture
def chargers() -> list[ConfigSubentryData]:
    """Charger A, and two drivers."""
    return [charger_subentry("A"), driver_subentry("Anna", ANNA), driver_subentry("Ben", "BEBEBEBE")]


@pytest.fixture
async def linked(site: Site, clock: Clock) -> Linked:
    """The site, whose charger has told of itself, beside the family's calendar."""
    await family_calendar(site.hass)
    await site.charger()
    return Linked(site=site, clock=clock)


@pytest.fixture
async def agenda(linked: Linked, hass_client: ClientSessionGenerator, hass_ws_client: WebSocketGenerator) -> Agenda:
    """The family's calendar."""
    return Agenda(linked.site.hass, await hass_ws_client(linked.site.hass), await hass_client())


def repairs(hass: HomeAssistant) -> dict[str, dict[str, Any]]:
    """What is told of links: the placeholders, by the key of the text."""
    return {
        each.translation_key or "": dict(each.translation_placeholders or {})
        for (domain, _), each in ir.async_get(hass).issues.items()
        if domain == DOMAIN and each.active
    }


async def test_a_reservation_follows_its_event(linked: Linked, agenda: Agenda) -> None:
    """It is there as soon as the event is, moves with it, is handed over with it, and goes with it."""
    await linked.link(1)
    uid = await agenda.make("Anna", **at(3))
    place = linked.site.device_id("A", 1)
    (made,) = await linked.comes_to({"driver": "Anna", "device_id": place, "status": "scheduled", **at(3)})
    await agenda.edit(uid, "Anna", **at(5, 2))
    (moved,) = await linked.comes_to({"uid": made["uid"], "driver": "Anna", **at(5, 2)})
    await agenda.edit(uid, "Ben", **at(5, 2))
    await linked.comes_to({"uid": moved["uid"], "driver": "Ben"})
    await agenda.delete(uid)
    await linked.comes_to()
    assert (await linked.site.reservations(include_ended=True))[0]["status"] == "cancelled"


async def test_what_is_in_a_calendar_already_is_reserved_when_it_is_linked(linked: Linked, agenda: Agenda) -> None:
    """Of a charger, any of its connectors."""
    await agenda.make("Anna", **at(3))
    await agenda.make("Ben", **at(3))
    await linked.link(None)
    await linked.comes_to({"driver": "Anna", "target": "any"}, {"driver": "Ben", "target": "any"})
