"""How a charger dials in, insists, and what it says to its users about it."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
import gc
from http import HTTPStatus
import json
from pathlib import Path

from ocpp.exceptions import OCPPError
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from . import Behaviour, CallFailed, ConnectionDropped, InvalidAnswer, NoAnswer, SimulatedCharger, Version
from .central import Central
from .clock import Clock
from .desk import Desk

type Make = Callable[..., Awaitable[SimulatedCharger]]


async def test_password_is_sent_with_the_identity_as_user(central: Central, charger_of: Make) -> None:
    """HTTP Basic carries the identity and the password (OCPP-J 6.2.2)."""
    await charger_of(password="secret")
    scheme, credentials = central.handshakes[0]["authorization"].split()
    assert (scheme, base64.b64decode(credentials)) == ("Basic", b"A 1:secret")


async def test_refused_connection_is_tried_again(clock: Clock) -> None:
    """An HTTP refusal is kept for the users to see, and the charger goes on trying."""
    attempts: list[str] = []

    def refuse(connection: ServerConnection, request: Request) -> Response:
        attempts.append(request.path)
        return connection.respond(HTTPStatus.UNAUTHORIZED, "no")

    async def never(_: ServerConnection) -> None:
        """No connection comes through."""

    async with serve(never, "127.0.0.1", 0, process_request=refuse) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with SimulatedCharger(url, "A", clock=clock) as charger:
            await charger.wait_for(lambda: len(attempts) > 1)
            assert charger.refused == HTTPStatus.UNAUTHORIZED
            assert not charger.is_connected


async def test_charger_waits_for_a_central_system(central: Central, clock: Clock) -> None:
    """A charger that finds nobody goes on trying, and everything at it works meanwhile."""
    nobody = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = nobody.sockets[0].getsockname()[1]
    nobody.close()
    await nobody.wait_closed()
    async with SimulatedCharger(f"ws://127.0.0.1:{port}", "A", version=central.version, clock=clock) as charger:
        assert await charger.start(1, "04A2B3")
        assert charger.pending
        with pytest.raises(ConnectionDropped):
            await charger.heartbeat()
        with pytest.raises(TimeoutError):
            await charger.connected(timeout=0.01)


async def test_boot_is_repeated_until_accepted(central: Central, charger_of: Make) -> None:
    """While the boot is Pending or Rejected nothing else is said; it is repeated at the interval given, 0 = the charger's own."""
    answers = iter(["Rejected", "Pending"])

    def boot(_: object) -> dict[str, object]:
        return {"currentTime": "2026-11-21T12:00:00Z", "interval": 0, "status": next(answers, "Accepted")}

    central.rules["BootNotification"] = boot
    charger = await charger_of(wait=False)
    await charger.wait_for(lambda: len(charger.sent) == 1)
    await charger.plug(1)
    await charger.ready()
    assert central.actions[:4] == ["BootNotification"] * 3 + ["StatusNotification"]


@pytest.mark.parametrize(("policy", "evses"), [("changed", 1), ("all", 2), ("none", 0)])
async def test_statuses_after_a_reconnect(central: Central, charger_of: Make, policy: str, evses: int) -> None:
    """A mere reconnect brings the statuses that changed; some chargers send all of them, or none."""
    charger = await charger_of(behaviour=Behaviour(statuses_after_reconnect=policy))  # type: ignore[arg-type]
    await charger.go_offline()
    central.received.clear()
    await charger.plug(1)
    charger.go_online()
    await charger.ready()
    assert central.actions == ["StatusNotification"] * evses
    assert charger.connections == 2


async def test_calls_of_a_test(central: Central, charger_of: Make) -> None:
    """`call` gives the wire payload of the answer, and one exception for each way to fail."""
    charger = await charger_of(answer_timeout=0.1)
    assert set(await charger.heartbeat()) == {"currentTime"}
    central.rules["DataTransfer"] = lambda _: {"status": "Accepted", "data": "x"}
    assert await charger.call("DataTransfer", {"vendorId": "X"}) == {"status": "Accepted", "data": "x"}
    central.rules["Heartbeat"] = lambda _: {"code": "RpcFrameworkError"}
    with pytest.raises(CallFailed) as failed:
        await charger.heartbeat()
    assert failed.value.code == "RpcFrameworkError"
    central.rules["Heartbeat"] = lambda _: None
    with pytest.raises(NoAnswer):
        await charger.heartbeat()
    central.rules["Heartbeat"] = lambda _: {"currentTime": 5}
    with pytest.raises(InvalidAnswer):
        await charger.heartbeat()
    assert charger.complaints
    with pytest.raises(OCPPError):
        await charger.call("Heartbeat", {"nonsense": 1})
    assert [sent.error for sent in charger.sent[-4:-1]] == ["RpcFrameworkError", "no answer", "invalid answer"]
    central.problems.clear()


