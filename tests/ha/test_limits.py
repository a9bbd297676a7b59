"""Limiting how much cars may draw, from Home Assistant."""

import asyncio
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest

from tests.charger import Behaviour, Fault, Profile, Setting, SimulatedCharger, Version

from .conftest import HOLDER, ON_V2, ON_V16, Clock, Site, eventually, refused, told_what_it_can

pytestmark = pytest.mark.blackbox

NUMBER = "number.a_connector_1_current_limit"


async def limit(site: Site, connector: int | None = 1, /, **data: object) -> str:
    """Set a limit; the charger's word."""
    answer = await site.act("set_charge_limit", device_id=site.device_id("A", connector), **data)
    word: str = answer["status"]
    return word


async def clear(site: Site, connector: int | None = 1, /, **data: object) -> str:
    """Take limits back; the charger's word."""
    answer = await site.act("clear_charge_limit", device_id=site.device_id("A", connector), **data)
    word: str = answer["status"]
    return word


async def charger_at(site: Site, version: Version, **behaviour: Any) -> SimulatedCharger:
    """A charger that has told what it can limit."""
    return await told_what_it_can(await site.charger(version=version, behaviour=Behaviour(**behaviour)))


def purposes(charger: SimulatedCharger) -> list[tuple[int, str, int]]:
    """The profiles of a charger: where, for what, and on which level."""
    return [(each.evse, each.purpose, each.level) for each in charger.profiles]


def schedule(profile: Profile) -> dict[str, Any]:
    """What a profile says."""
    told = profile.told["chargingSchedule"]
    found: dict[str, Any] = told[0] if isinstance(told, list) else told
    return found


def amounts(profile: Profile) -> list[tuple[int, float]]:
    """From when on how much."""
    return [(each["startPeriod"], each["limit"]) for each in schedule(profile)["chargingSchedulePeriod"]]


def most(site: Site) -> float:
    """Up to where the number goes."""
    state = site.hass.states.get(NUMBER)
    assert state is not None
    highest: float = state.attributes["max"]
    return highest


async def measure(charger: SimulatedCharger, readings: dict[str, float], connector: int = 1) -> None:
    """Tell readings of a connector, each called by measurand@phase."""
    values = [
        {"measurand": kind.partition("@")[0], "phase": kind.partition("@")[2], "value": value}
        for kind, value in readings.items()
    ]
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if charger.version is Version.V16:
        sampled = [each | {"value": str(each["value"])} for each in values]
        told = {"connectorId": connector, "meterValue": [{"timestamp": at, "sampledValue": sampled}]}
    else:
        told = {"evseId": connector, "meterValue": [{"timestamp": at, "sampledValue": values}]}
    await charger.call("MeterValues", told)


async def test_a_connector_is_limited_by_a_number(site: Site, version: Version) -> None:
    """It shows what was agreed to last, also after a restart; set again, the limit is replaced."""
    charger = await charger_at(site, version)
    await site.shows(NUMBER, "unknown")
    for amperes in (16, 10.5):
        await site.hass.services.async_call(
            "number", "set_value", {"entity_id": NUMBER, "value": amperes}, blocking=True
        )
        assert site.state(NUMBER) == str(float(amperes))
    assert purposes(charger) == [(1, "TxDefaultProfile", 7)]
    assert (charger.profiles[0].unit, amounts(charger.profiles[0])) == ("A", [(0, 10.5)])
    await site.stop()
    await site.start()
    await site.shows(NUMBER, "10.5")
    assert await clear(site) == "Accepted"
    await site.shows(NUMBER, "unknown")
    assert charger.complaints == []


async def test_a_number_prevails_over_what_was_set_here_on_a_higher_level(site: Site, version: Version) -> None:
    """Or it would be set in vain."""
    charger = await charger_at(site, version)
    assert await limit(site, current=16, stack_level=8) == "Accepted"
    await site.hass.services.async_call("number", "set_value", {"entity_id": NUMBER, "value": 6}, blocking=True)
    assert site.state(NUMBER) == "6.0"
    assert purposes(charger) == [(1, "TxDefaultProfile", 8)]


async def test_what_cannot_be_limited_has_no_number(site: Site, version: Version) -> None:
    """Issue 6: entities that cannot work are not created; they appear when they can."""
    charger = await charger_at(site, version, limits=False, statuses_after_reconnect="all")
    assert site.state(NUMBER) is None
    charger.settings[Setting.LIMITS_SUPPORTED] = "true"
    await charger.drop()
    await charger.ready()
    await site.shows(NUMBER, "unknown")


