"""What a meter has told: every measurand, phase and location, and what is *the* value of them."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest

from custom_components.ocpp_central.core.events import Reading
from custom_components.ocpp_central.core.measurands import EXPORTED, IMPORTED, INTERVAL, QUANTITIES
from custom_components.ocpp_central.core.meter import LOCATIONS, Key, Meter, is_worth_keeping

from .world import MINUTE, NOON, SECOND

PHASES = ("L1", "L2", "L3", "N", "L1-N", "L2-N", "L3-N", "L1-L2", "L2-L3", "L3-L1")
HOUR = 60 * MINUTE
POWER, CURRENT, VOLTAGE = "Power.Active.Import", "Current.Import", "Voltage"


def reading(value: float, measurand: str = IMPORTED, phase: str | None = None, **more: Any) -> Reading:
    """A reading of noon at the outlet in the standard's unit."""
    fields: dict[str, Any] = {"unit": None, "location": "Outlet", "context": "Sample.Periodic", "at": NOON}
    return Reading(measurand=measurand, value=value, phase=phase, **(fields | more))


def read(*readings: Reading, at: datetime = NOON, meter: Meter | None = None, start: float | None = None) -> Meter:
    """A meter that was read."""
    return (meter or Meter()).after(readings, at, start)


def counting(*told: float, measurand: str = IMPORTED, **more: Any) -> Meter:
    """A meter that told this, minute by minute."""
    meter = Meter()
    for number, value in enumerate(told):
        at = NOON + number * MINUTE
        meter = read(reading(value, measurand, at=at, **more), at=at, meter=meter)
    return meter


@pytest.mark.parametrize(("measurand", "phase"), list(product(sorted(QUANTITIES), (None, *PHASES))))
def test_whatever_a_standard_can_measure_has_a_value(measurand: str, phase: str | None) -> None:
    """At every location, in every phase."""
    for location in LOCATIONS:
        meter = read(reading(5, measurand, phase, location=location))
        key = Key(measurand, location, phase)
        assert meter.value(key) == 5
        assert meter.total(measurand) == meter.total(measurand, location) == 5
        assert meter.seen == {key}


@pytest.mark.parametrize(
    ("measurand", "told", "want"),
    [
        (POWER, {None: 6900, "L1": 2300, "L2": 2300, "L3": 2300}, 6900),
        (POWER, {"L1": 2300, "L2": 2200, "L3": 2100}, 6600),
        (POWER, {"L1-N": 3450, "L2-N": 0, "L3-N": 0}, 3450),  # evcc#16966
        (CURRENT, {"L1": 14.8, "L2": 0.0, "L3": 0.0}, 14.8),
        (CURRENT, {"N": 15.6}, 15.6),  # lbbrhzn/ocpp#1311
        (CURRENT, {"L1": 16.0, "L2": 15.9, "L3": 16.1, "N": 0.2}, 16.1),
        (VOLTAGE, {"L1-N": 229, "L2-N": 230, "L3-N": 231, "L1-L2": 400, "L2-L3": 400, "L3-L1": 400}, 230),
        (VOLTAGE, {"L1-L2": 240}, 240),
        (IMPORTED, {None: 171, "L1": 57, "L2": 57, "L3": 57}, 171),
        (IMPORTED, {"L1": 57.5}, 57.5),  # evcc#19405
        (IMPORTED, {"L1": 100, "L2": 50, "L3": 7}, 157),
        (POWER, {"L9": 5}, None),
    ],
)
def test_one_value_is_the_value(measurand: str, told: dict[str | None, float], want: float | None) -> None:
    """The one without a phase, else what a set of phases makes together."""
    meter = read(*(reading(value, measurand, phase) for phase, value in told.items()))
    assert meter.total(measurand) == want


def test_each_location_has_its_own_value() -> None:
    """The one nearest to the car is the value."""
    meter = read(
        reading(30, "Temperature", location="Body"),
        reading(45, "Temperature", location="Inlet"),
        reading(40, "Temperature", location="Cable"),
    )
    assert [meter.total("Temperature", each) for each in ("Body", "Inlet", "Cable", "Outlet")] == [30, 45, 40, None]
    assert meter.total("Temperature") == 40
    assert read(reading(1, "Temperature", location="Attic")).total("Temperature") == 1


