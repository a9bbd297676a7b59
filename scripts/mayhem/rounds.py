"""One round: deeds, the kill, the next start, and what is wrong then.

Must not know how any of it is done.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
import time

from tests.charger import AnswerScript, Behaviour, Fault

from . import deeds, moments
from .promises import SLACK, Place
from .subjects import Subject
from .world import World, now

_AGREED_WITHIN = 45.0
"""Seconds after the start: a charger that reports nothing is asked after 10 and not waited for after 30."""

_WELL_FILLED = 4
_REFUSED_AT_MOST = 4
"""While a round is prepared: what is reserved may be in the way of somebody who may have any, which is his right."""
_MANY_CARS = 2
_QUIET = 0.1  # seconds between two looks
_BEGUN = 2 * SLACK.total_seconds()
"""Seconds after which a reservation that was made has certainly begun."""

_FAULTS: tuple[AnswerScript, ...] = (None, None, None, Fault.UNANSWERED, Fault.SILENT, Fault.LATE)
"""How chargers answer ReserveNow and CancelReservation in the round's last moments."""

_COMEBACKS: Mapping[str, int] = {
    "reboots and forgets its holds": 1,
    "reboots": 2,
    "reports all": 6,
    "is silent": 1,
}
"""What a charger does once the home is back, and how often."""

_DEEDS: Mapping[Subject, deeds.Deed] = {
    Subject.RESERVE: deeds.reserve,
    Subject.CANCEL: deeds.cancel,
    Subject.USE: deeds.use,
    Subject.AMEND: deeds.amend,
}
"""What is certainly under way at the kill. All other subjects are moments, which time brings about."""


@dataclass(slots=True, kw_only=True)
class Report:
    """What came of a round. `deeds`: how many were under way at the kill."""

    subject: Subject
    killed: str = ""
    deeds: int = 0
    wrong: list[str] = field(default_factory=list)
    start_seconds: float = 0.0
    agreed_seconds: float = 0.0


async def play(world: World, subject: Subject) -> Report:
    """Play one round about `subject` with a home that runs; it runs again at the end of it."""
    report = Report(subject=subject)
    report.wrong += await _prepare(world, subject)
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
    connections = world.connections()
    begun = time.monotonic()
    await world.home.start()
    report.start_seconds = time.monotonic() - begun
    listed = await world.home.reservations(ended=True)
    report.wrong += world.promises.judge(listed, now(), visited=world.visited, settled=False)
    report.wrong += await _agreement(world)
    report.agreed_seconds = time.monotonic() - begun - report.start_seconds
    report.wrong += _reconnected(connections, world.connections()) + world.wrong_ids() + world.home.new_errors()
    for what in report.wrong:
        world.note(f"WRONG: {what}")
    return report


async def _prepare(world: World, subject: Subject) -> list[str]:
    """Have what the round needs: reservations, a free place, not too many cars in the way. What is wrong."""
    await world.clear()
    while _cars(world) > _MANY_CARS and (work := deeds.leave(world)) is not None:
        await work
    await world.clear()
    wrong = await _settled(world)
    while not world.free_places() and (work := deeds.cancel(world)) is not None:
        await work
    for _ in range(_REFUSED_AT_MOST + _WELL_FILLED - (len(world.standing()) - len(world.coming()))):
        if len(world.standing()) - len(world.coming()) < _WELL_FILLED and (work := deeds.reserve(world)) is not None:
            await work
    if not world.free_places() and (work := deeds.cancel(world)) is not None:
        await work
    if subject is Subject.OPEN and (work := deeds.plan_soon(world)) is not None:
        await work
    if subject is Subject.USE and not deeds.usable(world):
        await asyncio.sleep(_BEGUN)
    return wrong


async def _until_kill(world: World, report: Report) -> list[asyncio.Task[None]]:
    """Bring about what the round is about, and return at the moment of the kill."""
    match report.subject:
        case Subject.EXPIRE if ends := [each.end for each in world.standing() if each.end > now()]:
            report.killed = await moments.at_end(world, min(ends))
            return []
        case Subject.OPEN if starts := [each.terms.start for each in world.coming()]:
            report.killed = await moments.at_start(world, min(starts))
            return []
    moment = world.dice.choice((moments.any_moment, moments.at_save, moments.at_send))
    waiting = asyncio.ensure_future(moment(world))
    await asyncio.sleep(0)
    tasks = []
    if (deed := _DEEDS.get(report.subject)) is not None:
        tasks = deeds.begin(world, world.dice.choices((1, 2, 3, 4), (2, 3, 2, 1))[0], first=deed)
    report.deeds = len(tasks)
    report.killed = await waiting
    if not tasks:
        report.wrong.append(f"there was no opportunity to {report.subject}")
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
                if (promise := world.used_at(Place(name, evse))) is not None:
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


def _reconnected(before: Mapping[str, int], after: Mapping[str, int]) -> list[str]:
    """What is wrong with the number of connections that it took: one of each charger is enough."""
    return [
        f"{name} connected {after[name] - count} times until all agreed"
        for name, count in before.items()
        if after[name] != count + 1
    ]


async def _open_ends(world: World) -> list[str]:
    silent = [f"{name} has not told everything" for name, charger in world.chargers.items() if not charger.is_ready]
    return silent or world.wrong_holds(await world.home.reservations())


async def _settled(world: World) -> list[str]:
    """What is wrong once the chargers have told everything."""
    for charger in world.chargers.values():
        await charger.ready()
    listed = await world.home.reservations(ended=True)
    wrong = world.learn() + world.promises.judge(listed, now(), visited=world.visited)
    world.visited = {place for place in world.places if world.occupied(place)}
    return wrong


def _cars(world: World) -> int:
    return sum(len(charger.transactions) for charger in world.chargers.values())
