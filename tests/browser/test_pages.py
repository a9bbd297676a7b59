"""What is promised to people who only ever see Home Assistant's pages."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.async_api import Page, expect
import pytest

from demonstration.client import HomeAssistantClient

from .conftest import PATIENCE, TIME_ZONE, Demo
from .pages import begin_event, delete_event, event, go_to, press, save_event, section, tile

pytestmark = pytest.mark.timeout(120)  # all of it, the start of Home Assistant and of the browser too

MINUTE = timedelta(minutes=1)
TO_TYPE = timedelta(seconds=10)
"""In this time two times are entered and an event is saved, on a slow machine."""

PROMPT = timedelta(seconds=10)
"""So soon after its start a reservation is held by its charger, on a slow machine."""


def coming_minute() -> datetime:
    """The first full minute that leaves enough time to type it: the page's clock has no seconds."""
    return (datetime.now(ZoneInfo(TIME_ZONE)) + TO_TYPE + MINUTE).replace(second=0, microsecond=0)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what another process writes into a file."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110  it tells nobody
            await asyncio.sleep(0.05)


async def changed(home: HomeAssistantClient, entity_id: str) -> datetime:
    """When an entity got the state that it has."""
    states = await home.command("get_states")
    return next(datetime.fromisoformat(state["last_changed"]) for state in states if state["entity_id"] == entity_id)


async def test_an_event_reserves_from_its_start_until_it_is_deleted(
    demo: Demo, home: HomeAssistantClient, page: Page
) -> None:
    """Entered in the calendar page, held by the charger at its start and not before, given up when it is deleted."""
    await go_to(page, "Calendar")
    form = await begin_event(page, summary="Home Assistant", location="Connector 2", device="Courtyard")
    start = coming_minute()
    await save_event(form, start=start, end=start + timedelta(hours=1))
    shown = event(page, summary="Home Assistant", start=start)
    await expect(shown).to_be_visible()

    await go_to(page, "EV chargers")
    connector = section(page, "Courtyard · Connector 2")
    wait = start - datetime.now(start.tzinfo) + PROMPT
    await expect(tile(connector, "Status", "Reserved")).to_be_visible(timeout=wait.total_seconds() * 1000)
    assert start <= await changed(home, "sensor.courtyard_connector_2_status") < start + PROMPT
    assert start <= await changed(home, "binary_sensor.courtyard_connector_2_reserved") < start + PROMPT
    await until(lambda: demo.held("courtyard") == [2])

    await go_to(page, "Calendar")
    await delete_event(page, shown)
    await expect(shown).to_be_hidden()
    await until(lambda: demo.held("courtyard") == [])
    await go_to(page, "EV chargers")
    await expect(tile(connector, "Status", "Available")).to_be_visible()
    await expect(tile(connector, "Reserved", "Not reserved")).to_be_visible()


async def test_a_button_reserves_until_another_one_cancels(demo: Demo, page: Page) -> None:
    """Pressed on a dashboard, held by the charger, and given up the same way."""
    connector = section(page, "Garage · Connector 1")
    await press(connector, "Reserve")
    await expect(tile(connector, "Status", "Reserved")).to_be_visible()
    await expect(tile(connector, "Reserved", "Reserved")).to_be_visible()
    await until(lambda: demo.held("garage") == [1])

    await press(connector, "Cancel reservation")
    await expect(tile(connector, "Status", "Available")).to_be_visible()
    await until(lambda: demo.held("garage") == [])
