"""What of the world is remembered, and what that is in a file.

Knows how the values of the core become JSON and back. Must not know when a file is written (`store`), nor what the values mean.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mashumaro.codecs.basic import BasicDecoder, BasicEncoder

from .const import LOGGER
from .core.abilities import Abilities
from .core.book import Book, Ghost
from .core.charger import Charger
from .core.clock import Clock
from .core.description import Description
from .core.events import Reading, Started
from .core.evse import Evse
from .core.external_limits import ExternalLimit
from .core.labels import Labels
from .core.ledger import Ledger
from .core.limits import Limits
from .core.local_list import Kept, kept, remembered
from .core.maintenance import FirmwareStage, UploadStage
from .core.meter import Key, Meter, is_worth_keeping
from .core.past import Past
from .core.register import Register
from .core.reservation import Status
from .core.spellings import Spellings
from .core.transaction import Transaction
from .records import Json, UnreadableError, Writer, decoded_by, read, read_sources


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
    added: tuple[Reading, ...] = ()
    in_kwh: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvse:
    """What is kept of an EVSE: its plugs, its meter, and the transactions by which a repeated start is recognised."""

    evse: int
    connectors: tuple[int, ...] = ()
    running: Transaction | None = None
    last: Transaction | None = None
    heard_at: datetime | None = None
    is_missing: bool = False
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
    skew: timedelta = timedelta(0)
    unplaced: tuple[Started, ...] = ()
    external_limits: tuple[tuple[int | None, tuple[ExternalLimit, ...]], ...] = ()
    firmware_stage: FirmwareStage | None = None
    upload_stage: UploadStage | None = None


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
        or before.skew != after.skew
        or before.unplaced is not after.unplaced
        or before.external_limits is not after.external_limits
        or before.firmware_stage is not after.firmware_stage
        or before.upload_stage is not after.upload_stage
        or len(before.evses) != len(after.evses)
    ):
        return True
    return any(
        evse is not (old := before.evses[number])
        and (
            (evse.running is not old.running and evse.running != old.running)
            or (evse.last is not old.last and evse.last != old.last)
            or evse.connectors != old.connectors
            or evse.is_missing is not old.is_missing
            or (evse.meter is not old.meter and is_worth_keeping(old.meter, evse.meter))
        )
        for number, evse in after.evses.items()
    )


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
                is_missing=evse.is_missing,
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
        skew=charger.skew,
        unplaced=charger.unplaced,
        external_limits=tuple(charger.external_limits.items()),
        firmware_stage=charger.firmware_stage,
        upload_stage=charger.upload_stage,
        meter=_stored_meter(charger.meter),
    )


def _stored_meter(meter: Meter) -> StoredMeter:
    return StoredMeter(
        seen=tuple(sorted(meter.seen, key=str)),
        imported=meter.imported,
        exported=meter.exported,
        counts=tuple(sorted(meter.counts.items(), key=str)),
        labels=meter.labels,
        added=meter.added,
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
                is_missing=each.is_missing,
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
        clock=Clock(skew=stored.skew),
        unplaced=stored.unplaced,
        external_limits=dict(stored.external_limits),
        firmware_stage=stored.firmware_stage,
        upload_stage=stored.upload_stage,
        meter=_meter(stored.meter),
    )


def _meter(stored: StoredMeter) -> Meter:
    return Meter(
        seen=frozenset(stored.seen),
        imported=stored.imported,
        exported=stored.exported,
        counts=dict(stored.counts),
        labels=stored.labels if stored.in_kwh is None else Labels(times=1000 if stored.in_kwh else 1),
        added=stored.added,
    )
