"""OCPP 2.0.1 and 2.1 between the wire and the core."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.ocpp_central.core.commands import (
    AskForAbilities,
    AskForStatus,
    AskToBoot,
    Command,
    DropHold,
    PlaceHold,
    Plug,
)
from custom_components.ocpp_central.core.events import (
    AbilitiesTold,
    Authorizing,
    Booted,
    ChargingState,
    ConnectorStatus,
    Ended,
    Event,
    Heard,
    HoldEnd,
    HoldEnded,
    Metered,
    ProblemTold,
    Reading,
    Standing,
    Started,
    StatusChanged,
    Updated,
    Verdict,
)
from custom_components.ocpp_central.core.faults import Fault
from custom_components.ocpp_central.core.token import IdToken
from custom_components.ocpp_central.csms.dialect import Dialect, Json, Version
from custom_components.ocpp_central.csms.v2 import V21, V201

from .official import actions, proper, reply_violations, request_violations, sloppy

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
TEN = datetime(2026, 3, 1, 10, 0, 0, tzinfo=UTC)
AT = "2026-03-01T10:00:00Z"
NOT_CACHED = {"cacheExpiryDateTime": "2026-03-01T12:00:00Z"}

OURS = {
    "AFRRSignal",
    "AdjustPeriodicEventStream",
    "CancelReservation",
    "CertificateSigned",
    "ChangeAvailability",
    "ChangeTransactionTariff",
    "ClearCache",
    "ClearChargingProfile",
    "ClearDERControl",
    "ClearDisplayMessage",
    "ClearTariffs",
    "ClearVariableMonitoring",
    "CostUpdated",
    "CustomerInformation",
    "DeleteCertificate",
    "GetBaseReport",
    "GetChargingProfiles",
    "GetCompositeSchedule",
    "GetDERControl",
    "GetDisplayMessages",
    "GetInstalledCertificateIds",
    "GetLocalListVersion",
    "GetLog",
    "GetMonitoringReport",
    "GetPeriodicEventStream",
    "GetReport",
    "GetTariffs",
    "GetTransactionStatus",
    "GetVariables",
    "InstallCertificate",
    "NotifyAllowedEnergyTransfer",
    "NotifyWebPaymentStarted",
    "PublishFirmware",
    "RequestBatterySwap",
    "RequestStartTransaction",
    "RequestStopTransaction",
    "ReserveNow",
    "Reset",
    "SendLocalList",
    "SetChargingProfile",
    "SetDERControl",
    "SetDefaultTariff",
    "SetDisplayMessage",
    "SetMonitoringBase",
    "SetMonitoringLevel",
    "SetNetworkProfile",
    "SetVariableMonitoring",
    "SetVariables",
    "TriggerMessage",
    "UnlockConnector",
    "UnpublishFirmware",
    "UpdateDynamicSchedule",
    "UpdateFirmware",
    "UsePriorityCharging",
}
"""What only a central system calls; DataTransfer goes both ways."""

NOT_SUPPORTED = {"GetCertificateChainStatus", "VatNumberValidation"}
"""What could only be refused by saying something false of what was asked."""

DIALECTS = [pytest.param(dialect, id=dialect.version.value) for dialect in (V201, V21)]
BY_VERSION = {Version.V201: V201, Version.V21: V21}
both = pytest.mark.parametrize("dialect", DIALECTS)

CARD = {"idToken": "89C4704A", "type": "ISO14443"}
HOLDER = IdToken(value="89C4704A", type="ISO14443")
BUTTON = {"idToken": "", "type": "NoAuthorization"}
ACCEPTED = Verdict(standing=Standing.ACCEPTED)


def events(dialect: Dialect, action: str, payload: Json) -> tuple[Event, ...]:
    """What a request tells, once it has been checked to be a proper one."""
    assert request_violations(dialect.version, action, payload) == []
    return dialect.routes[action].read(payload, NOW)


def reply(dialect: Dialect, action: str, payload: Json, verdict: Verdict | None = None) -> Json:
    """The answer to a request, checked against its schema."""
    answer = dialect.routes[action].reply(payload, verdict, NOW)
    assert reply_violations(dialect.version, action, answer) == []
    return answer


@both
def test_every_action_of_a_charger_is_answered(dialect: Dialect) -> None:
    """All that the schemas name, other than what only we may call and what is NotSupported; a SEND has no answer."""
    assert set(dialect.routes) == actions(dialect.version) - OURS - NOT_SUPPORTED


def test_what_each_version_can_carry() -> None:
    """IdTokenType: 36 characters in 2.0.1, 255 in 2.1."""
    assert (V201.version, V201.token_length) == (Version.V201, 36)
    assert (V21.version, V21.token_length) == (Version.V21, 255)


HASHES = {
    "hashAlgorithm": "SHA256",
    "issuerNameHash": "a",
    "issuerKeyHash": "b",
    "serialNumber": "c",
}
SCHEDULE = {
    "id": 1,
    "chargingRateUnit": "A",
    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6}],
}
NEEDS = {
    "evseId": 1,
    "chargingNeeds": {
        "requestedEnergyTransfer": "DC",
        "dcChargingParameters": {"evMaxCurrent": 1, "evMaxVoltage": 2},
    },
}
SEQUENCE = {"requestId": 1, "seqNo": 0, "generatedAt": AT}
PROFILE = {
    "id": 1,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxProfile",
    "chargingProfileKind": "Absolute",
    "chargingSchedule": [SCHEDULE],
}
EXI = {"iso15118SchemaVersion": "2", "action": "Install", "exiRequest": "e"}

FORMAL: list[tuple[str, Json, Json]] = [
    ("Get15118EVCertificate", EXI, {"status": "Failed", "exiResponse": ""}),
    (
        "GetCertificateStatus",
        {"ocspRequestData": HASHES | {"responderURL": "u"}},
        {"status": "Failed"},
    ),
    ("NotifyCustomerInformation", SEQUENCE | {"data": ""}, {}),
    ("NotifyDisplayMessages", {"requestId": 1}, {}),
    (
        "NotifyEVChargingSchedule",
        {"timeBase": AT, "evseId": 1, "chargingSchedule": SCHEDULE},
        {"status": "Accepted"},
    ),
    ("NotifyMonitoringReport", SEQUENCE, {}),
    ("PublishFirmwareStatusNotification", {"status": "Idle"}, {}),
    (
        "ReportChargingProfiles",
        {"requestId": 1, "chargingLimitSource": "CSO", "evseId": 1, "chargingProfile": [PROFILE]},
        {},
    ),
    ("SignCertificate", {"csr": "-"}, {"status": "Rejected"}),
]


@both
@pytest.mark.parametrize(("action", "payload", "want"), FORMAL)
def test_what_does_not_concern_us_is_answered_formally(
    dialect: Dialect, action: str, payload: Json, want: Json
) -> None:
    """Nothing follows from it, and the answer promises nothing."""
    assert events(dialect, action, payload) == ()
    assert reply(dialect, action, payload) == want


FORMAL_V21: list[tuple[str, Json, Json]] = [
    (
        "BatterySwap",
        {
            "eventType": "BatteryIn",
            "requestId": 1,
            "idToken": CARD,
            "batteryData": [{"evseId": 1, "serialNumber": "s", "soC": 50, "soH": 90}],
        },
        {},
    ),
    ("ClosePeriodicEventStream", {"id": 1}, {}),
    ("NotifyDERAlarm", {"controlType": "VoltVar", "timestamp": AT}, {}),
    ("NotifyDERStartStop", {"controlId": "c", "started": True, "timestamp": AT}, {}),
    ("NotifyPriorityCharging", {"transactionId": "t", "activated": True}, {}),
    (
        "NotifySettlement",
        {"pspRef": "p", "status": "Settled", "settlementAmount": 1, "settlementTime": AT},
        {},
    ),
    (
        "OpenPeriodicEventStream",
        {"constantStreamData": {"id": 1, "params": {}, "variableMonitoringId": 1}},
        {"status": "Rejected"},
    ),
    ("PullDynamicScheduleUpdate", {"chargingProfileId": 1}, {"status": "Rejected"}),
    ("ReportDERControl", {"requestId": 1}, {}),
]


@pytest.mark.parametrize(("action", "payload", "want"), FORMAL_V21)
def test_what_21_adds_is_answered_formally(action: str, payload: Json, want: Json) -> None:
    """Nothing follows from it, and the answer refuses or only confirms."""
    assert events(V21, action, payload) == ()
    assert reply(V21, action, payload) == want


@pytest.mark.parametrize(("dialect", "word"), [(V201, "Rejected"), (V21, "NoChargingProfile")])
def test_a_car_s_needs_get_no_schedule(dialect: Dialect, word: str) -> None:
    """In 2.1 Rejected would refuse the energy transfer itself."""
    assert events(dialect, "NotifyEVChargingNeeds", NEEDS) == ()
    assert reply(dialect, "NotifyEVChargingNeeds", NEEDS) == {"status": word}


STATION = {"vendorName": "Acme", "model": "Two"}


@both
@pytest.mark.parametrize(
    ("station", "want"),
    [
        (STATION, Booted(vendor="Acme", model="Two", serial=None, firmware=None, at=NOW)),
        (
            STATION | {"serialNumber": "S1", "firmwareVersion": "2.0"},
            Booted(vendor="Acme", model="Two", serial="S1", firmware="2.0", at=NOW),
        ),
    ],
)
def test_a_boot_describes_the_charger(dialect: Dialect, station: Json, want: Booted) -> None:
    """What is absent is None; the answer accepts, and sets the clock."""
    payload = {"reason": "PowerUp", "chargingStation": station}
    assert events(dialect, "BootNotification", payload) == (want,)
    answer = {"status": "Accepted", "currentTime": "2026-03-01T12:00:00Z", "interval": 300}
    assert reply(dialect, "BootNotification", payload) == answer


@both
def test_a_heartbeat_is_answered_with_the_time(dialect: Dialect) -> None:
    """It sets the charger's clock (G02)."""
    assert events(dialect, "Heartbeat", {}) == (Heard(at=NOW),)
    assert reply(dialect, "Heartbeat", {}) == {"currentTime": "2026-03-01T12:00:00Z"}


