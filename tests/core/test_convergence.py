"""However a charger misbehaved before: once it behaves, it comes to hold what the ledger believes that it holds."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from hypothesis import settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
    run_state_machine_as_test,
)
import pytest

from custom_components.ocpp_central.core.commands import Command, DropHold, Outcome, PlaceHold
from custom_components.ocpp_central.core.events import ConnectorStatus, HoldEnd
from custom_components.ocpp_central.core.matching import assign
from custom_components.ocpp_central.core.refusal import Refusal
from custom_components.ocpp_central.core.reservation import HeldBy, HoldState, Reservation, Status, Target
from custom_components.ocpp_central.core.room import accepts, fitting
from custom_components.ocpp_central.core.token import IdToken

from .world import HOLDER, MINUTE, SECOND, STRANGER, World

EVSES = (1, 2)
PLUGS = {1: frozenset({"cType2"}), 2: frozenset({"cType2", "cCCS2"}), 3: frozenset({"cCCS2"})}
BROKEN = {ConnectorStatus.FAULTED: Outcome.FAULTED, ConnectorStatus.OUT_OF_SERVICE: Outcome.UNAVAILABLE}


@dataclass
class ModelCharger:
    """A charger with holds: it obeys, replaces by the same id, and lets a hold expire when it is to.

    `shows`: it reports Reserved; `replaces`: it does what 1.6 section 5.13 says about an id that it knows.
    `keeps_any`: it keeps some EVSE free for who names none (H01.FR.07, H01.FR.09).
    """

    world: World
    shows: bool = True
    replaces: bool = True
    keeps_any: bool = False
    holds: dict[int, PlaceHold] = field(default_factory=dict)
    cars: set[int] = field(default_factory=set)
    charging: dict[int, str] = field(default_factory=dict)
    broken: dict[int, ConnectorStatus] = field(default_factory=dict)

    @property
    def evses(self) -> Collection[int]:
        return self.world.charger.evses

    def obey(self, command: Command) -> Outcome:
        """Do what is asked, tell the statuses that follow, and give the answer."""
        self.expire()
        match command:
            case PlaceHold():
                outcome = self._place(command)
            case DropHold(hold=hold):
                known = self.holds.pop(hold, None)
                outcome = Outcome.REJECTED if known is None else Outcome.ACCEPTED
            case _:
                outcome = Outcome.ACCEPTED
        self.report()
        return outcome

    def _place(self, command: PlaceHold) -> Outcome:
        if command.hold in self.holds and not self.replaces:
            return Outcome.REJECTED
        if command.evse is None and not self.keeps_any:
            return Outcome.REJECTED
        others = [each for each in self.holds.values() if each.hold != command.hold]
        if command.evse is None:
            if not self._all_fit([*others, command], self._free(others)):
                return Outcome.OCCUPIED
        elif command.evse in self.broken:
            return BROKEN[self.broken[command.evse]]
        elif command.evse not in self._free(others):
            return Outcome.OCCUPIED
        elif self._all_fit(others, self._free(self.holds.values())) > self._all_fit(
            others, self._free([*others, command])
        ):
            return Outcome.OCCUPIED  # who may have any would find none
        self.holds[command.hold] = command
        return Outcome.ACCEPTED

    def expire(self) -> None:
        self.holds = {each: hold for each, hold in self.holds.items() if hold.until > self.world.now}

    def lets_in(self, token: IdToken, evse: int) -> bool:
        """Whether it lets a token start here, as far as it knows by itself."""
        named = next((each for each in self.holds.values() if each.evse == evse), None)
        if named is not None:
            return named.token.matches(token)
        own = self.own(token, evse)
        others = [each for each in self.holds.values() if each is not own]
        return self._all_fit(others, self._free(others) - {evse})

    def own(self, token: IdToken, evse: int) -> PlaceHold | None:
        """The hold that a start here uses up: the one for this EVSE, else the one for any that was made last."""
        his = [each for each in self.holds.values() if each.token.matches(token)]
        named = [each for each in his if each.evse == evse]
        unnamed = [each for each in his if each.evse is None and self._fits(each, evse)]
        return next(iter([*named, *reversed(unnamed)]), None)

    def status(self, evse: int) -> ConnectorStatus:
        if evse in self.broken:
            return self.broken[evse]
        if evse in self.charging:
            return ConnectorStatus.CHARGING
        if evse in self.cars:
            return ConnectorStatus.PREPARING
        return ConnectorStatus.RESERVED if self.shows and self._is_kept(evse) else ConnectorStatus.AVAILABLE

    def report(self) -> None:
        """Tell every status that has changed, or all on a new connection."""
        for evse in self.evses:
            known = self.world.charger.evses[evse]
            if self.world.charger.connected and (not known.reported or known.status is not self.status(evse)):
                self.world.status(evse, self.status(evse))

    def _is_kept(self, evse: int) -> bool:
        """Whether it is held by name, or needed by those who may have any (H01.FR.20, H01.FR.24)."""
        holds = list(self.holds.values())
        if any(each.evse == evse for each in holds):
            return True
        free = self._free(holds)
        return evse in free and self._all_fit(holds, free) and not self._all_fit(holds, free - {evse})

    def _free(self, holds: Iterable[PlaceHold]) -> set[int]:
        return set(self.evses) - self.cars - set(self.broken) - {each.evse for each in holds if each.evse is not None}

    def _all_fit(self, holds: Iterable[PlaceHold], free: Collection[int]) -> bool:
        unnamed = [each for each in holds if each.evse is None]
        return assign({each.hold: [evse for evse in free if self._fits(each, evse)] for each in unnamed}) is not None

    def _fits(self, hold: PlaceHold, evse: int) -> bool:
        return hold.connector_type is None or hold.connector_type in self.world.charger.types_at(evse)


any_evse = st.runner().flatmap(lambda machine: st.sampled_from(sorted(machine.plugs)))
any_token = st.sampled_from([HOLDER, STRANGER])
any_wish = st.runner().flatmap(lambda machine: st.sampled_from(machine.wishes))


class Misbehaviour(RuleBasedStateMachine):
    """A charger that forgets, refuses, drops its connection and does not answer."""

    plugs: Mapping[int, frozenset[str]] = dict.fromkeys(EVSES, frozenset())
    wishes: tuple[int | str | Target, ...] = EVSES
    shows = True
    replaces = True
    claims_any = False
    keeps_any = False
    has_types = False

    def __init__(self) -> None:
        super().__init__()
        self.transactions = 0
        self.world = World(evses=self.plugs)
        self.world.equip(self.plugs, unspecific=self.claims_any, by_type=self.has_types)
        self.charger = ModelCharger(
            world=self.world, shows=self.shows, replaces=self.replaces, keeps_any=self.keeps_any
        )

    @rule(
        what=any_wish,
        token=any_token,
        later=st.sampled_from([False, False, True]),
        held_by=st.sampled_from(HeldBy),
        instead=st.sampled_from([False, False, False, True]),
    )
    def reserve(self, what: int | str | Target, token: IdToken, held_by: HeldBy, *, later: bool, instead: bool) -> None:
        start = self.world.now + 2 * MINUTE if later else None
        try:
            self.world.reserve(what, token, start=start, lasting=600 * MINUTE, held_by=held_by, instead=instead)
        except Refusal:
            return

    @precondition(lambda self: any(self.world.ledger.living()))
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        living = sorted(self.world.ledger.living(), key=lambda each: each.uid)
        chosen = data.draw(st.sampled_from(living))
        if chosen.status is not Status.IN_USE:
            self.world.cancel(chosen)

    @precondition(lambda self: self.world.charger.connected)
    @rule()
    def behave(self) -> None:
        """It does what it is asked for a while, so that there is something to be changed and forgotten."""
        while self.world.plan().commands:
            command = self.world.next_command()
            self.world.send(command)
            self.world.answer(command, self.charger.obey(command))

    @precondition(lambda self: any(self.world.ledger.living()))
    @rule(
        data=st.data(),
        into=st.one_of(st.none(), any_wish),
        token=st.one_of(st.none(), any_token),
        begin=st.sampled_from([None, 0, 2]),
        lasting=st.sampled_from([None, 500, 700]),
    )
    def change(
        self,
        data: st.DataObject,
        into: int | str | Target | None,
        token: IdToken | None,
        begin: int | None,
        lasting: int | None,
    ) -> None:
        evse = into if isinstance(into, int) else None
        target = into if isinstance(into, Target) else None
        living = sorted(self.world.ledger.living(), key=lambda each: each.uid)
        start = None if begin is None else self.world.now + begin * MINUTE
        duration = None if lasting is None else lasting * MINUTE
        try:
            self.world.change(
                data.draw(st.sampled_from(living)),
                evse=evse,
                target=target,
                token=token,
                start=start,
                duration=duration,
            )
        except Refusal:
            return

    @precondition(lambda self: self.world.plan().commands)
    @rule(does=st.booleans(), says=st.one_of(st.none(), st.sampled_from(Outcome)))
    def command(self, *, does: bool, says: Outcome | None) -> None:
        """The charger does what it is asked, or does not; and says so, or something else."""
        command = self.world.next_command()
        if isinstance(command, DropHold) and says is Outcome.DISCONNECTED:
            says = Outcome.TIMED_OUT  # one that crashes over it is left alone at last
        self.world.send(command)
        done = self.charger.obey(command) if does else None
        if says is Outcome.DISCONNECTED:
            self.world.disconnect()
        honest = says is None or not says.is_unknown
        if honest and done is not None:
            self.world.answer(command, done)
        elif honest:
            self.world.answer(command, Outcome.FAILED)
        else:
            self.world.answer(command, says or Outcome.TIMED_OUT)

    @precondition(lambda self: self.charger.holds)
    @rule(data=st.data(), tells=st.booleans())
    def forget(self, data: st.DataObject, *, tells: bool) -> None:
        """A hold is gone at the charger; it says so, shows it, or (offline) does neither."""
        hold = data.draw(st.sampled_from(sorted(self.charger.holds)))
        connected, shown = self.world.charger.connected, self.charger.shows
        if connected and not (tells or shown):
            return  # nobody could ever know
        del self.charger.holds[hold]
        if connected and tells:
            self.world.hold_ended(hold, HoldEnd.REMOVED)
        self.charger.report()

    @precondition(lambda self: self.world.charger.connected)
    @rule(evse=any_evse)
    def plug_in_or_out(self, evse: int) -> None:
        if evse in self.charger.charging:
            self.world.end(self.charger.charging.pop(evse))
        elif evse not in self.charger.cars and any(hold.evse == evse for hold in self.charger.holds.values()):
            return
        self.charger.cars ^= {evse}
        self.charger.report()

    @precondition(lambda self: self.world.charger.connected)
    @rule(evse=any_evse, token=any_token, says=st.booleans())
    def start(self, evse: int, token: IdToken, *, says: bool) -> None:
        """It lets in whom it may, and a start that we accept uses up the holder's hold, of which it may say the id."""
        charger = self.charger
        if evse in charger.broken or evse in charger.cars or not charger.lets_in(token, evse):
            return
        self.transactions += 1
        transaction, own = f"{self.transactions}", charger.own(token, evse)
        charger.cars.add(evse)
        said = own.hold if own is not None and says else None
        if self.world.start(token, evse, transaction=transaction, hold=said).accepted:
            charger.charging[evse] = transaction
            if own is not None:
                del charger.holds[own.hold]
        else:
            self.world.end(transaction)
        charger.report()

    @rule(evse=any_evse, status=st.sampled_from(sorted(BROKEN)), tells=st.booleans())
    def break_or_mend(self, evse: int, status: ConnectorStatus, *, tells: bool) -> None:
        """An EVSE that breaks gives up its hold (H01.FR.16, H01.FR.17), and may say so."""
        charger = self.charger
        if charger.broken.pop(evse, None) is None and evse not in charger.cars:
            charger.broken[evse] = status
            gone = next((each.hold for each in charger.holds.values() if each.evse == evse), None)
            if gone is not None:
                del charger.holds[gone]
                if tells and self.world.charger.connected:
                    self.world.hold_ended(gone, HoldEnd.REMOVED)
        charger.report()

    @rule(reports=st.booleans())
    def reconnect(self, *, reports: bool) -> None:
        self.world.disconnect()
        self.world.connect()
        if reports:
            self.charger.report()

    @rule()
    def disconnect(self) -> None:
        self.world.disconnect()

    @rule(seconds=st.sampled_from([1, 5, 60, 600]))
    def wait(self, seconds: int) -> None:
        self.world.wait(seconds * SECOND)
        self.charger.expire()
        self.charger.report()

    @rule()
    def restart(self) -> None:
        self.world.restart()

    def teardown(self) -> None:
        """From now on the charger behaves."""
        self.world.disconnect()
        self.world.connect()
        self.charger.report()
        for _ in range(40):
            for _ in range(40):
                if not self.world.plan().commands:
                    break
                command = self.world.next_command()
                self.world.send(command)
                self.world.answer(command, self.charger.obey(command))
            assert not self.world.plan().commands
            again = self.world.plan().again
            if again is None:
                break
            self.world.wait(again - self.world.now)
            self.charger.expire()
            self.charger.report()
        assert self.world.plan().again is None
        believed = {
            hold.wire_id: (evse, each.token, each.until)
            for each in self.world.ledger.living()
            for evse, hold in each.holds.items()
            if hold.state is HoldState.HELD
        }
        assert believed == {
            hold: (each.evse, each.token, each.until)
            for hold, each in self.charger.holds.items()
            if hold not in self._cannot_be_asked_for()
        }
        assert not self.world.book.ghosts
        for each in self.world.ledger.living():
            if each.status.keeps_out and each.held_by is not HeldBy.CENTRAL_SYSTEM:
                self._is_held_where_it_can_be(each)

    def _cannot_be_asked_for(self) -> set[int]:
        """The holds that may stand without an EVSE that works, of which the charger tells only once one does."""
        charger = self.world.charger
        return {
            hold.wire_id
            for each in self.world.ledger.living()
            for place, hold in each.holds.items()
            if hold.state is HoldState.UNCERTAIN and not accepts(charger, each, place)
        }

    def _is_held_where_it_can_be(self, reservation: Reservation) -> None:
        for place, hold in reservation.holds.items():
            assert place is None or place not in self.charger.broken or not self._could_move(reservation)
            if hold.state is not HoldState.UNSUPPORTED and place is not None:
                useless = place in self.charger.cars or place in self.charger.broken
                assert (hold.state is HoldState.HELD) is not useless
        if not reservation.holds and reservation.status is not Status.IN_USE:
            assert reservation.is_unbound
            assert not self._could_move(reservation)

    def _could_move(self, reservation: Reservation) -> bool:
        """Whether an EVSE is left for one that may have any."""
        others = [each for each in self.world.ledger.living() if each.uid != reservation.uid]
        useless = self.charger.cars | set(self.charger.broken)
        return reservation.takes_any and any(
            evse not in useless and not any(each.is_unbound or each.covers(evse) for each in others)
            for evse in fitting(reservation, self.world.charger)
        )


