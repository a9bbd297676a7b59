"""OCPP 2.0.1 and 2.1 as a simulated charger speaks them.

It must not know connections, nor decide what a charger does.
"""

from collections.abc import Mapping
from datetime import datetime

from . import charging, common, holding, holds, profiles
from .core import Core
from .dialect import Handler
from .engine import Reply, refusal
from .model import Evse, Hold, Json, Judgement, Message, Profile, Readings, Stop, Token, Transaction, Trigger, Version
from .state import Setting
from .variables import DeviceModel, Variable

_REASONS: Mapping[Stop, tuple[str, str]] = {
    Stop.LOCAL: ("StopAuthorized", "Local"),
    Stop.REMOTE: ("RemoteStop", "Remote"),
    Stop.UNPLUGGED: ("EVCommunicationLost", "EVDisconnected"),
    Stop.DEAUTHORIZED: ("Deauthorized", "DeAuthorized"),
    Stop.REBOOT: ("ResetCommand", "ImmediateReset"),
    Stop.POWER_LOSS: ("AbnormalCondition", "PowerLoss"),
    Stop.TIMEOUT: ("EVConnectTimeout", "Timeout"),
    Stop.FAULT: ("AbnormalCondition", "Other"),
    Stop.UNLOCK: ("UnlockCommand", "Other"),
}
"""triggerReason and stoppedReason."""

_TRIGGERS = {Trigger.TOKEN: "Authorized", Trigger.CABLE: "CablePluggedIn", Trigger.REMOTE: "RemoteStart"}
_REPORT_PART = 20
"""Entries in one NotifyReport."""


