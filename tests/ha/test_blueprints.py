"""The blueprints: imported as the README says, and run in Home Assistant with chargers over real sockets."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
import json
from pathlib import Path
from typing import Any

from homeassistant.components.persistent_notification import Notification, UpdateType, async_register_callback
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import CoreState, HomeAssistant, callback
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from homeassistant.util.yaml import parse_yaml
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service
from pytest_homeassistant_custom_component.test_util.aiohttp import AiohttpClientMocker
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.ocpp_central.const import DOMAIN
from tests.charger import Version

from .blueprints import FOLDER, LINKS, NAMES, REPOSITORY, Owner, Phone, content
from .conftest import (
    HOUSE_TOKEN,
    ON_V2,
    ON_V16,
    STRANGER,
    Clock,
    Site,
    charger_subentry,
    driver_subentry,
    eventually,
    started,
)

pytestmark = pytest.mark.blackbox

ANNA, BEN = "A0A0A0A1", "BEBEBEBE"
CALENDAR = "calendar.shifts"
CHARGING = ["binary_sensor.a_connector_1_charging", "binary_sensor.a_connector_2_charging"]
PRESENTED = ["event.a_id_token_presented"]


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """A configuration of its own, into which blueprints, automations and calendars are written."""
    (Path(hass_tmp_config_dir) / ".storage").mkdir()
    return hass_tmp_config_dir


@pytest.fixture
def chargers() -> list[ConfigSubentryData]:
    """Chargers A and B, Anna and Ben."""
    return [
        charger_subentry("A"),
        charger_subentry("B"),
        driver_subentry("Anna", ANNA),
        driver_subentry("Ben", BEN),
    ]


@pytest.fixture
async def owner(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, aioclient_mock: AiohttpClientMocker
) -> AsyncIterator[Owner]:
    """Who makes the automations, and turns them off at the end."""
    owner = Owner(hass, hass_ws_client, aioclient_mock)
    yield owner
    await owner.turns_off()


@pytest.fixture
def phone(hass: HomeAssistant) -> Phone:
    """Anna's phone."""
    return Phone(hass)


@pytest.fixture
async def notifications(hass: HomeAssistant) -> list[str]:
    """A list that fills with what Home Assistant shows."""
    assert await async_setup_component(hass, "persistent_notification", {})
    assert await async_setup_component(hass, "notify", {})
    shown: list[str] = []

    @callback
    def note(update: UpdateType, changed: dict[str, Notification]) -> None:
        if update is UpdateType.ADDED:
            shown.extend(each["message"] for each in changed.values())

    async_register_callback(hass, note)
    return shown


def inputs_of(name: str) -> dict[str, dict[str, Any]]:
    """What has to be filled in."""
    blueprint = parse_yaml(content(name))
    assert isinstance(blueprint, dict)
    inputs: dict[str, dict[str, Any]] = blueprint["blueprint"]["input"]
    return inputs


def test_every_blueprint_can_be_imported_from_the_readme() -> None:
    """From the repository that the manifest names; the blueprint itself says the same."""
    manifest = json.loads((REPOSITORY / "custom_components" / DOMAIN / "manifest.json").read_text("utf-8"))
    assert sorted(LINKS) == NAMES
    for name, url in LINKS.items():
        assert url == f"{manifest['documentation']}/blob/main/{FOLDER}/{name}.yaml"
        assert f"source_url: {url}\n" in content(name)


@pytest.mark.parametrize("name", NAMES)
def test_every_input_is_explained(name: str) -> None:
    """By a name and a description, and chosen with a selector."""
    for key, each in inputs_of(name).items():
        assert {"name", "description", "selector"} <= each.keys(), key


