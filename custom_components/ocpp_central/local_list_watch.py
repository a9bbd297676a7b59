"""Tells the owner of a charger whose own list cannot name the drivers, or not all of them.

Must not know how that is found out (`core.local_list`), nor what a list says.
"""

from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .charger_watch import look_at_chargers
from .const import DOMAIN, LOGGER
from .coordinator import OcppConfigEntry
from .core.events import ChargerId
from .core.local_list import Problem, Trouble

_KEYS: Final = {
    Trouble.UNSUPPORTED: "local_list_unsupported",
    Trouble.FAILED: "local_list_failed",
    Trouble.TOO_SHORT: "local_list_too_short",
}


@callback
def watch_local_lists(hass: HomeAssistant, entry: OcppConfigEntry) -> None:
    """Keep one repair for each charger whose list does not say what it should, for as long as it does not."""
    watch = _Watch(hass, entry)
    look_at_chargers(entry, watch.look)
    entry.async_on_unload(watch.leave)


class _Watch:
    """What is said of the lists of one central system's chargers."""

    def __init__(self, hass: HomeAssistant, entry: OcppConfigEntry) -> None:
        """Have said nothing."""
        self._hass = hass
        self._entry = entry
        self._said: dict[ChargerId, Problem] = {}

    @callback
    def leave(self) -> None:
        """Take back what was said."""
        for charger_id in tuple(self._said):
            self._take_back(charger_id)

    @callback
    def look(self, charger_id: ChargerId) -> None:
        """See whether the list of a charger says what it should."""
        charger = self._entry.runtime_data.chargers.get(charger_id)
        problem = None if charger is None else charger.local_list.problem
        if problem is None:
            self._take_back(charger_id)
        elif self._said.get(charger_id) != problem:
            self._say(charger_id, problem)

    def _say(self, charger_id: ChargerId, problem: Problem) -> None:
        LOGGER.info("The list of drivers of %s is not as it should be: %s", charger_id, problem.trouble)
        self._said[charger_id] = problem
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            _issue_id(charger_id),
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=_KEYS[problem.trouble],
            translation_placeholders={
                "charger": self._entry.runtime_data.name_of(charger_id),
                "fitting": str(problem.fitting),
                "wanted": str(problem.wanted),
            },
        )

    def _take_back(self, charger_id: ChargerId) -> None:
        if self._said.pop(charger_id, None) is not None:
            ir.async_delete_issue(self._hass, DOMAIN, _issue_id(charger_id))


def _issue_id(charger_id: ChargerId) -> str:
    return f"local_list_{charger_id}"
