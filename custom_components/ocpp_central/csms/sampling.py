"""How a charger is told which readings to tell while somebody charges, and how often.

Knows the configuration keys of 1.6 and the variables of 2.x for that. Must not know when they are to be changed.
"""

from typing import Final

from ..core.commands import TellReadings
from .dialect import Json, Request

_COMPONENT: Final = "SampledDataCtrlr"
_INTERVAL: Final = ("MeterValueSampleInterval", "TxUpdatedInterval")
_MEASURANDS: Final = ("MeterValuesSampledData", "TxUpdatedMeasurands")

NAMES: Final = tuple(f"{key} / {_COMPONENT}.{variable}" for key, variable in (_INTERVAL, _MEASURANDS))
"""What the versions call them, for those who look for them in a charger's manual."""


def change_v16(command: TellReadings) -> Request:
    """Change one of the two keys."""
    (key, _), value = _said(command)
    return Request(action="ChangeConfiguration", payload={"key": key, "value": value})


def change_v2(command: TellReadings) -> Request:
    """Change one of the two variables."""
    (_, variable), value = _said(command)
    change: Json = {
        "component": {"name": _COMPONENT},
        "variable": {"name": variable},
        "attributeValue": value,
    }
    return Request(action="SetVariables", payload={"setVariableData": [change]})


def _said(command: TellReadings) -> tuple[tuple[str, str], str]:
    if command.every is not None:
        return _INTERVAL, str(int(command.every.total_seconds()))
    return _MEASURANDS, ",".join(command.measurands)
