"""What a meter has counted, whatever becomes of its register.

Knows how a register begins anew, jumps and lies, and what of that is energy. Must not know who reads it, nor its unit.

The total never goes back, and never leaps: Home Assistant's statistics take any fall for a new meter, and then count all that
follows it as consumed. Chargers do begin at 0 with every session or restart, and do tell 0 in between (lbbrhzn/ocpp#1756).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import inf
from typing import Final

from .labels import LEEWAY_WH, MOST_W

_ROUNDING_WH: Final = 10
"""A register that is told in two ways, with decimals and as whole Wh, goes back and forth by less."""

_A_NEW_COUNT_WH: Final = 200_000
"""A register that began anew was at less when it is first read again: more than a car takes."""

_AT_ONCE_WH: Final = 10_000
"""More than goes through between two readings, of a charger that tells any."""

_TOGETHER: Final = timedelta(minutes=1)
"""In so much time a charger tells what it has queued, or most of that."""

_DIP: Final = 0.9
"""One that falls by less than a tenth has not begun anew, which is Home Assistant's rule, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """A register of energy, in Wh. `told`: what it says, as far as that is believed; None: it was never read. `at`: when.

    `dated`: the same by the charger's clock, where that differs.

    `offset`: what the total is ahead of it. `doubted`: what it said last, if that is not believed yet. `anew`: whether it has ever
    begun anew.
    """

    told: float | None = None
    offset: float = 0
    doubted: float | None = None
    at: datetime | None = None
    dated: datetime | None = None
    anew: bool = False

    @property
    def total(self) -> float | None:
        """All that was counted, as far as is known; while nothing odd happens, what the register says."""
        return None if self.told is None else _exact(self.offset + self.told)

    def after(self, told: float, at: datetime, dated: datetime | None = None) -> Register:
        """The register once it was read. `dated`: when that was by the charger's clock, which may be wrong.

        What is less than before, or impossibly much, is believed only when the next reading goes on from there: a slip does not.
        """
        if self.told is None:
            return replace(self, told=told, at=at, dated=dated)
        if told >= self.told and told - self.told <= self._most(at, dated):
            return Register(told=told, offset=self.offset, at=at, dated=dated, anew=self.anew)
        if told < self.told and self._is_older(at, dated):
            return self
        if self.doubted is not None and self._began_anew(self.doubted) and self._is_back(told):
            return replace(self, doubted=None).after(told, at, dated)
        if self.doubted is None and 0 < self.told - told <= _ROUNDING_WH:
            return self
        if self.doubted is None or not 0 < told - self.doubted <= self._most(at, dated):
            return replace(self, doubted=told)
        anew = self._began_anew(self.doubted)
        counted = told if anew else told - self.doubted
        offset = _exact(self.offset + self.told + counted - told)
        return Register(told=told, offset=offset, at=at, dated=dated, anew=self.anew or anew)

    def began(self, told: float, at: datetime, dated: datetime | None = None) -> Register:
        """The register once it was told as that with which a transaction began.

        One that begins anew with each transaction may next be read when it is beyond where it was before, so that nothing else
        shows that it did. But many chargers whose register goes on for ever tell 0 here as well (lbbrhzn/ocpp#1756): this one
        must have begun anew for certain before it is believed.
        """
        if self.anew and self.told is not None and told <= LEEWAY_WH and self._began_anew(told):
            return Register(told=told, offset=_exact(self.offset + self.told), at=at, dated=dated, anew=True)
        return self.after(told, at, dated)

    def plus(self, wh: float, at: datetime) -> Register:
        """The register of a charger that has none, but tells what it has delivered since it told that last."""
        return replace(self, told=_exact((self.told or 0) + max(wh, 0)), doubted=None, at=at)

    def when_it_said(self, wh: float) -> float | None:
        """What the total was when the register, which was read by now, said `wh` a while ago; None: that cannot be told.

        That may be a little less than was read before: many chargers round what a transaction begins with.
        """
        return _exact(self.offset + wh) if self._is_about(wh) else None

    def _is_about(self, wh: float) -> bool:
        """Whether it says the same as before, if it is rounded."""
        return self.told is not None and max(_DIP * self.told, self.told - LEEWAY_WH) <= wh <= self.told

    def _is_back(self, told: float) -> bool:
        """Whether it is where it was before it seemed to have begun anew, and cannot have come there since."""
        return told > _AT_ONCE_WH and self._is_about(told)

    def _is_older(self, at: datetime, dated: datetime | None) -> bool:
        """Whether a reading that came together with the last one was taken before it, by the charger's clock.

        Only then: a clock may have been set back, and the register have begun anew since.
        """
        if self.at is None or self.dated is None or dated is None:
            return False
        return dated < self.dated and at - self.at < _TOGETHER

    def _most(self, at: datetime, dated: datetime | None) -> float:
        """What may have gone through since it was read last.

        What a charger queued under a wrong date comes all at once, but its own clock shows how long that took.
        """
        if self.at is None:
            return inf
        passed = at - self.at
        if dated is not None and self.dated is not None:
            passed = max(passed, dated - self.dated)
        return MOST_W * max(passed, timedelta()) / timedelta(hours=1) + LEEWAY_WH

    def _began_anew(self, doubted: float) -> bool:
        told = self.told or 0
        return doubted < _DIP * told and doubted <= _A_NEW_COUNT_WH


def _exact(wh: float) -> float:
    """Without what adding floats leaves beyond the thousandth of a Wh."""
    return round(wh, 3)
