"""What a charger says is wrong with it.

Knows the words for that. Must not know how a version spells them, nor what follows: only the status Faulted says that nothing
can be charged. While a charger tells another status, what is wrong is a warning (1.6 section 4.9).
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

NO_ERROR: Final = "no_error"
"""What is told of a place where nothing is wrong."""

MOST: Final = 20
"""More than is wrong with any EVSE at once; a broken charger must not fill the memory."""


class ErrorCode(StrEnum):
    """What can be wrong, in the words of 1.6; 2.x names the component with the problem instead."""

    CONNECTOR_LOCK_FAILURE = "connector_lock_failure"
    EV_COMMUNICATION_ERROR = "ev_communication_error"
    GROUND_FAILURE = "ground_failure"
    HIGH_TEMPERATURE = "high_temperature"
    INTERNAL_ERROR = "internal_error"
    LOCAL_LIST_CONFLICT = "local_list_conflict"
    OTHER_ERROR = "other_error"
    OVER_CURRENT_FAILURE = "over_current_failure"
    OVER_VOLTAGE = "over_voltage"
    POWER_METER_FAILURE = "power_meter_failure"
    POWER_SWITCH_FAILURE = "power_switch_failure"
    READER_FAILURE = "reader_failure"
    RESET_FAILURE = "reset_failure"
    UNDER_VOLTAGE = "under_voltage"
    WEAK_SIGNAL = "weak_signal"


class Fault(NamedTuple):
    """Something that is wrong. `code`: an `ErrorCode`, or the charger's own word; `vendor_code`, `info`: what its vendor adds."""

    code: str | None = None
    vendor_code: str | None = None
    info: str | None = None


type Faults = Mapping[str, Fault]
"""What is wrong at a place, by what it is wrong with: a connector's number, or a component's name."""


def with_fault(faults: Faults, source: str, fault: Fault | None) -> Faults:
    """What is wrong once something was said of `source`; None: nothing. Itself where that is no news."""
    if faults.get(source) == fault or (source not in faults and len(faults) >= MOST):
        return faults
    others = {each: known for each, known in faults.items() if each != source}
    return others if fault is None else {**others, source: fault}
