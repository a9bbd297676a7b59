"""The files that the demo's Home Assistant needs before it starts.

Must not know how to talk to a running Home Assistant.
"""

import json
from pathlib import Path

_CONFIGURATION = """\
# Written by scripts/demo if it is missing.
# What people use beside the integration. Not default_config: it looks for devices and for the internet.
frontend:
history:
logbook:
my:
automation: !include automations.yaml
script: !include scripts.yaml
scene: !include scenes.yaml

logger:
  default: warning
  logs:
    custom_components.ocpp_central: info
    # What cameras and speech would need of the machine, and that the demo is one: true, and nothing to worry about.
    haffmpeg: critical
    homeassistant.bootstrap: error
    homeassistant.components.camera.img_util: critical
    homeassistant.loader: error
"""

_EMPTY = {"automations.yaml": "[]\n", "scripts.yaml": "{}\n", "scenes.yaml": "[]\n"}


def write_configuration(directory: Path, integration: Path, host: str, port: int) -> None:
    """Make `directory` a Home Assistant configuration with `integration` (its folder) in it; what is there stays.

    Home Assistant listens on `host` and `port`, whatever it did before.
    """
    _write_missing(directory / "configuration.yaml", _CONFIGURATION)
    for name, text in _EMPTY.items():
        _write_missing(directory / name, text)
    _link(directory / "custom_components" / integration.name, integration)
    storage = directory / ".storage"
    storage.mkdir(exist_ok=True)
    # All of the welcome but the user, who is made like everybody's: the other steps would add integrations that need
    # the internet (weather, radio, speech).
    _write_missing(
        storage / "onboarding",
        _stored("onboarding", 4, {"done": ["core_config", "analytics", "integration"]}),
    )
    # In its oldest form, which Home Assistant takes over as confirmed. An address that it gets in any other way is on
    # trial: it has to be confirmed within five minutes, or Home Assistant restarts with the previous one.
    (storage / "http").write_text(_stored("http", 1, {"server_host": [host], "server_port": port}))


def _stored(key: str, version: int, data: object) -> str:
    """A file of Home Assistant's storage (`homeassistant.helpers.storage.Store`)."""
    return json.dumps({"version": version, "minor_version": 1, "key": key, "data": data}, indent=2)


def _write_missing(path: Path, text: str) -> None:
    if not path.exists():
        path.write_text(text)


def _link(link: Path, target: Path) -> None:
    """Make `link` point to `target`; a link to elsewhere (the checkout was moved) is replaced."""
    link.parent.mkdir(exist_ok=True)
    if link.is_symlink():
        link.unlink()
    if not link.exists():
        link.symlink_to(target)
