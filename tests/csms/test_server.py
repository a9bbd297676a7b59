"""Listening for chargers: handshakes and connections on real sockets."""

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping, Sequence
import contextlib
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
import gc
import json
import logging
import socket
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus
from websockets.frames import Frame as WebSocketFrame, Opcode
from websockets.typing import Subprotocol

from custom_components.ocpp_central.csms.admission import (
    Admission,
    Admitted,
    Credentials,
    UnknownCharger,
    WrongCredentials,
    password_matches,
)
from custom_components.ocpp_central.csms.calls import ConnectionLost
from custom_components.ocpp_central.csms.dialect import Dialect, Request, Version
from custom_components.ocpp_central.csms.liveness import Pulse
from custom_components.ocpp_central.csms.schemas import load
from custom_components.ocpp_central.csms.server import Server
from custom_components.ocpp_central.csms.session import CLOSE_TIMEOUT, Session

from .wire import BACKGROUND, NOW, PATIENCE, Charger, KeepingDesk, SmallDialect

DIALECTS: Mapping[Version, Dialect] = {version: SmallDialect(version=version) for version in Version}
GOING_AWAY = 1001
UNAUTHORIZED = 401
NOT_FOUND = 404


@dataclass(kw_only=True)
class Doorkeeper:
    """Admits who is on its list, with the password there; keeps what it hears."""

    passwords: dict[str, str | None] = field(default_factory=lambda: {"CP1": None})
    asked: list[tuple[str, Credentials | None]] = field(default_factory=list)
    diary: list[tuple[str, Session]] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    desk: KeepingDesk = field(default_factory=KeepingDesk)
    puzzled: list[tuple[str, Sequence[str]]] = field(default_factory=list)
    relaxed: bool = True
    version: Version | None = None
    fault: Exception | None = None

    def admit(self, identity: str, credentials: Credentials | None) -> Admission:
        """Look at the list."""
        self.asked.append((identity, credentials))
        if self.fault is not None:
            raise self.fault
        if identity not in self.passwords:
            return UnknownCharger()
        expected = self.passwords[identity]
        if expected is None or (credentials is not None and password_matches(expected, credentials.password)):
            return Admitted(desk=self.desk, relaxed=self.relaxed, version=self.version)
        return WrongCredentials()

    def not_understood(self, identity: str, offered: Sequence[str]) -> None:
        """Write it down."""
        self.puzzled.append((identity, offered))

    def connected(self, session: Session) -> None:
        """Write it down."""
        self._write("connected", session)

    def disconnected(self, session: Session) -> None:
        """Write it down."""
        self._write("disconnected", session)

    def _write(self, what: str, session: Session) -> None:
        self.diary.append((what, session))
        self.changed.set()

    async def read(self, count: int) -> list[str]:
        """What happened, once so much of it has happened."""
        async with asyncio.timeout(PATIENCE):
            while len(self.diary) < count:
                self.changed.clear()
                await self.changed.wait()
        return [what for what, _ in self.diary]


@asynccontextmanager
async def listening(
    door: Doorkeeper | None = None, dialects: Mapping[Version, Dialect] = DIALECTS, pulse: Pulse | None = None
) -> AsyncIterator[Server]:
    """A server on a free port."""
    server = Server(door or Doorkeeper(), dialects, load(), clock=lambda: NOW, pulse=pulse or Pulse())
    await server.start("127.0.0.1", 0)
    try:
        yield server
    finally:
        await server.stop()


def dial(
    server: Server, path: str = "/CP1", offer: tuple[str, ...] = ("ocpp1.6",), authorization: str | None = None
) -> connect:
    """A client's connection to the server, not yet opened."""
    return connect(
        f"ws://127.0.0.1:{server.port}{path}",
        subprotocols=[Subprotocol(name) for name in offer] or None,
        additional_headers={} if authorization is None else {"Authorization": authorization},
        close_timeout=1,
        proxy=None,
    )


def basic(username: str, password: bytes) -> str:
    """An Authorization header."""
    return "Basic " + base64.b64encode(username.encode() + b":" + password).decode()


async def beat(connection: ClientConnection) -> list[Any]:
    """Send a Heartbeat; its answer."""
    return await Charger(connection).ask(2, "1", "Heartbeat", {})


async def refusal(server: Server, path: str = "/CP1", authorization: str | None = None) -> InvalidStatus:
    """The HTTP answer to a handshake that fails."""
    with pytest.raises(InvalidStatus) as raised:
        async with dial(server, path, authorization=authorization):
            pass
    return raised.value


