"""The failure table, ocpp.md 5.4: who starts, where and when, and who gives up. One test, or more, for each row."""

from datetime import UTC, datetime, timedelta

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
import pytest

from tests.charger import Behaviour, Fault, SimulatedCharger, Version

from .conftest import (
    HOLDER,
    STRANGER,
    TELLS_ALL,
    Clock,
    Site,
    asked,
    charger_subentry,
    eventually,
    on_every_version,
    orders,
    standing,
    started,
    told,
)

RESERVATION = "sensor.a_connector_1_reservation"
STATUS = "sensor.a_connector_1_status"
CONNECTED = "binary_sensor.a_connected"


@pytest.fixture
def chargers() -> list[ConfigSubentryData]:
    """Charger A, at which nobody charges on the quiet, though it has not asked about anybody yet (contract 1)."""
    return [charger_subentry("A", enforcement="stop")]


async def tell_start(charger: SimulatedCharger, at: datetime, hold: int | None) -> None:
    """Have a charger tell that the holder started at this moment, by its clock."""
    moment = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    claim = {} if hold is None else {"reservationId": hold}
    if charger.version is Version.V16:
        start = {"connectorId": 1, "idTag": HOLDER, "meterStart": 0, "timestamp": moment}
        await charger.call("StartTransaction", start | claim)
        return
    event = {
        "eventType": "Started",
        "timestamp": moment,
        "triggerReason": "Authorized",
        "seqNo": 0,
        "transactionInfo": {"transactionId": "T1", "chargingState": "Charging"},
        "evse": {"id": 1, "connectorId": 1},
        "idToken": {"idToken": HOLDER, "type": "ISO14443"},
    }
    await charger.call("TransactionEvent", event | claim)


async def test_holders_token_starts_elsewhere(site: Site, version: Version) -> None:
    """On another connector: the reservation stays, its hold is made sure of, and it is used where it was made."""
    charger = await site.charger(version=version)
    news = site.news()
    reservation = await site.reserve()
    assert await charger.start(2, HOLDER)
    await site.shows("binary_sensor.a_connector_2_charging", "on")
    await charger.wait_for("ReserveNow", count=2)
    await site.becomes(uid=reservation["uid"], status="active", hold="held")
    assert orders(charger) == [("ReserveNow", reservation["reservation_id"])] * 2
    await charger.stop(2)
    await charger.unplug(2)
    assert await charger.start(1, HOLDER)
    await site.shows(RESERVATION, "in_use")
    assert told(news) == ["placed", "used"]


async def test_holders_token_starts_elsewhere_and_the_hold_is_gone(site: Site, clock: Clock, version: Version) -> None:
    """Some chargers give up the hold of a token that starts anywhere: lost, and placed again."""
    charger = await site.charger(version=version, behaviour=Behaviour(starts_end_holds=True))
    news = site.news()
    reservation = await site.reserve()
    await site.shows(STATUS, "reserved")
    assert await charger.start(2, HOLDER)
    await site.becomes(status="active", hold="lost")
    assert charger.holds == {}
    await clock.forward(seconds=61)
    await site.becomes(uid=reservation["uid"], status="active", hold="held")
    assert orders(charger) == [("ReserveNow", reservation["reservation_id"])] * 2
    assert told(news) == ["placed"]


@pytest.mark.parametrize("chargers", [[charger_subentry("A"), charger_subentry("B")]])
async def test_holders_token_starts_elsewhere_on_another_charger(
    site: Site, version: Version, chargers: list[ConfigSubentryData]
) -> None:
    """Another charger's connector is elsewhere too, though it has the same number."""
    await site.charger("A", version)
    other = await site.charger("B", version)
    await site.reserve()
    assert await other.start(1, HOLDER)
    await site.shows("binary_sensor.b_connector_1_charging", "on")
    await site.becomes(status="active", hold="held")


async def test_holders_token_starts_elsewhere_and_that_counts(
    hass: HomeAssistant, site: Site, version: Version
) -> None:
    """The option `consume_on_any`: used wherever the holder starts, and the reserved connector is free again."""
    hass.config_entries.async_update_entry(site.entry, options={"consume_on_any": True})
    await hass.async_block_till_done()
    charger = await site.charger(version=version)
    news = site.news()
    await site.reserve()
    assert await charger.start(2, HOLDER)
    await charger.wait_for(lambda: not charger.holds)
    await site.shows("binary_sensor.a_connector_1_reserved", "off")
    assert told(news) == ["placed", "used"]
    assert await charger.start(1, STRANGER)


