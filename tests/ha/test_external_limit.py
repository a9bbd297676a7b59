"""What limits a car besides Home Assistant, as far as its charger tells."""

from typing import Any

import pytest

from tests.charger import Version

from .conftest import ON_V2, TELLS_ALL, Site

pytestmark = pytest.mark.blackbox

HERE, CHARGER = "sensor.a_connector_1_external_limit", "sensor.a_external_limit"
SCHEDULE = {
    "id": 1,
    "chargingRateUnit": "W",
    "startSchedule": "2026-03-01T10:00:00Z",
    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 4200}],
}


def limit(source: str, **more: Any) -> dict[str, Any]:
    """What a charger tells of a limit."""
    return {"chargingLimit": {"chargingLimitSource": source, "isGridCritical": True}, **more}


@ON_V2
async def test_a_limit_of_somebody_else_is_shown_until_it_is_cleared(site: Site, version: Version) -> None:
    """Also over a restart of Home Assistant, since a charger tells only changes; most never tell any."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    assert site.state(HERE) is site.state(CHARGER) is None
    await charger.call("NotifyChargingLimit", limit("SO", evseId=1, chargingSchedule=[SCHEDULE]))
    shown = await site.shows(HERE, "grid_operator")
    assert shown.attributes["grid_critical"] is True
    assert shown.attributes["schedule"] == [{"since": "2026-03-01T10:00:00+00:00", "limit": 4200, "unit": "W"}]
    assert site.state(CHARGER) is None
    await charger.call("NotifyChargingLimit", limit("EMS", evseId=1))
    await site.shows(HERE, "energy_management")
    await charger.call("NotifyChargingLimit", limit("Other"))
    await site.shows(CHARGER, "other")
    await charger.go_offline()
    await site.stop()
    await site.start()
    charger.go_online()
    await charger.ready()
    await site.shows(HERE, "energy_management")
    await charger.call("ClearedChargingLimit", {"chargingLimitSource": "EMS", "evseId": 1})
    await site.shows(HERE, "grid_operator")
    await charger.call("ClearedChargingLimit", {"chargingLimitSource": "SO"})
    cleared = await site.shows(HERE, "none")
    assert (cleared.attributes["grid_critical"], cleared.attributes["schedule"]) == (None, [])
    assert site.state(CHARGER) == "other"


@ON_V2
async def test_a_limit_where_nothing_is_shows_nowhere(site: Site, version: Version) -> None:
    """A number that the charger has never told a status of."""
    charger = await site.charger(version=version)
    await charger.call("NotifyChargingLimit", limit("EMS", evseId=9))
    await charger.call("NotifyChargingLimit", limit("EMS"))
    await site.shows(CHARGER, "energy_management")
    assert not [each for each in site.hass.states.async_entity_ids() if "connector" in each and "external" in each]
