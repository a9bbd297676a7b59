"""Whom a charger's own list of drivers should name.

Knows what the owner's drivers make of it at a moment. Must not know what such a list says now (`local_list`), nor how it
is sent.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from .drivers import Driver, Drivers
from .events import Standing
from .spellings import Spellings
from .token import IdToken

type Entries = Mapping[str, Entry]
"""A list: the entries by the key of their tokens; the most important ones first."""

_LISTED = frozenset({Standing.ACCEPTED, Standing.BLOCKED})
"""Who is blocked is listed, so that a charger refuses him by itself too; nobody else who may not charge is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a list says of a token: that it is accepted, before `until` (UTC; None: for good), or that it is blocked."""

    token: IdToken
    standing: Standing = Standing.ACCEPTED
    until: datetime | None = None
    group: str | None = field(default=None, repr=False)


def entries_of(drivers: Drivers, length: int | None, now: datetime) -> Entries:
    """What a charger's list should say now: those who may charge, each with his first token before anybody's second one.

    Then those who are blocked. Tokens with more than `length` characters, which the charger cannot carry (None: not known),
    are left out, as are such groups.
    """
    found = [each for each in _tokens(drivers, now) if length is None or len(each[2].value) <= length]
    found.sort(key=lambda each: (each[0].blocked, each[1]))
    entries: dict[str, Entry] = {}
    for driver, _, token in found:
        group = driver.shared_group
        entry = Entry(
            token=token,
            standing=driver.standing_at(now),
            until=None if driver.blocked else driver.valid_until,
            group=group if group is None or length is None or len(group) <= length else None,
        )
        entries.setdefault(token.key, entry)
    return entries


def spelled(entries: Entries, spellings: Spellings) -> Entries:
    """The list with its tokens as a charger spells them; itself where it spells none otherwise.

    A charger shows few spellings, and many chargers may have the same long list.
    """
    others = {
        key: replace(entry, token=token)
        for key in spellings.known
        if (entry := entries.get(key)) is not None and (token := spellings.of(entry.token)) != entry.token
    }
    return {key: others.get(key, entry) for key, entry in entries.items()} if others else entries


def next_change(drivers: Drivers, now: datetime) -> datetime | None:
    """When the lists change next though no driver does; None: never."""
    moments = [
        each for driver in drivers.known if not driver.blocked for each in (driver.valid_from, driver.valid_until)
    ]
    return min((each for each in moments if each is not None and each > now), default=None)


def _tokens(drivers: Drivers, now: datetime) -> Iterator[tuple[Driver, int, IdToken]]:
    """Every token that a list may name, with its place among its driver's; of two who claim it, the first one has it."""
    for driver in drivers.known:
        if driver.standing_at(now) in _LISTED:
            for place, token in enumerate(driver.tokens):
                if drivers.holder_of(token) is driver:
                    yield driver, place, token
