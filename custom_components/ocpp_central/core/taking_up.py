"""A transaction that turns up where none is known to run.

Knows which messages show that one runs: a charger that was moved here amid a session has told its start to somebody else, and
where a card goes before the cable the start says no EVSE yet (OCPP 2.x, E03). Must not know what follows from a start.
"""

from datetime import datetime
from typing import Final

from .charger import UNNOTICED, Charger
from .events import ChargingState, ConnectorStatus, Event, EvseId, Metered, Started, TransactionId, Updated

_UNDER_WAY: Final = frozenset({ConnectorStatus.CHARGING, ConnectorStatus.SUSPENDED_EV, ConnectorStatus.SUSPENDED_EVSE})


def taken_up(charger: Charger, event: Event) -> Event:
    """The start that an event is to us, if it tells of a transaction which nobody knows to run; else the event itself."""
    match event:
        case Updated(offline=False) if not _is_known(charger, event.transaction):
            return _of_update(charger, event)
        case Metered(transaction=str(transaction)) if not _is_known(charger, transaction):
            return _of_readings(charger, event, transaction)
        case _:
            return event


def _is_known(charger: Charger, transaction: TransactionId) -> bool:
    """Whether it runs, or has ended and is told of late."""
    return any(
        known is not None and known.transaction == transaction
        for evse in charger.evses.values()
        for known in (evse.running, evse.last)
    )


def _of_update(charger: Charger, event: Updated) -> Event:
    first = charger.begun_nowhere(event.transaction)
    number = event.evse if event.evse is not None else _only_one(charger)
    if not _is_free(charger, number) or not (first or _goes_on(charger, number, event)):
        return event
    return Started(
        transaction=event.transaction,
        evse=number,
        connector=event.connector,
        token=event.token or (first.token if first else None),
        anonymous=event.anonymous or (first is not None and first.anonymous),
        amid=first is None,
        hold=event.hold or (first.hold if first else None),
        meter_wh=first.meter_wh if first else None,
        charging_state=event.charging_state,
        readings=event.readings,
        at=event.at,
        received=event.received,
    )


def _of_readings(charger: Charger, event: Metered, transaction: TransactionId) -> Event:
    """Readings of 1.6 name their transaction; what its connector shows tells that it still runs."""
    evse = None if event.evse is None else charger.evses.get(event.evse)
    if evse is None or evse.running is not None or evse.status not in _UNDER_WAY or _was_queued(charger, event.at):
        return event
    return Started(
        transaction=transaction,
        evse=evse.evse,
        connector=None,
        token=None,
        amid=True,
        readings=event.readings,
        at=event.at,
        received=event.received,
    )


def _goes_on(charger: Charger, number: EvseId | None, event: Updated) -> bool:
    """Whether a car is there, by what the transaction or the EVSE says."""
    evse = None if number is None else charger.evses.get(number)
    if event.charging_state is not None:
        return event.charging_state is not ChargingState.IDLE
    return evse is not None and evse.plugged_in is True


def _is_free(charger: Charger, number: EvseId | None) -> bool:
    if number is None:
        return False
    evse = charger.evses.get(number)
    return evse is None or evse.running is None


def _only_one(charger: Charger) -> EvseId | None:
    return next(iter(charger.evses)) if len(charger.evses) == 1 else None


def _was_queued(charger: Charger, at: datetime) -> bool:
    """Whether it is of before the charger connected, by its own clock."""
    return charger.connected_at is not None and at - charger.skew < charger.connected_at - UNNOTICED
