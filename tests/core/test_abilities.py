"""What a charger says that it can reserve, when it is asked, and what follows."""

from dataclasses import replace

import pytest

from custom_components.ocpp_central.core.abilities import Abilities
from custom_components.ocpp_central.core.book import Book
from custom_components.ocpp_central.core.charger import Charger, Evse
from custom_components.ocpp_central.core.commands import AskForAbilities, Outcome, PlaceHold, Plug
from custom_components.ocpp_central.core.connector_types import CONNECTOR_TYPES, LONGEST_TYPE, named_type
from custom_components.ocpp_central.core.events import (
    AbilitiesTold,
    AbilitiesUntold,
    Ability,
    AbilityMissing,
    Booted,
    Connected,
    EvseId,
)
from custom_components.ocpp_central.core.planner import MOST_PLUGS, plan
from custom_components.ocpp_central.core.reservation import HeldBy, HoldState, Status

from .world import CHARGER, NOON, STRANGER, World

BOOT = Booted(vendor=None, model=None, serial=None, firmware=None, at=NOON)


def _charger(*evses: EvseId, plugs: int = 0) -> Charger:
    """A charger that is settled, and has told nothing of its abilities."""
    connectors = frozenset(range(1, plugs + 1))
    known = {each: Evse(evse=each, connectors=connectors, reported=True) for each in evses}
    return Charger(charger=CHARGER, evses=known, connected_at=NOON)


def _told(
    *, claims: bool | None = None, unspecific: bool | None = None, types: dict[EvseId, frozenset[str]] | None = None
) -> AbilitiesTold:
    return AbilitiesTold(claims_reservations=claims, holds_unspecific=unspecific, types=types, at=NOON)


def _questions(charger: Charger) -> list[AskForAbilities]:
    commands = plan(Book(charger=CHARGER), charger, NOON).commands
    return [each for each in commands if isinstance(each, AskForAbilities)]


def test_what_is_not_told_is_not_known() -> None:
    """None, False and no type, never a guess."""
    charger = _charger(1)
    assert charger.claims_reservations is None
    assert charger.holds_unspecific is False
    assert charger.types_at(1) == frozenset()


def test_what_is_told_is_known() -> None:
    """Each EVSE has the types of its own."""
    charger = _charger(1, 2).after(
        _told(claims=True, unspecific=True, types={1: frozenset({"cType2"}), 2: frozenset()})
    )
    assert charger.claims_reservations is True
    assert charger.holds_unspecific is True
    assert charger.types_at(1) == {"cType2"}
    assert charger.types_at(2) == frozenset()


def test_what_is_not_told_again_stays_known() -> None:
    """A charger that has just booted may not be able to tell yet."""
    told = _charger(1).after(_told(claims=True, unspecific=True, types={1: frozenset({"cType2"})})).after(BOOT)
    charger = told.after(_told(types={1: frozenset()}))
    assert (charger.claims_reservations, charger.holds_unspecific) == (True, True)
    assert charger.types_at(1) == {"cType2"}
    assert charger.after(_told(claims=False, unspecific=False)).claims_reservations is False


OLD = replace(BOOT, model="M", firmware="1.0")
NEW = replace(OLD, firmware="2.0")


@pytest.mark.parametrize("renewed", [NEW, replace(OLD, model="N"), replace(NEW, model=None)])
def test_another_firmware_makes_what_is_not_told_again_unknown(renewed: Booted) -> None:
    """It counts until the charger was asked, an EVSE at a time; then it has to be told anew."""
    types = {1: frozenset({"cType2"}), 2: frozenset({"cCCS2"})}
    old = _charger(1, 2).after(OLD).after(_told(claims=True, unspecific=True, types=types))
    charger = old.after(renewed)
    assert (charger.claims_reservations, charger.holds_unspecific) == (True, True)
    assert (charger.types_at(1), charger.types_at(2)) == (types[1], types[2])
    assert _questions(charger)
    asked_of_one = charger.after(_told(claims=False, types={1: frozenset()}))
    assert (asked_of_one.claims_reservations, asked_of_one.holds_unspecific) == (False, False)
    assert (asked_of_one.types_at(1), asked_of_one.types_at(2)) == (frozenset(), types[2])
    asked_of_both = asked_of_one.after(_told(types={2: frozenset()}))
    assert asked_of_both.types_at(2) == frozenset()
    assert asked_of_both.claims_reservations is None
    assert _questions(asked_of_both) == []


