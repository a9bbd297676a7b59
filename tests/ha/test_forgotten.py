"""A session that its charger has forgotten, through real sockets: it ends here, and whatever is told of it later is accounted."""

from datetime import UTC, datetime, timedelta
from typing import Any

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import State
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.ocpp_central.const import EVENT_START_EXPIRED
from tests.charger import Behaviour, Fault, SimulatedCharger, Transaction, Version

from .conftest import (
    HOLDER,
    ON_V2,
    ON_V16,
    STRANGER,
    Clock,
    Site,
    charger_subentry,
    driver_subentry,
    eventually,
    refused,
)

pytestmark = pytest.mark.blackbox

REGISTER = "Energy.Active.Import.Register"
SWITCH = "switch.a_connector_1_charging"
CHARGING = "binary_sensor.a_connector_1_charging"
STATUS = "sensor.a_connector_1_status"
SESSION, DURATION, POWER, ENERGY = (
    f"sensor.a_connector_1_{key}" for key in ("session_energy", "session_duration", "power", "energy")
)
STOPS = ("RemoteStopTransaction", "RequestStopTransaction")
REFUSES = Behaviour(answers=dict.fromkeys(STOPS, "Rejected"))


@pytest.fixture
def chargers() -> list[ConfigSubentryData]:
    """Charger A, and Anna who may charge there."""
    return [charger_subentry("A"), driver_subentry("Anna", HOLDER)]


@pytest.fixture(autouse=True)
def everything_on(all_entities_on: None) -> None:
    """The owner has switched on what is off by default."""


async def charges(site: Site, charger: SimulatedCharger, clock: Clock) -> Transaction:
    """Anna's session, which has taken half a kWh in half an hour; what her charger knows of it."""
    charger.evses[1].energy_wh = 1000
    await charger.plug(1)
    assert await charger.start(1, HOLDER)
    await site.shows(CHARGING, "on")
    await clock.forward(minutes=30)
    await charger.meter(1, {REGISTER: 1500, "Power.Active.Import": 7360})
    await site.shows(SESSION, "0.5")
    return charger.transactions[1]


async def forgets(
    site: Site, charger: SimulatedCharger, clock: Clock, *, car_stays: bool = False, restart: bool = False
) -> Transaction:
    """The same, when the charger has lost its power for a while, and does not know of it any more; perhaps we had, too."""
    transaction = await charges(site, charger, clock)
    await charger.go_offline()
    if restart:
        await site.stop()
    await clock.forward(minutes=90)
    await charger.lose_power(car_stays=car_stays)
    if restart:
        await site.start()
    charger.go_online()
    await charger.ready()
    plugged = (
        "preparing" if charger.version is Version.V16 else "charging"
    )  # 2.x says Occupied, and all else in its session
    await site.shows(STATUS, plugged if car_stays else "available")
    return transaction


def wire_id(charger: SimulatedCharger, transaction: Transaction) -> int | str:
    """By what the charger names it."""
    return transaction.id if charger.version is Version.V16 and transaction.id is not None else transaction.key


def stamp(moment: datetime) -> str:
    """A time as it is told."""
    return moment.isoformat(timespec="seconds")


async def end(charger: SimulatedCharger, transaction: Transaction, at: datetime, wh: int) -> None:
    """Tell an end from the queue."""
    if charger.version is Version.V16:
        known = {"transactionId": wire_id(charger, transaction), "meterStop": wh, "timestamp": stamp(at)}
        await charger.call("StopTransaction", {**known, "reason": "PowerLoss"})
        return
    sampled = {"value": wh, "context": "Transaction.End", "measurand": REGISTER}
    await charger.call(
        "TransactionEvent",
        {
            "eventType": "Ended",
            "timestamp": stamp(at),
            "triggerReason": "EVCommunicationLost",
            "seqNo": 99,
            "offline": True,
            "transactionInfo": {"transactionId": transaction.key, "stoppedReason": "PowerLoss"},
            "meterValue": [{"timestamp": stamp(at), "sampledValue": [sampled]}],
        },
    )


