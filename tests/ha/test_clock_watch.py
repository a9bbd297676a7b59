"""What the owner is told of a charger's clock."""

from datetime import timedelta

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest

from tests.charger import Behaviour, Version

from .conftest import HOLDER, Clock, Site, eventually

pytestmark = pytest.mark.blackbox


def complaint(hass: HomeAssistant) -> tuple[str | None, dict[str, str] | None] | None:
    """What is said of a clock: the text's key and its placeholders."""
    issues = [issue for issue in ir.async_get(hass).issues.values() if issue.issue_id.startswith("clock_")]
    assert len(issues) <= 1
    return (issues[0].translation_key, issues[0].translation_placeholders) if issues else None


async def test_a_clock_that_is_ahead_is_told_until_it_is_right(
    hass: HomeAssistant, site: Site, version: Version, caplog: pytest.LogCaptureFixture
) -> None:
    """One repair and one line in the log; both name the charger and the difference (ocpp.md 5.4)."""
    charger = await site.charger(version=version, behaviour=Behaviour(clock_skew=timedelta(minutes=10)))
    assert await charger.start(1, HOLDER)
    await eventually(lambda: complaint(hass), "a repair")
    key, placeholders = complaint(hass) or (None, None)
    assert key == "clock_ahead"
    assert placeholders is not None
    assert placeholders["charger"] == "A"
    assert placeholders["difference"] in {"0:09:58", "0:09:59", "0:10:00"}
    await charger.meter(1)
    await charger.stop(1)
    lines = [record for record in caplog.records if record.levelname == "WARNING" and "clock" in record.getMessage()]
    assert len(lines) == 1
    assert "A" in lines[0].getMessage()
    assert placeholders["difference"] in lines[0].getMessage()

    charger.behaviour = Behaviour()
    await charger.set_status(1, "Faulted")
    await eventually(lambda: complaint(hass) is None, "the end of the repair")


async def test_a_clock_that_is_behind_is_told_when_it_is_sure(hass: HomeAssistant, site: Site, clock: Clock) -> None:
    """One old date may be that of an old message."""
    charger = await site.charger(version=Version.V201, behaviour=Behaviour(clock_skew=timedelta(minutes=-10)))
    for number in range(4):
        await charger.set_status(1, ("Faulted", "Available")[number % 2])
        await charger.heartbeat()
        if number < 1:
            assert complaint(hass) is None
        await clock.forward(seconds=30)
    assert (complaint(hass) or (None,))[0] == "clock_behind"


async def test_a_minute_is_no_harm(hass: HomeAssistant, site: Site, version: Version) -> None:
    """Warn above 60 s."""
    charger = await site.charger(version=version, behaviour=Behaviour(clock_skew=timedelta(seconds=55)))
    assert await charger.start(1, HOLDER)
    await charger.heartbeat()
    assert complaint(hass) is None


async def test_nothing_is_said_of_a_charger_that_is_gone(hass: HomeAssistant, site: Site) -> None:
    """Removed, or no longer watched."""
    charger = await site.charger(version=Version.V201, behaviour=Behaviour(clock_skew=timedelta(hours=1)))
    await eventually(lambda: complaint(hass), "a repair")
    await site.stop()
    assert complaint(hass) is None
    await site.start()
    await charger.set_status(1, "Faulted")
    await eventually(lambda: complaint(hass), "a repair")
    (subentry_id,) = site.entry.subentries
    hass.config_entries.async_remove_subentry(site.entry, subentry_id)
    await eventually(lambda: complaint(hass) is None, "the end of the repair")
