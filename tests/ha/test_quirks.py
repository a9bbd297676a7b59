"""What chargers were seen to send against the standard, each with its source: it costs nothing but itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
import json
import logging
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from custom_components.ocpp_central.const import DOMAIN
from tests.charger import Version

from .conftest import ON_V2, ON_V16, PATIENCE, Clock, Site

pytestmark = pytest.mark.blackbox

DOCUMENT = Path(__file__).parents[2] / "docs" / "quirks.md"
GITHUB = "https://github.com/"
STATUS = "sensor.a_connector_1_status"


class Talker:
    """A charger, word by word: it answers none of our questions unless it is told what."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self.asked: list[str] = []

    async def say(self, text: str | bytes) -> None:
        """Send a text message as it is."""
        await self._connection.send(text, text=True)

    async def call(self, message_id: str, action: str, payload: object) -> list[Any]:
        """Make a call; the whole answer."""
        await self.say(json.dumps([2, message_id, action, payload]))
        return await self.answer(message_id)

    async def answer(self, message_id: str) -> list[Any]:
        """Wait for the answer to a call of ours."""
        async with asyncio.timeout(PATIENCE):
            while True:
                message: list[Any] = json.loads(await self._connection.recv())
                if message[0] == 2:
                    self.asked.append(message[2])
                elif message[1] == message_id:
                    return message

    async def question(self, action: str) -> str:
        """Wait until the charger is asked for something; the id of that call."""
        return (await self.next_call(action))[0]

    async def next_call(self, action: str) -> tuple[str, dict[str, Any]]:
        """The same, with what the call says."""
        async with asyncio.timeout(PATIENCE):
            while True:
                message = json.loads(await self._connection.recv())
                if message[0] == 2 and message[2] == action:
                    return message[1], message[3]

    async def is_heard(self) -> None:
        """Fail unless the connection still stands and calls are answered."""
        assert (await self.call("alive", "Heartbeat", {}))[:2] == [3, "alive"]


@asynccontextmanager
async def talking(site: Site, version: Version) -> AsyncIterator[Talker]:
    """A charger that is connected and has said nothing."""
    async with connect(f"{site.url}/A", subprotocols=[Subprotocol(version.subprotocol)], proxy=None) as connection:
        yield Talker(connection)


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """A message that a charger was seen to send, and the status of its connector after that.

    `source`: where on GitHub. `message`: as it is on the wire; its id is "q".
    """

    name: str
    source: str
    message: str
    status: str = "preparing"


def _call(action: str, payload: object) -> str:
    return json.dumps([2, "q", action, payload])


def _status(**changed: object) -> str:
    told = {"connectorId": 1, "status": "Charging", "errorCode": "NoError", "timestamp": "2026-11-25T12:00:00Z"}
    payload = told | changed
    return _call("StatusNotification", {name: value for name, value in payload.items() if value != "absent"})


def _metered(*samples: object, **changed: object) -> str:
    moment = {"timestamp": "2026-11-25T12:00:00Z", "sampledValue": list(samples)}
    return _call("MeterValues", {"connectorId": 1, "meterValue": [moment], **changed})


def _start(**changed: object) -> str:
    told = {"connectorId": 1, "idTag": "A", "meterStart": 0, "timestamp": "2026-11-25T12:00:00Z"} | changed
    return _call("StartTransaction", {name: value for name, value in told.items() if value != "absent"})


def _stop(**changed: object) -> str:
    told = {"transactionId": 7, "meterStop": 1, "timestamp": "2026-11-25T12:00:00Z"} | changed
    return _call("StopTransaction", {name: value for name, value in told.items() if value != "absent"})


WATT_HOURS = {"value": "1750", "measurand": "Energy.Active.Import.Register", "unit": "Wh"}

