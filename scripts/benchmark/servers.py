"""The servers that are compared, each in a process of its own, and the rows of the tables.

Knows how each is started. Must not know how it is measured.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
import sys

from . import home
from .processes import Process, free_port, module
from .workloads import STATUSES, Workload


class Kind(StrEnum):
    """Which server."""

    FLOOR_0 = "floor0"
    FLOOR_1 = "floor1"
    ENGINE = "engine"
    INTEGRATION = "integration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the tables: chargers that dial `path` of a server and send these messages.

    `written`: those of which every single one is written as states.
    """

    name: str
    kind: Kind
    path: str = ""
    workloads: tuple[Workload, ...] = tuple(Workload)
    written: tuple[Workload, ...] = ()


FLOOR_0 = Row(name="floor 0: bare websockets + orjson", kind=Kind.FLOOR_0)
FLOOR_1 = Row(
    name="floor 1: the same inside Home Assistant with recorder",
    kind=Kind.FLOOR_1,
    path="/plain",
    written=(*STATUSES, Workload.METER),
)
FLOOR_1_COALESCED = Row(
    name="floor 1, readings written once a second",
    kind=Kind.FLOOR_1,
    path="/coalesced",
    workloads=(Workload.METER,),
)
ENGINE = Row(name="the `ocpp` package's engine, no Home Assistant", kind=Kind.ENGINE)
INTEGRATION = Row(
    name="this integration inside Home Assistant with recorder",
    kind=Kind.INTEGRATION,
    written=STATUSES,
)

ROWS = (FLOOR_0, FLOOR_1, FLOOR_1_COALESCED, ENGINE, INTEGRATION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running server. `database`: where its Home Assistant records states; None if it has none."""

    process: Process
    port: int
    database: Path | None

    @property
    def url(self) -> str:
        """Where chargers dial in, less path and identity."""
        return f"ws://127.0.0.1:{self.port}"


def start(kind: Kind, folder: Path, chargers: int) -> Server:
    """Start a server that keeps its files in `folder`, which does not exist yet. It may not listen yet."""
    folder.mkdir(parents=True)
    return _STARTERS[kind](folder, chargers)


def _start_floor_0(folder: Path, _: int) -> Server:
    return _start_module("floor", folder)


def _start_engine(folder: Path, _: int) -> Server:
    return _start_module("engine", folder)


def _start_module(name: str, folder: Path) -> Server:
    port = free_port()
    process = Process([*module(name), "--port", str(port)], folder=folder)
    return Server(process=process, port=port, database=None)


def _start_floor_1(folder: Path, _: int) -> Server:
    port = free_port()
    home.prepare_floor(folder, port=port, web_port=free_port())
    return _start_home_assistant(folder, port)


def _start_integration(folder: Path, chargers: int) -> Server:
    port = free_port()
    home.prepare_integration(folder, port=port, web_port=free_port(), chargers=chargers)
    return _start_home_assistant(folder, port)


def _start_home_assistant(folder: Path, port: int) -> Server:
    command = [sys.executable, "-m", "homeassistant", "--config", str(folder), "--skip-pip"]
    process = Process(command, folder=folder)
    return Server(process=process, port=port, database=folder / home.DATABASE)


_STARTERS: dict[Kind, Callable[[Path, int], Server]] = {
    Kind.FLOOR_0: _start_floor_0,
    Kind.FLOOR_1: _start_floor_1,
    Kind.ENGINE: _start_engine,
    Kind.INTEGRATION: _start_integration,
}
