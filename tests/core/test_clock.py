"""What the dates of a charger's messages prove of its clock, and what they do not."""

from datetime import timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.ocpp_central.core.charger import Charger
from custom_components.ocpp_central.core.clock import APART, ENOUGH, TOLERANCE, Clock
from custom_components.ocpp_central.core.events import (
    Connected,
    ConnectorStatus,
    Ended,
    Metered,
    Reading,
    Started,
    StatusChanged,
    Updated,
)

from .world import CHARGER, HOLDER, MINUTE, NOON, SECOND

TEN = 10 * MINUTE
RIGHT = Clock()


def shown(clock: Clock, *lags: timedelta, every: timedelta = MINUTE) -> Clock:
    """The clock after messages that came one after another, each dated so much ahead of its arrival."""
    for number, lag in enumerate(lags):
        received = NOON + number * every
        clock = clock.after(received + lag, received)
    return clock


def test_one_date_ahead_of_us_proves_a_lead() -> None:
    """A message never arrives before it was sent."""
    assert shown(RIGHT, TEN).skew == TEN


def test_one_late_message_proves_nothing() -> None:
    """It may have waited for a connection, or tell again of an old change."""
    assert shown(RIGHT, -TEN).skew == timedelta(0)


def test_a_lag_that_stays_the_same_is_that_of_the_clock() -> None:
    """What is late is late by itself each time; dates are cut to whole seconds."""
    assert shown(RIGHT, -TEN, -TEN - SECOND).skew == timedelta(0)
    assert shown(RIGHT, -TEN, -TEN - SECOND, -TEN).skew == -TEN


def test_a_queue_is_no_slow_clock() -> None:
    """All that was queued comes at once; whether it is of one moment or of many."""
    at_once = timedelta(milliseconds=50)
    assert shown(RIGHT, *[-TEN] * 10, every=at_once).skew == timedelta(0)
    assert shown(RIGHT, *[-TEN + number * MINUTE for number in range(9)], every=at_once).skew == timedelta(0)


def test_an_old_date_that_is_told_again_and_again_is_no_slow_clock() -> None:
    """Some chargers repeat their statuses with the time of the change."""
    for every in (APART, MINUTE, 10 * MINUTE):
        assert shown(RIGHT, *[-TEN - number * every for number in range(10)], every=every).skew == timedelta(0)


def test_a_message_in_time_ends_the_doubt() -> None:
    """The lags before it were those of messages."""
    assert shown(RIGHT, -TEN, -TEN, timedelta(0), -TEN, -TEN).skew == timedelta(0)


@pytest.mark.parametrize("wrong", [TEN, -TEN])
def test_a_clock_that_is_set_right_is_right_at_once(wrong: timedelta) -> None:
    """A charger takes the time from our answers to BootNotification and Heartbeat."""
    clock = shown(RIGHT, *[wrong] * ENOUGH)
    assert clock.skew == wrong
    assert shown(clock, -SECOND) == RIGHT


def test_a_clock_that_is_less_wrong_than_before_is_followed() -> None:
    """Towards the future at once, towards the past when it is sure."""
    clock = shown(RIGHT, TEN)
    assert shown(clock, 2 * TEN).skew == 2 * TEN
    assert shown(clock, MINUTE, MINUTE).skew == TEN
    assert shown(clock, MINUTE, MINUTE, MINUTE).skew == MINUTE
    slow = shown(RIGHT, *[-TEN] * ENOUGH)
    assert shown(slow, -MINUTE).skew == -MINUTE


@given(
    skew=st.integers(-86_400, 86_400),
    delays=st.lists(st.integers(0, 86_400), max_size=30),
)
def test_no_delay_makes_a_clock_look_faster_than_it_is(skew: int, delays: list[int]) -> None:
    """A lead that is believed is a lead that the clock has, whatever was late."""
    clock = shown(RIGHT, *[timedelta(seconds=skew - delay) for delay in delays])
    assert clock.skew <= max(timedelta(seconds=skew), timedelta(0))


@given(st.integers(-86_400 * 9000, 86_400 * 9000), st.lists(st.integers(0, 900), min_size=ENOUGH, max_size=30))
def test_a_clock_is_known_after_some_messages_in_time(skew: int, milliseconds: list[int]) -> None:
    """Live messages show it to within what is cut from the date and lost on the way."""
    lags = [timedelta(seconds=skew, milliseconds=-delay) for delay in milliseconds]
    assert abs(shown(RIGHT, *lags).skew - timedelta(seconds=skew)) <= TOLERANCE


def test_what_shows_nothing_new_costs_nothing() -> None:
    """The same value is told for nearly every message."""
    fast = shown(RIGHT, TEN)
    assert RIGHT.after(NOON - SECOND, NOON) is RIGHT
    assert fast.after(NOON + TEN - SECOND, NOON) is fast


EVENTS: dict[str, StatusChanged | Started | Updated | Ended | Metered] = {
    "status": StatusChanged(evse=1, connector=1, status=ConnectorStatus.AVAILABLE, at=NOON + TEN, received=NOON),
    "started": Started(transaction="1", evse=1, connector=1, token=HOLDER, at=NOON + TEN, received=NOON),
    "updated": Updated(transaction="1", at=NOON + TEN, received=NOON),
    "ended": Ended(transaction="1", at=NOON + TEN, received=NOON),
    "metered": Metered(
        evse=1,
        transaction=None,
        readings=(Reading(measurand="Power", value=1, unit="W", at=NOON + TEN),),
        at=NOON + TEN,
        received=NOON,
    ),
}


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
def test_every_dated_event_shows_the_clock(event: StatusChanged | Started | Updated | Ended | Metered) -> None:
    """The charger's skew is what the dates show, over reconnects too."""
    charger = Charger(charger=CHARGER).after(event)
    assert charger.skew == TEN
    assert charger.after(Connected(token_length=20, at=NOON)).skew == TEN


def test_an_event_without_a_date_shows_nothing() -> None:
    """It gets the time of its reception, which does not say that the clock is right."""
    fast = Charger(charger=CHARGER).after(EVENTS["status"])
    undated = StatusChanged(evse=1, connector=1, status=ConnectorStatus.OCCUPIED, at=NOON, received=NOON)
    assert fast.after(undated).skew == TEN
    unjudged = StatusChanged(evse=1, connector=1, status=ConnectorStatus.FAULTED, at=NOON - SECOND)
    assert fast.after(unjudged).skew == TEN
