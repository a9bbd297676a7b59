"""What meters tell, as Home Assistant shows it, through real sockets."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import batched
import json
import logging
from types import MappingProxyType
from typing import Any

from homeassistant.config_entries import ConfigSubentry, ConfigSubentryData
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import Entity
import pytest

from custom_components.ocpp_central.const import DOMAIN
from custom_components.ocpp_central.sensors.reading_descriptions import KEYS
from tests.charger import SimulatedCharger, Version
from tests.core.test_measurands import enums

from .conftest import HOLDER, HOUSE_TOKEN, ON_V16, STRANGER, TELLS_ALL, Clock, Site, charger_subentry, driver_subentry
from .test_leftover_watch import minutes

pytestmark = pytest.mark.blackbox

REGISTER = "Energy.Active.Import.Register"
PHASES = ("L1", "L2", "L3", "N", "L1-N", "L2-N", "L3-N", "L1-L2", "L2-L3", "L3-L1")
VOLTS = "Voltage"
FOLDERS = {Version.V16: "v16", Version.V201: "v201", Version.V21: "v21"}

POWER, CURRENT, VOLTAGE, ENERGY, SESSION, DURATION, SOC = (
    f"sensor.a_connector_1_{key}"
    for key in ("power", "current", "voltage", "energy", "session_energy", "session_duration", "soc")
)


@pytest.fixture
def chargers() -> list[ConfigSubentryData]:
    """Charger A, and Anna who may charge there."""
    return [charger_subentry("A"), driver_subentry("Anna", HOLDER)]


@pytest.fixture
def everything_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """The owner has switched on what is off by default."""
    monkeypatch.setattr(Entity, "entity_registry_enabled_default", True)


def sample(version: Version, measurand: str, value: float, unit: str | None = None, **more: str) -> dict[str, Any]:
    """A sampled value as a version spells it."""
    unit_of = {"unit": unit} if version is Version.V16 else {"unitOfMeasure": {"unit": unit}}
    told = {"value": str(value) if version is Version.V16 else value, "measurand": measurand}
    return told | (unit_of if unit else {}) | more


async def tell(charger: SimulatedCharger, *samples: dict[str, Any], evse: int = 1) -> None:
    """Have a charger tell readings outside of a transaction."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    place = "connectorId" if charger.version is Version.V16 else "evseId"
    await charger.call("MeterValues", {place: evse, "meterValue": [{"timestamp": now, "sampledValue": list(samples)}]})


def _has_driver(name: str | None) -> Callable[[State], bool]:
    return lambda state: state.attributes.get("driver", "") == name


def kwh(state: str | None) -> float:
    """The number of a state."""
    assert state is not None
    return float(state)


async def test_what_a_charger_tells_has_sensors(hass: HomeAssistant, site: Site, version: Version) -> None:
    """As soon as it tells it, without a reload; the rare ones off (contract 4)."""
    charger = await site.charger(version=version)
    await charger.plug(1)
    await charger.start(1, HOLDER)
    assert hass.states.get(POWER) is None
    await charger.meter(1)
    await site.shows(POWER, "7360.0")
    await site.shows(CURRENT, "32.0")
    registered = er.async_get(hass).async_get(VOLTAGE)
    assert registered is not None
    assert registered.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    assert hass.states.get("sensor.a_connector_2_power") is None
    energy = hass.states.get(ENERGY)
    assert energy is not None
    assert (energy.attributes["state_class"], energy.attributes["unit_of_measurement"]) == ("total_increasing", "kWh")


@pytest.mark.usefixtures("everything_on")
async def test_whatever_the_standards_can_measure_is_shown(
    hass: HomeAssistant, site: Site, version: Version, caplog: pytest.LogCaptureFixture
) -> None:
    """Issue 6, done when 4: every measurand in every phase; none is lost, none logs an error."""
    charger = await site.charger(version=version)
    await charger.plug(1)
    measurands = sorted(enums(FOLDERS[version])["Voltage"])
    values = {
        (each, phase): number for number, (each, phase) in enumerate(((m, p) for m in measurands for p in PHASES), 1)
    }
    samples = [sample(version, each, value, phase=phase) for (each, phase), value in values.items()]
    samples += [sample(version, each, 5000 + number) for number, each in enumerate(measurands)]
    for some in batched(samples, 100, strict=False):
        await tell(charger, *some)
    await site.shows("sensor.a_connector_1_voltage_l3_l1", str(float(values["Voltage", "L3-L1"])))
    await hass.async_block_till_done()
    told = [
        state
        for each in er.async_entries_for_config_entry(er.async_get(hass), site.entry.entry_id)
        if each.unique_id.startswith("A/1/") and (state := hass.states.get(each.entity_id)) is not None
        if each.translation_key is not None and each.translation_key.removesuffix("_detail") in KEYS.values()
    ]
    assert len(told) == len(measurands) * (1 + len(PHASES))
    assert not [state for state in told if state.state in {"unknown", "unavailable"}]
    assert not [record for record in caplog.records if DOMAIN in record.name and record.levelno >= logging.WARNING]
    assert "ERROR" not in {record.levelname for record in caplog.records}


