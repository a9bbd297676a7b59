"""One connection, as conversations on a real socket."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
import json
import logging
from typing import Any, Literal

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest
from websockets.exceptions import ConnectionClosedOK

from custom_components.ocpp_central.core.commands import AskForAbilities, AskToBoot, Outcome, Plug
from custom_components.ocpp_central.core.events import Authorizing, Booted, Event, Heard, Standing, Verdict
from custom_components.ocpp_central.csms.calls import (
    Answer,
    AnswerInvalid,
    CallRefused,
    CallTimedOut,
    ConnectionLost,
)
from custom_components.ocpp_central.csms.dialect import Json, Request, Route, Version
from custom_components.ocpp_central.csms.quirks import SLOW_READERS, SlowReader, delays_of
from custom_components.ocpp_central.csms.schemas import Violation, load
from custom_components.ocpp_central.csms.session import Result, Session

from . import wire
from .wire import BACKGROUND, CLEARED, DROP, PLACE, ROUTES, KeepingDesk, conversation, settled

V2 = (Version.V201, Version.V21)
ABILITIES = AskForAbilities(plugs=(Plug(1, 1),))
TIME = {"currentTime": wire.NOW.isoformat()}


# What a charger says


@pytest.mark.parametrize("version", Version)
async def test_a_call_is_answered_from_memory(version: Version) -> None:
    """The event reaches the desk before the answer is sent."""
    async with conversation(version) as talk:
        assert await talk.charger.ask(2, "id-1", "Heartbeat", {}) == [3, "id-1", TIME]
        assert talk.desk.events == [Heard(at=wire.NOW)]


async def test_a_verdict_reaches_the_answer() -> None:
    """The event that wants a verdict gives it to the answer, whichever event it is."""
    routes = ROUTES | {"Authorize": wire.AUTHORIZE_V16}
    async with conversation(routes=routes) as talk:
        call = (2, "1", "Authorize", {"idTag": "A1"})
        assert await talk.charger.ask(*call) == [3, "1", {"idTagInfo": {"status": "Accepted"}}]
        talk.desk.verdict = Verdict(standing=Standing.BLOCKED)
        assert await talk.charger.ask(*call) == [3, "1", {"idTagInfo": {"status": "Invalid"}}]
        assert isinstance(talk.desk.events[0], Authorizing)


async def test_a_number_as_id_is_answered_with_the_number() -> None:
    """Some chargers count their messages in numbers."""
    async with conversation() as talk:
        assert await talk.charger.ask(2, 17, "Heartbeat", {}) == [3, 17, TIME]


async def test_a_binary_message_is_answered() -> None:
    """OCPP-J wants text; bytes mean the same."""
    async with conversation() as talk:
        await talk.charger.mumble(b'[2,"1","Heartbeat",{}]')
        assert await talk.charger.hear() == [3, "1", TIME]


async def test_calls_are_answered_in_their_order() -> None:
    """Also when all of them are there at once."""
    async with conversation() as talk:
        for number in range(50):
            await talk.charger.say(2, f"{number}", "Heartbeat", {})
        heard = [(await talk.charger.hear())[1] for _ in range(50)]
        assert heard == [f"{number}" for number in range(50)]


@pytest.mark.parametrize("version", Version)
@pytest.mark.parametrize(("action", "code"), [("Nonsense", "NotImplemented"), ("ReserveNow", "NotSupported")])
async def test_an_action_that_is_not_served_is_refused(version: Version, action: str, code: str) -> None:
    """Unknown to the version: NotImplemented. Known, but not a charger's to call: NotSupported."""
    async with conversation(version) as talk:
        answer = await talk.charger.ask(2, "1", action, {})
        assert (answer[:3], answer[4]) == ([4, "1", code], {})
        assert talk.session.counters.refused == 1


@pytest.mark.parametrize("version", Version)
async def test_a_security_action_counts_as_known(version: Version) -> None:
    """The 1.6 security whitepaper's actions are 1.6's."""
    async with conversation(version) as talk:
        answer = await talk.charger.ask(2, "1", "SignCertificate", {"csr": "x"})
        assert answer[2] == "NotSupported"


