"""What drivers do at a charger and what follows: tokens, cables, transactions, readings.

It must not know payloads; the dialect writes them.
"""

import asyncio
from datetime import timedelta
from uuid import uuid4

from ocpp.exceptions import OCPPError

from . import holds, profiles
from .core import Core, Failure
from .model import (
    Authorization,
    Evse,
    Hold,
    Json,
    Judgement,
    Readings,
    Stop,
    Token,
    Transaction,
    Trigger,
)
from .state import Setting

_CAR_POWER_W = 7360.0
"""What the simulated car draws: 32 A at 230 V."""
_VOLTAGE = 230.0
_LEAST_W = 6 * _VOLTAGE
"""No car can charge with less (IEC 61851-1): the charger pauses instead."""


async def plug(core: Core, evse: Evse) -> None:
    """Put the cable in; a token that was presented before starts charging now."""
    evse.plugged = True
    core.note()
    await core.flush()
    if evse.transaction is not None:
        await _energize(core, evse.transaction)
    elif evse.authorization is not None:
        await _begin(core, evse, Trigger.CABLE)
    elif core.behaviour.free_vend and _keeper(core, evse, _free_token(core), None) is None:
        await admit(core, evse, _free_token(core), Trigger.CABLE)
    elif core.dialect.starts_when_plugged and _is_usable(evse):
        await _begin(core, evse, Trigger.CABLE)


async def unplug(core: Core, evse: Evse) -> None:
    """Pull the cable; it ends the transaction."""
    evse.plugged = False
    evse.authorization = None
    if evse.transaction is not None:
        await stop(core, evse, Stop.UNPLUGGED)
    evse.finishing, evse.car_pauses = False, False
    core.note()
    await core.flush()


async def present(core: Core, evse: Evse, token: Token, *, authorize: bool = True) -> bool:
    """Hold a token to the reader: True if it may charge, or has just ended its own charging.

    Strangers at a held EVSE are refused by the charger itself; everyone else is asked for with Authorize, unless the
    settings allow to go without.
    """
    running = evse.transaction
    if running is not None and running.token is not None:
        if not await _may_stop(core, running.token, token):
            return False
        await stop(core, evse, Stop.LOCAL, token)
        return True
    if not _is_usable(evse) or not await _may_charge(core, evse, token, authorize=authorize):
        return False
    return await admit(core, evse, token, Trigger.TOKEN)


async def admit(core: Core, evse: Evse, token: Token, trigger: Trigger, *, remote_start_id: int | None = None) -> bool:
    """Let a token charge; True unless the central system refuses its start."""
    own = _own_hold(core, evse, token)
    consumed = None
    if own is not None and core.dialect.consumes_on_presentation:
        del core.state.holds[own.id]
        consumed = own.id
    evse.authorization = Authorization(
        token=token,
        until=core.now() + timedelta(seconds=core.state.seconds(Setting.CONNECTION_TIMEOUT)),
        consumed_hold=consumed,
        remote_start_id=remote_start_id,
    )
    evse.finishing = False
    core.note()
    await core.flush()
    if evse.transaction is not None:
        return await _attach(core, evse, evse.transaction, trigger)
    if evse.plugged or core.dialect.starts_when_authorized:
        return await _begin(core, evse, trigger)
    return True


async def stop(core: Core, evse: Evse, reason: Stop, token: Token | None = None) -> None:
    """End the transaction at an EVSE, if there is one; returns when the central system knows, or is away."""
    transaction = evse.transaction
    if transaction is None:
        return
    _draw(core, evse)
    transaction.ended = True
    transaction.seq_no += 1
    evse.transaction, evse.drawing_w = None, 0.0
    core.state.profiles = [
        each for each in core.state.profiles if each.transaction is None or each.transaction != transaction.id
    ]
    evse.authorization = None
    evse.finishing = evse.plugged
    if evse.inoperative_after_use:
        evse.inoperative_after_use, evse.operative = False, False
    core.log.info("connector %s: charging ends (%s)", evse.id, reason)
    told = core.outbox.put(core.dialect.ended(transaction, reason, token))
    core.note()
    await core.watch.until(lambda: told.done() or not core.online)
    await core.flush()


