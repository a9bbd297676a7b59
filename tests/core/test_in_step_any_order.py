"""Whatever a source wants, and whatever others do meanwhile: what is reserved stays in step with it."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import combinations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from custom_components.ocpp_central.core.commands import Outcome
from custom_components.ocpp_central.core.drivers import Driver, Drivers, Holder
from custom_components.ocpp_central.core.events import ConnectorStatus
from custom_components.ocpp_central.core.following import Revision, followed
from custom_components.ocpp_central.core.in_step import Clashing, dropped
from custom_components.ocpp_central.core.ledger import Ledger
from custom_components.ocpp_central.core.policy import Policy
from custom_components.ocpp_central.core.refusal import Refusal
from custom_components.ocpp_central.core.reservation import Reservation, Status, Target
from custom_components.ocpp_central.core.sources import Occurrence
from custom_components.ocpp_central.core.token import IdToken
from custom_components.ocpp_central.core.undo import undone

from .world import CHARGER, HALF_HOUR, HOLDER, MINUTE, SOURCE, STRANGER, World

BEN = Driver(driver_id="driver-b", name="Ben", tokens=(STRANGER,))
HOLDERS = (Holder(token=HOLDER), BEN.as_holder())

MANY = 4
"""So much is wanted before the source goes, or there would seldom be much of it."""

keys = st.sampled_from("abcdefg")
places = st.sampled_from([1, 2, Target.ANY, Target.WHOLE_CHARGER])
slots = st.integers(-1, 12)
lengths = st.integers(1, 4)
limits = st.sampled_from([None, 1, 2, 3])


class Sources(RuleBasedStateMachine):
    """One source at a charger with two connectors, among others who reserve, cancel, change and charge."""

    def __init__(self) -> None:
        """Nothing is wanted yet."""
        super().__init__()
        self.world = World(evses=(1, 2))
        self.world.drivers = Drivers(known=(BEN,))
        self.wanted: dict[str, Occurrence] = {}

    @rule(start=slots, length=lengths, place=places, holder=st.sampled_from(HOLDERS))
    def want_a_row(self, start: int, length: int, place: int | Target, holder: Holder) -> None:
        """Several are wanted, one after the other."""
        for number, key in enumerate("abcde"):
            self.want(key=key, place=place, slot=start + number * length, length=length, holder=holder)

    @rule(key=keys, place=places, slot=slots, length=lengths, holder=st.sampled_from(HOLDERS))
    def want(self, key: str, place: int | Target, slot: int, length: int, holder: Holder) -> None:
        """One more occurrence is wanted, or one otherwise."""
        start = self.world.now + slot * HALF_HOUR
        self.wanted[key] = Occurrence(
            key=key,
            start=start,
            end=start + length * HALF_HOUR,
            target=place if isinstance(place, Target) else Target.CONNECTOR,
            evse=place if isinstance(place, int) else None,
            holder=holder,
        )

    @rule(key=keys)
    def want_no_more(self, key: str) -> None:
        """An occurrence is not wanted any more."""
        self.wanted.pop(key, None)

    @rule(by=st.integers(-3, 3))
    def move_all(self, by: int) -> None:
        """All of them are wanted at another time."""
        shift = by * HALF_HOUR
        self.wanted = {
            key: replace(each, start=each.start + shift, end=each.end + shift) for key, each in self.wanted.items()
        }

    @rule(turns=st.integers(1, 3))
    def exchange(self, turns: int) -> None:
        """Each is wanted as another one was."""
        known = list(self.wanted)
        self.wanted = {
            key: replace(self.wanted[known[(number + turns) % len(known)]], key=key) for number, key in enumerate(known)
        }

    @rule(limit=limits)
    def follow(self, limit: int | None) -> None:
        """What is wanted is reserved, as far as that can be; then there is nothing left to do."""
        world = self.world
        rounds = 0
        while not world.follow(*self.wanted.values(), limit=limit):
            rounds += 1
            assert rounds < 60
        self._in_step()
        before = world.ledger
        told = len(world.changes)
        world.follow(*self.wanted.values())
        assert world.ledger.books == before.books
        assert not world.changes[told:]

    @rule()
    def follow_strictly(self) -> None:
        """All or nothing."""
        world, before = self.world, self.world.ledger
        skipped = {} if SOURCE not in world.book.sources else dict(world.source.skipped)
        told = {} if SOURCE not in world.book.sources else dict(world.source.told)
        try:
            world.follow(*self.wanted.values(), strict=True)
        except Clashing:
            assert world.ledger is before
            return
        self._in_step()
        for key in world.source.skipped:
            assert key in skipped
            assert told[key] == world.source.told[key]

    @rule(limit=limits)
    def fail_to_save(self, limit: int | None) -> None:
        """What could not be saved has not happened."""
        world, before = self.world, self.world.ledger
        step = world.following(*self.wanted.values(), limit=limit).step
        back = undone(step.ledger, step)
        assert _as_promised(back) == _as_promised(before)
        world.ledger = back

    @rule(minutes=st.integers(1, 10))
    def fail_to_save_late(self, minutes: int) -> None:
        """Meanwhile time has passed."""
        world = self.world
        step = world.following(*self.wanted.values()).step
        world.ledger = step.ledger
        told = len(world.changes)
        world.wait(minutes * MINUTE)
        world.settle()
        world.ledger = undone(world.ledger, step)
        del world.changes[told:]
        world.take(world.ledger.at(world.chargers, world.now))

    @rule(what=places, slot=st.integers(0, 12), length=lengths, token=st.sampled_from([HOLDER, STRANGER]))
    def reserve(self, what: int | Target, slot: int, length: int, token: IdToken) -> None:
        """Somebody else reserves."""
        start = self.world.now + slot * HALF_HOUR if slot else None
        with suppress(Refusal):
            self.world.reserve(what, token, start=start, lasting=length * HALF_HOUR)

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        """Somebody cancels."""
        if (each := self._any(data)) is not None and each.status is not Status.IN_USE:
            self.world.cancel(each)

    @rule(data=st.data(), slot=slots, length=lengths)
    def change(self, data: st.DataObject, slot: int, length: int) -> None:
        """Somebody changes a reservation by hand."""
        if (each := self._any(data)) is not None:
            start = self.world.now + slot * HALF_HOUR
            with suppress(Refusal):
                self.world.change(each, start=start, end=start + length * HALF_HOUR)

    @rule(minutes=st.integers(1, 100))
    def wait(self, minutes: int) -> None:
        """Time passes."""
        self.world.wait(minutes * MINUTE)

    @rule(outcome=st.sampled_from([Outcome.ACCEPTED, Outcome.OCCUPIED, Outcome.REJECTED]))
    def settle(self, outcome: Outcome) -> None:
        """The charger is told what is due."""
        self.world.settle(outcome)

    @rule(evse=st.sampled_from([1, 2]), status=st.sampled_from([ConnectorStatus.AVAILABLE, ConnectorStatus.FAULTED]))
    def fail(self, evse: int, status: ConnectorStatus) -> None:
        """A connector fails, or works again."""
        if self.world.charger.connected:
            self.world.status(evse, status)

    @rule(token_length=st.sampled_from([3, 20]))
    def reconnect(self, token_length: int) -> None:
        """The charger was away, and may carry other tokens by now."""
        self.world.disconnect()
        self.world.connect(token_length=token_length)

    @rule(
        buffer=st.sampled_from([timedelta(0), 10 * MINUTE]),
        horizon=st.sampled_from([3 * HALF_HOUR, timedelta(days=365)]),
        no_show=st.sampled_from([None, 10 * MINUTE]),
    )
    def decide(self, buffer: timedelta, horizon: timedelta, no_show: timedelta | None) -> None:
        """The owner changes his mind about the bounds."""
        self.world.policy = Policy(buffer_after=buffer, horizon=horizon, no_show=no_show)

    @rule(token=st.sampled_from([HOLDER, STRANGER]), evse=st.sampled_from([1, 2]))
    def charge(self, token: IdToken, evse: int) -> None:
        """Somebody charges."""
        if self.world.charger.evses[evse].running is None:
            self.world.start(token, evse)

    @rule(evse=st.sampled_from([1, 2]))
    def leave(self, evse: int) -> None:
        """And leaves."""
        running = self.world.charger.evses[evse].running
        if running is not None:
            self.world.end(running.transaction)

    @rule(blocked=st.booleans(), gone=st.booleans())
    def revise(self, blocked: bool, gone: bool) -> None:
        """Ben is blocked, or gone."""
        world = self.world
        after = Drivers(known=() if gone else (replace(BEN, blocked=blocked),))
        revision = Revision(before=world.drivers, after=after)
        world.take(followed(world.ledger, revision, world.chargers, world.policy, world.now))
        world.drivers = after

    @rule()
    def restart(self) -> None:
        """Home Assistant restarts."""
        self.world.restart()
        self.world.connect()

    @precondition(lambda self: len(self.wanted) > MANY)
    @rule()
    def drop(self) -> None:
        """The source goes."""
        world = self.world
        world.take(dropped(world.ledger, SOURCE, world.charger, world.now))
        assert not world.book.sources
        assert all(each.status is Status.IN_USE for each in world.ledger.living() if each.origin is not None)
        self.wanted.clear()

    @invariant()
    def nobody_shares(self) -> None:
        """No connector is promised twice, and no occurrence reserved twice."""
        living = list(self.world.ledger.living())
        origins = [each.origin for each in living if each.origin is not None]
        assert len(origins) == len(set(origins))
        bound = [each for each in living if not each.is_unbound]
        for one, other in combinations(bound, 2):
            if one.window.overlaps(other.window):
                assert one.evse is not None
                assert not other.covers(one.evse)

    @invariant()
    def what_is_skipped_was_told(self) -> None:
        """So its days can be named."""
        for source in self.world.book.sources.values():
            assert source.skipped.keys() <= source.told.keys()

    def _any(self, data: st.DataObject) -> Reservation | None:
        living = sorted(self.world.ledger.living(), key=lambda each: each.uid)
        return data.draw(st.sampled_from(living)) if living else None

    def _in_step(self) -> None:
        world, source = self.world, self.world.source
        living = {each.origin.key: each for each in world.ledger.living() if each.origin is not None}
        for key, each in self.wanted.items():
            known = each.holder.driver is None or world.drivers.get(each.holder.driver)
            if each.end > world.now and known:
                assert source.told[key] == each.told
            elif key in living:
                over = key not in source.told
                assert living[key].status is Status.IN_USE or over
        for key in source.told:
            assert key in self.wanted
        for key in source.skipped:
            assert key not in living, (living[key], source.skipped[key])


def _as_promised(ledger: Ledger) -> object:
    """All that is promised, but not which EVSE somebody may get in the end."""
    book = ledger.book(CHARGER)
    return replace(book, reservations={uid: replace(each, planned=None) for uid, each in book.reservations.items()})


TestSources = Sources.TestCase
