"""The rules of a charger's holds: what may be reserved, who is kept off an EVSE, whose hold a start uses up.

It must not know messages nor versions, and changes nothing but the holds themselves.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from .behaviour import Behaviour
from .model import Evse, Hold, Token
from .state import Setting, State


def reserve(state: State, behaviour: Behaviour, hold: Hold, now: datetime) -> str:
    """Take up a hold where that is possible, and give the status word of the answer (1.6 5.13, H01.FR.01-.19)."""
    if hold.id in state.holds and behaviour.same_id != "replaces":
        if behaviour.same_id == "drops":
            del state.holds[hold.id]
        return "Rejected"
    others = [other for other in state.holds.values() if other.id != hold.id]
    word = _refusal(state, behaviour, hold, others, now)
    if word is None:
        place(state, behaviour, hold)
        return "Accepted"
    return word


def place(state: State, behaviour: Behaviour, hold: Hold) -> None:
    """Take up a hold without asking whether it fits; the same id replaces (H01.FR.02)."""
    if behaviour.overwrites_holds and hold.evse is not None:
        state.holds = {key: other for key, other in state.holds.items() if other.evse != hold.evse}
    state.holds[hold.id] = hold


def bound_to(state: State, evse: Evse) -> Hold | None:
    """The hold that names this EVSE."""
    return next((hold for hold in state.holds.values() if hold.evse == evse.id), None)


def belongs_to(hold: Hold, token: Token, group: str | None, *, compare_types: bool) -> bool:
    """Whether the token, or its group, may use the hold (H03.FR.01-.06)."""
    holder = Token(value=hold.token, type=hold.token_type)
    if holder.is_same_as(token, compare_types=compare_types):
        return True
    return hold.group is not None and group is not None and hold.group.casefold() == group.casefold()


def own(state: State, evse: Evse, token: Token, group: str | None, *, compare_types: bool) -> Hold | None:
    """The hold that a start of this token at this EVSE uses up: the one that names the EVSE before one that names none."""
    specific = bound_to(state, evse)
    if specific is not None:
        return specific if belongs_to(specific, token, group, compare_types=compare_types) else None
    unbound = [hold for hold in _unbound(state.holds.values()) if _fits_type(hold, evse)]
    return next((hold for hold in unbound if belongs_to(hold, token, group, compare_types=compare_types)), None)


def keeper(state: State, evse: Evse, token: Token, group: str | None, *, compare_types: bool) -> Hold | None:
    """The hold that keeps this token off this EVSE, or None if it may start there (1.6 5.13, H01.FR.07, .09)."""
    specific = bound_to(state, evse)
    if specific is not None:
        return None if belongs_to(specific, token, group, compare_types=compare_types) else specific
    mine = own(state, evse, token, group, compare_types=compare_types)
    rest = [hold for hold in _unbound(state.holds.values()) if hold is not mine]
    free = [other for other in _free(state, state.holds.values()) if other is not evse]
    return None if not rest or _all_fit(rest, free) else rest[0]


def is_needed(state: State, evse: Evse) -> bool:
    """Whether a free EVSE is reserved in effect, since the unbound holds need every one like it (H01.FR.20, .24)."""
    unbound = _unbound(state.holds.values())
    free = _free(state, state.holds.values())
    return bool(unbound) and evse in free and not _all_fit(unbound, [other for other in free if other is not evse])


def spent(state: State, evse: Evse, token: Token, *, compare_types: bool) -> list[Hold]:
    """The holds that a careless charger ends with a start: that of the EVSE, and all of the token anywhere."""
    return [
        hold
        for hold in state.holds.values()
        if hold.evse == evse.id or belongs_to(hold, token, None, compare_types=compare_types)
    ]


def due(state: State, behaviour: Behaviour, now: datetime) -> list[Hold]:
    """The holds that have expired by the charger's clock."""
    if behaviour.expires == "never":
        return []
    return [hold for hold in state.holds.values() if now >= ends_at(hold, behaviour)]


def ends_at(hold: Hold, behaviour: Behaviour) -> datetime:
    """When the charger lets a hold expire."""
    return hold.expiry + behaviour.expiry_lag if behaviour.expires == "late" else hold.expiry


def _refusal(state: State, behaviour: Behaviour, hold: Hold, others: Sequence[Hold], now: datetime) -> str | None:
    if not state.has(Setting.RESERVATIONS_ENABLED):
        return "Rejected"
    if hold.expiry <= now and not behaviour.accepts_past_expiry:
        return "Rejected"
    holder = Token(value=hold.token, type=hold.token_type)
    if behaviour.one_hold_per_token and any(belongs_to(other, holder, None, compare_types=False) for other in others):
        return "Occupied"
    if hold.evse is None:
        return _refusal_of_unbound(state, hold, others)
    evse = state.evses[hold.evse]
    if evse.faulted:
        return "Faulted"
    if not evse.operative:
        return behaviour.unavailable_word
    if evse.occupied:
        return "Occupied"
    if behaviour.overwrites_holds:
        return None
    if any(other.evse == evse.id for other in others):
        return "Occupied"
    rest = [free for free in _free(state, others) if free is not evse]
    return None if _all_fit(_unbound(others), rest) else "Occupied"


def _refusal_of_unbound(state: State, hold: Hold, others: Sequence[Hold]) -> str | None:
    if not state.has(Setting.UNBOUND_RESERVATIONS):
        return "Rejected"
    candidates = [evse for evse in state.evses.values() if _fits_type(hold, evse)]
    if not candidates:
        return "Rejected"
    if _all_fit([*_unbound(others), hold], _free(state, others)):
        return None
    if any(not evse.faulted and evse.operative for evse in candidates):
        return "Occupied"
    return "Faulted" if any(evse.faulted for evse in candidates) else "Unavailable"


def _free(state: State, holds: Collection[Hold]) -> list[Evse]:
    """The EVSEs that nobody has: operative, empty, and named by none of these holds."""
    taken = {hold.evse for hold in holds}
    return [
        evse
        for evse in state.evses.values()
        if evse.operative and not evse.faulted and not evse.occupied and evse.id not in taken
    ]


def _unbound(holds: Collection[Hold]) -> list[Hold]:
    return [hold for hold in holds if hold.evse is None]


def _fits_type(hold: Hold, evse: Evse) -> bool:
    return hold.connector_type is None or hold.connector_type == evse.connector_type


def _all_fit(holds: Sequence[Hold], free: Sequence[Evse]) -> bool:
    """Whether each hold can have one of the free EVSEs for itself, by augmenting paths."""
    taken: dict[int, Hold] = {}

    def seat(hold: Hold, tried: set[int]) -> bool:
        for evse in free:
            if evse.id in tried or not _fits_type(hold, evse):
                continue
            tried.add(evse.id)
            if evse.id not in taken or seat(taken[evse.id], tried):
                taken[evse.id] = hold
                return True
        return False

    return all(seat(hold, set()) for hold in holds)