def test_another_firmware_of_16_is_asked_anew() -> None:
    """1.6 tells all at once; of the next boot with this firmware, what is not told again stays known."""
    charger = _charger(1).after(OLD).after(_told(claims=True)).after(NEW)
    assert charger.claims_reservations is True
    assert charger.after(_told()).claims_reservations is None
    again = charger.after(_told(claims=True)).after(NEW).after(_told())
    assert again.claims_reservations is True


@pytest.mark.parametrize("again", [OLD, BOOT, replace(OLD, serial="S")])
def test_the_same_firmware_makes_nothing_unknown(again: Booted) -> None:
    """A charger may also leave out what it is, or tell more of it."""
    charger = _charger(1).after(OLD).after(_told(claims=True)).after(again).after(_told())
    assert charger.claims_reservations is True


def test_the_owners_word_counts_more() -> None:
    """Per EVSE: for the others it is what the charger told."""
    told = _charger(1, 2).after(_told(types={1: frozenset({"cType2"}), 2: frozenset({"cCCS2"})}))
    charger = replace(told, given_types={1: frozenset({"sType2"})})
    assert charger.types_at(1) == {"sType2"}
    assert charger.types_at(2) == {"cCCS2"}


def test_a_charger_is_asked_once_when_it_is_settled() -> None:
    """Of itself and of every EVSE; what it answered is enough, whatever it is."""
    charger = _charger(1, 2)
    (question,) = _questions(charger)
    assert question == AskForAbilities(plugs=(Plug(1, 1), Plug(2, 1)))
    assert _questions(charger.after(_told(types={1: frozenset(), 2: frozenset()}))) == []
    unsettled = replace(charger, evses={1: Evse(evse=1)})
    assert _questions(unsettled) == []


def test_every_plug_is_asked_for_but_not_at_once() -> None:
    """Some chargers answer ten variables at most; an EVSE stays whole."""
    charger = _charger(1, 2, 3, 4, plugs=2)
    asked: list[Plug] = []
    for _ in range(2):
        (question,) = _questions(charger)
        assert len(question.plugs) <= MOST_PLUGS
        asked += question.plugs
        charger = charger.after(_told(types={plug.evse: frozenset() for plug in question.plugs}))
    assert _questions(charger) == []
    assert asked == [Plug(evse, connector) for evse in (1, 2, 3, 4) for connector in (1, 2)]


def test_a_charger_without_words_for_types_is_asked_once() -> None:
    """However many EVSEs it has, and whichever it tells of later."""
    charger = _charger(*range(1, 20)).after(_told(claims=True))
    assert _questions(charger) == []
    assert _questions(replace(charger, evses={**charger.evses, 20: Evse(evse=20, reported=True)})) == []


def test_an_evse_that_appears_later_is_asked_for() -> None:
    """A charger tells of its EVSEs one after another."""
    charger = _charger(1).after(_told(types={1: frozenset()}))
    more = replace(charger, evses={**charger.evses, 2: Evse(evse=2, reported=True)})
    assert _questions(more) == [AskForAbilities(plugs=(Plug(2, 1),))]


def test_a_boot_makes_the_question_due_again_and_a_reconnect_does_not() -> None:
    """A boot may bring another firmware."""
    told = _charger(1).after(_told(claims=True))
    assert _questions(replace(told.after(Connected(token_length=20, at=NOON)), evses=told.evses)) == []
    assert len(_questions(told.after(BOOT))) == 1
    assert told.after(BOOT).claims_reservations is True


