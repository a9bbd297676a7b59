"""What is told to whom when the disk cannot be written."""

from collections.abc import Iterator
import json
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from tests.charger import Behaviour, Fault, Version

from .conftest import (
    HOLDER,
    TELLS_ALL,
    Clock,
    Site,
    charger_subentry,
    driver_subentry,
    eventually,
    refused,
    warned_of,
)

pytestmark = pytest.mark.blackbox


@pytest.fixture
def hass_storage() -> dict[str, Any]:
    """The real disk."""
    return {}


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """A folder of the test's own."""
    return hass_tmp_config_dir


class Disk:
    """The file of the central system, on a disk that can break."""

    def __init__(self, path: Path) -> None:
        """Work."""
        self.path = path
        self._kept = path.with_suffix(".kept")

    def breaks(self) -> None:
        """Nothing can be written from now on: something else has the file's name."""
        if self.path.exists():
            self.path.rename(self._kept)
        (self.path / "in the way").mkdir(parents=True)

    def is_repaired(self) -> None:
        """Everything can be written again, and what was written is there."""
        (self.path / "in the way").rmdir()
        self.path.rmdir()
        if self._kept.exists():
            self._kept.rename(self.path)


@pytest.fixture
def disk(hass: HomeAssistant, site: Site) -> Iterator[Disk]:
    """The disk."""
    disk = Disk(Path(hass.config.path(".storage", f"ocpp_central.{site.entry.entry_id}")))
    yield disk
    if disk.path.is_dir():
        disk.is_repaired()


@pytest.mark.parametrize("begins", ["now", "later"])
async def test_of_what_repeats_nothing_is_left_that_cannot_be_saved(
    site: Site,
    disk: Disk,
    clock: Clock,
    hass_ws_client: WebSocketGenerator,
    caplog: pytest.LogCaptureFixture,
    begins: str,
) -> None:
    """Neither a reservation nor what would make more of them; a series that is there stays, and is made good later."""
    charger = await site.charger()
    socket = await hass_ws_client(site.hass)

    async def asked(command: str, **data: object) -> dict[str, Any]:
        of = {"entity_id": "calendar.a_reservations", **data}
        await socket.send_json_auto_id({"type": f"calendar/event/{command}", **of})
        answer: dict[str, Any] = await socket.receive_json()
        return answer

    start = 0 if begins == "now" else 5
    event = {
        "summary": "",
        "location": "1",
        "dtstart": clock.after(hours=start),
        "dtend": clock.after(hours=start + 2),
        "rrule": "FREQ=DAILY",
    }
    disk.breaks()
    assert "could not be saved" in (await asked("create", event=event))["error"]["message"]
    disk.is_repaired()
    await clock.forward(hours=1)
    assert await site.reservations() == []
    assert charger.holds == {}

    assert (await asked("create", event=event | {"location": "2"}))["success"]
    before = await site.reservations()
    (uid,) = [each["uid"] for book in json.loads(disk.path.read_text())["data"]["books"] for each in book["sources"]]
    disk.breaks()
    assert "could not be saved" in (await asked("delete", uid=uid))["error"]["message"]
    assert "could not be saved" in (await asked("update", uid=uid, event=event))["error"]["message"]
    await clock.forward(days=1)
    assert warned_of(caplog, "what repeats at a could not be reserved")
    assert (await site.reservations())[-1] == before[-1]
    disk.is_repaired()
    await clock.forward(hours=1)
    assert (await site.reservations())[-1]["start"] > before[-1]["start"]


@pytest.mark.parametrize("held_by", ["auto", "charger", "central_system"])
async def test_what_cannot_be_saved_is_not_reserved(site: Site, disk: Disk, held_by: str) -> None:
    """Contract 5: a failed write raises, nothing is sent, nothing is left."""
    charger = await site.charger()
    news = site.news()
    disk.breaks()
    await refused(site.reserve(held_by=held_by), "storage_failed")
    await refused(site.press("button.a_connector_1_reserve"), "storage_failed")
    assert await site.reservations() == []
    assert site.state("sensor.a_connector_1_reservation") == "none"
    assert site.state("binary_sensor.a_connector_1_reserved") == "off"
    assert news == []
    await charger.heartbeat()
    assert not [received for received in charger.received if received.action == "ReserveNow"]

    disk.is_repaired()
    assert (await site.reserve(held_by=held_by))["status"] == "active"


