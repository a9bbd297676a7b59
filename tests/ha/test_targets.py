"""Reserving any connector of a charger, one of a type, or all of it, on every version."""

from dataclasses import replace
from typing import Any

from homeassistant.config_entries import ConfigSubentryData
import pytest

from tests.charger import Behaviour, SimulatedCharger, Version

from .conftest import (
    HOLDER,
    ON_V2,
    STRANGER,
    TELLS_ALL,
    Clock,
    Site,
    asked,
    charger_subentry,
    eventually,
    orders,
    refused,
    standing,
    started,
    told,
    told_what_it_can,
)

CONNECTORS = (1, 2, 3)
TYPES = ("sType2", "sType2", "cCCS2")
ANY = "sensor.a_reservation_for_any_connector"
ANY_EVENT = "event.a_reservation_for_any_connector"
KEEPS_ANY = Behaviour(unbound_reservations=True)
"""A charger that keeps one of its choice free."""
ON_V16 = pytest.mark.parametrize("version", [Version.V16], ids=str)
"""For what no version treats in a way of its own."""


@pytest.fixture
def chargers(version: Version) -> list[ConfigSubentryData]:
    """A charger that cannot tell the types of its connectors is given them by its owner."""
    types = {str(number): [name] for number, name in enumerate(TYPES, start=1)}
    return [charger_subentry("A", **({"connector_types": types} if version is Version.V16 else {}))]


async def three(site: Site, version: Version, behaviour: Behaviour | None = None) -> SimulatedCharger:
    """A charger with three connectors that has told what it can."""
    charger = await site.charger(version=version, connectors=3, behaviour=behaviour, connector_types=TYPES)
    return await told_what_it_can(charger)


def reserved(site: Site) -> list[int]:
    """The connectors that show that they are reserved."""
    return [each for each in CONNECTORS if site.state(f"binary_sensor.a_connector_{each}_reserved") == "on"]


def held(charger: SimulatedCharger) -> list[int | None]:
    """What the charger holds, by connector; None: one of its choice."""
    return sorted((hold.evse for hold in charger.holds.values()), key=lambda evse: evse or 0)


async def shows_reserved(site: Site, *connectors: int) -> None:
    """Wait until these connectors, and no others, show that they are reserved, which follows what the charger does."""
    await eventually(lambda: reserved(site) == list(connectors), "what the connectors show")


async def charge(site: Site, charger: SimulatedCharger, connector: int, token: str) -> None:
    """Somebody charges, and Home Assistant shows it."""
    assert await charger.start(connector, token)
    await site.shows(f"binary_sensor.a_connector_{connector}_charging", "on")


async def leave(site: Site, charger: SimulatedCharger, connector: int) -> None:
    """He leaves."""
    await charger.stop(connector)
    await charger.unplug(connector)
    await site.shows(f"binary_sensor.a_connector_{connector}_plugged_in", "off")


async def authorized(charger: SimulatedCharger, connector: int, token: str) -> dict[str, Any]:
    """Our answer to Authorize."""
    await charger.present(connector, token)
    sent = next(each for each in reversed(charger.sent) if each.action == "Authorize")
    assert sent.answer is not None
    info: dict[str, Any] = sent.answer.get("idTagInfo") or sent.answer["idTokenInfo"]
    return info


# Any connector.


async def test_the_charger_itself_means_any_of_its_connectors(site: Site, version: Version) -> None:
    """Contract 3: one is chosen and held by name where the charger cannot choose; that one shows it."""
    charger = await three(site, version)
    news, others, of_any = site.news(), site.news("event.a_connector_2_reservation"), site.news(ANY_EVENT)
    reservation = await site.reserve(None)
    assert reservation["target"] == "any"
    assert (reservation["evse"], reservation["device_id"]) == (1, site.device_id("A", 1))
    assert (reservation["status"], reservation["hold"], reservation["result"]) == ("active", "held", "Accepted")
    assert held(charger) == reserved(site) == [1]
    assert site.state("sensor.a_connector_1_reservation") == "active"
    assert site.state(ANY) == "none"
    assert (told(news), told(others), told(of_any)) == (["placed"], [], [])
    assert not await charger.start(1, STRANGER)
    await charger.unplug(1)
    await charge(site, charger, 2, STRANGER)
    await charge(site, charger, 1, HOLDER)
    await site.becomes(uid=reservation["uid"], status="in_use", evse=1)
    assert charger.complaints == []


