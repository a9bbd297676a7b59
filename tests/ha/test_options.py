"""The options: how they are asked for, stored and read, and what they do to reservations."""

from collections.abc import Mapping
from datetime import datetime, timedelta
import json
from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components import ocpp_central
from custom_components.ocpp_central.core.policy import Policy
from custom_components.ocpp_central.options import policy_of, stored
from tests.charger import Behaviour, Version

from .conftest import HOLDER, STRANGER, Clock, Site, refused, told_what_it_can

pytestmark = pytest.mark.blackbox

TEXTS = json.loads((Path(ocpp_central.__file__).parent / "translations/en.json").read_text("utf-8"))["options"]

DEFAULTS: dict[str, Any] = {
    "default_duration": 30,
    "max_duration": 7 * 24 * 60,
    "horizon": 365,
    "buffer_before": 0,
    "buffer_after": 0,
    "no_show": 0,
    "enforcement": "stop",
    "who_may_charge": "everyone",
    "one_transaction_per_token": False,
    "consume_on_any": False,
    "fire_tag_scanned": False,
}
CHOICES = {"enforcement": ["stop", "warn", "off"], "who_may_charge": ["everyone", "known_drivers"]}
SWITCHES = {"one_transaction_per_token", "consume_on_any", "fire_tag_scanned"}


async def begin(site: Site) -> ConfigFlowResult:
    """Open the form."""
    form: ConfigFlowResult = await site.hass.config_entries.options.async_init(site.entry.entry_id)
    return form


async def submit(site: Site, form: ConfigFlowResult, options: Mapping[str, Any]) -> ConfigFlowResult:
    """Fill in some fields of the form; the others stay as they are shown."""
    result = await site.hass.config_entries.options.async_configure(form["flow_id"], dict(options))
    await site.hass.async_block_till_done()
    return result


async def choose(site: Site, **options: float) -> None:
    """Set some options."""
    assert (await submit(site, await begin(site), options))["type"] is FlowResultType.CREATE_ENTRY


def shown(form: ConfigFlowResult) -> dict[str, Any]:
    """What the fields of a form are filled with."""
    schema = form["data_schema"]
    assert schema is not None
    values: dict[str, Any] = schema({})
    return values


async def test_the_form_shows_what_is_in_force(site: Site) -> None:
    """Contract 1: the defaults at first, then what was chosen; every field has its texts."""
    form = await begin(site)
    assert (form["type"], form["step_id"], form["errors"]) == (FlowResultType.FORM, "init", {})
    assert shown(form) == DEFAULTS
    texts = TEXTS["step"]["init"]
    assert texts["title"]
    assert set(texts["data"]) == set(texts["data_description"]) == set(DEFAULTS)
    await submit(site, form, {"no_show": 15, "horizon": 30})
    assert shown(await begin(site)) == DEFAULTS | {"no_show": 15, "horizon": 30}


async def test_the_form_can_be_shown_in_a_browser(site: Site, hass_client: ClientSessionGenerator) -> None:
    """It travels to the frontend as JSON, with units, and comes back with numbers that are stored as whole ones."""
    assert await async_setup_component(site.hass, "config", {})
    client = await hass_client()
    url = "/api/config/config_entries/options/flow"
    form = await (await client.post(url, json={"handler": site.entry.entry_id})).json()
    selectors = {field["name"]: field["selector"] for field in form["data_schema"]}
    assert [selectors.pop(name) for name in sorted(SWITCHES)] == [{"boolean": {}}] * len(SWITCHES)
    assert {name: selectors.pop(name)["select"]["options"] for name in CHOICES} == CHOICES
    units = {name: selector["number"]["unit_of_measurement"] for name, selector in selectors.items()}
    assert units == dict.fromkeys(selectors, "min") | {"horizon": "d"}
    assert set(selectors) == set(DEFAULTS) - SWITCHES - set(CHOICES)
    result = await client.post(f"{url}/{form['flow_id']}", json=DEFAULTS | {"default_duration": 45.0})
    assert (await result.json())["type"] == "create_entry"
    assert json.dumps(dict(site.entry.options)) == json.dumps(DEFAULTS | {"default_duration": 45})


async def test_other_options_are_kept(hass: HomeAssistant, site: Site) -> None:
    """The form takes away nothing that it does not ask for."""
    hass.config_entries.async_update_entry(site.entry, options={"another": "one"})
    await choose(site, no_show=5)
    assert dict(site.entry.options) == DEFAULTS | {"another": "one", "no_show": 5}


