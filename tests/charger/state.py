"""The state of a simulated charger that all versions share, and the settings that a central system may change.

It must not know messages, nor how a version spells a setting.
"""

from dataclasses import dataclass, field
from enum import StrEnum, auto

from .behaviour import Behaviour
from .model import Evse, Hold, Judgement, Profile, Token


class Setting(StrEnum):
    """What a central system can read or change, by our own names; values are strings as on the wire."""

    RESERVATIONS_CLAIMED = auto()
    RESERVATIONS_ENABLED = auto()
    UNBOUND_RESERVATIONS = auto()
    AUTHORIZATION_ENABLED = auto()
    STOP_ON_INVALID_ID = auto()
    LOCAL_PRE_AUTHORIZE = auto()
    AUTHORIZE_REMOTE_STARTS = auto()
    START_KNOWN_OFFLINE = auto()
    START_UNKNOWN_OFFLINE = auto()
    LOCAL_LIST_ENABLED = auto()
    LOCAL_LIST_LENGTH = auto()
    LOCAL_LIST_AT_ONCE = auto()
    CACHE_ENABLED = auto()
    CONNECTION_TIMEOUT = auto()
    METER_INTERVAL = auto()
    HEARTBEAT_INTERVAL = auto()
    LIMITS_SUPPORTED = auto()
    LIMIT_UNITS = auto()
    HIGHEST_LEVEL = auto()
    SUPPLY_PHASES = auto()


@dataclass(slots=True, kw_only=True)
class State:
    """EVSEs by id, holds by reservation id, and what the charger knows of tokens (keys in lower case).

    `waiting`: settings that were changed, and count once it has rebooted.
    """

    evses: dict[int, Evse]
    settings: dict[Setting, str]
    waiting: dict[Setting, str] = field(default_factory=dict)
    holds: dict[int, Hold] = field(default_factory=dict)
    local_list: dict[str, Judgement] = field(default_factory=dict)
    local_list_version: int = 0
    cache: dict[str, Judgement] = field(default_factory=dict)
    profiles: list[Profile] = field(default_factory=list)

    def has(self, setting: Setting) -> bool:
        """Whether a yes-or-no setting is on."""
        return self.settings[setting] == "true"

    def change(self, setting: Setting, value: str, *, after_reboot: bool) -> str:
        """Change a setting, at once or with the next reboot; the status word for that."""
        (self.waiting if after_reboot else self.settings)[setting] = value
        return "RebootRequired" if after_reboot else "Accepted"

    def reboot(self) -> None:
        """Go by all settings as they were changed."""
        self.settings |= self.waiting
        self.waiting.clear()

    def number(self, setting: Setting) -> int:
        """A setting that counts something."""
        return int(self.settings[setting])

    def seconds(self, setting: Setting) -> float:
        """A setting that is a number of seconds."""
        return float(self.settings[setting])

    def known(self, token: Token) -> Judgement | None:
        """What list or cache say of a token; the list comes first."""
        key = token.value.casefold()
        if self.has(Setting.LOCAL_LIST_ENABLED) and key in self.local_list:
            return self.local_list[key]
        return self.cache.get(key) if self.has(Setting.CACHE_ENABLED) else None

    def remember(self, token: Token, judgement: Judgement) -> None:
        """Put the central system's judgement into the cache; refusals too."""
        self.cache[token.value.casefold()] = judgement


def settings_of(behaviour: Behaviour, *, meter_interval: float, connection_timeout: float) -> dict[Setting, str]:
    """The settings that a charger of this behaviour comes with; intervals in seconds."""
    return {
        Setting.RESERVATIONS_CLAIMED: _yes_or_no(behaviour.claims_reservations),
        Setting.RESERVATIONS_ENABLED: _yes_or_no(behaviour.reservations_enabled),
        Setting.UNBOUND_RESERVATIONS: _yes_or_no(behaviour.unbound_reservations),
        Setting.AUTHORIZATION_ENABLED: _yes_or_no(not behaviour.free_vend),
        Setting.STOP_ON_INVALID_ID: _yes_or_no(behaviour.stops_on_invalid_id),
        Setting.LOCAL_PRE_AUTHORIZE: _yes_or_no(behaviour.local_pre_authorize),
        Setting.AUTHORIZE_REMOTE_STARTS: _yes_or_no(behaviour.authorizes_remote_starts),
        Setting.START_KNOWN_OFFLINE: "true",
        Setting.START_UNKNOWN_OFFLINE: _yes_or_no(behaviour.starts_unknown_offline),
        Setting.LOCAL_LIST_ENABLED: _yes_or_no(behaviour.local_list_enabled),
        Setting.LOCAL_LIST_LENGTH: str(behaviour.local_list_length),
        Setting.LOCAL_LIST_AT_ONCE: str(behaviour.local_list_at_once),
        Setting.CACHE_ENABLED: "true",
        Setting.CONNECTION_TIMEOUT: f"{connection_timeout:g}",
        Setting.METER_INTERVAL: f"{meter_interval:g}",
        Setting.HEARTBEAT_INTERVAL: "86400",
        Setting.LIMITS_SUPPORTED: _yes_or_no(behaviour.limits),
        Setting.LIMIT_UNITS: behaviour.limit_units,
        Setting.HIGHEST_LEVEL: str(behaviour.highest_limit_level),
        Setting.SUPPLY_PHASES: str(behaviour.supply_phases),
    }


def _yes_or_no(value: bool) -> str:
    return "true" if value else "false"
