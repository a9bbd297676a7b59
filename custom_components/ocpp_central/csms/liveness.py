"""Whether a charger is still there.

Knows pings, and what chargers do with them. Must not know what is said on a connection.

A charger that has answered a ping is gone when it answers no more. Some never answer one, though they are there
(docs/quirks.md): those are believed as long as they say something themselves.
"""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Final, Protocol

from websockets.exceptions import ConnectionClosed

from ..core.events import ChargerId
from .times import HEARTBEAT_SECONDS

_GONE: Final = 2
"""Pings in a row without an answer: a single one is also lost when this machine has slept, or stood still."""
_ENOUGH: Final = 3
"""Pings that are tried on a charger that answers none: each of them is remembered until the connection ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """How often a charger is pinged, and how long it may be silent, in seconds.

    TCP survives a Wi-Fi roaming or a restarting access point, which takes up to a minute; a charger that is gone should
    show as gone within two. So it may miss one ping, and no second one. One that does not answer pings has its Heartbeat
    alone, and may miss one of those.
    """

    every: float = 30.0
    within: float = 30.0
    silence: float = 2 * HEARTBEAT_SECONDS + 60.0


class Pingable(Protocol):
    """A connection as far as pings go."""

    async def ping(self) -> Awaitable[float]:
        """Send a ping; what is returned is done when it is answered. Raises `ConnectionClosed`."""


class Watched(Protocol):
    """Who is at the other end."""

    charger_id: ChargerId
    heard_at: float
    """When the charger last said something, in the event loop's time."""

    def note(self, keyword: str, what: str) -> None:
        """Count an oddity, and log once what it is."""


class Liveness:
    """Watches over the connections of chargers, and remembers who answers pings."""

    def __init__(self, pulse: Pulse) -> None:
        """Know of no charger that it answers."""
        self._pulse = pulse
        self._answering: set[ChargerId] = set()

    async def watch(self, connection: Pingable, charger: Watched) -> None:
        """Return when the charger is gone, or its connection closed."""
        loop = asyncio.get_running_loop()
        missed = 0
        has_answered = False
        while True:
            await asyncio.sleep(self._pulse.every)
            asked_at = loop.time()
            if charger.charger_id in self._answering or missed < _ENOUGH:
                try:
                    async with asyncio.timeout(self._pulse.within):
                        await (await connection.ping())
                except TimeoutError:
                    missed += 1
                except ConnectionClosed:
                    return
                else:
                    self._answering.add(charger.charger_id)
                    has_answered = True
                    missed = 0
                    continue
            answers = charger.charger_id in self._answering
            if charger.heard_at >= asked_at:
                # what it says shows it as well: its pong may wait behind that
                missed = 0 if answers else missed
            elif missed >= _GONE if answers else self._is_silent(charger):
                if not has_answered:
                    # it may do so no more at all: the next connection will show
                    self._answering.discard(charger.charger_id)
                return

    def _is_silent(self, charger: Watched) -> bool:
        charger.note("pong", "does not answer pings; it is believed to be there while it says something")
        return asyncio.get_running_loop().time() - charger.heard_at >= self._pulse.silence
