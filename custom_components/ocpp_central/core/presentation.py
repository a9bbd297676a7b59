"""Somebody holds a card to a charger's reader, or types in a key code.

Knows which messages of a charger say so. Must not know who may charge (`authorization`), nor who is told.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from .charger import Charger
from .dating import UNNOTICED
from .drivers import Driver, Drivers
from .events import Authorizing, ChargerId, EvseId, Standing, Started, Updated
from .steps import Report
from .token import IdToken

FORGOTTEN = timedelta(minutes=10)
"""No charger waits longer for a car once somebody has identified (`ConnectionTimeOut`, `EVConnectionTimeOut`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Presentation:
    """A token was presented, and this is how it stands. `driver` None: nobody known. `evse` None: not told where."""

    charger: ChargerId
    evse: EvseId | None
    token: IdToken
    driver: Driver | None
    standing: Standing


def presentation(report: Report, drivers: Drivers, *, house: IdToken, now: datetime) -> Presentation | None:
    """What a report says of somebody at the charger; None if it says nothing of that, or nothing new.

    A start follows a question about the same token as a rule, which is news only if it is refused after all; and it may be
    told again, or hours later. The token of the house is presented by nobody.
    """
    before, event, verdict = report.before, report.event, report.verdict
    if verdict is None or not isinstance(event, Authorizing | Started | Updated) or event.token is None:
        return None
    token = event.token
    if house.matches(token) or not (
        isinstance(event, Authorizing) or _is_new(before, event, token, now, accepted=verdict.accepted)
    ):
        return None
    evse = event.evse
    if evse is None and isinstance(event, Updated) and (running := before.unended(event.transaction)) is not None:
        evse = running.evse
    return Presentation(
        charger=before.charger,
        evse=evse,
        token=token,
        driver=drivers.holder_of(token),
        standing=verdict.standing,
    )


def _is_new(before: Charger, event: Started | Updated, token: IdToken, now: datetime, *, accepted: bool) -> bool:
    asked = before.presented
    if accepted and asked is not None and asked.token.matches(token) and now - asked.at < FORGOTTEN:
        return False
    if now - before.moment_of(event.at, now) > UNNOTICED:
        return False
    if isinstance(event, Started):
        return before.same_start(event) is None and before.begun_nowhere(event.transaction) is None
    running = before.unended(event.transaction)
    return running is None or running.token is None or not running.token.matches(token)