def test_what_is_not_told_any_more_does_not_count() -> None:
    """After a car with three phases comes one with one, and the charger tells that one only."""
    three = read(*(reading(2300, POWER, phase) for phase in ("L1", "L2", "L3")))
    later = NOON + HOUR
    one = read(reading(3000, POWER, "L1", at=later), at=later, meter=three)
    assert one.total(POWER) == 3000
    soon = NOON + 30 * SECOND
    assert read(reading(2000, POWER, "L1", at=soon), at=soon, meter=three).total(POWER) == 6600


def test_what_a_transaction_began_with_is_no_news() -> None:
    """Growatt tells it with every message, behind what the register says now (lbbrhzn/ocpp#1838)."""
    now, begin = reading(163_630), reading(157_440, context="Transaction.Begin")
    assert read(now, begin).imported.total == 163_630
    assert read(begin, now).imported.total == 163_630
    assert read(begin).imported.total == 157_440


def test_a_message_with_a_whole_session_counts_once() -> None:
    """`transactionData` repeats what was told before, from the start on: that is no register that begins anew."""
    meter = counting(1000, 2000, 3000)
    data = [reading(wh, at=NOON + number * MINUTE) for number, wh in enumerate((1000, 1500, 2000, 2500, 3100))]
    assert read(*data, at=NOON + 5 * MINUTE, meter=meter).imported.total == 3100


def test_what_was_queued_changes_nothing_that_is_newer() -> None:
    """But it may tell something new."""
    meter = read(reading(5000), reading(7000, POWER), at=NOON)
    before = NOON - HOUR
    late = read(reading(4000, at=before), reading(50, "SoC", at=before), at=before, meter=meter)
    assert late.imported.total == 5000
    assert late.total(POWER) == 7000
    assert late.total("SoC") == 50


def test_intervals_add_up_where_there_is_no_register() -> None:
    """Those of one context: a charger that tells both tells the same energy twice."""
    meter = counting(100, 150, 50.5, measurand=INTERVAL)
    assert meter.imported.total == 300.5
    clock = read(reading(500, INTERVAL, context="Sample.Clock"), at=NOON + HOUR, meter=meter)
    assert clock.imported.total == 300.5
    rest = read(reading(7, INTERVAL, context="Transaction.End"), at=NOON + HOUR, meter=clock)
    assert rest.imported.total == 307.5
    phases = read(*(reading(10, INTERVAL, phase) for phase in ("L1", "L2", "L3")), at=NOON + HOUR, meter=rest)
    assert phases.imported.total == 337.5
    unknown = read(reading(10, INTERVAL, "L9"), at=NOON + HOUR, meter=phases)
    assert unknown.imported.total == 337.5
    at_once = read(reading(5000, INTERVAL), at=NOON + HOUR, meter=unknown)
    assert at_once.imported.total == 5337.5
    both = read(reading(9000), reading(10, INTERVAL), at=NOON)
    assert both.imported.total == 9000


def test_each_interval_of_a_message_is_added_once() -> None:
    """A message may bring several, and the last one of a transaction all of them again; what is late is added, too."""
    told = [reading(100, INTERVAL, at=NOON + number * MINUTE) for number in range(1, 21)]
    meter = read(*told[:3])
    assert meter.imported.total == 300
    for each in told[3:19]:
        meter = read(each, meter=meter)
    assert read(*told, meter=meter).imported.total == 2000
    late = reading(7, INTERVAL, at=NOON)
    assert read(late, meter=meter).imported.total == 1907
    assert is_worth_keeping(meter, read(told[19], meter=meter))
    assert read(told[18], meter=meter).added is meter.added


def test_exported_energy_is_counted_as_imported_energy_is() -> None:
    """A slip of that register makes no leap either."""
    assert counting(5000, 0, 5100, measurand=EXPORTED).exported.total == 5100


