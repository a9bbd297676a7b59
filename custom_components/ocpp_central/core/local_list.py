"""A charger's own list of drivers, by which it lets them charge while it is offline.

Knows what the list is to say and what it says as far as we know, and what is to be done next. Must not know drivers
(`entries`), when there is time for it (`planner`), nor how it is spelled.

A charger keeps one version number with its list, which is all that it tells of it. So the list is as we know it if the
number is the one that we gave it; else it is sent anew as a whole.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from hashlib import sha256
from itertools import islice
from math import inf

from .commands import AskForListLimits, AskForListVersion, ChangeSetting, ListCommand, Outcome, SendList
from .entries import Entries, Entry
from .events import ListLimitsTold, ListVersionTold, Standing
from .settings import Setting
from .spellings import Spellings
from .token import IdToken

MOST_AT_ONCE = 20
"""So many entries go in one message, whatever the charger says: who wants to reserve meanwhile waits for its answer."""

ENOUGH = 2
"""After so many failures in a row a charger is left alone until it connects again, or its list is to say something else."""

FOLLOWED = 2_000_000_000
"""A version that somebody else gave is outdone only below this, or ours would leave the numbers of 32 bits."""


class Trouble(StrEnum):
    """Why a charger's list does not say what it should."""

    UNSUPPORTED = "unsupported"
    """It has no list, or will not use it."""
    FAILED = "failed"
    TOO_SHORT = "too_short"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong with a list. `fitting` of the `wanted` tokens have a place in it, or would have one."""

    trouble: Trouble
    fitting: int
    wanted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a charger's list, which outlives us.

    `version`: of the list that the charger had last, 0 while it has none; `entries`: what that says, None if not known.
    `digest`: of these entries, by which they are recognised though they are not kept.
    `last`: the highest version that was ever sent. `sent`: the update of whose outcome we do not know.
    """

    version: int = 0
    last: int = 0
    entries: Entries | None = field(default=None, repr=False)
    digest: str | None = None
    sent: SendList | None = None

    def saying(self, entries: Entries | None) -> Known:
        """What is known once the list says this."""
        return replace(self, entries=entries, digest=None if entries is None else _digest_of(entries))


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is kept of that over a restart: little, for it is written with every transaction, and no token is in it.

    `digest` None: what the list says is not known; so it is while an update is under way.
    """

    version: int = 0
    last: int = 0
    digest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalList:
    """The list of one charger.

    `wanted`: what it is to say; None: the owner does not want one, so what we have put into it is taken out again.
    `target`: as much of that as fits, the very `known.entries` where they say so. `enabled`, `most`, `at_once`: whether the charger
    uses its list, how many entries that can have, and a message; None where it does not say.
    `inquired`, `switched`: whether it was asked for these, and asked to use the list, since it connected.
    `told`: the version that it has, as it said since then.
    `unsupported`: it has no list, as far as we know until its next boot. `failures`: in a row, since the list was right.
    `trouble`: what was wrong when it was last given up; it stays until the list is right.
    """

    known: Known = Known()
    wanted: Entries | None = field(default=None, repr=False)
    target: Entries = field(default_factory=dict, repr=False)
    enabled: bool | None = None
    most: int | None = None
    at_once: int | None = None
    inquired: bool = False
    switched: bool = False
    told: int | None = None
    unsupported: bool = False
    failures: int = 0
    trouble: Trouble | None = None

    @property
    def is_right(self) -> bool:
        """Whether the charger's list says what it should, as far as we know."""
        return self.known.entries is self.target and self.known.sent is None

    @property
    def problem(self) -> Problem | None:
        """What the owner should be told; nothing if he does not want a list."""
        if self.wanted is None:
            return None
        too_short = Trouble.TOO_SHORT if len(self.target) < len(self.wanted) else None
        trouble = self.trouble or too_short
        if trouble is None:
            return None
        return Problem(trouble=trouble, fitting=len(self.target), wanted=len(self.wanted))

    @property
    def _is_sure(self) -> bool:
        """Whether the charger has told its version since it connected, and since the latest update."""
        return self.told is not None and self.known.sent is None

    def due(self) -> ListCommand | None:
        """What the charger is to be asked or told next; None if there is nothing to do, or nothing that would help.

        The caller says with `sending` that an update goes out, and with `answered` what became of any of them.
        """
        if self.unsupported or self.failures >= ENOUGH:
            return None
        if self.wanted is None:
            if self.is_right or not self.known.last:
                return None
        elif not self.inquired:
            return AskForListLimits()
        elif self.enabled is False and not self.switched:
            return ChangeSetting(setting=Setting.LOCAL_LIST, value=True)
        if not self._is_sure:
            return AskForListVersion()
        return None if self.is_right else self._update()

    def wanting(self, entries: Entries | None) -> LocalList:
        """The list that is to say this; itself where that is nothing new. None: the owner does not want a list."""
        if _is_same(entries, self.wanted):
            return self
        unsupported, trouble = (False, None) if self.wanted is None else (self.unsupported, self.trouble)
        return _aimed(replace(self, wanted=entries, unsupported=unsupported, trouble=trouble, failures=0))

    def respelled(self, token: IdToken, spellings: Spellings) -> LocalList:
        """The list once the charger has shown how it spells a token; itself where that is not to be in it."""
        entry = None if self.wanted is None else self.wanted.get(token.key)
        if entry is None or self.wanted is None or (spelled := spellings.of(entry.token)) == entry.token:
            return self
        return self.wanting({**self.wanted, token.key: replace(entry, token=spelled)})

    def connected(self) -> LocalList:
        """The list on a new connection: others may have changed it, and the charger, meanwhile."""
        return replace(self, inquired=False, switched=False, told=None, failures=0)

    def booted(self) -> LocalList:
        """The list of a charger that may have another firmware, or another list."""
        return replace(self.connected(), unsupported=False)

    def after(self, told: ListLimitsTold | ListVersionTold) -> LocalList:
        """The list once the charger has told something of it."""
        match told:
            case ListLimitsTold():
                return _aimed(replace(self, enabled=told.enabled, most=told.most, at_once=told.at_once))
            case ListVersionTold():
                return self._of_version(told.version)

    def sending(self, update: SendList) -> LocalList:
        """The list as an update goes out to the charger; that must be on disk first, or its version might be used again."""
        return replace(self, known=replace(self.known, last=update.version, sent=update))

    def answered(self, command: ListCommand, outcome: Outcome) -> LocalList:
        """The list once it is known what became of a command; what the charger told beside has come by `after`."""
        match command:
            case AskForListLimits():
                return replace(self, inquired=True)
            case ChangeSetting() if outcome is Outcome.ACCEPTED or outcome.is_unknown:
                return replace(self, switched=True)
            case ChangeSetting():
                return _given_up(replace(self, switched=True))
            case AskForListVersion() if outcome is Outcome.NOT_IMPLEMENTED:
                return _given_up(self)
            case AskForListVersion():
                return self if self._is_sure else _failed(self)
            case SendList():
                return self._sent(command, outcome)

    def _of_version(self, version: int) -> LocalList:
        here = replace(self, told=version)
        if version < 0:  # 1.6 section 5.10: it has no list
            return _given_up(here)
        known = replace(self.known, sent=None)
        if (sent := self.known.sent) is not None and version == sent.version:
            known = replace(known, version=version).saying(_changed(known.entries, sent))
        elif version == 0:
            known = replace(known, version=0).saying({})
        elif version != known.version:
            known = known.saying(None)
        return _knowing(here, known)

    def _sent(self, update: SendList, outcome: Outcome) -> LocalList:
        if outcome.is_unknown:
            return _failed(replace(self, told=None))  # its version will show whether it has the update
        known = replace(self.known, sent=None)
        if outcome is Outcome.ACCEPTED:
            known = replace(known, version=update.version).saying(_changed(known.entries, update))
            updated = _knowing(replace(self, told=update.version), known)
            # Whatever is wrong with an update that brings the list no nearer, it must not be sent for ever.
            return updated if updated.is_right or _missing(updated) < _missing(self) else _failed(updated)
        if outcome is Outcome.NOT_IMPLEMENTED:
            return _given_up(_knowing(self, known))
        told = None if outcome is Outcome.REJECTED else self.told
        return _failed(_knowing(replace(self, told=told), known.saying(None)))

    def _update(self) -> SendList:
        """The next step to the target: a whole list (where it is too long for one message, its first entries), or a change."""
        most = min(self.at_once or MOST_AT_ONCE, MOST_AT_ONCE)
        version = self._next_version()
        entries = self.known.entries
        fits = len(self.target) <= most
        respelled = _respelled(entries or {}, self.target)
        if not (entries and self.target) or not self.known.version or (respelled and fits):
            return SendList(version=version, full=True, entries=tuple(islice(self.target.values(), most)))
        gone = [entry.token for key, entry in entries.items() if key not in self.target or key in respelled]
        new = [entry for key, entry in _new(entries, self.target) if key not in respelled]
        new.sort(key=lambda entry: entry.standing is not Standing.BLOCKED)
        removed = tuple(gone[:most])
        return SendList(version=version, full=False, removed=removed, entries=tuple(new[: most - len(removed)]))

    def _next_version(self) -> int:
        told = self.told if self.told is not None and self.told < FOLLOWED else 0
        return max(self.known.last, told) + 1


