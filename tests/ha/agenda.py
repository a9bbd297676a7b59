"""The calendar page of Home Assistant, as tests see it: what it shows, and what its forms send."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from aiohttp.test_utils import TestClient
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket

from .conftest import Site

CHARGER: Final = "calendar.a_reservations"


class Agenda:
    """What the calendar page of Home Assistant does: a REST list, and three WebSocket commands."""

    def __init__(self, site: Site, rest: TestClient[Any, Any], socket: MockHAClientWebSocket) -> None:
        """Be open."""
        self._site = site
        self._rest = rest
        self._socket = socket

    async def events(self, calendar: str = CHARGER, **around: float) -> list[dict[str, Any]]:
        """What is listed from this long ago until in so long; a year, if nothing else is said."""
        span = timedelta(**around or {"days": 365})
        now = datetime.now(UTC)
        asked = {"start": (now - span).isoformat(), "end": (now + span).isoformat()}
        answer = await self._rest.get(f"/api/calendars/{calendar}", params=asked)
        assert answer.status == 200, await answer.text()
        listed: list[dict[str, Any]] = await answer.json()
        return listed

    async def event(self, calendar: str = CHARGER) -> dict[str, Any]:
        """The only event that is listed."""
        (found,) = await self.events(calendar)
        return found

    async def make(self, summary: str = "Anna", *, calendar: str = CHARGER, **event: object) -> dict[str, Any]:
        """Make an event; the answer."""
        return await self._ask("create", entity_id=calendar, event={"summary": summary} | event)

    async def edit(self, before: dict[str, Any], *, calendar: str = CHARGER, **changes: str) -> dict[str, Any]:
        """Change an event as its form does, which sends everything, and times by the clock; the answer."""
        return await self._ask("update", entity_id=calendar, event=form(before, changes), **which(before))

    async def edit_following(
        self, before: dict[str, Any], *, calendar: str = CHARGER, **changes: str
    ) -> dict[str, Any]:
        """Change an event and all that follow it, for which the form also sends how they repeat; the answer."""
        event = form(before, {"rrule": before["rrule"]} | changes)
        return await self._ask("update", entity_id=calendar, event=event, **which(before, following=True))

    async def delete(self, uid: str, *, calendar: str = CHARGER) -> dict[str, Any]:
        """Delete an event; the answer."""
        return await self._ask("delete", entity_id=calendar, uid=uid)

    async def drop(self, event: dict[str, Any], *, calendar: str = CHARGER, following: bool = False) -> dict[str, Any]:
        """Delete one event of those that repeat, or all that follow it, too; the answer."""
        return await self._ask("delete", entity_id=calendar, **which(event, following=following))

    async def rewrite(self, uid: str, *, calendar: str = CHARGER, **event: str) -> dict[str, Any]:
        """Change all events of this uid at once, as no form does; the answer."""
        return await self._ask("update", entity_id=calendar, uid=uid, event=event)

    async def rewrite_from(self, first: dict[str, Any], *, calendar: str = CHARGER, **event: str) -> dict[str, Any]:
        """Change an event and all that follow it to what is given, and to nothing else; the answer."""
        return await self._ask("update", entity_id=calendar, event=event, **which(first, following=True))

    async def watch(self, calendar: str = CHARGER) -> MockHAClientWebSocket:
        """Open a view; the connection on which it is told what it shows."""
        now = datetime.now(UTC)
        await self._socket.send_json_auto_id(
            {
                "type": "calendar/event/subscribe",
                "entity_id": calendar,
                "start": now.isoformat(),
                "end": (now + timedelta(days=1)).isoformat(),
            }
        )
        assert (await self._socket.receive_json())["success"]
        return self._socket

    async def _ask(self, command: str, **data: object) -> dict[str, Any]:
        await self._socket.send_json_auto_id({"type": f"calendar/event/{command}", **data})
        answer: dict[str, Any] = await self._socket.receive_json()
        await self._site.hass.async_block_till_done()
        return answer


def form(before: dict[str, Any], changes: dict[str, str]) -> dict[str, str]:
    """What a form sends of an event in which something was changed."""
    times = {f"dt{field}": before[field]["dateTime"] for field in ("start", "end")}
    event = {"summary": before["summary"], "description": before["description"], **times, **changes}
    for field in times:
        event[field] = by_the_clock(event[field])
    if before["location"]:
        event.setdefault("location", before["location"])
    return event


def which(event: dict[str, Any], *, following: bool = False) -> dict[str, str]:
    """How a form says which event it means."""
    return {
        "uid": event["uid"],
        "recurrence_id": event["recurrence_id"] or "",
        "recurrence_range": "THISANDFUTURE" if following else "",
    }


def hours(start: float, end: float) -> dict[str, str]:
    """The times of an event, so many hours from now, to the minute."""
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    times = {"dtstart": now + timedelta(hours=start), "dtend": now + timedelta(hours=end)}
    return {field: moment.isoformat() for field, moment in times.items()}


def by_the_clock(told: str) -> str:
    """What Home Assistant's clock shows at this moment; a day stays one."""
    if "T" not in told:
        return told
    return dt_util.as_local(datetime.fromisoformat(told)).replace(tzinfo=None).isoformat()


def shown(event: dict[str, Any]) -> dict[str, str]:
    """The times of an event as they are listed, in UTC."""
    return {
        f"dt{field}": datetime.fromisoformat(event[field]["dateTime"]).astimezone(UTC).isoformat()
        for field in ("start", "end")
    }


def why(answer: dict[str, Any]) -> str:
    """The text with which Home Assistant has refused."""
    assert not answer["success"]
    text: str = answer["error"]["message"]
    assert "{" not in text, "a placeholder has no value"
    return text
