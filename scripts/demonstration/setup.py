"""What the demo asks of its Home Assistant: a user, the central system, its chargers, a dashboard.

What is there already stays as it is. Must not know which programs run.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import os
from pathlib import Path
from zoneinfo import available_timezones

import aiohttp

from .client import HomeAssistantClient, Json
from .dashboard import CONNECTOR_KEYS, ChargerEntities, ConnectorEntities, dashboard
from .errors import DemoError

USER = "demo"
PASSWORD = "demo"  # noqa: S105  printed, and good on this machine alone
DASHBOARD = "ev-chargers"

_DOMAIN = "ocpp_central"
_FLOW = "/api/config/config_entries/flow"
_SUBENTRY_FLOW = "/api/config/config_entries/subentries/flow"
_LOOK_AGAIN = 0.25  # seconds
_WITHOUT_STATE = ("unavailable", "unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCharger:
    """A simulated charger of the demo; `version` is OCPP's."""

    identity: str
    name: str
    version: str
    connectors: int


CHARGERS = (
    DemoCharger(identity="garage", name="Garage", version="1.6", connectors=2),
    DemoCharger(identity="courtyard", name="Courtyard", version="2.0.1", connectors=2),
)


async def enter(client: HomeAssistantClient) -> None:
    """Wait until Home Assistant has started, and log in as the demo's user, who is created if there is none."""
    while (is_new := await _is_new(client)) is None:  # noqa: ASYNC110  another process, which tells nobody
        await asyncio.sleep(_LOOK_AGAIN)
    if is_new:
        await client.create_user(USER, PASSWORD)
    await client.log_in(USER, PASSWORD)
    while (await client.command("get_config"))["state"] != "RUNNING":  # noqa: ASYNC110  as above
        await asyncio.sleep(_LOOK_AGAIN)
    if is_new:
        # Without a country Home Assistant asks for one, in a repair.
        await client.command("config/core/update", location_name="Demo", currency="EUR", country="NL", **_time_zone())


async def make_central_system(client: HomeAssistantClient, host: str, free_port: int) -> tuple[str, int]:
    """Have a central system that runs; returns the id of its config entry, and its port.

    One that is there keeps its port, unless that is taken by now. Raises `DemoError` if it does not run in the end.
    """
    if (entry := await _settled_entry(client)) is None:
        flow = await client.post(_FLOW, {"handler": _DOMAIN})
    else:
        flow = await client.post(_FLOW, {"handler": _DOMAIN, "entry_id": entry["entry_id"]})
        address = {field["name"]: field["description"]["suggested_value"] for field in flow["data_schema"]}
        if entry["state"] == "loaded":
            await client.delete(f"{_FLOW}/{flow['flow_id']}")
            return entry["entry_id"], address["port"]
        host = address["host"]
    await _fill_in(client, _FLOW, flow, {"host": host, "port": free_port}, {})
    entry = await _settled_entry(client)
    if entry is None or entry["state"] != "loaded":
        raise DemoError(f"The integration does not start: {entry and entry['reason']}.")
    return entry["entry_id"], free_port


async def stay_offline(client: HomeAssistantClient) -> None:
    """Turn the Marketplace off, which fetches its catalogue at every start."""
    for entry in await client.command("config_entries/get", domain="marketplace"):
        if entry["disabled_by"] is None:
            await client.command("config_entries/disable", entry_id=entry["entry_id"], disabled_by="user")


async def make_chargers(client: HomeAssistantClient, entry_id: str, chargers: Sequence[DemoCharger]) -> None:
    """Have these chargers added to the central system."""
    subentries = await client.command("config_entries/subentries/list", entry_id=entry_id)
    known = {subentry["unique_id"] for subentry in subentries}
    for charger in chargers:
        if charger.identity not in known:
            flow = await client.post(_SUBENTRY_FLOW, {"handler": [entry_id, "charger"]})
            form = {"identity": charger.identity, "name": charger.name, "relaxed": True}
            await _fill_in(client, _SUBENTRY_FLOW, flow, form)


