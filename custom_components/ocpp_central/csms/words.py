"""What a charger's word in an answer means, however it is spelled.

Knows that chargers are careless of case and of blanks. Must not know which words an answer has.

`vocabulary` spells a word as the schema of its answer does; this is for one that this schema does not have, because the charger
confuses the words of its answers, or answers with a word where its version has none.
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
