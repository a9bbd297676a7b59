"""A clock that was set back."""

from dataclasses import replace

from custom_components.ocpp_central.core.charger import Charger
from custom_components.ocpp_central.core.events import Metered
from custom_components.ocpp_central.core.set_back import in_time

from .test_accounts import HOUR, KNOWN, after, ended, metered, started
from .world import MINUTE, NOON

AHEAD = NOON + 5 * HOUR


def told(charger: Charger, *events: Metered) -> Charger:
    """The charger once it has told all that, each at the moment that it is received."""
    for event in events:
        assert event.received is not None
        charger = in_time(charger, event.received).after(event)
    return charger


def test_readings_go_on_to_count_when_the_clock_is_set_back() -> None:
    """They would be older than what was read before, for hours; also those of the charger's own meter."""
    wrong = after([started(1000, AHEAD, received=AHEAD), metered(1100, AHEAD + MINUTE)])
    right = told(wrong, *(metered(1100 + 50 * number, NOON + number * MINUTE) for number in (1, 2)))
    assert right.evses[1].meter.imported.total == 1200
    assert right.evses[1].session_wh == 200
    over = right.after(ended(1250, NOON + 3 * MINUTE))
    assert over.evses[1].session_wh == 250
    main = [metered(wh, at, evse=None, transaction=None) for wh, at in ((7000, AHEAD), (7100, NOON + MINUTE))]
    assert told(KNOWN, *main).meter.imported.total == 7100


def test_what_lies_ahead_is_now_at_the_latest() -> None:
    """A charger is connected since a moment that has come."""
    charger = replace(KNOWN, connected_at=AHEAD, away_since=AHEAD)
    bounded = in_time(charger, NOON)
    assert (bounded.connected_at, bounded.away_since) == (NOON, NOON)
    assert in_time(bounded, NOON) is bounded


def test_what_was_told_with_an_end_lies_ahead_as_well() -> None:
    """There may be no readings beside."""
    wrong = after([started(1000, AHEAD, received=AHEAD), ended(1100, AHEAD + MINUTE)])
    right = told(wrong, metered(1150, NOON + MINUTE))
    assert right.evses[1].meter.imported.total == 1150
