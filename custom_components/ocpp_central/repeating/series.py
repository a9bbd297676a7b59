"""What people ask of events that repeat: they are made, changed from one of them on, and end.

Knows which occurrences a series wants, and that whoever changes one gets all of it or nothing. Must not know how events
are read (`calendar_events`), how a rule repeats (`recurrence`), nor how a source is followed (`sources`).
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import tzinfo
from itertools import pairwise
from uuid import uuid4

from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from .. import errors, wishes
from ..coordinator import CentralSystem
from ..core.drivers import Drivers, Holder
from ..core.events import ChargerId
from ..core.in_step import Clashing, Demand, wish_of
from ..core.policy import MIN_DURATION
from ..core.reservation import Origin, Reservation, Window
from ..core.sources import Occurrence, Series, Source
from ..core.token import IdToken
from . import recurrence
from .sources import drop, follow, reach

type Several = tuple[Series, ...]
"""Series that follow each other, as those of one source do."""

type Found = Mapping[str, tuple[Series, Window]]
"""Occurrences by key, ordered by start, each with its series."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One of the occurrences of a source at a charger, with all that follow it; `key` None: all of them."""

    charger: ChargerId
    source: str
    key: str | None


async def begin(
    central: CentralSystem, charger: ChargerId, series: Series, rule: str, *, first: Reservation | None = None
) -> None:
    """Reserve whenever a series takes place; what is wanted for now is answered once the charger has given its word.

    `rule`: as it was sent. `first`: what is reserved already, and begins to repeat. Raises translated errors, and then
    nothing is left of it.
    """
    async with central.one_series:
        zone = dt_util.get_default_time_zone()
        made = await central.hass.async_add_executor_job(_ruled, series, rule, zone)
        demand = await _demand(central, charger, uuid4().hex, (made,), strict=True)
        if first is not None:
            await _follow(central, charger, replace(demand, adopted={first.uid: demand.wanted[0].key}))
            return
        present = await _reserved_now(central, charger, demand)
        try:
            await _follow(central, charger, demand)
        except HomeAssistantError:
            if present is not None:
                with suppress(HomeAssistantError):  # it may have been used, or the disk may be full
                    await wishes.cancel(central, present)
            raise


async def change(central: CentralSystem, point: Point, revise: Callable[[Series], Series], rule: str | None) -> None:
    """Change a series from a point on; reservations that move along stay the same.

    `revise`: makes of the series, as if it began there, what is wanted instead. `rule`: as it was sent; None: it shall
    not repeat any more. Raises translated errors, and then everything is as it was.
    """
    async with central.one_series:
        zone = dt_util.get_default_time_zone()
        parts = await _parted(central, point)
        wanted = revise(parts.begins)
        renewed = await central.hass.async_add_executor_job(_renewed, parts, wanted, rule, zone)
        demand = await _demand(central, point.charger, point.source, (*parts.kept, renewed), strict=True)
        await _follow(central, point.charger, replace(demand, adopted=_adopted(central, parts, renewed, demand)))


async def end(central: CentralSystem, point: Point) -> None:
    """Cancel what repeats from a point on. Raises translated errors."""
    async with central.one_series:
        parts = await _parted(central, point)
        if parts.kept:
            await follow(central, point.charger, await _demand(central, point.charger, point.source, parts.kept))
        else:
            await drop(central, point.charger, point.source)
        central.audience.wake_charger(point.charger)


async def renew(central: CentralSystem, charger: ChargerId, uid: str) -> None:
    """Reserve what has come within reach, and try again what found no room. Raises translated errors.

    What repeats for a driver who is gone is over, and so is what will not take place any more.
    """
    async with central.one_series:
        if (source := central.book(charger).sources.get(uid)) is None:
            return
        several = _with_known_drivers(central.drivers, source.series)
        over = await central.hass.async_add_executor_job(_are_over, several)
        living = (each.origin.source for each in central.book(charger).reservations.values() if each.origin)
        if not over:
            await follow(central, charger, await _demand(central, charger, uid, several))
        elif uid not in living or not several:
            await drop(central, charger, uid)
        if central.book(charger).sources.get(uid) is not source:
            central.audience.wake_charger(charger)