async def meter(core: Core, evse: Evse, readings: Readings | None = None, *, triggered: bool = False) -> None:
    """Send readings; by default the register, and power, current and voltage of the car."""
    _draw(core, evse)
    if readings is None:
        values = default_readings(evse)
    else:
        values = dict(readings)
        evse.energy_wh = values.get("Energy.Active.Import.Register", evse.energy_wh)
    transaction = evse.transaction
    if transaction is not None and core.behaviour.readings == "at_end" and not triggered:
        transaction.kept.append(core.dialect.meter_value(values, "Sample.Periodic"))
        return
    if transaction is not None and core.behaviour.readings == "in_transaction":
        transaction.seq_no += 1
    message = core.dialect.readings(evse, values, triggered=triggered)
    if transaction is None:
        await core.tell(message)
        return
    told = core.outbox.put(message)
    await core.watch.until(lambda: told.done() or not core.online)
    if told.done() and not told.cancelled() and isinstance(error := told.exception(), OCPPError):
        raise error


async def pause_car(core: Core, evse: Evse, *, paused: bool) -> None:
    """Have the car take nothing though it may, as one that is full; or take something again."""
    _draw(core, evse)
    evse.car_pauses = paused
    await _settle(core, evse)


async def adjust(core: Core) -> None:
    """Have every car draw what it may by now, and tell what changes by that."""
    for evse in core.state.evses.values():
        await _settle(core, evse)


def default_readings(evse: Evse) -> dict[str, float]:
    """What the meter of an EVSE shows now."""
    return {
        "Energy.Active.Import.Register": round(evse.energy_wh),
        "Power.Active.Import": evse.drawing_w,
        "Current.Import": round(evse.drawing_w / _VOLTAGE, 1),
        "Voltage": _VOLTAGE,
    }


async def forget_unplugged(core: Core, evse: Evse) -> None:
    """End an authorization that no car followed (ConnectionTimeOut, EVConnectionTimeOut; H03.FR.11)."""
    authorization = evse.authorization
    if authorization is None:
        return
    evse.authorization = None
    core.log.info("connector %s: no car came", evse.id)
    if evse.transaction is not None:
        await stop(core, evse, Stop.TIMEOUT)
    elif authorization.consumed_hold is not None and core.behaviour.reports_hold_end:
        ended = Hold(id=authorization.consumed_hold, evse=evse.id, token="", expiry=core.now())
        await core.tell(core.dialect.hold_ended(ended, "NoTransaction"))
    core.note()
    await core.flush()


async def _begin(core: Core, evse: Evse, trigger: Trigger) -> bool:
    """Start a transaction; True unless its token is refused."""
    if core.behaviour.counts_each_session:
        evse.energy_wh = 0.0
    authorization = evse.authorization
    token = authorization.token if authorization is not None else None
    transaction = Transaction(
        key=str(uuid4()),
        evse=evse.id,
        token=token,
        started=core.now(),
        meter_start=round(evse.energy_wh),
        reservation_id=_reservation_id(core, evse, authorization),
        remote_start_id=authorization.remote_start_id if authorization is not None else None,
        accepted=None if token is not None else True,
    )
    evse.transaction = transaction
    evse.metered = core.now()
    if evse.plugged:
        evse.authorization = None
    if core.behaviour.starts_end_holds and token is not None:
        for hold in holds.spent(core.state, evse, token, compare_types=core.dialect.compares_token_types):
            del core.state.holds[hold.id]
    core.log.info("connector %s: a transaction starts", evse.id)
    told = core.outbox.put(core.dialect.started(transaction, trigger))
    return await _judged(core, evse, transaction, told)


