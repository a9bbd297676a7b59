"""How limits are told, and what a charger tells of them, in every version."""

from datetime import timedelta

import pytest

from custom_components.ocpp_central.core.commands import AskForSettings, Outcome
from custom_components.ocpp_central.core.events import Allowed, DefaultLimited, LimitsTold, PhasesTold
from custom_components.ocpp_central.core.limits import Purpose, Unit
from custom_components.ocpp_central.core.orders import AskForPhases, ClearLimit, Period, SetLimit
from custom_components.ocpp_central.csms.dialect import Dialect, Json
from custom_components.ocpp_central.csms.v2 import V21, V201
from custom_components.ocpp_central.csms.v16 import V16

from .official import request_violations, violations
from .test_v2 import NOW, variable

ALL, V2 = (V16, V201, V21), (V201, V21)
DIALECTS = [pytest.param(dialect, id=dialect.version.value) for dialect in ALL]


COURSE = (Allowed(NOW, 16.1),)


def limit(purpose: Purpose = Purpose.DEFAULT, evse: int | None = 2, **more: object) -> SetLimit:
    """A limit of 16 A."""
    facts = {"periods": (Period(timedelta(0), 16.1),), "course": COURSE, "unit": Unit.AMPERE, "level": 8, "profile": 7}
    return SetLimit(purpose=purpose, evse=evse, start=NOW, **(facts | more))  # type: ignore[arg-type]


def profile(dialect: Dialect, order: SetLimit) -> tuple[int, Json]:
    """Where the profile is for, and what it says."""
    request = dialect.request(order)
    assert request.action == "SetChargingProfile"
    assert request_violations(dialect.version, request.action, request.payload) == []
    if dialect is V16:
        return request.payload["connectorId"], request.payload["csChargingProfiles"]
    told: Json = dict(request.payload["chargingProfile"])
    (schedule,) = told["chargingSchedule"]
    return request.payload["evseId"], told | {"chargingSchedule": schedule}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_limit_is_a_profile_that_begins_at_once(dialect: Dialect) -> None:
    """Absolute, without an end, so that it counts for what runs already, too."""
    place, told = profile(dialect, limit())
    number = {"id": 7} if dialect is not V16 else {}
    assert place == 2
    assert told == {
        "chargingProfileId" if dialect is V16 else "id": 7,
        "stackLevel": 8,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": number
        | {
            "startSchedule": "2026-03-01T12:00:00Z",
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.1}],
        },
    }


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_schedule_has_its_periods_and_its_end(dialect: Dialect) -> None:
    """In seconds from its beginning."""
    periods = (Period(timedelta(0), 11000), Period(timedelta(hours=1), 0))
    order = limit(unit=Unit.WATT, periods=periods, lasting=timedelta(hours=3), phases=3)
    schedule = profile(dialect, order)[1]["chargingSchedule"]
    assert schedule["chargingRateUnit"] == "W"
    assert schedule["duration"] == 10800
    assert schedule["chargingSchedulePeriod"] == [
        {"startPeriod": 0, "limit": 11000, "numberPhases": 3},
        {"startPeriod": 3600, "limit": 0, "numberPhases": 3},
    ]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(("days", "word"), [(1, "Daily"), (7, "Weekly")])
def test_a_schedule_repeats(dialect: Dialect, days: int, word: str) -> None:
    """Every day or every week, in the words of all versions; and so it is remembered."""
    order = limit(every=timedelta(days=days))
    told = profile(dialect, order)[1]
    assert (told["chargingProfileKind"], told["recurrencyKind"]) == ("Recurring", word)
    limited = DefaultLimited(evse=2, course=COURSE, every=timedelta(days=days), level=8, at=NOW)
    assert dialect.told(order, {"status": "Accepted"}, NOW) == (limited,)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_charger_as_a_whole_is_connector_0(dialect: Dialect) -> None:
    """1.6 5.16, K01.FR.03; each version has its own word for it."""
    word = "ChargePointMaxProfile" if dialect is V16 else "ChargingStationMaxProfile"
    place, told = profile(dialect, limit(Purpose.CHARGE_POINT_MAX, None))
    assert (place, told["chargingProfilePurpose"]) == (0, word)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_transaction_is_named(dialect: Dialect) -> None:
    """1.6 5.16.2, K01.FR.03; 1.6 has numbers."""
    place, told = profile(dialect, limit(Purpose.TRANSACTION, transaction="42"))
    assert (place, told["chargingProfilePurpose"]) == (2, "TxProfile")
    assert told["transactionId"] == (42 if dialect is V16 else "42")


