"""Keeps reservations in step with the calendars that are linked.

Knows when a calendar is read. Must not know what its events mean (`link_events`), nor how a source is followed
(`sources`).
"""

import asyncio
from datetime import datetime, timedelta
from typing import Final

from homeassistant.components.calendar.const import DOMAIN as CALENDAR
from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_track_state_change_event, async_track_time_interval
from homeassistant.helpers.start import async_at_started
from homeassistant.util import dt as dt_util

from ..const import LOGGER
from ..coordinator import OcppConfigEntry
from ..core.events import ChargerId
from ..core.in_step import Demand
from ..core.reservation import Window
from ..watches.link_watch import LinkWatch, Problem
from . import sources
from .link_events import wanted
from .link_settings import Link, links_of
from .other_calendars import UnreadableError, calendar_entity_id, read_events

EVERY: Final = timedelta(minutes=5)

PAUSE: Final = 2.0
"""Seconds after a reading until the next one: whoever edits a calendar changes it several times."""


@callback
def keep_links(hass: HomeAssistant, entry: OcppConfigEntry) -> None:
    """Follow every linked calendar from when Home Assistant has started, which is when calendars are there."""
    keeper = _Keeper(hass, entry)
    entry.async_on_unload(async_at_started(hass, keeper.begin))
    entry.async_on_unload(keeper.end)


class _Keeper:
    """All links of one central system."""

    def __init__(self, hass: HomeAssistant, entry: OcppConfigEntry) -> None:
        """Follow nothing yet."""
        self._hass = hass
        self._entry = entry
        self._kept: dict[str, _Kept] = {}

    async def begin(self, _: HomeAssistant) -> None:
        """Read all calendars, and again whenever they may tell something else."""
        leave = self._entry.async_on_unload
        leave(async_track_time_interval(self._hass, self._on_time, EVERY, cancel_on_shutdown=True))
        leave(self._entry.add_update_listener(self._on_change))
        leave(self._hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, self._on_registry, _is_of_calendar))
        await self._take_over()

    @callback
    def end(self) -> None:
        """Read no calendar any more."""
        for each in self._kept.values():
            each.end()

    async def _on_change(self, _: HomeAssistant, __: OcppConfigEntry) -> None:
        """Links, drivers or options have changed."""
        await self._take_over()

    async def _on_time(self, _: datetime) -> None:
        await self._take_over()

    @callback
    def _on_registry(self, _: Event[er.EventEntityRegistryUpdatedData]) -> None:
        for each in self._kept.values():
            each.look_for_calendar()

    async def _take_over(self) -> None:
        links = links_of(self._entry)
        for uid in [uid for uid, each in self._kept.items() if links.get(uid) != each.link]:
            self._kept.pop(uid).end()
        for uid, link in links.items():
            if uid not in self._kept:
                self._kept[uid] = _Kept(self._hass, self._entry, link)
            self._kept[uid].read_soon()
        await self._drop_others(links)

    async def _drop_others(self, links: dict[str, Link]) -> None:
        """Cancel what links have reserved that are gone, or are for another charger by now."""
        central = self._entry.runtime_data
        for charger_id in tuple(central.chargers):
            for uid, source in central.book(charger_id).sources.items():
                if not source.series and (uid not in links or links[uid].place.charger != charger_id):
                    await self._drop(charger_id, uid)

    async def _drop(self, charger_id: ChargerId, uid: str) -> None:
        try:
            await sources.drop(self._entry.runtime_data, charger_id, uid)
        except HomeAssistantError as error:
            LOGGER.debug("A calendar that is not linked any more is dropped later: %s", error)


class _Kept:
    """One link, and the calendar that it is to."""

    def __init__(self, hass: HomeAssistant, entry: OcppConfigEntry, link: Link) -> None:
        """Have read nothing yet."""
        self.link: Final = link
        self._hass = hass
        self._entry = entry
        self._watch = LinkWatch(hass, link)
        self._entity_id: str | None = None
        self._stop_listening: CALLBACK_TYPE | None = None
        self._task: asyncio.Task[None] | None = None
        self._again = False
        self._unreadable = False

    @callback
    def read_soon(self) -> None:
        """Read the calendar at once, or once a reading that is under way has ended."""
        self._again = True
        if self._task is None or self._task.done():
            self._task = self._entry.async_create_background_task(self._hass, self._read_on(), f"read {self.link.uid}")

    @callback
    def end(self) -> None:
        """Leave the calendar, and what is reserved, alone."""
        if self._task is not None:
            self._task.cancel()
        self._listen_to(None)
        self._watch.leave()

    @callback
    def look_for_calendar(self) -> None:
        """Read the calendar if it is another entity by now."""
        if calendar_entity_id(self._hass, self.link.calendar) != self._entity_id:
            self.read_soon()

    @callback
    def _on_state(self, _: Event[EventStateChangedData]) -> None:
        self.read_soon()

    async def _read_on(self) -> None:
        """Read for as long as somebody wants it, with pauses."""
        while self._again:
            self._again = False
            await self._read()
            await asyncio.sleep(PAUSE)

    async def _read(self) -> None:
        """Bring the reservations in step with the calendar, if it can be read; else leave them as they are."""
        central, link, now = self._entry.runtime_data, self.link, dt_util.utcnow()
        drivers = central.drivers  # while the calendar is read, they may change
        self._listen_to(calendar_entity_id(self._hass, link.calendar))
        problem = self._problem()
        self._watch.tell_problem(problem)
        if problem is not None or self._entity_id is None:
            return
        span = Window(start=now, end=sources.reach(central, now))
        try:
            events = await read_events(self._hass, self._entity_id, span.start, span.end)
        except UnreadableError as error:
            self._note(str(error))
            return
        self._note(None)
        found = await self._hass.async_add_executor_job(wanted, events, link, drivers, central.house, span)
        self._watch.tell_names(found.nobody)
        demand = Demand(source=link.uid, wanted=found.occurrences, until=span.end)
        try:
            await sources.follow(central, link.place.charger, demand)
        except HomeAssistantError as error:
            LOGGER.debug("What a linked calendar wants is reserved later: %s", error)

    def _problem(self) -> Problem | None:
        """Why there is no use in reading."""
        central, link = self._entry.runtime_data, self.link
        if self._entity_id is None:
            return Problem.CALENDAR_GONE
        charger = central.chargers.get(link.place.charger)
        if charger is None or (link.place.evse is not None and link.place.evse not in charger.evses):
            return Problem.PLACE_GONE
        if link.driver is not None and central.drivers.get(link.driver) is None:
            return Problem.DRIVER_GONE
        return None

    def _listen_to(self, entity_id: str | None) -> None:
        """Listen to the states of this calendar, and of no other one."""
        if entity_id == self._entity_id:
            return
        if self._stop_listening is not None:
            self._stop_listening()
            self._stop_listening = None
        self._entity_id = entity_id
        if entity_id is not None:
            self._stop_listening = async_track_state_change_event(self._hass, entity_id, self._on_state)

    def _note(self, why: str | None) -> None:
        """Say once that the calendar cannot be read, and once that it can again."""
        if why is not None and not self._unreadable:
            LOGGER.info("%s cannot be read, so what is reserved for its events stays: %s", self._entity_id, why)
        elif why is None and self._unreadable:
            LOGGER.info("%s can be read again", self._entity_id)
        self._unreadable = why is not None


@callback
def _is_of_calendar(data: er.EventEntityRegistryUpdatedData) -> bool:
    return data["entity_id"].startswith(f"{CALENDAR}.")
