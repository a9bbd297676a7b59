"""Reading and changing a charger's configuration from Home Assistant."""

import asyncio
from typing import Any
from unittest.mock import ANY

from homeassistant.auth.models import User
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import Unauthorized
import pytest

from custom_components.ocpp_central.const import DOMAIN
from tests.charger import Behaviour, Fault, Setting, SimulatedCharger, Version

from .conftest import ON_V2, ON_V16, Site, refused, settings_asked, told_what_it_can

pytestmark = pytest.mark.blackbox

HEARTBEATS = {
    Version.V16: "HeartbeatInterval",
    Version.V201: "OCPPCommCtrlr.HeartbeatInterval",
    Version.V21: "OCPPCommCtrlr.HeartbeatInterval",
}


async def read(site: Site, *keys: str) -> dict[str, Any]:
    """Read some keys, or all."""
    wanted = {"key": list(keys)} if keys else {}
    return await site.act("get_configuration", device_id=site.device_id(), **wanted)


async def change(site: Site, key: str, value: object) -> str:
    """Change a key; the charger's word."""
    answer = await site.act("set_configuration", device_id=site.device_id(), key=key, value=value)
    word: str = answer["status"]
    return word


async def test_some_of_the_configuration_is_read(site: Site, version: Version) -> None:
    """With what is not known; 1.6 tells what can only be read."""
    charger = await site.charger(version=version)
    charger.settings[Setting.HEARTBEAT_INTERVAL] = "123"
    unknown = "Nonsense" if version is Version.V16 else "Nonsense.Enabled"
    readonly = False if version is Version.V16 else None
    assert await read(site, HEARTBEATS[version], unknown) == {
        "configuration_key": [{"key": HEARTBEATS[version], "value": "123", "readonly": readonly}],
        "unknown_key": [unknown],
        "complete": True,
    }
    assert charger.complaints == []


async def test_all_of_the_configuration_is_read(site: Site, version: Version) -> None:
    """2.x sends a report, part by part; no password is in it."""
    charger = await site.charger(version=version)
    answer = await read(site)
    told = {each["key"]: each for each in answer["configuration_key"]}
    assert (answer["unknown_key"], answer["complete"]) == ([], True)
    assert told[HEARTBEATS[version]]["readonly"] is False
    if version is Version.V16:
        assert told["NumberOfConnectors"] == {"key": "NumberOfConnectors", "value": "2", "readonly": True}
        assert told["AuthorizationKey"]["value"] is None
    else:
        await charger.wait_for(lambda: sum(sent.action == "NotifyReport" for sent in charger.sent) > 1)
        assert told["Connector:2:1.ConnectorType"] == {
            "key": "Connector:2:1.ConnectorType",
            "value": "sType2",
            "readonly": True,
        }
        assert told["SecurityCtrlr.BasicAuthPassword"]["value"] is None
    assert "OPENSESAME" not in str(answer)
    assert charger.complaints == []


async def test_many_keys_are_asked_for_a_few_at_a_time(site: Site, version: Version) -> None:
    """Some chargers answer no more than ten."""
    charger = await told_what_it_can(await site.charger(version=version))
    before = len(charger.received)
    names = [f"Nonsense{number}" if version is Version.V16 else f"Nonsense.V{number}" for number in range(21)]
    assert (await read(site, *names, names[0]))["unknown_key"] == names
    sizes = [len(call.payload.get("key") or call.payload["getVariableData"]) for call in charger.received[before:]]
    assert sizes == [10, 10, 1]


async def test_a_charger_that_answers_less_at_once_is_asked_for_less(site: Site, version: Version) -> None:
    """`GetConfigurationMaxKeys`, `ItemsPerMessageGetVariables`: also for what we want to know ourselves."""
    await (await site.dial(version=version, behaviour=Behaviour(most_items=3))).ready()
    await site.shows("number.a_connector_2_current_limit", "unknown")
    names = [f"Nonsense{number}" if version is Version.V16 else f"Nonsense.V{number}" for number in range(7)]
    assert (await read(site, *names, HEARTBEATS[version])) == {
        "configuration_key": [{"key": HEARTBEATS[version], "value": "300", "readonly": ANY}],
        "unknown_key": names,
        "complete": True,
    }


async def test_the_configuration_is_changed(site: Site, version: Version) -> None:
    """At once, or with the next restart; the settings that matter to us are asked for again."""
    charger = await told_what_it_can(await site.charger(version=version))
    before = settings_asked(charger)
    assert await change(site, HEARTBEATS[version], "600") == "Accepted"
    assert charger.settings[Setting.HEARTBEAT_INTERVAL] == "600"
    await charger.wait_for(lambda: settings_asked(charger) == before + 1)
    charger.behaviour = Behaviour(changes_after_reboot=True)
    assert await change(site, HEARTBEATS[version], "700") == "RebootRequired"
    assert charger.complaints == []


