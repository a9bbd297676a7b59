"""One reservation: what was promised, to whom, for how long, and how its life goes on.

Everything that moves a reservation's status stands in `BIRTHS` and `LIFECYCLE`; nothing else sets it. This file must
not know other reservations, chargers or the wire.

The theory. A reservation is for one EVSE, for the whole charger, or for *any* EVSE, maybe any of a type. Such a one is
*bound* to an EVSE when its window opens, unless the charger itself keeps one free for it; until then it has only a
*planned* EVSE, which shows that the promise can be kept and may change.

A reservation is *scheduled* until its window opens. It is *placing* while its first hold is being agreed
with the charger, and *active* once it binds: from then on strangers are kept out, by the charger's own hold, by the
central system, or by both. Who postpones it makes it scheduled again. The holder's start makes it *in use*; the end of
that transaction, or of the window, makes it *used*. Every other end is one of expired, cancelled, removed and rejected.

Apart from this life, the `HoldState` of each hold says what the charger's own record is known to be. A hold comes
and goes while the reservation stands: a charger that forgets, refuses or cannot hold never ends a promise by that.

A pair of status and cause that the table does not have is a fault of ours, and raises `IllegalTransition`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from .commands import Outcome
from .events import ChargerId, EvseId, TransactionId
from .token import IdToken, same_group


class Status(StrEnum):
    """Where a reservation is in its life."""

    SCHEDULED = "scheduled"
    PLACING = "placing"
    ACTIVE = "active"
    IN_USE = "in_use"
    USED = "used"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    REMOVED = "removed"
    REJECTED = "rejected"

    @property
    def is_final(self) -> bool:
        """Whether the reservation has ended."""
        return self in _FINAL

    @property
    def keeps_out(self) -> bool:
        """Whether it refuses strangers."""
        return self in _KEEPS_OUT

    @property
    def has_begun(self) -> bool:
        """Whether its window has opened and it waits for its holder."""
        return self in _HAS_BEGUN


_FINAL = frozenset({Status.USED, Status.EXPIRED, Status.CANCELLED, Status.REMOVED, Status.REJECTED})
_HAS_BEGUN = frozenset({Status.PLACING, Status.ACTIVE})
_KEEPS_OUT = frozenset({Status.PLACING, Status.ACTIVE, Status.IN_USE})


class Cause(StrEnum):
    """What moves a reservation from one status to the next."""

    PLANNED = "planned"
    """It was accepted for a window that opens later."""
    REQUESTED = "requested"
    """It was accepted for now, and the charger shall hold it."""
    SKIPPED = "skipped"
    """A source wants it, but there is no room for it."""
    TAKEN_ON = "taken_on"
    """It binds without the charger: the central system alone holds it, for good or for the time being."""
    OPENED = "opened"
    """Its window opened, and the charger shall hold it."""
    HELD = "held"
    """The charger accepted the hold."""
    REFUSED = "refused"
    """The charger did not hold it, and without that there is no reservation."""
    STARTED = "started"
    """The holder, or one of the group, started to charge."""
    FINISHED = "finished"
    """The holder's transaction ended, or the window did."""
    CANCELLED = "cancelled"
    REPLACED = "replaced"
    EXPIRED = "expired"
    POSTPONED = "postponed"
    """It had begun, and was moved to a later window."""
    GIVEN_UP = "given_up"
    """The charger dropped the hold, and it is not to be placed again."""
    CHARGER_REMOVED = "charger_removed"
    STARTED_LATE = "started_late"
    """The charger told only after the end that the holder had started within the window."""


class EndReason(StrEnum):
    """Why a reservation ended, in the words of the public API; the last one is told of an EVSE, and ends nothing."""

    EXPIRED = "Expired"
    CANCELLED = "Cancelled"
    USED = "UsedToStartCharging"
    REQUIREMENT_DROPPED = "GlobalReservationRequirementDropped"


