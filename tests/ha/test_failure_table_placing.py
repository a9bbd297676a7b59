"""The failure table, ocpp.md 5.4: a hold that the charger does not take up at once. One test, or more, for each row."""

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.exceptions import HomeAssistantError
import pytest

from tests.charger import Behaviour, Fault, Version

from .conftest import (
    HOLDER,
    ON_V2,
    QUESTIONS,
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
    warned_of,
)

RESERVATION = "sensor.a_connector_1_reservation"
STATUS = "sensor.a_connector_1_status"


@pytest.fixture
def chargers() -> list[ConfigSubentryData]:
    """Charger A, at which nobody charges on the quiet, though it has not asked about anybody yet (contract 1)."""
    return [charger_subentry("A", enforcement="stop")]


@on_every_version("held_by", "auto", "charger")
async def test_offline_at_start(site: Site, clock: Clock, version: Version, held_by: str) -> None:
    """It binds without the charger, which is told on its return; with `charger` it waits for it."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    news = site.news()
    await charger.go_offline()
    await site.shows("binary_sensor.a_connected", "off")
    reservation = await site.reserve(start=clock.after(minutes=10), duration={"hours": 1}, held_by=held_by)
    await clock.forward(minutes=10)
    await site.becomes(status="active" if held_by == "auto" else "placing", hold="pending")
    await clock.forward(minutes=10)
    charger.go_online()
    await site.becomes(uid=reservation["uid"], status="active", hold="held")
    assert orders(charger) == [("ReserveNow", reservation["reservation_id"])]
    bound = ["placed", "at_risk"] if held_by == "auto" else ["at_risk", "placed"]
    assert told(news) == ["scheduled", *bound]


async def test_offline_at_start_is_told_once(site: Site, clock: Clock, version: Version) -> None:
    """After a grace time, once: the reservation is at risk, as the charger does not know of it."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    news = site.news()
    await charger.go_offline()
    await site.shows("binary_sensor.a_connected", "off")
    await site.reserve(start=clock.after(minutes=10), duration={"hours": 3})
    await clock.forward(minutes=10)
    assert told(news) == ["scheduled", "placed"]
    for _ in range(4):
        await clock.forward(minutes=20)
    assert told(news) == ["scheduled", "placed", "at_risk"]


