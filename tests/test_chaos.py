from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import batched, islice
import os
from pathlib import Path
import subprocess
import sys
from typing import Any

import pytest

from mayhem.agreement import Held, disagreements
from mayhem.promises import Claim, Fate, Place, Promise, Promises, Target, Terms, TransactionIds
from mayhem.subjects import ROUNDS, Subject, subjects

ROOT = Path(__file__).resolve().parents[1]
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
END = NOW + timedelta(minutes=1)
PLACE = Place("A", 1)
OTHER = Place("A", 2)

TERMS = Terms(claim=Claim("A", Target.CONNECTOR, 1), token="04A2B3", start=NOW, end=END)
MOVED = TERMS._replace(claim=Claim("A", Target.CONNECTOR, 2), end=END + timedelta(seconds=30))
LATER = TERMS._replace(start=NOW + timedelta(minutes=5), end=END + timedelta(minutes=5))
ANY = TERMS._replace(claim=Claim("A", Target.ANY))
WHOLE = TERMS._replace(claim=Claim("A", Target.WHOLE_CHARGER))


def promise(terms: Terms = TERMS) -> Promise:
    """Somebody asks for a reservation, and has no answer."""
    return Promise(terms=terms)


def granted(uid: str = "u1", terms: Terms = TERMS, *, evse: int | None = None) -> Promise:
    """A reservation that the caller was told of, and at which EVSE it is."""
    made = promise(terms)
    made.granted(uid, terms.claim.evse or evse)
    return made


