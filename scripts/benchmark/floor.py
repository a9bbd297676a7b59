"""The floor: the least code that reads a charger's message and answers it.

Knows four actions of OCPP 1.6. Must not know Home Assistant: what is to be written there is handed to a `Shelf`, and as
a process of its own it is floor 0, which keeps nothing. It checks nothing, so it is no example of a central system.
"""

import argparse
import asyncio
from datetime import UTC, datetime
from typing import Any, Protocol

import orjson
from websockets import Subprotocol
from websockets.asyncio.server import ServerConnection, serve

PLUGGED = {"Preparing", "Charging", "SuspendedEV", "SuspendedEVSE", "Finishing"}


class Shelf(Protocol):
    """Where states go."""

    def write(self, key: str, state: str) -> None:
        """Take a state that is to be written at once."""

    def write_reading(self, key: str, state: str) -> None:
        """Take a reading, of which the newest is enough."""


class Nowhere:
    """The shelf of floor 0."""

    def write(self, key: str, state: str) -> None:
        """Forget it."""

    def write_reading(self, key: str, state: str) -> None:
        """Forget it."""


class Floor:
    """One connection."""

    def __init__(self, shelf: Shelf) -> None:
        """Know no state yet."""
        self._shelf = shelf
        self._known: dict[str, str] = {}

    async def run(self, connection: ServerConnection) -> None:
        """Answer until the connection ends."""
        async for text in connection:
            await connection.send(self.answer(text))

    def answer(self, text: str | bytes) -> str:
        """The CALLRESULT to a CALL."""
        _, message_id, action, payload = orjson.loads(text)
        return orjson.dumps([3, message_id, self._result(action, payload)]).decode()

    def _result(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        match action:
            case "Heartbeat":
                return {"currentTime": now}
            case "BootNotification":
                return {"status": "Accepted", "currentTime": now, "interval": 300}
            case "StatusNotification":
                self._take_status(payload["status"])
            case "MeterValues":
                self._take_readings(payload["meterValue"])
        return {}

    def _take_status(self, word: str) -> None:
        """Write what a status says, as far as it is news: the same three states that the integration has."""
        states = {
            "status": word.lower(),
            "plugged_in": "on" if word in PLUGGED else "off",
            "charging": "on" if word == "Charging" else "off",
        }
        for key, state in states.items():
            if self._known.get(key) != state:
                self._known[key] = state
                self._shelf.write(key, state)

    def _take_readings(self, meter_values: list[dict[str, Any]]) -> None:
        for meter_value in meter_values:
            for sample in meter_value["sampledValue"]:
                key = f"{sample['measurand']}_{sample.get('phase', '')}"
                self._shelf.write_reading(key, sample["value"])


async def listen(port: int) -> None:
    """Be floor 0 until cancelled."""

    async def handle(connection: ServerConnection) -> None:
        await Floor(Nowhere()).run(connection)

    protocols = [Subprotocol("ocpp1.6")]
    async with serve(handle, "127.0.0.1", port, subprotocols=protocols, compression=None) as server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    asyncio.run(listen(parser.parse_args().port))
