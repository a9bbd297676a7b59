"""Who may speak next: one at a time, urgent ones first.

Knows the queue of our own calls to one charger. Must not know what is said.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """Lets one speaker through at a time; among those who wait, urgent ones go first, else the first to come."""

    def __init__(self) -> None:
        """Begin with nobody speaking."""
        self._taken = False
        self._ended: type[Exception] | None = None
        self._urgent: deque[asyncio.Future[None]] = deque()
        self._patient: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def taken(self, *, urgent: bool) -> AsyncIterator[None]:
        """Wait for a turn and hold it for the `with` block. Raises what `end` was given, also while waiting."""
        if self._taken:
            await self._wait(self._urgent if urgent else self._patient)
        self._taken = True
        try:
            if self._ended is not None:
                raise self._ended
            yield
        finally:
            self._pass_on()

    def end(self, error: type[Exception]) -> None:
        """Refuse all who wait and all who come later."""
        self._ended = error
        for waiter in (*self._urgent, *self._patient):
            if not waiter.done():
                waiter.set_exception(error)

    async def _wait(self, line: deque[asyncio.Future[None]]) -> None:
        waiter = asyncio.get_running_loop().create_future()
        line.append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                # cancelled between being called and speaking: the turn must not be lost
                self._pass_on()
            raise
        finally:
            if waiter in line:
                line.remove(waiter)

    def _pass_on(self) -> None:
        for line in (self._urgent, self._patient):
            while line:
                waiter = line.popleft()
                if not waiter.done():
                    waiter.set_result(None)
                    return
        self._taken = False