async def raw(server: Server, request: bytes) -> bytes:
    """What comes back for these bytes on a plain socket."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(request)
    if not request.endswith(b"\r\n\r\n"):
        writer.write_eof()
    answer = b""
    async with asyncio.timeout(PATIENCE):
        with contextlib.suppress(ConnectionResetError):
            answer = await reader.read()
    writer.close()
    return answer


# Who comes in


@pytest.mark.parametrize(
    "path",
    [
        "/CP1",
        "/ocpp/CP1",
        "//CP1",
        "///CP1",
        "/CP1/",
        "/ocpp/CP1//",
        "/CP1/CP1",
        "/CP1?key=value",
        "/CP1/?key=value",
        "/CP%31",
        "/a%2Fb/CP1",
    ],
)
async def test_the_identity_is_the_last_segment(path: str) -> None:
    """OCPP-J: the identity is appended to the endpoint's URL, percent-encoded; what precedes it and slashes are ignored."""
    async with listening() as server, dial(server, path) as charger:
        assert (await beat(charger))[0] == 3


async def test_an_identity_may_have_any_visible_character() -> None:
    """UTF-8, percent-encoded: spaces, colons, umlauts."""
    door = Doorkeeper(passwords={"Säule 1:a": None})
    async with listening(door) as server, dial(server, "/S%C3%A4ule%201:a") as charger:
        await beat(charger)
    assert door.diary[0][1].charger_id == "Säule 1:a"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "//",
        "/a%2Fb",
        "/a%00b",
        "/a%0Ab",
        "/%E2%80%AEa",
        "/%20",
        "/%FF",
        "/" + "x" * 256,
    ],
)
async def test_an_impossible_identity_is_not_found(path: str) -> None:
    """Nothing, a slash, what cannot be seen, what is no UTF-8, what is endless: nobody is asked about it."""
    door = Doorkeeper()
    async with listening(door) as server:
        assert (await refusal(server, path)).response.status_code == NOT_FOUND
    assert door.asked == []


