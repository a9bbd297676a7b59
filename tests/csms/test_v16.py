"""OCPP 1.6J between the wire and the core."""

from datetime import UTC, datetime
from importlib.resources import files
import json

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.ocpp_central.core.commands import (
    AskForAbilities,
    AskForStatus,
    AskToBoot,
    Command,
    DropHold,
    Outcome,
    PlaceHold,
    Plug,
)
from custom_components.ocpp_central.core.events import (
    AbilitiesTold,
    Authorizing,
    Booted,
    ConnectorStatus,
    Ended,
    Event,
    Heard,
    Metered,
    Reading,
    Standing,
    Started,
    StatusChanged,
    Verdict,
)
from custom_components.ocpp_central.core.faults import ErrorCode, Fault
from custom_components.ocpp_central.core.token import IdToken
from custom_components.ocpp_central.csms.dialect import Json, Version
from custom_components.ocpp_central.csms.v16 import V16

from .official import actions, proper, reply_violations, request_violations, sloppy

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
TEN = datetime(2026, 3, 1, 10, 0, 0, tzinfo=UTC)
AT = "2026-03-01T10:00:00Z"

OURS = {
    "CancelReservation",
    "CertificateSigned",
    "ChangeAvailability",
    "ChangeConfiguration",
    "ClearCache",
    "ClearChargingProfile",
    "DeleteCertificate",
    "ExtendedTriggerMessage",
    "GetCompositeSchedule",
    "GetConfiguration",
    "GetDiagnostics",
    "GetInstalledCertificateIds",
    "GetLocalListVersion",
    "GetLog",
    "InstallCertificate",
    "RemoteStartTransaction",
    "RemoteStopTransaction",
    "ReserveNow",
    "Reset",
    "SendLocalList",
    "SetChargingProfile",
    "SignedUpdateFirmware",
    "TriggerMessage",
    "UnlockConnector",
    "UpdateFirmware",
}
"""What only a central system calls; DataTransfer goes both ways."""

HOLDER = IdToken(value="89C4704A")
ACCEPTED = Verdict(standing=Standing.ACCEPTED, transaction="42")


def events(action: str, payload: Json) -> tuple[Event, ...]:
    """What a request tells, once it has been checked to be a proper one."""
    assert request_violations(Version.V16, action, payload) == []
    return V16.routes[action].read(payload, NOW)


def reply(action: str, payload: Json, verdict: Verdict | None = None) -> Json:
    """The answer to a request, checked against its schema."""
    answer = V16.routes[action].reply(payload, verdict, NOW)
    assert reply_violations(Version.V16, action, answer) == []
    return answer


def test_every_action_of_a_charger_is_answered() -> None:
    """All that the schemas of 1.6 name, other than what only we may call."""
    assert set(V16.routes) == actions(Version.V16) - OURS


def test_it_is_ocpp_16() -> None:
    """An idTag has at most 20 characters (CiString20)."""
    assert (V16.version, V16.token_length) == (Version.V16, 20)


FORMAL: list[tuple[str, Json, Json]] = [
    ("SignCertificate", {"csr": "-"}, {"status": "Rejected"}),
]


@pytest.mark.parametrize(("action", "payload", "want"), FORMAL)
def test_what_does_not_concern_us_is_answered_formally(action: str, payload: Json, want: Json) -> None:
    """Nothing follows from it, and the answer promises nothing."""
    assert events(action, payload) == ()
    assert reply(action, payload) == want


BOOT = {"chargePointVendor": "Acme", "chargePointModel": "One"}


@pytest.mark.parametrize(
    ("payload", "want"),
    [
        (BOOT, Booted(vendor="Acme", model="One", serial=None, firmware=None, at=NOW)),
        (
            BOOT
            | {
                "chargePointSerialNumber": "S1",
                "chargeBoxSerialNumber": "B1",
                "firmwareVersion": "1.2",
            },
            Booted(vendor="Acme", model="One", serial="S1", firmware="1.2", at=NOW),
        ),
        (
            {"chargePointVendor": "", "chargePointModel": "", "chargeBoxSerialNumber": "B1"},
            Booted(vendor=None, model=None, serial="B1", firmware=None, at=NOW),
        ),
    ],
)
def test_a_boot_describes_the_charger(payload: Json, want: Booted) -> None:
    """What is absent or empty is None; the old name of the serial number counts too."""
    assert events("BootNotification", payload) == (want,)


