"""What a charger is to be told now, so that it holds what the ledger promises.

Knows when a command is due. Must not know how it is sent, nor what follows from its outcome.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from .book import Book, Ghost
from .charger import PATIENCE, RESIGNATION, Charger, Evse
from .commands import AskForStatus, AskToBoot, Command, DropHold, PlaceHold
from .reservation import FREE, Hold, HoldState, Reservation, Status

TOO_LATE = timedelta(seconds=5)
"""A hold that ends so soon is not placed: it would expire on its way."""

_WANTED = frozenset({Status.PLACING, Status.ACTIVE})
_OPEN = frozenset({HoldState.PENDING, HoldState.UNCERTAIN, HoldState.LOST})


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The commands that are due, in order, and when to look again if nothing happens before (None: never).

    The caller executes the first command, applies its outcome to the ledger, and plans again.
    """

    commands: tuple[Command, ...] = ()
    again: datetime | None = None


def plan(book: Book, charger: Charger, now: datetime) -> Plan:
    """What the charger is to be told now. For a world that is as it should be, nothing."""
    if charger.connected_at is None:
        return Plan()
    settled = charger.is_settled(now)
    commands: list[Command] = []
    moments: list[datetime] = []
    if not charger.has_reported:
        _ask(charger, now, commands, moments)
    for ghost in book.ghosts.values():
        _drop(ghost, settled=settled, now=now, commands=commands, moments=moments)
    for reservation, evse, hold in _open_holds(book, charger):
        if not settled and not reservation.awaited:
            continue
        if now > reservation.window.end - TOO_LATE:
            continue
        if hold.not_before is not None and hold.not_before > now:
            moments.append(hold.not_before)
        elif hold.drop_first:
            commands.append(DropHold(hold=hold.wire_id))
        elif evse.status in FREE or reservation.awaited:
            commands.append(_place(reservation, evse, hold))
    return Plan(commands=tuple(commands), again=min(moments, default=None))


def _ask(charger: Charger, now: datetime, commands: list[Command], moments: list[datetime]) -> None:
    """A charger that reconnects without a boot may tell nothing by itself (ocpp.md 5.10)."""
    assert charger.connected_at is not None  # noqa: S101  plan() has seen to it
    if not charger.asked:
        due = charger.connected_at + PATIENCE
        if now >= due:
            silent = [evse.evse for evse in charger.evses.values() if not evse.reported]
            if len(silent) == len(charger.evses):
                commands.append(AskToBoot())
            commands.extend(AskForStatus(evse=evse) for evse in silent or [None])
        else:
            moments.append(due)
    if now < charger.connected_at + RESIGNATION:
        moments.append(charger.connected_at + RESIGNATION)


def _drop(
    ghost: Ghost, *, settled: bool, now: datetime, commands: list[Command], moments: list[datetime]
) -> None:
    if ghost.due > now:
        moments.append(ghost.due)
    elif settled:
        commands.append(DropHold(hold=ghost.wire_id))


def _open_holds(book: Book, charger: Charger) -> Iterator[tuple[Reservation, Evse, Hold]]:
    """The holds that the charger should have and, as far as we know, has not; the oldest reservation first."""
    for reservation in book.living_at():
        if reservation.status not in _WANTED:
            continue
        for number, hold in reservation.holds.items():
            if hold.state in _OPEN:
                yield reservation, charger.evses.get(number, Evse(evse=number)), hold


def _place(reservation: Reservation, evse: Evse, hold: Hold) -> PlaceHold:
    return PlaceHold(
        hold=hold.wire_id,
        evse=evse.evse,
        token=reservation.token,
        group=reservation.group,
        until=reservation.window.end,
    )
