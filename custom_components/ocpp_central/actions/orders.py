"""Having a charger do something that somebody waits for.

Knows that it must be connected, which error says that it did not do it, and what it then cannot do at all. Must not know why it
is to be done.
"""

from collections.abc import Mapping
from datetime import datetime
import secrets
from typing import Final

from homeassistant.util import dt as dt_util

from .. import errors
from ..audience import Place
from ..coordinator import CentralSystem
from ..core.charger import Charger
from ..core.commands import Command, Outcome
from ..core.events import Ability, AbilityMissing, ChargerId, LimitsTold
from ..core.limits import Purpose
from ..core.orders import (
    ChangeAvailability,
    ChangeConfiguration,
    ReadConfiguration,
    Reset,
    SetLimit,
    TransferData,
    TriggerMessage,
    Unlock,
    UpdateFirmware,
    UploadDiagnostics,
)
from ..csms.session import Result
from ..field_names import name_of_field

_LARGEST: Final = 2**31 - 1
"""OCPP's integers have 32 bits."""

_FIELDS: Final[Mapping[type, tuple[str, Mapping[str, str]]]] = {
    ChangeConfiguration: ("set_configuration", {"name": "key", "variable": "key", "value": "value"}),
    ReadConfiguration: ("get_configuration", {"names": "key", "variable": "key"}),
    Reset: ("reset", {"evse": "evse_id"}),
    TransferData: ("data_transfer", {"vendor": "vendor_id", "message": "message_id"}),
    TriggerMessage: ("trigger_message", {"message": "requested_message", "custom": "custom_trigger"}),
    UpdateFirmware: (
        "update_firmware",
        {
            "location": "location",
            "install": "install_date",
            "certificate": "signing_certificate",
            "signature": "signature",
        },
    ),
    UploadDiagnostics: ("upload_diagnostics", {"location": "location", "log": "log_type"}),
}
"""Which field of which action says the part of an order that not every version has words for."""

_UNSAYABLE: Final[Mapping[str, str]] = {"variable": "no_variable"}
"""The error that says how such a part is to be said; the others can only be left out."""


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
    if result.outcome is Outcome.NOT_IMPLEMENTED and (lack := _lack(command, dt_util.utcnow())) is not None:
        central.apply(place.charger, lack)
    raise_unless_done(central, place.charger, command, result)
    return result


def _lack(command: Command, now: datetime) -> AbilityMissing | LimitsTold | None:
    """What a charger cannot do that does not know an order; None: nothing for which there are entities."""
    match command:
        case SetLimit(purpose=Purpose.DEFAULT):
            return LimitsTold(supported=False, units=frozenset(), highest=None, at=now)
        case _ if (ability := _ABILITIES.get(type(command))) is not None:
            return AbilityMissing(ability=ability, at=now)
    return None


def raise_unless_done(central: CentralSystem, charger_id: ChargerId, command: Command, result: Result) -> None:
    """Raise what tells that a charger did not do something; of what its version cannot be told, the field that says it."""
    charger = central.name_of(charger_id)
    if result.outcome is Outcome.UNSAYABLE:
        action, fields = _FIELDS[type(command)]
        part = str(result.part)
        field = name_of_field(central.hass, action, fields[part])
        raise errors.failed(_UNSAYABLE.get(part, "unknown_to_version"), charger=charger, field=field)
    errors.raise_unless_done(result, charger=charger)
