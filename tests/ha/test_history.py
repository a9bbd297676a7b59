"""Reservations that have ended: what is told of them, where they are kept, and for how long."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest

from tests.charger import Version

from .conftest import HOLDER, TELLS_ALL, Clock, Site, eventually

pytestmark = pytest.mark.blackbox


@pytest.fixture
def hass_storage() -> dict[str, Any]:
    """The real disk."""
    return {}


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """A folder of the test's own."""
    return hass_tmp_config_dir


class Files:
    """The two files of a central system."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Name them."""
        self.living = Path(hass.config.path(".storage", f"ocpp_central.{entry_id}"))
        self.history = self.living.with_name(f"{self.living.name}.history")
        self.aside = self.living.with_name(f"{self.living.name}.history.unreadable")

    @property
    def pending(self) -> list[str]:
        """The uids of the ended reservations that are in the first file."""
        return [each["uid"] for each in json.loads(self.living.read_text())["data"]["ended"]]

    @property
    def archived(self) -> list[str]:
        """The uids of those in the second file."""
        if not self.history.is_file():
            return []
        return [each["uid"] for each in json.loads(self.history.read_text())["data"]["reservations"]]

    def write_history(self, reservations: list[dict[str, Any]], unreadable: list[dict[str, Any]]) -> None:
        """Put a history in place."""
        data = {"reservations": reservations, "unreadable": unreadable}
        key = self.history.name
        self.history.write_text(json.dumps({"version": 1, "minor_version": 1, "key": key, "data": data}))


@pytest.fixture
def files(hass: HomeAssistant, site: Site) -> Files:
    """The files."""
    return Files(hass, site.entry.entry_id)


async def all_of(site: Site, **data: object) -> dict[str, str]:
    """The status of every reservation, by uid."""
    listed = await site.reservations(include_ended=True, **data)
    assert len({each["uid"] for each in listed}) == len(listed)
    return {each["uid"]: each["status"] for each in listed}


async def cancelled(site: Site, connector: int = 1) -> str:
    """The uid of a reservation that was cancelled."""
    reservation = await site.reserve(connector, held_by="central_system")
    await site.act("cancel_reservation", uid=reservation["uid"])
    uid: str = reservation["uid"]
    return uid


async def archive(clock: Clock) -> None:
    """Let the history be written, and then the first file."""
    await clock.forward(seconds=61)
    await clock.forward(seconds=11)


async def test_ended_reservations_are_listed_on_request(site: Site, version: Version) -> None:
    """Contract 3, get_reservations: `include_ended`, in the shape of all others; never a token."""
    charger = await site.charger(version=version)
    used = (await site.reserve())["uid"]
    assert await charger.start(1, HOLDER)
    await site.shows("sensor.a_connector_1_reservation", "in_use")
    await charger.stop(1)
    await site.shows("sensor.a_connector_1_reservation", "none")
    other = await cancelled(site, 2)
    assert await site.reservations() == []
    first, second = await site.reservations(include_ended=True)
    assert (first["uid"], first["status"], first["end_reason"]) == (used, "used", "UsedToStartCharging")
    assert (second["uid"], second["status"], second["end_reason"]) == (other, "cancelled", "Cancelled")
    assert HOLDER not in str(first)
    assert await all_of(site, device_id=site.device_id("A", 2)) == {other: "cancelled"}
    living = (await site.reserve(2))["uid"]
    assert (await all_of(site))[living] == "active"
    assert set((await site.reservations(include_ended=True))[0]) == set((await site.reservations())[0])


async def test_an_ended_reservation_moves_to_the_history(site: Site, files: Files, clock: Clock) -> None:
    """Contract 5: delayed, into the second file, and only then out of the first; private, since it holds tokens."""
    await site.charger()
    uid = await cancelled(site)
    assert files.pending == [uid]
    assert files.archived == []
    await archive(clock)
    assert (files.pending, files.archived) == ([], [uid])
    assert files.history.stat().st_mode & 0o077 == 0
    assert HOLDER in files.history.read_text()
    await site.stop()
    await site.start()
    assert await all_of(site) == {uid: "cancelled"}


