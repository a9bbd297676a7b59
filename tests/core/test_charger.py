"""A charger as far as it has told us: events in, values out."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from custom_components.ocpp_central.core.charger import RESIGNATION, Charger
from custom_components.ocpp_central.core.clock import Clock
from custom_components.ocpp_central.core.dating import LONGEST_QUEUE, UNNOTICED
from custom_components.ocpp_central.core.description import Description
from custom_components.ocpp_central.core.events import (
    Allowed,
    Asked,
    Booted,
    ChargingState,
    Connected,
    ConnectorStatus,
    DefaultLimited,
    Disconnected,
    Ended,
    Heard,
    Metered,
    Reading,
    Standing,
    Started,
    StatusChanged,
    Updated,
    Verdict,
)
from custom_components.ocpp_central.core.evse import MAX_EVSES, Evse
from custom_components.ocpp_central.core.meter import Key
from custom_components.ocpp_central.core.statuses import MAX_CONNECTORS
from custom_components.ocpp_central.core.token import IdToken
from custom_components.ocpp_central.core.transaction import Transaction

from .world import CHARGER, HOLDER, LONG_AGO, MINUTE, NOON, SECOND, STRANGER

NEW = Charger(charger=CHARGER)
CONNECTED = NEW.after(Connected(token_length=20, at=NOON))


def _told(status: ConnectorStatus, *, evse: int | None = 1, connector: int = 1) -> StatusChanged:
    return StatusChanged(evse=evse, connector=connector, status=status, at=NOON)


def _started(**changes: object) -> Started:
    start = Started(transaction="7", evse=1, connector=1, token=HOLDER, meter_wh=100.0, at=NOON)
    return replace(start, **changes)  # type: ignore[arg-type]


def _reading(measurand: str, value: float, phase: str | None = None) -> Reading:
    return Reading(measurand=measurand, value=value, unit="W", phase=phase, at=NOON)


def test_a_charger_is_connected_from_its_connection_to_the_end_of_it() -> None:
    """When it was last there is remembered, to judge what it tells late."""
    assert not NEW.connected
    assert CONNECTED.connected
    assert CONNECTED.token_length == 20
    gone = CONNECTED.after(Disconnected(at=NOON + MINUTE))
    assert not gone.connected
    assert gone.away_since == NOON + MINUTE


def test_a_new_connection_in_place_of_an_old_one_leaves_the_charger_away_since_then() -> None:
    """A dead connection is often noticed only when the charger comes back: it may have been away all the while."""
    again = CONNECTED.after(Connected(token_length=36, at=NOON + MINUTE))
    assert again.away_since == NOON
    assert again.connected_at == NOON + MINUTE
    assert again.token_length == 36


def test_a_boot_describes_the_charger() -> None:
    """What it leaves out is not known."""
    booted = NEW.after(Booted(vendor="Acme", model="Box", serial=None, firmware="1", at=NOON))
    assert booted.description == Description(vendor="Acme", model="Box", firmware="1")


@pytest.mark.parametrize(("serial", "firmware", "current"), [("1", "2", 16.0), ("2", "1", None)])
def test_another_charger_in_its_place_knows_no_limit_of_it(serial: str, firmware: str, current: float | None) -> None:
    """What one agreed to, the next one was never told; another firmware keeps it."""
    booted = Booted(vendor="Acme", model="Box", serial="1", firmware="1", at=NOON)
    limited = DefaultLimited(evse=1, course=(Allowed(NOON, 16.0),), at=NOON)
    charger = CONNECTED.after(booted).after(limited).after(replace(booted, serial=serial, firmware=firmware))
    assert charger.limits.current_at(1, NOON) == current


def test_what_changes_nothing_gives_the_same_charger() -> None:
    """Listeners wake by identity."""
    known = CONNECTED.after(_told(ConnectorStatus.AVAILABLE))
    assert known.after(_told(ConnectorStatus.AVAILABLE)) is known
    assert known.after(Heard(at=NOON)) is known
    assert known.after(Metered(evse=1, transaction=None, readings=(), at=NOON)) is known
    assert known.after(_started(transaction=None, token=None)) is known
    assert known.after(Ended(transaction="unheard of", at=NOON)) is known
    assert known.after(Updated(transaction="unheard of", at=NOON)) is known


def test_the_status_of_the_charger_itself_is_no_evse() -> None:
    """1.6's connector 0 says something of the whole (1.6 section 7.7)."""
    charger = CONNECTED.after(_told(ConnectorStatus.FAULTED, evse=None))
    assert charger.status is ConnectorStatus.FAULTED
    assert not charger.evses


