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
        (IdToken(value="04A2B3C4"), IdToken(value="04:A2:B3:C4"), True),
        (IdToken(value="04-a2-b3-c4"), IdToken(value="04 A2 B3 C4"), True),
        (IdToken(value="04:A2:B3:C4", type="ISO14443"), IdToken(value="04a2b3c4"), True),
        (IdToken(value="04:A2:B3:C4", type="ISO14443"), IdToken(value="04A2B3C4", type="KeyCode"), False),
        (IdToken(value="04:A2:B3:C4:D5:E6:80"), IdToken(value="04A2B3C4D5E680"), True),
        (IdToken(value="04:A2:B3:C4"), IdToken(value="04A2B3C5"), False),
        (IdToken(value="12-34"), IdToken(value="1234"), False),
        (IdToken(value="12-34-56"), IdToken(value="123456"), False),
        (IdToken(value="04:A2-B3:C4"), IdToken(value="04A2B3C4"), False),
        (IdToken(value="4:A2:B3:C4"), IdToken(value="4A2B3C4"), False),
        (IdToken(value="04:A2:B3:C4:"), IdToken(value="04A2B3C4"), False),
        (IdToken(value="Anna - Mary - Jane"), IdToken(value="AnnaMaryJane"), False),
        (IdToken(value="no-on-so-do"), IdToken(value="noonsodo"), False),
    ],
)
def test_tokens_compare_in_any_spelling_and_by_type_only_where_both_are_known(
    one: IdToken, other: IdToken, *, want: bool
) -> None:
    """1.6 knows no types, and chargers differ in spelling (ocpp.md 5.8); only a UID has bytes to be kept apart."""
    assert one.matches(other) is want
    assert other.matches(one) is want


def test_all_spellings_of_a_token_have_one_key() -> None:
    """Whatever is looked up by a token is found in any spelling; its type is no part of it."""
    spellings = ("04A2B3C4", "04a2b3c4", "04:A2:B3:C4", "04-a2-b3-c4", "04 A2 b3 C4")
    tokens = [IdToken(value=value, type=kind) for value in spellings for kind in (None, "ISO14443")]
    assert len({token.key for token in tokens}) == 1


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
