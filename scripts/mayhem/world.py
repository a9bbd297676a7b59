"""The home, its chargers and what was promised, with everything that a round does noted.

Must not know which deeds are done, nor when the home is killed.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
import random
from typing import Any

from tests.charger import Behaviour, SimulatedCharger, Version

from .agreement import Held, disagreements
from .home import Home
from .promises import Place, Promise, Promises, TransactionIds


@dataclass(slots=True, kw_only=True)
class World:
    """All that there is. `diary`: where each thing that was done or seen has its line. `tally`: the deeds at the kills.

    `visited`: where somebody was since it was last seen that all agree.
    """

    home: Home
    chargers: Mapping[str, SimulatedCharger]
    dice: random.Random
    diary: Path
    promises: Promises = field(default_factory=Promises)
    transaction_ids: TransactionIds = field(default_factory=TransactionIds)
    numbers: int = 0
    refused: list[str] = field(default_factory=list)
    tally: Counter[str] = field(default_factory=Counter)
    visited: set[Place] = field(default_factory=set)
    _told: set[str] = field(default_factory=set)

    def note(self, what: object) -> None:
        """Write a line into the diary."""
        with self.diary.open("a") as diary:
            diary.write(f"{now():%H:%M:%S.%f} {what}\n")

    def next_number(self) -> int:
        """A number that was not used before."""
        self.numbers += 1
        return self.numbers

    @property
    def places(self) -> list[Place]:
        """All that there are."""
        return [Place(charger, evse) for charger, evse in self.home.places]

    def free_places(self, *, beside: Promise | None = None) -> list[Place]:
        """Where nothing is reserved (`beside` this one) and no car is. Some may be needed by whoever has reserved any."""
        living = [each for each in self.promises.living if each is not beside]
        return [
            place
            for place in self.places
            if not self.occupied(place) and not any(each.covers(place) for each in living)
        ]

    def room(self) -> Counter[str]:
        """How many connectors of each charger are free and needed by nobody who has reserved any."""
        room = Counter(place.charger for place in self.free_places())
        room.subtract(each.charger for each in self.promises.living if each.is_unbound)
        return room

    def open_to(self, promise: Promise) -> list[Place]:
        """The places to which the holder of a promise may come."""
        return [place for place in self.places if promise.covers(place) and not self.occupied(place)]

    def tells_plugs(self, charger: str) -> bool:
        """Whether a charger tells which types of connectors it has."""
        return self.chargers[charger].version is not Version.V16

    def used_at(self, place: Place) -> Promise | None:
        """The promise whose holder charges at a place."""
        running = self.chargers[place.charger].transactions.get(place.evse)
        return None if running is None or running.token is None else self.promises.of(running.token.value)

    def occupied(self, place: Place) -> bool:
        """Whether a car or a driver is at a place."""
        return self.chargers[place.charger].evses[place.evse].occupied

    def standing(self) -> list[Promise]:
        """The promises that certainly wait for their holders."""
        return [each for each in self.promises.made if each.stands]

    def coming(self) -> list[Promise]:
        """Those of them whose time has not begun."""
        return [each for each in self.standing() if each.terms.start > now()]

    def behave(self, behaviour: Behaviour) -> None:
        """Have all chargers behave like this."""
        for charger in self.chargers.values():
            charger.behaviour = behaviour

    def connections(self) -> dict[str, int]:
        """How often each charger has connected."""
        return {name: charger.connections for name, charger in self.chargers.items()}

    async def clear(self) -> None:
        """Pull the cables of cars that do not charge."""
        for charger in self.chargers.values():
            for evse in charger.evses.values():
                if evse.occupied and evse.transaction is None:
                    await charger.unplug(evse.id)

    def learn(self) -> list[str]:
        """Learn from the chargers, which have told everything, who charges; what is wrong with that."""
        wrong = self._new(
            f"{charger.identity} says: {what}" for charger in self.chargers.values() for what in charger.complaints
        )
        for promise in self.promises.made:
            transactions = self.chargers[promise.charger].transactions.values()
            his = (each for each in transactions if each.token is not None and each.token.value == promise.token)
            if (running := next(his, None)) is None:
                promise.not_charging()
            elif running.accepted and now() < promise.end:
                promise.used()
        return wrong

    def wrong_ids(self) -> list[str]:
        """What is wrong with the transaction ids that the chargers were given."""
        wrong = []
        for charger in self.chargers.values():
            for action, payload, answer, _ in charger.sent:
                if charger.version is Version.V16 and action == "StartTransaction" and answer is not None:
                    start = (charger.identity, payload["connectorId"], payload["timestamp"], payload["idTag"])
                    wrong += self.transaction_ids.note(answer["transactionId"], start)
        return self._new(wrong)

    def wrong_holds(self, listed: Sequence[Mapping[str, Any]]) -> list[str]:
        """What is wrong with the chargers' holds, where these are the living reservations."""
        tokens = {each.uid: each.token for each in self.promises.made if each.uid is not None}
        wrong = []
        for name, charger in self.chargers.items():
            own = [each for each in listed if each["charger_id"] == name and each["uid"] in tokens]
            holds = [Held(hold.evse, hold.token, hold.expiry) for hold in charger.holds.values()]
            evses = {evse.id: evse.occupied for evse in charger.evses.values()}
            wrong += [f"{name}: {what}" for what in disagreements(own, tokens, holds, evses, now())]
        return wrong

    def _new(self, wrong: Iterable[str]) -> list[str]:
        """What was not said before: what the chargers have seen stays seen, and counts in one round only."""
        new = [what for what in wrong if what not in self._told]
        self._told.update(new)
        return new


def now() -> datetime:
    """The time by which everything is judged."""
    return datetime.now(UTC)
