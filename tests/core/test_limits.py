"""How much cars may draw: units, and what is known of a charger's limits."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.ocpp_central.core.events import Allowed, DefaultLimited, LimitsTold
from custom_components.ocpp_central.core.limits import NOMINAL_VOLTAGE, Limit, Limits, Purpose, Unit, profile_of

A, W = Unit.AMPERE, Unit.WATT
NOW = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("amount", "unit", "phases", "wanted", "want"),
    [
        (16, A, 3, W, 11040),
        (16, A, 1, W, 3680),
        (16, A, None, W, 3680),
        (11040, W, 3, A, 16),
        (3680, W, 1, A, 16),
        (3680, W, None, A, 5.3),
        (7000, W, 1, A, 30.4),
        (16.1, A, None, A, 16.1),
        (0.3, A, None, A, 0.3),
        (16.19, A, None, A, 16.1),
        (3680.9, W, None, W, 3680),
        (0, A, None, W, 0),
    ],
)
def test_a_limit_is_told_in_the_other_unit(
    amount: float, unit: Unit, phases: int | None, wanted: Unit, want: float
) -> None:
    """By phases and the nominal voltage, rounded down; where the phases are not known, so that no car gets more."""
    assert Limit(amount=amount, unit=unit, phases=phases).amount_in(wanted) == want


@given(st.floats(0, 1000), st.sampled_from([1, 2, 3]), st.sampled_from([None, 1, 2, 3]))
def test_no_car_gets_more_than_the_limit(amount: float, phases: int, said: int | None) -> None:
    """On however many phases it charges, unless the owner was wrong about that."""
    if said not in (None, phases):
        return
    in_watts = Limit(amount=amount, unit=A, phases=said).amount_in(W)
    assert in_watts / phases / NOMINAL_VOLTAGE <= amount + 1e-6
    in_amperes = Limit(amount=amount, unit=W, phases=said).amount_in(A)
    assert in_amperes * phases * NOMINAL_VOLTAGE <= amount + 1e-3


def told(*units: str, supported: bool | None = None, highest: int | None = None) -> LimitsTold:
    """What a charger tells."""
    return LimitsTold(supported=supported, units=frozenset(units), highest=highest, at=NOW)


def test_what_a_charger_does_not_say_stays_as_it_was() -> None:
    """And nothing changes where nothing is new."""
    limits = Limits().after(told("A", supported=True, highest=8))
    assert (limits.supported, set(limits.units), limits.highest) == (True, {A}, 8)
    assert limits.after(told()) is limits
    assert limits.after(told("W")).units == {W}


@pytest.mark.parametrize(("highest", "usual"), [(None, 0), (0, 0), (1, 0), (8, 7)])
def test_a_limit_is_not_on_the_highest_level(highest: int | None, usual: int) -> None:
    """There are chargers that forget what is there when they start anew."""
    assert Limits().after(told(highest=highest)).usual_level == usual


def test_a_limit_is_not_below_one_that_was_set_here() -> None:
    """At the same place, or at all places: it would be in vain."""
    limits = Limits(highest=8)
    for evse, level in ((None, 5), (1, 8)):
        limits = limits.after(DefaultLimited(evse=evse, level=level, course=(Allowed(NOW, 16),), at=NOW))
    assert [limits.level_for(Purpose.DEFAULT, evse) for evse in (None, 1, 2)] == [7, 8, 7]
    assert limits.level_for(Purpose.TRANSACTION, 1) == 7


@pytest.mark.parametrize(("said", "supported"), [(None, True), (True, True), (False, False)])
def test_who_has_agreed_to_a_limit_can_limit(said: bool | None, supported: bool) -> None:
    """Unless it says otherwise: then its word counts, or what there is would change with each connection."""
    limited = DefaultLimited(evse=1, course=(Allowed(NOW, 16),), at=NOW)
    assert Limits(supported=said).after(limited).supported is supported
    assert Limits().after(DefaultLimited(evse=1, at=NOW)).supported is None


@pytest.mark.parametrize(
    ("units", "wished", "want"), [((), W, W), (("A",), W, A), (("W",), A, W), (("A", "W"), A, A), (("A", "W"), W, W)]
)
def test_a_charger_is_told_in_the_unit_that_it_knows(units: tuple[str, ...], wished: Unit, want: Unit) -> None:
    """In the one that was wished, if it does not matter or is not known."""
    assert Limits().after(told(*units)).unit_for(wished) is want


def course(*steps: float | None) -> tuple[Allowed, ...]:
    """So much from now on, each for an hour; None: no limit."""
    return tuple(Allowed(NOW + number * HOUR, current) for number, current in enumerate(steps))


def limited(*changes: DefaultLimited) -> Limits:
    """What is known once a charger has agreed to these."""
    limits = Limits()
    for change in changes:
        limits = limits.after(change)
    return limits


def test_a_limit_of_one_connector_goes_before_that_of_all() -> None:
    """And one that is taken back leaves that of all."""
    limits = limited(
        DefaultLimited(evse=None, course=course(10.0), at=NOW), DefaultLimited(evse=1, course=course(16.0), at=NOW)
    )
    assert (limits.current_at(1, NOW), limits.current_at(2, NOW)) == (16.0, 10.0)
    limits = limits.after(DefaultLimited(evse=1, at=NOW))
    assert limits.current_at(1, NOW) == 10.0
    assert limits.after(DefaultLimited(evse=None, at=NOW)).current_at(1, NOW) is None


def test_a_limit_of_all_takes_none_of_a_connector_back_unless_all_are() -> None:
    """One for all leaves a connector's own limit as it is; clearing leaves none anywhere."""
    limits = limited(DefaultLimited(evse=1, course=course(16.0), at=NOW))
    assert limits.after(DefaultLimited(evse=None, course=course(6.0), at=NOW)).current_at(1, NOW) == 16.0
    assert limits.after(DefaultLimited(evse=None, everywhere=True, at=NOW)).current_at(1, NOW) is None


