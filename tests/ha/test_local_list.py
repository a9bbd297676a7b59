"""The list of drivers that a charger keeps itself, so that they can charge while Home Assistant is away."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
import json
from typing import Any

from homeassistant.config_entries import ConfigSubentry, ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest

from tests.charger import Behaviour, Fault, SimulatedCharger, Version

from .conftest import (
    TELLS_ALL,
    Clock,
    Site,
    asked,
    charger_subentry,
    driver_id,
    driver_subentry,
    eventually,
    standing,
    started,
)

ANNA_1, ANNA_2, BEN, CLEO = "A0A0A0A1", "A0A0A0A2", "BEBEBEBE", "C1E0C1E0"
OURS = {"SendLocalList", "GetLocalListVersion"}
CHANGES_SETTINGS = {"ChangeConfiguration", "SetVariables"}

OFFLINE_ONLY_LISTED = Behaviour(starts_unknown_offline=False, statuses_after_reconnect="all")


@pytest.fixture
def chargers() -> list[ConfigSubentryData]:
    """Charger A, which keeps a list; Anna with two cards, and Ben."""
    return [
        charger_subentry("A", local_list=True),
        driver_subentry("Anna", ANNA_1, ANNA_2),
        driver_subentry("Ben", BEN),
    ]


def subentry(site: Site, name: str) -> ConfigSubentry:
    """The subentry of a driver or charger."""
    return next(each for each in site.entry.subentries.values() if each.title == name)


async def change(site: Site, name: str, **data: object) -> None:
    """The owner changes a driver or a charger."""
    found = subentry(site, name)
    site.hass.config_entries.async_update_subentry(site.entry, found, data={**found.data, **data})
    await site.hass.async_block_till_done()


async def remove(site: Site, name: str) -> None:
    """The owner removes a driver or a charger."""
    site.hass.config_entries.async_remove_subentry(site.entry, subentry(site, name).subentry_id)
    await site.hass.async_block_till_done()


async def add(site: Site, name: str, *tokens: str) -> None:
    """The owner adds a driver."""
    new = driver_subentry(name, *tokens)
    site.hass.config_entries.async_add_subentry(
        site.entry,
        ConfigSubentry(**{**new, "data": dict(new["data"])}),  # type: ignore[arg-type]
    )
    await site.hass.async_block_till_done()


def updates(charger: SimulatedCharger) -> list[Mapping[str, Any]]:
    """The updates that the charger received."""
    return [call.payload for call in charger.received if call.action == "SendLocalList"]


def kinds(charger: SimulatedCharger) -> list[str]:
    """Whether these were whole lists or changes."""
    return [each["updateType"] for each in updates(charger)]


def versions(charger: SimulatedCharger) -> list[int]:
    """Their versions."""
    return [each.get("listVersion", each.get("versionNumber")) for each in updates(charger)]


def entry_of(charger: SimulatedCharger, token: str) -> Mapping[str, Any] | None:
    """The latest entry for a token that the charger received."""
    for update in reversed(updates(charger)):
        for entry in update.get("localAuthorizationList", []):
            if entry.get("idTag") == token or entry.get("idToken", {}).get("idToken") == token:
                found: Mapping[str, Any] = entry
                return found
    return None


async def lists(charger: SimulatedCharger, *tokens: str) -> None:
    """Wait until these are the tokens in the charger's list, and it has said so."""
    wanted = {token.casefold() for token in tokens}
    await eventually(lambda: set(charger.local_list) == wanted, f"a list of {len(wanted)}")
    for _ in range(2):  # the answer may go out after the first one
        await charger.heartbeat()


async def is_left_in_peace(charger: SimulatedCharger) -> None:
    """Wait until nothing is under way, and see that nothing follows."""
    count = -1
    while len(charger.received) != count:  # one who is asked for ever runs out of time
        count = len(charger.received)
        for _ in range(2):  # the next question may come after the first one
            await charger.heartbeat()


def repair(hass: HomeAssistant) -> tuple[str | None, dict[str, str] | None] | None:
    """What is said of a list: the text's key and its placeholders."""
    issues = [issue for issue in ir.async_get(hass).issues.values() if issue.issue_id.startswith("local_list_")]
    assert len(issues) <= 1
    return (issues[0].translation_key, issues[0].translation_placeholders) if issues else None


async def complains(hass: HomeAssistant, key: str) -> dict[str, str]:
    """Wait for a repair; its placeholders."""
    await eventually(lambda: (repair(hass) or (None,))[0] == key, key)
    found = repair(hass)
    assert found is not None
    return found[1] or {}


