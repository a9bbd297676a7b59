"""What is chosen at each connector for its *Reserve* button, and the words in which states say whom something is for.

Must not know who chooses, nor what a press does.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import callback

from .audience import Audience, Place
from .core.drivers import Driver, DriverId
from .core.policy import Policy

HOUSE: Final = "house"
"""Home Assistant itself, in a state (contract 4)."""

_TAKEN: Final = frozenset({HOUSE, STATE_UNAVAILABLE, STATE_UNKNOWN})


def word_for(driver: Driver) -> str:
    """What a state says of a driver: his name; his id where a state of that name would say something else."""
    return driver.driver_id if driver.name in _TAKEN else driver.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """For whom, and for how long. `driver` None, or one who is gone: the house. `duration` None: as usual."""

    driver: DriverId | None = None
    duration: timedelta | None = None

    def lasting(self, policy: Policy) -> timedelta:
        """How long that is within the owner's bounds."""
        return min(self.duration or policy.default_duration, policy.max_duration)


class Choices:
    """The choices at all connectors of a central system; whoever shows one is woken when it changes."""

    def __init__(self, audience: Audience) -> None:
        """Nothing is chosen yet."""
        self._audience = audience
        self._chosen: dict[Place, Choice] = {}

    def at(self, place: Place) -> Choice:
        """What is chosen there."""
        return self._chosen.get(place, Choice())

    @callback
    def choose(self, place: Place, choice: Choice) -> None:
        """Have the next press there do this."""
        self._chosen[place] = choice
        self._audience.wake({place})
