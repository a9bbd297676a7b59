"""How well it can be kept at a charger who may charge there."""

from dataclasses import replace
from typing import Any

import pytest

from custom_components.ocpp_central.core.commands import Outcome
from custom_components.ocpp_central.core.enforceability import (
    Enforceability,
    Level,
    Reason,
    enforceability,
    holds_natively,
)
from custom_components.ocpp_central.core.rules import Enforcement, Rules
from custom_components.ocpp_central.core.settings import Setting, Settings

from .world import HOUSE, World

UNASKED = Settings()
SILENT = Settings(asked=True)

TIGHT = {
    Setting.AUTHORIZES: True,
    Setting.PRE_AUTHORIZES: False,
    Setting.LOCAL_LIST: True,
    Setting.CACHE: True,
    Setting.STOPS_REFUSED: True,
    Setting.STARTS_KNOWN_OFFLINE: False,
    Setting.STARTS_UNKNOWN_OFFLINE: False,
}
"""A charger that asks about everybody."""


def told(**values: bool | None) -> Settings:
    """The settings of a charger that asks about everybody, except for these; None: not told."""
    changed = TIGHT | {Setting(name): value for name, value in values.items()}
    return Settings(values={each: value for each, value in changed.items() if value is not None}, asked=True)


def judge(
    settings: Settings, *, enforcement: str = "stop", insists: bool = False, holds: bool = False, **seen: bool
) -> Enforceability:
    """How well it can be kept, with the owner's wish."""
    rules = Rules(house=HOUSE, enforcement=Enforcement(enforcement), insists=insists)
    return enforceability(settings, rules, holds=holds, **seen)


PRE = told(pre_authorizes=True)
GOES_ON = told(stops_refused=False)
NOBODY = told(authorizes=False)

