"""A driver's visit as the central system sees it, in every version."""

import asyncio
from collections.abc import Awaitable, Callable

from . import Behaviour, SimulatedCharger, Version
from .central import Central
from .clock import Clock
from .desk import V2_ONLY, V16_ONLY

type Make = Callable[..., Awaitable[SimulatedCharger]]


async def test_boot_comes_first_and_every_status_follows(central: Central, charger_of: Make) -> None:
    """A charger that was switched on says BootNotification before all else, then one status per connector."""
    charger = await charger_of()
    assert central.actions[0] == "BootNotification"
    assert set(central.actions[1:]) == {"StatusNotification"}
    assert charger.statuses == {1: "Available", 2: "Available"}
    assert central.handshakes[0]["path"] == "/A%201"


@V16_ONLY
async def test_visit_in_1_6(central: Central, charger_of: Make, clock: Clock) -> None:
    """Plug, token, charge, meter, stop, unplug give the messages and the statuses of 1.6, in that order."""
    charger = await charger_of()
    central.received.clear()
    await charger.plug(1)
    assert await charger.present(1, "04A2B3")
    clock.forward(hours=1)
    await charger.meter(1)
    await charger.stop(1)
    await charger.unplug(1)
    assert central.actions == [
        "StatusNotification",
        "Authorize",
        "StartTransaction",
        "StatusNotification",
        "MeterValues",
        "StopTransaction",
        "StatusNotification",
        "StatusNotification",
    ]
    words = [payload["status"] for payload in central.payloads("StatusNotification")]
    assert words == ["Preparing", "Charging", "Finishing", "Available"]
    [start] = central.payloads("StartTransaction")
    assert start == {"connectorId": 1, "idTag": "04A2B3", "meterStart": 0, "timestamp": "2026-11-21T12:00:00Z"}
    [stop] = central.payloads("StopTransaction")
    assert (stop["transactionId"], stop["meterStop"], stop["reason"]) == (1, 7360, "Local")
    [values] = central.payloads("MeterValues")
    assert values["transactionId"] == 1


@V2_ONLY
async def test_visit_in_2(central: Central, charger_of: Make, clock: Clock) -> None:
    """The same visit in 2.x is one transaction with a sequence of events without gaps."""
    charger = await charger_of()
    central.received.clear()
    await charger.plug(1)
    assert await charger.present(1, "04A2B3")
    clock.forward(hours=1)
    await charger.meter(1)
    await charger.stop(1)
    await charger.unplug(1)
    events = central.payloads("TransactionEvent")
    assert [event["eventType"] for event in events] == ["Started", "Updated", "Updated", "Ended"]
    assert [event["seqNo"] for event in events] == [0, 1, 2, 3]
    assert [event["triggerReason"] for event in events] == [
        "Authorized",
        "ChargingStateChanged",
        "MeterValuePeriodic",
        "StopAuthorized",
    ]
    assert len({event["transactionInfo"]["transactionId"] for event in events}) == 1
    assert events[0]["idToken"] == {"idToken": "04A2B3", "type": "ISO14443"}
    words = [payload["connectorStatus"] for payload in central.payloads("StatusNotification")]
    assert words == ["Occupied", "Available"]


async def test_token_before_cable_waits_for_it(central: Central, charger_of: Make, clock: Clock) -> None:
    """A token that is presented first starts charging with the cable, unless ConnectionTimeOut passes before."""
    charger = await charger_of()
    assert await charger.present(1, "04A2B3")
    assert not charger.transactions
    await charger.plug(1)
    assert 1 in charger.transactions
    assert await charger.present(2, "04A2B3")
    clock.forward(seconds=61)
    await charger.tick()
    await charger.plug(2)
    assert 2 not in charger.transactions


async def test_refused_token_does_not_start(central: Central, charger_of: Make) -> None:
    """A token that Authorize does not accept starts nothing."""
    central.blocked.add("BAD")
    charger = await charger_of()
    await charger.plug(1)
    assert not await charger.present(1, "BAD")
    assert not charger.transactions


async def test_refused_start_is_stopped(central: Central, charger_of: Make) -> None:
    """A start that the central system does not accept ends as deauthorized (StopTransactionOnInvalidId, StopTxOnInvalidId)."""
    central.blocked.add("BAD")
    charger = await charger_of()
    assert not await charger.start(1, "BAD", authorize=False)
    assert not charger.transactions
    if central.version is Version.V16:
        assert central.payloads("StopTransaction")[0]["reason"] == "DeAuthorized"
    else:
        assert central.payloads("TransactionEvent")[-1]["transactionInfo"]["stoppedReason"] == "DeAuthorized"


async def test_refused_start_is_suspended_where_so_set(central: Central, charger_of: Make) -> None:
    """Without stop-on-invalid-id a refused start stays, without energy."""
    central.blocked.add("BAD")
    charger = await charger_of(behaviour=Behaviour(stops_on_invalid_id=False))
    assert not await charger.start(1, "BAD", authorize=False)
    assert charger.transactions[1].charging_state == "SuspendedEVSE"


