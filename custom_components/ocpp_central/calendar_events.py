"""What an event of a calendar says of a reservation, and what somebody wants who makes or changes one.

Knows how summary, location and times are written and read. Must not know entities or registries, nor how a wish is
carried out (`wishes`).
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import Any, Final, NamedTuple

from homeassistant.components.calendar import CalendarEvent
from homeassistant.components.calendar.const import (
    EVENT_END,
    EVENT_LOCATION,
    EVENT_START,
    EVENT_SUMMARY,
    CalendarEventStatus,
)
from homeassistant.util import dt as dt_util

from . import errors
from .audience import Place
from .choices import HOUSE
from .core.change import Amendment
from .core.drivers import Drivers, Holder
from .core.events import EvseId
from .core.ledger import Wish
from .core.reservation import Reservation, Status, Target, whole_seconds
from .core.sources import Series, Told
from .core.token import IdToken
from .windows import begins

RESERVED: Final = "reserved"
WHOLE_CHARGER: Final = "whole_charger"

ENDED_AND_SHOWN: Final = frozenset({Status.USED, Status.EXPIRED})
"""Of what has ended: what kept others out, as it was promised. The rest came to nothing."""

type EventData = Mapping[str, Any]
"""An event as Home Assistant hands it over, checked against its own schema."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """What a connector is called; `renamed`: by the user."""

    name: str
    renamed: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The words of one calendar. `place`: whose it is; `label`: what that is called in a sentence.

    `words`: what the user's language has for `HOUSE`, for `RESERVED`, which is all that is said of a token of nobody
    known, and for `WHOLE_CHARGER`. `connectors`: all of the charger. `types`: those of their plugs.
    """

    place: Place
    label: str
    words: Mapping[str, str]
    connectors: Mapping[EvseId, Connector]
    types: tuple[str, ...] = ()
    drivers: Drivers
    house: IdToken

    names: Mapping[EvseId, str] = field(init=False)
    """The name of each connector, as the user has it unless that is another one's as well."""

    def __post_init__(self) -> None:
        """Tell the connectors apart."""
        known = Counter(name for each in self.connectors.values() for name in _names(each))
        names = {
            evse: each.renamed if each.renamed and known[each.renamed.casefold()] == 1 else each.name
            for evse, each in self.connectors.items()
        }
        object.__setattr__(self, "names", names)


def _names(connector: Connector) -> set[str]:
    """What a connector may be called, in small letters."""
    return {name.casefold() for name in (connector.name, connector.renamed) if name}


class Shown(NamedTuple):
    """All that is to be seen of a reservation. `recurrence_id`, `rrule`: of one that repeats, whose uid is its series'."""

    uid: str
    recurrence_id: str | None
    rrule: str | None
    summary: str
    location: str
    description: str
    start: datetime
    end: datetime
    status: CalendarEventStatus


def shown(reservation: Reservation, vocabulary: Vocabulary, series: Series | None = None) -> Shown:
    """What a calendar shows of a reservation; times are local, and never tell an id token.

    `series`: the one that it is an occurrence of, if that repeats.
    """
    origin = None if series is None else reservation.origin
    tentative = reservation.status is Status.SCHEDULED
    start, end = dt_util.as_local(reservation.window.start), dt_util.as_local(reservation.window.end)
    return Shown(
        uid=reservation.uid if origin is None else origin.source,
        recurrence_id=None if origin is None else origin.key,
        rrule=None if series is None else series.rule,
        summary=_summary(reservation, vocabulary),
        location=_location(reservation, vocabulary),
        description=f"#{reservation.reservation_id}",
        start=start,
        end=_end_on_the_clock(start, end),
        status=CalendarEventStatus.TENTATIVE if tentative else CalendarEventStatus.CONFIRMED,
    )


def event_of(shown: Shown) -> CalendarEvent:
    """The same as Home Assistant's own value."""
    return CalendarEvent(**shown._asdict() | {"location": shown.location or None})


def wished(event: EventData, vocabulary: Vocabulary) -> Wish:
    """What somebody wishes for who makes an event that does not repeat. Raises translated errors."""
    aim = _aim(_text(event, EVENT_LOCATION), vocabulary)
    holder = _holder(_text(event, EVENT_SUMMARY), vocabulary)
    return Wish(
        charger=vocabulary.place.charger,
        target=aim.target,
        evse=aim.evse,
        connector_type=aim.connector_type,
        token=holder.token,
        group=holder.group,
        driver=holder.driver,
        start=begins(event[EVENT_START]),
        end=begins(event[EVENT_END]),
    )