@pytest.mark.parametrize(
    ("measurand", "value", "unit", "entity", "state", "shown_unit"),
    [
        ("Power.Active.Import", 7.4, "kW", "power", "7400.0", "W"),
        ("Current.Offered", 16, "A", "current_offered", "16.0", "A"),
        ("Voltage", 230.5, "V", "voltage", "230.5", "V"),
        (REGISTER, 12345, "Wh", "energy", "12.345", "kWh"),
        (REGISTER, 12.345, "kWh", "energy", "12.345", "kWh"),
        ("Energy.Active.Export.Register", 500, None, "energy_active_export_register", "0.5", "kWh"),
        ("Energy.Reactive.Import.Register", 1.5, "kvarh", "energy_reactive_import_register", "1.5", "kvarh"),
        ("Temperature", 212, "Fahrenheit", "temperature", "100.0", "°C"),
        ("Temperature", 21, "Celcius", "temperature", "21.0", "°C"),
        ("SoC", 80, "Percent", "soc", "80.0", "%"),
        ("RPM", 1500, None, "rpm", "1500.0", "rpm"),
        ("Frequency", 50.02, None, "frequency", "50.02", "Hz"),
    ],
)
@ON_V16
@pytest.mark.usefixtures("everything_on")
async def test_units_are_those_of_home_assistant(
    site: Site,
    version: Version,
    measurand: str,
    value: float,
    unit: str | None,
    entity: str,
    state: str,
    shown_unit: str | None,
) -> None:
    """Whatever a charger tells it in."""
    charger = await site.charger(version=version)
    await charger.plug(1)
    await tell(charger, sample(version, measurand, value, unit))
    shown = await site.shows(f"sensor.a_connector_1_{entity}", state)
    assert shown.attributes.get("unit_of_measurement") == shown_unit


async def test_a_flag_is_no_number(hass: HomeAssistant, site: Site, everything_on: None) -> None:
    """2.1 tells with a number whether the car says that it is done."""
    charger = await site.charger(version=Version.V21)
    await charger.plug(1)
    await tell(charger, sample(Version.V21, "Display.ChargingComplete", 1))
    await site.shows("sensor.a_connector_1_display_charging_complete", "yes")


async def test_a_main_meter_is_that_of_the_charger(site: Site, version: Version) -> None:
    """Connector 0, EVSE 0: what goes through the charger as a whole."""
    charger = await site.charger(version=version)
    await tell(charger, sample(version, "Power.Active.Import", 11000, "W"), evse=0)
    await site.shows("sensor.a_power", "11000.0")
    assert site.state(POWER) is None


@pytest.mark.parametrize("form", ["SignedData", "Raw"])
@ON_V16
async def test_signed_data_does_no_harm(site: Site, version: Version, form: str) -> None:
    """A block for a calibrated meter is no number, and its neighbours are."""
    charger = await site.charger(version=version)
    block = {"value": "OCMF|{}|{}", "format": form, "measurand": REGISTER}
    await tell(charger, block, sample(version, "Power.Active.Import", 5, "W"))
    await site.shows(POWER, "5.0")
    assert site.state(ENERGY) is None


@ON_V16
@pytest.mark.usefixtures("everything_on")
async def test_what_a_vendor_measures_is_shown_as_it_is_told(site: Site, version: Version) -> None:
    """No version knows it."""
    charger = await site.charger(version=version)
    told = [sample(version, "Vendor.Thing", 5, "Foo"), sample(version, "Vendor.Thing", 6, "Foo", phase="L1")]
    payload = {"connectorId": 1, "meterValue": [{"timestamp": "2026-01-01T00:00:00Z", "sampledValue": told}]}
    await charger.send_text(json.dumps([2, "vendor", "MeterValues", payload]))
    shown = await site.shows("sensor.a_connector_1_vendor_thing", "5.0")
    assert shown.attributes["unit_of_measurement"] == "Foo"
    await site.shows("sensor.a_connector_1_vendor_thing_l1", "6.0")


