"""One reservation: its window, its holder and its life."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import product

from hypothesis import given, strategies as st
import portion
import pytest

from custom_components.ocpp_central.core.reservation import (
    BIRTHS,
    LIFECYCLE,
    Cause,
    EndReason,
    Hold,
    HoldState,
    IllegalTransition,
    News,
    Reservation,
    Status,
    Window,
    whole_seconds,
)
from custom_components.ocpp_central.core.token import IdToken

from .world import HALF_HOUR, HOLDER, NOON, SECOND, STRANGER

RESERVATION = Reservation(
    uid="uid",
    reservation_id=1,
    charger="garage",
    evse=1,
    token=HOLDER,
    window=Window(start=NOON, end=NOON + HALF_HOUR),
    status=Status.SCHEDULED,
    created=NOON,
    updated=NOON,
)

moments = st.integers(0, 9).map(lambda number: NOON + number * SECOND)
windows = (
    st.tuples(moments, moments)
    .filter(lambda pair: pair[0] < pair[1])
    .map(lambda pair: Window(start=pair[0], end=pair[1]))
)


def _interval(window: Window) -> portion.Interval:
    return portion.closedopen(window.start, window.end)


@given(one=windows, other=windows)
def test_windows_overlap_where_they_share_an_instant(one: Window, other: Window) -> None:
    """Windows that only touch do not overlap, as `portion` defines it."""
    assert one.overlaps(other) is _interval(one).overlaps(_interval(other))


@given(window=windows)
def test_a_window_lasts_from_its_start_to_its_end(window: Window) -> None:
    """The duration is a plain difference."""
    assert window.start + window.duration == window.end


def test_moments_become_utc_and_whole_seconds() -> None:
    """OCPP can be trusted to carry no more than that (ocpp.md 5.1)."""
    there = timezone(timedelta(hours=2))
    got = whole_seconds(datetime(2026, 6, 1, 14, 0, 0, 999_999, tzinfo=there))
    assert got == NOON
    assert got.tzinfo is UTC


@pytest.mark.parametrize(
    ("token", "group", "want"),
    [
        (HOLDER, None, True),
        (IdToken(value="holder", type="ISO14443"), None, True),
        (STRANGER, None, False),
        (STRANGER, "family", True),
        (STRANGER, "guests", False),
    ],
)
def test_a_reservation_is_for_its_token_and_its_group(token: IdToken, group: str | None, *, want: bool) -> None:
    """A token or a group match may charge (H03.FR.01-06)."""
    assert replace(RESERVATION, group="family").is_for(token, group) is want


LIFE = {
    (Status.SCHEDULED, Cause.OPENED): (Status.PLACING, None, None),
    (Status.SCHEDULED, Cause.TAKEN_ON): (Status.ACTIVE, News.PLACED, None),
    (Status.SCHEDULED, Cause.CANCELLED): (
        Status.CANCELLED,
        News.CANCELLED,
        EndReason.CANCELLED,
    ),
    (Status.SCHEDULED, Cause.REPLACED): (Status.CANCELLED, News.CANCELLED, EndReason.CANCELLED),
    (Status.SCHEDULED, Cause.EXPIRED): (Status.EXPIRED, News.EXPIRED, EndReason.EXPIRED),
    (Status.SCHEDULED, Cause.CHARGER_REMOVED): (
        Status.REMOVED,
        News.REMOVED,
        EndReason.CANCELLED,
    ),
    (Status.PLACING, Cause.HELD): (Status.ACTIVE, News.PLACED, None),
    (Status.PLACING, Cause.TAKEN_ON): (Status.ACTIVE, News.PLACED, None),
    (Status.PLACING, Cause.REFUSED): (Status.REJECTED, News.REJECTED, None),
    (Status.PLACING, Cause.CANCELLED): (Status.CANCELLED, News.CANCELLED, EndReason.CANCELLED),
    (Status.PLACING, Cause.REPLACED): (Status.CANCELLED, News.CANCELLED, EndReason.CANCELLED),
    (Status.PLACING, Cause.EXPIRED): (Status.EXPIRED, News.EXPIRED, EndReason.EXPIRED),
    (Status.PLACING, Cause.POSTPONED): (Status.SCHEDULED, News.CHANGED, None),
    (Status.PLACING, Cause.CHARGER_REMOVED): (Status.REMOVED, News.REMOVED, EndReason.CANCELLED),
    (Status.ACTIVE, Cause.STARTED): (Status.IN_USE, News.USED, EndReason.USED),
    (Status.ACTIVE, Cause.CANCELLED): (Status.CANCELLED, News.CANCELLED, EndReason.CANCELLED),
    (Status.ACTIVE, Cause.REPLACED): (Status.CANCELLED, News.CANCELLED, EndReason.CANCELLED),
    (Status.ACTIVE, Cause.EXPIRED): (Status.EXPIRED, News.EXPIRED, EndReason.EXPIRED),
    (Status.ACTIVE, Cause.POSTPONED): (Status.SCHEDULED, News.CHANGED, None),
    (Status.ACTIVE, Cause.GIVEN_UP): (Status.REMOVED, News.REMOVED, EndReason.CANCELLED),
    (Status.ACTIVE, Cause.CHARGER_REMOVED): (Status.REMOVED, News.REMOVED, EndReason.CANCELLED),
    (Status.IN_USE, Cause.FINISHED): (Status.USED, None, None),
    (Status.IN_USE, Cause.CHARGER_REMOVED): (Status.REMOVED, News.REMOVED, EndReason.CANCELLED),
    (Status.EXPIRED, Cause.STARTED_LATE): (Status.USED, News.USED, EndReason.USED),
}
"""ocpp.md 5.2, written down a second time."""


@pytest.mark.parametrize(("status", "cause"), list(product(Status, Cause)))
def test_the_lifecycle_is_the_table_of_the_reference(status: Status, cause: Cause) -> None:
    """Each pair of status and cause leads where ocpp.md 5.2 says, and is a fault where it says nothing."""
    reservation = replace(RESERVATION, status=status)
    if (status, cause) not in LIFE:
        with pytest.raises(IllegalTransition, match=f"uid is {status.value}: {cause.value}"):
            reservation.after(cause, NOON + SECOND)
        return
    to, news, reason = LIFE[status, cause]
    moved, published = reservation.after(cause, NOON + SECOND)
    assert moved == replace(reservation, status=to, end_reason=reason, updated=NOON + SECOND)
    assert published is news


def test_the_lifecycle_has_no_further_rows() -> None:
    """Nothing but the reference's table moves a reservation, and a life begins in one of four ways."""
    assert LIFECYCLE.keys() == LIFE.keys()
    assert {cause: birth.to for cause, birth in BIRTHS.items()} == {
        Cause.PLANNED: Status.SCHEDULED,
        Cause.REQUESTED: Status.PLACING,
        Cause.TAKEN_ON: Status.ACTIVE,
        Cause.SKIPPED: Status.REJECTED,
    }


