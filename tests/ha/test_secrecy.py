"""Nobody is told an ID token, a group or a password: one long life of a central system, listened to everywhere.

Two things are told all the same, and not by us. The call of an action is an event of Home Assistant, with its data as they
were called. And with the option `fire_tag_scanned`, which is off here, the numbers of cards are tags (`test_tags`).
"""

from base64 import b64encode
from collections.abc import Awaitable, Mapping
import logging
from typing import Any

from homeassistant.config_entries import ConfigEntryState, ConfigSubentry, ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import mock_component
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator
import voluptuous as vol

from custom_components.ocpp_central.const import DOMAIN
from tests.charger import Behaviour, SimulatedCharger, Version

from .assistant import GET, RELEASE, RESERVE, Assistant
from .conftest import (
    HOLDER,
    HOUSE_TOKEN,
    TELLS_ALL,
    Clock,
    Site,
    central_system,
    charger_subentry,
    driver_id,
    driver_subentry,
    eventually,
    refused,
    told,
)
from .downloads import diagnostics
from .driver_forms import start_to_add, submit, suggested, ways_to_add
from .hearsay import Hearsay

pytestmark = pytest.mark.blackbox

ANNA_1, ANNA_2, BEN, CLEO, DORA = "A11A0001", "A11A0002", "BE110001", "C1E00001", "D0AA0001"
GUEST_1, GUEST_2, STRANGER, INTRUDER = "9E570001", "9E570002", "57AA0001", "17AA0001"
UNKNOWN, LEARNED, IMPORTED, RENEWED, ODD = "FADE0001", "1EA40001", "1DAA0001", "BE110002", "0DD00001"
LONG = "10A6" * 70
PASSWORD, WRONG_PASSWORD, NEW_PASSWORD = "S3cretOne", "S3cretTwo", "S3cretThree"
NEW = "SN4711"
"""The identity of a charger that is its serial number, too."""

SECRETS: Mapping[str, str] = {
    "Anna's first card": ANNA_1,
    "Anna's second card": ANNA_2,
    "the group of Anna's cards": driver_id("Anna"),
    "Ben's card": BEN,
    "Ben's new card": RENEWED,
    "Ben's and Cleo's group": "Kinfolk",
    "Cleo's card": CLEO,
    "Dora's card": DORA,
    "a guest's card": GUEST_1,
    "another guest's card": GUEST_2,
    "the guests' group": "Visitors",
    "a stranger's card": STRANGER,
    "an intruder's card": INTRUDER,
    "a card that nobody knows": UNKNOWN,
    "a card that is learned": LEARNED,
    "a token that is imported": IMPORTED,
    "a group that is imported": "Lodgers",
    "a token that is too long": LONG[:20],
    "a token in an odd message": ODD,
    "the token of the house": HOUSE_TOKEN,
    "the password of A": PASSWORD,
    "a wrong password": WRONG_PASSWORD,
    "the password of the new charger": NEW_PASSWORD,
    "what A presents": b64encode(f"A:{PASSWORD}".encode()).decode(),
    "what the new charger presents": b64encode(f"{NEW}:{NEW_PASSWORD}".encode()).decode(),
}

TOLD: Mapping[str, str] = {
    "diagnostics": "has_group",
    "event": "Ben",
    "flow": NEW,
    "form": "Cleo",
    "issue": "unknown_card",
    "log": "is connected with",
    "logbook": "is reserved for Ben",
    "refusal": "Ben",
    "response": "Ben",
    "state": "Ben",
}
"""What was told in every place, so that it is sure that somebody listened there."""

OBEYS_NOTHING = Behaviour(
    obeys_refusals=False,
    enforces=False,
    statuses_after_reconnect="all",
    answers={"SendLocalList": ["Failed", "Failed"]},
)


