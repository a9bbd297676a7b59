"""A charger as far as it has told us.

Knows EVSEs, connectors, transactions and readings as frozen values, and how an event changes them. Must not know
reservations, nor what we want of the charger.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from . import doubts
from .abilities import Abilities
from .clock import TOLERANCE, Clock
from .description import Description, described, has_new_firmware, is_another, is_renewed
from .events import (
    AbilitiesTold,
    AbilitiesUntold,
    AbilityMissing,
    Asked,
    Authorizing,
    Booted,
    ChargerId,
    ChargingState,
    Connected,
    ConnectorStatus,
    DefaultLimited,
    Disconnected,
    Ended,
    Event,
    Evicting,
    EvseId,
    FirmwareProgressed,
    LimitsTold,
    ListLimitsTold,
    ListVersionTold,
    Metered,
    Pardoned,
    ProblemTold,
    SettingChanged,
    SettingsTold,
    Standing,
    Started,
    StatusChanged,
    StopRefused,
    TransactionId,
    TransactionTold,
    TransactionUntold,
    Updated,
    UploadProgressed,
    Verdict,
)
from .evse import BROKEN, MOST_EVICTIONS, Evse
from .faults import Faults, with_fault
from .limits import Limits
from .local_list import LocalList
from .maintenance import FirmwareStage, UploadStage, after_boot
from .meter import Meter
from .presence import Doing, settled, still_true
from .settings import Settings
from .spellings import Spellings
from .token import IdToken
from .transaction import Transaction

MAX_EVSES = 200
"""More than any charger has; a broken one that counts up its connector ids must not fill the device registry."""

MOST_UNPLACED = 5
"""More drivers than present their cards before any of them has plugged in; each start is kept on disk."""

MAX_CONNECTORS = 20
"""More plugs than any EVSE has; all that it told are kept on disk."""

PATIENCE = timedelta(seconds=10)
"""How long a charger that connected may take to report by itself before it is asked (ocpp.md 5.10)."""

RESIGNATION = timedelta(seconds=30)
"""When we go on with what we know, though the charger has not reported everything (ocpp.md 5.10)."""

LONGEST_QUEUE = timedelta(days=7)
"""What a charger queued is not believed to be older; a charger without a clock dates it to 1970."""

OUT_OF_REACH = timedelta(days=1)
"""So long nobody charges: a charger that was away for longer is broken, or was taken off the wall."""

UNNOTICED = timedelta(seconds=60)
"""How long a connection may be lost before we notice: up to two pings pass; and a charger tells whole seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charger:
    """All that one charger has told us. `connected_at` is None while it is offline.

    `away_since`: when it was last known to be connected; None if that was never seen.
    `missed_since`: since when it could have been connected and was not; None while it is, and until it is missed.
    `asked`, `reluctant`: whether we asked it to report since it connected, and whether it refused to.
    `token_length`: the longest id token that it can carry, in characters; None until it first connected.
    `asks`: whether it has asked about a token since its boot; `vends_freely`: whether it lets cars charge without that.
    `presented`: its latest question about a token, until that one starts to charge.
    `unplaced`: its latest starts that did not say where, until they do.
    `spellings`: how it spells the tokens that were presented to it.
    `given_types`: the connector types that its owner says an EVSE has, whatever the charger tells.
    `reticent`: whether it gave no answer about its abilities since it connected.
    `settings`: what it has told of its settings, which is not kept over a restart of ours.
    `local_list`: its own list of drivers.
    `meter`: the one for all that goes through it.
    `limits`: what it can limit, and has been told to.
    `faults`: what it said is wrong with it as a whole.
    `firmware_stage`, `upload_stage`: how far it has come with a new firmware, and with sending what it has logged.
    """

    charger: ChargerId
    description: Description = Description()
    evses: Mapping[EvseId, Evse] = field(default_factory=dict)
    status: ConnectorStatus | None = None
    faults: Faults = field(default_factory=dict)
    connected_at: datetime | None = None
    away_since: datetime | None = None
    missed_since: datetime | None = None
    token_length: int | None = None
    asked: bool = False
    reluctant: bool = False
    abilities: Abilities = Abilities()
    asks: bool = False
    vends_freely: bool = False
    presented: Authorizing | None = None
    unplaced: tuple[Started, ...] = ()
    spellings: Spellings = Spellings()
    given_types: Mapping[EvseId, frozenset[str]] = field(default_factory=dict)
    reticent: bool = False
    clock: Clock = Clock()
    settings: Settings = Settings()
    local_list: LocalList = LocalList()
    meter: Meter = Meter()
    limits: Limits = Limits()
    firmware_stage: FirmwareStage | None = None
    upload_stage: UploadStage | None = None

    @property
    def claims_reservations(self) -> bool | None:
        """Whether it says that it can hold reservations, which proves nothing; None where it does not say."""
        return self.abilities.claims_reservations

    @property
    def holds_unspecific(self) -> bool:
        """Whether it says that it can hold an EVSE of its own choice."""
        return self.abilities.holds_unspecific is True

    @property
    def holds_types(self) -> bool:
        """Whether it can keep some EVSE with a plug of a type; not in a version that has no words for types (1.6)."""
        return self.holds_unspecific and not self.abilities.complete

    def types_at(self, evse: EvseId) -> frozenset[str]:
        """The types of the connectors at an EVSE, by their published names where there is one; empty: not known."""
        return self.given_types.get(evse) or self.abilities.types.get(evse, frozenset())

    @property
    def skew(self) -> timedelta:
        """How far its clock is ahead of ours, to some seconds; negative: behind; zero where nothing shows."""
        return self.clock.skew

    @property
    def connected(self) -> bool:
        """Whether a connection stands."""
        return self.connected_at is not None

    @property
    def in_service(self) -> bool | None:
        """Whether it is there to be used, as far as it and its EVSEs tell; None where they do not."""
        told = {evse.in_service for evse in self.evses.values()}
        if self.status is ConnectorStatus.OUT_OF_SERVICE or told == {False}:
            return False
        return True if True in told or self.status is ConnectorStatus.AVAILABLE else None

    @property
    def has_reported(self) -> bool:
        """Whether every EVSE that we know told its status since the charger connected, and there is one."""
        return bool(self.evses) and all(evse.reported for evse in self.evses.values())

    def is_settled(self, now: datetime) -> bool:
        """Whether what we know of a connected charger may be acted upon (ocpp.md 5.4, "BootNotification / reconnect")."""
        if self.connected_at is None:
            return False
        return self.has_reported or self.reluctant or now >= self.connected_at + RESIGNATION

    def is_in_reach(self, now: datetime) -> bool:
        """Whether it is connected, or not away for so long that nobody can be charging there any more."""
        return self.connected or self.away_since is None or now - self.away_since <= OUT_OF_REACH

    def has_lost(self, number: EvseId, now: datetime) -> bool:
        """Whether it tells of its EVSEs by now, and of this one not any more: it was rebuilt, or is another one."""
        evse = self.evses.get(number)
        if evse is None or evse.reported or evse.running is not None or not self.is_settled(now):
            return False
        return any(each.reported for each in self.evses.values())

    def without(self, number: EvseId) -> Charger:
        """The charger without one of its EVSEs, until it tells of that again."""
        return replace(self, evses={known: evse for known, evse in self.evses.items() if known != number})

    def moment_of(self, told: datetime, now: datetime) -> datetime:
        """When something really happened that the charger tells now and dates `told`.

        A charger's clock may be wrong, so its date counts only where it is plausible: for what it queued while it
        was away from us, by as much as the clock is known to be wrong. All else happens now.
        """
        told -= self.skew
        if self.connected_at is None or told >= self.connected_at:
            return now
        earliest = now - LONGEST_QUEUE
        if self.away_since is not None:
            earliest = max(earliest, self.away_since - UNNOTICED)
        return told if told >= earliest else now

    def same_start(self, start: Started) -> Transaction | None:
        """The transaction that `start` has told us of before, if any: chargers repeat a start until it is answered."""
        evse = self.evses.get(start.evse) if start.evse is not None else None
        if evse is None:
            return None
        for known in (evse.running, evse.last):
            if known is not None and _is_same_start(known, start):
                return known
        return None

    def begun_nowhere(self, transaction: TransactionId | None) -> Started | None:
        """The start of this transaction, if it did not say where that was."""
        return next((each for each in self.unplaced if each.transaction == transaction), None)

    def running(self, transaction: TransactionId) -> Transaction | None:
        """The running transaction of this id, if we know it."""
        for evse in self.evses.values():
            if evse.running is not None and evse.running.transaction == transaction:
                return evse.running
        return None

    def knows(self, transaction: TransactionId) -> bool:
        """Whether a transaction runs, or is the latest one somewhere, of which something may be told late."""
        return any(
            known is not None and known.transaction == transaction
            for evse in self.evses.values()
            for known in (evse.running, evse.last)
        )

    def unended(self, transaction: TransactionId) -> Transaction | None:
        """The transaction of this id whose end was not told: it runs, or it was presumed to be over and nothing began since."""
        if (running := self.running(transaction)) is not None:
            return running
        evse = self._presumed_at(transaction)
        return None if evse is None else evse.presumed

    def after(self, event: Event, verdict: Verdict | None = None) -> Charger:
        """The charger once `event` is known, which was given `verdict`; itself where nothing follows.

        A `Started` must carry its transaction id by now.
        """
        told = self._told(event, verdict)
        if verdict is not None and verdict.nobody and not told.vends_freely:
            told = replace(told, vends_freely=True)
        token = event.token if isinstance(event, Authorizing | Started | Updated | Ended) else None
        if token is None:
            return told
        spellings = self.spellings.after(token)
        presented = self._presented(event, token)
        asks = self.asks or isinstance(event, Authorizing)
        if spellings is self.spellings and presented is self.presented and asks is self.asks:
            return told
        vends_freely = told.vends_freely and not isinstance(event, Authorizing)
        return replace(
            told,
            spellings=spellings,
            presented=presented,
            asks=asks,
            vends_freely=vends_freely,
            local_list=told.local_list.respelled(token, spellings),
        )

    def _presented(self, event: Event, token: IdToken) -> Authorizing | None:
        if isinstance(event, Authorizing) or self.presented is None:
            return event if isinstance(event, Authorizing) else None
        starts = isinstance(event, Started | Updated) and self.presented.token.matches(token)
        return None if starts else self.presented

    def _told(self, event: Event, verdict: Verdict | None) -> Charger:
        match event:
            case StatusChanged() | Metered() | Started() | Updated() | Ended():
                happened = _settled(self, self._happened(event, verdict), event.at)
                # What happened offline says nothing of the clock: the charger may have set it since.
                return _dated(happened, event.at, None if _was_offline(event) else event.received)
            case Connected():
                return self._connected(event)
            case Disconnected():
                evses = {number: doubts.left(evse, event.at) for number, evse in self.evses.items()}
                return replace(self, connected_at=None, away_since=event.at, missed_since=event.at, evses=evses)
            case Asked():
                return replace(self, asked=True, reluctant=event.refused or self.reluctant)
            case Booted() | FirmwareProgressed() | UploadProgressed() | ProblemTold():
                return self._described(event)
            case Evicting() | Pardoned() | TransactionTold() | TransactionUntold() | StopRefused():
                return _settled(self, self._concerned(event), event.at)
            case (
                AbilitiesTold()
                | AbilitiesUntold()
                | AbilityMissing()
                | SettingsTold()
                | SettingChanged()
                | LimitsTold()
                | DefaultLimited()
            ):
                return self._answered(event)
            case ListLimitsTold() | ListVersionTold():
                return replace(self, local_list=self.local_list.after(event))
            case _:
                return self

    def _described(self, event: Booted | FirmwareProgressed | UploadProgressed | ProblemTold) -> Charger:
        match event:
            case ProblemTold():
                return self._problem_told(event)
            case Booted():
                return self._booted(event)
            case FirmwareProgressed():
                return self if event.stage is self.firmware_stage else replace(self, firmware_stage=event.stage)
            case UploadProgressed():
                return self if event.stage is self.upload_stage else replace(self, upload_stage=event.stage)

    def _booted(self, event: Booted) -> Charger:
        # One that really boots says so first; later than that it was asked to describe itself.
        asked_for = self.connected_at is not None and event.at >= self.connected_at + PATIENCE
        evses = self.evses
        if not asked_for:
            evses = {number: doubts.rebooted(evse, event.at) for number, evse in evses.items()}
        if is_another(self.description, event):
            evses = {number: doubts.doubted(evse, event.at) for number, evse in evses.items()}
        return replace(
            self,
            evses=evses,
            description=described(event),
            abilities=self.abilities.after_boot(renewed=is_renewed(self.description, event)),
            asks=self.asks and asked_for,
            reticent=False,
            local_list=self.local_list.booted(),
            firmware_stage=after_boot(self.firmware_stage, is_new=has_new_firmware(self.description, event)),
        )

    def _answered(
        self,
        event: AbilitiesTold
        | AbilitiesUntold
        | AbilityMissing
        | SettingsTold
        | SettingChanged
        | LimitsTold
        | DefaultLimited,
    ) -> Charger:
        match event:
            case AbilityMissing():
                abilities = self.abilities.without(event.ability)
                return self if abilities is self.abilities else replace(self, abilities=abilities)
            case LimitsTold() | DefaultLimited():
                limits = self.limits.after(event)
                return self if limits is self.limits else replace(self, limits=limits)
            case AbilitiesTold():
                return replace(self, abilities=self.abilities.after(event))
            case AbilitiesUntold():
                return replace(self, reticent=True)
            case SettingsTold():
                return replace(self, settings=self.settings.after_answer(event.values))
            case SettingChanged():
                return replace(self, settings=self.settings.after_change(restart=event.restart))

    def _happened(self, event: StatusChanged | Metered | Started | Updated | Ended, verdict: Verdict | None) -> Charger:
        match event:
            case StatusChanged():
                return self._status_changed(event)
            case Started():
                started = self._started(event, verdict)
                return started if event.evse is None else _placed(started, event)
            case Updated():
                return self._updated(event, verdict)
            case Ended():
                return _placed(self._ended(event), event)
            case Metered():
                known = None if event.evse is not None else self.unended(event.transaction or "")
                return self._metered(event.evse if known is None else known.evse, event)

    def _connected(self, event: Connected) -> Charger:
        away_since = self.connected_at or self.away_since
        was_away = away_since is None or event.at - away_since > UNNOTICED
        evses = {number: _reconnected(evse, was_away=was_away) for number, evse in self.evses.items()}
        return replace(
            self,
            connected_at=event.at,
            away_since=away_since,
            meter=self.meter.forgotten() if was_away else self.meter,
            missed_since=None,
            faults={},
            token_length=event.token_length,
            evses=evses,
            asked=False,
            reluctant=False,
            reticent=False,
            settings=self.settings.after_connecting(),
            local_list=self.local_list.connected(),
        )

    def _status_changed(self, event: StatusChanged) -> Charger:
        if event.evse is None:
            faults = _faults_after(self.faults, event)
            if self.status is event.status and faults is self.faults:
                return self
            return replace(self, status=event.status, faults=faults)
        if (evse := self._evse(event.evse)) is None:
            return self
        # Not every charger that is put into service again says so of itself, too.
        disproved = self.status is ConnectorStatus.OUT_OF_SERVICE and event.status not in BROKEN
        charger = replace(self, status=None) if disproved else self
        faults = _faults_after(evse.faults, event)
        if evse.reported and evse.told.get(event.connector) is event.status and faults is evse.faults:
            weighed = self._weighed(evse, event)
            return charger if weighed is evse else replace(charger, evses={**self.evses, evse.evse: weighed})
        if event.connector not in evse.connectors and len(evse.connectors) >= MAX_CONNECTORS:
            return charger
        told = {**evse.told, event.connector: event.status}
        connectors = evse.connectors | {event.connector}
        changed = replace(evse, connectors=connectors, told=told, faults=faults, reported=True)
        return replace(charger, evses={**self.evses, evse.evse: self._weighed(changed, event)})

    def _weighed(self, evse: Evse, event: StatusChanged) -> Evse:
        """The EVSE once it is known what its status says of the session there."""
        return doubts.after_status(evse, self._happened_at(event), self._read_at(event), self.connected_at)

    def _problem_told(self, event: ProblemTold) -> Charger:
        if event.evse is None:
            faults = with_fault(self.faults, event.component, event.fault)
            return self if faults is self.faults else replace(self, faults=faults)
        if (evse := self.evses.get(event.evse)) is None:
            return self
        faults = with_fault(evse.faults, event.component, event.fault)
        return self if faults is evse.faults else self._with(replace(evse, faults=faults))

    def _started(self, event: Started, verdict: Verdict | None) -> Charger:
        if event.evse is None:
            running = None if event.transaction is None else self.running(event.transaction)
            if running is not None and not _is_after(running, event):
                return self  # it has found its place, and is told again
            others = _placed(self, event).unplaced
            return replace(self, unplaced=(*others, replace(event, readings=()))[-MOST_UNPLACED:])
        if (evse := self._evse(event.evse)) is None or event.transaction is None:
            return self
        known = self.same_start(event)
        if known is None:
            first = self.begun_nowhere(event.transaction) or event
            running = Transaction(
                transaction=event.transaction,
                evse=evse.evse,
                connector=event.connector,
                token=event.token,
                # nobody will say any more who charges where that was told to another central system
                anonymous=event.names_nobody or (event.amid and event.token is None),
                started_at=event.at,
                meter_start_wh=event.meter_wh,
                charging_state=event.charging_state,
                began=self._happened_at(first),
            )
            begun = self._read(self._begun(evse, _judged(running, verdict), event), event)
            return replace(self, evses={**_without(self.evses, event.transaction, event.at), evse.evse: begun})
        if known is evse.running:
            told = self._completed(known, event, evse.meter) if known.lacks(event) else known
            evse = replace(evse, running=_judged(told, verdict))
        return self._with(self._read(evse, event))

    def _completed(self, running: Transaction, start: Started, meter: Meter) -> Transaction:
        """The transaction that was taken up, once its charger has told the beginning of it, too."""
        counted = None if start.meter_wh is None else meter.imported.when_it_said(start.meter_wh)
        return replace(
            running,
            token=start.token,
            anonymous=start.names_nobody,
            started_at=start.at,
            began=self._happened_at(start),
            meter_start_wh=start.meter_wh,
            counted_from=running.counted_from if counted is None else counted,
        )

    def _updated(self, event: Updated, verdict: Verdict | None) -> Charger:
        evse = self._where_it_runs(event)
        if evse is None or (running := evse.running) is None:
            known = self.unended(event.transaction)
            return self._metered(event.evse if known is None else known.evse, event)
        changed = replace(
            running,
            connector=event.connector if event.connector is not None else running.connector,
            anonymous=running.anonymous or event.anonymous or (running.token is None and event.names_nobody),
            charging_state=event.charging_state or running.charging_state,
        )
        if not running.is_settled_on(event.token):
            changed = _judged(replace(changed, token=event.token or running.token), verdict)
        elif event.token is None or (running.token is not None and running.token.matches(event.token)):
            changed = _judged(changed, verdict)
        evse = self._read(replace(evse, running=changed), event)
        return self._with(doubts.told_of(evse, self._happened_at(event), self._read_at(event)))

    def _concerned(self, event: Evicting | Pardoned | TransactionTold | TransactionUntold | StopRefused) -> Charger:
        """The charger once something was decided, or found out, of a transaction that runs."""
        if (running := self.running(event.transaction)) is None:
            return self
        evse = self.evses[running.evse]
        match event:
            case Evicting():
                evictions = (*evse.evictions, event.at)[-MOST_EVICTIONS:]
                tried = replace(running, attempts=running.attempts + 1)
                return self._with(replace(evse, running=tried, evictions=evictions))
            case Pardoned():
                pardoned = replace(running, standing=Standing.ACCEPTED, against=None, evict_from=None)
                return self._with(replace(evse, running=pardoned))
            case TransactionTold():
                return self._with(doubts.answered(evse, event))
            case TransactionUntold():
                return self._with(doubts.unanswered(evse, event.at))
            case StopRefused():
                return self._with(doubts.not_stopped(evse, event.at, self.connected_at))

    def _where_it_runs(self, event: Updated | Ended) -> Evse | None:
        """The EVSE where a transaction runs; also if it was presumed to be over, and the event shows that it was not.

        Its end does, since it is accounted as if nothing had been presumed; an update does unless it was queued.
        """
        if (running := self.running(event.transaction)) is not None:
            return self.evses[running.evse]
        presumed = self._presumed_at(event.transaction)
        if presumed is None or (
            isinstance(event, Updated) and not doubts.is_later(presumed.last, self._read_at(event))
        ):
            return None
        return doubts.revived(presumed)

    def _presumed_at(self, transaction: TransactionId | None) -> Evse | None:
        """The EVSE where this transaction was presumed to be over, if nothing has begun there since."""
        for evse in self.evses.values():
            if (presumed := evse.presumed) is not None and presumed.transaction == transaction:
                return evse
        return None

    def _ended(self, event: Ended) -> Charger:
        evse = self._where_it_runs(event)
        if evse is None or (running := evse.running) is None:
            return self._ended_unnoticed(event)
        ended = self._ended_at(event, self.unended(event.transaction) or running)
        evse = self._read(evse, event)
        at = self._read_at(event)
        is_late = evse.meter.is_ahead_of(at)
        meter = evse.meter if is_late else evse.meter.said(event.meter_wh, at, event.at).at_rest(event.at)
        running = (evse.running or running).metered(meter).reopened().over(meter)
        if is_late:  # what was read since may be of whoever came then
            last = running.over_since(ended, event.meter_wh, event.reason)
        else:
            last = replace(running, ended=ended, meter_stop_wh=event.meter_wh, stop_reason=event.reason).over(meter)
        return self._with(replace(evse, meter=meter, running=None, last=last))

    def _ended_at(self, event: Ended, session: Transaction) -> datetime:
        """When a transaction really ended; what comes after a doubt is dated rightly, however late, if it can be."""
        if session.doubt is None or event.received is None or _was_offline(event):
            return self._happened_at(event)
        moment = event.at - self.skew
        told = event.at if abs(self.skew) <= UNNOTICED else moment
        if session.beginning <= told and moment <= event.received + TOLERANCE:
            return told
        return session.ended or doubts.ended_at(self.evses[session.evse], session)

    def _ended_unnoticed(self, event: Ended) -> Charger:
        """The charger when a transaction ended that does not run: perhaps the latest one, of which no end was told."""
        for evse in self.evses.values():
            last = evse.last
            if last is not None and last.transaction == event.transaction and (last.ended is None or last.presumed):
                over = last.over_since(self._ended_at(event, last), event.meter_wh, event.reason)
                return self._with(replace(evse, last=over))
        return self._metered(event.evse, event)

    def _metered(self, number: EvseId | None, event: Metered | Updated | Ended) -> Charger:
        if not event.readings:
            return self
        if number is None:
            # An update of a transaction that nobody knows, and which does not say where it runs, is of no main meter.
            if not isinstance(event, Metered):
                return self
            return replace(self, meter=self.meter.after(event.readings, self._read_at(event), dated=event.at))
        evse = self.evses.get(number)
        return self if evse is None else self._with(self._read(evse, event))

    def _begun(self, evse: Evse, running: Transaction, event: Started) -> Evse:
        """The EVSE with a new transaction; one that ran before has ended without a word."""
        before = evse.running.over(evse.meter) if evse.running is not None else evse.last
        at, start = self._read_at(event), event.meter_wh
        meter = evse.meter.began(start, at, event.at)
        counted = None if start is None else meter.imported.when_it_said(start)
        if counted is None and not meter.is_ahead_of(at):
            counted = meter.imported.total
        begun = replace(evse, running=replace(running, counted_from=counted), last=before, meter=meter)
        return doubts.begun(begun)

    def _read(self, evse: Evse, event: Metered | Started | Updated | Ended) -> Evse:
        """The EVSE with what its meter was read by the way."""
        if not event.readings:
            return evse
        running, presumed, readings = evse.running, evse.presumed, event.readings
        session = running or presumed
        start = None if session is None else session.meter_start_wh
        if running is None and evse.last is not None:
            readings = still_true(readings, evse.last.ended)
        at = self._read_at(event)
        meter = evse.meter.after(readings, at, start, event.at)
        read = replace(
            evse,
            meter=meter,
            running=None if running is None else running.metered(meter),
            last=evse.last if presumed is None else presumed.metered(meter),
        )
        return doubts.after_reading(read, event.transaction, self._happened_at(event, at), at)

    def _read_at(self, event: StatusChanged | Metered | Started | Updated | Ended) -> datetime:
        """When a meter was really read, or something seen: now, unless the charger tells what it queued."""
        if event.received is None:
            return event.at
        if _was_offline(event):
            return min(event.at - self.skew, event.received)
        return self.moment_of(event.at, event.received)

    def _happened_at(
        self, event: StatusChanged | Metered | Started | Updated | Ended, read_at: datetime | None = None
    ) -> datetime:
        """When something really happened; to the charger's second, if its clock is right by and large. `read_at`: if that is known."""
        moment = read_at or self._read_at(event)
        return event.at if abs(event.at - moment) <= UNNOTICED else moment

    def _evse(self, number: EvseId | None) -> Evse | None:
        """The EVSE of this number, new if need be; None for a number that no charger has."""
        if number is None or number < 1:
            return None
        if number in self.evses:
            return self.evses[number]
        return Evse(evse=number) if len(self.evses) < MAX_EVSES else None

    def _with(self, evse: Evse) -> Charger:
        return replace(self, evses={**self.evses, evse.evse: evse})


