"""The bounds that the owner sets for reservations.

Knows their defaults (contract 1). Must not know where they are configured.
"""

from dataclasses import dataclass
from datetime import timedelta

from .reservation import Window

MIN_DURATION = timedelta(seconds=60)
"""Shorter than that nobody can reach a charger; clocks of chargers differ by as much (ocpp.md 5.5)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`default_duration` is what is reserved when nobody says how long.

    `buffer_before`, `buffer_after`: what no other reservation may touch before the start and after the end of one;
    `no_show`: how long after its start an unused reservation ends (None: only at its end).
    `consume_on_any`: whether a holder who charges elsewhere has used what he reserved.
    """

    default_duration: timedelta = timedelta(minutes=30)
    max_duration: timedelta = timedelta(days=7)
    horizon: timedelta = timedelta(days=365)
    buffer_before: timedelta = timedelta(0)
    buffer_after: timedelta = timedelta(0)
    no_show: timedelta | None = None
    consume_on_any: bool = False

    def buffered(self, window: Window) -> Window:
        """What a reservation of this window claims: its buffers belong to it (ocpp.md 5.5)."""
        return Window(start=window.start - self.buffer_before, end=window.end + self.buffer_after)
