"""Reservations that begin later: from the promise to its start, and what may happen there."""

from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest

from tests.charger import HOME_CHARGER, Behaviour, Version

from .conftest import HOLDER, STRANGER, TELLS_ALL, Clock, Site, asked, eventually, refused, told

RESERVATION = "sensor.a_connector_1_reservation"
NEXT = "sensor.a_connector_1_next_reservation"
UNTIL = "sensor.a_connector_1_reserved_until"
RESERVED = "binary_sensor.a_connector_1_reserved"
STATUS = "sensor.a_connector_1_status"


def moment(site: Site, entity_id: str) -> datetime:
    """What a timestamp sensor shows."""
    return datetime.fromisoformat(site.state(entity_id) or "")


async def test_a_promise_is_scheduled_and_asks_nobody(site: Site, clock: Clock, version: Version) -> None:
    """Contract 3, 4: scheduled, no result, no hold; shown as the next one, and nothing is reserved yet."""
    charger = await site.charger(version=version)
    news = site.news()
    start, end = clock.after(hours=1), clock.after(hours=2)
    reservation = await site.reserve(start=start, end=end)
    assert reservation["result"] is reservation["last_result"] is reservation["end_reason"] is None
    wanted = {"start": start, "end": end, "status": "scheduled", "hold": "none"}
    assert wanted.items() <= reservation.items()
    assert (site.state(RESERVATION), site.state(RESERVED), site.state(UNTIL)) == ("scheduled", "off", "unknown")
    assert moment(site, NEXT) == datetime.fromisoformat(start)
    await charger.heartbeat()
    assert asked(charger) == 0
    assert told(news) == ["scheduled"]


async def test_at_the_start_the_charger_holds_it(site: Site, clock: Clock, version: Version) -> None:
    """ocpp.md 5.2: the hold is placed when the window opens, until its end; the holder uses it up."""
    charger = await site.charger(version=version)
    news = site.news()
    start, end = clock.after(minutes=10), clock.after(minutes=40)
    reservation = await site.reserve(start=start, end=end)
    await clock.forward(minutes=9, seconds=58)
    assert asked(charger) == 0
    await clock.forward(seconds=2)
    await site.becomes(uid=reservation["uid"], status="active", hold="held", last_result="Accepted")
    (hold,) = charger.holds.values()
    assert (hold.id, hold.evse, hold.token) == (reservation["reservation_id"], 1, HOLDER)
    assert hold.expiry == datetime.fromisoformat(end)
    await site.shows(STATUS, "reserved")
    assert (site.state(RESERVATION), site.state(RESERVED), site.state(NEXT)) == ("active", "on", "unknown")
    assert moment(site, UNTIL) == datetime.fromisoformat(end)
    assert await charger.start(1, HOLDER)
    await site.shows(RESERVATION, "in_use")
    await charger.stop(1)
    await site.shows(RESERVATION, "none")
    assert told(news) == ["scheduled", "placed", "used"]
    assert charger.complaints == []


async def test_unused_it_expires(site: Site, clock: Clock, version: Version) -> None:
    """At its end it is over, like any other."""
    charger = await site.charger(version=version)
    news = site.news()
    await site.reserve(start=clock.after(minutes=10), duration={"minutes": 5})
    await clock.forward(minutes=10)
    await site.becomes(hold="held")
    await clock.forward(minutes=5)
    assert (site.state(RESERVATION), site.state(RESERVED), site.state(NEXT)) == ("none", "off", "unknown")
    await clock.forward(seconds=5)
    await charger.wait_for(lambda: not charger.holds)
    assert [(each["event_type"], each["late"]) for each in news] == [
        ("scheduled", False),
        ("placed", False),
        ("expired", False),
    ]
    assert await site.reservations() == []


@pytest.mark.parametrize("held_by", ["charger", "central_system"])
async def test_who_holds_it_may_be_chosen(site: Site, clock: Clock, version: Version, held_by: str) -> None:
    """Contract 3: held_by means the same for a reservation that begins later."""
    charger = await site.charger(version=version, behaviour=Behaviour(enforces=False))
    await site.reserve(start=clock.after(minutes=10), held_by=held_by)
    await clock.forward(minutes=10)
    by_charger = held_by == "charger"
    await site.becomes(status="active", hold="held" if by_charger else "none", held_by=held_by)
    assert asked(charger) == by_charger
    assert not await charger.start(1, STRANGER)


