"""Fails when a module is covered less than it must be, and names it; reads the coverage.json of the last test run.

It knows the floors. It must not know how the figures came about.
"""

import json
from pathlib import Path
import sys
from typing import TypedDict

_FLOOR = 95.0
_FULL = frozenset({"config_flow.py", "charger_flow.py", "charger_form.py"})
"""Home Assistant's rule config-flow-test-coverage."""


class _Summary(TypedDict):
    percent_covered: float


class _Module(TypedDict):
    summary: _Summary
    missing_lines: list[int]
    missing_branches: list[list[int]]


def main(report: Path) -> int:
    """Print every module below its floor, with the lines that no test reaches; 1 when there is one."""
    modules: dict[str, _Module] = json.loads(report.read_text())["files"]
    below = {name: module for name, module in modules.items() if _percent(module) < _floor(name)}
    for name, module in sorted(below.items()):
        lines = ", ".join(map(str, module["missing_lines"])) or "none"
        branches = ", ".join(f"{start}->{end}" for start, end in module["missing_branches"]) or "none"
        print(f"{name}: {_percent(module):.1f} % of {_floor(name):.0f} %; lines: {lines}; branches: {branches}")
    print(f"{len(modules) - len(below)} modules covered, {len(below)} below their floor")
    return 1 if below or not modules else 0


def _percent(module: _Module) -> float:
    return module["summary"]["percent_covered"]


def _floor(name: str) -> float:
    return 100.0 if Path(name).name in _FULL else _FLOOR


if __name__ == "__main__":
    sys.exit(main(Path("coverage.json")))
