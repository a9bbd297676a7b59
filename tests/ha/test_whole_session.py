"""A whole charging session, step by step as its owner sees it, through real sockets (issue 6, done when 2).

What the car took and how long that lasted is added up here, from what it drew and for how long by the charger's own clock,
which stands still between the steps.
"""

from collections.abc import Awaitable, Callable, Iterable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from fractions import Fraction
import logging
from typing import Any

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.ocpp_central.const import DOMAIN
from tests.charger import Behaviour, SimulatedCharger, Version

from .automations import Notes
from .conftest import Clock, Site, charger_subentry, driver_subentry, told, told_what_it_can

pytestmark = [pytest.mark.blackbox, pytest.mark.usefixtures("all_entities_on")]

ANNA, BEN = "A0A0A0A1", "BEBEBEBE"
CARDS = {"Anna": ANNA, "Ben": BEN}

MOST, VOLTS = 32.0, 230
"""A and V: what the car draws that nobody limits, and at what."""

UNTOLD = 60
"""Seconds. How long a session takes is written every half a minute; and Home Assistant's clock runs on between the steps."""

DOMAIN_OF = {
    "charging": "binary_sensor",
    "current_limit": "number",
    "plugged_in": "binary_sensor",
    "reserved": "binary_sensor",
    "switch": "switch",
}


@pytest.fixture
def chargers() -> list[ConfigSubentryData]:
    """Charger A, and two drivers."""
    return [charger_subentry("A"), *(driver_subentry(name, card) for name, card in CARDS.items())]


@pytest.fixture
def notes(hass: HomeAssistant) -> Notes:
    """What automations note."""
    return Notes(hass)


class Day:
    """The time, of Home Assistant and of the charger: that of the charger stands still, but for `passes`."""

    def __init__(self, clock: Clock) -> None:
        """Begin now."""
        self._clock = clock
        self.now = datetime.now(UTC).replace(microsecond=0)
        self.sessions: list[Session] = []

    async def passes(self, seconds: int) -> None:
        """So much later; cars have drawn meanwhile what they do."""
        self.now += timedelta(seconds=seconds)
        for session in self.sessions:
            session.taken += Fraction(session.watts) * seconds / 3600
        await self._clock.forward(seconds=seconds)


