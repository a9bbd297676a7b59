"""Who is told what has changed, and where it shows.

Knows listeners by place, and keeps news until there is somebody to hear it. Must not know what the news means.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from homeassistant.core import CALLBACK_TYPE, callback

from .const import LOGGER
from .core.book import Change
from .core.events import ChargerId, EvseId, Notice
from .core.presentation import Presentation


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is to be seen: at an EVSE of a charger, or (`evse` None) at the charger itself."""

    charger: ChargerId
    evse: EvseId | None = None


type Told = tuple[Change, tuple[Place, ...]]
"""A change, and the places where its news is told."""


class Audience:
    """The listeners of one central system. What one of them raises is logged, and concerns nobody else."""

    def __init__(self) -> None:
        """Have no listener, and keep the news until `open`."""
        self._updates: dict[Place, list[CALLBACK_TYPE]] = {}
        self._readings: dict[Place, list[CALLBACK_TYPE]] = {}
        self._news: dict[Place, list[Callable[[Change], None]]] = {}
        self._all_news: list[Callable[[Change], None]] = []
        self._places: list[Callable[[Place], None]] = []
        self._notices: list[Callable[[ChargerId, Notice], None]] = []
        self._presentations: list[Callable[[Presentation], None]] = []
        self._heartbeats: dict[Place, list[CALLBACK_TYPE]] = {}
        self._kept: list[Told] | None = []
        self._closed = False

    @callback
    def listen(self, place: Place, update: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Call back whenever something that shows at this place has changed."""
        return _subscribe(self._updates, place, update)

    @callback
    def listen_to_readings(self, place: Place, update: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Call back when a meter at this place was read, once a second at most, and when its readings begin or cease to count."""
        return _subscribe(self._readings, place, update)

    @callback
    def listen_to_heartbeats(self, place: Place, update: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Call back with every Heartbeat of the charger of this place."""
        return _subscribe(self._heartbeats, place, update)

    @callback
    def listen_to_news(self, place: Place, tell: Callable[[Change], None]) -> CALLBACK_TYPE:
        """Call back with everything that is published of reservations at this place."""
        return _subscribe(self._news, place, tell)

    @callback
    def listen_to_all_news(self, tell: Callable[[Change], None]) -> CALLBACK_TYPE:
        """Call back once with everything that is published of reservations, at however many places that is told."""
        return _join(self._all_news, tell)

    @callback
    def listen_to_places(self, added: Callable[[Place], None]) -> CALLBACK_TYPE:
        """Call back with every charger that is added, and every EVSE that one names for the first time."""
        return _join(self._places, added)

    @callback
    def listen_to_presentations(self, tell: Callable[[Presentation], None]) -> CALLBACK_TYPE:
        """Call back with every token that somebody presents at any charger."""
        return _join(self._presentations, tell)

    @callback
    def listen_to_notices(self, tell: Callable[[ChargerId, Notice], None]) -> CALLBACK_TYPE:
        """Call back with whatever a charger tells that is for others to make something of."""
        self._notices.append(tell)

        @callback
        def unsubscribe() -> None:
            self._notices.remove(tell)

        return unsubscribe

    @callback
    def open(self) -> None:
        """Everybody who listens from the beginning is here: tell the news that was kept for them."""
        kept, self._kept = self._kept or [], None
        self.publish(kept)

    @callback
    def close(self) -> None:
        """Announce no more places: those who would show them are leaving."""
        self._closed = True

    @callback
    def publish(self, told: Iterable[Told]) -> None:
        """Tell what is news of reservations at the places given."""
        for change, places in told:
            if change.news is None:
                continue
            if self._kept is not None:
                self._kept.append((change, places))
                continue
            for place in places:
                for tell in tuple(self._news.get(place, ())):
                    _safely(tell, change)
            for tell in tuple(self._all_news):
                _safely(tell, change)

    @callback
    def present(self, presentation: Presentation) -> None:
        """Tell that somebody has presented a token."""
        for tell in tuple(self._presentations):
            _safely(tell, presentation)

    @callback
    def pass_on(self, charger: ChargerId, notice: Notice) -> None:
        """Tell what a charger tells."""
        for tell in tuple(self._notices):
            _safely(tell, charger, notice)

    @callback
    def wake(self, places: Iterable[Place]) -> None:
        """Have everything written again that shows at these places."""
        for place in set(places):
            for update in tuple(self._updates.get(place, ())):
                _safely(update)

    @callback
    def wake_readings(self, places: Iterable[Place]) -> None:
        """Have everything written again that the meters at these places tell."""
        for place in set(places):
            for update in tuple(self._readings.get(place, ())):
                _safely(update)

    @callback
    def hear(self, charger: ChargerId) -> None:
        """Tell that a charger has said that it is there."""
        for update in tuple(self._heartbeats.get(Place(charger), ())):
            _safely(update)

    @callback
    def wake_charger(self, charger: ChargerId) -> None:
        """Have everything written again that shows at a charger and its EVSEs."""
        self.wake(place for place in self._updates if place.charger == charger)
        self.wake_readings(place for place in self._readings if place.charger == charger)

    @callback
    def wake_all(self) -> None:
        """Have everything written again, wherever it shows."""
        self.wake(tuple(self._updates))
        self.wake_readings(tuple(self._readings))

    @callback
    def announce(self, place: Place) -> None:
        """Tell of a charger or EVSE that is new."""
        for added in () if self._closed else tuple(self._places):
            _safely(added, place)


def _safely[**P](listener: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
    try:
        listener(*args, **kwargs)
    except Exception:  # noqa: BLE001  whatever an entity cannot show, the charger must get its answer and all others their news
        LOGGER.exception("Something that changed could not be shown")


def _join[T](subscribers: list[T], subscriber: T) -> CALLBACK_TYPE:
    subscribers.append(subscriber)

    @callback
    def unsubscribe() -> None:
        subscribers.remove(subscriber)

    return unsubscribe


def _subscribe[T](subscribers: dict[Place, list[T]], place: Place, subscriber: T) -> CALLBACK_TYPE:
    subscribers.setdefault(place, []).append(subscriber)

    @callback
    def unsubscribe() -> None:
        subscribers[place].remove(subscriber)
        if not subscribers[place]:
            del subscribers[place]

    return unsubscribe
