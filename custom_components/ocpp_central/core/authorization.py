"""Who may charge: the verdict on every token that a charger asks about.

Knows how the owner's rules, the drivers and the reservations decide on a token and its group. Must not know how a version
spells the answer, nor how a refused start is stopped (`eviction`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from .charger import Charger
from .doors import Doors
from .drivers import Driver, Drivers, Holder
from .events import (
    Authorizing,
    ChargerId,
    Ended,
    Event,
    EvseId,
    Standing,
    Started,
    Updated,
    Verdict,
)
from .eviction import GRACE, is_exhausted
from .ledger import Ledger
from .reservation import Reservation
from .rules import Enforcement, Rules
from .token import IdToken, same_group
from .transaction import Transaction

_NOBODY = IdToken(value="")
"""Stands for whoever charges without being identified; it is the token of nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Court:
    """What a verdict rests upon. `chargers`: all of them, where the same token may be charging elsewhere."""

    ledger: Ledger
    drivers: Drivers
    rules: Rules
    chargers: Mapping[ChargerId, Charger] = field(default_factory=dict)


def judge(court: Court, charger: Charger, event: Event, now: datetime) -> Verdict | None:
    """The verdict that the event wants, with the group of its token; None if it asks nothing.

    `charger` is as it was before the event. A `Started` carries its transaction id by now; its verdict repeats it,
    whatever the standing: the charger must always get one (1.6 section 4.8).
    """
    match event:
        case Authorizing(token=token):
            case = _case(court, charger, token, now)
            return case.anywhere() if event.evse is None else case.at(event.evse)
        case Started():
            return replace(_on_start(court, charger, event, now), transaction=event.transaction)
        case Updated() if asks(charger, event):
            return _on_update(court, charger, event, now)
        case Ended(token=IdToken() as token):
            # Whoever may stop a transaction is the charger's own decision (1.6 section 4.10, E07).
            return Verdict(standing=Standing.ACCEPTED, group=court.drivers.group_of(token))
        case _:
            return None


def asks(charger: Charger, event: Event) -> bool:
    """Whether an event of a charger wants a verdict; most are readings, of which there are many."""
    match event:
        case Authorizing() | Started():
            return True
        case Updated():
            return event.token is not None or event.anonymous or _goes_on_unidentified(charger, event)
        case Ended():
            return event.token is not None
        case _:
            return False


def _goes_on_unidentified(charger: Charger, event: Updated) -> bool:
    """Whether a car that was plugged in begins to charge, and nobody has identified for it."""
    if not event.names_nobody:
        return False
    running = charger.unended(event.transaction)
    return running is not None and running.token is None and not running.anonymous


def is_still_unwelcome(court: Court, charger: Charger, running: Transaction, now: datetime) -> bool:
    """Whether the reason for which a start was refused still stands, and the owner still wants it enforced.

    A reservation that was not in force when the transaction began is no reason.
    """
    if court.rules.enforcement is not Enforcement.STOP:
        return False
    case = _case(court, charger, running.token, now)
    if case.by_himself(running.evse) is not Standing.ACCEPTED:
        return True
    if running.standing is Standing.CONCURRENT and case.charges_elsewhere(running.evse):
        return True
    keeper = case.keeper(running.evse)
    return keeper is not None and (keeper.uid == running.against or _was_in_force(keeper, running))


def _was_in_force(reservation: Reservation, running: Transaction) -> bool:
    """Whether a reservation was in force when a transaction began, by the charger's clock and by ours."""
    if running.evict_from is None:
        return False
    began = min(running.started_at, running.evict_from - GRACE)
    return reservation.created <= began and reservation.window.start <= began


def objection(
    court: Court, charger: Charger, holder: Holder, evse: EvseId, now: datetime
) -> tuple[Standing, Reservation | None]:
    """Why nobody shall be started from here at this EVSE, with the reservation that is in the way; ACCEPTED if nothing is.

    Whatever the enforcement: chargers accept a start of ours that goes against their own hold, and may lose it by that
    (ocpp.md 3, "RemoteStart with a wrong tag").
    """
    case = _case(court, charger, holder.token, now)
    standing, keeper = case.by_himself(evse), case.keeper(evse)
    if standing is Standing.ACCEPTED and keeper is not None:
        return Standing.RESERVED_FOR_OTHERS, keeper
    return standing, None


def _on_start(court: Court, charger: Charger, event: Started, now: datetime) -> Verdict:
    if event.token is None and not event.names_nobody:
        return Verdict(standing=Standing.ACCEPTED)  # 2.x: a car was plugged in, and somebody will identify later
    case = _case(court, charger, event.token, charger.moment_of(event.at, now))
    if (known := charger.same_start(event)) is not None and not known.lacks(event):
        return case.again(known, now)
    return case.charging(event.evse, now)


def _on_update(court: Court, charger: Charger, event: Updated, now: datetime) -> Verdict:
    """2.x may repeat a token that has been judged, or that there is none: what was reserved since must not refuse it.

    Nor must it refuse another card of the same driver or group, which may end the transaction (E07). Whoever else presents
    a card there meanwhile is answered, and the transaction stays as it is.
    """
    running = charger.unended(event.transaction)
    token = event.token or (None if running is None else running.token)
    case = _case(court, charger, token, charger.moment_of(event.at, now))
    if running is None:
        return case.charging(event.evse, now)
    if running.is_settled_on(event.token):
        mine = event.token is None or case.is_of(running.token, running.group)
        return case.again(running, now) if mine else case.at(running.evse)
    return case.charging(running.evse, now)


