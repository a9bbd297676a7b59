"""The form of the options, which apply as soon as they are saved.

Knows what the owner is asked. Must not know how an amount is stored (`options`), nor what it brings about.
"""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
)
import voluptuous as vol

from ..options import AMOUNTS, CHOICES, CONF_DEFAULT_DURATION, CONF_MAX_DURATION, SWITCHES, Amount, stored


class OcppOptionsFlow(OptionsFlow):
    """Set the bounds for reservations, and who may charge."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for all of them; what is left out stays as it is in force."""
        errors: dict[str, str] = {}
        options = self.config_entry.options
        if user_input is not None:
            if user_input[CONF_DEFAULT_DURATION] <= user_input[CONF_MAX_DURATION]:
                return self.async_create_entry(data={**options, **user_input})
            errors[CONF_DEFAULT_DURATION] = "longer_than_maximum"
        shown: Mapping[str, Any] = stored(options) if user_input is None else user_input
        return self.async_show_form(step_id="init", data_schema=_schema(shown), errors=errors)


def _schema(shown: Mapping[str, Any]) -> vol.Schema:
    fields: dict[vol.Marker, object] = {
        vol.Required(key, default=shown[key]): _field(amount) for key, amount in AMOUNTS.items()
    }
    for key, choices in CHOICES.items():
        selector = SelectSelector(SelectSelectorConfig(options=list(choices), translation_key=key))
        fields[vol.Required(key, default=shown[key])] = selector
    for key in SWITCHES:
        fields[vol.Required(key, default=shown[key])] = BooleanSelector()
    return vol.Schema(fields)


def _field(amount: Amount) -> vol.All:
    selector = NumberSelector(
        NumberSelectorConfig(
            min=amount.least,
            max=amount.most,
            step=1,
            unit_of_measurement=amount.unit,
            mode=NumberSelectorMode.BOX,
        )
    )
    return vol.All(selector, vol.Coerce(int))
