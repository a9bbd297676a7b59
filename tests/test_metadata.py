"""What hassfest and HACS check in their actions, checked here so that it fails early and offline.

Knows the rules for manifest, texts, icons, actions, quality scale and brand images; must not know what any of it does.
"""

import ast
from collections.abc import Awaitable, Callable, Iterator, Mapping
import json
from pathlib import Path
import re
from typing import Any

from awesomeversion import AwesomeVersion, AwesomeVersionStrategy
import homeassistant
from homeassistant.core import HomeAssistant
from homeassistant.helpers import condition, selector, trigger
from homeassistant.helpers.service import async_get_all_descriptions
from homeassistant.setup import async_setup_component
from homeassistant.util import slugify
from homeassistant.util.yaml import load_yaml_dict
from PIL import Image
import pytest

from custom_components.ocpp_central.const import DOMAIN, NAME
from custom_components.ocpp_central.core.refusal import Reason

pytestmark = pytest.mark.blackbox

REPOSITORY = Path(__file__).parent.parent
INTEGRATION = REPOSITORY / "custom_components" / DOMAIN
CORE_INTEGRATIONS = Path(homeassistant.__file__).parent / "components"

# hassfest: what texts, and what keys, may look like.
KEY = re.compile(r"^(?!.+[_-]{2})(?![_-])[a-z0-9-_]+(?<![_-])$")
PLACEHOLDER = re.compile(r"{([^}]*)}")
URL_OR_HTML = re.compile(r"https?://|www\.|<\w+[ />]|</\w+>", re.IGNORECASE)
MDI = re.compile(r"mdi:[a-z0-9-]+")

RULES = {
    "bronze": """
        action-setup appropriate-polling brands common-modules config-flow-test-coverage config-flow
        dependency-transparency docs-actions docs-triggers docs-conditions docs-high-level-description
        docs-installation-instructions docs-removal-instructions entity-event-setup entity-unique-id has-entity-name
        runtime-data test-before-configure test-before-setup unique-config-entry""",
    "silver": """
        action-exceptions config-entry-unloading docs-configuration-parameters docs-installation-parameters
        entity-unavailable integration-owner log-when-unavailable parallel-updates reauthentication-flow
        test-coverage""",
    "gold": """
        devices diagnostics discovery-update-info discovery docs-data-update docs-examples docs-known-limitations
        docs-supported-devices docs-supported-functions docs-troubleshooting docs-use-cases dynamic-devices
        entity-category entity-device-class entity-disabled-by-default entity-translations exception-translations
        icon-translations reconfiguration-flow repair-issues stale-devices""",
    "platinum": "async-dependency inject-websession strict-typing",
}


ELSEWHERE = {
    "sensor": (
        "sensors/external_limit_sensor.py",
        "sensors/heartbeat_sensor.py",
        "sensors/reading_descriptions.py",
        "sensors/session_sensors.py",
    )
}
"""Modules beside that of a platform that describe entities of it."""

AUTOMATED = ("services", "triggers", "conditions")
"""What automations use, by the file that describes it."""


