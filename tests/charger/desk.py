"""Reservations and remote starts as a central system asks for them, in the words of each version.

It must not know what a charger does about them.
"""

import pytest

from . import Version
from .central import Central
from .clock import Clock
from .model import Json

V16_ONLY = pytest.mark.parametrize("version", [Version.V16], indirect=True)
"""Narrows a test to OCPP 1.6."""
V2_ONLY = pytest.mark.parametrize("version", [Version.V201, Version.V21], indirect=True)
"""Narrows a test to OCPP 2.x."""


class Desk:
    """Writes reservation requests in the words of a version."""

    def __init__(self, central: Central, clock: Clock) -> None:
        self._central = central
        self._clock = clock

    async def reserve(
        self, number: int, evse: int | None, token: str = "HOLDER", *, group: str | None = None, minutes: float = 30
    ) -> str:
        """Send ReserveNow and give the status word."""
        expiry = self._clock.after(minutes=minutes)
        if self._central.version is Version.V16:
            payload: Json = {"connectorId": evse or 0, "expiryDate": expiry, "idTag": token, "reservationId": number}
            if group is not None:
                payload["parentIdTag"] = group
        else:
            payload = {"id": number, "expiryDateTime": expiry, "idToken": {"idToken": token, "type": "ISO14443"}}
            if evse is not None:
                payload["evseId"] = evse
            if group is not None:
                payload["groupIdToken"] = {"idToken": group, "type": "Central"}
        answer = await self._central.call("ReserveNow", payload)
        word: str = answer["status"]
        return word

    async def cancel(self, number: int) -> str:
        """Send CancelReservation and give the status word."""
        word: str = (await self._central.call("CancelReservation", {"reservationId": number}))["status"]
        return word

    async def start_remotely(self, evse: int, token: str) -> str:
        """Send the version's remote start and give the status word."""
        if self._central.version is Version.V16:
            answer = await self._central.call("RemoteStartTransaction", {"connectorId": evse, "idTag": token})
        else:
            asked = {"evseId": evse, "remoteStartId": 5, "idToken": {"idToken": token, "type": "ISO14443"}}
            answer = await self._central.call("RequestStartTransaction", asked)
        word: str = answer["status"]
        return word

    def updates(self) -> list[tuple[int, str]]:
        """The ReservationStatusUpdates that came."""
        payloads = self._central.payloads("ReservationStatusUpdate")
        return [(payload["reservationId"], payload["reservationUpdateStatus"]) for payload in payloads]

    def start(self) -> Json:
        """The first message of the last transaction."""
        if self._central.version is Version.V16:
            return self._central.payloads("StartTransaction")[-1]
        return [event for event in self._central.payloads("TransactionEvent") if event["eventType"] == "Started"][-1]
