"""The messages that are measured, as a charger sends them.

Knows OCPP 1.6's frames and payloads. Must not know who answers them, nor how they are timed.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import orjson

CALL = 2
CALL_RESULT = 3
CALL_ERROR = 4


class Workload(StrEnum):
    """One kind of message, named for what it makes the server do."""

    HEARTBEAT = "Heartbeat"
    ONE_STATE = "StatusNotification, 1 state"
    TWO_STATES = "StatusNotification, 2 states"
    METER = "MeterValues, 8 values"

    @property
    def writes_states(self) -> bool:
        """Whether a server inside Home Assistant may write states because of it."""
        return self is not Workload.HEARTBEAT


_WORDS = {
    Workload.ONE_STATE: ("SuspendedEV", "SuspendedEVSE"),  # the status alone changes
    Workload.TWO_STATES: ("Available", "Preparing"),  # so does whether a car is plugged in
}

STATUSES = tuple(_WORDS)
"""The messages that tell a status."""

MEASURED = (
    ("Energy.Active.Import.Register", "Wh", None, 100_000),
    ("Power.Active.Import", "W", None, 7_000),
    ("Current.Import", "A", "L1", 10),
    ("Current.Import", "A", "L2", 11),
    ("Current.Import", "A", "L3", 12),
    ("Voltage", "V", "L1", 229),
    ("Voltage", "V", "L2", 230),
    ("Voltage", "V", "L3", 231),
)
"""The eight readings of a MeterValues: measurand, unit, phase, and about which value it changes."""


def call(action: str, payload: dict[str, Any], message_id: int) -> str:
    """A CALL as the text of a WebSocket message."""
    return orjson.dumps([CALL, str(message_id), action, payload]).decode()


def greeting(connectors: int = 1) -> list[tuple[str, dict[str, Any]]]:
    """What a charger with so many connectors tells first."""
    boot = {"chargePointVendor": "Benchmark", "chargePointModel": "One connector"}
    statuses = [_status("Available", connector=connector) for connector in range(connectors + 1)]
    return [("BootNotification", boot), *(("StatusNotification", each) for each in statuses)]


def message(workload: Workload, number: int) -> str:
    """The CALL of this workload with this number; every one tells something else than the one before."""
    match workload:
        case Workload.HEARTBEAT:
            return call("Heartbeat", {}, number)
        case Workload.ONE_STATE | Workload.TWO_STATES:
            return call("StatusNotification", _status(_WORDS[workload][number % 2]), number)
        case Workload.METER:
            return call("MeterValues", _meter_values(number), number)


def _status(word: str, *, connector: int = 1) -> dict[str, Any]:
    return {"connectorId": connector, "errorCode": "NoError", "status": word, "timestamp": _now()}


def _meter_values(number: int) -> dict[str, Any]:
    sampled = []
    for measurand, unit, phase, about in MEASURED:
        sample = {
            "value": f"{about + number % 1000 / 1000:.3f}",
            "context": "Sample.Periodic",
            "measurand": measurand,
            "unit": unit,
        }
        sampled.append(sample if phase is None else sample | {"phase": phase})
    return {"connectorId": 1, "meterValue": [{"timestamp": _now(), "sampledValue": sampled}]}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