def test_a_charger_that_does_not_tell_is_left_alone_until_it_connects_again() -> None:
    """Or boots."""
    silent = _charger(1).after(AbilitiesUntold(at=NOON))
    assert _questions(silent) == []
    again = silent.after(Connected(token_length=20, at=NOON))
    assert len(_questions(replace(again, evses=silent.evses))) == 1
    assert len(_questions(silent.after(BOOT))) == 1


def test_holds_go_first() -> None:
    """Nobody's reservation waits for a question of ours."""
    world = World()
    world.boot()
    world.reserve()
    assert [type(each) for each in world.plan().commands] == [PlaceHold, AskForAbilities]
    assert [type(each) for each in world.settle()] == [PlaceHold, AskForAbilities]
    assert world.plan().commands == ()


@pytest.mark.parametrize(("claims", "supported"), [(True, True), (None, True), (False, False)])
def test_a_rejection_by_a_charger_that_claims_nothing_means_that_it_cannot(
    claims: bool | None, *, supported: bool
) -> None:
    """`auto` goes on without it, and it is not asked again until it boots (ocpp.md 5.3)."""
    world = World(evses=(1, 2))
    world.abilities(claims)
    reservation = world.reserve()
    world.settle(Outcome.REJECTED)
    if supported:
        assert world.status_of(reservation) is Status.REJECTED
        return
    assert world.status_of(reservation) is Status.ACTIVE
    assert world.hold_of(reservation).state is HoldState.UNSUPPORTED
    assert world.known(reservation).last_outcome is Outcome.REJECTED
    assert world.hold_of(world.reserve(2, STRANGER)).state is HoldState.UNSUPPORTED
    assert world.plan().commands == ()
    world.boot()
    assert isinstance(world.next_command(), PlaceHold)


def test_whoever_insists_on_the_charger_is_told() -> None:
    """`charger` takes nothing but Accepted."""
    world = World()
    world.abilities(claims_reservations=False)
    reservation = world.reserve(held_by=HeldBy.CHARGER)
    world.settle(Outcome.REJECTED)
    assert world.status_of(reservation) is Status.REJECTED
    assert world.known(reservation).last_outcome is Outcome.REJECTED


def test_a_hold_that_may_stand_is_dropped_whatever_the_charger_claims() -> None:
    """Some that claim nothing do hold, and reject a hold that they have already: it must not be left behind."""
    world = World()
    world.abilities(claims_reservations=False)
    reservation = world.reserve()
    world.settle()
    assert world.hold_of(reservation).state is HoldState.HELD
    world.disconnect()
    world.connect()
    world.boot()
    command = PlaceHold(hold=1, evse=1, token=reservation.token, until=reservation.until)
    world.send(command)
    world.answer(command, Outcome.REJECTED)
    assert world.hold_of(reservation).drop_first
    assert world.book.can_hold


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("cType2", "cType2"),
        (" CTYPE2 ", "cType2"),
        ("cVendorOwn", "cVendorOwn"),
        ("Unknown", None),
        ("undetermined", None),
        ("", None),
        ("x" * (LONGEST_TYPE + 1), None),
    ],
)
def test_a_type_is_named_as_it_is_published(told: str, name: str | None) -> None:
    """Chargers and people spell freely; an unknown type is none."""
    assert named_type(told) == name


def test_every_published_type_is_a_type() -> None:
    """No two are alike, and none is too long."""
    assert [named_type(each.upper()) for each in CONNECTOR_TYPES] == list(CONNECTOR_TYPES)


def test_abilities_that_do_not_change_stay_the_same_value() -> None:
    """A boot of a charger that has told nothing leaves nothing to save."""
    nothing = Abilities()
    assert nothing.after_boot() is nothing


def test_what_a_charger_does_not_know_is_forgotten_with_its_firmware() -> None:
    """It is noted once, and stays whatever else it tells."""
    missing = AbilityMissing(ability=Ability.UNLOCK, at=NOON)
    charger = _charger(1).after(OLD).after(missing)
    assert charger.after(missing) is charger
    again = charger.after(_told(claims=True)).after(OLD)
    assert again.abilities.missing == {Ability.UNLOCK}
    assert again.after(NEW).abilities.missing == set()
