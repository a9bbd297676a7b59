"""How a message that is nearly JSON is made JSON.

Knows the mistakes that chargers make in writing it (docs/quirks.md names them). Must not know frames, nor what a message
means.
"""

from collections.abc import Iterator
from dataclasses import dataclass
import re
from typing import Final

_LONGEST: Final = 2**16
"""Characters; mending a longer text would hold up everybody else. Broken messages are written by small chargers."""

_BYTE_ORDER_MARK: Final = "\ufeff"
_CONTROLS: Final = re.compile(r"[\x00-\x1f]+")
_QUOTED: Final = r'"(?:[^"\\]|\\.?)*(?:"|$)'
"""A whole text in quotes, so that nothing is mended inside."""
_GAPS: Final = re.compile(_QUOTED + r"|:\s*(?=[,}\]])", re.DOTALL)
_COMMAS: Final = re.compile(_QUOTED + r"|,(?:\s*,)*\s*(?=[\]}])|[\[{,](?:\s*,)+", re.DOTALL)
_BRACKETS: Final = re.compile(_QUOTED + r"|[\[\]{}]", re.DOTALL)
_CLOSING: Final = {"[": "]", "{": "}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """A text that may be JSON now, and which mistakes were mended, in words for a log."""

    text: str
    mistakes: tuple[str, ...]


def mended(message: str | bytes) -> Mended | None:
    """A message that is no JSON without the mistakes that are known; None if it has none of them.

    Nothing is guessed: what is added is null, an empty list, or the closing of what was opened.
    """
    if len(message) > _LONGEST:
        return None
    text = message if isinstance(message, str) else message.decode("utf-8", "replace")
    mistakes: list[str] = []
    if isinstance(message, bytes) and "\ufffd" in text:
        mistakes.append("bytes that are no UTF-8")
    for mistake, better in _steps(text):
        if better != text:
            mistakes.append(mistake)
            text = better
    return Mended(text=text, mistakes=tuple(mistakes)) if mistakes else None


def _steps(text: str) -> Iterator[tuple[str, str]]:
    """The text after each step that mends a mistake, with the name of the mistake."""
    text = text.removeprefix(_BYTE_ORDER_MARK)
    yield "a byte order mark", text
    # also line breaks between values, which lose nothing by it
    text = _CONTROLS.sub("", text)
    yield "control characters", text
    text = _GAPS.sub(lambda found: _filled(found, text), text)
    yield "a key without a value", text
    text = _COMMAS.sub(lambda found: _sole(found, text), text)
    yield "a comma too many", text
    yield "brackets that are not closed", text + _unclosed(text)


def _filled(found: re.Match[str], text: str) -> str:
    if not found[0].startswith(":"):
        return found[0]
    # before the end of a list that never began, the list was empty
    return ":[" if text[found.end()] == "]" else ":null"


def _sole(found: re.Match[str], text: str) -> str:
    if found[0].startswith('"'):
        return found[0]
    at_end = found[0].startswith(",") and text[found.end() : found.end() + 1] in ("]", "}")
    return "" if at_end else found[0][0]


def _unclosed(text: str) -> str:
    """What closes the open brackets of a text; nothing where it ends within a value, which may be cut off."""
    if not text.rstrip().endswith(("]", "}")):
        return ""
    closings: list[str] = []
    for found in _BRACKETS.finditer(text):
        if found[0] in _CLOSING:
            closings.append(_CLOSING[found[0]])
        elif closings and found[0] == closings[-1]:
            closings.pop()
    return "".join(reversed(closings))
