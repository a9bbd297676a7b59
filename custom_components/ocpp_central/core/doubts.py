"""Whether a session goes on of which the charger tells no end.

Knows what speaks against it, what for it, when that is asked, and what is accounted of a session that is presumed to be over.
Must not know who asks, nor what hangs upon the session.

A charger that has lost its power, or its memory, may never tell the end of a session (MicroOcpp#100, MicroOcpp#227); another one
goes on with it when it has started anew (OpenEVSE/openevse_esp32_firmware#787); and what was queued may be told long after the
status. So a status makes a doubt, time or the charger's own word decides, and nothing is decided for good: a late end is
accounted in full, and whatever shows that the session goes on takes the presumption back.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from .events import ChargingState, ConnectorStatus, TransactionId, TransactionTold
from .evse import UNPLUGGED, Evse
from .transaction import Doubt, Transaction

GRACE: Final = timedelta(minutes=3)
"""How long a charger that is connected may take to tell the end, or that the session goes on: many tell their status first and
what they queued afterwards, and a car that is woken takes a minute to draw again."""

_INEXACT: Final = timedelta(seconds=60)
"""By so much a charger's clock may be off, and whoever was away for less has not started anew without saying so."""

_SECOND: Final = timedelta(seconds=1)
"""Chargers tell whole ones."""

_FLOWED_WH: Final = 10
"""More than a register goes back and forth by rounding: a car draws that in some seconds."""

_CHARGES: Final = frozenset({ConnectorStatus.CHARGING, ConnectorStatus.SUSPENDED_EV, ConnectorStatus.SUSPENDED_EVSE})
"""What 1.6 says only during a transaction."""

_HAS_CAR: Final = _CHARGES | {ConnectorStatus.FINISHING, ConnectorStatus.OCCUPIED}
"""Not Preparing: 1.6 says that of a card without a car, too."""

_CAR_IS_HERE: Final = frozenset(set(ChargingState) - {ChargingState.IDLE})

_NOTHING_RUNS: Final = UNPLUGGED | {ConnectorStatus.OUT_OF_SERVICE}
"""During a transaction no plug is free, and none is taken out of service (1.6 section 5.2, use case G03)."""


def next_question(evse: Evse, connected_at: datetime) -> datetime | None:
    """When the charger is to be asked whether the session at an EVSE goes on; None: not as things are.

    That is once it had time to tell it by itself: where there is doubt, and after each time that it was away.
    """
    running = evse.running
    if running is None:
        return None
    if running.doubt is not None:
        return max(running.doubt.since, connected_at, evse.asked_at or connected_at) + GRACE
    if evse.asked_at is not None or _is_followed(evse, connected_at):
        return None
    return connected_at + GRACE


def begun(evse: Evse) -> Evse:
    """The EVSE with a session that has just begun."""
    running = evse.running
    assert running is not None  # noqa: S101
    return _with_car(replace(evse, heard_at=running.beginning, asked_at=None))


def rebooted(evse: Evse, at: datetime) -> Evse:
    """The EVSE once its charger has started anew, and may have forgotten the session."""
    return evse if evse.running is None else replace(evse, running=replace(evse.running, rebooted_at=at))


def left(evse: Evse, at: datetime) -> Evse:
    """The EVSE when the connection is gone: without readings, a status counts for as long as it stood."""
    running = evse.running
    if running is None or not evse.reported or evse.meter.read_at is not None:
        return evse
    if running.may_be_over or evse.status_of_session not in _HAS_CAR:
        return evse
    return replace(evse, heard_at=at)


def after_status(evse: Evse, at: datetime, seen_at: datetime, connected_at: datetime | None) -> Evse:
    """The EVSE once one of its plugs has told a status. `at`: by the charger's clock; `seen_at`: by ours."""
    running = evse.running
    if running is None or at < running.beginning:
        return evse
    status = evse.status_of_session
    if status in _CHARGES:
        # Statuses are hardly ever queued, and those that follow a boot may be dated before it by a clock that is behind.
        return _confirmed(evse, at) if _is_after_doubt(running, seen_at) else _heard(evse, at)
    if _speaks_against(evse, running, status):
        seen = connected_at is not None and _is_followed(evse, connected_at)
        return doubted(evse, seen_at, seen=seen)
    return _with_car(evse)


def doubted(evse: Evse, at: datetime, *, seen: bool = False) -> Evse:
    """The EVSE once something speaks against its session; the first doubt stands. `seen`: its end was seen, too."""
    running = evse.running
    if running is None or running.doubt is not None:
        return evse
    doubt = Doubt(since=at, wh=evse.meter.imported.total, seen=seen)
    return replace(evse, running=replace(running, doubt=doubt))


def after_reading(evse: Evse, transaction: TransactionId | None, at: datetime, read_at: datetime) -> Evse:
    """The EVSE once its meter was read; `transaction`: for which one, if the charger says that.

    Some chargers go on to name one that is over (lbbrhzn/ocpp#609), so that its name alone proves nothing.
    """
    running = evse.running
    if running is None:
        return _after_late_reading(evse, transaction, at, read_at)
    if transaction not in {None, running.transaction} or at <= running.beginning:
        return evse
    if not is_later(running, read_at):
        return _heard(evse, at)
    if running.doubt is None:
        certain = transaction is not None or running.rebooted_at is None
        return _confirmed(evse, at) if certain else evse
    return _confirmed(evse, at) if _goes_on(evse, running.doubt, named=transaction is not None) else evse


