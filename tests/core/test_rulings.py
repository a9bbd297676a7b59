"""What follows from the answer to ReserveNow: every cell of ocpp.md 5.3, written down a second time."""

from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.ocpp_central.core.commands import Outcome
from custom_components.ocpp_central.core.reservation import Cause, HeldBy, HoldState, Status
from custom_components.ocpp_central.core.rulings import ANSWERS, Ruling, ruling, wait_after

from .test_reservation import RESERVATION

BUSY = {Outcome.OCCUPIED, Outcome.FAULTED, Outcome.UNAVAILABLE}
UNKNOWN = {Outcome.TIMED_OUT, Outcome.DISCONNECTED, Outcome.UNREADABLE}

HELD = Ruling(cause=Cause.HELD, hold=HoldState.HELD)
REJECTED = Ruling(cause=Cause.REFUSED, hold=HoldState.NONE)
REJECTED_UNSURE = Ruling(cause=Cause.REFUSED, hold=HoldState.UNCERTAIN)
TAKEN_ON = {
    state: Ruling(cause=Cause.TAKEN_ON, hold=state)
    for state in (HoldState.PENDING, HoldState.UNCERTAIN, HoldState.UNSUPPORTED)
}
STAYS = {state: Ruling(hold=state) for state in HoldState}


def _awaited(held_by: HeldBy, outcome: Outcome) -> Ruling:
    alone = held_by is HeldBy.AUTO
    match outcome:
        case Outcome.ACCEPTED:
            return HELD
        case Outcome.OCCUPIED | Outcome.FAULTED | Outcome.UNAVAILABLE | Outcome.REJECTED:
            return REJECTED
        case Outcome.NOT_IMPLEMENTED | Outcome.UNSAYABLE:
            return TAKEN_ON[HoldState.UNSUPPORTED] if alone else REJECTED
        case Outcome.FAILED | Outcome.SCHEDULED:
            return TAKEN_ON[HoldState.PENDING] if alone else REJECTED_UNSURE
        case _:
            return TAKEN_ON[HoldState.UNCERTAIN] if alone else REJECTED_UNSURE


def _due(held_by: HeldBy, outcome: Outcome) -> Ruling:
    if outcome is Outcome.ACCEPTED:
        return HELD
    if outcome in {Outcome.REJECTED, Outcome.NOT_IMPLEMENTED, Outcome.UNSAYABLE}:
        return TAKEN_ON[HoldState.UNSUPPORTED] if held_by is HeldBy.AUTO else REJECTED
    state = HoldState.UNCERTAIN if outcome in UNKNOWN else HoldState.PENDING
    return TAKEN_ON[state] if held_by is HeldBy.AUTO else STAYS[state]


def _standing(outcome: Outcome) -> Ruling:
    if outcome is Outcome.ACCEPTED:
        return STAYS[HoldState.HELD]
    if outcome in {Outcome.REJECTED, Outcome.NOT_IMPLEMENTED, Outcome.UNSAYABLE}:
        return STAYS[HoldState.UNSUPPORTED]
    return STAYS[HoldState.UNCERTAIN if outcome in UNKNOWN else HoldState.PENDING]


@pytest.mark.parametrize("held_by", [HeldBy.AUTO, HeldBy.CHARGER])
@pytest.mark.parametrize("outcome", Outcome)
def test_an_immediate_request_is_held_taken_on_or_rejected(held_by: HeldBy, outcome: Outcome) -> None:
    """Somebody waits: a refusal ends it, and `charger` takes nothing but Accepted (ocpp.md 5.3)."""
    placing = replace(RESERVATION, status=Status.PLACING, awaited=True, held_by=held_by)
    assert ruling(placing, ANSWERS[outcome]) == _awaited(held_by, outcome)


@pytest.mark.parametrize("held_by", [HeldBy.AUTO, HeldBy.CHARGER])
@pytest.mark.parametrize("outcome", Outcome)
def test_a_scheduled_reservation_that_begins_keeps_trying(held_by: HeldBy, outcome: Outcome) -> None:
    """Nobody waits: `auto` binds at once whatever the charger says, `charger` once it is held (ocpp.md 5.3)."""
    placing = replace(RESERVATION, status=Status.PLACING, held_by=held_by)
    assert ruling(placing, ANSWERS[outcome]) == _due(held_by, outcome)


@pytest.mark.parametrize("held_by", [HeldBy.AUTO, HeldBy.CHARGER])
@pytest.mark.parametrize("outcome", Outcome)
def test_no_answer_ends_a_reservation_that_binds(held_by: HeldBy, outcome: Outcome) -> None:
    """A charger that forgets, refuses or cannot hold never ends a promise by that (design.md 5)."""
    active = replace(RESERVATION, status=Status.ACTIVE, held_by=held_by)
    assert ruling(active, ANSWERS[outcome]) == _standing(outcome)


@pytest.mark.parametrize(
    ("attempts", "want"),
    [(0, 5), (1, 5), (2, 30), (3, 300), (4, 300), (100, 300)],
)
def test_attempts_become_rarer(attempts: int, want: int) -> None:
    """The back-off is 5 s, 30 s, then 5 min (ocpp.md 5.4)."""
    assert wait_after(attempts) == timedelta(seconds=want)


@pytest.mark.parametrize("outcome", Outcome)
def test_only_the_five_answers_are_the_chargers_own_words(outcome: Outcome) -> None:
    """A response names the charger's word, or none where it gave none (contract 3)."""
    words = {"Accepted", "Faulted", "Occupied", "Rejected", "Unavailable"}
    assert outcome.word == (outcome.value if outcome.value in words else None)
    assert outcome.is_unknown is (outcome in UNKNOWN)
