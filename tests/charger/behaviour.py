"""The switches that make a simulated charger deviate from a conforming one.

It must not know how a deviation is carried out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Literal

type AnswerScript = str | Sequence[str] | None
"""None: conforming. A word: every call gets it. A sequence: used up call by call, then conforming again ("" = conforming)."""


_SHORT, _LONG = 20, 50
"""CiString20Type, CiString50Type."""


class Fault(StrEnum):
    """Ways not to answer, usable wherever an answer is scripted, beside status words and CALLERROR codes."""

    SILENT = "silent"
    """Does nothing, never answers."""
    DISCONNECT = "disconnect"
    """Does nothing, drops the connection."""
    UNANSWERED = "unanswered"
    """Does what it was asked, never answers."""
    ACTS_THEN_DISCONNECTS = "acts_then_disconnects"
    """Does what it was asked, drops the connection before the answer."""
    LATE = "late"
    """Does what it was asked; the answer waits until `SimulatedCharger.release()`."""


def _switch[T](default: T, about: str) -> T:
    switch: T = field(default=default, metadata={"about": about})
    return switch


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How a simulated charger behaves; the defaults are those of a conforming charger that can reserve EVSEs."""

    vendor: str = _switch("Simulated", "vendor name in BootNotification; over-long names are sent as they are")
    model: str = _switch("Charger", "model in BootNotification; over-long names are sent as they are")
    firmware: str = _switch("1.0", "firmware version in BootNotification")
    checks_itself: bool = _switch(
        True, "off: nothing is checked against the schemas before it is sent, nor is its answer"
    )
    extra_keys: Mapping[str, Any] | None = _switch(None, "keys added to every CALL, against the schemas")
    timestamps: Literal["zulu", "naive", "offset", "fraction"] = _switch("zulu", "how times are written")
    clock_skew: timedelta = _switch(timedelta(0), "how far the charger's clock is ahead (seconds)")

    boots_by_itself: bool = _switch(True, "BootNotification and statuses at power-up; off: only `boot()` sends them")
    sends_heartbeats: bool = _switch(True, "Heartbeat at the interval that the central system named")
    statuses_after_reconnect: Literal["changed", "all", "none"] = _switch(
        "changed", "which statuses are sent after a mere reconnect"
    )
    notify_event: bool = _switch(False, "2.x: NotifyEvent(AvailabilityState) instead of StatusNotification")

    claims_reservations: bool = _switch(
        True, "feature profile Reservation / ReservationCtrlr exist; says nothing of deeds"
    )
    reservations_enabled: bool = _switch(True, "off: every ReserveNow is Rejected (H01.FR.01)")
    unbound_reservations: bool = _switch(False, "connector 0 / no evseId is served (else Rejected)")
    reserve_answer: AnswerScript = _switch(
        None, "answer to ReserveNow: status, CALLERROR code, Fault, or several in turn"
    )
    cancel_answer: AnswerScript = _switch(None, "answer to CancelReservation, as above")
    answers: Mapping[str, AnswerScript] | None = _switch(None, "answers to other actions, by action, as above")

    enforces: bool = _switch(True, "off: strangers may start at a held EVSE")
    shows_reserved: bool = _switch(True, "off: the status Reserved is never reported")
    marks_one_evse: bool = _switch(False, "a reservation without EVSE is bound to one of the charger's choice")
    authorizes_before_answer: bool = _switch(
        False, "Authorize for the holder and status Reserved before the ReserveNow answer"
    )
    same_id: Literal["replaces", "rejects", "drops"] = _switch(
        "replaces", "a known reservation id: replaced, Rejected, or the old hold dropped and Rejected"
    )
    overwrites_holds: bool = _switch(False, "a second reservation of an EVSE silently replaces the first")
    one_hold_per_token: bool = _switch(False, "a second reservation of a token anywhere is Occupied")
    compares_token_types: bool = _switch(True, "2.x: a token of another type is another token")
    accepts_past_expiry: bool = _switch(False, "reserves although the expiry has passed")
    unknown_evse: str = _switch("Rejected", "answer for an EVSE that does not exist: status or CALLERROR code")
    unavailable_word: str = _switch("Unavailable", "answer for an EVSE that is Unavailable")
    holds_end_when_down: bool = _switch(True, "Faulted or Unavailable ends the hold")
    reports_hold_end: bool = _switch(True, "2.x: ReservationStatusUpdate when a hold ends")
    expires: Literal["exact", "late", "never"] = _switch(
        "exact", "when holds end: at their expiry, `expiry_lag` later, never"
    )
    expiry_lag: timedelta = _switch(timedelta(seconds=60), "delay of a late expiry (seconds)")
    keeps_holds_over_reboot: bool = _switch(True, "off: a reboot forgets the holds")

    starts_end_holds: bool = _switch(
        False, "a transaction ends the hold of its connector, and every hold of its token, without a word"
    )
    omit_reservation_id: bool = _switch(False, "the holder's start carries no reservationId")
    foreign_reservation_id: bool = _switch(False, "a stranger's start carries the hold's reservationId")
    remote_start_ignores_holds: bool = _switch(
        False, "a remote start with a foreign token is Accepted on a held EVSE and deletes the hold"
    )
    free_vend: bool = _switch(False, "a plugged car starts with a fixed token, without Authorize")
    free_vend_token: str = _switch("FREEVEND", "the fixed token (1.6; 2.x sends NoAuthorization)")
    local_pre_authorize: bool = _switch(False, "tokens accepted in list or cache start without Authorize")
    local_list_enabled: bool = _switch(True, "off: the local list is not used until that is switched on")
    local_list_length: int = _switch(1000, "how many entries the local list can have; 0: there is none")
    local_list_at_once: int = _switch(100, "how many entries one SendLocalList can have")
    authorizes_remote_starts: bool = _switch(False, "Authorize before a remote start")
    stops_on_invalid_id: bool = _switch(True, "a refused start is stopped; off: energy is suspended only")
    obeys_refusals: bool = _switch(True, "off: a refused start charges all the same, whatever the settings say")
    starts_unknown_offline: bool = _switch(True, "unknown tokens may start while offline")
    readings: Literal["in_transaction", "apart", "at_end"] = _switch(
        "in_transaction",
        "how a transaction's readings are told: as its own, in MeterValues that name none, or all with its end",
    )
    energy_unit: Literal["Wh", "kWh"] = _switch("Wh", "the unit of energies in readings")
    counts_each_session: bool = _switch(False, "the register begins at 0 with each transaction")
    tells_meter_stop: bool = _switch(True, "off: a transaction ends without its register (1.6: with 0)")
    limits: bool = _switch(
        True, "feature profile SmartCharging / SmartChargingCtrlr.Enabled; off: profiles are refused"
    )
    limit_units: str = _switch("A,W", "the units of charging profiles, any other one is Rejected")
    highest_limit_level: int = _switch(8, "the highest stack level of charging profiles")
    most_items: int = _switch(50, "how many keys or variables are answered at once; more of them are refused")
    changes_after_reboot: bool = _switch(False, "a changed setting counts after the next reboot (RebootRequired)")
    transaction_starts: Literal["both", "plugged", "authorized"] = _switch(
        "both", "2.x: a transaction starts with cable and token, with the cable alone, or with the token alone"
    )

    @property
    def breaks_schemas(self) -> bool:
        """Whether what this charger sends may violate the official schemas on purpose."""
        too_long = len(self.vendor) > _SHORT or len(self.model) > _SHORT or len(self.firmware) > _LONG
        return not self.checks_itself or bool(self.extra_keys) or too_long


HOME_CHARGER = Behaviour(claims_reservations=False, reserve_answer="NotImplemented", cancel_answer="NotImplemented")
"""The usual wallbox: it does not know reservations at all."""
