"""Meter values of both generations."""

from datetime import UTC, datetime
from typing import Any

import pytest

from custom_components.ocpp_central.core.events import Reading
from custom_components.ocpp_central.csms.metering import readings_v2, readings_v16, register_at_end, register_at_start

RECEIVED = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
TEN = datetime(2026, 3, 1, 10, 0, 0, tzinfo=UTC)


def metered(*samples: dict[str, Any], at: str = "2026-03-01T10:00:00Z") -> list[dict[str, Any]]:
    """One meter value with these samples."""
    return [{"timestamp": at, "sampledValue": list(samples)}]


def plain(value: float, **changed: object) -> Reading:
    """What a sample without any optional field means."""
    fields: dict[str, Any] = {
        "measurand": "Energy.Active.Import.Register",
        "unit": "Wh",
        "phase": None,
        "location": "Outlet",
        "context": "Sample.Periodic",
        "at": TEN,
    }
    return Reading(value=value, **(fields | changed))


@pytest.mark.parametrize(
    ("sample", "want"),
    [
        ({"value": "1500"}, plain(1500.0)),
        ({"value": " 1.5e3 "}, plain(1500.0)),
        ({"value": "-2.25", "unit": "kWh"}, plain(-2.25, unit="kWh")),
        ({"value": "1", "measurand": "", "unit": "", "context": "", "location": ""}, plain(1.0)),
        (
            {"value": "16", "measurand": "Current.Import"},
            plain(16.0, measurand="Current.Import", unit=None),
        ),
        (
            {"value": "1", "measurand": "Vendor.Thing"},
            plain(1.0, measurand="Vendor.Thing", unit=None),
        ),
        (
            {"value": "7", "measurand": "Energy.Active.Export.Register"},
            plain(7.0, measurand="Energy.Active.Export.Register"),
        ),
        (
            {"value": "21", "measurand": "Temperature", "unit": "Celcius", "location": "Body"},
            plain(21.0, measurand="Temperature", unit="Celsius", location="Body"),
        ),
        (
            {
                "value": "230.1",
                "measurand": "Voltage",
                "unit": "V",
                "phase": "L1-N",
                "context": "Trigger",
            },
            plain(230.1, measurand="Voltage", unit="V", phase="L1-N", context="Trigger"),
        ),
        ({"value": "5", "format": "Raw"}, plain(5.0)),
    ],
)
def test_a_sample_of_16_means_what_the_standard_says(sample: dict[str, Any], want: Reading) -> None:
    """SampledValue of 1.6 fills in what a sample leaves out."""
    assert readings_v16(metered(sample), RECEIVED) == (want,)


@pytest.mark.parametrize(
    "sample",
    [
        {"value": "NaN"},
        {"value": "inf"},
        {"value": ""},
        {"value": "1,5"},
        {"value": "1_000"},
        {"value": "OCMF|{}"},
        {"value": "1234567", "format": "SignedData"},
        {"value": "9" * 400},
        {"value": True},
        {"value": None},
        {"value": ["1"]},
        {},
    ],
)
def test_a_sample_of_16_that_is_no_number_is_left_out(sample: dict[str, Any]) -> None:
    """Its neighbours still count."""
    assert readings_v16(metered(sample, {"value": "1"}), RECEIVED) == (plain(1.0),)


@pytest.mark.parametrize(
    ("sample", "want"),
    [
        ({"value": 1500}, plain(1500.0)),
        ({"value": 1.5, "unitOfMeasure": {}}, plain(1.5)),
        ({"value": 1.5, "unitOfMeasure": None}, plain(1.5)),
        ({"value": 1.5, "unitOfMeasure": {"unit": "kWh"}}, plain(1.5, unit="kWh")),
        ({"value": 2, "unitOfMeasure": {"unit": "Wh", "multiplier": 3}}, plain(2000.0)),
        ({"value": 213, "unitOfMeasure": {"multiplier": -1}}, plain(21.3)),
        ({"value": 2, "unitOfMeasure": {"multiplier": 3.0}}, plain(2000.0)),
        ({"value": 2, "unitOfMeasure": {"multiplier": "3"}}, plain(2.0)),
        (
            {
                "value": 11,
                "measurand": "Power.Active.Import",
                "unitOfMeasure": {"unit": "W", "multiplier": 3},
            },
            plain(11000.0, measurand="Power.Active.Import", unit="W"),
        ),
        ({"value": 50, "measurand": "SoC"}, plain(50.0, measurand="SoC", unit=None)),
        (
            {"value": 3, "signedMeterValue": {"signedMeterData": "eA=="}, "location": "Upstream"},
            plain(3.0, location="Upstream"),
        ),
    ],
)
def test_a_sample_of_2_means_what_the_standard_says(sample: dict[str, Any], want: Reading) -> None:
    """SampledValueType fills in what a sample leaves out; the multiplier is applied, the unit stays."""
    assert readings_v2(metered(sample), RECEIVED) == (want,)


