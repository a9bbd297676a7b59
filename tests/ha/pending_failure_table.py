"""Rows of the failure table (ocpp.md 5.4) and habits of chargers (ocpp.md 3) that the product does not live up to yet.

Not collected by its name: `pytest tests/ha/pending_failure_table.py`. What passes moves to the chapter that it belongs
to: rows to `test_failure_table_*.py`, habits to `test_charger_habits.py`.
"""

from datetime import datetime, timedelta
import logging
from typing import Any

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.ocpp_central.const import DOMAIN
from tests.charger import Behaviour, SimulatedCharger, Version
from tests.charger.common import read_time

from .conftest import (
    HOLDER,
    ON_V2,
    STRANGER,
    TELLS_ALL,
    Clock,
    Site,
    asked,
    charger_subentry,
    orders,
    standing,
    started,
    told,
)

pytestmark = pytest.mark.blackbox

STATUS = "sensor.a_connector_1_status"
ON_V16 = pytest.mark.parametrize("version", [Version.V16], ids=str)
MEMBER = "0BADCAFE"
FAMILY = "FAMILY"


def expiries(charger: SimulatedCharger) -> list[datetime]:
    """The expiry of each ReserveNow, in order."""
    key = "expiryDate" if charger.version is Version.V16 else "expiryDateTime"
    return [read_time(payload[key]) for action, payload in charger.received if action == "ReserveNow"]


def wishes(charger: SimulatedCharger) -> list[dict[str, Any]]:
    """The payload of each ReserveNow, in order."""
    return [payload for action, payload in charger.received if action == "ReserveNow"]


def warned_of(caplog: pytest.LogCaptureFixture, word: str) -> bool:
    """Whether a warning of ours has this word."""
    ours = [record for record in caplog.records if DOMAIN in record.name and record.levelno >= logging.WARNING]
    return any(word in record.getMessage().casefold() for record in ours)


