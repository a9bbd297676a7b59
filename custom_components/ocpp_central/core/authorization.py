"""Who may charge: the verdict on every token that a charger asks about.

Knows how reservations decide on a token. Must not know how a version spells the answer, nor what a refused start
leads to.
"""

from datetime import datetime

from .charger import Charger
from .events import Authorizing, Ended, Event, Standing, Started, Updated, Verdict
from .ledger import Ledger
from .token import IdToken


def judge(ledger: Ledger, charger: Charger, event: Event, now: datetime) -> Verdict | None:
    """The verdict that the event wants; None if it asks nothing.

    `charger` is as it was before the event. A `Started` carries its transaction id by now; its verdict repeats it,
    whatever the standing: the charger must always get one (1.6 section 4.8).
    """
    match event:
        case Authorizing(evse=None):
            return _judge_anywhere(ledger, charger, event.token, now)
        case Authorizing(evse=int() as evse):
            return Verdict(standing=_standing(ledger, charger, event.token, evse, now))
        case Started():
            moment = charger.moment_of(event.at, now)
            standing = Standing.ACCEPTED
            if event.token is not None and event.evse is not None:
                standing = _standing(ledger, charger, event.token, event.evse, moment)
            return Verdict(standing=standing, transaction=event.transaction)
        case Updated() if event.token is not None:
            moment = charger.moment_of(event.at, now)
            running = charger.running(event.transaction)
            number = running.evse if running is not None else event.evse
            if number is None:
                return Verdict(standing=Standing.ACCEPTED)
            return Verdict(standing=_standing(ledger, charger, event.token, number, moment))
        case Ended() if event.token is not None:
            # Whoever may stop a transaction is the charger's own decision (1.6 section 4.10, E07).
            return Verdict(standing=Standing.ACCEPTED)
        case _:
            return None


def _standing(ledger: Ledger, charger: Charger, token: IdToken, evse: int, moment: datetime) -> Standing:
    if ledger.may_start(charger, token, None, evse, moment):
        return Standing.ACCEPTED
    return Standing.RESERVED_FOR_OTHERS


def _judge_anywhere(ledger: Ledger, charger: Charger, token: IdToken, now: datetime) -> Verdict:
    """A token at a charger that does not say where: refused only if no EVSE is permissible (ocpp.md 5.7)."""
    open_to_it = tuple(evse for evse in sorted(charger.evses) if ledger.may_start(charger, token, None, evse, now))
    if len(open_to_it) == len(charger.evses):
        return Verdict(standing=Standing.ACCEPTED)
    if not open_to_it:
        return Verdict(standing=Standing.RESERVED_FOR_OTHERS)
    return Verdict(standing=Standing.ACCEPTED, evses=open_to_it)