class V2:
    """The dialect of OCPP 2.x; every EVSE has one connector."""

    consumes_on_presentation = True

    def __init__(self, core: Core) -> None:
        self._core = core
        self._is_21 = core.version is Version.V21
        self._events = 0
        self.routes: Mapping[str, Handler] = {
            "CancelReservation": self._cancel_reservation,
            "ChangeAvailability": self._change_availability,
            "ClearCache": self._clear_cache,
            "ClearChargingProfile": self._clear_charging_profile,
            "DataTransfer": self._data_transfer,
            "GetBaseReport": self._get_base_report,
            "GetCompositeSchedule": self._reject,
            "GetLocalListVersion": self._get_local_list_version,
            "GetLog": self._get_log,
            "GetReport": self._get_report,
            "GetTransactionStatus": self._get_transaction_status,
            "GetVariables": self._get_variables,
            "RequestStartTransaction": self._request_start,
            "RequestStopTransaction": self._request_stop,
            "ReserveNow": self._reserve_now,
            "Reset": self._reset,
            "SendLocalList": self._send_local_list,
            "SetChargingProfile": self._set_charging_profile,
            "SetVariables": self._set_variables,
            "TriggerMessage": self._trigger_message,
            "UnlockConnector": self._unlock_connector,
            "UpdateFirmware": self._update_firmware,
        }

    @property
    def starts_when_plugged(self) -> bool:
        """TxStartPoint EVConnected."""
        return self._core.behaviour.transaction_starts == "plugged"

    @property
    def starts_when_authorized(self) -> bool:
        """TxStartPoint Authorized."""
        return self._core.behaviour.transaction_starts == "authorized"

    @property
    def compares_token_types(self) -> bool:
        """IdTokenType has two parts, and the same value of another type is another token."""
        return self._core.behaviour.compares_token_types

    def boot(self, reason: str) -> Message:
        """BootNotification."""
        behaviour = self._core.behaviour
        station = {
            "model": behaviour.model,
            "vendorName": behaviour.vendor,
            "firmwareVersion": behaviour.firmware,
            "serialNumber": self._core.identity[:25],
        }
        return Message(action="BootNotification", payload={"reason": reason, "chargingStation": station})

    def authorize(self, token: Token) -> Message:
        """Authorize."""
        return Message(action="Authorize", payload={"idToken": _token(token)})

    def judgement(self, answer: Json) -> Judgement | None:
        """The idTokenInfo of an answer, with the EVSEs that it is limited to (C01.FR.20)."""
        info = answer.get("idTokenInfo")
        if info is None:
            return None
        group = info.get("groupIdToken")
        evses = info.get("evseId")
        return Judgement(
            info["status"],
            group["idToken"] if group is not None else None,
            frozenset(evses) if evses is not None else None,
        )

    def wire_id(self, answer: Json) -> int | None:
        """None: a 2.x charger gives its transactions their ids."""
        del answer
        return None

    def word(self, evse: Evse) -> str:
        """The AvailabilityState of an EVSE and its connector."""
        if evse.forced_status is not None:
            return evse.forced_status
        if evse.faulted:
            return "Faulted"
        if evse.transaction is not None:
            return "Occupied" if evse.plugged else "Available"
        if not evse.operative:
            return "Unavailable"
        state = self._core.state
        shown = self._core.behaviour.shows_reserved and evse.authorization is None
        # G01.FR.06: the cable alone does not change Reserved.
        if shown and (holds.bound_to(state, evse) is not None or holds.is_needed(state, evse)):
            return "Reserved"
        return "Occupied" if evse.plugged else "Available"

    def statuses(self, evse: Evse, word: str, at: datetime) -> list[Message]:
        """StatusNotification, or NotifyEvent with the same meaning."""
        if not self._core.behaviour.notify_event:
            payload: Json = {
                "timestamp": self._core.stamp(at),
                "connectorStatus": word,
                "evseId": evse.id,
                "connectorId": 1,
            }
            return [Message(action="StatusNotification", payload=payload)]
        self._events += 1
        event = {
            "eventId": self._events,
            "timestamp": self._core.stamp(at),
            "trigger": "Delta",
            "actualValue": word,
            "eventNotificationType": "HardWiredNotification",
            "component": {"name": "Connector", "evse": {"id": evse.id, "connectorId": 1}},
            "variable": {"name": "AvailabilityState"},
        }
        return [
            Message(
                action="NotifyEvent",
                payload={"generatedAt": self._core.stamp(at), "seqNo": 0, "eventData": [event]},
            )
        ]

    def own_statuses(self, at: datetime) -> list[Message]:
        """None: 2.x reports connectors."""
        del at
        return []

    def started(self, transaction: Transaction, trigger: Trigger) -> Message:
        """TransactionEvent Started."""
        transaction.id = transaction.key
        extra: Json = {}
        if self._core.behaviour.readings != "apart":
            extra["meterValue"] = [self.meter_value({_REGISTER: transaction.meter_start}, "Transaction.Begin")]
        if transaction.remote_start_id is not None:
            extra["remoteStartId"] = transaction.remote_start_id
        return self._event(transaction, "Started", _TRIGGERS[trigger], extra, with_token=True)

    def updated(self, transaction: Transaction, trigger: Trigger | None) -> Message | None:
        """TransactionEvent Updated."""
        if trigger is None:
            return self._event(transaction, "Updated", "ChargingStateChanged", {})
        extra = {"remoteStartId": transaction.remote_start_id} if transaction.remote_start_id is not None else {}
        return self._event(transaction, "Updated", _TRIGGERS[trigger], extra, with_token=True)

    def rate_changed(self, transaction: Transaction) -> Message | None:
        """TransactionEvent Updated."""
        return self._event(transaction, "Updated", "ChargingRateChanged", {})

    def ended(self, transaction: Transaction, reason: Stop, token: Token | None) -> Message:
        """TransactionEvent Ended."""
        trigger, stopped = _REASONS[reason]
        evse = self._core.evse(transaction.evse)
        extra: Json = {"stoppedReason": stopped}
        values = [*transaction.kept]
        if self._core.behaviour.tells_meter_stop and self._core.behaviour.readings != "apart":
            values.append(self.meter_value({_REGISTER: round(evse.energy_wh)}, "Transaction.End"))
        if values:
            extra["meterValue"] = values
        if token is not None:
            extra["idToken"] = _token(token)
        return self._event(transaction, "Ended", trigger, extra)

    def readings(self, evse: Evse, readings: Readings, *, triggered: bool) -> Message:
        """TransactionEvent Updated while a transaction runs, MeterValues else."""
        meter_value = [self.meter_value(readings, "Trigger" if triggered else "Sample.Periodic")]
        if evse.transaction is None or self._core.behaviour.readings == "apart":
            return Message(action="MeterValues", payload={"evseId": evse.id, "meterValue": meter_value})
        trigger = "Trigger" if triggered else "MeterValuePeriodic"
        return self._event(evse.transaction, "Updated", trigger, {"meterValue": meter_value})

    def meter_value(self, readings: Readings, context: str) -> Json:
        """MeterValueType."""
        sampled = []
        for measurand, reading in readings.items():
            value, unit = common.spelled(self._core, measurand, reading)
            entry: Json = {"value": value, "context": context, "measurand": measurand}
            sampled.append(entry if unit is None else entry | {"unitOfMeasure": {"unit": unit}})
        return {"timestamp": self._core.stamp(), "sampledValue": sampled}

    def in_transaction(self, message: Message, wire_id: int | str) -> Message:
        """Nothing to add: the id was known from the start."""
        del wire_id
        return message

    def hold_ended(self, hold: Hold, update: str) -> Message | None:
        """ReservationStatusUpdate; NoTransaction exists in 2.1 only."""
        if update == "NoTransaction" and not self._is_21:
            return None
        payload = {"reservationId": hold.id, "reservationUpdateStatus": update}
        return Message(action="ReservationStatusUpdate", payload=payload)

    async def reserve_now(self, payload: Json, word: str | None) -> Reply:
        """ReserveNow (H01)."""
        group = payload.get("groupIdToken")
        hold = Hold(
            id=payload["id"],
            evse=payload.get("evseId"),
            token=payload["idToken"]["idToken"],
            token_type=payload["idToken"]["type"],
            group=group["idToken"] if group is not None else None,
            expiry=common.read_time(payload["expiryDateTime"]),
            connector_type=payload.get("connectorType"),
        )
        return await holding.reserve(self._core, hold, word)

    def scripted(self, action: str, payload: Json, word: str) -> Json:
        """SetVariables has a status for each variable, everything else one; "word/reason" says why, too."""
        if action == "SetVariables":
            return {"setVariableResult": [_set_result(asked, word) for asked in payload["setVariableData"]]}
        word, _, reason = word.partition("/")
        return {"status": word} | ({"statusInfo": {"reasonCode": reason}} if reason else {})

    async def _reserve_now(self, payload: Json) -> Reply:
        return await self.reserve_now(payload, None)

    async def _cancel_reservation(self, payload: Json) -> Reply:
        return holding.cancel(self._core, payload["reservationId"])

    async def _request_start(self, payload: Json) -> Reply:
        token = Token(value=payload["idToken"]["idToken"], type=payload["idToken"]["type"])
        group_token = payload.get("groupIdToken")
        group = group_token["idToken"] if group_token is not None else None
        evse_id = payload.get("evseId")
        evse = self._core.state.evses.get(evse_id) if evse_id is not None else common.choose_evse(self._core, token)
        if evse is None or not common.may_start_remotely(self._core, evse, token, group):
            return Reply({"status": "Rejected"})
        answer: Json = {"status": "Accepted"}
        if evse.transaction is not None:
            answer["transactionId"] = evse.transaction.id
        remote_start_id = payload["remoteStartId"]
        return Reply(
            answer,
            lambda: common.start_remotely(self._core, evse, token, group=group, remote_start_id=remote_start_id),
        )

    async def _request_stop(self, payload: Json) -> Reply:
        evse = common.running(self._core, payload["transactionId"])
        if evse is None:
            return Reply({"status": "Rejected"})
        return Reply({"status": "Accepted"}, lambda: charging.stop(self._core, evse, Stop.REMOTE))

    async def _get_transaction_status(self, payload: Json) -> Reply:
        wanted = payload.get("transactionId")
        queued = self._core.outbox.messages
        if wanted is None:
            return Reply({"messagesInQueue": bool(queued)})
        running = any(
            evse.transaction is not None and evse.transaction.id == wanted for evse in self._core.state.evses.values()
        )
        return Reply(
            {"ongoingIndicator": running, "messagesInQueue": any(message.transaction == wanted for message in queued)}
        )

    async def _change_availability(self, payload: Json) -> Reply:
        evses = self._addressed(payload)
        if not evses:
            return Reply({"status": "Rejected"})
        operative = payload["operationalStatus"] == "Operative"
        word = await common.change_availability(self._core, evses, operative=operative)
        return Reply({"status": word}, lambda: common.tell_out_of_service(self._core, evses))

    async def _get_variables(self, payload: Json) -> Reply:
        if len(payload["getVariableData"]) > self._core.behaviour.most_items:
            raise refusal("OccurrenceConstraintViolation")
        model = self._device_model()
        results: list[Json] = []
        for asked in payload["getVariableData"]:
            status, variable = model.find(asked["component"], asked["variable"])
            result = {**asked, "attributeStatus": status}
            if variable is not None:
                value = self._attribute(variable, asked.get("attributeType", "Actual"))
                result |= (
                    {"attributeStatus": "NotSupportedAttributeType"} if value is None else {"attributeValue": value}
                )
            results.append(result)
        return Reply({"getVariableResult": results})

    def _attribute(self, variable: Variable, kind: str) -> str | None:
        """An attribute of a variable; None for one that it has not."""
        if kind == "Actual":
            return variable.current(self._core.state)
        return self._core.state.settings[variable.most] if kind == "MaxSet" and variable.most is not None else None

    async def _set_variables(self, payload: Json) -> Reply:
        model = self._device_model()
        results: list[Json] = []
        for asked in payload["setVariableData"]:
            status, variable = model.find(asked["component"], asked["variable"])
            if variable is not None:
                status = "Rejected" if variable.writable else "Rejected/ReadOnly"
                if variable.writable and variable.setting is not None:
                    later = self._core.behaviour.changes_after_reboot
                    status = self._core.state.change(variable.setting, asked["attributeValue"], after_reboot=later)
            results.append(_set_result(asked, status))
        self._core.note()
        return Reply({"setVariableResult": results}, self._core.flush)

    async def _get_base_report(self, payload: Json) -> Reply:
        report = self._device_model().report()
        return Reply({"status": "Accepted"}, lambda: self._notify_report(payload["requestId"], report))

    async def _get_report(self, payload: Json) -> Reply:
        asked = payload.get("componentVariable")
        report = [
            entry
            for entry in self._device_model().report()
            if asked is None or any(item["component"]["name"] == entry["component"]["name"] for item in asked)
        ]
        if not report:
            return Reply({"status": "EmptyResultSet"})
        return Reply({"status": "Accepted"}, lambda: self._notify_report(payload["requestId"], report))

    async def _notify_report(self, request_id: int, report: list[Json]) -> None:
        parts = [report[start : start + _REPORT_PART] for start in range(0, len(report), _REPORT_PART)]
        for number, part in enumerate(parts):
            payload = {
                "requestId": request_id,
                "generatedAt": self._core.stamp(),
                "seqNo": number,
                "tbc": number < len(parts) - 1,
                "reportData": part,
            }
            await self._core.tell(Message(action="NotifyReport", payload=payload))

    async def _reset(self, payload: Json) -> Reply:
        state = self._core.state
        busy = bool(state.holds) or any(evse.occupied for evse in state.evses.values())
        if payload["type"] == "OnIdle" and busy:
            # Errata on B11: a pending reservation makes the charger not idle.
            self._core.reset_when_idle = True
            return Reply({"status": "Scheduled"})
        return Reply({"status": "Accepted"}, lambda: self._core.restart("RemoteReset"))

    async def _unlock_connector(self, payload: Json) -> Reply:
        evse = self._core.state.evses.get(payload["evseId"])
        if evse is None:
            return Reply({"status": "UnknownConnector"})
        if evse.transaction is not None and evse.transaction.token is not None:
            return Reply({"status": "OngoingAuthorizedTransaction"})
        return Reply({"status": "Unlocked"})

    async def _trigger_message(self, payload: Json) -> Reply:
        wanted, evses = payload["requestedMessage"], self._addressed(payload)
        if not evses:
            return Reply({"status": "Rejected"})
        if wanted not in {"BootNotification", "Heartbeat", "MeterValues", "StatusNotification", "TransactionEvent"}:
            return Reply({"status": "NotImplemented"})
        return Reply({"status": "Accepted"}, lambda: self._triggered(wanted, evses))

    async def _triggered(self, wanted: str, evses: list[Evse]) -> None:
        match wanted:
            case "BootNotification":
                await self._core.call(self.boot("Triggered"))
            case "Heartbeat":
                await self._core.call(Message(action="Heartbeat"))
            case "MeterValues" | "TransactionEvent":
                for evse in evses:
                    if wanted == "MeterValues" or evse.transaction is not None:
                        await charging.meter(self._core, evse, triggered=True)
            case _:
                for evse in evses:
                    await self._core.say(evse)

    async def _send_local_list(self, payload: Json) -> Reply:
        entries = {
            entry["idToken"]["idToken"]: self.judgement(entry) for entry in payload.get("localAuthorizationList", [])
        }
        word = common.update_local_list(
            self._core, payload["versionNumber"], entries, full=payload["updateType"] == "Full"
        )
        if word == "NotSupported":
            raise refusal("NotSupported")  # 2.x has no word for it
        return Reply({"status": word})

    async def _get_local_list_version(self, payload: Json) -> Reply:
        del payload
        if not self._core.state.number(Setting.LOCAL_LIST_LENGTH):
            raise refusal("NotSupported")
        return Reply({"versionNumber": self._core.state.local_list_version})

    async def _clear_cache(self, payload: Json) -> Reply:
        del payload
        return Reply({"status": common.clear_cache(self._core)})

    async def _data_transfer(self, payload: Json) -> Reply:
        if payload["vendorId"] != common.VENDOR:
            return Reply({"status": "UnknownVendorId"})
        return Reply({"status": "Accepted"} | ({"data": payload["data"]} if "data" in payload else {}))

    async def _get_log(self, payload: Json) -> Reply:
        request_id = payload["requestId"]

        def status(word: str) -> Message:
            return Message(action="LogStatusNotification", payload={"status": word, "requestId": request_id})

        return Reply({"status": "Accepted", "filename": "log.zip"}, lambda: common.upload(self._core, status))

    async def _update_firmware(self, payload: Json) -> Reply:
        request_id = payload["requestId"]

        def status(word: str) -> Message:
            return Message(action="FirmwareStatusNotification", payload={"status": word, "requestId": request_id})

        return Reply({"status": "Accepted"}, lambda: common.update_firmware(self._core, status))

    async def _set_charging_profile(self, payload: Json) -> Reply:
        if not self._core.state.has(Setting.LIMITS_SUPPORTED):
            raise refusal("NotSupported")  # 2.x has no word for it
        told = payload["chargingProfile"]
        schedule = told["chargingSchedule"][0]
        profile = Profile(
            id=told["id"],
            evse=payload["evseId"],
            purpose=told["chargingProfilePurpose"],
            level=told["stackLevel"],
            unit=schedule["chargingRateUnit"],
            transaction=told.get("transactionId"),
            begins=common.beginning_of(schedule),
            schedule=schedule,
            told=told,
        )
        word = profiles.install(self._core, profile)
        return Reply({"status": word}, lambda: charging.adjust(self._core))

    async def _clear_charging_profile(self, payload: Json) -> Reply:
        criteria = payload.get("chargingProfileCriteria", {})
        keys = ("evseId", "chargingProfilePurpose", "stackLevel")
        word = profiles.clear(self._core, payload.get("chargingProfileId"), *(criteria.get(key) for key in keys))
        return Reply({"status": word}, lambda: charging.adjust(self._core))

    async def _reject(self, payload: Json) -> Reply:
        del payload
        return Reply({"status": "Rejected"})

    def _addressed(self, payload: Json) -> list[Evse]:
        """The EVSEs meant by a payload; without one all, an unknown one none."""
        evses = self._core.state.evses
        wanted = payload.get("evse", {}).get("id")
        return [evse for evse in evses.values() if wanted in (None, evse.id)]

    def _device_model(self) -> DeviceModel:
        evses = self._core.state.evses.values()
        behaviour = self._core.behaviour
        starts = {"both": "PowerPathClosed", "plugged": "EVConnected", "authorized": "Authorized"}
        return DeviceModel(
            state=self._core.state,
            words={evse.id: self.word(evse) for evse in evses},
            fixed={
                ("ChargingStation", "FirmwareVersion"): behaviour.firmware,
                ("ChargingStation", "Model"): behaviour.model,
                ("ChargingStation", "VendorName"): behaviour.vendor,
                ("TxCtrlr", "TxStartPoint"): starts[behaviour.transaction_starts],
            },
        )

    def _event(
        self, transaction: Transaction, kind: str, trigger: str, extra: Json, *, with_token: bool = False
    ) -> Message:
        info: Json = {"transactionId": transaction.key, "chargingState": transaction.charging_state}
        info |= {key: extra.pop(key) for key in ("remoteStartId", "stoppedReason") if key in extra}
        payload: Json = {
            "eventType": kind,
            "timestamp": self._core.stamp(transaction.started if kind == "Started" else None),
            "triggerReason": trigger,
            "seqNo": transaction.seq_no,
            "transactionInfo": info,
            "evse": {"id": transaction.evse, "connectorId": 1},
            **extra,
        }
        if not self._core.online:
            payload["offline"] = True
        if with_token and transaction.token is not None:
            payload["idToken"] = _token(transaction.token)
            if transaction.reservation_id is not None:
                payload["reservationId"] = transaction.reservation_id
        return Message(action="TransactionEvent", payload=payload, transaction=transaction.key)


def _set_result(asked: Json, status: str) -> Json:
    """The result of SetVariables for one variable."""
    kept: Json = {key: asked[key] for key in ("attributeType", "component", "variable") if key in asked}
    status, _, reason = status.partition("/")
    why = {"attributeStatusInfo": {"reasonCode": reason}} if reason else {}
    return kept | {"attributeStatus": status} | why


_REGISTER = "Energy.Active.Import.Register"


def _token(token: Token) -> Json:
    if token.type == "NoAuthorization":
        return {"idToken": "", "type": "NoAuthorization"}
    return {"idToken": token.value, "type": token.type}
