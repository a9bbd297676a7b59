"""Where this machine can wait for chargers, and under which URLs they reach it.

Must not know who asks, nor the server that will wait there.
"""

import asyncio
from ipaddress import ip_address

from homeassistant.components import network
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError


async def async_try_to_listen(host: str, port: int) -> None:
    """Listen there for an instant; port 0 tries the host alone.

    Raises OSError if that cannot be done (without `errno` if the host is not one of this machine), ValueError if the
    host is none at all.
    """
    if not host:
        # asyncio would take it for every address.
        raise ValueError("no host")
    server = await asyncio.get_running_loop().create_server(asyncio.Protocol, host, port)
    server.close()
    await server.wait_closed()


async def async_urls(hass: HomeAssistant, host: str, port: int) -> list[str]:
    """The URLs that chargers dial to reach that address, the likeliest first; never empty."""
    try:
        listening = ip_address(host)
    except ValueError:
        return [_url(host, port)]
    if not listening.is_unspecified:
        return [_url(host, port)]
    try:
        announced = await network.async_get_announce_addresses(hass)
    except HomeAssistantError:
        # Home Assistant has no network at the moment.
        announced = []
    # A wildcard stands for the addresses of its own family; a charger cannot dial one that holds on one link only.
    reachable = [
        address
        for address in announced
        if ip_address(address).version == listening.version and not ip_address(address).is_link_local
    ]
    return [_url(address, port) for address in reachable or ["<address>"]]


def _url(host: str, port: int) -> str:
    return f"ws://{f'[{host}]' if ':' in host else host}:{port}/<identity>"
