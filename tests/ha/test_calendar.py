"""The calendars: what they show of reservations, and reserving, moving and cancelling in them, on every version."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator
import voluptuous as vol

from tests.charger import Behaviour, Version

from .agenda import CHARGER, Agenda, hours, shown, why
from .conftest import (
    HOLDER,
    HOUSE_TOKEN,
    STRANGER,
    Clock,
    Site,
    central_system,
    charger_subentry,
    driver_subentry,
    eventually,
    on_every_version,
    refused,
)

pytestmark = pytest.mark.blackbox

CONNECTOR: Final = "calendar.a_connector_1_reservations"

ANNA, BEN = "A0A0A0A1", "BEBEBEBE"

BERLIN: Final = ZoneInfo("Europe/Berlin")


@pytest.fixture
def chargers() -> list[ConfigSubentryData]:
    """Charger A, with a socket of a type at its second connector, and two drivers."""
    return [
        charger_subentry("A", connector_types={"2": ["sType2"]}),
        driver_subentry("Anna", ANNA),
        driver_subentry("Ben", BEN),
        driver_subentry("Dora", "D0D0D0D0", blocked=True),
    ]


@pytest.fixture
async def agenda(site: Site, hass_client: ClientSessionGenerator, hass_ws_client: WebSocketGenerator) -> Agenda:
    """The calendar page."""
    socket = await hass_ws_client(site.hass)
    return Agenda(site, await hass_client(), socket)


async def holders(site: Site) -> list[str | None]:
    """For whom something is reserved, by start."""
    return [each["driver"] for each in await site.reservations()]


async def enable(site: Site, entity_id: str = CONNECTOR) -> None:
    """The user switches an entity on."""
    er.async_get(site.hass).async_update_entity(entity_id, disabled_by=None)
    await site.stop()
    await site.start()


async def test_an_event_reserves_at_its_start_until_it_is_deleted(
    site: Site, agenda: Agenda, clock: Clock, version: Version
) -> None:
    """Planned is tentative; what the charger holds is confirmed, and is given up with its event."""
    charger = await site.charger(version=version)
    assert site.state(CHARGER) == "off"
    wanted = hours(2, 4)
    assert (await agenda.make("Anna", location="Connector 2", description="mine", **wanted))["success"]
    event = await agenda.event()
    (reservation,) = await site.reservations()
    assert shown(event) == wanted
    assert event == event | {
        "summary": "Anna",
        "location": "Connector 2",
        "description": f"#{reservation['reservation_id']}",
        "uid": reservation["uid"],
        "status": "tentative",
        "rrule": None,
        "recurrence_id": None,
    }
    assert reservation == reservation | {"driver": "Anna", "evse": 2, "target": "connector", "status": "scheduled"}
    assert charger.holds == {}

    await clock.forward(hours=2)
    await charger.wait_for(lambda: charger.holds)
    assert [(hold.evse, hold.token) for hold in charger.holds.values()] == [(2, ANNA)]
    state = await site.shows(CHARGER, "on")
    assert (state.attributes["message"], state.attributes["location"]) == ("Anna", "Connector 2")
    assert (await agenda.delete(event["uid"]))["success"]
    await charger.wait_for(lambda: not charger.holds)
    assert site.state(CHARGER) == "off"
    assert charger.complaints == []


async def test_an_event_that_has_begun_is_held_when_its_maker_is_answered(site: Site, version: Version) -> None:
    """`calendar.create_event` waits for the charger's word, as `reserve_now` does; the start is now."""
    charger = await site.charger(version=version)
    await create(site, location="2", **hours(-1, 1))
    assert [(hold.evse, hold.token) for hold in charger.holds.values()] == [(2, ANNA)]
    (reservation,) = await site.reservations()
    assert abs(datetime.now(UTC) - datetime.fromisoformat(reservation["start"])) < timedelta(seconds=30)
    assert site.state(CHARGER) == "on"


