"""What an automation can ask about a connector: whether it is reserved, for whom, and whether it charges.

Knows what each condition means. Must not know how reservations are kept.
"""

from abc import abstractmethod
from typing import Final, override

from homeassistant.const import CONF_OPTIONS, CONF_TARGET, STATE_ON
from homeassistant.core import HomeAssistant, State
from homeassistant.exceptions import ConditionErrorMessage
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.condition import (
    ATTR_BEHAVIOR,
    BEHAVIOR_ALL,
    BEHAVIOR_ANY,
    Condition,
    ConditionConfig,
    EntityConditionBase,
    EntityStateConditionBase,
)
import voluptuous as vol

from . import errors
from .actions.call_data import ATTR_DRIVER
from .audience import Place
from .choices import HOUSE
from .const import DOMAIN
from .coordinator import CentralSystem
from .core.check import CheckStatus
from .core.drivers import Holder
from .targets import CHARGING, RESERVED, Keys, domain_specs, ours, place_shown

_ON: Final[set[str | bool]] = {STATE_ON}


class _StateCondition(EntityStateConditionBase):
    """Whether something is so that a binary sensor of ours tells."""

    _states = _ON
    _keys: Keys

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Leave out what is not ours, or tells of something else."""
        return ours(self._hass, entities, self._keys)


class _IsReserved(_StateCondition):
    _keys = RESERVED
    _domain_specs = domain_specs(RESERVED)


class _IsCharging(_StateCondition):
    _keys = CHARGING
    _domain_specs = domain_specs(CHARGING)


class _DriverCondition(EntityConditionBase):
    """Something about a driver at a connector, which stands for itself by its entity *Reserved*.

    The house is a driver here. Raises `ConditionError` if nobody is called so.
    """

    _domain_specs = domain_specs(RESERVED)
    _schema = vol.Schema(
        {
            vol.Required(CONF_TARGET): cv.TARGET_FIELDS,
            vol.Required(CONF_OPTIONS): {
                vol.Required(ATTR_BEHAVIOR, default=BEHAVIOR_ANY): vol.In([BEHAVIOR_ANY, BEHAVIOR_ALL]),
                vol.Required(ATTR_DRIVER): cv.string,
            },
        }
    )

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Ask about one driver."""
        super().__init__(hass, config)
        assert config.options is not None  # noqa: S101  the schema demands them
        self._driver: str = config.options[ATTR_DRIVER]

    @property
    @override
    def needs_polling(self) -> bool:
        """A reservation may be handed over while the sensor stays on."""
        return True

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Leave all out but the connectors."""
        return ours(self._hass, entities, RESERVED)

    @override
    def is_valid_state(self, entity_state: State) -> bool:
        """Whether it is so where this entity is."""
        if (shown := place_shown(self._hass, entity_state.entity_id)) is None:
            return False
        central, place = shown
        return self._is_so(central, place, self._asked_about(central))

    @abstractmethod
    def _is_so(self, central: CentralSystem, place: Place, holder: Holder) -> bool:
        """Whether it is so at this place."""

    def _asked_about(self, central: CentralSystem) -> Holder:
        if self._driver == HOUSE:
            return Holder(token=central.house)
        if (driver := central.driver(self._driver)) is None:
            unknown = errors.unknown_driver(self._driver, central.drivers.names)
            raise ConditionErrorMessage(DOMAIN, str(unknown)) from unknown
        return driver.as_holder()


class _IsReservedFor(_DriverCondition):
    """As the sensor *Reserved for* tells, which is off by default."""

    @override
    def _is_so(self, central: CentralSystem, place: Place, holder: Holder) -> bool:
        present = central.present_reservation(place)
        if present is None or not present.status.keeps_out:
            return False
        if (driver := central.driver_of(present)) is not None:
            return driver.driver_id == holder.driver
        return holder.driver is None and central.is_for_house(present)


class _IsFreeFor(_DriverCondition):
    """Whether no reservation of others keeps the driver off; whether a car is there does not matter."""

    @override
    def _is_so(self, central: CentralSystem, place: Place, holder: Holder) -> bool:
        status = central.check(place, holder.token, holder.group).status
        return status in {CheckStatus.NOT_RESERVED, CheckStatus.FOR_TOKEN}


CONDITIONS: Final[dict[str, type[Condition]]] = {
    "is_charging": _IsCharging,
    "is_free_for": _IsFreeFor,
    "is_reserved": _IsReserved,
    "is_reserved_for": _IsReservedFor,
}


async def async_get_conditions(_: HomeAssistant) -> dict[str, type[Condition]]:
    """Every condition by its key, which names it for ever (contract 4)."""
    return CONDITIONS
