"""The event that tells whose token was presented at a charger, and never which."""

from homeassistant.config_entries import ConfigSubentryData
import pytest

from tests.charger import Behaviour, Version

from .conftest import HOUSE_TOKEN, ON_V16, STRANGER, Site, charger_subentry, driver_subentry, eventually

pytestmark = pytest.mark.blackbox

ANNA = "A0A0A0A1"
EVENT = "event.a_id_token_presented"


@pytest.fixture
def chargers() -> list[ConfigSubentryData]:
    """Charger A, and Anna."""
    return [charger_subentry("A"), driver_subentry("Anna", ANNA)]


async def test_a_token_that_is_presented_is_told_once(site: Site, version: Version) -> None:
    """Contract 4: accepted, with the driver; the start that follows is not told again, and no number is."""
    charger = await site.charger(version=version)
    news = site.news(EVENT)
    assert await charger.start(1, ANNA)
    await site.shows("binary_sensor.a_connector_1_charging", "on")
    await site.shows(EVENT, lambda state: state.state != "unknown")
    assert [(each["event_type"], each["driver"], each["reason"]) for each in news] == [("accepted", "Anna", None)]
    assert ANNA not in str(news)


async def test_a_refused_token_is_told_with_the_reason(site: Site, version: Version) -> None:
    """Contract 4: refused; a stranger is no driver."""
    charger = await site.charger(version=version, behaviour=Behaviour(enforces=False))
    await site.act("reserve_now", device_id=site.device_id(), whole_charger=True, driver="Anna")
    news = site.news(EVENT)
    assert not await charger.start(1, STRANGER)
    await site.shows(EVENT, lambda state: state.state != "unknown")
    told = [(each["event_type"], each["driver"], each["reason"]) for each in news]
    assert told == [("refused", None, "reserved_for_others")]


@ON_V16
async def test_a_start_that_is_refused_after_all_is_told(site: Site, version: Version) -> None:
    """A charger with 1.6 does not say where it asks: the token may charge at another connector, but not at this one."""
    charger = await site.charger(version=version, behaviour=Behaviour(enforces=False))
    await site.act("reserve_now", device_id=site.device_id("A", 1), driver="Anna", held_by="central_system")
    news = site.news(EVENT)
    assert not await charger.start(1, STRANGER)
    await eventually(lambda: len(news) > 1, "both events")
    told = [(each["event_type"], each["evse"], each["reason"]) for each in news]
    assert told == [("accepted", None, None), ("refused", 1, "reserved_for_others")]


async def test_a_start_without_a_question_is_told(site: Site, version: Version) -> None:
    """A charger that lets a known card charge without asking (LocalPreAuthorize) tells it by the start alone."""
    charger = await site.charger(version=version)
    news = site.news(EVENT)
    assert await charger.start(1, ANNA, authorize=False)
    await site.shows(EVENT, lambda state: state.state != "unknown")
    assert [(each["event_type"], each["driver"], each["evse"]) for each in news] == [("accepted", "Anna", 1)]


async def test_home_assistant_itself_presents_nothing(site: Site, version: Version) -> None:
    """The token of the house comes back from a charger that is told to start, not from a reader."""
    charger = await site.charger(version=version)
    news = site.news(EVENT)
    assert await charger.start(1, HOUSE_TOKEN, "Central")
    await site.shows("binary_sensor.a_connector_1_charging", "on")
    assert news == []
