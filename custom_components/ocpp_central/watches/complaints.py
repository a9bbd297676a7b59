"""What is said in repairs of chargers that their owner has to do something about.

Knows that a repair is there while something is wrong, and says what is wrong now. Must not know what that can be.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN
from ..coordinator import OcppConfigEntry
from ..core.events import ChargerId


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """What a repair says: the key of its text, and what is put into that beside the charger's name."""

    key: str
    placeholders: Mapping[str, str]


class Complaints:
    """The repairs of one kind for the chargers of one central system: at most one for each."""

    def __init__(self, hass: HomeAssistant, entry: OcppConfigEntry, kind: str) -> None:
        """Have said nothing. Whatever is said is taken back when the entry unloads."""
        self._hass = hass
        self._entry = entry
        self._kind = kind
        self._said: dict[ChargerId, Complaint] = {}
        entry.async_on_unload(self._leave)

    @property
    def chargers(self) -> Collection[ChargerId]:
        """Those of which something is said."""
        return self._said.keys()

    @callback
    def say(self, charger_id: ChargerId, complaint: Complaint) -> bool:
        """Say this of a charger, and nothing else any more; whether it is news."""
        if self._said.get(charger_id) == complaint:
            return False
        self._said[charger_id] = complaint
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._issue_id(charger_id),
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=complaint.key,
            translation_placeholders={
                "charger": self._entry.runtime_data.name_of(charger_id),
                **complaint.placeholders,
            },
        )
        return True

    @callback
    def take_back(self, charger_id: ChargerId) -> None:
        """Say nothing of a charger any more."""
        if self._said.pop(charger_id, None) is not None:
            ir.async_delete_issue(self._hass, DOMAIN, self._issue_id(charger_id))

    @callback
    def _leave(self) -> None:
        for charger_id in tuple(self._said):
            self.take_back(charger_id)

    def _issue_id(self, charger_id: ChargerId) -> str:
        return f"{self._kind}_{charger_id}"
