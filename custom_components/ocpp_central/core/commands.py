"""What we can ask of a charger, and what became of it, free of OCPP versions.

Knows the commands and their outcomes. Must not know when a command is due (`planner`), nor how it is spelled.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from .entries import Entry
from .events import ConnectorId, EvseId, TransactionId
from .orders import Order
from .settings import Setting
from .token import IdToken


class Outcome(StrEnum):
    """What became of a command: the charger's word, or why there is none."""

    ACCEPTED = "Accepted"
    FAULTED = "Faulted"
    OCCUPIED = "Occupied"
    REJECTED = "Rejected"
    UNAVAILABLE = "Unavailable"
    SCHEDULED = "Scheduled"
    """The charger agrees, and does it later: once nobody charges any more, or nobody uses it."""
    NOT_IMPLEMENTED = "not_implemented"
    """A CALLERROR that says that the charger does not know the command (NotImplemented, NotSupported, Format...)."""
    UNSAYABLE = "unsayable"
    """The version that the charger speaks has no words for the command: it was not asked."""
    FAILED = "failed"
    """Any other CALLERROR: the command may succeed later."""
    TIMED_OUT = "timed_out"
    DISCONNECTED = "disconnected"
    UNREADABLE = "unreadable"
    """An answer that says nothing that the version defines: the outcome is unknown."""

    @property
    def word(self) -> str | None:
        """The charger's own word, or None where it gave none."""
        return self.value if self in _WORDS else None

    @property
    def is_agreed(self) -> bool:
        """Whether the charger has said that it does what it was told."""
        return self in {Outcome.ACCEPTED, Outcome.SCHEDULED}

    @property
    def is_unknown(self) -> bool:
        """Whether the charger may or may not have done it."""
        return self in {Outcome.TIMED_OUT, Outcome.DISCONNECTED, Outcome.UNREADABLE}


_WORDS = frozenset({Outcome.ACCEPTED, Outcome.FAULTED, Outcome.OCCUPIED, Outcome.REJECTED, Outcome.UNAVAILABLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceHold:
    """Hold an EVSE (None: any of the charger, `connector_type`: any with such a plug) for a holder until `until` (UTC).

    The same `hold` id replaces the hold that has it (1.6 section 5.13, H01.FR.02).
    """

    hold: int
    evse: EvseId | None
    token: IdToken
    until: datetime
    group: str | None = field(default=None, repr=False)
    connector_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DropHold:
    """Give up a hold; the charger's Rejected means that it has none by this id, which is as good."""

    hold: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AskToBoot:
    """Ask the charger to describe itself again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForStatus:
    """Ask for the present status of one plug of an EVSE (None: of the one that it surely has), or of all (no EVSE)."""

    evse: EvseId | None
    connector: ConnectorId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StartTransaction:
    """Let somebody charge at an EVSE, as if he had presented his token there; whether he does shows later.

    `number`: by which 2.x tells that the transaction comes of this (F01.FR.25). `held_for`: the token for which the charger
    holds the EVSE, if he may use that as one of its group.
    """

    evse: EvseId
    token: IdToken
    number: int
    held_for: IdToken | None = None
    group: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StopTransaction:
    """End a transaction; the charger's Rejected means that it does not run, or cannot be ended from here."""

    transaction: TransactionId


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForTransaction:
    """Ask whether a transaction goes on; the charger answers with a `TransactionTold` (E14). 1.6 cannot be asked."""

    transaction: TransactionId


class Plug(NamedTuple):
    """One plug of an EVSE."""

    evse: EvseId
    connector: ConnectorId


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForAbilities:
    """Ask what the charger can reserve: whether it claims to at all, and the type of each of these plugs.

    It answers with an `AbilitiesTold` of the EVSEs of these plugs, or not at all.
    """

    plugs: tuple[Plug, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForSettings:
    """Ask for the settings that decide whom the charger lets charge, and for what it can limit.

    It answers with a `SettingsTold` and a `LimitsTold`, or not at all.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSetting:
    """Switch a setting on or off. Accepted, it comes with a `SettingChanged`, and the charger is asked what it made of it."""

    setting: Setting
    value: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TellReadings:
    """Tell readings of a running transaction so often, or (`every` None) of these measurands, the most important one first.

    Accepted, it comes with a `SettingChanged`.
    """

    every: timedelta | None = None
    measurands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForListLimits:
    """Ask whether the charger uses its own list of drivers, and how long that may be; it answers with a `ListLimitsTold`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForListVersion:
    """Ask for the version of the charger's own list of drivers; it answers with a `ListVersionTold`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendList:
    """Have the charger's own list of drivers say this: as a whole, or changed by it; it has this version then.

    REJECTED: it has another version than one to which the change could be made.
    """

    version: int
    full: bool
    entries: tuple[Entry, ...] = ()
    removed: tuple[IdToken, ...] = ()


type ListCommand = AskForListLimits | ChangeSetting | AskForListVersion | SendList
"""What is done for the charger's own list of drivers."""

type Upkeep = (
    AskForTransaction
    | AskForAbilities
    | AskForSettings
    | ChangeSetting
    | TellReadings
    | AskForListLimits
    | AskForListVersion
    | SendList
)
"""What concerns the charger itself, what it remembers, its settings and its list."""

type Command = PlaceHold | DropHold | StartTransaction | StopTransaction | AskToBoot | AskForStatus | Upkeep | Order
