"""What callers and drivers do while the home is killed, and what they learn of it.

Must not know when it is killed.
"""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from .promises import SLACK, Place, Promise, Terms
from .world import World, now

TOKEN_TYPE = "ISO14443"  # noqa: S105  the kind of a token

type Deed = Callable[[World], Coroutine[Any, Any, None] | None]
"""Begins something, or gives None where the world has no opportunity for it."""

type Amendment = Callable[[World, Promise], Terms | None]
"""Other terms for a promise, or None where there are none of this kind."""

SHORTEST = timedelta(seconds=61)
"""Of a reservation; so short that some end in every other round."""

_SPREAD = 40
"""Seconds by which some last longer."""

_SOON = timedelta(seconds=3)
"""How far ahead a reservation is planned at least."""

_HORIZON = 30
"""Seconds by which some are planned further ahead."""

_ATTEMPTS = 12
"""How many deeds are thought of; some of them find no opportunity."""

_TIME_LEFT = timedelta(seconds=5)
"""What is done to a reservation is done so long before its end."""


class Target(NamedTuple):
    """What a caller names to reserve it: the fields of the action, and where the reservation then is."""

    place: Place
    fields: dict[str, Any]


def connector(world: World) -> Target | None:
    """A connector where nothing is reserved and no car is."""
    places = world.free_places()
    if not places:
        return None
    place = world.dice.choice(places)
    return Target(place, {"device_id": world.home.device(*place)})


TARGETS: tuple[tuple[Callable[[World], Target | None], int], ...] = ((connector, 1),)
"""What is reserved, and how often. Whatever can be reserved has its line here, and shows in `Terms.place`."""


def reserve(world: World) -> Coroutine[Any, Any, None] | None:
    """Reserve something from now on, by whichever way of holding it."""
    return _reserve(world, target, start=None) if (target := _target(world)) is not None else None


def plan(world: World) -> Coroutine[Any, Any, None] | None:
    """Reserve something from a coming moment on."""
    if (target := _target(world)) is None:
        return None
    return _reserve(world, target, start=_whole(now() + _SOON + _seconds(world, _HORIZON)))


def plan_soon(world: World) -> Coroutine[Any, Any, None] | None:
    """Reserve something from the next moment on."""
    return _reserve(world, target, start=_whole(now() + _SOON)) if (target := _target(world)) is not None else None


def amend(world: World) -> Coroutine[Any, Any, None] | None:
    """Give what waits for its holder another end, start, place or holder."""
    if not (promises := _with_time_left(world)):
        return None
    promise = world.dice.choice(promises)
    kinds, weights = zip(*AMENDMENTS, strict=True)
    for kind in world.dice.choices(kinds, weights, k=_ATTEMPTS):
        if (terms := kind(world, promise)) is not None:
            return _amend(world, promise, terms)
    return None


def cancel(world: World) -> Coroutine[Any, Any, None] | None:
    """Cancel what waits for its holder."""
    promises = world.standing()
    return _cancel(world, world.dice.choice(promises)) if promises else None


def use(world: World) -> Coroutine[Any, Any, None] | None:
    """Have a holder come and charge."""
    promises = usable(world)
    return _use(world, world.dice.choice(promises)) if promises else None


def usable(world: World) -> list[Promise]:
    """The promises whose holders could come and charge."""
    begun = [each for each in _with_time_left(world) if each.terms.start < now() - SLACK]
    return [each for each in begun if not world.occupied(each.place)]


def leave(world: World) -> Coroutine[Any, Any, None] | None:
    """Have a driver who charges drive away."""
    places = [Place(name, evse) for name, charger in world.chargers.items() for evse in charger.transactions]
    return _leave(world, world.dice.choice(places)) if places else None


def walk_up(world: World) -> Coroutine[Any, Any, None] | None:
    """Have somebody charge where nothing is reserved."""
    places = world.free_places()
    return _walk_up(world, world.dice.choice(places)) if places else None


def other_end(world: World, promise: Promise) -> Terms | None:
    """Make it longer or shorter: what is left of it counts as of a new one."""
    earliest = max(promise.terms.start, now()) + SHORTEST
    return promise.terms._replace(end=_whole(earliest + _seconds(world, _SPREAD)))


def later(world: World, promise: Promise) -> Terms | None:
    """Move it to a window that has not begun."""
    start = _whole(now() + _SOON + _seconds(world, _HORIZON))
    return promise.terms._replace(start=start, end=_whole(start + SHORTEST + _seconds(world, _SPREAD)))


def elsewhere(world: World, promise: Promise) -> Terms | None:
    """Move it to another connector of its charger."""
    places = [place for place in world.free_places() if place.charger == promise.place.charger]
    terms = other_end(world, promise)
    return terms._replace(place=world.dice.choice(places)) if places and terms else None


def handed_over(world: World, promise: Promise) -> Terms | None:
    """Give it to somebody else, for another time: its end is all that tells whether that was done."""
    terms = other_end(world, promise)
    return terms._replace(token=_holder(world)) if terms else None


AMENDMENTS: tuple[tuple[Amendment, int], ...] = ((other_end, 3), (later, 2), (elsewhere, 2), (handed_over, 2))
"""Each way to change a reservation, and how often it is chosen."""

DEEDS: tuple[tuple[Deed, int], ...] = (
    (reserve, 5),
    (plan, 3),
    (amend, 4),
    (cancel, 3),
    (use, 4),
    (leave, 3),
    (walk_up, 1),
)
"""Each deed and how often it is chosen."""


