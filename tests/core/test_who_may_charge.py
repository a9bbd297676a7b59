"""Who may charge where several things happen within a moment: at one charger, or to the owner's mind."""

from dataclasses import replace
from typing import Any

import pytest

from custom_components.ocpp_central.core.charger import PATIENCE
from custom_components.ocpp_central.core.commands import AskToBoot, Outcome, PlaceHold, SendList, StopTransaction
from custom_components.ocpp_central.core.drivers import Driver, Drivers
from custom_components.ocpp_central.core.entries import entries_of, spelled
from custom_components.ocpp_central.core.events import (
    Authorizing,
    ChargingState,
    ConnectorStatus,
    ListLimitsTold,
    ListVersionTold,
    Metered,
    Reading,
    Standing,
    Started,
    Updated,
)
from custom_components.ocpp_central.core.measurands import IMPORTED
from custom_components.ocpp_central.core.reservation import HeldBy, News, Status, Target
from custom_components.ocpp_central.core.rules import Enforcement, Rules
from custom_components.ocpp_central.core.spellings import Spellings
from custom_components.ocpp_central.core.token import IdToken

from .world import CHARGER, HALF_HOUR, HOLDER, HOUSE, MINUTE, NOON, SECOND, STRANGER, World

CARD = IdToken(value="04A2B3C4")
SEPARATED = IdToken(value="04:A2:B3:C4")


def driver(name: str, *tokens: IdToken, **facts: object) -> Driver:
    """A driver with these tokens."""
    return Driver(driver_id=f"driver-{name}", name=name, tokens=tokens, **facts)  # type: ignore[arg-type]


def test_a_list_of_a_charger_that_separates_bytes_is_right_once_it_has_it() -> None:
    """A charger that spells a UID with separators has the list that it was sent, and is sent no other."""
    world = World()
    charger = world.charger
    drivers = Drivers(known=(driver("anna", CARD),))
    spellings = Spellings().after(SEPARATED)
    local_list = charger.local_list.wanting(spelled(entries_of(drivers, 20, NOON), spellings))
    local_list = local_list.after(ListLimitsTold(enabled=True, most=None, at_once=None, at=NOON))
    local_list = replace(local_list, inquired=True).after(ListVersionTold(version=0, at=NOON))
    update = local_list.due()
    assert isinstance(update, SendList)
    local_list = local_list.sending(update).answered(update, Outcome.ACCEPTED)
    assert local_list.due() is None


def test_a_list_follows_a_charger_that_shows_that_it_separates_bytes() -> None:
    """The spelling that a charger shows goes into its list at once."""
    world = World()
    drivers = Drivers(known=(driver("anna", CARD),))
    world.drivers = drivers
    wanted = world.charger.local_list.wanting(entries_of(drivers, 20, NOON))
    world.chargers[CHARGER] = replace(world.charger, local_list=wanted)
    world.tell(Authorizing(token=SEPARATED, at=NOON))
    (entry,) = world.charger.local_list.target.values()
    assert entry.token == SEPARATED


def test_a_stranger_is_stopped_though_the_first_reservation_that_he_was_in_the_way_of_ends() -> None:
    """Who was in the way of two reservations is no less so because one of them ends within the ten seconds."""
    world = World(evses=(1, 2))
    world.equip(unspecific=True)
    world.reserve(Target.ANY, HOLDER)
    world.reserve(Target.ANY, IdToken(value="OTHER"), lasting=HALF_HOUR * 2)
    world.settle()
    world.status(2, ConnectorStatus.FAULTED)
    world.wait(HALF_HOUR - SECOND * 5)
    assert not world.start(STRANGER, 1).accepted
    world.wait(SECOND * 10)
    assert world.evict("1")


def test_one_of_two_holders_may_have_the_only_evse_that_is_left() -> None:
    """Where two may have any EVSE and one is broken, not both are kept off the other one for each other's sake."""
    world = World(evses=(1, 2))
    world.equip(unspecific=True)
    other = IdToken(value="OTHER")
    world.reserve(Target.ANY, HOLDER)
    world.reserve(Target.ANY, other, lasting=HALF_HOUR * 2)
    world.settle()
    world.status(1, ConnectorStatus.FAULTED)
    assert world.authorize(HOLDER, 2).accepted or world.authorize(other, 2).accepted


