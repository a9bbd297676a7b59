"""What can be done to a charger from Home Assistant, beside reserving and charging."""

from typing import Any

from homeassistant.auth.models import User
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import Unauthorized
import pytest

from custom_components.ocpp_central.const import DOMAIN
from tests.charger import Behaviour, Fault, Setting, SimulatedCharger, Version
from tests.charger.common import VENDOR

from .conftest import HOLDER, ON_V2, ON_V16, Site, refused, told_what_it_can

pytestmark = pytest.mark.blackbox

ORDERS: dict[str, tuple[str, dict[str, Any]]] = {
    "unlock": ("UnlockConnector", {}),
    "reset": ("Reset", {}),
    "clear_cache": ("ClearCache", {}),
    "trigger_message": ("TriggerMessage", {"requested_message": "Heartbeat"}),
    "data_transfer": ("DataTransfer", {"vendor_id": VENDOR}),
    "update_firmware": ("UpdateFirmware", {"location": "ftp://192.0.2.1/firmware.bin"}),
    "set_configuration": ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "600"}),
}
"""Every order, with the message that carries it."""


async def order(site: Site, action: str, connector: int | None = None, **data: object) -> str:
    """Give an order to a charger; its word."""
    answer = await site.act(action, device_id=site.device_id("A", connector), **(ORDERS[action][1] | data))
    assert set(answer) == {"status"}
    word: str = answer["status"]
    return word


def times(charger: SimulatedCharger, action: str) -> int:
    """How often the charger was told."""
    return sum(call.action == action for call in charger.received)


async def test_a_connector_is_unlocked(site: Site, version: Version) -> None:
    """1.6 ends the charging by it; 2.x refuses during one, with its own word."""
    charger = await site.charger(version=version)
    assert await order(site, "unlock", 2) == "Unlocked"
    assert await charger.start(1, HOLDER)
    if version is Version.V16:
        assert await order(site, "unlock", 1) == "Unlocked"
        await charger.wait_for(lambda: not charger.transactions)
    else:
        assert "OngoingAuthorizedTransaction" in str(await refused(order(site, "unlock", 1), "command_refused"))
        assert charger.transactions
    assert charger.complaints == []


async def test_the_only_connector_of_a_charger_is_unlocked(site: Site) -> None:
    """Contract 3: of a charger, an error unless it has one connector."""
    charger = await site.charger(connectors=1)
    assert await order(site, "unlock") == "Unlocked"
    assert charger.received[-1].payload == {"connectorId": 1}


async def test_one_of_several_connectors_must_be_chosen(site: Site) -> None:
    """Contract 3."""
    charger = await site.charger()
    await refused(order(site, "unlock"), "choose_connector")
    assert times(charger, "UnlockConnector") == 0


@ON_V2
async def test_the_plug_in_use_is_unlocked(site: Site, version: Version) -> None:
    """Of an EVSE with several plugs."""
    charger = await site.charger(version=version, connectors=1)
    at = {"timestamp": "2026-03-01T10:00:00Z", "evseId": 1}
    for connector, status in ((2, "Available"), (3, "Occupied")):
        await charger.call("StatusNotification", at | {"connectorId": connector, "connectorStatus": status})
    await site.shows("sensor.a_connector_1_status", "occupied")
    await order(site, "unlock", 1)
    assert charger.received[-1].payload == {"evseId": 1, "connectorId": 3}


@pytest.mark.parametrize(("kind", "words"), [("soft", ("Soft", "OnIdle")), ("hard", ("Hard", "Immediate"))])
async def test_a_charger_is_reset(site: Site, version: Version, kind: str, words: tuple[str, str]) -> None:
    """In order or at once; it boots and is back."""
    charger = await site.charger(version=version)
    assert await order(site, "reset", type=kind) == "Accepted"
    await charger.wait_for(lambda: charger.connections == 2)
    await charger.ready()
    assert await charger.wait_for("Reset") == {"type": words[0 if version is Version.V16 else 1]}


@ON_V2
async def test_a_reset_that_waits_says_so(site: Site, version: Version) -> None:
    """A charger that is in use agrees to restart later; a word of its own."""
    charger = await site.charger(version=version)
    await charger.plug(1)
    assert await order(site, "reset") == "Scheduled"
    await charger.unplug(1)
    await charger.wait_for(lambda: charger.connections == 2)


