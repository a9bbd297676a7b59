"""How well it can be kept at a charger who may charge there: a reservation, or that only known drivers may.

Knows what each setting of a charger means for that, and what would help. Must not know how the settings are asked for or
changed, nor who is told.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from .book import Book
from .charger import Charger
from .rules import Enforcement, Rules
from .settings import Setting, Settings


class Level(StrEnum):
    """What keeps out whoever may not charge."""

    HELD = "held"
    """The charger itself."""
    ASKED = "asked"
    """Home Assistant, which the charger asks before it lets anybody charge."""
    STOPPED = "stopped"
    """Home Assistant, which stops whoever has started without asking."""
    REPORTED = "reported"
    """Nothing: it is only reported."""
    OFF = "off"
    """Nothing, and the owner wants it so."""


class Reason(StrEnum):
    """A way in that the charger leaves open."""

    AUTHORIZES_NOBODY = "authorizes_nobody"
    """It lets everybody charge, by a setting."""
    VENDS_FREELY = "vends_freely"
    """It was seen to let everybody charge, under a token of its own."""
    STARTS_KNOWN = "starts_known"
    """It lets tokens charge that it knows, without asking."""
    GOES_ON = "goes_on"
    """It does not end a transaction that has begun when its token is not accepted."""
    STARTS_UNKNOWN_OFFLINE = "starts_unknown_offline"
    """While it cannot ask, it lets everybody charge who has a token."""
    STARTS_KNOWN_OFFLINE = "starts_known_offline"
    """While it cannot ask, it lets tokens charge that it knows."""

    @property
    def is_open(self) -> bool:
        """Whether somebody may go this way while the charger is connected."""
        return self not in _WHILE_OFFLINE

    @property
    def remedy(self) -> Remedy | None:
        """What closes it; None where no setting does."""
        return _REMEDIES.get(self)


class Remedy(NamedTuple):
    """A setting, and how it should be."""

    setting: Setting
    value: bool


_WHILE_OFFLINE: Final = frozenset({Reason.STARTS_KNOWN_OFFLINE, Reason.STARTS_UNKNOWN_OFFLINE})

_REMEDIES: Final[Mapping[Reason, Remedy]] = {
    Reason.AUTHORIZES_NOBODY: Remedy(Setting.AUTHORIZES, value=True),
    Reason.STARTS_KNOWN: Remedy(Setting.PRE_AUTHORIZES, value=False),
    Reason.GOES_ON: Remedy(Setting.STOPS_REFUSED, value=True),
    Reason.STARTS_KNOWN_OFFLINE: Remedy(Setting.STARTS_KNOWN_OFFLINE, value=False),
    Reason.STARTS_UNKNOWN_OFFLINE: Remedy(Setting.STARTS_UNKNOWN_OFFLINE, value=False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Enforceability:
    """What keeps others out (None: not known yet), and the ways in that are open, the widest first."""

    level: Level | None
    reasons: tuple[Reason, ...] = ()

    @property
    def open(self) -> tuple[Reason, ...]:
        """Those that are open while the charger is connected."""
        return tuple(reason for reason in self.reasons if reason.is_open)

    @property
    def remedies(self) -> Mapping[Reason, Remedy]:
        """What closes each way in that a setting closes."""
        return {reason: remedy for reason in self.reasons if (remedy := reason.remedy) is not None}


def enforceability(
    settings: Settings, rules: Rules, *, holds: bool, vends_freely: bool = False, keeps_list: bool = False
) -> Enforceability:
    """How well it can be kept at a charger with these settings who may charge there.

    `holds`: whether it keeps what is reserved by itself (`holds_natively`). `vends_freely`: it was seen to start for
    somebody who identified nobody. `keeps_list`: the owner wants it to let drivers charge while it is offline.
    """
    reasons = tuple(_reasons(settings, vends_freely=vends_freely, keeps_list=keeps_list))
    is_open = any(reason.is_open for reason in reasons)
    level: Level | None
    if holds and not is_open:
        level = Level.HELD if settings.asked else None
    elif rules.enforcement is Enforcement.OFF:
        level = Level.OFF
    elif rules.enforcement is Enforcement.WARN or (not rules.insists and _identifies_nobody(reasons)):
        level = Level.REPORTED
    elif is_open:
        level = Level.STOPPED
    else:
        level = Level.ASKED if _starts_known(settings) is False else None
    return Enforceability(level=level, reasons=reasons)


def holds_natively(book: Book, charger: Charger, *, has_held: bool) -> bool:
    """Whether a charger keeps what is reserved by itself: it says so or has done so, and does not say that it cannot."""
    return book.can_hold and (has_held or charger.claims_reservations is True)


def _reasons(settings: Settings, *, vends_freely: bool, keeps_list: bool) -> Iterator[Reason]:
    if settings.of(Setting.AUTHORIZES) is False:
        yield Reason.AUTHORIZES_NOBODY
    if vends_freely:
        yield Reason.VENDS_FREELY
    if _starts_known(settings):
        yield Reason.STARTS_KNOWN
    if settings.of(Setting.STOPS_REFUSED) is False:
        yield Reason.GOES_ON
    if settings.of(Setting.STARTS_UNKNOWN_OFFLINE):
        yield Reason.STARTS_UNKNOWN_OFFLINE
    if settings.of(Setting.STARTS_KNOWN_OFFLINE) and _may_know(settings) and not keeps_list:
        yield Reason.STARTS_KNOWN_OFFLINE


def _starts_known(settings: Settings) -> bool | None:
    """Whether it starts for tokens that it knows; None: it does if it may, which it has not told."""
    return settings.of(Setting.PRE_AUTHORIZES) if _may_know(settings) else False


def _may_know(settings: Settings) -> bool:
    """Whether it may know tokens: what it has not told of list and cache may be on."""
    return any(settings.of(memory) is not False for memory in (Setting.LOCAL_LIST, Setting.CACHE))


def _identifies_nobody(reasons: tuple[Reason, ...]) -> bool:
    return Reason.AUTHORIZES_NOBODY in reasons or Reason.VENDS_FREELY in reasons
