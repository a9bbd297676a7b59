"""Messages that are nearly JSON, as chargers were seen to send them (docs/quirks.md)."""

import contextlib
import time

from hypothesis import given, strategies as st
import orjson
import pytest

from custom_components.ocpp_central.csms.broken_json import mended


@pytest.mark.parametrize(
    ("message", "meant", "mistake"),
    [
        (
            '[3,"1",{"configurationKey":[]',
            [3, "1", {"configurationKey": []}],
            "brackets that are not closed",
        ),
        (
            '[3,"1",{"configurationKey":],"unknownKey":["A"]}]',
            [3, "1", {"configurationKey": [], "unknownKey": ["A"]}],
            "a key without a value",
        ),
        (
            '[2,"1","MeterValues",{"connectorId":1,"transactionId":,"meterValue":[]}]',
            [2, "1", "MeterValues", {"connectorId": 1, "transactionId": None, "meterValue": []}],
            "a key without a value",
        ),
        ('[2,"1","Heartbeat",{"info": }]', [2, "1", "Heartbeat", {"info": None}], "a key without a value"),
        (
            '[2,"1","MeterValues",{"meterValue":[{"sampledValue":[,{"value":"1"}]}]}]',
            [2, "1", "MeterValues", {"meterValue": [{"sampledValue": [{"value": "1"}]}]}],
            "a comma too many",
        ),
        ('[2,"1",,"Heartbeat",{"a":[1,,2 , ],},]', [2, "1", "Heartbeat", {"a": [1, 2]}], "a comma too many"),
        ('[3,"1",{"value":"Core\x00\x00"}]', [3, "1", {"value": "Core"}], "control characters"),
        ('[2,"1","Heartbeat",{}]\x00', [2, "1", "Heartbeat", {}], "control characters"),
        ('\ufeff[2,"1","Heartbeat",{}]', [2, "1", "Heartbeat", {}], "a byte order mark"),
        (b'[3,"1",{"value":"K\xfcche"}]', [3, "1", {"value": "K\ufffdche"}], "bytes that are no UTF-8"),
    ],
)
def test_what_is_meant_is_read(message: str | bytes, meant: object, mistake: str) -> None:
    """Nothing is guessed, and the mistake has a name."""
    better = mended(message)
    assert better is not None
    assert orjson.loads(better.text) == meant
    assert better.mistakes == (mistake,)


def test_several_mistakes_are_all_mended() -> None:
    """In their order."""
    better = mended(b'\xef\xbb\xbf[3,"1",{"a":,"b":"\x01"}')
    assert better is not None
    assert orjson.loads(better.text) == [3, "1", {"a": None, "b": ""}]
    assert len(better.mistakes) == 4


def test_a_comma_after_a_gap_belongs_to_it() -> None:
    """One mistake may bring another."""
    better = mended('[2,"1","Heartbeat",{"a":,}]')
    assert better is not None
    assert orjson.loads(better.text)[3] == {"a": None}


def test_texts_in_quotes_stay_as_they_are() -> None:
    """What looks like a mistake is none in there."""
    better = mended(r'[2,"1","DataTransfer",{"data":"{\"a\":,[,{"}')
    assert better is not None
    assert orjson.loads(better.text)[3] == {"data": '{"a":,[,{'}


@pytest.mark.parametrize(
    "message",
    [
        "",
        "nope",
        '[2,"1","StopTransaction",{"meterStop":12',
        '[2,"1","Heartbeat","cut o',
        '[2,"1"]]',
        "[" * 2**17 + "]",
    ],
)
def test_what_may_be_cut_off_is_not_completed(message: str) -> None:
    """12 may be the beginning of 1234. What is endless is not looked at."""
    assert mended(message) is None


@given(st.text(alphabet='[]{}":,\\\x00\ufeff 1a', max_size=60) | st.binary(max_size=40))
def test_no_message_is_too_broken(message: str | bytes) -> None:
    """Mending never raises, and once is enough."""
    better = mended(message)
    if better is not None:
        with contextlib.suppress(orjson.JSONDecodeError):
            orjson.loads(better.text)
        assert mended(better.text) is None


@pytest.mark.parametrize("unit", ['"\\', '"', '["\\""', "[", ": ", "\x00"])
def test_mending_takes_no_time(unit: str) -> None:
    """The longest message that is mended must not hold up everybody else."""
    message = (unit * 2**16)[: 2**16]
    begun = time.perf_counter()
    mended(message)
    assert time.perf_counter() - begun < 0.2  # a hundred times less than a pattern that tries every beginning
