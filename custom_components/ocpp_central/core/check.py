"""Whether an EVSE, or a charger, is reserved right now, and whether for whoever asks (ocpp.md 5.8).

Knows the four answers. Must not know what follows from them: who may start is decided elsewhere (`authorization`).
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from .doors import Doors
from .events import EvseId
from .reservation import Reservation
from .token import IdToken


class CheckStatus(StrEnum):
    """The answers, in the words of the public API (ocpp.md 1.1)."""

    NOT_RESERVED = "NotReserved"
    FOR_TOKEN = "ReservedForToken"  # noqa: S105  an answer, no secret
    FOR_OTHER_TOKEN = "ReservedForOtherToken"  # noqa: S105
    FOR_OTHER_TOKEN_AND_HAS_PARENT_TOKEN = "ReservedForOtherTokenAndHasParentToken"  # noqa: S105


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """An answer, and the reservation that it is about; None if nothing is reserved."""

    status: CheckStatus
    reservation: Reservation | None = None


def check_evse(doors: Doors, evse: EvseId, token: IdToken, group: str | None) -> Check:
    """Whether this EVSE is reserved now, and for whom; `group` is tried where the token itself does not match.

    What is reserved by name hides those who may have any: they count only where the EVSE has to be kept free for them.
    """
    if (own := doors.own(token, group, evse)) is not None:
        return Check(status=CheckStatus.FOR_TOKEN, reservation=own)
    keeper = doors.keeper(token, group, evse)
    return _of_others([] if keeper is None else [keeper], group)


def check_charger(doors: Doors, evses: Collection[EvseId], token: IdToken, group: str | None) -> Check:
    """Whether a charger that has these EVSEs is reserved now, as a whole.

    It is reserved for whoever holds one of them. It is reserved for others if all of its EVSEs are, so that one that
    is free makes it not reserved; the answer then names the reservation that ends first.
    """
    checks = [check_evse(doors, evse, token, group) for evse in sorted(evses)]
    own = next((each for each in checks if each.status is CheckStatus.FOR_TOKEN), None)
    if own is not None:
        return own
    taken = [each.reservation for each in checks if each.reservation is not None]
    if len(taken) < len(checks):
        return Check(status=CheckStatus.NOT_RESERVED)
    return _of_others(sorted(taken, key=lambda each: each.until), group)


def _of_others(reservations: list[Reservation], group: str | None) -> Check:
    """The answer on reservations of others, the foremost one first.

    Whoever gave no group may yet turn out to belong to the group of one of them.
    """
    if not reservations:
        return Check(status=CheckStatus.NOT_RESERVED)
    if group is None and (shared := next((each for each in reservations if each.group is not None), None)):
        return Check(status=CheckStatus.FOR_OTHER_TOKEN_AND_HAS_PARENT_TOKEN, reservation=shared)
    return Check(status=CheckStatus.FOR_OTHER_TOKEN, reservation=reservations[0])