@pytest.mark.parametrize("chargers", [[charger_subentry("A"), charger_subentry("B")]])
async def test_holders_token_starts_elsewhere_on_another_charger_and_that_counts(
    hass: HomeAssistant, site: Site, version: Version, chargers: list[ConfigSubentryData]
) -> None:
    """The option is about the holder, not about the charger."""
    hass.config_entries.async_update_entry(site.entry, options={"consume_on_any": True})
    await hass.async_block_till_done()
    charger = await site.charger("A", version)
    other = await site.charger("B", version)
    news = site.news()
    await site.reserve()
    assert await other.start(1, HOLDER)
    await charger.wait_for(lambda: not charger.holds)
    assert told(news) == ["placed", "used"]


async def test_start_with_our_reservation_id_but_a_foreign_token(site: Site, version: Version) -> None:
    """The id proves nothing: the stranger is refused, and the reservation is not used."""
    behaviour = Behaviour(enforces=False, foreign_reservation_id=True)
    charger = await site.charger(version=version, behaviour=behaviour)
    news = site.news()
    reservation = await site.reserve()
    assert not await charger.start(1, STRANGER, authorize=False)
    start = started(charger)
    assert start.payload["reservationId"] == reservation["reservation_id"]
    assert standing(start) == ("Blocked" if version is Version.V16 else "NotAtThisTime")
    await site.becomes(uid=reservation["uid"], status="active", end_reason=None)
    assert told(news) == ["placed"]


async def test_holder_starts_without_reservation_id(site: Site, version: Version) -> None:
    """Connector, token and time are enough."""
    charger = await site.charger(version=version, behaviour=Behaviour(omit_reservation_id=True))
    news = site.news()
    await site.reserve()
    assert await charger.start(1, HOLDER)
    assert "reservationId" not in started(charger).payload
    await site.shows(RESERVATION, "in_use")
    await charger.stop(1)
    await site.shows(RESERVATION, "none")
    assert told(news) == ["placed", "used"]


@pytest.mark.parametrize("stops", [True, False])
async def test_start_that_we_answered_non_accepted(site: Site, version: Version, stops: bool) -> None:
    """The reservation is unchanged, whether the charger stops the transaction or merely gives no energy."""
    behaviour = Behaviour(enforces=False, stops_on_invalid_id=stops)
    charger = await site.charger(version=version, behaviour=behaviour)
    news = site.news()
    await site.reserve()
    before = await site.reservations()
    assert not await charger.start(1, STRANGER, authorize=False)
    assert standing(started(charger)) != "Accepted"
    assert (1 in charger.transactions) != stops
    assert await site.reservations() == before
    await charger.stop(1)
    await charger.unplug(1)
    assert await charger.start(1, HOLDER)
    await site.shows(RESERVATION, "in_use")
    assert told(news) == ["placed", "used"]


async def test_queued_offline_start_of_the_holder(site: Site, version: Version) -> None:
    """Begun within the window while nobody could be told, here as Home Assistant was down: used."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    await site.reserve()
    await charger.go_offline()
    await site.stop()
    news = site.news()
    await charger.start(1, HOLDER, authorize=False)
    await site.start()
    charger.go_online()
    await site.shows(RESERVATION, "in_use")
    assert told(news) == ["used"]


async def test_queued_offline_start_of_the_holder_told_after_the_end(
    site: Site, clock: Clock, version: Version, caplog: pytest.LogCaptureFixture
) -> None:
    """Within the window, though told after it: the only way from expired to used, and the log says so."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    news = site.news()
    reservation = await site.reserve()
    await charger.go_offline()
    await site.shows(CONNECTED, "off")
    await clock.forward(minutes=10)
    await charger.start(1, HOLDER)
    await clock.forward(minutes=25)
    assert told(news) == ["placed", "at_risk", "expired"]
    charger.go_online()
    await eventually(lambda: told(news) == ["placed", "at_risk", "expired", "used"])
    assert news[-1]["late"]
    await charger.wait_for(lambda: not charger.pending)
    assert standing(started(charger)) == "Accepted"
    (ended,) = await site.reservations(include_ended=True)
    assert (ended["uid"], ended["status"]) == (reservation["uid"], "used")
    assert "it was used" in caplog.text


