from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import batched, islice
import os
from pathlib import Path
import subprocess
import sys
from typing import Any

import pytest

from mayhem.agreement import Held, disagreements
from mayhem.promises import Place, Promise, Promises, Terms, TransactionIds
from mayhem.subjects import ROUNDS, Subject, subjects

ROOT = Path(__file__).resolve().parents[1]
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
END = NOW + timedelta(minutes=1)
PLACE = Place("A", 1)


TERMS = Terms(place=PLACE, token="04A2B3", start=NOW, end=END)
MOVED = Terms(place=Place("A", 2), token="04A2B3", start=NOW, end=END + timedelta(seconds=30))
LATER = Terms(place=PLACE, token="04A2B3", start=NOW + timedelta(minutes=5), end=END + timedelta(minutes=5))


def promise(terms: Terms = TERMS) -> Promise:
    """Somebody asks for a reservation, and has no answer."""
    return Promise(terms=terms)


def granted(uid: str = "u1", terms: Terms = TERMS) -> Promise:
    """A reservation that the caller was told of."""
    made = promise(terms)
    made.granted(uid)
    return made


def listed(uid: str = "u1", **other: Any) -> Mapping[str, Any]:
    """A living reservation as an action lists it."""
    return {
        "uid": uid,
        "reservation_id": 1,
        "charger_id": PLACE.charger,
        "evse": PLACE.evse,
        "start": NOW.isoformat(),
        "end": END.isoformat(),
        "status": "active",
        "hold": "held",
        "held_by": "auto",
        **other,
    }


def test_what_was_granted_must_be_there() -> None:
    """A reservation that its caller was told of is lost if nobody lists it before its end."""
    assert Promises([granted()]).judge([listed()], NOW) == []
    [wrong] = Promises([granted()]).judge([listed(status="cancelled")], NOW)
    assert "has ended, but it stands" in wrong


def test_how_a_reservation_ended_is_remembered() -> None:
    """One that its caller was told of is never gone without a trace; that is told once."""
    promises = Promises([granted()])
    later = END + timedelta(minutes=1)
    assert promises.judge([listed(status="expired")], later) == []
    [wrong] = promises.judge([], later)
    assert "forgotten" in wrong
    assert promises.judge([], later) == []


def test_what_was_not_answered_may_be_there_or_not_but_does_not_come_back() -> None:
    """A caller without an answer finds the reservation or does not; what was not there once must not appear later."""
    assert Promises([promise()]).judge([listed()], NOW) == []
    promises = Promises([promise()])
    assert promises.judge([], NOW) == []
    [wrong] = promises.judge([listed()], NOW)
    assert "stands, but it has ended" in wrong


@pytest.mark.parametrize("told", [True, False])
def test_what_was_cancelled_does_not_stand(told: bool) -> None:
    """A cancellation that was confirmed is final; one without an answer may have happened or not."""
    cancelled = granted()
    cancelled.ending()
    if told:
        cancelled.over()
    assert bool(Promises([cancelled]).judge([listed()], NOW)) is told


def test_nothing_stands_after_its_end() -> None:
    """A reservation must be gone after its end, and may be gone just before it."""
    assert Promises([granted()]).judge([listed(status="expired")], END - timedelta(seconds=1)) == []
    assert Promises([granted()]).judge([listed()], END + timedelta(seconds=3)) != []


@pytest.mark.parametrize(
    ("status", "minutes", "right"),
    [("scheduled", 0, True), ("active", 0, False), ("scheduled", 5.5, False), ("active", 5.5, True)],
)
def test_a_reservation_begins_when_its_time_has_come(status: str, minutes: float, right: bool) -> None:
    """Until then it is scheduled, and no longer."""
    record = listed(status=status, start=LATER.start.isoformat(), end=LATER.end.isoformat())
    wrong = Promises([granted(terms=LATER)]).judge([record], NOW + timedelta(minutes=minutes))
    assert (wrong == []) is right


@pytest.mark.parametrize("terms", [TERMS, MOVED])
def test_an_unanswered_change_was_made_or_not_as_a_whole(terms: Terms) -> None:
    """Whichever it is, it stays so."""
    record = listed(evse=terms.place.evse, end=terms.end.isoformat())
    half = listed(evse=MOVED.place.evse)
    changed = granted()
    changed.amending(MOVED)
    assert not changed.stands
    promises = Promises([changed])
    assert promises.here(TERMS.place) is promises.here(MOVED.place) is changed
    assert promises.judge([record], NOW) == []
    assert (changed.stands, changed.terms) == (True, terms)
    other = listed(evse=MOVED.place.evse, end=MOVED.end.isoformat()) if terms is TERMS else listed()
    [wrong] = promises.judge([other], NOW)
    assert " not at " in wrong
    changed.amending(MOVED)
    assert promises.judge([half], NOW) != []


