"""The forms for drivers, driven as the frontend drives them; whatever they show has its text."""

import json
from pathlib import Path
import re
from typing import Any

from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER, SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components import ocpp_central

TEXTS = json.loads((Path(ocpp_central.__file__).parent / "translations/en.json").read_text("utf-8"))
FORM = TEXTS["config_subentries"]["driver"]


async def start_to_add(hass: HomeAssistant, entry: MockConfigEntry) -> SubentryFlowResult:
    """Begin to type in a driver."""
    return await submit(hass, await ways_to_add(hass, entry), next_step_id="details")


async def start_to_change(hass: HomeAssistant, entry: MockConfigEntry, name: str) -> SubentryFlowResult:
    """Begin to change a driver."""
    return await submit(hass, await ways_to_change(hass, entry, name), next_step_id="reconfigure_details")


async def ways_to_add(hass: HomeAssistant, entry: MockConfigEntry) -> SubentryFlowResult:
    """Ask for a driver to be added."""
    return check(
        await hass.config_entries.subentries.async_init((entry.entry_id, "driver"), context={"source": SOURCE_USER})
    )


async def ways_to_change(hass: HomeAssistant, entry: MockConfigEntry, name: str) -> SubentryFlowResult:
    """Ask for a driver to be changed."""
    subentry_id = next(each.subentry_id for each in entry.subentries.values() if each.title == name)
    return check(
        await hass.config_entries.subentries.async_init(
            (entry.entry_id, "driver"), context={"source": SOURCE_RECONFIGURE, "subentry_id": subentry_id}
        )
    )


async def submit(hass: HomeAssistant, form: SubentryFlowResult, **user_input: Any) -> SubentryFlowResult:
    """Fill in the form."""
    result = await hass.config_entries.subentries.async_configure(form["flow_id"], user_input)
    await hass.async_block_till_done()
    return check(result)


def check(result: SubentryFlowResult) -> SubentryFlowResult:
    """Whatever is shown has a text, all of whose placeholders are filled."""
    shown: list[str] = []
    if result["type"] is FlowResultType.FORM:
        step = FORM["step"][result["step_id"]]
        assert result["data_schema"] is not None
        assert sorted(map(str, result["data_schema"].schema)) == sorted(step["data"])
        shown = [step["description"], *(FORM["error"][error] for error in (result["errors"] or {}).values())]
    if result["type"] is FlowResultType.MENU:
        step = FORM["step"][result["step_id"]]
        options = result["menu_options"]
        assert isinstance(options, list)
        assert set(options) <= set(step["menu_options"])
        shown = [step["description"]]
    if result["type"] is FlowResultType.SHOW_PROGRESS:
        shown = [FORM["progress"][result["progress_action"]]]
    if result["type"] is FlowResultType.ABORT:
        shown = [FORM["abort"][result["reason"]]]
    assert set(re.findall(r"{(\w+)}", " ".join(shown))) <= set(result.get("description_placeholders") or {})
    return result


def suggested(form: SubentryFlowResult) -> dict[str, Any]:
    """What the fields are filled with."""
    assert form["data_schema"] is not None
    schema = form["data_schema"].schema
    return {
        str(field): field.description["suggested_value"]
        for field in schema
        if field.description and field.description.get("suggested_value") is not None
    }


def drivers(entry: MockConfigEntry) -> dict[str, dict[str, Any]]:
    """The data of the drivers, by name."""
    return {each.title: dict(each.data) for each in entry.get_subentries_of_type("driver")}
