"""One place for one car, as far as the charger has told of it.

Knows plugs, what they say, the session there and its meter as frozen values. Must not know the charger around it, nor how an event
changes any of it (`charger`, `doubts`).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .events import ChargingState, ConnectorId, ConnectorStatus, EvseId
from .faults import Faults
from .meter import Meter
from .presence import Doing, doing
from .transaction import Transaction

MAX_EVSES = 200
"""More than any charger has; a broken one that counts up its connector ids must not fill the device registry."""

MOST_EVICTIONS = 3
"""How often it is tried to stop somebody at an EVSE before that is left alone (ocpp.md 5.7)."""

PLUGGED = frozenset(
    {
        ConnectorStatus.PREPARING,
        ConnectorStatus.CHARGING,
        ConnectorStatus.SUSPENDED_EV,
        ConnectorStatus.SUSPENDED_EVSE,
        ConnectorStatus.FINISHING,
        ConnectorStatus.OCCUPIED,
    }
)

UNPLUGGED = frozenset({ConnectorStatus.AVAILABLE, ConnectorStatus.RESERVED})
"""Plugging in leaves a reserved connector Reserved until its holder comes (G01.FR.06), but it was free before."""

_ACCEPTS_HOLD = frozenset({ConnectorStatus.AVAILABLE, ConnectorStatus.RESERVED, None})
"""Only a free EVSE can be held (1.6 section 5.13, H01.FR.11-.14); one that tells no status is simply asked."""

BROKEN = frozenset({ConnectorStatus.OUT_OF_SERVICE, ConnectorStatus.FAULTED})

_WHILE_OCCUPIED = {
    ChargingState.CHARGING: ConnectorStatus.CHARGING,
    ChargingState.EV_CONNECTED: ConnectorStatus.PREPARING,
    ChargingState.SUSPENDED_EV: ConnectorStatus.SUSPENDED_EV,
    ChargingState.SUSPENDED_EVSE: ConnectorStatus.SUSPENDED_EVSE,
}
"""2.x says Occupied for whatever a car does, and the rest in the transaction's charging state."""

_PROMINENCE = (
    ConnectorStatus.CHARGING,
    ConnectorStatus.SUSPENDED_EVSE,
    ConnectorStatus.SUSPENDED_EV,
    ConnectorStatus.PREPARING,
    ConnectorStatus.FINISHING,
    ConnectorStatus.OCCUPIED,
    ConnectorStatus.RESERVED,
    ConnectorStatus.AVAILABLE,
    ConnectorStatus.FAULTED,
    ConnectorStatus.OUT_OF_SERVICE,
)
"""Which plug speaks for an EVSE with several: the one in use, then one that can be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evse:
    """One place for one car. `connectors`: its plugs. `told`: what they last said; empty until the charger tells.

    `faults`: what it said is wrong. `reported`: whether it told a status since the charger connected.
    `is_missing`: the charger tells of it no more. `evictions`: when it was last tried to stop somebody here, `MOST_EVICTIONS` of them at most.
    `running`, `last`: the transaction now and the latest one before, which is kept to be seen, and to recognise a repeated start.
    `heard_at`: when something last showed that the transaction goes on which runs. `asked_at`: when the charger was last asked
    whether it does, since it connected.
    `meter`: what is measured here.
    """

    evse: EvseId
    connectors: frozenset[ConnectorId] = frozenset()
    told: Mapping[ConnectorId, ConnectorStatus] = field(default_factory=dict)
    faults: Faults = field(default_factory=dict)
    reported: bool = False
    running: Transaction | None = None
    last: Transaction | None = None
    heard_at: datetime | None = None
    asked_at: datetime | None = None
    is_missing: bool = False
    evictions: tuple[datetime, ...] = ()
    meter: Meter = Meter()

    @property
    def presumed(self) -> Transaction | None:
        """The transaction that was presumed to be over, if no other one has begun since."""
        last = self.last
        return last if self.running is None and last is not None and last.presumed else None

    @property
    def session(self) -> Transaction | None:
        """The transaction that runs, else the latest one."""
        return self.running or self.last

    @property
    def session_wh(self) -> float | None:
        """What that took, in Wh; None: not known."""
        if self.running is not None:
            return self.running.taken_wh(self.meter)
        return None if self.last is None else self.last.energy_wh

    @property
    def status(self) -> ConnectorStatus | None:
        """The most telling status of its connectors; None while the charger has told none."""
        return _most_telling({self.status_of(connector) for connector in self.told})

    def status_of(self, connector: ConnectorId) -> ConnectorStatus | None:
        """The status of one plug, made precise by the running transaction."""
        told = self.told.get(connector)
        if told is not ConnectorStatus.OCCUPIED or self.running is None:
            return told
        if self.running.connector not in (None, connector) or self.running.charging_state is None:
            return told
        return _WHILE_OCCUPIED.get(self.running.charging_state, told)

    @property
    def status_of_session(self) -> ConnectorStatus | None:
        """What the plug of the running transaction last said itself, or the EVSE where it is not known which one that is."""
        connector = None if self.running is None else self.running.connector
        told = None if connector is None else self.told.get(connector)
        return told or _most_telling(set(self.told.values()))

    @property
    def plugged_in(self) -> bool | None:
        """Whether a car is connected; None where the status does not tell (faulted, out of service, unheard)."""
        status = self.status
        if status in PLUGGED:
            return True
        return False if status in UNPLUGGED else None

    @property
    def doing(self) -> Doing:
        """What a car does here; unknown until the charger tells a status since it connected."""
        return doing(self.status if self.reported else None, self.running)

    @property
    def is_in_use(self) -> bool:
        """Whether a transaction runs beyond doubt; where there is doubt, the charger will know."""
        return self.running is not None and self.running.doubt is None

    @property
    def is_broken(self) -> bool:
        """Whether the charger says that it serves nobody, or of itself nothing any more."""
        return self.is_missing or self.status in BROKEN

    @property
    def in_service(self) -> bool | None:
        """Whether it is there to be used; None where the charger has not told, or while it is faulted."""
        status = self.status
        return None if status in {None, ConnectorStatus.FAULTED} else status is not ConnectorStatus.OUT_OF_SERVICE

    @property
    def accepts_hold(self) -> bool:
        """Whether the charger may agree to hold it, for a new reservation or again for the one that it holds it for."""
        return self.status in _ACCEPTS_HOLD

    @property
    def charging(self) -> bool | None:
        """Whether energy flows; None while the charger has told nothing."""
        status = self.status
        return None if status is None else status is ConnectorStatus.CHARGING


type Evses = Mapping[EvseId, Evse]
"""Those of one charger, by number."""


def evse_at(evses: Evses, number: EvseId | None) -> Evse | None:
    """The EVSE of this number, new if need be; None for a number that no charger has."""
    if number is None or number < 1:
        return None
    if number in evses:
        return evses[number]
    return Evse(evse=number) if len(evses) < MAX_EVSES else None


def with_evse(evses: Evses, evse: Evse) -> Evses:
    """The EVSEs with this one as it is now."""
    return {**evses, evse.evse: evse}


def _most_telling(statuses: Collection[ConnectorStatus | None]) -> ConnectorStatus | None:
    return next((status for status in _PROMINENCE if status in statuses), None)
