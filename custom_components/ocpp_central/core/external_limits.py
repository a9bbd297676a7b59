"""What limits a charger besides us: the grid, or what manages the energy of the house.

Knows who can, and what a charger says of it. Must not know how it is spelled, nor limits that were set from here (`limits`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class Source(StrEnum):
    """Who limits (OCPP 2.x, K11 to K14)."""

    ENERGY_MANAGEMENT = "energy_management"
    GRID_OPERATOR = "grid_operator"
    CHARGING_OPERATOR = "charging_operator"
    OTHER = "other"


class LimitStep(NamedTuple):
    """How much may be drawn from a moment on (None: from when it was told), in A on each phase or in W, as `unit` says."""

    since: datetime | None
    amount: float
    unit: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalLimit:
    """A limit that does not come from here. `grid_critical`: the grid depends on it; None: the charger does not say.

    `course`: how much may be drawn; empty: the charger does not say.
    """

    source: Source
    grid_critical: bool | None = None
    course: tuple[LimitStep, ...] = ()


type ExternalLimits = Mapping[int | None, tuple[ExternalLimit, ...]]
"""The limits of each EVSE (None: of the charger as a whole), the latest one last. Where none has ever been there is no entry."""


def limited(known: ExternalLimits, evse: int | None, limit: ExternalLimit) -> ExternalLimits:
    """The limits once another one is told, which takes the place of that of the same source."""
    others = tuple(each for each in known.get(evse, ()) if each.source is not limit.source)
    return {**known, evse: (*others, limit)}


def cleared(known: ExternalLimits, evse: int | None, source: Source | None) -> ExternalLimits:
    """The limits once those of a source are gone (None: of all); without an EVSE those of the charger and of all its EVSEs."""
    return {
        place: tuple(each for each in limits if source is not None and each.source is not source)
        if evse in (None, place)
        else limits
        for place, limits in known.items()
    }
