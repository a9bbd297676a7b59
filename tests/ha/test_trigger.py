"""Automations that begin with something that happens to a reservation, or is about to."""

from contextlib import AsyncExitStack
from typing import Any

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar, config_validation as cv, device_registry as dr
from homeassistant.helpers.trigger import async_get_all_descriptions, async_validate_trigger_config
from homeassistant.setup import async_setup_component
import pytest
import voluptuous as vol

from custom_components.ocpp_central.const import DOMAIN
from custom_components.ocpp_central.core.reservation import News
from tests.charger import Behaviour, Version

from .automations import Notes
from .conftest import (
    HOLDER,
    ON_V16,
    STRANGER,
    TELLS_ALL,
    Clock,
    Site,
    central_system,
    charger_subentry,
    driver_subentry,
    told_what_it_can,
)

pytestmark = pytest.mark.blackbox

ANNA = "A0A0A0A1"
ANYWHERE = "event.a_reservation_for_any_connector"
NEXT = "sensor.a_connector_{}_next_reservation"
UNTIL = "sensor.a_connector_{}_reserved_until"
WHOSE = "{{ trigger.reservation.driver }}"


@pytest.fixture
def chargers() -> list[ConfigSubentryData]:
    """Charger A, and Anna."""
    return [charger_subentry("A"), driver_subentry("Anna", ANNA)]


@pytest.fixture
def notes(hass: HomeAssistant) -> Notes:
    """What automations note."""
    return Notes(hass)


def event(connector: int) -> str:
    """The event entity of a connector."""
    return f"event.a_connector_{connector}_reservation"


def when(trigger: str, *, options: dict[str, Any] | None = None, **target: object) -> dict[str, Any]:
    """A trigger of ours, as automations have it; its key is its id."""
    described: dict[str, Any] = {"trigger": f"{DOMAIN}.{trigger}", "target": target, "id": trigger}
    return described if options is None else described | {"options": options}


async def test_every_trigger_is_offered(hass: HomeAssistant) -> None:
    """Contract 4: one for each event of a reservation, and five others."""
    assert await async_setup_component(hass, DOMAIN, {})
    ours = {key for key in await async_get_all_descriptions(hass) if key.startswith(f"{DOMAIN}.")}
    others = {"reservation_about_to_start", "reservation_about_to_expire"}
    others |= {"charging_started", "charging_stopped", "id_token_presented"}
    assert ours == {f"{DOMAIN}.{key}" for key in others | {f"reservation_{news}" for news in News}}


@ON_V16
async def test_each_event_has_its_trigger(site: Site, notes: Notes, clock: Clock, version: Version) -> None:
    """Whatever happens to a reservation triggers what is named for it, and nothing else."""
    charger = await site.charger(version=version, behaviour=Behaviour(enforces=False))
    triggers = [when(f"reservation_{news}", device_id=site.device_id("A", 1)) for news in News]
    await notes.take(*triggers, by="{{ trigger.id }}", told="{{ trigger.to_state.attributes.event_type }}")
    reservation = await site.reserve(start=clock.after(minutes=10))
    await site.act("update_reservation", uid=reservation["uid"], duration={"minutes": 20})
    await clock.forward(minutes=10)
    await site.becomes(hold="held")
    await site.act("cancel_reservation", uid=reservation["uid"])
    await charger.wait_for("CancelReservation")
    await site.reserve()
    assert await charger.start(1, HOLDER)
    await site.shows("sensor.a_connector_1_reservation", "in_use")
    await charger.stop(1)
    await site.shows("sensor.a_connector_1_reservation", "none")
    await charger.unplug(1)
    await site.shows("sensor.a_connector_1_status", "available")
    await site.reserve()
    await clock.forward(minutes=30)
    site.hass.config_entries.async_update_entry(site.entry, options={"enforcement": "warn"})
    await site.reserve(held_by="central_system")
    assert await charger.start(1, STRANGER)
    await notes.come(10)
    happened = [
        "scheduled",
        "changed",
        "placed",
        "cancelled",
        "placed",
        "used",
        "placed",
        "expired",
        "placed",
        "intruder",
    ]
    assert [each["told"] for each in notes.taken] == happened
    assert [each["by"] for each in notes.taken] == [f"reservation_{news}" for news in happened]