STATUSES = [
    ("Available", ConnectorStatus.AVAILABLE),
    ("Occupied", ConnectorStatus.OCCUPIED),
    ("Reserved", ConnectorStatus.RESERVED),
    ("Unavailable", ConnectorStatus.OUT_OF_SERVICE),
    ("Faulted", ConnectorStatus.FAULTED),
]


def status(word: str, evse: int, connector: int) -> Json:
    """A StatusNotification."""
    return {"timestamp": AT, "connectorStatus": word, "evseId": evse, "connectorId": connector}


def notice(word: str, component: str, evse: Json | None, variable: str = "AvailabilityState") -> Json:
    """A NotifyEvent with one entry."""
    place = {} if evse is None else {"evse": evse}
    entry = {
        "eventId": 1,
        "timestamp": AT,
        "trigger": "Delta",
        "actualValue": word,
        "eventNotificationType": "HardWiredNotification",
        "component": {"name": component} | place,
        "variable": {"name": variable},
    }
    return {"generatedAt": AT, "seqNo": 0, "eventData": [entry]}


@both
@pytest.mark.parametrize(("word", "want"), STATUSES)
def test_a_status_comes_in_two_ways(dialect: Dialect, word: str, want: ConnectorStatus) -> None:
    """StatusNotification and NotifyEvent of a Connector say the same (G01)."""
    told = (StatusChanged(evse=2, connector=3, status=want, at=TEN),)
    assert events(dialect, "StatusNotification", status(word, 2, 3)) == told
    payload = notice(word, "Connector", {"id": 2, "connectorId": 3})
    assert events(dialect, "NotifyEvent", payload) == told
    assert reply(dialect, "StatusNotification", status(word, 2, 3)) == {}
    assert reply(dialect, "NotifyEvent", payload) == {}


