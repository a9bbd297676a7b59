"""Tells the owner of a charger that it does not offer the version of OCPP that it is held to.

Knows how versions are written for people. Must not know how one is agreed on (`csms.server`).
"""

from collections.abc import Sequence
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN, LOGGER
from ..core.events import ChargerId
from ..csms.dialect import Version

_NOT_OFFERED: Final = "version_not_offered"
_NOT_NAMED: Final = "version_not_named"

_MOST_OFFERED: Final = 5
_LONGEST_NAME: Final = 20
"""Characters: the names come from whoever dials in under this identity, and are shown."""


@callback
def complain_of_version(
    hass: HomeAssistant, charger_id: ChargerId, name: str, version: Version, offered: Sequence[str]
) -> None:
    """Keep a repair that names both, until there is a connection or another setting."""
    LOGGER.debug("%s is held to %s and offers %s", charger_id, version, offered)
    ir.async_create_issue(
        hass,
        DOMAIN,
        _issue_id(charger_id),
        is_fixable=False,
        severity=ir.IssueSeverity.ERROR,
        translation_key=_NOT_OFFERED if offered else _NOT_NAMED,
        translation_placeholders={
            "charger": name,
            "version": _written(version),
            "offered": ", ".join(_written(each) for each in offered[:_MOST_OFFERED]),
        },
    )


@callback
def version_agreed(hass: HomeAssistant, charger_id: ChargerId) -> None:
    """Take it back, if there is one."""
    ir.async_delete_issue(hass, DOMAIN, _issue_id(charger_id))


def _written(subprotocol: str) -> str:
    name = subprotocol[:_LONGEST_NAME].casefold()
    return name.removeprefix("ocpp") if name.startswith("ocpp") else name


def _issue_id(charger_id: ChargerId) -> str:
    return f"version_{charger_id}"
