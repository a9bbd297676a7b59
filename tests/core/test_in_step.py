"""The reservations of a source are kept in step with what it wants."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.ocpp_central.core.drivers import Driver, Drivers, Holder
from custom_components.ocpp_central.core.in_step import RETRIES, Clashing, dropped
from custom_components.ocpp_central.core.policy import Policy
from custom_components.ocpp_central.core.refusal import Reason
from custom_components.ocpp_central.core.reservation import News, Origin, Status, Target
from custom_components.ocpp_central.core.sources import Occurrence, Series
from custom_components.ocpp_central.core.undo import undone

from .world import HALF_HOUR, HOLDER, MINUTE, NOON, SOURCE, STRANGER, World

HOUR = 2 * HALF_HOUR
DAY = 24 * HOUR
BEN = Driver(driver_id="driver-b", name="Ben", tokens=(STRANGER,))


def occurrence(
    key: str, start: timedelta, *, lasting: timedelta = HOUR, evse: int = 1, holder: Holder | None = None
) -> Occurrence:
    """One at an EVSE, so long after noon; for the holder unless it is for somebody else."""
    begin = NOON + start
    return Occurrence(key=key, start=begin, end=begin + lasting, evse=evse, holder=holder or Holder(token=HOLDER))


def daily(days: int, at: timedelta = DAY, **facts: object) -> tuple[Occurrence, ...]:
    """One a day, the first one so long after noon."""
    return tuple(occurrence(f"day {number}", at + number * DAY, **facts) for number in range(days))  # type: ignore[arg-type]


def starts(world: World) -> dict[str, datetime]:
    """When the living reservations of the source start, by key."""
    living = [each for each in world.ledger.living() if each.origin is not None]
    return {each.origin.key: each.window.start for each in living if each.origin is not None}


def wanted_starts(wanted: Iterable[Occurrence]) -> dict[str, datetime]:
    """When they are wanted to start."""
    return {each.key: each.start for each in wanted}


def test_what_is_wanted_is_reserved() -> None:
    """Each occurrence is a reservation like any other, and knows where it comes from."""
    world = World()
    assert world.follow(*daily(3))
    assert starts(world) == wanted_starts(daily(3))
    assert world.news == [News.SCHEDULED] * 3
    assert world.occurring("day 0").origin == Origin(source=SOURCE, key="day 0")


def test_wanting_the_same_again_changes_nothing() -> None:
    """Not even the ledger: so nothing has to be written."""
    world = World()
    world.follow(*daily(3))
    before = world.ledger
    world.follow(*daily(3))
    assert world.ledger is before


def test_what_is_not_wanted_any_more_is_cancelled() -> None:
    """Only as far as the source has spoken: what lies beyond is left alone."""
    world = World()
    world.follow(*daily(4))
    world.follow(*daily(2), until=NOON + 3 * DAY + HOUR)
    assert starts(world).keys() == {"day 0", "day 1", "day 3"}
    assert world.news[4:] == [News.CANCELLED]


def test_what_is_wanted_at_another_time_moves() -> None:
    """It stays the same reservation, and everybody is told once."""
    world = World()
    world.follow(*daily(3))
    before = world.occurring("day 1")
    world.follow(*daily(3, DAY + HOUR))
    assert starts(world) == wanted_starts(daily(3, DAY + HOUR))
    assert world.occurring("day 1").reservation_id == before.reservation_id
    assert world.news[3:] == [News.CHANGED] * 3


@pytest.mark.parametrize("by", [-6 * HOUR, 6 * HOUR])
def test_a_row_without_gaps_moves_as_a_whole(by: timedelta) -> None:
    """None is in the way of the next one."""
    world = World()
    world.follow(*daily(5, 2 * DAY, lasting=DAY))
    uids = {each.uid for each in world.ledger.living()}
    world.follow(*daily(5, 2 * DAY + by, lasting=DAY), strict=True)
    assert starts(world) == wanted_starts(daily(5, 2 * DAY + by))
    assert {each.uid for each in world.ledger.living()} == uids


def test_two_that_change_places_both_find_one() -> None:
    """Neither can go first, so they are made anew."""
    world = World()
    world.follow(occurrence("a", DAY), occurrence("b", 2 * DAY))
    world.follow(occurrence("a", 2 * DAY), occurrence("b", DAY), strict=True)
    assert starts(world) == {"a": NOON + 2 * DAY, "b": NOON + DAY}


def test_it_is_for_somebody_else_once_that_is_wanted() -> None:
    """And at another connector."""
    world = World(evses=(1, 2))
    world.drivers = Drivers(known=(BEN,))
    world.follow(occurrence("a", DAY))
    world.follow(occurrence("a", DAY, evse=2, holder=BEN.as_holder()))
    reservation = world.occurring("a")
    assert (reservation.token, reservation.driver, reservation.evse) == (STRANGER, "driver-b", 2)


def test_any_connector_may_be_wanted() -> None:
    """It stays with the EVSE that it has got when only its end changes."""
    world = World(evses=(1, 2))
    facts = {"key": "a", "target": Target.ANY, "holder": Holder(token=HOLDER)}
    world.follow(Occurrence(start=NOON, end=NOON + HOUR, **facts))  # type: ignore[arg-type]
    bound = world.occurring("a").evse
    assert bound is not None
    world.follow(Occurrence(start=NOON, end=NOON + 2 * HOUR, **facts))  # type: ignore[arg-type]
    assert (world.occurring("a").evse, world.occurring("a").window.end) == (bound, NOON + 2 * HOUR)


def test_what_somebody_has_changed_by_hand_stays() -> None:
    """For as long as the source does not change its mind about it."""
    world = World(evses=(1, 2))
    world.follow(*daily(2))
    world.change(world.occurring("day 0"), start=NOON + DAY + 5 * HOUR)
    world.follow(*daily(2))
    assert starts(world)["day 0"] == NOON + DAY + 5 * HOUR
    world.follow(*daily(2, DAY + HOUR))
    assert starts(world) == wanted_starts(daily(2, DAY + HOUR))


def test_what_somebody_has_extended_is_not_cut_off() -> None:
    """Once the occurrence is over for the source, it has no say in it any more."""
    world = World()
    world.follow(occurrence("a", timedelta(0)))
    world.settle()
    world.change(world.occurring("a"), end=NOON + 3 * HOUR)
    world.wait(2 * HOUR)
    world.follow()
    assert world.occurring("a").status is Status.ACTIVE


def test_what_somebody_has_cancelled_is_not_made_again() -> None:
    """Unless it is wanted otherwise."""
    world = World()
    world.follow(*daily(2))
    world.cancel(world.occurring("day 0"))
    world.follow(*daily(2))
    assert starts(world).keys() == {"day 1"}
    world.follow(*daily(2, DAY + HOUR))
    assert starts(world).keys() == {"day 0", "day 1"}


def test_one_for_now_begins_as_if_it_had_been_planned() -> None:
    """Nobody waits for the charger's word on it, so a charger that is away or refuses does not end it."""
    world = World(connected=False)
    world.follow(occurrence("a", -MINUTE))
    reservation = world.occurring("a")
    assert (reservation.window.start, reservation.status) == (NOON, Status.ACTIVE)


