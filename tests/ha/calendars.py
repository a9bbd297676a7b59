"""A calendar of Home Assistant that is not ours, used as its calendar page uses it, and links to it."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
import json
from pathlib import Path
import re
from typing import Any, Final, override

from aiohttp.test_utils import TestClient
from homeassistant.components.calendar import CalendarEntity, CalendarEvent
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigEntry,
    ConfigFlow,
    ConfigSubentryData,
    SubentryFlowResult,
)
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.entity_platform import AddEntitiesCallback
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockModule,
    MockPlatform,
    mock_config_flow,
    mock_integration,
    mock_platform,
)
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components import ocpp_central
from custom_components.ocpp_central.const import DOMAIN
from custom_components.ocpp_central.repeating.links import PAUSE
from tests.charger import SimulatedCharger

from .conftest import PATIENCE, Clock, Site
from .driver_forms import suggested

TEXTS = json.loads((Path(ocpp_central.__file__).parent / "translations/en.json").read_text("utf-8"))
FORM = TEXTS["config_subentries"]["calendar_link"]

FAMILY: Final = "calendar.family"


async def family_calendar(hass: HomeAssistant, name: str = "Family") -> MockConfigEntry:
    """A calendar that Home Assistant keeps itself."""
    entry = MockConfigEntry(
        domain="local_calendar", data={"calendar_name": name, "storage_key": name.casefold()}, title=name
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


def link_subentry(
    charger_id: str = "A",
    evse: int | None = None,
    *,
    calendar: str = FAMILY,
    text: str = "",
    driver: str = "from_title",
    name: str = "Family",
) -> ConfigSubentryData:
    """A link as it was added; its id is made of its name."""
    return ConfigSubentryData(
        data={"calendar": calendar, "charger_id": charger_id, "evse": evse, "text": text, "driver": driver},
        subentry_type="calendar_link",
        title=f"{name}: {charger_id}",
        unique_id=f"link-{name.casefold()}",
    )


async def start_to_add(hass: HomeAssistant, entry: MockConfigEntry) -> SubentryFlowResult:
    """Ask for a link to be added."""
    return check(
        await hass.config_entries.subentries.async_init(
            (entry.entry_id, "calendar_link"), context={"source": SOURCE_USER}
        )
    )


async def start_to_change(hass: HomeAssistant, entry: MockConfigEntry, subentry_id: str) -> SubentryFlowResult:
    """Ask for a link to be changed."""
    return check(
        await hass.config_entries.subentries.async_init(
            (entry.entry_id, "calendar_link"), context={"source": SOURCE_RECONFIGURE, "subentry_id": subentry_id}
        )
    )


async def submit(hass: HomeAssistant, form: SubentryFlowResult, **user_input: Any) -> SubentryFlowResult:
    """Fill in the form."""
    result = await hass.config_entries.subentries.async_configure(form["flow_id"], user_input)
    await hass.async_block_till_done()
    return check(result)


def check(result: SubentryFlowResult) -> SubentryFlowResult:
    """Whatever is shown has a text without gaps."""
    shown: list[str] = []
    if result["type"] is FlowResultType.FORM:
        step = FORM["step"][result["step_id"]]
        assert result["data_schema"] is not None
        assert sorted(map(str, result["data_schema"].schema)) == sorted(step["data"])
        shown = [step["description"], *(FORM["error"][error] for error in (result["errors"] or {}).values())]
    if result["type"] is FlowResultType.ABORT:
        shown = [FORM["abort"][result["reason"]]]
    assert not re.search(r"{\w+}", " ".join(shown))
    return result


def links(entry: MockConfigEntry) -> dict[str, dict[str, Any]]:
    """The data of the links, by title."""
    return {each.title: dict(each.data) for each in entry.get_subentries_of_type("calendar_link")}


class Agenda:
    """A calendar that is not ours, changed by the WebSocket commands of Home Assistant's calendar page."""

    def __init__(self, hass: HomeAssistant, connect: WebSocketGenerator, rest: TestClient[Any, Any]) -> None:
        """Be open."""
        self._hass = hass
        self._connect = connect
        self._rest = rest

    async def make(self, summary: str, start: str, end: str, *, calendar: str = FAMILY, **more: object) -> str:
        """Make an event; its uid."""
        before = {each["uid"] for each in await self.events(calendar)}
        event = {"summary": summary, "dtstart": start, "dtend": end, **more}
        await self._ask("create", entity_id=calendar, event=event)
        uids: list[str] = [each["uid"] for each in await self.events(calendar)]
        return next(uid for uid in uids if uid not in before)

    async def edit(self, uid: str, summary: str, start: str, end: str, *, recurrence_id: str | None = None) -> None:
        """Change an event, or one of those that repeat."""
        which = {} if recurrence_id is None else {"recurrence_id": recurrence_id}
        event = {"summary": summary, "dtstart": start, "dtend": end}
        await self._ask("update", entity_id=FAMILY, uid=uid, event=event, **which)

    async def delete(self, uid: str, *, recurrence_id: str | None = None, calendar: str = FAMILY) -> None:
        """Delete an event, or one of those that repeat."""
        which = {} if recurrence_id is None else {"recurrence_id": recurrence_id}
        await self._ask("delete", entity_id=calendar, uid=uid, **which)

    async def events(self, calendar: str = FAMILY) -> list[dict[str, Any]]:
        """What is listed for the next year."""
        now = dt_util.utcnow()
        asked = {"start": now.isoformat(), "end": (now + timedelta(days=365)).isoformat()}
        answer = await self._rest.get(f"/api/calendars/{calendar}", params=asked)
        listed: list[dict[str, Any]] = await answer.json()
        return listed

    async def _ask(self, command: str, **data: object) -> None:
        socket = await self._connect(self._hass)  # one that is open while time jumps seems to be dead
        await socket.send_json_auto_id({"type": f"calendar/event/{command}", **data})
        answer = await socket.receive_json()
        assert answer["success"], answer
        await self._hass.async_block_till_done()


