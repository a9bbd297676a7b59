"""What is told of something that has happened (contract 4): to a reservation, or at a charger's reader.

Knows the type of an event, and the data that comes with it, which never is an ID token. Must not know who is told
(`event`, `bus`).
"""

from typing import Final

from homeassistant.util.json import JsonValueType

from .coordinator import CentralSystem
from .core.book import Change
from .core.events import Standing
from .core.presentation import Presentation
from .core.reservation import EndReason, News
from .windows import ATTR_END, ATTR_START

ATTR_DRIVER: Final = "driver"
ATTR_EVSE: Final = "evse"
ATTR_LATE: Final = "late"
ATTR_REASON: Final = "reason"

type Tidings = tuple[str, dict[str, JsonValueType]]
"""The type of an event, and its data."""


def of_reservation(central: CentralSystem, change: Change) -> Tidings:
    """The news of a change that is published; times are UTC."""
    assert change.news is not None  # noqa: S101  only what is published reaches a listener
    reservation = change.after
    reason = reservation.end_reason
    if change.news is News.REQUIREMENT_DROPPED:
        reason = EndReason.REQUIREMENT_DROPPED
    driver = central.driver_of(reservation)
    return change.news.value, {
        "uid": reservation.uid,
        "reservation_id": reservation.reservation_id,
        ATTR_DRIVER: None if driver is None else driver.name,
        ATTR_START: reservation.window.start.isoformat(),
        ATTR_END: reservation.window.end.isoformat(),
        ATTR_REASON: None if reason is None else reason.value,
        ATTR_LATE: change.late,
    }


def of_presentation(presented: Presentation) -> Tidings:
    """Whose token was presented, but never which."""
    accepted = presented.standing is Standing.ACCEPTED
    return "accepted" if accepted else "refused", {
        ATTR_DRIVER: None if presented.driver is None else presented.driver.name,
        ATTR_EVSE: presented.evse,
        ATTR_REASON: None if accepted else presented.standing.value,
    }
