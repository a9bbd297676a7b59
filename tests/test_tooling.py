"""What the scripts that make environments and judge coverage decide by themselves."""

import json
import os
from pathlib import Path
import tomllib
from typing import Any

import pytest

import bootstrap
import chromium
import coverage_floor
import debian
from debian import Mirror

ROOT = Path(__file__).resolve().parents[1]

OURS_ALONE = {
    "test_abilities": "what chargers answer, and what follows from it",
    "test_charger_habits": "how chargers behave",
    "test_charger_habits_unbound": "how chargers behave",
    "test_driver_limits": "our rules about who may charge when",
    "test_drivers": "our rules about who a driver is",
    "test_enforceability": "how well a charger obeys, by what it tells of itself",
    "test_enforcement": "our table of who may charge",
    "test_failure_table": "whether each row has a test",
    "test_failure_table_keeping": "what becomes of a hold",
    "test_failure_table_placing": "what becomes of a hold",
    "test_failure_table_starts": "what becomes of a hold",
    "test_local_list": "what a charger's list says",
    "test_planning": "our search for a plan",
    "test_records": "how our values are written",
    "test_refusals": "our reasons to refuse, each with its text",
    "test_targets": "our rules about which connector is reserved",
    "test_time": "what time does to a reservation",
    "test_update": "what a change does to a hold",
    "test_windows": "what time does to a reservation",
    "test_working_out": "our way with long steps",
}
"""Modules of tests/ha that scripts/test runs on one Home Assistant only, with their subject.

Of Home Assistant they use what others use, too: its clock, the states of entities, actions and events. A slower job of
continuous integration runs them on the next one all the same.
"""

STANZAS = """\
# The archive, and its security updates
Types: deb deb-src
URIs: http://one.example/debian http://two.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /keys/debian.gpg

Types: deb
URIs: http://one.example/debian-security
Suites: bookworm-security
Components: main

Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main
Enabled: no
"""

LINES = """\
# deb http://comment.example/debian bookworm main
deb-src http://source.example/debian bookworm main
deb cdrom:[Debian]/ bookworm main
deb http://other.example/linux bookworm stable
deb http://mirror.example/pub bookworm main  # near
deb [arch=amd64 signed-by=/keys/a.gpg,/keys/b.gpg] http://three.example/debian bookworm main
"""


def test_mirrors_are_read_from_both_kinds_of_apt_sources(tmp_path: Path) -> None:
    """Archives with a component main, those called debian first; no security updates, sources, or other publishers."""
    parts = tmp_path / "sources.list.d"
    parts.mkdir()
    (parts / "debian.sources").write_text(STANZAS)
    (tmp_path / "sources.list").write_text(LINES)
    assert debian.mirrors(tmp_path) == [
        Mirror(uri="http://one.example/debian", signed_by="/keys/debian.gpg"),
        Mirror(uri="http://two.example/debian", signed_by="/keys/debian.gpg"),
        Mirror(uri="http://three.example/debian", signed_by="/keys/a.gpg /keys/b.gpg"),
        Mirror(uri="http://mirror.example/pub", signed_by=""),
    ]


def test_a_group_has_what_it_includes() -> None:
    """PEP 735: an include stands for the requirements of the group that it names."""
    groups: dict[str, list[Any]] = {"base": ["a==1"], "test": [{"include-group": "base"}, "b==2"]}
    assert bootstrap.requirements(groups, "test") == ["a==1", "b==2"]
    assert bootstrap.requirements(groups, "test-overrides") == []


@pytest.mark.parametrize(
    ("module", "percent", "verdict"),
    [("sensor.py", 95.0, 0), ("sensor.py", 94.9, 1), ("config_flow.py", 99.9, 1), ("config_flow.py", 100.0, 0)],
)
def test_each_module_has_its_floor(tmp_path: Path, module: str, percent: float, verdict: int) -> None:
    """95 % for every module, all of the config flow."""
    report = tmp_path / "coverage.json"
    figures = {"summary": {"percent_covered": percent}, "missing_lines": [], "missing_branches": []}
    report.write_text(json.dumps({"files": {f"custom_components/ocpp_central/{module}": figures}}))
    assert coverage_floor.main(report) == verdict


def test_no_module_is_no_success(tmp_path: Path) -> None:
    """A run that measured nothing has shown nothing."""
    report = tmp_path / "coverage.json"
    report.write_text('{"files": {}}')
    assert coverage_floor.main(report) == 1


def test_every_folder_of_tests_is_run() -> None:
    """Without a name all folders are, but that of the browser, which is a step of its own."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]
    run = {file for path in settings["testpaths"] for found in ROOT.glob(path) for file in (found, *found.rglob("*"))}
    left = {file.parent for file in ROOT.glob("tests/**/test_*.py")} - {file.parent for file in run}
    assert left == {ROOT / "tests/browser"}


def test_the_machines_own_chromium_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it is called there, but rather not the one that sees a part of the files only."""
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    for name in ("chromium-browser", "google-chrome"):
        (tmp_path / name).touch(0o755)
        assert chromium.found() == tmp_path / name


def test_what_home_assistant_may_break_runs_on_the_next_one() -> None:
    """Every module of tests/ha does, or has said why not."""
    modules = {path.stem: path.read_text() for path in (ROOT / "tests/ha").glob("test_*.py")}
    assert {name for name, text in modules.items() if "pytest.mark.blackbox" not in text} == OURS_ALONE.keys()
