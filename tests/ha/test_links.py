"""Calendars that are linked: their events are reserved for, and reservations follow them."""

from datetime import datetime
from pathlib import Path

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.ocpp_central.drivers import new_driver

from .calendars import Agenda, Linked, family_calendar, repairs
from .conftest import Clock, Site, charger_subentry, driver_id, driver_subentry, told

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
    return [
        charger_subentry("A"),
        charger_subentry("B"),
        driver_subentry("Anna", ANNA),
        driver_subentry("Ben", "BEBEBEBE"),
    ]


@pytest.fixture
async def agenda(
    hass: HomeAssistant, site: Site, hass_client: ClientSessionGenerator, hass_ws_client: WebSocketGenerator
) -> Agenda:
    """The family's calendar."""
    await family_calendar(hass)
    assert await async_setup_component(hass, "websocket_api", {})
    return Agenda(hass, hass_ws_client, await hass_client())


@pytest.fixture
async def linked(site: Site, clock: Clock, agenda: Agenda) -> Linked:
    """The site, whose charger has told of itself, beside the family's calendar."""
    return Linked(site=site, clock=clock, agenda=agenda, charger=await site.charger())


async def test_a_reservation_follows_its_event(linked: Linked, agenda: Agenda) -> None:
    """It is there as soon as the event is, moves with it, is handed over with it, and goes with it."""
    await linked.link(1)
    uid = await agenda.make("Anna", **linked.at(3))
    place = linked.site.device_id("A", 1)
    (made,) = await linked.comes_soon_to({"driver": "Anna", "device_id": place, "status": "scheduled", **linked.at(3)})
    await agenda.edit(uid, "Anna", **linked.at(5, 2))
    (moved,) = await linked.comes_soon_to({"uid": made["uid"], "driver": "Anna", **linked.at(5, 2)})
    await agenda.edit(uid, "Ben", **linked.at(5, 2))
    await linked.comes_soon_to({"uid": moved["uid"], "driver": "Ben"})
    await agenda.delete(uid)
    await linked.comes_soon_to()
    assert (await linked.site.reservations(include_ended=True))[0]["status"] == "cancelled"


async def test_what_is_in_a_calendar_already_is_reserved_when_it_is_linked(linked: Linked, agenda: Agenda) -> None:
    """Of a charger, any of its connectors."""
    await agenda.make("Anna", **linked.at(3))
    await agenda.make("Ben", **linked.at(3))
    await linked.link(None)
    await linked.comes_to({"driver": "Anna", "target": "any"}, {"driver": "Ben", "target": "any"})


async def test_titles_and_places_choose_and_name(linked: Linked, agenda: Agenda) -> None:
    """As the blueprint for calendar events reads them: with a text, the rest of the title is the driver's name."""
    await linked.link(None, text="Charge")
    for hours, (title, location) in enumerate(
        [
            ("Charge: ANNA", None),
            ("anna - charge", None),
            ("Ben", "Where you can charge"),
            ("Charge", None),
            ("Anna", None),
            ("Dentist", "High Street"),
        ]
    ):
        await agenda.make(title, **linked.at(3 + 2 * hours), **({"location": location} if location else {}))
    await linked.comes_to(
        {"driver": "Anna", **linked.at(3)},
        {"driver": "Anna", **linked.at(5)},
        {"driver": "Ben", **linked.at(7)},
        {"driver": None, **linked.at(9)},
    )


@pytest.mark.parametrize(("chosen", "driver"), [("house", None), (driver_id("Ben"), "Ben")])
async def test_events_are_for_whoever_is_chosen(
    linked: Linked, agenda: Agenda, chosen: str, driver: str | None
) -> None:
    """Then titles name nobody."""
    await agenda.make("Whatever it is", **linked.at(3))
    await linked.link(1, driver=chosen)
    await linked.comes_to({"driver": driver, **linked.at(3)})
    assert repairs(linked.site.hass) == {}


async def test_a_name_that_nobody_has_is_told(linked: Linked, agenda: Agenda) -> None:
    """Nothing is reserved for it, until the title is corrected or there is a driver of that name."""
    await linked.link(1)
    uid = await agenda.make("Ana", **linked.at(3))
    await agenda.make("Cleo", **linked.at(5))
    await linked.stays()
    assert repairs(linked.site.hass) == {"link_names_nobody": {"link": "Family: A connector 1", "names": "Ana, Cleo"}}
    await linked.comes_to()
    await agenda.edit(uid, "Anna", **linked.at(3))
    await linked.comes_to({"driver": "Anna"})
    hass, entry = linked.site.hass, linked.site.entry
    assert repairs(hass)["link_names_nobody"]["names"] == "Cleo"
    hass.config_entries.async_add_subentry(entry, new_driver("Cleo", {"id_tokens": [{"value": "C1E0", "type": None}]}))
    await linked.comes_to({"driver": "Anna"}, {"driver": "Cleo"})
    assert repairs(hass) == {}


