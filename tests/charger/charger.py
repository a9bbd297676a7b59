"""The simulated charger as its users see it: switch it on, do things at it, wait for what happens.

It must not know how any of that is done.
"""

import asyncio
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
import logging
from pathlib import Path
from types import TracebackType
from typing import Any, Self, override

from . import charging, common, holding, persistence
from .behaviour import Behaviour
from .core import Core
from .engine import ConnectionDropped, Engine
from .link import Link
from .model import (
    Evse,
    Hold,
    Json,
    Judgement,
    Message,
    Profile,
    Readings,
    Received,
    Sent,
    Stop,
    Token,
    Transaction,
    Version,
)
from .state import Setting, State, settings_of
from .v2 import V2
from .v16 import V16

_LOGGER = logging.getLogger(__name__)
_LONGEST_NAP = 1.0
"""Seconds between two looks at the clock, at most: a test may move it."""

_FOREIGN_CHANGES = 0.02
"""Seconds between two looks at what a predicate reads outside of the charger, which cannot tell of its changes."""


class SimulatedCharger:
    """A charger that dials `url`/`identity` and goes on until the `async with` block ends.

    `connectors`: how many EVSEs (1.6: connectors), numbered from 1; `connector_types` their types, in order.
    `password`: HTTP Basic, user = identity. `state_file`: holds and unanswered transaction messages are kept there over a restart.
    `clock`: gives the aware time by which everything is stamped and expires; waiting goes by the event loop's time.
    `meter_interval`: seconds between readings of a transaction, 0 = none by itself. `connection_timeout`: seconds that a
    presented token waits for a cable. `answer_timeout`: seconds until an answer of the central system counts as missing;
    unanswered transaction messages are repeated after `retry_after` seconds. `backoff`: shortest and longest wait between
    attempts to connect. Raises `ValueError` for a state file that is none.
    """

    def __init__(
        self,
        url: str,
        identity: str,
        *,
        version: Version = Version.V16,
        connectors: int = 1,
        connector_types: Sequence[str] = (),
        password: str | None = None,
        behaviour: Behaviour | None = None,
        state_file: Path | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        meter_interval: float = 0,
        connection_timeout: float = 60,
        answer_timeout: float = 30,
        retry_after: float = 1,
        backoff: tuple[float, float] = (0.05, 10.0),
    ) -> None:
        behaviour = behaviour or Behaviour()
        version = Version(version)
        types = [*connector_types, *["sType2"] * connectors]
        state = State(
            evses={number: Evse(id=number, connector_type=types[number - 1]) for number in range(1, connectors + 1)},
            settings=settings_of(behaviour, meter_interval=meter_interval, connection_timeout=connection_timeout),
        )
        log = _Named(_LOGGER, {"identity": identity})
        self._core = Core(
            identity=identity,
            version=version,
            behaviour=behaviour,
            state=state,
            clock=clock,
            answer_timeout=answer_timeout,
            retry_after=retry_after,
            log=log,
        )
        self._core.dialect = V16(self._core) if version is Version.V16 else V2(self._core)
        self._core.restart = self.reboot
        self._link_facts: dict[str, Any] = {
            "url": url,
            "identity": identity,
            "version": version,
            "password": password,
            "backoff": backoff,
            "log": log,
            "changed": self._core.watch.notify,
        }
        self._link: Link
        self._state_file = state_file
        self._saved: persistence.Memory | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        """Switch the charger on; it connects by itself."""
        if self._state_file is not None:
            self._recall(await asyncio.to_thread(persistence.load, self._state_file))
        self._link = Link(**self._link_facts)
        self._tasks = [asyncio.create_task(work) for work in (self._dial(), self._look_at_clock(), self._keep())]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Switch it off: the connection is closed in order, nothing keeps running."""
        await self._link.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._save()
        await self._core.close()

    @property
    def identity(self) -> str:
        """The name under which the charger dials in."""
        return self._core.identity

    @property
    def version(self) -> Version:
        """The version that it speaks."""
        return self._core.version

    @property
    def behaviour(self) -> Behaviour:
        """How it behaves; may be replaced at any time, which starts scripted answers from the beginning."""
        return self._core.behaviour

    @behaviour.setter
    def behaviour(self, behaviour: Behaviour) -> None:
        self._core.behaviour = behaviour

    @property
    def is_connected(self) -> bool:
        """Whether the WebSocket is open."""
        return self._core.engine is not None

    @property
    def is_ready(self) -> bool:
        """Whether it is connected, its boot was accepted, and statuses and queued messages are answered."""
        return self._core.settled

    @property
    def connections(self) -> int:
        """How often it has connected."""
        return self._link.connections

    @property
    def refused(self) -> int | None:
        """The HTTP status with which the central system refused the last attempt to connect."""
        return self._link.refused

    @property
    def holds(self) -> Mapping[int, Hold]:
        """What the charger holds, by reservation id."""
        return self._core.state.holds

    @property
    def statuses(self) -> dict[int, str]:
        """The status word of each EVSE now, in the version's own words."""
        return {evse.id: self._core.dialect.word(evse) for evse in self._core.state.evses.values()}

    @property
    def reported(self) -> Mapping[int, str]:
        """The status word of each EVSE that was last sent and answered."""
        return self._core.reported

    @property
    def transactions(self) -> dict[int, Transaction]:
        """The running transactions, by EVSE."""
        evses = self._core.state.evses.values()
        return {evse.id: evse.transaction for evse in evses if evse.transaction is not None}

    @property
    def evses(self) -> Mapping[int, Evse]:
        """The EVSEs with all of their state, by id."""
        return self._core.state.evses

    @property
    def settings(self) -> dict[Setting, str]:
        """What the central system can change, by our own names; a test may, as on the charger's own web page."""
        return self._core.state.settings

    @property
    def local_list(self) -> Mapping[str, Judgement]:
        """What the charger's own list says of tokens, by these in small letters."""
        return self._core.state.local_list

    @property
    def local_list_version(self) -> int:
        """The version of that list, 0 without one."""
        return self._core.state.local_list_version

    def lose_local_list(self) -> None:
        """Forget the list, as a factory reset does."""
        self._core.state.local_list, self._core.state.local_list_version = {}, 0

    @property
    def profiles(self) -> Sequence[Profile]:
        """The charging profiles that it has, the oldest first."""
        return self._core.state.profiles

    @property
    def pending(self) -> tuple[Message, ...]:
        """Messages about transactions that the central system has not answered, oldest first."""
        return self._core.outbox.messages

    @property
    def received(self) -> list[Received]:
        """All CALLs that came from the central system: (action, wire payload), oldest first."""
        return self._core.watch.received

    @property
    def sent(self) -> list[Sent]:
        """All CALLs of the charger with their answers, in the order of the answers."""
        return self._core.watch.sent

    @property
    def complaints(self) -> list[str]:
        """What the central system did against the standard: invalid payloads, unreadable frames."""
        return self._core.watch.complaints

    async def connected(self, timeout: float = 10) -> None:  # noqa: ASYNC109  a test says how long
        """Return once the WebSocket is open."""
        await self._core.watch.until(lambda: self.is_connected, timeout)

    async def ready(self, timeout: float = 10) -> None:  # noqa: ASYNC109
        """Return once `is_ready`."""
        await self._core.watch.until(lambda: self.is_ready, timeout)

    async def disconnected(self, timeout: float = 10) -> None:  # noqa: ASYNC109
        """Return once the WebSocket is closed."""
        await self._core.watch.until(lambda: not self.is_connected, timeout)

    async def wait_for(
        self,
        what: str | Callable[[], object],
        timeout: float = 10,  # noqa: ASYNC109
        *,
        count: int = 1,
    ) -> Json:
        """Return once something is so, at once if it is already.

        `what` is a predicate, or an action: then `count` such CALLs of the central system must have been dealt with since
        the charger was made; gives the payload of the `count`-th. Raises `TimeoutError` that tells what is missing.
        """
        watch = self._core.watch
        predicate = what if callable(what) else lambda: watch.times_handled(what) >= count
        try:
            async with asyncio.timeout(timeout):
                while not predicate():
                    with suppress(TimeoutError):
                        await watch.until(predicate, _FOREIGN_CHANGES)
        except TimeoutError:
            seen = [received.action for received in watch.received]
            raise TimeoutError(
                f"{self.identity} waited {timeout} s for {what}; statuses {self.statuses}, got {seen}"
            ) from None
        if callable(what):
            return {}
        return [payload for action, payload in watch.received if action == what][count - 1]

    async def boot(self, reason: str = "PowerUp") -> Json:
        """Send BootNotification on the open connection and give its answer; if Accepted, the statuses follow."""
        return await self._core.boot(reason)

    async def reboot(self, reason: str = "PowerUp") -> None:
        """Restart: transactions end, tokens are forgotten, the connection is made anew, and BootNotification is sent."""
        core = self._core
        for evse in core.state.evses.values():
            evse.authorization = None
            await charging.stop(core, evse, Stop.REBOOT)
        if not core.behaviour.keeps_holds_over_reboot:
            core.state.holds.clear()
        core.state.reboot()
        core.boot_reason = reason
        core.reset_when_idle = False
        core.note()
        await self._link.close()
        await core.watch.until(lambda: not self.is_connected)

    async def lose_power(self, *, remembers: bool = False, car_stays: bool = False) -> None:
        """Go out, and start anew without a word of what charged, which it goes on with if it `remembers` it.

        `car_stays`: else all cars are gone by then.
        """
        core = self._core
        for evse in core.state.evses.values():
            evse.authorization = None
            if not remembers:
                evse.transaction = None
                evse.plugged = evse.plugged and car_stays
        core.state.reboot()
        core.boot_reason = "PowerUp"
        core.note()
        await self._link.close()
        await core.watch.until(lambda: not self.is_connected)

    async def plug(self, evse: int) -> None:
        """Put a car's cable into an EVSE; a token that waits for it starts charging."""
        await charging.plug(self._core, self._core.evse(evse))

    async def unplug(self, evse: int) -> None:
        """Pull the cable out; it ends the transaction."""
        await charging.unplug(self._core, self._core.evse(evse))

    async def present(self, evse: int, token: str, type: str = "ISO14443", group: str | None = None) -> bool:  # noqa: A002  OCPP's word
        """Hold a token to the reader of an EVSE: Authorize, then a transaction if a car is plugged in.

        True if the token may charge (where a transaction starts: the central system accepted that too), or has just
        stopped its own. `group` enters the token's group into the local list first, so that no Authorize is needed for it.
        """
        presented = Token(value=token, type=type)
        if group is not None:
            self._core.state.local_list[token.casefold()] = common.listed(group)
        return await charging.present(self._core, self._core.evse(evse), presented)

    async def start(self, evse: int, token: str, type: str = "ISO14443", *, authorize: bool = True) -> bool:  # noqa: A002
        """Plug in where nothing is, then present the token; without Authorize if told so. As `present` otherwise."""
        at = self._core.evse(evse)
        if not at.plugged:
            await charging.plug(self._core, at)
        return await charging.present(self._core, at, Token(value=token, type=type), authorize=authorize)

    async def pause(self, evse: int) -> None:
        """Have the car at an EVSE take nothing though it may (SuspendedEV), as one that is full or waits for its own time."""
        await charging.pause_car(self._core, self._core.evse(evse), paused=True)

    async def resume(self, evse: int) -> None:
        """Have it take again what it may."""
        await charging.pause_car(self._core, self._core.evse(evse), paused=False)

    async def stop(self, evse: int, reason: Stop = Stop.LOCAL) -> None:
        """End the transaction at an EVSE, if there is one; the car stays plugged in."""
        await charging.stop(self._core, self._core.evse(evse), reason)

    async def meter(self, evse: int, readings: Readings | None = None) -> None:
        """Send readings (measurand: value); by default what the meter shows. In a transaction they belong to it.

        Raises `ocpp.exceptions.OCPPError` for a measurand that the version does not know, unless `checks_itself` is off.
        """
        await charging.meter(self._core, self._core.evse(evse), readings)

    async def set_status(self, evse: int, status: str) -> None:
        """Make an EVSE `Faulted`, `Unavailable` or `Available` again; any other word is merely reported, until `Available`."""
        core, at = self._core, self._core.evse(evse)
        at.forced_status = None
        at.faulted = status == "Faulted"
        at.operative = status != "Unavailable"
        if status not in {"Available", "Faulted", "Unavailable"}:
            at.forced_status = status
        if at.faulted:
            await charging.stop(core, at, Stop.FAULT)
        if at.faulted or not at.operative:
            await holding.put_out_of_service(core, at)
        core.note()
        await core.flush()

    async def report(self, evse: int, status: str) -> None:
        """Say a status word of an EVSE once, whether it is true or not; what is true is not said again by that."""
        core = self._core
        for message in core.dialect.statuses(core.evse(evse), status, core.now()):
            await core.call(message)

    async def forget_holds(self) -> None:
        """Lose all holds without a word; only the statuses that change by it are reported."""
        self._core.state.holds.clear()
        self._core.note()
        await self._core.flush()

    async def heartbeat(self) -> Json:
        """Send Heartbeat and give its answer."""
        return await self._core.call(Message(action="Heartbeat"))

    async def call(self, action: str, payload: Json) -> Json:
        """Send any CALL, given and answered as on the wire.

        Raises `CallFailed`, `NoAnswer`, `ConnectionDropped`, `InvalidAnswer`; `ocpp.exceptions.OCPPError` where the
        payload violates its schema (use `send_text` for that).
        """
        return await self._core.call(Message(action=action, payload=payload))

    async def send_text(self, text: str) -> None:
        """Send a frame as it is, malformed or not."""
        await self._open_engine().send_text(text)

    async def receive_raw(self, timeout: float = 10) -> str:  # noqa: ASYNC109
        """Give the oldest frame that came since the last `send_text` and was not given yet."""
        return await self._open_engine().receive_raw(timeout)

    async def release(self) -> None:
        """Send the answers that were withheld as `Fault.LATE`."""
        await self._open_engine().release()

    async def drop(self) -> None:
        """Cut the connection as a network failure would; the charger connects again by itself, without a boot."""
        await self._link.drop()
        await self._core.watch.until(lambda: not self.is_connected)

    async def go_offline(self) -> None:
        """Cut the connection and stay away until `go_online()`."""
        await self._link.stay_away()
        await self._core.watch.until(lambda: not self.is_connected)

    def go_online(self) -> None:
        """Connect again after `go_offline()`; `await ready()` for the rest."""
        self._link.come_back()

    async def tick(self) -> None:
        """Look at the clock now: let holds and waiting tokens expire whose time is over."""
        await holding.tick(self._core)

    async def _dial(self) -> None:
        try:
            await self._link.run(self._core.run_connection)
        except Exception:
            self._core.log.exception("the simulated charger cannot dial")  # else its users would wait for nothing
            raise

    async def _look_at_clock(self) -> None:
        loop = asyncio.get_running_loop()
        metered = loop.time()
        while True:
            with suppress(TimeoutError):
                await self._core.watch.until(self._is_reset_due, holding.seconds_to_next_end(self._core, _LONGEST_NAP))
            await self._core.spawn(self.tick())
            interval = self._core.state.seconds(Setting.METER_INTERVAL)
            if interval > 0 and loop.time() - metered >= interval:
                metered = loop.time()
                for evse in self.transactions:
                    self._core.spawn(self.meter(evse))
            if self._is_reset_due():
                await self.reboot("ScheduledReset")

    def _is_reset_due(self) -> bool:
        engine = self._core.engine
        # What made it idle may be a cancellation that is still to be answered.
        answering = engine is not None and engine.is_answering
        busy = answering or bool(self.holds) or any(evse.occupied for evse in self.evses.values())
        return self._core.reset_when_idle and not busy

    async def _keep(self) -> None:
        while self._state_file is not None:
            await self._core.watch.until(lambda: self._memory() != self._saved)
            await self._save()

    async def _save(self) -> None:
        if self._state_file is not None:
            self._saved = self._memory()
            await asyncio.to_thread(persistence.save, self._state_file, self._saved)

    def _memory(self) -> persistence.Memory:
        core = self._core
        # Were the power to fail now, the charger would end its transactions at the next boot.
        ends = tuple(
            core.dialect.ended(replace(transaction, seq_no=transaction.seq_no + 1), Stop.POWER_LOSS, None)
            for transaction in self.transactions.values()
        )
        return persistence.Memory(
            holds=tuple(core.state.holds.values()),
            messages=core.outbox.messages + ends,
            wire_ids={key: wire_id for key, wire_id in core.wire_ids.items() if self._is_open(key)},
            energy_wh={evse.id: round(evse.energy_wh) for evse in core.state.evses.values()},
            local_list=dict(core.state.local_list),
            local_list_version=core.state.local_list_version,
        )

    def _is_open(self, key: str) -> bool:
        pending = any(message.transaction == key for message in self._core.outbox.messages)
        return pending or any(transaction.key == key for transaction in self.transactions.values())

    def _recall(self, memory: persistence.Memory) -> None:
        state = self._core.state
        state.holds |= {hold.id: hold for hold in memory.holds if hold.evse is None or hold.evse in state.evses}
        state.local_list, state.local_list_version = dict(memory.local_list), memory.local_list_version
        self._core.wire_ids |= memory.wire_ids
        self._core.outbox.restore(memory.messages)
        for evse_id, energy in memory.energy_wh.items():
            if evse_id in state.evses:
                state.evses[evse_id].energy_wh = energy

    def _open_engine(self) -> Engine:
        if self._core.engine is None:
            raise ConnectionDropped(self.identity)
        return self._core.engine


class _Named(logging.LoggerAdapter[logging.Logger]):
    """Puts the charger's identity in front of every line."""

    @override
    def process(self, msg: object, kwargs: MutableMapping[str, Any]) -> tuple[str, MutableMapping[str, Any]]:
        return f"{(self.extra or {})['identity']}: {msg}", kwargs
