"""What the session at an EVSE takes, and how long.

Knows how a session is shown. Must not know how it is accounted (`core.accounts`).
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.const import UnitOfEnergy, UnitOfTime
from homeassistant.core import callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from ..audience import Place
from ..choices import HOUSE, word_for
from ..coordinator import CentralSystem
from ..core.transaction import Transaction
from .metering_sensors import MeterEntity

NOT_REPORTED: Final = "NotReported"
"""Why a session has ended of which the charger told no end: no word of OCPP's, none of which anybody has said."""

_TICK: Final = timedelta(seconds=30)
_SECOND: Final = timedelta(seconds=1)
_THOUSAND: Final = 1000
_DECIMALS: Final = 6

SESSION_ENERGY = SensorEntityDescription(
    key="session_energy",
    translation_key="session_energy",
    device_class=SensorDeviceClass.ENERGY,
    native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
    state_class=SensorStateClass.TOTAL,
    suggested_display_precision=2,
)

SESSION_DURATION = SensorEntityDescription(
    key="session_duration",
    translation_key="session_duration",
    device_class=SensorDeviceClass.DURATION,
    native_unit_of_measurement=UnitOfTime.SECONDS,
    entity_registry_enabled_default=False,
)


def session_sensors(central: CentralSystem, place: Place) -> Iterator[SensorEntity]:
    """The sensors of the session at an EVSE."""
    yield SessionEnergySensor(central, place, SESSION_ENERGY)
    yield SessionDurationSensor(central, place, SESSION_DURATION)


class SessionEnergySensor(MeterEntity):
    """What the session took that runs, or that ran last."""

    @property
    @override
    def native_value(self) -> float | None:
        """In kWh."""
        return None if (evse := self._evse) is None else _kwh(evse.session_wh)

    @property
    @override
    def last_reset(self) -> datetime | None:
        """When the session began, since which that is counted."""
        session = self._session
        return None if session is None else session.began or session.started_at

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """What else there is to say of the session; no token."""
        session = self._session
        if session is None:
            return {}
        return {
            "driver": self._driver(session),
            "started": (session.began or session.started_at).isoformat(),
            "ended": None if session.ended is None else session.ended.isoformat(),
            "stop_reason": NOT_REPORTED if session.presumed else session.stop_reason,
            "meter_start": _kwh(session.meter_start_wh),
            "meter_stop": _kwh(session.meter_stop_wh),
        }

    @override
    def _value(self) -> object:
        return self.native_value, self.extra_state_attributes

    def _driver(self, session: Transaction) -> str | None:
        if session.token is None:
            return None
        if (driver := self._central.drivers.holder_of(session.token)) is not None:
            return word_for(driver)
        return HOUSE if self._central.house.matches(session.token) else None

    @property
    def _session(self) -> Transaction | None:
        return None if (evse := self._evse) is None else evse.session


class SessionDurationSensor(MeterEntity):
    """How long the session takes that runs, or took that ran last."""

    @override
    async def async_added_to_hass(self) -> None:
        """Go on while a session runs, whether the charger tells anything or not."""
        await super().async_added_to_hass()
        self.async_on_remove(async_track_time_interval(self.hass, self._tick, _TICK, cancel_on_shutdown=True))

    @property
    @override
    def native_value(self) -> float | None:
        """In seconds."""
        return self._value()

    @callback
    def _tick(self, _: datetime) -> None:
        if (evse := self._evse) is not None and evse.running is not None:
            self._look()

    @override
    def _value(self) -> float | None:
        session = None if (evse := self._evse) is None else evse.session
        if evse is None or session is None or (session.ended is None and evse.running is None):
            return None
        lasted = session.lasted(dt_util.utcnow())
        return lasted.total_seconds() if session.ended is not None else lasted // _SECOND


def _kwh(wh: float | None) -> float | None:
    return None if wh is None else round(wh / _THOUSAND, _DECIMALS)
