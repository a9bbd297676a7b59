"""Floor 1: the floor inside Home Assistant, as an integration that writes states and does nothing else.

Knows the state machine. Must not know OCPP (`floor`). A connection whose path begins with /coalesced has its readings
written once a second, any other at once. Set up from YAML: `bench_floor: {port: …}`.
"""

import asyncio
from typing import Any

from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers.typing import ConfigType
from websockets import Subprotocol
from websockets.asyncio.server import ServerConnection, serve

from .floor import Floor

DOMAIN = "bench_floor"
COALESCE = 1.0
"""Seconds."""

UNITS = {"Energy": "Wh", "Power": "W", "Current": "A", "Voltage": "V"}


class States:
    """A shelf whose things become states as soon as they are put there."""

    def __init__(self, hass: HomeAssistant, name: str) -> None:
        """Have no state yet; `name` tells the connections apart."""
        self._hass = hass
        self._name = name
        self._faces: dict[str, tuple[str, dict[str, Any]]] = {}

    def write(self, key: str, state: str) -> None:
        """Write a state."""
        face = self._faces.get(key) or self._new_face(key)
        self._hass.states.async_set(face[0], state, face[1])

    def write_reading(self, key: str, state: str) -> None:
        """Write a reading."""
        self.write(key, state)

    def _new_face(self, key: str) -> tuple[str, dict[str, Any]]:
        """The entity id and the attributes, about as many as an entity of ours has."""
        slug = f"{self._name}_{key}".lower().replace(".", "_").rstrip("_")
        attributes: dict[str, Any] = {"friendly_name": f"{self._name} {key}"}
        if unit := UNITS.get(key.partition(".")[0]):
            attributes["unit_of_measurement"] = unit
        self._faces[key] = face = (f"sensor.{slug}", attributes)
        return face


class CoalescedStates(States):
    """A shelf whose readings become states once a second, the newest of each."""

    def __init__(self, hass: HomeAssistant, name: str) -> None:
        """Have nothing to write yet."""
        super().__init__(hass, name)
        self._readings: dict[str, str] = {}
        self._due: asyncio.TimerHandle | None = None

    def write_reading(self, key: str, state: str) -> None:
        """Keep a reading until it is due."""
        self._readings[key] = state
        if self._due is None:
            self._due = self._hass.loop.call_later(COALESCE, self._write_readings)

    def _write_readings(self) -> None:
        self._due = None
        for key, state in self._readings.items():
            self.write(key, state)
        self._readings.clear()


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Listen for chargers."""

    async def handle(connection: ServerConnection) -> None:
        path = connection.request.path if connection.request else ""
        kind = CoalescedStates if path.startswith("/coalesced") else States
        await Floor(kind(hass, path.strip("/").replace("/", "_"))).run(connection)

    protocols = [Subprotocol("ocpp1.6")]
    server = await serve(handle, "127.0.0.1", config[DOMAIN]["port"], subprotocols=protocols, compression=None)

    async def stop(_: Event) -> None:
        server.close()
        await server.wait_closed()

    hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, stop)
    return True
