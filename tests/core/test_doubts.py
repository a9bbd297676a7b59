"""A session of which the charger tells no end: when it is presumed to be over, and what a late end or its going on makes of that."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from hypothesis import assume, given, strategies as st
import pytest

from custom_components.ocpp_central.core.charger import OUT_OF_REACH, Charger
from custom_components.ocpp_central.core.commands import AskForTransaction, Outcome
from custom_components.ocpp_central.core.doubts import GRACE, next_question
from custom_components.ocpp_central.core.events import (
    Booted,
    ChargingState,
    Connected,
    ConnectorStatus,
    Disconnected,
    Event,
    StatusChanged,
    StopRefused,
    TransactionTold,
    TransactionUntold,
    Updated,
)
from custom_components.ocpp_central.core.evse import Evse
from custom_components.ocpp_central.core.meter import Meter
from custom_components.ocpp_central.core.reservation import HeldBy, News, Status, Target
from custom_components.ocpp_central.core.rules import Rules

from .test_accounts import HOUR, KNOWN, POWER, after, ended, metered, started
from .world import CHARGER, HOLDER, HOUSE, MINUTE, NOON, SECOND, STRANGER, World

FREE, CHARGING, PREPARING, OCCUPIED = (
    ConnectorStatus.AVAILABLE,
    ConnectorStatus.CHARGING,
    ConnectorStatus.PREPARING,
    ConnectorStatus.OCCUPIED,
)
BACK = NOON + 3 * HOUR


def told(status: ConnectorStatus, at: datetime, **more: object) -> StatusChanged:
    """A status of the first connector."""
    fields: dict[str, object] = {"evse": 1, "connector": 1, "received": at} | more
    return StatusChanged(status=status, at=at, **fields)  # type: ignore[arg-type]


def updated(at: datetime, state: ChargingState | None = None, **more: object) -> Updated:
    """Something that 2.x tells of the session."""
    fields: dict[str, object] = {"transaction": "7", "received": at} | more
    return Updated(charging_state=state, at=at, **fields)  # type: ignore[arg-type]


def booted(at: datetime, serial: str | None = None) -> Booted:
    """The charger starts anew."""
    return Booted(vendor=None, model=None, serial=serial, firmware=None, at=at)


def untold(at: datetime) -> TransactionUntold:
    """It had time to tell, and cannot be asked."""
    return TransactionUntold(transaction="7", at=at)


def answer(at: datetime, *, ongoing: bool, queued: bool = False) -> TransactionTold:
    """It was asked, and says so."""
    return TransactionTold(transaction="7", ongoing=ongoing, queued=queued, at=at)


def question(charger: Charger) -> datetime | None:
    """When it is asked whether the session goes on."""
    return None if charger.connected_at is None else next_question(charger.evses[1], charger.connected_at)


def power_cut(at: datetime = NOON + HOUR, *statuses: ConnectorStatus) -> list[Event]:
    """The charger goes out, and starts anew at `BACK`, with these statuses."""
    said = [told(status, BACK + 2 * SECOND) for status in statuses]
    return [Disconnected(at=at), Connected(token_length=20, at=BACK), booted(BACK + SECOND), *said]


SESSION: list[Event] = [
    told(PREPARING, NOON - MINUTE),
    started(1000),
    told(CHARGING, NOON + SECOND),
    metered(1500, NOON + 30 * MINUTE),
    metered(7000, NOON + 30 * MINUTE, POWER),
    metered(1800, NOON + 59 * MINUTE),
]
"""A session that took 800 Wh, as far as its meter was read."""

FORGOTTEN = after([*SESSION, *power_cut(NOON + HOUR, FREE)])
"""The charger that has lost its power in it, and tells that the connector is free."""

GIVEN_UP = FORGOTTEN.after(untold(BACK + 5 * MINUTE))


class Account(NamedTuple):
    """What is known of a session."""

    wh: float | None
    began: datetime
    ended: datetime | None
    reason: str | None
    stop: float | None
    presumed: bool


def account(charger: Charger) -> Account:
    """What is known of the latest session."""
    evse = charger.evses[1]
    session = evse.session
    assert session is not None
    return Account(
        evse.session_wh, session.beginning, session.ended, session.stop_reason, session.meter_stop_wh, session.presumed
    )


def runs(charger: Charger) -> bool:
    """Whether the session runs."""
    return charger.running("7") is not None


def is_doubted(charger: Charger) -> bool:
    """Whether it is doubted that the session goes on."""
    running = charger.running("7")
    return running is not None and running.doubt is not None


def test_a_session_of_a_charger_that_has_lost_it_is_presumed_to_be_over() -> None:
    """After some minutes: it took what the meter said last, and ended when it last showed itself."""
    assert is_doubted(FORGOTTEN)
    assert question(FORGOTTEN) == BACK + 2 * SECOND + GRACE
    assert not runs(GIVEN_UP)
    assert account(GIVEN_UP) == Account(800, NOON, NOON + 59 * MINUTE, None, None, True)
    assert question(GIVEN_UP) is None


def test_nothing_flows_any_more_where_a_session_is_presumed_to_be_over() -> None:
    """What was measured before is not so now, also where the connection stood all the time."""
    charger = after([*SESSION, told(FREE, NOON + HOUR), untold(NOON + HOUR + GRACE)])
    assert charger.evses[1].meter.total(POWER) == 0
    assert charger.evses[1].meter.imported.total == 1800


def test_a_session_that_was_followed_ended_when_its_plug_became_free() -> None:
    """The connection stood, so that this was seen; only its end was not told, or not understood."""
    silent: list[Event] = [told(PREPARING, NOON - MINUTE), started(1000), told(CHARGING, NOON + SECOND)]
    charger = after([*silent, told(FREE, NOON + HOUR), untold(NOON + HOUR + GRACE)])
    assert account(charger) == Account(0, NOON, NOON + HOUR, None, None, True)


def test_without_readings_a_status_counts_as_long_as_the_connection_stood() -> None:
    """Nothing else shows until when a charger without a meter was charging."""
    silent: list[Event] = [told(PREPARING, NOON - MINUTE), started(None), told(CHARGING, NOON + SECOND)]
    charger = after([*silent, *power_cut(NOON + HOUR, FREE), untold(BACK + 5 * MINUTE)])
    assert account(charger) == Account(None, NOON, NOON + HOUR, None, None, True)
    lost_again = after([*power_cut(BACK + HOUR)], after([*silent, *power_cut(NOON + HOUR)]))
    assert lost_again.evses[1].heard_at == NOON + HOUR


@pytest.mark.parametrize(
    "status",
    [
        ConnectorStatus.FAULTED,
        ConnectorStatus.OUT_OF_SERVICE,
        ConnectorStatus.FINISHING,
        ConnectorStatus.SUSPENDED_EV,
        ConnectorStatus.SUSPENDED_EVSE,
        CHARGING,
        PREPARING,
        OCCUPIED,
    ],
)
def test_only_a_free_plug_speaks_against_a_session(status: ConnectorStatus) -> None:
    """A broken one may be mended, Finishing precedes an end that is told, and the rest speaks for it or says nothing."""
    assert not is_doubted(after([*SESSION, told(status, NOON + HOUR)]))
    assert runs(after([*SESSION, told(status, NOON + HOUR), untold(NOON + HOUR + GRACE)]))


def test_a_plug_that_is_reserved_is_free() -> None:
    """We may have the charger hold it as soon as it says that it is free."""
    assert is_doubted(after([*SESSION, told(ConnectorStatus.RESERVED, NOON + HOUR)]))


def test_after_a_boot_a_car_that_waits_for_its_driver_speaks_against_a_session() -> None:
    """1.6 says Preparing of no transaction; without a boot, a charger that begins with a card says it of its own."""
    assert is_doubted(after([*SESSION, *power_cut(NOON + HOUR, PREPARING)]))
    away: list[Event] = [
        Disconnected(at=NOON + HOUR),
        Connected(token_length=20, at=BACK),
        told(PREPARING, BACK + SECOND),
    ]
    assert not is_doubted(after([*SESSION, *away]))


def test_what_was_queued_before_a_boot_does_not_show_that_a_session_outlived_it() -> None:
    """Many chargers tell the queue first, and their status afterwards."""
    back = after([*SESSION, *power_cut()])
    for queued in (
        metered(1850, NOON + 59 * MINUTE, received=BACK + 2 * SECOND),
        updated(NOON + 59 * MINUTE, received=None, offline=True),
    ):
        charger = back.after(queued)
        assert is_doubted(charger.after(told(PREPARING, BACK + MINUTE)))
        assert question(charger) == BACK + GRACE


@pytest.mark.parametrize("status", [FREE, PREPARING])
def test_a_status_after_a_boot_may_be_dated_before_it(status: ConnectorStatus) -> None:
    """By a clock that is behind, or tells whole seconds: they are told in their order."""
    charger = after([*SESSION, *power_cut()])
    for each in (status, CHARGING):
        charger = charger.after(told(each, BACK - 10 * SECOND, received=BACK + 3 * SECOND))
    assert not is_doubted(charger)
    assert question(charger) is None


@pytest.mark.parametrize("status", [FREE, PREPARING])
def test_a_session_that_waits_for_its_car_goes_on(status: ConnectorStatus) -> None:
    """One that begins with a card (TxStartPoint Authorized): the plug is rightly free, until it was not once."""
    charger = after([started(1000), told(status, NOON + SECOND), told(FREE, NOON + 5 * MINUTE)])
    assert not is_doubted(charger)
    idle = charger.after(updated(NOON + 6 * MINUTE, ChargingState.IDLE))
    assert not is_doubted(idle.after(told(FREE, NOON + 7 * MINUTE)))
    with_car = idle.after(updated(NOON + 8 * MINUTE, ChargingState.CHARGING))
    assert is_doubted(with_car.after(told(FREE, NOON + 9 * MINUTE)))
    plugged = charger.after(told(OCCUPIED, NOON + 8 * MINUTE))
    assert is_doubted(plugged.after(told(FREE, NOON + 9 * MINUTE)))


def test_what_has_flowed_shows_that_there_was_a_car() -> None:
    """Also where no status said so."""
    assert is_doubted(after([started(1000), metered(1500, NOON + MINUTE), told(FREE, NOON + 2 * MINUTE)]))


def test_a_session_whose_car_has_left_goes_on_until_its_driver_ends_it() -> None:
    """TxStopPoint Authorized: the charging state says that nobody is there."""
    charger = after([started(1000, charging_state=ChargingState.CHARGING), updated(NOON + MINUTE, ChargingState.IDLE)])
    assert not is_doubted(charger.after(told(FREE, NOON + 2 * MINUTE)))


def test_what_was_told_before_a_session_says_nothing_of_it() -> None:
    """A status may have been queued, too."""
    begin, now = NOON + HOUR, BACK + SECOND
    queued: list[Event] = [started(1000, begin, received=now), metered(1500, begin + MINUTE, received=now)]
    charger = after([Disconnected(at=NOON), Connected(token_length=20, at=BACK), *queued])
    assert not is_doubted(charger.after(told(FREE, begin - MINUTE, received=now)))
    assert is_doubted(charger.after(told(FREE, begin + HOUR, received=now)))


def test_another_plug_of_the_evse_says_nothing() -> None:
    """The session runs at the one that it named; where it named none, all must be free."""
    other = told(FREE, NOON + HOUR, connector=2)
    assert not is_doubted(after([*SESSION, other]))
    nameless: list[Event] = [started(1000, connector=None), told(OCCUPIED, NOON + SECOND), other]
    assert not is_doubted(after(nameless))
    assert is_doubted(after([*nameless, told(FREE, NOON + HOUR)]))


def test_another_charger_in_its_place_knows_nothing_of_a_session() -> None:
    """Whatever it tells of its plugs."""
    known = after([*SESSION]).after(booted(NOON + 60 * MINUTE, "OLD"))
    assert not is_doubted(known)
    assert is_doubted(known.after(Connected(token_length=20, at=BACK)).after(booted(BACK + SECOND, "NEW")))


@pytest.mark.parametrize("status", [CHARGING, ConnectorStatus.SUSPENDED_EV, ConnectorStatus.SUSPENDED_EVSE])
def test_a_charger_that_goes_on_in_time_was_never_doubted(status: ConnectorStatus) -> None:
    """Available for some seconds, then the same session again (1.6)."""
    charger = FORGOTTEN.after(told(status, BACK + MINUTE))
    assert not is_doubted(charger)
    assert question(charger) is None
    assert account(after([metered(2500, BACK + HOUR), ended(2600, BACK + 2 * HOUR)], charger)) == Account(
        1600, NOON, BACK + 2 * HOUR, None, 2600, False
    )


@pytest.mark.parametrize(
    "event",
    [
        metered(1900, BACK + MINUTE),
        metered(1900, BACK + MINUTE, transaction=None),
        updated(BACK + MINUTE),
    ],
)
def test_readings_and_events_of_a_session_dispel_a_doubt(event: Event) -> None:
    """Energy flows, or the charger speaks of it."""
    assert not is_doubted(FORGOTTEN.after(event))


@pytest.mark.parametrize(
    "event",
    [
        metered(1800, BACK + MINUTE),
        metered(1800, BACK + MINUTE, transaction=None),
        metered(1900, BACK + MINUTE, transaction="6"),
        metered(1800, NOON + 65 * MINUTE, received=BACK + MINUTE),
        updated(NOON + 65 * MINUTE, received=None, offline=True),
        told(PREPARING, BACK + MINUTE),
        told(ConnectorStatus.FINISHING, BACK + MINUTE),
    ],
)
def test_what_proves_nothing_leaves_a_doubt(event: Event) -> None:
    """An idle meter, a stale transaction id, what was queued, the next car."""
    assert is_doubted(FORGOTTEN.after(event))


def test_what_was_queued_tells_when_a_session_last_showed_itself() -> None:
    """Also after it was presumed to be over; the meter says what it took."""
    queued = metered(1850, NOON + 62 * MINUTE, received=BACK + 4 * MINUTE)
    for charger in (FORGOTTEN.after(queued).after(untold(BACK + 5 * MINUTE)), GIVEN_UP.after(queued)):
        assert account(charger) == Account(850, NOON, NOON + 62 * MINUTE, None, None, True)


@pytest.mark.parametrize("next_session", [False, True])
@pytest.mark.parametrize("late", [4 * MINUTE, 5 * HOUR])
def test_an_end_that_comes_late_is_accounted_in_full(next_session: bool, late: timedelta) -> None:
    """Meter, duration and reason as told, and the one that runs by now goes on."""
    charger = GIVEN_UP
    if next_session:
        charger = charger.after(started(1850, BACK + 10 * MINUTE, transaction="8", token=STRANGER))
    queued = ended(1850, NOON + HOUR, reason="PowerLoss", received=BACK + late + 10 * MINUTE)
    charger = charger.after(queued)
    evse = charger.evses[1]
    assert evse.last is not None
    assert (evse.last.energy_wh, evse.last.ended, evse.last.stop_reason) == (850, NOON + HOUR, "PowerLoss")
    assert (evse.last.presumed, evse.last.doubt, evse.last.token) == (False, None, HOLDER)
    assert (charger.running("8") is not None) is next_session
    assert evse.meter.imported.total == 1850
    assert charger.after(queued).evses[1].last == evse.last


@pytest.mark.parametrize("given_up", [False, True])
@pytest.mark.parametrize(
    ("told_at", "ended_at"),
    [
        (NOON + HOUR, NOON + HOUR),
        (BACK + MINUTE, BACK + MINUTE),
        (datetime(1970, 1, 1, tzinfo=UTC), NOON + 59 * MINUTE),
        (BACK + 9 * HOUR, NOON + 59 * MINUTE),
    ],
)
def test_a_late_end_has_its_own_time_unless_that_cannot_be(
    given_up: bool, told_at: datetime, ended_at: datetime
) -> None:
    """Also if the charger was away again in between; else it ended when it last showed itself."""
    charger = FORGOTTEN.after(untold(BACK + 4 * MINUTE)) if given_up else FORGOTTEN
    again: list[Event] = [Disconnected(at=BACK + HOUR), Connected(token_length=20, at=BACK + 2 * HOUR)]
    charger = after(again, charger).after(ended(1850, told_at, received=BACK + 3 * HOUR))
    assert account(charger) == Account(850, NOON, ended_at, None, 1850, False)


@pytest.mark.parametrize(
    "event",
    [
        metered(2500, BACK + HOUR),
        updated(BACK + HOUR),
        updated(BACK + HOUR, evse=1),
    ],
)
def test_a_session_that_goes_on_after_all_is_one_session(event: Event) -> None:
    """With its beginning, its driver and all its energy."""
    charger = GIVEN_UP.after(event)
    assert runs(charger)
    assert not is_doubted(charger)
    final = charger.after(ended(3000, BACK + 2 * HOUR, reason="Remote"))
    assert account(final) == Account(2000, NOON, BACK + 2 * HOUR, "Remote", 3000, False)
    again = after([told(CHARGING, BACK + HOUR), told(FREE, BACK + 2 * HOUR), untold(BACK + 3 * HOUR)], charger)
    assert account(again).presumed


def test_a_reading_that_names_a_session_revives_it_where_the_plug_says_so_too() -> None:
    """A car that draws nothing yet; else only energy does: some chargers name a session that is over, also to the next car."""
    idle = metered(1800, BACK + HOUR)
    assert not runs(GIVEN_UP.after(idle))
    assert not runs(GIVEN_UP.after(told(PREPARING, BACK + HOUR)).after(idle))
    assert account(GIVEN_UP.after(idle)) == account(GIVEN_UP)
    assert runs(GIVEN_UP.after(told(CHARGING, BACK + HOUR)).after(idle))
    placeless = metered(2500, BACK + HOUR, evse=None)
    assert runs(GIVEN_UP.after(placeless))


@pytest.mark.parametrize(
    "event",
    [
        metered(2500, BACK + HOUR, transaction=None),
        metered(2500, BACK + HOUR, transaction="6"),
        told(CHARGING, BACK + HOUR),
        updated(NOON + 65 * MINUTE, received=None, offline=True),
        untold(BACK + HOUR),
        answer(BACK + HOUR, ongoing=True),
        StopRefused(transaction="7", at=BACK + HOUR),
    ],
)
def test_nothing_else_revives_a_session(event: Event) -> None:
    """What names none, or was queued, may be of another one."""
    assert not runs(GIVEN_UP.after(event))


def test_a_session_is_not_revived_beside_another_one() -> None:
    """One connector serves one car."""
    charger = GIVEN_UP.after(started(1850, BACK + 10 * MINUTE, transaction="8", token=STRANGER))
    for event in (metered(2500, BACK + HOUR), updated(BACK + HOUR)):
        later = charger.after(event)
        assert not runs(later)
        assert later.running("8") is not None


def test_a_charger_that_can_be_asked_has_the_last_word() -> None:
    """E14: it goes on, is over, or something of it is yet to be told."""
    at = BACK + 5 * MINUTE
    on = FORGOTTEN.after(answer(at, ongoing=True))
    assert runs(on)
    assert not is_doubted(on)
    assert question(on) is None
    assert not runs(FORGOTTEN.after(answer(at, ongoing=False)))
    waiting = FORGOTTEN.after(answer(at, ongoing=False, queued=True))
    assert runs(waiting)
    assert question(waiting) == at + GRACE
    assert not runs(waiting.after(answer(at + GRACE, ongoing=False, queued=True)))


def test_a_charger_that_was_away_is_asked_of_a_session_of_which_it_says_nothing() -> None:
    """The next car may be there: without a doubt, only its own word ends the session."""
    charger = after([*SESSION, *power_cut(NOON + HOUR, OCCUPIED)])
    assert not is_doubted(charger)
    assert question(charger) == BACK + GRACE
    at = BACK + GRACE
    asked = charger.after(untold(at))
    assert runs(asked)
    assert question(asked) is None
    over = charger.after(answer(at, ongoing=False))
    assert account(over) == Account(800, NOON, NOON + 59 * MINUTE, None, None, True)
    assert question(charger.after(metered(1900, BACK + MINUTE))) is None
    assert question(after([Connected(token_length=20, at=at + HOUR)], asked)) == at + HOUR + GRACE


def test_a_plug_that_is_occupied_does_not_say_that_a_session_goes_on() -> None:
    """2.x says no more, whatever the session told last, and whether that has named its plug or not."""
    for connector in (1, None):
        begun = started(1000, connector=connector, charging_state=ChargingState.CHARGING)
        charger = after([begun, *power_cut(NOON + HOUR, OCCUPIED)])
        assert question(charger) == BACK + GRACE
        assert not runs(charger.after(answer(BACK + GRACE, ongoing=False)))


def test_a_connection_that_is_lost_again_gives_the_charger_its_time_anew() -> None:
    """It must have been there for some minutes."""
    lost = FORGOTTEN.after(Disconnected(at=BACK + MINUTE))
    assert question(lost) is None
    assert question(lost.after(Connected(token_length=20, at=BACK + HOUR))) == BACK + HOUR + GRACE


def test_a_stop_that_is_refused_settles_what_is_in_doubt() -> None:
    """At once, also where the charger tells of the connector no more; where nothing speaks against it, it is a refusal."""
    refused = StopRefused(transaction="7", at=BACK + MINUTE)
    assert not runs(FORGOTTEN.after(refused))
    assert runs(after([*SESSION, refused]))
    assert not runs(after([*SESSION, told(ConnectorStatus.OUT_OF_SERVICE, NOON + HOUR), refused]))
    assert not runs(after([started(1000), told(FREE, NOON + SECOND), refused]))
    back = after([*SESSION, *power_cut()])
    assert not runs(back.after(refused))
    assert runs(after([told(OCCUPIED, BACK + SECOND), refused], back))


def test_nobody_is_asked_where_nothing_runs() -> None:
    """Of a charger that told nothing, and of one where all is as it should be."""
    assert question(KNOWN) is None
    assert question(after(SESSION)) is None
    for event in (untold(NOON), answer(NOON, ongoing=False), StopRefused(transaction="7", at=NOON)):
        assert KNOWN.after(event) is KNOWN


@pytest.mark.parametrize("boots", [True, False])
def test_a_charger_that_counts_its_transactions_from_its_boot_gives_an_id_again(boots: bool) -> None:
    """Of one that it has forgotten: it is another session, of another driver, and begins with the next one's meter."""
    charger = after(power_cut(NOON + HOUR), after(SESSION)) if boots else after([*SESSION, told(FREE, NOON + HOUR)])
    again = started(1900, BACK + MINUTE, token=STRANGER)
    running = charger.after(again).running("7")
    assert running is not None
    assert (running.token, running.meter_start_wh, running.doubt, running.rebooted_at) == (STRANGER, 1900, None, None)
    assert charger.same_start(again) is None
    assert charger.same_start(started(1000)) is not None
    reset = started(1900, NOON - 9 * HOUR, token=STRANGER, received=BACK + MINUTE)
    assert charger.same_start(reset) is None
    assert after(SESSION).same_start(again) is not None


