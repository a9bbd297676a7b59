"""What calendars do that are linked: they tell days and other zones, they fail, they go, they come late."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from homeassistant.components.calendar import CalendarEvent
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from .calendars import FAMILY, Agenda, Linked, OtherCalendar, add_calendar, family_calendar, repairs
from .conftest import Clock, Site, charger_subentry, driver_id, driver_subentry, eventually, told

pytestmark = pytest.mark.blackbox

ODD = "calendar.odd"
SECRET = "Jonas"
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """A configuration of its own, into which calendars are written."""
    (Path(hass_tmp_config_dir) / ".storage").mkdir()
    return hass_tmp_config_dir


@pytest.fixture
def chargers() -> list[ConfigSubentryData]:
    """Charger A, and two drivers."""
    return [charger_subentry("A"), driver_subentry("Anna", "A0A0A0A1"), driver_subentry("Ben", "BEBEBEBE")]


@pytest.fixture
async def family(hass: HomeAssistant, site: Site) -> MockConfigEntry:
    """The family's calendar."""
    assert await async_setup_component(hass, "websocket_api", {})
    return await family_calendar(hass)


@pytest.fixture
async def linked(
    site: Site,
    clock: Clock,
    family: MockConfigEntry,
    hass_client: ClientSessionGenerator,
    hass_ws_client: WebSocketGenerator,
) -> Linked:
    """The site, whose charger has told of itself, beside the family's calendar."""
    agenda = Agenda(site.hass, hass_ws_client, await hass_client())
    return Linked(site=site, clock=clock, agenda=agenda, charger=await site.charger())


@pytest.fixture
async def odd(linked: Linked) -> OtherCalendar:
    """A calendar with habits of its own."""
    calendar = OtherCalendar()
    await add_calendar(linked.site.hass, calendar)
    return calendar


def event(summary: str, times: dict[str, str], uid: str | None = None, rrule: str | None = None) -> CalendarEvent:
    """An event as a calendar tells it."""
    start, end = (datetime.fromisoformat(times[field]) for field in ("start", "end"))
    return CalendarEvent(summary=summary, start=start, end=end, uid=uid, rrule=rrule)


def seconds_until(moment: datetime) -> float:
    """How far it is."""
    return (moment - dt_util.utcnow()).total_seconds()


@pytest.mark.parametrize(
    ("today", "day", "hours"),
    [("2027-03-26", "2027-03-28", 23), ("2027-10-29", "2027-10-31", 25), ("2027-06-01", "2027-06-02", 24)],
)
async def test_a_whole_day_lasts_from_midnight_to_midnight(linked: Linked, today: str, day: str, hours: int) -> None:
    """Where Home Assistant is, also on the days on which clocks change."""
    await linked.site.hass.config.async_set_time_zone(BERLIN.key)
    first = date.fromisoformat(day)
    await linked.agenda.make("Anna", day, (first + timedelta(days=1)).isoformat())
    linked.clock.jump(seconds=seconds_until(datetime.fromisoformat(today).replace(tzinfo=UTC)))
    await linked.link(1)
    (found,) = await linked.comes_to({"driver": "Anna"})
    start, end = (datetime.fromisoformat(found[field]) for field in ("start", "end"))
    assert start == datetime(first.year, first.month, first.day, tzinfo=BERLIN)
    assert end - start == timedelta(hours=hours)


async def test_a_series_keeps_to_the_clock(linked: Linked) -> None:
    """When clocks are set forward, what is at eight stays at eight."""
    await linked.site.hass.config.async_set_time_zone(BERLIN.key)
    await linked.agenda.make("Anna", "2027-03-27T08:00:00", "2027-03-27T09:00:00", rrule="FREQ=DAILY;COUNT=3")
    linked.clock.jump(seconds=seconds_until(datetime(2027, 3, 26, tzinfo=UTC)))
    await linked.link(1)
    await linked.comes_to(
        {"start": "2027-03-27T07:00:00+00:00"},
        {"start": "2027-03-28T06:00:00+00:00"},
        {"start": "2027-03-29T06:00:00+00:00"},
    )


