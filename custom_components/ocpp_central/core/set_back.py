"""A clock that was set back: what is dated after now.

Knows which of a charger's dates must not lie ahead of the present. Must not know why they do: Home Assistant's clock was wrong
until it asked a time server, or a charger dated what it had queued by a clock of its own that is ahead.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from .charger import Charger
from .events import EvseId
from .evse import Evse
from .meter import Meter


def in_time(charger: Charger, now: datetime) -> Charger:
    """The charger as it may be known now; itself as a rule. Else all that it tells would be taken for old until then."""
    evses = _in_time(charger.evses, now)
    connected_at, away_since = _bounded(charger.connected_at, now), _bounded(charger.away_since, now)
    if (
        evses is charger.evses
        and connected_at is charger.connected_at
        and away_since is charger.away_since
        and not charger.meter.is_ahead_of(now)
    ):
        return charger
    meter = _read_by(charger.meter, now)
    return replace(charger, evses=evses, meter=meter, connected_at=connected_at, away_since=away_since)


def _in_time(evses: Mapping[EvseId, Evse], now: datetime) -> Mapping[EvseId, Evse]:
    if not any(evse.meter.is_ahead_of(now) for evse in evses.values()):
        return evses
    return {number: replace(evse, meter=_read_by(evse.meter, now)) for number, evse in evses.items()}


def _read_by(meter: Meter, now: datetime) -> Meter:
    """The meter as if it had been read now at the latest."""
    if not meter.is_ahead_of(now):
        return meter
    imported = replace(meter.imported, at=_bounded(meter.imported.at, now))
    return replace(meter, read_at=_bounded(meter.read_at, now), imported=imported)


def _bounded(moment: datetime | None, now: datetime) -> datetime | None:
    return now if moment is not None and moment > now else moment
