"""Tells the owner of a charger whose own list cannot name the drivers, or not all of them.

Must not know how that is found out (`core.local_list`), nor what a list says.
"""

from functools import partial
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .audience import Place
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
    for charger_id in entry.runtime_data.chargers:
        watch.add(Place(charger_id))
    entry.async_on_unload(entry.runtime_data.audience.listen_to_places(watch.add))
    entry.async_on_unload(watch.leave)


class _Watch:
    """What is said of the lists of one central system's chargers."""

    def __init__(self, hass: HomeAssistant, entry: OcppConfigEntry) -> None:
        """Have said nothing."""
        self._hass = hass
        self._entry = entry
        self._said: dict[ChargerId, Problem] = {}

    @callback
    def add(self, place: Place) -> None:
        """Watch a charger that is new; EVSEs have no lists."""
        if place.evse is None:
            look = callback(partial(self._look, place.charger))
            self._entry.async_on_unload(self._entry.runtime_data.audience.listen(place, look))

    @callback
    def leave(self) -> None:
        """Take back what was said."""
        for charger_id in tuple(self._said):
            self._take_back(charger_id)

    def _look(self, charger_id: ChargerId) -> None:
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