async def test_events_of_other_zones_are_at_their_own_time(linked: Linked, odd: OtherCalendar) -> None:
    """Whoever made them may have been elsewhere."""
    tokyo = ZoneInfo("Asia/Tokyo")
    start = datetime.fromisoformat(linked.at(3)["start"]).astimezone(tokyo)
    odd.has = [CalendarEvent(summary="Anna", start=start, end=start + timedelta(hours=1), uid="1")]
    await linked.link(1, calendar=ODD)
    await linked.comes_to({"driver": "Anna", **linked.at(3)})


async def test_nothing_is_cancelled_while_a_calendar_is_away(
    linked: Linked, odd: OtherCalendar, caplog: pytest.LogCaptureFixture
) -> None:
    """That is said once, and once that it is back; what has changed meanwhile is followed."""
    odd.has = [event("Anna", linked.at(3), uid="1")]
    await linked.link(1, calendar=ODD)
    await linked.comes_to(linked.at(3))
    odd.has = []
    odd.is_away(away=True)
    for _ in range(3):
        await linked.comes_to(linked.at(3))
    await eventually(lambda: "calendar.odd cannot be read" in caplog.text, "the log")
    odd.is_away(away=False)
    await linked.comes_to()
    assert caplog.text.count("calendar.odd cannot be read") == 1
    assert caplog.text.count("calendar.odd can be read again") == 1
    assert repairs(linked.site.hass) == {}


