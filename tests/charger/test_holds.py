"""A conforming charger's reservations, in every version: taken, kept from strangers, used, ended."""

from collections.abc import Awaitable, Callable

import pytest

from . import Behaviour, SimulatedCharger, Version
from .central import Central
from .clock import Clock
from .desk import V2_ONLY, V16_ONLY, Desk

type Make = Callable[..., Awaitable[SimulatedCharger]]


async def test_accepted_reservation_is_held_and_shown(charger_of: Make, desk: Desk) -> None:
    """Accepted means held, and the connector reports Reserved (1.6 A7, H01.FR.23)."""
    charger = await charger_of()
    assert await desk.reserve(7, 1) == "Accepted"
    assert (charger.holds[7].evse, charger.holds[7].token) == (1, "HOLDER")
    await charger.wait_for(lambda: charger.reported[1] == "Reserved")
    assert charger.statuses == {1: "Reserved", 2: "Available"}
    assert await charger.wait_for("ReserveNow") == charger.received[-1].payload


async def test_same_id_replaces(charger_of: Make, desk: Desk) -> None:
    """The same id replaces the hold, also on another connector (1.6 5.13, H01.FR.02)."""
    charger = await charger_of()
    await desk.reserve(7, 1)
    assert await desk.reserve(7, 2, "OTHER") == "Accepted"
    assert {hold.evse for hold in charger.holds.values()} == {2}


@pytest.mark.parametrize(("status", "word"), [("Faulted", "Faulted"), ("Unavailable", "Unavailable")])
async def test_connector_that_is_down_cannot_be_reserved(charger_of: Make, desk: Desk, status: str, word: str) -> None:
    """A Faulted or Unavailable connector answers with that word (H01.FR.12, .14)."""
    charger = await charger_of()
    await charger.set_status(1, status)
    assert await desk.reserve(7, 1) == word
    assert not charger.holds


async def test_taken_connector_is_occupied(charger_of: Make, desk: Desk) -> None:
    """A connector with a car, or with another reservation, answers Occupied (H01.FR.11)."""
    charger = await charger_of()
    await charger.plug(1)
    assert await desk.reserve(7, 1) == "Occupied"
    assert await desk.reserve(8, 2) == "Accepted"
    assert await desk.reserve(9, 2) == "Occupied"


async def test_what_can_never_be_reserved_is_rejected(charger_of: Make, desk: Desk) -> None:
    """Rejected: switched off (H01.FR.01), no such connector, no connector named (H01.FR.19), expiry in the past."""
    charger = await charger_of()
    assert await desk.reserve(7, 5) == "Rejected"
    assert await desk.reserve(7, None) == "Rejected"
    assert await desk.reserve(7, 1, minutes=-1) == "Rejected"
    off = Behaviour(reservations_enabled=False)
    await charger.__aexit__(None, None, None)
    await charger_of(behaviour=off)
    assert await desk.reserve(7, 1) == "Rejected"


async def test_stranger_is_refused_without_asking(central: Central, charger_of: Make, desk: Desk) -> None:
    """A held connector refuses strangers by itself; the other connector is open to them."""
    charger = await charger_of()
    await desk.reserve(7, 1)
    await charger.plug(1)
    assert charger.statuses[1] == "Reserved"
    assert not await charger.present(1, "STRANGER")
    assert "Authorize" not in central.actions
    assert await charger.start(2, "STRANGER")
    assert 7 in charger.holds


async def test_holder_uses_the_hold(charger_of: Make, desk: Desk) -> None:
    """The holder starts on the held connector, letters in either case, and the start names the reservation (4.8, H01.FR.15)."""
    charger = await charger_of()
    await desk.reserve(7, 1)
    assert await charger.start(1, "holder")
    assert desk.start()["reservationId"] == 7
    assert not charger.holds


async def test_group_uses_the_hold(central: Central, charger_of: Make, desk: Desk) -> None:
    """A token of the reservation's group starts, its group learnt from Authorize; a token of another group does not."""
    central.groups |= {"WIFE": "FAMILY", "GUEST": "HOTEL"}
    charger = await charger_of()
    await desk.reserve(7, 1, group="family")
    await charger.plug(1)
    assert not await charger.present(1, "GUEST")
    assert await charger.present(1, "WIFE")
    assert desk.start()["reservationId"] == 7


async def test_listed_group_needs_no_authorize(central: Central, charger_of: Make, desk: Desk) -> None:
    """A group known from the local list decides without asking (H03.FR.07)."""
    charger = await charger_of()
    await desk.reserve(7, 1, group="FAMILY")
    assert not await charger.present(1, "GUEST", group="HOTEL")
    assert "Authorize" not in central.actions


@V16_ONLY
async def test_presentation_keeps_the_hold_in_1_6(charger_of: Make, desk: Desk) -> None:
    """1.6: only the transaction uses the hold; after ConnectionTimeOut the connector is Reserved again."""
    charger = await charger_of()
    await desk.reserve(7, 1)
    await charger.present(1, "HOLDER")
    assert 7 in charger.holds
    assert charger.statuses[1] == "Preparing"


@V2_ONLY
async def test_presentation_uses_the_hold_in_2(central: Central, charger_of: Make, desk: Desk, clock: Clock) -> None:
    """2.x: the presented token uses the hold (H03.FR.09, .10); 2.1 tells when no transaction followed (H03.FR.11)."""
    charger = await charger_of()
    await desk.reserve(7, 1)
    await charger.present(1, "HOLDER")
    assert not charger.holds
    assert charger.statuses[1] == "Available"
    clock.forward(minutes=2)
    await charger.tick()
    assert desk.updates() == ([(7, "NoTransaction")] if central.version is Version.V21 else [])


