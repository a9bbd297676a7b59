"""All living reservations of the central system: the truth, of which the chargers' holds are copies.

Knows the books of all chargers and the ids that must be unique across them. Must not know how reservations are
stored, shown or sent.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from . import steps
from .book import Book, Change
from .change import Amendment
from .charger import Charger
from .commands import DropHold, Outcome, PlaceHold
from .events import ChargerId, Event, EvseId, Started, Updated, Verdict
from .page import Proposal, Turned
from .past import Past
from .policy import MIN_DURATION, Policy
from .refusal import Reason, Refusal
from .reservation import Cause, HeldBy, Reservation, Window, whole_seconds
from .token import IdToken

MAX_WIRE_ID = 2_147_483_647
"""OCPP's integer is signed and has 32 bits; 0 and less are read as "none" by some chargers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants to reserve. `start` None: now. `reservation_id` None: the ledger gives one."""

    charger: ChargerId
    evse: EvseId
    token: IdToken
    group: str | None = field(default=None, repr=False)
    driver: str | None = None
    start: datetime | None = None
    end: datetime
    held_by: HeldBy = HeldBy.AUTO
    reservation_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The ledger after something happened, and which reservations that changed, in order."""

    ledger: Ledger
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Every charger's book, what is left of ended reservations, and the last id that was given out."""

    books: Mapping[ChargerId, Book] = field(default_factory=dict)
    past: Past = Past()
    last_id: int = 0

    def book(self, charger: ChargerId) -> Book:
        """The book of a charger, empty if nothing was ever reserved there."""
        return self.books.get(charger) or Book(charger=charger)

    def living(self) -> Iterator[Reservation]:
        """Every reservation that has not ended, in no order."""
        for book in self.books.values():
            yield from book.reservations.values()

    def find(self, uid: str) -> Reservation | None:
        """The living reservation of this uid."""
        for book in self.books.values():
            if uid in book.reservations:
                return book.reservations[uid]
        return None

    def find_by_id(self, reservation_id: int) -> Reservation | None:
        """The living reservation of this reservation id."""
        return next((each for each in self.living() if each.reservation_id == reservation_id), None)

    def next_moment(self) -> datetime | None:
        """When time alone will change something."""
        moments = (book.next_moment() for book in self.books.values())
        return min((moment for moment in moments if moment is not None), default=None)

    def may_start(self, charger: Charger, token: IdToken, group: str | None, evse: EvseId, moment: datetime) -> bool:
        """Whether no reservation keeps the token off this EVSE at this moment."""
        return self.book(charger.charger).in_the_way(token, group, evse, moment) is None

    def propose(self, wish: Wish, charger: Charger, policy: Policy, *, uid: str, now: datetime) -> Step:
        """The ledger with the wish granted; `changes` begins with the new reservation.

        The caller saves it before anything is sent. Raises `Refusal`, and then nothing has changed.
        """
        window = _window(wish, policy, now)
        _refuse_long(wish.token, wish.group, charger)
        taken = self._wire_ids()
        if wish.reservation_id in taken:
            raise Refusal(Reason.ID_IN_USE)
        last_id = self.last_id if wish.reservation_id is not None else self._next_id(taken)
        proposal = Proposal(
            uid=uid,
            reservation_id=last_id if wish.reservation_id is None else wish.reservation_id,
            evse=wish.evse,
            token=wish.token,
            group=wish.group,
            driver=wish.driver,
            window=window,
            no_show=policy.no_show,
            held_by=wish.held_by,
        )
        book, changes = steps.propose(self.book(wish.charger), proposal, charger, policy, now)
        return Step(ledger=replace(self._with(book, changes), last_id=last_id), changes=changes)

    def change(self, uid: str, amendment: Amendment, charger: Charger, policy: Policy, now: datetime) -> Step:
        """The ledger with a reservation changed; no `changes` if nothing would differ.

        The caller saves it before anything is sent. Raises `Refusal`, and then nothing has changed.
        """
        if (reservation := self.find(uid)) is None:
            raise Refusal(Reason.NOT_FOUND)
        if amendment.token is not None:
            _refuse_long(amendment.token, amendment.group, charger)

        def turn(book: Book, spare: int) -> Turned:
            scene = steps.Scene(charger=charger, policy=policy, spare=spare, now=now)
            return steps.change(book, reservation, amendment, scene)

        return self._turn_with_spare(reservation.charger, turn)

    def withdraw(self, uid: str, now: datetime, cause: Cause = Cause.CANCELLED) -> Step:
        """The ledger without this reservation. Raises `Refusal` if it is unknown or in use."""
        reservation = self.find(uid)
        if reservation is None:
            raise Refusal(Reason.NOT_FOUND)
        return self._turn(reservation.charger, lambda book: steps.withdraw(book, reservation, now, cause))

    def without_charger(self, charger: ChargerId, now: datetime) -> Step:
        """The ledger once a charger is gone for good: its reservations end as removed, its ghosts are forgotten."""
        ledger = self
        changes: list[Change] = []
        for uid in self.book(charger).reservations:
            step = ledger.withdraw(uid, now, Cause.CHARGER_REMOVED)
            ledger = step.ledger
            changes += step.changes
        books = {known: book for known, book in ledger.books.items() if known != charger}
        past = ledger.past.without_charger(charger)
        return Step(ledger=replace(ledger, books=books, past=past), changes=tuple(changes))

    def after(
        self,
        event: Event,
        before: Charger,
        charger: Charger,
        verdict: Verdict | None,
        now: datetime,
    ) -> Step:
        """The ledger once a charger has told `event`, which made `before` into `charger` and was given `verdict`."""
        report = steps.Report(event=event, before=before, charger=charger, verdict=verdict)
        step = self._turn(charger.charger, lambda book: steps.after(book, report, now))
        if not isinstance(event, Started | Updated) or verdict is None or not verdict.accepted:
            return step
        past = step.ledger.past
        late = past.used_late(event, charger, verdict, now)
        return Step(ledger=replace(step.ledger, past=past.after(late)), changes=step.changes + late) if late else step

    def at(self, chargers: Mapping[ChargerId, Charger], now: datetime) -> Step:
        """The ledger once it is `now`."""
        ledger = self
        changes: list[Change] = []
        for book in self.books.values():
            charger = chargers.get(book.charger) or Charger(charger=book.charger)
            turned, moved = steps.at(book, charger, now)
            if turned is not book:
                ledger = ledger._with(turned, moved)
                changes += moved
        return Step(ledger=ledger, changes=tuple(changes))

    def sending(self, charger: ChargerId, command: PlaceHold, now: datetime) -> Step:
        """The ledger while this ReserveNow is under way."""
        return self._turn(charger, lambda book: steps.sending(book, command, now))

    def answered(self, charger: Charger, command: PlaceHold | DropHold, outcome: Outcome, now: datetime) -> Step:
        """The ledger once the outcome of a command is known."""
        reply = steps.Reply(charger=charger, command=command, outcome=outcome)
        return self._turn_with_spare(charger.charger, lambda book, spare: steps.answered(book, reply, spare, now))

    def archived(
        self, records: Mapping[str, Reservation], chargers: Mapping[ChargerId, Charger], now: datetime
    ) -> Ledger:
        """The ledger once the history has these records of ended reservations; itself if it needs all that it has."""
        past = self.past.archived(records, chargers, now)
        return self if past is self.past else replace(self, past=past)

    def restarted(self) -> Ledger:
        """The ledger as it is to be believed after it was read from disk."""
        return replace(self, books={known: steps.restarted(book) for known, book in self.books.items()})

    def _turn(self, charger: ChargerId, turn: Callable[[Book], Turned]) -> Step:
        book = self.book(charger)
        turned, changes = turn(book)
        if turned is book and not changes:
            return Step(ledger=self)
        return Step(ledger=self._with(turned, changes), changes=changes)

    def _turn_with_spare(self, charger: ChargerId, turn: Callable[[Book, int], Turned]) -> Step:
        """A step that may give a hold another wire id, which is only then used up."""
        spare = self._next_id(self._wire_ids())
        step = self._turn(charger, lambda book: turn(book, spare))
        given = spare in step.ledger.book(charger).wire_ids
        return replace(step, ledger=replace(step.ledger, last_id=spare)) if given else step

    def _with(self, book: Book, changes: tuple[Change, ...]) -> Ledger:
        """The ledger with another book, and with what ended by the changes that led to it."""
        return replace(self, books={**self.books, book.charger: book}, past=self.past.after(changes))

    def _wire_ids(self) -> set[int]:
        return {wire_id for book in self.books.values() for wire_id in book.wire_ids}

    def _next_id(self, taken: set[int]) -> int:
        candidate = self.last_id
        while True:
            candidate = candidate % MAX_WIRE_ID + 1
            if candidate not in taken:
                return candidate


def _refuse_long(token: IdToken, group: str | None, charger: Charger) -> None:
    longest = max(len(token.value), len(group or ""))
    if charger.token_length is not None and longest > charger.token_length:
        raise Refusal(Reason.TOKEN_TOO_LONG, limit=charger.token_length)


def _window(wish: Wish, policy: Policy, now: datetime) -> Window:
    """The window of a wish within the owner's bounds (ocpp.md 5.5); a start that has passed means now."""
    start = whole_seconds(now if wish.start is None else max(wish.start, now))
    end = whole_seconds(wish.end)
    if end < whole_seconds(now):
        raise Refusal(Reason.IN_PAST)
    window = Window(start=start, end=end)
    if window.duration < MIN_DURATION:
        raise Refusal(Reason.TOO_SHORT, limit=MIN_DURATION)
    if window.duration > policy.max_duration:
        raise Refusal(Reason.TOO_LONG, limit=policy.max_duration)
    if start > now + policy.horizon:
        raise Refusal(Reason.BEYOND_HORIZON, limit=policy.horizon)
    return window