def test_an_id_that_is_given_again_elsewhere_ends_what_was_called_so_before() -> None:
    """One id is one transaction: what is told of it from then on is of the new one."""
    charger = FORGOTTEN.after(started(9000, BACK + MINUTE, evse=2, token=STRANGER))
    assert account(charger) == Account(800, NOON, NOON + 59 * MINUTE, None, None, True)
    charger = charger.after(ended(9500, BACK + HOUR))
    assert charger.evses[2].last is not None
    assert (charger.evses[2].last.energy_wh, charger.evses[2].last.token) == (500, STRANGER)
    assert account(charger).wh == 800


@pytest.mark.parametrize("ahead", [-40, 0, 40, 7200, -7200])
def test_an_end_after_a_doubt_is_dated_by_the_clock_that_dated_the_beginning(ahead: int) -> None:
    """Most chargers tell that the plug is free just before they tell the end."""
    by = ahead * SECOND
    messages: list[Event] = [
        told(PREPARING, NOON - HOUR + by, received=NOON - HOUR),
        told(PREPARING, NOON - 30 * MINUTE + by, received=NOON - 30 * MINUTE),
        told(PREPARING, NOON - 20 * MINUTE + by, received=NOON - 20 * MINUTE),
        started(1000, NOON + by, received=NOON),
        told(CHARGING, NOON + SECOND + by, received=NOON + SECOND),
        metered(1500, NOON + 30 * MINUTE + by, received=NOON + 30 * MINUTE),
        told(FREE, NOON + HOUR + by, received=NOON + HOUR),
        ended(1800, NOON + HOUR + by, received=NOON + HOUR + 2 * SECOND),
    ]
    last = after(messages).evses[1].last
    assert last is not None
    assert last.ended is not None
    assert last.ended - last.beginning == HOUR
    assert abs(last.ended - NOON - HOUR) <= MINUTE


