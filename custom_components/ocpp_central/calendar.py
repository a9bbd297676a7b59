"""What is reserved, as a calendar in which it can be reserved, moved and cancelled as well."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from itertools import batched
from typing import Any, Final, override

from homeassistant.components.calendar import CalendarEntity, CalendarEntityDescription, CalendarEvent
from homeassistant.components.calendar.const import CalendarEntityFeature
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from . import errors, wishes
from .audience import Place
from .calendar_events import ENDED_AND_SHOWN, Shown, Vocabulary, amended, event_of, shown, wished
from .calendar_words import vocabulary_of
from .coordinator import CentralSystem, OcppConfigEntry
from .core.change import Amendment
from .core.reservation import Reservation, Window
from .entity import PlaceEntity, add_entities_everywhere

PARALLEL_UPDATES = 0
"""A charger that is slow to answer must not keep an event of another one waiting; what goes to one takes turns anyway."""

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
        return None if first is None else event_of(shown(first, self._vocabulary()))

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
            events += [event_of(shown(each, vocabulary)) for each in batch]
            await asyncio.sleep(0)
        return events

    @override
    async def async_create_event(self, **kwargs: Any) -> None:
        """Reserve; what is wished for now is answered once the charger has given its word."""
        await wishes.reserve(self._central, wished(kwargs, self._vocabulary()))

    @override
    async def async_update_event(
        self,
        uid: str,
        event: dict[str, Any],
        recurrence_id: str | None = None,
        recurrence_range: str | None = None,
    ) -> None:
        """Change what reads differently of a reservation."""
        reservation = self._living(uid)
        amendment = amended(reservation, event, self._vocabulary())
        if amendment != Amendment():
            await wishes.change(self._central, reservation, amendment)

    @override
    async def async_delete_event(
        self, uid: str, recurrence_id: str | None = None, recurrence_range: str | None = None
    ) -> None:
        """Cancel a reservation."""
        await wishes.cancel(self._central, self._living(uid))

    @override
    def _value(self) -> tuple[Shown, ...]:
        vocabulary = self._vocabulary()
        return tuple(shown(each, vocabulary) for each in self._central.reservations(self._place))

    @callback
    def _look_at_names(self, _: Event[dr.EventDeviceRegistryUpdatedData]) -> None:
        self._look()

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
