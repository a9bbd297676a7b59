"""How the settings of a charger are asked for, read and changed in every version."""

import pytest

from custom_components.ocpp_central.core.commands import AskForSettings, ChangeSetting, Outcome
from custom_components.ocpp_central.core.events import SettingChanged, SettingsTold
from custom_components.ocpp_central.core.settings import Setting
from custom_components.ocpp_central.csms.dialect import Dialect, Json, Version
from custom_components.ocpp_central.csms.settings import names
from custom_components.ocpp_central.csms.v2 import V21, V201
from custom_components.ocpp_central.csms.v16 import V16

from .official import request_violations, violations
from .test_v2 import NOW, variable

DIALECTS = [pytest.param(dialect, id=dialect.version.value) for dialect in (V16, V201, V21)]
both = pytest.mark.parametrize("dialect", [V201, V21], ids=lambda dialect: dialect.version.value)

ASK = AskForSettings()
SETTINGS_V16 = [setting for setting in Setting if setting is not Setting.AUTHORIZES]
CHANGES = [(V16, setting) for setting in SETTINGS_V16] + [
    (each, setting) for each in (V201, V21) for setting in Setting
]


def told(dialect: Dialect, answer: Json) -> dict[Setting, bool]:
    """What an answer to the question tells of settings."""
    event, _ = dialect.told(ASK, answer, NOW)
    assert isinstance(event, SettingsTold)
    assert dialect.outcome(ASK, answer) is Outcome.ACCEPTED
    return dict(event.values)


def answered(dialect: Dialect, values: dict[str, str]) -> Json:
    """An answer with these values, by name."""
    if dialect.version is Version.V16:
        return {"configurationKey": [{"key": key, "readonly": False, "value": value} for key, value in values.items()]}
    owned = [(*name.split(".", 1), value) for name, value in values.items()]
    return {"getVariableResult": [variable(component, name, value) for component, name, value in owned]}


def name(dialect: Dialect, setting: Setting) -> str:
    """What a version calls a setting."""
    return names(setting)[0 if dialect.version is Version.V16 else -1]


def test_keys_of_1_6_are_asked_for() -> None:
    """All at once, with those for limits."""
    request = V16.request(ASK)
    assert request.action == "GetConfiguration"
    assert request.payload == {
        "key": [
            "LocalPreAuthorize",
            "LocalAuthListEnabled",
            "AuthorizationCacheEnabled",
            "StopTransactionOnInvalidId",
            "LocalAuthorizeOffline",
            "AllowOfflineTxForUnknownId",
            "SupportedFeatureProfiles",
            "ChargingScheduleAllowedChargingRateUnit",
            "ChargeProfileMaxStackLevel",
        ]
    }
    assert request_violations(Version.V16, request.action, request.payload) == []


@both
def test_variables_of_2_are_asked_for(dialect: Dialect) -> None:
    """All at once, and no more than ten: some chargers answer no more."""
    request = dialect.request(ASK)
    asked = request.payload["getVariableData"]
    assert request.action == "GetVariables"
    assert [(each["component"]["name"], each["variable"]["name"]) for each in asked] == [
        ("AuthCtrlr", "Enabled"),
        ("AuthCtrlr", "LocalPreAuthorize"),
        ("LocalAuthListCtrlr", "Enabled"),
        ("AuthCacheCtrlr", "Enabled"),
        ("TxCtrlr", "StopTxOnInvalidId"),
        ("AuthCtrlr", "LocalAuthorizeOffline"),
        ("AuthCtrlr", "OfflineTxForUnknownIdEnabled"),
        ("SmartChargingCtrlr", "Enabled"),
        ("SmartChargingCtrlr", "RateUnit"),
        ("SmartChargingCtrlr", "ProfileStackLevel"),
    ]
    assert len(asked) <= 10
    assert request_violations(dialect.version, request.action, request.payload) == []


@pytest.mark.parametrize(("dialect", "setting"), CHANGES)
@pytest.mark.parametrize(("spelled", "value"), [("true", True), ("False ", False), ("1", True), ("maybe", None)])
def test_every_setting_is_read(dialect: Dialect, setting: Setting, spelled: str, *, value: bool | None) -> None:
    """In any spelling; what is neither yes nor no is not told."""
    want = {} if value is None else {setting: value}
    called = name(dialect, setting)
    assert told(dialect, answered(dialect, {called: spelled})) == want
    assert told(dialect, answered(dialect, {called.upper(): spelled})) == want


