"""The whole ledger: what is refused, how ids are given, who may start."""

from datetime import datetime, timedelta

import pytest

from custom_components.ocpp_central.core.charger import Charger
from custom_components.ocpp_central.core.events import Connected, ConnectorStatus
from custom_components.ocpp_central.core.evse import Evse
from custom_components.ocpp_central.core.ledger import Ledger, Wish
from custom_components.ocpp_central.core.policy import MIN_DURATION, Policy
from custom_components.ocpp_central.core.refusal import Obstacle, Reason, Refusal
from custom_components.ocpp_central.core.reservation import News, Status, Window
from custom_components.ocpp_central.core.room import Terms
from custom_components.ocpp_central.core.token import IdToken
from custom_components.ocpp_central.core.wire_ids import MAX_WIRE_ID

from .world import CHARGER, HALF_HOUR, HOLDER, MINUTE, NOON, SECOND, STRANGER, World

POLICY = Policy(max_duration=timedelta(hours=2), horizon=timedelta(days=1))
TERMS = Terms(policy=POLICY)
ONLINE = Charger(charger=CHARGER, evses={1: Evse(evse=1)}).after(Connected(token_length=20, at=NOON))


def _refusal(start: datetime | None, end: datetime, now: datetime = NOON) -> Refusal:
    wish = Wish(charger=CHARGER, evse=1, token=HOLDER, start=start, end=end)
    with pytest.raises(Refusal) as caught:
        Ledger().propose(wish, ONLINE, TERMS, uid="uid", now=now)
    return caught.value


@pytest.mark.parametrize(
    ("start", "end", "reason", "limit"),
    [
        (None, NOON - SECOND, Reason.IN_PAST, None),
        (NOON - 60 * MINUTE, NOON - MINUTE, Reason.IN_PAST, None),
        (NOON + MINUTE, NOON - MINUTE, Reason.IN_PAST, None),
        (None, NOON, Reason.TOO_SHORT, MIN_DURATION),
        (None, NOON + 59 * SECOND, Reason.TOO_SHORT, MIN_DURATION),
        (NOON + 2 * MINUTE, NOON + MINUTE, Reason.TOO_SHORT, MIN_DURATION),
        (NOON - 60 * MINUTE, NOON + 30 * SECOND, Reason.TOO_SHORT, MIN_DURATION),
        (None, NOON + 121 * MINUTE, Reason.TOO_LONG, POLICY.max_duration),
        (
            NOON + timedelta(days=1, seconds=1),
            NOON + timedelta(days=1, hours=1),
            Reason.BEYOND_HORIZON,
            POLICY.horizon,
        ),
    ],
)
def test_a_window_out_of_bounds_is_refused_with_the_bound(
    start: datetime | None, end: datetime, reason: Reason, limit: timedelta | None
) -> None:
    """A caller cannot guess a limit, so the refusal names it (ocpp.md 5.5, 1.4)."""
    refusal = _refusal(start, end)
    assert (refusal.reason, refusal.limit) == (reason, limit)
    assert str(refusal) == reason.value


@pytest.mark.parametrize(
    ("start", "end", "want"),
    [
        (None, NOON + MINUTE, Window(start=NOON, end=NOON + MINUTE)),
        (NOON - MINUTE, NOON + MINUTE, Window(start=NOON, end=NOON + MINUTE)),
        (None, NOON + 120 * MINUTE, Window(start=NOON, end=NOON + 120 * MINUTE)),
        (
            NOON + timedelta(days=1),
            NOON + timedelta(days=1, hours=1),
            Window(start=NOON + timedelta(days=1), end=NOON + timedelta(days=1, hours=1)),
        ),
    ],
)
def test_a_window_within_bounds_begins_now_at_the_earliest(start: datetime | None, end: datetime, want: Window) -> None:
    """A start that has passed means now; bounds themselves are allowed."""
    wish = Wish(charger=CHARGER, evse=1, token=HOLDER, start=start, end=end)
    later = NOON + timedelta(milliseconds=900)
    wish_now = later if start is None or start < NOON else NOON
    step = Ledger().propose(wish, ONLINE, TERMS, uid="uid", now=wish_now)
    assert step.changes[0].after.window == want


@pytest.mark.parametrize("group", [None, "f" * 21])
def test_a_token_that_the_charger_cannot_carry_is_refused(group: str | None) -> None:
    """It is never hashed or cut (ocpp.md 1.1); the group travels the same way."""
    world = World()
    token = IdToken(value="x" * 20) if group else IdToken(value="x" * 21)
    with pytest.raises(Refusal) as caught:
        world.reserve(token=token, group=group)
    assert caught.value.reason is Reason.TOKEN_TOO_LONG
    assert caught.value.limit == 20


def test_a_token_as_long_as_can_be_is_fine() -> None:
    """The limit itself is allowed, and a charger that was never there sets none."""
    World().reserve(token=IdToken(value="x" * 20), group="f" * 20)
    World(connected=False).reserve(token=IdToken(value="x" * 255), start=NOON + MINUTE)


