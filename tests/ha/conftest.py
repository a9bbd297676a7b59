"""A Home Assistant with a listening central system, and chargers that dial in over real sockets."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
import logging
import socket
from typing import Any

from freezegun import freeze_time
from freezegun.api import TickingDateTimeFactory
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, State, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.event import async_track_state_change_event
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.ocpp_central.const import DOMAIN
from tests.charger import Behaviour, Received, Sent, SimulatedCharger, Version

PATIENCE = 10.0
"""Seconds after which an effect that did not come is a failure."""

HOUSE_TOKEN = "HA0123456789"
HOLDER = "04A2B3C4"
STRANGER = "DEADBEEF"

ON_V2 = pytest.mark.parametrize("version", [Version.V201, Version.V21], ids=str)
"""For what 1.6 does not have."""

ON_V16 = pytest.mark.parametrize("version", [Version.V16], ids=str)
"""For what only 1.6 has."""

QUESTIONS = {"GetConfiguration", "GetVariables"}
"""By what a charger is asked, once it has nothing else to do, what it can reserve, and for its settings."""

SETTINGS_OF = {"LocalPreAuthorize", "AuthCtrlr"}
"""A key, and a component, that is only asked for with the settings."""

TELLS_ALL = Behaviour(statuses_after_reconnect="all")
"""A charger that tells all its statuses after a mere reconnect, so that nobody waits for it to be asked."""


@pytest.fixture(autouse=True)
def real_sockets(socket_enabled: None) -> None:
    """Chargers dial in over the loopback interface."""


@pytest.fixture(params=list(Version), ids=str)
def version(request: pytest.FixtureRequest) -> Version:
    """Every version in turn."""
    chosen: Version = request.param
    return chosen


@pytest.fixture
def chargers() -> list[ConfigSubentryData]:
    """The chargers that were added: A."""
    return [charger_subentry("A")]


@pytest.fixture
def port() -> int:
    """A port that nobody else uses, the same one after a restart."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
    return number


@pytest.fixture
def short_call_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """A silent charger is given up after a moment instead of half a minute."""
    monkeypatch.setattr("custom_components.ocpp_central.CALL_TIMEOUT", 0.2)


