"""Reserving for a driver, a token or a group, on every version; and what follows when drivers change."""

from collections.abc import Callable, Mapping
from typing import Any

from homeassistant.config_entries import ConfigSubentry, ConfigSubentryData
from homeassistant.core import HomeAssistant
import pytest

from tests.charger import Behaviour, SimulatedCharger, Version

from .conftest import (
    HOLDER,
    HOUSE_TOKEN,
    STRANGER,
    TELLS_ALL,
    Clock,
    Site,
    central_system,
    charger_subentry,
    driver_id,
    driver_subentry,
    refused,
)

ANNA_1, ANNA_2, BEN, CLEO, DORA = "A0A0A0A1", "A0A0A0A2", "BEBEBEBE", "C1E0C1E0", "D0D0D0D0"


@pytest.fixture
def chargers() -> list[ConfigSubentryData]:
    """Charger A; Anna with two cards, Ben and Cleo of one group, Dora by herself, Eve with a card of unknown kind."""
    return [
        charger_subentry("A"),
        driver_subentry("Anna", ANNA_1, ANNA_2),
        driver_subentry("Ben", BEN, group="Kinfolk"),
        driver_subentry("Cleo", CLEO, group="KINFOLK"),
        driver_subentry("Dora", DORA),
        driver_subentry("Eve", "EEEE", type=None),
    ]


def subentry(site: Site, name: str) -> ConfigSubentry:
    """The subentry of a driver."""
    return next(each for each in site.entry.subentries.values() if each.title == name)


async def change(site: Site, name: str, *, title: str | None = None, **data: object) -> None:
    """The owner changes a driver."""
    found = subentry(site, name)
    site.hass.config_entries.async_update_subentry(site.entry, found, title=title or name, data={**found.data, **data})
    await site.hass.async_block_till_done()


async def remove(site: Site, name: str) -> None:
    """The owner removes a driver."""
    site.hass.config_entries.async_remove_subentry(site.entry, subentry(site, name).subentry_id)
    await site.hass.async_block_till_done()


async def reserve(site: Site, connector: int = 1, /, **data: object) -> dict[str, Any]:
    """Reserve a connector for half an hour."""
    return await site.act("reserve_now", device_id=site.device_id("A", connector), **data)


def tokens(*values: str) -> list[dict[str, str]]:
    """ID tokens as they are stored."""
    return [{"value": each, "type": "ISO14443"} for each in values]


def told(charger: SimulatedCharger) -> Mapping[str, Any]:
    """The latest ReserveNow that the charger received."""
    return next(each.payload for each in reversed(charger.received) if each.action == "ReserveNow")


def as_told(version: Version, token: str, kind: str, group: str | None) -> dict[str, Any]:
    """Token and group as ReserveNow spells them."""
    if version is Version.V16:
        return {"idTag": token} | ({} if group is None else {"parentIdTag": group})
    told: dict[str, Any] = {"idToken": {"idToken": token, "type": kind}}
    return told | ({} if group is None else {"groupIdToken": {"idToken": group, "type": "Central"}})


@pytest.mark.parametrize("called", ["Ben", "bEN", driver_id("Ben"), "subentry"])
async def test_a_driver_is_called_by_name_or_id(site: Site, called: str) -> None:
    """Contract 3: `driver` is the name or the id of the subentry; the response tells the name."""
    charger = await site.charger()
    name = subentry(site, "Ben").subentry_id if called == "subentry" else called
    reservation = await reserve(site, driver=name)
    assert (reservation["driver"], reservation["result"]) == ("Ben", "Accepted")
    assert [hold.token for hold in charger.holds.values()] == [BEN]


@pytest.mark.parametrize(
    ("data", "spelled"),
    [
        ({"driver": "Anna"}, (ANNA_1, "ISO14443", driver_id("Anna"))),
        ({"driver": "Dora"}, (DORA, "ISO14443", None)),
        ({"driver": "Dora", "group_id_token": "Guests"}, (DORA, "ISO14443", "Guests")),
        ({"driver": "Eve"}, ("EEEE", "Central", None)),
        ({"id_token": ANNA_2.lower()}, (ANNA_2, "ISO14443", driver_id("Anna"))),
        ({"id_token": BEN, "group_id_token": "Guests"}, (BEN, "ISO14443", "Guests")),
        ({"id_token": "EEEE", "id_token_type": "KeyCode"}, ("EEEE", "KeyCode", None)),
        ({"id_token": STRANGER}, (STRANGER, "Central", None)),
        ({"id_token": STRANGER, "group_id_token": "Kinfolk"}, (STRANGER, "Central", "Kinfolk")),
        ({}, (HOUSE_TOKEN, "Central", None)),
        ({"group_id_token": "Kinfolk"}, (HOUSE_TOKEN, "Central", "Kinfolk")),
    ],
)
async def test_what_is_known_of_a_holder_is_told(
    site: Site, version: Version, data: dict[str, str], spelled: tuple[str, str, str | None]
) -> None:
    """Token, type and group: the given ones, else those of the driver, else Central; a driver's first token."""
    charger = await site.charger(version=version)
    reservation = await reserve(site, **data)
    expected = as_told(version, *spelled)
    payload = told(charger)
    group_key = "parentIdTag" if version is Version.V16 else "groupIdToken"
    assert {key: payload[key] for key in expected} == expected
    assert (group_key in payload) is (group_key in expected)
    assert reservation["result"] == "Accepted"
    assert charger.complaints == []


