"""Has a linked calendar measured in a process of its own (`links`).

Knows how much is measured, and how that process is started. Must not know what is measured in it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
import json
from pathlib import Path

from . import home
from .processes import Process, free_port, module

RESULT = "result.json"
_WITHIN = 1800.0
"""Seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How many events the calendar has, how often it is read unchanged, and how often each change is measured."""

    events: int
    readings: int
    changes: int


WHOLE = Scale(events=500, readings=20, changes=3)
SMALL = Scale(events=20, readings=2, changes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one reading cost, in seconds: until nothing was left to do (`wall`), of CPU, and as `loop.Spell` has it."""

    wall: float
    cpu: float
    busy: float
    block: float
    own: float
    garbage: float


type Costs = Mapping[str, Sequence[Cost]]
"""What each reading cost, by what had happened."""


def measure(folder: Path, scale: Scale, *, tell: Callable[[str], None]) -> Costs:
    """Measure in a new folder below `folder`. Raises `DiedError` with the last words of a process that does not do it."""
    config, port = folder / "home", free_port()
    home.prepare_integration(config, port=port, web_port=free_port(), chargers=1)
    result = folder / RESULT
    options = [f"--{name}={value}" for name, value in asdict(scale).items()]
    tell(f"linking a calendar with {scale.events} events")
    process = Process([*module("links"), str(config), f"--port={port}", f"--result={result}", *options], folder=config)
    try:
        process.wait_for_end(_WITHIN)
    finally:
        process.end()
    found: dict[str, list[dict[str, float]]] = json.loads(result.read_text())
    return {reading: [Cost(**each) for each in costs] for reading, costs in found.items()}
