"""How a moment is spelled on the wire.

Knows the spellings that chargers use and the one that we use. Must not know what a moment is for, nor the clock.
"""

from datetime import UTC, datetime

HEARTBEAT_SECONDS = 300
"""How often a charger shall call Heartbeat, whose answer sets its clock.

Pings already tell a dead connection, so this serves the clock alone; once a day would do, but a charger that lost its
time (no clock chip, a failed time server) dates transactions wrongly until the next answer. Minutes keep that short,
and cost next to nothing.
"""

_FIRST = datetime(2015, 1, 1, tzinfo=UTC)
_LAST = datetime(2100, 1, 1, tzinfo=UTC)
"""OCPP 1.6 is of 2015: a time before that, or in the next century, is that of a clock that was never set."""

_DATE_ONLY = len("2026-01-31")


def read(told: object, received: datetime) -> datetime:
    """The moment that a charger tells, in UTC; `received` where it is absent, unreadable or of an unset clock.

    RFC 3339 with any fraction and any zone; without a zone it is UTC (1.6 recommends UTC, and chargers do leave the
    zone out).
    """
    if not isinstance(told, str):
        return received
    try:
        moment = datetime.fromisoformat(told.strip().upper())
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except ValueError, OverflowError:
        return received
    if len(told.strip()) <= _DATE_ONLY or not _FIRST <= moment < _LAST:
        return received
    return moment


def write(moment: datetime) -> str:
    """An aware moment as RFC 3339 in UTC and whole seconds: what every charger can read. Fractions are cut off."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
