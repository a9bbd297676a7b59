"""What a session took, and how long, whatever the charger tells of it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from custom_components.ocpp_central.core.charger import Charger
from custom_components.ocpp_central.core.clock import Clock
from custom_components.ocpp_central.core.events import (
    Connected,
    ConnectorStatus,
    Disconnected,
    Ended,
    Event,
    Metered,
    Reading,
    Started,
    StatusChanged,
    Updated,
)
from custom_components.ocpp_central.core.evse import Evse
from custom_components.ocpp_central.core.measurands import IMPORTED, INTERVAL
from custom_components.ocpp_central.core.transaction import Transaction

from .world import CHARGER, HOLDER, MINUTE, NOON, SECOND

HOUR = 60 * MINUTE
POWER = "Power.Active.Import"
KNOWN = (
    Charger(charger=CHARGER)
    .after(Connected(token_length=20, at=NOON))
    .after(StatusChanged(evse=1, connector=1, status=ConnectorStatus.AVAILABLE, at=NOON))
    .after(StatusChanged(evse=2, connector=1, status=ConnectorStatus.AVAILABLE, at=NOON))
)


def started(wh: float | None, at: datetime = NOON, **more: object) -> Started:
    """A start with this register."""
    fields: dict[str, object] = {"transaction": "7", "evse": 1, "connector": 1, "token": HOLDER, "received": at} | more
    return Started(meter_wh=wh, at=at, **fields)  # type: ignore[arg-type]


def ended(wh: float | None, at: datetime = NOON + HOUR, **more: object) -> Ended:
    """An end with this register."""
    fields: dict[str, object] = {"transaction": "7", "received": at} | more
    return Ended(meter_wh=wh, at=at, **fields)  # type: ignore[arg-type]


def metered(value: float, at: datetime, measurand: str = IMPORTED, **more: object) -> Metered:
    """A reading."""
    fields: dict[str, object] = {"evse": 1, "transaction": "7", "received": at} | more
    reading = Reading(measurand=measurand, value=value, unit=None, context="Sample.Periodic", location="Outlet", at=at)
    return Metered(readings=(reading,), at=at, **fields)  # type: ignore[arg-type]


def after(events: Iterable[Event], charger: Charger = KNOWN) -> Charger:
    """The charger once it has told all that."""
    for event in events:
        charger = charger.after(event)
    return charger


def evse_after(*events: Event, charger: Charger = KNOWN) -> Evse:
    """Its first EVSE then."""
    return after(events, charger).evses[1]


def account(charger: Charger) -> tuple[float | None, timedelta | None]:
    """Energy and duration of the latest session of the first EVSE."""
    evse = charger.evses[1]
    session = evse.session
    return evse.session_wh, None if session is None or session.ended is None else session.ended - session_began(session)


def session_began(session: Transaction) -> datetime:
    """When it really began."""
    assert session.began is not None
    return session.began


def minutes(*told: float, begin: datetime = NOON, measurand: str = IMPORTED) -> list[Event]:
    """Readings a minute apart."""
    return [metered(value, begin + number * MINUTE, measurand) for number, value in enumerate(told, start=1)]


@pytest.mark.parametrize(
    ("before", "start", "readings", "stop", "want"),
    [
        ([], 1000, [1100, 1200.5], 1234, 234),
        ([], 1000, [], 1234, 234),
        ([], None, [1000, 1200], 1234, 234),
        ([], None, [1000, 1200], None, 200),
        ([], None, [], 1234, 0),
        ([], None, [], None, None),
        # the register begins anew with each session
        ([900, 5000], 0, [60, 120], 130, 130),
        ([5000], 0, [], 130, 130),
        # with 0 at the start though it is a lifetime's; and with 0 at the end
        ([150_000], 0, [150_100, 150_200], 150_250, 250),
        ([150_000], 150_000, [150_100], 0, 100),
        ([150_000.3], 0, [], 150_000, 0),
        # it says nothing for a while, or begins anew meanwhile
        ([], 150_000, [150_100, 0, 150_300], 150_400, 400),
        ([], 150_000, [150_100, 0, 50], 90, 190),
        # rounded start: what was read a moment ago was more
        ([157_445.7], 157_440, [157_500], 157_540, 100),
    ],
)
def test_the_energy_is_what_the_meter_has_counted_meanwhile(
    before: list[float], start: float | None, readings: list[float], stop: float | None, want: float | None
) -> None:
    """To the last digit, of whatever register the charger has."""
    begin = NOON + HOUR
    events: list[Event] = [
        *minutes(*before),
        started(start, begin),
        *minutes(*readings, begin=begin),
        ended(stop, begin + HOUR),
    ]
    assert account(after(events)) == (want, HOUR)


def test_intervals_make_the_energy_where_there_is_no_register() -> None:
    """What was delivered between two readings adds up."""
    events: list[Event] = [started(None), *minutes(100, 150, 50.5, measurand=INTERVAL)]
    assert evse_after(*events).session_wh == 200.5  # the first one reaches back beyond what we know
    events = [started(1000), *events[1:]]
    assert evse_after(*events).session_wh == 300.5
    assert evse_after(*events, ended(1301)).session_wh == 301


def test_a_session_grows_while_it_runs_and_stays_when_it_is_over() -> None:
    """Until the next one begins."""
    running = evse_after(started(1000), *minutes(1100))
    assert running.session_wh == 100
    assert running.session is running.running
    charger = after([started(1000), ended(1234, reason="EVDisconnected"), *minutes(1300, begin=NOON + 2 * HOUR)])
    over = charger.evses[1]
    assert over.session is not None
    assert (over.session_wh, over.session.meter_stop_wh, over.session.stop_reason) == (234, 1234, "EVDisconnected")
    again = charger.after(started(1300, NOON + 3 * HOUR, transaction="8"))
    assert again.evses[1].session_wh == 0


def test_an_unknown_end_is_of_no_connector() -> None:
    """Whatever runs goes on: nobody guesses (issue 6)."""
    charger = after([started(1000), started(2000, evse=2, transaction="8")])
    assert charger.after(ended(5000, transaction="99")) is charger
    placed = charger.after(ended(5000, transaction="99", evse=2))
    assert placed is charger


def test_a_session_that_was_queued_is_accounted_at_its_own_time() -> None:
    """Start, readings and end come together when the charger is back; what it has read since does not mix in."""
    back = NOON + 6 * HOUR
    charger = after([*minutes(1000), Disconnected(at=NOON + 2 * MINUTE), Connected(token_length=20, at=back)])
    now = back + MINUTE
    queued: list[Event] = [
        started(1000, NOON + HOUR, received=now),
        metered(1500, NOON + HOUR + MINUTE, received=now),
        ended(3000.5, NOON + 3 * HOUR + 5 * SECOND, received=now),
    ]
    assert account(after(queued, charger)) == (2000.5, 2 * HOUR + 5 * SECOND)
    newer = charger.after(metered(3400, back, received=back)).after(metered(7000, back, POWER, received=back))
    late = after(queued, newer)
    assert account(late) == (2000.5, 2 * HOUR + 5 * SECOND)
    assert late.evses[1].meter.imported.total == 3400
    assert late.evses[1].meter.total(POWER) == 7000


def test_what_happened_offline_has_its_own_time() -> None:
    """2.x says so (`offline`)."""
    events: list[Event] = [
        started(1000, NOON - 3 * HOUR, received=NOON, offline=True),
        ended(1800, NOON - HOUR, received=NOON, offline=True),
    ]
    assert account(after(events)) == (800, 2 * HOUR)


@pytest.mark.parametrize("offline", [True, False])
@pytest.mark.parametrize("skew", [-5 * HOUR, 5 * HOUR])
def test_a_session_that_was_queued_by_a_wrong_clock_has_its_own_time(skew: timedelta, *, offline: bool) -> None:
    """As long as the clock is known to be wrong, and stays so; what is read afterwards counts at once."""
    back = NOON + 6 * HOUR
    wrong = replace(KNOWN, clock=Clock(skew=skew))
    charger = after([Disconnected(at=NOON + MINUTE), Connected(token_length=20, at=back)], wrong)
    now = back + MINUTE
    queued: list[Event] = [
        started(1000, NOON + 2 * HOUR + skew, received=now, offline=offline),
        ended(3000, NOON + 3 * HOUR + skew, received=now, offline=offline),
    ]
    charger = after(queued, charger)
    assert account(charger) == (2000, HOUR)
    assert charger.evses[1].last is not None
    assert charger.evses[1].last.ended == NOON + 3 * HOUR
    later = back + 2 * MINUTE
    assert charger.after(metered(3500, later + skew, received=later)).evses[1].meter.imported.total == 3500


@pytest.mark.parametrize("off", [-5 * HOUR, 5 * HOUR])
def test_a_wrong_clock_makes_no_wrong_duration(off: timedelta) -> None:
    """Also if it is set right meanwhile."""
    here = after([Disconnected(at=NOON), Connected(token_length=20, at=NOON + SECOND)])
    begun = here.after(started(1000, NOON + MINUTE + off, received=NOON + MINUTE))
    assert account(begun.after(ended(1500, NOON + HOUR))) == (500, 59 * MINUTE)
    assert account(begun.after(ended(1500, NOON + HOUR + off, received=NOON + HOUR))) == (500, 59 * MINUTE)


def test_a_lost_connection_in_the_middle_costs_nothing() -> None:
    """The meter goes on counting; the end may come late."""
    charger = after([started(1000), *minutes(1100), Disconnected(at=NOON + 2 * MINUTE)])
    back = NOON + 2 * HOUR
    charger = after(
        [Connected(token_length=20, at=back), metered(4000, back + MINUTE, received=back + MINUTE)], charger
    )
    assert charger.evses[1].session_wh == 3000
    assert account(charger.after(ended(4500, NOON + 3 * HOUR))) == (3500, 3 * HOUR)
    queued = ended(3900, NOON + HOUR, received=back + 2 * MINUTE)
    assert account(charger.after(queued)) == (2900, HOUR)


def test_an_end_that_seems_older_than_the_last_reading_counts_by_what_it_tells() -> None:
    """By a clock that is slow, and the connection was lost in between."""
    slow = -40 * SECOND
    told: list[Event] = [
        started(1000),
        metered(1100, NOON + 10 * MINUTE + slow, received=NOON + 10 * MINUTE),
        Disconnected(at=NOON + 10 * MINUTE + 5 * SECOND),
        Connected(token_length=20, at=NOON + 10 * MINUTE + 40 * SECOND),
        ended(1150, NOON + 10 * MINUTE + 15 * SECOND + slow, received=NOON + 11 * MINUTE),
    ]
    energy, _ = account(after(told))
    assert energy == 150


@pytest.mark.parametrize("off", [-2 * HOUR, 2 * HOUR])
def test_what_happened_offline_by_a_wrong_clock_stops_no_meter(off: timedelta) -> None:
    """What is read afterwards is newer, and what was read before is older, whatever the dates are (2.x)."""
    back = NOON + HOUR
    reading = metered(1500, NOON + 20 * MINUTE + off).readings
    queued = Updated(transaction="7", offline=True, readings=reading, at=NOON + 20 * MINUTE + off, received=back)
    events: list[Event] = [
        *(metered(1000 + number, at + off, received=at) for number in range(4) if (at := NOON + number * MINUTE)),
        started(1010, NOON + 5 * MINUTE + off, received=NOON + 5 * MINUTE),
        metered(1100, NOON + 10 * MINUTE + off, received=NOON + 10 * MINUTE),
        Disconnected(at=NOON + 11 * MINUTE),
        Connected(token_length=20, at=back),
        queued,
    ]
    charger = after(events)
    assert charger.evses[1].session_wh == 490
    read = charger.after(metered(1600, back + MINUTE + off, received=back + MINUTE))
    assert read.evses[1].session_wh == 590
    over = ended(1550, NOON + 30 * MINUTE + off, offline=True, received=back)
    assert account(charger.after(over)) == (540, 25 * MINUTE)


def test_what_happened_offline_does_not_show_the_clock() -> None:
    """The charger may have set it since (2.x)."""
    late = started(1000, NOON + HOUR, received=NOON, offline=True)
    assert after([late]).skew == timedelta()
    assert after([started(1000, NOON + HOUR, received=NOON)]).skew == HOUR


def test_an_end_that_comes_after_the_next_start_completes_the_one_before() -> None:
    """Until then it is known by what was read of it."""
    charger = after([started(1000), *minutes(1100), started(1500, NOON + HOUR, transaction="8")])
    last = charger.evses[1].last
    assert last is not None
    assert (last.energy_wh, last.ended) == (100, None)
    late = charger.after(ended(1480, NOON + 30 * MINUTE)).evses[1].last
    assert late is not None
    assert (late.energy_wh, late.lasted(NOON)) == (480, 30 * MINUTE)
    unread = charger.after(ended(None, NOON + 30 * MINUTE)).evses[1].last
    assert unread is not None
    assert unread.energy_wh == 100


def test_an_update_may_bring_the_readings() -> None:
    """2.x tells them with its events; of a transaction that nobody knows, at the EVSE that it names."""
    charger = after([started(None)])
    reading = Reading(measurand=IMPORTED, value=1000, unit=None, at=NOON)
    update = Updated(transaction="7", readings=(reading,), at=NOON)
    assert charger.after(update).evses[1].meter.imported.total == 1000
    strange = Updated(transaction="99", evse=2, readings=(reading,), at=NOON)
    assert charger.after(strange).evses[2].meter.imported.total == 1000
    nowhere = Updated(transaction="99", readings=(reading,), at=NOON)
    assert charger.after(nowhere) is charger


def test_a_session_lasts_from_its_beginning() -> None:
    """And never less than nothing; one that an earlier version has stored has only the charger's time."""
    evse = evse_after(started(1000))
    assert evse.running is not None
    assert evse.running.lasted(NOON + 5 * MINUTE) == 5 * MINUTE
    assert evse.running.lasted(NOON - MINUTE) == timedelta()
    stored = Transaction(transaction="7", evse=1, connector=1, token=None, started_at=NOON, meter_start_wh=5)
    assert stored.lasted(NOON + MINUTE) == MINUTE
    assert Evse(evse=1).session_wh is None


