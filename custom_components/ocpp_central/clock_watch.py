"""Tells the owner of a charger whose clock is wrong.

Knows from when on a clock is too wrong to be left alone. Must not know how that is found out (`core.clock`), nor what a
wrong clock leads to.
"""

from datetime import timedelta
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .charger_watch import look_at_chargers
from .const import DOMAIN, LOGGER
from .coordinator import OcppConfigEntry
from .core.events import ChargerId

TOO_WRONG: Final = timedelta(seconds=60)
"""A hold that ends a minute early or late is no harm (ocpp.md 5.4, "clock skew")."""

_AHEAD: Final = "clock_ahead"
_BEHIND: Final = "clock_behind"


@callback
def watch_clocks(hass: HomeAssistant, entry: OcppConfigEntry) -> None:
    """Keep one repair for each charger whose clock is wrong, for as long as that is known and it is wrong."""
    watch = _Watch(hass, entry)
    look_at_chargers(entry, watch.look)
    entry.async_on_unload(watch.leave)


class _Watch:
    """What is said of the clocks of one central system's chargers."""

    def __init__(self, hass: HomeAssistant, entry: OcppConfigEntry) -> None:
        """Have said nothing."""
        self._hass = hass
        self._entry = entry
        self._said: dict[ChargerId, timedelta] = {}

    @callback
    def leave(self) -> None:
        """Take back what was said."""
        for charger_id in tuple(self._said):
            self._take_back(charger_id)

    @callback
    def look(self, charger_id: ChargerId) -> None:
        """See whether the clock of a charger is wrong."""
        charger = self._entry.runtime_data.chargers.get(charger_id)
        if charger is None or abs(charger.skew) <= TOO_WRONG:
            self._take_back(charger_id)
        elif self._said.get(charger_id) != charger.skew:
            self._say(charger_id, charger.skew)

    def _say(self, charger_id: ChargerId, skew: timedelta) -> None:
        if charger_id not in self._said:
            word = "ahead" if skew > timedelta(0) else "behind"
            LOGGER.warning("The clock of %s is %s %s", charger_id, _written(skew), word)
        self._said[charger_id] = skew
        _complain(self._hass, charger_id, self._entry.runtime_data.name_of(charger_id), skew)

    def _take_back(self, charger_id: ChargerId) -> None:
        if self._said.pop(charger_id, None) is not None:
            ir.async_delete_issue(self._hass, DOMAIN, _issue_id(charger_id))


def _complain(hass: HomeAssistant, charger_id: ChargerId, name: str, skew: timedelta) -> None:
    ir.async_create_issue(
        hass,
        DOMAIN,
        _issue_id(charger_id),
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key=_AHEAD if skew > timedelta(0) else _BEHIND,
        translation_placeholders={"charger": name, "difference": _written(skew)},
    )


def _written(skew: timedelta) -> str:
    """A difference as hours, minutes and seconds, which needs no words."""
    minutes, seconds = divmod(round(abs(skew).total_seconds()), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


def _issue_id(charger_id: ChargerId) -> str:
    return f"clock_{charger_id}"
