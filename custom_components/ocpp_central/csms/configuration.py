"""How a charger's answers about its configuration are read: the keys of 1.6 and the variables of 2.x.

Knows their shape. Must not know what any of them means.
"""

from collections.abc import Mapping
from typing import Final

from .dialect import Json
from .fields import part, parts, text

_TRUTHS: Final = {"true": True, "1": True, "false": False, "0": False}


def keys_told(answer: Json) -> Mapping[str, str | None]:
    """The values in an answer to GetConfiguration, by key in small letters.

    Some chargers send all that they have, in any spelling of the names.
    """
    return {(text(entry, "key") or "").casefold(): text(entry, "value") for entry in parts(answer, "configurationKey")}


def name_of(result: Json) -> tuple[str, str]:
    """Which component and variable a result of GetVariables is about, in small letters; names are alike in any case."""
    component, variable = (text(part(result, key), "name") or "" for key in ("component", "variable"))
    return component.casefold(), variable.casefold()


def value_of(result: Json) -> str | None:
    """The value in a result of GetVariables; None where the charger gave none."""
    return text(result, "attributeValue") if text(result, "attributeStatus") == "Accepted" else None


def truth(value: str | None) -> bool | None:
    """The yes or no that a value spells, None for anything else."""
    return None if value is None else _TRUTHS.get(value.strip().casefold())
