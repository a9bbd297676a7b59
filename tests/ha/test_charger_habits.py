"""How chargers are seen to behave, ocpp.md section 3: one test, or more, for each line that no failure row covers."""

from dataclasses import replace
from typing import Literal

from homeassistant.config_entries import ConfigSubentryData
import pytest

from tests.charger import HOME_CHARGER, Behaviour, Fault, Version

from .conftest import (
    HOLDER,
    STRANGER,
    TELLS_ALL,
    Clock,
    Site,
    asked,
    charger_subentry,
    driver_subentry,
    eventually,
    on_every_version,
    orders,
    refused,
    standing,
    started,
    told,
)

RESERVATION = "sensor.a_connector_1_reservation"
RESERVED = "binary_sensor.a_connector_1_reserved"
STATUS = "sensor.a_connector_1_status"
CONNECTED = "binary_sensor.a_connected"
MEMBER = "0BADCAFE"
FAMILY = "FAMILY"


@pytest.fixture
def chargers() -> list[ConfigSubentryData]:
    """Charger A, at which nobody charges on the quiet, though it has not asked about anybody yet (contract 1)."""
    return [charger_subentry("A", enforcement="stop")]


async def test_order_authorize_and_status_before_the_answer(site: Site, version: Version) -> None:
    """Who cannot answer while waiting deadlocks."""
    charger = await site.charger(version=version, behaviour=Behaviour(authorizes_before_answer=True))
    reservation = await site.reserve()
    assert (reservation["status"], reservation["hold"], reservation["result"]) == ("active", "held", "Accepted")
    authorize = next(sent for sent in charger.sent if sent.action == "Authorize")
    assert standing(authorize) == "Accepted"
    assert site.state(STATUS) == "reserved"
    assert await charger.start(1, HOLDER)
    await site.shows(RESERVATION, "in_use")


@on_every_version("behaviour", Behaviour(same_id="rejects"), Behaviour(same_id="drops"))
async def test_same_id_is_rejected(site: Site, version: Version, behaviour: Behaviour) -> None:
    """After a reconnect the same id is asked for; who will not replace gets it cancelled, then a new one."""
    charger = await site.charger(version=version, behaviour=replace(behaviour, statuses_after_reconnect="all"))
    reservation = await site.reserve()
    await charger.drop()
    await charger.wait_for("ReserveNow", count=3)
    await site.becomes(uid=reservation["uid"], status="active", hold="held")
    old, (_, new) = reservation["reservation_id"], orders(charger)[-1]
    assert orders(charger)[:-1] == [("ReserveNow", old), ("ReserveNow", old), ("CancelReservation", old)]
    assert [*charger.holds] == [new]
    assert new != old


async def test_second_reservation_overwrites_the_first(site: Site, version: Version) -> None:
    """Such a charger is never given the occasion: we refuse the second one ourselves."""
    charger = await site.charger(version=version, behaviour=Behaviour(overwrites_holds=True))
    first = await site.reserve()
    await refused(site.reserve(id_token=STRANGER), "reservation_conflict")
    await charger.heartbeat()
    assert orders(charger) == [("ReserveNow", first["reservation_id"])]
    assert [hold.token for hold in charger.holds.values()] == [HOLDER]


async def test_second_reservation_of_a_token_is_occupied(site: Site, clock: Clock, version: Version) -> None:
    """One for each token on the whole charger: an immediate one is refused, a scheduled one waits for its hold."""
    charger = await site.charger(version=version, behaviour=Behaviour(one_hold_per_token=True))
    first = await site.reserve(1, duration={"hours": 2})
    await refused(site.reserve(2), "reservation_occupied")
    second = await site.reserve(2, start=clock.after(minutes=10), duration={"hours": 1})
    await clock.forward(minutes=10)
    await eventually(lambda: site.state("sensor.a_connector_2_reservation") == "active")
    assert site.state("binary_sensor.a_connector_2_reserved") == "on"
    assert [*charger.holds] == [first["reservation_id"]]
    await site.act("cancel_reservation", uid=first["uid"])
    await charger.wait_for("CancelReservation")
    await clock.forward(seconds=6)
    await site.becomes(uid=second["uid"], status="active", hold="held")