def told_of(evse: Evse, at: datetime, told_at: datetime) -> Evse:
    """The EVSE once its charger has told something of the running session that it tells only of what goes on."""
    running = evse.running
    if running is None:
        return evse
    return _confirmed(evse, at) if is_later(running, told_at) else _heard(evse, at)


def answered(evse: Evse, told: TransactionTold) -> Evse:
    """The EVSE once the charger has said whether its session goes on.

    What it says to have queued is waited for once more: a queue that is never told shall not keep the connector for ever.
    """
    if told.ongoing:
        return replace(_confirmed(evse, told.at), asked_at=told.at)
    if told.queued and evse.asked_at is None:
        return replace(doubted(evse, told.at), asked_at=told.at)
    return over(evse, told.at)


def unanswered(evse: Evse, at: datetime) -> Evse:
    """The EVSE once the charger has had time to say something of its session, and cannot be asked: a doubt proves right."""
    running = evse.running
    if running is not None and running.doubt is not None:
        return over(evse, at)
    return replace(evse, asked_at=at)


def not_stopped(evse: Evse, at: datetime, connected_at: datetime | None) -> Evse:
    """The EVSE once the charger has refused to end its session: there is none if the plug says so, too, or says nothing at all."""
    running = evse.running
    if running is None:
        return evse
    mute = not evse.reported and (connected_at is None or not _is_followed(evse, connected_at))
    is_over = running.doubt is not None or mute or evse.status_of_session in _NOTHING_RUNS
    return over(evse, at) if is_over else evse


def over(evse: Evse, at: datetime) -> Evse:
    """The EVSE once its session is presumed to be over: it took what the meter said last, and ended when it last showed itself."""
    evse = doubted(evse, at)
    running = evse.running
    if running is None or running.doubt is None:
        return evse
    meter = evse.meter.at_rest(at)
    ended = ended_at(evse, running)
    last = replace(running.metered(meter), ended=ended, presumed=True).over(meter)
    return replace(evse, running=None, last=last, meter=meter, asked_at=None)


def ended_at(evse: Evse, session: Transaction) -> datetime:
    """When a session of which no end is told has ended, as far as that is known."""
    if session.doubt is not None and session.doubt.seen:
        return max(session.doubt.since, session.beginning)
    return max(evse.heard_at or session.beginning, session.beginning)


def revived(evse: Evse) -> Evse:
    """The EVSE where the session runs that was presumed to be over: it is one session, as if that had never been."""
    return evse if evse.last is None else replace(evse, running=evse.last.reopened(), last=None)


def is_later(transaction: Transaction | None, at: datetime) -> bool:
    """Whether a moment is not before whatever may have ended a transaction; none is, where nothing may."""
    if transaction is None or (transaction.rebooted_at is not None and at < transaction.rebooted_at - _SECOND):
        return False
    return _is_after_doubt(transaction, at)


def _is_after_doubt(transaction: Transaction, at: datetime) -> bool:
    return transaction.doubt is None or at >= transaction.doubt.since - _SECOND


def _after_late_reading(evse: Evse, transaction: TransactionId | None, at: datetime, read_at: datetime) -> Evse:
    """The EVSE once a reading was told of a session that was presumed to be over."""
    last = evse.presumed
    if last is None or last.doubt is None or last.transaction != transaction:
        return evse
    if not is_later(last, read_at):
        ended = max(at, last.ended or at)
        return replace(evse, last=replace(last, ended=ended).over(evse.meter))
    return _confirmed(revived(evse), at) if _goes_on(evse, last.doubt, named=True) else evse


def _speaks_against(evse: Evse, running: Transaction, status: ConnectorStatus | None) -> bool:
    """Whether a plug would not say this during the session.

    A free one says nothing where the session began with a card and waits for its car (TxStartPoint Authorized), nor in 2.x
    once the car has left one that only its driver ends (TxStopPoint). Faulted and Unavailable may pass by.
    """
    if status is ConnectorStatus.PREPARING:
        return running.rebooted_at is not None
    if status not in UNPLUGGED or running.charging_state is ChargingState.IDLE:
        return False
    has_car = running.has_car or running.rebooted_at is not None
    return has_car or (running.taken_wh(evse.meter) or 0) > _FLOWED_WH


def _goes_on(evse: Evse, doubt: Doubt, *, named: bool) -> bool:
    """Whether a reading that came after the doubt proves it wrong: energy has flowed, or the plug says so, too."""
    total = evse.meter.imported.total
    if total is not None and doubt.wh is not None and total - doubt.wh > _FLOWED_WH:
        return True
    return named and evse.status_of_session in _CHARGES


def _is_followed(evse: Evse, connected_at: datetime) -> bool:
    """Whether the session has shown itself since the charger connected."""
    running = evse.running
    if running is None or running.rebooted_at is not None or evse.heard_at is None:
        return False
    return evse.heard_at >= connected_at - _INEXACT


def _confirmed(evse: Evse, at: datetime) -> Evse:
    """The EVSE once its session has shown that it goes on."""
    running = evse.running
    if running is not None and running.may_be_over:
        evse = replace(evse, running=replace(running, doubt=None, rebooted_at=None))
    return _with_car(_heard(evse, at))


def _heard(evse: Evse, at: datetime) -> Evse:
    return evse if evse.heard_at is not None and at <= evse.heard_at else replace(evse, heard_at=at)


def _with_car(evse: Evse) -> Evse:
    """The EVSE once its plug or its session says that a car is there."""
    running = evse.running
    if running is None or running.has_car:
        return evse
    if evse.status_of_session not in _HAS_CAR and running.charging_state not in _CAR_IS_HERE:
        return evse
    return replace(evse, running=replace(running, has_car=True))