async def test_what_the_charger_refuses_is_told_and_not_listed(site: Site, agenda: Agenda, version: Version) -> None:
    """By its word, or because it is not there; the history has it, the calendar does not."""
    charger = await site.charger(version=version, behaviour=Behaviour(reserve_answer="Rejected"))
    assert "was rejected by A" in why(await agenda.make(location="1", **hours(0, 1)))
    await charger.go_offline()
    await site.shows("binary_sensor.a_connected", "off")
    await refused(create(site, location="2", **hours(0, 1)), "charger_offline")
    assert [each["status"] for each in await site.reservations(include_ended=True)] == ["rejected"]
    assert await agenda.events() == []


async def test_calendars_stay_available_while_the_charger_is_offline(site: Site, agenda: Agenda) -> None:
    """Contract 4: what is reserved is ours, and later can be reserved as well."""
    charger = await site.charger()
    await charger.go_offline()
    await site.shows("binary_sensor.a_connected", "off")
    assert (await agenda.make(**hours(1, 2)))["success"]
    assert site.state(CHARGER) == "off"
    assert len(await agenda.events()) == 1


async def create(site: Site, summary: str = "Anna", *, calendar: str = CHARGER, **event: str) -> None:
    """Call `calendar.create_event`."""
    times = {"dtstart": "start_date_time", "dtend": "end_date_time"}
    data = {"entity_id": calendar, "summary": summary} | {times.get(key, key): value for key, value in event.items()}
    await site.hass.services.async_call("calendar", "create_event", data, blocking=True)


@pytest.mark.parametrize(
    ("summary", "driver", "listed"),
    [
        ("Anna", "Anna", "Anna"),
        (" aNNa ", "Anna", "Anna"),
        ("", None, "Home Assistant"),
        ("Reserved", None, "Home Assistant"),
        ("reserved", None, "Home Assistant"),
        ("home assistant", None, "Home Assistant"),
        ("house", None, "Home Assistant"),
    ],
)
async def test_the_summary_says_for_whom(
    site: Site, agenda: Agenda, summary: str, driver: str | None, listed: str
) -> None:
    """A driver's name in letters of either case; nobody, or the house: Home Assistant."""
    charger = await site.charger()
    assert (await agenda.make(summary, location="1", **hours(0, 1)))["success"]
    assert await holders(site) == [driver]
    assert [hold.token for hold in charger.holds.values()] == [ANNA if driver else HOUSE_TOKEN]
    assert (await agenda.event())["summary"] == listed


async def test_a_language_that_was_chosen_a_moment_ago_is_told_english(
    hass: HomeAssistant, site: Site, agenda: Agenda
) -> None:
    """Its texts may not have been loaded yet."""
    await site.charger()
    assert (await agenda.make("", location="1", **hours(0, 1)))["success"]
    await hass.config.async_update(language="eo")
    assert (await agenda.event())["summary"] == "Home Assistant"


async def test_a_driver_may_be_called_as_the_house_is(hass: HomeAssistant, site: Site, agenda: Agenda) -> None:
    """A name counts more than a word."""
    await site.charger()
    anna = next(each for each in site.entry.subentries.values() if each.title == "Anna")
    hass.config_entries.async_update_subentry(site.entry, anna, title="Reserved")
    await hass.async_block_till_done()
    assert (await agenda.make("reserved", **hours(1, 2)))["success"]
    assert await holders(site) == ["Reserved"]


@pytest.mark.parametrize("summary", ["Zoe", ANNA])
async def test_an_unknown_driver_is_refused_with_those_that_there_are(site: Site, agenda: Agenda, summary: str) -> None:
    """The summary is no token, either."""
    await site.charger()
    assert "Anna, Ben, Dora" in why(await agenda.make(summary, **hours(1, 2)))
    error = await refused(create(site, summary, **hours(1, 2)), "unknown_driver")
    assert summary in str(error)


async def test_a_blocked_driver_is_refused(site: Site, agenda: Agenda) -> None:
    """As by the actions."""
    await site.charger()
    assert "Dora is blocked" in why(await agenda.make("Dora", **hours(1, 2)))


