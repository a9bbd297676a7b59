"""The words in which the calendar of a place speaks, as they are now: drivers, connectors and the language may change.

Knows where names and texts are kept. Must not know how an event is made of them (`calendar_events`).
"""

from typing import Final

from homeassistant.const import Platform
from homeassistant.helpers import device_registry as dr

from .audience import Place
from .calendar_events import RESERVED, WHOLE_CHARGER, Connector, Vocabulary
from .choices import HOUSE
from .const import DOMAIN
from .coordinator import CentralSystem
from .devices import evse_identifier
from .texts import texts

_SEEN_IN: Final = {HOUSE: "message", RESERVED: "message", WHOLE_CHARGER: "location"}
"""What is said in the user's language, and the attribute of a calendar's state in which it is seen."""

_TEXTS: Final = f"component.{DOMAIN}.entity.{Platform.CALENDAR}.reservations.state_attributes"


def vocabulary_of(central: CentralSystem, place: Place) -> Vocabulary:
    """The words of the calendar of a charger or connector."""
    known = texts(central.hass, "entity")
    charger = central.chargers.get(place.charger)
    evses = () if charger is None else tuple(sorted(charger.evses))
    types = set[str]() if charger is None else set[str]().union(*map(charger.types_at, evses))
    return Vocabulary(
        place=place,
        label=central.label_of(place),
        words={word: known.get(f"{_TEXTS}.{seen}.state.{word}", word) for word, seen in _SEEN_IN.items()},
        connectors={evse: _connector(central, Place(place.charger, evse)) for evse in evses},
        types=tuple(sorted(types)),
        drivers=central.drivers,
        house=central.house,
    )


def _connector(central: CentralSystem, place: Place) -> Connector:
    assert place.evse is not None  # noqa: S101  only EVSEs are asked for
    registry = dr.async_get(central.hass)
    identifier = evse_identifier(place.charger, place.evse)
    device = registry.async_get_child_device_by_identifier(identifier, central.entry.entry_id)
    number = str(place.evse)
    return (
        Connector(name=number) if device is None else Connector(name=device.name or number, renamed=device.name_by_user)
    )
