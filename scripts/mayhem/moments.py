"""The moments at which the home is killed.

Must not know what goes on at them.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from .world import World, now

_LONG_DEED = 0.012
"""Seconds; most deeds are done by then."""

_SEEN_WITHIN = 0.15
"""Seconds; what is waited for happens within them or, this time, not at all."""

_TICK = 0.0005


async def any_moment(world: World) -> str:
    """A moment soon after the beginning."""
    delay = world.dice.uniform(0, world.dice.choice((_LONG_DEED, _LONG_DEED, 0.04, 0.3)))
    await asyncio.sleep(delay)
    return f"{delay * 1000:.1f} ms after the beginning"


async def at_save(world: World) -> str:
    """When something begins to be saved, or has been."""
    storage, times = world.home.storage, world.dice.randint(1, 3)
    pause = world.dice.choice((0, 0, 0.001, 0.003))
    for time in range(1, times + 1):
        before = storage.stat().st_mtime_ns
        if not await _becomes_true(lambda before=before: storage.stat().st_mtime_ns != before):  # type: ignore[misc]
            return f"when nothing was saved any more, after {time - 1} changes of the storage"
    await asyncio.sleep(pause)
    return f"at change {times} of the storage"


async def at_send(world: World) -> str:
    """When a charger is told something."""

    def told() -> int:
        return sum(len(charger.received) for charger in world.chargers.values())

    before = told()
    pause = world.dice.choice((0, 0, 0.001, 0.003, 0.005))
    if not await _becomes_true(lambda: told() != before):
        return "when no charger had been told anything"
    await asyncio.sleep(pause)
    return f"{pause * 1000:.0f} ms after a command to a charger"


async def at_end(world: World, end: datetime) -> str:
    """Around the end of a reservation, or around when its hold is dropped."""
    return await _around(world, end, (-0.1, 0.3), (2.9, 3.3)) + " after an end"


async def at_start(world: World, start: datetime) -> str:
    """Around the start of a reservation, or while its hold is being placed."""
    return await _around(world, start, (-0.1, 0.1), (0.0, 0.05)) + " after a start"


async def _around(world: World, moment: datetime, *spans: tuple[float, float]) -> str:
    """Wait until a moment within one of the spans around another one, in seconds."""
    delay = world.dice.uniform(*world.dice.choice(spans))
    await asyncio.sleep(max(0.0, (moment + timedelta(seconds=delay) - now()).total_seconds()))
    return f"{delay * 1000:.0f} ms"


async def _becomes_true(predicate: Callable[[], bool]) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(_SEEN_WITHIN):
            while not predicate():  # noqa: ASYNC110  another process, which tells nobody
                await asyncio.sleep(_TICK)
            return True
    return False
