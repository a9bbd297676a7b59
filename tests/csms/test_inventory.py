"""How a charger's configuration is asked for, told and changed in every version."""

import pytest

from custom_components.ocpp_central.core.commands import Outcome
from custom_components.ocpp_central.core.events import ConfigurationEntry, ConfigurationTold, SettingChanged
from custom_components.ocpp_central.core.orders import ChangeConfiguration, ReadConfiguration
from custom_components.ocpp_central.csms.dialect import Dialect, Json, UnsayableError
from custom_components.ocpp_central.csms.v2 import V21, V201
from custom_components.ocpp_central.csms.v16 import V16

from .official import reply_violations, request_violations
from .test_v2 import NOW

V2 = (V201, V21)
both = pytest.mark.parametrize("dialect", V2, ids=lambda dialect: dialect.version.value)

VARIABLES: list[tuple[str, Json]] = [
    ("AuthCtrlr.Enabled", {"component": {"name": "AuthCtrlr"}, "variable": {"name": "Enabled"}}),
    ("EVSE:1.Power", {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}}),
    (
        "Connector:2:1.ConnectorType",
        {
            "component": {"name": "Connector", "evse": {"id": 2, "connectorId": 1}},
            "variable": {"name": "ConnectorType"},
        },
    ),
    (
        "OCPPCommCtrlr.MessageTimeout(Default)",
        {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "MessageTimeout", "instance": "Default"}},
    ),
    (
        "Fan(left):1.com vendor Speed",
        {"component": {"name": "Fan", "instance": "left", "evse": {"id": 1}}, "variable": {"name": "com vendor Speed"}},
    ),
    (
        r"com.vendor\:Fan(left \(1\)).Speed\.max\/min(a\\b)",
        {
            "component": {"name": "com.vendor:Fan", "instance": "left (1)"},
            "variable": {"name": "Speed.max/min", "instance": "a\\b"},
        },
    ),
    (
        "LocalAuthListCtrlr.Entries/MaxSet",
        {
            "component": {"name": "LocalAuthListCtrlr"},
            "variable": {"name": "Entries"},
            "attributeType": "MaxSet",
        },
    ),
]
"""Variables as people write them, and as they are on the wire."""


def read(*names: str) -> ReadConfiguration:
    """The order to read."""
    return ReadConfiguration(names=names, number=17)


@pytest.mark.parametrize(("names", "payload"), [((), {}), (("A", "B"), {"key": ["A", "B"]})])
def test_keys_of_1_6_are_asked_for(names: tuple[str, ...], payload: Json) -> None:
    """Some, or all."""
    request = V16.request(read(*names))
    assert (request.action, request.payload) == ("GetConfiguration", payload)
    assert request_violations(V16.version, request.action, request.payload) == []


def test_keys_of_1_6_are_told() -> None:
    """With what can only be read, and what is not known."""
    answer = {
        "configurationKey": [
            {"key": "A", "readonly": True, "value": "1"},
            {"key": "B", "readonly": False},
            {"key": "", "readonly": False},
        ],
        "unknownKey": ["C", 3],
    }
    (told,) = V16.told(read(), answer, NOW)
    entries = (ConfigurationEntry("A", "1", readonly=True), ConfigurationEntry("B", None, readonly=False))
    assert told == ConfigurationTold(entries=entries, unknown=("C",), at=NOW)
    assert V16.outcome(read(), answer) is Outcome.ACCEPTED
    assert V16.told(read(), {}, NOW) == (ConfigurationTold(entries=(), at=NOW),)


@both
@pytest.mark.parametrize(("name", "named"), VARIABLES)
def test_variables_of_2_are_named_by_one_text(dialect: Dialect, name: str, named: Json) -> None:
    """When they are asked for, told, reported and changed."""
    request = dialect.request(read(name))
    assert (request.action, request.payload) == ("GetVariables", {"getVariableData": [named]})
    assert request_violations(dialect.version, request.action, request.payload) == []
    results = [
        named | {"attributeStatus": "Accepted", "attributeValue": "v"},
        named | {"attributeStatus": "Rejected"},
        named | {"attributeStatus": "UnknownVariable"},
    ]
    answer = {"getVariableResult": results}
    assert reply_violations(dialect.version, "GetVariables", answer) == []
    entries = (ConfigurationEntry(name, "v", None), ConfigurationEntry(name, None, None, "Rejected"))
    assert dialect.told(read(name), answer, NOW) == (ConfigurationTold(entries=entries, unknown=(name,), at=NOW),)
    change = dialect.request(ChangeConfiguration(name=name, value="w"))
    assert change.payload == {"setVariableData": [named | {"attributeValue": "w"}]}
    assert request_violations(dialect.version, change.action, change.payload) == []


@both
@pytest.mark.parametrize(("name", "named"), VARIABLES)
def test_variables_of_2_are_reported_with_all_their_attributes(dialect: Dialect, name: str, named: Json) -> None:
    """Each by the name that it is asked for, and which of them can be changed."""
    plain, variable = name.removesuffix("/MaxSet"), {key: part for key, part in named.items() if key != "attributeType"}
    attributes = [
        {"value": "v", "mutability": "ReadOnly"},
        {"type": "Target", "value": "t", "mutability": "ReadWrite"},
        {"type": "MaxSet", "mutability": "WriteOnly"},
    ]
    payload = {"requestId": 17, "generatedAt": "2026-03-01T12:00:00Z", "seqNo": 0, "tbc": True}
    payload |= {"reportData": [variable | {"variableAttribute": attributes}]}
    assert request_violations(dialect.version, "NotifyReport", payload) == []
    (event,) = dialect.routes["NotifyReport"].read(payload, NOW)
    entries = (
        ConfigurationEntry(plain, "v", readonly=True),
        ConfigurationEntry(f"{plain}/Target", "t", readonly=False),
        ConfigurationEntry(f"{plain}/MaxSet", None, readonly=False),
    )
    assert event == ConfigurationTold(number=17, place=0, entries=entries, more=True, at=NOW)