PLACES = {
    "": ("any", None, ""),
    "Connector 2": ("connector", 2, "Connector 2"),
    " connector 2 ": ("connector", 2, "Connector 2"),
    "2": ("connector", 2, "Connector 2"),
    "stype2": ("connector_type", None, "sType2"),
    "whole charger": ("whole_charger", None, "Whole charger"),
}
"""What a location means for the charger's calendar: target, EVSE, and the location that is then shown."""


@pytest.mark.parametrize("location", PLACES)
async def test_the_location_says_where(site: Site, agenda: Agenda, location: str) -> None:
    """What is shown can be typed in; without one, any connector."""
    await site.charger()
    assert (await agenda.make(location=location, **hours(1, 2)))["success"]
    (reservation,) = await site.reservations()
    target, evse, listed = PLACES[location]
    assert (reservation["target"], reservation["evse"]) == (target, evse)
    assert ((await agenda.event())["location"] or "") == listed


async def test_an_event_without_a_location_may_have_any_connector(site: Site, agenda: Agenda) -> None:
    """Nor does one have to be sent."""
    await site.charger()
    assert (await agenda.make(**hours(1, 2)))["success"]
    assert [each["target"] for each in await site.reservations()] == ["any"]


async def test_an_unknown_location_is_refused_with_those_that_there_are(site: Site, agenda: Agenda) -> None:
    """Whatever the charger has."""
    await site.charger()
    text = why(await agenda.make(location="Garage", **hours(1, 2)))
    assert "A has no Garage" in text
    assert "Connector 1, Connector 2, Whole charger, sType2" in text
    await refused(create(site, location="3", **hours(1, 2)), "unknown_location")


async def test_a_connector_is_called_as_the_user_calls_it(site: Site, agenda: Agenda) -> None:
    """By that name, or by the one that it had before; a name that two of them have would say nothing."""
    await site.charger()
    registry = dr.async_get(site.hass)
    registry.async_update_child_device(site.device_id("A", 1), name_by_user="Carport")
    for location in ("carport", "Connector 1", "1"):
        assert (await agenda.make(location=location, **hours(1, 2)))["success"]
        event = await agenda.event()
        assert event["location"] == "Carport"
        assert (await agenda.delete(event["uid"]))["success"]
    registry.async_update_child_device(site.device_id("A", 2), name_by_user="Carport")
    assert "no Carport" in why(await agenda.make(location="Carport", **hours(1, 2)))
    registry.async_update_child_device(site.device_id("A", 2), name_by_user=None)
    registry.async_update_child_device(site.device_id("A", 1), name_by_user="Connector 2")
    assert (await agenda.make(location="Connector 2", **hours(1, 2)))["success"]
    event = await agenda.event()
    assert [each["evse"] for each in await site.reservations()] == [2]
    assert (await agenda.delete(event["uid"]))["success"]
    registry.async_update_child_device(site.device_id("A", 1), name_by_user="2")
    assert (await agenda.make(location="2", **hours(1, 2)))["success"]
    assert [each["evse"] for each in await site.reservations()] == [1]


async def test_connectors_have_calendars_that_are_off_by_default(site: Site, agenda: Agenda) -> None:
    """Contract 4: they show what is reserved there, and reserve there."""
    await site.charger()
    assert site.state(CONNECTOR) is None
    await enable(site)
    assert (await agenda.make("Anna", calendar=CONNECTOR, **hours(1, 2)))["success"]
    assert (await agenda.make("Ben", calendar=CONNECTOR, location="connector 1", **hours(3, 4)))["success"]
    assert [(each["driver"], each["evse"]) for each in await site.reservations()] == [("Anna", 1), ("Ben", 1)]
    await site.reserve(2, start=hours(5, 6)["dtstart"])
    await site.reserve(None, start=hours(7, 8)["dtstart"])
    await site.reserve(None, start=hours(9, 10)["dtstart"], whole_charger=True)
    here = [(each["summary"], each["location"]) for each in await agenda.events(CONNECTOR)]
    assert here == [("Anna", "Connector 1"), ("Ben", "Connector 1"), ("Reserved", "Whole charger")]
    assert len(await agenda.events()) == 5