@both
@pytest.mark.parametrize(
    ("action", "payload", "evse", "connector"),
    [
        ("StatusNotification", status("Faulted", 2, 0), 2, 1),
        ("StatusNotification", status("Faulted", 0, 0), None, 0),
        ("NotifyEvent", notice("Faulted", "Connector", {"id": 2}), 2, 1),
        ("NotifyEvent", notice("Faulted", "EVSE", {"id": 2}), 2, 1),
        ("NotifyEvent", notice("Faulted", "evse", {"id": 2}, "availabilitystate"), 2, 1),
        ("NotifyEvent", notice("Faulted", "ChargingStation", None), None, 0),
    ],
)
def test_an_evse_or_the_charger_may_speak_as_a_whole(
    dialect: Dialect, action: str, payload: Json, evse: int | None, connector: int
) -> None:
    """An EVSE through its first connector, which each has; the charger without an EVSE."""
    want = StatusChanged(evse=evse, connector=connector, status=ConnectorStatus.FAULTED, at=TEN)
    assert events(dialect, action, payload) == (want,)


@both
def test_a_component_with_a_problem_is_told(dialect: Dialect) -> None:
    """2.x has no error codes, but components with a problem, and what their vendor says of it."""
    payload = notice("true", "PowerContactor", {"id": 2, "connectorId": 1}, "Problem")
    payload["eventData"][0] |= {"techCode": "E7", "techInfo": "welded"}
    fault = Fault("PowerContactor", "E7", "welded")
    want = ProblemTold(evse=2, component="PowerContactor 1", fault=fault, at=NOW)
    assert dialect.routes["NotifyEvent"].read(payload, NOW) == (want,)
    payload["eventData"][0]["cleared"] = True
    assert dialect.routes["NotifyEvent"].read(payload, NOW) == (replace(want, fault=None),)
    whole = notice("true", "Fan", None, "problem")
    whole["eventData"][0]["component"]["instance"] = "left"
    want = ProblemTold(evse=None, component="Fan left", fault=Fault("Fan"), at=NOW)
    assert dialect.routes["NotifyEvent"].read(whole, NOW) == (want,)


@both
def test_what_is_said_of_a_reader_is_shown_to_nobody(dialect: Dialect) -> None:
    """It may be the number of a card."""
    payload = notice("true", "TokenReader", {"id": 1}, "Problem")
    payload["eventData"][0]["techInfo"] = "HOLDER"
    want = ProblemTold(evse=1, component="TokenReader", fault=Fault("TokenReader"), at=NOW)
    assert dialect.routes["NotifyEvent"].read(payload, NOW) == (want,)


