"""A Home Assistant with a listening central system, and chargers that dial in over real sockets."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ocpp_central.const import DOMAIN
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.event import async_track_state_change_event
from tests.charger import Behaviour, SimulatedCharger, Version

PATIENCE = 10.0
"""Seconds after which an effect that did not come is a failure."""

HOUSE_TOKEN = "HA0123456789"


@pytest.fixture(autouse=True)
def real_sockets(socket_enabled: None) -> None:
    """Chargers dial in over the loopback interface."""


@pytest.fixture
def chargers() -> list[ConfigSubentryData]:
    """The chargers that were added: A."""
    return [charger_subentry("A")]


@pytest.fixture
async def entry(hass: HomeAssistant, chargers: list[ConfigSubentryData]) -> MockConfigEntry:
    """A central system that listens on a free port."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="OCPP Central System",
        data={"host": "127.0.0.1", "port": 0, "house_token": HOUSE_TOKEN},
        subentries_data=chargers,
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


class Site:
    """The outside of a central system: chargers that dial in, and what Home Assistant shows of them."""

    def __init__(self, hass: HomeAssistant, entry: MockConfigEntry, stack: AsyncExitStack) -> None:
        """Have no charger yet."""
        self.hass = hass
        self.entry = entry
        self._stack = stack

    @property
    def url(self) -> str:
        """Where chargers dial in, without an identity."""
        return f"ws://127.0.0.1:{self.entry.runtime_data.port}"

    async def charger(
        self,
        identity: str = "A",
        version: Version = Version.V16,
        *,
        connectors: int = 2,
        behaviour: Behaviour | None = None,
        password: str | None = None,
    ) -> SimulatedCharger:
        """A charger that has dialled in, booted and told its statuses, which Home Assistant shows."""
        charger = await self._stack.enter_async_context(
            SimulatedCharger(
                self.url,
                identity,
                version=version,
                connectors=connectors,
                behaviour=behaviour or Behaviour(),
                password=password,
            )
        )
        await charger.ready()
        for connector in range(1, connectors + 1):
            await self.shows(f"sensor.{identity.lower()}_connector_{connector}_status", "available")
        return charger

    def state(self, entity_id: str) -> str | None:
        """What an entity shows now."""
        state = self.hass.states.get(entity_id)
        return None if state is None else state.state

    async def shows(self, entity_id: str, wanted: str | Callable[[State], bool]) -> State:
        """Wait until an entity shows a state."""
        changed = asyncio.Event()

        @callback
        def look(_: object = None) -> None:
            changed.set()

        stop = async_track_state_change_event(self.hass, entity_id, look)
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    changed.clear()
                    state = self.hass.states.get(entity_id)
                    if state is not None and (
                        wanted(state) if callable(wanted) else state.state == wanted
                    ):
                        return state
                    await changed.wait()
        except TimeoutError:
            pytest.fail(f"{entity_id} shows {self.hass.states.get(entity_id)}, not {wanted}")
        finally:
            stop()

    def device_id(self, identity: str = "A", connector: int | None = None) -> str:
        """The device of a charger or connector."""
        registry = dr.async_get(self.hass)
        device: dr.AnyDeviceEntry | None
        if connector is None:
            device = registry.async_get_device_by_identifier(
                (DOMAIN, identity), self.entry.entry_id
            )
        else:
            device = registry.async_get_child_device_by_identifier(
                (DOMAIN, f"{identity}/{connector}"), self.entry.entry_id
            )
        assert device is not None
        return device.id

    async def act(self, action: str, **data: object) -> dict[str, object]:
        """Call an action; what it answers."""
        response = await self.hass.services.async_call(
            DOMAIN, action, data, blocking=True, return_response=True
        )
        assert response is not None
        return dict(response)

    async def press(self, entity_id: str) -> None:
        """Press a button."""
        await self.hass.services.async_call(
            "button", "press", {"entity_id": entity_id}, blocking=True
        )


@pytest.fixture
async def site(hass: HomeAssistant, entry: MockConfigEntry) -> AsyncIterator[Site]:
    """The outside of the central system."""
    async with AsyncExitStack() as stack:
        yield Site(hass, entry, stack)


def charger_subentry(identity: str, **data: object) -> ConfigSubentryData:
    """A charger as it was added."""
    return ConfigSubentryData(
        data=data, subentry_type="charger", title=identity, unique_id=identity
    )
