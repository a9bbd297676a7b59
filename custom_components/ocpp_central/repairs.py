"""Which flow fixes which repair.

Knows the beginnings of the issues' ids. Must not know what any of them is about.
"""

from collections.abc import Callable, Mapping
from typing import Final

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow
from homeassistant.core import HomeAssistant

from .watches.bypass_repair import BypassRepairFlow
from .watches.bypass_watch import BYPASS
from .watches.silence_repair import SilenceRepairFlow
from .watches.silence_watch import SILENCE
from .watches.unknown_card import UNKNOWN_CARD, UnknownCardFlow

_FLOWS: Final[Mapping[str, Callable[[], RepairsFlow]]] = {
    BYPASS: BypassRepairFlow,
    SILENCE: SilenceRepairFlow,
    UNKNOWN_CARD: UnknownCardFlow,
}
"""How the id of an issue begins (an underscore and whatever it is about follow) -> what makes the flow that fixes it."""


async def async_create_fix_flow(_: HomeAssistant, issue_id: str, __: object) -> RepairsFlow:
    """The flow that fixes an issue; Home Assistant gives it the issue's data."""
    return next((make() for start, make in _FLOWS.items() if issue_id.startswith(f"{start}_")), ConfirmRepairFlow())