@pytest.mark.usefixtures("everything_on")
async def test_a_whole_session_is_accounted(hass: HomeAssistant, site: Site, clock: Clock, version: Version) -> None:
    """Issue 6, done when 2: to the last digit, over a restart of Home Assistant and a lost connection."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    charger.evses[1].energy_wh = 150_000
    await charger.plug(1)
    await charger.start(1, HOLDER)
    begin = await site.shows(SESSION, "0.0")
    assert begin.attributes["driver"] == "Anna"
    assert begin.attributes["meter_start"] == 150.0
    await clock.forward(minutes=10)
    await charger.meter(1, {REGISTER: 150_123})
    await site.shows(SESSION, "0.123")
    await charger.go_offline()
    await site.shows(SESSION, "unavailable")
    await clock.forward(minutes=10)
    charger.go_online()
    await site.shows(SESSION, "0.123")
    await charger.meter(1, {REGISTER: 151_000})
    await site.shows(SESSION, "1.0")
    await charger.go_offline()
    await site.stop()
    await clock.forward(minutes=10)
    await site.start()
    charger.go_online()
    restored = await site.shows(SESSION, "1.0")
    assert restored.attributes["started"] == begin.attributes["started"]
    await site.shows(ENERGY, "151.0")
    await charger.meter(1, {REGISTER: 152_345})
    await site.shows(SESSION, "2.345")
    charger.evses[1].energy_wh = 152_400
    charger.evses[1].metered = None
    await charger.stop(1)
    ended = await site.shows(SESSION, lambda state: state.attributes["ended"] is not None)
    assert ended.state == "2.4"
    took = datetime.fromisoformat(ended.attributes["ended"]) - datetime.fromisoformat(ended.attributes["started"])
    assert kwh(site.state(DURATION)) == took.total_seconds() >= 1800
    assert (ended.attributes["meter_stop"], ended.attributes["stop_reason"]) == (152.4, None)
    assert site.state(POWER) in {"0.0", "unknown", None}
    await charger.unplug(1)
    await charger.plug(1)
    assert site.state(SESSION) == "2.4"
    await charger.start(1, HOLDER)
    await site.shows(SESSION, "0.0")
    assert HOLDER not in str([state.as_dict() for state in hass.states.async_all()])


@pytest.mark.usefixtures("everything_on")
async def test_a_car_that_is_gone_is_not_shown_any_more(site: Site, version: Version) -> None:
    """What it said of itself is unknown, nothing flows, and that stays so over a restart; what was counted stays."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    await charger.plug(1)
    await charger.start(1, HOLDER)
    await tell(charger, sample(version, "SoC", 80), sample(version, VOLTS, 230))
    await tell(charger, sample(version, "Power.Active.Import", 7000))
    await site.shows(SOC, "80.0")
    await site.shows(POWER, "7000.0")
    await charger.stop(1)
    await site.shows(POWER, "0.0")
    assert site.state(SOC) == "80.0"
    await charger.unplug(1)
    await site.shows(SOC, "unknown")
    assert [site.state(each) for each in (VOLTAGE, POWER)] == ["unknown", "0.0"]
    counted = site.state(ENERGY)
    await charger.go_offline()
    await site.stop()
    await site.start()
    charger.go_online()
    await site.shows(POWER, "0.0")
    assert [site.state(each) for each in (SOC, VOLTAGE, ENERGY)] == ["unknown", "unknown", counted]


async def charge_unheard(charger: SimulatedCharger, clock: Clock) -> datetime:
    """Have somebody take 2.5 kWh in half an hour while the charger is away; when that began."""
    await charger.plug(1)
    await clock.forward(minutes=5)
    begun = datetime.now(UTC)
    await charger.start(1, HOLDER, authorize=False)
    await clock.forward(minutes=30)
    charger.evses[1].energy_wh = 7500
    charger.evses[1].metered = None
    await charger.stop(1)
    await clock.forward(minutes=5)
    return begun


async def tells_of_what_was_queued(site: Site, begun: datetime) -> None:
    """See that the session of `charge_unheard` is shown as it was."""
    state = await site.shows(SESSION, "2.5")
    started, ended = (datetime.fromisoformat(state.attributes[key]) for key in ("started", "ended"))
    assert abs((started - begun).total_seconds()) < 10
    assert 1790 <= (ended - started).total_seconds() < 1820


