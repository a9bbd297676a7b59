"""That Home Assistant keeps statistics as docs/moving.md says: by entity id, whoever has it.

Knows how its recorder is made to compute; must not know our entities.
"""

from datetime import datetime, timedelta

from freezegun import freeze_time
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.recorder import get_instance
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
    do_adhoc_statistics,
)

OLD = "sensor.charger_energy_active_import_register"
NEW = "sensor.garage_connector_1_energy"
METER = {"device_class": "energy", "state_class": "total_increasing", "unit_of_measurement": "kWh"}
STEP = timedelta(minutes=5)
"""In which the recorder computes statistics."""

LONG_AGO = timedelta(days=30)


async def tell(hass: HomeAssistant, entity_id: str, when: datetime, value: float | str) -> None:
    """A meter tells this, and the recorder computes what follows."""
    with freeze_time(when + timedelta(minutes=1)):
        hass.states.async_set(entity_id, str(value), METER)
        await async_wait_recording_done(hass)
    do_adhoc_statistics(hass, start=when)
    await async_wait_recording_done(hass)


async def sums(hass: HomeAssistant, entity_id: str) -> list[float | None]:
    """What was counted, in kWh, step by step."""
    since = dt_util.utcnow() - 2 * LONG_AGO
    found = await get_instance(hass).async_add_executor_job(
        statistics_during_period, hass, since, None, {entity_id}, "5minute", None, {"sum"}
    )
    return [row.get("sum") for row in found.get(entity_id, [])]


@pytest.mark.usefixtures("recorder_mock")
@pytest.mark.parametrize(
    ("kept_days", "counted"),
    [pytest.param(60, [0, 10, 10, 30, 40], id="in time"), pytest.param(20, [0, 10], id="too late")],
)
async def test_a_sensor_that_gets_the_id_of_another_goes_on_with_its_statistics(
    hass: HomeAssistant, kept_days: int, counted: list[float]
) -> None:
    """If the other one is gone, and its last value is still there in detail; else it begins at 0."""
    assert await async_setup_component(hass, "sensor", {})
    registry = er.async_get(hass)
    old = registry.async_get_or_create("sensor", "ocpp", "1", suggested_object_id=OLD.removeprefix("sensor."))
    new = registry.async_get_or_create("sensor", "ocpp_central", "1", suggested_object_id=NEW.removeprefix("sensor."))
    assert (old.entity_id, new.entity_id) == (OLD, NEW)
    began = (dt_util.utcnow() - LONG_AGO).replace(minute=0, second=0, microsecond=0)
    await tell(hass, OLD, began, 1000)
    await tell(hass, OLD, began + STEP, 1010)
    await tell(hass, OLD, began + 2 * STEP, "unavailable")

    moved = began + timedelta(days=25)
    await tell(hass, NEW, moved, 1015)
    with pytest.raises(ValueError, match="already registered"):
        registry.async_update_entity(NEW, new_entity_id=OLD)
    registry.async_remove(OLD)
    hass.states.async_remove(OLD)
    await hass.services.async_call("recorder", "purge", {"keep_days": kept_days}, blocking=True)
    await async_wait_recording_done(hass)
    registry.async_update_entity(NEW, new_entity_id=OLD)
    hass.states.async_remove(NEW)
    await async_wait_recording_done(hass)

    await tell(hass, OLD, moved + 2 * STEP, 1030)
    await tell(hass, OLD, moved + 3 * STEP, 1040)
    assert await sums(hass, OLD) == counted
    assert await sums(hass, NEW) == [0]
