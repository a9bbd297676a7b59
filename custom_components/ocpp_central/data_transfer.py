"""What only a charger's vendor defines, as an event for automations.

Knows the event, and whether anybody listens to it. Must not know what any vendor means by it.
"""

from typing import Final

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN
from .coordinator import OcppConfigEntry
from .core.events import ChargerId, DataSent, Notice
from .devices import device_id_of

EVENT_DATA_TRANSFER: Final = f"{DOMAIN}_data_transfer"


@callback
def tell_of_data_transfers(hass: HomeAssistant, entry: OcppConfigEntry) -> None:
    """Fire an event whenever a charger sends something that only its vendor defines, and somebody waits for that.

    It may say anything, also who charges with which token, so it is on the bus only if the owner wants it.
    """
    central = entry.runtime_data

    @callback
    def fire(charger: ChargerId, notice: Notice) -> None:
        if isinstance(notice, DataSent) and is_awaited(hass):
            data = {
                ATTR_DEVICE_ID: device_id_of(hass, central, charger, None),
                "charger_id": charger,
                "vendor_id": notice.vendor,
                "message_id": notice.message,
                "data": notice.data,
            }
            hass.bus.async_fire(EVENT_DATA_TRANSFER, data)

    entry.async_on_unload(central.audience.listen_to_notices(fire))


@callback
def is_awaited(hass: HomeAssistant) -> bool:
    """Whether anybody waits for what only a vendor defines."""
    return EVENT_DATA_TRANSFER in hass.bus.async_listeners()
