"""An assistant with a language model, as far as Home Assistant sees it: somebody who is given tools and calls them."""

from typing import Any

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers.llm import APIInstance, LLMContext, Tool, ToolInput, ToolResult, async_get_api
from homeassistant.setup import async_setup_component

from custom_components.ocpp_central.const import DOMAIN

ASSISTANT = "conversation"
GET, RESERVE, RELEASE = (f"{DOMAIN}__{each}" for each in ("get_reservations", "reserve", "release"))


class Assistant:
    """An assistant with a language model, as far as it calls tools. Nothing is exposed to it but what it `knows`.

    `told`: all that its calls were answered.
    """

    def __init__(self, hass: HomeAssistant) -> None:
        """Be a conversation agent."""
        self.told: list[str] = []
        self._hass = hass

    async def begin(self) -> None:
        """Have Home Assistant offer its tools."""
        for component in ("homeassistant", "llm"):
            assert await async_setup_component(self._hass, component, {})

    def knows(self, *entity_ids: str) -> None:
        """Have these entities exposed, and no others."""
        for entity_id in self._hass.states.async_entity_ids():
            async_expose_entity(self._hass, ASSISTANT, entity_id, entity_id in entity_ids)

    async def api(self, api_id: str = "assist") -> APIInstance:
        """What the model is given."""
        return await async_get_api(
            self._hass,
            api_id,
            LLMContext(platform="test", context=Context(), language="en", assistant=ASSISTANT, device_id=None),
        )

    async def tools(self) -> dict[str, Tool]:
        """Our tools, by name."""
        return {tool.name: tool for tool in (await self.api()).tools if tool.name.startswith(f"{DOMAIN}__")}

    async def call(self, tool: str, **arguments: object) -> dict[str, Any]:
        """Call a tool; what it answers, which is no error."""
        data, error = await self._called(tool, arguments)
        assert not error, data
        return data

    async def refused(self, tool: str, **arguments: object) -> str:
        """Call a tool that answers with an error; its text."""
        data, error = await self._called(tool, arguments)
        assert error, data
        assert set(data) == {"error"}
        text: str = data["error"]
        assert "{" not in text, "a placeholder has no value"
        return text

    async def reservations(self, **arguments: object) -> list[tuple[str, str]]:
        """What is reserved, as far as it may know: where and for whom."""
        listed = (await self.call(GET, **arguments))["reservations"]
        return [(each["place"], each["for"]) for each in listed]

    async def _called(self, tool: str, arguments: dict[str, Any]) -> tuple[dict[str, Any], bool]:
        # As `APIInstance.async_call_tool` does, which also keeps the trace of a conversation, with packages of its own.
        api = await self.api()
        called = next(each for each in api.tools if each.name == tool)
        result = await called.async_call(self._hass, ToolInput(tool_name=tool, tool_args=arguments), api.llm_context)
        assert isinstance(result, ToolResult)
        self.told.append(str(result))
        return dict(result.data), result.error
