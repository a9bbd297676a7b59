"""What is left of a meter's last readings when a car takes nothing more, and when it is gone."""

from dataclasses import replace

import pytest

from custom_components.ocpp_central.core.charger import Charger
from custom_components.ocpp_central.core.events import (
    ChargingState,
    Connected,
    ConnectorStatus,
    Disconnected,
    Event,
    FlowUntold,
    Metered,
    Reading,
    StatusChanged,
    Updated,
)
from custom_components.ocpp_central.core.measurands import COUNTS, FLOWS, NETS, OF_THE_CAR, OF_THE_MOMENT, QUANTITIES
from custom_components.ocpp_central.core.meter import Meter

from .test_accounts import KNOWN, after, ended, started
from .world import MINUTE, NOON, SECOND

POWER, CURRENT, SOC, VOLTAGE = "Power.Active.Import", "Current.Import", "SoC", "Voltage"
REACTIVE = "Energy.Reactive.Import.Register"
TOLD = {
    POWER: 7000.0,
    CURRENT: 30.0,
    SOC: 80.0,
    VOLTAGE: 230.0,
    "Temperature": 40.0,
    REACTIVE: 500.0,
    "Vendor.Thing": 5.0,
}
AT_REST = TOLD | {POWER: 0.0, CURRENT: 0.0}
LEFT = {POWER: 0.0, CURRENT: 0.0, REACTIVE: 500.0, "Vendor.Thing": 5.0}


def told(minute: int, context: str = "Sample.Periodic", **more: object) -> Metered:
    """All of it, read at this minute."""
    at = NOON + minute * MINUTE
    readings = tuple(
        Reading(measurand=each, value=value, unit=None, at=at, location="Outlet", context=context)
        for each, value in TOLD.items()
    )
    return replace(Metered(evse=1, transaction=None, readings=readings, at=at, received=at), **more)  # type: ignore[arg-type]


def status(word: ConnectorStatus, minute: int) -> StatusChanged:
    """A status of that minute."""
    return StatusChanged(evse=1, connector=1, status=word, at=NOON + minute * MINUTE)


def shown(charger: Charger) -> dict[str, float]:
    """What the first EVSE shows."""
    meter: Meter = charger.evses[1].meter
    return {each: value for each in TOLD if (value := meter.total(each)) is not None}


CHARGING = after([status(ConnectorStatus.PREPARING, 0), started(1000), status(ConnectorStatus.CHARGING, 1), told(2)])


def test_every_measurand_has_its_fate() -> None:
    """One of them, and no other."""
    kinds = (FLOWS, COUNTS, NETS, OF_THE_CAR, OF_THE_MOMENT)
    assert sorted(each for kind in kinds for each in kind) == sorted(QUANTITIES)


def test_all_is_shown_while_somebody_charges() -> None:
    """As it is told."""
    assert shown(CHARGING) == TOLD


@pytest.mark.parametrize(
    "word",
    [
        ConnectorStatus.SUSPENDED_EV,
        ConnectorStatus.SUSPENDED_EVSE,
        ConnectorStatus.FINISHING,
        ConnectorStatus.FAULTED,
    ],
)
def test_nothing_flows_while_a_session_rests(word: ConnectorStatus) -> None:
    """Until the charger tells otherwise: a car may take a little all the same."""
    rests = CHARGING.after(status(word, 3))
    assert shown(rests) == AT_REST
    assert shown(rests.after(told(4))) == TOLD


def test_nothing_flows_while_a_session_of_2_x_rests() -> None:
    """It says so in the transaction; what it has read with that counts."""
    occupied = after(
        [status(ConnectorStatus.OCCUPIED, 0), started(1000, charging_state=ChargingState.CHARGING), told(2)]
    )
    assert shown(occupied) == TOLD
    rests = Updated(transaction="7", charging_state=ChargingState.SUSPENDED_EV, at=NOON + 3 * MINUTE)
    assert shown(occupied.after(rests)) == AT_REST
    idle = Updated(transaction="7", charging_state=ChargingState.IDLE, at=NOON + 3 * MINUTE)
    assert shown(occupied.after(idle)) == AT_REST
    assert shown(after([idle, status(ConnectorStatus.AVAILABLE, 4)], occupied)) == LEFT


@pytest.mark.parametrize(
    "word",
    [
        ConnectorStatus.AVAILABLE,
        ConnectorStatus.RESERVED,
        ConnectorStatus.OUT_OF_SERVICE,
        ConnectorStatus.FAULTED,
    ],
)
def test_a_car_that_is_gone_leaves_only_what_was_counted(word: ConnectorStatus) -> None:
    """Whichever is told first, the end of its session or that the plug is out."""
    over = CHARGING.after(ended(2000, NOON + 3 * MINUTE))
    assert shown(over) == AT_REST
    assert shown(over.after(status(word, 4))) == LEFT
    assert shown(after([status(word, 3), ended(2000, NOON + 4 * MINUTE)], CHARGING)) == LEFT