async def test_an_unnamed_reservation_shows_at_the_charger(site: Site, version: Version) -> None:
    """Contract 4: until it is bound, which the holder's start does; then it shows where he charges."""
    charger = await three(site, version, KEEPS_ANY)
    of_any, news = site.news(ANY_EVENT), site.news("event.a_connector_2_reservation")
    reservation = await site.reserve(None)
    assert (reservation["target"], reservation["evse"]) == ("any", None)
    assert reservation["device_id"] == site.device_id("A")
    assert (reservation["status"], reservation["hold"]) == ("active", "held")
    assert (held(charger), reserved(site)) == ([None], [])
    assert site.state(ANY) == "active"
    assert {site.state(f"sensor.a_connector_{each}_reservation") for each in CONNECTORS} == {"none"}
    assert told(of_any) == ["placed"]

    await charge(site, charger, 2, HOLDER)
    assert started(charger).payload.get("reservationId") == reservation["reservation_id"]
    await site.becomes(uid=reservation["uid"], status="in_use", evse=2, device_id=site.device_id("A", 2))
    await shows_reserved(site, 2)
    await site.shows(ANY, "none")
    await eventually(lambda: (told(of_any), told(news)) == (["placed", "used"], ["used"]), "the news")
    await leave(site, charger, 2)
    assert await site.reservations() == []
    assert [action for action, _ in orders(charger)] == ["ReserveNow"], "the start has used up the hold"
    assert charger.complaints == []


async def test_strangers_may_take_as_many_as_stay_over(site: Site, version: Version) -> None:
    """ocpp.md 4.3, whether the charger keeps them out or we do; told at the connector that is kept no longer."""
    charger = await three(site, version, replace(KEEPS_ANY, enforces=False))
    news = site.news("event.a_connector_3_reservation")
    reservation = await site.reserve(None)
    await charge(site, charger, 1, STRANGER)
    await charge(site, charger, 2, "ANOTHER")
    assert told(news) == []
    await leave(site, charger, 1)
    await eventually(lambda: told(news) == ["requirement_dropped"], "the news")
    assert (news[0]["uid"], news[0]["reason"]) == (reservation["uid"], "GlobalReservationRequirementDropped")
    await charge(site, charger, 3, "FOURTH")
    assert not await charger.start(1, "FIFTH"), "it is the last one now"
    assert (await site.becomes(uid=reservation["uid"]))["status"] == "active"


async def test_a_strict_charger_keeps_one_free_by_itself(site: Site, version: Version) -> None:
    """H01.FR.07: it lets strangers take all but one, and so do we."""
    charger = await three(site, version, KEEPS_ANY)
    await site.reserve(None)
    await charge(site, charger, 1, STRANGER)
    await charge(site, charger, 2, "ANOTHER")
    assert not await charger.start(3, "FOURTH")
    await charger.unplug(3)
    shown = "available" if version is Version.V16 else "reserved"  # 2.x shows the last free one as reserved (H01.FR.20)
    await site.shows("sensor.a_connector_3_status", shown)
    await charge(site, charger, 3, HOLDER)
    await site.becomes(status="in_use", evse=3)


async def test_authorize_is_refused_only_where_no_connector_is_permissible(site: Site, version: Version) -> None:
    """ocpp.md 5.7: 1.6 names no connector, so that Blocked means all of them."""
    charger = await three(site, version, replace(KEEPS_ANY, enforces=False))
    word = "Blocked" if version is Version.V16 else "NotAtThisLocation"
    for holder in ("FIRST", "SECOND", "THIRD"):
        await site.reserve(None, id_token=holder)
    assert (await authorized(charger, 1, "FOURTH"))["status"] == word
    mine = await authorized(charger, 1, "FIRST")
    assert (mine["status"], mine.get("evseId")) == ("Accepted", None)


@ON_V2
async def test_authorize_names_the_connectors_that_are_permissible(site: Site, version: Version) -> None:
    """C01.FR.19-21: what is another's by name is not among them, nor what those who may have any need."""
    charger = await three(site, version, replace(KEEPS_ANY, enforces=False))
    await site.reserve(2)
    assert (await authorized(charger, 1, STRANGER))["evseId"] == [1, 3]
    await site.reserve(None, id_token="SECOND", connector_type="cCCS2")
    assert (await authorized(charger, 1, "ANOTHER"))["evseId"] == [1]
    assert (await authorized(charger, 2, HOLDER))["evseId"] == [1, 2]


