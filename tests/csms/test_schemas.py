"""Which payloads are acceptable, and what is overlooked."""

from typing import Any, cast

from hypothesis import given, settings, strategies as st
import orjson
import pytest

from custom_components.ocpp_central.csms.dialect import Json, Version
from custom_components.ocpp_central.csms.errors import CODES, Fault
from custom_components.ocpp_central.csms.needed import needed
from custom_components.ocpp_central.csms.schemas import Note, Violation, load

from .official import FOLDERS, actions, schema

STATUS: Json = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
SAMPLE: Json = {"value": "1.5"}
START: Json = {"connectorId": 1, "idTag": "A", "meterStart": 1, "timestamp": "2026-11-21T12:00:00Z"}
STOP: Json = {"transactionId": 7, "meterStop": 1, "timestamp": "2026-11-21T12:00:00Z"}
BOOT: Json = {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}}
PROFILE: Json = {
    "connectorId": 1,
    "csChargingProfiles": {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": {
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.0}],
        },
    },
}


def metered(*samples: Json) -> Json:
    """A 1.6 MeterValues of one moment."""
    moment = {"timestamp": "2026-11-21T12:00:00", "sampledValue": list(samples)}
    return {"connectorId": 1, "meterValue": [moment]}


def accepted(action: str, payload: Json, version: Version = Version.V16, **how: Any) -> tuple[Json, tuple[Note, ...]]:
    """What becomes of a request's payload under relaxed checking."""
    return load()[version].request(action, payload, **{"relaxed": True} | how)


def violation(
    action: str, payload: object, version: Version = Version.V16, *, relaxed: bool = True
) -> tuple[Fault, str]:
    """Why a request's payload is refused: the fault and the place."""
    with pytest.raises(Violation) as raised:
        load()[version].request(action, cast("Json", payload), relaxed=relaxed)
    assert raised.value.place in str(raised.value)
    return raised.value.fault, raised.value.place


def test_a_number_that_is_not_exact_is_no_text() -> None:
    """JSON's numbers end at 64 bits here: beyond, two cards would be one."""
    assert accepted("Authorize", {"idTag": 2**64 - 1})[0] == {"idTag": "18446744073709551615"}
    inexact = orjson.loads(b'{"idTag":18446744073709551617}')
    assert violation("Authorize", inexact) == (Fault.TYPE, "idTag")


@pytest.mark.parametrize("data", [{"a": [1]}, [1, 2], 7, True, "text", None])
def test_what_a_vendor_sends_is_read_whatever_it_is(data: object) -> None:
    """1.6 wants a text, chargers send objects (docs/quirks.md); the same in answers."""
    payload, notes = accepted("DataTransfer", {"vendorId": "V", "data": data})
    assert payload == {"vendorId": "V", "data": data}
    assert notes == (() if isinstance(data, str) else (Note(keyword="type", place="data"),))
    answer: Json = {"status": "Accepted", "data": data}
    assert load()[Version.V16].response("DataTransfer", answer, relaxed=True)[0] == answer


@pytest.mark.parametrize("version", Version)
def test_every_action_has_both_schemas(version: Version) -> None:
    """All official schemas are there: 39, 64 and 90 actions with an answer, and 2.1's one SEND."""
    schemas = load()[version]
    for action in actions(version):
        assert schemas.knows(action)
        with pytest.raises(Violation):
            schemas.response(action, [], relaxed=True)  # type: ignore[arg-type]
    assert not schemas.knows("HeartbeatResponse")
    assert not schemas.knows("Nonsense")
    assert schemas.knows("NotifyPeriodicEventStream") is (version is Version.V21)


@pytest.mark.parametrize("version", Version)
def test_the_drafts_differ_in_nothing_but_integers(version: Version) -> None:
    """All schemas are read as draft 4: no keyword of theirs has another meaning in the draft that they name."""
    harmless = {
        *("$schema", "$id", "$ref", "title", "comment", "description", "javaType", "default"),
        *("type", "properties", "required", "additionalProperties", "definitions"),
        *("items", "additionalItems", "minItems", "maxItems", "enum", "format"),
        *("maxLength", "multipleOf", "minimum", "maximum"),
    }

    def keywords(node: object) -> set[str]:
        if not isinstance(node, dict):
            return set()
        found = set(node)
        for names in ("properties", "definitions"):
            for inner in node.get(names, {}).values():
                found |= keywords(inner)
        return found | keywords(node.get("items"))

    for action in actions(version):
        document = schema(version, f"{action}Response")
        assert document["$schema"].startswith("http://json-schema.org/draft-0"), action
        assert keywords(document) <= harmless, action
    assert FOLDERS[version]


