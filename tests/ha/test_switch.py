"""Having a connector charge, and taking a connector or a charger out of service, with a switch."""

from homeassistant.components.homeassistant.exposed_entities import KNOWN_ASSISTANTS, async_should_expose
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest

from tests.charger import Behaviour, SimulatedCharger, Version

from .conftest import HOLDER, HOUSE_TOKEN, ON_V2, ON_V16, Site, refused, started

pytestmark = [pytest.mark.blackbox, pytest.mark.usefixtures("all_entities_on")]

CHARGING = "switch.a_connector_1_charging"
AVAILABLE = "switch.a_connector_1_available"
OF_CHARGER = "switch.a_available"
STARTS = ("RemoteStartTransaction", "RequestStartTransaction")
STOPS = ("RemoteStopTransaction", "RequestStopTransaction")


async def switch(site: Site, entity_id: str, position: str) -> None:
    """Turn a switch on or off."""
    await site.hass.services.async_call("switch", f"turn_{position}", {"entity_id": entity_id}, blocking=True)


def asked(charger: SimulatedCharger, actions: tuple[str, ...]) -> int:
    """How often the charger was asked for it."""
    return sum(call.action in actions for call in charger.received)


async def test_charging_is_switched_on_and_off(site: Site, version: Version) -> None:
    """Contract 1, "The house": for Home Assistant itself."""
    charger = await site.charger(version=version)
    await charger.plug(1)
    assert site.state(CHARGING) == "off"
    await switch(site, CHARGING, "on")
    await site.shows(CHARGING, "on")
    await charger.wait_for(lambda: not charger.pending)
    payload = started(charger).payload
    assert (payload.get("idTag") or payload["idToken"]["idToken"]) == HOUSE_TOKEN
    assert site.state("switch.a_connector_2_charging") == "off"
    await switch(site, CHARGING, "off")
    await site.shows(CHARGING, "off")
    assert charger.complaints == []


async def test_whoever_charges_is_shown_and_can_be_switched_off(site: Site, version: Version) -> None:
    """Also while the charger pauses; switched to what it is already, nothing is asked."""
    charger = await site.charger(version=version, behaviour=Behaviour(stops_on_invalid_id=False))
    await switch(site, CHARGING, "off")
    assert asked(charger, STOPS) == 0
    assert await charger.start(1, HOLDER)
    await site.shows(CHARGING, "on")
    await switch(site, CHARGING, "on")
    assert asked(charger, STARTS) == 0
    await switch(site, CHARGING, "off")
    await site.shows(CHARGING, "off")
    assert asked(charger, STOPS) == 1


async def test_charging_is_not_switched_on_where_it_is_reserved_for_others(site: Site, version: Version) -> None:
    """As start_charging refuses it."""
    charger = await site.charger(version=version)
    await site.reserve(1)
    await refused(switch(site, CHARGING, "on"), "place_reserved")
    assert asked(charger, STARTS) == 0


@pytest.mark.parametrize("position", ["on", "off"])
async def test_a_refusal_of_the_charger_is_an_error(site: Site, version: Version, position: str) -> None:
    """With its word."""
    charger = await site.charger(version=version)
    if position == "off":
        assert await charger.start(1, HOLDER)
        await site.shows(CHARGING, "on")
    charger.behaviour = Behaviour(answers=dict.fromkeys((*STARTS, *STOPS), "Rejected"))
    assert "Rejected" in str(await refused(switch(site, CHARGING, position), "command_refused"))


async def test_a_switch_of_a_charger_that_is_away_is_unavailable(site: Site) -> None:
    """Nothing can be done then."""
    charger = await site.charger()
    await charger.go_offline()
    await site.shows(CHARGING, "unavailable")


async def test_no_switch_is_exposed_to_assistants(hass: HomeAssistant, site: Site) -> None:
    """Home Assistant exposes switches by itself, and by them our connectors; that is the owner's to decide."""
    assert await async_setup_component(hass, "homeassistant", {})
    await site.charger()
    for assistant in KNOWN_ASSISTANTS:
        for entity_id in (CHARGING, AVAILABLE, OF_CHARGER):
            assert not async_should_expose(hass, assistant, entity_id)


async def test_a_connector_is_taken_out_of_service_and_back(site: Site, version: Version) -> None:
    """The switch shows what the charger tells."""
    charger = await site.charger(version=version)
    await site.shows(AVAILABLE, "on")
    await switch(site, AVAILABLE, "off")
    await site.shows(AVAILABLE, "off")
    await site.shows("sensor.a_connector_1_status", "out_of_service")
    assert site.state("sensor.a_connector_2_status") == "available"
    await switch(site, AVAILABLE, "on")
    await site.shows(AVAILABLE, "on")
    assert charger.complaints == []


