"""How a charger spells tokens, and that it gets its own spelling back."""

from custom_components.ocpp_central.core.commands import PlaceHold
from custom_components.ocpp_central.core.reservation import HoldState
from custom_components.ocpp_central.core.spellings import MOST, Spellings
from custom_components.ocpp_central.core.token import IdToken

from .world import HOLDER, STRANGER, World

AS_WE_WRITE = IdToken(value="04A2B3C4", type="ISO14443")
AS_IT_SPELLS = IdToken(value="04a2b3c4", type="ISO14443")


def known(*tokens: IdToken) -> Spellings:
    """The spellings once these tokens were presented, one after another."""
    spellings = Spellings()
    for token in tokens:
        spellings = spellings.after(token)
    return spellings


def placed(world: World) -> PlaceHold:
    """The ReserveNow that is due."""
    (command,) = world.plan().commands
    assert isinstance(command, PlaceHold)
    return command


def test_a_token_is_spelled_as_it_was_presented_last() -> None:
    """Some chargers compare letter by letter (ocpp.md 3)."""
    assert known(AS_IT_SPELLS).of(AS_WE_WRITE) == AS_IT_SPELLS
    assert known(AS_IT_SPELLS, AS_WE_WRITE).of(AS_IT_SPELLS) == AS_WE_WRITE


def test_a_charger_that_keeps_bytes_apart_is_told_so() -> None:
    """What it presents and what it is told have the same spelling, whatever the owner typed in."""
    apart = IdToken(value="04:A2:B3:C4", type="ISO14443")
    assert known(apart).of(AS_WE_WRITE) == apart
    assert known(apart, AS_WE_WRITE).known == known(AS_WE_WRITE).known


def test_a_token_that_was_never_presented_is_spelled_as_it_is() -> None:
    """There is nothing else to go by."""
    assert known(STRANGER).of(AS_WE_WRITE) == AS_WE_WRITE


def test_a_charger_that_knows_no_types_takes_none_away() -> None:
    """1.6 presents a value only; the type that the owner gave is kept."""
    presented = IdToken(value="04a2b3c4")
    assert known(presented).of(AS_WE_WRITE) == AS_IT_SPELLS


def test_a_type_is_learned_with_the_spelling() -> None:
    """A token that was reserved without a type is sent with the one that the charger read."""
    assert known(AS_IT_SPELLS).of(IdToken(value="04A2B3C4")) == AS_IT_SPELLS


def test_a_token_of_another_type_is_another_token() -> None:
    """A key code may have the letters of a card."""
    code = IdToken(value="04a2b3c4", type="KeyCode")
    assert known(code).of(AS_WE_WRITE) == AS_WE_WRITE


def test_what_is_known_already_costs_nothing() -> None:
    """The same spellings, so that nothing has to be saved."""
    spellings = known(STRANGER, AS_IT_SPELLS)
    assert spellings.after(AS_IT_SPELLS) is spellings


def test_what_was_learned_first_is_forgotten_first() -> None:
    """A charger in a public place cannot fill the disk, and a known token costs nothing to present."""
    others = [IdToken(value=f"T{number}") for number in range(MOST - 2)]
    spellings = known(STRANGER, IdToken(value="holder"), *others, AS_IT_SPELLS)
    assert len(spellings.known) == MOST
    assert "stranger" not in spellings.known
    assert spellings.of(HOLDER).value == "holder"
    assert spellings.of(AS_WE_WRITE) == AS_IT_SPELLS


def test_no_spelling_shows_in_a_text() -> None:
    """A token is a key."""
    assert "04" not in repr(known(AS_IT_SPELLS))


def test_a_hold_is_asked_for_in_the_chargers_spelling() -> None:
    """The reservation keeps the token as it was made for."""
    world = World()
    world.authorize(IdToken(value="holder"))
    reservation = world.reserve()
    assert placed(world).token.value == "holder"
    assert world.known(reservation).token == HOLDER


def test_a_hold_is_placed_again_when_its_holder_turns_out_to_be_spelled_otherwise() -> None:
    """Under the same id, or a charger that compares letter by letter would refuse its holder."""
    world = World()
    reservation = world.reserve()
    world.settle()
    world.authorize(IdToken(value="holder"))
    again = placed(world)
    assert (again.hold, again.token.value) == (reservation.reservation_id, "holder")
    world.settle()
    assert world.hold_of(reservation).state is HoldState.HELD
    world.authorize(IdToken(value="holder"))
    world.authorize(STRANGER)
    assert not world.plan().commands


def test_a_hold_that_is_given_up_at_the_presentation_is_not_placed_again() -> None:
    """2.x, whose tokens have a type, lets the holder in by that (H03.FR.09)."""
    world = World()
    world.reserve()
    world.settle()
    world.authorize(IdToken(value="holder", type="ISO14443"))
    assert not world.plan().commands
