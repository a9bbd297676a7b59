"""How a charger is told to do what somebody wants now, and what its words for that mean.

Knows the messages of 1.6 and of 2.x for these orders. Must not know who gives them, nor what follows.
"""

from collections.abc import Mapping
from typing import Final

from ..core.commands import Outcome
from ..core.orders import (
    AskForPhases,
    ChangeAvailability,
    ChangeConfiguration,
    ClearCache,
    ClearLimit,
    Order,
    ReadConfiguration,
    Reset,
    SetLimit,
    TransferData,
    TriggerMessage,
    Unlock,
    UpdateFirmware,
    UploadDiagnostics,
)
from . import data_transfer, inventory, limits, maintenance
from .dialect import Json, Request, UnsayableError, Version

_TRIGGERS: Final[Mapping[Version, frozenset[str]]] = {
    Version.V16: frozenset(
        {
            "BootNotification",
            "DiagnosticsStatusNotification",
            "FirmwareStatusNotification",
            "Heartbeat",
            "MeterValues",
            "StatusNotification",
        }
    ),
    Version.V201: (
        _OF_V2 := frozenset(
            {
                "BootNotification",
                "FirmwareStatusNotification",
                "Heartbeat",
                "LogStatusNotification",
                "MeterValues",
                "PublishFirmwareStatusNotification",
                "SignChargingStationCertificate",
                "SignCombinedCertificate",
                "SignV2GCertificate",
                "StatusNotification",
                "TransactionEvent",
            }
        )
    ),
    Version.V21: _OF_V2 | {"SignV2G20Certificate"},
}
"""What can be triggered. 2.1 can also trigger what a vendor has defined."""

_LONGEST_CUSTOM: Final = 50
"""Characters."""

_EXTENDED: Final = frozenset({"LogStatusNotification", "SignChargePointCertificate"})
"""What 1.6 can trigger only with its security extension."""

_FIRST_CONNECTOR: Final = 1
_WHOLE_CHARGER: Final = 0

_OPERATIVE: Final = {True: "Operative", False: "Inoperative"}

_REFUSALS: Final = {
    "Failed": Outcome.REJECTED,
    "NotImplemented": Outcome.NOT_IMPLEMENTED,
    "NotSupported": Outcome.NOT_IMPLEMENTED,
    "Rejected": Outcome.REJECTED,
}
"""Words that say no in any answer: chargers confuse which of them belongs to which."""

_PLAIN: Final = _REFUSALS | {"Accepted": Outcome.ACCEPTED}

WORDS: Final[Mapping[type, Mapping[str, Outcome]]] = {
    Unlock: _REFUSALS
    | {
        "Unlocked": Outcome.ACCEPTED,
        "UnlockFailed": Outcome.REJECTED,
        "OngoingAuthorizedTransaction": Outcome.REJECTED,
        "UnknownConnector": Outcome.REJECTED,
    },
    Reset: _PLAIN | {"Scheduled": Outcome.SCHEDULED},
    ChangeAvailability: _PLAIN | {"Scheduled": Outcome.SCHEDULED},
    ClearCache: _PLAIN,
    SetLimit: _PLAIN,
    TransferData: data_transfer.WORDS,
    # There is none: that is what was wanted.
    ClearLimit: _PLAIN | {"Unknown": Outcome.ACCEPTED},
    TriggerMessage: _PLAIN,
}
"""What a charger's answer means, by the order."""


type Plain = Unlock | Reset | ClearCache | TriggerMessage | ChangeAvailability
"""The orders that need little more than a word."""


def request_v16(order: Order, transaction: int | None = None) -> Request:
    """The order in the words of 1.6. `transaction`: its number, where it is about one. Raises `UnsayableError`."""
    match order:
        case SetLimit():
            return limits.set_v16(order, transaction)
        case ClearLimit():
            return limits.clear_v16(order)
        case AskForPhases():
            return limits.phases_v16(order)
        case ReadConfiguration():
            return inventory.read_v16(order)
        case ChangeConfiguration():
            return inventory.change_v16(order)
        case TransferData():
            return data_transfer.send_v16(order)
        case UpdateFirmware():
            return maintenance.update_v16(order)
        case UploadDiagnostics():
            return maintenance.upload_v16(order)
        case _:
            return _plain_v16(order)


def request_v2(order: Order, version: Version) -> Request:
    """The order in the words of a version of 2.x. Raises `UnsayableError` where it has none."""
    match order:
        case SetLimit():
            return limits.set_v2(order)
        case ClearLimit():
            return limits.clear_v2(order)
        case AskForPhases():
            return limits.phases_v2(order)
        case ReadConfiguration():
            return inventory.read_v2(order)
        case ChangeConfiguration():
            return inventory.change_v2(order)
        case TransferData():
            return data_transfer.send_v2(order)
        case UpdateFirmware():
            return maintenance.update_v2(order)
        case UploadDiagnostics():
            return maintenance.upload_v2(order, version)
        case _:
            return _plain_v2(order, version)


def _plain_v16(order: Plain) -> Request:
    match order:
        case Unlock():
            return Request(action="UnlockConnector", payload={"connectorId": order.evse})
        case Reset():
            if order.evse is not None:
                raise UnsayableError("evse")
            return Request(action="Reset", payload={"type": "Hard" if order.hard else "Soft"})
        case ClearCache():
            return Request(action="ClearCache", payload={})
        case TriggerMessage():
            where: Json = {} if order.evse is None else {"connectorId": order.evse}
            action = "ExtendedTriggerMessage" if order.message in _EXTENDED else "TriggerMessage"
            _check(order, _TRIGGERS[Version.V16] | _EXTENDED)
            return Request(action=action, payload={"requestedMessage": order.message} | where)
        case ChangeAvailability():
            connector = _WHOLE_CHARGER if order.evse is None else order.evse
            return Request(
                action="ChangeAvailability", payload={"connectorId": connector, "type": _OPERATIVE[order.available]}
            )


def _plain_v2(order: Plain, version: Version) -> Request:
    match order:
        case Unlock():
            return Request(action="UnlockConnector", payload={"evseId": order.evse, "connectorId": order.connector})
        case Reset():
            where: Json = {} if order.evse is None else {"evseId": order.evse}
            return Request(action="Reset", payload={"type": "Immediate" if order.hard else "OnIdle"} | where)
        case ClearCache():
            return Request(action="ClearCache", payload={})
        case TriggerMessage():
            return Request(action="TriggerMessage", payload=_triggered(order, version) | _triggered_at(order))
        case ChangeAvailability():
            evse: Json = {} if order.evse is None else {"evse": {"id": order.evse}}
            return Request(
                action="ChangeAvailability", payload={"operationalStatus": _OPERATIVE[order.available]} | evse
            )


def _triggered(order: TriggerMessage, version: Version) -> Json:
    """2.1 has room for what a vendor has defined."""
    if order.custom and version is Version.V21 and len(order.message) <= _LONGEST_CUSTOM:
        return {"requestedMessage": "CustomTrigger", "customTrigger": order.message}
    _check(order, _TRIGGERS[version])
    return {"requestedMessage": order.message}


def _triggered_at(order: TriggerMessage) -> Json:
    if order.evse is None:
        return {}
    evse: Json = {"id": order.evse}
    # F06.FR.12 and .13: a charger may refuse where the connector is not named.
    if order.message == "StatusNotification":
        evse["connectorId"] = order.connector or _FIRST_CONNECTOR
    return {"evse": evse}


def _check(order: TriggerMessage, known: frozenset[str]) -> None:
    if order.custom or order.message not in known:
        raise UnsayableError("custom" if order.custom else "message")
