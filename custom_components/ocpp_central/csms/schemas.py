"""Whether a payload is acceptable, by the official JSON schemas of the `ocpp` package.

Knows the schemas and how far one may look away. Must not know frames, sessions or what a payload means.

There are two questions to a sloppy payload. Does it lose meaning: is a required property missing, or something of
the wrong type? That is asked of a schema that was reduced to types and required properties. And what else is odd:
over-long strings, unknown words, unknown keys? That is for the log alone, and the caller may do without it, because
describing a fault costs a thousand times more than finding that there is one.

Words in another case are read as they are spelled in the schema (`vocabulary`). What may be missing of a charger's requests, `needed` says. A value of the wrong type is read where it says plainly what
is meant ("16" for 16), and else is as good as missing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
import math
from typing import Any, Final, override

from jsonschema_rs import Draft4Validator, ValidationError, ValidationErrorKind
import orjson

from .configuration import truth
from .dialect import Json, Version
from .errors import Fault
from .needed import IDLE_IN_ANSWERS, needed
from .vocabulary import Steps, Vocabulary, respelled, vocabulary

_FOLDERS: Final = {Version.V16: "v16", Version.V201: "v201", Version.V21: "v21"}
_WORDS: Final = {
    Fault.FORMATION: "is not defined",
    Fault.OCCURRENCE: "is missing or has the wrong number of items",
    Fault.TYPE: "has the wrong type",
    Fault.VALUE: "has a value that is not allowed",
}
_MEANING: Final = frozenset({"type", "properties", "required", "items", "$ref", "definitions"})
_MOST_REPAIRS: Final = 24
"""Different places of one payload that may be mistyped before it is refused; each costs one more look at it."""
_MOST_EXACT: Final = 2**53
"""Floats beyond this are no longer exact integers."""
_ROUNDED: Final = frozenset({"meterStart", "meterStop"})
"""Integers that chargers send with a fraction (docs/quirks.md), of which the fraction can be spared."""
_ANY_TYPE: Final = frozenset({"value", "attributeValue", "actualValue"})
"""Texts that spell values of any type, so that chargers send true for "true"."""

_VENDORS_OWN: Final = "data"
"""What only a vendor defines: 1.6 wants a text, and chargers send what they like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something that was accepted although the schema forbids it: the schema's keyword, and where. Never a value."""

    keyword: str
    place: str


class Violation(Exception):
    """A payload that is not acceptable: what is wrong, and where. Never a value."""

    def __init__(self, fault: Fault, steps: Steps) -> None:
        """Remember what is wrong and where; no steps: the payload itself."""
        super().__init__(fault, steps)
        self.fault = fault
        self.steps = steps

    @property
    def place(self) -> str:
        """Where, for people; empty for the payload itself."""
        return _place(self.steps)

    @override
    def __str__(self) -> str:
        return f"{self.place or 'the payload'} {_WORDS[self.fault]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Schema:
    """`exact` is the official one, `meaning` the same with types and required properties only. `words`: what it allows where."""

    exact: Draft4Validator
    meaning: Draft4Validator
    words: Vocabulary


class Schemas:
    """The schemas of one version. Nothing here blocks."""

    def __init__(self, requests: Mapping[str, _Schema], responses: Mapping[str, _Schema]) -> None:
        """Keep the compiled schemas, by action."""
        self._requests = requests
        self._responses = responses

    def knows(self, action: str) -> bool:
        """Whether the version defines this action, for whichever side."""
        return action in self._requests

    def request(
        self, action: str, payload: Json, *, relaxed: bool, describe: bool = True
    ) -> tuple[Json, tuple[Note, ...]]:
        """The payload of a CALL or SEND as it may be read, and what was odd about it.

        Integers written as floats (16.0) become integers. Relaxed: what does not lose meaning stays as it is and
        is noted; of the wrong type, what says plainly what is meant becomes that, and else is left out unless it
        is needed, and words are spelled as in the schema, all in a copy, and noted. Without `describe` there is one note for all that stayed; describing
        takes some 10 µs for each of them. Raises `Violation` for everything else, and KeyError for an action that
        the version does not define.
        """
        return _checked(self._requests[action], payload, relaxed=relaxed, describe=describe)

    def response(
        self, action: str, payload: Json, *, relaxed: bool, describe: bool = True
    ) -> tuple[Json, tuple[Note, ...]]:
        """The same for the payload of a CALLRESULT."""
        return _checked(self._responses[action], payload, relaxed=relaxed, describe=describe)