def load(name: str) -> dict[str, Any]:
    """Read a JSON or YAML file of the integration; one that is not there is empty."""
    path = INTEGRATION / name
    if not path.exists():
        return {}
    if path.suffix == ".yaml":
        return load_yaml_dict(str(path))
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def leaves(tree: object, *path: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield every text of a tree with the keys that lead to it."""
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            yield from leaves(value, *path, key)
    else:
        yield path, str(tree)


def described_in(kind: str) -> dict[str, Any]:
    """What a file describes; what begins with a dot is only there to be repeated."""
    return {key: value for key, value in load(f"{kind}.yaml").items() if not key.startswith(".")}


def fields_of(action: Mapping[str, Any]) -> dict[str, Any]:
    """Collect the fields of an action, trigger or condition, those in its sections included."""
    found: dict[str, Any] = {}
    for key, field in (action.get("fields") or {}).items():
        found |= field.get("fields", {key: field})
    return found


TEXTS = load("translations/en.json")
ICONS = load("icons.json")
LANGUAGES = sorted(path.stem for path in INTEGRATION.glob("translations/*.json"))
SOURCES = {
    path.relative_to(INTEGRATION).as_posix(): ast.parse(path.read_text("utf-8"))
    for path in sorted(INTEGRATION.rglob("*.py"))
}
NODES = [node for tree in SOURCES.values() for node in ast.walk(tree)]
WORDS = {node.value for node in NODES if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_manifest_is_complete_and_in_order() -> None:
    """Domain and name come first, the other keys in alphabetical order; HACS wants the issue tracker."""
    manifest = load("manifest.json")
    rest = [
        "after_dependencies",
        "codeowners",
        "config_flow",
        "dependencies",
        "documentation",
        "integration_type",
        "iot_class",
        "issue_tracker",
        "loggers",
        "requirements",
        "version",
    ]
    assert list(manifest) == ["domain", "name", *rest]
    assert manifest["domain"] == INTEGRATION.name == DOMAIN
    assert manifest["name"] == NAME
    assert manifest["config_flow"] is True
    assert (manifest["integration_type"], manifest["iot_class"]) == ("hub", "local_push")
    assert all(owner.startswith("@") for owner in manifest["codeowners"])
    for url in (manifest["documentation"], manifest["issue_tracker"]):
        assert url.startswith("https://")
        assert "home-assistant.io" not in url


def test_version_is_one_that_home_assistant_takes() -> None:
    """Without a proper version a custom integration is not loaded."""
    version = AwesomeVersion(load("manifest.json")["version"])
    assert version.strategy in {
        AwesomeVersionStrategy.CALVER,
        AwesomeVersionStrategy.SEMVER,
    }


def test_requirements_are_ranges() -> None:
    """Two integrations with different exact pins would reinstall each other's for ever."""
    for requirement in load("manifest.json")["requirements"]:
        assert ">=" in requirement
        assert "==" not in requirement


def test_hacs_knows_name_and_minimum_version() -> None:
    """HACS shows the name and refuses Home Assistant versions below the minimum; it rejects unknown keys."""
    hacs = json.loads((REPOSITORY / "hacs.json").read_text("utf-8"))
    assert hacs["name"] == NAME
    assert hacs["homeassistant"] == "2026.10.0"
    assert set(hacs) <= {"name", "homeassistant", "zip_release", "filename"}
    assert [path.parent for path in INTEGRATION.parent.glob("*/manifest.json")] == [INTEGRATION]


def test_quality_scale_judges_every_rule() -> None:
    """Each rule of the quality scale is done, to do, or exempt with a reason."""
    rules = load("quality_scale.yaml")["rules"]
    assert set(rules) == {rule for tier in RULES.values() for rule in tier.split()}
    for verdict in rules.values():
        if isinstance(verdict, str):
            assert verdict in {"done", "todo"}
        else:
            assert verdict["status"] in {"done", "todo", "exempt"}
            assert verdict["comment"].strip()


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_as_hassfest_wants_them(language: str) -> None:
    """Plain words: no URL, no HTML, no blank ends, no quotes around placeholders, keys in small letters."""
    for path, text in leaves(load(f"translations/{language}.json")):
        assert all(KEY.match(key) for key in path), path
        assert text, path
        assert text == text.strip(), path
        assert not URL_OR_HTML.search(text), path
        assert not re.search(r"'{[^}]*}'", text), path
        assert "[%key:" not in text, path
        assert all(name.isidentifier() for name in PLACEHOLDER.findall(text)), path


@pytest.mark.parametrize("language", LANGUAGES)
def test_languages_say_the_same(language: str) -> None:
    """Another language has no text that English lacks, and the same placeholders."""
    english = dict(leaves(TEXTS))
    for path, text in leaves(load(f"translations/{language}.json")):
        assert set(PLACEHOLDER.findall(text)) == set(PLACEHOLDER.findall(english[path])), path


def test_every_field_of_a_form_is_described() -> None:
    """Every field has a name and a description."""

    def forms(tree: object) -> Iterator[Mapping[str, Any]]:
        if isinstance(tree, Mapping):
            if "data" in tree or "data_description" in tree:
                yield tree
            for branch in tree.values():
                yield from forms(branch)

    found = [
        form for part in ("config", "options", "config_subentries", "issues") for form in forms(TEXTS.get(part, {}))
    ]
    assert found
    for form in found:
        assert set(form["data"]) == set(form["data_description"])


def test_every_subentry_type_has_its_texts() -> None:
    """Home Assistant's own texts for subentries do not exist in every version: ours do."""
    for texts in TEXTS["config_subentries"].values():
        assert texts["entry_type"]
        assert {"user", "reconfigure"} == set(texts["initiate_flow"])
        assert {"user", "reconfigure"} <= set(texts["step"])
        assert {"already_configured", "reconfigure_successful"} <= set(texts["abort"])


def test_english_names_make_the_entity_ids_of_the_contract() -> None:
    """Entity ids are made of the English names, and are for ever: each name spells its key."""
    for platform, entities in TEXTS["entity"].items():
        for key, texts in entities.items():
            assert slugify(texts["name"]) == key, (platform, key)


def literal_keys() -> Iterator[tuple[str, str]]:
    """Yield the name of every call that has a literal translation key, with that key."""
    for node in NODES:
        match node:
            case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called), keywords=keywords):
                for keyword in keywords:
                    match keyword:
                        case ast.keyword(arg="translation_key", value=ast.Constant(value=str(key))):
                            yield called, key