async def test_a_session_that_was_queued_has_its_own_times(site: Site, clock: Clock, version: Version) -> None:
    """A charger tells what happened while it was away, when it is back."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    charger.evses[1].energy_wh = 5000
    await charger.go_offline()
    begun = await charge_unheard(charger, clock)
    charger.go_online()
    await tells_of_what_was_queued(site, begun)


@pytest.mark.parametrize("hours", [-3, 3])
async def test_a_wrong_clock_is_known_after_a_restart(site: Site, clock: Clock, version: Version, hours: int) -> None:
    """So that what was queued meanwhile has its own times."""
    wrong = replace(TELLS_ALL, clock_skew=timedelta(hours=hours))
    charger = await site.charger(version=version, behaviour=wrong)
    for _ in range(4):  # that it is behind is believed once it shows again and again
        await charger.set_status(1, "Faulted")
        await charger.set_status(1, "Available")
        await clock.forward(seconds=30)
    charger.evses[1].energy_wh = 5000
    await charger.go_offline()
    await site.stop()
    begun = await charge_unheard(charger, clock)
    await site.start()
    charger.go_online()
    await tells_of_what_was_queued(site, begun)


async def test_an_unknown_end_touches_nobody(site: Site, version: Version) -> None:
    """It is answered, and whatever runs goes on."""
    charger = await site.charger(version=version)
    await charger.plug(1)
    await charger.start(1, HOLDER)
    await site.shows(SESSION, "0.0")
    now = datetime.now(UTC).isoformat(timespec="seconds")
    if version is Version.V16:
        stop = {"transactionId": 4711, "meterStop": 99999, "timestamp": now}
        assert await charger.call("StopTransaction", stop) == {}
    else:
        event = {"eventType": "Ended", "timestamp": now, "triggerReason": "StopAuthorized", "seqNo": 1}
        assert await charger.call("TransactionEvent", event | {"transactionInfo": {"transactionId": "4711"}}) == {}
    await charger.heartbeat()
    for connector in (1, 2):
        assert site.state(f"binary_sensor.a_connector_{connector}_charging") == ("on" if connector == 1 else "off")
    state = site.hass.states.get(SESSION)
    assert state is not None
    assert (state.state, state.attributes["ended"]) == ("0.0", None)


@ON_V16
async def test_the_house_and_strangers_are_named_without_a_token(site: Site, version: Version) -> None:
    """As in *Reserved for* (contract 4)."""
    charger = await site.charger(version=version)
    for token, name in ((HOUSE_TOKEN, "house"), (STRANGER, None)):
        await charger.plug(1)
        await charger.start(1, token)
        await site.shows(SESSION, _has_driver(name))
        await charger.unplug(1)


async def test_an_interval_that_is_told_again_counts_once(site: Site, clock: Clock, version: Version) -> None:
    """A charger repeats what it believes to be unanswered (1.6 section 3.7.1), also when it or Home Assistant is back."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)

    def taken(wh: int, minute: int) -> dict[str, Any]:
        samples = [sample(version, "Energy.Active.Import.Interval", wh, context="Sample.Periodic")]
        place = "connectorId" if version is Version.V16 else "evseId"
        return {place: 1, "meterValue": [{"timestamp": f"2026-01-01T00:{minute:02}:00Z", "sampledValue": samples}]}

    for _ in range(2):
        await charger.call("MeterValues", taken(100, 1))
    await site.shows(ENERGY, "0.1")
    await charger.go_offline()
    charger.go_online()
    await charger.ready()
    await charger.call("MeterValues", taken(100, 1))
    await charger.call("MeterValues", taken(100, 2))
    await site.shows(ENERGY, "0.2")
    await charger.go_offline()
    await site.stop()
    await site.start()
    charger.go_online()
    await charger.ready()
    await charger.call("MeterValues", taken(100, 2))
    await charger.call("MeterValues", taken(50, 3))
    await site.shows(ENERGY, "0.25")


@ON_V16
async def test_energy_neither_falls_nor_leaps(site: Site, version: Version) -> None:
    """A register that says nothing for a while, and one that begins anew (lbbrhzn/ocpp#1756)."""
    charger = await site.charger(version=version)
    taken = site.history(ENERGY)
    for wh in (16_000_000, 0, 16_000_100, 1, 60, 120):
        await tell(charger, sample(version, REGISTER, wh, "Wh"), sample(version, "Power.Active.Import", wh, "W"))
        await site.shows(POWER, f"{wh:.1f}")
    assert taken == ["16000.0", "16000.1", "16000.16", "16000.22"]