async def test_stranger_starts_without_reservation_id(site: Site, version: Version) -> None:
    """On a reserved connector of a charger that keeps nobody out."""
    charger = await site.charger(version=version, behaviour=Behaviour(enforces=False))
    await site.reserve()
    assert not await charger.start(1, STRANGER, authorize=False)
    assert "reservationId" not in started(charger).payload
    assert standing(started(charger)) != "Accepted"
    assert site.state(RESERVATION) == "active"


async def test_remote_start_that_deleted_the_hold(site: Site, clock: Clock, version: Version) -> None:
    """Our later cancel gets Rejected, which is no error."""
    charger = await site.charger(version=version, behaviour=Behaviour(shows_reserved=False))
    await site.reserve()
    await charger.forget_holds()
    cancelled = await site.act("cancel_reservation", device_id=site.device_id("A", 1))
    assert cancelled["status"] == "cancelled"
    await charger.wait_for("CancelReservation")
    assert (await site.reserve())["hold"] == "held"


@on_every_version("expires", "exact", "late", "never")
async def test_expiry_exact_late_or_never(
    site: Site, clock: Clock, version: Version, expires: Literal["exact", "late", "never"]
) -> None:
    """Over for us at the end, published once, and the charger's hold is gone a few seconds later."""
    charger = await site.charger(version=version, behaviour=Behaviour(expires=expires))
    news = site.news()
    await site.reserve(duration=120)
    await site.shows(STATUS, "reserved")
    await clock.forward(seconds=121)
    assert (site.state(RESERVATION), site.state(RESERVED)) == ("none", "off")
    await clock.forward(seconds=4)
    await charger.wait_for(lambda: not charger.holds)
    await site.shows(STATUS, "available")
    assert told(news) == ["placed", "expired"]
    assert asked(charger) == 1


async def test_reserved_is_never_shown(site: Site, clock: Clock, version: Version) -> None:
    """A charger that accepts everything and does nothing: we show, enforce and end it."""
    behaviour = Behaviour(shows_reserved=False, enforces=False, expires="never", reports_hold_end=False)
    charger = await site.charger(version=version, behaviour=behaviour)
    assert (await site.reserve(duration=120))["hold"] == "held"
    await charger.heartbeat()
    assert (site.state(STATUS), site.state(RESERVED), site.state(RESERVATION)) == ("available", "on", "active")
    assert not await charger.start(1, STRANGER)
    await charger.unplug(1)
    await site.shows(STATUS, "available")
    assert site.state(RESERVATION) == "active"
    await clock.forward(seconds=121)
    assert (site.state(RESERVED), site.state(RESERVATION)) == ("off", "none")
    assert await charger.start(1, STRANGER)


async def test_capability_claimed_not_implemented(site: Site, version: Version) -> None:
    """The deed counts: the central system keeps strangers out."""
    behaviour = Behaviour(claims_reservations=True, reserve_answer="NotImplemented", enforces=False)
    charger = await site.charger(version=version, behaviour=behaviour)
    reservation = await site.reserve()
    assert (reservation["status"], reservation["hold"], reservation["result"]) == ("active", "unsupported", None)
    assert not await charger.start(1, STRANGER)


async def test_capability_not_claimed_but_working(site: Site, version: Version) -> None:
    """It is asked all the same, and holds."""
    charger = await site.charger(version=version, behaviour=Behaviour(claims_reservations=False))
    assert (await site.reserve())["hold"] == "held"
    assert len(charger.holds) == 1


