"""Who may charge, asked by a charger at Authorize, at the start, and after a start that it did not prevent.

Two tables, one row a case: how somebody stands where it is reserved for the holder, and where it is not.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any, NamedTuple

from homeassistant.config_entries import ConfigSubentryData
import pytest

from tests.charger import Behaviour, SimulatedCharger, Version

from .conftest import (
    HOUSE_TOKEN,
    ON_V2,
    STRANGER,
    Clock,
    Site,
    charger_subentry,
    driver_subentry,
    eventually,
    standing,
    started,
    told,
)

VISITOR = "0F0F0F0F"
FREE_VEND = "FREEVEND"


class Who(StrEnum):
    """Somebody at the charger, with the token that identifies him there."""

    HOLDER = "A0A0A0A1"
    SECOND_CARD = "A0A0A0A2"
    MEMBER = "BEBEBEBE"
    DRIVER = "D0D0D0D0"
    BLOCKED = "B10CB10C"
    EXPIRED = "E0E0E0E0"
    COMING = "C0C0C0C0"
    HOUSE = HOUSE_TOKEN
    UNKNOWN = STRANGER


class Case(NamedTuple):
    """Our word to 1.6 and to 2.x at the start, and whether whoever charges all the same is stopped."""

    v16: str
    v2: str
    stopped: bool

    def word(self, version: Version) -> str:
        """The word of a version."""
        return self.v16 if version is Version.V16 else self.v2


ACCEPTED = Case("Accepted", "Accepted", stopped=False)
RESERVED = Case("Blocked", "NotAtThisTime", stopped=True)
BLOCKED = Case("Blocked", "Blocked", stopped=True)
EXPIRED = Case("Expired", "Expired", stopped=True)
COMING = Case("Blocked", "NotAtThisTime", stopped=True)
UNKNOWN = Case("Invalid", "Unknown", stopped=True)

WHERE_FREE: Mapping[str, Mapping[Who, Case]] = {
    "everyone": {
        Who.HOLDER: ACCEPTED,
        Who.SECOND_CARD: ACCEPTED,
        Who.MEMBER: ACCEPTED,
        Who.DRIVER: ACCEPTED,
        Who.BLOCKED: BLOCKED,
        Who.EXPIRED: EXPIRED,
        Who.COMING: COMING,
        Who.HOUSE: ACCEPTED,
        Who.UNKNOWN: ACCEPTED,
    },
    "known_drivers": {
        Who.HOLDER: ACCEPTED,
        Who.SECOND_CARD: ACCEPTED,
        Who.MEMBER: ACCEPTED,
        Who.DRIVER: ACCEPTED,
        Who.BLOCKED: BLOCKED,
        Who.EXPIRED: EXPIRED,
        Who.COMING: COMING,
        Who.HOUSE: ACCEPTED,
        Who.UNKNOWN: UNKNOWN,
    },
}
WHERE_RESERVED: Mapping[str, Mapping[Who, Case]] = {
    "everyone": {
        Who.HOLDER: ACCEPTED,
        Who.SECOND_CARD: ACCEPTED,
        Who.MEMBER: ACCEPTED,
        Who.DRIVER: RESERVED,
        Who.BLOCKED: BLOCKED,
        Who.EXPIRED: EXPIRED,
        Who.COMING: COMING,
        Who.HOUSE: RESERVED,
        Who.UNKNOWN: RESERVED,
    },
    "known_drivers": {
        Who.HOLDER: ACCEPTED,
        Who.SECOND_CARD: ACCEPTED,
        Who.MEMBER: ACCEPTED,
        Who.DRIVER: RESERVED,
        Who.BLOCKED: BLOCKED,
        Who.EXPIRED: EXPIRED,
        Who.COMING: COMING,
        Who.HOUSE: RESERVED,
        Who.UNKNOWN: UNKNOWN,
    },
}
"""With `enforcement: stop`. With `warn` and `off`, `WHERE_FREE` counts everywhere, and nobody is stopped."""

TARGETS: Mapping[str, dict[str, Any]] = {
    "connector": {"connector": 1},
    "any": {"connector": None},
    "connector_type": {"connector": None, "connector_type": "cType2"},
    "whole_charger": {"connector": None, "whole_charger": True},
}


@pytest.fixture
def chargers() -> list[ConfigSubentryData]:
    """Charger A; Anna and Ben of one group, Dora by herself, and three who may not charge."""
    now = datetime.now(UTC)
    hour, day = timedelta(hours=1), timedelta(days=1)
    return [
        charger_subentry("A", connector_types={"1": ["cType2"], "2": ["cCCS2"]}),
        driver_subentry("Anna", Who.HOLDER, Who.SECOND_CARD, group="Kinfolk"),
        driver_subentry("Ben", Who.MEMBER, group="KINFOLK"),
        driver_subentry("Dora", Who.DRIVER),
        driver_subentry("Bob", Who.BLOCKED, blocked=True),
        driver_subentry("Eve", Who.EXPIRED, valid_until=(now - hour).isoformat()),
        driver_subentry("Carl", Who.COMING, valid_from=(now + day).isoformat()),
    ]


def choose(site: Site, **options: object) -> None:
    """The owner sets options."""
    site.hass.config_entries.async_update_entry(site.entry, options={**site.entry.options, **options})


async def set_own(site: Site, enforcement: str) -> None:
    """The owner sets the charger's own enforcement."""
    subentry = next(each for each in site.entry.subentries.values() if each.unique_id == "A")
    data = {**subentry.data, "enforcement": enforcement}
    site.hass.config_entries.async_update_subentry(site.entry, subentry, data=data)
    await site.hass.async_block_till_done()


