"""OCPP 2.0.1 and 2.1 between the wire and the core; what sets them apart stands at the end, and in `v2_tokens`.

Knows the actions, fields and words of 2.x. Must not know 1.6, nor keep anything between messages.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from ..core.commands import (
    AskForAbilities,
    AskForListLimits,
    AskForListVersion,
    AskForSettings,
    AskForStatus,
    AskForTransaction,
    AskToBoot,
    ChangeSetting,
    Command,
    DropHold,
    Outcome,
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
    ChargingState,
    ConnectorId,
    ConnectorStatus,
    Ended,
    Event,
    EvseId,
    HoldEnd,
    HoldEnded,
    Metered,
    ProblemTold,
    Started,
    StatusChanged,
    Updated,
)
from ..core.faults import Fault
from ..core.orders import (
    AskForPhases,
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
from . import (
    alike,
    capabilities,
    data_transfer,
    external_limits,
    inventory,
    limits,
    local_lists,
    orders,
    sampling,
    settings,
    times,
    transaction_status,
)
from .dialect import Dialect, Json, Request, Route, Version
from .fields import part, parts, positive, shown, text, whole
from .metering import readings_v2, register_at_end, register_at_start
from .v2_tokens import TOKENS_V21, TOKENS_V201, Tokens, group_token, is_anonymous, told_token

_WHOLE_CHARGER = 0
_FIRST_CONNECTOR = 1

_STATUSES = {
    "available": ConnectorStatus.AVAILABLE,
    "occupied": ConnectorStatus.OCCUPIED,
    "reserved": ConnectorStatus.RESERVED,
    "unavailable": ConnectorStatus.OUT_OF_SERVICE,
    "faulted": ConnectorStatus.FAULTED,
}
"""In small letters: as the value of a variable they are in no schema."""

_ABOUT_CARDS = ("auth", "localauth", "tokenreader")
"""What a charger says of these components may be the number of a card, which is shown to nobody."""

_CHARGING_STATES = {
    "Charging": ChargingState.CHARGING,
    "EVConnected": ChargingState.EV_CONNECTED,
    "SuspendedEV": ChargingState.SUSPENDED_EV,
    "SuspendedEVSE": ChargingState.SUSPENDED_EVSE,
    "Idle": ChargingState.IDLE,
}

_HOLD_ENDS = {
    "Expired": HoldEnd.EXPIRED,
    "Removed": HoldEnd.REMOVED,
    "NoTransaction": HoldEnd.NO_TRANSACTION,
}


def _booted(payload: Json, now: datetime) -> tuple[Event, ...]:
    station = part(payload, "chargingStation")
    return (
        Booted(
            vendor=shown(text(station, "vendorName")),
            model=shown(text(station, "model")),
            serial=shown(text(station, "serialNumber")),
            firmware=shown(text(station, "firmwareVersion")),
            at=now,
        ),
    )


def _status_notified(payload: Json, now: datetime) -> tuple[Event, ...]:
    return _status_changed(
        text(payload, "connectorStatus"),
        whole(payload, "evseId"),
        positive(payload, "connectorId"),
        payload.get("timestamp"),
        now,
    )


def _notified(payload: Json, now: datetime) -> tuple[Event, ...]:
    return tuple(event for notice in parts(payload, "eventData") for event in _noticed(notice, now))


def _noticed(notice: Json, now: datetime) -> tuple[Event, ...]:
    """What one entry of NotifyEvent says; component and variable names are compared without regard to case."""
    match (text(part(notice, "variable"), "name") or "").casefold():
        case "availabilitystate":
            return _availability_told(notice, now)
        case "problem":
            return _problem_told(notice, now)
        case _:
            return ()


def _problem_told(notice: Json, now: datetime) -> tuple[Event, ...]:
    """That a component has a problem, or has none any more; without an EVSE it is one of the charger."""
    component = part(notice, "component")
    name, word = shown(text(component, "name")), (text(notice, "actualValue") or "").casefold()
    if name is None or word not in {"true", "false"}:
        return ()
    has_problem = word == "true" and notice.get("cleared") is not True
    place = part(component, "evse")
    parts_of = (text(component, "name"), text(component, "instance"), whole(place, "connectorId"))
    return (
        ProblemTold(
            evse=positive(place, "id"),
            component=" ".join(str(each) for each in parts_of if each is not None),
            fault=Fault(code=name, **_technically(notice)) if has_problem else None,
            at=now,
        ),
    )


def _technically(notice: Json) -> dict[str, str | None]:
    component = (text(part(notice, "component"), "name") or "").casefold()
    info = None if component.startswith(_ABOUT_CARDS) else shown(text(notice, "techInfo"))
    return {"vendor_code": shown(text(notice, "techCode")), "info": info}


def _availability_told(notice: Json, now: datetime) -> tuple[Event, ...]:
    component = part(notice, "component")
    place = part(component, "evse")
    match (text(component, "name") or "").casefold():
        case "connector" | "evse":
            evse, connector = positive(place, "id"), positive(place, "connectorId")
        case "chargingstation":
            evse, connector = _WHOLE_CHARGER, None
        case _:
            return ()
    told = _status_changed(text(notice, "actualValue"), evse, connector, notice.get("timestamp"), now)
    fault = Fault(**_technically(notice))
    return tuple(
        replace(each, fault=fault) if each.status is ConnectorStatus.FAULTED and any(fault) else each for each in told
    )


def _status_changed(
    word: str | None, evse: EvseId | None, connector: ConnectorId | None, told: object, now: datetime
) -> tuple[StatusChanged, ...]:
    """An EVSE that speaks for all its plugs speaks through the first one, which every EVSE has."""
    status = _STATUSES.get((word or "").strip().casefold())
    if status is None or evse is None or evse < _WHOLE_CHARGER:
        return ()
    if evse == _WHOLE_CHARGER:
        place, connector = None, _WHOLE_CHARGER
    else:
        place, connector = evse, connector or _FIRST_CONNECTOR
    at = times.read(told, now)
    return (StatusChanged(evse=place, connector=connector, status=status, at=at, received=now),)


def _metered(payload: Json, now: datetime) -> tuple[Event, ...]:
    readings = readings_v2(parts(payload, "meterValue"), now)
    if not readings:
        return ()
    evse = positive(payload, "evseId")
    return (Metered(evse=evse, transaction=None, readings=readings, at=readings[-1].at, received=now),)


def _authorizing(payload: Json, now: datetime) -> tuple[Event, ...]:
    token = told_token(payload)
    return () if token is None else (Authorizing(token=token, at=now),)


def _transaction_told(payload: Json, now: datetime) -> tuple[Event, ...]:
    transaction = text(part(payload, "transactionInfo"), "transactionId")
    if transaction is None:
        return ()
    match text(payload, "eventType"):
        case "Started":
            return (_started(transaction, payload, now),)
        case "Updated":
            return (_updated(transaction, payload, now),)
        case "Ended":
            return (_ended(transaction, payload, now),)
        case _:
            return ()


def _started(transaction: str, payload: Json, now: datetime) -> Started:
    readings = readings_v2(parts(payload, "meterValue"), now)
    place = part(payload, "evse")
    return Started(
        transaction=transaction,
        evse=positive(place, "id"),
        connector=positive(place, "connectorId"),
        token=told_token(payload),
        anonymous=is_anonymous(payload),
        hold=positive(payload, "reservationId"),
        meter_wh=register_at_start(readings),
        charging_state=_charging_state(payload),
        readings=readings,
        offline=_is_offline(payload),
        at=times.read(payload.get("timestamp"), now),
        received=now,
    )


def _updated(transaction: str, payload: Json, now: datetime) -> Updated:
    place = part(payload, "evse")
    return Updated(
        transaction=transaction,
        evse=positive(place, "id"),
        connector=positive(place, "connectorId"),
        token=told_token(payload),
        anonymous=is_anonymous(payload),
        hold=positive(payload, "reservationId"),
        charging_state=_charging_state(payload),
        readings=readings_v2(parts(payload, "meterValue"), now),
        offline=_is_offline(payload),
        at=times.read(payload.get("timestamp"), now),
        received=now,
    )


def _ended(transaction: str, payload: Json, now: datetime) -> Ended:
    readings = readings_v2(parts(payload, "meterValue"), now)
    reason = shown(text(part(payload, "transactionInfo"), "stoppedReason"))
    return Ended(
        transaction=transaction,
        evse=positive(part(payload, "evse"), "id"),
        token=told_token(payload),
        meter_wh=register_at_end(readings),
        reason=None if reason == "Local" else reason,
        readings=readings,
        offline=_is_offline(payload),
        at=times.read(payload.get("timestamp"), now),
        received=now,
    )


def _hold_ended(payload: Json, now: datetime) -> tuple[Event, ...]:
    hold = positive(payload, "reservationId")
    end = _HOLD_ENDS.get(text(payload, "reservationUpdateStatus") or "")
    return () if hold is None or end is None else (HoldEnded(hold=hold, end=end, at=now),)


def _charging_state(payload: Json) -> ChargingState | None:
    word = text(part(payload, "transactionInfo"), "chargingState")
    return _CHARGING_STATES.get(word or "")


def _is_offline(payload: Json) -> bool:
    return payload.get("offline") is True


def _begins_or_ends(payload: Json) -> bool:
    return payload.get("eventType") in ("Started", "Ended")


def _routes(tokens: Tokens, charging_needs: str) -> dict[str, Route]:
    """What 2.0.1 and 2.1 have in common; the arguments are what they say differently."""
    noted = alike.formal()
    return {
        "Authorize": Route(read=_authorizing, reply=tokens.authorized),
        "BootNotification": Route(read=_booted, reply=alike.booted),
        "ClearedChargingLimit": Route(read=external_limits.cleared, reply=alike.nothing_to_say),
        "DataTransfer": data_transfer.ROUTE,
        "FirmwareStatusNotification": alike.FIRMWARE_PROGRESS,
        "Get15118EVCertificate": alike.formal({"status": "Failed", "exiResponse": ""}),
        "GetCertificateStatus": alike.formal({"status": "Failed"}),
        "Heartbeat": alike.HEARTBEAT,
        "LogStatusNotification": alike.UPLOAD_PROGRESS,
        "MeterValues": Route(read=_metered, reply=alike.nothing_to_say),
        "NotifyChargingLimit": Route(read=external_limits.limited, reply=alike.nothing_to_say),
        "NotifyCustomerInformation": noted,
        "NotifyDisplayMessages": noted,
        "NotifyEVChargingNeeds": alike.formal({"status": charging_needs}),
        # Accepted says that the schedule was read, not that it is approved; Rejected would ask for another one.
        "NotifyEVChargingSchedule": alike.formal({"status": "Accepted"}),
        "NotifyEvent": Route(read=_notified, reply=alike.nothing_to_say),
        "NotifyMonitoringReport": noted,
        "NotifyReport": Route(read=inventory.reported, reply=alike.nothing_to_say),
        "PublishFirmwareStatusNotification": noted,
        "ReportChargingProfiles": noted,
        "ReservationStatusUpdate": Route(read=_hold_ended, reply=alike.nothing_to_say),
        "SecurityEventNotification": alike.SECURITY,
        "SignCertificate": alike.REFUSED,
        "StatusNotification": Route(read=_status_notified, reply=alike.nothing_to_say),
        "TransactionEvent": Route(
            read=_transaction_told,
            reply=tokens.transaction_judged,
            durable=_begins_or_ends,
        ),
    }


_ONLY_V21: dict[str, Route] = {
    "BatterySwap": alike.formal(),
    "ClosePeriodicEventStream": alike.formal(),
    "NotifyDERAlarm": alike.formal(),
    "NotifyDERStartStop": alike.formal(),
    "NotifyPriorityCharging": alike.formal(),
    "NotifySettlement": alike.formal(),
    "OpenPeriodicEventStream": alike.REFUSED,
    "PullDynamicScheduleUpdate": alike.REFUSED,
    "ReportDERControl": alike.formal(),
}
"""GetCertificateChainStatus and VatNumberValidation are left out, so that they are answered NotSupported.

