"""A book while one step is being written into it.

Knows how a reservation is opened, moved and ended so that nothing is lost on the way: its changes are noted, and
what its end may leave at the charger becomes a ghost. Must not know why it is moved (`steps`, `holds`).
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from .book import Book, Change, Ghost
from .events import EvseId, TransactionId
from .reservation import (
    BIRTHS,
    Cause,
    HeldBy,
    Hold,
    HoldState,
    News,
    Reservation,
    Status,
    Window,
)
from .token import IdToken

EXPIRY_GRACE = timedelta(seconds=3)
"""How long after the end a hold is dropped: the charger's own expiry comes first if its clock is right."""

GHOST_LIFE = timedelta(minutes=10)
"""How long after its expiry a hold may still stand at a charger whose clock is slow."""

LATE = timedelta(minutes=1)
"""An end that is noticed so long afterwards is published as late."""

type Turned = tuple[Book, tuple[Change, ...]]
"""A book after a step, the same one if nothing changed, and the changes of its reservations in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A wish to reserve, complete and within the owner's bounds; its ids are not taken."""

    uid: str
    reservation_id: int
    evse: EvseId
    token: IdToken
    group: str | None = field(default=None, repr=False)
    driver: str | None = None
    window: Window
    no_show: timedelta | None = None
    held_by: HeldBy = HeldBy.AUTO


class Page:
    """A book in writing; `close` gives the new book and the changes."""

    def __init__(self, book: Book, now: datetime) -> None:
        """Begin with the book as it is."""
        self.now = now
        self.book = book
        self.reservations = dict(book.reservations)
        self.ghosts = dict(book.ghosts)
        self.can_hold = book.can_hold
        self._changes: list[Change] = []

    def close(self) -> Turned:
        """What has been written."""
        book = replace(
            self.book,
            reservations=self.reservations,
            ghosts=self.ghosts,
            can_hold=self.can_hold,
        )
        return (self.book if book == self.book else book), tuple(self._changes)

    def living(self) -> list[Reservation]:
        """The reservations as they are now, safe to be changed while they are walked through."""
        return list(self.reservations.values())

    def put(self, reservation: Reservation) -> None:
        """Write a reservation whose status stays as it is."""
        self.reservations[reservation.uid] = reservation

    def tell(self, reservation: Reservation, news: News) -> None:
        """Write a reservation whose status stays as it is, and publish something of it."""
        before = self.reservations[reservation.uid]
        self.put(reservation)
        self._changes.append(Change(before=before, after=reservation, news=news))

    def open(self, proposal: Proposal, cause: Cause, hold: HoldState = HoldState.NONE) -> Reservation:
        """Bring a reservation to life, with a hold in the given state."""
        birth = BIRTHS[cause]
        holds = {}
        if hold is not HoldState.NONE:
            holds[proposal.evse] = Hold(wire_id=proposal.reservation_id, state=hold)
        reservation = Reservation(
            uid=proposal.uid,
            reservation_id=proposal.reservation_id,
            charger=self.book.charger,
            evse=proposal.evse,
            token=proposal.token,
            group=proposal.group,
            driver=proposal.driver,
            window=proposal.window,
            no_show=proposal.no_show,
            held_by=proposal.held_by,
            awaited=cause is Cause.REQUESTED,
            status=birth.to,
            holds=holds,
            created=self.now,
            updated=self.now,
        )
        self.put(reservation)
        self._changes.append(Change(before=None, after=reservation, news=birth.news))
        return reservation

    def move(self, reservation: Reservation, cause: Cause) -> Reservation:
        """Take a reservation to its next status; what has ended leaves the book, and its holds become ghosts."""
        before = self.reservations[reservation.uid]
        moved, news = reservation.after(cause, self.now)
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

    def start(self, reservation: Reservation, transaction: TransactionId) -> None:
        """The holder charges: that makes the reservation used, and the charger's hold is consumed by it.

        (1.6 section 5.13, H03.FR.09.) One that is still on its way to the charger may come too late to be consumed, and
        one that is outdated may be for somebody else.
        """
        if reservation.status is not Status.ACTIVE:
            reservation = self.move(reservation, Cause.TAKEN_ON)
        for evse, hold in reservation.holds.items():
            if hold.under_way or hold.outdated:
                self.leave_ghost(reservation, evse, hold, timedelta(0))
        self.move(replace(reservation, transaction=transaction, holds={}), Cause.STARTED)

    def leave_ghost(self, reservation: Reservation, evse: EvseId, hold: Hold, grace: timedelta) -> None:
        """Remember a hold that its reservation does not want any more, to be dropped after the grace."""
        self.ghosts[hold.wire_id] = Ghost(
            wire_id=hold.wire_id,
            evse=evse,
            due=self.now + grace,
            until=max(self.now, reservation.until, hold.stands_until or self.now) + GHOST_LIFE,
        )