async def test_odd_refusals_of_reserve_and_cancel(site: Site, clock: Clock, version: Version) -> None:
    """FormationViolation to the one and Rejected to the other: it does not know reservations, and nothing is left."""
    behaviour = Behaviour(reserve_answer="FormationViolation", cancel_answer="Rejected")
    charger = await site.charger(version=version, behaviour=behaviour)
    reservation = await site.reserve()
    assert (reservation["status"], reservation["hold"]) == ("active", "unsupported")
    assert (await site.act("cancel_reservation", uid=reservation["uid"]))["status"] == "cancelled"
    await clock.forward(minutes=1)
    await charger.heartbeat()
    assert [action for action, _ in orders(charger)].count("ReserveNow") == 1


async def test_odd_refusals_of_an_unknown_connector(site: Site, clock: Clock, version: Version) -> None:
    """PropertyConstraintViolation instead of Rejected is no word on reservations: others are asked for."""
    await site.charger(version=version, behaviour=Behaviour(reserve_answer=["PropertyConstraintViolation"]))
    error = await refused(site.reserve(1, held_by="charger"), "charger_refused")
    assert "PropertyConstraintViolation" in str(error)
    assert (await site.reserve(2, held_by="charger"))["hold"] == "held"


async def test_past_expiry_and_negative_ids_are_never_sent(site: Site, clock: Clock, version: Version) -> None:
    """Whatever a charger accepts: not what has ended, nor what is about to; ids are positive."""
    behaviour = Behaviour(accepts_past_expiry=True, statuses_after_reconnect="all")
    charger = await site.charger(version=version, behaviour=behaviour)
    await charger.go_offline()
    await site.shows(CONNECTED, "off")
    past = await site.reserve(1, start=clock.after(seconds=10), duration=60)
    short = await site.reserve(2, start=clock.after(seconds=10), duration=120)
    await clock.forward(seconds=10)
    await clock.forward(seconds=117)
    charger.go_online()
    await charger.ready()
    await site.shows(STATUS, "available")
    await charger.heartbeat()
    assert [each["uid"] for each in await site.reservations()] == [short["uid"]]
    assert orders(charger) == []
    await clock.forward(seconds=10)
    latest = await site.reserve(1)
    assert orders(charger) == [("ReserveNow", latest["reservation_id"])]
    assert 0 < past["reservation_id"] < short["reservation_id"] < latest["reservation_id"]


async def test_crash_on_cancel(site: Site, clock: Clock, version: Version) -> None:
    """Who dies of every CancelReservation is left alone after the third time, and can be reserved again."""
    behaviour = Behaviour(cancel_answer=Fault.DISCONNECT, statuses_after_reconnect="all", expires="never")
    charger = await site.charger(version=version, behaviour=behaviour)
    connected = site.history(CONNECTED)
    reservation = await site.reserve()
    assert (await site.act("cancel_reservation", uid=reservation["uid"]))["status"] == "cancelled"
    for count in (1, 2, 3):
        await charger.wait_for("CancelReservation", count=count)
        await eventually(lambda count=count: connected == ["off", "on"] * count)  # type: ignore[misc]
        await charger.ready()
        await clock.forward(minutes=6)
    await charger.heartbeat()
    assert [action for action, _ in orders(charger)] == ["ReserveNow", *["CancelReservation"] * 3]
    assert await charger.start(1, STRANGER) is False, "only the charger still keeps it"
    assert (await site.reserve(2))["status"] == "active"


@pytest.mark.parametrize("keeps", [True, False])
async def test_status_glitch(site: Site, clock: Clock, version: Version, keeps: bool) -> None:
    """Reserved, Available, Unavailable within a moment: nothing is sent until it is available again."""
    behaviour = Behaviour(holds_end_when_down=not keeps, reports_hold_end=False)
    charger = await site.charger(version=version, behaviour=behaviour)
    reservation = await site.reserve()
    await site.shows(STATUS, "reserved")
    await charger.report(1, "Available")
    await charger.set_status(1, "Unavailable")
    await site.shows(STATUS, "out_of_service")
    await clock.forward(seconds=10)
    await charger.heartbeat()
    assert asked(charger) == 1
    await site.becomes(uid=reservation["uid"], status="active", hold="lost")
    await charger.set_status(1, "Available")
    await site.shows(STATUS, "reserved" if keeps else "available")
    await clock.forward(seconds=3)
    await site.becomes(uid=reservation["uid"], status="active", hold="held")
    assert [*charger.holds] == [reservation["reservation_id"]]
    assert asked(charger) == (1 if keeps else 2), "Reserved shows that it was kept"


