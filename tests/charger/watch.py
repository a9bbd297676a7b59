"""What a simulated charger has seen and sent, and waiting until something is so.

It must not know what the recorded messages mean.
"""

import asyncio
from collections import Counter
from collections.abc import Callable

from .model import Json, Received, Sent

_KEPT = 10_000
"""Records kept of each kind: a demo runs for days."""


class Watch:
    """Records, and waiters that are asked again after every change."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.sent: list[Sent] = []
        self.complaints: list[str] = []
        self._handled: Counter[str] = Counter()
        self._waiters: dict[asyncio.Future[None], Callable[[], object]] = {}

    def arrived(self, action: str, payload: Json) -> None:
        """Record a CALL of the central system."""
        _remember(self.received, Received(action, payload))
        self.notify()

    def handled(self, action: str) -> None:
        """Record that such a CALL is dealt with: answered, or left unanswered on purpose."""
        self._handled[action] += 1
        self.notify()

    def told(self, sent: Sent) -> None:
        """Record a CALL of the charger and its answer."""
        _remember(self.sent, sent)
        self.notify()

    def complain(self, what: str) -> None:
        """Record something that the central system did against the standard."""
        _remember(self.complaints, what)
        self.notify()

    def notify(self) -> None:
        """Ask every waiter whether what it waits for is so; to be called after every change of state."""
        for waiter, predicate in list(self._waiters.items()):
            if waiter.done():
                continue
            try:
                if predicate():
                    waiter.set_result(None)
            except Exception as error:  # noqa: BLE001  a failing predicate is its waiter's error, not the charger's
                waiter.set_exception(error)

    async def until(self, predicate: Callable[[], object], timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Return once `predicate` is true; raises `TimeoutError` after `timeout` seconds."""
        if predicate():
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters[waiter] = predicate
        try:
            async with asyncio.timeout(timeout):
                await waiter
        finally:
            del self._waiters[waiter]

    def times_handled(self, action: str) -> int:
        """How many such CALLs of the central system have been dealt with."""
        return self._handled[action]


def _remember[T](records: list[T], record: T) -> None:
    records.append(record)
    if len(records) > _KEPT:
        del records[: _KEPT // 2]