async def test_a_switch_is_spelled_as_chargers_do(site: Site, version: Version) -> None:
    """YAML makes a boolean of true, and Python spells it with a capital letter."""
    charger = await site.charger(version=version)
    message = "ChangeConfiguration" if version is Version.V16 else "SetVariables"
    charger.behaviour = Behaviour(answers={message: "Accepted"})
    for value, spelled in ((True, "true"), (False, "false"), (30, "30"), ("True", "True")):
        await change(site, "A.B", value)
        changed = [call.payload for call in charger.received if call.action == message]
        assert f"'{spelled}'" in str(changed[-1])


@ON_V16
async def test_a_key_that_can_only_be_read(site: Site, version: Version) -> None:
    """1.6 only says Rejected, so it is asked why; another refusal stays what it is."""
    await site.charger(version=version)
    assert "NumberOfConnectors" in str(
        await refused(change(site, "NumberOfConnectors", "3"), "configuration_read_only")
    )
    assert "Rejected" in str(await refused(change(site, "HeartbeatInterval", "soon"), "command_refused"))
    assert "NotSupported" in str(await refused(change(site, "Nonsense", "3"), "command_refused"))


@ON_V16
@pytest.mark.parametrize("answer", ["InternalError", Fault.SILENT])
async def test_a_charger_that_does_not_say_why_it_refuses_has_its_word(
    short_call_timeout: None, site: Site, version: Version, answer: str | Fault
) -> None:
    """That of the refusal, not what became of the question."""
    charger = await told_what_it_can(await site.charger(version=version))
    charger.behaviour = Behaviour(answers={"ChangeConfiguration": "Rejected", "GetConfiguration": answer})
    assert "Rejected" in str(await refused(change(site, "HeartbeatInterval", "3"), "command_refused"))


@ON_V2
async def test_a_variable_that_can_only_be_read(site: Site, version: Version) -> None:
    """2.x says why, if the charger does."""
    charger = await site.charger(version=version)
    error = await refused(change(site, "EVSE:1.Power", "3"), "command_refused")
    assert "Rejected (ReadOnly)" in str(error)
    charger.behaviour = Behaviour(answers={"SetVariables": "Rejected"})
    await refused(change(site, "EVSE:1.Power", "3"), "command_refused")
    for word in ("UnknownVariable", "UnknownComponent"):
        charger.behaviour = Behaviour(answers={"SetVariables": word})
        assert word in str(await refused(change(site, "A.B", "3"), "command_refused"))


@ON_V2
async def test_a_variable_that_is_not_told_has_the_charger_s_word(site: Site, version: Version) -> None:
    """One that can only be written, or has no such attribute; alone it is an error."""
    await site.charger(version=version)
    missing, entries = "SampledDataCtrlr.TxUpdatedInterval/MinSet", "LocalAuthListCtrlr.Entries"
    assert (await read(site, missing, f"{entries}/MaxSet"))["configuration_key"] == [
        {"key": missing, "value": None, "readonly": None, "status": "NotSupportedAttributeType"},
        {"key": f"{entries}/MaxSet", "value": "1000", "readonly": None},
    ]
    assert "NotSupportedAttributeType" in str(await refused(read(site, missing), "command_refused"))


@ON_V2
async def test_a_key_of_1_6_means_nothing_to_2(site: Site, version: Version) -> None:
    """Said here, before the charger is asked, with how a variable is named."""
    await site.charger(version=version)
    error = await refused(read(site, "LocalAuthListCtrlr.Entries", "HeartbeatInterval"), "no_variable")
    assert '"Keys"' in str(error)
    error = await refused(change(site, "HeartbeatInterval", "3"), "no_variable")
    assert '"Key"' in str(error)
    assert "OCPPCommCtrlr.HeartbeatInterval" in str(error)


@ON_V2
@pytest.mark.parametrize("word", ["Rejected", "NotSupported", "EmptyResultSet"])
async def test_a_charger_that_makes_no_report_says_so(site: Site, version: Version, word: str) -> None:
    """Its word is in the error."""
    charger = await site.charger(version=version)
    charger.behaviour = Behaviour(answers={"GetBaseReport": word})
    assert word in str(await refused(read(site), "command_refused"))


