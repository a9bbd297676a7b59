"""What wants reservations again and again: a series.

Knows what a source wants. Must not know how a rule repeats, nor how reservations are made of it.
"""

from dataclasses import dataclass
from datetime import datetime

from .drivers import DriverId
from .events import EvseId
from .reservation import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What repeats, by the clock of the place: `start` and `end` of its first occurrence know no zone.

    `rule`: the value of an RRULE (RFC 5545), its UNTIL without a zone. `all_day`: days are meant, not times. `driver`
    None: the house.
    """

    start: datetime
    end: datetime
    all_day: bool = False
    rule: str
    target: Target = Target.CONNECTOR
    evse: EvseId | None = None
    connector_type: str | None = None
    driver: DriverId | None = None