async def test_a_default_beyond_the_maximum_is_refused_in_the_form(site: Site) -> None:
    """What nobody could reserve is no default: the field says so, keeps what was entered, and can be mended."""
    form = await submit(site, await begin(site), {"default_duration": 61, "max_duration": 60})
    assert form["type"] is FlowResultType.FORM
    assert form["errors"] == {"default_duration": "longer_than_maximum"}
    assert set(TEXTS["error"]) == {"longer_than_maximum"}
    assert shown(form) == DEFAULTS | {"default_duration": 61, "max_duration": 60}
    assert dict(site.entry.options) == {}
    assert (await submit(site, form, {"default_duration": 60}))["type"] is FlowResultType.CREATE_ENTRY
    assert dict(site.entry.options) == DEFAULTS | {"default_duration": 60, "max_duration": 60}


@pytest.mark.parametrize(
    "options",
    [
        {"default_duration": 0},
        {"max_duration": 0},
        {"horizon": 0},
        {"horizon": 3651},
        {"buffer_before": -1},
        {"buffer_after": 1441},
        {"no_show": -1},
        {"no_show": float("nan")},
        {"no_show": "soon"},
        {"unheard_of": 1},
    ],
    ids=str,
)
async def test_what_makes_no_sense_is_refused_by_the_form(site: Site, options: dict[str, Any]) -> None:
    """Out of a field's range, no number, or no field at all."""
    form = await begin(site)
    with pytest.raises(InvalidData):
        await submit(site, form, options)
    assert dict(site.entry.options) == {}


@pytest.mark.parametrize("value", [None, "30", -1, 10**12, 2.5, True, {"minutes": 5}], ids=str)
@pytest.mark.parametrize("key", [key for key in DEFAULTS if key not in SWITCHES])
def test_a_bad_value_in_the_store_is_as_if_it_were_missing(key: str, value: object) -> None:
    """Whatever was stored, reservations go on with the default of that option, and with the other options as set."""
    good = {
        "default_duration": 20,
        "max_duration": 60,
        "horizon": 9,
        "buffer_before": 1,
        "buffer_after": 2,
        "no_show": 3,
        "enforcement": "warn",
        "who_may_charge": "known_drivers",
        **dict.fromkeys(SWITCHES, True),
    }
    assert stored(good) == good
    clamped = {"default_duration": min(20, DEFAULTS["max_duration"])} if key == "max_duration" else {}
    assert stored(good | {key: value}) == good | {key: DEFAULTS[key]} | clamped


@pytest.mark.parametrize("value", [None, "true", 1, []], ids=str)
def test_a_switch_with_a_bad_value_in_the_store_is_off(value: object) -> None:
    """Nothing is consumed by mistake."""
    assert not policy_of({"consume_on_any": value}).consume_on_any


def test_no_options_are_the_defaults() -> None:
    """Contract 1."""
    assert policy_of({}) == Policy()
    assert stored({}) == DEFAULTS


def test_a_stored_default_beyond_the_maximum_is_the_maximum() -> None:
    """The form never stores that, so whoever did meant the maximum at least."""
    policy = policy_of({"max_duration": 10})
    assert policy.default_duration == policy.max_duration == timedelta(minutes=10)


async def test_options_apply_at_once_and_disturb_nobody(site: Site, version: Version) -> None:
    """Contract 1: no reload, no lost connection, no word to the charger."""
    charger = await told_what_it_can(await site.charger(version=version))
    reserved = await site.reserve(2)
    connected = site.history("binary_sensor.a_connected")
    received = len(charger.received)
    central = site.entry.runtime_data
    await choose(site, default_duration=10, no_show=5, buffer_after=1)
    assert site.entry.runtime_data is central
    assert connected == []
    await charger.heartbeat()
    assert len(charger.received) == received
    assert [each["uid"] for each in await site.reservations()] == [reserved["uid"]]

    await site.press("button.a_connector_1_reserve")
    (house,) = await site.reservations(device_id=site.device_id("A", 1))
    assert lasts(house) == timedelta(minutes=10)


def lasts(reservation: Mapping[str, str]) -> timedelta:
    """How long a reservation lasts."""
    return datetime.fromisoformat(reservation["end"]) - datetime.fromisoformat(reservation["start"])