@pytest.mark.parametrize("name", NAMES)
def test_what_is_ours_is_chosen_from_ours(name: str) -> None:
    """Nobody has to look for a connector among all devices and entities; calendars and phones are anybody's."""
    selectors = [each["selector"] for each in inputs_of(name).values()]
    filters = [
        each for chosen in selectors for settings in chosen.values() for each in (settings or {}).get("filter", ())
    ]
    assert any(each.get("integration") == DOMAIN for each in filters)
    assert all(
        each.get("integration") in {DOMAIN, "mobile_app"} or each["domain"] in {"calendar", "notify"}
        for each in filters
    )


async def shifts(hass: HomeAssistant) -> None:
    """The calendar of a home, which is not ours."""
    entry = MockConfigEntry(domain="local_calendar", data={"calendar_name": "Shifts", "storage_key": "shifts"})
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()


async def plan(hass: HomeAssistant, summary: str, minutes: float = 20, **more: object) -> dict[str, str]:
    """Write an event of an hour into the calendar; its start and end as responses tell them."""
    start = dt_util.utcnow().replace(microsecond=0) + timedelta(minutes=minutes)
    end = start + timedelta(hours=1)
    data = {"summary": summary, "start_date_time": start.isoformat(), "end_date_time": end.isoformat(), **more}
    await hass.services.async_call("calendar", "create_event", {"entity_id": CALENDAR, **data}, blocking=True)
    return {"start": start.isoformat(), "end": end.isoformat()}


async def test_an_event_is_reserved_for_before_it_starts(
    hass: HomeAssistant, site: Site, owner: Owner, clock: Clock
) -> None:
    """15 minutes before, from its start to its end, for the driver who is named; then the charger holds it."""
    charger = await site.charger()
    await shifts(hass)
    window = await plan(hass, "Early shift")
    await owner.automates("reserve_for_calendar_events", calendar=CALENDAR, place=site.device_id("A", 1), driver="Anna")
    assert await site.reservations() == []
    await clock.forward(minutes=6)
    await site.becomes(driver="Anna", device_id=site.device_id("A", 1), status="scheduled", **window)
    await clock.forward(minutes=15)
    await charger.wait_for("ReserveNow")
    await site.becomes(status="active", **window)


@pytest.mark.parametrize(
    ("summary", "location", "driver"),
    [
        ("Charge: ANNA", None, "Anna"),
        ("anna - charge", None, "Anna"),
        ("Ben", "Where you can charge", "Ben"),
        ("Charge", None, None),
    ],
)
async def test_the_title_of_an_event_names_the_driver(
    hass: HomeAssistant, site: Site, owner: Owner, clock: Clock, summary: str, location: str | None, driver: str | None
) -> None:
    """Beside the text by which events are chosen; nobody is Home Assistant. Other events are none of ours."""
    await site.charger()
    await shifts(hass)
    await plan(hass, "Ben")
    window = await plan(hass, summary, 21, location=location or "")
    await owner.automates(
        "reserve_for_calendar_events",
        calendar=CALENDAR,
        place=site.device_id("A"),
        text="charge",
        driver_in_title=True,
    )
    await clock.forward(minutes=7)
    await site.becomes(driver=driver, target="any", **window)


async def test_a_later_event_of_a_driver_takes_the_place_of_an_earlier_one(
    hass: HomeAssistant, site: Site, owner: Owner, clock: Clock
) -> None:
    """A shift that was moved, say: a person has one car."""
    await site.charger()
    await shifts(hass)
    await plan(hass, "Anna")
    moved = await plan(hass, "Anna", 25)
    await owner.automates(
        "reserve_for_calendar_events", calendar=CALENDAR, place=site.device_id("A"), driver_in_title=True
    )
    await clock.forward(minutes=6)
    await site.becomes(driver="Anna")
    await clock.forward(minutes=5)
    await site.becomes(driver="Anna", **moved)