def amended(reservation: Reservation, event: EventData, vocabulary: Vocabulary) -> Amendment:
    """What is to be different of a reservation whose event was changed: only what does not read as it did.

    So a token of nobody known, or a connector that one for any has got, stays what it is. Raises translated errors.
    """
    before = shown(reservation, vocabulary)
    aim, holder = _another_aim(event, before, vocabulary), _another_holder(event, before, vocabulary)
    start = None if _reads_alike(event[EVENT_START], before.start) else begins(event[EVENT_START])
    end = None if _reads_alike(event[EVENT_END], before.end) else begins(event[EVENT_END])
    if start is not None and end is None:
        end = reservation.window.end  # a new start alone would move it
    return Amendment(
        evse=None if aim is None else aim.evse,
        target=None if aim is None else aim.target,
        connector_type=None if aim is None else aim.connector_type,
        token=None if holder is None else holder.token,
        group=None if holder is None else holder.group,
        driver=None if holder is None else holder.driver,
        start=start,
        end=end,
    )


def repeated(event: EventData, vocabulary: Vocabulary) -> Series:
    """What somebody wants to repeat who makes an event, still without its rule. Raises translated errors."""
    aim = _aim(_text(event, EVENT_LOCATION), vocabulary)
    return Series(
        start=_clock(event[EVENT_START]),
        end=_clock(event[EVENT_END]),
        all_day=not isinstance(event[EVENT_START], datetime),
        rule="",
        target=aim.target,
        evse=aim.evse,
        connector_type=aim.connector_type,
        driver=_holder(_text(event, EVENT_SUMMARY), vocabulary).driver,
    )


def revised(series: Series, before: Shown, event: EventData, vocabulary: Vocabulary) -> Series:
    """The series once one of its events, which `before` was shown, was changed for all that follow it.

    As by `amended`, only what does not read as it did is different. `series` begins with that event. Raises translated
    errors.
    """
    aim, holder = _another_aim(event, before, vocabulary), _another_holder(event, before, vocabulary)
    if aim is not None:
        series = replace(series, target=aim.target, evse=aim.evse, connector_type=aim.connector_type)
    if holder is not None:
        series = replace(series, driver=holder.driver)
    start, end = event[EVENT_START], event[EVENT_END]
    if _reads_alike(start, before.start) and _reads_alike(end, before.end):
        return series
    return replace(series, start=_clock(start), end=_clock(end), all_day=not isinstance(start, datetime))


def as_changed_alone(series: Series, reservation: Reservation, told: Told | None, vocabulary: Vocabulary) -> Series:
    """The series as one of its occurrences is, which somebody may have changed alone; `told`: what the series wants of it.

    A token of nobody known cannot repeat, so then the series stays for whom it is.
    """
    alone, window = series_of(reservation), reservation.window
    series = replace(series, target=alone.target, evse=alone.evse, connector_type=alone.connector_type)
    if alone.driver is not None or vocabulary.house.matches(reservation.token):
        series = replace(series, driver=alone.driver)
    # What is under way already when it is reserved begins then.
    if told is None or (
        window.end == told.window.end and window.start in {told.window.start, whole_seconds(reservation.created)}
    ):
        return series
    return replace(series, start=alone.start, end=alone.end, all_day=False)


def series_of(reservation: Reservation) -> Series:
    """What would repeat of a reservation, still without a rule; of whom it is for it knows drivers and the house only."""
    return Series(
        start=_clock(reservation.window.start),
        end=_clock(reservation.window.end),
        rule="",
        target=reservation.target,
        evse=reservation.evse if reservation.target is Target.CONNECTOR else None,
        connector_type=reservation.connector_type,
        driver=reservation.driver,
    )


class _Aim(NamedTuple):
    """What of a charger is meant."""

    target: Target
    evse: EvseId | None = None
    connector_type: str | None = None


def _summary(reservation: Reservation, vocabulary: Vocabulary) -> str:
    if (driver := vocabulary.drivers.get(reservation.driver)) is not None:
        return driver.name
    return vocabulary.words[HOUSE if vocabulary.house.matches(reservation.token) else RESERVED]


