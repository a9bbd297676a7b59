"""A simulated charger for OCPP 1.6, 2.0.1 and 2.1 on the `ocpp` package's own ChargePoint.

It dials a central system over a real WebSocket and behaves as the standards ask, or as a `Behaviour` scripts it. It must
not know anything of this project's integration: it is the other end of the wire.

    async with SimulatedCharger(url, "A", version=Version.V16, connectors=2) as charger:
        await charger.ready()                          # connected, boot accepted, statuses sent
        await charger.plug(1)
        assert await charger.present(1, "04A2B3")      # Authorize, then the transaction starts
        await charger.wait_for("ReserveNow")           # a CALL from the central system has been handled
        await charger.wait_for(lambda: 7 in charger.holds)

Also a command: `python -m tests.charger --help`.
"""

from .behaviour import HOME_CHARGER, AnswerScript, Behaviour, Fault
from .charger import SimulatedCharger
from .engine import CallFailed, ConnectionDropped, InvalidAnswer, NoAnswer
from .model import Evse, Hold, Json, Profile, Received, Sent, Token, Transaction, Version
from .state import Setting

__all__ = [
    "HOME_CHARGER",
    "AnswerScript",
    "Behaviour",
    "CallFailed",
    "ConnectionDropped",
    "Evse",
    "Fault",
    "Hold",
    "InvalidAnswer",
    "Json",
    "NoAnswer",
    "Profile",
    "Received",
    "Sent",
    "Setting",
    "SimulatedCharger",
    "Token",
    "Transaction",
    "Version",
]
