"""The action that tells whether a connector or charger is reserved, and for whom."""

from homeassistant.exceptions import ServiceValidationError
import pytest
import voluptuous as vol

from tests.charger import Version

from .conftest import HOLDER, STRANGER, Clock, Site

pytestmark = pytest.mark.blackbox

NOBODY = {"status": "NotReserved", "uid": None, "until": None}


async def check(site: Site, connector: int | None = 1, **data: object) -> dict[str, object]:
    """What check_reservation answers."""
    return await site.act("check_reservation", device_id=site.device_id("A", connector), **data)


async def test_a_connector_is_reserved_for_one_token_only(site: Site, version: Version) -> None:
    """Contract 3: the status, and the reservation that it is about; case does not count."""
    await site.charger(version=version)
    assert await check(site, id_token=STRANGER) == NOBODY
    reservation = await site.reserve()
    about = {"uid": reservation["uid"], "until": reservation["end"]}
    assert await check(site, id_token=HOLDER) == {"status": "ReservedForToken"} | about
    assert await check(site, id_token=HOLDER.lower()) == {"status": "ReservedForToken"} | about
    assert await check(site, id_token=STRANGER) == {"status": "ReservedForOtherToken"} | about
    assert await check(site, 2, id_token=STRANGER) == NOBODY
    await site.act("cancel_reservation", uid=reservation["uid"])
    assert await check(site, id_token=STRANGER) == NOBODY


async def test_whoever_names_no_token_is_the_house(site: Site) -> None:
    """Contract 1, "The house"."""
    await site.charger()
    await site.press("button.a_connector_1_reserve")
    await site.reserve(2)
    assert (await check(site))["status"] == "ReservedForToken"
    assert (await check(site, 2))["status"] == "ReservedForOtherToken"


async def test_a_group_that_is_another_one_does_not_help(site: Site) -> None:
    """The group is tried where the token does not match."""
    await site.charger()
    await site.reserve()
    assert (await check(site, id_token=STRANGER, group_id_token="G"))["status"] == "ReservedForOtherToken"
    assert (await check(site, id_token=HOLDER, group_id_token="G"))["status"] == "ReservedForToken"


async def test_a_charger_is_reserved_once_all_of_it_is(site: Site, version: Version) -> None:
    """ocpp.md 1.1: without a connector the check is about the charger as a whole."""
    await site.charger(version=version)
    long = await site.reserve(1, duration={"hours": 2})
    assert await check(site, None, id_token=STRANGER) == NOBODY
    assert (await check(site, None, id_token=HOLDER))["uid"] == long["uid"]
    short = await site.reserve(2, id_token="OTHER", duration={"hours": 1})
    answer = await check(site, None, id_token=STRANGER)
    assert answer == {"status": "ReservedForOtherToken", "uid": short["uid"], "until": short["end"]}


async def test_a_check_is_about_now(site: Site, clock: Clock) -> None:
    """What is to come reserves nothing yet; what is in use still does; the charger need not be there."""
    charger = await site.charger()
    await site.reserve(start=clock.after(minutes=10))
    assert await check(site, id_token=STRANGER) == NOBODY
    await clock.forward(minutes=10)
    await site.becomes(hold="held")
    assert (await check(site, id_token=STRANGER))["status"] == "ReservedForOtherToken"
    assert await charger.start(1, HOLDER)
    await site.becomes(status="in_use")
    assert (await check(site, id_token=STRANGER))["status"] == "ReservedForOtherToken"
    await charger.go_offline()
    await site.shows("binary_sensor.a_connected", "off")
    assert (await check(site, id_token=HOLDER))["status"] == "ReservedForToken"
    await clock.forward(minutes=30)
    assert await check(site, id_token=STRANGER) == NOBODY


async def test_a_check_of_nothing_is_refused(site: Site) -> None:
    """A device that is none, and a token that is blank."""
    await site.charger()
    with pytest.raises(ServiceValidationError):
        await site.act("check_reservation", device_id="none")
    with pytest.raises(vol.Invalid):
        await check(site, id_token=" ")


async def test_a_check_asks_no_charger(site: Site) -> None:
    """It is answered from memory, and changes nothing."""
    charger = await site.charger()
    await site.reserve()
    received = len(charger.received)
    await check(site, id_token=STRANGER)
    await charger.heartbeat()
    assert len(charger.received) == received