async def test_a_charger_that_limits_without_having_said_that_it_can_has_a_number(site: Site, version: Version) -> None:
    """Its answer says it."""
    asked = "GetConfiguration" if version is Version.V16 else "GetVariables"
    charger = await site.charger(version=version, behaviour=Behaviour(answers={asked: "NotSupported"}))
    assert site.state(NUMBER) is None
    assert await limit(site, current=10) == "Accepted"
    await site.shows(NUMBER, "10.0")
    assert charger.complaints == []


async def test_the_number_goes_where_a_charger_does_not_know_limits_after_all(site: Site, version: Version) -> None:
    """As whatever it turns out not to know, until it says again that it does."""
    charger = await charger_at(site, version, statuses_after_reconnect="all")
    await site.shows(NUMBER, "unknown")
    charger.settings[Setting.LIMITS_SUPPORTED] = "false"
    await refused(limit(site, current=16), "command_refused")
    await eventually(lambda: site.state(NUMBER) is None, "no number")
    charger.settings[Setting.LIMITS_SUPPORTED] = "true"
    await charger.drop()
    await charger.ready()
    await site.shows(NUMBER, "unknown")


async def test_the_number_of_a_connector_that_appears_later(site: Site, version: Version) -> None:
    """Of a charger that is known to limit."""
    charger = await charger_at(site, version)
    at = {"timestamp": "2026-03-01T10:00:00Z"}
    if version is Version.V16:
        status = {"connectorId": 3, "errorCode": "NoError", "status": "Available"}
    else:
        status = {"evseId": 3, "connectorId": 1, "connectorStatus": "Available"}
    await charger.call("StatusNotification", at | status)
    await site.shows("number.a_connector_3_current_limit", "unknown")


async def test_what_the_number_cannot_do_is_an_error(site: Site, version: Version) -> None:
    """With the charger's word, and it stays as it was."""
    charger = await charger_at(site, version)
    await site.shows(NUMBER, "unknown")
    charger.behaviour = Behaviour(answers={"SetChargingProfile": "Rejected"})
    setting = site.hass.services.async_call("number", "set_value", {"entity_id": NUMBER, "value": 6}, blocking=True)
    assert "Rejected" in str(await refused(setting, "command_refused"))
    assert site.state(NUMBER) == "unknown"


async def test_each_purpose_has_its_own_limit(site: Site, version: Version) -> None:
    """The charger as a whole, every session, and the one that runs; that one's is over with it."""
    charger = await charger_at(site, version)
    assert await charger.start(2, HOLDER)
    await site.shows("switch.a_connector_2_charging", "on")
    await charger.wait_for(lambda: not charger.pending)
    assert await limit(site, None, current=32) == "Accepted"
    assert await limit(site, None, purpose="default", current=20) == "Accepted"
    assert await limit(site, 2, current=16) == "Accepted"
    assert await limit(site, 2, purpose="transaction", current=10, stack_level=1) == "Accepted"
    assert await limit(site, None, purpose="transaction", current=8) == "Accepted"
    of_charger = "ChargePointMaxProfile" if version is Version.V16 else "ChargingStationMaxProfile"
    assert purposes(charger) == [
        (0, of_charger, 7),
        (0, "TxDefaultProfile", 7),
        (2, "TxDefaultProfile", 7),
        (2, "TxProfile", 1),
        (2, "TxProfile", 7),
    ]
    assert (site.state(NUMBER), site.state("number.a_connector_2_current_limit")) == ("20.0", "16.0")
    await charger.stop(2)
    assert len(charger.profiles) == 3
    assert await clear(site, 2, purpose="default") == "Accepted"
    assert await clear(site, 2) == "Unknown"
    assert await clear(site, None, purpose="charge_point_max") == "Accepted"
    assert purposes(charger) == [(0, "TxDefaultProfile", 7)]
    assert await limit(site, 1, current=13) == "Accepted"
    assert await clear(site, None) == "Accepted"
    assert charger.profiles == []
    assert site.state(NUMBER) == "unknown"
    assert charger.complaints == []


@pytest.mark.parametrize(
    ("units", "wish", "want"),
    [
        ("A,W", {"current": 16}, ("A", 16)),
        ("A,W", {"power": 7000}, ("W", 7000)),
        ("W", {"current": 16}, ("W", 11040)),
        ("W", {"current": 16, "number_phases": 1}, ("W", 3680)),
        ("A", {"power": 11040}, ("A", 16)),
        ("A", {"power": 3680, "number_phases": 1}, ("A", 16)),
    ],
)
async def test_a_charger_is_told_in_the_unit_that_it_knows(
    site: Site, version: Version, units: str, wish: dict[str, float], want: tuple[str, float]
) -> None:
    """By phases and voltage; as low as it may be where the phases are not known."""
    charger = await charger_at(site, version, limit_units=units)
    assert await limit(site, **wish) == "Accepted"
    (profile,) = charger.profiles
    assert (profile.unit, amounts(profile)) == (want[0], [(0, want[1])])
    periods = schedule(profile)["chargingSchedulePeriod"]
    assert [each.get("numberPhases") for each in periods] == [wish.get("number_phases")]