async def test_call_fails_with_its_connection(central: Central, charger_of: Make) -> None:
    """A call that is under way fails at once when the connection drops."""
    charger = await charger_of()
    central.rules["Heartbeat"] = lambda _: None
    calling = asyncio.create_task(charger.heartbeat())
    await charger.wait_for(lambda: "Heartbeat" in central.actions)
    await charger.drop()
    with pytest.raises(ConnectionDropped):
        await calling


@pytest.mark.parametrize("turns", range(6))
async def test_call_given_up_as_its_connection_ends_leaves_no_exception(central: Central, turns: int) -> None:
    """In whatever order a call and its caller meet their ends, no exception is left that nobody has looked at."""
    unseen: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unseen.append(context))
    careless = Behaviour(checks_itself=False)  # whose calls wait for no thread, so that turns can be counted
    async with SimulatedCharger(central.url, "A 1", version=central.version, behaviour=careless) as charger:
        await charger.ready()
        dropping = asyncio.create_task(charger.drop())
        calling = asyncio.create_task(charger.heartbeat())
        for _ in range(turns):
            await asyncio.sleep(0)
        calling.cancel()
        await asyncio.gather(dropping, calling, return_exceptions=True)
    del charger, dropping, calling
    gc.collect()
    assert unseen == []


@pytest.mark.parametrize("version", [Version.V21], indirect=True)
async def test_names_that_the_package_damages_stay_whole(central: Central, charger_of: Make) -> None:
    """Keys go out as the specification spells them, also those that the package's conversion would change."""
    charger = await charger_of()
    custom = {"customData": {"vendorId": "X", "mySOCKey_L2": 1}}
    await charger.call("Heartbeat", custom)
    assert central.payloads("Heartbeat") == [custom]


async def test_wait_that_fails_tells_what_is_missing(charger_of: Make) -> None:
    """A wait that ends in vain names what was waited for and what was seen."""
    charger = await charger_of()
    with pytest.raises(TimeoutError, match=r"waited 0\.01 s for ReserveNow"):
        await charger.wait_for("ReserveNow", timeout=0.01)
    with pytest.raises(ValueError, match="no connector 9: this charger has 1, 2"):
        await charger.plug(9)


async def test_memory_outlives_the_charger(central: Central, clock: Clock, tmp_path: Path) -> None:
    """Holds, the meters and unanswered messages are kept over a restart; a running transaction ends with PowerLoss."""
    state_file = tmp_path / "state.json"
    facts = {"version": central.version, "clock": clock, "state_file": state_file, "connectors": 2}
    async with SimulatedCharger(central.url, "A 1", **facts) as charger:  # type: ignore[arg-type]
        await charger.ready()
        await Desk(central, clock).reserve(7, 1, minutes=600)
        await charger.start(2, "04A2B3")
        clock.forward(hours=1)
        await charger.meter(2)
    kept = json.loads(state_file.read_text())
    assert [hold["id"] for hold in kept["holds"]] == [7]
    central.received.clear()
    async with SimulatedCharger(central.url, "A 1", **facts) as charger:  # type: ignore[arg-type]
        await charger.ready()
        assert charger.statuses == {1: "Reserved", 2: "Available"}
        assert charger.evses[2].energy_wh == 7360
    if central.version is Version.V16:
        [stop] = central.payloads("StopTransaction")
        assert (stop["transactionId"], stop["reason"]) == (1, "PowerLoss")
    else:
        [event] = central.payloads("TransactionEvent")
        assert (event["seqNo"], event["transactionInfo"]["stoppedReason"]) == (3, "PowerLoss")


async def test_foreign_state_file_is_refused(tmp_path: Path) -> None:
    """A file that is no state is not overwritten but refused."""
    state_file = tmp_path / "state.json"
    state_file.write_text('{"some": "thing"}')
    charger = SimulatedCharger("ws://127.0.0.1:1", "A", state_file=state_file)
    with pytest.raises(ValueError, match="not the state of a simulated charger"):
        await charger.__aenter__()
