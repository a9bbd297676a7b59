"""How a step is worked out that may take longer than the event loop can wait (ocpp.md 5.10).

Knows the loop, the thread, and that what a thread has found counts only if the world is still the one that it looked at. Must not
know what a step is about, nor what follows from it.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from homeassistant.core import HomeAssistant

from .core.drivers import Drivers
from .core.ledger import Ledger, Step
from .core.packing import NODES_ASIDE, NODES_AT_ONCE
from .core.refusal import Refusal

type StepOf = Callable[[Ledger, int], Step]
"""A step that somebody asks for, from a ledger and the nodes that its planning may cost. Raises `Refusal`."""

ATTEMPTS_ASIDE: Final = 2
"""How often a step is worked out in a thread while the world changes meanwhile every time."""


class World(NamedTuple):
    """What a step rests upon."""

    ledger: Ledger
    drivers: Drivers


type Look = Callable[[], World]
"""Gives the world as it is."""


async def worked_out(hass: HomeAssistant, look: Look, step_of: StepOf) -> Step:
    """A step as the world is: in the event loop if that is soon known, else in a thread. Raises whatever `step_of` does."""
    try:
        return step_of(look().ledger, NODES_AT_ONCE)
    except Refusal as refusal:
        if refusal.proven:
            raise
        undecided = refusal
    step = await _tried_aside(hass, look, step_of)
    if step is None:
        raise undecided
    return step


async def worked_out_aside(hass: HomeAssistant, look: Look, step_of: StepOf) -> Step:
    """A long step as the world is: in a thread, unless the world changes too often for that."""
    step = await _tried_aside(hass, look, step_of)
    return step_of(look().ledger, NODES_AT_ONCE) if step is None else step


async def _tried_aside(hass: HomeAssistant, look: Look, step_of: StepOf) -> Step | None:
    """A step that was worked out in a thread; None if the world has changed meanwhile every time."""
    for _ in range(ATTEMPTS_ASIDE):
        world = look()
        step = await hass.async_add_executor_job(step_of, world.ledger, NODES_ASIDE)
        now = look()
        if now.ledger is world.ledger and now.drivers is world.drivers:
            return step
    return None
