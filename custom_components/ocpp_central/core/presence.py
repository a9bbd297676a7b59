"""What a car does at an EVSE.

Knows which status says that nothing flows, and which that no car is there. Must not know what tells it, nor what follows.
"""

from enum import Enum, auto
from typing import Final

from .events import ChargingState, ConnectorStatus
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
