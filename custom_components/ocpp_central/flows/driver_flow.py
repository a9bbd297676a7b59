"""The ways to tell of drivers: to type one in, to learn a card by having it presented, or to paste a list.

Knows the steps and what they lead to. Must not know what may be answered (`driver_form`, `driver_import`), nor what
becomes of reservations by it.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigEntry,
    ConfigEntryState,
    ConfigSubentry,
    ConfigSubentryFlow,
    SubentryFlowResult,
    UnknownSubEntry,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import TextSelector, TextSelectorConfig
import voluptuous as vol

from ..const import CONF_GROUP, CONF_ID_TOKENS, SUBENTRY_DRIVER
from ..coordinator import OcppConfigEntry
from ..core.token import IdToken
from ..drivers import new_driver, new_driver_id, owners, stored_tokens, subentry_named, tokens_of
from .driver_form import SCHEMA, FaultError, read, shown, shown_tokens
from .driver_import import Known, Listed, ListError, imported
from .learning import learned_token

CONF_LIST: Final = "list"

BATCH: Final = 20
"""So many drivers are taken over at once."""

_LIST: Final = vol.Schema({vol.Required(CONF_LIST): TextSelector(TextSelectorConfig(multiline=True))})


class DriverSubentryFlow(ConfigSubentryFlow):
    """Add a driver or many, or change one."""

    def __init__(self) -> None:
        """Have learned nothing."""
        self._lesson: asyncio.Task[IdToken | None] | None = None
        self._learned: tuple[IdToken, ...] = ()
        self._owner = ""

    async def async_step_user(self, _: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask how to add drivers."""
        return self.async_show_menu(step_id="user", menu_options=["details", "learn", "import_list"])

    async def async_step_reconfigure(self, _: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask how to change one."""
        return self.async_show_menu(step_id="reconfigure", menu_options=["reconfigure_details", "learn"])

    async def async_step_details(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask who it is."""
        if user_input is None:
            return self._async_show("details", shown_tokens(*self._learned) if self._learned else None)
        try:
            name, data = read(self.hass, self._get_entry(), None, user_input)
        except FaultError as fault:
            return self._async_show("details", user_input, fault)
        return self.async_create_entry(title=name, data=data, unique_id=new_driver_id())

    async def async_step_reconfigure_details(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask what is to be different."""
        entry = self._get_entry()
        try:
            driver = self._get_reconfigure_subentry()
        except UnknownSubEntry:  # somebody has removed him while the form was open
            return self.async_abort(reason="driver_gone")
        if user_input is None:
            return self._async_show("reconfigure_details", shown(driver, *self._learned))
        try:
            name, data = read(self.hass, entry, driver, user_input)
        except FaultError as fault:
            return self._async_show("reconfigure_details", user_input, fault)
        return self.async_update_and_abort(entry, driver, title=name, data=data, reason="reconfigure_successful")

    async def async_step_learn(self, _: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Wait for a card. Home Assistant ends the task with the flow, and the entry ends it when it unloads."""
        if self._lesson is None:
            entry: OcppConfigEntry = self._get_entry()
            if entry.state is not ConfigEntryState.LOADED:
                return self.async_abort(reason="not_listening")
            self._lesson = entry.async_create_background_task(
                self.hass, learned_token(entry.runtime_data), "learn a card"
            )
        if not self._lesson.done():
            return self.async_show_progress(
                step_id="learn", progress_action="wait_for_card", progress_task=self._lesson
            )
        lesson, self._lesson = self._lesson, None
        return self.async_show_progress_done(next_step_id=self._step_after(lesson))

    async def async_step_card_taken(self, _: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Tell whose the card is, and offer to wait for another one."""
        return self.async_show_menu(
            step_id="card_taken",
            menu_options=["learn", self._details_step],
            description_placeholders={"driver": self._owner},
        )

    async def async_step_no_card(self, _: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Tell that nobody came, and offer to wait again."""
        return self.async_show_menu(step_id="no_card", menu_options=["learn", self._details_step])

    async def async_step_interrupted(self, _: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Give up: the central system no longer listens."""
        return self.async_abort(reason="not_listening")

    async def async_step_import_list(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for a list, and take over all of it or nothing."""
        errors: dict[str, str] = {}
        about: Mapping[str, str] = {}
        if user_input is not None:
            try:
                listed = imported(user_input[CONF_LIST], _known(self.hass, self._get_entry()))
            except ListError as fault:
                errors, about = {CONF_LIST: fault.error}, fault.about
            else:
                return await self._async_take(listed)
        schema = self.add_suggested_values_to_schema(_LIST, user_input)
        return self.async_show_form(
            step_id="import_list", data_schema=schema, errors=errors, description_placeholders=about
        )

    @property
    def _details_step(self) -> str:
        return "details" if self.source == SOURCE_USER else "reconfigure_details"

    def _step_after(self, lesson: asyncio.Task[IdToken | None]) -> str:
        if lesson.cancelled():
            return "interrupted"
        if (token := lesson.result()) is None:
            return "no_card"
        if (owner := owners(self.hass).get(token.key)) is not None:
            self._owner = owner
            return "card_taken"
        self._learned = (token,)
        return self._details_step

    def _async_show(
        self, step_id: str, shown: Mapping[str, Any] | None, fault: FaultError | None = None
    ) -> SubentryFlowResult:
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(SCHEMA, shown),
            errors=None if fault is None else fault.errors,
            description_placeholders=None if fault is None else fault.about,
        )

    async def _async_take(self, listed: tuple[Listed, ...]) -> SubentryFlowResult:
        entry, entries, added = self._get_entry(), self.hass.config_entries, 0
        for number, each in enumerate(listed):
            if number % BATCH == 0:
                await asyncio.sleep(0)  # a garage has hundreds of drivers, and chargers wait for answers meanwhile
            data: dict[str, Any] = {CONF_ID_TOKENS: stored_tokens(each.tokens)}
            if each.group is not None:
                data[CONF_GROUP] = each.group
            if (driver := subentry_named(entry, each.name)) is not None:
                entries.async_update_subentry(entry, driver, data={**driver.data, **data})
                continue
            added += 1
            entries.async_add_subentry(entry, new_driver(each.name, data))
        return self.async_abort(
            reason="drivers_imported",
            description_placeholders={"added": str(added), "changed": str(len(listed) - added)},
        )


def _known(hass: HomeAssistant, entry: ConfigEntry) -> Known:
    drivers = entry.get_subentries_of_type(SUBENTRY_DRIVER)
    return Known(
        drivers={each.title.casefold(): _listed(each) for each in drivers},
        owners=owners(hass),
        ids={called: each.title for each in drivers for called in (each.unique_id, each.subentry_id) if called},
    )


def _listed(driver: ConfigSubentry) -> Listed:
    return Listed(name=driver.title, tokens=tokens_of(driver.data), group=driver.data.get(CONF_GROUP))
