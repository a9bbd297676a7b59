"""How to give every one of many windows an EVSE of its own for its whole length: the search behind `packing`.

Knows windows by number and EVSEs by column, both in bit masks. Must not know reservations.

The theory. A parked car does not move, so this is colouring the overlap graph of the windows with EVSEs, where each
window has its own list of colours: hard in the worst case. So the search first believes what is known (`present`), fits
in what is easy, and then repairs: it decides only windows that have lost their EVSE, each decision may make others lose
theirs, and it is done when nobody is without. Every decision strikes the EVSE from the lists of the overlapping windows
(forward checking). A branch ends where a list gets empty, or where at some instant not even a matching is left; before
the first decision that is the quick refusal. The search is complete: neither happens along the choices of a solution.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .events import EvseId
from .reservation import Window
from .timetable import Timetable, bits

type Lists = list[int]
"""For each column the windows that may have that EVSE."""

type _Trail = tuple[int, int, _Trail] | None
"""The decisions of a branch, the last one first: window, column and the decisions before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One window and the EVSEs that would do for it, preferred ones first; `present`: the one that it has so far."""

    window: Window
    evses: Sequence[EvseId]
    present: EvseId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seating:
    """The answer of a search: the EVSE of each window asked for, by number, or None.

    `proven`: False if the nodes ran out before it was known. `nodes`: how many it took.
    """

    evses: dict[int, EvseId] | None
    proven: bool = True
    nodes: int = 0


class Board:
    """The windows of one charger, with what does not change while they are seated in different ways."""

    def __init__(self, needs: Sequence[Need]) -> None:
        """Number the needs in the order given, which is also the order in which they may keep their present EVSE."""
        self.needs = needs
        self.timetable = Timetable([need.window for need in needs])
        self.evses = tuple(dict.fromkeys(evse for need in needs for evse in need.evses))
        self._columns = {evse: column for column, evse in enumerate(self.evses)}
        self._overlaps = [self.timetable.meeting(need.window) & ~(1 << i) for i, need in enumerate(needs)]

    def lists(self, taken: Iterable[tuple[Window, Iterable[EvseId]]]) -> Lists:
        """Who may have which EVSE when these EVSEs are taken during these windows."""
        lists = [0] * len(self.evses)
        for number, need in enumerate(self.needs):
            for evse in need.evses:
                lists[self._columns[evse]] |= 1 << number
        for window, evses in taken:
            met = self.timetable.meeting(window)
            for evse in evses:
                if evse in self._columns:
                    lists[self._columns[evse]] &= ~met
        return lists

    def connected(self, some: int, lists: Lists) -> int:
        """These windows, and all that they could affect, directly or through others."""
        found, fresh = some, some
        while fresh:
            number = fresh.bit_length() - 1
            rivals = union(mask for mask in lists if mask >> number & 1)
            fresh = (fresh ^ 1 << number) | (self._overlaps[number] & rivals & ~found)
            found |= fresh
        return found

    def seat(self, who: int, lists: Lists, *, nodes: int) -> Seating:
        """Give each of `who` an EVSE for its whole window, as many as possible the one that they have.

        Who has none gets the first of his preferred ones that makes nobody move, if there is one. `nodes`: how many
        windows the search may decide.
        """
        if not who & (who - 1):  # most meet nobody
            return self._seat_alone(who, lists)
        lists = [mask & who for mask in lists]
        if union(lists) != who:
            return Seating(evses=None)
        seated = self._without_moving(who, lists)
        if union(seated) == who:
            return Seating(evses=self._evses(seated))
        return self._search(who, lists, seated, nodes)

    def _seat_alone(self, who: int, lists: Lists) -> Seating:
        """Give the only one, if there is one, the EVSE that it has, else the first of its preferred ones."""
        if not who:
            return Seating(evses={})
        number = who.bit_length() - 1
        need = self.needs[number]
        for evse in (need.present, *need.evses):
            if evse in self._columns and lists[self._columns[evse]] & who:
                return Seating(evses={number: evse})
        return Seating(evses=None)

    def _without_moving(self, who: int, lists: Lists) -> Lists:
        """Who sits where when all keep their place if they can, and those without one take what is free."""
        seated = [0] * len(lists)
        for number in bits(who):
            self._sit_down(number, (self.needs[number].present,), lists, seated)
        homeless = list(bits(who & ~union(seated)))
        homeless.sort(key=lambda number: (_length(lists, number), self.needs[number].window.start))
        for number in homeless:
            self._sit_down(number, self.needs[number].evses, lists, seated)
        return seated

    def _sit_down(self, number: int, evses: Iterable[EvseId | None], lists: Lists, seated: Lists) -> None:
        """Enter a window at the first of these EVSEs that is allowed and free."""
        for evse in evses:
            if evse not in self._columns:
                continue
            column = self._columns[evse]
            if lists[column] >> number & 1 and not seated[column] & self._overlaps[number]:
                seated[column] |= 1 << number
                return

    def _crowds(self, who: int) -> list[int]:
        """Who is there at the same instant, for every instant at which somebody else is there than at the next."""
        crowds: list[int] = []
        for start in sorted({self.needs[number].window.start for number in bits(who)}):
            crowd = self.timetable.during(start) & who
            if crowds and not crowds[-1] & ~crowd:
                crowds.pop()
            crowds.append(crowd)
        return crowds

    def _search(self, who: int, lists: Lists, seated: Lists, nodes: int) -> Seating:
        stack: list[tuple[Lists, int, _Trail]] = [(lists, who, None)]
        crowds = self._crowds(who)
        trouble = [1] * len(self.needs)  # how often each ended a branch: who is hard to seat is decided early
        used = 0
        while stack:
            lists, undecided, trail = stack.pop()
            keeping = [mask & place for mask, place in zip(lists, seated, strict=True)]
            homeless = undecided & ~union(keeping)
            if not homeless:
                return Seating(evses=self._evses(keeping, trail), nodes=used)
            changed = who if trail is None else self._overlaps[trail[0]]
            lost = _crowded_out((crowd for crowd in crowds if crowd & changed), homeless, lists, keeping)
            if lost is not None:
                trouble[lost] += 1
                continue
            if used == nodes:
                return Seating(evses=None, proven=False, nodes=used)
            used += 1
            number = min(bits(homeless), key=lambda each: _length(lists, each) / trouble[each])
            undecided &= ~(1 << number)
            for column in self._worst_first(number, lists, keeping):
                left = [mask & undecided for mask in lists]
                left[column] &= ~self._overlaps[number]
                stranded = undecided & ~union(left)
                for each in bits(stranded):
                    trouble[each] += 1
                if not stranded:
                    stack.append((left, undecided, (number, column, trail)))
        return Seating(evses=None, nodes=used)

    def _worst_first(self, number: int, lists: Lists, keeping: Lists) -> list[int]:
        """The columns for a window: last the one that makes the fewest move, of those the one that fewest could use."""
        overlaps = self._overlaps[number]

        def harm(column: int) -> tuple[int, int]:
            return (keeping[column] & overlaps).bit_count(), (lists[column] & overlaps).bit_count()

        preferred = [self._columns[evse] for evse in self.needs[number].evses]
        return sorted((column for column in reversed(preferred) if lists[column] >> number & 1), key=harm, reverse=True)

    def _evses(self, seated: Lists, trail: _Trail = None) -> dict[int, EvseId]:
        evses = {number: self.evses[column] for column, mask in enumerate(seated) for number in bits(mask)}
        while trail is not None:
            number, column, trail = trail
            evses[number] = self.evses[column]
        return evses


def union(masks: Iterable[int]) -> int:
    """Everybody who is in one of these masks."""
    every = 0
    for mask in masks:
        every |= mask
    return every


def _crowded_out(crowds: Iterable[int], homeless: int, lists: Lists, keeping: Lists) -> int | None:
    """One of the homeless for whom there is no place at some instant, even if cars could move; None: all have one."""
    for crowd in crowds:
        holders = [place & crowd for place in keeping]
        for number in bits(crowd & homeless):
            if not _make_room(1 << number, lists, holders, set()):
                return number
    return None


def _make_room(one: int, lists: Lists, holders: Lists, asked: set[int]) -> bool:
    """Find an augmenting path for one window among those of one instant; no deeper than there are EVSEs."""
    for column, mask in enumerate(lists):
        if mask & one and column not in asked:
            asked.add(column)
            if not holders[column] or _make_room(holders[column], lists, holders, asked):
                holders[column] = one
                return True
    return False


def _length(lists: Lists, number: int) -> int:
    return sum(mask >> number & 1 for mask in lists)