async def _attach(core: Core, evse: Evse, transaction: Transaction, trigger: Trigger) -> bool:
    """Bring a token to a transaction that began with the cable; True unless it is refused."""
    authorization = evse.authorization
    transaction.token = authorization.token if authorization is not None else None
    transaction.reservation_id = _reservation_id(core, evse, authorization)
    transaction.seq_no += 1
    transaction.accepted = None
    evse.authorization = None
    message = core.dialect.updated(transaction, trigger)
    if message is None:
        return True
    return await _judged(core, evse, transaction, core.outbox.put(message))


async def _judged(core: Core, evse: Evse, transaction: Transaction, told: asyncio.Future[Json]) -> bool:
    """Wait for the central system's word on a start, as long as there is a connection; act on it whenever it comes."""
    core.note()
    core.spawn(_act_on_judgement(core, evse, transaction, told))
    await core.flush()
    await core.watch.until(lambda: told.done() or not core.online)
    if not told.done():
        await _energize(core, transaction)
        return True
    if told.cancelled():
        return False
    await core.watch.until(lambda: transaction.accepted is not None)
    return transaction.accepted is True


async def _act_on_judgement(core: Core, evse: Evse, transaction: Transaction, told: asyncio.Future[Json]) -> None:
    try:
        answer = await told
    except Failure as failure:
        core.log.info("connector %s: the start was given up (%s)", evse.id, failure)
        answer = {}
    transaction.id = core.wire_ids.get(transaction.key, transaction.id)
    judgement = core.dialect.judgement(answer)
    if judgement is not None and transaction.token is not None:
        core.state.remember(transaction.token, judgement)
    accepted = judgement is None or judgement.allows(evse.id)
    if accepted:
        await _energize(core, transaction)
    elif not transaction.ended:
        await _turn_away(core, evse, transaction)
    transaction.accepted = accepted
    core.watch.notify()


async def _energize(core: Core, transaction: Transaction) -> None:
    evse = core.evse(transaction.evse)
    if transaction.ended or not evse.plugged or transaction.token is None or transaction.charging_state == "Charging":
        return
    state, watts = _what_flows(core, evse)
    await _change(core, evse, transaction, state, watts)


async def _turn_away(core: Core, evse: Evse, transaction: Transaction) -> None:
    core.log.info("connector %s: the central system refuses the start", evse.id)
    if not core.behaviour.obeys_refusals:
        await _energize(core, transaction)
    elif core.state.has(Setting.STOP_ON_INVALID_ID):
        await stop(core, evse, Stop.DEAUTHORIZED)
    else:
        await _change(core, evse, transaction, "SuspendedEVSE")


async def _settle(core: Core, evse: Evse) -> None:
    """Have the car at an EVSE draw what it may and wants by now, if energy may flow there at all."""
    transaction = evse.transaction
    if transaction is None or transaction.accepted is False or transaction.charging_state == "EVConnected":
        return
    state, watts = _what_flows(core, evse)
    if state != transaction.charging_state:
        await _change(core, evse, transaction, state, watts)
    elif watts != evse.drawing_w:
        _draw(core, evse)
        evse.drawing_w = watts
        transaction.seq_no += 1
        if (message := core.dialect.rate_changed(transaction)) is not None:
            core.outbox.put(message)
        core.note()


def _what_flows(core: Core, evse: Evse) -> tuple[str, float]:
    """The charging state, and what the car draws in W, now that it is allowed to."""
    limit = profiles.limit_w(core, evse)
    if limit is not None and limit < _LEAST_W:
        return "SuspendedEVSE", 0.0
    if evse.car_pauses:
        return "SuspendedEV", 0.0
    return "Charging", _CAR_POWER_W if limit is None else min(limit, _CAR_POWER_W)


async def _change(core: Core, evse: Evse, transaction: Transaction, charging_state: str, watts: float = 0.0) -> None:
    _draw(core, evse)
    transaction.charging_state, evse.drawing_w = charging_state, watts
    transaction.seq_no += 1
    message = core.dialect.updated(transaction, None)
    if message is not None:
        core.outbox.put(message)
    core.note()
    await core.flush()


