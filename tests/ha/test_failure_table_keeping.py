"""The failure table, ocpp.md 5.4: a hold that is lost, in doubt, or left over. One test, or more, for each row."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.ocpp_central.const import DOMAIN
from tests.charger import Behaviour, SimulatedCharger, Version
from tests.charger.common import read_time

from .conftest import (
    HOLDER,
    ON_V2,
    QUESTIONS,
    STRANGER,
    TELLS_ALL,
    Clock,
    Site,
    asked,
    on_every_version,
    orders,
    told,
    warned_of,
)

RESERVATION = "sensor.a_connector_1_reservation"
STATUS = "sensor.a_connector_1_status"


def expiries(charger: SimulatedCharger) -> list[datetime]:
    """The expiry of each ReserveNow, in order."""
    key = "expiryDate" if charger.version is Version.V16 else "expiryDateTime"
    return [read_time(payload[key]) for action, payload in charger.received if action == "ReserveNow"]


@on_every_version("what", "reboot", "reboot that forgets", "reconnect")
async def test_boot_notification_or_reconnect(site: Site, version: Version, what: str) -> None:
    """The same id again, whether the charger forgot it or not; nothing is published."""
    behaviour = replace(TELLS_ALL, keeps_holds_over_reboot=what != "reboot that forgets")
    charger = await site.charger(version=version, behaviour=behaviour)
    news = site.news()
    reservation = await site.reserve()
    await site.shows(STATUS, "reserved")
    await (charger.drop() if what == "reconnect" else charger.reboot())
    await charger.wait_for("ReserveNow", count=2)
    await site.becomes(uid=reservation["uid"], status="active", hold="held")
    assert orders(charger) == [("ReserveNow", reservation["reservation_id"])] * 2
    assert [hold.id for hold in charger.holds.values()] == [reservation["reservation_id"]]
    assert told(news) == ["placed"]


async def test_boot_notification_or_reconnect_is_waited_for(site: Site, version: Version) -> None:
    """A charger that has not told yet what it knows is told nothing."""
    charger = await site.charger(version=version)
    reservation = await site.reserve()
    charger.behaviour = Behaviour(boots_by_itself=False)
    await charger.reboot()
    await site.becomes(hold="uncertain")
    await charger.connected()
    await charger.heartbeat()
    assert asked(charger) == 1
    await charger.boot()
    await site.becomes(hold="held")
    assert orders(charger) == [("ReserveNow", reservation["reservation_id"])] * 2


async def test_boot_notification_or_reconnect_drops_ghosts(site: Site, version: Version) -> None:
    """What was given up while the charger was away is cancelled, what stands is confirmed."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    given_up, kept = await site.reserve(1), await site.reserve(2)
    await charger.go_offline()
    await site.shows("binary_sensor.a_connected", "off")
    await site.act("cancel_reservation", uid=given_up["uid"])
    await charger.reboot()
    charger.go_online()
    await charger.wait_for("CancelReservation")
    await site.becomes(uid=kept["uid"], hold="held")
    assert sorted(orders(charger)[2:]) == [
        ("CancelReservation", given_up["reservation_id"]),
        ("ReserveNow", kept["reservation_id"]),
    ]
    assert [*charger.holds] == [kept["reservation_id"]]