@pytest.mark.parametrize("relaxed", [True, False])
def test_a_clean_payload_is_used_as_it_is(relaxed: bool) -> None:
    """Nothing is copied or noted where nothing is wrong."""
    payload, notes = accepted("StatusNotification", STATUS, relaxed=relaxed)
    assert payload is STATUS
    assert notes == ()


@pytest.mark.parametrize(
    ("version", "fault", "code"),
    [
        (Version.V16, Fault.UNREADABLE, "FormationViolation"),
        (Version.V16, Fault.UNKNOWN_MESSAGE_TYPE, None),
        (Version.V16, Fault.UNKNOWN_ACTION, "NotImplemented"),
        (Version.V16, Fault.UNSUPPORTED_ACTION, "NotSupported"),
        (Version.V16, Fault.FORMATION, "FormationViolation"),
        (Version.V16, Fault.OCCURRENCE, "OccurenceConstraintViolation"),
        (Version.V16, Fault.TYPE, "TypeConstraintViolation"),
        (Version.V16, Fault.VALUE, "PropertyConstraintViolation"),
        (Version.V16, Fault.INTERNAL, "InternalError"),
        *(
            (version, fault, code)
            for version in (Version.V201, Version.V21)
            for fault, code in (
                (Fault.UNREADABLE, "RpcFrameworkError"),
                (Fault.UNKNOWN_MESSAGE_TYPE, "MessageTypeNotSupported"),
                (Fault.UNKNOWN_ACTION, "NotImplemented"),
                (Fault.UNSUPPORTED_ACTION, "NotSupported"),
                (Fault.FORMATION, "FormatViolation"),
                (Fault.OCCURRENCE, "OccurrenceConstraintViolation"),
                (Fault.TYPE, "TypeConstraintViolation"),
                (Fault.VALUE, "PropertyConstraintViolation"),
                (Fault.INTERNAL, "InternalError"),
            )
        ),
    ],
)
def test_each_version_spells_its_own_codes(version: Version, fault: Fault, code: str | None) -> None:
    """OCPP-J 1.6 table 7 with its two odd spellings; 2.x part 4, valid error codes."""
    assert CODES[version][fault] == code
    assert set(CODES[version]) == set(Fault)


@pytest.mark.parametrize(
    ("payload", "keyword", "place"),
    [
        (STATUS | {"extra": 1}, "additionalProperties", "extra"),
        (STATUS | {"bad name": 1}, "additionalProperties", "?"),
        (STATUS | {"x" * 51: 1}, "additionalProperties", "?"),
        (STATUS | {"vendorId": "x" * 256}, "maxLength", "vendorId"),
        (STATUS | {"errorCode": "Burnt"}, "enum", "errorCode"),
    ],
)
def test_harmless_oddities_are_accepted_as_they_are(payload: Json, keyword: str, place: str) -> None:
    """Vendor keys, over-long strings and unknown words stay in the payload, and are noted."""
    assert accepted("StatusNotification", payload) == (
        payload,
        (Note(keyword=keyword, place=place),),
    )


def test_limits_of_numbers_and_lists_are_overlooked() -> None:
    """multipleOf, minimum, maximum, minItems and maxItems lose no meaning."""
    odd: Json = {
        "connectorId": 1,
        "csChargingProfiles": PROFILE["csChargingProfiles"]
        | {
            "chargingSchedule": {
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.123}],
            }
        },
    }
    payload, notes = accepted("SetChargingProfile", odd)
    assert payload == odd
    assert [note.keyword for note in notes] == ["multipleOf"]
    empty = {"evseId": 0, "meterValue": []}
    assert accepted("MeterValues", empty, Version.V201) == (
        empty,
        (Note(keyword="minItems", place="meterValue"),),
    )
    below = {
        "timestamp": "2026-11-21T12:00:00Z",
        "connectorStatus": "Available",
        "evseId": -1,
        "connectorId": 1,
    }
    assert accepted("StatusNotification", below, Version.V21) == (
        below,
        (Note(keyword="minimum", place="evseId"),),
    )


