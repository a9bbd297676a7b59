"""Keeps everything that repeats reserved as far ahead as it should be.

Knows when there is something to be looked at. Must not know what is reserved then (`series`).
"""

from datetime import timedelta
from typing import Final

from homeassistant.const import EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_track_time_interval

from ..const import LOGGER
from ..coordinator import OcppConfigEntry
from ..core.events import ChargerId
from . import series

EVERY: Final = timedelta(hours=1)
"""So soon after another reservation has gone, its time is given to what had found no room."""


@callback
def keep_series(hass: HomeAssistant, entry: OcppConfigEntry) -> None:
    """Look at all series now, then every hour, and whenever drivers, options or the time zone have changed."""
    keeper = _Keeper(hass, entry)

    async def follow_entry(*_: object) -> None:
        keeper.look()

    @callback
    def follow_zone(event: Event) -> None:
        if "time_zone" in event.data:
            keeper.look()

    entry.async_on_unload(entry.add_update_listener(follow_entry))
    entry.async_on_unload(hass.bus.async_listen(EVENT_CORE_CONFIG_UPDATE, follow_zone))
    entry.async_on_unload(async_track_time_interval(hass, keeper.look, EVERY, cancel_on_shutdown=True))
    keeper.look()


class _Keeper:
    """One who looks at all series of a central system, again if something happens meanwhile."""

    def __init__(self, hass: HomeAssistant, entry: OcppConfigEntry) -> None:
        """Look at nothing yet."""
        self._hass = hass
        self._entry = entry
        self._again = self._busy = False

    @callback
    def look(self, _: object = None) -> None:
        """Have every series renewed."""
        self._again = True
        if not self._busy:
            self._busy = True
            self._entry.async_create_task(self._hass, self._renew_all(), "series")

    async def _renew_all(self) -> None:
        central = self._entry.runtime_data
        try:
            while self._again:
                self._again = False
                sources = [
                    (each, source) for each in central.chargers for source in central.book(each).sources.values()
                ]
                for charger, source in sources:
                    if source.series:
                        await self._renew(charger, source.uid)
        finally:
            self._busy = False

    async def _renew(self, charger: ChargerId, uid: str) -> None:
        try:
            await series.renew(self._entry.runtime_data, charger, uid)
        except HomeAssistantError as error:
            LOGGER.warning("What repeats at %s could not be reserved, and is tried again: %s", charger, error)
