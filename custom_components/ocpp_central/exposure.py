"""Which chargers and connectors an assistant may know of, what it may call them, and what is reserved there.

Knows what the owner exposes, names and areas. Must not know what an assistant wants to do there (`llm`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from homeassistant.components.homeassistant.exposed_entities import async_should_expose
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er, intent

from . import errors
from .actions.call_data import central_systems
from .audience import Place
from .coordinator import CentralSystem
from .core.charger import Charger
from .core.events import EvseId
from .core.reservation import Reservation, Target
from .devices import device_id_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A connector, or a charger as any of its connectors.

    `called`: whatever else than `name` people call it, in small letters. `areas`: the ids of all areas that it may
    turn out to be in; None among them: in none.
    """

    central: CentralSystem
    place: Place
    name: str
    called: frozenset[str]
    area: str | None
    areas: frozenset[str | None]


type Found = tuple[Spot, Reservation]
"""A reservation, and the spot where an assistant may say that it is."""


class Exposure:
    """The spots that are exposed to an assistant: connectors with an exposed entity, and chargers with no others.

    A charger with a connector that is not exposed is none, for what is reserved of it may come to be there.
    """

    def __init__(self, hass: HomeAssistant, assistant: str) -> None:
        """Look at what is exposed now."""
        self._hass = hass
        self._assistant = assistant
        found = [
            spot
            for central in central_systems(hass)
            for charger in central.chargers.values()
            for spot in self._spots_of(central, charger)
        ]
        self.spots = tuple(sorted(found, key=lambda each: each.name.casefold()))
        self._by_place = {(spot.central, spot.place): spot for spot in self.spots}

    def matching(self, name: str | None = None, area: str | None = None) -> list[Spot]:
        """The spots of this name and area; a charger stands for its connectors. Raises a translated error for none."""
        areas = None if area is None else {each.id for each in intent.find_areas(area, ar.async_get(self._hass))}
        found = [
            spot
            for spot in self.spots
            if (name is None or name.strip().casefold() in spot.called) and (areas is None or spot.areas <= areas)
        ]
        if not found:
            wanted = ", ".join(each for each in (name, area) if each is not None) or "-"
            raise errors.invalid("unknown_place", place=wanted, places=_listed(self.spots))
        chargers = {(spot.central, spot.place.charger) for spot in found if spot.place.evse is None}
        return [spot for spot in found if spot.place.evse is None or (spot.central, spot.place.charger) not in chargers]

    def only(self, name: str | None = None, area: str | None = None) -> Spot:
        """The one spot of this name and area. Raises a translated error unless there is exactly one."""
        found = self.matching(name, area)
        if len(found) > 1:
            raise errors.invalid("choose_place", places=_listed(found))
        return found[0]

    def reservations(self, spots: Iterable[Spot]) -> list[Found]:
        """What is reserved at these spots, ordered by start."""
        found = {
            reservation.uid: (self.spot_of(spot.central, reservation) or spot, reservation)
            for spot in spots
            for reservation in spot.central.reservations(spot.place)
        }
        return sorted(found.values(), key=lambda each: (each[1].window.start, each[1].reservation_id))

    def spot_of(self, central: CentralSystem, reservation: Reservation) -> Spot | None:
        """The spot that a reservation is of; None if some of what it keeps, or may come to keep, is not exposed."""
        evse = None if reservation.target is Target.WHOLE_CHARGER else reservation.evse
        return self._by_place.get((central, Place(reservation.charger, evse)))

    def _spots_of(self, central: CentralSystem, charger: Charger) -> Iterator[Spot]:
        whole = _device(self._hass, central, charger)
        if whole is None:
            return
        names = [whole.name_by_user or central.name_of(charger.charger), central.name_of(charger.charger)]
        connectors = [
            spot for evse in charger.evses if (spot := self._connector(central, charger, evse, names)) is not None
        ]
        yield from connectors
        if connectors and len(connectors) == len(charger.evses):
            own = {name for each in self._exposed(whole) for name in self._names(each)}
            yield Spot(
                central=central,
                place=Place(charger.charger),
                name=names[0],
                called=_folded([*names, *own]),
                area=_area_name(self._hass, whole),
                areas=frozenset[str | None]().union(*(each.areas for each in connectors)),
            )

    def _connector(self, central: CentralSystem, charger: Charger, evse: EvseId, names: list[str]) -> Spot | None:
        device = _device(self._hass, central, charger, evse)
        if device is None or not (exposed := self._exposed(device)):
            return None
        own = [each for each in (device.name_by_user, device.name) if each]
        full = [f"{name} {each}" for name in names for each in own]
        aliases = [name for each in exposed for name in self._names(each)]
        place = Place(charger.charger, evse)
        return Spot(
            central=central,
            place=place,
            name=full[0] if full else central.label_of(place),
            called=_folded([*names, *own, *full, *aliases, central.label_of(place)]),
            area=_area_name(self._hass, device),
            areas=frozenset({dr.async_get_effective_area_id(self._hass, device)}),
        )

    def _exposed(self, device: dr.AnyDeviceEntry) -> list[er.RegistryEntry]:
        entries = er.async_entries_for_device(er.async_get(self._hass), device.id)
        return [each for each in entries if async_should_expose(self._hass, self._assistant, each.entity_id)]

    def _names(self, entity: er.RegistryEntry) -> list[str]:
        """What an entity is called: an assistant is told so, and may call its place by that."""
        state = self._hass.states.get(entity.entity_id)
        return [] if state is None else intent.async_get_entity_aliases(self._hass, entity, state=state)


def _device(
    hass: HomeAssistant, central: CentralSystem, charger: Charger, evse: EvseId | None = None
) -> dr.AnyDeviceEntry | None:
    device_id = device_id_of(hass, central, charger.charger, evse)
    return None if device_id is None else dr.async_get(hass).async_get(device_id)


def _area_name(hass: HomeAssistant, device: dr.AnyDeviceEntry) -> str | None:
    area_id = dr.async_get_effective_area_id(hass, device)
    area = None if area_id is None else ar.async_get(hass).async_get_area(area_id)
    return None if area is None else area.name


def _folded(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.strip().casefold() for name in names)


def _listed(spots: Iterable[Spot]) -> str:
    return ", ".join(spot.name for spot in spots) or "-"
