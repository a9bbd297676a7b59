"""How much cars may draw: what a charger can limit, and to what it has been told to.

Knows units, and how one becomes the other. Must not know how a limit is spelled, nor who wants it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
import math
from typing import Final

from .events import DefaultLimited, EvseId, LimitsTold

NOMINAL_VOLTAGE: Final = 230.0
"""V between a phase and neutral (IEC 60038). What is really there differs by some percent, and so does what is drawn."""

_FEWEST, _MOST = 1, 3

_LEVELS = 2_000_000
"""So many levels have numbers of their own; there are chargers that say they know 2,147,483,647."""


class Unit(StrEnum):
    """In what a charger is limited."""

    AMPERE = "A"
    """On each phase."""
    WATT = "W"
    """On all phases together."""


class Purpose(StrEnum):
    """What is limited."""

    CHARGE_POINT_MAX = "charge_point_max"
    """The charger as a whole, whatever else is allowed at its EVSEs."""
    DEFAULT = "default"
    """Every transaction that has no limit of its own."""
    TRANSACTION = "transaction"
    """The transaction that runs, until its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """An amount. `phases`: over how many of them; None: not known."""

    amount: float
    unit: Unit
    phases: int | None = None

    def amount_in(self, unit: Unit) -> float:
        """The amount in another unit: whole W, or tenths of A, never more than it was.

        Where the phases are not known, as many are assumed as make it the least: whatever car comes keeps the limit then.
        """
        match self.unit, unit:
            case Unit.AMPERE, Unit.WATT:
                amount = self.amount * (self.phases or _FEWEST) * NOMINAL_VOLTAGE
            case Unit.WATT, Unit.AMPERE:
                amount = self.amount / (self.phases or _MOST) / NOMINAL_VOLTAGE
            case _:
                amount = self.amount
        steps = 1 if unit is Unit.WATT else 10
        return math.floor(round(amount * steps, 6)) / steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a charger says of limiting; None where it has not said it.

    `units`: in what it can be limited; empty: not known. `highest`: the level of the profile that prevails over all others.
    `defaults`: the limit of each EVSE's transactions as it was last set from here, in A; None: of all its EVSEs.
    """

    supported: bool | None = None
    units: frozenset[Unit] = frozenset()
    highest: int | None = None
    defaults: Mapping[EvseId | None, float] = field(default_factory=dict)

    def after(self, told: LimitsTold | DefaultLimited) -> Limits:
        """What it has said by now; what it does not say stays as it was, and it itself if nothing is new."""
        if isinstance(told, DefaultLimited):
            return replace(self, defaults=_limited(self.defaults, told))
        units = frozenset(Unit(unit) for unit in told.units) or self.units
        supported = self.supported if told.supported is None else told.supported
        highest = self.highest if told.highest is None else told.highest
        if (supported, units, highest) == (self.supported, self.units, self.highest):
            return self
        return replace(self, supported=supported, units=units, highest=highest)

    def current_at(self, evse: EvseId) -> float | None:
        """To what the transactions of an EVSE are limited, in A; None: to nothing that is known."""
        return self.defaults.get(evse, self.defaults.get(None))

    def unit_for(self, unit: Unit) -> Unit:
        """In what the charger is to be told a limit in this unit: in the same, unless it knows only the other one."""
        return unit if unit in self.units or not self.units else next(iter(self.units))


def profile_of(purpose: Purpose, evse: EvseId | None, level: int) -> int:
    """The number of a limit at the charger, always the same, so that it is replaced when it is set again."""
    return 1 + list(Purpose).index(purpose) + len(Purpose) * (evse or 0) + 1000 * (level % _LEVELS)


def _limited(defaults: Mapping[EvseId | None, float], told: DefaultLimited) -> dict[EvseId | None, float]:
    others = {evse: limit for evse, limit in defaults.items() if evse != told.evse and not told.everywhere}
    return others if told.current is None else others | {told.evse: told.current}
