"""What the start, the course and the end of a session make of the place where it runs.

Knows what is accounted of a session, also where a charger tells its end late, twice or never. Must not know the charger around its
EVSEs, which session is meant (`recognition`), nor what dates are worth (`dating`): `when` is what an event's is.
"""

from dataclasses import replace
from datetime import datetime

from . import doubts
from .dating import UNNOTICED, When, was_offline
from .events import (
    Ended,
    Evicting,
    EvseId,
    Metered,
    Pardoned,
    Standing,
    Started,
    StopRefused,
    TransactionId,
    TransactionTold,
    TransactionUntold,
    Updated,
    Verdict,
)
from .evse import MOST_EVICTIONS, Evse, Evses, evse_at, with_evse
from .meter import Meter
from .recognition import presumed_at, running as running_one, same_start, unended
from .staleness import still_true
from .transaction import Transaction


def started(evses: Evses, event: Started, verdict: Verdict | None, when: When, began: datetime) -> Evses:
    """The EVSEs once a transaction has started, which `began` when that was told first."""
    if (evse := evse_at(evses, event.evse)) is None or event.transaction is None:
        return evses
    known = same_start(evses, event)
    if known is None:
        running = Transaction(
            transaction=event.transaction,
            evse=evse.evse,
            connector=event.connector,
            token=event.token,
            # nobody will say any more who charges where that was told to another central system
            anonymous=event.names_nobody or (event.amid and event.token is None),
            started_at=event.at,
            meter_start_wh=event.meter_wh,
            charging_state=event.charging_state,
            began=began,
        )
        begun = _read(_begun(evse, _judged(running, verdict), event, when), event, when)
        return with_evse(_without(evses, event.transaction, event.at), begun)
    if known is evse.running:
        whole = _completed(known, event, evse.meter, began) if known.lacks(event) else known
        evse = replace(evse, running=_judged(whole, verdict))
    return with_evse(evses, _read(evse, event, when))


def updated(evses: Evses, event: Updated, verdict: Verdict | None, when: When) -> Evses:
    """The EVSEs once something was told of a transaction that runs, or did."""
    evse = _where_it_runs(evses, event, when)
    if evse is None or (running := evse.running) is None:
        known = unended(evses, event.transaction)
        return metered(evses, event.evse if known is None else known.evse, event, when)
    changed = replace(
        running,
        connector=event.connector if event.connector is not None else running.connector,
        anonymous=running.anonymous or event.anonymous or (running.token is None and event.names_nobody),
        charging_state=event.charging_state or running.charging_state,
    )
    if not running.is_settled_on(event.token):
        changed = _judged(replace(changed, token=event.token or running.token), verdict)
    elif event.token is None or (running.token is not None and running.token.matches(event.token)):
        changed = _judged(changed, verdict)
    evse = _read(replace(evse, running=changed), event, when)
    return with_evse(evses, doubts.told_of(evse, when.happened_at, when.read_at))


def ended(evses: Evses, event: Ended, when: When) -> Evses:
    """The EVSEs once the end of a transaction was told."""
    evse = _where_it_runs(evses, event, when)
    if evse is None or (running := evse.running) is None:
        return _ended_unnoticed(evses, event, when)
    ended = _ended_at(evses, event, unended(evses, event.transaction) or running, when)
    evse = _read(evse, event, when)
    at = when.read_at
    is_late = evse.meter.is_ahead_of(at)
    meter = evse.meter if is_late else evse.meter.said(event.meter_wh, at, event.at).at_rest(event.at)
    running = (evse.running or running).metered(meter).reopened().over(meter)
    if is_late:  # what was read since may be of whoever came then
        last = running.over_since(ended, event.meter_wh, event.reason)
    else:
        last = replace(running, ended=ended, meter_stop_wh=event.meter_wh, stop_reason=event.reason).over(meter)
    return with_evse(evses, replace(evse, meter=meter, running=None, last=last))


def metered(evses: Evses, number: EvseId | None, event: Metered | Updated | Ended, when: When) -> Evses:
    """The EVSEs once the meter of one was read."""
    evse = None if number is None else evses.get(number)
    return evses if evse is None or not event.readings else with_evse(evses, _read(evse, event, when))