@pytest.mark.parametrize(
    "sample",
    [
        {"value": 10**400},
        {"value": 1, "unitOfMeasure": {"multiplier": 400}},
        {"value": 1, "unitOfMeasure": {"multiplier": -400}},
        {"value": 1e300, "unitOfMeasure": {"multiplier": 300}},
        {"value": None},
    ],
)
def test_a_value_of_2_that_no_number_can_hold_is_left_out(sample: dict[str, Any]) -> None:
    """Its neighbours still count."""
    assert readings_v2(metered(sample, {"value": 1}), RECEIVED) == (plain(1.0),)


@pytest.mark.parametrize("field", ["measurand", "phase", "location", "context", "unit"])
def test_a_sample_with_a_word_without_end_is_left_out(field: str) -> None:
    """It would be the name of a sensor; and each is kept."""
    samples = [{"value": "1", field: "x" * 101}, {"value": "2", field: "x" * 100}]
    assert [reading.value for reading in readings_v16(metered(*samples), RECEIVED)] == [2.0]
    of_v2 = [{"value": 1, "unitOfMeasure": {field: "x" * 101}} if field == "unit" else {"value": 1, field: "x" * 101}]
    assert readings_v2(metered(*of_v2), RECEIVED) == ()


SIGNED = {"signedMeterValue": {"signedMeterData": "eA=="}}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("apart", [False, True])
def test_a_signed_sample_yields_to_a_plain_one_of_the_same(order: tuple[int, int], apart: bool) -> None:
    """KEBA's P30 tells both of one register, the signed one in kWh without saying so, and a split second before."""
    samples: list[dict[str, Any]] = [
        {"value": 2133854.3, "unitOfMeasure": {"unit": "Wh"}},
        {"value": 2133.8543} | SIGNED,
    ]
    ordered = [samples[each] for each in order]
    told = [each for sample in ordered for each in metered(sample)] if apart else metered(*ordered)
    assert readings_v2(told, RECEIVED) == (plain(2133854.3),)


@pytest.mark.parametrize(
    "other", [{"context": "Transaction.End"}, {"phase": "L1"}, {"location": "Inlet"}, {"measurand": "SoC"}]
)
def test_a_signed_sample_counts_where_no_plain_one_says_the_same(other: dict[str, Any]) -> None:
    """In its place among the others."""
    told = metered({"value": 2.0} | SIGNED, {"value": 1.0} | other)
    assert [reading.value for reading in readings_v2(told, RECEIVED)] == [2.0, 1.0]


def test_each_reading_has_the_time_of_its_meter_value() -> None:
    """In the order of the message; an unreadable time is the time of reception."""
    told = metered({"value": "1"}) + metered({"value": "2"}, at="soon")
    assert readings_v16(told, RECEIVED) == (plain(1.0), plain(2.0, at=RECEIVED))


def test_a_meter_value_that_holds_no_samples_does_no_harm() -> None:
    """Not a list, or a list of something else."""
    told: list[dict[str, Any]] = [{"sampledValue": "none"}, {"sampledValue": [1, None]}, {}]
    assert readings_v16(told, RECEIVED) == ()


@pytest.mark.parametrize(
    ("reading", "want"),
    [
        (plain(1500.0, context="Transaction.Begin"), 1500.0),
        (plain(1.5, unit="kWh", context="Transaction.Begin"), 1500.0),
        (plain(1.5, unit="MJ", context="Transaction.Begin"), None),
        (plain(1500.0, context="Transaction.Begin", phase="L1"), 9.0),
        (plain(1500.0), 9.0),
        (plain(1500.0, context="Transaction.Begin", measurand="Energy.Active.Net"), 9.0),
    ],
)
def test_the_register_at_the_start_is_the_total_that_was_read_then(reading: Reading, want: float | None) -> None:
    """Where none says so, the first; one phase, or another measurand, is not the register."""
    assert register_at_start([plain(9.0), reading]) == want


def test_the_register_at_the_end_is_the_total_that_was_read_then() -> None:
    """Where none says so, the last."""
    assert register_at_end([plain(9.0, context="Transaction.End"), plain(8.0)]) == 9.0
    assert register_at_end([plain(8.0), plain(9.0)]) == 9.0
    assert register_at_end([plain(8.0, phase="L1")]) is None