async def test_any_connector_later_is_bound_at_its_start(site: Site, clock: Clock, version: Version) -> None:
    """It shows at the charger until then, and moves to one that is free."""
    charger = await three(site, version)
    of_any, news = site.news(ANY_EVENT), site.news("event.a_connector_2_reservation")
    reservation = await site.reserve(None, start=clock.after(minutes=10))
    assert (reservation["status"], reservation["evse"], reservation["hold"]) == ("scheduled", None, "none")
    assert (site.state(ANY), reserved(site)) == ("scheduled", [])
    until = site.state("sensor.a_next_reservation_for_any_connector")
    assert until == reservation["start"]
    await charge(site, charger, 1, STRANGER)
    await clock.forward(minutes=10)
    bound = await site.becomes(uid=reservation["uid"], status="active", hold="held")
    assert bound["evse"] == 2
    assert held(charger) == [2]
    await shows_reserved(site, 2)
    await site.shows(ANY, "none")
    await site.shows("sensor.a_next_reservation_for_any_connector", "unknown")
    await eventually(lambda: told(news) == ["placed"], "the news")
    assert told(of_any) == ["scheduled"]


async def test_any_connector_moves_from_one_that_breaks(site: Site, version: Version) -> None:
    """ocpp.md 5.4: another one is bound, and held under another number."""
    charger = await three(site, version)
    reservation = await site.reserve(None)
    assert reservation["evse"] == 1
    await charger.set_status(1, "Faulted")
    moved = await site.becomes(uid=reservation["uid"], evse=2, hold="held", status="active")
    assert moved["reservation_id"] == reservation["reservation_id"]
    await charger.wait_for(lambda: held(charger) == [2])
    await shows_reserved(site, 2)
    assert not await charger.start(2, STRANGER)


async def test_the_next_connector_is_tried_when_the_charger_refuses_one(site: Site, version: Version) -> None:
    """The charger may know more than it tells; refused once all were tried, with its last word."""
    behaviour = Behaviour(reserve_answer=["Occupied", "Faulted", "", "Occupied", "Faulted", "Unavailable"])
    charger = await three(site, version, behaviour)
    reservation = await site.reserve(None)
    assert (reservation["evse"], reservation["result"]) == (3, "Accepted")
    assert asked(charger) == 3
    await site.act("cancel_reservation", uid=reservation["uid"])
    await charger.wait_for(lambda: not charger.holds)
    await site.shows("sensor.a_connector_3_status", "available")
    await refused(site.reserve(None), "reservation_unavailable")
    assert asked(charger) == 6
    assert await site.reservations() == []


@ON_V2
async def test_a_charger_that_boasts_is_asked_for_one_by_name(site: Site, version: Version) -> None:
    """H01.FR.19, ocpp.md 3: that it claims to keep any proves nothing."""
    charger = await three(site, version, replace(KEEPS_ANY, reserve_answer=["Rejected"]))
    reservation = await site.reserve(None)
    assert (reservation["evse"], reservation["hold"], reservation["result"]) == (1, "held", "Accepted")
    assert held(charger) == [1]
    assert {number for _, number in orders(charger)} == {reservation["reservation_id"]}


# A connector type.


async def test_any_connector_of_a_type(site: Site, version: Version) -> None:
    """Told by the charger, or by its owner; in either case, and never one of an unknown type."""
    charger = await three(site, version)
    first = await site.reserve(None, connector_type="STYPE2")
    assert (first["target"], first["evse"], first["hold"]) == ("connector_type", 1, "held")
    second = await site.reserve(None, connector_type="sType2", id_token=STRANGER)
    assert second["evse"] == 2
    error = await refused(site.reserve(None, connector_type="sType2", id_token="THIRD"), "reservation_conflict")
    assert str(first["reservation_id"]) in str(error) or str(second["reservation_id"]) in str(error)
    assert (await site.reserve(None, connector_type="cCCS2", id_token="THIRD"))["evse"] == 3
    assert held(charger) == [1, 2, 3]
    error = await refused(site.reserve(None, connector_type="cG105"), "connector_type_unknown")
    assert "cG105" in str(error)


