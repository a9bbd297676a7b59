"""What Assist can ask, reserve and release, and what the owner has not exposed."""

from collections.abc import AsyncIterator, Callable

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
from homeassistant.helpers.llm import ToolInput, ToolResult
from homeassistant.loader import async_get_integration
from homeassistant.util import dt as dt_util
import probatio
import pytest

from custom_components.ocpp_central.const import DOMAIN
from tests.charger import Behaviour, Version

from .assistant import GET, RELEASE, RESERVE, Assistant
from .conftest import HOUSE_TOKEN, ON_V16, STRANGER, Clock, Site, central_system, charger_subentry, driver_subentry

pytestmark = [pytest.mark.blackbox, ON_V16]

ANNA, BEN, CARLA = "A0A0A0A1", "B0B0B0B1", "C0C0C0C1"
A_1, A_2, B_1 = (f"binary_sensor.{each}_reserved" for each in ("a_connector_1", "a_connector_2", "b_connector_1"))


@pytest.fixture
def chargers() -> list[ConfigSubentryData]:
    """Chargers A and B, and three drivers, one of them blocked."""
    return [
        charger_subentry("A"),
        charger_subentry("B"),
        driver_subentry("Anna", ANNA),
        driver_subentry("Ben", BEN),
        driver_subentry("Carla", CARLA, blocked=True),
    ]


@pytest.fixture
async def assistant(hass: HomeAssistant) -> AsyncIterator[Assistant]:
    """An assistant, which is told no token."""
    assistant = Assistant(hass)
    await assistant.begin()
    yield assistant
    assert not [secret for secret in (ANNA, BEN, CARLA, HOUSE_TOKEN) if secret in str(assistant.told)]


@pytest.fixture
async def garage(site: Site, assistant: Assistant, version: Version) -> Site:
    """A with two connectors, and B with one, all exposed."""
    await site.charger("A", version)
    await site.charger("B", version, connectors=1)
    assistant.knows(A_1, A_2, B_1)
    return site


async def test_the_tools_say_truthfully_what_they_do(garage: Site, assistant: Assistant) -> None:
    """Asking changes nothing; reserving takes nothing away; releasing does; all stay within the home."""
    tools = await assistant.tools()
    assert {
        name: (each.read_only, each.destructive, each.idempotent, each.open_world)
        for name, each in ((tool.name, tool.annotations) for tool in tools.values())
    } == {
        GET: (True, False, True, False),
        RESERVE: (False, False, False, False),
        RELEASE: (False, True, False, False),
    }
    assert {tool.integration for tool in tools.values()} == {DOMAIN}


async def test_models_are_told_every_argument(garage: Site, assistant: Assistant) -> None:
    """Each has a type and a description, and none takes an ID token."""
    serializer = (await assistant.api()).custom_serializer
    told = {
        name: probatio.to_openapi(tool.parameters, custom_serializer=serializer)["properties"]
        for name, tool in (await assistant.tools()).items()
    }
    assert {name: set(arguments) for name, arguments in told.items()} == {
        GET: {"name", "area", "driver", "start", "end"},
        RESERVE: {"name", "area", "driver", "start", "end", "duration_minutes"},
        RELEASE: {"name", "area", "driver", "reservation_id"},
    }
    assert all({"type", "description"} <= set(each) for arguments in told.values() for each in arguments.values())


async def test_models_are_told_what_there_is(
    garage: Site, assistant: Assistant, area_registry: ar.AreaRegistry, device_registry: dr.DeviceRegistry
) -> None:
    """By name and area; nothing where nothing is exposed."""
    yard = area_registry.async_create("Yard")
    device_registry.async_update_device(garage.device_id("B"), area_id=yard.id)
    assert (
        "A, A Connector 1, A Connector 2, B (area Yard), B Connector 1 (area Yard)"
        in (await assistant.api()).api_prompt
    )
    assistant.knows(A_1)
    assert "cancel: A Connector 1." in (await assistant.api()).api_prompt
    assistant.knows()
    assert await assistant.tools() == {}
    assert "A Connector" not in (await assistant.api()).api_prompt