@pytest.mark.parametrize("location", ["Connector 2", "2", "Whole charger", "sType2"])
async def test_in_a_connectors_calendar_nothing_else_can_be_reserved(site: Site, agenda: Agenda, location: str) -> None:
    """It would not be seen there."""
    await site.charger()
    await enable(site)
    text = why(await agenda.make(calendar=CONNECTOR, location=location, **hours(1, 2)))
    assert f"A connector 1 has no {location}" in text
    assert text.endswith("one of these: Connector 1")
    assert await site.reservations() == []


async def test_an_event_can_be_moved_extended_and_handed_over(site: Site, agenda: Agenda, version: Version) -> None:
    """What is changed, and nothing else; the hold follows."""
    charger = await site.charger(version=version)
    assert (await agenda.make("Anna", location="1", **hours(0, 1)))["success"]
    before = await agenda.event()
    assert before["status"] == "confirmed"
    assert (await agenda.edit(before, dtend=hours(0, 2)["dtend"]))["success"]
    extended = await agenda.event()
    assert extended["start"] == before["start"]
    assert shown(extended)["dtend"] == hours(0, 2)["dtend"]
    assert (await agenda.edit(extended, summary="ben", location="connector 2"))["success"]
    await charger.wait_for(lambda: [(each.evse, each.token) for each in charger.holds.values()] == [(2, BEN)])
    handed = await agenda.event()
    assert handed == extended | {"summary": "Ben", "location": "Connector 2"}
    assert (await agenda.edit(handed, **hours(5, 6)))["success"]
    await charger.wait_for(lambda: not charger.holds)
    moved = await agenda.event()
    assert shown(moved) == hours(5, 6)
    assert moved["status"] == "tentative"
    assert charger.complaints == []


@pytest.mark.parametrize(("end", "lasts"), [(4, 2), (3, 1)], ids=["from both ends", "from its start"])
async def test_a_new_start_alone_leaves_the_end_where_it_is(
    site: Site, agenda: Agenda, end: float, lasts: float
) -> None:
    """Unlike by the action: here the end stands beside it, and is seen."""
    await site.charger()
    assert (await agenda.make(**hours(1, 3)))["success"]
    assert (await agenda.edit(await agenda.event(), **hours(2, end)))["success"]
    assert shown(await agenda.event()) == hours(2, 2 + lasts)


async def test_what_reads_as_before_stays_what_it_is(site: Site, agenda: Agenda) -> None:
    """A token of nobody known, a group, a connector that one for any has got, and seconds that no form shows."""
    charger = await site.charger()
    before = await site.reserve(None, group_id_token="Visitors")
    event = await agenda.event()
    assert (event["summary"], event["location"]) == ("Reserved", "Connector 1")
    start = datetime.fromisoformat(event["start"]["dateTime"]).replace(second=0).isoformat()
    assert (await agenda.edit(event, dtstart=start))["success"]
    assert (await agenda.edit(event, dtend=hours(0, 3)["dtend"]))["success"]
    (after,) = await site.reservations()
    assert (after["target"], after["start"], after["driver"]) == ("any", before["start"], None)
    device_id = site.device_id("A", 1)
    check = await site.act("check_reservation", device_id=device_id, id_token=STRANGER, group_id_token="Visitors")
    assert check["status"] == "ReservedForToken"
    await charger.wait_for(lambda: [each.token for each in charger.holds.values()] == [HOLDER])
    assert (await agenda.edit(event, dtend=hours(0, 3)["dtend"], summary="reserved"))["success"]
    await charger.wait_for(lambda: [each.token for each in charger.holds.values()] == [HOUSE_TOKEN])


