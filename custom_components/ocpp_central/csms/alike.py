"""What all versions of OCPP say alike.

Knows Heartbeat, the answer to BootNotification, answers that depend on nothing, and the words that answer our commands.
Must not know what only one version has.
"""

from collections.abc import Mapping
from datetime import datetime

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
)
from ..core.events import Event, Heard, Verdict
from ..core.orders import (
    AskForPhases,
    ChangeConfiguration,
    ClearLimit,
    ReadConfiguration,
    SetLimit,
    TransferData,
    UpdateFirmware,
    UploadDiagnostics,
)
from . import data_transfer, limits, local_lists, maintenance, orders, settings, times, transaction_status
from .dialect import Json, Route
from .fields import part, text
from .words import meaning

_ACCEPTED_OR_REJECTED = {"Accepted": Outcome.ACCEPTED, "Rejected": Outcome.REJECTED}
_TRIGGERED = _ACCEPTED_OR_REJECTED | {"NotImplemented": Outcome.NOT_IMPLEMENTED}

_WORDS: Mapping[type, Mapping[str, Outcome]] = {
    **orders.WORDS,
    PlaceHold: _ACCEPTED_OR_REJECTED
    | {
        "Faulted": Outcome.FAULTED,
        "Occupied": Outcome.OCCUPIED,
        "Unavailable": Outcome.UNAVAILABLE,
    },
    DropHold: _ACCEPTED_OR_REJECTED,
    StartTransaction: _ACCEPTED_OR_REJECTED,
    StopTransaction: _ACCEPTED_OR_REJECTED,
    AskToBoot: _TRIGGERED,
    AskForStatus: _TRIGGERED,
    SendList: {
        "Accepted": Outcome.ACCEPTED,
        "Failed": Outcome.FAILED,
        "NotSupported": Outcome.NOT_IMPLEMENTED,
        "VersionMismatch": Outcome.REJECTED,
    },
}


def outcome(command: Command, answer: Json) -> Outcome:
    """What the charger's answer to a command means; UNREADABLE for a word that OCPP does not define for it."""
    match command:
        case AskForAbilities() | AskForSettings() | AskForListLimits() | AskForListVersion() | AskForPhases():
            return Outcome.ACCEPTED  # its answer has no status of its own: it says what it says
        case ChangeSetting() | TellReadings() | ChangeConfiguration():
            return settings.outcome(answer)
        case UpdateFirmware() | UploadDiagnostics():
            return maintenance.outcome(answer)
        case AskForTransaction():
            return transaction_status.outcome(answer)
        case ReadConfiguration():
            return meaning(_ACCEPTED_OR_REJECTED, text(answer, "status") or "Accepted", Outcome.NOT_IMPLEMENTED)
        case _:
            return meaning(_WORDS[type(command)], text(answer, "status"))


def said(command: Command, answer: Json) -> tuple[str | None, str | None]:
    """The charger's own word in its answer to a command, and its code for why; None where it gives none."""
    if isinstance(command, ChangeSetting | TellReadings | ChangeConfiguration):
        return settings.word(answer), settings.reason(answer)
    return text(answer, "status"), text(part(answer, "statusInfo"), "reasonCode")


def told(command: Command, answer: Json, now: datetime) -> tuple[Event, ...]:
    """What the charger's answer tells beside the outcome, where all versions say it alike; nothing for most commands."""
    match command:
        case AskForTransaction():
            return transaction_status.told(command, answer, now)
        case UploadDiagnostics():
            return maintenance.begun(answer, now)
        case TransferData():
            return data_transfer.answered(answer, now)
        case ChangeSetting() | TellReadings() | ChangeConfiguration():
            return settings.changed(answer, now)
        case AskForListVersion():
            return local_lists.version_told(answer, now)
        case SetLimit() | ClearLimit() if outcome(command, answer) is Outcome.ACCEPTED:
            return limits.changed(command, now)
        case _:
            return ()


def formal(answer: Mapping[str, object] | None = None) -> Route:
    """The route of an action from which nothing follows for us, always answered the same."""
    return Route(read=_nothing, reply=lambda _payload, _verdict, _now: dict(answer or {}))


def booted(_payload: Json, _verdict: Verdict | None, now: datetime) -> Json:
    """Every charger that was let in may work: who it is has been settled when it connected."""
    return {
        "status": "Accepted",
        "currentTime": times.write(now),
        "interval": times.HEARTBEAT_SECONDS,
    }


def nothing_to_say(_payload: Json, _verdict: Verdict | None, _now: datetime) -> Json:
    """The answer that only confirms."""
    return {}


def _nothing(_payload: Json, _now: datetime) -> tuple[Event, ...]:
    return ()


def _heard(_payload: Json, now: datetime) -> tuple[Event, ...]:
    return (Heard(at=now),)


def _the_time(_payload: Json, _verdict: Verdict | None, now: datetime) -> Json:
    return {"currentTime": times.write(now)}


FIRMWARE_PROGRESS = Route(read=maintenance.firmware_progressed, reply=nothing_to_say)
UPLOAD_PROGRESS = Route(read=maintenance.upload_progressed, reply=nothing_to_say)
SECURITY = Route(read=maintenance.security_told, reply=nothing_to_say)

HEARTBEAT = Route(read=_heard, reply=_the_time)

REFUSED = formal({"status": "Rejected"})
