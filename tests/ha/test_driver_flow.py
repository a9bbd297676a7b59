"""The forms for drivers, driven as the frontend drives them."""

import json
from pathlib import Path
import re
from typing import Any

from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER, ConfigSubentryData, SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components import ocpp_central
from tests.charger import Version

from .conftest import Site, central_system, charger_subentry, driver_id, driver_subentry

pytestmark = pytest.mark.blackbox

TEXTS = json.loads((Path(ocpp_central.__file__).parent / "translations/en.json").read_text("utf-8"))
FORM = TEXTS["config_subentries"]["driver"]
CARD = {"value": "04A2B3C4", "type": "ISO14443"}


@pytest.fixture
def chargers() -> list[ConfigSubentryData]:
    """Charger A, and Anna."""
    return [charger_subentry("A"), driver_subentry("Anna", "A0A0A0A1", "A0A0A0A2", group="Kinfolk")]


async def start(hass: HomeAssistant, entry: MockConfigEntry) -> SubentryFlowResult:
    """Begin to add a driver."""
    return check(
        await hass.config_entries.subentries.async_init((entry.entry_id, "driver"), context={"source": SOURCE_USER})
    )


async def start_to_change(hass: HomeAssistant, entry: MockConfigEntry, name: str) -> SubentryFlowResult:
    """Begin to change a driver."""
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
    if result["type"] is FlowResultType.ABORT:
        shown = [FORM["abort"][result["reason"]]]
    assert set(re.findall(r"{(\w+)}", " ".join(shown))) <= set(result.get("description_placeholders") or {})
    return result


def suggested(form: SubentryFlowResult) -> dict[str, Any]:
    """What the fields are filled with."""
    assert form["data_schema"] is not None
    schema = form["data_schema"].schema
    return {str(field): field.description["suggested_value"] for field in schema if field.description}


def drivers(entry: MockConfigEntry) -> dict[str, dict[str, Any]]:
    """The data of the drivers, by name."""
    return {each.title: dict(each.data) for each in entry.get_subentries_of_type("driver")}