@pytest.mark.parametrize(
    ("version", "payload", "code"),
    [
        (Version.V16, [], "FormationViolation"),
        (Version.V16, {"connectorId": "one", "meterValue": []}, "TypeConstraintViolation"),
        (Version.V16, {"connectorId": 1}, "OccurenceConstraintViolation"),
        *((version, [], "FormatViolation") for version in V2),
        *((version, {"evseId": "one", "meterValue": []}, "TypeConstraintViolation") for version in V2),
        *((version, {"evseId": 1}, "OccurrenceConstraintViolation") for version in V2),
    ],
)
async def test_what_loses_meaning_is_refused_with_the_versions_code(
    version: Version, payload: object, code: str
) -> None:
    """Needed properties that are missing or mistyped, or no object at all; the desk hears nothing of it."""
    async with conversation(version) as talk:
        answer = await talk.charger.ask(2, "1", "MeterValues", payload)
        assert answer[:3] == [4, "1", code]
        assert talk.desk.events == []


@pytest.mark.parametrize(
    ("version", "code"),
    [
        (Version.V16, "FormationViolation"),
        (Version.V201, "FormatViolation"),
        (Version.V21, "FormatViolation"),
    ],
)
async def test_strict_checking_refuses_what_is_not_defined(version: Version, code: str) -> None:
    """A charger's setting; 1.6 spells the code its own way."""
    async with conversation(version, relaxed=False) as talk:
        answer = await talk.charger.ask(2, "1", "Heartbeat", {"extra": 1})
        assert answer[:3] == [4, "1", code]


@pytest.mark.parametrize("version", Version)
async def test_strict_checking_refuses_values_out_of_bounds(version: Version) -> None:
    """An unknown word, in all versions the same code."""
    payload: Json = {
        Version.V16: {"connectorId": 1, "errorCode": "NoError", "status": "Burnt"},
        Version.V201: {
            "timestamp": "2026-11-21T12:00:00Z",
            "connectorStatus": "Burnt",
            "evseId": 1,
            "connectorId": 1,
        },
    }[Version.V16 if version is Version.V16 else Version.V201]
    async with conversation(version, relaxed=False) as talk:
        answer = await talk.charger.ask(2, "1", "StatusNotification", payload)
        assert answer[:3] == [4, "1", "PropertyConstraintViolation"]


async def test_oddities_are_counted_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """The log names charger, action and place once per charger, over all its sessions, and never a value."""
    caplog.set_level(logging.INFO)
    told: set[str] = set()
    odd = {"connectorId": 1, "errorCode": "NoError", "status": "Available", "info": "s3cret" * 20}
    for _ in range(2):
        async with conversation(told=told) as talk:
            for _ in range(3):
                await talk.charger.ask(2, "1", "StatusNotification", odd | {"vendorKey": 1})
            assert talk.session.counters.notes == {"maxLength": 3, "additionalProperties": 3}
    lines = [message for message in caplog.messages if "StatusNotification" in message]
    assert len(lines) == len({"info", "vendorKey"})
    assert all("CP1" in line for line in lines)
    assert "info" in lines[1] + lines[0]
    assert "s3cret" not in caplog.text


async def test_a_charger_that_is_always_odd_is_described_for_a_while() -> None:
    """What is known of a charger is not found out again with every message; nor is what is wrong with a long one."""
    async with conversation() as talk:
        notes = talk.session.counters.notes
        for _ in range(25):
            await talk.charger.ask(2, "1", "Heartbeat", {"extra": 1})
        assert notes == {"additionalProperties": 20, "undescribed": 5}
        long = {"connectorId": 1, "errorCode": "NoError", "status": "Available", "info": "x" * 9000}
        assert await talk.charger.ask(2, "1", "StatusNotification", long) == [3, "1", {}]
        assert notes == {"additionalProperties": 20, "undescribed": 6}


async def test_the_log_of_one_charger_is_bounded(caplog: pytest.LogCaptureFixture) -> None:
    """A charger that invents actions does not fill the log."""
    caplog.set_level(logging.INFO)
    async with conversation() as talk:
        for number in range(250):
            answer = await talk.charger.ask(2, "1", f"Action{number}", {})
            assert answer[2] == "NotImplemented"
    assert len([message for message in caplog.messages if "logged once" in message]) == 200


@pytest.mark.parametrize("version", Version)
@pytest.mark.parametrize("route", [wire.FAULTY_READ, wire.FAULTY_REPLY])
async def test_a_fault_of_ours_is_an_internal_error(
    version: Version, route: Route, caplog: pytest.LogCaptureFixture
) -> None:
    """An exception, or an answer that the version does not allow, is logged and answered; the connection lives."""
    async with conversation(version, routes={"Heartbeat": route}) as talk:
        for message_id in ("1", "2"):
            answer = await talk.charger.ask(2, message_id, "Heartbeat", {})
            assert answer[:3] == [4, message_id, "InternalError"]
    assert "Traceback" in caplog.text