async def test_who_becomes_a_driver_is_known_at_once(linked: Linked, agenda: Agenda) -> None:
    """The calendar is read when drivers change, and by those that there are then."""
    await linked.link(1)
    await agenda.make("Cleo", **linked.at(3))
    await linked.rests()
    hass, entry = linked.site.hass, linked.site.entry
    hass.config_entries.async_add_subentry(entry, new_driver("Cleo", {"id_tokens": [{"value": "C1E0", "type": None}]}))
    await linked.comes_soon_to({"driver": "Cleo"})


async def test_of_many_names_some_are_told(linked: Linked, agenda: Agenda) -> None:
    """Whoever links a calendar without a text may have hundreds of titles that name nobody."""
    await linked.link(1)
    for number in range(7):
        await agenda.make(f"{number}{'x' * 60}", **linked.at(3 + number))
    await linked.stays()
    names = repairs(linked.site.hass)["link_names_nobody"]["names"].split(", ")
    assert [len(name) for name in names] == [40, 40, 40, 40, 40, 1]


async def test_a_title_that_names_nobody_any_more_cancels(linked: Linked, agenda: Agenda) -> None:
    """What was reserved is not for whoever it was for."""
    await linked.link(1)
    uid = await agenda.make("Anna", **linked.at(3))
    await linked.comes_to({"driver": "Anna"})
    await agenda.edit(uid, "Dentist", **linked.at(3))
    await linked.comes_to()


async def test_what_was_cancelled_by_hand_is_not_made_again(linked: Linked, agenda: Agenda) -> None:
    """Unless the event changes."""
    await linked.link(1)
    uid = await agenda.make("Anna", **linked.at(3))
    (made,) = await linked.comes_to({"driver": "Anna"})
    await linked.site.act("cancel_reservation", uid=made["uid"])
    await linked.stays()
    await agenda.edit(uid, "Anna", **linked.at(4))
    await linked.comes_to({"driver": "Anna", **linked.at(4)})


async def test_what_was_changed_by_hand_stays(linked: Linked, agenda: Agenda) -> None:
    """Until the event changes."""
    await linked.link(1)
    uid = await agenda.make("Anna", **linked.at(3))
    (made,) = await linked.comes_to({"driver": "Anna"})
    await linked.site.act("update_reservation", uid=made["uid"], driver="Ben", **linked.at(7))
    await linked.stays({"driver": "Ben", **linked.at(7)})
    await agenda.edit(uid, "Anna", **linked.at(4))
    await linked.comes_to({"uid": made["uid"], "driver": "Anna", **linked.at(4)})


async def test_each_event_of_a_series_is_reserved(linked: Linked, agenda: Agenda) -> None:
    """Sixty days ahead; one that is moved or deleted alone is moved or cancelled alone."""
    await linked.link(1)
    uid = await agenda.make("Anna", **linked.at(3), rrule="FREQ=WEEKLY")
    week = 7 * 24
    await linked.comes_to(*({"driver": "Anna", **linked.at(3 + number * week)} for number in range(9)))
    second, third = (await agenda.events())[1:3]
    await agenda.edit(uid, "Anna", **linked.at(5 + week), recurrence_id=second["recurrence_id"])
    await agenda.delete(uid, recurrence_id=third["recurrence_id"])
    rest = [linked.at(3 + number * week) for number in range(9) if number not in {1, 2}]
    await linked.comes_to(rest[0], linked.at(5 + week), *rest[1:])
    await agenda.delete(uid)
    await linked.comes_to()


async def test_events_come_into_reach(linked: Linked, agenda: Agenda) -> None:
    """What is farther away than sixty days is reserved once it is not."""
    await linked.link(1)
    await agenda.make("Anna", **linked.at(60 * 24 + 12))
    await linked.stays()
    linked.clock.jump(hours=13)
    await linked.comes_to({"driver": "Anna"})


async def test_the_owner_may_want_less_far_ahead(linked: Linked, agenda: Agenda) -> None:
    """The option `horizon` counts for events, too; whatever it hides was not deleted."""
    await agenda.make("Anna", **linked.at(3))
    await agenda.make("Anna", **linked.at(40))
    await linked.link(1)
    await linked.comes_to(linked.at(3), linked.at(40))
    linked.site.hass.config_entries.async_update_entry(linked.site.entry, options={"horizon": 1})
    await linked.agenda.make("Anna", **linked.at(5))
    await linked.agenda.make("Anna", **linked.at(42))
    await linked.comes_to(linked.at(3), linked.at(5), linked.at(40))


