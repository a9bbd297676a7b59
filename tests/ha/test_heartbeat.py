"""When a charger was last heard (contract 4), through real sockets."""

from datetime import UTC, datetime, timedelta

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest

from tests.charger import Version

from .conftest import ON_V16, Clock, Site, answered_all

pytestmark = pytest.mark.blackbox

LAST = "sensor.a_last_heartbeat"


def moment(state: str | None) -> datetime:
    """The moment that the sensor shows."""
    assert state is not None
    return datetime.fromisoformat(state)


async def test_it_is_there_for_whoever_wants_it(hass: HomeAssistant, site: Site, version: Version) -> None:
    """Off by default: few do."""
    await site.charger(version=version)
    entry = er.async_get(hass).async_get(LAST)
    assert entry is not None
    assert entry.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    assert hass.states.get(LAST) is None


@pytest.fixture
def on(all_entities_on: None) -> None:
    """The owner has switched it on."""


async def test_a_heartbeat_shows_at_once(on: None, site: Site, clock: Clock, version: Version) -> None:
    """With its moment; and the moment when the charger is not there is not known any more."""
    charger = await site.charger(version=version)
    await answered_all(charger)
    await clock.forward(seconds=20)
    sent = datetime.now(UTC)
    await charger.heartbeat()
    shown = moment(site.state(LAST))
    assert abs(shown - sent) < timedelta(seconds=5)
    await charger.go_offline()
    await site.shows(LAST, "unavailable")
    charger.go_online()
    await site.shows(LAST, lambda state: state.state not in {"unavailable", "unknown"})


@ON_V16
async def test_other_messages_show_within_a_minute(on: None, site: Site, clock: Clock, version: Version) -> None:
    """A charger that says other things need not send a Heartbeat; its every word is no state."""
    charger = await site.charger(version=version)
    await answered_all(charger)
    await clock.forward(seconds=2)
    before = site.state(LAST)
    taken = site.history(LAST)
    await clock.forward(seconds=10)
    said = datetime.now(UTC)
    for _ in range(20):
        await charger.call("DataTransfer", {"vendorId": "somebody"})
    assert (site.state(LAST), taken) == (before, [])
    await clock.forward(minutes=1)
    assert abs(moment(site.state(LAST)) - said) < timedelta(seconds=5)
    assert len(taken) == 1


@ON_V16
async def test_heartbeats_that_chase_each_other_are_shown_once_a_second(on: None, site: Site, version: Version) -> None:
    """Those that come meanwhile are shown then."""
    charger = await site.charger(version=version)
    await charger.heartbeat()
    first = moment(site.state(LAST))
    taken = site.history(LAST)
    while moment(site.state(LAST)) == first:
        await charger.heartbeat()
    assert len(taken) == 1
