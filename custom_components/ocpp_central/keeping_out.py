"""How well a charger keeps out whoever may not charge, with what its owner wants to be done about them.

Knows where the owner's wish and the charger's ways are found. Must not know what follows from them
(`core.enforceability`), nor who is told.
"""

from typing import Final

from .coordinator import CentralSystem
from .core.charger import Charger
from .core.enforceability import Enforceability, enforceability
from .core.events import ChargerId
from .devices import subentry_of

CONF_ENFORCEMENT: Final = "enforcement"

_INHERIT: Final = "inherit"
_STOP: Final = "stop"


def keeping_out(central: CentralSystem, charger_id: ChargerId) -> Enforceability | None:
    """How well it can be kept at a charger who may charge there; None once the charger is gone."""
    charger = central.chargers.get(charger_id)
    if charger is None:
        return None
    return enforceability(
        charger.settings,
        holds=central.holds(charger_id),
        enforcement=enforcement_at(central, charger_id),
        insists=_own_enforcement(central, charger_id) == _STOP,
        vends_freely=_vends_freely(charger),
    )


def enforcement_at(central: CentralSystem, charger_id: ChargerId) -> str:
    """What is done about strangers at a charger: `off`, `warn` or `stop` (contract 1)."""
    own = _own_enforcement(central, charger_id)
    return str(central.entry.options.get(CONF_ENFORCEMENT, _STOP)) if own == _INHERIT else own


def _own_enforcement(central: CentralSystem, charger_id: ChargerId) -> str:
    subentry = central.entry.subentries.get(subentry_of(central.entry, charger_id) or "")
    return _INHERIT if subentry is None else str(subentry.data.get(CONF_ENFORCEMENT, _INHERIT))


def _vends_freely(charger: Charger) -> bool:
    """Whether it was seen to start for somebody who identified nobody."""
    return getattr(charger, "vends_freely", False) is True
