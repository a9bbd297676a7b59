"""Keeps the chargers' own lists in step with the drivers.

Knows when the drivers or the time change what a list is to say. Must not know how a list is brought to that
(`core.local_list`), nor when there is time for it (`core.planner`).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from .core.charger import Charger
from .core.commands import ListCommand, Outcome, SendList
from .core.drivers import Drivers
from .core.entries import Entries, entries_of, next_change, spelled
from .core.events import ChargerId
from .core.local_list import LocalList


class ListKeeper:
    """The lists of one central system's chargers. `changes_at`: when time alone will change what they are to say."""

    def __init__(self, chargers: Mapping[ChargerId, Charger], put: Callable[[Charger], None]) -> None:
        """Keep none yet. `chargers`: always as they are now; `put`: knows a charger otherwise."""
        self._chargers = chargers
        self._put_charger = put
        self._drivers = Drivers()
        self.changes_at: datetime | None = None
        self._entries: dict[int | None, Entries] = {}

    @callback
    def keep(self, charger_id: ChargerId, *, wanted: bool) -> None:
        """Have a charger's own list name the drivers from now on; or, if that is not wanted, nobody any more."""
        if wanted:
            self._give(charger_id)
        else:
            self._put(charger_id, self._chargers[charger_id].local_list.wanting(None))

    @callback
    def renew(self, drivers: Drivers) -> None:
        """Have every list that is wanted name these drivers as they stand now."""
        self._drivers = drivers
        self.changes_at = next_change(drivers, dt_util.utcnow())
        self._entries.clear()
        for charger_id in tuple(self._chargers):
            self.renew_at(charger_id)

    @callback
    def renew_at(self, charger_id: ChargerId) -> None:
        """The same for one charger, which may by now carry other tokens than it did."""
        charger = self._chargers.get(charger_id)
        if charger is not None and charger.local_list.wanted is not None:
            self._give(charger_id)

    @callback
    def sending(self, charger_id: ChargerId, command: SendList) -> None:
        """An update is to be sent, once that is on disk."""
        if (charger := self._chargers.get(charger_id)) is not None:
            self._put(charger_id, charger.local_list.sending(command))

    @callback
    def answered(self, charger_id: ChargerId, command: ListCommand, outcome: Outcome) -> None:
        """The outcome of a command that concerns a list is known."""
        if (charger := self._chargers.get(charger_id)) is not None:
            self._put(charger_id, charger.local_list.answered(command, outcome))

    def _give(self, charger_id: ChargerId) -> None:
        charger = self._chargers[charger_id]
        length = charger.token_length
        if length not in self._entries:  # many chargers can carry the same, and it takes a while to make it up
            self._entries[length] = entries_of(self._drivers, length, dt_util.utcnow())
        entries = spelled(self._entries[length], charger.spellings)
        self._put(charger_id, charger.local_list.wanting(entries))

    def _put(self, charger_id: ChargerId, local_list: LocalList) -> None:
        charger = self._chargers[charger_id]
        if local_list is not charger.local_list:
            self._put_charger(replace(charger, local_list=local_list))
