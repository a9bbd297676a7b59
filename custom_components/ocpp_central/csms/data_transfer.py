"""How something is sent that only a charger's vendor defines, in both directions.

Knows DataTransfer. Must not know what any vendor means by it.
"""

from datetime import datetime
from typing import Final

import orjson

from ..core.commands import Outcome
from ..core.events import DataAnswered, DataSent, Verdict
from ..core.orders import TransferData
from .dialect import Json, Request, Route, UnsayableError
from .fields import text

WORDS: Final = {
    "Accepted": Outcome.ACCEPTED,
    "Rejected": Outcome.REJECTED,
    "UnknownMessageId": Outcome.REJECTED,
    "UnknownVendorId": Outcome.REJECTED,
}

_LONGEST_VENDOR: Final = 255
_LONGEST_MESSAGE: Final = 50


def send_v16(order: TransferData) -> Request:
    """1.6 sends text only: whatever else it is goes as JSON."""
    request = send_v2(order)
    if "data" in request.payload and not isinstance(order.data, str):
        request.payload["data"] = orjson.dumps(order.data).decode()
    return request


def send_v2(order: TransferData) -> Request:
    """2.x sends anything. Raises `UnsayableError` for names that are too long."""
    if len(order.vendor) > _LONGEST_VENDOR:
        raise UnsayableError("vendor")
    if len(order.message or "") > _LONGEST_MESSAGE:
        raise UnsayableError("message")
    payload: Json = {"vendorId": order.vendor}
    if order.message is not None:
        payload["messageId"] = order.message
    if order.data is not None:
        payload["data"] = order.data
    return Request(action="DataTransfer", payload=payload)


def answered(answer: Json, now: datetime) -> tuple[DataAnswered, ...]:
    """What came back with the word."""
    return (DataAnswered(data=answer.get("data"), at=now),)


def _sent(payload: Json, now: datetime) -> tuple[DataSent, ...]:
    vendor = text(payload, "vendorId")
    if vendor is None:
        return ()
    return (DataSent(vendor=vendor, message=text(payload, "messageId"), data=payload.get("data"), at=now),)


def _judged(_payload: Json, verdict: Verdict | None, _now: datetime) -> Json:
    return {"status": "Accepted" if verdict is not None and verdict.accepted else "UnknownVendorId"}


ROUTE: Final = Route(read=_sent, reply=_judged)
"""We have agreed on nothing with any vendor; but an automation may have been made for it."""
