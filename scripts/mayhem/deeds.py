"""What callers and drivers do while the home is killed, and what they learn of it.

Must not know when it is killed.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime, timedelta
from typing import Any

from .promises import SLACK, Claim, Place, Promise, Target, Terms
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


_PLUG = "sType2"
"""The only type of connector that the simulated chargers have."""

_BESIDE_THE_CHARGER: Mapping[Target, Mapping[str, Any]] = {
    Target.ANY: {},
    Target.CONNECTOR_TYPE: {"connector_type": _PLUG},
    Target.WHOLE_CHARGER: {"whole_charger": True},
}
"""What a caller says beside the charger to reserve this of it."""


def connector(world: World) -> Claim | None:
    """A connector where nothing is reserved and no car is."""
    places = world.free_places()
    return _at(world.dice.choice(places)) if places else None


def any_connector(world: World) -> Claim | None:
    """Any connector of a charger that seems to have one for it."""
    chargers = [charger for charger, count in world.room().items() if count > 0]
    return Claim(world.dice.choice(chargers), Target.ANY) if chargers else None


def any_of_a_type(world: World) -> Claim | None:
    """Any connector of a charger that has told which plugs it has, which 1.6 cannot."""
    chargers = [charger for charger, count in world.room().items() if count > 0 and world.tells_plugs(charger)]
    return Claim(world.dice.choice(chargers), Target.CONNECTOR_TYPE) if chargers else None


def whole_charger(world: World) -> Claim | None:
    """A charger of which nothing is reserved and where no car is."""
    size = Counter(place.charger for place in world.places)
    chargers = [charger for charger, count in world.room().items() if count == size[charger]]
    return Claim(world.dice.choice(chargers), Target.WHOLE_CHARGER) if chargers else None


TARGETS: tuple[tuple[Callable[[World], Claim | None], int], ...] = (
    (connector, 12),
    (any_connector, 4),
    (any_of_a_type, 2),
    (whole_charger, 3),
)
"""What is reserved, and how often it is thought of; a charger that is free as a whole is rare."""


def reserve(world: World) -> Coroutine[Any, Any, None] | None:
    """Reserve something from now on, by whichever way of holding it."""
    return _reserve(world, claim, start=None) if (claim := _claim(world)) is not None else None


def plan(world: World) -> Coroutine[Any, Any, None] | None:
    """Reserve something from a coming moment on."""
    if (claim := _claim(world)) is None:
        return None
    return _reserve(world, claim, start=_whole(now() + _SOON + _seconds(world, _HORIZON)))


def plan_soon(world: World) -> Coroutine[Any, Any, None] | None:
    """Reserve something from the next moment on."""
    return _reserve(world, claim, start=_whole(now() + _SOON)) if (claim := _claim(world)) is not None else None


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
    if not (promises := usable(world)):
        return None
    promise = world.dice.choice(promises)
    return _use(world, promise, world.dice.choice(world.open_to(promise)))


def usable(world: World) -> list[Promise]:
    """The promises whose holders could come and charge."""
    begun = [each for each in _with_time_left(world) if each.terms.start < now() - SLACK]
    return [each for each in begun if world.open_to(each)]


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
    """Move it to another connector of its charger, or name the one of several that it is to have from now on."""
    places = [place for place in world.free_places(beside=promise) if place.charger == promise.charger]
    claims = [claim for claim in map(_at, places) if claim != promise.terms.claim]
    terms = other_end(world, promise)
    return terms._replace(claim=world.dice.choice(claims)) if claims and terms else None


def anywhere(world: World, promise: Promise) -> Terms | None:
    """Have any connector of its charger do instead of the one that it is for."""
    terms = other_end(world, promise) if promise.terms.claim.target is Target.CONNECTOR else None
    return terms._replace(claim=Claim(promise.charger, Target.ANY)) if terms else None


def handed_over(world: World, promise: Promise) -> Terms | None:
    """Give it to somebody else, for another time: its end is all that tells whether that was done."""
    terms = other_end(world, promise)
    return terms._replace(token=_holder(world)) if terms else None


AMENDMENTS: tuple[tuple[Amendment, int], ...] = (
    (other_end, 3),
    (later, 2),
    (elsewhere, 2),
    (anywhere, 1),
    (handed_over, 2),
)
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


async def _reserve(world: World, claim: Claim, start: datetime | None) -> None:
    dice, begins = world.dice, start or now()
    terms = Terms(
        claim=claim,
        token=_holder(world),
        start=begins,
        end=_unused(world, claim.charger, _whole(begins + SHORTEST + _seconds(world, _SPREAD))),
    )
    fields = {
        **_named(world, claim),
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
        promise.granted(answer.response["uid"], answer.response["evse"])
    elif answer.error is not None:
        world.refused.append(answer.error)
        promise.over()


async def _amend(world: World, promise: Promise, terms: Terms) -> None:
    before = promise.terms
    terms = terms._replace(end=_unused(world, promise.charger, terms.end))
    fields: dict[str, Any] = {"uid": promise.uid, "end": terms.end.isoformat()}
    if terms.start != before.start:
        fields["start"] = terms.start.isoformat()
    if terms.claim != before.claim:
        fields |= _named(world, terms.claim)
    if terms.token != before.token:
        fields |= {"id_token": terms.token, "id_token_type": TOKEN_TYPE}
    promise.amending(terms)
    world.note(f"amend {promise.uid} {before} for {before.token}: {terms} for {terms.token}")
    answer = await world.home.act("update_reservation", fields)
    world.note(f"amend {promise.uid}: {answer}")
    if answer.response is not None:
        promise.amended_as_asked(answer.response["evse"])
    elif answer.error is not None:
        world.refused.append(answer.error)
        promise.left_as_it_was()


async def _cancel(world: World, promise: Promise) -> None:
    fields: dict[str, Any] = {"uid": promise.uid}
    # Half of them say where, which only tells what has begun; who has any connector is sure only of his uid.
    begun, claim = promise.terms.start < now() - SLACK, promise.terms.claim
    if begun and not claim.takes_any and world.dice.random() < 0.5:  # noqa: PLR2004
        fields = {"device_id": world.home.device(claim.charger, claim.evse)}
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


async def _use(world: World, promise: Promise, place: Place) -> None:
    charger = world.chargers[place.charger]
    promise.starting()
    world.visited.add(place)
    world.note(f"{promise.token} comes to {place}")
    may_charge = await charger.start(place.evse, promise.token, TOKEN_TYPE)
    running = charger.transactions.get(place.evse)
    promise.charged = running is not None and running.token is not None and running.token.value == promise.token
    world.note(f"{promise.token} may charge: {may_charge}")


async def _leave(world: World, place: Place) -> None:
    charger = world.chargers[place.charger]
    if (promise := world.used_at(place)) is not None:
        promise.ending()
    world.note(f"the car at {place} leaves")
    await charger.unplug(place.evse)
    world.note(f"the car at {place} has left")


async def _walk_up(world: World, place: Place) -> None:
    charger, token = world.chargers[place.charger], f"WALKER{world.next_number():04}"
    world.visited.add(place)
    world.note(f"{token} comes to {place}")
    may_charge = await charger.start(place.evse, token, TOKEN_TYPE)
    world.note(f"{token} may charge: {may_charge}")


def _claim(world: World) -> Claim | None:
    kinds, weights = zip(*TARGETS, strict=True)
    claims = (kind(world) for kind in world.dice.choices(kinds, weights, k=_ATTEMPTS))
    return next((claim for claim in claims if claim is not None), None)


def _at(place: Place) -> Claim:
    return Claim(place.charger, Target.CONNECTOR, place.evse)


def _named(world: World, claim: Claim) -> dict[str, Any]:
    """The fields of an action that name what is claimed."""
    return {"device_id": world.home.device(claim.charger, claim.evse), **_BESIDE_THE_CHARGER.get(claim.target, {})}


def _with_time_left(world: World) -> list[Promise]:
    return [each for each in world.standing() if each.end > now() + _TIME_LEFT]


def _unused(world: World, charger: str, end: datetime) -> datetime:
    """The end, or the next second at which no reservation of this charger has ended or will."""
    ends = {terms.end for each in world.promises.made if each.charger == charger for terms in each.versions}
    while end in ends:
        end += timedelta(seconds=1)
    return end


def _holder(world: World) -> str:
    return f"HOLDER{world.next_number():04}"


def _whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def _seconds(world: World, most: int) -> timedelta:
    return timedelta(seconds=world.dice.randint(0, most))
