"""What a version of OCPP must be able to do for us.

Knows the shape that `v16` and `v2` fill. Must not know any version's words.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from ..core.commands import Command, Outcome
from ..core.events import Event, Verdict

type Json = dict[str, Any]
"""A payload as it is on the wire: the version's own key names, nothing converted."""


class Version(StrEnum):
    """The versions, named as their WebSocket subprotocols."""

    V16 = "ocpp1.6"
    V201 = "ocpp2.0.1"
    V21 = "ocpp2.1"


def never(_: Json) -> bool:
    """No payload of this action changes what must be on disk."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """How one action of a charger is understood and answered.

    `read(payload, now)` gives the events in it, in order; at most one of them wants a verdict.
    `reply(payload, verdict, now)` gives the answer's payload; `verdict` is None where no event wanted one.
    `durable(payload)`: whether the answer is sent only after what follows from it is saved (contract 5).
    All three are plain functions, answer from memory, and get payloads that have passed `schemas`.
    `now` is aware UTC.
    """

    read: Callable[[Json, datetime], tuple[Event, ...]]
    reply: Callable[[Json, Verdict | None, datetime], Json]
    durable: Callable[[Json], bool] = never


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A CALL of ours: an action and its payload as on the wire. The payload may carry an id token: it never shows."""

    action: str
    payload: Json = field(repr=False)


class UnsayableError(Exception):
    """A version has no words for what a command says; the charger was not asked. `part`: of the command, by its name there."""

    def __init__(self, part: str) -> None:
        """Name the part."""
        super().__init__(part)
        self.part = part


class Dialect(Protocol):
    """One version of OCPP between the wire and the core. It keeps nothing between messages."""

    @property
    def version(self) -> Version:
        """The version that this dialect speaks."""

    @property
    def routes(self) -> Mapping[str, Route]:
        """Every action that this version lets a charger call."""

    @property
    def token_length(self) -> int:
        """The longest id token that the version can carry, in characters."""

    def request(self, command: Command) -> Request:
        """How a command is said in this version. Raises `UnsayableError`."""

    def outcome(self, command: Command, answer: Json) -> Outcome:
        """What the charger's answer to a command means; UNREADABLE for a word that the version does not define."""

    def said(self, command: Command, answer: Json) -> tuple[str | None, str | None]:
        """The charger's own word in its answer to a command, and its code for why; None where it gives none."""

    def told(self, command: Command, answer: Json, now: datetime) -> tuple[Event, ...]:
        """What the charger's answer tells beside the outcome; nothing for most commands. `now` is aware UTC."""
