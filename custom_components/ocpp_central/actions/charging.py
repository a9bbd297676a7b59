"""Starting and stopping charging from Home Assistant.

Knows at which connector that can be meant, and which error says that it cannot be done. Must not know fields of actions
(`charging_services`), nor who may charge (`core.authorization`).
"""

from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from .. import errors
from ..audience import Place
from ..coordinator import CentralSystem
from ..core.authorization import objection
from ..core.charger import Charger
from ..core.commands import AskForTransaction, Outcome, StartTransaction, StopTransaction
from ..core.drivers import Holder
from ..core.events import EvseId, Standing, StopRefused, TransactionId
from ..core.evse import Evse
from ..core.refusal import Reason, Refusal
from .orders import connected, new_number


async def start(central: CentralSystem, place: Place, holder: Holder) -> None:
    """Have somebody charge; at a charger where he may, if that is one connector only. Raises translated errors.

    The charger has agreed by then; it may still wait for a car, which `starts` follows.
    """
    charger = connected(central, place)
    evse = place.evse if place.evse is not None else _only_one(central, charger, holder)
    here = Place(place.charger, evse)
    if (known := charger.evses.get(evse)) is not None and known.is_in_use:
        raise errors.invalid("connector_in_use", place=central.label_of(here))
    _refuse_unwelcome(central, charger, holder, here)
    if charger.token_length is not None and len(holder.token.value) > charger.token_length:
        raise errors.invalid("id_token_too_long", charger=central.name_of(place.charger), limit=charger.token_length)
    own = central.court(place.charger).ledger.doors(charger, dt_util.utcnow()).own(holder.token, holder.group, evse)
    command = StartTransaction(
        evse=evse,
        token=charger.spellings.of(holder.token),
        held_for=None if own is None else charger.spellings.of(own.token),
        group=holder.group,
        number=new_number(),
    )
    await _begin(central, here, command)
    driver = central.drivers.get(holder.driver)
    central.starts.agreed(here, None if driver is None else driver.name)


async def _begin(central: CentralSystem, here: Place, command: StartTransaction) -> None:
    """Have a session begin. Raises translated errors; one that waits for a car already refuses because of that."""
    result = await central.connections.execute(here.charger, command)
    if result.outcome is Outcome.REJECTED and central.starts.waits_at(here):
        raise errors.failed("waits_for_car", place=central.label_of(here))
    errors.raise_unless_done(result, charger=central.name_of(here.charger))


async def start_for_house(central: CentralSystem, place: Place) -> None:
    """Have Home Assistant itself charge. Raises translated errors."""
    await start(central, place, Holder(token=central.house))


async def stop(central: CentralSystem, place: Place) -> None:
    """Have the charging at a connector end, or all charging at a charger. Raises translated errors.

    A charger that refuses because the session is over already has refused nothing: what was wanted is so.
    """
    charger = connected(central, place)
    running = _running(charger, place.evse)
    if not running:
        raise errors.invalid("nothing_to_stop", device=central.label_of(place))
    refused: HomeAssistantError | None = None
    for transaction in running:  # one that the charger will not end is no reason to let the others go on
        try:
            await _end(central, place, transaction)
        except HomeAssistantError as error:
            refused = refused or error
    if refused is not None:
        raise refused


async def _end(central: CentralSystem, place: Place, transaction: TransactionId) -> None:
    """Have one session end, or find out that it is over. Raises translated errors."""
    connected(central, place)
    result = await central.connections.execute(place.charger, StopTransaction(transaction=transaction))
    if result.outcome is Outcome.REJECTED and await _is_over(central, place, transaction):
        return
    errors.raise_unless_done(result, charger=central.name_of(place.charger))


async def _is_over(central: CentralSystem, place: Place, transaction: TransactionId) -> bool:
    """Whether a session that the charger will not end does not go on: by its plug, else by what the charger says."""
    central.apply(place.charger, StopRefused(transaction=transaction, at=dt_util.utcnow()))
    if _goes_on(central, place, transaction):
        await central.connections.execute(place.charger, AskForTransaction(transaction=transaction))
    return not _goes_on(central, place, transaction)


def _goes_on(central: CentralSystem, place: Place, transaction: TransactionId) -> bool:
    charger = central.chargers.get(place.charger)
    return charger is not None and charger.running(transaction) is not None


def _only_one(central: CentralSystem, charger: Charger, holder: Holder) -> EvseId:
    """The one connector at which the holder may begin: his own if he has one."""
    now, court = dt_util.utcnow(), central.court(charger.charger)
    free = [each.evse for each in charger.evses.values() if _is_usable(each)]
    fitting = [evse for evse in free if objection(court, charger, holder, evse, now)[0] is Standing.ACCEPTED]
    own = [
        evse for evse in fitting if court.ledger.doors(charger, now).own(holder.token, holder.group, evse) is not None
    ]
    if len(fitting) == 1 or len(own) == 1:
        return (own or fitting)[0]
    raise errors.invalid(
        "choose_connector" if fitting else "no_connector_fits", device=central.label_of(Place(charger.charger))
    )


def _is_usable(evse: Evse) -> bool:
    return not (evse.is_in_use or evse.is_broken)


def _refuse_unwelcome(central: CentralSystem, charger: Charger, holder: Holder, here: Place) -> None:
    assert here.evse is not None  # noqa: S101  only a connector is asked about
    standing, keeper = objection(central.court(charger.charger), charger, holder, here.evse, dt_util.utcnow())
    if standing is Standing.ACCEPTED:
        return
    if keeper is not None:
        raise errors.invalid(
            "place_reserved",
            place=central.label_of(here),
            reservation_id=keeper.reservation_id,
            end=errors.local(keeper.window.end),
        )
    if (driver := central.drivers.get(holder.driver)) is None:
        raise errors.invalid("not_permitted", place=central.label_of(here))
    reason = Reason.DRIVER_BLOCKED if standing is Standing.BLOCKED else Reason.DRIVER_NOT_VALID
    raise errors.refused(Refusal(reason, driver=driver))


def _running(charger: Charger, evse: EvseId | None) -> list[TransactionId]:
    return [
        each.running.transaction
        for each in charger.evses.values()
        if each.running is not None and evse in (None, each.evse)
    ]
