"""What a charger does about its holds: takes them up, gives them back, lets them end, and tells about it.

It must not know payloads, nor the rules of what fits (`holds`).
"""

from dataclasses import replace

from . import charging, holds
from .core import Core
from .engine import ERROR_CODES, Reply, refusal
from .model import Evse, Hold, Token


async def reserve(core: Core, hold: Hold, word: str | None) -> Reply:
    """Answer a request to reserve; `word` is a scripted answer. Whatever is Accepted is held."""
    if hold.evse is not None and hold.evse not in core.state.evses:
        word = word or core.behaviour.unknown_evse
    if word in ERROR_CODES:
        raise refusal(word)
    if word is None:
        word = holds.reserve(core.state, core.behaviour, hold, core.now())
    elif word == "Accepted":
        holds.place(core.state, core.behaviour, hold)
    if word == "Accepted":
        _bind(core, hold)
    core.log.info("reservation %s: %s", hold.id, word)
    core.note()
    if word == "Accepted" and core.behaviour.authorizes_before_answer:
        await core.tell(core.dialect.authorize(Token(value=hold.token, type=hold.token_type)))
        await core.flush()
    return Reply({"status": word}, core.flush)


def cancel(core: Core, reservation_id: int) -> Reply:
    """Answer a request to cancel; nothing but a status follows (H02)."""
    hold = core.state.holds.pop(reservation_id, None)
    word = "Rejected" if hold is None else "Accepted"
    core.log.info("reservation %s: cancel %s", reservation_id, word)
    core.note()
    return Reply({"status": word}, core.flush)


async def put_out_of_service(core: Core, evse: Evse) -> None:
    """Make an EVSE's hold end because it is Faulted or Unavailable (H01.FR.16, .17), and say its status."""
    hold = holds.bound_to(core.state, evse)
    if hold is not None and core.behaviour.holds_end_when_down:
        del core.state.holds[hold.id]
        core.log.info("reservation %s: dropped, its connector is down", hold.id)
        core.note()
        await _tell_end(core, hold, "Removed")
    core.note()
    await core.flush()


async def tick(core: Core) -> None:
    """Let everything end whose time is over by the charger's clock."""
    now = core.now()
    for hold in holds.due(core.state, core.behaviour, now):
        if core.state.holds.get(hold.id) is not hold:
            continue  # used, cancelled or replaced while another one was reported
        del core.state.holds[hold.id]
        core.log.info("reservation %s: expired", hold.id)
        core.note()
        await _tell_end(core, hold, "Expired")
        await core.flush()
    for evse in core.state.evses.values():
        if evse.authorization is not None and now >= evse.authorization.until:
            await charging.forget_unplugged(core, evse)
    await charging.adjust(core)


def seconds_to_next_end(core: Core, at_most: float) -> float:
    """How long the charger may sleep before something can end."""
    expires = core.behaviour.expires != "never"
    ends = [holds.ends_at(hold, core.behaviour) for hold in core.state.holds.values() if expires]
    ends += [evse.authorization.until for evse in core.state.evses.values() if evse.authorization is not None]
    if not ends:
        return at_most
    # A clock that stands still must not make this a busy loop.
    return min(at_most, max(0.02, (min(ends) - core.now()).total_seconds()))


def _bind(core: Core, hold: Hold) -> None:
    if not core.behaviour.marks_one_evse or hold.evse is not None:
        return
    for evse in core.state.evses.values():
        fits = hold.connector_type in (None, evse.connector_type)
        if fits and not evse.occupied and evse.operative and not evse.faulted and not holds.bound_to(core.state, evse):
            core.state.holds[hold.id] = replace(hold, evse=evse.id)
            return


async def _tell_end(core: Core, hold: Hold, update: str) -> None:
    if core.behaviour.reports_hold_end:
        await core.tell(core.dialect.hold_ended(hold, update))
