"""What the simulated charger's own tests share: a central system that checks every frame, a clock, a charger.

It must not know this project's integration.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from . import SimulatedCharger, Version
from .central import Central
from .clock import Clock
from .desk import Desk


@pytest.fixture(autouse=True)
def _sockets(request: pytest.FixtureRequest) -> None:
    """Where a plug-in forbids sockets, these tests need them."""
    if request.config.pluginmanager.has_plugin("socket"):
        request.getfixturevalue("socket_enabled")


@pytest.fixture
def clock() -> Clock:
    """A clock for charger and test."""
    return Clock()


@pytest.fixture(params=list(Version), ids=str)
def version(request: pytest.FixtureRequest) -> Version:
    """Every version in turn; a test narrows it by a parametrisation of its own."""
    chosen: Version = request.param
    return chosen


@pytest.fixture
async def central(version: Version) -> AsyncIterator[Central]:
    """A central system; nothing that it sees may violate the schemas."""
    async with Central(version) as central:
        yield central
    assert central.problems == []


@pytest.fixture
async def charger_of(central: Central, clock: Clock) -> AsyncIterator[Callable[..., Any]]:
    """Makes chargers that are switched on and ready; they are switched off after the test."""
    async with AsyncExitStack() as stack:

        async def make(*, wait: bool = True, **facts: Any) -> SimulatedCharger:
            settings: dict[str, Any] = {
                "connectors": 2,
                "clock": clock,
                "retry_after": 0.01,
                "answer_timeout": 5,
            } | facts
            charger = SimulatedCharger(central.url, "A 1", version=central.version, **settings)
            await stack.enter_async_context(charger)
            if wait:
                await charger.ready()
            return charger

        yield make


@pytest.fixture
def desk(central: Central, clock: Clock) -> Desk:
    """A desk at the central system, for reservations."""
    return Desk(central, clock)
