"""The drivers of a central system, as their subentries describe them (contract 1).

Knows how a driver is stored, by what a caller may call one, and to whom a token belongs. Must not know the forms
(`driver_form`), nor what is reserved for anybody.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
import secrets
from types import MappingProxyType
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.const import CONF_TYPE
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .const import (
    CONF_BLOCKED,
    CONF_GROUP,
    CONF_ID_TOKENS,
    CONF_VALID_FROM,
    CONF_VALID_UNTIL,
    CONF_VALUE,
    DOMAIN,
    SUBENTRY_DRIVER,
)
from .core.drivers import Driver, DriverId, Drivers
from .core.token import IdToken

PREFIX = "driver-"
"""Subentries of all kinds share their unique ids, and no charger may have the id of a driver."""


def new_driver_id() -> DriverId:
    """An id for one more driver; 19 characters, so that 1.6 can carry it as the id of a group (CiString20Type)."""
    return PREFIX + secrets.token_hex(6)


def new_driver(name: str, data: Mapping[str, Any]) -> ConfigSubentry:
    """The subentry of one more driver."""
    return ConfigSubentry(
        data=MappingProxyType(dict(data)), subentry_type=SUBENTRY_DRIVER, title=name, unique_id=new_driver_id()
    )


def drivers_of(entry: ConfigEntry) -> Drivers:
    """The drivers of an entry, by name; one without tokens, which no form lets in, is left out."""
    found = [
        Driver(
            driver_id=each.unique_id,
            name=each.title,
            tokens=tokens,
            group=each.data.get(CONF_GROUP),
            valid_from=stored_moment(each.data.get(CONF_VALID_FROM)),
            valid_until=stored_moment(each.data.get(CONF_VALID_UNTIL)),
            blocked=each.data.get(CONF_BLOCKED) is True,
        )
        for each in entry.get_subentries_of_type(SUBENTRY_DRIVER)
        if each.unique_id is not None and (tokens := tokens_of(each.data))
    ]
    return Drivers(known=tuple(sorted(found, key=lambda each: (each.name.casefold(), each.driver_id))))


def tokens_of(data: Mapping[str, Any]) -> tuple[IdToken, ...]:
    """The ID tokens in the data of a driver's subentry."""
    return tuple(IdToken(value=each[CONF_VALUE], type=each.get(CONF_TYPE)) for each in data.get(CONF_ID_TOKENS, ()))


def stored_tokens(tokens: Iterable[IdToken]) -> list[dict[str, str | None]]:
    """ID tokens as the data of a driver's subentry has them."""
    return [{CONF_VALUE: each.value, CONF_TYPE: each.type} for each in tokens]


def stored_moment(stored: object) -> datetime | None:
    """A stored time, ISO 8601 in UTC; None if there is none, or none that can be read."""
    moment = dt_util.parse_datetime(stored) if isinstance(stored, str) else None
    return None if moment is None else dt_util.as_utc(moment)


def find_driver(entry: ConfigEntry, drivers: Drivers, called: str) -> Driver | None:
    """The driver who is called so: by his name, by his id or by the id of his subentry, of which none is like another."""
    subentry = entry.subentries.get(called)
    return drivers.named(called) or drivers.get(called if subentry is None else subentry.unique_id)


def subentry_named(entry: ConfigEntry, name: str) -> ConfigSubentry | None:
    """The subentry of the driver of this name, in letters of either case."""
    known = entry.get_subentries_of_type(SUBENTRY_DRIVER)
    return next((each for each in known if each.title.casefold() == name.casefold()), None)


def owners(hass: HomeAssistant, *, but: ConfigSubentry | None = None) -> dict[str, str]:
    """The name of each token's driver by the token's key, of all central systems; `but`: as if he were none of them.

    A token names one person, whatever its type: 1.6 tells no types.
    """
    everybody = _all_but(but, hass.config_entries.async_entries(DOMAIN))
    return {token.key: each.title for each in everybody for token in tokens_of(each.data)}


def _all_but(one: ConfigSubentry | None, entries: Iterable[ConfigEntry]) -> Iterator[ConfigSubentry]:
    for entry in entries:
        for each in entry.get_subentries_of_type(SUBENTRY_DRIVER):
            if one is None or each.subentry_id != one.subentry_id:
                yield each
