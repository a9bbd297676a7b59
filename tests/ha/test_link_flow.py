"""The form for links to calendars, driven as the frontend drives it."""

import re
from typing import Any

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from .calendars import FAMILY, family_calendar, link_subentry, links, start_to_add, start_to_change, submit
from .conftest import Site, central_system, charger_subentry, driver_id, driver_subentry
from .driver_forms import suggested

pytestmark = pytest.mark.blackbox

OURS = "calendar.a_reservations"


@pytest.fixture
def chargers() -> list[ConfigSubentryData]:
    """Charger A, and Anna."""
    return [charger_subentry("A"), driver_subentry("Anna", "A0A0A0A1")]


@pytest.fixture
async def family(hass: HomeAssistant) -> str:
    """What names the family's calendar for good."""
    await family_calendar(hass)
    known = er.async_get(hass).async_get(FAMILY)
    assert known is not None
    return known.id


def only_link(entry: MockConfigEntry) -> str:
    """The id of the only link's subentry."""
    (link,) = entry.get_subentries_of_type("calendar_link")
    return link.subentry_id


async def test_a_connector_is_linked(hass: HomeAssistant, site: Site, family: str) -> None:
    """It is kept by what never changes: the calendar's id in the registry, the charger's identity, the driver's id."""
    await site.charger()
    form = await start_to_add(hass, site.entry)
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "user")
    answers = {"calendar": FAMILY, "device_id": site.device_id("A", 2), "text": " charge ", "driver": driver_id("Anna")}
    result = await submit(hass, form, **answers)
    assert (result["type"], result["title"]) == (FlowResultType.CREATE_ENTRY, "Family: A connector 2")
    assert re.fullmatch("link-[0-9a-f]{12}", result["unique_id"] or "")
    kept = {"calendar": family, "charger_id": "A", "evse": 2, "text": "charge", "driver": driver_id("Anna")}
    assert links(site.entry) == {"Family: A connector 2": kept}


async def test_a_charger_is_linked(hass: HomeAssistant, site: Site, family: str) -> None:
    """Every event counts, and its title names the driver, if nothing else is said."""
    result = await submit(
        hass, await start_to_add(hass, site.entry), calendar=FAMILY, device_id=site.device_id(), driver="from_title"
    )
    assert result["title"] == "Family: A"
    kept = {"calendar": family, "charger_id": "A", "evse": None, "text": "", "driver": "from_title"}
    assert links(site.entry) == {"Family: A": kept}


async def test_a_calendar_without_an_id_is_linked(hass: HomeAssistant, site: Site) -> None:
    """One that no registry has can only be found by its name."""
    hass.states.async_set("calendar.demo", "off")
    await submit(
        hass, await start_to_add(hass, site.entry), calendar="calendar.demo", device_id=site.device_id(), driver="house"
    )
    assert links(site.entry)["demo: A"]["calendar"] == "calendar.demo"


async def test_everybody_can_be_chosen(hass: HomeAssistant, site: Site) -> None:
    """The title, the house, and each driver by name."""
    form = await start_to_add(hass, site.entry)
    assert form["data_schema"] is not None
    options = form["data_schema"].schema["driver"].config["options"]
    assert [each["value"] for each in options] == ["from_title", "house", driver_id("Anna")]
    assert options[-1]["label"] == "Anna"


@pytest.mark.usefixtures("family")
async def test_what_makes_no_link_is_refused(hass: HomeAssistant, site: Site) -> None:
    """Each answer that cannot be is told at its field; then the right one is taken."""
    form = await start_to_add(hass, site.entry)
    right: dict[str, Any] = {"calendar": FAMILY, "device_id": site.device_id(), "driver": "house"}
    other = dr.async_get(hass).async_get_or_create(config_entry_id=site.entry.entry_id, identifiers={("other", "1")})
    for wrong, error in (
        ({"calendar": "calendar.gone"}, "calendar_unknown"),
        ({"calendar": "0" * 32}, "calendar_unknown"),
        ({"device_id": "gone"}, "place_unknown"),
        ({"device_id": other.id}, "place_unknown"),
    ):
        (field,) = wrong
        form = await submit(hass, form, **right | wrong)
        assert form["errors"] == {field: error}
        assert suggested(form) == right | wrong
    assert (await submit(hass, form, **right))["type"] is FlowResultType.CREATE_ENTRY


async def test_a_calendar_of_ours_is_not_offered(hass: HomeAssistant, site: Site) -> None:
    """What is in it is reserved already."""
    form = await start_to_add(hass, site.entry)
    with pytest.raises(InvalidData):
        await submit(hass, form, calendar=OURS, device_id=site.device_id(), driver="house")


