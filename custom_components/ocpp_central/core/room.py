"""Which EVSEs of a charger would do for a reservation, and whether everybody has one.

Knows how reservations, plugs and the state of EVSEs become the questions of `packing` and `matching`. Must not know
what is done with the answers (`binding`, `steps`).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from .charger import Charger
from .drivers import Drivers
from .events import ConnectorStatus, EvseId
from .evse import Evse
from .matching import safe
from .packing import NODES_AT_ONCE, Collision, Movable, Occupation, arrange, propose
from .policy import Policy
from .refusal import Reason, Refusal, obstacle
from .reservation import HeldBy, Reservation, Status, Target, Window

AHEAD = timedelta(hours=1)
"""How long before its start a reservation is at risk by what does not work now; until then somebody may mend it."""

AWAY_FOR_LONG = timedelta(minutes=5)
"""So long a charger may be away until whoever counts on it is told: most come back within a minute or two."""

_WHY_BROKEN: Mapping[ConnectorStatus | None, Reason] = {
    ConnectorStatus.FAULTED: Reason.FAULTED,
    ConnectorStatus.OUT_OF_SERVICE: Reason.UNAVAILABLE,
}

_WORST_FIRST = (Reason.OCCUPIED, Reason.FAULTED, Reason.UNAVAILABLE)
"""Which word tells of several EVSEs that differ (ocpp.md 1.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a wish is judged by: the owner's bounds, the drivers, and how much planning it may cost."""

    policy: Policy
    drivers: Drivers = Drivers()
    nodes: int = NODES_AT_ONCE


def fits(wanted: Reservation, evse: EvseId, charger: Charger) -> bool:
    """Whether an EVSE is what was reserved, be it free or not; one whose plugs are unknown is of no type."""
    if wanted.target is Target.CONNECTOR:
        return wanted.evse == evse
    if wanted.target is not Target.CONNECTOR_TYPE or wanted.connector_type is None:
        return True
    return wanted.connector_type.casefold() in {each.casefold() for each in charger.types_at(evse)}


def fitting(wanted: Reservation, charger: Charger) -> list[EvseId]:
    """The EVSEs that are what was reserved, by number."""
    return [evse for evse in sorted(charger.evses) if fits(wanted, evse, charger)]


def why_useless(evse: Evse, charger: Charger) -> Reason | None:
    """Why nobody could begin to charge at an EVSE now; None if somebody could, or nobody knows."""
    if evse.running is not None and evse.plugged_in is not False:
        return Reason.OCCUPIED
    if not charger.connected:
        return None
    return Reason.UNAVAILABLE if evse.is_missing else _WHY_BROKEN.get(evse.status)


def is_free(evse: Evse) -> bool:
    """Whether no car is there and it works, as far as we know."""
    return evse.running is None and evse.plugged_in is not True and not evse.is_broken


def accepts(charger: Charger, reservation: Reservation, place: EvseId | None) -> bool:
    """Whether the charger may agree to hold this place, for a new reservation or again for this one; None: some EVSE."""
    if place is None:
        return any(charger.evses[evse].accepts_hold for evse in fitting(reservation, charger))
    return charger.evses.get(place, Evse(evse=place)).accepts_hold


def refuse_useless(wanted: Reservation, charger: Charger) -> None:
    """Raise `Refusal` if what is wanted for now is of no use now: with the charger's word that says most."""
    evses = [charger.evses.get(evse, Evse(evse=evse)) for evse in _wanted_evses(wanted, charger)]
    reasons = {why_useless(evse, charger) for evse in evses}
    if reasons and reasons.isdisjoint(_bearable(wanted)):
        raise Refusal(next(reason for reason in _WORST_FIRST if reason in reasons))


def make_room(
    reservations: Collection[Reservation],
    wanted: Reservation,
    charger: Charger,
    terms: Terms,
    now: datetime,
) -> dict[str, EvseId]:
    """An EVSE for `wanted` if it is for any, and for every other that has to be planned anew for it, by uid.

    Raises `Refusal`, naming a reservation in the way where there is one. It is not `proven` if it would have taken more nodes.
    """
    if wanted.evse is None and not charger.evses:  # it has never told us of one
        raise Refusal(Reason.CHARGER_OFFLINE)
    known = [each for each in reservations if each.uid != wanted.uid]
    homeless = _homeless(known, charger, now)
    span = terms.policy.buffered(wanted.window)
    others = _concerned([each for each in known if each.uid not in homeless], span, terms.policy)
    taken = [_occupation(each, charger, terms.policy) for each in others if not each.is_unbound]
    shortlist = _Shortlist(charger, now)
    movables = [_movable(each, shortlist, terms.policy) for each in others if each.is_unbound]
    if not wanted.is_unbound:
        answer = propose(_occupation(wanted, charger, terms.policy), taken, movables, nodes=terms.nodes)
    else:
        new = _movable(wanted, shortlist, terms.policy)
        if not new.evses:
            _refuse_nowhere(wanted, charger)
        answer = propose(new, taken, movables, nodes=terms.nodes)
    if not isinstance(answer, Collision):
        return dict(answer.evses)
    other = next((each for each in others if each.uid == answer.key), None)
    if other is None:
        raise Refusal(Reason.OCCUPIED, proven=answer.proven)
    raise Refusal(Reason.CONFLICT, obstacle=obstacle(other), proven=answer.proven)


def seats(reservations: Collection[Reservation], charger: Charger, now: datetime) -> Mapping[str, EvseId]:
    """An EVSE for each reservation that is bound to none and begins soon, by uid, as the charger is now.

    So too for those at whose times that can make a difference; for all others it stays as it was planned. Where not all
    find one, those that were made first do (ocpp.md 4.5). Buffers do not count any more: what was promised with them is
    not given up because of them.
    """
    soon = [each.window for each in reservations if each.is_unbound and each.window.start <= now + AHEAD]
    if not soon:
        return {}
    span = Window(start=min(each.start for each in soon), end=max(each.end for each in soon))
    concerned = _concerned(reservations, span, Policy())
    unbound = sorted((each for each in concerned if each.is_unbound), key=lambda each: each.created)
    taken = [_occupation(each, charger) for each in concerned if not each.is_unbound]
    shortlist = _Shortlist(charger, now, ahead=AHEAD)
    wishes = [_movable(each, shortlist, Policy()) for each in unbound]
    answer = arrange(taken, wishes)
    if answer.proven:
        return answer.evses
    # Nobody was shown to be without one, so everybody keeps what was found when there was more time.
    return {each.uid: each.planned for each in unbound if each.planned is not None} | dict(answer.evses)


def may_stay_open(reservations: Collection[Reservation], wanted: Reservation, charger: Charger) -> bool:
    """Whether the charger can be left to keep some EVSE free for this holder, whichever he takes (H01.FR.07, H01.FR.09).

    That is so only if everybody else who may take any still finds one (`safe`), and nobody else comes within the window:
    he might find the holder's car at his EVSE. Where it is so already, a car that does not charge changes nothing: it may
    be the holder's.
    """
    able = charger.holds_unspecific if wanted.target is Target.ANY else charger.holds_types
    if not (able and wanted.takes_any) or wanted.held_by is HeldBy.CENTRAL_SYSTEM or len(fitting(wanted, charger)) == 1:
        return False
    others = [each for each in reservations if each.uid != wanted.uid and each.window.overlaps(wanted.window)]
    if any(each.status is Status.SCHEDULED for each in others):
        return False
    named = [each for each in others if not each.is_unbound]
    already = None in wanted.holds
    free = [
        evse.evse
        for evse in charger.evses.values()
        if (why_useless(evse, charger) is None if already else is_free(evse))
        and not any(each.covers(evse.evse) for each in named)
    ]
    wishing = [wanted, *(each for each in others if each.is_unbound)]
    return safe({each.uid: [evse for evse in free if fits(each, evse, charger)] for each in wishing})


def is_lost(wanted: Reservation, charger: Charger, planned: Mapping[str, EvseId], now: datetime) -> bool:
    """Whether its holder may find no EVSE that works, as the charger is now; `planned` has who is bound to none.

    That is so too once the charger has been away for a while in the window: nobody knows what he would find.
    """
    if charger.missed_since is not None and now >= max(wanted.window.start, charger.missed_since) + AWAY_FOR_LONG:
        return True
    if wanted.is_unbound:
        return wanted.uid not in planned
    evses = [charger.evses.get(evse, Evse(evse=evse)) for evse in _wanted_evses(wanted, charger)]
    return charger.is_settled(now) and bool(evses) and all(evse.is_broken for evse in evses)


def _homeless(reservations: Collection[Reservation], charger: Charger, now: datetime) -> Collection[str]:
    """Who is at risk since no EVSE is left for him, and so in nobody's way; not who waits for a charger that is away."""
    at_risk = {each.uid for each in reservations if each.is_unbound and each.at_risk}
    return at_risk - seats(reservations, charger, now).keys() if at_risk else at_risk


def _bearable(wanted: Reservation) -> frozenset[Reason | None]:
    """What may be wrong with an EVSE that is wanted now: the central system keeps a broken one too, until it is mended."""
    held_by_us = wanted.held_by is HeldBy.CENTRAL_SYSTEM
    return frozenset({None, Reason.FAULTED, Reason.UNAVAILABLE}) if held_by_us else frozenset({None})


def _wanted_evses(wanted: Reservation, charger: Charger) -> Iterable[EvseId]:
    return fitting(wanted, charger) if wanted.evse is None else (wanted.evse,)


class _Shortlist:
    """The EVSEs for those who are bound to none, as a charger is now: worked out once for all who want the same.

    `ahead`: how long before its start it counts that an EVSE does not work.
    """

    def __init__(self, charger: Charger, now: datetime, *, ahead: timedelta = timedelta(0)) -> None:
        self._charger = charger
        self._now = now
        self._soon = now + ahead
        self._known: dict[tuple[object, ...], tuple[EvseId, ...]] = {}

    def of(self, wanted: Reservation) -> tuple[EvseId, ...]:
        """The EVSEs for one; first those that the charger can hold, and that suit fewest others."""
        begins, soon = wanted.window.start <= self._now, wanted.window.start <= self._soon
        key = (wanted.target, wanted.evse, wanted.connector_type, wanted.tried, wanted.held_by, begins, soon)
        if key not in self._known:
            self._known[key] = tuple(self._chosen(wanted, begins=begins, soon=soon))
        return self._known[key]

    def _chosen(self, wanted: Reservation, *, begins: bool, soon: bool) -> Iterable[EvseId]:
        charger = self._charger
        evses = [charger.evses[evse] for evse in fitting(wanted, charger) if evse not in wanted.tried]
        if begins:
            evses = [evse for evse in evses if why_useless(evse, charger) in _bearable(wanted)]
        elif soon and charger.connected:
            evses = [evse for evse in evses if not evse.is_broken]
        evses.sort(
            key=lambda evse: (evse.is_broken, evse.plugged_in is True, len(charger.types_at(evse.evse)), evse.evse)
        )
        return (evse.evse for evse in evses)


def _concerned(known: Collection[Reservation], span: Window, policy: Policy) -> list[Reservation]:
    """Those whom it may concern who gets what in a span of time, be it since somebody has to move who is in their way.

    Only who is bound to no EVSE moves. There may be hundreds of others at other times.
    """
    claims = [(policy.buffered(each.window), each) for each in known]
    movable = [window for window, each in claims if each.is_unbound]
    for window in sorted(movable, key=lambda each: each.start):
        if window.overlaps(span):
            span = Window(start=min(span.start, window.start), end=max(span.end, window.end))
    for window in sorted(movable, key=lambda each: each.end, reverse=True):
        if window.overlaps(span):
            span = Window(start=min(span.start, window.start), end=span.end)
    return [each for window, each in claims if window.overlaps(span)]


def _occupation(taken: Reservation, charger: Charger, policy: Policy | None = None) -> Occupation[str]:
    evses = charger.evses if taken.evse is None else (taken.evse,)
    window = taken.window if policy is None else policy.buffered(taken.window)
    return Occupation(key=taken.uid, window=window, evses=tuple(evses))


def _movable(wanted: Reservation, shortlist: _Shortlist, policy: Policy) -> Movable[str]:
    return Movable(
        key=wanted.uid,
        window=policy.buffered(wanted.window),
        evses=shortlist.of(wanted),
        present=wanted.planned,
    )


def _refuse_nowhere(wanted: Reservation, charger: Charger) -> None:
    """Say why there is not one EVSE for what is wanted."""
    if not fitting(wanted, charger):
        raise Refusal(Reason.TYPE_UNKNOWN)
    refuse_useless(wanted, charger)
    raise Refusal(Reason.OCCUPIED)
