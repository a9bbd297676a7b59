"""Events that repeat in the calendars: what is reserved of them, and changing one, those that follow, or all."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from freezegun import freeze_time
from freezegun.api import TickingDateTimeFactory
from homeassistant.auth.models import TOKEN_TYPE_LONG_LIVED_ACCESS_TOKEN
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from tests.charger import Behaviour, Version

from .agenda import CHARGER, Agenda, why
from .conftest import HOLDER, Clock, Site, charger_subentry, driver_subentry, eventually, told

pytestmark = pytest.mark.blackbox

CONNECTOR: Final = "calendar.a_connector_1_reservations"
BERLIN: Final = ZoneInfo("Europe/Berlin")
NOON: Final = datetime(2026, 10, 20, 12, tzinfo=BERLIN)
"""Now: a Tuesday. In five days clocks are set back, on the 25th."""


@pytest.fixture
def chargers() -> list[ConfigSubentryData]:
    """Charger A, and three drivers of whom one is blocked."""
    return [
        charger_subentry("A"),
        driver_subentry("Anna", "A0A0A0A1"),
        driver_subentry("Ben", "BEBEBEBE"),
        driver_subentry("Dora", "D0D0D0D0", blocked=True),
    ]


@pytest.fixture
def clock(hass: HomeAssistant) -> Iterator[Clock]:
    """The clock, at noon."""
    with freeze_time(NOON.astimezone(UTC), tick=True) as now:
        assert isinstance(now, TickingDateTimeFactory)
        yield Clock(hass, now)


@pytest.fixture
async def page(
    clock: Clock,
    site: Site,
    hass_admin_user: MockUser,
    hass_client: ClientSessionGenerator,
    hass_ws_client: WebSocketGenerator,
) -> Agenda:
    """The calendar page of a Home Assistant in Berlin, without a charger yet; it stays open for a year."""
    await site.hass.config.async_set_time_zone(BERLIN.key)
    refresh = await site.hass.auth.async_create_refresh_token(
        hass_admin_user,
        client_name="page",
        token_type=TOKEN_TYPE_LONG_LIVED_ACCESS_TOKEN,
        access_token_expiration=timedelta(days=365),
    )
    token = site.hass.auth.async_create_access_token(refresh)
    socket = await hass_ws_client(site.hass, token)
    return Agenda(site, await hass_client(token), socket)


@pytest.fixture
async def agenda(site: Site, page: Agenda) -> Agenda:
    """The calendar page, with a charger that is there."""
    await site.charger()
    return page


def times(start: str, end: str, day: str = "2026-10-21") -> dict[str, str]:
    """The times of an event by the clock; it starts tomorrow, if nothing else is said."""
    return {"dtstart": f"{day}T{start}:00", "dtend": f"{day}T{end}:00"}


MORNINGS: Final = {"location": "1", "rrule": "FREQ=DAILY", **times("07:00", "08:00")}
"""Connector 1, tomorrow and every day."""

ALL: Final = 60
"""So many mornings of the next 60 days are reserved."""


def clocks(events: list[dict[str, Any]]) -> list[str]:
    """When events start, by the clock."""
    starts = [datetime.fromisoformat(each["start"]["dateTime"]) for each in events]
    return [f"{start.astimezone(BERLIN):%m-%d %H:%M}" for start in starts]


def hours(events: list[dict[str, Any]]) -> set[str]:
    """The times of day at which they start."""
    return {each[-5:] for each in clocks(events)}


async def on(agenda: Agenda, day: str, calendar: str = CHARGER) -> dict[str, Any]:
    """The only event of a day."""
    (found,) = [each for each in await agenda.events(calendar) if each["start"]["dateTime"].startswith(day)]
    return found


def repairs(hass: HomeAssistant) -> list[dict[str, str] | None]:
    """What repairs say of what could not be reserved."""
    issues = ir.async_get(hass).issues.values()
    return [each.translation_placeholders for each in issues if each.issue_id.startswith("occurrences_skipped")]


async def reserve(site: Site, day: str, start: str = "07:30", end: str = "08:30", connector: int = 1) -> dict[str, Any]:
    """Reserve a connector for somebody else on a day."""
    begin, until = (datetime.fromisoformat(f"{day}T{each}").replace(tzinfo=BERLIN) for each in (start, end))
    return await site.reserve(connector, start=begin.isoformat(), end=until.isoformat())


def missing(times: str) -> dict[str, str]:
    """What a repair says of Anna's series at a connector."""
    return {"charger": "A", "place": "A connector 1", "drivers": "Anna", "times": times}


