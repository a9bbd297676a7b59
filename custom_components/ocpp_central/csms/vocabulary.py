"""Which words a schema allows where, and how a payload is read in these though it spells them otherwise.

Knows that chargers are careless of case and of blanks. Must not know what any word means, nor what else may be odd in a payload.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .dialect import Json

type Steps = tuple[str | None, ...]
"""The way to a place in a payload; None stands for any item of a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The words of a place in small letters, each as it is to be spelled; and those of the places within it."""

    words: Mapping[str, str] = field(default_factory=dict)
    within: Mapping[str, Vocabulary] = field(default_factory=dict)
    items: Vocabulary | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there are no words here nor anywhere within."""
        return not self.words and not self.within and self.items is None


def vocabulary(schema: Json) -> Vocabulary:
    """The words that a JSON schema allows. Two that differ in case alone would both be left as they are told."""
    return _vocabulary(schema, schema.get("definitions", {}), ())


def respelled(payload: Json, known: Vocabulary) -> tuple[Json, frozenset[Steps]]:
    """The payload with its words as they are to be spelled, and where that made a difference; itself where it made none."""
    found: set[Steps] = set()
    read: Json = _respelled(payload, known, (), found)
    return read, frozenset(found)


def _vocabulary(schema: Json, definitions: Json, on_the_way: tuple[str, ...]) -> Vocabulary:
    if (reference := schema.get("$ref")) is not None:
        name = str(reference).rpartition("/")[2]
        if name in on_the_way or name not in definitions:
            return Vocabulary()
        return _vocabulary(definitions[name], definitions, (*on_the_way, name))
    words = [word for word in schema.get("enum", ()) if isinstance(word, str)]
    told = [word.casefold() for word in words]
    within = {
        name: inner
        for name, each in schema.get("properties", {}).items()
        if not (inner := _vocabulary(each, definitions, on_the_way)).is_empty
    }
    items = _vocabulary(schema["items"], definitions, on_the_way) if "items" in schema else Vocabulary()
    return Vocabulary(
        words={small: word for small, word in zip(told, words, strict=True) if told.count(small) == 1},
        within=within,
        items=None if items.is_empty else items,
    )


def _respelled(node: Any, known: Vocabulary, steps: Steps, found: set[Steps]) -> Any:  # noqa: ANN401 - any JSON
    match node:
        case str() if known.words:
            word = known.words.get(node.strip().casefold(), node)
            if word != node:
                found.add(steps)
            return word
        case dict():
            changed = {
                name: read
                for name, inner in known.within.items()
                if name in node and (read := _respelled(node[name], inner, (*steps, name), found)) is not node[name]
            }
            return {**node, **changed} if changed else node
        case list() if known.items is not None:
            items = [_respelled(item, known.items, (*steps, None), found) for item in node]
            return node if all(new is old for new, old in zip(items, node, strict=True)) else items
        case _:
            return node
