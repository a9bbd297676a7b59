"""How series repeat: what `recurrence` makes of rules, clocks and cuts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from homeassistant.exceptions import ServiceValidationError
from hypothesis import given, settings, strategies as st
from ical.types import RecurrenceId
import pytest

from custom_components.ocpp_central.core.reservation import Window
from custom_components.ocpp_central.core.sources import Series
from custom_components.ocpp_central.repeating.recurrence import (
    coming,
    contains,
    continued,
    cut_before,
    occurrences,
    renamed,
    ruled,
    serving,
)

BERLIN: Final = ZoneInfo("Europe/Berlin")
ZONES: Final = [
    BERLIN,
    ZoneInfo("America/New_York"),
    ZoneInfo("Australia/Lord_Howe"),  # changes its clocks by half an hour
    ZoneInfo("America/Santiago"),  # changes them at midnight
    ZoneInfo("Asia/Kathmandu"),
    UTC,
]


def series(start: str, end: str, rule: str = "FREQ=DAILY", *, all_day: bool = False, zone: tzinfo = BERLIN) -> Series:
    """A series as it is kept."""
    bare = Series(start=datetime.fromisoformat(start), end=datetime.fromisoformat(end), all_day=all_day, rule="")
    return ruled(bare, rule, zone)


def span(start: str, end: str) -> Window:
    """A span of UTC."""
    return Window(start=datetime.fromisoformat(start).astimezone(UTC), end=datetime.fromisoformat(end).astimezone(UTC))


YEAR: Final = span("2026-01-01T00:00Z", "2027-01-01T00:00Z")


def by_the_clock(found: dict[str, Window], zone: tzinfo = BERLIN) -> dict[str, tuple[str, str]]:
    """Occurrences as clocks show them."""
    return {
        key: (each.start.astimezone(zone).isoformat(), each.end.astimezone(zone).isoformat())
        for key, each in found.items()
    }


def test_an_occurrence_is_known_by_the_time_at_which_it_begins() -> None:
    """By the clock, as RFC 5545 writes it."""
    found = occurrences(series("2026-11-26T07:00", "2026-11-26T08:30", "FREQ=WEEKLY;COUNT=2"), YEAR, BERLIN)
    assert by_the_clock(found) == {
        "20261126T070000": ("2026-11-26T07:00:00+01:00", "2026-11-26T08:30:00+01:00"),
        "20261203T070000": ("2026-12-03T07:00:00+01:00", "2026-12-03T08:30:00+01:00"),
    }


def test_days_are_from_midnight_to_midnight() -> None:
    """However long they are, and known by their date."""
    found = occurrences(series("2026-10-24", "2026-10-25", "FREQ=DAILY;COUNT=2", all_day=True), YEAR, BERLIN)
    assert by_the_clock(found) == {
        "20261024": ("2026-10-24T00:00:00+02:00", "2026-10-25T00:00:00+02:00"),
        "20261025": ("2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00"),
    }


@pytest.mark.parametrize(
    ("zone", "day", "start", "end", "shown"),
    [
        ("Europe/Berlin", "2026-03-29", "02:30", "04:00", ("03:30:00+02:00", "04:00:00+02:00")),
        ("Europe/Berlin", "2026-03-29", "02:30", "03:15", ("03:30:00+02:00", "04:15:00+02:00")),
        ("Europe/Berlin", "2026-03-29", "01:30", "02:30", ("01:30:00+01:00", "03:30:00+02:00")),
        ("Europe/Berlin", "2026-03-29", "01:00", "05:00", ("01:00:00+01:00", "05:00:00+02:00")),
        ("Europe/Berlin", "2026-10-25", "02:30", "04:00", ("02:30:00+02:00", "04:00:00+01:00")),
        ("Europe/Berlin", "2026-10-25", "01:30", "02:30", ("01:30:00+02:00", "02:30:00+02:00")),
        ("Australia/Lord_Howe", "2026-10-04", "02:15", "03:00", ("02:45:00+11:00", "03:00:00+11:00")),
        ("America/Santiago", "2026-09-06", "00:00", "06:00", ("01:00:00-03:00", "06:00:00-03:00")),
    ],
    ids=["skipped", "nothing left", "ends in between", "across", "twice", "until twice", "half an hour", "midnight"],
)
def test_clocks_that_change_are_followed(zone: str, day: str, start: str, end: str, shown: tuple[str, str]) -> None:
    """What they skip is as much later, of two hours it is the first, and an end is when it shows."""
    there = ZoneInfo(zone)
    found = occurrences(series(f"{day}T{start}", f"{day}T{end}", "FREQ=DAILY;COUNT=1", zone=there), YEAR, there)
    assert list(by_the_clock(found, there).values()) == [(f"{day}T{shown[0]}", f"{day}T{shown[1]}")]


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        ("FREQ=DAILY;UNTIL=20261130T070000", "FREQ=DAILY;UNTIL=20261130T070000"),
        ("FREQ=DAILY;UNTIL=20261130T060000Z", "FREQ=DAILY;UNTIL=20261130T070000"),
        ("FREQ=DAILY;UNTIL=20261130", "FREQ=DAILY;UNTIL=20261130T070000"),
        ("FREQ=DAILY;UNTIL=99991231T235959Z", "FREQ=DAILY;UNTIL=99981231T010000"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH"),
        ("FREQ=MONTHLY;BYDAY=+4TH;COUNT=3", "FREQ=MONTHLY;COUNT=3;BYDAY=4TH"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "FREQ=MONTHLY;BYDAY=-1FR"),
        ("FREQ=MONTHLY;BYMONTHDAY=26", "FREQ=MONTHLY;BYMONTHDAY=26"),
        ("FREQ=YEARLY", "FREQ=YEARLY"),
    ],
)
def test_a_rule_is_kept_by_the_clock(rule: str, kept: str) -> None:
    """Its last day may be told as a day, in UTC or by the clock."""
    assert series("2026-11-26T07:00", "2026-11-26T08:00", rule).rule == kept


@pytest.mark.parametrize("until", ["20261128", "20261128T120000", "20261127T230000Z"])
def test_the_last_of_some_days_is_a_day(until: str) -> None:
    """However it is told: the last one is 28 November in Berlin."""
    found = series("2026-11-26", "2026-11-27", f"FREQ=DAILY;UNTIL={until}", all_day=True)
    assert found.rule == "FREQ=DAILY;UNTIL=20261128"
    assert list(occurrences(found, YEAR, BERLIN)) == ["20261126", "20261127", "20261128"]


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "every day",
        "FREQ=HOURLY",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;COUNT=many",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;UNTIL=tomorrow",
        "FREQ=DAILY;COUNT=3;UNTIL=20261130T070000",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYHOUR=7,19",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=DAILY;COUNT=3=4",
        "FREQ=DAILY;COUNT",
    ],
)
def test_a_rule_that_no_calendar_page_sends_is_refused(rule: str) -> None:
    """Broken, more often than daily, or one that might search for centuries."""
    with pytest.raises(ServiceValidationError) as refused:
        series("2026-11-26T07:00", "2026-11-26T08:00", rule)
    assert refused.value.translation_key == "unknown_rule"
    assert refused.value.translation_placeholders == {"rule": rule}


PARTS = st.sampled_from(["FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTHDAY", "BYSETPOS", "X", ""])
VALUES = st.one_of(
    st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "MO", "1MO", "-1FR", "MO,SU", "20261201T000000Z", "20261201", "31"]),
    st.integers(-1, 10**12).map(str),
    st.text(max_size=8),
)


@settings(max_examples=300)
@given(parts=st.lists(st.tuples(PARTS, VALUES)), freq=st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
def test_every_rule_is_kept_or_refused(parts: list[tuple[str, str]], freq: str) -> None:
    """Whatever stands in it; what is kept is read as it was meant."""
    text = ";".join(f"{part}={value}" for part, value in [("FREQ", freq), *parts])
    try:
        found = series("2026-11-26T07:00", "2026-11-26T08:00", text)
    except ServiceValidationError:
        return
    again = ruled(found, found.rule, BERLIN)
    assert again == found


@pytest.mark.parametrize(
    "rule", ["FREQ=DAILY;UNTIL=20261125T230000", "FREQ=DAILY;UNTIL=20261125", "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31"]
)
def test_a_series_that_never_takes_place_is_refused(rule: str) -> None:
    """Because it is over before it begins, or its day never comes."""
    with pytest.raises(ServiceValidationError) as refused:
        series("2026-11-26T07:00", "2026-11-26T08:00", rule)
    assert refused.value.translation_key == "series_never_takes_place"


def test_a_series_that_ends_before_it_starts_is_refused() -> None:
    """As a single event is."""
    with pytest.raises(ServiceValidationError) as refused:
        series("2026-11-26T07:00", "2026-11-26T07:00")
    assert refused.value.translation_key == "reservation_in_past"


def test_what_began_before_the_span_and_lasts_into_it_counts() -> None:
    """The span is half-open, as windows are."""
    nights = series("2026-11-01T22:00", "2026-11-02T06:00")
    found = occurrences(nights, span("2026-11-10T05:59+01:00", "2026-11-11T22:00+01:00"), BERLIN)
    assert list(found) == ["20261109T220000", "20261110T220000"]
    found = occurrences(nights, span("2026-11-10T06:00+01:00", "2026-11-10T22:01+01:00"), BERLIN)
    assert list(found) == ["20261110T220000"]


@pytest.mark.parametrize(
    ("key", "known"),
    [
        ("20261128T070000", True),
        ("20261129T070000", False),
        ("20261124T070000", False),
        ("20261128T080000", False),
        ("20261128T060000Z", False),
        ("20261128", False),
        ("tomorrow", False),
    ],
)
def test_an_occurrence_is_found_by_its_key_alone(key: str, known: bool) -> None:
    """Of a series that takes place every other day."""
    assert contains(series("2026-11-26T07:00", "2026-11-26T08:00", "FREQ=DAILY;INTERVAL=2"), key) is known


def test_a_day_is_found_by_its_date_alone() -> None:
    """Not by a time of that day."""
    days = series("2026-11-26", "2026-11-27", all_day=True)
    assert contains(days, "20261128")
    assert not contains(days, "20261128T000000")


@pytest.mark.parametrize(
    ("rule", "left"),
    [
        ("FREQ=DAILY;COUNT=10", "FREQ=DAILY;UNTIL=20261128T070000"),
        ("FREQ=DAILY", "FREQ=DAILY;UNTIL=20261128T070000"),
        ("FREQ=DAILY;UNTIL=20271231T070000", "FREQ=DAILY;UNTIL=20261128T070000"),
    ],
)
def test_what_is_left_of_a_series_says_when_it_ends(rule: str, left: str) -> None:
    """Whatever its rule said before."""
    whole = series("2026-11-26T07:00", "2026-11-26T08:00", rule)
    assert cut_before(whole, "20261129T070000") == replace(whole, rule=left)


def test_nothing_is_left_of_a_series_without_its_first() -> None:
    """That need not be the day on which it was made: 26 November is no Monday."""
    assert cut_before(series("2026-11-26T07:00", "2026-11-26T08:00"), "20261126T070000") is None
    mondays = series("2026-11-26T07:00", "2026-11-26T08:00", "FREQ=WEEKLY;BYDAY=MO")
    assert cut_before(mondays, "20261130T070000") is None
    assert cut_before(series("2026-11-26", "2026-11-27", all_day=True), "20261126") is None


@pytest.mark.parametrize(
    ("rule", "sent", "goes_on"),
    [
        ("FREQ=DAILY;COUNT=10", "FREQ=DAILY;COUNT=10", "FREQ=DAILY;COUNT=7"),
        ("FREQ=DAILY;COUNT=10", "FREQ=WEEKLY;BYDAY=SU;COUNT=10", "FREQ=WEEKLY;COUNT=7;BYDAY=SU"),
        ("FREQ=DAILY;COUNT=10", "FREQ=DAILY;COUNT=5", "FREQ=DAILY;COUNT=5"),
        ("FREQ=DAILY", "FREQ=DAILY;COUNT=5", "FREQ=DAILY;COUNT=5"),
        ("FREQ=DAILY;COUNT=10", "FREQ=DAILY", "FREQ=DAILY"),
        ("FREQ=DAILY;UNTIL=20261205T070000", "FREQ=DAILY;UNTIL=20261205T070000", "FREQ=DAILY;UNTIL=20261205T190000"),
        ("FREQ=DAILY;UNTIL=20261205T070000", "FREQ=DAILY;UNTIL=20261206T190000", "FREQ=DAILY;UNTIL=20261206T190000"),
    ],
)
def test_what_follows_goes_on_for_as_long_as_the_form_says(rule: str, sent: str, goes_on: str) -> None:
    """A number that nobody has touched counts from the beginning of the series, another one from here; days stay."""
    whole = series("2026-11-26T07:00", "2026-11-26T08:00", rule)
    asked = series("2026-11-29T19:00", "2026-11-29T20:00", sent)
    assert continued(whole, "20261129T070000", asked) == replace(asked, rule=goes_on)


def test_days_that_follow_times_end_on_the_same_day() -> None:
    """The last day is one, too."""
    whole = series("2026-11-26T07:00", "2026-11-26T08:00", "FREQ=DAILY;UNTIL=20261201T070000")
    asked = series("2026-11-29", "2026-11-30", "FREQ=DAILY;UNTIL=20261201", all_day=True)
    assert continued(whole, "20261129T070000", asked) == asked


@pytest.mark.parametrize(
    ("moment", "found"),
    [
        ("2026-11-26T06:00", "20261126T070000"),
        ("2026-11-26T07:59", "20261126T070000"),
        ("2026-11-26T08:00", "20261127T070000"),
        ("2026-11-28T08:00", None),
    ],
)
def test_what_comes_next_is_what_is_not_over(moment: str, found: str | None) -> None:
    """Nothing, once the series is over."""
    some = series("2026-11-26T07:00", "2026-11-26T08:00", "FREQ=DAILY;COUNT=3")
    at = datetime.fromisoformat(moment).replace(tzinfo=BERLIN)
    upcoming = coming(some, at, BERLIN)
    assert (None if upcoming is None else upcoming[0]) == found


def test_without_a_rule_it_takes_place_once() -> None:
    """As what repeated and shall not any more does."""
    once = replace(series("2026-11-26T07:00", "2026-11-26T08:00"), rule="")
    assert list(occurrences(once, YEAR, BERLIN)) == ["20261126T070000"]


def test_an_occurrence_belongs_to_the_last_series_that_had_begun() -> None:
    """Of those that follow each other; before all of them, to the first."""
    first = series("2026-11-26T07:00", "2026-11-26T08:00")
    second = series("2026-11-30", "2026-12-01", all_day=True)
    keys = ["20261125T070000", "20261129T070000", "20261130", "20261201"]
    assert [serving((first, second), key) for key in keys] == [first, first, second, second]


def test_an_occurrence_moves_with_its_series() -> None:
    """To another time, another day, or whole days; what is none of it does not."""
    some = series("2026-11-26T07:00", "2026-11-26T08:00")
    later = series("2026-11-27T09:00", "2026-11-27T10:00")
    days = series("2026-11-26", "2026-11-27", all_day=True)
    assert renamed(some, "20261201T070000", later) == "20261202T090000"
    assert renamed(days, "20261201", later) == "20261202T090000"
    assert renamed(days, "20261201T070000", later) is None


RULES = st.one_of(
    st.builds("FREQ=DAILY;INTERVAL={}".format, st.integers(1, 4)),
    st.builds("FREQ=WEEKLY;BYDAY={}".format, st.sampled_from(["MO", "SU", "MO,TU,WE,TH,FR", "SA,SU"])),
    st.builds("FREQ=MONTHLY;BYMONTHDAY={}".format, st.sampled_from([1, 29, 31, -1])),
    st.builds("FREQ=MONTHLY;BYDAY={}".format, st.sampled_from(["1SU", "-1SU", "2MO"])),
)
ENDS = st.one_of(
    st.just(""),
    st.builds(";COUNT={}".format, st.integers(1, 60)),
    st.builds(";UNTIL=2026{:02}15".format, st.integers(9, 12)),
)


@st.composite
def some_series(draw: st.DrawFn, zone: tzinfo) -> Series:
    """A series of the year 2026, of times or of days, at night more often than not."""
    day = datetime(2026, 1, 1) + timedelta(days=draw(st.integers(0, 240)))  # noqa: DTZ001
    all_day = draw(st.booleans())
    minute = 0 if all_day else draw(st.one_of(st.sampled_from([0, 60, 90, 105, 120, 150]), st.integers(0, 1439)))
    length = 1440 * draw(st.integers(1, 3)) if all_day else draw(st.integers(1, 2000))
    start = day + timedelta(minutes=minute)
    bare = Series(start=start, end=start + timedelta(minutes=length), all_day=all_day, rule="")
    return ruled(bare, draw(RULES) + draw(ENDS), zone)


@pytest.mark.parametrize("zone", ZONES, ids=str)
@settings(max_examples=25)
@given(data=st.data())
def test_occurrences_are_in_order_and_last_some_time(zone: tzinfo, data: st.DataObject) -> None:
    """And each has a key by which it is found, and which iCalendar reads as the time of its start."""
    some = data.draw(some_series(zone))
    found = occurrences(some, YEAR, zone)
    assert found
    for key, window in found.items():
        assert window.end > window.start
        assert contains(some, key)
        read = RecurrenceId.to_value(key)
        assert isinstance(read, datetime) is not some.all_day
        assert f"{read:%H%M}" == f"{some.start:%H%M}"
    assert all(one.start < other.start for one, other in pairwise(found.values()))


@pytest.mark.parametrize("zone", ZONES, ids=str)
@settings(max_examples=25)
@given(data=st.data())
def test_two_spans_have_together_what_one_has(zone: tzinfo, data: st.DataObject) -> None:
    """Wherever it is divided, so that a horizon can roll."""
    some = data.draw(some_series(zone))
    middle = YEAR.start + timedelta(minutes=data.draw(st.integers(1, 365 * 1440 - 1)))
    whole = occurrences(some, YEAR, zone)
    first = occurrences(some, replace(YEAR, end=middle), zone)
    second = occurrences(some, replace(YEAR, start=middle), zone)
    assert first | second == whole
    both = [whole[key] for key in first.keys() & second.keys()]
    assert all(each.start < middle < each.end for each in both)


@pytest.mark.parametrize("zone", ZONES, ids=str)
@settings(max_examples=25)
@given(data=st.data())
def test_a_series_that_is_cut_loses_nothing_if_it_goes_on(zone: tzinfo, data: st.DataObject) -> None:
    """What is left and what goes on by the same rule are together what was whole."""
    some = data.draw(some_series(zone))
    whole = occurrences(some, YEAR, zone)
    key = data.draw(st.sampled_from(sorted(whole)))
    left = cut_before(some, key)
    kept = {} if left is None else occurrences(left, YEAR, zone)
    assert kept == {each: window for each, window in whole.items() if each < key}
    at = RecurrenceId.to_value(key)
    start = at if isinstance(at, datetime) else datetime.combine(at, some.start.time())
    rest = continued(some, key, replace(some, start=start, end=start + (some.end - some.start)))
    assert kept | occurrences(rest, YEAR, zone) == whole
