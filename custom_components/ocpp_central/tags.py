"""Tells Home Assistant's tags of every token that is presented, where the owner wants that.

Knows what a scan of a tag is. Must not know who may charge. This is the one place from which a token gets out: whoever
listens to the event bus hears it.
"""

from functools import partial
from typing import Final

from homeassistant.components.tag import async_scan_tag
from homeassistant.core import HomeAssistant, callback

from .coordinator import OcppConfigEntry
from .core.presentation import Presentation
from .devices import device_id_of
from .id_tokens import tidied
from .options import fires_tag_scanned

_TAG: Final = "tag"


@callback
def scan_tags(hass: HomeAssistant, entry: OcppConfigEntry) -> None:
    """Scan what is presented at any charger; the option counts as it is at that moment."""
    entry.async_on_unload(entry.runtime_data.audience.listen_to_presentations(callback(partial(_scan, hass, entry))))


def _scan(hass: HomeAssistant, entry: OcppConfigEntry, presented: Presentation) -> None:
    """A card is the same tag at every charger, however it is spelled there."""
    if fires_tag_scanned(entry.options) and _TAG in hass.config.components:
        device_id = device_id_of(hass, entry.runtime_data, presented.charger, None)
        hass.async_create_task(async_scan_tag(hass, tidied(presented.token).value, device_id), "scan a tag")