@both
def test_a_fault_may_say_why(dialect: Dialect) -> None:
    """In the words of the vendor; with any other status they say nothing."""
    payload = notice("Faulted", "Connector", {"id": 2, "connectorId": 1})
    payload["eventData"][0]["techCode"] = "E7"
    (told,) = events(dialect, "NotifyEvent", payload)
    assert isinstance(told, StatusChanged)
    assert told.fault == Fault(vendor_code="E7")
    payload["eventData"][0]["actualValue"] = "Available"
    (told,) = events(dialect, "NotifyEvent", payload)
    assert isinstance(told, StatusChanged)
    assert told.fault is None


@both
@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("StatusNotification", status("Charging", 1, 1)),
        ("StatusNotification", status("Available", -1, 1)),
        ("NotifyEvent", notice("Sleeping", "Connector", {"id": 1, "connectorId": 1})),
        ("NotifyEvent", notice("Available", "Connector", None)),
        ("NotifyEvent", notice("Available", "EVSE", {"id": 0})),
        ("NotifyEvent", notice("Available", "Controller", {"id": 1})),
        ("NotifyEvent", notice("perhaps", "Connector", {"id": 1, "connectorId": 1}, "Problem")),
        ("NotifyEvent", notice("true", "", {"id": 1}, "Problem")),
        ("NotifyEvent", notice("true", "Connector", {"id": 1, "connectorId": 1}, "Tripped")),
    ],
)
def test_what_is_no_status_of_anything_says_nothing(dialect: Dialect, action: str, payload: Json) -> None:
    """Nothing is guessed from unknown words, places, components and variables."""
    assert dialect.routes[action].read(payload, NOW) == ()


def test_one_message_may_tell_of_several_connectors() -> None:
    """In the order of the message, each with its own time; what is none of ours is passed over."""
    one = notice("Reserved", "Connector", {"id": 1, "connectorId": 1})["eventData"][0]
    other = notice("1", "Controller", None)["eventData"][0]
    two = notice("Available", "Connector", {"id": 2, "connectorId": 1})["eventData"][0]
    payload = {
        "generatedAt": AT,
        "seqNo": 0,
        "eventData": [one, other, two | {"timestamp": "soon"}],
    }
    assert V201.routes["NotifyEvent"].read(payload, NOW) == (
        StatusChanged(evse=1, connector=1, status=ConnectorStatus.RESERVED, at=TEN),
        StatusChanged(evse=2, connector=1, status=ConnectorStatus.AVAILABLE, at=NOW),
    )


def metered(value: float = 1500, **more: object) -> Json:
    """A meter value with one sample."""
    return {"timestamp": AT, "sampledValue": [{"value": value} | more]}


def reading(value: float = 1500.0, **more: object) -> Reading:
    """What `metered` means."""
    fields: dict[str, Any] = {
        "measurand": "Energy.Active.Import.Register",
        "unit": "Wh",
        "location": "Outlet",
        "context": "Sample.Periodic",
        "at": TEN,
    }
    return Reading(value=value, **(fields | more))


@both
@pytest.mark.parametrize(
    ("payload", "want"),
    [
        (
            {"evseId": 2, "meterValue": [metered()]},
            (Metered(evse=2, transaction=None, readings=(reading(),), at=TEN),),
        ),
        (
            {"evseId": 0, "meterValue": [metered()]},
            (Metered(evse=None, transaction=None, readings=(reading(),), at=TEN),),
        ),
    ],
)
def test_meter_values_are_readings(dialect: Dialect, payload: Json, want: tuple[Event, ...]) -> None:
    """EVSE 0 is the main meter (J01)."""
    assert events(dialect, "MeterValues", payload) == want
    assert reply(dialect, "MeterValues", payload) == {}


def test_meter_values_without_a_number_tell_nothing() -> None:
    """Too large for any number."""
    payload = {"evseId": 1, "meterValue": [metered(10**400)]}
    assert V21.routes["MeterValues"].read(payload, NOW) == ()


@both
def test_a_presented_token_is_a_question(dialect: Dialect) -> None:
    """Authorize does not say where it was presented; spelling and type are kept."""
    told = events(dialect, "Authorize", {"idToken": CARD})
    assert told == (Authorizing(token=HOLDER, at=NOW),)


STANDINGS = [
    (Standing.ACCEPTED, "Accepted", "Accepted"),
    (Standing.UNKNOWN, "Unknown", "Unknown"),
    (Standing.BLOCKED, "Blocked", "Blocked"),
    (Standing.EXPIRED, "Expired", "Expired"),
    (Standing.NOT_YET_VALID, "NotAtThisTime", "NotAtThisTime"),
    (Standing.CONCURRENT, "ConcurrentTx", "ConcurrentTx"),
    (Standing.RESERVED_FOR_OTHERS, "NotAtThisLocation", "NotAtThisTime"),
]


