"""What a simulated car draws, and how that is metered and told, in every version."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from . import Behaviour, SimulatedCharger, Version
from .central import Central
from .clock import Clock
from .desk import V2_ONLY, V16_ONLY
from .model import Json

type Make = Callable[..., Awaitable[SimulatedCharger]]


async def limit(
    central: Central, purpose: str, *periods: tuple[int, float], evse: int = 1, unit: str = "A", **more: Any
) -> str:
    """Set a charging profile of these periods (second, limit); `more`: of its schedule, but `transaction`, `level`, `number`."""
    schedule: Json = {
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": [{"startPeriod": start, "limit": amount} for start, amount in periods],
    }
    profile: Json = {
        "stackLevel": more.pop("level", 1),
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Absolute" if "startSchedule" in more else "Relative",
    }
    number, transaction = more.pop("number", 1), more.pop("transaction", None)
    if transaction is not None:
        profile["transactionId"] = transaction
    schedule |= more
    if central.version is Version.V16:
        told = {"chargingProfileId": number, "chargingSchedule": schedule}
        answer = await central.call("SetChargingProfile", {"connectorId": evse, "csChargingProfiles": profile | told})
    else:
        told = {"id": number, "chargingSchedule": [{"id": 1} | schedule]}
        answer = await central.call("SetChargingProfile", {"evseId": evse, "chargingProfile": profile | told})
    word: str = answer["status"]
    return word


async def test_a_car_draws_no_more_than_it_may(central: Central, charger_of: Make, clock: Clock) -> None:
    """The limit of its transaction prevails over a default one, that of its EVSE over that of all; the charger's is the most."""
    charger = await charger_of()
    assert await charger.start(1, "A")
    evse = charger.evses[1]
    whole = "ChargePointMaxProfile" if central.version is Version.V16 else "ChargingStationMaxProfile"
    own: dict[str, Any] = {"transaction": charger.transactions[1].id}
    limits: list[tuple[str, float, float, dict[str, Any]]] = [
        ("TxDefaultProfile", 20, 4600, {"evse": 0, "number": 1}),
        ("TxDefaultProfile", 30, 6900, {"number": 2}),
        ("TxProfile", 10, 2300, {"number": 3} | own),
        ("TxProfile", 2000, 2000, {"number": 4, "level": 2, "unit": "W"} | own),
        (whole, 6, 1380, {"evse": 0, "number": 5}),
    ]
    for purpose, amount, watts, more in limits:
        assert await limit(central, purpose, (0, amount), **more) == "Accepted"
        await charger.tick()
        assert evse.drawing_w == watts
    clock.forward(hours=1)
    await charger.meter(1)
    assert evse.energy_wh == 1380
    await charger.stop(1)
    assert [profile.id for profile in charger.profiles] == [1, 2, 5]
    clock.forward(hours=1)
    assert await charger.start(1, "A")
    assert evse.energy_wh == 1380


async def test_a_schedule_goes_by_the_clock(central: Central, charger_of: Make, clock: Clock) -> None:
    """Step by step; before it and after it nothing is limited. Too little pauses the charger."""
    charger = await charger_of()
    assert await charger.start(1, "A")
    schedule: dict[str, Any] = {"startSchedule": clock.after(minutes=10), "duration": 1800}
    assert await limit(central, "TxDefaultProfile", (0, 16), (600, 3), (1200, 8), **schedule) == "Accepted"
    shown = []
    for _ in range(6):
        shown.append((charger.transactions[1].charging_state, charger.evses[1].drawing_w))
        clock.forward(minutes=10)
        await charger.tick()
    states = {"SuspendedEVSE" if watts == 0 else "Charging" for _, watts in shown}
    assert {state for state, _ in shown} == states
    assert [watts for _, watts in shown] == [7360, 3680, 0, 1840, 7360, 7360]
    assert charger.statuses[1] == ("Charging" if central.version is Version.V16 else "Occupied")


async def test_a_schedule_without_a_beginning_begins_with_the_transaction(
    central: Central, charger_of: Make, clock: Clock
) -> None:
    """Relative ones do (1.6 3.13.1, K01)."""
    charger = await charger_of()
    assert await limit(central, "TxDefaultProfile", (0, 16), (600, 10)) == "Accepted"
    clock.forward(hours=1)
    assert await charger.start(1, "A")
    assert charger.evses[1].drawing_w == 3680
    clock.forward(minutes=10)
    await charger.tick()
    assert charger.evses[1].drawing_w == 2300