@pytest.mark.usefixtures("family")
async def test_a_calendar_that_became_ours_is_refused(hass: HomeAssistant, site: Site) -> None:
    """It may be called otherwise, or have come, since the form was opened."""
    form = await start_to_add(hass, site.entry)
    er.async_get(hass).async_update_entity(OURS, new_entity_id="calendar.garage")
    await hass.async_block_till_done()
    form = await submit(hass, form, calendar="calendar.garage", device_id=site.device_id(), driver="house")
    assert form["errors"] == {"calendar": "calendar_is_ours"}
    form = await submit(hass, form, calendar=FAMILY, device_id=site.device_id(), driver="house")
    assert form["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.usefixtures("family")
async def test_a_driver_who_has_gone_cannot_be_chosen(hass: HomeAssistant, site: Site) -> None:
    """He may be removed while the form is open."""
    form = await start_to_add(hass, site.entry)
    (anna,) = site.entry.get_subentries_of_type("driver")
    hass.config_entries.async_remove_subentry(site.entry, anna.subentry_id)
    await hass.async_block_till_done()
    answers = {"calendar": FAMILY, "device_id": site.device_id()}
    form = await submit(hass, form, **answers, driver=driver_id("Anna"))
    assert form["errors"] == {"driver": "driver_unknown"}
    assert (await submit(hass, form, **answers, driver="house"))["type"] is FlowResultType.CREATE_ENTRY


async def test_nothing_is_linked_twice(hass: HomeAssistant, site: Site, family: str) -> None:
    """Of two links for the same events at the same place, each would be in the way of the other."""
    answers = {"calendar": FAMILY, "device_id": site.device_id()}
    await submit(hass, await start_to_add(hass, site.entry), **answers, driver="house")
    result = await submit(hass, await start_to_add(hass, site.entry), **answers, driver="from_title")
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")
    result = await submit(hass, await start_to_add(hass, site.entry), **answers, driver="house", text="charge")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert {each["calendar"] for each in links(site.entry).values()} == {family}


async def test_a_link_is_changed(hass: HomeAssistant, site: Site, family: str) -> None:
    """The form shows what is kept, the calendar by the name that it has now; the link keeps its id."""
    await site.charger()
    await submit(
        hass, await start_to_add(hass, site.entry), calendar=FAMILY, device_id=site.device_id(), driver="house"
    )
    (before,) = site.entry.get_subentries_of_type("calendar_link")
    er.async_get(hass).async_update_entity(FAMILY, new_entity_id="calendar.home")
    await hass.async_block_till_done()
    form = await start_to_change(hass, site.entry, only_link(site.entry))
    shown = {"calendar": "calendar.home", "device_id": site.device_id(), "text": "", "driver": "house"}
    assert (form["step_id"], suggested(form)) == ("reconfigure", shown)
    result = await submit(hass, form, **shown | {"device_id": site.device_id("A", 1), "text": "charge"})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    (after,) = site.entry.get_subentries_of_type("calendar_link")
    assert (after.unique_id, after.title) == (before.unique_id, "Family: A connector 1")
    assert after.data == {"calendar": family, "charger_id": "A", "evse": 1, "text": "charge", "driver": "house"}


async def test_a_link_whose_parts_have_gone_can_be_mended(hass: HomeAssistant, chargers: list[Any], port: int) -> None:
    """The form leaves empty what is not there any more."""
    gone = link_subentry("B", 1, calendar="0" * 32, text="charge", driver="house")
    entry = central_system([*chargers, gone], port)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    form = await start_to_change(hass, entry, only_link(entry))
    assert suggested(form) == {"text": "charge", "driver": "house"}


@pytest.mark.usefixtures("family")
async def test_a_removed_link_cannot_be_changed(hass: HomeAssistant, site: Site) -> None:
    """Somebody may remove it while the form is open."""
    answers = {"calendar": FAMILY, "device_id": site.device_id(), "driver": "house"}
    await submit(hass, await start_to_add(hass, site.entry), **answers)
    form = await start_to_change(hass, site.entry, only_link(site.entry))
    hass.config_entries.async_remove_subentry(site.entry, only_link(site.entry))
    result = await submit(hass, form, **answers)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "link_gone")


async def test_only_a_central_system_that_runs_can_be_linked(hass: HomeAssistant, site: Site) -> None:
    """Otherwise nobody knows which device is which connector."""
    await site.stop()
    result = await start_to_add(hass, site.entry)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "not_running")
