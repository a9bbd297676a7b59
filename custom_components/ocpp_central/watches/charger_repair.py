"""What the repairs have in common that change something in a charger.

Knows how they find it, and what is wrong where it does not do it. Must not know what is changed.
"""

from collections.abc import Mapping
from typing import Final

from homeassistant.components.repairs import RepairsFlow
from homeassistant.config_entries import ConfigEntryState

from ..const import CONF_CHARGER_ID, CONF_ENTRY_ID
from ..coordinator import CentralSystem
from ..core.commands import Outcome
from ..core.events import ChargerId
from ..csms.session import Result

GONE: Final[Mapping[Outcome, str]] = {
    Outcome.DISCONNECTED: "charger_offline",
    Outcome.TIMED_OUT: "charger_timeout",
    Outcome.UNREADABLE: "charger_timeout",
}
"""What is wrong where the charger says nothing; more changes are then not tried."""


class ChargerRepairFlow(RepairsFlow):
    """A repair of one charger, which its issue's data names."""

    @property
    def _charger_id(self) -> ChargerId:
        return str((self.data or {}).get(CONF_CHARGER_ID))

    def _central(self) -> CentralSystem | None:
        """The central system of the charger, while it runs."""
        entry = self.hass.config_entries.async_get_entry(str((self.data or {}).get(CONF_ENTRY_ID)))
        if entry is None or entry.state is not ConfigEntryState.LOADED:
            return None
        central: CentralSystem = entry.runtime_data
        return central


def word_of(result: Result) -> str:
    """The charger's word, or OCPP's for what it means."""
    if result.word is not None:
        return result.word
    return "NotSupported" if result.outcome is Outcome.NOT_IMPLEMENTED else result.outcome.value
