"""Every row of the failure table, and every habit that chargers are seen to have, has a test of its name.

The tests themselves: `test_failure_table_*.py` for the rows (ocpp.md 5.4), `test_charger_habits*.py` for the habits
(ocpp.md 3).
"""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from . import conftest

HERE = Path(conftest.__file__).parent
CHAPTERS = [*sorted(HERE.glob("test_failure_table_*.py")), *sorted(HERE.glob("test_charger_habits*.py"))]

ROWS: Mapping[str, str] = {
    "offline at start": "offline_at_start",
    "Occupied, and the holder is already charging there": "occupied_and_the_holder_is_already_charging_there",
    "Occupied by another or by a plugged car": "occupied_by_another_or_by_a_plugged_car",
    "Faulted / Unavailable": "faulted_or_unavailable",
    "Rejected": "rejected",
    "CALLERROR NotImplemented / NotSupported / Format*": "callerror_not_implemented",
    "other CALLERROR (InternalError, ...)": "other_callerror",
    "timeout / disconnect during the call": "timeout_or_disconnect_during_the_call",
    "BootNotification / reconnect": "boot_notification_or_reconnect",
    "HA restart": "restart_of_home_assistant",
    "clock skew": "clock_skew",
    "silent drop": "silent_drop",
    "stuck Reserved after the end": "stuck_reserved_after_the_end",
    "ReservationStatusUpdate": "reservation_status_update",
    "holder's token starts elsewhere": "holders_token_starts_elsewhere",
    "StartTransaction with our reservationId but a foreign token": "start_with_our_reservation_id_but_a_foreign_token",
    "holder starts without reservationId": "holder_starts_without_reservation_id",
    "start that we answered non-Accepted": "start_that_we_answered_non_accepted",
    "queued offline StartTransaction (old timestamp)": "queued_offline_start",
    "expiry against start": "expiry_against_start",
    "cancel fails (offline, timeout)": "cancel_fails",
}
"""The rows of the table, in its order, and how the names of their tests begin."""

HABITS: Mapping[str, tuple[str, ...]] = {
    "order": ("order_authorize_and_status_before_the_answer",),
    "same id": ("same_id_is_rejected", "timeout_or_disconnect_during_the_call_and_the_same_id_is_refused"),
    "second reservation": ("second_reservation_overwrites_the_first", "second_reservation_of_a_token_is_occupied"),
    "foreign token with our id": ("start_with_our_reservation_id_but_a_foreign_token",),
    "start without our id": ("holder_starts_without_reservation_id", "stranger_starts_without_reservation_id"),
    "remote start with a wrong tag": ("remote_start_that_deleted_the_hold",),
    "expiry": ("expiry_exact_late_or_never", "stuck_reserved_after_the_end"),
    "Reserved never shown": ("reserved_is_never_shown",),
    "connector 0": ("connector_zero",),
    "unspecified EVSE or type": ("unspecified_evse_or_type",),
    "capability": ("capability_claimed_not_implemented", "capability_not_claimed_but_working", "odd_refusals"),
    "past expiry, negative ids": ("past_expiry_and_negative_ids_are_never_sent",),
    "crash on cancel": ("crash_on_cancel",),
    "status glitch, silent drop on Unavailable": ("status_glitch", "silent_drop"),
    "ReserveNow on an Unavailable or plugged connector": ("reserve_now_on_an_unavailable", "reserve_now_on_a_plugged"),
    "reboot": ("boot_notification_or_reconnect", "reboot_and_a_hold_that_cannot_be_cancelled"),
    "side effects": (
        "side_effects_of_a_refused_start",
        "side_effects_of_spelling",
        "holders_token_starts_elsewhere_and_the_hold_is_gone",
    ),
    "plug-in, groups": ("plug_in_keeps_reserved", "group_member_starts"),
    "refusals": ("refusals_at_authorize", "refusals_at_the_start"),
    "home chargers": ("home_chargers_do_not_reserve", "home_chargers_that_vend_freely"),
}
"""The lines of the section, in its order, and how the names of their tests begin."""

WANTED = list(dict.fromkeys([*ROWS.values(), *(name for names in HABITS.values() for name in names)]))


def contents(file: Path) -> Iterator[tuple[str, set[str]]]:
    """The tests of a file: the name without `test_`, and what it asks for."""
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield node.name.removeprefix("test_"), {argument.arg for argument in node.args.args}


@pytest.mark.parametrize("name", WANTED)
def test_each_has_its_test_on_every_version(name: str) -> None:
    """Issue 3: named after the row, on 1.6 and on 2.x."""
    found = [(test, asks) for file in CHAPTERS for test, asks in contents(file) if test.startswith(name)]
    assert any("version" in asks for _, asks in found)


def test_no_test_belongs_nowhere() -> None:
    """A test of these chapters that no row and no habit asks for should stand elsewhere."""
    tests = [test for file in CHAPTERS for test, _ in contents(file)]
    assert len(tests) == len(set(tests))
    assert [test for test in tests if not test.startswith(tuple(WANTED))] == []
