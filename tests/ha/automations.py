"""Automations of Home Assistant as tests set them up, and what they are triggered by."""

from typing import Any

from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.setup import async_setup_component

from .conftest import eventually

NOTE = "test.note"


class Notes:
    """What the automations of a test have noted: `trigger.entity_id`, with what else they were asked to note."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Take notes from now on."""
        self._hass = hass
        self.taken: list[dict[str, Any]] = []

        @callback
        def note(call: ServiceCall) -> None:
            self.taken.append(dict(call.data))

        domain, action = NOTE.split(".")
        hass.services.async_register(domain, action, note)

    @property
    def entities(self) -> list[str]:
        """The entities by which they were triggered, in order."""
        return [each["entity"] for each in self.taken]

    async def take(self, *triggers: dict[str, Any], **noted: str) -> None:
        """Set up an automation that notes whatever triggers it; `noted`: templates of what else it notes."""
        await self.automate(list(triggers), [], entity="{{ trigger.entity_id }}", **noted)

    async def come(self, number: int) -> None:
        """Wait until so much was noted, and no more than that."""
        await eventually(lambda: len(self.taken) >= number, f"{number} notes, there are {self.taken}")
        await self._hass.async_block_till_done()
        assert len(self.taken) == number, self.taken

    async def switch(self, to: str) -> None:
        """Switch the automation on or off."""
        data = {"entity_id": "automation.note"}
        await self._hass.services.async_call("automation", f"turn_{to}", data, blocking=True)

    async def automate(self, triggers: list[dict[str, Any]], conditions: list[dict[str, Any]], **noted: str) -> None:
        """Set up an automation with conditions."""
        automation = {
            "alias": "Note",
            "triggers": triggers,
            "conditions": conditions,
            "actions": [{"action": NOTE, "data": noted}],
            "mode": "queued",
        }
        assert await async_setup_component(self._hass, "automation", {"automation": [automation]})
        await self._hass.async_block_till_done()
        assert self._hass.states.async_entity_ids_count("automation") == 1
        assert self._hass.states.get("automation.note").state == "on"  # type: ignore[union-attr]
