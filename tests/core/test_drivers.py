"""Whose a token is, and which group it belongs to."""

import pytest

from custom_components.ocpp_central.core.drivers import Driver, Drivers, Holder
from custom_components.ocpp_central.core.token import IdToken


def token(value: str, kind: str | None = None) -> IdToken:
    """A token."""
    return IdToken(value=value, type=kind)


CARD = token("04A2", "ISO14443")
CODE = token("1234")
ANNA = Driver(driver_id="driver-a", name="Anna", tokens=(CARD, CODE))
BEN = Driver(driver_id="driver-b", name="Ben", tokens=(token("BEEF"),), group="Family")
CLEO = Driver(driver_id="driver-c", name="Cleo", tokens=(token("C1E0"),))
DORA = Driver(driver_id="driver-d", name="Dora", tokens=(token("04A2B3C4D5E680"), token("04:A2:B3:C4")))
DRIVERS = Drivers(known=(ANNA, BEN, CLEO, DORA))


@pytest.mark.parametrize(
    ("presented", "whose"),
    [
        (CARD, ANNA),
        (token("04a2", "iso14443"), ANNA),
        (token("04A2"), ANNA),
        (token("04A2", "KeyCode"), None),
        (token("1234", "KeyCode"), ANNA),
        (token("beef", "Local"), BEN),
        (token("04:a2:b3:c4:d5:e6:80", "ISO14443"), DORA),
        (token("04a2b3c4"), DORA),
        (token("DEAD"), None),
    ],
)
def test_a_token_is_known_by_its_value(presented: IdToken, whose: Driver | None) -> None:
    """In any spelling; types count where both are known (1.6 tells none)."""
    assert DRIVERS.holder_of(presented) is whose
    assert DRIVERS.group_of(presented) == (None if whose is None else whose.shared_group)


def test_a_driver_with_several_tokens_is_a_group() -> None:
    """A charger lets his second card in by the group alone; his own group has the same effect."""
    assert ANNA.shared_group == "driver-a"
    assert BEN.shared_group == "Family"
    assert CLEO.shared_group is None
    assert Driver(driver_id="d", name="D", tokens=(CARD, CODE), group="Family").shared_group == "Family"


def test_drivers_are_found_by_id_and_by_name() -> None:
    """A name in letters of either case; the order is the owner's."""
    assert DRIVERS.get("driver-b") is BEN
    assert DRIVERS.get("driver-x") is DRIVERS.get(None) is None
    assert DRIVERS.named("CLEO") is CLEO
    assert DRIVERS.named("Nobody") is None
    assert DRIVERS.names == ("Anna", "Ben", "Cleo", "Dora")
    assert Drivers().names == ()


def test_the_first_of_two_who_claim_the_same_has_it() -> None:
    """Forms refuse it, but what is stored may say anything."""
    twin = Driver(driver_id="driver-t", name="anna", tokens=(token("BEEF"), token("04A2")))
    drivers = Drivers(known=(ANNA, twin, BEN))
    assert drivers.named("Anna") is ANNA
    assert drivers.holder_of(CARD) is ANNA
    assert drivers.holder_of(token("BEEF")) is twin


@pytest.mark.parametrize(
    ("given", "group", "holder"),
    [
        (token("04a2"), None, Holder(token=CARD, group="driver-a", driver="driver-a")),
        (CARD, "Guests", Holder(token=CARD, group="Guests", driver="driver-a")),
        (token("1234", "KeyCode"), None, Holder(token=token("1234", "KeyCode"), group="driver-a", driver="driver-a")),
        (token("BEEF"), None, Holder(token=token("BEEF"), group="Family", driver="driver-b")),
        (token("DEAD", "Local"), "Guests", Holder(token=token("DEAD", "Local"), group="Guests")),
        (token("DEAD"), None, Holder(token=token("DEAD"))),
    ],
)
def test_a_holder_is_all_that_is_known_of_a_token(given: IdToken, group: str | None, holder: Holder) -> None:
    """What is given comes first, then what is known: driver, type and group."""
    assert DRIVERS.as_holder(given, group) == holder


def test_a_driver_holds_with_his_first_token() -> None:
    """A charger is told one token; the group lets the others in."""
    assert ANNA.as_holder() == Holder(token=CARD, group="driver-a", driver="driver-a")
    assert BEN.as_holder("Guests") == Holder(token=token("BEEF"), group="Guests", driver="driver-b")


def test_no_token_and_no_group_shows_in_a_repr() -> None:
    """Neither logs nor tracebacks give them away."""
    for shown in (repr(DRIVERS), repr(BEN.as_holder())):
        assert not any(secret in shown for secret in ("04A2", "1234", "BEEF", "C1E0", "Family"))