def test_who_is_learned_while_he_is_in_the_way_is_stopped_all_the_same() -> None:
    """A card that becomes known within the ten seconds does not open what is reserved for somebody else."""
    world = World()
    world.rules = replace(world.rules, known_only=True)
    world.reserve(1, HOLDER)
    assert world.start(STRANGER).standing is Standing.UNKNOWN
    world.drivers = Drivers(known=(driver("anna", STRANGER),))
    world.wait(SECOND * 10)
    assert world.evict("1")


def test_what_is_reserved_within_the_ten_seconds_is_no_reason_to_stop_somebody() -> None:
    """Who was in the way of a reservation that is gone is in the way of none that came later."""
    world = World()
    gone = world.reserve(1, HOLDER)
    assert not world.start(STRANGER).accepted
    world.wait(SECOND * 5)
    world.cancel(gone)
    world.reserve(1, HOLDER, start=NOON + MINUTE)
    world.wait(MINUTE)
    assert not world.evict("1")


def test_who_began_before_the_window_is_not_stopped_when_he_ends_with_his_second_card() -> None:
    """A transaction from before the window is untouched, though its driver shows another card of his within it."""
    world = World()
    first, second = IdToken(value="FIRST"), IdToken(value="SECOND")
    world.drivers = Drivers(known=(driver("anna", first, second),))
    assert world.start(first, transaction="t").accepted
    world.reserve(1, HOLDER, start=NOON + HALF_HOUR)
    world.wait(HALF_HOUR + MINUTE)
    verdict = world.update("t", second)
    assert verdict is not None
    assert verdict.accepted
    running = world.charger.running("t")
    assert running is not None
    assert running.evict_from is None


@pytest.mark.parametrize("enforcement", [Enforcement.WARN, Enforcement.STOP])
def test_nobody_on_a_reserved_evse_is_told_of_though_only_known_drivers_may_charge(enforcement: Enforcement) -> None:
    """Whoever is in the way and will not be stopped is told of, whatever else is against him."""
    world = World()
    world.chargers[CHARGER] = replace(world.charger, asks=False)
    world.rules = replace(world.rules, known_only=True, enforcement=enforcement)
    world.reserve(1, HOLDER)
    world.start(IdToken(value="FREE"))
    assert News.INTRUDER in world.news


def test_an_evse_is_stopped_three_times_in_ten_minutes_at_most() -> None:
    """However many transactions there are, a charger is asked at most three times in ten minutes for one EVSE."""
    world = World()
    world.reserve(1, HOLDER, lasting=HALF_HOUR * 4)
    stops = 0
    for number in range(3):
        world.start(STRANGER, transaction=f"t{number}")
        for _ in range(100):
            world.wait(SECOND)
            due = [each for each in world.plan().commands if isinstance(each, StopTransaction)]
            if due:
                world.evict(due[0].transaction)
                stops += 1
                if number < 2:
                    world.end(f"t{number}")
                    break
    assert stops <= 3


def test_a_holder_may_start_where_his_refused_start_elsewhere_has_not_stopped_yet() -> None:
    """A start that was refused is no transaction of his, so that he may go to the EVSE that is his."""
    world = World(evses=(1, 2))
    world.rules = replace(world.rules, one_per_token=True)
    world.reserve(1, HOLDER)
    world.reserve(2, STRANGER)
    assert not world.start(HOLDER, 2).accepted
    assert world.start(HOLDER, 1).accepted


def test_a_holder_is_not_stopped_once_his_other_transaction_has_ended() -> None:
    """Who charged twice and has ended one may go on with the other."""
    world = World(evses=(1, 2))
    world.rules = replace(world.rules, one_per_token=True)
    world.reserve(1, HOLDER)
    world.start(HOLDER, 2, transaction="a")
    assert world.start(HOLDER, 1, transaction="b").standing is Standing.CONCURRENT
    world.end("a")
    world.wait(SECOND * 10)
    assert not world.evict("b")


