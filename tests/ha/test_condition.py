"""What automations can ask about a connector."""

from typing import Any

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar, device_registry as dr
from homeassistant.helpers.condition import async_get_all_descriptions
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.ocpp_central.const import DOMAIN
from tests.charger import Behaviour, Version

from .automations import Notes
from .conftest import HOLDER, ON_V16, Clock, Site, charger_subentry, driver_subentry, told_what_it_can

pytestmark = pytest.mark.blackbox

ANNA, ANNAS_FOB = "A0A0A0A1", "A0A0A0A2"
BEN = "B0B0B0B1"
FOR_NOBODY: dict[str, Any] = {}


@pytest.fixture
def chargers() -> list[ConfigSubentryData]:
    """Charger A and three drivers; two are of a family."""
    return [
        charger_subentry("A"),
        driver_subentry("Anna", ANNA, ANNAS_FOB, group="FAMILY"),
        driver_subentry("Ben", BEN),
        driver_subentry("Carla", "C0C0C0C1", group="FAMILY"),
    ]


@pytest.fixture
def notes(hass: HomeAssistant) -> Notes:
    """What automations note."""
    return Notes(hass)


class Question:
    """An automation that is asked by an event, and notes it if its condition holds."""

    def __init__(self, hass: HomeAssistant, notes: Notes) -> None:
        """Have been asked nothing."""
        self._hass = hass
        self._notes = notes

    async def put(self, condition: str, *, options: dict[str, Any] | None = None, **target: object) -> None:
        """Set it up with one condition of ours."""
        described: dict[str, Any] = {"condition": f"{DOMAIN}.{condition}", "target": target}
        if options is not None:
            described["options"] = options
        await self._notes.automate([{"trigger": "event", "event_type": "asked"}], [described], entity="it holds")

    async def holds(self) -> bool:
        """Whether it holds now."""
        before = len(self._notes.taken)
        self._hass.bus.async_fire("asked")
        await self._hass.async_block_till_done()
        return len(self._notes.taken) > before


@pytest.fixture
def question(hass: HomeAssistant, notes: Notes) -> Question:
    """An automation to ask."""
    return Question(hass, notes)


async def test_every_condition_is_offered(hass: HomeAssistant) -> None:
    """Contract 4: four of them."""
    assert await async_setup_component(hass, DOMAIN, {})
    ours = {key for key in await async_get_all_descriptions(hass) if key.startswith(f"{DOMAIN}.")}
    assert ours == {f"{DOMAIN}.{key}" for key in ("is_reserved", "is_reserved_for", "is_free_for", "is_charging")}


@ON_V16
async def test_a_connector_is_reserved_from_when_it_is_in_force(
    site: Site, question: Question, clock: Clock, version: Version
) -> None:
    """Not while it is only promised, nor when another connector is; also while the charger is away."""
    charger = await site.charger(version=version)
    await question.put("is_reserved", device_id=site.device_id("A", 1))
    await site.reserve(2)
    reservation = await site.reserve(1, start=clock.after(minutes=10))
    assert not await question.holds()
    await clock.forward(minutes=10)
    await site.shows("binary_sensor.a_connector_1_reserved", "on")
    assert await question.holds()
    await charger.go_offline()
    await site.shows("binary_sensor.a_connected", "off")
    assert await question.holds()
    await site.act("cancel_reservation", uid=reservation["uid"])
    assert not await question.holds()


@ON_V16
@pytest.mark.parametrize(("behavior", "with_one", "with_both"), [("any", True, True), ("all", False, True)])
async def test_one_connector_or_all_have_to_be_so(
    site: Site,
    question: Question,
    version: Version,
    area_registry: ar.AreaRegistry,
    device_registry: dr.DeviceRegistry,
    behavior: str,
    with_one: bool,
    with_both: bool,
) -> None:
    """Of those that an area leads to."""
    await site.charger(version=version)
    garage = area_registry.async_create("Garage")
    device_registry.async_update_device(site.device_id(), area_id=garage.id)
    await question.put("is_reserved", options={"behavior": behavior}, area_id=garage.id)
    assert not await question.holds()
    await site.reserve(1)
    assert await question.holds() == with_one
    await site.reserve(2)
    assert await question.holds() == with_both


@ON_V16
async def test_it_may_have_to_be_so_for_a_while(site: Site, question: Question, clock: Clock, version: Version) -> None:
    """`for` counts from when it was reserved."""
    await site.charger(version=version)
    await question.put("is_reserved", options={"for": "00:05:00"}, device_id=site.device_id("A", 1))
    await site.reserve(1)
    assert not await question.holds()
    await clock.forward(minutes=5)
    assert await question.holds()


@ON_V16
async def test_a_connector_is_charging_as_the_charger_tells(site: Site, question: Question, version: Version) -> None:
    """Not while another one is, nor while nobody knows."""
    charger = await site.charger(version=version)
    await question.put("is_charging", device_id=site.device_id("A", 1))
    assert await charger.start(2, HOLDER)
    await site.shows("binary_sensor.a_connector_2_charging", "on")
    assert not await question.holds()
    assert await charger.start(1, HOLDER)
    await site.shows("binary_sensor.a_connector_1_charging", "on")
    assert await question.holds()
    await charger.go_offline()
    await site.shows("binary_sensor.a_connector_1_charging", "unavailable")
    assert not await question.holds()