OF_16 = [
    Habit(
        name="boot_empty_vendor",
        source="evcc-io/evcc/issues/32170",
        message=_call("BootNotification", {"chargePointModel": "ACChargePoint", "chargePointVendor": ""}),
    ),
    Habit(
        name="boot_long_serial",
        source="lbbrhzn/ocpp/issues/213",
        message=_call(
            "BootNotification",
            {
                "chargePointModel": "EVlink Smart Wallbox",
                "chargePointVendor": "Schneider Electric",
                "chargeBoxSerialNumber": "EVB1A22P2RI3N182341200100350795E5",
            },
        ),
    ),
    Habit(
        name="boot_odd_vendor_key",
        source="road-labs/chargestation-one/pull/6",
        message=_call("BootNotification", {"chargePointModel": "M", "chargepointVendor": "V"}),
    ),
    Habit(
        name="status_unknown_error",
        source="lbbrhzn/ocpp/issues/1248",
        message=_status(errorCode="Error", status="Faulted"),
        status="faulted",
    ),
    Habit(
        name="status_without_time",
        source="evcc-io/evcc/issues/6817",
        message=_status(timestamp="absent", info="null", vendorErrorCode="0x0000"),
        status="charging",
    ),
    Habit(
        name="status_of_1970",
        source="matth-x/MicroOcpp/issues/311",
        message=_status(timestamp="1970-01-01T00:00:00.740Z"),
        status="charging",
    ),
    Habit(
        name="status_of_year_1",
        source="lorenzodonini/ocpp-go/issues/20",
        message=_status(timestamp="0001-01-01T00:00:00Z"),
        status="charging",
    ),
    Habit(
        name="status_of_year_0",
        source="SensorsIot/Wallbox-EVCC-Proxy",
        message=_status(timestamp="0000-00-00T00:00:00.000Z"),
        status="charging",
    ),
    Habit(
        name="status_short_zone",
        source="monta-app/ocpp-emulator/issues/5",
        message=_status(timestamp="2026-11-25T15:00:00+03"),
        status="charging",
    ),
    Habit(
        name="meter_numbers",
        source="lbbrhzn/ocpp/issues/210",
        message=_metered({"value": 604.213, "measurand": "Energy.Active.Import.Register", "unit": "Wh"}, {"value": 0}),
    ),
    Habit(name="meter_no_samples", source="lbbrhzn/ocpp/issues/466", message=_metered()),
    Habit(
        name="meter_hertz",
        source="lbbrhzn/ocpp/issues/1576",
        message=_metered({"value": "49.97", "measurand": "Frequency", "unit": "Hz"}, WATT_HOURS),
    ),
    Habit(
        name="meter_empty_values",
        source="evcc-io/evcc/issues/17836",
        message=_metered({"context": "Trigger", "measurand": "Voltage", "value": ""}, WATT_HOURS),
    ),
    Habit(
        name="meter_unknown_context",
        source="lbbrhzn/ocpp/issues/361",
        message=_metered(WATT_HOURS | {"context": "Sample"}),
    ),
    Habit(
        name="meter_comma_first",
        source="lbbrhzn/ocpp/issues/1078",
        message=_metered(WATT_HOURS).replace('"sampledValue": [', '"sampledValue": [,'),
    ),
    Habit(
        name="meter_ended_transaction",
        source="evcc-io/evcc/issues/14673",
        message=_metered(WATT_HOURS, transactionId=1),
    ),
    Habit(
        name="meter_empty_transaction",
        source="lbbrhzn/ocpp/issues/2032",
        message=_metered(WATT_HOURS, transactionId="?").replace('"?"', ""),
    ),
    Habit(
        name="meter_transaction_0",
        source="steve-community/steve/issues/1415",
        message=_metered(WATT_HOURS, transactionId=0),
    ),
    Habit(
        name="meter_transaction_endless",
        source="mobilityhouse/ocpp/issues/617",
        message=_metered(WATT_HOURS, transactionId=2**63 - 1),
    ),
    Habit(
        name="meter_unknown_transaction",
        source="lbbrhzn/ocpp/issues/609",
        message=_metered(WATT_HOURS, transactionId=1662160391),
    ),
    Habit(name="meter_connector_0", source="matth-x/MicroOcpp/issues/66", message=_metered(WATT_HOURS, connectorId=0)),
    Habit(
        name="start_without_zone",
        source="evcc-io/evcc/issues/10399",
        message=_start(timestamp="2023-10-19T15:28:07", reservationId=0),
    ),
    Habit(name="start_without_time", source="matth-x/MicroOcpp/issues/88", message=_start(timestamp="absent")),
    Habit(name="start_fraction", source="shiv3/ocpp-cp-simulator/pull/83", message=_start(meterStart=26008.333)),
    Habit(name="stop_transaction_minus_1", source="EVerest/libocpp/issues/495", message=_stop(transactionId=-1)),
    Habit(name="stop_transaction_0", source="mikuso/ocpp-rpc/issues/82", message=_stop(transactionId=0)),
    Habit(
        name="stop_transaction_null",
        source="dallmann-consulting/OCPP.Core/issues/29",
        message=_stop(transactionId=None),
    ),
    Habit(
        name="stop_unknown_transaction",
        source="ConnectorIO/connectorio-addons/pull/199",
        message=_stop(transactionId=424242),
    ),
    Habit(name="stop_meter_minus_1", source="lorenzodonini/ocpp-go/pull/114", message=_stop(meterStop=-1)),
    Habit(name="stop_long_token", source="lbbrhzn/ocpp/issues/1803", message=_stop(idTag="X16WG99J2QIEGCC0MCJ5-")),
    Habit(
        name="stop_no_samples",
        source="evcc-io/evcc/issues/25708",
        message=_stop(transactionData=[{"timestamp": "2026-11-25T12:00:00Z", "sampledValue": []}]),
    ),
    Habit(
        name="stop_fields_of_another_message",
        source="road-labs/chargestation-one/issues/61",
        message=_stop(connectorId=1, disconnectReason="EVDisconnected"),
    ),
    Habit(
        name="authorize_with_connector",
        source="evcc-io/evcc/issues/14579",
        message=_call("Authorize", {"connectorId": 2, "idTag": "0584350940"}),
    ),
    Habit(
        name="data_object",
        source="mobilityhouse/ocpp/issues/462",
        message=_call("DataTransfer", {"vendorId": "btc", "messageId": "m", "data": {"StationMode": "paymentMode"}}),
    ),
    Habit(
        name="zeros_in_texts",
        source="evcc-io/evcc/issues/3685",
        message='[2,"q","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Charging","info":"\x00\x00"}]',
        status="charging",
    ),
]

