"""How well a charger keeps others out, as its owner is told of it, and how he has its settings changed."""

from typing import Any

from aiohttp.test_utils import TestClient
from homeassistant.components.repairs import DOMAIN as REPAIRS
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.ocpp_central.const import DOMAIN
from tests.charger import Behaviour, Fault, Setting, SimulatedCharger, Version

from .conftest import (
    ON_V2,
    ON_V16,
    TELLS_ALL,
    Site,
    eventually,
    settings_asked,
    told_what_it_can,
)

SENSOR = "sensor.a_enforceability"
QUESTION = {Version.V16: "GetConfiguration", Version.V201: "GetVariables", Version.V21: "GetVariables"}
CHANGE = {Version.V16: "ChangeConfiguration", Version.V201: "SetVariables", Version.V21: "SetVariables"}

PRE_AUTHORIZES = Behaviour(local_pre_authorize=True)
GOES_ON = Behaviour(stops_on_invalid_id=False)
BOTH = Behaviour(local_pre_authorize=True, stops_on_invalid_id=False)
CANNOT_HOLD = Behaviour(claims_reservations=False)


def repairs(hass: HomeAssistant) -> dict[str, ir.IssueEntry]:
    """Our repairs of the charger, by key."""
    issues = ir.async_get(hass).issues.values()
    return {str(issue.translation_key): issue for issue in issues if issue.domain == DOMAIN}


def bypasses(hass: HomeAssistant) -> str | None:
    """The settings that the fixable repair names."""
    issue = repairs(hass).get("bypass")
    assert issue is None or issue.translation_placeholders is not None
    return (
        None if issue is None or issue.translation_placeholders is None else issue.translation_placeholders["settings"]
    )


def enforce(site: Site, enforcement: str) -> None:
    """Have the owner choose for all chargers what is done about strangers."""
    site.hass.config_entries.async_update_entry(site.entry, options={"enforcement": enforcement})


def enforce_here(site: Site, enforcement: str) -> None:
    """Have the owner choose that for the one charger."""
    (subentry,) = site.entry.subentries.values()
    data = {**subentry.data, "enforcement": enforcement}
    site.hass.config_entries.async_update_subentry(site.entry, subentry, data=data)


@pytest.mark.parametrize(
    ("behaviour", "enforcement", "level"),
    [
        (Behaviour(), "stop", "held"),
        (Behaviour(), "off", "held"),
        (CANNOT_HOLD, "stop", "asked"),
        (CANNOT_HOLD, "warn", "reported"),
        (CANNOT_HOLD, "off", "off"),
        (PRE_AUTHORIZES, "stop", "stopped"),
        (PRE_AUTHORIZES, "warn", "reported"),
        (GOES_ON, "stop", "stopped"),
    ],
)
async def test_the_sensor_says_what_keeps_others_out(
    site: Site, version: Version, behaviour: Behaviour, enforcement: str, level: str
) -> None:
    """Contract 4, whatever the version."""
    enforce(site, enforcement)
    await told_what_it_can(await site.charger(version=version, behaviour=behaviour))
    state = await site.shows(SENSOR, level)
    assert "starts_unknown_offline" in state.attributes["reasons"]


async def test_the_sensor_follows_the_owner(site: Site) -> None:
    """Options and the charger's own setting apply at once, and its own counts more."""
    await site.charger(behaviour=CANNOT_HOLD)
    await site.shows(SENSOR, "asked")
    enforce(site, "warn")
    await site.shows(SENSOR, "reported")
    enforce_here(site, "stop")
    await site.shows(SENSOR, "asked")
    enforce_here(site, "off")
    await site.shows(SENSOR, "off")
    enforce_here(site, "inherit")
    await site.shows(SENSOR, "reported")