async def test_every_day_is_reserved_by_the_clock(site: Site, agenda: Agenda) -> None:
    """Also once clocks are set back; each is a reservation like any other, and they share a uid."""
    assert (await agenda.make("Anna", **MORNINGS))["success"]
    events = await agenda.events()
    assert len(events) == ALL
    assert (clocks(events)[0], clocks(events)[-1]) == ("10-21 07:00", "12-19 07:00")
    assert hours(events) == {"07:00"}
    assert {each["uid"] for each in events} == {events[0]["uid"]}
    assert [each["recurrence_id"] for each in events[:2]] == ["20261021T070000", "20261022T070000"]
    assert {(each["summary"], each["location"], each["rrule"]) for each in events} == {
        ("Anna", "Connector 1", "FREQ=DAILY")
    }
    reservations = await site.reservations()
    assert [each["start"][11:] for each in reservations[3:5]] == ["05:00:00+00:00", "06:00:00+00:00"]
    assert {(each["driver"], each["evse"], each["status"]) for each in reservations} == {("Anna", 1, "scheduled")}
    assert site.state(CHARGER) == "off"


async def test_days_repeat_from_midnight_to_midnight(site: Site, agenda: Agenda) -> None:
    """A weekend with 49 hours."""
    weekend = {"dtstart": "2026-10-24", "dtend": "2026-10-25", "rrule": "FREQ=WEEKLY;BYDAY=SA,SU;UNTIL=20261031"}
    assert (await agenda.make("Anna", **weekend))["success"]
    listed = [(each["start"], each["end"]) for each in await site.reservations()]
    assert listed == [
        ("2026-10-23T22:00:00+00:00", "2026-10-24T22:00:00+00:00"),
        ("2026-10-24T22:00:00+00:00", "2026-10-25T23:00:00+00:00"),
        ("2026-10-30T23:00:00+00:00", "2026-10-31T23:00:00+00:00"),
    ]
    assert [each["recurrence_id"] for each in await agenda.events()] == ["20261024", "20261025", "20261031"]


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("FREQ=DAILY;COUNT=3", ["10-21", "10-22", "10-23"]),
        ("FREQ=DAILY;UNTIL=20261023T070000", ["10-21", "10-22", "10-23"]),
        ("FREQ=DAILY;UNTIL=20261023T050000Z", ["10-21", "10-22", "10-23"]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=WE,FR;COUNT=3", ["10-21", "10-23", "11-04"]),
        ("FREQ=MONTHLY;BYDAY=+3WE", ["10-21", "11-18", "12-16"]),
        ("FREQ=MONTHLY;BYMONTHDAY=1", ["11-01", "12-01"]),
        ("FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=31", ["10-31"]),
        ("FREQ=YEARLY", ["10-21"]),
    ],
)
async def test_it_repeats_as_the_calendar_page_says(agenda: Agenda, rule: str, days: list[str]) -> None:
    """Within 60 days."""
    assert (await agenda.make("Anna", **MORNINGS | {"rrule": rule}))["success"]
    assert clocks(await agenda.events()) == [f"{day} 07:00" for day in days]


@pytest.mark.parametrize(
    ("event", "text"),
    [
        ({"rrule": "FREQ=DAILY;UNTIL=20261001T070000"}, "never take place"),
        ({"rrule": "FREQ=DAILY;COUNT=2", **times("07:00", "08:00", "2026-10-01")}, "never take place"),
        ({"rrule": "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"}, "cannot repeat by the rule FREQ=DAILY;BYMONTH=2"),
        ({"dtend": "2026-10-22T13:00:00"}, "Each time would still last when the next one begins"),
        ({"location": "Garage"}, "no Garage"),
        ({"summary": "Zoe"}, "no driver called Zoe"),
        ({"summary": "Dora"}, "Dora is blocked"),
        ({"dtend": "2026-11-21T13:00:00", "rrule": "FREQ=YEARLY"}, "at most 168 hours"),
    ],
    ids=["until before", "over", "odd rule", "overlaps itself", "location", "driver", "blocked", "long"],
)
async def test_what_cannot_repeat_is_refused(agenda: Agenda, event: dict[str, str], text: str) -> None:
    """With a reason, and nothing is reserved."""
    assert text in why(await agenda.make(**{"summary": "Anna"} | MORNINGS | event))
    assert await agenda.events() == []


async def test_all_or_nothing_is_reserved(site: Site, agenda: Agenda, clock: Clock) -> None:
    """The error names the first three days on which something is in the way; nothing of it comes back later."""
    others = [await reserve(site, f"2026-11-{day:02}") for day in (10, 2, 3, 9)]
    text = why(await agenda.make("Anna", **MORNINGS))
    assert f"4 of the next {ALL} times cannot be reserved at A" in text
    assert "2026-11-02, 2026-11-03, 2026-11-09, ..." in text
    assert len(await agenda.events()) == 4
    for other in others:
        await site.act("cancel_reservation", uid=other["uid"])
    await clock.forward(hours=2)
    assert await agenda.events() == []


