import asyncio
import os
from pathlib import Path
import subprocess
import sys
import time

import pytest

from benchmark.loop import Spell, Watched

_LONG = 0.05
"""Seconds for which the loop is kept."""

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"


def benchmark(*options: str) -> subprocess.CompletedProcess[str]:
    """Run the benchmark."""
    return subprocess.run(  # noqa: S603  our own command
        [sys.executable, "-m", "benchmark", *options],
        env=os.environ | {"PYTHONPATH": str(SCRIPTS)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_benchmark_measures_every_message(tmp_path: Path) -> None:
    """A quick run of the cheapest server prints a table with a figure for each message."""
    run = benchmark("--quick", "--servers", "floor0", "--folder", str(tmp_path))
    assert run.returncode == 0, run.stderr
    rows = [line.split(" | ") for line in run.stdout.splitlines() if line.startswith("| floor 0")]
    assert [len(row) for row in rows] == [5, 5, 5]
    assert all(float(cell.strip(" |")) > 0 for cell in rows[0][1:])
    assert not list(tmp_path.iterdir()), "the files of the servers are still there"


@pytest.mark.parametrize(("what", "option"), [("proposals", "--reservations"), ("links", "--events")])
def test_each_benchmark_tells_its_options(what: str, option: str) -> None:
    """The help names what can be chosen."""
    run = benchmark(what, "--help")
    assert run.returncode == 0, run.stderr
    assert option in run.stdout


def test_who_computes_or_sleeps_in_the_loop_is_seen() -> None:
    """Either shows in the longest block; what is our own is only what was computed."""

    async def keep() -> tuple[Spell, Spell]:
        with watched.watching():
            await asyncio.sleep(0)
            watched.spell()
            time.sleep(_LONG)  # noqa: ASYNC251  that is the point
            await asyncio.sleep(0)
            asleep = watched.spell()
            begun = time.thread_time()
            while time.thread_time() < begun + _LONG:
                pass
            await asyncio.sleep(0)
            return asleep, watched.spell()

    watched = Watched()
    with asyncio.Runner(loop_factory=lambda: watched.loop) as runner:
        asleep, awake = runner.run(keep())
    assert asleep.block > _LONG * 0.9
    assert asleep.own < _LONG / 2
    assert min(awake.block, awake.own, awake.busy) > _LONG * 0.9
