"""What a review of drivers has found where Home Assistant is concerned."""

import logging
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
    told = [record.getMessage() for record in caplog.records if record.levelno >= logging.INFO]
    caplog.clear()
    assert not any(HOLDER in each for each in told)
    assert entry.state is ConfigEntryState.LOADED


async def test_changing_a_driver_who_is_gone_says_so(hass: HomeAssistant, site: Site) -> None:
    """A form that is open while its driver is removed ends with a text, not with an error of Home Assistant."""
    form = await start_to_change(hass, site.entry, "Anna")
    (anna,) = site.entry.get_subentries_of_type("driver")
    hass.config_entries.async_remove_subentry(site.entry, anna.subentry_id)
    result = await submit(hass, form, name="Anna", id_tokens=[{"value": "1234"}], blocked=False)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "driver_gone"


async def test_changing_a_charger_that_is_gone_says_so(hass: HomeAssistant, site: Site) -> None:
    """The same for a charger."""
    (charger,) = site.entry.get_subentries_of_type("charger")
    form = await site.entry.start_subentry_reconfigure_flow(hass, charger.subentry_id)
    hass.config_entries.async_remove_subentry(site.entry, charger.subentry_id)
    settings = {"relaxed": True, "enforcement": "inherit", "local_list": False}
    result = await hass.config_entries.subentries.async_configure(form["flow_id"], settings)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "charger_gone")
