"""How a series repeats: its rule as it is sent and kept, when it takes place, and where it is cut in two.

Knows iCalendar's rules, by `ical`, and what clocks show where Home Assistant is. Must not know reservations. Walking a
rule takes a while, so all of this belongs into the executor.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta, tzinfo
from itertools import takewhile
from typing import Final

from ical.calendar import Calendar
from ical.event import Event
from ical.store import EventStore
from ical.types import Range, Recur, RecurrenceId

from .. import errors
from ..core.reservation import Window
from ..core.sources import Series
from ..windows import in_utc

_ALWAYS: Final = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"})
_PARTS: Final[Mapping[str, frozenset[str]]] = {
    "DAILY": _ALWAYS,
    "WEEKLY": _ALWAYS | {"BYDAY"},
    "MONTHLY": _ALWAYS | {"BYDAY", "BYMONTHDAY"},
    "YEARLY": _ALWAYS,
}
"""What Home Assistant's calendar page sends. Of other parts rules can be made that search for centuries, in vain."""

_CLOCK_CHANGE: Final = timedelta(days=1)
"""By no more than this has any place ever changed its clocks at once."""


def ruled(series: Series, text: str, zone: tzinfo) -> Series:
    """The series with the rule that somebody has sent, as it is to be kept.

    `text`: the value of an RRULE; its UNTIL may be a day, in UTC, or by the clock of `zone`, which the rule is kept by.
    Raises translated errors for a rule that the calendar page does not know, and for a series that never takes place.
    """
    if series.end <= series.start:
        raise errors.invalid("reservation_in_past", end=f"{series.end:%Y-%m-%d %H:%M}")
    found = replace(series, rule=_text(_limited(_read(text), series, zone)))
    if next(_starts(found), None) is None:
        raise errors.invalid("series_never_takes_place")
    return found


def occurrences(series: Series, span: Window, zone: tzinfo) -> dict[str, Window]:
    """When a series takes place, as far as that overlaps a span, by recurrence id and ordered by start.

    What clocks skip is as much later. What they show twice is meant the first time. An occurrence lasts until its end
    shows; if the clocks leave nothing of it, for as long as it would have.
    """
    first = _by_the_clock(span.start, zone) - (series.end - series.start) - _CLOCK_CHANGE
    last = _by_the_clock(span.end, zone) + _CLOCK_CHANGE
    starts = takewhile(lambda start: start <= last, _starts(series))
    windows = {_key(series, start): _window(series, start, zone) for start in starts if start >= first}
    return {key: window for key, window in windows.items() if window.overlaps(span)}


def contains(series: Series, key: str) -> bool:
    """Whether a series has an occurrence of this recurrence id, as those must that a series is cut or continued at."""
    at = _moment(series, key)
    return at is not None and at in takewhile(lambda start: start <= at, _starts(series))


def cut_before(series: Series, key: str) -> Series | None:
    """The series without the occurrence of this recurrence id and all that follow; None if nothing is left."""
    if next(_starts(series)) == _moment(series, key):
        return None
    event = Event(start=_day_or_time(series, series.start), rrule=_read(series.rule))
    calendar = Calendar()
    store = EventStore(calendar)
    store.add(event)
    store.delete(event.uid, recurrence_id=key, recurrence_range=Range.THIS_AND_FUTURE)
    (left,) = calendar.events
    assert left.rrule is not None  # noqa: S101  it had one, and only its end is another
    return replace(series, rule=_text(left.rrule))


def from_on(series: Series, key: str) -> Series:
    """The same rule as if it began with the occurrence of this recurrence id."""
    start = _moment(series, key)
    assert start is not None  # noqa: S101  the caller knows that the series contains it
    return replace(series, start=start, end=start + (series.end - series.start))


def renamed(before: Series, key: str, after: Series) -> str | None:
    """The recurrence id that an occurrence gets when its series moves as a whole to where `after` is.

    None if it has none of this series.
    """
    start = _moment(before, key)
    return None if start is None else _key(after, start + (after.start - before.start))