class Session:
    """What happens at one connector, with the account that the test itself keeps of it, and what Home Assistant must show.

    `allowed`: the limit of whatever charges here, and of this session only, in A.
    """

    def __init__(self, site: Site, charger: SimulatedCharger, day: Day, driver: str, connector: int = 1) -> None:
        """Nothing has happened."""
        self.site, self.charger, self.day, self.driver, self.connector = site, charger, day, driver, connector
        self.meter_start = round(charger.evses[connector].energy_wh)
        self.allowed: dict[str, float] = {}
        self.paused = False
        self.taken = Fraction()
        self.began: datetime | None = None
        self.over: datetime | None = None
        day.sessions.append(self)

    @property
    def device(self) -> str:
        """The connector's device."""
        return self.site.device_id("A", self.connector)

    @property
    def watts(self) -> float:
        """What the car draws now."""
        if self.began is None or self.over is not None or self.paused:
            return 0.0
        return self.allowed.get("session", self.allowed.get("number", MOST)) * VOLTS

    @property
    def taken_wh(self) -> int:
        """What the meter has counted, in whole Wh as it shows it."""
        return round(self.meter_start + self.taken) - self.meter_start

    def entity(self, key: str) -> str:
        """An entity of the connector."""
        name = "charging" if key == "switch" else key
        return f"{DOMAIN_OF.get(key, 'sensor')}.a_connector_{self.connector}_{name}"

    async def shows(self, **wanted: object) -> None:
        """Wait until Home Assistant shows this of the connector."""
        for key, state in wanted.items():
            await self.site.shows(self.entity(key), str(state))

    async def begins(self, *, from_here: bool) -> None:
        """Its driver plugs in and starts: by Home Assistant, or with his card."""
        await self.charger.plug(self.connector)
        await self.day.passes(19)
        self.began = self.day.now
        if from_here:
            answer = await self.site.act("start_charging", device_id=self.device, driver=self.driver)
            assert answer == {"status": "Accepted"}
        else:
            assert await self.charger.present(self.connector, CARDS[self.driver])
        await self.shows(status="charging", plugged_in="on", charging="on", switch="on")
        await self.shows_account()

    async def draws(self, seconds: int) -> None:
        """Time passes, the car draws what it does; then the charger tells what its meter shows."""
        await self.day.passes(seconds)
        await self.charger.meter(self.connector)

    async def pauses(self) -> None:
        """The car takes nothing for now."""
        self.paused = True
        await self.charger.pause(self.connector)

    async def resumes(self) -> None:
        """It charges again."""
        self.paused = False
        await self.charger.resume(self.connector)

    async def is_limited(self, amperes: float | None) -> None:
        """Home Assistant limits this session, or (None) takes that back."""
        where: dict[str, object] = {"device_id": self.device, "purpose": "transaction"}
        if amperes is None:
            del self.allowed["session"]
            assert await self.site.act("clear_charge_limit", **where) == {"status": "Accepted"}
        else:
            self.allowed["session"] = amperes
            assert await self.site.act("set_charge_limit", current=amperes, **where) == {"status": "Accepted"}

    async def is_limited_by_number(self, amperes: float) -> None:
        """Home Assistant limits whatever charges here."""
        self.allowed["number"] = amperes
        data = {"entity_id": self.entity("current_limit"), "value": amperes}
        await self.site.hass.services.async_call("number", "set_value", data, blocking=True)
        await self.shows(current_limit=amperes)

    def is_over(self) -> None:
        """It ends now."""
        self.over = self.day.now

    async def shows_flow(self) -> None:
        """Wait until Home Assistant shows what flows, and all that has flown so far."""
        await self.shows(power=self.watts, current=round(self.watts / VOLTS, 1))
        await self.shows_account()

    async def shows_account(self) -> None:
        """Wait until Home Assistant shows all that has flown so far, for whom, since when and for how long."""
        assert self.began is not None
        wanted = {
            "driver": self.driver,
            "started": self.began.isoformat(),
            "ended": None if self.over is None else self.over.isoformat(),
            "meter_start": self.meter_start / 1000,
            "meter_stop": None if self.over is None else (self.meter_start + self.taken_wh) / 1000,
        }
        kwh = str(self.taken_wh / 1000)
        await self.site.shows(
            self.entity("session_energy"),
            lambda state: state.state == kwh and dict(state.attributes).items() >= wanted.items(),
        )
        if self.watts or self.taken:  # else it is not known before the first reading
            await self.shows(energy=(self.meter_start + self.taken_wh) / 1000)
        await self.shows_duration()

    async def shows_duration(self) -> None:
        """Wait until Home Assistant shows how long it has lasted: to the second, once it is over."""
        assert self.began is not None
        lasted = ((self.over or self.day.now) - self.began).total_seconds()
        most = UNTOLD if self.over is None else 0
        await self.site.shows(self.entity("session_duration"), lambda state: abs(float(state.state) - lasted) <= most)

    async def shows_end(self, reason: str | None) -> None:
        """Wait until Home Assistant shows that it is over, and why."""
        await self.shows(charging="off", switch="off", power=0.0, current=0.0)
        await self.shows_account()
        state = self.site.hass.states.get(self.entity("session_energy"))
        assert state is not None
        assert state.attributes["stop_reason"] == reason


@pytest.fixture
async def day(clock: Clock) -> Day:
    """The time."""
    return Day(clock)


type Dial = Callable[..., Awaitable[SimulatedCharger]]


@pytest.fixture
def dial(site: Site, version: Version, day: Day) -> Dial:
    """Makes a charger that goes by the time of the day, and has told what it can."""

    async def made(**behaviour: Any) -> SimulatedCharger:
        behaviour = {"statuses_after_reconnect": "all"} | behaviour
        charger = await site.charger(version=version, behaviour=Behaviour(**behaviour), clock=lambda: day.now)
        return await told_what_it_can(charger)

    return made


async def is_back(session: Session) -> None:
    """The charger connects again, and has told what it had to tell."""
    await session.site.shows("binary_sensor.a_connected", "on")
    await session.charger.ready()
    await session.day.passes(2)  # readings that come at once are shown one second later


