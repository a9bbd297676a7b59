"""Starting and stopping charging from Home Assistant."""

from datetime import UTC, datetime, timedelta
from typing import Any

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import Event, State
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from tests.charger import Behaviour, Fault, SimulatedCharger, Version

from .conftest import (
    HOLDER,
    HOUSE_TOKEN,
    ON_V16,
    STRANGER,
    TELLS_ALL,
    Clock,
    Site,
    charger_subentry,
    driver_subentry,
    eventually,
    refused,
    started,
)

pytestmark = pytest.mark.blackbox

ANNA, BEN, BOB, EVE = "A0A0A0A1", "BEBEBEBE", "B10CB10C", "E0E0E0E0"
STARTS = ("RemoteStartTransaction", "RequestStartTransaction")
SWITCH = "switch.a_connector_1_charging"
STOPS = ("RemoteStopTransaction", "RequestStopTransaction")


@pytest.fixture
def chargers() -> list[ConfigSubentryData]:
    """Charger A; Anna and Ben of one group, Bob who is blocked, and Eve whose time is over."""
    yesterday = datetime.now(UTC) - timedelta(days=1)
    return [
        charger_subentry("A"),
        driver_subentry("Anna", ANNA, group="Kinfolk"),
        driver_subentry("Ben", BEN, group="Kinfolk"),
        driver_subentry("Bob", BOB, blocked=True),
        driver_subentry("Eve", EVE, valid_until=yesterday.isoformat()),
    ]


async def start(site: Site, connector: int | None = 1, /, **data: object) -> dict[str, Any]:
    """Let somebody charge."""
    return await site.act("start_charging", device_id=site.device_id("A", connector), **data)


async def stop(site: Site, connector: int | None = 1) -> dict[str, Any]:
    """End what runs."""
    return await site.act("stop_charging", device_id=site.device_id("A", connector))


def asked(charger: SimulatedCharger, actions: tuple[str, str]) -> int:
    """How often the charger was asked for it."""
    return sum(call.action in actions for call in charger.received)


async def token_of_start(charger: SimulatedCharger) -> str:
    """Who charges, as the charger tells."""
    await charger.wait_for(lambda: not charger.pending)
    payload = started(charger).payload
    token: str = payload.get("idTag") or payload["idToken"]["idToken"]
    return token


async def test_a_driver_charges_and_is_stopped(site: Site, version: Version) -> None:
    """With the driver's token; the charger's word is the response."""
    charger = await site.charger(version=version)
    await charger.plug(1)
    assert await start(site, driver="Anna") == {"status": "Accepted"}
    await site.shows("binary_sensor.a_connector_1_charging", "on")
    assert await token_of_start(charger) == ANNA
    assert await stop(site) == {"status": "Accepted"}
    await site.shows("binary_sensor.a_connector_1_charging", "off")
    assert charger.complaints == []


async def test_what_is_reserved_for_the_house_is_used_by_starting_from_here(site: Site, version: Version) -> None:
    """Contract 1, "The house": the holder where nobody is named."""
    charger = await site.charger(version=version)
    await site.press("button.a_connector_1_reserve")
    await site.shows("sensor.a_connector_1_reservation", "active")
    await charger.plug(1)
    await start(site)
    await site.shows("sensor.a_connector_1_reservation", "in_use")
    assert await token_of_start(charger) == HOUSE_TOKEN


async def test_a_member_of_the_group_may_use_what_is_reserved(site: Site, version: Version) -> None:
    """2.x is told the group (F01.FR.21); 1.6 cannot be told, so that it is started with the token that it holds for."""
    charger = await site.charger(version=version, behaviour=Behaviour(authorizes_remote_starts=True))
    await site.act("reserve_now", device_id=site.device_id("A", 1), driver="Anna")
    await charger.plug(1)
    await start(site, driver="Ben")
    await site.shows("sensor.a_connector_1_reservation", "in_use")
    assert await token_of_start(charger) == (ANNA if version is Version.V16 else BEN)


@pytest.mark.parametrize("enforcement", ["stop", "warn", "off"])
async def test_nobody_is_started_where_it_is_reserved_for_others(
    site: Site, version: Version, enforcement: str
) -> None:
    """ocpp.md 5.7: refused before it is sent, whatever the enforcement, or the charger might lose its hold."""
    site.hass.config_entries.async_update_entry(site.entry, options={"enforcement": enforcement})
    charger = await site.charger(version=version, behaviour=Behaviour(remote_start_ignores_holds=True))
    reservation = await site.act("reserve_now", device_id=site.device_id("A", 1), driver="Anna")
    for who in ({}, {"id_token": STRANGER}):
        error = await refused(start(site, **who), "place_reserved")
        assert str(reservation["reservation_id"]) in str(error)
    assert asked(charger, STARTS) == 0
    assert charger.holds


