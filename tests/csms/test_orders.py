"""How a charger is told to do what somebody wants now, in every version, and what its words for that mean."""

import pytest

from custom_components.ocpp_central.core.commands import Outcome
from custom_components.ocpp_central.core.limits import Purpose
from custom_components.ocpp_central.core.orders import (
    ChangeAvailability,
    ChangeConfiguration,
    ClearCache,
    ClearLimit,
    Order,
    ReadConfiguration,
    Reset,
    TransferData,
    TriggerMessage,
    Unlock,
    UpdateFirmware,
    UploadDiagnostics,
)
from custom_components.ocpp_central.csms.dialect import Dialect, Json, UnsayableError, Version
from custom_components.ocpp_central.csms.v2 import V21, V201
from custom_components.ocpp_central.csms.v16 import V16

from .official import request_schema, request_violations, violations
from .test_v2 import NOW

ALL = (V16, V201, V21)
DIALECTS = [pytest.param(dialect, id=dialect.version.value) for dialect in ALL]
V2 = (V201, V21)

UNLOCK = Unlock(evse=2, connector=1)
SOFT, HARD = Reset(hard=False), Reset(hard=True)
CACHE = ClearCache()
OUT, BACK = ChangeAvailability(evse=2, available=False), ChangeAvailability(evse=2, available=True)
OTHERS = (
    ReadConfiguration(names=(), number=1),
    ChangeConfiguration(name="A.B", value="1"),
    UpdateFirmware(location="ftp://192.0.2.1", retrieve=NOW),
    UploadDiagnostics(location="ftp://192.0.2.1"),
    TransferData(vendor="V", message=None, data=None),
)
ALL_OUT = ChangeAvailability(evse=None, available=False)


def trigger(message: str, evse: int | None = None, connector: int | None = None) -> TriggerMessage:
    """The order to send a message."""
    return TriggerMessage(message=message, evse=evse, connector=connector)


def on(
    dialects: tuple[Dialect, ...], order: Order, action: str, payload: Json
) -> list[tuple[Dialect, Order, str, Json]]:
    """An order as these versions say it."""
    return [(dialect, order, action, payload) for dialect in dialects]


SAID = [
    *on((V16,), OUT, "ChangeAvailability", {"connectorId": 2, "type": "Inoperative"}),
    *on((V16,), BACK, "ChangeAvailability", {"connectorId": 2, "type": "Operative"}),
    *on((V16,), ALL_OUT, "ChangeAvailability", {"connectorId": 0, "type": "Inoperative"}),
    *on(V2, OUT, "ChangeAvailability", {"evse": {"id": 2}, "operationalStatus": "Inoperative"}),
    *on(V2, BACK, "ChangeAvailability", {"evse": {"id": 2}, "operationalStatus": "Operative"}),
    *on(V2, ALL_OUT, "ChangeAvailability", {"operationalStatus": "Inoperative"}),
    *on((V16,), UNLOCK, "UnlockConnector", {"connectorId": 2}),
    *on(V2, UNLOCK, "UnlockConnector", {"evseId": 2, "connectorId": 1}),
    *on((V16,), SOFT, "Reset", {"type": "Soft"}),
    *on((V16,), HARD, "Reset", {"type": "Hard"}),
    *on(V2, SOFT, "Reset", {"type": "OnIdle"}),
    *on(V2, HARD, "Reset", {"type": "Immediate"}),
    *on(V2, Reset(hard=False, evse=2), "Reset", {"type": "OnIdle", "evseId": 2}),
    *on(ALL, CACHE, "ClearCache", {}),
    *on(
        (V21,),
        TriggerMessage(message="Vendor's own", custom=True),
        "TriggerMessage",
        {"requestedMessage": "CustomTrigger", "customTrigger": "Vendor's own"},
    ),
    *on(
        (V21,),
        TriggerMessage(message="Heartbeat", custom=True, evse=2),
        "TriggerMessage",
        {"requestedMessage": "CustomTrigger", "customTrigger": "Heartbeat", "evse": {"id": 2}},
    ),
    *on(ALL, trigger("MeterValues"), "TriggerMessage", {"requestedMessage": "MeterValues"}),
    *on((V16,), trigger("MeterValues", 2, 1), "TriggerMessage", {"requestedMessage": "MeterValues", "connectorId": 2}),
    *on(V2, trigger("MeterValues", 2, 1), "TriggerMessage", {"requestedMessage": "MeterValues", "evse": {"id": 2}}),
    *on(
        (V16,),
        trigger("SignChargePointCertificate"),
        "ExtendedTriggerMessage",
        {"requestedMessage": "SignChargePointCertificate"},
    ),
    # F06.FR.12: a status is that of a connector
    *on(
        V2,
        trigger("StatusNotification", 2, 3),
        "TriggerMessage",
        {"requestedMessage": "StatusNotification", "evse": {"id": 2, "connectorId": 3}},
    ),
    *on(
        V2,
        trigger("StatusNotification", 2),
        "TriggerMessage",
        {"requestedMessage": "StatusNotification", "evse": {"id": 2, "connectorId": 1}},
    ),
]


@pytest.mark.parametrize(("dialect", "order", "action", "payload"), SAID)
def test_an_order_is_said_in_the_words_of_the_version(
    dialect: Dialect, order: Order, action: str, payload: Json
) -> None:
    """As the schemas want it."""
    request = dialect.request(order)
    assert (request.action, request.payload) == (action, payload)
    assert request_violations(dialect.version, action, payload) == []