def _location(reservation: Reservation, vocabulary: Vocabulary) -> str:
    if reservation.target is Target.WHOLE_CHARGER:
        return vocabulary.words[WHOLE_CHARGER]
    if reservation.evse is None:
        return reservation.connector_type or ""
    return vocabulary.names.get(reservation.evse, str(reservation.evse))


def _end_on_the_clock(start: datetime, end: datetime) -> datetime:
    """The end; if clocks show less then than at the start, the moment at which they show that again.

    Home Assistant subtracts what clocks show, and takes no event that seems to end before it starts. One in the hour
    that comes twice may.
    """
    return end if end >= start else start.replace(fold=1)  # of one zone: compared by what clocks show


def _holder(summary: str, vocabulary: Vocabulary) -> Holder:
    if (driver := vocabulary.drivers.named(summary)) is not None:
        return driver.as_holder()
    words = {"", HOUSE, RESERVED, vocabulary.words[HOUSE].casefold(), vocabulary.words[RESERVED].casefold()}
    if summary.casefold() in words:
        return Holder(token=vocabulary.house)
    raise errors.unknown_driver(summary, vocabulary.drivers.names)


def _aim(location: str, vocabulary: Vocabulary) -> _Aim:
    here = vocabulary.place.evse
    if not location:
        return _Aim(Target.ANY) if here is None else _Aim(Target.CONNECTOR, here)
    if (aim := _aims(vocabulary).get(location.casefold())) is None:
        raise errors.invalid(
            "unknown_location", location=location, device=vocabulary.label, places=", ".join(_locations(vocabulary))
        )
    return aim


def _locations(vocabulary: Vocabulary) -> list[str]:
    """The locations that a calendar shows: in that of a connector, nothing else than itself can be reserved."""
    if (here := vocabulary.place.evse) is not None:
        return [vocabulary.names.get(here, str(here))]
    return [*vocabulary.names.values(), vocabulary.words[WHOLE_CHARGER], *vocabulary.types]


def _aims(vocabulary: Vocabulary) -> dict[str, _Aim]:
    """What each location means, in small letters: what is shown counts most, and numbers count more than types."""
    here, connectors = vocabulary.place.evse, vocabulary.connectors
    aims: dict[str, _Aim] = {}
    if here is None:
        aims |= {each.casefold(): _Aim(Target.CONNECTOR_TYPE, connector_type=each) for each in vocabulary.types}
        aims |= dict.fromkeys((WHOLE_CHARGER, vocabulary.words[WHOLE_CHARGER].casefold()), _Aim(Target.WHOLE_CHARGER))
    mine = {evse: _Aim(Target.CONNECTOR, evse) for evse in connectors if here in {None, evse}}
    aims |= {str(evse): aim for evse, aim in mine.items()}
    aims |= {connectors[evse].name.casefold(): aim for evse, aim in mine.items()}
    return aims | {vocabulary.names[evse].casefold(): aim for evse, aim in mine.items()}


def _another_aim(event: EventData, before: Shown, vocabulary: Vocabulary) -> _Aim | None:
    """What else of the charger is meant than was; None if the location reads as it did.

    A location that is not sent is one that nobody has touched: whoever clears it sends an empty one.
    """
    location = _text(event, EVENT_LOCATION)
    return _aim(location, vocabulary) if EVENT_LOCATION in event and location != before.location else None


def _another_holder(event: EventData, before: Shown, vocabulary: Vocabulary) -> Holder | None:
    summary = _text(event, EVENT_SUMMARY)
    return None if summary == before.summary else _holder(summary, vocabulary)


def _text(event: EventData, field: str) -> str:
    return (event.get(field) or "").strip()


def _clock(told: date) -> datetime:
    """What a clock of the place shows then, without a zone; of a day its beginning."""
    if not isinstance(told, datetime):
        return datetime.combine(told, time())
    return dt_util.as_local(told).replace(microsecond=0, tzinfo=None, fold=0)


def _reads_alike(told: date, before: datetime) -> bool:
    """Whether a time is what was shown: to the minute, and by the clock.

    A calendar sends back what it shows, without saying which it means of two hours that the clock shows twice.
    """
    clock = dt_util.as_local(told) if isinstance(told, datetime) else dt_util.start_of_local_day(told)
    return _to_the_minute(clock) == _to_the_minute(before)


def _to_the_minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0, tzinfo=None, fold=0)
