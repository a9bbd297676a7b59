"""What each round is about: that which is certainly under way when the home is killed.

Pure. Must not know how any of it is brought about.
"""

from collections.abc import Iterator
from enum import StrEnum
import random

ROUNDS = 10
"""So many rounds are about everything, in whatever order the seed gives."""


class Subject(StrEnum):
    """One of the things that a reservation goes through."""

    RESERVE = "reserve"
    CANCEL = "cancel"
    USE = "use"
    EXPIRE = "expire"
    AMEND = "amend"
    OPEN = "open"


_EARLY = (Subject.RESERVE, Subject.RESERVE, Subject.CANCEL, Subject.CANCEL, Subject.USE, Subject.OPEN)
_LATE = (Subject.EXPIRE, Subject.EXPIRE, Subject.USE, Subject.AMEND)
"""These come when the first reservations, which last a minute at least, are near their end."""


def subjects(seed: int) -> Iterator[Subject]:
    """What the rounds are about, without end: any `ROUNDS` from a multiple of it on are about everything."""
    dice = random.Random(seed)  # noqa: S311  no secret: it must come again
    while True:
        for some in (_EARLY, _LATE):
            yield from dice.sample(some, len(some))