@pytest.mark.parametrize(
    ("held_by", "news_of_it"), [("auto", ["scheduled", "placed"]), ("charger", ["scheduled", "rejected"])]
)
async def test_a_charger_that_cannot_hold(site: Site, clock: Clock, held_by: str, news_of_it: list[str]) -> None:
    """ocpp.md 5.3: the central system takes it on, unless the charger had to hold it."""
    charger = await site.charger(behaviour=HOME_CHARGER)
    news = site.news()
    await site.reserve(start=clock.after(minutes=10), held_by=held_by)
    await clock.forward(minutes=10)
    await eventually(lambda: told(news) == news_of_it)
    kept_out = held_by == "auto"
    assert site.state(RESERVED) == ("on" if kept_out else "off")
    assert await charger.start(1, STRANGER) != kept_out


@pytest.mark.parametrize("enforces", [True, False])
async def test_a_stranger_may_charge_before_the_start_only(
    site: Site, clock: Clock, version: Version, enforces: bool
) -> None:
    """A promise keeps nobody out until its window opens."""
    charger = await site.charger(version=version, connectors=1, behaviour=Behaviour(enforces=enforces))
    await site.reserve(start=clock.after(minutes=10), duration={"minutes": 10})
    assert await charger.start(1, STRANGER)
    await charger.stop(1)
    await charger.unplug(1)
    await site.shows(STATUS, "available")
    await clock.forward(minutes=10)
    await site.becomes(status="active", hold="held")
    assert not await charger.start(1, STRANGER)
    await charger.unplug(1)
    await clock.forward(minutes=10)
    await clock.forward(seconds=5)
    await charger.wait_for(lambda: not charger.holds)
    assert await charger.start(1, STRANGER)


async def test_overlaps_are_refused_with_the_other_one(site: Site, clock: Clock) -> None:
    """Issue 3: refused when proposed, naming the reservation in the way; windows that touch are none."""
    await site.charger()
    there = await site.reserve(start=clock.after(minutes=60), duration={"minutes": 30})
    for wish in (
        {"start": clock.after(minutes=70), "duration": {"minutes": 5}},
        {"start": clock.after(minutes=40), "end": clock.after(minutes=61)},
        {"start": clock.after(minutes=89), "duration": {"minutes": 30}},
        {"duration": {"minutes": 61}},
    ):
        error = await refused(site.reserve(id_token=STRANGER, **wish), "reservation_conflict")
        assert f"reservation {there['reservation_id']}" in str(error)
        assert "A connector 1" in str(error)
    assert [each["uid"] for each in await site.reservations()] == [there["uid"]]
    before = await site.reserve(start=clock.after(minutes=30), end=there["start"], id_token=STRANGER)
    after = await site.reserve(start=there["end"], duration={"minutes": 30}, id_token=STRANGER)
    elsewhere = await site.reserve(2, start=there["start"], duration={"minutes": 31}, id_token=STRANGER)
    now = await site.reserve(end=before["start"], id_token=STRANGER)
    wanted = [now, before, there, elsewhere, after]
    assert [each["uid"] for each in await site.reservations()] == [each["uid"] for each in wanted]


async def test_one_follows_the_other_at_the_charger(site: Site, clock: Clock, version: Version) -> None:
    """Where one window ends the next one opens, and the charger holds the connector for the next holder."""
    charger = await site.charger(version=version)
    first = await site.reserve(duration={"minutes": 10})
    second = await site.reserve(start=first["end"], duration={"minutes": 10}, id_token=STRANGER)
    assert site.state(RESERVATION) == "active"
    assert moment(site, UNTIL) == datetime.fromisoformat(first["end"])
    assert moment(site, NEXT) == datetime.fromisoformat(second["start"])
    await clock.forward(minutes=10)
    await site.becomes(uid=second["uid"], status="active")
    await clock.forward(seconds=10)
    await site.becomes(uid=second["uid"], hold="held")
    assert [hold.token for hold in charger.holds.values()] == [STRANGER]
    assert not await charger.start(1, HOLDER)


async def test_the_next_one_moves_up(site: Site, clock: Clock) -> None:
    """Contract 4: the earliest one that is to come, whatever is in force."""
    await site.charger()
    far = await site.reserve(start=clock.after(hours=5))
    near = await site.reserve(start=clock.after(hours=2))
    assert moment(site, NEXT) == datetime.fromisoformat(near["start"])
    assert site.state("sensor.a_connector_2_next_reservation") == "unknown"
    await clock.forward(hours=2)
    assert moment(site, NEXT) == datetime.fromisoformat(far["start"])
    await site.act("cancel_reservation", uid=far["uid"])
    assert site.state(NEXT) == "unknown"