@dataclass(kw_only=True)
class Linked:
    """A site whose calendars are linked to it."""

    site: Site
    clock: Clock
    agenda: Agenda
    charger: SimulatedCharger
    hour: datetime = field(default_factory=lambda: dt_util.utcnow().replace(minute=0, second=0, microsecond=0))

    def at(self, hours: float, lasting: float = 1) -> dict[str, str]:
        """The times of an event, as responses tell them; counted from the full hour before the beginning."""
        start = self.hour + timedelta(hours=hours)
        return {"start": start.isoformat(), "end": (start + timedelta(hours=lasting)).isoformat()}

    async def link(self, connector: int | None = 1, **answers: str) -> str:
        """Add a link with the form; the id of its subentry."""
        form = await start_to_add(self.site.hass, self.site.entry)
        place = self.site.device_id("A", connector)
        answers = {"calendar": FAMILY, "device_id": place, "driver": "from_title"} | answers
        await submit(self.site.hass, form, **answers)
        return self.site.entry.get_subentries_of_type("calendar_link")[-1].subentry_id

    async def change(self, subentry_id: str, **answers: str) -> None:
        """Change a link with the form."""
        form = await start_to_change(self.site.hass, self.site.entry, subentry_id)
        await submit(self.site.hass, form, **suggested(form) | answers)

    async def remove(self, subentry_id: str) -> None:
        """Remove a link."""
        self.site.hass.config_entries.async_remove_subentry(self.site.entry, subentry_id)
        await self.site.hass.async_block_till_done()

    async def comes_soon_to(self, *wanted: Mapping[str, object]) -> list[dict[str, Any]]:
        """Wait until there are as many reservations as are wanted, and each is as is wanted, by start."""
        self.clock.jump(seconds=PAUSE)
        listed: list[dict[str, Any]] = []
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    listed = await self.site.reservations()
                    pairs = zip(wanted, listed, strict=False)
                    if len(listed) == len(wanted) and all(want.items() <= one.items() for want, one in pairs):
                        return listed
                    await asyncio.sleep(0.01)
        except TimeoutError:
            pytest.fail(f"{listed}, not {wanted}")

    async def comes_to(self, *wanted: Mapping[str, object]) -> list[dict[str, Any]]:
        """The same after five minutes: the state of a calendar does not tell of all its events."""
        self.clock.jump(minutes=5)
        return await self.comes_soon_to(*wanted)

    async def rests(self) -> None:
        """Wait until no calendar is read, nor is about to be."""
        while any(task.get_name().startswith("read link-") for task in asyncio.all_tasks()):
            await self.clock.forward(seconds=PAUSE)
            await asyncio.sleep(0)

    async def stays(self, *wanted: Mapping[str, object]) -> None:
        """See that nothing else is reserved once the calendar has been read again: then one more event is known."""
        more = self.at(18)
        uid = await self.agenda.make("Ben", **more)
        await self.comes_to(*wanted, {"driver": "Ben", **more})
        await self.agenda.delete(uid)
        await self.comes_to(*wanted)


