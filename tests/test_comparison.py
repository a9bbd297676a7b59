"""What the documents say beside others, held against what there is.

Knows how their tables are written; must not know whether a test that is named tests what its row says.
"""

import ast
from collections.abc import Iterator
from functools import cache
import json
from pathlib import Path
import re

from homeassistant.util.yaml import load_yaml_dict
import pytest

from custom_components.ocpp_central.const import DOMAIN

REPOSITORY = Path(__file__).parent.parent
INTEGRATION = REPOSITORY / "custom_components" / DOMAIN
COMPARISON = (REPOSITORY / "docs/comparison.md").read_text("utf-8")
MOVING = (REPOSITORY / "docs/moving.md").read_text("utf-8")
ENTITIES = json.loads((INTEGRATION / "translations/en.json").read_text("utf-8"))["entity"]
ACTIONS = load_yaml_dict(str(INTEGRATION / "services.yaml"))

VERDICTS = ("yes", "partly", "no", "not found")
PEERS = ("lbbrhzn/ocpp", "evcc", "SteVe")
LINKS = dict(re.findall(r"^\[([\w-]+)\]: (\S+)$", COMPARISON, re.MULTILINE))
COMMITS = re.findall(r"^\| .* \| ([0-9a-f]{7}) \| [\d-]+ \|$", COMPARISON, re.MULTILINE)


def tables(text: str, heading: str) -> Iterator[list[str]]:
    """The rows of all tables whose heading begins like this, cell by cell."""
    for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        head, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines())
        if head[0] == heading:
            yield from rows


FEATURES = {row[0]: row[1:] for row in tables(COMPARISON, "feature")}
REPLACEMENTS = sorted({row[1] for row in tables(MOVING, "there") if len(row) == len(("there", "here", "what differs"))})


@cache
def named_in(path: str) -> frozenset[str]:
    """The tests that a file has, by name."""
    tree = ast.parse((REPOSITORY / path).read_text("utf-8"))
    return frozenset(
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    )


@pytest.mark.parametrize("feature", FEATURES)
def test_every_yes_of_ours_has_a_test(feature: str) -> None:
    """It names one or more, and each of them exists."""
    here, *_ = FEATURES[feature]
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", here)
    assert here.startswith(("yes: ", "partly, ")) if named else here == "no"
    assert [f"{path}::{test}" for path, test in named if test not in named_in(path)] == []


@pytest.mark.parametrize("feature", FEATURES)
def test_every_word_about_others_has_a_source(feature: str) -> None:
    """A link to what was looked at; what was not found says what was searched for."""
    _, *others = FEATURES[feature]
    assert len(others) == len(PEERS)
    for verdict in others:
        assert verdict.startswith(VERDICTS), verdict
        if verdict.startswith("not found"):
            assert re.fullmatch(r"not found \(.+\)", verdict), verdict
        else:
            sources = re.findall(r"\]\[([\w-]+)\]", verdict)
            assert sources, verdict
            assert set(sources) <= LINKS.keys()


def test_sources_are_of_the_versions_that_were_looked_at() -> None:
    """What is on a branch may say something else tomorrow; and no link is left over."""
    assert len(COMMITS) == len(PEERS)
    pinned = re.compile(rf"/blob/({'|'.join(COMMITS)})[0-9a-f]{{33}}/|/(pull|issues)/\d+$")
    assert [link for link in LINKS.values() if not pinned.search(link)] == []
    assert set(re.findall(r"\]\[([\w-]+)\]", COMPARISON)) == LINKS.keys()


@pytest.mark.parametrize("here", REPLACEMENTS)
def test_what_replaces_something_is_there(here: str) -> None:
    """Entities and actions that a user of lbbrhzn/ocpp is told of exist; and what is called *not yet* does not."""
    entities = re.findall(r"(\w+) `(\w+)`", here)
    found = [key in ENTITIES[platform] for platform, key in entities if platform in ENTITIES]
    found += [action in ACTIONS for action in re.findall(rf"`{DOMAIN}\.(\w+)`", here)]
    assert set(found) <= {not here.startswith("not yet")}


def test_links_lead_somewhere() -> None:
    """Each file beside the documents that they link to exists."""
    for text in (COMPARISON, MOVING):
        for path in re.findall(r"\]\((?!https?://|#)([^)#]+)", text):
            assert (REPOSITORY / "docs" / path).exists(), path