async def test_the_next_one_is_reserved_however_far_away_it_is(site: Site, agenda: Agenda, clock: Clock) -> None:
    """So that it can be seen; the others come when they are nearer. It can be deleted alone, and does not come back."""
    far = {"location": "1", "rrule": "FREQ=WEEKLY", **times("07:00", "08:00", "2027-01-04")}
    assert (await agenda.make("Anna", **far))["success"]
    event = await agenda.event()
    assert clocks([event]) == ["01-04 07:00"]
    later = times("09:00", "10:00", "2027-01-05")
    assert (await agenda.edit_following(event, **later))["success"]
    assert clocks(await agenda.events()) == ["01-05 09:00"]
    await clock.forward(days=1)
    assert clocks(await agenda.events()) == ["01-05 09:00"]
    assert (await agenda.drop(await agenda.event()))["success"]
    for _ in range(2):
        await clock.forward(days=13)
    assert clocks(await agenda.events()) == ["01-12 09:00"]


async def test_a_single_event_that_is_far_away_can_repeat(site: Site, agenda: Agenda, clock: Clock) -> None:
    """It is the first one, and stays so."""
    far = {"location": "1", **times("07:00", "08:00", "2027-01-04")}
    assert (await agenda.make("Anna", **far))["success"]
    (reservation,) = await site.reservations()
    assert (await agenda.edit(await agenda.event(), rrule="FREQ=WEEKLY"))["success"]
    assert (await agenda.event())["recurrence_id"] == "20270104T070000"
    for _ in range(2):
        await clock.forward(days=12)
    assert clocks(await agenda.events()) == ["01-04 07:00", "01-11 07:00"]
    assert (await site.reservations())[0]["uid"] == reservation["uid"]


async def test_the_days_ahead_are_reserved_as_time_goes_by(site: Site, agenda: Agenda, clock: Clock) -> None:
    """Always 60 days; one that is used or has expired is not made again."""
    assert (await agenda.make("Anna", **MORNINGS))["success"]
    await clock.forward(days=1)
    assert clocks(await agenda.events())[-1] == "12-20 07:00"
    assert len(await site.reservations()) == ALL
    assert [each["status"] for each in await agenda.events()][:2] == ["confirmed", "tentative"]


async def test_a_later_day_that_is_taken_is_skipped_and_made_good(
    hass: HomeAssistant, site: Site, agenda: Agenda, clock: Clock
) -> None:
    """The event tells it once, a repair as long as it lies ahead; within an hour after there is room, it is reserved."""
    news = site.news()
    other = await reserve(site, "2026-12-20")
    assert (await agenda.make("Anna", **MORNINGS))["success"]
    assert repairs(hass) == []
    await clock.forward(days=2)
    rejected = [each for each in news if each["event_type"] == "rejected"]
    assert [(each["driver"], each["start"][:10]) for each in rejected] == [("Anna", "2026-12-20")]
    assert repairs(hass) == [missing("2026-12-20 07:00")]
    assert clocks(await agenda.events())[-2:] == ["12-20 07:30", "12-21 07:00"]
    await clock.forward(hours=2)
    assert told(news).count("rejected") == 1
    await site.act("cancel_reservation", uid=other["uid"])
    await clock.forward(hours=1)
    assert clocks(await agenda.events())[-2:] == ["12-20 07:00", "12-21 07:00"]
    assert repairs(hass) == []


async def test_a_repair_goes_with_what_it_is_about(
    hass: HomeAssistant, site: Site, agenda: Agenda, clock: Clock
) -> None:
    """Once the day is there, or the series has ended, nobody has to do anything."""
    for day in ("2026-12-20", "2026-12-21"):
        await reserve(site, day)
    assert (await agenda.make("Anna", **MORNINGS))["success"]
    await clock.forward(days=3)
    assert repairs(hass) == [missing("2026-12-20 07:00, 2026-12-21 07:00")]
    await site.stop()
    assert repairs(hass) == []
    await site.start()
    assert repairs(hass) == [missing("2026-12-20 07:00, 2026-12-21 07:00")]
    await clock.forward(days=59)
    assert repairs(hass) == []


async def test_a_repair_goes_when_the_series_is_deleted(
    hass: HomeAssistant, site: Site, agenda: Agenda, clock: Clock
) -> None:
    """At once."""
    await reserve(site, "2026-12-20")
    assert (await agenda.make("Anna", **MORNINGS))["success"]
    await clock.forward(days=2)
    assert len(repairs(hass)) == 1
    assert (await agenda.drop(await on(agenda, "2026-10-23"), following=True))["success"]
    assert repairs(hass) == []


async def test_one_event_can_be_changed_or_deleted_alone(site: Site, agenda: Agenda, clock: Clock) -> None:
    """The others stay as they are, and it stays so as time goes by and after a restart."""
    assert (await agenda.make("Anna", **MORNINGS))["success"]
    moved = times("09:00", "10:00", "2026-10-23")
    assert (await agenda.edit(await on(agenda, "2026-10-23"), summary="Ben", **moved))["success"]
    assert (await agenda.drop(await on(agenda, "2026-10-24")))["success"]
    for _ in range(2):
        events = await agenda.events()
        shown = [(each["summary"], each["recurrence_id"]) for each in events]
        place = shown.index(("Ben", "20261023T070000"))
        assert clocks(events)[place : place + 2] == ["10-23 09:00", "10-25 07:00"]
        assert [each["summary"] for each in events].count("Ben") == 1
        await site.stop()
        await site.start()
        await clock.forward(days=1)
    assert len(await agenda.events()) == ALL + 1


