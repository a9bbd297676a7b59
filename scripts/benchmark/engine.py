"""The `ocpp` package's own engine as a server, without Home Assistant: what most central systems in Python are built on.

Knows its handlers. Must not know anything of this integration.
"""

import argparse
import asyncio
from datetime import UTC, datetime
from typing import Any

from ocpp.routing import on
from ocpp.v16 import ChargePoint, call_result
from ocpp.v16.enums import Action, RegistrationStatus
from websockets import Subprotocol
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed


class Engine(ChargePoint):  # type: ignore[misc]  # the package has no types
    """One connection; keeps nothing."""

    @on(Action.boot_notification)  # type: ignore[untyped-decorator]
    def boot(self, **_: Any) -> call_result.BootNotification:
        """Accept everybody."""
        return call_result.BootNotification(current_time=_now(), interval=300, status=RegistrationStatus.accepted)

    @on(Action.heartbeat)  # type: ignore[untyped-decorator]
    def heartbeat(self) -> call_result.Heartbeat:
        """Tell the time."""
        return call_result.Heartbeat(current_time=_now())

    @on(Action.status_notification)  # type: ignore[untyped-decorator]
    def status(self, **_: Any) -> call_result.StatusNotification:
        """Confirm."""
        return call_result.StatusNotification()

    @on(Action.meter_values)  # type: ignore[untyped-decorator]
    def meter_values(self, **_: Any) -> call_result.MeterValues:
        """Confirm."""
        return call_result.MeterValues()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


async def listen(port: int) -> None:
    """Serve until cancelled."""

    async def handle(connection: ServerConnection) -> None:
        try:
            await Engine("charger", connection).start()
        except ConnectionClosed:
            return

    protocols = [Subprotocol("ocpp1.6")]
    async with serve(handle, "127.0.0.1", port, subprotocols=protocols, compression=None) as server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    asyncio.run(listen(parser.parse_args().port))
