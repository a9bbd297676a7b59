"""Reading and changing a charger's configuration from Home Assistant.

Knows that some of it comes at once and some later, bit by bit. Must not know fields of actions (`control_services`).
"""

import asyncio
from collections.abc import Sequence
from itertools import batched
from typing import Final

from homeassistant.core import callback

from . import errors
from .audience import Place
from .control import whole
from .coordinator import CentralSystem
from .core.commands import Outcome
from .core.events import ChargerId, ConfigurationEntry, ConfigurationTold, Notice
from .core.orders import ChangeConfiguration, ReadConfiguration
from .csms.session import Result
from .orders import carry_out, connected, new_number

_AT_ONCE: Final = 10
"""So many are asked for at once: some chargers answer no more (`ItemsPerMessage`)."""

PATIENCE: Final = 60.0
"""Seconds for the next part of a report; a charger with a slow modem sends some hundred variables, a few at a time."""


async def read(
    central: CentralSystem, place: Place, names: Sequence[str]
) -> tuple[list[ConfigurationEntry], list[str]]:
    """What a charger says of these parts of its configuration, or of all; and which it does not know.

    Raises translated errors, also if it tells none of them.
    """
    whole(central, place)
    entries: list[ConfigurationEntry] = []
    unknown: list[str] = []
    for some in batched(dict.fromkeys(names), _AT_ONCE, strict=False) if names else [()]:
        for told in await _told(central, place, some):
            entries += told.entries
            unknown += told.unknown
    refusals = [entry.refused for entry in entries]
    if refusals and not unknown and None not in refusals:
        raise errors.failed("command_refused", charger=central.name_of(place.charger), word=refusals[0])
    return entries, unknown


async def change(central: CentralSystem, place: Place, name: str, value: str) -> Result:
    """Change a part of a charger's configuration. Raises translated errors; of what can only be read, one that says so."""
    charger = connected(central, whole(central, place))
    order = ChangeConfiguration(name=name, value=value)
    result = await central.connections.execute(charger.charger, order)
    if result.outcome is Outcome.REJECTED and result.reason is None:
        for told in await _told(central, place, (name,)):
            if any(entry.readonly for entry in told.entries):
                raise errors.invalid("configuration_read_only", charger=central.name_of(place.charger), name=name)
    errors.raise_unless_done(result, charger=central.name_of(place.charger))
    return result


async def _told(central: CentralSystem, place: Place, names: tuple[str, ...]) -> list[ConfigurationTold]:
    """The answer to one question, in however many parts."""
    number = new_number()
    parts: asyncio.Queue[ConfigurationTold] = asyncio.Queue()

    @callback
    def hear(charger: ChargerId, notice: Notice) -> None:
        if charger == place.charger and isinstance(notice, ConfigurationTold) and notice.number == number:
            parts.put_nowait(notice)

    unsubscribe = central.audience.listen_to_notices(hear)
    try:
        result = await carry_out(central, place, ReadConfiguration(names=names, number=number))
        told = [each for each in result.told if isinstance(each, ConfigurationTold)]
        while not told or told[-1].more:
            async with asyncio.timeout(PATIENCE):
                told.append(await parts.get())
    except TimeoutError:
        raise errors.failed("charger_silent", charger=central.name_of(place.charger)) from None
    finally:
        unsubscribe()
    return told
