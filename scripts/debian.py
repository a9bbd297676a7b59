"""Packages of Debian testing in a private folder: read from the machine's own mirrors, nothing of the machine touched.

It knows apt and dpkg. It must not know what the packages are for, except that programs run, and Python finds its
headers, where they lie.
Standard library of Python 3.11 only: it runs before there is an environment.
"""

from collections.abc import Iterator
from dataclasses import dataclass
import os
from pathlib import Path
import shutil
import subprocess

SUITE = "forky"
_NOT_AN_ARCHIVE = ("-security", "-updates", "-backports")


class DebianError(Exception):
    """Debian's packages cannot be had; the text says why, for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    """An archive that the machine uses, and the option that says which key signs it."""

    uri: str
    signed_by: str

    def stanza(self) -> str:
        """Return the mirror as an apt source of `SUITE`."""
        signed_by = f"Signed-By: {self.signed_by}\n" if self.signed_by else ""
        return f"Types: deb\nURIs: {self.uri}\nSuites: {SUITE}\nComponents: main\n{signed_by}"


def unpack(packages: list[str], *, work: Path, target: Path) -> None:
    """Unpack packages of `SUITE` and all that they depend on into `target`.

    `work` takes apt's lists and archives and may be deleted afterwards. Raises `DebianError`.
    """
    missing = [tool for tool in ("apt-get", "apt-config", "dpkg", "dpkg-deb") if not shutil.which(tool)]
    if missing:
        raise DebianError(f"this machine has no {missing[0]}")
    _update(work)
    _apt(work, "install", "--yes", "--download-only", "--no-install-recommends", *packages)
    for archive in sorted((work / "archives").glob("*.deb")):
        subprocess.run(["dpkg-deb", "--extract", archive, target], check=True)


def libraries(root: Path) -> Path:
    """Return the folder of the libraries for this machine's architecture, of an unpacked `root`."""
    return next((root / "usr/lib").glob("*-linux-*/ld-linux*.so.*")).parent


def make_program_run(root: Path, program: str, *, final: Path, patchelf: Path) -> None:
    """Let `program` of the unpacked `root` run with its own libraries once `root` has become `final`.

    A forced rpath, because the libraries of its libraries must be found in the folder too.
    """
    loader = next(libraries(root).glob("ld-linux*.so.*"))
    found = final / libraries(root).relative_to(root)
    change = ["--set-interpreter", str(found / loader.name), "--force-rpath", "--set-rpath", str(found)]
    subprocess.run([patchelf, *change, root / program], check=True)


def make_headers_found(root: Path) -> None:
    """Link Python's headers for the architecture to where its other ones look for them, relative to themselves."""
    triplet = libraries(root).name
    link = root / "usr/include/python3.14" / triplet
    if not link.exists():
        link.symlink_to(Path("..", triplet))


def mirrors(etc: Path = Path("/etc/apt")) -> list[Mirror]:
    """Return the archives with a component main that the machine's apt sources name, those called debian first."""
    one_line = [etc / "sources.list", *sorted(etc.glob("sources.list.d/*.list"))]
    found = [
        *(mirror for file in sorted(etc.glob("sources.list.d/*.sources")) for mirror in _from_stanzas(file)),
        *(mirror for file in one_line if file.exists() for mirror in _from_lines(file)),
    ]
    return sorted(dict.fromkeys(found), key=lambda mirror: "debian" not in mirror.uri)


def _from_stanzas(file: Path) -> Iterator[Mirror]:
    for stanza in file.read_text().split("\n\n"):
        fields: dict[str, str] = {}
        name = ""
        for line in stanza.splitlines():
            if line.startswith("#"):
                continue
            if line[:1].isspace():  # a field's next line, for example of a key given in full
                fields[name] += f"\n{line}"
            elif ":" in line:
                name, _, value = line.partition(":")
                name = name.strip().lower()
                fields[name] = value.strip()
        if "deb" in fields.get("types", "").split() and fields.get("enabled") != "no":
            suites, components = fields.get("suites", "").split(), fields.get("components", "").split()
            if _is_archive(suites, components):
                yield from (Mirror(uri=uri, signed_by=fields.get("signed-by", "")) for uri in fields["uris"].split())


def _from_lines(file: Path) -> Iterator[Mirror]:
    for line in file.read_text().splitlines():
        kind, _, rest = line.partition("#")[0].strip().partition(" ")
        if kind != "deb":
            continue
        options, rest = rest.strip().removeprefix("[").split("]", 1) if rest.strip().startswith("[") else ("", rest)
        signed_by = [option.partition("=")[2] for option in options.split() if option.startswith("signed-by=")]
        uri, suite, *components = rest.split()
        if _is_archive([suite], components) and not uri.startswith("cdrom:"):
            yield Mirror(uri=uri, signed_by=" ".join(signed_by).replace(",", " "))


def _is_archive(suites: list[str], components: list[str]) -> bool:
    return "main" in components and any(not suite.endswith(_NOT_AN_ARCHIVE) for suite in suites)


def _update(work: Path) -> None:
    """Read the lists of the first mirror that has `SUITE`."""
    candidates = mirrors()
    if not candidates:
        raise DebianError("its apt sources name no archive with the component main")
    for mirror in candidates:
        _configure(work, mirror)
        try:
            _apt(work, "update", "--error-on=any")
        except DebianError as error:
            reason = str(error)
        else:
            return
    raise DebianError(reason)


def _configure(work: Path, mirror: Mirror) -> None:
    """Write a configuration of apt that lives in `work`, with the machine's own way to fetch: proxies, dates, keys."""
    for folder in ("lists/partial", "archives/partial"):
        (work / folder).mkdir(parents=True, exist_ok=True)
    (work / "status").touch()
    (work / "debian.sources").write_text(mirror.stanza())
    dump = subprocess.run(["apt-config", "dump"], check=True, capture_output=True, text=True).stdout
    architecture = subprocess.run(["dpkg", "--print-architecture"], check=True, capture_output=True, text=True).stdout
    own = {
        "APT::Architecture": architecture.strip(),
        "APT::Architectures": architecture.strip(),
        "APT::Sandbox::User": "root",  # _apt could not read a folder in a home
        "Acquire::Languages": "none",
        "Dir::State": work,
        "Dir::State::lists": work / "lists",
        "Dir::State::status": work / "status",
        "Dir::Cache": work,
        "Dir::Cache::archives": work / "archives",
        "Dir::Etc::main": "/dev/null",
        "Dir::Etc::parts": "/dev/null",
        "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": "/dev/null",
        "Dir::Etc::sourcelist": work / "debian.sources",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::Log": work,
    }
    fetching = [line for line in dump.splitlines() if line.startswith("Acquire::") and "Languages" not in line]
    lines = [*fetching, *(f'{name} "{value}";' for name, value in own.items())]
    (work / "apt.conf").write_text("\n".join(lines) + "\n")


def _apt(work: Path, *arguments: str) -> None:
    environment = {**os.environ, "APT_CONFIG": str(work / "apt.conf"), "LC_ALL": "C"}
    command = ["apt-get", "--quiet", "--quiet", *arguments]
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise DebianError(next((line for line in lines if line.startswith("E:")), "apt-get failed"))
