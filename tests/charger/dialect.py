"""What a version of OCPP must be able to say for a simulated charger.

It must not know how a version says it, nor when it is said.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Protocol

from .engine import Reply
from .model import Evse, Hold, Json, Judgement, Message, Readings, Stop, Token, Transaction, Trigger

type Handler = Callable[[Json], Awaitable[Reply]]
"""Answers a CALL of the central system, given its payload; what takes messages of our own follows the answer."""


class Dialect(Protocol):
    """Payloads out, handlers in; a message that the version does not have is None."""

    @property
    def consumes_on_presentation(self) -> bool:
        """Whether presenting a token uses up a hold (2.x, H03.FR.09), or only a transaction does (1.6)."""

    @property
    def starts_when_plugged(self) -> bool:
        """Whether a transaction starts with the cable, before any token (2.x TxStartPoint EVConnected)."""

    @property
    def starts_when_authorized(self) -> bool:
        """Whether a transaction starts with the token, before any cable (2.x TxStartPoint Authorized)."""

    @property
    def compares_token_types(self) -> bool:
        """Whether a token of another type is another token."""

    @property
    def routes(self) -> Mapping[str, Handler]:
        """The handler of each action that the charger knows."""

    async def reserve_now(self, payload: Json, word: str | None) -> Reply:
        """Answer ReserveNow, with a scripted status word where there is one."""

    def scripted(self, action: str, payload: Json, word: str) -> Json:
        """The answer to any other action that does nothing and has this status word."""

    def boot(self, reason: str) -> Message:
        """BootNotification; `reason` is 2.x's word."""

    def authorize(self, token: Token) -> Message:
        """Authorize."""

    def judgement(self, answer: Json) -> Judgement | None:
        """What an answer to Authorize or to a transaction message says of the token; None: nothing."""

    def wire_id(self, answer: Json) -> int | None:
        """The transaction id in the answer to a start, where the central system gives it (1.6)."""

    def word(self, evse: Evse) -> str:
        """The status word of an EVSE's connectors."""

    def statuses(self, evse: Evse, word: str, at: datetime) -> list[Message]:
        """The messages that report this word."""

    def own_statuses(self, at: datetime) -> list[Message]:
        """The messages that report the charger as a whole (1.6: connector 0)."""

    def started(self, transaction: Transaction, trigger: Trigger) -> Message:
        """The first message of a transaction."""

    def updated(self, transaction: Transaction, trigger: Trigger | None) -> Message | None:
        """A token has come to the transaction (`trigger`), or its charging state has changed (None)."""

    def rate_changed(self, transaction: Transaction) -> Message | None:
        """The car draws more or less than before, in the same charging state."""

    def ended(self, transaction: Transaction, reason: Stop, token: Token | None) -> Message:
        """The last message of a transaction."""

    def readings(self, evse: Evse, readings: Readings, *, triggered: bool) -> Message:
        """Meter values; they belong to the transaction where one runs."""

    def meter_value(self, readings: Readings, context: str) -> Json:
        """Readings of now, as they are told with something else."""

    def in_transaction(self, message: Message, wire_id: int | str) -> Message:
        """The message with the id that its transaction got in the meantime."""

    def hold_ended(self, hold: Hold, update: str) -> Message | None:
        """ReservationStatusUpdate, where the version has it and the word."""