def test_a_schedule_goes_on_by_the_clock() -> None:
    """Before it begins and after it has ended, it limits nothing; and it says when the next step comes."""
    limits = limited(DefaultLimited(evse=1, course=course(16.0, 6.0, None), at=NOW))
    moments = [NOW + hours * HOUR for hours in (-0.5, 0, 0.5, 1.5, 2.5)]
    assert [limits.current_at(1, moment) for moment in moments] == [None, 16.0, 16.0, 6.0, None]
    nexts = [NOW, NOW + HOUR, NOW + HOUR, NOW + 2 * HOUR, None]
    assert [limits.next_change(1, moment) for moment in moments] == nexts
    assert limits.next_change(2, NOW) is None


def test_a_schedule_begins_anew() -> None:
    """Every day, say; before its first beginning there is nothing to repeat."""
    day = 24 * HOUR
    limits = limited(DefaultLimited(evse=1, course=course(16.0, 6.0, None), every=day, at=NOW))
    hours = (-1, 0, 1.5, 3, 23.5, 24, 25.5, 27, 7 * 24)
    allowed = [None, 16.0, 6.0, None, None, 16.0, 6.0, None, 16.0]
    assert [limits.current_at(1, NOW + hour * HOUR) for hour in hours] == allowed
    nexts = {-1: 0, 0: 1, 1.5: 2, 3: 24, 24: 25, 27: 48}
    assert {hour: (limits.next_change(1, NOW + hour * HOUR) or NOW) - NOW for hour in nexts} == {
        hour: at * HOUR for hour, at in nexts.items()
    }


def test_of_two_limits_the_higher_level_prevails_while_it_counts() -> None:
    """The lower one is there again when that has ended, or is taken back."""
    limits = limited(
        DefaultLimited(evse=1, course=course(6.0, None), level=8, at=NOW),
        DefaultLimited(evse=1, course=course(16.0), level=0, at=NOW),
    )
    assert (limits.current_at(1, NOW), limits.current_at(1, NOW + HOUR)) == (6.0, 16.0)
    replaced = limits.after(DefaultLimited(evse=1, course=course(10.0), level=8, at=NOW))
    assert replaced.current_at(1, NOW) == 10.0
    assert len(replaced.set_here) == 2
    assert limits.after(DefaultLimited(evse=1, at=NOW)).set_here == ()


def test_limits_have_numbers_of_their_own() -> None:
    """One for each purpose, EVSE and level: by it the charger replaces the limit, and no other one."""
    for highest in (8, 2_000_000, 2**31 - 1):
        wanted = [
            (purpose, evse, level)
            for purpose in Purpose
            for evse in (None, *range(1, 1002, 10), 332, 333, 334, 999, 1000, 10_000, 49_061)
            for level in {0, 1, 2, 99, 999, 1000, highest}
        ]
        numbers = {profile_of(*each) for each in wanted}
        assert len(numbers) == len(wanted)
        assert all(0 < number < 2**31 for number in numbers)


@given(st.sampled_from(Purpose), st.none() | st.integers(1, 2**31 - 1), st.integers(0, 2**31 - 1))
def test_every_number_is_one_that_ocpp_has(purpose: Purpose, evse: int | None, level: int) -> None:
    """Whatever a charger counts its connectors with."""
    assert 0 < profile_of(purpose, evse, level) < 2**31


@pytest.mark.parametrize(
    ("purpose", "evse", "level", "number"),
    [
        (Purpose.CHARGE_POINT_MAX, None, 8, 8_001),
        (Purpose.DEFAULT, 1, 0, 5),
        (Purpose.TRANSACTION, 332, 8, 8_999),
        (Purpose.DEFAULT, 1, 2**31 - 1, 1_483_647_005),
    ],
)
def test_numbers_that_chargers_may_have_stay_what_they_are(
    purpose: Purpose, evse: int | None, level: int, number: int
) -> None:
    """A limit that was set long ago is replaced by the next one."""
    assert profile_of(purpose, evse, level) == number
