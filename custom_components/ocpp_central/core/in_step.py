"""How the reservations of one charger are kept in step with what a source wants of it.

Knows in which order reservations are withdrawn, changed and made so that none is in the way of another of the same
source. Must not know where the wishes of a source come from (`sources`), nor how one reservation is granted (`ledger`).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import takewhile

from .change import Amendment
from .charger import Charger
from .drivers import Drivers
from .events import ChargerId
from .ledger import Ledger, Step, Wish
from .policy import MIN_DURATION
from .refusal import Reason, Refusal
from .reservation import Origin, Reservation, Status, Target
from .room import Terms
from .sources import Occurrence, Series, Source, Told

RETRIES = 20
"""So many of what was skipped before are tried again in a round, the next ones first: most are in vain, and cost time."""

_NO_TIME = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """All that a source wants from now until before `until` (UTC), at one charger.

    `source`: its uid; `series`: as it is to be remembered from now on. `wanted`: of no two the same key.
    What is for a driver is for him as he is by now, and not wanted once he is gone.
    `adopted`: living reservations, by uid, that are to be its own under these keys: others than they had, or none.
    `strict`: all or nothing. `limit`: no more than so many reservations are withdrawn, changed or made at once.
    """

    source: str
    series: tuple[Series, ...] = ()
    wanted: Sequence[Occurrence]
    until: datetime = _NO_TIME
    adopted: Mapping[str, str] = field(default_factory=dict)
    strict: bool = False
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """An occurrence that cannot be reserved, and why."""

    occurrence: Occurrence
    refusal: Refusal


class Clashing(Exception):
    """A source wants all or nothing, and some of it cannot be; nothing has changed. `clashes` are ordered by start."""

    def __init__(self, clashes: Sequence[Clash], *, of: int) -> None:
        """Carry what cannot be, `of` so many that are wanted and were not before."""
        super().__init__(f"{len(clashes)} of {of} occurrences cannot be reserved")
        self.clashes = tuple(sorted(clashes, key=lambda each: each.occurrence.start))
        self.of = of


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A step, and whether it is `done`: otherwise the same demand is to be met again from there."""

    step: Step
    done: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a demand is met in: the charger, what wishes are judged by, the time, and uids that nothing else has.

    `breathe`: called before each reservation, so that whoever computes can let others have a turn.
    """

    charger: Charger
    terms: Terms
    now: datetime
    new_uid: Callable[[], str]
    breathe: Callable[[], None] = lambda: None


def in_step(ledger: Ledger, demand: Demand, circumstances: Circumstances) -> Followed:
    """The ledger once a source has what it wants, as far as that can be.

    A reservation whose occurrence is wanted as it was told before, be it under another key, stays as it is, and so does
    one in use. What is not wanted any more is withdrawn. What cannot be reserved is skipped, which is told once; a `strict` demand raises
    `Clashing` instead. Of the past nothing is changed.
    """
    return _Round(ledger, demand, circumstances).run()


def wish_of(occurrence: Occurrence, source: str, charger: ChargerId, *, patient: bool) -> Wish:
    """An occurrence of a source as it is wished for at a charger."""
    return Wish(
        charger=charger,
        target=occurrence.target,
        evse=occurrence.evse,
        connector_type=occurrence.connector_type,
        token=occurrence.holder.token,
        group=occurrence.holder.group,
        driver=occurrence.holder.driver,
        start=occurrence.start,
        end=occurrence.end,
        origin=Origin(source=source, key=occurrence.key),
        patient=patient,
    )


def taken_back(ledger: Ledger, reservation: Reservation, reason: Reason) -> Step:
    """The ledger once its source knows that it has lost a reservation which it wants still: it is tried again.

    The same ledger if no source wants it.
    """
    origin, book = reservation.origin, ledger.book(reservation.charger)
    source = None if origin is None else book.sources.get(origin.source)
    if origin is None or source is None or origin.key not in source.told:
        return Step(ledger=ledger)
    skipped = {**source.skipped, origin.key: reason}
    return ledger.with_source(reservation.charger, source.uid, replace(source, skipped=skipped))


def dropped(ledger: Ledger, source: str, charger: Charger, now: datetime) -> Step:
    """The ledger without a source of a charger, and without what it has reserved and nobody uses yet."""
    steps: list[Step] = []
    for each in tuple(ledger.book(charger.charger).reservations.values()):
        if each.origin is not None and each.origin.source == source and each.status is not Status.IN_USE:
            steps.append(ledger.withdraw(each.uid, charger, now))
            ledger = steps[-1].ledger
    steps.append(ledger.with_source(charger.charger, source, None))
    return _joined(steps)


class _Round:
    """One demand while it is being met; the ledger as far as it has come."""

    def __init__(self, ledger: Ledger, demand: Demand, circumstances: Circumstances) -> None:
        self._demand = demand
        self._charger = circumstances.charger
        self._terms = circumstances.terms
        self._now = circumstances.now
        self._new_uid = circumstances.new_uid
        self._breathe = circumstances.breathe
        self._steps: list[Step] = [Step(ledger=ledger)]
        self._clashes: list[Clash] = []
        self._left = demand.limit
        self._done = True
        known = ledger.book(self._charger.charger).sources.get(demand.source, Source(uid=demand.source))
        adopted = set(demand.adopted.values())
        self._wanted = {
            each.key: each for each in _for_known(demand.wanted, self._terms.drivers) if each.end > self._now
        }
        self._told = {
            key: told for key, told in known.told.items() if told.window.end > self._now and key not in adopted
        }
        self._skipped = {key: reason for key, reason in known.skipped.items() if key in self._told}

    def run(self) -> Followed:
        """Withdraw, change and make, in this order: what goes makes room for what moves, and that for what comes."""
        self._adopt()
        self._recognise()
        known = tuple(self._skipped)
        living = self._living()
        for key in self._gone():
            self._withdraw(key, living.get(key))
        anew = [each for key, each in self._wanted.items() if self._told.get(key) != each.told]
        self._change([(living[each.key], each) for each in anew if each.key in living])
        kept = self._living()
        self._make(each for each in anew if each.key not in kept)
        if self._done:
            self._left = None  # they are few, and nothing is left to do for those that fail again
            self._make(self._to_be_retried(known))
        if self._clashes and self._demand.strict:
            raise Clashing(self._clashes, of=len(anew))
        source = Source(uid=self._demand.source, series=self._demand.series, told=self._told, skipped=self._skipped)
        self._take(self._ledger.with_source(self._charger.charger, source.uid, source))
        return Followed(step=_joined(self._steps), done=self._done)

    @property
    def _ledger(self) -> Ledger:
        return self._steps[-1].ledger

    def _take(self, step: Step) -> None:
        self._steps.append(step)

    def _living(self) -> dict[str, Reservation]:
        """The living reservations of the source, by key."""
        return {
            each.origin.key: each
            for each in self._ledger.book(self._charger.charger).reservations.values()
            if each.origin is not None and each.origin.source == self._demand.source
        }

    def _may(self) -> bool:
        """Whether one more reservation may be touched."""
        self._breathe()
        if self._left is None:
            return True
        self._done = self._left > 0
        if self._done:
            self._left -= 1
        return self._done

    def _adopt(self) -> None:
        """Take over what is to be the source's own; what was told of it under another key is forgotten."""
        self._give_keys(self._demand.adopted)

    def _recognise(self) -> None:
        """Let what is wanted as it was told keep its place, though its source calls it otherwise by now."""
        alike = defaultdict[Told, list[str]](list)
        for key in self._gone():
            alike[self._told[key]].append(key)
        living = self._living()
        taken = living.keys() | self._told.keys()
        renamed = {
            alike[each.told].pop(0): key
            for key, each in self._wanted.items()
            if key not in taken and alike.get(each.told)
        }
        self._give_keys({living[old].uid: new for old, new in renamed.items() if old in living})
        for old, new in renamed.items():
            self._told[new] = self._told.pop(old)
            if old in self._skipped:
                self._skipped[new] = self._skipped.pop(old)

    def _give_keys(self, keys: Mapping[str, str]) -> None:
        """Have reservations, by uid, be the source's own under these keys."""
        if keys:
            origins = {uid: Origin(source=self._demand.source, key=key) for uid, key in keys.items()}
            self._take(self._ledger.adopt(self._charger.charger, origins))

    def _gone(self) -> list[str]:
        """What is not wanted any more, as far as the source has spoken."""
        until = self._demand.until
        return [key for key, told in self._told.items() if key not in self._wanted and told.window.start < until]

    def _withdraw(self, key: str, reservation: Reservation | None) -> None:
        if reservation is not None and reservation.status is not Status.IN_USE:
            if not self._may():
                return
            self._take(self._ledger.withdraw(reservation.uid, self._charger, self._now))
        del self._told[key]
        self._skipped.pop(key, None)

    def _change(self, moves: list[tuple[Reservation, Occurrence]]) -> None:
        """Change what is wanted otherwise: as often as it helps, since one may be in the way of the next.

        Where it does not help any more, what cannot be changed is withdrawn, and may be made anew once all others are
        where they are wanted. So every portion of a long demand comes nearer to its end.
        """
        waiting = sorted(moves, key=_far_ahead_first)
        while waiting:
            tried = list(takewhile(lambda _: self._may(), waiting))
            refused = [move for move in tried if not self._is_changed(*move)]
            if len(refused) == len(tried):
                self._give_up(refused)
                return
            if not self._done:
                return
            waiting = refused

    def _give_up(self, moves: Iterable[tuple[Reservation, Occurrence]]) -> None:
        for reservation, _ in moves:
            self._take(self._ledger.withdraw(reservation.uid, self._charger, self._now))

    def _is_changed(self, reservation: Reservation, occurrence: Occurrence) -> bool:
        """Change a reservation to what is wanted, unless it is refused; one in use stays as it is."""
        if reservation.status is not Status.IN_USE:
            amendment = _amendment(reservation, occurrence, self._now)
            try:
                step = self._ledger.change(reservation.uid, amendment, self._charger, self._terms, now=self._now)
            except Refusal:
                return False
            self._take(step)
        self._settle(occurrence)
        return True

    def _make(self, occurrences: Iterable[Occurrence]) -> None:
        for each in sorted(occurrences, key=lambda each: each.start):
            if not self._may():
                return
            if each.end - max(each.start, self._now) < MIN_DURATION and each.start < self._now:
                self._settle(each)  # it is as good as over
                continue
            try:
                step = self._ledger.propose(
                    self._wish(each), self._charger, self._terms, uid=self._new_uid(), now=self._now
                )
            except Refusal as refusal:
                self._skip(each, refusal)
            else:
                self._take(step)
                self._settle(each)

    def _wish(self, occurrence: Occurrence) -> Wish:
        return wish_of(occurrence, self._demand.source, self._charger.charger, patient=True)

    def _skip(self, occurrence: Occurrence, refusal: Refusal) -> None:
        """Leave it out; that is told if it was not."""
        if occurrence.key not in self._skipped or self._told.get(occurrence.key) != occurrence.told:
            self._clashes.append(Clash(occurrence=occurrence, refusal=refusal))
            window, uid = occurrence.told.window, self._new_uid()
            self._take(self._ledger.skip(self._wish(occurrence), window, uid=uid, now=self._now))
        self._told[occurrence.key] = occurrence.told
        self._skipped[occurrence.key] = refusal.reason

    def _settle(self, occurrence: Occurrence) -> None:
        self._told[occurrence.key] = occurrence.told
        self._skipped.pop(occurrence.key, None)

    def _to_be_retried(self, skipped: Iterable[str]) -> list[Occurrence]:
        waiting = [self._wanted[key] for key in skipped if key in self._wanted and key in self._skipped]
        return sorted(waiting, key=lambda each: each.start)[:RETRIES]