@pytest.mark.parametrize(
    ("location", "target"), [("", "any"), ("Whole charger", "whole_charger"), ("sType2", "connector_type")]
)
async def test_another_location_changes_what_is_reserved(
    site: Site, agenda: Agenda, location: str, target: str
) -> None:
    """Whoever clears it may have any."""
    await site.charger()
    assert (await agenda.make(location="1", **hours(1, 2)))["success"]
    assert (await agenda.edit(await agenda.event(), location=location))["success"]
    (reservation,) = await site.reservations()
    assert (reservation["target"], reservation["evse"]) == (target, None)
    assert (await agenda.edit(await agenda.event(), location="1"))["success"]
    (reservation,) = await site.reservations()
    assert (reservation["target"], reservation["evse"]) == ("connector", 1)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"summary": "Zoe"}, "no driver called Zoe"),
        ({"location": "Garage"}, "no Garage"),
        (hours(-2, -1), "would be over before it begins"),
        (hours(5, 6), "In the way is reservation"),
    ],
    ids=["driver", "location", "past", "conflict"],
)
async def test_a_change_that_is_refused_changes_nothing(
    site: Site, agenda: Agenda, changes: dict[str, str], text: str
) -> None:
    """The event stays as it was."""
    await site.charger()
    assert (await agenda.make(location="1", **hours(1, 2)))["success"]
    before = await agenda.event()
    await site.reserve(start=hours(5, 6)["dtstart"])
    assert text in why(await agenda.edit(before, **changes))
    assert (await agenda.events())[0] == before


async def test_one_that_is_used_to_charge_can_neither_be_changed_nor_deleted(
    site: Site, agenda: Agenda, version: Version
) -> None:
    """As by the actions."""
    charger = await site.charger(version=version)
    assert (await agenda.make(location="1", **hours(0, 1)))["success"]
    assert await charger.start(1, ANNA)
    await site.shows("sensor.a_connector_1_reservation", "in_use")
    event = await agenda.event()
    assert event["status"] == "confirmed"
    assert "is being used" in why(await agenda.edit(event, dtend=hours(0, 2)["dtend"]))
    assert "is being used" in why(await agenda.delete(event["uid"]))
    assert await agenda.event() == event


async def test_of_what_has_ended_only_the_used_and_the_expired_is_listed(
    site: Site, agenda: Agenda, clock: Clock, version: Version
) -> None:
    """And it cannot be changed any more; what was cancelled, or refused by the charger, is not listed."""
    charger = await site.charger(version=version)
    news = site.news()
    await agenda.make(location="1", **hours(0, 1))
    assert await charger.start(1, ANNA)
    await charger.stop(1)
    await charger.unplug(1)
    await site.shows("sensor.a_connector_1_status", "available")
    await site.reserve(2, duration={"minutes": 5})
    cancelled = await site.reserve(1)
    assert (await agenda.delete(cancelled["uid"]))["success"]
    await clock.forward(minutes=6)
    await eventually(lambda: news[-1]["event_type"] == "cancelled", "the news")
    assert [each["summary"] for each in await agenda.events()] == ["Anna", "Reserved"]
    for event in await agenda.events():
        assert event["status"] == "confirmed"
        number = event["description"].removeprefix("#")
        text = f"Reservation {number} has ended, and can no longer be changed"
        assert text in why(await agenda.edit(event, **hours(1, 2)))
        assert text in why(await agenda.delete(event["uid"]))
    assert site.state(CHARGER) == "off"


async def test_an_event_that_nobody_knows_is_refused(site: Site, agenda: Agenda) -> None:
    """Nor is one of another calendar."""
    await site.charger()
    await enable(site)
    other = await site.reserve(2, start=hours(1, 2)["dtstart"])
    for uid in ("nobody", other["uid"]):
        assert "There is no living reservation" in why(await agenda.delete(uid, calendar=CONNECTOR))
    assert len(await site.reservations()) == 1


async def test_only_what_shares_time_with_the_view_is_listed(site: Site, agenda: Agenda) -> None:
    """By start."""
    await site.charger()
    await site.reserve(2, start=hours(30, 31)["dtstart"])
    await site.reserve(1, start=hours(2, 3)["dtstart"])
    await site.reserve(2, start=hours(1, 3)["dtstart"])
    assert [each["location"] for each in await agenda.events(hours=24)] == ["Connector 2", "Connector 1"]
    assert len(await agenda.events()) == 3


