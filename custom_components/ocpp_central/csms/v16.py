"""OCPP 1.6J with its security extension, between the wire and the core.

Knows the actions, fields and words of 1.6. Must not know other versions, nor keep anything between messages.

In 1.6 every connector serves a car of its own: connector n is EVSE n with the only connector 1, and connector 0 is the
charger as a whole.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from ..core.commands import (
    AskForAbilities,
    AskForListLimits,
    AskForListVersion,
    AskForSettings,
    AskForStatus,
    AskToBoot,
    ChangeSetting,
    Command,
    DropHold,
    PlaceHold,
    SendList,
    StartTransaction,
    StopTransaction,
    TellReadings,
    Upkeep,
)
from ..core.events import (
    Authorizing,
    Booted,
    ConnectorStatus,
    Ended,
    Event,
    Metered,
    Standing,
    Started,
    StatusChanged,
    TransactionId,
    Verdict,
)
from ..core.faults import ErrorCode, Fault
from ..core.orders import (
    ChangeAvailability,
    ChangeConfiguration,
    ClearCache,
    ClearLimit,
    ReadConfiguration,
    Reset,
    SetLimit,
    TransferData,
    TriggerMessage,
    Unlock,
    UpdateFirmware,
    UploadDiagnostics,
)
from ..core.token import IdToken
from . import alike, capabilities, data_transfer, inventory, limits, local_lists, orders, sampling, settings, times
from .dialect import Dialect, Json, Request, Route, Version
from .fields import parts, positive, shown, text, whole
from .metering import readings_v16

_WHOLE_CHARGER = 0
_ONLY_CONNECTOR = 1
_TOKEN_LENGTH = 20

_NO_TRANSACTION = 0
"""For a start that nobody gave an id; the field is required even then."""

_STATUSES = {
    "Available": ConnectorStatus.AVAILABLE,
    "Preparing": ConnectorStatus.PREPARING,
    "Charging": ConnectorStatus.CHARGING,
    "SuspendedEV": ConnectorStatus.SUSPENDED_EV,
    "SuspendedEVSE": ConnectorStatus.SUSPENDED_EVSE,
    "Finishing": ConnectorStatus.FINISHING,
    "Reserved": ConnectorStatus.RESERVED,
    "Unavailable": ConnectorStatus.OUT_OF_SERVICE,
    "Faulted": ConnectorStatus.FAULTED,
}

_NO_ERROR = "NoError"
_ERROR_CODES = {
    "ConnectorLockFailure": ErrorCode.CONNECTOR_LOCK_FAILURE,
    "EVCommunicationError": ErrorCode.EV_COMMUNICATION_ERROR,
    "GroundFailure": ErrorCode.GROUND_FAILURE,
    "HighTemperature": ErrorCode.HIGH_TEMPERATURE,
    "InternalError": ErrorCode.INTERNAL_ERROR,
    "LocalListConflict": ErrorCode.LOCAL_LIST_CONFLICT,
    "OtherError": ErrorCode.OTHER_ERROR,
    "OverCurrentFailure": ErrorCode.OVER_CURRENT_FAILURE,
    "OverVoltage": ErrorCode.OVER_VOLTAGE,
    "PowerMeterFailure": ErrorCode.POWER_METER_FAILURE,
    "PowerSwitchFailure": ErrorCode.POWER_SWITCH_FAILURE,
    "ReaderFailure": ErrorCode.READER_FAILURE,
    "ResetFailure": ErrorCode.RESET_FAILURE,
    "UnderVoltage": ErrorCode.UNDER_VOLTAGE,
    "WeakSignal": ErrorCode.WEAK_SIGNAL,
}

_ABOUT_CARDS = {ErrorCode.LOCAL_LIST_CONFLICT, ErrorCode.READER_FAILURE}
"""What a charger adds to these may be the number of a card, which is shown to nobody."""

_STANDINGS = {
    Standing.ACCEPTED: "Accepted",
    Standing.UNKNOWN: "Invalid",
    Standing.BLOCKED: "Blocked",
    Standing.EXPIRED: "Expired",
    Standing.NOT_YET_VALID: "Blocked",
    Standing.CONCURRENT: "ConcurrentTx",
    Standing.RESERVED_FOR_OTHERS: "Blocked",
}


def _booted(payload: Json, now: datetime) -> tuple[Event, ...]:
    return (
        Booted(
            vendor=text(payload, "chargePointVendor"),
            model=text(payload, "chargePointModel"),
            serial=text(payload, "chargePointSerialNumber") or text(payload, "chargeBoxSerialNumber"),
            firmware=text(payload, "firmwareVersion"),
            at=now,
        ),
    )


def _status_changed(payload: Json, now: datetime) -> tuple[Event, ...]:
    connector = whole(payload, "connectorId")
    status = _STATUSES.get(text(payload, "status") or "")
    if status is None or connector is None or connector < _WHOLE_CHARGER:
        return ()
    return (
        StatusChanged(
            evse=connector or None,
            connector=_ONLY_CONNECTOR if connector else _WHOLE_CHARGER,
            status=status,
            fault=_fault(payload, status),
            at=times.read(payload.get("timestamp"), now),
            received=now,
        ),
    )


def _fault(payload: Json, status: ConnectorStatus) -> Fault | None:
    """What is wrong. Some chargers fill in the vendor's fields all the time, so without an error they say nothing."""
    word = shown(text(payload, "errorCode"))
    is_told = word is not None and word != _NO_ERROR
    if not is_told and status is not ConnectorStatus.FAULTED:
        return None
    code = _ERROR_CODES.get(word, word) if word is not None and is_told else None
    fault = Fault(
        code=code,
        vendor_code=shown(text(payload, "vendorErrorCode")),
        info=None if code in _ABOUT_CARDS else shown(text(payload, "info")),
    )
    return fault if any(fault) else None


