"""How a charger's own list of drivers is spelled on the wire."""

from datetime import UTC, datetime
from typing import Any

import pytest

from custom_components.ocpp_central.core.commands import (
    AskForListLimits,
    AskForListVersion,
    Command,
    Outcome,
    SendList,
)
from custom_components.ocpp_central.core.entries import Entry
from custom_components.ocpp_central.core.events import Event, ListLimitsTold, ListVersionTold, Standing
from custom_components.ocpp_central.core.token import IdToken
from custom_components.ocpp_central.csms.dialect import Dialect, Json, Version
from custom_components.ocpp_central.csms.schemas import load
from custom_components.ocpp_central.csms.v2 import V21, V201
from custom_components.ocpp_central.csms.v16 import V16

from .official import request_violations, violations

NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)
UNTIL = datetime(2026, 12, 31, 22, 59, 59, 999999, tzinfo=UTC)
LIMITS, VERSION = AskForListLimits(), AskForListVersion()
CARD = IdToken(value="04A2B3C4", type="ISO14443")
GONE = IdToken(value="600D", type=None)
ANNA = Entry(token=CARD, until=UNTIL, group="Kinfolk")
BEN = Entry(token=IdToken(value="BEBE", type="keycode"), standing=Standing.BLOCKED)
CHANGE = SendList(version=7, full=False, removed=(GONE,), entries=(ANNA, BEN))
EMPTY = SendList(version=8, full=True)

EVERY = pytest.mark.parametrize("dialect", [V16, V201, V21], ids=lambda each: str(each.version))
BOTH_V2 = pytest.mark.parametrize("dialect", [V201, V21], ids=lambda each: str(each.version))


def list_variable(name: str, **more: str) -> Json:
    """A variable of the list's component."""
    return {"component": {"name": "LocalAuthListCtrlr"}, "variable": {"name": name}, **more}


REQUESTS_V16: list[tuple[Command, str, Json]] = [
    (
        LIMITS,
        "GetConfiguration",
        {"key": ["LocalAuthListEnabled", "LocalAuthListMaxLength", "SendLocalListMaxLength"]},
    ),
    (VERSION, "GetLocalListVersion", {}),
    (
        CHANGE,
        "SendLocalList",
        {
            "listVersion": 7,
            "updateType": "Differential",
            "localAuthorizationList": [
                {"idTag": "600D"},
                {
                    "idTag": "04A2B3C4",
                    "idTagInfo": {
                        "status": "Accepted",
                        "expiryDate": "2026-12-31T22:59:59Z",
                        "parentIdTag": "Kinfolk",
                    },
                },
                {"idTag": "BEBE", "idTagInfo": {"status": "Blocked"}},
            ],
        },
    ),
    (EMPTY, "SendLocalList", {"listVersion": 8, "updateType": "Full", "localAuthorizationList": []}),
]

REQUESTS_V2: list[tuple[Command, str, Json]] = [
    (
        LIMITS,
        "GetVariables",
        {
            "getVariableData": [
                list_variable("Enabled"),
                list_variable("ItemsPerMessage"),
                list_variable("Entries", attributeType="MaxSet"),
            ]
        },
    ),
    (VERSION, "GetLocalListVersion", {}),
    (
        CHANGE,
        "SendLocalList",
        {
            "versionNumber": 7,
            "updateType": "Differential",
            "localAuthorizationList": [
                {"idToken": {"idToken": "600D", "type": "Central"}},
                {
                    "idToken": {"idToken": "04A2B3C4", "type": "ISO14443"},
                    "idTokenInfo": {
                        "status": "Accepted",
                        "cacheExpiryDateTime": "2026-12-31T22:59:59Z",
                        "groupIdToken": {"idToken": "Kinfolk", "type": "Central"},
                    },
                },
                {"idToken": {"idToken": "BEBE", "type": "KeyCode"}, "idTokenInfo": {"status": "Blocked"}},
            ],
        },
    ),
    (EMPTY, "SendLocalList", {"versionNumber": 8, "updateType": "Full"}),
]


def check(dialect: Dialect, command: Command, action: str, payload: Json) -> None:
    """A command is said so, as the official schema and our own strict checks allow it."""
    request = dialect.request(command)
    assert (request.action, request.payload) == (action, payload)
    assert request_violations(dialect.version, action, payload) == []
    assert load()[dialect.version].request(action, payload, relaxed=False) == (payload, ())


@pytest.mark.parametrize(("command", "action", "payload"), REQUESTS_V16)
def test_every_command_has_its_request_in_v16(command: Command, action: str, payload: Json) -> None:
    """An entry without information removes the token; a list that is empty is written (1.6 sections 5.15 and 7.3)."""
    check(V16, command, action, payload)


