"""Frames: text on the wire, values here."""

import contextlib
import json

from hypothesis import example, given, settings, strategies as st
import pytest

from custom_components.ocpp_central.csms.errors import Fault
from custom_components.ocpp_central.csms.frames import (
    Call,
    CallError,
    CallResult,
    CallResultError,
    Frame,
    MalformedFrame,
    Send,
    decode,
    encode,
)

_IDS = st.one_of(st.text(max_size=40), st.integers(min_value=-(2**63), max_value=2**64 - 1))
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(min_value=-(2**63), max_value=2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
_PAYLOADS = st.dictionaries(st.text(), _JSON, max_size=4)
_ERRORS = {"code": st.text(), "description": st.text(), "details": _PAYLOADS}
_FRAMES = st.one_of(
    st.builds(Call, message_id=_IDS, action=st.text(), payload=_PAYLOADS),
    st.builds(CallResult, message_id=_IDS, payload=_PAYLOADS),
    st.builds(CallError, message_id=_IDS, **_ERRORS),
    st.builds(CallResultError, message_id=_IDS, **_ERRORS),
    st.builds(Send, message_id=_IDS, action=st.text(), payload=_PAYLOADS),
)


@settings(deadline=None)
@given(_FRAMES)
def test_what_is_written_is_read_back(frame: Frame) -> None:
    """A frame survives the wire unchanged."""
    assert decode(encode(frame)) == frame


@settings(deadline=None)
@given(st.one_of(st.text(), st.binary(), _JSON.map(json.dumps)))
@example("[" * 100_000)
@example("[" * 1000 + "]" * 1000)
@example('[2,"1","Heartbeat",' + '{"a":' * 900 + "1" + "}" * 900 + "]")
@example("[2," + "9" * 5000 + ',"Heartbeat",{}]')
@example("NaN")
@example("[2,NaN]")
@example('[2,"\\ud800","Heartbeat",{}]')
@example("\ud800")
@example(b"\xff\xfe")
@example(b"")
@example('[{},[],{"a":[]}]')
@example('[2,{"unhashable":[]},["Heartbeat"],{}]')
def test_any_input_is_a_frame_or_malformed(text: str | bytes) -> None:
    """Whatever a charger sends, reading it gives a frame or raises `MalformedFrame`, nothing else."""
    try:
        frame = decode(text)
    except MalformedFrame:
        return
    assert isinstance(frame, Call | CallResult | CallError | CallResultError | Send)


@settings(deadline=None)
@given(st.lists(_JSON, max_size=6))
def test_any_array_is_a_frame_or_malformed(parts: list[object]) -> None:
    """The same for arrays, which come closer to being frames."""
    with contextlib.suppress(MalformedFrame):
        assert encode(decode(json.dumps(parts)))


@pytest.mark.parametrize(
    ("text", "fault", "message_id", "message_type"),
    [
        ("nope", Fault.UNREADABLE, None, None),
        ("{}", Fault.UNREADABLE, None, None),
        ("[]", Fault.UNREADABLE, None, None),
        ("2", Fault.UNREADABLE, None, None),
        ("[2]", Fault.UNREADABLE, None, 2),
        ('["2","1","Heartbeat",{}]', Fault.UNREADABLE, "1", None),
        ('[true,"1","Heartbeat",{}]', Fault.UNREADABLE, "1", None),
        ('[2,null,"Heartbeat",{}]', Fault.UNREADABLE, None, 2),
        ('[2,true,"Heartbeat",{}]', Fault.UNREADABLE, None, 2),
        ('[2,1.5,"Heartbeat",{}]', Fault.UNREADABLE, None, 2),
        ('[2,["1"],"Heartbeat",{}]', Fault.UNREADABLE, None, 2),
        ('[2,"1"]', Fault.UNREADABLE, "1", 2),
        ('[2,"1",["Heartbeat"],{}]', Fault.UNREADABLE, "1", 2),
        ('[2,"1","Heartbeat",[]]', Fault.FORMATION, "1", 2),
        ('[3,"1","nope"]', Fault.FORMATION, "1", 3),
        ("[3]", Fault.UNREADABLE, None, 3),
        ('[6,"1"]', Fault.UNREADABLE, "1", 6),
        ('[9,"1"]', Fault.UNKNOWN_MESSAGE_TYPE, "1", 9),
        ("[9]", Fault.UNKNOWN_MESSAGE_TYPE, None, 9),
    ],
)
def test_malformed_frames_say_what_could_be_read(
    text: str, fault: Fault, message_id: str | None, message_type: int | None
) -> None:
    """Whoever answers a malformed frame learns its fault, its id and its type as far as they are there."""
    with pytest.raises(MalformedFrame) as raised:
        decode(text)
    malformed = raised.value
    assert (malformed.fault, malformed.message_id, malformed.message_type) == (
        fault,
        message_id,
        message_type,
    )


def test_a_version_knows_its_own_message_types_only() -> None:
    """CALLRESULTERROR and SEND are unknown before 2.1, however well formed."""
    with pytest.raises(MalformedFrame) as raised:
        decode('[6,"1","NotifyPeriodicEventStream",{}]', {2, 3, 4})
    assert raised.value.fault is Fault.UNKNOWN_MESSAGE_TYPE


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ('[2,"1","Heartbeat"]', Call(message_id="1", action="Heartbeat", payload={})),
        ('[2,"1","Heartbeat",null]', Call(message_id="1", action="Heartbeat", payload={})),
        ('[2,7,"Heartbeat",{}]', Call(message_id=7, action="Heartbeat", payload={})),
        ('[2,"1","Heartbeat",{},"more"]', Call(message_id="1", action="Heartbeat", payload={})),
        ('[3,"1"]', CallResult(message_id="1", payload={})),
        ('[4,"1"]', CallError(message_id="1", code="", description="", details={})),
        (
            '[4,"1",5,null,[]]',
            CallError(message_id="1", code="", description="", details={}),
        ),
        (
            '[5,"1","GenericError","why",{"a":1}]',
            CallResultError(message_id="1", code="GenericError", description="why", details={"a": 1}),
        ),
    ],
)
def test_frames_whose_meaning_is_plain_are_accepted(text: str, frame: Frame) -> None:
    """Missing payloads, numbers as ids, missing parts of an error: chargers do that, and it harms nobody."""
    assert decode(text) == frame


def test_bytes_are_read_like_text() -> None:
    """A charger that sends binary messages is understood."""
    assert decode(b'[3,"1",{}]') == CallResult(message_id="1", payload={})


def test_what_json_does_not_have_is_refused() -> None:
    """A payload of ours that cannot be written is a TypeError, not half a message."""
    with pytest.raises(TypeError):
        encode(CallResult(message_id="1", payload={"a": {1, 2}}))