def test_a_boot_is_accepted_with_the_time() -> None:
    """The answer sets the charger's clock."""
    want = {"status": "Accepted", "currentTime": "2026-03-01T12:00:00Z", "interval": 300}
    assert reply("BootNotification", BOOT) == want


def test_a_heartbeat_is_answered_with_the_time() -> None:
    """It sets the charger's clock."""
    assert events("Heartbeat", {}) == (Heard(at=NOW),)
    assert reply("Heartbeat", {}) == {"currentTime": "2026-03-01T12:00:00Z"}


def status(word: str, connector: int = 1, **more: object) -> Json:
    """A StatusNotification."""
    return {"connectorId": connector, "errorCode": "NoError", "status": word} | more


@pytest.mark.parametrize(
    ("word", "want"),
    [
        ("Available", ConnectorStatus.AVAILABLE),
        ("Preparing", ConnectorStatus.PREPARING),
        ("Charging", ConnectorStatus.CHARGING),
        ("SuspendedEV", ConnectorStatus.SUSPENDED_EV),
        ("SuspendedEVSE", ConnectorStatus.SUSPENDED_EVSE),
        ("Finishing", ConnectorStatus.FINISHING),
        ("Reserved", ConnectorStatus.RESERVED),
        ("Unavailable", ConnectorStatus.OUT_OF_SERVICE),
        ("Faulted", ConnectorStatus.FAULTED),
    ],
)
def test_every_status_of_a_connector_has_its_meaning(word: str, want: ConnectorStatus) -> None:
    """1.6 section 7.7; each connector is an EVSE with one connector."""
    told = events("StatusNotification", status(word, 2, timestamp=AT))
    assert told == (StatusChanged(evse=2, connector=1, status=want, at=TEN),)
    assert reply("StatusNotification", status(word, 2)) == {}


def test_connector_0_is_the_charger_as_a_whole() -> None:
    """1.6 section 4.9; without a timestamp it happened now."""
    told = events("StatusNotification", status("Unavailable", 0))
    want = StatusChanged(evse=None, connector=0, status=ConnectorStatus.OUT_OF_SERVICE, at=NOW)
    assert told == (want,)


def test_an_error_code_is_told_but_no_error_is_none() -> None:
    """NoError is a word for nothing."""
    told = events("StatusNotification", status("Faulted") | {"errorCode": "GroundFailure"})
    want = StatusChanged(
        evse=1, connector=1, status=ConnectorStatus.FAULTED, fault=Fault(code=ErrorCode.GROUND_FAILURE), at=NOW
    )
    assert told == (want,)


@pytest.mark.parametrize(
    ("word", "more", "want"),
    [
        ("Faulted", {}, None),
        ("Faulted", {"vendorErrorCode": "E 7"}, Fault(vendor_code="E 7")),
        ("Charging", {"errorCode": "HighTemperature", "info": "51 °C"}, Fault("high_temperature", None, "51 °C")),
        ("Charging", {"errorCode": "Legrand42", "vendorErrorCode": "0x1"}, Fault("Legrand42", "0x1")),
        ("Charging", {"vendorErrorCode": "0000", "info": "ok"}, None),
        ("Charging", {"errorCode": ""}, None),
        ("Charging", {"errorCode": "ReaderFailure", "info": "HOLDER"}, Fault("reader_failure")),
        ("Charging", {"errorCode": "A\x00B" * 100}, Fault(("AB" * 100)[:50])),
    ],
)
def test_what_is_wrong_may_be_a_warning(word: str, more: Json, want: Fault | None) -> None:
    """1.6 section 4.9: with another status than Faulted. Without an error, what a vendor adds says nothing."""
    (told,) = V16.routes["StatusNotification"].read(status(word) | more, NOW)
    assert isinstance(told, StatusChanged)
    assert told.fault == want


def test_every_error_code_of_the_standard_has_a_word() -> None:
    """1.6 section 7.6."""
    schema = json.loads(files("ocpp").joinpath("v16", "schemas", "StatusNotification.json").read_text("utf-8-sig"))
    official = set(schema["properties"]["errorCode"]["enum"]) - {"NoError"}
    told = [V16.routes["StatusNotification"].read(status("Faulted") | {"errorCode": code}, NOW)[0] for code in official]
    codes = {each.fault.code for each in told if isinstance(each, StatusChanged) and each.fault is not None}
    assert codes == set(ErrorCode)