CLEARED: list[tuple[Dialect, ClearLimit, Json]] = [
    (
        V16,
        ClearLimit(evse=2, purpose=Purpose.DEFAULT),
        {"connectorId": 2, "chargingProfilePurpose": "TxDefaultProfile"},
    ),
    (V16, ClearLimit(evse=None, purpose=Purpose.TRANSACTION), {"chargingProfilePurpose": "TxProfile"}),
    *(
        (dialect, ClearLimit(evse=2, purpose=Purpose.DEFAULT), {"chargingProfileCriteria": criteria})
        for dialect in V2
        for criteria in [{"evseId": 2, "chargingProfilePurpose": "TxDefaultProfile"}]
    ),
    *(
        (dialect, ClearLimit(evse=None, purpose=Purpose.CHARGE_POINT_MAX), {"chargingProfileCriteria": criteria})
        for dialect in V2
        for criteria in [{"chargingProfilePurpose": "ChargingStationMaxProfile"}]
    ),
]


@pytest.mark.parametrize(("dialect", "order", "payload"), CLEARED)
def test_what_is_taken_back_is_named_by_purpose_and_place(dialect: Dialect, order: ClearLimit, payload: Json) -> None:
    """Whoever set it; without a place, everywhere."""
    request = dialect.request(order)
    assert (request.action, request.payload) == ("ClearChargingProfile", payload)
    assert request_violations(dialect.version, request.action, request.payload) == []


CLEAR = ClearLimit(evse=2, purpose=Purpose.DEFAULT)
WORDS = [
    *((dialect, limit(), "Accepted", Outcome.ACCEPTED) for dialect in ALL),
    *((dialect, limit(), "Rejected", Outcome.REJECTED) for dialect in ALL),
    (V16, limit(), "NotSupported", Outcome.NOT_IMPLEMENTED),
    *((dialect, CLEAR, "Accepted", Outcome.ACCEPTED) for dialect in ALL),
    *((dialect, CLEAR, "Unknown", Outcome.ACCEPTED) for dialect in ALL),
]


@pytest.mark.parametrize(("dialect", "order", "word", "outcome"), WORDS)
def test_every_word_has_its_outcome(
    dialect: Dialect, order: SetLimit | ClearLimit, word: str, outcome: Outcome
) -> None:
    """There being none to take back is what was wanted; what a charger refuses has not changed."""
    answer = {"status": word}
    assert violations(dialect.version, f"{dialect.request(order).action}Response", answer) == []
    assert dialect.outcome(order, answer) is outcome
    how = {"course": COURSE, "level": 8} if isinstance(order, SetLimit) else {}
    changed = (DefaultLimited(evse=2, at=NOW, **how),) if outcome is Outcome.ACCEPTED else ()  # type: ignore[arg-type]
    assert dialect.told(order, answer, NOW) == changed


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_is_taken_back_everywhere_is_gone_everywhere(dialect: Dialect) -> None:
    """Without a place, the limits of all connectors."""
    everywhere = ClearLimit(evse=None, purpose=Purpose.DEFAULT)
    (event,) = dialect.told(everywhere, {"status": "Accepted"}, NOW)
    assert event == DefaultLimited(evse=None, everywhere=True, at=NOW)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("purpose", [Purpose.TRANSACTION, Purpose.CHARGE_POINT_MAX])
def test_other_purposes_say_nothing_of_every_transaction(dialect: Dialect, purpose: Purpose) -> None:
    """Only what holds for all transactions of a connector is remembered."""
    assert dialect.told(limit(purpose), {"status": "Accepted"}, NOW) == ()


def told(dialect: Dialect, answer: Json) -> LimitsTold:
    """What a charger says of limits when it is asked for its settings."""
    _, event = dialect.told(AskForSettings(), answer, NOW)
    assert isinstance(event, LimitsTold)
    return event