async def reserve(site: Site, target: str) -> set[int]:
    """Reserve for Anna, by Home Assistant alone; the connectors that are reserved by that."""
    data = dict(TARGETS[target])
    device_id = site.device_id("A", data.pop("connector"))
    reservation = await site.act("reserve_now", device_id=device_id, driver="Anna", held_by="central_system", **data)
    return {1, 2} if target == "whole_charger" else {reservation["evse"]}


async def authorize(charger: SimulatedCharger, who: Who) -> tuple[str, list[int] | None]:
    """What the charger is told when it asks: the word, and the connectors if it is not told of all."""
    if charger.version is Version.V16:
        info = (await charger.call("Authorize", {"idTag": who.value}))["idTagInfo"]
        return info["status"], None
    kind = "Central" if who is Who.HOUSE else "ISO14443"
    info = (await charger.call("Authorize", {"idToken": {"idToken": who.value, "type": kind}}))["idTokenInfo"]
    return info["status"], info.get("evseId")


async def start(charger: SimulatedCharger, connector: int, who: Who | str) -> str:
    """Charge without asking first; the word at the start."""
    kind = "Central" if who == Who.HOUSE else "ISO14443"
    await charger.start(connector, str(who), kind, authorize=False)
    return standing(started(charger))


async def stop(charger: SimulatedCharger) -> None:
    """Whoever still charges stops, and drives away."""
    for connector in charger.evses:
        await charger.unplug(connector)
    await charger.wait_for(lambda: not charger.pending)


def asked_to_stop(charger: SimulatedCharger) -> int:
    """How often the charger was told to stop a transaction."""
    stops = {"RemoteStopTransaction", "RequestStopTransaction"}
    return sum(call.action in stops for call in charger.received)


def told_so_often(charger: SimulatedCharger, times: int) -> bool:
    """Whether the charger was told to stop so often."""
    return asked_to_stop(charger) == times


def expected(connector: int, reserved: set[int], who: Who, enforcement: str, known: str) -> Case:
    """The row of the table."""
    table = WHERE_RESERVED if connector in reserved and enforcement == "stop" else WHERE_FREE
    case = table[known][who]
    return case if enforcement == "stop" else case._replace(stopped=False)