@pytest.mark.parametrize("payload", [status("Sleeping"), status(""), status("available"), status("Available", -1)])
def test_an_unknown_status_or_connector_says_nothing(payload: Json) -> None:
    """Nothing is guessed."""
    assert V16.routes["StatusNotification"].read(payload, NOW) == ()


SAMPLE = {"timestamp": AT, "sampledValue": [{"value": "1500"}]}
READING = Reading(
    measurand="Energy.Active.Import.Register",
    value=1500.0,
    unit="Wh",
    location="Outlet",
    context="Sample.Periodic",
    at=TEN,
)


@pytest.mark.parametrize(
    ("payload", "want"),
    [
        (
            {"connectorId": 2, "transactionId": 7, "meterValue": [SAMPLE]},
            (Metered(evse=2, transaction="7", readings=(READING,), at=TEN),),
        ),
        (
            {"connectorId": 0, "meterValue": [SAMPLE]},
            (Metered(evse=None, transaction=None, readings=(READING,), at=TEN),),
        ),
        (
            {"connectorId": 1, "transactionId": -1, "meterValue": [SAMPLE]},
            (Metered(evse=1, transaction=None, readings=(READING,), at=TEN),),
        ),
        (
            {"connectorId": 1, "meterValue": [{"timestamp": AT, "sampledValue": [{"value": "?"}]}]},
            (),
        ),
    ],
)
def test_meter_values_are_readings(payload: Json, want: tuple[Event, ...]) -> None:
    """Connector 0 is the main meter; transaction 0 or -1 is none; without a number nothing is told."""
    assert events("MeterValues", payload) == want
    assert reply("MeterValues", payload) == {}


def test_a_presented_token_is_a_question() -> None:
    """1.6 does not say where it was presented; its spelling is kept."""
    told = events("Authorize", {"idTag": "89c4704A"})
    assert told == (Authorizing(token=IdToken(value="89c4704A"), at=NOW),)


STANDINGS = [
    (Standing.ACCEPTED, "Accepted"),
    (Standing.UNKNOWN, "Invalid"),
    (Standing.BLOCKED, "Blocked"),
    (Standing.EXPIRED, "Expired"),
    (Standing.NOT_YET_VALID, "Blocked"),
    (Standing.CONCURRENT, "ConcurrentTx"),
    (Standing.RESERVED_FOR_OTHERS, "Blocked"),
]
START = {"connectorId": 2, "idTag": "89C4704A", "meterStart": 1000, "timestamp": AT}
STOP = {"transactionId": 42, "meterStop": 2500, "timestamp": AT}


def test_every_standing_has_a_word() -> None:
    """The table below misses none."""
    assert {standing for standing, _ in STANDINGS} == set(Standing)


@pytest.mark.parametrize(("standing", "word"), STANDINGS)
def test_every_standing_is_told_wherever_a_token_comes(standing: Standing, word: str) -> None:
    """Authorize, StartTransaction and StopTransaction judge a token alike (AuthorizationStatus of 1.6)."""
    verdict = Verdict(standing=standing, transaction="42")
    info = {"idTagInfo": {"status": word}}
    assert reply("Authorize", {"idTag": "89C4704A"}, verdict) == info
    assert reply("StartTransaction", START, verdict) == info | {"transactionId": 42}
    assert reply("StopTransaction", STOP | {"idTag": "89C4704A"}, verdict) == info


@pytest.mark.parametrize(("group", "told"), [("family", True), ("g" * 20, True), ("g" * 21, False)])
def test_the_group_is_told_as_parent(group: str, *, told: bool) -> None:
    """Without parentIdTag, members cannot use each other's holds; one that 1.6 cannot spell is left out."""
    answer = reply("Authorize", {"idTag": "A"}, Verdict(standing=Standing.ACCEPTED, group=group))
    parent = {"parentIdTag": group} if told else {}
    assert answer == {"idTagInfo": {"status": "Accepted"} | parent}


def test_an_empty_token_is_nobody_s() -> None:
    """Nobody is asked about it, and it is not valid; a start with it goes on as one of nobody."""
    assert events("Authorize", {"idTag": ""}) == ()
    assert reply("Authorize", {"idTag": ""}) == {"idTagInfo": {"status": "Invalid"}}
    (started,) = events("StartTransaction", START | {"idTag": ""})
    assert isinstance(started, Started)
    assert started.token is None