async def test_a_driver_is_added(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Contract 1: an id of at most 20 characters, so that 1.6 can carry it as a group; blanks around are cut off."""
    form = await start(hass, entry)
    assert (form["type"], form["step_id"], suggested(form)) == (FlowResultType.FORM, "user", {})
    tokens = [{"value": " 04A2B3C4 ", "type": "ISO14443"}, {"value": "1234", "type": "any"}, {"value": "5678"}]
    result = await submit(hass, form, name=" Ben ", id_tokens=tokens, group=" Kinfolk ")
    assert (result["type"], result["title"]) == (FlowResultType.CREATE_ENTRY, "Ben")
    assert re.fullmatch("driver-[0-9a-f]{12}", result["unique_id"] or "")
    assert drivers(entry)["Ben"] == {
        "id_tokens": [CARD, {"value": "1234", "type": None}, {"value": "5678", "type": None}],
        "group": "Kinfolk",
    }


async def test_a_driver_needs_no_group(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """An empty one is none."""
    await submit(hass, await start(hass, entry), name="Ben", id_tokens=[CARD], group="  ")
    await submit(hass, await start(hass, entry), name="Cleo", id_tokens=[CARD | {"value": "C1E0"}])
    assert drivers(entry)["Ben"] == {"id_tokens": [CARD]}
    assert "group" not in drivers(entry)["Cleo"]


@pytest.mark.parametrize(
    ("wrong", "field", "error"),
    [
        ({"name": "  "}, "name", "name_invalid"),
        ({"name": "B\ten"}, "name", "name_invalid"),
        ({"name": "B" * 256}, "name", "name_invalid"),
        ({"name": " aNNa "}, "name", "name_taken"),
        ({"name": driver_id("Anna")}, "name", "name_is_id"),
        ({"name": "the id of Anna's subentry"}, "name", "name_is_id"),
        ({"id_tokens": []}, "id_tokens", "no_token"),
        ({"id_tokens": [CARD, {"value": "  "}]}, "id_tokens", "token_invalid"),
        ({"id_tokens": [{"value": "1\x002"}]}, "id_tokens", "token_invalid"),
        ({"id_tokens": [{"value": "1" * 256}]}, "id_tokens", "token_invalid"),
        ({"id_tokens": [CARD, CARD | {"value": " 04a2b3c4"}]}, "id_tokens", "token_twice"),
        ({"id_tokens": [CARD, {"value": "04A2B3C4", "type": "KeyCode"}]}, "id_tokens", "token_twice"),
        ({"id_tokens": [CARD, {"value": "a0a0a0a2"}]}, "id_tokens", "token_taken"),
        ({"id_tokens": [{"value": "A0A0A0A2", "type": "KeyCode"}]}, "id_tokens", "token_taken"),
        ({"group": "G\n" * 2}, "group", "group_invalid"),
        ({"group": "G" * 256}, "group", "group_invalid"),
    ],
)
@pytest.mark.parametrize("step", ["user", "reconfigure"])
async def test_what_cannot_be_is_refused(
    hass: HomeAssistant, entry: MockConfigEntry, step: str, wrong: dict[str, Any], field: str, error: str
) -> None:
    """The form says what is wrong, keeps what was typed, and takes it once it is right."""
    anna = next(each for each in entry.subentries.values() if each.title == "Anna")
    if wrong.get("name", "").startswith("the id"):
        wrong = {"name": anna.subentry_id}
    if step == "reconfigure":
        await submit(hass, await start(hass, entry), name="Ben", id_tokens=[{"value": "BEBE"}])
    form = await start(hass, entry) if step == "user" else await start_to_change(hass, entry, "Ben")
    typed = {"name": "Benno", "id_tokens": [CARD]} | wrong
    form = await submit(hass, form, **typed)
    assert (form["type"], form["step_id"], form["errors"]) == (FlowResultType.FORM, step, {field: error})
    assert suggested(form) == typed
    if error in {"name_taken", "name_is_id", "token_taken"}:
        assert (form["description_placeholders"] or {})["driver"] == "Anna"
    if error.startswith("token_"):
        number = (form["description_placeholders"] or {})["number"]
        assert number == str(len(wrong["id_tokens"]))
    assert set(drivers(entry)) == ({"Anna"} if step == "user" else {"Anna", "Ben"})
    await submit(hass, form, name="Benno", id_tokens=[CARD])
    assert drivers(entry)["Benno"]["id_tokens"] == [CARD]


async def test_the_longest_texts_are_taken(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """255 characters, as of a token of 2.1."""
    longest = "x" * 255
    await submit(hass, await start(hass, entry), name=longest, id_tokens=[{"value": longest}], group=longest)
    assert drivers(entry)[longest]["group"] == longest


async def test_a_driver_is_changed(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """The form shows what there is; what it does not ask for stays, as does the id."""
    anna = next(each for each in entry.subentries.values() if each.title == "Anna")
    hass.config_entries.async_update_subentry(
        entry, anna, data={**anna.data, "id_tokens": [CARD, {"value": "1234"}], "blocked": True}
    )
    form = await start_to_change(hass, entry, "Anna")
    assert suggested(form) == {
        "name": "Anna",
        "id_tokens": [CARD, {"value": "1234", "type": "any"}],
        "group": "Kinfolk",
    }
    result = await submit(hass, form, name="ANNA", id_tokens=[{"value": "1234", "type": "KeyCode"}])
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    assert drivers(entry) == {"ANNA": {"id_tokens": [{"value": "1234", "type": "KeyCode"}], "blocked": True}}
    assert {each.unique_id for each in entry.get_subentries_of_type("driver")} == {driver_id("Anna")}


async def test_a_token_belongs_to_one_driver_everywhere(
    hass: HomeAssistant, entry: MockConfigEntry, unused_tcp_port: int
) -> None:
    """Also where another central system has the other driver; names are its own matter."""
    other = central_system([], unused_tcp_port)
    other.add_to_hass(hass)
    assert await hass.config_entries.async_setup(other.entry_id)
    form = await submit(hass, await start(hass, other), name="Anna", id_tokens=[{"value": "A0A0A0A1"}])
    assert form["errors"] == {"id_tokens": "token_taken"}
    await submit(hass, form, name="Anna", id_tokens=[CARD])
    assert drivers(other) == {"Anna": {"id_tokens": [CARD]}}


async def test_only_known_types_are_taken(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """The form itself refuses others, and what is not a token at all."""
    for wrong in ([{"value": "1", "type": "Magic"}], [{"type": "ISO14443"}], [{"value": "1", "colour": "red"}], "1"):
        with pytest.raises(InvalidData):
            await submit(hass, await start(hass, entry), name="Ben", id_tokens=wrong)


async def test_the_form_travels_to_a_browser(
    hass: HomeAssistant, entry: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    """As JSON: a list of tokens, each with a value and a type; every choice and label has a text of its own."""
    assert await async_setup_component(hass, "config", {})
    client = await hass_client()
    url = "/api/config/config_entries/subentries/flow"
    form = await (await client.post(url, json={"handler": [entry.entry_id, "driver"]})).json()
    shown = {field["name"]: field for field in form["data_schema"]}
    selector = shown["id_tokens"]["selector"]["object"]
    assert selector["multiple"] is True
    assert set(selector["fields"]) == {"value", "type"} == set(TEXTS["selector"]["id_tokens"]["fields"])
    kind = selector["fields"]["type"]["selector"]["select"]
    assert (kind["options"][0]["value"], selector["fields"]["type"]["default"]) == ("any", "any")
    assert set(TEXTS["selector"][kind["translation_key"]]["options"]) == {"any"}
    answer = await (
        await client.post(
            f"{url}/{form['flow_id']}", json={"name": "Ben", "id_tokens": [{"value": "1", "type": "any"}]}
        )
    ).json()
    assert answer["type"] == "create_entry"
    assert drivers(entry)["Ben"] == {"id_tokens": [{"value": "1", "type": None}]}


async def test_adding_a_driver_disturbs_no_charger(site: Site, version: Version) -> None:
    """Contract 1: subentries apply at once, and nothing reloads."""
    charger = await site.charger(version=version)
    connected = site.history("binary_sensor.a_connected")
    await submit(site.hass, await start(site.hass, site.entry), name="Ben", id_tokens=[CARD, {"value": "BEBE"}])
    reservation = await site.act("reserve_now", device_id=site.device_id("A", 1), driver="Ben")
    form = await start_to_change(site.hass, site.entry, "Ben")
    await submit(site.hass, form, name="Benno", id_tokens=[{"value": "BEBE"}])
    await charger.wait_for(lambda: [hold.token for hold in charger.holds.values()] == ["BEBE"])
    assert (await site.becomes(uid=reservation["uid"]))["driver"] == "Benno"
    assert connected == []
    assert charger.complaints == []
