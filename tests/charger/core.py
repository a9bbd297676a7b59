"""The heart of a simulated charger: its state, its clock, and saying to the central system what has changed.

It must not know how connections are made, nor what a driver does at the charger.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
import logging
from typing import Any

from ocpp.exceptions import OCPPError
from websockets.asyncio.client import ClientConnection

from .behaviour import Behaviour
from .dialect import Dialect
from .engine import CallFailed, ConnectionDropped, Engine, InvalidAnswer, NoAnswer, Owner, Reply
from .model import Evse, Json, Message, Sent, Version
from .outbox import Outbox
from .state import Setting, State
from .watch import Watch

Failure = (CallFailed, NoAnswer, ConnectionDropped, InvalidAnswer)
"""The ways in which a CALL of the charger can end without a usable answer."""

_LONGEST_BOOT_WAIT = 60.0
"""Seconds between BootNotifications, at most, whatever the central system asks: nobody wants to wait for a simulation."""


class Core:
    """State and conversation of one charger, over all of its connections."""

    def __init__(
        self,
        *,
        identity: str,
        version: Version,
        behaviour: Behaviour,
        state: State,
        clock: Callable[[], datetime],
        answer_timeout: float,
        retry_after: float,
        log: logging.LoggerAdapter[logging.Logger],
    ) -> None:
        self.identity = identity
        self.version = version
        self.state = state
        self.log = log
        self.watch = Watch()
        self.outbox = Outbox(retry_after=retry_after, changed=self.watch.notify)
        self.wire_ids: dict[str, int | str] = {}
        self.dialect: Dialect
        self.restart: Callable[[str], Coroutine[Any, Any, None]]
        self.engine: Engine | None = None
        self.boot_reason: str | None = "PowerUp"
        self.reset_when_idle = False
        self.reported: dict[int, str] = {}
        self._behaviour = behaviour
        self._scripts_used: Counter[str] = Counter()
        self._clock = clock
        self._answer_timeout = answer_timeout
        self._retry_after = retry_after
        self._booted = False
        self._opening = True
        self._noted: dict[int, str] = {}
        self._unsent: list[tuple[int, str, datetime]] = []
        self._flushing = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def behaviour(self) -> Behaviour:
        """How the charger behaves; a new value starts its scripted answers from the beginning."""
        return self._behaviour

    @behaviour.setter
    def behaviour(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self._scripts_used.clear()

    @property
    def online(self) -> bool:
        """Whether the charger may send: connected, and its boot was accepted."""
        return self.engine is not None and self._booted

    @property
    def settled(self) -> bool:
        """Whether everything that a fresh connection brings with it has been said and answered."""
        return self.online and not self._opening and not self._unsent and not self.outbox.messages

    def now(self) -> datetime:
        """The charger's own time: the clock with its skew."""
        return self._clock() + self.behaviour.clock_skew

    def stamp(self, moment: datetime | None = None) -> str:
        """A moment (default: now) as this charger writes it."""
        moment = (moment or self.now()).astimezone(UTC)
        match self.behaviour.timestamps:
            case "naive":
                return moment.strftime("%Y-%m-%dT%H:%M:%S")
            case "offset":
                return moment.astimezone(timezone(timedelta(hours=2))).isoformat(timespec="seconds")
            case "fraction":
                return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

    def evse(self, evse_id: int) -> Evse:
        """An EVSE by its id; raises `ValueError` with the known ones."""
        try:
            return self.state.evses[evse_id]
        except KeyError:
            known = ", ".join(map(str, self.state.evses))
            raise ValueError(f"no connector {evse_id}: this charger has {known}") from None

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run work that belongs to this charger; a connection that fails under it is no error."""
        task = asyncio.create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: work.close())  # cancelled before it began, it would be missed as never awaited
        return task

    async def close(self) -> None:
        """End all work of this charger."""
        self.outbox.discard_futures()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def call(self, message: Message) -> Json:
        """Send a CALL and give its answer; raises one of `Failure`."""
        payload = {**message.payload, **(self.behaviour.extra_keys or {})}
        answer, error = None, None
        if self.engine is None:
            raise ConnectionDropped(message.action)
        try:
            answer = await self.engine.call(message.action, payload, check=not self._is_sloppy())
        except CallFailed as failure:
            error = failure.code
            raise
        except ConnectionDropped:
            error = "disconnected"
            raise
        except NoAnswer:
            error = "no answer"
            raise
        except InvalidAnswer:
            error = "invalid answer"
            raise
        finally:
            self.watch.told(Sent(message.action, payload, answer, error))
        return answer

    async def tell(self, message: Message | None) -> Json | None:
        """Send a CALL that nothing depends on; None where there was no answer, or nothing to say."""
        if message is None or not self.online:
            return None
        try:
            return await self.call(message)
        except Failure as failure:
            self.log.info("%s: %s", message.action, failure or type(failure).__name__)
            return None

    def note(self) -> None:
        """Take down every status that has changed; to be called after each change of state, `flush` says them."""
        for evse in self.state.evses.values():
            word = self.dialect.word(evse)
            if self._noted.get(evse.id) != word:
                self._noted[evse.id] = word
                self.log.info("connector %s is %s", evse.id, word)
                if self.online:
                    self._unsent.append((evse.id, word, self.now()))
        self.watch.notify()

    async def flush(self) -> None:
        """Say the statuses taken down, in order."""
        async with self._flushing:
            while self._unsent and self.online:
                evse_id, word, at = self._unsent[0]
                for message in self.dialect.statuses(self.evse(evse_id), word, at):
                    await self.tell(message)
                if self._unsent:
                    self._unsent.pop(0)
                    self.reported[evse_id] = word
        self.watch.notify()

    async def say(self, evse: Evse) -> None:
        """Report an EVSE's status whether it has changed or not."""
        self._unsent.append((evse.id, self.dialect.word(evse), self.now()))
        await self.flush()

    async def boot(self, reason: str) -> Json:
        """Send BootNotification once; when it is accepted, all statuses follow. Raises one of `Failure`."""
        answer = await self.call(self.dialect.boot(reason))
        status = answer.get("status")
        self.log.info("boot: %s", status)
        if status == "Accepted":
            self.state.settings[Setting.HEARTBEAT_INTERVAL] = str(answer.get("interval", 0))
            self.boot_reason = None
            self._booted = True
            for message in self.dialect.own_statuses(self.now()):
                await self.tell(message)
            await self._report_all(self.state.evses)
            self._opening = False
            self.watch.notify()
        return answer

    async def run_connection(self, socket: ClientConnection) -> None:
        """Use an open connection until it ends."""
        engine = Engine(
            socket,
            version=self.version,
            identity=self.identity,
            actions=self.dialect.routes,
            owner=Owner(
                scripted=self._scripted,
                arrived=self.watch.arrived,
                answer=self._answer,
                handled=self.watch.handled,
                spawn=self.spawn,
                complain=self._complain,
                is_careless=self._is_sloppy,
            ),
            timeout=self._answer_timeout,
            log=self.log,
        )
        self.engine = engine
        self._booted = self.boot_reason is None
        self._opening = True
        self._unsent.clear()
        self.watch.notify()
        session = self.spawn(self._open())
        try:
            await engine.run()
        finally:
            self.engine = None
            self._unsent.clear()
            session.cancel()
            await asyncio.gather(session, return_exceptions=True)
            self.watch.notify()

    def _is_sloppy(self) -> bool:
        """Whether what is sent may violate the schemas: by its switches, or by a status word of a test's own."""
        forced = any(evse.forced_status is not None for evse in self.state.evses.values())
        return self.behaviour.breaks_schemas or forced

    async def _open(self) -> None:
        """What a charger does by itself while it is connected."""
        if self._booted:
            await self._report_after_reconnect()
            self._opening = False
            self.watch.notify()
        elif self.behaviour.boots_by_itself:
            await self._boot_until_accepted()
        await self.watch.until(lambda: self._booted)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.outbox.deliver(self._deliver))
            tasks.create_task(self._heartbeats())

    async def _boot_until_accepted(self) -> None:
        while not self._booted:
            wait = self._retry_after
            with suppress(CallFailed, NoAnswer, InvalidAnswer):
                answer = await self.boot(self.boot_reason or "PowerUp")
                wait = min(float(answer.get("interval") or wait), _LONGEST_BOOT_WAIT)
            if not self._booted:
                await asyncio.sleep(wait)

    async def _heartbeats(self) -> None:
        while True:
            interval = self.state.seconds(Setting.HEARTBEAT_INTERVAL)
            if interval <= 0 or not self.behaviour.sends_heartbeats:
                return
            await asyncio.sleep(interval)
            await self.tell(Message(action="Heartbeat"))

    async def _deliver(self, message: Message) -> Json | None:
        """Send a message of the outbox; None where its transaction's start was given up, so that it has no id."""
        if (
            message.transaction is not None
            and "transactionId" not in message.payload
            and message.action != "StartTransaction"
        ):
            wire_id = self.wire_ids.get(message.transaction)
            if wire_id is None and message.action != "TransactionEvent":
                return None
            if wire_id is not None:
                message = self.dialect.in_transaction(message, wire_id)
        answer = await self.call(message)
        given = self.dialect.wire_id(answer)
        if message.transaction is not None and given is not None:
            self.wire_ids[message.transaction] = given
        return answer

    async def _report_after_reconnect(self) -> None:
        match self.behaviour.statuses_after_reconnect:
            case "all":
                await self._report_all(self.state.evses)
            case "changed":
                changed = [
                    key for key, evse in self.state.evses.items() if self.dialect.word(evse) != self.reported.get(key)
                ]
                await self._report_all(changed)

    async def _report_all(self, evse_ids: Iterable[int]) -> None:
        self._unsent.clear()
        for evse_id in evse_ids:
            word = self.dialect.word(self.evse(evse_id))
            self._noted[evse_id] = word
            self._unsent.append((evse_id, word, self.now()))
        await self.flush()

    def _scripted(self, action: str) -> str | None:
        named = {"ReserveNow": self.behaviour.reserve_answer, "CancelReservation": self.behaviour.cancel_answer}
        script = named.get(action) or (self.behaviour.answers or {}).get(action)
        if script is None or isinstance(script, str):
            return script or None
        used = self._scripts_used[action]
        self._scripts_used[action] += 1
        return (script[used] or None) if used < len(script) else None

    async def _answer(self, action: str, payload: Json, word: str | None) -> Reply:
        if action == "ReserveNow":
            return await self.dialect.reserve_now(payload, word)
        if word is not None:
            return Reply(self.dialect.scripted(action, payload, word))
        return await self.dialect.routes[action](payload)

    def _complain(self, what: str) -> None:
        self.log.warning("against the standard, see complaints")
        self.log.debug("%s", what)
        self.watch.complain(what)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except* Failure as failures:
            self.log.info("given up: %s", failures.exceptions[0])
        except* OCPPError:
            self.log.exception("this charger would have sent an invalid message")
        finally:
            self.watch.notify()