@ON_V2
async def test_a_charger_that_knows_types_chooses_by_itself(site: Site, version: Version) -> None:
    """H01.FR.09: the type goes along, and only such connectors are kept; where there is just one it is named."""
    charger = await three(site, version, KEEPS_ANY)
    reservation = await site.reserve(None, connector_type="sType2")
    assert (reservation["evse"], reservation["hold"]) == (None, "held")
    assert [(hold.evse, hold.connector_type) for hold in charger.holds.values()] == [(None, "sType2")]
    assert site.state(ANY) == "active"
    assert (await site.reserve(None, connector_type="cCCS2", id_token=STRANGER))["evse"] == 3
    await charge(site, charger, 1, "ANOTHER")
    assert not await charger.start(2, "FOURTH")
    await charger.unplug(2)
    await charge(site, charger, 2, HOLDER)
    in_use = [each["evse"] for each in await site.reservations() if each["status"] == "in_use"]
    assert in_use == [2]


# The whole charger.


async def test_the_whole_charger(site: Site, version: Version) -> None:
    """A hold for each connector, the first one under the reservation's id; it shows, and is told, everywhere."""
    charger = await three(site, version)
    news = {each: site.news(f"event.a_connector_{each}_reservation") for each in CONNECTORS}
    reservation = await site.reserve(None, whole_charger=True)
    assert (reservation["target"], reservation["evse"]) == ("whole_charger", None)
    assert reservation["device_id"] == site.device_id("A")
    assert (reservation["status"], reservation["hold"], reservation["result"]) == ("active", "held", "Accepted")
    number = reservation["reservation_id"]
    assert orders(charger) == [("ReserveNow", number + offset) for offset in range(3)]
    assert held(charger) == reserved(site) == [1, 2, 3]
    assert {site.state(f"sensor.a_connector_{each}_reservation") for each in CONNECTORS} == {"active"}
    assert site.state(ANY) == "none"
    assert [told(news[each]) for each in CONNECTORS] == [["placed"]] * 3
    error = await refused(site.reserve(2, id_token=STRANGER), "reservation_conflict")
    assert str(number) in str(error)

    cancelled = await site.act("cancel_reservation", device_id=site.device_id("A"))
    assert (cancelled["uid"], cancelled["status"]) == (reservation["uid"], "cancelled")
    await charger.wait_for(lambda: not charger.holds)
    assert reserved(site) == []
    assert [told(news[each]) for each in CONNECTORS] == [["placed", "cancelled"]] * 3
    assert charger.complaints == []


async def test_whoever_has_the_whole_charger_keeps_it_while_he_charges(site: Site, version: Version) -> None:
    """Strangers stay out of the other connectors too, by the charger and by us, until he leaves."""
    charger = await three(site, version)
    await site.reserve(None, whole_charger=True)
    assert not await charger.start(1, STRANGER)
    await charger.unplug(1)
    await charge(site, charger, 2, HOLDER)
    await site.becomes(status="in_use")
    assert held(charger) == [1, 3]
    await shows_reserved(site, 1, 2, 3)
    assert not await charger.start(3, STRANGER)
    await charger.unplug(3)
    await leave(site, charger, 2)
    await charger.wait_for(lambda: not charger.holds)
    assert await site.reservations() == []
    await shows_reserved(site)
    await charge(site, charger, 3, STRANGER)


async def test_strangers_are_kept_out_of_a_whole_charger_that_keeps_nobody_out(site: Site, version: Version) -> None:
    """At Authorize, since no connector is permissible, and at the start."""
    charger = await three(site, version, Behaviour(enforces=False))
    await site.reserve(None, whole_charger=True)
    word = "Blocked" if version is Version.V16 else "NotAtThisLocation"
    assert (await authorized(charger, 1, STRANGER))["status"] == word
    assert not await charger.start(2, STRANGER, authorize=False)
    assert standing(started(charger)) == ("Blocked" if version is Version.V16 else "NotAtThisTime")


async def test_a_whole_charger_is_refused_as_a_whole(site: Site, version: Version) -> None:
    """One connector that the charger refuses is one too few, and the others are given back."""
    charger = await three(site, version, Behaviour(reserve_answer=["", "Faulted"]))
    await refused(site.reserve(None, whole_charger=True), "reservation_faulted")
    await charger.wait_for(lambda: not charger.holds)
    assert (await site.reservations(), reserved(site)) == ([], [])


# What is refused before anything is sent.


