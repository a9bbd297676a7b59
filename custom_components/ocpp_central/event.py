"""What happens to reservations, who presents a token, and what concerns the security of a charger."""

from collections.abc import Iterable
from dataclasses import replace
from typing import override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .audience import Place
from .coordinator import CentralSystem, OcppConfigEntry
from .core.book import Change
from .core.events import ChargerId, Notice, SecurityTold
from .core.maintenance import SecurityKind
from .core.presentation import Presentation
from .entity import PlaceEntity, add_entities_everywhere
from .tidings import of_presentation, of_reservation

PARALLEL_UPDATES = 0

RESERVATION = EventEntityDescription(
    key="reservation",
    translation_key="reservation",
    event_types=[
        "scheduled",
        "placed",
        "changed",
        "used",
        "expired",
        "cancelled",
        "removed",
        "rejected",
        "requirement_dropped",
        "busy",
        "at_risk",
        "intruder",
    ],
)

ANY_RESERVATION = replace(RESERVATION, translation_key="reservation_for_any_connector")
"""What happens at a charger to a reservation for any connector, until it is bound to one."""

ID_TOKEN_PRESENTED = EventEntityDescription(
    key="id_token_presented",
    translation_key="id_token_presented",
    event_types=["accepted", "refused"],
)


SECURITY_EVENT = EventEntityDescription(
    key="security_event",
    translation_key="security_event",
    entity_category=EntityCategory.DIAGNOSTIC,
    event_types=[kind.value for kind in SecurityKind],
)


async def async_setup_entry(
    _: HomeAssistant,
    entry: OcppConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the event entity of every charger and connector."""
    add_entities_everywhere(entry, async_add_entities, _entities_of)


def _entities_of(central: CentralSystem, place: Place) -> Iterable[EventEntity]:
    if place.evse is None:
        yield ReservationEvent(central, place, ANY_RESERVATION)
        yield PresentationEvent(central, place, ID_TOKEN_PRESENTED)
        yield SecurityEvent(central, place, SECURITY_EVENT)
    else:
        yield ReservationEvent(central, place, RESERVATION)


class ReservationEvent(PlaceEntity, EventEntity):
    """The latest thing that happened to a reservation that shows here (contract 4)."""

    _offline_too = True

    @override
    async def async_added_to_hass(self) -> None:
        """Hear the news of this place, and notice when its charger is gone."""
        await super().async_added_to_hass()
        self.async_on_remove(self._central.audience.listen_to_news(self._place, self._tell))

    @callback
    def _tell(self, change: Change) -> None:
        self._trigger_event(*of_reservation(self._central, change))
        self.async_write_ha_state()


class PresentationEvent(PlaceEntity, EventEntity):
    """The latest token that somebody presented at a charger: whose it is, but never which (contract 4)."""

    @override
    async def async_added_to_hass(self) -> None:
        """Hear of everybody, and notice when the charger comes and goes."""
        await super().async_added_to_hass()
        self.async_on_remove(self._central.audience.listen_to_presentations(self._tell))

    @callback
    def _tell(self, presented: Presentation) -> None:
        if presented.charger != self._place.charger:
            return
        self._trigger_event(*of_presentation(presented))
        self.async_write_ha_state()


class SecurityEvent(PlaceEntity, EventEntity):
    """The latest thing that a charger has told of its security."""

    @override
    async def async_added_to_hass(self) -> None:
        """Hear of this charger, and notice when it comes and goes."""
        await super().async_added_to_hass()
        self.async_on_remove(self._central.audience.listen_to_notices(self._tell))

    @callback
    def _tell(self, charger: ChargerId, notice: Notice) -> None:
        if charger != self._place.charger or not isinstance(notice, SecurityTold):
            return
        self._trigger_event(notice.kind.value, {"security_event": notice.word, "time": notice.at.isoformat()})
        self.async_write_ha_state()
