"""What wants reservations again and again: a series, or somebody else's calendar that is linked.

Knows what a source wants and what it was given. Must not know how a rule repeats, where a calendar is read, nor how
reservations are made of it (`in_step`).

The theory. A source wants *occurrences*, each under a key of its own. What it last wanted of a key is *told*: while that
stays the same the occurrence is settled, whatever has become of its reservation by other hands. So one that was moved,
used or cancelled by somebody stays so; only a source that has changed its mind is followed. What could not be reserved
is *skipped*, and is tried again for as long as it is wanted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .drivers import DriverId, Holder
from .events import ChargerId, EvseId
from .refusal import Reason
from .reservation import Target, Window, whole_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """What a source wants once. `key`: which of its own it is. Times are in UTC, the end is after the start.

    `evse`: of the target `connector` only; `connector_type`: of that target only.
    """

    key: str
    start: datetime
    end: datetime
    target: Target = Target.CONNECTOR
    evse: EvseId | None = None
    connector_type: str | None = None
    holder: Holder

    @property
    def told(self) -> Told:
        """What is remembered of it."""
        return Told(
            window=Window(start=whole_seconds(self.start), end=whole_seconds(self.end)),
            target=self.target,
            evse=self.evse,
            connector_type=self.connector_type,
            driver=self.holder.driver,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a source wanted of an occurrence. No token: reservations follow their drivers by themselves."""

    window: Window
    target: Target
    evse: EvseId | None = None
    connector_type: str | None = None
    driver: DriverId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What repeats, by the clock of the place: `start` and `end` of its first occurrence know no zone.

    `rule`: the value of an RRULE (RFC 5545), its UNTIL without a zone. `all_day`: days are meant, not times. `driver`
    None: the house. The rest as in `Occurrence`.
    """

    start: datetime
    end: datetime
    all_day: bool = False
    rule: str
    target: Target = Target.CONNECTOR
    evse: EvseId | None = None
    connector_type: str | None = None
    driver: DriverId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What wants reservations of one charger, under an id that nothing else has.

    `series`: what it repeats, one after the other where "this and all following" were changed; none: a calendar that is
    linked. `told`: what it last wanted, by key. `skipped`: why those keys of it have no reservation.
    """

    uid: str
    series: tuple[Series, ...] = ()
    told: Mapping[str, Told] = field(default_factory=dict)
    skipped: Mapping[str, Reason] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceChange:
    """A source of a charger before a step (None: it is new) and after it (None: it is gone)."""

    charger: ChargerId
    before: Source | None
    after: Source | None