async def test_events_at_the_same_time_are_all_reserved_for(
    hass: HomeAssistant, site: Site, owner: Owner, clock: Clock
) -> None:
    """Home Assistant reserves for two visitors, who come in two cars."""
    await site.charger()
    await shifts(hass)
    window = await plan(hass, "Visitor")
    await plan(hass, "Visitor")
    await owner.automates("reserve_for_calendar_events", calendar=CALENDAR, place=site.device_id("A"))
    await clock.forward(minutes=6)
    assert [{key: each[key] for key in window} for each in await site.reservations()] == [window, window]


async def test_an_event_of_a_whole_day_is_reserved_for_from_midnight(
    hass: HomeAssistant, site: Site, owner: Owner, clock: Clock
) -> None:
    """To midnight, where Home Assistant is."""
    await site.charger()
    await shifts(hass)
    today = dt_util.start_of_local_day()
    tomorrow = dt_util.start_of_local_day(today + timedelta(hours=36))
    day = {"start_date": tomorrow.date().isoformat(), "end_date": (tomorrow + timedelta(hours=36)).date().isoformat()}
    data = {"entity_id": CALENDAR, "summary": "Fair", **day}
    await hass.services.async_call("calendar", "create_event", data, blocking=True)
    before = tomorrow - dt_util.now() - timedelta(minutes=5)
    await owner.automates(
        "reserve_for_calendar_events",
        calendar=CALENDAR,
        place=site.device_id("A", 1),
        before={"seconds": before.total_seconds()},
    )
    await clock.forward(minutes=6)
    reservation = await site.becomes(driver=None)
    assert datetime.fromisoformat(reservation["start"]) == tomorrow
    assert datetime.fromisoformat(reservation["end"]) == dt_util.start_of_local_day(tomorrow + timedelta(hours=36))


@pytest.mark.parametrize(("summary", "why"), [("Zoe", "nobody is called so"), ("Ben", "it is Anna's then")])
async def test_an_event_that_cannot_be_reserved_for_is_told(
    hass: HomeAssistant, site: Site, owner: Owner, clock: Clock, notifications: list[str], summary: str, why: str
) -> None:
    """By a notification that names the event, and where the reason is found."""
    await site.charger()
    await shifts(hass)
    window = await plan(hass, summary)
    await site.act("reserve_now", device_id=site.device_id("A", 1), driver="Anna", **window)
    await owner.automates(
        "reserve_for_calendar_events", calendar=CALENDAR, place=site.device_id("A", 1), driver_in_title=True
    )
    await clock.forward(minutes=6)
    await eventually(lambda: notifications, "a notification")
    assert f"A Connector 1 could not be reserved for {summary} from" in notifications[0]
    await site.becomes(driver="Anna")


async def test_a_no_show_is_shown(
    site: Site, version: Version, owner: Owner, clock: Clock, notifications: list[str]
) -> None:
    """Where nobody is chosen to be told; what ends otherwise is none."""
    await site.charger(version=version)
    reservations = ["event.a_connector_1_reservation", "event.a_connector_2_reservation"]
    await owner.automates("tell_about_no_shows", reservations=reservations)
    await site.act("reserve_now", device_id=site.device_id("A", 2), driver="Ben")
    await site.act("cancel_reservation", device_id=site.device_id("A", 2))
    reservation = await site.act("reserve_now", device_id=site.device_id("A", 1), driver="Anna")
    await clock.forward(minutes=31)
    await eventually(lambda: notifications, "a notification")
    start, end = (
        dt_util.as_local(datetime.fromisoformat(reservation[each])).strftime("%Y-%m-%d %H:%M")
        for each in ("start", "end")
    )
    assert notifications == [f"A Connector 1 was reserved for Anna, from {start} to {end}, and was not used."]