OF_2 = [
    Habit(
        name="status_whole_charger",
        source="lbbrhzn/ocpp/pull/2020",
        message=_call(
            "StatusNotification",
            {"evseId": 0, "connectorId": 0, "connectorStatus": "Available", "timestamp": "2026-11-25T12:00:00Z"},
        ),
        status="occupied",
    ),
    Habit(
        name="transaction_without_trigger",
        source="matth-x/MicroOcpp/issues/405",
        message=_call(
            "TransactionEvent",
            {
                "eventType": "Ended",
                "timestamp": "2026-11-25T12:00:00Z",
                "seqNo": 2,
                "transactionInfo": {"transactionId": "t"},
            },
        ),
        status="occupied",
    ),
    Habit(
        name="transaction_of_2_0",
        source="ShellRechargeSolutionsEU/ocpp/issues/42",
        message=_call(
            "TransactionEvent",
            {
                "eventType": "Started",
                "timestamp": "2026-11-25T12:00:00Z",
                "triggerReason": "Authorized",
                "seqNo": 0,
                "transactionData": {"id": "t"},
            },
        ),
        status="occupied",
    ),
]


def ours(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The errors that we logged."""
    return [
        record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR and DOMAIN in record.name
    ]


@ON_V16
@pytest.mark.parametrize("habit", OF_16, ids=lambda habit: habit.name)
async def test_a_habit_of_16_costs_nothing_but_itself(
    site: Site, version: Version, habit: Habit, caplog: pytest.LogCaptureFixture
) -> None:
    """It is answered, what can be read of it counts, the connection stays, and nothing of ours breaks."""
    async with talking(site, version) as charger:
        await charger.call("s", "StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Preparing"})
        await site.shows(STATUS, "preparing")
        await charger.say(habit.message)
        answer = await charger.answer("q")
        assert answer[0] == 3, answer
        await charger.is_heard()
        await site.shows(STATUS, habit.status)
    assert ours(caplog) == []


@ON_V2
@pytest.mark.parametrize("habit", OF_2, ids=lambda habit: habit.name)
async def test_a_habit_of_2_costs_nothing_but_itself(
    site: Site, version: Version, habit: Habit, caplog: pytest.LogCaptureFixture
) -> None:
    """The same; what a version before 2.0.1 said is answered as well, since the charger would repeat it."""
    told = {"evseId": "1", "connectorStatus": "Occupied"}
    async with talking(site, version) as charger:
        await charger.call("s", "StatusNotification", told)
        await site.shows(STATUS, "occupied")
        await charger.say(habit.message)
        answer = await charger.answer("q")
        assert answer[0] == 3, answer
        await charger.is_heard()
        await site.shows(STATUS, habit.status)
    assert ours(caplog) == []


def test_every_habit_is_in_the_document() -> None:
    """The table for the users names the same sources."""
    text = DOCUMENT.read_text("utf-8")
    missing = {habit.source for habit in OF_16 + OF_2 if GITHUB + habit.source not in text}
    assert missing == set()


@ON_V16
async def test_a_habit_is_counted_in_the_diagnostics_of_its_connection(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, site: Site, version: Version
) -> None:
    """Nothing is overlooked in silence."""
    async with talking(site, version) as charger:
        for habit in OF_16:
            await charger.say(habit.message)
            await charger.answer("q")
        told = json.dumps(await get_diagnostics_for_config_entry(hass, hass_client, site.entry))
    notes = json.loads(told[told.index('"notes": ') + len('"notes": ') :].partition("}")[0] + "}")
    assert {"type", "enum", "json", "maxLength", "required", "additionalProperties", "minItems"} <= set(notes)


# Beside single messages


async def test_a_boot_may_be_told_again_and_again(site: Site, version: Version) -> None:
    """Some tell it until they like the answer (lbbrhzn/ocpp issue 1503), always with the same message id."""
    boot = {
        Version.V16: {"chargePointVendor": "V", "chargePointModel": "M"},
        Version.V201: {"reason": "PowerUp", "chargingStation": {"vendorName": "V", "model": "M"}},
    }[Version.V16 if version is Version.V16 else Version.V201]
    async with talking(site, version) as charger:
        for _ in range(5):
            answer = await charger.call("1000001", "BootNotification", boot)
            assert answer[2]["status"] == "Accepted"
        assert answer[2]["interval"] > 0, "some close at once if it is 0"
        await charger.is_heard()


@ON_V16
async def test_a_session_that_is_told_carelessly_is_told(
    site: Site, version: Version, caplog: pytest.LogCaptureFixture
) -> None:
    """Numbers in quotes, no times, an end that comes twice: its number is right, and it is over when it is."""
    async with talking(site, version) as charger:
        await charger.call("s", "StatusNotification", {"connectorId": "1", "status": "Preparing"})
        start = {"connectorId": "1", "idTag": 4711, "meterStart": "1000.4"}
        number = (await charger.call("a", "StartTransaction", start))[2]["transactionId"]
        assert number > 0
        await charger.call("c", "StatusNotification", {"connectorId": "1", "status": "Charging"})
        await site.shows(STATUS, "charging")
        await charger.call("m", "MeterValues", {"connectorId": 1, "transactionId": str(number), "meterValue": [{}]})
        for message_id in ("b", "b"):
            end = {"transactionId": str(number), "meterStop": "2000.6", "idTag": None}
            assert (await charger.call(message_id, "StopTransaction", end))[0] == 3
        await charger.call("f", "StatusNotification", {"connectorId": "1", "status": "Available"})
        await site.shows(STATUS, "available")
    assert ours(caplog) == []


async def test_words_count_in_any_case(site: Site, version: Version, caplog: pytest.LogCaptureFixture) -> None:
    """Of statuses and events, reasons, measurands, contexts, phases and units."""
    when = "2026-03-01T10:00:00Z"
    sample: dict[str, Any] = {"value": "1.5", "measurand": "POWER.active.import", "context": "sample.periodic"}
    async with talking(site, version) as charger:
        if version is Version.V16:
            sample |= {"phase": "l1", "unit": "KW"}
            await charger.call(
                "s", "StatusNotification", {"connectorId": 1, "errorCode": "noerror", "status": "CHARGING"}
            )
            await site.shows(STATUS, "charging")
            start = {"connectorId": 1, "idTag": "A", "meterStart": 0, "timestamp": when}
            number = (await charger.call("a", "StartTransaction", start))[2]["transactionId"]
            values = [{"timestamp": when, "sampledValue": [sample]}]
            await charger.call("m", "MeterValues", {"connectorId": 1, "meterValue": values})
            end = {"transactionId": number, "meterStop": 1, "timestamp": when, "reason": "evdisconnected"}
        else:
            sample |= {"value": 1.5, "phase": "l1", "unitOfMeasure": {"unit": "KW"}}
            info = {"transactionId": "t", "chargingState": "charging"}
            event: dict[str, Any] = {"timestamp": when, "triggerReason": "authorized", "seqNo": 0, "evse": {"id": 1}}
            component = {"name": "Connector", "evse": {"id": 1, "connectorId": 1}}
            notice = {"component": component, "variable": {"name": "AvailabilityState"}, "actualValue": "occupied"}
            await charger.call("s", "NotifyEvent", {"eventData": [notice]})
            await site.shows(STATUS, "occupied")
            values = [{"timestamp": when, "sampledValue": [sample]}]
            begin = event | {"eventType": "started", "transactionInfo": info, "meterValue": values}
            await charger.call("a", "TransactionEvent", begin)
            await site.shows(STATUS, "charging")
            ended = info | {"stoppedReason": "evdisconnected"}
            end = event | {"eventType": "ended", "transactionInfo": ended, "seqNo": 1}
        await site.shows("sensor.a_connector_1_power", "1500.0")
        await charger.call("e", "StopTransaction" if version is Version.V16 else "TransactionEvent", end)
        session = "sensor.a_connector_1_session_energy"
        await site.shows(session, lambda state: state.attributes["stop_reason"] == "EVDisconnected")
    assert ours(caplog) == []


@ON_V16
@pytest.mark.parametrize("start", [{}, {"connectorId": 0, "idTag": "A"}, {"connectorId": 1, "idTag": None}, {"x": 1}])
async def test_a_start_is_always_answered(
    site: Site, version: Version, start: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever it lacks: it would be repeated, and all that comes after it kept back."""
    async with talking(site, version) as charger:
        answer = await charger.call("a", "StartTransaction", start)
        assert answer[0] == 3
        assert isinstance(answer[2]["transactionId"], int)
        await charger.is_heard()
    assert ours(caplog) == []


async def test_a_charger_may_only_ever_beat(site: Site, version: Version) -> None:
    """No boot, no status (evcc issue 4566): it counts as connected."""
    async with talking(site, version) as charger:
        for _ in range(3):
            await charger.is_heard()
        assert site.state("binary_sensor.a_connected") == "on"


async def test_nothing_is_asked_of_a_charger_that_has_not_reported(site: Site, version: Version, clock: Clock) -> None:
    """Some reconnect, or boot for ever, if they are asked before they have booted (lbbrhzn/ocpp issue 1503)."""
    async with talking(site, version) as charger:
        await charger.is_heard()
        await clock.forward(seconds=9)
        await charger.is_heard()
        assert charger.asked == []
        await clock.forward(seconds=2)
        await charger.question("TriggerMessage")


async def test_stray_answers_and_odd_frames_do_no_harm(
    site: Site, version: Version, caplog: pytest.LogCaptureFixture
) -> None:
    """Answers to nothing, errors without a word (mobilityhouse/ocpp issue 436), nothing at all, what is no JSON."""
    async with talking(site, version) as charger:
        for text in ('[3,"x",{}]', '[4,"x"]', '[3,"x"]', "", "[]", "null", "nonsense", "\ufeff", '["a"]'):
            await charger.say(text)
        await charger.is_heard()
    assert ours(caplog) == []


@ON_V16
async def test_a_flood_is_answered_to_the_last_message(site: Site, version: Version) -> None:
    """DataTransfer without end; everybody else keeps a turn (csms/session)."""
    async with talking(site, version) as charger:
        for number in range(500):
            await charger.say(json.dumps([2, str(number), "DataTransfer", {"vendorId": "V"}]))
        assert (await charger.answer("499"))[2] == {"status": "UnknownVendorId"}
        await charger.is_heard()


@ON_V16
@pytest.mark.parametrize(
    "told",
    [
        {"key": "SupportedFeatureProfiles", "readonly": "true", "value": "Core"},  # evcc issue 10339
        {"key": "SupportedFeatureProfiles", "readonly": 1, "value": "Core"},  # evcc issue 26253
        {"key": "supportedfeatureprofiles", "value": "core"},
    ],
    ids=["text", "number", "absent"],
)
async def test_an_odd_answer_about_its_configuration_is_read(
    site: Site, version: Version, told: dict[str, object]
) -> None:
    """It says that it cannot reserve, so that its refusal is no obstacle; if that were lost, it would be one."""
    async with talking(site, version) as charger:
        await charger.call("s", "StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"})
        await site.shows(STATUS, "available")
        asked = await charger.question("GetConfiguration")
        odd = {"key": "ChargeProfileMaxStackLevel", "readonly": "true", "value": 5}
        await charger.say(json.dumps([3, asked, {"configurationKey": [odd, told]}]))
        reserving = asyncio.ensure_future(site.reserve())
        reserve = await charger.question("ReserveNow")
        await charger.say(json.dumps([3, reserve, {"status": "Rejected"}]))
        assert (await reserving)["hold"] == "unsupported"


