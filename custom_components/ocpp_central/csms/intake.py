"""What a charger's messages mean to us and what is answered, as plain functions: nothing here waits.

Knows the rules of OCPP-J for both directions. Must not know what an action means (`dialect`), what follows from it
(`Desk`), nor how messages come and go (`session`).
"""

from collections import Counter
from collections.abc import Callable, MutableSet, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
import logging
from typing import Final, NamedTuple, Protocol

from ..core.commands import Command, Outcome
from ..core.events import Booted, ChargerId, Event, Verdict
from . import frames
from .broken_json import mended
from .calls import Answer, AnswerInvalid, CallRefused, Calls
from .dialect import Dialect, Json, Route, Version
from .errors import CODES, NO_ID, Fault
from .frames import (
    Call,
    CallError,
    CallResult,
    CallResultError,
    Frame,
    MalformedFrame,
    MessageId,
    NoJson,
    Send,
)
from .quirks import SlowReader, delays_of
from .schemas import Note, Schemas, Violation

_LOGGER: Final = logging.getLogger(__name__)

_MOST_TOLD: Final = 200
"""Different oddities of one charger that are logged; the rest is only counted."""
_LONGEST_DESCRIBED: Final = 8192
"""Bytes of a message whose oddities are all described: some 20 ms if nothing in it is right."""
_MOST_DESCRIBED: Final = 20
"""Odd messages of one kind that are described: a charger that is odd is odd all day long."""
_NO_CODE: Final = "GenericError"
_LONGEST_DESCRIPTION: Final = 255
"""Characters (OCPP-J, CALLERROR)."""
_AT_ONCE: Final = timedelta(0)
_BEFORE_21: Final = frozenset({frames.CALL, frames.CALL_RESULT, frames.CALL_ERROR})
_MESSAGE_TYPES: Final = {
    Version.V16: _BEFORE_21,
    Version.V201: _BEFORE_21,
    Version.V21: frames.MESSAGE_TYPES,
}


class Desk(Protocol):
    """Where the news of one charger goes and where the verdicts come from."""

    def apply(self, event: Event) -> Verdict | None:
        """Take note of an event; the verdict if it wants one. A plain function that answers from memory."""

    async def saved(self) -> None:
        """Return when all that `apply` changed so far is on disk; raises if that cannot be done."""

    def late(self, command: Command, outcome: Outcome) -> None:
        """Take note of what became of a command that had been given up: it resolves an unknown outcome."""


@dataclass(slots=True, kw_only=True)
class Counters:
    """What went over one connection, for diagnostics."""

    received: int = 0
    sent: int = 0
    malformed: int = 0
    """Messages that could not be read."""
    refused: int = 0
    """Calls of the charger that were answered with a CALLERROR."""
    stray: int = 0
    """Answers to nothing, and messages that want no answer and say nothing to us."""
    late: int = 0
    """Answers to calls that had been given up."""
    notes: Counter[str] = field(default_factory=Counter)
    """Oddities that were accepted: by the schema's keyword, or by what else was odd (json, handshake, pong, quirk)."""


class Reply(NamedTuple):
    """What is to be sent back: with `durable` only when all is saved, and not before `delay` has passed."""

    text: str
    durable: bool = False
    delay: timedelta = _AT_ONCE


