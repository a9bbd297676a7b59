"""However a charger misbehaved before: once it behaves, it comes to hold what the ledger believes that it holds."""

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
from custom_components.ocpp_central.core.refusal import Refusal
from custom_components.ocpp_central.core.reservation import HeldBy, HoldState, Status
from custom_components.ocpp_central.core.token import IdToken

from .world import HOLDER, MINUTE, SECOND, STRANGER, World

EVSES = (1, 2)


@dataclass
class ModelCharger:
    """A charger with holds: it obeys, replaces by the same id, and lets a hold expire when it is to.

    `shows`: it reports Reserved; `replaces`: it does what 1.6 section 5.13 says about an id that it knows.
    """

    world: World
    shows: bool = True
    replaces: bool = True
    holds: dict[int, PlaceHold] = field(default_factory=dict)
    cars: set[int] = field(default_factory=set)

    def obey(self, command: Command) -> Outcome:
        """Do what is asked, tell the statuses that follow, and give the answer."""
        self.expire()
        match command:
            case PlaceHold(evse=int() as evse):
                outcome = self._place(command, evse)
            case DropHold(hold=hold):
                known = self.holds.pop(hold, None)
                outcome = Outcome.REJECTED if known is None else Outcome.ACCEPTED
            case _:
                outcome = Outcome.ACCEPTED
        self.report()
        return outcome

    def _place(self, command: PlaceHold, evse: int) -> Outcome:
        if command.hold in self.holds and not self.replaces:
            return Outcome.REJECTED
        others = {each.evse for each in self.holds.values() if each.hold != command.hold}
        if evse in self.cars or evse in others:
            return Outcome.OCCUPIED
        self.holds[command.hold] = command
        return Outcome.ACCEPTED

    def expire(self) -> None:
        self.holds = {each: hold for each, hold in self.holds.items() if hold.until > self.world.now}

    def status(self, evse: int) -> ConnectorStatus:
        if evse in self.cars:
            return ConnectorStatus.PREPARING
        reserved = self.shows and any(hold.evse == evse for hold in self.holds.values())
        return ConnectorStatus.RESERVED if reserved else ConnectorStatus.AVAILABLE

    def report(self) -> None:
        """Tell every status that has changed, or all on a new connection."""
        for evse in EVSES:
            known = self.world.charger.evses[evse]
            if self.world.charger.connected and (not known.reported or known.status is not self.status(evse)):
                self.world.status(evse, self.status(evse))


class Misbehaviour(RuleBasedStateMachine):
    """A charger that forgets, refuses, drops its connection and does not answer."""

    shows = True
    replaces = True

    def __init__(self) -> None:
        super().__init__()
        self.world = World(evses=EVSES)
        self.charger = ModelCharger(world=self.world, shows=self.shows, replaces=self.replaces)

    @rule(
        evse=st.sampled_from(EVSES),
        token=st.sampled_from([HOLDER, STRANGER]),
        later=st.booleans(),
        held_by=st.sampled_from(HeldBy),
    )
    def reserve(self, evse: int, token: IdToken, held_by: HeldBy, *, later: bool) -> None:
        start = self.world.now + 2 * MINUTE if later else None
        try:
            self.world.reserve(evse, token, start=start, lasting=600 * MINUTE, held_by=held_by)
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
        evse=st.one_of(st.none(), st.sampled_from(EVSES)),
        token=st.one_of(st.none(), st.sampled_from([HOLDER, STRANGER])),
        begin=st.sampled_from([None, 0, 2]),
        lasting=st.sampled_from([None, 500, 700]),
    )
    def change(
        self, data: st.DataObject, evse: int | None, token: IdToken | None, begin: int | None, lasting: int | None
    ) -> None:
        living = sorted(self.world.ledger.living(), key=lambda each: each.uid)
        start = None if begin is None else self.world.now + begin * MINUTE
        duration = None if lasting is None else lasting * MINUTE
        try:
            self.world.change(
                data.draw(st.sampled_from(living)), evse=evse, token=token, start=start, duration=duration
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
    @rule(evse=st.sampled_from(EVSES))
    def plug_in_or_out(self, evse: int) -> None:
        if not any(hold.evse == evse for hold in self.charger.holds.values()):
            self.charger.cars ^= {evse}
            self.charger.report()

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
        assert believed == {hold: (each.evse, each.token, each.until) for hold, each in self.charger.holds.items()}
        assert not self.world.book.ghosts
        for each in self.world.ledger.living():
            wants = each.status in {Status.PLACING, Status.ACTIVE} and each.held_by is not HeldBy.CENTRAL_SYSTEM
            if wants and each.hold is not HoldState.UNSUPPORTED:
                assert (each.hold is HoldState.HELD) is (each.evse not in self.charger.cars)


class Silent(Misbehaviour):
    """A charger that never shows that a connector is reserved."""

    shows = False


class Stubborn(Misbehaviour):
    """A charger that refuses a reservation id that it knows."""

    replaces = False


@pytest.mark.parametrize("kind", [Misbehaviour, Silent, Stubborn])
def test_a_charger_that_behaves_again_holds_what_the_ledger_believes(
    kind: type[Misbehaviour],
) -> None:
    """After a reconnect and settling, the holds at the charger are those that the ledger believes to be held."""
    run_state_machine_as_test(kind, settings=settings(max_examples=120, stateful_step_count=25))
