"""Whatever a true charger goes through, and in whatever order it tells that: what is known of it in the end is true.

A model of a charger has cars, drivers and meters that only go on; it loses its connection, its power and its memory, has a clock that
may be wrong, and tells what it has queued in any order that chargers are seen to tell it in.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import NamedTuple

from hypothesis import given, settings, strategies as st

from custom_components.ocpp_central.core.commands import AskForTransaction, StopTransaction
from custom_components.ocpp_central.core.events import (
    Booted,
    ChargingState,
    ConnectorStatus,
    Ended,
    Metered,
    Reading,
    Started,
    StatusChanged,
    Updated,
)
from custom_components.ocpp_central.core.measurands import IMPORTED
from custom_components.ocpp_central.core.rules import Rules
from custom_components.ocpp_central.core.token import IdToken

from .world import HOLDER, HOUSE, MINUTE, SECOND, STRANGER, World

EVSES = (1, 2)
THIRD = IdToken(value="THIRD")
TOKENS = (HOLDER, STRANGER, THIRD)
GRACE = 4 * MINUTE
ROUNDS = 3
AN_HOUR = 60 * MINUTE
MOST_W = 22_000


@dataclass(kw_only=True)
class Session:
    """A true one."""

    key: int
    name: str
    evse: int
    token: IdToken
    began: datetime
    wh_begun: float
    ended: datetime | None = None
    wh_ended: float | None = None
    started_told: bool = False
    end_told: bool = False
    forgotten: bool = False


class Kind(NamedTuple):
    """What a charger is like."""

    modern: bool
    """2.x: it names its transactions itself, tells more of them, and can be asked."""
    clock: int
    """By how many seconds its clock is wrong."""
    apart: bool
    """1.6: it queues its readings apart from starts and ends."""
    status_first: bool
    """It tells its statuses before its queue."""
    remembers: bool
    """It ends what ran when its power comes back; another one forgets that."""
    card_first: bool = False
    """2.x: its starts name no EVSE, and what follows does."""
    counts_anew: bool = False
    """2.x: it counts its transactions from its boot on."""
    tells_free: bool = False
    """1.6: it says that the plug is free between an end and its telling that."""


@dataclass(kw_only=True)
class Message:
    """Something to be told, as it was when that happened."""

    what: str
    session: Session | None
    evse: int
    at: datetime
    wh: float
    offline: bool = False
    state: ChargingState | None = None


@dataclass(kw_only=True)
class TrueCharger:
    """The charger, and the world that hears of it."""

    kind: Kind
    world: World = field(default_factory=lambda: World(evses=EVSES, connected=False))
    online: bool = False
    has_power: bool = True
    wh: dict[int, float] = field(default_factory=lambda: dict.fromkeys(EVSES, 50_000.0))
    running: dict[int, Session] = field(default_factory=dict)
    plugged: set[int] = field(default_factory=set)
    sessions: list[Session] = field(default_factory=list)
    queue: list[Message] = field(default_factory=list)
    names: Iterator[int] = field(default_factory=lambda: count(100))
    ids: dict[int, str] = field(default_factory=dict)

    # What happens to it.

    def plug(self, evse: int) -> None:
        if evse not in self.plugged:
            self.plugged.add(evse)
            self.tell_status(evse)

    def unplug(self, evse: int) -> None:
        if evse in self.plugged:
            if evse in self.running:
                self.end(evse)
            self.plugged.discard(evse)
            self.tell_status(evse)

    def begin(self, evse: int, token: IdToken) -> None:
        if evse in self.running:
            return
        self.plug(evse)
        name = str(next(self.names))
        session = Session(
            key=len(self.sessions), name=name, evse=evse, token=token, began=self.world.now, wh_begun=self.wh[evse]
        )
        self.running[evse] = session
        self.sessions.append(session)
        self.tell("start", session)
        if self.kind.modern and self.kind.card_first:
            self.tell("read", session)
        self.tell_status(evse)

    def charge(self, evse: int, wh: int) -> None:
        if evse in self.running:
            self.world.wait(wh * AN_HOUR / MOST_W)
            self.wh[evse] += wh
            self.tell("read", self.running[evse])

    def end(self, evse: int) -> None:
        if evse in self.running:
            session = self.running.pop(evse)
            if self.kind.tells_free and not self.kind.modern:
                self.tell_status(evse)
            self.finish(session)
            self.tell_status(evse)

    def finish(self, session: Session) -> None:
        session.ended, session.wh_ended = self.world.now, self.wh[session.evse]
        self.tell("end", session)

    def lose_connection(self) -> None:
        if self.online:
            self.online = False
            self.world.disconnect()

    def lose_power(self) -> None:
        """Whatever runs is over; who remembers tells the end once there is power again."""
        self.lose_connection()
        self.has_power = False
        for evse in tuple(self.running):
            session = self.running.pop(evse)
            session.ended, session.wh_ended = self.world.now, self.wh[evse]
            if self.kind.remembers:
                self.queue.append(self.message("end", session))
            else:
                session.forgotten = True
        if not self.kind.remembers:
            self.queue.clear()
            for each in self.sessions:
                each.forgotten = each.forgotten or not each.end_told

    def connect(self, order: int) -> None:
        """It tells its statuses and its queue, in one of the orders that chargers have."""
        if self.online:
            return
        self.online = True
        self.world.connect()
        self.world.now += SECOND
        if not self.has_power:
            self.has_power = True
            if self.kind.modern and self.kind.counts_anew and not self.queue:
                self.names = count(100)
            self.world.tell(Booted(vendor=None, model=None, serial=None, firmware=None, at=self.world.now))
        if self.kind.status_first:
            self.tell_statuses()
        queue, self.queue = self.queue, []
        if self.kind.apart and not self.kind.modern:
            facts = [each for each in queue if each.what != "read"]
            reads = [each for each in queue if each.what == "read"]
            queue = []
            while facts and reads:
                queue.append((reads if order % 2 else facts).pop(0))
                order //= 2
            queue += facts + reads
        for each in queue:
            self.world.now += SECOND / 10
            self.deliver(each)
        if not self.kind.status_first:
            self.tell_statuses()

    def restart_us(self) -> None:
        """Home Assistant starts anew."""
        was_online = self.online
        if self.online:
            self.world.disconnect()
        self.world.restart()
        self.online = False
        self.world.now += 5 * SECOND
        if was_online:
            self.connect(0)

    # What it tells.

    def message(self, what: str, session: Session | None, state: ChargingState | None = None) -> Message:
        evse = 0 if session is None else session.evse
        return Message(
            what=what,
            session=session,
            evse=evse,
            at=self.world.now,
            wh=self.wh.get(evse, 0),
            offline=not self.online,
            state=state,
        )

    def tell(self, what: str, session: Session) -> None:
        message = self.message(what, session)
        if self.online:
            self.deliver(message)
        else:
            self.queue.append(message)

    def tell_status(self, evse: int) -> None:
        if not self.online:
            return
        now = self.world.now + self.kind.clock * SECOND
        status = self.status(evse)
        self.world.tell(StatusChanged(evse=evse, connector=1, status=status, at=now, received=self.world.now))
        self.check()

    def tell_statuses(self) -> None:
        for evse in EVSES:
            self.tell_status(evse)

    def status(self, evse: int) -> ConnectorStatus:
        if self.kind.modern:
            return ConnectorStatus.OCCUPIED if evse in self.plugged else ConnectorStatus.AVAILABLE
        if evse in self.running:
            return ConnectorStatus.CHARGING
        return ConnectorStatus.PREPARING if evse in self.plugged else ConnectorStatus.AVAILABLE

    def deliver(self, message: Message) -> None:
        session = message.session
        assert session is not None
        at = message.at + self.kind.clock * SECOND
        received = self.world.now
        offline = message.offline and self.kind.modern
        readings = (Reading(measurand=IMPORTED, value=message.wh, unit="Wh", at=at, location="Outlet"),)
        given = session.name if self.kind.modern else self.ids.get(session.key)
        match message.what:
            case "start":
                verdict = self.world.tell(
                    Started(
                        transaction=session.name if self.kind.modern else None,
                        evse=None if self.kind.modern and self.kind.card_first else session.evse,
                        connector=1,
                        token=session.token,
                        meter_wh=message.wh,
                        charging_state=ChargingState.CHARGING if self.kind.modern else None,
                        readings=readings if self.kind.modern else (),
                        offline=offline,
                        at=at,
                        received=received,
                    )
                )
                session.started_told = True
                assert verdict is not None
                assert verdict.transaction is not None
                self.ids[session.key] = verdict.transaction
            case "read" if self.kind.modern:
                assert given is not None
                self.world.tell(
                    Updated(
                        transaction=given,
                        evse=session.evse,
                        charging_state=ChargingState.CHARGING,
                        readings=readings,
                        offline=offline,
                        at=at,
                        received=received,
                    )
                )
            case "read":
                self.world.tell(
                    Metered(evse=session.evse, transaction=given, readings=readings, at=at, received=received)
                )
            case "end":
                if given is None:
                    return  # it never learned its number
                self.world.tell(
                    Ended(
                        transaction=given,
                        evse=session.evse if self.kind.modern else None,
                        token=session.token,
                        meter_wh=message.wh,
                        readings=readings if self.kind.modern else (),
                        offline=offline,
                        at=at,
                        received=received,
                    )
                )
                session.end_told = True
        self.check()

    # What is known of it.

    def look(self) -> None:
        """What is to be asked is asked, and answered truly."""
        for command in self.world.plan().commands if self.online else ():
            if isinstance(command, AskForTransaction):
                goes_on = any(command.transaction == self.id_of(each) for each in self.running.values())
                self.world.answer_about(command.transaction, goes_on if self.kind.modern else None)
            assert not isinstance(command, StopTransaction), "nobody is a stranger here"

    def check(self) -> None:
        for evse in EVSES:
            known = self.world.charger.evses[evse]
            total = known.meter.imported.total
            assert total is None or total <= self.wh[evse], ("doubled", total, self.wh)
            if known.running is not None:
                wh = known.session_wh
                true = [
                    each for each in self.called(known.running.transaction, evse) if each.token == known.running.token
                ]
                assert true, "an invented session, or another driver"
                assert wh is None or wh <= self.wh[evse] - true[0].wh_begun

    def id_of(self, session: Session) -> str | None:
        return session.name if self.kind.modern else self.ids.get(session.key)

    def called(self, transaction: str, evse: int) -> list[Session]:
        return [each for each in self.sessions if each.evse == evse and self.id_of(each) == transaction]

    def settle(self) -> None:
        """All is told, and there was time."""
        self.connect(0)
        for _ in range(ROUNDS):
            self.world.wait(GRACE)
            for evse in self.running:
                self.charge(evse, 20)
            self.look()
        for evse in EVSES:
            known = self.world.charger.evses[evse]
            true = self.running.get(evse)
            mine = [each for each in self.sessions if each.evse == evse and each.started_told]
            if true is not None and true.started_told:
                assert known.running is not None, "ended falsely"
                assert known.running.transaction == self.id_of(true), "another session"
                assert known.running.token == true.token
                assert known.running.beginning - true.began <= self.leeway, "began late"
                taken = self.wh[evse] - true.wh_begun
                assert known.session_wh == taken or (self.kind.apart and known.session_wh is None), "energy"
            elif true is None:
                assert known.running is None, "never ended"
                if mine:
                    self.check_last(evse, mine[-1])
            if true is not None:
                assert known.meter.imported.total == self.wh[evse]

    def check_last(self, evse: int, true: Session) -> None:
        last = self.world.charger.evses[evse].last
        assert last is not None
        assert last.transaction == self.id_of(true), "not the last"
        assert last.token == true.token
        assert true.wh_ended is not None
        assert true.ended is not None
        if true.end_told:
            assert last.energy_wh == true.wh_ended - true.wh_begun, ("energy of", last)
            assert last.ended is not None
            if not self.kind.clock:
                assert abs(last.ended - true.ended) <= 2 * SECOND, ("ended", last.ended, true.ended)
                assert abs(last.beginning - true.began) <= 2 * SECOND
        else:
            assert last.energy_wh is None or last.energy_wh <= true.wh_ended - true.wh_begun

    @property
    def leeway(self) -> timedelta:
        return 2 * SECOND if not self.kind.clock else 24 * 60 * MINUTE


kinds = st.builds(
    Kind,
    modern=st.booleans(),
    clock=st.sampled_from([0, 0, 40, -40, 7200, -7200]),
    apart=st.booleans(),
    status_first=st.booleans(),
    remembers=st.booleans(),
    card_first=st.booleans(),
    counts_anew=st.booleans(),
    tells_free=st.booleans(),
)
evses = st.sampled_from(EVSES)
happenings = st.lists(
    st.one_of(
        st.tuples(st.just("begin"), evses, st.integers(0, 2)),
        st.tuples(st.just("charge"), evses, st.sampled_from([5, 200, 3000])),
        st.tuples(st.just("charge"), evses, st.sampled_from([5, 200, 3000])),
        st.tuples(st.just("end"), evses, st.just(0)),
        st.tuples(st.just("plug"), evses, st.just(0)),
        st.tuples(st.just("unplug"), evses, st.just(0)),
        st.tuples(st.just("wait"), evses, st.sampled_from([1, 30, 200, 3600])),
        st.tuples(st.just("lose connection"), evses, st.just(0)),
        st.tuples(st.just("lose power"), evses, st.just(0)),
        st.tuples(st.just("connect"), evses, st.integers(0, 255)),
        st.tuples(st.just("boot"), evses, st.integers(0, 255)),
        st.tuples(st.just("restart us"), evses, st.just(0)),
    ),
    max_size=30,
)


def happen(charger: TrueCharger, what: str, evse: int, how: int) -> None:
    """One thing, some seconds after the one before."""
    charger.world.wait(7 * SECOND)
    match what:
        case "begin":
            charger.begin(evse, TOKENS[how])
        case "charge":
            charger.charge(evse, how)
        case "end":
            charger.end(evse)
        case "plug":
            charger.plug(evse)
        case "unplug":
            charger.unplug(evse)
        case _:
            befall(charger, what, how)
    charger.look()
    charger.check()


def befall(charger: TrueCharger, what: str, how: int) -> None:
    """What no driver does."""
    match what:
        case "wait":
            charger.world.wait(how * SECOND)
        case "lose connection":
            charger.lose_connection()
        case "lose power":
            charger.lose_power()
        case "connect":
            charger.connect(how)
        case "boot":
            charger.lose_power()
            charger.world.wait(20 * SECOND)
            charger.connect(how)
        case "restart us":
            charger.restart_us()


@settings(max_examples=150, deadline=None)
@given(kinds, happenings)
def test_what_is_known_in_the_end_is_true(kind: Kind, what: list[tuple[str, int, int]]) -> None:
    """Sessions, drivers, energy and times."""
    charger = TrueCharger(kind=kind)
    charger.world.rules = Rules(house=HOUSE)
    charger.connect(0)
    for each in what:
        happen(charger, *each)
    charger.settle()
