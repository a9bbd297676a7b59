"""How a charger spells the tokens that were presented to it.

Knows that some chargers compare tokens letter by letter, and by type, though they should not (ocpp.md 3): what they are
sent is spelled as they did. Must not know whose a token is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from .token import IdToken

MOST = 200
"""More than are presented at a charger of one house or office; what was learned first is forgotten first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spellings:
    """The tokens as they were presented last, by their key; what was learned last stands last."""

    known: Mapping[str, IdToken] = field(default_factory=dict, repr=False)

    def of(self, token: IdToken) -> IdToken:
        """The token as the charger spells it; as it is if that is not known."""
        known = self.known.get(token.key)
        if known is None or not known.matches(token):
            return token
        return replace(known, type=known.type or token.type)

    def after(self, token: IdToken) -> Spellings:
        """The spellings once this token was presented; themselves if they say so already."""
        key = token.key
        if self.known.get(key) == token:
            return self
        others = {each: known for each, known in self.known.items() if each != key}
        kept = dict(islice(others.items(), max(0, len(others) - MOST + 1), None))
        return Spellings(known={**kept, key: token})
