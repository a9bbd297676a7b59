"""Dialling the central system, again and again, until the charger is switched off.

It must not know what is said over a connection.
"""

import asyncio
import base64
from collections.abc import Awaitable, Callable
import logging
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidStatus, InvalidURI, WebSocketException
from websockets.typing import Subprotocol

from .model import Version

_CLOSE_TIMEOUT = 2.0
_OPEN_TIMEOUT = 10.0


class Link:
    """The charger's way to the central system; `run()` keeps it open."""

    def __init__(
        self,
        *,
        url: str,
        identity: str,
        version: Version,
        password: str | None,
        backoff: tuple[float, float],
        log: logging.LoggerAdapter[logging.Logger],
        changed: Callable[[], None],
    ) -> None:
        self.refused: int | None = None
        self.connections = 0
        self._url = f"{url.rstrip('/')}/{quote(identity, safe='')}"
        self._version = version
        self._headers = _basic_auth(identity, password) if password is not None else {}
        self._backoff = backoff
        self._log = log
        self._changed = changed
        self._socket: ClientConnection | None = None
        self._wanted = asyncio.Event()
        self._wanted.set()
        self._hurry = asyncio.Event()

    async def run(self, use: Callable[[ClientConnection], Awaitable[None]]) -> None:
        """Connect and `use` the connection until it ends, for ever; waits longer after each vain attempt."""
        shortest, longest = self._backoff
        wait = shortest
        while True:
            await self._wanted.wait()
            if await self._connect_once(use):
                wait = shortest
            await self._pause(wait)
            wait = min(wait * 2, longest)

    async def drop(self) -> None:
        """Cut the connection as a network failure would; it is made again at once."""
        if self._socket is not None:
            self._socket.transport.abort()
            await self._socket.wait_closed()

    async def close(self) -> None:
        """Close the connection in order, as a reboot does; it is made again at once."""
        if self._socket is not None:
            await self._socket.close()

    async def stay_away(self) -> None:
        """Cut the connection and make none until `come_back()`."""
        self._wanted.clear()
        await self.drop()

    def come_back(self) -> None:
        """Connect again, without further waiting."""
        self._wanted.set()
        self._hurry.set()

    async def _connect_once(self, use: Callable[[ClientConnection], Awaitable[None]]) -> bool:
        try:
            socket = await connect(
                self._url,
                subprotocols=[Subprotocol(self._version.subprotocol)],
                additional_headers=self._headers,
                compression=None,
                open_timeout=_OPEN_TIMEOUT,
                close_timeout=_CLOSE_TIMEOUT,
                proxy=None,
            )
        except InvalidStatus as error:
            self.refused = error.response.status_code
            self._log.info("the central system refuses the connection (HTTP %s)", self.refused)
            self._changed()
            return False
        except InvalidURI:
            raise
        except (OSError, InvalidHandshake, WebSocketException) as error:
            self._log.info("no connection: %s", error or type(error).__name__)
            return False
        self._socket = socket
        self.refused = None
        self.connections += 1
        self._log.info("connected")
        try:
            await use(socket)
        finally:
            self._socket = None
            await socket.close()
        self._log.info("disconnected")
        return True

    async def _pause(self, seconds: float) -> None:
        self._hurry.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._hurry.wait()
        except TimeoutError:
            pass  # nobody hurried it


def _basic_auth(identity: str, password: str) -> dict[str, str]:
    credentials = base64.b64encode(f"{identity}:{password}".encode()).decode()
    return {"Authorization": f"Basic {credentials}"}