def _for_known(wanted: Iterable[Occurrence], drivers: Drivers) -> Iterator[Occurrence]:
    """What is wanted for drivers who are known, and for nobody in particular."""
    for each in wanted:
        driver = drivers.get(each.holder.driver)
        if driver is not None:
            yield replace(each, holder=driver.as_holder())
        elif each.holder.driver is None:
            yield each


def _far_ahead_first(move: tuple[Reservation, Occurrence]) -> tuple[bool, float]:
    """The order in which reservations of a row make room for each other: those that move later begin with the last."""
    reservation, occurrence = move
    later = occurrence.start > reservation.window.start
    start = occurrence.start.timestamp()
    return later, -start if later else start


def _amendment(reservation: Reservation, occurrence: Occurrence, now: datetime) -> Amendment:
    """What is to be different of a reservation so that it is what is wanted."""
    told, holder = occurrence.told, occurrence.holder
    has_begun = max(told.window.start, reservation.window.start) <= now
    named = reservation.evse if reservation.target is Target.CONNECTOR else None
    same_place = (reservation.target, named, reservation.connector_type) == (
        told.target,
        told.evse,
        told.connector_type,
    )
    same_holder = reservation.is_whose(holder.token, holder.driver)
    return Amendment(
        evse=None if same_place else told.evse,
        target=None if same_place else told.target,
        connector_type=None if same_place else told.connector_type,
        token=None if same_holder else holder.token,
        group=None if same_holder else holder.group,
        driver=None if same_holder else holder.driver,
        start=None if has_begun else told.window.start,
        end=told.window.end,
    )


def _joined(steps: Sequence[Step]) -> Step:
    """All steps as one."""
    return Step(
        ledger=steps[-1].ledger,
        changes=tuple(change for step in steps for change in step.changes),
        sources=tuple(change for step in steps for change in step.sources),
    )