def concerned(
    evses: Evses,
    event: Evicting | Pardoned | TransactionTold | TransactionUntold | StopRefused,
    connected_at: datetime | None,
) -> Evses:
    """The EVSEs once something was decided, or found out, of a transaction that runs."""
    if (running := running_one(evses, event.transaction)) is None:
        return evses
    evse = evses[running.evse]
    match event:
        case Evicting():
            evictions = (*evse.evictions, event.at)[-MOST_EVICTIONS:]
            tried = replace(running, attempts=running.attempts + 1)
            return with_evse(evses, replace(evse, running=tried, evictions=evictions))
        case Pardoned():
            pardoned = replace(running, standing=Standing.ACCEPTED, against=None, evict_from=None)
            return with_evse(evses, replace(evse, running=pardoned))
        case TransactionTold():
            return with_evse(evses, doubts.answered(evse, event))
        case TransactionUntold():
            return with_evse(evses, doubts.unanswered(evse, event.at))
        case StopRefused():
            return with_evse(evses, doubts.not_stopped(evse, event.at, connected_at))


def _where_it_runs(evses: Evses, event: Updated | Ended, when: When) -> Evse | None:
    """The EVSE where a transaction runs; also if it was presumed to be over, and the event shows that it was not.

    Its end does, since it is accounted as if nothing had been presumed; an update does unless it was queued.
    """
    if (running := running_one(evses, event.transaction)) is not None:
        return evses[running.evse]
    presumed = presumed_at(evses, event.transaction)
    if presumed is None or (isinstance(event, Updated) and not doubts.is_later(presumed.last, when.read_at)):
        return None
    return doubts.revived(presumed)


def _ended_at(evses: Evses, event: Ended, session: Transaction, when: When) -> datetime:
    """When a transaction really ended; what comes after a doubt is dated rightly, however late, if it can be."""
    if session.doubt is None or event.received is None or was_offline(event):
        return when.happened_at
    if session.beginning <= when.told_at <= event.received + UNNOTICED:
        return when.told_at
    return session.ended or doubts.ended_at(evses[session.evse], session)


def _ended_unnoticed(evses: Evses, event: Ended, when: When) -> Evses:
    """The EVSEs when a transaction ended that does not run: perhaps the latest one, of which no end was told."""
    for evse in evses.values():
        last = evse.last
        if last is not None and last.transaction == event.transaction and (last.ended is None or last.presumed):
            over = last.over_since(_ended_at(evses, event, last, when), event.meter_wh, event.reason)
            return with_evse(evses, replace(evse, last=over))
    return metered(evses, event.evse, event, when)


def _completed(running: Transaction, start: Started, meter: Meter, began: datetime) -> Transaction:
    """The transaction that was taken up, once its charger has told the beginning of it, too."""
    counted = None if start.meter_wh is None else meter.imported.when_it_said(start.meter_wh)
    return replace(
        running,
        token=start.token,
        anonymous=start.names_nobody,
        started_at=start.at,
        began=began,
        meter_start_wh=start.meter_wh,
        counted_from=running.counted_from if counted is None else counted,
    )


def _without(evses: Evses, transaction: TransactionId, at: datetime) -> Evses:
    """The EVSEs when a transaction begins somewhere: where another one of its id has run, that must be over."""
    return {
        number: doubts.over(evse, at) if evse.running is not None and evse.running.transaction == transaction else evse
        for number, evse in evses.items()
    }


def _begun(evse: Evse, running: Transaction, event: Started, when: When) -> Evse:
    """The EVSE with a new transaction; one that ran before has ended without a word."""
    before = evse.running.over(evse.meter) if evse.running is not None else evse.last
    at, start = when.read_at, event.meter_wh
    meter = evse.meter.began(start, at, event.at)
    counted = None if start is None else meter.imported.when_it_said(start)
    if counted is None and not meter.is_ahead_of(at):
        counted = meter.imported.total
    started = replace(running, counted_from=counted)
    return doubts.begun(replace(evse, running=started, last=before, meter=meter, is_missing=False))


def _read(evse: Evse, event: Metered | Started | Updated | Ended, when: When) -> Evse:
    """The EVSE with what its meter was read by the way."""
    if not event.readings:
        return evse
    running, presumed, readings = evse.running, evse.presumed, event.readings
    session = running or presumed
    start = None if session is None else session.meter_start_wh
    if running is None and evse.last is not None:
        readings = still_true(readings, evse.last.ended)
    meter = evse.meter.after(readings, when.read_at, start, event.at)
    read = replace(
        evse,
        meter=meter,
        running=None if running is None else running.metered(meter),
        last=evse.last if presumed is None else presumed.metered(meter),
    )
    return doubts.after_reading(read, event.transaction, when.happened_at, when.read_at)


def _judged(running: Transaction, verdict: Verdict | None) -> Transaction:
    """The transaction with what was said of its token; as it was if nothing was."""
    if verdict is None:
        return running
    return replace(
        running,
        group=verdict.group,
        standing=verdict.standing,
        against=verdict.against,
        evict_from=verdict.evict_from,
    )
