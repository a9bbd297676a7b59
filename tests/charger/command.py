"""The simulated charger as a command: its options, its log, where its script comes from, how it ends.

It must not know what a charger does.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import fields
from datetime import timedelta
import json
import logging
import os
from pathlib import Path
import signal
import sys
from typing import Any

from .behaviour import Behaviour
from .charger import SimulatedCharger
from .model import Version
from .script import BadLine, Quit, describe, run_line

_DESCRIPTION = """\
A simulated charger that dials a central system over OCPP-J and does what a person or a script tells it.
Without a script, lines are read from the keyboard; without a keyboard it just runs. Ctrl-C or SIGTERM switches it off.
After the end of a script it goes on running until it is switched off, unless the script says `quit`.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 0, or 1 where a script could not be carried out."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%H:%M:%S", stream=sys.stdout, level=logging.WARNING)
    logging.getLogger(__package__).setLevel(logging.DEBUG if options.verbose else logging.INFO)
    return asyncio.run(_run(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.charger",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=_DESCRIPTION,
        epilog=f"lines of a script, or of the keyboard:\n{describe()}\n\nswitches for --set:\n{_describe_switches()}",
    )
    parser.add_argument("--url", default="ws://127.0.0.1:9016", help="the central system (default: %(default)s)")
    parser.add_argument(
        "--identity", default="simulated", help="the charger's name, last part of its URL (default: %(default)s)"
    )
    parser.add_argument(
        "--version", type=Version, choices=list(Version), default=Version.V16, help="of OCPP (default: %(default)s)"
    )
    parser.add_argument("--connectors", type=int, default=1, help="how many (default: %(default)s)")
    parser.add_argument("--password", help="for HTTP Basic; the user is the identity")
    parser.add_argument(
        "--state", type=Path, metavar="FILE", help="keeps holds and unsent transactions over a restart (JSON)"
    )
    parser.add_argument("--script", metavar="FILE", help="lines to carry out; - reads them from standard input")
    parser.add_argument(
        "--meter-interval", type=float, default=15, metavar="SECONDS", help="between readings (default: %(default)s)"
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="SWITCH=VALUE", help="change how the charger behaves, see below"
    )
    parser.add_argument("--verbose", action="store_true", help="show every frame")
    return parser


def behaviour_of(settings: Sequence[str]) -> Behaviour:
    """The behaviour that `SWITCH=VALUE` settings describe; values are JSON, or else words. Raises `ValueError`."""
    known = {field.name: field for field in fields(Behaviour)}
    values: dict[str, Any] = {}
    for setting in settings:
        name, separator, text = setting.partition("=")
        if name not in known or not separator:
            raise ValueError(f"{setting}: SWITCH=VALUE with one of {', '.join(known)}")
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        default = known[name].default
        if isinstance(default, timedelta):
            value = timedelta(seconds=value)
        elif isinstance(default, bool) and text not in {"true", "false"}:
            raise ValueError(f"{setting}: true or false")
        values[name] = value
    return Behaviour(**values)


def _describe_switches() -> str:
    return "\n".join(f"  {field.name}: {field.metadata['about']}" for field in fields(Behaviour))


async def _run(options: argparse.Namespace) -> int:
    try:
        charger = SimulatedCharger(
            options.url,
            options.identity,
            version=options.version,
            connectors=options.connectors,
            password=options.password,
            behaviour=behaviour_of(options.set),
            state_file=options.state,
            meter_interval=options.meter_interval,
        )
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    async with charger:
        work = asyncio.create_task(_follow(charger, options.script))
        end = asyncio.create_task(ended.wait())
        await asyncio.wait({work, end}, return_when=asyncio.FIRST_COMPLETED)
        failed = work.done() and work.result()
        end.cancel()
        work.cancel()
        await asyncio.gather(work, end, return_exceptions=True)
    return 1 if failed else 0


async def _follow(charger: SimulatedCharger, script: str | None) -> bool:
    """Carry out the script or the keyboard's lines; True after a bad line of a script, never returns without `quit`."""
    is_keyboard = script is None and sys.stdin.isatty()
    try:
        if script is not None or is_keyboard:
            async with _lines(script) as lines:
                async for line in lines:
                    if not await _carry_out(charger, line) and not is_keyboard:
                        return True
        await asyncio.Event().wait()
    except Quit:
        pass  # as asked
    return False


async def _carry_out(charger: SimulatedCharger, line: str) -> bool:
    try:
        shown = await run_line(charger, line)
    except (BadLine, TimeoutError) as error:
        sys.stderr.write(f"{error}\n")
        return False
    if shown is not None:
        sys.stdout.write(f"{shown}\n")
        sys.stdout.flush()
    return True


@asynccontextmanager
async def _lines(script: str | None) -> AsyncIterator[AsyncIterator[str]]:
    if script is not None and script != "-":
        text = await asyncio.to_thread(Path(script).read_text)
        yield _each(text.splitlines())
        return
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    terminal = os.dup(sys.stdin.fileno())
    try:
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    except ValueError:  # standard input is a plain file, which no event loop watches
        yield _each((await asyncio.to_thread(sys.stdin.read)).splitlines())
        return
    try:
        yield _read(reader)
    finally:
        transport.close()
        os.set_blocking(terminal, True)  # it outlives this command
        os.close(terminal)


async def _each(lines: Sequence[str]) -> AsyncIterator[str]:
    for line in lines:
        yield line


async def _read(reader: asyncio.StreamReader) -> AsyncIterator[str]:
    while line := await reader.readline():
        yield line.decode(errors="replace")
