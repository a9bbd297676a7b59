"""The form for a driver: what one is called, what he charges with, and when he may.

Knows the fields, and what the owner may not answer. Must not know in which steps he is asked (`driver_flow`), nor what
becomes of reservations by his answers.

The form shows ID tokens in clear. Whoever edits a list must see what is in it, and only administrators come here; Home
Assistant shows them the ids of its own tags in the same way.
"""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.const import CONF_NAME, CONF_TYPE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.selector import (
    BooleanSelector,
    DateTimeSelector,
    EntitySelector,
    EntitySelectorConfig,
    ObjectSelector,
    ObjectSelectorConfig,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)
from homeassistant.util import dt as dt_util
import voluptuous as vol

from ..const import (
    CONF_BLOCKED,
    CONF_GROUP,
    CONF_ID_TOKENS,
    CONF_PERSON,
    CONF_VALID_FROM,
    CONF_VALID_UNTIL,
    CONF_VALUE,
    SUBENTRY_DRIVER,
)
from ..core.token import IdToken
from ..drivers import owners, stored_moment, stored_tokens, tokens_of
from ..id_tokens import TOKEN_TYPES, plain, tidied

_ANY: Final = "any"
"""What the form shows where no type is known: not every frontend lets a choice be taken back."""

_TYPE: Final = SelectSelector(
    SelectSelectorConfig(
        options=[SelectOptionDict(value=_ANY, label="Any"), *(SelectOptionDict(value=t, label=t) for t in TOKEN_TYPES)],
        mode=SelectSelectorMode.DROPDOWN,
        translation_key="id_token_type",
    )
)
SCHEMA: Final = vol.Schema(
    {
        vol.Required(CONF_NAME): TextSelector(),
        vol.Required(CONF_ID_TOKENS): ObjectSelector(
            ObjectSelectorConfig(
                fields={
                    CONF_VALUE: {"selector": TextSelector(), "required": True},
                    CONF_TYPE: {"selector": _TYPE, "default": _ANY},
                },
                multiple=True,
                label_field=CONF_VALUE,
                description_field=CONF_TYPE,
                translation_key="id_tokens",
            )
        ),
        vol.Optional(CONF_GROUP): TextSelector(),
        vol.Optional(CONF_VALID_FROM): DateTimeSelector(),
        vol.Optional(CONF_VALID_UNTIL): DateTimeSelector(),
        vol.Required(CONF_BLOCKED, default=False): BooleanSelector(),
        vol.Optional(CONF_PERSON): EntitySelector(EntitySelectorConfig(domain="person")),
    }
)
_FIELDS: Final = frozenset(map(str, SCHEMA.schema))
_AS_TYPED: Final = "%Y-%m-%d %H:%M:%S"
"""How Home Assistant's frontend writes a local time."""


class FaultError(Exception):
    """Something cannot be taken over as it was typed in. `about`: what the text says of it."""

    def __init__(self, field: str, error: str, **about: str) -> None:
        """Blame a field."""
        super().__init__(error)
        self.errors = {field: error}
        self.about = about


def shown_tokens(*tokens: IdToken) -> dict[str, Any]:
    """What the form is filled with where these tokens are all that is known."""
    return {CONF_ID_TOKENS: [{CONF_VALUE: each.value, CONF_TYPE: each.type or _ANY} for each in tokens]}


def shown(driver: ConfigSubentry, *learned: IdToken) -> dict[str, Any]:
    """What the form is filled with for a driver, with tokens that were learned for him."""
    times = {field: _local(driver.data.get(field)) for field in (CONF_VALID_FROM, CONF_VALID_UNTIL)}
    told = {field: time for field, time in times.items() if time is not None}
    kept = {field: value for field, value in driver.data.items() if field not in times}
    return {**kept, **told, CONF_NAME: driver.title, **shown_tokens(*tokens_of(driver.data), *learned)}