def test_a_transaction_whose_end_was_lost_refuses_none_at_the_same_evse() -> None:
    """There is one car at an EVSE: what ran there before has ended, though the charger has never said so."""
    world = World()
    world.rules = replace(world.rules, one_per_token=True)
    world.start(HOLDER, transaction="a")
    world.wait(MINUTE)
    assert world.start(HOLDER, transaction="b").accepted


def test_whoever_waits_for_a_reservation_waits_for_one_stop_at_most() -> None:
    """A charger that does not answer a stop is told what somebody waits for before it is asked to stop again."""
    world = World(evses=(1, 2))
    world.reserve(1, HOLDER)
    world.settle()
    world.start(STRANGER, 1)
    world.wait(SECOND * 10)
    assert world.evict("1")
    world.reserve(2, IdToken(value="OTHER"))
    world.wait(SECOND * 30)
    assert isinstance(world.next_command(), PlaceHold)


@pytest.mark.parametrize("insists", [False, True])
def test_nobody_who_began_before_the_window_is_in_the_way_when_it_is_told_again_that_it_is_nobody(
    *, insists: bool
) -> None:
    """A charger may say with every update that it identifies nobody: that begins nothing anew."""
    world = World()
    world.rules = replace(world.rules, insists=insists)
    world.tell(Started(transaction="t", evse=1, connector=1, token=None, anonymous=True, at=world.now))
    world.reserve(1, HOLDER, start=NOON + HALF_HOUR)
    world.wait(HALF_HOUR + MINUTE)
    verdict = world.tell(Updated(transaction="t", anonymous=True, at=world.now))
    assert verdict is not None
    assert verdict.accepted
    assert News.INTRUDER not in world.news


def test_nobody_is_stopped_though_it_is_told_again_that_it_is_nobody() -> None:
    """Updates that say the same again do not put off when somebody is stopped."""
    world = World()
    world.rules = replace(world.rules, insists=True)
    world.reserve(1, HOLDER)
    world.tell(Started(transaction="t", evse=1, connector=1, token=None, anonymous=True, at=world.now))
    due = world.charger.evses[1].running
    world.wait(SECOND * 5)
    world.tell(Updated(transaction="t", anonymous=True, at=world.now))
    assert world.charger.evses[1].running == due


def test_a_holder_is_not_nobody_because_the_charger_says_so_later() -> None:
    """Whoever was identified once charges, whatever a button adds that is pressed at the charger."""
    world = World()
    world.rules = replace(world.rules, insists=True)
    world.reserve(1, HOLDER)
    world.start(HOLDER, transaction="t")
    verdict = world.tell(Updated(transaction="t", anonymous=True, at=world.now))
    assert verdict is not None
    assert verdict.accepted


def test_home_assistant_may_charge_at_as_many_evses_as_it_likes() -> None:
    """The house is always accepted: its token is no card that somebody could lend."""
    world = World(evses=(1, 2))
    world.rules = replace(world.rules, one_per_token=True)
    assert world.start(HOUSE, 1).accepted
    assert world.start(HOUSE, 2).accepted


def test_who_was_pardoned_is_refused_no_more() -> None:
    """Who may go on after all began before whatever is reserved later, also when his token is told again."""
    world = World()
    gone = world.reserve(1, HOLDER)
    assert not world.start(STRANGER, transaction="t").accepted
    world.cancel(gone)
    world.wait(SECOND * 10)
    assert not world.evict("t")
    world.reserve(1, HOLDER, start=NOON + MINUTE)
    world.wait(MINUTE)
    verdict = world.update("t", STRANGER)
    assert verdict is not None
    assert verdict.accepted