def _placed(charger: Charger, event: Started | Ended) -> Charger:
    """The charger once it needs not be known any more that a transaction has begun nowhere."""
    if charger.begun_nowhere(event.transaction) is None:
        return charger
    return replace(charger, unplaced=tuple(each for each in charger.unplaced if each.transaction != event.transaction))


def _without(evses: Mapping[EvseId, Evse], transaction: TransactionId, at: datetime) -> Mapping[EvseId, Evse]:
    """The EVSEs when a transaction begins somewhere: where another one of its id has run, that must be over."""
    return {
        number: doubts.over(evse, at) if evse.running is not None and evse.running.transaction == transaction else evse
        for number, evse in evses.items()
    }


def _faults_after(faults: Faults, event: StatusChanged) -> Faults:
    """What is wrong once a status was told; 2.x tells one twice, and only once what is wrong."""
    if event.fault is None and event.status is ConnectorStatus.FAULTED:
        return faults
    return with_fault(faults, str(event.connector), event.fault)


def _settled(before: Charger, after: Charger, at: datetime) -> Charger:
    """The charger once what was read says no more than is true of what its cars do now."""
    if after.evses is before.evses:
        return after
    changed: dict[EvseId, Evse] = {}
    for number, evse in after.evses.items():
        old = before.evses.get(number)
        if evse is not old and (old is None or not _goes_on(old, evse)):
            meter = settled(evse.meter, Doing.UNKNOWN if old is None else old.doing, evse.doing, at)
            if meter is not evse.meter:
                changed[number] = replace(evse, meter=meter)
    return replace(after, evses={**after.evses, **changed}) if changed else after


