"""What becomes of reservations when their drivers change."""

from dataclasses import replace

from custom_components.ocpp_central.core.commands import DropHold, PlaceHold
from custom_components.ocpp_central.core.drivers import Driver, Drivers
from custom_components.ocpp_central.core.following import Revision, followed
from custom_components.ocpp_central.core.policy import Policy
from custom_components.ocpp_central.core.refusal import Reason
from custom_components.ocpp_central.core.reservation import EndReason, HoldState, News, Reservation, Status
from custom_components.ocpp_central.core.sources import Occurrence
from custom_components.ocpp_central.core.token import IdToken

from .world import HALF_HOUR, HOLDER, NOON, STRANGER, World

OLD, NEW, OTHER = IdToken(value="OLD"), IdToken(value="NEW"), IdToken(value="OTHER")
HOUR = 2 * HALF_HOUR
DAY = 24 * HOUR


def anna(*tokens: IdToken, group: str | None = None) -> Driver:
    """A driver with these tokens."""
    return Driver(driver_id="driver-a", name="Anna", tokens=tokens, group=group)


def reserve(world: World, driver: Driver, evse: int = 1, **wish: object) -> Reservation:
    """A reservation for a driver."""
    holder = driver.as_holder()
    facts = {"group": holder.group, "driver": holder.driver} | wish
    return world.reserve(evse, holder.token, **facts)  # type: ignore[arg-type]


def revise(world: World, before: Driver | None, after: Driver | None) -> None:
    """The drivers change; None: there is none, or it is not known."""
    old, new = (Drivers(known=() if each is None else (each,)) for each in (before, after))
    revision = Revision(before=old, after=new)
    world.take(followed(world.ledger, revision, world.chargers, world.policy, world.now))


def test_a_hold_follows_the_drivers_new_card() -> None:
    """The charger is asked to replace its hold under the same number; the old card does not count any more."""
    world = World()
    was, now = anna(OLD), anna(NEW)
    reservation = reserve(world, was)
    world.settle()
    revise(world, was, now)
    assert (world.known(reservation).token, world.known(reservation).driver) == (NEW, "driver-a")
    assert world.settle() == [
        PlaceHold(hold=reservation.reservation_id, evse=1, token=NEW, group=None, until=NOON + HALF_HOUR)
    ]
    assert world.news == [News.PLACED, News.CHANGED]
    assert not world.start(OLD).accepted
    assert world.start(NEW).accepted


def test_a_second_card_makes_the_driver_a_group() -> None:
    """From then on the charger must know the group, or it lets only the first card in."""
    world = World()
    reservation = reserve(world, anna(OLD))
    world.settle()
    revise(world, anna(OLD), anna(OLD, NEW))
    assert (world.known(reservation).token, world.known(reservation).group) == (OLD, "driver-a")
    assert world.hold_of(reservation).state is HoldState.PENDING


def test_a_reservation_for_a_card_that_he_still_has_stays_with_it() -> None:
    """Though another one is his first one."""
    world = World()
    was = anna(OTHER, OLD, group="Family")
    reservation = reserve(world, was)
    changes = len(world.changes)
    revise(world, was, anna(NEW, OTHER, group="Family"))
    assert world.known(reservation) == reservation
    assert len(world.changes) == changes


def test_a_reservation_follows_the_group_of_its_driver() -> None:
    """Members who joined may use it, those who left may not."""
    world = World()
    was, now = anna(OLD, group="Family"), anna(OLD, group="Firm")
    reservation = reserve(world, was)
    revise(world, was, now)
    assert world.known(reservation).group == "Firm"
    revise(world, now, anna(OLD))
    assert world.known(reservation).group is None


def test_a_group_that_was_given_for_the_reservation_alone_stays() -> None:
    """It is not the driver's."""
    world = World()
    was = anna(OLD, group="Family")
    reservation = reserve(world, was, group="Guests")
    revise(world, was, anna(NEW, group="Firm"))
    assert (world.known(reservation).token, world.known(reservation).group) == (NEW, "Guests")


def test_a_type_that_becomes_known_is_told() -> None:
    """The owner learnt that the token is a card; a type that was given for the reservation stays if it can be right."""
    world = World(evses=(1, 2))
    was, now = anna(OLD), anna(IdToken(value="old", type="ISO14443"))
    reservation = reserve(world, was)
    given = world.reserve(2, IdToken(value="OLD", type="KeyCode"), driver="driver-a")
    revise(world, was, now)
    assert world.known(reservation).token.type == "ISO14443"
    assert world.known(given).token.type == "ISO14443"
    revise(world, now, anna(OLD))
    assert world.known(reservation).token.type is None


def test_a_given_type_stays_where_none_is_known() -> None:
    """Nothing contradicts it."""
    world = World()
    given = world.reserve(1, IdToken(value="OLD", type="KeyCode"), driver="driver-a")
    revise(world, anna(OLD), anna(OLD))
    assert world.known(given) == given


