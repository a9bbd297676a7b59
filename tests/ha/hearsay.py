"""Whatever Home Assistant tells of us to whomever, gathered so that a test can look for what nobody should be told.

It must not know what is secret, nor what has happened.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
import logging
import re
from typing import Any

from homeassistant.const import EVENT_CALL_SERVICE, MATCH_ALL
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.json import json_dumps
import pytest

_BETWEEN = re.compile(r"[:\- ]")
"""What may stand between the bytes of a card's number."""

_AROUND = 60
"""Characters that are shown around what should not have been told."""

_LINE = logging.Formatter()
"""Writes a line as it is in the log's file, with the traceback."""


class Hearsay:
    """What was told, by place: "event" is the whole bus with every state and attribute that was ever written.

    `called`: what the bus says of actions that are called; that is not told by us, but by whoever calls one.
    """

    def __init__(self, hass: HomeAssistant) -> None:
        """Listen from now on."""
        self.told: dict[str, list[str]] = defaultdict(list)
        self.called: list[str] = []
        self._hass = hass
        hass.bus.async_listen(MATCH_ALL, self._hear)

    def note(self, place: str, what: object) -> None:
        """Take note of something that was told to somebody."""
        self.told[place].append(what if isinstance(what, str) else json_dumps(what))

    def note_form(self, shown: Mapping[str, Any]) -> None:
        """Take note of what a form says by itself; what its fields hold was typed in, and is shown to whoever did it."""
        said = ("step_id", "errors", "description_placeholders", "reason", "title", "progress_action", "menu_options")
        self.note("form", {key: shown.get(key) for key in said})

    def look(self) -> None:
        """Take note of all that stands somewhere to be read now."""
        for state in self._hass.states.async_all():
            self.note("state", state.as_dict())
        for issue in ir.async_get(self._hass).issues.values():
            self.note("issue", {"all": repr(issue), "stored": issue.to_json(), "data": issue.data})
        for flow in self._hass.config_entries.flow.async_progress():
            self.note("flow", {key: flow.get(key) for key in ("handler", "step_id", "context")})

    def read(self, caplog: pytest.LogCaptureFixture) -> None:
        """Take note of the log at info and above, whoever wrote it; the simulated charger is not Home Assistant."""
        for record in (*caplog.get_records("setup"), *caplog.get_records("call")):
            if record.levelno >= logging.INFO and not record.name.startswith("tests."):
                self.note("log", _LINE.format(record))

    def leaks(self, secrets: Mapping[str, str], *places: str) -> list[str]:
        """Where each of these was told (`places`: of these only), in letters of either case, whatever is between them."""
        return [
            f"{name} in {place}: {around}"
            for place in places or self.told
            for text in self.told[place]
            for name, secret in secrets.items()
            for around in _found(secret, text)
        ]

    @callback
    def _hear(self, event: Event) -> None:
        told = self.called if event.event_type == EVENT_CALL_SERVICE else self.told["event"]
        told.append(json_dumps({"type": str(event.event_type), "data": event.data}))


def _found(secret: str, text: str) -> Iterator[str]:
    """Where a secret stands in a text, in any spelling."""
    plain = _plain(text)
    for match in re.finditer(re.escape(_plain(secret)), plain):
        yield plain[max(0, match.start() - _AROUND) : match.end() + _AROUND]


def _plain(text: str) -> str:
    return _BETWEEN.sub("", text).casefold()