async def test_whom_a_charger_remembers_is_forgotten(site: Site, version: Version) -> None:
    """So that it asks again."""
    charger = await site.charger(version=version, behaviour=Behaviour(local_pre_authorize=True))
    assert await charger.start(1, HOLDER)
    await charger.stop(1)
    assert await order(site, "clear_cache") == "Accepted"
    before = [sent.action for sent in charger.sent].count("Authorize")
    assert await charger.start(1, HOLDER)
    assert [sent.action for sent in charger.sent].count("Authorize") == before + 1
    charger.settings[Setting.CACHE_ENABLED] = "false"
    assert "Rejected" in str(await refused(order(site, "clear_cache"), "command_refused"))


@pytest.mark.parametrize("where", ["device", "number"])
async def test_a_message_is_triggered(site: Site, version: Version, where: str) -> None:
    """Of the connector that is the device, or that a number names."""
    charger = await told_what_it_can(await site.charger(version=version))
    charger.sent.clear()
    about: dict[str, object] = {"requested_message": "StatusNotification"}
    connector = 2 if where == "device" else None
    assert (
        await order(site, "trigger_message", connector, **about, **({} if connector else {"connector_id": 2}))
        == "Accepted"
    )
    await charger.wait_for(lambda: charger.sent)
    sent = charger.sent[0]
    assert (sent.action, sent.payload.get("evseId", sent.payload["connectorId"])) == ("StatusNotification", 2)


async def test_a_message_of_the_charger_itself_is_triggered(site: Site, version: Version) -> None:
    """Without a connector."""
    charger = await told_what_it_can(await site.charger(version=version))
    charger.sent.clear()
    assert await order(site, "trigger_message") == "Accepted"
    await charger.wait_for(lambda: [sent.action for sent in charger.sent] == ["Heartbeat"])


async def test_a_message_that_the_version_does_not_know_is_not_asked_for(site: Site, version: Version) -> None:
    """Refused here, and said so."""
    charger = await site.charger(version=version)
    error = await refused(order(site, "trigger_message", requested_message="Nonsense"), "unknown_to_version")
    assert '"Message"' in str(error)
    assert times(charger, "TriggerMessage") == 0


async def test_a_message_of_its_vendor_is_triggered(site: Site, version: Version) -> None:
    """By 2.1 only."""
    charger = await site.charger(version=version)
    charger.behaviour = Behaviour(answers={"TriggerMessage": "Accepted"})
    attempt = site.act("trigger_message", device_id=site.device_id(), custom_trigger="Vendor's own")
    if version is not Version.V21:
        assert '"Custom trigger"' in str(await refused(attempt, "unknown_to_version"))
        return
    assert await attempt == {"status": "Accepted"}
    wanted = {"requestedMessage": "CustomTrigger", "customTrigger": "Vendor's own"}
    assert await charger.wait_for("TriggerMessage") == wanted


async def test_one_message_must_be_named(site: Site) -> None:
    """One of OCPP, or one of the vendor."""
    await site.charger()
    await refused(site.act("trigger_message", device_id=site.device_id()), "message_missing")
    both = {"requested_message": "Heartbeat", "custom_trigger": "Heartbeat"}
    error = await refused(site.act("trigger_message", device_id=site.device_id(), **both), "conflicting_fields")
    assert "Message, Custom trigger" in str(error)


async def test_a_connector_is_reset_alone(site: Site, version: Version) -> None:
    """By 2.x only; 1.6 cannot be told."""
    charger = await site.charger(version=version)
    charger.behaviour = Behaviour(answers={"Reset": "Accepted"})
    if version is Version.V16:
        assert '"Connector"' in str(await refused(order(site, "reset", evse_id=2), "unknown_to_version"))
        assert times(charger, "Reset") == 0
        return
    assert await order(site, "reset", evse_id=2) == "Accepted"
    assert await charger.wait_for("Reset") == {"type": "OnIdle", "evseId": 2}


async def test_a_connector_is_not_named_twice(site: Site) -> None:
    """As the device and by its number."""
    await site.charger()
    await refused(order(site, "trigger_message", 1, connector_id=2), "conflicting_fields")


@pytest.mark.parametrize("action", ["reset", "clear_cache", "set_configuration", "data_transfer", "update_firmware"])
async def test_what_concerns_the_charger_is_not_asked_of_a_connector(site: Site, action: str) -> None:
    """Contract 3: the charger's device."""
    charger = await site.charger()
    await refused(order(site, action, 1), "not_a_charger")
    assert times(charger, ORDERS[action][0]) == 0


