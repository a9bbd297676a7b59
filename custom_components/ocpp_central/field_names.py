"""What the fields of actions are called in Home Assistant's forms, so that an error names them as people see them.

Must not know what any field means.
"""

from collections.abc import Iterable

from homeassistant.core import HomeAssistant

from .const import DOMAIN
from .texts import texts


def name_of_field(hass: HomeAssistant, action: str, field: str) -> str:
    """A field of an action in the language of Home Assistant."""
    return texts(hass, "services").get(f"component.{DOMAIN}.services.{action}.fields.{field}.name", field)


def names_of_fields(hass: HomeAssistant, action: str, fields: Iterable[str]) -> str:
    """Several of them in one text."""
    return ", ".join(name_of_field(hass, action, field) for field in fields)
