"""Who may charge: the verdict on every token that a charger asks about.

Knows how reservations decide on a token and its group. Must not know how a version spells the answer, nor what a
refused start leads to.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime

from .charger import Charger
from .drivers import Drivers
from .events import Authorizing, Ended, Event, EvseId, Standing, Started, Updated, Verdict
from .ledger import Ledger
from .token import IdToken


def judge(ledger: Ledger, drivers: Drivers, charger: Charger, event: Event, now: datetime) -> Verdict | None:
    """The verdict that the event wants, with the group of its token; None if it asks nothing.

    `charger` is as it was before the event. A `Started` carries its transaction id by now; its verdict repeats it,
    whatever the standing: the charger must always get one (1.6 section 4.8).
    """
    match event:
        case Authorizing(token=token):
            case = _Case(ledger=ledger, charger=charger, token=token, group=drivers.group_of(token))
            return case.anywhere(now) if event.evse is None else case.at(event.evse, now)
        case Started(token=None):
            return Verdict(standing=Standing.ACCEPTED, transaction=event.transaction)
        case Started(token=IdToken() as token):
            case = _Case(ledger=ledger, charger=charger, token=token, group=drivers.group_of(token))
            verdict = case.at(event.evse, charger.moment_of(event.at, now))
            return replace(verdict, transaction=event.transaction)
        case Updated(token=IdToken() as token):
            case = _Case(ledger=ledger, charger=charger, token=token, group=drivers.group_of(token))
            running = charger.running(event.transaction)
            return case.at(running.evse if running is not None else event.evse, charger.moment_of(event.at, now))
        case Ended(token=IdToken() as token):
            # Whoever may stop a transaction is the charger's own decision (1.6 section 4.10, E07).
            return Verdict(standing=Standing.ACCEPTED, group=drivers.group_of(token))
        case _:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """A token that was presented at a charger."""

    ledger: Ledger
    charger: Charger
    token: IdToken
    group: str | None = field(repr=False)

    def at(self, evse: EvseId | None, moment: datetime) -> Verdict:
        """Where it begins to charge; nowhere that we know (`evse` None), nobody is in its way."""
        accepted = evse is None or self.ledger.may_start(self.charger, self.token, self.group, evse, moment)
        return self._verdict(Standing.ACCEPTED if accepted else Standing.RESERVED_FOR_OTHERS)

    def anywhere(self, now: datetime) -> Verdict:
        """At a charger that does not say where: refused only if no EVSE is permissible (ocpp.md 5.7)."""
        doors = self.ledger.doors(self.charger, now)
        evses = sorted(self.charger.evses)
        open_to_it = tuple(evse for evse in evses if doors.keeper(self.token, self.group, evse) is None)
        if len(open_to_it) == len(self.charger.evses):
            return self._verdict(Standing.ACCEPTED)
        if not open_to_it:
            return self._verdict(Standing.RESERVED_FOR_OTHERS)
        return replace(self._verdict(Standing.ACCEPTED), evses=open_to_it)

    def _verdict(self, standing: Standing) -> Verdict:
        return Verdict(standing=standing, group=self.group)