@pytest.mark.parametrize("error", [HomeAssistantError(SECRET), ValueError(SECRET), TimeoutError()], ids=repr)
async def test_nothing_is_cancelled_while_a_calendar_fails(
    linked: Linked, odd: OtherCalendar, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    """Whatever it fails with, it is tried again; the log does not repeat what it says."""
    odd.has = [event("Anna", linked.at(3), uid="1"), event(SECRET, linked.at(5), uid="2")]
    await linked.link(1, calendar=ODD)
    await linked.comes_to(linked.at(3))
    odd.has, odd.fails_with = [], error
    asked = odd.asked
    linked.clock.jump(minutes=5)
    await eventually(lambda: odd.asked > asked and "cannot be read" in caplog.text, "the attempt")
    await linked.comes_to(linked.at(3))
    odd.fails_with = None
    await linked.comes_to()
    ours = [record.getMessage() for record in caplog.records if "ocpp_central" in record.name]
    assert not any(SECRET in message for message in ours)


async def test_a_calendar_that_is_gone_is_told(linked: Linked, family: MockConfigEntry) -> None:
    """Nothing is cancelled; the link can be changed to another calendar, or removed."""
    hass = linked.site.hass
    link = await linked.link(1)
    await linked.agenda.make("Anna", **linked.at(3))
    await linked.comes_to(linked.at(3))
    await hass.config_entries.async_remove(family.entry_id)
    await eventually(lambda: repairs(hass), "the repair")
    assert repairs(hass) == {"link_calendar_gone": {"link": "Family: A connector 1"}}
    await linked.comes_to(linked.at(3))
    await family_calendar(hass, "Work")
    await linked.change(link, calendar="calendar.work")
    await linked.comes_to()
    assert repairs(hass) == {}


@pytest.mark.usefixtures("odd")
async def test_a_calendar_that_is_disabled_is_told(linked: Linked) -> None:
    """It tells nothing any more."""
    hass = linked.site.hass
    await linked.link(1, calendar=ODD)
    er.async_get(hass).async_update_entity(ODD, disabled_by=er.RegistryEntryDisabler.USER)
    await eventually(lambda: "link_calendar_gone" in repairs(hass), "the repair")


async def test_a_calendar_without_an_id_is_followed_by_its_name(linked: Linked) -> None:
    """It is gone when its state is."""
    hass = linked.site.hass
    calendar = OtherCalendar(unique_id=None)
    calendar.has = [event("Anna", linked.at(3), uid="1")]
    await add_calendar(hass, calendar)
    await linked.link(1, calendar=ODD)
    await linked.comes_to(linked.at(3))
    await calendar.async_remove()
    linked.clock.jump(minutes=5)
    await eventually(lambda: "link_calendar_gone" in repairs(hass), "the repair")
    await linked.comes_to(linked.at(3))


async def test_a_calendar_may_be_renamed(linked: Linked) -> None:
    """The link is to the calendar, whatever it is called; its state is still listened to."""
    await linked.link(1)
    uid = await linked.agenda.make("Anna", **linked.at(3))
    await linked.comes_to(linked.at(3))
    er.async_get(linked.site.hass).async_update_entity(FAMILY, new_entity_id="calendar.home")
    await linked.site.hass.async_block_till_done()
    await linked.comes_soon_to(linked.at(3))
    await linked.agenda.delete(uid, calendar="calendar.home")
    await linked.comes_soon_to()
    assert repairs(linked.site.hass) == {}


async def test_a_charger_that_is_gone_is_told(linked: Linked) -> None:
    """Its reservations went with it."""
    hass, entry = linked.site.hass, linked.site.entry
    await linked.link(1)
    await linked.agenda.make("Anna", **linked.at(3))
    await linked.comes_to(linked.at(3))
    (charger,) = entry.get_subentries_of_type("charger")
    hass.config_entries.async_remove_subentry(entry, charger.subentry_id)
    await hass.async_block_till_done()
    linked.clock.jump(minutes=5)
    await eventually(lambda: repairs(hass), "the repair")
    assert repairs(hass) == {"link_place_gone": {"link": "Family: A connector 1"}}
    await linked.comes_to()


async def test_a_driver_who_is_gone_is_told(linked: Linked) -> None:
    """Whoever was chosen; the house is not meant instead."""
    hass, entry = linked.site.hass, linked.site.entry
    link = await linked.link(1, driver=driver_id("Ben"))
    await linked.agenda.make("Whatever it is", **linked.at(3))
    await linked.comes_to({"driver": "Ben"})
    ben = next(each for each in entry.get_subentries_of_type("driver") if each.title == "Ben")
    hass.config_entries.async_remove_subentry(entry, ben.subentry_id)
    await linked.comes_to()
    await eventually(lambda: repairs(hass) == {"link_driver_gone": {"link": "Family: A connector 1"}}, "the repair")
    await linked.change(link, driver="house")
    await linked.comes_to({"driver": None})
    assert repairs(hass) == {}
    await linked.remove(link)
    await linked.comes_to()


async def test_repairs_go_with_their_link(linked: Linked) -> None:
    """There is nothing to mend any more; nor is there while nothing runs."""
    hass = linked.site.hass
    link = await linked.link(1)
    await linked.agenda.make("Cleo", **linked.at(3))
    linked.clock.jump(minutes=5)
    await eventually(lambda: repairs(hass), "the repair")
    await linked.site.stop()
    assert repairs(hass) == {}
    await linked.site.start()
    await eventually(lambda: repairs(hass), "the repair")
    await linked.remove(link)
    assert repairs(hass) == {}


async def test_events_that_nothing_tells_apart_are_all_reserved(linked: Linked, odd: OtherCalendar) -> None:
    """By their starts and in their order, each of them once."""
    odd.has = [
        event("Anna", linked.at(3)),
        event("Anna", linked.at(3)),
        event("Ben", linked.at(5), uid="1"),
        event("Ben", linked.at(6), uid="1"),
        event("Ben", linked.at(7), uid="2", rrule="FREQ=DAILY"),
        event("Ben", linked.at(31), uid="2", rrule="FREQ=DAILY"),
    ]
    await linked.link(None, calendar=ODD)
    wanted = [linked.at(hours) for hours in (3, 3, 5, 6, 7, 31)]
    made = await linked.comes_to(*wanted)
    assert len({each["uid"] for each in made}) == len(wanted)
    odd.has = odd.has[::-1]
    assert await linked.comes_to(*wanted) == made


async def test_what_is_called_anew_at_each_reading_stays(linked: Linked, odd: OtherCalendar) -> None:
    """Some exporters make up uids whenever they are asked; nothing has happened, so nothing is told."""
    busy = linked.at(5)
    await linked.site.reserve(1, **busy)
    odd.has = [event("Anna", linked.at(3), uid="1"), event("Anna", busy, uid="2")]
    await linked.link(1, calendar=ODD)
    made = await linked.comes_to(linked.at(3), busy)
    news = linked.site.news()
    odd.has = [event("Anna", linked.at(3), uid="3"), event("Anna", busy, uid="4"), event("Ben", linked.at(7), uid="5")]
    assert (await linked.comes_to(linked.at(3), busy, linked.at(7)))[:2] == made
    await linked.rests()
    assert told(news) == ["scheduled"]


async def test_nothing_is_reserved_for_who_goes_while_a_calendar_is_read(linked: Linked, odd: OtherCalendar) -> None:
    """A calendar that is asked over the network may take a while."""
    hass, entry = linked.site.hass, linked.site.entry
    anna = next(each for each in entry.get_subentries_of_type("driver") if each.title == "Anna")
    odd.has = [event("Anna", linked.at(3), uid="1"), event("Ben", linked.at(5), uid="2")]
    odd.meanwhile = lambda: hass.config_entries.async_remove_subentry(entry, anna.subentry_id)
    news = linked.site.news()
    await linked.link(1, calendar=ODD)
    await linked.comes_to({"driver": "Ben"})
    await linked.rests()
    assert told(news) == ["scheduled"]


async def test_an_event_that_nothing_names_is_another_one_when_it_moves(linked: Linked, odd: OtherCalendar) -> None:
    """What was reserved for it is cancelled, and reserved anew."""
    odd.has = [event("Anna", linked.at(3))]
    await linked.link(1, calendar=ODD)
    (made,) = await linked.comes_to(linked.at(3))
    odd.has = [event("Anna", linked.at(3.5))]
    (moved,) = await linked.comes_to(linked.at(3.5))
    assert made["uid"] != moved["uid"]


async def test_what_is_over_or_lasts_no_time_is_left_out(linked: Linked, odd: OtherCalendar) -> None:
    """So is what begins too late; calendars may tell more than they were asked for."""
    odd.has = [
        event("Anna", linked.at(-5), uid="1"),
        event("Anna", linked.at(4, 0), uid="2"),
        event("Anna", linked.at(70 * 24), uid="3"),
        event("Anna", linked.at(3), uid="4"),
    ]
    await linked.link(1, calendar=ODD)
    await linked.comes_to(linked.at(3))
    assert len(await linked.site.reservations(include_ended=True)) == 1


async def test_a_calendar_that_comes_late_is_waited_for(linked: Linked) -> None:
    """While Home Assistant starts, a calendar that is not there yet is not gone."""
    hass = linked.site.hass
    calendar = OtherCalendar(unique_id=None)
    await add_calendar(hass, calendar)
    await linked.link(1, calendar=ODD)
    await linked.site.stop()
    await calendar.async_remove()
    hass.set_state(CoreState.not_running)
    await linked.site.start()
    linked.clock.jump(minutes=5)
    await hass.async_block_till_done()
    assert repairs(hass) == {}
    late = OtherCalendar(unique_id=None)
    late.has = [event("Anna", linked.at(3), uid="1")]
    await add_calendar(hass, late, domain="late")
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await linked.comes_soon_to(linked.at(3))
    assert repairs(hass) == {}