def test_what_a_session_of_which_nothing_is_told_takes_is_unknown() -> None:
    """However much is known of those before it; as soon as the register is told, that counts."""
    before = after([started(1000), *minutes(1100), ended(1200)])
    later = {"transaction": "8"}
    running = before.after(started(None, NOON + 2 * HOUR, **later))
    assert running.evses[1].session_wh is None
    assert running.after(ended(None, NOON + 3 * HOUR, **later)).evses[1].session_wh is None
    read = running.after(metered(1700, NOON + 2 * HOUR + MINUTE, **later))
    assert read.evses[1].session_wh == 500
    assert read.after(ended(None, NOON + 3 * HOUR, **later)).evses[1].session_wh == 500


def test_what_a_charger_that_tells_power_alone_delivers_is_unknown() -> None:
    """It tells 0 at both ends, in 1.6 because it has to; with a register there, what that says counts."""
    running = after([started(0), *minutes(7000, measurand=POWER)])
    assert running.evses[1].session_wh is None
    assert account(running.after(ended(0))) == (None, HOUR)
    assert account(running.after(ended(1500))) == (1500, HOUR)
    metered_at_ends = after([started(1000), *minutes(7000, measurand=POWER), ended(1000)])
    assert account(metered_at_ends) == (0, HOUR)


