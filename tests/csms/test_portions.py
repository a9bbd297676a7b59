"""A question about many things, put in parts."""

import pytest

from custom_components.ocpp_central.csms.dialect import Json, Request
from custom_components.ocpp_central.csms.portions import halves, joined, may_be_too_much


def test_a_question_about_many_things_has_two_parts_in_order() -> None:
    """Until each is about one thing."""
    keys = Request(action="GetConfiguration", payload={"key": ["a", "b", "c"]})
    assert [part.payload for part in halves(keys)] == [{"key": ["a"]}, {"key": ["b", "c"]}]
    variables = Request(action="GetVariables", payload={"getVariableData": [{}, {}]})
    assert [part.payload for part in halves(variables)] == [{"getVariableData": [{}]}] * 2


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("GetConfiguration", {"key": ["a"]}),
        ("GetConfiguration", {}),
        ("GetVariables", {"getVariableData": [{}]}),
        ("SetVariables", {"setVariableData": [{}, {}]}),
        ("Reset", {"type": "Soft"}),
    ],
)
def test_any_other_question_has_none(action: str, payload: Json) -> None:
    """One thing is one thing, and what changes something is not done by halves."""
    assert halves(Request(action=action, payload=payload)) == ()


def test_the_answers_to_the_parts_are_one() -> None:
    """Whatever a careless charger leaves out, or says otherwise."""
    answers: list[Json] = [
        {"configurationKey": [{"key": "a"}]},
        {"configurationKey": [{"key": "b"}], "unknownKey": ["c"]},
        {"unknownKey": "d"},
        {},
    ]
    assert joined(answers) == {"configurationKey": [{"key": "a"}, {"key": "b"}], "unknownKey": ["c"]}
    assert joined([{"getVariableResult": [1]}, {"getVariableResult": [2]}]) == {"getVariableResult": [1, 2]}


@pytest.mark.parametrize(
    ("code", "may_be"),
    [
        ("OccurrenceConstraintViolation", True),
        ("OccurenceConstraintViolation", True),
        ("FormatViolation", True),
        (" formationViolation", True),
        ("PropertyConstraintViolation", True),
        ("GenericError", True),
        ("InternalError", False),
        ("NotImplemented", False),
        ("NotSupported", False),
        ("", False),
    ],
)
def test_some_codes_may_mean_that_it_was_too_much(code: str, *, may_be: bool) -> None:
    """Whoever does not know the question at all, or is broken, is not asked again by parts."""
    assert may_be_too_much(code) is may_be