@pytest.mark.parametrize(
    ("told", "hold"),
    [
        ({"reservationId": 5}, 5),
        ({"reservationId": 0}, None),
        ({"reservationId": -1}, None),
        ({}, None),
    ],
)
def test_a_start_tells_who_where_when_and_with_which_hold(told: Json, hold: int | None) -> None:
    """The id is ours to give; holds of ours are positive, so 0 and -1 are none."""
    want = Started(transaction=None, evse=2, connector=1, token=HOLDER, hold=hold, meter_wh=1000.0, at=TEN)
    assert events("StartTransaction", START | told) == (want,)


def test_a_start_nowhere_is_still_told() -> None:
    """Connector 0 cannot charge; the start is answered all the same."""
    want = Started(transaction=None, evse=None, connector=None, token=HOLDER, meter_wh=1000.0, at=TEN)
    assert events("StartTransaction", START | {"connectorId": 0}) == (want,)


def test_a_start_is_answered_even_without_an_id() -> None:
    """A failed check never suppresses the answer (1.6 section 4.8), and the id is a required field."""
    want = {"transactionId": 0, "idTagInfo": {"status": "Invalid"}}
    assert reply("StartTransaction", START) == want
    blocked = Verdict(standing=Standing.BLOCKED)
    want = {"transactionId": 0, "idTagInfo": {"status": "Blocked"}}
    assert reply("StartTransaction", START, blocked) == want


@pytest.mark.parametrize(
    ("more", "want"),
    [
        ({}, Ended(transaction="42", meter_wh=2500.0, at=TEN)),
        ({"reason": "Local"}, Ended(transaction="42", meter_wh=2500.0, at=TEN)),
        (
            {"reason": "EVDisconnected", "idTag": "89C4704A"},
            Ended(transaction="42", token=HOLDER, meter_wh=2500.0, reason="EVDisconnected", at=TEN),
        ),
        (
            {"transactionData": [SAMPLE]},
            Ended(transaction="42", meter_wh=2500.0, readings=(READING,), at=TEN),
        ),
    ],
)
def test_a_stop_tells_of_the_end(more: Json, want: Ended) -> None:
    """Local is the ordinary reason (Reason of 1.6); transactionData is read too."""
    assert events("StopTransaction", STOP | more) == (want,)


def test_a_stop_of_no_transaction_says_nothing() -> None:
    """An id that is no number of ours ends nothing; it is answered all the same."""
    payload = STOP | {"transactionId": 2**70}
    assert events("StopTransaction", payload) == ()
    assert reply("StopTransaction", payload) == {}


def test_a_stop_without_a_token_is_only_confirmed() -> None:
    """There is nobody to judge."""
    assert reply("StopTransaction", STOP) == {}
    assert reply("StopTransaction", STOP, ACCEPTED) == {}


def test_only_starts_and_stops_wait_for_the_disk() -> None:
    """Their answers promise that we know of the transaction."""
    durable = {action for action, route in V16.routes.items() if route.durable({})}
    assert durable == {"StartTransaction", "StopTransaction"}


UNTIL = datetime(2026, 3, 1, 18, 30, 0, 500, tzinfo=UTC)

REQUESTS: list[tuple[Command, str, Json]] = [
    (
        PlaceHold(hold=7, evse=2, token=HOLDER, until=UNTIL),
        "ReserveNow",
        {
            "connectorId": 2,
            "expiryDate": "2026-03-01T18:30:00Z",
            "idTag": "89C4704A",
            "reservationId": 7,
        },
    ),
    (
        PlaceHold(
            hold=7,
            evse=None,
            token=IdToken(value="A", type="ISO14443"),
            until=UNTIL,
            group="family",
            connector_type="cType2",
        ),
        "ReserveNow",
        {
            "connectorId": 0,
            "expiryDate": "2026-03-01T18:30:00Z",
            "idTag": "A",
            "reservationId": 7,
            "parentIdTag": "family",
        },
    ),
    (DropHold(hold=7), "CancelReservation", {"reservationId": 7}),
    (
        AskForAbilities(plugs=(Plug(1, 1),)),
        "GetConfiguration",
        {"key": ["SupportedFeatureProfiles", "ReserveConnectorZeroSupported"]},
    ),
    (AskToBoot(), "TriggerMessage", {"requestedMessage": "BootNotification"}),
    (AskForStatus(evse=None), "TriggerMessage", {"requestedMessage": "StatusNotification"}),
    (
        AskForStatus(evse=2),
        "TriggerMessage",
        {"requestedMessage": "StatusNotification", "connectorId": 2},
    ),
]