async def test_one_event_cannot_repeat_otherwise_than_the_rest(agenda: Agenda) -> None:
    """Only it and those that follow can."""
    assert (await agenda.make("Anna", **MORNINGS))["success"]
    event = await on(agenda, "2026-10-23")
    assert "this time and all that follow" in why(await agenda.edit(event, rrule="FREQ=WEEKLY"))
    assert (await agenda.edit(event, rrule="FREQ=DAILY", summary="Ben"))["success"]


async def test_all_that_follow_can_be_moved(site: Site, agenda: Agenda) -> None:
    """The same reservations take place an hour later; those before stay, and say when they end."""
    assert (await agenda.make("Anna", **MORNINGS))["success"]
    before = {each["reservation_id"] for each in await site.reservations()}
    later = times("08:00", "09:30", "2026-10-23")
    assert (await agenda.edit_following(await on(agenda, "2026-10-23"), **later))["success"]
    events = await agenda.events()
    assert clocks(events)[:4] == ["10-21 07:00", "10-22 07:00", "10-23 08:00", "10-24 08:00"]
    assert [each["rrule"] for each in events[1:3]] == ["FREQ=DAILY;UNTIL=20261022T070000", "FREQ=DAILY"]
    assert len({each["uid"] for each in events}) == 1
    assert {each["reservation_id"] for each in await site.reservations()} == before
    assert {each["end"]["dateTime"][11:16] for each in events[2:]} == {"09:30"}


async def test_all_that_follow_can_be_moved_to_another_day(site: Site, agenda: Agenda) -> None:
    """As the calendar page does it, which then sends another day of the week."""
    assert (await agenda.make("Anna", **MORNINGS | {"rrule": "FREQ=WEEKLY;BYDAY=WE;COUNT=6"}))["success"]
    before = {each["reservation_id"] for each in await site.reservations()}
    friday = {"rrule": "FREQ=WEEKLY;BYDAY=FR;COUNT=6", **times("07:00", "08:00", "2026-11-06")}
    assert (await agenda.edit_following(await on(agenda, "2026-11-04"), **friday))["success"]
    assert [each[:5] for each in clocks(await agenda.events())] == [
        "10-21",
        "10-28",
        "11-06",
        "11-13",
        "11-20",
        "11-27",
    ]
    assert {each["reservation_id"] for each in await site.reservations()} == before


async def test_all_that_follow_can_be_for_somebody_else_and_elsewhere(site: Site, agenda: Agenda) -> None:
    """What does not read otherwise stays: a connector that one for any has got is not meant."""
    assert (await agenda.make("Anna", **MORNINGS | {"location": ""}))["success"]
    assert (await agenda.edit_following(await on(agenda, "2026-10-23"), summary="Ben"))["success"]
    reservations = await site.reservations()
    assert [each["driver"] for each in reservations[1:3]] == ["Anna", "Ben"]
    assert {each["target"] for each in reservations} == {"any"}
    assert (await agenda.edit_following(await on(agenda, "2026-10-22"), location="2"))["success"]
    reservations = await site.reservations()
    assert [(each["driver"], each["evse"]) for each in reservations[:2]] == [("Anna", None), ("Anna", 2)]


async def test_one_that_was_changed_alone_may_show_the_others_the_way(site: Site, agenda: Agenda) -> None:
    """What its form says then counts for all that follow, though only one thing of it is different."""
    assert (await agenda.make("Anna", **MORNINGS))["success"]
    moved = times("09:00", "10:00", "2026-10-23")
    assert (await agenda.edit(await on(agenda, "2026-10-23"), summary="Ben", **moved))["success"]
    assert (await agenda.edit_following(await on(agenda, "2026-10-23"), location="2"))["success"]
    events = await agenda.events()
    assert clocks(events)[1:4] == ["10-22 07:00", "10-23 09:00", "10-24 09:00"]
    assert {(each["summary"], each["location"]) for each in events[2:]} == {("Ben", "Connector 2")}
    assert len(events) == ALL


async def test_a_number_of_times_goes_on(agenda: Agenda) -> None:
    """Ten times are ten, whatever is changed from the fourth on; another number counts from there."""
    assert (await agenda.make("Anna", **MORNINGS | {"rrule": "FREQ=DAILY;COUNT=10"}))["success"]
    later = times("09:00", "10:00", "2026-10-24")
    assert (await agenda.edit_following(await on(agenda, "2026-10-24"), **later))["success"]
    events = await agenda.events()
    assert len(events) == 10
    assert (clocks(events)[-1], events[-1]["rrule"]) == ("10-30 09:00", "FREQ=DAILY;COUNT=7")
    fourth = await on(agenda, "2026-10-27")
    assert (await agenda.edit_following(fourth, rrule="FREQ=DAILY;COUNT=2"))["success"]
    assert clocks(await agenda.events())[-1] == "10-28 09:00"


