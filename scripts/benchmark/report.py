"""What was measured, as Markdown for people.

Knows tables, units and the budget. Must not know how anything is measured.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
import json
import os
from pathlib import Path
import platform
from statistics import median

from . import linking
from .home import INTEGRATION as INTEGRATION_FOLDER
from .measure import Effort, Sample, Samples
from .planning import Costs, Scale
from .servers import FLOOR_1, FLOOR_1_COALESCED, INTEGRATION, ROWS, Row
from .workloads import Workload

BUDGET = (
    (Workload.HEARTBEAT, FLOOR_1, 1.3),
    (Workload.ONE_STATE, FLOOR_1, 1.5),
    (Workload.TWO_STATES, FLOOR_1, 1.5),
    (Workload.METER, FLOOR_1_COALESCED, 2.0),
)
"""How many times the CPU time of a floor the integration may need."""

PROPOSAL_BUDGET, BLOCK_BUDGET, READING_BUDGET = 20.0, 20.0, 100.0
"""Milliseconds: until the answer to a proposal (median), for which the event loop may be blocked at most, and of CPU time
for a linked calendar in which nothing is new."""

_PACKAGES = ("homeassistant", "websockets", "orjson", "ocpp", "jsonschema-rs")
_NOTHING = "-"
_CPU_NOTE = (
    "CPU time is user and system time of all threads until the process idles again, so with all that the recorder "
    "does, less what it uses while idle."
)
_BLOCK_NOTE = (
    "A block is the longest time for which whatever was due had to wait while an action was carried out; our own is as "
    "much of each wait as the process computed, in whichever thread. What comes shortly after the answer counts. Garbage "
    "is the longest collection, which stops all threads."
)
_METER_NOTE = (
    "The integration writes the newest of its readings once a second, as the second row of floor 1 does: that is what its "
    "figure for MeterValues is held against."
)


def report(samples: Samples, *, effort: Effort, chargers: int) -> str:
    """All tables, with where and on what they were measured."""
    rounds = f"median of {effort.rounds} rounds (lowest to highest)"
    parts = [
        *_circumstances(chargers),
        _CPU_NOTE,
        "",
        f"CPU time of the server per answered message, µs, {rounds}:",
        "",
        *_table(samples, lambda found: _range([sample.cpu * 1e6 for sample in found], 0)),
        "",
        "Latency, µs, median / 95th percentile, medians of the rounds:",
        "",
        *_table(samples, _latency),
        "",
        "States recorded per message:",
        "",
        *_table(samples, lambda found: f"{median(sample.states for sample in found):.2f}"),
        "",
        f"Against the budget, CPU time of this integration over that of the floor, {rounds}:",
        "",
        *_budget(samples),
    ]
    if (INTEGRATION, Workload.METER) in samples and not _states(samples, INTEGRATION, Workload.METER):
        parts += ["", _METER_NOTE]
    return "\n".join(parts)


def report_proposals(costs: Costs, scale: Scale) -> str:
    """What each action cost with so many chargers and reservations, in milliseconds."""
    lines = _header(["action", "until the answer", "CPU time of the loop", "longest block", "of it our own", "garbage"])
    for action, found in costs.items():
        columns = [[getattr(cost, name) * 1e3 for cost in found] for name in ("wall", "busy", "block", "own")]
        garbage = max(cost.garbage for cost in found) * 1e3
        lines.append(_line([action, *map(_spread, columns), f"{garbage:.1f}"]))
    return "\n".join(
        [
            *_versions(f"{scale.chargers} chargers, {scale.reservations} reservations, {scale.count} times each"),
            _BLOCK_NOTE,
            "",
            "Milliseconds, median / 99th percentile / highest:",
            "",
            *lines,
            "",
            f"Budget: {PROPOSAL_BUDGET:.0f} ms until the answer (median), {BLOCK_BUDGET:.0f} ms for a block (highest).",
        ]
    )


def report_links(costs: linking.Costs, scale: linking.Scale) -> str:
    """What each reading of a linked calendar cost, in milliseconds."""
    lines = _header(
        ["reading", "until all is done", "CPU time", "of it the loop", "longest block", "of it our own", "garbage"]
    )
    for reading, found in costs.items():
        columns = [
            [getattr(cost, name) * 1e3 for cost in found] for name in ("wall", "cpu", "busy", "block", "own", "garbage")
        ]
        lines.append(_line([reading, *(f"{median(values):.1f} / {max(values):.1f}" for values in columns)]))
    return "\n".join(
        [
            *_versions(f"{scale.events} events, read {scale.readings} times unchanged, changed {scale.changes} times"),
            _BLOCK_NOTE,
            "",
            "Milliseconds, median / highest:",
            "",
            *lines,
            "",
            f"Budget: {READING_BUDGET:.0f} ms of CPU time where nothing is new, {BLOCK_BUDGET:.0f} ms for a block (highest).",
        ]
    )


def _spread(values: list[float]) -> str:
    values = sorted(values)
    return f"{median(values):.1f} / {values[len(values) * 99 // 100]:.1f} / {values[-1]:.1f}"


def _circumstances(chargers: int) -> list[str]:
    many = "one charger" if chargers == 1 else f"{chargers} chargers, each"
    return _versions(f"{many} in a closed loop")


def _versions(what: str) -> list[str]:
    manifest = json.loads((INTEGRATION_FOLDER / "manifest.json").read_text())
    versions = [f"Python {platform.python_version()}"]
    versions += [f"{name} {_version(name)}" for name in _PACKAGES]
    return [
        f"{datetime.now(UTC):%Y-%m-%d}, {_cpu_model()}, {os.cpu_count()} cores, {what}.",
        f"{manifest['name']} {manifest['version']}, {', '.join(versions)}.",
    ]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return _NOTHING


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _table(samples: Samples, shown: Callable[[list[Sample]], str]) -> list[str]:
    lines = _header(["server", *Workload])
    for row in ROWS:
        cells = [samples.get((row, workload)) for workload in Workload]
        if any(cells):
            lines.append(_line([row.name, *(shown(cell) if cell else _NOTHING for cell in cells)]))
    return lines


def _budget(samples: Samples) -> list[str]:
    lines = _header(["message", "states of ours / of the floor", "times the floor", "budget"])
    for workload, floor, most in BUDGET:
        ours, floors = samples.get((INTEGRATION, workload)), samples.get((floor, workload))
        if ours is None or floors is None:
            continue
        ratios = [one.cpu / other.cpu for one, other in zip(ours, floors, strict=True)]
        states = f"{_states(samples, INTEGRATION, workload):.2f} / {_states(samples, floor, workload):.2f}"
        lines.append(_line([workload, states, _range(ratios, 2), f"{most}"]))
    return lines


def _states(samples: Samples, row: Row, workload: Workload) -> float:
    """States per message, to the digits that are shown."""
    return round(median(sample.states for sample in samples[row, workload]), 2)


def _latency(found: list[Sample]) -> str:
    middle = median(sample.median for sample in found) * 1e6
    high = median(sample.p95 for sample in found) * 1e6
    return f"{middle:.0f} / {high:.0f}"


def _range(values: list[float], digits: int) -> str:
    low, middle, high = (f"{value:.{digits}f}" for value in (min(values), median(values), max(values)))
    return middle if len(values) == 1 else f"{middle} ({low} to {high})"


def _header(names: Iterable[str]) -> list[str]:
    names = list(names)
    return [_line(names), _line(["---", *["--:"] * (len(names) - 1)])]


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
