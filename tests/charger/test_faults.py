"""Scripted deviations, each as field chargers are seen to show it, in every version."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from ocpp.exceptions import OCPPError
import pytest

from . import HOME_CHARGER, Behaviour, Fault, SimulatedCharger, Version
from .central import Central, Refused
from .clock import Clock
from .desk import V2_ONLY, V16_ONLY, Desk

type Make = Callable[..., Awaitable[SimulatedCharger]]


@pytest.mark.parametrize("word", ["Accepted", "Faulted", "Occupied", "Rejected", "Unavailable"])
async def test_fixed_answer(charger_of: Make, desk: Desk, word: str) -> None:
    """`reserve_answer` fixes the word; only Accepted is held."""
    charger = await charger_of(behaviour=Behaviour(reserve_answer=word))
    await charger.plug(1)
    assert await desk.reserve(7, 1) == word
    assert (7 in charger.holds) == (word == "Accepted")


async def test_answers_in_turn(charger_of: Make, desk: Desk) -> None:
    """A sequence is used up call by call, "" is the conforming answer, and so is what follows the end."""
    charger = await charger_of(behaviour=Behaviour(reserve_answer=("Occupied", "", "NotImplemented")))
    assert await desk.reserve(7, 1) == "Occupied"
    assert await desk.reserve(7, 1) == "Accepted"
    with pytest.raises(Refused, match="NotImplemented"):
        await desk.reserve(8, 2)
    assert await desk.reserve(8, 2) == "Accepted"
    assert set(charger.holds) == {7, 8}


async def test_home_charger_knows_no_reservations(central: Central, charger_of: Make, desk: Desk) -> None:
    """The usual wallbox claims no reservations and answers NotImplemented."""
    await charger_of(behaviour=HOME_CHARGER)
    with pytest.raises(Refused, match="NotImplemented"):
        await desk.reserve(7, 1)
    if central.version is Version.V16:
        answer = await central.call("GetConfiguration", {"key": ["SupportedFeatureProfiles"]})
        assert "Reservation" not in answer["configurationKey"][0]["value"]
    else:
        asked = {"component": {"name": "ReservationCtrlr"}, "variable": {"name": "Available"}}
        answer = await central.call("GetVariables", {"getVariableData": [asked]})
        assert answer["getVariableResult"][0]["attributeStatus"] == "UnknownComponent"


async def test_unknown_action_is_not_implemented(central: Central, charger_of: Make) -> None:
    """Whatever the charger does not know gets a CALLERROR in every version."""
    charger = await charger_of()
    await central.send([2, "1", "MakeCoffee", {}])
    await charger.wait_for("MakeCoffee")
    with pytest.raises(Refused, match="NotImplemented"):
        await central.call("InstallCertificate", {"certificateType": _root(central.version), "certificate": "x"})


@pytest.mark.parametrize("fault", [Fault.SILENT, Fault.UNANSWERED])
async def test_silence(charger_of: Make, desk: Desk, fault: Fault) -> None:
    """`silent` does nothing, `unanswered` acts; neither answers, and the charger goes on."""
    charger = await charger_of(behaviour=Behaviour(reserve_answer=[fault]))
    asking = asyncio.create_task(desk.reserve(7, 1))
    await charger.wait_for("ReserveNow")
    assert (7 in charger.holds) == (fault == Fault.UNANSWERED)
    assert not asking.done()
    asking.cancel()
    assert await desk.cancel(7) == ("Accepted" if fault == Fault.UNANSWERED else "Rejected")


@pytest.mark.parametrize("fault", [Fault.DISCONNECT, Fault.ACTS_THEN_DISCONNECTS])
async def test_disconnect_instead_of_an_answer(charger_of: Make, desk: Desk, fault: Fault) -> None:
    """The connection drops instead of the answer, with the hold or without it; the charger comes back."""
    charger = await charger_of(behaviour=Behaviour(reserve_answer=[fault]))
    asking = asyncio.create_task(desk.reserve(7, 1))
    await charger.disconnected()
    asking.cancel()
    await charger.ready()
    assert (7 in charger.holds) == (fault == Fault.ACTS_THEN_DISCONNECTS)
    assert charger.reported[1] == ("Reserved" if fault == Fault.ACTS_THEN_DISCONNECTS else "Available")


async def test_late_answer(charger_of: Make, desk: Desk) -> None:
    """`late` acts at once; the answer comes when it is released."""
    charger = await charger_of(behaviour=Behaviour(reserve_answer=[Fault.LATE]))
    asking = asyncio.create_task(desk.reserve(7, 1))
    await charger.wait_for("ReserveNow")
    assert 7 in charger.holds
    assert not asking.done()
    await charger.release()
    assert await asking == "Accepted"


async def test_crash_on_cancel(charger_of: Make, desk: Desk) -> None:
    """A cancel can end as a drop, and a fixed Accepted leaves the hold where it is."""
    charger = await charger_of(behaviour=Behaviour(cancel_answer=["disconnect", "Accepted"]))
    await desk.reserve(7, 1)
    asking = asyncio.create_task(desk.cancel(7))
    await charger.disconnected()
    asking.cancel()
    await charger.ready()
    assert await desk.cancel(7) == "Accepted"
    assert charger.statuses[1] == "Reserved"


async def test_authorize_and_status_before_the_answer(central: Central, charger_of: Make, desk: Desk) -> None:
    """Authorize for the holder and Reserved may come while the central system waits for its answer."""
    await charger_of(behaviour=Behaviour(authorizes_before_answer=True))
    central.received.clear()
    assert await desk.reserve(7, 1) == "Accepted"
    assert central.actions == ["Authorize", "StatusNotification"]


async def test_careless_charger(charger_of: Make, desk: Desk) -> None:
    """Accepts everything, shows nothing, enforces nothing, never expires (ocpp-virtual-charge-point)."""
    careless = Behaviour(reserve_answer="Accepted", shows_reserved=False, enforces=False, expires="never")
    charger = await charger_of(behaviour=careless)
    await desk.reserve(7, 1, minutes=-5)
    await charger.tick()
    assert charger.statuses[1] == "Available"
    assert await charger.start(1, "STRANGER")
    assert "reservationId" not in desk.start()
    assert 7 in charger.holds


async def test_foreign_token_with_our_reservation_id(charger_of: Make, desk: Desk) -> None:
    """A stranger's start may carry the hold's id."""
    charger = await charger_of(behaviour=Behaviour(enforces=False, foreign_reservation_id=True))
    await desk.reserve(7, 1)
    assert await charger.start(1, "STRANGER")
    assert desk.start()["reservationId"] == 7


async def test_holder_without_reservation_id(charger_of: Make, desk: Desk) -> None:
    """The holder's start may lack the id."""
    charger = await charger_of(behaviour=Behaviour(omit_reservation_id=True))
    await desk.reserve(7, 1)
    assert await charger.start(1, "HOLDER")
    assert "reservationId" not in desk.start()


