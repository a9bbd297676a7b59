"""OCPP-J's frames: text on the wire, values here.

Knows the five kinds of message and their places in a JSON array. Must not know actions, payloads or sessions.
"""

from collections.abc import Container
from dataclasses import dataclass
from typing import Any, Final, override

import orjson

from .dialect import Json
from .errors import Fault

type MessageId = str | int
"""OCPP wants a string; a charger that counts in numbers is answered with the same number."""

CALL: Final = 2
CALL_RESULT: Final = 3
CALL_ERROR: Final = 4
CALL_RESULT_ERROR: Final = 5
SEND: Final = 6
MESSAGE_TYPES: Final = frozenset({CALL, CALL_RESULT, CALL_ERROR, CALL_RESULT_ERROR, SEND})


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request that wants an answer."""

    message_id: MessageId
    action: str
    payload: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class CallResult:
    """The answer to the call with this id."""

    message_id: MessageId
    payload: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class CallError:
    """The refusal of the call with this id; `code` is as the sender spelled it and may be empty."""

    message_id: MessageId
    code: str
    description: str
    details: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class CallResultError:
    """The sender could not use our answer to its call with this id (2.1)."""

    message_id: MessageId
    code: str
    description: str
    details: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """A message that wants no answer (2.1)."""

    message_id: MessageId
    action: str
    payload: Json


type Frame = Call | CallResult | CallError | CallResultError | Send


class MalformedFrame(Exception):
    """Text that is no frame. `message_id` and `message_type` are None where they could not be read."""

    def __init__(self, fault: Fault, message_id: MessageId | None = None, message_type: int | None = None) -> None:
        """Remember what is wrong and what could be read."""
        super().__init__(fault)
        self.fault = fault
        self.message_id = message_id
        self.message_type = message_type

    @override
    def __str__(self) -> str:
        return self.fault.value


class NoJson(MalformedFrame):
    """Text that is not even JSON."""

    def __init__(self) -> None:
        """Nothing could be read."""
        super().__init__(Fault.UNREADABLE)


def decode(text: str | bytes, message_types: Container[int] = MESSAGE_TYPES) -> Frame:
    """Read one WebSocket message.

    `message_types`: those that the version of the connection defines. A missing or null payload is an empty one
    (OCPP-J 1.6 section 4.2.1 allows null), missing parts of an error are empty, further array items are ignored.
    Raises `MalformedFrame`, and nothing else, for whatever is no frame; `NoJson` if the text could be mended.
    """
    try:
        parts = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise NoJson from None
    if not isinstance(parts, list) or not parts:
        raise MalformedFrame(Fault.UNREADABLE)
    message_type, message_id = _message_type(parts), _message_id(parts)
    if message_type is not None and message_type not in message_types:
        raise MalformedFrame(Fault.UNKNOWN_MESSAGE_TYPE, message_id, message_type)
    if message_type is None or message_id is None:
        raise MalformedFrame(Fault.UNREADABLE, message_id, message_type)
    match message_type:
        case 2:
            action, payload = _request(parts, message_id, message_type)
            return Call(message_id=message_id, action=action, payload=payload)
        case 3:
            payload = _payload(parts, 2, message_id, message_type)
            return CallResult(message_id=message_id, payload=payload)
        case 4:
            code, description, details = _error(parts)
            return CallError(message_id=message_id, code=code, description=description, details=details)
        case 5:
            code, description, details = _error(parts)
            return CallResultError(message_id=message_id, code=code, description=description, details=details)
        case _:
            action, payload = _request(parts, message_id, message_type)
            return Send(message_id=message_id, action=action, payload=payload)


def encode(frame: Frame) -> str:
    """Write a frame as the text of one WebSocket message.

    Raises TypeError for a payload with values that JSON does not have.
    """
    parts: list[Any]
    match frame:
        case CallResult():
            parts = [CALL_RESULT, frame.message_id, frame.payload]
        case Call():
            parts = [CALL, frame.message_id, frame.action, frame.payload]
        case CallError():
            parts = [CALL_ERROR, frame.message_id, frame.code, frame.description, frame.details]
        case CallResultError():
            parts = [
                CALL_RESULT_ERROR,
                frame.message_id,
                frame.code,
                frame.description,
                frame.details,
            ]
        case _:
            parts = [SEND, frame.message_id, frame.action, frame.payload]
    return orjson.dumps(parts).decode()


def _message_type(parts: list[Any]) -> int | None:
    return parts[0] if type(parts[0]) is int else None


def _message_id(parts: list[Any]) -> MessageId | None:
    # `type`, because JSON's true is an int to isinstance
    return parts[1] if len(parts) > 1 and type(parts[1]) in {str, int} else None


def _request(parts: list[Any], message_id: MessageId, message_type: int) -> tuple[str, Json]:
    if len(parts) <= 2 or not isinstance(parts[2], str):  # noqa: PLR2004 - the place of the action
        raise MalformedFrame(Fault.UNREADABLE, message_id, message_type)
    return parts[2], _payload(parts, 3, message_id, message_type)


def _payload(parts: list[Any], place: int, message_id: MessageId, message_type: int) -> Json:
    payload = parts[place] if len(parts) > place else None
    if payload is None:
        return {}
    if not isinstance(payload, dict):
        raise MalformedFrame(Fault.FORMATION, message_id, message_type)
    return payload


def _error(parts: list[Any]) -> tuple[str, str, Json]:
    code, description, details = (*parts[2:5], None, None, None)[:3]
    return (
        code if isinstance(code, str) else "",
        description if isinstance(description, str) else "",
        details if isinstance(details, dict) else {},
    )
