"""How a charger is told to update itself or to send what it has logged, and what it tells of that, in every version."""

from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.ocpp_central.core.commands import Outcome
from custom_components.ocpp_central.core.events import FirmwareProgressed, SecurityTold, UploadBegun, UploadProgressed
from custom_components.ocpp_central.core.maintenance import FirmwareStage, SecurityKind, UploadStage
from custom_components.ocpp_central.core.orders import Log, Order, Signed, UpdateFirmware, UploadDiagnostics
from custom_components.ocpp_central.csms.dialect import Dialect, Json, UnsayableError
from custom_components.ocpp_central.csms.v2 import V21, V201
from custom_components.ocpp_central.csms.v16 import V16

from .official import reply_violations, request_schema, request_violations
from .test_v2 import AT, NOW

ALL, V2 = (V16, V201, V21), (V201, V21)
DIALECTS = [pytest.param(dialect, id=dialect.version.value) for dialect in ALL]
WHERE = "ftp://user:OPENSESAME@192.0.2.1/"
LATER = NOW + timedelta(hours=1)
TIME, TIME_LATER = "2026-03-01T12:00:00Z", "2026-03-01T13:00:00Z"

UPDATE = UpdateFirmware(location=WHERE, retrieve=NOW, number=7)
UPLOAD = UploadDiagnostics(location=WHERE, number=7)
SIGNED = UpdateFirmware(location=WHERE, retrieve=NOW, install=LATER, retries=1, number=7, signed=Signed("PEM", "c2ln"))
SECURITY, COLLECTED = (
    UploadDiagnostics(location=WHERE, since=NOW, retries=1, number=7, log=log)
    for log in (Log.SECURITY, Log.DATA_COLLECTOR)
)
SIGNED_PAYLOAD: Json = {
    "requestId": 7,
    "retries": 1,
    "firmware": {
        "location": WHERE,
        "retrieveDateTime": TIME,
        "installDateTime": TIME_LATER,
        "signingCertificate": "PEM",
        "signature": "c2ln",
    },
}
LOG_PAYLOAD: Json = {"requestId": 7, "retries": 1, "log": {"remoteLocation": WHERE, "oldestTimestamp": TIME}}

SAID: list[tuple[tuple[Dialect, ...], Order, str, Json]] = [
    ((V16,), UPDATE, "UpdateFirmware", {"location": WHERE, "retrieveDate": TIME}),
    (
        (V16,),
        UpdateFirmware(location=WHERE, retrieve=NOW, retries=3, retry_interval=60),
        "UpdateFirmware",
        {"location": WHERE, "retrieveDate": TIME, "retries": 3, "retryInterval": 60},
    ),
    (
        V2,
        UPDATE,
        "UpdateFirmware",
        {"requestId": 7, "firmware": {"location": WHERE, "retrieveDateTime": TIME}},
    ),
    (
        V2,
        UpdateFirmware(location=WHERE, retrieve=NOW, install=LATER, retries=0, number=7),
        "UpdateFirmware",
        {
            "requestId": 7,
            "retries": 0,
            "firmware": {"location": WHERE, "retrieveDateTime": TIME, "installDateTime": TIME_LATER},
        },
    ),
    ((V16,), SIGNED, "SignedUpdateFirmware", SIGNED_PAYLOAD),
    (V2, SIGNED, "UpdateFirmware", SIGNED_PAYLOAD),
    (ALL, SECURITY, "GetLog", LOG_PAYLOAD | {"logType": "SecurityLog"}),
    ((V21,), COLLECTED, "GetLog", LOG_PAYLOAD | {"logType": "DataCollectorLog"}),
    ((V16,), UPLOAD, "GetDiagnostics", {"location": WHERE}),
    (
        (V16,),
        UploadDiagnostics(location=WHERE, since=NOW, until=LATER, retry_interval=5),
        "GetDiagnostics",
        {"location": WHERE, "startTime": TIME, "stopTime": TIME_LATER, "retryInterval": 5},
    ),
    (V2, UPLOAD, "GetLog", {"logType": "DiagnosticsLog", "requestId": 7, "log": {"remoteLocation": WHERE}}),
    (
        V2,
        UploadDiagnostics(location=WHERE, since=NOW, until=LATER, number=7),
        "GetLog",
        {
            "logType": "DiagnosticsLog",
            "requestId": 7,
            "log": {"remoteLocation": WHERE, "oldestTimestamp": TIME, "latestTimestamp": TIME_LATER},
        },
    ),
]