@pytest.mark.parametrize(
    ("said", "currents", "watts"),
    [(0, (), 3680), (1, (), 3680), (3, (), 11040), (0, (0, 0, 0), 11040), (3, (16, 0, 0), 3680), (1, (6, 6, 0), 7360)],
)
async def test_phases_are_learned(
    site: Site, version: Version, said: int, currents: tuple[float, ...], watts: float
) -> None:
    """What the meter shows of the session or at all, else what the charger says, else one."""
    charger = await charger_at(site, version, limit_units="W", supply_phases=said)
    if currents:
        assert await charger.start(1, HOLDER)
        await site.shows("switch.a_connector_1_charging", "on")
        readings = {f"Current.Import@L{number}": current for number, current in enumerate(currents, 1)}
        await measure(charger, readings)
        await site.shows("sensor.a_connector_1_current", str(float(max(currents))))
    assert await limit(site, current=16) == "Accepted"
    assert amounts(charger.profiles[0]) == [(0, watts)]
    assert site.state(NUMBER) == "16.0"


@pytest.mark.parametrize(
    ("units", "wish", "want"), [("A", {"power": 11040}, ("A", 16)), ("W", {"current": 16}, ("W", 3680))]
)
async def test_no_connector_of_a_charger_gets_more_than_is_wished_for_it(
    site: Site, version: Version, units: str, wish: dict[str, float], want: tuple[str, float]
) -> None:
    """One charges on one phase and another one on three: of watts the most phases count, of amperes the fewest."""
    charger = await charger_at(site, version, limit_units=units)
    for connector, currents in ((1, (16, 0, 0)), (2, (16, 16, 16))):
        assert await charger.start(connector, f"{HOLDER}{connector}")
        await site.shows(f"switch.a_connector_{connector}_charging", "on")
        readings = {f"Current.Import@L{number}": float(current) for number, current in enumerate(currents, 1)}
        await measure(charger, readings, connector)
        await site.shows(f"sensor.a_connector_{connector}_current", "16.0")
    assert await limit(site, None, **wish) == "Accepted"
    (profile,) = charger.profiles
    assert (profile.unit, amounts(profile)) == (want[0], [(0, want[1])])


async def test_a_charger_that_tells_no_phases_in_time_is_limited_all_the_same(
    short_call_timeout: None, site: Site, version: Version
) -> None:
    """As if there were one."""
    charger = await charger_at(site, version, limit_units="W")
    question = "GetConfiguration" if version is Version.V16 else "GetVariables"
    charger.behaviour = Behaviour(limit_units="W", answers={question: Fault.SILENT})
    assert await limit(site, current=10) == "Accepted"
    assert amounts(charger.profiles[0]) == [(0, 2300)]


@pytest.mark.parametrize("last", ["set", "clear"])
async def test_what_is_wished_last_counts(site: Site, version: Version, last: str) -> None:
    """Also if what was wished before needs a question first."""
    charger = await charger_at(site, version, limit_units="W")
    second = limit(site, power=5000) if last == "set" else clear(site)
    assert set(await asyncio.gather(limit(site, current=16), second)) == {"Accepted"}
    assert [amounts(each) for each in charger.profiles] == ([[(0, 5000)]] if last == "set" else [])


async def test_a_limit_counts_at_once(site: Site, version: Version) -> None:
    """It begins before now, in the charger's own time."""
    ahead = timedelta(hours=2)
    charger = await charger_at(site, version, clock_skew=ahead)
    await limit(site, current=16)
    start = datetime.fromisoformat(schedule(charger.profiles[0])["startSchedule"])
    theirs = datetime.now(UTC) + ahead
    assert theirs - timedelta(minutes=2) < start < theirs - timedelta(seconds=30)


async def test_a_schedule_of_limits(site: Site, version: Version) -> None:
    """One after the other; an entry without a limit is the end."""
    charger = await charger_at(site, version)
    start = datetime(2027, 3, 1, 22, tzinfo=UTC)
    steps: list[dict[str, object]] = [
        {"start": start.isoformat(), "current": 16},
        {"start": (start + timedelta(hours=2)).isoformat(), "power": 20700},
        {"start": (start + timedelta(hours=8)).isoformat()},
    ]
    assert await limit(site, schedule=steps, number_phases=3) == "Accepted"
    (profile,) = charger.profiles
    assert amounts(profile) == [(0, 16), (7200, 30)]
    assert schedule(profile)["duration"] == 8 * 3600
    assert schedule(profile)["startSchedule"] == "2027-03-01T22:00:00Z"
    assert site.state(NUMBER) == "unknown"