async def test_what_cannot_be_saved_is_not_cancelled(site: Site, disk: Disk) -> None:
    """The reservation stands, here and at the charger, though more happened at the same moment."""
    charger = await site.charger()
    reservation = await site.reserve()
    news = site.news()
    disk.breaks()
    await refused(site.act("cancel_reservation", uid=reservation["uid"]), "storage_failed")
    assert [each["uid"] for each in await site.reservations()] == [reservation["uid"]]
    assert site.state("binary_sensor.a_connector_1_reserved") == "on"
    await charger.heartbeat()
    assert len(charger.holds) == 1
    assert news == []
    disk.is_repaired()
    await site.act("cancel_reservation", uid=reservation["uid"])
    await charger.wait_for(lambda: not charger.holds)


@pytest.mark.parametrize("change", [{"duration": 7200}, {"later": True}, {"to": 2}])
async def test_what_cannot_be_saved_is_not_changed(
    site: Site, disk: Disk, clock: Clock, version: Version, change: dict[str, Any]
) -> None:
    """The reservation stands as it was, here and at the charger."""
    charger = await site.charger(version=version)
    data = change
    if "to" in change:
        data = {"device_id": site.device_id("A", 2)}
    elif "later" in change:
        data = {"start": clock.after(hours=1)}
    before = await site.reserve()
    news = site.news()
    disk.breaks()
    await refused(site.act("update_reservation", uid=before["uid"], **data), "storage_failed")
    assert await site.reservations() == [{key: before[key] for key in before if key != "result"}]
    assert site.state("binary_sensor.a_connector_1_reserved") == "on"
    assert site.state("binary_sensor.a_connector_2_reserved") == "off"
    assert news == []
    await charger.heartbeat()
    assert [received.action for received in charger.received].count("ReserveNow") == 1
    disk.is_repaired()
    await site.act("update_reservation", uid=before["uid"], **data)
    assert [each["event_type"] for each in news] == ["changed"]


async def test_a_failed_step_takes_nothing_else_with_it(hass: HomeAssistant, site: Site, disk: Disk) -> None:
    """What a charger tells while a step fails stays told, and the step is taken back all the same."""
    charger = await site.charger()
    kept = await site.reserve(2)
    await site.shows("sensor.a_connector_2_status", "reserved")
    disk.breaks()
    attempts = [hass.async_create_task(site.reserve(1)) for _ in range(3)]
    await charger.set_status(2, "Faulted")
    for attempt in attempts:
        await refused(attempt, "storage_failed")
    await site.shows("sensor.a_connector_2_status", "faulted")
    assert [(each["uid"], each["hold"]) for each in await site.reservations()] == [(kept["uid"], "lost")]
    assert site.state("sensor.a_connector_1_reservation") == "none"


