"""Offers the owner to learn a card that was refused because nobody knows it.

Knows which refusals can be mended so. Must not know how a token is judged, nor the forms for drivers. The number of the
card is only in memory: what is said of it, and what Home Assistant keeps, is where it was refused.
"""

from typing import Any, Final

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_NAME
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.selector import SelectSelector, SelectSelectorConfig, SelectSelectorMode
import voluptuous as vol

from ..const import CONF_ENTRY_ID, CONF_ID_TOKENS, DOMAIN, SUBENTRY_DRIVER
from ..coordinator import OcppConfigEntry
from ..core.events import Standing
from ..core.presentation import Presentation
from ..core.token import IdToken
from ..drivers import new_driver, owners, stored_tokens, subentry_named, tokens_of
from ..flows.driver_form import FaultError, read_name
from ..id_tokens import plain, tidied
from ..options import knows_drivers_only

UNKNOWN_CARD: Final = "unknown_card"


@callback
def watch_unknown_cards(hass: HomeAssistant, entry: OcppConfigEntry) -> None:
    """Keep one repair for the card that was refused last, until it is somebody's or everybody may charge again."""
    watch = _Watch(hass, entry)
    entry.async_on_unload(entry.runtime_data.audience.listen_to_presentations(watch.see))
    entry.async_on_unload(entry.add_update_listener(watch.review))
    entry.async_on_unload(watch.take_back)


class _Watch:
    """What is said of the cards that are refused at one central system's chargers."""

    def __init__(self, hass: HomeAssistant, entry: OcppConfigEntry) -> None:
        """Have seen nobody."""
        self._hass = hass
        self._entry = entry
        self._central = entry.runtime_data

    @callback
    def see(self, presented: Presentation) -> None:
        """Offer to learn a card, if that is what it takes."""
        if presented.standing is Standing.UNKNOWN and presented.driver is None and self._can_be_learned(presented):
            self._central.refused_stranger = presented
            self._offer(self._central.name_of(presented.charger))

    async def review(self, _: HomeAssistant, __: OcppConfigEntry) -> None:
        """Look again, now that drivers or options have changed."""
        refused = self._central.refused_stranger
        if refused is not None and not self._can_be_learned(refused):
            self.take_back()

    @callback
    def take_back(self) -> None:
        """Take back what was said, and forget the card."""
        self._central.refused_stranger = None
        ir.async_delete_issue(self._hass, DOMAIN, _issue_id(self._entry))

    def _can_be_learned(self, presented: Presentation) -> bool:
        """Whether knowing the card would help, and it is nobody's anywhere."""
        token = presented.token
        if not knows_drivers_only(self._entry.options) or plain(token.value) != token.value:
            return False
        return token.key not in owners(self._hass)

    def _offer(self, charger: str) -> None:
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            _issue_id(self._entry),
            is_fixable=True,
            severity=ir.IssueSeverity.WARNING,
            translation_key=UNKNOWN_CARD,
            translation_placeholders={"charger": charger},
            data={CONF_ENTRY_ID: self._entry.entry_id},
        )


class UnknownCardFlow(RepairsFlow):
    """Give a card that was refused to somebody."""

    def __init__(self) -> None:
        """Not know yet which card it is about."""
        self._refused: Presentation | None = None

    async def async_step_init(self, _: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Begin; what Home Assistant gives to the first step is no answer of anybody."""
        return await self.async_step_learn()

    async def async_step_learn(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Ask whose card it is; no other card takes its place meanwhile."""
        entry = self._entry()
        if self._refused is None and entry is not None:
            self._refused = entry.runtime_data.refused_stranger
        if entry is None or self._refused is None:
            return self._async_give_up("card_forgotten")
        token = tidied(self._refused.token)
        if (owner := owners(self.hass).get(token.key)) is not None:
            return self._async_give_up("card_taken", driver=owner)
        if user_input is None:
            return self._async_ask(entry, None)
        if not (called := user_input.get(CONF_NAME, "").strip()):
            return self._async_ask(entry, None, FaultError(CONF_NAME, "name_missing"))
        try:
            _give(self.hass, entry, token, called)
        except FaultError as fault:
            return self._async_ask(entry, user_input, fault)
        return self.async_create_entry(data={})

    def _entry(self) -> OcppConfigEntry | None:
        """The central system whose charger it was, while it listens."""
        assert self.data is not None  # noqa: S101  the issue has it
        entry = self.hass.config_entries.async_get_entry(str(self.data[CONF_ENTRY_ID]))
        return entry if entry is not None and entry.state is ConfigEntryState.LOADED else None

    def _async_ask(
        self, entry: OcppConfigEntry, shown: dict[str, Any] | None, fault: FaultError | None = None
    ) -> RepairsFlowResult:
        assert self._refused is not None  # noqa: S101  asked only about a card
        names = sorted((each.title for each in entry.get_subentries_of_type(SUBENTRY_DRIVER)), key=str.casefold)
        # The frontend fills a required choice with the first one: whoever only confirms would give the card to that driver.
        field = SelectSelector(SelectSelectorConfig(options=names, custom_value=True, mode=SelectSelectorMode.DROPDOWN))
        charger = entry.runtime_data.name_of(self._refused.charger)
        return self.async_show_form(
            step_id="learn",
            data_schema=self.add_suggested_values_to_schema(vol.Schema({vol.Optional(CONF_NAME): field}), shown),
            errors=None if fault is None else fault.errors,
            description_placeholders={"charger": charger} | ({} if fault is None else fault.about),
        )

    def _async_give_up(self, reason: str, **about: str) -> RepairsFlowResult:
        """Say that there is nothing to mend any more."""
        ir.async_delete_issue(self.hass, DOMAIN, self.issue_id)
        return self.async_abort(reason=reason, description_placeholders=about)


def _give(hass: HomeAssistant, entry: OcppConfigEntry, token: IdToken, called: str) -> None:
    """Make it a token of the driver of this name, who may be a new one. Raises `FaultError`."""
    driver = subentry_named(entry, called)
    if driver is None:
        data = {CONF_ID_TOKENS: stored_tokens([token])}
        hass.config_entries.async_add_subentry(entry, new_driver(read_name(entry, None, called), data))
    else:
        data = {**driver.data, CONF_ID_TOKENS: stored_tokens([*tokens_of(driver.data), token])}
        hass.config_entries.async_update_subentry(entry, driver, data=data)


def _issue_id(entry: OcppConfigEntry) -> str:
    return f"{UNKNOWN_CARD}_{entry.entry_id}"
