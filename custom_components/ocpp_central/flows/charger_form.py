"""What is asked of a charger, and what is stored of the answers.

Knows fields and how they are stored. Must not know the steps (`charger_flow`).
"""

from collections.abc import Container, Mapping, Sized
from typing import Any

from homeassistant.const import CONF_NAME, CONF_PASSWORD, UnitOfElectricCurrent
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    ObjectSelector,
    ObjectSelectorConfig,
    ObjectSelectorField,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import voluptuous as vol

from ..charger_settings import (
    AUTO,
    CONF_CONNECTOR,
    CONF_CONNECTOR_TYPES,
    CONF_MAX_CURRENT,
    CONF_OCPP_VERSION,
    CONF_TYPES,
    ENFORCEMENTS,
    INHERIT,
    VERSIONS,
)
from ..const import CONF_IDENTITY, CONF_LOCAL_LIST, CONF_RELAXED, DEFAULT_LOCAL_LIST, DEFAULT_RELAXED
from ..core.connector_types import CONNECTOR_TYPES
from ..core.evse import MAX_EVSES
from ..options import CONF_ENFORCEMENT

# What the form shows instead of a password that is set, so that the password itself stays on the server.
PASSWORD_UNCHANGED = "********"  # noqa: S105  stands for a secret, is none

_PASSWORD = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD))
_LEAST_CURRENT = 6
"""A: with less no car charges (IEC 61851)."""
_MOST_CURRENT = 1000
_CHARGER_FIELDS: dict[vol.Marker, object] = {
    vol.Optional(CONF_NAME): TextSelector(),
    vol.Optional(CONF_PASSWORD): _PASSWORD,
    vol.Required(CONF_RELAXED, default=DEFAULT_RELAXED): BooleanSelector(),
    vol.Required(CONF_ENFORCEMENT, default=INHERIT): SelectSelector(
        SelectSelectorConfig(options=list(ENFORCEMENTS), translation_key="charger_enforcement")
    ),
    vol.Required(CONF_LOCAL_LIST, default=DEFAULT_LOCAL_LIST): BooleanSelector(),
    vol.Required(CONF_OCPP_VERSION, default=AUTO): SelectSelector(
        SelectSelectorConfig(
            options=[
                SelectOptionDict(value=AUTO, label=AUTO),
                *(SelectOptionDict(value=version, label=f"OCPP {version}") for version in VERSIONS),
            ],
            translation_key="charger_ocpp_version",
            mode=SelectSelectorMode.DROPDOWN,
        )
    ),
    vol.Optional(CONF_MAX_CURRENT): NumberSelector(
        NumberSelectorConfig(
            min=_LEAST_CURRENT,
            max=_MOST_CURRENT,
            step=1,
            mode=NumberSelectorMode.BOX,
            unit_of_measurement=UnitOfElectricCurrent.AMPERE,
        )
    ),
}
_CONNECTOR_TYPES = ObjectSelector(
    ObjectSelectorConfig(
        multiple=True,
        label_field=CONF_CONNECTOR,
        description_field=CONF_TYPES,
        translation_key=CONF_CONNECTOR_TYPES,
        fields={
            CONF_CONNECTOR: ObjectSelectorField(
                required=True,
                selector=NumberSelector(
                    NumberSelectorConfig(min=1, max=MAX_EVSES, step=1, mode=NumberSelectorMode.BOX)
                ),
            ),
            # The frontend fills a required choice with the first one, which would be stored unnoticed.
            CONF_TYPES: ObjectSelectorField(
                selector=SelectSelector(
                    SelectSelectorConfig(options=list(CONNECTOR_TYPES), multiple=True, custom_value=True)
                ),
            ),
        },
    )
)
_UNLESS_DEFAULT = {CONF_LOCAL_LIST: DEFAULT_LOCAL_LIST, CONF_OCPP_VERSION: AUTO, CONF_MAX_CURRENT: None}
"""What is stored only if it is another one."""

NEW_CHARGER_SCHEMA = vol.Schema({vol.Required(CONF_IDENTITY): TextSelector(), **_CHARGER_FIELDS})
CHARGER_SCHEMA = vol.Schema({**_CHARGER_FIELDS, vol.Optional(CONF_CONNECTOR_TYPES): _CONNECTOR_TYPES})


def answered(data: Mapping[str, Any], user_input: Mapping[str, Any]) -> dict[str, Any]:
    """The data once the form was answered, apart from password and connector types."""
    always = {key: user_input[key] for key in (CONF_RELAXED, CONF_ENFORCEMENT)}
    chosen = {key: user_input.get(key, default) for key, default in _UNLESS_DEFAULT.items()}
    rest = _without(data, _UNLESS_DEFAULT)
    return rest | always | {key: value for key, value in chosen.items() if value != _UNLESS_DEFAULT[key]}


def with_password(data: Mapping[str, Any], password: str | None) -> dict[str, Any]:
    """The data with this password, or with none."""
    rest = _without(data, {CONF_PASSWORD})
    return rest | {CONF_PASSWORD: password} if password and not password.isspace() else rest


def with_types(data: Mapping[str, Any], types: Sized) -> dict[str, Any]:
    """The data with these connector types, or with none."""
    rest = _without(data, {CONF_CONNECTOR_TYPES})
    return rest | {CONF_CONNECTOR_TYPES: types} if types else rest


def _without(data: Mapping[str, Any], keys: Container[str]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key not in keys}
