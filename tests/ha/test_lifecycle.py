"""The central system as a config entry: listening, moving, stopping, and its devices and entities."""

import asyncio
import socket

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.ocpp_central.const import DOMAIN
from tests.charger import Behaviour, Version

from .conftest import (
    HOLDER,
    STRANGER,
    TELLS_ALL,
    Clock,
    Site,
    central_system,
    charger_subentry,
    eventually,
    refused,
    settings_asked,
)
from .neighbour import add_neighbour

pytestmark = pytest.mark.blackbox


def issues(hass: HomeAssistant) -> list[str | None]:
    """The repairs that are listed."""
    return [issue.translation_key for issue in ir.async_get(hass).issues.values() if issue.domain == DOMAIN]


async def test_a_port_in_use_is_a_repair_until_it_is_free(hass: HomeAssistant, port: int, clock: Clock) -> None:
    """Issue 2: an error that Home Assistant tries to get over, and says so."""
    entry = central_system([charger_subentry("A")], port)
    entry.add_to_hass(hass)
    with socket.create_server(("127.0.0.1", port)):
        assert not await hass.config_entries.async_setup(entry.entry_id)
        assert entry.state is ConfigEntryState.SETUP_RETRY
        assert entry.error_reason_translation_key == "port_in_use"
        assert issues(hass) == ["port_in_use"]
    await clock.forward(minutes=2)
    await eventually(lambda: entry.state is ConfigEntryState.LOADED)
    assert issues(hass) == []


async def test_a_port_of_the_other_ocpp_integration_is_a_repair_that_names_it(
    hass: HomeAssistant, port: int, clock: Clock
) -> None:
    """It goes over into that of any program when that integration stops, and away when the port is free."""
    entry = central_system([charger_subentry("A")], port)
    entry.add_to_hass(hass)
    with socket.create_server(("127.0.0.1", port)):
        neighbour = await add_neighbour(hass, port)
        assert not await hass.config_entries.async_setup(entry.entry_id)
        assert entry.error_reason_translation_key == "port_of_neighbour"
        assert entry.error_reason_translation_placeholders is not None
        assert entry.error_reason_translation_placeholders["neighbour"] == "central"
        assert issues(hass) == ["port_of_neighbour"]

        await hass.config_entries.async_unload(neighbour.entry_id)
        await clock.forward(minutes=2)
        await eventually(lambda: issues(hass) == ["port_in_use"])
    await clock.forward(minutes=4)
    await eventually(lambda: entry.state is ConfigEntryState.LOADED)
    assert issues(hass) == []


async def test_an_address_of_another_machine_is_a_repair(hass: HomeAssistant, port: int) -> None:
    """The address was right when it was entered, and is gone later."""
    entry = central_system([], port)
    hass_data = {**entry.data, "host": "192.0.2.1"}
    entry = MockConfigEntry(domain=DOMAIN, title="OCPP Central System", data=hass_data)
    entry.add_to_hass(hass)
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert issues(hass) == ["cannot_listen"]
    assert await hass.config_entries.async_remove(entry.entry_id)
    assert issues(hass) == []


async def test_unloading_leaves_nothing(hass: HomeAssistant, site: Site, port: int) -> None:
    """Contract: the port can be bound again, chargers are told 1001, entities become unavailable."""
    charger = await site.charger()
    await site.stop()
    await charger.wait_for(lambda: not charger.is_connected)
    with socket.create_server(("127.0.0.1", port)):
        pass
    assert site.state("binary_sensor.a_connected") == "unavailable"
    assert site.state("binary_sensor.a_connector_1_reserved") == "unavailable"
    await site.start()
    await charger.ready()


async def test_moving_to_another_port_reloads(hass: HomeAssistant, site: Site) -> None:
    """Contract 1: host and port need a reload; reservations are kept."""
    charger = await site.charger()
    await site.reserve()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    hass.config_entries.async_update_entry(site.entry, data={**site.entry.data, "port": port})
    await hass.async_block_till_done()
    await charger.wait_for(lambda: not charger.is_connected)
    await site.shows("sensor.a_connector_1_reservation", "active")
    with socket.create_connection(("127.0.0.1", port)):
        pass
    moved = await site.dial(behaviour=TELLS_ALL)
    await moved.ready()
    await site.becomes(hold="held")


async def test_other_changes_cost_no_connection(hass: HomeAssistant, site: Site) -> None:
    """Options, titles and other subentries apply at once, without a reload."""
    charger = await site.charger()
    connected = site.history("binary_sensor.a_connected")
    hass.config_entries.async_update_entry(site.entry, title="Home", options={"buffer_before": 0})
    await hass.async_block_till_done()
    await charger.heartbeat()
    assert connected == []


