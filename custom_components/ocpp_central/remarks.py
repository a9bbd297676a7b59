"""What the log says of chargers that do otherwise than they tell, or tell late.

Knows what is worth a line, and what only once. Must not know what follows.
"""

from collections.abc import Iterable
from typing import Final

from homeassistant.core import callback

from .const import LOGGER
from .core.book import Book, Change
from .core.charger import Charger
from .core.events import ChargerId, HoldEnded
from .core.reservation import Status

_MEANT: Final = {1000: "kWh and calls that Wh", 0.001: "Wh and calls that kWh"}


@callback
def note_unknown_hold(book: Book, event: HoldEnded) -> None:
    """Say that a charger gave up what nobody here has reserved."""
    if event.hold not in book.wire_ids:
        LOGGER.info("%s gave up a reservation that nobody here knows: %s", book.charger, event.hold)


@callback
def note_late_uses(changes: Iterable[Change]) -> None:
    """Say that an end was taken back, because a charger has told of late what its holder did."""
    for change in changes:
        if change.before is not None and change.before.status.is_final:
            LOGGER.info(
                "Reservation %s of charger %s had expired, but its holder had started in time: it was used",
                change.after.reservation_id,
                change.after.charger,
            )


@callback
def note_labels(before: Charger, after: Charger) -> None:
    """Say once in the log which units of a charger are found not to be what they say."""
    meters = [(before.meter, after.meter, "")]
    meters += [
        (before.evses[number].meter, evse.meter, f" at connector {number}")
        for number, evse in after.evses.items()
        if number in before.evses
    ]
    for old, new, where in meters:
        if new.labels.times != old.labels.times and new.labels.times in _MEANT:
            LOGGER.warning("%s tells its energy%s in %s; it is read so", after.charger, where, _MEANT[new.labels.times])
        for measurand in sorted(new.labels.in_watts - old.labels.in_watts):
            LOGGER.warning("%s tells %s%s in W and calls that kW; it is read so", after.charger, measurand, where)


class Rejections:
    """The chargers that reject what they claim to be able to."""

    def __init__(self) -> None:
        """Have said it of none."""
        self._noted: set[ChargerId] = set()

    @callback
    def note(self, charger: Charger, changes: Iterable[Change]) -> None:
        """Say once that a charger does not do what it claims, where nobody is told by an error."""
        told = any(change.after.status is Status.REJECTED for change in changes)
        if charger.claims_reservations and not told and charger.charger not in self._noted:
            self._noted.add(charger.charger)
            LOGGER.warning(
                "%s rejects reservations, though it says that it supports them: Home Assistant alone keeps strangers out"
                " (logged once)",
                charger.charger,
            )