async def test_days_begin_and_end_at_local_midnight(site: Site, agenda: Agenda) -> None:
    """An all-day event is for Home Assistant's own days, and comes back as what it is, times."""
    zone = ZoneInfo("Asia/Kathmandu")
    await site.hass.config.async_set_time_zone(zone.key)
    await site.charger()
    day = (datetime.now(zone) + timedelta(days=2)).date()
    assert (await agenda.make(location="1", dtstart=day.isoformat(), dtend=(day + timedelta(days=2)).isoformat()))[
        "success"
    ]
    midnights = [datetime.combine(each, time(), zone) for each in (day, day + timedelta(days=2))]
    (reservation,) = await site.reservations()
    assert [datetime.fromisoformat(reservation[each]) for each in ("start", "end")] == midnights
    event = await agenda.event()
    assert event["start"]["dateTime"] == midnights[0].isoformat()
    same = {"dtstart": day.isoformat(), "dtend": (day + timedelta(days=2)).isoformat()}
    assert (await agenda.edit(event, summary="Ben", **same))["success"]
    assert await site.reservations() == [reservation | {"driver": "Ben"}]


async def test_today_begins_now(site: Site) -> None:
    """An all-day event of today lasts until midnight."""
    zone = ZoneInfo("Asia/Kathmandu" if datetime.now(UTC).hour < 12 else "America/New_York")  # where it is not late
    await site.hass.config.async_set_time_zone(zone.key)
    await site.charger()
    today = datetime.now(zone).date()
    data = {"entity_id": CHARGER, "summary": "Anna", "in": {"days": 0}}
    await site.hass.services.async_call("calendar", "create_event", data, blocking=True)
    (reservation,) = await site.reservations()
    assert reservation["status"] == "active"
    assert datetime.fromisoformat(reservation["end"]) == datetime.combine(today + timedelta(days=1), time(), zone)


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kathmandu", "Europe/Berlin"])
async def test_an_event_in_another_zone_is_at_the_same_moment(site: Site, agenda: Agenda, zone: str) -> None:
    """Whatever the zone of Home Assistant is; without one, it is that."""
    await site.hass.config.async_set_time_zone("Asia/Tokyo")
    await site.charger()
    there = {key: datetime.fromisoformat(value).astimezone(ZoneInfo(zone)) for key, value in hours(1, 2).items()}
    assert (await agenda.make(**{key: value.isoformat() for key, value in there.items()}))["success"]
    local = {key: value.astimezone(ZoneInfo("Asia/Tokyo")).replace(tzinfo=None) for key, value in there.items()}
    await create(site, "Ben", **{key: value.isoformat() for key, value in local.items()})
    assert [shown(each) for each in await agenda.events()] == [hours(1, 2)] * 2


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        (-3, -2, "would be over before it begins"),
        (1, 1 + 1 / 120, "at least 60 seconds"),
        (1, 24 * 8, "at most 168 hours"),
        (24 * 370, 24 * 370 + 1, "more than 365 days"),
    ],
    ids=["past", "short", "long", "far"],
)
async def test_times_out_of_bounds_are_refused(site: Site, agenda: Agenda, start: float, end: float, text: str) -> None:
    """With the bound, as by the actions."""
    await site.charger()
    assert text in why(await agenda.make(**hours(start, end)))
    assert await agenda.events() == []


@pytest.mark.parametrize("end", [1, 2], ids=["before it starts", "at its start"])
async def test_an_event_that_ends_before_it_starts_is_refused(site: Site, agenda: Agenda, end: float) -> None:
    """Home Assistant itself sees to that."""
    await site.charger()
    answer = await agenda.make(**hours(2, end))
    assert answer["error"]["code"] == "invalid_format"
    with pytest.raises(vol.Invalid):
        await create(site, **hours(2, end))
    assert await agenda.events() == []


def sunday(month: int) -> date:
    """The last Sunday of the next March or October, when clocks change in Europe."""
    today = datetime.now(UTC).date()
    for year in (today.year, today.year + 1):
        last = date(year, month, 31)
        last -= timedelta(days=(last.weekday() + 1) % 7)
        if last > today + timedelta(days=1):
            return last
    raise AssertionError


async def in_berlin(site: Site) -> None:
    """Home Assistant is where clocks change, and one can reserve until they have."""
    await site.hass.config.async_set_time_zone(BERLIN.key)
    site.hass.config_entries.async_update_entry(site.entry, options={"horizon": 400})
    await site.charger()


