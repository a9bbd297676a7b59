"""A calendar of Home Assistant that is not ours, used as its calendar page uses it, and links to it."""

import json
from pathlib import Path
import re
from typing import Any, Final

from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER, ConfigSubentryData, SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components import ocpp_central

TEXTS = json.loads((Path(ocpp_central.__file__).parent / "translations/en.json").read_text("utf-8"))
FORM = TEXTS["config_subentries"]["calendar_link"]

FAMILY: Final = "calendar.family"


async def family_calendar(hass: HomeAssistant, name: str = "Family") -> MockConfigEntry:
    """A calendar that Home Assistant keeps itself."""
    entry = MockConfigEntry(
        domain="local_calendar", data={"calendar_name": name, "storage_key": name.casefold()}, title=name
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


def link_subentry(
    charger_id: str = "A",
    evse: int | None = None,
    *,
    calendar: str = FAMILY,
    text: str = "",
    driver: str = "from_title",
    name: str = "Family",
) -> ConfigSubentryData:
    """A link as it was added; its id is made of its name."""
    return ConfigSubentryData(
        data={"calendar": calendar, "charger_id": charger_id, "evse": evse, "text": text, "driver": driver},
        subentry_type="calendar_link",
        title=f"{name}: {charger_id}",
        unique_id=f"link-{name.casefold()}",
    )


async def start_to_add(hass: HomeAssistant, entry: MockConfigEntry) -> SubentryFlowResult:
    """Ask for a link to be added."""
    return check(
        await hass.config_entries.subentries.async_init(
            (entry.entry_id, "calendar_link"), context={"source": SOURCE_USER}
        )
    )


async def start_to_change(hass: HomeAssistant, entry: MockConfigEntry, subentry_id: str) -> SubentryFlowResult:
    """Ask for a link to be changed."""
    return check(
        await hass.config_entries.subentries.async_init(
            (entry.entry_id, "calendar_link"), context={"source": SOURCE_RECONFIGURE, "subentry_id": subentry_id}
        )
    )


async def submit(hass: HomeAssistant, form: SubentryFlowResult, **user_input: Any) -> SubentryFlowResult:
    """Fill in the form."""
    result = await hass.config_entries.subentries.async_configure(form["flow_id"], user_input)
    await hass.async_block_till_done()
    return check(result)


def check(result: SubentryFlowResult) -> SubentryFlowResult:
    """Whatever is shown has a text without gaps."""
    shown: list[str] = []
    if result["type"] is FlowResultType.FORM:
        step = FORM["step"][result["step_id"]]
        assert result["data_schema"] is not None
        assert sorted(map(str, result["data_schema"].schema)) == sorted(step["data"])
        shown = [step["description"], *(FORM["error"][error] for error in (result["errors"] or {}).values())]
    if result["type"] is FlowResultType.ABORT:
        shown = [FORM["abort"][result["reason"]]]
    assert not re.search(r"{\w+}", " ".join(shown))
    return result


def links(entry: MockConfigEntry) -> dict[str, dict[str, Any]]:
    """The data of the links, by title."""
    return {each.title: dict(each.data) for each in entry.get_subentries_of_type("calendar_link")}
