"""What is reserved, as a calendar in which it can be reserved, moved and cancelled as well."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from itertools import batched
from typing import Any, Final, override

from homeassistant.components.calendar import CalendarEntity, CalendarEntityDescription, CalendarEvent
from homeassistant.components.calendar.const import EVENT_RRULE, EVENT_SUMMARY, CalendarEntityFeature
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from . import errors, wishes
from .audience import Place
from .calendar_events import (
    ENDED_AND_SHOWN,
    RESERVED,
    Shown,
    Vocabulary,
    amended,
    as_changed_alone,
    event_of,
    repeated,
    revised,
    series_of,
    shown,
    wished,
)
from .calendar_words import vocabulary_of
from .coordinator import CentralSystem, OcppConfigEntry
from .core.change import Amendment
from .core.reservation import Reservation, Status, Target, Window
from .core.sources import Series, Source
from .entity import PlaceEntity, add_entities_everywhere
from .repeating import series
from .repeating.recurrence import serving

PARALLEL_UPDATES = 0
"""A charger that is slow to answer must not keep an event of another one waiting; what goes to one takes turns anyway."""

THIS_AND_FUTURE: Final = "THISANDFUTURE"
"""The range of an event and all that follow it (RFC 5545 3.2.13), as the calendar page sends it."""

BATCH: Final = 100
"""So many events are made at once, so that thousands of them keep nobody waiting."""

RESERVATIONS = CalendarEntityDescription(key="reservations", translation_key="reservations")
CONNECTOR_RESERVATIONS = replace(RESERVATIONS, entity_registry_enabled_default=False)


async def async_setup_entry(
    _: HomeAssistant,
    entry: OcppConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the calendar of every charger and connector."""
    add_entities_everywhere(entry, async_add_entities, _entities_of)


def _entities_of(central: CentralSystem, place: Place) -> Iterable[CalendarEntity]:
    yield ReservationCalendar(central, place, RESERVATIONS if place.evse is None else CONNECTOR_RESERVATIONS)


