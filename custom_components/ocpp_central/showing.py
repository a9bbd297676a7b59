"""At which places reservations show, and what is told of them.

Knows that a reservation shows at its EVSE, one of a whole charger at all of them, and one that is bound to none at the
charger. Must not know who looks (`audience`).
"""

from collections.abc import Iterable, Mapping

from .audience import Place
from .core.book import Change
from .core.charger import Charger
from .core.events import ChargerId
from .core.evse import Evse
from .core.reservation import Reservation, Target

_NEW = Evse(evse=0)
"""An EVSE that has told nothing."""

type Chargers = Mapping[ChargerId, Charger]


def shows_at(reservation: Reservation, place: Place) -> bool:
    """Whether a reservation of its charger shows at this place."""
    return reservation.is_unbound if place.evse is None else reservation.covers(place.evse)


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


def changed_in(before: Charger, after: Charger) -> set[Place]:
    """The places where the change of a charger shows."""
    if after is before:
        return set()
    here = Place(after.charger)
    if before.connected != after.connected or (after.booted and not before.booted):
        return {here} | {Place(after.charger, number) for number in after.evses}
    places = {here} if _about_itself(before) != _about_itself(after) else set()
    if after.status is not before.status or after.faults != before.faults:
        places.add(here)
    if _limits(after) != _limits(before) or after.abilities.missing != before.abilities.missing:
        places |= {Place(after.charger, number) for number in after.evses}
    if after.local_list is not before.local_list and after.local_list.problem != before.local_list.problem:
        places.add(here)
    if after.evses is before.evses:
        return places
    for number, evse in after.evses.items():
        old = before.evses.get(number)
        if old is None or _differs(old, evse):
            places.add(Place(after.charger, number))
        if old is not None and old.told is not evse.told and old.in_service is not evse.in_service:
            places.add(here)
    return places


def _differs(old: Evse, evse: Evse) -> bool:
    """Whether an EVSE shows differently, beside its meter."""
    said = old.told is not evse.told or old.faults != evse.faults
    return said or old.last is not evse.last or old.running != evse.running


def sessions_changed_in(before: Charger, after: Charger) -> list[Place]:
    """The places where a session begins, ends or gets to know its driver, or where readings begin or cease to count."""
    if before.connected != after.connected:
        return [Place(after.charger), *(Place(after.charger, number) for number in after.evses)]
    return [
        Place(after.charger, number)
        for number, evse in after.evses.items()
        if (old := before.evses.get(number)) is not None and evse is not old and _session(evse) != _session(old)
    ]


def read_in(before: Charger, after: Charger) -> list[Place]:
    """The places whose meters the change of a charger has read."""
    places = [Place(after.charger)] if after.meter is not before.meter else []
    if after.evses is not before.evses:
        for number, evse in after.evses.items():
            old = before.evses.get(number)
            if evse.meter is not (old or _NEW).meter:
                places.append(Place(after.charger, number))
    return places


def _both(change: Change) -> Iterable[Reservation]:
    return [each for each in (change.before, change.after) if each is not None]


def _session(evse: Evse) -> tuple[object, ...]:
    session = evse.session
    return () if session is None else (session.transaction, session.token, session.ended, session.presumed)


def _limits(charger: Charger) -> tuple[object, ...]:
    return charger.limits, charger.external_limits


def _about_itself(charger: Charger) -> tuple[object, ...]:
    """What shows at a charger's own device, beside its connection."""
    said = charger.description, charger.skew, charger.claims_reservations, charger.settings, charger.vends_freely
    return *said, charger.firmware_stage, charger.upload_stage, charger.abilities.missing, charger.external_limits
