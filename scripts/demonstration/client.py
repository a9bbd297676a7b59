"""A client of a running Home Assistant: its first user, log-in, HTTP API and WebSocket API.

Must not know what is asked for.
"""

from http import HTTPStatus
from typing import Any

import aiohttp

from .errors import DemoError

type Json = dict[str, Any]


class HomeAssistantClient:
    """Speaks with the Home Assistant that is the base URL of `session`.

    What Home Assistant refuses raises `DemoError`; where it is not there, `aiohttp.ClientError`.
    """

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        """`url`: the same as the session's, as the page that asks for access."""
        self._session = session
        self._page = f"{url}/"
        self._tokens: Json = {}
        self._socket: aiohttp.ClientWebSocketResponse
        self._commands = 0

    async def needs_user(self) -> bool:
        """Whether nobody has been created yet."""
        async with self._session.get("/api/onboarding") as response:
            # Withdrawn for good at the first start after the last step.
            if response.status == HTTPStatus.NOT_FOUND:
                return False
            return any(step["step"] == "user" and not step["done"] for step in await response.json())

    async def create_user(self, name: str, password: str) -> None:
        """Create the first user, an administrator."""
        await self.post(
            "/api/onboarding/users",
            {
                "name": name.title(),
                "username": name,
                "password": password,
                "client_id": self._page,
                "language": "en",
            },
        )

    async def log_in(self, name: str, password: str) -> None:
        """Log in as a person does; raises `DemoError` also if the login is wrong."""
        asked = {"client_id": self._page, "handler": ["homeassistant", None], "redirect_uri": self._page}
        flow = await self.post("/auth/login_flow", asked)
        step = await self.post(
            f"/auth/login_flow/{flow['flow_id']}",
            {"client_id": self._page, "username": name, "password": password},
        )
        if step["type"] != "create_entry":
            raise DemoError(f"Home Assistant does not accept the login {name} / {password} any more.")
        grant = {"grant_type": "authorization_code", "code": step["result"], "client_id": self._page}
        async with self._session.post("/auth/token", data=grant) as response:
            self._tokens = await _answer(response)
        self._socket = await self._session.ws_connect("/api/websocket", max_msg_size=0)
        await self._socket.receive_json()  # says that it wants to be authenticated
        await self._socket.send_json({"type": "auth", "access_token": self._tokens["access_token"]})
        await self._socket.receive_json()

    async def log_out(self) -> None:
        """Leave no trace among the user's open sessions."""
        await self._socket.close()
        await self._session.post("/auth/revoke", data={"token": self._tokens["refresh_token"]})

    async def post(self, path: str, data: Json) -> Json:
        """The answer of the HTTP API; as the user once logged in."""
        async with self._session.post(path, json=data, headers=self._headers()) as response:
            return await _answer(response)

    async def delete(self, path: str) -> None:
        """Delete something by the HTTP API."""
        async with self._session.delete(path, headers=self._headers()) as response:
            await _answer(response)

    async def command(self, kind: str, **fields: object) -> Any:  # noqa: ANN401  whatever the command results in
        """The result of a command of the WebSocket API."""
        self._commands += 1
        await self._socket.send_json({"id": self._commands, "type": kind, **fields})
        answer = await self._socket.receive_json()
        if not answer["success"]:
            raise DemoError(f"Home Assistant refused {kind}: {answer['error']['message']}")
        return answer["result"]

    def _headers(self) -> dict[str, str]:
        token = self._tokens.get("access_token")
        return {"Authorization": f"Bearer {token}"} if token else {}


async def _answer(response: aiohttp.ClientResponse) -> Json:
    if not response.ok:
        raise DemoError(f"Home Assistant refused {response.url.path}: {response.status} {await response.text()}")
    answer: Json = await response.json()
    return answer
