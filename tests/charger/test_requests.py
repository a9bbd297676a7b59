"""What a central system can ask beside reservations, and what a charger does about it, in every version."""

from collections.abc import Awaitable, Callable

import pytest

from . import Behaviour, Setting, SimulatedCharger, Version
from .central import Central
from .clock import Clock
from .desk import V2_ONLY, V16_ONLY, Desk
from .model import Json

type Make = Callable[..., Awaitable[SimulatedCharger]]


async def _trigger(central: Central, wanted: str, evse: int | None = None) -> str:
    payload: Json = {"requestedMessage": wanted}
    if evse is not None:
        payload |= {"connectorId": evse} if central.version is Version.V16 else {"evse": {"id": evse}}
    word: str = (await central.call("TriggerMessage", payload))["status"]
    return word


@pytest.mark.parametrize("action", ["BootNotification", "Heartbeat", "MeterValues", "StatusNotification"])
async def test_triggered_message_follows(central: Central, charger_of: Make, action: str) -> None:
    """An Accepted trigger is followed by the message, for the connector that it names."""
    charger = await charger_of()
    central.received.clear()
    assert await _trigger(central, action, 2) == "Accepted"
    await charger.wait_for(lambda: central.actions == [action])


async def test_trigger_that_cannot_be_served(central: Central, charger_of: Make) -> None:
    """An unknown connector is Rejected, an unknown message NotImplemented."""
    await charger_of()
    assert await _trigger(central, "StatusNotification", 9) == "Rejected"
    assert await _trigger(central, "FirmwareStatusNotification") == "NotImplemented"


async def test_reset_reboots(central: Central, charger_of: Make) -> None:
    """After an Accepted Reset the charger ends its transactions, connects anew and boots."""
    charger = await charger_of()
    await charger.start(1, "04A2B3")
    kind = "Hard" if central.version is Version.V16 else "Immediate"
    assert (await central.call("Reset", {"type": kind}))["status"] == "Accepted"
    await charger.wait_for(lambda: central.actions.count("BootNotification") == 2)
    await charger.ready()
    assert not charger.transactions
    if central.version is Version.V16:
        assert central.payloads("StopTransaction")[0]["reason"] == "Reboot"
    else:
        assert central.payloads("BootNotification")[1]["reason"] == "RemoteReset"


async def _change_availability(central: Central, evse: int, *, operative: bool) -> str:
    word = "Operative" if operative else "Inoperative"
    payload: Json = (
        {"connectorId": evse, "type": word}
        if central.version is Version.V16
        else {"evse": {"id": evse}, "operationalStatus": word}
    )
    status: str = (await central.call("ChangeAvailability", payload))["status"]
    return status


async def test_change_of_availability(central: Central, charger_of: Make) -> None:
    """Out of service at once, or after the running transaction; back into service; unknown connectors are Rejected."""
    charger = await charger_of()
    assert await _change_availability(central, 2, operative=False) == "Accepted"
    await charger.wait_for(lambda: charger.reported[2] == "Unavailable")
    assert not await charger.present(2, "04A2B3")
    await charger.start(1, "04A2B3")
    assert await _change_availability(central, 1, operative=False) == "Scheduled"
    await charger.stop(1)
    assert charger.statuses[1] == "Unavailable"
    assert await _change_availability(central, 2, operative=True) == "Accepted"
    assert charger.statuses[2] == "Available"
    assert await _change_availability(central, 9, operative=True) == "Rejected"


async def test_remote_start_and_stop(central: Central, charger_of: Make) -> None:
    """A remote start charges once a car is there; a remote stop needs the transaction's id."""
    charger = await charger_of()
    await charger.plug(2)
    if central.version is Version.V16:
        answer = await central.call("RemoteStartTransaction", {"idTag": "04A2B3"})
    else:
        asked = {"remoteStartId": 5, "idToken": {"idToken": "04A2B3", "type": "Central"}}
        answer = await central.call("RequestStartTransaction", asked)
    assert answer["status"] == "Accepted"
    await charger.wait_for(lambda: 2 in charger.transactions and charger.transactions[2].accepted)
    stop = "RemoteStopTransaction" if central.version is Version.V16 else "RequestStopTransaction"
    unknown = 99 if central.version is Version.V16 else "99"
    assert (await central.call(stop, {"transactionId": unknown}))["status"] == "Rejected"
    assert (await central.call(stop, {"transactionId": charger.transactions[2].id}))["status"] == "Accepted"
    await charger.wait_for(lambda: not charger.transactions)
    if central.version is not Version.V16:
        assert central.payloads("TransactionEvent")[0]["transactionInfo"]["remoteStartId"] == 5


