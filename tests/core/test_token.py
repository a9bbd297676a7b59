"""How id tokens and groups compare."""

import pytest

from custom_components.ocpp_central.core.token import IdToken, same_group


@pytest.mark.parametrize(
    ("one", "other", "want"),
    [
        (IdToken(value="04A2"), IdToken(value="04A2"), True),
        (IdToken(value="04A2"), IdToken(value="04a2"), True),
        (IdToken(value="04A2"), IdToken(value="04A3"), False),
        (IdToken(value="04A2", type="ISO14443"), IdToken(value="04A2"), True),
        (IdToken(value="04A2"), IdToken(value="04A2", type="Central"), True),
        (IdToken(value="04A2", type="ISO14443"), IdToken(value="04a2", type="iso14443"), True),
        (IdToken(value="04A2", type="ISO14443"), IdToken(value="04A2", type="Central"), False),
        (IdToken(value="04A2", type="ISO14443"), IdToken(value="04A3", type="ISO14443"), False),
    ],
)
def test_tokens_compare_without_case_and_by_type_only_where_both_are_known(
    one: IdToken, other: IdToken, *, want: bool
) -> None:
    """1.6 knows no types, and chargers differ in spelling (ocpp.md 5.8)."""
    assert one.matches(other) is want
    assert other.matches(one) is want


@pytest.mark.parametrize(
    ("one", "other", "want"),
    [
        ("family", "family", True),
        ("family", "FAMILY", True),
        ("family", "guests", False),
        ("family", None, False),
        (None, "family", False),
        (None, None, False),
    ],
)
def test_an_absent_group_is_no_group(one: str | None, other: str | None, *, want: bool) -> None:
    """Two tokens without a group have nothing in common."""
    assert same_group(one, other) is want


def test_a_token_does_not_show_its_value() -> None:
    """No log line or traceback may give an id token away."""
    assert "04A2" not in repr(IdToken(value="04A2", type="ISO14443"))