async def test_durations_are_those_of_the_options(site: Site) -> None:
    """Contract 1: `default_duration` when nobody says how long, `max_duration` at most, which the refusal names."""
    await site.charger()
    await choose(site, default_duration=45, max_duration=90)
    reservation = await site.act("reserve_now", device_id=site.device_id("A", 1))
    assert lasts(reservation) == timedelta(minutes=45)
    error = await refused(site.reserve(2, duration={"minutes": 91}), "reservation_too_long")
    assert "1.5 hours" in str(error)
    assert lasts(await site.reserve(2, duration={"minutes": 90})) == timedelta(minutes=90)


async def test_a_reservation_that_nobody_uses_is_released(site: Site, clock: Clock, version: Version) -> None:
    """Issue 3, no-show release: expired, the charger's hold ends with it, and the connector is free."""
    charger = await site.charger(version=version, behaviour=Behaviour(enforces=False))
    await choose(site, no_show=10)
    news = site.news()
    reservation = await site.reserve(duration={"hours": 2})
    (hold,) = charger.holds.values()
    assert lasts({"start": reservation["start"], "end": hold.expiry.isoformat()}) == timedelta(minutes=10)
    assert lasts(reservation) == timedelta(hours=2)

    await clock.forward(minutes=9)
    assert site.state("sensor.a_connector_1_reservation") == "active"
    await clock.forward(minutes=1)
    assert site.state("sensor.a_connector_1_reservation") == "none"
    assert [(each["event_type"], each["reason"], each["late"]) for each in news] == [
        ("placed", None, False),
        ("expired", "Expired", False),
    ]
    await clock.forward(seconds=5)
    await charger.wait_for(lambda: not charger.holds)
    assert await charger.start(1, STRANGER)


async def test_whoever_comes_in_time_keeps_the_window(site: Site, clock: Clock, version: Version) -> None:
    """Once in use a reservation lasts until the charging session or the window ends."""
    charger = await site.charger(version=version)
    await choose(site, no_show=10)
    await site.reserve(duration={"hours": 2})
    assert await charger.start(1, HOLDER)
    await site.shows("sensor.a_connector_1_reservation", "in_use")
    await clock.forward(minutes=60)
    assert site.state("sensor.a_connector_1_reservation") == "in_use"
    await clock.forward(minutes=60)
    assert site.state("sensor.a_connector_1_reservation") == "none"


async def test_a_promise_keeps_the_limit_that_it_was_made_with(site: Site, clock: Clock) -> None:
    """A later change of the option takes nothing from anybody and gives nothing, also over a restart."""
    await site.charger()
    early = await site.reserve(1, duration={"hours": 2})
    await choose(site, no_show=10)
    await site.reserve(2, duration={"hours": 2})
    await choose(site, no_show=0)
    await site.stop()
    await site.start()
    await clock.forward(minutes=10)
    assert [each["uid"] for each in await site.reservations()] == [early["uid"]]


async def test_a_limit_that_passed_while_home_assistant_was_down_holds(site: Site, clock: Clock) -> None:
    """The reservation expires at the restart, and that is published as late."""
    await site.charger()
    await choose(site, no_show=10)
    news = site.news()
    await site.reserve(duration={"hours": 2})
    await site.stop()
    await clock.forward(minutes=15)
    await site.start()
    assert await site.reservations() == []
    assert [(each["event_type"], each["late"]) for each in news][-1:] == [("expired", True)]


async def test_buffers_and_horizon_bound_what_is_scheduled(site: Site, clock: Clock) -> None:
    """Between two reservations of a connector lie both buffers; none begins beyond the horizon, which is named."""
    await site.charger()
    await choose(site, buffer_before=5, buffer_after=10, horizon=2)
    first = await site.reserve(start=clock.after(hours=1), end=clock.after(hours=2))
    error = await refused(site.reserve(start=clock.after(hours=2, minutes=14)), "reservation_conflict")
    assert f"reservation {first['reservation_id']}" in str(error)
    await site.reserve(2, start=clock.after(hours=2))
    await site.reserve(start=clock.after(hours=2, minutes=16))
    error = await refused(site.reserve(start=clock.after(days=2, minutes=1)), "reservation_beyond_horizon")
    assert "2 days" in str(error)