async def test_the_drivers_arrive_at_the_charger(site: Site, version: Version) -> None:
    """Everybody's first token, then the others; several cards of one driver are a group."""
    charger = await site.charger(version=version)
    await lists(charger, ANNA_1, ANNA_2, BEN)
    (update,) = updates(charger)
    entries = update["localAuthorizationList"]
    if version is Version.V16:
        assert [each["idTag"] for each in entries] == [ANNA_1, BEN, ANNA_2]
        assert entries[0]["idTagInfo"] == {"status": "Accepted", "parentIdTag": driver_id("Anna")}
        assert entries[1]["idTagInfo"] == {"status": "Accepted"}
    else:
        assert [each["idToken"]["idToken"] for each in entries] == [ANNA_1, BEN, ANNA_2]
        group = {"idToken": driver_id("Anna"), "type": "Central"}
        assert entries[0]["idTokenInfo"] == {"status": "Accepted", "groupIdToken": group}
        assert entries[1] == {"idToken": {"idToken": BEN, "type": "ISO14443"}, "idTokenInfo": {"status": "Accepted"}}
    assert charger.complaints == []
    await is_left_in_peace(charger)


async def test_changes_of_drivers_follow(site: Site, version: Version) -> None:
    """Only what has changed is sent, without a reload."""
    charger = await site.charger(version=version)
    await lists(charger, ANNA_1, ANNA_2, BEN)
    await add(site, "Cleo", CLEO)
    await lists(charger, ANNA_1, ANNA_2, BEN, CLEO)
    await change(site, "Ben", blocked=True)
    await eventually(lambda: charger.local_list[BEN.casefold()].status == "Blocked", "Ben to be blocked")
    await remove(site, "Cleo")
    await lists(charger, ANNA_1, ANNA_2, BEN)
    await change(site, "Anna", id_tokens=[{"value": ANNA_2, "type": "ISO14443"}], group="Kinfolk")
    await lists(charger, ANNA_2, BEN)
    await eventually(lambda: charger.local_list[ANNA_2.casefold()].group == "Kinfolk", "a group")
    assert kinds(charger) == ["Full"] + ["Differential"] * 4
    assert versions(charger) == [1, 2, 3, 4, 5]
    assert charger.connections == 1
    assert charger.complaints == []


async def test_validity_begins_and_ends_by_itself(site: Site, version: Version, clock: Clock) -> None:
    """Who is not yet valid is left out, who is for a time has its end in the list, and is taken out then."""
    charger = await site.charger(version=version)
    await lists(charger, ANNA_1, ANNA_2, BEN)
    begins, ends = (datetime.now(UTC).replace(microsecond=0) + timedelta(hours=each) for each in (1, 2))
    await change(site, "Ben", valid_from=begins.isoformat(), valid_until=ends.isoformat())
    await lists(charger, ANNA_1, ANNA_2)
    await clock.forward(hours=1)
    await lists(charger, ANNA_1, ANNA_2, BEN)
    entry = entry_of(charger, BEN)
    assert entry is not None
    info = entry.get("idTagInfo") or entry["idTokenInfo"]
    assert info.get("expiryDate", info.get("cacheExpiryDateTime")) == ends.strftime("%Y-%m-%dT%H:%M:%SZ")
    await clock.forward(hours=1)
    await lists(charger, ANNA_1, ANNA_2)


async def test_a_card_is_listed_as_the_charger_spells_it(site: Site, version: Version) -> None:
    """It may compare letter by letter."""
    charger = await site.charger(version=version)
    await lists(charger, ANNA_1, ANNA_2, BEN)
    await charger.present(1, BEN.lower())
    await eventually(lambda: entry_of(charger, BEN.lower()), "the other spelling")
    assert kinds(charger) == ["Full", "Full"]
    await charger.present(1, BEN.lower())
    await is_left_in_peace(charger)


