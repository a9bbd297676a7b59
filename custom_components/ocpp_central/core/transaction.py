"""A charging session, as far as a charger has told it.

Knows who charges, how that was judged, and what is accounted of it. Must not know the EVSE around it, nor which event says what.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from .events import ChargingState, ConnectorId, EvseId, Standing, Started, TransactionId
from .meter import Meter
from .token import IdToken


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """That a transaction may be over, though its end was not told. `since`: when the charger showed that.

    `wh`: what its meter had counted by then. `seen`: it was followed until then, so that this is when it ended.
    """

    since: datetime
    wh: float | None
    seen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """A charging session. `token` None: nobody was identified; `anonymous`: and it charges all the same.

    `group`: the token's, when it was presented. `meter_start_wh`: the energy register at its start. `standing`: how the
    token stood; unless it was accepted, the transaction should soon end. `against`: the uid of the reservation that it is
    in the way of. `evict_from`: from when on it is to be stopped, `attempts`: how often that was tried.
    `began`, `ended`: when that really was; `ended` None: it runs, or its end was never told. `counted_from`: what the meter had
    counted when it began. `energy_wh`: what it took in all. `meter_stop_wh`, `stop_reason`: what the charger told at its end.
    `has_car`: a car was seen with it. `rebooted_at`: when the charger started anew that has told nothing of it since.
    `doubt`: why it may be over. `presumed`: it is taken to be over, though its end may yet be told, or it may go on.
    """

    transaction: TransactionId
    evse: EvseId
    connector: ConnectorId | None
    token: IdToken | None
    anonymous: bool = False
    group: str | None = field(default=None, repr=False)
    started_at: datetime
    meter_start_wh: float | None
    standing: Standing = Standing.ACCEPTED
    against: str | None = None
    evict_from: datetime | None = None
    attempts: int = 0
    charging_state: ChargingState | None = None
    began: datetime | None = None
    ended: datetime | None = None
    counted_from: float | None = None
    energy_wh: float | None = None
    meter_stop_wh: float | None = None
    stop_reason: str | None = None
    has_car: bool = False
    rebooted_at: datetime | None = None
    doubt: Doubt | None = None
    presumed: bool = False

    @property
    def beginning(self) -> datetime:
        """When it began; of one that an earlier version has stored, by the charger's clock."""
        return self.began or self.started_at

    @property
    def may_be_over(self) -> bool:
        """Whether there is reason to think so: there is doubt, or the charger has started anew and told nothing of it since."""
        return self.doubt is not None or self.rebooted_at is not None

    def lacks(self, start: Started) -> bool:
        """Whether a start tells of its beginning, which was not known when it was taken up."""
        return self.token is None and self.meter_start_wh is None and start.at < self.started_at

    def lasted(self, now: datetime) -> timedelta:
        """How long it took, or takes so far."""
        return max((self.ended or now) - self.beginning, timedelta())

    def taken_wh(self, meter: Meter) -> float | None:
        """What it took so far by the meter of its EVSE, in Wh; None while that is not known, as where power is all it tells.

        Nor is it while the meter was last read before it began.
        """
        counted = meter.imported.total
        if counted is None or self.counted_from is None:
            return None
        taken = round(max(counted - self.counted_from, 0.0), 3)
        return None if taken == 0 and (meter.counts_nothing or self._is_unread(meter)) else taken

    def _is_unread(self, meter: Meter) -> bool:
        at = meter.imported.at
        return self.meter_start_wh is None and (at is None or at < self.beginning)

    def metered(self, meter: Meter) -> Transaction:
        """The transaction once the meter was read: where the charger did not tell what it began with, that is it."""
        if (
            self.counted_from is not None
            or self.meter_start_wh is not None
            or (counted := meter.imported.total) is None
        ):
            return self
        return replace(self, counted_from=counted)

    def over(self, meter: Meter) -> Transaction:
        """The transaction when nothing more is read of it: by the meter, else by what the charger told of start and end."""
        taken = self.taken_wh(meter)
        if taken is None:
            # a charger without a meter tells 0 at both ends
            is_unknown = not self.meter_stop_wh and meter.counts_nothing
            taken = None if is_unknown else self.told_wh
        return replace(self, energy_wh=taken)

    def reopened(self) -> Transaction:
        """The transaction as if nobody had ever doubted that it goes on."""
        return replace(self, ended=None, energy_wh=None, presumed=False, doubt=None, rebooted_at=None)

    def over_since(self, ended: datetime, meter_stop_wh: float | None, reason: str | None) -> Transaction:
        """The transaction whose end was told when another one ran already."""
        told = replace(self.reopened(), energy_wh=self.energy_wh)
        told = replace(told, ended=ended, meter_stop_wh=meter_stop_wh, stop_reason=reason)
        return told if (wh := told.told_wh) is None else replace(told, energy_wh=wh)

    @property
    def told_wh(self) -> float | None:
        """What it took by the register at its start and at its end; None where one is not told, or was another one."""
        if self.meter_start_wh is None or self.meter_stop_wh is None or self.meter_stop_wh < self.meter_start_wh:
            return None
        return round(self.meter_stop_wh - self.meter_start_wh, 3)

    def is_settled_on(self, token: IdToken | None) -> bool:
        """Whether it is known who charges, so that a token which is told is not about that, or says it again.

        `token` None: the charger tells that it identifies nobody.
        """
        if token is None:
            return self.token is not None or self.anonymous
        return self.token is not None and (not self.refused or self.token.matches(token))

    @property
    def refused(self) -> bool:
        """Whether we did not accept its token."""
        return self.standing is not Standing.ACCEPTED