@pytest.mark.parametrize("answer", ["NotSupported", "InternalError", Fault.SILENT])
@pytest.mark.usefixtures("short_call_timeout")
async def test_a_charger_that_tells_nothing_is_not_judged(site: Site, version: Version, answer: str) -> None:
    """Nor is it asked again before it connects again."""
    behaviour = Behaviour(answers={QUESTION[version]: answer}, statuses_after_reconnect="all")
    charger = await site.charger(version=version, behaviour=behaviour)
    await eventually(lambda: settings_asked(charger) == 1, "the question")
    await charger.heartbeat()
    assert site.state(SENSOR) == "unknown"
    await charger.boot()
    await charger.heartbeat()
    assert settings_asked(charger) == 1
    charger.behaviour = TELLS_ALL
    await charger.drop()
    await eventually(lambda: settings_asked(charger) == 2, "the question")
    await site.shows(SENSOR, "held")


async def test_a_charger_that_has_accepted_to_hold_holds(site: Site, version: Version) -> None:
    """Whatever it claims; and one that does not know reservations does not, whatever it claims."""
    await told_what_it_can(await site.charger(version=version, behaviour=CANNOT_HOLD))
    await site.shows(SENSOR, "asked")
    await site.reserve()
    await site.shows(SENSOR, "held")


async def test_a_charger_that_cannot_hold_after_all_does_not_hold(site: Site, version: Version) -> None:
    """Its claim proves nothing."""
    charger = await site.charger(version=version, behaviour=Behaviour(reserve_answer="NotImplemented"))
    await site.shows(SENSOR, "held")
    await site.reserve()
    await site.shows(SENSOR, "asked")
    assert charger.holds == {}


