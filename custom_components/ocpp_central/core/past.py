"""What the ledger still knows of reservations that have ended.

Knows how many ended how at each charger, which ones the history has yet to take over, and which one a late word of a
charger makes used after all. Must not know living reservations, nor how the history is stored.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from .book import Change
from .charger import Charger
from .dating import LONGEST_QUEUE, UNNOTICED
from .events import ChargerId, EvseId, Started, Updated, Verdict
from .reservation import Cause, Reservation, Status
from .room import fits

SLOW = timedelta(minutes=1)
"""How long after its end a charger that was never away may still tell of a start before it: it repeats what got lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Ended reservations by uid, each for as long as it may change or the history does not have it, and all counted.

    `counts`: how many reservations of a charger ever ended in each status. They never fall: one that expired and turns
    out to have been used counts as both.
    """

    ended: Mapping[str, Reservation] = field(default_factory=dict)
    counts: Mapping[ChargerId, Mapping[Status, int]] = field(default_factory=dict)

    def count(self, charger: ChargerId, status: Status) -> int:
        """How many reservations of this charger have ended in this status."""
        return self.counts.get(charger, {}).get(status, 0)

    def after(self, changes: Iterable[Change]) -> Past:
        """The past once these changes have happened."""
        past = self
        for ended in _ends(changes):
            past = replace(past, ended={**past.ended, ended.uid: ended}, counts=past._counted(ended, 1))
        return past

    def without(self, changes: Iterable[Change]) -> Past:
        """The past as if these changes had not happened."""
        past = self
        for ended in _ends(changes):
            others = {uid: each for uid, each in past.ended.items() if uid != ended.uid}
            past = replace(past, ended=others, counts=past._counted(ended, -1))
        return past

    def without_charger(self, charger: ChargerId) -> Past:
        """The past once a charger is gone for good: its counts are forgotten, its reservations are not."""
        return replace(self, counts={known: counts for known, counts in self.counts.items() if known != charger})

    def archived(
        self, records: Mapping[str, Reservation], chargers: Mapping[ChargerId, Charger], now: datetime
    ) -> Past:
        """The past once the history has these records: what is among them as it is, and cannot change, is left to it."""
        kept = {
            uid: each
            for uid, each in self.ended.items()
            if records.get(uid) != each or _may_change(each, chargers.get(each.charger), now)
        }
        return self if len(kept) == len(self.ended) else replace(self, ended=kept)

    def used_late(
        self, event: Started | Updated, charger: Charger, verdict: Verdict, now: datetime
    ) -> tuple[Change, ...]:
        """What an accepted start makes of an expired reservation that the holder had begun to use in time.

        The charger was away and tells it only now (ocpp.md 5.4, "queued offline StartTransaction"), or it was slow, and
        its hold bears out that its clock tells the truth ("expiry against start").
        """
        running = None if event.transaction is None else charger.running(event.transaction)
        if running is None or running.token is None:
            return ()
        moment = charger.moment_of(event.at, now)
        changes: list[Change] = []
        for each in self.ended.values():
            here = each.charger == charger.charger and _is_at(each, running.evse, charger)
            claimed = event.hold == each.reservation_id and each.binds_at(event.at)
            in_time = claimed or each.binds_at(moment)
            if here and in_time and each.status is Status.EXPIRED and each.is_for(running.token, verdict.group):
                used, news = replace(each, transaction=running.transaction).after(Cause.STARTED_LATE, now)
                changes.append(Change(before=each, after=used, news=news, late=True))
        return tuple(changes)

    def _counted(self, ended: Reservation, by: int) -> Mapping[ChargerId, Mapping[Status, int]]:
        here = {**self.counts.get(ended.charger, {}), ended.status: self.count(ended.charger, ended.status) + by}
        counts = {**self.counts, ended.charger: {status: count for status, count in here.items() if count}}
        return {known: each for known, each in counts.items() if each}


def _ends(changes: Iterable[Change]) -> Iterable[Reservation]:
    return [change.after for change in changes if change.after.status.is_final]


def _is_at(ended: Reservation, evse: EvseId, charger: Charger) -> bool:
    return ended.covers(evse) or (ended.takes_any and fits(ended, evse, charger))


def _may_change(ended: Reservation, charger: Charger | None, now: datetime) -> bool:
    """Whether the charger may still tell that the reservation was used: it is slow, or was out of sight in the window.

    (Such is the time of which `Charger.moment_of` believes what it dates.)
    """
    if ended.status is not Status.EXPIRED or charger is None or now >= ended.until + LONGEST_QUEUE:
        return False
    if now < ended.until + SLOW:
        return True
    seen_until, seen_since = charger.away_since, charger.connected_at
    away_at_the_end = seen_until is None or seen_until - UNNOTICED < ended.until
    return away_at_the_end and (seen_since is None or seen_since > ended.window.start)