@ON_V16
async def test_a_connector_as_the_target_means_its_events_alone(site: Site, notes: Notes, version: Version) -> None:
    """Another connector of the charger does not trigger it; the very first event of this one does."""
    await site.charger(version=version)
    here = site.device_id("A", 1)
    await notes.take(when("reservation_placed", device_id=here), driver="{{ trigger.to_state.attributes.driver }}")
    for connector in (2, 1):
        await site.act("reserve_now", device_id=site.device_id("A", connector), driver="Anna")
    await notes.come(1)
    assert notes.taken == [{"entity": event(1), "driver": "Anna"}]


async def test_an_automation_may_be_there_before_what_it_is_about(
    hass: HomeAssistant, notes: Notes, chargers: list[ConfigSubentryData], port: int
) -> None:
    """As when Home Assistant starts, or when the charger has never dialled in."""
    await notes.take(when("reservation_placed", entity_id=event(2)))
    entry = central_system(chargers, port)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    async with AsyncExitStack() as stack:
        site = Site(hass, entry, stack)
        await site.charger()
        for connector in (1, 2):
            await site.reserve(connector)
        await notes.come(1)


@ON_V16
async def test_a_charger_as_the_target_means_all_its_connectors(
    site: Site, notes: Notes, clock: Clock, version: Version
) -> None:
    """And itself: its own entity tells of what is reserved for any connector."""
    await site.charger(version=version)
    await notes.take(when("reservation_scheduled", device_id=site.device_id()))
    await site.reserve(2, start=clock.after(hours=1))
    await site.reserve(None, start=clock.after(hours=1))
    await notes.come(2)
    assert notes.entities == [event(2), ANYWHERE]


@ON_V16
@pytest.mark.parametrize("whole_charger", [True, False], ids=["whole charger", "any connector"])
async def test_what_is_told_at_several_places_triggers_once(
    site: Site, notes: Notes, clock: Clock, version: Version, whole_charger: bool
) -> None:
    """The whole charger shows at each connector; one for any is told where it was and where it is now."""
    await site.charger(version=version)
    triggers = [
        when(f"reservation_{news}", device_id=site.device_id()) for news in ("scheduled", "placed", "cancelled")
    ]
    await notes.take(*triggers, told="{{ trigger.to_state.attributes.event_type }}")
    for _ in range(2):
        reservation = await site.reserve(None, whole_charger=whole_charger, start=clock.after(minutes=1))
        await clock.forward(minutes=1)
        await site.becomes(uid=reservation["uid"], status="active")
        await site.act("cancel_reservation", uid=reservation["uid"])
    await notes.come(6)
    assert [each["told"] for each in notes.taken] == ["scheduled", "placed", "cancelled"] * 2


@ON_V16
async def test_an_area_as_the_target_means_the_chargers_in_it(
    site: Site,
    notes: Notes,
    version: Version,
    area_registry: ar.AreaRegistry,
    device_registry: dr.DeviceRegistry,
) -> None:
    """Connectors are where their charger is, unless they are said to be elsewhere."""
    await site.charger(version=version)
    garage, street = area_registry.async_create("Garage"), area_registry.async_create("Street")
    device_registry.async_update_device(site.device_id(), area_id=garage.id)
    device_registry.async_update_child_device(site.device_id("A", 2), area_id=street.id)
    await notes.take(when("reservation_placed", area_id=garage.id))
    await site.reserve(2)
    await site.reserve(1)
    await notes.come(1)
    assert notes.entities == [event(1)]


@ON_V16
async def test_what_was_told_before_a_restart_is_not_told_again(site: Site, notes: Notes, version: Version) -> None:
    """The restored event triggers nothing; the trigger outlives a reload of the central system."""
    await site.charger(version=version, behaviour=TELLS_ALL)
    reservation = await site.reserve()
    last = site.state(event(1))
    await site.stop()
    await notes.take(when("reservation_placed", entity_id=event(1)), when("reservation_cancelled", entity_id=event(1)))
    await site.start()
    assert site.state(event(1)) == last
    await site.act("cancel_reservation", uid=reservation["uid"])
    await site.stop()
    await site.start()
    await site.shows("sensor.a_connector_1_status", "available")
    await site.reserve(held_by="central_system")
    await notes.come(2)