async def test_a_renamed_charger_has_its_name_everywhere(hass: HomeAssistant, site: Site) -> None:
    """The subentry's title is the device's name, at once; entity ids stay."""
    charger = await site.charger()
    connected = site.history("binary_sensor.a_connected")
    (subentry,) = site.entry.subentries.values()
    hass.config_entries.async_update_subentry(site.entry, subentry, title="Garage")
    await hass.async_block_till_done()
    device = site.device("A")
    assert device is not None
    assert device.name == "Garage"
    assert connected == []
    await charger.go_offline()
    await site.shows("binary_sensor.a_connected", "off")
    with pytest.raises(Exception, match="Garage is not connected"):
        await site.reserve()


async def test_a_device_says_what_the_charger_says_of_itself(site: Site, version: Version) -> None:
    """Boot data, kept up to date."""
    charger = await site.charger(version=version, behaviour=Behaviour(vendor="Maker", model="M1", firmware="1.0"))
    device = dr.async_get(site.hass).async_get(site.device_id())
    assert isinstance(device, dr.DeviceEntry)
    assert (device.manufacturer, device.model, device.sw_version) == ("Maker", "M1", "1.0")
    child = site.device("A", 1)
    assert child is not None
    assert child.name == "Connector 1"

    charger.behaviour = Behaviour(vendor="Maker", model="M1", firmware="2.0")
    await charger.boot("RemoteReset")
    device = dr.async_get(site.hass).async_get(site.device_id())
    assert isinstance(device, dr.DeviceEntry)
    assert device.sw_version == "2.0"


async def test_a_new_connector_appears_without_a_reload(site: Site, version: Version) -> None:
    """Dynamic devices: whatever a charger names for the first time."""
    charger = await site.charger(version=version, connectors=1)
    assert site.device("A", 2) is None
    status = {"connectorId": 2, "errorCode": "NoError", "status": "Available"}
    if version is not Version.V16:
        status = {"timestamp": "2026-01-01T00:00:00Z", "connectorStatus": "Available", "evseId": 2, "connectorId": 1}
    await charger.call("StatusNotification", status)
    await site.shows("sensor.a_connector_2_status", "available")
    assert site.device("A", 2) is not None
    assert site.state("button.a_connector_2_reserve") == "unknown"
    assert (await site.reserve(2, held_by="central_system"))["evse"] == 2
    assert site.state("binary_sensor.a_connector_2_reserved") == "on"


async def test_only_gone_devices_can_be_deleted(
    hass: HomeAssistant, site: Site, hass_ws_client: WebSocketGenerator
) -> None:
    """Stale devices: whatever a charger still has is kept, also while the central system is not loaded."""
    assert await async_setup_component(hass, "config", {})
    await site.charger()
    gone = dr.async_get(hass).async_get_or_create(
        config_entry_id=site.entry.entry_id,
        config_subentry_id=next(iter(site.entry.subentries)),
        identifiers={(DOMAIN, "Gone")},
    )
    client = await hass_ws_client(hass)
    for device_id in (site.device_id(), site.device_id("A", 1)):
        answer = await client.remove_device(device_id)
        assert answer["success"] is False
    with pytest.raises(Exception, match="no longer part"):
        await site.act("get_reservations", device_id=gone.id)
    answer = await client.remove_device(gone.id)
    assert answer["success"] is True
    await site.stop()
    answer = await client.remove_device(site.device_id())
    assert answer["success"] is False
    await site.start()


async def test_a_connector_that_a_charger_has_lost_can_be_deleted(
    hass: HomeAssistant, site: Site, hass_ws_client: WebSocketGenerator, clock: Clock, version: Version
) -> None:
    """It was rebuilt, or another one has its identity: once it has told of the others, and unless something is reserved there."""
    assert await async_setup_component(hass, "config", {})
    client = await hass_ws_client(hass)
    larger = await site.charger(version=version, behaviour=TELLS_ALL)
    await larger.plug(2)
    await larger.start(2, HOLDER)
    await larger.meter(2, {"Energy.Active.Import.Register": 500})
    await site.shows("sensor.a_connector_2_energy", "0.5")
    await larger.stop(2)
    await site.shows("switch.a_connector_2_charging", "off")
    lost = site.device_id("A", 2)
    await larger.go_offline()
    assert (await client.remove_device(lost))["success"] is False
    smaller = await site.charger(version=version, connectors=1)
    assert (await client.remove_device(lost))["success"] is False
    later = await site.reserve(2, start=clock.after(hours=1), held_by="central_system")
    await clock.forward(seconds=31)
    assert (await client.remove_device(lost))["success"] is False
    await site.act("cancel_reservation", uid=later["uid"])
    assert (await client.remove_device(site.device_id("A", 1)))["success"] is False
    assert (await client.remove_device(lost))["success"] is True
    await hass.async_block_till_done()
    assert site.device("A", 2) is None
    assert site.state("sensor.a_connector_2_energy") is None
    await site.stop()
    await site.start()
    assert site.device("A", 2) is None
    await smaller.go_offline()
    back = await site.dial(version=version, behaviour=TELLS_ALL)
    await back.ready()
    await site.shows("sensor.a_connector_2_status", "available")
    await back.meter(2, {"Energy.Active.Import.Register": 600})
    await site.shows("sensor.a_connector_2_energy", "0.6")


