"""What only a charger's vendor defines: sent by action, and heard as an event."""

from datetime import date
import json
from typing import Any

from homeassistant.core import Event, HomeAssistant, callback
import pytest
import voluptuous as vol

from tests.charger import Version
from tests.charger.common import VENDOR

from .conftest import Site, eventually, refused

pytestmark = pytest.mark.blackbox

EVENT = "ocpp_central_data_transfer"


async def send(site: Site, **data: object) -> dict[str, Any]:
    """Send it to the charger; its answer."""
    return await site.act("data_transfer", device_id=site.device_id(), **data)


async def test_data_is_sent_and_comes_back(site: Site, version: Version) -> None:
    """2.x sends anything, 1.6 text."""
    charger = await site.charger(version=version)
    assert await send(site, vendor_id=VENDOR) == {"status": "Accepted", "data": None}
    back = '{"a":1}' if version is Version.V16 else {"a": 1}
    assert await send(site, vendor_id=VENDOR, message_id="M", data={"a": 1}) == {"status": "Accepted", "data": back}
    assert "UnknownVendorId" in str(await refused(send(site, vendor_id="X"), "command_refused"))
    await refused(send(site, vendor_id="X" * 256), "unknown_to_version")
    assert charger.complaints == []


@pytest.mark.parametrize(
    ("data", "said"), [({1: "a"}, {"1": "a"}), ({"at": date(2026, 3, 1)}, {"at": "2026-03-01"}), ((1, 2), [1, 2])]
)
async def test_what_yaml_can_say_is_sent_as_json(site: Site, version: Version, data: object, said: object) -> None:
    """Numbers as keys, and dates."""
    await site.charger(version=version)
    back = json.dumps(said, separators=(",", ":")) if version is Version.V16 else said
    assert (await send(site, vendor_id=VENDOR, data=data))["data"] == back


@pytest.mark.parametrize("data", [2**70, {"a": {1, 2}}, "\ud800"])
async def test_what_is_no_json_is_not_sent(site: Site, version: Version, data: object) -> None:
    """The field says so."""
    charger = await site.charger(version=version)
    with pytest.raises(vol.Invalid, match="data"):
        await send(site, vendor_id=VENDOR, data=data)
    assert charger.complaints == []


async def test_what_a_charger_sends_is_an_event(hass: HomeAssistant, site: Site, version: Version) -> None:
    """Accepted while anybody listens; else nobody knows what to make of it."""
    charger = await site.charger(version=version)
    message = {"vendorId": "V", "messageId": "M", "data": "text"}
    assert await charger.call("DataTransfer", message) == {"status": "UnknownVendorId"}
    heard: list[Event] = []

    @callback
    def hear(event: Event) -> None:
        heard.append(event)

    stop = hass.bus.async_listen(EVENT, hear)
    assert await charger.call("DataTransfer", message) == {"status": "Accepted"}
    await hass.async_block_till_done()
    assert [event.data for event in heard] == [
        {"device_id": site.device_id(), "charger_id": "A", "vendor_id": "V", "message_id": "M", "data": "text"}
    ]
    stop()
    assert await charger.call("DataTransfer", {"vendorId": "V"}) == {"status": "UnknownVendorId"}


async def test_an_object_is_not_lost(hass: HomeAssistant, site: Site, version: Version) -> None:
    """1.6 knows texts only, but chargers send what they like."""
    charger = await site.charger(version=version)
    heard: list[object] = []

    @callback
    def hear(event: Event) -> None:
        heard.append(event.data["data"])

    stop = hass.bus.async_listen(EVENT, hear)
    await charger.send_text('[2,"q","DataTransfer",{"vendorId":"V","data":{"mode":[1]}}]')
    await eventually(lambda: heard == [{"mode": [1]}])
    stop()
