"""Having a charger do something that somebody waits for.

Knows that it must be connected, which error says that it did not do it, and what it then cannot do at all. Must not know why it
is to be done.
"""

from collections.abc import Mapping
import secrets
from typing import Final

from homeassistant.util import dt as dt_util

from . import errors
from .audience import Place
from .coordinator import CentralSystem
from .core.charger import Charger
from .core.commands import Command, Outcome
from .core.events import Ability, AbilityMissing
from .core.orders import ChangeAvailability, Unlock
from .csms.session import Result

_LARGEST: Final = 2**31 - 1
"""OCPP's integers have 32 bits."""


_ABILITIES: Final[Mapping[type[Command], Ability]] = {
    Unlock: Ability.UNLOCK,
    ChangeAvailability: Ability.CHANGE_AVAILABILITY,
}
"""What a charger that does not know an order lacks; there are entities for it."""


def new_number() -> int:
    """A number for a request, which no other one has that the charger still knows."""
    return secrets.randbelow(_LARGEST) + 1


def connected(central: CentralSystem, place: Place) -> Charger:
    """The charger of a place. Raises a translated error while it is not connected."""
    charger = central.chargers[place.charger]
    if not charger.connected:
        raise errors.failed("charger_not_connected", charger=central.name_of(place.charger))
    return charger


async def carry_out(central: CentralSystem, place: Place, command: Command) -> Result:
    """Have a charger do something; what it said. Raises translated errors unless it agreed."""
    connected(central, place)
    result = await central.connections.execute(place.charger, command)
    if result.outcome is Outcome.NOT_IMPLEMENTED and (ability := _ABILITIES.get(type(command))) is not None:
        central.apply(place.charger, AbilityMissing(ability=ability, at=dt_util.utcnow()))
    errors.raise_unless_done(result, charger=central.name_of(place.charger))
    return result