def listed(uid: str = "u1", **other: Any) -> dict[str, Any]:
    """A living reservation as an action lists it."""
    return {
        "uid": uid,
        "reservation_id": 1,
        "charger_id": PLACE.charger,
        "evse": PLACE.evse,
        "target": "connector",
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
    record = listed(evse=terms.claim.evse, end=terms.end.isoformat())
    half = listed(evse=2)
    changed = granted()
    changed.amending(MOVED)
    assert not changed.stands
    promises = Promises([changed])
    assert changed.covers(PLACE)
    assert changed.covers(OTHER)
    assert promises.judge([record], NOW) == []
    assert (changed.stands, changed.terms) == (True, terms)
    other = listed(evse=2, end=MOVED.end.isoformat()) if terms is TERMS else listed()
    [wrong] = promises.judge([other], NOW)
    assert " not at " in wrong
    changed.amending(MOVED)
    assert promises.judge([half], NOW) != []


def test_an_answered_change_is_certain() -> None:
    """Confirmed it counts, refused it does not."""
    changed, kept = granted(), granted("u2")
    changed.amending(MOVED)
    changed.amended_as_asked(2)
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


@pytest.mark.parametrize(
    ("one", "two", "right"),
    [
        ({"target": "any"}, {}, False),
        ({"target": "any"}, {"evse": 2}, True),
        ({"target": "any", "evse": None}, {"evse": 2}, True),
        ({"target": "any", "evse": None}, {"target": "any", "evse": None}, True),
        ({"target": "whole_charger", "evse": None}, {"evse": 2}, False),
        ({"target": "whole_charger", "evse": None}, {"target": "any", "evse": None}, False),
        ({"target": "whole_charger", "evse": None}, {"charger_id": "B"}, True),
    ],
)
def test_one_place_is_promised_once_whatever_is_reserved(one: dict[str, Any], two: dict[str, Any], right: bool) -> None:
    """Who has any connector is in the way of nobody until bound to one; who has the whole charger, of everybody there."""
    wrong = Promises().judge([listed(**one), listed("u2", reservation_id=2, **two)], NOW)
    assert (not [each for each in wrong if ", where " in each]) is right


def test_what_is_reserved_stays_what_it_is() -> None:
    """A connector does not become any, nor any the whole charger; nor does one without an answer."""
    for terms in (TERMS, ANY, WHOLE):
        for target in Target:
            record = listed(target=target, evse=None if target is Target.WHOLE_CHARGER else 1)
            right = target is terms.claim.target
            assert (granted(terms=terms).listed(record, NOW) == []) is right
            assert (Promises([promise(terms)]).judge([record], NOW) == []) is right


def test_who_has_any_connector_keeps_the_one_that_he_was_given() -> None:
    """He is moved to another one only if somebody was at his own, or if he wanted other terms himself."""
    elsewhere = listed(target="any", evse=2)
    [wrong] = granted(terms=ANY, evse=1).listed(elsewhere, NOW)
    assert "moved from EVSE 1 to 2" in wrong
    assert granted(terms=ANY, evse=1).listed(elsewhere, NOW, visited={PLACE}) == []
    assert granted(terms=ANY).listed(elsewhere, NOW) == []
    changed = granted(terms=ANY, evse=1)
    changed.amending(ANY._replace(token="04FFFF"))
    assert changed.listed(elsewhere, NOW) == []
    assert changed.covers(OTHER)
    assert not changed.covers(PLACE)


def test_who_has_any_connector_is_bound_when_his_time_has_come() -> None:
    """Until then nobody knows which it is."""
    later = LATER._replace(claim=ANY.claim)
    record = listed(target="any", status="scheduled", start=later.start.isoformat(), end=later.end.isoformat())
    assert granted(terms=later).listed({**record, "evse": None}, NOW) == []
    [wrong] = granted(terms=later).listed(record, NOW)
    assert "before its time" in wrong


def test_a_whole_charger_is_every_place_of_it() -> None:
    """Nothing else is free there, whatever else is."""
    whole = granted(terms=WHOLE)
    assert whole.covers(PLACE)
    assert whole.covers(OTHER)
    assert not whole.covers(Place("B", 1))
    assert not granted(terms=ANY).covers(PLACE)


def test_a_driver_is_known_by_his_token() -> None:
    """As long as his reservation may not have ended; after an unanswered handover both are."""
    made = granted()
    made.amending(MOVED._replace(token="04FFFF"))
    promises = Promises([made])
    assert promises.of("04A2B3") is promises.of("04FFFF") is made
    assert promises.of("04C0C0") is None
    made.fates = frozenset({Fate.ENDED})
    assert promises.of("04A2B3") is None


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
SECOND = Held(2, "04A2B3", END)
THEIRS = Held(2, "04C0C0", END)
AT_ANY = listed(target="any")
AT_NONE = listed(target="any", evse=None, hold="none")
AT_ALL = listed(target="whole_charger", evse=None)


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
        ([AT_ANY], [HOLD], set(), True),
        ([AT_ANY], [SECOND], set(), False),
        ([AT_NONE], [], set(), False),
        ([AT_NONE], [], {1, 2}, True),
        ([AT_NONE, listed("u2", evse=2)], [THEIRS], {1}, True),
        ([AT_NONE, listed("u2", evse=2)], [THEIRS], set(), False),
        ([AT_NONE | {"status": "scheduled"}], [], set(), True),
        ([AT_ALL], [HOLD, SECOND], set(), True),
        ([AT_ALL], [HOLD], set(), False),
        ([AT_ALL], [HOLD], {2}, True),
        ([AT_ALL | {"hold": "pending"}], [HOLD], {2}, True),
        ([AT_ALL | {"hold": "pending"}], [HOLD, SECOND], set(), False),
        ([AT_ALL | {"status": "in_use"}], [SECOND], {1}, True),
        ([AT_ALL | {"status": "in_use"}], [], {1}, True),
    ],
)
def test_holds_agree(reservations: list[Any], holds: list[Held], occupied: set[int], agree: bool) -> None:
    """A charger holds what is promised, once and until the right end, unless a car is there; and nothing else.

    Who may have any connector is at one, unless there is none for him; a whole charger is held at each.
    """
    evses = {evse: evse in occupied for evse in (1, 2)}
    assert (disagreements(reservations, {"u1": "04A2B3", "u2": "04C0C0"}, holds, evses, NOW) == []) is agree


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