def test_kilowatt_hours_that_are_called_watt_hours_are_found_out() -> None:
    """By the meter of the start, which is in Wh by definition (OpenEVSE/openevse_esp32_firmware#703)."""
    meter = Meter().said(361_000, NOON)
    meter = read(reading(361.5, at=NOON + MINUTE), at=NOON + MINUTE, meter=meter, start=361_000)
    assert meter.labels.times == 1000
    assert meter.imported.total == 361_500
    after = read(reading(362, at=NOON + HOUR), at=NOON + HOUR, meter=meter)
    assert after.imported.total == 362_000
    honest = read(reading(362_500), at=NOON + 2 * HOUR, meter=after, start=362_000)
    assert honest.labels.times == 1
    anew = read(reading(363), at=NOON + 3 * HOUR, meter=honest, start=362_000)
    assert anew.labels.times == 1
    assert read(reading(93), start=0).imported.total == 93
    assert read(reading(50), start=361_000).labels.times is None


def rising(*told: float, start: float, unit: str = "kWh") -> Meter:
    """A meter in a session that began with `start` Wh, told minute by minute."""
    meter = Meter().began(start, NOON)
    for number, value in enumerate(told, start=1):
        at = NOON + number * MINUTE
        meter = read(reading(value, unit=unit, at=at), at=at, meter=meter, start=start)
    return meter


def test_watt_hours_that_are_called_kilowatt_hours_are_found_out() -> None:
    """By the meter of the start, and by rising faster than anything can charge."""
    meter = rising(361_100, 361_220, 361_340, start=361_000)
    assert meter.labels.times == 0.001
    assert (meter.imported.total, meter.total(IMPORTED)) == (361_340, 361_340)
    phase = reading(120_500, unit="kWh", phase="L1", at=NOON + HOUR)
    assert read(phase, at=NOON + HOUR, meter=meter).value(Key(IMPORTED, "Outlet", "L1")) == 120_500


@pytest.mark.parametrize(
    "meter",
    [
        # the start is in kWh against the standard, and the readings are right
        rising(700.1, 700.2, 700.3, start=700),
        # it slipped once
        rising(0, 361_100, start=361_000),
        # it has another start altogether
        rising(90_000_000, 90_000_200, start=361_000),
        rising(5, 10, start=0),
    ],
)
def test_a_unit_that_may_be_right_is_believed(meter: Meter) -> None:
    """Nobody guesses."""
    assert meter.labels.are_right


def test_watts_that_are_called_kilowatts_are_found_out() -> None:
    """As soon as it were more than any charger has; from then on always, and of that measurand alone."""
    few = read(reading(230, POWER, unit="kW"))
    assert few.total(POWER) == 230_000
    many = read(reading(7360, POWER, unit="kW"), reading(22, "Power.Offered", unit="kW"), meter=few)
    assert (many.total(POWER), many.total("Power.Offered")) == (7360, 22_000)
    later = NOON + HOUR
    assert read(reading(230, POWER, unit="kW", at=later), at=later, meter=many).total(POWER) == 230
    assert read(reading(3.7, POWER, unit="MW")).labels.are_right
    assert read(reading(7360, POWER, unit="W")).labels.are_right


REACTIVE, APPARENT = "Energy.Reactive.Import.Register", "Energy.Apparent.Export"


@pytest.mark.parametrize(
    ("measurand", "key", "more"),
    [
        (IMPORTED, Key(IMPORTED, "Outlet", "L1"), {"phase": "L1"}),
        (IMPORTED, Key(IMPORTED, "Inlet"), {"location": "Inlet"}),
        (EXPORTED, Key(EXPORTED, "Inlet", "L2"), {"phase": "L2", "location": "Inlet"}),
        (REACTIVE, Key(REACTIVE, "Outlet", "L3"), {"phase": "L3"}),
        (APPARENT, Key(APPARENT, "Cable"), {"location": "Cable"}),
    ],
)
def test_whatever_is_counted_neither_falls_nor_leaps(measurand: str, key: Key, more: dict[str, str]) -> None:
    """Single phases, other locations and reactive energy, as the total of what was charged."""
    meter = counting(5000, 0, 5100, 60, 120, measurand=measurand, **more)
    assert meter.counts[key].total == 5220
    assert meter.value(key) == (5220 if key.phase or measurand == REACTIVE else meter.total(measurand, key.location))
    assert meter.forgotten().counts == meter.counts