async def test_a_change_that_clashes_changes_nothing(site: Site, agenda: Agenda) -> None:
    """All that follow, or none."""
    assert (await agenda.make("Anna", **MORNINGS))["success"]
    await reserve(site, "2026-11-02", "09:00", "10:00")
    before = await agenda.events()
    later = times("09:00", "10:00", "2026-10-23")
    text = why(await agenda.edit_following(await on(agenda, "2026-10-23"), **later))
    assert "1 of the next" in text
    assert "2026-11-02." in text
    assert await agenda.events() == before


async def test_all_that_follow_can_be_deleted(agenda: Agenda, clock: Clock) -> None:
    """Those before stay, and say when they end; nothing comes back."""
    assert (await agenda.make("Anna", **MORNINGS))["success"]
    assert (await agenda.drop(await on(agenda, "2026-10-23"), following=True))["success"]
    await clock.forward(hours=2)
    events = await agenda.events()
    assert clocks(events) == ["10-21 07:00", "10-22 07:00"]
    assert {each["rrule"] for each in events} == {"FREQ=DAILY;UNTIL=20261022T070000"}
    assert (await agenda.drop(events[0], following=True))["success"]
    assert await agenda.events() == []


async def test_what_was_changed_in_the_middle_can_be_deleted_from_before(agenda: Agenda) -> None:
    """All that follow are all."""
    assert (await agenda.make("Anna", **MORNINGS))["success"]
    later = times("09:00", "10:00", "2026-10-25")
    assert (await agenda.edit_following(await on(agenda, "2026-10-25"), **later))["success"]
    assert (await agenda.drop(await on(agenda, "2026-10-23"), following=True))["success"]
    assert clocks(await agenda.events()) == ["10-21 07:00", "10-22 07:00"]


async def test_all_can_be_changed_or_deleted_at_once(agenda: Agenda) -> None:
    """By their uid alone, as no form of Home Assistant does."""
    assert (await agenda.make("Anna", **MORNINGS))["success"]
    uid = (await agenda.events())[0]["uid"]
    changed = {"summary": "Ben", "location": "2", "rrule": "FREQ=DAILY;COUNT=3", **times("10:00", "11:00")}
    assert (await agenda.rewrite(uid, **changed))["success"]
    events = await agenda.events()
    assert clocks(events) == ["10-21 10:00", "10-22 10:00", "10-23 10:00"]
    assert {(each["summary"], each["location"], each["uid"]) for each in events} == {("Ben", "Connector 2", uid)}
    assert (await agenda.delete(uid))["success"]
    assert await agenda.events() == []


async def test_a_single_event_can_begin_to_repeat_and_stop_again(site: Site, agenda: Agenda) -> None:
    """Its reservation stays the same."""
    once = {key: value for key, value in MORNINGS.items() if key != "rrule"}
    assert (await agenda.make("Anna", **once))["success"]
    (reservation,) = await site.reservations()
    assert (await agenda.edit(await agenda.event(), rrule="FREQ=DAILY;COUNT=5"))["success"]
    events = await agenda.events()
    assert len(events) == 5
    assert events[0]["recurrence_id"] == "20261021T070000"
    assert (await site.reservations())[0]["uid"] == reservation["uid"]
    assert (await agenda.rewrite(events[0]["uid"], summary="Anna", **once))["success"]
    event = await agenda.event()
    assert (event["uid"], event["rrule"], event["recurrence_id"]) == (reservation["uid"], None, None)
    assert (await agenda.edit(event, summary="Ben"))["success"]
    assert (await agenda.delete(event["uid"]))["success"]
    assert await agenda.events() == []


async def test_an_event_that_shall_not_repeat_any_more_is_the_last(agenda: Agenda) -> None:
    """Those before it stay."""
    assert (await agenda.make("Anna", **MORNINGS))["success"]
    third = await on(agenda, "2026-10-23")
    event = {"summary": "Anna", "location": "Connector 1", **times("07:00", "08:00", "2026-10-23")}
    assert (await agenda.rewrite_from(third, **event))["success"]
    events = await agenda.events()
    assert clocks(events) == ["10-21 07:00", "10-22 07:00", "10-23 07:00"]
    assert [each["rrule"] for each in events] == ["FREQ=DAILY;UNTIL=20261022T070000"] * 2 + [None]


async def test_one_whose_card_nobody_knows_cannot_repeat(site: Site, agenda: Agenda) -> None:
    """It would be for somebody else."""
    await reserve(site, "2026-10-21")
    text = why(await agenda.edit(await agenda.event(), rrule="FREQ=DAILY"))
    assert "Give it the name of a driver" in text
    assert (await agenda.edit(await agenda.event(), rrule="FREQ=DAILY", summary="Home Assistant"))["success"]
    assert len(await agenda.events()) == ALL


