"""Reserving a connector now, using it, and giving it up, on every version."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from homeassistant.core import HomeAssistant
import pytest

from tests.charger import Behaviour, Version

from .conftest import HOLDER, HOUSE_TOKEN, STRANGER, Clock, Site, charger_subentry, eventually, refused

pytestmark = pytest.mark.blackbox


async def test_button_reserves_for_the_house_and_cancels(site: Site, version: Version) -> None:
    """One press reserves a connector at the charger, another one gives it up."""
    charger = await site.charger(version=version)
    await site.press("button.a_connector_1_reserve")
    assert site.state("binary_sensor.a_connector_1_reserved") == "on"
    assert site.state("sensor.a_connector_1_reservation") == "active"
    assert [(hold.evse, hold.token) for hold in charger.holds.values()] == [(1, HOUSE_TOKEN)]
    await site.shows("sensor.a_connector_1_status", "reserved")

    await site.press("button.a_connector_1_cancel_reservation")
    assert site.state("binary_sensor.a_connector_1_reserved") == "off"
    await charger.wait_for(lambda: not charger.holds)
    await site.shows("sensor.a_connector_1_status", "available")
    assert charger.complaints == []


async def test_the_response_tells_the_whole_reservation(site: Site, clock: Clock) -> None:
    """Contract 3: times in are ISO 8601, times out are UTC; the end is kept to the second."""
    charger = await site.charger()
    end = clock.after(hours=2)
    reservation = await site.reserve(end=end, reservation_id=5)
    start, uid = reservation.pop("start"), reservation.pop("uid")
    assert reservation == {
        "reservation_id": 5,
        "device_id": site.device_id("A", 1),
        "charger_id": "A",
        "evse": 1,
        "target": "connector",
        "driver": None,
        "end": end,
        "status": "active",
        "hold": "held",
        "held_by": "auto",
        "end_reason": None,
        "last_result": "Accepted",
        "result": "Accepted",
    }
    assert timedelta(0) <= datetime.now(UTC) - datetime.fromisoformat(start) < timedelta(seconds=5)
    assert [hold.expiry for hold in charger.holds.values()] == [datetime.fromisoformat(end)]
    assert datetime.fromisoformat(site.state("sensor.a_connector_1_reserved_until") or "") == datetime.fromisoformat(
        end
    )
    (listed,) = await site.reservations()
    assert listed == {key: value for key, value in reservation.items() if key != "result"} | {
        "start": start,
        "uid": uid,
    }


async def test_local_times_are_home_assistants(hass: HomeAssistant, site: Site, clock: Clock) -> None:
    """Contract 3: a time without a zone is local."""
    await hass.config.async_set_time_zone("Asia/Kathmandu")
    await site.charger()
    end = datetime.fromisoformat(clock.after(hours=1))
    local = end.astimezone(ZoneInfo("Asia/Kathmandu")).replace(tzinfo=None)
    assert (await site.reserve(end=local.isoformat()))["end"] == end.isoformat()


async def test_an_action_answers_only_who_asks(hass: HomeAssistant, site: Site) -> None:
    """Responses are optional for what changes something."""
    await site.charger()
    data = {"device_id": site.device_id("A", 1)}
    for action, state in (("reserve_now", "active"), ("cancel_reservation", "none")):
        assert await hass.services.async_call("ocpp_central", action, data, blocking=True) is None
        assert site.state("sensor.a_connector_1_reservation") == state


async def test_reservations_are_listed_by_place(site: Site) -> None:
    """Those of a connector, of a charger, of all, by start."""
    await site.charger()
    uids = [(await site.reserve(connector))["uid"] for connector in (2, 1)]
    assert [each["uid"] for each in await site.reservations()] == uids
    assert [each["uid"] for each in await site.reservations(device_id=site.device_id())] == uids
    assert [each["uid"] for each in await site.reservations(device_id=site.device_id("A", 1))] == uids[1:]


async def test_reservations_are_cancelled_by_any_name(site: Site) -> None:
    """By id, by uid, by connector, and by charger where there is just one."""
    charger = await site.charger()
    for name in ("reservation_id", "uid"):
        reservation = await site.reserve()
        await site.shows("sensor.a_connector_1_status", "reserved")
        cancelled = await site.act("cancel_reservation", **{name: reservation[name]})
        assert (cancelled["status"], cancelled["end_reason"]) == ("cancelled", "Cancelled")
        await site.shows("sensor.a_connector_1_status", "available")
    for device_id in (site.device_id("A", 1), site.device_id()):
        await site.reserve()
        await site.shows("sensor.a_connector_1_status", "reserved")
        assert (await site.act("cancel_reservation", device_id=device_id))["status"] == "cancelled"
        await site.shows("sensor.a_connector_1_status", "available")
    await charger.wait_for(lambda: not charger.holds)
    assert await site.reservations() == []


async def test_what_happens_is_published(site: Site) -> None:
    """Contract 4: the event entity of the connector tells it, without a token."""
    await site.charger()
    news, others = site.news(), site.news("event.a_connector_2_reservation")
    reservation = await site.reserve()
    await site.act("cancel_reservation", uid=reservation["uid"])
    assert [(each["event_type"], each["reason"], each["late"]) for each in news] == [
        ("placed", None, False),
        ("cancelled", "Cancelled", False),
    ]
    for each in news:
        told = {key: each[key] for key in ("uid", "reservation_id", "driver", "start", "end")}
        assert told == {key: reservation[key] for key in told}
    assert others == []


async def test_a_stranger_is_kept_out_and_the_holder_charges(site: Site, version: Version) -> None:
    """Design 5.3: by token, connector and time, where the charger itself keeps nobody out."""
    charger = await site.charger(version=version, behaviour=Behaviour(enforces=False), connectors=2)
    news = site.news()
    reservation = await site.reserve()

    assert not await charger.start(1, STRANGER), "refused at Authorize (2.x) or at the start"
    assert not await charger.start(1, STRANGER, authorize=False), "refused at the start"
    await charger.unplug(1)
    assert site.state("sensor.a_connector_1_reservation") == "active"
    assert await charger.start(2, STRANGER), "the other connector is free"

    assert await charger.start(1, HOLDER)
    await site.shows("sensor.a_connector_1_reservation", "in_use")
    assert site.state("binary_sensor.a_connector_1_reserved") == "on"
    await site.shows("binary_sensor.a_connector_1_charging", "on")
    error = await refused(site.act("cancel_reservation", uid=reservation["uid"]), "reservation_in_use")
    assert str(reservation["reservation_id"]) in str(error)

    await charger.stop(1)
    await site.shows("sensor.a_connector_1_reservation", "none")
    assert await site.reservations() == []
    assert [(each["event_type"], each["reason"]) for each in news] == [
        ("placed", None),
        ("used", "UsedToStartCharging"),
    ]
    await charger.unplug(1)
    assert await charger.start(1, STRANGER), "nothing is reserved any more"
    assert charger.complaints == []


async def test_a_stranger_is_refused_at_authorize_where_nothing_is_open(site: Site, version: Version) -> None:
    """ocpp.md 5.7: 1.6 names no connector, so a token is refused only if no EVSE is open to it."""
    charger = await site.charger(version=version, behaviour=Behaviour(enforces=False), connectors=1)
    await site.reserve()
    assert not await charger.present(1, STRANGER)
    assert await charger.present(1, HOLDER)
    authorized = [sent for sent in charger.sent if sent.action == "Authorize"]
    assert len(authorized) == 2
    assert charger.transactions == {} or version is not Version.V16


async def test_a_charger_that_holds_is_believed(site: Site, version: Version) -> None:
    """The whole story at a charger that enforces by itself: its hold is used up by the holder."""
    charger = await site.charger(version=version)
    await site.reserve()
    assert not await charger.start(1, STRANGER)
    await charger.unplug(1)
    assert await charger.start(1, HOLDER)
    await site.shows("sensor.a_connector_1_reservation", "in_use")
    assert charger.holds == {}
    await charger.stop(1)
    await site.shows("sensor.a_connector_1_reservation", "none")
    assert [received.action for received in charger.received].count("ReserveNow") == 1


async def test_a_plugged_car_is_waited_for(site: Site, clock: Clock, version: Version) -> None:
    """Contract 3: a car without a transaction: active, nothing is sent, and the hold follows when it leaves."""
    behaviour = Behaviour(transaction_starts="authorized")
    charger = await site.charger(version=version, behaviour=behaviour)
    news = site.news()
    await charger.plug(1)
    await site.shows("binary_sensor.a_connector_1_plugged_in", "on")
    reservation = await site.reserve()
    assert (reservation["status"], reservation["hold"], reservation["result"]) == ("active", "pending", "Occupied")
    assert [each["event_type"] for each in news] == ["placed", "busy"]
    assert not [received for received in charger.received if received.action == "ReserveNow"]
    await charger.unplug(1)
    await site.shows("sensor.a_connector_1_status", "available")
    await clock.forward(seconds=2)
    held = await site.becomes(hold="held")
    assert held["uid"] == reservation["uid"]
    assert [hold.evse for hold in charger.holds.values()] == [1]


async def test_a_holder_who_charges_already_has_it_in_use(site: Site, version: Version) -> None:
    """Contract 3: a running transaction of the holder; nothing is sent."""
    charger = await site.charger(version=version)
    assert await charger.start(1, HOLDER)
    await site.shows("binary_sensor.a_connector_1_charging", "on")
    reservation = await site.reserve()
    assert (reservation["status"], reservation["hold"], reservation["result"]) == ("in_use", "none", None)
    await charger.stop(1)
    await site.shows("sensor.a_connector_1_reservation", "none")
    assert not [received for received in charger.received if received.action == "ReserveNow"]


@pytest.mark.parametrize("held_by", ["auto", "charger", "central_system"])
async def test_a_strangers_charging_is_an_obstacle(site: Site, version: Version, held_by: str) -> None:
    """Contract 3: somebody else's transaction."""
    charger = await site.charger(version=version)
    assert await charger.start(1, STRANGER)
    await site.shows("binary_sensor.a_connector_1_charging", "on")
    await refused(site.reserve(held_by=held_by), "reservation_occupied")
    assert await site.reservations() == []
    assert (await site.reserve(2, held_by=held_by))["status"] == "active"


