"""Sessions that turn up: of a charger that was moved here amid one, and of one that says late where it is."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.charger import Behaviour, Version

from .conftest import HOLDER, ON_V2, ON_V16, TELLS_ALL, Clock, Site, charger_subentry, driver_subentry, started

pytestmark = pytest.mark.blackbox

SWITCH = "switch.a_connector_1_charging"
SESSION = "sensor.a_connector_1_session_energy"
PLACE = {"id": 1, "connectorId": 1}
CARD = {"idToken": HOLDER, "type": "ISO14443"}


def now() -> str:
    """As a charger tells it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def event(kind: str, number: int, wh: int | None = None, transaction: str = "t1", **more: Any) -> dict[str, Any]:
    """A TransactionEvent; `wh`: of the register."""
    info = {"transactionId": transaction} | more.pop("info", {})
    told = {"timestamp": now(), "triggerReason": "MeterValuePeriodic", "seqNo": number, "transactionInfo": info}
    if wh is not None:
        told["meterValue"] = [{"timestamp": now(), "sampledValue": [{"value": wh}]}]
    return {"eventType": kind, **told, **more}


@pytest.fixture
def chargers() -> list[Any]:
    """Anna charges."""
    return [charger_subentry("A"), driver_subentry("Anna", HOLDER)]


@ON_V2
async def test_the_card_may_go_before_the_cable(site: Site, version: Version) -> None:
    """OCPP 2.x, E03: only later it is known at which EVSE (`TxStartPoint` Authorized)."""
    charger = await site.charger(version=version)
    presented = site.news("event.a_id_token_presented")
    answer = await charger.call("TransactionEvent", event("Started", 0, idToken=CARD))
    assert answer["idTokenInfo"]["status"] == "Accepted"
    await charger.set_status(1, "Occupied")
    await charger.call("TransactionEvent", event("Updated", 1, 1000, evse=PLACE, info={"chargingState": "Charging"}))
    await site.shows(SESSION, lambda state: state.state == "0.0" and state.attributes["driver"] == "Anna")
    await charger.call("TransactionEvent", event("Updated", 2, 1200))
    await site.shows(SESSION, "0.2")
    await charger.call("TransactionEvent", event("Ended", 3, 1500))
    assert (await site.shows(SESSION, "0.5")).attributes["ended"]
    assert len(presented) == 1


@ON_V2
async def test_whose_card_went_before_the_cable_is_known_after_a_restart(site: Site, version: Version) -> None:
    """Of Home Assistant, before the charger has told where."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    await charger.call("TransactionEvent", event("Started", 0, idToken=CARD))
    await charger.go_offline()
    await site.stop()
    await site.start()
    charger.go_online()
    await charger.ready()
    await charger.set_status(1, "Occupied")
    await charger.call("TransactionEvent", event("Updated", 1, 1000, evse=PLACE, info={"chargingState": "Charging"}))
    await site.shows(SESSION, lambda state: state.state == "0.0" and state.attributes["driver"] == "Anna")
    await charger.call("TransactionEvent", event("Ended", 2, 1500))
    await site.shows(SESSION, "0.5")


async def test_a_session_goes_on_where_a_charger_is_moved_amid_it(site: Site, version: Version) -> None:
    """It can be stopped from here, nobody is stopped who was accepted elsewhere, and nobody is told that it vends freely."""
    hass, entry = site.hass, site.entry
    hass.config_entries.async_update_entry(entry, options={"who_may_charge": "known_drivers", "enforcement": "stop"})
    behaviour = Behaviour(answers={"GetTransactionStatus": "NotImplemented"})
    charger = await site.charger(version=version, behaviour=behaviour)
    await charger.set_status(1, "Charging" if version is Version.V16 else "Occupied")
    if version is Version.V16:
        meter = [{"timestamp": now(), "sampledValue": [{"value": "1000"}]}]
        await charger.call("MeterValues", {"connectorId": 1, "transactionId": 4711, "meterValue": meter})
    else:
        told = event("Updated", 7, 1000, "4711", evse=PLACE, info={"chargingState": "Charging"})
        await charger.call("TransactionEvent", told)
    await site.shows(SWITCH, "on")
    await site.shows(SESSION, "0.0")
    with pytest.raises(Exception, match="Rejected"):
        await site.act("stop_charging", device_id=site.device_id("A", 1))
    asked = next(call for call in charger.received if "Stop" in call.action)
    assert str(asked.payload["transactionId"]) == "4711"
    if version is Version.V16:
        await charger.call("StopTransaction", {"transactionId": 4711, "meterStop": 1500, "timestamp": now()})
    else:
        await charger.call("TransactionEvent", event("Ended", 8, 1500, "4711"))
    await site.shows(SWITCH, "off")
    await site.shows(SESSION, "0.5")


@ON_V2
async def test_an_id_may_come_again(site: Site, version: Version, clock: Clock) -> None:
    """A charger that counts its transactions from its boot on."""
    charger = await site.charger(version=version)
    for wh in (1000, 5000):
        await charger.call("TransactionEvent", event("Started", 0, wh, "1", evse=PLACE, idToken=CARD))
        await site.shows(SWITCH, "on")
        await clock.forward(minutes=2)
        await charger.call("TransactionEvent", event("Ended", 1, wh + 500, "1"))
        await site.shows(SESSION, "0.5")
        await site.shows(SWITCH, "off")
        await charger.call("TransactionEvent", event("Updated", 1, wh + 400, "1", evse=PLACE))
        await charger.heartbeat()
        assert site.state(SWITCH) == "off"
        await clock.forward(minutes=2)


@ON_V16
async def test_no_number_is_given_twice(site: Site, version: Version) -> None:
    """Another central system may have given a session that goes on the number that would be the next one here."""
    charger = await site.charger(version=version)
    await charger.set_status(1, "Charging")
    meter = [{"timestamp": now(), "sampledValue": [{"value": "1000"}]}]
    await charger.call("MeterValues", {"connectorId": 1, "transactionId": 1, "meterValue": meter})
    await site.shows(SWITCH, "on")
    await charger.start(2, HOLDER)
    answer = started(charger).answer
    assert answer is not None
    assert answer["transactionId"] == 2
