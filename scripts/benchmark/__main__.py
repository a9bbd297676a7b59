"""The command: measure messages, proposals or linked calendars, and print tables in Markdown. Progress goes to standard error."""

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
import signal
import sys
from tempfile import TemporaryDirectory

from . import linking, planning
from .home import ROOT
from .measure import FULL, QUICK, measure
from .planning import SMALL, WHOLE
from .processes import DiedError
from .report import report, report_links, report_proposals
from .servers import ROWS, Kind

_QUICK = "\nA quick run shows that everything works. Its figures mean nothing."


def main() -> int:
    """Carry out the command line; the exit code."""
    options = _options()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: the servers must not stay behind
    options.folder.mkdir(parents=True, exist_ok=True)
    benchmark: Callable[[argparse.Namespace, Path], str] = options.benchmark
    try:
        with TemporaryDirectory(dir=options.folder, prefix="bench-") as folder:
            tables = benchmark(options, Path(folder))
    except DiedError as error:
        _tell(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    print(tables + _QUICK if options.quick else tables)
    return 0


def _messages(options: argparse.Namespace, folder: Path) -> str:
    effort = QUICK if options.quick else FULL
    if options.rounds is not None:
        effort = replace(effort, rounds=options.rounds)
    rows = [row for row in ROWS if row.kind in options.servers]
    samples = measure(rows, folder, effort=effort, chargers=options.chargers, tell=_tell)
    return report(samples, effort=effort, chargers=options.chargers)


def _proposals(options: argparse.Namespace, folder: Path) -> str:
    scale = SMALL if options.quick else WHOLE
    given = {"chargers": options.chargers, "reservations": options.reservations, "count": options.count}
    scale = replace(scale, **{name: value for name, value in given.items() if value is not None})
    return report_proposals(planning.measure(folder, scale, tell=_tell), scale)


def _links(options: argparse.Namespace, folder: Path) -> str:
    scale = linking.SMALL if options.quick else linking.WHOLE
    given = {"events": options.events, "readings": options.readings, "changes": options.changes}
    scale = replace(scale, **{name: value for name, value in given.items() if value is not None})
    return report_links(linking.measure(folder, scale, tell=_tell), scale)


def _options() -> argparse.Namespace:
    parsers = {"proposals": _proposals_parser, "links": _links_parser}
    match sys.argv[1:]:
        case [what, *arguments] if what in parsers:
            return parsers[what]().parse_args(arguments)
        case arguments:
            return _messages_parser().parse_args(arguments)


def _messages_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="What a charger's message costs: CPU time and latency of this integration inside a real Home "
        "Assistant, beside two floors and the ocpp package's engine. Takes about six minutes.",
        epilog="scripts/bench proposals measures what a proposal costs, and scripts/bench links what a linked calendar "
        "does; --help after either tells its options.",
    )
    parser.set_defaults(benchmark=_messages)
    _add_common_options(parser)
    parser.add_argument("--rounds", type=int, help=f"how often each is measured (default {FULL.rounds})")
    parser.add_argument("--chargers", type=int, default=1, help="how many send at once (default 1)")
    parser.add_argument("--servers", nargs="+", type=Kind, choices=list(Kind), default=list(Kind), help="default: all")
    return parser


def _proposals_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/bench proposals",
        description="What it costs to reserve, to change, to cancel and to ask in a real Home Assistant with many "
        "chargers and reservations: until the answer, of the event loop, and for how long that keeps others waiting. "
        "Takes about two minutes.",
    )
    parser.set_defaults(benchmark=_proposals)
    _add_common_options(parser)
    parser.add_argument("--chargers", type=int, help=f"how many are known (default {WHOLE.chargers})")
    parser.add_argument("--reservations", type=int, help=f"how many stand before (default {WHOLE.reservations})")
    parser.add_argument("--count", type=int, help=f"how often each action is measured (default {WHOLE.count})")
    return parser


def _links_parser() -> argparse.ArgumentParser:
    whole = linking.WHOLE
    parser = argparse.ArgumentParser(
        prog="scripts/bench links",
        description="What it costs in a real Home Assistant to keep reservations in step with a linked calendar: CPU "
        "time of all threads, and for how long the event loop keeps others waiting. Takes about five minutes.",
    )
    parser.set_defaults(benchmark=_links)
    _add_common_options(parser)
    parser.add_argument("--events", type=int, help=f"how many the calendar has (default {whole.events})")
    parser.add_argument("--readings", type=int, help=f"how often it is read unchanged (default {whole.readings})")
    parser.add_argument("--changes", type=int, help=f"how often all of them change (default {whole.changes})")
    return parser


def _add_common_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quick", action="store_true", help="only show that it works, within a minute")
    parser.add_argument(
        "--folder",
        type=Path,
        default=ROOT / "build",
        help="where the Home Assistants keep their files meanwhile; on a real disk (default %(default)s)",
    )


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