@pytest.mark.parametrize("known", ["everyone", "known_drivers"])
@pytest.mark.parametrize("enforcement", ["stop", "warn", "off"])
@pytest.mark.parametrize("target", TARGETS)
async def test_everybody_gets_the_answer_of_the_table(
    site: Site, version: Version, target: str, enforcement: str, known: str
) -> None:
    """Contract 1 and ocpp.md 5.7, at Authorize and at the start, where it is reserved and where it is not."""
    choose(site, enforcement=enforcement, who_may_charge=known)
    charger = await site.charger(version=version, behaviour=Behaviour(enforces=False))
    reserved = await reserve(site, target)
    for who in Who:
        cases = {place: expected(place, reserved, who, enforcement, known) for place in (1, 2)}
        permitted = [place for place, case in cases.items() if case.v2 == "Accepted"]
        word, places = await authorize(charger, who)
        if permitted:
            assert word == "Accepted", who
            assert version is Version.V16 or places == (None if len(permitted) == len(cases) else permitted), who
        else:
            nowhere = version is not Version.V16 and cases[1] is RESERVED  # C01.FR.22
            assert word == ("NotAtThisLocation" if nowhere else cases[1].word(version)), who
        if who in {Who.HOLDER, Who.SECOND_CARD, Who.MEMBER}:
            continue  # their start would use the reservation: below
        for place, case in cases.items():
            for parked in (2, 1):  # or what is for any would move away from a car, to the other connector
                await charger.plug(parked)
            assert await start(charger, place, who) == case.word(version), (who, place)
            await stop(charger)
    assert (await site.becomes(status="active"))["driver"] == "Anna"
    assert charger.complaints == []


@pytest.mark.parametrize("who", [Who.HOLDER, Who.SECOND_CARD, Who.MEMBER])
@pytest.mark.parametrize("target", TARGETS)
async def test_the_holder_charges_and_is_not_stopped(
    site: Site, clock: Clock, version: Version, target: str, who: Who
) -> None:
    """With each card, and with those of the group, whatever is reserved."""
    charger = await site.charger(version=version, behaviour=Behaviour(obeys_refusals=False, enforces=False))
    news = site.news()
    await reserve(site, target)
    assert await start(charger, 1, who) == "Accepted"
    await site.shows("sensor.a_connector_1_reservation", "in_use")
    await clock.forward(seconds=60)
    await charger.heartbeat()
    assert asked_to_stop(charger) == 0
    assert told(news)[-1] == "used"
    await stop(charger)


@pytest.mark.parametrize("who", [Who.DRIVER, Who.BLOCKED, Who.EXPIRED, Who.COMING, Who.UNKNOWN])
@pytest.mark.parametrize("connector", [1, 2])
@pytest.mark.parametrize("known", ["everyone", "known_drivers"])
async def test_whoever_charges_although_refused_is_stopped(
    site: Site, clock: Clock, version: Version, known: str, connector: int, who: Who
) -> None:
    """ocpp.md 5.7: ten seconds after the start, by a charger that lets everybody charge; whoever is accepted, never."""
    choose(site, who_may_charge=known)
    charger = await site.charger(version=version, behaviour=Behaviour(obeys_refusals=False, enforces=False))
    await authorize(charger, who)
    news = site.news()
    reserved = await reserve(site, "connector")
    case = expected(connector, reserved, who, "stop", known)
    await start(charger, connector, who)
    await site.shows(f"binary_sensor.a_connector_{connector}_charging", "on")
    await clock.forward(seconds=9)
    await charger.heartbeat()
    assert asked_to_stop(charger) == 0
    await clock.forward(seconds=2)
    if case.stopped:
        await charger.wait_for(lambda: not charger.transactions)
        assert asked_to_stop(charger) == 1
    else:
        await charger.heartbeat()
        assert asked_to_stop(charger) == 0
        assert charger.transactions
    intrudes = case.stopped and connector in reserved
    assert told(news) == (["placed", "intruder"] if intrudes else ["placed"])
    await stop(charger)