@ON_V16
@pytest.mark.parametrize(
    ("options", "noted"),
    [
        (None, ["accepted", "refused"]),
        ({"result": "any"}, ["accepted", "refused"]),
        ({"result": "accepted"}, ["accepted"]),
        ({"result": "refused"}, ["refused"]),
    ],
    ids=["default", "any", "accepted", "refused"],
)
async def test_a_presented_token_triggers_by_its_result(
    site: Site, notes: Notes, version: Version, options: dict[str, Any] | None, noted: list[str]
) -> None:
    """Accepted, refused, or whichever."""
    charger = await site.charger(version=version, behaviour=Behaviour(enforces=False))
    presented = when("id_token_presented", device_id=site.device_id(), options=options)
    await notes.take(presented, told="{{ trigger.to_state.attributes.event_type }}")
    assert await charger.start(1, ANNA)
    site.hass.config_entries.async_update_entry(site.entry, options={"who_may_charge": "known_drivers"})
    assert not await charger.start(2, STRANGER)
    await notes.come(len(noted))
    assert [each["told"] for each in notes.taken] == noted


@ON_V16
async def test_charging_that_begins_and_ends_triggers(site: Site, notes: Notes, version: Version) -> None:
    """At the connector in question, and not because its charger comes and goes."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    here = site.device_id("A", 1)
    await notes.take(
        when("charging_started", device_id=here), when("charging_stopped", device_id=here), by="{{ trigger.id }}"
    )
    charging = "binary_sensor.a_connector_{}_charging"
    for connector in (2, 1):
        assert await charger.start(connector, HOLDER)
        await site.shows(charging.format(connector), "on")
    await charger.drop()
    await site.shows(charging.format(1), "unavailable")
    await site.shows(charging.format(1), "on")
    await charger.stop(1)
    await notes.come(2)
    assert [each["by"] for each in notes.taken] == ["charging_started", "charging_stopped"]


@ON_V16
async def test_charging_that_begins_or_ends_unseen_triggers_once_it_is_known(
    site: Site, notes: Notes, version: Version
) -> None:
    """Also where the automation knows of its beginning only by what was shown when it was set up."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    charging = "binary_sensor.a_connector_1_charging"
    assert await charger.start(1, HOLDER)
    await site.shows(charging, "on")
    here = site.device_id("A", 1)
    await notes.take(
        when("charging_started", device_id=here), when("charging_stopped", device_id=here), by="{{ trigger.id }}"
    )
    for happens, becomes in ((charger.stop(1), "off"), (charger.start(1, HOLDER), "on")):
        await charger.go_offline()
        await site.shows(charging, "unavailable")
        await happens
        charger.go_online()
        await charger.ready()
        await site.shows(charging, becomes)
    await notes.come(2)
    assert [each["by"] for each in notes.taken] == ["charging_stopped", "charging_started"]


@ON_V16
async def test_a_reservation_that_is_about_to_start_is_told_in_time(
    site: Site, notes: Notes, clock: Clock, version: Version
) -> None:
    """A quarter of an hour before, unless something else is said; with whom it is for, and once."""
    await site.charger(version=version)
    here = site.device_id("A", 1)
    sooner = when("reservation_about_to_start", device_id=here, options={"before": {"minutes": 5}}) | {"id": "sooner"}
    await notes.take(when("reservation_about_to_start", device_id=here), sooner, by="{{ trigger.id }}", driver=WHOSE)
    await site.act("reserve_now", device_id=here, driver="Anna", start=clock.after(hours=1))
    await site.act("reserve_now", device_id=site.device_id("A", 2), driver="Anna", start=clock.after(hours=1))
    await clock.forward(minutes=44)
    await notes.come(0)
    await clock.forward(minutes=1, seconds=5)
    await notes.come(1)
    await clock.forward(minutes=10)
    await notes.come(2)
    await clock.forward(minutes=10)
    await notes.come(2)
    told = {"entity": NEXT.format(1), "driver": "Anna"}
    assert notes.taken == [told | {"by": "reservation_about_to_start"}, told | {"by": "sooner"}]


@ON_V16
async def test_one_that_is_made_shortly_before_its_start_is_told_at_once(
    site: Site, notes: Notes, clock: Clock, version: Version
) -> None:
    """Each is told, also one that begins after another one which has been told already; one that begins now is not."""
    await site.charger(version=version)
    await notes.take(when("reservation_about_to_start", device_id=site.device_id()))
    await site.reserve(1, start=clock.after(minutes=10), duration={"minutes": 5})
    await notes.come(1)
    await site.reserve(1, start=clock.after(minutes=2), duration={"minutes": 5})
    await notes.come(2)
    await site.reserve(2)
    await site.reserve(None, start=clock.after(hours=1))
    await clock.forward(minutes=46)
    await notes.come(3)
    assert notes.entities == [NEXT.format(1)] * 2 + ["sensor.a_next_reservation_for_any_connector"]


