"""Whether the holds of a charger are those that its reservations promise.

Pure. Must not know how either is learned.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from .promises import IN_USE, TAKES_ANY, Target, overlap

NEAR_THE_END = timedelta(seconds=6)
"""A hold that ends so soon may be placed or not."""

_BEGUN = frozenset({"placing", "active"})

type _Listed = Mapping[str, Any]


class Held(NamedTuple):
    """A hold of a charger."""

    evse: int | None
    token: str
    until: datetime


def disagreements(
    listed: Iterable[_Listed],
    tokens: Mapping[str, str],
    holds: Iterable[Held],
    evses: Mapping[int, bool],
    now: datetime,
) -> list[str]:
    """What is wrong with the holds of a charger whose living reservations are `listed`.

    `tokens`: whose a reservation is, by uid. `evses`: whether each EVSE of the charger is occupied, so that it cannot
    be held.
    """
    records, held = list(listed), list(holds)
    occupied = {evse for evse, is_occupied in evses.items() if is_occupied}
    wrong: list[str] = []
    allowed: set[Held] = set()
    for each in records:
        wanted = {Held(evse, tokens[each["uid"]], _end(each)) for evse in _wanted(each, evses)}
        allowed |= wanted
        if each["status"] not in _BEGUN or _end(each) <= now + NEAR_THE_END:
            continue
        missing = [hold for hold in wanted.difference(held) if hold.evse not in occupied]
        wrong += [f"the charger does not hold {hold} ({_state(each)})" for hold in missing]
        sure = (each["status"], each["hold"]) == ("active", "held")
        if not missing and wanted and not sure and not any(hold.evse in occupied for hold in wanted):
            wrong.append(f"the charger holds {each['uid']}, which is not known ({_state(each)})")
        if _is_unbound(each) and _could_be_bound(each, records, evses):
            wrong.append(f"{each['uid']} is at no connector, though one is free ({_state(each)})")
    wrong += [
        f"the charger holds {hold} for nobody"
        for hold in held
        if hold not in allowed and hold.until > now + NEAR_THE_END
    ]
    if len(set(held)) < len(held):
        wrong.append(f"the charger holds something twice: {held}")
    return wrong


def _wanted(each: _Listed, evses: Iterable[int]) -> list[int]:
    """The EVSEs that are to be held for a reservation; while a whole charger is in use, the others may stay held."""
    if each["held_by"] == "central_system":
        return []
    if each["target"] == Target.WHOLE_CHARGER:
        return list(evses) if each["status"] in {*_BEGUN, IN_USE} else []
    return [each["evse"]] if each["status"] in _BEGUN and each["evse"] is not None else []


def _is_unbound(each: _Listed) -> bool:
    return each["target"] in TAKES_ANY and each["evse"] is None


def _could_be_bound(each: _Listed, records: Iterable[_Listed], evses: Mapping[int, bool]) -> bool:
    """Whether an EVSE is free for a reservation, even if all others like it have one before."""
    others = [other for other in records if other is not each and overlap(each, other)]
    if any(other["target"] == Target.WHOLE_CHARGER for other in others):
        return False
    taken = {other["evse"] for other in others}
    free = [evse for evse, is_occupied in evses.items() if not is_occupied and evse not in taken]
    return len(free) > sum(map(_is_unbound, others))


def _end(each: _Listed) -> datetime:
    return datetime.fromisoformat(each["end"])


def _state(each: _Listed) -> str:
    return f"status {each['status']}, hold {each['hold']}"