@pytest.mark.parametrize(("same_id", "kept"), [("rejects", True), ("drops", False)])
async def test_same_id_is_rejected(charger_of: Make, desk: Desk, same_id: str, kept: bool) -> None:
    """The same id may be Rejected, with the old hold kept or dropped first."""
    charger = await charger_of(behaviour=Behaviour(same_id=same_id))  # type: ignore[arg-type]
    await desk.reserve(7, 1)
    assert await desk.reserve(7, 1) == "Rejected"
    assert (7 in charger.holds) == kept


async def test_second_reservation_overwrites(charger_of: Make, desk: Desk) -> None:
    """A second reservation may silently replace the first."""
    charger = await charger_of(behaviour=Behaviour(overwrites_holds=True))
    await desk.reserve(7, 1)
    assert await desk.reserve(8, 1, "OTHER") == "Accepted"
    assert set(charger.holds) == {8}


async def test_one_reservation_per_token(charger_of: Make, desk: Desk) -> None:
    """A token may be allowed one reservation on the whole charger."""
    await charger_of(behaviour=Behaviour(one_hold_per_token=True))
    await desk.reserve(7, 1)
    assert await desk.reserve(8, 2) == "Occupied"
    assert await desk.reserve(9, 2, "OTHER") == "Accepted"


async def test_late_expiry(charger_of: Make, desk: Desk, clock: Clock) -> None:
    """A hold may end only at the next sweep."""
    charger = await charger_of(behaviour=Behaviour(expires="late", expiry_lag=timedelta(seconds=60)))
    await desk.reserve(7, 1)
    clock.forward(minutes=30, seconds=59)
    await charger.tick()
    assert 7 in charger.holds
    clock.forward(seconds=1)
    await charger.tick()
    assert not charger.holds