# What hangs upon it.


def forgotten() -> World:
    """A world whose charger has forgotten the holder's session, minutes ago."""
    world = World(evses=(1, 2))
    world.rules = Rules(house=HOUSE, one_per_token=True)
    world.start(HOLDER)
    world.status(1, CHARGING)
    world.wait(HOUR)
    world.disconnect()
    world.wait(HOUR)
    world.connect()
    world.boot()
    for evse in (1, 2):
        world.status(evse, FREE)
    return world


def test_the_planner_has_it_found_out_when_it_is_time() -> None:
    """Once the charger had its minutes, and not again."""
    world = forgotten()
    world.settle()
    assert world.plan().commands == ()
    assert world.plan().again == world.now + GRACE
    world.wait(GRACE)
    assert world.next_command() == AskForTransaction(transaction="1")
    world.answer(world.next_command(), Outcome.NOT_IMPLEMENTED)
    assert world.plan().commands == ()
    assert world.charger.running("1") is None


def test_a_reservation_is_used_up_once_by_a_forgotten_session() -> None:
    """A late end does not count it again, nor does a session that goes on after all."""
    for late in (False, True):
        world = World()
        reservation = world.reserve(1, lasting=24 * HOUR)
        world.settle()
        world.start(HOLDER, hold=reservation.reservation_id)
        world.status(1, CHARGING)
        assert world.status_of(reservation) is Status.IN_USE
        world.status(1, FREE)
        world.wait(GRACE)
        assert world.status_of(reservation) is Status.IN_USE
        world.settle(Outcome.NOT_IMPLEMENTED)
        assert world.status_of(reservation) is Status.USED
        if late:
            world.end("1")
        else:
            world.update("1", HOLDER)
            assert world.charger.running("1") is not None
        assert world.news.count(News.USED) == 1
        assert world.ledger.past.counts[CHARGER][Status.USED] == 1


