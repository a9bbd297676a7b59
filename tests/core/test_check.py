"""The four answers of the check (ocpp.md 5.8)."""

from datetime import timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.ocpp_central.core.check import Check, CheckStatus, check_charger, check_evse
from custom_components.ocpp_central.core.token import IdToken

from .world import HALF_HOUR, HOLDER, MINUTE, NOON, SECOND, STRANGER, World

NOT_RESERVED = CheckStatus.NOT_RESERVED
FOR_TOKEN = CheckStatus.FOR_TOKEN
FOR_OTHER = CheckStatus.FOR_OTHER_TOKEN
FOR_OTHER_WITH_GROUP = CheckStatus.FOR_OTHER_TOKEN_AND_HAS_PARENT_TOKEN


def ask_evse(world: World, token: IdToken = STRANGER, group: str | None = None, evse: int = 1) -> Check:
    """Ask about an EVSE."""
    return check_evse(world.ledger.doors(world.charger, world.now), evse, token, group)


def ask_charger(world: World, token: IdToken = STRANGER, group: str | None = None) -> Check:
    """Ask about the charger."""
    return check_charger(world.ledger.doors(world.charger, world.now), world.charger.evses, token, group)


@pytest.mark.parametrize(
    ("reserved_for", "token", "group", "want"),
    [
        (None, HOLDER, None, FOR_TOKEN),
        (None, IdToken(value="holder"), None, FOR_TOKEN),
        (None, IdToken(value="HOLDER", type="ISO14443"), None, FOR_TOKEN),
        (None, STRANGER, None, FOR_OTHER),
        (None, STRANGER, "FAMILY", FOR_OTHER),
        ("FAMILY", HOLDER, None, FOR_TOKEN),
        ("FAMILY", HOLDER, "GUESTS", FOR_TOKEN),
        ("FAMILY", STRANGER, "family", FOR_TOKEN),
        ("FAMILY", STRANGER, "GUESTS", FOR_OTHER),
        ("FAMILY", STRANGER, None, FOR_OTHER_WITH_GROUP),
    ],
)
def test_an_evse_is_reserved_for_the_token_for_its_group_or_for_others(
    reserved_for: str | None, token: IdToken, group: str | None, want: CheckStatus
) -> None:
    """The group is tried where the token itself does not match; without one it may still turn out (ocpp.md 1.1)."""
    world = World(evses=(1, 2))
    reservation = world.reserve(group=reserved_for)
    assert ask_evse(world, token, group) == Check(status=want, reservation=world.known(reservation))
    assert ask_evse(world, token, group, evse=2) == Check(status=NOT_RESERVED)


def test_tokens_of_two_kinds_are_two_tokens() -> None:
    """Types are compared where both are known (ocpp.md 5.8)."""
    world = World()
    world.reserve(token=IdToken(value="HOLDER", type="Central"))
    assert ask_evse(world, IdToken(value="HOLDER", type="ISO14443")).status is FOR_OTHER
    assert ask_evse(world, IdToken(value="HOLDER")).status is FOR_TOKEN


@pytest.mark.parametrize(
    ("wait", "want"),
    [
        (MINUTE - SECOND, NOT_RESERVED),
        (MINUTE, FOR_OTHER),
        (MINUTE + HALF_HOUR - SECOND, FOR_OTHER),
        (MINUTE + HALF_HOUR, NOT_RESERVED),
    ],
)
def test_only_the_present_counts(wait: timedelta, want: CheckStatus) -> None:
    """A window is half-open: reserved from its start until before its end, whatever was noticed of that."""
    world = World()
    world.reserve(start=NOON + MINUTE)
    world.now += wait
    assert ask_evse(world).status is want
    assert ask_charger(world).status is want


def test_a_reservation_in_use_is_still_reserved() -> None:
    """While the holder charges, the EVSE is his."""
    world = World()
    world.reserve()
    world.settle()
    world.start(HOLDER)
    assert ask_evse(world).status is FOR_OTHER
    assert ask_evse(world, HOLDER).status is FOR_TOKEN


def test_a_cancelled_reservation_reserves_nothing() -> None:
    """Only what lives counts."""
    world = World()
    world.cancel(world.reserve())
    assert ask_evse(world) == Check(status=NOT_RESERVED)


def test_a_charger_with_a_free_evse_is_not_reserved() -> None:
    """Others find a place there."""
    world = World(evses=(1, 2))
    world.reserve(1)
    assert ask_charger(world) == Check(status=NOT_RESERVED)


def test_a_charger_is_reserved_for_whoever_holds_one_of_its_evses() -> None:
    """Whatever else is free or taken there."""
    world = World(evses=(1, 2, 3))
    world.reserve(1, STRANGER)
    own = world.reserve(2)
    assert ask_charger(world, HOLDER) == Check(status=FOR_TOKEN, reservation=world.known(own))


def test_a_charger_whose_evses_are_all_reserved_names_what_ends_first() -> None:
    """The answer says when it will be another one."""
    world = World(evses=(1, 2))
    world.reserve(1, lasting=2 * HALF_HOUR)
    first = world.reserve(2, IdToken(value="OTHER"))
    assert ask_charger(world) == Check(status=FOR_OTHER, reservation=world.known(first))


def test_a_charger_may_be_reserved_for_the_group_of_whoever_asks() -> None:
    """One reservation for a group is enough for that."""
    world = World(evses=(1, 2))
    world.reserve(1)
    shared = world.reserve(2, IdToken(value="OTHER"), group="FAMILY", lasting=2 * HALF_HOUR)
    assert ask_charger(world) == Check(status=FOR_OTHER_WITH_GROUP, reservation=world.known(shared))
    assert ask_charger(world, group="GUESTS").status is FOR_OTHER
    assert ask_charger(world, group="FAMILY") == Check(status=FOR_TOKEN, reservation=world.known(shared))


def test_a_charger_that_has_told_of_no_evse_is_not_reserved() -> None:
    """There is nothing that could be."""
    assert ask_charger(World(evses=())) == Check(status=NOT_RESERVED)


@given(
    reserved=st.lists(
        st.tuples(
            st.sampled_from((1, 2)), st.sampled_from("abc"), st.sampled_from((None, "x", "y")), st.integers(0, 5)
        ),
        max_size=6,
    ),
    token=st.sampled_from("abcd"),
    group=st.sampled_from((None, "x", "y")),
    later=st.integers(0, 6),
)
def test_a_check_says_who_may_start(
    reserved: list[tuple[int, str, str | None, int]], token: str, group: str | None, later: int
) -> None:
    """Reserved for others is exactly where a start would be refused."""
    world = World(evses=(1, 2))
    taken = set()
    for evse, holder, shared, slot in reserved:
        if (evse, slot) not in taken:
            taken.add((evse, slot))
            start = NOON + MINUTE + slot * HALF_HOUR
            world.reserve(evse, IdToken(value=holder), group=shared, start=start)
    world.now = NOON + later * HALF_HOUR + 2 * MINUTE
    others = {FOR_OTHER, FOR_OTHER_WITH_GROUP}
    kept_out = [ask_evse(world, IdToken(value=token), group, evse).status in others for evse in (1, 2)]
    assert kept_out == [not world.may_start(IdToken(value=token), group, evse, world.now) for evse in (1, 2)]
    assert (ask_charger(world, IdToken(value=token), group).status in others) == all(kept_out)
