"""Tells the owner of a charger that lets people charge past Home Assistant.

Knows which of a charger's ways are worth a repair, and what is said of them. Must not know how they are found out
(`keeping_out`), nor how they are closed (`bypass_repair`).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import CONF_CHARGER_ID, CONF_ENTRY_ID, DOMAIN, LOGGER
from ..coordinator import OcppConfigEntry
from ..core.enforceability import Enforceability, Level, Reason, Remedy
from ..core.events import ChargerId
from ..csms import settings
from ..keeping_out import keeping_out
from .charger_watch import look_at_chargers

BYPASS: Final = "bypass"
"""How the id of a repair begins that a change of the charger's settings solves; an underscore and the charger follow."""

_VENDS_FREELY: Final = "vends_freely"

type _Repairs = Mapping[str, dict[str, str]]
"""Repairs by key, with the placeholders of their texts."""


@callback
def watch_bypasses(hass: HomeAssistant, entry: OcppConfigEntry) -> None:
    """Keep a repair for each charger that lets people charge past Home Assistant, where Home Assistant is to mind."""
    watch = _Watch(hass, entry)
    look_at_chargers(entry, watch.look)
    entry.async_on_unload(watch.leave)


def named(remedies: Iterable[Remedy]) -> str:
    """The settings that these are about, as chargers call them."""
    return ", ".join(" / ".join(settings.names(remedy.setting)) for remedy in remedies)


class _Watch:
    """What is said of the chargers of one central system."""

    def __init__(self, hass: HomeAssistant, entry: OcppConfigEntry) -> None:
        """Have said nothing."""
        self._hass = hass
        self._entry = entry
        self._said: dict[ChargerId, _Repairs] = {}

    @callback
    def leave(self) -> None:
        """Take back what was said."""
        for charger_id in tuple(self._said):
            self._say(charger_id, {})

    @callback
    def look(self, charger_id: ChargerId) -> None:
        """See whether a charger lets people charge past Home Assistant."""
        central = self._entry.runtime_data
        judged = keeping_out(central, charger_id)
        name = central.name_of(charger_id)
        self._say(charger_id, {} if judged is None else {key: each | {"charger": name} for key, each in _due(judged)})

    def _say(self, charger_id: ChargerId, repairs: _Repairs) -> None:
        """Say this of a charger, and nothing else any more.

        A repair that was carried out is gone by that; if the charger shows that nothing has changed, it comes back.
        """
        said = self._said.get(charger_id, {})
        for key in said.keys() - repairs.keys():
            ir.async_delete_issue(self._hass, DOMAIN, _issue_id(key, charger_id))
        for key, placeholders in repairs.items():
            if key not in said:
                LOGGER.info(
                    "%s lets people charge past Home Assistant: %s", charger_id, placeholders.get("settings", key)
                )
            if said.get(key) != placeholders or self._is_gone(key, charger_id):
                self._create(key, charger_id, placeholders)
        if repairs:
            self._said[charger_id] = repairs
        else:
            self._said.pop(charger_id, None)

    def _is_gone(self, key: str, charger_id: ChargerId) -> bool:
        return ir.async_get(self._hass).async_get_issue(DOMAIN, _issue_id(key, charger_id)) is None

    def _create(self, key: str, charger_id: ChargerId, placeholders: dict[str, str]) -> None:
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            _issue_id(key, charger_id),
            data={CONF_ENTRY_ID: self._entry.entry_id, CONF_CHARGER_ID: charger_id},
            is_fixable=key == BYPASS,
            severity=ir.IssueSeverity.WARNING,
            translation_key=key,
            translation_placeholders=placeholders,
        )


def _due(judged: Enforceability) -> Iterator[tuple[str, dict[str, str]]]:
    """What is to be said of a charger: nothing where the owner does not mind strangers."""
    if judged.level is Level.OFF:
        return
    if remedies := [remedy for reason, remedy in judged.remedies.items() if reason.is_open]:
        yield BYPASS, {"settings": named(remedies)}
    unexplained = Reason.VENDS_FREELY in judged.open and Reason.AUTHORIZES_NOBODY not in judged.open
    if unexplained and judged.level is Level.REPORTED:
        yield _VENDS_FREELY, {}


def _issue_id(key: str, charger_id: ChargerId) -> str:
    return f"{key}_{charger_id}"
