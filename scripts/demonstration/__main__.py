"""The demo as a command: its options, what runs, in which order, and how all of it ends.

Must not know how Home Assistant is spoken to.
"""

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
import signal
import sys
import time

import aiohttp

from .client import HomeAssistantClient
from .directory import write_configuration
from .errors import DemoError
from .programs import Program, free_port, is_free, locked
from .setup import (
    CHARGERS,
    PASSWORD,
    USER,
    DemoCharger,
    connected,
    enter,
    make_central_system,
    make_chargers,
    make_dashboard,
    stay_offline,
)

CHECKOUT = Path(__file__).resolve().parents[2]
HTTP_HOST = "127.0.0.1"
"""Home Assistant listens here alone: its login is no secret, and who is logged in can run programs on this machine."""

HTTP_PORT = 8123
CENTRAL_HOST = "0.0.0.0"  # noqa: S104  as in every new installation: real chargers may be tried, too
CENTRAL_PORT = 9016
RESTART = 100
"""The exit code with which Home Assistant asks to be started again (`homeassistant.const.RESTART_EXIT_CODE`)."""

START_LIMIT = 300  # seconds


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo until it is stopped; the exit code is 0, or 1 where it could not start or something of it died."""
    options = _parser().parse_args(arguments)
    problems: Sequence[BaseException] = ()
    try:
        with locked(options.config) as lock:
            asyncio.run(_until_stopped(options, lock))
    except* (DemoError, aiohttp.ClientError) as errors:
        problems = errors.exceptions
    for problem in problems:
        print(f"\n{problem}", file=sys.stderr)
    return 1 if problems else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="Starts a real Home Assistant with OCPP Central System, two simulated chargers and a dashboard, "
        "and prints its address and login when everything is ready. Ctrl-C ends all of it. The next start goes on "
        "with the same data.",
    )
    parser.add_argument(
        "--port",
        type=_port,
        help=f"of Home Assistant's pages, on this machine alone (default: {HTTP_PORT}, or the next one that is free)",
    )
    parser.add_argument(
        "--config",
        type=Path,
        default=CHECKOUT / "build" / "demo",
        metavar="DIR",
        help="where data and logs are kept (default: build/demo); delete it to begin anew",
    )
    parser.add_argument("--no-chargers", action="store_true", help="simulate no chargers")
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:  # noqa: PLR2004  TCP's ports
        raise argparse.ArgumentTypeError(f"{text} is no port")
    return int(text)


async def _until_stopped(options: argparse.Namespace, lock: int) -> None:
    """Run the demo until a signal asks for its end. Raises a group of errors if something of it fails."""
    demo = asyncio.create_task(_demo(options, lock))

    def end() -> None:
        # Only once: a second signal must not cut the ending short.
        if not demo.cancelling():
            demo.cancel()
            with suppress(BrokenPipeError):  # whoever read it may be gone, for example `| head`
                print("\nEnding ...", flush=True)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, end)
    await asyncio.wait({demo})
    if not demo.cancelled():
        await demo


async def _demo(options: argparse.Namespace, lock: int) -> None:
    started = time.monotonic()
    directory = options.config.resolve()
    port = _http_port(options.port)
    url = f"http://{HTTP_HOST}:{port}"
    chargers = () if options.no_chargers else CHARGERS
    write_configuration(directory, CHECKOUT / "custom_components" / "ocpp_central", HTTP_HOST, port)
    print(f"Starting Home Assistant on {url} ...", flush=True)
    async with asyncio.TaskGroup() as programs:
        programs.create_task(_keep_running(_home_assistant(directory), lock))
        try:
            async with asyncio.timeout(START_LIMIT), aiohttp.ClientSession(url) as session:
                client = HomeAssistantClient(session, url)
                await enter(client)
                entry_id, central_port = await make_central_system(
                    client, CENTRAL_HOST, free_port(CENTRAL_HOST, CENTRAL_PORT)
                )
                await make_chargers(client, entry_id, chargers)
                for charger in chargers:
                    programs.create_task(_keep_running(_charger(directory, charger, central_port), lock))
                if chargers:
                    await make_dashboard(client, await connected(client, chargers))
                await stay_offline(client)
                await client.log_out()
        except TimeoutError:
            raise DemoError(
                f"Nothing came of it in {START_LIMIT} seconds; the logs in {directory} may tell why."
            ) from None
        _tell(url, central_port, directory, time.monotonic() - started)


def _http_port(wanted: int | None) -> int:
    if wanted is None:
        return free_port(HTTP_HOST, HTTP_PORT)
    if not is_free(HTTP_HOST, wanted):
        raise DemoError(
            f"Port {wanted} is used by another program, or not open to you. Choose another one with --port."
        )
    return wanted


async def _keep_running(program: Program, lock: int) -> None:
    """Run a program of the demo, again whenever it asks for that; raises `DemoError` when it ends."""
    while (code := await program.run(lock)) == RESTART:
        print(f"{program.name} restarts, and is back in a few seconds.", flush=True)
    raise DemoError(
        f"{program.name} has ended (exit code {code}), and so does the demo. Its last words:\n{program.tail()}"
    )


def _home_assistant(directory: Path) -> Program:
    return Program(
        name="Home Assistant",
        # All that it needs is in the environment: it shall not fetch anything.
        command=[sys.executable, "-m", "homeassistant", "--config", str(directory), "--skip-pip"],
        directory=directory,
        log=directory / "console.log",
    )


def _charger(directory: Path, charger: DemoCharger, port: int) -> Program:
    return Program(
        name=f"The simulated charger {charger.name}",
        command=[
            *(sys.executable, "-u", "-m", "tests.charger"),
            *("--url", f"ws://127.0.0.1:{port}"),
            *("--identity", charger.identity),
            *("--version", charger.version),
            *("--connectors", str(charger.connectors)),
            *("--state", str(directory / f"{charger.identity}.json")),
        ],
        directory=CHECKOUT,
        log=directory / f"{charger.identity}.log",
    )


def _tell(url: str, central_port: int, directory: Path, seconds: float) -> None:
    print(
        f"Ready after {seconds:.0f} seconds.\n\n"
        f"  {url}    login: {USER}, password: {PASSWORD}\n\n"
        f"From another computer: ssh -L 8123:{url.removeprefix('http://')} <this one>, then http://127.0.0.1:8123\n"
        f"More chargers can dial ws://<address of this machine>:{central_port}/<identity>\n"
        f"Data and logs: {directory}\n"
        "Ctrl-C ends everything.",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
