"""The types of connectors that OCPP publishes. Must not know which charger has which.

A type is told as its published name (ConnectorEnumType); 2.1 lets chargers have names of their own beside these.
"""

CONNECTOR_TYPES = (
    "cCCS1",
    "cCCS1-NACS",
    "cCCS2",
    "cChaoJi",
    "cG105",
    "cGBT-DC",
    "cLECCS",
    "cMCS",
    "cNACS",
    "cNACS-CCS1",
    "cTesla",
    "cType1",
    "cType2",
    "cUltraChaoJi",
    "s309-1P-16A",
    "s309-1P-32A",
    "s309-3P-16A",
    "s309-3P-32A",
    "sBS1361",
    "sCEE-7-7",
    "sType1",
    "sType2",
    "sType3",
    "Other1PhMax16A",
    "Other1PhOver16A",
    "Other3Ph",
    "Pan",
    "wInductive",
    "wResonant",
)
"""The list of 2.0.1 with what 2.1 adds (cables, sockets, others, wireless), without its two words for "not known"."""

LONGEST_TYPE = 20
"""Characters (2.1, ConnectorEnumStringType)."""

_NOT_KNOWN = frozenset({"", "undetermined", "unknown"})
_PUBLISHED = {name.casefold(): name for name in CONNECTOR_TYPES}


def named_type(told: str) -> str | None:
    """A type in its published spelling, or as it is told if it is none of these; None where it says nothing."""
    name = told.strip()
    if name.casefold() in _NOT_KNOWN or len(name) > LONGEST_TYPE:
        return None
    return _PUBLISHED.get(name.casefold(), name)
