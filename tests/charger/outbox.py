"""Messages about transactions, kept until the central system has answered them.

It must not know what the messages say; sending is a function that it is given.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from ocpp.exceptions import OCPPError

from .engine import CallFailed, ConnectionDropped, InvalidAnswer, NoAnswer
from .model import Json, Message

_ATTEMPTS = 3
"""How often a message that fails with a CALLERROR is sent (TransactionMessageAttempts, OCPPCommCtrlr.MessageAttempts)."""


@dataclass(slots=True)
class Pending:
    """A message on its way; `answer` fails with `CallFailed` once the charger gives it up."""

    message: Message
    answer: asyncio.Future[Json] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    attempts: int = 0


class Outbox:
    """A queue in order of origin; the first one blocks the rest, as OCPP demands of transaction messages."""

    def __init__(self, *, retry_after: float, changed: Callable[[], None]) -> None:
        self._pending: list[Pending] = []
        self._retry_after = retry_after
        self._changed = changed
        self._filled = asyncio.Event()

    @property
    def messages(self) -> tuple[Message, ...]:
        """What is not answered yet, oldest first."""
        return tuple(pending.message for pending in self._pending)

    def put(self, message: Message) -> asyncio.Future[Json]:
        """Append a message; the future gives its answer, however long that takes."""
        pending = Pending(message)
        pending.answer.add_done_callback(_retrieved)
        self._pending.append(pending)
        self._filled.set()
        self._changed()
        return pending.answer

    def restore(self, messages: Iterable[Message]) -> None:
        """Append messages from before a restart."""
        for message in messages:
            self.put(message)

    async def deliver(self, send: Callable[[Message], Awaitable[Json | None]]) -> None:
        """Send what is pending until cancelled or disconnected; what is unanswered is sent again, unchanged.

        `send` gives the answer, or None for a message that can never be sent any more.
        """
        while True:
            while self._pending:
                await self._deliver(self._pending[0], send)
            self._filled.clear()
            await self._filled.wait()

    async def _deliver(self, pending: Pending, send: Callable[[Message], Awaitable[Json | None]]) -> None:
        try:
            answer = await send(pending.message)
        except ConnectionDropped:
            raise
        except (CallFailed, InvalidAnswer) as error:
            pending.attempts += 1
            if pending.attempts < _ATTEMPTS:
                await asyncio.sleep(self._retry_after)
                return
            self._done(pending)
            pending.answer.set_exception(error)
        except OCPPError as error:  # an invalid message of the charger's own: its caller must know
            self._done(pending)
            pending.answer.set_exception(error)
        except NoAnswer:
            await asyncio.sleep(self._retry_after)
            return
        else:
            self._done(pending)
            if answer is None:
                pending.answer.cancel()
            else:
                pending.answer.set_result(answer)
        self._changed()

    def _done(self, pending: Pending) -> None:
        self._pending.remove(pending)

    def discard_futures(self) -> None:
        """Wake whoever still waits for an answer: the charger is being switched off."""
        for pending in self._pending:
            pending.answer.cancel()


def _retrieved(answer: asyncio.Future[Json]) -> None:
    """Nobody may be waiting for an answer to a message that the charger gave up."""
    if not answer.cancelled():
        answer.exception()
