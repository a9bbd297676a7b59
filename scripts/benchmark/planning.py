"""Has proposals measured in a process of its own (`proposals`).

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
    """How much there is: chargers, reservations that stand before, and how often each action is measured."""

    chargers: int
    reservations: int
    count: int


WHOLE = Scale(chargers=100, reservations=2000, count=200)
SMALL = Scale(chargers=5, reservations=20, count=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one action cost, in seconds: until its answer (`wall`), and as `loop.Spell` has it."""

    wall: float
    busy: float
    block: float
    own: float
    garbage: float


type Costs = Mapping[str, Sequence[Cost]]
"""What each action cost, every time, by what was asked."""


def measure(folder: Path, scale: Scale, *, tell: Callable[[str], None]) -> Costs:
    """Measure in a new folder below `folder`. Raises `DiedError` with the last words of a process that does not do it."""
    config, port = folder / "home", free_port()
    home.prepare_integration(config, port=port, web_port=free_port(), chargers=scale.chargers)
    result = folder / RESULT
    options = [f"--{name}={value}" for name, value in asdict(scale).items()]
    tell(f"reserving {scale.reservations} times, then measuring")
    process = Process(
        [*module("proposals"), str(config), f"--port={port}", f"--result={result}", *options], folder=config
    )
    try:
        process.wait_for_end(_WITHIN)
    finally:
        process.end()
    found: dict[str, list[dict[str, float]]] = json.loads(result.read_text())
    return {action: [Cost(**each) for each in costs] for action, costs in found.items()}