TODAY: Final = {"location": "1", "rrule": "FREQ=DAILY", **times("11:00", "13:00", "2026-10-20")}
"""An hour ago, and every day."""


async def test_what_begins_now_is_answered_with_the_chargers_word(site: Site, page: Agenda, version: Version) -> None:
    """As a single one is: the charger holds it by then."""
    charger = await site.charger(version=version)
    assert (await page.make("Anna", **TODAY))["success"]
    assert [(hold.evse, hold.token) for hold in charger.holds.values()] == [(1, "A0A0A0A1")]
    events = await page.events()
    assert (clocks(events)[:2], len(events)) == (["10-20 12:00", "10-21 11:00"], ALL + 1)
    assert events[0]["recurrence_id"] == "20261020T110000"
    assert site.state(CHARGER) == "on"


async def test_a_refusal_of_the_charger_leaves_nothing(
    clock: Clock, site: Site, page: Agenda, version: Version
) -> None:
    """Neither now nor later."""
    await site.charger(version=version, behaviour=Behaviour(reserve_answer="Rejected"))
    assert "was rejected by A" in why(await page.make("Anna", **TODAY))
    await clock.forward(hours=2)
    assert await page.events() == []
    assert await site.reservations() == []


async def test_what_is_as_good_as_over_is_not_reserved(agenda: Agenda) -> None:
    """It ends in less than a minute; the next ones are."""
    assert (await agenda.make("Anna", **TODAY | {"dtend": "2026-10-20T12:00:30"}))["success"]
    assert clocks(await agenda.events())[0] == "10-21 11:00"


async def test_what_is_held_now_goes_if_a_later_day_is_taken(site: Site, agenda: Agenda) -> None:
    """All or nothing."""
    await reserve(site, "2026-10-22", "11:30", "12:30")
    assert "2026-10-22" in why(await agenda.make("Anna", **TODAY))
    assert len(await site.reservations()) == 1
    assert site.state(CHARGER) == "off"


async def test_one_that_is_used_stays_when_the_rest_goes(site: Site, page: Agenda) -> None:
    """Nobody is stopped; alone it can neither be changed nor deleted, neither then nor once it has ended."""
    charger = await site.charger()
    assert (await page.make("Anna", **TODAY))["success"]
    assert await charger.start(1, "A0A0A0A1")
    await site.shows("sensor.a_connector_1_reservation", "in_use")
    event = await on(page, "2026-10-20")
    assert "is being used" in why(await page.drop(event))
    assert "is being used" in why(await page.edit(event, summary="Ben"))
    assert (await page.edit_following(event, summary="Ben"))["success"]
    events = await page.events()
    assert [each["summary"] for each in events[:3]] == ["Anna", "Ben", "Ben"]
    assert clocks(events[:3]) == ["10-20 12:00", "10-21 11:00", "10-22 11:00"]
    assert (await page.drop(events[0], following=True))["success"]
    assert [each["summary"] for each in await page.events()] == ["Anna"]
    await charger.stop(1)
    await charger.unplug(1)
    await site.shows("sensor.a_connector_1_reservation", "none")
    assert "has ended" in why(await page.drop(await page.event()))


async def test_a_single_one_that_is_used_cannot_begin_to_repeat(site: Site, page: Agenda) -> None:
    """It can no more be changed than in any other way."""
    charger = await site.charger()
    assert (await page.make("Anna", location="1", **times("11:00", "13:00", "2026-10-20")))["success"]
    assert await charger.start(1, "A0A0A0A1")
    await site.shows("sensor.a_connector_1_reservation", "in_use")
    assert "is being used" in why(await page.edit(await page.event(), rrule="FREQ=DAILY"))


async def test_one_that_has_ended_cannot_be_changed_alone(agenda: Agenda, clock: Clock) -> None:
    """Those that follow it can."""
    assert (await agenda.make("Anna", **MORNINGS))["success"]
    await clock.forward(days=1)
    event = await on(agenda, "2026-10-21")
    assert "has ended" in why(await agenda.edit(event, summary="Ben"))
    assert "has ended" in why(await agenda.drop(event))
    assert (await agenda.edit_following(event, summary="Ben"))["success"]
    assert [each["summary"] for each in await agenda.events()][:2] == ["Anna", "Ben"]
    assert (await agenda.drop(event, following=True))["success"]
    assert clocks(await agenda.events()) == ["10-21 07:00"]


async def test_an_event_that_is_gone_is_refused(agenda: Agenda) -> None:
    """Somebody else may have changed the series since the page was loaded."""
    assert (await agenda.make("Anna", **MORNINGS))["success"]
    event = await on(agenda, "2026-11-02")
    assert (await agenda.drop(await on(agenda, "2026-10-23"), following=True))["success"]
    assert "has ended" in why(await agenda.drop(event))
    assert "does not take place any more" in why(await agenda.drop(event, following=True))
    assert "does not take place any more" in why(await agenda.edit_following(event, summary="Ben"))
    for never in ("20261101T090000", "20261101", "tomorrow"):
        for following in (False, True):
            answer = await agenda.drop(event | {"recurrence_id": never}, following=following)
            assert "does not take place any more" in why(answer)