def test_a_card_that_is_shown_to_somebody_elses_transaction_uses_no_reservation() -> None:
    """What is reserved for a driver is used by his transaction, not by one at which he only shows a card."""
    world = World()
    first, second = IdToken(value="FIRST"), IdToken(value="SECOND")
    anna = driver("anna", first, second)
    world.drivers = Drivers(known=(anna,))
    assert world.start(STRANGER, transaction="t").accepted
    reservation = world.reserve(1, first, start=NOON + MINUTE, driver=anna.driver_id, group=anna.shared_group)
    world.wait(MINUTE)
    world.update("t", first)
    assert world.status_of(reservation) is not Status.IN_USE


def test_a_charger_that_describes_itself_on_our_request_still_asks() -> None:
    """It has not booted: a stranger whom it starts without asking is one, and not nobody (contract 1)."""
    world = World()
    world.authorize(STRANGER)
    world.disconnect()
    world.connect()
    world.wait(PATIENCE)
    assert AskToBoot() in world.plan().commands
    world.boot()
    world.settle()
    world.status(1, ConnectorStatus.AVAILABLE)
    world.reserve(1, HOLDER)
    assert not world.start(STRANGER).accepted


READ = (Reading(measurand=IMPORTED, value=5000.0, unit="Wh", at=NOON),)


def taken_up(version: str, **rules: Any) -> World:
    """A world whose charger was moved here amid a session."""
    world = World()
    world.rules = Rules(house=HOUSE, **rules)
    world.status(1, ConnectorStatus.CHARGING if version == "1.6" else ConnectorStatus.OCCUPIED)
    charging = ChargingState.CHARGING
    if version == "1.6":
        world.tell(Metered(evse=1, transaction="7", readings=READ, at=world.now, received=world.now))
    else:
        world.tell(Updated(transaction="7", evse=1, charging_state=charging, at=world.now, received=world.now))
    return world


@pytest.mark.parametrize("version", ["1.6", "2.x"])
def test_nobody_is_stopped_for_what_was_judged_elsewhere(version: str) -> None:
    """Who charges was told to another central system, and may be a friend: whatever the owner demands of strangers."""
    world = taken_up(version, insists=True, known_only=True, one_per_token=True)
    world.tell(
        Updated(transaction="7", evse=1, charging_state=ChargingState.CHARGING, at=world.now, received=world.now)
    )
    reservation = world.reserve(1, start=world.now + MINUTE, held_by=HeldBy.CENTRAL_SYSTEM)
    world.wait(2 * MINUTE)
    running = world.charger.running("7")
    assert running is not None
    assert (running.standing, running.evict_from, running.anonymous) == (Standing.ACCEPTED, None, True)
    assert not any(isinstance(each, StopTransaction) for each in world.plan().commands)
    assert world.status_of(reservation) is Status.ACTIVE


@pytest.mark.parametrize("token", [HOLDER, STRANGER])
def test_a_beginning_that_is_told_after_all_counts(token: IdToken) -> None:
    """A charger may tell what goes on before it tells what it has queued: then it is known who charges, and since when."""
    world = World()
    reservation = world.reserve(1, held_by=HeldBy.CENTRAL_SYSTEM)
    world.wait(5 * MINUTE)
    world.disconnect()
    began = world.now + MINUTE
    world.wait(10 * MINUTE)
    world.connect()
    reading = READ[0]._replace(at=world.now)
    going_on = Updated(
        transaction="7", evse=1, charging_state=ChargingState.CHARGING, readings=(reading,), at=world.now
    )
    world.tell(replace(going_on, received=world.now))
    begun = Started(
        transaction="7", evse=1, connector=1, token=token, meter_wh=4500, offline=True, at=began, received=world.now
    )
    verdict = world.tell(begun)
    running = world.charger.running("7")
    assert running is not None
    assert (running.token, running.anonymous, running.beginning) == (token, False, began)
    assert world.charger.evses[1].session_wh == 500
    is_holder = token == HOLDER
    assert verdict is not None
    assert verdict.accepted is is_holder
    assert world.status_of(reservation) is (Status.IN_USE if is_holder else Status.ACTIVE)
    assert (running.evict_from is None) is is_holder
    assert world.tell(begun) == replace(verdict, intrudes=False)
    assert world.charger.running("7") == running
