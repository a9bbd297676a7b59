"""What every test gets: sockets on 127.0.0.1, our integration instead of the harness's own, and no swallowed error.

It must not know what is tested.
"""

import asyncio
from collections.abc import Iterator
import logging
import os

from hypothesis import HealthCheck, settings
import pytest

import custom_components.ocpp_central  # noqa: F401  # before the harness puts its own custom_components in the way

# Every run tries the same examples: a red build is then about the change that was built, not about luck.
# To search further: --hypothesis-profile=default
settings.register_profile(
    "repeatable",
    derandomize=True,
    database=None,
    deadline=None,  # a shared machine may be slow for a moment
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeatable")

# The harness has it write down every event and state, also while no test captures what is written.
logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)
logging.getLogger("homeassistant.components.recorder").setLevel(logging.INFO)

_SWALLOWED = (
    "Error setting up entry",
    "Error unloading entry",
    "has already been setup",
    "Config entry was never loaded",
)


@pytest.fixture(autouse=True)
def no_swallowed_errors(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail a test in which Home Assistant logged a failure of ours and went on; `expects_logged_errors` opts out."""
    yield
    if request.node.get_closest_marker("expects_logged_errors"):
        return
    records = [record for when in ("setup", "call", "teardown") for record in caplog.get_records(when)]
    found = [text for text in map(_text, records) if any(words in text for words in _SWALLOWED)]
    assert not found, "Home Assistant swallowed an error:\n" + "\n".join(found)


@pytest.fixture(autouse=True)
async def enable_event_loop_debug() -> None:
    """Use asyncio's debug mode only if PYTHONASYNCIODEBUG says so: the harness always does, and tests take twice as long."""
    asyncio.get_running_loop().set_debug(bool(os.environ.get("PYTHONASYNCIODEBUG")))


@pytest.fixture(autouse=True)
def our_integration(request: pytest.FixtureRequest, no_swallowed_errors: None, socket_enabled: None) -> None:
    """Let a test that has a Home Assistant find the integration, and every test use 127.0.0.1."""
    if "hass" not in request.fixturenames:
        return
    if "recorder_mock" in request.fixturenames:
        request.getfixturevalue("recorder_mock")  # it must come before `hass`
    request.getfixturevalue("enable_custom_integrations")


def _text(record: logging.LogRecord) -> str:
    """Return the message and the exception attached to it."""
    error = record.exc_info[1] if record.exc_info else None
    return f"{record.getMessage()} {error!r}" if error else record.getMessage()
