"""What the central system can ask of a charger in every version, once the version's words are read.

It must not know payloads beyond single values.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from . import charging, holding, holds
from .core import Core
from .model import Evse, Json, Judgement, Message, Stop, Token, Trigger
from .state import Setting


def read_time(text: str) -> datetime:
    """A time on the wire; without a zone it counts as UTC. Raises `ValueError` if it is none."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


UNITS: Mapping[str, str] = {"Energy": "Wh", "Power": "W", "Current": "A", "Voltage": "V", "SoC": "Percent"}
"""Unit by the first word of a measurand."""


def beginning_of(schedule: Json) -> datetime | None:
    """When a charging schedule begins; None: with the transaction."""
    return read_time(schedule["startSchedule"]) if "startSchedule" in schedule else None


VENDOR = "com.example.echo"
"""The only vendor that the charger knows; it sends back what it gets."""


def spelled(core: Core, measurand: str, value: float) -> tuple[float, str | None]:
    """A reading as this charger tells it, and its unit."""
    unit = UNITS.get(measurand.split(".", maxsplit=1)[0])
    if unit == "Wh" and core.behaviour.energy_unit == "kWh":
        return value / 1000, "kWh"
    return value, unit


def listed(group: str) -> Judgement:
    """The entry of the local list for an accepted token of a group."""
    return Judgement("Accepted", group)


def choose_evse(core: Core, token: Token) -> Evse | None:
    """The EVSE for a remote start that names none: its own hold's, one with a car, any free one."""
    usable = [
        evse for evse in core.state.evses.values() if evse.operative and not evse.faulted and evse.transaction is None
    ]
    compare_types = core.dialect.compares_token_types
    own = [evse for evse in usable if _held_for(core, evse, token, compare_types=compare_types)]
    open_to_all = [evse for evse in usable if holds.bound_to(core.state, evse) is None]
    plugged = [evse for evse in open_to_all if evse.plugged]
    return next(iter([*own, *plugged, *open_to_all]), None)


def running(core: Core, transaction_id: int | str) -> Evse | None:
    """The EVSE at which a transaction runs, by its id on the wire."""
    evses = core.state.evses.values()
    return next((evse for evse in evses if evse.transaction and evse.transaction.id == transaction_id), None)


def may_start_remotely(core: Core, evse: Evse | None, token: Token, group: str | None) -> bool:
    """Whether a remote start can be Accepted (F01.FR.21, .22); a careless charger loses the hold over it."""
    if evse is None or not evse.operative or evse.faulted:
        return False
    if evse.transaction is not None and evse.transaction.token is not None:
        return False
    keeper = holds.keeper(core.state, evse, token, group, compare_types=core.dialect.compares_token_types)
    if keeper is None or not core.behaviour.enforces:
        return True
    if core.behaviour.remote_start_ignores_holds:
        core.state.holds.pop(keeper.id, None)
        core.note()
        return True
    return False


async def start_remotely(
    core: Core, evse: Evse, token: Token, *, group: str | None, remote_start_id: int | None
) -> None:
    """Carry out an Accepted remote start."""
    if group is not None:
        core.state.remember(token, Judgement("Accepted", group))
    if core.state.has(Setting.AUTHORIZE_REMOTE_STARTS):
        answer = await core.tell(core.dialect.authorize(token))
        judgement = core.dialect.judgement(answer) if answer is not None else None
        if judgement is None or not judgement.allows(evse.id):
            core.log.info("connector %s: the remote start is not authorized", evse.id)
            return
    await charging.admit(core, evse, token, Trigger.REMOTE, remote_start_id=remote_start_id)


async def change_availability(core: Core, evses: list[Evse], *, operative: bool) -> str:
    """Take EVSEs in or out of service and give the word for it; a running transaction is waited for."""
    word = "Accepted"
    for evse in evses:
        evse.inoperative_after_use = not operative and evse.transaction is not None
        if evse.inoperative_after_use:
            word = "Scheduled"
        else:
            evse.operative = operative
    core.note()
    return word


async def tell_out_of_service(core: Core, evses: list[Evse]) -> None:
    """Say what a change of availability has brought about."""
    for evse in evses:
        if not evse.operative:
            await holding.put_out_of_service(core, evse)
    await core.flush()


async def unlock(core: Core, evse: Evse) -> None:
    """Open the plug's lock; it ends a transaction."""
    await charging.stop(core, evse, Stop.UNLOCK)


def clear_cache(core: Core) -> str:
    """Forget whom the central system has judged, and give the word for it; without a cache there is nothing to forget."""
    if not core.state.has(Setting.CACHE_ENABLED):
        return "Rejected"
    core.state.cache.clear()
    return "Accepted"


async def update_firmware(core: Core, status: Callable[[str], Message]) -> None:
    """Pretend to fetch and install a firmware; `status` makes the message for a status word."""
    for word in ("Downloading", "Downloaded", "Installing", "Installed"):
        await core.tell(status(word))


async def upload(core: Core, status: Callable[[str], Message]) -> None:
    """Pretend to send what was logged; `status` makes the message for a status word."""
    for word in ("Uploading", "Uploaded"):
        await core.tell(status(word))


def update_local_list(core: Core, version: int, entries: Mapping[str, Judgement | None], *, full: bool) -> str:
    """Replace or amend the local authorization list, and give the word for it; None removes a token."""
    state = core.state
    length = state.number(Setting.LOCAL_LIST_LENGTH)
    if not length:
        return "NotSupported"
    if not full and version <= state.local_list_version:
        return "VersionMismatch"
    changed = {} if full else dict(state.local_list)
    for value, judgement in entries.items():
        if judgement is None:
            changed.pop(value.casefold(), None)
        else:
            changed[value.casefold()] = judgement
    too_many = len(entries) > state.number(Setting.LOCAL_LIST_AT_ONCE) or len(changed) > length
    if too_many or not state.has(Setting.LOCAL_LIST_ENABLED):
        return "Failed"
    state.local_list, state.local_list_version = changed, version
    core.watch.notify()
    return "Accepted"


def _held_for(core: Core, evse: Evse, token: Token, *, compare_types: bool) -> bool:
    hold = holds.bound_to(core.state, evse)
    return hold is not None and holds.belongs_to(hold, token, None, compare_types=compare_types)