UNSAYABLE: list[tuple[Dialect, Order, str]] = [
    (V16, Reset(hard=True, evse=2), "evse"),
    *((dialect, TriggerMessage(message="Heartbeat", custom=True), "custom") for dialect in (V16, V201)),
    (V21, TriggerMessage(message="x" * 51, custom=True), "custom"),
    *((dialect, trigger("Perhaps"), "message") for dialect in ALL),
]


@pytest.mark.parametrize(("dialect", "order", "part"), UNSAYABLE)
def test_what_a_version_cannot_say_is_named(dialect: Dialect, order: Order, part: str) -> None:
    """So that whoever wants it is told what to leave out."""
    with pytest.raises(UnsayableError) as raised:
        dialect.request(order)
    assert raised.value.part == part


@pytest.mark.parametrize("dialect", DIALECTS)
def test_all_that_a_version_can_trigger_is_triggered_and_nothing_else(dialect: Dialect) -> None:
    """Every word of its schemas, but for what a vendor has defined, which needs more than a name."""
    known = set(_triggers(dialect.version, "TriggerMessage"))
    if dialect.version is Version.V16:
        known |= set(_triggers(Version.V16, "ExtendedTriggerMessage"))
    for word in known - {"CustomTrigger"}:
        request = dialect.request(trigger(word))
        assert request_violations(dialect.version, request.action, request.payload) == [], word
    others = {word for each in ALL for word in _triggers(each.version, "TriggerMessage")} - known
    for word in {*others, "CustomTrigger", "Perhaps"}:
        with pytest.raises(UnsayableError):
            dialect.request(trigger(word))


def _triggers(version: Version, action: str) -> list[str]:
    schema = request_schema(version, action)
    field = schema["properties"]["requestedMessage"]
    words: list[str] = field.get("enum") or schema["definitions"]["MessageTriggerEnumType"]["enum"]
    return words


def meaning(dialects: tuple[Dialect, ...], order: Order, **words: Outcome) -> list[tuple[Dialect, Order, str, Outcome]]:
    """What the words that answer an order mean in these versions."""
    return [(dialect, order, word, outcome) for dialect in dialects for word, outcome in words.items()]


AGREES, LATER = Outcome.ACCEPTED, Outcome.SCHEDULED
REFUSES, CANNOT = Outcome.REJECTED, Outcome.NOT_IMPLEMENTED
WORDS = [
    *meaning((V16,), UNLOCK, Unlocked=AGREES, UnlockFailed=REFUSES, NotSupported=CANNOT),
    *meaning(
        V2,
        UNLOCK,
        Unlocked=AGREES,
        UnlockFailed=REFUSES,
        OngoingAuthorizedTransaction=REFUSES,
        UnknownConnector=REFUSES,
    ),
    *meaning(ALL, SOFT, Accepted=AGREES, Rejected=REFUSES),
    *meaning(V2, SOFT, Scheduled=LATER),
    *meaning(ALL, OUT, Accepted=AGREES, Rejected=REFUSES, Scheduled=LATER),
    *meaning(ALL, CACHE, Accepted=AGREES, Rejected=REFUSES),
    *meaning(ALL, trigger("Heartbeat"), Accepted=AGREES, Rejected=REFUSES, NotImplemented=CANNOT),
]


@pytest.mark.parametrize(("dialect", "order", "word", "outcome"), WORDS)
def test_every_word_has_its_outcome_and_is_kept(dialect: Dialect, order: Order, word: str, outcome: Outcome) -> None:
    """2.x may say why."""
    reason = {} if dialect is V16 else {"statusInfo": {"reasonCode": "Because"}}
    answer = {"status": word} | reason
    assert violations(dialect.version, f"{dialect.request(order).action}Response", answer) == []
    assert dialect.outcome(order, answer) is outcome
    assert dialect.said(order, answer) == (word, "Because" if reason else None)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("word", "outcome"),
    [("Rejected", REFUSES), ("Failed", REFUSES), ("NotSupported", CANNOT), ("NotImplemented", CANNOT)],
)
@pytest.mark.parametrize(
    "order",
    [UNLOCK, SOFT, CACHE, OUT, trigger("Heartbeat"), ClearLimit(evse=1, purpose=Purpose.DEFAULT)],
    ids=lambda order: type(order).__name__,
)
def test_a_refusal_is_one_whichever_answer_it_belongs_to(
    dialect: Dialect, order: Order, word: str, outcome: Outcome
) -> None:
    """Chargers confuse the words of the answers; each of these says no, and is shown."""
    assert dialect.outcome(order, {"status": word}) is outcome


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("word", ["accepted", "ACCEPTED", " Accepted "])
def test_a_word_is_understood_however_it_is_spelled(dialect: Dialect, word: str) -> None:
    """Of every kind of answer."""
    orders: list[Order] = [SOFT, ClearLimit(evse=1, purpose=Purpose.DEFAULT), *OTHERS]
    for order in orders:
        answer: Json = {"status": word}
        if isinstance(order, ChangeConfiguration) and dialect is not V16:
            answer = {"setVariableResult": [{"attributeStatus": word}]}
        assert dialect.outcome(order, answer) is AGREES, order


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "order", [UNLOCK, SOFT, CACHE, OUT, trigger("Heartbeat")], ids=lambda order: type(order).__name__
)
def test_any_other_word_leaves_the_outcome_unknown(dialect: Dialect, order: Order) -> None:
    """Nothing is guessed."""
    assert dialect.outcome(order, {"status": "Perhaps"}) is Outcome.UNREADABLE
    assert dialect.outcome(order, {}) is Outcome.UNREADABLE
    assert dialect.told(order, {"status": "Accepted"}, NOW) == ()
