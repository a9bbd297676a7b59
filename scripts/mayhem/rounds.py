"""One round: deeds, the kill, the next start, and what is wrong then.

Must not know how any of it is done.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
import time

from tests.charger import AnswerScript, Behaviour, Fault

from . import deeds, moments
from .promises import Place, Promise
from .world import World, now

_AGREED_WITHIN = 45.0
"""Seconds after the start: a charger that reports nothing is asked after 10 and not waited for after 30."""

_END_IS_NEAR = timedelta(seconds=6)
_WELL_FILLED = 5
_MANY_CARS = 4
_QUIET = 0.1  # seconds between two looks

_FAULTS: tuple[AnswerScript, ...] = (None, None, None, Fault.UNANSWERED, Fault.SILENT, Fault.LATE)
"""How chargers answer ReserveNow and CancelReservation in the round's last moments."""

_COMEBACKS: Mapping[str, int] = {
    "reboots and forgets its holds": 1,
    "reboots": 2,
    "reports all": 6,
    "is silent": 1,
}
"""What a charger does once the home is back, and how often."""


@dataclass(slots=True, kw_only=True)
class Report:
    """What came of a round."""

    killed: str = ""
    deeds: int = 0
    wrong: list[str] = field(default_factory=list)
    start_seconds: float = 0.0
    agreed_seconds: float = 0.0


async def play(world: World) -> Report:
    """Play one round with a home that runs; it runs again at the end of it."""
    report = Report()
    report.wrong += await _prepare(world)
    faults = world.dice.choice(_FAULTS), world.dice.choice(_FAULTS)
    world.behave(Behaviour(reserve_answer=faults[0], cancel_answer=faults[1]))
    tasks = await _until_kill(world, report)
    await world.home.kill()
    world.note(f"killed {report.killed}, chargers answer {faults}")
    await _let_go(world)
    world.behave(Behaviour())
    await asyncio.wait_for(asyncio.gather(*tasks), 30)
    await world.home.close()
    await _meanwhile(world)
    begun = time.monotonic()
    await world.home.start()
    report.start_seconds = time.monotonic() - begun
    report.wrong += world.promises.judge(await world.home.reservations(), now(), settled=False)
    report.wrong += await _agreement(world)
    report.agreed_seconds = time.monotonic() - begun - report.start_seconds
    report.wrong += world.wrong_ids() + world.home.new_errors()
    for what in report.wrong:
        world.note(f"WRONG: {what}")
    return report


async def _prepare(world: World) -> list[str]:
    """Have enough reservations that something can happen to them, and not too many cars in the way; what is wrong."""
    await world.clear()
    cars = [charger.transactions for charger in world.chargers.values()]
    while sum(map(len, cars)) > _MANY_CARS and (work := deeds.leave(world)) is not None:
        await work
        cars = [charger.transactions for charger in world.chargers.values()]
    wrong = await _settled(world)
    while len(world.standing()) < _WELL_FILLED and (work := deeds.reserve(world)) is not None:
        await work
    return wrong


async def _until_kill(world: World, report: Report) -> list[asyncio.Task[None]]:
    """Begin the deeds of the round, and return at the moment of the kill."""
    near: Promise | None = min(
        (each for each in world.standing() if each.end < now() + _END_IS_NEAR), key=lambda each: each.end, default=None
    )
    if near is not None and near.end > now() and world.dice.random() < 0.5:  # noqa: PLR2004  half of the opportunities
        report.killed = await moments.at_end(world, near.end)
        return []
    moment = world.dice.choice((moments.any_moment, moments.at_save, moments.at_send))
    waiting = asyncio.ensure_future(moment(world))
    await asyncio.sleep(0)
    tasks = deeds.begin(world, world.dice.choices((1, 2, 3, 4), (2, 3, 2, 1))[0])
    report.deeds = len(tasks)
    report.killed = await waiting
    return tasks


async def _let_go(world: World) -> None:
    for charger in world.chargers.values():
        await charger.disconnected()


async def _meanwhile(world: World) -> None:
    """What happens at the chargers while nobody is there, and what each will do at its return."""
    if world.dice.random() < 0.25 and (work := deeds.use(world)) is not None:  # noqa: PLR2004  every fourth time
        world.note("while nobody is there:")
        await work
    comebacks = {}
    for name, charger in world.chargers.items():
        comebacks[name] = comeback = world.dice.choices(list(_COMEBACKS), list(_COMEBACKS.values()))[0]
        if comeback.startswith("reboots"):
            charger.behaviour = Behaviour(keeps_holds_over_reboot="forgets" not in comeback)
            for evse in charger.transactions:
                if (promise := world.promised(Place(name, evse))) is not None:
                    promise.ending()
            await charger.reboot()
        statuses = "none" if comeback == "is silent" else "all"
        charger.behaviour = Behaviour(statuses_after_reconnect=statuses)  # type: ignore[arg-type]
    world.note(f"comebacks: {comebacks}")


async def _agreement(world: World) -> list[str]:
    """What is still wrong when everything should have been told and carried out."""
    deadline = time.monotonic() + _AGREED_WITHIN
    while wrong := await _open_ends(world):
        if time.monotonic() > deadline:
            break
        await asyncio.sleep(_QUIET)
    world.behave(Behaviour())
    return wrong + await _settled(world)


async def _open_ends(world: World) -> list[str]:
    silent = [f"{name} has not told everything" for name, charger in world.chargers.items() if not charger.is_ready]
    return silent or world.wrong_holds(await world.home.reservations())


async def _settled(world: World) -> list[str]:
    """What is wrong once the chargers have told everything."""
    for charger in world.chargers.values():
        await charger.ready()
    return world.learn() + world.promises.judge(await world.home.reservations(), now())
