"""Whether reservations fit the free EVSEs of a charger at one instant."""

from collections.abc import Collection, Mapping

from hypothesis import given, settings, strategies as st
import networkx as nx
import pytest

from custom_components.ocpp_central.core.matching import assign, forced_reserved, may_walk_up, safe

type Wishes = Mapping[str, Collection[int]]

hundreds = settings(max_examples=500)
thousands = settings(max_examples=1000)


def wishes(most: int, evses: int) -> st.SearchStrategy[Wishes]:
    """Up to `most` wishes, each for some of the EVSEs from 1 to `evses`, in any order of preference."""
    choice = st.lists(st.integers(1, evses), unique=True)
    return st.lists(choice, max_size=most).map(lambda choices: dict(zip("ABCDEFGH", choices, strict=False)))


def _largest(some: Wishes) -> int:
    """How many can be served at once, by Hopcroft and Karp's algorithm."""
    graph: nx.Graph[str | int] = nx.Graph()
    graph.add_nodes_from(some)
    graph.add_edges_from((key, evse) for key, evses in some.items() for evse in evses)
    return len(nx.bipartite.hopcroft_karp_matching(graph, top_nodes=list(some))) // 2


def _somebody_is_left_out(some: Wishes, free: frozenset[int]) -> bool:
    """Whether in some order of arrival, with some choice of each, a holder finds no EVSE: by trying all of them."""
    for key, evses in some.items():
        fitting = free.intersection(evses)
        others = {other: wish for other, wish in some.items() if other != key}
        if not fitting or any(_somebody_is_left_out(others, free - {evse}) for evse in fitting):
            return True
    return False


def _within(some: Wishes, free: Collection[int]) -> Wishes:
    return {key: [evse for evse in evses if evse in free] for key, evses in some.items()}


@hundreds
@given(some=wishes(8, 8))
def test_an_assignment_gives_everybody_an_evse_of_its_own(some: Wishes) -> None:
    """Every EVSE is one that would do, and none is given twice."""
    places = assign(some)
    if places is not None:
        assert places.keys() == some.keys()
        assert len(set(places.values())) == len(some)
        assert all(evse in some[key] for key, evse in places.items())


@thousands
@given(some=wishes(8, 8))
def test_an_assignment_is_found_wherever_there_is_one(some: Wishes) -> None:
    """There is one exactly where networkx can match as many EVSEs as there are wishes."""
    assert (assign(some) is not None) is (_largest(some) == len(some))


def test_a_preferred_evse_is_given_where_nobody_needs_it() -> None:
    """The first EVSE of each wish is its first choice."""
    assert assign({"A": [3, 1, 2], "B": [2, 3, 1]}) == {"A": 3, "B": 2}


def test_a_preference_yields_to_a_wish_without_alternative() -> None:
    """A prefers EVSE 1, but B has no other."""
    assert assign({"A": [1, 2], "B": [1]}) == {"A": 2, "B": 1}


def test_the_earlier_of_two_equal_preferences_is_met() -> None:
    """Nobody is moved for a mere preference."""
    assert assign({"A": [1, 2], "B": [1, 2]}) == {"A": 1, "B": 2}


def test_holders_move_on_in_a_chain() -> None:
    """The last wish is served by moving both others."""
    assert assign({"A": [1, 2], "B": [2, 3], "C": [1]}) == {"A": 2, "B": 3, "C": 1}


def test_a_long_chain_of_moves_is_no_trouble() -> None:
    """Everybody moves on by one for the last wish, however many there are."""
    chain = {number: [number, number + 1] for number in range(1, 3000)}
    places = assign({**chain, 3000: [1]})
    assert places == {**{number: number + 1 for number in chain}, 3000: 1}


@thousands
@given(some=wishes(4, 5))
def test_safe_means_that_no_order_and_no_choice_leaves_anybody_out(some: Wishes) -> None:
    """The polynomial criterion equals the definition of ocpp.md 4.1, tried out in full."""
    assert safe(some) is not _somebody_is_left_out(some, frozenset(range(1, 6)))


@hundreds
@given(some=wishes(6, 10))
def test_what_is_safe_can_be_assigned(some: Wishes) -> None:
    """Drivers who cannot go wrong can also be told where to go."""
    assert assign(some) is not None or not safe(some)


def test_what_can_be_assigned_need_not_be_safe() -> None:
    """EVSE 1 has types A and B, EVSE 2 has type B: the driver who wishes B may park at 1."""
    some = {"wishes A": [1], "wishes B": [1, 2]}
    assert assign(some) == {"wishes A": 1, "wishes B": 2}
    assert not safe(some)


@hundreds
@given(some=wishes(4, 4), free=st.frozensets(st.integers(1, 4)))
def test_a_walk_up_may_have_an_evse_that_leaves_as_many_served(some: Wishes, free: frozenset[int]) -> None:
    """An EVSE is reserved in effect exactly where its loss lets fewer reservations be served."""
    served = _largest(_within(some, free))
    expected = {evse for evse in free if _largest(_within(some, free - {evse})) < served}
    assert forced_reserved(free, some) == expected


@hundreds
@given(some=wishes(3, 4), free=st.frozensets(st.integers(1, 5)))
def test_a_walk_up_leaves_safe_what_nobody_steers(some: Wishes, free: frozenset[int]) -> None:
    """Where drivers choose, an EVSE is reserved in effect if without it somebody could be left out."""
    if _somebody_is_left_out(some, free):
        expected = forced_reserved(free, some)
    else:
        expected = frozenset(evse for evse in free if _somebody_is_left_out(some, free - {evse}))
    assert forced_reserved(free, some, robust=True) == expected


@given(some=wishes(4, 4), free=st.frozensets(st.integers(1, 4)), robust=st.booleans())
def test_walk_ups_may_have_what_is_free_and_not_reserved_in_effect(
    some: Wishes, free: frozenset[int], *, robust: bool
) -> None:
    """One function answers Authorize, remote starts and the set of EVSEs that are reserved in effect (ocpp.md 4.3)."""
    allowed = {evse for evse in range(1, 6) if may_walk_up(evse, free, some, robust=robust)}
    assert allowed == free - forced_reserved(free, some, robust=robust)


@pytest.mark.parametrize("robust", [False, True])
def test_as_many_walk_ups_as_evses_stay_over(robust: bool) -> None:
    """With two of three EVSEs promised, any one may go to a walk-up; with the third gone, none (H01.FR.20)."""
    some = {"A": [1, 2, 3], "B": [1, 2, 3]}
    assert forced_reserved({1, 2, 3}, some, robust=robust) == frozenset()
    assert forced_reserved({1, 2}, some, robust=robust) == {1, 2}


def test_a_reservation_that_cannot_be_served_closes_no_evse_that_would_not_help() -> None:
    """The only EVSE for A is out of order; walk-ups still get the others."""
    assert forced_reserved({2, 3}, {"A": [1]}) == frozenset()
    assert forced_reserved({2, 3}, {"A": [1]}, robust=True) == frozenset()


def test_a_holder_is_asked_about_without_the_own_wish() -> None:
    """The one whom the EVSE is kept for may have it."""
    assert not may_walk_up(1, {1}, {"A": [1]})
    assert may_walk_up(1, {1}, {})
