"""The forms for drivers, driven as the frontend drives them."""

import re
from typing import Any

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from tests.charger import Version

from .conftest import Site, central_system, charger_subentry, driver_id, driver_subentry
from .driver_forms import TEXTS, drivers, start_to_add, start_to_change, submit, suggested

pytestmark = pytest.mark.blackbox

TIME = "2027-03-01 08:00:00"
CARD = {"value": "04A2B3C4", "type": "ISO14443"}


@pytest.fixture
def chargers() -> list[ConfigSubentryData]:
    """Charger A, and Anna."""
    return [charger_subentry("A"), driver_subentry("Anna", "A0A0A0A1", "A0A0A0A2", group="Kinfolk")]


async def test_a_driver_is_added(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Contract 1: an id of at most 20 characters, so that 1.6 can carry it as a group; blanks around are cut off."""
    form = await start_to_add(hass, entry)
    assert (form["type"], form["step_id"], suggested(form)) == (FlowResultType.FORM, "details", {})
    tokens = [{"value": " 04A2B3C4 ", "type": "ISO14443"}, {"value": "1234", "type": "any"}, {"value": "5678"}]
    result = await submit(hass, form, name=" Ben ", id_tokens=tokens, group=" Kinfolk ")
    assert (result["type"], result["title"]) == (FlowResultType.CREATE_ENTRY, "Ben")
    assert re.fullmatch("driver-[0-9a-f]{12}", result["unique_id"] or "")
    assert drivers(entry)["Ben"] == {
        "id_tokens": [CARD, {"value": "1234", "type": None}, {"value": "5678", "type": None}],
        "group": "Kinfolk",
        "blocked": False,
    }


async def test_a_driver_needs_no_group(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """An empty one is none; no more does he need anything else that may be left out."""
    await submit(hass, await start_to_add(hass, entry), name="Ben", id_tokens=[CARD], group="  ")
    await submit(hass, await start_to_add(hass, entry), name="Cleo", id_tokens=[CARD | {"value": "C1E0"}])
    assert drivers(entry)["Ben"] == {"id_tokens": [CARD], "blocked": False}
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
        ({"id_tokens": [CARD, {"value": "04:a2:b3:c4"}]}, "id_tokens", "token_twice"),
        ({"id_tokens": [CARD, {"value": "a0-a0-a0-a2"}]}, "id_tokens", "token_taken"),
        ({"valid_from": "0001-01-01 00:00:00"}, "valid_from", "time_invalid"),
        ({"valid_from": "2027-03-01 12:00:00", "valid_until": TIME}, "valid_until", "until_not_after_from"),
        ({"valid_from": TIME, "valid_until": TIME}, "valid_until", "until_not_after_from"),
        ({"group": "G\n" * 2}, "group", "group_invalid"),
        ({"group": "G" * 256}, "group", "group_invalid"),
    ],
)
@pytest.mark.parametrize("step", ["details", "reconfigure_details"])
async def test_what_cannot_be_is_refused(
    hass: HomeAssistant, entry: MockConfigEntry, step: str, wrong: dict[str, Any], field: str, error: str
) -> None:
    """The form says what is wrong, keeps what was typed, and takes it once it is right."""
    anna = next(each for each in entry.subentries.values() if each.title == "Anna")
    if wrong.get("name", "").startswith("the id"):
        wrong = {"name": anna.subentry_id}
    await hass.config.async_set_time_zone("Europe/Berlin")
    if step == "reconfigure_details":
        await submit(hass, await start_to_add(hass, entry), name="Ben", id_tokens=[{"value": "BEBE"}])
    form = await start_to_add(hass, entry) if step == "details" else await start_to_change(hass, entry, "Ben")
    typed = {"name": "Benno", "id_tokens": [CARD], "blocked": False} | wrong
    form = await submit(hass, form, **typed)
    assert (form["type"], form["step_id"], form["errors"]) == (FlowResultType.FORM, step, {field: error})
    assert suggested(form) == typed
    if error in {"name_taken", "name_is_id", "token_taken"}:
        assert (form["description_placeholders"] or {})["driver"] == "Anna"
    if error.startswith("token_"):
        number = (form["description_placeholders"] or {})["number"]
        assert number == str(len(wrong["id_tokens"]))
    assert set(drivers(entry)) == ({"Anna"} if step == "details" else {"Anna", "Ben"})
    await submit(hass, form, name="Benno", id_tokens=[CARD])
    assert drivers(entry)["Benno"]["id_tokens"] == [CARD]


async def test_the_longest_texts_are_taken(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """255 characters, as of a token of 2.1."""
    longest = "x" * 255
    await submit(hass, await start_to_add(hass, entry), name=longest, id_tokens=[{"value": longest}], group=longest)
    assert drivers(entry)[longest]["group"] == longest


async def test_a_driver_is_changed(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """The form shows what there is; what it does not ask for stays, as does the id."""
    anna = next(each for each in entry.subentries.values() if each.title == "Anna")
    hass.config_entries.async_update_subentry(
        entry, anna, data={**anna.data, "id_tokens": [CARD, {"value": "1234"}], "blocked": True, "colour": "red"}
    )
    form = await start_to_change(hass, entry, "Anna")
    assert suggested(form) == {
        "name": "Anna",
        "id_tokens": [CARD, {"value": "1234", "type": "any"}],
        "group": "Kinfolk",
        "blocked": True,
    }
    result = await submit(hass, form, name="ANNA", id_tokens=[{"value": "1234", "type": "KeyCode"}])
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    assert drivers(entry) == {
        "ANNA": {"id_tokens": [{"value": "1234", "type": "KeyCode"}], "blocked": False, "colour": "red"}
    }
    assert {each.unique_id for each in entry.get_subentries_of_type("driver")} == {driver_id("Anna")}


async def test_a_token_belongs_to_one_driver_everywhere(
    hass: HomeAssistant, entry: MockConfigEntry, unused_tcp_port: int
) -> None:
    """Also where another central system has the other driver; names are its own matter."""
    other = central_system([], unused_tcp_port)
    other.add_to_hass(hass)
    assert await hass.config_entries.async_setup(other.entry_id)
    form = await submit(hass, await start_to_add(hass, other), name="Anna", id_tokens=[{"value": "A0A0A0A1"}])
    assert form["errors"] == {"id_tokens": "token_taken"}
    await submit(hass, form, name="Anna", id_tokens=[CARD])
    assert drivers(other) == {"Anna": {"id_tokens": [CARD], "blocked": False}}


async def test_only_known_types_are_taken(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """The form itself refuses others, and what is not a token at all."""
    for wrong in ([{"value": "1", "type": "Magic"}], [{"type": "ISO14443"}], [{"value": "1", "colour": "red"}], "1"):
        with pytest.raises(InvalidData):
            await submit(hass, await start_to_add(hass, entry), name="Ben", id_tokens=wrong)


async def test_the_form_travels_to_a_browser(
    hass: HomeAssistant, entry: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    """As JSON: a list of tokens, each with a value and a type; every choice and label has a text of its own."""
    assert await async_setup_component(hass, "config", {})
    client = await hass_client()
    url = "/api/config/config_entries/subentries/flow"
    menu = await (await client.post(url, json={"handler": [entry.entry_id, "driver"]})).json()
    assert menu["menu_options"] == ["details", "learn", "import_list"]
    form = await (await client.post(f"{url}/{menu['flow_id']}", json={"next_step_id": "details"})).json()
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
    assert drivers(entry)["Ben"] == {"id_tokens": [{"value": "1", "type": None}], "blocked": False}


async def test_adding_a_driver_disturbs_no_charger(site: Site, version: Version) -> None:
    """Contract 1: subentries apply at once, and nothing reloads."""
    charger = await site.charger(version=version)
    connected = site.history("binary_sensor.a_connected")
    await submit(site.hass, await start_to_add(site.hass, site.entry), name="Ben", id_tokens=[CARD, {"value": "BEBE"}])
    reservation = await site.act("reserve_now", device_id=site.device_id("A", 1), driver="Ben")
    form = await start_to_change(site.hass, site.entry, "Ben")
    await submit(site.hass, form, name="Benno", id_tokens=[{"value": "BEBE"}])
    await charger.wait_for(lambda: [hold.token for hold in charger.holds.values()] == ["BEBE"])
    assert (await site.becomes(uid=reservation["uid"]))["driver"] == "Benno"
    assert connected == []
    assert charger.complaints == []


@pytest.mark.parametrize(
    ("typed", "kind", "stored"),
    [
        ("04:a2:b3:c4", "ISO14443", "04A2B3C4"),
        ("04-A2-B3-C4", "any", "04A2B3C4"),
        ("04 a2 b3 c4 d5 e6 80", "ISO15693", "04A2B3C4D5E680"),
        ("0a:00:12:34:56", "any", "0A00123456"),
        ("04a2b3c4", "ISO14443", "04A2B3C4"),
        ("04a2b3c4d5e6f7a8", "any", "04A2B3C4D5E6F7A8"),
        ("04a2b3", "any", "04a2b3"),
        ("deadbeefcafe", "any", "deadbeefcafe"),
        ("12-34", "any", "12-34"),
        ("vid:04a2b3c4", "any", "vid:04a2b3c4"),
        ("aa:bb:cc:dd:ee:ff", "MacAddress", "aa:bb:cc:dd:ee:ff"),
        ("04a2b3c4", "KeyCode", "04a2b3c4"),
    ],
)
async def test_a_card_is_written_down_in_one_way(
    hass: HomeAssistant, entry: MockConfigEntry, typed: str, kind: str, stored: str
) -> None:
    """Its UID in capitals and in one piece, however it was typed in; what is no UID stays as it is."""
    await submit(hass, await start_to_add(hass, entry), name="Ben", id_tokens=[{"value": typed, "type": kind}])
    assert [each["value"] for each in drivers(entry)["Ben"]["id_tokens"]] == [stored]


async def test_a_driver_may_be_limited_in_time(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Typed in as the clock on the wall shows it, stored in UTC, and shown as it was typed in."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    hass.states.async_set("person.ben", "home")
    times = {"valid_from": "2027-03-01 08:00:00", "valid_until": "2027-07-01 08:00:00"}
    filled = {"blocked": True, "person": "person.ben", "group": "Kinfolk"} | times
    await submit(hass, await start_to_add(hass, entry), name="Ben", id_tokens=[CARD], **filled)
    assert drivers(entry)["Ben"] == {"id_tokens": [CARD]} | filled | {
        "valid_from": "2027-03-01T07:00:00+00:00",
        "valid_until": "2027-07-01T06:00:00+00:00",
    }
    form = await start_to_change(hass, entry, "Ben")
    assert suggested(form) == {"name": "Ben", "id_tokens": [CARD]} | filled
    await submit(hass, form, name="Ben", id_tokens=[CARD])
    assert drivers(entry)["Ben"] == {"id_tokens": [CARD], "blocked": False}


async def test_a_time_that_nobody_touches_stays(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """An hour of the autumn comes twice and looks the same; what cannot be read shows as empty."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    await submit(hass, await start_to_add(hass, entry), name="Ben", id_tokens=[CARD])
    ben = next(each for each in entry.subentries.values() if each.title == "Ben")
    times = {"valid_from": "tomorrow", "valid_until": "2027-10-31T01:30:00+00:00"}
    hass.config_entries.async_update_subentry(entry, ben, data={**ben.data, **times})
    form = await start_to_change(hass, entry, "Ben")
    assert suggested(form)["valid_until"] == "2027-10-31 02:30:00"
    await submit(hass, form, **suggested(form))
    assert drivers(entry)["Ben"] == {"id_tokens": [CARD], "blocked": False, "valid_until": times["valid_until"]}


async def test_a_card_is_known_in_the_spelling_of_the_charger(site: Site, version: Version) -> None:
    """The owner's spelling is one thing, the charger's another; it is told its own."""
    charger = await site.charger(version=version)
    await submit(site.hass, await start_to_add(site.hass, site.entry), name="Ben", id_tokens=[{"value": "04 a2 b3 c4"}])
    news = site.news("event.a_id_token_presented")
    assert await charger.start(1, "04:A2:B3:C4")
    await site.shows("event.a_id_token_presented", lambda state: state.state != "unknown")
    assert [each["driver"] for each in news] == ["Ben"]
    await charger.stop(1)
    await site.act("reserve_now", device_id=site.device_id("A", 2), driver="Ben")
    await charger.wait_for(lambda: [hold.token for hold in charger.holds.values()] == ["04:A2:B3:C4"])


async def test_changing_a_driver_who_is_gone_says_so(hass: HomeAssistant, site: Site) -> None:
    """A form that is open while its driver is removed ends with a text, not with an error of Home Assistant."""
    form = await start_to_change(hass, site.entry, "Anna")
    (anna,) = site.entry.get_subentries_of_type("driver")
    hass.config_entries.async_remove_subentry(site.entry, anna.subentry_id)
    result = await submit(hass, form, name="Anna", id_tokens=[{"value": "1234"}], blocked=False)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "driver_gone"
