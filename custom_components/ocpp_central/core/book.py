"""All living reservations of one charger, and what its reports and the time make of them.

Knows how the lifecycle, the holds and the ghosts of one charger go together. Must not know other chargers, when a
command is due (`planner`), nor who is a known driver (`authorization`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from .charger import Charger, Evse
from .commands import DropHold, Outcome, PlaceHold
from .events import (
    Authorizing,
    Booted,
    ChargerId,
    Connected,
    ConnectorStatus,
    Disconnected,
    Ended,
    Event,
    EvseId,
    HoldEnded,
    Started,
    StatusChanged,
    TransactionId,
    Updated,
    Verdict,
)
from .refusal import Obstacle, Reason, Refusal
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
from .rulings import ANSWERS, Answer, ruling, wait_after
from .token import IdToken

EXPIRY_GRACE = timedelta(seconds=3)
"""How long after the end a hold is dropped: the charger's own expiry comes first if its clock is right."""

GHOST_LIFE = timedelta(minutes=10)
"""How long after its expiry a hold may still stand at a charger whose clock is slow."""

GHOST_ATTEMPTS = 3
"""How often a hold is dropped before we leave it to expire: some chargers crash on CancelReservation."""

RETRY = timedelta(seconds=30)
"""When an unanswered CancelReservation is sent again."""

GLITCH = timedelta(seconds=2)
"""Some chargers report Available for a moment without meaning it; the expiry of 1.6 looks the same."""

PRESENTATION_GRACE = timedelta(seconds=60)
"""The usual EVConnectionTimeOut: so long a holder who identified may take to plug in before he is held a place again."""