async def test_unlock(central: Central, charger_of: Make) -> None:
    """1.6 unlocks and ends the transaction; 2.x refuses while an authorized one runs."""
    charger = await charger_of()
    await charger.start(1, "04A2B3")
    if central.version is Version.V16:
        assert (await central.call("UnlockConnector", {"connectorId": 1}))["status"] == "Unlocked"
        await charger.wait_for(lambda: central.payloads("StopTransaction"))
        assert central.payloads("StopTransaction")[0]["reason"] == "UnlockCommand"
        assert (await central.call("UnlockConnector", {"connectorId": 9}))["status"] == "NotSupported"
        return
    asked = {"evseId": 1, "connectorId": 1}
    assert (await central.call("UnlockConnector", asked))["status"] == "OngoingAuthorizedTransaction"
    await charger.stop(1)
    assert (await central.call("UnlockConnector", asked))["status"] == "Unlocked"
    assert (await central.call("UnlockConnector", asked | {"evseId": 9}))["status"] == "UnknownConnector"


@V16_ONLY
async def test_configuration(central: Central, charger_of: Make) -> None:
    """Keys are read and written; unknown, read-only and malformed ones are told apart."""
    charger = await charger_of()
    everything = await central.call("GetConfiguration", {})
    profiles = {entry["key"]: entry["value"] for entry in everything["configurationKey"]}["SupportedFeatureProfiles"]
    assert "Reservation" in profiles.split(",")
    some = await central.call("GetConfiguration", {"key": ["NumberOfConnectors", "Nonsense"]})
    assert some["configurationKey"][0]["value"] == "2"
    assert some["unknownKey"] == ["Nonsense"]
    for key, value, status in [
        ("StopTransactionOnInvalidId", "FALSE", "Accepted"),
        ("StopTransactionOnInvalidId", "perhaps", "Rejected"),
        ("MeterValueSampleInterval", "30", "Accepted"),
        ("NumberOfConnectors", "5", "Rejected"),
        ("Nonsense", "1", "NotSupported"),
    ]:
        assert (await central.call("ChangeConfiguration", {"key": key, "value": value}))["status"] == status
    central.blocked.add("BAD")
    assert not await charger.start(1, "BAD", authorize=False)
    assert charger.statuses[1] == "SuspendedEVSE"


@V2_ONLY
async def test_variables(central: Central, charger_of: Make) -> None:
    """Variables are read and written by component; what is missing is told apart."""
    await charger_of(connector_types=["cCCS2"])
    asked: list[Json] = [
        {"component": {"name": "ReservationCtrlr"}, "variable": {"name": "Enabled"}},
        {
            "component": {"name": "Connector", "evse": {"id": 1, "connectorId": 1}},
            "variable": {"name": "ConnectorType"},
        },
        {"component": {"name": "ReservationCtrlr"}, "variable": {"name": "Nonsense"}},
        {"component": {"name": "Nonsense"}, "variable": {"name": "Enabled"}},
        {"component": {"name": "AuthCtrlr"}, "variable": {"name": "Enabled"}, "attributeType": "Target"},
    ]
    results = (await central.call("GetVariables", {"getVariableData": asked}))["getVariableResult"]
    assert [result["attributeStatus"] for result in results] == [
        "Accepted",
        "Accepted",
        "UnknownVariable",
        "UnknownComponent",
        "NotSupportedAttributeType",
    ]
    assert [result.get("attributeValue") for result in results[:2]] == ["true", "cCCS2"]
    settings = [{**asked[0], "attributeValue": "false"}, {**asked[2], "attributeValue": "1"}]
    written = (await central.call("SetVariables", {"setVariableData": settings}))["setVariableResult"]
    assert [result["attributeStatus"] for result in written] == ["Accepted", "UnknownVariable"]


async def change(central: Central, name: tuple[str, str], value: str) -> str:
    """Have the charger change a setting, which 1.6 and 2.x call so; its word."""
    if central.version is Version.V16:
        answer = await central.call("ChangeConfiguration", {"key": name[0], "value": value})
        return str(answer["status"])
    component, variable = name[1].split(".")
    asked = {"component": {"name": component}, "variable": {"name": variable}, "attributeValue": value}
    answer = await central.call("SetVariables", {"setVariableData": [asked]})
    return str(answer["setVariableResult"][0]["attributeStatus"])


STOPS = ("StopTransactionOnInvalidId", "TxCtrlr.StopTxOnInvalidId")