async def test_a_no_show_is_sent_to_whoever_is_chosen(
    hass: HomeAssistant, site: Site, owner: Owner, clock: Clock, notifications: list[str]
) -> None:
    """Instead of being shown in Home Assistant."""
    sent = async_mock_service(hass, "notify", "send_message")
    await site.charger()
    whom = ["notify.caretaker", "notify.office"]
    await owner.automates("tell_about_no_shows", reservations=["event.a_connector_1_reservation"], whom=whom)
    await site.press("button.a_connector_1_reserve")
    await clock.forward(minutes=31)
    await eventually(lambda: sent, "a message")
    assert sent[0].data["entity_id"] == whom
    assert sent[0].data["message"].startswith("A Connector 1 was reserved for somebody, from ")
    assert notifications == []


async def test_what_is_used_is_no_no_show(site: Site, owner: Owner, clock: Clock, notifications: list[str]) -> None:
    """Its holder has come in time."""
    charger = await site.charger()
    news = site.news()
    await owner.automates("tell_about_no_shows", reservations=["event.a_connector_1_reservation"])
    await site.act("reserve_now", device_id=site.device_id("A", 1), driver="Anna")
    await charger.plug(1)
    assert await charger.start(1, ANNA)
    await clock.forward(minutes=31)
    await charger.stop(1)
    await eventually(lambda: "used" in [each["event_type"] for each in news], "its end")
    assert notifications == []


async def test_what_is_reserved_elsewhere_is_released(site: Site, version: Version, owner: Owner, clock: Clock) -> None:
    """At another connector of the charger and at another charger; but not for later, nor for others."""
    await site.charger("B")
    charger = await site.charger(version=version)
    await owner.automates("release_when_charging_elsewhere", charging=CHARGING, presented=PRESENTED)
    later = {"start": clock.after(days=1), "end": clock.after(days=1, hours=1)}
    await site.act("reserve_now", device_id=site.device_id("A", 1), driver="Anna")
    await site.act("reserve_now", device_id=site.device_id("B", 1), driver="Anna")
    await site.act("reserve_now", device_id=site.device_id("B", 2), driver="Ben")
    await site.act("reserve_now", device_id=site.device_id("A", 1), driver="Anna", **later)
    await charger.plug(2)
    assert await charger.start(2, ANNA)
    await site.shows("binary_sensor.a_connector_2_charging", "on")
    assert len(await site.reservations()) == 4
    await clock.forward(seconds=11)
    await site.shows("sensor.a_connector_1_reservation", "scheduled")
    await site.shows("sensor.b_connector_1_reservation", "none")
    assert [(each["driver"], each["status"]) for each in await site.reservations()] == [
        ("Ben", "active"),
        ("Anna", "scheduled"),
    ]


async def test_what_its_holder_uses_is_not_released(site: Site, version: Version, owner: Owner, clock: Clock) -> None:
    """It is in use by then."""
    charger = await site.charger(version=version)
    await owner.automates("release_when_charging_elsewhere", charging=CHARGING, presented=PRESENTED)
    await site.act("reserve_now", device_id=site.device_id("A", 1), driver="Anna")
    await charger.plug(1)
    assert await charger.start(1, ANNA)
    await site.shows("binary_sensor.a_connector_1_charging", "on")
    await clock.forward(seconds=11)
    assert [each["status"] for each in await site.reservations()] == ["in_use"]


@ON_V16
async def test_what_its_holder_is_about_to_use_is_not_released(
    site: Site, version: Version, owner: Owner, clock: Clock
) -> None:
    """Some chargers tell that they charge before they tell for whom."""
    charger = await site.charger(version=version)
    await owner.automates("release_when_charging_elsewhere", charging=CHARGING, presented=PRESENTED)
    await site.act("reserve_now", device_id=site.device_id("A", 1), driver="Anna")
    assert await charger.present(1, ANNA)
    await charger.report(1, "Charging")
    await site.shows("binary_sensor.a_connector_1_charging", "on")
    await clock.forward(seconds=11)
    assert [each["status"] for each in await site.reservations()] == ["active"]


