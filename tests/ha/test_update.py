"""Moving, extending, shortening and handing over a reservation, on every version."""

from datetime import datetime, timedelta
from typing import Any, Literal

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
import pytest

from tests.charger import Behaviour, SimulatedCharger, Version

from .conftest import HOLDER, STRANGER, TELLS_ALL, Clock, Site, charger_subentry, refused


def ids_placed(charger: SimulatedCharger) -> list[int]:
    """The wire ids of all ReserveNow that the charger received, in order."""
    key = "reservationId" if charger.version is Version.V16 else "id"
    return [received.payload[key] for received in charger.received if received.action == "ReserveNow"]


def holds_of(charger: SimulatedCharger) -> list[tuple[int | None, str, datetime]]:
    """What the charger holds: EVSE, token and expiry."""
    return [(hold.evse, hold.token, hold.expiry) for hold in charger.holds.values()]


@pytest.mark.parametrize(
    "change", [{"duration": {"hours": 2}}, {"duration": {"minutes": 10}}], ids=["extend", "shorten"]
)
async def test_the_end_changes_under_the_same_number(site: Site, version: Version, change: dict[str, Any]) -> None:
    """H01.FR.02, 1.6 section 5.13: the same wire id replaces, so that nobody can slip in between."""
    charger = await site.charger(version=version)
    news = site.news()
    before = await site.reserve()
    after = await site.act("update_reservation", uid=before["uid"], **change)
    end = datetime.fromisoformat(before["start"]) + timedelta(**change["duration"])
    assert after == before | {"end": end.isoformat()}
    assert holds_of(charger) == [(1, HOLDER, end)]
    assert ids_placed(charger) == [before["reservation_id"]] * 2
    assert [received.action for received in charger.received].count("CancelReservation") == 0
    assert [(each["event_type"], each["end"]) for each in news] == [
        ("placed", before["end"]),
        ("changed", end.isoformat()),
    ]
    until = site.state("sensor.a_connector_1_reserved_until") or ""
    assert datetime.fromisoformat(until) == end
    assert charger.complaints == []


@pytest.mark.parametrize("same_id", ["rejects", "drops"])
async def test_a_charger_that_does_not_replace_is_asked_in_two_steps(
    site: Site, version: Version, same_id: Literal["rejects", "drops"]
) -> None:
    """ocpp.md 5.6: CancelReservation, then ReserveNow with a new wire id; the reservation stands throughout."""
    charger = await site.charger(version=version, behaviour=Behaviour(same_id=same_id))
    before = await site.reserve()
    states = site.history("binary_sensor.a_connector_1_reserved")
    after = await site.act("update_reservation", reservation_id=before["reservation_id"], duration={"hours": 2})
    assert (after["reservation_id"], after["hold"], after["result"]) == (before["reservation_id"], "held", "Accepted")
    assert holds_of(charger) == [(1, HOLDER, datetime.fromisoformat(after["end"]))]
    first, again, new = ids_placed(charger)
    assert first == again != new
    assert states == []
    assert not await charger.start(1, STRANGER)
    await site.act("cancel_reservation", uid=after["uid"])
    await charger.wait_for(lambda: not charger.holds)


async def test_a_reservation_moves_to_another_connector(site: Site, version: Version) -> None:
    """The promise moves at once; the old hold is dropped and a new one placed, and both connectors show it."""
    charger = await site.charger(version=version, behaviour=Behaviour(one_hold_per_token=True))
    here, there = site.news(), site.news("event.a_connector_2_reservation")
    before = await site.reserve()
    await site.shows("sensor.a_connector_1_status", "reserved")
    after = await site.act("update_reservation", uid=before["uid"], device_id=site.device_id("A", 2))
    assert after == before | {"device_id": site.device_id("A", 2), "evse": 2}
    assert holds_of(charger) == [(2, HOLDER, datetime.fromisoformat(before["end"]))]
    assert site.state("binary_sensor.a_connector_1_reserved") == "off"
    assert site.state("binary_sensor.a_connector_2_reserved") == "on"
    assert [each["event_type"] for each in here] == ["placed", "changed"]
    assert [each["event_type"] for each in there] == ["changed"]
    await site.shows("sensor.a_connector_1_status", "available")
    assert await charger.start(1, STRANGER)
    assert not await charger.start(2, STRANGER)
    assert await charger.start(2, HOLDER)
    await site.shows("sensor.a_connector_2_reservation", "in_use")


async def test_a_reservation_is_handed_over(site: Site, version: Version) -> None:
    """The new holder may charge from then on, the old one may not."""
    charger = await site.charger(version=version)
    reservation = await site.reserve()
    after = await site.act("update_reservation", uid=reservation["uid"], id_token=STRANGER, id_token_type="ISO14443")
    assert (after["hold"], after["result"]) == ("held", "Accepted")
    assert [token for _, token, _ in holds_of(charger)] == [STRANGER]
    assert not await charger.start(1, HOLDER)
    await charger.unplug(1)
    assert await charger.start(1, STRANGER)
    await site.shows("sensor.a_connector_1_reservation", "in_use")


