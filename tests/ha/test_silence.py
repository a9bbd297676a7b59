"""A charger that tells nothing of its meter while a car charges, and how its owner has that mended."""

from typing import Any

from homeassistant.components.repairs import DOMAIN as REPAIRS
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from tests.charger import Behaviour, Fault, SimulatedCharger, Version

from .conftest import ON_V16, STRANGER, TELLS_ALL, Clock, Site, eventually
from .test_enforceability import CHANGE, Fix, repairs
from .test_leftover_watch import minutes

pytestmark = pytest.mark.blackbox

WANTED = "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage"
NAMES = {
    Version.V16: ("MeterValueSampleInterval", "MeterValuesSampledData"),
    Version.V201: ("TxUpdatedInterval", "TxUpdatedMeasurands"),
    Version.V21: ("TxUpdatedInterval", "TxUpdatedMeasurands"),
}


def accepting(version: Version, word: str | list[str] = "Accepted") -> Behaviour:
    """A charger that answers so to a change of its settings."""
    return Behaviour(answers={CHANGE[version]: word}, statuses_after_reconnect="all")


def told(hass: HomeAssistant) -> ir.IssueEntry | None:
    """The repair."""
    return repairs(hass).get("no_readings")


def changes(charger: SimulatedCharger) -> list[tuple[str, str]]:
    """What the charger was told to change, and to what."""
    found: list[tuple[str, str]] = []
    for action, payload in charger.received:
        if action == "ChangeConfiguration":
            found.append((payload["key"], payload["value"]))
        elif action == "SetVariables":
            (item,) = payload["setVariableData"]
            assert item["component"] == {"name": "SampledDataCtrlr"}
            found.append((item["variable"]["name"], item["attributeValue"]))
    return found


async def silent(site: Site, clock: Clock, version: Version, behaviour: Behaviour = TELLS_ALL) -> SimulatedCharger:
    """A charger of which there is a repair."""
    charger = await site.charger(version=version, behaviour=behaviour)
    await charger.plug(1)
    await charger.start(1, STRANGER)
    await site.shows("binary_sensor.a_connector_1_charging", "on")
    await minutes(clock, charger, 7)
    assert told(site.hass) is not None
    return charger


@pytest.fixture
async def fix(hass: HomeAssistant, site: Site, clock: Clock, hass_client: ClientSessionGenerator) -> Fix:
    """The dialog."""
    assert await async_setup_component(hass, REPAIRS, {})
    return Fix(await hass_client())


async def begin(fix: Fix) -> dict[str, Any]:
    """Open it."""
    return await fix.begin("no_readings_A")


async def test_a_session_without_readings_is_told_of_until_some_come(
    hass: HomeAssistant, site: Site, clock: Clock, version: Version
) -> None:
    """After five minutes; nothing is changed unasked."""
    charger = await site.charger(version=version)
    await charger.plug(1)
    await charger.start(1, STRANGER)
    await site.shows("binary_sensor.a_connector_1_charging", "on")
    await minutes(clock, charger, 4)
    assert told(hass) is None
    await minutes(clock, charger, 3)
    issue = told(hass)
    assert issue is not None
    assert (issue.issue_id, issue.is_fixable) == ("no_readings_A", True)
    assert changes(charger) == []
    await charger.meter(1)
    await minutes(clock, charger, 1)
    assert told(hass) is None
    await minutes(clock, charger, 3)
    await charger.meter(1)
    await minutes(clock, charger, 4)
    assert told(hass) is None


async def test_nothing_is_said_where_there_is_nothing_to_tell(
    hass: HomeAssistant, site: Site, clock: Clock, version: Version
) -> None:
    """No car charges, it pauses, or the charger is away."""
    charger = await site.charger(version=version)
    await minutes(clock, charger, 7)
    await charger.plug(1)
    await charger.start(1, STRANGER)
    await site.shows("binary_sensor.a_connector_1_charging", "on")
    await minutes(clock, charger, 3)
    await charger.go_offline()
    for _ in range(7):
        await clock.forward(minutes=1)
    assert told(hass) is None
    if version is Version.V16:
        charger.go_online()
        await charger.ready()
        await charger.report(1, "SuspendedEV")
        await site.shows("sensor.a_connector_1_status", "suspended_ev")
        await minutes(clock, charger, 7)
        assert told(hass) is None


