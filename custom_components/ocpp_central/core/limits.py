"""How much cars may draw: what a charger can limit, and what it has been told to allow.

Knows units, and how one becomes the other. Must not know how a limit is spelled, nor who wants it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
import math
from typing import Final

from .events import Allowed, DefaultLimited, EvseId, LimitsTold

NOMINAL_VOLTAGE: Final = 230.0
"""V between a phase and neutral (IEC 60038). What is really there differs by some percent, and so does what is drawn."""

_FEWEST, _MOST = 1, 3

_LEVELS: Final = 2_000_000
"""So many levels have numbers near each other; there are chargers that say they know 2,147,483,647."""

_NEAR: Final = 332
"""The EVSEs up to this one have such numbers."""

_USUAL: Final = 1000
"""The highest level that can be chosen; beyond it there is only the charger's own highest one."""

_FAR: Final = 2_000_000_001
"""From here on all others have numbers, up to EVSE 49,061; OCPP's integers end at 2,147,483,647."""

_FARTHEST: Final = 49_062


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
class Default:
    """The limit of an EVSE's transactions as it was set from here on a level; `evse` None: of all its charger's EVSEs.

    `every`: after which time its course begins anew; None: never.
    """

    evse: EvseId | None
    level: int
    course: tuple[Allowed, ...]
    every: timedelta | None = None

    def current_at(self, now: datetime) -> float | None:
        """What it allows, in A; None: it does not limit now."""
        begun = [each for each in self.course if each.since <= now - self._repeated(now)]
        return begun[-1].current if begun else None

    def moments(self, now: datetime) -> Iterator[datetime]:
        """When another step of its course begins, among them the next one from now on, if there is one."""
        repeated = self._repeated(now)
        yield from (each.since + repeated for each in self.course)
        if self.every is not None:
            yield self.course[0].since + repeated + self.every

    def _repeated(self, now: datetime) -> timedelta:
        """How long after its first beginning it has begun for the last time."""
        passed = now - self.course[0].since
        return timedelta() if self.every is None or passed < timedelta() else passed // self.every * self.every


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a charger says of limiting; None where it has not said it.

    `units`: in what it can be limited; empty: not known. `highest`: the level of the profile that prevails over all others.
    `set_here`: the limits of its EVSEs' transactions, the one that prevails first.
    """

    supported: bool | None = None
    units: frozenset[Unit] = frozenset()
    highest: int | None = None
    set_here: tuple[Default, ...] = ()

    @property
    def usual_level(self) -> int:
        """The level of a limit for which nobody has chosen one; MicroOcpp forgets what has its highest one as it starts."""
        return max((self.highest or 0) - 1, 0)

    def level_for(self, purpose: Purpose, evse: EvseId | None) -> int:
        """The level of a limit for which nobody has chosen one: below one that was set here it would be in vain."""
        known = [each.level for each in self.set_here if each.evse in (None, evse)]
        return max((self.usual_level, *known)) if purpose is Purpose.DEFAULT else self.usual_level

    def after(self, told: LimitsTold | DefaultLimited) -> Limits:
        """What it has said by now; what it does not say stays as it was, and it itself if nothing is new."""
        if isinstance(told, DefaultLimited):
            can = True if told.course and self.supported is None else self.supported
            return replace(self, supported=can, set_here=_limited(self.set_here, told))
        units = frozenset(Unit(unit) for unit in told.units) or self.units
        supported = self.supported if told.supported is None else told.supported
        highest = self.highest if told.highest is None else told.highest
        if (supported, units, highest) == (self.supported, self.units, self.highest):
            return self
        return replace(self, supported=supported, units=units, highest=highest)

    def of_another(self) -> Limits:
        """What is known of another charger in the place of this one, which was never told to allow anything."""
        return replace(self, set_here=())

    def current_at(self, evse: EvseId, now: datetime) -> float | None:
        """To what the transactions of an EVSE are limited, in A on each phase; None: to nothing that is known."""
        allowed = (each.current_at(now) for each in self._limits_of(evse))
        return next((current for current in allowed if current is not None), None)

    def next_change(self, evse: EvseId, now: datetime) -> datetime | None:
        """When that may be another one by itself; None: never."""
        moments = (moment for each in self._limits_of(evse) for moment in each.moments(now))
        return min((moment for moment in moments if moment > now), default=None)

    def unit_for(self, unit: Unit) -> Unit:
        """In what the charger is to be told a limit in this unit: in the same, unless it knows only the other one."""
        return unit if unit in self.units or not self.units else next(iter(self.units))

    def _limits_of(self, evse: EvseId) -> Iterator[Default]:
        """Those of the EVSE itself prevail over those of all."""
        for place in (evse, None):
            yield from (each for each in self.set_here if each.evse == place)


def profile_of(purpose: Purpose, evse: EvseId | None, level: int) -> int:
    """The number of a limit at the charger, always the same, so that it is replaced when it is set again.

    No two have the same: chargers that 2.x describes refuse what they know under another number.
    """
    kind, place = list(Purpose).index(purpose), evse or 0
    folded = level % _LEVELS
    if place <= _NEAR and (folded == level or folded > _USUAL):
        return 1 + kind + len(Purpose) * place + 1000 * folded
    rank = min(level, _USUAL + 1)
    return _FAR + kind + len(Purpose) * (rank + (_USUAL + 2) * (place % _FARTHEST))


def _limited(known: tuple[Default, ...], told: DefaultLimited) -> tuple[Default, ...]:
    kept = [
        each for each in known if not (told.everywhere or (each.evse == told.evse and told.level in (None, each.level)))
    ]
    if told.course:
        kept.append(Default(evse=told.evse, level=told.level or 0, course=told.course, every=told.every))
    return tuple(sorted(kept, key=lambda each: each.level, reverse=True))
