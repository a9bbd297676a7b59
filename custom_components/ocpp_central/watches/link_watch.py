"""Tells the owner of a link to a calendar that cannot do what it should.

Must not know how that is found out (`links`).
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN
from ..repeating.link_settings import Link

MOST_NAMES: Final = 5
"""So many names are told; whoever links a calendar without a text may have hundreds of titles that are no names."""

LONGEST_NAME: Final = 40


class Problem(StrEnum):
    """Why a link cannot be followed, as the key of its text."""

    CALENDAR_GONE = "link_calendar_gone"
    PLACE_GONE = "link_place_gone"
    DRIVER_GONE = "link_driver_gone"


_NAMES_NOBODY: Final = "link_names_nobody"


class LinkWatch:
    """What is said of one link."""

    def __init__(self, hass: HomeAssistant, link: Link) -> None:
        """Have said nothing."""
        self._hass = hass
        self._link = link
        self._said: dict[str, dict[str, str]] = {}

    @callback
    def tell_problem(self, problem: Problem | None) -> None:
        """Say why the link cannot be followed, and nothing else; None: it can."""
        for key in set(Problem) - {problem}:
            self._take_back(key)
        if problem is not None:
            self._say(problem, {"link": self._link.title})

    @callback
    def tell_names(self, names: Sequence[str]) -> None:
        """Say which names in titles no driver has."""
        if not names:
            self._take_back(_NAMES_NOBODY)
            return
        told = [name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…" for name in names[:MOST_NAMES]]
        more = ["…"] if len(names) > MOST_NAMES else []
        self._say(_NAMES_NOBODY, {"link": self._link.title, "names": ", ".join([*told, *more])})

    @callback
    def leave(self) -> None:
        """Take back what was said."""
        for key in tuple(self._said):
            self._take_back(key)

    def _say(self, key: str, about: dict[str, str]) -> None:
        if self._said.get(key) == about:
            return
        self._said[key] = about
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._issue_id(key),
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=key,
            translation_placeholders=about,
        )

    def _take_back(self, key: str) -> None:
        if self._said.pop(key, None) is not None:
            ir.async_delete_issue(self._hass, DOMAIN, self._issue_id(key))

    def _issue_id(self, key: str) -> str:
        return f"{key}_{self._link.uid}"