async def test_reserve_ask_and_release(garage: Site, assistant: Assistant) -> None:
    """By the name of a connector and of a driver, in letters of either case."""
    made = await assistant.call(RESERVE, name="a connector 2", driver="anna", duration_minutes=45)
    listed = (await garage.reservations())[0]
    start, end = (dt_util.parse_datetime(made[each], raise_on_error=True) for each in ("start", "end"))
    assert (end - start).total_seconds() == pytest.approx(45 * 60, abs=1)
    assert end.utcoffset() == dt_util.as_local(end).utcoffset()
    assert end.isoformat() != listed["end"], "people speak in local time"
    assert end == dt_util.parse_datetime(listed["end"])
    assert made.items() >= {"place": "A Connector 2", "area": None, "for": "Anna", "target": "connector"}.items()
    assert made.items() >= {"status": "active", "hold": "held", "result": "Accepted"}.items()
    assert (listed["evse"], listed["driver"], listed["reservation_id"]) == (2, "Anna", made["reservation_id"])

    assert await assistant.reservations() == [("A Connector 2", "Anna")]
    assert await assistant.reservations(name="Connector 2") == [("A Connector 2", "Anna")]
    assert await assistant.reservations(name="B") == []
    assert await assistant.reservations(driver="Ben") == []

    gone = await assistant.call(RELEASE, name="Connector 2")
    assert (gone["reservation_id"], gone["status"]) == (made["reservation_id"], "cancelled")
    assert await assistant.reservations() == []
    assert garage.state(A_2) == "off"


async def test_what_is_for_later_is_promised(garage: Site, assistant: Assistant, clock: Clock) -> None:
    """From a start to an end in local time, and told within the span that is asked about."""
    start, end = (
        dt_util.as_local(dt_util.parse_datetime(clock.after(hours=each), raise_on_error=True)) for each in (2, 3)
    )
    made = await assistant.call(
        RESERVE,
        name="A Connector 1",
        driver="Ben",
        start=start.replace(tzinfo=None).isoformat(),
        end=end.replace(tzinfo=None).isoformat(),
    )
    assert (made["start"], made["end"]) == (start.isoformat(), end.isoformat())
    assert (made["status"], made["hold"], made["result"]) == ("scheduled", "none", None)
    assert await assistant.reservations(start=start.isoformat()) == [("A Connector 1", "Ben")]
    assert await assistant.reservations(end=start.isoformat()) == []


async def test_models_are_told_no_more_than_they_can_take_in(
    site: Site, assistant: Assistant, clock: Clock, version: Version
) -> None:
    """The first ones, and how many more there are."""
    await site.charger("A", version)
    assistant.knows(A_1)
    for hour in range(1, 53):
        await site.reserve(1, start=clock.after(hours=hour), duration={"minutes": 5})
    told = await assistant.call(GET)
    assert [each["reservation_id"] for each in told["reservations"]] == list(range(1, 51))
    assert told["later_ones_not_listed"] == 2
    assert (await assistant.call(GET, start=clock.after(hours=10)))["later_ones_not_listed"] == 0


async def test_a_charger_stands_for_any_of_its_connectors(garage: Site, assistant: Assistant) -> None:
    """Once it is bound, or from the start where the charger cannot keep one free itself, its connector is told."""
    made = await assistant.call(RESERVE, name="A")
    assert (made["target"], made["for"]) == ("any", "Home Assistant")
    assert made["place"] in {"A", "A Connector 1", "A Connector 2"}
    await assistant.call(RESERVE, name="A", driver="Anna")
    assert sorted(each for _, each in await assistant.reservations(name="A")) == ["Anna", "Home Assistant"]
    assert "In the way is reservation" in await assistant.refused(RESERVE, name="A", driver="Ben")