def test_times_are_not_judged() -> None:
    """A timestamp without a zone passes: times are parsed by those who read them."""
    assert accepted("MeterValues", metered(SAMPLE))[1] == ()


def test_one_place_is_noted_once_for_all_items_of_a_list() -> None:
    """A vendor's measurand in every sample is one oddity, not a hundred."""
    _, notes = accepted("MeterValues", metered(*[SAMPLE | {"measurand": "Vendor.Own"}] * 100))
    assert notes == (Note(keyword="enum", place="meterValue[].sampledValue[].measurand"),)


def test_a_payload_is_accepted_without_a_description() -> None:
    """Describing thousands of oddities would hold up everybody else: the caller may do without."""
    samples = [SAMPLE | {"measurand": "Vendor.Own", "extra": 1}] * 20_000
    payload, notes = accepted("MeterValues", metered(*samples), describe=False)
    assert payload == metered(*samples)
    assert notes == (Note(keyword="undescribed", place=""),)


@pytest.mark.parametrize("value", [None, True, [], {}])
def test_a_mistyped_optional_property_is_left_out(value: object) -> None:
    """What cannot be used and is not needed is dropped and noted; the original stays untouched."""
    original = STATUS | {"info": value}
    payload, notes = accepted("StatusNotification", original)
    assert payload == STATUS
    assert notes == (Note(keyword="type", place="info"),)
    assert "info" in original


def test_null_in_every_sample_is_left_out_at_once() -> None:
    """Chargers that write null for what they do not know do so everywhere; good neighbours stay."""
    nulls = {"phase": None, "unit": None, "context": None, "format": None, "location": None}
    good = SAMPLE | {"phase": "L1"}
    payload, notes = accepted("MeterValues", metered(*[SAMPLE | nulls] * 500, good))
    assert payload == metered(*[SAMPLE] * 500, good)
    assert {note.place for note in notes} == {f"meterValue[].sampledValue[].{name}" for name in nulls}


def test_different_wrong_types_in_one_place_are_all_left_out() -> None:
    """Each kind of wrong value goes, whichever item it is in."""
    units: tuple[object, ...] = (None, True, "Wh", [], {})
    samples = [SAMPLE | {"unit": unit} for unit in units]
    payload, _ = accepted("MeterValues", metered(*samples))
    assert payload == metered(*[SAMPLE if not isinstance(sample["unit"], str) else sample for sample in samples])


def test_a_number_where_a_text_belongs_is_that_text() -> None:
    """Some chargers of 1.6 write meter values as numbers; nothing is lost by that, in whichever item it is."""
    samples = [SAMPLE | {"value": value} for value in (230, 229.5, "231", -1)]
    payload, notes = accepted("MeterValues", metered(*samples))
    assert payload == metered(*[SAMPLE | {"value": value} for value in ("230", "229.5", "231", "-1")])
    assert notes == (Note(keyword="type", place="meterValue[].sampledValue[].value"),)
    assert samples[0]["value"] == 230
    assert accepted("Authorize", {"idTag": 4711})[0] == {"idTag": "4711"}


@pytest.mark.parametrize(
    ("action", "told", "read"),
    [
        ("StatusNotification", STATUS | {"connectorId": "1"}, STATUS),
        ("StatusNotification", STATUS | {"connectorId": " 1.0 "}, STATUS),
        ("StopTransaction", STOP | {"transactionId": "-1"}, STOP | {"transactionId": -1}),
        ("StopTransaction", STOP | {"meterStop": 26008.333}, STOP | {"meterStop": 26008}),
        ("StopTransaction", STOP | {"meterStop": "26008.7"}, STOP | {"meterStop": 26009}),
        ("StartTransaction", START | {"meterStart": 0.4}, START | {"meterStart": 0}),
    ],
)
def test_a_text_or_fraction_where_a_number_belongs_is_that_number(action: str, told: Json, read: Json) -> None:
    """What is meant is plain; the fraction of a watt hour can be spared, that of a connector cannot."""
    payload, notes = accepted(action, told)
    assert payload == read
    assert [note.keyword for note in notes] == ["type"]
    assert "." not in repr({name: value for name, value in payload.items() if name != "timestamp"})


@pytest.mark.parametrize("text", ["", "one", "1.5", "1_0", "nan", "inf", "1e400", "٣"])
def test_a_text_that_spells_no_whole_number_is_none(text: str) -> None:
    """Python would read some of them."""
    assert violation("StatusNotification", STATUS | {"connectorId": text}) == (Fault.TYPE, "connectorId")