@pytest.mark.parametrize(("month", "hours_long"), [(3, 23), (10, 25)])
async def test_a_day_on_which_the_clocks_change_is_as_long_as_it_is(
    site: Site, agenda: Agenda, month: int, hours_long: int
) -> None:
    """From midnight to midnight."""
    await in_berlin(site)
    day = sunday(month)
    asked = {"dtstart": day.isoformat(), "dtend": (day + timedelta(days=1)).isoformat()}
    assert (await agenda.make(location="1", **asked))["success"]
    (reservation,) = await site.reservations()
    start, end = (datetime.fromisoformat(reservation[each]) for each in ("start", "end"))
    assert end - start == timedelta(hours=hours_long)
    event = await agenda.event()
    assert (await agenda.edit(event, summary="Ben"))["success"]
    assert await site.reservations() == [reservation | {"driver": "Ben"}]


async def test_an_event_in_the_hour_that_comes_twice_is_listed_and_stays_when_it_is(
    hass: HomeAssistant, site: Site, agenda: Agenda
) -> None:
    """From 2:50 to 2:10 by the clock, twenty minutes; Home Assistant would take no such event."""
    await in_berlin(site)
    start = datetime.combine(sunday(10), time(0, 50), UTC)
    before = await site.reserve(start=start.isoformat(), duration={"minutes": 20})
    event = await agenda.event()
    assert datetime.fromisoformat(event["start"]["dateTime"]) == start
    assert datetime.fromisoformat(event["end"]["dateTime"]) == start + timedelta(hours=1)
    state = hass.states.get(CHARGER)
    assert state is not None
    assert state.attributes["message"] == "Reserved"
    assert not (await agenda.edit(event, summary="Anna"))["success"]  # to Home Assistant it seems to last no time
    (after,) = await site.reservations()
    assert (after["start"], after["end"]) == (before["start"], before["end"])


async def test_an_event_until_the_second_of_two_hours_keeps_its_end(site: Site, agenda: Agenda) -> None:
    """A form sends what the clock shows, and cannot say which of two hours that is."""
    await in_berlin(site)
    start = datetime.combine(sunday(10), time(23), UTC) - timedelta(days=1)
    before = await site.reserve(start=start.isoformat(), duration={"hours": 2, "minutes": 30})
    assert (await agenda.edit(await agenda.event(), summary="Anna"))["success"]
    (after,) = await site.reservations()
    assert (after["driver"], after["start"], after["end"]) == ("Anna", before["start"], before["end"])


async def test_an_event_that_only_seems_to_end_after_its_start_is_refused(site: Site, agenda: Agenda) -> None:
    """From 2:30, which clocks skip, to 3:15 is less than no time."""
    await in_berlin(site)
    day = sunday(3)
    times = {"dtstart": f"{day}T02:30:00", "dtend": f"{day}T03:15:00"}
    assert "at least 60 seconds" in why(await agenda.make(**times))


async def test_the_state_tells_what_is_reserved_now_else_next(site: Site, agenda: Agenda, clock: Clock) -> None:
    """Of all connectors, without a look at any charger."""
    await site.charger()
    assert (await agenda.make("Ben", location="2", **hours(1, 3)))["success"]
    assert (await agenda.make("Anna", location="1", **hours(2, 4)))["success"]
    seen = []
    for _ in range(5):
        state = site.hass.states.get(CHARGER)
        assert state is not None
        seen.append((state.state, state.attributes.get("message")))
        await clock.forward(hours=1)
    assert seen == [("off", "Ben"), ("on", "Ben"), ("on", "Ben"), ("on", "Anna"), ("off", None)]