async def test_a_car_pauses_and_goes_on(central: Central, charger_of: Make, clock: Clock) -> None:
    """It takes nothing meanwhile; 1.6 says so by a status, 2.x by the charging state."""
    charger = await charger_of()
    assert await charger.start(1, "A")
    await charger.ready()
    central.received.clear()
    await charger.pause(1)
    clock.forward(hours=1)
    await charger.resume(1)
    clock.forward(minutes=30)
    assert await limit(central, "TxDefaultProfile", (0, 16)) == "Accepted"
    await charger.wait_for(lambda: charger.evses[1].drawing_w == 3680)
    await charger.meter(1)
    assert charger.evses[1].energy_wh == 3680
    if central.version is Version.V16:
        words = [payload["status"] for payload in central.payloads("StatusNotification")]
        assert words == ["SuspendedEV", "Charging"]
        return
    events = central.payloads("TransactionEvent")
    assert [(each["triggerReason"], each["transactionInfo"]["chargingState"]) for each in events] == [
        ("ChargingStateChanged", "SuspendedEV"),
        ("ChargingStateChanged", "Charging"),
        ("ChargingRateChanged", "Charging"),
        ("MeterValuePeriodic", "Charging"),
    ]
    numbers = [each["seqNo"] for each in events]
    assert numbers == list(range(numbers[0], numbers[0] + 4))


@V2_ONLY
async def test_what_happens_offline_is_told_as_such(central: Central, charger_of: Make, clock: Clock) -> None:
    """In order, with its own times and without a gap (E04)."""
    charger = await charger_of()
    assert await charger.start(1, "A")
    await charger.ready()
    central.received.clear()
    await charger.go_offline()
    clock.forward(minutes=1)
    await charger.meter(1)
    clock.forward(minutes=1)
    await charger.pause(1)
    clock.forward(minutes=1)
    await charger.stop(1)
    charger.go_online()
    await charger.ready()
    events = central.payloads("TransactionEvent")
    assert [each["timestamp"][14:16] for each in events] == ["01", "02", "03"]
    assert [each["offline"] for each in events] == [True] * 3
    assert events[2]["seqNo"] - events[0]["seqNo"] == 2


@V16_ONLY
async def test_a_1_6_charger_may_keep_its_readings_until_the_end(
    central: Central, charger_of: Make, clock: Clock
) -> None:
    """As transactionData, in kWh if it likes; and tell no register at the end."""
    behaviour = Behaviour(readings="at_end", energy_unit="kWh", tells_meter_stop=False, counts_each_session=True)
    charger = await charger_of(behaviour=behaviour)
    charger.evses[1].energy_wh = 5000
    assert await charger.start(1, "A")
    clock.forward(hours=1)
    await charger.meter(1)
    await charger.stop(1)
    assert central.payloads("MeterValues") == []
    (start,), (stop,) = central.payloads("StartTransaction"), central.payloads("StopTransaction")
    assert (start["meterStart"], stop["meterStop"]) == (0, 0)
    register = stop["transactionData"][0]["sampledValue"][0]
    assert (register["value"], register["unit"]) == ("7.36", "kWh")


async def test_readings_may_name_no_transaction(central: Central, charger_of: Make, clock: Clock) -> None:
    """They come as MeterValues then, in 2.x without any in the events."""
    charger = await charger_of(behaviour=Behaviour(readings="apart"))
    assert await charger.start(1, "A")
    clock.forward(hours=1)
    await charger.meter(1)
    await charger.stop(1)
    (values,) = central.payloads("MeterValues")
    assert "transactionId" not in values
    assert not any("meterValue" in each for each in central.payloads("TransactionEvent"))


@V2_ONLY
async def test_a_2_charger_may_keep_its_readings_until_the_end(
    central: Central, charger_of: Make, clock: Clock
) -> None:
    """In its Ended, before the register of that."""
    charger = await charger_of(behaviour=Behaviour(readings="at_end"))
    assert await charger.start(1, "A")
    for _ in range(2):
        clock.forward(hours=1)
        await charger.meter(1)
    await charger.stop(1)
    end = central.payloads("TransactionEvent")[-1]
    registers = [each["sampledValue"][0]["value"] for each in end["meterValue"]]
    assert registers == [7360, 14720, 14720]


@pytest.mark.parametrize("word", ["pause", "resume"])
async def test_no_car_no_pause(central: Central, charger_of: Make, word: str) -> None:
    """Where nobody charges, nothing is told."""
    charger = await charger_of()
    central.received.clear()
    await getattr(charger, word)(1)
    assert central.received == []