def _case(court: Court, charger: Charger, token: IdToken | None, moment: datetime) -> _Case:
    """`token` None: the charger lets somebody charge without identifying anybody."""
    return _Case(
        court=court,
        charger=charger,
        token=token or _NOBODY,
        driver=None if token is None else court.drivers.holder_of(token),
        doors=court.ledger.doors(charger, moment),
        moment=moment,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """A token that was presented at a charger, whose it is, and what was reserved there at that moment."""

    court: Court
    charger: Charger
    token: IdToken
    driver: Driver | None
    doors: Doors
    moment: datetime

    def anywhere(self) -> Verdict:
        """At a charger that does not say where: refused only if no EVSE is permissible (ocpp.md 5.7)."""
        standings = {evse: self._standing(evse) for evse in sorted(self.charger.evses)}
        open_to_it = tuple(evse for evse, standing in standings.items() if standing is Standing.ACCEPTED)
        if not open_to_it:
            return self._verdict(next(iter(standings.values()), self.by_himself(None)))
        everywhere = len(open_to_it) == len(standings)
        return replace(self._verdict(Standing.ACCEPTED), evses=None if everywhere else open_to_it)

    def at(self, evse: EvseId) -> Verdict:
        """Where a charger asks before it lets anybody begin."""
        return self._verdict(self._standing(evse))

    def charging(self, evse: EvseId | None, now: datetime) -> Verdict:
        """Where a transaction has begun; nowhere that we know (`evse` None), nobody is in its way."""
        nobody = self._is_nobody(evse)
        enforcement = self._enforcement_against(nobody=nobody)
        against = None if enforcement is Enforcement.OFF else self.keeper(evse)
        standing = self.by_himself(evse)
        if standing is Standing.ACCEPTED and against is not None and enforcement is Enforcement.STOP:
            standing = Standing.RESERVED_FOR_OTHERS
        if standing is Standing.ACCEPTED and self.charges_elsewhere(evse):
            standing = Standing.CONCURRENT
        stops = standing is not Standing.ACCEPTED and enforcement is Enforcement.STOP
        exhausted = stops and evse is not None and is_exhausted(self.charger.evses.get(evse), now)
        evict_from = now + GRACE if stops and not exhausted else None
        return replace(
            self._verdict(standing),
            against=None if against is None else against.uid,
            intrudes=against is not None and evict_from is None,
            evict_from=evict_from,
            nobody=nobody,
        )

    def again(self, known: Transaction, now: datetime) -> Verdict:
        """Where the same token is told in the same transaction: accepted for good, or refused until nothing is against it."""
        if known.refused and (verdict := self.charging(known.evse, now)).accepted:
            return verdict
        return replace(self._verdict(known.standing), against=known.against, evict_from=known.evict_from)

    def is_of(self, token: IdToken | None, group: str | None) -> bool:
        """Whether he presented this token before, or somebody of his group did."""
        return token is not None and (token.matches(self.token) or same_group(group, self._group))

    def by_himself(self, evse: EvseId | None) -> Standing:
        """How he stands whatever is reserved for others; the holder of a reservation is known where it is."""
        if self.court.rules.house.matches(self.token):
            return Standing.ACCEPTED
        if self.driver is not None:
            return self.driver.standing_at(self.moment)
        known = not self.court.rules.known_only or self._is_holder(evse)
        return Standing.ACCEPTED if known else Standing.UNKNOWN

    def keeper(self, evse: EvseId | None) -> Reservation | None:
        """The reservation that keeps him off this EVSE, if there is one."""
        return None if evse is None else self.doors.keeper(self.token, self._group, evse)

    def charges_elsewhere(self, evse: EvseId | None) -> bool:
        """Whether he charges at another EVSE, which he must not (`one_transaction_per_token`); a refused start does not count.

        Nor does what may be over: where there is doubt, or at a charger that nobody has heard of for long. The house has no
        card that somebody could lend.
        """
        if not self.court.rules.one_per_token or self.court.rules.house.matches(self.token):
            return False
        here = (self.charger.charger, evse)
        return any(
            each.running is not None
            and each.running.token is not None
            and not each.running.refused
            and each.running.doubt is None
            and (charger.charger, each.evse) != here
            and each.running.token.matches(self.token)
            for charger in self.court.chargers.values()
            if charger.is_in_reach(self.moment)
            for each in charger.evses.values()
        )

    def _standing(self, evse: EvseId) -> Standing:
        standing = self.by_himself(evse)
        stops = self.court.rules.enforcement is Enforcement.STOP
        if standing is Standing.ACCEPTED and stops and self.keeper(evse) is not None:
            return Standing.RESERVED_FOR_OTHERS
        return standing

    def _is_nobody(self, evse: EvseId | None) -> bool:
        """Whether this identifies nobody: a charger that vends freely sends a token of its own, and never asks."""
        if self.token is _NOBODY:
            return True
        known = self.driver is not None or self.court.rules.house.matches(self.token) or self._is_holder(evse)
        return not known and not self.charger.asks

    def _enforcement_against(self, *, nobody: bool) -> Enforcement:
        """Who vends freely shall not have cars stopped by surprise (contract 1)."""
        rules = self.court.rules
        if nobody and rules.enforcement is Enforcement.STOP and not rules.insists:
            return Enforcement.WARN
        return rules.enforcement

    def _is_holder(self, evse: EvseId | None) -> bool:
        return evse is not None and self.doors.is_holder(self.token, self._group, evse)

    @property
    def _group(self) -> str | None:
        return None if self.driver is None else self.driver.shared_group

    def _verdict(self, standing: Standing) -> Verdict:
        return Verdict(standing=standing, group=self._group)