def transaction(event: str = "Started", info: Json | None = None, **more: object) -> Json:
    """A TransactionEvent."""
    return {
        "eventType": event,
        "timestamp": AT,
        "triggerReason": "Authorized",
        "seqNo": 0,
        "transactionInfo": {"transactionId": "t-1"} | (info or {}),
    } | more


def test_every_standing_has_a_word() -> None:
    """The table above misses none."""
    assert {standing for standing, _, _ in STANDINGS} == set(Standing)


@both
@pytest.mark.parametrize(("standing", "authorize", "transact"), STANDINGS)
def test_every_standing_is_told_wherever_a_token_comes(
    dialect: Dialect, standing: Standing, authorize: str, transact: str
) -> None:
    """C01.FR.22: reserved for others is NotAtThisLocation at Authorize; in a transaction it is a matter of time."""
    verdict = Verdict(standing=standing)
    want = {"idTokenInfo": NOT_CACHED | {"status": authorize}}
    assert reply(dialect, "Authorize", {"idToken": CARD}, verdict) == want
    want = {"idTokenInfo": NOT_CACHED | {"status": transact}}
    for event in ("Started", "Updated", "Ended"):
        payload = transaction(event, idToken=CARD)
        assert reply(dialect, "TransactionEvent", payload, verdict) == want


@both
@pytest.mark.parametrize(
    ("verdict", "want"),
    [
        (
            Verdict(standing=Standing.ACCEPTED, evses=(1, 3)),
            {"status": "Accepted", "evseId": [1, 3]},
        ),
        (Verdict(standing=Standing.ACCEPTED, evses=()), {"status": "NotAtThisLocation"}),
        (Verdict(standing=Standing.BLOCKED, evses=(1,)), {"status": "Blocked"}),
        (
            Verdict(standing=Standing.ACCEPTED, group="family"),
            {"status": "Accepted", "groupIdToken": {"idToken": "family", "type": "Central"}},
        ),
    ],
)
def test_an_authorization_tells_places_and_group(dialect: Dialect, verdict: Verdict, want: Json) -> None:
    """C01.FR.19-.22: a list where only some EVSEs are permitted; the group always."""
    answer = reply(dialect, "Authorize", {"idToken": CARD}, verdict)
    assert answer == {"idTokenInfo": NOT_CACHED | want}


@pytest.mark.parametrize(
    ("dialect", "length", "told"),
    [(V201, 36, True), (V201, 37, False), (V21, 255, True), (V21, 256, False)],
)
def test_a_group_that_the_version_cannot_spell_is_left_out(dialect: Dialect, length: int, *, told: bool) -> None:
    """Never cut: another name would be another group."""
    verdict = Verdict(standing=Standing.ACCEPTED, group="g" * length)
    answer = reply(dialect, "Authorize", {"idToken": CARD}, verdict)
    assert ("groupIdToken" in answer["idTokenInfo"]) is told


@both
def test_a_start_button_identifies_nobody(dialect: Dialect) -> None:
    """C02.FR.02: its press is accepted, unless a verdict on the start says otherwise."""
    accepted = {"idTokenInfo": NOT_CACHED | {"status": "Accepted"}}
    assert events(dialect, "Authorize", {"idToken": BUTTON}) == ()
    assert reply(dialect, "Authorize", {"idToken": BUTTON}) == accepted
    (started,) = events(dialect, "TransactionEvent", transaction(idToken=BUTTON))
    assert isinstance(started, Started)
    assert started.token is None
    assert reply(dialect, "TransactionEvent", transaction("Updated", idToken=BUTTON)) == accepted
    refused = Verdict(standing=Standing.RESERVED_FOR_OTHERS)
    want = {"idTokenInfo": NOT_CACHED | {"status": "NotAtThisTime"}}
    assert reply(dialect, "TransactionEvent", transaction(idToken=BUTTON), refused) == want


@both
def test_a_token_without_a_value_is_invalid(dialect: Dialect) -> None:
    """A card that was not read identifies nobody, and is no button."""
    payload = {"idToken": {"idToken": "", "type": "ISO14443"}}
    assert events(dialect, "Authorize", payload) == ()
    want = {"idTokenInfo": NOT_CACHED | {"status": "Invalid"}}
    assert reply(dialect, "Authorize", payload) == want


REGISTERED = reading(2500.0, context="Transaction.Begin")


