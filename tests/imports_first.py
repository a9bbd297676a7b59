"""A pytest plugin that is loaded before all others, and puts two imports right for them.

It must not import anything of ours: coverage would miss it. Needed until the harness is made for Home Assistant 2026.11.
"""

import homeassistant  # noqa: F401  # raises once httpx was imported, which another pytest plugin does
from homeassistant.components import logger
from homeassistant.components.logger import helpers

if not hasattr(logger, "_clear_logger_overwrites"):
    # The harness resets the log levels by the name that 2026.10 has.
    logger._clear_logger_overwrites = helpers._clear_logger_overwrites  # type: ignore[attr-defined]  # noqa: SLF001
