"""How a reservation becomes JSON and back. Must not know which file it is in, nor what is done with it."""

from collections.abc import Iterable
from typing import Any

from mashumaro.codecs.basic import BasicDecoder, BasicEncoder
from mashumaro.exceptions import InvalidFieldValue, MissingField

from .core.reservation import Reservation

type Json = dict[str, Any]

_NO_EVSE = "null"
"""What JSON makes of None as a key."""

_ENCODER = BasicEncoder(Reservation)
_DECODER = BasicDecoder(Reservation)


def written(reservations: Iterable[Reservation]) -> tuple[Json, ...]:
    """The records of these reservations. They hold id tokens."""
    return tuple(map(_ENCODER.encode, reservations))


def read(records: Iterable[Json]) -> tuple[list[Reservation], tuple[Json, ...]]:
    """The reservations of these records, and the records that this version cannot read."""
    found: list[Reservation] = []
    bad: list[Json] = []
    for record in records:
        try:
            found.append(_DECODER.decode(_with_places(record)))
        except InvalidFieldValue, MissingField:
            bad.append(record)
    return found, tuple(bad)


def _with_places(record: Json) -> Json:
    """The record with the place of a hold that names no EVSE as it was: JSON has only texts for keys."""
    holds = record.get("holds")
    if not isinstance(holds, dict) or _NO_EVSE not in holds:
        return record
    return {**record, "holds": {None if place == _NO_EVSE else place: hold for place, hold in holds.items()}}