async def test_not_now_but_in_an_hour(site: Site, clock: Clock, version: Version) -> None:
    """An active reservation that is to begin later is scheduled again, its hold dropped until then."""
    charger = await site.charger(version=version)
    news = site.news()
    reservation = await site.reserve()
    later = clock.after(hours=1)
    after = await site.act("update_reservation", uid=reservation["uid"], start=later)
    assert (after["status"], after["hold"], after["result"], after["start"]) == ("scheduled", "none", None, later)
    end = datetime.fromisoformat(after["end"])
    assert end - datetime.fromisoformat(later) == timedelta(minutes=30), "it lasts as long as before"
    assert site.state("binary_sensor.a_connector_1_reserved") == "off"
    await charger.wait_for(lambda: not charger.holds)
    await site.shows("sensor.a_connector_1_status", "available")
    assert [each["event_type"] for each in news] == ["placed", "changed"]

    await clock.forward(hours=1)
    await site.becomes(uid=reservation["uid"], status="active", hold="held")
    assert holds_of(charger) == [(1, HOLDER, end)]


async def test_a_scheduled_reservation_changes_without_the_charger(site: Site, clock: Clock) -> None:
    """Nothing is sent before its window opens; moved to now, it begins."""
    charger = await site.charger(behaviour=TELLS_ALL)
    reservation = await site.reserve(start=clock.after(hours=1))
    news = site.news("event.a_connector_2_reservation")
    data = {"uid": reservation["uid"], "device_id": site.device_id("A", 2), "duration": {"hours": 3}}
    moved = await site.act("update_reservation", **data)
    assert (moved["status"], moved["evse"], moved["start"], moved["result"]) == (
        "scheduled",
        2,
        reservation["start"],
        None,
    )
    assert ids_placed(charger) == []
    begun = await site.act("update_reservation", uid=reservation["uid"], start=clock.after(seconds=0))
    assert (begun["status"], begun["hold"], begun["result"]) == ("active", "held", "Accepted")
    assert [each["event_type"] for each in news] == ["changed", "changed", "placed"]


async def test_an_update_without_effect_is_no_news(site: Site) -> None:
    """What is so already is neither told to the charger nor published."""
    charger = await site.charger()
    before = await site.reserve()
    news = site.news()
    after = await site.act("update_reservation", uid=before["uid"], start=before["start"], end=before["end"])
    assert after == before | {"result": None}
    assert len(ids_placed(charger)) == 1
    assert news == []


async def test_what_is_refused_leaves_the_reservation_as_it_was(site: Site, clock: Clock, version: Version) -> None:
    """It never loses the old one when the new one is refused."""
    charger = await site.charger(version=version, connectors=3)
    before = await site.reserve()
    other = await site.reserve(2)
    assert await charger.start(3, STRANGER)
    await site.shows("binary_sensor.a_connector_3_charging", "on")
    third = await site.reservations()
    for data, key in (
        ({"device_id": site.device_id("A", 2)}, "reservation_conflict"),
        ({"device_id": site.device_id("A", 3)}, "reservation_occupied"),
        ({"duration": {"days": 8}}, "reservation_too_long"),
        ({"duration": 30}, "reservation_too_short"),
        ({"duration": -30}, "reservation_in_past"),
        ({"end": clock.after(hours=-1)}, "reservation_in_past"),
        ({"start": clock.after(days=400)}, "reservation_beyond_horizon"),
        ({"id_token": "X" * 256}, "id_token_too_long"),
        ({"end": clock.after(hours=1), "duration": 3600}, "conflicting_fields"),
        ({}, "nothing_to_change"),
    ):
        error = await refused(site.act("update_reservation", uid=before["uid"], **data), key)
        assert key != "reservation_conflict" or str(other["reservation_id"]) in str(error)
    await refused(site.act("update_reservation", uid="unknown", duration=3600), "reservation_not_found")
    await refused(site.act("update_reservation", duration=3600), "name_a_reservation")
    both = {"uid": before["uid"], "reservation_id": before["reservation_id"]}
    await refused(site.act("update_reservation", **both, duration=3600), "conflicting_fields")
    assert await site.reservations() == third
    assert [evse for evse, *_ in holds_of(charger)] == [1, 2]
    assert len(ids_placed(charger)) == 2