async def test_readings_are_written_once_a_second(site: Site, version: Version) -> None:
    """Design 7: the newest of each; what follows soon waits, what happens is shown at once."""
    charger = await site.charger(version=version)
    await tell(charger, sample(version, "Power.Active.Import", 0, "W"))
    await site.shows(POWER, "0.0")
    taken = site.history(POWER)
    for watts in range(1, 41):
        await tell(charger, sample(version, "Power.Active.Import", watts, "W"))
    await charger.plug(1)
    await site.shows("binary_sensor.a_connector_1_plugged_in", "on")
    await site.shows(POWER, "40.0")
    assert len(taken) < 10


async def tell_in_vain(charger: SimulatedCharger, *told: tuple[str, float]) -> None:
    """Have a charger tell readings in quick succession, of which the first one is shown at once."""
    for measurand, value in told:
        await tell(charger, sample(charger.version, measurand, value))


async def test_what_is_not_shown_yet_counts_for_what_follows(site: Site, version: Version) -> None:
    """A session begins with what was told last, however soon before."""
    charger = await site.charger(version=version)
    await tell_in_vain(charger, (REGISTER, 1000), (REGISTER, 1100), (REGISTER, 1200), ("Power.Active.Import", 5))
    charger.evses[1].energy_wh = 1200
    await charger.plug(1)
    await charger.start(1, HOLDER)
    state = await site.shows(SESSION, "0.0")
    assert state.attributes["meter_start"] == 1.2
    await site.shows(ENERGY, "1.2")
    await site.shows(POWER, "5.0")


async def test_what_adds_up_is_never_left_out(site: Site, version: Version) -> None:
    """Each interval counts, and each connector, however fast they come."""
    charger = await site.charger(version=version)
    interval = "Energy.Active.Import.Interval"
    await tell_in_vain(charger, (interval, 10), (interval, 20), (VOLTS, 230), (interval, 30), (VOLTS, 231))
    await tell(charger, sample(version, interval, 7), evse=2)
    await site.shows(ENERGY, "0.06")
    await site.shows("sensor.a_connector_2_energy", "0.007")


@ON_V16
async def test_what_is_not_shown_yet_is_kept_over_a_restart(site: Site, version: Version) -> None:
    """Home Assistant may stop in that second."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    await tell_in_vain(charger, (REGISTER, 1000), (REGISTER, 2000))
    await charger.go_offline()
    await site.stop()
    await site.start()
    charger.go_online()
    await site.shows(ENERGY, "2.0")


@ON_V16
async def test_what_is_told_late_is_not_taken_for_the_newest(site: Site, version: Version) -> None:
    """Nor what belongs to another session."""
    charger = await site.charger(version=version)
    now = datetime.now(UTC)
    for transaction, ago, wh in ((None, 0, 1000), (None, 0, 1100), (None, 2, 1050), (5, 0, 1150), (6, 0, 1200)):
        at = (now - timedelta(seconds=ago)).isoformat(timespec="seconds")
        values = [{"timestamp": at, "sampledValue": [sample(version, REGISTER, wh)]}]
        payload = {"connectorId": 1, "meterValue": values}
        await charger.call("MeterValues", payload | ({} if transaction is None else {"transactionId": transaction}))
    await site.shows(ENERGY, "1.2")


@ON_V16
async def test_what_was_measured_once_exists_after_a_restart(site: Site, version: Version) -> None:
    """At once, and unavailable until the charger is back; energy goes on where it was."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    await tell(charger, sample(version, REGISTER, 5000, "Wh"), sample(version, "Power.Active.Import", 5, "W"))
    await site.shows(ENERGY, "5.0")
    await charger.go_offline()
    await site.stop()
    await site.start()
    assert site.state(ENERGY) == site.state(POWER) == "unavailable"
    charger.go_online()
    await site.shows(ENERGY, "5.0")


