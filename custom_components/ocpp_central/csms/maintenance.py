"""How a charger is told to update itself or to send what it has logged, and how it tells how far it has come.

Knows these messages of all versions, and what a charger tells of its security. Must not know what follows.
"""

from collections.abc import Container, Mapping
from datetime import datetime
from typing import Final

from ..core.commands import Outcome
from ..core.events import Event, FirmwareProgressed, SecurityTold, UploadBegun, UploadProgressed
from ..core.maintenance import FirmwareStage, SecurityKind, UploadStage
from ..core.orders import Log, UpdateFirmware, UploadDiagnostics
from . import times
from .dialect import Json, Request, UnsayableError, Version
from .fields import text
from .words import meaning

_LONGEST_LOCATION: Final = 512
_LONGEST_CERTIFICATE: Final = 5500
_LONGEST_SIGNATURE: Final = 800
"""Characters (2.0.1; 1.6 sets no bound for locations)."""

_LONGEST_KIND: Final = 50
"""Characters of the kind of a security event, which is shown."""

_WORDS: Final[Mapping[str, Outcome]] = {
    "Accepted": Outcome.ACCEPTED,
    "AcceptedCanceled": Outcome.ACCEPTED,
    "Rejected": Outcome.REJECTED,
    "InvalidCertificate": Outcome.REJECTED,
    "RevokedCertificate": Outcome.REJECTED,
}

_FIRMWARE: Final[Mapping[str, FirmwareStage]] = {stage.value.replace("_", ""): stage for stage in FirmwareStage}
"""By the words of all versions in small letters, which are made of the same words as ours."""

_UPLOAD: Final[Mapping[str, UploadStage]] = {
    "idle": UploadStage.IDLE,
    "uploading": UploadStage.UPLOADING,
    "uploaded": UploadStage.UPLOADED,
    "uploadfailed": UploadStage.UPLOAD_FAILED,
    "uploadfailure": UploadStage.UPLOAD_FAILED,
    "badmessage": UploadStage.BAD_MESSAGE,
    "notsupportedoperation": UploadStage.NOT_SUPPORTED,
    "permissiondenied": UploadStage.PERMISSION_DENIED,
    "acceptedcanceled": UploadStage.CANCELED,
}

_SECURITY: Final[Mapping[str, SecurityKind]] = {
    **{kind.value.replace("_", ""): kind for kind in SecurityKind},
    "csmsfailedtoauthenticate": SecurityKind.CENTRAL_SYSTEM_FAILED_TO_AUTHENTICATE,
    "failedtoauthenticateatcsms": SecurityKind.FAILED_TO_AUTHENTICATE_AT_CENTRAL_SYSTEM,
    "invalidcsmscertificate": SecurityKind.INVALID_CENTRAL_SYSTEM_CERTIFICATE,
    "invalidchargepointcertificate": SecurityKind.INVALID_CHARGER_CERTIFICATE,
    "invalidchargingstationcertificate": SecurityKind.INVALID_CHARGER_CERTIFICATE,
}


def update_v16(order: UpdateFirmware) -> Request:
    """1.6 installs as soon as it can, unless the firmware is signed. Raises `UnsayableError` for another time."""
    if order.signed is not None:
        return Request(action="SignedUpdateFirmware", payload=_firmware(order))
    if order.install is not None:
        raise UnsayableError("install")
    payload: Json = {"location": order.location, "retrieveDate": times.write(order.retrieve)}
    return Request(action="UpdateFirmware", payload=payload | _retries(order))


def update_v2(order: UpdateFirmware) -> Request:
    """2.x may install later."""
    return Request(action="UpdateFirmware", payload=_firmware(order))


def upload_v16(order: UploadDiagnostics) -> Request:
    """The diagnostics of 1.6, or a log of its security extension, which has one more."""
    if order.log is not Log.DIAGNOSTICS:
        return _upload(order, {Log.SECURITY})
    payload: Json = {"location": order.location} | _span(order, "startTime", "stopTime")
    return Request(action="GetDiagnostics", payload=payload | _retries(order))


def upload_v2(order: UploadDiagnostics, version: Version) -> Request:
    """A log of 2.x."""
    return _upload(order, set(Log) if version is Version.V21 else {Log.DIAGNOSTICS, Log.SECURITY})


def outcome(answer: Json) -> Outcome:
    """What the answer means; 1.6 has no word for it, and agrees by answering."""
    return meaning(_WORDS, text(answer, "status")) if "status" in answer else Outcome.ACCEPTED


def begun(answer: Json, now: datetime) -> tuple[UploadBegun, ...]:
    """Under which name the charger sends something; none: it has nothing."""
    return (UploadBegun(file=text(answer, "fileName") or text(answer, "filename"), at=now),)


def firmware_progressed(payload: Json, now: datetime) -> tuple[Event, ...]:
    """How far the firmware has come."""
    stage = _FIRMWARE.get((text(payload, "status") or "").casefold())
    return () if stage is None else (FirmwareProgressed(stage=stage, at=now),)


def upload_progressed(payload: Json, now: datetime) -> tuple[Event, ...]:
    """How far the upload has come."""
    stage = _UPLOAD.get((text(payload, "status") or "").casefold())
    return () if stage is None else (UploadProgressed(stage=stage, at=now),)


def security_told(payload: Json, now: datetime) -> tuple[Event, ...]:
    """What the charger tells of its security; details are its vendor's, and may say anything, so they are left out."""
    word = (text(payload, "type") or "")[:_LONGEST_KIND]
    if not word:
        return ()
    kind = _SECURITY.get(word.casefold(), SecurityKind.OTHER)
    return (SecurityTold(kind=kind, word=word, at=times.read(payload.get("timestamp"), now)),)


def _firmware(order: UpdateFirmware) -> Json:
    firmware: Json = {
        "location": _checked("location", order.location, _LONGEST_LOCATION),
        "retrieveDateTime": times.write(order.retrieve),
    }
    if order.install is not None:
        firmware["installDateTime"] = times.write(order.install)
    if order.signed is not None:
        firmware["signingCertificate"] = _checked("certificate", order.signed.certificate, _LONGEST_CERTIFICATE)
        firmware["signature"] = _checked("signature", order.signed.signature, _LONGEST_SIGNATURE)
    return {"requestId": order.number, "firmware": firmware} | _retries(order)


def _upload(order: UploadDiagnostics, known: Container[Log]) -> Request:
    if order.log not in known:
        raise UnsayableError("log")
    location = _checked("location", order.location, _LONGEST_LOCATION)
    log = {"remoteLocation": location} | _span(order, "oldestTimestamp", "latestTimestamp")
    payload: Json = {"logType": order.log.value, "requestId": order.number, "log": log}
    return Request(action="GetLog", payload=payload | _retries(order))


def _checked(part: str, said: str, longest: int) -> str:
    if len(said) > longest:
        raise UnsayableError(part)
    return said


def _retries(order: UpdateFirmware | UploadDiagnostics) -> Json:
    told = {"retries": order.retries, "retryInterval": order.retry_interval}
    return {name: value for name, value in told.items() if value is not None}


def _span(order: UploadDiagnostics, first: str, last: str) -> Json:
    told = {first: order.since, last: order.until}
    return {name: times.write(moment) for name, moment in told.items() if moment is not None}
