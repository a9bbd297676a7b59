"""Configuration folders for a real Home Assistant: one with floor 1, one with the integration and its chargers added.

Knows Home Assistant's files. Must not know how it is started (`processes`), nor how it is measured.
"""

from datetime import UTC, datetime
import json
from pathlib import Path
import secrets
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
INTEGRATION = ROOT / "custom_components" / "ocpp_central"
DATABASE = "home-assistant_v2.db"

_HERE = Path(__file__).parent
_FLOOR = "bench_floor"
_FLOOR_MANIFEST = {
    "domain": _FLOOR,
    "name": "Floor",
    "codeowners": [],
    "dependencies": ["http"],
    "documentation": "https://localhost",
    "requirements": [],
    "version": "0",
}
_LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC).isoformat()


def prepare_floor(folder: Path, *, port: int, web_port: int) -> None:
    """Make a configuration folder in which floor 1 listens on `port`."""
    _prepare(folder, web_port, extra=f"{_FLOOR}:\n  port: {port}\n")
    component = folder / "custom_components" / _FLOOR
    component.mkdir(parents=True)
    (component / "manifest.json").write_text(json.dumps(_FLOOR_MANIFEST))
    (component / "__init__.py").symlink_to(_HERE / "ha_floor.py")
    (component / "floor.py").symlink_to(_HERE / "floor.py")


def prepare_integration(folder: Path, *, port: int, web_port: int, chargers: int) -> None:
    """Make a configuration folder in which the integration listens on `port`, with chargers BENCH1, BENCH2 and so on."""
    _prepare(folder, web_port)
    (folder / "custom_components").mkdir()
    (folder / "custom_components" / INTEGRATION.name).symlink_to(INTEGRATION)
    entry = {
        "entry_id": secrets.token_hex(13),
        "domain": INTEGRATION.name,
        "title": "OCPP Central System",
        "version": 1,
        "minor_version": 1,
        "data": {"host": "127.0.0.1", "port": port, "house_token": "HA0123456789"},
        "options": {},
        "subentries": [_charger(identity) for identity in identities(chargers)],
        "source": "user",
        "unique_id": None,
        "created_at": _LONG_AGO,
        "modified_at": _LONG_AGO,
        "disabled_by": None,
        "discovery_keys": {},
        "pref_disable_new_entities": False,
        "pref_disable_polling": False,
    }
    _store(folder, "core.config_entries", (1, 5), {"entries": [entry]})


def identities(chargers: int) -> list[str]:
    """The identities of so many chargers."""
    return [f"BENCH{number}" for number in range(1, chargers + 1)]


def _charger(identity: str) -> dict[str, Any]:
    return {
        "data": {},
        "subentry_id": secrets.token_hex(13),
        "subentry_type": "charger",
        "title": identity,
        "unique_id": identity,
    }


def _prepare(folder: Path, web_port: int, extra: str = "") -> None:
    """What both have: the recorder, and a web server that only this machine can reach.

    The recorder commits every second, not every five: its work is counted to the end, and that end shall come soon.
    """
    (folder / ".storage").mkdir(parents=True)
    (folder / "configuration.yaml").write_text(f"recorder:\n  commit_interval: 1\n{extra}")
    web = {
        "server_host": ["127.0.0.1"],
        "server_port": web_port,
        "cors_allowed_origins": [],
        "login_attempts_threshold": -1,
        "ip_ban_enabled": True,
        "ssl_profile": "modern",
        "use_x_frame_options": True,
        "created_at": _LONG_AGO,
        "error": None,
        "error_message": None,
    }
    # As confirmed as if somebody had looked at it: an unconfirmed one is taken back after five minutes.
    _store(folder, "http", (2, 2), {"stable": web, "pending": None, "yaml_migration_done": True})


def _store(folder: Path, key: str, version: tuple[int, int], data: dict[str, Any]) -> None:
    document = {"version": version[0], "minor_version": version[1], "key": key, "data": data}
    (folder / ".storage" / key).write_text(json.dumps(document))