def kept(known: Known) -> Kept:
    """What is kept of a list over a restart."""
    return Kept(version=known.version, last=known.last, digest=None if known.sent else known.digest)


def remembered(kept: Kept) -> LocalList:
    """The list of a charger of which this was kept over a restart."""
    return _aimed(LocalList(known=Known(version=kept.version, last=kept.last, digest=kept.digest)))


def _knowing(local_list: LocalList, known: Known) -> LocalList:
    """The list once this is known of it; what was wrong counts no longer if all is right."""
    aimed = _aimed(replace(local_list, known=local_list.known if known == local_list.known else known))
    return replace(aimed, failures=0, trouble=None) if aimed.is_right else aimed


def _aimed(local_list: LocalList) -> LocalList:
    target = dict(islice((local_list.wanted or {}).items(), local_list.most))
    known = local_list.known
    if known.entries is None and known.digest is not None and known.digest == _digest_of(target):
        known = replace(known, entries=target)
    says_so = known.entries is not None and known.entries == target
    return replace(local_list, known=known, target=known.entries if says_so and known.entries is not None else target)


def _failed(local_list: LocalList) -> LocalList:
    failures = local_list.failures + 1
    trouble = Trouble.FAILED if failures >= ENOUGH else local_list.trouble
    return replace(local_list, failures=failures, trouble=trouble)


