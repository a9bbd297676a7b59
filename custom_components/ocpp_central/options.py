"""The options of a central system: how the owner's bounds for reservations are stored (contract 1).

Knows their keys, units and limits. Must not know the form in which they are asked for (`options_flow`), nor what they
bring about.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from homeassistant.const import UnitOfTime

from .core.policy import Policy
from .core.rules import Enforcement, Rules
from .core.token import IdToken

CONF_DEFAULT_DURATION: Final = "default_duration"
CONF_MAX_DURATION: Final = "max_duration"
CONF_HORIZON: Final = "horizon"
CONF_BUFFER_BEFORE: Final = "buffer_before"
CONF_BUFFER_AFTER: Final = "buffer_after"
CONF_NO_SHOW: Final = "no_show"
CONF_CONSUME_ON_ANY: Final = "consume_on_any"
CONF_ENFORCEMENT: Final = "enforcement"
CONF_WHO_MAY_CHARGE: Final = "who_may_charge"
CONF_ONE_TRANSACTION_PER_TOKEN: Final = "one_transaction_per_token"  # noqa: S105  a key, no secret
CONF_FIRE_TAG_SCANNED: Final = "fire_tag_scanned"

EVERYONE: Final = "everyone"
KNOWN_DRIVERS: Final = "known_drivers"

_DEFAULTS: Final = Policy()
_SPANS: Final = {UnitOfTime.MINUTES: timedelta(minutes=1), UnitOfTime.DAYS: timedelta(days=1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """A span of time that is stored as a whole number of `unit`, from `least` to `most`."""

    default: timedelta
    unit: UnitOfTime = UnitOfTime.MINUTES
    least: int = 0
    most: int

    def decoded(self, stored: object) -> timedelta:
        """The span that a stored value means; the default if there is none, or none that the form would have let in."""
        if not isinstance(stored, int) or isinstance(stored, bool) or not self.least <= stored <= self.most:
            return self.default
        return stored * _SPANS[self.unit]

    def encoded(self, span: timedelta) -> int:
        """What is stored of a span."""
        return span // _SPANS[self.unit]


_DAY: Final = 24 * 60
_YEAR: Final = 365 * _DAY

AMOUNTS: Final[Mapping[str, Amount]] = {
    CONF_DEFAULT_DURATION: Amount(default=_DEFAULTS.default_duration, least=1, most=_YEAR),
    CONF_MAX_DURATION: Amount(default=_DEFAULTS.max_duration, least=1, most=_YEAR),
    CONF_HORIZON: Amount(default=_DEFAULTS.horizon, unit=UnitOfTime.DAYS, least=1, most=3650),
    CONF_BUFFER_BEFORE: Amount(default=_DEFAULTS.buffer_before, most=_DAY),
    CONF_BUFFER_AFTER: Amount(default=_DEFAULTS.buffer_after, most=_DAY),
    CONF_NO_SHOW: Amount(default=timedelta(0), most=_DAY),
}
"""Every option that is a span of time, by key. Zero as `no_show` means off."""


CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    CONF_ENFORCEMENT: (Enforcement.STOP.value, Enforcement.WARN.value, Enforcement.OFF.value),
    CONF_WHO_MAY_CHARGE: (EVERYONE, KNOWN_DRIVERS),
}
"""Every option that is a choice, by key, with what can be chosen, the default first."""

SWITCHES: Final = (CONF_ONE_TRANSACTION_PER_TOKEN, CONF_CONSUME_ON_ANY, CONF_FIRE_TAG_SCANNED)
"""Every option that is on or off, by key; off by default."""


def policy_of(options: Mapping[str, Any]) -> Policy:
    """The bounds that stored options set; what is missing or makes no sense is as it is by default."""
    spans = {key: amount.decoded(options.get(key)) for key, amount in AMOUNTS.items()}
    longest = spans[CONF_MAX_DURATION]
    return Policy(
        default_duration=min(spans[CONF_DEFAULT_DURATION], longest),
        max_duration=longest,
        horizon=spans[CONF_HORIZON],
        buffer_before=spans[CONF_BUFFER_BEFORE],
        buffer_after=spans[CONF_BUFFER_AFTER],
        no_show=spans[CONF_NO_SHOW] or None,
        consume_on_any=consumes_on_any(options),
    )


def rules_of(options: Mapping[str, Any], own: Enforcement | None, house: IdToken) -> Rules:
    """What stored options say about who may charge at a charger. `own`: its own enforcement, if it has one."""
    return Rules(
        house=house,
        enforcement=own or Enforcement(chosen(options, CONF_ENFORCEMENT)),
        insists=own is Enforcement.STOP,
        known_only=knows_drivers_only(options),
        one_per_token=options.get(CONF_ONE_TRANSACTION_PER_TOKEN) is True,
    )


def chosen(options: Mapping[str, Any], key: str) -> str:
    """What is chosen of `CHOICES`; the default if nothing is, or nothing that can be."""
    choices, choice = CHOICES[key], options.get(key)
    return choice if choice in choices else choices[0]


def knows_drivers_only(options: Mapping[str, Any]) -> bool:
    """Whether only drivers who are known may charge."""
    return chosen(options, CONF_WHO_MAY_CHARGE) == KNOWN_DRIVERS


def consumes_on_any(options: Mapping[str, Any]) -> bool:
    """Whether a holder who charges elsewhere has used what he reserved."""
    return options.get(CONF_CONSUME_ON_ANY) is True


def fires_tag_scanned(options: Mapping[str, Any]) -> bool:
    """Whether every token that is presented is told to Home Assistant's tags, number and all."""
    return options.get(CONF_FIRE_TAG_SCANNED) is True


def stored(options: Mapping[str, Any]) -> dict[str, int | str | bool]:
    """All options as they are in force, whatever is missing or makes no sense among these."""
    policy = policy_of(options)
    spans = {
        CONF_DEFAULT_DURATION: policy.default_duration,
        CONF_MAX_DURATION: policy.max_duration,
        CONF_HORIZON: policy.horizon,
        CONF_BUFFER_BEFORE: policy.buffer_before,
        CONF_BUFFER_AFTER: policy.buffer_after,
        CONF_NO_SHOW: policy.no_show or timedelta(0),
    }
    return {
        **{key: AMOUNTS[key].encoded(span) for key, span in spans.items()},
        **{key: chosen(options, key) for key in CHOICES},
        **{key: options.get(key) is True for key in SWITCHES},
    }