async def test_in_another_zone_it_repeats_by_the_clock_of_home_assistant(site: Site, agenda: Agenda) -> None:
    """The first one is at the same moment, and so is the last, whose time is told in UTC."""
    event = {
        "dtstart": "2026-10-23T01:00:00-04:00",  # 07:00 in Berlin
        "dtend": "2026-10-23T02:00:00-04:00",
        "rrule": "FREQ=DAILY;UNTIL=20261026T060000Z",
    }
    assert (await agenda.make("Anna", location="1", **event))["success"]
    assert clocks(await agenda.events()) == [f"10-{day} 07:00" for day in (23, 24, 25, 26)]


async def test_it_follows_home_assistant_to_another_zone(site: Site, agenda: Agenda) -> None:
    """Seven is seven there; the reservations stay the same."""
    assert (await agenda.make("Anna", **MORNINGS))["success"]
    before = {each["reservation_id"] for each in await site.reservations()}
    await site.hass.config.async_update(time_zone="Europe/London")
    await site.hass.async_block_till_done()
    reservations = await site.reservations()
    assert [each["start"][11:] for each in reservations[3:5]] == ["06:00:00+00:00", "07:00:00+00:00"]
    assert {each["reservation_id"] for each in reservations} == before


async def test_no_more_is_reserved_than_the_options_allow(site: Site, agenda: Agenda) -> None:
    """At once, when they change."""
    assert (await agenda.make("Anna", **MORNINGS))["success"]
    for days, last in ((20, "11-09 07:00"), (365, "12-19 07:00")):
        site.hass.config_entries.async_update_entry(site.entry, options={"horizon": days})
        await site.hass.async_block_till_done()
        assert (await agenda.make("Anna", **MORNINGS | {"location": "2", "rrule": "FREQ=DAILY"}))["success"]
        mine = [each for each in await agenda.events() if each["location"] == "Connector 2"]
        assert clocks(mine)[-1] == last
        assert (await agenda.delete(mine[0]["uid"]))["success"]


async def test_what_is_reserved_beyond_what_is_allowed_since_goes_with_its_series(site: Site, agenda: Agenda) -> None:
    """Until then it stays."""
    assert (await agenda.make("Anna", **MORNINGS))["success"]
    site.hass.config_entries.async_update_entry(site.entry, options={"horizon": 10})
    await site.hass.async_block_till_done()
    assert len(await agenda.events()) == ALL
    later = times("09:00", "10:00", "2026-10-23")
    assert (await agenda.edit_following(await on(agenda, "2026-10-23"), **later))["success"]
    assert clocks(await agenda.events())[-1] == "10-30 09:00"
    assert (await agenda.drop(await on(agenda, "2026-10-22"), following=True))["success"]
    assert clocks(await agenda.events()) == ["10-21 07:00"]


async def test_it_ends_with_its_driver(hass: HomeAssistant, site: Site, agenda: Agenda, clock: Clock) -> None:
    """And comes back for nobody."""
    assert (await agenda.make("Anna", **MORNINGS))["success"]
    assert (await agenda.edit_following(await on(agenda, "2026-10-23"), summary="Ben"))["success"]
    for name, left in (("Ben", 2), ("Anna", 0)):
        driver = next(each for each in site.entry.subentries.values() if each.title == name)
        hass.config_entries.async_remove_subentry(site.entry, driver.subentry_id)
        await hass.async_block_till_done()
        await clock.forward(hours=1)
        assert len(await agenda.events()) == left


async def test_a_driver_who_is_blocked_gets_nothing_until_he_is_not(
    hass: HomeAssistant, site: Site, agenda: Agenda, clock: Clock
) -> None:
    """A repair tells it; then all is reserved again, apart from what was deleted before."""
    assert (await agenda.make("Anna", **MORNINGS))["success"]
    assert (await agenda.drop(await on(agenda, "2026-11-02")))["success"]
    anna = next(each for each in site.entry.subentries.values() if each.title == "Anna")
    for blocked in (True, False):
        hass.config_entries.async_update_subentry(site.entry, anna, data={**anna.data, "blocked": blocked})
        await hass.async_block_till_done()
        if blocked:
            assert await site.reservations() == []
            assert repairs(hass) == [missing("2026-10-21 07:00, 2026-10-22 07:00, 2026-10-23 07:00, ...")]
    for _ in range(3):
        await clock.forward(hours=1)
    assert len(await site.reservations()) == ALL - 1
    assert repairs(hass) == []