async def test_nothing_is_said_of_a_charger_that_is_gone(hass: HomeAssistant, site: Site, clock: Clock) -> None:
    """Removed, or unloaded."""
    await silent(site, clock, Version.V16)
    (subentry_id,) = site.entry.subentries
    hass.config_entries.async_remove_subentry(site.entry, subentry_id)
    await hass.async_block_till_done()
    await clock.forward(minutes=1)
    assert told(hass) is None


async def test_the_repair_is_gone_with_the_central_system(hass: HomeAssistant, site: Site, clock: Clock) -> None:
    """And comes again when it runs, if nothing has changed."""
    await silent(site, clock, Version.V16)
    await site.stop()
    assert told(hass) is None


async def test_the_fix_has_the_charger_tell_readings(site: Site, fix: Fix, clock: Clock, version: Version) -> None:
    """Interval and measurands, once."""
    charger = await silent(site, clock, version, accepting(version))
    form = await begin(fix)
    assert form["type"] == FlowResultType.FORM
    assert "MeterValueSampleInterval" in form["description_placeholders"]["settings"]
    assert (await fix.confirm())["type"] == FlowResultType.CREATE_ENTRY
    interval, measurands = NAMES[version]
    assert changes(charger) == [(interval, "30"), (measurands, WANTED)]
    assert told(site.hass) is None
    await minutes(clock, charger, 7)
    assert len(changes(charger)) == 2


@ON_V16
async def test_a_fix_that_changes_nothing_is_told_again(site: Site, fix: Fix, clock: Clock, version: Version) -> None:
    """A charger that agrees and stays silent has another five minutes; then it is as before, and once."""
    charger = await silent(site, clock, version, accepting(version))
    await begin(fix)
    assert (await fix.confirm())["type"] == FlowResultType.CREATE_ENTRY
    await minutes(clock, charger, 4)
    assert told(site.hass) is None
    await minutes(clock, charger, 3)
    assert told(site.hass) is not None


async def test_less_is_asked_for_where_a_charger_does_not_measure_all(
    site: Site, fix: Fix, clock: Clock, version: Version
) -> None:
    """A list with something unknown in it is refused as a whole (1.6 section 5.3)."""
    words = ["Accepted", "Rejected", "Rejected", "RebootRequired"]
    charger = await silent(site, clock, version, accepting(version, words))
    await begin(fix)
    end = await fix.confirm()
    assert (end["type"], end["reason"]) == (FlowResultType.ABORT, "restart_required")
    assert [value for _, value in changes(charger)] == [
        "30",
        WANTED,
        "Energy.Active.Import.Register,Power.Active.Import",
        "Energy.Active.Import.Register",
    ]


async def test_a_charger_that_lets_nobody_choose_is_told_how_often(
    site: Site, fix: Fix, clock: Clock, version: Version
) -> None:
    """Its owner is told what it said."""
    charger = await silent(site, clock, version, accepting(version, ["Accepted", "Rejected"]))
    await begin(fix)
    end = await fix.confirm()
    assert (end["type"], end["reason"]) == (FlowResultType.ABORT, "some_refused")
    assert end["description_placeholders"]["word"] == "Rejected"
    assert len(changes(charger)) == 4


@pytest.mark.parametrize(("answer", "error"), [("Rejected", "charger_refused"), (Fault.SILENT, "charger_timeout")])
@ON_V16
@pytest.mark.usefixtures("short_call_timeout")
async def test_what_goes_wrong_is_told(
    site: Site, fix: Fix, clock: Clock, version: Version, answer: str | Fault, error: str
) -> None:
    """And can be tried again."""
    charger = await silent(site, clock, version, Behaviour(answers={"ChangeConfiguration": answer}))
    await begin(fix)
    assert (await fix.confirm())["errors"] == {"base": error}
    charger.behaviour = accepting(version)
    assert (await fix.confirm())["type"] == FlowResultType.CREATE_ENTRY


@ON_V16
async def test_a_fix_that_comes_too_late_is_told_so(site: Site, fix: Fix, clock: Clock, version: Version) -> None:
    """The charger has gone, and then the central system, too."""
    charger = await silent(site, clock, version)
    await begin(fix)
    await charger.go_offline()
    await eventually(lambda: site.state("binary_sensor.a_connected") == "off")
    assert (await fix.confirm())["errors"] == {"base": "charger_offline"}
    await site.stop()
    assert (await fix.confirm())["reason"] == "not_loaded"