async def test_it_can_be_cancelled_before_the_start(site: Site, clock: Clock, version: Version) -> None:
    """ocpp.md 1.3: in every status that is not final; the charger never hears of it."""
    charger = await site.charger(version=version)
    news = site.news()
    reservation = await site.reserve(start=clock.after(minutes=10))
    error = await refused(site.act("cancel_reservation", device_id=site.device_id("A", 1)), "nothing_to_cancel")
    assert f"{reservation['reservation_id']} (" in str(error)
    cancelled = await site.act("cancel_reservation", reservation_id=reservation["reservation_id"])
    assert (cancelled["status"], cancelled["end_reason"]) == ("cancelled", "Cancelled")
    assert (site.state(RESERVATION), site.state(NEXT)) == ("none", "unknown")
    await clock.forward(minutes=11)
    await charger.heartbeat()
    assert not {received.action for received in charger.received} & {"ReserveNow", "CancelReservation"}
    assert told(news) == ["scheduled", "cancelled"]


async def test_a_restart_before_the_start(site: Site, clock: Clock, version: Version) -> None:
    """It is still to come, and begins as promised; nothing is published twice."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    reservation = await site.reserve(start=clock.after(minutes=10))
    await charger.go_offline()
    await site.stop()
    await clock.forward(minutes=5)
    news = site.news()
    await site.start()
    assert site.state(RESERVATION) == "scheduled"
    assert moment(site, NEXT) == datetime.fromisoformat(reservation["start"])
    charger.go_online()
    await site.shows(STATUS, "available")
    assert asked(charger) == 0
    await clock.forward(minutes=5)
    await site.becomes(uid=reservation["uid"], status="active", hold="held")
    assert told(news) == ["placed"]


async def test_a_restart_over_the_start(site: Site, clock: Clock, version: Version) -> None:
    """The window opened while nobody looked: it begins at once, and the charger is asked when it is there."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    reservation = await site.reserve(start=clock.after(minutes=10))
    await charger.go_offline()
    await site.stop()
    await clock.forward(minutes=15)
    await site.start()
    await site.becomes(uid=reservation["uid"], status="active", hold="pending")
    assert (site.state(RESERVATION), site.state(RESERVED)) == ("active", "on")
    charger.go_online()
    await site.becomes(uid=reservation["uid"], status="active", hold="held")
    assert [hold.id for hold in charger.holds.values()] == [reservation["reservation_id"]]


async def test_a_crash_at_the_start(site: Site, clock: Clock, hass_storage: dict[str, Any], version: Version) -> None:
    """What the charger may hold by then is placed again under the same number."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    reservation = await site.reserve(start=clock.after(minutes=10))
    key = f"ocpp_central.{site.entry.entry_id}"
    on_disk = deepcopy(hass_storage[key])
    await clock.forward(minutes=10)
    await site.becomes(hold="held")
    await charger.go_offline()
    await site.stop()
    hass_storage[key] = on_disk
    await site.start()
    assert site.state(RESERVED) == "on"
    charger.go_online()
    await site.becomes(uid=reservation["uid"], status="active", hold="held")
    assert [hold.id for hold in charger.holds.values()] == [reservation["reservation_id"]]


async def test_a_restart_after_the_end(site: Site, clock: Clock) -> None:
    """ocpp.md 5.4, "HA restart": a past end is expired, and published as late."""
    charger = await site.charger(behaviour=TELLS_ALL)
    news = site.news()
    await site.reserve(start=clock.after(minutes=10), duration={"minutes": 10})
    await charger.go_offline()
    await site.stop()
    await clock.forward(minutes=30)
    await site.start()
    assert (site.state(RESERVATION), site.state(NEXT)) == ("none", "unknown")
    assert [(each["event_type"], each["late"]) for each in news] == [("scheduled", False), ("expired", True)]
    charger.go_online()
    await site.shows(STATUS, "available")
    assert asked(charger) == 0


@pytest.mark.parametrize("fields", [{"duration": {"hours": 1}}, {"end": None}], ids=["duration", "end"])
async def test_a_start_that_has_passed_means_now(site: Site, clock: Clock, fields: dict[str, Any]) -> None:
    """The end counts: a duration is from the start that was given."""
    await site.charger()
    start = clock.after(minutes=-30)
    end = (datetime.fromisoformat(start) + timedelta(hours=1)).isoformat()
    if "end" in fields:
        fields = {"end": end}
    reservation = await site.reserve(start=start, **fields)
    assert (reservation["status"], reservation["result"]) == ("active", "Accepted")
    assert reservation["end"] == end
    assert timedelta(0) <= datetime.fromisoformat(clock.after()) - datetime.fromisoformat(reservation["start"])


@pytest.mark.parametrize(
    ("wish", "key"),
    [
        ({"start": {"hours": -2}, "end": {"hours": -1}}, "reservation_in_past"),
        ({"start": {"hours": 1}, "end": {"hours": -1}}, "reservation_in_past"),
        ({"start": {"hours": -1}}, "reservation_in_past"),
        ({"start": {"hours": 2}, "end": {"hours": 1}}, "reservation_too_short"),
        ({"start": {"hours": 1}, "end": {"hours": 1, "seconds": 59}}, "reservation_too_short"),
        ({"start": {"hours": 1}, "end": {"days": 8}}, "reservation_too_long"),
        ({"start": {"days": 366}}, "reservation_beyond_horizon"),
        ({"start": "0001-01-01 00:00:00+14:00"}, "reservation_in_past"),
        ({"start": "9999-12-31 23:59:59-12:00"}, "reservation_beyond_horizon"),
        ({"end": "9999-12-31 23:59:59"}, "reservation_too_long"),
    ],
    ids=str,
)
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
async def test_a_window_that_cannot_be_is_refused(
    hass: HomeAssistant, site: Site, clock: Clock, wish: dict[str, Any], key: str, zone: str
) -> None:
    """Contract 3: over before it begins, out of the owner's bounds, or at the end of the calendar."""
    await hass.config.async_set_time_zone(zone)
    await site.charger()
    times: dict[str, Any] = {
        field: clock.after(**given) if isinstance(given, dict) else given for field, given in wish.items()
    }
    await refused(site.reserve(**times), key)
    assert await site.reservations() == []


