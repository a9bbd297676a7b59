"""The forms, driven as the frontend drives them, on real ports of 127.0.0.1."""

from collections.abc import Iterator
from contextlib import contextmanager
import json
from pathlib import Path
import re
import socket
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import (
    SOURCE_IGNORE,
    SOURCE_INTEGRATION_DISCOVERY,
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigEntryState,
    ConfigFlowResult,
    ConfigSubentryData,
    SubentryFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData, UnknownHandler
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components import ocpp_central
from custom_components.ocpp_central.const import DOMAIN

from .neighbour import add_neighbour

pytestmark = [pytest.mark.blackbox, pytest.mark.usefixtures("socket_enabled")]

HOST = "127.0.0.1"
TITLE = "OCPP Central System"
HOUSE_TOKEN = "HA0123456789"
# Reserved for documentation (RFC 5737): no machine has it.
FOREIGN_ADDRESS = "192.0.2.1"
EVERY_ADDRESS = "0.0.0.0"  # noqa: S104  what most people listen on
ANNOUNCED = "homeassistant.components.network.async_get_announce_addresses"
TEXTS = json.loads((Path(ocpp_central.__file__).parent / "translations/en.json").read_text("utf-8"))


def check_texts(texts: dict[str, Any], result: ConfigFlowResult | SubentryFlowResult) -> None:
    """Whatever a flow shows has a text, all of whose placeholders are filled."""
    shown: list[str] = []
    if result["type"] is FlowResultType.FORM:
        step = texts["step"][result["step_id"]]
        errors = result["errors"] or {}
        shown = [step["title"], step["description"]]
        shown += [texts["error"][error] for error in errors.values()]
        schema = result["data_schema"]
        fields = [str(field) for field in schema.schema] if schema else []
        assert sorted(fields) == sorted(step.get("data", {}))
        assert set(errors) <= {"base", *fields}
    if result["type"] is FlowResultType.ABORT:
        shown = [texts["abort"][result["reason"]]]
    filled = result.get("description_placeholders") or {}
    assert set(re.findall(r"{(\w+)}", " ".join(shown))) <= set(filled)


@contextmanager
def occupied() -> Iterator[int]:
    """A port of 127.0.0.1 on which another program listens."""
    with socket.create_server((HOST, 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def free_port(socket_enabled: None) -> int:
    """A port on which nothing listens."""
    with socket.create_server((HOST, 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def other_port(free_port: int) -> int:
    """Another port on which nothing listens."""
    with socket.create_server((HOST, 0)) as server:
        port = int(server.getsockname()[1])
    assert port != free_port
    return port


def charger(identity: str = "garage", title: str = "Garage", **data: Any) -> ConfigSubentryData:
    """A charger of a central system, as it is stored."""
    return ConfigSubentryData(
        data={"relaxed": True, **data},
        subentry_type="charger",
        title=title,
        unique_id=identity,
    )


async def add_central_system(
    hass: HomeAssistant,
    port: int,
    *chargers: ConfigSubentryData,
    title: str = TITLE,
) -> MockConfigEntry:
    """A central system that was set up before, and was started if its port is free."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title=title,
        data={"host": HOST, "port": port, "house_token": HOUSE_TOKEN},
        subentries_data=chargers,
    )
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


@pytest.fixture
async def central_system(hass: HomeAssistant, free_port: int) -> MockConfigEntry:
    """A running central system without chargers."""
    return await add_central_system(hass, free_port)


async def start(hass: HomeAssistant) -> ConfigFlowResult:
    """Begin to set up a central system."""
    form = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    check_texts(TEXTS["config"], form)
    return form


async def start_to_move(hass: HomeAssistant, entry: MockConfigEntry) -> ConfigFlowResult:
    """Begin to change where a central system listens."""
    form: ConfigFlowResult = await entry.start_reconfigure_flow(hass)
    check_texts(TEXTS["config"], form)
    return form


async def submit(hass: HomeAssistant, form: ConfigFlowResult, **user_input: Any) -> ConfigFlowResult:
    """Fill in the form that the flow shows."""
    result = await hass.config_entries.flow.async_configure(form["flow_id"], user_input)
    await hass.async_block_till_done()
    check_texts(TEXTS["config"], result)
    return result


async def discover(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    identity: str = "stranger",
    **presented: str,
) -> ConfigFlowResult:
    """A stranger dials in."""
    result = await hass.config_entries.flow.async_init(
        DOMAIN,
        context={"source": SOURCE_INTEGRATION_DISCOVERY},
        data={"entry_id": entry.entry_id, "identity": identity, **presented},
    )
    check_texts(TEXTS["config"], result)
    return result


async def ignore(hass: HomeAssistant, entry: MockConfigEntry, identity: str = "stranger") -> None:
    """The user does not want to be asked about a stranger again."""
    await hass.config_entries.flow.async_init(
        DOMAIN,
        context={"source": SOURCE_IGNORE},
        data={"unique_id": f"{entry.entry_id}_{identity}", "title": identity},
    )


async def start_charger(
    hass: HomeAssistant, entry: MockConfigEntry, subentry_type: str = "charger"
) -> SubentryFlowResult:
    """Begin to add a charger by hand."""
    form = await hass.config_entries.subentries.async_init(
        (entry.entry_id, subentry_type), context={"source": SOURCE_USER}
    )
    check_texts(TEXTS["config_subentries"]["charger"], form)
    return form


async def start_to_change_charger(hass: HomeAssistant, entry: MockConfigEntry) -> SubentryFlowResult:
    """Begin to change the only charger of a central system."""
    (subentry_id,) = entry.subentries
    form = await hass.config_entries.subentries.async_init(
        (entry.entry_id, "charger"), context={"source": SOURCE_RECONFIGURE, "subentry_id": subentry_id}
    )
    check_texts(TEXTS["config_subentries"]["charger"], form)
    return form


async def submit_charger(hass: HomeAssistant, form: SubentryFlowResult, **user_input: Any) -> SubentryFlowResult:
    """Fill in the form of a charger."""
    result = await hass.config_entries.subentries.async_configure(form["flow_id"], user_input)
    await hass.async_block_till_done()
    check_texts(TEXTS["config_subentries"]["charger"], result)
    return result


def chargers(entry: MockConfigEntry) -> dict[str | None, tuple[str, dict[str, Any]]]:
    """Title and data of the chargers, by identity."""
    return {
        subentry.unique_id: (subentry.title, dict(subentry.data))
        for subentry in entry.get_subentries_of_type("charger")
    }


def suggested(form: ConfigFlowResult | SubentryFlowResult) -> dict[str, Any]:
    """What the fields of a form are filled with."""
    schema = form["data_schema"]
    assert schema is not None
    return {str(field): field.description["suggested_value"] for field in schema.schema if field.description}


def runs(entry: MockConfigEntry) -> bool:
    """Whether a central system could start."""
    return bool(entry.state is ConfigEntryState.LOADED)


async def can_connect(hass: HomeAssistant, port: int) -> bool:
    """Whether something listens on this port of 127.0.0.1."""

    def connect() -> bool:
        try:
            socket.create_connection((HOST, port), timeout=5).close()
        except ConnectionRefusedError:
            return False
        return True

    return await hass.async_add_executor_job(connect)


async def test_central_system_is_set_up_and_listens(hass: HomeAssistant, free_port: int) -> None:
    """The user chooses address and port, is shown the URL for the chargers, and chargers can connect."""
    form = await start(hass)
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "user")
    assert not form["errors"]

    form = await submit(hass, form, host=f" {HOST} ", port=free_port)
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "connect")
    assert form["description_placeholders"] == {"urls": f"- `ws://{HOST}:{free_port}/<identity>`"}
    assert not await can_connect(hass, free_port)

    result = await submit(hass, form)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == TITLE
    data = dict(result["data"])
    assert re.fullmatch("HA[0-9A-F]{10}", data.pop("house_token"))
    assert data == {"host": HOST, "port": free_port}
    assert result["result"].state is ConfigEntryState.LOADED
    assert await can_connect(hass, free_port)


async def test_defaults_are_all_addresses_and_port_9016(hass: HomeAssistant) -> None:
    """The form offers 0.0.0.0 and port 9016 (contract 1)."""
    form = await start(hass)
    assert form["data_schema"] is not None
    assert form["data_schema"]({}) == {"host": EVERY_ADDRESS, "port": 9016}


async def test_forms_can_be_shown_in_a_browser(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    central_system: MockConfigEntry,
) -> None:
    """Every form travels to the frontend as JSON."""
    assert await async_setup_component(hass, "config", {})
    client = await hass_client()
    for kind, handler, fields in (
        ("", DOMAIN, ["host", "port"]),
        (
            "/subentries",
            [central_system.entry_id, "charger"],
            ["identity", "name", "password", "relaxed", "enforcement", "local_list", "ocpp_version", "max_current"],
        ),
        ("/subentries", [central_system.entry_id, "driver"], ["next_step_id"]),
    ):
        response = await client.post(f"/api/config/config_entries{kind}/flow", json={"handler": handler})
        form = await response.json()
        assert form["step_id"] == "user"
        assert [field["name"] for field in form["data_schema"]] == fields


@pytest.mark.parametrize("port", [0, 65536, -1])
async def test_only_real_ports_are_offered(hass: HomeAssistant, port: int) -> None:
    """A port outside 1 to 65535 is refused by the form itself."""
    form = await start(hass)
    with pytest.raises(InvalidData):
        await submit(hass, form, host=HOST, port=port)


@pytest.mark.parametrize(
    ("host", "announced", "urls"),
    [
        pytest.param(
            EVERY_ADDRESS,
            ["192.168.1.5", "169.254.7.7", "10.0.0.5", "fd00::5"],
            ["ws://192.168.1.5:{port}/<identity>", "ws://10.0.0.5:{port}/<identity>"],
            id="every IPv4 address that a charger can reach",
        ),
        pytest.param(
            "::",
            ["192.168.1.5", "fe80::1", "fd00::5"],
            ["ws://[fd00::5]:{port}/<identity>"],
            id="every IPv6 address that a charger can reach",
        ),
        pytest.param(
            EVERY_ADDRESS,
            HomeAssistantError("no network"),
            ["ws://<address>:{port}/<identity>"],
            id="no network",
        ),
        pytest.param("localhost", [], ["ws://localhost:{port}/<identity>"], id="a host name"),
    ],
)
async def test_urls_are_those_that_chargers_can_dial(
    hass: HomeAssistant,
    free_port: int,
    host: str,
    announced: list[str] | Exception,
    urls: list[str],
) -> None:
    """A wildcard is shown as the addresses that it stands for, anything else as it is."""
    form = await start(hass)
    with patch(ANNOUNCED, side_effect=[announced]):
        form = await submit(hass, form, host=host, port=free_port)
    assert form["step_id"] == "connect"
    assert form["description_placeholders"] == {"urls": "\n".join(f"- `{url.format(port=free_port)}`" for url in urls)}


BAD_ADDRESSES = [
    pytest.param(FOREIGN_ADDRESS, {"host": "invalid_host"}, id="of another machine"),
    pytest.param("  ", {"host": "invalid_host"}, id="blank"),
    pytest.param("fe80::1", {"base": "cannot_bind"}, id="without its interface"),
]


@pytest.mark.parametrize(("host", "errors"), BAD_ADDRESSES)
async def test_bad_address_is_an_error_that_can_be_mended(
    hass: HomeAssistant, free_port: int, host: str, errors: dict[str, str]
) -> None:
    """An address that cannot be listened on is named in the form, which goes on."""
    form = await start(hass)
    form = await submit(hass, form, host=host, port=free_port)
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "user")
    assert form["errors"] == errors
    assert suggested(form) == {"host": host.strip(), "port": free_port}

    form = await submit(hass, form, host=HOST, port=free_port)
    result = await submit(hass, form)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_unknown_host_name_is_an_error_that_can_be_mended(hass: HomeAssistant, free_port: int) -> None:
    """A name that nobody knows is blamed on the address."""
    form = await start(hass)
    with patch("socket.getaddrinfo", side_effect=socket.gaierror(-2, "unknown")):
        form = await submit(hass, form, host="charging.invalid", port=free_port)
    assert form["errors"] == {"host": "invalid_host"}

    form = await submit(hass, form, host=HOST, port=free_port)
    result = await submit(hass, form)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_port_of_another_program_is_an_error_that_can_be_mended(hass: HomeAssistant, free_port: int) -> None:
    """A port on which another program listens is named in the form, which goes on."""
    form = await start(hass)
    with occupied() as taken:
        form = await submit(hass, form, host=HOST, port=taken)
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "user")
    assert form["errors"] == {"port": "address_in_use"}

    form = await submit(hass, form, host=HOST, port=free_port)
    result = await submit(hass, form)
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("moves", [False, True], ids=["new", "moved"])
async def test_port_of_the_other_ocpp_integration_is_named(
    hass: HomeAssistant, central_system: MockConfigEntry, other_port: int, moves: bool
) -> None:
    """Whoever moves here finds the port taken by lbbrhzn/ocpp: it is named as long as it listens there."""
    with occupied() as taken:
        neighbour = await add_neighbour(hass, taken)
        form = await (start_to_move(hass, central_system) if moves else start(hass))
        form = await submit(hass, form, host=HOST, port=taken)
        assert form["errors"] == {"port": "port_of_neighbour"}
        assert form["description_placeholders"] == {"neighbour": "central"}

        await hass.config_entries.async_unload(neighbour.entry_id)
        form = await submit(hass, form, host=HOST, port=taken)
        assert form["errors"] == {"port": "address_in_use"}

    result = await submit(hass, await submit(hass, form, host=HOST, port=other_port))
    assert result["type"] is (FlowResultType.ABORT if moves else FlowResultType.CREATE_ENTRY)


async def test_only_its_own_port_is_laid_to_the_other_ocpp_integration(hass: HomeAssistant, other_port: int) -> None:
    """One that listens elsewhere is not to blame."""
    await add_neighbour(hass, other_port)
    form = await start(hass)
    with occupied() as taken:
        form = await submit(hass, form, host=HOST, port=taken)
    assert form["errors"] == {"port": "address_in_use"}


async def test_there_is_one_central_system_on_a_port(
    hass: HomeAssistant, central_system: MockConfigEntry, other_port: int
) -> None:
    """A second central system on the same port is refused, whatever its address, and the form goes on."""
    form = await start(hass)
    form = await submit(hass, form, host=FOREIGN_ADDRESS, port=central_system.data["port"])
    assert form["errors"] == {"port": "port_taken"}

    form = await submit(hass, form, host=HOST, port=other_port)
    result = await submit(hass, form)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_two_forms_cannot_take_the_same_port(hass: HomeAssistant, free_port: int) -> None:
    """Of two forms that were open at once, the one finished first has the port."""
    forms = [await submit(hass, await start(hass), host=HOST, port=free_port) for _ in range(2)]
    first, second = [await submit(hass, form) for form in forms]
    assert first["type"] is FlowResultType.CREATE_ENTRY
    assert second["type"] is FlowResultType.ABORT
    assert second["reason"] == "already_configured"


@pytest.mark.usefixtures("central_system")
async def test_a_second_central_system_is_told_apart_by_its_port(hass: HomeAssistant, other_port: int) -> None:
    """The title names the port once there are several."""
    form = await start(hass)
    form = await submit(hass, form, host=HOST, port=other_port)
    result = await submit(hass, form)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == f"{TITLE} ({other_port})"


async def test_reconfigure_moves_the_central_system(hass: HomeAssistant, free_port: int, other_port: int) -> None:
    """A new port is listened on, the old one is free; house token stays, and the title names the new port."""
    entry = await add_central_system(hass, free_port, title=f"Yard ({free_port})")
    form = await start_to_move(hass, entry)
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "reconfigure")
    assert suggested(form) == {"host": HOST, "port": free_port}

    form = await submit(hass, form, host=HOST, port=other_port)
    assert form["step_id"] == "connect"
    assert form["description_placeholders"] == {"urls": f"- `ws://{HOST}:{other_port}/<identity>`"}
    assert entry.data["port"] == free_port

    result = await submit(hass, form)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"
    assert entry.data == {"host": HOST, "port": other_port, "house_token": HOUSE_TOKEN}
    assert entry.title == f"Yard ({other_port})"
    assert runs(entry)
    assert await can_connect(hass, other_port)
    assert not await can_connect(hass, free_port)


async def test_reconfigure_is_not_stopped_by_our_own_listener(
    hass: HomeAssistant, central_system: MockConfigEntry, free_port: int
) -> None:
    """The address that we listen on ourselves is not in use by another program."""
    form = await start_to_move(hass, central_system)
    form = await submit(hass, form, host=HOST, port=free_port)
    assert form["step_id"] == "connect"
    result = await submit(hass, form)
    assert result["reason"] == "reconfigure_successful"
    assert runs(central_system)
    assert await can_connect(hass, free_port)


async def test_reconfigure_checks_a_new_host_on_our_own_port(
    hass: HomeAssistant, central_system: MockConfigEntry, free_port: int
) -> None:
    """The port being ours does not make any host right."""
    form = await start_to_move(hass, central_system)
    form = await submit(hass, form, host=FOREIGN_ADDRESS, port=free_port)
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "reconfigure")
    assert form["errors"] == {"host": "invalid_host"}

    form = await submit(hass, form, host=EVERY_ADDRESS, port=free_port)
    result = await submit(hass, form)
    assert result["reason"] == "reconfigure_successful"
    assert central_system.data["host"] == EVERY_ADDRESS
    assert runs(central_system)
    assert await can_connect(hass, free_port)


async def test_reconfigure_names_a_port_of_another_program(
    hass: HomeAssistant, central_system: MockConfigEntry, other_port: int
) -> None:
    """A running central system does not move to an occupied port, but to the next one named."""
    form = await start_to_move(hass, central_system)
    with occupied() as taken:
        form = await submit(hass, form, host=HOST, port=taken)
    assert form["errors"] == {"port": "address_in_use"}

    form = await submit(hass, form, host=HOST, port=other_port)
    result = await submit(hass, form)
    assert result["reason"] == "reconfigure_successful"
    assert await can_connect(hass, other_port)


async def test_reconfigure_keeps_off_the_port_of_another_central_system(
    hass: HomeAssistant, central_system: MockConfigEntry, other_port: int
) -> None:
    """Two central systems cannot share a port."""
    await add_central_system(hass, other_port)
    form = await start_to_move(hass, central_system)
    form = await submit(hass, form, host=HOST, port=other_port)
    assert form["errors"] == {"port": "port_taken"}

    result = await submit(hass, form, host=HOST, port=central_system.data["port"])
    assert (await submit(hass, result))["reason"] == "reconfigure_successful"


async def test_reconfigure_rescues_a_central_system_that_could_not_start(hass: HomeAssistant, free_port: int) -> None:
    """One whose port was taken at start runs as soon as it has another."""
    with occupied() as taken:
        entry = await add_central_system(hass, taken)
        assert not runs(entry)
        form = await start_to_move(hass, entry)
        form = await submit(hass, form, host=HOST, port=taken)
        assert form["errors"] == {"port": "address_in_use"}

        form = await submit(hass, form, host=HOST, port=free_port)
        result = await submit(hass, form)
        assert result["reason"] == "reconfigure_successful"
        assert runs(entry)
        assert await can_connect(hass, free_port)


@pytest.mark.parametrize(
    ("presented", "data"),
    [
        pytest.param({}, {"relaxed": True}, id="without credentials"),
        pytest.param(
            {"password": "s3cret"},
            {"relaxed": True, "password": "s3cret"},
            id="with a password",
        ),
    ],
)
async def test_stranger_becomes_a_charger(
    hass: HomeAssistant,
    central_system: MockConfigEntry,
    presented: dict[str, str],
    data: dict[str, Any],
) -> None:
    """Confirming the discovery adds the charger, with the password that it presented (contract 1)."""
    form = await discover(hass, central_system, "stranger", **presented)
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "discovery_confirm")
    assert form["description_placeholders"] == {
        "name": "stranger",
        "central_system": TITLE,
    }
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["context"]["title_placeholders"] == {"name": "stranger"}
    assert flow["context"]["unique_id"] == f"{central_system.entry_id}_stranger"

    result = await submit(hass, form)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "charger_added"
    assert result["description_placeholders"] == {"name": "stranger"}
    assert chargers(central_system) == {"stranger": ("stranger", data)}


async def test_adding_a_stranger_leaves_the_server_running(
    hass: HomeAssistant, central_system: MockConfigEntry, free_port: int
) -> None:
    """A charger that is already connected notices nothing of a new one."""
    old = await hass.async_add_executor_job(socket.create_connection, (HOST, free_port), 5)
    with old:
        await submit(hass, await discover(hass, central_system))
        old.setblocking(False)
        with pytest.raises(BlockingIOError):
            old.recv(1)
    assert runs(central_system)


async def test_a_stranger_is_offered_once(hass: HomeAssistant, central_system: MockConfigEntry) -> None:
    """A stranger that dials in again and again has one discovery."""
    await discover(hass, central_system)
    result = await discover(hass, central_system, password="changed")
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_in_progress"


async def test_an_ignored_stranger_stays_ignored(hass: HomeAssistant, central_system: MockConfigEntry) -> None:
    """Ignore is for this identity and this central system, and lasts."""
    await discover(hass, central_system)
    await ignore(hass, central_system)
    assert not hass.config_entries.flow.async_progress_by_handler(DOMAIN)

    result = await discover(hass, central_system)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    form = await discover(hass, central_system, "another")
    assert form["step_id"] == "discovery_confirm"


async def test_an_ignored_stranger_can_be_added_by_hand(hass: HomeAssistant, central_system: MockConfigEntry) -> None:
    """Ignore is about being asked, not about the charger."""
    await ignore(hass, central_system)
    form = await start_charger(hass, central_system)
    result = await submit_charger(hass, form, identity="stranger")
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_an_ignored_stranger_is_no_central_system(
    hass: HomeAssistant, central_system: MockConfigEntry, free_port: int
) -> None:
    """Home Assistant keeps what is ignored as an entry of ours; it does not count as a central system."""
    await ignore(hass, central_system)
    await hass.config_entries.async_remove(central_system.entry_id)

    form = await start(hass)
    form = await submit(hass, form, host=HOST, port=free_port)
    result = await submit(hass, form)
    assert result["title"] == TITLE


async def test_a_known_charger_is_not_discovered(
    hass: HomeAssistant, central_system: MockConfigEntry, other_port: int
) -> None:
    """An identity belongs to one charger in all of Home Assistant (entities are named for it)."""
    other = await add_central_system(hass, other_port, charger("garage"))
    for entry in (central_system, other):
        result = await discover(hass, entry, "garage")
        assert result["type"] is FlowResultType.ABORT
        assert result["reason"] == "already_configured"


async def test_confirming_late_finds_the_identity_taken(
    hass: HomeAssistant, central_system: MockConfigEntry, other_port: int
) -> None:
    """Of two central systems that a stranger dialled, the one confirmed first has it."""
    other = await add_central_system(hass, other_port)
    first = await discover(hass, other)
    second = await discover(hass, central_system)
    await submit(hass, first)

    result = await submit(hass, second)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    assert chargers(central_system) == {}


async def test_confirming_late_finds_the_central_system_gone(
    hass: HomeAssistant, central_system: MockConfigEntry
) -> None:
    """A discovery of a central system that was removed ends with that reason."""
    form = await discover(hass, central_system)
    await hass.config_entries.async_remove(central_system.entry_id)

    result = await submit(hass, form)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "central_system_removed"

    result = await discover(hass, central_system)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "central_system_removed"


async def test_charger_is_added_by_hand(hass: HomeAssistant, central_system: MockConfigEntry, free_port: int) -> None:
    """Identity, name and password are asked for, beside the URL that the charger will dial."""
    form = await start_charger(hass, central_system)
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "user")
    assert form["description_placeholders"] == {"url": f"`ws://{HOST}:{free_port}/<identity>`"}

    result = await submit_charger(hass, form, identity=" CP 1 ", name=" Garage ", password=" s3 ", relaxed=False)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert chargers(central_system) == {
        "CP 1": ("Garage", {"relaxed": False, "enforcement": "inherit", "password": " s3 "})
    }
    assert runs(central_system)


async def test_identity_is_all_that_a_charger_needs(hass: HomeAssistant, central_system: MockConfigEntry) -> None:
    """Without a name the charger is called by its identity; faulty messages are tolerated unless said otherwise."""
    form = await start_charger(hass, central_system)
    await submit_charger(hass, form, identity="CP1", name=" ")
    assert chargers(central_system) == {"CP1": ("CP1", {"relaxed": True, "enforcement": "inherit"})}


async def test_charger_can_be_prepared_while_its_central_system_is_down(
    hass: HomeAssistant,
) -> None:
    """The form shows the configured port when there is no other."""
    with occupied() as taken:
        entry = await add_central_system(hass, taken)
        form = await start_charger(hass, entry)
        assert form["description_placeholders"] == {"url": f"`ws://{HOST}:{taken}/<identity>`"}
        await submit_charger(hass, form, identity="CP1")
    assert list(chargers(entry)) == ["CP1"]


@pytest.mark.parametrize(
    ("identity", "error"),
    [
        pytest.param("", "identity_empty", id="empty"),
        pytest.param(" \t", "identity_empty", id="blank"),
        pytest.param("site/CP1", "identity_invalid", id="slash"),
        pytest.param("CP\x001", "identity_invalid", id="NUL"),
        pytest.param("CP\n1", "identity_invalid", id="line feed"),
        pytest.param("CP\x7f1", "identity_invalid", id="delete"),
        pytest.param("garage", "already_configured", id="taken here"),
        pytest.param("yard", "already_configured", id="taken elsewhere"),
    ],
)
async def test_bad_identity_is_an_error_that_can_be_mended(
    hass: HomeAssistant, free_port: int, other_port: int, identity: str, error: str
) -> None:
    """An identity that no charger can have, or that another charger has, is named in the form, which goes on."""
    entry = await add_central_system(hass, free_port, charger("garage"))
    await add_central_system(hass, other_port, charger("yard"))
    form = await start_charger(hass, entry)
    form = await submit_charger(hass, form, identity=identity, name="Kept")
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "user")
    assert form["errors"] == {"identity": error}
    assert suggested(form)["name"] == "Kept"

    result = await submit_charger(hass, form, identity="CP1")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert set(chargers(entry)) == {"garage", "CP1"}


async def test_adding_by_hand_ends_the_discovery(
    hass: HomeAssistant, central_system: MockConfigEntry, other_port: int
) -> None:
    """A charger that is added by hand is no longer offered, by any central system; others still are."""
    other = await add_central_system(hass, other_port)
    await discover(hass, central_system, "CP1")
    await discover(hass, other, "CP1")
    kept = await discover(hass, central_system, "CP2")

    form = await start_charger(hass, central_system)
    await submit_charger(hass, form, identity="CP1")
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["flow_id"] == kept["flow_id"]


async def test_only_chargers_drivers_and_links_can_be_added(
    hass: HomeAssistant, central_system: MockConfigEntry
) -> None:
    """A central system offers no other kind of subentry."""
    assert set(central_system.supported_subentry_types) == {"charger", "driver", "calendar_link"}
    with pytest.raises(UnknownHandler):
        await start_charger(hass, central_system, "socket")


@pytest.mark.parametrize(
    ("old", "entered", "new"),
    [
        pytest.param(
            {"password": "old"},
            {"password": "********"},
            {"password": "old"},
            id="kept",
        ),
        pytest.param(
            {"password": "old"},
            {"password": "new"},
            {"password": "new"},
            id="changed",
        ),
        pytest.param({"password": "old"}, {}, {}, id="removed"),
        pytest.param({}, {"password": "new"}, {"password": "new"}, id="set"),
        pytest.param({}, {}, {}, id="still none"),
    ],
)
async def test_charger_is_changed(
    hass: HomeAssistant,
    free_port: int,
    old: dict[str, str],
    entered: dict[str, str],
    new: dict[str, str],
) -> None:
    """Name and password can be changed; the identity is shown and stays, as does what the form does not ask for."""
    entry = await add_central_system(hass, free_port, charger("CP1", "Garage", more="to come", **old))
    form = await start_to_change_charger(hass, entry)
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "reconfigure")
    assert form["description_placeholders"] == {"identity": "CP1"}

    result = await submit_charger(hass, form, name="Yard", relaxed=False, **entered)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"
    assert chargers(entry) == {"CP1": ("Yard", {"relaxed": False, "enforcement": "inherit", "more": "to come", **new})}
    assert runs(entry)


async def test_password_of_a_charger_is_not_shown(hass: HomeAssistant, free_port: int) -> None:
    """The form of a charger says that there is a password, not which."""
    entry = await add_central_system(hass, free_port, charger("CP1", "Garage", password="s3cret"))
    form = await start_to_change_charger(hass, entry)
    assert suggested(form) == {"name": "Garage", "password": "********", "relaxed": True}


async def test_charger_without_a_name_is_called_by_its_identity(hass: HomeAssistant, free_port: int) -> None:
    """Emptying the name brings the identity back."""
    entry = await add_central_system(hass, free_port, charger("CP1", "Garage"))
    form = await start_to_change_charger(hass, entry)
    await submit_charger(hass, form)
    assert chargers(entry) == {"CP1": ("CP1", {"relaxed": True, "enforcement": "inherit"})}


async def test_a_charger_keeps_a_list_of_drivers_if_it_is_to(
    hass: HomeAssistant, central_system: MockConfigEntry
) -> None:
    """Off unless it is chosen, when the charger is added or later."""
    form = await start_charger(hass, central_system)
    await submit_charger(hass, form, identity="CP1", local_list=True)
    assert chargers(central_system)["CP1"][1] == {"relaxed": True, "enforcement": "inherit", "local_list": True}

    form = await start_to_change_charger(hass, central_system)
    assert suggested(form)["local_list"] is True
    await submit_charger(hass, form, local_list=True)
    assert chargers(central_system)["CP1"][1] == {"relaxed": True, "enforcement": "inherit", "local_list": True}

    form = await start_to_change_charger(hass, central_system)
    await submit_charger(hass, form, local_list=False)
    assert chargers(central_system)["CP1"][1] == {"relaxed": True, "enforcement": "inherit"}


async def test_a_charger_is_held_to_a_version_if_it_is_to(hass: HomeAssistant, free_port: int) -> None:
    """By default it speaks what it likes best, and nothing is stored."""
    entry = await add_central_system(hass, free_port)
    form = await start_charger(hass, entry)
    await submit_charger(hass, form, identity="CP1", ocpp_version="2.0.1")
    assert chargers(entry) == {"CP1": ("CP1", {"relaxed": True, "enforcement": "inherit", "ocpp_version": "2.0.1"})}
    form = await start_to_change_charger(hass, entry)
    assert suggested(form)["ocpp_version"] == "2.0.1"
    await submit_charger(hass, form, ocpp_version="1.6")
    assert chargers(entry) == {"CP1": ("CP1", {"relaxed": True, "enforcement": "inherit", "ocpp_version": "1.6"})}
    form = await start_to_change_charger(hass, entry)
    await submit_charger(hass, form, ocpp_version="auto")
    assert chargers(entry) == {"CP1": ("CP1", {"relaxed": True, "enforcement": "inherit"})}


async def test_the_maximum_current_of_a_charger_is_set_and_taken_back(hass: HomeAssistant, free_port: int) -> None:
    """Left empty, nothing is stored."""
    entry = await add_central_system(hass, free_port)
    form = await start_charger(hass, entry)
    await submit_charger(hass, form, identity="CP1", max_current=16)
    assert chargers(entry) == {"CP1": ("CP1", {"relaxed": True, "enforcement": "inherit", "max_current": 16})}
    form = await start_to_change_charger(hass, entry)
    assert suggested(form)["max_current"] == 16
    await submit_charger(hass, form)
    assert chargers(entry) == {"CP1": ("CP1", {"relaxed": True, "enforcement": "inherit"})}


async def test_connector_types_are_set_shown_and_taken_back(hass: HomeAssistant, free_port: int) -> None:
    """Lines for one connector count together; published names are spelled as published, others stay."""
    entry = await add_central_system(hass, free_port, charger("CP1", "Garage"))
    form = await start_to_change_charger(hass, entry)
    assert "connector_types" not in suggested(form)
    lines = [
        {"connector": 2, "types": ["sType2"]},
        {"connector": 1.0, "types": ["CCCS2", "cVendorOwn"]},
        {"connector": 2, "types": ["cType2"]},
    ]
    await submit_charger(hass, form, name="Garage", connector_types=lines)
    types = {"1": ["cCCS2", "cVendorOwn"], "2": ["cType2", "sType2"]}
    assert chargers(entry) == {"CP1": ("Garage", {"relaxed": True, "enforcement": "inherit", "connector_types": types})}

    form = await start_to_change_charger(hass, entry)
    shown = suggested(form)
    assert shown["connector_types"] == [
        {"connector": 1, "types": ["cCCS2", "cVendorOwn"]},
        {"connector": 2, "types": ["cType2", "sType2"]},
    ]
    await submit_charger(hass, form, **shown)
    assert chargers(entry)["CP1"][1]["connector_types"] == types

    form = await start_to_change_charger(hass, entry)
    await submit_charger(hass, form, name="Garage")
    assert chargers(entry) == {"CP1": ("Garage", {"relaxed": True, "enforcement": "inherit"})}


@pytest.mark.parametrize(
    "line",
    [
        {"connector": 1.5, "types": ["cType2"]},
        {"connector": 1, "types": []},
        {"connector": 1},
        {"connector": 1, "types": ["Unknown"]},
        {"connector": 1, "types": ["cType2", "x" * 21]},
    ],
)
async def test_connector_types_that_mean_nothing_are_an_error(
    hass: HomeAssistant, free_port: int, line: dict[str, Any]
) -> None:
    """The form says so, keeps what was entered, and goes on."""
    entry = await add_central_system(hass, free_port, charger("CP1", "Garage"))
    form = await start_to_change_charger(hass, entry)
    form = await submit_charger(hass, form, name="Yard", connector_types=[line])
    assert (form["type"], form["errors"]) == (FlowResultType.FORM, {"connector_types": "connector_types_invalid"})
    assert suggested(form) == {
        "name": "Yard",
        "relaxed": True,
        "enforcement": "inherit",
        "local_list": False,
        "ocpp_version": "auto",
        "connector_types": [line],
    }
    result = await submit_charger(hass, form, name="Yard")
    assert result["reason"] == "reconfigure_successful"


async def test_the_form_of_a_charger_can_be_sent_to_a_browser(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, free_port: int
) -> None:
    """Its fields become JSON, with the names of connector types to choose from."""
    entry = await add_central_system(hass, free_port, charger("CP1", "Garage"))
    assert await async_setup_component(hass, "config", {})
    (subentry_id,) = entry.subentries
    client = await hass_client()
    response = await client.post(
        "/api/config/config_entries/subentries/flow",
        json={"handler": [entry.entry_id, "charger"], "subentry_id": subentry_id, "show_advanced_options": False},
    )
    form = await response.json()
    (field,) = [field for field in form["data_schema"] if field["name"] == "connector_types"]
    fields = field["selector"]["object"]["fields"]
    assert fields["connector"]["selector"]["number"]["min"] == 1
    assert "cType2" in fields["types"]["selector"]["select"]["options"]


async def test_changing_a_charger_that_is_gone_says_so(hass: HomeAssistant, free_port: int) -> None:
    """A form that is open while its charger is removed ends with a text, not with an error of Home Assistant."""
    entry = await add_central_system(hass, free_port, charger("CP1", "Garage"))
    form = await start_to_change_charger(hass, entry)
    (subentry,) = entry.get_subentries_of_type("charger")
    hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    result = await submit_charger(hass, form)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "charger_gone")