def _goes_on(old: Evse, evse: Evse) -> bool:
    """Whether a session goes on as it did, so that a reading says nothing else: most messages are such readings."""
    before, running = old.running, evse.running
    return (
        before is not None
        and running is not None
        and before.charging_state is running.charging_state is not ChargingState.IDLE
        and old.told is evse.told
        and old.reported is evse.reported
    )


def _was_offline(event: StatusChanged | Metered | Started | Updated | Ended) -> bool:
    """Whether the charger says that it was away when something happened, which 1.6 cannot."""
    return isinstance(event, Started | Updated | Ended) and event.offline


def _dated(charger: Charger, told: datetime, received: datetime | None) -> Charger:
    """The charger once it has dated something; where both times are the same, it gave no date."""
    if received is None or told == received:
        return charger
    clock = charger.clock.after(told, received)
    return charger if clock is charger.clock else replace(charger, clock=clock)


def _judged(running: Transaction, verdict: Verdict | None) -> Transaction:
    """The transaction with what was said of its token; as it was if nothing was."""
    if verdict is None:
        return running
    return replace(
        running,
        group=verdict.group,
        standing=verdict.standing,
        against=verdict.against,
        evict_from=verdict.evict_from,
    )


def _is_same_start(known: Transaction, start: Started) -> bool:
    """Whether a start repeats a known one: 1.6 repeats it word for word, 2.x with its own transaction id.

    A charger that counts its transactions from its boot on gives the next one the id of one that has ended.
    """
    if start.transaction is not None:
        return start.transaction == known.transaction and not _is_after(known, start)
    return (
        start.at == known.started_at
        and start.meter_wh == known.meter_start_wh
        and (start.token is None) == (known.token is None)
        and (start.token is None or known.token is None or start.token.matches(known.token))
    )


def _is_after(known: Transaction, start: Started) -> bool:
    """Whether something began when a transaction had ended, or may have, by the charger's clock, which may be wrong."""
    if known.ended is None and known.may_be_over:
        return start.at > known.started_at or _is_of_another(known, start)
    if known.ended is None or start.at <= known.started_at:
        return False
    return start.at - known.started_at >= known.lasted(known.ended)


def _is_of_another(known: Transaction, start: Started) -> bool:
    return known.token is not None and start.token is not None and not known.token.matches(start.token)


def _reconnected(evse: Evse, *, was_away: bool) -> Evse:
    """The EVSE when its charger has connected; was it away, what it told before says nothing of now."""
    meter = evse.meter.forgotten() if was_away else evse.meter
    return replace(evse, reported=False, faults={}, asked_at=None, meter=meter)