async def test_what_is_known_is_kept_over_a_reconnect(site: Site, version: Version) -> None:
    """The sensor is unavailable meanwhile, and never unknown."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    await site.shows(SENSOR, "held")
    shown = site.history(SENSOR)
    await charger.drop()
    await eventually(lambda: settings_asked(charger) == 2, "the question")
    await charger.heartbeat()
    assert shown == ["unavailable", "held"]


async def test_a_way_past_home_assistant_is_told_until_it_is_closed(
    hass: HomeAssistant, site: Site, version: Version
) -> None:
    """One repair names all settings; what somebody changes at the charger is seen when it connects."""
    charger = await site.charger(
        version=version,
        behaviour=Behaviour(local_pre_authorize=True, stops_on_invalid_id=False, statuses_after_reconnect="all"),
    )
    await eventually(lambda: bypasses(hass), "a repair")
    issue = repairs(hass)["bypass"]
    assert (issue.issue_id, issue.is_fixable, issue.severity) == ("bypass_A", True, ir.IssueSeverity.WARNING)
    assert issue.translation_placeholders == {
        "charger": "A",
        "settings": "LocalPreAuthorize / AuthCtrlr.LocalPreAuthorize, "
        "StopTransactionOnInvalidId / TxCtrlr.StopTxOnInvalidId",
    }
    charger.settings[Setting.STOP_ON_INVALID_ID] = "true"
    await charger.drop()
    await eventually(lambda: "Stop" not in (bypasses(hass) or ""), "the change of the repair")
    assert bypasses(hass) == "LocalPreAuthorize / AuthCtrlr.LocalPreAuthorize"
    charger.settings[Setting.LOCAL_PRE_AUTHORIZE] = "false"
    await charger.drop()
    await eventually(lambda: not repairs(hass), "the end of the repair")


async def test_nothing_is_said_where_strangers_are_not_minded(hass: HomeAssistant, site: Site) -> None:
    """Enforcement off, for all or for this charger."""
    enforce(site, "off")
    await told_what_it_can(await site.charger(behaviour=BOTH))
    await site.shows(SENSOR, "off")
    assert repairs(hass) == {}
    enforce(site, "warn")
    await eventually(lambda: bypasses(hass), "a repair")
    enforce_here(site, "off")
    await eventually(lambda: not repairs(hass), "the end of the repair")


async def test_nothing_is_said_of_a_charger_that_is_gone(hass: HomeAssistant, site: Site) -> None:
    """Unloaded or removed."""
    behaviour = Behaviour(local_pre_authorize=True, statuses_after_reconnect="all")
    charger = await site.charger(behaviour=behaviour)
    await eventually(lambda: bypasses(hass), "a repair")
    await site.stop()
    assert repairs(hass) == {}
    await site.start()
    await charger.ready()
    await eventually(lambda: bypasses(hass), "a repair")
    (subentry_id,) = site.entry.subentries
    hass.config_entries.async_remove_subentry(site.entry, subentry_id)
    await eventually(lambda: not repairs(hass), "the end of the repair")


@ON_V2
async def test_a_charger_that_authorizes_nobody_is_told_of(hass: HomeAssistant, site: Site, version: Version) -> None:
    """It is only reported, unless the owner wants more for this very charger."""
    await told_what_it_can(await site.charger(version=version, behaviour=Behaviour(free_vend=True)))
    await site.shows(SENSOR, "reported")
    assert bypasses(hass) == "AuthCtrlr.Enabled"
    assert repairs(hass).keys() == {"bypass"}
    enforce_here(site, "stop")
    await site.shows(SENSOR, "stopped")


@ON_V16
async def test_a_charger_that_vends_freely_is_explained(hass: HomeAssistant, site: Site, version: Version) -> None:
    """No setting helps: one repair that cannot be fixed, unless the owner has decided for this charger."""
    charger = await site.charger(version=version, behaviour=Behaviour(free_vend=True))
    await charger.plug(1)
    await site.shows(SENSOR, "reported")
    issue = repairs(hass)["vends_freely"]
    assert (issue.issue_id, issue.is_fixable) == ("vends_freely_A", False)
    enforce_here(site, "stop")
    await site.shows(SENSOR, "stopped")
    assert repairs(hass) == {}


class Fix:
    """The dialog that fixes the repair, through Home Assistant's HTTP API."""

    def __init__(self, client: TestClient[Any, Any]) -> None:
        """Not begun."""
        self._client = client
        self.step: dict[str, Any] = {}

    async def begin(self, issue_id: str = "bypass_A") -> dict[str, Any]:
        """Open it."""
        return await self._post("/api/repairs/issues/fix", {"handler": DOMAIN, "issue_id": issue_id})

    async def submit(self, *ways: str) -> dict[str, Any]:
        """Have these ways closed; none given: those that are chosen."""
        (field,) = self.step["data_schema"]
        return await self._post(
            f"/api/repairs/issues/fix/{self.step['flow_id']}", {field["name"]: list(ways or self.chosen)}
        )

    async def confirm(self) -> dict[str, Any]:
        """Go on with a step that asks nothing."""
        return await self._post(f"/api/repairs/issues/fix/{self.step['flow_id']}", {})

    async def submit_nothing(self) -> dict[str, Any]:
        """Choose nothing."""
        return await self._post(f"/api/repairs/issues/fix/{self.step['flow_id']}", {"settings": []})

    @property
    def offered(self) -> list[str]:
        """What can be chosen."""
        (field,) = self.step["data_schema"]
        options: list[str] = field["selector"]["select"]["options"]
        return options

    @property
    def chosen(self) -> list[str]:
        """What is chosen at first."""
        (field,) = self.step["data_schema"]
        default: list[str] = field["default"]
        return default

    async def _post(self, url: str, data: dict[str, Any]) -> dict[str, Any]:
        answer = await self._client.post(url, json=data)
        assert answer.status == 200, await answer.text()
        self.step = await answer.json()
        return self.step


@pytest.fixture
async def fix(hass: HomeAssistant, site: Site, hass_client: ClientSessionGenerator) -> Fix:
    """The dialog."""
    assert await async_setup_component(hass, REPAIRS, {})
    return Fix(await hass_client())


async def bypassing(site: Site, version: Version, behaviour: Behaviour = BOTH) -> SimulatedCharger:
    """A charger of which there is a repair."""
    charger = await site.charger(version=version, behaviour=behaviour)
    await eventually(lambda: bypasses(site.hass), "a repair")
    return charger


