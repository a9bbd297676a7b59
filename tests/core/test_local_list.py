"""A charger's own list of drivers: what is asked and sent, and what is known of it afterwards."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
import pytest

from custom_components.ocpp_central.core.charger import Charger
from custom_components.ocpp_central.core.commands import (
    AskForListLimits,
    AskForListVersion,
    ChangeSetting,
    ListCommand,
    Outcome,
    PlaceHold,
    SendList,
)
from custom_components.ocpp_central.core.entries import Entries, Entry
from custom_components.ocpp_central.core.events import (
    Authorizing,
    Booted,
    Connected,
    ListLimitsTold,
    ListVersionTold,
    Standing,
)
from custom_components.ocpp_central.core.evse import Evse
from custom_components.ocpp_central.core.local_list import (
    FOLLOWED,
    MOST_AT_ONCE,
    Known,
    LocalList,
    Problem,
    Trouble,
    kept,
    remembered,
)
from custom_components.ocpp_central.core.settings import Setting
from custom_components.ocpp_central.core.token import IdToken

from .world import CHARGER, KNOWN, NOON, World

SWITCH_ON = ChangeSetting(setting=Setting.LOCAL_LIST, value=True)

BLOCKED = Standing.BLOCKED
DOES = Outcome.ACCEPTED
UNKNOWN = [Outcome.TIMED_OUT, Outcome.UNREADABLE, Outcome.DISCONNECTED]


def entry(value: str, **facts: object) -> Entry:
    """An entry for a token that may charge, unless `facts` say otherwise."""
    return Entry(token=IdToken(value=value), **facts)  # type: ignore[arg-type]


def values_of(tokens: Iterable[IdToken]) -> list[str]:
    """What these tokens say."""
    return [token.value for token in tokens]


def listed(*entries: Entry | str) -> Entries:
    """A list of these tokens, or entries."""
    made = [entry(each) if isinstance(each, str) else each for each in entries]
    return {each.token.key: each for each in made}


def values(entries: Iterable[Entry]) -> list[str]:
    """The tokens of these entries."""
    return [each.token.value for each in entries]


@dataclass
class ListCharger:
    """A charger that keeps a list, and does what it is told; `answers`: what it says of the next updates instead.

    `does`: whether it does them all the same. `length` None: it has no list.
    """

    version: int = 0
    entries: dict[str, Entry] = field(default_factory=dict)
    enabled: bool | None = True
    may_switch: bool = True
    length: int | None = 100
    at_once: int | None = None
    answers: list[Outcome] = field(default_factory=list)
    does: bool = False
    versions: list[int] = field(default_factory=list)

    def obey(self, update: SendList) -> Outcome:
        assert update.version not in self.versions, "a version is never used twice"
        assert len(update.entries) + len(update.removed) <= min(self.at_once or MOST_AT_ONCE, MOST_AT_ONCE)
        self.versions.append(update.version)
        if self.answers:
            says = self.answers.pop(0)
            if self.does:
                self._obey(update)
            return says
        return self._obey(update)

    def _obey(self, update: SendList) -> Outcome:
        if not update.full and update.version <= self.version:
            return Outcome.REJECTED
        entries = {} if update.full else dict(self.entries)
        for token in update.removed:
            entries.pop(token.value.casefold(), None)
        entries |= {each.token.value.casefold(): each for each in update.entries}
        if self.length is not None and len(entries) > self.length:
            return Outcome.FAILED
        self.version, self.entries = update.version, entries
        return DOES


class Pair:
    """A charger, and what we know of its list."""

    def __init__(self, wanted: Entries | None = None, charger: ListCharger | None = None) -> None:
        self.charger = charger or ListCharger()
        self.known = LocalList().wanting(wanted).connected()

    def answer(self, command: ListCommand) -> None:
        """Have the charger answer a command."""
        outcome = DOES
        match command:
            case AskForListLimits():
                limits = (self.charger.enabled, self.charger.length, self.charger.at_once)
                enabled, most, at_once = limits
                self.known = self.known.after(ListLimitsTold(enabled=enabled, most=most, at_once=at_once, at=NOON))
            case ChangeSetting():
                self.charger.enabled = self.charger.may_switch
                outcome = DOES if self.charger.may_switch else Outcome.REJECTED
            case AskForListVersion():
                version = -1 if self.charger.length is None else self.charger.version
                self.known = self.known.after(ListVersionTold(version=version, at=NOON))
            case SendList():
                self.known = self.known.sending(command)
                outcome = self.charger.obey(command)
        self.known = self.known.answered(command, outcome)

    def settle(self) -> list[ListCommand]:
        """Do all that is due; what that was."""
        done: list[ListCommand] = []
        while (command := self.known.due()) is not None:
            assert len(done) < 50, "it never comes to an end"
            done.append(command)
            self.answer(command)
        return done

    def updates(self) -> list[SendList]:
        """Do all that is due; the updates in it."""
        return [each for each in self.settle() if isinstance(each, SendList)]

    def want(self, *entries: Entry | str) -> list[SendList]:
        """The owner changes drivers; the updates that follow."""
        self.known = self.known.wanting(listed(*entries))
        return self.updates()

    def reconnect(self) -> None:
        self.known = self.known.connected()

    def restart(self) -> None:
        """Start anew with what is on disk."""
        self.known = remembered(kept(self.known.known)).wanting(self.known.wanted).connected()


def test_a_list_that_nobody_wants_costs_nothing() -> None:
    """Off by default: a charger is not even asked."""
    assert Pair().settle() == []


def test_a_charger_is_asked_before_its_first_list() -> None:
    """Limits, version, then the list as a whole; a world as it should be needs nothing."""
    pair = Pair(listed("A", "B"))
    update = SendList(version=1, full=True, entries=(entry("A"), entry("B")))
    assert pair.settle() == [AskForListLimits(), AskForListVersion(), update]
    assert pair.settle() == []
    assert pair.charger.entries == listed("A", "B")
    assert pair.known.problem is None


def test_a_change_is_sent_as_a_change() -> None:
    """Who is gone is removed, who is blocked comes first, and who is as before is not mentioned."""
    pair = Pair(listed("A", "B", "C"))
    pair.settle()
    blocked = entry("C", standing=BLOCKED)
    assert pair.want("A", "D", blocked) == [
        SendList(version=2, full=False, removed=(IdToken(value="B"),), entries=(blocked, entry("D")))
    ]
    assert pair.charger.entries == listed("A", "D", blocked)
    assert pair.want("A", "D", blocked) == []


def test_the_version_is_asked_for_once_per_connection() -> None:
    """If it is the one that we gave, the list is as we know it, also after a restart of Home Assistant."""
    pair = Pair(listed("A"))
    pair.settle()
    for again in (pair.reconnect, pair.restart):
        again()
        assert pair.settle() == [AskForListLimits(), AskForListVersion()]
    assert pair.want("B")[0].version == 2


def test_what_changed_meanwhile_follows_as_a_change() -> None:
    """The charger was away, or we were."""
    pair = Pair(listed("A"))
    pair.settle()
    pair.restart()
    (update,) = pair.want("A", "B")
    assert (update.full, values(update.entries)) == (False, ["B"])


@pytest.mark.parametrize("version", [1, 7])
def test_a_list_of_another_version_is_replaced(version: int) -> None:
    """Somebody else wrote it; ours has a version above both."""
    pair = Pair(listed("A"), ListCharger(version=version, entries=dict(listed("X"))))
    assert pair.updates() == [SendList(version=version + 1, full=True, entries=(entry("A"),))]
    assert pair.charger.entries == listed("A")


def test_a_charger_that_lost_its_list_gets_it_again() -> None:
    """Version 0 is an empty list."""
    pair = Pair(listed("A"))
    pair.settle()
    pair.charger.version, pair.charger.entries = 0, {}
    pair.known = pair.known.booted()
    assert pair.updates() == [SendList(version=2, full=True, entries=(entry("A"),))]


def test_nobody_is_to_be_listed_and_nobody_is() -> None:
    """Nothing is sent to a charger whose list is empty."""
    pair = Pair(listed())
    assert pair.settle() == [AskForListLimits(), AskForListVersion()]
    assert pair.known.is_right


def test_a_strangers_list_is_emptied_where_nobody_is_to_be_listed() -> None:
    """Whom it names is no driver of ours."""
    pair = Pair(listed(), ListCharger(version=3, entries=dict(listed("X"))))
    assert pair.updates() == [SendList(version=4, full=True)]
    assert pair.charger.entries == {}


def test_a_version_that_leaves_no_room_is_not_outdone() -> None:
    """A whole list may have any version, and ours must stay within 32 bits."""
    pair = Pair(listed("A"), ListCharger(version=FOLLOWED))
    assert [each.version for each in pair.updates()] == [1]


def test_another_spelling_is_sent_with_the_whole_list() -> None:
    """To some chargers it is another token, and they would keep both."""
    pair = Pair(listed("a", "B"))
    pair.settle()
    (update,) = pair.want("A", "B")
    assert (update.full, values(update.entries)) == (True, ["A", "B"])


def test_another_spelling_does_not_begin_a_long_list_anew() -> None:
    """Nobody else is missing meanwhile: the old spelling goes, and then the new one comes."""
    names = [f"T{number}" for number in range(45)]
    pair = Pair(listed("a", *names))
    pair.settle()
    gone, come = pair.want("A", *names)
    assert (gone.full, values_of(gone.removed), gone.entries) == (False, ["a"], ())
    assert (come.full, come.removed, values(come.entries)) == (False, (), ["A"])
    assert pair.charger.entries == listed("A", *names)
    assert pair.known.is_right


@pytest.mark.parametrize("at_once", [None, 2, 1000])
def test_a_long_list_goes_in_parts(at_once: int | None) -> None:
    """A whole one with the first part, then changes, each with a version; never more than are good for who waits."""
    names = [f"T{number}" for number in range(45)]
    pair = Pair(listed(*names), ListCharger(at_once=at_once))
    first, *others = pair.updates()
    most = min(at_once or MOST_AT_ONCE, MOST_AT_ONCE)
    assert (first.full, values(first.entries)) == (True, names[:most])
    assert not any(each.full for each in others)
    assert 1 + len(others) == -(-45 // most)
    assert pair.charger.entries == listed(*names)
    assert pair.known.is_right


def test_removals_go_in_parts_too() -> None:
    """What is removed counts like what is added."""
    pair = Pair(listed("A", "B", "C"), ListCharger(at_once=2))
    pair.settle()
    first, second = pair.want("D")
    assert (values_of(first.removed), values(first.entries)) == (["A", "B"], [])
    assert (values_of(second.removed), values(second.entries)) == (["C"], ["D"])


def test_as_many_as_fit_are_listed() -> None:
    """The first ones; the owner is told of how many."""
    pair = Pair(listed("A", "B", "C"), ListCharger(length=2))
    pair.settle()
    assert pair.charger.entries == listed("A", "B")
    assert pair.known.problem == Problem(trouble=Trouble.TOO_SHORT, fitting=2, wanted=3)
    pair.want("B", "C")
    assert pair.charger.entries == listed("B", "C")
    assert pair.known.problem is None


def test_another_order_is_another_list_where_not_all_fit() -> None:
    """Who comes first has the place."""
    pair = Pair(listed("A", "B"), ListCharger(length=1))
    pair.settle()
    pair.want("B", "A")
    assert pair.charger.entries == listed("B")


def test_a_list_that_is_off_is_switched_on() -> None:
    """The owner asked for it."""
    pair = Pair(listed("A"), ListCharger(enabled=False))
    assert pair.settle()[:3] == [AskForListLimits(), SWITCH_ON, AskForListVersion()]
    assert pair.charger.enabled
    assert pair.charger.entries == listed("A")


def test_a_list_that_cannot_be_switched_on_is_of_no_use() -> None:
    """Until the next boot."""
    pair = Pair(listed("A"), ListCharger(enabled=False, may_switch=False))
    assert pair.settle() == [AskForListLimits(), SWITCH_ON]
    assert pair.known.problem == Problem(trouble=Trouble.UNSUPPORTED, fitting=1, wanted=1)
    pair.reconnect()
    assert pair.settle() == []
    pair.charger.may_switch = True
    pair.known = pair.known.booted()
    pair.settle()
    assert pair.charger.entries == listed("A")
    assert pair.known.problem is None


@pytest.mark.parametrize("outcome", UNKNOWN)
def test_whether_it_was_switched_on_need_not_be_known(outcome: Outcome) -> None:
    """Its version, or its answer to the list, will tell."""
    known = LocalList().wanting(listed("A"))
    known = known.after(ListLimitsTold(enabled=False, most=None, at_once=None, at=NOON))
    known = known.answered(AskForListLimits(), DOES)
    assert known.due() == SWITCH_ON
    assert known.answered(SWITCH_ON, outcome).due() == AskForListVersion()


def test_limits_that_are_not_told_are_no_obstacle() -> None:
    """A charger that refuses the question may have a list all the same."""
    known = LocalList().wanting(listed("A")).answered(AskForListLimits(), Outcome.FAILED)
    assert known.due() == AskForListVersion()


@pytest.mark.parametrize("version", [-1, None])
def test_a_charger_without_a_list_is_left_alone_until_it_boots(version: int | None) -> None:
    """It says -1, or does not know the question."""
    pair = Pair(listed("A"), ListCharger(length=None))
    pair.answer(AskForListLimits())
    if version is None:
        pair.known = pair.known.answered(AskForListVersion(), Outcome.NOT_IMPLEMENTED)
    assert [each for each in pair.settle() if isinstance(each, SendList)] == []
    for do in (pair.reconnect, lambda: pair.want("B")):
        do()
        assert pair.settle() == []
    assert pair.known.problem == Problem(trouble=Trouble.UNSUPPORTED, fitting=1, wanted=1)
    pair.charger.length = 10
    pair.known = pair.known.booted()
    pair.settle()
    assert pair.charger.entries == listed("B")
    assert pair.known.problem is None


def test_a_charger_that_does_not_know_the_update_has_no_list() -> None:
    """NotSupported, or a CALLERROR that means the same."""
    pair = Pair(listed("A"), ListCharger(answers=[Outcome.NOT_IMPLEMENTED]))
    assert len(pair.updates()) == 1
    assert pair.known.problem == Problem(trouble=Trouble.UNSUPPORTED, fitting=1, wanted=1)


def test_who_wants_a_list_again_has_it_tried_again() -> None:
    """Perhaps it was switched on at the charger meanwhile."""
    pair = Pair(listed("A"), ListCharger(answers=[Outcome.NOT_IMPLEMENTED]))
    pair.settle()
    pair.known = pair.known.wanting(None)
    assert pair.known.problem is None
    pair.want("A")
    assert pair.charger.entries == listed("A")


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.REJECTED])
def test_a_change_that_fails_is_followed_by_the_whole_list(outcome: Outcome) -> None:
    """The version of the whole one is above both."""
    pair = Pair(listed("A"))
    pair.settle()
    pair.charger.answers = [outcome]
    pair.charger.version = 40 if outcome is Outcome.REJECTED else pair.charger.version
    change, whole = pair.want("A", "B")
    assert (change.full, whole.full) == (False, True)
    assert whole.version > max(change.version, 40 if outcome is Outcome.REJECTED else 0)
    assert pair.charger.entries == listed("A", "B")
    assert pair.known.problem is None


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.REJECTED, Outcome.TIMED_OUT, Outcome.UNREADABLE])
def test_a_charger_that_fails_again_is_left_alone(outcome: Outcome) -> None:
    """Until it connects again, or until drivers change; there is no loop."""
    pair = Pair(listed("A"))
    pair.settle()
    pair.charger.answers = [outcome] * 6
    assert len(pair.want("A", "B")) == 2
    assert pair.known.problem == Problem(trouble=Trouble.FAILED, fitting=2, wanted=2)
    assert len(pair.want("A", "B", "C")) == 2
    pair.reconnect()
    assert pair.known.problem == Problem(trouble=Trouble.FAILED, fitting=3, wanted=3)
    assert len(pair.updates()) == 2
    pair.reconnect()
    pair.settle()
    assert pair.charger.entries == listed("A", "B", "C")
    assert pair.known.problem is None


def test_parts_that_fail_do_not_go_round_in_circles() -> None:
    """A first part that is taken is no success."""
    pair = Pair(listed("A", "B", "C"), ListCharger(at_once=2, answers=[]))
    pair.answer(AskForListLimits())
    pair.charger.length = 2  # less than it says
    assert len(pair.updates()) == 4
    assert pair.known.problem == Problem(trouble=Trouble.FAILED, fitting=3, wanted=3)


@pytest.mark.parametrize("outcome", UNKNOWN)
@pytest.mark.parametrize("does", [True, False])
def test_its_version_shows_what_became_of_an_update(outcome: Outcome, *, does: bool) -> None:
    """Nothing is sent again that the charger has; what it has not is sent again as a change."""
    pair = Pair(listed("A"))
    pair.settle()
    pair.charger.answers, pair.charger.does = [outcome], does
    pair.known = pair.known.wanting(listed("A", "B"))
    lost, question, *again = pair.settle()
    assert isinstance(lost, SendList)
    assert question == AskForListVersion()
    assert [each.full for each in again if isinstance(each, SendList)] == ([] if does else [False])
    assert pair.charger.entries == listed("A", "B")
    assert pair.known.is_right


@pytest.mark.parametrize("does", [True, False])
def test_an_update_that_a_restart_interrupted_is_found_out(*, does: bool) -> None:
    """Its number is on disk before it is sent, and is not used again; the list is sent as a whole, whatever it says."""
    pair = Pair(listed("A"))
    pair.settle()
    pair.known = pair.known.wanting(listed("A", "B"))
    update = pair.known.due()
    assert isinstance(update, SendList)
    pair.known = pair.known.sending(update)
    if does:
        pair.charger.obey(update)
    pair.restart()
    again = pair.updates()
    assert [(each.version, each.full) for each in again] == [(update.version + 1, True)]
    assert pair.charger.entries == listed("A", "B")


def test_an_update_that_could_not_be_sent_is_found_out_too() -> None:
    """The disk could not be written; meanwhile the owner has changed his mind."""
    pair = Pair(listed("A"))
    pair.settle()
    pair.known = pair.known.wanting(listed("A", "B"))
    update = pair.known.due()
    assert isinstance(update, SendList)
    pair.known = pair.known.sending(update).wanting(listed("A"))
    assert pair.settle() == [AskForListVersion()]
    assert pair.want("A", "C")[0].version == update.version + 1


def test_a_version_that_is_not_told_is_asked_for_twice() -> None:
    """Then the charger is left alone."""
    known = LocalList().wanting(listed("A")).answered(AskForListLimits(), DOES)
    assert known.due() == AskForListVersion()
    known = known.answered(AskForListVersion(), Outcome.TIMED_OUT)
    assert known.due() == AskForListVersion()
    known = known.answered(AskForListVersion(), DOES)
    assert known.due() is None
    assert known.connected().due() == AskForListLimits()


def test_a_list_that_is_not_wanted_any_more_is_emptied_once() -> None:
    """Else somebody who is no driver any more could charge for ever."""
    pair = Pair(listed("A"))
    pair.settle()
    pair.known = pair.known.wanting(None)
    assert pair.settle() == [SendList(version=2, full=True)]
    assert pair.charger.entries == {}
    for again in (pair.reconnect, pair.restart):
        again()
        assert pair.settle() == []
    assert pair.want("B")[0].version == 3


def test_a_list_that_is_not_wanted_any_more_is_emptied_when_the_charger_is_back() -> None:
    """It was offline, or we were restarted in between."""
    pair = Pair(listed("A"))
    pair.settle()
    pair.known = remembered(kept(pair.known.known)).wanting(None).connected()
    question, update = pair.settle()
    assert question == AskForListVersion()
    assert isinstance(update, SendList)
    assert pair.charger.entries == {}
    assert pair.settle() == []


@pytest.mark.parametrize("restarts", [True, False])
def test_a_first_list_whose_answer_was_lost_is_emptied_too(*, restarts: bool) -> None:
    """The charger had none before, as it said; whether it has one now is not known."""
    pair = Pair(listed("A"))
    pair.answer(AskForListLimits())
    pair.answer(AskForListVersion())
    update = pair.known.due()
    assert isinstance(update, SendList)
    pair.known = pair.known.sending(update)
    pair.charger.obey(update)
    known = remembered(kept(pair.known.known)) if restarts else pair.known.answered(update, Outcome.TIMED_OUT)
    pair.known = known.wanting(None).connected()
    assert [each.full for each in pair.updates()] == [True]
    assert pair.charger.entries == {}
    pair.reconnect()
    assert pair.settle() == []


def test_it_need_not_be_switched_on_to_be_emptied() -> None:
    """Nor need the charger say anything else about it."""
    pair = Pair(listed("A"))
    pair.settle()
    pair.charger.version = 0
    pair.reconnect()
    pair.known = pair.known.wanting(None)
    assert pair.settle() == [AskForListVersion()]


def test_what_charger_and_owner_change_is_told_by_events() -> None:
    """A spelling is learned where it is shown; who is not listed changes nothing."""
    charger = replace(Charger(charger=CHARGER), local_list=LocalList().wanting(listed("abc")))
    stranger = charger.after(Authorizing(token=IdToken(value="XYZ"), at=NOON))
    assert stranger.local_list is charger.local_list
    spelled = charger.after(Authorizing(token=IdToken(value="ABC"), at=NOON))
    assert spelled.local_list.wanted == listed("ABC")
    again = spelled.after(Authorizing(token=IdToken(value="ABC"), at=NOON))
    assert again.local_list is spelled.local_list


def test_a_boot_and_a_connection_have_it_asked_again() -> None:
    """Others may have changed the list meanwhile."""
    charger = replace(Charger(charger=CHARGER), local_list=LocalList().wanting(listed("A")))
    told = charger.after(ListLimitsTold(enabled=True, most=5, at_once=None, at=NOON))
    told = told.after(ListVersionTold(version=4, at=NOON))
    assert (told.local_list.most, told.local_list.told) == (5, 4)
    boot = Booted(vendor=None, model=None, serial=None, firmware=None, at=NOON)
    for event in (boot, Connected(token_length=20, at=NOON)):
        assert told.after(event).local_list.told is None


def test_reservations_go_first() -> None:
    """Nobody who reserves waits for a list that could be sent later, or earlier than the statuses are known."""
    world = World()
    listing = LocalList().wanting(listed("A"))
    world.chargers[CHARGER] = replace(world.charger, local_list=listing, abilities=KNOWN)
    assert world.plan().commands == (AskForListLimits(),)
    world.reserve()
    assert [type(each) for each in world.plan().commands] == [PlaceHold, AskForListLimits]
    silent = Charger(charger=CHARGER, evses={1: Evse(evse=1)}, connected_at=NOON, local_list=listing, abilities=KNOWN)
    world.chargers[CHARGER] = silent
    assert AskForListLimits() not in world.plan().commands


def test_no_token_shows() -> None:
    """Not in what is logged of a list, or of an update."""
    pair = Pair(listed("SECRET", entry("OTHER", group="CLAN")))
    (update,) = pair.updates()
    for shown in (repr(pair.known), repr(update), repr(Known(entries=pair.known.wanted))):
        assert not any(word in shown.upper() for word in ("SECRET", "OTHER", "CLAN"))


TOKENS = ["A", "a", "B", "C", "D"]
anything = st.dictionaries(st.sampled_from(TOKENS), st.sampled_from([Standing.ACCEPTED, BLOCKED]), max_size=5).map(
    lambda found: listed(*(entry(value, standing=standing) for value, standing in found.items()))
)


class AnyOrder(RuleBasedStateMachine):
    """Drivers, answers, connections and restarts in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.pair = Pair()

    @property
    def wanted(self) -> Entries:
        return self.pair.known.wanted or {}

    @rule(wanted=st.none() | anything)
    def want(self, wanted: Entries | None) -> None:
        self.pair.known = self.pair.known.wanting(wanted)

    @rule()
    def do_one_thing(self) -> None:
        if (command := self.pair.known.due()) is not None:
            self.pair.answer(command)

    @rule(outcomes=st.lists(st.sampled_from(Outcome), max_size=3), does=st.booleans())
    def misbehave(self, outcomes: list[Outcome], *, does: bool) -> None:
        self.pair.charger.answers = [each for each in outcomes if does or each is not DOES]
        self.pair.charger.does = does

    @precondition(lambda self: isinstance(self.pair.known.due(), SendList))
    @rule(does=st.booleans(), late=st.booleans())
    def lose_the_connection(self, *, does: bool, late: bool) -> None:
        update = self.pair.known.due()
        assert isinstance(update, SendList)
        self.pair.known = self.pair.known.sending(update)
        if does:
            self.pair.charger.obey(update)
        if late:
            self.pair.known = self.pair.known.answered(update, Outcome.DISCONNECTED)
        self.pair.reconnect()

    @rule(length=st.integers(0, 5), at_once=st.none() | st.integers(1, 3), enabled=st.none() | st.booleans())
    def get_another_firmware(self, length: int, at_once: int | None, *, enabled: bool | None) -> None:
        self.pair.charger.length, self.pair.charger.at_once, self.pair.charger.enabled = length, at_once, enabled
        self.pair.charger.version, self.pair.charger.entries = 0, {}
        self.pair.known = self.pair.known.connected().booted()

    @rule(version=st.integers(0, 50))
    def be_changed_by_others(self, version: int) -> None:
        if version != self.pair.known.known.version:
            # version 0 says that there is no entry
            self.pair.charger.version, self.pair.charger.entries = version, dict(listed("X")) if version else {}
            self.pair.reconnect()

    @rule()
    def reconnect(self) -> None:
        self.pair.reconnect()

    @rule()
    def boot(self) -> None:
        self.pair.known = self.pair.known.booted()

    @rule()
    def restart(self) -> None:
        self.pair.restart()

    @rule()
    def behave(self) -> None:
        """Once the charger answers, its list is as it should be, and nothing more is sent."""
        self.pair.charger.answers = []
        self.pair.known = self.pair.known.connected().booted()
        self.pair.settle()
        assert self.pair.settle() == []
        owed = self.pair.known.wanted is not None or self.pair.known.known.last
        if owed:
            fitting = list(self.wanted.items())[: self.pair.charger.length]
            assert self.pair.charger.entries == dict(fitting)

    @invariant()
    def what_is_known_is_true(self) -> None:
        known = self.pair.known
        if known.told is not None and known.is_right and not self.pair.charger.answers:
            assert self.pair.charger.entries == known.target


def test_once_the_charger_answers_its_list_is_the_wanted_one() -> None:
    """After any sequence of driver changes, answers, reconnects and restarts."""
    run_state_machine_as_test(AnyOrder, settings=settings(max_examples=150, stateful_step_count=25, deadline=None))