async def goes_away(session: Session) -> None:
    """The connection is lost."""
    await session.charger.go_offline()
    await session.shows(status="unavailable", charging="unavailable", switch="unavailable")
    await session.shows(session_energy="unavailable", reservation="in_use", reserved="on")


async def goes_on_unseen(session: Session) -> None:
    """The car charges, pauses and charges, and nobody hears of it."""
    await session.draws(301)
    await session.pauses()
    await session.draws(407)
    await session.resumes()
    await session.draws(211)


async def ends_unseen(session: Session) -> None:
    """The driver ends it with his card, and drives away."""
    await session.day.passes(11)
    assert await session.charger.present(1, CARDS[session.driver])
    session.is_over()
    await session.day.passes(97)
    await session.charger.unplug(1)
    await session.day.passes(500)


type Storage = dict[str, Any]
type Disturbance = Callable[[Session, Storage], Awaitable[None]]


async def nothing(_: Session, __: Storage) -> None:
    """All is well."""


async def a_lost_connection(session: Session, _: Storage) -> None:
    """Over what happens in between."""
    await goes_away(session)
    await goes_on_unseen(session)
    session.charger.go_online()
    await is_back(session)


async def a_lost_connection_over_the_end(session: Session, _: Storage) -> None:
    """Nothing is known of that until it is back."""
    await goes_away(session)
    await goes_on_unseen(session)
    await ends_unseen(session)
    session.charger.go_online()
    await is_back(session)


async def a_restart(session: Session, _: Storage) -> None:
    """Of Home Assistant; the charger tries to connect all the time."""
    await session.site.stop()
    await session.charger.disconnected()
    await goes_on_unseen(session)
    await session.site.start()
    await is_back(session)


async def a_crash(session: Session, storage: Storage) -> None:
    """Home Assistant finds no more than what was on disk."""
    key = f"{DOMAIN}.{session.site.entry.entry_id}"
    on_disk = deepcopy(storage[key])
    await session.site.stop()
    storage[key] = on_disk
    await session.charger.disconnected()
    await goes_on_unseen(session)
    await session.site.start()
    await is_back(session)


async def a_restart_while_the_car_pauses(session: Session, _: Storage) -> None:
    """It is shown as it was."""
    await session.pauses()
    await session.draws(53)
    await session.shows(status="suspended_ev")
    await session.site.stop()
    await session.charger.disconnected()
    await session.day.passes(211)
    await session.site.start()
    await is_back(session)
    await session.shows(status="suspended_ev", charging="off", switch="on", plugged_in="on")
    await session.shows_account()
    await session.resumes()


async def a_restart_before_the_end_is_told(session: Session, _: Storage) -> None:
    """The charger is away when Home Assistant restarts, and has the end to tell."""
    await goes_away(session)
    await goes_on_unseen(session)
    await ends_unseen(session)
    await session.site.stop()
    await session.site.start()
    await session.shows(session_energy="unavailable", reservation="in_use", reserved="on")
    session.charger.go_online()
    await is_back(session)


FROM_HERE = {nothing, a_lost_connection_over_the_end, a_restart}
"""Started, and if it lasts so long ended, by Home Assistant; else the driver does that with his card."""

STARTED, STOPPED = "charging_started", "charging_stopped"
TO_ITS_END = [STOPPED, STARTED, STOPPED, STARTED, STOPPED]
"""What `goes_on_to_its_end` triggers: the car pauses, has to pause, and is done."""

TRIGGERED: dict[Disturbance, list[str]] = {
    nothing: TO_ITS_END,
    a_lost_connection: TO_ITS_END,
    a_lost_connection_over_the_end: [STOPPED],
    a_restart: TO_ITS_END,
    a_crash: TO_ITS_END,
    a_restart_while_the_car_pauses: [STOPPED, STARTED, *TO_ITS_END],
    a_restart_before_the_end_is_told: [],
}
"""What may come in between, and what is triggered from then on; what happens while Home Assistant is down triggers nothing."""

TELL_LATE = {a_lost_connection, a_restart, a_crash}
"""After which a charger of 2.x tells that the car paused meanwhile; 1.6 has no words for what is over."""