async def test_the_fix_changes_the_charger(hass: HomeAssistant, site: Site, fix: Fix, version: Version) -> None:
    """What is open while it is connected is chosen, the rest is offered; then the repair is gone and the sensor knows."""
    charger = await bypassing(site, version)
    form = await fix.begin()
    assert form["type"] == FlowResultType.FORM
    assert form["description_placeholders"]["charger"] == "A"
    assert fix.chosen == ["starts_known", "goes_on"]
    assert fix.offered == [*fix.chosen, "starts_unknown_offline", "starts_known_offline"]
    assert (await fix.submit())["type"] == FlowResultType.CREATE_ENTRY
    assert charger.settings[Setting.LOCAL_PRE_AUTHORIZE] == "false"
    assert charger.settings[Setting.STOP_ON_INVALID_ID] == "true"
    assert charger.settings[Setting.START_UNKNOWN_OFFLINE] == "true"
    await site.shows(SENSOR, "held")
    assert repairs(hass) == {}


async def test_the_fix_can_close_the_ways_that_are_open_offline(
    hass: HomeAssistant, site: Site, fix: Fix, version: Version
) -> None:
    """Where that is chosen in addition."""
    charger = await bypassing(site, version, PRE_AUTHORIZES)
    await fix.begin()
    assert (await fix.submit(*fix.offered))["type"] == FlowResultType.CREATE_ENTRY
    assert charger.settings[Setting.START_KNOWN_OFFLINE] == "false"
    assert charger.settings[Setting.START_UNKNOWN_OFFLINE] == "false"
    await site.shows(SENSOR, lambda state: state.state == "held" and state.attributes["reasons"] == [])


@ON_V2
async def test_the_fix_has_a_charger_authorize(site: Site, fix: Fix, version: Version) -> None:
    """Where that is a setting."""
    charger = await bypassing(site, version, Behaviour(free_vend=True))
    await fix.begin()
    assert fix.chosen == ["authorizes_nobody"]
    assert (await fix.submit())["type"] == FlowResultType.CREATE_ENTRY
    assert charger.settings[Setting.AUTHORIZATION_ENABLED] == "true"
    await site.shows(SENSOR, "held")


async def test_what_was_not_chosen_stays_a_repair(hass: HomeAssistant, site: Site, fix: Fix, version: Version) -> None:
    """Which names it from then on."""
    charger = await bypassing(site, version)
    await fix.begin()
    assert (await fix.submit_nothing())["errors"] == {"base": "nothing_chosen"}
    end = await fix.submit("goes_on")
    assert (end["type"], end["reason"]) == (FlowResultType.ABORT, "some_left")
    assert end["description_placeholders"]["settings"] == "LocalPreAuthorize / AuthCtrlr.LocalPreAuthorize"
    assert charger.settings[Setting.LOCAL_PRE_AUTHORIZE] == "true"
    await eventually(lambda: "Stop" not in (bypasses(hass) or "Stop"), "the change of the repair")


WORDS = [
    *[(Version.V16, word, shown) for word, shown in (("Rejected", "Rejected"), ("NotSupported", "NotSupported"))],
    (Version.V201, "Rejected", "Rejected"),
    (Version.V21, "UnknownVariable", "NotSupported"),
    *[(version, "InternalError", "InternalError") for version in Version],
]


@pytest.mark.parametrize(("version", "answer", "word"), WORDS)
async def test_a_charger_that_refuses_is_quoted(
    hass: HomeAssistant, site: Site, fix: Fix, version: Version, answer: str, word: str
) -> None:
    """Each setting with the charger's word; what it did is done, the rest can be tried again."""
    behaviour = Behaviour(local_pre_authorize=True, stops_on_invalid_id=False, answers={CHANGE[version]: (answer,)})
    charger = await bypassing(site, version, behaviour)
    await fix.begin()
    form = await fix.submit()
    assert form["errors"] == {"base": "charger_refused"}
    assert form["description_placeholders"]["failed"] == f"LocalPreAuthorize / AuthCtrlr.LocalPreAuthorize: {word}"
    assert charger.settings[Setting.STOP_ON_INVALID_ID] == "true"
    assert fix.chosen == ["starts_known"]
    assert (await fix.submit())["type"] == FlowResultType.CREATE_ENTRY
    await site.shows(SENSOR, "held")


