"""How long the *Reserve* button of a connector reserves, and how much may be drawn there."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, override

from homeassistant.components.number import NumberDeviceClass, NumberEntity, NumberEntityDescription, NumberMode
from homeassistant.const import UnitOfElectricCurrent, UnitOfTime
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_track_point_in_utc_time
from homeassistant.util import dt as dt_util

from .actions import limiting
from .audience import Place
from .charger_settings import highest_current
from .coordinator import CentralSystem, OcppConfigEntry
from .core.limits import Limit, Unit
from .devices import settings_of
from .entity import ChoiceEntity, PlaceEntity, add_entities_everywhere, add_entities_while

PARALLEL_UPDATES = 0

RESERVE_DURATION = NumberEntityDescription(
    key="reserve_duration",
    translation_key="reserve_duration",
    device_class=NumberDeviceClass.DURATION,
    native_unit_of_measurement=UnitOfTime.MINUTES,
    native_min_value=1,
    native_step=1,
    mode=NumberMode.BOX,
)

CURRENT_LIMIT = NumberEntityDescription(
    key="current_limit",
    translation_key="current_limit",
    device_class=NumberDeviceClass.CURRENT,
    native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
    native_min_value=0,
    native_step=0.1,
    mode=NumberMode.BOX,
)

HIGHEST_CURRENT: Final[float] = 80
"""A: the most that AC charging knows (SAE J1772)."""

_MINUTE: Final = timedelta(minutes=1)


async def async_setup_entry(
    _: HomeAssistant,
    entry: OcppConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the numbers of every connector; what can be limited, while its charger says that it can."""
    add_entities_everywhere(entry, async_add_entities, _entities_of)
    add_entities_while(
        entry, async_add_entities, _can_limit, lambda central, place: CurrentLimitNumber(central, place, CURRENT_LIMIT)
    )


def _entities_of(central: CentralSystem, place: Place) -> Iterable[NumberEntity]:
    if place.evse is not None:
        yield ReserveDurationNumber(central, place, RESERVE_DURATION)


def _can_limit(central: CentralSystem, place: Place) -> bool:
    charger = central.chargers.get(place.charger)
    return place.evse is not None and charger is not None and charger.limits.supported is True


class ReserveDurationNumber(ChoiceEntity, NumberEntity):
    """A number of minutes that the options allow; until one is chosen, as many as the options say."""

    @property
    @override
    def native_max_value(self) -> int:
        """As long as a reservation may last."""
        return self._central.policy.max_duration // _MINUTE

    @property
    @override
    def native_value(self) -> int:
        """How long the next one will last."""
        return self._central.choices.at(self._place).lasting(self._central.policy) // _MINUTE

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Choose another duration."""
        self._choose(round(value))

    @override
    def _value(self) -> object:
        # Asked for each message of the charger: what follows from these is made up only when it is written.
        return self._central.entry.options, self._chosen()

    @override
    def _chosen(self) -> int | None:
        duration = self._central.choices.at(self._place).duration
        return None if duration is None else duration // _MINUTE

    @override
    def _choose(self, chosen: object) -> None:
        choice = self._central.choices.at(self._place)
        duration = chosen * _MINUTE if isinstance(chosen, int) else None
        self._central.choices.choose(self._place, replace(choice, duration=duration))


class CurrentLimitNumber(PlaceEntity, NumberEntity):
    """How much whoever charges at an EVSE may draw on each phase, as the charger has agreed last.

    Of a schedule it is what counts now; of a power, what that means on the phases that there are.
    """

    _timer: CALLBACK_TYPE | None = None

    @property
    @override
    def native_max_value(self) -> float:
        """As much as the owner says, or any AC charger can; an action may have set more."""
        return self._value()[1]

    @property
    @override
    def native_value(self) -> float | None:
        """In A; None: not limited from here."""
        return self._value()[0]

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the clock, too."""
        await super().async_added_to_hass()
        self._await_change()

    @override
    async def async_will_remove_from_hass(self) -> None:
        """Leave no timer."""
        self._cease()

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Have it limited from now on; what cannot be done is raised as a translated error."""
        limit = Limit(amount=value, unit=Unit.AMPERE)
        await limiting.set_limit(self._central, self._place, [limiting.Step(None, limit)])

    @callback
    @override
    def _look(self) -> None:
        """What was limited anew may end at another time."""
        self._await_change()
        super()._look()

    @override
    def _value(self) -> tuple[float | None, float]:
        charger, evse = self._charger, self._place.evse
        current = None if charger is None or evse is None else charger.limits.current_at(evse, dt_util.utcnow())
        highest = highest_current(settings_of(self._central.entry, self._place.charger)) or HIGHEST_CURRENT
        return current, max(highest, current or 0)

    @callback
    def _await_change(self) -> None:
        self._cease()
        charger, evse = self._charger, self._place.evse
        if charger is None or evse is None:
            return
        if (moment := charger.limits.next_change(evse, dt_util.utcnow())) is not None:
            job = HassJob(self._on_time, cancel_on_shutdown=True)
            self._timer = async_track_point_in_utc_time(self.hass, job, moment)

    @callback
    def _on_time(self, _: datetime) -> None:
        self._timer = None
        self._look()

    @callback
    def _cease(self) -> None:
        if self._timer is not None:
            self._timer()
            self._timer = None
