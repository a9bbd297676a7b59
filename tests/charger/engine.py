"""One connection of a simulated charger, run by the `ocpp` package's ChargePoint.

It must not know what a charger is or does: it carries CALLs both ways, checks them against the official schemas and
carries out scripted ways of not answering.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Coroutine
import json
import logging
from types import ModuleType
from typing import Any, NamedTuple, override
from uuid import uuid4

from ocpp.charge_point import camel_to_snake_case, snake_to_camel_case
from ocpp.exceptions import OCPPError, UnknownCallErrorCodeError
from ocpp.messages import Call, validate_payload
import ocpp.v16
import ocpp.v21
import ocpp.v201
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from .behaviour import Fault
from .model import Json, Version

ERROR_CODES = frozenset(
    {
        "FormationViolation",
        "FormatViolation",
        "GenericError",
        "InternalError",
        "MessageTypeNotSupported",
        "NotImplemented",
        "NotSupported",
        "OccurenceConstraintViolation",
        "OccurrenceConstraintViolation",
        "PropertyConstraintViolation",
        "ProtocolError",
        "RpcFrameworkError",
        "SecurityError",
        "TypeConstraintViolation",
    }
)
"""CALLERROR codes of all versions, in every spelling."""

_PACKAGES: dict[Version, ModuleType] = {
    Version.V16: ocpp.v16,
    Version.V201: ocpp.v201,
    Version.V21: ocpp.v21,
}
_WITHHOLDING = frozenset({Fault.UNANSWERED, Fault.ACTS_THEN_DISCONNECTS, Fault.LATE})
_CALL, _RESULT, _ERROR = 2, 3, 4


class CallFailed(Exception):
    """The central system answered a CALL with a CALLERROR."""

    def __init__(self, code: str, description: str = "", details: object = None) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description
        self.details = details


class NoAnswer(TimeoutError):
    """The central system did not answer a CALL in time."""


class ConnectionDropped(ConnectionError):
    """There is no connection, or it ended before the answer."""


class InvalidAnswer(Exception):
    """The central system's answer violates the official schema."""


class Reply(NamedTuple):
    """The answer to a CALL, and what the charger does once it is sent."""

    payload: Json
    then: Callable[[], Coroutine[Any, Any, None]] | None = None


class Owner(NamedTuple):
    """What the engine asks of the charger that owns it.

    `scripted` gives the word scripted for the next answer to an action, or None; `answer` decides, given that word;
    `handled` is told once a CALL is dealt with; `spawn` runs what follows an answer; `complain` records what the central
    system did wrong; `is_careless` says whether a scripted word may be one that no schema knows.
    """

    scripted: Callable[[str], str | None]
    arrived: Callable[[str, Json], None]
    answer: Callable[[str, Json, str | None], Awaitable[Reply]]
    handled: Callable[[str], None]
    spawn: Callable[[Coroutine[Any, Any, None]], object]
    complain: Callable[[str], None]
    is_careless: Callable[[], bool]


