"""What is chosen at a connector for its *Reserve* button, and whom a connector is reserved for."""

from datetime import datetime, timedelta

from homeassistant.config_entries import ConfigSubentry, ConfigSubentryData
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er
import pytest

from tests.charger import Version

from .conftest import HOLDER, HOUSE_TOKEN, Site, charger_subentry, driver_id, driver_subentry

pytestmark = pytest.mark.blackbox

SELECT, NUMBER = "select.a_connector_1_reserve_for", "number.a_connector_1_reserve_duration"
BUTTON = "button.a_connector_1_reserve"
ANNA, BEN = "A0A0A0A1", "BEBEBEBE"


@pytest.fixture
def chargers() -> list[ConfigSubentryData]:
    """Charger A, and two drivers, added in this order."""
    return [charger_subentry("A"), driver_subentry("Ben", BEN), driver_subentry("anna", ANNA)]


def subentry(site: Site, name: str) -> ConfigSubentry:
    """The subentry of a driver."""
    return next(each for each in site.entry.subentries.values() if each.title == name)


async def rename(site: Site, name: str, title: str) -> None:
    """The owner gives a driver another name."""
    site.hass.config_entries.async_update_subentry(site.entry, subentry(site, name), title=title)
    await site.hass.async_block_till_done()


async def remove(site: Site, name: str) -> None:
    """The owner removes a driver."""
    site.hass.config_entries.async_remove_subentry(site.entry, subentry(site, name).subentry_id)
    await site.hass.async_block_till_done()


async def limit(site: Site, **options: int) -> None:
    """The owner changes the options."""
    site.hass.config_entries.async_update_entry(site.entry, options={**site.entry.options, **options})
    await site.hass.async_block_till_done()


async def select(site: Site, option: str, entity_id: str = SELECT) -> None:
    """Choose for whom to reserve."""
    data = {"entity_id": entity_id, "option": option}
    await site.hass.services.async_call("select", "select_option", data, blocking=True)


async def enter(site: Site, minutes: float, entity_id: str = NUMBER) -> None:
    """Choose how long to reserve."""
    data = {"entity_id": entity_id, "value": minutes}
    await site.hass.services.async_call("number", "set_value", data, blocking=True)


def options(site: Site) -> list[str]:
    """Who can be chosen."""
    state = site.hass.states.get(SELECT)
    assert state is not None
    listed: list[str] = state.attributes["options"]
    return listed


async def pressed(site: Site) -> tuple[str | None, timedelta]:
    """For whom and for how long a press of the button reserves; the reservation is cancelled again."""
    await site.press(BUTTON)
    (reservation,) = await site.reservations()
    await site.act("cancel_reservation", uid=reservation["uid"])
    await site.shows("sensor.a_connector_1_status", "available")
    start, end = (datetime.fromisoformat(reservation[edge]) for edge in ("start", "end"))
    return reservation["driver"], end - start


def about(minutes: int) -> list[timedelta]:
    """Durations that are as good as this one: a press may take place on the edge of a second."""
    return [timedelta(minutes=minutes, seconds=seconds) for seconds in (-1, 0)]


async def test_the_button_reserves_for_whom_is_chosen(site: Site, version: Version) -> None:
    """Contract 4: the house first, then the drivers by name; each connector has its own choice."""
    charger = await site.charger(version=version)
    assert (site.state(SELECT), options(site)) == ("house", ["house", "anna", "Ben"])
    await select(site, "Ben")
    await site.press(BUTTON)
    await site.press("button.a_connector_2_reserve")
    assert {hold.evse: hold.token for hold in charger.holds.values()} == {1: BEN, 2: HOUSE_TOKEN}
    assert site.state("select.a_connector_2_reserve_for") == "house"
    assert [each["driver"] for each in await site.reservations()] == ["Ben", None]
    assert await charger.start(1, BEN)
    await site.shows("sensor.a_connector_1_reservation", "in_use")
    assert charger.complaints == []


async def test_the_button_reserves_for_as_long_as_is_chosen(site: Site) -> None:
    """Until something is chosen, it is the default of the options, which applies at once."""
    await site.charger()
    assert site.state(NUMBER) == "30"
    await limit(site, default_duration=45)
    assert site.state(NUMBER) == "45"
    assert (await pressed(site))[1] in about(45)
    await enter(site, 90)
    await limit(site, default_duration=20)
    assert site.state(NUMBER) == "90"
    assert (await pressed(site))[1] in about(90)


async def test_no_more_can_be_chosen_than_the_options_allow(site: Site) -> None:
    """What was chosen before is cut off; less than a minute is nothing."""
    await site.charger()
    await enter(site, 90)
    await limit(site, max_duration=60)
    state = site.hass.states.get(NUMBER)
    assert state is not None
    assert (state.state, state.attributes["max"], state.attributes["min"]) == ("60", 60, 1)
    assert (await pressed(site))[1] in about(60)
    for minutes in (61, 0):
        with pytest.raises(ServiceValidationError):
            await enter(site, minutes)
    await limit(site, max_duration=120)
    assert site.state(NUMBER) == "90"


