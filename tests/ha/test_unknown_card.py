"""A card that is refused because nobody knows it can be learned by a repair."""

from typing import Any

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.ocpp_central.const import DOMAIN
from tests.charger import SimulatedCharger, Version

from .conftest import STRANGER, Site, charger_subentry, driver_id, driver_subentry, eventually
from .driver_forms import TEXTS, drivers

pytestmark = pytest.mark.blackbox

ANNA = "A0A0A0A1"
FIX = TEXTS["issues"]["unknown_card"]["fix_flow"]


@pytest.fixture
def chargers() -> list[ConfigSubentryData]:
    """Chargers A and B; Anna, and Ben."""
    return [charger_subentry("A"), charger_subentry("B"), driver_subentry("Anna", ANNA), driver_subentry("Ben", "BEBE")]


def admit(site: Site, who: str) -> None:
    """Choose who may charge."""
    site.hass.config_entries.async_update_entry(site.entry, options={"who_may_charge": who})


@pytest.fixture
async def strict(site: Site) -> Site:
    """A central system where only drivers may charge."""
    admit(site, "known_drivers")
    await site.hass.async_block_till_done()
    return site


def issue(hass: HomeAssistant) -> ir.IssueEntry | None:
    """The repair, of which there is one at most."""
    found = [each for each in ir.async_get(hass).issues.values() if each.issue_id.startswith("unknown_card")]
    assert len(found) <= 1
    return found[0] if found else None


async def refuse(charger: SimulatedCharger, token: str = STRANGER) -> None:
    """Hold a card to the reader that is refused."""
    assert not await charger.start(1, token)


async def offered(hass: HomeAssistant, name: str = "A") -> ir.IssueEntry:
    """The repair, once it names this charger."""

    def names_it() -> bool:
        found = issue(hass)
        return found is not None and found.translation_placeholders == {"charger": name}

    await eventually(names_it, "the repair")
    found = issue(hass)
    assert found is not None
    return found


class Repair:
    """The dialog that fixes a repair, over the interface that the frontend uses."""

    def __init__(self, hass_client: ClientSessionGenerator) -> None:
        """Be closed."""
        self._clients = hass_client
        self._url = "/api/repairs/issues/fix"
        self.shown: dict[str, Any] = {}

    async def open(self, hass: HomeAssistant) -> dict[str, Any]:
        """Click on the repair that there is."""
        assert await async_setup_component(hass, "repairs", {})
        found = issue(hass)
        assert found is not None
        client = await self._clients()
        answer = await client.post(self._url, json={"handler": DOMAIN, "issue_id": found.issue_id})
        return self._take(await answer.json())

    async def submit(self, name: str) -> dict[str, Any]:
        """Say whose card it is."""
        client = await self._clients()
        answer = await client.post(f"{self._url}/{self.shown['flow_id']}", json={"name": name})
        return self._take(await answer.json())

    def _take(self, shown: dict[str, Any]) -> dict[str, Any]:
        """Whatever is shown has a text, and no card's number in it."""
        assert STRANGER not in str(shown)
        match shown["type"]:
            case "form":
                assert FIX["step"][shown["step_id"]]["data"].keys() == {each["name"] for each in shown["data_schema"]}
                assert all(error in FIX["error"] for error in (shown["errors"] or {}).values())
            case "abort":
                assert shown["reason"] in FIX["abort"]
        self.shown = shown
        return shown


@pytest.fixture
def repair(hass_client: ClientSessionGenerator) -> Repair:
    """The dialog."""
    return Repair(hass_client)


async def test_a_stranger_who_is_refused_is_offered_to_be_learned(
    hass: HomeAssistant, strict: Site, version: Version
) -> None:
    """One repair, which names the latest charger, and holds no card's number."""
    await refuse(await strict.charger("A", version=version))
    found = await offered(hass)
    assert (found.is_fixable, found.is_persistent) == (True, False)
    await refuse(await strict.charger("B", version=version), "FEEDBEEF")
    found = await offered(hass, "B")
    assert STRANGER not in str(found)
    assert "FEEDBEEF" not in str(found)


async def test_the_card_is_given_to_a_driver(
    hass: HomeAssistant, strict: Site, version: Version, repair: Repair
) -> None:
    """Who is chosen by name; at once he may charge with it, and nothing is left to mend."""
    charger = await strict.charger(version=version)
    await refuse(charger)
    await offered(hass)
    form = await repair.open(hass)
    assert form["description_placeholders"] == {"charger": "A"}
    assert form["data_schema"][0]["selector"]["select"]["options"] == ["Anna", "Ben"]
    assert (await repair.submit(" anna "))["type"] == "create_entry"
    kind = None if version is Version.V16 else "ISO14443"
    assert drivers(strict.entry)["Anna"]["id_tokens"] == [
        {"value": ANNA, "type": "ISO14443"},
        {"value": STRANGER, "type": kind},
    ]
    assert issue(hass) is None
    assert await charger.start(1, STRANGER)


async def test_the_card_is_given_to_somebody_new(hass: HomeAssistant, strict: Site, repair: Repair) -> None:
    """A name that no driver has makes one; what cannot be a name is refused."""
    charger = await strict.charger()
    await refuse(charger, "de:ad:be:ef")
    await offered(hass)
    await repair.open(hass)
    assert (await repair.submit("\x07"))["errors"] == {"name": "name_invalid"}
    form = await repair.submit(driver_id("Ben"))
    assert form["errors"] == {"name": "name_is_id"}
    assert form["description_placeholders"] == {"charger": "A", "driver": "Ben"}
    assert issue(hass) is not None
    assert (await repair.submit(" Cleo "))["type"] == "create_entry"
    assert drivers(strict.entry)["Cleo"] == {"id_tokens": [{"value": STRANGER, "type": None}]}
    assert issue(hass) is None
    assert await charger.start(1, STRANGER)