@cache
def load() -> Mapping[Version, Schemas]:
    """Read and compile the schemas of all versions, once per process. Blocks for some 0.1 s: not for the event loop."""
    return {version: _compiled(version, folder) for version, folder in _FOLDERS.items()}


def _compiled(version: Version, folder: str) -> Schemas:
    requests: dict[str, _Schema] = {}
    responses: dict[str, _Schema] = {}
    for file in files("ocpp").joinpath(folder, "schemas").iterdir():
        # utf-8-sig: some releases of the schemas begin with a byte order mark
        document = orjson.loads(file.read_text("utf-8-sig"))
        # 1.6: Heartbeat, HeartbeatResponse; 2.x: HeartbeatRequest, HeartbeatResponse, NotifyPeriodicEventStream
        name = file.name.removesuffix(".json")
        action = name.removesuffix("Response").removesuffix("Request")
        if name.endswith("Response"):
            responses[action] = _schema(document, lambda required: required not in IDLE_IN_ANSWERS)
        else:
            requests[action] = _schema(document, needed(version, action).__contains__)
    return Schemas(requests, responses)


def _schema(document: Json, is_needed: Callable[[str], bool]) -> _Schema:
    return _Schema(
        exact=_validator(document),
        meaning=_validator(_reduced(document, is_needed)),
        words=vocabulary(document),
    )


def _validator(document: Json) -> Draft4Validator:
    # Draft 4 for all, although 2.x says draft 6: of what OCPP uses the two differ only in 16.0, which is an integer
    # to draft 6. It must show here, or it would reach readers that expect an int. Formats: real chargers send
    # times without a zone; times are parsed by those who read them.
    return Draft4Validator(document, validate_formats=False, mask="...")


def _reduced(schema: Json, is_needed: Callable[[str], bool]) -> Json:
    kept = {keyword: value for keyword, value in schema.items() if keyword in _MEANING}
    if "properties" in kept:
        kept["properties"] = {
            name: {} if name == _VENDORS_OWN and inner.get("type") == "string" else _reduced(inner, is_needed)
            for name, inner in kept["properties"].items()
        }
    if "definitions" in kept:
        kept["definitions"] = {
            # customData is left out as a whole, not read without its vendor
            name: _reduced(inner, is_needed if name != "CustomDataType" else lambda _: True)
            for name, inner in kept["definitions"].items()
        }
    if "items" in kept:
        kept["items"] = _reduced(kept["items"], is_needed)
    if "required" in kept:
        # none at all where none is needed: draft 4 has no empty list of them
        kept = {keyword: value for keyword, value in kept.items() if keyword != "required"}
        if names := [name for name in schema["required"] if is_needed(name)]:
            kept["required"] = names
    return kept


def _checked(schema: _Schema, payload: Json, *, relaxed: bool, describe: bool) -> tuple[Json, tuple[Note, ...]]:
    if schema.exact.is_valid(payload):
        return payload, ()
    if not relaxed:
        return _exact(schema.exact, payload), ()
    usable, notes = _usable(schema.meaning, payload)
    usable, spelled = respelled(usable, schema.words)
    notes += tuple(Note(keyword="enum", place=_place(steps)) for steps in sorted(spelled, key=_place))
    return usable, (*notes, *_oddities(schema.exact, usable, describe=describe))


def _exact(validator: Draft4Validator, payload: Json) -> Json:
    # ends: each round mends a place, and a schema has a few dozen
    while (error := _first_error(validator, payload)) is not None:
        if not _is_written_as_float(error, payload):
            raise _violation(error)
        payload = _mended(payload, _steps(error.instance_path), _as_integer)
    return payload