@ON_V16
@pytest.mark.parametrize(
    ("reserved_for", "driver", "holds"),
    [
        ({"driver": "Anna"}, "Anna", True),
        ({"driver": "Anna"}, "anna", True),
        ({"id_token": ANNAS_FOB}, "Anna", True),
        ({"driver": "Anna"}, "Ben", False),
        ({"driver": "Anna"}, "Carla", False),
        ({"driver": "Anna"}, "house", False),
        (FOR_NOBODY, "house", True),
        (FOR_NOBODY, "Anna", False),
        ({"id_token": HOLDER}, "house", False),
        ({"id_token": HOLDER}, "Anna", False),
    ],
)
async def test_whom_a_connector_is_reserved_for(
    site: Site, question: Question, version: Version, reserved_for: dict[str, Any], driver: str, holds: bool
) -> None:
    """The driver by name, in letters of either case; the house where nobody was named; a group is not the driver."""
    await site.charger(version=version)
    await question.put("is_reserved_for", options={"driver": driver}, device_id=site.device_id())
    assert not await question.holds()
    await site.act("reserve_now", device_id=site.device_id("A", 2), **reserved_for)
    assert await question.holds() == holds


@ON_V16
@pytest.mark.parametrize(("driver", "holds"), [("Anna", True), ("Carla", True), ("Ben", False), ("house", False)])
async def test_whom_a_connector_is_free_for(
    site: Site, question: Question, version: Version, driver: str, holds: bool
) -> None:
    """For everybody while nothing is reserved there; then for the driver and for whoever is of the same group."""
    await site.charger(version=version)
    await question.put("is_free_for", options={"driver": driver}, device_id=site.device_id("A", 1))
    assert await question.holds()
    await site.act("reserve_now", device_id=site.device_id("A", 1), driver="Anna")
    assert await question.holds() == holds
    await site.act("cancel_reservation", device_id=site.device_id("A", 1))
    assert await question.holds()


@ON_V16
async def test_a_connector_that_is_kept_for_somebody_who_may_have_any_is_not_free(
    site: Site, question: Question, version: Version
) -> None:
    """One of two is kept free without a name; with the other one taken it is this one. It is reserved for nobody yet."""
    charger = await told_what_it_can(
        await site.charger(version=version, behaviour=Behaviour(unbound_reservations=True, enforces=False))
    )
    await question.put("is_free_for", options={"driver": "Ben"}, device_id=site.device_id("A", 2))
    await site.act("reserve_now", device_id=site.device_id(), driver="Anna")
    assert await question.holds()
    assert await charger.start(1, "STRANGER")
    await site.shows("binary_sensor.a_connector_1_charging", "on")
    assert not await question.holds()


@ON_V16
async def test_a_reservation_that_is_handed_over_is_for_the_new_driver(
    site: Site, question: Question, version: Version
) -> None:
    """At once, though the connector stays reserved."""
    await site.charger(version=version)
    await question.put("is_reserved_for", options={"driver": "Ben"}, device_id=site.device_id("A", 1))
    reservation = await site.act("reserve_now", device_id=site.device_id("A", 1), driver="Anna")
    assert not await question.holds()
    await site.act("update_reservation", uid=reservation["uid"], driver="Ben")
    assert await question.holds()


@ON_V16
async def test_the_editor_sees_whom_it_is_for_now(
    site: Site, version: Version, clock: Clock, hass_ws_client: WebSocketGenerator
) -> None:
    """It shows beside the condition whether it holds, and looks again from time to time."""
    await site.charger(version=version)
    reservation = await site.act("reserve_now", device_id=site.device_id("A", 1), driver="Anna")
    client = await hass_ws_client()
    condition = {
        "condition": f"{DOMAIN}.is_reserved_for",
        "target": {"device_id": site.device_id("A", 1)},
        "options": {"driver": "Ben"},
    }
    await client.send_json_auto_id({"type": "subscribe_condition", "condition": condition})
    assert (await client.receive_json())["success"]
    assert (await client.receive_json())["event"] == {"result": False}
    await site.act("update_reservation", uid=reservation["uid"], driver="Ben")
    await clock.forward(minutes=1)
    assert (await client.receive_json())["event"] == {"result": True}


@ON_V16
@pytest.mark.parametrize("condition", ["is_reserved_for", "is_free_for"])
async def test_a_driver_whom_nobody_knows_is_an_error(
    site: Site, question: Question, version: Version, caplog: pytest.LogCaptureFixture, condition: str
) -> None:
    """A name with a slip in it is told, with the names that there are; the automation does not go on."""
    await site.charger(version=version)
    await question.put(condition, options={"driver": "Ana"}, device_id=site.device_id("A", 1))
    assert not await question.holds()
    assert "There is no driver called Ana. Those that there are: Anna, Ben, Carla." in caplog.text


@ON_V16
@pytest.mark.parametrize("condition", ["is_reserved_for", "is_free_for"])
async def test_while_the_central_system_does_not_run_nothing_holds(
    site: Site, question: Question, version: Version, condition: str
) -> None:
    """Nobody could tell; it holds again once it runs."""
    await site.charger(version=version)
    await question.put(condition, options={"driver": "Anna"}, device_id=site.device_id("A", 1))
    await site.act("reserve_now", device_id=site.device_id("A", 1), driver="Anna")
    await site.stop()
    assert not await question.holds()
    await site.start()
    assert await question.holds()