async def go_on(charger: SimulatedCharger, transaction: Transaction, wh: int) -> None:
    """Tell of a session that goes on."""
    now = stamp(datetime.now(UTC))
    if charger.version is Version.V16:
        sampled: dict[str, Any] = {"value": str(wh), "measurand": REGISTER}
        values = {"meterValue": [{"timestamp": now, "sampledValue": [sampled]}]}
        await charger.call("MeterValues", {"connectorId": 1, "transactionId": wire_id(charger, transaction), **values})
        return
    await charger.call(
        "TransactionEvent",
        {
            "eventType": "Updated",
            "timestamp": now,
            "triggerReason": "MeterValuePeriodic",
            "seqNo": 50,
            "transactionInfo": {"transactionId": transaction.key, "chargingState": "Charging"},
            "meterValue": [{"timestamp": now, "sampledValue": [{"value": wh, "measurand": REGISTER}]}],
        },
    )


def asked(charger: SimulatedCharger) -> int:
    """How often the charger was asked whether a session goes on."""
    return [call.action for call in charger.received].count("GetTransactionStatus")


def has_ended(state: State) -> bool:
    """Whether the session shows an end."""
    return state.attributes.get("ended") is not None


def took(state: State) -> timedelta:
    """From its beginning to its end."""
    return datetime.fromisoformat(state.attributes["ended"]) - datetime.fromisoformat(state.attributes["started"])


@pytest.mark.parametrize("restart", [False, True])
async def test_a_forgotten_session_ends(site: Site, clock: Clock, version: Version, restart: bool) -> None:
    """After some minutes: everything that shows it goes on rightly, by what was heard of it last."""
    charger = await site.charger(version=version)
    await forgets(site, charger, clock, restart=restart)
    assert site.state(SWITCH) == "on"
    await clock.forward(minutes=2)
    assert site.state(SWITCH) == "on"
    await clock.forward(minutes=2)
    await site.shows(SWITCH, "off")
    state = await site.shows(SESSION, has_ended)
    assert state.state == "0.5"
    assert 1790 <= took(state).total_seconds() <= 1830
    assert (state.attributes["stop_reason"], state.attributes["driver"]) == ("NotReported", "Anna")
    assert state.attributes["meter_stop"] is None
    assert float(site.state(DURATION) or 0) == took(state).total_seconds()
    assert (site.state(ENERGY), site.state(CHARGING)) == ("1.5", "off")
    assert site.state(POWER) in {"0.0", "unknown"}
    assert asked(charger) == (0 if version is Version.V16 else 1)
    assert charger.complaints == []


@ON_V16
async def test_a_session_whose_end_was_lost_on_the_way_ended_when_its_plug_became_free(
    site: Site, clock: Clock, version: Version
) -> None:
    """The connection stood all the time, so that this was seen; and nothing flows any more."""
    charger = await site.charger(version=version)
    await charges(site, charger, clock)
    assert site.state(POWER) == "7360.0"
    await clock.forward(minutes=5)
    await charger.report(1, "Available")
    await site.shows(STATUS, "available")
    await clock.forward(minutes=4)
    state = await site.shows(SESSION, has_ended)
    assert 2090 <= took(state).total_seconds() <= 2130
    assert (state.state, state.attributes["stop_reason"]) == ("0.5", "NotReported")
    assert (site.state(SWITCH), site.state(POWER)) == ("off", "0.0")


@pytest.mark.parametrize("next_session", [False, True])
async def test_an_end_that_comes_late_is_accounted(
    site: Site, clock: Clock, version: Version, next_session: bool
) -> None:
    """Also hours later, after a restart, and when somebody else charges there by then, who goes on."""
    charger = await site.charger(version=version, behaviour=Behaviour(statuses_after_reconnect="all"))
    lost = datetime.now(UTC) + timedelta(minutes=31)
    transaction = await forgets(site, charger, clock)
    await clock.forward(minutes=4)
    await site.shows(SWITCH, "off")
    await charger.go_offline()
    await site.stop()
    await clock.forward(hours=2)
    await site.start()
    charger.go_online()
    await charger.ready()
    before = await site.shows(SESSION, has_ended)
    assert (before.state, before.attributes["stop_reason"]) == ("0.5", "NotReported")
    if next_session:
        charger.evses[1].energy_wh = 1600
        await charger.plug(1)
        assert await charger.start(1, STRANGER)
        await site.shows(SWITCH, "on")
    await end(charger, transaction, lost, 1600)
    if next_session:
        assert (site.state(SWITCH), site.state(SESSION)) == ("on", "0.0")
        return
    after = await site.shows(SESSION, "0.6")
    assert (after.attributes["stop_reason"], after.attributes["meter_stop"]) == ("PowerLoss", 1.6)
    assert after.attributes["started"] == before.attributes["started"]
    assert 1850 <= took(after).total_seconds() <= 1870
    assert (site.state(SWITCH), site.state(ENERGY)) == ("off", "1.6")


