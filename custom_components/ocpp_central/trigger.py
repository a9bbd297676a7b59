"""What an automation can begin with: the events of our entities, and what is about to happen.

Knows which entity tells of what. Must not know when something is about to happen (`ahead`).
"""

from datetime import timedelta
from typing import Final, override

from homeassistant.const import CONF_OPTIONS, STATE_OFF, STATE_ON
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers.trigger import (
    ENTITY_STATE_TRIGGER_SCHEMA,
    EntityTargetStateTriggerBase,
    NotTriggeredReasonReporter,
    StatelessEntityTriggerBase,
    Trigger,
    TriggerConfig,
)
import voluptuous as vol

from .ahead import AboutToExpire, AboutToStart
from .core.reservation import News
from .targets import CHARGING, Keys, domain_specs, ours

CONF_RESULT: Final = "result"
ANY_RESULT: Final = "any"
RESULTS: Final = ("accepted", "refused")

AT_ONCE: Final = timedelta(seconds=1)
"""Within so much time an event is told at all of its places, also by a machine that is busy."""

_RESERVATION: Final[Keys] = {"event": {"reservation", "reservation_for_any_connector"}}
_PRESENTATION: Final[Keys] = {"event": {"id_token_presented"}}

_SAYS_WHAT: Final = ("event_type", "uid", "driver", "start", "end", "reason")
"""The attributes that tell one event of a reservation from another."""


class _EventTrigger(StatelessEntityTriggerBase):
    """Something that event entities of ours tell; what they told before they were restored is not told again."""

    _keys: Keys
    _types: frozenset[str]

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Leave out what is not ours, or tells of something else."""
        return ours(self._hass, entities, self._keys)

    @override
    def is_valid_state(self, state: State, report_not_triggered: NotTriggeredReasonReporter) -> bool:
        """Whether it is one of the events in question."""
        return state.attributes.get("event_type") in self._types


class _ReservationTrigger(_EventTrigger):
    """Something that happens to a reservation: once, at however many places it is told.

    One of the whole charger shows at each of its connectors, and one that moves is told where it was and where it is.
    """

    _keys = _RESERVATION
    _domain_specs = domain_specs(_RESERVATION)
    _last: State | None = None

    @override
    def is_valid_transition(self, from_state: State, to_state: State) -> bool:
        """Whether something has happened that was not told at another place just now."""
        last, self._last = self._last, to_state
        return super().is_valid_transition(from_state, to_state) and not _is_echo(last, to_state)


class _PresentedTrigger(_EventTrigger):
    """Somebody has presented an ID token at a charger."""

    _keys = _PRESENTATION
    _domain_specs = domain_specs(_PRESENTATION)
    _schema = ENTITY_STATE_TRIGGER_SCHEMA.extend(
        {
            vol.Required(CONF_OPTIONS, default={}): {
                vol.Required(CONF_RESULT, default=ANY_RESULT): vol.In([ANY_RESULT, *RESULTS])
            }
        }
    )

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Look for one result, or for any."""
        super().__init__(hass, config)
        result = self._options[CONF_RESULT]
        self._types = frozenset(RESULTS if result == ANY_RESULT else [result])


def _is_echo(last: State | None, state: State) -> bool:
    """Whether an event is the last one once more, told at another place."""
    if last is None or last.entity_id == state.entity_id or state.last_changed - last.last_changed > AT_ONCE:
        return False
    return all(last.attributes.get(each) == state.attributes.get(each) for each in _SAYS_WHAT)


def _told(news: News) -> type[Trigger]:
    """The trigger for something that happens to a reservation."""

    class ToldTrigger(_ReservationTrigger):
        _types = frozenset({news.value})

    return ToldTrigger


def _charging(becomes: set[str]) -> type[Trigger]:
    """The trigger for charging that begins or ends."""

    class ChargingTrigger(EntityTargetStateTriggerBase):
        _domain_specs = domain_specs(CHARGING)
        _to_states = becomes

        @override
        def entity_filter(self, entities: set[str]) -> set[str]:
            return ours(self._hass, entities, CHARGING)

    return ChargingTrigger


TRIGGERS: Final[dict[str, type[Trigger]]] = {
    **{f"reservation_{news.value}": _told(news) for news in News},
    "reservation_about_to_start": AboutToStart,
    "reservation_about_to_expire": AboutToExpire,
    "charging_started": _charging({STATE_ON}),
    "charging_stopped": _charging({STATE_OFF}),
    "id_token_presented": _PresentedTrigger,
}


async def async_get_triggers(_: HomeAssistant) -> dict[str, type[Trigger]]:
    """Every trigger by its key, which names it for ever (contract 4)."""
    return TRIGGERS
