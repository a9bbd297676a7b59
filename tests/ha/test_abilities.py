"""What a charger is asked of its abilities, when, and what that changes for whoever reserves."""

from dataclasses import replace
from functools import partial
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import Entity
import pytest

from tests.charger import Behaviour, SimulatedCharger, Version

from .conftest import (
    STRANGER,
    TELLS_ALL,
    Clock,
    Site,
    abilities_asked,
    charger_subentry,
    eventually,
    refused,
)

QUESTION = {Version.V16: "GetConfiguration", Version.V201: "GetVariables", Version.V21: "GetVariables"}
CLAIMS_NOTHING = Behaviour(claims_reservations=False, reserve_answer="Rejected")
SWITCHED_OFF = Behaviour(reservations_enabled=False)


async def asked_again(charger: SimulatedCharger, times: int) -> None:
    """Wait until the charger has been asked so often what it can, and has answered."""
    await eventually(lambda: len(abilities_asked(charger)) >= times, "the question")
    for _ in range(2):  # the answer may go out after the first one
        await charger.heartbeat()


async def asked(site: Site, version: Version, **behaviour: Any) -> SimulatedCharger:
    """A charger with one connector that has been asked, and whose answer has arrived."""
    charger = await site.charger(version=version, connectors=1, **behaviour)
    await charger.wait_for(QUESTION[version])
    await charger.heartbeat()
    return charger


@pytest.mark.parametrize(
    ("version", "behaviour"),
    [
        *[(version, CLAIMS_NOTHING) for version in Version],
        (Version.V201, SWITCHED_OFF),
        (Version.V21, SWITCHED_OFF),
    ],
)
async def test_a_rejection_by_a_charger_that_claims_nothing_is_no_obstacle(
    site: Site, version: Version, behaviour: Behaviour
) -> None:
    """ocpp.md 5.3: `auto` goes on without its hold, and says what the charger said."""
    await asked(site, version, behaviour=behaviour)
    reservation = await site.reserve()
    assert (reservation["status"], reservation["hold"]) == ("active", "unsupported")
    assert reservation["result"] == "Rejected"
    assert site.state("binary_sensor.a_connector_1_reserved") == "on"


async def test_whoever_insists_on_the_charger_is_told_that_it_rejects(site: Site, version: Version) -> None:
    """ocpp.md 5.3: `charger` knows no fallback."""
    await asked(site, version, behaviour=CLAIMS_NOTHING)
    await refused(site.reserve(held_by="charger"), "reservation_rejected")
    assert await site.reservations() == []


async def test_a_rejection_by_a_charger_that_claims_reservations_is_an_error(site: Site, version: Version) -> None:
    """ocpp.md 5.3: it could, and will not."""
    await asked(site, version, behaviour=Behaviour(reserve_answer="Rejected"))
    await refused(site.reserve(), "reservation_rejected")
    assert await site.reservations() == []


async def test_a_claim_is_never_tried_out(site: Site, version: Version) -> None:
    """ocpp.md 5.6: nothing is reserved to find out."""
    charger = await asked(site, version)
    assert "ReserveNow" not in {call.action for call in charger.received}


async def test_a_charger_is_asked_once_per_boot(site: Site, version: Version) -> None:
    """Not after a mere reconnect, nor after a restart of Home Assistant: what it told is kept."""
    charger = await asked(site, version, behaviour=TELLS_ALL)
    assert len(abilities_asked(charger)) == 1
    await charger.drop()
    await charger.disconnected()
    await charger.ready()
    await charger.go_offline()
    await site.stop()
    await site.start()
    charger.go_online()
    await charger.ready()
    await site.shows("sensor.a_connector_1_status", "available")
    await charger.heartbeat()
    assert len(abilities_asked(charger)) == 1
    await charger.reboot()
    await charger.ready()
    await asked_again(charger, 2)
    await charger.heartbeat()
    await charger.boot()
    await asked_again(charger, 3)


async def test_another_firmware_is_taken_at_what_it_tells_itself(site: Site, version: Version) -> None:
    """Issue 6, "Capabilities": an update may teach a charger to reserve, or take that away."""
    old = await asked(site, version, behaviour=replace(CLAIMS_NOTHING, firmware="1.0"))
    reservation = await site.reserve()
    assert reservation["hold"] == "unsupported"
    await site.act("cancel_reservation", uid=reservation["uid"])
    await old.go_offline()
    new = await site.dial(version=version, connectors=1, behaviour=Behaviour(firmware="2.0", reserve_answer="Rejected"))
    await new.ready()
    await asked_again(new, 1)
    await refused(site.reserve(), "reservation_rejected")


async def test_what_another_firmware_cannot_limit_any_more_is_gone(
    hass: HomeAssistant, site: Site, version: Version
) -> None:
    """Issue 6, "Capabilities": the entity goes, and comes again with one that can, as its owner has named it."""
    charger = await site.charger(version=version, connectors=1)
    await site.shows("number.a_connector_1_current_limit", "unknown")
    renamed = "number.mine"
    er.async_get(hass).async_update_entity("number.a_connector_1_current_limit", new_entity_id=renamed)
    for firmware, limits in (("2.0", False), ("3.0", True)):
        await charger.go_offline()
        behaviour = Behaviour(firmware=firmware, limits=limits)
        charger = await site.dial(version=version, connectors=1, behaviour=behaviour)
        await charger.ready()
        await eventually(partial(_is_there, hass, renamed, wanted=limits), "the limit")


@pytest.fixture
def everything_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """The owner has switched on what is off by default."""
    monkeypatch.setattr(Entity, "entity_registry_enabled_default", True)


