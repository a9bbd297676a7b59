"""Every entity of a charger, as the registries and the state machine show it, and what a failing one may not break."""

import json
from typing import Any

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, StateMachine
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.json import json_dumps
import pytest
from syrupy.assertion import SnapshotAssertion

from tests.charger import Version

from .conftest import ON_V16, Site, charger_subentry, told_what_it_can

PROBLEM = "binary_sensor.a_connector_1_problem"


@pytest.mark.blackbox
@pytest.mark.parametrize(
    "platform",
    [
        Platform.BINARY_SENSOR,
        Platform.BUTTON,
        Platform.CALENDAR,
        Platform.EVENT,
        Platform.NUMBER,
        Platform.SELECT,
        Platform.SENSOR,
        Platform.SWITCH,
    ],
    ids=str,
)
async def test_entities_are_those_of_the_contract(
    hass: HomeAssistant, site: Site, platform: Platform, snapshot: SnapshotAssertion
) -> None:
    """Contract 2, 4: unique ids, names and classes are for ever."""
    await told_what_it_can(await site.charger(connectors=1))
    entries = er.async_entries_for_config_entry(er.async_get(hass), site.entry.entry_id)
    shown: dict[str, dict[str, Any]] = {}
    for entry in sorted(entries, key=lambda entry: entry.entity_id):
        if entry.domain != platform:
            continue
        state = hass.states.get(entry.entity_id)
        assert (state is None) is entry.disabled
        assert entry.config_subentry_id == next(iter(site.entry.subentries))
        shown[entry.entity_id] = {
            "unique_id": entry.unique_id,
            "translation_key": entry.translation_key,
            "device_class": entry.original_device_class,
            "category": entry.entity_category,
            "disabled": entry.disabled,
            "state": None if state is None else state.state,
            "attributes": None if state is None else dict(state.attributes),
        }
    assert json.loads(json_dumps(shown)) == snapshot


async def test_a_fault_is_a_problem(site: Site, version: Version) -> None:
    """Not so a connector that somebody has taken out of service."""
    charger = await site.charger(version=version)
    for status, problem in (("Faulted", "on"), ("Available", "off"), ("Unavailable", "off")):
        await charger.set_status(1, status)
        await site.shows("binary_sensor.a_connector_1_problem", problem)
    assert site.state("sensor.a_firmware") == charger.behaviour.firmware


@ON_V16
async def test_what_is_wrong_is_told_with_the_problem(site: Site, version: Version) -> None:
    """A warning, which is no problem while one can charge (1.6 section 4.9); in words where the standard has some."""
    charger = await site.charger(version=version)

    async def tell(word: str, code: str, connector: int = 1, **more: str) -> None:
        await charger.call("StatusNotification", {"connectorId": connector, "status": word, "errorCode": code} | more)

    def shown(entity_id: str = PROBLEM) -> tuple[str | None, ...]:
        state = site.hass.states.get(entity_id)
        assert state is not None
        return state.state, *(state.attributes[key] for key in ("error_code", "vendor_error_code", "info"))

    assert shown() == ("off", "no_error", None, None)
    await tell("Available", "WeakSignal")
    assert shown() == ("off", "weak_signal", None, None)
    await tell("Faulted", "GroundFailure", vendorErrorCode="E7", info="30 mA")
    assert shown() == ("on", "ground_failure", "E7", "30 mA")
    await tell("Available", "NoError", vendorErrorCode="0000")
    assert shown() == ("off", "no_error", None, None)
    await tell("Faulted", "NoError")
    assert shown() == ("on", None, None, None)
    await tell("Faulted", "OverVoltage", connector=0)
    assert shown("binary_sensor.a_problem") == ("on", "over_voltage", None, None)


@pytest.mark.parametrize("version", [Version.V201, Version.V21], ids=str)
async def test_a_component_with_a_problem_is_told(site: Site, version: Version) -> None:
    """2.x has no error codes (N07)."""
    charger = await site.charger(version=version)
    component = {"name": "PowerContactor", "evse": {"id": 1}}
    for value, code in (("true", "PowerContactor"), ("false", "no_error")):
        notice = {"eventId": 1, "timestamp": "2026-01-01T00:00:00Z", "trigger": "Alerting", "actualValue": value}
        notice |= {"component": component, "variable": {"name": "Problem"}, "techCode": "E7"}
        notice |= {"eventNotificationType": "HardWiredNotification"}
        told = {"generatedAt": "2026-01-01T00:00:00Z", "seqNo": 0, "eventData": [notice]}
        await charger.call("NotifyEvent", told)
        state = site.hass.states.get(PROBLEM)
        assert state is not None
        assert (state.state, state.attributes["error_code"]) == ("off", code)


async def test_a_listener_that_fails_costs_the_charger_nothing(
    hass: HomeAssistant, site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever cannot be shown is logged; the charger is answered, everybody else is told."""
    charger = await site.charger()
    really_set = StateMachine.async_set_internal

    def fail_for_one(states: StateMachine, entity_id: str, *args: Any, **kwargs: Any) -> None:
        if entity_id == "sensor.a_connector_1_status":
            raise RuntimeError("broken")
        really_set(states, entity_id, *args, **kwargs)

    with monkeypatch.context() as broken:
        broken.setattr(StateMachine, "async_set_internal", fail_for_one)
        await charger.plug(1)
        await site.shows("binary_sensor.a_connector_1_plugged_in", "on")
    assert "could not be shown" in caplog.text
    assert all(sent.error is None for sent in charger.sent)
    await charger.unplug(1)
    await site.shows("sensor.a_connector_1_status", "available")


@pytest.mark.blackbox
@pytest.mark.parametrize("chargers", [[charger_subentry("A"), charger_subentry("B")]])
async def test_a_message_wakes_its_own_connector_only(site: Site, version: Version) -> None:
    """Design 7: nothing is written that has not changed, and nobody else is woken."""
    charger = await told_what_it_can(await site.charger("A", version))
    await told_what_it_can(await site.charger("B", version))
    others = [
        state.entity_id
        for state in site.hass.states.async_all()
        if "a_connector_1" not in state.entity_id and state.entity_id != "binary_sensor.a_connected"
    ]
    before = {entity_id: site.hass.states.get(entity_id) for entity_id in others}
    await charger.plug(1)
    await site.shows("binary_sensor.a_connector_1_plugged_in", "on")
    assert all(site.hass.states.get(entity_id) is state for entity_id, state in before.items())
