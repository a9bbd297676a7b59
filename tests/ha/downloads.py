"""The diagnostics, downloaded as the frontend does it."""

from typing import Any, cast

from homeassistant.helpers import device_registry as dr
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
    get_diagnostics_for_device,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from .conftest import Site


async def diagnostics(
    site: Site, hass_client: ClientSessionGenerator, identity: str | None = None, connector: int | None = None
) -> dict[str, Any]:
    """Those of a charger or connector; without either, those of the central system."""
    if identity is None:
        return cast("dict[str, Any]", await get_diagnostics_for_config_entry(site.hass, hass_client, site.entry))
    device = cast("dr.DeviceEntry", site.device(identity, connector))
    return cast("dict[str, Any]", await get_diagnostics_for_device(site.hass, hass_client, site.entry, device))