@both
@pytest.mark.parametrize(
    ("payload", "want"),
    [
        (
            transaction(),
            Started(transaction="t-1", evse=None, connector=None, token=None, at=TEN),
        ),
        (
            transaction(
                info={"chargingState": "EVConnected"},
                evse={"id": 2, "connectorId": 3},
                idToken=CARD,
                reservationId=7,
                offline=True,
                meterValue=[metered(2500, context="Transaction.Begin"), metered()],
            ),
            Started(
                transaction="t-1",
                evse=2,
                connector=3,
                token=HOLDER,
                hold=7,
                meter_wh=2500.0,
                charging_state=ChargingState.EV_CONNECTED,
                readings=(REGISTERED, reading()),
                offline=True,
                at=TEN,
            ),
        ),
        (
            transaction(evse={"id": 2}, reservationId=0),
            Started(transaction="t-1", evse=2, connector=None, token=None, at=TEN),
        ),
        (transaction("Updated"), Updated(transaction="t-1", at=TEN)),
        (
            transaction(
                "Updated",
                {"chargingState": "SuspendedEV"},
                evse={"id": 2, "connectorId": 3},
                idToken=CARD,
                reservationId=7,
                offline=True,
                meterValue=[metered()],
            ),
            Updated(
                transaction="t-1",
                evse=2,
                connector=3,
                token=HOLDER,
                hold=7,
                charging_state=ChargingState.SUSPENDED_EV,
                readings=(reading(),),
                offline=True,
                at=TEN,
            ),
        ),
        (transaction("Ended"), Ended(transaction="t-1", at=TEN)),
        (transaction("Ended", {"stoppedReason": "Local"}), Ended(transaction="t-1", at=TEN)),
        (
            transaction(
                "Ended",
                {"stoppedReason": "EVDisconnected"},
                evse={"id": 2},
                idToken=CARD,
                offline=True,
                meterValue=[metered(3, context="Transaction.End", unitOfMeasure={"unit": "kWh"})],
            ),
            Ended(
                transaction="t-1",
                evse=2,
                token=HOLDER,
                meter_wh=3000.0,
                reason="EVDisconnected",
                readings=(reading(3.0, unit="kWh", context="Transaction.End"),),
                offline=True,
                at=TEN,
            ),
        ),
    ],
)
def test_a_transaction_is_told_from_start_to_end(dialect: Dialect, payload: Json, want: Event) -> None:
    """E01-E09: who, where, with which hold and what was metered; Local is the ordinary reason."""
    assert events(dialect, "TransactionEvent", payload) == (want,)


@both
@pytest.mark.parametrize(
    ("word", "want"),
    [
        ("Charging", ChargingState.CHARGING),
        ("EVConnected", ChargingState.EV_CONNECTED),
        ("SuspendedEV", ChargingState.SUSPENDED_EV),
        ("SuspendedEVSE", ChargingState.SUSPENDED_EVSE),
        ("Idle", ChargingState.IDLE),
        ("Dreaming", None),
    ],
)
def test_every_charging_state_has_its_meaning(dialect: Dialect, word: str, want: ChargingState | None) -> None:
    """An unknown word leaves it as it was."""
    payload = transaction("Updated", {"chargingState": word})
    told = dialect.routes["TransactionEvent"].read(payload, NOW)
    assert told == (Updated(transaction="t-1", charging_state=want, at=TEN),)


@pytest.mark.parametrize("payload", [transaction("Paused"), transaction(info={"transactionId": ""}), {}])
def test_a_transaction_event_of_no_kind_or_name_says_nothing(payload: Json) -> None:
    """Nothing is guessed; it is answered all the same."""
    assert V201.routes["TransactionEvent"].read(payload, NOW) == ()
    assert reply(V201, "TransactionEvent", payload) == {}


@both
def test_a_transaction_event_without_a_token_is_only_confirmed(dialect: Dialect) -> None:
    """E05: idTokenInfo answers an idToken."""
    assert reply(dialect, "TransactionEvent", transaction(), ACCEPTED) == {}
    assert reply(dialect, "TransactionEvent", transaction("Updated")) == {}


@both
def test_only_starts_and_ends_wait_for_the_disk(dialect: Dialect) -> None:
    """Their answers promise that we know of the transaction."""
    durable = {
        (action, event)
        for action, route in dialect.routes.items()
        for event in ("Started", "Updated", "Ended")
        if route.durable({"eventType": event})
    }
    assert durable == {("TransactionEvent", "Started"), ("TransactionEvent", "Ended")}


@pytest.mark.parametrize(
    ("dialect", "word", "want"),
    [
        (V201, "Expired", HoldEnd.EXPIRED),
        (V201, "Removed", HoldEnd.REMOVED),
        (V21, "Expired", HoldEnd.EXPIRED),
        (V21, "Removed", HoldEnd.REMOVED),
        (V21, "NoTransaction", HoldEnd.NO_TRANSACTION),
    ],
)
def test_a_hold_that_ended_by_itself(dialect: Dialect, word: str, want: HoldEnd) -> None:
    """H01.FR.16, H04.FR.01, and in 2.1 H03.FR.11."""
    payload = {"reservationId": 7, "reservationUpdateStatus": word}
    told = events(dialect, "ReservationStatusUpdate", payload)
    assert told == (HoldEnded(hold=7, end=want, at=NOW),)
    assert reply(dialect, "ReservationStatusUpdate", payload) == {}


