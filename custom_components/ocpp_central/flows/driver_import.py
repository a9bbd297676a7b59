"""A list of drivers that was copied from a spreadsheet: one ID token a line, as name, token, group.

Knows how such a list is written, and what it makes of drivers who are known already. Must not know where drivers are
kept. No fault tells a token.
"""

from collections.abc import Iterable, Iterator, Mapping
import csv
from dataclasses import dataclass, field, replace
from typing import Final

from ..core.token import IdToken, same_group
from ..id_tokens import plain, tidied

HEADER: Final = ("name", "token", "group")

_DELIMITERS: Final = ("\t", ";", ",")
"""The one that parts the first line into most fields. Of several, the first: a name may have a comma in it."""

_BLANK: Final = "".join(_DELIMITERS) + " "
"""Nothing else is in an empty line of a spreadsheet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A driver, as far as a list can tell."""

    name: str
    tokens: tuple[IdToken, ...] = ()
    group: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What there is already. Drivers are given by name without regard to case.

    `owners`: the name of each token's driver by the token's key. `ids`: the name of a driver by whatever else than his
    name actions may call him.
    """

    drivers: Mapping[str, Listed]
    owners: Mapping[str, str] = field(repr=False)
    ids: Mapping[str, str]


class ListError(Exception):
    """A list cannot be taken over. `about`: what the text says of it, such as the `line`, counted from 1."""

    def __init__(self, error: str, line: int | None = None, **about: str) -> None:
        """Blame a line, or the list."""
        super().__init__(error)
        self.error = error
        self.about = about if line is None else {"line": str(line), **about}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    number: int
    name: str
    token: IdToken
    group: str | None = field(repr=False)


def imported(text: str, known: Known) -> tuple[Listed, ...]:
    """The drivers that a list adds or changes, as they are to be, in its order; may be empty. Raises `ListError`."""
    listed: dict[str, Listed] = {}
    seen = set[str]()
    for line in _lines(text):
        if line.token.key in seen:
            raise ListError("line_token_twice", line.number)
        seen.add(line.token.key)
        name = line.name.casefold()
        if name not in known.drivers and line.name in known.ids:
            raise ListError("line_name_is_id", line.number, driver=known.ids[line.name])
        was = listed.get(name) or known.drivers.get(name) or Listed(name=line.name)
        listed[name] = _with(was, line, known.owners)
    if not listed:
        raise ListError("list_empty")
    return tuple(each for name, each in listed.items() if each != known.drivers.get(name))


def _with(driver: Listed, line: _Line, owners: Mapping[str, str]) -> Listed:
    group = driver.group or line.group
    if line.group is not None and not same_group(group, line.group):
        raise ListError("line_group_conflict", line.number, driver=driver.name)
    if any(each.key == line.token.key for each in driver.tokens):
        return replace(driver, group=group)
    if (owner := owners.get(line.token.key)) is not None:
        raise ListError("line_token_taken", line.number, driver=owner)
    return replace(driver, tokens=(*driver.tokens, line.token), group=group)


def _lines(text: str) -> Iterator[_Line]:
    lines = enumerate(text.removeprefix("\ufeff").splitlines(), start=1)
    written = [(number, line) for number, line in lines if line.strip(_BLANK)]
    if not written:
        return
    delimiter = max(_DELIMITERS, key=lambda each: len(_parted(written[0][1], each)))
    for position, (number, line) in enumerate(written):
        fields = _parted(line, delimiter)
        if position > 0 or not _is_header(fields):
            yield _line(number, fields)


def _parted(line: str, delimiter: str) -> list[str]:
    """The fields of a line. Each is read by itself, so that a lost quotation mark spoils no other."""
    try:
        return [each.strip() for each in next(csv.reader([line], delimiter=delimiter))]
    except csv.Error:  # a field is longer than the module reads
        return [line]


def _is_header(fields: Iterable[str]) -> bool:
    told = [each.casefold() for each in fields]
    return len(told) > 1 and told == list(HEADER[: len(told)])


def _line(number: int, fields: list[str]) -> _Line:
    name, token, group, *more = [*fields, "", "", ""]
    if any(more):
        raise ListError("line_too_long", number)
    if not name:
        raise ListError("line_name_missing", number)
    if not token:
        raise ListError("line_token_missing", number)
    value = _plain(number, token, "line_token_invalid")
    return _Line(
        number=number,
        name=_plain(number, name, "line_name_invalid"),
        token=tidied(IdToken(value=value)),
        group=_plain(number, group, "line_group_invalid") if group else None,
    )


def _plain(number: int, text: str, error: str) -> str:
    if (found := plain(text)) is None:
        raise ListError(error, number)
    return found