@ON_V2
async def test_a_driver_at_another_connector_is_not_who_charges(
    site: Site, version: Version, owner: Owner, clock: Clock
) -> None:
    """Where the charger tells at which one the last card was presented."""
    await site.charger("B")
    charger = await site.charger(version=version)
    await owner.automates("release_when_charging_elsewhere", charging=CHARGING, presented=PRESENTED)
    await charger.plug(1)
    assert await charger.start(1, BEN, authorize=False)
    await site.shows("binary_sensor.a_connector_1_charging", "on")
    await clock.forward(seconds=11)
    await site.act("reserve_now", device_id=site.device_id("B", 1), driver="Ben")
    await charger.plug(2)
    assert await site.act("start_charging", device_id=site.device_id("A", 2)) == {"status": "Accepted"}
    await site.shows("binary_sensor.a_connector_2_charging", "on")
    await clock.forward(seconds=11)
    assert [each["driver"] for each in await site.reservations()] == ["Ben"]


async def test_a_driver_who_came_long_ago_is_not_who_charges(site: Site, owner: Owner, clock: Clock) -> None:
    """A car that goes on after a pause, for instance: the last card was another one's."""
    charger = await site.charger(connectors=2)
    await owner.automates("release_when_charging_elsewhere", charging=CHARGING, presented=PRESENTED)
    await charger.plug(2)
    assert await charger.start(2, ANNA)
    await site.shows("binary_sensor.a_connector_2_charging", "on")
    await charger.report(2, "SuspendedEV")
    await site.shows("binary_sensor.a_connector_2_charging", "off")
    await clock.forward(minutes=11)
    await site.act("reserve_now", device_id=site.device_id("A", 1), driver="Anna")
    await charger.report(2, "Charging")
    await site.shows("binary_sensor.a_connector_2_charging", "on")
    await clock.forward(seconds=11)
    assert [each["status"] for each in await site.reservations()] == ["active"]


@pytest.mark.parametrize(("who", "token"), [({"driver": "Anna"}, ANNA), ({}, HOUSE_TOKEN)], ids=["driver", "house"])
async def test_plugging_in_starts_for_the_holder(
    site: Site, version: Version, owner: Owner, who: dict[str, str], token: str
) -> None:
    """Where Home Assistant alone holds it."""
    charger = await site.charger(version=version)
    await owner.automates("start_when_plugged_in", plugged_in=["binary_sensor.a_connector_1_plugged_in"])
    place = site.device_id("A", 1)
    await site.act("reserve_now", device_id=place, held_by="central_system", **who)
    await charger.plug(1)
    await site.shows("sensor.a_connector_1_reservation", "in_use")
    await charger.wait_for(lambda: not charger.pending)
    payload = started(charger).payload
    assert token == (payload.get("idTag") or payload["idToken"]["idToken"])


@pytest.mark.parametrize(
    "reserved", [None, {"id_token": STRANGER, "id_token_type": "ISO14443"}], ids=["free", "for a card of nobody known"]
)
async def test_plugging_in_starts_for_nobody_else(
    hass: HomeAssistant, site: Site, owner: Owner, reserved: dict[str, str] | None
) -> None:
    """A car at a free connector, or where a card is needed."""
    charger = await site.charger()
    await owner.automates("start_when_plugged_in", plugged_in=["binary_sensor.a_connector_1_plugged_in"])
    if reserved is not None:
        await site.act("reserve_now", device_id=site.device_id("A", 1), held_by="central_system", **reserved)
    await charger.plug(1)
    await site.shows("binary_sensor.a_connector_1_plugged_in", "on")
    await hass.async_block_till_done()
    await charger.heartbeat()
    assert not {"RemoteStartTransaction"} & {call.action for call in charger.received}


async def test_a_charger_with_a_hold_hides_the_car(site: Site, version: Version, owner: Owner) -> None:
    """It shows Reserved until its holder identifies; so nothing is started, as the description says."""
    charger = await site.charger(version=version)
    await owner.automates("start_when_plugged_in", plugged_in=["binary_sensor.a_connector_1_plugged_in"])
    await site.act("reserve_now", device_id=site.device_id("A", 1), driver="Anna")
    await site.shows("sensor.a_connector_1_status", "reserved")
    await charger.plug(1)
    await charger.heartbeat()
    assert site.state("binary_sensor.a_connector_1_plugged_in") == "off"


