"""What people ask for: a reservation granted, changed or cancelled, and the charger's word on it waited for.

Knows which error says that a wish cannot be granted. Must not know fields of actions (`services`), nor how a step is
taken and saved (`coordinator`).
"""

from uuid import uuid4

from homeassistant.util import dt as dt_util

from . import errors
from .audience import Place
from .coordinator import CentralSystem
from .core.change import Amendment
from .core.charger import Charger
from .core.commands import Outcome
from .core.drivers import Holder
from .core.ledger import Ledger, Step, Wish
from .core.refusal import Refusal
from .core.reservation import Reservation, Status
from .core.room import Terms
from .watch import Watch


async def reserve(central: CentralSystem, wish: Wish) -> Reservation:
    """Grant a wish and wait for the charger's word on it; the reservation as it then is.

    Raises translated errors: `ServiceValidationError` for what the caller can mend, `HomeAssistantError` for what the
    charger refused; either way nothing is left of it. A caller who is cancelled leaves the wish to itself.
    """
    uid = uuid4().hex
    with central.watches.on(uid) as watch:
        await _propose(central, wish, uid)
        while watch.decided is None:
            await watch.turn()
        reservation, word = watch.decided
        if wish.replace and not reservation.status.is_final:
            reservation = await _told(central, watch, reservation)
    if reservation.status.is_final and reservation.status is not Status.USED:
        raise errors.not_reserved(reservation, charger=central.name_of(wish.charger), word=word)
    return reservation


async def reserve_as_chosen(central: CentralSystem, place: Place) -> Reservation:
    """Reserve an EVSE for whoever and for how long is chosen there. Raises like `reserve`."""
    assert place.evse is not None  # noqa: S101  only EVSEs have the button
    choice = central.choices.at(place)
    driver = central.drivers.get(choice.driver)
    holder = Holder(token=central.house) if driver is None else driver.as_holder()
    wish = Wish(
        charger=place.charger,
        evse=place.evse,
        token=holder.token,
        group=holder.group,
        driver=holder.driver,
        end=dt_util.utcnow() + choice.lasting(central.policy),
    )
    return await reserve(central, wish)


async def change(
    central: CentralSystem, reservation: Reservation, amendment: Amendment
) -> tuple[Reservation, Outcome | None]:
    """Change a reservation, and wait for the charger's word on its hold if it can be asked.

    The reservation as it then is, and that word; None if the charger was not asked. Raises translated errors, and then
    the reservation is as it was. Whatever the charger says, the reservation stands as it was changed.
    """
    uid = reservation.uid
    with central.watches.on(uid) as watch:
        step = await _amend(central, reservation, amendment)
        mine = [each.after for each in step.changes if each.after.uid == uid]
        if not mine:
            unchanged = step.ledger.find(uid)
            assert unchanged is not None  # noqa: S101  only one that lives can stay as it is
            return unchanged, None
        changed = await _told(central, watch, mine[-1])
    asked = mine[0].last_outcome is None
    return changed, changed.last_outcome if asked else None


async def cancel_present(central: CentralSystem, place: Place) -> Reservation:
    """Cancel what is in force at a place, if that is exactly one reservation. Raises translated errors."""
    living = central.reservations(place)
    present = [each for each in living if each.status.keeps_out]
    if len(present) != 1:
        raise errors.nothing_to_cancel(living, device=central.label_of(place))
    return await cancel(central, present[0])


async def cancel(central: CentralSystem, reservation: Reservation) -> Reservation:
    """Cancel a reservation; it ends at once, and the charger is told when it can be. Raises translated errors."""

    def withdrawn(ledger: Ledger, _: int) -> Step:
        return ledger.withdraw(reservation.uid, _charger_of(central, reservation), dt_util.utcnow())

    try:
        step = await central.make(withdrawn)
    except Refusal as refusal:
        raise errors.refused(refusal, reservation_id=reservation.reservation_id) from refusal
    return step.changes[0].after


async def _propose(central: CentralSystem, wish: Wish, uid: str) -> None:
    name = central.name_of(wish.charger)

    def proposed(ledger: Ledger, nodes: int) -> Step:
        if (charger := central.chargers.get(wish.charger)) is None:
            raise errors.invalid("device_gone", device=name)
        terms = Terms(policy=central.policy, drivers=central.drivers, nodes=nodes)
        return ledger.propose(wish, charger, terms, uid=uid, now=dt_util.utcnow())

    try:
        await central.make(proposed)
    except Refusal as refusal:
        raise errors.refused(
            refusal,
            charger=name,
            evse=wish.evse,
            connector_type=wish.connector_type,
            reservation_id=wish.reservation_id,
            end=errors.local(wish.end),
        ) from refusal


async def _amend(central: CentralSystem, reservation: Reservation, amendment: Amendment) -> Step:
    def changed(ledger: Ledger, nodes: int) -> Step:
        terms = Terms(policy=central.policy, drivers=central.drivers, nodes=nodes)
        charger = _charger_of(central, reservation)
        return ledger.change(reservation.uid, amendment, charger, terms, now=dt_util.utcnow())

    try:
        return await central.make(changed)
    except Refusal as refusal:
        raise errors.refused(
            refusal,
            charger=central.name_of(reservation.charger),
            evse=amendment.evse or reservation.evse,
            connector_type=amendment.connector_type or reservation.connector_type,
            reservation_id=reservation.reservation_id,
        ) from refusal


def _charger_of(central: CentralSystem, reservation: Reservation) -> Charger:
    """The charger as it is; if it was removed meanwhile, its reservations are too."""
    return central.chargers.get(reservation.charger) or Charger(charger=reservation.charger)


async def _told(central: CentralSystem, watch: Watch, reservation: Reservation) -> Reservation:
    """The reservation once the charger has given its word on its hold, if it can be asked."""
    while central.is_being_told(reservation.charger, reservation.uid):
        await watch.turn()
    return central.find(uid=reservation.uid) or watch.latest or reservation
