"""The import rule: core knows the standard library alone, csms never Home Assistant, and no arrow points outwards."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
import sys

from homeassistant.const import Platform
import pytest

INTEGRATION = Path(__file__).parent.parent / "custom_components" / "ocpp_central"

# Of the standard library, what would let time, chance or the outside world into the core.
IMPURE = frozenset(
    {"asyncio", "concurrent", "http", "multiprocessing", "os", "pathlib", "random", "secrets", "select", "selectors"}
    | {"signal", "socket", "ssl", "subprocess", "tempfile", "threading", "time", "urllib"}
)
LIBRARIES_OF_CSMS = frozenset({"cryptography", "jsonschema_rs", "ocpp", "orjson", "websockets"})
PLATFORMS = frozenset(Platform)
# What asks the coordinator, and nobody else.
ASKS_THE_COORDINATOR = frozenset(
    {"services", "calendar", "trigger", "condition", "ahead", "llm", "exposure", "sensors"}
)
CLOCKS = frozenset({"now", "utcnow", "today"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One imported module: of ours as a path below the integration ("core.ledger"), else by its own name."""

    ours: bool
    name: str

    @property
    def top(self) -> str:
        """The ring, the shell's module, or the library."""
        return self.name.partition(".")[0]


def imports(file: Path, root: Path) -> Iterator[Import]:
    """Return what a module of the integration at `root` imports, also inside functions and for types alone."""
    package = ["", *file.relative_to(root).parent.parts]
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.Import(names=names):
                yield from (_named(alias.name) for alias in names)
            case ast.ImportFrom(level=0, module=str(module), names=names):
                found = _named(module)
                yield from _from(found.name, names) if found.ours else [found]
            case ast.ImportFrom(level=level, module=module, names=names):
                base = [*package[1 : len(package) - level + 1], *([module] if module else [])]
                yield from _from(".".join(base), names)


def _named(name: str) -> Import:
    own = "custom_components.ocpp_central"
    ours = name == own or name.startswith(f"{own}.")
    return Import(ours=ours, name=name.removeprefix(own).removeprefix(".") if ours else name)


def _from(module: str, names: Iterable[ast.alias]) -> list[Import]:
    # `from . import core` imports a module, `from .core import token` too: the name decides, so it is kept.
    return [Import(ours=True, name=f"{module}.{alias.name}".removeprefix(".")) for alias in names]


def clock_readings(file: Path) -> Iterator[str]:
    """Return the places where a module asks what time it is, as "line: call"."""
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.Call(func=ast.Attribute(attr=name)) if name in CLOCKS:
                yield f"{node.lineno}: {ast.unparse(node.func)}()"


def outward(root: Path) -> list[str]:
    """Return every breach of the import rule below `root`, as sentences; empty when all is well."""
    found: list[str] = []
    for file in sorted(root.rglob("*.py")):
        path = file.relative_to(root)
        where = ".".join(path.with_suffix("").parts)
        breaches = [(one.name, _breach(where, one)) for one in imports(file, root)]
        found += [f"{where} imports {name}: {reason}" for name, reason in breaches if reason]
        if path.parts[0] == "core":
            readings = clock_readings(file)
            found += [f"{where}, line {reading}: the core takes the time as an argument" for reading in readings]
    return found


def _breach(where: str, one: Import) -> str | None:
    """Say why the module `where` must not import this, or None where it may."""
    ring = where.partition(".")[0]
    match ring:
        case "core" if one.ours:
            return None if one.top == "core" else "the core knows nothing of the other rings"
        case "core" if one.top not in sys.stdlib_module_names:
            return "the core knows the standard library alone"
        case "core":
            return "the core does nothing itself" if one.top in IMPURE else None
        case "csms" if one.ours:
            return None if one.top in {"core", "csms"} else "csms does not know the shell"
        case "csms":
            known = one.top in sys.stdlib_module_names or one.top in LIBRARIES_OF_CSMS
            return None if known else "csms does not know this library"
    if not one.ours:
        return None
    if one.top in PLATFORMS:
        return "nothing imports a platform"
    inner = one.top in {"csms", "memory", "store", "reconciler"}
    if ring == "entity" or ring in PLATFORMS | ASKS_THE_COORDINATOR:
        return "it asks the coordinator" if inner else None
    if ring == "coordinator" and one.top == "entity":
        return "the coordinator does not know who shows what it knows"
    return None


def test_no_arrow_points_outwards() -> None:
    """Rings import inwards only, platforms ask the coordinator, and nothing imports a platform."""
    assert outward(INTEGRATION) == []


@pytest.mark.parametrize(
    ("module", "source", "breach"),
    [
        ("core/a.py", "import asyncio", "core.a imports asyncio: the core does nothing itself"),
        ("core/a.py", "import orjson", "core.a imports orjson: the core knows the standard library alone"),
        ("core/a.py", "from ..csms import b", "core.a imports csms.b: the core knows nothing of the other rings"),
        ("core/a.py", "from .. import csms", "core.a imports csms: the core knows nothing of the other rings"),
        (
            "core/a.py",
            "x = datetime.now(UTC)",
            "core.a, line 1: datetime.now(): the core takes the time as an argument",
        ),
        (
            "csms/a.py",
            "import homeassistant.core",
            "csms.a imports homeassistant.core: csms does not know this library",
        ),
        ("csms/a.py", "from ..store import X", "csms.a imports store.X: csms does not know the shell"),
        (
            "csms/a.py",
            "from custom_components.ocpp_central.store import X",
            "csms.a imports store.X: csms does not know the shell",
        ),
        ("entity.py", "from .sensor import X", "entity imports sensor.X: nothing imports a platform"),
        ("button.py", "def f():\n    from . import sensor", "button imports sensor: nothing imports a platform"),
        (
            "services.py",
            "from .csms.server import Server",
            "services imports csms.server.Server: it asks the coordinator",
        ),
        (
            "coordinator.py",
            "from .entity import X",
            "coordinator imports entity.X: the coordinator does not know who shows what it knows",
        ),
    ],
)
def test_an_arrow_that_points_outwards_is_found(tmp_path: Path, module: str, source: str, breach: str) -> None:
    """The test above would fail for each of these."""
    file = tmp_path / module
    file.parent.mkdir(exist_ok=True)
    file.write_text(source)
    assert outward(tmp_path) == [breach]


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("core/a.py", "from datetime import datetime\nfrom .token import IdToken"),
        ("csms/a.py", "import asyncio, ocpp.v16\nfrom ..core.ledger import Ledger"),
        (
            "sensor.py",
            "from homeassistant.core import callback\nfrom .entity import X\nfrom .core.charger import Charger",
        ),
        ("coordinator.py", "from .store import X\nfrom .csms.server import Server"),
    ],
)
def test_an_arrow_that_points_inwards_is_none_of_them(tmp_path: Path, module: str, source: str) -> None:
    """What the rings may import is left alone."""
    file = tmp_path / module
    file.parent.mkdir(exist_ok=True)
    file.write_text(source)
    assert outward(tmp_path) == []
