"""The command: measure, and print tables in Markdown. Progress goes to standard error."""

import argparse
from dataclasses import replace
from pathlib import Path
import signal
import sys
from tempfile import TemporaryDirectory

from .home import ROOT
from .measure import FULL, QUICK, measure
from .processes import DiedError
from .report import report
from .servers import ROWS, Kind


def main() -> int:
    """Carry out the command line; the exit code."""
    options = _options()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: the servers must not stay behind
    effort = QUICK if options.quick else FULL
    if options.rounds is not None:
        effort = replace(effort, rounds=options.rounds)
    rows = [row for row in ROWS if row.kind in options.servers]
    options.folder.mkdir(parents=True, exist_ok=True)
    try:
        with TemporaryDirectory(dir=options.folder, prefix="bench-") as folder:
            samples = measure(rows, Path(folder), effort=effort, chargers=options.chargers, tell=_tell)
    except DiedError as error:
        _tell(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    print(report(samples, effort=effort, chargers=options.chargers))
    if options.quick:
        print("\nA quick run shows that everything works. Its figures mean nothing.")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="What a charger's message costs: CPU time and latency of this integration inside a real Home "
        "Assistant, beside two floors and the ocpp package's engine. Takes about six minutes.",
    )
    parser.add_argument("--quick", action="store_true", help="only show that it works, in a minute")
    parser.add_argument("--rounds", type=int, help=f"how often each is measured (default {FULL.rounds})")
    parser.add_argument("--chargers", type=int, default=1, help="how many send at once (default 1)")
    parser.add_argument("--servers", nargs="+", type=Kind, choices=list(Kind), default=list(Kind), help="default: all")
    parser.add_argument(
        "--folder",
        type=Path,
        default=ROOT / "build",
        help="where the Home Assistants keep their files meanwhile; on a real disk (default %(default)s)",
    )
    return parser.parse_args()


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