async def test_who_is_not_blocked_any_more_need_not_wait(hass: HomeAssistant, site: Site, agenda: Agenda) -> None:
    """What repeats is looked at when drivers change, and by what they are then."""
    assert (await agenda.make("Anna", **MORNINGS | {"rrule": "FREQ=DAILY;COUNT=3"}))["success"]
    anna = next(each for each in site.entry.subentries.values() if each.title == "Anna")
    for blocked, days in ((True, []), (False, ["10-21 07:00", "10-22 07:00", "10-23 07:00"])):
        hass.config_entries.async_update_subentry(site.entry, anna, data={**anna.data, "blocked": blocked})
        await hass.async_block_till_done()
        assert clocks(await agenda.events()) == days


async def test_it_goes_with_its_charger(hass: HomeAssistant, site: Site, agenda: Agenda, clock: Clock) -> None:
    """With all that it would have reserved."""
    await reserve(site, "2026-12-20")
    assert (await agenda.make("Anna", **MORNINGS))["success"]
    await clock.forward(days=2)
    assert repairs(hass) != []
    charger = next(each for each in site.entry.subentries.values() if each.unique_id == "A")
    hass.config_entries.async_remove_subentry(site.entry, charger.subentry_id)
    await hass.async_block_till_done()
    assert await site.reservations() == []
    assert repairs(hass) == []


async def test_the_calendar_of_a_connector_repeats_too(site: Site, agenda: Agenda) -> None:
    """And changes what it shows, as that of the charger does; of others it knows nothing."""
    er.async_get(site.hass).async_update_entity(CONNECTOR, disabled_by=None)
    await site.stop()
    await site.start()
    here = {key: value for key, value in MORNINGS.items() if key != "location"}
    assert (await agenda.make("Anna", calendar=CONNECTOR, **here))["success"]
    assert (await agenda.make("Ben", **MORNINGS | {"location": "2"}))["success"]
    events = await agenda.events(CONNECTOR)
    assert {(each["summary"], each["location"]) for each in events} == {("Anna", "Connector 1")}
    third = await on(agenda, "2026-10-23", CONNECTOR)
    assert (await agenda.edit_following(third, calendar=CONNECTOR, summary="Ben"))["success"]
    assert (await agenda.drop(third, calendar=CONNECTOR))["success"]
    summaries = [each["summary"] for each in await agenda.events(CONNECTOR)]
    assert (summaries[:3], len(summaries)) == (["Anna", "Anna", "Ben"], ALL - 1)
    other = next(each for each in await agenda.events() if each["location"] == "Connector 2")
    assert "no living reservation" in why(await agenda.drop(other, calendar=CONNECTOR, following=True))


async def test_the_calendar_of_a_connector_changes_nothing_elsewhere(site: Site, agenda: Agenda) -> None:
    """Not even the part of a series that has moved to another connector."""
    er.async_get(site.hass).async_update_entity(CONNECTOR, disabled_by=None)
    await site.stop()
    await site.start()
    assert (await agenda.make("Anna", **MORNINGS))["success"]
    assert (await agenda.edit_following(await on(agenda, "2026-10-25"), location="2"))["success"]
    before = await agenda.events()
    other = await on(agenda, "2026-10-26")
    assert "no living reservation" in why(await agenda.drop(other, calendar=CONNECTOR, following=True))
    assert "no living reservation" in why(await agenda.edit_following(other, calendar=CONNECTOR, summary="Ben"))
    assert "no living reservation" in why(await agenda.delete(other["uid"], calendar=CONNECTOR))
    assert await agenda.events() == before


async def test_a_series_that_is_over_is_forgotten(agenda: Agenda, clock: Clock) -> None:
    """What was reserved stays in the calendar, as single events that have ended."""
    assert (await agenda.make("Anna", **MORNINGS | {"rrule": "FREQ=DAILY;COUNT=2"}))["success"]
    await clock.forward(days=3)
    events = await agenda.events()
    assert [each["rrule"] for each in events] == [None, None]
    assert "has ended" in why(await agenda.drop(events[0], following=True))


async def test_what_somebody_has_extended_is_left_to_him(site: Site, agenda: Agenda, clock: Clock) -> None:
    """Though the series is over by then."""
    assert (await agenda.make("Anna", **MORNINGS | {"rrule": "FREQ=DAILY;COUNT=1"}))["success"]
    event = await agenda.event()
    assert (await agenda.edit(event, dtend="2026-10-21T20:00:00"))["success"]
    await clock.forward(hours=24)
    await site.becomes(status="active")
    await clock.forward(hours=10)
    assert await site.reservations() == []
    await eventually(lambda: site.state(CHARGER) == "off")
    assert HOLDER not in str(await agenda.events())


async def test_weekdays_of_a_long_time_are_soon_known(agenda: Agenda) -> None:
    """A series may have begun years ago."""
    old = times("07:00", "08:00", "2021-10-21") | {"rrule": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"}
    assert (await agenda.make("Anna", location="1", **old))["success"]
    events = await agenda.events()
    assert clocks(events)[0] == "10-21 07:00"
    assert timedelta(days=58) < datetime.fromisoformat(events[-1]["start"]["dateTime"]) - NOON < timedelta(days=60)