async def test_offline_at_start_is_told_once(site: Site, clock: Clock, version: Version) -> None:
    """After a grace time, once: the reservation is at risk, as the charger does not know of it."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    news = site.news()
    await charger.go_offline()
    await site.shows("binary_sensor.a_connected", "off")
    await site.reserve(start=clock.after(minutes=10), duration={"hours": 3})
    await clock.forward(minutes=10)
    assert told(news) == ["scheduled", "placed"]
    for _ in range(4):
        await clock.forward(minutes=20)
    assert told(news) == ["scheduled", "placed", "at_risk"]


async def test_faulted_or_unavailable_while_unbound(site: Site, clock: Clock, version: Version) -> None:
    """Any connector: at the start another one is bound; if that fails later on, it is bound to another one again."""
    charger = await site.charger(version=version, connectors=3)
    await charger.set_status(1, "Faulted")
    await site.shows(STATUS, "faulted")
    reservation = await site.reserve(None, start=clock.after(minutes=10), duration={"hours": 1})
    assert (reservation["target"], reservation["evse"]) == ("any", None)
    await clock.forward(minutes=10)
    bound = await site.becomes(uid=reservation["uid"], status="active", hold="held")
    assert bound["evse"] in {2, 3}
    await site.shows(f"sensor.a_connector_{bound['evse']}_status", "reserved")
    await charger.set_status(bound["evse"], "Unavailable")
    other = 5 - bound["evse"]
    await site.becomes(uid=reservation["uid"], status="active", hold="held", evse=other)
    assert [hold.evse for hold in charger.holds.values()] == [other]


async def test_rejected_by_a_charger_that_does_not_claim_reservations(site: Site, version: Version) -> None:
    """Rejected is then the word for "not implemented" (ocpp.md 5.3): `auto` falls back to the central system."""
    behaviour = Behaviour(claims_reservations=False, reserve_answer="Rejected", enforces=False)
    charger = await site.charger(version=version, behaviour=behaviour)
    reservation = await site.reserve()
    assert (reservation["status"], reservation["hold"], reservation["result"]) == ("active", "unsupported", "Rejected")
    assert not await charger.start(1, STRANGER)
    with pytest.raises(HomeAssistantError):
        await site.reserve(2, held_by="charger")


@ON_V2
async def test_rejected_by_a_charger_that_switched_reservations_off(site: Site, version: Version) -> None:
    """`ReservationCtrlr.Enabled` false (H01.FR.01) is no claim either."""
    await site.charger(version=version, behaviour=Behaviour(reservations_enabled=False))
    reservation = await site.reserve()
    assert (reservation["status"], reservation["hold"], reservation["result"]) == ("active", "unsupported", "Rejected")


async def test_rejected_by_a_charger_that_claims_reservations(
    site: Site, clock: Clock, version: Version, caplog: pytest.LogCaptureFixture
) -> None:
    """A scheduled one binds without it, and the owner is warned."""
    await site.charger(version=version, behaviour=Behaviour(reserve_answer="Rejected"))
    await site.reserve(start=clock.after(minutes=10))
    await clock.forward(minutes=10)
    await site.becomes(status="active", hold="unsupported")
    assert warned_of(caplog, "reject")


async def test_clock_skew_of_a_fast_charger(site: Site, clock: Clock, version: Version) -> None:
    """Its hold expires too early, so that it is placed again, until our end by its clock."""
    charger = await site.charger(version=version, behaviour=Behaviour(clock_skew=timedelta(seconds=90)))
    news = site.news()
    reservation = await site.reserve(duration={"minutes": 10})
    end = datetime.fromisoformat(reservation["end"])
    await clock.forward(minutes=8, seconds=32)
    await site.becomes(hold="lost")
    await clock.forward(seconds=5)
    await site.becomes(hold="held")
    first, second = expiries(charger)
    assert first == end
    assert abs(second - (end + timedelta(seconds=90))) < timedelta(seconds=5)
    await clock.forward(seconds=75)
    assert [*charger.holds] == [reservation["reservation_id"]]
    await clock.forward(seconds=15)
    await charger.wait_for(lambda: not charger.holds)
    assert told(news) == ["placed", "expired"]


@ON_V2
async def test_clock_skew_beyond_reason(site: Site, clock: Clock, version: Version) -> None:
    """A charger that says Expired again and again is given it twice more, no more; we keep strangers out."""
    charger = await site.charger(version=version, behaviour=Behaviour(shows_reserved=False))
    reservation = await site.reserve(duration={"hours": 3})
    update = {"reservationId": reservation["reservation_id"], "reservationUpdateStatus": "Expired"}
    for _ in range(4):
        await charger.forget_holds()
        await charger.call("ReservationStatusUpdate", update)
        await clock.forward(minutes=6)
        await charger.heartbeat()
    await site.becomes(status="active", hold="lost")
    assert asked(charger) == 3


async def test_clock_skew_is_told(site: Site, clock: Clock, version: Version, caplog: pytest.LogCaptureFixture) -> None:
    """Above a minute the owner is warned; the charger gets the time with every answer that has it."""
    charger = await site.charger(version=version, behaviour=Behaviour(clock_skew=timedelta(seconds=90)))
    assert abs(read_time((await charger.heartbeat())["currentTime"]) - datetime.now().astimezone()) < timedelta(
        seconds=2
    )
    assert warned_of(caplog, "clock")


async def test_clock_skew_that_does_not_matter(site: Site, version: Version, caplog: pytest.LogCaptureFixture) -> None:
    """Half a minute is no news."""
    await site.charger(version=version, behaviour=Behaviour(clock_skew=timedelta(seconds=30)))
    assert not warned_of(caplog, "clock")


async def test_stuck_reserved_after_the_end_is_told(
    hass: HomeAssistant, site: Site, clock: Clock, version: Version
) -> None:
    """Still Reserved two minutes after its end: a repair names the charger, once."""
    charger = await site.charger(version=version, behaviour=Behaviour(expires="never", cancel_answer="Accepted"))
    await site.reserve(duration=120)
    await site.shows(STATUS, "reserved")
    await clock.forward(seconds=121)
    await clock.forward(seconds=5)
    await charger.wait_for("CancelReservation")
    await charger.heartbeat()
    await clock.forward(seconds=60)
    issues = ir.async_get(hass).issues
    assert not [key for key in issues if key[0] == DOMAIN]
    for _ in range(3):
        await charger.heartbeat()
        await clock.forward(seconds=50)
    assert len([key for key in issues if key[0] == DOMAIN]) == 1
    await charger.set_status(1, "Available")
    await site.shows(STATUS, "available")
    await clock.forward(seconds=60)
    assert not [key for key in issues if key[0] == DOMAIN]


async def test_silent_drop_of_one_hold_of_a_whole_charger(site: Site, clock: Clock, version: Version) -> None:
    """One hold for each connector, each with its own id; what is lost is placed again, the other one is not touched."""
    charger = await site.charger(version=version)
    reservation = await site.reserve(None, whole_charger=True)
    assert (reservation["target"], reservation["evse"]) == ("whole_charger", None)
    await charger.wait_for(lambda: len(charger.holds) == 2)
    assert {hold.evse for hold in charger.holds.values()} == {1, 2}
    await site.shows("sensor.a_connector_2_status", "reserved")
    lost = next(hold.id for hold in charger.holds.values() if hold.evse == 2)
    await charger.set_status(2, "Faulted")
    await site.becomes(status="active", hold="lost")
    await charger.set_status(2, "Available")
    await site.shows("sensor.a_connector_2_status", "available")
    await clock.forward(seconds=3)
    await site.becomes(uid=reservation["uid"], status="active", hold="held")
    assert orders(charger)[2:] == [("ReserveNow", lost)]


async def test_boot_notification_or_reconnect_of_a_whole_charger(site: Site, version: Version) -> None:
    """Every hold is confirmed under its own id; cancelled, they all go."""
    charger = await site.charger(version=version, behaviour=TELLS_ALL)
    reservation = await site.reserve(None, whole_charger=True)
    await charger.wait_for(lambda: len(charger.holds) == 2)
    ids = set(charger.holds)
    await charger.reboot()
    await charger.wait_for("ReserveNow", count=4)
    await site.becomes(uid=reservation["uid"], status="active", hold="held")
    assert {wire_id for _, wire_id in orders(charger)} == ids
    await site.act("cancel_reservation", uid=reservation["uid"])
    await charger.wait_for(lambda: not charger.holds)


async def test_holders_token_starts_elsewhere_and_that_counts(
    hass: HomeAssistant, site: Site, version: Version
) -> None:
    """The option `consume_on_any`: used wherever the holder starts, and the reserved connector is free again."""
    hass.config_entries.async_update_entry(site.entry, options={"consume_on_any": True})
    await hass.async_block_till_done()
    charger = await site.charger(version=version)
    news = site.news()
    await site.reserve()
    assert await charger.start(2, HOLDER)
    await charger.wait_for(lambda: not charger.holds)
    await site.shows("binary_sensor.a_connector_1_reserved", "off")
    assert told(news) == ["placed", "used"]
    assert await charger.start(1, STRANGER)


@pytest.mark.parametrize("chargers", [[charger_subentry("A"), charger_subentry("B")]])
async def test_holders_token_starts_elsewhere_on_another_charger_and_that_counts(
    hass: HomeAssistant, site: Site, version: Version, chargers: list[ConfigSubentryData]
) -> None:
    """The option is about the holder, not about the charger."""
    hass.config_entries.async_update_entry(site.entry, options={"consume_on_any": True})
    await hass.async_block_till_done()
    charger = await site.charger("A", version)
    other = await site.charger("B", version)
    news = site.news()
    await site.reserve()
    assert await other.start(1, HOLDER)
    await charger.wait_for(lambda: not charger.holds)
    assert told(news) == ["placed", "used"]


@ON_V16
async def test_connector_zero(site: Site, version: Version) -> None:
    """Accepted without any Reserved status: a stranger may take one connector, not the last one; the holder uses it."""
    charger = await site.charger(version=version, behaviour=Behaviour(unbound_reservations=True, enforces=False))
    reservation = await site.reserve(None)
    assert (reservation["target"], reservation["hold"]) == ("any", "held")
    assert [wish["connectorId"] for wish in wishes(charger)] == [0]
    assert await charger.start(1, STRANGER)
    assert not await charger.start(2, "ANOTHER")
    await charger.unplug(2)
    assert await charger.start(2, HOLDER)
    assert started(charger).payload["reservationId"] == reservation["reservation_id"]
    await site.becomes(uid=reservation["uid"], status="in_use", evse=2)


@ON_V16
async def test_connector_zero_that_is_not_supported(site: Site, version: Version) -> None:
    """`ReserveConnectorZeroSupported` false: a connector of our choice is held."""
    charger = await site.charger(version=version)
    await site.reserve(None)
    await site.becomes(target="any", hold="held")
    assert 0 not in [wish["connectorId"] for wish in wishes(charger)]
    assert len(charger.holds) == 1


@ON_V2
async def test_unspecified_evse_or_type(site: Site, version: Version) -> None:
    """Accepted, and the charger marks one of its choice: the holder may use either, and a stranger the other one."""
    behaviour = Behaviour(unbound_reservations=True, marks_one_evse=True, enforces=False)
    charger = await site.charger(version=version, behaviour=behaviour)
    reservation = await site.reserve(None)
    assert (reservation["target"], reservation["hold"]) == ("any", "held")
    (wish,) = wishes(charger)
    assert not {"evseId", "connectorType"} & set(wish)
    assert [hold.evse for hold in charger.holds.values()] == [1]
    assert await charger.start(1, STRANGER)
    assert not await charger.start(2, "ANOTHER")
    await charger.unplug(2)
    assert await charger.start(2, HOLDER)
    await site.becomes(uid=reservation["uid"], status="in_use", evse=2)


@ON_V2
async def test_unspecified_evse_or_type_of_one_type(site: Site, version: Version) -> None:
    """Only a connector of that type will do, and the others are open to everybody."""
    charger = await site.charger(
        version=version,
        behaviour=Behaviour(unbound_reservations=True, enforces=False),
        connector_types=["sType2", "cCCS2"],
    )
    await charger.wait_for("GetVariables", count=2)
    await charger.heartbeat()
    reservation = await site.reserve(None, connector_type="cCCS2")
    assert reservation["target"] == "connector_type"
    await site.becomes(hold="held")
    assert await charger.start(1, STRANGER)
    assert not await charger.start(2, "ANOTHER")
    await charger.unplug(2)
    assert await charger.start(2, HOLDER)
    await site.becomes(uid=reservation["uid"], status="in_use", evse=2)


async def test_side_effects_of_spelling(site: Site, version: Version) -> None:
    """Some compare tokens letter by letter: what is sent is spelled as the charger spelled it."""
    charger = await site.charger(version=version)
    assert await charger.start(2, HOLDER.lower())
    await charger.stop(2)
    await site.reserve(id_token=HOLDER)
    assert [hold.token for hold in charger.holds.values()] == [HOLDER.lower()]


@pytest.mark.parametrize(
    "chargers",
    [
        [
            charger_subentry("A"),
            ConfigSubentryData(
                data={"id_tokens": [{"value": MEMBER, "type": "ISO14443"}], "group": FAMILY},
                subentry_type="driver",
                title="Anna",
                unique_id="driver-anna",
            ),
        ]
    ],
)
@pytest.mark.parametrize("enforces", [True, False])
async def test_group_member_starts(
    site: Site, version: Version, chargers: list[ConfigSubentryData], enforces: bool
) -> None:
    """As soon as our answer to Authorize carries the group; nobody else's group does."""
    charger = await site.charger(version=version, behaviour=Behaviour(enforces=enforces))
    await site.reserve(group_id_token=FAMILY)
    assert [hold.group for hold in charger.holds.values()] == [FAMILY]
    assert not await charger.start(1, STRANGER)
    await charger.unplug(1)
    assert await charger.start(1, MEMBER)
    assert standing(started(charger)) == "Accepted"
    await site.shows("sensor.a_connector_1_reservation", "in_use")
