"""What moving, extending, shortening or handing over a reservation makes of it and of the charger's hold.

Knows which part of a changed reservation the charger must be told again. Must not know other reservations, nor how a
window begins (`steps`).

The theory. The promise changes at once, since it is ours; the charger's hold follows. At the same EVSE the hold keeps
its wire id, because placing it again replaces it without a moment in which a stranger could slip in (1.6 section 5.13,
H01.FR.02); until the charger agrees it is `outdated`. A hold that is not needed where it is becomes a ghost, which goes
before the next one is placed, so that a charger with one hold for each token can agree.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from .binding import holds_at, places
from .events import EvseId
from .page import Page
from .policy import MIN_DURATION, Policy
from .refusal import Reason, Refusal
from .reservation import Cause, Hold, HoldState, News, Reservation, Status, Target, Window, whole_seconds
from .token import IdToken

_FIRST = datetime(2, 1, 1, tzinfo=UTC)
_LAST = datetime(9998, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """What is to be different of a reservation; None: it stays.

    `evse` means that one, `target` any (of a `connector_type`), or the whole charger.
    A new `start` alone moves the window as a whole. `duration` counts from the start, and `end` wins over it. A new
    `token` comes with its own `group` and `driver`.
    """

    evse: EvseId | None = None
    target: Target | None = None
    connector_type: str | None = None
    token: IdToken | None = None
    group: str | None = field(default=None, repr=False)
    driver: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    duration: timedelta | None = None


def amended(reservation: Reservation, amendment: Amendment, policy: Policy, now: datetime) -> Reservation:
    """The reservation as it is wanted, its holds untouched; the same one if nothing would differ.

    Raises `Refusal` for a window out of the owner's bounds: what is left of it counts as of a new one (ocpp.md 5.5).
    """
    window = _window(reservation.window, amendment, now)
    if window != reservation.window:
        _check(window, policy, now)
    wanted = replace(
        _moved(reservation, amendment),
        token=reservation.token if amendment.token is None else amendment.token,
        group=reservation.group if amendment.token is None else amendment.group,
        driver=reservation.driver if amendment.token is None else amendment.driver,
        window=window,
    )
    if wanted.takes_any and (window.start > now or reservation.status is Status.SCHEDULED):
        wanted = replace(wanted, evse=None)
    return reservation if wanted == reservation else replace(wanted, updated=now)


def rewrite(page: Page, wanted: Reservation) -> Reservation:
    """Write what is wanted of a living reservation instead of what it was; it stays scheduled if it was.

    One that has begun and is to begin later is scheduled again.
    """
    before = page.reservations[wanted.uid]
    begins_later = wanted.window.start > page.now
    if (wanted.target, wanted.evse) != (before.target, before.evse):
        wanted = replace(wanted, at_risk=False)
    if _told(wanted) != _told(before):
        wanted = replace(wanted, holds={place: outdated(hold) for place, hold in wanted.holds.items()})
    if begins_later:
        wanted = replace(wanted, holds=holds_at(page, wanted, ()))
    elif before.status is not Status.SCHEDULED:
        wanted = replace(wanted, holds=holds_at(page, wanted, places(page, wanted)))
    if wanted.holds.keys() != before.holds.keys():
        wanted = replace(wanted, presented_at=None, tried=())
    if wanted.holds != before.holds:
        wanted = replace(wanted, last_outcome=None)
    if begins_later and before.status is not Status.SCHEDULED:
        return page.move(wanted, Cause.POSTPONED)
    page.tell(wanted, News.CHANGED)
    return wanted


def outdated(hold: Hold) -> Hold:
    """The hold once it is to be placed again at the same EVSE. What the charger cannot have is not outdated."""
    if not hold.may_stand:
        return hold
    state = HoldState.PENDING if hold.state is HoldState.HELD else hold.state
    return replace(hold, state=state, outdated=True, overtaken=hold.under_way)


def _moved(reservation: Reservation, amendment: Amendment) -> Reservation:
    """The reservation for what it is to be for; one that may have any keeps the EVSE that it has, if it has one."""
    if amendment.evse is not None:
        return replace(reservation, target=Target.CONNECTOR, evse=amendment.evse, connector_type=None, planned=None)
    match amendment.target:
        case None:
            return reservation
        case Target.WHOLE_CHARGER:
            return replace(reservation, target=Target.WHOLE_CHARGER, evse=None, connector_type=None, planned=None)
        case target:
            return replace(reservation, target=target, connector_type=amendment.connector_type)


def _window(present: Window, amendment: Amendment, now: datetime) -> Window:
    """A start that has passed means now, unless it is the one that the reservation has."""
    start, end = present.start, present.end
    if amendment.start is not None and whole_seconds(amendment.start) != start:
        start = whole_seconds(max(amendment.start, now))
    if amendment.end is not None:
        end = whole_seconds(amendment.end)
    elif amendment.duration is not None:
        end = _plus(start, amendment.duration)
    elif start != present.start:
        end = _plus(start, present.duration)
    return Window(start=start, end=end)


def _plus(start: datetime, duration: timedelta) -> datetime:
    """The end of a window, within the years that exist in every zone."""
    try:
        return whole_seconds(start + duration)
    except OverflowError:
        return _LAST if duration > timedelta(0) else _FIRST


def _check(window: Window, policy: Policy, now: datetime) -> None:
    left = window.end - max(window.start, whole_seconds(now))
    if left <= timedelta(0):
        raise Refusal(Reason.IN_PAST, end=window.end)
    if left < MIN_DURATION:
        raise Refusal(Reason.TOO_SHORT, limit=MIN_DURATION)
    if window.duration > policy.max_duration:
        raise Refusal(Reason.TOO_LONG, limit=policy.max_duration)
    if window.start > now + policy.horizon:
        raise Refusal(Reason.BEYOND_HORIZON, limit=policy.horizon)


def _told(reservation: Reservation) -> tuple[object, ...]:
    """What of a reservation the charger of its hold is told."""
    return reservation.until, reservation.token, reservation.group