@pytest.mark.parametrize("version", V2)
@pytest.mark.parametrize(
    ("text", "message_id", "code"),
    [
        ("nope", "-1", "RpcFrameworkError"),
        ("{}", "-1", "RpcFrameworkError"),
        ("[2]", "-1", "RpcFrameworkError"),
        ('[2,"1"]', "1", "RpcFrameworkError"),
        ('[2,"1",["Heartbeat"],{}]', "1", "RpcFrameworkError"),
        ('[9,"1",{}]', "1", "MessageTypeNotSupported"),
        ("[9]", "-1", "MessageTypeNotSupported"),
    ],
)
async def test_a_malformed_frame_is_answered(version: Version, text: str, message_id: str, code: str) -> None:
    """2.x part 4: RpcFrameworkError, with the id "-1" where none could be read; MessageTypeNotSupported."""
    async with conversation(version) as talk:
        await talk.charger.mumble(text)
        assert (await talk.charger.hear())[:3] == [4, message_id, code]
        assert talk.session.counters.malformed == 1
        await talk.charger.hears_nothing()


@pytest.mark.parametrize("text", ["[5]", '[5,"1","GenericError","",{}]', '[6,"1","X",{}]'])
async def test_the_message_types_of_21_are_unknown_to_201(text: str) -> None:
    """A frame of a type that the version does not have is MessageTypeNotSupported, whatever else is wrong with it."""
    async with conversation(Version.V201) as talk:
        await talk.charger.mumble(text)
        assert (await talk.charger.hear())[2] == "MessageTypeNotSupported"


@pytest.mark.parametrize("text", ["nope", "{}", "[2]", "[9]", '[9,"1",{}]', '[5,"1"]', '[6,"1"]'])
async def test_16_leaves_unanswerable_frames_alone(text: str) -> None:
    """OCPP-J 1.6 4.1.3: an unknown message type is ignored; without an id there is nothing to answer to."""
    async with conversation() as talk:
        await talk.charger.mumble(text)
        await talk.charger.hears_nothing()
        assert talk.session.counters.malformed == 1


@pytest.mark.parametrize("text", ['[2,"1"]', '[2,"1",["Heartbeat"],{}]', '[2,"1","Heartbeat",5]'])
async def test_16_refuses_a_malformed_call_with_a_readable_id(text: str) -> None:
    """1.6 has no code for the frame itself; FormationViolation is its word for a wrong structure."""
    async with conversation() as talk:
        await talk.charger.mumble(text)
        assert (await talk.charger.hear())[:3] == [4, "1", "FormationViolation"]


@pytest.mark.parametrize("version", Version)
@pytest.mark.parametrize("text", ["[3]", '[3,"x"]', '[3,"x",5]', "[3,{},{}]", "[4]", '[4,"x"]', '[4,"x","C","d",{}]'])
async def test_answers_to_nothing_are_counted_and_not_answered(version: Version, text: str) -> None:
    """An answer never has an answer, however malformed or stale."""
    async with conversation(version) as talk:
        await talk.charger.mumble(text)
        await talk.charger.hears_nothing()
        assert talk.session.counters.stray == 1


async def test_a_flood_of_stale_answers_leaves_nothing_behind() -> None:
    """They are never queued: the next call of ours gets its own answer."""
    async with conversation() as talk:
        for number in range(3000):
            await talk.charger.say(3, f"stale-{number}", {})
        call = asyncio.create_task(talk.session.call(BACKGROUND))
        _, message_id, _, _ = await talk.charger.hear()
        await talk.charger.say(3, message_id, CLEARED)
        assert await settled(call) == CLEARED
        assert talk.session.counters.stray == 3000


async def test_a_send_is_heard_and_never_answered() -> None:
    """2.1 SEND: an event like any other, but nothing goes back, whatever is wrong with it."""
    routes = ROUTES | {"NotifyPeriodicEventStream": wire.FAULTY_REPLY}
    async with conversation(Version.V21, routes=routes) as talk:
        stream = {"id": 1, "pending": 0, "basetime": "2026-11-21T12:00:00Z", "data": []}
        await talk.charger.say(6, "1", "NotifyPeriodicEventStream", stream)
        await talk.charger.say(6, "2", "NotifyPeriodicEventStream", {"id": "x"})
        await talk.charger.say(6, "3", "Nonsense", {})
        await talk.charger.say(6, "4")
        await talk.charger.hears_nothing()
        counters = talk.session.counters
        assert (counters.refused, counters.stray, counters.malformed) == (1, 2, 1)
        assert len(talk.desk.events) == len(["the first", "the Heartbeat"])


