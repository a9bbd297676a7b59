"""Without which properties a charger's message says nothing to us.

Knows the requests that are of no use without some required property. Must not know schemas, nor how a message is read.

Every other property that a version requires may be missing: what reads it has a place for that. A refusal is worse than
a gap, because a charger repeats a refused message, that of a transaction for days and with it all that comes after
it (1.6 section 3.7.1, E13.FR.03). So nothing is required of StartTransaction, StopTransaction and TransactionEvent.
"""

from collections.abc import Mapping
from typing import Final

from .dialect import Version

_V16: Final[Mapping[str, frozenset[str]]] = {
    "Authorize": frozenset({"idTag"}),
    "DataTransfer": frozenset({"vendorId"}),
    "DiagnosticsStatusNotification": frozenset({"status"}),
    "FirmwareStatusNotification": frozenset({"status"}),
    "LogStatusNotification": frozenset({"status"}),
    "MeterValues": frozenset({"connectorId", "meterValue"}),
    "SignedFirmwareStatusNotification": frozenset({"status"}),
    "StatusNotification": frozenset({"connectorId", "status"}),
}

_V2: Final[Mapping[str, frozenset[str]]] = {
    "Authorize": frozenset({"idToken"}),
    "DataTransfer": frozenset({"vendorId"}),
    "FirmwareStatusNotification": frozenset({"status"}),
    "LogStatusNotification": frozenset({"status"}),
    "MeterValues": frozenset({"evseId", "meterValue"}),
    "NotifyEvent": frozenset({"eventData"}),
    "NotifyPeriodicEventStream": frozenset({"id", "data"}),
    "ReservationStatusUpdate": frozenset({"reservationId", "reservationUpdateStatus"}),
    "StatusNotification": frozenset({"connectorStatus", "evseId"}),
}

_OF_REQUESTS: Final = {Version.V16: _V16, Version.V201: _V2, Version.V21: _V2}
_NOTHING: Final[frozenset[str]] = frozenset()

IDLE_IN_ANSWERS: Final = frozenset({"readonly"})
"""What an answer may lack: whether a key may be written shows when somebody writes it."""


def needed(version: Version, action: str) -> frozenset[str]:
    """The required properties without which a charger's request says nothing, at whichever depth."""
    return _OF_REQUESTS[version].get(action, _NOTHING)