async def test_what_cannot_be_reserved_is_left_out_until_it_can(linked: Linked, agenda: Agenda) -> None:
    """That is told once; the other events of the calendar are reserved."""
    await linked.link(1)
    mine = await linked.site.reserve(1, **linked.at(3))
    news = linked.site.news()
    await agenda.make("Anna", **linked.at(3))
    await agenda.make("Anna", **linked.at(5, 8 * 24))
    await agenda.make("Ben", **linked.at(4))
    await linked.comes_to({"driver": None, **linked.at(3)}, {"driver": "Ben", **linked.at(4)})
    await linked.stays({"driver": None, **linked.at(3)}, {"driver": "Ben", **linked.at(4)})
    assert told(news).count("rejected") == len(["no room", "too long"])
    (said,) = [about for key, about in repairs(linked.site.hass).items() if key == "link_events_skipped"]
    day = str(dt_util.as_local(datetime.fromisoformat(linked.at(3)["start"])).date())
    assert (said["link"], said["place"], said["drivers"]) == ("Family: A connector 1", "A connector 1", "Anna")
    assert day in said["times"]
    await linked.site.act("cancel_reservation", uid=mine["uid"])
    await linked.stays({"driver": "Anna", **linked.at(3)}, {"driver": "Ben", **linked.at(4)})


async def test_events_change_places(linked: Linked, agenda: Agenda) -> None:
    """One that moves to where another one was is not in its way."""
    await linked.link(1)
    uids = [await agenda.make("Anna", **linked.at(3)), await agenda.make("Ben", **linked.at(4))]
    made = await linked.comes_to({"driver": "Anna"}, {"driver": "Ben"})
    await agenda.edit(uids[0], "Anna", **linked.at(4))
    await agenda.edit(uids[1], "Ben", **linked.at(3))
    await linked.comes_to({"driver": "Ben", **linked.at(3)}, {"driver": "Anna", **linked.at(4)})
    assert len(made) == len(uids)


async def test_a_link_that_is_removed_takes_its_reservations_with_it(linked: Linked, agenda: Agenda) -> None:
    """One that is being used to charge is left, and so is what others have reserved."""
    charger = linked.charger
    link = await linked.link(1)
    await agenda.make("Anna", **linked.at(-1, 4))
    await agenda.make("Anna", **linked.at(3))
    await linked.site.reserve(2, **linked.at(3))
    await linked.comes_to({"driver": "Anna"}, {"driver": None}, {"driver": "Anna"})
    await charger.plug(1)
    await charger.start(1, ANNA)
    await linked.comes_to({"status": "in_use"}, {"driver": None}, {"driver": "Anna"})
    await linked.remove(link)
    await linked.comes_to({"status": "in_use"}, {"driver": None})


async def test_a_link_to_another_place_or_calendar_reserves_anew(linked: Linked, agenda: Agenda) -> None:
    """What it has reserved at the old one is cancelled."""
    await family_calendar(linked.site.hass, "Work")
    await linked.site.charger("B")
    link = await linked.link(1)
    await agenda.make("Anna", **linked.at(3))
    await agenda.make("Ben", **linked.at(4), calendar="calendar.work")
    (made,) = await linked.comes_to({"driver": "Anna", "device_id": linked.site.device_id("A", 1)})
    await linked.change(link, device_id=linked.site.device_id("A", 2))
    await linked.comes_to({"uid": made["uid"], "device_id": linked.site.device_id("A", 2)})
    await linked.change(link, device_id=linked.site.device_id("B", 1))
    await linked.comes_to({"driver": "Anna", "device_id": linked.site.device_id("B", 1)})
    await linked.change(link, calendar="calendar.work")
    await linked.comes_to({"driver": "Ben", "device_id": linked.site.device_id("B", 1)})


async def test_a_link_with_another_text_reserves_for_other_events(linked: Linked) -> None:
    """What does not count any more is cancelled; what still does stays as it is."""
    link = await linked.link(1, driver="house")
    await linked.agenda.make("Charge the car", **linked.at(3))
    await linked.agenda.make("Dentist", **linked.at(5))
    made = await linked.comes_to(linked.at(3), linked.at(5))
    await linked.change(link, text="charge")
    (kept,) = await linked.comes_to(linked.at(3))
    assert kept == made[0]


async def test_a_restart_changes_nothing(linked: Linked, agenda: Agenda) -> None:
    """What was reserved is still the link's own; what happened to the calendar meanwhile is followed."""
    await linked.link(1)
    uids = [await agenda.make("Anna", **linked.at(3)), await agenda.make("Ben", **linked.at(4))]
    made = await linked.comes_to(linked.at(3), linked.at(4))
    await linked.site.stop()
    await agenda.edit(uids[1], "Ben", **linked.at(6))
    await linked.site.start()
    await linked.comes_to({"uid": made[0]["uid"], **linked.at(3)}, {"uid": made[1]["uid"], **linked.at(6)})


async def test_a_link_that_was_removed_meanwhile_takes_its_reservations_with_it(linked: Linked, agenda: Agenda) -> None:
    """A central system need not run for that."""
    link = await linked.link(1)
    await agenda.make("Anna", **linked.at(3))
    await linked.comes_to(linked.at(3))
    await linked.site.stop()
    await linked.remove(link)
    await linked.site.start()
    await linked.comes_to()
