"""What the times of an action, and of an event in a calendar, mean.

Knows time zones, defaults and the ends of the calendar. Must not know what the owner allows (`core.ledger`).
"""

from collections.abc import Mapping
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, timedelta
from typing import Any, Final

from homeassistant.util import dt as dt_util

from .core.policy import Policy
from .core.reservation import Window

ATTR_DURATION: Final = "duration"
ATTR_END: Final = "end"
ATTR_START: Final = "start"

FIRST = datetime(MINYEAR + 1, 1, 1, tzinfo=UTC)
LAST = datetime(MAXYEAR - 1, 12, 31, tzinfo=UTC)
"""Beyond these a time may not exist in another zone; whoever gives one means one of these just as well."""

BEYOND = LAST + timedelta(days=1)
"""Later than any time that somebody gives, so that a duration from there is still one."""


def wished(data: Mapping[str, Any], policy: Policy) -> tuple[datetime | None, datetime]:
    """The start (None: now) and the end that somebody wishes for, in UTC.

    A duration counts from the start, also from one that has passed.
    """
    start = _given(data, ATTR_START)
    if (end := _given(data, ATTR_END)) is not None:
        return start, end
    duration: timedelta = data.get(ATTR_DURATION, policy.default_duration)
    # Whole seconds are the ledger's grain: an end derived from a start must not lose one of them on the way.
    begin = (start or dt_util.utcnow()).replace(microsecond=0)
    try:
        end = begin + duration
    except OverflowError:
        end = BEYOND
    return start, min(max(FIRST, end), BEYOND)


def changed(data: Mapping[str, Any]) -> tuple[datetime | None, datetime | None, timedelta | None]:
    """The start, the end and the duration that a reservation is to have; None: what follows from the others."""
    return _given(data, ATTR_START), _given(data, ATTR_END), data.get(ATTR_DURATION)


def asked(data: Mapping[str, Any]) -> Window:
    """The span of time that somebody asks about, open where no end of it is given."""
    return Window(start=_given(data, ATTR_START) or FIRST, end=_given(data, ATTR_END) or LAST)


def in_utc(moment: datetime) -> datetime:
    """A moment that somebody has given. One without a zone is Home Assistant's local time."""
    if moment.year == MINYEAR:
        return FIRST
    return LAST if moment.year == MAXYEAR else dt_util.as_utc(moment)


def begins(told: date) -> datetime:
    """The moment at which what a calendar tells begins, in UTC: a day does at local midnight.

    So the end of an event of days is one, too, which is told as the first day that is not part of it.
    """
    return in_utc(told if isinstance(told, datetime) else dt_util.start_of_local_day(told))


def _given(data: Mapping[str, Any], field: str) -> datetime | None:
    moment: datetime | None = data.get(field)
    return None if moment is None else in_utc(moment)
