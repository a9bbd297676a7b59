"""Whether a charger is still there.

Knows pings, and what chargers do with them. Must not know what is said on a connection.

A charger that has answered a ping is gone when it answers no more. Some never answer one, though they are there
(docs/quirks.md): those are believed as long as they say something themselves.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Protocol

from websockets.exceptions import ConnectionClosed

from .times import HEARTBEAT_SECONDS

_ENOUGH: Final = 3
"""Pings that are tried on a charger that answers none: each of them is remembered until the connection ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """How often a charger is pinged, and how long it may be silent, in seconds.

    TCP survives a Wi-Fi roaming or a restarting access point, which takes up to a minute; a charger that is gone should
    show as gone within two. One that does not answer pings has its Heartbeat alone, and may miss one.
    """

    every: float = 30.0
    within: float = 60.0
    silence: float = 2 * HEARTBEAT_SECONDS + 60.0


class Pingable(Protocol):
    """A connection as far as pings go."""

    async def ping(self) -> Awaitable[float]:
        """Send a ping; what is returned is done when it is answered. Raises `ConnectionClosed`."""


async def watch(
    connection: Pingable, pulse: Pulse, *, heard_at: Callable[[], float], unanswered: Callable[[], None]
) -> None:
    """Return when the charger is gone, or its connection closed.

    `heard_at`: when it last said something, in the event loop's time. `unanswered` is called every time that it shows
    that it is there, but not by a pong.
    """
    loop = asyncio.get_running_loop()
    answers, missed = False, 0
    while True:
        await asyncio.sleep(pulse.every)
        asked_at = loop.time()
        if missed < _ENOUGH:
            try:
                async with asyncio.timeout(pulse.within):
                    await (await connection.ping())
            except TimeoutError:
                missed += 1
            except ConnectionClosed:
                return
            else:
                answers, missed = True, 0
                continue
        # what it says shows it as well: its pong may wait behind that
        if heard_at() < asked_at and (answers or loop.time() - heard_at() >= pulse.silence):
            return
        unanswered()