async def test_a_session_that_goes_on_after_all_is_one_session(site: Site, clock: Clock, version: Version) -> None:
    """However late the charger tells of it."""
    charger = await site.charger(version=version)
    transaction = await forgets(site, charger, clock)
    before = await site.shows(SESSION, "0.5")
    await clock.forward(minutes=4)
    await site.shows(SWITCH, "off")
    await clock.forward(minutes=60)
    await go_on(charger, transaction, 2500)
    await site.shows(SWITCH, "on")
    state = await site.shows(SESSION, "1.5")
    assert (state.attributes["started"], state.attributes["ended"]) == (before.attributes["started"], None)
    await clock.forward(minutes=1)
    await end(charger, transaction, datetime.now(UTC), 2600)
    state = await site.shows(SESSION, "1.6")
    assert state.attributes["stop_reason"] == "PowerLoss"
    await site.shows(SWITCH, "off")


async def test_a_session_that_is_resumed_in_time_never_ended(site: Site, clock: Clock, version: Version) -> None:
    """A charger that remembers it after a power cut; some say Available for some seconds before."""
    charger = await site.charger(version=version)
    await charges(site, charger, clock)
    states = site.history(SWITCH)
    await charger.lose_power(remembers=True)
    await charger.ready()
    await site.shows(SWITCH, "on")
    await charger.report(1, "Available")
    await site.shows(STATUS, "available")
    await charger.report(1, "Charging" if version is Version.V16 else "Occupied")
    await clock.forward(minutes=10)
    await charger.meter(1, {REGISTER: 2500})
    await site.shows(SESSION, "1.5")
    assert set(states) <= {"on", "unavailable"}
    await charger.stop(1)
    assert (await site.shows(SESSION, has_ended)).attributes["stop_reason"] != "NotReported"


@ON_V2
async def test_a_session_that_began_with_a_card_waits_for_its_car(site: Site, clock: Clock, version: Version) -> None:
    """TxStartPoint Authorized: the plug is rightly free all the time."""
    charger = await site.charger(version=version, behaviour=Behaviour(transaction_starts="authorized"))
    assert await charger.start(1, HOLDER)
    await site.shows(SWITCH, "on")
    await charger.report(1, "Available")
    await clock.forward(minutes=20)
    assert site.state(SWITCH) == "on"


@pytest.mark.parametrize("car_stays", [False, True])
async def test_stopping_what_the_charger_has_forgotten_succeeds(
    site: Site, clock: Clock, version: Version, car_stays: bool
) -> None:
    """At once: the session is over, so nothing is refused; also while the car is there, and nothing was told yet."""
    charger = await site.charger(version=version)
    await forgets(site, charger, clock, car_stays=car_stays)
    assert site.state(SWITCH) == "on"
    assert await site.act("stop_charging", device_id=site.device_id("A", 1)) == {"status": "Accepted"}
    await site.shows(SWITCH, "off")
    assert (await site.shows(SESSION, has_ended)).state == "0.5"
    assert [call.action in STOPS for call in charger.received].count(True) == 1
    assert asked(charger) == (1 if car_stays and version is not Version.V16 else 0)
    await refused(site.act("stop_charging", device_id=site.device_id("A", 1)), "nothing_to_stop")


async def test_a_refusal_to_stop_what_goes_on_is_an_error(site: Site, clock: Clock, version: Version) -> None:
    """By the charger's own word, and the session goes on."""
    charger = await site.charger(version=version, behaviour=REFUSES)
    await charges(site, charger, clock)
    error = await refused(site.act("stop_charging", device_id=site.device_id("A", 1)), "command_refused")
    assert "Rejected" in str(error)
    assert site.state(SWITCH) == "on"


@ON_V2
async def test_a_charger_that_was_away_is_asked(site: Site, clock: Clock, version: Version) -> None:
    """E14: the car is still there, which says nothing; the charger knows."""
    charger = await site.charger(version=version)
    await forgets(site, charger, clock, car_stays=True)
    await clock.forward(minutes=4)
    await site.shows(SWITCH, "off")
    assert asked(charger) == 1
    assert site.state(STATUS) == "occupied"


