"""A card is learned by holding it to the reader of a charger."""

from homeassistant.config_entries import ConfigSubentryData, SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import EVENT_DATA_ENTRY_FLOW_PROGRESSED, FlowResultType, UnknownFlow
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from tests.charger import SimulatedCharger, Version

from .conftest import Clock, Site, charger_subentry, driver_subentry, eventually
from .driver_forms import check, drivers, submit, suggested, ways_to_add, ways_to_change

pytestmark = pytest.mark.blackbox

ANNA = "A0A0A0A1"


@pytest.fixture
def chargers() -> list[ConfigSubentryData]:
    """Chargers A and B, and Anna."""
    return [charger_subentry("A"), charger_subentry("B"), driver_subentry("Anna", ANNA)]


async def wait_for_card(hass: HomeAssistant, menu: SubentryFlowResult) -> SubentryFlowResult:
    """Choose to learn a card; the flow waits from then on, also when it is looked at again."""
    waiting = await submit(hass, menu, next_step_id="learn")
    assert (waiting["type"], waiting["step_id"]) == (FlowResultType.SHOW_PROGRESS, "learn")
    assert (await look(hass, waiting))["type"] is FlowResultType.SHOW_PROGRESS
    return waiting


async def look(hass: HomeAssistant, flow: SubentryFlowResult) -> SubentryFlowResult:
    """What the frontend is shown when it looks again."""
    return check(await hass.config_entries.subentries.async_configure(flow["flow_id"]))


def step(hass: HomeAssistant, flow: SubentryFlowResult) -> str:
    """In which step a flow is."""
    return str(hass.config_entries.subentries.async_get(flow["flow_id"])["step_id"])


async def present(hass: HomeAssistant, charger: SimulatedCharger, token: str, flow: SubentryFlowResult) -> None:
    """Hold a card to a charger's reader, until the flow has noticed."""
    await charger.start(1, token)
    await eventually(lambda: step(hass, flow) != "learn", "an end of waiting")
    await charger.stop(1)


async def test_a_card_of_a_new_driver_is_learned(hass: HomeAssistant, site: Site, version: Version) -> None:
    """The form opens with the card filled in, of the type that the charger told; 1.6 tells none."""
    charger = await site.charger("B", version=version)
    waiting = await wait_for_card(hass, await ways_to_add(hass, site.entry))
    await present(hass, charger, "04:a2:b3:c4", waiting)
    form = await look(hass, waiting)
    kind = None if version is Version.V16 else "ISO14443"
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "details")
    assert suggested(form) == {"id_tokens": [{"value": "04A2B3C4", "type": kind or "any"}]}
    await submit(hass, form, name="Ben", **suggested(form))
    assert drivers(site.entry)["Ben"]["id_tokens"] == [{"value": "04A2B3C4", "type": kind}]


async def test_one_more_card_of_a_driver_is_learned(hass: HomeAssistant, site: Site) -> None:
    """It is added to those that there are."""
    charger = await site.charger(version=Version.V201)
    waiting = await wait_for_card(hass, await ways_to_change(hass, site.entry, "Anna"))
    await present(hass, charger, "04A2B3C4", waiting)
    form = await look(hass, waiting)
    assert form["step_id"] == "reconfigure_details"
    await submit(hass, form, **suggested(form))
    assert [each["value"] for each in drivers(site.entry)["Anna"]["id_tokens"]] == [ANNA, "04A2B3C4"]


@pytest.mark.parametrize("source", ["user", "reconfigure"])
async def test_a_card_that_is_somebodys_is_not_learned(hass: HomeAssistant, site: Site, source: str) -> None:
    """Said at once, with the name; then another card may be presented."""
    charger = await site.charger()
    menu = await (ways_to_add(hass, site.entry) if source == "user" else ways_to_change(hass, site.entry, "Anna"))
    waiting = await wait_for_card(hass, menu)
    await present(hass, charger, "a0:a0:a0:a1", waiting)
    menu = await look(hass, waiting)
    assert (menu["type"], menu["step_id"]) == (FlowResultType.MENU, "card_taken")
    assert menu["description_placeholders"] == {"driver": "Anna"}
    waiting = await wait_for_card(hass, menu)
    await present(hass, charger, "04A2B3C4", waiting)
    form = await look(hass, waiting)
    name = suggested(form).get("name", "Ben")
    await submit(hass, form, **{"name": name, **suggested(form)})
    assert drivers(site.entry)[name]["id_tokens"][-1]["value"] == "04A2B3C4"