@on_every_version("connector", 1, None)
async def test_a_change_is_written_once(site: Site, agenda: Agenda, version: Version, connector: int | None) -> None:
    """And what shows nothing new is not written at all: whatever happens at the charger apart from reservations."""
    charger = await site.charger(version=version)
    written = []
    site.hass.bus.async_listen(
        "state_changed", lambda event: written.append(event) if event.data["entity_id"] == CHARGER else None
    )
    reservation = await site.reserve(connector, start=hours(1, 2)["dtstart"])
    await site.hass.async_block_till_done()
    assert len(written) == 1
    await charger.plug(2)
    await site.shows("binary_sensor.a_connector_2_plugged_in", "on")
    assert len(written) == 1
    await site.act("cancel_reservation", uid=reservation["uid"])
    await site.hass.async_block_till_done()
    assert len(written) == 2


async def test_an_open_view_is_told_at_once(site: Site, agenda: Agenda) -> None:
    """Whoever changes something, and by whatever way."""
    await site.charger()
    view = await agenda.watch()
    assert (await view.receive_json())["event"]["events"] == []
    await site.reserve(1, start=hours(1, 2)["dtstart"])
    told = (await view.receive_json())["event"]["events"]
    assert [(each["location"], each["status"]) for each in told] == [("Connector 1", "tentative")]


async def test_a_driver_who_is_renamed_is_called_so_at_once(hass: HomeAssistant, site: Site, agenda: Agenda) -> None:
    """In the state and in the list."""
    await site.charger()
    assert (await agenda.make("Anna", **hours(1, 2)))["success"]
    anna = next(each for each in site.entry.subentries.values() if each.title == "Anna")
    hass.config_entries.async_update_subentry(site.entry, anna, title="Annika")
    await hass.async_block_till_done()
    await site.shows(CHARGER, lambda state: state.attributes["message"] == "Annika")
    assert (await agenda.event())["summary"] == "Annika"


async def test_a_connector_that_is_renamed_is_called_so_at_once(site: Site, agenda: Agenda) -> None:
    """In the state and in open views."""
    await site.charger()
    assert (await agenda.make(location="1", **hours(1, 2)))["success"]
    dr.async_get(site.hass).async_update_child_device(site.device_id("A", 1), name_by_user="Carport")
    await site.shows(CHARGER, lambda state: state.attributes["location"] == "Carport")


async def test_a_charger_that_is_removed_takes_its_calendar_along(
    hass: HomeAssistant, site: Site, agenda: Agenda
) -> None:
    """With all that was reserved."""
    await site.charger()
    assert (await agenda.make(**hours(1, 2)))["success"]
    charger = next(each for each in site.entry.subentries.values() if each.unique_id == "A")
    hass.config_entries.async_remove_subentry(site.entry, charger.subentry_id)
    await hass.async_block_till_done()
    assert site.state(CHARGER) is None
    assert await site.reservations() == []
    assert not (await agenda.make(**hours(1, 2)))["success"]


async def test_each_central_system_has_calendars_and_drivers_of_its_own(
    hass: HomeAssistant, site: Site, agenda: Agenda, unused_tcp_port_factory: Callable[[], int]
) -> None:
    """A name is that of the driver of the same central system, and an event is only in one of their calendars."""
    await site.charger()
    entry = central_system([charger_subentry("B"), driver_subentry("Zoe", "2002")], unused_tcp_port_factory())
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    await site.beside(entry).charger("B")
    there = "calendar.b_reservations"
    assert (await agenda.make("Anna", **hours(1, 2)))["success"]
    assert (await agenda.make("Zoe", calendar=there, **hours(1, 2)))["success"]
    assert "no driver called Zoe" in why(await agenda.make("Zoe", **hours(3, 4)))
    assert [each["summary"] for each in await agenda.events()] == ["Anna"]
    event = await agenda.event(there)
    assert "There is no living reservation" in why(await agenda.delete(event["uid"]))
    assert (await agenda.delete(event["uid"], calendar=there))["success"]


async def test_events_are_there_after_a_restart(site: Site, agenda: Agenda) -> None:
    """Before the charger is."""
    charger = await site.charger()
    assert (await agenda.make(location="2", **hours(1, 2)))["success"]
    before = await agenda.event()
    await charger.go_offline()
    await site.stop()
    assert site.state(CHARGER) == "unavailable"
    await site.start()
    assert site.state(CHARGER) == "off"
    assert await agenda.event() == before