@pytest.mark.parametrize("number", [0, -1])
def test_no_charger_has_an_evse_below_one(number: int) -> None:
    """A nonsensical number makes no EVSE."""
    assert CONNECTED.after(_told(ConnectorStatus.AVAILABLE, evse=number)) is CONNECTED


def test_a_broken_charger_cannot_make_up_evses_without_end() -> None:
    """It must not fill the device registry."""
    charger = CONNECTED
    for number in range(1, MAX_EVSES + 2):
        charger = charger.after(_told(ConnectorStatus.AVAILABLE, evse=number))
    assert len(charger.evses) == MAX_EVSES
    assert charger.after(_told(ConnectorStatus.FAULTED, evse=1)).evses[1].status is (ConnectorStatus.FAULTED)


def test_a_broken_charger_cannot_make_up_connectors_without_end() -> None:
    """Each is on disk; those that there are go on telling."""
    charger = CONNECTED
    for number in range(1, MAX_CONNECTORS + 2):
        charger = charger.after(_told(ConnectorStatus.AVAILABLE, connector=number))
    assert len(charger.evses[1].connectors) == len(charger.evses[1].told) == MAX_CONNECTORS
    faulted = charger.after(_told(ConnectorStatus.FAULTED, connector=MAX_CONNECTORS))
    assert faulted.evses[1].status_of(MAX_CONNECTORS) is ConnectorStatus.FAULTED


@pytest.mark.parametrize(
    ("one", "other", "want"),
    [
        (ConnectorStatus.AVAILABLE, ConnectorStatus.CHARGING, ConnectorStatus.CHARGING),
        (ConnectorStatus.AVAILABLE, ConnectorStatus.RESERVED, ConnectorStatus.RESERVED),
        (ConnectorStatus.FAULTED, ConnectorStatus.AVAILABLE, ConnectorStatus.AVAILABLE),
        (ConnectorStatus.OUT_OF_SERVICE, ConnectorStatus.FAULTED, ConnectorStatus.FAULTED),
    ],
)
def test_the_plug_in_use_speaks_for_its_evse(
    one: ConnectorStatus, other: ConnectorStatus, want: ConnectorStatus
) -> None:
    """An EVSE serves one vehicle at a time; next to a plug in use, one that works counts."""
    charger = CONNECTED.after(_told(one, connector=1)).after(_told(other, connector=2))
    assert charger.evses[1].status is want
    assert charger.evses[1].status_of(1) is one
    assert charger.evses[1].status_of(3) is None


@pytest.mark.parametrize(
    ("status", "plugged_in", "charging", "accepts_hold"),
    [
        (None, None, None, True),
        (ConnectorStatus.AVAILABLE, False, False, True),
        (ConnectorStatus.RESERVED, False, False, True),
        (ConnectorStatus.PREPARING, True, False, False),
        (ConnectorStatus.CHARGING, True, True, False),
        (ConnectorStatus.SUSPENDED_EV, True, False, False),
        (ConnectorStatus.SUSPENDED_EVSE, True, False, False),
        (ConnectorStatus.FINISHING, True, False, False),
        (ConnectorStatus.OCCUPIED, True, False, False),
        (ConnectorStatus.OUT_OF_SERVICE, None, False, False),
        (ConnectorStatus.FAULTED, None, False, False),
    ],
)
def test_a_status_tells_of_car_energy_and_hold(
    *,
    status: ConnectorStatus | None,
    plugged_in: bool | None,
    charging: bool | None,
    accepts_hold: bool,
) -> None:
    """Only a free EVSE can be held; one that tells no status is simply asked (H01.FR.11-.14)."""
    evse = Evse(evse=1, told={} if status is None else {1: status})
    assert evse.plugged_in is plugged_in
    assert evse.charging is charging
    assert evse.accepts_hold is accepts_hold


@pytest.mark.parametrize(
    ("state", "want"),
    [
        (None, ConnectorStatus.OCCUPIED),
        (ChargingState.CHARGING, ConnectorStatus.CHARGING),
        (ChargingState.EV_CONNECTED, ConnectorStatus.PREPARING),
        (ChargingState.SUSPENDED_EV, ConnectorStatus.SUSPENDED_EV),
        (ChargingState.SUSPENDED_EVSE, ConnectorStatus.SUSPENDED_EVSE),
        (ChargingState.IDLE, ConnectorStatus.OCCUPIED),
    ],
)
def test_the_transaction_says_what_occupied_means(state: ChargingState | None, want: ConnectorStatus) -> None:
    """2.x says Occupied for whatever a car does, at the plug that it uses."""
    charger = CONNECTED.after(_told(ConnectorStatus.OCCUPIED))
    charger = charger.after(_told(ConnectorStatus.OCCUPIED, connector=2))
    charger = charger.after(_started(charging_state=state))
    assert charger.evses[1].status_of(1) is want
    assert charger.evses[1].status_of(2) is ConnectorStatus.OCCUPIED