@pytest.mark.parametrize("disturbance", TRIGGERED, ids=lambda each: each.__name__)
async def test_a_whole_session(
    hass: HomeAssistant,
    site: Site,
    version: Version,
    day: Day,
    dial: Dial,
    notes: Notes,
    hass_storage: Storage,
    caplog: pytest.LogCaptureFixture,
    disturbance: Disturbance,
) -> None:
    """To the last digit, whatever happens in the middle."""
    charger = await dial()
    charger.evses[1].energy_wh = 150_123
    session = Session(site, charger, day, "Anna")
    news = site.news()
    target = {"device_id": session.device}
    triggers = [{"trigger": f"{DOMAIN}.{each}", "id": each, "target": target} for each in (STARTED, STOPPED)]
    await notes.take(*triggers, by="{{ trigger.id }}")
    await site.act("reserve_now", device_id=session.device, driver="Anna", duration={"hours": 5})
    await session.shows(status="reserved", reservation="active", reserved="on")
    await session.begins(from_here=disturbance in FROM_HERE)
    await session.shows(reservation="in_use", reserved="on")
    await session.draws(433)
    await session.shows_flow()
    await session.is_limited_by_number(20.0)
    await session.draws(607)
    await session.shows_flow()

    await disturbance(session, hass_storage)
    if session.over is None:
        await goes_on_to_its_end(session, from_here=disturbance in FROM_HERE)
    else:
        await session.shows_end(None)

    await session.shows(status="available", plugged_in="off", reservation="none", reserved="off", current_limit=20.0)
    (reservation,) = (await site.act("get_reservations", include_ended=True))["reservations"]
    assert (reservation["status"], reservation["end_reason"]) == ("used", "UsedToStartCharging")
    assert told(news) == ["placed", "used"]
    unseen = [STOPPED, STARTED] if disturbance in TELL_LATE and version is not Version.V16 else []
    assert [each["by"] for each in notes.taken] == [STARTED, *unseen, *TRIGGERED[disturbance]]
    assert charger.complaints == []
    assert not ir.async_get(hass).issues
    assert not [each for each in caplog.records if DOMAIN in each.name and each.levelno >= logging.WARNING]
    assert ANNA not in str([state.as_dict() for state in hass.states.async_all()])


async def goes_on_to_its_end(session: Session, *, from_here: bool) -> None:
    """The car charges, is limited, pauses, must pause, charges again; then its driver ends it and drives away."""
    await session.shows(status="charging", plugged_in="on", charging="on", switch="on", current_limit=20.0)
    await session.shows(reservation="in_use", reserved="on")
    await session.draws(59)
    await session.shows_flow()
    await session.is_limited(10.0)
    await session.draws(599)
    await session.shows_flow()

    await session.pauses()
    await session.shows(status="suspended_ev", charging="off", switch="on", plugged_in="on")
    await session.draws(1201)
    await session.shows_flow()
    await session.resumes()
    await session.shows(status="charging", charging="on")
    await session.draws(61)
    await session.shows_flow()

    await session.is_limited(0.0)
    await session.shows(status="suspended_evse", charging="off", switch="on", plugged_in="on")
    await session.draws(301)
    await session.shows_flow()
    await session.is_limited(None)
    await session.shows(status="charging", charging="on")
    await session.draws(119)
    await session.shows_flow()

    await session.day.passes(23)
    session.is_over()
    if from_here:
        assert await session.site.act("stop_charging", device_id=session.device) == {"status": "Accepted"}
    else:
        assert await session.charger.present(1, CARDS[session.driver])
    done = "finishing" if session.charger.version is Version.V16 else "occupied"
    await session.shows(status=done, plugged_in="on", reservation="none")
    await session.shows_end("Remote" if from_here else None)
    await session.day.passes(37)
    await session.charger.unplug(1)


