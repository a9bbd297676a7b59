"""That the drawn life of a reservation is the one that the code goes by."""

from collections.abc import Mapping
import re

import pytest

from custom_components.ocpp_central.core.reservation import (
    BIRTHS,
    LIFECYCLE,
    Cause,
    EndReason,
    News,
    Status,
    Transition,
)
import lifecycle_document

ARROW = re.compile(r"    (\S+) --> (\S+): (.+)")

LONELY: Mapping[tuple[Status, Cause], Transition] = {
    (Status.PLACING, Cause.HELD): Transition(to=Status.ACTIVE, news=News.PLACED),
    (Status.PLACING, Cause.OPENED): Transition(to=Status.ACTIVE),
    (Status.PLACING, Cause.TAKEN_ON): Transition(to=Status.ACTIVE, news=News.PLACED),
    (Status.ACTIVE, Cause.EXPIRED): Transition(to=Status.EXPIRED, reason=EndReason.EXPIRED),
}


def arrows(diagram: str) -> list[tuple[str, ...]]:
    """Start, end and label of every arrow."""
    return [match.groups() for match in map(ARROW.fullmatch, diagram.splitlines()) if match]


def test_the_document_is_what_the_table_says() -> None:
    """Whoever changes the table has the document written anew."""
    assert lifecycle_document.PATH.read_text() == lifecycle_document.document(), (
        f"{lifecycle_document.PATH.name} is not what the tables say now: run {lifecycle_document.COMMAND}"
    )


def test_every_transition_is_drawn() -> None:
    """Each cause stands at the one arrow between its two statuses."""
    drawn = {(start, end): label for start, end, label in arrows(lifecycle_document.diagram())}
    assert len(drawn) == len(arrows(lifecycle_document.diagram()))
    wanted = [("[*]", cause, to) for cause, to in BIRTHS.items()]
    wanted += [(status.value, cause, to) for (status, cause), to in LIFECYCLE.items()]
    for start, cause, transition in wanted:
        assert cause.value.replace("_", " ") in drawn[start, transition.to.value]
    assert set(drawn) == {(start, transition.to.value) for start, _, transition in wanted}


def test_causes_with_the_same_effect_share_a_line() -> None:
    """Parallel arrows are one, whose label tells apart what differs and has no empty line."""
    drawn = arrows(lifecycle_document.diagram({}, LONELY))
    assert drawn == [
        ("placing", "active", "held, taken on<br/>/ placed<br/>opened"),
        ("active", "expired", "expired<br/>/ Expired"),
    ]


@pytest.mark.parametrize("lifecycle", [LIFECYCLE, LONELY])
def test_no_cell_is_empty(lifecycle: Mapping[tuple[Status, Cause], Transition]) -> None:
    """What has no effect says so."""
    rows = [line for line in lifecycle_document.document(BIRTHS, lifecycle).splitlines() if line.startswith("|")]
    assert len(rows) > len(lifecycle)
    assert all(cell.strip() for row in rows for cell in row.strip("|").split("|"))


def test_a_meaning_is_the_docstring_of_its_member() -> None:
    """They come from the source, so that there is no second place to keep in step; who has none is left out."""
    meanings = dict(lifecycle_document.meanings(Cause))
    assert meanings[Cause.HELD] == "The charger accepted the hold."
    assert all(meanings.values())
    assert Cause.EXPIRED not in meanings
