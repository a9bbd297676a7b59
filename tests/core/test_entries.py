"""Whom a charger's own list names."""

from collections.abc import Iterable

import pytest

from custom_components.ocpp_central.core.drivers import Driver, Drivers
from custom_components.ocpp_central.core.entries import Entries, Entry, entries_of, next_change, spelled
from custom_components.ocpp_central.core.events import Standing
from custom_components.ocpp_central.core.spellings import Spellings
from custom_components.ocpp_central.core.token import IdToken

from .world import MINUTE, NOON

BLOCKED = Standing.BLOCKED


def token(value: str, type_: str | None = "ISO14443") -> IdToken:
    """A card, unless it is said to be something else."""
    return IdToken(value=value, type=type_)


def driver(name: str, *values: str, **facts: object) -> Driver:
    """A driver with these cards."""
    return Driver(driver_id=f"driver-{name}", name=name, tokens=tuple(map(token, values)), **facts)  # type: ignore[arg-type]


def listed(*drivers: Driver, length: int | None = 20, spellings: Iterable[IdToken] = ()) -> Entries:
    """The list for these drivers at noon."""
    known = Spellings()
    for each in spellings:
        known = known.after(each)
    return spelled(entries_of(Drivers(known=drivers), length, NOON), known)


def test_everybody_has_a_token_in_it_before_anybody_has_two() -> None:
    """If it is too short, as many drivers as possible can charge; whoever is blocked comes last."""
    entries = listed(driver("Anna", "A1", "A2"), driver("Ben", "B1", "B2", blocked=True), driver("Cleo", "C1", "C2"))
    assert [entry.token.value for entry in entries.values()] == ["A1", "C1", "A2", "C2", "B1", "B2"]
    assert [entry.standing for entry in entries.values()] == [Standing.ACCEPTED] * 4 + [BLOCKED] * 2


def test_who_may_not_charge_now_is_left_out_unless_he_is_blocked() -> None:
    """Not yet valid, or no longer: the charger refuses what it does not know."""
    later, earlier = NOON + MINUTE, NOON - MINUTE
    entries = listed(
        driver("Anna", "A1", valid_from=later),
        driver("Ben", "B1", valid_until=NOON),
        driver("Cleo", "C1", valid_from=earlier, valid_until=later),
        driver("Dora", "D1", valid_until=earlier, blocked=True),
    )
    assert list(entries.values()) == [
        Entry(token=token("C1"), until=later),
        Entry(token=token("D1"), standing=BLOCKED),
    ]


def test_what_the_charger_cannot_carry_is_left_out() -> None:
    """A token of 21 characters in 1.6, and a group of that length; the driver's other token stays."""
    entries = listed(driver("Anna", "A" * 21, "A2", group="G" * 21))
    assert list(entries.values()) == [Entry(token=token("A2"))]
    assert set(listed(driver("Anna", "A" * 21), length=None)) == {"a" * 21}


def test_several_tokens_are_a_group() -> None:
    """As everywhere: somebody with two tokens is a group by himself."""
    entries = listed(driver("Anna", "A1", "A2"), driver("Ben", "B1", group="Kinfolk"), driver("Cleo", "C1"))
    groups = {entry.token.value: entry.group for entry in entries.values()}
    assert groups == {"A1": "driver-Anna", "A2": "driver-Anna", "B1": "Kinfolk", "C1": None}


def test_tokens_are_spelled_as_the_charger_spells_them() -> None:
    """Some compare letter by letter."""
    entries = listed(driver("Anna", "a0b1"), spellings=[token("A0B1", None)])
    assert entries == {"a0b1": Entry(token=token("A0B1"))}


def test_of_two_who_claim_a_token_the_first_one_has_it() -> None:
    """Even if he may not charge with it: the list says no other thing than we do."""
    entries = listed(driver("Anna", "X", valid_until=NOON), driver("Ben", "x", "B2"))
    assert [entry.token.value for entry in entries.values()] == ["B2"]


def test_a_token_is_listed_once() -> None:
    """A driver who has it twice, in letters of another case, has it as he gave it first."""
    assert [entry.token.value for entry in listed(driver("Anna", "a1", "A1")).values()] == ["a1"]


@pytest.mark.parametrize(
    ("facts", "moment"),
    [
        ({}, None),
        ({"valid_from": NOON}, None),
        ({"valid_from": NOON + MINUTE, "valid_until": NOON + 2 * MINUTE}, NOON + MINUTE),
        ({"valid_from": NOON - MINUTE, "valid_until": NOON + 2 * MINUTE}, NOON + 2 * MINUTE),
        ({"valid_until": NOON + MINUTE, "blocked": True}, None),
    ],
)
def test_lists_change_by_time_alone(facts: dict[str, object], moment: object) -> None:
    """When somebody's validity begins or ends."""
    assert next_change(Drivers(known=(driver("Anna", "A1", **facts), driver("Ben", "B1"))), NOON) == moment
