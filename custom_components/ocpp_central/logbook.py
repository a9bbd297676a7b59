"""What the activity page says of reservations, and of who is at a reader: a sentence each.

Knows the sentences, and how they are put together. Must not know when anything is told (`bus`).
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final

from homeassistant.components.logbook.const import LOGBOOK_ENTRY_ICON, LOGBOOK_ENTRY_MESSAGE, LOGBOOK_ENTRY_NAME
from homeassistant.components.logbook.models import LazyEventPartialState
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .bus import ATTR_EVENT_TYPE, ATTR_PLACE, ATTR_TARGET
from .const import DOMAIN, EVENT_ID_TOKEN_PRESENTED, EVENT_RESERVATION, EVENT_START_EXPIRED
from .core.reservation import Target
from .errors import local
from .texts import texts
from .tidings import ATTR_DRIVER, ATTR_EVSE, ATTR_LATE, ATTR_REASON
from .windows import ATTR_END, ATTR_START

type Describe = Callable[[LazyEventPartialState], dict[str, Any]]

_SUBJECTS: Final[Mapping[str, str]] = {
    Target.ANY: "activity_any_connector",
    Target.CONNECTOR_TYPE: "activity_any_connector",
    Target.WHOLE_CHARGER: "activity_whole_charger",
}
"""What a reservation that shows at no single connector is about, since the name of the charger would not say it."""

_UNNAMED: Final = "_unnamed"
"""Ends the key of a sentence about a reservation for no driver: for the house, or a token of nobody known."""


@callback
def async_describe_events(hass: HomeAssistant, async_describe_event: Callable[[str, str, Describe], None]) -> None:
    """Have our events told as sentences."""
    async_describe_event(DOMAIN, EVENT_RESERVATION, partial(_reservation, hass))
    async_describe_event(DOMAIN, EVENT_ID_TOKEN_PRESENTED, partial(_presentation, hass))
    async_describe_event(DOMAIN, EVENT_START_EXPIRED, partial(_start_expired, hass))


def _reservation(hass: HomeAssistant, event: LazyEventPartialState) -> dict[str, Any]:
    data = event.data
    kind, driver = data[ATTR_EVENT_TYPE], data[ATTR_DRIVER]
    sentence = _say(hass, f"activity_{kind}" if driver else f"activity_{kind}{_UNNAMED}", driver=driver, **_times(data))
    if data[ATTR_LATE]:
        sentence = _say(hass, "activity_late", sentence=sentence)
    subject = data[ATTR_PLACE]
    if data[ATTR_EVSE] is None:
        subject = _say(hass, _SUBJECTS[data[ATTR_TARGET]], charger=subject)
    return _told(subject, sentence, "mdi:calendar-badge")


def _presentation(hass: HomeAssistant, event: LazyEventPartialState) -> dict[str, Any]:
    data = event.data
    reason = data[ATTR_REASON]
    key = "activity_accepted" if reason is None else f"activity_refused_{reason}"
    sentence = _say(hass, key, driver=data[ATTR_DRIVER] or _say(hass, "activity_somebody"))
    return _told(data[ATTR_PLACE], sentence, "mdi:card-account-details")


def _start_expired(hass: HomeAssistant, event: LazyEventPartialState) -> dict[str, Any]:
    driver = event.data[ATTR_DRIVER]
    key = f"activity_start_expired{'' if driver else _UNNAMED}"
    return _told(event.data[ATTR_PLACE], _say(hass, key, driver=driver), "mdi:ev-station")


def _told(subject: str, sentence: str, icon: str) -> dict[str, Any]:
    """A line of the activity page, which writes the one in front of the other; `icon`: as the event entity has it."""
    return {LOGBOOK_ENTRY_NAME: subject, LOGBOOK_ENTRY_MESSAGE: sentence, LOGBOOK_ENTRY_ICON: icon}


def _times(data: Mapping[str, Any]) -> dict[str, str]:
    """When a reservation starts and ends; an end on the same day needs no date."""
    start, end = (dt_util.as_local(datetime.fromisoformat(data[each])) for each in (ATTR_START, ATTR_END))
    return {
        ATTR_START: local(start),
        ATTR_END: f"{end:%H:%M}" if end.date() == start.date() else local(end),
    }


def _say(hass: HomeAssistant, key: str, **about: str) -> str:
    """A text in the language of Home Assistant: of what it shows, the page itself translates states alone.

    The recorder's thread asks for past events, the event loop for the latest.
    """
    return texts(hass, "common")[f"component.{DOMAIN}.common.{key}"].format(**about)
