"""Rounds of measurements: every server in turn, again and again, because machines drift.

Knows what is counted and when. Must not know how the servers work, nor how the figures are shown.

CPU time counts from the first message until the process idles again, less what it uses while idle: the recorder works
off its queue in a thread of its own and commits what it has once a second, after the last message was answered too.

Messages that are all written as states are sent in bursts of a fixed number: what a commit costs grows with the square
of how often an entity changed since the last one, so that a flood would charge the faster server more.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
import sqlite3
from time import monotonic, sleep

from .processes import Client, DiedError
from .servers import Kind, Row, Server, start
from .workloads import Workload

type Samples = Mapping[tuple[Row, Workload], list[Sample]]
"""What was measured, by row and workload, one for each round."""

type Tell = Callable[[str], None]
"""How progress is told."""

MOST_MESSAGES = 10**9
"""No bound."""

MOST_IDLING = 90.0
"""Seconds after which a measurement is taken although the process has not come to rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How long everything takes, in seconds.

    `burst`: so many messages, of each charger, where all of them are written.
    `look`: over which it is told whether a server idles. `commit`: how long the recorder may take to begin a commit.
    `rest`: over which it is measured what a server uses while it idles.
    """

    rounds: int
    message_seconds: float
    burst: int
    warm_up: float
    look: float
    commit: float
    rest: float


FULL = Effort(rounds=8, message_seconds=1.5, burst=400, warm_up=1.0, look=0.5, commit=1.8, rest=6.0)
QUICK = Effort(rounds=1, message_seconds=0.2, burst=100, warm_up=0.1, look=0.3, commit=1.8, rest=0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What one message cost, on average, in one round. Times in seconds. `states`: how many were recorded."""

    cpu: float
    median: float
    p95: float
    states: float


class _Lane:
    """One row in the making: its chargers, and their server."""

    def __init__(self, row: Row, server: Server, client: Client, effort: Effort) -> None:
        """Expect the server to need nothing while it idles."""
        self.row = row
        self.idle_share = 0.0
        self._server = server
        self._client = client
        self._effort = effort

    def warm_up(self) -> None:
        """Send what is not counted."""
        for workload in self.row.workloads:
            self._send(workload, self._effort.warm_up)

    def cpu_seconds(self) -> float:
        """The CPU time of the server so far."""
        return self._server.process.cpu_seconds()

    def rest(self, *, commit: bool) -> bool:
        """Wait until the server idles, if need be after a commit; whether it does."""
        at_least = self._effort.commit if commit and self._server.database is not None else 0.0
        return self._server.process.wait_until_idle(look=self._effort.look, at_least=at_least, at_most=MOST_IDLING)

    def measured(self, workload: Workload, tell: Tell) -> Sample:
        """Measure one kind of message. The server idles before, and afterwards."""
        states, cpu, begun = self._states(), self.cpu_seconds(), monotonic()
        result = self._send(workload, self._effort.message_seconds)
        if not self.rest(commit=workload.writes_states):
            tell(f"{self.row.name} did not come to rest after {workload}: its CPU time is too low")
        idle = self.idle_share * (monotonic() - begun)
        messages = result["messages"]
        return Sample(
            cpu=(self.cpu_seconds() - cpu - idle) / messages,
            median=result["median"],
            p95=result["p95"],
            states=(self._states() - states) / messages,
        )

    def _send(self, workload: Workload, seconds: float) -> dict[str, float]:
        most = self._effort.burst if workload in self.row.written else MOST_MESSAGES
        try:
            return self._client.order({"workload": workload, "seconds": seconds, "messages": most})
        except DiedError as error:
            last_words = self._server.process.last_words()
            raise DiedError(f"{self.row.name}: {error}; the server's log ends with:\n{last_words}") from error

    def _states(self) -> int:
        """How many states its Home Assistant has recorded so far."""
        if self._server.database is None:
            return 0
        address = f"file:{self._server.database}?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as database:
            found = database.execute("SELECT MAX(state_id) FROM states").fetchone()
        return found[0] or 0


def measure(rows: Sequence[Row], folder: Path, *, effort: Effort, chargers: int, tell: Tell) -> Samples:
    """Start the servers of these rows in new folders below `folder`, measure all rows, and end them."""
    with ExitStack() as stack:
        lanes = _start(rows, folder, stack, effort, chargers, tell)
        tell("warming up")
        for lane in lanes:
            lane.warm_up()
        for lane in lanes:
            if not lane.rest(commit=True):
                tell(f"{lane.row.name} did not come to rest: the figures mean little")
        _learn_idle_shares(lanes, effort, tell)
        samples: dict[tuple[Row, Workload], list[Sample]] = {}
        for number in range(1, effort.rounds + 1):
            for workload in Workload:
                tell(f"round {number} of {effort.rounds}: {workload}")
                for lane in lanes:
                    if workload in lane.row.workloads:
                        sample = lane.measured(workload, tell)
                        samples.setdefault((lane.row, workload), []).append(sample)
    return samples


def _start(  # noqa: PLR0913, PLR0917 - the one place where all comes together
    rows: Sequence[Row], folder: Path, stack: ExitStack, effort: Effort, chargers: int, tell: Tell
) -> list[_Lane]:
    servers: dict[Kind, Server] = {}
    for kind in dict.fromkeys(row.kind for row in rows):
        tell(f"starting {kind}")
        servers[kind] = start(kind, folder / kind, chargers)
        stack.callback(servers[kind].process.end)
    for server in servers.values():
        server.process.wait_for_port(server.port)
    lanes = []
    for row in rows:
        server = servers[row.kind]
        client = Client(server.url + row.path, chargers)
        stack.callback(client.end)
        lanes.append(_Lane(row, server, client, effort))
    return lanes


def _learn_idle_shares(lanes: Iterable[_Lane], effort: Effort, tell: Tell) -> None:
    """Learn what share of a core each server uses while nobody sends anything."""
    before = {lane: lane.cpu_seconds() for lane in lanes}
    sleep(effort.rest)
    for lane, cpu in before.items():
        lane.idle_share = (lane.cpu_seconds() - cpu) / effort.rest
        tell(f"{lane.row.name}: idles at {lane.idle_share:.1%} of a core")
