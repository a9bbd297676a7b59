"""What can be done to a charger from Home Assistant, beside reserving and charging.

Knows which plug can be meant. Must not know fields of actions (`control_services`), nor entities.
"""

from .. import errors
from ..audience import Place
from ..coordinator import CentralSystem
from ..core.charger import Charger
from ..core.commands import Outcome
from ..core.events import ConnectorId, ConnectorStatus, DataAnswered, EvseId
from ..core.evse import Evse
from ..core.orders import ChangeAvailability, ClearCache, Reset, TransferData, TriggerMessage, Unlock
from ..csms.session import Result
from .orders import carry_out, connected

_UNUSED = frozenset({ConnectorStatus.AVAILABLE, ConnectorStatus.OUT_OF_SERVICE, ConnectorStatus.FAULTED, None})


async def unlock(central: CentralSystem, place: Place) -> Result:
    """Open the lock of a connector; of a charger, if it has only one. Raises translated errors."""
    evse = _evse(central, connected(central, place), place)
    return await carry_out(central, place, Unlock(evse=evse.evse, connector=plug_in_use(evse)))


async def reset(central: CentralSystem, place: Place, *, hard: bool, evse: EvseId | None = None) -> Result:
    """Restart a charger or one of its EVSEs, which may put it off until nobody uses it. Raises translated errors."""
    return await carry_out(central, whole(central, place), Reset(hard=hard, evse=evse))


async def clear_cache(central: CentralSystem, place: Place) -> Result:
    """Have a charger forget whom it knows from before. Raises translated errors."""
    return await carry_out(central, whole(central, place), ClearCache())


async def trigger(central: CentralSystem, place: Place, message: str, *, custom: bool = False) -> Result:
    """Have a charger send a message, of a connector if one is named; `custom`: one of its vendor's. Raises translated errors."""
    evse = central.evse(place)
    connector = None if evse is None else plug_in_use(evse)
    order = TriggerMessage(message=message, evse=place.evse, connector=connector, custom=custom)
    return await carry_out(central, place, order)


async def set_available(central: CentralSystem, place: Place, *, available: bool) -> bool:
    """Take a place into or out of service; whether at once, else when nobody charges any more. Raises translated errors."""
    result = await carry_out(central, place, ChangeAvailability(evse=place.evse, available=available))
    return result.outcome is not Outcome.SCHEDULED


async def transfer(
    central: CentralSystem, place: Place, vendor: str, message: str | None, data: object
) -> tuple[Result, object]:
    """Send a charger something that only its vendor defines; what it said, and the data with it. Raises translated errors."""
    order = TransferData(vendor=vendor, message=message, data=data)
    result = await carry_out(central, whole(central, place), order)
    return result, next((told.data for told in result.told if isinstance(told, DataAnswered)), None)


def whole(central: CentralSystem, place: Place) -> Place:
    """The place, which must be a charger. Raises a translated error for a connector of one."""
    if place.evse is not None:
        raise errors.invalid("not_a_charger", device=central.label_of(place))
    return place


def plug_in_use(evse: Evse) -> ConnectorId:
    """The plug of an EVSE that is meant if none is named: the one in use, else the first one."""
    if evse.running is not None and evse.running.connector is not None:
        return evse.running.connector
    used = [plug for plug in sorted(evse.told) if evse.status_of(plug) not in _UNUSED]
    return next(iter(used), min(evse.connectors, default=1))


def _evse(central: CentralSystem, charger: Charger, place: Place) -> Evse:
    number: EvseId | None = place.evse
    if number is None:
        if len(charger.evses) != 1:
            raise errors.invalid("choose_connector", device=central.label_of(place))
        (number,) = charger.evses
    return charger.evses[number]
