"""docs/lifecycle.md: the life of a reservation, drawn and listed from the tables that the code goes by.

Knows Markdown and Mermaid. Must not know any status, cause or transition by name: what it says comes from the core.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
import inspect
from pathlib import Path
import sys

from custom_components.ocpp_central.core.reservation import BIRTHS, LIFECYCLE, Cause, Status, Transition

PATH = Path(__file__).resolve().parents[1] / "docs" / "lifecycle.md"
COMMAND = "scripts/lifecycle"

_OUTSIDE = "[*]"
"""Mermaid's name for where a life comes from."""

_FINAL = "final"
"""The name of how final statuses look."""

_NOTHING = "-"

_PAGE = """\
# The life of a reservation

<!-- Written by {command} from BIRTHS and LIFECYCLE in custom_components/ocpp_central/core/reservation.py. -->

What can happen to a reservation, and what becomes of it. The code goes by the same table: what is not in it cannot
happen. An arrow tells its causes and, behind the slash, what the event entity publishes and the end reason that is set
(with a capital letter). A thick frame is an end.

```mermaid
{diagram}
```

{transitions}

{causes}
"""

type Births = Mapping[Cause, Transition]
type Lifecycle = Mapping[tuple[Status, Cause], Transition]


def main() -> int:
    """Write the document; the exit code."""
    PATH.write_text(document())
    print(PATH.relative_to(Path.cwd(), walk_up=True))
    return 0


def document(births: Births = BIRTHS, lifecycle: Lifecycle = LIFECYCLE) -> str:
    """The whole text, of which `diagram` is a part."""
    rows = [(_OUTSIDE, cause, to) for cause, to in births.items()]
    rows += [(status.value, cause, to) for (status, cause), to in lifecycle.items()]
    transitions = [("from", "cause", "to", "published", "end reason")]
    transitions += [
        (
            "(new)" if start == _OUTSIDE else start,
            _words(cause),
            transition.to.value,
            transition.news or _NOTHING,
            transition.reason or _NOTHING,
        )
        for start, cause, transition in rows
    ]
    told = {cause for _, cause, _ in rows}
    causes = [("cause", "meaning")]
    causes += [(_words(cause), meaning) for cause, meaning in meanings(Cause) if cause in told]
    return _PAGE.format(
        command=COMMAND, diagram=diagram(births, lifecycle), transitions=_table(transitions), causes=_table(causes)
    )


def diagram(births: Births = BIRTHS, lifecycle: Lifecycle = LIFECYCLE) -> str:
    """The statuses as a state diagram of Mermaid, with one arrow between any two of them."""
    arrows: dict[tuple[str, str], dict[str, list[Cause]]] = {}
    for cause, transition in births.items():
        _draw(arrows, _OUTSIDE, cause, transition)
    for (status, cause), transition in lifecycle.items():
        _draw(arrows, status.value, cause, transition)
    lines = [f"{start} --> {end}: {_label(effects)}" for (start, end), effects in arrows.items()]
    ends = dict.fromkeys(end for _, end in arrows if Status(end).is_final)
    lines += [f"class {','.join(ends)} {_FINAL}", f"classDef {_FINAL} stroke-width:3px"] if ends else []
    return "\n    ".join(["stateDiagram-v2", *lines])


def meanings[E: StrEnum](kind: type[E]) -> Iterator[tuple[E, str]]:
    """The members of an enum with the docstring below each, as its source has them; those without one are left out."""
    body = ast.parse(inspect.getsource(kind)).body[0]
    assert isinstance(body, ast.ClassDef)  # noqa: S101  an enum is a class
    member = None
    for each in body.body:
        match each:
            case ast.Assign(targets=[ast.Name(id=name)]):
                member = kind[name]
            case ast.Expr(value=ast.Constant(value=str(text))) if member is not None:
                yield member, " ".join(text.split())


def _draw(
    arrows: dict[tuple[str, str], dict[str, list[Cause]]], start: str, cause: Cause, transition: Transition
) -> None:
    """Add a transition to the arrow between its two statuses, beside the causes that have the same effect."""
    effects = arrows.setdefault((start, transition.to.value), {})
    told = [each.value for each in (transition.news, transition.reason) if each]
    effects.setdefault(", ".join(told), []).append(cause)


def _label(effects: Mapping[str, Iterable[Cause]]) -> str:
    lines = []
    for effect, causes in effects.items():
        lines.append(", ".join(map(_words, causes)))
        if effect:
            lines.append(f"/ {effect}")
    return "<br/>".join(lines)


def _words(cause: Cause) -> str:
    return cause.value.replace("_", " ")


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    head, *body = rows
    cells = (head, ("---",) * len(head), *(tuple(cell.replace("|", "\\|") for cell in row) for row in body))
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


if __name__ == "__main__":
    sys.exit(main())
