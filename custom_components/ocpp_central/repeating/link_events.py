"""What the events of a linked calendar want: which of them count, when, and for whom.

Knows how titles, places and times of events are read. Must not know how a calendar is read (`other_calendars`), nor
what becomes of what is wanted (`links`).
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
import re
from typing import Final

from homeassistant.components.calendar import CalendarEvent

from ..core.drivers import Drivers, Holder
from ..core.reservation import Target, Window
from ..core.sources import Occurrence
from ..core.token import IdToken
from ..windows import begins
from .link_settings import Link

_AROUND_A_NAME: Final = " :;,-"
"""What people write between a name and what an event is for."""

_KEY_BYTES: Final = 12
"""Enough that no two of some thousands of events get the same key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is wanted, ordered by start; no two have the same key. `nobody`: the names that no driver has, in order.

    What is for somebody of such a name is not wanted.
    """

    occurrences: tuple[Occurrence, ...]
    nobody: tuple[str, ...]


def wanted(events: Iterable[CalendarEvent], link: Link, drivers: Drivers, house: IdToken, span: Window) -> Wanted:
    """What the events that begin before the end of a span, and end after its start, want of a link's place.

    Takes milliseconds for hundreds of events: not for the event loop. The driver of the link, if it has one, is known.
    """
    pattern = re.compile(re.escape(link.text), re.IGNORECASE)
    found = sorted((each for event in events if (each := _timed(event)).counts(pattern, span)), key=_Event.order)
    occurrences, nobody = [], set[str]()
    for key, event in _keyed(found):
        name = _name(event.title, pattern) if link.from_title else None
        holder = _holder(name, link, drivers, house)
        if holder is None:
            assert name is not None  # noqa: S101  whoever is chosen is known
            nobody.add(name)
            continue
        occurrences.append(
            Occurrence(
                key=key,
                start=event.start,
                end=event.end,
                target=Target.ANY if link.place.evse is None else Target.CONNECTOR,
                evse=link.place.evse,
                holder=holder,
            )
        )
    return Wanted(occurrences=tuple(occurrences), nobody=tuple(sorted(nobody)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    """What counts of an event, with its times in UTC. `identity`: what stays the same when it is moved, if anything does."""

    title: str
    location: str
    identity: str
    start: datetime
    end: datetime

    def counts(self, pattern: re.Pattern[str], span: Window) -> bool:
        """Whether it is one of those that are reserved for."""
        has_text = pattern.search(self.title) or pattern.search(self.location)
        lasts = self.start < self.end  # many a reminder does not
        return has_text is not None and lasts and self.start < span.end and self.end > span.start

    def order(self) -> tuple[datetime, datetime]:
        """By start, then by end."""
        return self.start, self.end


def _timed(event: CalendarEvent) -> _Event:
    start = begins(event.start)
    title = event.summary or ""
    if event.uid is None:
        identity = f"{start.isoformat()} {title}"
    elif event.recurrence_id is not None:
        identity = f"{event.uid} {event.recurrence_id}"
    else:
        # Not every calendar tells which one of a series it is.
        identity = event.uid if event.rrule is None else f"{event.uid} {start.isoformat()}"
    return _Event(title=title, location=event.location or "", identity=identity, start=start, end=begins(event.end))


def _keyed(events: list[_Event]) -> Iterator[tuple[str, _Event]]:
    """Each event with a key that no other one has; it gives away nothing of what stands in the calendar.

    Events that should be told apart by their uids and are not are told apart by their starts, and else by their order.
    """
    alike = Counter(each.identity for each in events)
    taken = Counter[str]()
    for each in events:
        identity = each.identity if alike[each.identity] == 1 else f"{each.identity} {each.start.isoformat()}"
        taken[identity] += 1
        if taken[identity] > 1:
            identity = f"{identity} {taken[identity]}"
        yield blake2b(identity.encode(errors="backslashreplace"), digest_size=_KEY_BYTES).hexdigest(), each


def _name(title: str, pattern: re.Pattern[str]) -> str:
    """Whom a title names: what is left of it without the text by which events are chosen."""
    found = pattern.search(title)
    return title.strip() if found is None else (title[: found.start()] + title[found.end() :]).strip(_AROUND_A_NAME)


def _holder(name: str | None, link: Link, drivers: Drivers, house: IdToken) -> Holder | None:
    """Whom something is for; `name`: as the title says, None if it does not matter. None for a name that nobody has."""
    driver = drivers.named(name) if name else drivers.get(link.driver)
    if driver is not None:
        return driver.as_holder()
    return None if name else Holder(token=house)