@pytest.fixture
def all_entities_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the owner had switched on every entity that is off by default. To be used before `entry`."""
    monkeypatch.setattr("homeassistant.helpers.entity.Entity.entity_registry_enabled_default", True)


@pytest.fixture
async def entry(hass: HomeAssistant, chargers: list[ConfigSubentryData], port: int) -> MockConfigEntry:
    """A central system that listens on a free port."""
    entry = central_system(chargers, port)
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
        return f"ws://127.0.0.1:{self.entry.data['port']}"

    async def dial(
        self,
        identity: str = "A",
        version: Version = Version.V16,
        *,
        connectors: int = 2,
        behaviour: Behaviour | None = None,
        password: str | None = None,
        retry_after: float = 0.05,
        connection_timeout: float = 60,
        connector_types: Sequence[str] = (),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> SimulatedCharger:
        """A charger that dials in, whether it is let in or not."""
        charger = SimulatedCharger(
            self.url,
            identity,
            version=version,
            connectors=connectors,
            behaviour=behaviour or Behaviour(),
            password=password,
            retry_after=retry_after,
            connection_timeout=connection_timeout,
            connector_types=connector_types,
            clock=clock,
            backoff=(0.05, 0.2),
        )
        return await self._stack.enter_async_context(charger)

    async def charger(
        self, identity: str = "A", version: Version = Version.V16, *, connectors: int = 2, **facts: Any
    ) -> SimulatedCharger:
        """A charger that has dialled in, booted and told its statuses, which Home Assistant shows."""
        charger = await self.dial(identity, version, connectors=connectors, **facts)
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
                    if state is not None and (wanted(state) if callable(wanted) else state.state == wanted):
                        return state
                    await changed.wait()
        except TimeoutError:
            pytest.fail(f"{entity_id} shows {self.hass.states.get(entity_id)}, not {wanted}")
        finally:
            stop()

    def beside(self, entry: MockConfigEntry) -> Site:
        """The outside of another central system of the same Home Assistant."""
        return Site(self.hass, entry, self._stack)

    def news(self, entity_id: str = "event.a_connector_1_reservation") -> list[dict[str, Any]]:
        """A list that fills with what an event entity tells from now on."""
        heard: list[dict[str, Any]] = []

        @callback
        def hear(event: Event[EventStateChangedData]) -> None:
            old, new = event.data["old_state"], event.data["new_state"]
            if old is None or new is None or {old.state, new.state} & {"unavailable"}:
                return
            if new.state not in {old.state, "unknown"}:
                heard.append(dict(new.attributes))

        self._stack.callback(async_track_state_change_event(self.hass, entity_id, hear))
        return heard

    def history(self, entity_id: str) -> list[str]:
        """A list that fills with the states that an entity takes from now on."""
        taken: list[str] = []

        @callback
        def note(event: Event[EventStateChangedData]) -> None:
            old, new = event.data["old_state"], event.data["new_state"]
            if new is not None and (old is None or old.state != new.state):
                taken.append(new.state)

        self._stack.callback(async_track_state_change_event(self.hass, entity_id, note))
        return taken

    def device_id(self, identity: str = "A", connector: int | None = None) -> str:
        """The device of a charger or connector."""
        device = self.device(identity, connector)
        assert device is not None
        return device.id

    def device(self, identity: str = "A", connector: int | None = None) -> dr.AnyDeviceEntry | None:
        """The registry's entry for a charger or connector."""
        registry = dr.async_get(self.hass)
        if connector is None:
            return registry.async_get_device_by_identifier((DOMAIN, identity), self.entry.entry_id)
        identifier = (DOMAIN, f"{identity}/{connector}")
        return registry.async_get_child_device_by_identifier(identifier, self.entry.entry_id)

    async def act(self, action: str, **data: object) -> dict[str, Any]:
        """Call an action; what it answers."""
        response = await self.hass.services.async_call(DOMAIN, action, data, blocking=True, return_response=True)
        assert response is not None
        return dict(response)

    async def reserve(self, connector: int | None = 1, *, identity: str = "A", **data: object) -> dict[str, Any]:
        """Reserve a connector for the holder."""
        data = {"id_token": HOLDER, "id_token_type": "ISO14443", "duration": {"minutes": 30}} | data
        if "end" in data:
            del data["duration"]
        return await self.act("reserve_now", device_id=self.device_id(identity, connector), **data)

    async def reservations(self, **data: object) -> list[dict[str, Any]]:
        """What get_reservations lists."""
        listed: list[dict[str, Any]] = (await self.act("get_reservations", **data))["reservations"]
        return listed

    async def becomes(self, **wanted: object) -> dict[str, Any]:
        """Wait until there is exactly one reservation, and it is as wanted."""
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    listed = await self.reservations()
                    if len(listed) == 1 and wanted.items() <= listed[0].items():
                        return listed[0]
                    await asyncio.sleep(0.01)
        except TimeoutError:
            pytest.fail(f"{listed}, not {wanted}")

    async def press(self, entity_id: str) -> None:
        """Press a button."""
        await self.hass.services.async_call("button", "press", {"entity_id": entity_id}, blocking=True)

    async def stop(self) -> None:
        """Have Home Assistant unload the central system."""
        assert await self.hass.config_entries.async_unload(self.entry.entry_id)
        await self.hass.async_block_till_done()

    async def start(self) -> None:
        """Have Home Assistant load the central system again, from its storage."""
        assert await self.hass.config_entries.async_setup(self.entry.entry_id)
        await self.hass.async_block_till_done()


@pytest.fixture
async def site(hass: HomeAssistant, entry: MockConfigEntry) -> AsyncIterator[Site]:
    """The outside of the central system."""
    async with AsyncExitStack() as stack:
        yield Site(hass, entry, stack)


class Clock:
    """The time of Home Assistant, of the event loop and of the chargers: it runs on, and can be moved forward."""

    def __init__(self, hass: HomeAssistant, time: TickingDateTimeFactory) -> None:
        """Let it run."""
        self._hass = hass
        self._time = time

    async def forward(self, **by: float) -> None:
        """Move on, by what `timedelta` takes, and let all timers fire that are due."""
        self.jump(**by)
        await self._hass.async_block_till_done()

    def jump(self, **by: float) -> None:
        """Move on, without waiting for what that sets off: an automation that waits itself is never done."""
        self._time.move_to(self._time() + timedelta(**by))
        async_fire_time_changed(self._hass)

    def after(self, **by: float) -> str:
        """A coming time as actions tell it."""
        return (datetime.now(UTC).replace(microsecond=0) + timedelta(**by)).isoformat()


@pytest.fixture
def clock(hass: HomeAssistant) -> Iterator[Clock]:
    """The clock."""
    with freeze_time(datetime.now(UTC), tick=True) as time:
        assert isinstance(time, TickingDateTimeFactory)
        yield Clock(hass, time)


