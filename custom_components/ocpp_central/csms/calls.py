"""Our own calls to one charger: one at a time, each with an answer, a failure or a late answer.

Knows message ids, time-outs and who waits for what. Must not know payloads (`schemas`), commands, or what the
charger asks of us.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count
import secrets
from typing import Final

from .dialect import Json, Request
from .frames import Call, MessageId
from .turns import Turns

_MOST_REMEMBERED: Final = 16
"""Calls without an answer whose late answer would still be understood."""


class CallFailed(Exception):
    """A call of ours without a usable answer."""


class CallRefused(CallFailed):
    """The charger answered with a CALLERROR; `code` in its own spelling, maybe empty."""

    def __init__(self, code: str, description: str) -> None:
        """Remember the charger's words."""
        super().__init__(code)
        self.code = code
        self.description = description


class CallTimedOut(CallFailed):
    """No answer in time; the charger may have done it."""


class ConnectionLost(CallFailed):
    """The connection ended before the answer; if the call was sent, the charger may have done it."""


class AnswerInvalid(CallFailed):
    """An answer that cannot be used; the charger may have done it."""


type Answer = Json | CallFailed
type Late = Callable[[Answer], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pending:
    """A call that has no answer yet; its `future` is done when nobody waits for it any more."""

    request: Request
    future: asyncio.Future[Json]
    late: Late | None


class Calls:
    """The calls of one connection, made through `send`, which raises `ConnectionLost` when it cannot."""

    def __init__(self, send: Callable[[Call], Awaitable[None]]) -> None:
        """Begin without calls."""
        self._send = send
        self._turns = Turns()
        self._pending: OrderedDict[MessageId, _Pending] = OrderedDict()
        # 2.x wants ids that no earlier call had, on whichever connection
        self._prefix = f"{secrets.token_hex(8)}-"
        self._numbers = count(1)

    async def make(self, request: Request, *, urgent: bool, seconds: float, late: Late | None) -> Json:
        """Send a request when it is its turn, and wait for `settle`; raises a `CallFailed`.

        `seconds` run from the sending. After a time-out or a cancellation the answer goes to `late`.
        """
        async with self._turns.taken(urgent=urgent):
            message_id = f"{self._prefix}{next(self._numbers)}"
            future: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
            self._pending[message_id] = _Pending(request=request, future=future, late=late)
            if len(self._pending) > _MOST_REMEMBERED:
                self._pending.popitem(last=False)
            try:
                await self._send(Call(message_id=message_id, action=request.action, payload=request.payload))
                async with asyncio.timeout(seconds):
                    return await future
            except TimeoutError:
                raise CallTimedOut from None
            finally:
                # whatever comes from here on is late
                future.cancel()

    def request(self, message_id: MessageId | None) -> Request | None:
        """The request that an answer with this id belongs to, None for an answer to nothing."""
        pending = self._pending.get(message_id) if message_id is not None else None
        return pending.request if pending else None

    def settle(self, message_id: MessageId, answer: Answer) -> bool:
        """Give the answer to whoever waits for it; whether it came in time. The id must be that of a request."""
        pending = self._pending.pop(message_id)
        if pending.future.done():
            if pending.late is not None:
                pending.late(answer)
            return False
        if isinstance(answer, CallFailed):
            pending.future.set_exception(answer)
        else:
            pending.future.set_result(answer)
        return True

    def end(self) -> None:
        """Fail whoever waits, for an answer or for a turn, and whoever comes later, with `ConnectionLost`."""
        self._turns.end(ConnectionLost)
        for pending in self._pending.values():
            if not pending.future.done():
                pending.future.set_exception(ConnectionLost)
        self._pending.clear()
