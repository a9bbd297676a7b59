"""The verdict on every token that a charger asks about."""

from dataclasses import replace

import pytest

from custom_components.ocpp_central.core.authorization import judge
from custom_components.ocpp_central.core.drivers import Driver, Drivers
from custom_components.ocpp_central.core.events import (
    Authorizing,
    ConnectorStatus,
    Ended,
    Event,
    Heard,
    Standing,
    Started,
    Updated,
)
from custom_components.ocpp_central.core.reservation import News
from custom_components.ocpp_central.core.token import IdToken

from .world import HALF_HOUR, HOLDER, MINUTE, NOON, STRANGER, World

SECOND_CARD, MEMBER = IdToken(value="SECOND"), IdToken(value="MEMBER")


def _reserved() -> World:
    """EVSE 1 of two is reserved for the holder."""
    world = World(evses=(1, 2))
    world.reserve(1)
    world.settle()
    return world


def _started(token: IdToken | None, evse: int | None = 1) -> Started:
    return Started(transaction="9", evse=evse, connector=1, token=token, at=NOON)


def _updated(token: IdToken | None, evse: int | None = None) -> Updated:
    return Updated(transaction="9", evse=evse, token=token, at=NOON)


ACCEPTED, REFUSED = Standing.ACCEPTED, Standing.RESERVED_FOR_OTHERS


@pytest.mark.parametrize(
    ("event", "want"),
    [
        (Authorizing(token=HOLDER, evse=1, at=NOON), ACCEPTED),
        (Authorizing(token=STRANGER, evse=1, at=NOON), REFUSED),
        (Authorizing(token=STRANGER, evse=2, at=NOON), ACCEPTED),
        (_started(HOLDER), ACCEPTED),
        (_started(STRANGER), REFUSED),
        (_started(STRANGER, evse=2), ACCEPTED),
        (_started(STRANGER, evse=None), ACCEPTED),
        (_started(None), ACCEPTED),
        (replace(_started(STRANGER), hold=1), REFUSED),
        (_updated(HOLDER, evse=1), ACCEPTED),
        (_updated(STRANGER, evse=1), REFUSED),
        (_updated(STRANGER), ACCEPTED),
        (Ended(transaction="9", evse=1, token=STRANGER, at=NOON), ACCEPTED),
    ],
)
def test_a_stranger_is_refused_on_a_reserved_evse(event: Event, want: Standing) -> None:
    """At Authorize and at the start, also with our reservation id; never at the end (ocpp.md 5.7, 5.4)."""
    world = _reserved()
    verdict = judge(world.court, world.charger, event, NOON)
    assert verdict is not None
    assert verdict.standing is want
    assert verdict.accepted is (want is ACCEPTED)
    assert verdict.transaction == ("9" if isinstance(event, Started) else None)


@pytest.mark.parametrize("event", [Heard(at=NOON), _updated(None), Ended(transaction="9", at=NOON)])
def test_what_presents_no_token_gets_no_verdict(event: Event) -> None:
    """There is nobody to judge."""
    world = _reserved()
    assert judge(world.court, world.charger, event, NOON) is None


def test_an_update_is_judged_where_its_transaction_runs() -> None:
    """A token that comes late, to a transaction that began without one, is judged like a start (E05.FR.01)."""
    world = _reserved()
    world.start(None, 1, transaction="9")
    verdict = judge(world.court, world.charger, _updated(STRANGER, evse=2), NOON)
    assert verdict is not None
    assert verdict.standing is REFUSED


def test_a_token_presented_nowhere_in_particular_may_go_where_it_is_permitted() -> None:
    """Accepted with the list of EVSEs, absent if that is all of them (C01.FR.19, C01.FR.20)."""
    world = _reserved()
    assert world.authorize(HOLDER).evses is None
    verdict = world.authorize(STRANGER)
    assert verdict.accepted
    assert verdict.evses == (2,)


def test_a_token_that_may_go_nowhere_is_refused() -> None:
    """Only if no EVSE is permissible (C01.FR.22, ocpp.md 5.7)."""
    world = _reserved()
    world.reserve(2)
    verdict = world.authorize(STRANGER)
    assert verdict.standing is REFUSED
    assert verdict.evses is None


def test_a_charger_that_told_of_no_evse_refuses_nobody() -> None:
    """Where nothing is known, nothing is reserved."""
    assert World(evses=()).authorize(STRANGER).accepted


def test_a_start_from_the_queue_is_judged_by_its_own_time() -> None:
    """Who started before the reservation, or after it, is no intruder (ocpp.md 5.4)."""
    world = World()
    world.wait(MINUTE)
    world.reserve(start=NOON + 10 * MINUTE)
    world.disconnect()
    world.wait(2 * HALF_HOUR)
    world.connect()
    assert world.start(STRANGER, at=NOON + 5 * MINUTE).accepted
    assert world.start(STRANGER, at=NOON + 50 * MINUTE).accepted


def test_a_start_from_the_queue_within_the_window_is_refused() -> None:
    """While the reservation lives, its window counts for what happened in it before the reconnect."""
    world = World()
    world.reserve()
    world.settle()
    world.disconnect()
    world.wait(10 * MINUTE)
    world.connect()
    world.status(1, ConnectorStatus.AVAILABLE)
    assert not world.start(STRANGER, at=NOON + 5 * MINUTE).accepted


def _group_of_three() -> World:
    """Anna with two cards, Ben with one, both in a group; EVSE 1 of two is reserved for Anna's first card."""
    world = World(evses=(1, 2))
    anna = Driver(driver_id="driver-a", name="Anna", tokens=(HOLDER, SECOND_CARD), group="Family")
    ben = Driver(driver_id="driver-b", name="Ben", tokens=(MEMBER,), group="FAMILY")
    world.drivers = Drivers(known=(anna, ben))
    world.reserve(1, group="family", driver="driver-a")
    world.settle()
    return world


@pytest.mark.parametrize("token", [HOLDER, SECOND_CARD, MEMBER, IdToken(value="member", type="Local")])
def test_a_member_of_the_group_is_let_in(token: IdToken) -> None:
    """H03.FR.02, 1.6 section 5.13: the group of the token counts as the token does, in letters of either case."""
    world = _group_of_three()
    assert world.authorize(token).evses is None
    assert world.authorize(token, 1).accepted
    assert world.start(token).accepted
    assert world.news[-1] is News.USED


@pytest.mark.parametrize(
    "event",
    [
        Authorizing(token=MEMBER, at=NOON),
        Authorizing(token=MEMBER, evse=1, at=NOON),
        Authorizing(token=MEMBER, evse=2, at=NOON),
        _started(MEMBER),
        _started(MEMBER, evse=None),
        _updated(MEMBER),
        _updated(MEMBER, evse=1),
        Ended(transaction="9", evse=1, token=MEMBER, at=NOON),
    ],
)
@pytest.mark.parametrize("reserved_for", ["Family", None])
def test_every_verdict_tells_the_group(event: Event, reserved_for: str | None) -> None:
    """Accepted or not: a charger that keeps a hold for the group needs it (1.6 section 5.13, H03.FR.07, H03.FR.08)."""
    world = _group_of_three()
    if reserved_for is None:
        (reservation,) = world.book.living_at()
        world.change(reservation, token=STRANGER)
    verdict = judge(world.court, world.charger, event, NOON)
    assert verdict is not None
    assert verdict.group == "FAMILY"


def test_a_stranger_has_no_group() -> None:
    """Nobody knows whose it is."""
    verdict = _group_of_three().authorize(STRANGER, 1)
    assert (verdict.standing, verdict.group) == (REFUSED, None)