def begin(world: World, count: int, *, first: Deed) -> list[asyncio.Task[None]]:
    """Begin so many deeds at once, no two with one reservation, as far as there are opportunities.

    `first` is the first one; there are none without it.
    """
    tasks: list[asyncio.Task[None]] = []
    deeds, weights = zip(*DEEDS, strict=True)
    for deed in (first, *world.dice.choices(deeds, weights, k=_ATTEMPTS)):
        work = deed(world) if len(tasks) < count else None
        if work is not None:
            world.tally[deed.__name__] += 1
            # Started eagerly: what it does to the world narrows the next one's choice.
            tasks.append(asyncio.Task(work, loop=asyncio.get_running_loop(), eager_start=True))
        elif not tasks:
            break
    return tasks


async def _reserve(world: World, target: Target, start: datetime | None) -> None:
    dice, begins = world.dice, start or now()
    terms = Terms(
        place=target.place,
        token=_holder(world),
        start=begins,
        end=_unused(world, target.place, _whole(begins + SHORTEST + _seconds(world, _SPREAD))),
    )
    fields = {
        **target.fields,
        "id_token": terms.token,
        "id_token_type": TOKEN_TYPE,
        "end": terms.end.isoformat(),
        "held_by": dice.choices(("auto", "charger", "central_system"), (6, 2, 1))[0],
    }
    if start is not None:
        fields["start"] = start.isoformat()
    if dice.random() < 0.2:  # noqa: PLR2004  one in five callers brings an id
        fields["reservation_id"] = 1_000_000 + world.next_number()
    promise = Promise(terms=terms)
    world.promises.made.append(promise)
    world.note(f"reserve for {terms.token} {terms}, {fields['held_by']}")
    answer = await world.home.act("reserve_now", fields)
    world.note(f"reserve {terms.token}: {answer}")
    if answer.response is not None:
        promise.granted(answer.response["uid"])
    elif answer.error is not None:
        world.refused.append(answer.error)
        promise.over()


async def _amend(world: World, promise: Promise, terms: Terms) -> None:
    before = promise.terms
    terms = terms._replace(end=_unused(world, terms.place, terms.end))
    fields: dict[str, Any] = {"uid": promise.uid, "end": terms.end.isoformat()}
    if terms.start != before.start:
        fields["start"] = terms.start.isoformat()
    if terms.place != before.place:
        fields["device_id"] = world.home.device(*terms.place)
    if terms.token != before.token:
        fields |= {"id_token": terms.token, "id_token_type": TOKEN_TYPE}
    promise.amending(terms)
    world.note(f"amend {promise.uid} {before} for {before.token}: {terms} for {terms.token}")
    answer = await world.home.act("update_reservation", fields)
    world.note(f"amend {promise.uid}: {answer}")
    if answer.response is not None:
        promise.amended_as_asked()
    elif answer.error is not None:
        world.refused.append(answer.error)
        promise.left_as_it_was()


async def _cancel(world: World, promise: Promise) -> None:
    fields: dict[str, Any] = {"uid": promise.uid}
    # Half of them say where, which only tells what has begun.
    if promise.terms.start < now() - SLACK and world.dice.random() < 0.5:  # noqa: PLR2004
        fields = {"device_id": world.home.device(*promise.place)}
    before = promise.fates
    promise.ending()
    world.note(f"cancel {promise.uid} {promise.terms}")
    answer = await world.home.act("cancel_reservation", fields)
    world.note(f"cancel {promise.uid}: {answer}")
    if answer.response is not None:
        promise.over()
    elif answer.error is not None:
        world.refused.append(answer.error)
        promise.fates = before


async def _use(world: World, promise: Promise) -> None:
    charger, evse = world.chargers[promise.place.charger], promise.place.evse
    promise.starting()
    world.note(f"{promise.token} comes to {promise.place}")
    may_charge = await charger.start(evse, promise.token, TOKEN_TYPE)
    running = charger.transactions.get(evse)
    promise.charged = running is not None and running.token is not None and running.token.value == promise.token
    world.note(f"{promise.token} may charge: {may_charge}")


async def _leave(world: World, place: Place) -> None:
    charger = world.chargers[place.charger]
    if (promise := world.promised(place)) is not None:
        promise.ending()
    world.note(f"the car at {place} leaves")
    await charger.unplug(place.evse)
    world.note(f"the car at {place} has left")


async def _walk_up(world: World, place: Place) -> None:
    charger, token = world.chargers[place.charger], f"WALKER{world.next_number():04}"
    world.note(f"{token} comes to {place}")
    may_charge = await charger.start(place.evse, token, TOKEN_TYPE)
    world.note(f"{token} may charge: {may_charge}")


def _target(world: World) -> Target | None:
    kinds, weights = zip(*TARGETS, strict=True)
    targets = (kind(world) for kind in world.dice.choices(kinds, weights, k=_ATTEMPTS))
    return next((target for target in targets if target is not None), None)


def _with_time_left(world: World) -> list[Promise]:
    return [each for each in world.standing() if each.end > now() + _TIME_LEFT]


def _unused(world: World, place: Place, end: datetime) -> datetime:
    """The end, or the next second at which no reservation of this place has ended or will."""
    ends = {terms.end for each in world.promises.made for terms in each.versions if terms.place == place}
    while end in ends:
        end += timedelta(seconds=1)
    return end


def _holder(world: World) -> str:
    return f"HOLDER{world.next_number():04}"


def _whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def _seconds(world: World, most: int) -> timedelta:
    return timedelta(seconds=world.dice.randint(0, most))
