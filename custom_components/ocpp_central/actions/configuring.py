"""Reading and changing a charger's configuration from Home Assistant.

Knows that some of it comes at once and some later, bit by bit. Must not know fields of actions (`control_services`).
"""

import asyncio
from collections.abc import Iterable, Sequence
from itertools import batched
from typing import Final, NamedTuple

from homeassistant.core import callback
from homeassistant.exceptions import HomeAssistantError

from .. import errors
from ..audience import Place
from ..coordinator import CentralSystem
from ..core.commands import Outcome
from ..core.events import ChargerId, ConfigurationEntry, ConfigurationTold, Notice
from ..core.orders import ChangeConfiguration, ReadConfiguration
from ..csms.session import Result
from .control import whole
from .orders import carry_out, connected, new_number, raise_unless_done

_AT_ONCE: Final = 10
"""So many are asked for at once: some chargers answer no more (`ItemsPerMessage`)."""

PATIENCE: Final = 60.0
"""Seconds for the next part of a report; a charger with a slow modem sends some hundred variables, a few at a time."""


LONGEST: Final = 600.0
"""Seconds for a whole report; a charger may go on for ever."""

MOST: Final = 10_000
"""Entries; the largest chargers have some thousand variables."""


class Configuration(NamedTuple):
    """What a charger says of its configuration, and what of that it does not know; `complete`: whether that is all of it."""

    entries: list[ConfigurationEntry]
    unknown: list[str]
    complete: bool


async def read(central: CentralSystem, place: Place, names: Sequence[str]) -> Configuration:
    """What a charger says of these parts of its configuration, or of all.

    Raises translated errors, also if it tells none of them.
    """
    whole(central, place)
    entries: list[ConfigurationEntry] = []
    unknown: list[str] = []
    complete = True
    for some in batched(dict.fromkeys(names), _AT_ONCE, strict=False) if names else [()]:
        told, is_all = await _told_of_all(central, place, some)
        complete = complete and is_all
        for each in told:
            entries += each.entries
            unknown += each.unknown
    refusals = [entry.refused for entry in entries]
    if refusals and not unknown and None not in refusals:
        raise errors.failed("command_refused", charger=central.name_of(place.charger), word=refusals[0])
    return Configuration(entries, unknown, complete)


async def change(central: CentralSystem, place: Place, name: str, value: str) -> Result:
    """Change a part of a charger's configuration. Raises translated errors; of what can only be read, one that says so."""
    charger = connected(central, whole(central, place))
    order = ChangeConfiguration(name=name, value=value)
    result = await central.connections.execute(charger.charger, order)
    if result.outcome is Outcome.REJECTED and result.reason is None and await _is_read_only(central, place, name):
        raise errors.invalid("configuration_read_only", charger=central.name_of(place.charger), name=name)
    raise_unless_done(central, charger.charger, order, result)
    return result


async def _is_read_only(central: CentralSystem, place: Place, name: str) -> bool:
    """Whether a charger says that a part of its configuration can only be read."""
    try:
        told, _ = await _told(central, place, (name,))
    except HomeAssistantError:
        return False
    return any(entry.readonly for each in told for entry in each.entries)


async def _told_of_all(
    central: CentralSystem, place: Place, names: tuple[str, ...]
) -> tuple[Sequence[ConfigurationTold], bool]:
    """The answers to one question, and to what they pass over; what a charger says nothing of, it does not know."""
    told, is_all = await _told(central, place, names)
    left = _passed_over(names, told)
    if not left:
        return told, is_all
    if len(left) == len(names):
        return [*told, ConfigurationTold(entries=(), unknown=left, at=told[-1].at)], is_all
    rest, rest_is_all = await _told_of_all(central, place, left)
    return [*told, *rest], is_all and rest_is_all


def _passed_over(wanted: tuple[str, ...], told: Iterable[ConfigurationTold]) -> tuple[str, ...]:
    """Of what a charger says nothing, though it answers: some tell the first few of many, others nothing of what they lack."""
    named = [name.casefold() for each in told for name in (*(entry.name for entry in each.entries), *each.unknown)]
    return () if len(named) >= len(wanted) else tuple(name for name in wanted if name.casefold() not in named)


async def _told(
    central: CentralSystem, place: Place, names: tuple[str, ...]
) -> tuple[Sequence[ConfigurationTold], bool]:
    """The answer to one question, in however many parts, and whether it is all of it."""
    number = new_number()
    parts: asyncio.Queue[ConfigurationTold] = asyncio.Queue()

    @callback
    def hear(charger: ChargerId, notice: Notice) -> None:
        if charger == place.charger and isinstance(notice, ConfigurationTold) and notice.number == number:
            parts.put_nowait(notice)

    unsubscribe = central.audience.listen_to_notices(hear)
    try:
        result = await carry_out(central, place, ReadConfiguration(names=names, number=number))
        if at_once := [each for each in result.told if isinstance(each, ConfigurationTold)]:
            return at_once, True
        report = await _report(parts)
    finally:
        unsubscribe()
    if not report:
        raise errors.failed("charger_silent", charger=central.name_of(place.charger))
    return report, _is_complete(report)


async def _report(parts: asyncio.Queue[ConfigurationTold]) -> list[ConfigurationTold]:
    """The parts of a report as they come, until it is complete, or no more of it is waited for."""
    report: list[ConfigurationTold] = []
    try:
        async with asyncio.timeout(LONGEST):
            while not _is_complete(report) and sum(len(part.entries) for part in report) < MOST:
                async with asyncio.timeout(PATIENCE):
                    part = await parts.get()
                # Chargers repeat what they believe is not answered.
                if all((part.place, part.entries) != (known.place, known.entries) for known in report):
                    report.append(part)
    except TimeoutError:
        pass
    return report


def _is_complete(report: Sequence[ConfigurationTold]) -> bool:
    """Whether the last part is there, and none is missing; some chargers give all the same place, or count from 1."""
    if all(part.more for part in report):
        return False
    places = {part.place for part in report if part.place is not None}
    if len(places) < len(report):
        return True
    return min(places) <= 1 and max(places) - min(places) + 1 == len(places)
