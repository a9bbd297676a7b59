"""How well a charger keeps out whoever may not charge, with what its owner wants to be done about them.

Knows where the owner's wish and the charger's ways are found. Must not know what follows from them
(`core.enforceability`), nor who is told.
"""

from .coordinator import CentralSystem
from .core.enforceability import Enforceability, enforceability
from .core.events import ChargerId


def keeping_out(central: CentralSystem, charger_id: ChargerId) -> Enforceability | None:
    """How well it can be kept at a charger who may charge there; None once the charger is gone."""
    charger = central.chargers.get(charger_id)
    if charger is None:
        return None
    rules = central.rules(charger_id)
    return enforceability(
        charger.settings,
        rules,
        holds=central.holds(charger_id),
        vends_freely=charger.vends_freely,
        keeps_list=charger.local_list.wanted is not None,
    )