@both
@pytest.mark.parametrize(
    "payload",
    [
        {"reservationId": 7, "reservationUpdateStatus": "Lost"},
        {"reservationId": 0, "reservationUpdateStatus": "Expired"},
    ],
)
def test_an_unknown_end_of_a_hold_says_nothing(dialect: Dialect, payload: Json) -> None:
    """Our holds are positive; an unknown word is no reason."""
    assert dialect.routes["ReservationStatusUpdate"].read(payload, NOW) == ()
    assert reply(dialect, "ReservationStatusUpdate", payload) == {}


UNTIL = datetime(2026, 3, 1, 18, 30, 0, 500, tzinfo=UTC)
HELD = {"id": 7, "expiryDateTime": "2026-03-01T18:30:00Z", "idToken": CARD}


def place(**more: object) -> PlaceHold:
    """A command to hold for the holder."""
    fields: dict[str, Any] = {"hold": 7, "evse": None, "token": HOLDER, "until": UNTIL}
    return PlaceHold(**(fields | more))


REQUESTS: list[tuple[Command, str, Json]] = [
    (place(), "ReserveNow", HELD),
    (place(evse=2), "ReserveNow", HELD | {"evseId": 2}),
    (place(evse=2, connector_type="cType2"), "ReserveNow", HELD | {"evseId": 2}),
    (place(connector_type="cType2"), "ReserveNow", HELD | {"connectorType": "cType2"}),
    (
        place(group="family"),
        "ReserveNow",
        HELD | {"groupIdToken": {"idToken": "family", "type": "Central"}},
    ),
    (DropHold(hold=7), "CancelReservation", {"reservationId": 7}),
    (AskToBoot(), "TriggerMessage", {"requestedMessage": "BootNotification"}),
    (AskForStatus(evse=None), "TriggerMessage", {"requestedMessage": "StatusNotification"}),
    (
        AskForStatus(evse=2),
        "TriggerMessage",
        {"requestedMessage": "StatusNotification", "evse": {"id": 2, "connectorId": 1}},
    ),
]


@both
@pytest.mark.parametrize(("command", "action", "payload"), REQUESTS)
def test_every_command_has_its_request(dialect: Dialect, command: Command, action: str, payload: Json) -> None:
    """TC_H_01: no connectorType beside an evseId; TC_H_08: neither; TC_H_19: the group; F06.FR.12: the connector."""
    request = dialect.request(command)
    assert (request.action, request.payload) == (action, payload)
    assert request_violations(dialect.version, action, payload) == []


@pytest.mark.parametrize(
    ("told", "v201", "v21"),
    [
        (None, "Central", "Central"),
        ("iso15693", "ISO15693", "ISO15693"),
        ("EMAID", "eMAID", "eMAID"),
        ("VIN", "Central", "VIN"),
        ("evccid", "Central", "EVCCID"),
        ("Vendor.Badge", "Central", "Vendor.Badge"),
        ("x" * 21, "Central", "Central"),
    ],
)
def test_a_token_is_sent_with_its_type(told: str | None, v201: str, v21: str) -> None:
    """A strict charger compares types; what a version cannot say is Central."""
    command = place(token=IdToken(value="89C4704A", type=told))
    for dialect, want in ((V201, v201), (V21, v21)):
        request = dialect.request(command)
        assert request.payload["idToken"] == {"idToken": "89C4704A", "type": want}
        assert request_violations(dialect.version, request.action, request.payload) == []


@given(st.sampled_from([Version.V201, Version.V21]), st.data())
@settings(max_examples=1000, deadline=None)
def test_no_sloppy_request_is_too_odd(version: Version, data: st.DataObject) -> None:
    """Nothing that a careless charger sends raises, and whatever we answer is valid."""
    dialect = BY_VERSION[version]
    action = data.draw(st.sampled_from(sorted(dialect.routes)))
    payload = data.draw(sloppy(dialect.version, action))
    route = dialect.routes[action]
    assert all(isinstance(event, Event.__value__) for event in route.read(payload, NOW))
    assert route.durable(payload) in (True, False)
    standing = data.draw(st.sampled_from(Standing))
    verdict = data.draw(st.none() | st.just(Verdict(standing=standing, group="g", evses=(1,))))
    reply(dialect, action, payload, verdict)


@given(st.sampled_from([Version.V201, Version.V21]), st.data())
@settings(max_examples=400, deadline=None)
def test_every_proper_request_has_a_proper_answer(version: Version, data: st.DataObject) -> None:
    """A session gives one verdict per answer, so at most one event wants one."""
    dialect = BY_VERSION[version]
    action = data.draw(st.sampled_from(sorted(dialect.routes)))
    payload = data.draw(proper(dialect.version, action))
    told = events(dialect, action, payload)
    wanting = [event for event in told if isinstance(event, (Authorizing, Started, Updated, Ended))]
    assert len(wanting) <= 1
    reply(dialect, action, payload)


