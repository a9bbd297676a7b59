"""The repair of a charger that tells nothing of its meter while a car charges: it is told to.

Knows what its owner is asked and told. Must not know when such a repair is due (`silence_watch`), nor how chargers spell it.
"""

from datetime import timedelta
from typing import Any, Final

from homeassistant.components.repairs import RepairsFlowResult
import voluptuous as vol

from ..coordinator import CentralSystem
from ..core.commands import Outcome, TellReadings
from ..core.measurands import IMPORTED
from ..csms import sampling
from ..csms.session import Result
from .charger_repair import GONE, ChargerRepairFlow, word_of

EVERY: Final = timedelta(seconds=30)
"""How often readings are to come: often enough to follow a session, and seldom enough for a charger on mobile data."""

_WANTED: Final = (
    (IMPORTED, "Power.Active.Import", "Current.Import", "Voltage"),
    (IMPORTED, "Power.Active.Import"),
    (IMPORTED,),
)
"""What is to be told; a charger refuses a list of which it does not know all, so less is asked for then."""


class SilenceRepairFlow(ChargerRepairFlow):
    """Have a charger tell readings."""

    async def async_step_init(self, _: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Begin; what Home Assistant passes here is not from the user."""
        return await self.async_step_confirm()

    async def async_step_confirm(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Ask whether the charger is to be changed, and change it."""
        if (central := self._central()) is None:
            return self.async_abort(reason="not_loaded")
        placeholders = {
            "charger": central.name_of(self._charger_id),
            "interval": str(int(EVERY.total_seconds())),
            "settings": ", ".join(sampling.NAMES),
        }
        errors: dict[str, str] = {}
        if user_input is not None:
            interval = await self._tell(central, TellReadings(every=EVERY))
            if interval.outcome is Outcome.ACCEPTED:
                return await self._with_measurands(central, placeholders)
            errors["base"] = GONE.get(interval.outcome, "charger_refused")
            placeholders["word"] = word_of(interval)
        return self.async_show_form(
            step_id="confirm", data_schema=vol.Schema({}), description_placeholders=placeholders, errors=errors
        )

    async def _with_measurands(self, central: CentralSystem, placeholders: dict[str, str]) -> RepairsFlowResult:
        """Change what is told, after how often; a charger that lets nobody choose has taken the more important half."""
        for measurands in _WANTED:
            result = await self._tell(central, TellReadings(measurands=measurands))
            if result.outcome is Outcome.ACCEPTED or result.outcome in GONE:
                break
        if result.outcome is not Outcome.ACCEPTED:
            return self.async_abort(
                reason="some_refused", description_placeholders=placeholders | {"word": word_of(result)}
            )
        charger = central.chargers.get(self._charger_id)
        if charger is not None and charger.settings.restart_due:
            return self.async_abort(reason="restart_required", description_placeholders=placeholders)
        return self.async_create_entry(data={})

    async def _tell(self, central: CentralSystem, command: TellReadings) -> Result:
        return await central.connections.execute(self._charger_id, command)
