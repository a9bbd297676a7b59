"""What a charger can tell us, free of OCPP versions.

Knows the facts and questions that come from a charger, and the shape of a verdict on a question. Must not know
how they are spelled on the wire, nor what follows from them.

`at` is the charger's own time of the fact, in UTC; where the charger gave none (or none that could be read) it
is the time of reception. `received` is that time, None where it does not matter; `offline`: the charger says that it was away
`at` that time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from .external_limits import ExternalLimit, Source
from .faults import Fault
from .maintenance import FirmwareStage, SecurityKind, UploadStage
from .settings import Setting
from .token import IdToken

type ChargerId = str
type EvseId = int
type ConnectorId = int
type TransactionId = str


class ConnectorStatus(StrEnum):
    """What a connector says of itself, in the words of both generations of OCPP."""

    AVAILABLE = "available"
    PREPARING = "preparing"
    CHARGING = "charging"
    SUSPENDED_EV = "suspended_ev"
    SUSPENDED_EVSE = "suspended_evse"
    FINISHING = "finishing"
    RESERVED = "reserved"
    OCCUPIED = "occupied"
    OUT_OF_SERVICE = "out_of_service"
    FAULTED = "faulted"


class ChargingState(StrEnum):
    """What happens to the energy of a running transaction."""

    CHARGING = "charging"
    EV_CONNECTED = "ev_connected"
    SUSPENDED_EV = "suspended_ev"
    SUSPENDED_EVSE = "suspended_evse"
    IDLE = "idle"


class HoldEnd(StrEnum):
    """Why a charger says that it gave up a hold (H01.FR.16, H04.FR.01, H03.FR.11)."""

    EXPIRED = "expired"
    REMOVED = "removed"
    NO_TRANSACTION = "no_transaction"


class Reading(NamedTuple):
    """One measured value; `measurand`, `phase`, `location`, `unit`, `context` are OCPP's words, defaults filled in.

    A tuple, because there are eight or more in most messages of a charger, and a dataclass takes three times as long to make.
    """

    measurand: str
    value: float
    unit: str | None
    at: datetime
    phase: str | None = None
    location: str | None = None
    context: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """The charger's connection was accepted. `token_length`: the longest id token that it can carry, in characters."""

    token_length: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnected:
    """The charger's connection is gone."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """We asked the charger to report itself; `refused`: it will not, so waiting for it is of no use."""

    refused: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Booted:
    """The charger started (or says so): its description follows. Absent parts are None."""

    vendor: str | None
    model: str | None
    serial: str | None
    firmware: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AbilitiesTold:
    """What the charger answered when it was asked what it can reserve; None: it did not say.

    `holds_unspecific`: whether it can hold an EVSE of its own choice.
    `types`: the types of connectors at each EVSE that it was asked for, none where it did not say; None: whatever EVSE
    it is asked for, it has no words for that.
    """

    claims_reservations: bool | None
    holds_unspecific: bool | None
    types: Mapping[EvseId, frozenset[str]] | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AbilitiesUntold:
    """The charger was asked what it can reserve, and gave no answer that can be used."""

    at: datetime


class Ability(StrEnum):
    """What not every charger can be told to do, though its version has words for it."""

    UNLOCK = "unlock"
    """A cable that belongs to the charger has no lock."""
    CHANGE_AVAILABILITY = "change_availability"


@dataclass(frozen=True, slots=True, kw_only=True)
class AbilityMissing:
    """The charger did not know what it was told to do."""

    ability: Ability
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsTold:
    """The charger was asked for its settings, and these it told; none if it gave no answer that can be used."""

    values: Mapping[Setting, bool]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingChanged:
    """The charger agreed to change a setting; `restart`: it acts upon that only once it has restarted."""

    restart: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsTold:
    """What the charger answered when it was asked what it can limit; None or empty: it did not say.

    `units`: A, W or both. `highest`: the level of the profile that prevails over all others.
    """

    supported: bool | None
    units: frozenset[str]
    highest: int | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PhasesTold:
    """The charger was asked on how many phases it can charge somewhere; None: it does not say."""

    phases: int | None
    at: datetime


class Allowed(NamedTuple):
    """From `since` on so much may be drawn, in A on each phase; None: there is no limit any more."""

    since: datetime
    current: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultLimited:
    """The charger agreed to another limit of an EVSE's transactions (`evse` None: of all that have none of their own).

    `course`: how it goes on in time; empty: there is none. `every`: after which time it begins anew, again and again. `level`:
    what it replaces; None: all levels. `everywhere`: those of single EVSEs are gone, too.
    """

    evse: EvseId | None
    course: tuple[Allowed, ...] = ()
    every: timedelta | None = None
    level: int | None = None
    everywhere: bool = False
    at: datetime


class ConfigurationEntry(NamedTuple):
    """Something of a charger's configuration; `value` None: not told, `readonly` None: not known.

    `refused`: the charger's word where it does not tell what it has.
    """

    name: str
    value: str | None
    readonly: bool | None
    refused: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationTold:
    """Some of a charger's configuration, as it was asked for. `unknown`: names of which it knows nothing.

    `number`: of the report that this is a part of, if it is one; `place`: among its parts, counted from 0; `more`: it goes on.
    """

    number: int | None = None
    place: int | None = None
    entries: tuple[ConfigurationEntry, ...]
    unknown: tuple[str, ...] = ()
    more: bool = False
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSent:
    """The charger sends something that only its vendor defines. Wants a `Verdict`: accepted if anybody makes use of it."""

    vendor: str
    message: str | None
    data: object = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DataAnswered:
    """What a charger answers to something that only its vendor defines; None: nothing."""

    data: object = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareProgressed:
    """A new firmware has come so far."""

    stage: FirmwareStage
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadProgressed:
    """The upload of what the charger has logged has come so far."""

    stage: UploadStage
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadBegun:
    """The charger will send what it has logged under this name; None: it has nothing, or did not say."""

    file: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityTold:
    """Something that concerns the charger's security; `word`: what the charger calls it."""

    kind: SecurityKind
    word: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ListLimitsTold:
    """What the charger answered when it was asked for its own list of drivers; None: it did not say.

    `enabled`: whether it uses the list. `most`, `at_once`: how many entries the list can have, and one message.
    """

    enabled: bool | None
    most: int | None
    at_once: int | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ListVersionTold:
    """The version of the charger's own list of drivers; 0: the list is empty, negative: there is none."""

    version: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """The charger is alive; nothing else follows from it."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChanged:
    """A connector's status. `evse` None: the charger as a whole (1.6's connector 0). `fault`: what else it says is wrong there."""

    evse: EvseId | None
    connector: ConnectorId
    status: ConnectorStatus
    fault: Fault | None = None
    at: datetime
    received: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemTold:
    """A component of an EVSE has a problem (`evse` None: one of the charger), or, `fault` None, has none any more."""

    evse: EvseId | None
    component: str
    fault: Fault | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternallyLimited:
    """Something other than us limits an EVSE (None: the charger as a whole)."""

    evse: EvseId | None
    limit: ExternalLimit
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalLimitCleared:
    """A source limits no more (None: none does); `evse` None: the charger and all its EVSEs."""

    evse: EvseId | None
    source: Source | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Metered:
    """Readings outside of a transaction's own events. `evse` None: the charger's main meter."""

    evse: EvseId | None
    transaction: TransactionId | None
    readings: tuple[Reading, ...]
    at: datetime
    received: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorizing:
    """A question: somebody presented a token. `evse` None: the charger did not say where. Wants a `Verdict`."""

    token: IdToken
    evse: EvseId | None = None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A transaction began, which the charger may tell late or twice. Wants a `Verdict`.

    `transaction` None: the central system gives the id (1.6), the same one when the same start is told again.
    `token` None: nobody was identified yet; `anonymous`: and nobody will be. `hold` is the wire id that the charger claims to have used.
    `amid`: it ran before, and who charges was told to somebody else. `meter_wh`: the energy register at the start.
    """

    transaction: TransactionId | None
    evse: EvseId | None
    connector: ConnectorId | None
    token: IdToken | None
    anonymous: bool = False
    amid: bool = False
    hold: int | None = None
    meter_wh: float | None = None
    charging_state: ChargingState | None = None
    readings: tuple[Reading, ...] = ()
    offline: bool = False
    at: datetime
    received: datetime | None = field(default=None, compare=False)

    @property
    def names_nobody(self) -> bool:
        """Whether somebody charges whom the charger has not identified: it says so, or energy flows without a token."""
        flows = self.charging_state is ChargingState.CHARGING and not self.amid
        return self.token is None and (self.anonymous or flows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Updated:
    """A running transaction changed. With a token, or `anonymous`, it wants a `Verdict`. What is None did not change."""

    transaction: TransactionId
    evse: EvseId | None = None
    connector: ConnectorId | None = None
    token: IdToken | None = None
    anonymous: bool = False
    hold: int | None = None
    charging_state: ChargingState | None = None
    readings: tuple[Reading, ...] = ()
    offline: bool = False
    at: datetime
    received: datetime | None = field(default=None, compare=False)

    @property
    def names_nobody(self) -> bool:
        """Whether it tells nothing of who charges, though the charger says so, or energy flows."""
        return self.token is None and (self.anonymous or self.charging_state is ChargingState.CHARGING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A transaction ended, known to us or not. With a token (who stopped it) it wants a `Verdict`.

    `reason` is OCPP's word, None for an ordinary local stop. `meter_wh`: the energy register at the end.
    """

    transaction: TransactionId
    evse: EvseId | None = None
    token: IdToken | None = None
    meter_wh: float | None = None
    reason: str | None = None
    readings: tuple[Reading, ...] = ()
    offline: bool = False
    at: datetime
    received: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evicting:
    """The charger is being asked to stop a transaction that was refused."""

    transaction: TransactionId
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pardoned:
    """A transaction that was refused may go on after all."""

    transaction: TransactionId
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionTold:
    """What the charger answered when it was asked whether a transaction goes on. `queued`: it has yet to tell something of it."""

    transaction: TransactionId
    ongoing: bool
    queued: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionUntold:
    """The charger had time to tell that a transaction goes on, and gave no answer that can be used, or cannot be asked."""

    transaction: TransactionId
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRefused:
    """The charger was asked to end a transaction, and refused."""

    transaction: TransactionId
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowUntold:
    """The charger has had time to tell what flows at an EVSE where a car takes something."""

    evse: EvseId
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldEnded:
    """The charger gave up the hold with this wire id by itself."""

    hold: int
    end: HoldEnd
    at: datetime


type Event = (
    Connected
    | Disconnected
    | Asked
    | Booted
    | AbilitiesTold
    | AbilitiesUntold
    | AbilityMissing
    | SettingsTold
    | SettingChanged
    | LimitsTold
    | PhasesTold
    | DefaultLimited
    | ExternallyLimited
    | ExternalLimitCleared
    | ConfigurationTold
    | DataSent
    | DataAnswered
    | FirmwareProgressed
    | UploadProgressed
    | UploadBegun
    | SecurityTold
    | ListLimitsTold
    | ListVersionTold
    | Heard
    | StatusChanged
    | ProblemTold
    | Metered
    | Authorizing
    | Started
    | Updated
    | Ended
    | Evicting
    | Pardoned
    | TransactionTold
    | TransactionUntold
    | StopRefused
    | FlowUntold
    | HoldEnded
)


type Notice = ConfigurationTold | DataSent | DataAnswered | UploadBegun | SecurityTold
"""What changes nothing that we know of a charger: it is for whoever has asked, or wants to hear it."""


class Standing(StrEnum):
    """How a token stands at the moment of the question."""

    ACCEPTED = "accepted"
    UNKNOWN = "unknown"
    BLOCKED = "blocked"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    CONCURRENT = "concurrent"
    RESERVED_FOR_OTHERS = "reserved_for_others"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer to a question.

    `group`: the group of the token, which a charger needs to let members use each other's holds.
    `evses`: None = every EVSE is permitted; else the permitted ones (only with ACCEPTED).
    `transaction`: the id that a `Started` without one receives.
    `against`: the uid of the reservation in whose way the token charges, accepted or not.
    `intrudes`: it is to be told at once that it is.
    `evict_from`: from when on the transaction is to be stopped if it goes on all the same; None: it is left alone.
    `nobody`: the charger identified nobody.
    """

    standing: Standing
    group: str | None = field(default=None, repr=False)
    evses: tuple[EvseId, ...] | None = None
    transaction: TransactionId | None = None
    against: str | None = None
    intrudes: bool = False
    evict_from: datetime | None = None
    nobody: bool = False

    @property
    def accepted(self) -> bool:
        """Whether the token may charge."""
        return self.standing is Standing.ACCEPTED