@pytest.mark.parametrize("ends", [True, False])
def test_readings_that_are_told_after_an_end_or_a_start_do_not_count_again(ends: bool) -> None:
    """A charger may queue its readings apart from starts and ends, and tell those first."""
    begin, back = NOON + MINUTE, NOON + 5 * HOUR
    facts: list[Event] = [started(1000, begin, received=back)]
    facts += (
        [ended(4000, begin + HOUR, received=back)]
        if ends
        else [started(4000, begin + HOUR, transaction="8", received=back)]
    )
    queued: list[Event] = [
        metered(wh, begin + minute * MINUTE, received=back) for minute, wh in ((10, 1500), (20, 2000), (30, 2500))
    ]
    away: list[Event] = [Disconnected(at=NOON), Connected(token_length=20, at=back)]
    charger = after([*away, *facts, *queued, metered(4100, back + MINUTE, transaction=None)])
    assert charger.evses[1].meter.imported.total == 4100


def test_a_session_has_its_energy_at_once_if_its_readings_are_told_before_its_start() -> None:
    """The meter says what it began with, where that is near enough to be of the same count."""
    begin, back = NOON + MINUTE, NOON + HOUR
    away: list[Event] = [Disconnected(at=NOON), Connected(token_length=20, at=back)]
    first = metered(100_200, begin + MINUTE, received=back)
    evse = evse_after(*away, first, started(100_000, begin, received=back), metered(100_300, back + MINUTE))
    assert evse.session_wh == 300


def test_what_was_queued_under_a_wrong_date_counts_in_full() -> None:
    """It seems to have happened all at once (a charger without a clock)."""
    long_ago, back = datetime(2020, 1, 1, tzinfo=NOON.tzinfo), NOON + 5 * HOUR
    queued: list[Event] = [
        started(1000, long_ago, received=back),
        metered(9000, long_ago + HOUR, received=back),
        ended(17_000, long_ago + 2 * HOUR, received=back),
    ]
    evse = evse_after(Disconnected(at=NOON), Connected(token_length=20, at=back), *queued)
    assert (evse.session_wh, evse.meter.imported.total) == (16_000, 17_000)
