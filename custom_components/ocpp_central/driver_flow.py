"""The forms for drivers: what one is called, and what he charges with.

Knows what the owner is asked, and what he may not answer. Must not know what becomes of reservations by his answers.

The forms show ID tokens in clear. Whoever edits a list must see what is in it, and only administrators come here; Home
Assistant shows them the ids of its own tags in the same way.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry, ConfigSubentry, ConfigSubentryFlow, SubentryFlowResult
from homeassistant.const import CONF_NAME, CONF_TYPE
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import (
    ObjectSelector,
    ObjectSelectorConfig,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)
import voluptuous as vol

from .const import CONF_GROUP, CONF_ID_TOKENS, CONF_VALUE, DOMAIN, SUBENTRY_DRIVER
from .drivers import new_driver_id, tokens_of
from .id_tokens import LONGEST, PLAIN_TEXT, TOKEN_TYPES

_ANY: Final = "any"
"""What the form shows where no type is known: not every frontend lets a choice be taken back."""

_TYPE: Final = SelectSelector(
    SelectSelectorConfig(
        options=[SelectOptionDict(value=_ANY, label="Any"), *(SelectOptionDict(value=t, label=t) for t in TOKEN_TYPES)],
        mode=SelectSelectorMode.DROPDOWN,
        translation_key="id_token_type",
    )
)
_SCHEMA: Final = vol.Schema(
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
    }
)
_PLAIN: Final = vol.All(PLAIN_TEXT, vol.Length(max=LONGEST))


class _FaultError(Exception):
    """Something cannot be taken over as it was typed in. `about`: what the text says of it."""

    def __init__(self, field: str, error: str, **about: str) -> None:
        """Blame a field."""
        super().__init__(error)
        self.errors = {field: error}
        self.about = about


class DriverSubentryFlow(ConfigSubentryFlow):
    """Add a driver, or change one."""

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask who it is."""
        if user_input is None:
            return self._async_show("user", None)
        try:
            name, data = _read(self.hass, self._get_entry(), None, user_input)
        except _FaultError as fault:
            return self._async_show("user", user_input, fault)
        return self.async_create_entry(title=name, data=data, unique_id=new_driver_id())

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask what is to be different."""
        entry, driver = self._get_entry(), self._get_reconfigure_subentry()
        if user_input is None:
            return self._async_show("reconfigure", _shown(driver))
        try:
            name, data = _read(self.hass, entry, driver, user_input)
        except _FaultError as fault:
            return self._async_show("reconfigure", user_input, fault)
        return self.async_update_and_abort(entry, driver, title=name, data=data, reason="reconfigure_successful")

    def _async_show(
        self, step_id: str, shown: Mapping[str, Any] | None, fault: _FaultError | None = None
    ) -> SubentryFlowResult:
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(_SCHEMA, shown),
            errors=None if fault is None else fault.errors,
            description_placeholders=None if fault is None else fault.about,
        )


def _shown(driver: ConfigSubentry) -> dict[str, Any]:
    """What the form is filled with."""
    tokens = [{CONF_VALUE: each.value, CONF_TYPE: each.type or _ANY} for each in tokens_of(driver.data)]
    return {**driver.data, CONF_NAME: driver.title, CONF_ID_TOKENS: tokens}


def _read(
    hass: HomeAssistant, entry: ConfigEntry, driver: ConfigSubentry | None, user_input: Mapping[str, Any]
) -> tuple[str, dict[str, Any]]:
    """The name and the data of a driver, `driver` as he was; what the form does not ask for stays. Raises `_FaultError`."""
    name = _plain(CONF_NAME, user_input[CONF_NAME], "name_invalid")
    _refuse_known_name(entry, driver, name)
    tokens = [
        {
            CONF_VALUE: _plain(CONF_ID_TOKENS, each[CONF_VALUE], "token_invalid", number=str(number)),
            CONF_TYPE: None if (kind := each.get(CONF_TYPE, _ANY)) == _ANY else kind,
        }
        for number, each in enumerate(_listed(user_input[CONF_ID_TOKENS]), start=1)
    ]
    _refuse_known_tokens(hass, driver, tokens)
    data = {} if driver is None else {key: each for key, each in driver.data.items() if key != CONF_GROUP}
    data[CONF_ID_TOKENS] = tokens
    if (group := user_input.get(CONF_GROUP, "").strip()) != "":
        data[CONF_GROUP] = _plain(CONF_GROUP, group, "group_invalid")
    return name, data


def _plain(field: str, text: str, error: str, **about: str) -> str:
    try:
        plain: str = _PLAIN(text)
    except vol.Invalid:
        raise _FaultError(field, error, **about) from None
    return plain


def _listed(tokens: Any) -> list[dict[str, Any]]:  # noqa: ANN401  whatever passed the selector, which lets a single one in
    return tokens if isinstance(tokens, list) else [tokens]


def _refuse_known_name(entry: ConfigEntry, driver: ConfigSubentry | None, name: str) -> None:
    """Actions call a driver by his name or by an id, so that none may be like another one's."""
    for other in _others([entry], driver):
        if other.title.casefold() == name.casefold():
            raise _FaultError(CONF_NAME, "name_taken", driver=other.title)
        if name in {other.unique_id, other.subentry_id}:
            raise _FaultError(CONF_NAME, "name_is_id", driver=other.title)


def _refuse_known_tokens(hass: HomeAssistant, driver: ConfigSubentry | None, tokens: list[dict[str, Any]]) -> None:
    """A token names one person, whatever its type: 1.6 tells no types."""
    if not tokens:
        raise _FaultError(CONF_ID_TOKENS, "no_token")
    owners = {
        token.value.casefold(): other.title
        for other in _others(hass.config_entries.async_entries(DOMAIN), driver)
        for token in tokens_of(other.data)
    }
    seen = set[str]()
    for number, token in enumerate(tokens, start=1):
        value = token[CONF_VALUE].casefold()
        if value in owners:
            raise _FaultError(CONF_ID_TOKENS, "token_taken", number=str(number), driver=owners[value])
        if value in seen:
            raise _FaultError(CONF_ID_TOKENS, "token_twice", number=str(number))
        seen.add(value)


def _others(entries: list[ConfigEntry], driver: ConfigSubentry | None) -> Iterator[ConfigSubentry]:
    """The drivers of these central systems except this one."""
    for entry in entries:
        for each in entry.get_subentries_of_type(SUBENTRY_DRIVER):
            if driver is None or each.subentry_id != driver.subentry_id:
                yield each