def errors_made() -> Iterator[tuple[str, set[str]]]:
    """Yield the key of every error that `errors` makes by key, with the placeholders that it is given."""
    for node in NODES:
        match node:
            case ast.Call(
                func=ast.Name(id="invalid" | "failed") | ast.Attribute(attr="invalid" | "failed"),
                args=[ast.Constant(value=str(key))],
                keywords=keywords,
            ):
                yield key, {str(keyword.arg) for keyword in keywords}


def test_every_error_has_its_placeholders() -> None:
    """No sentence is told with a gap in it."""
    for key, given in errors_made():
        message = TEXTS["exceptions"][key]["message"]
        assert set(PLACEHOLDER.findall(message)) <= given, key


def test_errors_call_fields_what_forms_call_them() -> None:
    """What stands in quotes is the name of an action, of a field or of a choice; no text has a key."""
    actions = TEXTS["services"].values()
    fields = [field for action in actions for field in action["fields"].values()]
    choices = [choice for selector in TEXTS["selector"].values() for choice in selector.get("options", {}).values()]
    names = {each["name"] for each in (*actions, *fields)} | set(choices)
    for key, texts in TEXTS["exceptions"].items():
        message = PLACEHOLDER.sub("", texts["message"])
        assert set(re.findall('"([^"]+)"', message)) <= names, key
        assert not re.search("[a-z]_[a-z]", message), key


def test_every_error_that_is_raised_has_a_text() -> None:
    """Whatever is refused or fails is told in words."""
    raised = {key for called, key in literal_keys() if called.endswith(("Error", "NotReady", "Failed"))}
    told = {
        value.value
        for node in ast.walk(SOURCES["errors.py"])
        if isinstance(node, ast.Dict)
        for value in node.values
        if isinstance(value, ast.Constant)
    }
    assert raised | told | set(Reason) <= set(TEXTS["exceptions"])
    assert all(set(texts) == {"message"} for texts in TEXTS["exceptions"].values())


def test_every_repair_has_a_text() -> None:
    """A repair says what is wrong, and either what to do or what fixing it will do."""
    created = {key for called, key in literal_keys() if called == "async_create_issue"}
    assert created <= set(TEXTS["issues"])
    for texts in TEXTS["issues"].values():
        assert texts["title"]
        assert ("description" in texts) != ("fix_flow" in texts)


def is_spoken_of(key: str) -> bool:
    """Whether the source has this key, as a word or made by an f-string with a fixed beginning."""
    if key in WORDS:
        return True
    for node in NODES:
        match node:
            case ast.JoinedStr(values=[ast.Constant(value=str(head)), *_]):
                if len(head) > len("not_") and key.startswith(head):
                    return True
    return False


def test_texts_of_forms_belong_to_forms() -> None:
    """A step, an error or a reason to end has a text only if the forms have it, or Home Assistant ends them so."""
    own = {"already_in_progress", "already_configured", "reconfigure_successful"}
    steps, words = set(), set(own)
    sources = (
        "config_flow.py",
        "flows/charger_flow.py",
        "flows/driver_flow.py",
        "flows/driver_form.py",
        "flows/driver_import.py",
        "flows/link_flow.py",
    )
    nodes = (node for source in sources for node in ast.walk(SOURCES[source]))
    for node in nodes:
        match node:
            case ast.AsyncFunctionDef(name=name) if name.startswith("async_step_"):
                steps.add(name.removeprefix("async_step_"))
            case ast.Constant(value=str(word)):
                words.add(word)
    for texts in (TEXTS["config"], *TEXTS["config_subentries"].values()):
        assert set(texts["step"]) <= steps
        assert set(texts["error"]) | set(texts["abort"]) <= words
        assert set(texts.get("progress", {})) <= words


def test_texts_of_fixes_belong_to_fixes() -> None:
    """A flow that fixes something has a text only for what can happen in it."""
    steps = {node.name for node in NODES if isinstance(node, ast.AsyncFunctionDef)}
    for texts in TEXTS["issues"].values():
        flow = texts.get("fix_flow", {})
        assert {f"async_step_{step}" for step in flow.get("step", {})} <= steps
        assert set(flow.get("error", {})) | set(flow.get("abort", {})) <= WORDS


@pytest.mark.parametrize("section", ["common", "exceptions", "issues", "device", "selector"])
def test_no_text_is_left_over(section: str) -> None:
    """A text that nothing can show is removed."""
    shown_by_actions = {
        config["select"].get("translation_key")
        for kind in AUTOMATED
        for action in described_in(kind).values()
        for field in fields_of(action).values()
        if "select" in (config := field["selector"])
    }
    unused = [key for key in TEXTS.get(section, {}) if not is_spoken_of(key) and key not in shown_by_actions]
    assert unused == []