async def test_versions_survive_restarts(site: Site, version: Version) -> None:
    """Of Home Assistant and of the charger: what has not changed is not sent again, and no version is used twice."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    await lists(charger, ANNA_1, ANNA_2, BEN)
    await site.stop()
    await charger.disconnected()
    await site.start()
    await charger.ready()
    await charger.wait_for("GetLocalListVersion", count=2)
    await is_left_in_peace(charger)
    await charger.reboot()
    await charger.ready()
    await charger.wait_for("GetLocalListVersion", count=3)
    await is_left_in_peace(charger)
    assert versions(charger) == [1]
    await charger.go_offline()
    await change(site, "Ben", blocked=True)
    await site.stop()
    await site.start()
    charger.go_online()
    await eventually(lambda: charger.local_list[BEN.casefold()].status == "Blocked", "Ben to be blocked")
    assert (kinds(charger), versions(charger)) == (["Full", "Full"], [1, 2])


async def test_a_charger_that_lost_its_list_gets_it_again(site: Site, version: Version) -> None:
    """After a reset to factory settings."""
    charger = await site.charger(version=version)
    await lists(charger, ANNA_1, ANNA_2, BEN)
    charger.lose_local_list()
    await charger.reboot()
    await lists(charger, ANNA_1, ANNA_2, BEN)
    assert (kinds(charger), versions(charger)) == (["Full", "Full"], [1, 2])


@pytest.mark.parametrize("word", ["VersionMismatch", "Failed", "InternalError"])
async def test_a_refused_change_is_followed_by_the_whole_list(site: Site, version: Version, word: str) -> None:
    """With another version."""
    charger = await site.charger(version=version)
    await lists(charger, ANNA_1, ANNA_2, BEN)
    charger.behaviour = Behaviour(answers={"SendLocalList": [word]})
    await add(site, "Cleo", CLEO)
    await lists(charger, ANNA_1, ANNA_2, BEN, CLEO)
    assert kinds(charger) == ["Full", "Differential", "Full"]
    assert versions(charger) == [1, 2, 3]
    assert repair(site.hass) is None


async def test_a_list_that_fails_again_is_a_repair(site: Site, version: Version) -> None:
    """There is no loop; it is tried again when drivers change, and when the charger connects."""
    charger = await site.charger(version=version, behaviour=Behaviour(answers={"SendLocalList": "Failed"}))
    assert (await complains(site.hass, "local_list_failed"))["charger"] == "A"
    await is_left_in_peace(charger)
    assert len(updates(charger)) == 2
    await add(site, "Cleo", CLEO)
    await charger.wait_for("SendLocalList", count=4)
    await is_left_in_peace(charger)
    charger.behaviour = TELLS_ALL
    await charger.drop()
    await lists(charger, ANNA_1, ANNA_2, BEN, CLEO)
    await eventually(lambda: repair(site.hass) is None, "the end of the repair")


NO_LIST = Behaviour(local_list_length=0, statuses_after_reconnect="all")
DOES_NOT_KNOW_IT = Behaviour(answers={"SendLocalList": "NotImplemented", "GetLocalListVersion": "NotImplemented"})
WILL_NOT_USE_IT = Behaviour(
    local_list_enabled=False, answers={"ChangeConfiguration": "Rejected", "SetVariables": "NotSupported"}
)


@pytest.mark.parametrize("behaviour", [NO_LIST, DOES_NOT_KNOW_IT], ids=["none", "unknown"])
async def test_a_charger_without_a_list_is_a_repair(site: Site, version: Version, behaviour: Behaviour) -> None:
    """It is asked again after its next boot, which may bring another firmware; switched off, it is none."""
    charger = await site.charger(version=version, behaviour=behaviour)
    assert (await complains(site.hass, "local_list_unsupported"))["charger"] == "A"
    await add(site, "Cleo", CLEO)
    await is_left_in_peace(charger)
    assert updates(charger) == []
    await charger.reboot()
    await charger.wait_for("GetLocalListVersion", count=2)
    assert repair(site.hass) is not None
    await change(site, "A", local_list=False)
    assert repair(site.hass) is None


async def test_a_list_that_is_off_is_switched_on(site: Site, version: Version) -> None:
    """The owner asked for it."""
    charger = await site.charger(version=version, behaviour=Behaviour(local_list_enabled=False))
    await lists(charger, ANNA_1, ANNA_2, BEN)
    assert len([call for call in charger.received if call.action in CHANGES_SETTINGS]) == 1
    assert charger.complaints == []


async def test_a_list_that_cannot_be_switched_on_is_a_repair(site: Site) -> None:
    """Nothing is sent that the charger would not use."""
    charger = await site.charger(behaviour=WILL_NOT_USE_IT)
    await complains(site.hass, "local_list_unsupported")
    assert not OURS & {call.action for call in charger.received}


async def test_as_many_as_fit_are_listed(site: Site, version: Version) -> None:
    """Everybody's first card goes before second ones; the repair says how many have a place."""
    charger = await site.charger(version=version, behaviour=Behaviour(local_list_length=2))
    await lists(charger, ANNA_1, BEN)
    told = await complains(site.hass, "local_list_too_short")
    assert (told["charger"], told["fitting"], told["wanted"]) == ("A", "2", "3")
    await remove(site, "Ben")
    await lists(charger, ANNA_1, ANNA_2)
    await eventually(lambda: repair(site.hass) is None, "the end of the repair")


