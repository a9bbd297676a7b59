"""A central system without a network: the ledger and its chargers, driven by hand, in the words of the tests."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from custom_components.ocpp_central.core.abilities import Abilities
from custom_components.ocpp_central.core.authorization import Court, is_still_unwelcome, judge
from custom_components.ocpp_central.core.book import Book, Change
from custom_components.ocpp_central.core.change import Amendment
from custom_components.ocpp_central.core.charger import Charger
from custom_components.ocpp_central.core.commands import (
    AskForAbilities,
    AskForSettings,
    AskForStatus,
    AskForTransaction,
    AskToBoot,
    Command,
    DropHold,
    Outcome,
    PlaceHold,
    StopTransaction,
)
from custom_components.ocpp_central.core.drivers import Drivers
from custom_components.ocpp_central.core.events import (
    AbilitiesTold,
    AbilitiesUntold,
    Asked,
    Authorizing,
    Booted,
    Connected,
    ConnectorStatus,
    Disconnected,
    Ended,
    Event,
    Evicting,
    HoldEnd,
    HoldEnded,
    Pardoned,
    SettingsTold,
    Started,
    StatusChanged,
    StopRefused,
    TransactionTold,
    TransactionUntold,
    Updated,
    Verdict,
)
from custom_components.ocpp_central.core.evse import Evse
from custom_components.ocpp_central.core.in_step import Circumstances, Demand, Followed, in_step
from custom_components.ocpp_central.core.ledger import Ledger, Step, Wish
from custom_components.ocpp_central.core.planner import Plan, plan
from custom_components.ocpp_central.core.policy import Policy
from custom_components.ocpp_central.core.reservation import (
    HeldBy,
    Hold,
    News,
    Origin,
    Reservation,
    Status,
    Target,
)
from custom_components.ocpp_central.core.room import Terms
from custom_components.ocpp_central.core.rules import Rules
from custom_components.ocpp_central.core.set_back import in_time
from custom_components.ocpp_central.core.sources import Occurrence, Source
from custom_components.ocpp_central.core.steps import Report
from custom_components.ocpp_central.core.taking_up import taken_up
from custom_components.ocpp_central.core.token import IdToken

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HALF_HOUR = timedelta(minutes=30)

HOLDER = IdToken(value="HOLDER")
STRANGER = IdToken(value="STRANGER")
HOUSE = IdToken(value="HOUSE", type="Central")
CHARGER = "garage"
SOURCE = "source"

KNOWN = Abilities(complete=True)
"""A charger that has told what it can, and needs not be asked."""


def _where(what: int | str | Target) -> dict[str, Any]:
    match what:
        case Target():
            return {"target": what}
        case int():
            return {"evse": what}
        case connector_type:
            return {"target": Target.CONNECTOR_TYPE, "connector_type": connector_type}


def _stored(evse: Evse) -> Evse:
    """What is on disk of an EVSE."""
    meter = replace(evse.meter, readings={}, interval=None, read_at=None)
    return replace(Evse(evse=evse.evse), running=evse.running, last=evse.last, heard_at=evse.heard_at, meter=meter)


class World:
    """One ledger with its chargers; `changes` is everything that ever happened to a reservation, in order."""

    def __init__(self, *, evses: Iterable[int] = (1,), connected: bool = True) -> None:
        """A charger named `CHARGER` with these EVSEs, which told what it can, and that they are available if connected."""
        self.now = NOON
        self.ledger = Ledger()
        self.policy = Policy()
        self.drivers = Drivers()
        self.rules = Rules(house=HOUSE)
        known = {each: Evse(evse=each) for each in evses}
        self.chargers = {CHARGER: Charger(charger=CHARGER, evses=known, abilities=KNOWN, asks=True)}
        self.changes: list[Change] = []
        self.goes_on = True
        """What the charger says of a transaction that it is asked about."""
        self._uids = (f"uid{number}" for number in count(1))
        self._transactions = (f"{number}" for number in count(1))
        if connected:
            self.connect()
            for each in evses:
                self.status(each, ConnectorStatus.AVAILABLE)

    @property
    def terms(self) -> Terms:
        """What wishes are judged by."""
        return Terms(policy=self.policy, drivers=self.drivers)

    @property
    def court(self) -> Court:
        """What verdicts rest upon."""
        return Court(ledger=self.ledger, drivers=self.drivers, rules=self.rules, chargers=self.chargers)

    @property
    def charger(self) -> Charger:
        return self.chargers[CHARGER]

    @property
    def book(self) -> Book:
        return self.ledger.book(CHARGER)

    @property
    def news(self) -> list[News]:
        """What was published, in order."""
        return [change.news for change in self.changes if change.news is not None]

    def equip(
        self,
        types: Mapping[int, Collection[str]] | None = None,
        *,
        unspecific: bool = False,
        by_type: bool = False,
    ) -> None:
        """Give the charger plugs, and let it keep EVSEs of its own choice, maybe of a type."""
        told_of = frozenset(self.charger.evses)
        self.chargers[CHARGER] = replace(
            self.charger,
            given_types={evse: frozenset(each) for evse, each in (types or {}).items()},
            abilities=replace(
                self.charger.abilities, holds_unspecific=unspecific, complete=not by_type, told_of=told_of
            ),
        )

    def known(self, reservation: Reservation) -> Reservation:
        """The reservation as it is now, or as it was when it ended."""
        living = self.ledger.find(reservation.uid)
        ended = (each.after for each in reversed(self.changes) if each.after.uid == reservation.uid)
        return living or next(ended)

    def status_of(self, reservation: Reservation) -> Status:
        return self.known(reservation).status

    def hold_of(self, reservation: Reservation) -> Hold:
        (hold,) = self.known(reservation).holds.values()
        return hold

    def take(self, step: Step) -> Step:
        self.ledger = step.ledger
        self.changes += step.changes
        return step

    def reserve(
        self,
        what: int | str | Target = 1,
        token: IdToken = HOLDER,
        *,
        start: datetime | None = None,
        lasting: timedelta = HALF_HOUR,
        held_by: HeldBy = HeldBy.AUTO,
        group: str | None = None,
        driver: str | None = None,
        reservation_id: int | None = None,
        instead: bool = False,
    ) -> Reservation:
        """Reserve an EVSE by its number, any of a type by its name, or any or all by the target."""
        wish = Wish(
            charger=CHARGER,
            **_where(what),
            replace=instead,
            token=token,
            group=group,
            driver=driver,
            start=start,
            end=(start or self.now) + lasting,
            held_by=held_by,
            reservation_id=reservation_id,
        )
        uid = next(self._uids)
        step = self.take(self.ledger.propose(wish, self.charger, self.terms, uid=uid, now=self.now))
        return self.known(next(change.after for change in step.changes if change.after.uid == uid))

    def change(
        self,
        reservation: Reservation,
        *,
        evse: int | None = None,
        target: Target | None = None,
        token: IdToken | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        duration: timedelta | None = None,
    ) -> Reservation:
        """The reservation once it is changed."""
        amendment = Amendment(evse=evse, target=target, token=token, start=start, end=end, duration=duration)
        self.take(self.ledger.change(reservation.uid, amendment, self.charger, self.terms, now=self.now))
        return self.known(reservation)

    def follow(self, *wanted: Occurrence, **demand: Any) -> bool:
        """The source `SOURCE` wants this now; whether that was all of it."""
        followed = self.following(*wanted, **demand)
        self.take(followed.step)
        return followed.done

    def following(self, *wanted: Occurrence, **demand: Any) -> Followed:
        """What would become of it."""
        circumstances = Circumstances(
            charger=self.charger, terms=self.terms, now=self.now, new_uid=lambda: next(self._uids)
        )
        return in_step(self.ledger, Demand(source=SOURCE, wanted=wanted, **demand), circumstances)

    @property
    def source(self) -> Source:
        """What is remembered of it."""
        return self.book.sources[SOURCE]

    def occurring(self, key: str) -> Reservation:
        """The living reservation of one of its occurrences."""
        (found,) = (each for each in self.ledger.living() if each.origin == Origin(source=SOURCE, key=key))
        return found

    def cancel(self, reservation: Reservation) -> None:
        self.take(self.ledger.withdraw(reservation.uid, self.charger, self.now))

    def tell(self, event: Event) -> Verdict | None:
        """The charger tells something; its transaction ids are given as the central system would."""
        before = in_time(self.charger, self.now)
        if isinstance(event, Started) and event.transaction is None:
            known = before.same_start(event)
            given = known.transaction if known is not None else next(self._transactions)
            event = replace(event, transaction=given)
        event = taken_up(before, event)
        verdict = judge(self.court, before, event, self.now)
        after = before.after(event, verdict)
        self.chargers[CHARGER] = after
        report = Report(event=event, before=before, verdict=verdict)
        self.take(self.ledger.after(report, after, self.now, consume_on_any=self.policy.consume_on_any))
        return verdict

    def connect(self, *, token_length: int = 20) -> None:
        """The charger connects, and needs not be asked for its settings, of which it has none."""
        self.tell(Connected(token_length=token_length, at=self.now))
        self.tell(SettingsTold(values={}, at=self.now))

    def disconnect(self) -> None:
        self.tell(Disconnected(at=self.now))

    def boot(self) -> None:
        self.tell(Booted(vendor=None, model=None, serial=None, firmware=None, at=self.now))

    def abilities(self, claims_reservations: bool | None) -> None:
        self.tell(
            AbilitiesTold(claims_reservations=claims_reservations, holds_unspecific=None, types=None, at=self.now)
        )

    def status(self, evse: int, status: ConnectorStatus, connector: int = 1) -> None:
        self.tell(StatusChanged(evse=evse, connector=connector, status=status, at=self.now))

    def authorize(self, token: IdToken, evse: int | None = None) -> Verdict:
        verdict = self.tell(Authorizing(token=token, evse=evse, at=self.now))
        assert verdict is not None
        return verdict

    def start(
        self,
        token: IdToken | None = HOLDER,
        evse: int = 1,
        *,
        transaction: str | None = None,
        at: datetime | None = None,
        hold: int | None = None,
    ) -> Verdict:
        verdict = self.tell(
            Started(
                transaction=transaction,
                evse=evse,
                connector=1,
                token=token,
                hold=hold,
                at=self.now if at is None else at,
            )
        )
        assert verdict is not None
        return verdict

    def update(self, transaction: str, token: IdToken | None = None) -> Verdict | None:
        return self.tell(Updated(transaction=transaction, token=token, at=self.now))

    def end(self, transaction: str) -> None:
        self.tell(Ended(transaction=transaction, at=self.now))

    def hold_ended(self, hold: int, end: HoldEnd) -> None:
        self.tell(HoldEnded(hold=hold, end=end, at=self.now))

    def wait(self, duration: timedelta) -> None:
        """Let time pass, and let what it changes happen when it is due."""
        until = self.now + duration
        while (moment := self.ledger.next_moment()) is not None and moment <= until:
            self.now = max(self.now, moment)
            self.take(self.ledger.at(self.chargers, self.now))
        self.now = until
        self.take(self.ledger.at(self.chargers, self.now))

    def sleep(self, duration: timedelta) -> None:
        """Let time pass without noticing anything meanwhile, like a suspended machine."""
        self.now += duration
        self.take(self.ledger.at(self.chargers, self.now))

    def restart(self) -> None:
        """Start anew with what is on disk: the ledger, and of the chargers what does not depend on a connection."""
        self.ledger = self.ledger.restarted()
        self.chargers = {
            each.charger: Charger(
                charger=each.charger,
                evses={number: _stored(evse) for number, evse in each.evses.items()},
                away_since=each.away_since,
                unplaced=each.unplaced,
                missed_since=self.now,
                token_length=each.token_length,
                abilities=each.abilities,
                given_types=each.given_types,
                asks=each.asks,
                vends_freely=each.vends_freely,
            )
            for each in self.chargers.values()
        }
        self.take(self.ledger.at(self.chargers, self.now))

    def may_start(self, token: IdToken, group: str | None, evse: int, moment: datetime) -> bool:
        """Whether no reservation keeps the token off an EVSE."""
        return self.ledger.doors(self.charger, moment).keeper(token, group, evse) is None

    def evict(self, transaction: str) -> bool:
        """The time has come to stop somebody; whether that is still to be done."""
        running = self.charger.running(transaction)
        assert running is not None
        unwelcome = is_still_unwelcome(self.court, self.charger, running, self.now)
        self.tell((Evicting if unwelcome else Pardoned)(transaction=transaction, at=self.now))
        return unwelcome

    def plan(self) -> Plan:
        return plan(self.book, self.charger, self.now)

    def next_command(self) -> Command:
        return self.plan().commands[0]

    def send(self, command: Command) -> None:
        if isinstance(command, PlaceHold):
            self.take(self.ledger.sending(self.charger, command, self.now))

    def answer(self, command: Command, outcome: Outcome) -> None:
        if isinstance(command, PlaceHold | DropHold):
            self.take(self.ledger.answered(self.charger, command, outcome, self.now))
        elif isinstance(command, AskForAbilities) and outcome is Outcome.ACCEPTED:
            self.abilities(claims_reservations=None)
        elif isinstance(command, AskForAbilities):
            self.tell(AbilitiesUntold(at=self.now))
        elif isinstance(command, StopTransaction):
            if self.charger.running(command.transaction) is not None:
                self.evict(command.transaction)
            if outcome is Outcome.REJECTED:
                self.tell(StopRefused(transaction=command.transaction, at=self.now))
        elif isinstance(command, AskForTransaction):
            self.answer_about(command.transaction, None if outcome is not Outcome.ACCEPTED else self.goes_on)
        elif isinstance(command, AskForSettings):
            self.tell(SettingsTold(values={}, at=self.now))
        else:
            self.tell(Asked(refused=outcome is not Outcome.ACCEPTED, at=self.now))

    def answer_about(self, transaction: str, ongoing: bool | None, *, queued: bool = False) -> None:
        """The charger says whether a transaction goes on; None: it cannot be asked."""
        if ongoing is None:
            self.tell(TransactionUntold(transaction=transaction, at=self.now))
        else:
            told = TransactionTold(transaction=transaction, ongoing=ongoing, queued=queued, at=self.now)
            self.tell(told)

    def settle(self, outcome: Outcome = Outcome.ACCEPTED) -> list[Command]:
        """Carry out what is planned now, with one outcome for all; the commands that were sent."""
        sent: list[Command] = []
        while commands := self.plan().commands:
            assert len(sent) < 50, "the planner never comes to an end"
            command = commands[0]
            questions = [each for each in commands if isinstance(each, AskToBoot | AskForStatus)]
            sent += questions if command in questions else [command]
            self.send(command)
            self.answer(command, outcome)
        return sent