class Engine:
    """Carries CALLs over one open WebSocket connection; `run()` must run for anything to move."""

    def __init__(
        self,
        socket: ClientConnection,
        *,
        version: Version,
        identity: str,
        actions: Collection[str],
        owner: Owner,
        timeout: float,
        log: logging.LoggerAdapter[logging.Logger],
    ) -> None:
        self._socket = socket
        self._package = _PACKAGES[version]
        self._version = version
        self._owner = owner
        self._timeout = timeout
        self._log = log
        self._frames: deque[str] = deque(maxlen=1000)
        self._frame_arrived = asyncio.Event()
        self._calls: asyncio.Queue[tuple[str, str, str, Json]] = asyncio.Queue()
        self._closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._one_at_a_time = asyncio.Lock()
        self._expected: dict[str, asyncio.Future[list[Any]]] = {}
        self._of_package: str | None = None
        self._serving: dict[str, tuple[Json, str | None]] = {}
        self._follow_up: Callable[[], Coroutine[Any, Any, None]] | None = None
        self._withheld: list[str] = []
        self._charge_point = self._package.ChargePoint(
            identity, self, response_timeout=timeout, logger=_Quiet(log.logger)
        )
        for action in actions:
            self._charge_point.route_map[action] = {"_on_action": self._handler(action)}

    @property
    def is_answering(self) -> bool:
        """Whether a CALL of the central system is being dealt with whose answer has not left."""
        return bool(self._serving)

    async def run(self) -> None:
        """Carry messages until the connection ends, however it ends."""
        worker = asyncio.create_task(self._work())
        try:
            async for raw in self._socket:
                await self._sort(raw if isinstance(raw, str) else raw.decode(errors="replace"))
        except ConnectionClosed:
            pass  # a drop is an ordinary end of a charger's connection
        finally:
            if not self._closed.done():
                self._closed.set_result(None)
            worker.cancel()
            await asyncio.gather(worker, return_exceptions=True)

    def abort(self) -> None:
        """Cut the connection without a closing handshake."""
        self._socket.transport.abort()

    async def close(self) -> None:
        """Close the connection in order."""
        await self._socket.close()

    async def call(self, action: str, payload: Json, *, check: bool = True) -> Json:
        """Send a CALL and give the payload of its answer, both as on the wire.

        `check` False leaves out the schemas, for scripted violations. Raises `CallFailed`, `NoAnswer`,
        `ConnectionDropped`, `InvalidAnswer`, and `OCPPError` if the payload itself violates its schema.
        """
        async with self._one_at_a_time:
            unique_id = str(uuid4())
            answered: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
            self._expected[unique_id] = answered
            try:
                await self._unless_closed(self._exchange(unique_id, action, payload, answered, check=check))
            except ConnectionClosed as error:
                raise ConnectionDropped(action) from error
            except TimeoutError as error:
                raise NoAnswer(action) from error
            except (OCPPError, UnknownCallErrorCodeError, TypeError) as error:
                if not answered.done():
                    raise
                if answered.result()[0] == _RESULT:
                    self._owner.complain(f"invalid answer to {action}: {error!r}")
                    raise InvalidAnswer(action) from error
            finally:
                del self._expected[unique_id]
        frame = answered.result()
        if frame[0] == _ERROR:
            raise CallFailed(*frame[2:5])
        result: Json = frame[2]
        return result

    async def send_text(self, text: str) -> None:
        """Send a frame as it is; frames that arrived before are forgotten for `receive_raw`."""
        self._frames.clear()
        await self.send(text)

    async def receive_raw(self, timeout: float) -> str:  # noqa: ASYNC109  a test says how long an answer may take
        """Give the oldest frame not yet given; raises `TimeoutError`, or `ConnectionDropped` once none can come."""
        async with asyncio.timeout(timeout):
            while not self._frames:
                self._frame_arrived.clear()
                await self._unless_closed(self._frame_arrived.wait())
        return self._frames.popleft()

    async def release(self) -> None:
        """Send the answers that were withheld as `Fault.LATE`."""
        while self._withheld:
            await self._socket.send(self._withheld.pop(0))

    async def send(self, message: str) -> None:
        """Send a frame of the package, unless it is an answer to be withheld."""
        match json.loads(message) if self._serving else None:
            case [3 | 4, str(unique_id), *_] if unique_id in self._serving:
                _, word = self._serving[unique_id]
                if word in _WITHHOLDING:
                    if word == Fault.LATE:
                        self._withheld.append(message)
                    return
                if message.startswith(f"[{_ERROR}"):
                    self._owner.complain(f"refused: {message}")
        self._log.debug("-> %s", message)
        await self._socket.send(message)

    async def recv(self) -> str:
        """Part of what the package asks of a connection; this engine feeds it frame by frame instead."""
        raise NotImplementedError

    async def _exchange(
        self, unique_id: str, action: str, payload: Json, answered: asyncio.Future[list[Any]], *, check: bool
    ) -> None:
        request = self._as_package_value(self._package.call, action, payload) if check else None
        if request is not None:
            self._of_package = unique_id
            await self._charge_point.call(request, suppress=False, unique_id=unique_id)
            return
        # The package's conversion of names would damage these keys, or it refuses them.
        call = Call(unique_id, action, payload)
        if check:
            await validate_payload(call, str(self._version))
        await self.send(call.to_json())
        async with asyncio.timeout(self._timeout):
            await answered

    @staticmethod
    def _as_package_value(module: ModuleType, action: str, payload: Json) -> object:
        """The package's dataclass for a payload, or None where the way back would not give the same keys."""
        kind = getattr(module, action, None)
        snake = camel_to_snake_case(payload)
        if kind is None or snake_to_camel_case(snake) != payload:
            return None
        try:
            return kind(**snake)
        except TypeError:
            return None  # a key that the version does not know

    async def _unless_closed[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Await work, but no longer than the connection lives: the package would wait out its whole time-out."""
        task = asyncio.create_task(work)
        waited: set[asyncio.Future[Any]] = {task, self._closed}
        try:
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise ConnectionDropped
        finally:
            task.cancel()
            # Also where it is done: whoever waits may be cancelled as it fails, and its exception is then nobody's.
            await asyncio.gather(task, return_exceptions=True)
        return task.result()

    async def _sort(self, raw: str) -> None:
        self._log.debug("<- %s", raw)
        self._frames.append(raw)
        self._frame_arrived.set()
        try:
            frame = json.loads(raw)
        except ValueError:
            self._owner.complain(f"not JSON: {raw!r}")
            return
        match frame:
            case [2, str(unique_id), str(action), dict(payload)]:
                self._calls.put_nowait((raw, unique_id, action, payload))
            case [3, str(unique_id), dict()] | [4, str(unique_id), str(), *_] if self._is_expected(unique_id):
                self._expected[unique_id].set_result(frame)
                if unique_id == self._of_package:
                    await self._charge_point.route_message(raw)
            case [(3 | 4 | 5), *_]:
                self._log.debug("an answer that nobody waits for")
            case _:
                self._owner.complain(f"unexpected frame: {raw}")

    def _is_expected(self, unique_id: str) -> bool:
        return unique_id in self._expected and not self._expected[unique_id].done()

    async def _work(self) -> None:
        """Serve CALLs one after another, beside the reader: a handler may itself await answers."""
        try:
            while True:
                await self._serve(*await self._calls.get())
        except ConnectionClosed:
            pass  # the reader notices too and ends the connection
        except Exception:  # noqa: BLE001  a dead worker must not look like a silent charger
            self._log.exception("the simulated charger failed")
            self.abort()

    async def _serve(self, raw: str, unique_id: str, action: str, payload: Json) -> None:
        self._owner.arrived(action, payload)
        word = self._owner.scripted(action)
        if word == Fault.DISCONNECT:
            self.abort()
        elif word in ERROR_CODES:
            await self._refuse(unique_id, str(word), "scripted")
        elif word != Fault.SILENT:
            await self._serve_really(raw, unique_id, action, payload, word)
        self._owner.handled(action)

    async def _serve_really(self, raw: str, unique_id: str, action: str, payload: Json, word: str | None) -> None:
        careless = word is not None and word not in _WITHHOLDING and self._owner.is_careless()
        if action not in self._charge_point.route_map and not careless:
            # The package answers nothing at all here in 2.1, and NotSupported in the others.
            await self._refuse(unique_id, "NotImplemented", f"{action} is unknown to this charger")
            return
        self._serving[unique_id] = (payload, word)
        try:
            if careless and word is not None:
                await self._answer_unchecked(unique_id, action, payload, word)
            else:
                await self._charge_point.route_message(raw)
        finally:
            del self._serving[unique_id]
        follow_up, self._follow_up = self._follow_up, None
        if word == Fault.ACTS_THEN_DISCONNECTS:
            self.abort()
        elif follow_up is not None:
            self._owner.spawn(follow_up())

    async def _answer_unchecked(self, unique_id: str, action: str, payload: Json, word: str) -> None:
        """Answer past the package, which lets no word out that its schemas do not know."""
        reply = await self._owner.answer(action, payload, word)
        self._follow_up = reply.then
        await self.send(json.dumps([_RESULT, unique_id, reply.payload], separators=(",", ":")))

    async def _refuse(self, unique_id: str, code: str, description: str) -> None:
        await self.send(json.dumps([_ERROR, unique_id, code, description, {}], separators=(",", ":")))

    def _handler(self, action: str) -> Callable[..., Awaitable[Any]]:
        kind = getattr(self._package.call_result, action)

        async def handle(call_unique_id: str, **_: Any) -> object:
            """Answer from the wire payload: the package's names are damaged in places."""
            payload, word = self._serving[call_unique_id]
            reply = await self._owner.answer(action, payload, None if word in _WITHHOLDING else word)
            self._follow_up = reply.then
            return kind(**camel_to_snake_case(reply.payload))

        return handle


class _Quiet(logging.LoggerAdapter[logging.Logger]):
    """The package logs each message, with its tokens, at info and above: frames are logged here, the rest goes to debug."""

    @override
    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        kwargs.pop("exc_info", None)
        if level > logging.INFO:
            super().log(logging.DEBUG, msg, *args, **kwargs)


def refusal(code: str) -> OCPPError:
    """The exception that makes the package answer with this CALLERROR code."""
    kinds = {kind.code: kind for kind in OCPPError.__subclasses__() if hasattr(kind, "code")}
    return kinds.get(code, OCPPError.__subclasses__()[0])()
