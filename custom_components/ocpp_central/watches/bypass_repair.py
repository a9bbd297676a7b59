"""The repair of a charger that lets people charge past Home Assistant: its settings are changed.

Knows what its owner is asked and told. Must not know when such a repair is due (`bypass_watch`), nor how a setting is
spelled.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from homeassistant.components.repairs import RepairsFlowResult
from homeassistant.helpers.selector import SelectSelector, SelectSelectorConfig, SelectSelectorMode
import voluptuous as vol

from ..coordinator import CentralSystem
from ..core.commands import ChangeSetting, Outcome
from ..core.enforceability import Reason, Remedy
from ..keeping_out import keeping_out
from .bypass_watch import named
from .charger_repair import GONE, ChargerRepairFlow, word_of

CONF_SETTINGS: Final = "settings"

_REFUSED: Final = "charger_refused"


class BypassRepairFlow(ChargerRepairFlow):
    """Have a charger change its settings."""

    def __init__(self) -> None:
        """Have changed nothing yet."""
        self._closed: set[Reason] = set()
        self._failed = ""

    async def async_step_init(self, _: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Begin; what Home Assistant passes here is not from the user."""
        return await self.async_step_change()

    async def async_step_change(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Ask what is to be changed, and have it changed."""
        if (central := self._central()) is None:
            return self.async_abort(reason="not_loaded")
        errors: dict[str, str] = {}
        ways = self._ways(central)
        if user_input is not None:
            chosen = user_input[CONF_SETTINGS]
            left = {reason: remedy for reason, remedy in ways.items() if reason in chosen}
            error = await self._close(central, left) if chosen else "nothing_chosen"
            if error is None:
                return self._end(central)
            errors["base"] = error
            ways = self._ways(central)
        if not ways:
            return self.async_create_entry(data={})
        return self.async_show_form(
            step_id="change",
            data_schema=_schema(ways),
            description_placeholders=self._placeholders(central) | {"failed": self._failed},
            errors=errors,
        )

    async def _close(self, central: CentralSystem, ways: Mapping[Reason, Remedy]) -> str | None:
        """Have these ways closed, one after the other; what is wrong, if anything is."""
        refusals: list[str] = []
        for reason, remedy in ways.items():
            command = ChangeSetting(setting=remedy.setting, value=remedy.value)
            result = await central.connections.execute(self._charger_id, command)
            if (gone := GONE.get(result.outcome)) is not None:
                self._failed = named(each for way, each in ways.items() if way not in self._closed)
                return gone
            if result.outcome is Outcome.ACCEPTED:
                self._closed.add(reason)
            else:
                refusals.append(f"{named([remedy])}: {word_of(result)}")
        self._failed = ", ".join(refusals)
        return _REFUSED if refusals else None

    def _end(self, central: CentralSystem) -> RepairsFlowResult:
        """Say how it stands; a flow that is aborted leaves its repair, which goes away when the charger says so."""
        charger = central.chargers.get(self._charger_id)
        if charger is not None and charger.settings.restart_due:
            return self.async_abort(reason="restart_required", description_placeholders=self._placeholders(central))
        if any(reason.is_open for reason in self._ways(central)):
            return self.async_abort(reason="some_left", description_placeholders=self._placeholders(central))
        return self.async_create_entry(data={})

    def _ways(self, central: CentralSystem) -> dict[Reason, Remedy]:
        """The ways that can be closed, and were not, with what closes them."""
        judged = keeping_out(central, self._charger_id)
        remedies = {} if judged is None else judged.remedies
        return {reason: remedy for reason, remedy in remedies.items() if reason not in self._closed}

    def _placeholders(self, central: CentralSystem) -> dict[str, str]:
        remedies = (remedy for reason, remedy in self._ways(central).items() if reason.is_open)
        return {"charger": central.name_of(self._charger_id), "settings": named(remedies)}


def _schema(ways: Iterable[Reason]) -> vol.Schema:
    """Every way can be closed; those that are open while the charger is connected are chosen."""
    options = [reason.value for reason in ways]
    chosen = [reason.value for reason in ways if reason.is_open]
    selector = SelectSelector(
        SelectSelectorConfig(options=options, multiple=True, translation_key="bypass", mode=SelectSelectorMode.LIST)
    )
    return vol.Schema({vol.Required(CONF_SETTINGS, default=chosen): selector})
