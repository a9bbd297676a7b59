"""A Home Assistant that imports our blueprints, and whoever is told by its automations.

Knows how the user interface imports one and makes an automation of it. Must not know what any of them does.
"""

import asyncio
import json
from pathlib import Path
import re
from typing import Any
from unittest.mock import Mock
from urllib.parse import unquote

from homeassistant.const import CONF_DEVICE_ID, CONF_TYPE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv, device_registry as dr, template
from homeassistant.helpers.typing import ConfigType, TemplateVarsType
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockModule,
    mock_integration,
    mock_platform,
)
from pytest_homeassistant_custom_component.test_util.aiohttp import AiohttpClientMocker
from pytest_homeassistant_custom_component.typing import WebSocketGenerator
import voluptuous as vol

from .conftest import PATIENCE

REPOSITORY = Path(__file__).parents[2]
README = (REPOSITORY / "README.md").read_text("utf-8")
FOLDER = "custom_components/ocpp_central/blueprints/automation"
NAMES = sorted(path.stem for path in (REPOSITORY / FOLDER).glob("*.yaml"))

IMPORT = "https://my.home-assistant.io/redirect/blueprint_import/?blueprint_url="
LINKS = {Path(url).stem: url for url in map(unquote, re.findall(re.escape(IMPORT) + r"([^)\s]+)", README))}
"""Where the README lets each blueprint be imported from, by its name."""


def content(name: str) -> str:
    """The file of a blueprint."""
    return (REPOSITORY / FOLDER / f"{name}.yaml").read_text("utf-8")


class Owner:
    """Somebody at the user interface of Home Assistant, who imports blueprints and makes automations of them."""

    def __init__(self, hass: HomeAssistant, connect: WebSocketGenerator, internet: AiohttpClientMocker) -> None:
        """Have no automation yet."""
        self._hass = hass
        self._connect = connect
        self._internet = internet
        self._automations: list[dict[str, Any]] = []

    async def imports(self, name: str) -> str:
        """Follow the link in the README; where the blueprint is kept then."""
        assert await async_setup_component(self._hass, "automation", {})
        url = LINKS[name]
        raw = url.replace("github.com", "raw.githubusercontent.com").replace("/blob/", "/")
        self._internet.get(raw, text=content(name))  # type: ignore[no-untyped-call]
        client = await self._connect(self._hass)
        await client.send_json_auto_id({"type": "blueprint/import", "url": url})
        found = (await client.receive_json())["result"]
        assert found["validation_errors"] is None
        path = f"{found['suggested_filename']}.yaml"
        saving = {"domain": "automation", "path": path, "yaml": found["raw_data"], "source_url": url}
        await client.send_json_auto_id({"type": "blueprint/save", **saving})
        assert (await client.receive_json())["success"]
        await client.close()
        return path

    async def automates(self, name: str, **inputs: object) -> None:
        """Import a blueprint and make an automation of it, which is on from now on."""
        path = await self.imports(name)
        alias = f"{name} {len(self._automations)}"
        self._automations.append({"id": alias, "alias": alias, "use_blueprint": {"path": path, "input": inputs}})
        configuration = Path(self._hass.config.path("configuration.yaml"))
        text = json.dumps({"automation": self._automations})
        await self._hass.async_add_executor_job(configuration.write_text, text, "utf-8")
        await self._hass.services.async_call("automation", "reload", blocking=True)
        await self._hass.async_block_till_done()
        states = self._hass.states.async_all("automation")
        assert [state.state for state in states] == ["on"] * len(self._automations)

    async def turns_off(self) -> None:
        """Have no automation run any more."""
        for entity_id in self._hass.states.async_entity_ids("automation"):
            await self._hass.services.async_call("automation", "turn_off", {"entity_id": entity_id}, blocking=True)


class Phone:
    """A phone with the Home Assistant app: what it shows, and whose buttons can be pressed.

    It stands in for the integration `mobile_app`, which does not load without programs for cameras.
    """

    def __init__(self, hass: HomeAssistant) -> None:
        """Be registered, and show nothing."""
        self._hass = hass
        self._shown: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        schema = cv.DEVICE_ACTION_BASE_SCHEMA.extend(
            {
                vol.Required(CONF_TYPE): "notify",
                vol.Required("message"): cv.template,
                vol.Optional("title"): cv.template,
                vol.Optional("data"): cv.template_complex,
            }
        )
        mock_integration(hass, MockModule("mobile_app"))
        platform = {"ACTION_SCHEMA": schema, "async_call_action_from_config": self._notify}
        mock_platform(hass, "mobile_app.device_action", Mock(spec=list(platform), **platform))
        entry = MockConfigEntry(domain="mobile_app")
        entry.add_to_hass(hass)
        device = dr.async_get(hass).async_get_or_create(
            config_entry_id=entry.entry_id, identifiers={("mobile_app", "phone")}
        )
        self.device_id = device.id

    async def shows(self) -> dict[str, Any]:
        """The next thing that it is told."""
        async with asyncio.timeout(PATIENCE):
            return await self._shown.get()

    @property
    def is_silent(self) -> bool:
        """Whether there is nothing that it was told, and `shows` has not given."""
        return self._shown.empty()

    def press(self, notification: dict[str, Any], title: str) -> None:
        """Press a button of what it shows."""
        action = next(each["action"] for each in notification["data"]["actions"] if each["title"] == title)
        self._hass.bus.async_fire("mobile_app_notification_action", {"action": action})

    async def _notify(self, _: HomeAssistant, config: ConfigType, variables: TemplateVarsType, *_more: object) -> None:
        assert config[CONF_DEVICE_ID] == self.device_id
        told = {key: config[key] for key in ("title", "message", "data") if key in config}
        self._shown.put_nowait(template.render_complex(told, variables))