async def test_a_start_that_cannot_be_saved_is_not_answered(site: Site, disk: Disk, version: Version) -> None:
    """Contract 5: the connection is closed, so that the charger says it again, and gets the same transaction."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    await site.reserve()
    connected = site.history("binary_sensor.a_connected")
    disk.breaks()
    started = site.hass.async_create_task(charger.start(1, HOLDER))
    await eventually(lambda: connected[-2:] == ["off", "on"] or connected.count("off") > 1)
    assert charger.pending
    disk.is_repaired()
    await started
    await charger.wait_for(lambda: not charger.pending)
    await charger.wait_for(lambda: charger.transactions[1].accepted)
    await site.shows("sensor.a_connector_1_reservation", "in_use")
    starts = [sent for sent in charger.sent if sent.action in {"StartTransaction", "TransactionEvent"}]
    assert starts[0].answer is None
    await charger.stop(1)
    await site.shows("sensor.a_connector_1_reservation", "none")
    assert await site.reservations() == []


async def test_the_same_start_gets_the_same_id(site: Site, disk: Disk) -> None:
    """1.6 section 4.8: repeated until it is answered; one transaction all the same."""
    charger = await site.charger(behaviour=TELLS_ALL)
    assert await charger.start(2, "FIRST")
    first = charger.transactions[2].id
    assert isinstance(first, int)
    disk.breaks()
    connected = site.history("binary_sensor.a_connected")
    site.hass.async_create_task(charger.start(1, HOLDER))
    await eventually(lambda: connected.count("off") > 1)
    disk.is_repaired()
    await charger.wait_for(lambda: not charger.pending and 1 in charger.transactions)
    await charger.wait_for(lambda: charger.transactions[1].id is not None)
    assert charger.transactions[1].id == first + 1


async def test_a_hold_is_not_placed_before_it_is_saved(site: Site, disk: Disk, clock: Clock) -> None:
    """Contract 5 for what we do by ourselves: it waits for the disk, says so once, and goes on when that works."""
    behaviour = Behaviour(keeps_holds_over_reboot=False, statuses_after_reconnect="all")
    charger = await site.charger(behaviour=behaviour)
    await site.reserve()
    disk.breaks()
    connected = site.history("binary_sensor.a_connected")
    await charger.reboot()
    await eventually(lambda: connected[-2:] == ["off", "on"])
    await charger.ready()
    count = len(charger.received)
    for _ in range(2):
        await clock.forward(seconds=11)
    assert len(charger.received) == count
    disk.is_repaired()
    await clock.forward(seconds=11)
    await site.becomes(hold="held")


@pytest.mark.parametrize("chargers", [[charger_subentry("A", local_list=True), driver_subentry("Anna", HOLDER)]])
async def test_a_list_is_not_sent_before_its_version_is_saved(site: Site, disk: Disk, clock: Clock) -> None:
    """Else another list might have the same version after a restart."""
    disk.breaks()
    charger = await site.charger()
    await charger.wait_for("GetLocalListVersion")
    for _ in range(2):
        await charger.heartbeat()
        await clock.forward(seconds=11)
    assert "SendLocalList" not in {call.action for call in charger.received}
    disk.is_repaired()
    await clock.forward(seconds=11)
    await charger.wait_for("SendLocalList")


async def test_a_disk_that_stays_broken_is_told_once(
    site: Site, disk: Disk, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """No flood in the log, and the changes are not lost when it works again."""
    await site.charger()
    disk.breaks()
    for _ in range(3):
        await clock.forward(seconds=11)
    assert caplog.text.count("cannot be saved; trying again") == 1
    disk.is_repaired()
    await clock.forward(seconds=11)
    await eventually(lambda: disk.path.exists() and '"charger": "A"' in disk.path.read_text().replace('":"', '": "'))


async def test_a_disk_that_is_broken_at_the_end_is_told(
    site: Site, disk: Disk, caplog: pytest.LogCaptureFixture
) -> None:
    """Unloading goes on without it."""
    await site.charger()
    disk.breaks()
    await site.stop()
    assert "could not be saved" in caplog.text
    disk.is_repaired()
    await site.start()


async def test_tokens_are_for_our_eyes_only(site: Site, disk: Disk) -> None:
    """home-assistant.md 6.2: the file is private."""
    await site.charger()
    await site.reserve()
    assert disk.path.stat().st_mode & 0o077 == 0
    assert HOLDER in disk.path.read_text()


async def test_home_assistant_stops_in_order(hass: HomeAssistant, site: Site, disk: Disk) -> None:
    """On shutdown entries are not unloaded: chargers are told, waits end, and the last word is on disk."""
    charger = await site.charger(behaviour=Behaviour(reserve_answer=["", Fault.LATE]))
    reservation = await site.reserve(1)
    attempt = hass.async_create_task(site.reserve(2, held_by="charger"))
    await charger.wait_for("ReserveNow", count=2)
    await hass.async_stop(force=True)
    await refused(attempt, "charger_offline")
    assert not charger.is_connected
    stored = json.loads(disk.path.read_text())["data"]
    assert [each["uid"] for book in stored["books"] for each in book["reservations"]] == [reservation["uid"]]
    assert [each["status"] for each in stored["ended"]] == ["rejected"]
