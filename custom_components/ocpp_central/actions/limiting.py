"""Limiting how much cars may draw, from Home Assistant.

Knows what is limited at which device, and from when on. Must not know fields of actions (`limit_services`), nor entities.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from homeassistant.util import dt as dt_util

from .. import errors
from ..audience import Place
from ..const import DOMAIN
from ..coordinator import CentralSystem
from ..core.charger import Charger
from ..core.events import Allowed, PhasesTold, TransactionId
from ..core.limits import Limit, Purpose, Unit, profile_of
from ..core.orders import AskForPhases, ClearLimit, Period, SetLimit
from ..core.phases import phases_at
from ..csms.session import Result
from ..texts import texts
from .control import plug_in_use
from .orders import carry_out, connected

_EARLY: Final = timedelta(minutes=1)
"""So much before now begins what is to be so at once, because a charger's clock is known only so well."""

_PURPOSE: Final = f"component.{DOMAIN}.selector.limit_purpose.options.{{}}"

_ANYTHING: Final = "Accepted"
_NOTHING: Final = "Unknown"


class Step(NamedTuple):
    """From when on which limit counts; `start` None: at once, `limit` None: none."""

    start: datetime | None
    limit: Limit | None


async def set_limit(  # noqa: PLR0913 - what a limit can say, each named
    central: CentralSystem,
    place: Place,
    steps: Sequence[Step],
    *,
    purpose: Purpose | None = None,
    level: int | None = None,
    every: timedelta | None = None,
) -> Result:
    """Limit a place by these steps, in their order; only the last one may have no limit, which is the end of all.

    `purpose` None: all of a charger, or whatever charges at a connector. `level` None: the usual one.
    `every`: after which time they begin anew, which they must not outlast.
    Raises translated errors.
    """
    charger = connected(central, place)
    purpose = purpose or (Purpose.DEFAULT if place.evse is not None else Purpose.CHARGE_POINT_MAX)
    here, transaction = _what(central, charger, place, purpose)
    level = charger.limits.level_for(purpose, here.evse) if level is None else level
    starts, wished = _read(steps)
    if every is not None and starts[-1] - starts[0] > every:
        raise errors.invalid("schedule_outlasts_itself")
    unit = charger.limits.unit_for(wished[0].unit)
    async with central.one_limit[place.charger]:
        limits = await _with_phases(central, charger, here, wished, unit)
        allowed: list[float | None] = [limit.amount_in(Unit.AMPERE) for limit in limits]
        order = SetLimit(
            profile=profile_of(purpose, here.evse, level),
            evse=here.evse,
            purpose=purpose,
            level=level,
            unit=unit,
            # In the charger's own time, which is the one that it goes by.
            start=starts[0] + charger.skew,
            periods=tuple(
                Period(start - starts[0], limit.amount_in(unit)) for start, limit in zip(starts, limits, strict=False)
            ),
            lasting=starts[-1] - starts[0] if len(limits) < len(starts) else None,
            phases=wished[0].phases,
            transaction=transaction,
            every=every,
            course=tuple(map(Allowed, starts, [*allowed, None], strict=False)),
        )
        return await carry_out(central, place, order)


async def clear_limit(central: CentralSystem, place: Place, purpose: Purpose | None = None) -> str:
    """Take back the limits of a place for a purpose, or (None) for all; whether there were any, in OCPP's word.

    What the charger refuses keeps none of the others: it is told by a translated error once all are asked for.
    """
    if purpose is Purpose.CHARGE_POINT_MAX:
        _refuse_connector(central, place)
    connected(central, place)
    purposes = [each for each in Purpose if place.evse is None or each is not Purpose.CHARGE_POINT_MAX]
    async with central.one_limit[place.charger]:
        results = {
            each: await central.connections.execute(place.charger, ClearLimit(evse=place.evse, purpose=each))
            for each in (purposes if purpose is None else [purpose])
        }
    left = {each: result for each, result in results.items() if not result.outcome.is_agreed}
    charger = central.name_of(place.charger)
    if left and len(left) < len(results) and all(result.word for result in left.values()):
        names = texts(central.hass, "selector")
        refused = [f"{names[_PURPOSE.format(each)]} ({result.word})" for each, result in left.items()]
        raise errors.failed("limits_left", charger=charger, limits=", ".join(refused))
    for result in left.values():
        errors.raise_unless_done(result, charger=charger)
    words = {(result.word or "").casefold() for result in results.values()}
    return _ANYTHING if _ANYTHING.casefold() in words else _NOTHING


async def _with_phases(
    central: CentralSystem, charger: Charger, place: Place, limits: Sequence[Limit], unit: Unit
) -> list[Limit]:
    """The limits with the phases that they count on: as said, as measured, or (if that matters) as the charger says.

    One that says nothing, or nothing in time, is limited as if there were those that make it the least.
    Watts that are shared by the phases become the fewest amperes where there are the most of these.
    """
    known = {
        given: limits[0].phases or phases_at(charger, place.evse, most=given is Unit.WATT)
        for given in {limit.unit for limit in limits}
    }
    if None in known.values() and any(limit.unit is not unit for limit in limits):
        evse = central.evse(place)
        question = AskForPhases(evse=place.evse, connector=None if evse is None else plug_in_use(evse))
        told = _phases_in((await central.connections.execute(place.charger, question)).told)
        known = dict.fromkeys(known, told)
    return [replace(limit, phases=known[limit.unit]) for limit in limits]


def _phases_in(told: Iterable[object]) -> int | None:
    return next((each.phases for each in told if isinstance(each, PhasesTold)), None)


def _read(steps: Sequence[Step]) -> tuple[list[datetime], list[Limit]]:
    """When each step begins, and the limits of all but perhaps the last one."""
    at_once = dt_util.utcnow() - _EARLY
    starts = [step.start or at_once for step in steps]
    limits = [step.limit for step in steps if step.limit is not None]
    ended = len(limits) < len(steps)
    in_order = all(earlier < later for earlier, later in pairwise(starts))
    if not limits or not in_order or None in [step.limit for step in steps[: len(steps) - ended]]:
        raise errors.invalid("schedule_unusable")
    return starts, limits


def _what(
    central: CentralSystem, charger: Charger, place: Place, purpose: Purpose
) -> tuple[Place, TransactionId | None]:
    """Where a limit counts, and for which transaction only."""
    if purpose is Purpose.CHARGE_POINT_MAX:
        _refuse_connector(central, place)
    if purpose is not Purpose.TRANSACTION:
        return place, None
    running = [
        evse.running for evse in charger.evses.values() if evse.running is not None and place.evse in (None, evse.evse)
    ]
    if not running:
        raise errors.invalid("nothing_to_limit", device=central.label_of(place))
    if len(running) > 1:
        raise errors.invalid("choose_connector", device=central.label_of(place))
    return Place(place.charger, running[0].evse), running[0].transaction


def _refuse_connector(central: CentralSystem, place: Place) -> None:
    if place.evse is not None:
        raise errors.invalid("not_a_charger", device=central.label_of(place))
