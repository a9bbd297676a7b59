"""Asking a charger whether a transaction goes on (E14), which only 2.x can be asked.

Knows request and answer. Must not know when that is asked, nor what follows from it.
"""

from datetime import datetime

from ..core.commands import AskForTransaction, Outcome
from ..core.events import TransactionTold
from .dialect import Json, Request


def request(command: AskForTransaction) -> Request:
    """How it is asked."""
    return Request(action="GetTransactionStatus", payload={"transactionId": command.transaction})


def outcome(answer: Json) -> Outcome:
    """UNREADABLE where the charger does not say whether the transaction goes on."""
    return Outcome.ACCEPTED if isinstance(answer.get("ongoingIndicator"), bool) else Outcome.UNREADABLE


def told(command: AskForTransaction, answer: Json, now: datetime) -> tuple[TransactionTold, ...]:
    """What the answer tells; of a transaction that it does not know, a charger says that it does not go on."""
    if outcome(answer) is not Outcome.ACCEPTED:
        return ()
    return (
        TransactionTold(
            transaction=command.transaction,
            ongoing=answer["ongoingIndicator"] is True,
            queued=answer.get("messagesInQueue") is True,
            at=now,
        ),
    )