async def test_the_number_follows_a_schedule(site: Site, clock: Clock, version: Version) -> None:
    """What counts now, from its beginning to its end, then what counts without it."""
    await charger_at(site, version)
    assert await limit(site, None, purpose="default", current=32) == "Accepted"
    steps: list[dict[str, object]] = [
        {"start": clock.after(hours=1), "current": 16},
        {"start": clock.after(hours=2), "current": 0},
        {"start": clock.after(hours=3), "power": 6900},
        {"start": clock.after(hours=4)},
    ]
    assert await limit(site, schedule=steps, number_phases=3) == "Accepted"
    for current in ("32.0", "16.0", "0.0", "10.0", "32.0"):
        await site.shows(NUMBER, current)
        await clock.forward(hours=1, seconds=1)


async def test_a_schedule_repeats_every_day(site: Site, clock: Clock, version: Version) -> None:
    """And the number with it, also after a restart."""
    charger = await charger_at(site, version, statuses_after_reconnect="all")
    steps = [{"start": clock.after(hours=1), "current": 16}, {"start": clock.after(hours=2)}]
    assert await limit(site, schedule=steps, recurrency_kind="daily") == "Accepted"
    assert charger.profiles[0].told["chargingProfileKind"] == "Recurring"
    await site.shows(NUMBER, "unknown")
    for hours in (1, 24):
        await clock.forward(hours=hours, seconds=1)
        await site.shows(NUMBER, "16.0")
    await site.stop()
    await site.start()
    await site.shows(NUMBER, "16.0")
    await clock.forward(hours=1)
    await site.shows(NUMBER, "unknown")


@pytest.mark.parametrize(("wish", "shown"), [({"power": 11040, "number_phases": 3}, "16.0"), ({"power": 6900}, "10.0")])
async def test_the_number_shows_what_a_power_means(
    site: Site, version: Version, wish: dict[str, float], shown: str
) -> None:
    """On the phases that there are; on three if that is not known, so that it never shows more than there is."""
    charger = await charger_at(site, version, supply_phases=0)
    assert await limit(site, **wish) == "Accepted"
    assert charger.profiles[0].unit == "W"
    assert site.state(NUMBER) == shown


async def test_the_number_goes_as_far_as_the_owner_says(site: Site) -> None:
    """Up to 80 A if he has not said it; and as far as it is set by an action, so that it shows what is true."""
    await charger_at(site, Version.V16)
    assert most(site) == 80
    (subentry,) = site.entry.subentries.values()
    site.hass.config_entries.async_update_subentry(site.entry, subentry, data={"max_current": 32})
    await site.hass.async_block_till_done()
    assert most(site) == 32
    with pytest.raises(ServiceValidationError):
        await site.hass.services.async_call("number", "set_value", {"entity_id": NUMBER, "value": 33}, blocking=True)
    assert await limit(site, current=200) == "Accepted"
    assert (site.state(NUMBER), most(site)) == ("200.0", 200)
    assert await clear(site) == "Accepted"
    assert (site.state(NUMBER), most(site)) == ("unknown", 32)


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({}, "limit_missing"),
        ({"current": 16, "power": 3680}, "conflicting_fields"),
        ({"current": 16, "schedule": [{"current": 16}]}, "conflicting_fields"),
        ({"schedule": [{"start": "2027-03-01T22:00:00Z"}]}, "schedule_unusable"),
        ({"schedule": [{"current": 16, "power": 3680}]}, "schedule_unusable"),
        ({"schedule": [{"current": 16}, {"current": 10}]}, "schedule_unusable"),
        ({"schedule": [{"current": 16}, {"start": "2020-03-01T22:00:00Z", "current": 10}]}, "schedule_unusable"),
        (
            {"schedule": [{"current": 16}, {"start": "2027-03-01T22:00:00Z"}, {"start": "2027-03-02", "current": 6}]},
            "schedule_unusable",
        ),
        ({"current": 16, "recurrency_kind": "daily"}, "nothing_to_repeat"),
        (
            {
                "schedule": [{"start": "2027-03-01T22:00:00Z", "current": 6}, {"start": "2027-03-02T22:00:01Z"}],
                "recurrency_kind": "daily",
            },
            "schedule_outlasts_itself",
        ),
        ({"current": 16, "purpose": "charge_point_max"}, "not_a_charger"),
        ({"current": 16, "purpose": "transaction"}, "nothing_to_limit"),
    ],
)
async def test_what_makes_no_sense_is_refused(site: Site, data: dict[str, object], key: str) -> None:
    """Before the charger is told anything."""
    charger = await site.charger()
    await refused(limit(site, **data), key)
    assert charger.profiles == []