async def test_choices_outlive_a_restart(site: Site) -> None:
    """Also where the driver was renamed meanwhile; what was not chosen is as the options say by then."""
    charger = await site.charger()
    await select(site, "anna")
    await enter(site, 15, "number.a_connector_2_reserve_duration")
    await site.stop()
    await rename(site, "anna", "Annabel")
    await limit(site, default_duration=45)
    await site.start()
    await charger.ready()
    assert (site.state(SELECT), site.state(NUMBER)) == ("Annabel", "45")
    assert site.state("select.a_connector_2_reserve_for") == "house"
    assert site.state("number.a_connector_2_reserve_duration") == "15"


async def test_the_drivers_who_can_be_chosen_follow_at_once(site: Site) -> None:
    """A new name shows; once the driver is gone the button reserves for the house again."""
    await site.charger()
    await select(site, "Ben")
    await rename(site, "Ben", "Xaver")
    assert (site.state(SELECT), options(site)) == ("Xaver", ["house", "anna", "Xaver"])
    assert (await pressed(site))[0] == "Xaver"
    await remove(site, "Xaver")
    assert (site.state(SELECT), options(site)) == ("house", ["house", "anna"])
    assert (await pressed(site))[0] is None
    with pytest.raises(ServiceValidationError):
        await select(site, "Xaver")
    await select(site, "anna")
    assert (await pressed(site))[0] == "anna"
    await select(site, "house")
    assert (await pressed(site))[0] is None


@pytest.mark.parametrize("name", ["house", "unknown", "unavailable"])
async def test_a_driver_of_a_reserved_name_can_be_chosen(site: Site, name: str) -> None:
    """Such states mean something else, so the id stands for the name."""
    await site.charger()
    await rename(site, "Ben", name)
    assert options(site) == ["house", "anna", driver_id("Ben")]
    await select(site, driver_id("Ben"))
    assert site.state(SELECT) == driver_id("Ben")
    assert (await pressed(site))[0] == name


async def test_choices_can_be_made_while_the_charger_is_away(site: Site) -> None:
    """They are ours."""
    charger = await site.charger()
    await charger.go_offline()
    await site.shows("binary_sensor.a_connected", "off")
    await select(site, "Ben")
    await enter(site, 10)
    assert (site.state(SELECT), site.state(NUMBER)) == ("Ben", "10")


@pytest.mark.parametrize("entity_id", [SELECT, NUMBER])
async def test_a_choice_that_is_not_shown_counts_no_more(site: Site, entity_id: str) -> None:
    """Whoever disables the entity gets what there is without it."""
    await site.charger()
    await select(site, "Ben")
    await enter(site, 90)
    er.async_get(site.hass).async_update_entity(entity_id, disabled_by=er.RegistryEntryDisabler.USER)
    await site.hass.async_block_till_done()
    driver, duration = await pressed(site)
    assert driver == (None if entity_id == SELECT else "Ben")
    assert duration in about(90 if entity_id == SELECT else 30)


async def test_a_sensor_says_whom_a_connector_is_reserved_for(site: Site) -> None:
    """Contract 4: the driver's name, the house, or unknown; off by default."""
    sensor = "sensor.a_connector_1_reserved_for"
    charger = await site.charger()
    er.async_get(site.hass).async_update_entity(sensor, disabled_by=None)
    await site.stop()
    await site.start()
    await charger.ready()
    assert site.state(sensor) == "unknown"
    for data, shown in (
        ({"driver": "Ben"}, "Ben"),
        ({"id_token": ANNA}, "anna"),
        ({}, "house"),
        ({"id_token": HOLDER}, "unknown"),
    ):
        place = {"device_id": site.device_id("A", 1), "held_by": "central_system"}
        reservation = await site.act("reserve_now", **place, **data)
        assert site.state(sensor) == shown
        await site.act("cancel_reservation", uid=reservation["uid"])
        assert site.state(sensor) == "unknown"


async def test_a_reservation_to_come_is_for_nobody_yet(site: Site) -> None:
    """The sensor tells of what is in force."""
    sensor = "sensor.a_connector_1_reserved_for"
    await site.charger()
    er.async_get(site.hass).async_update_entity(sensor, disabled_by=None)
    await site.stop()
    await site.start()
    start = (datetime.now().astimezone() + timedelta(hours=1)).isoformat()
    await site.act("reserve_now", device_id=site.device_id("A", 1), driver="Ben", start=start)
    assert site.state(sensor) == "unknown"