def _metered(payload: Json, now: datetime) -> tuple[Event, ...]:
    readings = readings_v16(parts(payload, "meterValue"), now)
    if not readings:
        return ()
    transaction = positive(payload, "transactionId")
    return (
        Metered(
            evse=positive(payload, "connectorId"),
            transaction=None if transaction is None else str(transaction),
            readings=readings,
            at=readings[-1].at,
            received=now,
        ),
    )


def _authorizing(payload: Json, now: datetime) -> tuple[Event, ...]:
    token = _token(payload)
    return () if token is None else (Authorizing(token=token, at=now),)


def _authorized(_payload: Json, verdict: Verdict | None, _now: datetime) -> Json:
    return {"idTagInfo": _id_tag_info(verdict)}


def _started(payload: Json, now: datetime) -> tuple[Event, ...]:
    evse, token = positive(payload, "connectorId"), _token(payload)
    return (
        Started(
            transaction=None,
            evse=evse,
            connector=None if evse is None else _ONLY_CONNECTOR,
            token=token,
            anonymous=token is None,
            hold=positive(payload, "reservationId"),
            meter_wh=_meter_wh(payload, "meterStart"),
            at=times.read(payload.get("timestamp"), now),
            received=now,
        ),
    )


def _start_judged(_payload: Json, verdict: Verdict | None, _now: datetime) -> Json:
    # Always an answer, or the charger tells the start again and again.
    transaction = verdict.transaction if verdict is not None else None
    return {
        "transactionId": _NO_TRANSACTION if transaction is None else int(transaction),
        "idTagInfo": _id_tag_info(verdict),
    }


def _ended(payload: Json, now: datetime) -> tuple[Event, ...]:
    transaction = whole(payload, "transactionId")
    if transaction is None:
        return ()
    reason = text(payload, "reason")
    return (
        Ended(
            transaction=str(transaction),
            token=_token(payload),
            meter_wh=_meter_wh(payload, "meterStop"),
            reason=None if reason == "Local" else reason,
            readings=readings_v16(parts(payload, "transactionData"), now),
            at=times.read(payload.get("timestamp"), now),
            received=now,
        ),
    )


def _end_judged(payload: Json, verdict: Verdict | None, _now: datetime) -> Json:
    return {} if _token(payload) is None else {"idTagInfo": _id_tag_info(verdict)}


def _token(payload: Json) -> IdToken | None:
    """Whose tag it is; chargers that identify nobody send an empty one."""
    tag = text(payload, "idTag")
    return None if tag is None else IdToken(value=tag)


def _meter_wh(payload: Json, key: str) -> float | None:
    register = whole(payload, key)
    return None if register is None else float(register)


def _id_tag_info(verdict: Verdict | None) -> Json:
    """No `expiryDate`: in 1.6 that is when the tag itself expires, not how long the answer may be kept."""
    if verdict is None:
        return {"status": "Invalid"}
    info: Json = {"status": _STANDINGS[verdict.standing]}
    # A group that 1.6 cannot spell is left out: the charger then asks us about each of its members.
    if verdict.group is not None and len(verdict.group) <= _TOKEN_LENGTH:
        info["parentIdTag"] = verdict.group
    return info


