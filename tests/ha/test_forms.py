"""Whatever the forms of the actions let somebody say is told properly, or refused in words that are translated."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

from homeassistant.exceptions import HomeAssistantError
from homeassistant.util.yaml import load_yaml_dict
import pytest
import voluptuous as vol

from custom_components import ocpp_central
from tests.charger import Version

from .conftest import HOLDER, Site

pytestmark = pytest.mark.blackbox

ACTIONS: dict[str, Any] = load_yaml_dict(str(Path(ocpp_central.__file__).with_name("services.yaml")))

TIMES_EACH = 25

TEXTS = ("", " ", HOLDER, "A.B", "HeartbeatInterval", "ftp://192.0.2.1/files", "ä" * 60, "x" * 6000, "30", "true")
OBJECTS = (
    "text",
    {"a": [1, 2.5, None]},
    [{"current": 16}],
    [{"start": "2027-03-01 22:00:00", "power": 3680}, {"start": "2027-03-02 02:00:00"}],
    [{"current": 6.3}, {"start": "2100-01-01 00:00:00", "current": 0}],
)
MOMENTS = ("2026-01-01 00:00:00", "2027-03-28 02:30:00", "2027-10-31 02:30:00", "2099-12-31 23:59:59")


def said(dice: Random, site: Site, selector: Mapping[str, Any]) -> object:
    """Something that this selector may give."""
    ((kind, details),) = selector.items()
    details = details or {}
    match kind:
        case "device":
            return site.device_id("A", dice.choice((None, 1, 2)))
        case "config_entry":
            return site.entry.entry_id
        case "text":
            texts = dice.sample(TEXTS, 2)
            return texts if details.get("multiple") else texts[0]
        case "select":
            return str(dice.choice(details["options"]))
        case "number":
            edges = details["min"], details["max"], float(details["min"] + 1)
            return dice.choice(
                (*edges, round(dice.uniform(details["min"], details["max"]), 1 if "step" in details else 0))
            )
        case "boolean":
            return dice.choice((True, False))
        case "datetime":
            return dice.choice(MOMENTS)
        case "duration":
            return {"minutes": dice.choice((0, 5, 600))}
        case "object":
            return dice.choice(OBJECTS)
    pytest.fail(f"nobody knows what {kind} gives")


@pytest.mark.parametrize("action", ACTIONS)
async def test_whatever_a_form_says_is_told_or_refused(
    site: Site, version: Version, action: str, caplog: pytest.LogCaptureFixture
) -> None:
    """With every field that is needed, and some of the others."""
    charger = await site.charger(version=version)
    assert await charger.start(1, HOLDER)
    await site.shows("switch.a_connector_1_charging", "on")
    dice = Random(f"{action} {version}")  # noqa: S311  to be the same each time
    fields = ACTIONS[action]["fields"]
    refusals: list[HomeAssistantError] = []
    for _ in range(TIMES_EACH):
        data = {
            name: said(dice, site, field["selector"])
            for name, field in fields.items()
            if field.get("required") or dice.random() < 0.3
        }
        with suppress(vol.Invalid):  # the form says so itself
            try:
                await site.act(action, **data)
            except HomeAssistantError as error:
                refusals.append(error)
    assert [str(error) for error in refusals if error.translation_key is None] == []
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
    assert charger.complaints == []
