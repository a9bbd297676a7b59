"""What becomes of reservations when the drivers whom they are for change.

Knows that a reservation belongs to its driver, and follows his tokens and his group. Must not know how the owner
changes drivers, nor how a reservation is changed or withdrawn (`ledger`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from .book import Change
from .change import Amendment
from .charger import Charger
from .drivers import Driver, Drivers
from .eligibility import why_ineligible
from .events import ChargerId
from .in_step import taken_back
from .ledger import Ledger, Step
from .policy import Policy
from .refusal import Reason, Refusal
from .reservation import Reservation, Status
from .room import Terms
from .token import IdToken


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """The drivers as they were, as far as that is known, and as they are now."""

    before: Drivers
    after: Drivers


def followed(
    ledger: Ledger, revision: Revision, chargers: Mapping[ChargerId, Charger], policy: Policy, now: datetime
) -> Step:
    """The ledger once reservations have followed their drivers; one that is in use stays as it is.

    Those of a driver who is gone or blocked are cancelled, and so is one in whose window he must not charge, and one that
    cannot follow, because its charger cannot carry the new token: whoever has the old one must not charge with it any more.
    What a source wants for a driver is tried again, for as long as there is such a driver.
    """
    changes: list[Change] = []
    for reservation in tuple(ledger.living()):
        driver = revision.after.get(reservation.driver)
        if reservation.driver is None or reservation.status is Status.IN_USE:
            continue
        charger = chargers.get(reservation.charger) or Charger(charger=reservation.charger)
        if driver is None:
            step = ledger.withdraw(reservation.uid, charger, now)
        elif (reason := why_ineligible(reservation, driver)) is not None:
            step = _taken_back(ledger, reservation, reason, charger, now)
        elif (amendment := _amendment(reservation, driver, revision.before.get(reservation.driver))) is not None:
            try:
                step = ledger.change(
                    reservation.uid, amendment, charger, Terms(policy=policy, drivers=revision.after), now=now
                )
            except Refusal as refusal:
                step = _taken_back(ledger, reservation, refusal.reason, charger, now)
        else:
            continue
        ledger = step.ledger
        changes += step.changes
    return Step(ledger=ledger, changes=tuple(changes))


def _taken_back(ledger: Ledger, reservation: Reservation, reason: Reason, charger: Charger, now: datetime) -> Step:
    step = ledger.withdraw(reservation.uid, charger, now)
    return replace(step, ledger=taken_back(step.ledger, reservation, reason).ledger)


def _amendment(reservation: Reservation, driver: Driver, was: Driver | None) -> Amendment | None:
    """What makes the reservation the driver's as he is now; None if it is. A group that is not his own stays."""
    token = _token(reservation.token, driver, was)
    his_own = {None, driver.driver_id, None if was is None else was.group}
    group = driver.shared_group if reservation.group in his_own else reservation.group
    if (token, group) == (reservation.token, reservation.group):
        return None
    return Amendment(token=token, group=group, driver=driver.driver_id)


def _token(reserved: IdToken, driver: Driver, was: Driver | None) -> IdToken:
    """The token that was reserved for, as it is known now, or another one of the driver's if it is no longer his.

    A type that somebody gave when he reserved stays, if it can be right.
    """
    present = next((each for each in driver.tokens if each.key == reserved.key), None)
    if present is None:
        return driver.tokens[0]
    type_was_known = reserved.type is None or (was is not None and reserved in was.tokens)
    return present if type_was_known or not present.matches(reserved) else reserved