def test_numbers_of_2_may_be_texts() -> None:
    """A text between numbers is read, one that spells none is left out."""
    values: list[object] = [1, "2.5", "many", None]
    moment = {"timestamp": "2026-11-21T12:00:00Z", "sampledValue": [{"value": value} for value in values]}
    payload, notes = accepted("MeterValues", {"evseId": "1", "meterValue": [moment]}, Version.V201)
    assert payload["evseId"] == 1
    assert payload["meterValue"][0]["sampledValue"] == [{"value": 1}, {"value": 2.5}, {}, {}]
    assert {note.keyword for note in notes} == {"type", "required"}


@pytest.mark.parametrize(("told", "read"), [("true", True), ("False", False), ("0", False), (1, True), (True, True)])
def test_a_yes_or_no_may_be_spelled(told: object, read: bool) -> None:
    """Chargers answer to GetConfiguration with texts and numbers for booleans, and values of any type."""
    entries = [{"key": "A", "readonly": told, "value": 5}, {"key": "B", "readonly": True, "value": False}]
    payload, _ = load()[Version.V16].response("GetConfiguration", {"configurationKey": entries}, relaxed=True)
    assert payload["configurationKey"] == [
        {"key": "A", "readonly": read, "value": "5"},
        {"key": "B", "readonly": True, "value": "false"},
    ]


def test_an_answer_may_lack_what_nobody_reads() -> None:
    """Whether a key may be written shows when it is written; its name must be there."""
    answer = load()[Version.V16].response
    (payload, notes) = answer(
        "GetConfiguration", {"configurationKey": [{"key": "A", "readonly": "maybe"}]}, relaxed=True
    )
    assert payload == {"configurationKey": [{"key": "A"}]}
    assert Note(keyword="required", place="configurationKey[].readonly") in notes
    with pytest.raises(Violation):
        answer("GetConfiguration", {"configurationKey": [{"readonly": True}]}, relaxed=True)


def test_an_optional_list_with_a_mistyped_item_is_left_out() -> None:
    """Nobody could tell which of its items are left; a sound list of the same name elsewhere stays."""
    stop = {"transactionId": 1, "timestamp": "now", "meterStop": 1}
    assert accepted("StopTransaction", stop | {"transactionData": [5]})[0] == stop


def test_a_mistyped_needed_property_is_a_violation() -> None:
    """Meaning is lost, so the charger is told."""
    values: tuple[object, ...] = (None, 1.5, "one", [], True)
    for value in values:
        assert violation("StatusNotification", STATUS | {"connectorId": value}) == (Fault.TYPE, "connectorId")
    assert violation("MeterValues", {"connectorId": 1, "meterValue": [5]}) == (Fault.TYPE, "meterValue")


def test_a_missing_needed_property_is_a_violation() -> None:
    """The place says what is missing, at whichever depth."""
    assert violation("StatusNotification", {"connectorId": 1, "errorCode": "NoError"}) == (Fault.OCCURRENCE, "status")
    token = {"idToken": {"type": "Central"}}
    assert violation("Authorize", token, Version.V201) == (Fault.OCCURRENCE, "idToken.idToken")


@pytest.mark.parametrize(
    ("version", "action", "payload", "missing"),
    [
        (Version.V16, "BootNotification", {}, {"chargePointVendor", "chargePointModel"}),
        (Version.V16, "StatusNotification", {"connectorId": 1, "status": "Available"}, {"errorCode"}),
        (Version.V16, "StartTransaction", {"connectorId": 1}, {"idTag", "meterStart", "timestamp"}),
        (Version.V16, "StopTransaction", {}, {"transactionId", "meterStop", "timestamp"}),
        (Version.V201, "BootNotification", {"chargingStation": {}}, {"reason", "chargingStation.model"}),
        (
            Version.V201,
            "StatusNotification",
            {"evseId": 1, "connectorStatus": "Available"},
            {"connectorId", "timestamp"},
        ),
        (Version.V21, "TransactionEvent", {"transactionInfo": {}}, {"triggerReason", "transactionInfo.transactionId"}),
    ],
)
def test_what_is_not_needed_may_be_missing(version: Version, action: str, payload: Json, missing: set[str]) -> None:
    """A refusal would be worse: the charger repeats its message, a transaction for days. Each gap is noted."""
    usable, notes = accepted(action, payload, version)
    assert usable == payload
    assert missing <= {note.place for note in notes if note.keyword == "required"}
    assert violation(action, payload, version, relaxed=False)[0] is Fault.OCCURRENCE


