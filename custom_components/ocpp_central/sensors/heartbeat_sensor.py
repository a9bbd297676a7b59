"""When a charger was last heard, as a sensor.

Knows how often that is shown. Must not know what a charger says.

A charger need not send a Heartbeat while it sends other messages, since each of them says as well that it is there, and how
often it sends one is up to its settings (1.6 section 4.6, G02). So the sensor tells of the last message, whatever that was. A
Heartbeat shows at once, all else once a minute: nobody wants a state for each of a charger's messages in his database.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Final, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import callback
from homeassistant.helpers.event import async_track_time_interval

from .value_sensor import ValueSensor

LAST_HEARTBEAT: Final = SensorEntityDescription(
    key="last_heartbeat",
    translation_key="last_heartbeat",
    device_class=SensorDeviceClass.TIMESTAMP,
    entity_category=EntityCategory.DIAGNOSTIC,
    entity_registry_enabled_default=False,
)

PACE: Final = 1.0
"""Seconds between two states, however fast a charger's heart beats."""

_TICK: Final = timedelta(minutes=1)


class LastHeartbeatSensor(ValueSensor):
    """When a charger last said something."""

    _resting: asyncio.TimerHandle | None = None
    _has_beaten = False

    @override
    async def async_added_to_hass(self) -> None:
        """Listen only while somebody has this switched on."""
        await super().async_added_to_hass()
        self.async_on_remove(self._central.audience.listen_to_heartbeats(self._place, self._beat))
        self.async_on_remove(async_track_time_interval(self.hass, self._tick, _TICK, cancel_on_shutdown=True))
        self.async_on_remove(self._cease)

    @override
    def _value(self) -> datetime | None:
        if (connection := self._central.connections.get(self._place.charger)) is not None:
            return connection.heard_at
        charger = self._charger
        return None if charger is None else charger.connected_at

    @callback
    def _tick(self, _: datetime) -> None:
        self._look()

    @callback
    def _beat(self) -> None:
        if self._resting is not None:
            self._has_beaten = True
            return
        self._resting = self.hass.loop.call_later(PACE, self._rested)
        self._look()

    @callback
    def _rested(self) -> None:
        self._resting = None
        if self._has_beaten:
            self._has_beaten = False
            self._beat()

    @callback
    def _cease(self) -> None:
        if self._resting is not None:
            self._resting.cancel()
            self._resting = None
