"""Why a wish about a reservation is refused before anything is sent.

Knows the reasons and what a person needs to know to find a way out. Must not know any text: the shell translates.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from .drivers import Driver
from .events import EvseId
from .reservation import Reservation


class Reason(StrEnum):
    """The reasons, as the contract names them to users (contract 3)."""

    CHARGER_OFFLINE = "charger_offline"
    OCCUPIED = "reservation_occupied"
    FAULTED = "reservation_faulted"
    UNAVAILABLE = "reservation_unavailable"
    CONFLICT = "reservation_conflict"
    NOT_FOUND = "reservation_not_found"
    NOT_SUPPORTED = "reservation_not_supported"
    ID_IN_USE = "reservation_id_in_use"
    IN_USE = "reservation_in_use"
    IN_PAST = "reservation_in_past"
    TOO_SHORT = "reservation_too_short"
    TOO_LONG = "reservation_too_long"
    BEYOND_HORIZON = "reservation_beyond_horizon"
    TYPE_UNKNOWN = "connector_type_unknown"
    DRIVER_BLOCKED = "driver_blocked"
    DRIVER_NOT_VALID = "driver_not_valid"
    TOKEN_TOO_LONG = "id_token_too_long"  # noqa: S105  a reason, no secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """The reservation that is in the way. `evse` None: it is for the whole charger, or for some EVSE."""

    reservation_id: int
    evse: EvseId | None
    start: datetime
    end: datetime


def obstacle(reservation: Reservation) -> Obstacle:
    """What a person needs to know of a reservation that is in the way."""
    return Obstacle(
        reservation_id=reservation.reservation_id,
        evse=reservation.evse,
        start=reservation.window.start,
        end=reservation.window.end,
    )


class Refusal(Exception):
    """A wish cannot be granted; nothing has changed.

    `limit`: the bound that was missed, a duration or a number of characters. `obstacle`: what is in the way. `driver`:
    whom it cannot be for. `end`: the one that would not do, where nobody named it. `proven`: False if it was not found out whether it could be granted,
    because that takes longer than was allowed.
    """

    def __init__(  # noqa: PLR0913 - what a person may need to know, each named
        self,
        reason: Reason,
        *,
        limit: timedelta | int | None = None,
        obstacle: Obstacle | None = None,
        driver: Driver | None = None,
        end: datetime | None = None,
        proven: bool = True,
    ) -> None:
        """Carry the reason and what a person needs to find a way out."""
        super().__init__(reason.value)
        self.reason = reason
        self.limit = limit
        self.obstacle = obstacle
        self.driver = driver
        self.end = end
        self.proven = proven