@pytest.mark.parametrize("platform", sorted(TEXTS["entity"]))
def test_entity_texts_belong_to_entities(platform: str) -> None:
    """A platform has texts for its entities, and for no others; `_detail` is the same of a phase or location."""
    words = {
        node.value
        for source in (f"{platform}.py", *ELSEWHERE.get(platform, ()))
        for node in ast.walk(SOURCES[source])
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert {key.removesuffix("_detail") for key in TEXTS["entity"][platform]} <= words


def test_icons_exist() -> None:
    """An icon is one that Home Assistant's own integrations use: those are checked to exist."""
    known = {icon for path in CORE_INTEGRATIONS.glob("*/icons.json") for icon in MDI.findall(path.read_text("utf-8"))}
    assert {icon for _, icon in leaves(ICONS)} <= known


def test_entity_icons_belong_to_entities() -> None:
    """An icon is for an entity, and for a state of it, that has a text."""
    for platform, entities in ICONS["entity"].items():
        for key, icons in entities.items():
            texts = TEXTS["entity"][platform][key]
            states = texts.get("state", {"on": "", "off": ""})
            assert icons["default"]
            assert set(icons.get("state", {})) <= set(states), (platform, key)


@pytest.mark.parametrize("kind", AUTOMATED)
def test_what_automations_use_has_texts_and_icons(kind: str) -> None:
    """Each action, trigger and condition has a name, a description, an icon, and texts for each of its fields."""
    described = described_in(kind)
    texts, icons = TEXTS.get(kind, {}), ICONS.get(kind, {})
    assert set(described) == set(texts) == set(icons)
    for key, action in described.items():
        assert texts[key]["name"]
        assert texts[key]["description"]
        assert set(icons[key]) == {kind.removesuffix("s")}
        fields = texts[key].get("fields", {})
        assert set(fields_of(action or {})) == set(fields), key
        assert all(field["name"] for field in fields.values()), key


@pytest.mark.parametrize("kind", AUTOMATED)
def test_fields_of_what_automations_use_have_valid_selectors(kind: str) -> None:
    """Every field has a selector, a description, and texts for its choices."""
    for key, action in described_in(kind).items():
        for name, field in fields_of(action).items():
            assert TEXTS[kind][key]["fields"][name]["description"]
            config = selector.validate_selector(field["selector"])
            select = config.get("select") or {}
            if "translation_key" in select:
                choices = TEXTS["selector"][select["translation_key"]]["options"]
                assert set(select["options"]) == set(choices), (key, name)


async def test_actions_are_those_that_are_described(hass: HomeAssistant) -> None:
    """What is registered is what the user interface offers, with its texts."""
    assert await async_setup_component(hass, DOMAIN, {})
    registered = hass.services.async_services_for_domain(DOMAIN)
    assert set(registered) == set(load("services.yaml"))
    descriptions = (await async_get_all_descriptions(hass))[DOMAIN]
    for key, action in load("services.yaml").items():
        assert set(fields_of(descriptions[key])) == set(fields_of(action))


@pytest.mark.parametrize(
    ("kind", "get_descriptions"),
    [("triggers", trigger.async_get_all_descriptions), ("conditions", condition.async_get_all_descriptions)],
    ids=["triggers", "conditions"],
)
async def test_triggers_and_conditions_are_those_that_are_described(
    hass: HomeAssistant, kind: str, get_descriptions: Callable[[HomeAssistant], Awaitable[dict[str, Any]]]
) -> None:
    """What Home Assistant has of ours is what the files describe, with its target and its fields."""
    assert await async_setup_component(hass, DOMAIN, {})
    found = {key: value for key, value in (await get_descriptions(hass)).items() if key.startswith(f"{DOMAIN}.")}
    described = described_in(kind)
    assert set(found) == {f"{DOMAIN}.{key}" for key in described}
    for key, each in described.items():
        assert set(found[f"{DOMAIN}.{key}"]["fields"]) == set(fields_of(each))
        assert found[f"{DOMAIN}.{key}"]["target"]["entity"][0]["integration"] == DOMAIN


@pytest.mark.parametrize("shade", ["", "dark_"])
@pytest.mark.parametrize(("suffix", "scale"), [("", 1), ("@2x", 2)])
def test_brand_images_have_their_sizes(shade: str, suffix: str, scale: int) -> None:
    """Home Assistant shows an icon of 256 pixels and a logo whose shorter side has 128 to 256, and both doubled."""
    for name, smallest, largest in (("icon", 256, 256), ("logo", 128, 256)):
        path = INTEGRATION / "brand" / f"{shade}{name}{suffix}.png"
        with Image.open(path) as image:
            assert image.format == "PNG"
            assert smallest * scale <= min(image.size) <= largest * scale
            assert name != "icon" or image.width == image.height
            assert image.mode in {"RGBA", "P"}
        assert path.stat().st_size < 40 * 1024  # it is sent to every browser
