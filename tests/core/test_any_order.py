"""Whatever happens in whatever order, the ledger keeps its promises.

A machine of hypothesis plays owner, drivers, charger, network and time against the ledger, and checks after every
step what must always be so.
"""

from collections.abc import Iterable
from copy import copy
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from custom_components.ocpp_central.core.answers import MAX_CRASHES
from custom_components.ocpp_central.core.charger import Charger
from custom_components.ocpp_central.core.commands import Command, DropHold, Outcome, PlaceHold
from custom_components.ocpp_central.core.drivers import Holder
from custom_components.ocpp_central.core.events import (
    ConnectorStatus,
    HoldEnd,
    Started,
    StopRefused,
)
from custom_components.ocpp_central.core.evse import Evse
from custom_components.ocpp_central.core.in_step import Clashing
from custom_components.ocpp_central.core.page import GHOST_LIFE
from custom_components.ocpp_central.core.planner import TOO_LATE
from custom_components.ocpp_central.core.policy import Policy
from custom_components.ocpp_central.core.refusal import Refusal
from custom_components.ocpp_central.core.reservation import (
    BIRTHS,
    LIFECYCLE,
    HeldBy,
    HoldState,
    News,
    Origin,
    Reservation,
    Status,
    Target,
    Window,
)
from custom_components.ocpp_central.core.room import AHEAD, accepts, fits, is_free, seats
from custom_components.ocpp_central.core.rules import Rules
from custom_components.ocpp_central.core.sources import Occurrence
from custom_components.ocpp_central.core.token import IdToken

from .world import CHARGER, HOLDER, HOUSE, MINUTE, SECOND, SOURCE, STRANGER, World

EVSES = (1, 2, 3)
PLUGS = {1: {"cType2"}, 2: {"cType2", "cCCS2"}, 3: {"cCCS2"}}
WISHES = (*EVSES, "cType2", "cCCS2", Target.ANY, Target.ANY, Target.WHOLE_CHARGER)
TOKENS = (HOLDER, STRANGER, IdToken(value="THIRD", type="ISO14443"))
MOVES = {(before, transition.to) for (before, _), transition in LIFECYCLE.items()}
OPEN = {HoldState.PENDING, HoldState.UNCERTAIN, HoldState.LOST}
REFUSALS = {
    Outcome.OCCUPIED,
    Outcome.FAULTED,
    Outcome.UNAVAILABLE,
    Outcome.REJECTED,
    Outcome.NOT_IMPLEMENTED,
}

evses = st.sampled_from(EVSES)
tokens = st.sampled_from(TOKENS)
wishes = st.sampled_from(WISHES)
outcomes = st.one_of(st.just(Outcome.ACCEPTED), st.sampled_from(Outcome))
statuses = st.one_of(
    st.sampled_from([ConnectorStatus.AVAILABLE, ConnectorStatus.RESERVED]),
    st.sampled_from(ConnectorStatus),
)
DISTURBANCES = ("disconnect", "replace the connection", "restart", "suspend", "remove")


