"""What the README and the pages of docs/ tell, held against what there is.

Knows how their tables, examples and links are written; must not know what any of it does.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
import re
from typing import Any

from homeassistant.components.automation.config import PLATFORM_SCHEMA
from homeassistant.core import HomeAssistant
from homeassistant.helpers import condition, config_validation as cv, template, trigger
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import load_yaml_dict, parse_yaml
import pytest
import voluptuous as vol

from custom_components.ocpp_central.const import DOMAIN
from custom_components.ocpp_central.core.enforceability import Level, Reason
from custom_components.ocpp_central.core.reservation import News
from custom_components.ocpp_central.core.settings import Setting
from custom_components.ocpp_central.csms import settings
from custom_components.ocpp_central.options import AMOUNTS, CHOICES, SWITCHES

pytestmark = pytest.mark.blackbox

REPOSITORY = Path(__file__).parent.parent
README = REPOSITORY / "README.md"
PAGES = {page: page.read_text("utf-8") for page in (README, *sorted((REPOSITORY / "docs").glob("*.md")))}
DOCUMENTATION = "\n".join(PAGES.values())

A_FEW_SCREENS = 350
"""So many lines of a README does a stranger read."""


def described_in(file: str) -> dict[str, Any]:
    """What a file of the integration describes; what begins with a dot is only there to be repeated."""
    described = load_yaml_dict(str(REPOSITORY / "custom_components" / DOMAIN / file))
    return {key: value for key, value in described.items() if not key.startswith(".")}


ACTIONS = described_in("services.yaml")
OF_AUTOMATIONS = {"trigger": described_in("triggers.yaml"), "condition": described_in("conditions.yaml")}

SHIFT = {"summary": "Anna", "start": "2027-03-01T08:00:00+01:00", "end": "2027-03-01T16:00:00+01:00"}
"""A calendar event, as the examples' templates read it."""

BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", DOCUMENTATION, re.MULTILINE | re.DOTALL)
EXAMPLES = [example for example in map(parse_yaml, BLOCKS) if isinstance(example, dict)]