def test_a_count_without_phase_or_place_is_one_too() -> None:
    """Its phases together, where there is no other total."""
    assert counting(5000, 0, 5100, measurand=REACTIVE).total(REACTIVE) == 5100
    phases = Meter()
    for number, each in enumerate((100.0, 0.0, 200.0)):
        at = NOON + number * MINUTE
        told = [reading(each, REACTIVE, phase, at=at) for phase in ("L1", "L2", "L3")]
        phases = read(*told, at=at, meter=phases)
    assert phases.total(REACTIVE) == 600
    net = counting(5000, 4000, measurand="Energy.Active.Net")
    assert (net.total("Energy.Active.Net"), net.counts) == (4000, {})


def test_a_charger_that_tells_power_alone_counts_nothing() -> None:
    """What was taken is not 0, but unknown."""
    assert read(reading(7000, POWER)).counts_nothing
    assert not read(reading(7000, POWER), reading(5)).counts_nothing
    assert not read(reading(7000, POWER), reading(5, INTERVAL)).counts_nothing
    assert not read(reading(230, VOLTAGE)).counts_nothing


def test_nothing_flows_when_the_transaction_is_over() -> None:
    """Most chargers do not say so, and 7 kW would stay for ever."""
    meter = read(
        reading(7000, POWER), reading(30, CURRENT, "L1"), reading(230, VOLTAGE), reading(32, "Current.Offered")
    )
    rest = meter.at_rest(NOON + MINUTE)
    assert (rest.total(POWER), rest.total(CURRENT)) == (0, 0)
    assert (rest.total(VOLTAGE), rest.total("Current.Offered")) == (230, 32)
    assert Meter().at_rest(NOON) == Meter()


def test_a_meter_of_a_charger_that_was_away_says_nothing_of_now() -> None:
    """What it has counted, and what it measures, stays known."""
    meter = read(reading(5000), reading(7000, POWER)).forgotten()
    assert meter.total(POWER) is None
    assert meter.imported.total == 5000
    assert Key(POWER, "Outlet") in meter.seen
    assert Meter().forgotten() == Meter()


def test_a_broken_charger_cannot_make_up_measurands_without_end() -> None:
    """What no version has is kept, up to a bound; what one has always is."""
    meter = Meter()
    for number in range(100):
        meter = read(reading(1, f"Vendor.{number}"), meter=meter)
    assert len(meter.seen) == 50
    assert read(reading(1, "Vendor.more"), meter=meter) is meter
    assert read(reading(1, "Vendor.0"), reading(1, POWER), meter=meter).total(POWER) == 1


def test_no_readings_are_no_news() -> None:
    """Listeners wake by identity."""
    meter = Meter()
    assert read(meter=meter) is meter
    assert meter.said(None, NOON) is meter


@pytest.mark.parametrize(
    ("after", "want"),
    [
        (counting(5000, 5100), False),
        (counting(5000, 6100), True),
        (counting(5000, 0, 100), True),
        (read(reading(5000), reading(1, POWER)), True),
        (rising(5.1, start=5000, unit="Wh"), True),
    ],
)
def test_what_a_meter_tells_all_the_time_is_not_worth_a_write(after: Meter, *, want: bool) -> None:
    """Readings come every few seconds, and storage wears."""
    before = counting(5000)
    assert is_worth_keeping(before, after if after.seen != before.seen else _as_seen(after, before)) is want


def test_a_count_that_begins_anew_is_worth_a_write() -> None:
    """Else a restart would count it twice; one that goes on is not."""
    before = counting(5000, phase="L1")
    later = NOON + HOUR
    goes_on = read(reading(9000, phase="L1", at=later), at=later, meter=before)
    assert is_worth_keeping(replace(before, imported=goes_on.imported), goes_on) is False
    anew = before
    for number, wh in enumerate((0, 60)):
        at = later + number * MINUTE
        anew = read(reading(wh, phase="L1", at=at), at=at, meter=anew)
    assert is_worth_keeping(replace(before, imported=anew.imported), anew)


def _as_seen(meter: Meter, before: Meter) -> Meter:
    return Meter(readings=meter.readings, seen=before.seen, imported=meter.imported, labels=meter.labels)


def test_a_register_is_read_at_its_own_time() -> None:
    """A rise that no charger could deliver in that time is not believed at once."""
    meter = counting(1000)
    at = NOON + timedelta(seconds=10)
    assert read(reading(90_000_000, at=at), at=at, meter=meter).imported.total == 1000
