"""The links of a central system to calendars, as their subentries describe them.

Knows how a link is stored. Must not know the form (`link_flow`), how a calendar is read, nor what is reserved.
"""

from collections.abc import Mapping
from dataclasses import dataclass
import secrets
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry

from ..audience import Place
from ..choices import HOUSE
from ..const import SUBENTRY_LINK
from ..core.drivers import DriverId

CONF_CALENDAR: Final = "calendar"
CONF_CHARGER_ID: Final = "charger_id"
CONF_EVSE: Final = "evse"
CONF_TEXT: Final = "text"
CONF_DRIVER: Final = "driver"

FROM_TITLE: Final = "from_title"
"""Stored as the driver where the title of each event names one; ids of drivers begin with another word."""

PREFIX: Final = "link-"
"""Subentries of all kinds share their unique ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What the owner has decided: for which events of which calendar which place is reserved, and for whom.

    `calendar`: the id of an entity in Home Assistant's registry, which stays when the entity is renamed; its entity id if
    it is in no registry. `place`: a charger means any of its connectors. `text`: what an event must contain.
    `driver` None: the house, or, if `from_title`, whoever the title of the event names.
    """

    uid: str
    title: str
    calendar: str
    place: Place
    text: str = ""
    from_title: bool = False
    driver: DriverId | None = None


def new_link_id() -> str:
    """An id for one more link; it is the uid of what wants its reservations, too."""
    return PREFIX + secrets.token_hex(6)


def stored_link(calendar: str, place: Place, text: str, driver: str) -> dict[str, Any]:
    """A link as the data of its subentry has it. `driver`: an id, or one of `FROM_TITLE` and `HOUSE`."""
    return {
        CONF_CALENDAR: calendar,
        CONF_CHARGER_ID: place.charger,
        CONF_EVSE: place.evse,
        CONF_TEXT: text,
        CONF_DRIVER: driver,
    }


def links_of(entry: ConfigEntry) -> dict[str, Link]:
    """The links of an entry, by their uids."""
    return {
        each.unique_id: _link(each.unique_id, each.title, each.data)
        for each in entry.get_subentries_of_type(SUBENTRY_LINK)
        if each.unique_id is not None
    }


def _link(uid: str, title: str, data: Mapping[str, Any]) -> Link:
    driver = data[CONF_DRIVER]
    return Link(
        uid=uid,
        title=title,
        calendar=data[CONF_CALENDAR],
        place=Place(data[CONF_CHARGER_ID], data[CONF_EVSE]),
        text=data[CONF_TEXT],
        from_title=driver == FROM_TITLE,
        driver=None if driver in {FROM_TITLE, HOUSE} else driver,
    )
