"""What a charger with 2.x tells of limits that do not come from us."""

from datetime import timedelta

import pytest

from custom_components.ocpp_central.core.events import ExternalLimitCleared, ExternallyLimited
from custom_components.ocpp_central.core.external_limits import ExternalLimit, LimitStep, Source
from custom_components.ocpp_central.csms.dialect import Dialect, Json
from custom_components.ocpp_central.csms.v2 import V21, V201

from .wire import NOW

ON_BOTH = pytest.mark.parametrize("dialect", [V201, V21], ids=lambda dialect: dialect.version)


def limited(dialect: Dialect, payload: Json) -> ExternalLimit:
    """The limit that a charger tells."""
    (event,) = dialect.routes["NotifyChargingLimit"].read(payload, NOW)
    assert isinstance(event, ExternallyLimited)
    return event.limit


@ON_BOTH
@pytest.mark.parametrize(
    ("word", "source"),
    [
        ("EMS", Source.ENERGY_MANAGEMENT),
        ("so", Source.GRID_OPERATOR),
        ("CSO", Source.CHARGING_OPERATOR),
        ("Other", Source.OTHER),
        ("Neighbour", Source.OTHER),
        (None, Source.OTHER),
    ],
)
def test_whoever_limits_is_known(dialect: Dialect, word: str | None, source: Source) -> None:
    """By any word, since 2.1 lets a charger have words of its own."""
    limit = limited(dialect, {"chargingLimit": {"chargingLimitSource": word, "isGridCritical": True}})
    assert limit == ExternalLimit(source=source, grid_critical=True)


@ON_BOTH
def test_a_schedule_says_how_much_from_when_on(dialect: Dialect) -> None:
    """By the clock, or from when it was told; what has no amount limits nothing that could be shown."""
    periods = [{"startPeriod": 0, "limit": 4200}, {"startPeriod": 900, "limit": 11000.5}, {"startPeriod": 1800}]
    schedule: Json = {"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": periods}
    relative = limited(dialect, {"chargingLimit": {}, "chargingSchedule": [schedule]})
    later = NOW + timedelta(minutes=15)
    assert relative.course == (LimitStep(None, 4200, "W"), LimitStep(later, 11000.5, "W"))
    schedule["startSchedule"] = "2026-03-01T10:00:00Z"
    schedule["chargingSchedulePeriod"] = [{"startPeriod": 0, "limit": True}, {"startPeriod": 10**12, "limit": 6}]
    ((since, amount, unit),) = limited(dialect, {"chargingLimit": {}, "chargingSchedule": [schedule]}).course
    assert since is not None
    assert (since.year, amount, unit) == (2027, 6, "W")


@ON_BOTH
def test_what_is_cleared_is_named(dialect: Dialect) -> None:
    """With its place, or everywhere."""
    read = dialect.routes["ClearedChargingLimit"].read
    assert read({"chargingLimitSource": "EMS", "evseId": 2}, NOW) == (
        ExternalLimitCleared(evse=2, source=Source.ENERGY_MANAGEMENT, at=NOW),
    )
    assert read({}, NOW) == (ExternalLimitCleared(evse=None, source=None, at=NOW),)
