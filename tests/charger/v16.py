"""OCPP 1.6J as a simulated charger speaks it.

It must not know connections, nor decide what a charger does.
"""

from collections.abc import Mapping
from datetime import datetime

from . import charging, common, holding, holds, profiles
from .configuration import KEYS
from .core import Core
from .dialect import Handler
from .engine import Reply, refusal
from .model import Evse, Hold, Json, Judgement, Message, Profile, Readings, Stop, Token, Transaction, Trigger
from .state import Setting

_REASONS: Mapping[Stop, str] = {
    Stop.LOCAL: "Local",
    Stop.REMOTE: "Remote",
    Stop.UNPLUGGED: "EVDisconnected",
    Stop.DEAUTHORIZED: "DeAuthorized",
    Stop.REBOOT: "Reboot",
    Stop.POWER_LOSS: "PowerLoss",
    Stop.TIMEOUT: "Other",
    Stop.FAULT: "Other",
    Stop.UNLOCK: "UnlockCommand",
}
_CHARGING_WORDS = {"EVConnected": "Preparing"}
"""Where they differ."""


class V16:
    """The dialect of OCPP 1.6J; every connector is an EVSE."""

    consumes_on_presentation = False
    starts_when_plugged = False
    starts_when_authorized = False
    compares_token_types = False

    def __init__(self, core: Core) -> None:
        self._core = core
        self.routes: Mapping[str, Handler] = {
            "CancelReservation": self._cancel_reservation,
            "ChangeAvailability": self._change_availability,
            "ChangeConfiguration": self._change_configuration,
            "ClearCache": self._clear_cache,
            "ClearChargingProfile": self._clear_charging_profile,
            "DataTransfer": self._data_transfer,
            "GetCompositeSchedule": self._reject,
            "GetConfiguration": self._get_configuration,
            "GetDiagnostics": self._get_diagnostics,
            "GetLocalListVersion": self._get_local_list_version,
            "RemoteStartTransaction": self._remote_start,
            "RemoteStopTransaction": self._remote_stop,
            "ReserveNow": self._reserve_now,
            "Reset": self._reset,
            "SendLocalList": self._send_local_list,
            "SetChargingProfile": self._set_charging_profile,
            "TriggerMessage": self._trigger_message,
            "UnlockConnector": self._unlock_connector,
            "UpdateFirmware": self._update_firmware,
        }

    def boot(self, reason: str) -> Message:
        """BootNotification; 1.6 has no reason."""
        del reason
        behaviour = self._core.behaviour
        return Message(
            action="BootNotification",
            payload={
                "chargePointVendor": behaviour.vendor,
                "chargePointModel": behaviour.model,
                "firmwareVersion": behaviour.firmware,
                "chargePointSerialNumber": self._core.identity[:25],
            },
        )

    def authorize(self, token: Token) -> Message:
        """Authorize."""
        return Message(action="Authorize", payload={"idTag": token.value})

    def judgement(self, answer: Json) -> Judgement | None:
        """The idTagInfo of an answer."""
        info = answer.get("idTagInfo")
        return None if info is None else Judgement(info["status"], info.get("parentIdTag"))

    def wire_id(self, answer: Json) -> int | None:
        """The transactionId of StartTransaction.conf."""
        wire_id: int | None = answer.get("transactionId")
        return wire_id

    def word(self, evse: Evse) -> str:
        """The status of a connector (4.9)."""
        if evse.forced_status is not None:
            return evse.forced_status
        if evse.faulted:
            return "Faulted"
        if evse.transaction is not None:
            state = evse.transaction.charging_state
            return _CHARGING_WORDS.get(state, state)
        if not evse.operative:
            return "Unavailable"
        shown = self._core.behaviour.shows_reserved and evse.authorization is None
        if shown and holds.bound_to(self._core.state, evse) is not None:
            return "Reserved"
        if evse.finishing:
            return "Finishing"
        return "Preparing" if evse.occupied else "Available"

    def statuses(self, evse: Evse, word: str, at: datetime) -> list[Message]:
        """StatusNotification of a connector."""
        return [self._status(evse.id, word, at)]

    def own_statuses(self, at: datetime) -> list[Message]:
        """StatusNotification of connector 0, the charger as a whole (7.7)."""
        operative = any(evse.operative for evse in self._core.state.evses.values())
        return [self._status(0, "Available" if operative else "Unavailable", at)]

    def started(self, transaction: Transaction, trigger: Trigger) -> Message:
        """StartTransaction."""
        del trigger
        payload: Json = {
            "connectorId": transaction.evse,
            "idTag": transaction.token.value if transaction.token is not None else "",
            "meterStart": transaction.meter_start,
            "timestamp": self._core.stamp(transaction.started),
        }
        if transaction.reservation_id is not None:
            payload["reservationId"] = transaction.reservation_id
        return Message(action="StartTransaction", payload=payload, transaction=transaction.key)

    def updated(self, transaction: Transaction, trigger: Trigger | None) -> Message | None:
        """1.6 tells of a transaction's course by statuses only."""
        del transaction, trigger
        return None

    def rate_changed(self, transaction: Transaction) -> Message | None:
        """1.6 tells what flows by readings only."""
        del transaction
        return None

    def ended(self, transaction: Transaction, reason: Stop, token: Token | None) -> Message:
        """StopTransaction, without its id as long as that is unknown."""
        evse = self._core.evse(transaction.evse)
        payload: Json = {
            "meterStop": round(evse.energy_wh) if self._core.behaviour.tells_meter_stop else 0,
            "timestamp": self._core.stamp(),
            "reason": _REASONS[reason],
        }
        if token is not None:
            payload["idTag"] = token.value
        if transaction.kept:
            payload["transactionData"] = transaction.kept
        return self._of(transaction, "StopTransaction", payload)

    def readings(self, evse: Evse, readings: Readings, *, triggered: bool) -> Message:
        """MeterValues, which belong to the transaction where one runs."""
        value = self.meter_value(readings, "Trigger" if triggered else "Sample.Periodic")
        payload: Json = {"connectorId": evse.id, "meterValue": [value]}
        if evse.transaction is None or self._core.behaviour.readings == "apart":
            return Message(action="MeterValues", payload=payload)
        return self._of(evse.transaction, "MeterValues", payload)

    def meter_value(self, readings: Readings, context: str) -> Json:
        """MeterValue (7.33)."""
        sampled = []
        for measurand, reading in readings.items():
            value, unit = common.spelled(self._core, measurand, reading)
            entry = {"value": f"{value:.10g}", "context": context, "measurand": measurand}
            sampled.append(entry if unit is None else entry | {"unit": unit})
        return {"timestamp": self._core.stamp(), "sampledValue": sampled}

    def in_transaction(self, message: Message, wire_id: int | str) -> Message:
        """The message with its transactionId."""
        return Message(
            action=message.action,
            payload={**message.payload, "transactionId": wire_id},
            transaction=message.transaction,
        )

    def hold_ended(self, hold: Hold, update: str) -> Message | None:
        """1.6 has no ReservationStatusUpdate."""
        del hold, update
        return None

    async def reserve_now(self, payload: Json, word: str | None) -> Reply:
        """ReserveNow (5.13); connector 0 is none in particular."""
        hold = Hold(
            id=payload["reservationId"],
            evse=payload["connectorId"] or None,
            token=payload["idTag"],
            group=payload.get("parentIdTag"),
            expiry=common.read_time(payload["expiryDate"]),
        )
        return await holding.reserve(self._core, hold, word)

    def scripted(self, action: str, payload: Json, word: str) -> Json:
        """Every answer has one status."""
        del action, payload
        return {"status": word}

    async def _reserve_now(self, payload: Json) -> Reply:
        return await self.reserve_now(payload, None)

    async def _cancel_reservation(self, payload: Json) -> Reply:
        return holding.cancel(self._core, payload["reservationId"])

    async def _remote_start(self, payload: Json) -> Reply:
        token = Token(value=payload["idTag"])
        connector = payload.get("connectorId")
        evse = self._core.state.evses.get(connector) if connector is not None else common.choose_evse(self._core, token)
        known = self._core.state.known(token)
        if evse is None or not common.may_start_remotely(self._core, evse, token, known.group if known else None):
            return Reply({"status": "Rejected"})
        return Reply(
            {"status": "Accepted"},
            lambda: common.start_remotely(self._core, evse, token, group=None, remote_start_id=None),
        )

    async def _remote_stop(self, payload: Json) -> Reply:
        evse = common.running(self._core, payload["transactionId"])
        if evse is None:
            return Reply({"status": "Rejected"})
        return Reply({"status": "Accepted"}, lambda: charging.stop(self._core, evse, Stop.REMOTE))

    async def _change_availability(self, payload: Json) -> Reply:
        evses = self._addressed(payload["connectorId"])
        if not evses:
            return Reply({"status": "Rejected"})
        word = await common.change_availability(self._core, evses, operative=payload["type"] == "Operative")
        return Reply({"status": word}, lambda: self._availability_changed(evses, whole=not payload["connectorId"]))

    async def _availability_changed(self, evses: list[Evse], *, whole: bool) -> None:
        await common.tell_out_of_service(self._core, evses)
        for message in self.own_statuses(self._core.now()) if whole else []:
            await self._core.tell(message)

    async def _get_configuration(self, payload: Json) -> Reply:
        if len(payload.get("key", ())) > self._core.behaviour.most_items:
            raise refusal("OccurenceConstraintViolation")
        wanted = payload.get("key") or list(KEYS)
        found = [KEYS[key].read(key, self._core.state) for key in wanted if key in KEYS]
        unknown = [key for key in wanted if key not in KEYS]
        answer: Json = {"configurationKey": found}
        if unknown:
            answer["unknownKey"] = unknown
        return Reply(answer)

    async def _change_configuration(self, payload: Json) -> Reply:
        if (key := KEYS.get(payload["key"])) is None:
            return Reply({"status": "NotSupported"})
        later = self._core.behaviour.changes_after_reboot
        return Reply({"status": key.write(payload["value"], self._core.state, after_reboot=later)})

    async def _reset(self, payload: Json) -> Reply:
        del payload
        return Reply({"status": "Accepted"}, lambda: self._core.restart("RemoteReset"))

    async def _unlock_connector(self, payload: Json) -> Reply:
        evse = self._core.state.evses.get(payload["connectorId"])
        if evse is None:
            return Reply({"status": "NotSupported"})
        return Reply({"status": "Unlocked"}, lambda: common.unlock(self._core, evse))

    async def _trigger_message(self, payload: Json) -> Reply:
        wanted, evses = payload["requestedMessage"], self._addressed(payload.get("connectorId", 0))
        if not evses:
            return Reply({"status": "Rejected"})
        if wanted not in {"BootNotification", "Heartbeat", "MeterValues", "StatusNotification"}:
            return Reply({"status": "NotImplemented"})
        return Reply({"status": "Accepted"}, lambda: self._triggered(wanted, evses))

    async def _triggered(self, wanted: str, evses: list[Evse]) -> None:
        match wanted:
            case "BootNotification":
                await self._core.call(self.boot("Triggered"))
            case "Heartbeat":
                await self._core.call(Message(action="Heartbeat"))
            case "MeterValues":
                for evse in evses:
                    await charging.meter(self._core, evse, triggered=True)
            case _:
                for evse in evses:
                    await self._core.say(evse)

    async def _send_local_list(self, payload: Json) -> Reply:
        entries = {entry["idTag"]: self.judgement(entry) for entry in payload.get("localAuthorizationList", [])}
        full = payload["updateType"] == "Full"
        return Reply({"status": common.update_local_list(self._core, payload["listVersion"], entries, full=full)})

    async def _get_local_list_version(self, payload: Json) -> Reply:
        del payload
        has_list = self._core.state.number(Setting.LOCAL_LIST_LENGTH)
        return Reply({"listVersion": self._core.state.local_list_version if has_list else -1})

    async def _clear_cache(self, payload: Json) -> Reply:
        del payload
        return Reply({"status": common.clear_cache(self._core)})

    async def _data_transfer(self, payload: Json) -> Reply:
        if payload["vendorId"] != common.VENDOR:
            return Reply({"status": "UnknownVendorId"})
        return Reply({"status": "Accepted"} | ({"data": payload["data"]} if "data" in payload else {}))

    async def _get_diagnostics(self, payload: Json) -> Reply:
        del payload
        return Reply({"fileName": "diagnostics.zip"}, lambda: common.upload(self._core, _upload_status))

    async def _update_firmware(self, payload: Json) -> Reply:
        del payload
        return Reply({}, lambda: common.update_firmware(self._core, _firmware_status))

    async def _set_charging_profile(self, payload: Json) -> Reply:
        if not self._core.state.has(Setting.LIMITS_SUPPORTED):
            return Reply({"status": "NotSupported"})
        told = payload["csChargingProfiles"]
        schedule = told["chargingSchedule"]
        profile = Profile(
            id=told["chargingProfileId"],
            evse=payload["connectorId"],
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
        keys = ("id", "connectorId", "chargingProfilePurpose", "stackLevel")
        word = profiles.clear(self._core, *(payload.get(key) for key in keys))
        return Reply({"status": word}, lambda: charging.adjust(self._core))

    async def _reject(self, payload: Json) -> Reply:
        del payload
        return Reply({"status": "Rejected"})

    def _addressed(self, connector_id: int) -> list[Evse]:
        """The connectors meant by a number; 0 means all, an unknown one none."""
        evses = self._core.state.evses
        return [evse for evse in evses.values() if connector_id in (0, evse.id)]

    def _status(self, connector_id: int, word: str, at: datetime) -> Message:
        return Message(
            action="StatusNotification",
            payload={
                "connectorId": connector_id,
                "errorCode": "OtherError" if word == "Faulted" else "NoError",
                "status": word,
                "timestamp": self._core.stamp(at),
            },
        )

    def _of(self, transaction: Transaction, action: str, payload: Json) -> Message:
        if transaction.id is not None:
            payload["transactionId"] = transaction.id
        return Message(action=action, payload=payload, transaction=transaction.key)


def _upload_status(word: str) -> Message:
    return Message(action="DiagnosticsStatusNotification", payload={"status": word})


def _firmware_status(word: str) -> Message:
    return Message(action="FirmwareStatusNotification", payload={"status": word})
