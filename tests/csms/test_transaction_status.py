"""How a charger is asked whether a transaction goes on (E14), and what its answers mean."""

import pytest

from custom_components.ocpp_central.core.commands import AskForTransaction, Outcome
from custom_components.ocpp_central.core.events import TransactionTold
from custom_components.ocpp_central.csms.dialect import Dialect, Json, UnsayableError
from custom_components.ocpp_central.csms.v2 import V21, V201
from custom_components.ocpp_central.csms.v16 import V16

from .official import request_violations
from .test_v2 import NOW

ASK = AskForTransaction(transaction="7")

on_v2 = pytest.mark.parametrize("dialect", [pytest.param(each, id=each.version.value) for each in (V201, V21)])


@on_v2
def test_a_charger_is_asked_of_one_transaction(dialect: Dialect) -> None:
    """Without it, a charger would only say whether anything at all is queued."""
    request = dialect.request(ASK)
    assert (request.action, request.payload) == ("GetTransactionStatus", {"transactionId": "7"})
    assert request_violations(dialect.version, request.action, request.payload) == []


def test_older_chargers_cannot_be_asked() -> None:
    """1.6 has no words for it."""
    with pytest.raises(UnsayableError):
        V16.request(ASK)


@on_v2
@pytest.mark.parametrize(
    ("answer", "ongoing", "queued"),
    [
        ({"ongoingIndicator": True, "messagesInQueue": False}, True, False),
        ({"ongoingIndicator": False, "messagesInQueue": True}, False, True),
        ({"ongoingIndicator": False, "messagesInQueue": False}, False, False),
        ({"ongoingIndicator": True}, True, False),
    ],
)
def test_a_charger_says_what_it_knows_of_it(dialect: Dialect, answer: Json, ongoing: bool, queued: bool) -> None:
    """Of one that it does not know, it says that it does not go on."""
    assert dialect.outcome(ASK, answer) is Outcome.ACCEPTED
    assert dialect.told(ASK, answer, NOW) == (TransactionTold(transaction="7", ongoing=ongoing, queued=queued, at=NOW),)


@on_v2
def test_an_answer_that_does_not_say_it_tells_nothing(dialect: Dialect) -> None:
    """Whatever it has queued may be of another one."""
    answer: Json = {"messagesInQueue": True}
    assert dialect.outcome(ASK, answer) is Outcome.UNREADABLE
    assert dialect.told(ASK, answer, NOW) == ()
