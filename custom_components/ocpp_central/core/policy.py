"""The bounds that the owner sets for reservations.

Knows their defaults (contract 1). Must not know where they are configured.
"""

from dataclasses import dataclass
from datetime import timedelta

MIN_DURATION = timedelta(seconds=60)
"""Shorter than that nobody can reach a charger; clocks of chargers differ by as much (ocpp.md 5.5)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`default_duration` is what is reserved when nobody says how long."""

    default_duration: timedelta = timedelta(minutes=30)
    max_duration: timedelta = timedelta(days=7)
    horizon: timedelta = timedelta(days=365)