async def test_a_long_list_goes_in_parts(site: Site, version: Version) -> None:
    """No message has more entries than the charger takes."""
    charger = await site.charger(version=version, behaviour=Behaviour(local_list_at_once=2))
    await lists(charger, ANNA_1, ANNA_2, BEN)
    assert [len(each["localAuthorizationList"]) for each in updates(charger)] == [2, 1]
    assert kinds(charger) == ["Full", "Differential"]
    assert versions(charger) == [1, 2]


async def test_a_repair_goes_with_what_it_is_about(site: Site) -> None:
    """The charger, or the whole central system."""
    await site.charger(behaviour=NO_LIST)
    await complains(site.hass, "local_list_unsupported")
    await site.stop()
    assert repair(site.hass) is None
    await site.start()
    await complains(site.hass, "local_list_unsupported")
    await remove(site, "A")
    await eventually(lambda: repair(site.hass) is None, "the end of the repair")


async def test_switched_off_the_list_is_emptied_once(site: Site, version: Version) -> None:
    """Else somebody who is removed later could charge for ever. Nothing more is sent, and the connection stays."""
    charger = await site.charger(version=version)
    await lists(charger, ANNA_1, ANNA_2, BEN)
    await change(site, "A", local_list=False)
    await lists(charger)
    assert kinds(charger) == ["Full", "Full"]
    assert updates(charger)[1].get("localAuthorizationList", []) == []
    await remove(site, "Ben")
    await is_left_in_peace(charger)
    assert charger.connections == 1
    assert charger.complaints == []
    await change(site, "A", local_list=True)
    await lists(charger, ANNA_1, ANNA_2)
    assert versions(charger) == [1, 2, 3]


async def test_switched_off_while_the_charger_is_away_it_is_emptied_later(site: Site, version: Version) -> None:
    """Also after a restart."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    await lists(charger, ANNA_1, ANNA_2, BEN)
    await charger.go_offline()
    await change(site, "A", local_list=False)
    await site.stop()
    await site.start()
    charger.go_online()
    await lists(charger)


@pytest.mark.parametrize("chargers", [[charger_subentry("A"), driver_subentry("Anna", ANNA_1)]])
async def test_without_the_option_nothing_is_asked(site: Site, version: Version) -> None:
    """It is off by default."""
    charger = await site.charger(version=version)
    await is_left_in_peace(charger)
    assert not OURS & {call.action for call in charger.received}


async def test_drivers_charge_while_home_assistant_is_away(site: Site, version: Version) -> None:
    """The charger goes by its list: drivers start, blocked ones and strangers do not, and we hear of it afterwards."""
    await change(site, "Ben", blocked=True)
    charger = await site.charger(version=version, behaviour=OFFLINE_ONLY_LISTED)
    await lists(charger, ANNA_1, ANNA_2, BEN)
    await site.stop()
    await charger.disconnected()
    assert not await charger.start(1, BEN)
    assert not await charger.present(1, "DEADBEEF")
    assert await charger.present(1, ANNA_2)
    await site.start()
    await charger.ready()
    await eventually(lambda: not charger.pending, "the delivery")
    assert standing(started(charger)) == "Accepted"
    await site.shows("binary_sensor.a_connector_1_charging", "on")


@pytest.mark.usefixtures("short_call_timeout")
async def test_a_list_without_an_answer_is_no_obstacle(site: Site, version: Version) -> None:
    """A reservation goes next, and the version that the charger tells shows what became of the list."""
    charger = await site.charger(
        version=version, behaviour=Behaviour(answers={"SendLocalList": [Fault.UNANSWERED.value]})
    )
    await charger.wait_for("SendLocalList")
    await site.act("reserve_now", device_id=site.device_id("A", 1), driver="Anna")
    assert asked(charger) == 1
    await charger.wait_for("GetLocalListVersion", count=2)
    await is_left_in_peace(charger)
    assert len(updates(charger)) == 1
    assert set(charger.local_list) == {each.casefold() for each in (ANNA_1, ANNA_2, BEN)}


async def test_what_a_list_says_is_recognised_after_a_restart_but_not_stored(
    site: Site, version: Version, hass_storage: dict[str, Any]
) -> None:
    """Its version is kept, and a digest by which it is known to say what it should; no token is."""
    charger = await site.charger(version=version)
    await lists(charger, ANNA_1, ANNA_2, BEN)
    await is_left_in_peace(charger)
    await site.stop()
    stored = hass_storage[f"ocpp_central.{site.entry.entry_id}"]["data"]["chargers"][0]["local_list"]
    assert (stored["version"], stored["last"]) == (charger.local_list_version, charger.local_list_version)
    assert BEN not in json.dumps(stored)