def test_null_is_as_good_as_missing() -> None:
    """Of a transaction nothing is needed, so that it is always answered."""
    stop = STOP | {"transactionId": None, "idTag": None}
    assert accepted("StopTransaction", stop)[0] == {
        name: value for name, value in STOP.items() if name != "transactionId"
    }


@pytest.mark.parametrize("payload", [[], "x", 1, None, True])
def test_a_payload_that_is_no_object_is_a_violation(payload: object) -> None:
    """The payload as a whole is formed wrongly."""
    for relaxed in (True, False):
        assert violation("Heartbeat", payload, relaxed=relaxed) == (Fault.FORMATION, "")


@pytest.mark.parametrize("version", [Version.V201, Version.V21])
@pytest.mark.parametrize("custom", [{}, {"vendorId": 5}, {"own": 1}, None, "x"])
def test_faulty_custom_data_never_costs_the_rest(version: Version, custom: object) -> None:
    """CustomData is the vendor's own: what is wrong with it is left out with it."""
    payload, notes = accepted("BootNotification", BOOT | {"customData": custom}, version)
    assert payload == BOOT
    assert [note.place for note in notes] == ["customData"]


@pytest.mark.parametrize("version", [Version.V201, Version.V21])
def test_sound_custom_data_stays_whole(version: Version) -> None:
    """The vendor's own keys are neither changed nor noted."""
    payload = BOOT | {"customData": {"vendorId": "V", "my_key": {"x": None}}}
    assert accepted("BootNotification", payload, version) == (payload, ())


@pytest.mark.parametrize("relaxed", [True, False])
@pytest.mark.parametrize(
    ("version", "action", "payload", "expected"),
    [
        (Version.V16, "StatusNotification", STATUS | {"connectorId": 1.0}, STATUS),
        (
            Version.V201,
            "ReservationStatusUpdate",
            {"reservationId": 7.0, "reservationUpdateStatus": "Expired"},
            {"reservationId": 7, "reservationUpdateStatus": "Expired"},
        ),
        (
            Version.V21,
            "GetChargingProfiles",
            {"requestId": 1, "chargingProfile": {"chargingProfileId": [1, 2.0, 3.0]}},
            {"requestId": 1, "chargingProfile": {"chargingProfileId": [1, 2, 3]}},
        ),
    ],
)
def test_an_integer_written_as_a_float_is_an_integer(
    version: Version,
    action: str,
    payload: Json,
    expected: Json,
    relaxed: bool,
) -> None:
    """16.0 is what some chargers write for 16; readers get an int, strict or not."""
    checked, notes = accepted(action, payload, version, relaxed=relaxed)
    assert checked == expected
    assert "." not in repr(checked)
    assert notes == ()


def test_a_float_that_is_no_longer_exact_is_no_integer() -> None:
    """1e300 means nothing as a connector."""
    assert violation("StatusNotification", STATUS | {"connectorId": 1e300})[0] is Fault.TYPE


@pytest.mark.parametrize(
    ("version", "action", "payload", "fault"),
    [
        (Version.V16, "StatusNotification", STATUS | {"extra": 1}, Fault.FORMATION),
        (Version.V16, "StatusNotification", STATUS | {"status": "Burnt"}, Fault.VALUE),
        (Version.V16, "StatusNotification", STATUS | {"info": "x" * 51}, Fault.VALUE),
        (Version.V16, "StatusNotification", STATUS | {"info": 5}, Fault.TYPE),
        (Version.V16, "StatusNotification", {"connectorId": 1}, Fault.OCCURRENCE),
        (Version.V201, "MeterValues", {"evseId": 1, "meterValue": []}, Fault.OCCURRENCE),
        (
            Version.V201,
            "TransactionEvent",
            {
                "eventType": "Started",
                "timestamp": "now",
                "triggerReason": "CablePluggedIn",
                "seqNo": 0,
                "transactionInfo": {"transactionId": "T"},
                "idToken": {
                    "idToken": "A",
                    "type": "Central",
                    "additionalInfo": [],
                },
            },
            Fault.OCCURRENCE,
        ),
        (
            Version.V21,
            "GetVariables",
            {"getVariableData": [{"component": {"name": "C", "evse": {"id": -1}}, "variable": {"name": "V"}}]},
            Fault.VALUE,
        ),
        (
            Version.V16,
            "SetChargingProfile",
            {
                **PROFILE,
                "csChargingProfiles": PROFILE["csChargingProfiles"]
                | {
                    "chargingSchedule": {
                        "chargingRateUnit": "A",
                        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.123}],
                    }
                },
            },
            Fault.VALUE,
        ),
    ],
)
def test_strict_checking_refuses_every_violation(version: Version, action: str, payload: Json, fault: Fault) -> None:
    """What we send must be right, and so must be what comes from a charger that is not to be relaxed with."""
    assert violation(action, payload, version, relaxed=False)[0] is fault


