"""Linked calendars while the disk cannot be written, and what is told of them to nobody."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
import logging
from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.ocpp_central.core.in_step import Demand
from custom_components.ocpp_central.repeating.links import PAUSE
from custom_components.ocpp_central.repeating.sources import PORTION, follow

from .calendars import Agenda, Linked, OtherCalendar, add_calendar, repairs
from .conftest import Clock, Site, charger_subentry, driver_subentry, eventually
from .downloads import diagnostics
from .hearsay import Hearsay
from .test_links_calendars import ODD, event

pytestmark = pytest.mark.blackbox

SECRET, WHERE, WHY = "Jonas", "Harbour", "Divorce"


@pytest.fixture
def hass_storage() -> dict[str, Any]:
    """The real disk."""
    return {}


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """A folder of the test's own."""
    return hass_tmp_config_dir


@pytest.fixture
def chargers() -> list[ConfigSubentryData]:
    """Charger A, and Anna."""
    return [charger_subentry("A"), driver_subentry("Anna", "A0A0A0A1")]


@pytest.fixture
async def linked(
    site: Site, clock: Clock, hass_client: ClientSessionGenerator, hass_ws_client: WebSocketGenerator
) -> Linked:
    """The site, whose charger has told of itself."""
    for component in ("websocket_api", "diagnostics"):
        assert await async_setup_component(site.hass, component, {})
    agenda = Agenda(site.hass, hass_ws_client, await hass_client())
    return Linked(site=site, clock=clock, agenda=agenda, charger=await site.charger())


@pytest.fixture
async def odd(linked: Linked) -> OtherCalendar:
    """A calendar."""
    calendar = OtherCalendar()
    await add_calendar(linked.site.hass, calendar)
    return calendar


def stored(linked: Linked) -> Path:
    """The file of the central system."""
    return Path(linked.site.hass.config.path(".storage", f"ocpp_central.{linked.site.entry.entry_id}"))


@contextmanager
def broken(path: Path) -> Iterator[None]:
    """Something else has the name of the file."""
    kept = path.with_suffix(".kept")
    path.rename(kept)
    (path / "in the way").mkdir(parents=True)
    try:
        yield
    finally:
        (path / "in the way").rmdir()
        path.rmdir()
        kept.rename(path)


@pytest.mark.expects_logged_errors
async def test_what_cannot_be_saved_is_reserved_later(linked: Linked, odd: OtherCalendar) -> None:
    """At the next reading."""
    await linked.link(1, calendar=ODD)
    await eventually(lambda: odd.asked, "a reading")
    odd.has = [event("Anna", linked.at(3), uid="1")]
    asked = odd.asked
    with broken(stored(linked)):
        linked.clock.jump(minutes=5)
        await eventually(lambda: odd.asked > asked, "another reading")
        await linked.comes_soon_to()
    await linked.comes_to(linked.at(3))


@pytest.mark.expects_logged_errors
async def test_what_cannot_be_saved_is_cancelled_later(linked: Linked, odd: OtherCalendar) -> None:
    """A link that was removed does not leave its reservations for ever."""
    odd.has = [event("Anna", linked.at(3), uid="1")]
    link = await linked.link(1, calendar=ODD)
    await linked.comes_to(linked.at(3))
    await linked.site.hass.async_block_till_done()  # so that nothing is being written
    with broken(stored(linked)):
        await linked.remove(link)
        await linked.comes_soon_to(linked.at(3))
    await linked.comes_to()


async def test_what_stands_in_a_calendar_is_told_to_nobody(
    linked: Linked,
    odd: OtherCalendar,
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Only the repair names whom no driver is; not even the file of the central system has a title."""
    caplog.set_level(logging.DEBUG, "custom_components.ocpp_central")
    hearsay = Hearsay(hass)
    odd.has = [event("Anna", linked.at(3)), event(SECRET, linked.at(5)), event("Anna", linked.at(7), uid=SECRET)]
    for each in odd.has:
        each.location, each.description = WHERE, WHY
    await linked.link(1, calendar=ODD)
    await linked.comes_to(linked.at(3), linked.at(7))
    assert repairs(hass)["link_names_nobody"]["names"] == SECRET
    odd.fails_with = ValueError(SECRET)
    linked.clock.jump(minutes=5)
    await eventually(lambda: "cannot be read" in caplog.text, "the log")
    hearsay.look()
    hearsay.note("diagnostics", await diagnostics(linked.site, hass_client))
    hearsay.note("response", await linked.site.reservations())
    await linked.site.stop()
    hearsay.note("file", stored(linked).read_text("utf-8"))
    for record in caplog.records:
        hearsay.note("log", record.getMessage() if "ocpp_central" in record.name else "")
    secrets = {word: word for word in (SECRET, WHERE, WHY)}
    assert hearsay.leaks(secrets, *(hearsay.told.keys() - {"issue"})) == []
    assert hearsay.leaks(secrets, "issue")


async def test_it_can_be_stopped_in_the_middle_of_a_calendar(
    linked: Linked, odd: OtherCalendar, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is said of what was under way; it is all reserved once it runs again."""
    await linked.link(1, calendar=ODD)
    wanted = [linked.at(3 + 2 * number) for number in range(4 * PORTION)]
    odd.has = [event("Anna", each, uid=each["start"]) for each in wanted]
    linked.clock.jump(minutes=5)
    linked.clock.jump(seconds=PAUSE)
    while len(await linked.site.reservations()) < PORTION:  # noqa: ASYNC110  nothing tells us
        await asyncio.sleep(0.01)
    await linked.site.stop()
    # asyncio's debug mode warns of what takes long, which on a busy machine may be anything.
    told = [record for record in caplog.records if record.name != "asyncio" or record.levelno > logging.WARNING]
    assert not [record for record in told if record.levelno >= logging.WARNING]
    await linked.site.start()
    await linked.comes_to(*wanted)


async def test_nothing_is_reserved_at_a_charger_that_is_gone(site: Site) -> None:
    """It may have been removed while a calendar was read."""
    with pytest.raises(HomeAssistantError) as caught:
        await follow(site.entry.runtime_data, "gone", Demand(source="link", wanted=()))
    assert caught.value.translation_key == "device_gone"
