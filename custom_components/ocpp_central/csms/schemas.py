"""Whether a payload is acceptable, by the official JSON schemas of the `ocpp` package.

Knows the schemas and how far one may look away. Must not know frames, sessions or what a payload means.

There are two questions to a sloppy payload. Does it lose meaning: is a required property missing, or something of
the wrong type? That is asked of a schema that was reduced to types and required properties. And what else is odd:
over-long strings, unknown words, unknown keys? That is for the log alone, and the caller may do without it, because
describing a fault costs a thousand times more than finding that there is one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final, override

from jsonschema_rs import Draft4Validator, ValidationError, ValidationErrorKind
import orjson

from .dialect import Json, Version
from .errors import Fault

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

type Steps = tuple[str | None, ...]
"""The way to a place in a payload; None stands for any item of a list."""


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
    """`exact` is the official one, `meaning` the same with types and required properties only."""

    exact: Draft4Validator
    meaning: Draft4Validator


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
        is noted; a number where a text belongs becomes that text, and another optional property of the wrong type is
        left out, both in a copy, and noted. Without `describe` there is one note for all that stayed; describing
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
    return {version: _compiled(folder) for version, folder in _FOLDERS.items()}


def _compiled(folder: str) -> Schemas:
    requests: dict[str, _Schema] = {}
    responses: dict[str, _Schema] = {}
    for file in files("ocpp").joinpath(folder, "schemas").iterdir():
        # utf-8-sig: some releases of the schemas begin with a byte order mark
        document = orjson.loads(file.read_text("utf-8-sig"))
        # 1.6: Heartbeat, HeartbeatResponse; 2.x: HeartbeatRequest, HeartbeatResponse, NotifyPeriodicEventStream
        name = file.name.removesuffix(".json")
        schema = _Schema(exact=_validator(document), meaning=_validator(_reduced(document)))
        if name.endswith("Response"):
            responses[name.removesuffix("Response")] = schema
        else:
            requests[name.removesuffix("Request")] = schema
    return Schemas(requests, responses)


def _validator(document: Json) -> Draft4Validator:
    # Draft 4 for all, although 2.x says draft 6: of what OCPP uses the two differ only in 16.0, which is an integer
    # to draft 6. It must show here, or it would reach readers that expect an int. Formats: real chargers send
    # times without a zone; times are parsed by those who read them.
    return Draft4Validator(document, validate_formats=False, mask="...")


def _reduced(schema: Json) -> Json:
    kept = {keyword: value for keyword, value in schema.items() if keyword in _MEANING}
    for keyword in ("properties", "definitions"):
        if keyword in kept:
            kept[keyword] = {name: _reduced(inner) for name, inner in kept[keyword].items()}
    if "items" in kept:
        kept["items"] = _reduced(kept["items"])
    return kept


def _checked(schema: _Schema, payload: Json, *, relaxed: bool, describe: bool) -> tuple[Json, tuple[Note, ...]]:
    if schema.exact.is_valid(payload):
        return payload, ()
    if not relaxed:
        return _exact(schema.exact, payload), ()
    usable, notes = _usable(schema.meaning, payload)
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
        steps, mend = _repair(error, payload)
        if mend is None:
            raise violation
        if mend is not _as_text:
            dropped.add(steps)
        notes[steps] = Note(keyword=error.kind.name, place=_place(steps))
        payload = _mended(payload, steps, mend)
    raise Violation(Fault.TYPE, ())


type _Mend = Callable[[Any], Any]
_GONE: Final = object()


def _repair(error: ValidationError, payload: Json) -> tuple[Steps, _Mend | None]:
    """What to mend or leave out because of an error, in all items of a list at once; None where nothing would help."""
    steps = _steps(error.instance_path)
    if "customData" in steps:
        # It is the vendor's own and nothing of ours depends on it, so even its required vendorId may be missing.
        return steps[: steps.index("customData") + 1], lambda _: _GONE
    if error.kind.name != "type" or not steps:
        return steps, None
    if _is_written_as_number(error, payload):
        return steps, _as_text
    wrong = type(_at(payload, error.instance_path))
    if steps[-1] is not None:
        return steps, lambda value: _GONE if type(value) is wrong else value
    # An item of the wrong type spoils its list: nobody could tell which items are left.
    return steps[:-1], lambda value: _GONE if _has(value, wrong) else value


def _has(value: Any, wrong: type) -> bool:  # noqa: ANN401 - any JSON
    return isinstance(value, list) and any(type(item) is wrong for item in value)


def _mended(node: Any, steps: Steps, mend: _Mend) -> Any:  # noqa: ANN401 - any JSON
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


def _is_written_as_number(error: ValidationError, payload: Json) -> bool:
    match error.kind:
        case ValidationErrorKind.Type(types=types) if "string" in types:
            value = _at(payload, error.instance_path)
            return _as_text(value) is not value
        case _:
            return False


def _as_text(value: Any) -> Any:  # noqa: ANN401 - any JSON
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


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
