"""What a charger says that it can reserve, and what else it has shown that it cannot do.

Knows what it has told, and of which EVSEs since its boot. Must not know whether that is true: only its answers to
ReserveNow show it (ocpp.md 5.6, "Capabilities").
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .events import AbilitiesTold, Ability, EvseId


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """What a charger has told; None or no type where it has not. What it told before a boot counts until it tells anew.

    `told_of`: the EVSEs of which it has told since its boot, if only that it cannot say.
    `complete`: it has no more to tell, whichever EVSEs it has.
    `outdated`: some of it was told with another firmware, and is forgotten if it is not told again.
    `missing`: what it did not know when it was told to do it, with this firmware.
    """

    claims_reservations: bool | None = None
    holds_unspecific: bool | None = None
    types: Mapping[EvseId, frozenset[str]] = field(default_factory=dict)
    told_of: frozenset[EvseId] = frozenset()
    complete: bool = False
    outdated: bool = False
    missing: frozenset[Ability] = frozenset()

    def lacks(self, evse: EvseId) -> bool:
        """Whether the charger may have more to tell of this EVSE."""
        return not self.complete and evse not in self.told_of

    def after(self, told: AbilitiesTold) -> Abilities:
        """The abilities once the charger has told some; what it does not say stays as it was with this firmware.

        With every answer it tells of itself, and of those EVSEs that it was asked for.
        """
        before = self._without(told) if self.outdated else self
        types = {**before.types, **{evse: types for evse, types in (told.types or {}).items() if types}}
        told_of = self.told_of | frozenset(told.types or ())
        complete = told.types is None
        return Abilities(
            claims_reservations=_first_told(told.claims_reservations, before.claims_reservations),
            holds_unspecific=_first_told(told.holds_unspecific, before.holds_unspecific),
            types=types,
            told_of=told_of,
            complete=complete,
            outdated=self.outdated and not complete and not told_of.issuperset(types),
            missing=self.missing,
        )

    def without(self, ability: Ability) -> Abilities:
        """The abilities of a charger that did not know what it was told to do."""
        return self if ability in self.missing else replace(self, missing=self.missing | {ability})

    def after_boot(self, *, renewed: bool = False) -> Abilities:
        """The abilities as they are to be told again. `renewed`: the charger has another firmware than before."""
        if not (renewed or self.told_of or self.complete):
            return self
        missing = frozenset() if renewed else self.missing
        return replace(self, told_of=frozenset(), complete=False, outdated=renewed or self.outdated, missing=missing)

    def _without(self, told: AbilitiesTold) -> Abilities:
        """The abilities without those that this answer is about."""
        asked_for = self.types if told.types is None else told.types
        types = {evse: types for evse, types in self.types.items() if evse not in asked_for}
        return Abilities(types=types)


def _first_told(*answers: bool | None) -> bool | None:
    return next((answer for answer in answers if answer is not None), None)
