"""Who is let in, and what becomes of strangers."""

import asyncio
import base64
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from homeassistant import config_entries
from homeassistant.config_entries import SOURCE_IGNORE, ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from custom_components.ocpp_central.const import DOMAIN
from tests.charger import Version

from .conftest import TELLS_ALL, Clock, Site, charger_subentry, eventually

pytestmark = pytest.mark.blackbox

KEY = "0123456789abcdef0123456789ABCDEF01234567"


def offers(hass: HomeAssistant) -> list[str]:
    """The strangers that can be added."""
    return sorted(
        flow["context"]["title_placeholders"]["name"]
        for flow in hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    )


async def knock(site: Site, identity: str, password: bytes | None = None) -> int:
    """Dial in once; the HTTP status of the refusal, or 101."""
    headers = {}
    if password is not None:
        credentials = base64.b64encode(identity.encode() + b":" + password).decode()
        headers["Authorization"] = f"Basic {credentials}"
    try:
        async with connect(
            f"{site.url}/{quote(identity)}",
            subprotocols=["ocpp1.6"],  # type: ignore[list-item]
            additional_headers=headers,
            proxy=None,
        ):
            return 101
    except InvalidStatus as refusal:
        return refusal.response.status_code


@pytest.mark.parametrize(
    ("wanted", "presented", "status"),
    [
        (None, None, 101),
        (None, b"whatever", 101),
        ("secret", b"secret", 101),
        ("secret", b"Secret", 401),
        ("secret", b"", 401),
        ("secret", None, 401),
        ("pässword", "pässword".encode(), 101),
        ("pässword", "pässword".encode("latin-1"), 101),
        (KEY, KEY.encode(), 101),
        (KEY, bytes.fromhex(KEY), 101),
        (KEY, bytes(20), 401),
    ],
)
async def test_a_charger_with_a_password_has_to_present_it(
    hass: HomeAssistant, site: Site, wanted: str | None, presented: bytes | None, status: int
) -> None:
    """HTTP Basic per charger: text, in either encoding, or a binary AuthorizationKey (OCPP-J 1.6 section 6.2.1)."""
    data: dict[str, Any] = {"password": wanted} if wanted else {}
    (subentry,) = site.entry.subentries.values()
    hass.config_entries.async_update_subentry(site.entry, subentry, data=data)
    await hass.async_block_till_done()
    assert await knock(site, "A", presented) == status
    assert offers(hass) == []


async def test_a_wrong_password_is_told_once(hass: HomeAssistant, site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """A charger tries for ever; the log needs it once, until it got in or its settings changed."""
    (subentry,) = site.entry.subentries.values()
    hass.config_entries.async_update_subentry(site.entry, subentry, data={"password": "right"})
    await hass.async_block_till_done()
    for password in (b"wrong", None, b"wrong"):
        assert await knock(site, "A", password) == 401
    assert caplog.text.count("its password is missing or wrong") == 1
    assert await knock(site, "A", b"right") == 101
    assert await knock(site, "A", b"wrong") == 401
    assert caplog.text.count("its password is missing or wrong") == 2


@pytest.mark.parametrize("chargers", [[charger_subentry("A", password="old"), charger_subentry("B")]])
async def test_a_changed_password_counts_at_once_and_for_one(hass: HomeAssistant, site: Site) -> None:
    """Contract 1: a subentry applies at once, and every other charger keeps its connection."""
    changed = await site.charger("A", password="old", behaviour=TELLS_ALL)
    other = await site.charger("B")
    connected = site.history("binary_sensor.b_connected")
    first = next(iter(site.entry.subentries.values()))
    hass.config_entries.async_update_subentry(site.entry, first, data={"password": "new"})
    await changed.wait_for(lambda: changed.refused == 401)
    await site.shows("binary_sensor.a_connected", "off")
    await other.heartbeat()
    assert connected == []


async def test_a_second_connection_replaces_the_first(site: Site, version: Version) -> None:
    """A charger that lost its connection without a word dials again; what it holds is confirmed."""
    first = await site.charger(version=version, behaviour=TELLS_ALL)
    reservation = await site.reserve()
    await first.go_offline()
    second = await site.dial(version=version, behaviour=TELLS_ALL)
    await second.ready()
    third = await site.dial(version=version, behaviour=TELLS_ALL)
    await third.ready()
    await site.shows("binary_sensor.a_connected", "on")
    await site.becomes(uid=reservation["uid"], hold="held")


async def test_a_lost_race_of_connections_leaves_one(site: Site) -> None:
    """Two sockets of one identity: the newer one is the charger, the older one is closed."""
    older = await connect(f"{site.url}/A", subprotocols=["ocpp1.6"], proxy=None)  # type: ignore[list-item]
    await site.shows("binary_sensor.a_connected", "on")
    newer = await connect(f"{site.url}/A", subprotocols=["ocpp1.6"], proxy=None)  # type: ignore[list-item]
    async with asyncio.timeout(5):
        await older.wait_closed()
    assert site.state("binary_sensor.a_connected") == "on"
    await newer.close()
    await site.shows("binary_sensor.a_connected", "off")


async def test_a_stranger_is_discovered_and_added(hass: HomeAssistant, site: Site, version: Version) -> None:
    """Contract 1: it is refused until somebody confirms it, then appears by itself; nobody else notices."""
    neighbour = await site.charger("A", version)
    connected = site.history("binary_sensor.a_connected")
    stranger = await site.dial("New One", version, password="itsown")
    await stranger.wait_for(lambda: stranger.refused == 404)
    await eventually(lambda: offers(hass))
    assert offers(hass) == ["New One"]
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    result = await hass.config_entries.flow.async_configure(flow["flow_id"], {})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "charger_added")
    await stranger.ready()
    await site.shows("sensor.new_one_connector_1_status", "available")
    assert await knock(site, "New One") == 401, "what it presented is its password"
    assert (await site.reserve(identity="New One"))["status"] == "active"
    await neighbour.heartbeat()
    assert connected == []
    assert offers(hass) == []