@pytest.mark.parametrize(
    ("presumed", "how"),
    [(False, "status"), (False, "readings"), (False, "update"), (True, "readings"), (True, "update")],
)
def test_what_is_reserved_for_somebody_who_goes_on_after_all_is_used(presumed: bool, how: str) -> None:
    """It was reserved when it seemed that he might have left; what is for any connector is for somebody else."""
    world = World(evses=(1, 2))
    world.start(HOLDER)
    world.tell(metered(1000, world.now, transaction="1"))
    world.status(1, CHARGING)
    world.status(1, FREE)
    here = world.reserve(1, held_by=HeldBy.CENTRAL_SYSTEM)
    anywhere = world.reserve(Target.ANY, held_by=HeldBy.CENTRAL_SYSTEM)
    world.wait(GRACE if presumed else MINUTE)
    if presumed:
        world.settle(Outcome.NOT_IMPLEMENTED)
    assert world.status_of(here) is Status.ACTIVE
    match how:
        case "status":
            world.status(1, CHARGING)
        case "readings":
            world.tell(metered(1900, world.now, transaction="1"))
        case _:
            world.update("1")
    assert (world.status_of(here), world.status_of(anywhere)) == (Status.IN_USE, Status.ACTIVE)


def test_the_next_start_ends_the_reservation_of_the_one_before() -> None:
    """Of a charger that tells no end, and is not idle in between."""
    world = World()
    reservation = world.reserve(1, lasting=24 * HOUR)
    world.settle()
    world.start(HOLDER)
    world.wait(HOUR)
    world.start(HOLDER, at=world.now)
    assert world.status_of(reservation) is Status.USED


