"""All living reservations of the central system: the truth, of which the chargers' holds are copies.

Knows the books of all chargers and the ids that must be unique across them. Must not know how reservations are
stored, shown or sent.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from . import steps
from .book import Book, Change
from .change import Amendment
from .charger import Charger
from .commands import DropHold, Outcome, PlaceHold
from .doors import Doors
from .events import (
    ChargerId,
    Ended,
    EvseId,
    Started,
    StatusChanged,
    StopRefused,
    TransactionTold,
    TransactionUntold,
    Updated,
    Verdict,
)
from .page import Scene, Turned
from .past import Past
from .policy import MIN_DURATION, Policy
from .refusal import Reason, Refusal
from .reservation import HeldBy, News, Origin, Reservation, Status, Target, Window, whole_seconds
from .room import Terms
from .sources import Source, SourceChange
from .steps import Report
from .token import IdToken
from .transaction import Transaction
from .uses import proven_right
from .wire_ids import WireIds

_MOVES_CARS = (StatusChanged, Started, Updated, Ended, TransactionTold, TransactionUntold, StopRefused)
"""The events by which an EVSE may become free."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants to reserve. `start` None: now. `reservation_id` None: the ledger gives one.

    `evse`: of the target `connector` only; `connector_type`: of that target only. `replace`: what the same holder has on
    this charger gives way, if it overlaps or has the same id. `origin`: the source that wants it. `patient`: nobody waits
    for the charger's word, so that what is wanted for now begins as what was planned does.
    """

    charger: ChargerId
    target: Target = Target.CONNECTOR
    evse: EvseId | None = None
    connector_type: str | None = None
    token: IdToken
    group: str | None = field(default=None, repr=False)
    driver: str | None = None
    start: datetime | None = None
    end: datetime
    held_by: HeldBy = HeldBy.AUTO
    reservation_id: int | None = None
    replace: bool = False
    origin: Origin | None = None
    patient: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The ledger after something happened, and which reservations and sources that changed, in order."""

    ledger: Ledger
    changes: tuple[Change, ...] = ()
    sources: tuple[SourceChange, ...] = ()


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

    def doors(self, charger: Charger, moment: datetime) -> Doors:
        """Who may take which EVSE of a charger at this moment."""
        return Doors(self.book(charger.charger).reservations.values(), charger, lambda each: each.binds_at(moment))

    def propose(self, wish: Wish, charger: Charger, terms: Terms, *, uid: str, now: datetime) -> Step:
        """The ledger with the wish granted, and the new reservation of this uid among the `changes`.

        The caller saves it before anything is sent. Raises `Refusal`, and then nothing has changed; one that is not
        `proven` may be granted on terms with more nodes, which takes longer.
        """
        _refuse_long(wish.token, wish.group, charger)
        scene = self._scene(charger, now)
        draft = self._drafted(wish, terms.policy, scene, uid)
        return self._turn(scene, lambda book: steps.propose(book, draft, terms, scene, patient=wish.patient))

    def skip(self, wish: Wish, window: Window, *, uid: str, now: datetime) -> Step:
        """The ledger, which is told that a wish of a source for this window cannot be granted."""
        scene = self._scene(Charger(charger=wish.charger), now)
        draft = _draft(wish, window, uid=uid, reservation_id=scene.ids.take(), now=now)
        return self._turn(scene, lambda book: steps.skip(book, draft, scene))

    def change(self, uid: str, amendment: Amendment, charger: Charger, terms: Terms, *, now: datetime) -> Step:
        """The ledger with a reservation changed; no `changes` if nothing would differ.

        The caller saves it before anything is sent. Raises `Refusal` as `propose` does, and then nothing has changed.
        """
        if (reservation := self.find(uid)) is None:
            raise Refusal(Reason.NOT_FOUND)
        if amendment.token is not None:
            _refuse_long(amendment.token, amendment.group, charger)
        scene = self._scene(charger, now)
        return self._turn(scene, lambda book: steps.change(book, reservation, amendment, terms, scene))

    def withdraw(self, uid: str, charger: Charger, now: datetime) -> Step:
        """The ledger without this reservation of the charger. Raises `Refusal` if it is unknown or in use."""
        reservation = self.find(uid)
        if reservation is None:
            raise Refusal(Reason.NOT_FOUND)
        scene = self._scene(charger, now)
        return self._turn(scene, lambda book: steps.withdraw(book, reservation, scene), before=charger)

    def without_charger(self, charger: ChargerId, now: datetime) -> Step:
        """The ledger once a charger is gone for good: its reservations end as removed, its ghosts are forgotten."""
        _, changes = steps.remove(self.book(charger), self._scene(Charger(charger=charger), now))
        books = {known: book for known, book in self.books.items() if known != charger}
        past = self.past.after(changes).without_charger(charger)
        return Step(ledger=replace(self, books=books, past=past), changes=changes)

    def after(self, report: Report, charger: Charger, now: datetime, *, consume_on_any: bool = False) -> Step:
        """The ledger once a charger has reported something that made it what it is.

        `consume_on_any`: a start uses what its holder has reserved anywhere.
        """
        event, verdict = report.event, report.verdict
        if not isinstance(event, steps.CONCERNS_RESERVATIONS) and not proven_right(report.before, charger):
            return Step(ledger=self)
        scene = self._scene(charger, now)
        before = report.before if isinstance(event, _MOVES_CARS) else None
        step = self._turn(scene, lambda book: steps.after(book, report, scene), before=before)
        if not isinstance(event, Started | Updated) or verdict is None or not verdict.accepted:
            return step
        if consume_on_any:
            step = _consumed(step, event, verdict, scene)
        past = step.ledger.past
        late = past.used_late(event, charger, verdict, now)
        return Step(ledger=replace(step.ledger, past=past.after(late)), changes=step.changes + late) if late else step

    def used_up(self, known: ChargerId, running: Transaction, group: str | None, now: datetime) -> Step:
        """The ledger once the holder of reservations of a known charger charges elsewhere."""
        scene = self._scene(Charger(charger=known), now)
        return self._turn(scene, lambda book: steps.consume(book, running, group, scene))

    def at(self, chargers: Mapping[ChargerId, Charger], now: datetime) -> Step:
        """The ledger once it is `now`."""
        ledger = self
        changes: tuple[Change, ...] = ()
        for book in self.books.values():
            charger = chargers.get(book.charger) or Charger(charger=book.charger)
            step = ledger._at(charger, now)
            ledger = step.ledger
            changes += step.changes
        return Step(ledger=ledger, changes=changes)

    def sending(self, charger: Charger, command: PlaceHold, now: datetime) -> Step:
        """The ledger while this ReserveNow is under way."""
        scene = self._scene(charger, now)
        return self._turn(scene, lambda book: steps.sending(book, command, scene))

    def answered(self, charger: Charger, command: PlaceHold | DropHold, outcome: Outcome, now: datetime) -> Step:
        """The ledger once the outcome of a command is known."""
        scene = self._scene(charger, now)
        return self._turn(scene, lambda book: steps.answered(book, command, outcome, scene), before=charger)

    def archived(
        self, records: Mapping[str, Reservation], chargers: Mapping[ChargerId, Charger], now: datetime
    ) -> Ledger:
        """The ledger once the history has these records of ended reservations; itself if it needs all that it has."""
        past = self.past.archived(records, chargers, now)
        return self if past is self.past else replace(self, past=past)

    def restarted(self) -> Ledger:
        """The ledger as it is to be believed after it was read from disk."""
        return replace(self, books={known: steps.restarted(book) for known, book in self.books.items()})

    def with_source(self, charger: ChargerId, uid: str, source: Source | None) -> Step:
        """The ledger with another source of this uid at a charger, or without it."""
        book = self.book(charger)
        change = SourceChange(charger=charger, before=book.sources.get(uid), after=source)
        if change.before == change.after:
            return Step(ledger=self)
        books = {**self.books, charger: book.with_source(uid, source)}
        return Step(ledger=replace(self, books=books), sources=(change,))

    def adopt(self, charger: ChargerId, origins: Mapping[str, Origin]) -> Step:
        """The ledger once these living reservations of a charger, by uid, are what a source has asked for."""
        book = self.book(charger)
        changes = tuple(
            Change(before=known, after=replace(known, origin=origin), news=None)
            for uid, origin in origins.items()
            if (known := book.reservations.get(uid)) is not None and known.origin != origin
        )
        adopted = {change.after.uid: change.after for change in changes}
        turned = replace(book, reservations={**book.reservations, **adopted})
        return Step(ledger=replace(self, books={**self.books, charger: turned}), changes=changes)

    def _scene(self, charger: Charger, now: datetime) -> Scene:
        return Scene(charger=charger, ids=WireIds(self.last_id, self._wire_ids), now=now)

    def _drafted(self, wish: Wish, policy: Policy, scene: Scene, uid: str) -> Reservation:
        """What is wished for, within the owner's bounds, as a reservation that does not live yet."""
        now = scene.now
        superseded = self._superseded(wish, policy, now)
        if wish.reservation_id is None:
            reservation_id = scene.ids.take()
        elif self._is_taken(wish.reservation_id, superseded):
            raise Refusal(Reason.ID_IN_USE)
        else:
            reservation_id = scene.ids.claim(wish.reservation_id)
        draft = _draft(wish, _window(wish, policy, now), uid=uid, reservation_id=reservation_id, now=now)
        return replace(draft, no_show=policy.no_show, supersedes=tuple(each.uid for each in superseded))

    def _is_taken(self, number: int, superseded: Collection[Reservation]) -> bool:
        """Whether something else than what gives way has this id, or had it and may still stand at its charger."""
        giving_way = {each.uid for each in superseded}
        return any(number in book.without(giving_way).wire_ids for book in self.books.values())

    def _superseded(self, wish: Wish, policy: Policy, now: datetime) -> list[Reservation]:
        """What gives way to a wish that is to replace: what its holder has here, where both cannot be, and not in use."""
        if not wish.replace:
            return []
        window = policy.buffered(_window(wish, policy, now))
        return [
            each
            for each in self.book(wish.charger).reservations.values()
            if each.is_whose(wish.token, wish.driver)
            and each.status is not Status.IN_USE
            and (each.reservation_id == wish.reservation_id or policy.buffered(each.window).overlaps(window))
        ]

    def _at(self, charger: Charger, now: datetime) -> Step:
        scene = self._scene(charger, now)
        return self._turn(scene, lambda book: steps.at(book, scene), before=charger)

    def _turn(self, scene: Scene, turn: Callable[[Book], Turned], *, before: Charger | None = None) -> Step:
        """A step in the book of a charger. `before`: as the charger was, if EVSEs may have become free by the step."""
        book = self.book(scene.charger.charger)
        turned, changes = turn(book)
        if before is not None:
            changes += _requirements_dropped(book, before, turned, scene.charger)
        if turned is book and not changes:
            return Step(ledger=self)
        books = {**self.books, book.charger: turned}
        past = self.past.after(changes)
        return Step(ledger=replace(self, books=books, past=past, last_id=scene.ids.last), changes=changes)

    def _wire_ids(self) -> set[int]:
        return {wire_id for book in self.books.values() for wire_id in book.wire_ids}