@pytest.mark.parametrize(("command", "action", "payload"), REQUESTS)
def test_every_command_has_its_request(command: Command, action: str, payload: Json) -> None:
    """Connector 0 reserves any connector; expiry in whole seconds (1.6 section 5.13)."""
    request = V16.request(command)
    assert (request.action, request.payload) == (action, payload)
    assert request_violations(Version.V16, action, payload) == []


@pytest.mark.parametrize("word", ["Accepted", "Faulted", "Occupied", "Rejected", "Unavailable"])
def test_the_five_words_of_reserve_now(word: str) -> None:
    """ReservationStatus of 1.6: each is kept as it is."""
    assert V16.outcome(REQUESTS[0][0], {"status": word}) is Outcome(word)


@given(st.sampled_from(sorted(V16.routes)), st.data())
@settings(max_examples=600, deadline=None)
def test_no_sloppy_request_is_too_odd(action: str, data: st.DataObject) -> None:
    """Nothing that a careless charger sends raises, and whatever we answer is valid."""
    payload = data.draw(sloppy(Version.V16, action))
    route = V16.routes[action]
    assert all(isinstance(event, Event.__value__) for event in route.read(payload, NOW))
    assert route.durable(payload) in (True, False)
    standing = data.draw(st.sampled_from(Standing))
    verdict = data.draw(st.none() | st.just(Verdict(standing=standing, transaction="3", group="g")))
    reply(action, payload, verdict)


@given(st.sampled_from(sorted(V16.routes)), st.data())
@settings(max_examples=300, deadline=None)
def test_at_most_one_event_wants_a_verdict(action: str, data: st.DataObject) -> None:
    """A session gives one verdict per answer."""
    told = events(action, data.draw(proper(Version.V16, action)))
    assert sum(isinstance(event, (Authorizing, Started, Ended)) for event in told) <= 1


def answered(**values: str) -> AbilitiesTold:
    """What an answer with these keys tells."""
    entries = [{"key": key, "readonly": True, "value": value} for key, value in values.items()]
    (told,) = V16.told(ABILITIES, {"configurationKey": entries}, NOW)
    assert isinstance(told, AbilitiesTold)
    return told


ABILITIES = AskForAbilities(plugs=(Plug(1, 1), Plug(2, 1)))


@pytest.mark.parametrize(
    ("profiles", "want"),
    [
        ("Core,FirmwareManagement,Reservation", True),
        ("core , RESERVATION,RemoteTrigger", True),
        ("Core, SmartCharging", False),
        ("", None),
    ],
)
def test_a_charger_claims_reservations_by_its_feature_profiles(profiles: str, want: bool | None) -> None:
    """SupportedFeatureProfiles is a list of words, in any spelling; an empty one says nothing."""
    assert answered(SupportedFeatureProfiles=profiles).claims_reservations is want
    assert answered(supportedfeatureprofiles=profiles).claims_reservations is want


@pytest.mark.parametrize(("value", "want"), [("true", True), ("TRUE ", True), ("False", False), ("maybe", None)])
def test_a_charger_says_whether_it_holds_connector_zero(value: str, want: bool | None) -> None:
    """ReserveConnectorZeroSupported is a boolean as text."""
    assert answered(ReserveConnectorZeroSupported=value).holds_unspecific is want


def test_unknown_keys_say_nothing() -> None:
    """Neither claim nor denial; and 1.6 has no words for connector types, so nothing more is asked."""
    answer: Json = {"unknownKey": ["SupportedFeatureProfiles", "ReserveConnectorZeroSupported"]}
    nothing = AbilitiesTold(claims_reservations=None, holds_unspecific=None, types=None, at=NOW)
    assert V16.outcome(ABILITIES, answer) is Outcome.ACCEPTED
    assert V16.told(ABILITIES, answer, NOW) == (nothing,)
    assert V16.told(DropHold(hold=1), {"status": "Accepted"}, NOW) == ()


def test_a_date_is_told_with_the_time_of_its_reception() -> None:
    """So that the charger's clock can be judged."""
    (told,) = events("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"})
    assert isinstance(told, StatusChanged)
    assert (told.at, told.received) == (NOW, NOW)
    sample = {"timestamp": AT, "sampledValue": [{"value": "1"}]}
    (metered,) = events("MeterValues", {"connectorId": 1, "meterValue": [sample]})
    assert isinstance(metered, Metered)
    assert (metered.at, metered.received) == (TEN, NOW)
