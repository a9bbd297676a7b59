"""The central system of one config entry: what is true of its chargers and reservations.

Knows the one place where an event changes the world, and where the world is saved. Must not know how chargers connect
(`reception`), when a command is due (`core.planner`), nor any entity.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from . import errors
from .alarm import Alarm
from .audience import Audience, Place
from .choices import Choices
from .connections import Connections
from .const import CONF_HOUSE_TOKEN, LOGGER
from .core.authorization import Court, asks, is_still_unwelcome, judge
from .core.book import Book, Change
from .core.charger import Charger
from .core.check import Check, check_charger, check_evse
from .core.commands import DropHold, Outcome, PlaceHold
from .core.drivers import Driver, Drivers
from .core.enforceability import holds_natively
from .core.events import (
    ChargerId,
    Event,
    Evicting,
    EvseId,
    Heard,
    HoldEnded,
    Metered,
    Pardoned,
    TransactionId,
    Verdict,
)
from .core.evse import Evse
from .core.following import Revision, followed
from .core.ledger import Ledger, Step
from .core.leftovers import leftovers
from .core.planner import Plan, plan
from .core.policy import Policy
from .core.presentation import Presentation, presentation
from .core.reservation import Reservation, Status
from .core.rules import Enforcement, Rules
from .core.set_back import in_time
from .core.steps import Report
from .core.taking_up import taken_up
from .core.token import IdToken
from .core.undo import undone
from .drivers import drivers_of, find_driver
from .history import History
from .list_keeper import ListKeeper
from .memory import Memory, is_to_be_kept
from .metering import Pacer
from .options import consumes_on_any, policy_of, rules_of
from .outlasting import outlasting
from .remarks import Rejections, note_labels, note_late_uses, note_unknown_hold
from .showing import changed_at, changed_in, read_in, sessions_changed_in, shows_at, told_at
from .starts import Starts
from .store import Storage, StorageFailedError
from .transaction_ids import TransactionIds
from .watch import Watches
from .working_out import StepOf, World, worked_out, worked_out_aside

type OcppConfigEntry = ConfigEntry[CentralSystem]


class CentralSystem:
    """The world of one config entry, changed by events, actions and time."""

    def __init__(self, hass: HomeAssistant, entry: OcppConfigEntry) -> None:
        """Know nothing yet; `start` reads what was remembered."""
        self.hass = hass
        self.entry = entry
        self.port = 0
        self.audience = Audience()
        self.choices = Choices(self.audience)
        self.drivers = Drivers()
        self.refused_stranger: Presentation | None = None
        """Whoever was refused last because nobody knows the card, for as long as the owner may learn it."""
        self._ledger = Ledger()
        self._chargers: dict[ChargerId, Charger] = {}
        self._own_enforcement: dict[ChargerId, Enforcement | None] = {}
        self._storage = Storage(hass, entry.entry_id, self._memory)
        self._transaction_ids = TransactionIds(self._storage.changed)
        self._history = History(
            hass,
            entry.entry_id,
            ended=lambda: self._ledger.past.ended,
            saved=self._storage.saved,
            archived=self._archived,
        )
        self._one_step = asyncio.Lock()
        self.one_series = asyncio.Lock()
        """Whoever changes what repeats does so alone, because he writes down again what he has read before."""
        self.one_limit: defaultdict[ChargerId, asyncio.Lock] = defaultdict(asyncio.Lock)
        """Whoever changes a limit of a charger does so alone, because it may have to be asked something before."""
        self.connections = Connections()
        self.lists = ListKeeper(self._chargers, self.put)
        self.starts = Starts(hass, self.audience, lambda: self._chargers)
        self._pacer = Pacer(hass, self.audience, self._apply)
        self.watches = Watches()
        self._rejections = Rejections()
        self._holding: set[ChargerId] = set()
        self._alarm = Alarm(hass, self._pass_time)

    async def start(self) -> None:
        """Read what was remembered."""
        memory = await self._storage.load()
        await self._history.load()
        self._ledger = memory.ledger.restarted()
        # While we were away ourselves, nobody could tell whether a charger was.
        now = dt_util.utcnow()
        self._chargers.update({known: replace(charger, missed_since=now) for known, charger in memory.chargers.items()})
        self._transaction_ids.restart(memory.last_transaction_id)

    @callback
    def begin(self) -> None:
        """Let time pass, now that everybody listens: whatever should have happened meanwhile happens now."""
        self._alarm.begin()
        self.audience.open()
        self._history.begin()
        self._pass_time()

    async def stop(self) -> None:
        """Leave no timer, and write what is not yet written. The chargers are gone by now, so nobody waits for them."""
        self._alarm.stop()
        self._pacer.stop()
        self.starts.stop()
        await self._history.close()
        await self._storage.close()

    @property
    def chargers(self) -> Mapping[ChargerId, Charger]:
        """Every charger that was added, by id."""
        return self._chargers

    @property
    def policy(self) -> Policy:
        """The owner's bounds for reservations."""
        return policy_of(self.entry.options)

    def rules(self, charger_id: ChargerId) -> Rules:
        """What the owner has decided about who may charge at a charger."""
        return rules_of(self.entry.options, self._own_enforcement.get(charger_id), self.house)

    def court(self, charger_id: ChargerId) -> Court:
        """What a verdict at a charger rests upon now."""
        return Court(ledger=self._ledger, drivers=self.drivers, rules=self.rules(charger_id), chargers=self._chargers)

    @property
    def house(self) -> IdToken:
        """The token of Home Assistant itself, for which is reserved what is for nobody in particular."""
        return IdToken(value=self.entry.data[CONF_HOUSE_TOKEN], type="Central")

    def is_for_house(self, reservation: Reservation) -> bool:
        """Whether a reservation is for Home Assistant itself."""
        return self.house.matches(reservation.token)

    def driver(self, called: str) -> Driver | None:
        """The driver who is called so: by name, or by the id of his subentry."""
        return find_driver(self.entry, self.drivers, called)

    def driver_of(self, reservation: Reservation) -> Driver | None:
        """The driver whom a reservation is for; None for the house, for a token of nobody known, and once he is gone."""
        return self.drivers.get(reservation.driver)

    def evse(self, place: Place) -> Evse | None:
        """The EVSE at a place; None once its charger is gone."""
        charger = self.chargers.get(place.charger)
        return charger.evses.get(place.evse) if charger and place.evse is not None else None

    def book(self, charger: ChargerId) -> Book:
        """The living reservations of a charger, and what may be left of ended ones there."""
        return self._ledger.book(charger)

    def reservations(self, place: Place | None = None) -> list[Reservation]:
        """The living reservations of a place (None: of all chargers), ordered by start."""
        if place is not None:
            return self._ledger.book(place.charger).living_at(place.evse)
        return sorted(self._ledger.living(), key=lambda each: each.window.start)

    def ended(self, place: Place | None = None) -> list[Reservation]:
        """The ended reservations of a place (None: of all chargers) that are still remembered, in no order."""
        known = self._history.reservations(each.uid for each in self._ledger.living())
        if place is None:
            return known
        return [
            each for each in known if each.charger == place.charger and (place.evse is None or each.covers(place.evse))
        ]

    def count(self, charger: ChargerId, status: Status) -> int:
        """How many reservations of a charger have ever ended in this status."""
        return self._ledger.past.count(charger, status)

    def find(self, *, uid: str | None = None, reservation_id: int | None = None) -> Reservation | None:
        """The living reservation of this uid, else of this reservation id."""
        if uid is not None:
            return self._ledger.find(uid)
        return None if reservation_id is None else self._ledger.find_by_id(reservation_id)

    def shown_reservations(self, place: Place) -> list[Reservation]:
        """The living reservations that show at a place, ordered by start: at a charger those that no EVSE has yet."""
        return [each for each in self._ledger.book(place.charger).living_at(place.evse) if shows_at(each, place)]

    def present_reservation(self, place: Place) -> Reservation | None:
        """The reservation that is being placed, active or in use at a place; else the next one that is to come."""
        living = self.shown_reservations(place)
        return next((each for each in living if each.status.keeps_out), next(iter(living), None))

    def next_reservation(self, place: Place) -> Reservation | None:
        """The next reservation that is to come at a place."""
        return next((each for each in self.shown_reservations(place) if each.status is Status.SCHEDULED), None)

    def check(self, place: Place, token: IdToken, group: str | None) -> Check:
        """Whether a place is reserved now, and whether for this token or group."""
        charger = self.chargers[place.charger]
        doors = self._ledger.doors(charger, dt_util.utcnow())
        if place.evse is not None:
            return check_evse(doors, place.evse, token, group)
        return check_charger(doors, charger.evses, token, group)

    def leftovers(self, charger_id: ChargerId) -> frozenset[EvseId]:
        """The EVSEs that a charger keeps reserved though nothing is."""
        return leftovers(self._ledger.book(charger_id), self._chargers[charger_id])

    def holds(self, charger_id: ChargerId) -> bool:
        """Whether a charger keeps what is reserved by itself, as far as it has shown or said since we run."""
        has_held = charger_id in self._holding
        return holds_natively(self._ledger.book(charger_id), self._chargers[charger_id], has_held=has_held)

    @callback
    def take_over(self) -> None:
        """Go by the drivers and the options as they are now; reservations follow their drivers, everything shows it."""
        revision = Revision(before=self.drivers, after=drivers_of(self.entry))
        step = followed(self._ledger, revision, self._chargers, self.policy, dt_util.utcnow())
        self._take(step)  # those who are gone are still known, so that the news can name them
        self.drivers = revision.after
        self.lists.renew(self.drivers)
        self._set_timer()
        self.connections.wake(change.after.charger for change in step.changes)
        self.audience.wake_all()

    @callback
    def add_charger(self, charger_id: ChargerId) -> None:
        """Know this charger from now on, if it is not known."""
        if charger_id not in self.chargers:
            self._chargers[charger_id] = Charger(charger=charger_id)
            self._storage.changed()
            self.audience.announce(Place(charger_id))

    @callback
    def give_types(self, charger_id: ChargerId, types: Mapping[EvseId, frozenset[str]]) -> None:
        """Take the owner's word for the connector types of a charger."""
        charger = self.chargers[charger_id]
        if charger.given_types != types:
            self.put(replace(charger, given_types=types))

    @callback
    def give_enforcement(self, charger_id: ChargerId, enforcement: Enforcement | None) -> None:
        """Treat strangers at a charger so from now on; None: as everywhere."""
        if self._own_enforcement.get(charger_id) is not enforcement:
            self._own_enforcement[charger_id] = enforcement
            self.audience.wake([Place(charger_id)])

    @callback
    def put(self, charger: Charger) -> None:
        """Know a charger so from now on; whatever follows from that for it is done, and shown."""
        before = self._chargers[charger.charger]
        self._chargers[charger.charger] = charger
        if is_to_be_kept(before, charger):
            self._storage.changed()
        self.audience.wake(changed_in(before, charger))
        self.connections.wake([charger.charger])

    @callback
    def remove_charger(self, charger_id: ChargerId) -> None:
        """Forget a charger; its reservations end as removed."""
        step = self._ledger.without_charger(charger_id, dt_util.utcnow())
        del self._chargers[charger_id]
        self._own_enforcement.pop(charger_id, None)
        self._holding.discard(charger_id)
        self._storage.changed()
        self._take(step)
        self.audience.wake_charger(charger_id)

    @callback
    def apply(self, charger_id: ChargerId, event: Event) -> Verdict | None:
        """Let a charger's event change the world; the verdict that the charger is told, if the event wants one."""
        if isinstance(event, Heard):
            self.audience.hear(charger_id)
            return None
        if not isinstance(event, Metered):
            self._pacer.release(charger_id)
        elif self._pacer.keeps(charger_id, event):
            return None
        return self._apply(charger_id, event)

    def _apply(self, charger_id: ChargerId, event: Event) -> Verdict | None:
        known = self.chargers.get(charger_id)
        if known is None:
            return None
        now = dt_util.utcnow()
        before = in_time(known, now)
        event = taken_up(before, self._transaction_ids.numbered(before, event))
        if isinstance(event, HoldEnded):
            note_unknown_hold(self._ledger.book(charger_id), event)
        ledger = self._ledger
        verdict = judge(self.court(charger_id), before, event, now) if asks(before, event) else None
        after = before.after(event, verdict)
        if after is not known:
            self._chargers[charger_id] = after
            if is_to_be_kept(before, after):
                self._storage.changed()
                note_labels(before, after)
        changed = changed_in(before, after)
        report = Report(event=event, before=before, verdict=verdict)
        step = ledger.after(report, after, now, consume_on_any=consumes_on_any(self.entry.options))
        if changed or step.changes or step.ledger is not ledger:  # most messages are readings, which change neither
            self._take(step, changed)
        if after is not before:
            self._show_meters(before, after, changed)
        if (presented := presentation(report, self.drivers, house=self.house, now=now)) is not None:
            self.audience.present(presented)
        self.connections.wake(each.after.charger for each in step.changes if each.after.charger != charger_id)
        told = after.abilities is not before.abilities or after.local_list is not before.local_list
        if changed or self._ledger is not ledger or told:
            self.connections.wake([charger_id])
        return verdict

    def _show_meters(self, before: Charger, after: Charger, changed: Collection[Place]) -> None:
        """Tell of places that are new, of sessions at once, and of what was read in due time."""
        if len(after.evses) != len(before.evses):
            for number in after.evses.keys() - before.evses.keys():
                self.audience.announce(Place(after.charger, number))
        if changed:
            self.audience.wake_readings(sessions_changed_in(before, after))
        self._pacer.read(read_in(before, after))

    @callback
    def evicts(self, charger_id: ChargerId, transaction: TransactionId) -> bool:
        """Whether somebody who was refused is to be stopped now; the caller does it then. Otherwise he may go on."""
        charger, now = self.chargers.get(charger_id), dt_util.utcnow()
        running = None if charger is None else charger.running(transaction)
        if charger is None or running is None:
            return False
        unwelcome = is_still_unwelcome(self.court(charger_id), charger, running, now)
        event = Evicting if unwelcome else Pardoned
        self.apply(charger_id, event(transaction=transaction, at=now))
        if unwelcome:
            LOGGER.info("%s is asked to stop whoever charges at connector %s and was refused", charger_id, running.evse)
        return unwelcome

    async def saved(self) -> None:
        """Return once everything is on disk. Raises `StorageFailedError`."""
        await self._storage.saved()

    async def make(self, step_of: StepOf, *, aside: bool = False) -> Step:
        """Take a step that somebody asked for: on disk before anybody is told, and undone if that fails.

        `aside`: it is a long one, for a thread. Whoever asked may be cancelled; the step is then still taken as a whole.
        Raises `StorageFailedError`, and whatever `step_of` raises.
        """
        made = self._make_alone(step_of, aside=aside)
        return await outlasting(self.hass.async_create_task(made, "step", eager_start=True))

    def is_being_told(self, charger_id: ChargerId, uid: str) -> bool:
        """Whether the charger is, or can now be, told something of this reservation."""
        if (reservation := self._ledger.find(uid)) is None:
            return False
        due = {each.hold for each in self.plan(charger_id).commands if isinstance(each, PlaceHold | DropHold)}
        return any(hold.under_way or hold.wire_id in due for hold in reservation.holds.values())

    def name_of(self, charger_id: ChargerId) -> str:
        """What the owner calls a charger."""
        return next(
            (subentry.title for subentry in self.entry.subentries.values() if subentry.unique_id == charger_id),
            charger_id,
        )

    def label_of(self, place: Place) -> str:
        """What a place is called in a sentence."""
        return errors.place(self.name_of(place.charger), place.evse)

    @callback
    def sending(self, charger_id: ChargerId, command: PlaceHold) -> None:
        """A ReserveNow is about to be sent."""
        self._take(self._ledger.sending(self._chargers[charger_id], command, dt_util.utcnow()))

    @callback
    def answered(
        self,
        charger_id: ChargerId,
        command: PlaceHold | DropHold,
        outcome: Outcome,
        word: str | None = None,
    ) -> None:
        """The outcome of a command is known, perhaps later than we waited for it.

        `word`: the charger's own, where it refused without one of the outcomes that the command has.
        """
        charger = self.chargers.get(charger_id)
        if charger is not None:
            if isinstance(command, PlaceHold) and outcome is Outcome.ACCEPTED:
                self._holding.add(charger_id)
            step = self._ledger.answered(charger, command, outcome, dt_util.utcnow())
            self._take(step, word=word)
            self.connections.wake([charger_id])
            if isinstance(command, PlaceHold) and outcome is Outcome.REJECTED:
                self._rejections.note(charger, step.changes)

    def plan(self, charger_id: ChargerId) -> Plan:
        """What this charger is to be told now."""
        charger = self.chargers.get(charger_id)
        if charger is None:
            return Plan()
        return plan(self._ledger.book(charger_id), charger, dt_util.utcnow())

    @callback
    def _archived(self, records: Mapping[str, Reservation]) -> None:
        """The history has these records on disk."""
        ledger = self._ledger.archived(records, self._chargers, dt_util.utcnow())
        if ledger is not self._ledger:
            self._ledger = ledger
            self._storage.changed()

    def _memory(self) -> Memory:
        return Memory(
            ledger=self._ledger,
            chargers=dict(self._chargers),
            last_transaction_id=self._transaction_ids.until,
        )

    async def _make_alone(self, step_of: StepOf, *, aside: bool) -> Step:
        """One step at a time, so that one which is undone takes no other with it."""
        async with self._one_step:
            step = await (worked_out_aside if aside else worked_out)(self.hass, self._world, step_of)
            if step.ledger is self._ledger:
                return step
            self._ledger = step.ledger
            self._storage.changed()
            try:
                await self._storage.saved()
            except StorageFailedError:
                self._ledger = undone(self._ledger, step)
                self._storage.changed()
                self._set_timer()
                self.audience.wake(changed_at(step.changes, self._chargers))
                raise
            self._set_timer()
            self._tell(step.changes)
            self.connections.wake(change.after.charger for change in step.changes)
            return step

    def _world(self) -> World:
        return World(self._ledger, self.drivers)

    def _take(self, step: Step, places: Iterable[Place] = (), *, word: str | None = None) -> None:
        """Take a step that happened: remembered at once, on disk soon."""
        if step.ledger is not self._ledger:
            self._ledger = step.ledger
            self._storage.changed()
            self._set_timer()
        self._tell(step.changes, places, word=word)

    def _tell(self, changes: tuple[Change, ...], places: Iterable[Place] = (), *, word: str | None = None) -> None:
        if any(change.after.status.is_final for change in changes):
            self._history.changed()
        note_late_uses(changes)
        self.audience.publish((change, told_at(change, self._chargers)) for change in changes)
        self.audience.wake({*places, *changed_at(changes, self._chargers)})
        self.watches.look(changes, word)

    def _pass_time(self) -> None:
        now = dt_util.utcnow()
        step = self._ledger.at(self.chargers, now)
        self._take(step)
        self.connections.wake(change.after.charger for change in step.changes)
        if self.lists.changes_at is not None and self.lists.changes_at <= now:
            self.lists.renew(self.drivers)
        self._set_timer()

    def _set_timer(self) -> None:
        """One timer for the next edge of the ledger, or of the drivers' validity."""
        self._alarm.set((self._ledger.next_moment(), self.lists.changes_at))
