import os
from pathlib import Path
import subprocess
import sys

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"


def test_the_benchmark_measures_every_message(tmp_path: Path) -> None:
    """A quick run of the cheapest server prints a table with a figure for each message."""
    command = [sys.executable, "-m", "benchmark", "--quick", "--servers", "floor0", "--folder", str(tmp_path)]
    run = subprocess.run(  # noqa: S603  our own command
        command, env=os.environ | {"PYTHONPATH": str(SCRIPTS)}, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    rows = [line.split(" | ") for line in run.stdout.splitlines() if line.startswith("| floor 0")]
    assert [len(row) for row in rows] == [5, 5, 5]
    assert all(float(cell.strip(" |")) > 0 for cell in rows[0][1:])
    assert not list(tmp_path.iterdir()), "the files of the servers are still there"