async def test_a_fault_of_ours_in_a_send_is_survived(caplog: pytest.LogCaptureFixture) -> None:
    """There is nobody to tell, so it is in the log."""
    routes = ROUTES | {"NotifyPeriodicEventStream": wire.FAULTY_READ}
    async with conversation(Version.V21, routes=routes) as talk:
        stream = {"id": 1, "pending": 0, "basetime": "2026-11-21T12:00:00Z", "data": []}
        await talk.charger.say(6, "1", "NotifyPeriodicEventStream", stream)
        await talk.charger.hears_nothing()
    assert "Traceback" in caplog.text


async def test_a_complaint_about_our_answer_is_counted() -> None:
    """2.1 CALLRESULTERROR: it resolves nothing and is not answered."""
    async with conversation(Version.V21) as talk:
        await talk.charger.say(5, "1", "GenericError", "why", {})
        await talk.charger.hears_nothing()
        assert talk.session.counters.stray == 1


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(
        st.text(max_size=30)
        | st.binary(max_size=30)
        | st.tuples(
            st.integers(1, 7),
            st.sampled_from(["1", 1, None, [], 2.5]),
            st.sampled_from(["Heartbeat", "MeterValues", "ReserveNow", [], {}]),
            st.sampled_from([{}, [], None, {"connectorId": "x", "evseId": {}}]),
        ).map(json.dumps),
        max_size=5,
    ),
    version=st.sampled_from(Version),
)
def test_no_input_ends_a_session(texts: list[str | bytes], version: Version) -> None:
    """Whatever comes, a Heartbeat after it is answered on the same connection."""

    async def talk_nonsense() -> None:
        async with conversation(version) as talk:
            for text in texts:
                await talk.charger.mumble(text)
            await talk.charger.say(2, "the end", "Heartbeat", {})
            while (await talk.charger.hear())[:2] != [3, "the end"]:
                pass

    asyncio.run(talk_nonsense())


# What must be on disk first


async def test_a_durable_answer_waits_for_the_disk() -> None:
    """Contract 5: the charger forgets a transaction's message once it is answered, so it must not be lost here."""
    routes = ROUTES | {"Heartbeat": wire.DURABLE_HEARTBEAT}
    async with conversation(routes=routes) as talk:
        await talk.charger.say(2, "1", "Heartbeat", {})
        await talk.desk.saving.wait()
        assert talk.session.counters.sent == 0
        talk.desk.disk.set()
        assert await talk.charger.hear() == [3, "1", TIME]


@pytest.mark.parametrize("failure", [OSError("disk full"), LookupError("a fault of ours")])
async def test_what_cannot_be_saved_is_not_answered(failure: Exception, caplog: pytest.LogCaptureFixture) -> None:
    """Contract 5: the connection is closed, so that the charger says it again."""
    routes = ROUTES | {"Heartbeat": wire.DURABLE_HEARTBEAT}
    async with conversation(routes=routes, desk=KeepingDesk(failure=failure)) as talk:
        await talk.charger.say(2, "1", "Heartbeat", {})
        assert await talk.charger.closed() == 1011
    assert "not answered" in caplog.text


# What we say


SLOW = SlowReader(model="Slow", action="Heartbeat", delay=timedelta(seconds=0.3), source="")


@pytest.mark.parametrize(
    ("model", "version", "waits"),
    [("Slow 22", Version.V16, True), ("Slow 22", Version.V201, True), ("Quick", Version.V16, False)],
)
async def test_a_model_that_loses_quick_answers_is_given_time(model: str, version: Version, waits: bool) -> None:
    """It is known by its BootNotification; the answers stay in their order, and it is noted."""
    loop = asyncio.get_running_loop()
    boots = Route(
        read=lambda _, now: (Booted(vendor=None, model=model, serial=None, firmware=None, at=now),),
        reply=lambda *_: {"status": "Accepted", "interval": 1} | TIME,
    )
    async with conversation(version, routes=ROUTES | {"BootNotification": boots}, quirks=[SLOW]) as talk:
        await talk.charger.ask(2, "0", "BootNotification", {})
        asked_at = loop.time()
        await talk.charger.say(2, "1", "Heartbeat", {})
        await talk.charger.say(
            2, "2", "StatusNotification", {"connectorId": 1, "evseId": 1, "connectorStatus": "", "status": ""}
        )
        assert (await talk.charger.hear())[:2] == [3, "1"]
        assert (loop.time() - asked_at >= 0.3) is waits
        assert (await talk.charger.hear())[:2] == [3, "2"]
        assert talk.session.counters.notes["quirk"] == waits