@pytest.mark.parametrize("password", [bytes.fromhex(KEY), "pässwort".encode("latin-1"), "pässwort".encode()])
async def test_a_strangers_password_is_adopted_whatever_it_is(hass: HomeAssistant, site: Site, password: bytes) -> None:
    """Contract 1: credentials that the stranger presented let it in afterwards."""
    assert await knock(site, "X", password) == 404
    await eventually(lambda: offers(hass))
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    await hass.config_entries.flow.async_configure(flow["flow_id"], {})
    await hass.async_block_till_done()
    assert await knock(site, "X", password) == 101
    assert await knock(site, "X") == 401


async def test_insistent_strangers_cost_nothing(hass: HomeAssistant, site: Site) -> None:
    """Issue 2: a bounded list, and one offer each, however often they try."""
    for _ in range(3):
        assert await knock(site, "insistent") == 404
    await eventually(lambda: offers(hass) == ["insistent"])
    for number in range(60):
        assert await knock(site, f"S{number}") == 404
    await hass.async_block_till_done()
    assert len(offers(hass)) == 50
    await site.charger("A")


async def test_an_ignored_stranger_stays_ignored(hass: HomeAssistant, site: Site) -> None:
    """Also after a restart, which forgets who dialled in."""
    assert await knock(site, "noise") == 404
    await eventually(lambda: offers(hass))
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    await hass.config_entries.flow.async_init(
        DOMAIN,
        context={"source": SOURCE_IGNORE},
        data={"unique_id": flow["context"]["unique_id"], "title": "noise"},
    )
    assert await knock(site, "noise") == 404
    await site.stop()
    await site.start()
    assert await knock(site, "noise") == 404
    await hass.async_block_till_done()
    assert offers(hass) == []


async def test_adding_by_hand_ends_the_offer(hass: HomeAssistant, site: Site) -> None:
    """The charger comes in at its next attempt."""
    stranger = await site.dial("X")
    await eventually(lambda: offers(hass))
    form = await hass.config_entries.subentries.async_init(
        (site.entry.entry_id, "charger"), context={"source": config_entries.SOURCE_USER}
    )
    await hass.config_entries.subentries.async_configure(
        form["flow_id"], {"identity": "X", "name": "Garage", "relaxed": True}
    )
    await stranger.ready()
    await site.shows("sensor.garage_connector_1_status", "available")
    assert offers(hass) == []


async def test_a_removed_charger_is_a_stranger_again(
    hass: HomeAssistant, site: Site, clock: Clock, version: Version
) -> None:
    """Contract 1: its reservations end as removed, its devices go, its connection is closed, its offer appears."""
    charger = await site.charger(version=version)
    await site.reserve()
    news = site.news()
    (subentry_id,) = site.entry.subentries
    hass.config_entries.async_remove_subentry(site.entry, subentry_id)
    await charger.wait_for(lambda: charger.refused == 404)
    await hass.async_block_till_done()
    assert await site.reservations() == []
    assert site.device("A") is None
    assert site.device("A", 1) is None
    assert not [state for state in hass.states.async_all() if ".a_" in state.entity_id]
    assert [each["event_type"] for each in news] in ([], ["removed"])
    await eventually(lambda: offers(hass) == ["A"])
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    await hass.config_entries.flow.async_configure(flow["flow_id"], {})
    await site.shows("binary_sensor.a_connected", "on")
    await charger.connected()  # for its part too: its time-outs move with the clock
    await clock.forward(seconds=11)  # it did not boot, so it tells its statuses only when it is asked
    await site.shows("sensor.a_connector_1_status", lambda state: state.state in {"available", "reserved"})
    assert await site.reservations() == []


@pytest.mark.parametrize("chargers", [[charger_subentry("A"), charger_subentry("B")]])
async def test_a_charger_comes_and_goes_without_the_others(hass: HomeAssistant, site: Site) -> None:
    """Issue 6, "Dynamic": whoever is added, changed or removed, the others keep their connections."""
    neighbour = await site.charger("B")
    connected = site.history("binary_sensor.b_connected")
    await site.charger("A")
    first = next(iter(site.entry.subentries.values()))
    hass.config_entries.async_update_subentry(site.entry, first, data={"relaxed": False}, title="Other")
    await hass.async_block_till_done()
    added = ConfigSubentry(data=MappingProxyType({}), subentry_type="charger", title="C", unique_id="C")
    hass.config_entries.async_add_subentry(site.entry, added)
    await site.charger("C")
    hass.config_entries.async_remove_subentry(site.entry, first.subentry_id)
    hass.config_entries.async_remove_subentry(site.entry, added.subentry_id)
    await hass.async_block_till_done()
    assert site.device("A") is site.device("C") is None
    await neighbour.heartbeat()
    assert connected == []


async def test_nothing_is_kept_of_a_charger_that_was_removed_while_we_were_down(
    hass: HomeAssistant, site: Site
) -> None:
    """The subentries say which chargers there are, whatever the file remembers."""
    charger = await site.charger(behaviour=TELLS_ALL)
    await site.reserve()
    await charger.go_offline()
    await site.stop()
    (subentry_id,) = site.entry.subentries
    hass.config_entries.async_remove_subentry(site.entry, subentry_id)
    await site.start()
    assert await site.reservations() == []
    assert not [state for state in hass.states.async_all() if ".a_" in state.entity_id]
