"""What callers were told of their reservations, and so what may be true of each of them.

Pure. Must not know Home Assistant, chargers or the clock.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

SLACK = timedelta(seconds=2)
"""So near to its end a reservation may have ended or not."""


class Fate(StrEnum):
    """What has become of a reservation."""

    STANDS = "stands"
    IN_USE = "is in use"
    ENDED = "has ended"


class Place(NamedTuple):
    """An EVSE of a charger (1.6: a connector)."""

    charger: str
    evse: int


@dataclass(slots=True, kw_only=True)
class Promise:
    """A reservation that was asked for. `fates`: what may be true of it. `uid` None: nobody has told it yet.

    `charged`: its holder's transaction began, even if the charger could not tell it yet.

    The methods say what happened to it; one that nobody confirmed leaves both possible.
    """

    place: Place
    token: str
    end: datetime
    uid: str | None = None
    charged: bool = False
    fates: frozenset[Fate] = frozenset({Fate.STANDS, Fate.ENDED})

    @property
    def stands(self) -> bool:
        """Whether it certainly waits for its holder."""
        return self.fates == {Fate.STANDS}

    @property
    def in_use(self) -> bool:
        """Whether it is certainly in use."""
        return self.fates == {Fate.IN_USE}

    @property
    def ended(self) -> bool:
        """Whether it has certainly ended."""
        return self.fates == {Fate.ENDED}

    def granted(self, uid: str) -> None:
        """The caller was told that it stands."""
        self.uid = uid
        self._is(Fate.STANDS)

    def over(self) -> None:
        """Somebody was told that it was refused, cancelled, or that its transaction has ended."""
        self._is(Fate.ENDED)

    def ending(self) -> None:
        """Its end was asked for: by a cancellation, or by the end of its transaction."""
        self.fates |= {Fate.ENDED}

    def starting(self) -> None:
        """Its holder begins to charge."""
        self.fates |= {Fate.IN_USE}

    def used(self) -> None:
        """The charger was told that its holder may charge; one that had ended stays so."""
        if not self.ended:
            self._is(Fate.IN_USE)

    def not_charging(self) -> None:
        """Its holder does not charge, and the charger has told everything: a use that began is over."""
        if self.charged:
            self.over()
        else:
            self.fates -= {Fate.IN_USE}

    def at(self, now: datetime) -> frozenset[Fate]:
        """What may be true of it at a moment."""
        if now > self.end + SLACK:
            return frozenset({Fate.ENDED})
        return self.fates | {Fate.ENDED} if now > self.end - SLACK else self.fates

    def _is(self, fate: Fate) -> None:
        self.fates = frozenset({fate})


@dataclass(slots=True)
class Promises:
    """All that were asked for, of which those that have ended are kept: they must not come back."""

    made: list[Promise] = field(default_factory=list)
    _names: dict[int, str] = field(default_factory=dict)

    def here(self, place: Place) -> Promise | None:
        """The one at a place that may not have ended."""
        return next((each for each in self.made if each.place == place and not each.ended), None)

    def judge(self, listed: Iterable[Mapping[str, Any]], now: datetime, *, settled: bool = True) -> list[str]:
        """What is wrong with the living reservations as an action lists them; from then on they are what is true.

        `settled` off: the chargers have not told everything yet, so what lives may still turn out to be used.
        """
        living = list(listed)
        wrong = self._doubled(living)
        found: dict[int, Fate] = {}
        for each in living:
            promise = self._promise_of(each)
            if promise is None:
                wrong.append(f"{_name(each)} comes from nowhere")
                continue
            promise.uid = each["uid"]
            found[id(promise)] = Fate.IN_USE if each["status"] == "in_use" else Fate.STANDS
        for promise in self.made:
            fate = found.get(id(promise), Fate.ENDED)
            if fate not in (may_be := promise.at(now)):
                expected = " or ".join(sorted(may_be))
                wrong.append(f"{promise.uid} of {promise.place} until {promise.end} {fate}, but it {expected}")
            if settled or fate is Fate.ENDED or fate not in may_be:
                promise.fates = frozenset({fate})
        return wrong

    def _promise_of(self, listed: Mapping[str, Any]) -> Promise | None:
        by_name = (each for each in self.made if each.uid == listed["uid"])
        place, end = Place(listed["charger_id"], listed["evse"]), datetime.fromisoformat(listed["end"])
        # Whoever was not answered does not know the uid.
        by_place = (each for each in self.made if each.uid is None and (each.place, each.end) == (place, end))
        return next(by_name, None) or next(by_place, None)

    def _doubled(self, living: list[Mapping[str, Any]]) -> list[str]:
        wrong = []
        places: dict[Place, str] = {}
        for each in living:
            place = Place(each["charger_id"], each["evse"])
            if place in places:
                wrong.append(f"{_name(each)} is at {place}, where {places[place]} is")
            places[place] = each["uid"]
            known = self._names.setdefault(each["reservation_id"], each["uid"])
            if known != each["uid"]:
                wrong.append(f"{_name(each)} has the id of {known}")
        return wrong


@dataclass(slots=True)
class TransactionIds:
    """The ids that a central system gave to transactions."""

    _given: dict[int, object] = field(default_factory=dict)

    def note(self, number: int, transaction: object) -> list[str]:
        """What is wrong with an id that was given to this transaction, which may be told twice."""
        known = self._given.setdefault(number, transaction)
        return [] if known == transaction else [f"transaction id {number} was given twice: {known}, {transaction}"]


def _name(listed: Mapping[str, Any]) -> str:
    return f"{listed['uid']} (id {listed['reservation_id']}, {listed['status']})"