def test_every_quirk_has_a_source_and_fits_its_model_only() -> None:
    """A table of exceptions must not grow by hearsay."""
    for quirk in SLOW_READERS:
        assert quirk.source.startswith("https://")
        assert delays_of(SLOW_READERS, quirk.model + " 1") == {quirk.action: quirk.delay}
        for model in (None, "", "x" + quirk.model):
            assert delays_of(SLOW_READERS, model) == {}


async def test_a_call_gives_the_payload_of_its_answer() -> None:
    """What goes out is a CALL with an id of its own."""
    async with conversation() as talk:
        ids = set()
        for _ in range(3):
            call = asyncio.create_task(talk.session.call(BACKGROUND))
            kind, message_id, action, payload = await talk.charger.hear()
            assert (kind, action, payload) == (2, "ClearCache", {})
            assert len(message_id) <= 36
            ids.add(message_id)
            await talk.charger.say(3, message_id, CLEARED)
            assert await settled(call) == CLEARED
        assert len(ids) == len(range(3))


async def test_calls_of_both_sides_may_cross() -> None:
    """OCPP-J 1.6 4.1.1: a charger's calls are answered while ours waits."""
    async with conversation() as talk:
        call = asyncio.create_task(talk.session.call(BACKGROUND))
        _, message_id, _, _ = await talk.charger.hear()
        await talk.charger.hears_nothing()
        await talk.charger.say(3, message_id, CLEARED)
        assert await settled(call) == CLEARED


async def test_one_call_at_a_time_reservations_first() -> None:
    """A second CALL waits for the first one's answer; ReserveNow and CancelReservation overtake background ones."""
    async with conversation() as talk:
        running: list[asyncio.Task[Any]] = [asyncio.create_task(talk.session.call(BACKGROUND))]
        _, message_id, _, _ = await talk.charger.hear()
        running += [asyncio.create_task(talk.session.execute(AskToBoot())) for _ in range(2)]
        running += [
            asyncio.create_task(talk.session.execute(PLACE)),
            asyncio.create_task(talk.session.execute(DROP)),
        ]
        await talk.charger.hears_nothing()
        order = []
        for _ in range(4):
            await talk.charger.say(3, message_id, {"status": "Accepted"})
            _, message_id, action, _ = await talk.charger.hear()
            order.append(action)
        await talk.charger.say(3, message_id, CLEARED)
        assert order == ["ReserveNow", "CancelReservation", "ClearCache", "ClearCache"]
        async with asyncio.timeout(wire.PATIENCE):
            await asyncio.gather(*running)


async def test_a_refusal_gives_the_chargers_words() -> None:
    """CALLERROR, in whatever spelling."""
    async with conversation() as talk:
        call = asyncio.create_task(talk.session.call(BACKGROUND))
        _, message_id, _, _ = await talk.charger.hear()
        await talk.charger.say(4, message_id, "OwnCode", "because", {})
        with pytest.raises(CallRefused) as raised:
            await settled(call)
        assert (raised.value.code, raised.value.description) == ("OwnCode", "because")


async def test_silence_times_out_and_the_next_call_goes_out() -> None:
    """A charger that does not answer loses its turn, not the connection."""
    async with conversation() as talk:
        with pytest.raises(CallTimedOut):
            await talk.session.call(BACKGROUND, seconds=0.01)
        await talk.charger.hear()
        call = asyncio.create_task(talk.session.call(BACKGROUND))
        _, message_id, _, _ = await talk.charger.hear()
        await talk.charger.say(3, message_id, CLEARED)
        assert await settled(call) == CLEARED


async def test_a_late_answer_is_evidence() -> None:
    """After the time-out the answer goes to whoever asked for that, once, and is counted."""
    async with conversation() as talk:
        late: asyncio.Queue[Answer] = asyncio.Queue()
        with pytest.raises(CallTimedOut):
            await talk.session.call(BACKGROUND, seconds=0.01, late=late.put_nowait)
        _, message_id, _, _ = await talk.charger.hear()
        await talk.charger.say(3, message_id, CLEARED)
        assert await late.get() == CLEARED
        await talk.charger.say(3, message_id, CLEARED)
        await talk.charger.hears_nothing()
        assert late.empty()
        assert (talk.session.counters.late, talk.session.counters.stray) == (1, 1)