_PERHAPS_HELD = frozenset(
    {HoldState.HELD, HoldState.UNCERTAIN, HoldState.LOST}
)
_DROPS_HOLDS = frozenset(
    {ConnectorStatus.AVAILABLE, ConnectorStatus.OUT_OF_SERVICE, ConnectorStatus.FAULTED}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ghost:
    """A hold that may stand at the charger without a reservation behind it: to be dropped from `due`, given up at `until`."""

    wire_id: int
    due: datetime
    until: datetime
    attempts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A reservation before (None: it is new) and after one step, and what is to be published of it.

    `late`: it should have happened long before, while we were not running.
    """

    before: Reservation | None
    after: Reservation
    news: News | None
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A wish to reserve. `start` None: now. `window` is complete; ids are given by the caller."""

    uid: str
    reservation_id: int
    evse: EvseId
    token: IdToken
    group: str | None = field(default=None, repr=False)
    window: Window
    held_by: HeldBy = HeldBy.AUTO


LATE = timedelta(minutes=1)
"""An end that is noticed so long afterwards is published as late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """The reservations of one charger that have not ended, by uid, and its ghosts, by wire id.

    `can_hold`: False once the charger said that it does not know reservations, until it boots again.
    """

    charger: ChargerId
    reservations: Mapping[str, Reservation] = field(default_factory=dict)
    ghosts: Mapping[int, Ghost] = field(default_factory=dict)
    can_hold: bool = True

    @property
    def wire_ids(self) -> set[int]:
        """Every id that the charger may connect with a hold, and every id by which a user may call a reservation."""
        held = {hold.wire_id for each in self.reservations.values() for hold in each.holds.values()}
        named = {each.reservation_id for each in self.reservations.values()}
        return held | named | set(self.ghosts)

    def living_at(self, evse: EvseId | None = None) -> list[Reservation]:
        """The reservations of an EVSE (None: of the charger), ordered by start."""
        found = [each for each in self.reservations.values() if evse in (None, each.evse)]
        return sorted(found, key=lambda each: (each.window.start, each.reservation_id))

    def in_the_way(
        self, token: IdToken, group: str | None, evse: EvseId, moment: datetime
    ) -> Reservation | None:
        """The reservation that keeps the token off this EVSE at this moment, if one does (H03.FR.01-06)."""
        for each in self.reservations.values():
            if each.evse == evse and each.window.contains(moment) and not each.is_for(token, group):
                return each
        return None

    def next_moment(self) -> datetime | None:
        """When time alone will change something here."""
        moments = [ghost.until for ghost in self.ghosts.values()]
        for each in self.reservations.values():
            scheduled = each.status is Status.SCHEDULED
            moments.append(each.window.start if scheduled else each.window.end)
        return min(moments, default=None)

    def propose(
        self, proposal: Proposal, charger: Charger, now: datetime
    ) -> tuple[Book, tuple[Change, ...]]:
        """The book with the wish granted. Raises `Refusal` where it collides or cannot work, and then nothing changes."""
        for each in self.living_at(proposal.evse):
            if each.window.overlaps(proposal.window):
                raise Refusal(Reason.CONFLICT, obstacle=_obstacle(each))
        page = _Page(self, now)
        if proposal.window.start > now:
            page.open(proposal, Cause.PLANNED)
        else:
            page.open_now(proposal, charger)
        return page.close()

    def withdraw(
        self, uid: str, now: datetime, cause: Cause = Cause.CANCELLED
    ) -> tuple[Book, tuple[Change, ...]]:
        """The book without this reservation, its hold to be dropped. Raises `Refusal` if it is unknown or in use."""
        reservation = self.reservations.get(uid)
        if reservation is None:
            raise Refusal(Reason.NOT_FOUND)
        if reservation.status is Status.IN_USE and cause is not Cause.CHARGER_REMOVED:
            raise Refusal(Reason.IN_USE, obstacle=_obstacle(reservation))
        page = _Page(self, now)
        page.move(reservation, cause)
        return page.close()

    def at(self, charger: Charger, now: datetime) -> tuple[Book, tuple[Change, ...]]:
        """The book once it is `now`: windows open and end, ghosts fade."""
        moment = self.next_moment()
        if moment is None or moment > now:
            return self, ()
        page = _Page(self, now)
        for each in self.living_at():
            page.pass_time(each, charger)
        for ghost in self.ghosts.values():
            if ghost.until <= now:
                page.forget_ghost(ghost.wire_id)
        return page.close()

    def after(
        self,
        event: Event,
        before: Charger,
        charger: Charger,
        verdict: Verdict | None,
        now: datetime,
    ) -> tuple[Book, tuple[Change, ...]]:
        """The book once the charger has told `event`, which made `before` into `charger`.

        `verdict` is what it was answered: a start that we refused uses no reservation.
        """
        if not self.reservations and self.can_hold:
            return self, ()
        page = _Page(self, now)
        match event:
            case Connected():
                page.doubt_holds()
            case Disconnected():
                page.lose_connection()
            case Booted():
                page.hope_again()
            case StatusChanged(evse=int() as number):
                page.watch_status(number, before, charger)
            case Authorizing() if verdict is not None and verdict.accepted:
                page.note_presentation(event.token, verdict)
            case Started() | Updated() if verdict is not None and verdict.accepted:
                page.use(event.transaction, charger, verdict.group, charger.moment_of(event.at, now))
            case Ended():
                page.finish(event.transaction)
            case HoldEnded():
                page.lose_hold(event.hold)
        return page.close()

    def sending(self, command: PlaceHold, now: datetime) -> Book:
        """The book while a ReserveNow is under way: whatever happens now, the charger may hold it."""
        page = _Page(self, now)
        if (found := _find_hold(self, command.hold)) is not None:
            reservation, evse, hold = found
            page.put(reservation.with_hold(evse, replace(hold, attempts=hold.attempts + 1)))
        return page.close()[0]

    def answered(
        self,
        command: PlaceHold | DropHold,
        outcome: Outcome,
        charger: Charger,
        now: datetime,
    ) -> tuple[Book, tuple[Change, ...]]:
        """The book once the charger's answer is known. An answer that comes too late for its reservation changes nothing."""
        page = _Page(self, now)
        match command:
            case PlaceHold():
                page.placed(command, outcome, charger)
            case DropHold():
                page.dropped(command.hold, outcome)
        return page.close()

    def restarted(self) -> Book:
        """The book as it is after a restart: what the charger holds is unknown, and nobody waits for an answer any more."""
        reservations = {
            uid: replace(each, awaited=False, holds=_doubted(each.holds, tried=True))
            for uid, each in self.reservations.items()
        }
        return replace(self, reservations=reservations)


class _Page:
    """A book while one step is being written into it; `close` gives the new book and the changes."""

    def __init__(self, book: Book, now: datetime) -> None:
        self.now = now
        self.book = book
        self.reservations = dict(book.reservations)
        self.ghosts = dict(book.ghosts)
        self.can_hold = book.can_hold
        self.changes: list[Change] = []

    def close(self) -> tuple[Book, tuple[Change, ...]]:
        if (
            self.reservations == self.book.reservations
            and self.ghosts == self.book.ghosts
            and self.can_hold == self.book.can_hold
        ):
            return self.book, tuple(self.changes)
        book = replace(
            self.book,
            reservations=self.reservations,
            ghosts=self.ghosts,
            can_hold=self.can_hold,
        )
        return book, tuple(self.changes)

    def put(self, reservation: Reservation) -> None:
        self.reservations[reservation.uid] = reservation

    def open(
        self, proposal: Proposal, cause: Cause, hold: HoldState = HoldState.NONE
    ) -> Reservation:
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
            window=proposal.window,
            held_by=proposal.held_by,
            awaited=cause is Cause.REQUESTED,
            status=birth.to,
            holds=holds,
            created=self.now,
            updated=self.now,
        )
        self.put(reservation)
        self.changes.append(Change(before=None, after=reservation, news=birth.news))
        return reservation

    def open_now(self, proposal: Proposal, charger: Charger) -> None:
        """An immediate wish: contract 3, "Immediate reservation", and ocpp.md 5.3, the rows that ask nobody."""
        evse = charger.evses.get(proposal.evse, Evse(evse=proposal.evse))
        if evse.running is not None:
            self._open_for_running(proposal, evse)
        elif proposal.held_by is HeldBy.CENTRAL_SYSTEM:
            self.open(proposal, Cause.TAKEN_ON)
        elif not charger.connected:
            raise Refusal(Reason.CHARGER_OFFLINE)
        elif not self.can_hold:
            if proposal.held_by is HeldBy.CHARGER:
                raise Refusal(Reason.NOT_SUPPORTED)
            self.open(proposal, Cause.TAKEN_ON, HoldState.UNSUPPORTED)
        elif proposal.held_by is HeldBy.AUTO and evse.plugged_in:
            waiting = self.open(proposal, Cause.TAKEN_ON, HoldState.PENDING)
            self.tell(replace(waiting, last_outcome=Outcome.OCCUPIED), News.BUSY)
        else:
            self.open(proposal, Cause.REQUESTED, HoldState.PENDING)

    def _open_for_running(self, proposal: Proposal, evse: Evse) -> None:
        running = evse.running
        if running is None or running.token is None or not proposal.token.matches(running.token):
            raise Refusal(Reason.OCCUPIED)
        reservation = self.open(proposal, Cause.TAKEN_ON)
        self._start(reservation, running.transaction)

    def move(self, reservation: Reservation, cause: Cause) -> Reservation:
        """Take a reservation to its next status; what has ended leaves the book, and its holds become ghosts."""
        moved, news = reservation.after(cause, self.now)
        if not moved.status.is_final:
            self.put(moved)
        else:
            self._leave_ghosts(moved, expired=cause is Cause.EXPIRED)
            moved = replace(moved, holds={}, awaited=False)
            del self.reservations[moved.uid]
        late = moved.status.is_final and self.now > moved.window.end + LATE
        self.changes.append(Change(before=reservation, after=moved, news=news, late=late))
        return moved

    def tell(self, reservation: Reservation, news: News | None) -> None:
        """Put a reservation whose status stays as it is, and publish something of it."""
        before = self.reservations.get(reservation.uid)
        self.put(reservation)
        self.changes.append(Change(before=before, after=reservation, news=news))

    def _leave_ghosts(self, reservation: Reservation, *, expired: bool) -> None:
        due = reservation.window.end + EXPIRY_GRACE if expired else self.now
        until = max(self.now, reservation.window.end) + GHOST_LIFE
        for hold in reservation.holds.values():
            under_way = hold.state is HoldState.PENDING and hold.attempts > 0
            if hold.state in _PERHAPS_HELD or under_way:
                self.ghosts[hold.wire_id] = Ghost(wire_id=hold.wire_id, due=due, until=until)

    def forget_ghost(self, wire_id: int) -> None:
        self.ghosts.pop(wire_id, None)

    def pass_time(self, reservation: Reservation, charger: Charger) -> None:
        window = reservation.window
        if window.end <= self.now:
            used = reservation.status is Status.IN_USE
            self.move(reservation, Cause.FINISHED if used else Cause.EXPIRED)
        elif reservation.status is Status.SCHEDULED and window.start <= self.now:
            self._begin(reservation, charger)

    def _begin(self, reservation: Reservation, charger: Charger) -> None:
        """The window of a scheduled reservation opened (ocpp.md 5.2)."""
        evse = charger.evses.get(reservation.evse, Evse(evse=reservation.evse))
        if reservation.held_by is HeldBy.CENTRAL_SYSTEM:
            reservation = self.move(reservation, Cause.TAKEN_ON)
        else:
            state = HoldState.PENDING if self.can_hold else HoldState.UNSUPPORTED
            hold = Hold(wire_id=reservation.reservation_id, state=state)
            waits = not charger.connected or not self.can_hold or bool(evse.plugged_in)
            takes_on = reservation.held_by is HeldBy.AUTO and waits
            reservation = reservation.with_hold(reservation.evse, hold)
            reservation = self.move(reservation, Cause.TAKEN_ON if takes_on else Cause.OPENED)
            if takes_on and evse.plugged_in:
                self.tell(replace(reservation, last_outcome=Outcome.OCCUPIED), News.BUSY)
        self._use_if_charging(self.reservations[reservation.uid], evse)

    def _use_if_charging(self, reservation: Reservation, evse: Evse | None) -> None:
        running = evse.running if evse is not None else None
        if reservation.status is not Status.ACTIVE or running is None or running.token is None:
            return
        if reservation.token.matches(running.token):
            self._start(reservation, running.transaction)

    def _start(self, reservation: Reservation, transaction: TransactionId) -> None:
        """The holder charges: the charger's hold is consumed by that (1.6 section 5.13, H03.FR.09)."""
        self.move(replace(reservation, transaction=transaction, holds={}), Cause.STARTED)

    def doubt_holds(self) -> None:
        """A new connection: what the charger still holds is to be confirmed."""
        for each in list(self.reservations.values()):
            self.put(replace(each, holds=_doubted(each.holds)))

    def lose_connection(self) -> None:
        """Whoever waits for a hold that was not even asked for yet is told that the charger is offline."""
        for each in list(self.reservations.values()):
            untried = all(hold.attempts == 0 for hold in each.holds.values())
            if each.status is Status.PLACING and each.awaited and untried:
                self.move(replace(each, last_outcome=Outcome.DISCONNECTED), Cause.REFUSED)

    def hope_again(self) -> None:
        """After a boot the charger may be able to do what it could not."""
        self.can_hold = True
        for each in list(self.reservations.values()):
            for evse, hold in each.holds.items():
                if hold.state is HoldState.UNSUPPORTED:
                    self.put(each.with_hold(evse, Hold(wire_id=hold.wire_id)))

    def watch_status(self, number: EvseId, before: Charger, charger: Charger) -> None:
        """A status may show that a hold stands, or that it is gone without a word (ocpp.md 5.4, "silent drop")."""
        old = before.evses[number].status if number in before.evses else None
        new = charger.evses[number].status if number in charger.evses else None
        if old is new:
            return
        settled = before.is_settled(self.now)
        for each in list(self.reservations.values()):
            hold = each.holds.get(number)
            if hold is None:
                continue
            if hold.state is HoldState.HELD and old is not None and new in _DROPS_HOLDS:
                self._set_lost(each, number, hold)
            elif (
                hold.state in {HoldState.UNCERTAIN, HoldState.LOST}
                and settled
                and new is ConnectorStatus.RESERVED
            ):
                self.put(each.with_hold(number, replace(hold, state=HoldState.HELD, not_before=None)))

    def lose_hold(self, wire_id: int) -> None:
        """The charger says that it gave up a hold; while the window lasts it is placed again."""
        self.forget_ghost(wire_id)
        if (found := _find_hold(self.book, wire_id)) is not None:
            reservation, evse, hold = found
            self._set_lost(reservation, evse, hold)

    def _set_lost(self, reservation: Reservation, evse: EvseId, hold: Hold) -> None:
        again = self.now + GLITCH
        if reservation.presented_at is not None:
            again = max(again, reservation.presented_at + PRESENTATION_GRACE)
        self.put(
            reservation.with_hold(evse, replace(hold, state=HoldState.LOST, not_before=again))
        )

    def note_presentation(self, token: IdToken, verdict: Verdict) -> None:
        for each in list(self.reservations.values()):
            if each.status is Status.ACTIVE and each.is_for(token, verdict.group):
                self.put(replace(each, presented_at=self.now))

    def use(
        self,
        transaction: TransactionId | None,
        charger: Charger,
        group: str | None,
        moment: datetime,
    ) -> None:
        """A transaction runs with our consent: the holder's makes his reservation used (ocpp.md 5.4)."""
        running = charger.running(transaction) if transaction is not None else None
        if running is None or running.token is None:
            return
        for each in list(self.reservations.values()):
            here = each.evse == running.evse and each.window.contains(moment)
            if here and each.status is Status.ACTIVE and each.is_for(running.token, group):
                self._start(each, running.transaction)

    def finish(self, transaction: TransactionId) -> None:
        for each in list(self.reservations.values()):
            if each.status is Status.IN_USE and each.transaction == transaction:
                self.move(each, Cause.FINISHED)

    def placed(self, command: PlaceHold, outcome: Outcome, charger: Charger) -> None:
        """ocpp.md 5.3: what the answer to ReserveNow makes of the reservation."""
        answer = ANSWERS[outcome]
        if answer is Answer.UNSUPPORTED:
            self.can_hold = False
        found = _find_hold(self.book, command.hold)
        if found is None:
            return
        reservation, evse, hold = found
        decided = ruling(reservation, outcome)
        reservation = replace(
            reservation.with_hold(evse, self._hold_after(hold, answer, decided.hold)),
            last_outcome=outcome,
        )
        if decided.cause is None:
            self.put(reservation)
            return
        moved = self.move(reservation, decided.cause)
        if not moved.status.is_final:
            self.put(replace(moved, awaited=False))
            self._use_if_charging(self.reservations[moved.uid], charger.evses.get(evse))

    def _hold_after(self, hold: Hold, answer: Answer, state: HoldState) -> Hold | None:
        if state is HoldState.NONE:
            return None
        refused = answer in {Answer.BUSY, Answer.REJECTED}
        if refused and hold.state in {HoldState.UNCERTAIN, HoldState.LOST}:
            # Not replaced though it must be (H01.FR.02): our own hold may be what is in the way.
            return replace(hold, state=HoldState.PENDING, drop_first=True, not_before=None)
        waits = state in {HoldState.PENDING, HoldState.UNCERTAIN}
        again = self.now + wait_after(max(hold.attempts, 1)) if waits else None
        return replace(hold, state=state, not_before=again)

    def dropped(self, wire_id: int, outcome: Outcome) -> None:
        """Rejected means that the charger has no such hold, which is as good as Accepted."""
        ghost = self.ghosts.get(wire_id)
        if ghost is not None:
            done = not outcome.is_unknown and outcome is not Outcome.FAILED
            if done or ghost.attempts + 1 >= GHOST_ATTEMPTS:
                self.forget_ghost(wire_id)
            else:
                again = replace(ghost, due=self.now + RETRY, attempts=ghost.attempts + 1)
                self.ghosts[wire_id] = again
        elif (found := _find_hold(self.book, wire_id)) is not None:
            reservation, evse, hold = found
            self.put(reservation.with_hold(evse, replace(hold, drop_first=False)))


def _find_hold(book: Book, wire_id: int) -> tuple[Reservation, EvseId, Hold] | None:
    for reservation in book.reservations.values():
        for evse, hold in reservation.holds.items():
            if hold.wire_id == wire_id:
                return reservation, evse, hold
    return None


def _doubted(holds: Mapping[EvseId, Hold], *, tried: bool = False) -> Mapping[EvseId, Hold]:
    """The holds of which we only believe that they stand, or that they do not, to be confirmed.

    `tried`: a hold that waited to be sent may have been sent after all, for what was sent is saved only afterwards.
    """
    return {
        evse: replace(hold, state=HoldState.UNCERTAIN, not_before=None)
        if hold.state in _PERHAPS_HELD or (hold.state is HoldState.PENDING and (tried or hold.attempts > 0))
        else hold
        for evse, hold in holds.items()
    }


def _obstacle(reservation: Reservation) -> Obstacle:
    return Obstacle(
        reservation_id=reservation.reservation_id,
        evse=reservation.evse,
        start=reservation.window.start,
        end=reservation.window.end,
    )