@ON_V16
async def test_a_charger_that_was_removed_and_added_again_has_its_sensors_once(
    hass: HomeAssistant, site: Site, version: Version, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody listens any more for the one that is gone."""
    charger = await site.charger(version=version)
    await tell(charger, sample(version, REGISTER, 1000))
    await site.shows(ENERGY, "1.0")
    await charger.go_offline()
    before = next(each for each in site.entry.subentries.values() if each.subentry_type == "charger")
    hass.config_entries.async_remove_subentry(site.entry, before.subentry_id)
    await hass.async_block_till_done()
    assert site.state(ENERGY) is None
    again = ConfigSubentry(data=MappingProxyType({}), subentry_type="charger", title="A", unique_id="A")
    hass.config_entries.async_add_subentry(site.entry, again)
    await hass.async_block_till_done()
    charger = await site.charger(version=version)
    await tell(charger, sample(version, REGISTER, 2000))
    await site.shows(ENERGY, "2.0")
    await tell(charger, sample(version, "Power.Active.Import", 10))
    await site.shows(POWER, "10.0")
    assert "does not generate unique IDs" not in caplog.text
    assert "already exists" not in caplog.text


@ON_V16
@pytest.mark.usefixtures("everything_on")
async def test_the_count_of_a_phase_neither_falls_nor_leaps(site: Site, version: Version) -> None:
    """Over a restart, too; as that of all phases."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    phase, reactive = f"{ENERGY}_l1", "sensor.a_connector_1_energy_reactive_import_register"

    async def told(wh: float) -> None:
        await tell(
            charger,
            sample(version, REGISTER, wh, "Wh", phase="L1"),
            sample(version, "Energy.Reactive.Import.Register", wh, "varh"),
            sample(version, "Power.Active.Import", wh, "W"),
        )
        await site.shows(POWER, f"{wh:.1f}")

    for wh in (5000, 1, 60):
        await told(wh)
    assert (site.state(phase), site.state(reactive)) == ("5.06", "5.06")
    await charger.go_offline()
    await site.stop()
    await site.start()
    charger.go_online()
    await site.shows("sensor.a_connector_1_status", "available")
    assert site.state(phase) == "5.06"
    await told(160)
    assert (site.state(phase), site.state(reactive)) == ("5.16", "5.16")


@ON_V16
async def test_a_unit_that_is_none_of_what_it_says_is_said_once(
    site: Site, version: Version, caplog: pytest.LogCaptureFixture
) -> None:
    """What is shown is what is meant, and the log says why (docs/quirks.md)."""
    charger = await site.charger(version=version)
    charger.evses[1].energy_wh = 361_000
    await charger.plug(1)
    await charger.start(1, HOLDER)
    for number in (1, 2):
        await tell(charger, sample(version, REGISTER, 361 + number, "Wh"))
        await tell(charger, sample(version, "Power.Active.Import", 7000 + number, "kW"))
        await site.shows(POWER, f"{7000 + number:.1f}")
    await site.shows(ENERGY, "363.0")
    assert caplog.text.count("A tells its energy at connector 1 in kWh and calls that Wh; it is read so") == 1
    assert caplog.text.count("A tells Power.Active.Import at connector 1 in W and calls that kW; it is read so") == 1


@ON_V16
async def test_a_charger_without_a_meter_has_no_energy(site: Site, version: Version) -> None:
    """What it does not know is not 0."""
    charger = await site.charger(version=version)
    await charger.plug(1)
    await charger.start(1, HOLDER)
    await site.shows(SESSION, "0.0")
    await tell(charger, sample(version, "Power.Active.Import", 7000, "W"))
    await site.shows(SESSION, "unknown")
    assert site.state(ENERGY) is None


async def test_what_flows_is_not_known_where_a_car_takes_and_nothing_is_read(
    site: Site, version: Version, clock: Clock
) -> None:
    """Not the 0 of the session before; nor unknown before there was time to tell a reading, nor what was told."""
    charger = await site.charger(version=version)
    await charger.plug(1)
    await charger.start(1, HOLDER)
    await charger.meter(1)
    await site.shows(POWER, "7360.0")
    await minutes(clock, charger, 4)
    assert site.state(POWER) == "7360.0"
    await charger.stop(1)
    await site.shows(POWER, "0.0")
    await minutes(clock, charger, 4)
    assert site.state(POWER) == "0.0"
    await charger.start(1, HOLDER)
    await site.shows("binary_sensor.a_connector_1_charging", "on")
    assert site.state(POWER) == "0.0"
    await minutes(clock, charger, 3)
    await site.shows(POWER, "unknown")
    await site.shows(CURRENT, "unknown")
    await charger.meter(1)
    await site.shows(POWER, "7360.0")
