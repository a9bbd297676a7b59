"""The calendars of other integrations: whether one is there, and what stands in it.

Knows Home Assistant's calendar entities and registry. Must not know what is made of an event.
"""

import asyncio
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from homeassistant.components.calendar import CalendarEvent
from homeassistant.components.calendar.const import DATA_COMPONENT, DOMAIN as CALENDAR
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from ..const import DOMAIN

WITHIN: Final = 60.0
"""Seconds after which nobody waits for a calendar any longer: one that is asked over the network may hang."""


class UnreadableError(Exception):
    """A calendar cannot be read now; it may be later. Its text tells nothing that stands in the calendar."""


@callback
def calendar_key(hass: HomeAssistant, entity_id: str) -> str:
    """What names a calendar for good: its id in the registry, its entity id if it is in none."""
    known = er.async_get(hass).async_get(entity_id)
    return entity_id if known is None else known.id


@callback
def calendar_entity_id(hass: HomeAssistant, key: str) -> str | None:
    """The entity id of a calendar as it is now; None if it was removed or disabled."""
    registry = er.async_get(hass)
    entity_id = er.async_resolve_entity_id(registry, key)
    if entity_id is None:
        return None
    known = registry.async_get(entity_id)
    if known is None:
        return entity_id if hass.states.get(entity_id) is not None else None
    return None if known.disabled else entity_id


@callback
def own_calendars(hass: HomeAssistant) -> Iterator[str]:
    """The entity ids of all calendars of ours."""
    for each in er.async_get(hass).entities.values():
        if each.platform == DOMAIN and each.domain == CALENDAR:
            yield each.entity_id


async def read_events(hass: HomeAssistant, entity_id: str, start: datetime, end: datetime) -> list[CalendarEvent]:
    """What stands in a calendar between two moments. Raises `UnreadableError`.

    Home Assistant's action for that tells no uids, without which an event that was moved is not the same one.
    """
    component = hass.data.get(DATA_COMPONENT)
    entity = None if component is None else component.get_entity(entity_id)
    if entity is None or not entity.available:
        raise UnreadableError(STATE_UNAVAILABLE)
    try:
        async with asyncio.timeout(WITHIN):
            # In local time: a calendar takes the zone in which it is asked for that of events which tell none.
            return list(await entity.async_get_events(hass, dt_util.as_local(start), dt_util.as_local(end)))
    except Exception as error:  # noqa: BLE001  whatever another integration fails with, nothing may be cancelled for it
        # Its own words may quote the calendar.
        raise UnreadableError(type(error).__name__) from None