def _usable(validator: Draft4Validator, payload: Json) -> tuple[Json, tuple[Note, ...]]:
    """What can be read of a payload, and what had to be left out; raises `Violation` if that was required."""
    notes: dict[Steps, Note] = {}
    dropped: set[Steps] = set()
    for _ in range(_MOST_REPAIRS):
        error = _first_error(validator, payload)
        if error is None:
            return payload, tuple(notes.values())
        if _is_written_as_float(error, payload):
            payload = _mended(payload, _steps(error.instance_path), _as_integer)
            continue
        violation = _violation(error)
        if violation.fault is Fault.OCCURRENCE and violation.steps in dropped:
            # it is missing because it was left out for its type
            raise Violation(Fault.TYPE, violation.steps)
        repair = _repair(error, payload)
        if repair is None:
            raise violation
        if repair.drops:
            dropped.add(repair.steps)
        notes[repair.steps] = Note(keyword=error.kind.name, place=_place(repair.steps))
        payload = _mended(payload, repair.steps, repair.mend)
    raise Violation(Fault.TYPE, ())


_GONE: Final = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Repair:
    """What to do at some place, in all items of a list at once; `drops`: what cannot be read there is left out."""

    steps: Steps
    mend: Callable[[Any], Any]
    drops: bool = True


def _repair(error: ValidationError, payload: Json) -> _Repair | None:
    """What to mend or leave out because of an error; None where nothing would help."""
    steps = _steps(error.instance_path)
    if "customData" in steps:
        # It is the vendor's own and nothing of ours depends on it, so even its required vendorId may be missing.
        return _Repair(steps=steps[: steps.index("customData") + 1], mend=lambda _: _GONE)
    match error.kind:
        case ValidationErrorKind.Type(types=types) if steps:
            return _retyped(steps, _at(payload, error.instance_path), frozenset(types))
        case _:
            return None


def _retyped(steps: Steps, wrong: Any, types: frozenset[str]) -> _Repair:  # noqa: ANN401 - any JSON
    name = steps[-1]
    if _meant(wrong, name, types) is not wrong:
        return _Repair(steps=steps, mend=lambda value: _meant(value, name, types), drops=False)
    kind = type(wrong)
    if name is not None:
        # Texts may be right elsewhere in the list, where they can be read.
        return _Repair(
            steps=steps,
            mend=lambda value: _GONE if type(value) is kind and _meant(value, name, types) is value else value,
        )
    # An item of the wrong type spoils its list: nobody could tell which items are left.
    return _Repair(steps=steps[:-1], mend=lambda value: _GONE if _has(value, kind) else value)


def _has(value: Any, wrong: type) -> bool:  # noqa: ANN401 - any JSON
    return isinstance(value, list) and any(type(item) is wrong for item in value)