async def warns(owner: Owner, phone: Phone, **inputs: object) -> None:
    """Have the phone told before what is reserved at a connector ends."""
    entity_id = "sensor.a_connector_1_reserved_until"
    await owner.automates("warn_before_reservation_ends", reserved_until=entity_id, phone=phone.device_id, **inputs)


def clock_time(moment: str) -> str:
    """What a clock on the wall shows then."""
    return dt_util.as_local(datetime.fromisoformat(moment)).strftime("%H:%M")


async def test_the_driver_is_told_before_the_end_and_extends(
    site: Site, version: Version, owner: Owner, phone: Phone, clock: Clock
) -> None:
    """In time, with what came of it; and again before the new end."""
    await site.charger(version=version)
    await warns(owner, phone, driver="anna")
    reservation = await site.act("reserve_now", device_id=site.device_id("A", 1), driver="Anna")
    await clock.forward(minutes=14)
    assert phone.is_silent
    clock.jump(minutes=2)
    told = await phone.shows()
    assert told["title"] == "A Connector 1"
    assert told["message"] == f"Reserved only until {clock_time(reservation['end'])}."
    assert [each["title"] for each in told["data"]["actions"]] == ["Extend by 30 minutes", "Release"]
    phone.press(told, "Extend by 30 minutes")
    later = (datetime.fromisoformat(reservation["end"]) + timedelta(minutes=30)).isoformat()
    answer = await phone.shows()
    assert (answer["message"], answer["data"]) == (
        f"Reserved until {clock_time(later)}.",
        {"tag": told["data"]["tag"]},
    )
    await site.becomes(uid=reservation["uid"], end=later)
    clock.jump(minutes=30)
    assert (await phone.shows())["message"] == f"Reserved only until {clock_time(later)}."


async def test_the_driver_releases(site: Site, owner: Owner, phone: Phone, clock: Clock) -> None:
    """With the other button."""
    await site.charger()
    await warns(owner, phone)
    await site.press("button.a_connector_1_reserve")
    clock.jump(minutes=16)
    phone.press(await phone.shows(), "Release")
    assert (await phone.shows())["message"] == "Not reserved any more."
    assert await site.reservations() == []


async def test_the_driver_is_told_if_it_cannot_be_extended(
    site: Site, owner: Owner, phone: Phone, clock: Clock
) -> None:
    """Somebody else has reserved what comes after."""
    await site.charger()
    await warns(owner, phone)
    reservation = await site.act("reserve_now", device_id=site.device_id("A", 1), driver="Anna")
    next_one = {"start": reservation["end"], "duration": {"hours": 1}}
    await site.act("reserve_now", device_id=site.device_id("A", 1), driver="Ben", **next_one)
    clock.jump(minutes=16)
    phone.press(await phone.shows(), "Extend by 30 minutes")
    answer = await phone.shows()
    assert answer["message"] == f"It could not be extended, and is reserved until {clock_time(reservation['end'])}."


async def test_the_driver_is_told_if_it_cannot_be_released(
    site: Site, owner: Owner, phone: Phone, clock: Clock
) -> None:
    """The driver has come meanwhile."""
    charger = await site.charger()
    await warns(owner, phone)
    await site.act("reserve_now", device_id=site.device_id("A", 1), driver="Anna")
    clock.jump(minutes=16)
    told = await phone.shows()
    await charger.plug(1)
    assert await charger.start(1, ANNA)
    await site.becomes(status="in_use")
    phone.press(told, "Release")
    assert (await phone.shows())["message"] == "It could not be released."
    await site.becomes(status="in_use")


