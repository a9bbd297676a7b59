"""Whether the holds of a charger are those that its reservations promise.

Pure. Must not know how either is learned.
"""

from collections.abc import Iterable, Mapping, Set as AbstractSet
from datetime import datetime, timedelta
from typing import Any, NamedTuple

NEAR_THE_END = timedelta(seconds=6)
"""A hold that ends so soon may be placed or not."""


class Held(NamedTuple):
    """A hold of a charger."""

    evse: int | None
    token: str
    until: datetime


def disagreements(
    listed: Iterable[Mapping[str, Any]],
    tokens: Mapping[str, str],
    holds: Iterable[Held],
    occupied: AbstractSet[int],
    now: datetime,
) -> list[str]:
    """What is wrong with the holds of a charger whose living reservations are `listed`.

    `tokens`: whose a reservation is, by uid. `occupied`: the EVSEs that cannot be held, because a car is there.
    """
    wanted = {
        Held(each["evse"], tokens[each["uid"]], datetime.fromisoformat(each["end"])): each
        for each in listed
        if each["status"] in {"placing", "active"} and each["held_by"] != "central_system"
    }
    held = list(holds)
    wrong = [
        f"the charger does not hold {hold} (status {each['status']}, hold {each['hold']})"
        for hold, each in wanted.items()
        if (hold not in held or (each["status"], each["hold"]) != ("active", "held"))
        and hold.evse not in occupied
        and hold.until > now + NEAR_THE_END
    ]
    wrong += [
        f"the charger holds {hold} for nobody"
        for hold in held
        if hold not in wanted and hold.until > now + NEAR_THE_END
    ]
    if len(set(held)) < len(held):
        wrong.append(f"the charger holds something twice: {held}")
    return wrong
