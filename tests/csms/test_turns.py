"""Who may speak next."""

import asyncio

import pytest

from custom_components.ocpp_central.csms.turns import Turns


async def _speak(turns: Turns, name: str, spoken: list[str], *, urgent: bool = False) -> None:
    async with turns.taken(urgent=urgent):
        spoken.append(name)


async def _queued(turns: Turns, spoken: list[str], names: str) -> list[asyncio.Task[None]]:
    """Start speakers that have to wait, in this order; capitals are urgent."""
    tasks = []
    for name in names:
        tasks.append(asyncio.create_task(_speak(turns, name, spoken, urgent=name.isupper())))
        await asyncio.sleep(0)
    return tasks


async def test_urgent_ones_first_then_the_first_to_come() -> None:
    """Within each kind nobody overtakes."""
    turns, spoken = Turns(), list[str]()
    async with turns.taken(urgent=False):
        tasks = await _queued(turns, spoken, "abXYc")
        assert spoken == []
    await asyncio.gather(*tasks)
    assert spoken == list("XYabc")


async def test_a_turn_is_never_lost_with_a_cancelled_speaker() -> None:
    """Cancelled while waiting, or between being called and speaking: the next one speaks."""
    turns, spoken = Turns(), list[str]()
    async with turns.taken(urgent=False):
        waiting, called, last = await _queued(turns, spoken, "abc")
        waiting.cancel()
        await asyncio.sleep(0)
    # `called` has its turn, but did not run yet
    called.cancel()
    await asyncio.gather(waiting, called, last, return_exceptions=True)
    assert spoken == ["c"]
    async with turns.taken(urgent=False):
        spoken.append("again")
    assert spoken[-1] == "again"


async def test_a_speaker_that_fails_passes_the_turn_on() -> None:
    """An exception in a turn is its own affair."""
    turns = Turns()
    with pytest.raises(LookupError):
        async with turns.taken(urgent=True):
            raise LookupError
    async with turns.taken(urgent=True):
        pass


async def test_the_end_refuses_all() -> None:
    """Who waits, who was called and did not speak yet, and who comes later."""
    turns, spoken = Turns(), list[str]()
    async with turns.taken(urgent=False):
        tasks = await _queued(turns, spoken, "ab")
    turns.end(LookupError)
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [LookupError, LookupError]
    with pytest.raises(LookupError):
        async with turns.taken(urgent=False):
            pass
    assert spoken == []


async def test_the_end_leaves_cancelled_ones_alone() -> None:
    """A speaker that was cancelled in the same moment is cancelled."""
    turns, spoken = Turns(), list[str]()
    async with turns.taken(urgent=False):
        (task,) = await _queued(turns, spoken, "a")
        task.cancel()
        turns.end(LookupError)
    with pytest.raises(asyncio.CancelledError):
        await task
