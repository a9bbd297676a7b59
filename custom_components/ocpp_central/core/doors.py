"""Who may take which EVSE of a charger at one moment.

Knows the walk-up rule (ocpp.md 4.3): what is reserved by name is its holder's alone, and of the rest so many must stay
free that everybody who may have any still finds one. Must not know what follows from it.
"""

from collections.abc import Callable, Iterable

from .charger import Charger
from .events import EvseId
from .matching import forced_reserved, may_walk_up, safe
from .reservation import Reservation, Status
from .room import fits, is_free
from .token import IdToken


class Doors:
    """The EVSEs of a charger among these reservations, of which those count that are `in_force`."""

    def __init__(
        self, reservations: Iterable[Reservation], charger: Charger, in_force: Callable[[Reservation], bool]
    ) -> None:
        """Sort them by whether they are for one EVSE, or all, or for some."""
        binding = [each for each in reservations if in_force(each)]
        self._charger = charger
        self._named = [each for each in binding if not each.is_unbound]
        self._open = sorted((each for each in binding if each.is_unbound), key=lambda each: each.until)

    def keeper(self, token: IdToken, group: str | None, evse: EvseId) -> Reservation | None:
        """The reservation that keeps the token off this EVSE, if one does (H03.FR.01-06, H01.FR.07, H01.FR.09)."""
        here = [each for each in self._named if each.covers(evse)]
        if here:
            return next((each for each in here if not each.is_for(token, group)), None)
        if not self._open:
            return None
        own = next((each for each in (*self._open, *self._named) if self._is_his(each, token, group, evse)), None)
        others = [each for each in self._open if each is not own]
        free = {*self._free(), evse}
        if own is not None and own.evse is not None:  # which he leaves to others by taking this one
            free.add(own.evse)
        if may_walk_up(evse, free, self._wishes(others, free), robust=True):
            return None
        if own is not None and not safe(self._wishes((own, *others), free)):
            return None  # somebody goes away empty anyhow, so whoever comes first has it (ocpp.md 4.5)
        return next((each for each in others if fits(each, evse, self._charger)), None)

    def _is_his(self, reservation: Reservation, token: IdToken, group: str | None, evse: EvseId) -> bool:
        """Whether the token can use this reservation, made for any, at this EVSE."""
        his = reservation.takes_any and reservation.status is not Status.IN_USE and reservation.is_for(token, group)
        return his and fits(reservation, evse, self._charger)

    def is_holder(self, token: IdToken, group: str | None, evse: EvseId) -> bool:
        """Whether the token is the holder's of something that he may use at this EVSE."""
        if any(each.covers(evse) and each.is_for(token, group) for each in self._named):
            return True
        return any(self._is_his(each, token, group, evse) for each in (*self._open, *self._named))

    def own(self, token: IdToken, group: str | None, evse: EvseId) -> Reservation | None:
        """The reservation by which this EVSE is the token's: one that covers it, else one for any if nothing does."""
        here = [each for each in self._named if each.covers(evse)]
        if not here:
            here = [each for each in self._open if fits(each, evse, self._charger)]
        return next((each for each in here if each.is_for(token, group)), None)

    @property
    def forced(self) -> frozenset[EvseId]:
        """The free EVSEs that are reserved in effect, though no reservation names them (ocpp.md 4.4)."""
        if not self._open:
            return frozenset()
        free = self._free()
        return forced_reserved(free, self._wishes(self._open, free), robust=True)

    @property
    def open_to_all(self) -> frozenset[EvseId]:
        """The free EVSEs that anybody may take."""
        return frozenset(self._free()) - self.forced

    def _free(self) -> set[EvseId]:
        evses = self._charger.evses.values()
        return {
            each.evse for each in evses if is_free(each) and not any(other.covers(each.evse) for other in self._named)
        }

    def _wishes(self, wishing: Iterable[Reservation], free: Iterable[EvseId]) -> dict[str, list[EvseId]]:
        return {each.uid: [evse for evse in free if fits(each, evse, self._charger)] for each in wishing}
