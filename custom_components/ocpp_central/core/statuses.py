"""What a status that a charger tells makes of the EVSE with that plug.

Knows what a status says of what is wrong, and that it is weighed against the session there. Must not know the charger around the
EVSE, nor what a status says of a session (`doubts`).
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from . import doubts
from .dating import When
from .events import ConnectorStatus, StatusChanged
from .evse import Evse
from .faults import Faults, with_fault

MAX_CONNECTORS: Final = 20
"""More plugs than any EVSE has; all that it told are kept on disk."""


def after_status(evse: Evse, event: StatusChanged, when: When, connected_at: datetime | None) -> Evse:
    """The EVSE once one of its plugs has told a status; itself where that is no news."""
    faults = faults_after(evse.faults, event)
    if not evse.reported or evse.told.get(event.connector) is not event.status or faults is not evse.faults:
        if event.connector not in evse.connectors and len(evse.connectors) >= MAX_CONNECTORS:
            return evse
        told = {**evse.told, event.connector: event.status}
        connectors = evse.connectors | {event.connector}
        evse = replace(evse, connectors=connectors, told=told, faults=faults, reported=True, is_missing=False)
    return doubts.after_status(evse, when.happened_at, when.read_at, connected_at)


def faults_after(faults: Faults, event: StatusChanged) -> Faults:
    """What is wrong once a status was told; 2.x tells one twice, and only once what is wrong."""
    if event.fault is None and event.status is ConnectorStatus.FAULTED:
        return faults
    return with_fault(faults, str(event.connector), event.fault)