@ON_V2
@pytest.mark.parametrize("answer", ["NotImplemented", "InternalError", Fault.SILENT])
@pytest.mark.usefixtures("short_call_timeout")
async def test_a_charger_that_cannot_be_asked_is_judged_by_its_plug(
    site: Site, clock: Clock, version: Version, answer: str
) -> None:
    """It had its time."""
    charger = await site.charger(version=version, behaviour=Behaviour(answers={"GetTransactionStatus": answer}))
    await forgets(site, charger, clock)
    await clock.forward(minutes=4)
    await site.shows(SWITCH, "off")


@ON_V2
async def test_a_connection_that_is_lost_over_the_question_decides_nothing(
    site: Site, clock: Clock, version: Version
) -> None:
    """The charger gets its time anew when it is back."""
    behaviour = Behaviour(answers={"GetTransactionStatus": [Fault.DISCONNECT]}, statuses_after_reconnect="all")
    charger = await site.charger(version=version, behaviour=behaviour)
    await forgets(site, charger, clock)
    await clock.forward(minutes=4)
    await eventually(lambda: asked(charger) == 1, "the question")
    await charger.disconnected()
    await charger.ready()
    await site.shows(SWITCH, "on")
    await clock.forward(minutes=4)
    await site.shows(SWITCH, "off")


async def test_a_reservation_is_used_once_by_a_forgotten_session(site: Site, clock: Clock, version: Version) -> None:
    """The connector is nobody's any more, and a late end counts nothing twice."""
    charger = await site.charger(version=version)
    await site.reserve(duration={"hours": 5})
    await site.shows("sensor.a_connector_1_reservation", "active")
    transaction = await forgets(site, charger, clock)
    await site.shows("sensor.a_connector_1_reservation", "in_use")
    await clock.forward(minutes=4)
    await site.shows("sensor.a_connector_1_reservation", "none")
    await site.shows("sensor.a_reservations_used", "1")
    await end(charger, transaction, datetime.now(UTC), 1600)
    await site.shows(SESSION, "0.6")
    assert site.state("sensor.a_reservations_used") == "1"


async def test_whoever_has_a_forgotten_session_may_charge_elsewhere(site: Site, clock: Clock, version: Version) -> None:
    """`one_transaction_per_token`: as soon as the charger says that the connector is free."""
    site.hass.config_entries.async_update_entry(site.entry, options={"one_transaction_per_token": True})
    charger = await site.charger(version=version)
    await forgets(site, charger, clock)
    await charger.plug(2)
    assert await charger.start(2, HOLDER)
    await site.shows("switch.a_connector_2_charging", "on")


async def test_somebody_may_be_started_where_a_session_is_in_doubt(site: Site, clock: Clock, version: Version) -> None:
    """The charger will know; its start ends what was before."""
    charger = await site.charger(version=version)
    await forgets(site, charger, clock)
    await charger.plug(1)
    await site.act("start_charging", device_id=site.device_id("A", 1), driver="Anna")
    await site.shows(SESSION, "0.0")
    assert site.state(SWITCH) == "on"


@ON_V16
async def test_whoever_is_to_be_stopped_and_is_gone_is_over(site: Site, clock: Clock, version: Version) -> None:
    """The charger refuses to stop what it does not know, and says that the connector is free."""
    site.hass.config_entries.async_update_entry(site.entry, options={"who_may_charge": "known_drivers"})
    behaviour = Behaviour(obeys_refusals=False, answers={"RemoteStopTransaction": "Rejected"})
    charger = await site.charger(version=version, behaviour=behaviour)
    await charger.plug(1)
    await charger.call("Authorize", {"idTag": HOLDER})
    await charger.start(1, STRANGER, authorize=False)
    await site.shows(CHARGING, "on")
    await charger.report(1, "Available")
    await site.shows(STATUS, "available")
    await clock.forward(seconds=15)
    await site.shows(SWITCH, "off")


async def test_a_start_where_a_session_is_in_doubt_is_followed_as_any_other(
    site: Site, version: Version, clock: Clock
) -> None:
    """The one before says nothing of whether it has begun."""
    charger = await site.charger(version=version)
    await forgets(site, charger, clock)
    charger.behaviour = Behaviour(
        answers=dict.fromkeys(("RemoteStartTransaction", "RequestStartTransaction"), "Accepted")
    )
    told = async_capture_events(site.hass, EVENT_START_EXPIRED)
    await site.act("start_charging", device_id=site.device_id("A", 1))
    await site.shows(SWITCH, lambda state: bool(state.attributes["waiting"]))
    await clock.forward(minutes=5, seconds=1)
    await eventually(lambda: told, "the event")
