"""Processes on this machine: started, watched, measured and ended.

Knows the clocks of processes. Must not know what a process serves.
"""

from collections.abc import Mapping, Sequence
import ctypes
import json
import os
from pathlib import Path
import socket
import subprocess
import sys
from time import clock_gettime, monotonic, sleep
from typing import Any

IDLE = 0.03
"""Share of one core below which a process idles."""
STARTED_WITHIN = 180.0
GONE_WITHIN = 30.0


class DiedError(Exception):
    """A process ended that was still needed."""


class Process:
    """A server; whatever it says goes to a log file."""

    def __init__(self, command: Sequence[str], *, folder: Path) -> None:
        """Start it in that folder, where its log is written too."""
        self._log = folder / "output.log"
        with self._log.open("w") as output:
            self._process = subprocess.Popen(
                command, cwd=folder, env=_environment(), stdout=output, stderr=subprocess.STDOUT
            )

        self._clock = _cpu_clock(self._process.pid)

    def wait_for_port(self, port: int) -> None:
        """Return once it listens. Raises `DiedError` with the end of its log if it does not."""
        deadline = monotonic() + STARTED_WITHIN
        while monotonic() < deadline and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError:
                sleep(0.1)
            else:
                return
        raise DiedError(f"{self._process.args!r} does not listen:\n{self.last_words()}")

    def wait_for_end(self, seconds: float) -> None:
        """Return once it has done its work. Raises `DiedError` with the end of its log if it does not in that time."""
        try:
            done = self._process.wait(seconds) == 0
        except subprocess.TimeoutExpired:
            done = False
        if not done:
            raise DiedError(f"{self._process.args!r} has failed:\n{self.last_words()}")

    def cpu_seconds(self) -> float:
        """The CPU time of all its threads so far, user and system."""
        return clock_gettime(self._clock)

    def wait_until_idle(self, *, look: float, at_least: float, at_most: float) -> bool:
        """Wait until it needs next to no CPU during a `look`, within these bounds; whether it does. All in seconds."""
        begun = monotonic()
        while True:
            before = self.cpu_seconds()
            sleep(look)
            share = (self.cpu_seconds() - before) / look
            waited = monotonic() - begun
            if waited >= at_least and share < IDLE:
                return True
            if waited >= at_most:
                return False

    def last_words(self, lines: int = 30) -> str:
        """The end of its log."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-lines:])

    def end(self) -> None:
        """End it and wait until it is gone."""
        self._process.terminate()
        try:
            self._process.wait(GONE_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Client:
    """The process of the chargers (`benchmark.client`), which carries out one order after the other."""

    def __init__(self, url: str, chargers: int) -> None:
        """Start it and wait until all chargers are connected."""
        self._process = subprocess.Popen(
            [*module("client"), url, "--chargers", str(chargers)],
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answer()

    def order(self, what: Mapping[str, Any]) -> dict[str, Any]:
        """Have an order carried out; what came of it."""
        assert self._process.stdin is not None  # noqa: S101  it is a pipe
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def end(self) -> None:
        """Disconnect the chargers."""
        self._process.communicate(timeout=GONE_WITHIN)

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None  # noqa: S101  it is a pipe
        line = self._process.stdout.readline()
        if not line:
            raise DiedError("the chargers have given up")
        answer: dict[str, Any] = json.loads(line)
        return answer


def module(name: str) -> list[str]:
    """The command that runs a module of this package."""
    return [sys.executable, "-m", f"{__package__}.{name}"]


def free_port() -> int:
    """A port of the loopback interface on which nobody listens just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _cpu_clock(pid: int) -> int:
    """The clock of a process's CPU time (POSIX): that of /proc/<pid>/stat, in nanoseconds instead of steps of 10 ms."""
    clock = ctypes.c_int()
    error = ctypes.CDLL(None).clock_getcpuclockid(pid, ctypes.byref(clock))
    if error:
        raise OSError(error, os.strerror(error))
    return clock.value


def _environment() -> dict[str, str]:
    """That of this process, with this package to be found from every folder."""
    return os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[1])}
