"""What goes on though nobody waits for it any more."""

import asyncio
import gc
from typing import Any

import pytest

from custom_components.ocpp_central.outlasting import outlasting


@pytest.fixture
async def complaints() -> list[dict[str, Any]]:
    """What asyncio has complained of."""
    found: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: found.append(context))
    return found


async def test_whoever_waits_is_told(complaints: list[dict[str, Any]]) -> None:
    """The result, or what was raised."""

    async def answer() -> int:
        return 42

    async def fail() -> None:
        raise ValueError

    assert await outlasting(asyncio.create_task(answer())) == 42
    with pytest.raises(ValueError):  # noqa: PT011  it has no text
        await outlasting(asyncio.create_task(fail()))
    gc.collect()
    assert complaints == []


async def test_what_outlasts_its_caller_may_fail_in_silence(complaints: list[dict[str, Any]]) -> None:
    """A form that was closed, or a calendar that is unlinked, while the disk is full."""
    gone, ended = asyncio.Event(), asyncio.Event()

    async def fail() -> None:
        await gone.wait()
        ended.set()
        raise ValueError

    waiting = asyncio.create_task(outlasting(asyncio.create_task(fail())))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    gone.set()
    await ended.wait()
    await asyncio.sleep(0)
    gc.collect()
    assert complaints == []


async def test_a_task_that_is_cancelled_cancels_whoever_waits(complaints: list[dict[str, Any]]) -> None:
    """As when Home Assistant stops."""
    going_on = asyncio.create_task(asyncio.Event().wait())
    waiting = asyncio.create_task(outlasting(going_on))
    await asyncio.sleep(0)
    going_on.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert complaints == []
