"""At which places reservations show, and what is told of them.

Knows that a reservation shows at its EVSE, one of a whole charger at all of them, and one that is bound to none at the
charger. Must not know who looks (`audience`).
"""

from collections.abc import Iterable, Mapping

from .audience import Place
from .core.book import Change
from .core.charger import Charger
from .core.events import ChargerId
from .core.reservation import Reservation, Target

type Chargers = Mapping[ChargerId, Charger]


def shows_at(reservation: Reservation, place: Place) -> bool:
    """Whether a reservation shows at this place."""
    here = reservation.is_unbound if place.evse is None else reservation.covers(place.evse)
    return here and reservation.charger == place.charger


def places_of(reservation: Reservation, chargers: Chargers) -> tuple[Place, ...]:
    """Where a reservation shows."""
    if reservation.target is not Target.WHOLE_CHARGER:
        return (Place(reservation.charger, reservation.evse),)
    charger = chargers.get(reservation.charger)
    return tuple(Place(reservation.charger, evse) for evse in (charger.evses if charger else ()))


def told_at(change: Change, chargers: Chargers) -> tuple[Place, ...]:
    """Where the news of a change is told: at both places where a reservation moves."""
    if change.evse is not None:
        return (Place(change.after.charger, change.evse),)
    return tuple(dict.fromkeys(place for each in _both(change) for place in places_of(each, chargers)))


def changed_at(changes: Iterable[Change], chargers: Chargers) -> set[Place]:
    """Where something shows that these changes have changed; what is counted shows at the charger."""
    shown = [each for change in changes for each in _both(change)]
    return {place for each in shown for place in (Place(each.charger), *places_of(each, chargers))}


def _both(change: Change) -> Iterable[Reservation]:
    return [each for each in (change.before, change.after) if each is not None]