async def test_queued_offline_start_before_the_reservation(site: Site, clock: Clock, version: Version) -> None:
    """Whoever began before is no intruder, though we learn of it within the window."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    await site.reserve(start=clock.after(minutes=10), duration={"hours": 1})
    await charger.go_offline()
    await site.shows(CONNECTED, "off")
    await charger.start(1, STRANGER)
    await clock.forward(minutes=10)
    await clock.forward(minutes=10)
    await site.becomes(status="active", hold="pending")
    charger.go_online()
    await charger.wait_for(lambda: not charger.pending)
    assert standing(started(charger)) == "Accepted"
    await site.shows("binary_sensor.a_connector_1_charging", "on")
    assert 1 in charger.transactions
    await site.becomes(status="active", hold="pending")


async def test_queued_offline_start_of_a_stranger(site: Site, clock: Clock, version: Version) -> None:
    """Within the window it is refused, but answered like any other, also if it has ended long ago."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    news = site.news()
    await site.reserve()
    await charger.go_offline()
    await site.shows(CONNECTED, "off")
    await clock.forward(minutes=5)
    charger.behaviour = Behaviour(statuses_after_reconnect="all", enforces=False)
    await charger.start(1, STRANGER)
    await clock.forward(minutes=5)
    await charger.stop(1)
    await charger.unplug(1)
    charger.go_online()
    await charger.wait_for(lambda: not charger.pending)
    assert standing(started(charger)) != "Accepted"
    await site.becomes(status="active", hold="held")
    assert told(news) == ["placed", "at_risk"]


async def test_queued_offline_start_that_is_dated_before_time_began(site: Site, clock: Clock, version: Version) -> None:
    """A charger without a clock dates what it queued to 1970, so that it counts when it is told: the holder's uses it."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    reservation = await site.reserve()
    await charger.go_offline()
    await site.shows(CONNECTED, "off")
    charger.go_online()
    await charger.ready()
    await tell_start(charger, datetime(1970, 1, 1, tzinfo=UTC), reservation["reservation_id"])
    await site.shows(RESERVATION, "in_use")


@on_every_version("token", STRANGER, HOLDER)
async def test_expiry_against_start_at_the_end(site: Site, clock: Clock, version: Version, token: str) -> None:
    """From the end on ordinary rules apply, to the holder as to everybody; the reservation stays expired."""
    charger = await site.charger(version=version, behaviour=Behaviour(enforces=False))
    news = site.news()
    reservation = await site.reserve(duration=120)
    end = datetime.fromisoformat(reservation["end"])
    await clock.forward(seconds=(end - datetime.now(UTC)).total_seconds())
    assert await charger.start(1, token)
    await site.shows("binary_sensor.a_connector_1_charging", "on")
    assert told(news) == ["placed", "expired"]
    assert site.state(RESERVATION) == "none"


async def test_expiry_against_start_just_before_the_end(site: Site, clock: Clock, version: Version) -> None:
    """The start won: the end of the window uses it up, and is not published."""
    charger = await site.charger(version=version)
    news = site.news()
    reservation = await site.reserve(duration=120)
    end = datetime.fromisoformat(reservation["end"])
    await clock.forward(seconds=(end - datetime.now(UTC)).total_seconds() - 1.5)
    assert await charger.start(1, HOLDER)
    await site.shows(RESERVATION, "in_use")
    await clock.forward(seconds=2)
    await site.shows(RESERVATION, "none")
    assert told(news) == ["placed", "used"]


async def test_expiry_against_start_that_took_its_time(site: Site, clock: Clock, version: Version) -> None:
    """Told after the end by a charger that was never away: its hold, and a date before the end, make it used."""
    charger = await site.charger(version=version)
    news = site.news()
    reservation = await site.reserve(duration=120)
    end = datetime.fromisoformat(reservation["end"])
    await clock.forward(seconds=121)
    assert told(news) == ["placed", "expired"]
    await tell_start(charger, end - timedelta(seconds=1), reservation["reservation_id"])
    assert told(news) == ["placed", "expired", "used"]
    (ended,) = await site.reservations(include_ended=True)
    assert (ended["uid"], ended["status"]) == (reservation["uid"], "used")


async def test_expiry_against_start_without_our_id(site: Site, clock: Clock, version: Version) -> None:
    """Without the hold's id a charger's clock alone is no evidence of when it was."""
    charger = await site.charger(version=version)
    news = site.news()
    reservation = await site.reserve(duration=120)
    end = datetime.fromisoformat(reservation["end"])
    await clock.forward(seconds=121)
    await tell_start(charger, end - timedelta(seconds=1), None)
    assert told(news) == ["placed", "expired"]


async def test_cancel_fails_because_the_charger_is_offline(site: Site, version: Version) -> None:
    """Cancelled at once, and the charger learns of it when it is back."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    reservation = await site.reserve()
    await charger.go_offline()
    await site.shows(CONNECTED, "off")
    await site.press("button.a_connector_1_cancel_reservation")
    assert site.state("binary_sensor.a_connector_1_reserved") == "off"
    charger.go_online()
    await charger.wait_for(lambda: not charger.holds)
    wire_id = reservation["reservation_id"]
    assert orders(charger) == [("ReserveNow", wire_id), ("CancelReservation", wire_id)]


