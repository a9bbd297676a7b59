"""Words of the standard that are spelled in another case."""

from typing import Any

import pytest

from custom_components.ocpp_central.csms.vocabulary import respelled, vocabulary

SCHEMA: dict[str, Any] = {
    "definitions": {
        "Unit": {"enum": ["Wh", "kWh"]},
        "Sample": {"properties": {"unit": {"$ref": "#/definitions/Unit"}, "next": {"$ref": "#/definitions/Sample"}}},
    },
    "properties": {
        "status": {"type": "string", "enum": ["Available", "Faulted"]},
        "both": {"enum": ["Yes", "YES", "No"]},
        "info": {"type": "string"},
        "samples": {"type": "array", "items": {"$ref": "#/definitions/Sample"}},
    },
}


@pytest.mark.parametrize(
    ("told", "read", "places"),
    [
        ({"status": "Available"}, None, set()),
        ({"status": "available"}, {"status": "Available"}, {("status",)}),
        ({"status": " FAULTED "}, {"status": "Faulted"}, {("status",)}),
        ({"status": "Asleep"}, None, set()),
        ({"status": 5, "samples": "no"}, None, set()),
        ({"info": "available"}, None, set()),
        ({"both": "yes"}, None, set()),
        ({"both": "NO"}, {"both": "No"}, {("both",)}),
        (
            {"samples": [{"unit": "Wh", "x": 1}, {"unit": "KWH"}, 3, {"unit": "wh"}]},
            {"samples": [{"unit": "Wh", "x": 1}, {"unit": "kWh"}, 3, {"unit": "Wh"}]},
            {("samples", None, "unit")},
        ),
    ],
)
def test_words_are_read_in_any_case(told: dict[str, Any], read: dict[str, Any] | None, places: set[Any]) -> None:
    """Where there is but one that can be meant; all else stays as it is."""
    got, found = respelled(told, vocabulary(SCHEMA))
    assert got == (told if read is None else read)
    assert found == places
    assert (got is told) is (read is None)
