"""What a caller asks in vain: each with its own translated error, and nothing left behind that was said to have failed."""

from datetime import timedelta
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import voluptuous as vol

from tests.charger import HOME_CHARGER, Behaviour, Fault, Version

from .conftest import HOLDER, STRANGER, Clock, Site, refused


@pytest.mark.parametrize(
    ("wish", "key"),
    [
        ({"end": "2020-01-01T00:00:00Z"}, "reservation_in_past"),
        ({"end": "2020-01-01 00:00:00"}, "reservation_in_past"),
        ({"end": "0001-01-01 00:00:00+14:00"}, "reservation_in_past"),
        ({"duration": {"minutes": -5}}, "reservation_in_past"),
        ({"duration": 0}, "reservation_too_short"),
        ({"duration": {"seconds": 59}}, "reservation_too_short"),
        ({"duration": {"days": 7, "seconds": 1}}, "reservation_too_long"),
        ({"duration": {"days": 900_000_000}}, "reservation_too_long"),
        ({"end": "9999-12-31 23:59:59-12:00"}, "reservation_too_long"),
    ],
    ids=str,
)
async def test_a_window_that_cannot_be_is_refused(site: Site, wish: dict[str, Any], key: str) -> None:
    """Issue 2, bad input: an end in the past, no duration, one beyond the owner's maximum."""
    charger = await site.charger()
    error = await refused(site.reserve(**wish), key)
    assert isinstance(error, ServiceValidationError)
    assert await site.reservations() == []
    await charger.heartbeat()
    assert not [received for received in charger.received if received.action == "ReserveNow"]


async def test_the_bounds_are_named(site: Site) -> None:
    """A person learns how long a reservation may be, and how short."""
    await site.charger()
    assert "168 hours" in str(await refused(site.reserve(duration={"days": 8}), "reservation_too_long"))
    assert "60 seconds" in str(await refused(site.reserve(duration=1), "reservation_too_short"))


@pytest.mark.parametrize("length", [60, 7 * 24 * 3600])
async def test_the_bounds_themselves_are_allowed(site: Site, length: int) -> None:
    """A minute, and seven days."""
    await site.charger()
    assert (await site.reserve(duration=length))["status"] == "active"


@pytest.mark.parametrize(("version", "longest"), [(Version.V16, 20), (Version.V201, 36), (Version.V21, 255)], ids=str)
async def test_a_token_that_the_version_cannot_carry_is_refused(site: Site, version: Version, longest: int) -> None:
    """CiString20Type, identifierString[36], identifierString[255]."""
    charger = await site.charger(version=version)
    error = await refused(site.reserve(id_token="T" * (longest + 1)), "id_token_too_long")
    assert isinstance(error, ServiceValidationError)
    assert str(longest) in str(error)
    assert "TTT" not in str(error)
    assert await site.reservations() == []
    assert (await site.reserve(id_token="T" * longest))["status"] == "active"
    assert [hold.token for hold in charger.holds.values()] == ["T" * longest]


@pytest.mark.parametrize(
    "fields",
    [
        {"id_token": " "},
        {"id_token_type": "NoAuthorization"},
        {"reservation_id": 0},
        {"reservation_id": 2**31},
        {"held_by": "nobody"},
        {"duration": "long"},
        {"end": "tomorrow"},
        {"colour": "red"},
    ],
    ids=str,
)
async def test_fields_that_mean_nothing_are_refused(site: Site, fields: dict[str, Any]) -> None:
    """The action's schema says so before anything is looked at."""
    await site.charger()
    with pytest.raises(vol.Invalid):
        await site.reserve(**fields)
    assert await site.reservations() == []


async def test_an_end_and_a_duration_exclude_each_other(site: Site, clock: Clock) -> None:
    """Two answers to one question."""
    await site.charger()
    attempt = site.act("reserve_now", device_id=site.device_id("A", 1), end=clock.after(hours=1), duration=60)
    assert isinstance(await refused(attempt, "conflicting_fields"), ServiceValidationError)


