"""On how many phases there is, or can be, charged.

Knows what the readings of a meter show of that. Must not know units of limits, nor what a charger says of itself.
"""

from collections.abc import Iterable
from typing import Final

from .charger import Charger
from .events import EvseId
from .evse import Evse
from .meter import Meter

_CURRENT: Final = "Current.Import"
_VOLTAGE: Final = "Voltage"

_PHASES: Final = {"L1": 1, "L2": 2, "L3": 3, "L1-N": 1, "L2-N": 2, "L3-N": 3}
"""What each of them is called against neutral, or by itself."""

_FLOWS_FROM: Final = 0.5
"""A: a phase that is not used measures some tenths, and no car charges with so little (IEC 61851: from 6 A)."""

_LIVE_FROM: Final = 50.0
"""V: a phase that is not connected picks up some volts from its neighbours."""


def phases_at(charger: Charger, evse: EvseId | None, *, most: bool = False) -> int | None:
    """On how many phases is charged at an EVSE now, else can be; None: its meter does not show it.

    Of all EVSEs of a charger (`evse` None): at the one that has the fewest, or the most.
    """
    if evse is not None:
        return None if (known := charger.evses.get(evse)) is None else _phases_of(known)
    found = [phases for each in charger.evses.values() if (phases := _phases_of(each)) is not None]
    choose = max if most else min
    return choose(found, default=_measured(charger.meter))


def _phases_of(evse: Evse) -> int | None:
    used = None if evse.running is None else _count(_with_more_than(_FLOWS_FROM, evse.meter, _CURRENT))
    return used or _measured(evse.meter)


def _measured(meter: Meter) -> int | None:
    """How many phases are there: those that are live, else those whose current is told at all."""
    live = _count(_with_more_than(_LIVE_FROM, meter, _VOLTAGE))
    return live or _count(key.phase for key in meter.seen if key.measurand == _CURRENT)


def _with_more_than(least: float, meter: Meter, measurand: str) -> Iterable[str | None]:
    for key in meter.readings:
        if key.measurand == measurand and (value := meter.value(key)) is not None and abs(value) > least:
            yield key.phase


def _count(phases: Iterable[str | None]) -> int | None:
    """How many different phases these are; None for none that is one."""
    return len({_PHASES[phase] for phase in phases if phase in _PHASES}) or None