def test_an_overlap_is_refused_with_what_is_in_the_way() -> None:
    """A conflict is refused when it is proposed, with the reservation it collides with (design.md 5)."""
    world = World(evses=(1, 2))
    world.reserve(1, start=NOON + HALF_HOUR)
    with pytest.raises(Refusal) as caught:
        world.reserve(1, STRANGER, start=NOON + HALF_HOUR + MINUTE)
    assert caught.value.reason is Reason.CONFLICT
    assert caught.value.obstacle == Obstacle(reservation_id=1, evse=1, start=NOON + HALF_HOUR, end=NOON + 2 * HALF_HOUR)
    world.reserve(1, STRANGER, start=NOON + 2 * HALF_HOUR)
    world.reserve(1, STRANGER)
    world.reserve(2, STRANGER, start=NOON + HALF_HOUR)


def test_ids_count_up_and_come_back_to_one() -> None:
    """OCPP's integer has 31 bits for them, and 0 means none to some chargers (ocpp.md 1.1)."""
    world = World()
    assert world.reserve().reservation_id == 1
    world.cancel(world.known(world.changes[0].after))
    assert world.reserve().reservation_id == 2
    world.ledger = Ledger(last_id=MAX_WIRE_ID)
    assert world.reserve().reservation_id == 1


def test_a_caller_may_choose_an_id_that_is_free() -> None:
    """An id of a living reservation or a ghost is not (ocpp.md 1.1); the counter passes by what is taken."""
    world = World(evses=(1, 2))
    first = world.reserve(1, reservation_id=1)
    world.settle()
    with pytest.raises(Refusal) as caught:
        world.reserve(2, reservation_id=1)
    assert caught.value.reason is Reason.ID_IN_USE
    world.disconnect()
    world.cancel(first)
    world.connect()
    with pytest.raises(Refusal):
        world.reserve(2, reservation_id=1)
    assert world.reserve(2).reservation_id == 2
    assert world.ledger.last_id == 2


def test_a_reservation_is_found_by_either_id() -> None:
    """Both are for ever (contract 3); what has ended is in the book no longer."""
    world = World()
    reservation = world.reserve(reservation_id=77)
    assert world.ledger.find(reservation.uid) == reservation
    assert world.ledger.find_by_id(77) == reservation
    assert world.ledger.find("another") is None
    assert world.ledger.find_by_id(78) is None
    world.cancel(reservation)
    assert world.ledger.find(reservation.uid) is None


def test_what_is_unknown_cannot_be_withdrawn() -> None:
    """An unknown id is an input error (ocpp.md 1.2)."""
    with pytest.raises(Refusal) as caught:
        World().ledger.withdraw("unknown", Charger(charger=CHARGER), NOON)
    assert caught.value.reason is Reason.NOT_FOUND


def test_what_is_in_use_cannot_be_withdrawn() -> None:
    """Cancelling an in_use reservation is refused (contract 3)."""
    world = World()
    reservation = world.reserve()
    world.settle()
    world.start()
    with pytest.raises(Refusal) as caught:
        world.cancel(reservation)
    assert caught.value.reason is Reason.IN_USE
    assert caught.value.obstacle is not None
    assert caught.value.obstacle.reservation_id == reservation.reservation_id


def test_the_reservations_of_a_charger_that_is_removed_end_as_removed() -> None:
    """Even one in use; its ghosts are dropped (contract 1)."""
    world = World(evses=(1, 2, 3))
    used, active, ended = world.reserve(1), world.reserve(2), world.reserve(3)
    world.settle()
    world.start()
    world.cancel(ended)
    assert world.book.ghosts
    world.take(world.ledger.without_charger(CHARGER, NOON))
    assert world.status_of(used) is world.status_of(active) is Status.REMOVED
    assert world.news[-2:] == [News.REMOVED, News.REMOVED]
    assert not world.ledger.books


def test_time_passes_for_chargers_that_are_unknown_too() -> None:
    """A reservation ends even if its charger is not there any more."""
    world = World()
    reservation = world.reserve()
    world.chargers.clear()
    world.wait(HALF_HOUR)
    assert world.status_of(reservation) is Status.EXPIRED


def test_a_ledger_to_which_nothing_happens_is_the_same() -> None:
    """What is not changed is not saved."""
    world = World()
    assert world.ledger.next_moment() is None
    world.reserve()
    world.settle()
    before = world.ledger
    world.wait(SECOND)
    world.status(1, ConnectorStatus.AVAILABLE)
    assert world.ledger is before
    assert world.ledger.next_moment() == NOON + HALF_HOUR


@pytest.mark.parametrize(
    ("token", "group", "moment", "want"),
    [
        (HOLDER, None, NOON, True),
        (STRANGER, None, NOON, False),
        (STRANGER, "FAMILY", NOON, True),
        (STRANGER, None, NOON - SECOND, True),
        (STRANGER, None, NOON + HALF_HOUR - SECOND, False),
        (STRANGER, None, NOON + HALF_HOUR, True),
    ],
)
def test_a_stranger_may_not_start_within_the_window(
    token: IdToken, group: str | None, moment: datetime, *, want: bool
) -> None:
    """By token, connector and time, never by a reservation id (design.md 5)."""
    world = World(evses=(1, 2))
    world.reserve(group="family")
    assert world.may_start(token, group, 1, moment) is want
    assert world.may_start(token, group, 2, moment)
