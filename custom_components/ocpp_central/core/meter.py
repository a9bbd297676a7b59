"""The meter of an EVSE, or of a whole charger, as far as it has been read.

Knows which reading is the newest, which of several is *the* value of a measurand, and what was counted. Must not know
sessions, nor who is shown any of it.

A measurand can come with locations and phases. Its value is that of the place nearest to the car of which there is one; there
the one without a phase, else what the phases make together (`measurands.blended`). Whatever was told a minute before the newest
is not there any more: a car with three phases may be followed by one with one.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from .events import Reading
from .labels import Labels
from .measurands import (
    COUNTS,
    EXPORTED,
    FLOWS,
    IMPORTED,
    INTERVAL,
    OF_THE_CAR,
    OF_THE_MOMENT,
    QUANTITIES,
    blended,
    normal,
)
from .register import Register

LOCATIONS: Final = ("Outlet", "Cable", "EV", "Body", "Inlet", "Upstream")
"""The nearest to the car first; a charger with one meter calls its place what it likes (evcc#16966 has "Body")."""

_PHASES: Final = (
    ("L1", "L2", "L3"),
    ("L1-N", "L2-N", "L3-N"),
    ("L1-L2", "L2-L3", "L3-L1"),
    ("N",),  # Injet tells the only current that it measures so (lbbrhzn/ocpp#1311)
)
"""Phases of which one set is the whole, the best one first."""

_ALL_PHASES: Final = frozenset({None, *(phase for phases in _PHASES for phase in phases)})

_TOGETHER: Final = timedelta(minutes=1)
"""Readings that a charger takes at the same time may come in several messages."""

_BEGIN: Final = "Transaction.Begin"
_END: Final = "Transaction.End"
_CLOCK: Final = "Sample.Clock"
"""The context of what is told by the clock, whether somebody charges or not (1.6 section 3.16.4, J01)."""
_REGULAR: Final = frozenset({"Sample.Periodic", _CLOCK})
"""Contexts of which one alone adds up: a charger that tells both tells the same energy twice."""

_MOST_UNKNOWN: Final = 50
"""More than a vendor invents; a broken charger that makes up measurands must not fill the entity registry."""

_SUPPOSED: Final = "supposed"
"""The context of what nobody has told, which no version of OCPP has."""

_THOUSAND: Final = 1000

_MOST_REPEATED: Final = 12
"""More readings of intervals than a charger repeats that got no answer: it sends one message at a time, of up to three phases."""

_NEAREST: Final = ""
"""The location of a count that is told at whichever location is the nearest to the car."""


class Key(NamedTuple):
    """What is measured where; `phase` None: of all phases together, or of what has none."""

    measurand: str
    location: str
    phase: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """What a meter told. `readings`: the newest of each, as told. `seen`: all that it ever told.

    `imported`, `exported`: its registers of energy. `counts`: all others, and those of single phases and locations.
    `labels`: which of its units are not what they say.
    `interval`: the context of the intervals that are added up where it tells no register. `added`: the latest of these, by which
    it is seen that one is told again. `read_at`: when it was read last.
    """

    readings: Mapping[Key, Reading] = field(default_factory=dict)
    seen: frozenset[Key] = frozenset()
    imported: Register = Register()
    exported: Register = Register()
    counts: Mapping[Key, Register] = field(default_factory=dict)
    labels: Labels = Labels()
    interval: str | None = None
    added: tuple[Reading, ...] = ()
    read_at: datetime | None = None

    def value(self, key: Key) -> float | None:
        """What was read there, in the unit of its quantity; None: nothing, or not since we run. Of a count, all that was counted."""
        if (count := self.counts.get(key)) is not None:
            return count.total
        reading = self.readings.get(key)
        return None if reading is None else _normal(reading)

    def total(self, measurand: str, location: str | None = None) -> float | None:
        """The value of a measurand at a location (None: at the nearest to the car), in the unit of its quantity."""
        if (count := self.counts.get(Key(measurand, location or _NEAREST))) is not None:
            return count.total
        return _total_at(self.readings, measurand, location)

    @property
    def counts_nothing(self) -> bool:
        """Whether it tells what flows, and never how much that was."""
        seen = {key.measurand for key in self.seen}
        return bool(seen & FLOWS) and not seen & {IMPORTED, INTERVAL}

    def after(
        self,
        readings: Iterable[Reading],
        at: datetime,
        meter_start: float | None = None,
        dated: datetime | None = None,
    ) -> Meter:
        """The meter once it was read, really at `at`; what is older than what we have changes little.

        `dated`: when that was by the charger's clock. `meter_start`: what the register was when the present transaction began, which is in Wh for certain.
        """
        readings = tuple(readings)
        told = _newest(readings)
        seen = self.seen
        if not told.keys() <= seen:
            told = self._believed(told)
            seen = seen.union(told)
        if not told:
            return self
        if self.is_ahead_of(at):
            late = replace(self, readings={**_meant(told, self.labels), **self.readings}, seen=seen)
            return _with_intervals(late, readings, at)
        measured = {key[0] for key in told}
        labels = self._labels_after(told, at, meter_start)
        told = _meant(told, labels)
        known = {**self.readings, **told}
        imported, exported = self.imported, self.exported
        if IMPORTED in measured and (wh := _total_at(known, IMPORTED)) is not None:
            imported = imported.after(wh, at, dated)
        if EXPORTED in measured and (wh := _total_at(known, EXPORTED)) is not None:
            exported = exported.after(wh, at, dated)
        after = Meter(
            labels=labels,
            readings=known,
            seen=seen,
            imported=imported,
            exported=exported,
            counts=_counted(self.counts, known, told, at, dated),
            interval=self.interval,
            added=self.added,
            read_at=at,
        )
        return _with_intervals(after, readings, at) if INTERVAL in measured else after

    def said(self, wh: float | None, at: datetime, dated: datetime | None = None) -> Meter:
        """The meter once its register of imported energy was told by itself, as that at the end of a transaction."""
        if wh is None or self.is_ahead_of(at):
            return self
        return replace(self, imported=self.imported.after(wh, at, dated))

    def began(self, wh: float | None, at: datetime, dated: datetime | None = None) -> Meter:
        """The meter once its register of imported energy was told by itself as that at the start of a transaction."""
        if wh is None or self.is_ahead_of(at):
            return self
        return replace(self, imported=self.imported.began(wh, at, dated))

    def is_ahead_of(self, at: datetime) -> bool:
        """Whether it was read after this moment: a charger may tell what it queued when it has told something newer.

        Also if that was the end of a transaction, or the start of the next one, which many tell before they tell readings.
        """
        return (self.read_at is not None and at < self.read_at) or (
            self.imported.at is not None and at < self.imported.at
        )

    def at_rest(self, at: datetime) -> Meter:
        """The meter when nothing flows, though many chargers do not say so any more."""
        stopped: dict[Key, Reading] = {}
        for key in self.seen:
            if key.measurand in FLOWS:
                known = self.readings.get(key)
                unit = None if known is None else known.unit
                stopped[key] = Reading(key.measurand, 0.0, unit, at, key.phase, key.location, _SUPPOSED)
        return replace(self, readings={**self.readings, **stopped}) if stopped else self

    @property
    def supposed_at(self) -> datetime | None:
        """When something was supposed to flow no more, by the charger's time; None: whatever it is, was told since."""
        return max((each.at for each in self.readings.values() if each.context == _SUPPOSED), default=None)

    def only_told(self) -> Meter:
        """The meter without what was only supposed."""
        return _without(self, {key for key, each in self.readings.items() if each.context == _SUPPOSED})

    def left(self, at: datetime) -> Meter:
        """The meter when a car has left: nothing flows, and of all else only what is told by the clock goes on being told."""
        rest = self.at_rest(at)
        return _without(
            rest,
            {
                key
                for key, each in rest.readings.items()
                if key.measurand in OF_THE_CAR or (key.measurand in OF_THE_MOMENT and each.context != _CLOCK)
            },
        )

    def without_car(self) -> Meter:
        """The meter where no car is: some chargers go on telling what the last one has said."""
        return _without(self, {key for key in self.readings if key.measurand in OF_THE_CAR})

    def _believed(self, told: Mapping[Key, Reading]) -> dict[Key, Reading]:
        """What was told without what is too much: of what no version has, a meter measures little."""
        unknown = sum(not _is_of_a_standard(key) for key in self.seen)
        believed: dict[Key, Reading] = {}
        for key, reading in told.items():
            if key not in self.seen and not _is_of_a_standard(key):
                if unknown == _MOST_UNKNOWN:
                    continue
                unknown += 1
            believed[key] = reading
        return believed

    def _labels_after(self, told: Mapping[Key, Reading], at: datetime, meter_start: float | None) -> Labels:
        labels = self.labels.after_powers(told.values())
        if not meter_start or labels.times == 1 or (wh := _total_at(told, IMPORTED)) is None:
            return labels
        before = _total_at(self.readings, IMPORTED) if labels.times is None else None
        return labels.after_register(wh, meter_start, before, at - (self.read_at or at))

    def forgotten(self) -> Meter:
        """The meter of a charger that was away: what it measured then says nothing of now."""
        return replace(self, readings={}, read_at=None) if self.readings else self


def _without(meter: Meter, gone: Collection[Key]) -> Meter:
    """The meter as if these had not been read; itself where there are none."""
    if not gone:
        return meter
    return replace(meter, readings={key: each for key, each in meter.readings.items() if key not in gone})


def _with_intervals(meter: Meter, readings: Iterable[Reading], at: datetime) -> Meter:
    """The meter of a charger that tells no register, but what it has delivered since it told that last."""
    told = [each for each in readings if each.measurand == INTERVAL]
    if not told or any(key.measurand == IMPORTED for key in meter.seen):
        return meter
    context = meter.interval or next((each.context for each in told if each.context in _REGULAR), None)
    new = _not_added(meter, [each for each in told if each.context in {context, _END}])
    register = meter.imported
    for moment in dict.fromkeys(each.at for each in new):
        if (wh := _total(INTERVAL, [each for each in new if each.at == moment])) is not None:
            register = register.plus(wh, at)
    added = (*meter.added, *new)[-_MOST_REPEATED:] if new else meter.added
    return replace(meter, imported=register, interval=context, added=added)


def _not_added(meter: Meter, told: Collection[Reading]) -> list[Reading]:
    """The intervals of one message that are not added yet.

    A charger repeats a message that it believes to be unanswered, word for word (1.6 section 3.7.1); and with the end of a
    transaction many tell again all that they read in it (1.6 section 5.17).
    """
    if not told:
        return []
    newest = max(each.at for each in told)
    latest = max((each.at for each in meter.added), default=None)
    is_new = [each for each in dict.fromkeys(told) if each not in meter.added]
    return [each for each in is_new if each.at == newest or latest is None or each.at > latest]


def is_worth_keeping(before: Meter, after: Meter) -> bool:
    """Whether a meter has changed so much that it should be on disk soon.

    A register that goes on needs not: after a restart it says itself where it is. Only one that begins anew meanwhile would be
    counted wrongly, by less than a kWh. Intervals are added up by us alone.
    """
    return (
        after.seen is not before.seen
        or after.added is not before.added
        or after.labels != before.labels
        or (after.counts is not before.counts and _offsets(before) != _offsets(after))
        or _scale(before.imported) != _scale(after.imported)
        or _scale(before.exported) != _scale(after.exported)
    )


def _offsets(meter: Meter) -> dict[Key, float]:
    return {key: each.offset for key, each in meter.counts.items()}


def _scale(register: Register) -> tuple[float, float | None]:
    return register.offset, None if register.told is None else register.told // _THOUSAND


def _meant(told: dict[Key, Reading], labels: Labels) -> dict[Key, Reading]:
    """What was told, in the units that are meant."""
    return told if labels.are_right else {key: labels.meant(each) for key, each in told.items()}


def _counted(
    counts: Mapping[Key, Register],
    known: Mapping[Key, Reading],
    told: Mapping[Key, Reading],
    at: datetime,
    dated: datetime | None,
) -> Mapping[Key, Register]:
    """The counts once these were told; the totals of imported and exported energy are counted by themselves."""
    read: dict[Key, float | None] = {}
    for key in [each for each in told if each[0] in COUNTS]:
        measurand, location, phase = key
        if measurand not in (IMPORTED, EXPORTED):
            read[Key(measurand, _NEAREST)] = _total_at(known, measurand)
        if location != LOCATIONS[0]:
            read[Key(measurand, location)] = _total_at(known, measurand, location)
        if phase is not None:
            read[key] = _normal(told[key])
    new = {key: counts.get(key, Register()).after(value, at, dated) for key, value in read.items() if value is not None}
    return {**counts, **new} if new else counts


def _newest(readings: Iterable[Reading]) -> dict[Key, Reading]:
    """The newest reading of each key. What a transaction began with comes along with later messages (lbbrhzn/ocpp#1838)."""
    newest: dict[Key, Reading] = {}
    for reading in readings:
        key = Key(reading.measurand, reading.location or LOCATIONS[0], reading.phase)
        known = newest.get(key)
        if known is None or _supersedes(reading, known):
            newest[key] = reading
    return newest


def _is_of_a_standard(key: Key) -> bool:
    return key.measurand in QUANTITIES and key.location in LOCATIONS and key.phase in _ALL_PHASES


def _supersedes(reading: Reading, known: Reading) -> bool:
    if (reading.context == _BEGIN) is not (known.context == _BEGIN):
        return known.context == _BEGIN
    return reading.at >= known.at


def _distance(location: str) -> int:
    """How far from the car a location is."""
    return LOCATIONS.index(location) if location in LOCATIONS else len(LOCATIONS)


def _total_at(readings: Mapping[Key, Reading], measurand: str, location: str | None = None) -> float | None:
    """The value of a measurand at a location (None: at the nearest to the car) of these readings."""
    found: dict[str, list[Reading]] = {}
    for key, reading in readings.items():
        if key[0] == measurand and (location is None or location == key[1]):
            found.setdefault(key[1], []).append(reading)
    if not found:
        return None
    newest = max(reading.at for readings in found.values() for reading in readings)
    for each in sorted(found, key=_distance) if len(found) > 1 else found:
        if present := [reading for reading in found[each] if newest - reading.at <= _TOGETHER]:
            return _total(measurand, present)
    return None


def _total(measurand: str, readings: Iterable[Reading]) -> float | None:
    """The value of a measurand of its readings with different phases; None where none of them is a phase that we know."""
    by_phase = {each.phase: each for each in readings}
    if (whole := by_phase.get(None)) is not None:
        return _normal(whole)
    for phases in _PHASES:
        if values := [_normal(by_phase[phase]) for phase in phases if phase in by_phase]:
            return blended(measurand, values)
    return None


def _normal(reading: Reading) -> float:
    return normal(reading.measurand, reading.value, reading.unit)