async def test_whoever_began_before_the_reservation_is_left_alone(site: Site, clock: Clock, version: Version) -> None:
    """Never a transaction that began before the window, though 2.x repeats its token within it."""
    charger = await site.charger(version=version, behaviour=Behaviour(obeys_refusals=False, enforces=False))
    await authorize(charger, Who.UNKNOWN)
    news = site.news()
    device_id = site.device_id("A", 1)
    await site.act(
        "reserve_now", device_id=device_id, driver="Anna", start=clock.after(minutes=5), end=clock.after(minutes=65)
    )
    assert await start(charger, 1, Who.UNKNOWN) == "Accepted"
    await site.shows("binary_sensor.a_connector_1_charging", "on")
    await clock.forward(minutes=6)
    await site.becomes(status="active")
    if version is not Version.V16:
        (transaction,) = charger.transactions.values()
        repeated = {
            "eventType": "Updated",
            "timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "triggerReason": "MeterValuePeriodic",
            "seqNo": 9,
            "transactionInfo": {"transactionId": transaction.id},
            "idToken": {"idToken": Who.UNKNOWN.value, "type": "ISO14443"},
        }
        answer = await charger.call("TransactionEvent", repeated)
        assert answer["idTokenInfo"]["status"] == "Accepted"
    await clock.forward(minutes=1)
    await charger.heartbeat()
    assert asked_to_stop(charger) == 0
    assert charger.transactions
    assert "intruder" not in told(news)
    await stop(charger)


@pytest.mark.parametrize("enforcement", ["warn", "off"])
async def test_a_stranger_who_is_let_in_is_told_or_not(
    site: Site, clock: Clock, version: Version, enforcement: str
) -> None:
    """Contract 1: *warn* tells it, once; *off* leaves it to the charger. Neither stops anybody."""
    choose(site, enforcement=enforcement)
    charger = await site.charger(version=version, behaviour=Behaviour(enforces=False))
    news = site.news()
    await reserve(site, "connector")
    assert await start(charger, 1, Who.UNKNOWN) == "Accepted"
    await site.shows("binary_sensor.a_connector_1_charging", "on")
    await clock.forward(seconds=30)
    await charger.heartbeat()
    assert asked_to_stop(charger) == 0
    assert told(news) == (["placed", "intruder"] if enforcement == "warn" else ["placed"])
    await site.becomes(status="active")
    await stop(charger)


async def test_a_charger_may_have_its_own_enforcement(site: Site, version: Version) -> None:
    """Contract 1: `inherit` is that of the central system; it applies at once, and no connection is lost."""
    charger = await site.charger(version=version, behaviour=Behaviour(enforces=False))
    await authorize(charger, Who.UNKNOWN)
    await reserve(site, "connector")
    connected = site.history("binary_sensor.a_connected")
    assert await start(charger, 1, Who.UNKNOWN) == RESERVED.word(version)
    await stop(charger)
    await set_own(site, "off")
    assert await start(charger, 1, Who.UNKNOWN) == "Accepted"
    await stop(charger)
    choose(site, enforcement="off")
    await set_own(site, "stop")
    assert await start(charger, 1, Who.UNKNOWN) == RESERVED.word(version)
    assert connected == []


@pytest.mark.parametrize("own", ["inherit", "stop"])
@pytest.mark.parametrize("known", ["everyone", "known_drivers"])
async def test_a_charger_that_identifies_nobody(
    site: Site, clock: Clock, version: Version, known: str, own: str
) -> None:
    """Contract 1: it is reported only, unless this very charger is set to stop; an unknown token is an unknown token.

    Refused or not, whoever goes on in the way of a reservation is told of.
    """
    choose(site, who_may_charge=known)
    await set_own(site, own)
    behaviour = Behaviour(free_vend=True, enforces=False, obeys_refusals=False)
    charger = await site.charger(version=version, behaviour=behaviour)
    news = site.news()
    await reserve(site, "connector")
    await charger.plug(1)
    await charger.wait_for(lambda: not charger.pending)
    refused = {"everyone": RESERVED, "known_drivers": UNKNOWN}[known]
    accepted = known == "everyone" and own == "inherit"
    assert standing(started(charger)) == ("Accepted" if accepted else refused.word(version))
    await clock.forward(seconds=11)
    if own == "stop":
        await charger.wait_for(lambda: not charger.transactions)
    await charger.heartbeat()
    assert asked_to_stop(charger) == (1 if own == "stop" else 0)
    assert told(news) == ["placed", "intruder"]
    await stop(charger)


