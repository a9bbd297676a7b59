"""The official schemas as the tests' yardstick: what is valid, and payloads that nearly are."""

from functools import cache
from importlib.resources import files
import json
import string
from typing import Any

from hypothesis import strategies as st
import jsonschema_rs

from custom_components.ocpp_central.csms.dialect import Json, Version
from custom_components.ocpp_central.csms.needed import needed

FOLDERS = {Version.V16: "v16", Version.V201: "v201", Version.V21: "v21"}


@cache
def schema(version: Version, name: str) -> Json:
    """One schema file, by its name without the suffix."""
    file = files("ocpp") / FOLDERS[version] / "schemas" / f"{name}.json"
    loaded: Json = json.loads(file.read_text("utf-8-sig"))
    return loaded


def request_schema(version: Version, action: str) -> Json:
    """The schema of a request; 1.6 names it like the action."""
    return schema(version, action if version is Version.V16 else f"{action}Request")


@cache
def _validator(version: Version, name: str) -> jsonschema_rs.Validator:
    # Formats are checked here, unlike by us: what we send must be a proper time.
    return jsonschema_rs.validator_for(schema(version, name), validate_formats=True)


def violations(version: Version, name: str, payload: Json) -> list[str]:
    """What is wrong with a payload; empty if nothing is."""
    return [error.message for error in _validator(version, name).iter_errors(payload)]


def request_violations(version: Version, action: str, payload: Json) -> list[str]:
    """What is wrong with a request."""
    name = action if version is Version.V16 else f"{action}Request"
    return violations(version, name, payload)


def reply_violations(version: Version, action: str, payload: Json) -> list[str]:
    """What is wrong with an answer."""
    return violations(version, f"{action}Response", payload)


def actions(version: Version) -> set[str]:
    """Every action that has an answer, of either side."""
    folder = files("ocpp") / FOLDERS[version] / "schemas"
    names = (file.name.removesuffix(".json") for file in folder.iterdir())
    return {name.removesuffix("Response") for name in names if name.endswith("Response")}


_WORDS = st.text(alphabet=string.printable + "äß\x00東", max_size=12)
_TIMES = st.sampled_from(["2026-03-01T10:00:00Z", "2026-03-01T10:00:00+01:00", "0001-01-01T00:00:00+14:00", "soon", ""])
_NUMBERS = st.integers(-(10**25), 10**25) | st.sampled_from([0, 1, 2, -1, 1.0])
_ANYTHING = st.recursive(
    st.none() | st.booleans() | _NUMBERS | st.floats(allow_nan=False, allow_infinity=False) | _WORDS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_WORDS, inner, max_size=2),
    max_leaves=3,
)


def sloppy(version: Version, action: str) -> st.SearchStrategy[Json]:
    """Requests whose needed fields are there with their JSON types; all else is as careless as chargers are."""
    whole = request_schema(version, action)
    return _object(whole, whole, needed(version, action))


def proper(version: Version, action: str) -> st.SearchStrategy[Json]:
    """Requests that the schema allows."""
    whole = request_schema(version, action)
    return _object(whole, whole, None)


def _object(whole: Json, part: Json, needed: frozenset[str] | None) -> st.SearchStrategy[Json]:
    """Objects of a schema; `needed` None: proper ones, else what careless ones have at least."""
    fields = {
        name: _value(whole, field, needed) for name, field in part.get("properties", {}).items() if name != "customData"
    }
    required = {name: fields[name] for name in part.get("required", []) if needed is None or name in needed}
    optional = {name: field for name, field in fields.items() if name not in required}
    if needed is None:
        return st.fixed_dictionaries(required, optional=optional)
    careless = {name: field | _ANYTHING for name, field in optional.items()}
    extra = st.dictionaries(_WORDS, _ANYTHING, max_size=1)
    payloads = st.fixed_dictionaries(required, optional=careless)
    return st.builds(lambda more, payload: more | payload, extra, payloads)


def _value(whole: Json, field: Json, needed: frozenset[str] | None) -> st.SearchStrategy[Any]:
    sloppy = needed is not None
    if "$ref" in field:
        field = whole["definitions"][field["$ref"].rsplit("/", 1)[-1]]
    match field.get("type"):
        case "object":
            return _object(whole, field, needed)
        case "array":
            items = _value(whole, field["items"], needed)
            return st.lists(items, min_size=0 if sloppy else 1, max_size=2)
        case "string":
            return _text(field, sloppy=sloppy)
        case "integer" | "number":
            high = int(field.get("maximum", 100))
            low = int(field.get("minimum", min(0, high)))
            careless = _NUMBERS | st.floats(-1e300, 1e300) if field["type"] == "number" else _NUMBERS
            return st.integers(low, high) | (careless if sloppy else st.nothing())
        case "boolean":
            return st.booleans()
        case _:
            return _ANYTHING


def _text(field: Json, *, sloppy: bool) -> st.SearchStrategy[str]:
    if field.get("format") == "date-time":
        return _TIMES if sloppy else st.just("2026-03-01T10:00:00Z")
    known = st.sampled_from(field["enum"]) if "enum" in field else st.nothing()
    if sloppy:
        return known | _WORDS | st.just("x" * 300)
    if "enum" in field:
        return known
    return _WORDS.map(lambda word: word[: field.get("maxLength")])
