"""What a register has counted, whatever it says."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given, strategies as st
import pytest

from custom_components.ocpp_central.core.register import Register

from .world import MINUTE, NOON, SECOND

HOUR = 60 * MINUTE


def read(*told: float, every: timedelta = MINUTE, register: Register | None = None) -> list[float | None]:
    """What was counted after each reading."""
    totals: list[float | None] = []
    register = register or Register()
    begin = register.at or NOON
    for number, wh in enumerate(told, start=1):
        register = register.after(wh, begin + number * every)
        totals.append(register.total)
    return totals


@pytest.mark.parametrize(
    ("told", "counted"),
    [
        ((0, 100, 250.5), [0, 100, 250.5]),
        ((5000, 5000, 5100), [5000, 5000, 5100]),
        # lbbrhzn/ocpp#1756: it says nothing for a while
        ((16_000_000, 0, 16_000_100), [16_000_000, 16_000_000, 16_000_100]),
        ((16_000_000, 0, 0, 0, 16_000_100), [16_000_000, 16_000_000, 16_000_000, 16_000_000, 16_000_100]),
        # it begins anew with each session, or with a restart of the charger
        ((5000, 0, 0, 60, 120), [5000, 5000, 5000, 5060, 5120]),
        ((5000, 70, 120), [5000, 5000, 5120]),
        ((500, 0, 490, 600), [500, 500, 990, 1100]),
        ((5000, 0, 700, 0, 300), [5000, 5000, 5700, 5700, 6000]),
        # rounding
        ((2259992.1, 2259988, 2259993), [2259992.1, 2259992.1, 2259993]),
        ((1000.9, 1000, 1000.5, 1001), [1000.9, 1000.9, 1000.9, 1001]),
        # both: it says nothing where a transaction begins, and a little less than before where that ends
        ((160_083.3, 0, 160_083, 160_090), [160_083.3, 160_083.3, 160_083.3, 160_090]),
        ((160_083.3, 0, 160_000, 160_090), [160_083.3, 160_083.3, 160_083.3, 160_090]),
        ((160_083.3, 0, 160_000, 160_020), [160_083.3, 160_083.3, 160_083.3, 160_103.3]),
        # another meter
        ((16_000_000, 9_000_000, 9_000_100, 9_000_150), [16_000_000, 16_000_000, 16_000_100, 16_000_150]),
        # nonsense, and nonsense that goes on from there
        ((1000, 4_294_967_295, 1100), [1000, 1000, 1100]),
        ((1000, 90_000_000, 90_000_200, 90_000_300), [1000, 1000, 1200, 1300]),
        # what is doubted goes on sinking
        ((5000, 4000, 100, 200), [5000, 5000, 5000, 5200]),
    ],
)
def test_what_is_counted_neither_falls_nor_leaps(told: tuple[float, ...], counted: list[float]) -> None:
    """Home Assistant takes any fall for a new meter, and then counts all that follows (total_increasing)."""
    assert read(*told) == counted


def test_a_long_absence_explains_a_large_rise() -> None:
    """Whoever was not there cannot say how much went through."""
    assert read(1000, 3_000_000, every=timedelta(days=1)) == [1000, 3_000_000]


def test_a_charger_with_a_wrong_clock_tells_at_once_what_took_hours() -> None:
    """What it queued: its own dates show how long that took, and how much may have gone through."""
    queued = Register().after(1000, NOON, NOON - 9 * HOUR)
    for number in range(1, 4):
        queued = queued.after(1000 + 8000 * number, NOON, NOON - 9 * HOUR + number * HOUR)
    assert queued.total == 25_000
    assert queued.after(90_000_000, NOON + MINUTE, NOON - 5 * HOUR).total == 25_000


def test_what_was_queued_may_be_told_after_what_came_later() -> None:
    """An end before the readings of it, all under a wrong date: the register has not begun anew."""
    register = Register().after(50_000, NOON, NOON - 9 * HOUR).after(57_000, NOON, NOON - 7 * HOUR)
    for minute, wh in enumerate((50_200, 50_400, 53_000)):
        register = register.after(wh, NOON + minute * SECOND, NOON - 8 * HOUR + minute * MINUTE)
    assert register.total == 57_000
    anew = register.after(0, NOON + HOUR, NOON - 20 * HOUR).after(50, NOON + HOUR, NOON - 20 * HOUR)
    assert anew.total == 57_050


@given(st.lists(st.floats(0, 1e9) | st.integers(0, 100_000).map(float), min_size=1, max_size=30))
def test_nothing_makes_it_fall(told: list[float]) -> None:
    """Whatever a charger says."""
    totals = [total for total in read(*told) if total is not None]
    assert all(later >= sooner - 1e-3 for sooner, later in pairwise(totals))


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=30))
def test_an_honest_register_is_told_as_it_is(steps: list[int]) -> None:
    """To the last digit."""
    told = [float(sum(steps[: number + 1])) for number in range(len(steps))]
    assert read(*told) == told


def test_a_reading_a_moment_ago_may_have_been_a_little_less() -> None:
    """Chargers round what a transaction begins with; what is far less is another count."""
    register = Register().after(157_445, NOON)
    assert register.when_it_said(157_440) == 157_440
    assert register.when_it_said(0) is None
    assert register.when_it_said(200_000) is None
    assert Register().when_it_said(5) is None


def session(start: float, *told: float, register: Register) -> Register:
    """The register once a transaction began with `start`, and told that an hour later and on."""
    at = (register.at or NOON) + HOUR
    register = register.began(start, at)
    for number, wh in enumerate(told, start=1):
        register = register.after(wh, at + number * HOUR)
    return register


def test_a_register_of_single_sessions_is_known_once_it_has_shown() -> None:
    """Then the beginning of a session says that it begins anew, however far it is when it is read next."""
    first = session(0, 2500, 5000, register=Register())
    assert (first.total, first.anew) == (5000, False)
    second = session(0, 1000, 3000, register=first)
    assert (second.total, second.anew) == (8000, True)
    third = session(0, 4000, register=second)
    assert third.total == 12_000
    assert session(0, 6000, register=third).total == 18_000
    assert session(0, 7000, register=third.after(0, NOON + 50 * HOUR)).total == 19_000


def test_a_register_that_goes_on_for_ever_is_believed_though_starts_say_0() -> None:
    """Many chargers fill in nothing there (lbbrhzn/ocpp#1756)."""
    register = session(0, 2500, 5000, register=Register())
    for wh in (9000, 12_000, 160_000):
        register = session(0, wh, register=register)
        assert (register.total, register.anew) == (wh, False)
    anew = session(150_000, 150_100, register=session(0, 90, register=Register().after(100_000, NOON)))
    assert anew.total is not None
    assert session(anew.told or 0, (anew.told or 0) + 50, register=anew).total == anew.total + 50