def repairs(hass: HomeAssistant) -> dict[str, dict[str, Any]]:
    """What is told of links: the placeholders, by the key of the text."""
    return {
        each.translation_key or "": dict(each.translation_placeholders or {})
        for (domain, _), each in ir.async_get(hass).issues.items()
        if domain == DOMAIN and each.active
    }


class OtherCalendar(CalendarEntity):
    """The calendar of an integration with habits of its own: what it has, and what it fails with."""

    _attr_name = "Odd"
    _attr_should_poll = False

    def __init__(self, unique_id: str | None = "odd") -> None:
        """Have no event."""
        self._attr_unique_id = unique_id
        self.has: list[CalendarEvent] = []
        self.fails_with: Exception | None = None
        self.meanwhile: Callable[[], object] | None = None
        self.asked = 0

    @property
    @override
    def event(self) -> CalendarEvent | None:
        """Its state tells nothing."""
        return None

    @override
    async def async_get_events(
        self, hass: HomeAssistant, start_date: datetime, end_date: datetime
    ) -> list[CalendarEvent]:
        """All that it has, whatever it is asked for; once, something else happens meanwhile."""
        self.asked += 1
        if self.meanwhile is not None:
            self.meanwhile()
            self.meanwhile = None
            await asyncio.sleep(0)
        if self.fails_with is not None:
            raise self.fails_with
        return self.has

    def is_away(self, *, away: bool) -> None:
        """Be unavailable, or come back."""
        self._attr_available = not away
        self.async_write_ha_state()


async def add_calendar(hass: HomeAssistant, calendar: OtherCalendar, domain: str = "odd") -> None:
    """Have an integration of this domain bring a calendar."""

    async def set_up(hass: HomeAssistant, entry: ConfigEntry) -> bool:
        await hass.config_entries.async_forward_entry_setups(entry, [Platform.CALENDAR])
        return True

    async def unload(hass: HomeAssistant, entry: ConfigEntry) -> bool:
        return await hass.config_entries.async_unload_platforms(entry, [Platform.CALENDAR])

    async def set_up_platform(_: HomeAssistant, __: ConfigEntry, async_add_entities: AddEntitiesCallback) -> None:
        async_add_entities([calendar])

    mock_integration(hass, MockModule(domain, async_setup_entry=set_up, async_unload_entry=unload), built_in=False)
    mock_platform(hass, f"{domain}.calendar", MockPlatform(async_setup_entry=set_up_platform), built_in=False)
    mock_platform(hass, f"{domain}.config_flow", built_in=False)
    entry = MockConfigEntry(domain=domain)
    entry.add_to_hass(hass)
    with mock_config_flow(domain, ConfigFlow):
        assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
