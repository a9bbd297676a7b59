"""What the activity page says of reservations, and of who is at a reader: sentences, as Home Assistant's logbook tells them.

The name of a line is the subject of its message; the page writes the one in front of the other.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.icon import async_get_icons
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events, mock_component
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from custom_components.ocpp_central.core.events import Standing
from tests.charger import Behaviour, Version

from .conftest import (
    HOLDER,
    ON_V16,
    STRANGER,
    Clock,
    Site,
    charger_subentry,
    driver_subentry,
    eventually,
    told_what_it_can,
)

pytestmark = [pytest.mark.blackbox, pytest.mark.usefixtures("recorder_mock", "activity")]

ANNA = "A0A0A0A1"

SENTENCES: Final[Mapping[str, tuple[str, str]]] = {
    "scheduled": (
        "will be reserved for Anna from 2026-11-27 18:00 to 19:30",
        "will be reserved from 2026-11-27 18:00 to 19:30",
    ),
    "placed": ("is reserved for Anna until 19:30", "is reserved until 19:30"),
    "changed": (
        "had its reservation changed, which is now for Anna, from 2026-11-27 18:00 to 19:30",
        "had its reservation changed, which is now from 2026-11-27 18:00 to 19:30",
    ),
    "used": (
        "is being used by Anna, for whom it was reserved",
        "is being used by the holder of its reservation",
    ),
    "expired": ("had its reservation for Anna expire unused", "had its reservation expire unused"),
    "cancelled": (
        "had its reservation for Anna from 2026-11-27 18:00 to 19:30 cancelled",
        "had its reservation from 2026-11-27 18:00 to 19:30 cancelled",
    ),
    "removed": (
        "lost its reservation for Anna from 2026-11-27 18:00 to 19:30, because the charger was removed",
        "lost its reservation from 2026-11-27 18:00 to 19:30, because the charger was removed",
    ),
    "rejected": (
        "could not be reserved for Anna from 2026-11-27 18:00 to 19:30",
        "could not be reserved from 2026-11-27 18:00 to 19:30",
    ),
    "requirement_dropped": (
        "need not be kept free for Anna any more",
        "need not be kept free for a reservation any more",
    ),
    "busy": ("is reserved for Anna, but is not free yet", "is reserved, but is not free yet"),
    "at_risk": (
        "may not be there for Anna, for whom it is reserved",
        "may not be there for the holder of its reservation",
    ),
    "intruder": (
        "is being used by somebody else than Anna, for whom it is reserved",
        "is being used by somebody else than the holder of its reservation",
    ),
}
"""What is said of each event of a reservation: of a driver's, and of one for nobody known."""

REFUSALS: Final[Mapping[str, str]] = {
    "unknown": "refused somebody unknown",
    "blocked": "refused Anna, who is blocked",
    "expired": "refused Anna, who may not charge any more",
    "not_yet_valid": "refused Anna, who may not charge yet",
    "concurrent": "refused Anna, who is charging elsewhere",
    "reserved_for_others": "refused Anna, because it is reserved for others",
}

type Said = list[tuple[str, str]]
"""The names and messages of the lines that are sentences, the oldest first."""


@pytest.fixture
def chargers() -> list[ConfigSubentryData]:
    """Charger A, and Anna."""
    return [charger_subentry("A"), driver_subentry("Anna", ANNA)]


@pytest.fixture
async def activity(hass: HomeAssistant) -> None:
    """Home Assistant's logbook, without the pages of the frontend, which the harness does not bring."""
    mock_component(hass, "frontend")
    assert await async_setup_component(hass, "logbook", {})
    await hass.config.async_set_time_zone("Europe/Amsterdam")