async def test_same_token_stops_and_another_does_not(charger_of: Make) -> None:
    """A running transaction is ended by its own token only."""
    charger = await charger_of()
    await charger.start(1, "04A2B3")
    assert not await charger.present(1, "OTHER")
    assert 1 in charger.transactions
    assert await charger.present(1, "04a2b3")
    assert not charger.transactions


async def test_offline_transaction_is_delivered_with_its_old_times(
    central: Central, charger_of: Make, clock: Clock
) -> None:
    """What happens offline is told in order after the reconnect, with the times at which it happened, without a boot."""
    charger = await charger_of()
    await charger.go_offline()
    central.received.clear()
    await charger.start(1, "04A2B3")
    clock.forward(hours=2)
    await charger.stop(1)
    clock.forward(hours=2)
    charger.go_online()
    await charger.ready()
    assert "BootNotification" not in central.actions
    if central.version is Version.V16:
        assert central.payloads("StartTransaction")[0]["timestamp"] == "2026-11-21T12:00:00Z"
        stop = central.payloads("StopTransaction")[0]
        assert (stop["timestamp"], stop["transactionId"]) == ("2026-11-21T14:00:00Z", 1)
    else:
        events = central.payloads("TransactionEvent")
        assert [event["seqNo"] for event in events] == [0, 1, 2]
        assert all(event["offline"] for event in events)
        assert events[-1]["timestamp"] == "2026-11-21T14:00:00Z"
    words = [
        payload.get("status", payload.get("connectorStatus")) for payload in central.payloads("StatusNotification")
    ]
    assert words == [charger.statuses[1]]


async def test_unanswered_start_is_repeated_unchanged(central: Central, charger_of: Make) -> None:
    """A transaction message without an answer is sent again as it was (1.6: same payload, 2.x: same seqNo)."""
    action = "StartTransaction" if central.version is Version.V16 else "TransactionEvent"
    charger = await charger_of(answer_timeout=0.05)
    ignored = iter([None, None])
    ordinary = {"transactionId": 9, "idTagInfo": {"status": "Accepted"}} if central.version is Version.V16 else {}
    central.rules[action] = lambda _: next(ignored, ordinary)
    assert await charger.start(1, "04A2B3")
    first, second, third = central.payloads(action)[:3]
    assert first == second == third


async def test_unanswered_start_is_repeated_after_a_drop(central: Central, charger_of: Make) -> None:
    """A start whose answer was lost with the connection is repeated on the next one."""
    action = "StartTransaction" if central.version is Version.V16 else "TransactionEvent"
    charger = await charger_of()
    central.rules[action] = lambda _: None
    task = asyncio.create_task(charger.start(1, "04A2B3"))
    await charger.wait_for(lambda: central.payloads(action))
    del central.rules[action]
    await charger.drop()
    assert await task
    await charger.ready()
    first, second = central.payloads(action)[:2]
    assert first == second
    assert charger.transactions[1].charging_state == "Charging"


async def test_start_that_fails_is_given_up(central: Central, charger_of: Make) -> None:
    """A transaction message that gets CALLERRORs is given up after three attempts; what needs its answer is dropped."""
    action = "StartTransaction" if central.version is Version.V16 else "TransactionEvent"
    central.rules[action] = lambda _: {"code": "InternalError"}
    charger = await charger_of()
    await charger.start(1, "04A2B3")
    await charger.wait_for(lambda: charger.transactions[1].accepted is not None)
    await charger.stop(1)
    await charger.wait_for(lambda: not charger.pending)
    assert central.actions.count(action) % 3 == 0
    assert "StopTransaction" not in central.actions


async def test_group_may_stop(central: Central, charger_of: Make) -> None:
    """A running transaction is also ended by a token of its group."""
    central.groups |= {"HUSBAND": "FAMILY", "WIFE": "FAMILY", "GUEST": "HOTEL"}
    charger = await charger_of()
    await charger.start(1, "HUSBAND")
    assert not await charger.present(1, "GUEST")
    assert await charger.present(1, "WIFE")
    assert not charger.transactions


async def test_readings_come_by_themselves(central: Central, charger_of: Make) -> None:
    """With a meter interval a running transaction is metered again and again."""
    charger = await charger_of(meter_interval=0.01)
    await charger.start(1, "04A2B3")
    if central.version is Version.V16:
        await charger.wait_for(lambda: central.payloads("MeterValues"))
    else:
        await charger.wait_for(
            lambda: any(e["triggerReason"] == "MeterValuePeriodic" for e in central.payloads("TransactionEvent"))
        )


async def test_unknown_token_offline(charger_of: Make) -> None:
    """Offline, a cached token may charge; an unknown one only where the settings say so."""
    charger = await charger_of(behaviour=Behaviour(starts_unknown_offline=False))
    assert await charger.present(1, "KNOWN")
    await charger.go_offline()
    assert not await charger.start(2, "UNKNOWN")
    assert await charger.present(2, "KNOWN")


@V2_ONLY
async def test_only_the_allowed_evses_charge(central: Central, charger_of: Make) -> None:
    """2.x: a token may be allowed on some EVSEs only (C01.FR.20, .21)."""
    central.rules["Authorize"] = lambda _: {"idTokenInfo": {"status": "Accepted", "evseId": [2]}}
    charger = await charger_of()
    assert not await charger.start(1, "04A2B3")
    assert await charger.start(2, "04A2B3")