async def test_devices_that_are_no_charger_are_refused(hass: HomeAssistant, site: Site) -> None:
    """Issue 2, bad input: the wrong device, known to Home Assistant or not."""
    await site.charger()
    other = MockConfigEntry(domain="other")
    other.add_to_hass(hass)
    lamp = dr.async_get(hass).async_get_or_create(config_entry_id=other.entry_id, identifiers={("other", "lamp")})
    for device_id in (lamp.id, "0123456789abcdef"):
        for action in ("reserve_now", "get_reservations", "cancel_reservation"):
            with pytest.raises(ServiceValidationError) as raised:
                await site.act(action, device_id=device_id)
            assert raised.value.translation_key is not None
    assert await site.reservations() == []


async def test_a_charger_stands_for_its_only_connector(site: Site) -> None:
    """The charger's device is as good as the connector's where there is no choice."""
    await site.charger(connectors=1)
    assert (await site.reserve(None))["evse"] == 1


async def test_a_charger_that_never_came_has_no_connector(site: Site) -> None:
    """It has a device from the moment it was added."""
    await refused(site.reserve(None), "charger_offline")


async def test_an_unknown_reservation_cannot_be_cancelled(site: Site) -> None:
    """Issue 2, bad input: an unknown reservation id."""
    await site.charger()
    for wrong in ({"reservation_id": 4711}, {"uid": "nothing"}):
        error = await refused(site.act("cancel_reservation", **wrong), "reservation_not_found")
        assert isinstance(error, ServiceValidationError)
        assert str(next(iter(wrong.values()))) in str(error)


async def test_cancelling_needs_exactly_one_name(site: Site) -> None:
    """By id, by uid or by device."""
    await site.charger()
    await refused(site.act("cancel_reservation"), "name_a_reservation")
    await refused(site.act("cancel_reservation", uid="x", reservation_id=1), "conflicting_fields")


async def test_cancelling_at_a_free_connector_says_what_there_is(site: Site) -> None:
    """The text lists the reservations at the place, for a charger with several too."""
    await site.charger()
    error = await refused(site.act("cancel_reservation", device_id=site.device_id("A", 1)), "nothing_to_cancel")
    assert "A connector 1" in str(error)
    await refused(site.press("button.a_connector_1_cancel_reservation"), "nothing_to_cancel")
    ids = [(await site.reserve(connector))["reservation_id"] for connector in (1, 2)]
    error = await refused(site.act("cancel_reservation", device_id=site.device_id("A")), "nothing_to_cancel")
    assert all(f"{number} (" in str(error) for number in ids)


async def test_a_promised_connector_is_not_promised_again(site: Site) -> None:
    """The text names the other reservation."""
    await site.charger()
    first = await site.reserve()
    error = await refused(site.reserve(id_token="OTHER"), "reservation_conflict")
    assert isinstance(error, ServiceValidationError)
    assert f"reservation {first['reservation_id']}" in str(error)
    assert [each["uid"] for each in await site.reservations()] == [first["uid"]]


async def test_a_reservation_id_is_not_given_twice(site: Site) -> None:
    """An id of one's own choice must be free."""
    await site.charger()
    assert (await site.reserve(reservation_id=77))["reservation_id"] == 77
    assert "77" in str(await refused(site.reserve(2, reservation_id=77), "reservation_id_in_use"))


async def test_an_offline_charger_is_named(site: Site) -> None:
    """Issue 2, bad input; ocpp.md 5.3: an immediate request fails, and says that held_by would help."""
    charger = await site.charger()
    await charger.go_offline()
    await site.shows("binary_sensor.a_connected", "off")
    for held_by in ("auto", "charger"):
        error = await refused(site.reserve(held_by=held_by), "charger_offline")
        assert not isinstance(error, ServiceValidationError)
    await refused(site.press("button.a_connector_1_reserve"), "charger_offline")
    assert await site.reservations() == []
    taken = await site.reserve(held_by="central_system")
    assert (taken["status"], taken["hold"], taken["result"]) == ("active", "none", None)


WORDS = [
    ("Occupied", "reservation_occupied"),
    ("Faulted", "reservation_faulted"),
    ("Unavailable", "reservation_unavailable"),
    ("Rejected", "reservation_rejected"),
]


