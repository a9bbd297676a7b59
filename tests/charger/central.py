"""A central system for the simulated charger's own tests: it accepts, checks every frame, and asks what a test asks.

It must not know this project's integration, so that the two ends of the wire stay independent.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
import json
from typing import Any, NamedTuple, Self
from uuid import uuid4

from ocpp.exceptions import OCPPError
from ocpp.messages import Call, CallResult, validate_payload
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from .model import Json, Version

type Rule = Callable[[Json], Json | None]
"""Gives the answer to a CALL; None leaves it unanswered."""


class Refused(Exception):
    """The charger answered a CALL with a CALLERROR; the argument is its code."""


class Came(NamedTuple):
    """A CALL of the charger."""

    action: str
    payload: Json


class Central:
    """Listens on a free port of 127.0.0.1. `problems` lists frames that violate the official schemas."""

    def __init__(self, version: Version) -> None:
        self.version = version
        self.rules: dict[str, Rule] = {}
        self.blocked: set[str] = set()
        self.groups: dict[str, str] = {}
        self.received: list[Came] = []
        self.problems: list[str] = []
        self.handshakes: list[Mapping[str, str]] = []
        self._transactions = 0
        self._connection: ServerConnection | None = None
        self._answers: dict[str, asyncio.Future[list[Any]]] = {}
        self._server: Server

    async def __aenter__(self) -> Self:
        """Listen."""
        self._server = await serve(self._serve, "127.0.0.1", 0, subprotocols=[self.version.subprotocol])  # type: ignore[list-item]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening and close what is open."""
        self._server.close()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        """Where chargers dial in."""
        return f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    @property
    def actions(self) -> list[str]:
        """The actions of all CALLs, oldest first."""
        return [came.action for came in self.received]

    def payloads(self, action: str) -> list[Json]:
        """The payloads of all CALLs of an action, oldest first."""
        return [came.payload for came in self.received if came.action == action]

    async def call(self, action: str, payload: Json) -> Json:
        """Ask the charger; raises `Refused` for a CALLERROR, `TimeoutError` for none at all."""
        unique_id = str(uuid4())
        await self._check(Call, action, payload)
        answer: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        self._answers[unique_id] = answer
        await self.send([2, unique_id, action, payload])
        async with asyncio.timeout(5):
            frame = await answer
        if frame[0] == 4:
            raise Refused(frame[2])
        await self._check(CallResult, action, frame[2])
        result: Json = frame[2]
        return result

    async def send(self, frame: list[Any]) -> None:
        """Send any frame to the charger that is connected."""
        assert self._connection is not None
        await self._connection.send(json.dumps(frame))

    async def _serve(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        self.handshakes.append(
            {"path": connection.request.path, "authorization": connection.request.headers.get("Authorization", "")}
        )
        self._connection = connection
        try:
            async for raw in connection:
                match json.loads(raw):
                    case [2, unique_id, action, payload]:
                        await self._answer(connection, unique_id, action, payload)
                    case [3 | 4, unique_id, *_] as frame:
                        if unique_id in self._answers:
                            self._answers.pop(unique_id).set_result(frame)
                    case [2, unique_id, *_]:
                        await connection.send(json.dumps([4, unique_id, "ProtocolError", "", {}]))
        except ConnectionClosed:
            pass  # chargers drop

    async def _answer(self, connection: ServerConnection, unique_id: str, action: str, payload: Json) -> None:
        await self._check(Call, action, payload)
        self.received.append(Came(action, payload))
        answer = self.rules[action](payload) if action in self.rules else self._ordinary(action, payload)
        if answer is None:
            return
        if "code" in answer:
            await connection.send(json.dumps([4, unique_id, answer["code"], "", {}]))
            return
        await self._check(CallResult, action, answer)
        await connection.send(json.dumps([3, unique_id, answer]))

    def _ordinary(self, action: str, payload: Json) -> Json:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        match action:
            case "BootNotification":
                return {"currentTime": now, "interval": 300, "status": "Accepted"}
            case "Heartbeat":
                return {"currentTime": now}
            case "Authorize":
                return self._judged(payload)
            case "StartTransaction":
                self._transactions += 1
                return {"transactionId": self._transactions, **self._judged(payload)}
            case "TransactionEvent":
                return self._judged(payload) if "idToken" in payload else {}
        return {}

    def _judged(self, payload: Json) -> Json:
        if self.version is Version.V16:
            value = payload["idTag"]
            info: Json = {"status": "Blocked" if value in self.blocked else "Accepted"}
            if value in self.groups:
                info["parentIdTag"] = self.groups[value]
            return {"idTagInfo": info}
        value = payload["idToken"]["idToken"]
        info = {"status": "NotAtThisTime" if value in self.blocked else "Accepted"}
        if value in self.groups:
            info["groupIdToken"] = {"idToken": self.groups[value], "type": "Central"}
        return {"idTokenInfo": info}

    async def _check(self, kind: type[Call | CallResult], action: str, payload: Json) -> None:
        message = Call("", action, payload) if kind is Call else CallResult("", payload, action)
        try:
            await validate_payload(message, str(self.version))
        except OCPPError as error:
            self.problems.append(f"{action}: {error!r}")
