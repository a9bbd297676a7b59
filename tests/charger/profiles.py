"""The charging profiles of a simulated charger.

It must not know payloads of a version beyond the profile itself.
"""

from collections.abc import Iterable
from datetime import timedelta

from .core import Core
from .model import Evse, Profile
from .state import Setting

_OF_CHARGER = frozenset({"ChargePointMaxProfile", "ChargingStationMaxProfile"})
_OF_TRANSACTION = "TxProfile"
_DEFAULT = "TxDefaultProfile"
_VOLTAGE = 230.0
"""Of the only phase that the simulated car has."""


def install(core: Core, profile: Profile) -> str:
    """Keep a profile in place of what it replaces, and give the word for it."""
    state = core.state
    units, highest = state.settings[Setting.LIMIT_UNITS].split(","), state.number(Setting.HIGHEST_LEVEL)
    known = profile.evse == 0 or profile.evse in state.evses
    if not known or profile.unit not in units or profile.level > highest:
        return "Rejected"
    if (profile.purpose in _OF_CHARGER and profile.evse != 0) or not _fits_transaction(core, profile):
        return "Rejected"
    state.profiles = [each for each in state.profiles if not _replaces(profile, each)] + [profile]
    core.watch.notify()
    return "Accepted"


def clear(core: Core, profile_id: int | None, evse: int | None, purpose: str | None, level: int | None) -> str:
    """Forget the profiles that all of these fit (None: any), and give the word for it."""
    kept = [
        each
        for each in core.state.profiles
        if profile_id not in (None, each.id)
        or evse not in (None, each.evse)
        or purpose not in (None, each.purpose)
        or level not in (None, each.level)
    ]
    cleared = len(kept) < len(core.state.profiles)
    core.state.profiles = kept
    core.watch.notify()
    return "Accepted" if cleared else "Unknown"


def limit_w(core: Core, evse: Evse) -> float | None:
    """What the profiles let the car at an EVSE draw now, in W; None: as much as it likes (1.6 3.13.2, K01).

    Its transaction's own prevail over the default ones, those of its EVSE over those of all, higher levels over lower ones;
    and none lets it have more than the charger as a whole.
    """
    transaction = None if evse.transaction is None else evse.transaction.id
    ours = [each for each in core.state.profiles if each.evse in (0, evse.id)]
    of_transaction = [each for each in ours if each.purpose == _OF_TRANSACTION and each.transaction == transaction]
    defaults = [each for each in ours if each.purpose == _DEFAULT]
    of_charger = [each for each in ours if each.purpose in _OF_CHARGER]
    own = _highest(core, evse, of_transaction)
    if own is None:
        own = _highest(core, evse, (each for each in defaults if each.evse == evse.id))
    if own is None:
        own = _highest(core, evse, (each for each in defaults if each.evse == 0))
    limits = [each for each in (own, _highest(core, evse, of_charger)) if each is not None]
    return min(limits, default=None)


def _highest(core: Core, evse: Evse, profiles: Iterable[Profile]) -> float | None:
    """The limit of the highest level that says something of now."""
    for profile in sorted(profiles, key=lambda each: each.level, reverse=True):
        if (limit := _limit_of(core, evse, profile)) is not None:
            return limit * _VOLTAGE if profile.unit == "A" else limit
    return None


def _limit_of(core: Core, evse: Evse, profile: Profile) -> float | None:
    begins = profile.begins or (core.now() if evse.transaction is None else evse.transaction.started)
    passed = (core.now() - begins) / timedelta(seconds=1)
    if not 0 <= passed < profile.schedule.get("duration", passed + 1):
        return None
    periods = [each for each in profile.schedule["chargingSchedulePeriod"] if each["startPeriod"] <= passed]
    limit: float | None = periods[-1]["limit"] if periods else None
    return limit


def _fits_transaction(core: Core, profile: Profile) -> bool:
    """Whether a profile of a transaction is for the one that runs there (1.6 5.16.2, K01.FR.09)."""
    if profile.purpose != _OF_TRANSACTION:
        return profile.transaction is None
    evse = core.state.evses.get(profile.evse)
    return evse is not None and evse.transaction is not None and evse.transaction.id == profile.transaction


def _replaces(new: Profile, old: Profile) -> bool:
    same_slot = (new.evse, new.purpose, new.level) == (old.evse, old.purpose, old.level)
    return new.id == old.id or same_slot
