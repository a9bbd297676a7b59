"""Tells the owner of a charger whose clock is wrong.

Knows from when on a clock is too wrong to be left alone. Must not know how that is found out (`core.clock`), nor what a
wrong clock leads to.
"""

from datetime import timedelta
from typing import Final

from homeassistant.core import HomeAssistant, callback

from ..const import LOGGER
from ..coordinator import OcppConfigEntry
from ..core.events import ChargerId
from .charger_watch import look_at_chargers
from .complaints import Complaint, Complaints

TOO_WRONG: Final = timedelta(seconds=60)
"""A hold that ends a minute early or late is no harm (ocpp.md 5.4, "clock skew")."""

_AHEAD: Final = "clock_ahead"
_BEHIND: Final = "clock_behind"


@callback
def watch_clocks(hass: HomeAssistant, entry: OcppConfigEntry) -> None:
    """Keep one repair for each charger whose clock is wrong, for as long as that is known and it is wrong."""
    complaints = Complaints(hass, entry, "clock")

    @callback
    def look(charger_id: ChargerId) -> None:
        charger = entry.runtime_data.chargers.get(charger_id)
        if charger is None or abs(charger.skew) <= TOO_WRONG:
            complaints.take_back(charger_id)
            return
        is_ahead, difference = charger.skew > timedelta(0), _written(charger.skew)
        if charger_id not in complaints.chargers:
            LOGGER.warning("The clock of %s is %s %s", charger_id, difference, "ahead" if is_ahead else "behind")
        key = _AHEAD if is_ahead else _BEHIND
        complaints.say(charger_id, Complaint(key=key, placeholders={"difference": difference}))

    look_at_chargers(entry, look)


def _written(skew: timedelta) -> str:
    """A difference as hours, minutes and seconds, which needs no words."""
    minutes, seconds = divmod(round(abs(skew).total_seconds()), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