@pytest.mark.parametrize(
    ("status", "key"),
    [("Faulted", "reservation_faulted"), ("Unavailable", "reservation_unavailable")],
)
async def test_a_broken_connector_is_no_better_place(site: Site, version: Version, status: str, key: str) -> None:
    """What the charger has told already needs no asking."""
    charger = await site.charger(version=version)
    before = await site.reserve()
    await charger.set_status(2, status)
    await site.shows("sensor.a_connector_2_status", lambda state: state.state in {"faulted", "out_of_service"})
    await refused(site.act("update_reservation", uid=before["uid"], device_id=site.device_id("A", 2)), key)
    assert (await site.becomes(evse=1, hold="held"))["uid"] == before["uid"]


async def test_a_plugged_car_delays_the_hold(site: Site, clock: Clock, version: Version) -> None:
    """Contract 3: active, hold pending, result Occupied, event busy; held once the car is gone."""
    charger = await site.charger(version=version)
    before = await site.reserve()
    await charger.plug(2)
    await site.shows("binary_sensor.a_connector_2_plugged_in", "on")
    news = site.news("event.a_connector_2_reservation")
    after = await site.act("update_reservation", uid=before["uid"], device_id=site.device_id("A", 2))
    assert (after["status"], after["hold"], after["result"]) == ("active", "pending", "Occupied")
    assert [each["event_type"] for each in news] == ["changed", "busy"]
    await charger.unplug(2)
    await site.shows("binary_sensor.a_connector_2_plugged_in", "off")
    await clock.forward(seconds=2)
    await site.becomes(hold="held", evse=2)


async def test_a_reservation_in_use_is_not_moved(site: Site) -> None:
    """Contract 3: reservation_in_use."""
    charger = await site.charger()
    reservation = await site.reserve()
    assert await charger.start(1, HOLDER)
    await site.shows("sensor.a_connector_1_reservation", "in_use")
    error = await refused(site.act("update_reservation", uid=reservation["uid"], duration=3600), "reservation_in_use")
    assert str(reservation["reservation_id"]) in str(error)


async def test_an_offline_charger_learns_of_it_later(site: Site, version: Version) -> None:
    """The promise is ours: the hold follows when the charger is back."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    before = await site.reserve()
    await charger.go_offline()
    await site.shows("binary_sensor.a_connected", "off")
    after = await site.act(
        "update_reservation", uid=before["uid"], device_id=site.device_id("A", 2), duration={"hours": 2}
    )
    assert (after["status"], after["hold"], after["result"]) == ("active", "pending", None)
    charger.go_online()
    await site.becomes(hold="held", evse=2)
    await charger.wait_for(lambda: len(charger.holds) == 1)
    assert holds_of(charger) == [(2, HOLDER, datetime.fromisoformat(after["end"]))]


async def test_a_silent_charger_leaves_the_hold_uncertain(
    short_call_timeout: None, site: Site, version: Version
) -> None:
    """The reservation stands as changed, whatever becomes of the call."""
    behaviour = Behaviour(reserve_answer=["Accepted", "silent"], statuses_after_reconnect="all")
    charger = await site.charger(version=version, behaviour=behaviour)
    before = await site.reserve()
    after = await site.act("update_reservation", uid=before["uid"], duration={"hours": 2})
    assert (after["status"], after["hold"], after["result"]) == ("active", "uncertain", None)
    assert holds_of(charger) == [(1, HOLDER, datetime.fromisoformat(before["end"]))]
    await charger.drop()
    await charger.ready()
    await site.becomes(hold="held")
    assert holds_of(charger) == [(1, HOLDER, datetime.fromisoformat(after["end"]))]


async def test_an_update_survives_a_restart(site: Site, version: Version) -> None:
    """It is on disk before the action answers."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    before = await site.reserve()
    after = await site.act("update_reservation", uid=before["uid"], duration={"hours": 2})
    await site.stop()
    await site.start()
    (kept,) = await site.reservations()
    assert (kept["uid"], kept["end"], kept["hold"]) == (before["uid"], after["end"], "uncertain")
    await site.becomes(hold="held")
    assert holds_of(charger) == [(1, HOLDER, datetime.fromisoformat(after["end"]))]


@pytest.mark.parametrize("chargers", [[charger_subentry("A"), charger_subentry("B")]])
async def test_a_reservation_stays_at_its_charger(site: Site, chargers: list[ConfigSubentryData]) -> None:
    """Another charger is another reservation."""
    await site.charger()
    await site.charger("B")
    before = await site.reserve()
    error = await refused(
        site.act("update_reservation", uid=before["uid"], device_id=site.device_id("B", 1)), "other_charger"
    )
    assert "A" in str(error)


async def test_an_update_answers_only_who_asks(hass: HomeAssistant, site: Site) -> None:
    """Responses are optional for what changes something."""
    await site.charger()
    data = {"uid": (await site.reserve())["uid"], "duration": 3600}
    assert await hass.services.async_call("ocpp_central", "update_reservation", data, blocking=True) is None
    await site.becomes(hold="held")