async def test_one_of_several_sessions_must_be_chosen(site: Site) -> None:
    """Of a charger, the only one that runs."""
    charger = await site.charger()
    for connector, token in ((1, HOLDER), (2, "OTHER")):
        assert await charger.start(connector, token)
        await site.shows(f"switch.a_connector_{connector}_charging", "on")
    await refused(limit(site, None, current=10, purpose="transaction"), "choose_connector")


async def test_the_whole_is_not_cleared_at_a_connector(site: Site) -> None:
    """It has no limit of the whole charger."""
    await site.charger()
    await refused(clear(site, 1, purpose="charge_point_max"), "not_a_charger")


@pytest.mark.parametrize(
    ("answer", "key"),
    [("Rejected", "command_refused"), ("InternalError", "command_refused"), (Fault.SILENT, "charger_silent")],
)
async def test_a_refusal_of_the_charger_is_an_error(
    short_call_timeout: None, site: Site, version: Version, answer: str, key: str
) -> None:
    """Never silence; the charger's word is in it."""
    charger = await site.charger(version=version)
    charger.behaviour = Behaviour(answers={"SetChargingProfile": answer, "ClearChargingProfile": answer})
    error = await refused(limit(site, current=16), key)
    assert key == "charger_silent" or answer in str(error)
    if answer != "Rejected":
        await refused(clear(site), key)


async def test_all_that_can_be_is_cleared(site: Site, version: Version) -> None:
    """What the charger refuses is named, with its word, once everything else is gone."""
    charger = await charger_at(site, version)
    assert await limit(site, None, current=32) == "Accepted"
    assert await limit(site, None, purpose="default", current=20) == "Accepted"
    charger.behaviour = Behaviour(checks_itself=False, answers={"ClearChargingProfile": ["Rejected", "", ""]})
    error = str(await refused(clear(site, None), "limits_left"))
    assert "The charger as a whole (Rejected)" in error
    assert "Every session" not in error
    assert [each.evse for each in charger.profiles] == [0]
    assert site.state(NUMBER) == "unknown"
    charger.behaviour = Behaviour(checks_itself=False, answers={"ClearChargingProfile": ["", "Rejected", ""]})
    assert "Every session (Rejected)" in str(await refused(clear(site, None), "limits_left"))
    assert charger.profiles == []


async def test_what_was_cleared_of_a_charger_that_goes_silent_is_not_told_as_all(
    short_call_timeout: None, site: Site, version: Version
) -> None:
    """Of the rest nothing is known."""
    charger = await charger_at(site, version)
    charger.behaviour = Behaviour(answers={"ClearChargingProfile": ["", Fault.SILENT, ""]})
    await refused(clear(site, None), "charger_silent")


@ON_V16
async def test_a_charger_that_cannot_limit_says_so(site: Site, version: Version) -> None:
    """Whatever it says of itself, it is asked, and its word is told."""
    await charger_at(site, version, limits=False)
    assert "NotSupported" in str(await refused(limit(site, current=16), "command_refused"))


@ON_V2
async def test_a_charger_of_2_that_cannot_limit_says_so(site: Site, version: Version) -> None:
    """By a CALLERROR."""
    await charger_at(site, version, limits=False)
    assert "NotSupported" in str(await refused(limit(site, current=16), "command_refused"))


@ON_V16
async def test_a_charger_that_was_removed_and_added_again_has_its_number_once(
    hass: HomeAssistant, site: Site, version: Version, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody waits any more for what the one that is gone can do."""
    silent = Behaviour(answers={"GetConfiguration": Fault.SILENT})
    charger = await site.charger(version=version, behaviour=silent)
    assert site.state(NUMBER) is None
    await charger.go_offline()
    (before,) = site.entry.subentries.values()
    hass.config_entries.async_remove_subentry(site.entry, before.subentry_id)
    await hass.async_block_till_done()
    again = ConfigSubentry(data=MappingProxyType({}), subentry_type="charger", title="A", unique_id="A")
    hass.config_entries.async_add_subentry(site.entry, again)
    await hass.async_block_till_done()
    await charger_at(site, version)
    await site.shows(NUMBER, "unknown")
    assert "could not be shown" not in caplog.text