def read(
    hass: HomeAssistant, entry: ConfigEntry, driver: ConfigSubentry | None, user_input: Mapping[str, Any]
) -> tuple[str, dict[str, Any]]:
    """The name and the data of a driver, `driver` as he was; what the form does not ask for stays. Raises `FaultError`."""
    was: Mapping[str, Any] = {} if driver is None else driver.data
    name = read_name(entry, driver, user_input[CONF_NAME])
    tokens = [_token(number, each) for number, each in enumerate(_listed(user_input[CONF_ID_TOKENS]), start=1)]
    _refuse_known_tokens(owners(hass, but=driver), tokens)
    data = {field: value for field, value in was.items() if field not in _FIELDS}
    data |= {CONF_ID_TOKENS: stored_tokens(tokens), CONF_BLOCKED: user_input[CONF_BLOCKED]}
    if (group := user_input.get(CONF_GROUP, "").strip()) != "":
        data[CONF_GROUP] = _plain(CONF_GROUP, group, "group_invalid")
    data |= {
        field: _moment(field, user_input[field], was.get(field))
        for field in (CONF_VALID_FROM, CONF_VALID_UNTIL)
        if field in user_input
    }
    _refuse_times_in_disorder(data)
    if CONF_PERSON in user_input:
        data[CONF_PERSON] = user_input[CONF_PERSON]
    return name, data


def read_name(entry: ConfigEntry, driver: ConfigSubentry | None, text: str) -> str:
    """A name for a driver. Actions call one by name or by an id, so none may be like another's. Raises `FaultError`."""
    name = _plain(CONF_NAME, text, "name_invalid")
    for other in entry.get_subentries_of_type(SUBENTRY_DRIVER):
        if driver is not None and other.subentry_id == driver.subentry_id:
            continue
        if other.title.casefold() == name.casefold():
            raise FaultError(CONF_NAME, "name_taken", driver=other.title)
        if name in {other.unique_id, other.subentry_id}:
            raise FaultError(CONF_NAME, "name_is_id", driver=other.title)
    return name


def _plain(field: str, text: str, error: str, **about: str) -> str:
    if (found := plain(text)) is None:
        raise FaultError(field, error, **about)
    return found


def _listed(tokens: Any) -> list[dict[str, Any]]:  # noqa: ANN401  whatever passed the selector, which lets a single one in
    return tokens if isinstance(tokens, list) else [tokens]


def _token(number: int, typed: Mapping[str, Any]) -> IdToken:
    value = _plain(CONF_ID_TOKENS, typed[CONF_VALUE], "token_invalid", number=str(number))
    return tidied(IdToken(value=value, type=None if (kind := typed.get(CONF_TYPE, _ANY)) == _ANY else kind))


def _refuse_known_tokens(taken: Mapping[str, str], tokens: list[IdToken]) -> None:
    """A token belongs to one driver, and is in his list once."""
    if not tokens:
        raise FaultError(CONF_ID_TOKENS, "no_token")
    seen = set[str]()
    for number, token in enumerate(tokens, start=1):
        if (owner := taken.get(token.key)) is not None:
            raise FaultError(CONF_ID_TOKENS, "token_taken", number=str(number), driver=owner)
        if token.key in seen:
            raise FaultError(CONF_ID_TOKENS, "token_twice", number=str(number))
        seen.add(token.key)


def _local(stored: object) -> str | None:
    """A stored time as the form shows it; None if there is none."""
    moment = stored_moment(stored)
    return None if moment is None else dt_util.as_local(moment).strftime(_AS_TYPED)


def _moment(field: str, typed: str, was: object) -> object:
    """A time as it is stored. One that nobody touched stays: an hour of the autumn comes twice, and looks the same."""
    if typed == _local(was):
        return was
    try:
        return dt_util.as_utc(cv.datetime(typed)).isoformat()
    except OverflowError:
        raise FaultError(field, "time_invalid") from None


def _refuse_times_in_disorder(data: Mapping[str, Any]) -> None:
    begin, end = stored_moment(data.get(CONF_VALID_FROM)), stored_moment(data.get(CONF_VALID_UNTIL))
    if begin is not None and end is not None and end <= begin:
        raise FaultError(CONF_VALID_UNTIL, "until_not_after_from")
