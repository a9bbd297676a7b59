"""How a question about many things is put in parts, for a charger that is asked too much at once.

Knows the calls that ask for a list (1.6 `GetConfigurationMaxKeys`, 2.x `ItemsPerMessage` and `BytesPerMessage` of GetVariables).
Must not know what is asked for, nor who asks.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from .dialect import Json, Request

_ASKED: Final[Mapping[str, str]] = {"GetConfiguration": "key", "GetVariables": "getVariableData"}
"""Where the list stands, by the action."""

_ANSWERED: Final = ("configurationKey", "unknownKey", "getVariableResult")
"""Where the answers to its items stand."""

_TOO_MUCH: Final = ("occur", "format", "propertyconstraint", "genericerror")
"""How codes begin that may mean this; some chargers spell "Occurence" wrongly, as 1.6 does, and "FormationViolation"."""


def may_be_too_much(code: str) -> bool:
    """Whether a charger that refused with this code may have been asked too much.

    It shall say OccurrenceConstraintViolation or FormatViolation (B06.FR.16 and .17); 1.6 leaves it open.
    """
    return code.strip().casefold().startswith(_TOO_MUCH)


def halves(request: Request) -> tuple[Request, ...]:
    """The same question in two parts, in order; none if it cannot be parted."""
    where = _ASKED.get(request.action)
    asked = request.payload.get(where) if where is not None else None
    if where is None or not isinstance(asked, list) or len(asked) < 2:  # noqa: PLR2004  what makes two parts
        return ()
    middle = len(asked) // 2
    return tuple(
        Request(action=request.action, payload=request.payload | {where: some})
        for some in (asked[:middle], asked[middle:])
    )


def joined(answers: Sequence[Json]) -> Json:
    """The answers to the parts as if they were one."""
    told = {name: [item for answer in answers for item in _listed(answer, name)] for name in _ANSWERED}
    return {name: items for name, items in told.items() if items}


def _listed(answer: Json, name: str) -> list[object]:
    listed = answer.get(name)
    return listed if isinstance(listed, list) else []
