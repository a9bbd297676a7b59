"""The charging profiles of a simulated charger.

It must not know payloads of a version beyond the profile itself.
"""

from .core import Core
from .model import Profile
from .state import Setting

_OF_CHARGER = frozenset({"ChargePointMaxProfile", "ChargingStationMaxProfile"})
_OF_TRANSACTION = "TxProfile"


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


def _fits_transaction(core: Core, profile: Profile) -> bool:
    """Whether a profile of a transaction is for the one that runs there (1.6 5.16.2, K01.FR.09)."""
    if profile.purpose != _OF_TRANSACTION:
        return profile.transaction is None
    evse = core.state.evses.get(profile.evse)
    return evse is not None and evse.transaction is not None and evse.transaction.id == profile.transaction


def _replaces(new: Profile, old: Profile) -> bool:
    same_slot = (new.evse, new.purpose, new.level) == (old.evse, old.purpose, old.level)
    return new.id == old.id or same_slot
