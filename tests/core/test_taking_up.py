"""A transaction that turns up where none is known to run."""

from dataclasses import replace

import pytest

from custom_components.ocpp_central.core.charger import Charger
from custom_components.ocpp_central.core.events import (
    Booted,
    ChargingState,
    Connected,
    ConnectorStatus,
    Ended,
    Event,
    Metered,
    Reading,
    Started,
    StatusChanged,
    Updated,
)
from custom_components.ocpp_central.core.measurands import IMPORTED
from custom_components.ocpp_central.core.taking_up import taken_up
from custom_components.ocpp_central.core.unplaced import MOST_UNPLACED

from .world import CHARGER, HOLDER, MINUTE, NOON, STRANGER

SOON = NOON + MINUTE
ALONE = Charger(charger=CHARGER).after(Connected(token_length=20, at=NOON))


def status(evse: int, status: ConnectorStatus) -> StatusChanged:
    """A status of an EVSE with one plug."""
    return StatusChanged(evse=evse, connector=1, status=status, at=NOON)


TWO = ALONE.after(status(1, ConnectorStatus.AVAILABLE)).after(status(2, ConnectorStatus.AVAILABLE))
CHARGING = TWO.after(status(1, ConnectorStatus.CHARGING))
STARTED = Started(transaction="7", evse=1, connector=1, token=HOLDER, meter_wh=1000, at=NOON, received=NOON)
NOWHERE = replace(STARTED, evse=None, connector=None)
UPDATED = Updated(transaction="7", evse=1, charging_state=ChargingState.CHARGING, at=SOON, received=SOON)
READINGS = (Reading(measurand=IMPORTED, value=1200.0, unit="Wh", at=SOON),)
METERED = Metered(evse=1, transaction="7", readings=READINGS, at=SOON, received=SOON)


def after(charger: Charger, *events: Event) -> Charger:
    """The charger once it has told all that."""
    for event in events:
        charger = charger.after(taken_up(charger, event))
    return charger


def test_what_runs_where_nothing_is_known_to_run_is_taken_up() -> None:
    """Who charges was told to somebody else, so that nobody is missed, and the session counts from here."""
    for charger, event in ((TWO, UPDATED), (CHARGING, METERED)):
        running = after(charger, event).evses[1].running
        assert running is not None
        assert (running.transaction, running.token, running.anonymous) == ("7", None, True)
        assert (running.meter_start_wh, running.began, running.refused) == (None, SOON, False)


def test_it_goes_on_and_ends_like_any_other() -> None:
    """Its energy is what is read from the first reading on."""
    ended = Ended(transaction="7", meter_wh=1500, reason="EVDisconnected", at=SOON + MINUTE, received=SOON + MINUTE)
    evse = after(CHARGING, METERED, ended).evses[1]
    assert evse.running is None
    assert evse.last is not None
    assert (evse.last.energy_wh, evse.last.stop_reason) == (300, "EVDisconnected")
    assert after(CHARGING, METERED, ended, METERED).evses[1].running is None


def test_a_start_that_names_no_evse_takes_place_once_one_is_named() -> None:
    """OCPP 2.x, E03: the card goes before the cable. It began when it said so, with what the meter said then."""
    waiting = after(TWO, NOWHERE)
    assert all(evse.running is None for evse in waiting.evses.values())
    running = after(waiting, replace(UPDATED, charging_state=None)).evses[1].running
    assert running is not None
    assert (running.token, running.anonymous, running.meter_start_wh, running.began) == (HOLDER, False, 1000, NOON)
    assert waiting.begun_nowhere("8") is None
    assert waiting.after(Ended(transaction="7", at=NOON + MINUTE)).begun_nowhere("7") is None
    preparing = after(TWO, status(1, ConnectorStatus.PREPARING), NOWHERE, METERED).evses[1].running
    assert preparing is not None
    assert (preparing.token, preparing.anonymous, preparing.meter_start_wh) == (HOLDER, False, 1000)


def test_a_charger_with_one_evse_need_not_name_it() -> None:
    """There is but one place."""
    alone = ALONE.after(status(1, ConnectorStatus.OCCUPIED))
    assert after(alone, NOWHERE, replace(UPDATED, evse=None)).evses[1].running is not None
    assert after(TWO, NOWHERE, replace(UPDATED, evse=None)).evses == TWO.evses