async def test_offline_at_start_keeps_strangers_out(site: Site, clock: Clock, version: Version) -> None:
    """A stranger who started meanwhile is refused once that is told; then the charger holds it."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    await charger.go_offline()
    await site.shows("binary_sensor.a_connected", "off")
    await site.reserve(start=clock.after(minutes=10), duration={"hours": 1})
    await clock.forward(minutes=10)
    await site.becomes(status="active", hold="pending")
    await clock.forward(minutes=5)
    assert await charger.start(1, STRANGER), "nobody can be asked"
    await clock.forward(minutes=5)
    charger.go_online()
    await charger.wait_for(lambda: not charger.transactions and not charger.pending)
    assert standing(started(charger)) != "Accepted"
    await charger.unplug(1)
    await site.shows(STATUS, "available")
    await clock.forward(seconds=3)
    await site.becomes(status="active", hold="held")


async def test_offline_at_start_and_until_the_end(site: Site, clock: Clock) -> None:
    """A reservation that the charger never heard of ends at its end, and nothing is sent for it."""
    charger = await site.charger(behaviour=TELLS_ALL)
    news = site.news()
    await charger.go_offline()
    await site.shows("binary_sensor.a_connected", "off")
    await site.reserve(start=clock.after(minutes=10), duration={"minutes": 5})
    await clock.forward(minutes=10)
    await clock.forward(minutes=5)
    assert told(news) == ["scheduled", "placed", "expired"]
    charger.go_online()
    await charger.ready()
    await site.shows(STATUS, "available")
    assert orders(charger) == []


async def test_occupied_and_the_holder_is_already_charging_there(site: Site, clock: Clock, version: Version) -> None:
    """In use from the start on, and no wire call."""
    charger = await site.charger(version=version)
    news = site.news()
    await site.reserve(start=clock.after(minutes=10))
    assert await charger.start(1, HOLDER)
    await site.shows("binary_sensor.a_connector_1_charging", "on")
    assert site.state(RESERVATION) == "scheduled"
    await clock.forward(minutes=10)
    await site.shows(RESERVATION, "in_use")
    await charger.stop(1)
    await site.shows(RESERVATION, "none")
    assert orders(charger) == []
    assert told(news)[-1] == "used"


@pytest.mark.parametrize("obstacle", ["another", "plugged car"])
async def test_occupied_by_another_or_by_a_plugged_car(
    site: Site, clock: Clock, version: Version, obstacle: str
) -> None:
    """Who was there before is not touched; the hold is placed when the connector is free."""
    charger = await site.charger(version=version)
    news = site.news()
    reservation = await site.reserve(start=clock.after(minutes=10), duration={"hours": 1})
    if obstacle == "another":
        assert await charger.start(1, STRANGER)
        await site.shows("binary_sensor.a_connector_1_charging", "on")
    else:
        await charger.plug(1)
        await site.shows("binary_sensor.a_connector_1_plugged_in", "on")
    assert site.state(RESERVATION) == "scheduled"
    await clock.forward(minutes=10)
    await site.becomes(uid=reservation["uid"], status="active", hold="pending", last_result="Occupied")
    await charger.meter(1)
    assert (1 in charger.transactions) == (obstacle == "another")
    assert orders(charger) == []
    await charger.stop(1)
    await charger.unplug(1)
    await site.shows(STATUS, "available")
    await clock.forward(seconds=3)
    await site.becomes(uid=reservation["uid"], status="active", hold="held")
    assert told(news) == ["scheduled", "placed", "busy"]
    assert {received.action for received in charger.received} - QUESTIONS == {"ReserveNow"}


@pytest.mark.parametrize("held_by", ["auto", "charger"])
@pytest.mark.parametrize("word", ["Occupied", "Faulted", "Unavailable"])
async def test_faulted_or_unavailable_or_occupied_by_its_answer(
    site: Site, clock: Clock, word: str, held_by: str
) -> None:
    """The same when we believed the connector free: nothing is given up, and it is asked again (ocpp.md 5.3)."""
    charger = await site.charger(behaviour=Behaviour(reserve_answer=[word]))
    news = site.news()
    await site.reserve(start=clock.after(minutes=10), duration={"hours": 1}, held_by=held_by)
    await clock.forward(minutes=10)
    await site.becomes(status="active" if held_by == "auto" else "placing", hold="pending", last_result=word)
    await clock.forward(seconds=6)
    await site.becomes(status="active", hold="held", last_result="Accepted")
    assert asked(charger) == 2
    assert told(news) == ["scheduled", "placed", *(["busy"] if held_by == "auto" else [])]


@pytest.mark.parametrize(("word", "shown"), [("Faulted", "faulted"), ("Unavailable", "out_of_service")])
async def test_faulted_or_unavailable(site: Site, clock: Clock, version: Version, word: str, shown: str) -> None:
    """It is published beforehand that it is at risk, it binds all the same, and the hold is placed on recovery."""
    charger = await site.charger(version=version)
    news = site.news()
    reservation = await site.reserve(start=clock.after(minutes=10), duration={"hours": 1})
    await charger.set_status(1, word)
    await site.shows(STATUS, shown)
    await clock.forward(minutes=10)
    await site.becomes(status="active", hold="pending", last_result=word)
    await charger.set_status(1, "Available")
    await site.shows(STATUS, "available")
    await clock.forward(seconds=3)
    await site.becomes(status="active", hold="held")
    assert orders(charger) == [("ReserveNow", reservation["reservation_id"])]
    assert told(news) == ["scheduled", "at_risk", "placed"]


async def test_faulted_or_unavailable_while_unbound(site: Site, clock: Clock, version: Version) -> None:
    """Any connector: at the start another one is bound; if that fails later on, it is bound to another one again."""
    charger = await site.charger(version=version, connectors=3)
    await charger.set_status(1, "Faulted")
    await site.shows(STATUS, "faulted")
    reservation = await site.reserve(None, start=clock.after(minutes=10), duration={"hours": 1})
    assert (reservation["target"], reservation["evse"]) == ("any", None)
    await clock.forward(minutes=10)
    bound = await site.becomes(uid=reservation["uid"], status="active", hold="held")
    assert bound["evse"] in {2, 3}
    await site.shows(f"sensor.a_connector_{bound['evse']}_status", "reserved")
    await charger.set_status(bound["evse"], "Unavailable")
    other = 5 - bound["evse"]
    await site.becomes(uid=reservation["uid"], status="active", hold="held", evse=other)
    assert [hold.evse for hold in charger.holds.values()] == [other]


async def test_faulted_or_unavailable_until_the_end(site: Site, clock: Clock, version: Version) -> None:
    """What never recovers is kept until the end, and then expires like any other."""
    charger = await site.charger(version=version)
    news = site.news()
    await site.reserve(start=clock.after(minutes=10), duration={"minutes": 10})
    await charger.set_status(1, "Faulted")
    await site.shows(STATUS, "faulted")
    await clock.forward(minutes=10)
    await site.becomes(status="active", hold="pending")
    await clock.forward(minutes=10)
    assert told(news) == ["scheduled", "at_risk", "placed", "expired"]
    await charger.set_status(1, "Available")
    await site.shows(STATUS, "available")
    assert orders(charger) == []


async def test_rejected(site: Site, clock: Clock, version: Version) -> None:
    """Scheduled: the charger is not asked again for this reservation until it boots, and once then."""
    behaviour = Behaviour(reserve_answer=["Rejected", "Rejected"], statuses_after_reconnect="all", enforces=False)
    charger = await site.charger(version=version, behaviour=behaviour)
    reservation = await site.reserve(start=clock.after(minutes=10), duration={"hours": 2})
    await clock.forward(minutes=10)
    await site.becomes(status="active", hold="unsupported", last_result="Rejected")
    assert not await charger.start(1, STRANGER), "the central system keeps strangers out"
    await charger.unplug(1)
    await clock.forward(minutes=30)
    await charger.reboot()
    await charger.wait_for("ReserveNow", count=2)
    await site.becomes(status="active", hold="unsupported")
    await clock.forward(minutes=30)
    await charger.reboot()
    await site.becomes(status="active", hold="held")
    assert orders(charger) == [("ReserveNow", reservation["reservation_id"])] * 3


async def test_rejected_where_the_charger_had_to_hold_it(site: Site, clock: Clock) -> None:
    """`held_by: charger` has no fallback (ocpp.md 5.3)."""
    charger = await site.charger(behaviour=Behaviour(reserve_answer="Rejected"))
    news = site.news()
    await site.reserve(start=clock.after(minutes=10), held_by="charger")
    await clock.forward(minutes=10)
    await eventually(lambda: told(news) == ["scheduled", "rejected"])
    assert asked(charger) == 1
    assert await site.reservations() == []


async def test_rejected_by_a_charger_that_claims_reservations(
    site: Site, clock: Clock, version: Version, caplog: pytest.LogCaptureFixture
) -> None:
    """A scheduled one binds without it, and the owner is warned."""
    await site.charger(version=version, behaviour=Behaviour(reserve_answer="Rejected"))
    await site.reserve(start=clock.after(minutes=10))
    await clock.forward(minutes=10)
    await site.becomes(status="active", hold="unsupported")
    assert warned_of(caplog, "reject")


async def test_rejected_by_a_charger_that_does_not_claim_reservations(site: Site, version: Version) -> None:
    """Rejected is then the word for "not implemented" (ocpp.md 5.3): `auto` falls back to the central system."""
    behaviour = Behaviour(claims_reservations=False, reserve_answer="Rejected", enforces=False)
    charger = await site.charger(version=version, behaviour=behaviour)
    reservation = await site.reserve()
    assert (reservation["status"], reservation["hold"], reservation["result"]) == ("active", "unsupported", "Rejected")
    assert not await charger.start(1, STRANGER)
    with pytest.raises(HomeAssistantError):
        await site.reserve(2, held_by="charger")


@ON_V2
async def test_rejected_by_a_charger_that_switched_reservations_off(site: Site, version: Version) -> None:
    """`ReservationCtrlr.Enabled` false (H01.FR.01) is no claim either."""
    await site.charger(version=version, behaviour=Behaviour(reservations_enabled=False))
    reservation = await site.reserve()
    assert (reservation["status"], reservation["hold"], reservation["result"]) == ("active", "unsupported", "Rejected")


@on_every_version("code", "NotImplemented", "NotSupported", "FormationViolation", "FormatViolation")
async def test_callerror_not_implemented(site: Site, clock: Clock, version: Version, code: str) -> None:
    """The charger is asked for no reservation any more until it boots; the central system keeps strangers out."""
    behaviour = Behaviour(reserve_answer=[code], statuses_after_reconnect="all", enforces=False)
    charger = await site.charger(version=version, behaviour=behaviour)
    first = await site.reserve(1, duration={"hours": 2})
    second = await site.reserve(2, duration={"hours": 2})
    for each in (first, second):
        assert (each["status"], each["hold"], each["result"]) == ("active", "unsupported", None)
    assert not await charger.start(1, STRANGER)
    await charger.unplug(1)
    await clock.forward(hours=1)
    await charger.heartbeat()
    assert asked(charger) == 1
    await charger.reboot()
    await charger.wait_for(lambda: len(charger.holds) == 2)
    ids = [each["reservation_id"] for each in (first, first, second)]
    assert orders(charger) == [("ReserveNow", wire_id) for wire_id in ids]


@on_every_version("code", "InternalError", "GenericError")
async def test_other_callerror(site: Site, clock: Clock, version: Version, code: str) -> None:
    """Active, and asked again after 5 s, 30 s and from then on 5 min, but not for what is about to end."""
    charger = await site.charger(version=version, behaviour=Behaviour(reserve_answer=code))
    news = site.news()
    reservation = await site.reserve(duration={"minutes": 10})
    assert (reservation["status"], reservation["hold"], reservation["result"]) == ("active", "pending", None)
    for count, wait in enumerate((5, 30, 300), start=2):
        await clock.forward(seconds=wait - 2)
        await charger.heartbeat()
        assert asked(charger) == count - 1
        await clock.forward(seconds=2.1)
        await charger.wait_for("ReserveNow", count=count)
        await charger.heartbeat()
    await clock.forward(minutes=5)
    await charger.heartbeat()
    assert orders(charger) == [("ReserveNow", reservation["reservation_id"])] * 4
    assert told(news) == ["placed", "expired"]


async def test_other_callerror_is_forgotten_once_it_works(site: Site, clock: Clock) -> None:
    """The charger holds it when it has got over its trouble."""
    charger = await site.charger(behaviour=Behaviour(reserve_answer=["InternalError"]))
    reservation = await site.reserve()
    assert charger.holds == {}
    await clock.forward(seconds=6)
    await site.becomes(uid=reservation["uid"], hold="held")
    assert len(charger.holds) == 1


@on_every_version("fault", Fault.ACTS_THEN_DISCONNECTS, Fault.DISCONNECT, Fault.SILENT, Fault.UNANSWERED)
async def test_timeout_or_disconnect_during_the_call(
    short_call_timeout: None, site: Site, clock: Clock, version: Version, fault: Fault
) -> None:
    """`auto` binds at once; the same id is sent again, which replaces whatever the charger made of the first call."""
    behaviour = Behaviour(reserve_answer=[fault], statuses_after_reconnect="all")
    charger = await site.charger(version=version, behaviour=behaviour)
    reservation = await site.reserve()
    assert (reservation["status"], reservation["hold"], reservation["result"]) == ("active", "uncertain", None)
    if "disconnect" not in fault:  # else the new connection is the occasion, and time must not run out for that call
        await clock.forward(seconds=6)
    await charger.wait_for("ReserveNow", count=2)
    await site.becomes(uid=reservation["uid"], hold="held")
    assert orders(charger) == [("ReserveNow", reservation["reservation_id"])] * 2
    assert [hold.id for hold in charger.holds.values()] == [reservation["reservation_id"]]


@on_every_version("held_by", "auto", "charger")
async def test_timeout_or_disconnect_during_the_call_at_the_start(
    short_call_timeout: None, site: Site, clock: Clock, version: Version, held_by: str
) -> None:
    """Nobody waits for a scheduled one: it stands, uncertain, and the next connection settles it."""
    behaviour = Behaviour(reserve_answer=[Fault.DISCONNECT], statuses_after_reconnect="all")
    charger = await site.charger(version=version, behaviour=behaviour)
    reservation = await site.reserve(start=clock.after(minutes=10), held_by=held_by)
    await clock.forward(minutes=10)
    await charger.wait_for("ReserveNow", count=2)
    await site.becomes(uid=reservation["uid"], status="active", hold="held")
    assert orders(charger) == [("ReserveNow", reservation["reservation_id"])] * 2


async def test_timeout_or_disconnect_during_the_call_and_a_status_reserved(
    short_call_timeout: None, site: Site, clock: Clock, version: Version
) -> None:
    """The status shows that the charger holds it, so it need not be asked."""
    behaviour = Behaviour(reserve_answer=[Fault.UNANSWERED], shows_reserved=False)
    charger = await site.charger(version=version, behaviour=behaviour)
    assert (await site.reserve())["hold"] == "uncertain"
    await charger.report(1, "Reserved")
    await site.becomes(hold="held")
    await clock.forward(seconds=6)
    await charger.heartbeat()
    assert asked(charger) == 1


async def test_timeout_or_disconnect_during_the_call_and_a_late_answer(
    short_call_timeout: None, site: Site, clock: Clock, version: Version
) -> None:
    """An answer after we gave up waiting is evidence all the same (ocpp.md 5.6)."""
    charger = await site.charger(version=version, behaviour=Behaviour(reserve_answer=[Fault.LATE]))
    assert (await site.reserve())["hold"] == "uncertain"
    await charger.release()
    await site.becomes(hold="held", last_result="Accepted")
    await clock.forward(seconds=6)
    await charger.heartbeat()
    assert asked(charger) == 1


@on_every_version(
    "behaviour",
    Behaviour(reserve_answer=[Fault.UNANSWERED], same_id="rejects"),
    Behaviour(reserve_answer=[Fault.UNANSWERED], same_id="drops"),
    Behaviour(reserve_answer=[Fault.UNANSWERED, "Occupied"]),
)
async def test_timeout_or_disconnect_during_the_call_and_the_same_id_is_refused(
    short_call_timeout: None, site: Site, clock: Clock, version: Version, behaviour: Behaviour
) -> None:
    """Our own hold may be in the way: it is dropped first, and only then there is a new id."""
    charger = await site.charger(version=version, behaviour=behaviour)
    reservation = await site.reserve()
    assert reservation["hold"] == "uncertain"
    await clock.forward(seconds=6)
    held = await site.becomes(uid=reservation["uid"], hold="held")
    old = reservation["reservation_id"]
    assert held["reservation_id"] == old, "what users see never changes"
    *known, (action, new) = orders(charger)
    assert known == [("ReserveNow", old), ("ReserveNow", old), ("CancelReservation", old)]
    assert (action, [*charger.holds]) == ("ReserveNow", [new])
    assert new != old