async def connected(client: HomeAssistantClient, chargers: Sequence[DemoCharger]) -> Sequence[ChargerEntities]:
    """Wait until each charger is connected and each of its connectors has told its status; returns their entities."""
    while True:
        registry = await client.command("config/entity_registry/list")
        ids = {entity["unique_id"]: entity["entity_id"] for entity in registry if entity["platform"] == _DOMAIN}
        states = {state["entity_id"]: state["state"] for state in await client.command("get_states")}
        if all(_is_there(charger, ids, states) for charger in chargers):
            return [_entities(charger, ids) for charger in chargers]
        await asyncio.sleep(_LOOK_AGAIN)


async def make_dashboard(client: HomeAssistantClient, chargers: Sequence[ChargerEntities]) -> None:
    """Have a dashboard of these chargers, which people see first."""
    dashboards = await client.command("lovelace/dashboards/list")
    if any(known["url_path"] == DASHBOARD for known in dashboards):
        return
    await client.command(
        "lovelace/dashboards/create",
        url_path=DASHBOARD,
        mode="storage",
        title="EV chargers",
        icon="mdi:ev-station",
    )
    await client.command("lovelace/config/save", url_path=DASHBOARD, config=dashboard(chargers))
    await client.command("frontend/set_system_data", key="core", value={"default_panel": DASHBOARD})


async def _is_new(client: HomeAssistantClient) -> bool | None:
    """Whether Home Assistant has no user; None while it does not answer."""
    try:
        return await client.needs_user()
    except aiohttp.ClientError:
        return None


async def _settled_entry(client: HomeAssistantClient) -> Json | None:
    """The central system's config entry once it runs or has failed to; None if there is none."""
    while True:
        entries = await client.command("config_entries/get", domain=_DOMAIN)
        entry: Json | None = next((entry for entry in entries if entry["source"] != "ignore"), None)
        if entry is None or entry["state"] not in ("not_loaded", "setup_in_progress", "unload_in_progress"):
            return entry
        await asyncio.sleep(_LOOK_AGAIN)


async def _fill_in(client: HomeAssistantClient, flows: str, flow: Json, *forms: Json) -> None:
    """Submit the forms of a flow, one after the other; raises `DemoError` where one is not accepted."""
    for form in forms:
        flow = await client.post(f"{flows}/{flow['flow_id']}", form)
        if flow.get("errors"):
            raise DemoError(f"The form of the integration does not accept {form}: {flow['errors']}")
    if flow["type"] == "form":
        raise DemoError(f"The integration asks for more than expected: {flow['step_id']}")


def _is_there(charger: DemoCharger, ids: Mapping[str, str], states: Mapping[str, str]) -> bool:
    def state(key: str) -> str:
        return states.get(ids.get(f"{charger.identity}/{key}", ""), "unavailable")

    return state("connected") == "on" and all(
        state(f"{connector}/status") not in _WITHOUT_STATE for connector in _numbers(charger)
    )


def _entities(charger: DemoCharger, ids: Mapping[str, str]) -> ChargerEntities:
    return ChargerEntities(
        name=charger.name,
        connected=ids[f"{charger.identity}/connected"],
        connectors=[
            ConnectorEntities(
                name=f"Connector {number}",
                entities={key: ids[f"{charger.identity}/{number}/{key}"] for key in CONNECTOR_KEYS},
            )
            for number in _numbers(charger)
        ],
    )


def _numbers(charger: DemoCharger) -> range:
    return range(1, charger.connectors + 1)


def _time_zone() -> dict[str, str]:
    """This machine's time zone, for Home Assistant to show times in; empty where it cannot be told."""
    name = os.environ.get("TZ") or Path("/etc/localtime").resolve().as_posix().partition("/zoneinfo/")[2]
    return {"time_zone": name} if name in available_timezones() else {}
