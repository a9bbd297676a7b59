"""A real Home Assistant that can be killed: its process, and what is asked of it.

Must not know what is asked for, nor when it is killed.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
import signal
import sys
from typing import Any

import aiohttp

from demonstration.client import HomeAssistantClient
from demonstration.directory import write_configuration
from demonstration.setup import DemoCharger, connected, enter, make_central_system, make_chargers, stay_offline

ROOT = Path(__file__).resolve().parents[2]
LOCALHOST = "127.0.0.1"

_DOMAIN = "ocpp_central"
_CONFIGURATION = """\
logger:
  default: warning
  logs:
    custom_components.ocpp_central: info
    homeassistant.loader: error
"""
_RUN = """\
import ctypes, runpy, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 9)
runpy.run_module("homeassistant", run_name="__main__")
"""
"""Home Assistant, which dies with whoever has started it (PR_SET_PDEATHSIG, SIGKILL): nothing must stay behind."""

_START_LIMIT = 120.0
_STOP_LIMIT = 30.0
_ANSWER_LIMIT = 40.0
"""Seconds; a charger that never answers is waited for 30."""

_LOOK_AGAIN = 0.05


class HomeError(Exception):
    """Home Assistant does not run, or does not do what it always does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a caller of an action got: the response, an error, or neither because Home Assistant is gone."""

    response: dict[str, Any] | None = None
    error: str | None = None

    @property
    def missing(self) -> bool:
        """Whether there was no answer at all."""
        return self.response is None and self.error is None


class Home:
    """Home Assistant in a folder, with its web pages and its central system on these ports."""

    def __init__(self, folder: Path, web_port: int, central_port: int) -> None:
        """Start nothing yet."""
        self.folder = folder
        self.central_port = central_port
        self._web_port = web_port
        self._url = f"http://{LOCALHOST}:{web_port}"
        self._process: asyncio.subprocess.Process | None = None
        self._session: aiohttp.ClientSession
        self._token = ""
        self._devices: dict[tuple[str, int], str] = {}
        self._charger_devices: dict[str, str] = {}
        self._log_read = 0

    @property
    def storage(self) -> Path:
        """The folder in which everything is saved."""
        return self.folder / ".storage"

    @property
    def log(self) -> Path:
        """All that it says."""
        return self.folder / "console.log"

    @property
    def places(self) -> Sequence[tuple[str, int]]:
        """The EVSEs that can be reserved, each a charger's id and a number."""
        return sorted(self._devices)

    def prepare(self) -> None:
        """Make the folder a configuration of Home Assistant."""
        self.folder.mkdir(parents=True)
        (self.folder / "configuration.yaml").write_text(_CONFIGURATION)
        write_configuration(self.folder, ROOT / "custom_components" / _DOMAIN, LOCALHOST, self._web_port)

    async def furnish(self, chargers: Sequence[DemoCharger]) -> None:
        """Have a user, the central system and its chargers, which dial in meanwhile, all of it saved for good."""
        await self._launch()
        async with asyncio.timeout(_START_LIMIT), aiohttp.ClientSession(self._url) as session:
            client = HomeAssistantClient(session, self._url)
            await enter(client)
            entry_id, _ = await make_central_system(client, LOCALHOST, self.central_port)
            await make_chargers(client, entry_id, chargers)
            await connected(client, chargers)
            await stay_offline(client)
            for device in await client.command("config/device_registry/list"):
                for domain, name in device["identifiers"]:
                    charger, slash, evse = name.rpartition("/")
                    if domain == _DOMAIN and slash:
                        self._devices[charger, int(evse)] = device["id"]
                    elif domain == _DOMAIN:
                        self._charger_devices[name] = device["id"]
            self._token = await client.command("auth/long_lived_access_token", client_name="mayhem", lifespan=30)
            await client.log_out()
        await self.stop()

    async def start(self) -> None:
        """Start it, and return when it says that it runs. Raises `HomeError` if it does not."""
        await self._launch()
        self._session = aiohttp.ClientSession(self._url, headers={"Authorization": f"Bearer {self._token}"})
        try:
            async with asyncio.timeout(_START_LIMIT):
                while not await self._runs():
                    if self._process is None or self._process.returncode is not None:
                        raise HomeError(f"Home Assistant has ended; {self.log} tells why.")
                    await asyncio.sleep(_LOOK_AGAIN)
        except TimeoutError:
            raise HomeError(f"Home Assistant does not start; {self.log} may tell why.") from None

    async def kill(self) -> None:
        """Kill it, without a chance to say anything."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def close(self) -> None:
        """Forget the connections to one that was killed."""
        await self._session.close()

    async def stop(self) -> None:
        """End it in order, so that everything is saved."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self._process.wait(), _STOP_LIMIT)
        except TimeoutError:
            await self.kill()

    async def act(self, action: str, fields: Mapping[str, Any]) -> Answer:
        """Carry out an action of the integration."""
        path = f"/api/services/{_DOMAIN}/{action}?return_response"
        try:
            async with asyncio.timeout(_ANSWER_LIMIT), self._session.post(path, json=dict(fields)) as response:
                if response.status != HTTPStatus.OK:
                    return Answer(error=f"{response.status} {await response.text()}")
                answer: dict[str, Any] = (await response.json())["service_response"]
                return Answer(response=answer)
        except aiohttp.ClientError, TimeoutError:
            return Answer()

    def device(self, charger: str, evse: int | None = None) -> str:
        """The device id of an EVSE, or of the charger."""
        return self._charger_devices[charger] if evse is None else self._devices[charger, evse]

    async def reservations(self, *, ended: bool = False) -> list[dict[str, Any]]:
        """The living reservations, with the ended ones if wanted. Raises `HomeError` where they are not told."""
        answer = await self.act("get_reservations", {"include_ended": ended})
        if answer.response is None:
            raise HomeError(f"get_reservations: {answer.error or 'no answer'}")
        listed: list[dict[str, Any]] = answer.response["reservations"]
        return listed

    def new_errors(self) -> list[str]:
        """What it has said since the last call that is an error of the integration."""
        text = self.log.read_bytes()[self._log_read :].decode(errors="replace")
        self._log_read += len(text.encode())
        return [line for line in text.splitlines() if " ERROR " in line and _DOMAIN in line]

    async def _launch(self) -> None:
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", _RUN, "--config", str(self.folder), "--skip-pip"),
                cwd=self.folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )

    async def _runs(self) -> bool:
        try:
            async with self._session.get("/api/config") as response:
                if response.status != HTTPStatus.OK or (await response.json())["state"] != "RUNNING":
                    return False
        except aiohttp.ClientError:
            return False
        return bool(self.places)