@on_every_version(
    "fault", Fault.UNANSWERED, Fault.SILENT, Fault.DISCONNECT, Fault.ACTS_THEN_DISCONNECTS, "InternalError"
)
async def test_cancel_fails_at_the_charger(
    short_call_timeout: None, site: Site, clock: Clock, version: Version, fault: str
) -> None:
    """Cancelled at once, nobody is kept out any more, and the charger is told again."""
    behaviour = Behaviour(cancel_answer=[fault], enforces=False, statuses_after_reconnect="all")
    charger = await site.charger(version=version, behaviour=behaviour)
    news, connected = site.news(), site.history(CONNECTED)
    reservation = await site.reserve()
    cancelled = await site.act("cancel_reservation", uid=reservation["uid"])
    assert (cancelled["status"], cancelled["end_reason"]) == ("cancelled", "Cancelled")
    assert site.state(RESERVATION) == "none"
    await charger.wait_for("CancelReservation")
    if "disconnect" in fault:
        await eventually(lambda: connected[-2:] == ["off", "on"])
        await charger.ready()
    assert await charger.start(1, STRANGER)
    await clock.forward(seconds=1)
    await charger.heartbeat()
    await clock.forward(seconds=6)
    await charger.wait_for("CancelReservation", count=2)
    await charger.wait_for(lambda: not charger.holds)
    wire_id = reservation["reservation_id"]
    assert orders(charger) == [("ReserveNow", wire_id), *[("CancelReservation", wire_id)] * 2]
    assert told(news) == ["placed", "cancelled"]


async def test_cancel_fails_as_rejected(site: Site, clock: Clock, version: Version) -> None:
    """Rejected says that there is no such hold, which is as good: done."""
    charger = await site.charger(version=version, behaviour=Behaviour(shows_reserved=False))
    reservation = await site.reserve()
    await charger.forget_holds()
    assert (await site.act("cancel_reservation", uid=reservation["uid"]))["status"] == "cancelled"
    await charger.wait_for("CancelReservation")
    await charger.heartbeat()
    await clock.forward(minutes=1)
    await charger.heartbeat()
    assert [action for action, _ in orders(charger)] == ["ReserveNow", "CancelReservation"]


async def test_cancel_fails_until_the_hold_has_expired(site: Site, clock: Clock, version: Version) -> None:
    """A charger that stays away until its hold has ended by itself is told nothing."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    reservation = await site.reserve(duration=120)
    await charger.go_offline()
    await site.shows(CONNECTED, "off")
    await site.act("cancel_reservation", uid=reservation["uid"])
    await clock.forward(minutes=15)
    charger.go_online()
    await charger.ready()
    await site.shows(STATUS, "available")
    await charger.heartbeat()
    assert asked(charger) == len(orders(charger)) == 1


async def test_cancel_fails_and_the_end_is_told_instead(site: Site, clock: Clock, version: Version) -> None:
    """The cancel at the end is no other: a hold that outlived its reservation is dropped when the charger is back."""
    behaviour = Behaviour(expires="never", statuses_after_reconnect="all")
    charger = await site.charger(version=version, behaviour=behaviour)
    await site.reserve(duration=60)
    await charger.go_offline()
    await site.shows(CONNECTED, "off")
    await clock.forward(seconds=70)
    assert site.state(RESERVATION) == "none"
    assert len(charger.holds) == 1
    charger.go_online()
    await clock.forward(seconds=4)
    await charger.wait_for(lambda: not charger.holds)
