"""Listening for chargers: a handshake is checked, a connection becomes a `Session`.

Knows WebSocket handshakes, subprotocols and limits. Must not know who is welcome (`Reception`), nor what is said on
a connection (`session`).
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
import logging
import math
from typing import Any, Final, NamedTuple
from weakref import WeakKeyDictionary

from websockets import CloseCode, Request, Response, Subprotocol
from websockets.asyncio.server import Server as WebSocketServer, ServerConnection, serve
from websockets.protocol import State

from ..core.events import ChargerId
from .admission import (
    Admitted,
    Credentials,
    Reception,
    UnknownCharger,
    credentials_in,
    identity_in,
)
from .dialect import Dialect, Version
from .handshake import mend
from .liveness import Liveness, Pulse
from .schemas import Schemas
from .session import CALL_TIMEOUT, CLOSE_TIMEOUT, Session, hang_up

_LOGGER: Final = logging.getLogger(__name__)

_MOST_BYTES: Final = 4 * 2**20
"""The longest message: a 1.6 StopTransaction carries all samples of its transaction (one night: up to some MiB), and
one that is refused for its length is sent again for ever."""
_MOST_WAITING: Final = 16
"""Messages of a charger that are read ahead; then TCP makes it wait."""
_OPEN_WITHIN: Final = 10.0
_REPLACED_EVERY: Final = 1.0
"""Seconds: two chargers under one identity would throw each other out without end."""
_REPLACED: Final = "replaced by a newer connection"
_SETTINGS_CHANGED: Final = "settings changed"


class _Guest(NamedTuple):
    """Who was let in by a handshake, and how many mistakes that had."""

    identity: ChargerId
    credentials: Credentials | None
    admitted: Admitted
    mistakes: int


class Server:
    """A listener for chargers. `start` it once; after `stop` its port is free."""

    def __init__(  # noqa: PLR0913 - what a listener needs, each named
        self,
        reception: Reception,
        dialects: Mapping[Version, Dialect],
        schemas: Mapping[Version, Schemas],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        call_timeout: float = CALL_TIMEOUT,
        pulse: Pulse = Pulse(),  # noqa: B008 - a frozen value
    ) -> None:
        """Make a server that speaks `dialects`; `schemas` has those of each. `call_timeout` in seconds."""
        self._reception = reception
        self._dialects = dialects
        self._schemas = schemas
        self._clock = clock
        self._call_timeout = call_timeout
        self._liveness = Liveness(pulse)
        self._server: WebSocketServer | None = None
        self._guests: WeakKeyDictionary[ServerConnection, _Guest] = WeakKeyDictionary()
        self._sessions: dict[ChargerId, Session] = {}
        self._waiting: dict[ChargerId, ServerConnection] = {}
        self._replaced_at: dict[ChargerId, float] = {}
        self._told: dict[ChargerId, set[str]] = {}
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """The port that chargers can dial, once started: the real one where 0 was asked for."""
        if self._server is None:
            raise RuntimeError("not started")
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def start(self, host: str, port: int) -> None:
        """Begin to listen. Raises OSError if the address cannot be had."""
        self._server = await serve(
            self._serve,
            host,
            port,
            process_request=self._admit,
            select_subprotocol=self._select,
            compression=None,
            logger=_wire_logger(),
            server_header=None,
            max_size=_MOST_BYTES,
            max_queue=_MOST_WAITING,
            ping_interval=None,  # `liveness` does that
            open_timeout=_OPEN_WITHIN,
            close_timeout=CLOSE_TIMEOUT,
        )

    async def stop(self) -> None:
        """Tell all chargers that we go away (1001) and wait until they are gone, for some seconds at most."""
        if self._server is None:
            return
        await _refuse_callers(self._server)
        self._server.close()
        for session in self._sessions.values():
            self._let_close(session.close(CloseCode.GOING_AWAY))
        if self._closing:
            await asyncio.wait(self._closing)
        await self._server.wait_closed()

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer a handshake: None to go on with it."""
        if "websocket" not in ",".join(request.headers.get_all("Upgrade")).casefold():
            return None  # websockets tells browsers and port scanners what is wrong (426)
        try:
            return self._judged(connection, request)
        except Exception:  # a fault of ours in judging one stranger must not end as somebody else's traceback
            _LOGGER.exception("Could not judge a handshake")
            return connection.respond(HTTPStatus.INTERNAL_SERVER_ERROR, "Internal error.\n")

    def _judged(self, connection: ServerConnection, request: Request) -> Response | None:
        identity = identity_in(request.path)
        if identity is None:
            self._tell("a stranger", "dialled in under a path that ends in no identity that a charger can have")
            return connection.respond(HTTPStatus.NOT_FOUND, "The path must end in the charger's identity.\n")
        headers = request.headers.get_all("Authorization")
        credentials = credentials_in(headers[0] if headers else None, identity)
        match self._reception.admit(identity, credentials):
            case Admitted() as admitted:
                mistakes = mend(request.headers)
                for mistake in mistakes:
                    self._tell(identity, mistake)
                self._guests[connection] = _Guest(identity, credentials, admitted, len(mistakes))
                return None
            case UnknownCharger():
                return connection.respond(HTTPStatus.NOT_FOUND, "Unknown charger.\n")
            case _:
                response = connection.respond(HTTPStatus.UNAUTHORIZED, "Wrong credentials.\n")
                response.headers["WWW-Authenticate"] = 'Basic realm="OCPP", charset="UTF-8"'
                return response

    def _select(self, connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        """The first that may be spoken: a client lists them by preference (RFC 6455 section 4.1)."""
        admitted = self._guests[connection].admitted
        return next((name for name in offered if self._spoken(name, admitted) is not None), None)

    def _spoken(self, subprotocol: str | None, admitted: Admitted) -> Dialect | None:
        spoken = {
            version.value: dialect for version, dialect in self._dialects.items() if admitted.allows(dialect.version)
        }
        return spoken.get(subprotocol.casefold()) if subprotocol else None

    async def _serve(self, connection: ServerConnection) -> None:
        guest = self._guests.pop(connection)
        offered = _offered(connection)
        dialect = self._negotiated(connection, guest, offered)
        if dialect is None:
            self._reception.not_understood(guest.identity, offered)
            # OCPP-J: complete the handshake without a subprotocol, then close
            await hang_up(connection, CloseCode.PROTOCOL_ERROR, "no common OCPP version")
            return
        admitted = await self._in_turn(connection, guest)
        if admitted is None:
            return
        if not admitted.allows(dialect.version):
            await hang_up(connection, CloseCode.POLICY_VIOLATION, _SETTINGS_CHANGED)
            return
        session = Session(
            connection,
            dialect,
            self._schemas[dialect.version],
            admitted.desk,
            charger_id=guest.identity,
            clock=self._clock,
            relaxed=admitted.relaxed,
            call_timeout=self._call_timeout,
            told=self._told.setdefault(guest.identity, set()),
        )
        if guest.mistakes:
            session.counters.notes["handshake"] = guest.mistakes
        await self._attend(connection, session)

    async def _in_turn(self, connection: ServerConnection, guest: _Guest) -> Admitted | None:
        """Whether a newcomer may come in after it has waited for its turn to replace an older connection.

        The newest one wins, but at most one a second; until then the older one is served. One that has waited is
        judged again, because the settings may have changed.
        """
        identity = guest.identity
        if (outdone := self._waiting.pop(identity, None)) is not None:
            self._let_close(hang_up(outdone, CloseCode.NORMAL_CLOSURE, _REPLACED))
        turn = self._replaced_at.get(identity, -math.inf) + _REPLACED_EVERY
        if identity not in self._sessions or turn <= asyncio.get_running_loop().time():
            return guest.admitted
        self._waiting[identity] = connection
        try:
            async with asyncio.timeout_at(turn):
                await connection.wait_closed()
        except TimeoutError:
            pass
        if self._waiting.get(identity) is not connection:
            return None
        del self._waiting[identity]
        if connection.state is not State.OPEN:
            return None
        match self._reception.admit(identity, guest.credentials):
            case Admitted() as admitted:
                return admitted
            case _:
                await hang_up(connection, CloseCode.POLICY_VIOLATION, _SETTINGS_CHANGED)
                return None

    async def _attend(self, connection: ServerConnection, session: Session) -> None:
        """Run a session in place of an older one, until it ends or the charger is gone."""
        identity = session.charger_id
        self._replace(identity)
        self._sessions[identity] = session
        watching = asyncio.get_running_loop().create_task(self._watch(connection, session))
        try:
            self._reception.connected(session)
            await session.run()
        finally:
            watching.cancel()
            if self._sessions.get(identity) is session:
                del self._sessions[identity]
                self._reception.disconnected(session)
            await asyncio.wait((watching,))

    async def _watch(self, connection: ServerConnection, session: Session) -> None:
        await self._liveness.watch(connection, session)
        await session.close(CloseCode.INTERNAL_ERROR, "no sign of life")

    def _negotiated(self, connection: ServerConnection, guest: _Guest, offered: Sequence[str]) -> Dialect | None:
        dialect = self._spoken(connection.subprotocol if offered else Version.V16, guest.admitted)
        if dialect is None:
            held = guest.admitted.version is not None
            version = "the version of OCPP that it is held to" if held else "a version of OCPP that is spoken here"
            self._tell(guest.identity, f"does not offer {version}")
        elif not offered:
            self._tell(guest.identity, "names no version of OCPP; assuming 1.6")
        return dialect

    def _replace(self, identity: ChargerId) -> None:
        """End a charger's older session: it lost its connection without a word and dialled again."""
        older = self._sessions.pop(identity, None)
        if older is None:
            return
        self._replaced_at[identity] = asyncio.get_running_loop().time()
        older.end()
        self._reception.disconnected(older)
        self._let_close(older.close(CloseCode.NORMAL_CLOSURE, _REPLACED))

    def _let_close(self, closing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(closing)
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _tell(self, identity: ChargerId, what: str) -> None:
        told = self._told.setdefault(identity, set())
        if what not in told:
            told.add(what)
            _LOGGER.warning("%s: %s (logged once)", identity, what)


def _offered(connection: ServerConnection) -> tuple[str, ...]:
    """The subprotocols that a charger offers, by preference."""
    request = connection.request
    headers = [] if request is None else request.headers.get_all("Sec-WebSocket-Protocol")
    return tuple(name.strip() for header in headers for name in header.split(","))


async def _refuse_callers(server: WebSocketServer) -> None:
    """Accept nobody any more, and let those come through who have been accepted.

    asyncio fails an assertion over a connection that it has accepted but not yet made when its server is closed, and
    chargers that are refused dial every few seconds.
    """
    loop = asyncio.get_running_loop()
    for listening in server.sockets:
        loop.remove_reader(listening)
    await asyncio.sleep(0)


def _wire_logger() -> logging.Logger:
    """The log of websockets: no frames, which carry id tokens, and no tracebacks because of port scanners."""
    logger = logging.getLogger(f"{__name__}.websockets")
    logger.setLevel(logging.WARNING)
    # what dialled in and was no charger
    logger.addFilter(_is_news)
    return logger


def _is_news(record: logging.LogRecord) -> bool:
    return record.msg != "opening handshake failed"
