"""The simulated charger from the command line: options, scripts, signals."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
import signal
import sys

import pytest

from .behaviour import Behaviour
from .central import Central
from .command import behaviour_of
from .desk import V16_ONLY

_ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def _running(central: Central, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.charger",
        *("--url", central.url, "--version", str(central.version), *arguments),
        cwd=_ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_script_from_standard_input(central: Central) -> None:
    """Lines are carried out in order; `quit` ends the command with success."""
    script = "ready\n# a comment\n\nplug 1\ntoken 1 04A2B3\nmeter 1\nshow\nstop 1\nunplug 1\nquit\n"
    async with _running(central, "--identity", "cli", "--script", "-", "--connectors", "2") as process:
        out, err = await asyncio.wait_for(process.communicate(script.encode()), 30)
    assert (process.returncode, err) == (0, b"")
    assert b"accepted" in out
    assert b"cli: boot: Accepted" in out
    assert b"04A2B3" not in out
    assert central.handshakes[0]["path"] == "/cli"


@V16_ONLY
async def test_script_from_a_file(central: Central, tmp_path: Path) -> None:
    """Every command can be used in a file."""
    script = tmp_path / "script"
    script.write_text(
        "ready 10\nstart 1 04A2B3\nstatus 1 Faulted\nstatus 1 Available\ndrop\nready\noffline 0.01\nready\n"
        "offline\nonline\nready\nreboot\nwait 0.1\nready\nhelp\nshow\nquit\n"
    )
    async with _running(central, "--script", str(script), "--verbose") as process:
        out, err = await asyncio.wait_for(process.communicate(), 30)
    assert (process.returncode, err) == (0, b"")
    assert b"<- [3" in out
    assert central.payloads("StopTransaction")[0]["reason"] == "Other"


@V16_ONLY
@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("fly 1", b"unknown command fly; known are plug"),
        ("plug", b"usage: plug CONNECTOR"),
        ("plug 7", b"no connector 7: this charger has 1"),
        ("wait_for Nothing 0.1", b"waited 0.1 s for Nothing"),
    ],
)
async def test_bad_line_ends_a_script(central: Central, line: str, says: bytes) -> None:
    """A line that cannot be carried out ends the script with an error that tells what would be right."""
    async with _running(central, "--script", "-") as process:
        _, err = await asyncio.wait_for(process.communicate(f"{line}\n".encode()), 30)
    assert process.returncode == 1
    assert says in err


@V16_ONLY
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_signal_switches_it_off(central: Central, number: signal.Signals) -> None:
    """Without script and keyboard it runs until a signal, and then ends cleanly."""
    async with _running(central) as process:
        assert process.stdout is not None
        async with asyncio.timeout(30):
            while b"boot: Accepted" not in await process.stdout.readline():
                pass
        process.send_signal(number)
        _, err = await asyncio.wait_for(process.communicate(), 10)
    assert (process.returncode, err) == (0, b"")


@V16_ONLY
async def test_bad_switch_is_an_error(central: Central) -> None:
    """An unknown switch ends the command before it dials."""
    async with _running(central, "--set", "nonsense=1") as process:
        _, err = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 1
    assert b"nonsense=1: SWITCH=VALUE with one of vendor" in err


def test_switches_are_read_as_json_or_words() -> None:
    """Switches take JSON values, words, and seconds where a duration is meant."""
    settings = ["enforces=false", "expires=never", "clock_skew=90", 'reserve_answer=["Occupied", "Accepted"]']
    assert behaviour_of(settings) == Behaviour(
        enforces=False, expires="never", clock_skew=timedelta(seconds=90), reserve_answer=["Occupied", "Accepted"]
    )
    with pytest.raises(ValueError, match="true or false"):
        behaviour_of(["enforces=perhaps"])