async def test_raw_bytes_in_the_path_are_no_fault_of_ours(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What is no URL gets an answer or none, but no traceback."""
    async with listening() as server:
        upgrade = b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        await raw(server, b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n" + upgrade + b"\r\n")
    assert "Traceback" not in caplog.text


async def test_a_stranger_is_not_found() -> None:
    """404 before the upgrade: it costs no more than this handshake."""
    door = Doorkeeper()
    async with listening(door) as server:
        answer = (await refusal(server, "/stranger")).response
        assert answer.status_code == NOT_FOUND
    assert door.asked == [("stranger", None)]
    assert door.diary == []


async def test_the_right_password_opens() -> None:
    """HTTP Basic; the user name is not compared, because the path names the charger."""
    door = Doorkeeper(passwords={"CP1": "geheim:ß"})
    async with listening(door) as server:
        for username in ("CP1", "anybody", ""):
            header = basic(username, "geheim:ß".encode())
            async with dial(server, authorization=header) as charger:
                await beat(charger)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Basic",
        "Basic ",
        "Basic !!!",
        "Basic ZZZ",
        "Basic bm9jb2xvbg==",
        "Bearer abc",
        "Basic \u00e4".encode().decode("latin-1"),
        basic("CP1", b"wrong"),
        basic("CP1", b""),
    ],
)
async def test_wrong_or_unreadable_credentials_are_unauthorized(header: str | None) -> None:
    """401 with the challenge that RFC 7617 wants, whatever the header looks like."""
    async with listening(Doorkeeper(passwords={"CP1": "right"})) as server:
        answer = (await refusal(server, authorization=header)).response
        assert answer.status_code == UNAUTHORIZED
        assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")


async def test_a_charger_without_a_password_may_present_anything() -> None:
    """What it presents is handed to whoever admits."""
    door = Doorkeeper()
    async with listening(door) as server, dial(server, authorization=basic("CP1", b"any")):
        pass
    assert door.asked == [("CP1", Credentials(username="CP1", password=b"any"))]
    assert "any" not in repr(door.asked)


async def test_a_colon_in_the_identity_does_not_spoil_the_password() -> None:
    """OCPP 2.x allows colons in an identity, which is also the user name."""
    door = Doorkeeper(passwords={"A:1": "p:w"})
    async with listening(door) as server, dial(server, "/A:1", authorization=basic("A:1", b"p:w")) as charger:
        await beat(charger)
    assert door.asked[0][1] == Credentials(username="A:1", password=b"p:w")


@pytest.mark.parametrize(
    ("expected", "presented", "matches"),
    [
        ("secret", b"secret", True),
        ("secret", b"Secret", False),
        ("secret", b"", False),
        ("", b"", True),
        ("geheimß", "geheimß".encode(), True),
        ("geheimß", "geheimß".encode("latin-1"), True),
        ("東京", "東京".encode(), True),
        ("0A" * 20, b"0A" * 20, True),
        ("0A" * 20, b"\x0a" * 20, True),
        ("0A" * 20, b"\x0b" * 20, False),
        ("0A" * 19, b"\x0a" * 19, False),
        ("xy" * 20, b"xy" * 20, True),
    ],
)
def test_a_password_in_the_spellings_of_chargers(expected: str, presented: bytes, matches: bool) -> None:
    """UTF-8, Latin-1, and OCPP-J 1.6's AuthorizationKey as digits or as the 20 bytes."""
    assert password_matches(expected, presented) is matches


# Which version is spoken


@pytest.mark.parametrize(
    ("offer", "spoken"),
    [
        (("ocpp1.6",), "ocpp1.6"),
        (("ocpp2.0.1",), "ocpp2.0.1"),
        (("ocpp2.1",), "ocpp2.1"),
        (("ocpp2.1", "ocpp2.0.1", "ocpp1.6"), "ocpp2.1"),
        (("ocpp1.6", "ocpp2.0.1"), "ocpp1.6"),
        (("ocpp1.5", "ocpp2.0.1"), "ocpp2.0.1"),
        (("OCPP1.6",), "OCPP1.6"),
    ],
)
async def test_the_chargers_first_choice_is_spoken(offer: tuple[str, ...], spoken: str) -> None:
    """RFC 6455 4.1: a client lists its subprotocols by preference; it gets its own spelling back."""
    door = Doorkeeper()
    async with listening(door) as server, dial(server, offer=offer) as charger:
        assert charger.subprotocol == spoken
        await beat(charger)
    assert door.diary[0][1].version == spoken.casefold()


async def test_a_charger_that_names_no_version_speaks_16(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Chargers in the field forget it; one line in the log tells."""
    door = Doorkeeper()
    async with listening(door) as server:
        for _ in range(2):
            async with dial(server, offer=()) as charger:
                assert charger.subprotocol is None
                await beat(charger)
    assert door.diary[0][1].version is Version.V16
    assert len([message for message in caplog.messages if "assuming 1.6" in message]) == 1


async def test_unknown_versions_are_told_by_closing(caplog: pytest.LogCaptureFixture) -> None:
    """OCPP-J: complete the handshake without a subprotocol, then close."""
    door = Doorkeeper()
    async with listening(door) as server, dial(server, offer=("ocpp1.5",)) as charger:
        assert charger.subprotocol is None
        assert await Charger(charger).closed() == 1002
    assert door.diary == []
    assert "does not offer a version of OCPP that is spoken here" in caplog.text


@pytest.mark.parametrize(
    ("offer", "version", "spoken"),
    [
        (("ocpp2.0.1", "ocpp1.6"), Version.V16, "ocpp1.6"),
        (("ocpp1.6", "OCPP2.1"), Version.V21, "OCPP2.1"),
        ((), Version.V16, None),
    ],
)
async def test_a_charger_that_is_held_to_a_version_speaks_that(
    offer: tuple[str, ...], version: Version, spoken: str | None
) -> None:
    """Whichever it would rather speak; one that names none speaks 1.6."""
    door = Doorkeeper(version=version)
    async with listening(door) as server, dial(server, offer=offer) as charger:
        assert charger.subprotocol == spoken
        await beat(charger)
    assert door.diary[0][1].version is version
    assert door.puzzled == []


@pytest.mark.parametrize("offer", [("ocpp2.0.1", "ocpp1.6"), ()])
async def test_a_charger_that_does_not_offer_its_version_is_not_let_in(
    offer: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    """It is told by closing, as if it offered nothing that is spoken; the log tells that it offers another one."""
    door = Doorkeeper(version=Version.V21)
    async with listening(door) as server, dial(server, offer=offer) as charger:
        assert charger.subprotocol is None
        assert await Charger(charger).closed() == 1002
    assert door.diary == []
    assert door.puzzled == [("CP1", offer)]
    assert "does not offer the version of OCPP that it is held to" in caplog.text


async def test_who_waits_for_his_turn_may_not_speak_what_was_agreed_any_more() -> None:
    """The settings may have changed meanwhile."""
    door = Doorkeeper()
    async with listening(door) as server, dial(server) as first:
        await beat(first)
        async with dial(server) as second:
            await beat(second)
            async with dial(server) as third:
                door.version = Version.V21
                assert await Charger(third).closed() == 1008
    assert await door.read(4) == ["connected", "disconnected", "connected", "disconnected"]


async def test_a_server_without_16_closes_on_who_names_no_version() -> None:
    """Nothing is assumed that is not spoken."""
    dialects = {Version.V21: DIALECTS[Version.V21]}
    async with listening(dialects=dialects) as server, dial(server, offer=()) as charger:
        assert await Charger(charger).closed() == 1002


# Handshakes that are nearly right


async def shake(server: Server, target: str = "/CP1", headers: Mapping[str, str | None] | None = None) -> bytes:
    """The first line that answers a handshake; `headers` are other than usual, None takes one out."""
    usual = {
        "Host": "central",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "wP6PRZLaqnSK7nDSnINDiQ==",
        "Sec-WebSocket-Protocol": "ocpp1.6",
    }
    lines = [f"{name}: {value}" for name, value in {**usual, **(headers or {})}.items() if value is not None]
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write("\r\n".join([f"GET {target} HTTP/1.1", *lines, "", ""]).encode())
    async with asyncio.timeout(PATIENCE):
        answer = await reader.readline()
    writer.close()
    return answer


@pytest.mark.parametrize(
    ("headers", "mistake"),
    [
        ({"Connection": None}, "without asking for an upgrade"),
        ({"Connection": "keep-alive"}, "without asking for an upgrade"),
        ({"Sec-WebSocket-Protocol": ""}, "cannot be read"),
        ({"Sec-WebSocket-Protocol": "OCPP 1.6"}, "cannot be read"),
    ],
)
async def test_a_handshake_that_is_nearly_right_is_accepted_and_noted(
    headers: dict[str, str | None], mistake: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is plain that a WebSocket is wanted; who offers nothing that can be read is taken to speak 1.6."""
    door = Doorkeeper()
    async with listening(door) as server:
        for count in (1, 3):
            assert await shake(server, headers=headers) == b"HTTP/1.1 101 Switching Protocols\r\n"
            await door.read(count)
        session = door.diary[0][1]
        assert session.version is Version.V16
        assert session.counters.notes == {"handshake": 1}
    assert len([message for message in caplog.messages if mistake in message]) == 1


@pytest.mark.parametrize("headers", [{"Connection": "keep-alive, Upgrade"}, {"Sec-WebSocket-Protocol": "ocpp1.6 , x"}])
async def test_a_handshake_that_is_right_has_no_note(headers: dict[str, str | None]) -> None:
    """Lists are proper."""
    door = Doorkeeper()
    async with listening(door) as server:
        assert b" 101 " in await shake(server, headers=headers)
        await door.read(1)
        assert not door.diary[0][1].counters.notes


async def test_the_whole_url_may_stand_in_the_request() -> None:
    """Libraries of chargers were seen to send it."""
    async with listening() as server:
        assert b" 101 " in await shake(server, "ws://central:9016/ocpp/CP1")


@pytest.mark.parametrize("first", Version)
async def test_a_charger_may_speak_another_version_next_time(first: Version) -> None:
    """Some try one version for some seconds before the one that they stay with."""
    door = Doorkeeper()
    async with listening(door) as server:
        for version in (first, Version.V201, first):
            async with dial(server, offer=(version.value,)) as charger:
                await beat(charger)
    assert [session.version for _, session in door.diary[::2]] == [first, Version.V201, first]


# Pings


class Pongs:
    """Counts the pings that a charger answers, and can have it answer none any more."""

    def __init__(self, charger: ClientConnection) -> None:
        self._send = charger.protocol.send_frame
        self.mute = False
        self._count = 0
        self._answered = asyncio.Event()
        charger.protocol.send_frame = self._sent  # type: ignore[method-assign]

    def _sent(self, frame: WebSocketFrame) -> None:
        if frame.opcode is Opcode.PONG:
            self._count += 1
            self._answered.set()
            if self.mute:
                return
        self._send(frame)

    async def answered(self, count: int) -> None:
        """Wait until so many pings were answered, or would have been."""
        async with asyncio.timeout(PATIENCE):
            while self._count < count:
                self._answered.clear()
                await self._answered.wait()


async def test_a_charger_that_answers_pings_stays() -> None:
    """However little it says."""
    door = Doorkeeper()
    async with listening(door, pulse=Pulse(every=0.01, within=PATIENCE, silence=0)) as server, dial(server) as charger:
        await Pongs(charger).answered(5)
        await beat(charger)
        assert not door.diary[0][1].counters.notes


async def test_a_charger_that_answers_no_more_is_gone() -> None:
    """Its connection may stand for hours if nobody looks."""
    door = Doorkeeper()
    async with listening(door, pulse=Pulse(every=0.01, within=0.2, silence=60)) as server, dial(server) as charger:
        pongs = Pongs(charger)
        await pongs.answered(2)
        pongs.mute = True
        assert await Charger(charger).closed() == 1011
        assert await door.read(2) == ["connected", "disconnected"]


async def test_a_charger_may_go_with_a_ping_unanswered(caplog: pytest.LogCaptureFixture) -> None:
    """Nobody waits for the answer."""
    door = Doorkeeper()
    async with listening(door, pulse=Pulse(every=0.01, within=60, silence=60)) as server:
        async with dial(server) as charger:
            pongs = Pongs(charger)
            pongs.mute = True
            await pongs.answered(1)
        assert await door.read(2) == ["connected", "disconnected"]
    gc.collect()
    assert "never retrieved" not in caplog.text


async def test_a_charger_may_miss_a_ping() -> None:
    """This machine may have slept; then all pongs are late."""
    door = Doorkeeper()
    async with listening(door, pulse=Pulse(every=0.01, within=0.2, silence=0)) as server, dial(server) as charger:
        pongs = Pongs(charger)
        await pongs.answered(1)
        for count in (2, 4, 6):
            pongs.mute = True
            await pongs.answered(count)
            pongs.mute = False
            await pongs.answered(count + 1)
        await beat(charger)
        assert await door.read(1) == ["connected"]


async def test_a_charger_that_speaks_instead_of_answering_is_there() -> None:
    """Though it has answered before."""
    door = Doorkeeper()
    async with listening(door, pulse=Pulse(every=0.01, within=0.05, silence=0)) as server, dial(server) as charger:
        pongs = Pongs(charger)
        await pongs.answered(2)
        pongs.mute = True
        for count in range(3, 8):
            await pongs.answered(count)
            await beat(charger)
        assert await door.read(1) == ["connected"]


async def test_a_charger_that_has_answered_before_is_known_to() -> None:
    """On its next connection it is gone sooner than one of which nothing is known."""
    door = Doorkeeper()
    async with listening(door, pulse=Pulse(every=0.01, within=0.05, silence=60)) as server:
        async with dial(server) as charger:
            await Pongs(charger).answered(2)
        async with dial(server) as charger:
            Pongs(charger).mute = True
            assert await Charger(charger).closed() == 1011


async def test_a_charger_that_has_lost_the_habit_is_dropped_once() -> None:
    """An update of its firmware, or a proxy before it: it would be dropped every two minutes for ever."""
    door = Doorkeeper()
    async with listening(door, pulse=Pulse(every=0.01, within=0.05, silence=60)) as server:
        async with dial(server) as charger:
            await Pongs(charger).answered(2)
        async with dial(server) as charger:
            Pongs(charger).mute = True
            assert await Charger(charger).closed() == 1011
        async with dial(server) as charger:
            pongs = Pongs(charger)
            pongs.mute = True
            await pongs.answered(3)
            await door.read(5)
            session = door.diary[4][1]
            async with asyncio.timeout(PATIENCE):
                while session.counters.notes["pong"] < 5:
                    await beat(charger)


async def test_a_charger_that_answers_no_pings_stays_while_it_speaks(caplog: pytest.LogCaptureFixture) -> None:
    """Some never do. It is noted, and told once."""
    caplog.set_level(logging.INFO)
    door = Doorkeeper()
    async with listening(door, pulse=Pulse(every=0.01, within=0.01, silence=0.5)) as server, dial(server) as charger:
        Pongs(charger).mute = True
        await door.read(1)
        session = door.diary[0][1]
        async with asyncio.timeout(PATIENCE):
            while session.counters.notes["pong"] < 10:
                await beat(charger)
        assert len([line for line in caplog.messages if "does not answer pings" in line]) == 1
        assert await Charger(charger).closed() == 1011, "it says nothing any more"


@pytest.mark.parametrize("answer", [{"status": "Accepted"}, None])
async def test_a_charger_that_answers_no_pings_is_asked(answer: dict[str, str] | None) -> None:
    """When it has said nothing for a while; whatever it answers shows that it is there, and two silences that it is gone."""
    door = Doorkeeper()
    pulse = Pulse(every=0.01, within=0.3, quiet=0.02, silence=60)
    async with listening(door, pulse=pulse) as server, dial(server) as connection:
        Pongs(connection).mute = True
        charger = Charger(connection)
        for _ in range(3):
            _, number, action, payload = await charger.hear()
            assert (action, payload) == ("TriggerMessage", {"requestedMessage": "Heartbeat"})
            refused = [4, number, "NotImplemented", "", {}]
            await charger.say(*(refused if answer is None else [3, number, answer]))
        for _ in range(2):
            assert (await charger.hear())[2] == "TriggerMessage"
        assert await charger.closed() == 1011
        assert await door.read(2) == ["connected", "disconnected"]


async def test_a_charger_that_answers_nothing_is_asked_in_vain() -> None:
    """It is believed while it says something by itself."""
    door = Doorkeeper()
    pulse = Pulse(every=0.01, within=0.01, quiet=0, silence=60)
    async with listening(door, pulse=pulse) as server, dial(server) as connection:
        Pongs(connection).mute = True
        charger = Charger(connection)
        for _ in range(4):
            assert (await charger.hear())[2] == "TriggerMessage"
        assert await door.read(1) == ["connected"]


# Coming and going


async def test_coming_and_going_is_told() -> None:
    """`connected` before the first message, `disconnected` after the last."""
    door = Doorkeeper()
    async with listening(door) as server:
        async with dial(server) as charger:
            await beat(charger)
            assert await door.read(1) == ["connected"]
        assert await door.read(2) == ["connected", "disconnected"]
    assert len(door.desk.events) == 1


async def test_a_newcomer_replaces_the_older_connection() -> None:
    """The charger lost its connection without a word: `disconnected` of the old one, then `connected` of the new."""
    door = Doorkeeper()
    async with listening(door) as server, dial(server) as old:
        await beat(old)
        call = asyncio.create_task(door.diary[0][1].call(BACKGROUND))
        await Charger(old).hear()
        async with dial(server) as new:
            await beat(new)
            with pytest.raises(ConnectionLost):
                await call
            assert await Charger(old).closed() == 1000
            await beat(new)
            assert await door.read(3) == ["connected", "disconnected", "connected"]
        assert (await door.read(4))[3] == "disconnected"
    sessions = [session for _, session in door.diary]
    assert sessions[0] is sessions[1]
    assert sessions[2] is sessions[3]
    assert sessions[0] is not sessions[2]


async def test_a_stranger_does_not_replace_a_charger() -> None:
    """Who cannot present the password does not throw out who could."""
    door = Doorkeeper(passwords={"CP1": "right"})
    async with listening(door) as server, dial(server, authorization=basic("CP1", b"right")) as charger:
        await refusal(server, authorization=basic("CP1", b"wrong"))
        await beat(charger)
    assert [what for what, _ in door.diary] == ["connected", "disconnected"]


async def test_two_chargers_of_one_identity_replace_each_other_at_most_once_a_second() -> None:
    """Each dials again as soon as it is thrown out; the newest of those that wait is the next."""
    loop = asyncio.get_running_loop()
    door = Doorkeeper()
    async with listening(door) as server, dial(server) as first, dial(server) as second:
        await beat(second)
        replaced_at = loop.time()
        assert await Charger(first).closed() == 1000
        async with dial(server) as third, dial(server) as fourth:
            assert await Charger(third).closed() == 1000, "a newer one waits in its place"
            await beat(second)
            assert await Charger(second).closed() == 1000
            await beat(fourth)
            assert loop.time() - replaced_at > 0.9
            assert await door.read(5) == ["connected", *["disconnected", "connected"] * 2]


async def test_who_waits_is_judged_again() -> None:
    """The password may have changed meanwhile."""
    door = Doorkeeper(passwords={"CP1": "right"})
    key = basic("CP1", b"right")
    async with (
        listening(door) as server,
        dial(server, authorization=key) as first,
        dial(server, authorization=key) as second,
    ):
        await beat(second)
        assert await Charger(first).closed() == 1000
        async with dial(server, authorization=key) as third:
            door.passwords["CP1"] = "another"
            assert await Charger(third).closed() == 1008
        await beat(second)


async def test_who_goes_while_it_waits_replaces_nobody() -> None:
    """The charger that is served stays, until the next one's turn has come."""
    door = Doorkeeper()
    async with listening(door) as server, dial(server) as first, dial(server) as second:
        await beat(second)
        assert await Charger(first).closed() == 1000
        async with dial(server):
            pass
        await beat(second)
        async with dial(server) as fourth:
            await beat(fourth)
            assert await door.read(5) == ["connected", *["disconnected", "connected"] * 2]


async def test_stopping_does_not_wait_for_a_turn() -> None:
    """Who waits is told as well."""
    async with listening() as server, dial(server), dial(server) as second:
        await beat(second)
        async with dial(server) as third:
            await server.stop()
            assert await Charger(third).closed() == 1001


async def test_a_dead_older_connection_does_not_hold_up_the_newcomer() -> None:
    """The old socket does not answer the close; nobody waits for that."""
    async with listening() as server, dial(server) as old:
        await beat(old)
        old.transport.pause_reading()
        async with dial(server) as new:
            await beat(new)
        old.transport.abort()


async def test_each_charger_has_its_own_session() -> None:
    """Two identities do not meet."""
    door = Doorkeeper(passwords={"CP1": None, "CP2": None})
    async with listening(door) as server, dial(server) as one, dial(server, "/CP2") as two:
        await beat(one)
        await beat(two)
    assert {session.charger_id for _, session in door.diary} == {"CP1", "CP2"}


async def test_relaxed_is_the_chargers_setting() -> None:
    """What `admit` says decides about odd payloads."""
    for relaxed, kind in ((True, 3), (False, 4)):
        async with listening(Doorkeeper(relaxed=relaxed)) as server, dial(server) as charger:
            answer = await Charger(charger).ask(2, "1", "Heartbeat", {"extra": 1})
            assert answer[0] == kind


async def test_the_clock_is_utc_by_default() -> None:
    """Without a clock of its own the server tells the time of the machine, in UTC."""
    server = Server(Doorkeeper(), DIALECTS, load())
    await server.start("127.0.0.1", 0)
    async with dial(server) as charger:
        answer = await beat(charger)
        assert answer[2]["currentTime"].endswith("+00:00")
    await server.stop()


async def test_oddities_are_told_once_over_reconnects(caplog: pytest.LogCaptureFixture) -> None:
    """A charger that reconnects every minute does not fill the log."""
    caplog.set_level(logging.INFO)
    async with listening() as server:
        for _ in range(3):
            async with dial(server) as charger:
                await Charger(charger).ask(2, "1", "Heartbeat", {"extra": 1})
    assert len([message for message in caplog.messages if "extra" in message]) == 1


async def test_a_message_of_some_mebibytes_is_taken() -> None:
    """A 1.6 StopTransaction with a night's samples must not be refused for its length."""
    async with listening() as server, dial(server) as charger:
        await charger.send(json.dumps([2, "1", "Heartbeat", {"extra": "x" * 3_500_000}]))
        assert (await Charger(charger).hear())[0] == 3


async def test_an_endless_message_ends_the_connection() -> None:
    """1009, and whoever waits for the charger knows."""
    door = Doorkeeper()
    async with listening(door) as server, dial(server) as charger:
        await charger.send("x" * 5_000_000)
        assert await Charger(charger).closed() == 1009
        assert (await door.read(2))[1] == "disconnected"


# Starting and stopping


async def test_an_address_in_use_is_an_error_of_the_caller() -> None:
    """OSError comes through, so that a form can say it."""
    async with listening() as server:
        second = Server(Doorkeeper(), DIALECTS, load())
        with pytest.raises(OSError, match="in use"):
            await second.start("127.0.0.1", server.port)
        await second.stop()
        with pytest.raises(RuntimeError):
            assert second.port


async def test_stopping_says_goodbye_and_frees_the_port() -> None:
    """1001 to all chargers, `disconnected` for all of them, and the port can be had again at once."""
    door = Doorkeeper(passwords={"CP1": None, "CP2": None})
    server = Server(door, DIALECTS, load())
    await server.start("127.0.0.1", 0)
    port = server.port
    async with dial(server) as one, dial(server, "/CP2") as two:
        await beat(one)
        await beat(two)
        stopping = asyncio.create_task(server.stop())
        assert await Charger(one).closed() == GOING_AWAY
        assert await Charger(two).closed() == GOING_AWAY
        await stopping
    assert [what for what, _ in door.diary].count("disconnected") == len(door.passwords)
    await server.stop()
    again = Server(door, DIALECTS, load())
    await again.start("127.0.0.1", port)
    async with dial(again) as charger:
        await beat(charger)
    await again.stop()


async def test_stopping_waits_for_replaced_connections() -> None:
    """A connection that is just being closed for a newer one does not outlive the server."""
    async with listening() as server, dial(server) as old:
        await beat(old)
        old.transport.pause_reading()
        async with dial(server) as new:
            await beat(new)
            old.transport.resume_reading()


async def test_a_charger_that_reads_nothing_does_not_hold_up_the_stop() -> None:
    """Its buffers are full, so not even the close reaches it: the connection is cut."""
    door = Doorkeeper()
    server = Server(door, DIALECTS, load())
    await server.start("127.0.0.1", 0)
    async with dial(server) as charger:
        await beat(charger)
        charger.transport.pause_reading()
        beyond_all_buffers = {"vendorId": "V", "data": "x" * 32_000_000}
        request = Request(action="DataTransfer", payload=beyond_all_buffers)
        call = asyncio.create_task(door.diary[0][1].call(request))
        await asyncio.sleep(0)
        async with asyncio.timeout(2 * CLOSE_TIMEOUT):
            await server.stop()
        with pytest.raises(ConnectionLost):
            await call
        charger.transport.abort()


# What is no charger


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"",
        b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\n",
        b"GET /favicon.ico HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /CP1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
        b"GET /CP1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n",
    ],
)
async def test_port_scanners_leave_no_traceback(request_bytes: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """Browsers, TLS clients, garbage: an HTTP answer at most, nothing above debug in the log, nobody admitted."""
    door = Doorkeeper()
    async with listening(door) as server:
        answer = await raw(server, request_bytes)
        async with dial(server) as charger:
            await beat(charger)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4")
    loud = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    # asyncio's debug mode complains about a busy machine
    assert [message for message in loud if not message.startswith("Executing")] == []
    assert [what for what, _ in door.diary] == ["connected", "disconnected"]


async def test_a_browser_is_told_what_this_is() -> None:
    """426 for a request that is no upgrade; the reception is not asked, so it does not look like a charger."""
    door = Doorkeeper()
    async with listening(door) as server:
        answer = await raw(server, b"GET /CP1 HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 426")
    assert door.asked == []


async def test_the_log_has_no_frames(caplog: pytest.LogCaptureFixture) -> None:
    """Frames carry id tokens: they are not logged even where everything of ours is set to debug."""
    logger = logging.getLogger("custom_components.ocpp_central")
    logger.setLevel(logging.DEBUG)
    try:
        async with listening() as server, dial(server) as charger:
            await charger.send(json.dumps([2, "1", "Authorize", {"idTag": "T0KEN"}]))
            await charger.recv()
    finally:
        logger.setLevel(logging.NOTSET)
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("custom_components")]
    assert ours
    assert not any("T0KEN" in message for message in ours)


async def test_a_fault_in_admitting_is_a_500(caplog: pytest.LogCaptureFixture) -> None:
    """Ours, so it is logged; the listener lives."""
    door = Doorkeeper(fault=LookupError("a fault of ours"))
    async with listening(door) as server:
        assert (await refusal(server)).response.status_code == 500
        door.fault = None
        async with dial(server) as charger:
            await beat(charger)
    assert "Could not judge" in caplog.text


async def test_a_caller_who_is_let_in_while_we_leave_does_no_harm() -> None:
    """A connection that is accepted in the same turn in which the server stops is no error of the event loop's."""
    loop = asyncio.get_running_loop()
    faults: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: faults.append(context))
    async with listening(Doorkeeper()) as server:
        callers = [socket.socket() for _ in range(5)]
        for caller in callers:
            caller.connect(("127.0.0.1", server.port))
        await asyncio.sleep(0)  # they are accepted, and not yet served
        await server.stop()
    for caller in callers:
        caller.close()
    assert faults == []