Their refusing words would say something false of a certificate or a number that nobody looked up.
"""


def _upkeep(command: Upkeep, tokens: Tokens) -> Request:
    match command:
        case AskForAbilities():
            return capabilities.request_v2(command)
        case AskForSettings():
            return settings.request_v2()
        case ChangeSetting():
            return settings.change_v2(command)
        case TellReadings():
            return sampling.change_v2(command)
        case AskForListLimits():
            return local_lists.LIMITS_V2
        case AskForListVersion():
            return local_lists.VERSION
        case SendList():
            return local_lists.send_v2(command, tokens)
        case AskForTransaction():
            return transaction_status.request(command)


@dataclass(frozen=True, slots=True, kw_only=True)
class _V2:
    version: Version
    tokens: Tokens
    routes: Mapping[str, Route]

    @property
    def token_length(self) -> int:
        return self.tokens.length

    def request(self, command: Command) -> Request:
        match command:
            case PlaceHold():
                return self._reserve_now(command)
            case DropHold():
                payload: Json = {"reservationId": command.hold}
                return Request(action="CancelReservation", payload=payload)
            case StartTransaction():
                return self._request_start(command)
            case StopTransaction():
                return Request(action="RequestStopTransaction", payload={"transactionId": command.transaction})
            case AskToBoot():
                return Request(action="TriggerMessage", payload={"requestedMessage": "BootNotification"})
            case AskForStatus():
                return _trigger_status(command)
            case (
                Unlock() | Reset() | ClearCache() | TriggerMessage() | ChangeAvailability() | SetLimit() | ClearLimit()
            ):
                return orders.request_v2(command, self.version)
            case ReadConfiguration() | ChangeConfiguration() | TransferData() | UpdateFirmware() | UploadDiagnostics():
                return orders.request_v2(command, self.version)
            case AskForPhases():
                return orders.request_v2(command, self.version)
            case _:
                return _upkeep(command, self.tokens)

    def outcome(self, command: Command, answer: Json) -> Outcome:
        return alike.outcome(command, answer)

    def said(self, command: Command, answer: Json) -> tuple[str | None, str | None]:
        return alike.said(command, answer)

    def told(self, command: Command, answer: Json, now: datetime) -> tuple[Event, ...]:
        match command:
            case AskForAbilities():
                return (capabilities.told_v2(command, answer, now),)
            case AskForSettings():
                return settings.told_v2(answer, now), limits.told_v2(answer, now)
            case AskForListLimits():
                return (local_lists.limits_told_v2(answer, now),)
            case ReadConfiguration():
                return inventory.told_v2(command, answer, now)
            case AskForPhases():
                return (limits.phases_told_v2(answer, now),)
            case _:
                return alike.told(command, answer, now)

    def _request_start(self, command: StartTransaction) -> Request:
        """The group goes with it: by that a charger knows whose hold it may use (F01.FR.21, F01.FR.22)."""
        payload: Json = {
            "evseId": command.evse,
            "idToken": self.tokens.spelled(command.token),
            "remoteStartId": command.number,
        }
        if command.group is not None:
            payload["groupIdToken"] = group_token(command.group)
        return Request(action="RequestStartTransaction", payload=payload)

    def _reserve_now(self, command: PlaceHold) -> Request:
        payload: Json = {
            "id": command.hold,
            "expiryDateTime": times.write(command.until),
            "idToken": self.tokens.spelled(command.token),
        }
        if command.evse is not None:
            # TC_H_01: an EVSE and a connector type exclude each other.
            payload["evseId"] = command.evse
        elif command.connector_type is not None:
            payload["connectorType"] = command.connector_type
        if command.group is not None:
            payload["groupIdToken"] = group_token(command.group)
        return Request(action="ReserveNow", payload=payload)


def _trigger_status(command: AskForStatus) -> Request:
    payload: Json = {"requestedMessage": "StatusNotification"}
    if command.evse is not None:
        # F06.FR.12 and .13: a charger may refuse where the connector is not named.
        payload["evse"] = {"id": command.evse, "connectorId": command.connector or _FIRST_CONNECTOR}
    return Request(action="TriggerMessage", payload=payload)


V201: Final[Dialect] = _V2(
    version=Version.V201,
    tokens=TOKENS_V201,
    routes=_routes(TOKENS_V201, charging_needs="Rejected"),
)
"""OCPP 2.0.1."""

V21: Final[Dialect] = _V2(
    version=Version.V21,
    tokens=TOKENS_V21,
    # Rejected would refuse the kind of energy transfer, and end the transaction.
    routes=_routes(TOKENS_V21, charging_needs="NoChargingProfile") | _ONLY_V21,
)
"""OCPP 2.1."""
