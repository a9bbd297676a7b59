"""What a review of drivers has found where Home Assistant is concerned."""

from typing import Any

from homeassistant.config_entries import ConfigEntryState, ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from .conftest import HOLDER, Site, central_system, charger_subentry, driver_subentry
from .driver_forms import start_to_change, submit


@pytest.fixture
def chargers() -> list[ConfigSubentryData]:
    """Charger A, and Anna."""
    return [charger_subentry("A"), driver_subentry("Anna", HOLDER)]


STORED: dict[str, Any] = {
    "chargers": [
        {
            "charger": "A",
            "evses": [
                {
                    "evse": 1,
                    "running": {
                        "transaction": "1",
                        "evse": 1,
                        "connector": 1,
                        "token": {"value": HOLDER, "type": None},
                        "started_at": "2026-06-01T00:00:00+00:00",
                        "meter_start_wh": None,
                        "standing": "of a later version",
                    },
                }
            ],
        }
    ],
}


async def test_what_a_later_version_has_stored_of_a_charger_tells_no_token_and_stops_nothing(
    hass: HomeAssistant, hass_storage: dict[str, Any], port: int, caplog: pytest.LogCaptureFixture
) -> None:
    """A word that this version does not know costs that record only, and the log has no ID token in it."""
    entry = central_system([charger_subentry("A")], port)
    entry.add_to_hass(hass)
    hass_storage[f"ocpp_central.{entry.entry_id}"] = {"version": 1, "minor_version": 1, "data": STORED}
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    told = caplog.text
    caplog.clear()
    assert HOLDER not in told
    assert entry.state is ConfigEntryState.LOADED


async def test_changing_a_driver_who_is_gone_says_so(hass: HomeAssistant, site: Site) -> None:
    """A form that is open while its driver is removed ends with a text, not with an error of Home Assistant."""
    form = await start_to_change(hass, site.entry, "Anna")
    (anna,) = site.entry.get_subentries_of_type("driver")
    hass.config_entries.async_remove_subentry(site.entry, anna.subentry_id)
    result = await submit(hass, form, name="Anna", id_tokens=[{"value": "1234"}], blocked=False)
    assert result["type"] is FlowResultType.ABORT
