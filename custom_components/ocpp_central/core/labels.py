"""Which unit a meter's values are really in, where it calls that by the name of another one.

Knows what is impossible, and so proves a wrong unit. Must not know who reads a meter. A value that may be right is never changed:
a car can take 7 W as well as 7 kW.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from .events import Reading
from .measurands import IMPORTED, Quantity, quantity_of

_THOUSAND: Final = 1000

MOST_W: Final = 1_000_000
"""More than flows at a connector all the time."""

LEEWAY_WH: Final = 1000
"""What a register may be off by rounding: meters tell Wh, tenths of kWh or whole kWh."""

_MOST_OF_A_SESSION_WH: Final = 500_000
_NO_CHARGER_KW: Final = 4000
"""The strongest plug there is, of lorries and ships, delivers 3.75 MW (MCS)."""

_KILO: Final = frozenset({"kw", "kva"})
_WATT: Final = "W"

_DECIMALS: Final = 6
"""What a float makes of a thousandth is not a measurement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """The units of a meter that are not what they say.

    `times`: what its imported energy is multiplied by; 1: nothing, for certain; None: that does not show yet. `in_watts`: the
    powers that are in W and called kW.
    """

    times: float | None = None
    in_watts: frozenset[str] = frozenset()

    @property
    def are_right(self) -> bool:
        """Whether nothing wrong is known of them."""
        return self.times in (None, 1) and not self.in_watts

    def meant(self, reading: Reading) -> Reading:
        """A reading as it is meant."""
        if reading.measurand == IMPORTED and self.times is not None:
            return reading._replace(value=round(reading.value * self.times, _DECIMALS))
        return reading._replace(unit=_WATT) if reading.measurand in self.in_watts else reading

    def after_powers(self, readings: Iterable[Reading]) -> Labels:
        """The labels once these were told: as kW, what is in W would be more than there is."""
        large = [each for each in readings if not -_NO_CHARGER_KW <= each[1] <= _NO_CHARGER_KW]
        found = {
            each.measurand
            for each in large
            if (each.unit or "").casefold() in _KILO and quantity_of(each.measurand) is Quantity.POWER
        }
        return self if found <= self.in_watts else replace(self, in_watts=self.in_watts | found)

    def after_register(self, wh: float, meter_start: float, before: float | None, passed: timedelta) -> Labels:
        """The labels once the register told `wh` by its own word.

        `meter_start`: what the transaction began with, more than 0, which is in Wh by definition (1.6 section 6.45), and a session
        takes no megawatt hours. `before`: what the register told before, so long ago as has `passed`. One that was right once is
        right for good, and need not be asked: it has begun anew if it is at a thousandth of that. A thousand times too much it is
        for certain only if it also rises faster than anything can charge: a charger may as well tell a meter start in kWh.
        """
        least, most = meter_start - min(LEEWAY_WH, meter_start / 2), meter_start + _MOST_OF_A_SESSION_WH
        if least <= wh <= most:
            times: float | None = 1
        elif least <= wh * _THOUSAND <= most:
            times = _THOUSAND
        elif (
            before is not None and least <= before / _THOUSAND <= wh / _THOUSAND <= most and _leaps(wh - before, passed)
        ):
            times = 1 / _THOUSAND
        else:
            times = self.times
        return self if times == self.times else replace(self, times=times)


def _leaps(wh: float, passed: timedelta) -> bool:
    return wh > MOST_W * (passed / timedelta(hours=1)) + LEEWAY_WH
