"""Drivers who are blocked or may charge only for some time: what is reserved for them, and what becomes of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from homeassistant.config_entries import ConfigSubentryData
import pytest

from tests.charger import Version

from .conftest import STRANGER, Clock, Site, charger_subentry, driver_subentry, refused, told

ANNA, BOB, CARL, EVE, GUS = "A0A0A0A1", "B10CB10C", "C0C0C0C0", "E0E0E0E0", "60606060"


def at(**later: float) -> str:
    """A time as it is stored."""
    return (datetime.now(UTC) + timedelta(**later)).isoformat()


@pytest.fixture
def chargers() -> list[ConfigSubentryData]:
    """Charger A; Anna, Bob who is blocked, Carl from tomorrow on, Eve until yesterday, Gus for the next two hours."""
    return [
        charger_subentry("A"),
        driver_subentry("Anna", ANNA),
        driver_subentry("Bob", BOB, blocked=True),
        driver_subentry("Carl", CARL, valid_from=at(days=1)),
        driver_subentry("Eve", EVE, valid_until=at(days=-1)),
        driver_subentry("Gus", GUS, valid_from=at(hours=-1), valid_until=at(hours=2)),
    ]


async def reserve(site: Site, connector: int = 1, /, **data: object) -> dict[str, Any]:
    """Reserve a connector."""
    return await site.act("reserve_now", device_id=site.device_id("A", connector), **data)


async def change(site: Site, name: str, **data: object) -> None:
    """The owner changes a driver."""
    found = next(each for each in site.entry.subentries.values() if each.title == name)
    site.hass.config_entries.async_update_subentry(site.entry, found, data={**found.data, **data})
    await site.hass.async_block_till_done()


@pytest.mark.parametrize(
    ("wish", "key", "says"),
    [
        ({"driver": "Bob"}, "driver_blocked", "Bob"),
        ({"id_token": BOB.lower()}, "driver_blocked", "Bob"),
        ({"driver": "Carl"}, "driver_not_valid_before", "Carl"),
        ({"driver": "Eve"}, "driver_not_valid_after", "Eve"),
        ({"driver": "Gus", "duration": {"hours": 3}}, "driver_not_valid", "Gus"),
    ],
)
async def test_nothing_is_reserved_for_who_must_not_use_it(
    site: Site, wish: dict[str, Any], key: str, says: str
) -> None:
    """Contract 1, `driver_blocked` of contract 3: by name or by token; the whole of the window counts."""
    charger = await site.charger()
    assert says in str(await refused(reserve(site, **wish), key))
    assert await site.reservations() == []
    assert not charger.holds


async def test_what_lies_within_the_times_of_a_driver_is_reserved(site: Site, clock: Clock) -> None:
    """From the first moment to the last one."""
    await site.charger()
    assert (await reserve(site, driver="Gus", duration={"minutes": 90}))["driver"] == "Gus"
    coming = await reserve(
        site, 2, driver="Carl", start=clock.after(days=1, minutes=1), end=clock.after(days=1, hours=1)
    )
    assert coming["status"] == "scheduled"


async def test_nothing_is_handed_over_or_moved_to_where_it_cannot_be_used(site: Site, clock: Clock) -> None:
    """An update is judged as a new wish is; refused, nothing has changed."""
    await site.charger()
    reserved = await reserve(site, driver="Anna")
    await refused(site.act("update_reservation", uid=reserved["uid"], driver="Bob"), "driver_blocked")
    short = await reserve(site, 2, driver="Gus")
    late = site.act("update_reservation", uid=short["uid"], end=clock.after(hours=3))
    await refused(late, "driver_not_valid")
    assert {each["driver"] for each in await site.reservations()} == {"Anna", "Gus"}


@pytest.mark.parametrize("change_to", [{"blocked": True}, {"valid_until": at(minutes=1)}, {"valid_from": at(days=2)}])
async def test_what_a_driver_must_not_use_any_more_is_cancelled(
    site: Site, version: Version, change_to: dict[str, Any]
) -> None:
    """Contract 1: at once, at the charger too; whoever comes next may have the connector."""
    charger = await site.charger(version=version)
    news = site.news()
    await reserve(site, driver="Anna", duration={"minutes": 30})
    await reserve(site, 2, driver="Gus")
    await change(site, "Anna", **change_to)
    (left,) = await site.reservations()
    assert left["driver"] == "Gus"
    assert [(each["event_type"], each["driver"]) for each in news] == [("placed", "Anna"), ("cancelled", "Anna")]
    await charger.wait_for(lambda: len(charger.holds) == 1)
    assert await charger.start(1, STRANGER)


async def test_what_is_in_use_stays_in_use(site: Site) -> None:
    """Whoever charges already goes on; the next start is refused."""
    charger = await site.charger()
    await reserve(site, driver="Anna")
    assert await charger.start(1, ANNA)
    await site.shows("sensor.a_connector_1_reservation", "in_use")
    await change(site, "Anna", blocked=True)
    assert (await site.becomes(status="in_use"))["driver"] == "Anna"
    await charger.unplug(1)
    assert not await charger.start(1, ANNA)


async def test_a_driver_is_valid_by_the_clock(site: Site, clock: Clock, version: Version) -> None:
    """Nobody has to change anything: refused before, accepted within, refused after."""
    charger = await site.charger(version=version)
    news = site.news("event.a_id_token_presented")
    assert not await charger.start(1, CARL)
    assert await charger.start(2, GUS)
    await charger.unplug(2)
    await clock.forward(hours=3)
    await charger.ready()
    assert not await charger.start(2, GUS)
    await site.shows("event.a_id_token_presented", lambda _: len(news) == 3)
    assert told(news) == ["refused", "accepted", "refused"]
    assert [each["reason"] for each in news] == ["not_yet_valid", None, "expired"]