def test_a_reservation_is_not_used_by_a_session_that_may_be_over() -> None:
    """It is made for the next one."""
    world = forgotten()
    assert world.status_of(world.reserve(1, HOLDER)) is not Status.IN_USE


def test_whoever_has_left_may_charge_elsewhere() -> None:
    """`one_transaction_per_token` looks at what goes on, beyond doubt."""
    world = forgotten()
    assert world.start(HOLDER, 2).accepted
    world.end("2")
    world.status(1, CHARGING)
    assert not world.start(HOLDER, 2, at=world.now + SECOND).accepted


def test_a_charger_that_is_gone_keeps_nobody_from_charging() -> None:
    """After a day nobody charges there any more, whatever it told last."""
    world = World()
    world.rules = Rules(house=HOUSE, one_per_token=True)
    world.start(HOLDER)
    world.disconnect()
    other = Charger(charger="other").after(Connected(token_length=20, at=world.now))
    gone = world.charger
    assert gone.is_in_reach(world.now + OUT_OF_REACH)
    assert not gone.is_in_reach(world.now + OUT_OF_REACH + SECOND)
    assert gone.after(Connected(token_length=20, at=world.now + 2 * OUT_OF_REACH)).is_in_reach(NOON + 9 * OUT_OF_REACH)
    assert other.is_in_reach(NOON + 9 * OUT_OF_REACH)
    world.now += OUT_OF_REACH + SECOND
    world.chargers["other"] = gone
    world.chargers[CHARGER] = replace(other, charger=CHARGER)
    assert world.start(HOLDER).accepted


