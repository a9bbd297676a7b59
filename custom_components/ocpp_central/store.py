"""What must survive a restart, and when it is on disk.

Knows how the values of the core become JSON and back, and which changes have been written. Must not know what any of
them mean.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple, override

from homeassistant.core import CoreState, HassJob, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.storage import Store
from homeassistant.util.file import WriteError
from homeassistant.util.json import SerializationError
from mashumaro.codecs.basic import BasicDecoder, BasicEncoder

from .const import DOMAIN, LOGGER
from .core.abilities import Abilities
from .core.book import Book, Ghost
from .core.charger import Charger
from .core.description import Description
from .core.events import Started
from .core.evse import Evse
from .core.labels import Labels
from .core.ledger import Ledger
from .core.limits import Limits
from .core.local_list import Kept, kept, remembered
from .core.meter import Key, Meter, is_worth_keeping
from .core.past import Past
from .core.register import Register
from .core.reservation import Status
from .core.spellings import Spellings
from .core.transaction import Transaction
from .outlasting import outlasting
from .records import Json, UnreadableError, Writer, decoded_by, read, read_sources

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


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMeter:
    """What is kept of a meter: what it measures and has counted. What it measured last is not.

    `in_kwh`: how an earlier version said what a register is told in; it is only read.
    """

    seen: tuple[Key, ...] = ()
    imported: Register = Register()
    exported: Register = Register()
    counts: tuple[tuple[Key, Register], ...] = ()
    labels: Labels = Labels()
    in_kwh: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvse:
    """What is kept of an EVSE: its plugs, its meter, and the transactions by which a repeated start is recognised."""

    evse: int
    connectors: tuple[int, ...] = ()
    running: Transaction | None = None
    last: Transaction | None = None
    heard_at: datetime | None = None
    meter: StoredMeter = StoredMeter()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCharger:
    """What is kept of a charger. Its statuses are not: after a restart they are unknown until it tells."""

    charger: str
    description: Description = Description()
    evses: tuple[StoredEvse, ...] = ()
    away_since: datetime | None = None
    token_length: int | None = None
    abilities: Abilities = Abilities()
    spellings: Spellings = Spellings()
    asks: bool = False
    vends_freely: bool = False
    local_list: Kept = Kept()
    meter: StoredMeter = StoredMeter()
    limits: Limits = Limits()
    unplaced: tuple[Started, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBook:
    """What is kept of a charger's book. `unreadable`: records that this version cannot read, kept as they were."""

    charger: str
    ghosts: tuple[Ghost, ...] = ()
    can_hold: bool = True
    can_hold_any: bool = True
    reservations: tuple[Json, ...] = ()
    sources: tuple[Json, ...] = ()
    unreadable: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """The whole file. `ended`: reservations that the history may not have yet; `counts`: of all that ever ended."""

    last_reservation_id: int = 0
    last_transaction_id: int = 0
    chargers: tuple[StoredCharger, ...] = ()
    books: tuple[StoredBook, ...] = ()
    ended: tuple[Json, ...] = ()
    counts: Mapping[str, Mapping[Status, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What the central system remembers. `last_transaction_id`: none above it was ever given to a charger."""

    ledger: Ledger = field(default_factory=Ledger)
    chargers: Mapping[str, Charger] = field(default_factory=dict)
    last_transaction_id: int = 0


_STORED_ENCODER = BasicEncoder(Stored)
_STORED_DECODER = BasicDecoder(Stored)
_CHARGER_DECODER = BasicDecoder(StoredCharger)


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


def is_to_be_kept(before: Charger, after: Charger) -> bool:
    """Whether anything that is kept of a charger differs. Asked for each message: readings and statuses cost nothing."""
    if (
        before.description is not after.description
        or before.away_since != after.away_since
        or before.token_length != after.token_length
        or before.abilities is not after.abilities
        or before.spellings is not after.spellings
        or (before.asks, before.vends_freely) != (after.asks, after.vends_freely)
        or before.local_list.known is not after.local_list.known
        or (before.meter is not after.meter and is_worth_keeping(before.meter, after.meter))
        or before.limits is not after.limits
        or before.unplaced is not after.unplaced
        or len(before.evses) != len(after.evses)
    ):
        return True
    return any(
        evse is not (old := before.evses[number])
        and (
            (evse.running is not old.running and evse.running != old.running)
            or (evse.last is not old.last and evse.last != old.last)
            or evse.connectors != old.connectors
            or (evse.meter is not old.meter and is_worth_keeping(old.meter, evse.meter))
        )
        for number, evse in after.evses.items()
    )


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


def encoded(memory: Memory, unreadable: Mapping[str, tuple[Json, ...]], writer: Writer) -> Json:
    """The file of what is remembered, with the records by charger that could not be read."""
    known = memory.ledger.books
    books = [known.get(charger) or Book(charger=charger) for charger in {**known, **unreadable}]
    stored = Stored(
        last_reservation_id=memory.ledger.last_id,
        last_transaction_id=memory.last_transaction_id,
        chargers=tuple(_stored_charger(charger) for charger in memory.chargers.values()),
        books=tuple(_stored_book(book, unreadable.get(book.charger, ())) for book in books),
        counts=memory.ledger.past.counts,
    )
    data: Json = _STORED_ENCODER.encode(stored)
    living = [each.reservations.values() for each in books]
    wanting = [each.sources.values() for each in books]
    ended, *records = writer.written(memory.ledger.past.ended.values(), *living, *wanting)
    data["ended"] = ended
    for number, book in enumerate(data["books"]):
        book["reservations"] = records[number]
        book["sources"] = records[len(books) + number]
    return data


def _stored_charger(charger: Charger) -> StoredCharger:
    return StoredCharger(
        charger=charger.charger,
        description=charger.description,
        evses=tuple(
            StoredEvse(
                evse=evse.evse,
                connectors=tuple(sorted(evse.connectors)),
                running=evse.running,
                last=evse.last,
                heard_at=evse.heard_at,
                meter=_stored_meter(evse.meter),
            )
            for evse in charger.evses.values()
        ),
        away_since=charger.away_since,
        token_length=charger.token_length,
        abilities=charger.abilities,
        spellings=charger.spellings,
        asks=charger.asks,
        vends_freely=charger.vends_freely,
        local_list=kept(charger.local_list.known),
        limits=charger.limits,
        unplaced=charger.unplaced,
        meter=_stored_meter(charger.meter),
    )


def _stored_meter(meter: Meter) -> StoredMeter:
    return StoredMeter(
        seen=tuple(sorted(meter.seen, key=str)),
        imported=meter.imported,
        exported=meter.exported,
        counts=tuple(sorted(meter.counts.items(), key=str)),
        labels=meter.labels,
    )


def _stored_book(book: Book, unreadable: tuple[Json, ...]) -> StoredBook:
    """A book without its reservations and sources, which are written apart."""
    return StoredBook(
        charger=book.charger,
        ghosts=tuple(book.ghosts.values()),
        can_hold=book.can_hold,
        can_hold_any=book.can_hold_any,
        unreadable=unreadable,
    )


def decoded(data: Json) -> tuple[Memory, dict[str, tuple[Json, ...]]]:
    """What a file remembers, and the records by charger that this version cannot read."""
    stored = decoded_by(_STORED_DECODER, {**data, "chargers": []})
    books: dict[str, Book] = {}
    unreadable: dict[str, tuple[Json, ...]] = {}
    for each in stored.books:
        living, bad = read(each.reservations)
        sources, bad_sources = read_sources(each.sources)
        bad += bad_sources
        books[each.charger] = Book(
            charger=each.charger,
            reservations={reservation.uid: reservation for reservation in living},
            sources={source.uid: source for source in sources},
            ghosts={ghost.wire_id: ghost for ghost in each.ghosts},
            can_hold=each.can_hold,
            can_hold_any=each.can_hold_any,
        )
        if bad or each.unreadable:
            unreadable[each.charger] = each.unreadable + bad
    ended, bad = read(stored.ended)
    for record in bad:
        charger = str(record.get("charger"))
        unreadable[charger] = (*unreadable.get(charger, ()), record)
    past = Past(ended={reservation.uid: reservation for reservation in ended}, counts=stored.counts)
    ledger = Ledger(books=books, past=past, last_id=stored.last_reservation_id)
    chargers = {each.charger: each for each in map(_read_charger, data.get("chargers", ())) if each is not None}
    memory = Memory(ledger=ledger, chargers=chargers, last_transaction_id=stored.last_transaction_id)
    return memory, unreadable


def _read_charger(record: object) -> Charger | None:
    """The charger of a record; None, and said in the log, if this version cannot read it: it will tell of itself again."""
    if not isinstance(record, dict):
        LOGGER.error("One of the stored chargers cannot be read and is forgotten")
        return None
    try:
        return _charger(decoded_by(_CHARGER_DECODER, record))
    except UnreadableError as err:
        LOGGER.error("Of the stored chargers, %s cannot be read (%s) and is forgotten", record.get("charger"), err)
        return None


def _charger(stored: StoredCharger) -> Charger:
    return Charger(
        charger=stored.charger,
        description=stored.description,
        evses={
            each.evse: Evse(
                evse=each.evse,
                connectors=frozenset(each.connectors),
                running=each.running,
                last=each.last,
                heard_at=each.heard_at,
                meter=_meter(each.meter),
            )
            for each in stored.evses
        },
        away_since=stored.away_since,
        token_length=stored.token_length,
        abilities=stored.abilities,
        spellings=stored.spellings,
        asks=stored.asks,
        vends_freely=stored.vends_freely,
        local_list=remembered(stored.local_list),
        limits=stored.limits,
        unplaced=stored.unplaced,
        meter=_meter(stored.meter),
    )


def _meter(stored: StoredMeter) -> Meter:
    return Meter(
        seen=frozenset(stored.seen),
        imported=stored.imported,
        exported=stored.exported,
        counts=dict(stored.counts),
        labels=stored.labels if stored.in_kwh is None else Labels(times=1000 if stored.in_kwh else 1),
    )