async def test_a_member_of_the_group_uses_the_reservation(site: Site, version: Version) -> None:
    """TC_053, TC_H_19: the charger's own hold lets the member in, whose group our Authorize answer tells; nobody else."""
    charger = await site.charger(version=version)
    news = site.news()
    reservation = await reserve(site, driver="Ben")
    for stranger in (STRANGER, DORA):
        assert not await charger.start(1, stranger)
    await charger.plug(1)
    assert await charger.start(1, CLEO)
    await site.shows("sensor.a_connector_1_reservation", "in_use")
    assert (await site.becomes(uid=reservation["uid"]))["driver"] == "Ben"
    assert [(each["event_type"], each["driver"]) for each in news] == [("placed", "Ben"), ("used", "Ben")]
    await charger.stop(1)
    await site.shows("sensor.a_connector_1_reservation", "none")
    assert charger.complaints == []


@pytest.mark.parametrize("held_by", ["auto", "central_system"])
async def test_every_card_of_a_driver_uses_the_reservation(site: Site, version: Version, held_by: str) -> None:
    """The charger is told the first one; his group of one lets the second one in, held by whomever."""
    charger = await site.charger(version=version)
    await reserve(site, driver="anna", held_by=held_by)
    assert not await charger.start(1, STRANGER)
    assert await charger.start(1, ANNA_2)
    await site.shows("sensor.a_connector_1_reservation", "in_use")
    assert charger.complaints == []


async def test_a_group_that_belongs_to_a_strange_token_lets_its_members_in(site: Site, version: Version) -> None:
    """A reservation for a visitor whom the family may use, too."""
    charger = await site.charger(version=version)
    reservation = await reserve(site, id_token=STRANGER, id_token_type="ISO14443", group_id_token="kinfolk")
    assert reservation["driver"] is None
    assert await charger.start(1, CLEO)
    await site.shows("sensor.a_connector_1_reservation", "in_use")


async def test_a_member_who_charges_already_has_the_reservation_in_use(site: Site, version: Version) -> None:
    """Contract 3: a running transaction of the holder, also after a restart, which forgets no group."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    assert await charger.start(1, CLEO)
    await site.shows("binary_sensor.a_connector_1_charging", "on")
    await site.stop()
    await site.start()
    await charger.ready()
    await site.shows("binary_sensor.a_connector_1_charging", "on")
    assert (await reserve(site, driver="Ben"))["status"] == "in_use"
    await refused(reserve(site, driver="Dora"), "reservation_conflict")


async def test_unknown_drivers_are_refused(site: Site) -> None:
    """Contract 3: the error names those that are known."""
    await site.charger()
    place = {"device_id": site.device_id("A", 1)}
    for action, data in (
        ("reserve_now", place),
        ("check_reservation", place),
        ("get_reservations", {}),
        ("update_reservation", {"uid": (await reserve(site, driver="Anna"))["uid"]}),
    ):
        error = await refused(site.act(action, driver="Zoe", **data), "unknown_driver")
        assert "Zoe" in str(error)
        assert "Anna, Ben, Cleo, Dora, Eve" in str(error)


async def test_a_driver_and_a_token_are_one_too_many(site: Site) -> None:
    """Contract 3, `conflicting_fields`: two holders."""
    await site.charger()
    place = {"device_id": site.device_id("A", 1), "driver": "Anna"}
    uid = (await reserve(site, driver="Anna"))["uid"]
    for action, data in (
        ("reserve_now", place | {"id_token": HOLDER}),
        ("reserve_now", place | {"id_token_type": "ISO14443"}),
        ("check_reservation", place | {"id_token": HOLDER}),
        ("update_reservation", {"uid": uid, "driver": "Ben", "id_token": HOLDER}),
    ):
        await refused(site.act(action, **data), "conflicting_fields")


async def test_a_reservation_is_handed_over_to_a_driver(site: Site, version: Version) -> None:
    """With token and group: the new one's members may charge, the old one may not."""
    charger = await site.charger(version=version)
    before = await reserve(site, driver="Dora")
    after = await site.act("update_reservation", uid=before["uid"], driver="Ben")
    assert (after["driver"], after["hold"], after["result"]) == ("Ben", "held", "Accepted")
    assert not await charger.start(1, DORA)
    assert await charger.start(1, CLEO)
    await site.shows("sensor.a_connector_1_reservation", "in_use")