# Whatever happens in between.

happenings = st.lists(
    st.one_of(
        st.tuples(st.just("read"), st.integers(0, 500)),
        st.tuples(st.just("say"), st.sampled_from(ConnectorStatus)),
        st.tuples(st.just("wait"), st.sampled_from([1, 60, 400])),
        st.tuples(st.just("power cut"), st.booleans()),
        st.tuples(st.just("update"), st.sampled_from([None, *ChargingState])),
        st.tuples(st.just("look"), st.sampled_from([None, True, False])),
        st.tuples(st.just("stop"), st.none()),
    ),
    max_size=25,
)


class Story:
    """A charger with a session of which the end is not told, and time."""

    def __init__(self, *, presumes: bool, tells_start: bool) -> None:
        self.presumes = presumes
        self.now = NOON + SECOND
        self.wh = 1000.0
        self.charger = after([told(PREPARING, NOON), started(self.wh if tells_start else None, self.now)])
        self.began = self.now

    def tell(self, event: Event) -> None:
        """Let it count."""
        self.charger = self.charger.after(event)

    def happen(self, what: str, how: object) -> None:
        """Let one thing happen."""
        self.now += SECOND
        match what, how:
            case "read", int() as wh:
                self.wh += wh
                self.tell(metered(self.wh, self.now))
            case "say", ConnectorStatus() as status:
                self.tell(told(status, self.now))
            case "wait", int() as seconds:
                self.now += seconds * SECOND
            case "power cut", bool() as boots:
                self.tell(Disconnected(at=self.now))
                self.now += 5 * MINUTE
                self.tell(Connected(token_length=20, at=self.now))
                if boots:
                    self.tell(booted(self.now))
            case "update", state:
                self.tell(updated(self.now, state if isinstance(state, ChargingState) else None))
            case "look", ongoing if self.presumes:
                moment = question(self.charger)
                if moment is not None and self.now >= moment:
                    asked = isinstance(ongoing, bool)
                    self.tell(answer(self.now, ongoing=ongoing is True) if asked else untold(self.now))
            case "stop", _ if self.presumes:
                self.tell(StopRefused(transaction="7", at=self.now))
            case _:
                pass