def test_one_that_is_as_good_as_over_is_left() -> None:
    """Nobody could reach it in time; that is no reason to complain."""
    world = World()
    world.follow(occurrence("a", -HOUR, lasting=HOUR + MINUTE / 2), occurrence("b", -HOUR))
    assert not list(world.ledger.living())
    assert not world.news


def test_one_that_is_used_stays_whatever_is_wanted() -> None:
    """Its holder charges."""
    world = World()
    world.follow(occurrence("a", timedelta(0)))
    world.settle()
    assert world.start(HOLDER).accepted
    world.follow(occurrence("a", 5 * HOUR))
    assert (world.occurring("a").status, world.occurring("a").window.start) == (Status.IN_USE, NOON)
    world.follow()
    assert world.occurring("a").status is Status.IN_USE


def test_what_clashes_is_skipped_and_told_once() -> None:
    """The others are reserved; it is tried again whenever the source speaks, and reserved once there is room."""
    world = World()
    other = world.reserve(1, STRANGER, start=NOON + 2 * DAY, lasting=HOUR)
    for _ in range(2):
        world.follow(*daily(3))
        assert starts(world).keys() == {"day 0", "day 2"}
        assert world.source.skipped == {"day 1": Reason.CONFLICT}
        assert world.news.count(News.REJECTED) == 1
    rejected = next(change.after for change in world.changes if change.news is News.REJECTED)
    assert (rejected.window.start, rejected.status) == (NOON + 2 * DAY, Status.REJECTED)
    world.cancel(other)
    world.follow(*daily(3))
    assert starts(world) == wanted_starts(daily(3))
    assert not world.source.skipped