async def test_a_charger_that_has_to_restart_says_so(
    hass: HomeAssistant, site: Site, fix: Fix, version: Version
) -> None:
    """The repair stays until the charger says that it has changed."""
    charger = await bypassing(site, version, Behaviour(local_pre_authorize=True, changes_after_reboot=True))
    await fix.begin()
    end = await fix.submit()
    assert (end["type"], end["reason"]) == (FlowResultType.ABORT, "restart_required")
    assert end["description_placeholders"]["charger"] == "A"
    await eventually(lambda: settings_asked(charger) == 2, "the question")
    await charger.heartbeat()
    assert bypasses(hass)
    await charger.reboot()
    await eventually(lambda: not repairs(hass), "the end of the repair")
    await site.shows(SENSOR, "held")


async def test_a_charger_that_is_offline_is_not_waited_for(
    hass: HomeAssistant, site: Site, fix: Fix, version: Version
) -> None:
    """The form says so, names what was not changed, and can be tried again."""
    charger = await bypassing(site, version)
    await charger.go_offline()
    await site.shows(SENSOR, "unavailable")
    await fix.begin()
    form = await fix.submit()
    assert form["errors"] == {"base": "charger_offline"}
    assert "LocalPreAuthorize" in form["description_placeholders"]["failed"]
    assert "StopTxOnInvalidId" in form["description_placeholders"]["failed"]
    charger.go_online()
    await charger.ready()
    assert (await fix.submit())["type"] == FlowResultType.CREATE_ENTRY


@pytest.mark.usefixtures("short_call_timeout")
async def test_a_charger_that_is_silent_is_told_of(site: Site, fix: Fix, version: Version) -> None:
    """Nothing more is tried then."""
    behaviour = Behaviour(local_pre_authorize=True, stops_on_invalid_id=False, answers={CHANGE[version]: Fault.SILENT})
    charger = await bypassing(site, version, behaviour)
    await fix.begin()
    assert (await fix.submit())["errors"] == {"base": "charger_timeout"}
    assert [call.action for call in charger.received].count(CHANGE[version]) == 1


async def test_a_charger_that_accepts_and_does_nothing_keeps_its_repair(
    hass: HomeAssistant, site: Site, fix: Fix, version: Version
) -> None:
    """Its word is believed only until it is asked."""
    behaviour = Behaviour(local_pre_authorize=True, answers={CHANGE[version]: "Accepted"})
    charger = await bypassing(site, version, behaviour)
    await fix.begin()
    assert (await fix.submit())["type"] == FlowResultType.CREATE_ENTRY
    await eventually(lambda: settings_asked(charger) == 2, "the question")
    await eventually(lambda: bypasses(hass), "the repair")
    assert site.state(SENSOR) == "stopped"


async def test_nothing_is_left_to_fix_at_a_charger_that_is_gone(hass: HomeAssistant, site: Site, fix: Fix) -> None:
    """It was removed while the dialog was open."""
    await bypassing(site, Version.V16)
    await fix.begin()
    (subentry_id,) = site.entry.subentries
    hass.config_entries.async_remove_subentry(site.entry, subentry_id)
    await eventually(lambda: not repairs(hass), "the end of the repair")
    assert (await fix.submit())["type"] == FlowResultType.CREATE_ENTRY


async def test_a_central_system_that_was_unloaded_changes_nothing(site: Site, fix: Fix) -> None:
    """The dialog says why."""
    await bypassing(site, Version.V16)
    await fix.begin()
    await site.stop()
    end = await fix.submit()
    assert (end["type"], end["reason"]) == (FlowResultType.ABORT, "not_loaded")