class Silent(Misbehaviour):
    """A charger that never shows that a connector is reserved."""

    shows = False


class Stubborn(Misbehaviour):
    """A charger that refuses a reservation id that it knows."""

    replaces = False


class ManyTargets(Misbehaviour):
    """A charger of which any EVSE, any of a type, or all are reserved, and which holds only what is named."""

    plugs = PLUGS
    wishes = (*PLUGS, "cType2", "cCCS2", Target.ANY, Target.ANY, Target.WHOLE_CHARGER)

    @rule(agreed=st.lists(st.tuples(any_wish, any_token), min_size=1, max_size=3))
    def come_to_agreements(self, agreed: list[tuple[int | str | Target, IdToken]]) -> None:
        """Reservations that an empty charger in good order holds, which are rare in all this disorder."""
        for evse in list(self.charger.cars):
            self.plug_in_or_out(evse)
        self.charger.broken.clear()
        if not self.world.charger.connected:
            self.world.connect()
        self.charger.report()
        for what, token in agreed:
            self.reserve(what, token, HeldBy.AUTO, later=False, instead=False)
            self.behave()


class KeepsAny(ManyTargets):
    """A charger that keeps an EVSE of its choice free, also of a type."""

    claims_any = True
    keeps_any = True
    has_types = True


class KeepsAnySilently(KeepsAny):
    """One that keeps an EVSE of its choice free, but knows no types and shows nothing, as with connector 0 of 1.6."""

    has_types = False
    shows = False


class KeepsAnyStubbornly(KeepsAny):
    """One that refuses a reservation id that it knows."""

    replaces = False


class Boasts(ManyTargets):
    """A charger that says that it keeps an EVSE of its choice free, and then refuses to."""

    claims_any = True
    has_types = True


@pytest.mark.parametrize(
    "kind",
    [Misbehaviour, Silent, Stubborn, ManyTargets, KeepsAny, KeepsAnySilently, KeepsAnyStubbornly, Boasts],
)
def test_a_charger_that_behaves_again_holds_what_the_ledger_believes(
    kind: type[Misbehaviour],
) -> None:
    """After a reconnect and settling, the holds at the charger are those that the ledger believes to be held."""
    run_state_machine_as_test(kind, settings=settings(max_examples=120, stateful_step_count=25))