def test_what_was_reserved_and_moves_to_where_no_room_is_is_skipped() -> None:
    """Nobody wants it where it was."""
    world = World()
    world.reserve(1, STRANGER, start=NOON + 2 * DAY, lasting=HOUR)
    world.follow(occurrence("a", DAY))
    world.follow(occurrence("a", 2 * DAY))
    assert not starts(world)
    assert world.source.skipped == {"a": Reason.CONFLICT}
    assert world.news[2:] == [News.CANCELLED, News.REJECTED]


def test_a_driver_who_is_blocked_is_skipped() -> None:
    """Like a clash."""
    world = World()
    blocked = Driver(driver_id="driver-b", name="Ben", tokens=(STRANGER,), blocked=True)
    world.drivers = Drivers(known=(blocked,))
    world.follow(occurrence("a", DAY, holder=blocked.as_holder()))
    assert world.source.skipped == {"a": Reason.DRIVER_BLOCKED}


def test_all_or_nothing() -> None:
    """A strict demand is met as a whole, or says everything that is in its way, and changes nothing."""
    world = World()
    for day in (4, 2):
        world.reserve(1, STRANGER, start=NOON + day * DAY, lasting=HOUR)
    before = world.ledger
    with pytest.raises(Clashing, match="2 of 5 occurrences") as caught:
        world.follow(*daily(5), strict=True)
    assert world.ledger is before
    assert [each.occurrence.key for each in caught.value.clashes] == ["day 1", "day 3"]
    assert caught.value.clashes[0].refusal.obstacle is not None


def test_whoever_changes_some_is_told_of_those() -> None:
    """Not of how many there are that stay as they were."""
    world = World()
    world.follow(*daily(4))
    world.reserve(1, STRANGER, start=NOON + 3 * DAY + 2 * HOUR, lasting=HOUR)
    changed = (*daily(2), *(occurrence(f"day {day}", (day + 1) * DAY + 2 * HOUR) for day in (2, 3)))
    with pytest.raises(Clashing, match="1 of 2 occurrences"):
        world.follow(*changed, strict=True)


def test_what_was_skipped_before_is_nothing_new() -> None:
    """A strict change of something else succeeds all the same."""
    world = World()
    world.reserve(1, STRANGER, start=NOON + DAY, lasting=HOUR)
    world.follow(*daily(3))
    world.follow(*daily(2), strict=True)
    assert starts(world).keys() == {"day 1"}


def test_only_some_of_what_was_skipped_is_tried_again() -> None:
    """The next ones: there may be hundreds, and most are in vain."""
    world = World()
    world.policy = Policy(max_duration=400 * DAY)
    other = world.reserve(1, STRANGER, start=NOON + DAY, lasting=300 * DAY)
    world.follow(*daily(RETRIES + 5))
    world.cancel(other)
    world.follow(*daily(RETRIES + 5))
    assert len(starts(world)) == RETRIES
    world.follow(*daily(RETRIES + 5))
    assert len(starts(world)) == RETRIES + 5


@given(before=st.integers(0, 6), after=st.integers(0, 6), shift=st.sampled_from([-1, 0, 1, 5]), limit=st.integers(1, 4))
def test_in_portions_it_comes_to_the_same(before: int, after: int, shift: int, limit: int) -> None:
    """A long demand is met bit by bit, and is done once nothing is left to do."""
    world, other = World(), World()
    later = daily(after, DAY + shift * HOUR)
    for each in (world, other):
        each.follow(*daily(before))
    world.follow(*later)
    rounds = 0
    while not other.follow(*later, limit=limit):
        rounds += 1
        assert rounds <= before + after
    assert starts(other) == starts(world) == wanted_starts(later)
    assert other.source.told == world.source.told


def test_what_somebody_asked_for_alone_can_become_part_of_a_series() -> None:
    """It stays the reservation that it is."""
    world = World()
    alone = world.reserve(1, HOLDER, start=NOON + DAY, lasting=HALF_HOUR)
    world.follow(*daily(3), adopted={alone.uid: "day 0"}, strict=True)
    assert world.occurring("day 0").uid == alone.uid
    assert world.occurring("day 0").window.duration == HOUR
    assert starts(world) == wanted_starts(daily(3))


def test_an_occurrence_can_get_another_key() -> None:
    """What was told of it under the old one is forgotten."""
    world = World()
    world.follow(*daily(2))
    moved = world.occurring("day 1")
    world.follow(occurrence("day 0", DAY), occurrence("later", 3 * DAY), adopted={moved.uid: "later"})
    assert world.occurring("later").uid == moved.uid
    assert world.source.told.keys() == {"day 0", "later"}


