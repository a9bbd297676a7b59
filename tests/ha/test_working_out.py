"""A long step is worked out in a thread, while the world may change (ocpp.md 5.10)."""

from collections.abc import Iterator

from homeassistant.core import HomeAssistant
import pytest

from custom_components.ocpp_central.core.drivers import Drivers
from custom_components.ocpp_central.core.ledger import Ledger, Step
from custom_components.ocpp_central.core.packing import NODES_AT_ONCE
from custom_components.ocpp_central.core.refusal import Reason, Refusal
from custom_components.ocpp_central.working_out import World, worked_out, worked_out_aside

UNDECIDED = Refusal(Reason.OCCUPIED, proven=False)


def worlds(*, changing: bool) -> Iterator[World]:
    """The world at each look."""
    still = World(Ledger(), Drivers())
    while True:
        yield World(Ledger(), Drivers()) if changing else still


def long_step(ledger: Ledger, nodes: int) -> Step:
    """One that is not found in the event loop."""
    if nodes == NODES_AT_ONCE:
        raise UNDECIDED
    return Step(ledger=ledger)


async def test_what_a_thread_has_found_counts_while_the_world_is_the_same(hass: HomeAssistant) -> None:
    """The step is one from the ledger that was looked at."""
    seen = worlds(changing=False)
    step = await worked_out(hass, lambda: next(seen), long_step)
    assert step.ledger is next(seen).ledger


async def test_a_wish_that_the_world_overtakes_stays_undecided(hass: HomeAssistant) -> None:
    """It is refused as it was before the thread was asked."""
    seen = worlds(changing=True)
    with pytest.raises(Refusal) as raised:
        await worked_out(hass, lambda: next(seen), long_step)
    assert raised.value is UNDECIDED


async def test_a_step_that_the_world_overtakes_is_made_in_the_loop(hass: HomeAssistant) -> None:
    """There nothing changes meanwhile."""
    seen = worlds(changing=True)
    nodes: list[int] = []

    def step_of(ledger: Ledger, allowed: int) -> Step:
        nodes.append(allowed)
        return Step(ledger=ledger)

    await worked_out_aside(hass, lambda: next(seen), step_of)
    assert nodes[-1] == NODES_AT_ONCE
    assert NODES_AT_ONCE not in nodes[:-1]
