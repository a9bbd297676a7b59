"""Brings a charger to hold what the ledger promises, as long as it is connected.

Knows how a plan is carried out: one command after the other, each on disk before it is sent. Must not know what is due
(`core.planner`), nor what follows from an outcome (`core.book`).
"""

import asyncio
from datetime import datetime, timedelta

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_track_point_in_utc_time
from homeassistant.util import dt as dt_util

from .const import LOGGER
from .coordinator import CentralSystem
from .core.commands import (
    AskForAbilities,
    AskForListLimits,
    AskForListVersion,
    AskForSettings,
    AskForStatus,
    AskToBoot,
    ChangeSetting,
    Command,
    DropHold,
    ListCommand,
    Outcome,
    PlaceHold,
    SendList,
    StopTransaction,
)
from .core.events import AbilitiesUntold, Asked, SettingsTold
from .csms.dialect import Version
from .csms.intake import Counters
from .csms.session import Result, Session
from .store import StorageFailedError

RETRY = timedelta(seconds=10)
"""When a command is tried again that could not be sent: the disk could not be written, or we have a fault."""


class Reconciler:
    """Carries out the plans for one connection of a charger; `run` ends when the connection has ended."""

    def __init__(self, hass: HomeAssistant, central: CentralSystem, session: Session) -> None:
        """Do nothing before `run`."""
        self._hass = hass
        self._central = central
        self._session = session
        self._woken = asyncio.Event()
        self._ended = False
        self._waits_for_disk = False
        self._heard = session.heard_at, dt_util.utcnow()

    @property
    def version(self) -> Version:
        """The version of OCPP that is spoken."""
        return self._session.version

    @property
    def counters(self) -> Counters:
        """What went over the connection so far."""
        return self._session.counters

    @property
    def heard_at(self) -> datetime:
        """When the charger last said something; the same moment as long as that is so."""
        heard = self._session.heard_at
        if heard != self._heard[0]:
            ago = timedelta(seconds=asyncio.get_running_loop().time() - heard)
            self._heard = heard, dt_util.utcnow() - ago
        return self._heard[1]

    @callback
    def wake(self) -> None:
        """Look at the plan again: something has changed."""
        self._woken.set()

    async def execute(self, command: Command) -> Result:
        """Have the charger do something that is in no plan, and tell what became of it."""
        return await self._session.execute(command)

    @callback
    def end(self) -> None:
        """The connection is gone: finish what is under way, begin nothing new."""
        self._ended = True
        self._woken.set()

    async def run(self) -> None:
        """Carry out plans until the connection ends."""
        while not self._ended:
            try:
                await self._look()
            except Exception:  # noqa: BLE001  a fault of ours in one plan must not leave the charger without the next
                LOGGER.exception("%s could not be told what is reserved", self._session.charger_id)
                await self._wait_until(dt_util.utcnow() + RETRY)

    async def _look(self) -> None:
        self._woken.clear()
        plan = self._central.plan(self._session.charger_id)
        if plan.commands:
            await self._carry_out(plan.commands)
        else:
            await self._wait_until(plan.again)

    async def _carry_out(self, commands: tuple[Command, ...]) -> None:
        match commands[0]:
            case PlaceHold() | DropHold() as command:
                await self._send(command)
            case StopTransaction() as command:
                await self._evict(command)
            case AskToBoot() | AskForStatus():
                await self._ask(commands)
            case AskForAbilities() | AskForSettings() as command:
                await self._inquire(command)
            case SendList() as command:
                self._central.lists.sending(self._session.charger_id, command)
                if await self._is_saved() and not self._ended:
                    await self._do_for_list(command)
            case AskForListLimits() | ChangeSetting() | AskForListVersion() as command:
                await self._do_for_list(command)

    async def _is_saved(self) -> bool:
        """Whether all that a command rests upon is on disk; if not, some time has been waited."""
        try:
            await self._central.saved()
        except StorageFailedError:
            if not self._waits_for_disk:
                LOGGER.exception(
                    "%s is told nothing, because it cannot be saved; trying again", self._session.charger_id
                )
            self._waits_for_disk = True
            await self._wait_until(dt_util.utcnow() + RETRY)
            return False
        self._waits_for_disk = False
        return True

    async def _send(self, command: PlaceHold | DropHold) -> None:
        charger_id = self._session.charger_id
        if not await self._is_saved():
            return
        if self._ended or command not in self._central.plan(charger_id).commands:
            return  # what it was for has ended while it was being saved
        if isinstance(command, PlaceHold):
            self._central.sending(charger_id, command)
        try:
            result = await self._session.execute(command)
        except asyncio.CancelledError:
            # Home Assistant stops: whoever waits for the outcome must not wait for ever
            self._central.answered(charger_id, command, Outcome.DISCONNECTED)
            raise
        self._central.answered(charger_id, command, result.outcome, result.word)

    async def _evict(self, command: StopTransaction) -> None:
        """Have somebody stopped who was refused; whether it works shows when the charger tells the end."""
        if self._central.evicts(self._session.charger_id, command.transaction):
            await self._session.execute(command)

    async def _ask(self, commands: tuple[Command, ...]) -> None:
        """Have the charger report itself; one that will not is not waited for."""
        outcomes = [
            (await self._session.execute(command)).outcome
            for command in commands
            if isinstance(command, AskToBoot | AskForStatus)
        ]
        if self._ended:
            return  # nobody refused anything, and the next connection will be asked anew
        refused = Outcome.ACCEPTED not in outcomes
        asked = Asked(refused=refused, at=dt_util.utcnow())
        self._central.apply(self._session.charger_id, asked)

    async def _inquire(self, command: AskForAbilities | AskForSettings) -> None:
        """Have the charger tell something of itself; one that does not is left alone until it connects again."""
        result = await self._session.execute(command)
        if result.outcome is Outcome.ACCEPTED or self._ended:
            return
        now = dt_util.utcnow()
        nothing = AbilitiesUntold(at=now) if isinstance(command, AskForAbilities) else SettingsTold(values={}, at=now)
        self._central.apply(self._session.charger_id, nothing)

    async def _do_for_list(self, command: ListCommand) -> None:
        """Have the charger do something about its own list; what follows from its answer is in the next plan."""
        result = await self._session.execute(command)
        if not self._ended:  # the next connection begins anew
            self._central.lists.answered(self._session.charger_id, command, result.outcome)

    async def _wait_until(self, moment: datetime | None) -> None:
        timer: CALLBACK_TYPE | None = None
        if moment is not None:
            job = HassJob(self._on_time, cancel_on_shutdown=True)
            timer = async_track_point_in_utc_time(self._hass, job, moment)
        try:
            await self._woken.wait()
        finally:
            if timer is not None:
                timer()

    @callback
    def _on_time(self, _: datetime) -> None:
        self._woken.set()
