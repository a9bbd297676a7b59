"""What a charger tells of its settings, when it is asked, and what becomes of that."""

from dataclasses import replace

from custom_components.ocpp_central.core.book import Book
from custom_components.ocpp_central.core.charger import Charger
from custom_components.ocpp_central.core.commands import AskForAbilities, AskForSettings, PlaceHold
from custom_components.ocpp_central.core.events import Connected, SettingChanged, SettingsTold
from custom_components.ocpp_central.core.evse import Evse
from custom_components.ocpp_central.core.planner import plan
from custom_components.ocpp_central.core.settings import Setting

from .world import CHARGER, NOON, World

SETTLED = Charger(
    charger=CHARGER,
    evses={1: Evse(evse=1, reported=True)},
    connected_at=NOON,
)
CONNECTED = Connected(token_length=20, at=NOON)
CHANGED = SettingChanged(restart=False, at=NOON)


def _told(**values: bool) -> SettingsTold:
    return SettingsTold(values={Setting(name): value for name, value in values.items()}, at=NOON)


def _is_asked(charger: Charger) -> bool:
    return AskForSettings() in plan(Book(charger=CHARGER), charger, NOON).commands


def _again(charger: Charger) -> Charger:
    """The charger when it has connected again and reported."""
    return replace(charger.after(CONNECTED), evses=SETTLED.evses)


def test_a_charger_is_asked_once_per_connection() -> None:
    """Somebody may have changed its settings while it was away."""
    assert _is_asked(SETTLED)
    told = SETTLED.after(_told(cache=True))
    assert not _is_asked(told)
    assert _is_asked(_again(told))


def test_a_charger_is_asked_only_when_it_is_settled() -> None:
    """Whatever it has to tell by itself comes first."""
    assert not _is_asked(replace(SETTLED, evses={1: Evse(evse=1)}))


def test_settings_are_asked_for_last() -> None:
    """Nobody's reservation waits for that, nor what the charger can reserve."""
    world = World()
    world.boot()
    world.reserve()
    world.tell(CHANGED)
    assert [type(each) for each in world.settle()] == [PlaceHold, AskForAbilities, AskForSettings]
    assert world.plan().commands == ()


def test_a_charger_that_does_not_tell_is_left_alone_until_it_connects_again() -> None:
    """Nothing is known of it then."""
    silent = SETTLED.after(_told())
    assert not _is_asked(silent)
    assert silent.settings.asked
    assert all(silent.settings.of(each) is None for each in Setting)
    assert _is_asked(_again(silent))


def test_what_is_told_counts_until_anything_is_told_again() -> None:
    """A charger that gives no answer any more has not changed by that; one that leaves something out may have."""
    told = SETTLED.after(_told(cache=True, local_list=False))
    assert _again(told).settings.of(Setting.CACHE) is True
    assert _again(told).after(_told()).settings.of(Setting.CACHE) is True
    anew = _again(told).after(_told(local_list=True)).settings
    assert (anew.of(Setting.CACHE), anew.of(Setting.LOCAL_LIST)) == (None, True)


def test_a_charger_that_changed_a_setting_is_asked_what_it_made_of_it() -> None:
    """Its Accepted is a word; what it tells is a fact."""
    told = SETTLED.after(_told(cache=True))
    assert _is_asked(told.after(CHANGED))
    assert told.after(CHANGED).settings.of(Setting.CACHE) is True


def test_a_change_that_waits_for_a_restart_is_remembered_until_then() -> None:
    """Also if others are made after it, which do not wait."""
    told = SETTLED.after(_told(cache=True))
    assert not told.after(CHANGED).settings.restart_due
    waiting = told.after(SettingChanged(restart=True, at=NOON)).after(CHANGED).after(_told(cache=True))
    assert waiting.settings.restart_due
    assert not _again(waiting).settings.restart_due
