"""What is left of a meter's last readings once a car does something else.

Knows which of them are not true any more. Must not know what tells that a car has left, nor who is shown what it read.

A charger tells readings while somebody charges, and many tell none when that ends: without this, the power and the state of
charge of a car that is gone would be shown until the next one comes.
"""

from dataclasses import replace
from datetime import datetime

from .events import ChargingState, EvseId, Reading
from .evse import Evse, Evses, with_evse
from .measurands import FLOWS
from .meter import Meter
from .presence import Doing


def settled(before: Evses, after: Evses, at: datetime) -> Evses:
    """The EVSEs once what was read says no more than is true of what their cars do now, `at` the charger's own time."""
    changed: dict[EvseId, Evse] = {}
    for number, evse in after.items():
        old = before.get(number)
        if evse is not old and (old is None or not _goes_on(old, evse)):
            meter = _settled(evse.meter, Doing.UNKNOWN if old is None else old.doing, evse.doing, at)
            if meter is not evse.meter:
                changed[number] = replace(evse, meter=meter)
    return {**after, **changed} if changed else after


def untold(evses: Evses, number: EvseId) -> Evses:
    """The EVSEs once a charger has had time to tell what flows at one: where a car takes, it is not known to be nothing."""
    evse = evses.get(number)
    if evse is None or evse.doing is not Doing.TAKING:
        return evses
    meter = evse.meter.only_told()
    return evses if meter is evse.meter else with_evse(evses, replace(evse, meter=meter))


def still_true(readings: tuple[Reading, ...], ended: datetime | None) -> tuple[Reading, ...]:
    """The readings that say something of now, though the last session has ended: what flowed before that does not."""
    if ended is None:
        return readings
    return tuple(each for each in readings if each.at > ended or each.measurand not in FLOWS)


def _goes_on(old: Evse, evse: Evse) -> bool:
    """Whether a session goes on as it did, so that a reading says nothing else: most messages are such readings."""
    before, running = old.running, evse.running
    return (
        before is not None
        and running is not None
        and before.charging_state is running.charging_state is not ChargingState.IDLE
        and old.told is evse.told
        and old.reported is evse.reported
    )


def _settled(meter: Meter, before: Doing, now: Doing, at: datetime) -> Meter:
    """The meter once a car does something else, `at` the charger's own time; itself where nothing follows."""
    if now is Doing.GONE:
        return meter.without_car() if before is now else meter.left(at)
    # what is read of a free connector is what the charger itself takes, and a car that is plugged in changes nothing of that
    return meter.at_rest(at) if now is Doing.RESTING and before in (Doing.TAKING, Doing.UNKNOWN) else meter