async def test_boot_notification_or_reconnect_of_a_whole_charger(site: Site, version: Version) -> None:
    """Every hold is confirmed under its own id; cancelled, they all go."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    reservation = await site.reserve(None, whole_charger=True)
    await charger.wait_for(lambda: len(charger.holds) == 2)
    ids = set(charger.holds)
    await charger.reboot()
    await charger.wait_for("ReserveNow", count=4)
    await site.becomes(uid=reservation["uid"], status="active", hold="held")
    assert {wire_id for _, wire_id in orders(charger)} == ids
    await site.act("cancel_reservation", uid=reservation["uid"])
    await charger.wait_for(lambda: not charger.holds)


async def test_restart_of_home_assistant(site: Site, clock: Clock, version: Version) -> None:
    """Ends that passed are told late, starts that passed bind, holds are uncertain, nobody who charges is stopped."""
    behaviour = replace(TELLS_ALL, expires="never")
    charger = await site.charger(version=version, connectors=4, behaviour=behaviour)
    ending = await site.reserve(1, duration=120)
    standing = await site.reserve(2, duration={"hours": 1})
    coming = await site.reserve(3, start=clock.after(minutes=5))
    assert await charger.start(4, STRANGER)
    await charger.go_offline()
    await site.stop()
    news = [site.news(f"event.a_connector_{number}_reservation") for number in (1, 2, 3)]
    await clock.forward(minutes=10)
    await site.start()
    assert [told(each) for each in news] == [["expired"], [], ["placed"]]
    assert (news[0][0]["uid"], news[0][0]["reason"], news[0][0]["late"]) == (ending["uid"], "Expired", True)
    listed = {each["uid"]: (each["status"], each["hold"]) for each in await site.reservations()}
    assert listed == {standing["uid"]: ("active", "uncertain"), coming["uid"]: ("active", "pending")}
    await clock.forward(seconds=5)
    charger.go_online()
    living = {each["reservation_id"] for each in (standing, coming)}
    await charger.wait_for(lambda: set(charger.holds) == living)
    assert [*charger.transactions] == [4]
    assert {action for action, _ in charger.received} - QUESTIONS == {"ReserveNow", "CancelReservation"}
    await site.stop()
    await site.start()
    assert told(news[0]) == ["expired"], "told once"


async def test_restart_of_home_assistant_and_a_charger_that_does_not_come_back(
    site: Site, clock: Clock, version: Version
) -> None:
    """It is not missed for the time that we were down, but for five minutes from then on; told once, over restarts."""
    charger = await site.charger(version=version)
    news = site.news()
    await site.reserve(duration={"hours": 1})
    await charger.go_offline()
    await site.stop()
    await clock.forward(minutes=10)
    await site.start()
    await clock.forward(minutes=4)
    assert told(news) == ["placed"]
    await clock.forward(minutes=2)
    assert told(news) == ["placed", "at_risk"]
    await site.stop()
    await site.start()
    await clock.forward(minutes=10)
    assert told(news) == ["placed", "at_risk"]


async def test_clock_skew_of_a_fast_charger(site: Site, clock: Clock, version: Version) -> None:
    """Its hold expires too early, so that it is placed again, until our end by its clock."""
    charger = await site.charger(version=version, behaviour=Behaviour(clock_skew=timedelta(seconds=90)))
    news = site.news()
    reservation = await site.reserve(duration={"minutes": 10})
    end = datetime.fromisoformat(reservation["end"])
    await clock.forward(minutes=8, seconds=32)
    await site.becomes(hold="lost")
    await clock.forward(seconds=5)
    await site.becomes(hold="held")
    first, second = expiries(charger)
    assert first == end
    assert abs(second - (end + timedelta(seconds=90))) < timedelta(seconds=5)
    await clock.forward(seconds=75)
    assert [*charger.holds] == [reservation["reservation_id"]]
    await clock.forward(seconds=15)
    await charger.wait_for(lambda: not charger.holds)
    assert told(news) == ["placed", "expired"]


@ON_V2
async def test_clock_skew_beyond_reason(site: Site, clock: Clock, version: Version) -> None:
    """A charger that says Expired again and again is given it twice more, no more; we keep strangers out."""
    charger = await site.charger(version=version, behaviour=Behaviour(shows_reserved=False))
    reservation = await site.reserve(duration={"hours": 3})
    update = {"reservationId": reservation["reservation_id"], "reservationUpdateStatus": "Expired"}
    for again in (True, True, False, False):
        await charger.forget_holds()
        await charger.call("ReservationStatusUpdate", update)
        await clock.forward(minutes=6)
        if again:
            await site.becomes(status="active", hold="held")
        await charger.heartbeat()
    await site.becomes(status="active", hold="lost")
    assert asked(charger) == 3


async def test_clock_skew_is_told(site: Site, clock: Clock, version: Version, caplog: pytest.LogCaptureFixture) -> None:
    """Above a minute the owner is warned; the charger gets the time with every answer that has it."""
    charger = await site.charger(version=version, behaviour=Behaviour(clock_skew=timedelta(seconds=90)))
    assert abs(read_time((await charger.heartbeat())["currentTime"]) - datetime.now().astimezone()) < timedelta(
        seconds=2
    )
    assert warned_of(caplog, "clock")


async def test_clock_skew_that_does_not_matter(site: Site, version: Version, caplog: pytest.LogCaptureFixture) -> None:
    """Half a minute is no news."""
    await site.charger(version=version, behaviour=Behaviour(clock_skew=timedelta(seconds=30)))
    assert not warned_of(caplog, "clock")


@pytest.mark.parametrize("word", ["Available", "Unavailable", "Faulted"])
async def test_silent_drop(site: Site, clock: Clock, version: Version, word: str) -> None:
    """Only the status tells that the hold is gone: lost, and placed again once the connector is available."""
    charger = await site.charger(version=version, behaviour=Behaviour(reports_hold_end=False))
    news = site.news()
    reservation = await site.reserve()
    await site.shows(STATUS, "reserved")
    await (charger.forget_holds() if word == "Available" else charger.set_status(1, word))
    await site.becomes(uid=reservation["uid"], status="active", hold="lost")
    assert charger.holds == {}
    await charger.set_status(1, "Available")
    await site.shows(STATUS, "available")
    await clock.forward(seconds=3)
    await site.becomes(uid=reservation["uid"], status="active", hold="held")
    assert orders(charger) == [("ReserveNow", reservation["reservation_id"])] * 2
    assert told(news) == ["placed", *([] if word == "Available" else ["at_risk"])]


async def test_silent_drop_that_was_none(site: Site, clock: Clock, version: Version) -> None:
    """Available for a moment is a glitch: the hold stands, and nothing is sent."""
    charger = await site.charger(version=version)
    await site.reserve()
    await site.shows(STATUS, "reserved")
    await charger.report(1, "Available")
    await site.becomes(hold="lost")
    await charger.report(1, "Reserved")
    await site.becomes(status="active", hold="held")
    await clock.forward(seconds=3)
    await charger.heartbeat()
    assert asked(charger) == 1


async def test_silent_drop_of_one_hold_of_a_whole_charger(site: Site, clock: Clock, version: Version) -> None:
    """One hold for each connector, each with its own id; what is lost is placed again, the other one is not touched."""
    charger = await site.charger(version=version)
    reservation = await site.reserve(None, whole_charger=True)
    assert (reservation["target"], reservation["evse"]) == ("whole_charger", None)
    await charger.wait_for(lambda: len(charger.holds) == 2)
    assert {hold.evse for hold in charger.holds.values()} == {1, 2}
    await site.shows("sensor.a_connector_2_status", "reserved")
    lost = next(hold.id for hold in charger.holds.values() if hold.evse == 2)
    await charger.set_status(2, "Faulted")
    await site.becomes(status="active", hold="lost")
    await charger.set_status(2, "Available")
    await site.shows("sensor.a_connector_2_status", "available")
    await clock.forward(seconds=3)
    await site.becomes(uid=reservation["uid"], status="active", hold="held")
    assert orders(charger)[2:] == [("ReserveNow", lost)]


@on_every_version("answer", "Accepted", "Rejected")
async def test_stuck_reserved_after_the_end(site: Site, clock: Clock, version: Version, answer: str) -> None:
    """Cancelled once at the end, whatever the charger makes of it; it may show Reserved for ever, without a loop."""
    charger = await site.charger(version=version, behaviour=Behaviour(expires="never", cancel_answer=answer))
    news = site.news()
    reservation = await site.reserve(duration=120)
    await site.shows(STATUS, "reserved")
    await clock.forward(seconds=120)
    assert (site.state(RESERVATION), site.state("binary_sensor.a_connector_1_reserved")) == ("none", "off")
    await clock.forward(seconds=4)
    await charger.wait_for("CancelReservation")
    await charger.heartbeat()
    for minutes in (2, 2, 60):
        await clock.forward(minutes=minutes)
        await charger.heartbeat()
    assert site.state(STATUS) == "reserved"
    wire_id = reservation["reservation_id"]
    assert orders(charger) == [("ReserveNow", wire_id), ("CancelReservation", wire_id)]
    assert told(news) == ["placed", "expired"]


async def test_stuck_reserved_after_the_end_is_told(
    hass: HomeAssistant, site: Site, clock: Clock, version: Version
) -> None:
    """Still Reserved two minutes after its end: a repair names the charger, once."""
    charger = await site.charger(version=version, behaviour=Behaviour(expires="never", cancel_answer="Accepted"))
    issues = ir.async_get(hass).issues

    async def a_minute_later() -> int:
        # Moved on by less than it takes to miss a keepalive, and answered by then, the connection stands.
        await charger.heartbeat()
        await clock.forward(minutes=1)
        return len([domain for domain, _ in issues if domain == DOMAIN])

    await site.reserve(duration=120)
    await site.shows(STATUS, "reserved")
    await clock.forward(seconds=121)
    await clock.forward(seconds=5)
    await charger.wait_for("CancelReservation")
    assert [await a_minute_later() for _ in range(4)] == [0, 0, 1, 1]
    await charger.forget_holds()
    await site.shows(STATUS, "available")
    assert await a_minute_later() == 0


@pytest.mark.parametrize(
    ("version", "word"),
    [(version, word) for version in (Version.V201, Version.V21) for word in ("Expired", "Removed")]
    + [(Version.V21, "NoTransaction")],
)
async def test_reservation_status_update(site: Site, clock: Clock, version: Version, word: str) -> None:
    """While the window lasts the hold is lost, and placed again under the same id."""
    charger = await site.charger(version=version, behaviour=Behaviour(shows_reserved=False))
    news = site.news()
    reservation = await site.reserve()
    await charger.forget_holds()
    update = {"reservationId": reservation["reservation_id"], "reservationUpdateStatus": word}
    assert await charger.call("ReservationStatusUpdate", update) == {}
    await site.becomes(status="active", hold="lost")
    await clock.forward(seconds=3)
    await site.becomes(status="active", hold="held")
    assert orders(charger) == [("ReserveNow", reservation["reservation_id"])] * 2
    assert told(news) == ["placed"]


@ON_V2
async def test_reservation_status_update_expired_at_the_end(site: Site, clock: Clock, version: Version) -> None:
    """A second before our end it is not placed again; it expires, and that is published once."""
    charger = await site.charger(version=version)
    news = site.news()
    reservation = await site.reserve(duration=120)
    end = datetime.fromisoformat(reservation["end"])
    await clock.forward(seconds=(end - datetime.now(UTC)).total_seconds() - 1)
    await charger.forget_holds()
    update = {"reservationId": reservation["reservation_id"], "reservationUpdateStatus": "Expired"}
    assert await charger.call("ReservationStatusUpdate", update) == {}
    await clock.forward(seconds=1)
    await clock.forward(seconds=5)
    await charger.heartbeat()
    assert asked(charger) == 1
    assert told(news) == ["placed", "expired"]


@ON_V2
async def test_reservation_status_update_after_the_end(site: Site, clock: Clock, version: Version) -> None:
    """The charger's own Expired, exactly at the end, adds nothing to ours."""
    charger = await site.charger(version=version)
    news = site.news()
    await site.reserve(duration=120)
    await clock.forward(seconds=121)
    await charger.wait_for(lambda: not charger.holds)
    await charger.wait_for(lambda: "ReservationStatusUpdate" in [sent.action for sent in charger.sent])
    assert told(news) == ["placed", "expired"]
    assert asked(charger) == 1