async def test_places_are_found_by_area(
    garage: Site, assistant: Assistant, area_registry: ar.AreaRegistry, device_registry: dr.DeviceRegistry
) -> None:
    """Also by another name of it; a charger whose connectors are elsewhere is not there, but its connector is."""
    yard = area_registry.async_create("Yard", aliases={"Court"})
    device_registry.async_update_device(garage.device_id("B"), area_id=yard.id)
    made = await assistant.call(RESERVE, area="court", driver="Anna")
    assert (made["target"], made["area"]) == ("any", "Yard")
    assert await assistant.reservations(area="Yard") == [(made["place"], "Anna")]

    street = area_registry.async_create("Street")
    device_registry.async_update_device(garage.device_id("A"), area_id=street.id)
    device_registry.async_update_child_device(garage.device_id("A", 2), area_id=yard.id)
    made = await assistant.call(RESERVE, area="Street", driver="Ben")
    assert (made["target"], made["place"]) == ("connector", "A Connector 1")
    assert "called A, Attic" in await assistant.refused(RESERVE, name="A", area="Attic")


async def test_places_are_found_by_what_the_user_calls_them(
    garage: Site, assistant: Assistant, device_registry: dr.DeviceRegistry, entity_registry: er.EntityRegistry
) -> None:
    """By the user's names of charger and connector, by what they are called otherwise, and by names of their entities."""
    device_registry.async_update_device(garage.device_id("A"), name_by_user="Wallbox")
    device_registry.async_update_child_device(garage.device_id("A", 2), name_by_user="Left")
    entity_registry.async_update_entity(A_2, aliases=["Guest place"])
    assert "Wallbox, Wallbox Connector 1, Wallbox Left." in (await assistant.api()).api_prompt
    await assistant.call(RESERVE, name="Wallbox Left", driver="Anna")
    for name in ("left", "A Connector 2", "guest place"):
        assert await assistant.reservations(name=name) == [("Wallbox Left", "Anna")]


async def test_a_place_that_may_be_several_is_asked_for(garage: Site, assistant: Assistant) -> None:
    """Nothing is reserved before it is sure where; the error names the places."""
    text = await assistant.refused(RESERVE, name="Connector 1", driver="Anna")
    assert text == "Several places may be meant by that. Name one of them: A Connector 1, B Connector 1"
    assert "A, B" in await assistant.refused(RESERVE, driver="Anna")
    assert await garage.reservations() == []


async def test_the_only_charger_need_not_be_named(garage: Site, assistant: Assistant) -> None:
    """Models leave an argument blank where they have nothing to say."""
    assistant.knows(B_1)
    made = await assistant.call(RESERVE, name="", area=None, driver="Anna", start=" ")
    assert (made["for"], made["place"]) in {("Anna", "B"), ("Anna", "B Connector 1")}


async def test_a_hidden_connector_is_neither_told_nor_touched(garage: Site, assistant: Assistant) -> None:
    """Not by its name, not as any of its charger, not by the number of what is reserved there."""
    secret = await garage.act("reserve_now", device_id=garage.device_id("A", 2), driver="Anna")
    assistant.knows(A_1, "binary_sensor.a_connected", "calendar.a_reservations")
    assert await assistant.reservations() == []
    for tool in (GET, RESERVE, RELEASE):
        text = await assistant.refused(tool, name="A Connector 2")
        assert text.startswith("There is no charger or connector called A Connector 2")
        assert "Those that there are: A Connector 1. " in text
    assert "Reservations that may be meant: -" in await assistant.refused(
        RELEASE, reservation_id=secret["reservation_id"]
    )
    assert "Reservations that may be meant: -" in await assistant.refused(RELEASE, driver="Anna")
    made = await assistant.call(RESERVE, name="A", driver="Ben")
    assert (made["target"], made["place"]) == ("connector", "A Connector 1")
    assert [(each["evse"], each["driver"]) for each in await garage.reservations()] == [(2, "Anna"), (1, "Ben")]


async def test_of_a_whole_charger_what_is_exposed_is_told_and_nothing_released(
    garage: Site, assistant: Assistant
) -> None:
    """Who asks about a connector must not think that it is free; the others are not his to release."""
    whole = await garage.act("reserve_now", device_id=garage.device_id(), driver="Anna", whole_charger=True)
    assistant.knows(A_2)
    assert await assistant.reservations() == [("A Connector 2", "Anna")]
    await assistant.refused(RELEASE, name="A Connector 2")
    await assistant.refused(RELEASE, driver="Anna")
    assistant.knows(A_1, A_2)
    assert await assistant.reservations(name="A Connector 1") == [("A", "Anna")]
    assert (await assistant.call(RELEASE, driver="Anna"))["reservation_id"] == whole["reservation_id"]
    assert await garage.reservations() == []