class AnyOrder(RuleBasedStateMachine):
    """Everything that can happen, and what must be so after it."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(evses=EVSES)
        self.world.equip(PLUGS)
        self.world.rules = Rules(house=HOUSE, insists=True)
        self.under_way: Command | None = None
        self.may_stand: dict[int, int] = {}
        """The wire ids of the holds that the charger may have, each with the connections lost over dropping it."""
        self.ends: dict[int, datetime] = {}
        """The latest end that the charger may know of each."""
        self.seen = 0
        self.transactions = 0

    # What the owner does.

    @rule(gap=st.sampled_from([0, 1, 10]), no_show=st.sampled_from([None, 1, 5, 60]))
    def set_options(self, gap: int, no_show: int | None) -> None:
        before = self.world.ledger
        limit = None if no_show is None else no_show * MINUTE
        self.world.policy = Policy(buffer_before=gap * MINUTE, no_show=limit)
        assert self.world.ledger is before

    @initialize(unspecific=st.booleans(), types=st.booleans())
    def learn_what_the_charger_can_do(self, *, unspecific: bool, types: bool) -> None:
        self.world.equip(PLUGS, unspecific=unspecific, by_type=types)
        for evse in EVSES:
            self.world.status(evse, ConnectorStatus.AVAILABLE)

    @rule(
        what=wishes,
        instead=st.sampled_from([False, False, True]),
        token=tokens,
        begin=st.sampled_from([None, MINUTE, 20 * MINUTE]),
        lasting=st.sampled_from([MINUTE, 10 * MINUTE, 60 * MINUTE]),
        held_by=st.sampled_from(HeldBy),
        reservation_id=st.one_of(st.none(), st.integers(1, 5)),
    )
    def propose(
        self,
        what: int | str | Target,
        token: IdToken,
        begin: timedelta | None,
        lasting: timedelta,
        held_by: HeldBy,
        reservation_id: int | None,
        *,
        instead: bool,
    ) -> None:
        before = self.world.ledger
        taken = set().union(*(book.wire_ids for book in before.books.values()))
        try:
            new = self.world.reserve(
                what,
                token,
                start=None if begin is None else self.world.now + begin,
                lasting=lasting,
                held_by=held_by,
                reservation_id=reservation_id,
                instead=instead,
            )
        except Refusal:
            assert self.world.ledger is before
            return
        assert instead or new.reservation_id not in taken
        assert new.no_show == self.world.policy.no_show
        for evse in EVSES if new.covers(what if isinstance(what, int) else 0) else ():
            others = [each for each in self.world.book.living_at(evse) if each.uid not in {new.uid, *new.supersedes}]
            alone, claimed = self._claimed(new), self._claimed
            assert not new.covers(evse) or not any(alone.overlaps(claimed(each)) for each in others)
        for each in before.book(CHARGER).reservations.values():
            gone = self.world.ledger.find(each.uid) is None
            assert not gone or (instead and each.is_for(token, None))

    @precondition(lambda self: any(self.world.ledger.living()))
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        living = sorted(self.world.ledger.living(), key=lambda each: each.uid)
        chosen = data.draw(st.sampled_from(living))
        if chosen.status is not Status.IN_USE:
            self.world.cancel(chosen)
            assert self.world.status_of(chosen) is Status.CANCELLED

    @precondition(lambda self: self.world.charger.connected and self.under_way is None)
    @rule(what=wishes, token=tokens)
    def come_to_an_agreement(self, what: int | str | Target, token: IdToken) -> None:
        """A reservation that the charger holds, which is rare in all this disorder."""
        for evse in EVSES:
            self.world.status(evse, ConnectorStatus.AVAILABLE)
        try:
            self.world.reserve(what, token, lasting=60 * MINUTE)
        except Refusal:
            return
        while self.world.plan().commands:
            self.send_and_answer(Outcome.ACCEPTED)

    @precondition(lambda self: any(self.world.ledger.living()))
    @rule(
        data=st.data(),
        evse=st.one_of(st.none(), evses),
        into=st.sampled_from([None, None, Target.ANY, Target.WHOLE_CHARGER]),
        token=st.one_of(st.none(), tokens),
        begin=st.sampled_from([None, None, 0, 1, 20]),
        lasting=st.sampled_from([None, 1, 10, 60]),
    )
    def change(
        self,
        data: st.DataObject,
        evse: int | None,
        into: Target | None,
        token: IdToken | None,
        begin: int | None,
        lasting: int | None,
    ) -> None:
        living = sorted(self.world.ledger.living(), key=lambda each: each.uid)
        chosen = data.draw(st.sampled_from(living))
        before, news = self.world.ledger, len(self.world.news)
        start = None if begin is None else self.world.now + begin * MINUTE
        duration = None if lasting is None else lasting * MINUTE
        try:
            changed = self.world.change(chosen, evse=evse, target=into, token=token, start=start, duration=duration)
        except Refusal:
            assert self.world.ledger is before
            return
        assert chosen.status is not Status.IN_USE
        if changed.status is Status.IN_USE and changed.evse is not None:
            self._consume([chosen], changed.evse)
        if self.world.ledger is before:
            assert len(self.world.news) == news
            return
        assert News.CHANGED in self.world.news[news:]  # what gives way to it may be told first
        assert (changed.uid, changed.reservation_id) == (chosen.uid, chosen.reservation_id)
        assert evse is None or (changed.target, changed.evse) == (Target.CONNECTOR, evse)
        assert changed.token == (token or chosen.token)
        assert duration in {None, changed.window.duration}
        if (changed.target, changed.evse, changed.window) == (chosen.target, chosen.evse, chosen.window):
            return
        alone = self._claimed(changed)
        for each in self.world.book.living_at():
            shared = [number for number in EVSES if each.covers(number) and changed.covers(number)]
            if each.uid != changed.uid and shared and changed.status is not Status.IN_USE:
                assert not alone.overlaps(self._claimed(each)) or self._is_exempt(each)

    @rule(
        wanted=st.dictionaries(
            st.sampled_from("abcd"),
            st.tuples(evses, tokens, st.sampled_from([-20, 0, 1, 20, 60]), st.sampled_from([1, 10, 60])),
            max_size=4,
        ),
        strict=st.booleans(),
        limit=st.sampled_from([None, None, 1]),
    )
    def follow(self, wanted: dict[str, tuple[int, IdToken, int, int]], limit: int | None, *, strict: bool) -> None:
        """A source wants something else than before: it gets that, or is told why not."""
        before, now = self.world.ledger, self.world.now.replace(microsecond=0)
        occurrences = [
            Occurrence(
                key=key,
                start=now + begin * MINUTE,
                end=now + (begin + lasting) * MINUTE,
                evse=evse,
                holder=Holder(token=token),
            )
            for key, (evse, token, begin, lasting) in wanted.items()
        ]
        try:
            done = self.world.follow(*occurrences, strict=strict, limit=limit)
        except Clashing:
            assert strict
            assert self.world.ledger is before
            return
        source = self.world.book.sources[SOURCE]
        for each in occurrences if done else ():
            assert each.end <= now or source.told[each.key] == each.told
            mine = Origin(source=SOURCE, key=each.key)
            living = [known for known in self.world.ledger.living() if known.origin == mine]
            assert not (each.key in source.skipped and living)
        if done:
            assert self.world.follow(*occurrences)

    def restart(self) -> None:
        self.under_way = None
        self.world.restart()

    def remove_the_charger_and_add_it_again(self) -> None:
        self.under_way = None
        self.world.take(self.world.ledger.without_charger(CHARGER, self.world.now))
        assert not list(self.world.ledger.living())
        assert CHARGER not in self.world.ledger.books
        self.may_stand.clear()
        self.world.chargers[CHARGER] = Charger(charger=CHARGER, evses={each: Evse(evse=each) for each in EVSES})
        self.world.equip(PLUGS)

    # What the network and time do.

    @precondition(lambda self: not self.world.charger.connected)
    @rule(tells=st.booleans())
    def connect(self, *, tells: bool) -> None:
        self.world.connect()
        for each in EVSES if tells else ():
            self.world.status(each, ConnectorStatus.AVAILABLE)

    @rule(what=st.sampled_from(DISTURBANCES), first=st.booleans())
    def disturb(self, what: str, *, first: bool) -> None:
        """Rarer than all else together, so that there is something to be disturbed."""
        if first:
            self._fail()
        match what:
            case "disconnect":
                self.world.disconnect()
            case "replace the connection":
                self.world.disconnect()
                self.world.connect()
            case "restart":
                self.restart()
            case "suspend":
                self.world.sleep(4000 * SECOND)
            case "remove":
                self.remove_the_charger_and_add_it_again()
        self._fail()

    @rule(seconds=st.sampled_from([1, 2, 5, 10, 30, 60, 300, 600]))
    def wait(self, seconds: int) -> None:
        self.world.wait(seconds * SECOND)

    # What the charger and its drivers do.

    @precondition(lambda self: self.world.charger.connected)
    @rule()
    def boot(self) -> None:
        self.world.boot()

    @precondition(lambda self: self.world.charger.connected)
    @rule(evse=evses, status=statuses)
    def tell_a_status(self, evse: int, status: ConnectorStatus) -> None:
        self.world.status(evse, status)

    @precondition(lambda self: self.world.charger.connected)
    @rule(token=tokens, evse=st.one_of(st.none(), evses))
    def authorize(self, token: IdToken, evse: int | None) -> None:
        verdict = self.world.authorize(token, evse)
        permitted = [each for each in EVSES if self._may_start(token, each)]
        if evse is None:
            assert verdict.accepted is bool(permitted)
            assert verdict.evses in (None, tuple(permitted))
        else:
            assert verdict.accepted is (evse in permitted)

    @precondition(lambda self: self.world.charger.connected)
    @rule(token=st.one_of(st.none(), tokens), evse=evses, named=st.booleans(), late=st.booleans())
    def start(self, token: IdToken | None, evse: int, *, named: bool, late: bool) -> None:
        now = self.world.now
        at = now - 5 * MINUTE if late else now
        before = {each.uid: each for each in self.world.book.living_at(evse)}
        everything, giving_way = self.world.book.living_at(), self._giving_way()
        self.transactions += 1
        name = f"named{self.transactions}" if named else None
        told = Started(transaction=name, evse=evse, connector=1, token=token, at=at)
        known = self.world.charger.same_start(told)
        replaced = self.world.charger.evses[evse].running
        verdict = self.world.start(token, evse, transaction=name, at=at)
        assert verdict.transaction is not None
        moment = self.world.charger.moment_of(at, now)
        if known is not None and not known.refused:
            assert verdict.accepted
            before = {}
        for reservation in before.values():
            if token is None or not reservation.binds_at(moment):
                continue
            assert verdict.accepted is reservation.is_for(token, None)
            if verdict.accepted and reservation.binds_at(now) and reservation.uid not in giving_way:
                over = replaced is not None and replaced.transaction == reservation.transaction != verdict.transaction
                assert self.world.status_of(reservation) is (Status.USED if over else Status.IN_USE)
        self._consume(everything, evse)

    def _consume(self, before: Iterable[Reservation], evse: int) -> None:
        """A start consumes the hold, unless that is still on its way, may be for somebody else, or is elsewhere."""
        on_its_way = self.under_way.hold if isinstance(self.under_way, PlaceHold) else None
        for reservation in before:
            if reservation.status is Status.IN_USE or self.world.status_of(reservation) is not Status.IN_USE:
                continue
            for place, hold in reservation.holds.items():
                if hold.wire_id != on_its_way and not hold.outdated and place in (evse, None):
                    self.may_stand.pop(hold.wire_id, None)

    @precondition(lambda self: self.world.charger.connected)
    @rule(evse=evses, token=st.one_of(st.none(), tokens))
    def update(self, evse: int, token: IdToken | None) -> None:
        running = self.world.charger.evses[evse].running
        if running is None:
            self.world.update("unheard of", token)
            return
        here = [each for each in self.world.book.living_at(evse) if each.binds_at(self.world.now)]
        everything, giving_way = self.world.book.living_at(), self._giving_way()
        settled = running.is_settled_on(token)  # then a token says nothing new of who charges
        verdict = self.world.update(running.transaction, token)
        assert (verdict is None) is (token is None)
        for reservation in here:
            if (
                token is not None
                and not settled
                and reservation.is_for(token, None)
                and reservation.uid not in giving_way
            ):
                assert self.world.status_of(reservation) is Status.IN_USE
        self._consume(everything, evse)

    @rule(goes_on=st.booleans())
    def remember_or_forget_what_runs(self, *, goes_on: bool) -> None:
        """What the charger says when it is asked for its sessions."""
        self.world.goes_on = goes_on

    @precondition(lambda self: self.world.charger.connected)
    @rule(evse=evses)
    def refuse_to_stop(self, evse: int) -> None:
        running = self.world.charger.evses[evse].running
        self.world.tell(
            StopRefused(transaction="unheard of" if running is None else running.transaction, at=self.world.now)
        )

    @precondition(lambda self: self.world.charger.connected)
    @rule(evse=evses, token=st.one_of(st.none(), tokens))
    def go_on_after_all(self, evse: int, token: IdToken | None) -> None:
        """A session that was presumed to be over runs again, and uses nothing twice."""
        presumed = self.world.charger.evses[evse].presumed
        if presumed is None:
            return
        used = self.world.ledger.past.counts
        everything = self.world.book.living_at()
        self.world.update(presumed.transaction, token)
        self._consume(everything, evse)
        assert self.world.charger.unended(presumed.transaction) is not None
        assert self.world.ledger.past.counts == used

    @precondition(lambda self: self.world.charger.connected)
    @rule(evse=evses)
    def end(self, evse: int) -> None:
        known = self.world.charger.evses[evse]
        running = known.running or known.presumed
        self.world.end("unheard of" if running is None else running.transaction)
        for each in self.world.ledger.living():
            assert running is None or each.transaction != running.transaction

    @precondition(lambda self: self.world.charger.connected and self.may_stand)
    @rule(data=st.data(), end=st.sampled_from(HoldEnd))
    def give_up_a_hold(self, data: st.DataObject, end: HoldEnd) -> None:
        hold = data.draw(st.sampled_from(sorted(self.may_stand)))
        self.world.hold_ended(hold, end)
        on_its_way = isinstance(self.under_way, PlaceHold) and self.under_way.hold == hold
        if not on_its_way or self._end_of(hold) <= self.world.now:
            del self.may_stand[hold]

    # What we send, one thing at a time.

    @precondition(lambda self: self.under_way is None and self.world.plan().commands)
    @rule()
    def send(self) -> None:
        self.under_way = self.world.next_command()
        self.before = dict(self.may_stand)
        self.world.send(self.under_way)
        if isinstance(self.under_way, PlaceHold):
            hold, until = self.under_way.hold, self.under_way.until
            self.ends[hold] = max(until, self.ends[hold]) if hold in self.may_stand else until
            self.may_stand[hold] = 0

    @precondition(lambda self: self.under_way is None and self.world.plan().commands)
    @rule(outcome=outcomes)
    def send_and_answer(self, outcome: Outcome) -> None:
        self.send()
        self._answer(outcome)

    @precondition(lambda self: self.under_way is not None)
    @rule(outcome=outcomes)
    def answer(self, outcome: Outcome) -> None:
        self._answer(outcome)

    def _fail(self) -> None:
        if self.under_way is not None:
            self._answer(Outcome.DISCONNECTED)

    def _answer(self, outcome: Outcome) -> None:
        command, self.under_way = self.under_way, None
        assert command is not None
        self.world.answer(command, outcome)
        unsure = outcome.is_unknown or outcome is Outcome.FAILED
        match command:
            case PlaceHold(hold=hold) if outcome in REFUSALS and hold not in self.before:
                self.may_stand.pop(hold, None)
            case DropHold(hold=hold) if hold in self.may_stand:
                self.may_stand[hold] += outcome is Outcome.DISCONNECTED
                if not unsure or self.may_stand[hold] >= MAX_CRASHES:
                    del self.may_stand[hold]

    def _claimed(self, reservation: Reservation) -> Window:
        """The window with its buffers."""
        return self.world.policy.buffered(reservation.window)

    def _may_start(self, token: IdToken, evse: int) -> bool:
        return self.world.may_start(token, None, evse, self.world.now)

    def _end_of(self, hold: int) -> datetime:
        """When the charger is to forget a hold by itself."""
        return self.ends[hold]

    # What must always be so.

    @invariant()
    def no_evse_is_promised_twice(self) -> None:
        for evse in EVSES:
            living = [each for each in self.world.book.living_at(evse) if not self._is_exempt(each)]
            for one, other in pairwise(living):
                assert one.window.end <= other.window.start

    def _is_exempt(self, reservation: Reservation) -> bool:
        """One for any is used wherever its holder begins, also where somebody comes soon, like anybody's start.

        And what is to give way lives until its successor is sure.
        """
        return reservation.uid in self._giving_way() or (reservation.takes_any and reservation.status is Status.IN_USE)

    def _giving_way(self) -> set[str]:
        """The uids of what gives way once its successor is sure."""
        return {uid for each in self.world.ledger.living() for uid in each.supersedes}

    @invariant()
    def whoever_may_have_any_has_one_to_himself(self) -> None:
        """There is an EVSE for each of them, for his whole window, unless he was told that there may be none."""
        world = self.world
        living = list(world.book.reservations.values())
        planned = seats(living, world.charger, world.now)
        for each in living:
            if each.is_unbound and not (each.at_risk or each.awaited) and each.window.start <= world.now + AHEAD:
                assert each.uid in planned
                assert fits(each, planned[each.uid], world.charger)

    @invariant()
    def whoever_uses_a_reservation_charges(self) -> None:
        """Where the charger knows of it at all: one that was removed and added again does not."""
        for each in self.world.charger.evses.values():
            over = None if each.presumed is None else each.presumed.transaction
            assert not any(over == known.transaction for known in self.world.ledger.living() if over is not None)

    @invariant()
    def every_life_goes_on_at_a_known_moment(self) -> None:
        moments = [each.next_moment() for each in self.world.ledger.books.values()]
        now = self.world.now
        assert all(moment > now for moment in moments if moment is not None)
        for each in self.world.ledger.living():
            assert not each.status.is_final
            assert each.status.keeps_out is each.binds_at(now)
            assert (each.status is Status.SCHEDULED) is (each.window.start > now)

    @invariant()
    def ids_are_unique(self) -> None:
        living = list(self.world.ledger.living())
        giving_way = self._giving_way()
        ids = [each.reservation_id for each in living if each.uid not in giving_way]
        assert len(set(ids)) == len(ids)
        held = [hold.wire_id for each in living for hold in each.holds.values()]
        assert len(set(held)) == len(held)
        assert not set(held) & set(self.world.book.ghosts)

    @invariant()
    def only_the_lifecycle_moves_a_reservation(self) -> None:
        for change in self.world.changes[self.seen :]:
            if change.before is None:
                assert change.after.status in {birth.to for birth in BIRTHS.values()}
            elif change.before.status is not change.after.status:
                assert (change.before.status, change.after.status) in MOVES
            if change.after.status.is_final:
                assert self.world.ledger.find(change.after.uid) is None
                assert not change.after.holds
        self.seen = len(self.world.changes)

    @invariant()
    def the_holder_may_start_and_a_stranger_may_not(self) -> None:
        in_force = [each for each in self.world.book.living_at() if each.binds_at(self.world.now)]
        unbound = [each for each in in_force if each.is_unbound]
        for evse in EVSES:
            here = [each for each in in_force if each.covers(evse)]
            for token in TOKENS:
                if here or not unbound:
                    assert self._may_start(token, evse) is all(each.is_for(token, None) for each in here)
        for each in unbound:
            free = [evse for evse in EVSES if is_free(self.world.charger.evses[evse])]
            named = [evse for evse in free if any(other.covers(evse) for other in in_force)]
            fitting = [evse for evse in set(free) - set(named) if fits(each, evse, self.world.charger)]
            if len(fitting) >= len(unbound):
                assert any(self._may_start(each.token, evse) for evse in fitting)

    @invariant()
    def what_may_stand_at_the_charger_is_ours_or_a_ghost(self) -> None:
        book, now = self.world.book, self.world.now
        known = {hold.wire_id for each in book.reservations.values() for hold in each.holds.values()}
        for hold in set(self.may_stand) - known - set(book.ghosts):
            assert now >= self._end_of(hold) + GHOST_LIFE, f"hold {hold} is forgotten"
            del self.may_stand[hold]

    @invariant()
    def nothing_waits_for_ever(self) -> None:
        plan, charger = self.world.plan(), self.world.charger
        placing = {each.hold for each in plan.commands if isinstance(each, PlaceHold)}
        dropping = {each.hold for each in plan.commands if isinstance(each, DropHold)}
        for each in self.world.ledger.living():
            ends = self.world.now > each.until - TOO_LATE
            if each.status is Status.PLACING and each.awaited:
                assert charger.connected
            elif each.status is Status.PLACING and each.held_by is HeldBy.AUTO:
                assert charger.connected
                assert each.holds
                assert all(accepts(charger, each, place) for place in each.holds)
            if not each.status.keeps_out or not charger.connected or ends:
                continue
            for place, hold in each.holds.items():
                busy = not accepts(charger, each, place) and not each.awaited
                if hold.state in OPEN and not busy:
                    assert hold.wire_id in placing | dropping or plan.again is not None

    @invariant()
    def planning_is_pure_and_comes_to_an_end(self) -> None:
        before = self.world.ledger, self.world.charger
        plan = self.world.plan()
        assert self.world.plan() == plan
        assert (self.world.ledger, self.world.charger) == before
        assert plan.again is None or plan.again > self.world.now
        if self.under_way is not None:
            return
        later = copy(self.world)
        later.chargers, later.changes = dict(later.chargers), []
        later.settle(Outcome.ACCEPTED)
        assert later.plan().commands == ()


AnyOrder.TestCase.settings = settings(max_examples=250, stateful_step_count=40)
TestAnyOrder = AnyOrder.TestCase