@ON_V16
async def test_one_behind_another_is_told_in_time(site: Site, notes: Notes, clock: Clock, version: Version) -> None:
    """The sensor shows only the first one, which has not begun when the second one is due."""
    await site.charger(version=version)
    await notes.take(when("reservation_about_to_start", entity_id=NEXT.format(1)))
    await site.reserve(start=clock.after(minutes=30), duration={"minutes": 5})
    await site.reserve(start=clock.after(minutes=40), duration={"minutes": 5})
    await clock.forward(minutes=16)
    await notes.come(1)
    await clock.forward(minutes=10)
    await notes.come(2)


@ON_V16
async def test_one_that_is_moved_is_told_anew_and_one_that_is_cancelled_is_not(
    site: Site, notes: Notes, clock: Clock, version: Version
) -> None:
    """What counts is when it starts in the end."""
    await site.charger(version=version)
    await notes.take(when("reservation_about_to_start", device_id=site.device_id("A", 1)))
    reservation = await site.reserve(start=clock.after(minutes=20))
    await clock.forward(minutes=6)
    await notes.come(1)
    await site.act("update_reservation", uid=reservation["uid"], start=clock.after(hours=1))
    await clock.forward(minutes=46)
    await notes.come(2)
    await site.act("update_reservation", uid=reservation["uid"], start=clock.after(hours=1))
    await site.act("cancel_reservation", uid=reservation["uid"])
    await clock.forward(hours=1)
    await notes.come(2)


@ON_V16
async def test_one_of_the_whole_charger_is_told_once(site: Site, notes: Notes, clock: Clock, version: Version) -> None:
    """Though it shows at every connector."""
    await site.charger(version=version)
    await notes.take(when("reservation_about_to_start", device_id=site.device_id()))
    await site.reserve(None, whole_charger=True, start=clock.after(minutes=20))
    await clock.forward(minutes=6)
    await notes.come(1)


@ON_V16
async def test_nothing_that_is_about_to_start_is_missed_or_told_twice_over_a_reload(
    site: Site, notes: Notes, clock: Clock, version: Version
) -> None:
    """What became due meanwhile is told afterwards; what was told before is not."""
    await site.charger(version=version)
    await notes.take(when("reservation_about_to_start", device_id=site.device_id()))
    await site.reserve(1, start=clock.after(minutes=16))
    await site.reserve(2, start=clock.after(minutes=18))
    await clock.forward(minutes=2)
    await notes.come(1)
    await site.stop()
    await clock.forward(minutes=2)
    await site.start()
    await notes.come(2)
    assert notes.entities == [NEXT.format(1), NEXT.format(2)]


@ON_V16
async def test_what_was_due_before_the_automation_was_there_is_not_told(
    site: Site, notes: Notes, clock: Clock, version: Version
) -> None:
    """After a restart of Home Assistant it was told already; a change of something else does not tell it either."""
    await site.charger(version=version)
    await site.reserve(start=clock.after(minutes=10), duration={"minutes": 5})
    await notes.take(when("reservation_about_to_start", entity_id=NEXT.format(1)))
    await site.reserve(start=clock.after(minutes=2), duration={"minutes": 5})
    await clock.forward(minutes=3)
    await notes.come(1)


@ON_V16
async def test_a_target_that_loses_a_connector_is_quiet_about_it(
    site: Site,
    notes: Notes,
    clock: Clock,
    version: Version,
    area_registry: ar.AreaRegistry,
    device_registry: dr.DeviceRegistry,
) -> None:
    """A connector that is moved to another area does not belong to the target any more."""
    await site.charger(version=version)
    garage, street = area_registry.async_create("Garage"), area_registry.async_create("Street")
    device_registry.async_update_device(site.device_id(), area_id=garage.id)
    await notes.take(when("reservation_about_to_start", area_id=garage.id))
    await site.reserve(start=clock.after(hours=1))
    device_registry.async_update_child_device(site.device_id("A", 1), area_id=street.id)
    await site.hass.async_block_till_done()
    await clock.forward(minutes=50)
    await notes.come(0)


@ON_V16
async def test_an_automation_that_is_switched_off_waits_for_nothing(
    site: Site, notes: Notes, clock: Clock, version: Version
) -> None:
    """What became due meanwhile is not told when it is switched on again."""
    await site.charger(version=version)
    await notes.take(when("reservation_about_to_start", device_id=site.device_id()))
    await site.reserve(1, start=clock.after(minutes=20))
    await site.reserve(2, start=clock.after(minutes=40))
    await notes.switch("off")
    await clock.forward(minutes=10)
    await notes.switch("on")
    await notes.come(0)
    await clock.forward(minutes=16)
    await notes.come(1)


