"""A charger that another central system has set up, and what becomes of that."""

from typing import Any

import pytest

from tests.charger import SimulatedCharger, Version

from .conftest import HOLDER, ON_V2, ON_V16, TELLS_ALL, Site

pytestmark = pytest.mark.blackbox

QUESTIONS = {"GetConfiguration", "GetVariables", "TriggerMessage"}
"""By which nothing changes in a charger."""

WHEN = "2026-11-25T20:00:00Z"


async def test_nothing_is_set_in_a_charger_that_connects(site: Site, version: Version) -> None:
    """Issue 6: what its owner has chosen stays, whether it is new, restarts or comes back."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    await charger.heartbeat()
    await charger.reboot()
    await charger.ready()
    await charger.drop()
    await charger.disconnected()
    await charger.ready()
    await site.shows("sensor.a_connector_1_status", "available")
    await charger.heartbeat()
    asked = {call.action for call in charger.received}
    assert asked
    assert asked <= QUESTIONS


@ON_V16
async def test_an_unknown_end_of_a_session_ends_no_other(site: Site, version: Version) -> None:
    """It is answered, since a charger repeats it until it is; it may have begun with another central system."""
    charger = await charging(site, version)
    stop = {"transactionId": 1_766_000_000, "meterStop": 1, "timestamp": WHEN}
    assert await charger.call("StopTransaction", stop) == {}
    assert site.state("sensor.a_connector_1_status") == "charging"
    await charger.stop(1)
    await site.shows("binary_sensor.a_connector_1_charging", "off")


@ON_V2
@pytest.mark.parametrize("evse", [{}, {"evse": {"id": 1}}], ids=["nowhere", "there"])
async def test_an_unknown_end_of_a_transaction_ends_no_other(
    site: Site, version: Version, evse: dict[str, Any]
) -> None:
    """Not even at the EVSE that it names: of two at the same place, the later one goes on."""
    charger = await charging(site, version)
    ended = {
        "eventType": "Ended",
        "timestamp": WHEN,
        "triggerReason": "RemoteStop",
        "seqNo": 3,
        "offline": True,
        "transactionInfo": {"transactionId": "of another central system", "chargingState": "Idle"},
    }
    assert await charger.call("TransactionEvent", ended | evse) == {}
    assert site.state("sensor.a_connector_1_status") == "charging"
    await charger.stop(1)
    await site.shows("binary_sensor.a_connector_1_charging", "off")


async def charging(site: Site, version: Version) -> SimulatedCharger:
    """A charger at whose first connector somebody charges."""
    charger = await site.charger(version=version)
    assert await charger.start(1, HOLDER)
    await site.shows("sensor.a_connector_1_status", "charging")
    return charger
