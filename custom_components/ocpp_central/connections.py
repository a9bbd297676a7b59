"""The ways to the chargers that are connected.

Knows who has one. Must not know what is to be told (`reconciler`), nor how it is sent (`csms.session`).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from homeassistant.core import callback

from .core.commands import Command, Outcome
from .core.events import ChargerId
from .csms.dialect import Version
from .csms.intake import Counters
from .csms.session import Result


class Connection(Protocol):
    """The way to a charger that is connected."""

    @property
    def version(self) -> Version:
        """The version of OCPP that is spoken."""

    @property
    def counters(self) -> Counters:
        """What went over it so far."""

    @property
    def heard_at(self) -> datetime:
        """When the charger last said something, whatever it was; at first, when it came."""

    def wake(self) -> None:
        """There may be something to tell the charger."""

    async def execute(self, command: Command) -> Result:
        """Have the charger do something, and tell what became of it."""


class Connections:
    """The connections of one central system's chargers."""

    def __init__(self) -> None:
        """Have none."""
        self._known: dict[ChargerId, Connection] = {}

    @callback
    def set(self, charger: ChargerId, connection: Connection | None) -> None:
        """Reach this charger by this way, until there is another one, or none."""
        if connection is None:
            self._known.pop(charger, None)
        else:
            self._known[charger] = connection

    def get(self, charger: ChargerId) -> Connection | None:
        """The way to a charger; None while it is not connected."""
        return self._known.get(charger)

    @callback
    def wake(self, chargers: Iterable[ChargerId]) -> None:
        """There may be something to tell these."""
        for charger in set(chargers):
            if (connection := self._known.get(charger)) is not None:
                connection.wake()

    async def execute(self, charger: ChargerId, command: Command) -> Result:
        """Have a charger do something, and tell what became of it; one that is not connected does nothing."""
        connection = self._known.get(charger)
        return Result(Outcome.DISCONNECTED) if connection is None else await connection.execute(command)