def test_the_reservations_of_a_driver_who_is_gone_are_cancelled() -> None:
    """Those to come, too; those of others are left alone."""
    world = World(evses=(1, 2))
    was = anna(OLD)
    mine = [reserve(world, was), reserve(world, was, start=NOON + HOUR)]
    others = [world.reserve(2, STRANGER), world.reserve(2, HOLDER, driver=None, start=NOON + HOUR)]
    world.settle()
    revise(world, was, None)
    assert [world.known(each).end_reason for each in mine] == [EndReason.CANCELLED] * 2
    assert [world.known(each).status for each in others] == [Status.ACTIVE, Status.SCHEDULED]
    assert world.settle() == [DropHold(hold=mine[0].reservation_id)]


def test_what_is_in_use_stays_with_its_driver() -> None:
    """Nobody is thrown out by a change of the list."""
    world = World()
    was = anna(OLD)
    reservation = reserve(world, was)
    world.settle()
    world.start(OLD)
    in_use = world.known(reservation)
    revise(world, was, anna(NEW))
    revise(world, was, None)
    assert world.known(reservation) == in_use


def test_what_changed_while_nobody_looked_is_noticed() -> None:
    """At a start the drivers as they were are not known: a removed one, a new card, a second card."""
    for now, want in (
        (None, (Status.CANCELLED, OLD, None)),
        (anna(NEW), (Status.SCHEDULED, NEW, None)),
        (anna(OLD, NEW), (Status.SCHEDULED, OLD, "driver-a")),
    ):
        world = World()
        reservation = reserve(world, anna(OLD), start=NOON + HOUR)
        revise(world, None, now)
        known = world.known(reservation)
        assert (known.status, known.token, known.group) == want


def test_a_reservation_that_cannot_follow_is_cancelled() -> None:
    """The charger cannot carry the new token, and the old one may be in wrong hands."""
    world = World()
    was = anna(OLD)
    reservation = reserve(world, was)
    revise(world, was, anna(IdToken(value="N" * 21)))
    assert world.known(reservation).end_reason is EndReason.CANCELLED


def test_following_asks_for_no_new_room() -> None:
    """A reservation that was promised with less time to the next one keeps its window."""
    world = World()
    was = anna(OLD)
    reservation = reserve(world, was)
    world.reserve(1, STRANGER, start=NOON + HALF_HOUR)
    world.policy = Policy(buffer_before=HOUR)
    revise(world, was, anna(NEW))
    assert (world.known(reservation).token, world.known(reservation).window) == (NEW, reservation.window)


def test_a_card_that_is_spelled_otherwise_is_the_same_card() -> None:
    """The reservation stays his, and for this card; its type that somebody gave stays, too."""
    world = World()
    typed = IdToken(value="04:a2:b3:c4", type="ISO14443")
    reservation = world.reserve(1, typed, driver="driver-a")
    world.settle()
    was, now = anna(NEW, IdToken(value="04A2B3C4")), anna(NEW, IdToken(value="04A2B3C4"), group="Kinfolk")
    revise(world, was, now)
    assert (world.known(reservation).token, world.known(reservation).group) == (typed, "Kinfolk")


def test_what_is_wanted_again_and_again_waits_for_a_driver_who_is_blocked() -> None:
    """It is tried again once he may charge; one that he cancelled himself before is not."""
    world = World()
    was, blocked = anna(OLD), replace(anna(OLD), blocked=True)
    days = [NOON + number * DAY for number in (1, 2)]
    wanted = [
        Occurrence(key=f"{start:%d}", start=start, end=start + HOUR, evse=1, holder=was.as_holder()) for start in days
    ]
    world.drivers = Drivers(known=(was,))
    world.follow(*wanted)
    world.cancel(world.occurring(wanted[0].key))
    world.drivers = Drivers(known=(blocked,))
    revise(world, was, blocked)
    assert not list(world.ledger.living())
    assert world.source.skipped == {wanted[1].key: Reason.DRIVER_BLOCKED}
    world.follow(*wanted)
    assert world.news[-1] is News.CANCELLED
    world.drivers = Drivers(known=(was,))
    world.follow(*wanted)
    assert [each.window.start for each in world.ledger.living()] == days[1:]
    assert not world.source.skipped


def test_what_is_wanted_again_and_again_for_a_driver_who_is_gone_is_over() -> None:
    """Nobody waits for him."""
    world = World()
    world.drivers = Drivers(known=(anna(OLD),))
    start = NOON + DAY
    world.follow(Occurrence(key="a", start=start, end=start + HOUR, evse=1, holder=anna(OLD).as_holder()))
    revise(world, anna(OLD), None)
    assert not list(world.ledger.living())
    assert not world.source.skipped