async def test_a_reservation_is_handed_over_to_a_token_of_a_driver(site: Site) -> None:
    """Whose it is, is known; a stranger's is nobody's."""
    await site.charger()
    before = await reserve(site, driver="Dora")
    assert (await site.act("update_reservation", uid=before["uid"], id_token=BEN))["driver"] == "Ben"
    assert (await site.act("update_reservation", uid=before["uid"], id_token=STRANGER))["driver"] is None


async def test_reservations_of_a_driver_are_listed(site: Site, clock: Clock) -> None:
    """Made by name, or by token; ended ones too."""
    await site.charger()
    first = await reserve(site, driver="Ben")
    await reserve(site, 2, driver="Dora")
    second = await reserve(site, id_token=BEN, start=clock.after(hours=2))
    assert [each["uid"] for each in await site.reservations(driver="ben")] == [first["uid"], second["uid"]]
    await site.act("cancel_reservation", uid=first["uid"])
    assert [each["uid"] for each in await site.reservations(driver="Ben")] == [second["uid"]]
    listed = await site.reservations(driver="Ben", include_ended=True, device_id=site.device_id("A", 1))
    assert [(each["uid"], each["driver"]) for each in listed] == [(first["uid"], "Ben"), (second["uid"], "Ben")]
    assert await site.reservations(driver="Anna") == []


async def test_a_check_knows_drivers_and_their_groups(site: Site) -> None:
    """Contract 3: by driver, or by a token whose group is known; a given group comes first."""
    await site.charger()
    await reserve(site, driver="Ben")

    async def check(**data: str) -> object:
        return (await site.act("check_reservation", device_id=site.device_id("A", 1), **data))["status"]

    assert await check(driver="Ben") == await check(driver="Cleo") == await check(id_token=CLEO) == "ReservedForToken"
    assert await check(driver="Dora") == await check(id_token=DORA) == "ReservedForOtherTokenAndHasParentToken"
    assert await check(driver="Anna") == await check(id_token=CLEO, group_id_token="G") == "ReservedForOtherToken"
    assert await check(id_token=DORA, group_id_token="kinfolk") == "ReservedForToken"


async def test_drivers_of_two_central_systems_are_their_own(
    hass: HomeAssistant, site: Site, unused_tcp_port_factory: Callable[[], int]
) -> None:
    """A driver reserves at the chargers of his central system; lists and errors look at all of them."""
    await site.charger()
    there = central_system([charger_subentry("B"), driver_subentry("Zoe", "2002")], unused_tcp_port_factory())
    there.add_to_hass(hass)
    assert await hass.config_entries.async_setup(there.entry_id)
    await hass.async_block_till_done()
    other = site.beside(there)
    await other.charger("B")
    reservation = await other.act("reserve_now", device_id=other.device_id("B", 1), driver="Zoe")
    assert [each["uid"] for each in await site.reservations(driver="Zoe")] == [reservation["uid"]]
    await refused(reserve(site, driver="Zoe"), "unknown_driver")
    assert "Zoe" in str(await refused(site.reservations(driver="Yves"), "unknown_driver"))


async def test_a_new_name_shows_at_once(site: Site) -> None:
    """Nothing reloads, and no charger loses its connection; a reservation tells the present name."""
    charger = await site.charger()
    connected = site.history("binary_sensor.a_connected")
    reservation = await reserve(site, driver="Ben")
    await change(site, "Ben", title="Benjamin")
    assert (await site.becomes(uid=reservation["uid"]))["driver"] == "Benjamin"
    await refused(reserve(site, 2, driver="Ben"), "unknown_driver")
    await reserve(site, 2, driver="Benjamin")
    assert connected == []
    assert [received.action for received in charger.received].count("ReserveNow") == 2


async def test_a_new_card_is_told_to_the_charger(site: Site, version: Version) -> None:
    """Living reservations follow: the hold is replaced, the lost card does not count any more."""
    charger = await site.charger(version=version)
    reservation = await reserve(site, driver="Dora")
    await change(site, "Dora", id_tokens=tokens("D1D1D1D1"))
    await charger.wait_for(lambda: [hold.token for hold in charger.holds.values()] == ["D1D1D1D1"])
    await site.becomes(uid=reservation["uid"], hold="held", reservation_id=reservation["reservation_id"])
    assert not await charger.start(1, DORA)
    assert await charger.start(1, "D1D1D1D1")
    await site.shows("sensor.a_connector_1_reservation", "in_use")
    assert charger.complaints == []