async def test_fast_clock_expires_early(charger_of: Make, desk: Desk, clock: Clock) -> None:
    """A charger whose clock is ahead lets holds expire early, and stamps what it says accordingly."""
    charger = await charger_of(behaviour=Behaviour(clock_skew=timedelta(minutes=5)))
    await desk.reserve(7, 1)
    clock.forward(minutes=25)
    await charger.tick()
    assert not charger.holds
    await charger.start(1, "HOLDER")
    assert desk.start()["timestamp"] == "2026-11-21T12:30:00Z"


async def test_careless_remote_start_deletes_the_hold(charger_of: Make, desk: Desk) -> None:
    """A remote start with a wrong token may be Accepted and cost the hold (MicroOcpp)."""
    charger = await charger_of(behaviour=Behaviour(remote_start_ignores_holds=True))
    await desk.reserve(7, 1)
    assert await desk.start_remotely(1, "STRANGER") == "Accepted"
    assert not charger.holds


async def test_unspecified_evse_is_bound(charger_of: Make, desk: Desk) -> None:
    """A charger may mark one EVSE of its choice."""
    charger = await charger_of(behaviour=Behaviour(unbound_reservations=True, marks_one_evse=True))
    await charger.plug(1)
    await desk.reserve(7, None)
    assert charger.statuses[2] == "Reserved"


async def test_unknown_connector_as_callerror(charger_of: Make, desk: Desk) -> None:
    """An unknown connector may give a CALLERROR instead of Rejected."""
    await charger_of(behaviour=Behaviour(unknown_evse="PropertyConstraintViolation"))
    with pytest.raises(Refused, match="PropertyConstraintViolation"):
        await desk.reserve(7, 9)


@V16_ONLY
async def test_free_vend_in_1_6(central: Central, charger_of: Make) -> None:
    """A free-vending charger starts with a fixed token and never sends Authorize."""
    charger = await charger_of(behaviour=Behaviour(free_vend=True))
    await charger.plug(1)
    assert central.payloads("StartTransaction")[0]["idTag"] == "FREEVEND"
    assert "Authorize" not in central.actions


@V2_ONLY
async def test_free_vend_in_2(central: Central, charger_of: Make) -> None:
    """2.x vends freely with NoAuthorization."""
    charger = await charger_of(behaviour=Behaviour(free_vend=True))
    await charger.plug(1)
    assert central.payloads("TransactionEvent")[0]["idToken"] == {"idToken": "", "type": "NoAuthorization"}


@V2_ONLY
async def test_transaction_that_starts_with_the_cable(central: Central, charger_of: Make, desk: Desk) -> None:
    """TxStartPoint EVConnected: the token and the reservationId come with a later event."""
    charger = await charger_of(behaviour=Behaviour(transaction_starts="plugged"))
    await desk.reserve(7, 1)
    await charger.plug(1)
    assert "idToken" not in desk.start()
    assert await charger.present(1, "HOLDER")
    event = central.payloads("TransactionEvent")[1]
    assert (event["eventType"], event["triggerReason"], event["reservationId"]) == ("Updated", "Authorized", 7)


@V2_ONLY
async def test_transaction_that_starts_with_the_token(central: Central, charger_of: Make, clock: Clock) -> None:
    """TxStartPoint Authorized: the transaction begins without a car, and ends if none comes."""
    charger = await charger_of(behaviour=Behaviour(transaction_starts="authorized"))
    assert await charger.present(1, "HOLDER")
    assert 1 in charger.transactions
    clock.forward(minutes=2)
    await charger.tick()
    assert central.payloads("TransactionEvent")[-1]["transactionInfo"]["stoppedReason"] == "Timeout"


@V2_ONLY
async def test_status_as_an_event(central: Central, charger_of: Make, desk: Desk) -> None:
    """Status may come as NotifyEvent."""
    charger = await charger_of(behaviour=Behaviour(notify_event=True))
    await desk.reserve(7, 1)
    await charger.wait_for(lambda: charger.reported[1] == "Reserved")
    [event] = central.payloads("NotifyEvent")[-1]["eventData"]
    assert (event["actualValue"], event["variable"]["name"]) == ("Reserved", "AvailabilityState")
    assert "StatusNotification" not in central.actions


