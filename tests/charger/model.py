"""What a simulated charger is made of: versions, tokens, holds, transactions and EVSEs.

It must not know messages, connections or the rules by which these values change.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

type Json = dict[str, Any]
"""A payload as it stands on the wire: camelCase keys, JSON values."""


class Version(StrEnum):
    """The OCPP versions that a simulated charger speaks; the value is the specification's own name."""

    V16 = "1.6"
    V201 = "2.0.1"
    V21 = "2.1"

    @property
    def subprotocol(self) -> str:
        """The WebSocket subprotocol of this version."""
        return f"ocpp{self}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An ID token: its value as presented, and its type (1.6 sends the value only)."""

    value: str
    type: str = "ISO14443"

    def is_same_as(self, other: Token | None, *, compare_types: bool = True) -> bool:
        """Whether both name the same token; letters in either case (CiString20Type, IdTokenType)."""
        if other is None or self.value.casefold() != other.value.casefold():
            return False
        return not compare_types or self.type.casefold() == other.type.casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """What the charger keeps of a reservation; `evse` None means that no EVSE is named."""

    id: int
    evse: int | None
    token: str
    token_type: str = "ISO14443"
    group: str | None = None
    expiry: datetime
    connector_type: str | None = None


@dataclass(slots=True, kw_only=True)
class Transaction:
    """A transaction of this charger; `accepted` is None until the central system has judged its token.

    `key` is the charger's own name for it; `id` is what goes on the wire (1.6: unknown until StartTransaction.conf).
    `kept`: meter values that are told with its end.
    """

    key: str
    evse: int
    token: Token | None
    started: datetime
    meter_start: int
    reservation_id: int | None = None
    remote_start_id: int | None = None
    id: int | str | None = None
    seq_no: int = 0
    charging_state: str = "EVConnected"
    kept: list[Json] = field(default_factory=list)
    accepted: bool | None = None
    ended: bool = False


@dataclass(slots=True, kw_only=True)
class Authorization:
    """A token that may charge at an EVSE and waits for a car; `until` is the charger's own time."""

    token: Token
    until: datetime
    consumed_hold: int | None = None
    remote_start_id: int | None = None


@dataclass(slots=True, kw_only=True)
class Evse:
    """The state of one EVSE (1.6: connector); `forced_status` overrides the word that it reports.

    `energy_wh`: the register as it was `metered` last; since then the car is `drawing_w`, unless it pauses.
    """

    id: int
    connector_type: str
    plugged: bool = False
    operative: bool = True
    inoperative_after_use: bool = False
    faulted: bool = False
    finishing: bool = False
    forced_status: str | None = None
    authorization: Authorization | None = None
    transaction: Transaction | None = None
    energy_wh: float = 0.0
    metered: datetime | None = None
    drawing_w: float = 0.0
    car_pauses: bool = False

    @property
    def occupied(self) -> bool:
        """Whether a car or a driver has this EVSE."""
        return self.plugged or self.transaction is not None or self.authorization is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A charging profile; `evse` 0 is the charger as a whole. `told`: as it came on the wire.

    `begins`: when its schedule does; None: with the transaction.
    """

    id: int
    evse: int
    purpose: str
    level: int
    unit: str
    transaction: int | str | None
    begins: datetime | None
    schedule: Json
    told: Json


class Received(NamedTuple):
    """A CALL that came from the central system."""

    action: str
    payload: Json


class Sent(NamedTuple):
    """A CALL of the charger with the answer to it, or the CALLERROR code (or `"no answer"`, `"disconnected"`)."""

    action: str
    payload: Json
    answer: Json | None
    error: str | None


class Judgement(NamedTuple):
    """What the central system (or a list of the charger) says of a token; `evses` None means every EVSE."""

    status: str
    group: str | None = None
    evses: frozenset[int] | None = None

    def allows(self, evse: int) -> bool:
        """Whether the token may charge at `evse` (2.x: C01.FR.20, .21)."""
        return self.status == "Accepted" and (self.evses is None or evse in self.evses)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A CALL to be sent: wire payload and, where it belongs to one, the transaction's key."""

    action: str
    payload: Json = field(default_factory=dict)
    transaction: str | None = None


type Readings = Mapping[str, float]
"""Measurand to value, in the units of OCPP's defaults (Wh, W, A, V, Percent)."""


class Trigger(StrEnum):
    """Why a transaction begins."""

    TOKEN = "token"
    CABLE = "cable"
    REMOTE = "remote"


class Stop(StrEnum):
    """Why a transaction ends."""

    LOCAL = "local"
    REMOTE = "remote"
    UNPLUGGED = "unplugged"
    DEAUTHORIZED = "deauthorized"
    REBOOT = "reboot"
    POWER_LOSS = "power_loss"
    TIMEOUT = "timeout"
    FAULT = "fault"
    UNLOCK = "unlock"
