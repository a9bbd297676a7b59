"""A transaction that turns up where none is known to run.

Knows which messages show that one runs: a charger that was moved here amid a session has told its start to somebody else, and
where a card goes before the cable the start says no EVSE yet (OCPP 2.x, E03). Must not know what follows from a start.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from .charger import Charger
from .dating import UNNOTICED
from .events import ChargingState, ConnectorStatus, Event, EvseId, Metered, Started, TransactionId, Updated

_UNDER_WAY: Final = frozenset({ConnectorStatus.CHARGING, ConnectorStatus.SUSPENDED_EV, ConnectorStatus.SUSPENDED_EVSE})


def taken_up(charger: Charger, event: Event) -> Event:
    """The start that an event is to us, if it tells of a transaction which nobody knows to run; else the event itself."""
    match event:
        case Updated() if not _is_known(charger, event.transaction):
            return _of_update(charger, event)
        case Metered(transaction=str(transaction)) if not _is_known(charger, transaction):
            return _of_readings(charger, event, transaction)
        case _:
            return event


def _is_known(charger: Charger, transaction: TransactionId) -> bool:
    """Whether it is known where it runs, or ran; one that began nowhere may have the id of one before the charger's boot."""
    return charger.knows(transaction) and charger.begun_nowhere(transaction) is None


def _of_update(charger: Charger, event: Updated) -> Event:
    first = charger.begun_nowhere(event.transaction)
    number = event.evse if event.evse is not None else _only_one(charger)
    shows = first is not None or (not event.offline and _goes_on(charger, number, event))
    if number is None or not shows or not _is_free(charger, number):
        return event
    return replace(
        _begun(event, event.transaction, number, first),
        connector=event.connector,
        token=event.token or (None if first is None else first.token),
        anonymous=event.anonymous or (first is not None and first.anonymous),
        hold=event.hold or (None if first is None else first.hold),
        charging_state=event.charging_state,
        offline=event.offline,
    )


def _of_readings(charger: Charger, event: Metered, transaction: TransactionId) -> Event:
    """Readings of 1.6 name their transaction; what its connector shows tells that it still runs."""
    first = charger.begun_nowhere(transaction)
    evse = None if event.evse is None else charger.evses.get(event.evse)
    if evse is None or evse.running is not None:
        return event
    if first is None and (evse.status not in _UNDER_WAY or _was_queued(charger, event.at)):
        return event
    return _begun(event, transaction, evse.evse, first)


def _begun(event: Updated | Metered, transaction: TransactionId, evse: EvseId, first: Started | None) -> Started:
    """The start that an event shows; `first`: as it was told, when it did not say where."""
    told = first or Started(transaction=transaction, evse=None, connector=None, token=None, amid=True, at=event.at)
    return replace(told, evse=evse, readings=event.readings, at=event.at, received=event.received)


def _goes_on(charger: Charger, number: EvseId | None, event: Updated) -> bool:
    """Whether a car is there, by what the transaction or the EVSE says."""
    evse = None if number is None else charger.evses.get(number)
    if event.charging_state is not None:
        return event.charging_state is not ChargingState.IDLE
    return evse is not None and evse.plugged_in is True


def _is_free(charger: Charger, number: EvseId) -> bool:
    """Whether nothing runs at an EVSE, or what did so may be over, as another one shows."""
    evse = charger.evses.get(number)
    return evse is None or evse.running is None or evse.running.may_be_over


def _only_one(charger: Charger) -> EvseId | None:
    return next(iter(charger.evses)) if len(charger.evses) == 1 else None


def _was_queued(charger: Charger, at: datetime) -> bool:
    """Whether it is of before the charger connected, by its own clock."""
    return charger.connected_at is not None and at - charger.skew < charger.connected_at - UNNOTICED
