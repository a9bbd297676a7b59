"""What a car does at an EVSE, and what is left of its meter's last readings by that.

Knows which status says that nothing flows, and which that no car is there. Must not know what tells it, nor who is shown it.

A charger tells readings while somebody charges, and many tell none when that ends: without this, the power and the state of
charge of a car that is gone would be shown until the next one comes.
"""

from datetime import datetime
from enum import Enum, auto
from typing import Final

from .events import ChargingState, ConnectorStatus, Reading
from .measurands import FLOWS
from .meter import Meter
from .transaction import Transaction


class Doing(Enum):
    """What a car does."""

    UNKNOWN = auto()
    TAKING = auto()
    RESTING = auto()
    """It is there, and takes nothing."""
    GONE = auto()
    """None is there, or none can be seen to be."""


_WITHOUT_SESSION: Final = {
    ConnectorStatus.CHARGING: Doing.TAKING,
    ConnectorStatus.PREPARING: Doing.RESTING,
    ConnectorStatus.SUSPENDED_EV: Doing.RESTING,
    ConnectorStatus.SUSPENDED_EVSE: Doing.RESTING,
    ConnectorStatus.FINISHING: Doing.RESTING,
    ConnectorStatus.OCCUPIED: Doing.RESTING,
    ConnectorStatus.AVAILABLE: Doing.GONE,
    ConnectorStatus.RESERVED: Doing.GONE,
    ConnectorStatus.OUT_OF_SERVICE: Doing.GONE,
    ConnectorStatus.FAULTED: Doing.GONE,
}

_IN_SESSION: Final = {
    ConnectorStatus.PREPARING: Doing.RESTING,
    ConnectorStatus.SUSPENDED_EV: Doing.RESTING,
    ConnectorStatus.SUSPENDED_EVSE: Doing.RESTING,
    ConnectorStatus.FINISHING: Doing.RESTING,
    ConnectorStatus.FAULTED: Doing.RESTING,
}
"""What else is told while a session runs contradicts it, or says that energy flows: the readings know better."""

_FREE: Final = frozenset({ConnectorStatus.AVAILABLE, ConnectorStatus.RESERVED})


def doing(status: ConnectorStatus | None, running: Transaction | None) -> Doing:
    """What a car does at an EVSE of this status, where this transaction runs; `status` None: it has told none by now."""
    if status is None:
        return Doing.UNKNOWN
    if running is None:
        return _WITHOUT_SESSION[status]
    if running.charging_state is ChargingState.IDLE:  # 2.x: a session may outlast the car that it was for
        return Doing.GONE if status in _FREE else Doing.RESTING
    return _IN_SESSION.get(status, Doing.TAKING)


def settled(meter: Meter, before: Doing, now: Doing, at: datetime) -> Meter:
    """The meter once a car does something else, `at` the charger's own time; itself where nothing follows."""
    if now is Doing.GONE:
        return meter.without_car() if before is now else meter.left(at)
    # what is read of a free connector is what the charger itself takes, and a car that is plugged in changes nothing of that
    return meter.at_rest(at) if now is Doing.RESTING and before in (Doing.TAKING, Doing.UNKNOWN) else meter


def still_true(readings: tuple[Reading, ...], ended: datetime | None) -> tuple[Reading, ...]:
    """The readings that say something of now, though the last session has ended: what flowed before that does not."""
    if ended is None:
        return readings
    return tuple(each for each in readings if each.at > ended or each.measurand not in FLOWS)