async def test_reserve_now_on_an_unavailable_connector_is_rejected(site: Site, clock: Clock, version: Version) -> None:
    """Rejected instead of Unavailable: an immediate request fails by that word, a scheduled one waits for recovery."""
    charger = await site.charger(version=version, behaviour=Behaviour(unavailable_word="Rejected"))
    await charger.set_status(1, "Unavailable")
    await site.shows(STATUS, "out_of_service")
    news = site.news()
    await refused(site.reserve(), "reservation_rejected")
    assert told(news) == ["rejected"]
    count = asked(charger)
    await site.reserve(start=clock.after(minutes=10))
    await clock.forward(minutes=10)
    await site.becomes(status="active", hold="pending")
    assert asked(charger) == count
    await charger.set_status(1, "Available")
    await site.shows(STATUS, "available")
    await clock.forward(seconds=3)
    await site.becomes(status="active", hold="held")
    assert told(news) == ["rejected", "scheduled", "at_risk", "placed"]


async def test_reserve_now_on_a_plugged_connector_is_occupied(site: Site, version: Version) -> None:
    """Who wants the charger itself to hold it learns that word; it leaves nothing."""
    charger = await site.charger(version=version)
    await charger.plug(1)
    await site.shows("binary_sensor.a_connector_1_plugged_in", "on")
    await refused(site.reserve(held_by="charger"), "reservation_occupied")
    assert await site.reservations() == []
    assert charger.holds == {}


async def test_reboot_and_a_hold_that_cannot_be_cancelled(site: Site, clock: Clock, version: Version) -> None:
    """Kept over the reboot, but Rejected when it is to be cancelled: done for us, and the charger's own matter."""
    behaviour = replace(TELLS_ALL, cancel_answer="Rejected")
    charger = await site.charger(version=version, behaviour=behaviour)
    reservation = await site.reserve()
    await charger.reboot()
    await charger.wait_for("ReserveNow", count=2)
    await site.becomes(hold="held")
    await site.act("cancel_reservation", uid=reservation["uid"])
    await charger.wait_for("CancelReservation")
    await charger.heartbeat()
    assert site.state(RESERVATION) == "none"
    await refused(site.reserve(id_token=STRANGER), "reservation_occupied")
    await clock.forward(minutes=1)
    await charger.heartbeat()
    assert [action for action, _ in orders(charger)].count("CancelReservation") == 1


async def test_side_effects_of_a_refused_start(site: Site, clock: Clock, version: Version) -> None:
    """A charger that clears its hold at any transaction gets it again when the stranger has gone."""
    behaviour = Behaviour(starts_end_holds=True, enforces=False)
    charger = await site.charger(version=version, behaviour=behaviour)
    reservation = await site.reserve()
    await site.shows(STATUS, "reserved")
    assert not await charger.start(1, STRANGER, authorize=False)
    assert charger.holds == {}
    await charger.unplug(1)
    await site.shows(STATUS, "available")
    await clock.forward(seconds=3)
    await site.becomes(uid=reservation["uid"], status="active", hold="held")
    assert [*charger.holds] == [reservation["reservation_id"]]


async def test_side_effects_of_spelling(site: Site, version: Version) -> None:
    """Some compare tokens letter by letter: what is sent is spelled as the charger spelled it."""
    charger = await site.charger(version=version)
    assert await charger.start(2, HOLDER.lower())
    await charger.stop(2)
    await site.reserve(id_token=HOLDER)
    assert [hold.token for hold in charger.holds.values()] == [HOLDER.lower()]


