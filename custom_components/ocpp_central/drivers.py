"""The drivers of a central system, as their subentries describe them (contract 1).

Knows how a driver is stored, and by what a caller may call one. Must not know the form (`driver_flow`), nor what is
reserved for anybody.
"""

from collections.abc import Mapping
import secrets
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_TYPE

from .const import CONF_GROUP, CONF_ID_TOKENS, CONF_VALUE, SUBENTRY_DRIVER
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
        Driver(driver_id=each.unique_id, name=each.title, tokens=tokens, group=each.data.get(CONF_GROUP))
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