async def test_what_was_hidden_meanwhile_is_out_of_reach(garage: Site, assistant: Assistant) -> None:
    """What is exposed counts when a tool is called, not when the model was told of it."""
    api = await assistant.api()
    tool = next(each for each in api.tools if each.name == RESERVE)
    assistant.knows()
    called = ToolInput(tool_name=RESERVE, tool_args={"name": "A Connector 1"})
    result = await tool.async_call(garage.hass, called, api.llm_context)
    assert isinstance(result, ToolResult)
    assert result.error
    assert "Those that there are: -." in str(result.data["error"])


async def test_only_the_api_that_respects_exposure_has_the_tools(garage: Site, assistant: Assistant) -> None:
    """Home Assistant offers whatever it has to each of its own; ours are for Assist."""
    platform = (await async_get_integration(garage.hass, DOMAIN)).get_platform("llm")
    context = (await assistant.api()).llm_context
    assert platform.async_get_tools(garage.hass, context, "homeassistant") is None
    assert platform.async_get_tools(garage.hass, context, "assist") is not None


@pytest.mark.parametrize("tool", [GET, RESERVE, RELEASE])
async def test_an_unknown_driver_is_refused_with_those_that_there_are(
    garage: Site, assistant: Assistant, tool: str
) -> None:
    """As by the actions."""
    text = await assistant.refused(tool, name="B", driver="Dora")
    assert text.startswith("There is no driver called Dora. Those that there are: Anna, Ben, Carla.")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"driver": "Carla"}, "Carla is blocked"),
        ({"end": "2027-01-01 12:00", "duration_minutes": 5}, "cannot be used together: end, duration_minutes"),
        ({"end": "2020-01-01 12:00"}, "would be over before it begins"),
        ({"start": "tomorrow"}, "Invalid datetime"),
        ({"duration_minutes": 0}, "value must be at least 1"),
        ({"id_token": "0F0F"}, "id_token"),
    ],
    ids=["blocked", "twice", "past", "no time", "no duration", "no such argument"],
)
async def test_what_cannot_be_granted_is_told(
    garage: Site, assistant: Assistant, arguments: dict[str, object], words: str
) -> None:
    """In the words of the actions, as a result that is marked as an error; nothing is reserved."""
    assert words in await assistant.refused(RESERVE, name="A Connector 1", **arguments)
    assert await garage.reservations() == []


async def test_nothing_is_reserved_over_another_reservation(garage: Site, assistant: Assistant) -> None:
    """So that reserving takes nothing from anybody."""
    made = await assistant.call(RESERVE, name="A Connector 1", driver="Anna")
    text = await assistant.refused(RESERVE, name="A Connector 1", driver="Ben")
    assert text.startswith(f"In the way is reservation {made['reservation_id']} of A connector 1")
    assert await assistant.reservations() == [("A Connector 1", "Anna")]


async def test_at_an_offline_charger_only_what_is_to_come_can_be_reserved(
    site: Site, assistant: Assistant, clock: Clock, version: Version
) -> None:
    """It cannot be asked now; what is reserved there is told and released all the same."""
    charger = await site.charger("A", version)
    assistant.knows(A_1)
    await charger.go_offline()
    await site.shows("binary_sensor.a_connected", "off")
    assert "A is not connected" in await assistant.refused(RESERVE, name="A Connector 1", driver="Anna")
    await assistant.call(RESERVE, name="A Connector 1", driver="Anna", start=clock.after(hours=1))
    assert await assistant.reservations() == [("A Connector 1", "Anna")]
    assert (await assistant.call(RELEASE, driver="Anna"))["status"] == "cancelled"


