"""Programs of the demo: their processes, logs, ports, and the lock that keeps two demos apart.

Must not know what any program does.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
import fcntl
import os
from pathlib import Path
import socket

from .errors import DemoError

PATIENCE = 30.0
"""Seconds that a program gets to end by itself."""

_TAIL_LINES = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program of the demo; `log` takes all that it prints, after what it printed before."""

    name: str
    command: Sequence[str]
    directory: Path
    log: Path

    async def run(self, lock: int) -> int:
        """Run until it ends by itself, and return its exit code; a cancelled run ends it and waits for that.

        It has a session of its own, so that Ctrl-C reaches the demo alone, which then ends its programs. It inherits
        `lock`: should the demo be killed, its directory stays locked as long as one of its programs lives.
        """
        with self.log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *self.command,
                cwd=self.directory,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
                pass_fds=(lock,),
            )
        try:
            return await process.wait()
        finally:
            await _end(process)

    def tail(self) -> str:
        """The last lines of its log, each indented."""
        lines = self.log.read_text(errors="replace").splitlines()[-_TAIL_LINES:]
        return "\n".join(f"  {line}" for line in lines)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), PATIENCE)
    except TimeoutError:
        process.kill()
        await process.wait()


@contextmanager
def locked(directory: Path) -> Iterator[int]:
    """Keep every other demo out of `directory`, which is created; yields the lock's file descriptor.

    Raises `DemoError` if another one is in there.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock = os.open(directory / "demo.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise DemoError(
            f"{directory} cannot be used: {error.strerror}. Choose another directory with --config."
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise DemoError(
            f"A demo runs in {directory}, or programs that a killed one left behind. "
            "End them first, or choose another directory with --config."
        ) from error
    else:
        yield lock
    finally:
        os.close(lock)


def is_free(host: str, port: int) -> bool:
    """Whether a program could listen there."""
    with socket.socket() as probe:
        # As servers do: a connection of an earlier run that is still fading away is not in the way.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(host: str, first: int) -> int:
    """The first free port from `first` on; raises `DemoError` if a hundred are taken."""
    for port in range(first, first + 100):
        if is_free(host, port):
            return port
    raise DemoError(f"No port from {first} to {first + 99} is free on {host}.")