def test_a_charger_has_reported_once_every_evse_has() -> None:
    """A new connection begins anew; a charger without EVSEs has told nothing."""
    assert not CONNECTED.has_reported
    one = CONNECTED.after(_told(ConnectorStatus.AVAILABLE))
    assert one.has_reported
    both = one.after(_told(ConnectorStatus.AVAILABLE, evse=2))
    again = both.after(Connected(token_length=20, at=NOON + MINUTE))
    assert not again.has_reported
    assert not again.after(_told(ConnectorStatus.AVAILABLE)).has_reported


def test_a_charger_is_settled_by_reports_by_refusal_or_by_time() -> None:
    """Until then, what we know is not acted upon; while it is offline, never (ocpp.md 5.10)."""
    assert not NEW.is_settled(NOON)
    assert not CONNECTED.is_settled(NOON + RESIGNATION - SECOND)
    assert CONNECTED.is_settled(NOON + RESIGNATION)
    assert CONNECTED.after(_told(ConnectorStatus.AVAILABLE)).is_settled(NOON)
    asked = CONNECTED.after(Asked(refused=False, at=NOON))
    assert not asked.is_settled(NOON)
    assert asked.after(Asked(refused=True, at=NOON)).is_settled(NOON)


QUEUE = replace(CONNECTED, connected_at=NOON, away_since=NOON - 10 * MINUTE)


@pytest.mark.parametrize(
    ("charger", "told", "believed"),
    [
        (QUEUE, NOON - 5 * MINUTE, True),
        (QUEUE, NOON - 10 * MINUTE, True),
        (QUEUE, NOON - 10 * MINUTE - UNNOTICED, True),
        (QUEUE, NOON - 11 * MINUTE - UNNOTICED, False),
        (QUEUE, NOON, False),
        (QUEUE, NOON + timedelta(days=1), False),
        (QUEUE, LONG_AGO, False),
        (NEW, NOON - 5 * MINUTE, False),
        (replace(QUEUE, away_since=None), NOON - timedelta(days=1), True),
        (replace(QUEUE, away_since=None), LONG_AGO, False),
        (replace(QUEUE, away_since=LONG_AGO), NOON - LONGEST_QUEUE, False),
    ],
)
def test_a_date_counts_where_it_is_plausible(charger: Charger, told: datetime, *, believed: bool) -> None:
    """What a charger queued while it was away is judged by its own time; a wrong clock is not (ocpp.md 5.4)."""
    now = NOON + MINUTE
    assert charger.moment_of(told, now) == (told if believed else now)


@pytest.mark.parametrize("skew", [timedelta(hours=1), timedelta(hours=-1)])
def test_a_clock_that_is_known_to_be_wrong_dates_what_was_queued(skew: timedelta) -> None:
    """A charger that takes local time for UTC does so all the time, also while it is away."""
    charger = replace(QUEUE, clock=Clock(skew=skew))
    now = NOON + MINUTE
    assert charger.moment_of(NOON - 5 * MINUTE + skew, now) == NOON - 5 * MINUTE
    assert charger.moment_of(NOON + SECOND + skew, now) == now


def test_a_start_begins_a_transaction() -> None:
    """It takes the place of one whose end we were never told."""
    charger = CONNECTED.after(_started(charging_state=ChargingState.EV_CONNECTED))
    running = Transaction(
        transaction="7",
        evse=1,
        connector=1,
        token=HOLDER,
        started_at=NOON,
        meter_start_wh=100.0,
        charging_state=ChargingState.EV_CONNECTED,
        began=NOON,
        counted_from=100.0,
        has_car=True,
    )
    assert charger.evses[1].running == running
    assert charger.running("7") == running
    assert charger.running("8") is None
    after = charger.after(_started(transaction="8"))
    assert after.running("8") is not None
    assert after.evses[1].last == replace(running, energy_wh=0.0)


@pytest.mark.parametrize("ended", [False, True])
def test_a_start_that_is_told_again_is_the_same(*, ended: bool) -> None:
    """A charger repeats a start until it is answered, even after its end (1.6 section 4.8)."""
    charger = CONNECTED.after(_started())
    if ended:
        charger = charger.after(Ended(transaction="7", at=NOON))
    known = charger.same_start(_started(transaction=None))
    assert known is not None
    assert known.transaction == "7"
    assert charger.same_start(_started()) == known
    assert charger.after(_started()).evses == charger.evses


