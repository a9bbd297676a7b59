"""What callers were told of their reservations, and so what may be true of each of them.

Pure. Must not know Home Assistant, chargers or the clock.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

SLACK = timedelta(seconds=2)
"""So near to its start a reservation may have begun or not, so near to its end it may have ended or not."""

ENDED_STATUSES = frozenset({"used", "expired", "cancelled", "removed", "rejected"})
SCHEDULED = "scheduled"
IN_USE = "in_use"

_REMEMBERED = 1000
"""So many of the latest promises must be known to somebody: the history has its bounds."""


class Fate(StrEnum):
    """What has become of a reservation."""

    STANDS = "stands"
    IN_USE = "is in use"
    ENDED = "has ended"


class Place(NamedTuple):
    """An EVSE of a charger (1.6: a connector)."""

    charger: str
    evse: int


class Target(StrEnum):
    """What of a charger is reserved, in the words of the actions."""

    CONNECTOR = "connector"
    ANY = "any"
    CONNECTOR_TYPE = "connector_type"
    WHOLE_CHARGER = "whole_charger"


class Claim(NamedTuple):
    """What a reservation is for. `evse`: of a connector only."""

    charger: str
    target: Target
    evse: int | None = None

    @property
    def takes_any(self) -> bool:
        """Whether it is for no connector in particular, so that the central system binds it to one."""
        return self.target in TAKES_ANY

    def __str__(self) -> str:
        return f"{self.charger}/{self.target if self.evse is None else self.evse}"


TAKES_ANY = frozenset({Target.ANY, Target.CONNECTOR_TYPE})


class Terms(NamedTuple):
    """On what terms a reservation is. Claim and end are all by which one is known that was not answered."""

    claim: Claim
    token: str
    start: datetime
    end: datetime

    def __str__(self) -> str:
        return f"at {self.claim} from {self.start:%H:%M:%S} until {self.end:%H:%M:%S}"


@dataclass(slots=True, kw_only=True)
class Promise:
    """A reservation that was asked for. `fates`: what may be true of it. `uid` None: nobody has told it yet.

    `bound`: the EVSE that it was last told to be at; None: none was told. `amended`: the terms that somebody wants it to have, and who was not answered yet. `charged`: its holder's
    transaction began, even if the charger could not tell it yet.

    The methods say what happened to it; one that nobody confirmed leaves both possible.
    """

    terms: Terms
    amended: Terms | None = None
    uid: str | None = None
    bound: int | None = None
    charged: bool = False
    fates: frozenset[Fate] = frozenset({Fate.STANDS, Fate.ENDED})

    @property
    def versions(self) -> tuple[Terms, ...]:
        """The terms that it may have."""
        return (self.terms,) if self.amended is None else (self.terms, self.amended)

    @property
    def charger(self) -> str:
        """Whose connector or connectors it is for."""
        return self.terms.claim.charger

    @property
    def token(self) -> str:
        """The holder's."""
        return self.terms.token

    @property
    def end(self) -> datetime:
        """When it ends."""
        return self.terms.end

    @property
    def stands(self) -> bool:
        """Whether it certainly waits for its holder, on terms that are certain."""
        return self.fates == {Fate.STANDS} and self.amended is None

    @property
    def in_use(self) -> bool:
        """Whether it is certainly in use."""
        return self.fates == {Fate.IN_USE}

    @property
    def ended(self) -> bool:
        """Whether it has certainly ended."""
        return self.fates == {Fate.ENDED}

    @property
    def is_unbound(self) -> bool:
        """Whether it is for some connector, and nobody was told which."""
        return self.terms.claim.takes_any and self.bound is None

    def covers(self, place: Place) -> bool:
        """Whether it may keep others off this place."""
        return any(self._covers(terms.claim, place) for terms in self.versions)

    def granted(self, uid: str, evse: int | None) -> None:
        """The caller was told that it stands, and at which EVSE."""
        self.uid, self.bound = uid, evse
        self._is(Fate.STANDS)

    def amending(self, terms: Terms) -> None:
        """Other terms were asked for."""
        self.amended = terms

    def amended_as_asked(self, evse: int | None) -> None:
        """The caller was told that it has the other terms, and at which EVSE it is."""
        self.terms, self.amended, self.bound = self.amended or self.terms, None, evse

    def left_as_it_was(self) -> None:
        """The caller was told that it keeps its terms."""
        self.amended = None

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
        ends = [terms.end for terms in self.versions]
        if now > max(ends) + SLACK:
            return frozenset({Fate.ENDED})
        return self.fates | {Fate.ENDED} if now > min(ends) - SLACK else self.fates

    def listed(self, listed: Mapping[str, Any], now: datetime, visited: Collection[Place] = ()) -> list[str]:
        """What is wrong with the terms on which it is listed; from then on these are its terms.

        `visited`: where a car was since it was last listed; only from there it may be moved to another EVSE.
        """
        self.uid = listed["uid"]
        terms = next((each for each in self.versions if _is_on(each, listed)), None)
        if terms is None:
            expected = " or ".join(map(str, self.versions))
            return [f"{_name(listed)} is at {_where(listed)} until {listed['end']}, not {expected}"]
        begun, before = listed["status"] != SCHEDULED, None if self.amended else self.bound
        self.terms, self.amended, self.bound = terms, None, listed["evse"]
        if begun and now < terms.start - SLACK:
            return [f"{_name(listed)} has begun before its time: {terms}"]
        if not begun and now > terms.start + SLACK:
            return [f"{_name(listed)} has not begun: {terms}"]
        if not terms.claim.takes_any or before == self.bound:
            return []
        if not begun and self.bound is not None:
            return [f"{_name(listed)} is bound to EVSE {self.bound} before its time: {terms}"]
        if begun and before is not None and Place(self.charger, before) not in visited:
            return [f"{_name(listed)} was moved from EVSE {before} to {self.bound}, though no car was there: {terms}"]
        return []

    def _covers(self, claim: Claim, place: Place) -> bool:
        if claim.charger != place.charger:
            return False
        evse = self.bound if claim.takes_any else claim.evse
        return claim.target is Target.WHOLE_CHARGER or evse == place.evse

    def _is(self, fate: Fate) -> None:
        self.fates = frozenset({fate})