async def test_the_word_of_the_charger_is_told(site: Site, assistant: Assistant, version: Version) -> None:
    """One that refuses is an error."""
    await site.charger("A", version, behaviour=Behaviour(answers={"ReserveNow": ["Faulted"]}))
    assistant.knows(A_1)
    assert "A connector 1 reports a fault" in await assistant.refused(RESERVE, name="A Connector 1")


async def test_only_what_is_in_force_is_released_by_its_place_alone(
    garage: Site, assistant: Assistant, clock: Clock
) -> None:
    """Whoever leaves means his own reservation, not that of the next; which there are is told, by number."""
    later = await assistant.call(RESERVE, name="B", driver="Ben", start=clock.after(hours=2))
    text = await assistant.refused(RELEASE, name="B")
    assert "Not exactly one reservation is meant" in text
    assert f"{later['reservation_id']} ({later['place']}, Ben, " in text
    now = await assistant.call(RESERVE, name="B", driver="Anna")
    assert (await assistant.call(RELEASE, name="B"))["reservation_id"] == now["reservation_id"]
    gone = await assistant.call(RELEASE, reservation_id=later["reservation_id"])
    assert (gone["for"], gone["status"]) == ("Ben", "cancelled")


async def test_one_of_several_of_a_driver_has_to_be_chosen(garage: Site, assistant: Assistant, clock: Clock) -> None:
    """By its place or its number; those of others are not listed."""
    first = await assistant.call(RESERVE, name="A Connector 1", driver="Anna")
    await assistant.call(RESERVE, name="B", driver="Anna", start=clock.after(hours=2))
    await assistant.call(RESERVE, name="A Connector 2", driver="Ben")
    text = await assistant.refused(RELEASE, driver="Anna")
    assert "A Connector 1, Anna" in text
    assert "B" in text
    assert "Ben" not in text
    assert (await assistant.call(RELEASE, driver="Anna", name="B"))["status"] == "cancelled"
    assert (await assistant.call(RELEASE, driver="Anna"))["reservation_id"] == first["reservation_id"]
    assert await assistant.reservations() == [("A Connector 2", "Ben")]


async def test_what_is_being_used_is_not_released(site: Site, assistant: Assistant, version: Version) -> None:
    """Stop charging instead, says the error."""
    charger = await site.charger("A", version)
    assistant.knows(A_1)
    await assistant.call(RESERVE, name="A Connector 1", driver="Anna")
    await charger.plug(1)
    assert await charger.start(1, ANNA)
    await site.becomes(status="in_use")
    assert "is being used to charge" in await assistant.refused(RELEASE, name="A Connector 1")


async def test_a_token_of_nobody_is_not_told(garage: Site, assistant: Assistant) -> None:
    """Only that it is somebody's."""
    await garage.reserve(1, id_token=STRANGER)
    assert await assistant.reservations() == [("A Connector 1", "somebody unknown")]
    assert STRANGER not in str(await assistant.call(GET))


async def test_several_central_systems_are_told_together(
    hass: HomeAssistant,
    garage: Site,
    assistant: Assistant,
    version: Version,
    unused_tcp_port_factory: Callable[[], int],
) -> None:
    """Each has drivers and chargers of its own; of one that is unloaded, nothing is known."""
    other = central_system([charger_subentry("C"), driver_subentry("Dora", "D0D0D0D1")], unused_tcp_port_factory())
    other.add_to_hass(hass)
    assert await hass.config_entries.async_setup(other.entry_id)
    beside = garage.beside(other)
    await beside.charger("C", version)
    assistant.knows(A_1, "binary_sensor.c_connector_2_reserved")
    await assistant.call(RESERVE, name="C", driver="Dora")
    await assistant.call(RESERVE, name="A", driver="Anna")
    assert sorted(await assistant.reservations()) == [("A Connector 1", "Anna"), ("C Connector 2", "Dora")]
    assert await assistant.reservations(driver="Anna") == [("A Connector 1", "Anna")]
    assert "called Dora" in await assistant.refused(RESERVE, name="A", driver="Dora")
    await beside.stop()
    assert await assistant.reservations() == [("A Connector 1", "Anna")]
