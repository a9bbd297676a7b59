"""Sessions of which a charger tells in an odd order, twice, or under no number."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.charger import SimulatedCharger, Version

from .conftest import HOLDER, ON_V2, ON_V16, Clock, Site, charger_subentry, driver_subentry, started

pytestmark = pytest.mark.blackbox

SWITCH = "switch.a_connector_1_charging"
SESSION = "sensor.a_connector_1_session_energy"
FRIEND = "FRIEND"


@pytest.fixture
def chargers() -> list[Any]:
    """Anna and Ben share what they reserve."""
    return [
        charger_subentry("A"),
        driver_subentry("Anna", HOLDER, group="family"),
        driver_subentry("Ben", FRIEND, group="family"),
    ]


def now() -> str:
    """As a charger tells it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


async def tell(charger: SimulatedCharger, kind: str, number: int, wh: int, **more: Any) -> dict[str, Any]:
    """Have a charger of 2.x tell of its transaction; our answer."""
    told = {"timestamp": now(), "triggerReason": "MeterValuePeriodic", "seqNo": number} | more
    meter = [{"timestamp": now(), "sampledValue": [{"value": wh}]}]
    info = {"transactionId": "t1"}
    payload = {"eventType": kind, "evse": {"id": 1, "connectorId": 1}, "transactionInfo": info, "meterValue": meter}
    return await charger.call("TransactionEvent", payload | told)


@ON_V16
@pytest.mark.parametrize("number", [0, -1, 4711])
async def test_an_end_under_no_number_is_answered_and_touches_nobody(site: Site, version: Version, number: int) -> None:
    """Chargers send 0 or -1 for a start that was never answered."""
    charger = await site.charger(version=version)
    await charger.start(1, HOLDER)
    await site.shows(SWITCH, "on")
    end = {"transactionId": number, "meterStop": 5, "timestamp": now(), "idTag": HOLDER}
    answer = await charger.call("StopTransaction", end)
    assert answer == {"idTagInfo": {"status": "Accepted", "parentIdTag": "family"}}
    assert site.state(SWITCH) == "on"


@ON_V2
async def test_the_order_of_what_is_told_may_be_wrong(site: Site, version: Version) -> None:
    """What comes after the end, or again, begins nothing; the end is what it was."""
    charger = await site.charger(version=version)
    card = {"idToken": {"idToken": HOLDER, "type": "ISO14443"}}
    await tell(charger, "Started", 0, 1000, **card)
    await tell(charger, "Updated", 2, 1200)
    await tell(charger, "Updated", 1, 1100)
    await tell(charger, "Ended", 4, 1300)
    ended = await site.shows(SESSION, lambda state: state.attributes["ended"])
    await tell(charger, "Updated", 3, 1250)
    answer = await tell(charger, "Started", 0, 1000, timestamp=ended.attributes["started"], **card)
    assert answer["idTokenInfo"]["status"] == "Accepted"
    await tell(charger, "Ended", 4, 1300)
    assert site.state(SWITCH) == "off"
    after = await site.shows(SESSION, "0.3")
    assert after.attributes["ended"] == ended.attributes["ended"]


@ON_V2
async def test_a_session_is_resumed_after_a_loss_of_power(site: Site, version: Version, clock: Clock) -> None:
    """2.1 has a word for it (`TxResumed`), 2.0.1 just goes on."""
    charger = await site.charger(version=version)
    await charger.set_status(1, "Occupied")
    await tell(charger, "Started", 0, 1000, idToken={"idToken": HOLDER, "type": "ISO14443"})
    await charger.drop()
    await clock.forward(minutes=5)
    await charger.ready()
    await charger.boot()
    await tell(charger, "Updated", 1, 1000, **({"triggerReason": "TxResumed"} if version is Version.V21 else {}))
    await tell(charger, "Updated", 2, 1500)
    assert (await site.shows(SESSION, "0.5")).attributes["driver"] == "Anna"
    await tell(charger, "Ended", 3, 1600)
    await site.shows(SESSION, "0.6")


async def test_who_ends_a_session_is_not_who_charged(site: Site, version: Version) -> None:
    """Somebody of the group may end it with his card (1.6 section 4.10, E07)."""
    charger = await site.charger(version=version)
    if version is Version.V16:
        await charger.start(1, HOLDER)
        answer = started(charger).answer
        assert answer is not None
        end = {"transactionId": answer["transactionId"], "meterStop": 5, "timestamp": now(), "idTag": FRIEND}
        info = (await charger.call("StopTransaction", end))["idTagInfo"]
        assert info == {"status": "Accepted", "parentIdTag": "family"}
    else:
        await tell(charger, "Started", 0, 1000, idToken={"idToken": HOLDER, "type": "ISO14443"})
        friend = {"idToken": {"idToken": FRIEND, "type": "ISO14443"}}
        for kind, number in (("Updated", 1), ("Ended", 2)):
            answer = await tell(charger, kind, number, 1100, triggerReason="StopAuthorized", **friend)
            assert answer["idTokenInfo"]["status"] == "Accepted"
            assert answer["idTokenInfo"]["groupIdToken"]["idToken"] == "family"
    ended = await site.shows(SESSION, lambda state: state.attributes["ended"])
    assert ended.attributes["driver"] == "Anna"
