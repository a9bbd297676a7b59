"""The drivers of a central system, as their subentries describe them (contract 1).

Knows how a driver is stored, and by what a caller may call one. Must not know the form (`driver_flow`), nor what is
reserved for anybody.
"""

from collections.abc import Mapping
from datetime import datetime
import secrets
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_TYPE
from homeassistant.util import dt as dt_util

from .const import (
    CONF_BLOCKED,
    CONF_GROUP,
    CONF_ID_TOKENS,
    CONF_VALID_FROM,
    CONF_VALID_UNTIL,
    CONF_VALUE,
    SUBENTRY_DRIVER,
)
from .core.drivers import Driver, DriverId, Drivers
from .core.token import IdToken

PREFIX = "driver-"
"""Subentries of all kinds share their unique ids, and no charger may have the id of a driver."""


def new_driver_id() -> DriverId:
    """An id for one more driver; 19 characters, so that 1.6 can carry it as the id of a group (CiString20Type)."""
    return PREFIX + secrets.token_hex(6)


def drivers_of(entry: ConfigEntry) -> Drivers:
    """The drivers of an entry, by name; one without tokens, which no form lets in, is left out."""
    found = [
        Driver(
            driver_id=each.unique_id,
            name=each.title,
            tokens=tokens,
            group=each.data.get(CONF_GROUP),
            valid_from=_moment(each.data.get(CONF_VALID_FROM)),
            valid_until=_moment(each.data.get(CONF_VALID_UNTIL)),
            blocked=each.data.get(CONF_BLOCKED) is True,
        )
        for each in entry.get_subentries_of_type(SUBENTRY_DRIVER)
        if each.unique_id is not None and (tokens := tokens_of(each.data))
    ]
    return Drivers(known=tuple(sorted(found, key=lambda each: (each.name.casefold(), each.driver_id))))


def tokens_of(data: Mapping[str, Any]) -> tuple[IdToken, ...]:
    """The ID tokens in the data of a driver's subentry."""
    return tuple(IdToken(value=each[CONF_VALUE], type=each.get(CONF_TYPE)) for each in data.get(CONF_ID_TOKENS, ()))


def find_driver(entry: ConfigEntry, drivers: Drivers, called: str) -> Driver | None:
    """The driver who is called so: by his name, by his id or by the id of his subentry, of which none is like another."""
    subentry = entry.subentries.get(called)
    return drivers.named(called) or drivers.get(called if subentry is None else subentry.unique_id)


def _moment(stored: object) -> datetime | None:
    """A stored time, ISO 8601 in UTC; None if there is none, or none that can be read."""
    moment = dt_util.parse_datetime(stored) if isinstance(stored, str) else None
    return None if moment is None else dt_util.as_utc(moment)