def _consumed(step: Step, start: Started | Updated, verdict: Verdict, scene: Scene) -> Step:
    """The step once its start has also used what its holder has reserved anywhere else."""
    running = None if start.transaction is None else scene.charger.running(start.transaction)
    if running is None:
        return step
    for known in step.ledger.books:
        more = step.ledger.used_up(known, running, verdict.group, scene.now)
        step = Step(ledger=more.ledger, changes=step.changes + more.changes)
    return step


def _requirements_dropped(book: Book, before: Charger, turned: Book, charger: Charger) -> tuple[Change, ...]:
    """What is told of EVSEs that need not be kept free any more, though those who may have any still wait (ocpp.md 4.4)."""
    waiting = [each for each in book.reservations.values() if _keeps_any(each)]
    still = sorted(
        (turned.reservations[each.uid] for each in waiting if _keeps_any(turned.reservations.get(each.uid))),
        key=lambda each: each.until,
    )
    if not still:
        return ()
    forced = Doors(book.reservations.values(), before, _in_force).forced
    opened = Doors(turned.reservations.values(), charger, _in_force).open_to_all
    news = News.REQUIREMENT_DROPPED
    return tuple(Change(before=still[0], after=still[0], news=news, evse=evse) for evse in sorted(forced & opened))


def _keeps_any(reservation: Reservation | None) -> bool:
    return reservation is not None and reservation.is_unbound and reservation.status.keeps_out


def _in_force(reservation: Reservation) -> bool:
    return reservation.status.keeps_out


def _refuse_long(token: IdToken, group: str | None, charger: Charger) -> None:
    longest = max(len(token.value), len(group or ""))
    if charger.token_length is not None and longest > charger.token_length:
        raise Refusal(Reason.TOKEN_TOO_LONG, limit=charger.token_length)


def _draft(wish: Wish, window: Window, *, uid: str, reservation_id: int, now: datetime) -> Reservation:
    """What is wished for, as a reservation that does not live yet."""
    return Reservation(
        uid=uid,
        reservation_id=reservation_id,
        charger=wish.charger,
        target=wish.target,
        connector_type=wish.connector_type,
        evse=wish.evse,
        token=wish.token,
        group=wish.group,
        driver=wish.driver,
        window=window,
        held_by=wish.held_by,
        origin=wish.origin,
        status=Status.SCHEDULED,
        created=now,
        updated=now,
    )


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
