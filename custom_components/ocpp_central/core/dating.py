"""When something really happened that a charger tells, by what its dates are worth.

Knows that a charger may tell late what it queued, and by a clock that is wrong. Must not know how wrong that clock is (`clock`), nor
what has happened.
"""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from .events import Ended, Metered, Started, StatusChanged, Updated

LONGEST_QUEUE: Final = timedelta(days=7)
"""What a charger queued is not believed to be older; a charger without a clock dates it to 1970."""

UNNOTICED: Final = timedelta(seconds=60)
"""How long a connection may be lost before we notice: up to two pings pass; and a charger tells whole seconds."""

type Happening = StatusChanged | Metered | Started | Updated | Ended
"""What a charger dates, and may have queued."""


class When(NamedTuple):
    """When something was. `read_at`: when it was seen or read; now, unless the charger tells what it queued.

    `happened_at`: to the charger's second, if its clock is right by and large. `told_at`: so, plausible or not.
    """

    read_at: datetime
    happened_at: datetime
    told_at: datetime


class Dating(NamedTuple):
    """What is known of a charger's connection and clock. `skews`: how far the clock may be ahead of ours, the likeliest first."""

    connected_at: datetime | None
    away_since: datetime | None
    skews: tuple[timedelta, ...]

    def moment_of(self, told: datetime, now: datetime) -> datetime:
        """When something really happened that the charger tells now and dates `told`.

        A charger's clock may be wrong, so its date counts only where it is plausible: for what it queued while it
        was away from us, by as much as the clock is known to be wrong, or was. All else happens now.
        """
        if self.connected_at is None:
            return now
        earliest = self._earliest(now)
        for skew in self.skews:
            if self.connected_at <= told - skew <= now + UNNOTICED:
                return now
            if earliest <= told - skew < self.connected_at:
                return told - skew
        return now

    def when(self, event: Happening) -> When:
        """When what an event tells really was."""
        read_at = self._read_at(event)
        return When(
            read_at=read_at,
            happened_at=event.at if abs(event.at - read_at) <= UNNOTICED else read_at,
            told_at=event.at if abs(self.skews[0]) <= UNNOTICED else event.at - self.skews[0],
        )

    def _read_at(self, event: Happening) -> datetime:
        if event.received is None:
            return event.at
        if was_offline(event):
            earliest, latest = self._earliest(event.received), event.received
            possible = (event.at - skew for skew in self.skews)
            return next((at for at in possible if earliest <= at <= latest), min(event.at - self.skews[0], latest))
        return self.moment_of(event.at, event.received)

    def _earliest(self, now: datetime) -> datetime:
        """When what it queued can have happened at the earliest."""
        earliest = now - LONGEST_QUEUE
        return earliest if self.away_since is None else max(earliest, self.away_since - UNNOTICED)


def was_offline(event: Happening) -> bool:
    """Whether the charger says that it was away when something happened, which 1.6 cannot."""
    return isinstance(event, Started | Updated | Ended) and event.offline
