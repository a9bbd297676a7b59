"""What outlives a reboot of the charger, a lost connection and a restart of Home Assistant."""

from copy import deepcopy
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.charger import Behaviour, Fault, Version

from .conftest import HOLDER, STRANGER, TELLS_ALL, Clock, Site, eventually, told_what_it_can

pytestmark = pytest.mark.blackbox


async def test_a_reservation_outlives_a_restart(site: Site, version: Version) -> None:
    """Issue 2, done when 2: it is shown at once, and the charger still holds it; nothing is published twice."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    reservation = await site.reserve()
    await charger.go_offline()
    await site.stop()
    news = site.news()
    await site.start()
    assert site.state("binary_sensor.a_connector_1_reserved") == "on"
    assert site.state("sensor.a_connector_1_reservation") == "active"
    assert site.state("sensor.a_connector_1_reserved_until") not in {"unknown", "unavailable"}
    assert site.state("sensor.a_connector_1_status") == "unavailable"
    (listed,) = await site.reservations()
    kept = {key: value for key, value in reservation.items() if key not in {"hold", "result"}}
    assert kept.items() <= listed.items()
    charger.go_online()
    await site.becomes(uid=reservation["uid"], hold="held")
    assert [hold.id for hold in charger.holds.values()] == [reservation["reservation_id"]]
    assert news == []


async def test_a_reservation_outlives_a_crash(
    hass: HomeAssistant, site: Site, hass_storage: dict[str, Any], version: Version
) -> None:
    """Contract 5: what was answered is on disk, without an orderly stop."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    reservation = await site.reserve()
    key = f"ocpp_central.{site.entry.entry_id}"
    on_disk = deepcopy(hass_storage[key])
    await charger.go_offline()
    await site.stop()
    hass_storage[key] = on_disk
    await site.start()
    assert site.state("binary_sensor.a_connector_1_reserved") == "on"
    charger.go_online()
    await site.becomes(uid=reservation["uid"], hold="held")


async def test_a_crash_while_the_charger_thinks_leaves_no_hold_unknown(
    hass: HomeAssistant, site: Site, hass_storage: dict[str, Any]
) -> None:
    """ocpp.md 5.1: after a crash `placing` counts as uncertain, and asking again with the same id settles it."""
    behaviour = Behaviour(reserve_answer=[Fault.LATE], statuses_after_reconnect="all")
    charger = await site.charger(behaviour=behaviour)
    attempt = hass.async_create_task(site.reserve())
    await charger.wait_for("ReserveNow")
    key = f"ocpp_central.{site.entry.entry_id}"
    on_disk = deepcopy(hass_storage[key])
    await site.stop()
    uid = (await attempt)["uid"]
    hass_storage[key] = on_disk
    await site.start()
    await site.becomes(uid=uid, status="active", hold="held")
    assert len(charger.holds) == 1


async def test_a_reservation_outlives_a_lost_connection(site: Site, version: Version) -> None:
    """It is shown while the charger is away, everything that the charger tells is not."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    reservation = await site.reserve()
    await charger.go_offline()
    await site.shows("binary_sensor.a_connected", "off")
    for entity_id, state in {
        "sensor.a_connector_1_status": "unavailable",
        "binary_sensor.a_connector_1_plugged_in": "unavailable",
        "binary_sensor.a_connector_1_charging": "unavailable",
        "sensor.a_connector_1_reservation": "active",
        "binary_sensor.a_connector_1_reserved": "on",
    }.items():
        assert site.state(entity_id) == state
    assert site.state("sensor.a_connector_1_reserved_until") not in {"unknown", "unavailable"}
    assert site.state("event.a_connector_1_reservation") != "unavailable"
    charger.go_online()
    await site.becomes(uid=reservation["uid"], hold="held")
    await site.shows("sensor.a_connector_1_status", "reserved")


async def test_charging_outlives_a_restart(site: Site, version: Version) -> None:
    """A reservation in use stays so, and is used up when the transaction ends that began before the restart."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    reservation = await site.reserve()
    assert await charger.start(1, HOLDER)
    await site.shows("sensor.a_connector_1_reservation", "in_use")
    await charger.go_offline()
    await site.stop()
    await site.start()
    assert site.state("sensor.a_connector_1_reservation") == "in_use"
    charger.go_online()
    await site.shows("sensor.a_connector_1_status", "charging")
    await site.becomes(uid=reservation["uid"], status="in_use")
    await charger.stop(1)
    await site.shows("sensor.a_connector_1_reservation", "none")
    assert await site.reservations() == []


async def test_strangers_are_kept_out_after_a_restart(site: Site, version: Version) -> None:
    """From the first message of the charger on."""
    behaviour = Behaviour(enforces=False, statuses_after_reconnect="none")
    charger = await site.charger(version=version, behaviour=behaviour, connectors=1)
    await site.reserve()
    await site.stop()
    await site.start()
    await charger.ready()
    assert not await charger.start(1, STRANGER)