def test_what_is_told_by_the_clock_goes_on_and_so_stays() -> None:
    """Voltage and temperature of the charger itself; but of the car it can tell nothing any more."""
    by_clock = after([told(3, "Sample.Clock"), ended(2000, NOON + 4 * MINUTE)], CHARGING)
    left = by_clock.after(status(ConnectorStatus.AVAILABLE, 5))
    here = {VOLTAGE: 230.0, "Temperature": 40.0}
    assert shown(left) == LEFT | here
    again = left.after(told(15, "Sample.Clock"))
    assert shown(again) == {each: value for each, value in TOLD.items() if each != SOC}


def test_a_session_that_contradicts_the_status_is_believed() -> None:
    """Some chargers say that they are available while they charge."""
    odd = CHARGING.after(status(ConnectorStatus.AVAILABLE, 3))
    assert shown(odd) == TOLD


def test_what_flowed_before_the_end_flows_no_more_though_it_is_told_late() -> None:
    """Chargers queue readings behind the end of a session."""
    over = CHARGING.after(ended(2000, NOON + 3 * MINUTE))
    now = NOON + 3 * MINUTE + 2 * SECOND
    assert shown(over.after(told(3, received=now))) == AT_REST
    assert shown(over.after(told(4))) == TOLD


def test_a_session_of_which_no_end_was_told_takes_nothing_back() -> None:
    """Nobody knows since when nothing flows."""
    last = CHARGING.evses[1].running
    lost = replace(CHARGING, evses={1: replace(CHARGING.evses[1], running=None, last=last)})
    assert shown(lost.after(told(3))) == TOLD


def test_nothing_flows_where_nobody_charges_after_a_restart() -> None:
    """Of whoever is not there, no reading will come; a sensor that was there before does not stay unknown for days."""
    kept = after([ended(2000, NOON + 3 * MINUTE), Disconnected(at=NOON + 4 * MINUTE)], CHARGING)
    back: list[Event] = [Connected(token_length=20, at=NOON + 20 * MINUTE), status(ConnectorStatus.AVAILABLE, 20)]
    assert shown(after(back[:1], kept)) == {REACTIVE: 500.0}
    assert shown(after(back, kept)) == {POWER: 0.0, CURRENT: 0.0, REACTIVE: 500.0}
    restarted = replace(
        kept, evses={1: replace(kept.evses[1], told={}, reported=False, meter=Meter(seen=kept.evses[1].meter.seen))}
    )
    assert shown(after(back, restarted)) == {POWER: 0.0, CURRENT: 0.0}


def test_a_car_that_left_while_the_connection_was_lost_is_gone() -> None:
    """However short that was."""
    lost: list[Event] = [
        Disconnected(at=NOON + 3 * MINUTE),
        Connected(token_length=20, at=NOON + 3 * MINUTE + 20 * SECOND),
        status(ConnectorStatus.AVAILABLE, 4),
        ended(2000, NOON + 3 * MINUTE + 10 * SECOND),
    ]
    assert shown(after(lost, CHARGING)) == LEFT


def test_what_is_read_of_a_free_connector_is_shown() -> None:
    """What it takes itself, by the clock or when it is asked; the first telling of a status changes nothing that follows."""
    idle = KNOWN.after(told(1))
    assert shown(idle) == {each: value for each, value in TOLD.items() if each != SOC}
    assert shown(idle.after(status(ConnectorStatus.AVAILABLE, 2))) == shown(idle)


def test_what_is_not_told_though_a_car_takes_is_not_known() -> None:
    """Nobody has told the 0 from before; what is told stays, and so does the 0 where nothing is taken."""
    over = after([ended(2000, NOON + 3 * MINUTE), status(ConnectorStatus.FINISHING, 3)], CHARGING)
    untold = FlowUntold(evse=1, at=NOON + 9 * MINUTE)
    assert over.after(untold) is over
    assert over.after(replace(untold, evse=2)) is over
    assert CHARGING.after(untold) is CHARGING
    takes = over.after(status(ConnectorStatus.CHARGING, 7))
    assert shown(takes) == AT_REST
    unknown = takes.after(untold)
    assert shown(unknown) == {each: value for each, value in TOLD.items() if each not in {POWER, CURRENT}}
    assert shown(unknown.after(told(10))) == TOLD
    assert shown(unknown.after(status(ConnectorStatus.SUSPENDED_EV, 10))) == AT_REST
