"""All living reservations of one charger, with what may be left of ended ones at the charger.

Knows what follows from the whole of them: which ids are taken, who is kept off an EVSE, when time will change
something. Must not know what changes them (`steps`), nor other chargers.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from .events import ChargerId, EvseId
from .reservation import Hold, News, Reservation, Status
from .sources import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Ghost:
    """A hold that may stand at the charger without a reservation behind it.

    `evse` None: the charger keeps some EVSE. It is to be dropped from `due` on, and given up at `until`. `attempts`: how often that was tried; `crashes`: how
    often the connection was lost over it.
    """

    wire_id: int
    evse: EvseId | None
    due: datetime
    until: datetime
    attempts: int = 0
    crashes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A reservation before (None: it is new) and after one step, and what is to be published of it.

    `late`: it should have happened long before, while we were not running. `evse`: the EVSE that the news is about, if
    that is not where the reservation shows.
    """

    before: Reservation | None
    after: Reservation
    news: News | None
    late: bool = False
    evse: EvseId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """The reservations of one charger that have not ended and what wants them again, by uid; its ghosts, by wire id.

    `can_hold`: False once the charger said that it does not know reservations, until it boots again. `can_hold_any`:
    False once it refused to keep some EVSE of its choice.
    """

    charger: ChargerId
    reservations: Mapping[str, Reservation] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)
    ghosts: Mapping[int, Ghost] = field(default_factory=dict)
    can_hold: bool = True
    can_hold_any: bool = True

    @property
    def wire_ids(self) -> set[int]:
        """Every id that the charger may connect with a hold, and every id by which a user may call a reservation."""
        held = {hold.wire_id for each in self.reservations.values() for hold in each.holds.values()}
        named = {each.reservation_id for each in self.reservations.values()}
        return held | named | set(self.ghosts)

    def living_at(self, evse: EvseId | None = None) -> list[Reservation]:
        """The reservations that cover an EVSE (None: all of the charger), ordered by start."""
        found = [each for each in self.reservations.values() if evse is None or each.covers(evse)]
        return sorted(found, key=lambda each: (each.window.start, each.reservation_id))

    def without(self, uids: Collection[str]) -> Book:
        """The book without these reservations."""
        return replace(self, reservations={uid: each for uid, each in self.reservations.items() if uid not in uids})

    def with_source(self, uid: str, source: Source | None) -> Book:
        """The book with another source of this uid, or without it."""
        others = {known: each for known, each in self.sources.items() if known != uid}
        return replace(self, sources=others if source is None else {**others, uid: source})

    def find_hold(self, wire_id: int) -> tuple[Reservation, EvseId | None, Hold] | None:
        """The hold of this wire id, with its reservation and its EVSE."""
        for reservation in self.reservations.values():
            for evse, hold in reservation.holds.items():
                if hold.wire_id == wire_id:
                    return reservation, evse, hold
        return None

    def next_moment(self) -> datetime | None:
        """When time alone will change something here."""
        moments = [ghost.until for ghost in self.ghosts.values()]
        for each in self.reservations.values():
            scheduled = each.status is Status.SCHEDULED
            moments.append(each.window.start if scheduled else each.until)
        return min(moments, default=None)