@pytest.mark.parametrize(
    ("profiles", "units", "level", "want"),
    [
        ("Core, SmartCharging", "Current,Power", "8", (True, {"A", "W"}, 8)),
        ("core,smartcharging", "current", " 0", (True, {"A"}, 0)),
        ("Core", "Power", "many", (False, {"W"}, None)),
        ("", "Watt", "-1", (False, set(), None)),
    ],
)
def test_keys_of_1_6_tell_what_can_be_limited(
    profiles: str, units: str, level: str, want: tuple[bool | None, set[str], int | None]
) -> None:
    """Feature profile, units and the highest level, in any spelling."""
    values = {
        "SupportedFeatureProfiles": profiles,
        "ChargingScheduleAllowedChargingRateUnit": units,
        "ChargeProfileMaxStackLevel": level,
    }
    keys = [{"key": key, "readonly": True, "value": value} for key, value in values.items()]
    event = told(V16, {"configurationKey": keys})
    supported = want[0] if profiles else None
    assert (event.supported, set(event.units), event.highest) == (supported, want[1], want[2])


@pytest.mark.parametrize("dialect", V2, ids=lambda dialect: dialect.version.value)
def test_variables_of_2_tell_what_can_be_limited(dialect: Dialect) -> None:
    """Of the SmartChargingCtrlr."""
    owner = "SmartChargingCtrlr"
    values = {"Enabled": "true", "RateUnit": "A,W", "ProfileStackLevel": "3"}
    event = told(dialect, {"getVariableResult": [variable(owner, name, value) for name, value in values.items()]})
    assert (event.supported, set(event.units), event.highest) == (True, {"A", "W"}, 3)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_is_not_said_is_not_told(dialect: Dialect) -> None:
    """Neither yes nor no."""
    event = told(dialect, {})
    assert (event.supported, set(event.units), event.highest) == (None, set(), None)


def phases_told(dialect: Dialect, order: AskForPhases, answer: Json) -> int | None:
    """What an answer says of phases."""
    assert dialect.outcome(order, answer) is Outcome.ACCEPTED
    (event,) = dialect.told(order, answer, NOW)
    assert isinstance(event, PhasesTold)
    return event.phases


@pytest.mark.parametrize(
    ("said", "phases"),
    [
        ("0.RST,1.RST,2.RTS", 3),
        ("1.NotApplicable, 2.rst", 3),
        ("0.RST,2.NotApplicable", 1),
        ("0.TSR", 3),
        ("RST", 3),
        ("1.RST", None),
        ("Unknown", None),
        ("0.Unknown", None),
        ("", None),
        (None, None),
    ],
)
def test_the_rotation_of_1_6_tells_phases(said: str | None, phases: int | None) -> None:
    """Of a connector, else of all; what is no rotation tells nothing."""
    order = AskForPhases(evse=2, connector=1)
    request = V16.request(order)
    assert (request.action, request.payload) == ("GetConfiguration", {"key": ["ConnectorPhaseRotation"]})
    keys = [{"key": "ConnectorPhaseRotation", "readonly": False, "value": said}]
    assert phases_told(V16, order, {} if said is None else {"configurationKey": keys}) == phases


@pytest.mark.parametrize("dialect", V2, ids=lambda dialect: dialect.version.value)
@pytest.mark.parametrize(
    ("order", "places"),
    [
        (AskForPhases(evse=2, connector=1), ["Connector", "EVSE", "ChargingStation"]),
        (AskForPhases(evse=2, connector=None), ["EVSE", "ChargingStation"]),
        (AskForPhases(evse=None, connector=None), ["ChargingStation"]),
    ],
)
def test_variables_of_2_tell_phases(dialect: Dialect, order: AskForPhases, places: list[str]) -> None:
    """The nearest to the car first."""
    request = dialect.request(order)
    assert request_violations(dialect.version, request.action, request.payload) == []
    asked = request.payload["getVariableData"]
    assert [each["component"]["name"] for each in asked] == places
    assert {each["variable"]["name"] for each in asked} == {"SupplyPhases"}


@pytest.mark.parametrize("dialect", V2, ids=lambda dialect: dialect.version.value)
@pytest.mark.parametrize(
    ("values", "phases"),
    [
        (("1", "3"), 1),
        (("<UnknownVariable>", "3"), 3),
        (("0", "3"), 3),
        (("many", "<UnknownComponent>"), None),
        ((None,), None),
        ((), None),
    ],
)
def test_the_first_number_of_phases_counts(
    dialect: Dialect, values: tuple[str | None, ...], phases: int | None
) -> None:
    """If it is one."""
    results = [variable("EVSE", "SupplyPhases", value) for value in values]
    order = AskForPhases(evse=2, connector=1)
    assert phases_told(dialect, order, {"getVariableResult": results}) == phases
