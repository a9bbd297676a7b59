"""A list of drivers is pasted from a spreadsheet."""

from typing import Any

from homeassistant.config_entries import ConfigSubentryData, SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.charger import Version

from .conftest import Site, central_system, charger_subentry, driver_id, driver_subentry
from .driver_forms import drivers, submit, suggested, ways_to_add

pytestmark = pytest.mark.blackbox


@pytest.fixture
def chargers() -> list[ConfigSubentryData]:
    """Charger A; Anna, who has a group, and Ben, who has none."""
    return [
        charger_subentry("A"),
        driver_subentry("Anna", "A0A0A0A1", group="Kinfolk"),
        driver_subentry("Ben", "BEBEBEB1"),
    ]


async def paste(hass: HomeAssistant, entry: MockConfigEntry, text: str) -> SubentryFlowResult:
    """Import a list."""
    form = await submit(hass, await ways_to_add(hass, entry), next_step_id="import_list")
    assert (form["type"], form["step_id"], form["errors"]) == (FlowResultType.FORM, "import_list", {})
    return await submit(hass, form, list=text)


def told(entry: MockConfigEntry) -> dict[str, tuple[list[str], str | None]]:
    """The tokens and the group of each driver, by name."""
    everybody = drivers(entry)
    return {name: ([each["value"] for each in of["id_tokens"]], of.get("group")) for name, of in everybody.items()}


def counts(result: SubentryFlowResult) -> tuple[str, str]:
    """How many drivers the last text says were added and changed."""
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "drivers_imported")
    about = result["description_placeholders"] or {}
    return about["added"], about["changed"]


KNOWN = {"Anna": (["A0A0A0A1"], "Kinfolk"), "Ben": (["BEBEBEB1"], None)}


@pytest.mark.parametrize(
    "text",
    [
        "Cleo,04a2b3c4,Office\nDora,1234",
        "Cleo;04:A2:B3:C4;Office\r\nDora;1234;\r\n",
        "\ufeffName\tToken\tGroup\nCleo\t04 A2 B3 C4\tOffice\nDora\t1234\t\n",
        "\n\n name , token \n Cleo , 04A2B3C4 , Office \n\n;;\n,,\nDora,1234,,",
        '"Cleo","04A2B3C4","Office"\n"Dora","1234"',
    ],
    ids=["comma", "semicolon", "tab", "blanks", "quotes"],
)
async def test_a_list_is_taken_over(hass: HomeAssistant, entry: MockConfigEntry, text: str) -> None:
    """With commas, semicolons or tabs, with or without a heading; empty lines do not count."""
    assert counts(await paste(hass, entry, text)) == ("2", "0")
    assert told(entry) == KNOWN | {"Cleo": (["04A2B3C4"], "Office"), "Dora": (["1234"], None)}
    ids = [each.unique_id or "" for each in entry.get_subentries_of_type("driver")]
    assert len(set(ids)) == 4
    assert all(each.startswith("driver-") for each in ids)
    assert drivers(entry)["Cleo"]["id_tokens"] == [{"value": "04A2B3C4", "type": None}]


@pytest.mark.parametrize("text", ["Smith, Cleo;C1E0", '"Smith, Cleo",C1E0', '"Smith, Cleo"\tC1E0'])
async def test_a_name_may_have_a_comma_in_it(hass: HomeAssistant, entry: MockConfigEntry, text: str) -> None:
    """If something else parts the fields, or it stands between quotation marks."""
    assert counts(await paste(hass, entry, text)) == ("1", "0")
    assert told(entry)["Smith, Cleo"] == (["C1E0"], None)


