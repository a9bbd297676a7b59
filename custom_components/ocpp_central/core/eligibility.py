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
    if driver.blocked:
        raise Refusal(Reason.DRIVER_BLOCKED, driver=driver)
    if not is_eligible(reservation, driver):
        raise Refusal(Reason.DRIVER_NOT_VALID, driver=driver)


def is_eligible(reservation: Reservation, driver: Driver) -> bool:
    """Whether the driver may charge in all of the window of a reservation."""
    window = reservation.window
    begins_in_time = driver.valid_from is None or window.start >= driver.valid_from
    ends_in_time = driver.valid_until is None or window.end <= driver.valid_until
    return not driver.blocked and begins_in_time and ends_in_time
