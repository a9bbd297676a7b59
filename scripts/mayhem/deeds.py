"""What callers and drivers do while the home is killed, and what they learn of it.

Must not know when it is killed.
"""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

from .promises import Place, Promise
from .world import World, now

TOKEN_TYPE = "ISO14443"  # noqa: S105  the kind of a token

type Deed = Callable[[World], Coroutine[Any, Any, None] | None]
"""Begins something, or gives None where the world has no opportunity for it."""

_SHORTEST, _LONGEST = 61, 120
"""Seconds of a reservation: short, so that some end in every round."""

_ATTEMPTS = 12
"""How many deeds are thought of; some of them find no opportunity."""

_TIME_TO_START = timedelta(seconds=5)


def reserve(world: World) -> Coroutine[Any, Any, None] | None:
    """Reserve a free place, by whichever way of holding it."""
    places = world.free_places()
    return _reserve(world, world.dice.choice(places)) if places else None


def cancel(world: World) -> Coroutine[Any, Any, None] | None:
    """Cancel what waits for its holder."""
    promises = world.standing()
    return _cancel(world, world.dice.choice(promises)) if promises else None


def use(world: World) -> Coroutine[Any, Any, None] | None:
    """Have a holder come and charge."""
    promises = [
        each for each in world.standing() if each.end > now() + _TIME_TO_START and not world.occupied(each.place)
    ]
    return _use(world, world.dice.choice(promises)) if promises else None


def leave(world: World) -> Coroutine[Any, Any, None] | None:
    """Have a driver who charges drive away."""
    places = [Place(name, evse) for name, charger in world.chargers.items() for evse in charger.transactions]
    return _leave(world, world.dice.choice(places)) if places else None


def walk_up(world: World) -> Coroutine[Any, Any, None] | None:
    """Have somebody charge where nothing is reserved."""
    places = world.free_places()
    return _walk_up(world, world.dice.choice(places)) if places else None


async def _reserve(world: World, place: Place) -> None:
    dice, number = world.dice, world.next_number()
    end = now().replace(microsecond=0) + timedelta(seconds=dice.randint(_SHORTEST, _LONGEST))
    while any((each.place, each.end) == (place, end) for each in world.promises.made):
        end += timedelta(seconds=1)  # place and end are all by which one is known that was not answered
    promise = Promise(place=place, token=f"HOLDER{number:04}", end=end)
    fields: dict[str, Any] = {
        "device_id": world.home.device(*place),
        "id_token": promise.token,
        "id_token_type": TOKEN_TYPE,
        "end": end.isoformat(),
        "held_by": dice.choices(("auto", "charger", "central_system"), (6, 2, 1))[0],
    }
    if dice.random() < 0.2:  # noqa: PLR2004  one in five callers brings an id
        fields["reservation_id"] = 1_000_000 + number
    world.promises.made.append(promise)
    world.note(f"reserve {place} for {promise.token} until {end}, {fields['held_by']}")
    answer = await world.home.act("reserve_now", fields)
    world.note(f"reserve {promise.token}: {answer}")
    if answer.response is not None:
        promise.granted(answer.response["uid"])
    elif answer.error is not None:
        world.refused.append(answer.error)
        promise.over()


async def _cancel(world: World, promise: Promise) -> None:
    fields: dict[str, Any] = {"uid": promise.uid}
    if world.dice.random() < 0.5:  # noqa: PLR2004  half of them say where
        fields = {"device_id": world.home.device(*promise.place)}
    before = promise.fates
    promise.ending()
    world.note(f"cancel {promise.uid} at {promise.place}")
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


DEEDS: tuple[tuple[Deed, int], ...] = ((reserve, 5), (cancel, 4), (use, 4), (leave, 3), (walk_up, 1))
"""Each deed and how often it is chosen."""


def begin(world: World, count: int) -> list[asyncio.Task[None]]:
    """Begin so many deeds at once, no two with one reservation, as far as there are opportunities."""
    deeds, weights = zip(*DEEDS, strict=True)
    tasks: list[asyncio.Task[None]] = []
    for deed in world.dice.choices(deeds, weights, k=_ATTEMPTS):
        if len(tasks) < count and (work := deed(world)) is not None:
            # Started eagerly: what it does to the world narrows the next one's choice.
            tasks.append(asyncio.Task(work, loop=asyncio.get_running_loop(), eager_start=True))
    return tasks