async def _may_charge(core: Core, evse: Evse, token: Token, *, authorize: bool) -> bool:
    """Whether the charger, and the central system if it is asked, let a token charge at an EVSE."""
    judgement = core.state.known(token)
    asked = False
    keeper = _keeper(core, evse, token, judgement)
    if keeper is not None:
        # 1.6 5.13, H03.FR.07, .08: the group decides, looked up in list or cache, else by Authorize.
        if keeper.group is None or (judgement is not None and judgement.group is not None):
            return _refused(core, evse)
        judgement, asked = await _ask(core, token), True
        if _keeper(core, evse, token, judgement) is not None:
            return _refused(core, evse)
    if authorize and not asked and not (_is_accepted(judgement) and core.state.has(Setting.LOCAL_PRE_AUTHORIZE)):
        judgement = await _ask(core, token)
    if authorize and (judgement is None or not judgement.allows(evse.id)):
        core.log.info("connector %s: the token is refused (%s)", evse.id, judgement.status if judgement else "unknown")
        return False
    return True


def _draw(core: Core, evse: Evse) -> None:
    """Let the register grow by what the car took since it was last read."""
    now = core.now()
    if evse.drawing_w and evse.metered is not None:
        evse.energy_wh += evse.drawing_w * max(0.0, (now - evse.metered).total_seconds()) / 3600
    evse.metered = now


def _is_usable(evse: Evse) -> bool:
    return evse.operative and not evse.faulted


def _is_accepted(judgement: Judgement | None) -> bool:
    return judgement is not None and judgement.status == "Accepted"


def _refused(core: Core, evse: Evse) -> bool:
    core.log.info("connector %s: the token is refused (reserved for somebody else)", evse.id)
    return False


def _free_token(core: Core) -> Token:
    return Token(value=core.behaviour.free_vend_token, type="NoAuthorization")


def _group(core: Core, token: Token) -> str | None:
    judgement = core.state.known(token)
    return judgement.group if judgement is not None else None


def _keeper(core: Core, evse: Evse, token: Token, judgement: Judgement | None) -> Hold | None:
    if not core.behaviour.enforces:
        return None
    group = judgement.group if judgement is not None else None
    return holds.keeper(core.state, evse, token, group, compare_types=core.dialect.compares_token_types)


def _own_hold(core: Core, evse: Evse, token: Token) -> Hold | None:
    return holds.own(core.state, evse, token, _group(core, token), compare_types=core.dialect.compares_token_types)


def _reservation_id(core: Core, evse: Evse, authorization: Authorization | None) -> int | None:
    """Use up the hold of a start that has not used it up before, and give the id that the start carries."""
    if authorization is None:
        return None
    reservation_id = authorization.consumed_hold
    authorization.consumed_hold = None
    own = _own_hold(core, evse, authorization.token)
    if reservation_id is None and own is not None:
        del core.state.holds[own.id]
        reservation_id = own.id
    foreign = holds.bound_to(core.state, evse)
    if reservation_id is None and core.behaviour.foreign_reservation_id and foreign is not None:
        return foreign.id
    return None if core.behaviour.omit_reservation_id else reservation_id


async def _may_stop(core: Core, holder: Token, token: Token) -> bool:
    """Whether a token may end a transaction: its own, or one of the same group."""
    if holder.is_same_as(token, compare_types=core.dialect.compares_token_types):
        return True
    group = _group(core, holder)
    if group is None:
        return False
    if _group(core, token) is None:
        await _ask(core, token)
    other = _group(core, token)
    return other is not None and other.casefold() == group.casefold()


async def _ask(core: Core, token: Token) -> Judgement | None:
    """What the central system says of a token; offline, what list, cache and settings say."""
    if core.online:
        answer = await core.tell(core.dialect.authorize(token))
        judgement = core.dialect.judgement(answer) if answer is not None else None
        if judgement is not None:
            core.state.remember(token, judgement)
            return judgement
        if core.online:
            return None
    known = core.state.known(token)
    if known is not None:
        return known if core.state.has(Setting.START_KNOWN_OFFLINE) or known.status != "Accepted" else None
    return Judgement("Accepted") if core.state.has(Setting.START_UNKNOWN_OFFLINE) else None
