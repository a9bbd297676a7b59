"""One connection with a charger: its calls are answered in their order, ours are made one at a time.

Knows what waits for what: messages, saves, writes, our own calls. Must not know what a message means (`intake`), who
the charger is to us (`Desk`), nor how it came in (`server`).
"""

import asyncio
from collections.abc import Callable, MutableSet, Sequence
from contextlib import suppress
from datetime import datetime
import logging
from typing import Final, Literal, NamedTuple, Protocol

from websockets.exceptions import ConnectionClosed

from ..core.commands import Command, DropHold, Outcome, PlaceHold, StopTransaction
from ..core.events import ChargerId, Event
from . import frames, portions
from .calls import Answer, CallFailed, CallRefused, Calls, CallTimedOut, ConnectionLost, Late
from .dialect import Dialect, Json, Request, UnsayableError
from .errors import says_not_implemented
from .frames import Call
from .intake import Desk, Intake
from .quirks import SLOW_READERS, SlowReader
from .schemas import Schemas, Violation

_LOGGER: Final = logging.getLogger(__name__)

CALL_TIMEOUT: Final = 30.0
"""Seconds that a charger has for its answer; some ask a second board first and take ten."""
WRITE_TIMEOUT: Final = 30.0
"""Seconds for a message to leave: a charger that reads nothing for that long is as good as gone."""
_NEVER_WAITS: Final = 4096
"""Characters that fit an empty buffer (websockets: 32 KiB), so that sending them does not wait."""
CLOSE_TIMEOUT: Final = 5.0
"""Seconds for the other end to agree to a close: a charger that lost power never does."""
_LONGEST_TURN: Final = 0.005
"""Seconds that the messages of one charger may be handled one after another before everybody else has a turn."""
_WAITED: Final = 0.0005
"""Seconds: a `recv` that took so long has waited, so that everybody else had a turn."""
_LONGEST_WORD: Final = 50
"""Characters of a charger's error code, more than the standard's longest; it is shown to people."""

_SIGN_OF_LIFE: Final = Request(action="TriggerMessage", payload={"requestedMessage": "Heartbeat"})


class Result(NamedTuple):
    """What became of a command.

    `word`: the charger's own for that, as it spells it: a status, or the code with which it refused. `reason`: its code for
    why (2.x). Both are None where it gave none. `told`: what its answer tells beside that, as the desk was told it.
    """

    outcome: Outcome
    word: str | None = None
    reason: str | None = None
    told: tuple[Event, ...] = ()


