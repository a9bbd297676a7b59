"""What all versions say alike: the words that answer our commands."""

from datetime import UTC, datetime
from typing import Any

import pytest

from custom_components.ocpp_central.core.commands import (
    AskForStatus,
    AskToBoot,
    Command,
    DropHold,
    Outcome,
    PlaceHold,
)
from custom_components.ocpp_central.core.token import IdToken
from custom_components.ocpp_central.csms.dialect import Dialect
from custom_components.ocpp_central.csms.v2 import V21, V201
from custom_components.ocpp_central.csms.v16 import V16

from .official import violations

PLACE = PlaceHold(hold=1, evse=1, token=IdToken(value="A"), until=datetime(2026, 3, 1, tzinfo=UTC))
DROP = DropHold(hold=1)
STATUS = AskForStatus(evse=1)
BOOT = AskToBoot()

WORDS: list[tuple[Command, str, Outcome]] = [
    (PLACE, "Accepted", Outcome.ACCEPTED),
    (PLACE, "Faulted", Outcome.FAULTED),
    (PLACE, "Occupied", Outcome.OCCUPIED),
    (PLACE, "Rejected", Outcome.REJECTED),
    (PLACE, "Unavailable", Outcome.UNAVAILABLE),
    (DROP, "Accepted", Outcome.ACCEPTED),
    (DROP, "Rejected", Outcome.REJECTED),
    (BOOT, "Accepted", Outcome.ACCEPTED),
    (BOOT, "Rejected", Outcome.REJECTED),
    (BOOT, "NotImplemented", Outcome.NOT_IMPLEMENTED),
    (STATUS, "Accepted", Outcome.ACCEPTED),
    (STATUS, "Rejected", Outcome.REJECTED),
    (STATUS, "NotImplemented", Outcome.NOT_IMPLEMENTED),
]

DIALECTS = [pytest.param(dialect, id=dialect.version.value) for dialect in (V16, V201, V21)]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(("command", "word", "want"), WORDS)
def test_every_defined_word_has_its_outcome(dialect: Dialect, command: Command, word: str, want: Outcome) -> None:
    """The answers to our commands have the same words in every version, and the schemas know them."""
    answer = {"status": word}
    assert dialect.outcome(command, answer) is want
    assert violations(dialect.version, f"{dialect.request(command).action}Response", answer) == []


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (PLACE, {"status": "NotImplemented"}),
        (PLACE, {"status": "accept"}),
        (PLACE, {"status": ["Accepted"]}),
        (PLACE, {"status": None}),
        (PLACE, {}),
        (DROP, {"status": "Occupied"}),
        (BOOT, {"status": "Occupied"}),
        (STATUS, {"status": ""}),
    ],
)
def test_any_other_word_leaves_the_outcome_unknown(dialect: Dialect, command: Command, answer: dict[str, Any]) -> None:
    """Nothing is guessed from a word that the version does not define for the action."""
    assert dialect.outcome(command, answer) is Outcome.UNREADABLE