async def test_what_people_are_shown_has_an_end(site: Site, version: Version, caplog: pytest.LogCaptureFixture) -> None:
    """A text without end is cut: a state of Home Assistant has 255 characters at most, and attributes are kept."""
    endless, at = "F" * 5000, "2026-11-25T12:00:00Z"
    place = {"connectorId": 1} if version is Version.V16 else {"evse": {"id": 1, "connectorId": 1}}
    async with talking(site, version) as charger:
        if version is Version.V16:
            boot: dict[str, object] = {"chargePointVendor": "V", "chargePointModel": "M", "firmwareVersion": endless}
            start, stop = "StartTransaction", "StopTransaction"
            began: dict[str, object] = {"idTag": "A", "meterStart": 0, "timestamp": at}
        else:
            station = {"vendorName": "V", "model": "M", "firmwareVersion": endless}
            boot, start, stop = (
                {"reason": "PowerUp", "chargingStation": station},
                "TransactionEvent",
                "TransactionEvent",
            )
            told = {"timestamp": at, "triggerReason": "CablePluggedIn", "transactionInfo": {"transactionId": "t"}}
            began = {"eventType": "Started", "seqNo": 0, **told}
        await charger.call("b", "BootNotification", boot)
        await site.shows("sensor.a_firmware", "F" * 50)
        begun = (await charger.call("s", start, began | place))[2]
        if version is Version.V16:
            over = {"transactionId": begun["transactionId"], "meterStop": 1, "timestamp": at, "reason": endless}
        else:
            over = told | {"eventType": "Ended", "seqNo": 1}
            over["transactionInfo"] = {"transactionId": "t", "stoppedReason": endless}
        await charger.call("e", stop, over)
        ended = await site.shows("sensor.a_connector_1_session_energy", lambda state: state.attributes["ended"])
        assert ended.attributes["stop_reason"] == "F" * 50
    assert ours(caplog) == []


