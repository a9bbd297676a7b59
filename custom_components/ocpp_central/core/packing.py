"""Whether reservations with windows fit the EVSEs of a charger, one EVSE for each whole window, and who is in the way.

Knows what takes EVSEs for good and what may still be moved. Must not know the status of reservations, types of
connectors, buffers or the clock: windows come with their buffers.

Matching at each instant is necessary, not sufficient (ocpp.md 4.2): with EVSE 1 = {A} and EVSE 2 = {B}, "any" from 0 to
2, A from 0 to 1 and B from 1 to 2 can be matched at every instant, but the car of "any" would have to move at 1.

Whatever is answered costs no more than the nodes that the caller grants. What was not shown to fit within them is
refused: nothing is promised that may turn out impossible.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from .events import EvseId
from .reservation import Window
from .seating import Board, Lists, Need, Seating, union
from .timetable import bits

NODES_AT_ONCE = 200
"""How much planning the event loop can wait for: a few milliseconds on a small computer (ocpp.md 5.10)."""

NODES_ASIDE = 20_000
"""How much planning is worth a thread: below a second (ocpp.md 5.10)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occupation[K]:
    """All of these EVSEs are taken during the window, and nobody will move.

    A reservation of one EVSE or of the whole charger, one that is bound or in use, or (`key` None) whatever is not a
    reservation, such as a transaction without one.
    """

    key: K | None
    window: Window
    evses: Collection[EvseId]


@dataclass(frozen=True, slots=True, kw_only=True)
class Movable[K]:
    """A reservation that needs one of these EVSEs, preferred ones first, for its whole window.

    `present`: the one that it was last given; it is kept if possible.
    """

    key: K
    window: Window
    evses: Collection[EvseId]
    present: EvseId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement[K]:
    """An EVSE for each movable reservation that was looked at; all others stay where they are.

    `left_out`: who has none, in the order given. `proven`: False if the nodes ran out, and the same question with more
    of them may leave out fewer. `nodes`: how many it took.
    """

    evses: Mapping[K, EvseId]
    left_out: tuple[K, ...] = ()
    proven: bool = True
    nodes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Collision[K]:
    """A proposal does not fit. `key`: a reservation in its way; None: what is in its way is no reservation.

    `proven`: False if the nodes ran out, and the same question with more of them may be answered differently.
    `nodes`: how many it took.
    """

    key: K | None
    proven: bool = True
    nodes: int = 0


def propose[K](
    new: Occupation[K] | Movable[K],
    occupations: Sequence[Occupation[K]],
    movables: Sequence[Movable[K]],
    *,
    nodes: int = NODES_AT_ONCE,
) -> Arrangement[K] | Collision[K]:
    """Fit one more reservation in, moving others if need be, or name one that it collides with.

    `occupations`, `movables`: what there is on this charger, without the reservation that the new one replaces and
    without what `arrange` left out: nothing is let in beside reservations that do not fit themselves. Only what the new
    one could affect is looked at, and nobody moves if it fits without. The reservation named is the first by start
    whose absence would let the new one in; where no single absence would (or the nodes ran out), the one that overlaps
    longest.
    """
    return _Question(new, occupations, movables).answer(nodes)


def arrange[K](
    occupations: Sequence[Occupation[K]], movables: Sequence[Movable[K]], *, nodes: int = NODES_AT_ONCE
) -> Arrangement[K]:
    """Give every movable reservation an EVSE, after the world has changed.

    `movables`: who comes first stays in where not all fit. If everybody can stay at the present EVSE, everybody does.
    """
    board = Board([_need(each) for each in movables])
    lists = board.lists((taken.window, taken.evses) for taken in occupations)
    evses: dict[int, EvseId] = {}
    used, proven = 0, True
    waiting = union(lists)
    while waiting:
        group = board.connected(waiting & -waiting, lists)
        waiting &= ~group
        seating = _seat_most(board, group, lists, nodes - used)
        used += seating.nodes
        proven &= seating.proven
        evses |= seating.evses or {}
    return Arrangement(
        evses={movables[number].key: evse for number, evse in sorted(evses.items())},
        left_out=tuple(each.key for number, each in enumerate(movables) if number not in evses),
        proven=proven,
        nodes=used,
    )


