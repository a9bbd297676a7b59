"""Has an eye on every charger of a central system.

Must not know what is looked for (`clock_watch`, `bypass_watch`, `local_list_watch`).
"""

from collections.abc import Callable
from functools import partial

from homeassistant.core import callback

from ..audience import Place
from ..coordinator import OcppConfigEntry
from ..core.events import ChargerId


@callback
def look_at_chargers(entry: OcppConfigEntry, look: Callable[[ChargerId], None]) -> None:
    """Call back with a charger whenever something that shows at it has changed, until the entry unloads."""
    audience = entry.runtime_data.audience

    @callback
    def add(place: Place) -> None:
        if place.evse is None:
            entry.async_on_unload(audience.listen(place, callback(partial(look, place.charger))))

    for charger_id in entry.runtime_data.chargers:
        add(Place(charger_id))
    entry.async_on_unload(audience.listen_to_places(add))