@pytest.mark.parametrize(
    "other",
    [
        _started(transaction=None, at=NOON + SECOND),
        _started(transaction=None, meter_wh=101.0),
        _started(transaction=None, token=STRANGER),
        _started(transaction=None, token=None),
        _started(transaction=None, evse=2),
        _started(transaction=None, evse=None),
        _started(transaction="8"),
    ],
)
def test_a_start_that_differs_is_another(other: Started) -> None:
    """Time, meter, token and EVSE identify a start of 1.6; its own id identifies one of 2.x."""
    charger = CONNECTED.after(_started()).after(_told(ConnectorStatus.AVAILABLE, evse=2))
    assert charger.same_start(other) is None


def test_a_start_without_a_token_is_recognised_too() -> None:
    """Nobody was identified both times."""
    charger = CONNECTED.after(_started(token=None))
    assert charger.same_start(_started(transaction=None, token=None)) is not None


def test_an_update_changes_what_it_names() -> None:
    """What is None did not change."""
    charger = CONNECTED.after(_started(token=None, connector=None))
    named = charger.after(
        Updated(
            transaction="7",
            connector=2,
            token=HOLDER,
            charging_state=ChargingState.CHARGING,
            readings=(_reading("Power.Active.Import", 7000),),
            at=NOON,
        )
    )
    running = named.running("7")
    assert running is not None
    assert (running.connector, running.token) == (2, HOLDER)
    assert running.charging_state is ChargingState.CHARGING
    assert named.after(Updated(transaction="7", at=NOON)).running("7") == running
    assert named.evses[1].meter.total("Power.Active.Import") == 7000


def test_an_end_ends_the_transaction() -> None:
    """The last one is kept, to recognise a repeated start."""
    started = CONNECTED.after(_started()).after(_told(ConnectorStatus.AVAILABLE, evse=2))
    charger = started.after(Ended(transaction="7", at=NOON))
    assert charger.evses[1].running is None
    last = charger.evses[1].last
    assert last is not None
    assert last.transaction == "7"
    assert charger.evses[1].session is last


def test_readings_are_those_of_the_evse_or_of_the_main_meter() -> None:
    """The newest counts, wherever it comes with; a number that no status has told is no EVSE."""
    charger = CONNECTED.after(_started(readings=(_reading("Voltage", 229, "L1"),)))
    readings = (_reading("Voltage", 230, "L1"), _reading("Voltage", 231, "L2"))
    charger = charger.after(Metered(evse=1, transaction=None, readings=readings, at=NOON))
    assert charger.evses[1].meter.value(Key("Voltage", "Outlet", "L1")) == 230
    assert charger.after(Metered(evse=9, transaction=None, readings=readings, at=NOON)) is charger
    whole = charger.after(Metered(evse=None, transaction=None, readings=readings[1:], at=NOON))
    assert whole.meter.total("Voltage") == 231
    assert whole.evses == charger.evses


def test_readings_of_a_transaction_are_those_of_its_evse() -> None:
    """A charger with one connector may call it 0, as if it were the main meter."""
    charger = CONNECTED.after(_started())
    charger = charger.after(Metered(evse=None, transaction="7", readings=(_reading("Voltage", 229),), at=NOON))
    assert charger.evses[1].meter.total("Voltage") == 229
    assert charger.meter.total("Voltage") is None


def test_a_token_of_a_transaction_does_not_show() -> None:
    """No log line or traceback may give an id token away."""
    verdict = Verdict(standing=Standing.ACCEPTED, group="Family")
    charger = CONNECTED.after(_started(token=IdToken(value="04A2")), verdict)
    running = charger.running("7")
    assert running is not None
    assert running.group == "Family"
    assert not any(secret in repr(charger) for secret in ("04A2", "Family"))


def test_an_id_that_comes_again_after_the_end_is_another_transaction() -> None:
    """A charger may count from its boot on, whatever its clock says; a start that is told again begins when it did."""
    skewed = timedelta(hours=-3)
    start = Started(transaction="1", evse=1, connector=1, token=HOLDER, meter_wh=None, at=NOON + skewed, received=NOON)
    ended = Ended(transaction="1", at=NOON + skewed + MINUTE, received=NOON + MINUTE)
    over = CONNECTED.after(start).after(ended)
    assert over.same_start(start) is over.evses[1].last
    soon = replace(start, at=start.at + 2 * MINUTE, received=NOON + 2 * MINUTE)
    assert over.same_start(soon) is None
    assert over.after(soon).evses[1].running is not None