async def test_nobody_waits_for_a_connector_that_a_charger_has_lost(site: Site, clock: Clock, version: Version) -> None:
    """Once it has booted without it, also after a restart of Home Assistant; nor is anything for any planned there."""
    larger = await site.charger(version=version, behaviour=TELLS_ALL)
    await larger.go_offline()
    smaller = await site.charger(version=version, connectors=1, behaviour=TELLS_ALL)
    await clock.forward(minutes=6)
    await smaller.go_offline()
    await site.stop()
    await site.start()
    before = settings_asked(smaller)
    smaller.go_online()
    await eventually(lambda: settings_asked(smaller) > before, "what a charger is asked that has told everything")
    assert (await site.reserve(None))["evse"] == 1
    await refused(site.reserve(None, id_token=STRANGER), "reservation_conflict")


async def test_coming_and_going_is_logged_once(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """Quality scale, log-when-unavailable: once away, once back, at info."""
    charger = await site.charger()
    await charger.go_offline()
    await site.shows("binary_sensor.a_connected", "off")
    charger.go_online()
    await site.shows("binary_sensor.a_connected", "on")
    ours = [record for record in caplog.records if record.name.startswith("custom_components")]
    told = [record.getMessage() for record in ours if record.levelname == "INFO"]
    assert told.count("A is connected with ocpp1.6") == 2
    assert told.count("A is not connected any more") == 1


async def test_statuses_are_shown(site: Site, version: Version) -> None:
    """Contract 4, `status`: never `unavailable` or `unknown`, which are Home Assistant's own."""
    charger = await site.charger(version=version)
    for word, state, problem in (
        ("Faulted", "faulted", "unknown"),
        ("Unavailable", "out_of_service", "unknown"),
        ("Available", "available", "off"),
    ):
        await charger.set_status(1, word)
        await site.shows("sensor.a_connector_1_status", state)
        assert site.state("binary_sensor.a_connector_1_plugged_in") == problem
    await charger.plug(1)
    await site.shows("binary_sensor.a_connector_1_plugged_in", "on")
    assert site.state("binary_sensor.a_connector_1_charging") == "off"
    await charger.present(1, "ANYBODY")
    await site.shows("sensor.a_connector_1_status", "charging")
    await site.shows("binary_sensor.a_connector_1_charging", "on")


async def test_a_renamed_entity_goes_on(hass: HomeAssistant, site: Site) -> None:
    """Entity ids are the owner's business."""
    charger = await site.charger()
    er.async_get(hass).async_update_entity("sensor.a_connector_1_status", new_entity_id="sensor.x")
    await hass.async_block_till_done()
    await charger.plug(1)
    await site.shows("sensor.x", "preparing")
    await site.shows("binary_sensor.a_connector_1_plugged_in", "on")
    assert all(sent.error is None for sent in charger.sent)


@pytest.mark.parametrize("chargers", [[charger_subentry("CP"), charger_subentry("CP_1"), charger_subentry("CP1")]])
async def test_similar_identities_do_not_collide(site: Site) -> None:
    """home-assistant.md 2.3: charger CP's connector 1 is not charger CP_1."""
    await asyncio.gather(*(site.charger(identity, connectors=1) for identity in ("CP", "CP_1", "CP1")))
    devices = {site.device_id(identity, number) for identity in ("CP", "CP_1", "CP1") for number in (None, 1)}
    assert len(devices) == 6


async def test_two_central_systems_live_side_by_side(hass: HomeAssistant, site: Site) -> None:
    """Contract 3, `reservation_ambiguous`: an id of two of them needs `config_entry_id`."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    other = central_system([charger_subentry("B")], port)
    other.add_to_hass(hass)
    assert await hass.config_entries.async_setup(other.entry_id)
    here, there = site, site.beside(other)
    await here.charger("A")
    await there.charger("B")
    first = await here.reserve(reservation_id=9)
    second = await there.reserve(identity="B", reservation_id=9)
    assert [each["uid"] for each in await site.reservations()] in (
        [first["uid"], second["uid"]],
        [second["uid"], first["uid"]],
    )
    with pytest.raises(Exception, match="More than one central system"):
        await site.act("cancel_reservation", reservation_id=9)
    cancelled = await site.act("cancel_reservation", reservation_id=9, config_entry_id=other.entry_id)
    assert cancelled["uid"] == second["uid"]
    with pytest.raises(Exception, match="no living reservation"):
        await site.act("cancel_reservation", reservation_id=9, config_entry_id=other.entry_id)