async def test_the_buttons_go_when_it_is_over(site: Site, owner: Owner, phone: Phone, clock: Clock) -> None:
    """Nobody has pressed one, and the reservation has expired."""
    await site.charger()
    await warns(owner, phone)
    await site.press("button.a_connector_1_reserve")
    clock.jump(minutes=16)
    told = await phone.shows()
    clock.jump(minutes=15)
    assert await phone.shows() == {"message": "clear_notification", "data": {"tag": told["data"]["tag"]}}


async def test_the_driver_of_the_next_reservation_is_told_too(
    site: Site, owner: Owner, phone: Phone, clock: Clock
) -> None:
    """Though its end is near from its start on, and another one was there just before."""
    await site.charger()
    await warns(owner, phone)
    first = await site.act("reserve_now", device_id=site.device_id("A", 1), driver="Anna", duration={"minutes": 10})
    assert (await phone.shows())["message"] == f"Reserved only until {clock_time(first['end'])}."
    next_one = {"start": first["end"], "duration": {"minutes": 12}}
    second = await site.act("reserve_now", device_id=site.device_id("A", 1), driver="Anna", **next_one)
    clock.jump(minutes=11)
    told = sorted([(await phone.shows())["message"] for _ in range(2)])
    assert told == [f"Reserved only until {clock_time(second['end'])}.", "clear_notification"]


async def test_a_short_extension_is_told_with_new_buttons(site: Site, owner: Owner, phone: Phone, clock: Clock) -> None:
    """The new end is near as well."""
    await site.charger()
    await warns(owner, phone, extension=5)
    reservation = await site.act("reserve_now", device_id=site.device_id("A", 1), driver="Anna")
    clock.jump(minutes=25)
    phone.press(await phone.shows(), "Extend by 5 minutes")
    later = (datetime.fromisoformat(reservation["end"]) + timedelta(minutes=5)).isoformat()
    told = await phone.shows()
    assert told["message"] == f"Reserved only until {clock_time(later)}."
    phone.press(told, "Release")
    assert (await phone.shows())["message"] == "Not reserved any more."


async def test_what_is_shortened_is_told_once(site: Site, owner: Owner, phone: Phone, clock: Clock) -> None:
    """Its end is another one, and has come near by that."""
    await site.charger()
    await warns(owner, phone)
    reservation = await site.act("reserve_now", device_id=site.device_id("A", 1), driver="Anna")
    await site.act("update_reservation", uid=reservation["uid"], end=clock.after(minutes=10))
    phone.press(await phone.shows(), "Release")
    assert (await phone.shows())["message"] == "Not reserved any more."
    assert phone.is_silent


async def test_others_reservations_and_those_in_use_are_not_told(
    site: Site, owner: Owner, phone: Phone, clock: Clock
) -> None:
    """The phone is Anna's; and what she charges with does not end by itself."""
    charger = await site.charger()
    await warns(owner, phone, driver="Anna")
    await site.act("reserve_now", device_id=site.device_id("A", 1), driver="Ben")
    await clock.forward(minutes=16)
    await site.act("cancel_reservation", device_id=site.device_id("A", 1))
    await site.act("reserve_now", device_id=site.device_id("A", 1), driver="Anna")
    await charger.plug(1)
    assert await charger.start(1, ANNA)
    await clock.forward(minutes=16)
    assert phone.is_silent


async def test_the_phone_is_told_again_when_home_assistant_starts(
    hass: HomeAssistant, site: Site, owner: Owner, phone: Phone, clock: Clock
) -> None:
    """What it was told before is forgotten, and its buttons with it."""
    await site.charger()
    await site.act("reserve_now", device_id=site.device_id("A", 1), driver="Anna")
    clock.jump(minutes=16)
    hass.set_state(CoreState.not_running)
    await warns(owner, phone)
    assert phone.is_silent
    await hass.async_start()
    phone.press(await phone.shows(), "Release")
    assert (await phone.shows())["message"] == "Not reserved any more."