@ON_V2
@pytest.mark.parametrize("own", ["inherit", "stop"])
@pytest.mark.parametrize("first", ["Charging", "EVConnected"])
async def test_a_charger_that_says_nothing_of_who_charges(
    site: Site, clock: Clock, version: Version, first: str, own: str
) -> None:
    """2.x: energy flows, and no token was ever told, not even that there is none. That identifies nobody, either."""
    await set_own(site, own)
    charger = await site.charger(version=version, behaviour=Behaviour(enforces=False))
    news = site.news()
    await reserve(site, "connector")

    async def tell(event: str, state: str, number: int) -> None:
        await charger.call(
            "TransactionEvent",
            {
                "eventType": event,
                "timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "triggerReason": "CablePluggedIn" if number == 0 else "ChargingStateChanged",
                "seqNo": number,
                "transactionInfo": {"transactionId": "T1", "chargingState": state},
                "evse": {"id": 1, "connectorId": 1},
            },
        )

    await tell("Started", first, 0)
    for number in (1, 2):
        await tell("Updated", "Charging", number)
    assert told(news) == (["placed", "intruder"] if own == "inherit" else ["placed"])
    await clock.forward(seconds=11)
    await charger.heartbeat()
    await eventually(lambda: asked_to_stop(charger) == (1 if own == "stop" else 0), "the order to stop, or none")
    assert told(news) == ["placed", "intruder"]


async def test_somebody_who_starts_again_and_again_is_left_alone_in_the_end(
    site: Site, clock: Clock, version: Version
) -> None:
    """ocpp.md 5.7: three stops in ten minutes, then only the event; ten minutes later it is stopped again."""
    charger = await site.charger(version=version, behaviour=Behaviour(obeys_refusals=False, enforces=False))
    await authorize(charger, Who.UNKNOWN)
    news = site.news()
    device_id = site.device_id("A", 1)
    await site.act("reserve_now", device_id=device_id, driver="Anna", held_by="central_system", duration={"hours": 2})
    for time in range(1, 4):
        await start(charger, 1, Who.UNKNOWN)
        await clock.forward(seconds=11)
        await charger.wait_for(lambda: not charger.transactions)
        assert asked_to_stop(charger) == time
        await charger.unplug(1)
    assert told(news) == ["placed", *["intruder"] * 3]
    await start(charger, 1, Who.UNKNOWN)
    await eventually(lambda: told(news) == ["placed", *["intruder"] * 4], "the event at once")
    await clock.forward(seconds=60)
    await charger.heartbeat()
    assert asked_to_stop(charger) == 3
    await stop(charger)
    await clock.forward(minutes=11)
    await start(charger, 1, Who.UNKNOWN)
    await clock.forward(seconds=11)
    await charger.wait_for(lambda: not charger.transactions)
    assert asked_to_stop(charger) == 4


@pytest.mark.parametrize("answer", ["Rejected", "InternalError"])
async def test_a_charger_that_does_not_stop_is_told_again_but_not_for_ever(
    site: Site, clock: Clock, version: Version, answer: str
) -> None:
    """Half a minute apart, three times in all."""
    stops = ("RemoteStopTransaction", "RequestStopTransaction")
    behaviour = Behaviour(obeys_refusals=False, enforces=False, answers=dict.fromkeys(stops, answer))
    charger = await site.charger(version=version, behaviour=behaviour)
    await authorize(charger, Who.UNKNOWN)
    await reserve(site, "connector")
    await start(charger, 1, Who.UNKNOWN)
    await clock.forward(seconds=11)
    for time in range(1, 4):
        await eventually(partial(told_so_often, charger, time), "another order to stop")
        await clock.forward(seconds=31)
    await clock.forward(seconds=31)
    await site.hass.async_block_till_done()
    assert asked_to_stop(charger) == 3
    await stop(charger)


