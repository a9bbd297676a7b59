"""Waiting for what becomes of a reservation.

Knows how to notice its changes. Must not know who brings them about, nor what is waited for.
"""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from homeassistant.core import callback

from .core.book import Change
from .core.reservation import Reservation, Status


class Watch:
    """One who waits for what becomes of a reservation, which need not live yet."""

    def __init__(self, uid: str) -> None:
        """Have seen nothing of it."""
        self.uid = uid
        self.latest: Reservation | None = None
        self.decided: tuple[Reservation, str | None] | None = None
        """The reservation as it was once it was sure whether it binds, and the charger's word by which that became so."""
        self._turned = asyncio.Event()

    @callback
    def look(self, changes: Iterable[Change], word: str | None) -> None:
        """Something has happened, perhaps to the reservation. `word`: the charger's own, if it gave one."""
        mine = [change.after for change in changes if change.after.uid == self.uid]
        if mine:
            self.latest = mine[-1]
            if self.decided is None and self.latest.status is not Status.PLACING:
                self.decided = (self.latest, word)
        self._turned.set()

    async def turn(self) -> None:
        """Return once something has happened."""
        self._turned.clear()
        await self._turned.wait()


class Watches:
    """All who wait in one central system."""

    def __init__(self) -> None:
        """Have none."""
        self._watches: set[Watch] = set()

    @contextmanager
    def on(self, uid: str) -> Iterator[Watch]:
        """Notice what becomes of a reservation, from before it lives on."""
        watch = Watch(uid)
        self._watches.add(watch)
        try:
            yield watch
        finally:
            self._watches.remove(watch)

    @callback
    def look(self, changes: Iterable[Change], word: str | None) -> None:
        """Something has happened: have everybody look who waits."""
        for watch in self._watches:
            watch.look(changes, word)