@pytest.mark.parametrize("held_by", ["auto", "charger"])
@pytest.mark.parametrize(("word", "key"), WORDS)
async def test_the_chargers_refusal_is_told(site: Site, version: Version, word: str, key: str, held_by: str) -> None:
    """Issue 2, bad input: every word of the charger is an error of its own, and leaves no reservation."""
    charger = await site.charger(version=version, behaviour=Behaviour(reserve_answer=word))
    news = site.news()
    error = await refused(site.reserve(held_by=held_by), key)
    assert not isinstance(error, ServiceValidationError)
    assert await site.reservations() == []
    assert site.state("sensor.a_connector_1_reservation") == "none"
    assert [each["event_type"] for each in news] == ["rejected"]
    assert charger.complaints == []


async def test_a_charger_that_cannot_reserve_leaves_it_to_us(site: Site, version: Version) -> None:
    """ocpp.md 5.3: `auto` falls back to the central system where the charger does not know ReserveNow."""
    charger = await site.charger(version=version, behaviour=HOME_CHARGER, connectors=1)
    reservation = await site.reserve()
    assert (reservation["status"], reservation["hold"], reservation["result"]) == ("active", "unsupported", None)
    assert not await charger.present(1, STRANGER)
    await site.act("cancel_reservation", uid=reservation["uid"])
    await site.reserve()
    assert [received.action for received in charger.received].count("ReserveNow") == 1, "once is enough to know"


async def test_a_charger_that_cannot_reserve_is_named(site: Site, version: Version) -> None:
    """`held_by: charger` has no fallback."""
    await site.charger(version=version, behaviour=HOME_CHARGER)
    for _ in range(2):
        await refused(site.reserve(held_by="charger"), "reservation_not_supported")
        assert await site.reservations() == []


@pytest.mark.parametrize("code", ["InternalError", "GenericError", "SecurityError"])
async def test_a_callerror_names_its_word(site: Site, version: Version, code: str) -> None:
    """Contract 3: `charger_refused` names the word."""
    await site.charger(version=version, behaviour=Behaviour(reserve_answer=code))
    assert code in str(await refused(site.reserve(held_by="charger"), "charger_refused"))
    assert await site.reservations() == []


@pytest.mark.parametrize(
    ("fault", "key"),
    [
        (Fault.SILENT, "charger_timeout"),
        (Fault.UNANSWERED, "charger_timeout"),
        (Fault.DISCONNECT, "charger_offline"),
        (Fault.ACTS_THEN_DISCONNECTS, "charger_offline"),
    ],
)
async def test_no_answer_leaves_no_hold_behind(
    short_call_timeout: None, site: Site, version: Version, fault: Fault, key: str
) -> None:
    """ocpp.md 5.3: `charger` fails, and a hold that may have come about is dropped as soon as that can be."""
    behaviour = Behaviour(reserve_answer=[fault], statuses_after_reconnect="all")
    charger = await site.charger(version=version, behaviour=behaviour)
    await refused(site.reserve(held_by="charger"), key)
    assert await site.reservations() == []
    await charger.wait_for("CancelReservation")
    assert charger.holds == {}
    assert await charger.present(1, HOLDER)


async def test_a_hold_that_is_told_of_too_late_is_dropped(short_call_timeout: None, site: Site) -> None:
    """The charger accepts after we gave up: the user was told that it failed, so nothing may remain."""
    charger = await site.charger(behaviour=Behaviour(reserve_answer=[Fault.LATE]))
    await refused(site.reserve(held_by="charger"), "charger_timeout")
    await charger.release()
    await charger.wait_for(lambda: not charger.holds)
    assert await site.reservations() == []


async def test_a_caller_who_is_gone_is_not_waited_for(hass: HomeAssistant, site: Site) -> None:
    """A script that is stopped while the charger thinks leaves a reservation that lives on by itself."""
    charger = await site.charger(behaviour=Behaviour(reserve_answer=[Fault.LATE]))
    attempt = hass.async_create_task(site.reserve())
    await charger.wait_for("ReserveNow")
    attempt.cancel()
    await charger.release()
    await site.shows("sensor.a_connector_1_reservation", "active")
    assert [each["hold"] for each in await site.reservations()] == ["held"]


