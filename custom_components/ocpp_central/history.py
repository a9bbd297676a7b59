"""The file of reservations that have ended: the last 90 days, and no more than 2,000.

Knows its bounds, when it is written, and that a reservation leaves the first file (`store`) only once it is on disk
here. Must not know what a reservation means, nor how the first file is written.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later, async_track_time_interval
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
from mashumaro.codecs.basic import BasicDecoder, BasicEncoder

from .const import DOMAIN, LOGGER
from .core.reservation import Reservation, Status
from .records import Json, Writer, decoded_by, read
from .store import WRITING, RaisingStore, StorageFailedError, storage_key

VERSION = 1

MAX_AGE = timedelta(days=90)
MAX_RECORDS = 2000
"""More than that go, the oldest first; before them those that were rejected, since many may come in a short time."""

DELAY = timedelta(seconds=60)
"""How long an end may wait in the first file, so that many become one write."""

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """The whole file. `unreadable`: records that this version cannot read, kept as they were within the bounds."""

    reservations: tuple[Json, ...] = ()
    unreadable: tuple[Json, ...] = ()


_ENCODER = BasicEncoder(Stored)
_DECODER = BasicDecoder(Stored)

type Records = Mapping[str, Reservation]
"""Ended reservations by uid."""


class History:
    """The second file of one config entry.

    `ended` gives the ended reservations of the first file, and `saved` returns once that is on disk. `archived` is told
    which reservations are on disk here, so that they may leave it.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry_id: str,
        *,
        ended: Callable[[], Records],
        saved: Callable[[], Awaitable[None]],
        archived: Callable[[Records], None],
    ) -> None:
        """Write nothing yet."""
        self._hass = hass
        self._ended = ended
        self._saved = saved
        self._archived = archived
        self._store = RaisingStore(
            hass, VERSION, _key(entry_id), private=True, atomic_writes=True, serialize_in_event_loop=False
        )
        self._records: Records = {}
        self._unreadable: tuple[Json, ...] = ()
        self._writer = Writer()
        self._writing: asyncio.Task[None] | None = None
        self._failing = False
        self._closed = False
        self._cancel_delayed: CALLBACK_TYPE | None = None
        self._cancel_daily: CALLBACK_TYPE | None = None
        self._delayed = HassJob(self._write_later, cancel_on_shutdown=True)

    async def load(self) -> None:
        """Read the file. One that cannot be read is put aside, and said in the log: nothing depends on it."""
        try:
            if (data := await self._store.async_load()) is not None:
                self._records, self._unreadable = await self._hass.async_add_executor_job(_decode, data)
        except Exception:  # noqa: BLE001  whatever is wrong with the past, it must not keep the present from starting
            aside = _aside(self._store.path)
            LOGGER.exception("The history of reservations cannot be read; it is put aside as %s", aside)
            with suppress(OSError):
                await self._hass.async_add_executor_job(Path(self._store.path).replace, aside)

    @callback
    def begin(self) -> None:
        """Take over what has ended, from now on and once a day: the bounds hold though nothing ends."""
        self._cancel_daily = async_track_time_interval(self._hass, self._on_day, DAY, cancel_on_shutdown=True)
        self.changed()

    @callback
    def changed(self) -> None:
        """A reservation has ended, or it has ended otherwise."""
        if self._cancel_delayed is None and not self._closed:
            self._cancel_delayed = async_call_later(self._hass, DELAY, self._delayed)

    async def close(self) -> None:
        """Leave no timer and no write under way. What is not yet written stays in the first file."""
        self._closed = True
        for cancel in (self._cancel_delayed, self._cancel_daily):
            if cancel is not None:
                cancel()
        self._cancel_delayed = self._cancel_daily = None
        if self._writing is not None:
            with suppress(StorageFailedError):
                await self._writing

    def reservations(self, living: Iterable[str]) -> list[Reservation]:
        """What has ended, in no order, in either file; not what is `living` by its uid."""
        known = {**self._records, **self._ended()}
        for uid in living:
            known.pop(uid, None)
        oldest = dt_util.utcnow() - MAX_AGE
        return [each for each in known.values() if each.updated > oldest]

    @callback
    def _on_day(self, _: datetime) -> None:
        self.changed()

    async def _write_later(self, _: datetime) -> None:
        self._cancel_delayed = None
        self._writing = self._hass.async_create_task(self._write(), f"{DOMAIN} history", eager_start=False)
        try:
            await self._writing
        except StorageFailedError:
            if not self._failing:
                LOGGER.exception("The history of reservations cannot be saved; trying again")
            self._failing = True
            self.changed()
        finally:
            self._writing = None

    async def _write(self) -> None:
        ended, before = self._ended(), (self._records, self._unreadable)
        # Were it here but still living there, it would come back to life after a crash.
        await self._saved()
        after = await self._hass.async_add_executor_job(_bounded, {**self._records, **ended}, self._unreadable)
        if after != before:
            data = await self._hass.async_add_executor_job(_encode, *after, self._writer)
            if self._hass.state not in WRITING:
                raise StorageFailedError
            await self._store.async_save(data)
            self._records, self._unreadable = after
        self._failing = False
        self._archived(ended)


async def remove_history(hass: HomeAssistant, entry_id: str) -> None:
    """Delete the file of a config entry that was removed, and one that was put aside."""
    store = Store[Json](hass, VERSION, _key(entry_id))
    await store.async_remove()
    with suppress(FileNotFoundError):
        await hass.async_add_executor_job(_aside(store.path).unlink)


def _key(entry_id: str) -> str:
    return f"{storage_key(entry_id)}.history"


def _aside(path: str) -> Path:
    return Path(f"{path}.unreadable")


def _bounded(records: Records, unreadable: tuple[Json, ...]) -> tuple[Records, tuple[Json, ...]]:
    oldest = dt_util.utcnow() - MAX_AGE
    recent = [each for each in records.values() if each.updated > oldest]
    recent.sort(key=lambda each: (each.status is not Status.REJECTED, each.updated), reverse=True)
    kept = {each.uid: each for each in recent[:MAX_RECORDS]}
    foreign = [each for each in unreadable if str(each.get("updated")) > oldest.isoformat()]
    return kept, tuple(foreign[: MAX_RECORDS - len(kept)])


def _encode(records: Records, unreadable: tuple[Json, ...], writer: Writer) -> Json:
    encoded: Json = _ENCODER.encode(Stored(unreadable=unreadable))
    (encoded["reservations"],) = writer.written(records.values())
    return encoded


def _decode(data: Json) -> tuple[Records, tuple[Json, ...]]:
    stored = decoded_by(_DECODER, data)
    found, bad = read((*stored.reservations, *stored.unreadable))
    return {each.uid: each for each in found}, bad
