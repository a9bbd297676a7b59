"""What is not so yet. Not to be merged before it is."""

from datetime import UTC, datetime

import pytest

from tests.charger import Version

from .conftest import HOLDER, ON_V16, Site

pytestmark = pytest.mark.blackbox


@ON_V16
async def test_an_interval_that_is_told_twice_counts_once(site: Site, version: Version) -> None:
    """A charger repeats what it believes is not answered (1.6 section 3.7.1), also over a reconnect."""
    charger = await site.charger(version=version)
    await charger.start(1, HOLDER)
    sample = {"value": "100", "measurand": "Energy.Active.Import.Interval", "unit": "Wh"}
    meter = [{"timestamp": datetime.now(UTC).isoformat(timespec="seconds"), "sampledValue": [sample]}]
    for _ in range(2):
        await charger.call("MeterValues", {"connectorId": 1, "meterValue": meter})
    await site.shows("sensor.a_connector_1_energy", "0.1")