def central_system(chargers: list[ConfigSubentryData], port: int) -> MockConfigEntry:
    """The config entry of a central system."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="OCPP Central System",
        data={"host": "127.0.0.1", "port": port, "house_token": HOUSE_TOKEN},
        subentries_data=chargers,
    )


def charger_subentry(identity: str, **data: object) -> ConfigSubentryData:
    """A charger as it was added."""
    return ConfigSubentryData(data=data, subentry_type="charger", title=identity, unique_id=identity)


def driver_subentry(
    name: str,
    *tokens: str,
    type: str | None = "ISO14443",  # noqa: A002  OCPP's word
    group: str | None = None,
    **more: object,
) -> ConfigSubentryData:
    """A driver as he was added; his id is made of his name."""
    data: dict[str, Any] = {**more, "id_tokens": [{"value": token, "type": type} for token in tokens]}
    if group is not None:
        data["group"] = group
    return ConfigSubentryData(data=data, subentry_type="driver", title=name, unique_id=driver_id(name))


def driver_id(name: str) -> str:
    """The id of a driver who was added by `driver_subentry`."""
    return "driver-" + name.encode().hex()[:12].ljust(12, "0")


def on_every_version(name: str, first: object, *others: object) -> pytest.MarkDecorator:
    """Have the first value on every version, and the others, which no version treats in a way of its own, on 1.6."""
    pairs = [(version, first) for version in Version] + [(Version.V16, other) for other in others]
    return pytest.mark.parametrize(("version", name), pairs)


def told(news: list[dict[str, Any]]) -> list[str]:
    """The types of what was published."""
    return [each["event_type"] for each in news]


def asked(charger: SimulatedCharger) -> int:
    """How often the charger was asked to reserve."""
    return [received.action for received in charger.received].count("ReserveNow")


def settings_asked(charger: SimulatedCharger) -> int:
    """How often the charger was asked for its settings."""
    return sum(_is_about_settings(call) for call in charger.received)


def abilities_asked(charger: SimulatedCharger) -> list[dict[str, Any]]:
    """The payloads of the questions what the charger can reserve."""
    asked = [call for call in charger.received if call.action in QUESTIONS]
    return [dict(call.payload) for call in asked if not _is_about_settings(call)]


def _is_about_settings(call: Received) -> bool:
    components = {item["component"]["name"] for item in call.payload.get("getVariableData", ())}
    return bool(SETTINGS_OF & {*components, *call.payload.get("key", ())})


async def told_what_it_can(charger: SimulatedCharger) -> SimulatedCharger:
    """The charger once it has answered all that it is asked: 1.6 is asked once of everything, 2.x of every connector."""

    def asked_of() -> set[int]:
        questions = abilities_asked(charger)
        if charger.version is Version.V16:
            return set(charger.evses) if questions else set()
        items = [item for question in questions for item in question["getVariableData"]]
        return {item["component"].get("evse", {}).get("id", 0) for item in items}

    await eventually(lambda: asked_of() >= set(charger.evses) and settings_asked(charger), "the questions")
    await answered_all(charger)
    return charger


async def answered_all(charger: SimulatedCharger) -> None:
    """Wait until the charger has answered whatever it was asked, and Home Assistant has read that."""
    asked_for = Counter(call.action for call in charger.received)
    for question in QUESTIONS & set(asked_for):
        await charger.wait_for(question, count=asked_for[question])
    await charger.heartbeat()


def orders(charger: SimulatedCharger) -> list[tuple[str, int]]:
    """What the charger was told to do with holds: the action and the hold's wire id, in order."""
    id_of = {"CancelReservation": "reservationId", "ReserveNow": "id"}
    if charger.version is Version.V16:
        id_of["ReserveNow"] = "reservationId"
    return [(action, payload[id_of[action]]) for action, payload in charger.received if action in id_of]


def warned_of(caplog: pytest.LogCaptureFixture, word: str) -> bool:
    """Whether a warning of ours has this word."""
    ours = [record for record in caplog.records if DOMAIN in record.name and record.levelno >= logging.WARNING]
    return any(word in record.getMessage().casefold() for record in ours)


def started(charger: SimulatedCharger) -> Sent:
    """The latest start of a transaction that the charger has told, with our answer."""
    return next(
        sent
        for sent in reversed(charger.sent)
        if sent.action == "StartTransaction" or sent.payload.get("eventType") == "Started"
    )


def standing(sent: Sent) -> str:
    """Our word on a token, in our answer to a start or to Authorize."""
    assert sent.answer is not None
    info = sent.answer.get("idTagInfo") or sent.answer["idTokenInfo"]
    word: str = info["status"]
    return word


async def eventually(true: Callable[[], object], what: str = "it") -> None:
    """Wait until something is so that nothing tells us of."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not true():  # noqa: ASYNC110  nothing tells us
                await asyncio.sleep(0.01)
    except TimeoutError:
        pytest.fail(f"{what} did not come about")


async def refused(attempt: Awaitable[object], key: str) -> HomeAssistantError:
    """The error of an attempt, which must have this translation key and a text for it."""
    with pytest.raises(HomeAssistantError) as raised:
        await attempt
    assert (raised.value.translation_domain, raised.value.translation_key) == (DOMAIN, key)
    assert "{" not in str(raised.value), "a placeholder has no value"
    return raised.value
