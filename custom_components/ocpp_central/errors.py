"""Every refusal and failure, as Home Assistant tells it to a person.

Knows which translation names what went wrong. Must not know when that happens.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .core.commands import Outcome
from .core.drivers import Driver
from .core.events import EvseId
from .core.in_step import Clashing
from .core.refusal import Reason, Refusal
from .core.reservation import Reservation, Status
from .csms.session import Result

_OUTCOMES = {
    Outcome.OCCUPIED: "reservation_occupied",
    Outcome.FAULTED: "reservation_faulted",
    Outcome.UNAVAILABLE: "reservation_unavailable",
    Outcome.REJECTED: "reservation_rejected",
    Outcome.NOT_IMPLEMENTED: "reservation_not_supported",
    Outcome.UNSAYABLE: "reservation_not_supported",
    Outcome.FAILED: "charger_refused",
    Outcome.TIMED_OUT: "charger_timeout",
    Outcome.UNREADABLE: "charger_timeout",
    Outcome.SCHEDULED: "charger_refused",
    Outcome.DISCONNECTED: "charger_offline",
}

_ENDS = {
    Status.CANCELLED: "reservation_cancelled",
    Status.EXPIRED: "charger_timeout",
    Status.REMOVED: "device_gone",
}
"""What else than the charger's word can end a reservation that somebody waits for."""

_FAILURES = {
    Outcome.TIMED_OUT: "charger_silent",
    Outcome.UNREADABLE: "charger_silent",
    Outcome.DISCONNECTED: "charger_not_connected",
}
"""Why there is no word of the charger on something else than a reservation."""

_IN_THE_WAY = frozenset({Reason.CONFLICT, Reason.OCCUPIED})

_NAMED = 3
"""So many days or times are named."""

_NOT_THE_CALLERS_FAULT = frozenset({Reason.CHARGER_OFFLINE})


def invalid(key: str, **placeholders: object) -> ServiceValidationError:
    """The caller's mistake (contract 3, exception keys)."""
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=_texts(placeholders)
    )


def failed(key: str, **placeholders: object) -> HomeAssistantError:
    """What went wrong without the caller's fault."""
    return HomeAssistantError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=_texts(placeholders)
    )


def refused(refusal: Refusal, **known: object) -> HomeAssistantError:
    """A wish that was refused before anything was sent; `known` names the things that the texts speak of."""
    evse = known.pop("evse", None)
    placeholders = known | {"place": place(str(known.get("charger")), evse if isinstance(evse, int) else None)}
    if refusal.limit is not None:
        placeholders["limit"] = _limit(refusal)
    if refusal.end is not None:
        placeholders["end"] = local(refusal.end)
    if (obstacle := refusal.obstacle) is not None:
        placeholders |= {
            "place": place(str(known.get("charger")), obstacle.evse),
            "other_id": obstacle.reservation_id,
            "reservation_id": obstacle.reservation_id,
            "start": local(obstacle.start),
            "end": local(obstacle.end),
        }
    if (driver := refusal.driver) is not None:
        placeholders |= {"driver": driver.name} | _validity(driver)
    make = failed if refusal.reason in _NOT_THE_CALLERS_FAULT else invalid
    return make(_key(refusal), **placeholders)


def clashing(clashing: Clashing, *, charger: str, with_itself: bool) -> HomeAssistantError:
    """Not all that repeats can be reserved: on which days not, if others are in the way; else why not.

    `with_itself`: its own occurrences overlap.
    """
    first = clashing.clashes[0]
    if first.refusal.reason not in _IN_THE_WAY:
        wanted = first.occurrence
        return refused(
            first.refusal,
            charger=charger,
            evse=wanted.evse,
            connector_type=wanted.connector_type,
            end=local(wanted.end),
        )
    return invalid(
        "series_overlaps_itself" if with_itself else "series_conflict",
        charger=charger,
        count=len(clashing.clashes),
        total=clashing.of,
        days=some_days(each.occurrence.start for each in clashing.clashes),
    )


def some_days(moments: Iterable[datetime]) -> str:
    """The first of these days, where Home Assistant is, in order."""
    return _first({str(dt_util.as_local(moment).date()) for moment in moments})


def some_times(moments: Iterable[datetime]) -> str:
    """The first of these moments, where Home Assistant is, in order."""
    return _first({local(moment) for moment in moments})


def _first(named: Collection[str]) -> str:
    return ", ".join(sorted(named)[:_NAMED]) + (", ..." if len(named) > _NAMED else "")


def nothing_to_cancel(living: Iterable[Reservation], *, device: str) -> HomeAssistantError:
    """No single reservation is in force; the text names those that there are, the next one first."""
    listed = [f"{each.reservation_id} ({local(each.window.start)} - {local(each.window.end)})" for each in living]
    return invalid("nothing_to_cancel", device=device, reservations=", ".join(listed) or "-")


def unknown_driver(called: str, known: Iterable[str]) -> HomeAssistantError:
    """Nobody is called so; the text names the drivers that there are."""
    return invalid("unknown_driver", driver=called, drivers=", ".join(known) or "-")


def not_reserved(reservation: Reservation, *, charger: str, word: str | None) -> HomeAssistantError:
    """Why a reservation ended while somebody waited for the charger's word on it, which may be `word`."""
    outcome = reservation.last_outcome or Outcome.DISCONNECTED
    key = _ENDS.get(reservation.status) or _OUTCOMES[outcome]
    return failed(
        key,
        charger=charger,
        device=charger,
        place=place(charger, reservation.evse),
        reservation_id=reservation.reservation_id,
        word=word or outcome.value,
    )


def raise_unless_done(result: Result, *, charger: str) -> None:
    """Raise what tells that a charger did not do something else than reserving.

    Whatever word it gave that is not one of agreement, it has refused.
    """
    if not result.outcome.is_agreed:
        has_refused = result.outcome is Outcome.UNREADABLE and result.word is not None
        key = "command_refused" if has_refused else _FAILURES.get(result.outcome, "command_refused")
        word = result.word or result.outcome.value
        raise failed(key, charger=charger, word=word if result.reason is None else f"{word} ({result.reason})")


def place(charger: str, evse: EvseId | None) -> str:
    """What a charger, or one of its EVSEs, is called in a sentence."""
    return charger if evse is None else f"{charger} connector {evse}"


def _key(refusal: Refusal) -> str:
    """The text that tells of a refusal; of a driver's times it names those that there are."""
    driver = refusal.driver
    if refusal.reason is not Reason.DRIVER_NOT_VALID or driver is None:
        return refusal.reason.value
    if driver.valid_from is None:
        return "driver_not_valid_after"
    return "driver_not_valid_before" if driver.valid_until is None else "driver_not_valid"


def _validity(driver: Driver) -> dict[str, str]:
    times = {"valid_from": driver.valid_from, "valid_until": driver.valid_until}
    return {name: local(moment) for name, moment in times.items() if moment is not None}


def _limit(refusal: Refusal) -> str:
    """The bound in the unit that its text names."""
    if not isinstance(refusal.limit, timedelta):
        return str(refusal.limit)
    unit = {Reason.TOO_SHORT: timedelta(seconds=1), Reason.TOO_LONG: timedelta(hours=1)}
    return f"{round(refusal.limit / unit.get(refusal.reason, timedelta(days=1)), 2):g}"


def local(moment: datetime) -> str:
    """A moment as people write it where Home Assistant is."""
    return dt_util.as_local(moment).strftime("%Y-%m-%d %H:%M")


def _texts(placeholders: dict[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in placeholders.items()}