@pytest.mark.parametrize(
    ("dialect", "order", "action", "payload"),
    [(dialect, order, action, payload) for dialects, order, action, payload in SAID for dialect in dialects],
)
def test_an_order_is_said_in_the_words_of_the_version(
    dialect: Dialect, order: Order, action: str, payload: Json
) -> None:
    """As the schemas want it; a location may have a password, so it is in no repr."""
    request = dialect.request(order)
    assert (request.action, request.payload) == (action, payload)
    assert request_violations(dialect.version, action, payload) == []
    assert "OPENSESAME" not in repr(order) + repr(request)


UNSAYABLE: list[tuple[Dialect, Order, str]] = [
    (V16, UpdateFirmware(location=WHERE, retrieve=NOW, install=LATER), "install"),
    *((dialect, UpdateFirmware(location="x" * 513, retrieve=NOW), "location") for dialect in V2),
    *((dialect, UploadDiagnostics(location="x" * 513), "location") for dialect in V2),
    *((dialect, COLLECTED, "log") for dialect in (V16, V201)),
    *((dialect, replace(SIGNED, signed=Signed("x" * 5501, "c2ln")), "certificate") for dialect in ALL),
    *((dialect, replace(SIGNED, signed=Signed("PEM", "x" * 801)), "signature") for dialect in ALL),
]


@pytest.mark.parametrize(("dialect", "order", "part"), UNSAYABLE)
def test_what_a_version_cannot_say_is_not_sent(dialect: Dialect, order: Order, part: str) -> None:
    """1.6 installs as soon as it can; each version has its logs, and 2.x a bound for locations."""
    with pytest.raises(UnsayableError) as raised:
        dialect.request(order)
    assert raised.value.part == part


@pytest.mark.parametrize("order", [UPDATE, UPLOAD], ids=["update", "upload"])
def test_1_6_agrees_by_answering(order: Order) -> None:
    """It has no word for it."""
    assert V16.outcome(order, {}) is Outcome.ACCEPTED
    assert V16.said(order, {}) == (None, None)


WORDS = [
    (UPDATE, "Accepted", Outcome.ACCEPTED),
    (UPDATE, "AcceptedCanceled", Outcome.ACCEPTED),
    (UPDATE, "Rejected", Outcome.REJECTED),
    (UPDATE, "InvalidCertificate", Outcome.REJECTED),
    (UPDATE, "RevokedCertificate", Outcome.REJECTED),
    (UPLOAD, "Accepted", Outcome.ACCEPTED),
    (UPLOAD, "AcceptedCanceled", Outcome.ACCEPTED),
    (UPLOAD, "Rejected", Outcome.REJECTED),
]


@pytest.mark.parametrize("dialect", V2, ids=lambda dialect: dialect.version.value)
@pytest.mark.parametrize(("order", "word", "outcome"), WORDS)
def test_every_word_has_its_outcome(dialect: Dialect, order: Order, word: str, outcome: Outcome) -> None:
    """And nothing is guessed."""
    assert reply_violations(dialect.version, dialect.request(order).action, {"status": word}) == []
    assert dialect.outcome(order, {"status": word}) is outcome
    for other in ("Perhaps", ""):
        assert dialect.outcome(order, {"status": other}) is Outcome.UNREADABLE


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("file", ["log.zip", None])
def test_the_name_of_the_file_is_told(dialect: Dialect, file: str | None) -> None:
    """Which the versions spell differently."""
    key = "fileName" if dialect is V16 else "filename"
    answer = ({} if dialect is V16 else {"status": "Accepted"}) | ({} if file is None else {key: file})
    assert dialect.told(UPLOAD, answer, NOW) == (UploadBegun(file=file, at=NOW),)


FIRMWARE = ("FirmwareStatusNotification", "SignedFirmwareStatusNotification")
UPLOADS = ("DiagnosticsStatusNotification", "LogStatusNotification")


