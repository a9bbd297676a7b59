"""Tells the owner of an update or an upload that came to nothing: whoever has ordered it may not look at how far it comes.

Must not know how the stages are told, nor who has ordered anything.
"""

from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN, LOGGER
from ..coordinator import OcppConfigEntry
from ..core.events import ChargerId
from ..core.maintenance import FirmwareStage, UploadStage, has_failed
from ..texts import texts
from .charger_watch import look_at_chargers

_FIRMWARE: Final = "firmware_update"
_UPLOAD: Final = "diagnostics_upload"
"""The sensors that tell how far each comes."""


@callback
def watch_maintenance(hass: HomeAssistant, entry: OcppConfigEntry) -> None:
    """Keep a repair for each update and each upload that failed, until the charger tells how the next one goes."""
    watch = _Watch(hass, entry)
    look_at_chargers(entry, watch.look)
    for charger_id in entry.runtime_data.chargers:
        watch.look(charger_id)
    entry.async_on_unload(watch.leave)


class _Watch:
    """What is said of the chargers of one central system."""

    def __init__(self, hass: HomeAssistant, entry: OcppConfigEntry) -> None:
        """Have said nothing."""
        self._hass = hass
        self._entry = entry
        self._said: dict[tuple[ChargerId, str], FirmwareStage | UploadStage] = {}

    @callback
    def leave(self) -> None:
        """Take back what was said."""
        for charger_id, what in tuple(self._said):
            self._take_back(charger_id, what)

    @callback
    def look(self, charger_id: ChargerId) -> None:
        """See how far a charger has come."""
        charger = self._entry.runtime_data.chargers.get(charger_id)
        self._see(charger_id, _FIRMWARE, None if charger is None else charger.firmware_stage)
        self._see(charger_id, _UPLOAD, None if charger is None else charger.upload_stage)

    def _see(self, charger_id: ChargerId, what: str, stage: FirmwareStage | UploadStage | None) -> None:
        if stage is None or not has_failed(stage):
            self._take_back(charger_id, what)
        elif self._said.get((charger_id, what)) is not stage:
            self._said[charger_id, what] = stage
            self._say(charger_id, what, stage)

    def _say(self, charger_id: ChargerId, what: str, stage: FirmwareStage | UploadStage) -> None:
        LOGGER.warning("%s tells of its %s: %s", charger_id, what.replace("_", " "), stage.value)
        key = f"component.{DOMAIN}.entity.sensor.{what}.state.{stage.value}"
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            _issue_id(charger_id, what),
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key="firmware_update_failed" if what == _FIRMWARE else "diagnostics_upload_failed",
            translation_placeholders={
                "charger": self._entry.runtime_data.name_of(charger_id),
                "stage": texts(self._hass, "entity").get(key, stage.value),
            },
        )

    def _take_back(self, charger_id: ChargerId, what: str) -> None:
        if self._said.pop((charger_id, what), None) is not None:
            ir.async_delete_issue(self._hass, DOMAIN, _issue_id(charger_id, what))


def _issue_id(charger_id: ChargerId, what: str) -> str:
    return f"{what}_{charger_id}"
