"""What a charger is told to do because somebody wants it now, free of OCPP versions.

Knows these orders as values. Must not know who may give them, nor how they are spelled.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from .events import Allowed, ConnectorId, EvseId, TransactionId
from .limits import Purpose, Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlock:
    """Open the lock of a plug, so that its cable can be pulled; 1.6 ends the transaction there, 2.x refuses during one."""

    evse: EvseId
    connector: ConnectorId


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset:
    """Restart the charger, or only an EVSE: `hard` at once, else in order, which it may put off until nobody uses it."""

    hard: bool
    evse: EvseId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearCache:
    """Have the charger forget whom the central system has accepted before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerMessage:
    """Have the charger send a message now, named as its version does; of an EVSE (None: of the charger, or of all).

    `custom`: the name is one that only the charger's vendor defines.
    """

    message: str
    evse: EvseId | None = None
    connector: ConnectorId | None = None
    custom: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAvailability:
    """Take an EVSE (None: the charger as a whole) into or out of service; where somebody charges, once he has done so.

    Never to keep anybody out: it ends the holds there, and keeps their holders out as well (ocpp.md 5.7).
    """

    evse: EvseId | None
    available: bool


class Period(NamedTuple):
    """A limit, from so long after the beginning of the schedule on."""

    after: timedelta
    amount: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLimit:
    """Limit what cars may draw, from `start` (UTC) on, for `lasting` (None: until something else is said).

    `evse` None: the charger, or all of its EVSEs. The same `profile` replaces what it said before; of two for the same, the
    higher `level` prevails. `periods`: at least one, in their order, the first one at the beginning. `phases`: how many are
    to be used; None: the charger decides. `course`: what they mean in A, by our own clock.
    `every`: after which time, a day or a week, it begins anew.
    """

    profile: int
    evse: EvseId | None
    purpose: Purpose
    level: int
    unit: Unit
    start: datetime
    periods: tuple[Period, ...]
    lasting: timedelta | None = None
    phases: int | None = None
    transaction: TransactionId | None = None
    course: tuple[Allowed, ...] = ()
    every: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearLimit:
    """Take back what limits an EVSE, or (None) the charger and all of its EVSEs, whoever set it."""

    evse: EvseId | None
    purpose: Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForPhases:
    """Ask on how many phases a plug, or (None) the charger, can be charged; it answers with a `PhasesTold`."""

    evse: EvseId | None
    connector: ConnectorId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadConfiguration:
    """Ask for these parts of the configuration, named as the charger's version does; or for all of it.

    It answers with a `ConfigurationTold`; or with several later on, under this `number`.
    """

    names: tuple[str, ...]
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeConfiguration:
    """Change a part of the configuration, named and spelled as the charger's version does.

    Accepted, it comes with a `SettingChanged`: it may be one that matters to us.
    """

    name: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferData:
    """Send something that only the charger's vendor defines; it answers with a `DataAnswered`."""

    vendor: str
    message: str | None
    data: object = field(repr=False)


class Signed(NamedTuple):
    """By what a charger knows that a firmware is its vendor's: the certificate (PEM) of who has signed it, and the signature (base64)."""

    certificate: str
    signature: str


class Log(StrEnum):
    """What a charger keeps logs of, as all versions call it."""

    DIAGNOSTICS = "DiagnosticsLog"
    SECURITY = "SecurityLog"
    DATA_COLLECTOR = "DataCollectorLog"


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateFirmware:
    """Fetch a firmware from a location (a URL, perhaps with a password) once it is `retrieve`, and install it.

    `install`: not before then; None: as soon as it is there. `retries`, `retry_interval` (seconds) None: as the charger likes.
    """

    location: str = field(repr=False)
    retrieve: datetime
    install: datetime | None = None
    retries: int | None = None
    retry_interval: int | None = None
    number: int = 0
    signed: Signed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadDiagnostics:
    """Send what was logged from `since` to `until` (None: all there is) to a location; it answers with an `UploadBegun`."""

    location: str = field(repr=False)
    log: Log = Log.DIAGNOSTICS
    since: datetime | None = None
    until: datetime | None = None
    retries: int | None = None
    retry_interval: int | None = None
    number: int = 0


type Order = (
    UpdateFirmware
    | UploadDiagnostics
    | TransferData
    | AskForPhases
    | ReadConfiguration
    | ChangeConfiguration
    | Unlock
    | Reset
    | ClearCache
    | TriggerMessage
    | ChangeAvailability
    | SetLimit
    | ClearLimit
)
"""What is done because somebody wants it, and what he waits for."""