def part(heading: str) -> str:
    """What stands below a heading, which only one page has, without what is below the next one of its level."""
    assert DOCUMENTATION.count(f"\n{heading}\n") == 1, heading
    _, _, rest = DOCUMENTATION.partition(f"\n{heading}\n")
    level = heading.split(maxsplit=1)[0]
    return re.split(rf"^#{{1,{len(level)}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def rows(text: str) -> Iterator[tuple[str, ...]]:
    """The rows of the first table of a text, cell by cell, without its heading."""
    table = re.search(r"^\|.*?(?=^[^|]|\Z)", text, re.MULTILINE | re.DOTALL)
    assert table is not None
    for line in table[0].strip().splitlines()[2:]:
        yield tuple(cell.strip() for cell in line.strip("|").split("|"))


def names(cell: str) -> list[str]:
    """What a cell names as code."""
    return re.findall(r"`(\w+)`", cell)


def uses(kind: str, tree: object) -> Iterator[Mapping[str, Any]]:
    """Every action, trigger or condition of ours in an example."""
    if isinstance(tree, Mapping):
        if str(tree.get(kind)).startswith(f"{DOMAIN}."):
            yield tree
        for branch in tree.values():
            yield from uses(kind, branch)
    elif isinstance(tree, list):
        for branch in tree:
            yield from uses(kind, branch)


CALLS = list(uses("action", EXAMPLES))


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_every_field_of_an_action_is_explained(action: str) -> None:
    """The table of an action has all its fields and no others, and says which are required."""
    table = list(rows(part(f"### `{DOMAIN}.{action}`")))
    fields = ACTIONS[action]["fields"]
    assert sorted(name for row in table for name in names(row[0])) == sorted(fields)
    required = {name for row in table if row[1] == "required" for name in names(row[0])}
    assert required == {name for name, field in fields.items() if field.get("required")}


def test_every_action_is_in_the_overview() -> None:
    """Each with a link to its own part, on whichever page that is."""
    told = [cell for cell, _ in rows(part("# Actions"))]
    assert sorted(names(cell)[0] for cell in told) == sorted(ACTIONS)
    assert all(f"#{DOMAIN}{names(cell)[0]})" in cell for cell in told)


async def test_actions_take_the_fields_that_are_described(hass: HomeAssistant) -> None:
    """What the user interface and the documentation offer is what the actions accept."""
    assert await async_setup_component(hass, DOMAIN, {})
    for action, registered in hass.services.async_services_for_domain(DOMAIN).items():
        assert isinstance(registered.schema, vol.Schema)
        assert {str(key) for key in registered.schema.schema} == set(ACTIONS[action]["fields"]), action


async def test_every_example_of_an_action_is_accepted(hass: HomeAssistant) -> None:
    """Each is what its action takes once its templates are filled in; every action has one."""
    assert await async_setup_component(hass, DOMAIN, {})
    registered = hass.services.async_services_for_domain(DOMAIN)
    for call in CALLS:
        action = registered[call["action"].removeprefix(f"{DOMAIN}.")]
        assert action.schema is not None
        data = cv.template_complex(call["data"])
        action.schema(template.render_complex(data, {"trigger": {"calendar_event": SHIFT}}))
    assert {call["action"] for call in CALLS} == {f"{DOMAIN}.{action}" for action in ACTIONS}


@pytest.mark.parametrize("kind", OF_AUTOMATIONS)
def test_every_trigger_and_condition_is_explained(kind: str) -> None:
    """The table has all of them, in their order, with their options."""
    told = [(names(row[0]), sorted(names(row[1]))) for row in rows(part(f"## {kind.capitalize()}s"))]
    described = OF_AUTOMATIONS[kind].items()
    assert told == [([key], sorted(each.get("fields", {}))) for key, each in described]


@pytest.mark.parametrize("kind", OF_AUTOMATIONS)
async def test_every_example_of_a_trigger_or_condition_is_accepted(hass: HomeAssistant, kind: str) -> None:
    """Each is what Home Assistant takes; every trigger and every condition has one."""
    assert await async_setup_component(hass, DOMAIN, {})
    found = list(uses(kind, EXAMPLES))
    for each in found:
        if kind == "trigger":
            await trigger.async_validate_trigger_config(hass, cv.TRIGGER_SCHEMA(dict(each)))
        else:
            await condition.async_validate_condition_config(hass, cv.CONDITION_SCHEMA(dict(each)))
    assert {each[kind] for each in found} == {f"{DOMAIN}.{key}" for key in OF_AUTOMATIONS[kind]}


async def test_every_example_is_a_script_or_an_automation(hass: HomeAssistant) -> None:
    """It can be pasted into Home Assistant as it is."""
    assert len(EXAMPLES) == len(BLOCKS)
    for example in EXAMPLES:
        if "triggers" in example:
            PLATFORM_SCHEMA(example)
        else:
            cv.SCRIPT_SCHEMA([example])


def test_every_option_is_explained() -> None:
    """The table of the options has the keys by which they are stored."""
    told = [name for row in rows(part("## Options")) for name in names(row[1])]
    assert told == [*AMOUNTS, *CHOICES, *SWITCHES]


def test_every_event_is_explained() -> None:
    """The table of the events has all that is published of a reservation, and nothing else."""
    told = [name for row in rows(part("## Events of a reservation")) for name in names(row[0])]
    assert sorted(told) == sorted(News)


def test_every_level_of_enforceability_is_explained() -> None:
    """The table has all states of the sensor, in their order."""
    told = [name for row in rows(part("## What keeps others out")) for name in names(row[0])]
    assert told == list(Level)


def test_every_way_past_home_assistant_is_explained() -> None:
    """By its word in the attribute, with the setting that opens it as chargers call it."""
    text = part("## What keeps others out")
    told = {names(row[-1])[0]: row[0] for row in rows(text.partition("What matters")[2])}
    assert told.keys() == set(Reason)
    for reason in Reason:
        remedy = reason.remedy
        called = [] if remedy is None else settings.names(remedy.setting)
        assert all(f"`{name}`" in told[reason] for name in called), reason
    assert all(f"`{name}`" in text for setting in Setting for name in settings.names(setting))


def anchors(text: str) -> set[str]:
    """What GitHub makes of the headings of a page, so that links can lead to them."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    made = [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings]
    assert len(made) == len(set(made)), "two headings with one anchor"
    return set(made)


def links(page: Path) -> list[tuple[Path, str]]:
    """Where the links of a page lead within the repository: to which file, and to which anchor of it, if any."""
    written = re.findall(r"\]\(([^)]*)\)|^\[[^]]+\]: (\S+)$", PAGES[page], re.MULTILINE)
    inside = [link for link in map("".join, written) if "://" not in link]
    parted = [link.partition("#") for link in inside]
    return [((page.parent / path).resolve() if path else page, anchor) for path, _, anchor in parted]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """A link to a file has the file; one to a part of a page has its heading."""
    for file, anchor in links(page):
        assert file.is_relative_to(REPOSITORY), file
        assert file.exists(), file
        assert not anchor or anchor in anchors(PAGES[file]), (file, anchor)


def test_every_page_is_one_click_away() -> None:
    """The README links to each."""
    assert {file for file, _ in links(README)} >= PAGES.keys() - {README}


def test_the_readme_is_read_on_a_few_screens() -> None:
    """What does not fit has a page."""
    assert len(PAGES[README].splitlines()) <= A_FEW_SCREENS


def test_a_blueprint_is_imported_from_the_same_place_everywhere() -> None:
    """The README and the page that explains the blueprints have the same links, in the same order."""
    brief, thorough = (
        re.findall(r"blueprint_url=[^)\s]+", PAGES[page]) for page in (README, REPOSITORY / "docs/automations.md")
    )
    assert brief == thorough