def told_twice(what: Iterable[tuple[str, object]], *, tells_start: bool = True) -> tuple[Story, Story]:
    """What happens to a charger that is given up on its session, and to one that is not."""
    stories = Story(presumes=True, tells_start=tells_start), Story(presumes=False, tells_start=tells_start)
    for story in stories:
        for each, how in what:
            story.happen(each, how)
    return stories


@given(happenings, st.integers(0, 500), st.sampled_from([(True, True), (True, False), (False, False)]))
def test_a_late_end_makes_the_account_that_it_would_have_made_in_time(
    what: list[tuple[str, object]], more: int, kind: tuple[bool, bool]
) -> None:
    """To the last digit, whatever was presumed in between, and nothing is counted twice; also if the next one runs by then."""
    tells_start, another = kind
    stories = told_twice(what, tells_start=tells_start)
    for story in stories:
        story.now += MINUTE
        story.wh += more
        if another:
            story.tell(started(story.wh, story.now, transaction="8"))
            story.now += MINUTE
        story.tell(ended(story.wh, story.now - 30 * SECOND, reason="PowerLoss", received=story.now))
    late, early = (story.charger.evses[1] for story in stories)
    assert late.last is not None
    assert early.last is not None
    assert _told(late) == _told(early)
    assert (late.running is None, late.running) == (not another, early.running)
    assert _counted(late.meter) == _counted(early.meter)


