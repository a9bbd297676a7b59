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

CONF_DEFAULT_DURATION: Final = "default_duration"
CONF_MAX_DURATION: Final = "max_duration"
CONF_HORIZON: Final = "horizon"
CONF_BUFFER_BEFORE: Final = "buffer_before"
CONF_BUFFER_AFTER: Final = "buffer_after"
CONF_NO_SHOW: Final = "no_show"
CONF_CONSUME_ON_ANY: Final = "consume_on_any"
CONF_FIRE_TAG_SCANNED: Final = "fire_tag_scanned"
CONF_WHO_MAY_CHARGE: Final = "who_may_charge"

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


def consumes_on_any(options: Mapping[str, Any]) -> bool:
    """Whether a holder who charges elsewhere has used what he reserved."""
    return options.get(CONF_CONSUME_ON_ANY) is True


def knows_drivers_only(options: Mapping[str, Any]) -> bool:
    """Whether only drivers who are known may charge."""
    return options.get(CONF_WHO_MAY_CHARGE) == KNOWN_DRIVERS


def fires_tag_scanned(options: Mapping[str, Any]) -> bool:
    """Whether every token that is presented is told to Home Assistant's tags, number and all."""
    return options.get(CONF_FIRE_TAG_SCANNED) is True


def stored(policy: Policy) -> dict[str, int | bool]:
    """The options that set these bounds."""
    spans = {
        CONF_DEFAULT_DURATION: policy.default_duration,
        CONF_MAX_DURATION: policy.max_duration,
        CONF_HORIZON: policy.horizon,
        CONF_BUFFER_BEFORE: policy.buffer_before,
        CONF_BUFFER_AFTER: policy.buffer_after,
        CONF_NO_SHOW: policy.no_show or timedelta(0),
    }
    amounts = {key: AMOUNTS[key].encoded(span) for key, span in spans.items()}
    return amounts | {CONF_CONSUME_ON_ANY: policy.consume_on_any}
