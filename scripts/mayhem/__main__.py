"""The command: so many rounds, a line for each, and the count.

Must not know what happens in a round.
"""

import argparse
import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
import random
import secrets
import shutil
import signal
import sys
import time

import aiohttp

from demonstration.errors import DemoError
from demonstration.programs import free_port
from demonstration.setup import DemoCharger
from tests.charger import SimulatedCharger, Version

from .home import LOCALHOST, ROOT, Home, HomeError
from .rounds import Report, play
from .subjects import ROUNDS, Subject, subjects
from .world import World

CHARGERS = (
    DemoCharger(identity="old", name="Old", version="1.6", connectors=4),
    DemoCharger(identity="new", name="New", version="2.0.1", connectors=4),
    DemoCharger(identity="small", name="Small", version="2.1", connectors=2),
)
_FIRST_PORTS = range(20_000, 30_000)
"""Below those that systems give to outgoing connections, one of which could take a port while nobody listens there."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out the command line; the exit code is 0 if every round was good."""
    options = _parser().parse_args(arguments)
    folder = (options.folder / f"chaos-{options.seed:08x}").resolve()
    if folder.exists():
        shutil.rmtree(folder)
    print(f"{options.rounds} rounds, seed {options.seed:#010x}, files in {folder}", flush=True)
    try:
        bad = asyncio.run(_play_all(options.rounds, options.seed, folder))
    except asyncio.CancelledError:
        return 130
    except (HomeError, DemoError, aiohttp.ClientError, TimeoutError) as error:
        print(f"No further round is possible: {error or type(error).__name__}", file=sys.stderr)
        print(f"0 passed, 1 failed; seed {options.seed:#010x}, files in {folder}")
        return 1
    if not bad:
        shutil.rmtree(folder)
    print(f"{options.rounds} rounds: {options.rounds - bad} good, {bad} bad", flush=True)
    if bad:
        print(f"What happened: {folder}; again: scripts/chaos --rounds {options.rounds} --seed {options.seed:#010x}")
    print(f"{options.rounds - bad} passed, {bad} failed")
    return 1 if bad else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/chaos",
        description="Kills a real Home Assistant (SIGKILL) at random moments of reserving, cancelling, using, changing, "
        "beginning and expiring, starts it again, and looks whether a reservation is lost, doubled or resurrected, "
        "whether a transaction id repeats, and whether the chargers' holds agree after one reconnect. About ten "
        "seconds a round.",
    )
    parser.add_argument(
        "--rounds",
        type=int,
        default=ROUNDS,
        help=f"how often it is killed; {ROUNDS} go through everything, with whatever seed (default {ROUNDS})",
    )
    parser.add_argument(
        "--seed",
        type=lambda text: int(text, 0),
        default=secrets.randbits(32),
        help="of all that is random here, printed by each run; times still differ (default: another one each time)",
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=ROOT / "build",
        help="where files are kept, after a bad round for good (default %(default)s)",
    )
    return parser


async def _play_all(rounds: int, seed: int, folder: Path) -> int:
    """Play all rounds; how many were bad. A signal that asks for the end cancels it."""
    _end_on_signals()
    # By chance, but not by the seed's: two runs at once must not meet.
    web_port = free_port(LOCALHOST, secrets.choice(_FIRST_PORTS))
    home = Home(folder, web_port, free_port(LOCALHOST, web_port + 1))
    home.prepare()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(home.kill)
        chargers = {each.identity: await stack.enter_async_context(_charger(each, home)) for each in CHARGERS}
        await home.furnish(CHARGERS)
        world = World(home=home, chargers=chargers, dice=random.Random(), diary=folder / "diary.log")  # noqa: S311
        await home.start()
        stack.push_async_callback(home.close)
        bad = 0
        about: Counter[Subject] = Counter()
        for number, subject in zip(range(1, rounds + 1), subjects(seed), strict=False):
            # Each round has dice of its own: what came before is never quite the same.
            world.dice.seed(f"{seed} {number}")
            world.note(f"---- round {number}: {subject}")
            begun = time.monotonic()
            report = await play(world, subject)
            _keep(home, number)
            bad += bool(report.wrong)
            about[subject] += 1
            _tell(number, seed, report, time.monotonic() - begun)
    print(f"The rounds were about {_listed(about)}; under way at the kills: {_listed(world.tally)}")
    reserved = Counter(each.terms.claim.target for each in world.promises.made if each.uid is not None)
    print(f"Reserved: {_listed(reserved)}")
    if world.refused:
        print(f"Refusals among all that was asked: {len(world.refused)}")
    return bad


def _listed[K: str](counts: Mapping[K, int]) -> str:
    return ", ".join(f"{what} {count}" for what, count in counts.items()) or "nothing"


def _end_on_signals() -> None:
    """Have a signal end this task in order, once: nothing must stay behind."""
    task = asyncio.current_task()
    assert task is not None  # noqa: S101  a coroutine that runs has one

    def end() -> None:
        if not task.cancelling():
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, end)


def _charger(facts: DemoCharger, home: Home) -> SimulatedCharger:
    return SimulatedCharger(
        f"ws://{LOCALHOST}:{home.central_port}",
        facts.identity,
        version=Version(facts.version),
        connectors=facts.connectors,
        backoff=(0.05, 0.3),
    )


def _keep(home: Home, number: int) -> None:
    """Keep what was saved at the end of a round."""
    for path in home.storage.glob("ocpp_central.*"):
        shutil.copy(path, home.folder / f"round-{number:03}.{path.name}.json")


def _tell(number: int, seed: int, report: Report, seconds: float) -> None:
    verdict = "BAD " if report.wrong else "good"
    print(
        f"{number:4} {verdict} {seconds:5.1f} s (start {report.start_seconds:.1f}, agreed {report.agreed_seconds:.1f}): "
        f"{report.subject}, {report.deeds} deeds, killed {report.killed}",
        flush=True,
    )
    for what in report.wrong:
        print(f"       seed {seed:#010x}, round {number}: {what}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