async def test_settings_that_count_after_a_reboot(central: Central, charger_of: Make) -> None:
    """Until then the charger tells, and does, what it did before."""
    charger = await charger_of(behaviour=Behaviour(changes_after_reboot=True))
    assert await change(central, STOPS, "false") == "RebootRequired"
    assert charger.settings[Setting.STOP_ON_INVALID_ID] == "true"
    await charger.reboot()
    assert charger.settings[Setting.STOP_ON_INVALID_ID] == "false"


async def test_settings_that_are_not_changed(central: Central, charger_of: Make) -> None:
    """A scripted word is that of each setting, in either version's shape."""
    answers = {"ChangeConfiguration": "Rejected", "SetVariables": "Rejected"}
    charger = await charger_of(behaviour=Behaviour(answers=answers))
    assert await change(central, STOPS, "false") == "Rejected"
    assert charger.settings[Setting.STOP_ON_INVALID_ID] == "true"


@pytest.mark.parametrize("known", [True, False])
async def test_known_tokens_offline(central: Central, charger_of: Make, *, known: bool) -> None:
    """LocalAuthorizeOffline: only then a token that was accepted before may charge while nobody can be asked."""
    charger = await charger_of()
    assert await charger.start(1, "04A2B3")
    await charger.stop(1)
    name = ("LocalAuthorizeOffline", "AuthCtrlr.LocalAuthorizeOffline")
    assert await change(central, name, "true" if known else "false") == "Accepted"
    await charger.go_offline()
    assert await charger.start(1, "04A2B3") is known


@V2_ONLY
async def test_base_report_comes_in_parts(central: Central, charger_of: Make) -> None:
    """The inventory follows in NotifyReports with ascending numbers, the last one without tbc."""
    charger = await charger_of()
    await central.call("GetBaseReport", {"requestId": 3, "reportBase": "FullInventory"})
    await charger.wait_for(lambda: any(not part["tbc"] for part in central.payloads("NotifyReport")))
    parts = central.payloads("NotifyReport")
    assert [part["seqNo"] for part in parts] == list(range(len(parts)))
    assert len(parts) > 1
    components = {entry["component"]["name"] for part in parts for entry in part["reportData"]}
    assert {"ReservationCtrlr", "EVSE", "Connector"} <= components
    one = {"requestId": 4, "componentVariable": [{"component": {"name": "ReservationCtrlr"}}]}
    assert (await central.call("GetReport", one))["status"] == "Accepted"
    none = {"requestId": 5, "componentVariable": [{"component": {"name": "Nonsense"}}]}
    assert (await central.call("GetReport", none))["status"] == "EmptyResultSet"


async def test_local_list_and_cache(central: Central, charger_of: Make) -> None:
    """With LocalPreAuthorize a listed token starts without Authorize; the list's version is told; the cache is cleared."""
    charger = await charger_of()
    if central.version is Version.V16:
        entries: list[Json] = [{"idTag": "LISTED", "idTagInfo": {"status": "Accepted"}}]
        version_key, version_name = "listVersion", "listVersion"
        await central.call("ChangeConfiguration", {"key": "LocalPreAuthorize", "value": "true"})
    else:
        entries = [{"idToken": {"idToken": "LISTED", "type": "Central"}, "idTokenInfo": {"status": "Accepted"}}]
        version_key, version_name = "versionNumber", "versionNumber"
        setting = {
            "component": {"name": "AuthCtrlr"},
            "variable": {"name": "LocalPreAuthorize"},
            "attributeValue": "true",
        }
        await central.call("SetVariables", {"setVariableData": [setting]})
    update = {version_key: 4, "updateType": "Full", "localAuthorizationList": entries}
    assert (await central.call("SendLocalList", update))["status"] == "Accepted"
    assert (await central.call("GetLocalListVersion", {}))[version_name] == 4
    assert await charger.start(1, "LISTED")
    assert "Authorize" not in central.actions
    assert (await central.call("ClearCache", {}))["status"] == "Accepted"


def update_of(central: Central, number: int, *tokens: str, full: bool = True) -> Json:
    """A SendLocalList that accepts these tokens."""
    kind = "Full" if full else "Differential"
    if central.version is Version.V16:
        entries: list[Json] = [{"idTag": token, "idTagInfo": {"status": "Accepted"}} for token in tokens]
        return {"listVersion": number, "updateType": kind, "localAuthorizationList": entries}
    info = {"status": "Accepted"}
    entries = [{"idToken": {"idToken": token, "type": "Central"}, "idTokenInfo": info} for token in tokens]
    return {"versionNumber": number, "updateType": kind, "localAuthorizationList": entries}