@pytest.mark.parametrize(
    ("style", "stamp"),
    [
        ("zulu", "2026-11-21T12:00:00Z"),
        ("naive", "2026-11-21T12:00:00"),
        ("offset", "2026-11-21T14:00:00+02:00"),
        ("fraction", "2026-11-21T12:00:00.000000Z"),
    ],
)
async def test_times_as_chargers_write_them(central: Central, charger_of: Make, style: str, stamp: str) -> None:
    """Times come with Z, without a zone, with an offset, with fractions."""
    await charger_of(behaviour=Behaviour(timestamps=style))  # type: ignore[arg-type]
    assert central.payloads("StatusNotification")[0]["timestamp"] == stamp


async def test_violations_of_the_schemas_are_sent(central: Central, charger_of: Make) -> None:
    """Over-long names and unknown keys go out as they are."""
    sloppy = Behaviour(vendor="V" * 60, extra_keys={"vendorThing": 1})
    charger = await charger_of(behaviour=sloppy)
    assert charger.is_ready
    [boot] = central.payloads("BootNotification")
    assert boot["vendorThing"] == 1
    assert "V" * 60 in str(boot)
    assert central.problems
    central.problems.clear()


async def test_odd_words_are_sent_where_asked_for(central: Central, charger_of: Make) -> None:
    """A status word or a measurand that no version knows goes out, once it is meant."""
    charger = await charger_of()
    with pytest.raises(OCPPError):
        await charger.meter(1, {"Odd": 1.0})
    await charger.set_status(1, "Odd")
    assert charger.reported[1] == "Odd"
    await charger.set_status(1, "Available")
    charger.behaviour = Behaviour(checks_itself=False)
    await charger.start(1, "04A2B3")
    await charger.meter(1, {"Odd": 1.0})
    assert len(central.problems) == 2
    central.problems.clear()


async def test_other_actions_can_be_scripted(central: Central, charger_of: Make) -> None:
    """Any action's answer can be fixed by `answers`; nothing is done then."""
    charger = await charger_of(behaviour=Behaviour(answers={"Reset": "Rejected", "ClearCache": "InternalError"}))
    kind = "Soft" if central.version is Version.V16 else "Immediate"
    assert await central.call("Reset", {"type": kind}) == {"status": "Rejected"}
    with pytest.raises(Refused, match="InternalError"):
        await central.call("ClearCache", {})
    assert charger.is_connected


async def test_malformed_frames(central: Central, charger_of: Make) -> None:
    """Raw text goes out as it is, and the next frame that comes can be read."""
    charger = await charger_of(behaviour=Behaviour(boots_by_itself=False), wait=False)
    await charger.connected()
    await charger.send_text('[2,"x"]')
    assert await charger.receive_raw() == '[4, "x", "ProtocolError", "", {}]'
    assert (await charger.boot())["status"] == "Accepted"
    await charger.ready()
    assert central.actions[0] == "BootNotification"


def _root(version: Version) -> str:
    return "CentralSystemRootCertificate" if version is Version.V16 else "CSMSRootCertificate"


async def test_a_status_can_be_claimed(central: Central, charger_of: Make) -> None:
    """`report` says a word once; what is so stays so, and is not said again."""
    charger = await charger_of()
    await charger.report(1, "Unavailable")
    payload = central.payloads("StatusNotification")[-1]
    assert payload.get("status", payload.get("connectorStatus")) == "Unavailable"
    assert charger.statuses[1] == "Available"


async def test_holds_can_be_forgotten(charger_of: Make, desk: Desk) -> None:
    """`forget_holds`: no ReservationStatusUpdate tells it, the statuses do."""
    charger = await charger_of()
    await desk.reserve(7, 1)
    await charger.wait_for(lambda: charger.reported[1] == "Reserved")
    await charger.forget_holds()
    assert (charger.holds, charger.reported[1]) == ({}, "Available")
    assert desk.updates() == []
    assert await desk.cancel(7) == "Rejected"


async def test_a_start_may_end_holds(charger_of: Make, desk: Desk) -> None:
    """`starts_end_holds`: the hold of the connector goes, and those of the token elsewhere."""
    charger = await charger_of(behaviour=Behaviour(starts_end_holds=True, enforces=False))
    await desk.reserve(7, 1)
    await desk.reserve(8, 2, "OTHER")
    assert await charger.start(2, "HOLDER")
    assert charger.holds == {}
