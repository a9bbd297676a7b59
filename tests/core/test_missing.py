"""A connector of which a charger tells no more."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest

from custom_components.ocpp_central.core.charger import Charger
from custom_components.ocpp_central.core.events import (
    Booted,
    Connected,
    ConnectorStatus,
    Disconnected,
    EvseId,
    Started,
    StatusChanged,
)
from custom_components.ocpp_central.core.refusal import Reason
from custom_components.ocpp_central.core.room import is_free, why_useless

from .world import CHARGER, HOLDER, MINUTE, NOON, SECOND

LATER = NOON + 60 * MINUTE


def told(charger: Charger, evses: Iterable[EvseId], at: datetime) -> Charger:
    """The charger once these were told to be available."""
    for evse in evses:
        charger = charger.after(StatusChanged(evse=evse, connector=1, status=ConnectorStatus.AVAILABLE, at=at))
    return charger


def connected(charger: Charger, at: datetime, *evses: EvseId, boots: bool = True) -> Charger:
    """The charger once it has connected and told of these."""
    charger = charger.after(Connected(token_length=20, at=at))
    if boots:
        charger = charger.after(Booted(vendor="V", model="M", serial=None, firmware="1", at=at))
    return told(charger, evses, at)


def over(charger: Charger, evses: tuple[EvseId, ...], lasted: timedelta, *, boots: bool = True) -> Charger:
    """A charger with two EVSEs once such a connection is over."""
    before = connected(charger, NOON, 1, 2).after(Disconnected(at=NOON + MINUTE))
    return connected(before, LATER, *evses, boots=boots).after(Disconnected(at=LATER + lasted))


LONG = 5 * MINUTE


@pytest.mark.parametrize(
    ("evses", "lasted", "boots", "want"),
    [
        ((1,), LONG, True, {2}),
        ((1, 2), LONG, True, set()),
        ((1,), LONG - SECOND, True, set()),
        # after a mere reconnect many tell only what has changed
        ((1,), LONG, False, set()),
        # one that tells nothing at all has lost nothing
        ((), LONG, True, set()),
    ],
)
def test_what_a_charger_does_not_tell_of_after_its_boot_is_missing(
    evses: tuple[EvseId, ...], lasted: timedelta, *, boots: bool, want: set[EvseId]
) -> None:
    """If it had time enough for it."""
    charger = over(Charger(charger=CHARGER), evses, lasted, boots=boots)
    assert {evse.evse for evse in charger.evses.values() if evse.is_missing} == want


def test_nobody_waits_for_what_is_missing_nor_goes_there() -> None:
    """Until the charger tells of it again."""
    charger = over(Charger(charger=CHARGER), (1,), LONG)
    back = connected(charger, LATER + 10 * MINUTE, boots=False)
    assert not back.is_settled(LATER + 10 * MINUTE)
    back = told(back, [1], LATER + 10 * MINUTE)
    assert back.is_settled(LATER + 10 * MINUTE)
    gone = back.evses[2]
    assert (gone.status, is_free(gone), why_useless(gone, back)) == (None, False, Reason.UNAVAILABLE)
    assert back.has_lost(2, LATER + 10 * MINUTE)
    again = told(back, [2], LATER + 11 * MINUTE)
    assert (again.evses[2].is_missing, is_free(again.evses[2])) == (False, True)
    start = Started(transaction="1", evse=2, connector=1, token=HOLDER, meter_wh=0, at=LATER + 11 * MINUTE)
    assert not back.after(start).evses[2].is_missing


def test_where_somebody_charges_nothing_is_missing() -> None:
    """Its end is yet to be told."""
    charger = connected(Charger(charger=CHARGER), NOON, 1, 2)
    charger = charger.after(Started(transaction="1", evse=2, connector=1, token=HOLDER, meter_wh=0, at=NOON))
    charger = connected(charger.after(Disconnected(at=NOON + MINUTE)), LATER, 1).after(Disconnected(at=LATER + LONG))
    assert not charger.evses[2].is_missing
