"""Moments on the wire."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given, strategies as st
import pytest

from custom_components.ocpp_central.csms import times

RECEIVED = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
TEN = datetime(2026, 3, 1, 10, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "want"),
    [
        ("2026-03-01T10:00:00Z", TEN),
        ("2026-03-01T10:00:00z", TEN),
        ("2026-03-01t10:00:00Z", TEN),
        (" 2026-03-01T10:00:00Z ", TEN),
        ("2026-03-01 10:00:00Z", TEN),
        ("20260301T100000Z", TEN),
        ("2026-03-01T10:00Z", TEN),
        ("2026-03-01T12:00:00+02:00", TEN),
        ("2026-03-01T05:00:00-0500", TEN),
        ("2026-03-01T10:00:00.5Z", TEN + timedelta(milliseconds=500)),
        ("2026-03-01T10:00:00,250Z", TEN + timedelta(milliseconds=250)),
        ("2026-03-01T10:00:00.123456789Z", TEN + timedelta(microseconds=123456)),
    ],
)
def test_every_common_spelling_of_a_moment_is_read(told: str, want: datetime) -> None:
    """Fractions and offsets must be accepted (1.6, time notations)."""
    assert times.read(told, RECEIVED) == want


def test_a_time_without_a_zone_is_utc() -> None:
    """Chargers leave the zone out; the standard recommends UTC."""
    assert times.read("2026-03-01T10:00:00", RECEIVED) == TEN


@pytest.mark.parametrize(
    "told",
    [
        None,
        "",
        "soon",
        17,
        "2026-02-30T10:00:00Z",
        "2026-03-01",
        "2026-03-01T10:00:60Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "1970-01-01T00:00:07Z",
        "2000-01-01T00:00:00Z",
        "2106-02-07T06:28:15Z",
    ],
)
def test_a_time_that_says_nothing_is_the_time_of_reception(told: object) -> None:
    """Absent, unreadable, or the time of a clock that was never set."""
    assert times.read(told, RECEIVED) == RECEIVED


@given(st.text(max_size=40))
def test_no_text_is_too_odd_to_be_a_time(told: str) -> None:
    """Reading never raises, and always gives a moment in UTC."""
    assert times.read(told, RECEIVED).utcoffset() == timedelta(0)


def test_moments_are_written_in_utc_and_whole_seconds() -> None:
    """What every charger can read: no fraction, no offset, a Z."""
    moment = datetime(2026, 3, 1, 12, 0, 0, 999999, tzinfo=timezone(timedelta(hours=2)))
    assert times.write(moment) == "2026-03-01T10:00:00Z"


@given(
    st.datetimes(
        min_value=datetime(2020, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds
        max_value=datetime(2090, 1, 1),  # noqa: DTZ001
        timezones=st.just(UTC),
    )
)
def test_what_is_written_reads_the_same(moment: datetime) -> None:
    """A moment survives the wire up to its second."""
    assert times.read(times.write(moment), RECEIVED) == moment.replace(microsecond=0)