def _number_of(transaction: TransactionId) -> int:
    """The transaction's number; one that began when the charger spoke 2.x has none, and the charger will say so."""
    return int(transaction) if transaction.isdecimal() else _NO_TRANSACTION


def _always(_payload: Json) -> bool:
    return True


def _reserve_now(command: PlaceHold) -> Request:
    payload: Json = {
        "connectorId": _WHOLE_CHARGER if command.evse is None else command.evse,
        "expiryDate": times.write(command.until),
        "idTag": command.token.value,
        "reservationId": command.hold,
    }
    if command.group is not None:
        payload["parentIdTag"] = command.group
    return Request(action="ReserveNow", payload=payload)


_ROUTES: Mapping[str, Route] = {
    "Authorize": Route(read=_authorizing, reply=_authorized),
    "BootNotification": Route(read=_booted, reply=alike.booted),
    "DataTransfer": data_transfer.ROUTE,
    "DiagnosticsStatusNotification": alike.UPLOAD_PROGRESS,
    "FirmwareStatusNotification": alike.FIRMWARE_PROGRESS,
    "Heartbeat": alike.HEARTBEAT,
    "LogStatusNotification": alike.UPLOAD_PROGRESS,
    "MeterValues": Route(read=_metered, reply=alike.nothing_to_say),
    "SecurityEventNotification": alike.SECURITY,
    "SignCertificate": alike.REFUSED,
    "SignedFirmwareStatusNotification": alike.FIRMWARE_PROGRESS,
    "StartTransaction": Route(read=_started, reply=_start_judged, durable=_always),
    "StatusNotification": Route(read=_status_changed, reply=alike.nothing_to_say),
    "StopTransaction": Route(read=_ended, reply=_end_judged, durable=_always),
}


def _upkeep(command: Upkeep) -> Request:
    match command:
        case AskForAbilities():
            return capabilities.request_v16()
        case AskForSettings():
            return settings.request_v16()
        case ChangeSetting():
            return settings.change_v16(command)
        case TellReadings():
            return sampling.change_v16(command)
        case AskForListLimits():
            return local_lists.LIMITS_V16
        case AskForListVersion():
            return local_lists.VERSION
        case SendList():
            return local_lists.send_v16(command)


class _V16:
    version: Final = Version.V16
    token_length: Final = _TOKEN_LENGTH
    routes: Final = _ROUTES
    outcome = staticmethod(alike.outcome)
    said = staticmethod(alike.said)

    def request(self, command: Command) -> Request:
        match command:
            case PlaceHold():
                return _reserve_now(command)
            case DropHold():
                return Request(action="CancelReservation", payload={"reservationId": command.hold})
            case StartTransaction():
                # 1.6 cannot be told a group with it, and would refuse a member what it holds for another one
                token = command.held_for or command.token
                payload: Json = {"connectorId": command.evse, "idTag": token.value}
                return Request(action="RemoteStartTransaction", payload=payload)
            case StopTransaction():
                return Request(
                    action="RemoteStopTransaction", payload={"transactionId": _number_of(command.transaction)}
                )
            case AskToBoot():
                return Request(action="TriggerMessage", payload={"requestedMessage": "BootNotification"})
            case AskForStatus():
                where = {} if command.evse is None else {"connectorId": command.evse}
                return Request(
                    action="TriggerMessage",
                    payload={"requestedMessage": "StatusNotification"} | where,
                )
            case SetLimit():
                number = None if command.transaction is None else _number_of(command.transaction)
                return orders.request_v16(command, number)
            case Unlock() | Reset() | ClearCache() | TriggerMessage() | ChangeAvailability() | ClearLimit():
                return orders.request_v16(command)
            case ReadConfiguration() | ChangeConfiguration() | TransferData() | UpdateFirmware() | UploadDiagnostics():
                return orders.request_v16(command)
            case _:
                return _upkeep(command)

    def told(self, command: Command, answer: Json, now: datetime) -> tuple[Event, ...]:
        match command:
            case AskForAbilities():
                return (capabilities.told_v16(answer, now),)
            case AskForSettings():
                return settings.told_v16(answer, now), limits.told_v16(answer, now)
            case AskForListLimits():
                return (local_lists.limits_told_v16(answer, now),)
            case ReadConfiguration():
                return (inventory.told_v16(answer, now),)
            case _:
                return alike.told(command, answer, now)


V16: Final[Dialect] = _V16()
"""OCPP 1.6J."""