async def test_cancelling_reaches_whoever_waits(hass: HomeAssistant, site: Site) -> None:
    """Somebody else cancels a reservation that is still being placed: no success is told, and nothing stays."""
    charger = await site.charger(behaviour=Behaviour(reserve_answer=[Fault.LATE]))
    attempt = hass.async_create_task(site.reserve())
    await charger.wait_for("ReserveNow")
    assert site.state("sensor.a_connector_1_reservation") == "placing"
    assert site.state("binary_sensor.a_connector_1_reserved") == "off"
    (placing,) = await site.reservations()
    await site.act("cancel_reservation", uid=placing["uid"])
    await refused(attempt, "reservation_cancelled")
    await charger.release()
    await charger.wait_for(lambda: not charger.holds)
    assert await site.reservations() == []


async def test_unloading_ends_every_wait(hass: HomeAssistant, site: Site) -> None:
    """Whoever waits for the charger gets a translated error at once, and the reservation is gone."""
    behaviour = Behaviour(reserve_answer=[Fault.LATE], statuses_after_reconnect="all")
    charger = await site.charger(behaviour=behaviour)
    attempt = hass.async_create_task(site.reserve(held_by="charger"))
    await charger.wait_for("ReserveNow")
    await site.stop()
    await refused(attempt, "charger_offline")
    await site.start()
    assert await site.reservations() == []
    await charger.wait_for(lambda: not charger.holds)


async def test_removing_a_charger_ends_every_wait(hass: HomeAssistant, site: Site) -> None:
    """Its subentry goes while it thinks."""
    charger = await site.charger(behaviour=Behaviour(reserve_answer=[Fault.LATE]))
    attempt = hass.async_create_task(site.reserve())
    await charger.wait_for("ReserveNow")
    hass.config_entries.async_remove_subentry(site.entry, next(iter(site.entry.subentries)))
    await refused(attempt, "device_gone")
    assert await site.reservations() == []


async def test_a_charger_that_goes_while_a_wish_is_saved_takes_it_along(hass: HomeAssistant, site: Site) -> None:
    """One wish is being written, the next one waits for its turn; neither comes true."""
    await site.charger()
    attempts = [hass.async_create_task(site.reserve(connector)) for connector in (1, 2)]
    hass.config_entries.async_remove_subentry(site.entry, next(iter(site.entry.subentries)))
    for attempt in attempts:
        await refused(attempt, "device_gone")
    assert await site.reservations() == []


async def test_actions_need_a_central_system_that_runs(site: Site) -> None:
    """Home Assistant's own words for an entry that is not loaded."""
    await site.charger()
    device_id = site.device_id("A", 1)
    await site.stop()
    with pytest.raises(ServiceValidationError):
        await site.act("reserve_now", device_id=device_id, duration=timedelta(hours=1).total_seconds())
    assert await site.reservations() == []
    await site.start()


@pytest.mark.parametrize("reservation_id", [1.9, True, "one", 0])
async def test_a_reservation_id_is_a_whole_number(site: Site, reservation_id: object) -> None:
    """Nothing is cut off: another number is another reservation."""
    await site.charger()
    with pytest.raises(vol.Invalid):
        await site.act("cancel_reservation", reservation_id=reservation_id)


@pytest.mark.parametrize("id_token", ["", "  ", "04\nA2", "04\0"])
async def test_a_token_can_be_typed(site: Site, id_token: str) -> None:
    """What has control characters is no card's number."""
    await site.charger()
    with pytest.raises(vol.Invalid):
        await site.act("reserve_now", device_id=site.device_id("A", 1), id_token=id_token)


async def test_a_type_of_no_token_is_an_error(site: Site) -> None:
    """It is not ignored: the caller meant a token."""
    await site.charger()
    attempt = site.act("reserve_now", device_id=site.device_id("A", 1), id_token_type="ISO14443")
    await refused(attempt, "id_token_missing")
    assert await site.reservations() == []