def _told(evse: Evse) -> tuple[object, ...]:
    last = evse.last
    assert last is not None
    return last.transaction, last.energy_wh, last.began, last.ended, last.stop_reason, last.meter_stop_wh, last.presumed


def _counted(meter: Meter) -> object:
    return meter.imported, meter.labels


@given(happenings)
def test_what_is_presumed_neither_loses_nor_doubles_anything(what: list[tuple[str, object]]) -> None:
    """The register is the same; a session is one, runs or is over, and lasts no longer than it was heard of."""
    presuming, trusting = told_twice(what)
    evse, other = presuming.charger.evses[1], trusting.charger.evses[1]
    assert _counted(evse.meter) == _counted(other.meter)
    assert evse.session is not None
    assert other.running is not None
    assert (evse.session.transaction, evse.session.began) == (other.running.transaction, other.running.began)
    assert (evse.running is None) is evse.session.presumed
    if evse.running is None:
        assert evse.session.ended is not None
        assert presuming.began <= evse.session.ended <= presuming.now


@given(happenings, st.integers(100, 500))
def test_whatever_was_presumed_energy_revives_a_session(what: list[tuple[str, object]], wh: int) -> None:
    """As if nothing had been presumed."""
    presuming, trusting = told_twice([*what, ("power cut", True), ("say", FREE), ("wait", 400), ("look", None)])
    assume(presuming.charger.running("7") is None)
    for story in (presuming, trusting):
        story.happen("read", wh)
    assert runs(presuming.charger)
    assert presuming.charger.evses[1].session_wh == trusting.charger.evses[1].session_wh
    assert presuming.charger.evses[1].last is None