@ON_V16
async def test_fields_that_mean_nothing_together(site: Site, version: Version) -> None:
    """A connector is one already; and what is a type is not all."""
    charger = await three(site, version)
    for name, field in (("Connector type", {"connector_type": "sType2"}), ("Whole charger", {"whole_charger": True})):
        error = await refused(site.reserve(1, **field), "choose_charger")
        assert f'"{name}"' in str(error)
    await refused(site.reserve(None, connector_type="sType2", whole_charger=True), "conflicting_fields")
    assert asked(charger) == 0


@ON_V16
async def test_a_charger_of_which_all_is_promised(site: Site, clock: Clock, version: Version) -> None:
    """The error names one of those in the way, and the next window is free."""
    charger = await three(site, version)
    ids = [(await site.reserve(each, id_token=f"HOLDER{each}"))["reservation_id"] for each in CONNECTORS]
    for data in ({}, {"connector_type": "sType2"}, {"whole_charger": True}):
        error = await refused(site.reserve(None, **data), "reservation_conflict")
        assert any(f"reservation {number}" in str(error) for number in ids)
    assert asked(charger) == 3
    later = await site.reserve(None, start=clock.after(minutes=40))
    assert later["status"] == "scheduled"


@ON_V16
async def test_a_charger_at_which_all_are_busy(site: Site, version: Version) -> None:
    """Strangers charge everywhere: Occupied; broken ones do not help."""
    charger = await three(site, version)
    await charge(site, charger, 1, STRANGER)
    for number in (2, 3):
        await charger.set_status(number, "Faulted")
        await site.shows(f"sensor.a_connector_{number}_status", "faulted")
    await refused(site.reserve(None), "reservation_occupied")
    await refused(site.reserve(None, connector_type="cCCS2"), "reservation_faulted")
    await refused(site.reserve(None, whole_charger=True), "reservation_occupied")
    assert asked(charger) == 0


# Changing, replacing, restarting.


async def test_a_reservation_moves_to_any_and_back(site: Site, version: Version) -> None:
    """It keeps the connector that it has, as long as that works, and is any one's from then on."""
    charger = await three(site, version)
    before = await site.reserve(2)
    free = await site.act("update_reservation", uid=before["uid"], device_id=site.device_id("A"))
    assert (free["target"], free["evse"], free["hold"], free["status"]) == ("any", 2, "held", "active")
    assert asked(charger) == 1
    await charger.set_status(2, "Faulted")
    await site.becomes(uid=before["uid"], evse=1, hold="held")
    back = await site.act("update_reservation", uid=before["uid"], device_id=site.device_id("A", 3))
    assert (back["target"], back["evse"], back["hold"]) == ("connector", 3, "held")
    await charger.wait_for(lambda: held(charger) == [3])
    await shows_reserved(site, 3)


@ON_V16
async def test_a_scheduled_reservation_moves_to_any_and_back(site: Site, clock: Clock, version: Version) -> None:
    """It shows at the charger until its start."""
    await three(site, version)
    before = await site.reserve(2, start=clock.after(hours=1))
    free = await site.act("update_reservation", uid=before["uid"], device_id=site.device_id("A"))
    assert (free["target"], free["evse"], free["status"]) == ("any", None, "scheduled")
    assert (site.state(ANY), site.state("sensor.a_connector_2_reservation")) == ("scheduled", "none")
    back = await site.act("update_reservation", uid=before["uid"], device_id=site.device_id("A", 3))
    assert (back["target"], back["evse"]) == ("connector", 3)
    assert (site.state(ANY), site.state("sensor.a_connector_3_reservation")) == ("none", "scheduled")


@ON_V16
async def test_the_chargers_device_cancels_what_is_there_alone(site: Site, version: Version) -> None:
    """Contract 3: of a charger only if it is exactly one, bound or not."""
    charger = await three(site, version, KEEPS_ANY)
    first = await site.reserve(None)
    second = await site.reserve(1, id_token=STRANGER)
    await refused(site.act("cancel_reservation", device_id=site.device_id("A")), "nothing_to_cancel")
    await site.act("cancel_reservation", device_id=site.device_id("A", 1))
    assert [each["uid"] for each in await site.reservations()] == [first["uid"]] != [second["uid"]]
    await site.act("cancel_reservation", device_id=site.device_id("A"))
    await charger.wait_for(lambda: not charger.holds)
    assert site.state(ANY) == "none"