async def test_a_late_answer_that_nobody_wants_is_counted() -> None:
    """It is no stray: we know what it answers."""
    async with conversation() as talk:
        with pytest.raises(CallTimedOut):
            await talk.session.call(BACKGROUND, seconds=0.01)
        _, message_id, _, _ = await talk.charger.hear()
        await talk.charger.say(4, message_id, "InternalError", "", {})
        await talk.charger.hears_nothing()
        assert (talk.session.counters.late, talk.session.counters.stray) == (1, 0)


async def test_old_unanswered_calls_are_forgotten() -> None:
    """A charger that never answers does not fill memory."""
    async with conversation() as talk:
        ids = []
        for _ in range(17):
            with pytest.raises(CallTimedOut):
                await talk.session.call(BACKGROUND, seconds=0)
            ids.append((await talk.charger.hear())[1])
        await talk.charger.say(3, ids[0], CLEARED)
        await talk.charger.say(3, ids[1], CLEARED)
        await talk.charger.hears_nothing()
        assert (talk.session.counters.late, talk.session.counters.stray) == (1, 1)


async def test_a_cancelled_call_leaves_the_session_usable() -> None:
    """Whether it was waiting for its turn or for its answer."""
    async with conversation() as talk:
        answered = asyncio.create_task(talk.session.call(BACKGROUND))
        waiting = asyncio.create_task(talk.session.call(BACKGROUND))
        await talk.charger.hear()
        for task in (waiting, answered):
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        call = asyncio.create_task(talk.session.call(BACKGROUND))
        _, message_id, _, _ = await talk.charger.hear()
        await talk.charger.say(3, message_id, CLEARED)
        assert await settled(call) == CLEARED


async def test_all_calls_fail_at_once_when_the_connection_drops() -> None:
    """The one that was sent, the ones that wait, and the ones that come later."""
    async with conversation(call_timeout=60) as talk:
        calls = [asyncio.create_task(talk.session.call(BACKGROUND)) for _ in range(3)]
        await talk.charger.hear()
        talk.charger.connection.transport.abort()
        for call in calls:
            with pytest.raises(ConnectionLost):
                await settled(call)
        with pytest.raises(ConnectionLost):
            await talk.session.call(BACKGROUND)


async def test_a_call_on_a_closed_connection_fails_at_once() -> None:
    """Also before the session has noticed that it is closed."""
    async with conversation() as talk:
        await talk.charger.connection.close()
        with pytest.raises(ConnectionLost):
            await talk.session.call(BACKGROUND)


async def test_a_closed_session_takes_nothing_more() -> None:
    """`close` fails the calls, and messages that are already there are not handled."""
    async with conversation() as talk:
        call = asyncio.create_task(talk.session.call(BACKGROUND))
        await talk.charger.hear()
        await talk.charger.say(2, "1", "Heartbeat", {})
        await talk.session.close(1001, "enough")
        with pytest.raises(ConnectionLost):
            await settled(call)
        assert await talk.charger.closed() == 1001
        assert talk.desk.events == []


async def test_an_ended_session_drops_what_comes() -> None:
    """`end` leaves the connection to its caller, but nothing of it is heard any more."""
    async with conversation() as talk:
        talk.session.end()
        await talk.charger.say(2, "1", "Heartbeat", {})
        await talk.charger.closed()
        assert talk.desk.events == []
        assert talk.session.counters.received == 0


@pytest.mark.parametrize("payload", [{}, {"status": []}, [], 5])
async def test_an_answer_that_loses_meaning_is_of_no_use(payload: object) -> None:
    """The charger may have done it or not: neither success nor refusal."""
    async with conversation() as talk:
        call = asyncio.create_task(talk.session.call(BACKGROUND))
        _, message_id, _, _ = await talk.charger.hear()
        await talk.charger.say(3, message_id, payload)
        with pytest.raises(AnswerInvalid):
            await settled(call)
        await talk.charger.hears_nothing()