def _mended(node: Any, steps: Steps, mend: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - any JSON
    """A copy of `node` with `mend` applied to what lies at `steps`; nodes that do not lead there stay as they are."""
    if not steps:
        return mend(node)
    step, rest = steps[0], steps[1:]
    if step is None:
        return [_mended(item, rest, mend) for item in node] if isinstance(node, list) else node
    if not isinstance(node, dict) or step not in node:
        return node
    value = _mended(node[step], rest, mend)
    if value is _GONE:
        return {key: kept for key, kept in node.items() if key != step}
    return {**node, step: value}


_UNDESCRIBED: Final = Note(keyword="undescribed", place="")


def _oddities(validator: Draft4Validator, payload: Json, *, describe: bool) -> tuple[Note, ...]:
    if validator.is_valid(payload):
        return ()
    if not describe:
        return (_UNDESCRIBED,)
    try:
        # a dict, because one place may be odd in a hundred items
        return tuple(dict.fromkeys(note for error in validator.iter_errors(payload) for note in _notes(error)))
    except ValueError:  # nested too deeply to be described; what is unknown to the schema is not read anyway
        return (_UNDESCRIBED,)


def _notes(error: ValidationError) -> list[Note]:
    steps = _steps(error.instance_path)
    match error.kind:
        case ValidationErrorKind.AdditionalProperties(unexpected=names):
            places = dict.fromkeys((*steps, _printable(name)) for name in names)
        case ValidationErrorKind.Required(property=name):
            places = {(*steps, name): None}
        case _:
            places = {steps: None}
    return [Note(keyword=error.kind.name, place=_place(place)) for place in places]


def _first_error(validator: Draft4Validator, payload: Json) -> ValidationError | None:
    try:
        validator.validate(payload)
    except ValidationError as error:
        return error
    return None


def _violation(error: ValidationError) -> Violation:
    steps = _steps(error.instance_path)
    match error.kind:
        case ValidationErrorKind.Type() if not steps:
            return Violation(Fault.FORMATION, steps)
        case ValidationErrorKind.Type():
            return Violation(Fault.TYPE, steps)
        case ValidationErrorKind.Required(property=name):
            return Violation(Fault.OCCURRENCE, (*steps, name))
        case ValidationErrorKind.MinItems() | ValidationErrorKind.MaxItems():
            return Violation(Fault.OCCURRENCE, steps)
        case ValidationErrorKind.AdditionalProperties(unexpected=names):
            return Violation(Fault.FORMATION, (*steps, _printable(names[0])))
        case _:
            return Violation(Fault.VALUE, steps)


def _is_written_as_float(error: ValidationError, payload: Json) -> bool:
    match error.kind:
        case ValidationErrorKind.Type(types=types) if "integer" in types:
            value = _at(payload, error.instance_path)
            return _as_integer(value) is not value
        case _:
            return False


def _as_integer(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, float) and value.is_integer() and abs(value) < _MOST_EXACT:
        return int(value)
    return value


def _meant(value: Any, name: str | None, types: frozenset[str]) -> Any:  # noqa: ANN401 - any JSON
    """What a value of the wrong type says in one of these types; itself where that is not plain, or it is right."""
    match value:
        case bool():
            return str(value).lower() if "string" in types and name in _ANY_TYPE else value
        case float() if "string" in types and abs(value) >= _MOST_EXACT:
            return value  # the text of it would be that of many numbers: one card for another
        case int() | float() if "string" in types:
            return str(value)
        case int() | float() | str() if "boolean" in types:
            meant = truth(str(value))
            return value if meant is None else meant
        case float() if "integer" in types and name in _ROUNDED:
            return _whole(value, name)
        case str() if "integer" in types or "number" in types:
            return _number(value, name, types)
        case _:
            return value


def _number(text: str, name: str | None, types: frozenset[str]) -> Any:  # noqa: ANN401 - the text, if it is none
    """The number that a text spells: digits, a sign, a point or an exponent, and nothing that only Python reads."""
    if not text.isascii() or "_" in text:
        return text
    try:
        number = float(text)
    except ValueError:
        return text
    if not math.isfinite(number):
        return text
    if "number" in types:
        return number
    meant = _whole(number, name)
    return text if meant is number else meant


def _whole(number: float, name: str | None) -> Any:  # noqa: ANN401 - the number, if it has a fraction
    return _as_integer(float(round(number)) if name in _ROUNDED else number)


def _at(node: Any, path: list[str | int]) -> Any:  # noqa: ANN401 - any JSON
    for step in path:
        node = node[step]
    return node


def _steps(path: list[str | int]) -> Steps:
    return tuple(step if isinstance(step, str) else None for step in path)


def _place(steps: Steps) -> str:
    """A path for people: meterValue[].sampledValue[].phase."""
    return "".join("[]" if step is None else f".{step}" for step in steps).removeprefix(".")


def _printable(name: str) -> str:
    """A key that the schema does not know, fit for a log."""
    return name if name.isidentifier() and name.isascii() and len(name) <= 50 else "?"  # noqa: PLR2004 - the longest of OCPP's own have 40
