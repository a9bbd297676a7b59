"""What a charger is to be told now, so that it holds what the ledger promises.

Knows when a command is due. Must not know how it is sent, nor what follows from its outcome.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from .book import Book, Ghost
from .charger import PATIENCE, RESIGNATION, Charger
from .commands import (
    AskForAbilities,
    AskForSettings,
    AskForStatus,
    AskForTransaction,
    AskToBoot,
    Command,
    DropHold,
    PlaceHold,
    Plug,
    StopTransaction,
)
from .doubts import next_question
from .eviction import next_eviction
from .page import Place
from .reservation import Hold, Reservation, Status
from .room import accepts

TOO_LATE = timedelta(seconds=5)
"""A hold that ends so soon is not placed: it would expire on its way."""

MOST_PLUGS = 7
"""So many types are asked for at once: some chargers answer no more than ten variables (`ItemsPerMessage`), we ask for
three others beside, and whoever wants to reserve meanwhile waits for the answer."""

_WANTED = frozenset({Status.PLACING, Status.ACTIVE, Status.IN_USE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The commands that are due, in order, and when to look again if nothing happens before (None: never).

    The caller executes the first command, and with an `AskToBoot` or `AskForStatus` all of these; it applies what
    became of it, and plans again.
    """

    commands: tuple[Command, ...] = ()
    again: datetime | None = None


def plan(book: Book, charger: Charger, now: datetime) -> Plan:
    """What the charger is to be told now. For a world that is as it should be, nothing."""
    if charger.connected_at is None:
        return Plan()
    settled = charger.is_settled(now)
    moments = [ghost.due for ghost in book.ghosts.values() if ghost.due > now]
    commands: list[Command] = []
    if not charger.has_reported:
        commands += _questions(charger, now)
        asking = charger.connected_at + PATIENCE
        moments += [each for each in (asking, charger.connected_at + RESIGNATION) if each > now]
    if settled:
        commands += [_drop(ghost) for ghost in book.ghosts.values() if ghost.due <= now]
    for reservation, place, hold in _open_holds(book):
        if not (settled or reservation.awaited) or now > reservation.until - TOO_LATE:
            continue
        if hold.not_before is not None and hold.not_before > now:
            moments.append(hold.not_before)
        elif hold.drop_first:
            commands.append(DropHold(hold=hold.wire_id))
        elif reservation.awaited or accepts(charger, reservation, place):
            drops = [_drop(ghost) for ghost in _in_the_way(book, place)]
            commands += [drop for drop in drops if drop not in commands]
            commands.append(_place(charger, reservation, place, hold))
    if settled:
        # After what somebody may be waiting for: one that does not answer to this keeps all else waiting.
        about_sessions = _evictions(charger) | _doubts(charger, charger.connected_at)
        moments += [moment for moment in about_sessions.values() if moment > now]
        commands += [command for command, moment in about_sessions.items() if moment <= now]
        commands += _in_spare_time(charger)
    return Plan(commands=tuple(commands), again=min(moments, default=None))


def _evictions(charger: Charger) -> dict[StopTransaction | AskForTransaction, datetime]:
    """What is to be stopped, and when (ocpp.md 5.7)."""
    return {
        StopTransaction(transaction=evse.running.transaction): moment
        for evse in charger.evses.values()
        if evse.running is not None and (moment := next_eviction(evse)) is not None
    }


def _doubts(charger: Charger, connected_at: datetime) -> dict[StopTransaction | AskForTransaction, datetime]:
    """Of which session it is to be found out whether it goes on, and when."""
    return {
        AskForTransaction(transaction=evse.running.transaction): moment
        for evse in charger.evses.values()
        if evse.running is not None and (moment := next_question(evse, connected_at)) is not None
    }


def _questions(charger: Charger, now: datetime) -> Iterator[Command]:
    """A charger that reconnects without a boot may tell nothing by itself (ocpp.md 5.10)."""
    if charger.asked or charger.connected_at is None or now < charger.connected_at + PATIENCE:
        return
    silent = [evse for evse in charger.evses.values() if not evse.reported]
    if len(silent) == len(charger.evses):
        yield AskToBoot()
    if not silent:
        yield AskForStatus(evse=None)
    for evse in silent:
        if not evse.connectors:
            yield AskForStatus(evse=evse.evse)
        for connector in sorted(evse.connectors):
            yield AskForStatus(evse=evse.evse, connector=connector)


def _in_spare_time(charger: Charger) -> Iterator[Command]:
    """What no reservation shall wait for."""
    yield from _inquiry(charger)
    yield from _question_of_settings(charger)
    if (about_list := charger.local_list.due()) is not None:
        yield about_list


def _inquiry(charger: Charger) -> Iterator[AskForAbilities]:
    """What the charger can reserve is asked once per boot, and a bit at a time: no reservation shall wait for it."""
    if charger.reticent:
        return
    plugs: list[Plug] = []
    for number, evse in charger.evses.items():
        if charger.abilities.lacks(number):
            these = [Plug(number, connector) for connector in sorted(evse.connectors)[:MOST_PLUGS]]
            these = these or [Plug(number, 1)]
            if plugs and len(plugs) + len(these) > MOST_PLUGS:
                break
            plugs += these
    if plugs:
        yield AskForAbilities(plugs=tuple(plugs))


def _question_of_settings(charger: Charger) -> Iterator[AskForSettings]:
    """Once per connection: whoever was at the charger meanwhile may have changed them."""
    if charger.settings.due:
        yield AskForSettings()


def _open_holds(book: Book) -> Iterator[tuple[Reservation, Place, Hold]]:
    """The holds that the charger should have and, as far as we know, has not; the oldest reservation first."""
    for reservation in book.living_at():
        if reservation.status not in _WANTED:
            continue
        for place, hold in reservation.holds.items():
            if hold.state.is_open:
                yield reservation, place, hold


def _in_the_way(book: Book, place: Place) -> Iterator[Ghost]:
    """What we left at an EVSE ourselves would make the charger answer Occupied, so it goes first, if it was not tried."""
    for ghost in book.ghosts.values():
        if (ghost.evse is None or place in (ghost.evse, None)) and ghost.attempts == 0:
            yield ghost


def _drop(ghost: Ghost) -> DropHold:
    return DropHold(hold=ghost.wire_id)


def _place(charger: Charger, reservation: Reservation, place: Place, hold: Hold) -> PlaceHold:
    return PlaceHold(
        hold=hold.wire_id,
        evse=place,
        connector_type=reservation.connector_type if place is None else None,
        token=charger.spellings.of(reservation.token),
        group=reservation.group,
        until=reservation.until + hold.lead,
    )