async def test_a_charger_is_taken_out_of_service_and_back(site: Site, version: Version) -> None:
    """All of its connectors."""
    charger = await site.charger(version=version)
    await site.shows(OF_CHARGER, "on")
    await switch(site, OF_CHARGER, "off")
    await site.shows(OF_CHARGER, "off")
    for connector in (1, 2):
        await site.shows(f"sensor.a_connector_{connector}_status", "out_of_service")
    await switch(site, OF_CHARGER, "on")
    await site.shows(OF_CHARGER, "on")
    assert charger.complaints == []


async def test_a_charger_is_in_service_while_one_of_its_connectors_is(site: Site, version: Version) -> None:
    """Though it may not say so of itself."""
    charger = await site.charger(version=version)
    await charger.set_status(1, "Unavailable")
    await site.shows("sensor.a_connector_1_status", "out_of_service")
    assert site.state(OF_CHARGER) == "on"
    await charger.set_status(2, "Unavailable")
    await site.shows(OF_CHARGER, "off")
    await charger.set_status(1, "Available")
    await site.shows(OF_CHARGER, "on")


@ON_V16
async def test_a_charger_that_tells_only_of_itself_is_believed(site: Site, version: Version) -> None:
    """Connector 0, until one of the others says something else."""
    charger = await site.charger(version=version)
    await site.shows(OF_CHARGER, "on")
    itself = {"connectorId": 0, "errorCode": "NoError", "status": "Unavailable"}
    await charger.call("StatusNotification", itself)
    await site.shows(OF_CHARGER, "off")
    await charger.report(1, "Available")
    await site.shows(OF_CHARGER, "on")


async def test_a_connector_in_use_goes_out_of_service_afterwards(site: Site, version: Version) -> None:
    """Scheduled: it is in service until then, and the attribute says what is to come."""
    charger = await site.charger(version=version)
    assert await charger.start(1, HOLDER)
    await site.shows(CHARGING, "on")
    await switch(site, AVAILABLE, "off")
    await site.shows(AVAILABLE, lambda state: (state.state, state.attributes["scheduled"]) == ("on", "off"))
    await charger.stop(1)
    await site.shows(AVAILABLE, lambda state: (state.state, state.attributes["scheduled"]) == ("off", None))


async def test_what_is_to_come_can_be_taken_back(site: Site, version: Version) -> None:
    """By switching it on again."""
    charger = await site.charger(version=version)
    assert await charger.start(1, HOLDER)
    await site.shows(CHARGING, "on")
    await switch(site, AVAILABLE, "off")
    await switch(site, AVAILABLE, "on")
    await site.shows(AVAILABLE, lambda state: (state.state, state.attributes["scheduled"]) == ("on", None))
    await charger.stop(1)
    await site.shows(CHARGING, "off")
    assert site.state(AVAILABLE) == "on"


async def test_a_fault_does_not_tell_whether_it_is_in_service(site: Site, version: Version) -> None:
    """Unknown, then."""
    charger = await site.charger(version=version)
    await charger.set_status(1, "Faulted")
    await site.shows(AVAILABLE, "unknown")


async def test_a_charger_that_will_not_change_says_so(site: Site, version: Version) -> None:
    """The switch stays as it is."""
    charger = await site.charger(version=version)
    await site.shows(AVAILABLE, "on")
    charger.behaviour = Behaviour(answers={"ChangeAvailability": "Rejected"})
    assert "Rejected" in str(await refused(switch(site, AVAILABLE, "off"), "command_refused"))
    assert site.state(AVAILABLE) == "on"


@ON_V2
async def test_a_charger_may_tell_of_itself_in_an_event(site: Site, version: Version) -> None:
    """NotifyEvent of its AvailabilityState."""
    charger = await site.charger(version=version)
    at = "2026-03-01T10:00:00Z"
    notice = {"eventId": 1, "timestamp": at, "trigger": "Delta", "actualValue": "Unavailable"}
    notice |= {"eventNotificationType": "HardWiredNotification", "component": {"name": "ChargingStation"}}
    notice |= {"variable": {"name": "AvailabilityState"}}
    await charger.call("NotifyEvent", {"generatedAt": at, "seqNo": 0, "eventData": [notice]})
    await site.shows(OF_CHARGER, "off")