def test_too_many_wrong_places_are_refused() -> None:
    """Looking again and again at a payload that is wrong everywhere would hold up everybody else."""
    document = schema(Version.V21, "NotifyEVChargingNeedsRequest")
    names = [
        name
        for name, kind in document["definitions"]["DERChargingParametersType"]["properties"].items()
        if kind.get("type") == "number"
    ]
    needs: Json = {"requestedEnergyTransfer": "AC_DER"}

    def wrong(count: int) -> Json:
        parameters = dict.fromkeys(names[:count], "x")
        return {"evseId": 1, "chargingNeeds": needs | {"derChargingParameters": parameters}}

    payload, notes = accepted("NotifyEVChargingNeeds", wrong(20), Version.V21)
    assert payload["chargingNeeds"]["derChargingParameters"] == {}
    assert len(notes) == len(wrong(20)["chargingNeeds"]["derChargingParameters"])
    assert violation("NotifyEVChargingNeeds", wrong(99), Version.V21) == (Fault.TYPE, "")


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def _nearly(version: Version, document: Json, node: Json) -> st.SearchStrategy[Any]:
    """Values near a schema: of the right shape, with anything anywhere."""
    if "$ref" in node:
        return _nearly(version, document, document["definitions"][node["$ref"].rpartition("/")[2]])
    right: st.SearchStrategy[Any]
    match node.get("type"):
        case "object":
            properties = {name: _nearly(version, document, inner) for name, inner in node.get("properties", {}).items()}
            required = {name: properties.pop(name) for name in node.get("required", ())}
            right = st.fixed_dictionaries(required, optional=properties)
        case "array":
            right = st.lists(_nearly(version, document, node["items"]), max_size=3)
        case "integer":
            right = st.integers(0, 9) | st.just(3.0)
        case "number":
            right = st.floats(0, 9)
        case "boolean":
            right = st.booleans()
        case _:
            right = st.sampled_from(node["enum"]) if "enum" in node else st.text(max_size=3)
    return st.integers(0, 19).flatmap(lambda dice: _VALUES if dice == 0 else right)


@pytest.mark.parametrize(
    ("version", "action", "name"),
    [
        (Version.V16, "MeterValues", "MeterValues"),
        (Version.V16, "StopTransaction", "StopTransaction"),
        (Version.V201, "TransactionEvent", "TransactionEventRequest"),
        (Version.V21, "NotifyEVChargingSchedule", "NotifyEVChargingScheduleRequest"),
    ],
)
@settings(max_examples=150, deadline=None)
@given(data=st.data(), relaxed=st.booleans())
def test_any_payload_is_usable_or_a_violation(
    version: Version,
    action: str,
    name: str,
    data: st.DataObject,
    relaxed: bool,
) -> None:
    """No JSON makes the check raise anything else, and what it lets through lost nothing that is needed."""
    document = schema(version, name)
    payload = data.draw(_nearly(version, document, document))
    try:
        usable, _ = load()[version].request(action, payload, relaxed=relaxed)
    except Violation:
        return
    required = set(document["required"])
    assert (required & needed(version, action) if relaxed else required) <= set(usable)
    if not relaxed:
        assert load()[version].request(action, usable, relaxed=False) == (usable, ())


def test_a_payload_that_is_nested_too_deeply_to_be_described_is_accepted() -> None:
    """What the schema does not know is not read anyway, however deep it is."""
    deep: object = 1
    for _ in range(900):
        deep = [deep]
    _, notes = accepted("Heartbeat", {"vendor": deep})
    assert notes == (Note(keyword="undescribed", place=""),)