@pytest.mark.parametrize(
    ("who", "key"),
    [
        ({"driver": "Bob"}, "driver_blocked"),
        ({"id_token": EVE}, "driver_not_valid_after"),
        ({"id_token": STRANGER}, "not_permitted"),
        ({"driver": "Zoe"}, "unknown_driver"),
        ({"driver": "Anna", "id_token": BEN}, "conflicting_fields"),
    ],
)
async def test_who_may_not_charge_is_not_started(site: Site, who: dict[str, str], key: str) -> None:
    """Who may charge with a card may be started, and nobody else."""
    site.hass.config_entries.async_update_entry(site.entry, options={"who_may_charge": "known_drivers"})
    charger = await site.charger()
    await refused(start(site, **who), key)
    assert asked(charger, STARTS) == 0


async def test_a_charger_means_its_only_connector_that_is_free(site: Site) -> None:
    """Contract 3: a charger only if one EVSE fits; what is reserved for the same one fits best."""
    charger = await site.charger()
    await charger.plug(1)
    await charger.plug(2)
    await refused(start(site, None), "choose_connector")
    await site.act("reserve_now", device_id=site.device_id("A", 2), driver="Anna", held_by="central_system")
    assert await start(site, None, driver="Anna") == {"status": "Accepted"}
    await site.shows("sensor.a_connector_2_reservation", "in_use")
    assert await start(site, None, driver="Ben") == {"status": "Accepted"}
    await site.shows("binary_sensor.a_connector_1_charging", "on")
    await refused(start(site, None, driver="Anna"), "no_connector_fits")
    await refused(start(site, 1, driver="Anna"), "connector_in_use")
    assert await stop(site, None) == {"status": "Accepted"}
    for connector in (1, 2):
        await site.shows(f"binary_sensor.a_connector_{connector}_charging", "off")
    await charger.wait_for(lambda: not charger.pending)
    await refused(stop(site, None), "nothing_to_stop")


async def test_one_that_cannot_be_stopped_does_not_let_the_others_go_on(site: Site) -> None:
    """A charger may have forgotten a session that it never ended; that it refuses is told all the same."""
    behaviour = Behaviour(answers={"RemoteStopTransaction": ("Rejected",)})
    charger = await site.charger(behaviour=behaviour)
    for connector in (1, 2):
        await charger.plug(connector)
        await start(site, connector, driver=("Anna", "Ben")[connector - 1])
        await site.shows(f"binary_sensor.a_connector_{connector}_charging", "on")
    await refused(stop(site, None), "command_refused")
    await site.shows("binary_sensor.a_connector_2_charging", "off")
    assert site.state("binary_sensor.a_connector_1_charging") == "on"


@pytest.mark.parametrize(
    ("answer", "key"),
    [("Rejected", "command_refused"), ("InternalError", "command_refused"), (Fault.SILENT, "charger_silent")],
)
async def test_a_refusal_of_the_charger_is_an_error(
    short_call_timeout: None, site: Site, version: Version, answer: str, key: str
) -> None:
    """Never silence; the charger's word is in it."""
    charger = await site.charger(version=version)
    assert await charger.start(2, STRANGER)
    await site.shows("binary_sensor.a_connector_2_charging", "on")
    charger.behaviour = Behaviour(answers=dict.fromkeys((*STARTS, *STOPS), answer))
    for error in (await refused(start(site), key), await refused(stop(site, 2), key)):
        assert key == "charger_silent" or answer in str(error)


def expired(site: Site) -> list[Event[Any]]:
    """The starts that have not led to charging, from now on."""
    return async_capture_events(site.hass, "ocpp_central_start_expired")


def waiting(state: State) -> bool:
    """Whether the switch says that the charger waits for a car."""
    return state.attributes.get("waiting") is True


def not_waiting(state: State) -> bool:
    """Whether it says that it does not."""
    return state.attributes.get("waiting") is False


async def test_a_start_waits_for_a_car(site: Site, version: Version) -> None:
    """The charger agrees, and waits; the switch is on once somebody charges, and says meanwhile that it waits."""
    charger = await site.charger(version=version)
    told = expired(site)
    await site.hass.services.async_call("switch", "turn_on", {"entity_id": SWITCH}, blocking=True)
    assert (await site.shows(SWITCH, waiting)).state == "off"
    await charger.plug(1)
    await site.shows(SWITCH, "on")
    await site.shows(SWITCH, not_waiting)
    assert told == []


async def test_a_charger_that_waits_already_refuses_another_start(site: Site, version: Version) -> None:
    """The error says why, whoever is to charge; it goes on waiting."""
    charger = await site.charger(version=version)
    await start(site, driver="Anna")
    await site.shows(SWITCH, waiting)
    charger.behaviour = Behaviour(answers=dict.fromkeys(STARTS, "Rejected"))
    assert "A connector 1" in str(await refused(start(site, driver="Ben"), "waits_for_car"))
    await refused(start(site, 2), "command_refused")
    charger.behaviour = Behaviour(answers=dict.fromkeys(STARTS, Fault.DISCONNECT))
    await refused(start(site, driver="Ben"), "charger_not_connected")
    await site.shows(SWITCH, waiting)