@pytest.mark.parametrize("data", [{}, {"whole_charger": True}], ids=["any", "whole"])
async def test_a_restart_in_the_middle(site: Site, version: Version, data: dict[str, Any]) -> None:
    """The holds are confirmed under their own numbers, and keep what they kept."""
    charger = await three(site, version, replace(KEEPS_ANY, statuses_after_reconnect="all"))
    before = await site.reserve(None, **data)
    numbers = set(charger.holds)
    await site.stop()
    await site.start()
    (kept,) = await site.reservations()
    assert (kept["uid"], kept["target"], kept["evse"], kept["hold"]) == (
        before["uid"],
        before["target"],
        None,
        "uncertain",
    )
    await site.becomes(uid=before["uid"], hold="held", status="active")
    assert set(charger.holds) == numbers
    assert {number for _, number in orders(charger)} == numbers
    await site.shows(ANY, "none" if data else "active")
    await shows_reserved(site, *(CONNECTORS if data else ()))


async def test_a_restart_while_the_holder_of_all_charges(site: Site, version: Version) -> None:
    """The other connectors stay his."""
    charger = await three(site, version, TELLS_ALL)
    before = await site.reserve(None, whole_charger=True)
    await charge(site, charger, 2, HOLDER)
    await site.becomes(uid=before["uid"], status="in_use")
    await site.stop()
    await site.start()
    await site.becomes(uid=before["uid"], status="in_use", hold="held")
    assert held(charger) == [1, 3]
    assert not await charger.start(1, STRANGER)
    await leave(site, charger, 2)
    await charger.wait_for(lambda: not charger.holds)


async def test_a_reservation_replaces_what_its_holder_has(site: Site, version: Version) -> None:
    """Once the charger holds the new one; at the same connector under the same number."""
    charger = await three(site, version)
    old = await site.reserve(1)
    new = await site.reserve(2, replace=True)
    assert (new["evse"], new["hold"]) == (2, "held")
    await charger.wait_for(lambda: held(charger) == [2])
    longer = await site.reserve(2, replace=True, duration={"hours": 2})
    assert (longer["hold"], longer["result"]) == ("held", "Accepted")
    assert [each["uid"] for each in await site.reservations()] == [longer["uid"]]
    assert [number for action, number in orders(charger) if action == "ReserveNow"] == [
        old["reservation_id"],
        new["reservation_id"],
        new["reservation_id"],
    ]
    whole = await site.reserve(None, whole_charger=True, replace=True)
    assert [each["uid"] for each in await site.reservations()] == [whole["uid"]]
    assert held(charger) == [1, 2, 3]


async def test_nothing_is_lost_when_the_charger_refuses_what_is_to_replace(site: Site, version: Version) -> None:
    """The old one stands as it was, and so does everybody else's."""
    charger = await three(site, version, Behaviour(reserve_answer=["", "", "Faulted"]))
    old = await site.reserve(1)
    other = await site.reserve(3, id_token=STRANGER)
    await refused(site.reserve(2, replace=True, held_by="charger"), "reservation_faulted")
    await refused(site.reserve(3, replace=True), "reservation_conflict")
    await refused(site.reserve(2, replace=True, reservation_id=other["reservation_id"]), "reservation_id_in_use")
    assert {each["uid"] for each in await site.reservations()} == {old["uid"], other["uid"]}
    assert held(charger) == [1, 3]
    same = await site.reserve(2, replace=True, reservation_id=old["reservation_id"])
    assert same["reservation_id"] == old["reservation_id"]
    await charger.wait_for(lambda: held(charger) == [2, 3])


@ON_V16
async def test_the_holder_is_warned_once_that_no_connector_is_left(site: Site, version: Version) -> None:
    """Event `at_risk`, and again only after it looked better."""
    charger = await three(site, version)
    reservation = await site.reserve(None, connector_type="cCCS2")
    news = site.news("event.a_connector_3_reservation")
    for _ in range(2):
        await charger.set_status(3, "Faulted")
        await site.shows("sensor.a_connector_3_status", "faulted")
        await charger.set_status(3, "Unavailable")
        await site.shows("sensor.a_connector_3_status", "out_of_service")
        await charger.set_status(3, "Available")
        await site.shows("sensor.a_connector_3_status", "available")
    await eventually(lambda: told(news) == ["at_risk", "at_risk"], "the news")
    assert (await site.becomes(uid=reservation["uid"]))["status"] == "active"