async def test_nobody_is_waited_for_longer_than_two_minutes(hass: HomeAssistant, site: Site, clock: Clock) -> None:
    """Then it can be tried again."""
    charger = await site.charger()
    waiting = await wait_for_card(hass, await ways_to_add(hass, site.entry))
    await clock.forward(seconds=115)
    assert (await look(hass, waiting))["type"] is FlowResultType.SHOW_PROGRESS
    await clock.forward(seconds=10)
    await eventually(lambda: step(hass, waiting) != "learn", "an end of waiting")
    menu = await look(hass, waiting)
    assert (menu["type"], menu["step_id"]) == (FlowResultType.MENU, "no_card")
    waiting = await wait_for_card(hass, menu)
    await present(hass, charger, "04A2B3C4", waiting)
    form = await look(hass, waiting)
    await submit(hass, form, name="Ben", **suggested(form))
    assert set(drivers(site.entry)) == {"Anna", "Ben"}


async def test_without_a_card_it_can_be_typed_in(hass: HomeAssistant, site: Site, clock: Clock) -> None:
    """A driver who has come to be changed is shown as he is."""
    waiting = await wait_for_card(hass, await ways_to_change(hass, site.entry, "Anna"))
    await clock.forward(seconds=125)
    await eventually(lambda: step(hass, waiting) != "learn", "an end of waiting")
    form = await submit(hass, await look(hass, waiting), next_step_id="reconfigure_details")
    assert suggested(form)["name"] == "Anna"
    assert len(suggested(form)["id_tokens"]) == 1


async def test_a_central_system_that_does_not_run_learns_nothing(hass: HomeAssistant, site: Site) -> None:
    """Its chargers are not connected."""
    await site.stop()
    result = await submit(hass, await ways_to_add(hass, site.entry), next_step_id="learn")
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "not_listening")
    await site.start()
    await wait_for_card(hass, await ways_to_add(hass, site.entry))


async def test_waiting_ends_with_the_central_system(hass: HomeAssistant, site: Site) -> None:
    """Nothing that waits keeps it from unloading."""
    waiting = await wait_for_card(hass, await ways_to_add(hass, site.entry))
    await site.stop()
    result = await look(hass, waiting)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "not_listening")


async def test_waiting_ends_when_the_dialog_is_closed(hass: HomeAssistant, site: Site, version: Version) -> None:
    """The next card is for nobody; a test that leaves a task behind fails."""
    charger = await site.charger(version=version)
    waiting = await wait_for_card(hass, await ways_to_add(hass, site.entry))
    hass.config_entries.subentries.async_abort(waiting["flow_id"])
    await charger.start(1, "04A2B3C4")
    with pytest.raises(UnknownFlow):
        await look(hass, waiting)
    assert set(drivers(site.entry)) == {"Anna"}


async def test_the_frontend_is_told_when_a_card_is_there(
    hass: HomeAssistant, entry: MockConfigEntry, site: Site, hass_client: ClientSessionGenerator
) -> None:
    """Over the interface that it uses."""
    assert await async_setup_component(hass, "config", {})
    charger = await site.charger()
    client = await hass_client()
    url = "/api/config/config_entries/subentries/flow"
    menu = await (await client.post(url, json={"handler": [entry.entry_id, "driver"]})).json()
    url = f"{url}/{menu['flow_id']}"
    waiting = await (await client.post(url, json={"next_step_id": "learn"})).json()
    assert (waiting["type"], waiting["progress_action"]) == ("progress", "wait_for_card")
    news = async_capture_events(hass, EVENT_DATA_ENTRY_FLOW_PROGRESSED)
    await charger.start(1, "04A2B3C4")
    await eventually(lambda: [each.data["flow_id"] for each in news] == [menu["flow_id"]], "the news")
    form = await (await client.get(url)).json()
    assert (form["type"], form["step_id"]) == ("form", "details")