@pytest.mark.parametrize("action", [action for action in ORDERS if action != "update_firmware"])
@pytest.mark.parametrize(
    ("answer", "key"),
    [("Rejected", "command_refused"), ("InternalError", "command_refused"), (Fault.SILENT, "charger_silent")],
)
async def test_a_refusal_of_the_charger_is_an_error(
    short_call_timeout: None, site: Site, version: Version, action: str, answer: str, key: str
) -> None:
    """Never silence; the charger's word is in it."""
    data: dict[str, Any] = {}
    message = ORDERS[action][0]
    if message == "ChangeConfiguration" and version is not Version.V16:
        message = "SetVariables"
        data["key"] = "OCPPCommCtrlr.HeartbeatInterval"
    if message == "UnlockConnector" and answer == "Rejected":
        answer = "UnlockFailed"
    charger = await site.charger(version=version, connectors=1)
    charger.behaviour = Behaviour(answers={message: answer})
    error = await refused(order(site, action, **data), key)
    assert key == "charger_silent" or answer in str(error)


@pytest.mark.parametrize("action", ["reset", "clear_cache", "trigger_message", "unlock"])
async def test_a_word_that_nobody_knows_is_a_refusal_that_names_it(site: Site, version: Version, action: str) -> None:
    """It is an answer, and not one that agrees; one that does is understood in any case."""
    charger = await site.charger(version=version, connectors=1)
    message = ORDERS[action][0]
    agreed = "unlocked" if action == "unlock" else "accepted"
    charger.behaviour = Behaviour(checks_itself=False, answers={message: ["NotToday", agreed]})
    assert "NotToday" in str(await refused(order(site, action), "command_refused"))
    assert await order(site, action) == agreed.capitalize()


@ON_V2
async def test_why_a_charger_refuses_is_told(site: Site, version: Version) -> None:
    """2.x has a code for it."""
    charger = await site.charger(version=version)
    charger.behaviour = Behaviour(answers={"Reset": "Rejected/NotNow"})
    assert "Rejected (NotNow)" in str(await refused(order(site, "reset"), "command_refused"))


@ON_V16
async def test_a_plug_without_a_lock_says_so(site: Site, version: Version) -> None:
    """NotSupported: a cable that belongs to the charger."""
    charger = await site.charger(version=version, connectors=1)
    charger.behaviour = Behaviour(answers={"UnlockConnector": "NotSupported"})
    assert "NotSupported" in str(await refused(order(site, "unlock"), "command_refused"))


@pytest.mark.parametrize("action", ORDERS)
async def test_a_charger_that_is_offline_is_told_nothing(site: Site, action: str) -> None:
    """The error says so."""
    charger = await site.charger(connectors=1)
    await charger.go_offline()
    await site.shows("binary_sensor.a_connected", "off")
    await refused(order(site, action), "charger_not_connected")


@pytest.mark.parametrize(("action", "for_all"), [(action, action == "unlock") for action in ORDERS])
async def test_only_administrators_configure_a_charger(
    hass: HomeAssistant, site: Site, hass_read_only_user: User, action: str, for_all: bool
) -> None:
    """Contract 3: admin only."""
    charger = await site.charger(connectors=1)
    data = {"device_id": site.device_id("A"), **ORDERS[action][1]}
    context = Context(user_id=hass_read_only_user.id)
    call = hass.services.async_call(DOMAIN, action, data, blocking=True, context=context)
    if for_all:
        await call
    else:
        with pytest.raises(Unauthorized):
            await call
    assert times(charger, ORDERS[action][0]) == for_all


@pytest.mark.usefixtures("all_entities_on")
@pytest.mark.parametrize(
    ("entity_id", "message", "payload"),
    [
        ("button.a_connector_1_unlock", "UnlockConnector", {"connectorId": 1}),
        ("button.a_reset", "Reset", {"type": "Soft"}),
    ],
)
async def test_a_button_does_the_same(site: Site, entity_id: str, message: str, payload: dict[str, object]) -> None:
    """What the charger refuses is raised, and it is unavailable while it is away."""
    charger = await site.charger(connectors=1)
    charger.behaviour = Behaviour(answers={message: ["UnlockFailed" if "unlock" in entity_id else "Rejected"]})
    await site.shows(entity_id, "unknown")
    await refused(site.press(entity_id), "command_refused")
    await site.press(entity_id)
    assert await charger.wait_for(message, count=2) == payload
    await charger.go_offline()
    await site.shows(entity_id, "unavailable")