@V2_ONLY
async def test_token_of_another_type_is_a_stranger(charger_of: Make, desk: Desk) -> None:
    """2.x: a token is its value and its type."""
    charger = await charger_of()
    await desk.reserve(7, 1)
    assert not await charger.present(1, "HOLDER", "Central")


async def test_hold_expires(central: Central, charger_of: Make, desk: Desk, clock: Clock) -> None:
    """At expiry the hold ends, the connector is Available, and 2.x says Expired (H04.FR.01-.03)."""
    charger = await charger_of()
    await desk.reserve(7, 1, minutes=30)
    await charger.wait_for(lambda: charger.reported[1] == "Reserved")
    clock.forward(minutes=29)
    await charger.tick()
    assert 7 in charger.holds
    clock.forward(minutes=1)
    await charger.tick()
    await charger.wait_for(lambda: charger.reported[1] == "Available")
    assert not charger.holds
    assert desk.updates() == ([] if central.version is Version.V16 else [(7, "Expired")])


@pytest.mark.parametrize("status", ["Faulted", "Unavailable"])
async def test_hold_ends_with_a_connector_that_goes_down(
    central: Central, charger_of: Make, desk: Desk, status: str
) -> None:
    """Faulted and Unavailable end the hold, and 2.x says Removed (H01.FR.16, .17)."""
    charger = await charger_of()
    await desk.reserve(7, 1)
    await charger.set_status(1, status)
    assert not charger.holds
    assert desk.updates() == ([] if central.version is Version.V16 else [(7, "Removed")])


async def test_cancel(charger_of: Make, desk: Desk) -> None:
    """A known id is cancelled and the connector Available again; an unknown one is Rejected (H02.FR.01, .02)."""
    charger = await charger_of()
    await desk.reserve(7, 1)
    assert await desk.cancel(8) == "Rejected"
    assert await desk.cancel(7) == "Accepted"
    await charger.wait_for(lambda: charger.reported[1] == "Available")
    assert await desk.cancel(7) == "Rejected"
    assert desk.updates() == []


async def test_hold_survives_drop_and_reboot(charger_of: Make, desk: Desk) -> None:
    """Holds outlive the connection and a reboot, and Reserved is reported after the boot (B01.FR.13, TC_B_24)."""
    charger = await charger_of()
    await desk.reserve(7, 1)
    await charger.drop()
    await charger.ready()
    await charger.reboot()
    await charger.ready()
    assert 7 in charger.holds
    assert charger.reported[1] == "Reserved"
    charger.behaviour = Behaviour(keeps_holds_over_reboot=False)
    await charger.reboot()
    await charger.ready()
    assert charger.statuses[1] == "Available"


async def test_remote_start_of_a_stranger_is_rejected(charger_of: Make, desk: Desk) -> None:
    """A remote start on a held EVSE needs the holder's token (F01.FR.21, .22)."""
    charger = await charger_of()
    await desk.reserve(7, 1)
    await charger.plug(1)
    assert await desk.start_remotely(1, "STRANGER") == "Rejected"
    assert await desk.start_remotely(1, "HOLDER") == "Accepted"
    await charger.wait_for(lambda: charger.transactions)
    await charger.wait_for(lambda: charger.transactions[1].charging_state == "Charging")
    assert desk.start()["reservationId"] == 7


async def test_unbound_reservation_keeps_one_connector(charger_of: Make, desk: Desk) -> None:
    """Connector 0, or no evseId: strangers may charge as long as one connector is left for the holder (5.13, H01.FR.07)."""
    charger = await charger_of(behaviour=Behaviour(unbound_reservations=True))
    assert await desk.reserve(7, None) == "Accepted"
    assert charger.statuses == {1: "Available", 2: "Available"}
    assert await charger.start(1, "STRANGER")
    assert not await charger.start(2, "STRANGER2")
    assert await charger.present(2, "HOLDER")
    assert desk.start()["reservationId"] == 7


@V2_ONLY
async def test_every_free_evse_is_reserved_when_all_are_needed(charger_of: Make, desk: Desk) -> None:
    """As many unbound reservations as free EVSEs: all of them report Reserved (H01.FR.20), and no more fit (.11)."""
    charger = await charger_of(behaviour=Behaviour(unbound_reservations=True))
    await desk.reserve(7, None)
    await desk.reserve(8, None, "SECOND")
    assert charger.statuses == {1: "Reserved", 2: "Reserved"}
    assert await desk.reserve(9, None, "THIRD") == "Occupied"
    assert await desk.reserve(9, 1, "THIRD") == "Occupied"
    await desk.cancel(8)
    assert charger.statuses == {1: "Available", 2: "Available"}


@V2_ONLY
async def test_reset_on_idle_waits_for_the_reservation(central: Central, charger_of: Make, desk: Desk) -> None:
    """A pending reservation makes the charger not idle (errata on B11)."""
    charger = await charger_of()
    await desk.reserve(7, 1)
    assert (await central.call("Reset", {"type": "OnIdle"}))["status"] == "Scheduled"
    await desk.cancel(7)
    await charger.wait_for(lambda: len(central.payloads("BootNotification")) == 2)
    assert central.payloads("BootNotification")[-1]["reason"] == "ScheduledReset"