@pytest.fixture
async def page(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> MockHAClientWebSocket:
    """Somebody who looks at the activity page."""
    return await hass_ws_client(hass)


async def lines_of(hass: HomeAssistant, page: MockHAClientWebSocket, **of: str) -> list[dict[str, Any]]:
    """The lines of the page that are ours and sentences, or those of the activity `of` a device or an entity."""
    await async_wait_recording_done(hass)
    start = (dt_util.utcnow() - timedelta(days=1)).isoformat()
    chosen = {f"{kind}s": [each] for kind, each in of.items()}
    await page.send_json_auto_id({"type": "logbook/get_events", "start_time": start, **chosen})
    return sentences((await page.receive_json())["result"])


async def said(hass: HomeAssistant, page: MockHAClientWebSocket, **of: str) -> Said:
    """What these lines say."""
    return read(await lines_of(hass, page, **of))


def sentences(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of the lines that are ours, and no states."""
    return [line for line in lines if line.get("domain") == "ocpp_central"]


def read(lines: list[dict[str, Any]]) -> Said:
    """The name and the message of each."""
    return [(line["name"], line["message"]) for line in lines]


def happened(hass: HomeAssistant, kind: str, **otherwise: object) -> None:
    """Have an event of a reservation on the bus, of Anna's for connector 1 of A unless told otherwise."""
    data = {
        "event_type": kind,
        "device_id": "d1",
        "place": "A Connector 1",
        "evse": 1,
        "target": "connector",
        "uid": "u1",
        "reservation_id": 1,
        "driver": "Anna",
        "start": "2026-11-27T17:00:00+00:00",
        "end": "2026-11-27T18:30:00+00:00",
        "reason": None,
        "late": False,
    }
    hass.bus.async_fire("ocpp_central_reservation", data | otherwise)


def presented(hass: HomeAssistant, kind: str, **data: object) -> None:
    """Have an event of an ID token on the bus, at connector 1 of A."""
    where = {"device_id": "d1", "place": "A Connector 1", "evse": 1}
    hass.bus.async_fire("ocpp_central_id_token_presented", {"event_type": kind, **where, **data})


@pytest.mark.usefixtures("entry")
@pytest.mark.parametrize("kind", SENTENCES)
async def test_every_event_of_a_reservation_reads_as_a_sentence(
    hass: HomeAssistant, page: MockHAClientWebSocket, kind: str
) -> None:
    """With the driver's name, and for whoever has none, in Home Assistant's local time."""
    happened(hass, kind)
    happened(hass, kind, driver=None)
    assert await said(hass, page) == [("A Connector 1", sentence) for sentence in SENTENCES[kind]]


async def test_every_event_of_the_event_entities_has_its_sentence(hass: HomeAssistant, site: Site) -> None:
    """Contract 4: every type, and every reason of a refusal."""
    assert set(REFUSALS) == set(Standing) - {Standing.ACCEPTED}
    await site.charger()
    state = hass.states.get("event.a_connector_1_reservation")
    assert state is not None
    assert set(state.attributes["event_types"]) == set(SENTENCES)


@pytest.mark.usefixtures("entry")
@pytest.mark.parametrize("reason", REFUSALS)
async def test_every_refusal_at_a_reader_reads_as_a_sentence(
    hass: HomeAssistant, page: MockHAClientWebSocket, reason: str
) -> None:
    """Contract 4: refused, for any reason."""
    presented(hass, "refused", driver=None if reason == "unknown" else "Anna", reason=reason)
    assert await said(hass, page) == [("A Connector 1", REFUSALS[reason])]


@pytest.mark.usefixtures("entry")
async def test_everybody_who_is_accepted_at_a_reader_reads_as_a_sentence(
    hass: HomeAssistant, page: MockHAClientWebSocket
) -> None:
    """Contract 4: accepted; where everyone may charge, nobody need be known."""
    presented(hass, "accepted", driver="Anna", reason=None)
    presented(hass, "accepted", driver=None, reason=None)
    presented(hass, "refused", driver=None, reason="reserved_for_others")
    assert await said(hass, page) == [
        ("A Connector 1", "accepted Anna"),
        ("A Connector 1", "accepted somebody unknown"),
        ("A Connector 1", "refused somebody unknown, because it is reserved for others"),
    ]


@pytest.mark.usefixtures("entry")
@pytest.mark.parametrize(
    ("target", "subject"),
    [
        ("any", "A connector of A"),
        ("connector_type", "A connector of A"),
        ("whole_charger", "All of A"),
    ],
)
async def test_what_of_a_charger_is_reserved_is_the_subject(
    hass: HomeAssistant, page: MockHAClientWebSocket, target: str, subject: str
) -> None:
    """Its name alone would not say it."""
    happened(hass, "placed", target=target, evse=None, place="A")
    assert await said(hass, page) == [(subject, "is reserved for Anna until 19:30")]


@pytest.mark.usefixtures("entry")
async def test_one_for_any_connector_that_has_got_one_is_about_that(
    hass: HomeAssistant, page: MockHAClientWebSocket
) -> None:
    """Its name says it all."""
    happened(hass, "placed", target="any")
    assert await said(hass, page) == [("A Connector 1", "is reserved for Anna until 19:30")]


@pytest.mark.usefixtures("entry")
async def test_a_sentence_has_the_icon_of_its_event_entity(hass: HomeAssistant, page: MockHAClientWebSocket) -> None:
    """The page itself finds icons of states alone."""
    happened(hass, "placed")
    presented(hass, "accepted", driver="Anna", reason=None)
    icons = await async_get_icons(hass, "entity", {"ocpp_central"})
    of_events = icons["ocpp_central"]["event"]
    assert [line["icon"] for line in await lines_of(hass, page)] == [
        of_events["reservation"]["default"],
        of_events["id_token_presented"]["default"],
    ]


@pytest.mark.usefixtures("entry")
async def test_an_end_on_another_day_is_told_with_its_date(hass: HomeAssistant, page: MockHAClientWebSocket) -> None:
    """Another day where Home Assistant is."""
    happened(hass, "placed", end="2026-11-27T23:30:00+00:00")
    assert await said(hass, page) == [("A Connector 1", "is reserved for Anna until 2026-11-28 00:30")]


@pytest.mark.usefixtures("entry")
async def test_what_was_noticed_late_is_told_as_such(hass: HomeAssistant, page: MockHAClientWebSocket) -> None:
    """The time of the line is when it was noticed."""
    happened(hass, "expired", late=True)
    assert await said(hass, page) == [
        ("A Connector 1", "had its reservation for Anna expire unused, which was noticed late")
    ]


async def test_a_life_is_told_on_the_page_and_at_its_connector(
    hass: HomeAssistant, site: Site, page: MockHAClientWebSocket, clock: Clock, version: Version
) -> None:
    """Once each, with names that people gave, and without a token."""
    charger = await site.charger(version=version, behaviour=Behaviour(enforces=False))
    registry = dr.async_get(hass)
    registry.async_update_device(site.device_id(), name_by_user="Garage")
    reservation = await site.act(
        "reserve_now", device_id=site.device_id("A", 1), driver="Anna", duration={"minutes": 30}
    )
    until = dt_util.as_local(dt_util.parse_datetime(reservation["end"], raise_on_error=True))
    assert not await charger.start(1, STRANGER)
    assert await charger.start(1, ANNA)
    await site.shows("sensor.a_connector_1_reservation", "in_use")
    await site.reserve(2)
    await site.act("cancel_reservation", device_id=site.device_id("A", 2))
    lines = await said(hass, page)
    name, message = lines[0]
    assert name == "Garage Connector 1"
    assert message.startswith("is reserved for Anna until ")
    assert message.endswith(f"{until:%H:%M}")
    assert ("Garage Connector 1", "is being used by Anna, for whom it was reserved") in lines
    assert any("somebody unknown" in message for _, message in lines)
    of_2 = [each for each in lines if each[0] == "Garage Connector 2"]
    assert [message.split()[0] for _, message in of_2] == ["is", "had"]
    assert await said(hass, page, device_id=site.device_id("A", 2)) == of_2
    assert await said(hass, page, entity_id="event.a_connector_2_reservation") == of_2
    at_readers = [each for each in lines if each[1].startswith(("accepted", "refused"))]
    assert await said(hass, page, entity_id="event.a_id_token_presented") == at_readers
    assert not [token for token in (ANNA, STRANGER, HOLDER) if token in str(lines).upper()]


async def test_what_concerns_many_places_is_said_once(
    hass: HomeAssistant, site: Site, page: MockHAClientWebSocket, version: Version
) -> None:
    """A reservation of a whole charger shows at each connector, and one that moves at both."""
    await site.charger(version=version, connectors=3)
    whole = await site.act("reserve_now", device_id=site.device_id(), whole_charger=True, driver="Anna")
    await site.act("cancel_reservation", uid=whole["uid"])
    moving = await site.act("reserve_now", device_id=site.device_id("A", 1), driver="Anna")
    await site.act("update_reservation", uid=moving["uid"], device_id=site.device_id("A", 3))
    lines = await said(hass, page)
    assert [(name, message.split()[0]) for name, message in lines] == [
        ("All of A", "is"),
        ("All of A", "had"),
        ("A Connector 1", "is"),
        ("A Connector 3", "had"),
    ]
    assert await said(hass, page, device_id=site.device_id()) == lines[:2]


async def test_a_page_that_is_open_is_told_at_once(
    hass: HomeAssistant, site: Site, page: MockHAClientWebSocket, clock: Clock
) -> None:
    """As it looks at the activity of a connector, and goes on doing so."""
    await site.charger()
    device_id = site.device_id("A", 1)
    start = dt_util.utcnow().isoformat()
    await page.send_json_auto_id({"type": "logbook/event_stream", "start_time": start, "device_ids": [device_id]})
    assert (await page.receive_json())["success"]
    assert sentences((await page.receive_json())["event"]["events"]) == []
    await site.act("reserve_now", device_id=device_id, driver="Anna", start=clock.after(hours=1))
    lines: list[dict[str, Any]] = []
    while not lines:
        lines = sentences((await page.receive_json())["event"]["events"])
    assert [(name, message.split(" from ")[0]) for name, message in read(lines)] == [
        ("A Connector 1", "will be reserved for Anna")
    ]


@pytest.mark.usefixtures("entry")
async def test_a_language_that_is_not_known_is_told_english(hass: HomeAssistant, page: MockHAClientWebSocket) -> None:
    """As all that Home Assistant has no translation for, also right after another language was chosen."""
    await hass.config.async_update(language="eo")
    happened(hass, "busy")
    assert await said(hass, page) == [("A Connector 1", SENTENCES["busy"][0])]


async def test_the_bus_is_told_what_the_event_entity_tells(hass: HomeAssistant, site: Site, version: Version) -> None:
    """Where it is, and the data of contract 4."""
    charger = await site.charger(version=version, behaviour=Behaviour(enforces=False))
    heard = async_capture_events(hass, "ocpp_central_reservation")
    news = site.news()
    await site.act("reserve_now", device_id=site.device_id("A", 1), driver="Anna")
    assert await charger.start(1, ANNA)
    await eventually(lambda: len(heard) == 2, "both events")
    for event, told in zip(heard, news, strict=True):
        of_entity = ("event_type", "uid", "reservation_id", "driver", "start", "end", "reason", "late")
        where = {
            "device_id": site.device_id("A", 1),
            "entity_id": "event.a_connector_1_reservation",
            "place": "A Connector 1",
            "evse": 1,
            "target": "connector",
        }
        assert event.data == where | {key: told[key] for key in of_entity}


async def test_a_connector_that_need_not_be_kept_free_is_the_place(
    hass: HomeAssistant, site: Site, page: MockHAClientWebSocket
) -> None:
    """Not the charger, where the reservation for any connector shows."""
    behaviour = Behaviour(unbound_reservations=True, enforces=False)
    charger = await told_what_it_can(await site.charger(behaviour=behaviour))
    await site.act("reserve_now", device_id=site.device_id(), driver="Anna")
    assert await charger.start(1, STRANGER)
    await charger.stop(1)
    await charger.unplug(1)
    await site.shows("event.a_connector_2_reservation", lambda state: state.state != "unknown")
    lines = [each for each in await said(hass, page) if "accepted" not in each[1]]
    assert lines[0][0] == "A connector of A"
    assert lines[1:] == [("A Connector 2", "need not be kept free for Anna any more")]


@ON_V16
async def test_the_bus_is_told_who_presents_a_token(hass: HomeAssistant, site: Site, version: Version) -> None:
    """A charger that does not say where it asks is the place itself."""
    charger = await site.charger(version=version)
    heard = async_capture_events(hass, "ocpp_central_id_token_presented")
    assert await charger.start(1, ANNA)
    await eventually(lambda: heard, "the event")
    assert [event.data for event in heard] == [
        {
            "event_type": "accepted",
            "device_id": site.device_id(),
            "entity_id": "event.a_id_token_presented",
            "place": "A",
            "evse": None,
            "driver": "Anna",
            "reason": None,
        }
    ]


async def test_what_ends_with_its_charger_is_said_of_a_place_that_is_gone(
    hass: HomeAssistant, site: Site, page: MockHAClientWebSocket
) -> None:
    """One that was removed while nobody listened has no device any more, but its name is known."""
    await site.charger()
    await site.act("reserve_now", device_id=site.device_id("A", 1), driver="Anna")
    await site.stop()
    subentry = next(each for each in site.entry.subentries.values() if each.unique_id == "A")
    hass.config_entries.async_remove_subentry(site.entry, subentry.subentry_id)
    heard = async_capture_events(hass, "ocpp_central_reservation")
    await site.start()
    assert [event.data["event_type"] for event in heard] == ["removed"]
    assert (heard[0].data["device_id"], heard[0].data["entity_id"]) == (None, None)
    name, message = (await said(hass, page))[-1]
    assert name == "A connector 1"
    assert message.startswith("lost its reservation for Anna")


async def test_what_happened_while_nobody_listened_is_said_at_the_start(
    hass: HomeAssistant, site: Site, hass_ws_client: WebSocketGenerator, clock: Clock
) -> None:
    """A reservation that expired in the meantime."""
    await site.charger()
    await site.act("reserve_now", device_id=site.device_id("A", 1), driver="Anna", duration={"minutes": 10})
    await site.stop()
    clock.jump(minutes=20)
    await site.start()
    lines = await said(hass, await hass_ws_client(hass))
    assert lines[-1] == ("A Connector 1", "had its reservation for Anna expire unused, which was noticed late")


@pytest.mark.parametrize(
    ("who", "sentence"),
    [
        (
            {"driver": "Anna"},
            "did not begin to charge for Anna, though it had agreed to: perhaps no car was plugged in in time",
        ),
        ({}, "did not begin to charge, though it had agreed to: perhaps no car was plugged in in time"),
    ],
)
async def test_a_start_without_a_car_is_said_at_its_connector(
    hass: HomeAssistant, site: Site, page: MockHAClientWebSocket, who: dict[str, str], sentence: str
) -> None:
    """Also in the activity of the switch that started it."""
    await site.charger(connection_timeout=0.2)
    heard = async_capture_events(hass, "ocpp_central_start_expired")
    await site.act("start_charging", device_id=site.device_id("A", 1), **who)
    await eventually(lambda: heard, "the event")
    assert (await said(hass, page))[-1] == ("A Connector 1", sentence)
    assert await said(hass, page, entity_id="switch.a_connector_1_charging") == [("A Connector 1", sentence)]
