"""What can be downloaded of a central system and its devices, over the interface that the frontend uses."""

import re
from typing import Any

from homeassistant.config_entries import ConfigSubentryData
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from syrupy.assertion import SnapshotAssertion

from tests.charger import Behaviour, SimulatedCharger, Version

from .conftest import STRANGER, Clock, Site, charger_subentry, driver_subentry, eventually, told_what_it_can
from .downloads import diagnostics
from .test_external_limit import SCHEDULE, limit

pytestmark = pytest.mark.blackbox

ANNA_1, ANNA_2, BEN = "A0A0A0A1", "A0A0A0A2", "BEBEBEBE"
PASSWORD = "S3cretOne"

VARYING = {"port", "ocpp", "websockets", "received", "sent"}
"""What is another number in each run, or with each library."""

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00")
UID = re.compile(r"[0-9a-f]{32}")


@pytest.fixture
def chargers() -> list[ConfigSubentryData]:
    """Charger A, with a password and a list of drivers, and B, which is away; Anna with two cards, and Ben."""
    return [
        charger_subentry("A", password=PASSWORD, local_list=True, connector_types={"1": ["cType2"]}),
        charger_subentry("B"),
        driver_subentry("Anna", ANNA_1, ANNA_2, valid_until="2099-01-01T00:00:00+00:00"),
        driver_subentry("Ben", BEN, group="Kinfolk", blocked=True),
    ]


def as_always(told: Any, key: str = "") -> Any:  # noqa: ANN401  JSON
    """The same without what is another one in each run."""
    match told:
        case dict():
            return {each: as_always(told[each], each) for each in told}
        case list():
            return [as_always(each) for each in told]
        case _ if key in VARYING:
            return f"<{type(told).__name__}>"
        case str() if MOMENT.fullmatch(told):
            return "<moment>"
        case str() if UID.fullmatch(told):
            return "<uid>"
    return told


async def live(site: Site, clock: Clock, version: Version) -> SimulatedCharger:
    """Somebody charges at connector 1 of A, connector 2 is reserved and limited, and at 3 a reservation is left over.

    It has failed to update itself; with 2.x the grid limits it, too.
    """
    behaviour = Behaviour(statuses_after_reconnect="all", cancel_answer="InternalError")
    charger = await site.charger(version=version, password=PASSWORD, connectors=3, behaviour=behaviour)
    await told_what_it_can(charger)
    await eventually(lambda: len(charger.local_list) == 3, "the list of drivers")
    connector = site.device_id("A", 2)
    cancelled = await site.reserve(3)
    await site.act("cancel_reservation", uid=cancelled["uid"])
    await charger.wait_for("CancelReservation")
    await site.act("reserve_now", device_id=connector, driver="Anna", group_id_token="Kinfolk")
    await site.act("reserve_now", device_id=connector, start=clock.after(days=1))
    await site.act("set_charge_limit", device_id=connector, current=10)
    assert await charger.start(1, STRANGER)
    await charger.meter(1)
    await site.shows("binary_sensor.a_connector_1_charging", "on")
    await site.shows("sensor.a_connector_1_power", "7360.0")
    await charger.call("FirmwareStatusNotification", {"status": "DownloadFailed"})
    if version is not Version.V16:
        await charger.call("NotifyChargingLimit", limit("SO", chargingSchedule=[SCHEDULE]))
    await charger.heartbeat()
    return charger


@pytest.mark.parametrize("version", [Version.V16, Version.V201], ids=str)
async def test_a_central_system_tells_what_it_knows(
    hass_client: ClientSessionGenerator, site: Site, clock: Clock, version: Version, snapshot: SnapshotAssertion
) -> None:
    """Everything but who may charge: of tokens, that they are there."""
    await live(site, clock, version)
    assert as_always(await diagnostics(site, hass_client)) == snapshot


async def test_a_device_tells_of_itself_only(
    hass_client: ClientSessionGenerator, site: Site, clock: Clock, snapshot: SnapshotAssertion
) -> None:
    """A charger all that the central system tells of it, a connector nothing of the others."""
    await live(site, clock, Version.V16)
    of_all = await diagnostics(site, hass_client)
    of_charger = await diagnostics(site, hass_client, "A")
    assert as_always(of_charger) == as_always(of_all | {"chargers": of_all["chargers"][:1]})
    assert as_always(await diagnostics(site, hass_client, "A", 1)) == snapshot


async def test_one_that_does_not_run_tells_what_is_stored(
    hass_client: ClientSessionGenerator, site: Site, snapshot: SnapshotAssertion
) -> None:
    """Its port may be in use, which is when somebody looks."""
    await site.stop()
    of_all = await diagnostics(site, hass_client)
    assert as_always(of_all) == snapshot
    assert (await diagnostics(site, hass_client, "A"))["chargers"] == of_all["chargers"][:1]
