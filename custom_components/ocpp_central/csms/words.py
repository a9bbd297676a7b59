"""What a charger's word in an answer means, however it is spelled.

Knows that chargers are careless of case and of blanks. Must not know which words an answer has.
"""

from collections.abc import Mapping

from ..core.commands import Outcome


def meaning(words: Mapping[str, Outcome], said: str | None, otherwise: Outcome = Outcome.UNREADABLE) -> Outcome:
    """What a word means by these; `otherwise` for one that is not among them, or for none."""
    if said is None:
        return otherwise
    if (known := words.get(said)) is not None:
        return known
    return {word.casefold(): outcome for word, outcome in words.items()}.get(said.strip().casefold(), otherwise)