class Transport(Protocol):
    """A WebSocket connection. `recv` and `send` raise websockets' `ConnectionClosed` when it is closed."""

    transport: asyncio.Transport
    """What lies beneath, to be aborted when nothing else helps."""

    async def recv(self, *, decode: Literal[False]) -> bytes:
        """Wait for the next message, text or not, and do not try to read it."""

    async def send(self, message: str, /) -> None:
        """Send a message; waits while the other end does not read."""

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the connection if it is open and wait for the other end to agree."""


async def hang_up(transport: Transport, code: int, reason: str) -> None:
    """Close a connection, within some seconds."""
    try:
        # websockets waits without end for a charger that reads nothing
        async with asyncio.timeout(CLOSE_TIMEOUT):
            await transport.close(code, reason)
    except TimeoutError:
        transport.transport.abort()


class Session:
    """One connection. `run` it once; `call` and `execute` work while it runs.

    `heard_at`: when the charger last said something, in the event loop's time; at first, when it came.
    """

    def __init__(  # noqa: PLR0913 - what a connection needs, each named
        self,
        transport: Transport,
        dialect: Dialect,
        schemas: Schemas,
        desk: Desk,
        *,
        charger_id: ChargerId,
        clock: Callable[[], datetime],
        relaxed: bool = True,
        call_timeout: float = CALL_TIMEOUT,
        write_timeout: float = WRITE_TIMEOUT,
        told: MutableSet[str] | None = None,
        quirks: Sequence[SlowReader] = SLOW_READERS,
    ) -> None:
        """Make a session for an open connection.

        `schemas`: those of the dialect's version. `clock` gives aware UTC. `relaxed`: accept what does not lose
        meaning. Time-outs in seconds. `told`: what was logged about this charger before; its sessions share it.
        `quirks`: what some models need, of which the charger may be one.
        """
        self.charger_id = charger_id
        self.version = dialect.version
        self.token_length = dialect.token_length
        self._transport = transport
        self._dialect = dialect
        self._schemas = schemas
        self._desk = desk
        self._clock = clock
        self._call_timeout = call_timeout
        self._write_timeout = write_timeout
        self._calls = Calls(self._send_call)
        self._intake = Intake(
            dialect,
            schemas,
            desk,
            self._calls,
            charger_id=charger_id,
            clock=clock,
            relaxed=relaxed,
            told=set() if told is None else told,
            quirks=quirks,
        )
        self.counters = self._intake.counters
        self.heard_at = asyncio.get_running_loop().time()
        self._ended = False

    async def run(self) -> None:
        """Handle the charger's messages in their order until the connection ends. No message makes it raise."""
        loop = asyncio.get_running_loop()
        busy_since = loop.time()
        try:
            while True:
                before = loop.time()
                # as bytes: a text that is no UTF-8 would end the connection
                text = await self._transport.recv(decode=False)
                if self._ended:
                    return
                self.heard_at = loop.time()
                if self.heard_at - before > _WAITED:
                    busy_since = self.heard_at
                await self._take(text)
                if loop.time() - busy_since > _LONGEST_TURN:
                    await asyncio.sleep(0)
                    busy_since = loop.time()
        except ConnectionClosed as closed:
            _LOGGER.debug("%s: connection closed: %s", self.charger_id, closed)
        finally:
            self.end()

    def end(self) -> None:
        """Take no further message and fail all calls of ours; the caller closes the connection, or it is closed."""
        self._ended = True
        self._calls.end()

    async def nudge(self, seconds: float) -> None:
        """Ask the charger for a sign of life, and wait so long for an answer; a refusal is one, too.

        A Heartbeat changes nothing at the charger, and every version can ask for it in the same words.
        """
        with suppress(CallFailed):
            await self.call(_SIGN_OF_LIFE, seconds=seconds)

    def note(self, keyword: str, what: str) -> None:
        """Count something odd about this connection, and log once what it is."""
        self._intake.note(keyword, what)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """End the session and close its connection, within some seconds; `run` returns soon after."""
        self.end()
        await hang_up(self._transport, code, reason)

    async def execute(self, command: Command) -> Result:
        """Have the charger do something, reservations ahead of all else, and tell what became of it.

        What its answer tells beside that has gone to the desk by then. A charger that refuses, is silent or is gone is an outcome, not an error.
        """
        try:
            request = self._dialect.request(command)
        except UnsayableError:
            return Result(Outcome.UNSAYABLE)
        urgent = isinstance(command, PlaceHold | DropHold | StopTransaction)

        def late(answer: Answer) -> None:
            self._desk.late(command, self._understood(command, answer).outcome)

        try:
            answer: Answer = await self._asked(request, urgent=urgent, late=late)
        except CallFailed as failure:
            answer = failure
        except Violation:  # a fault of ours: the charger was not asked
            _LOGGER.exception("%s: %s was not sent", self.charger_id, request.action)
            return Result(Outcome.FAILED)
        return self._understood(command, answer)

    async def _asked(self, request: Request, *, urgent: bool, late: Late | None) -> Json:
        """The answer to a request, of a charger that is asked too much at once to its parts. Raises as `call` does."""
        try:
            return await self.call(request, urgent=urgent, late=late)
        except CallRefused as refusal:
            halves = portions.halves(request) if portions.may_be_too_much(refusal.code) else ()
            if not halves:
                raise
        return portions.joined([await self._asked(half, urgent=urgent, late=None) for half in halves])

    async def call(
        self,
        request: Request,
        *,
        urgent: bool = False,
        seconds: float | None = None,
        late: Late | None = None,
    ) -> Json:
        """Make a call when the earlier ones are through, urgent ones first; the payload of its answer.

        `seconds` (None: the session's time-out) run from sending to answer. An answer after the time-out, or after
        this was cancelled, goes to `late`. Raises `CallRefused`, `CallTimedOut`, `ConnectionLost`, `AnswerInvalid`,
        and `Violation` for a payload that the version does not allow; then nothing was sent.
        """
        self._schemas.request(request.action, request.payload, relaxed=False)
        return await self._calls.make(
            request,
            urgent=urgent,
            seconds=self._call_timeout if seconds is None else seconds,
            late=late,
        )

    async def _send_call(self, call: Call) -> None:
        _LOGGER.debug("%s: we call %s", self.charger_id, call.action)
        try:
            await self._send(frames.encode(call))
        except ConnectionClosed:
            raise ConnectionLost from None

    async def _send(self, text: str) -> None:
        if len(text) < _NEVER_WAITS and not self._transport.transport.get_write_buffer_size():
            # a timer would cost more than the answer itself
            await self._transport.send(text)
            self.counters.sent += 1
            return
        try:
            async with asyncio.timeout(self._write_timeout):
                await self._transport.send(text)
        except TimeoutError:
            _LOGGER.warning("%s: takes no more messages; closing", self.charger_id)
            self.end()
            self._transport.transport.abort()
        else:
            self.counters.sent += 1

    async def _take(self, text: bytes) -> None:
        reply = self._intake.handled(text)
        if reply is None:
            return
        if reply.durable:
            try:
                await self._desk.saved()
            except Exception:  # whatever kept it from the disk, the charger must say it again (contract 5)
                _LOGGER.exception("%s: not saved, so not answered; closing", self.charger_id)
                await self.close(1011, "not saved")
                return
        if reply.delay:
            await asyncio.sleep(reply.delay.total_seconds())
        await self._send(reply.text)

    def _understood(self, command: Command, answer: Answer) -> Result:
        """What became of a command; whatever else its answer tells goes to the desk."""
        match answer:
            case CallRefused(code=code):
                outcome = Outcome.NOT_IMPLEMENTED if says_not_implemented(code) else Outcome.FAILED
                return Result(outcome, _shown(code))
            case CallTimedOut():
                return Result(Outcome.TIMED_OUT)
            case ConnectionLost():
                return Result(Outcome.DISCONNECTED)
            case CallFailed():
                return Result(Outcome.UNREADABLE)
            case payload:
                told = self._dialect.told(command, payload, self._clock())
                for event in told:
                    self._desk.apply(event)
                word, reason = self._dialect.said(command, payload)
                return Result(self._dialect.outcome(command, payload), _shown(word), _shown(reason), told)


def _shown(word: str | None) -> str | None:
    """A word of the charger as people are shown it; None where there is none."""
    return (word or "").strip()[:_LONGEST_WORD] or None