class ReservationCalendar(PlaceEntity, CalendarEntity):
    """The reservations of a connector, or all of a charger: whatever changes one wakes its charger, too (contract 4)."""

    _offline_too = True
    _attr_supported_features = (
        CalendarEntityFeature.CREATE_EVENT | CalendarEntityFeature.UPDATE_EVENT | CalendarEntityFeature.DELETE_EVENT
    )

    @override
    async def async_added_to_hass(self) -> None:
        """Wake with this place, and when a connector is called otherwise: events name them."""
        await super().async_added_to_hass()
        renamed = self.hass.bus.async_listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, self._look_at_names, _is_renamed)
        self.async_on_remove(renamed)

    @property
    @override
    def event(self) -> CalendarEvent | None:
        """What is reserved now, else next."""
        now = dt_util.utcnow()
        living = self._central.reservations(self._place)
        first = next((each for each in living if each.window.end > now), None)
        return None if first is None else event_of(self._as_seen(first, self._vocabulary()))

    @override
    async def async_get_events(
        self, hass: HomeAssistant, start_date: datetime, end_date: datetime
    ) -> list[CalendarEvent]:
        """What is reserved within a span of time, and what was used or has expired."""
        span = Window(start=dt_util.as_utc(start_date), end=dt_util.as_utc(end_date))
        ended = [each for each in self._central.ended(self._place) if each.status in ENDED_AND_SHOWN]
        found = [each for each in (*ended, *self._central.reservations(self._place)) if each.window.overlaps(span)]
        found.sort(key=lambda each: (each.window.start, each.reservation_id))
        vocabulary = self._vocabulary()
        events: list[CalendarEvent] = []
        for batch in batched(found, BATCH, strict=False):
            events += [event_of(self._as_seen(each, vocabulary)) for each in batch]
            await asyncio.sleep(0)
        return events

    @override
    async def async_create_event(self, **kwargs: Any) -> None:
        """Reserve, once or again and again; what is wished for now is answered once the charger has given its word."""
        vocabulary = self._vocabulary()
        if rule := kwargs.get(EVENT_RRULE):
            await series.begin(self._central, self._place.charger, repeated(kwargs, vocabulary), rule)
        else:
            await wishes.reserve(self._central, wished(kwargs, vocabulary))

    @override
    async def async_update_event(
        self,
        uid: str,
        event: dict[str, Any],
        recurrence_id: str | None = None,
        recurrence_range: str | None = None,
    ) -> None:
        """Change what reads differently, of one reservation or of all that follow it in its series."""
        if (source := self._source(uid, recurrence_id)) is None:
            await self._change_single(self._living(uid), event)
        elif recurrence_id and recurrence_range != THIS_AND_FUTURE:
            await self._change_one(source, recurrence_id, event)
        else:
            await self._change_all(source, recurrence_id, event)

    @override
    async def async_delete_event(
        self, uid: str, recurrence_id: str | None = None, recurrence_range: str | None = None
    ) -> None:
        """Cancel a reservation, or all that follow it in its series."""
        if (source := self._source(uid, recurrence_id)) is None:
            await wishes.cancel(self._central, self._living(uid))
        elif recurrence_id and recurrence_range != THIS_AND_FUTURE:
            await wishes.cancel(self._central, self._occurrence(source, recurrence_id))
        else:
            await series.end(self._central, self._point(source, recurrence_id))

    async def _change_single(self, reservation: Reservation, event: dict[str, Any]) -> None:
        vocabulary = self._vocabulary()
        if not (rule := event.get(EVENT_RRULE)):
            await self._amend(reservation, event)
            return
        if reservation.status is Status.IN_USE:
            raise errors.invalid("reservation_in_use", reservation_id=reservation.reservation_id)
        wanted = revised(series_of(reservation), shown(reservation, vocabulary), event, vocabulary)
        if wanted.driver is None and event[EVENT_SUMMARY] == vocabulary.words[RESERVED]:
            raise errors.invalid("series_for_nobody_known")
        await series.begin(self._central, self._place.charger, wanted, rule, first=reservation)

    async def _change_one(self, source: Source, key: str, event: dict[str, Any]) -> None:
        if event.get(EVENT_RRULE) not in {None, serving(source.series, key).rule}:
            raise errors.invalid("rule_of_one_event")
        await self._amend(self._occurrence(source, key), event)

    async def _change_all(self, source: Source, key: str | None, event: dict[str, Any]) -> None:
        """Change all that follow an occurrence, or (`key` None) all that there are."""
        vocabulary = self._vocabulary()
        known = (*self._central.reservations(self._place), *self._central.ended(self._place))
        reservation = None if key is None else series.whose(known, source, key)
        told = None if key is None else source.told.get(key)

        def revise(begins: Series) -> Series:
            if reservation is None:
                return repeated(event, vocabulary)
            begins = as_changed_alone(begins, reservation, told, vocabulary)
            return revised(begins, self._as_seen(reservation, vocabulary), event, vocabulary)

        await series.change(self._central, self._point(source, key), revise, event.get(EVENT_RRULE))

    async def _amend(self, reservation: Reservation, event: dict[str, Any]) -> None:
        amendment = amended(reservation, event, self._vocabulary())
        if amendment != Amendment():
            await wishes.change(self._central, reservation, amendment)

    @override
    def _value(self) -> tuple[Shown, ...]:
        vocabulary = self._vocabulary()
        return tuple(self._as_seen(each, vocabulary) for each in self._central.reservations(self._place))

    @callback
    def _look_at_names(self, _: Event[dr.EventDeviceRegistryUpdatedData]) -> None:
        self._look()

    def _as_seen(self, reservation: Reservation, vocabulary: Vocabulary) -> Shown:
        return shown(reservation, vocabulary, self._series_of(reservation))

    def _series_of(self, reservation: Reservation) -> Series | None:
        """The series that a reservation is an occurrence of, if that is still known and repeats."""
        if (origin := reservation.origin) is None:
            return None
        source = self._central.book(reservation.charger).sources.get(origin.source)
        found = None if source is None or not source.series else serving(source.series, origin.key)
        return found if found is not None and found.rule else None

    def _source(self, uid: str, key: str | None) -> Source | None:
        """The source of this uid whose event of this recurrence id, or all of whose events, may be in this calendar."""
        source = self._central.book(self._place.charger).sources.get(uid)
        if source is None or not source.series:
            return None
        meant = (serving(source.series, key),) if key else source.series
        return source if all(map(self._may_show, meant)) else None

    def _point(self, source: Source, key: str | None) -> series.Point:
        return series.Point(charger=self._place.charger, source=source.uid, key=key)

    def _may_show(self, repeating: Series) -> bool:
        """Whether events of a series may be in this calendar."""
        here = self._place.evse
        return here is None or repeating.target is not Target.CONNECTOR or repeating.evse == here

    def _occurrence(self, source: Source, key: str) -> Reservation:
        """The reservation of an occurrence; what has ended cannot be changed."""
        if (living := series.whose(self._central.reservations(self._place), source, key)) is not None:
            return living
        if (ended := series.whose(self._central.ended(self._place), source, key)) is not None:
            raise errors.invalid("reservation_ended", reservation_id=ended.reservation_id)
        raise errors.invalid("occurrence_not_found")

    def _living(self, uid: str) -> Reservation:
        """The reservation of this calendar that has this uid; what has ended cannot be changed."""
        living = {each.uid: each for each in self._central.reservations(self._place)}
        if uid in living:
            return living[uid]
        for each in self._central.ended(self._place):
            if each.uid == uid:
                raise errors.invalid("reservation_ended", reservation_id=each.reservation_id)
        raise errors.invalid("reservation_not_found", reservation_id=uid)

    def _vocabulary(self) -> Vocabulary:
        return vocabulary_of(self._central, self._place)


@callback
def _is_renamed(data: dr.EventDeviceRegistryUpdatedData) -> bool:
    return data["action"] == "update" and "name_by_user" in data["changes"]