async def test_a_list_is_changed_only_forward_and_within_its_limits(central: Central, charger_of: Make) -> None:
    """VersionMismatch for an old change, Failed for what is too long or while the list is off; nothing is changed then."""
    charger = await charger_of(behaviour=Behaviour(local_list_length=3, local_list_at_once=2))
    assert (await central.call("SendLocalList", update_of(central, 4, "A", "B")))["status"] == "Accepted"
    for number, tokens, full, word in (
        (4, ["C"], False, "VersionMismatch"),
        (5, ["C", "D"], False, "Failed"),
        (5, ["A", "B", "C"], True, "Failed"),
        (5, ["C"], False, "Accepted"),
        (1, ["D"], True, "Accepted"),
    ):
        before = dict(charger.local_list)
        answer = await central.call("SendLocalList", update_of(central, number, *tokens, full=full))
        assert answer["status"] == word
        assert (dict(charger.local_list) == before) is (word != "Accepted")
    assert (set(charger.local_list), charger.local_list_version) == ({"d"}, 1)
    charger.lose_local_list()
    assert charger.local_list_version == 0


async def test_a_list_that_is_off_takes_nothing(central: Central, charger_of: Make) -> None:
    """Until it is switched on."""
    await charger_of(behaviour=Behaviour(local_list_enabled=False))
    assert (await central.call("SendLocalList", update_of(central, 1, "A")))["status"] == "Failed"


async def test_plausible_answers_to_the_rest(central: Central, charger_of: Make) -> None:
    """Charging profiles, DataTransfer and firmware updates get an answer; the update reports its course."""
    charger = await charger_of()
    assert (await central.call("DataTransfer", {"vendorId": "X"}))["status"] == "UnknownVendorId"
    assert (await central.call("ClearChargingProfile", {}))["status"] == "Unknown"
    schedule: Json = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.0}]}
    profile: Json = {"stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Relative"}
    if central.version is Version.V16:
        profile |= {"chargingProfileId": 1, "chargingSchedule": schedule}
        answer = await central.call("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": profile})
        update: Json = {"location": "http://127.0.0.1/x", "retrieveDate": "2026-11-21T12:00:00Z"}
    else:
        profile |= {"id": 1, "chargingSchedule": [{"id": 1, **schedule}]}
        answer = await central.call("SetChargingProfile", {"evseId": 1, "chargingProfile": profile})
        firmware = {"location": "http://127.0.0.1/x", "retrieveDateTime": "2026-11-21T12:00:00Z"}
        update = {"requestId": 1, "firmware": firmware}
    assert answer["status"] == "Accepted"
    assert [(each.evse, each.purpose) for each in charger.profiles] == [(1, "TxDefaultProfile")]
    assert (await central.call("ClearChargingProfile", {}))["status"] == "Accepted"
    await central.call("UpdateFirmware", update)
    await charger.wait_for(lambda: len(central.payloads("FirmwareStatusNotification")) == 4)
    assert central.payloads("FirmwareStatusNotification")[-1]["status"] == "Installed"


async def test_authorized_remote_start(central: Central, charger_of: Make) -> None:
    """Where the settings say so, a remote start asks with Authorize first (AuthorizeRemoteTxRequests)."""
    central.blocked.add("BAD")
    charger = await charger_of(behaviour=Behaviour(authorizes_remote_starts=True))
    await charger.plug(1)
    desk = Desk(central, Clock())
    assert await desk.start_remotely(1, "BAD") == "Accepted"
    await charger.wait_for(lambda: "Authorize" in central.actions)
    assert await desk.start_remotely(1, "GOOD") == "Accepted"
    await charger.wait_for(lambda: 1 in charger.transactions)
    assert central.actions.count("Authorize") == 2
    assert await desk.start_remotely(1, "GOOD") == "Rejected"
    await charger.set_status(2, "Faulted")
    assert await desk.start_remotely(2, "GOOD") == "Rejected"


@V2_ONLY
async def test_transaction_status(central: Central, charger_of: Make) -> None:
    """A running transaction is told from an unknown one, and from the queue as such."""
    charger = await charger_of()
    await charger.start(1, "04A2B3")
    await charger.wait_for(lambda: not charger.pending)
    running = await central.call("GetTransactionStatus", {"transactionId": charger.transactions[1].id})
    assert running == {"ongoingIndicator": True, "messagesInQueue": False}
    assert await central.call("GetTransactionStatus", {}) == {"messagesInQueue": False}
