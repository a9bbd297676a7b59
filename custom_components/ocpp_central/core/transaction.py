"""A charging session, as far as a charger has told it.

Knows who charges and how that was judged. Must not know the EVSE around it, nor which event says what.
"""

from dataclasses import dataclass, field
from datetime import datetime

from .events import ChargingState, ConnectorId, EvseId, Standing, TransactionId
from .token import IdToken


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """A charging session. `token` None: nobody was identified; `anonymous`: and it charges all the same.

    `group`: the token's, when it was presented. `meter_start_wh`: the energy register at its start. `standing`: how the
    token stood; unless it was accepted, the transaction should soon end. `against`: the uid of the reservation that it is
    in the way of. `evict_from`: from when on it is to be stopped, `attempts`: how often that was tried.
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