@pytest.mark.parametrize("name", ["", " "])
async def test_nobody_gets_the_card_who_was_not_chosen(
    hass: HomeAssistant, strict: Site, repair: Repair, name: str
) -> None:
    """The field begins empty, though the frontend would fill a required one; the error goes on to success."""
    await refuse(await strict.charger())
    await offered(hass)
    form = await repair.open(hass)
    assert not form["data_schema"][0].get("required")
    form = await repair.submit(name)
    assert form["errors"] == {"name": "name_missing"}
    assert (await repair.submit("Ben"))["type"] == "create_entry"


async def test_a_dialog_is_about_one_card(hass: HomeAssistant, strict: Site, repair: Repair) -> None:
    """Whoever comes to a charger while it is open gets nothing by it."""
    charger = await strict.charger()
    await refuse(charger)
    await offered(hass)
    await repair.open(hass)
    await refuse(await strict.charger("B"), "FEEDBEEF")
    await offered(hass, "B")
    await repair.submit("Cleo")
    assert drivers(strict.entry)["Cleo"]["id_tokens"] == [{"value": STRANGER, "type": None}]


async def test_a_card_that_has_become_somebodys_is_not_given_away(
    hass: HomeAssistant, strict: Site, repair: Repair
) -> None:
    """The dialog that is still open says whose it is."""
    await refuse(await strict.charger())
    await offered(hass)
    await repair.open(hass)
    learn(strict, "Ben", "de:ad:be:ef")
    await hass.async_block_till_done()
    assert issue(hass) is None
    shown = await repair.submit("Anna")
    assert (shown["type"], shown["reason"]) == ("abort", "card_taken")
    assert shown["description_placeholders"] == {"driver": "Ben"}
    assert len(drivers(strict.entry)["Anna"]["id_tokens"]) == 1


async def test_a_dialog_of_a_central_system_that_stopped_gives_up(
    hass: HomeAssistant, strict: Site, repair: Repair
) -> None:
    """The card is remembered by nobody any more; presented again, it can be learned."""
    charger = await strict.charger()
    await refuse(charger)
    await offered(hass)
    await repair.open(hass)
    await strict.stop()
    assert issue(hass) is None
    shown = await repair.submit("Anna")
    assert (shown["type"], shown["reason"]) == ("abort", "card_forgotten")
    assert len(drivers(strict.entry)["Anna"]["id_tokens"]) == 1

    await strict.start()
    assert issue(hass) is None
    await charger.ready()
    await refuse(charger)
    await offered(hass)
    await repair.open(hass)
    assert (await repair.submit("Anna"))["type"] == "create_entry"


async def test_nothing_is_left_to_mend_once_it_helps_no_more(hass: HomeAssistant, strict: Site) -> None:
    """The card has become known, or everyone may charge again."""
    charger = await strict.charger()
    await refuse(charger)
    await offered(hass)
    learn(strict, "Ben", "BEB2")
    await hass.async_block_till_done()
    assert issue(hass) is not None
    learn(strict, "Ben", STRANGER)
    await hass.async_block_till_done()
    assert issue(hass) is None
    await refuse(charger, "FEEDBEEF")
    await offered(hass)
    admit(strict, "everyone")
    await hass.async_block_till_done()
    assert issue(hass) is None


async def test_whoever_is_refused_for_another_reason_is_not_offered(
    hass: HomeAssistant, site: Site, version: Version
) -> None:
    """A stranger where it is reserved for others, and a driver who is blocked."""
    charger = await site.charger(version=version)
    news = site.news("event.a_id_token_presented")
    await site.act(
        "reserve_now", device_id=site.device_id(), whole_charger=True, driver="Anna", held_by="central_system"
    )
    await refuse(charger)
    await eventually(lambda: [each["event_type"] for each in news] == ["refused"], "the news")
    assert issue(hass) is None

    admit(site, "known_drivers")
    change(site, "Ben", blocked=True)
    await hass.async_block_till_done()
    await refuse(charger, "BEBE")
    await eventually(lambda: [each["reason"] for each in news[1:]] == ["blocked"], "the news")
    assert issue(hass) is None


async def test_a_card_of_another_type_is_not_offered(hass: HomeAssistant, strict: Site) -> None:
    """A token names one person, whatever its type, so that nobody else could get this one."""
    charger = await strict.charger(version=Version.V201)
    news = strict.news("event.a_id_token_presented")
    assert not await charger.start(1, ANNA, "KeyCode")
    await eventually(lambda: [each["reason"] for each in news] == ["unknown"], "the news")
    assert issue(hass) is None


def learn(site: Site, name: str, token: str) -> None:
    """Have the owner add a token to a driver."""
    change(site, name, id_tokens=[*drivers(site.entry)[name]["id_tokens"], {"value": token, "type": None}])


def change(site: Site, name: str, **data: object) -> None:
    """Have the owner change a driver."""
    driver = next(each for each in site.entry.subentries.values() if each.title == name)
    site.hass.config_entries.async_update_subentry(site.entry, driver, data={**driver.data, **data})