@ON_V16
@pytest.mark.parametrize("most", [2, 0])
async def test_what_an_answer_passes_over_is_asked_for_again(site: Site, version: Version, most: int) -> None:
    """Some tell the first few of many keys, and nothing of what they do not know."""
    keys = [f"Key{number}" for number in range(5)]
    async with talking(site, version) as charger:
        await charger.call("s", "StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"})
        for _ in range(2):
            await charger.say(json.dumps([3, await charger.question("GetConfiguration"), {}]))
        reading = asyncio.ensure_future(site.act("get_configuration", device_id=site.device_id(), key=keys))
        asked: list[list[str]] = []
        while not reading.done():
            question = asyncio.ensure_future(charger.next_call("GetConfiguration"))
            await asyncio.wait((question, reading), return_when=asyncio.FIRST_COMPLETED)
            if reading.done():
                question.cancel()
                break
            message_id, payload = question.result()
            asked.append(payload["key"])
            told = [{"key": key.upper(), "readonly": False, "value": "1"} for key in payload["key"][:most]]
            await charger.say(json.dumps([3, message_id, {"configurationKey": told if len(asked) < 3 else []}]))
        answer = await reading
    told_of = [entry["key"].capitalize() for entry in answer["configuration_key"]]
    assert (told_of, answer["unknown_key"]) == ((keys[:4], keys[4:]) if most else ([], keys))
    assert asked == ([keys, keys[2:], keys[4:]] if most else [keys])