async def test_a_driver_who_joins_a_group_brings_his_reservations(site: Site, version: Version) -> None:
    """The charger learns the group by a new hold, and its members are let in."""
    charger = await site.charger(version=version)
    await reserve(site, driver="Dora")
    await change(site, "Dora", group="Kinfolk")
    await charger.wait_for(lambda: [hold.group for hold in charger.holds.values()] == ["Kinfolk"])
    assert await charger.start(1, CLEO)
    await site.shows("sensor.a_connector_1_reservation", "in_use")


async def test_a_driver_who_is_removed_loses_his_reservations(site: Site, clock: Clock, version: Version) -> None:
    """Contract 1: his living ones are cancelled, and only they; the news still names him."""
    charger = await site.charger(version=version)
    news, connected = site.news(), site.history("binary_sensor.a_connected")
    now = await reserve(site, driver="Dora")
    later = await reserve(site, driver="Dora", start=clock.after(hours=2))
    other = await reserve(site, 2, driver="Ben")
    await remove(site, "Dora")
    await site.becomes(uid=other["uid"], status="active")
    await charger.wait_for(lambda: [hold.token for hold in charger.holds.values()] == [BEN])
    ended = {each["uid"]: each for each in await site.reservations(include_ended=True)}
    for uid in (now["uid"], later["uid"]):
        assert (ended[uid]["status"], ended[uid]["end_reason"], ended[uid]["driver"]) == (
            "cancelled",
            "Cancelled",
            None,
        )
    cancelled = [each for each in news if each["event_type"] == "cancelled"]
    assert {each["driver"] for each in cancelled} == {"Dora"}
    assert connected == []
    await refused(reserve(site, driver="Dora"), "unknown_driver")


async def test_what_is_in_use_outlives_its_driver(site: Site, version: Version) -> None:
    """Nobody is thrown out; it ends as used."""
    charger = await site.charger(version=version)
    reservation = await reserve(site, driver="Dora")
    assert await charger.start(1, DORA)
    await site.shows("sensor.a_connector_1_reservation", "in_use")
    await remove(site, "Dora")
    await site.becomes(uid=reservation["uid"], status="in_use", driver=None)
    await charger.stop(1)
    await site.shows("sensor.a_connector_1_reservation", "none")
    (ended,) = await site.reservations(include_ended=True)
    assert (ended["status"], ended["end_reason"]) == ("used", "UsedToStartCharging")


async def test_drivers_who_changed_while_nobody_looked_are_noticed(site: Site, clock: Clock) -> None:
    """The owner may change them while the central system is not loaded."""
    charger = await site.charger(behaviour=TELLS_ALL)
    dora = await reserve(site, driver="Dora")
    ben = await reserve(site, 2, driver="Ben", start=clock.after(hours=1))
    await site.stop()
    await change(site, "Dora", id_tokens=tokens("D1D1D1D1"))
    await remove(site, "Ben")
    await site.start()
    await charger.wait_for(lambda: [hold.token for hold in charger.holds.values()] == ["D1D1D1D1"])
    ended = {each["uid"]: each["status"] for each in await site.reservations(include_ended=True)}
    assert ended == {dora["uid"]: "active", ben["uid"]: "cancelled"}


async def test_a_driver_who_is_added_is_known_at_once(site: Site) -> None:
    """Without a reload."""
    await site.charger()
    added = driver_subentry("Zoe", "2002")
    site.hass.config_entries.async_add_subentry(
        site.entry,
        ConfigSubentry(data=added["data"], subentry_type="driver", title="Zoe", unique_id=added["unique_id"]),  # type: ignore[arg-type]
    )
    await site.hass.async_block_till_done()
    assert (await reserve(site, driver="zoe"))["driver"] == "Zoe"


async def test_who_cannot_be_told_to_the_charger_is_refused(site: Site) -> None:
    """1.6 carries 20 characters, of a group as of a token."""
    await site.charger()
    await refused(reserve(site, driver="Dora", group_id_token="G" * 21), "id_token_too_long")
    reservation = await reserve(site, driver="Dora", group_id_token="G" * 20)
    assert reservation["result"] == "Accepted"


async def test_a_charger_that_does_not_know_groups_is_held_for_all_the_same(site: Site) -> None:
    """A home charger without reservations: we alone let the second card in."""
    charger = await site.charger(behaviour=Behaviour(reserve_answer="NotImplemented"))
    assert (await reserve(site, driver="Anna"))["hold"] == "unsupported"
    assert not await charger.start(1, STRANGER)
    assert await charger.start(1, ANNA_2)
    await site.shows("sensor.a_connector_1_reservation", "in_use")