@pytest.mark.parametrize("disturbance", [nothing, a_lost_connection, a_crash], ids=lambda each: each.__name__)
async def test_sessions_at_two_connectors_do_not_mix(
    site: Site,
    day: Day,
    dial: Dial,
    hass_storage: Storage,
    disturbance: Disturbance,
) -> None:
    """Each has its driver, its limit, its energy and its times."""
    charger = await dial()
    charger.evses[1].energy_wh, charger.evses[2].energy_wh = 150_123, 7
    anna, ben = Session(site, charger, day, "Anna", 1), Session(site, charger, day, "Ben", 2)
    await site.act("reserve_now", device_id=anna.device, driver="Anna", duration={"hours": 5})
    await anna.begins(from_here=True)
    await anna.draws(97)
    await ben.begins(from_here=False)
    await ben.is_limited(13.0)
    await anna.is_limited_by_number(16.0)
    await both_draw(anna, ben, 433)

    await disturbance(anna, hass_storage)
    await both_draw(anna, ben, 59)
    await anna.shows(status="charging", switch="on", current_limit=16.0, reservation="in_use")
    await ben.shows(status="charging", switch="on", current_limit="unknown", reservation="none")
    await ben.pauses()
    await anna.shows(status="charging", charging="on")
    await ben.shows(status="suspended_ev", charging="off", switch="on")
    await both_draw(anna, ben, 61)

    assert await site.act("stop_charging", device_id=anna.device) == {"status": "Accepted"}
    anna.is_over()
    await anna.shows_end("Remote")
    await ben.shows(status="suspended_ev", switch="on")
    await ben.resumes()
    await ben.draws(307)
    await ben.shows_flow()
    await charger.unplug(1)
    await anna.shows(status="available", plugged_in="off")
    await ben.shows(status="charging", plugged_in="on")
    assert await charger.present(2, BEN)
    ben.is_over()
    await ben.shows_end(None)
    await anna.shows_account()
    assert charger.complaints == []


async def both_draw(anna: Session, ben: Session, seconds: int) -> None:
    """Time passes, and the charger tells what its meters show."""
    await anna.draws(seconds)
    await ben.charger.meter(ben.connector)
    for each in (anna, ben):
        await each.shows_flow()


def on(versions: Iterable[Version], **behaviour: object) -> list[Any]:
    """A meter as some chargers have one."""
    name = "-".join(f"{key}={value}" for key, value in behaviour.items())
    return [pytest.param(version, behaviour, id=f"{version}-{name}") for version in versions]


@pytest.mark.parametrize(
    ("version", "behaviour"),
    [
        *on(Version, energy_unit="kWh"),
        *on(Version, counts_each_session=True),
        *on(Version, tells_meter_stop=False),
        *on(Version, readings="at_end"),
        *on(Version, readings="apart"),
        *on([Version.V16], readings="apart", tells_meter_stop=False),
        *on([Version.V16], readings="at_end", energy_unit="kWh", counts_each_session=True),
    ],
)
async def test_whatever_meter_a_charger_has(
    site: Site, day: Day, dial: Dial, hass_storage: Storage, behaviour: dict[str, Any]
) -> None:
    """Two sessions in a row, with a crash in the first one: the energy is that of the car, and the register goes on."""
    charger = await dial(**behaviour)
    charger.evses[1].energy_wh = 0 if "counts_each_session" in behaviour else 150_123
    total = round(charger.evses[1].energy_wh)
    for driver, card in CARDS.items():
        session = Session(site, charger, day, driver)
        session.meter_start = total
        await charger.plug(1)
        session.began = day.now
        assert await charger.present(1, card)
        await session.shows(status="charging", switch="on")
        await session.draws(0)
        await day.passes(2)
        for seconds in (433, 59):
            await session.draws(seconds)
            if behaviour.get("readings") != "at_end":
                await session.shows(session_energy=session.taken_wh / 1000, energy=(total + session.taken_wh) / 1000)
            if driver == "Anna" and seconds == 433:
                await a_crash(session, hass_storage)
        await session.pauses()  # so that the last reading is that of the end
        await session.draws(3)
        await day.passes(2)
        session.is_over()
        assert await charger.present(1, card)
        total += session.taken_wh
        await session.shows(switch="off", session_energy=session.taken_wh / 1000, energy=total / 1000, power=0.0)
        await session.shows_duration()
        await day.passes(31)
        await charger.unplug(1)
    assert charger.complaints == []