class News(StrEnum):
    """What is published of a reservation: the types of the event entity (contract 4)."""

    SCHEDULED = "scheduled"
    PLACED = "placed"
    CHANGED = "changed"
    USED = "used"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    REMOVED = "removed"
    REJECTED = "rejected"
    BUSY = "busy"
    REQUIREMENT_DROPPED = "requirement_dropped"
    """An EVSE need not be kept free any more for those who may have any."""
    INTRUDER = "intruder"
    """Somebody else charges where it keeps others out."""
    AT_RISK = "at_risk"
    """As things are, the holder would find no EVSE that works."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """Where a cause leads, what is published of it, and the end reason that it sets."""

    to: Status
    news: News | None = None
    reason: EndReason | None = None


BIRTHS: Mapping[Cause, Transition] = {
    Cause.PLANNED: Transition(to=Status.SCHEDULED, news=News.SCHEDULED),
    Cause.REQUESTED: Transition(to=Status.PLACING),
    Cause.TAKEN_ON: Transition(to=Status.ACTIVE, news=News.PLACED),
    Cause.SKIPPED: Transition(to=Status.REJECTED, news=News.REJECTED),
}

_CANCELLED = Transition(to=Status.CANCELLED, news=News.CANCELLED, reason=EndReason.CANCELLED)
_EXPIRED = Transition(to=Status.EXPIRED, news=News.EXPIRED, reason=EndReason.EXPIRED)
_REMOVED = Transition(to=Status.REMOVED, news=News.REMOVED, reason=EndReason.CANCELLED)
_POSTPONED = Transition(to=Status.SCHEDULED, news=News.CHANGED)
_USED = Transition(to=Status.IN_USE, news=News.USED, reason=EndReason.USED)

LIFECYCLE: Mapping[tuple[Status, Cause], Transition] = {
    (Status.SCHEDULED, Cause.OPENED): Transition(to=Status.PLACING),
    (Status.SCHEDULED, Cause.TAKEN_ON): Transition(to=Status.ACTIVE, news=News.PLACED),
    (Status.SCHEDULED, Cause.CANCELLED): _CANCELLED,
    (Status.SCHEDULED, Cause.REPLACED): _CANCELLED,
    (Status.SCHEDULED, Cause.EXPIRED): _EXPIRED,
    (Status.SCHEDULED, Cause.CHARGER_REMOVED): _REMOVED,
    (Status.PLACING, Cause.HELD): Transition(to=Status.ACTIVE, news=News.PLACED),
    (Status.PLACING, Cause.TAKEN_ON): Transition(to=Status.ACTIVE, news=News.PLACED),
    (Status.PLACING, Cause.REFUSED): Transition(to=Status.REJECTED, news=News.REJECTED),
    (Status.PLACING, Cause.CANCELLED): _CANCELLED,
    (Status.PLACING, Cause.REPLACED): _CANCELLED,
    (Status.PLACING, Cause.EXPIRED): _EXPIRED,
    (Status.PLACING, Cause.POSTPONED): _POSTPONED,
    (Status.PLACING, Cause.CHARGER_REMOVED): _REMOVED,
    (Status.ACTIVE, Cause.STARTED): _USED,
    (Status.ACTIVE, Cause.CANCELLED): _CANCELLED,
    (Status.ACTIVE, Cause.REPLACED): _CANCELLED,
    (Status.ACTIVE, Cause.EXPIRED): _EXPIRED,
    (Status.ACTIVE, Cause.POSTPONED): _POSTPONED,
    (Status.ACTIVE, Cause.GIVEN_UP): _REMOVED,
    (Status.ACTIVE, Cause.CHARGER_REMOVED): _REMOVED,
    (Status.IN_USE, Cause.FINISHED): Transition(to=Status.USED),
    (Status.IN_USE, Cause.CHARGER_REMOVED): _REMOVED,
    (Status.EXPIRED, Cause.STARTED_LATE): Transition(to=Status.USED, news=News.USED, reason=EndReason.USED),
}


class IllegalTransition(Exception):
    """A cause met a reservation in a status that does not know it."""

    def __init__(self, reservation: Reservation, cause: Cause) -> None:
        """Name the reservation, its status and the cause."""
        super().__init__(
            f"reservation {reservation.uid} is {reservation.status.value}: {cause.value} cannot happen to it"
        )


class Target(StrEnum):
    """What of a charger is reserved."""

    CONNECTOR = "connector"
    """One EVSE, by its number."""
    ANY = "any"
    CONNECTOR_TYPE = "connector_type"
    """Any EVSE that has a plug of the type."""
    WHOLE_CHARGER = "whole_charger"


class HeldBy(StrEnum):
    """Who is to keep strangers out: the charger if it can, the charger or nobody, or the central system alone."""

    AUTO = "auto"
    CHARGER = "charger"
    CENTRAL_SYSTEM = "central_system"


class HoldState(StrEnum):
    """What the charger's own record of a reservation is known to be (ocpp.md 5.1)."""

    NONE = "none"
    PENDING = "pending"
    HELD = "held"
    UNCERTAIN = "uncertain"
    LOST = "lost"
    UNSUPPORTED = "unsupported"

    @property
    def is_open(self) -> bool:
        """Whether the charger is to be asked for it."""
        return self in _OPEN

    @property
    def is_doubtful(self) -> bool:
        """Whether the charger may have it all the same, though we do not count on it."""
        return self in _DOUBTFUL