@pytest.mark.parametrize(
    ("entity_id", "message", "action"),
    [
        ("button.a_connector_1_unlock", "UnlockConnector", ("button", "press")),
        ("switch.a_connector_1_available", "ChangeAvailability", ("switch", "turn_off")),
        ("switch.a_available", "ChangeAvailability", ("switch", "turn_off")),
    ],
)
@pytest.mark.usefixtures("everything_on")
async def test_what_a_charger_does_not_know_has_no_entity_until_it_has_another_firmware(
    hass: HomeAssistant, site: Site, version: Version, entity_id: str, message: str, action: tuple[str, str]
) -> None:
    """Issue 6, "Capabilities": that shows when it is told to do it; a refusal of any other kind says nothing."""
    charger = await site.charger(version=version, connectors=1)

    async def attempt(answer: str) -> None:
        charger.behaviour = Behaviour(answers={message: answer})
        with pytest.raises(HomeAssistantError, match=answer):
            await hass.services.async_call(*action, {"entity_id": entity_id}, blocking=True)
        await hass.async_block_till_done()

    await attempt("UnlockFailed" if message == "UnlockConnector" else "Rejected")
    assert site.state(entity_id) is not None
    await attempt("NotImplemented")
    assert site.state(entity_id) is None
    await site.stop()
    await site.start()
    await charger.connected()
    await site.shows("binary_sensor.a_connected", "on")
    assert site.state(entity_id) is None
    await charger.go_offline()
    newer = await site.dial(version=version, connectors=1, behaviour=Behaviour(firmware="2.0"))
    await newer.ready()
    await eventually(partial(_is_there, hass, entity_id, wanted=True), entity_id)


def _is_there(hass: HomeAssistant, entity_id: str, *, wanted: bool) -> bool:
    return (hass.states.get(entity_id) is not None) is wanted


async def test_a_claim_is_remembered_over_a_restart(site: Site, version: Version) -> None:
    """It counts before the charger could be asked again."""
    charger = await asked(site, version, behaviour=CLAIMS_NOTHING)
    await charger.go_offline()
    await site.stop()
    await site.start()
    charger.go_online()
    await site.shows("binary_sensor.a_connected", "on")
    assert (await site.reserve())["hold"] == "unsupported"
    assert len(abilities_asked(charger)) == 1


@pytest.mark.parametrize("answer", ["NotImplemented", "NotSupported", "InternalError"])
async def test_a_charger_that_will_not_say_is_left_alone(site: Site, version: Version, answer: str) -> None:
    """Until it connects again; meanwhile it is taken at its answers."""
    behaviour = Behaviour(
        answers={QUESTION[version]: answer}, reserve_answer="Rejected", statuses_after_reconnect="all"
    )
    charger = await asked(site, version, behaviour=behaviour)
    await refused(site.reserve(), "reservation_rejected")
    await charger.heartbeat()
    assert len(abilities_asked(charger)) == 1
    await charger.drop()
    await asked_again(charger, 2)


async def test_a_reservation_goes_before_the_question(site: Site, version: Version, clock: Clock) -> None:
    """After a boot the hold is placed again first."""
    charger = await asked(site, version)
    await site.reserve()
    await charger.reboot()
    await asked_again(charger, 2)
    told = [call for call in charger.received if call.action in {"ReserveNow", QUESTION[version]}]
    about = [call.action for call in told if call.action == "ReserveNow" or call.payload in abilities_asked(charger)]
    assert about == [QUESTION[version], "ReserveNow", "ReserveNow", QUESTION[version]]


@pytest.mark.parametrize("version", [Version.V201, Version.V21], ids=str)
async def test_all_connectors_are_asked_for_a_few_at_a_time(
    hass: HomeAssistant, site: Site, hass_storage: dict[str, Any], version: Version
) -> None:
    """No call asks for more than ten variables, and no type is missed."""
    charger = await site.charger(version=version, connectors=12)

    def types_asked() -> set[int]:
        return {
            item["component"]["evse"]["id"]
            for payload in abilities_asked(charger)
            for item in payload["getVariableData"]
            if item["variable"]["name"] == "ConnectorType"
        }

    await eventually(lambda: types_asked() == set(range(1, 13)), "a question for each connector")
    assert all(len(payload["getVariableData"]) <= 10 for payload in abilities_asked(charger))
    for _ in range(2):  # it is asked before it answers
        await charger.heartbeat()
    await charger.go_offline()
    await site.stop()
    (stored,) = hass_storage[f"ocpp_central.{site.entry.entry_id}"]["data"]["chargers"]
    types = stored["abilities"]["types"]
    assert types == {str(evse.id): [evse.connector_type] for evse in charger.evses.values()}


@pytest.mark.parametrize("chargers", [[charger_subentry("A", password="secret", relaxed=True)]])
async def test_connector_types_are_set_without_losing_the_connection(hass: HomeAssistant, site: Site) -> None:
    """Only what a charger was let in with costs it its connection."""
    charger = await site.charger(password="secret")
    shown = site.history("binary_sensor.a_connected")
    (subentry,) = site.entry.subentries.values()
    types = {"connector_types": {"1": ["cType2"], "two": "nonsense"}}
    hass.config_entries.async_update_subentry(site.entry, subentry, data={**subentry.data, **types})
    await hass.async_block_till_done()
    await charger.heartbeat()
    assert shown == []
    hass.config_entries.async_update_subentry(site.entry, subentry, data={**subentry.data, "relaxed": False})
    await site.shows("binary_sensor.a_connected", "off")


async def test_strangers_are_kept_out_where_the_charger_cannot_hold(site: Site, version: Version) -> None:
    """The reservation is as good as any."""
    charger = await asked(site, version, behaviour=CLAIMS_NOTHING)
    await site.reserve()
    assert not await charger.start(1, STRANGER)
