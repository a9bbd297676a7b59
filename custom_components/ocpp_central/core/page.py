"""A book while one step is being written into it.

Knows how a reservation is opened, moved and ended so that nothing is lost on the way: its changes are noted, and
what its end may leave at the charger becomes a ghost. Must not know why it is moved (`steps`, `holds`), nor where
(`binding`).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from .book import Book, Change, Ghost
from .charger import Charger
from .events import EvseId, TransactionId
from .reservation import (
    BIRTHS,
    Cause,
    Hold,
    News,
    Reservation,
    Status,
    Target,
)
from .wire_ids import WireIds

EXPIRY_GRACE = timedelta(seconds=3)
"""How long after the end a hold is dropped: the charger's own expiry comes first if its clock is right."""

GHOST_LIFE = timedelta(minutes=10)
"""How long after its expiry a hold may still stand at a charger whose clock is slow."""

LATE = timedelta(minutes=1)
"""An end that is noticed so long afterwards is published as late."""

type Place = EvseId | None
"""Where the charger holds something; None: some EVSE of its choice."""

type Turned = tuple[Book, tuple[Change, ...]]
"""A book after a step, the same one if nothing changed, and the changes of its reservations in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a step takes place in: the charger as it is by now, the numbers for new holds, and the time."""

    charger: Charger
    ids: WireIds
    now: datetime


class Page:
    """A book in writing; `close` gives the new book and the changes."""

    def __init__(self, book: Book, scene: Scene) -> None:
        """Begin with the book as it is."""
        self.charger = scene.charger
        self.ids = scene.ids
        self.now = scene.now
        self.book = book
        self.reservations = dict(book.reservations)
        self.ghosts = dict(book.ghosts)
        self.can_hold = book.can_hold
        self.can_hold_any = book.can_hold_any
        self._changes: list[Change] = []

    def close(self) -> Turned:
        """What has been written."""
        book = replace(
            self.book,
            reservations=self.reservations,
            ghosts=self.ghosts,
            can_hold=self.can_hold,
            can_hold_any=self.can_hold_any,
        )
        return (self.book if book == self.book else book), tuple(self._changes)

    def living(self) -> list[Reservation]:
        """The reservations as they are now, safe to be changed while they are walked through."""
        return list(self.reservations.values())

    def put(self, reservation: Reservation) -> None:
        """Write a reservation whose status stays as it is."""
        self.reservations[reservation.uid] = reservation

    def tell(self, reservation: Reservation, news: News | None) -> None:
        """Write a reservation whose status stays as it is, have it shown anew, and publish something of it."""
        before = self.reservations[reservation.uid]
        self.put(reservation)
        self._changes.append(Change(before=before, after=reservation, news=news))

    def seat(self, planned: Mapping[str, EvseId]) -> None:
        """Write which EVSE each of these reservations is planned to have, as far as they have begun to live."""
        for uid, evse in planned.items():
            if (known := self.reservations.get(uid)) is not None and known.planned != evse:
                self.put(replace(known, planned=evse))

    def open(self, draft: Reservation, cause: Cause, holds: Mapping[Place, Hold] | None = None) -> Reservation:
        """Bring a reservation to life that nobody knows yet, whatever the draft says of its status."""
        birth = BIRTHS[cause]
        born = replace(draft, status=birth.to, awaited=cause is Cause.REQUESTED, holds=holds or {})
        reservation = self._succeeding(born)
        if not reservation.status.is_final:
            self.put(reservation)
        self._changes.append(Change(before=None, after=reservation, news=birth.news))
        return reservation

    def move(self, reservation: Reservation, cause: Cause) -> Reservation:
        """Take a reservation to its next status; what has ended leaves the book, and its holds become ghosts."""
        before = self.reservations[reservation.uid]
        moved, news = reservation.after(cause, self.now)
        moved = self._succeeding(moved)
        late = False
        if moved.status.is_final:
            grace = EXPIRY_GRACE if cause is Cause.EXPIRED else timedelta(0)
            for evse, hold in moved.holds.items():
                if hold.may_stand:
                    self.leave_ghost(before, evse, hold, grace)
            moved = replace(moved, holds={})
            del self.reservations[moved.uid]
            late = self.now > before.until + LATE
        else:
            self.put(moved)
        self._changes.append(Change(before=before, after=moved, news=news, late=late))
        return moved

    def start(
        self, reservation: Reservation, transaction: TransactionId, evse: EvseId, *, told: int | None = None
    ) -> Reservation:
        """The holder charges at an EVSE: that makes the reservation used, and the charger's hold is consumed by it.

        (1.6 section 5.13, H03.FR.09.) One that is still on its way to the charger may come too late to be consumed, and
        one that is outdated may be for somebody else. Of several for some EVSE the charger takes one of its choice, and
        `told` is the wire id that it says it took. Of a whole charger the other EVSEs stay reserved.
        """
        if reservation.status is not Status.ACTIVE:
            reservation = self.move(reservation, Cause.TAKEN_ON)
        kept: dict[Place, Hold] = {}
        for place, hold in reservation.holds.items():
            elsewhere = place not in (evse, None)
            unsure = elsewhere or (place is None and hold.wire_id != told)
            if elsewhere and reservation.target is Target.WHOLE_CHARGER:
                kept[place] = hold
            elif hold.under_way or hold.outdated or (unsure and hold.may_stand):
                self.leave_ghost(reservation, place, hold, timedelta(0))
        if reservation.takes_any:
            reservation = replace(reservation, evse=evse, planned=None)
        return self.move(replace(reservation, transaction=transaction, holds=kept), Cause.STARTED)

    def wire_id_for(self, reservation: Reservation, taken: Collection[Hold] = ()) -> int:
        """What its next hold is called by: its own number, if no hold has that yet, of it or of others."""
        own = reservation.reservation_id
        others = [hold for each in self.living() if each.uid != reservation.uid for hold in each.holds.values()]
        named = [each.reservation_id for each in self.living() if each.uid != reservation.uid]
        if own in self.ghosts or own in named or any(hold.wire_id == own for hold in (*taken, *others)):
            return self.ids.take()
        return own

    def leave_ghost(self, reservation: Reservation, evse: Place, hold: Hold, grace: timedelta) -> None:
        """Remember a hold that its reservation does not want any more, to be dropped after the grace."""
        self.ghosts[hold.wire_id] = Ghost(
            wire_id=hold.wire_id,
            evse=evse,
            due=self.now + grace,
            until=max(self.now, reservation.until, hold.stands_until or self.now) + GHOST_LIFE,
        )

    def _succeeding(self, reservation: Reservation) -> Reservation:
        """Once it binds, or is sure to, let what it supersedes give way; nothing is lost before."""
        if not reservation.supersedes or reservation.status is Status.PLACING:
            return reservation
        for uid in () if reservation.status.is_final else reservation.supersedes:
            other = self.reservations.get(uid)
            if other is not None and other.status is not Status.IN_USE:
                self.move(other, Cause.REPLACED)
        return replace(reservation, supersedes=())