async def test_plug_in_keeps_reserved(site: Site, version: Version) -> None:
    """The cable alone changes nothing; the holder's token does."""
    charger = await site.charger(version=version)
    news = site.news()
    await site.reserve()
    await site.shows(STATUS, "reserved")
    await charger.plug(1)
    await charger.heartbeat()
    assert (site.state(STATUS), site.state(RESERVATION)) == ("reserved", "active")
    assert not await charger.present(1, STRANGER)
    assert await charger.present(1, HOLDER)
    await site.shows(RESERVATION, "in_use")
    assert told(news) == ["placed", "used"]
    assert asked(charger) == 1


@pytest.mark.parametrize("chargers", [[charger_subentry("A"), driver_subentry("Anna", MEMBER, group=FAMILY)]])
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


async def test_refusals_at_authorize(site: Site, version: Version) -> None:
    """Where every connector is reserved, or is named, Authorize prevents the start."""
    charger = await site.charger(version=version, connectors=1, behaviour=Behaviour(enforces=False))
    await site.reserve()
    assert not await charger.start(1, STRANGER)
    authorize = next(sent for sent in charger.sent if sent.action == "Authorize")
    assert standing(authorize) == ("Blocked" if version is Version.V16 else "NotAtThisLocation")
    assert charger.transactions == {}


async def test_refusals_at_the_start(site: Site, version: Version) -> None:
    """The charger stops what was refused, and says why; the reservation goes on."""
    charger = await site.charger(version=version, behaviour=Behaviour(enforces=False))
    await site.reserve()
    assert not await charger.start(1, STRANGER, authorize=False)
    await charger.wait_for(lambda: not charger.pending)
    last = [sent for sent in charger.sent if sent.action in {"StopTransaction", "TransactionEvent"}][-1]
    reason = last.payload.get("reason") or last.payload["transactionInfo"]["stoppedReason"]
    assert reason == "DeAuthorized"
    assert last.error is None
    assert site.state(RESERVATION) == "active"


@on_every_version("code", "NotImplemented", "NotSupported")
async def test_home_chargers_do_not_reserve(site: Site, version: Version, code: str) -> None:
    """The normal case: reserved, used and ended without the charger's help."""
    behaviour = replace(HOME_CHARGER, reserve_answer=code, cancel_answer=code)
    charger = await site.charger(version=version, connectors=1, behaviour=behaviour)
    news = site.news()
    assert (await site.reserve())["hold"] == "unsupported"
    assert not await charger.start(1, STRANGER)
    await charger.unplug(1)
    assert await charger.start(1, HOLDER)
    await site.shows(RESERVATION, "in_use")
    await charger.stop(1)
    await site.shows(RESERVATION, "none")
    assert told(news) == ["placed", "used"]


@pytest.mark.parametrize("own", ["inherit", "stop"])
async def test_home_chargers_that_vend_freely_use_no_reservation(site: Site, version: Version, own: str) -> None:
    """The fixed token that such a charger sends is not the holder's, and in 2.x there is none at all.

    Contract 1: it is only reported, unless this very charger was set to stop.
    """
    (subentry,) = site.entry.subentries.values()
    site.hass.config_entries.async_update_subentry(site.entry, subentry, data={"enforcement": own})
    charger = await site.charger(version=version, behaviour=Behaviour(free_vend=True, enforces=False))
    news = site.news()
    reservation = await site.reserve()
    await charger.plug(1)
    await charger.wait_for(lambda: not charger.pending)
    start = started(charger)
    assert start.answer is not None
    if version is Version.V16 or own == "stop":
        refused = {Version.V16: "Blocked"}.get(version, "NotAtThisTime")
        assert standing(start) == ("Accepted" if own == "inherit" else refused)
    await site.becomes(uid=reservation["uid"], status="active")
    assert told(news) == (["placed", "intruder"] if own == "inherit" else ["placed"])