@pytest.mark.parametrize(
    ("charger", "event"),
    [
        (TWO, replace(UPDATED, charging_state=None)),
        (TWO, replace(UPDATED, charging_state=ChargingState.IDLE)),
        (TWO, replace(UPDATED, offline=True)),
        (after(TWO, replace(NOWHERE, transaction="8")), replace(UPDATED, offline=True)),
        (TWO, replace(UPDATED, evse=None)),
        (after(TWO, replace(STARTED, transaction="6")), UPDATED),
        (after(TWO, STARTED), UPDATED),
        (after(TWO, STARTED, Ended(transaction="7", at=NOON)), UPDATED),
        (TWO, METERED),
        (CHARGING, replace(METERED, transaction=None)),
        (CHARGING, replace(METERED, evse=None)),
        (CHARGING, replace(METERED, evse=3)),
        (CHARGING, replace(METERED, at=NOON - 5 * MINUTE)),
        (after(CHARGING, replace(STARTED, transaction="6")), METERED),
        (TWO, status(1, ConnectorStatus.CHARGING)),
    ],
)
def test_what_does_not_show_that_one_runs_is_what_it_is(charger: Charger, event: Event) -> None:
    """No car there, queued, told nowhere, known already, or over."""
    assert taken_up(charger, event) is event


def test_a_session_that_began_nowhere_while_the_charger_was_away_is_a_session() -> None:
    """Card, cable and end are all told of late; nothing else says where it was."""
    offline = [replace(each, offline=True) for each in (NOWHERE, UPDATED)]
    ended = Ended(transaction="7", meter_wh=1500, offline=True, at=SOON + MINUTE, received=SOON + MINUTE)
    last = after(TWO, *offline, ended).evses[1].last
    assert last is not None
    assert (last.token, last.began, last.ended, last.energy_wh) == (HOLDER, NOON, SOON + MINUTE, 500)


def test_several_drivers_may_show_their_cards_before_one_plugs_in() -> None:
    """Each is known when his car is there; what began nowhere and ended so is forgotten, and so is all beyond some."""
    second = replace(NOWHERE, transaction="8", token=STRANGER)
    both = after(TWO, NOWHERE, second, second)
    charger = after(both, replace(UPDATED, transaction="8", evse=2), UPDATED)
    tokens = [evse.running and evse.running.token for evse in charger.evses.values()]
    assert tokens == [HOLDER, STRANGER]
    assert charger.unplaced == ()
    assert after(both, Ended(transaction="7", at=SOON)).unplaced == (second,)
    many = after(TWO, *(replace(NOWHERE, transaction=str(number)) for number in range(99)))
    assert len(many.unplaced) == MOST_UNPLACED


def test_another_transaction_shows_that_one_in_doubt_is_over() -> None:
    """Its charger has forgotten it, and the next driver does not wait for us to find that out."""
    lost = replace(STARTED, transaction="6", charging_state=ChargingState.CHARGING)
    doubted = after(TWO, lost, replace(status(1, ConnectorStatus.AVAILABLE), at=SOON, received=SOON))
    running = after(doubted, UPDATED).evses[1].running
    assert running is not None
    assert running.transaction == "7"


def test_what_runs_or_ran_last_is_known() -> None:
    """So that no transaction of ours is called the same."""
    charger = after(CHARGING, METERED)
    assert charger.knows("7")
    assert after(charger, Ended(transaction="7", at=SOON)).knows("7")
    assert not charger.knows("8")


def test_what_has_found_its_place_and_is_told_again_is_one_session() -> None:
    """Chargers repeat a start until it is answered; one that counts from its boot means another one by the same id."""
    placed = after(TWO, NOWHERE, UPDATED)
    again = after(placed, NOWHERE, UPDATED)
    assert again.evses[1].running == placed.evses[1].running
    assert again.unplaced == ()
    later = SOON + 10 * MINUTE
    booted = Booted(vendor=None, model=None, serial=None, firmware=None, at=later)
    second = [replace(each, at=later + MINUTE, received=later + MINUTE) for each in (NOWHERE, UPDATED)]
    second[0] = replace(second[0], token=STRANGER)
    running = after(placed, Connected(token_length=20, at=later), booted, *second).evses[1].running
    assert running is not None
    assert running.token == STRANGER
