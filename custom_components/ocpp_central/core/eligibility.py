"""Whether something can be reserved for a driver.

Knows that nobody gets what he must not use. Must not know who may charge at a charger (`authorization`).
"""

from .drivers import Driver, Drivers
from .refusal import Reason, Refusal
from .reservation import Reservation


def refuse_ineligible(reservation: Reservation, drivers: Drivers) -> None:
    """Raise `Refusal` if the driver whom a reservation is for is blocked, or must not charge in all of its window."""
    driver = drivers.get(reservation.driver)
    if driver is None:
        return
    if (reason := why_ineligible(reservation, driver)) is not None:
        raise Refusal(reason, driver=driver)


def why_ineligible(reservation: Reservation, driver: Driver) -> Reason | None:
    """Why a reservation cannot be for the driver: he is blocked, or must not charge in all of its window; None if it can."""
    if driver.blocked:
        return Reason.DRIVER_BLOCKED
    window = reservation.window
    begins_in_time = driver.valid_from is None or window.start >= driver.valid_from
    ends_in_time = driver.valid_until is None or window.end <= driver.valid_until
    return None if begins_in_time and ends_in_time else Reason.DRIVER_NOT_VALID