def _seat_most(board: Board, group: int, lists: Lists, nodes: int) -> Seating:
    """Seat all of a group, or else one after the other, leaving out who does not fit with those before."""
    best = board.seat(group, lists, nodes=nodes)
    if best.evses is not None:
        return best
    used, proven = best.nodes, best.proven
    kept, evses = 0, {}
    for number in bits(group):
        more = board.seat(kept | 1 << number, lists, nodes=nodes - used)
        used += more.nodes
        proven &= more.proven
        if more.evses is not None:
            kept, evses = kept | 1 << number, more.evses
    return Seating(evses=evses, proven=proven, nodes=used)


class _Question[K]:
    """One proposal with all that it may collide with."""

    def __init__(
        self, new: Occupation[K] | Movable[K], occupations: Sequence[Occupation[K]], movables: Sequence[Movable[K]]
    ) -> None:
        self._new = new
        self._occupations = occupations
        self._movables = movables
        parts = [_need(new)] if isinstance(new, Movable) else [Need(window=new.window, evses=(e,)) for e in new.evses]
        self._board = Board([*map(_need, movables), *parts])
        self._parts = ((1 << len(parts)) - 1) << len(movables)
        self._lists = self._board.lists((taken.window, taken.evses) for taken in occupations)

    def answer(self, nodes: int) -> Arrangement[K] | Collision[K]:
        seating = self._seat(self._lists, nodes)
        if seating.evses is not None:
            keys = [each.key for each in self._movables]
            if isinstance(self._new, Movable):
                keys.append(self._new.key)
            found = {keys[number]: evse for number, evse in sorted(seating.evses.items()) if number < len(keys)}
            return Arrangement(evses=found, nodes=seating.nodes)
        used = seating.nodes
        candidates = sorted(self._in_the_way(), key=lambda each: each.window.start)
        for candidate in candidates if seating.proven else ():
            without = self._seat(self._lists_without(candidate), nodes - used)
            used += without.nodes
            if without.evses is not None:
                return Collision(key=candidate.key, nodes=used)
        longest = max(candidates, key=self._overlap, default=None)
        return Collision(key=None if longest is None else longest.key, proven=seating.proven, nodes=used)

    def _seat(self, lists: Lists, nodes: int) -> Seating:
        who = self._board.connected(self._parts, lists)
        return self._board.seat(who, lists, nodes=nodes)

    def _in_the_way(self) -> Iterator[Occupation[K] | Movable[K]]:
        """The reservations that overlap the new one and could use one of its EVSEs."""
        everybody: tuple[Occupation[K] | Movable[K], ...] = (*self._occupations, *self._movables)
        for each in everybody:
            named = each.key is not None
            if named and each.window.overlaps(self._new.window) and not set(self._new.evses).isdisjoint(each.evses):
                yield each

    def _lists_without(self, absent: Occupation[K] | Movable[K]) -> Lists:
        if isinstance(absent, Movable):
            gone = sum(1 << number for number, each in enumerate(self._movables) if each is absent)
            return [mask & ~gone for mask in self._lists]
        return self._board.lists((taken.window, taken.evses) for taken in self._occupations if taken is not absent)

    def _overlap(self, other: Occupation[K] | Movable[K]) -> timedelta:
        mine, theirs = self._new.window, other.window
        return min(mine.end, theirs.end) - max(mine.start, theirs.start)


def _need[K](movable: Movable[K]) -> Need:
    return Need(window=movable.window, evses=tuple(dict.fromkeys(movable.evses)), present=movable.present)
