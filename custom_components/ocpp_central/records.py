"""How reservations, and what wants them again and again, become JSON and back. Must not know which file it is in, nor what is done with it."""

from collections.abc import Iterable, Mapping
from typing import Any

from mashumaro.codecs.basic import BasicDecoder, BasicEncoder
from mashumaro.exceptions import InvalidFieldValue, MissingField
from orjson import OPT_NON_STR_KEYS, Fragment, dumps

from .core.reservation import Reservation
from .core.sources import Source

type Json = dict[str, Any]

_NO_EVSE = "null"
"""What JSON makes of None as a key."""

type Record = Reservation | Source

_ENCODERS: Mapping[type[Record], BasicEncoder[Any]] = {
    Reservation: BasicEncoder(Reservation),
    Source: BasicEncoder(Source),
}
_RESERVATIONS = BasicDecoder(Reservation)
_SOURCES = BasicDecoder(Source)


class Writer:
    """Writes reservations and sources, each once for as long as it stays what it is.

    A file has thousands of them, of which one has changed: to make the others anew for each write would cost more than
    the write itself, and keep Python's garbage collector, which stops everything else, busy.
    """

    def __init__(self) -> None:
        """Have written nothing."""
        self._known: dict[str, tuple[Record, Fragment]] = {}

    def written(self, *groups: Iterable[Record]) -> tuple[list[Fragment], ...]:
        """The records of each group, as JSON. They hold id tokens. What is in none of the groups is forgotten."""
        known: dict[str, tuple[Record, Fragment]] = {}
        found: list[list[Fragment]] = []
        for group in groups:
            records: list[Fragment] = []
            for each in group:
                pair = self._known.get(each.uid)
                if pair is None or pair[0] is not each:
                    encoded = _ENCODERS[type(each)].encode(each)
                    pair = (each, Fragment(dumps(encoded, option=OPT_NON_STR_KEYS)))
                known[each.uid] = pair
                records.append(pair[1])
            found.append(records)
        self._known = known
        return tuple(found)


class UnreadableError(Exception):
    """What is stored has a form that this version does not know. It says which part, and quotes nothing."""


def decoded_by[T](decoder: BasicDecoder[T], stored: Json) -> T:
    """What is stored, as a value. Raises `UnreadableError`."""
    try:
        return decoder.decode(stored)
    except (InvalidFieldValue, MissingField) as err:
        # Its own text quotes what it cannot read, id tokens and all.
        raise UnreadableError(f"{err.field_name} of {err.holder_class_name}") from None


def read(records: Iterable[Json]) -> tuple[list[Reservation], tuple[Json, ...]]:
    """The reservations of these records, and the records that this version cannot read."""
    return _read(_RESERVATIONS, map(_with_places, records))


def read_sources(records: Iterable[Json]) -> tuple[list[Source], tuple[Json, ...]]:
    """The sources of these records, and the records that this version cannot read."""
    return _read(_SOURCES, records)


def _read[T](decoder: BasicDecoder[T], records: Iterable[Json]) -> tuple[list[T], tuple[Json, ...]]:
    found: list[T] = []
    bad: list[Json] = []
    for record in records:
        try:
            found.append(decoder.decode(record))
        except InvalidFieldValue, MissingField:
            bad.append(record)
    return found, tuple(bad)


def _with_places(record: Json) -> Json:
    """The record with the place of a hold that names no EVSE as it was: JSON has only texts for keys."""
    holds = record.get("holds")
    if not isinstance(holds, dict) or _NO_EVSE not in holds:
        return record
    return {**record, "holds": {None if place == _NO_EVSE else place: hold for place, hold in holds.items()}}
