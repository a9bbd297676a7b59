"""Whether a charger is still there.

Knows pings, and what chargers do with them. Must not know what is said on a connection.

A charger that has answered a ping is gone when it answers no more. Some never answer one, though they are there
(docs/quirks.md): those are asked for a Heartbeat when they have said nothing for a while, and one that has ever answered that, be
it with a refusal, is gone when it answers no more. Who answers neither is believed as long as he says something himself.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
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
    show as gone within two. So it may miss one ping, and no second one. One that does not answer pings is asked when it has been
    `quiet` for so long, which a charger that charges is not. One that does not answer this either has its Heartbeat alone, and
    may miss one of those.
    """

    every: float = 30.0
    within: float = 30.0
    quiet: float = 120.0
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

    async def nudge(self, seconds: float) -> None:
        """Ask the charger for a sign of life, and wait so long for whatever it answers."""

    def note(self, keyword: str, what: str) -> None:
        """Count an oddity, and log once what it is."""


class _Means(Enum):
    """How a charger is asked whether it is there."""

    PING = auto()
    NUDGE = auto()
    NONE = auto()


class Liveness:
    """Watches over the connections of chargers, and remembers who answers, and what."""

    def __init__(self, pulse: Pulse) -> None:
        """Know of no charger that it answers."""
        self._pulse = pulse
        self._answering: dict[_Means, set[ChargerId]] = {means: set() for means in _Means}

    async def watch(self, connection: Pingable, charger: Watched) -> None:
        """Return when the charger is gone, or its connection closed."""
        loop = asyncio.get_running_loop()
        missed: Counter[_Means] = Counter()
        answered: set[_Means] = set()
        while True:
            await asyncio.sleep(self._pulse.every)
            asked_at = loop.time()
            means = self._means(charger, missed)
            try:
                is_answered = await self._is_answered(means, connection, charger)
            except ConnectionClosed:
                return
            answering = self._answering[means]
            if is_answered:
                answering.add(charger.charger_id)
                answered.add(means)
                missed[means] = 0
                continue
            missed[means] += 1
            answers = charger.charger_id in answering
            if charger.heard_at >= asked_at:
                # what it says shows it as well: its pong may wait behind that
                missed[means] = 0 if answers else missed[means]
            elif missed[means] >= _GONE if answers else self._is_silent(charger):
                if means not in answered:
                    # it may do so no more at all: the next connection will show
                    answering.discard(charger.charger_id)
                return

    def _means(self, charger: Watched, missed: Mapping[_Means, int]) -> _Means:
        """How it is asked now: one that answers no pings is nudged, unless it says something by itself."""
        if charger.charger_id in self._answering[_Means.PING] or missed.get(_Means.PING, 0) < _ENOUGH:
            return _Means.PING
        return _Means.NUDGE if self._silence(charger) >= self._pulse.quiet else _Means.NONE

    async def _is_answered(self, means: _Means, connection: Pingable, charger: Watched) -> bool:
        """Ask, and wait for the answer. Raises `ConnectionClosed`."""
        match means:
            case _Means.PING:
                try:
                    async with asyncio.timeout(self._pulse.within):
                        await (await connection.ping())
                except TimeoutError:
                    return False
                return True
            case _Means.NUDGE:
                heard_at = charger.heard_at
                await charger.nudge(self._pulse.within)
                return charger.heard_at != heard_at
            case _Means.NONE:
                return False

    def _is_silent(self, charger: Watched) -> bool:
        charger.note("pong", "does not answer pings; it is believed to be there while it says something")
        return self._silence(charger) >= self._pulse.silence

    def _silence(self, charger: Watched) -> float:
        return asyncio.get_running_loop().time() - charger.heard_at
