"""Whether reservations fit the free EVSEs of a charger at one instant.

Knows bipartite matching and the rules for walk-ups that follow from it. Must not know time, types of connectors or why
an EVSE is free.

The theory. A *wish* is a reservation that no EVSE is bound to yet, with the EVSEs that would do for it. Two questions
look alike and are not:

* `assign`: can *we* give every wish an EVSE of its own? That suffices where we choose the EVSE and steer the driver.
  Answered by augmenting paths (Kuhn): who finds all of his EVSEs taken makes a holder move on, who may make another
  move on, until somebody reaches an EVSE that is free. No path: the set cannot be matched any better (Berge).
* `safe`: does everybody find an EVSE in *whatever order* drivers come and *whichever* fitting EVSE they pick? Needed
  where nobody steers. A driver is left out exactly if the others can fill every EVSE that would do for him: those who
  fill them may come first. So for each wish the others are matched with its EVSEs, and one EVSE must stay over.

With EVSE 1 = {A, B} and EVSE 2 = {B}, one wish for A and one for B can be assigned, but are not safe: the driver who
wishes B may park at 1. `safe` implies that `assign` succeeds, never the reverse.
"""

from collections.abc import Collection, Iterable, Mapping

from .events import EvseId


def assign[K](wishes: Mapping[K, Collection[EvseId]]) -> dict[K, EvseId] | None:
    """Give every wish an EVSE of its own, or None where that is impossible.

    `wishes`: the EVSEs that would do for each, preferred ones first. A preference yields to a wish that would find no
    EVSE otherwise; of two that prefer the same EVSE the earlier wish has it. A wish with no EVSE makes the answer None.
    """
    places = _as_many_as_possible(wishes)
    return places if len(places) == len(wishes) else None


def safe[K](wishes: Mapping[K, Collection[EvseId]]) -> bool:
    """Whether every holder finds a fitting EVSE in every order of arrival and whatever EVSEs the earlier ones choose.

    `wishes`: the free EVSEs that would do for each. Needed for what a charger holds without an EVSE (H01.FR.07,
    H01.FR.09).
    """
    return all(_is_never_left_out(key, wishes) for key in wishes)


def forced_reserved[K](
    free: Collection[EvseId], wishes: Mapping[K, Collection[EvseId]], *, robust: bool = False
) -> frozenset[EvseId]:
    """The free EVSEs that are reserved in effect, though no reservation names them (H01.FR.20, H01.FR.24).

    `free`: the EVSEs that are neither reserved by name, nor occupied, nor out of order. `wishes`: the EVSEs that would
    do for each reservation that is in force (or about to be) and bound to none; EVSEs that are not free do not count.
    `robust`: nobody steers the drivers, so what is `safe` must stay so.

    Where the wishes do not fit anyway, an EVSE counts only if losing it would leave out one more: a reservation that
    cannot be served must not close EVSEs that would not help it.
    """
    open_wishes = _among(free, wishes)
    if robust and safe(open_wishes):
        return frozenset(evse for evse in free if not safe(_without(evse, open_wishes)))
    places = _as_many_as_possible(open_wishes)
    return frozenset(evse for key, evse in places.items() if not _could_move(key, open_wishes, places))


def may_walk_up[K](
    evse: EvseId, free: Collection[EvseId], wishes: Mapping[K, Collection[EvseId]], *, robust: bool = False
) -> bool:
    """Whether somebody without a reservation may take this EVSE; arguments as of `forced_reserved`.

    The holder of one of the wishes is asked about with that wish left out, at an EVSE that would do for it.
    """
    return evse in free and evse not in forced_reserved(free, wishes, robust=robust)


def _as_many_as_possible[K](wishes: Mapping[K, Collection[EvseId]]) -> dict[K, EvseId]:
    """A largest set of wishes with an EVSE of its own for each; an earlier one is never left out for a later one."""
    places: dict[K, EvseId] = {}
    holders: dict[EvseId, K] = {}
    for key in wishes:
        _seat(key, wishes, places, holders)
    return places


def _seat[K](
    key: K,
    wishes: Mapping[K, Collection[EvseId]],
    places: dict[K, EvseId],
    holders: dict[EvseId, K],
    barred: Iterable[EvseId] = (),
) -> bool:
    """Seat one more wish, with the fewest others moving on; False, and nothing has changed, where none can be."""
    asked_by = dict.fromkeys(barred, key)
    askers = [key]
    for asker in askers:
        for evse in wishes[asker]:
            if evse in asked_by:
                continue
            asked_by[evse] = asker
            if evse in holders:
                askers.append(holders[evse])
                continue
            found: EvseId | None = evse
            while found is not None:
                mover = asked_by[found]
                holders[found] = mover
                left = places.get(mover)
                places[mover] = found
                found = left
            return True
    return False


def _could_move[K](key: K, wishes: Mapping[K, Collection[EvseId]], places: Mapping[K, EvseId]) -> bool:
    """Whether as many could be seated without the EVSE that this wish was given.

    Only a path that starts at this wish can show that: one from a wish that was left out would have been found before.
    """
    others = {other: evse for other, evse in places.items() if other != key}
    holders = {evse: other for other, evse in others.items()}
    return _seat(key, wishes, others, holders, barred=(places[key],))


def _is_never_left_out[K](key: K, wishes: Mapping[K, Collection[EvseId]]) -> bool:
    own = set(wishes[key])
    rivals = {other: shared for other, evses in wishes.items() if other != key and (shared := own.intersection(evses))}
    return len(rivals) < len(own) or len(_as_many_as_possible(rivals)) < len(own)


def _among[K](free: Collection[EvseId], wishes: Mapping[K, Collection[EvseId]]) -> dict[K, list[EvseId]]:
    return {key: [evse for evse in evses if evse in free] for key, evses in wishes.items()}


def _without[K](taken: EvseId, wishes: Mapping[K, Collection[EvseId]]) -> dict[K, list[EvseId]]:
    return {key: [evse for evse in evses if evse != taken] for key, evses in wishes.items()}
