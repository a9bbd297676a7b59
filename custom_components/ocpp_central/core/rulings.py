"""What follows for a reservation from the charger's answer to ReserveNow.

Knows the table of ocpp.md 5.3 and the waits between attempts. Must not know chargers or other reservations.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from .commands import Outcome
from .reservation import Cause, HeldBy, HoldState, Reservation, Status


class Answer(StrEnum):
    """The outcomes of ReserveNow that are treated alike."""

    ACCEPTED = "accepted"
    BUSY = "busy"
    REJECTED = "rejected"
    UNSUPPORTED = "unsupported"
    FAILED = "failed"
    UNKNOWN = "unknown"


ANSWERS: Mapping[Outcome, Answer] = {
    Outcome.ACCEPTED: Answer.ACCEPTED,
    Outcome.FAULTED: Answer.BUSY,
    Outcome.OCCUPIED: Answer.BUSY,
    Outcome.UNAVAILABLE: Answer.BUSY,
    Outcome.REJECTED: Answer.REJECTED,
    Outcome.NOT_IMPLEMENTED: Answer.UNSUPPORTED,
    Outcome.UNSAYABLE: Answer.UNSUPPORTED,
    Outcome.FAILED: Answer.FAILED,
    Outcome.TIMED_OUT: Answer.UNKNOWN,
    Outcome.DISCONNECTED: Answer.UNKNOWN,
    Outcome.UNREADABLE: Answer.UNKNOWN,
    Outcome.SCHEDULED: Answer.FAILED,
}


def answer_of(outcome: Outcome, *, claims_reservations: bool | None) -> Answer:
    """How an outcome is treated; a charger that claims no reservations and rejects one does not do them (ocpp.md 5.3)."""
    if outcome is Outcome.REJECTED and claims_reservations is False:
        return Answer.UNSUPPORTED
    return ANSWERS[outcome]


class Urgency(StrEnum):
    """What depends on the answer."""

    AWAITED = "awaited"
    """Somebody waits for it: a refusal is told, and ends the reservation."""
    DUE = "due"
    """A scheduled reservation shall begin."""
    STANDING = "standing"
    """The reservation binds already; only the charger's part of it is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """The cause that the answer gives the reservation (None: its status stays), and what the hold is from now on."""

    cause: Cause | None = None
    hold: HoldState


_BINDS_AT_ONCE: Mapping[tuple[Urgency, Answer], Ruling] = {
    (Urgency.AWAITED, Answer.ACCEPTED): Ruling(cause=Cause.HELD, hold=HoldState.HELD),
    (Urgency.AWAITED, Answer.BUSY): Ruling(cause=Cause.REFUSED, hold=HoldState.NONE),
    (Urgency.AWAITED, Answer.REJECTED): Ruling(cause=Cause.REFUSED, hold=HoldState.NONE),
    (Urgency.AWAITED, Answer.UNSUPPORTED): Ruling(cause=Cause.TAKEN_ON, hold=HoldState.UNSUPPORTED),
    (Urgency.AWAITED, Answer.FAILED): Ruling(cause=Cause.TAKEN_ON, hold=HoldState.PENDING),
    (Urgency.AWAITED, Answer.UNKNOWN): Ruling(cause=Cause.TAKEN_ON, hold=HoldState.UNCERTAIN),
    (Urgency.DUE, Answer.ACCEPTED): Ruling(cause=Cause.HELD, hold=HoldState.HELD),
    (Urgency.DUE, Answer.BUSY): Ruling(cause=Cause.TAKEN_ON, hold=HoldState.PENDING),
    (Urgency.DUE, Answer.REJECTED): Ruling(cause=Cause.TAKEN_ON, hold=HoldState.UNSUPPORTED),
    (Urgency.DUE, Answer.UNSUPPORTED): Ruling(cause=Cause.TAKEN_ON, hold=HoldState.UNSUPPORTED),
    (Urgency.DUE, Answer.FAILED): Ruling(cause=Cause.TAKEN_ON, hold=HoldState.PENDING),
    (Urgency.DUE, Answer.UNKNOWN): Ruling(cause=Cause.TAKEN_ON, hold=HoldState.UNCERTAIN),
}

_BINDS_WHEN_HELD: Mapping[tuple[Urgency, Answer], Ruling] = {
    (Urgency.AWAITED, Answer.ACCEPTED): Ruling(cause=Cause.HELD, hold=HoldState.HELD),
    (Urgency.AWAITED, Answer.BUSY): Ruling(cause=Cause.REFUSED, hold=HoldState.NONE),
    (Urgency.AWAITED, Answer.REJECTED): Ruling(cause=Cause.REFUSED, hold=HoldState.NONE),
    (Urgency.AWAITED, Answer.UNSUPPORTED): Ruling(cause=Cause.REFUSED, hold=HoldState.NONE),
    (Urgency.AWAITED, Answer.FAILED): Ruling(cause=Cause.REFUSED, hold=HoldState.UNCERTAIN),
    (Urgency.AWAITED, Answer.UNKNOWN): Ruling(cause=Cause.REFUSED, hold=HoldState.UNCERTAIN),
    (Urgency.DUE, Answer.ACCEPTED): Ruling(cause=Cause.HELD, hold=HoldState.HELD),
    (Urgency.DUE, Answer.BUSY): Ruling(hold=HoldState.PENDING),
    (Urgency.DUE, Answer.REJECTED): Ruling(cause=Cause.REFUSED, hold=HoldState.NONE),
    (Urgency.DUE, Answer.UNSUPPORTED): Ruling(cause=Cause.REFUSED, hold=HoldState.NONE),
    (Urgency.DUE, Answer.FAILED): Ruling(hold=HoldState.PENDING),
    (Urgency.DUE, Answer.UNKNOWN): Ruling(hold=HoldState.UNCERTAIN),
}

_STANDING: Mapping[tuple[Urgency, Answer], Ruling] = {
    (Urgency.STANDING, Answer.ACCEPTED): Ruling(hold=HoldState.HELD),
    (Urgency.STANDING, Answer.BUSY): Ruling(hold=HoldState.PENDING),
    (Urgency.STANDING, Answer.REJECTED): Ruling(hold=HoldState.UNSUPPORTED),
    (Urgency.STANDING, Answer.UNSUPPORTED): Ruling(hold=HoldState.UNSUPPORTED),
    (Urgency.STANDING, Answer.FAILED): Ruling(hold=HoldState.PENDING),
    (Urgency.STANDING, Answer.UNKNOWN): Ruling(hold=HoldState.UNCERTAIN),
}

RULINGS: Mapping[HeldBy, Mapping[tuple[Urgency, Answer], Ruling]] = {
    HeldBy.AUTO: {**_BINDS_AT_ONCE, **_STANDING},
    HeldBy.CHARGER: {**_BINDS_WHEN_HELD, **_STANDING},
}
"""`central_system` never asks, so it has no row."""

WAITS = (timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=5))
"""How long to wait before the second, third and every later attempt (ocpp.md 5.4)."""


def ruling(reservation: Reservation, answer: Answer) -> Ruling:
    """What follows from the answer to a ReserveNow for a reservation that is placing or active."""
    if reservation.status is not Status.PLACING:
        urgency = Urgency.STANDING
    else:
        urgency = Urgency.AWAITED if reservation.awaited else Urgency.DUE
    return RULINGS[reservation.held_by][urgency, answer]


def wait_after(attempts: int) -> timedelta:
    """How long to wait after so many attempts."""
    return WAITS[max(1, min(attempts, len(WAITS))) - 1]