@ON_V2
async def test_a_report_that_does_not_come_is_not_waited_for_for_ever(
    site: Site, version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The charger agreed, and then was silent."""
    monkeypatch.setattr("custom_components.ocpp_central.actions.configuring.PATIENCE", 0.05)
    charger = await site.charger(version=version)
    charger.behaviour = Behaviour(answers={"GetBaseReport": "Accepted"})
    await refused(read(site), "charger_silent")


def part(number: int, place: int, *names: str, more: bool = True) -> dict[str, Any]:
    """A part of a report."""
    variables = [
        {
            "component": {"name": "Own"},
            "variable": {"name": name},
            "variableAttribute": [{"value": "1", "mutability": "ReadOnly"}],
        }
        for name in names
    ]
    at = "2026-03-01T10:00:00Z"
    return {"requestId": number, "generatedAt": at, "seqNo": place, "tbc": more, "reportData": variables}


async def report_of(site: Site, charger: SimulatedCharger, *parts: tuple[int, str, bool]) -> dict[str, Any]:
    """Read all of a charger that tells its report in these parts: their place, their variable, and whether it goes on."""
    charger.behaviour = Behaviour(answers={"GetBaseReport": "Accepted"})
    reading = asyncio.ensure_future(read(site))
    number = (await charger.wait_for("GetBaseReport"))["requestId"]
    for place, name, more in parts:
        await charger.call("NotifyReport", part(number, place, name, more=more))
    return await reading


def names_in(answer: dict[str, Any]) -> list[str]:
    """The variables that were told."""
    return [each["key"].removeprefix("Own.") for each in answer["configuration_key"]]


@ON_V2
@pytest.mark.parametrize(
    "parts",
    [
        [(0, "a", True), (1, "b", False)],
        [(1, "a", True), (2, "b", False)],
        [(0, "a", True), (0, "b", False)],
        [(0, "a", True), (0, "a", True), (1, "b", False)],
        [(0, "a", True), (2, "b", False), (1, "b", True)],
    ],
    ids=["in order", "from 1", "without places", "repeated", "the last one early"],
)
async def test_a_report_is_complete_when_all_parts_are_there(
    site: Site, version: Version, parts: list[tuple[int, str, bool]]
) -> None:
    """However a charger counts them."""
    answer = await report_of(site, await site.charger(version=version), *parts)
    assert (sorted(set(names_in(answer))), answer["complete"]) == (["a", "b"], True)


@ON_V2
@pytest.mark.parametrize(
    "parts",
    [[(0, "a", True), (2, "c", False)], [(0, "a", True)], [(2, "c", False)]],
    ids=["one is missing", "the last one is missing", "the first ones are missing"],
)
async def test_a_report_with_a_gap_is_told_as_such(
    site: Site, version: Version, monkeypatch: pytest.MonkeyPatch, parts: list[tuple[int, str, bool]]
) -> None:
    """What has come is told, once nothing more comes."""
    monkeypatch.setattr("custom_components.ocpp_central.actions.configuring.PATIENCE", 0.3)
    answer = await report_of(site, await site.charger(version=version), *parts)
    assert (names_in(answer), answer["complete"]) == ([name for _, name, _ in parts], False)


@ON_V2
@pytest.mark.parametrize("bound", ["LONGEST", "MOST"])
async def test_a_report_without_an_end_is_left_alone(
    site: Site, version: Version, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    """After some time, and after so much of it."""
    monkeypatch.setattr(
        f"custom_components.ocpp_central.actions.configuring.{bound}", {"LONGEST": 0.5, "MOST": 5}[bound]
    )
    charger = await site.charger(version=version)
    charger.behaviour = Behaviour(answers={"GetBaseReport": "Accepted"})
    reading = asyncio.ensure_future(read(site))
    number = (await charger.wait_for("GetBaseReport"))["requestId"]
    place = 0
    while not reading.done():
        await charger.call("NotifyReport", part(number, place, f"v{place}"))
        place += 1
    answer = await reading
    assert answer["complete"] is False
    assert len(answer["configuration_key"]) >= 5


@pytest.mark.parametrize("answer", ["InternalError", Fault.SILENT])
async def test_what_cannot_be_read_is_an_error(
    short_call_timeout: None, site: Site, version: Version, answer: str
) -> None:
    """Never an empty answer."""
    charger = await site.charger(version=version)
    charger.behaviour = Behaviour(answers={"GetConfiguration": answer, "GetVariables": answer})
    await refused(read(site, HEARTBEATS[version]), "charger_silent" if answer is Fault.SILENT else "command_refused")


async def test_a_connector_has_no_configuration(site: Site) -> None:
    """Contract 3: the charger's device."""
    await site.charger()
    await refused(site.act("get_configuration", device_id=site.device_id("A", 1)), "not_a_charger")


async def test_only_administrators_read_a_configuration(
    hass: HomeAssistant, site: Site, hass_read_only_user: User
) -> None:
    """Contract 3."""
    await site.charger()
    with pytest.raises(Unauthorized):
        await hass.services.async_call(
            DOMAIN,
            "get_configuration",
            {"device_id": site.device_id()},
            blocking=True,
            return_response=True,
            context=Context(user_id=hass_read_only_user.id),
        )