@dataclass(slots=True)
class Promises:
    """All that were asked for, of which those that have ended are kept: they must not come back."""

    made: list[Promise] = field(default_factory=list)
    _names: dict[int, str] = field(default_factory=dict)
    _lost: set[str] = field(default_factory=set)

    @property
    def living(self) -> list[Promise]:
        """Those that may not have ended."""
        return [each for each in self.made if not each.ended]

    def of(self, token: str) -> Promise | None:
        """The one that may be this holder's and may not have ended."""
        return next((each for each in self.living if any(terms.token == token for terms in each.versions)), None)

    def judge(
        self,
        listed: Iterable[Mapping[str, Any]],
        now: datetime,
        *,
        visited: Collection[Place] = (),
        settled: bool = True,
    ) -> list[str]:
        """What is wrong with the reservations, ended ones too, as an action lists them; they are what is true then.

        `visited`: where a car was since they were last judged. `settled` off: the chargers have not told everything yet,
        so what lives may still turn out to be used.
        """
        records = list(listed)
        living = [each for each in records if each["status"] not in ENDED_STATUSES]
        wrong = [*self._doubled(records), *_overlapping(living)]
        found: dict[int, Fate] = {}
        for each in living:
            promise = self._promise_of(each)
            if promise is None:
                wrong.append(f"{_name(each)} comes from nowhere")
                continue
            wrong += promise.listed(each, now, visited)
            found[id(promise)] = Fate.IN_USE if each["status"] == IN_USE else Fate.STANDS
        for promise in self.made:
            fate = found.get(id(promise), Fate.ENDED)
            if fate not in (may_be := promise.at(now)):
                expected = " or ".join(sorted(may_be))
                wrong.append(f"{promise.uid} {promise.terms} {fate}, but it {expected}")
            if settled or fate is Fate.ENDED or fate not in may_be:
                promise.fates = frozenset({fate})
        return [*wrong, *self._missing(records)]

    def _promise_of(self, listed: Mapping[str, Any]) -> Promise | None:
        by_name = (each for each in self.made if each.uid == listed["uid"])
        # Whoever was not answered does not know the uid.
        by_terms = (each for each in self.made if each.uid is None and _is_on(each.terms, listed))
        return next(by_name, None) or next(by_terms, None)

    def _doubled(self, records: Iterable[Mapping[str, Any]]) -> Iterator[str]:
        uids: set[str] = set()
        for each in records:
            if each["uid"] in uids:
                yield f"{_name(each)} is there twice"
            uids.add(each["uid"])
            known = self._names.setdefault(each["reservation_id"], each["uid"])
            if known != each["uid"]:
                yield f"{_name(each)} has the id of {known}"

    def _missing(self, records: Iterable[Mapping[str, Any]]) -> Iterator[str]:
        """Promises of which nothing is known any more, not even how they ended; each is told once."""
        known = {each["uid"] for each in records}
        for promise in self.made[-_REMEMBERED:]:
            if promise.uid is not None and promise.uid not in known | self._lost:
                self._lost.add(promise.uid)
                yield f"{promise.uid} {promise.terms} is forgotten, how it ended too"


@dataclass(slots=True)
class TransactionIds:
    """The ids that a central system gave to transactions."""

    _given: dict[int, object] = field(default_factory=dict)

    def note(self, number: int, transaction: object) -> list[str]:
        """What is wrong with an id that was given to this transaction, which may be told twice."""
        known = self._given.setdefault(number, transaction)
        return [] if known == transaction else [f"transaction id {number} was given twice: {known}, {transaction}"]


def _overlapping(living: list[Mapping[str, Any]]) -> Iterator[str]:
    """The living reservations of which two promise one place at one time."""
    for number, each in enumerate(living):
        for other in living[:number]:
            if _share_a_place(each, other) and overlap(each, other):
                yield f"{_name(each)} is at {_where(each)}, where {_name(other)} is"


def overlap(each: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two listed reservations share an instant."""
    return _time(each, "start") < _time(other, "end") and _time(other, "start") < _time(each, "end")


def _share_a_place(each: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether both are for one EVSE; one that is bound to none has one of those that all others leave."""
    if each["charger_id"] != other["charger_id"]:
        return False
    if Target.WHOLE_CHARGER in (each["target"], other["target"]):
        return True
    return each["evse"] is not None and each["evse"] == other["evse"]


def _is_on(terms: Terms, listed: Mapping[str, Any]) -> bool:
    claim, end = terms.claim, _time(listed, "end")
    if (claim.charger, claim.target, terms.end) != (listed["charger_id"], listed["target"], end):
        return False
    return claim.takes_any or claim.evse == listed["evse"]


def _where(listed: Mapping[str, Any]) -> str:
    return f"{listed['charger_id']}/{listed['evse']} ({listed['target']})"


def _time(listed: Mapping[str, Any], key: str) -> datetime:
    return datetime.fromisoformat(listed[key])


def _name(listed: Mapping[str, Any]) -> str:
    return f"{listed['uid']} (id {listed['reservation_id']}, {listed['status']})"