async def test_a_charger_that_starts_anew_waits_for_no_car(site: Site, version: Version) -> None:
    """It has forgotten the start, which is told; one that only was away has not."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    told = expired(site)
    await start(site, driver="Anna")
    await site.shows(SWITCH, waiting)
    await charger.go_offline()
    await site.shows("binary_sensor.a_connected", "off")
    charger.go_online()
    await charger.ready()
    await charger.heartbeat()
    await site.shows(SWITCH, waiting)
    await charger.reboot()
    await site.shows(SWITCH, not_waiting)
    assert [event.data["driver"] for event in told] == ["Anna"]


@ON_V16
async def test_a_car_that_does_not_come_is_told(site: Site, version: Version) -> None:
    """Not in silence, once the charger shows that it waits no longer: an event, which the activity page has as a sentence."""
    charger = await site.charger(version=version, connection_timeout=0.2)
    told = expired(site)
    await start(site, driver="Anna")
    await charger.wait_for(lambda: charger.statuses[1] == "Available")
    await eventually(lambda: told, "the event")
    (event,) = told
    assert event.data == {
        "device_id": site.device_id("A", 1),
        "entity_id": SWITCH,
        "place": "A Connector 1",
        "evse": 1,
        "driver": "Anna",
    }
    await site.shows(SWITCH, not_waiting)


async def test_a_charger_that_shows_nothing_is_not_waited_for_for_ever(
    site: Site, version: Version, clock: Clock
) -> None:
    """After five minutes it is told, too."""
    charger = await site.charger(version=version)
    charger.behaviour = Behaviour(answers=dict.fromkeys(STARTS, "Accepted"))
    told = expired(site)
    await start(site)
    await start(site)
    await site.shows(SWITCH, waiting)
    await clock.forward(minutes=4, seconds=50)
    assert told == []
    await clock.forward(seconds=11)
    assert [event.data["driver"] for event in told] == [None]
    await site.shows(SWITCH, not_waiting)


async def test_what_a_charger_that_is_away_does_is_not_known(site: Site, version: Version, clock: Clock) -> None:
    """It has time to tell once it is back: somebody may charge meanwhile."""
    charger = await site.charger(version=version)
    charger.behaviour = Behaviour(answers=dict.fromkeys(STARTS, "Accepted"))
    told = expired(site)
    await start(site, 1)
    await start(site, 2)
    await charger.go_offline()
    await site.shows("binary_sensor.a_connected", "off")
    await clock.forward(minutes=5, seconds=1)
    await clock.forward(minutes=4, seconds=50)
    charger.go_online()
    await charger.ready()
    await site.shows("binary_sensor.a_connected", "on")
    assert told == []
    assert await charger.start(1, HOLDER)
    await site.shows(SWITCH, "on")
    await clock.forward(minutes=4, seconds=50)
    assert told == []
    await clock.forward(seconds=20)
    assert [event.data["evse"] for event in told] == [2]


async def test_nothing_is_told_of_a_start_that_does_not_matter_any_more(site: Site, clock: Clock) -> None:
    """The charger was removed; or Home Assistant stops."""
    charger = await site.charger()
    charger.behaviour = Behaviour(answers={"RemoteStartTransaction": "Accepted"})
    told = expired(site)
    await start(site, 1)
    await start(site, 2)
    subentry = next(each for each in site.entry.subentries.values() if each.unique_id == "A")
    site.hass.config_entries.async_remove_subentry(site.entry, subentry.subentry_id)
    await site.hass.async_block_till_done()
    await clock.forward(minutes=6)
    assert told == []


async def test_who_is_unloaded_waits_for_no_car(site: Site, clock: Clock) -> None:
    """Nothing is left of it."""
    charger = await site.charger()
    charger.behaviour = Behaviour(answers={"RemoteStartTransaction": "Accepted"})
    told = expired(site)
    await start(site, 1)
    await site.stop()
    await clock.forward(minutes=6)
    assert told == []


async def test_a_charger_that_is_offline_is_not_asked(site: Site) -> None:
    """The error says so."""
    charger = await site.charger()
    await charger.go_offline()
    await site.shows("binary_sensor.a_connected", "off")
    await refused(start(site), "charger_not_connected")
    await refused(stop(site), "charger_not_connected")


async def test_a_token_that_the_charger_cannot_carry_is_refused(site: Site) -> None:
    """20 characters in 1.6."""
    await site.charger()
    error = await refused(start(site, id_token="X" * 21), "id_token_too_long")
    assert "20" in str(error)