@ON_V16
async def test_a_charger_that_is_removed_takes_what_was_about_to_start_with_it(
    site: Site, notes: Notes, clock: Clock, version: Version
) -> None:
    """Its reservations have ended with it."""
    await site.charger(version=version)
    await notes.take(when("reservation_about_to_start", device_id=site.device_id()))
    await site.reserve(1, start=clock.after(minutes=20))
    (charger,) = site.entry.get_subentries_of_type("charger")
    assert site.hass.config_entries.async_remove_subentry(site.entry, charger.subentry_id)
    await site.hass.async_block_till_done()
    await clock.forward(minutes=10)
    await notes.come(0)


@ON_V16
async def test_a_reservation_that_is_about_to_expire_is_told_in_time(
    site: Site, notes: Notes, clock: Clock, version: Version
) -> None:
    """Ten minutes before its end, unless something else is said; when it is extended, before the new one."""
    await site.charger(version=version)
    here = site.device_id("A", 1)
    sooner = when("reservation_about_to_expire", device_id=here, options={"before": "00:02:00"}) | {"id": "sooner"}
    await notes.take(when("reservation_about_to_expire", device_id=here), sooner, by="{{ trigger.id }}", driver=WHOSE)
    reservation = await site.act("reserve_now", device_id=here, driver="Anna", duration={"minutes": 30})
    await clock.forward(minutes=19)
    await notes.come(0)
    await clock.forward(minutes=1, seconds=5)
    await notes.come(1)
    await site.act("update_reservation", uid=reservation["uid"], duration={"minutes": 60})
    await clock.forward(minutes=25)
    await notes.come(1)
    await clock.forward(minutes=5)
    await notes.come(2)
    await clock.forward(minutes=8)
    await notes.come(3)
    assert [each["by"] for each in notes.taken] == ["reservation_about_to_expire"] * 2 + ["sooner"]
    assert {(each["entity"], each["driver"]) for each in notes.taken} == {(UNTIL.format(1), "Anna")}


@ON_V16
async def test_one_that_is_used_does_not_expire(site: Site, notes: Notes, clock: Clock, version: Version) -> None:
    """Its holder charges, so it is told of nobody that the end is near."""
    charger = await site.charger(version=version)
    await notes.take(when("reservation_about_to_expire", device_id=site.device_id("A", 1)))
    await site.reserve()
    assert await charger.start(1, HOLDER)
    await site.shows("sensor.a_connector_1_reservation", "in_use")
    await clock.forward(minutes=25)
    await notes.come(0)


@ON_V16
async def test_the_limit_for_those_who_do_not_come_counts(
    site: Site, notes: Notes, clock: Clock, version: Version
) -> None:
    """With `no_show` it expires sooner than it ends."""
    await site.charger(version=version)
    site.hass.config_entries.async_update_entry(site.entry, options={"no_show": 15})
    await notes.take(when("reservation_about_to_expire", device_id=site.device_id("A", 1)))
    await site.reserve(duration={"hours": 4})
    await clock.forward(minutes=4)
    await notes.come(0)
    await clock.forward(minutes=2)
    await notes.come(1)


@ON_V16
async def test_one_for_any_connector_that_is_about_to_expire_is_told_at_the_charger(
    site: Site, notes: Notes, clock: Clock, version: Version
) -> None:
    """While the charger keeps some connector free without saying which."""
    await told_what_it_can(await site.charger(version=version, behaviour=Behaviour(unbound_reservations=True)))
    await notes.take(when("reservation_about_to_expire", device_id=site.device_id()))
    await site.reserve(None)
    assert site.state("sensor.a_reservation_for_any_connector") == "active"
    await clock.forward(minutes=21)
    await notes.come(1)
    assert notes.entities == [ANYWHERE]


@pytest.mark.parametrize("before", [0, "-00:05:00", "soon"])
async def test_a_time_before_is_longer_than_nothing(hass: HomeAssistant, before: object) -> None:
    """At the very moment it would not be about to start any more."""
    assert await async_setup_component(hass, DOMAIN, {})
    trigger = when("reservation_about_to_start", entity_id=NEXT.format(1), options={"before": before})
    with pytest.raises(vol.Invalid):
        await async_validate_trigger_config(hass, cv.TRIGGER_SCHEMA(trigger))
