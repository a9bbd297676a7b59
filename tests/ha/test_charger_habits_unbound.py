"""How chargers are seen to behave, ocpp.md section 3: reservations for no connector in particular."""

from typing import Any

from tests.charger import Behaviour, SimulatedCharger, Version

from .conftest import HOLDER, ON_V2, ON_V16, STRANGER, Site, orders, started, told, told_what_it_can


async def able(site: Site, **facts: Any) -> SimulatedCharger:
    """A charger that has told what it can."""
    return await told_what_it_can(await site.charger(**facts))


def wishes(charger: SimulatedCharger) -> list[dict[str, Any]]:
    """The payload of each ReserveNow, in order."""
    return [payload for action, payload in charger.received if action == "ReserveNow"]


@ON_V16
async def test_connector_zero(site: Site, version: Version) -> None:
    """Accepted without any Reserved status: a stranger may take one connector, not the last one; the holder uses it."""
    charger = await able(site, version=version, behaviour=Behaviour(unbound_reservations=True, enforces=False))
    reservation = await site.reserve(None)
    assert (reservation["target"], reservation["hold"]) == ("any", "held")
    assert [wish["connectorId"] for wish in wishes(charger)] == [0]
    assert await charger.start(1, STRANGER)
    assert not await charger.start(2, "ANOTHER")
    await charger.unplug(2)
    assert await charger.start(2, HOLDER)
    assert started(charger).payload["reservationId"] == reservation["reservation_id"]
    await site.becomes(uid=reservation["uid"], status="in_use", evse=2)


@ON_V16
async def test_connector_zero_that_is_not_supported(site: Site, version: Version) -> None:
    """`ReserveConnectorZeroSupported` false: a connector of our choice is held."""
    charger = await able(site, version=version)
    await site.reserve(None)
    await site.becomes(target="any", hold="held")
    assert 0 not in [wish["connectorId"] for wish in wishes(charger)]
    assert len(charger.holds) == 1


@ON_V2
async def test_unspecified_evse_or_type(site: Site, version: Version) -> None:
    """Accepted, and the charger marks one of its choice: the holder may use either, and a stranger the other one."""
    behaviour = Behaviour(unbound_reservations=True, marks_one_evse=True, enforces=False)
    charger = await able(site, version=version, behaviour=behaviour)
    reservation = await site.reserve(None)
    assert (reservation["target"], reservation["hold"]) == ("any", "held")
    (wish,) = wishes(charger)
    assert not {"evseId", "connectorType"} & set(wish)
    assert [hold.evse for hold in charger.holds.values()] == [1]
    assert await charger.start(1, STRANGER)
    assert not await charger.start(2, "ANOTHER")
    await charger.unplug(2)
    assert await charger.start(2, HOLDER)
    await site.becomes(uid=reservation["uid"], status="in_use", evse=2)


@ON_V2
async def test_unspecified_evse_or_type_of_one_type(site: Site, version: Version) -> None:
    """Only a connector of that type will do, and the others are open to everybody."""
    charger = await able(
        site,
        version=version,
        behaviour=Behaviour(unbound_reservations=True, enforces=False),
        connector_types=["sType2", "cCCS2"],
    )
    reservation = await site.reserve(None, connector_type="cCCS2")
    assert reservation["target"] == "connector_type"
    await site.becomes(hold="held")
    assert await charger.start(1, STRANGER)
    assert not await charger.start(2, "ANOTHER")
    await charger.unplug(2)
    assert await charger.start(2, HOLDER)
    await site.becomes(uid=reservation["uid"], status="in_use", evse=2)


async def test_connector_zero_over_a_restart(site: Site, version: Version) -> None:
    """What names no connector is remembered as such, and confirmed under the same id."""
    behaviour = Behaviour(unbound_reservations=True, statuses_after_reconnect="all")
    charger = await able(site, version=version, behaviour=behaviour)
    reservation = await site.reserve(None)
    await charger.go_offline()
    await site.stop()
    await site.start()
    charger.go_online()
    await charger.wait_for("ReserveNow", count=2)
    await site.becomes(uid=reservation["uid"], target="any", evse=None, hold="held")
    assert orders(charger) == [("ReserveNow", reservation["reservation_id"])] * 2


async def test_connector_zero_and_a_connector_that_need_not_be_kept_any_more(site: Site, version: Version) -> None:
    """The last one is kept for the holder; once another one is free again, that one is open to everybody, which is told."""
    charger = await able(site, version=version, behaviour=Behaviour(unbound_reservations=True, enforces=False))
    news = site.news("event.a_connector_2_reservation")
    await site.reserve(None)
    assert await charger.start(1, STRANGER)
    assert not await charger.start(2, "ANOTHER")
    await charger.unplug(2)
    await charger.stop(1)
    await charger.unplug(1)
    for connector in (1, 2):
        await site.shows(f"sensor.a_connector_{connector}_status", "available")
    assert told(news) == ["requirement_dropped"]
    assert news[0]["reason"] == "GlobalReservationRequirementDropped"
    assert await charger.start(2, "ANOTHER")
