"""Stopping somebody who charges though he was refused.

Knows when a charger is asked to stop a transaction, and when it is left alone (ocpp.md 5.7). Must not know who is refused
(`authorization`).
"""

from datetime import datetime, timedelta

from .evse import MOST_EVICTIONS, Evse

GRACE = timedelta(seconds=10)
"""So long a charger has to stop a refused start by itself, as most do (1.6 `StopTransactionOnInvalidId`)."""

AGAIN = timedelta(seconds=30)
"""When a charger is asked once more that has not stopped."""

SPAN = timedelta(minutes=10)
"""Within this time an EVSE is stopped so often at most: a car or a charger that starts again and again must not loop."""


def is_exhausted(evse: Evse | None, now: datetime) -> bool:
    """Whether an EVSE was stopped so often of late that it is left alone."""
    return evse is not None and sum(now - each < SPAN for each in evse.evictions) >= MOST_EVICTIONS


def next_eviction(evse: Evse) -> datetime | None:
    """When the charger is to be asked to stop what runs at an EVSE; None if it is not to be asked (any more)."""
    running = evse.running
    if running is None or running.evict_from is None or running.attempts >= MOST_EVICTIONS:
        return None
    moment = running.evict_from + running.attempts * AGAIN
    return None if is_exhausted(evse, moment) else moment
