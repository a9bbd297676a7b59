"""What single models of chargers need that would be wrong, or of no use, for all others.

Knows models and what they need, each with its source. Must not know how that is done. What can be overlooked of any
charger belongs to `schemas`, `broken_json` and `handshake`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowReader:
    """A model that loses an answer, and its connection, if that comes at once.

    `model`: how its model begins in BootNotification. `action`: its call whose answer has to wait for `delay`.
    """

    model: str
    action: str
    delay: timedelta
    source: str


SLOW_READERS: Final[Sequence[SlowReader]] = (
    SlowReader(
        model="F2ME.EPRO",  # Free2move eProWallbox
        action="StartTransaction",
        delay=timedelta(seconds=1),
        source="https://github.com/lbbrhzn/ocpp/issues/2080",
    ),
)


def delays_of(quirks: Sequence[SlowReader], model: str | None) -> Mapping[str, timedelta]:
    """How long the answers to a model's calls have to wait at least, by action; empty for nearly every charger."""
    return {quirk.action: quirk.delay for quirk in quirks if (model or "").startswith(quirk.model)}