async def test_transaction_ids_are_never_given_twice(site: Site, clock: Clock, hass_storage: dict[str, Any]) -> None:
    """Contract 5: blocks of a hundred from disk; neither a restart nor a crash gives an id again."""
    charger = await site.charger(behaviour=TELLS_ALL)
    key = f"ocpp_central.{site.entry.entry_id}"

    async def charge() -> int:
        await charger.ready()
        await clock.forward(seconds=1)  # two starts within one second would be one that is told twice
        assert await charger.start(1, HOLDER)
        number = charger.transactions[1].id
        await charger.unplug(1)
        assert isinstance(number, int)
        return number

    given = [await charge(), await charge()]
    on_disk = deepcopy(hass_storage[key])
    given.append(await charge())
    await site.stop()
    hass_storage[key] = on_disk
    await site.start()
    given.append(await charge())
    await site.stop()
    await site.start()
    given.append(await charge())
    assert sorted(set(given)) == given
    assert given[0] > 0
    assert given[3] > given[2] + 90, "a block is left out"


async def test_reservation_ids_go_on_after_a_restart(site: Site) -> None:
    """An id that was given is not given again while a charger might connect something with it."""
    await site.charger(behaviour=TELLS_ALL)
    first = await site.reserve()
    await site.act("cancel_reservation", uid=first["uid"])
    await site.stop()
    await site.start()
    await site.shows("sensor.a_connector_1_status", "available")
    assert (await site.reserve(2))["reservation_id"] > first["reservation_id"]


async def test_devices_and_entities_are_there_at_once(site: Site, version: Version) -> None:
    """Contract 2: topology and boot data are remembered; the status is unknown until the charger tells it."""
    charger = await told_what_it_can(await site.charger(version=version, connectors=3))
    await site.shows(
        "number.a_connector_3_current_limit", "unknown"
    )  # the last to come, once it is known to be possible
    before = {state.entity_id for state in site.hass.states.async_all()}
    devices = {connector: site.device_id("A", connector) for connector in (None, 1, 2, 3)}
    await charger.go_offline()
    await site.stop()
    await site.start()
    assert {state.entity_id for state in site.hass.states.async_all()} == before
    assert {connector: site.device_id("A", connector) for connector in devices} == devices
    assert site.state("binary_sensor.a_connected") == "off"
    charger.behaviour = Behaviour(statuses_after_reconnect="none")
    charger.go_online()
    await site.shows("binary_sensor.a_connected", "on")
    assert site.state("sensor.a_connector_3_status") == "unknown"
    assert site.state("binary_sensor.a_connector_3_plugged_in") == "unknown"


async def test_unreadable_records_are_set_aside(
    hass: HomeAssistant, site: Site, hass_storage: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """home-assistant.md 6.2: one bad record costs neither the others nor the start, and is kept as it was."""
    await site.charger()
    kept = await site.reserve(1)
    await site.reserve(2)
    await site.stop()
    key = f"ocpp_central.{site.entry.entry_id}"
    stored = deepcopy(hass_storage[key])
    (book,) = stored["data"]["books"]
    bad = book["reservations"][1]
    bad["status"] = "from the future"
    hass_storage[key] = stored
    await site.start()
    assert [each["uid"] for each in await site.reservations()] == [kept["uid"]]
    assert "could not be read" in caplog.text
    await site.act("cancel_reservation", uid=kept["uid"])
    await site.stop()
    assert bad in hass_storage[key]["data"]["books"][0]["unreadable"]
    await site.start()


async def test_nothing_is_left_when_the_entry_is_removed(
    hass: HomeAssistant, site: Site, hass_storage: dict[str, Any]
) -> None:
    """The file goes with the central system."""
    await site.charger()
    await site.reserve()
    key = f"ocpp_central.{site.entry.entry_id}"
    assert key in hass_storage
    assert await hass.config_entries.async_remove(site.entry.entry_id)
    await hass.async_block_till_done()
    assert key not in hass_storage
    assert not hass.states.async_all()


async def test_changes_that_nobody_waits_for_are_written_soon(
    site: Site, clock: Clock, hass_storage: dict[str, Any]
) -> None:
    """What a charger says of itself survives a crash ten seconds later."""
    await site.charger(behaviour=Behaviour(model="Rememberme"))
    await clock.forward(seconds=11)
    key = f"ocpp_central.{site.entry.entry_id}"
    await eventually(lambda: "Rememberme" in str(hass_storage.get(key)))


async def test_a_central_system_without_chargers_restarts(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Nothing is no special case."""
    for _ in range(2):
        assert await hass.config_entries.async_reload(entry.entry_id)