def test_an_answered_change_is_certain() -> None:
    """Confirmed it counts, refused it does not."""
    changed, kept = granted(), granted("u2")
    changed.amending(MOVED)
    changed.amended_as_asked()
    kept.amending(MOVED)
    kept.left_as_it_was()
    assert (changed.terms, kept.terms) == (MOVED, TERMS)
    assert changed.stands
    assert kept.stands


def test_what_is_used_is_in_use() -> None:
    """Once the charger was told that the holder may charge, the reservation is in use, and no longer reserved."""
    used = granted()
    used.starting()
    used.used()
    assert Promises([used]).judge([listed(status="in_use")], NOW) == []
    assert Promises([used]).judge([listed()], NOW) != []


def test_a_use_that_is_over_ends_the_reservation() -> None:
    """A start that the charger has yet to tell leaves the reservation as it is; its end, once told, ends it."""
    used = granted()
    used.starting()
    used.charged = True
    used.ending()
    promises = Promises([used])
    assert promises.judge([listed()], NOW, settled=False) == []
    used.not_charging()
    assert promises.judge([listed()], NOW) != []


def test_a_use_that_did_not_begin_leaves_the_reservation() -> None:
    """A holder who came but could not start has used nothing."""
    made = granted()
    made.starting()
    made.not_charging()
    assert Promises([made]).judge([listed()], NOW) == []


def test_one_place_one_reservation() -> None:
    """Two living reservations at one place, or with one id, are one too many."""
    wrong = Promises([granted(), granted("u2")]).judge([listed(), listed("u2")], NOW)
    assert len(wrong) == 2
    promises = Promises([granted(), granted("u2", LATER)])
    apart = listed("u2", reservation_id=2, status="scheduled", start=END.isoformat(), end=LATER.end.isoformat())
    assert not [each for each in promises.judge([listed(), apart], NOW) if "where" in each]


def test_nothing_comes_from_nowhere() -> None:
    """A reservation that nobody asked for is a fault."""
    [wrong] = Promises().judge([listed()], NOW)
    assert "nowhere" in wrong


def test_a_transaction_id_belongs_to_one_transaction() -> None:
    """An id may be told again for the same start, but not for another one."""
    ids = TransactionIds()
    assert ids.note(1, "a") + ids.note(1, "a") + ids.note(2, "b") == []
    assert ids.note(1, "c")


@pytest.mark.parametrize("seed", range(20))
def test_ten_rounds_are_about_everything(seed: int) -> None:
    """Whatever the seed: reserve, cancel, use and expiry twice at least, and each round is the same again."""
    for rounds in batched(islice(subjects(seed), 3 * ROUNDS), ROUNDS, strict=True):
        count = Counter(rounds)
        assert all(count[each] >= 2 for each in (Subject.RESERVE, Subject.CANCEL, Subject.USE, Subject.EXPIRE))
        assert set(count) == set(Subject)
    assert list(islice(subjects(seed), 30)) == list(islice(subjects(seed), 30))


def test_seeds_differ() -> None:
    """Another seed, another order."""
    assert len({tuple(islice(subjects(seed), ROUNDS)) for seed in range(20)}) > 10


HOLD = Held(1, "04A2B3", END)


@pytest.mark.parametrize(
    ("reservations", "holds", "occupied", "agree"),
    [
        ([listed()], [HOLD], set(), True),
        ([listed()], [], set(), False),
        ([listed()], [], {1}, True),
        ([listed(hold="uncertain")], [HOLD], set(), False),
        ([listed()], [HOLD, HOLD], set(), False),
        ([listed(held_by="central_system")], [HOLD], set(), False),
        ([listed(status="in_use", hold="none")], [], set(), True),
        ([], [HOLD], set(), False),
        ([], [], set(), True),
    ],
)
def test_holds_agree(reservations: list[Any], holds: list[Held], occupied: set[int], agree: bool) -> None:
    """A charger holds what is promised, once and until the right end, unless a car is there; and nothing else."""
    assert (disagreements(reservations, {"u1": "04A2B3"}, holds, occupied, NOW) == []) is agree


def test_the_command_tells_its_options() -> None:
    """The help names the rounds and the seed."""
    run = subprocess.run(
        [sys.executable, "-m", "mayhem", "--help"],
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'scripts'}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert "rounds" in run.stdout
    assert "--seed" in run.stdout
