"""Triggers that fire some time before something happens to a reservation.

Knows what is waited for at which entity, and that nothing is told twice. Must not know what else can trigger
(`trigger`).
"""

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Final, override

from homeassistant.const import ATTR_ENTITY_ID, CONF_OPTIONS, STATE_UNAVAILABLE
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, State, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.target import TargetStateChangedData, async_track_target_selector_state_change_event
from homeassistant.helpers.trigger import (
    ENTITY_STATE_TRIGGER_SCHEMA,
    EntityTriggerBase,
    TriggerActionRunner,
    TriggerConfig,
    TriggerNotTriggeredReporter,
)
from homeassistant.util import dt as dt_util
import voluptuous as vol

from .actions.responses import described
from .audience import Place
from .coordinator import CentralSystem
from .core.reservation import Reservation, Status
from .targets import Keys, domain_specs, ours, place_shown

CONF_BEFORE: Final = "before"

_STARTS: Final[Keys] = {"sensor": {"next_reservation", "next_reservation_for_any_connector"}}
_ENDS: Final[Keys] = {"sensor": {"reserved_until"}, "event": {"reservation_for_any_connector"}}
"""A charger has no sensor that shows the end, but an event for whatever changes it."""


def _schema(before: timedelta) -> vol.Schema:
    """A target and how long before; `before`: where that is not said."""
    # Right at the moment the reservation would be another one already.
    length = vol.All(cv.positive_time_period, vol.Range(min=timedelta(seconds=1)))
    return ENTITY_STATE_TRIGGER_SCHEMA.extend(
        {vol.Required(CONF_OPTIONS, default={}): {vol.Required(CONF_BEFORE, default=before): length}}
    )


class _AheadTrigger(EntityTriggerBase):
    """Fires a while before a moment of a reservation, or at once if that is nearer when it becomes known.

    Each reservation is told once for each such moment, at however many places it shows.
    """

    _keys: Keys
    """The entities that change whenever the moment does."""

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Have nothing told yet."""
        super().__init__(hass, config)
        self._before: timedelta = self._options[CONF_BEFORE]
        self._since = dt_util.utcnow()
        self._told: dict[tuple[str, datetime], datetime] = {}
        self._alarms: dict[str, CALLBACK_TYPE] = {}

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Leave out what is not ours, or tells of something else."""
        return ours(self._hass, entities, self._keys)

    @override
    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: TriggerNotTriggeredReporter | None = None
    ) -> CALLBACK_TYPE:
        """Watch the entities of the target until the returned function is called."""

        @callback
        def entities_updated(added: set[str], removed: set[str], _: Mapping[str, State | None]) -> None:
            for entity_id in removed:
                self._silence(entity_id)
            for entity_id in added:
                self._look(run_action, entity_id, dt_util.utcnow(), news=False)

        @callback
        def state_changed(data: TargetStateChangedData) -> None:
            before = data.state_change_event.data["old_state"]
            # What shows after a restart is not new.
            news = before is not None and before.state != STATE_UNAVAILABLE
            self._look(run_action, data.state_change_event.data["entity_id"], dt_util.utcnow(), news=news)

        self._since = dt_util.utcnow()
        stop = await async_track_target_selector_state_change_event(
            self._hass, self._target, state_changed, self.entity_filter, entities_updated
        )

        @callback
        def detach() -> None:
            stop()
            for entity_id in tuple(self._alarms):
                self._silence(entity_id)

        return detach

    @abstractmethod
    def _moments(self, central: CentralSystem, place: Place) -> Iterable[tuple[Reservation, datetime]]:
        """The reservations that show at a place and are waiting for a moment, with that moment."""

    @callback
    def _look(self, run_action: TriggerActionRunner, entity_id: str, now: datetime, *, news: bool) -> None:
        """Tell what is due at the place of an entity, and wake up again for what is not.

        Unless it is `news`, what was due before the trigger was there is taken as told.
        """
        self._silence(entity_id)
        if (shown := place_shown(self._hass, entity_id)) is None:
            return
        self._told = {told: moment for told, moment in self._told.items() if moment > now}
        central, place = shown
        later = []
        for reservation, moment in self._moments(central, place):
            due, told = moment - self._before, (reservation.uid, moment)
            if due > now:
                later.append(due)
            elif moment > now and told not in self._told:
                self._told[told] = moment
                if news or due >= self._since:
                    run_action(
                        {
                            ATTR_ENTITY_ID: entity_id,
                            CONF_BEFORE: self._before,
                            "reservation": described(self._hass, central, reservation),
                        },
                        f"reservation {reservation.reservation_id} of {entity_id}",
                    )
        if later:
            job = HassJob(partial(self._ring, run_action, entity_id), cancel_on_shutdown=True)
            self._alarms[entity_id] = async_call_later(self._hass, min(later) - now, job)

    @callback
    def _ring(self, run_action: TriggerActionRunner, entity_id: str, now: datetime) -> None:
        self._look(run_action, entity_id, now, news=True)

    def _silence(self, entity_id: str) -> None:
        if (cancel := self._alarms.pop(entity_id, None)) is not None:
            cancel()


class AboutToStart(_AheadTrigger):
    """A scheduled reservation begins soon."""

    _keys = _STARTS
    _domain_specs = domain_specs(_STARTS)
    _schema = _schema(timedelta(minutes=15))

    @override
    def _moments(self, central: CentralSystem, place: Place) -> Iterable[tuple[Reservation, datetime]]:
        # All of them: a second one may be due before the first one has begun, and the sensor shows the first.
        scheduled = (each for each in central.shown_reservations(place) if each.status is Status.SCHEDULED)
        return [(each, each.window.start) for each in scheduled]


class AboutToExpire(_AheadTrigger):
    """A reservation in force, which nobody has used yet, ends soon: one in use does not expire."""

    _keys = _ENDS
    _domain_specs = domain_specs(_ENDS)
    _schema = _schema(timedelta(minutes=10))

    @override
    def _moments(self, central: CentralSystem, place: Place) -> Iterable[tuple[Reservation, datetime]]:
        shown = central.shown_reservations(place)
        return [(each, each.until) for each in shown if each.status.keeps_out and each.status is not Status.IN_USE]