def test_a_source_remembers_what_it_repeats() -> None:
    """And nothing of what is over."""
    world = World()
    series = Series(start=datetime(2026, 6, 2, 12), end=datetime(2026, 6, 2, 13), rule="FREQ=DAILY", evse=1)  # noqa: DTZ001
    world.follow(*daily(3), series=(series,))
    world.wait(2 * DAY)
    world.follow(*daily(3), series=(series,))
    assert world.source.series == (series,)
    assert world.source.told.keys() == {"day 1", "day 2"}


def test_a_source_that_goes_takes_what_it_has_reserved_along() -> None:
    """But not what is used, nor what others have reserved."""
    world = World(evses=(1, 2))
    other = world.reserve(2, STRANGER, start=NOON + DAY, lasting=HOUR)
    world.follow(occurrence("now", timedelta(0)), *daily(3))
    world.settle()
    world.start(HOLDER)
    world.take(dropped(world.ledger, SOURCE, world.charger, world.now))
    assert {each.uid for each in world.ledger.living()} == {other.uid, world.occurring("now").uid}
    assert not world.book.sources


def test_what_was_not_saved_has_not_happened() -> None:
    """Neither to the source nor to any of its reservations."""
    world = World(evses=(1, 2))
    world.reserve(1, STRANGER, start=NOON + 3 * DAY, lasting=HOUR)
    alone = world.reserve(1, HOLDER, start=NOON + DAY, lasting=HALF_HOUR)
    before = world.ledger
    step = world.following(*daily(4), adopted={alone.uid: "day 0"}).step
    assert undone(step.ledger, step).books == before.books
    assert undone(step.ledger, step).past == before.past
    world.take(step)
    gone = dropped(world.ledger, SOURCE, world.charger, world.now)
    assert undone(gone.ledger, gone).books == world.ledger.books


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_a_demand_is_done_though_nothing_of_it_can_be(limit: int) -> None:
    """More than one portion is refused where it is wanted: it is skipped, instead of being tried for ever."""
    world = World()
    world.follow(*daily(4))
    world.reserve(1, STRANGER, start=NOON + 10 * DAY, lasting=6 * DAY)
    rounds = 0
    while not world.follow(*daily(4, 10 * DAY), limit=limit):
        rounds += 1
        assert rounds < 20
    assert not starts(world)
    assert world.source.skipped.keys() == {f"day {number}" for number in range(4)}
    assert world.news.count(News.REJECTED) == 4


def test_those_that_wait_for_each_other_find_their_places_in_portions() -> None:
    """Though none of a portion can move before one of the next portion has."""
    world = World()
    world.follow(*(occurrence(str(number), (1 + number) * DAY) for number in range(5)))
    turned = [occurrence(str(number), (1 + (number + 2) % 5) * DAY) for number in range(5)]
    rounds = 0
    while not world.follow(*turned, limit=2):
        rounds += 1
        assert rounds < 20
    assert starts(world) == wanted_starts(turned)
    assert not world.source.skipped


def test_it_is_for_the_drivers_as_they_are_by_now() -> None:
    """Whoever reads a calendar may know them as they were: an old card gets nothing any more, nor does who is gone."""
    world = World()
    world.drivers = Drivers(known=(replace(BEN, tokens=(HOLDER,)),))
    world.follow(occurrence("a", DAY, holder=BEN.as_holder()))
    assert world.occurring("a").token == HOLDER
    gone = Driver(driver_id="driver-c", name="Cleo", tokens=(STRANGER,))
    world.follow(occurrence("a", DAY, holder=BEN.as_holder()), occurrence("b", 2 * DAY, holder=gone.as_holder()))
    assert starts(world).keys() == {"a"}
    assert not world.source.skipped


def test_what_is_the_same_under_another_key_stays() -> None:
    """Some calendars call their events anew whenever they are asked; what was cancelled by hand stays so, too."""
    world = World()
    world.reserve(1, STRANGER, start=NOON + 3 * DAY, lasting=HOUR)
    world.follow(*daily(4))
    before = {each.uid for each in world.ledger.living()}
    world.cancel(world.occurring("day 1"))
    told = len(world.changes)
    anew = [replace(each, key=f"{each.key} anew") for each in daily(4)]
    world.follow(*anew)
    assert starts(world).keys() == {"day 0 anew", "day 3 anew"}
    assert {each.uid for each in world.ledger.living()} < before
    assert not [change.news for change in world.changes[told:] if change.news]
    assert world.source.told.keys() == {each.key for each in anew}
    assert world.source.skipped == {"day 2 anew": Reason.CONFLICT}
