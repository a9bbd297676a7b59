"""Conversations with chargers need real sockets on the loopback device."""

import pytest


@pytest.fixture(autouse=True)
def _sockets(socket_enabled: None) -> None:
    """Let these tests open sockets; pytest-homeassistant-custom-component forbids it otherwise."""