async def test_two_wishes_at_once_do_not_both_come_true(hass: HomeAssistant, site: Site) -> None:
    """Whoever comes second is told of the first, however slow disk and charger are."""
    await site.charger()
    tasks = [hass.async_create_task(site.reserve(id_token=token)) for token in ("ONE", "TWO")]
    first = await tasks[0]
    await refused(tasks[1], "reservation_conflict")
    assert [each["uid"] for each in await site.reservations()] == [first["uid"]]


@pytest.mark.parametrize("chargers", [[charger_subentry("A"), charger_subentry("B")]])
async def test_chargers_do_not_wait_for_each_other(hass: HomeAssistant, site: Site) -> None:
    """A charger that thinks for long keeps neither the buttons nor the actions of another one waiting."""
    slow = await site.charger(behaviour=Behaviour(reserve_answer="late"))
    await site.charger("B")
    attempts = [hass.async_create_task(site.press(f"button.a_connector_{number}_reserve")) for number in (1, 2)]
    await slow.wait_for("ReserveNow")
    await site.press("button.b_connector_1_reserve")
    assert site.state("sensor.b_connector_1_reservation") == "active"
    assert site.state("sensor.a_connector_1_reservation") == "placing"
    for count in (1, 2):
        await slow.wait_for("ReserveNow", count=count)
        await slow.release()
    await eventually(lambda: all(attempt.done() for attempt in attempts))
    assert site.state("sensor.a_connector_2_reservation") == "active"


@pytest.mark.parametrize("chargers", [[charger_subentry("A"), charger_subentry("B")]])
async def test_the_same_id_elsewhere_needs_the_central_systems_name(hass: HomeAssistant, site: Site) -> None:
    """Contract 3: `config_entry_id` where an id could be ambiguous."""
    await site.charger()
    reservation = await site.reserve()
    cancelled = await site.act(
        "cancel_reservation", reservation_id=reservation["reservation_id"], config_entry_id=site.entry.entry_id
    )
    assert cancelled["uid"] == reservation["uid"]