def _given_up(local_list: LocalList) -> LocalList:
    return replace(local_list, unsupported=True, trouble=Trouble.UNSUPPORTED)


def _changed(entries: Entries | None, update: SendList) -> Entries | None:
    """What a list says after an update; None if that is not known."""
    new = {entry.token.key: entry for entry in update.entries}
    if update.full:
        return new
    if entries is None:
        return None
    removed = {token.key for token in update.removed}
    return {key: entry for key, entry in entries.items() if key not in removed} | new


def _new(entries: Entries, target: Entries) -> Iterator[tuple[str, Entry]]:
    return ((key, entry) for key, entry in target.items() if entries.get(key) != entry)


def _missing(local_list: LocalList) -> float:
    """How much is to be done about a list, one for each entry that goes or comes; infinitely much where it is not known."""
    entries, target = local_list.known.entries, local_list.target
    if entries is None:
        return inf
    return sum(1 + (key in entries) for key, _ in _new(entries, target)) + len(entries.keys() - target.keys())


def _respelled(entries: Entries, target: Entries) -> frozenset[str]:
    """The tokens that are to be spelled otherwise: to some chargers that is another one, which they keep beside the old.

    So the old one goes first. A list that is too long for one message is not begun anew for that: if the connection were
    lost amid it, most drivers would not be in it.
    """
    return frozenset(key for key, entry in target.items() if key in entries and entries[key].token != entry.token)


def _digest_of(entries: Entries) -> str:
    """By what entries are told from others, in whatever order."""
    lines = [
        "\0".join((entry.token.value, str(entry.token.type), entry.standing, str(entry.until), str(entry.group)))
        for _, entry in sorted(entries.items())
    ]
    return sha256("\n".join(lines).encode()).hexdigest()


def _is_same(one: Entries | None, other: Entries | None) -> bool:
    if one is None or other is None or one is other:
        return one is other
    return _in_order(one) == _in_order(other)


def _in_order(entries: Mapping[str, Entry]) -> list[Entry]:
    return list(entries.values())
