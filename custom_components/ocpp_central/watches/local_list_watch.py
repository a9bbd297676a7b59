"""Tells the owner of a charger whose own list cannot name the drivers, or not all of them.

Must not know how that is found out (`core.local_list`), nor what a list says.
"""

from typing import Final

from homeassistant.core import HomeAssistant, callback

from ..const import LOGGER
from ..coordinator import OcppConfigEntry
from ..core.events import ChargerId
from ..core.local_list import Trouble
from .charger_watch import look_at_chargers
from .complaints import Complaint, Complaints

_KEYS: Final = {
    Trouble.UNSUPPORTED: "local_list_unsupported",
    Trouble.FAILED: "local_list_failed",
    Trouble.TOO_SHORT: "local_list_too_short",
}


@callback
def watch_local_lists(hass: HomeAssistant, entry: OcppConfigEntry) -> None:
    """Keep one repair for each charger whose list does not say what it should, for as long as it does not."""
    complaints = Complaints(hass, entry, "local_list")

    @callback
    def look(charger_id: ChargerId) -> None:
        charger = entry.runtime_data.chargers.get(charger_id)
        problem = None if charger is None else charger.local_list.problem
        if problem is None:
            complaints.take_back(charger_id)
            return
        numbers = {"fitting": str(problem.fitting), "wanted": str(problem.wanted)}
        if complaints.say(charger_id, Complaint(key=_KEYS[problem.trouble], placeholders=numbers)):
            LOGGER.info("The list of drivers of %s is not as it should be: %s", charger_id, problem.trouble)

    look_at_chargers(entry, look)