async def test_a_start_that_passed_long_ago_means_now(site: Site, clock: Clock) -> None:
    """Also where no other zone has that time."""
    await site.charger()
    end = clock.after(minutes=30)
    assert (await site.reserve(start="0001-01-01 00:00:00+14:00", end=end))["status"] == "active"


async def test_a_start_without_a_zone_is_local(hass: HomeAssistant, site: Site, clock: Clock) -> None:
    """Contract 3: local if without zone."""
    await hass.config.async_set_time_zone("Asia/Kathmandu")
    await site.charger()
    start = datetime.fromisoformat(clock.after(hours=1))
    local = start.astimezone(ZoneInfo("Asia/Kathmandu")).replace(tzinfo=None)
    reservation = await site.reserve(start=local.isoformat())
    assert reservation["start"] == start.isoformat()
    assert datetime.fromisoformat(reservation["end"]) == start + timedelta(minutes=30)


async def test_end_and_duration_exclude_each_other(site: Site, clock: Clock) -> None:
    """Also for a reservation that begins later."""
    await site.charger()
    wish = {"start": clock.after(hours=1), "end": clock.after(hours=2), "duration": 60}
    with pytest.raises(HomeAssistantError, match="End, Duration"):
        await site.act("reserve_now", device_id=site.device_id("A", 1), **wish)


async def test_a_charger_that_boots_over_the_start_is_told(site: Site, clock: Clock, version: Version) -> None:
    """A reboot in between changes nothing."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    await site.reserve(start=clock.after(minutes=10))
    await charger.reboot()
    await site.shows(STATUS, "available")
    await clock.forward(minutes=10)
    await site.becomes(status="active", hold="held")


async def test_reservations_are_listed_by_time(hass: HomeAssistant, site: Site, clock: Clock) -> None:
    """Contract 3: those whose window shares an instant with the span; either end of it may be left open."""
    await hass.config.async_set_time_zone("UTC")
    await site.charger()
    now = datetime.fromisoformat(clock.after())  # once: a second that passes meanwhile moves no reservation

    def after(**by: float) -> str:
        return (now + timedelta(**by)).isoformat()

    uids = [(await site.reserve(start=after(hours=hour), duration={"hours": 1}))["uid"] for hour in (1, 3, 5)]

    async def listed(**span: str) -> list[int]:
        return [uids.index(each["uid"]) for each in await site.reservations(**span)]

    assert await listed() == [0, 1, 2]
    assert await listed(start=after(hours=2)) == [1, 2]
    assert await listed(start=after(hours=1, minutes=59)) == [0, 1, 2]
    assert await listed(end=after(hours=3)) == [0]
    assert await listed(end=after(hours=3, minutes=1)) == [0, 1]
    assert await listed(start=after(hours=2), end=after(hours=5)) == [1]
    assert await listed(start=after(hours=3, minutes=20), end=after(hours=3, minutes=30)) == [1]
    assert await listed(start=after(hours=4, minutes=30), end=after(hours=5)) == []
    assert await listed(start="0001-01-01 00:00:00+14:00", end="9999-12-31 23:59:59-12:00") == [0, 1, 2]
    naive = after(hours=4).removesuffix("+00:00")
    assert await listed(start=naive) == [2]
    assert await listed(start=after(hours=2), device_id=site.device_id("A", 2)) == []
