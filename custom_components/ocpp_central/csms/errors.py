"""How each version spells what is wrong with a message.

Knows the CALLERROR codes of OCPP-J 1.6 (table 7), 2.0.1 and 2.1 (part 4, "Valid Error Codes"). Must not know
how a fault is found.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from .dialect import Version


class Fault(StrEnum):
    """What can be wrong with a message, in the words of no version."""

    UNREADABLE = "unreadable"
    """No frame of this version: not JSON, not an array, or an array with the wrong parts."""
    UNKNOWN_MESSAGE_TYPE = "unknown_message_type"
    UNKNOWN_ACTION = "unknown_action"
    UNSUPPORTED_ACTION = "unsupported_action"
    """An action that the version defines, but not one that a charger calls."""
    FORMATION = "formation"
    """A payload that is no object, or has a property that the version does not define."""
    OCCURRENCE = "occurrence"
    """A required property is missing, or a list is too short or too long."""
    TYPE = "type"
    VALUE = "value"
    """A property has a value outside of what the version allows."""
    INTERNAL = "internal"
    """The fault is ours."""


# 1.6 has no codes for faults of the frame itself: a frame with a readable id is a formation fault, a message type
# that it does not define is ignored (OCPP-J 1.6 section 4.1.3). "Formation" and "Occurence" are its own spellings.
_V16: Final[Mapping[Fault, str | None]] = {
    Fault.UNREADABLE: "FormationViolation",
    Fault.UNKNOWN_MESSAGE_TYPE: None,
    Fault.UNKNOWN_ACTION: "NotImplemented",
    Fault.UNSUPPORTED_ACTION: "NotSupported",
    Fault.FORMATION: "FormationViolation",
    Fault.OCCURRENCE: "OccurenceConstraintViolation",
    Fault.TYPE: "TypeConstraintViolation",
    Fault.VALUE: "PropertyConstraintViolation",
    Fault.INTERNAL: "InternalError",
}

_V2: Final[Mapping[Fault, str | None]] = {
    Fault.UNREADABLE: "RpcFrameworkError",
    Fault.UNKNOWN_MESSAGE_TYPE: "MessageTypeNotSupported",
    Fault.UNKNOWN_ACTION: "NotImplemented",
    Fault.UNSUPPORTED_ACTION: "NotSupported",
    Fault.FORMATION: "FormatViolation",
    Fault.OCCURRENCE: "OccurrenceConstraintViolation",
    Fault.TYPE: "TypeConstraintViolation",
    Fault.VALUE: "PropertyConstraintViolation",
    Fault.INTERNAL: "InternalError",
}

CODES: Final[Mapping[Version, Mapping[Fault, str | None]]] = {
    Version.V16: _V16,
    Version.V201: _V2,
    Version.V21: _V2,
}
"""The CALLERROR code of a fault in a version; None where that version leaves the message without an answer."""

NO_ID: Final[Mapping[Version, str | None]] = {
    Version.V16: None,
    Version.V201: "-1",
    Version.V21: "-1",
}
"""The message id of a CALLERROR about a frame whose own id could not be read; None: such a frame has no answer."""

_UNKNOWN_COMMAND = ("notimplemented", "notsupported", "format")


def says_not_implemented(code: str) -> bool:
    """Whether a charger's CALLERROR code means that it does not know what was asked.

    Chargers mix the spellings of all versions: FormationViolation, FormatViolation, other capitals.
    """
    return code.strip().casefold().startswith(_UNKNOWN_COMMAND)