async def test_an_odd_answer_is_used() -> None:
    """Vendor keys in an answer harm nobody; they are noted."""
    async with conversation() as talk:
        call = asyncio.create_task(talk.session.call(BACKGROUND))
        _, message_id, _, _ = await talk.charger.hear()
        await talk.charger.say(3, message_id, CLEARED | {"vendorKey": 1})
        assert await settled(call) == CLEARED | {"vendorKey": 1}
        assert talk.session.counters.notes == {"additionalProperties": 1}


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({}, "OccurrenceConstraintViolation"),
        ({"status": []}, "TypeConstraintViolation"),
    ],
)
async def test_21_is_told_that_its_answer_is_of_no_use(payload: Json, code: str) -> None:
    """2.1 part 4: a CALLRESULT that cannot be processed is answered with a CALLRESULTERROR."""
    async with conversation(Version.V21) as talk:
        call = asyncio.create_task(talk.session.call(BACKGROUND))
        _, message_id, _, _ = await talk.charger.hear()
        assert (await talk.charger.ask(3, message_id, payload))[:3] == [5, message_id, code]
        with pytest.raises(AnswerInvalid):
            await settled(call)


async def test_a_call_that_the_version_does_not_allow_is_not_sent() -> None:
    """Strict outbound: it is our fault or that of whoever gave us the arguments."""
    async with conversation() as talk:
        with pytest.raises(Violation):
            await talk.session.call(Request(action="ReserveNow", payload={"connectorId": "1"}))
        await talk.charger.hears_nothing()


# What becomes of a command


@pytest.mark.parametrize("word", ["Accepted", "Faulted", "Occupied", "Rejected", "Unavailable"])
async def test_a_command_gives_the_chargers_word(word: str) -> None:
    """The dialect reads it, and it is kept as the charger spells it."""
    async with conversation() as talk:
        outcome = asyncio.create_task(talk.session.execute(PLACE))
        _, message_id, action, _ = await talk.charger.hear()
        await talk.charger.say(3, message_id, {"status": word})
        assert action == "ReserveNow"
        assert await settled(outcome) == Result(Outcome(word), word)


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("NotImplemented", Outcome.NOT_IMPLEMENTED),
        ("notimplemented", Outcome.NOT_IMPLEMENTED),
        ("NotSupported", Outcome.NOT_IMPLEMENTED),
        ("FormationViolation", Outcome.NOT_IMPLEMENTED),
        ("FormatViolation", Outcome.NOT_IMPLEMENTED),
        ("formatviolation ", Outcome.NOT_IMPLEMENTED),
        ("InternalError", Outcome.FAILED),
        ("GenericError", Outcome.FAILED),
        ("SecurityError", Outcome.FAILED),
        ("ProtocolError", Outcome.FAILED),
        ("PropertyConstraintViolation", Outcome.FAILED),
        ("OccurenceConstraintViolation", Outcome.FAILED),
        ("TypeConstraintViolation", Outcome.FAILED),
        ("RpcFrameworkError", Outcome.FAILED),
        ("MessageTypeNotSupported", Outcome.FAILED),
        ("VendorsOwn", Outcome.FAILED),
        ("", Outcome.FAILED),
    ],
)
async def test_a_callerror_is_an_outcome(code: str, outcome: Outcome) -> None:
    """Not knowing the command is final until the next boot; anything else may succeed later (failure table)."""
    async with conversation() as talk:
        command = asyncio.create_task(talk.session.execute(PLACE))
        _, message_id, _, _ = await talk.charger.hear()
        await talk.charger.say(4, message_id, code, "", {})
        assert await settled(command) == Result(outcome, code.strip() or None)


@pytest.mark.parametrize("answer", [{}, {"status": "Perhaps"}, {"status": None}, "Accepted"])
async def test_an_answer_without_a_word_is_unreadable(answer: object) -> None:
    """The outcome is unknown."""
    async with conversation() as talk:
        command = asyncio.create_task(talk.session.execute(PLACE))
        _, message_id, _, _ = await talk.charger.hear()
        await talk.charger.say(3, message_id, answer)
        assert (await settled(command)).outcome is Outcome.UNREADABLE


async def test_a_silent_charger_times_out_and_may_answer_late() -> None:
    """The late word reaches the desk with its command."""
    async with conversation(call_timeout=0.01) as talk:
        assert (await talk.session.execute(PLACE)).outcome is Outcome.TIMED_OUT
        _, message_id, _, _ = await talk.charger.hear()
        await talk.charger.say(3, message_id, {"status": "Accepted"})
        assert await talk.desk.lates.get() == (PLACE, Outcome.ACCEPTED)
        assert (await talk.session.execute(DROP)).outcome is Outcome.TIMED_OUT
        _, message_id, _, _ = await talk.charger.hear()
        await talk.charger.say(4, message_id, "NotSupported", "", {})
        assert await talk.desk.lates.get() == (DROP, Outcome.NOT_IMPLEMENTED)


