"""An event loop that tells how long it works and how long it keeps others waiting.

Knows the clocks. Must not know what runs in it.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
import gc
import selectors
from time import perf_counter, process_time, thread_time
from typing import Any, Literal, NamedTuple, override

TICK = 0.001
"""Seconds between two looks of the watchdog."""


class Spell(NamedTuple):
    """What an event loop did since it was last asked. All in seconds.

    `busy`: CPU time of its thread, the watchdog included. `block`: the longest time for which whatever was due had to
    wait. `own`: the same, but of each wait only as much as this process computed meanwhile, in whichever thread: the
    rest is due to other processes, or to a disk. `garbage`: CPU time of the longest collection of garbage, which is part
    of a block, in whichever thread it began.
    """

    busy: float
    block: float
    own: float
    garbage: float


class Watched:
    """Makes a loop, and watches it within `watching`, while it must run."""

    def __init__(self) -> None:
        """See nothing yet."""
        self._selector = _Selector()
        self.loop = asyncio.SelectorEventLoop(self._selector)
        self._due = self._cpu = 0.0
        self._block = self._own = 0.0
        self._garbage = self._collecting = 0.0
        self._timer: asyncio.TimerHandle

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look every `TICK`."""
        gc.callbacks.append(self._on_garbage)
        self._next_look()
        try:
            yield
        finally:
            self._timer.cancel()
            gc.callbacks.remove(self._on_garbage)

    def spell(self) -> Spell:
        """What happened since the last call."""
        self._note()
        spell = Spell(self._selector.busy, self._block, self._own, self._garbage)
        self._selector.busy = self._block = self._own = self._garbage = 0.0
        return spell

    def _look(self) -> None:
        self._note()
        self._next_look()

    def _next_look(self) -> None:
        self._due, self._cpu = perf_counter() + TICK, process_time()
        self._timer = self.loop.call_later(TICK, self._look)

    def _note(self) -> None:
        late = max(0.0, perf_counter() - self._due)
        self._block = max(self._block, late)
        self._own = max(self._own, min(late, process_time() - self._cpu))

    def _on_garbage(self, phase: Literal["start", "stop"], _: dict[str, Any]) -> None:
        now = thread_time()  # a collection begins and ends in one thread
        if phase == "start":
            self._collecting = now
        else:
            self._garbage = max(self._garbage, now - self._collecting)


class _Selector(selectors.DefaultSelector):
    """Counts the time between two waits for something to happen."""

    def __init__(self) -> None:
        super().__init__()
        self.busy = 0.0
        self._woken = thread_time()

    @override
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.busy += thread_time() - self._woken
        ready = super().select(timeout)
        self._woken = thread_time()
        return ready