def test_a_used_reservation_keeps_the_reason_of_its_use() -> None:
    """UsedToStartCharging is said at the start and still stands at the end (ocpp.md 5.2)."""
    used, _ = replace(RESERVATION, status=Status.ACTIVE).after(Cause.STARTED, NOON)
    ended, _ = used.after(Cause.FINISHED, NOON)
    assert ended.end_reason is EndReason.USED


def test_whoever_waited_for_a_reservation_knows_once_it_moves() -> None:
    """A refusal is told once; later answers find nobody who waits."""
    placing = replace(RESERVATION, status=Status.PLACING, awaited=True)
    assert not placing.after(Cause.HELD, NOON)[0].awaited


@pytest.mark.parametrize("status", Status)
def test_a_status_is_final_or_leads_on(status: Status) -> None:
    """A final status is one that only a late start may leave; only what binds keeps strangers out."""
    leads_on = {cause for before, cause in LIFECYCLE if before is status} - {Cause.STARTED_LATE}
    assert status.is_final is not bool(leads_on)
    assert status.keeps_out is (status in {Status.PLACING, Status.ACTIVE, Status.IN_USE})


def test_the_least_certain_hold_speaks_for_a_reservation() -> None:
    """With several holds, the worst news counts; with none, there is none."""
    order = (
        HoldState.LOST,
        HoldState.UNCERTAIN,
        HoldState.PENDING,
        HoldState.UNSUPPORTED,
        HoldState.HELD,
    )
    holds: dict[int | None, Hold] = {}
    assert RESERVATION.hold is HoldState.NONE
    for evse, state in enumerate(reversed(order), start=1):
        holds[evse] = Hold(wire_id=evse, state=state)
        assert replace(RESERVATION, holds=holds).hold is state


def test_a_hold_is_replaced_or_taken_away_at_its_own_evse() -> None:
    """The holds at other EVSEs stay."""
    one, other = Hold(wire_id=1), Hold(wire_id=2)
    both = RESERVATION.with_hold(1, one).with_hold(2, other)
    assert both.holds == {1: one, 2: other}
    assert both.with_hold(1, None).holds == {2: other}
    assert both.with_hold(1, None).with_hold(1, None).holds == {2: other}


def test_a_reservation_does_not_show_who_it_is_for() -> None:
    """Neither token nor group may appear in a log line or traceback."""
    text = repr(replace(RESERVATION, token=IdToken(value="04A2"), group="family"))
    assert "04A2" not in text
    assert "family" not in text