@both
def test_all_variables_come_in_a_report(dialect: Dialect) -> None:
    """Under the number that it was asked for."""
    request = dialect.request(read())
    assert (request.action, request.payload) == ("GetBaseReport", {"requestId": 17, "reportBase": "FullInventory"})
    assert request_violations(dialect.version, request.action, request.payload) == []
    for word, outcome in (
        ("Accepted", Outcome.ACCEPTED),
        ("Rejected", Outcome.REJECTED),
        ("NotSupported", Outcome.NOT_IMPLEMENTED),
        ("EmptyResultSet", Outcome.NOT_IMPLEMENTED),
    ):
        assert dialect.outcome(read(), {"status": word}) is outcome
        assert dialect.said(read(), {"status": word}) == (word, None)
    assert dialect.told(read(), {"status": "Accepted"}, NOW) == ()


@both
@pytest.mark.parametrize(
    "name",
    ["HeartbeatInterval", "A.", ".B", "A:x.B", "A(.B", "A:1:2:3.B", "A.B/Best", "A" * 51 + ".B", "A." + "B" * 51],
)
def test_what_names_no_variable_is_not_asked_for(dialect: Dialect, name: str) -> None:
    """A version without keys has no words for one."""
    with pytest.raises(UnsayableError):
        dialect.request(read(name))


@pytest.mark.parametrize(
    ("dialect", "order"),
    [
        (V16, read("K" * 51)),
        (V16, ChangeConfiguration(name="K" * 51, value="")),
        (V16, ChangeConfiguration(name="K", value="v" * 501)),
        (V201, ChangeConfiguration(name="A.B", value="v" * 1001)),
        (V21, ChangeConfiguration(name="A.B", value="v" * 1001)),
    ],
)
def test_what_is_too_long_is_not_sent(dialect: Dialect, order: ReadConfiguration | ChangeConfiguration) -> None:
    """The schemas do not allow it."""
    with pytest.raises(UnsayableError):
        dialect.request(order)


CHANGE_V16, CHANGE_V2 = (ChangeConfiguration(name=name, value="1") for name in ("Key", "A.B"))


def result(word: str, reason: str | None = None) -> Json:
    """The answer of 2.x to a change."""
    why = {} if reason is None else {"attributeStatusInfo": {"reasonCode": reason}}
    named = {"component": {"name": "A"}, "variable": {"name": "B"}}
    return {"setVariableResult": [named | {"attributeStatus": word} | why]}


def test_the_answer_to_a_change_is_kept() -> None:
    """With why it is refused (2.x), and that it counts after a restart; the settings may be other ones then."""
    assert V16.request(CHANGE_V16).payload == {"key": "Key", "value": "1"}
    assert V16.outcome(CHANGE_V16, {"status": "RebootRequired"}) is Outcome.ACCEPTED
    assert V16.said(CHANGE_V16, {"status": "RebootRequired"}) == ("RebootRequired", None)
    assert V16.told(CHANGE_V16, {"status": "RebootRequired"}, NOW) == (SettingChanged(restart=True, at=NOW),)
    for dialect in V2:
        refused = result("Rejected", "ReadOnly")
        assert reply_violations(dialect.version, "SetVariables", refused) == []
        assert dialect.outcome(CHANGE_V2, refused) is Outcome.REJECTED
        assert dialect.said(CHANGE_V2, refused) == ("Rejected", "ReadOnly")
        assert dialect.told(CHANGE_V2, result("Accepted"), NOW) == (SettingChanged(restart=False, at=NOW),)


@pytest.mark.parametrize("key", ["AuthorizationKey", "MyWifiPassword", "secret"])
def test_no_password_is_read(key: str) -> None:
    """Whatever a charger tells of it."""
    answer = {"configurationKey": [{"key": key, "readonly": False, "value": "OPENSESAME"}]}
    (told,) = V16.told(read(), answer, NOW)
    assert "OPENSESAME" not in repr(told)
    assert "OPENSESAME" not in repr(ChangeConfiguration(name=key, value="OPENSESAME"))


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("FreevendIdTag", "89C4704A", None),
        ("DefaultIdTokenValue", "1234", None),
        ("StopOnInvalidIdTag", "true", "true"),
        ("IdTagsAreShown", None, None),
        ("AuthorizeRemoteTxRequests", "89C4704A", "89C4704A"),
    ],
)
def test_no_token_is_read(key: str, value: str | None, told: str | None) -> None:
    """One with which a charger lets everybody charge is as good as any card; a switch is none."""
    entry = {"key": key, "readonly": False} | ({} if value is None else {"value": value})
    want = ConfigurationTold(entries=(ConfigurationEntry(key, told, readonly=False),), at=NOW)
    assert V16.told(read(), {"configurationKey": [entry]}, NOW) == (want,)