async def test_lines_of_one_name_are_one_driver(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """One token a line; the group may stand in any of them."""
    assert counts(await paste(hass, entry, "Cleo,C1E0\nDora,D0\ncleo,C1E1,Office\nCLEO,C1E2,office")) == ("2", "0")
    assert told(entry) == KNOWN | {"Cleo": (["C1E0", "C1E1", "C1E2"], "Office"), "Dora": (["D0"], None)}


async def test_a_driver_who_is_known_gets_the_token(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """And the group, if there is none yet; what else is known of him stays, and so does whoever gets nothing new."""
    ben = next(each for each in entry.subentries.values() if each.title == "Ben")
    hass.config_entries.async_update_subentry(entry, ben, data={**ben.data, "blocked": True})
    text = "anna,A0A0A0A2\nAnna,A0A0A0A3,kinfolk\nben,BEBEBEB2,Office"
    assert counts(await paste(hass, entry, text)) == ("0", "2")
    assert told(entry) == {
        "Anna": (["A0A0A0A1", "A0A0A0A2", "A0A0A0A3"], "Kinfolk"),
        "Ben": (["BEBEBEB1", "BEBEBEB2"], "Office"),
    }
    assert drivers(entry)["Ben"]["blocked"] is True
    assert drivers(entry)["Ben"]["id_tokens"][0] == {"value": "BEBEBEB1", "type": "ISO14443"}
    assert {each.unique_id for each in entry.get_subentries_of_type("driver")} == {driver_id("Anna"), driver_id("Ben")}


async def test_a_list_may_be_pasted_again(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """With lines that were added since."""
    await paste(hass, entry, "Cleo,04:A2:B3:C4")
    assert counts(await paste(hass, entry, "Cleo,04A2B3C4\nDora,D0")) == ("1", "0")
    assert told(entry) == KNOWN | {"Cleo": (["04A2B3C4"], None), "Dora": (["D0"], None)}


@pytest.mark.parametrize(
    ("text", "error", "about"),
    [
        ("", "list_empty", {}),
        (" \n;;\n", "list_empty", {}),
        ("name,token,group", "list_empty", {}),
        ("Cleo,C1E0\n\n,D0D0", "line_name_missing", {"line": "3"}),
        ("Cleo,C1E0\nDora", "line_token_missing", {"line": "2"}),
        ("Cleo,C1E0\nDora,,Office", "line_token_missing", {"line": "2"}),
        ("Cleo," + "1" * 256, "line_token_invalid", {"line": "1"}),
        ("Cleo,C1\x00E0", "line_token_invalid", {"line": "1"}),
        ("Cleo," + "1" * 200_000, "line_token_missing", {"line": "1"}),
        ("C\x07leo,C1E0", "line_name_invalid", {"line": "1"}),
        ("Cleo,C1E0," + "G" * 256, "line_group_invalid", {"line": "1"}),
        ("Cleo,C1E0,Office,Berlin", "line_too_long", {"line": "1"}),
        (f"Cleo,C1E0\n{driver_id('Ben')},D0", "line_name_is_id", {"line": "2", "driver": "Ben"}),
        ("Cleo,bebebeb1", "line_token_taken", {"line": "1", "driver": "Ben"}),
        ("Cleo,C1E0\nAnna,be:be:be:b1", "line_token_taken", {"line": "2", "driver": "Ben"}),
        ("name,token\nCleo,04A2B3C4\nDora,04:a2:b3:c4", "line_token_twice", {"line": "3"}),
        ("Cleo,C1E0\nCleo,c1e0", "line_token_twice", {"line": "2"}),
        ("Cleo,C1E0,Office\nCleo,C1E1,Garage", "line_group_conflict", {"line": "2", "driver": "Cleo"}),
        ("Cleo,C1E0\nanna,A0A0A0A2,Office", "line_group_conflict", {"line": "2", "driver": "Anna"}),
    ],
)
async def test_a_list_with_a_fault_changes_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, text: str, error: str, about: dict[str, Any]
) -> None:
    """The text names the line and what is wrong with it, and no token; once it is right, all is taken over."""
    form = await paste(hass, entry, text)
    assert (form["type"], form["errors"]) == (FlowResultType.FORM, {"list": error})
    assert form["description_placeholders"] == about
    assert suggested(form) == {"list": text}
    assert told(entry) == KNOWN
    assert counts(await submit(hass, form, list="Cleo,C1E0")) == ("1", "0")


async def test_a_token_of_another_central_system_is_taken(
    hass: HomeAssistant, entry: MockConfigEntry, unused_tcp_port: int
) -> None:
    """A token names one person everywhere, though names are each one's own matter."""
    other = central_system([], unused_tcp_port)
    other.add_to_hass(hass)
    assert await hass.config_entries.async_setup(other.entry_id)
    form = await paste(hass, other, "Anna,A0A0A0A1")
    assert form["errors"] == {"list": "line_token_taken"}
    assert counts(await submit(hass, form, list="Anna,A0A0A0A9")) == ("1", "0")


async def test_whoever_was_imported_can_be_reserved_for(site: Site, version: Version) -> None:
    """At once, and without disturbing a charger."""
    charger = await site.charger(version=version)
    await paste(site.hass, site.entry, "Cleo,C1E0C1E0\nCleo,C1E0C1E1")
    await site.act("reserve_now", device_id=site.device_id("A", 1), driver="Cleo")
    await charger.wait_for("ReserveNow")
    assert await charger.start(1, "C1E0C1E1")
    assert charger.connections == 1
