"""A charger as far as it has told us.

Knows EVSEs, connectors, transactions and readings as frozen values, and how an event changes them. Must not know
reservations, nor what we want of the charger.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from . import accounts, doubts, external_limits, recognition, statuses, unplaced
from .abilities import Abilities
from .clock import Clock
from .dating import UNNOTICED, Dating, Happening, When, was_offline
from .description import Description, described, has_new_firmware, is_another, is_renewed
from .events import (
    AbilitiesTold,
    AbilitiesUntold,
    AbilityMissing,
    Asked,
    Authorizing,
    Booted,
    ChargerId,
    Connected,
    ConnectorStatus,
    DefaultLimited,
    Disconnected,
    Ended,
    Event,
    Evicting,
    EvseId,
    ExternalLimitCleared,
    ExternallyLimited,
    FirmwareProgressed,
    FlowUntold,
    LimitsTold,
    ListLimitsTold,
    ListVersionTold,
    Metered,
    Pardoned,
    ProblemTold,
    SettingChanged,
    SettingsTold,
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
from .evse import BROKEN, Evse, Evses, evse_at, with_evse
from .external_limits import ExternalLimits
from .faults import Faults, with_fault
from .limits import Limits
from .local_list import LocalList
from .maintenance import FirmwareStage, UploadStage, after_boot
from .meter import Meter
from .missing import missed
from .settings import Settings
from .spellings import Spellings
from .staleness import settled, untold
from .token import IdToken
from .transaction import Transaction
from .unplaced import Unplaced

PATIENCE = timedelta(seconds=10)
"""How long a charger that connected may take to report by itself before it is asked (ocpp.md 5.10)."""

RESIGNATION = timedelta(seconds=30)
"""When we go on with what we know, though the charger has not reported everything (ocpp.md 5.10)."""

OUT_OF_REACH = timedelta(days=1)
"""So long nobody charges: a charger that was away for longer is broken, or was taken off the wall."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charger:
    """All that one charger has told us. `connected_at` is None while it is offline.

    `away_since`: when it was last known to be connected; None if that was never seen.
    `missed_since`: since when it could have been connected and was not; None while it is, and until it is missed.
    `booted`: whether it has started anew since it connected.
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
    `external_limits`: what limits it besides us.
    `faults`: what it said is wrong with it as a whole.
    `firmware_stage`, `upload_stage`: how far it has come with a new firmware, and with sending what it has logged.
    """

    charger: ChargerId
    description: Description = Description()
    evses: Evses = field(default_factory=dict)
    status: ConnectorStatus | None = None
    faults: Faults = field(default_factory=dict)
    connected_at: datetime | None = None
    away_since: datetime | None = None
    missed_since: datetime | None = None
    token_length: int | None = None
    booted: bool = False
    asked: bool = False
    reluctant: bool = False
    abilities: Abilities = Abilities()
    asks: bool = False
    vends_freely: bool = False
    presented: Authorizing | None = None
    unplaced: Unplaced = ()
    spellings: Spellings = Spellings()
    given_types: Mapping[EvseId, frozenset[str]] = field(default_factory=dict)
    reticent: bool = False
    clock: Clock = Clock()
    settings: Settings = Settings()
    local_list: LocalList = LocalList()
    meter: Meter = Meter()
    limits: Limits = Limits()
    external_limits: ExternalLimits = field(default_factory=dict)
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
        """Whether every EVSE that is there told its status since the charger connected, and there is one."""
        evses = self.evses.values()
        return any(evse.reported for evse in evses) and all(evse.reported or evse.is_missing for evse in evses)

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
        """When something really happened that the charger tells now and dates `told`, as far as that is plausible."""
        return self._dating.moment_of(told, now)

    def same_start(self, start: Started) -> Transaction | None:
        """The transaction that `start` has told us of before, if any."""
        return recognition.same_start(self.evses, start)

    def begun_nowhere(self, transaction: TransactionId | None) -> Started | None:
        """The start of this transaction, if it did not say where that was."""
        return unplaced.begun(self.unplaced, transaction)

    def running(self, transaction: TransactionId) -> Transaction | None:
        """The running transaction of this id, if we know it."""
        return recognition.running(self.evses, transaction)

    def knows(self, transaction: TransactionId) -> bool:
        """Whether a transaction runs, or is the latest one somewhere, of which something may be told late."""
        return recognition.knows(self.evses, transaction)

    def unended(self, transaction: TransactionId) -> Transaction | None:
        """The transaction of this id whose end was not told: it runs, or it was presumed to be over and nothing began since."""
        return recognition.unended(self.evses, transaction)

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
                happened = self._happened(event, verdict)
                # What happened offline says nothing of the clock: the charger may have set it since.
                return _dated(happened, event.at, None if was_offline(event) else event.received)
            case Connected():
                return self._connected(event)
            case Disconnected():
                return self._disconnected(event)
            case Asked():
                return replace(self, asked=True, reluctant=event.refused or self.reluctant)
            case Booted() | FirmwareProgressed() | UploadProgressed() | ProblemTold():
                return self._described(event)
            case ExternallyLimited() | ExternalLimitCleared():
                return self._limited(event)
            case Evicting() | Pardoned() | TransactionTold() | TransactionUntold() | StopRefused():
                return self._having(accounts.concerned(self.evses, event, self.connected_at), event.at)
            case FlowUntold():
                evses = untold(self.evses, event.evse)
                return self if evses is self.evses else replace(self, evses=evses)
            case (
                AbilitiesTold()
                | AbilitiesUntold()
                | AbilityMissing()
                | SettingsTold()
                | SettingChanged()
                | LimitsTold()
                | DefaultLimited()
                | ListLimitsTold()
                | ListVersionTold()
            ):
                return self._answered(event)
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

    def _answered(
        self,
        event: AbilitiesTold
        | AbilitiesUntold
        | AbilityMissing
        | SettingsTold
        | SettingChanged
        | LimitsTold
        | DefaultLimited
        | ListLimitsTold
        | ListVersionTold,
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
            case ListLimitsTold() | ListVersionTold():
                return replace(self, local_list=self.local_list.after(event))

    def _happened(self, event: Happening, verdict: Verdict | None) -> Charger:
        when = self._dating.when(event)
        match event:
            case StatusChanged():
                return self._status_changed(event, when)
            case Started(evse=None):
                return self._unplaced(event)
            case Started():
                evses = accounts.started(self.evses, event, verdict, when, self._began(event, when))
                return _placed(self._having(evses, event.at), event)
            case Updated():
                return self._having(accounts.updated(self.evses, event, verdict, when), event.at)
            case Ended():
                return _placed(self._having(accounts.ended(self.evses, event, when), event.at), event)
            case Metered():
                return self._metered(event, when)

    def _unplaced(self, event: Started) -> Charger:
        running = None if event.transaction is None else self.running(event.transaction)
        if running is not None and not recognition.is_after(running, event):
            return self  # it has found its place, and is told again
        return replace(self, unplaced=unplaced.with_start(self.unplaced, event))

    def _began(self, event: Started, when: When) -> datetime:
        first = self.begun_nowhere(event.transaction)
        return when.happened_at if first is None else self._dating.when(first).happened_at

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
            clock=self.clock.reconnected(),
            booted=False,
            faults={},
            token_length=event.token_length,
            evses=evses,
            asked=False,
            reluctant=False,
            reticent=False,
            settings=self.settings.after_connecting(),
            local_list=self.local_list.connected(),
        )

    def _disconnected(self, event: Disconnected) -> Charger:
        evses = {number: doubts.left(evse, event.at) for number, evse in self._left(event.at).items()}
        return replace(self, connected_at=None, away_since=event.at, missed_since=event.at, evses=evses)

    def _left(self, at: datetime) -> Evses:
        """The EVSEs once all has been told that is told on this connection."""
        return missed(self.evses, at - self.connected_at) if self.booted and self.connected_at else self.evses

    def _limited(self, event: ExternallyLimited | ExternalLimitCleared) -> Charger:
        known = self.external_limits
        match event:
            case ExternallyLimited() if event.evse is None or event.evse in self.evses:
                told = external_limits.limited(known, event.evse, event.limit)
            case ExternalLimitCleared():
                told = external_limits.cleared(known, event.evse, event.source)
            case _:
                told = known
        return self if told == known else replace(self, external_limits=told)

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
            booted=self.booted or not asked_for,
            asks=self.asks and asked_for,
            reticent=False,
            local_list=self.local_list.booted(),
            limits=self.limits.of_another() if is_another(self.description, event) else self.limits,
            firmware_stage=after_boot(self.firmware_stage, is_new=has_new_firmware(self.description, event)),
        )

    def _status_changed(self, event: StatusChanged, when: When) -> Charger:
        if event.evse is None:
            faults = statuses.faults_after(self.faults, event)
            if self.status is event.status and faults is self.faults:
                return self
            return replace(self, status=event.status, faults=faults)
        if (evse := evse_at(self.evses, event.evse)) is None:
            return self
        # Not every charger that is put into service again says so of itself, too.
        disproved = self.status is ConnectorStatus.OUT_OF_SERVICE and event.status not in BROKEN
        told = statuses.after_status(evse, event, when, self.connected_at)
        changed = self if told is evse else self._having(with_evse(self.evses, told), event.at)
        return replace(changed, status=None) if disproved else changed

    def _metered(self, event: Metered, when: When) -> Charger:
        known = None if event.evse is not None else self.unended(event.transaction or "")
        number = event.evse if known is None else known.evse
        if number is not None:
            return self._having(accounts.metered(self.evses, number, event, when), event.at)
        return (
            replace(self, meter=self.meter.after(event.readings, when.read_at, dated=event.at))
            if event.readings
            else self
        )

    def _problem_told(self, event: ProblemTold) -> Charger:
        if event.evse is None:
            faults = with_fault(self.faults, event.component, event.fault)
            return self if faults is self.faults else replace(self, faults=faults)
        if (evse := self.evses.get(event.evse)) is None:
            return self
        faults = with_fault(evse.faults, event.component, event.fault)
        return (
            self if faults is evse.faults else replace(self, evses=with_evse(self.evses, replace(evse, faults=faults)))
        )

    def _having(self, evses: Evses, at: datetime) -> Charger:
        """The charger with what has become of its EVSEs; what was read there says no more than is true of what cars do now."""
        return self if evses is self.evses else replace(self, evses=settled(self.evses, evses, at))

    @property
    def _dating(self) -> Dating:
        return Dating(self.connected_at, self.away_since, self.clock.possible)


def _placed(charger: Charger, event: Started | Ended) -> Charger:
    """The charger once it needs not be known any more that a transaction has begun nowhere."""
    known = unplaced.without(charger.unplaced, event.transaction)
    return charger if known is charger.unplaced else replace(charger, unplaced=known)


def _dated(charger: Charger, told: datetime, received: datetime | None) -> Charger:
    """The charger once it has dated something; where both times are the same, it gave no date."""
    if received is None or told == received:
        return charger
    clock = charger.clock.after(told, received)
    return charger if clock is charger.clock else replace(charger, clock=clock)


def _reconnected(evse: Evse, *, was_away: bool) -> Evse:
    """The EVSE when its charger has connected; was it away, what it told before says nothing of now."""
    meter = evse.meter.forgotten() if was_away else evse.meter
    return replace(evse, reported=False, faults={}, asked_at=None, meter=meter)
