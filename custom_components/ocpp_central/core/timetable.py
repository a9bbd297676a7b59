"""Which windows share an instant, as bit masks: bit i of a mask stands for the i-th window.

Knows half-open windows only. Must not know whose they are.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime

from .reservation import Window


class Timetable:
    """Windows in a fixed order, prepared to be asked about many times."""

    def __init__(self, windows: Sequence[Window]) -> None:
        """Number the windows in the order given."""
        self._starts, self._started = _prefixes([window.start for window in windows])
        self._ends, self._ended = _prefixes([window.end for window in windows])

    def meeting(self, window: Window) -> int:
        """The windows that share an instant with this one."""
        started = self._started[bisect_left(self._starts, window.end)]
        return started & ~self._ended[bisect_right(self._ends, window.start)]

    def during(self, moment: datetime) -> int:
        """The windows that contain this moment."""
        started = self._started[bisect_right(self._starts, moment)]
        return started & ~self._ended[bisect_right(self._ends, moment)]


def bits(mask: int) -> Iterator[int]:
    """The numbers in a mask, ascending."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def _prefixes(moments: Sequence[datetime]) -> tuple[list[datetime], list[int]]:
    """The moments in order, and for each length of that list the mask of those within it."""
    order = sorted(range(len(moments)), key=moments.__getitem__)
    masks = [0]
    for number in order:
        masks.append(masks[-1] | 1 << number)
    return [moments[number] for number in order], masks