class Intake:
    """What comes in from one charger."""

    def __init__(  # noqa: PLR0913 - what a connection needs, each named
        self,
        dialect: Dialect,
        schemas: Schemas,
        desk: Desk,
        calls: Calls,
        *,
        charger_id: ChargerId,
        clock: Callable[[], datetime],
        relaxed: bool,
        told: MutableSet[str],
        quirks: Sequence[SlowReader],
    ) -> None:
        """Begin with zero counters; the arguments are those of `Session`, `calls` are ours that want answers."""
        self.counters = Counters()
        self._charger_id = charger_id
        self._version = dialect.version
        self._routes = dialect.routes
        self._schemas = schemas
        self._desk = desk
        self._calls = calls
        self._clock = clock
        self._relaxed = relaxed
        self._told = told
        self._quirks = quirks
        self._delays = delays_of(quirks, None)
        self._odd: Counter[str] = Counter()
        self._codes = CODES[dialect.version]
        self._message_types = _MESSAGE_TYPES[dialect.version]

    def handled(self, text: str | bytes) -> Reply | None:
        """Handle one message: what is to be sent back, if anything."""
        self.counters.received += 1
        try:
            frame = self._frame(text)
        except MalformedFrame as malformed:
            return _reply(self._complaint(malformed))
        if isinstance(frame, Call):
            return self._answered(frame, len(text))
        try:
            return _reply(self._unanswered(frame, len(text)))
        except Exception:  # a fault of ours in what wants no answer must not cost the connection
            _LOGGER.exception("%s: could not handle a message", self._charger_id)
            return None

    def note(self, keyword: str, what: str) -> None:
        """Count something odd that was accepted, and log once what it is; never a value from a payload."""
        self.counters.notes[keyword] += 1
        self._tell(logging.INFO, what)

    def _frame(self, text: str | bytes) -> Frame:
        try:
            return frames.decode(text, self._message_types)
        except NoJson:
            if not self._relaxed or (better := mended(text)) is None:
                raise
            frame = frames.decode(better.text, self._message_types)
        self._note("a message", tuple(Note(keyword="json", place=mistake) for mistake in better.mistakes))
        return frame

    def _complaint(self, malformed: MalformedFrame) -> str | None:
        self.counters.malformed += 1
        _LOGGER.debug("%s: malformed: %s", self._charger_id, malformed)
        if malformed.message_type in self._message_types - {frames.CALL}:
            # answers and SENDs have no answer, but whoever waits for this one should know
            self._settle(malformed.message_id, AnswerInvalid(str(malformed)))
            return None
        message_id = NO_ID[self._version] if malformed.message_id is None else malformed.message_id
        code = self._codes[malformed.fault]
        if message_id is None or code is None:
            return None
        return _error_text(message_id, code, str(malformed))

    def _answered(self, call: Call, size: int) -> Reply:
        _LOGGER.debug("%s: calls %.40r, %d bytes", self._charger_id, call.action, size)
        try:
            return self._answer(call, size)
        except Exception:  # a fault of ours must not cost the charger its connection, nor leave it waiting
            _LOGGER.exception("%s: could not handle %.40r", self._charger_id, call.action)
            return self._refusal(call, Fault.INTERNAL, Fault.INTERNAL.value)

    def _answer(self, call: Call, size: int) -> Reply:
        route = self._routes.get(call.action)
        if route is None:
            known = self._schemas.knows(call.action)
            fault = Fault.UNSUPPORTED_ACTION if known else Fault.UNKNOWN_ACTION
            self._tell(logging.INFO, f"its {call.action[:40]!r} has no answer here: {fault}")
            return self._refusal(call, fault, fault.value)
        try:
            payload = self._readable(call, size)
        except Violation as violation:
            self._tell(logging.WARNING, f"its {call.action} was refused: {violation}")
            return self._refusal(call, violation.fault, str(violation))
        now = self._clock()
        answer = route.reply(payload, self._applied(route, payload, now), now)
        self._schemas.response(call.action, answer, relaxed=False)
        text = frames.encode(CallResult(message_id=call.message_id, payload=answer))
        delay = self._delays.get(call.action, _AT_ONCE)
        if delay:
            self.counters.notes["quirk"] += 1
        return Reply(text, route.durable(payload), delay)

    def _refusal(self, call: Call, fault: Fault, description: str) -> Reply:
        self.counters.refused += 1
        return Reply(_error_text(call.message_id, self._codes[fault] or _NO_CODE, description))

    def _unanswered(self, frame: Frame, size: int) -> str | None:
        """Handle what has no answer; 2.1 lets us complain about an answer that we cannot use."""
        match frame:
            case CallResult():
                return self._result(frame, size)
            case CallError(message_id=message_id):
                self._settle(message_id, CallRefused(frame.code, frame.description))
            case Send():
                self._listen(frame, size)
            case _:
                self.counters.stray += 1
                self._tell(logging.WARNING, "could not use an answer of ours")
        return None

    def _result(self, result: CallResult, size: int) -> str | None:
        request = self._calls.request(result.message_id)
        if request is None:
            self.counters.stray += 1
            return None
        try:
            payload, notes = self._schemas.response(
                request.action, result.payload, relaxed=self._relaxed, describe=size <= _LONGEST_DESCRIBED
            )
        except Violation as violation:
            self._tell(logging.WARNING, f"its answer to {request.action} is of no use: {violation}")
            self._settle(result.message_id, AnswerInvalid(str(violation)))
            if frames.CALL_RESULT_ERROR not in self._message_types:
                return None
            code = self._codes[violation.fault] or _NO_CODE
            return frames.encode(
                CallResultError(message_id=result.message_id, code=code, description=str(violation), details={})
            )
        self._note(f"its answer to {request.action}", notes)
        self._settle(result.message_id, payload)
        return None

    def _settle(self, message_id: MessageId | None, answer: Answer) -> None:
        if message_id is None or self._calls.request(message_id) is None:
            self.counters.stray += 1
        elif not self._calls.settle(message_id, answer):
            self.counters.late += 1

    def _listen(self, send: Send, size: int) -> None:
        route = self._routes.get(send.action)
        if route is None:
            self.counters.stray += 1
            return
        try:
            self._applied(route, self._readable(send, size), self._clock())
        except Violation as violation:
            self.counters.refused += 1
            self._tell(logging.WARNING, f"its {send.action} was not used: {violation}")

    def _readable(self, message: Call | Send, size: int) -> Json:
        payload, notes = self._schemas.request(
            message.action,
            message.payload,
            relaxed=self._relaxed,
            describe=size <= _LONGEST_DESCRIBED and self._odd[message.action] < _MOST_DESCRIBED,
        )
        if notes:
            self._odd[message.action] += 1
            self._note(f"its {message.action}", notes)
        return payload

    def _applied(self, route: Route, payload: Json, now: datetime) -> Verdict | None:
        verdict = None
        for event in route.read(payload, now):
            if isinstance(event, Booted):
                self._delays = delays_of(self._quirks, event.model)
            verdict = self._desk.apply(event) or verdict
        return verdict

    def _note(self, what: str, notes: tuple[Note, ...]) -> None:
        for note in notes:
            self.note(note.keyword, f"{what} is odd but was accepted: {note.keyword} {note.place}")

    def _tell(self, level: int, what: str) -> None:
        """Log something about this charger, once; never a value from a payload."""
        if what not in self._told and len(self._told) < _MOST_TOLD:
            self._told.add(what)
            _LOGGER.log(level, "%s: %s (logged once)", self._charger_id, what)


def _reply(text: str | None) -> Reply | None:
    return None if text is None else Reply(text)


def _error_text(message_id: MessageId, code: str, description: str) -> str:
    return frames.encode(
        CallError(message_id=message_id, code=code, description=description[:_LONGEST_DESCRIPTION], details={})
    )