CASES: dict[str, tuple[Settings, dict[str, Any], Level | None, tuple[Reason, ...]]] = {
    "the charger holds": (told(), {"holds": True}, Level.HELD, ()),
    "it holds whatever Home Assistant does": (told(), {"holds": True, "enforcement": "off"}, Level.HELD, ()),
    "it holds and tells nothing": (SILENT, {"holds": True}, Level.HELD, ()),
    "it holds and was not asked": (UNASKED, {"holds": True}, None, ()),
    "it holds and warn": (told(), {"holds": True, "enforcement": "warn"}, Level.HELD, ()),
    "it holds and starts known cards": (PRE, {"holds": True}, Level.STOPPED, (Reason.STARTS_KNOWN,)),
    "it holds and starts known cards, warn": (
        PRE,
        {"holds": True, "enforcement": "warn"},
        Level.REPORTED,
        (Reason.STARTS_KNOWN,),
    ),
    "it holds and starts known cards, off": (
        PRE,
        {"holds": True, "enforcement": "off"},
        Level.OFF,
        (Reason.STARTS_KNOWN,),
    ),
    "it asks": (told(), {}, Level.ASKED, ()),
    "it asks, warn": (told(), {"enforcement": "warn"}, Level.REPORTED, ()),
    "it asks, off": (told(), {"enforcement": "off"}, Level.OFF, ()),
    "nothing is known": (UNASKED, {}, None, ()),
    "nothing is told": (SILENT, {}, None, ()),
    "nothing is known, but warn": (UNASKED, {"enforcement": "warn"}, Level.REPORTED, ()),
    "nothing is known, but off": (UNASKED, {"enforcement": "off"}, Level.OFF, ()),
    "it does not tell whether it asks": (told(pre_authorizes=None), {}, None, ()),
    "it does not tell whether it stops": (told(stops_refused=None), {}, Level.ASKED, ()),
    "it starts known cards": (PRE, {}, Level.STOPPED, (Reason.STARTS_KNOWN,)),
    "it starts cards of the list": (
        told(pre_authorizes=True, cache=False),
        {},
        Level.STOPPED,
        (Reason.STARTS_KNOWN,),
    ),
    "it starts cards of the cache": (
        told(pre_authorizes=True, local_list=False),
        {},
        Level.STOPPED,
        (Reason.STARTS_KNOWN,),
    ),
    "it does not tell which cards it knows": (
        told(pre_authorizes=True, local_list=None, cache=None),
        {},
        Level.STOPPED,
        (Reason.STARTS_KNOWN,),
    ),
    "it knows no card": (told(pre_authorizes=True, local_list=False, cache=False), {}, Level.ASKED, ()),
    "it knows no card, and tells no more": (
        told(pre_authorizes=None, local_list=False, cache=False),
        {},
        Level.ASKED,
        (),
    ),
    "it goes on": (GOES_ON, {}, Level.STOPPED, (Reason.GOES_ON,)),
    "it goes on, warn": (GOES_ON, {"enforcement": "warn"}, Level.REPORTED, (Reason.GOES_ON,)),
    "it authorizes nobody": (NOBODY, {}, Level.REPORTED, (Reason.AUTHORIZES_NOBODY,)),
    "it authorizes nobody, who shall be stopped": (
        NOBODY,
        {"insists": True},
        Level.STOPPED,
        (Reason.AUTHORIZES_NOBODY,),
    ),
    "it authorizes nobody, though it holds": (NOBODY, {"holds": True}, Level.REPORTED, (Reason.AUTHORIZES_NOBODY,)),
    "it vends freely": (told(), {"vends_freely": True}, Level.REPORTED, (Reason.VENDS_FREELY,)),
    "it vends freely, off": (
        told(),
        {"vends_freely": True, "enforcement": "off"},
        Level.OFF,
        (Reason.VENDS_FREELY,),
    ),
    "it vends freely, and was not asked": (
        UNASKED,
        {"vends_freely": True},
        Level.REPORTED,
        (Reason.VENDS_FREELY,),
    ),
    "it vends freely, and shall be stopped": (
        told(),
        {"vends_freely": True, "insists": True},
        Level.STOPPED,
        (Reason.VENDS_FREELY,),
    ),
    "it starts everybody offline": (
        told(starts_unknown_offline=True),
        {},
        Level.ASKED,
        (Reason.STARTS_UNKNOWN_OFFLINE,),
    ),
    "it starts known cards offline": (told(starts_known_offline=True), {}, Level.ASKED, (Reason.STARTS_KNOWN_OFFLINE,)),
    "it would start known cards offline, and knows none": (
        told(starts_known_offline=True, local_list=False, cache=False),
        {},
        Level.ASKED,
        (),
    ),
    "it holds, and starts everybody offline": (
        told(starts_unknown_offline=True),
        {"holds": True},
        Level.HELD,
        (Reason.STARTS_UNKNOWN_OFFLINE,),
    ),
    "everything is open": (
        Settings(
            values={each: each not in {Setting.AUTHORIZES, Setting.STOPS_REFUSED} for each in Setting}, asked=True
        ),
        {"vends_freely": True, "insists": True},
        Level.STOPPED,
        tuple(Reason),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_keeps_others_out(case: str) -> None:
    """ocpp.md 5.7, contract 1 "Enforcement"."""
    settings, facts, level, reasons = CASES[case]
    judged = judge(settings, **facts)
    assert (judged.level, set(judged.reasons)) == (level, set(reasons))


def test_what_happens_offline_is_told_and_is_not_open() -> None:
    """While it is connected nobody gets in that way."""
    judged = Enforceability(level=Level.ASKED, reasons=tuple(Reason))
    assert set(judged.reasons) - set(judged.open) == {Reason.STARTS_KNOWN_OFFLINE, Reason.STARTS_UNKNOWN_OFFLINE}


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.VENDS_FREELY])
def test_a_remedy_closes_its_way(reason: Reason) -> None:
    """And leaves all others as they are."""
    worst = Settings(values={each: each not in {Setting.AUTHORIZES, Setting.STOPS_REFUSED} for each in Setting})
    remedy = reason.remedy
    assert remedy is not None
    better = replace(worst, values={**worst.values, remedy.setting: remedy.value})
    before, after = (judge(each).reasons for each in (worst, better))
    assert set(before) - set(after) == {reason}


def test_no_setting_ends_free_vending_that_was_seen() -> None:
    """A charger with a token of its own has its own setting for that, which OCPP does not know."""
    assert Reason.VENDS_FREELY.remedy is None


@pytest.mark.parametrize(
    ("claims", "has_held", "want"),
    [(True, False, True), (False, False, False), (None, False, False), (None, True, True), (False, True, True)],
)
def test_a_charger_holds_if_it_says_so_or_has_done_so(claims: bool | None, *, has_held: bool, want: bool) -> None:
    """One that says nothing of it is not relied upon, and deeds count more than words."""
    world = World()
    world.abilities(claims)
    assert holds_natively(world.book, world.charger, has_held=has_held) is want


def test_a_charger_that_does_not_know_reservations_does_not_hold() -> None:
    """Whatever it claims, and did before."""
    world = World()
    world.abilities(claims_reservations=True)
    world.reserve()
    world.settle(Outcome.NOT_IMPLEMENTED)
    assert holds_natively(world.book, world.charger, has_held=True) is False
