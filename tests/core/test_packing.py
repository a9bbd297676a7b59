"""Whether reservations with windows fit the EVSEs of a charger, and who is in the way."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from random import Random

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.ocpp_central.core.packing import (
    NODES_ASIDE,
    NODES_AT_ONCE,
    Arrangement,
    Collision,
    Movable,
    Occupation,
    arrange,
    propose,
)
from custom_components.ocpp_central.core.reservation import Window

type Taken = Occupation[str]
type Moved = Movable[str]

MIDNIGHT = datetime(2026, 11, 21, tzinfo=UTC)
FOREVER = datetime.max.replace(tzinfo=UTC)
PLENTY = 1_000_000

hundreds = settings(max_examples=500)
thousands = settings(max_examples=1500)


def hours(start: int, end: int) -> Window:
    """The window between two full hours."""
    return Window(start=MIDNIGHT + timedelta(hours=start), end=MIDNIGHT + timedelta(hours=end))


windows = st.tuples(st.integers(0, 6), st.integers(1, 4)).map(lambda pair: hours(pair[0], sum(pair)))
some_evses = st.lists(st.integers(1, 3), unique=True, min_size=1)


def movables(most: int = 5) -> st.SearchStrategy[list[Moved]]:
    """Reservations that may be moved, some of them with an EVSE, fitting or not."""
    present = st.none() | st.integers(1, 4)
    one = st.builds(Movable[str], key=st.none(), window=windows, evses=some_evses, present=present)
    return st.lists(one, max_size=most).map(lambda found: [replace(o, key=f"m{n}") for n, o in enumerate(found)])


def occupations(most: int = 3) -> st.SearchStrategy[list[Taken]]:
    """What cannot be moved, named or not."""
    one = st.builds(Occupation[str], key=st.just("o") | st.none(), window=windows, evses=some_evses)
    return st.lists(one, max_size=most).map(
        lambda found: [replace(o, key=o.key and f"o{n}") for n, o in enumerate(found)]
    )


proposals = st.one_of(
    st.builds(Movable[str], key=st.just("new"), window=windows, evses=some_evses),
    st.builds(Occupation[str], key=st.just("new"), window=windows, evses=some_evses),
)


def _is_plan(evses: Mapping[str, int], taken: Iterable[Taken], moved: Sequence[Moved]) -> bool:
    """Whether everybody has one fitting EVSE for the whole window, and nobody else has it then."""
    parts = [(each.window, evse) for each in taken for evse in each.evses]
    for each in moved:
        evse = evses.get(each.key)
        if (
            evse is None
            or evse not in each.evses
            or any(evse == other and each.window.overlaps(window) for window, other in parts)
        ):
            return False
        parts.append((each.window, evse))
    return True


def _fits(taken: Sequence[Taken], moved: Sequence[Moved]) -> bool:
    """Whether there is a plan, by trying all of them."""
    return any(
        _is_plan(dict(zip((each.key for each in moved), choice, strict=True)), taken, moved)
        for choice in product(*(each.evses for each in moved))
    )


def _with(new: Taken | Moved, taken: Sequence[Taken], moved: Sequence[Moved]) -> tuple[list[Taken], list[Moved]]:
    if isinstance(new, Movable):
        return list(taken), [*moved, new]
    return [*taken, new], list(moved)


def _could_be_let_in(new: Taken | Moved, taken: Sequence[Taken], moved: Sequence[Moved]) -> bool:
    """Whether there is a plan with the new one, by trying all of them."""
    blocked = isinstance(new, Occupation) and any(
        each.window.overlaps(new.window) and set(each.evses) & set(new.evses) for each in taken
    )
    return not blocked and _fits(*_with(new, taken, moved))


def _fitting(taken: Sequence[Taken], moved: Sequence[Moved]) -> list[Moved]:
    """Of those in order all who fit beside those before."""
    kept: list[Moved] = []
    for each in moved:
        if _fits(taken, [*kept, each]):
            kept.append(each)
    return kept


def _moved_to(evses: Mapping[str, int], moved: Sequence[Moved]) -> list[Moved]:
    return [replace(each, present=evses.get(each.key, each.present)) for each in moved]


def _settled(taken: Sequence[Taken], moved: Sequence[Moved]) -> list[Moved]:
    """A world in which everybody has a place."""
    arrangement = arrange(taken, moved, nodes=PLENTY)
    return [each for each in _moved_to(arrangement.evses, moved) if each.key not in arrangement.left_out]


@thousands
@given(new=proposals, taken=occupations(), moved=movables())
def test_a_proposal_is_let_in_exactly_where_a_plan_exists(
    new: Taken | Moved, taken: list[Taken], moved: list[Moved]
) -> None:
    """One EVSE for each whole window, whatever the target: brute force finds a plan where `propose` does.

    The answer, together with the EVSEs of those that it does not speak of, is one.
    """
    moved = _settled(taken, moved)
    answer = propose(new, taken, moved, nodes=PLENTY)
    assert isinstance(answer, Arrangement) is _could_be_let_in(new, taken, moved)
    if isinstance(answer, Arrangement):
        taken, moved = _with(new, taken, moved)
        evses = {each.key: each.present for each in moved if each.present is not None} | dict(answer.evses)
        assert _is_plan(evses, taken, moved)


@thousands
@given(new=proposals, taken=occupations(), moved=movables())
def test_a_collision_names_the_first_whose_absence_would_let_the_proposal_in(
    new: Taken | Moved, taken: list[Taken], moved: list[Moved]
) -> None:
    """Where no single absence would, it names the one that overlaps longest; what is no reservation is never named."""
    moved = _settled(taken, moved)
    answer = propose(new, taken, moved, nodes=PLENTY)
    if isinstance(answer, Arrangement):
        return
    everybody: list[Taken | Moved] = [*taken, *moved]
    named = [
        each for each in everybody if each.key and each.window.overlaps(new.window) and set(each.evses) & set(new.evses)
    ]
    decisive = [
        each
        for each in named
        if _could_be_let_in(new, [o for o in taken if o is not each], [m for m in moved if m is not each])
    ]
    if decisive:
        first = min(each.window.start for each in decisive)
        assert answer.key in {each.key for each in decisive if each.window.start == first}
    elif named:
        overlaps = {
            each.key: min(each.window.end, new.window.end) - max(each.window.start, new.window.start) for each in named
        }
        assert answer.key is not None
        assert overlaps[answer.key] == max(overlaps.values())
    else:
        assert answer.key is None


@hundreds
@given(taken=occupations(), moved=movables())
def test_where_not_all_fit_the_first_in_order_stay_in(taken: list[Taken], moved: list[Moved]) -> None:
    """Only those are left out who do not fit beside those before them, as brute force finds it."""
    arrangement = arrange(taken, moved, nodes=PLENTY)
    kept = _fitting(taken, moved)
    assert list(arrangement.left_out) == [each.key for each in moved if each not in kept]
    assert arrangement.evses.keys() == {each.key for each in kept}
    assert _is_plan(arrangement.evses, taken, kept)


@hundreds
@given(taken=occupations(), moved=movables(6))
def test_arranging_an_unchanged_world_moves_nobody(taken: list[Taken], moved: list[Moved]) -> None:
    """Who has a place keeps it, and no search is needed to find that out."""
    settled = _settled(taken, moved)
    again = arrange(taken, settled, nodes=0)
    assert again.evses == {each.key: each.present for each in settled}
    assert (again.left_out, again.nodes, again.proven) == ((), 0, True)


@hundreds
@given(new=proposals, taken=occupations(), moved=movables())
def test_nobody_moves_for_a_proposal_that_fits_without(
    new: Taken | Moved, taken: list[Taken], moved: list[Moved]
) -> None:
    """If the new reservation has an EVSE beside all present ones, it gets the first of its preferred such EVSEs."""
    settled = _settled(taken, moved)
    places = {each.key: each.present for each in settled if each.present is not None}
    if isinstance(new, Movable):
        open_to_it = [evse for evse in new.evses if _is_plan(places | {"new": evse}, taken, [*settled, new])]
        expected = {"new": open_to_it[0]} if open_to_it else None
    else:
        expected = {} if _is_plan(places, [*taken, new], settled) and _could_be_let_in(new, taken, []) else None
    answer = propose(new, taken, settled, nodes=0)
    assert isinstance(answer, Arrangement) is (expected is not None)
    if isinstance(answer, Arrangement):
        assert {key: evse for key, evse in answer.evses.items() if places.get(key) != evse} == expected


@hundreds
@given(new=proposals, taken=occupations(), moved=movables(7), nodes=st.integers(0, 4))
def test_planning_takes_no_more_nodes_than_granted(
    new: Taken | Moved, taken: list[Taken], moved: list[Moved], nodes: int
) -> None:
    """What is answered for certain within few nodes is answered alike with many."""
    answer = propose(new, taken, moved, nodes=nodes)
    arrangement = arrange(taken, moved, nodes=nodes)
    assert max(answer.nodes, arrangement.nodes) <= nodes
    if answer.proven:
        assert type(propose(new, taken, moved, nodes=PLENTY)) is type(answer)
    if arrangement.proven:
        assert arrange(taken, moved, nodes=PLENTY).left_out == arrangement.left_out


def test_a_parked_car_does_not_move() -> None:
    """EVSE 1 = {A}, EVSE 2 = {B}: a match exists at every instant, but no plan (ocpp.md 4.2)."""
    one = Movable(key="A", window=hours(0, 1), evses=[1], present=1)
    other = Movable(key="B", window=hours(1, 2), evses=[2], present=2)
    anywhere = Movable(key="any", window=hours(0, 2), evses=[1, 2])
    assert isinstance(propose(anywhere, [], [one, other]), Collision)
    assert isinstance(propose(anywhere, [], [one]), Arrangement)
    assert isinstance(propose(anywhere, [], [other]), Arrangement)


def test_others_move_to_let_a_proposal_in() -> None:
    """Who could use another EVSE gives way to who cannot."""
    anywhere = Movable(key="any", window=hours(0, 2), evses=[1, 2], present=1)
    assert propose(Occupation(key="new", window=hours(1, 3), evses=[1]), [], [anywhere]) == Arrangement(
        evses={"any": 2}, nodes=2
    )


def test_as_few_as_possible_move() -> None:
    """At EVSE 1 two would have to give way, at EVSE 2 only one, though more could use it."""
    moved = [
        Movable(key="A", window=hours(0, 1), evses=[1, 3], present=1),
        Movable(key="B", window=hours(1, 2), evses=[1, 3], present=1),
        Movable(key="C", window=hours(0, 2), evses=[2, 3], present=2),
        Movable(key="D", window=hours(0, 1), evses=[2, 4], present=4),
        Movable(key="E", window=hours(1, 2), evses=[2, 4], present=4),
    ]
    answer = propose(Movable(key="new", window=hours(0, 2), evses=[1, 2]), [], moved)
    assert answer == Arrangement(evses={"A": 1, "B": 1, "C": 3, "D": 4, "E": 4, "new": 2}, nodes=2)


def test_windows_that_only_touch_share_an_evse() -> None:
    """Windows are half-open."""
    before = Occupation(key="before", window=hours(0, 1), evses=[1])
    after = Occupation(key="after", window=hours(2, 3), evses=[1])
    new = Movable(key="new", window=hours(1, 2), evses=[1])
    assert propose(new, [before, after], []) == Arrangement(evses={"new": 1})


def test_a_transaction_without_a_known_end_takes_its_evse_for_good() -> None:
    """It is no reservation, so the collision names none."""
    running = Occupation[str](key=None, window=Window(start=MIDNIGHT, end=FOREVER), evses=[1])
    assert propose(Movable(key="new", window=hours(100, 101), evses=[1]), [running], []) == Collision(key=None)
    assert isinstance(propose(Movable(key="new", window=hours(100, 101), evses=[1, 2]), [running], []), Arrangement)


def test_the_whole_charger_collides_with_every_reservation_in_its_window() -> None:
    """It needs every EVSE, so that nobody can give way."""
    anywhere = Movable(key="any", window=hours(2, 4), evses=[1, 2], present=2)
    whole = Occupation(key="whole", window=hours(0, 3), evses=[1, 2])
    assert propose(whole, [], [anywhere]) == Collision(key="any")
    assert propose(anywhere, [whole], []) == Collision(key="whole")
    assert isinstance(propose(replace(whole, window=hours(0, 2)), [], [anywhere]), Arrangement)


def test_a_moved_reservation_stays_at_its_evse_if_it_can() -> None:
    """An update proposes with the EVSE that the reservation had, preferred or not."""
    later = Movable(key="later", window=hours(1, 2), evses=[1, 2, 3], present=2)
    assert propose(later, [], []) == Arrangement(evses={"later": 2})


def test_a_reservation_that_no_evse_is_left_for_keeps_nobody_else_out() -> None:
    """What cannot be served anyway is no reason to refuse."""
    stranded = Movable(key="stranded", window=hours(0, 4), evses=[1])
    taken = Occupation[str](key=None, window=hours(0, 4), evses=[1])
    new = Movable(key="new", window=hours(0, 4), evses=[1, 2])
    assert propose(new, [taken], [stranded]) == Arrangement(evses={"new": 2})
    assert arrange([taken], [stranded, new]) == Arrangement(evses={"new": 2}, left_out=("stranded",))


def _busy(seed: int, reservations: int, evses: int, span: int) -> tuple[list[Taken], list[Moved]]:
    """As many reservations as are let in one after the other, of every kind, on one charger."""
    random = Random(seed)  # noqa: S311  examples, not secrets
    taken: list[Taken] = []
    moved: list[Moved] = []
    for number in range(reservations * 3):
        if len(taken) + len(moved) == reservations:
            break
        start = random.randrange(span)
        window = hours(start, start + random.randint(1, 12))
        some = random.sample(range(1, evses + 1), random.choice([1, evses // 2, evses, evses]))
        new: Taken | Moved = (
            Occupation(key=f"r{number}", window=window, evses=some)
            if len(some) == 1
            else Movable(key=f"r{number}", window=window, evses=some)
        )
        answer = propose(new, taken, moved)
        if isinstance(answer, Arrangement):
            taken, moved = _with(new, taken, moved)
            moved = _moved_to(answer.evses, moved)
    return taken, moved


@pytest.mark.parametrize("seed", range(5))
def test_a_full_charger_is_planned_within_the_nodes_of_the_event_loop(seed: int) -> None:
    """Eight EVSEs with eighty reservations that came one by one stay a plan, with present places or without."""
    taken, moved = _busy(seed, 80, 8, 80)
    assert len(taken) + len(moved) == 80
    evses = {each.key: each.present for each in moved if each.present is not None}
    assert _is_plan(evses, taken, moved)
    assert arrange(taken, moved).evses == evses
    afresh = arrange(taken, [replace(each, present=None) for each in moved], nodes=NODES_ASIDE)
    assert not afresh.proven or _is_plan(afresh.evses, taken, moved)
    assert NODES_AT_ONCE < NODES_ASIDE


@pytest.mark.parametrize("nodes", [1, 3, 10])
def test_naming_who_is_in_the_way_takes_no_more_nodes_than_are_left(nodes: int) -> None:
    """On a full charger both the refusal and the name come out of the one grant."""
    taken, moved = _busy(1, 60, 8, 40)
    for start, evse in product(range(40), range(1, 9)):
        answer = propose(Movable(key="new", window=hours(start, start + 4), evses=[evse]), taken, moved, nodes=nodes)
        assert answer.nodes <= nodes


def test_a_question_that_needs_more_nodes_says_so() -> None:
    """What was not shown to fit is refused, and may be asked again with more nodes."""
    moved = [
        Movable(key="A", window=hours(0, 2), evses=[1, 2], present=1),
        Movable(key="B", window=hours(1, 3), evses=[2, 3], present=2),
    ]
    new = Occupation(key="new", window=hours(1, 2), evses=[1])
    assert propose(new, [], moved, nodes=2) == Collision(key="A", proven=False, nodes=2)
    assert propose(new, [], moved, nodes=3) == Arrangement(evses={"A": 2, "B": 3}, nodes=3)
