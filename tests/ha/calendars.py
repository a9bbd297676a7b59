"""A calendar of Home Assistant that is not ours, used as its calendar page uses it, and links to it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
import json
from pathlib import Path
import re
from typing import Any, Final

from aiohttp.test_utils import TestClient
from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER, ConfigSubentryData, SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket

from custom_components import ocpp_central
from custom_components.ocpp_central.links import PAUSE

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

    def __init__(self, hass: HomeAssistant, socket: MockHAClientWebSocket, rest: TestClient[Any, Any]) -> None:
        """Be open."""
        self._hass = hass
        self._socket = socket
        self._rest = rest

    async def make(self, summary: str, start: str, end: str, *, calendar: str = FAMILY, **more: object) -> str:
        """Make an event; its uid."""
        event = {"summary": summary, "dtstart": start, "dtend": end, **more}
        await self._ask("create", entity_id=calendar, event=event)
        uids: list[str] = [each["uid"] for each in await self.events(calendar) if each["summary"] == summary]
        return uids[0]

    async def edit(self, uid: str, summary: str, start: str, end: str, *, recurrence_id: str | None = None) -> None:
        """Change an event, or one of those that repeat."""
        which = {} if recurrence_id is None else {"recurrence_id": recurrence_id}
        event = {"summary": summary, "dtstart": start, "dtend": end}
        await self._ask("update", entity_id=FAMILY, uid=uid, event=event, **which)

    async def delete(self, uid: str, *, recurrence_id: str | None = None) -> None:
        """Delete an event, or one of those that repeat."""
        which = {} if recurrence_id is None else {"recurrence_id": recurrence_id}
        await self._ask("delete", entity_id=FAMILY, uid=uid, **which)

    async def events(self, calendar: str = FAMILY) -> list[dict[str, Any]]:
        """What is listed for the next year."""
        now = dt_util.utcnow()
        asked = {"start": now.isoformat(), "end": (now + timedelta(days=365)).isoformat()}
        answer = await self._rest.get(f"/api/calendars/{calendar}", params=asked)
        listed: list[dict[str, Any]] = await answer.json()
        return listed

    async def _ask(self, command: str, **data: object) -> None:
        await self._socket.send_json_auto_id({"type": f"calendar/event/{command}", **data})
        answer = await self._socket.receive_json()
        assert answer["success"], answer
        await self._hass.async_block_till_done()


@dataclass(kw_only=True)
class Linked:
    """A site whose calendars are linked to it."""

    site: Site
    clock: Clock

    async def link(self, connector: int | None = 1, *, calendar: str = FAMILY, **answers: str) -> str:
        """Add a link with the form; the id of its subentry."""
        form = await start_to_add(self.site.hass, self.site.entry)
        place = self.site.device_id("A", connector)
        answers = {"calendar": calendar, "device_id": place, "driver": "from_title"} | answers
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

    async def comes_to(self, *wanted: Mapping[str, object]) -> list[dict[str, Any]]:
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

    async def stays(self, *wanted: Mapping[str, object]) -> list[dict[str, Any]]:
        """See that nothing is different once the calendars have been read again."""
        await self.clock.forward(seconds=PAUSE)
        await self.clock.forward(minutes=5)
        await self.site.hass.async_block_till_done(wait_background_tasks=False)
        return await self.comes_to(*wanted)


def at(hours: float, lasting: float = 1) -> dict[str, str]:
    """The times of an event, so many hours from now, as responses tell them."""
    start = dt_util.utcnow().replace(minute=0, second=0, microsecond=0) + timedelta(hours=hours)
    return {"start": start.isoformat(), "end": (start + timedelta(hours=lasting)).isoformat()}
