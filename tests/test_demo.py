import fcntl
import os
from pathlib import Path
import socket
import subprocess
import sys

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"


def demo(*options: str) -> subprocess.CompletedProcess[str]:
    """Run the demo, which is expected not to come far."""
    return subprocess.run(  # noqa: S603  our own command
        [sys.executable, "-m", "demonstration", *options],
        env=os.environ | {"PYTHONPATH": str(SCRIPTS)},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def test_two_demos_cannot_share_a_directory(tmp_path: Path) -> None:
    """A demo refuses a directory that another one uses, and says so without a traceback."""
    with (tmp_path / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run = demo("--config", str(tmp_path))
    assert run.returncode == 1
    assert str(tmp_path) in run.stderr
    assert "Traceback" not in run.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["demo.lock"]


def test_a_port_that_was_asked_for_is_not_exchanged(tmp_path: Path) -> None:
    """Only the default port gives way to the next free one; a taken port that was asked for is an error."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        run = demo("--config", str(tmp_path), "--port", str(port))
    assert run.returncode == 1
    assert f"Port {port}" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_port_that_does_not_exist_is_refused() -> None:
    """What is no port is told as such, with the usage."""
    run = demo("--port", "65536")
    assert run.returncode == 2
    assert "65536 is no port" in run.stderr


def test_it_ends_although_nobody_reads_what_it_prints(tmp_path: Path) -> None:
    """A reader that is gone (`scripts/demo | head`) keeps no demo running that was asked to end."""
    with subprocess.Popen(  # noqa: S603  our own command
        [sys.executable, "-m", "demonstration", "--config", str(tmp_path)],
        env=os.environ | {"PYTHONPATH": str(SCRIPTS)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout
        process.stdout.readline()
        process.stdout.close()
        process.terminate()
    assert process.returncode != 1, "It went on until something of it failed"