async def test_a_lost_connection_is_an_outcome() -> None:
    """Known to be unknown."""
    async with conversation() as talk:
        command = asyncio.create_task(talk.session.execute(PLACE))
        await talk.charger.hear()
        await talk.charger.connection.close()
        assert (await settled(command)).outcome is Outcome.DISCONNECTED


async def test_a_command_that_cannot_be_said_fails(caplog: pytest.LogCaptureFixture) -> None:
    """The charger was not asked, and the log says why."""
    async with conversation(Version.V21) as talk:
        assert (await talk.session.execute(PLACE)).outcome is Outcome.FAILED
        await talk.charger.hears_nothing()
    assert "was not sent" in caplog.text


# A charger that does not read


async def test_a_charger_that_reads_nothing_is_dropped(caplog: pytest.LogCaptureFixture) -> None:
    """Writes do not wait for ever: the connection is closed, and who waits for an answer knows it."""
    async with conversation(write_timeout=0.05) as talk:
        talk.charger.connection.transport.pause_reading()
        beyond_all_buffers = {"vendorId": "V", "data": "x" * 32_000_000}
        request = Request(action="DataTransfer", payload=beyond_all_buffers)
        call = asyncio.create_task(talk.session.call(request))
        with pytest.raises(ConnectionLost):
            await settled(call)
        talk.charger.connection.transport.abort()
    assert "takes no more messages" in caplog.text


class Unbuffered(asyncio.Transport):
    """What lies beneath a connection that takes everything at once."""

    def get_write_buffer_size(self) -> int:
        """Nothing waits."""
        return 0


class Flood:
    """A transport on which messages never have to be waited for."""

    transport: asyncio.Transport = Unbuffered()

    def __init__(self, messages: int) -> None:
        """Have so many Heartbeats ready."""
        self.left = messages

    async def recv(self, *, decode: Literal[False]) -> bytes:  # noqa: ARG002 - the name is websockets' own
        """The next message, at once."""
        if not self.left:
            raise ConnectionClosedOK(None, None)
        self.left -= 1
        return json.dumps([2, str(self.left), "Heartbeat", {}]).encode()

    async def send(self, message: str, /) -> None:
        """Take the answer, at once."""

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Be closed."""


async def test_a_flood_of_one_charger_leaves_everybody_else_a_turn() -> None:
    """Messages that are all there already must not hold up the event loop until the last one is answered."""
    loop = asyncio.get_running_loop()

    def laborious(_: Json, now: datetime) -> tuple[Event, ...]:
        until = loop.time() + 0.002
        while loop.time() < until:
            pass
        return (Heard(at=now),)

    routes = ROUTES | {"Heartbeat": replace(ROUTES["Heartbeat"], read=laborious)}
    dialect = wire.SmallDialect(version=Version.V16, routes=routes)
    session = Session(Flood(60), dialect, load()[Version.V16], KeepingDesk(), charger_id="CP1", clock=lambda: wire.NOW)
    running = asyncio.create_task(session.run())
    turns = 0
    while not running.done():
        await asyncio.sleep(0)
        turns += 1
    await running
    assert turns > 10


async def test_what_an_answer_tells_goes_to_the_desk() -> None:
    """Beside its outcome, and also if it comes late; a refusal tells nothing."""
    async with conversation(call_timeout=0.05) as talk:
        for reply in ([3, CLEARED], [4, "NotSupported", "", {}]):
            asked = asyncio.create_task(talk.session.execute(ABILITIES))
            _, message_id, _, _ = await talk.charger.hear()
            await talk.charger.say(reply[0], message_id, *reply[1:])
            await settled(asked)
        assert talk.desk.events == [Heard(at=wire.NOW)]
        late = asyncio.create_task(talk.session.execute(ABILITIES))
        _, message_id, _, _ = await talk.charger.hear()
        assert (await settled(late)).outcome is Outcome.TIMED_OUT
        await talk.charger.say(3, message_id, CLEARED)
        async with asyncio.timeout(wire.PATIENCE):
            assert await talk.desk.lates.get() == (ABILITIES, Outcome.ACCEPTED)
        assert len(talk.desk.events) == 2
