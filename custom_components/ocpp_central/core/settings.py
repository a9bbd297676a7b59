"""The switches of a charger that decide whom it lets charge, free of OCPP versions.

Knows what a charger has told of them, and when it is to be asked. Must not know how they are spelled, nor what they mean for
a reservation (`enforceability`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Setting(StrEnum):
    """A switch; what is said of it is what it does when it is on."""

    AUTHORIZES = "authorizes"
    """Nobody may charge without a token; off: everybody may, and nobody is asked."""
    PRE_AUTHORIZES = "pre_authorizes"
    """A token that the charger knows may charge before the central system is asked, or without its being asked."""
    LOCAL_LIST = "local_list"
    """It knows the tokens of a list that the central system sends."""
    CACHE = "cache"
    """It knows the tokens that the central system has accepted before."""
    STOPS_REFUSED = "stops_refused"
    """It ends a transaction that has begun, when the central system does not accept its token."""
    STARTS_KNOWN_OFFLINE = "starts_known_offline"
    """While it is offline, tokens that it knows may charge."""
    STARTS_UNKNOWN_OFFLINE = "starts_unknown_offline"
    """While it is offline, tokens that it does not know may charge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a charger has told of its switches; what is not among `values` it has not told.

    `asked`: whether it has ever been asked, if only to give no answer. `due`: whether it is to be asked now.
    `restart_due`: whether it has taken a change that it acts upon only once it has restarted.
    """

    values: Mapping[Setting, bool] = field(default_factory=dict)
    asked: bool = False
    due: bool = True
    restart_due: bool = False

    def of(self, setting: Setting) -> bool | None:
        """Whether a switch is on; None: not told."""
        return self.values.get(setting)

    def after_connecting(self) -> Settings:
        """The settings when the charger connects: somebody may have changed them meanwhile."""
        return replace(self, due=True, restart_due=False)

    def after_change(self, *, restart: bool) -> Settings:
        """The settings when the charger has taken a change; what it has made of it, it is asked."""
        return replace(self, due=True, restart_due=restart or self.restart_due)

    def after_answer(self, values: Mapping[Setting, bool]) -> Settings:
        """The settings when the charger was asked; what it told before counts until it tells anything again."""
        return replace(self, values=values or self.values, asked=True, due=False)