@ON_V2
async def test_reservation_status_update_no_transaction(site: Site, clock: Clock, version: Version) -> None:
    """A holder who identified and brought no car: the hold is gone, in 2.0.1 without a word, and placed again."""
    charger = await site.charger(version=version, connection_timeout=30)
    news = site.news()
    reservation = await site.reserve()
    await site.shows(STATUS, "reserved")
    assert await charger.present(1, HOLDER)
    await site.shows(STATUS, "available")
    assert charger.holds == {}
    assert site.state(RESERVATION) == "active", "presenting is not using (ocpp.md 2.4)"
    await clock.forward(seconds=31)
    await charger.wait_for(lambda: charger.evses[1].authorization is None)
    if version is Version.V21:
        await charger.wait_for(lambda: charger.sent[-1].payload.get("reservationUpdateStatus") == "NoTransaction")
    else:
        await clock.forward(seconds=27)
        await charger.heartbeat()
        assert asked(charger) == 1, "it does not tell, so the usual minute passes"
    await clock.forward(seconds=3)
    await site.becomes(uid=reservation["uid"], status="active", hold="held")
    assert orders(charger) == [("ReserveNow", reservation["reservation_id"])] * 2
    assert told(news) == ["placed"]


@ON_V2
async def test_reservation_status_update_of_an_unknown_id(
    site: Site, version: Version, caplog: pytest.LogCaptureFixture
) -> None:
    """It is answered like any other, said in the log, and changes nothing."""
    charger = await site.charger(version=version)
    await site.reserve()
    before = await site.reservations()
    for word in ("Expired", "Removed"):
        update = {"reservationId": 4711, "reservationUpdateStatus": word}
        assert await charger.call("ReservationStatusUpdate", update) == {}
        assert "nobody here knows: 4711" in caplog.text
        caplog.clear()
    assert await site.reservations() == before