@pytest.fixture
def chargers() -> list[ConfigSubentryData]:
    """A has a password and keeps a list; Anna with two cards, Ben and Cleo of one group, Dora who is blocked."""
    return [
        charger_subentry("A", password=PASSWORD, local_list=True),
        charger_subentry("B"),
        driver_subentry("Anna", ANNA_1, ANNA_2),
        driver_subentry("Ben", BEN, group="Kinfolk"),
        driver_subentry("Cleo", CLEO, group="KINFOLK"),
        driver_subentry("Dora", DORA, blocked=True),
    ]


@pytest.fixture
def hearsay(hass: HomeAssistant, caplog: pytest.LogCaptureFixture) -> Hearsay:
    """What is told from now on."""
    caplog.set_level(logging.WARNING, "aiohttp.access")  # it does not bear a clock that is moved
    caplog.set_level(logging.INFO)
    return Hearsay(hass)


def as_told(charger: SimulatedCharger, token: str) -> dict[str, Any]:
    """What a charger says when it asks about a token."""
    if charger.version is Version.V16:
        return {"idTag": token}
    return {"idToken": {"idToken": token, "type": "ISO14443"}}


class Life:
    """The life of a central system, in episodes that follow each other; what its callers are told is noted."""

    def __init__(self, site: Site, clock: Clock, hearsay: Hearsay, hass_client: ClientSessionGenerator) -> None:
        """Have no charger yet."""
        self._site = site
        self._hass = site.hass
        self._clock = clock
        self._hearsay = hearsay
        self._clients = hass_client
        self._chargers: dict[str, SimulatedCharger] = {}

    async def begins(self, version: Version) -> None:
        """A and B dial in, and every entity is shown; A gets its list of drivers, once it takes it."""
        site = self._site
        self._chargers["A"] = await site.charger("A", version, password=PASSWORD, behaviour=OBEYS_NOTHING)
        self._chargers["B"] = await site.charger("B", version, behaviour=TELLS_ALL)
        await eventually(lambda: self._complains("local_list_failed"), "the repair")
        registry = er.async_get(self._hass)
        for entity in er.async_entries_for_config_entry(registry, site.entry.entry_id):
            registry.async_update_entity(entity.entity_id, disabled_by=None)
        await self.restarts()
        await self._clock.forward(seconds=31)  # by then Home Assistant loads us once more itself, for these entities
        for identity in ("a", "b"):
            await self._site.shows(f"binary_sensor.{identity}_connected", "on")
        await eventually(lambda: len(self._chargers["A"].local_list) == 5, "the list of drivers")

    async def strangers_dial_in(self, version: Version) -> None:
        """One with a wrong password, and one that was not added, whose password is adopted."""
        impostor = await self._site.dial("A", version, password=WRONG_PASSWORD)
        await impostor.wait_for(lambda: impostor.refused == 401)
        new = await self._site.dial(NEW, version, password=NEW_PASSWORD, behaviour=TELLS_ALL)
        await new.wait_for(lambda: new.refused == 404)
        flows = self._hass.config_entries.flow
        await eventually(lambda: flows.async_progress_by_handler(DOMAIN), "the offer")
        (flow,) = flows.async_progress_by_handler(DOMAIN)
        self._hearsay.look()
        self._hearsay.note_form(await flows.async_configure(flow["flow_id"], {}))
        await new.ready()
        await self._site.shows(f"sensor.{NEW.lower()}_connector_1_status", "available")
        self._chargers[NEW] = new

    async def everybody_reserves(self) -> None:
        """For a driver, a token, a group, the house; now and later; and asks what is reserved for whom."""
        await self._reserve("A", 1, driver="Ben")
        await self._reserve("A", 2, driver="Anna", start=self._clock.after(hours=20))
        guest = await self._reserve("B", 1, id_token=GUEST_1, id_token_type="ISO14443", group_id_token="Visitors")
        await self._reserve("B", 2, group_id_token="Visitors")
        device_id = self._site.device_id("B", 1)
        await self._act("check_reservation", device_id=device_id, id_token=GUEST_2, group_id_token="Visitors")
        await self._act("update_reservation", uid=guest["uid"], id_token=GUEST_2, id_token_type="ISO14443")
        await self._site.shows("sensor.a_connector_1_reserved_for", "Ben")

    async def calendars_are_looked_at(self) -> None:
        """All that they list, and what they answer to a title that names nobody."""
        asked = {"start": self._clock.after(days=-9), "end": self._clock.after(days=9)}
        client = await self._clients()
        for state in self._hass.states.async_all("calendar"):
            listed = await (await client.get(f"/api/calendars/{state.entity_id}", params=asked)).json()
            self._hearsay.note("response", listed)
        data = {"entity_id": "calendar.a_reservations", "summary": "Yves", "in": {"days": 1}}
        create = self._hass.services.async_call("calendar", "create_event", data, blocking=True)
        error = await refused(create, "unknown_driver")
        self._hearsay.note("refusal", {"text": str(error), "placeholders": error.translation_placeholders})

    async def something_repeats(self, hass_ws_client: WebSocketGenerator) -> None:
        """For Ben, and in vain on one day, which is Anna's."""
        await self._reserve("B", 2, driver="Anna", start=self._clock.after(days=5), duration={"hours": 24})
        await self._choose(horizon=2)
        socket = await hass_ws_client(self._hass)
        begin, end = self._clock.after(hours=30), self._clock.after(hours=31)
        event = {"summary": "Ben", "location": "2", "dtstart": begin, "dtend": end, "rrule": "FREQ=DAILY;COUNT=9"}
        await socket.send_json_auto_id(
            {"type": "calendar/event/create", "entity_id": "calendar.b_reservations", "event": event}
        )
        answer = await socket.receive_json()
        assert answer["success"]
        self._hearsay.note("response", answer)
        await self._choose(horizon=365)
        assert self._complains("occurrences_skipped")
        self._hearsay.look()
        await self.calendars_are_looked_at()

    async def an_assistant_is_asked(self) -> None:
        """What is reserved, for somebody who is not known or blocked, and to release what may be one of several."""
        assistant = Assistant(self._hass)
        await assistant.begin()
        assistant.knows(*self._hass.states.async_entity_ids("binary_sensor"))
        self._hearsay.note("response", (await assistant.api()).api_prompt)
        for whom in ("Ben", "Anna", "Home Assistant", "somebody unknown"):
            assert whom in str(await assistant.call(GET))
        await assistant.refused(RESERVE, name="A", driver="Zoe")
        await assistant.refused(RESERVE, name="A", driver="Dora")
        await assistant.refused(RELEASE, area="Nowhere")
        await assistant.refused(RELEASE)
        self._hearsay.note("response", assistant.told)

    async def wishes_are_refused(self) -> None:
        """Whatever is wrong with them, the text tells no token."""
        await self._refused("reservation_conflict", "A", id_token=STRANGER)
        await self._refused("unknown_driver", "A", driver="Zoe")
        await self._refused("driver_blocked", "A", driver="Dora")
        await self._refused("driver_blocked", "A", id_token="d0:aa:00:01")
        await self._refused("id_token_too_long", "A", id_token=LONG)
        await self._refused("id_token_too_long", "A", id_token=STRANGER, group_id_token=LONG)
        await self._refused("conflicting_fields", "A", driver="Anna", id_token=GUEST_1)
        with pytest.raises(vol.Invalid) as raised:
            await self._reserve("A", 1, id_token=f"{GUEST_1}\x00")
        self._hearsay.note("refusal", str(raised.value))

    async def a_stranger_is_refused(self) -> None:
        """By B, which asks first, and by each spelling of the card; then the guest uses what is reserved."""
        b = self._chargers["B"]
        news = self._site.news("event.b_connector_1_reservation")
        assert not await b.start(1, STRANGER)
        assert not await b.start(2, "57:aa:00:01")
        await b.unplug(2)
        assert await b.start(1, GUEST_2)
        await b.stop(1)
        await b.unplug(1)
        await eventually(lambda: told(news)[-1:] == ["used"], "the news")

    async def a_stranger_is_stopped(self) -> None:
        """At A, which lets everybody charge."""
        a = self._chargers["A"]
        news = self._site.news("event.a_connector_1_reservation")
        await a.call("Authorize", as_told(a, STRANGER))
        await a.start(1, STRANGER, authorize=False)
        await self._site.shows("binary_sensor.a_connector_1_charging", "on")
        await self._clock.forward(seconds=11)
        await a.wait_for(lambda: not a.transactions)
        await a.unplug(1)
        assert told(news) == ["intruder"]

    async def an_intruder_is_reported(self) -> None:
        """With `warn`, he goes on."""
        await self._choose(enforcement="warn")
        a = self._chargers["A"]
        news = self._site.news("event.a_connector_1_reservation")
        assert await a.start(1, INTRUDER)
        await eventually(lambda: told(news) == ["intruder"], "the news")
        await a.unplug(1)
        await self._choose(enforcement="stop")

    async def a_card_is_given_to_somebody(self) -> None:
        """It was refused because nobody knows it; the repair is opened, filled in wrongly, then rightly."""
        await self._choose(who_may_charge="known_drivers")
        assert not await self._chargers["B"].start(1, UNKNOWN)
        await eventually(lambda: self._complains("unknown_card"), "the repair")
        self._hearsay.look()
        (issue_id,) = self._complains("unknown_card")
        shown = await self._post("/api/repairs/issues/fix", handler=DOMAIN, issue_id=issue_id)
        for name, ending in ((" ", "form"), (driver_id("Cleo"), "form"), ("Zoe", "create_entry")):
            shown = await self._post(f"/api/repairs/issues/fix/{shown['flow_id']}", name=name)
            assert shown["type"] == ending
        await self._choose(who_may_charge="everyone")
        await self._chargers["B"].unplug(1)

    async def a_card_is_learned(self) -> None:
        """After one that is somebody's already."""
        b, flows = self._chargers["B"], self._hass.config_entries.subentries
        form = await ways_to_add(self._hass, self._site.entry)
        for token in ("c1:e0:00:01", LEARNED):
            form = await submit(self._hass, form, next_step_id="learn")
            await b.start(1, token)
            await eventually(lambda: flows.async_get(form["flow_id"])["step_id"] != "learn", "an end of waiting")  # noqa: B023
            await b.unplug(1)
            form = await flows.async_configure(form["flow_id"])
            self._hearsay.note_form(form)
        cards = suggested(form)["id_tokens"]
        for name in (driver_id("Cleo"), "Lea"):
            form = await submit(self._hass, form, name=name, id_tokens=cards)
            self._hearsay.note_form(form)
        assert form["type"] == "create_entry"

    async def drivers_are_typed_in_and_imported(self) -> None:
        """With whatever faults, then without."""
        form = await start_to_add(self._hass, self._site.entry)
        for cards in ([{"value": "be:11:00:01", "type": "any"}], [{"value": f"{IMPORTED}\x00", "type": "any"}]):
            form = await submit(self._hass, form, name="Ida", id_tokens=cards)
            assert form["errors"]
            self._hearsay.note_form(form)
        form = await submit(self._hass, await ways_to_add(self._hass, self._site.entry), next_step_id="import_list")
        for text in (
            f"Ida,{IMPORTED},Lodgers,more",
            f"Ida,{IMPORTED},Lodgers\nIda,{CLEO}",
            f"Ida,{IMPORTED}\nIda,{IMPORTED}",
            f"Cleo,{IMPORTED},Lodgers",
            f"Ida,{LONG}",
        ):
            form = await submit(self._hass, form, list=text)
            assert form["errors"]
            self._hearsay.note_form(form)
        form = await submit(self._hass, form, list=f"Ida,{IMPORTED},Lodgers")
        assert form["reason"] == "drivers_imported"
        self._hearsay.note_form(form)
        a = self._chargers["A"]
        await eventually(lambda: IMPORTED.casefold() in a.local_list, "the list of drivers")

    async def one_token_charges_once(self) -> None:
        """The second session is refused."""
        await self._choose(one_transaction_per_token=True)
        b = self._chargers["B"]
        news = self._site.news("event.b_id_token_presented")
        assert await b.start(1, IMPORTED)
        assert not await self._chargers[NEW].start(1, IMPORTED, authorize=False)
        assert await b.start(1, IMPORTED)  # he ends it
        await b.unplug(1)
        await self._chargers[NEW].unplug(1)
        await self._choose(one_transaction_per_token=False)
        assert news[0]["driver"] == "Ida"

    async def somebody_is_started_from_here(self) -> None:
        """By name and by card; who is blocked is refused."""
        b, place = self._chargers["B"], {"device_id": self._site.device_id("B", 1)}
        for who in ({"driver": "Ida"}, {"id_token": IMPORTED}):
            await self._clock.forward(seconds=5)  # or 1.6 could not tell the start from the one before
            await b.plug(1)
            await self._act("start_charging", **place, **who)
            await self._site.shows("binary_sensor.b_connector_1_charging", "on")
            await self._act("stop_charging", **place)
            await b.wait_for(lambda: not b.transactions and not b.pending)
            await b.unplug(1)
        error = await refused(self._site.act("start_charging", **place, id_token=DORA), "driver_blocked")
        self._hearsay.note("refusal", {"text": str(error), "placeholders": error.translation_placeholders})

    async def somebody_starts_late(self) -> None:
        """While the charger is offline; we are told only after the reservation has expired, as another one has."""
        new = self._chargers[NEW]
        news = self._site.news(f"event.{NEW.lower()}_connector_2_reservation")
        await self._reserve(NEW, 1, id_token=GUEST_1, duration={"minutes": 1})
        await self._reserve(NEW, 2, driver="Lea", duration={"minutes": 1})
        await new.go_offline()
        await self._site.shows(f"binary_sensor.{NEW.lower()}_connected", "off")
        await self._clock.forward(seconds=20)
        await new.start(2, LEARNED)
        await self._clock.forward(seconds=50)  # by more, those who are connected would have to answer a ping in no time
        new.go_online()
        await eventually(lambda: told(news)[-2:] == ["expired", "used"], "the news")
        await new.wait_for(lambda: not new.pending)
        await new.unplug(2)

    async def drivers_change(self) -> None:
        """Ben gets another card, which A's hold follows; then he is blocked, and loses his reservation."""
        await self._reserve("A", 1, driver="Ben", replace=True)
        await self._change("Ben", id_tokens=[{"value": RENEWED, "type": "ISO14443"}])
        a = self._chargers["A"]
        await eventually(lambda: RENEWED in {hold.token for hold in a.holds.values()}, "another hold")
        await self._change("Ben", blocked=True)
        await self._site.shows("sensor.a_connector_1_reservation", "none")

    async def chargers_say_odd_things(self) -> None:
        """Messages that cannot be used, have too much in them, or nothing that we know."""
        for charger in self._chargers.values():
            for text in (
                f'[2,"1","Authorize",{{"idTag":["{ODD}"]}}]',
                f'[2,"2","Authorize",{{"idTag":"{ODD * 9}"}}]',
                f'[2,"3","Authorize",{{"idToken":{{"idToken":"{ODD}","type":"{ODD}"}}}}]',
                f'[2,"4","Authorize",{{"idToken":"{ODD}"}}]',
                f'[2,"5","DataTransfer",{{"vendorId":"{ODD}","data":"{ODD}"}}]',
                f'[2,"6","Presented",{{"idTag":"{ODD}"}}]',
                f'[2,"7","StatusNotification",{{"connectorId":1,"status":"{ODD}","errorCode":"{ODD}","info":"{ODD}"}}]',
            ):
                await charger.send_text(text)
                await charger.receive_raw()
            await charger.send_text(f'{{"idTag":"{ODD}"}}')
            await charger.send_text(f'[4,"9","{ODD}","{ODD}",{{"idTag":"{ODD}"}}]')
            await charger.send_text(f'[3,"9",{{"idTag":"{ODD}"}}]')
            await charger.call("Authorize", as_told(charger, ODD))

    async def reservations_are_cancelled(self) -> None:
        """One of two; then all that there ever was is told."""
        await self._act("cancel_reservation", device_id=self._site.device_id("B", 2))
        found = await self._act("get_reservations", include_ended=True)
        ends = {"used", "expired", "cancelled", "rejected"}
        assert {each["status"] for each in found["reservations"]} == {"scheduled"} | ends

    async def restarts(self) -> None:
        """The central system goes, and comes back from what it has stored."""
        await self._site.stop()
        self._hearsay.look()
        await self._site.start()
        for identity, charger in self._chargers.items():
            await charger.ready()
            await self._site.shows(f"sensor.{identity.lower()}_connector_1_status", "available")

    async def is_looked_into(self) -> None:
        """Somebody reads the logbook and downloads the diagnostics."""
        self._hearsay.look()
        await async_wait_recording_done(self._hass)
        answer = await (await self._clients()).get("/api/logbook")
        self._hearsay.note("logbook", await answer.text())
        for device in ((), ("A",), ("A", 1), (NEW,), (NEW, 2)):
            self._hearsay.note("diagnostics", await diagnostics(self._site, self._clients, *device))

    async def _act(self, action: str, **data: object) -> dict[str, Any]:
        response = await self._site.act(action, **data)
        self._hearsay.note("response", response)
        self._hearsay.look()
        return response

    async def _reserve(self, identity: str, connector: int, **data: object) -> dict[str, Any]:
        return await self._act("reserve_now", device_id=self._site.device_id(identity, connector), **data)

    async def _refused(self, key: str, identity: str, **data: object) -> None:
        attempt: Awaitable[object] = self._reserve(identity, 1, **data)
        error = await refused(attempt, key)
        self._hearsay.note("refusal", {"text": str(error), "placeholders": error.translation_placeholders})

    async def _post(self, url: str, **data: object) -> dict[str, Any]:
        shown: dict[str, Any] = await (await (await self._clients()).post(url, json=data)).json()
        self._hearsay.note("form", shown)
        return shown

    async def _choose(self, **options: object) -> None:
        entry = self._site.entry
        self._hass.config_entries.async_update_entry(entry, options={**entry.options, **options})
        await self._hass.async_block_till_done()

    async def _change(self, name: str, **data: object) -> None:
        driver = self._driver(name)
        self._hass.config_entries.async_update_subentry(self._site.entry, driver, data={**driver.data, **data})
        await self._hass.async_block_till_done()

    def _driver(self, name: str) -> ConfigSubentry:
        return next(each for each in self._site.entry.subentries.values() if each.title == name)

    def _complains(self, key: str) -> list[str]:
        """The ids of the repairs of this kind."""
        issues = ir.async_get(self._hass).issues.values()
        return [each.issue_id for each in issues if each.translation_key == key]


