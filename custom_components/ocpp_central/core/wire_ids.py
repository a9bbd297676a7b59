"""The numbers by which chargers and users call reservations.

Knows which number comes next. Must not know who has which.
"""

from collections.abc import Callable, Container

MAX_WIRE_ID = 2_147_483_647
"""OCPP's integer is signed and has 32 bits; 0 and less are read as "none" by some chargers."""


class WireIds:
    """The numbers that one step of the ledger may give out. `last`: the one that was given last, in this step or before."""

    def __init__(self, last: int, taken: Callable[[], Container[int]]) -> None:
        """Go on after `last`; `taken` is asked only if a number is wanted, because few steps do."""
        self.last = last
        self._ask = taken
        self._taken: Container[int] | None = None
        self._claimed: int | None = None

    def claim(self, number: int) -> int:
        """The number, which somebody has chosen in this step, and which is given to nobody else."""
        self._claimed = number
        return number

    def take(self) -> int:
        """A number that nothing has, and that was not given lately."""
        if self._taken is None:
            self._taken = self._ask()
        while True:
            self.last = self.last % MAX_WIRE_ID + 1
            if self.last not in self._taken and self.last != self._claimed:
                return self.last