async def test_whoever_may_charge_meanwhile_goes_on(site: Site, clock: Clock, version: Version) -> None:
    """The reason is gone before the ten seconds are over: nobody is stopped for it."""
    charger = await site.charger(version=version, behaviour=Behaviour(obeys_refusals=False, enforces=False))
    await authorize(charger, Who.UNKNOWN)
    await reserve(site, "connector")
    await start(charger, 1, Who.UNKNOWN)
    await site.shows("binary_sensor.a_connector_1_charging", "on")
    await site.act("cancel_reservation", device_id=site.device_id("A", 1))
    await clock.forward(seconds=60)
    await charger.heartbeat()
    assert asked_to_stop(charger) == 0
    assert charger.transactions
    await stop(charger)


async def test_after_a_restart_nobody_is_stopped_before_the_charger_has_told_how_things_are(
    site: Site, clock: Clock, version: Version
) -> None:
    """ocpp.md 5.7, "nor on a stale store": a refused transaction goes on while nothing is known, then it is stopped."""
    behaviour = Behaviour(obeys_refusals=False, enforces=False, statuses_after_reconnect="all")
    charger = await site.charger(version=version, behaviour=behaviour)
    await authorize(charger, Who.UNKNOWN)
    await reserve(site, "connector")
    await start(charger, 1, Who.UNKNOWN)
    await site.shows("binary_sensor.a_connector_1_charging", "on")
    await site.stop()
    await clock.forward(minutes=1)
    await site.start()
    assert asked_to_stop(charger) == 0
    await charger.wait_for(lambda: not charger.transactions)
    assert asked_to_stop(charger) == 1


async def test_one_token_charges_once_if_the_owner_says_so(site: Site, clock: Clock, version: Version) -> None:
    """`one_transaction_per_token`: ConcurrentTx at the start (C01, E05), at any charger; not for the house's own start."""
    charger = await site.charger(version=version, behaviour=Behaviour(enforces=False))
    assert await start(charger, 1, Who.DRIVER) == "Accepted"
    assert await start(charger, 2, Who.DRIVER) == "Accepted"
    await stop(charger)
    await clock.forward(seconds=5)  # or 1.6 could not tell the next start from this one
    choose(site, one_transaction_per_token=True)
    assert await start(charger, 1, Who.DRIVER) == "Accepted"
    assert await start(charger, 2, Who.DRIVER) == "ConcurrentTx"
    word, _ = await authorize(charger, Who.DRIVER)
    assert word == "Accepted"
    await stop(charger)
    await clock.forward(seconds=5)
    assert await start(charger, 2, Who.DRIVER) == "Accepted"


async def test_the_holder_of_a_reservation_is_known_where_and_while_it_is(
    site: Site, clock: Clock, version: Version
) -> None:
    """Contract 1, "who counts as known": on its EVSE, in its window."""
    choose(site, who_may_charge="known_drivers")
    charger = await site.charger(version=version, behaviour=Behaviour(enforces=False))
    assert (await authorize(charger, Who.UNKNOWN))[0] == UNKNOWN.word(version)
    await site.act(
        "reserve_now", device_id=site.device_id("A", 1), id_token=Who.UNKNOWN.value, held_by="central_system"
    )
    word, places = await authorize(charger, Who.UNKNOWN)
    assert word == "Accepted"
    assert version is Version.V16 or places == [1]
    assert await start(charger, 2, Who.UNKNOWN) == UNKNOWN.word(version)
    await stop(charger)
    assert await start(charger, 1, Who.UNKNOWN) == "Accepted"
    await site.shows("sensor.a_connector_1_reservation", "in_use")
    await stop(charger)
    assert (await authorize(charger, Who.UNKNOWN))[0] == UNKNOWN.word(version)
