"""The ids of transactions whose chargers ask us for one (OCPP 1.6).

Knows that none is given twice, however Home Assistant ends. Must not know what a transaction is, nor how a number gets on disk.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from homeassistant.core import callback

from .core.charger import Charger
from .core.events import Event, Started

ID_BLOCK: Final = 100
"""So many ids are taken from disk at once, so that none is given twice after a crash (contract 5)."""


class TransactionIds:
    """The ids of one central system. `until`: none above it was ever given to a charger, which is to be on disk."""

    def __init__(self, changed: Callable[[], None]) -> None:
        """Have given none. `changed`: called when `until` is another one, before an id above the old one is given."""
        self.until = 0
        self._last = 0
        self._changed = changed

    def restart(self, until: int) -> None:
        """Go on above what may have been given before Home Assistant ended."""
        self._last = self.until = until

    @callback
    def numbered(self, charger: Charger, event: Event) -> Event:
        """A start that asks us for its transaction id, with the id: the old one if it is told again."""
        if not isinstance(event, Started) or event.transaction is not None:
            return event
        if (known := charger.same_start(event)) is not None:
            return replace(event, transaction=known.transaction)
        self._last += 1
        while charger.knows(str(self._last)):  # another central system gave it the same one
            self._last += 1
        if self._last > self.until:
            self.until = self._last + ID_BLOCK - 1
            self._changed()
        return replace(event, transaction=str(self._last))
