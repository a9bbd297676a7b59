"""A wish whose planning takes long is worked out beside the event loop (ocpp.md 5.10)."""

from homeassistant.config_entries import ConfigSubentryData
import pytest

from .conftest import STRANGER, Clock, Site, charger_subentry, refused


@pytest.fixture
def chargers() -> list[ConfigSubentryData]:
    """A charger with a connector of each of two types."""
    return [charger_subentry("A", connector_types={"1": ["cType2"], "2": ["cCCS2"]})]


@pytest.fixture(autouse=True)
def no_time_in_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not plain at once is a question for a thread."""
    monkeypatch.setattr("custom_components.ocpp_central.working_out.NODES_AT_ONCE", 0)


async def test_what_needs_others_to_be_planned_anew_is_found(site: Site, clock: Clock) -> None:
    """Any connector is to yield the one of a type to whoever needs that type."""
    await site.charger()
    start = clock.after(hours=1)
    first = await site.reserve(None, start=start, duration={"hours": 2})
    second = await site.reserve(None, connector_type="cType2", start=start, duration={"hours": 2}, id_token=STRANGER)
    assert (first["target"], second["target"]) == ("any", "connector_type")
    assert first["status"] == second["status"] == "scheduled"
    await clock.forward(hours=1)
    bound = {each["uid"]: each["evse"] for each in await site.reservations()}
    assert bound == {first["uid"]: 2, second["uid"]: 1}


async def test_what_is_shown_to_be_impossible_is_refused_by_name(site: Site, clock: Clock) -> None:
    """Matching at each instant would do, but a parked car does not move (ocpp.md 4.2)."""
    await site.charger()
    start, later = clock.after(hours=1), clock.after(hours=2)
    long = await site.reserve(None, start=start, duration={"hours": 2})
    await site.reserve(None, connector_type="cType2", start=start, duration={"hours": 1})
    wish = site.reserve(None, connector_type="cCCS2", start=later, duration={"hours": 1}, id_token=STRANGER)
    assert f"reservation {long['reservation_id']}" in str(await refused(wish, "reservation_conflict"))