_OPEN = frozenset({HoldState.PENDING, HoldState.UNCERTAIN, HoldState.LOST})
_DOUBTFUL = frozenset({HoldState.UNCERTAIN, HoldState.LOST})


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """The charger's record of a reservation at one EVSE, as far as we know it.

    `wire_id`: the reservation id on the wire. `attempts`: how often ReserveNow was sent for it on this connection.
    `not_before`: when it may be sent (again). `under_way`: a ReserveNow for it is not answered yet. `may_stand`: the
    charger may have it, so that it is to be dropped once the reservation ends. `drop_first`: the charger refused to
    replace it, so it is dropped before it is placed again. `outdated`: what may stand is not what is promised now, and
    `overtaken`: nor is what is under way. `stands_until`: the latest end that the charger may know of it,
    in our time. `early`: how often it expired too early; `lead`: how much later than ours the end is that the charger is
    told because of that, since its clock is ahead.
    """

    wire_id: int
    state: HoldState = HoldState.PENDING
    attempts: int = 0
    not_before: datetime | None = None
    under_way: bool = False
    may_stand: bool = False
    drop_first: bool = False
    outdated: bool = False
    overtaken: bool = False
    stands_until: datetime | None = None
    early: int = 0
    lead: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A half-open span of time, in UTC and whole seconds."""

    start: datetime
    end: datetime

    def overlaps(self, other: Window) -> bool:
        """Whether the two share an instant; windows that only touch do not."""
        return self.start < other.end and other.start < self.end

    @property
    def duration(self) -> timedelta:
        """How long it is."""
        return self.end - self.start


def whole_seconds(moment: datetime) -> datetime:
    """The moment in UTC without its fraction of a second: what OCPP can be trusted to carry."""
    return moment.astimezone(UTC).replace(microsecond=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What has asked for a reservation: the uid of a source (`sources`), and the key of one of its occurrences."""

    source: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """A promise that a holder finds an EVSE of a charger free within a window.

    `reservation_id` is ours and never changes; the wire ids are those of `holds`, by EVSE; None is the EVSE of a hold by
    which the charger keeps some EVSE free.
    `evse`: the one that it is for, or is bound to; None while it is bound to none, and for the whole charger.
    `planned`: one that could be its own as things are planned, while it is bound to none.
    `connector_type`: the plug that it needs, of that target only.
    `token`, `group`: the holder is whoever presents this token, or a token of this group. `driver`: the id of the
    driver that it was made for, None for a token of nobody that we know and for the house.
    `no_show`: how long after the start of the window it ends if it is not used by then (None: at the window's end).
    `awaited`: somebody waits for the charger's word and will be told a refusal, so that nothing may remain of it.
    `last_outcome`: what the charger last answered to ReserveNow. `transaction`: the holder's.
    `presented_at`: when the holder last identified at the charger; 2.x gives up its hold by that (H03.FR.09).
    `tried`: EVSEs that it was bound to in vain since it last was without a hold.
    `at_risk`: the holder would find no EVSE that works as things are.
    `supersedes`: the uids of reservations of the same holder that give way once this one binds.
    `origin`: the source that wants it; None if somebody asked for it alone.
    """

    uid: str
    reservation_id: int
    charger: ChargerId
    target: Target = Target.CONNECTOR
    connector_type: str | None = None
    evse: EvseId | None = None
    planned: EvseId | None = None
    token: IdToken
    group: str | None = field(default=None, repr=False)
    driver: str | None = None
    window: Window
    no_show: timedelta | None = None
    held_by: HeldBy = HeldBy.AUTO
    awaited: bool = False
    status: Status
    holds: Mapping[EvseId | None, Hold] = field(default_factory=dict)
    end_reason: EndReason | None = None
    last_outcome: Outcome | None = None
    transaction: TransactionId | None = None
    presented_at: datetime | None = None
    tried: tuple[EvseId, ...] = ()
    at_risk: bool = False
    supersedes: tuple[str, ...] = ()
    origin: Origin | None = None
    created: datetime
    updated: datetime

    @property
    def until(self) -> datetime:
        """When time ends it: at the no-show limit if it has one and is not in use, at the window's end at the latest."""
        if self.no_show is None or self.status is Status.IN_USE:
            return self.window.end
        return min(self.window.end, self.window.start + self.no_show)

    def binds_at(self, moment: datetime) -> bool:
        """Whether it is in force at the moment: from the start of its window until time ends it."""
        return self.window.start <= moment < self.until

    @property
    def takes_any(self) -> bool:
        """Whether it was made for no EVSE in particular, be it bound to one by now or not."""
        return self.target in _TAKES_ANY

    @property
    def is_unbound(self) -> bool:
        """Whether it is for some EVSE, and nobody knows for which."""
        return self.evse is None and self.takes_any

    def covers(self, evse: EvseId) -> bool:
        """Whether this EVSE is reserved by it."""
        return self.evse == evse or self.target is Target.WHOLE_CHARGER

    @property
    def hold(self) -> HoldState:
        """What the charger is known to hold of it, in one word; the least certain one where it has several holds."""
        states = {hold.state for hold in self.holds.values()}
        return next((state for state in _DOUBTFUL_FIRST if state in states), HoldState.NONE)

    def is_for(self, token: IdToken, group: str | None) -> bool:
        """Whether the token, or one of the group that it belongs to, is the holder's (H03.FR.01-06)."""
        return self.token.matches(token) or same_group(self.group, group)

    def is_whose(self, token: IdToken, driver: str | None) -> bool:
        """Whether its holder is the one with this token, or this driver; a group is not one holder."""
        return self.token.matches(token) or (driver is not None and self.driver == driver)

    def after(self, cause: Cause, now: datetime) -> tuple[Reservation, News | None]:
        """The reservation once `cause` has happened, and what is to be published of it.

        Whoever waited for it knows by that. Raises `IllegalTransition` for a cause that cannot happen to it.
        """
        transition = LIFECYCLE.get((self.status, cause))
        if transition is None:
            raise IllegalTransition(self, cause)
        reason = transition.reason or self.end_reason
        moved = replace(self, status=transition.to, end_reason=reason, awaited=False, updated=now)
        return moved, transition.news

    def with_hold(self, evse: EvseId | None, hold: Hold | None) -> Reservation:
        """The reservation with another hold at this EVSE, or with none."""
        holds = {number: known for number, known in self.holds.items() if number != evse}
        return replace(self, holds=holds if hold is None else {**holds, evse: hold})


_TAKES_ANY = frozenset({Target.ANY, Target.CONNECTOR_TYPE})

_DOUBTFUL_FIRST = (
    HoldState.LOST,
    HoldState.UNCERTAIN,
    HoldState.PENDING,
    HoldState.UNSUPPORTED,
    HoldState.HELD,
)
