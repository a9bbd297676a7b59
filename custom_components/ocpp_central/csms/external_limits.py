"""How a charger tells that the grid, or what manages the energy of a house, limits it (2.x; 1.6 has no words for it).

Must not know what follows.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from ..core.events import Event, ExternalLimitCleared, ExternallyLimited
from ..core.external_limits import ExternalLimit, LimitStep, Source
from . import times
from .dialect import Json
from .fields import number, part, parts, positive, text, whole

_SOURCES: Final[Mapping[str, Source]] = {
    "ems": Source.ENERGY_MANAGEMENT,
    "so": Source.GRID_OPERATOR,
    "cso": Source.CHARGING_OPERATOR,
}
"""By their words in small letters. In 2.1 a charger may have others, too."""

_MOST_STEPS: Final = 100
"""More than a day has quarters of an hour; what is shown has an end."""

_A_LONG_TIME: Final = 366 * 86400
"""Seconds; what begins later than that begins at no time that can be told."""


def limited(payload: Json, now: datetime) -> tuple[Event, ...]:
    """That something limits."""
    told = part(payload, "chargingLimit")
    critical = told.get("isGridCritical")
    limit = ExternalLimit(
        source=_source(text(told, "chargingLimitSource")) or Source.OTHER,
        grid_critical=critical if isinstance(critical, bool) else None,
        course=tuple(step for each in parts(payload, "chargingSchedule")[:1] for step in _course(each, now)),
    )
    return (ExternallyLimited(evse=positive(payload, "evseId"), limit=limit, at=now),)


def cleared(payload: Json, now: datetime) -> tuple[Event, ...]:
    """That something limits no more; without its name all of that is meant."""
    source = _source(text(payload, "chargingLimitSource"))
    return (ExternalLimitCleared(evse=positive(payload, "evseId"), source=source, at=now),)


def _source(word: str | None) -> Source | None:
    return None if word is None else _SOURCES.get(word.strip().casefold(), Source.OTHER)


def _course(schedule: Json, now: datetime) -> list[LimitStep]:
    begin = times.read(schedule["startSchedule"], now) if "startSchedule" in schedule else None
    steps: list[LimitStep] = []
    for period in parts(schedule, "chargingSchedulePeriod")[:_MOST_STEPS]:
        amount, seconds = number(period, "limit"), whole(period, "startPeriod") or 0
        if amount is None:
            continue
        after = timedelta(seconds=min(max(seconds, 0), _A_LONG_TIME))
        since = begin + after if begin is not None else now + after if after else None
        steps.append(LimitStep(since, amount, text(schedule, "chargingRateUnit")))
    return steps
