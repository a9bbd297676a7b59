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
