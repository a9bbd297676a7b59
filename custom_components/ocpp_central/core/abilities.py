"""What a charger says that it can reserve.

Knows what it has told, and of which EVSEs since its boot. Must not know whether that is true: only its answers to
ReserveNow show it (ocpp.md 5.6, "Capabilities").
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .events import AbilitiesTold, EvseId


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """What a charger has told; None or no type where it has not. What it told before a boot counts until it tells anew.

    `told_of`: the EVSEs of which it has told since its boot, if only that it cannot say.
    `complete`: it has no more to tell, whichever EVSEs it has.
    """

    claims_reservations: bool | None = None
    holds_unspecific: bool | None = None
    types: Mapping[EvseId, frozenset[str]] = field(default_factory=dict)
    told_of: frozenset[EvseId] = frozenset()
    complete: bool = False

    def lacks(self, evse: EvseId) -> bool:
        """Whether the charger may have more to tell of this EVSE."""
        return not self.complete and evse not in self.told_of

    def after(self, told: AbilitiesTold) -> Abilities:
        """The abilities once the charger has told some; what it does not say stays as it was."""
        types = {evse: types for evse, types in (told.types or {}).items() if types}
        return Abilities(
            claims_reservations=_first_told(told.claims_reservations, self.claims_reservations),
            holds_unspecific=_first_told(told.holds_unspecific, self.holds_unspecific),
            types={**self.types, **types},
            told_of=self.told_of | frozenset(told.types or ()),
            complete=told.types is None,
        )

    def after_boot(self) -> Abilities:
        """The abilities as they are to be told again: a boot may bring another firmware."""
        return replace(self, told_of=frozenset(), complete=False) if self.told_of or self.complete else self


def _first_told(*answers: bool | None) -> bool | None:
    return next((answer for answer in answers if answer is not None), None)
