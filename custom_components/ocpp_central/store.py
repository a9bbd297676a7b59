"""When what must survive a restart is on disk.

Knows which changes have been written. Must not know what is remembered, nor what that is in the file (`memory`).
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple, override

from homeassistant.core import CoreState, HassJob, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.storage import Store
from homeassistant.util.file import WriteError
from homeassistant.util.json import SerializationError

from .const import DOMAIN, LOGGER
from .memory import Memory, decoded, encoded
from .outlasting import outlasting
from .records import Json, Writer

VERSION = 1

CHATTER = timedelta(seconds=10)
"""How long a change that nobody waits for may stay in memory."""

WRITING = frozenset({CoreState.not_running, CoreState.starting, CoreState.running})
"""While Home Assistant stops, its store only promises to write: nobody may rely on that."""


class StorageFailedError(HomeAssistantError):
    """What must be on disk before we go on could not be written."""

    def __init__(self) -> None:
        """Say it in the user's language."""
        super().__init__(translation_domain=DOMAIN, translation_key="storage_failed")


class Storage:
    """The file of one config entry. `snapshot` gives what is to be remembered now; its values are never changed."""

    def __init__(self, hass: HomeAssistant, entry_id: str, snapshot: Callable[[], Memory]) -> None:
        """Write nothing yet."""
        self._hass = hass
        self._snapshot = snapshot
        self._store = RaisingStore(
            hass,
            VERSION,
            storage_key(entry_id),
            private=True,
            atomic_writes=True,
            serialize_in_event_loop=False,
        )
        self._changed = 0
        self._written = 0
        self._writing: _Write | None = None
        self._failing = False
        self._closed = False
        self._unreadable: dict[str, tuple[Json, ...]] = {}
        self._writer = Writer()
        self._cancel_delayed: Callable[[], None] | None = None
        self._delayed = HassJob(self._write_later, cancel_on_shutdown=True)

    async def load(self) -> Memory:
        """What was remembered; records that cannot be read are set aside in the file, and said in the log."""
        data = await self._store.async_load()
        if data is None:
            return Memory()
        memory, self._unreadable = await self._hass.async_add_executor_job(decoded, data)
        for charger, records in self._unreadable.items():
            LOGGER.error(
                "%s reservation records of charger %s could not be read and were set aside in %s",
                len(records),
                charger,
                self._store.path,
            )
        return memory

    @callback
    def changed(self) -> None:
        """Something changed that must be on disk some time soon, or before `saved` returns."""
        self._changed += 1
        if self._cancel_delayed is None and not self._closed:
            self._cancel_delayed = async_call_later(self._hass, CHATTER, self._delayed)

    async def saved(self) -> None:
        """Return once every change so far is on disk. Raises `StorageFailedError` if that cannot be done."""
        if self._closed or self._hass.state not in WRITING:
            raise StorageFailedError
        await self._written_up_to(self._changed)

    async def close(self) -> None:
        """Write what is not yet written, and leave no timer. From then on nothing can be saved."""
        self._closed = True
        self._drop_delayed()
        try:
            await self._written_up_to(self._changed)
        except StorageFailedError:
            LOGGER.exception("The last changes of the chargers could not be saved")

    async def _written_up_to(self, wanted: int) -> None:
        while self._written < wanted:
            writing = self._writing or self._begin_to_write()
            try:
                # Whoever waits may be cancelled; two writes at once could leave the older one on disk.
                await outlasting(writing.task)
            except StorageFailedError:
                if writing.version >= wanted:
                    raise

    def _begin_to_write(self) -> _Write:
        version, memory = self._changed, self._snapshot()
        task = self._hass.async_create_task(self._write(version, memory), f"{DOMAIN} write", eager_start=False)
        self._writing = _Write(version, task)
        return self._writing

    async def _write(self, version: int, memory: Memory) -> None:
        try:
            data = await self._hass.async_add_executor_job(encoded, memory, self._unreadable, self._writer)
            await self._store.async_save(data)
        finally:
            self._writing = None
        self._written = version
        self._failing = False
        if self._written == self._changed:
            self._drop_delayed()

    async def _write_later(self, _: datetime) -> None:
        self._cancel_delayed = None
        try:
            await self.saved()
        except StorageFailedError:
            if not self._failing:
                LOGGER.exception("The latest changes of the chargers cannot be saved; trying again")
            self._failing = True
            self.changed()

    def _drop_delayed(self) -> None:
        if self._cancel_delayed is not None:
            self._cancel_delayed()
            self._cancel_delayed = None


class _Write(NamedTuple):
    """A write under way, of all changes up to `version`."""

    version: int
    task: asyncio.Task[None]


async def remove_storage(hass: HomeAssistant, entry_id: str) -> None:
    """Delete the file of a config entry that was removed."""
    await Store[Json](hass, VERSION, storage_key(entry_id)).async_remove()


def storage_key(entry_id: str) -> str:
    """The name of the file of a config entry (contract 5)."""
    return f"{DOMAIN}.{entry_id}"


class RaisingStore(Store[Json]):
    """A store whose failed write is an error for whoever waits for it; Home Assistant's own logs it and goes on."""

    @override
    async def _async_write_data(self, data: Json) -> None:
        try:
            await super()._async_write_data(data)
        except (OSError, SerializationError, WriteError) as err:
            raise StorageFailedError from err
