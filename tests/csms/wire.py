"""A dialect of a few actions, a desk that keeps what it hears, and a charger that is a real WebSocket client."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
import json
from typing import Any, NoReturn

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from custom_components.ocpp_central.core.commands import AskForAbilities, Command, DropHold, Outcome, PlaceHold
from custom_components.ocpp_central.core.events import Authorizing, Event, Heard, Standing, Verdict
from custom_components.ocpp_central.core.token import IdToken
from custom_components.ocpp_central.csms.dialect import Json, Request, Route, Version
from custom_components.ocpp_central.csms.schemas import load
from custom_components.ocpp_central.csms.session import Session

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PATIENCE = 5.0
"""Seconds within which anything on the loopback device happens."""

PLACE = PlaceHold(hold=7, evse=1, token=IdToken(value="A1"), until=NOW)
DROP = DropHold(hold=7)
BACKGROUND = Request(action="ClearCache", payload={})
CLEARED = {"status": "Accepted"}


def _heard(_: Json, now: datetime) -> tuple[Event, ...]:
    return (Heard(at=now),)


def _asked(payload: Json, now: datetime) -> tuple[Event, ...]:
    told = payload["idToken"]["idToken"] if "idToken" in payload else payload["idTag"]
    return (Authorizing(token=IdToken(value=told), at=now), Heard(at=now))


def _time(_payload: Json, _verdict: Verdict | None, now: datetime) -> Json:
    return {"currentTime": now.isoformat()}


def _status(_payload: Json, verdict: Verdict | None, _now: datetime) -> Json:
    return {"idTagInfo": {"status": "Accepted" if verdict and verdict.accepted else "Invalid"}}


def _nothing(_payload: Json, _verdict: Verdict | None, _now: datetime) -> Json:
    return {}


def _bug(*_: object) -> NoReturn:
    raise LookupError("a fault of ours")


HEARTBEAT = Route(read=_heard, reply=_time)
DURABLE_HEARTBEAT = Route(read=_heard, reply=_time, durable=lambda _: True)
FAULTY_READ = Route(read=_bug, reply=_time)
FAULTY_REPLY = Route(read=_heard, reply=_nothing)
AUTHORIZE_V16 = Route(read=_asked, reply=_status)
CONFIRMED = Route(read=_heard, reply=_nothing)

ROUTES = {"Heartbeat": HEARTBEAT, "StatusNotification": CONFIRMED, "MeterValues": CONFIRMED}


@dataclass(kw_only=True)
class SmallDialect:
    """As much of a version as a conversation needs."""

    version: Version = Version.V16
    routes: Mapping[str, Route] = field(default_factory=lambda: ROUTES)
    token_length: int = 20

    def request(self, command: Command) -> Request:
        """Say a command as 1.6 does."""
        match command:
            case PlaceHold(hold=hold):
                return Request(
                    action="ReserveNow",
                    payload={
                        "connectorId": 1,
                        "expiryDate": "2026-11-21T12:00:00Z",
                        "idTag": command.token.value,
                        "reservationId": hold,
                    },
                )
            case DropHold(hold=hold):
                return Request(action="CancelReservation", payload={"reservationId": hold})
            case _:
                return BACKGROUND

    def outcome(self, _: Command, answer: Json) -> Outcome:
        """Read the word of any answer."""
        word = answer["status"]
        return Outcome(word) if word in set(Outcome) else Outcome.UNREADABLE

    def said(self, _: Command, answer: Json) -> tuple[str | None, str | None]:
        """The word of any answer."""
        return answer.get("status"), None

    def told(self, command: Command, answer: Json, now: datetime) -> tuple[Event, ...]:
        """Only who was asked for abilities tells anything."""
        return (Heard(at=now),) if isinstance(command, AskForAbilities) and answer == CLEARED else ()


@dataclass(kw_only=True)
class KeepingDesk:
    """Keeps what it hears; answers with `verdict`; saves when `disk` is set, or fails with `failure`."""

    verdict: Verdict = field(default_factory=lambda: Verdict(standing=Standing.ACCEPTED))
    events: list[Event] = field(default_factory=list)
    lates: asyncio.Queue[tuple[Command, Outcome]] = field(default_factory=asyncio.Queue)
    disk: asyncio.Event = field(default_factory=asyncio.Event)
    saving: asyncio.Event = field(default_factory=asyncio.Event)
    failure: Exception | None = None

    def apply(self, event: Event) -> Verdict | None:
        """Keep the event."""
        self.events.append(event)
        return self.verdict if isinstance(event, Authorizing) else None

    async def saved(self) -> None:
        """Wait for the disk."""
        self.saving.set()
        if self.failure is not None:
            raise self.failure
        await self.disk.wait()

    def late(self, command: Command, outcome: Outcome) -> None:
        """Keep the late outcome."""
        self.lates.put_nowait((command, outcome))


class Charger:
    """The other end of the line, word by word."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def say(self, *parts: Any) -> None:
        """Send one message of these parts."""
        await self.connection.send(json.dumps(parts))

    async def mumble(self, text: str | bytes) -> None:
        """Send one message as it is."""
        await self.connection.send(text)

    async def hear(self) -> list[Any]:
        """The next message."""
        async with asyncio.timeout(PATIENCE):
            message: list[Any] = json.loads(await self.connection.recv())
        return message

    async def ask(self, *parts: Any) -> list[Any]:
        """Send a message and give the next one that comes."""
        await self.say(*parts)
        return await self.hear()

    async def hears_nothing(self) -> None:
        """Fail if anything was sent before the answer to a Heartbeat of now."""
        answer = await self.ask(2, "nothing else", "Heartbeat", {})
        assert answer[:2] == [3, "nothing else"]

    async def closed(self) -> int | None:
        """Wait until the connection is closed; the close code."""
        async with asyncio.timeout(PATIENCE):
            try:
                while True:
                    await self.connection.recv()
            except ConnectionClosed:
                return self.connection.close_code


@dataclass(kw_only=True)
class Conversation:
    """Both ends of one connection."""

    charger: Charger
    session: Session
    desk: KeepingDesk


@asynccontextmanager
async def conversation(
    version: Version = Version.V16, *, desk: KeepingDesk | None = None, **settings: Any
) -> AsyncIterator[Conversation]:
    """A charger in conversation with a session; `settings`: `routes` of the dialect, else those of `Session`."""
    desk = desk or KeepingDesk()
    settings.setdefault("call_timeout", PATIENCE)
    dialect = SmallDialect(version=version, routes=settings.pop("routes", ROUTES))
    sessions: asyncio.Queue[Session] = asyncio.Queue()

    async def serve_one(connection: ServerConnection) -> None:
        session = Session(
            connection,
            dialect,
            load()[version],
            desk,
            charger_id="CP1",
            clock=lambda: NOW,
            **settings,
        )
        sessions.put_nowait(session)
        await session.run()

    async with (
        serve(serve_one, "127.0.0.1", 0, compression=None, close_timeout=0.5) as server,
        connect(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/CP1") as client,
    ):
        yield Conversation(charger=Charger(client), session=await sessions.get(), desk=desk)


async def settled[Result](awaitable: asyncio.Task[Result]) -> Result:
    """The result of a task that has every reason to end soon."""
    async with asyncio.timeout(PATIENCE):
        return await awaitable