@BOTH_V2
@pytest.mark.parametrize(("command", "action", "payload"), REQUESTS_V2)
def test_every_command_has_its_request_in_v2(dialect: Dialect, command: Command, action: str, payload: Json) -> None:
    """An empty list is left out, which its schema demands; otherwise as in 1.6 (D01)."""
    check(dialect, command, action, payload)


WORDS = {"Accepted": Outcome.ACCEPTED, "Failed": Outcome.FAILED, "VersionMismatch": Outcome.REJECTED}


@EVERY
@pytest.mark.parametrize("word", WORDS)
def test_every_word_for_an_update_has_its_outcome(dialect: Dialect, word: str) -> None:
    """All of them are in every version."""
    answer = {"status": word}
    assert dialect.outcome(CHANGE, answer) is WORDS[word]
    assert violations(dialect.version, "SendLocalListResponse", answer) == []


def test_only_v16_has_a_word_for_having_no_list() -> None:
    """Later ones answer with a CALLERROR."""
    assert V16.outcome(CHANGE, {"status": "NotSupported"}) is Outcome.NOT_IMPLEMENTED
    assert violations(Version.V16, "SendLocalListResponse", {"status": "NotSupported"}) == []
    assert V16.outcome(CHANGE, {"status": "accept"}) is Outcome.UNREADABLE


@EVERY
@pytest.mark.parametrize("version", [0, 7, -1])
def test_the_version_is_told(dialect: Dialect, version: int) -> None:
    """Each generation has a name of its own for it."""
    answer = {"listVersion" if dialect.version is Version.V16 else "versionNumber": version}
    assert violations(dialect.version, "GetLocalListVersionResponse", answer) == []
    assert dialect.outcome(VERSION, answer) is Outcome.ACCEPTED
    assert dialect.told(VERSION, answer, NOW) == (ListVersionTold(version=version, at=NOW),)


@EVERY
@pytest.mark.parametrize("answer", [{}, {"listVersion": "7"}, {"versionNumber": None}])
def test_no_version_is_no_news(dialect: Dialect, answer: Json) -> None:
    """A careless charger's answer says nothing."""
    assert dialect.told(VERSION, answer, NOW) == ()


def told(*, enabled: bool | None = None, most: int | None = None, at_once: int | None = None) -> tuple[Event, ...]:
    """What the question for limits gives."""
    return (ListLimitsTold(enabled=enabled, most=most, at_once=at_once, at=NOW),)


@pytest.mark.parametrize(
    ("values", "want"),
    [
        (
            {"LocalAuthListEnabled": "true", "LocalAuthListMaxLength": "48", "SendLocalListMaxLength": "12"},
            told(enabled=True, most=48, at_once=12),
        ),
        ({"localauthlistenabled": "FALSE", "LOCALAUTHLISTMAXLENGTH": " 5 "}, told(enabled=False, most=5)),
        ({"LocalAuthListMaxLength": "0", "SendLocalListMaxLength": "many"}, told()),
        ({"LocalAuthListMaxLength": "-1", "Other": "7"}, told()),
        ({}, told()),
    ],
)
def test_limits_of_v16(values: dict[str, str], want: tuple[Event, ...]) -> None:
    """Keys in any spelling; zero is no limit but a thing that nobody has thought of."""
    entries: list[dict[str, Any]] = [{"key": key, "readonly": True, "value": value} for key, value in values.items()]
    answer: Json = {"configurationKey": entries}
    assert V16.outcome(LIMITS, answer) is Outcome.ACCEPTED
    assert V16.told(LIMITS, answer, NOW) == want


def result(name: str, value: str, status: str = "Accepted", **more: str) -> Json:
    """One result of GetVariables."""
    return list_variable(name, attributeValue=value, attributeStatus=status, **more)


@BOTH_V2
@pytest.mark.parametrize(
    ("results", "want"),
    [
        (
            [
                result("Enabled", "true"),
                result("ItemsPerMessage", "10"),
                result("Entries", "48", attributeType="MaxSet"),
            ],
            told(enabled=True, most=48, at_once=10),
        ),
        ([result("enabled", "false"), result("Entries", "3")], told(enabled=False)),
        (
            [
                result("Enabled", "", "UnknownComponent"),
                result("Entries", "", "NotSupportedAttributeType", attributeType="MaxSet"),
            ],
            told(),
        ),
        (
            [{"component": {"name": "AuthCtrlr"}, "variable": {"name": "Enabled"}, "attributeStatus": "Accepted"}],
            told(),
        ),
    ],
)
def test_limits_of_v2(dialect: Dialect, results: list[Json], want: tuple[Event, ...]) -> None:
    """How many entries there are is no limit: only the most that it may be counts."""
    answer: Json = {"getVariableResult": results}
    assert dialect.outcome(LIMITS, answer) is Outcome.ACCEPTED
    assert dialect.told(LIMITS, answer, NOW) == want
