"""What can be chosen at a connector for its *Reserve* button, and the words in which states say whom it is for.

Must not know who shows it, nor what a press does.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN

from .core.drivers import Driver, DriverId

HOUSE: Final = "house"
"""Home Assistant itself, in a state (contract 4)."""

_TAKEN: Final = frozenset({HOUSE, STATE_UNAVAILABLE, STATE_UNKNOWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """For whom, and for how long. `driver` None: for the house. `duration` None: as long as the options say."""

    driver: DriverId | None = None
    duration: timedelta | None = None


def word_for(driver: Driver) -> str:
    """What a state says of a driver: his name; his id where a state of that name would say something else."""
    return driver.driver_id if driver.name in _TAKEN else driver.name