ABILITIES = AskForAbilities(plugs=(Plug(1, 1), Plug(1, 2), Plug(2, 1)))


def variable(component: str, name: str, value: str | None, *, evse: int | None = None, connector: int = 1) -> Json:
    """One result of GetVariables; a `value` of None or in angle brackets is no value but a status."""
    owner: Json = {"name": component}
    if evse is not None:
        owner["evse"] = {"id": evse, "connectorId": connector}
    result: Json = {"component": owner, "variable": {"name": name}, "attributeStatus": "Accepted"}
    if value is not None and value.startswith("<"):
        return result | {"attributeStatus": value.strip("<>")}
    return result if value is None else result | {"attributeValue": value}


def abilities(dialect: Dialect, *results: Json) -> AbilitiesTold:
    """What an answer with these results tells."""
    (told,) = dialect.told(ABILITIES, {"getVariableResult": list(results)}, NOW)
    assert isinstance(told, AbilitiesTold)
    return told


@both
def test_abilities_are_asked_for_as_variables(dialect: Dialect) -> None:
    """The three flags of ReservationCtrlr, and the type of each plug: ten at most, as few as some chargers take."""
    request = dialect.request(ABILITIES)
    asked = request.payload["getVariableData"]
    assert request.action == "GetVariables"
    assert [each["variable"]["name"] for each in asked] == [
        "Available",
        "Enabled",
        "NonEvseSpecific",
        *["ConnectorType"] * 3,
    ]
    assert [each["component"] for each in asked[3:]] == [
        {"name": "Connector", "evse": {"id": 1, "connectorId": 1}},
        {"name": "Connector", "evse": {"id": 1, "connectorId": 2}},
        {"name": "Connector", "evse": {"id": 2, "connectorId": 1}},
    ]
    assert request_violations(dialect.version, request.action, request.payload) == []


@both
@pytest.mark.parametrize(
    ("available", "enabled", "want"),
    [
        ("true", "true", True),
        ("True", "<UnknownVariable>", True),
        ("true", "false", False),
        ("false", "true", False),
        ("<UnknownComponent>", "<UnknownComponent>", False),
        ("<UnknownVariable>", "<Rejected>", None),
        ("<NotSupportedAttributeType>", None, None),
        ("perhaps", "<UnknownComponent>", None),
    ],
)
def test_a_charger_claims_reservations_by_its_controller(
    dialect: Dialect, available: str, enabled: str | None, want: bool | None
) -> None:
    """Absent or switched off is no claim (ocpp.md 5.3); that it is there is one, and proves nothing."""
    told = abilities(
        dialect,
        variable("ReservationCtrlr", "Available", available),
        variable("reservationctrlr", "enabled", enabled),
    )
    assert told.claims_reservations is want
    assert told.holds_unspecific is None


@both
def test_types_are_those_of_all_plugs_of_an_evse(dialect: Dialect) -> None:
    """By their published names; an EVSE that says nothing has none, but was asked."""
    told = abilities(
        dialect,
        variable("Connector", "ConnectorType", "cccs2", evse=1),
        variable("Connector", "ConnectorType", "CTYPE2", evse=1, connector=2),
        variable("Connector", "ConnectorType", "Unknown", evse=2),
        variable("Connector", "ConnectorType", "cType1", evse=3),
        variable("Connector", "SupplyPhases", "3", evse=2),
        variable("ReservationCtrlr", "NonEvseSpecific", "true"),
    )
    assert told.types == {1: frozenset({"cCCS2", "cType2"}), 2: frozenset()}
    assert told.holds_unspecific is True


@both
def test_no_result_says_nothing(dialect: Dialect) -> None:
    """Every EVSE that was asked for is told of all the same, so that nobody asks again."""
    told = abilities(dialect)
    assert (told.claims_reservations, told.holds_unspecific) == (None, None)
    assert told.types == {1: frozenset(), 2: frozenset()}
    assert dialect.told(DropHold(hold=1), {"status": "Accepted"}, NOW) == ()


@both
@pytest.mark.parametrize("offline", [True, False])
def test_what_happened_offline_is_told_as_such(dialect: Dialect, *, offline: bool) -> None:
    """With the time of the charger, and that of its reception."""
    payload = {
        "eventType": "Started",
        "timestamp": AT,
        "triggerReason": "CablePluggedIn",
        "seqNo": 0,
        "offline": offline,
        "transactionInfo": {"transactionId": "T1"},
    }
    (told,) = events(dialect, "TransactionEvent", payload)
    assert isinstance(told, Started)
    assert (told.offline, told.received) == (offline, NOW)
