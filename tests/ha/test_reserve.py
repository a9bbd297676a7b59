"""Reserving a connector now, and giving it up, from Home Assistant."""

import pytest

from tests.charger import Version

from .conftest import Site


@pytest.mark.parametrize("version", list(Version))
async def test_button_reserves_for_the_house_and_cancels(site: Site, version: Version) -> None:
    """One press reserves a connector at the charger, another one gives it up."""
    charger = await site.charger(version=version)
    await site.press("button.a_connector_1_reserve")
    assert site.state("binary_sensor.a_connector_1_reserved") == "on"
    assert site.state("sensor.a_connector_1_reservation") == "active"
    assert [hold.evse for hold in charger.holds.values()] == [1]
    await site.shows("sensor.a_connector_1_status", "reserved")

    await site.press("button.a_connector_1_cancel_reservation")
    assert site.state("binary_sensor.a_connector_1_reserved") == "off"
    await charger.wait_for(lambda: not charger.holds)
    await site.shows("sensor.a_connector_1_status", "available")