@pytest.mark.usefixtures("recorder_mock")
async def test_nobody_is_told_who_charges_with_what(
    hass: HomeAssistant,
    hearsay: Hearsay,
    site: Site,
    clock: Clock,
    version: Version,
    hass_client: ClientSessionGenerator,
    hass_ws_client: WebSocketGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """No state, attribute, event, response, refusal, form, repair, logbook, log at info or above, nor the diagnostics."""
    mock_component(hass, "frontend")  # without its pages, which the harness does not bring
    for component in ("diagnostics", "logbook", "repairs", "tag", "websocket_api"):
        assert await async_setup_component(hass, component, {})
    life = Life(site, clock, hearsay, hass_client)
    await life.begins(version)
    await life.strangers_dial_in(version)
    await life.everybody_reserves()
    await life.calendars_are_looked_at()
    await life.something_repeats(hass_ws_client)
    await life.an_assistant_is_asked()
    await life.wishes_are_refused()
    await life.a_stranger_is_refused()
    await life.a_stranger_is_stopped()
    await life.an_intruder_is_reported()
    await life.is_looked_into()
    await life.a_card_is_given_to_somebody()
    await life.a_card_is_learned()
    await life.drivers_are_typed_in_and_imported()
    await life.one_token_charges_once()
    await life.somebody_is_started_from_here()
    await life.somebody_starts_late()
    await life.drivers_change()
    await life.chargers_say_odd_things()
    await life.reservations_are_cancelled()
    await life.calendars_are_looked_at()
    await life.restarts()
    await life.is_looked_into()
    hearsay.read(caplog)
    assert hearsay.leaks(SECRETS) == []
    assert hearsay.leaks({"a driver": "Zoe", "a charger that is its serial number": NEW}, "diagnostics") == []
    assert hearsay.told.keys() == TOLD.keys()
    assert not [place for place, word in TOLD.items() if not hearsay.leaks({word: word}, place)]
    assert any(GUEST_1 in call for call in hearsay.called)


@pytest.mark.parametrize(
    "text", ["04A2B3C4", "04a2b3c4", "04:A2:b3:C4", "04-A2-B3-C4", "id 04 a2 b3 c4.", '{"a": "04A2B3C4"}']
)
def test_a_token_would_be_found_in_any_spelling(hass: HomeAssistant, text: str) -> None:
    """The test above would fail for each of these, whichever spelling it looks for."""
    hearsay = Hearsay(hass)
    hearsay.note("log", text)
    for spelling in ("04A2B3C4", "04:a2:b3:c4"):
        assert len(hearsay.leaks({"the card": spelling})) == 1
    assert not hearsay.leaks({"another card": "04A2B3C5"})


@pytest.mark.expects_logged_errors
@pytest.mark.parametrize("file", ["", ".history"])
async def test_a_file_that_cannot_be_read_is_not_quoted(
    hass: HomeAssistant,
    hearsay: Hearsay,
    site: Site,
    clock: Clock,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    file: str,
) -> None:
    """The log says that it cannot be, and of which part, but nothing that stands in it."""
    charger = await site.charger("B")
    await site.reserve(1, identity="B", id_token=GUEST_1)
    await site.act("cancel_reservation", device_id=site.device_id("B", 1))
    assert await charger.start(1, GUEST_1)
    await clock.forward(minutes=2)
    await site.stop()
    stored = hass_storage[f"{DOMAIN}.{site.entry.entry_id}{file}"]["data"]
    records = "chargers" if file == "" else "reservations"
    assert GUEST_1 in str(stored[records])
    stored[records].append("damaged")
    await hass.config_entries.async_setup(site.entry.entry_id)
    hearsay.read(caplog)
    assert hearsay.leaks({"the field": records}, "log")
    assert hearsay.leaks(SECRETS) == []


OF_A_LATER_VERSION: dict[str, Any] = {
    "chargers": [
        {
            "charger": "A",
            "evses": [
                {
                    "evse": 1,
                    "running": {
                        "transaction": "1",
                        "evse": 1,
                        "connector": 1,
                        "token": {"value": HOLDER, "type": None},
                        "started_at": "2026-06-01T00:00:00+00:00",
                        "meter_start_wh": None,
                        "standing": "of a later version",
                    },
                }
            ],
        }
    ],
}


async def test_what_a_later_version_has_stored_of_a_charger_tells_no_token_and_stops_nothing(
    hass: HomeAssistant, hass_storage: dict[str, Any], port: int, caplog: pytest.LogCaptureFixture
) -> None:
    """A word that this version does not know costs that record only, and the log has no ID token in it."""
    entry = central_system([charger_subentry("A")], port)
    entry.add_to_hass(hass)
    hass_storage[f"ocpp_central.{entry.entry_id}"] = {"version": 1, "minor_version": 1, "data": OF_A_LATER_VERSION}
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.INFO]
    caplog.clear()
    assert not any(HOLDER in each for each in said)
    assert entry.state is ConfigEntryState.LOADED