async def test_a_crash_between_the_two_files_doubles_nothing(site: Site, files: Files, clock: Clock) -> None:
    """Contract 5: what both have counts once, and the first file is right about what lives."""
    charger = await site.charger()
    living = await site.reserve(held_by="central_system")
    before = files.living.read_text()
    await site.act("cancel_reservation", uid=living["uid"])
    between = files.living.read_text()
    await charger.go_offline()
    await archive(clock)
    assert (files.pending, files.archived) == ([], [living["uid"]])
    await site.stop()
    for text, status in ((between, "cancelled"), (before, "active")):
        files.living.write_text(text)
        await site.start()
        assert await all_of(site) == {living["uid"]: status}
        await archive(clock)
        assert await all_of(site) == {living["uid"]: status}
        await site.stop()


async def test_a_history_that_cannot_be_written_loses_nothing(
    site: Site, files: Files, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """The records stay in the first file, it is told once, and it is tried again."""
    await site.charger()
    uids = [await cancelled(site)]
    files.history.mkdir()
    (files.history / "in the way").touch()
    for _ in range(3):
        await archive(clock)
    uids.append(await cancelled(site))
    assert sorted(files.pending) == sorted(uids)
    assert caplog.text.count("history of reservations cannot be saved") == 1
    (files.history / "in the way").unlink()
    files.history.rmdir()
    await archive(clock)
    assert (files.pending, sorted(files.archived)) == ([], sorted(uids))


async def test_nothing_is_archived_that_has_not_ended_in_the_first_file(site: Site, files: Files, clock: Clock) -> None:
    """A reservation that had ended in the second file alone would live again after a crash."""
    await site.charger()
    uid = (await site.reserve())["uid"]
    files.living.rename(files.living.with_suffix(".kept"))
    files.living.mkdir()
    (files.living / "in the way").touch()
    await clock.forward(minutes=31)
    assert await all_of(site) == {uid: "expired"}
    await clock.forward(seconds=61)
    assert files.archived == []
    (files.living / "in the way").unlink()
    files.living.rmdir()
    await archive(clock)
    assert files.archived == [uid]


@pytest.mark.parametrize(
    "content",
    ["{", "[]", "{}", '{"version": 1, "data": {"reservations": 5}}', '{"version": 1, "data": []}', '{"version": 99}'],
)
async def test_a_corrupt_history_does_not_stop_the_start(site: Site, files: Files, clock: Clock, content: str) -> None:
    """What is reserved now is worth more than what was; nothing that cannot be read is overwritten."""
    await site.charger()
    await site.stop()
    files.history.write_text(content)
    await site.start()
    uid = (await site.reserve(held_by="central_system"))["uid"]
    assert await all_of(site) == {uid: "active"}
    await site.act("cancel_reservation", uid=uid)
    await archive(clock)
    assert files.archived == [uid]
    kept = [each.read_text() for each in files.history.parent.glob(f"{files.history.name}.*")]
    assert kept == ([] if content == "{}" else [content])


async def test_the_history_is_bounded(site: Site, files: Files, clock: Clock) -> None:
    """Contract 5: 90 days, at most 2,000; the oldest go first, before them rejected ones, and foreign ones as well."""
    await site.charger()
    template_uid = await cancelled(site)
    await archive(clock)
    await site.stop()
    (template,) = json.loads(files.history.read_text())["data"]["reservations"]
    now = datetime.now(UTC)

    def record(number: int, age: timedelta, **more: object) -> dict[str, Any]:
        copy: dict[str, Any] = deepcopy(template)
        return copy | {"uid": f"uid{number}", "updated": (now - age).isoformat()} | more

    recent = [record(number, timedelta(minutes=number)) for number in range(1, 1999)]
    rejected = [record(number, timedelta(0), status="rejected") for number in range(2000, 2010)]
    old = [record(5000, timedelta(days=91))]
    foreign = [
        record(6000, timedelta(days=1), status="unheard of"),
        record(6001, timedelta(days=91), status="unheard of"),
    ]
    files.write_history([template, *rejected, *old, *recent, foreign[0]], [foreign[1]])
    await site.start()
    assert "uid5000" not in await all_of(site)
    await archive(clock)
    assert len(files.archived) == 2000
    assert {template_uid, *(each["uid"] for each in recent)} < set(files.archived)
    await site.stop()
    files.write_history([template], foreign)
    await site.start()
    await archive(clock)
    data = json.loads(files.history.read_text())["data"]
    assert [each["uid"] for each in data["unreadable"]] == ["uid6000"]
    await clock.forward(days=91)
    await archive(clock)
    assert files.archived == []
    assert HOLDER not in files.history.read_text()


async def test_an_entry_that_is_removed_leaves_no_file(
    hass: HomeAssistant, site: Site, files: Files, clock: Clock
) -> None:
    """The files hold tokens."""
    await site.charger()
    await cancelled(site)
    await archive(clock)
    files.aside.touch()
    assert files.history.exists()
    assert await hass.config_entries.async_remove(site.entry.entry_id)
    left = list(files.living.parent.glob(f"{files.living.name}*"))
    assert left == []


async def test_ends_are_counted_for_ever(hass: HomeAssistant, site: Site, clock: Clock) -> None:
    """Contract 4: sensors of the charger, off by default, that outlive restarts and the bounds of the history."""
    registry = er.async_get(hass)
    counts = {f"sensor.a_reservations_{how}": 0 for how in ("used", "expired", "cancelled")}
    for entity_id in counts:
        known = registry.async_get(entity_id)
        assert known is not None
        assert known.disabled_by is er.RegistryEntryDisabler.INTEGRATION
        registry.async_update_entity(entity_id, disabled_by=None)
    await site.stop()
    await site.start()
    charger = await site.charger(behaviour=TELLS_ALL)
    for entity_id in counts:
        state = hass.states.get(entity_id)
        assert state is not None
        assert (state.state, state.attributes["state_class"]) == ("0", "total_increasing")
    await cancelled(site)
    await cancelled(site)
    await site.shows("sensor.a_reservations_cancelled", "2")
    await site.reserve(1)
    assert await charger.start(1, HOLDER)
    await charger.stop(1)
    await site.shows("sensor.a_reservations_used", "1")
    await site.reserve(2)
    await clock.forward(minutes=31)
    await site.shows("sensor.a_reservations_expired", "1")
    await clock.forward(days=100)
    await archive(clock)
    await site.stop()
    await site.start()
    assert [site.state(entity_id) for entity_id in counts] == ["1", "1", "2"]


async def test_a_queued_start_uses_a_reservation_that_expired(
    site: Site, files: Files, clock: Clock, version: Version, caplog: pytest.LogCaptureFixture
) -> None:
    """ocpp.md 5.4, "queued offline StartTransaction": the holder had come in time, also if the history has it."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    reservation = await site.reserve()
    await site.shows("sensor.a_connector_1_status", "reserved")
    await charger.go_offline()
    await clock.forward(minutes=10)
    await charger.start(1, HOLDER)
    await clock.forward(minutes=30)
    assert await all_of(site) == {reservation["uid"]: "expired"}
    await archive(clock)
    assert (files.pending, files.archived) == ([reservation["uid"]], [reservation["uid"]])
    news = site.news()
    charger.go_online()
    await charger.wait_for(lambda: not charger.pending)
    await eventually(lambda: news)
    assert [(each["event_type"], each["late"]) for each in news] == [("used", True)]
    assert await all_of(site) == {reservation["uid"]: "used"}
    assert "it was used" in caplog.text
    await archive(clock)
    assert (files.pending, files.archived) == ([], [reservation["uid"]])
    await site.stop()
    await site.start()
    assert await all_of(site) == {reservation["uid"]: "used"}