@pytest.mark.parametrize(
    ("dialect", "answer"),
    [
        (V16, {"unknownKey": ["LocalPreAuthorize"]}),
        (
            V16,
            {"configurationKey": [{"key": "LocalPreAuthorize", "readonly": True}, {"key": "Other", "value": "true"}]},
        ),
        (V16, {}),
        (V201, {"getVariableResult": [variable("AuthCtrlr", "LocalPreAuthorize", "<UnknownVariable>")]}),
        (V201, {"getVariableResult": [variable("AuthCacheCtrlr", "Enabled", None)]}),
        (V21, {"getVariableResult": [variable("Other", "Enabled", "true")]}),
        (V21, {}),
    ],
)
def test_what_is_not_said_is_not_told(dialect: Dialect, answer: Json) -> None:
    """Neither on nor off."""
    assert told(dialect, answer) == {}


@pytest.mark.parametrize(("dialect", "setting"), CHANGES)
@pytest.mark.parametrize("value", [True, False])
def test_every_setting_is_changed_under_the_name_it_is_read_by(
    dialect: Dialect, setting: Setting, *, value: bool
) -> None:
    """A boolean is spelled true or false."""
    request = dialect.request(ChangeSetting(setting=setting, value=value))
    spelled, called = "true" if value else "false", name(dialect, setting)
    assert request_violations(dialect.version, request.action, request.payload) == []
    if dialect.version is Version.V16:
        assert (request.action, request.payload) == ("ChangeConfiguration", {"key": called, "value": spelled})
        return
    component, called = called.split(".")
    change = {"component": {"name": component}, "variable": {"name": called}, "attributeValue": spelled}
    assert (request.action, request.payload) == ("SetVariables", {"setVariableData": [change]})


def test_what_1_6_has_no_key_for_is_no_fault_of_ours() -> None:
    """A charger that spoke 2.x before may be asked for it: it does not support that."""
    request = V16.request(ChangeSetting(setting=Setting.AUTHORIZES, value=True))
    assert request.payload["key"] == "AuthCtrlr.Enabled"
    assert request_violations(Version.V16, request.action, request.payload) == []


CHANGE = ChangeSetting(setting=Setting.CACHE, value=False)
ACCEPTED = (SettingChanged(restart=False, at=NOW),)
RESTART = (SettingChanged(restart=True, at=NOW),)
WORDS: list[tuple[Dialect, str, Outcome, tuple[SettingChanged, ...]]] = [
    (V16, "Accepted", Outcome.ACCEPTED, ACCEPTED),
    (V16, "RebootRequired", Outcome.ACCEPTED, RESTART),
    (V16, "Rejected", Outcome.REJECTED, ()),
    (V16, "NotSupported", Outcome.NOT_IMPLEMENTED, ()),
]
WORDS += [
    (dialect, word, outcome, changes)
    for dialect in (V201, V21)
    for word, outcome, changes in (
        ("Accepted", Outcome.ACCEPTED, ACCEPTED),
        ("RebootRequired", Outcome.ACCEPTED, RESTART),
        ("Rejected", Outcome.REJECTED, ()),
        ("UnknownComponent", Outcome.NOT_IMPLEMENTED, ()),
        ("UnknownVariable", Outcome.NOT_IMPLEMENTED, ()),
        ("NotSupportedAttributeType", Outcome.NOT_IMPLEMENTED, ()),
    )
]


def word_for(dialect: Dialect, word: str) -> Json:
    """The answer to the change with this word."""
    if dialect.version is Version.V16:
        return {"status": word}
    result = {"component": {"name": "AuthCacheCtrlr"}, "variable": {"name": "Enabled"}, "attributeStatus": word}
    return {"setVariableResult": [result]}


@pytest.mark.parametrize(("dialect", "word", "outcome", "changes"), WORDS)
def test_every_word_has_its_outcome(
    dialect: Dialect, word: str, outcome: Outcome, changes: tuple[SettingChanged, ...]
) -> None:
    """A change that waits for a restart is made, too, and says that it waits."""
    answer = word_for(dialect, word)
    assert violations(dialect.version, f"{dialect.request(CHANGE).action}Response", answer) == []
    assert dialect.outcome(CHANGE, answer) is outcome
    assert dialect.told(CHANGE, answer, NOW) == changes


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("answer", [{}, {"status": None}, {"setVariableResult": []}, {"setVariableResult": [{}]}])
def test_no_word_leaves_the_outcome_unknown(dialect: Dialect, answer: Json) -> None:
    """Nothing is guessed."""
    assert dialect.outcome(CHANGE, answer) is Outcome.UNREADABLE
    assert dialect.told(CHANGE, answer, NOW) == ()
    assert dialect.outcome(CHANGE, word_for(dialect, "Perhaps")) is Outcome.UNREADABLE