def words(dialect: Dialect, action: str) -> list[str]:
    """The status words of a message; none where the version has no such message."""
    if action not in dialect.routes:
        return []
    schema = request_schema(dialect.version, action)
    field = schema["properties"]["status"]
    found: list[str] = field.get("enum") or schema["definitions"][field["$ref"].rsplit("/", 1)[-1]]["enum"]
    return found


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(("actions", "kind"), [(FIRMWARE, FirmwareProgressed), (UPLOADS, UploadProgressed)])
def test_every_stage_of_the_standard_is_told(
    dialect: Dialect, actions: tuple[str, ...], kind: type[FirmwareProgressed | UploadProgressed]
) -> None:
    """Whatever word the version has for it; an unknown one says nothing."""
    for action in actions:
        for word in words(dialect, action):
            (event,) = dialect.routes[action].read({"status": word}, NOW)
            assert isinstance(event, kind), word
            assert dialect.routes[action].reply({"status": word}, None, NOW) == {}
        if action in dialect.routes:
            assert dialect.routes[action].read({"status": "Perhaps"}, NOW) == ()


@pytest.mark.parametrize(
    ("word", "stage"),
    [("UploadFailed", UploadStage.UPLOAD_FAILED), ("Uploaded", UploadStage.UPLOADED)],
)
def test_stages_of_an_upload(word: str, stage: UploadStage) -> None:
    """In our words."""
    assert V16.routes["DiagnosticsStatusNotification"].read({"status": word}, NOW) == (
        UploadProgressed(stage=stage, at=NOW),
    )


def test_stages_of_a_firmware() -> None:
    """In our words."""
    read = V201.routes["FirmwareStatusNotification"].read
    for word, stage in (
        ("InstallRebooting", FirmwareStage.INSTALL_REBOOTING),
        ("InstallationFailed", FirmwareStage.INSTALLATION_FAILED),
        ("InvalidSignature", FirmwareStage.INVALID_SIGNATURE),
    ):
        assert read({"status": word}, NOW) == (FirmwareProgressed(stage=stage, at=NOW),)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("SettingSystemTime", SecurityKind.SETTING_SYSTEM_TIME),
        ("FailedToAuthenticateAtCsms", SecurityKind.FAILED_TO_AUTHENTICATE_AT_CENTRAL_SYSTEM),
        ("FailedToAuthenticateAtCentralSystem", SecurityKind.FAILED_TO_AUTHENTICATE_AT_CENTRAL_SYSTEM),
        ("CsmsFailedToAuthenticate", SecurityKind.CENTRAL_SYSTEM_FAILED_TO_AUTHENTICATE),
        ("InvalidChargingStationCertificate", SecurityKind.INVALID_CHARGER_CERTIFICATE),
        ("InvalidChargePointCertificate", SecurityKind.INVALID_CHARGER_CERTIFICATE),
        ("InvalidCsmsCertificate", SecurityKind.INVALID_CENTRAL_SYSTEM_CERTIFICATE),
        ("InvalidTLSVersion", SecurityKind.INVALID_TLS_VERSION),
        ("StartupOfTheDevice", SecurityKind.STARTUP_OF_THE_DEVICE),
        ("VendorsOwn", SecurityKind.OTHER),
    ],
)
def test_what_concerns_security_is_told(dialect: Dialect, word: str, kind: SecurityKind) -> None:
    """In the words of all versions; details, which may say anything, are left out."""
    route = dialect.routes["SecurityEventNotification"]
    payload = {"type": word, "timestamp": AT, "techInfo": "OPENSESAME"}
    (event,) = route.read(payload, NOW)
    assert isinstance(event, SecurityTold)
    assert (event.kind, event.word) == (kind, word)
    assert "OPENSESAME" not in repr(event)
    assert route.reply(payload, None, NOW) == {}
    assert route.read({"type": "", "timestamp": AT}, NOW) == ()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_kind_without_end_is_cut(dialect: Dialect) -> None:
    """It is shown."""
    (event,) = dialect.routes["SecurityEventNotification"].read({"type": "x" * 5000, "timestamp": AT}, NOW)
    assert isinstance(event, SecurityTold)
    assert event.word == "x" * 50
