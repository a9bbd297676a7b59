"""How a reservation is told in the response of an action (contract 3). It never tells an id token."""

from homeassistant.core import HomeAssistant
from homeassistant.util.json import JsonObjectType

from ..coordinator import CentralSystem
from ..core.check import Check
from ..core.reservation import Reservation
from ..devices import device_id_of


def described(hass: HomeAssistant, central: CentralSystem, reservation: Reservation) -> JsonObjectType:
    """A reservation as actions return it; times are UTC."""
    driver = central.driver_of(reservation)
    reason, outcome = reservation.end_reason, reservation.last_outcome
    return {
        "uid": reservation.uid,
        "reservation_id": reservation.reservation_id,
        "device_id": device_id_of(hass, central, reservation.charger, reservation.evse),
        "charger_id": reservation.charger,
        "evse": reservation.evse,
        "target": reservation.target.value,
        "driver": None if driver is None else driver.name,
        "start": reservation.window.start.isoformat(),
        "end": reservation.window.end.isoformat(),
        "status": reservation.status.value,
        "hold": reservation.hold.value,
        "held_by": reservation.held_by.value,
        "end_reason": None if reason is None else reason.value,
        "last_result": None if outcome is None else outcome.word,
    }


def checked(check: Check) -> JsonObjectType:
    """The answer of a check as the action returns it; times are UTC."""
    found = check.reservation
    return {
        "status": check.status.value,
        "uid": None if found is None else found.uid,
        "until": None if found is None else found.until.isoformat(),
    }