def whose(reservations: Iterable[Reservation], source: Source, key: str) -> Reservation | None:
    """The reservation of an occurrence."""
    origin = Origin(source=source.uid, key=key)
    return next((each for each in reservations if each.origin == origin), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """A source that is cut in two at a point: what is `kept`, and the series that `begins` there.

    `before`: the series that was cut.
    """

    point: Point
    kept: Several
    begins: Series
    before: Series


async def _parted(central: CentralSystem, point: Point) -> _Parts:
    """Raises a translated error if there is nothing at that point, or not any more."""
    source = central.book(point.charger).sources.get(point.source)
    several = () if source is None else source.series
    parts = await central.hass.async_add_executor_job(_parts, several, point)
    if parts is None:
        raise errors.invalid("occurrence_not_found")
    return parts


def _parts(several: Several, point: Point) -> _Parts | None:
    if point.key is None:
        return _Parts(point=point, kept=(), begins=several[0], before=several[0]) if several else None
    for number, each in reversed(tuple(enumerate(several))):
        if recurrence.contains(each, point.key):
            left = recurrence.cut_before(each, point.key)
            kept = several[:number] if left is None else (*several[:number], left)
            return _Parts(point=point, kept=kept, begins=recurrence.from_on(each, point.key), before=each)
    return None


def _ruled(series: Series, rule: str, zone: tzinfo) -> Series:
    found = recurrence.ruled(series, rule, zone)
    if recurrence.coming(found, dt_util.utcnow(), zone) is None:
        raise errors.invalid("series_never_takes_place")
    return found


def _renewed(parts: _Parts, wanted: Series, rule: str | None, zone: tzinfo) -> Series:
    if rule is None:
        return replace(wanted, rule="")
    ruled = _ruled(wanted, rule, zone)
    key = parts.point.key
    return ruled if key is None else recurrence.continued(parts.before, key, ruled)


def _are_over(several: Several) -> bool:
    now, zone = dt_util.utcnow(), dt_util.get_default_time_zone()
    return all(recurrence.coming(each, now, zone) is None for each in several)


def _with_known_drivers(drivers: Drivers, several: Several) -> Several:
    """What is left of series once those end whose drivers are gone."""
    return tuple(each for each in several if each.driver is None or drivers.get(each.driver))


def _found(several: Several, span: Window, zone: tzinfo) -> tuple[Found, str | None]:
    """What series have in a span of time, and the key of what comes next of the last one, which may be far beyond."""
    found = {key: (each, at) for each in several for key, at in recurrence.occurrences(each, span, zone).items()}
    upcoming = recurrence.coming(several[-1], span.start, zone) if several else None
    if upcoming is not None:
        found[upcoming[0]] = (several[-1], upcoming[1])
    in_order = dict(sorted(found.items(), key=lambda item: item[1][1].start))
    return in_order, None if upcoming is None else upcoming[0]


async def _demand(
    central: CentralSystem, charger: ChargerId, uid: str, several: Several, *, strict: bool = False
) -> Demand:
    """What series want of the time that is to be reserved, and of what was reserved beyond it already.

    Whoever has made or changed one (`strict`) gets the next occurrence in any case, so that he sees it in his calendar.
    """
    now, zone = dt_util.utcnow(), dt_util.get_default_time_zone()
    told = central.book(charger).sources.get(uid, Source(uid=uid)).told
    ahead = reach(central, now)
    span = Window(start=now, end=max([ahead, *(each.window.end for each in told.values())]))
    drivers = central.drivers
    several = _with_known_drivers(drivers, several)
    found, upcoming = await central.hass.async_add_executor_job(_found, several, span, zone)
    wanted = [
        _occurrence(key, series, at, drivers, central.house)
        for key, (series, at) in found.items()
        if at.start < ahead or key in told or (strict and key == upcoming)
    ]
    return Demand(source=uid, series=several, wanted=wanted, until=span.end, strict=strict)


def _occurrence(key: str, series: Series, at: Window, drivers: Drivers, house: IdToken) -> Occurrence:
    driver = drivers.get(series.driver)
    return Occurrence(
        key=key,
        start=at.start,
        end=at.end,
        target=series.target,
        evse=series.evse,
        connector_type=series.connector_type,
        holder=Holder(token=house) if driver is None else driver.as_holder(),
    )


def _adopted(central: CentralSystem, parts: _Parts, renewed: Series, demand: Demand) -> Mapping[str, str]:
    """Which reservations of what was cut off go on under another key, because they take place at another time."""
    point = parts.point
    living = {
        each.origin.key: each.uid
        for each in central.book(point.charger).reservations.values()
        if each.origin is not None and each.origin.source == point.source
    }
    free = {each.key for each in demand.wanted} - living.keys()
    moved = {
        uid: recurrence.renamed(parts.begins, key, renewed)
        for key, uid in living.items()
        if point.key is None or key >= point.key
    }
    return {uid: key for uid, key in moved.items() if key is not None and key in free}


async def _reserved_now(central: CentralSystem, charger: ChargerId, demand: Demand) -> Reservation | None:
    """The first occurrence, reserved as one is that is wanted for now; None if it is to come. Raises as that does."""
    now = dt_util.utcnow()
    first = next(iter(demand.wanted), None)
    if first is None or first.start > now or first.end - now < MIN_DURATION:
        return None
    wish = wish_of(first, demand.source, charger, patient=False)
    return await wishes.reserve(central, wish)


async def _follow(central: CentralSystem, charger: ChargerId, demand: Demand) -> None:
    try:
        await follow(central, charger, demand)
    except Clashing as clashing:
        overlaps = any(one.end > other.start for one, other in pairwise(demand.wanted))
        raise errors.clashing(clashing, charger=central.name_of(charger), with_itself=overlaps) from clashing
    central.audience.wake_charger(charger)