def coming(series: Series, moment: datetime, zone: tzinfo) -> tuple[str, Window] | None:
    """The first occurrence that is not over at a moment, with its recurrence id; None if the series is."""
    clock = _by_the_clock(moment, zone) - (series.end - series.start) - _CLOCK_CHANGE
    starts = (start for start in _starts(series) if start >= clock)
    found = ((_key(series, start), _window(series, start, zone)) for start in starts)
    return next(((key, window) for key, window in found if window.end > moment), None)


def serving(several: Sequence[Series], key: str) -> Series:
    """Of series that follow each other, the one to which a recurrence id belongs by its date; walks none of them."""
    begun = [each for each in several if _key(each, each.start) <= key]
    return begun[-1] if begun else several[0]


def continued(before: Series, key: str, after: Series) -> Series:
    """What takes the place of the occurrence of this recurrence id and of all that follow, if `after` was asked for.

    A form shows the rule of the whole series, and sends it. So a count that is still the same counts from the beginning
    of the series, and the last day stays the last, whatever the time of day; another count is how often from now on.
    """
    old, new = _read(before.rule), _read(after.rule)
    if old.count is not None and new.count == old.count:
        new = new.model_copy(update={"count": new.count - sum(1 for _ in _starts_before(before, key))})
    if old.until is not None and new.until is not None and _day(old.until) == _day(new.until):
        last = datetime.combine(_day(new.until), after.start.time())
        new = new.model_copy(update={"until": _day_or_time(after, last)})
    return replace(after, rule=_text(new))


def _read(text: str) -> Recur:
    """A rule; raises a translated error for one that the calendar page cannot send."""
    try:
        parts = dict(part.split("=") for part in text.split(";"))
        rule = Recur.from_rrule(text) if parts.keys() <= _PARTS[parts["FREQ"]] else None
    except KeyError, ValueError:
        rule = None
    if rule is None or (rule.count is not None and rule.until is not None):  # RFC 5545 3.3.10
        raise errors.invalid("unknown_rule", rule=text)
    return rule


def _limited(rule: Recur, series: Series, zone: tzinfo) -> Recur:
    """The rule with its last day as the series has days or times, by the clock."""
    match rule.until:
        case None:
            return rule
        case datetime() as moment:
            last = moment if moment.tzinfo is None else _by_the_clock(in_utc(moment), zone)
        case day:
            last = datetime.combine(day, series.start.time())
    return rule.model_copy(update={"until": _day_or_time(series, last)})


def _text(rule: Recur) -> str:
    return rule.as_rrule_str()


def _starts(series: Series) -> Iterator[datetime]:
    """When a series takes place, by the clock; perhaps for ever. Without a rule it does so once."""
    if not series.rule:
        return iter((series.start,))
    return iter(_read(series.rule).as_rrule(_day_or_time(series, series.start)))


def _starts_before(series: Series, key: str) -> Iterator[datetime]:
    at = _moment(series, key)
    return takewhile(lambda start: start != at, _starts(series))


def _key(series: Series, start: datetime) -> str:
    """What RFC 5545 calls an occurrence: the time at which its rule has it begin."""
    return _day_or_time(series, start).isoformat().replace("-", "").replace(":", "")


def _moment(series: Series, key: str) -> datetime | None:
    """The start that a recurrence id speaks of; None if it is none of such a series."""
    try:
        found = RecurrenceId.to_value(key)
    except ValueError:
        return None
    if isinstance(found, datetime):
        return None if series.all_day or found.tzinfo is not None else found
    return datetime.combine(found, series.start.time()) if series.all_day else None


def _window(series: Series, start: datetime, zone: tzinfo) -> Window:
    length = series.end - series.start
    begin, end = _in_utc(start, zone), _in_utc(start + length, zone)
    return Window(start=begin, end=end if end > begin else begin + length)


def _day_or_time(series: Series, moment: datetime) -> date:
    return moment.date() if series.all_day else moment


def _day(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _by_the_clock(moment: datetime, zone: tzinfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def _in_utc(clock: datetime, zone: tzinfo) -> datetime:
    """A time by the clock: without a fold, what is skipped is later by that, and of two it is the first (PEP 495)."""
    return in_utc(clock.replace(tzinfo=zone))
