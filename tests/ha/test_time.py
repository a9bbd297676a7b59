"""What time does to reservations."""

import asyncio
import json

from websockets import Subprotocol
from websockets.asyncio.client import ClientConnection, connect

from tests.charger import Behaviour, Version

from .conftest import HOLDER, PATIENCE, STRANGER, Clock, Site, eventually


async def test_a_reservation_expires(site: Site, clock: Clock, version: Version) -> None:
    """At its end it is over for us; the charger's own expiry comes first, then we drop what is left."""
    charger = await site.charger(version=version, behaviour=Behaviour(expires="never"))
    news = site.news()
    await site.reserve(duration=120)
    await clock.forward(seconds=100)
    assert site.state("binary_sensor.a_connector_1_reserved") == "on"
    await clock.forward(seconds=20)
    assert site.state("binary_sensor.a_connector_1_reserved") == "off"
    assert site.state("sensor.a_connector_1_reserved_until") == "unknown"
    assert [(each["event_type"], each["reason"], each["late"]) for each in news] == [
        ("placed", None, False),
        ("expired", "Expired", False),
    ]
    assert len(charger.holds) == 1, "its clock may be a little behind"
    await clock.forward(seconds=3)
    await charger.wait_for(lambda: not charger.holds)
    assert await site.reservations() == []


async def test_nobody_is_kept_out_after_the_end(site: Site, clock: Clock) -> None:
    """Half-open windows: at the end ordinary rules apply."""
    charger = await site.charger(behaviour=Behaviour(enforces=False), connectors=1)
    await site.reserve(duration=60)
    assert not await charger.start(1, STRANGER)
    await charger.unplug(1)
    await clock.forward(seconds=60)
    assert await charger.start(1, STRANGER)


async def test_charging_beyond_the_end_is_used_up(site: Site, clock: Clock, version: Version) -> None:
    """ocpp.md 5.2: in use becomes used at the end of the window, and is not published again."""
    charger = await site.charger(version=version)
    news = site.news()
    await site.reserve(duration=120)
    assert await charger.start(1, HOLDER)
    await site.shows("sensor.a_connector_1_reservation", "in_use")
    await clock.forward(seconds=121)
    assert site.state("sensor.a_connector_1_reservation") == "none"
    assert [each["event_type"] for each in news] == ["placed", "used"]
    assert 1 in charger.transactions


async def test_a_charger_that_tells_nothing_is_asked(site: Site, clock: Clock, version: Version) -> None:
    """ocpp.md 5.10: after ten seconds without a word it is asked for its statuses; then it holds again what it should."""
    charger = await site.charger(version=version, behaviour=Behaviour(statuses_after_reconnect="none"))
    reservation = await site.reserve()
    await charger.drop()
    await charger.ready()
    await site.shows("binary_sensor.a_connected", "on")
    await site.becomes(uid=reservation["uid"], hold="uncertain")
    await clock.forward(seconds=11)
    await charger.wait_for("TriggerMessage")
    await site.becomes(uid=reservation["uid"], hold="held")


async def test_a_charger_that_will_not_report_is_told_all_the_same(site: Site, clock: Clock) -> None:
    """ocpp.md 5.10: a refusal is an answer too."""
    behaviour = Behaviour(statuses_after_reconnect="none", answers={"TriggerMessage": "NotImplemented"})
    charger = await site.charger(behaviour=behaviour)
    await site.reserve()
    await charger.drop()
    await charger.ready()
    await site.becomes(hold="uncertain")
    await clock.forward(seconds=11)
    await site.becomes(hold="held")


async def test_a_connection_lost_while_asking_refuses_nothing(site: Site, clock: Clock) -> None:
    """What an ended connection did not answer says nothing about the next one, which is asked anew."""
    behaviour = Behaviour(statuses_after_reconnect="none", answers={"TriggerMessage": ["disconnect"]})
    charger = await site.charger(behaviour=behaviour)
    await site.reserve()
    await charger.drop()
    await charger.ready()
    await site.becomes(hold="uncertain")
    connected = site.history("binary_sensor.a_connected")
    await clock.forward(seconds=11)
    await charger.wait_for("TriggerMessage")
    await eventually(lambda: connected[-2:] == ["off", "on"])
    await charger.ready()
    count = len([received for received in charger.received if received.action == "TriggerMessage"])
    await clock.forward(seconds=11)
    await charger.wait_for("TriggerMessage", count=count + 1)
    await site.becomes(hold="held")


async def test_a_machine_that_slept_catches_up(site: Site, clock: Clock) -> None:
    """An end that is noticed long afterwards is published as late."""
    await site.charger()
    news = site.news()
    await site.reserve(duration=60)
    await clock.forward(hours=1)
    assert [(each["event_type"], each["late"]) for each in news] == [("placed", False), ("expired", True)]


async def test_a_replaced_connection_refuses_nothing_for_its_successor(site: Site, clock: Clock) -> None:
    """A question that the older socket left open is asked anew on the newer one."""

    async def asked(connection: ClientConnection) -> str:
        async with asyncio.timeout(PATIENCE):
            action: str = json.loads(await connection.recv())[2]
        return action

    subprotocols = [Subprotocol(Version.V16.subprotocol)]
    async with connect(f"{site.url}/A", subprotocols=subprotocols, proxy=None) as older:
        await site.shows("binary_sensor.a_connected", "on")
        await clock.forward(seconds=11)
        assert await asked(older) == "TriggerMessage"
        async with connect(f"{site.url}/A", subprotocols=subprotocols, proxy=None) as newer:
            await older.wait_closed()
            await clock.forward(seconds=11)
            assert await asked(newer) == "TriggerMessage"
