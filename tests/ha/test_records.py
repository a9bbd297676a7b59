"""What is written is what is read, whatever has happened before."""

from pathlib import Path

from homeassistant.helpers.json import json_bytes
from homeassistant.util.json import json_loads_object
from hypothesis import settings
from hypothesis.stateful import invariant

from custom_components.ocpp_central.core.events import ChargingState, ConnectorStatus, Ended, Started, Updated
from custom_components.ocpp_central.core.reservation import Status
from custom_components.ocpp_central.memory import Memory, decoded, encoded, is_to_be_kept
from custom_components.ocpp_central.records import Writer
from tests.core.test_accounts import metered
from tests.core.test_any_order import AnyOrder
from tests.core.world import CHARGER, HOLDER, MINUTE, NOON, World


class Written(AnyOrder):
    """The ledger in any disorder, and the file that it is written to after every step."""

    def __init__(self) -> None:
        super().__init__()
        self.writer = Writer()

    @invariant()
    def what_is_written_is_what_is_read(self) -> None:
        memory = Memory(ledger=self.world.ledger, chargers=self.world.chargers, last_transaction_id=7)
        read, unreadable = decoded(json_loads_object(json_bytes(encoded(memory, {}, self.writer))))
        assert not unreadable
        assert read.ledger == memory.ledger
        assert read.last_transaction_id == 7
        for charger_id, charger in memory.chargers.items():
            known = read.chargers[charger_id]
            assert known.abilities == charger.abilities
            assert known.spellings == charger.spellings
            for number, evse in charger.evses.items():
                again = known.evses[number]
                assert (again.connectors, again.running, again.last) == (evse.connectors, evse.running, evse.last)


Written.TestCase.settings = settings(max_examples=60, stateful_step_count=30)
TestWritten = Written.TestCase


def test_only_what_has_changed_is_written_anew() -> None:
    """With thousands of reservations, encoding all of them would keep Home Assistant waiting."""
    disorder = AnyOrder()
    disorder.world.equip()
    first, second = disorder.world.reserve(1), disorder.world.reserve(2)
    writer = Writer()
    (before,) = writer.written([first, second])
    disorder.world.settle()
    (after,) = writer.written([first, disorder.world.known(second)])
    assert after[0] is before[0]
    assert after[1] is not before[1]


def test_what_an_earlier_version_has_stored_goes_on() -> None:
    """A session and its reservation amid which the new one was installed, and a register that is told in kWh and called Wh."""
    stored = json_loads_object((Path(__file__).parent / "stored" / "before_doubts.json").read_bytes())
    memory, unreadable = decoded(stored)
    assert not unreadable
    world = World(evses=(), connected=False)
    world.now = NOON + 10 * MINUTE
    world.ledger, world.chargers = memory.ledger.restarted(), dict(memory.chargers)
    (reservation,) = world.ledger.living()
    world.connect()
    world.status(1, ConnectorStatus.CHARGING)
    world.tell(metered(1.9, world.now, transaction="2"))
    running = world.charger.running("2")
    assert running is not None
    assert (running.token, running.doubt, world.charger.evses[1].session_wh) == (HOLDER, None, 900)
    assert world.status_of(reservation) is Status.IN_USE
    world.tell(Ended(transaction="2", meter_wh=2000, at=world.now, received=world.now))
    assert world.status_of(reservation) is Status.USED
    evses = world.charger.evses
    assert [evse.last and evse.last.energy_wh for evse in evses.values()] == [1000, 1000]
    assert [evse.meter.imported.total for evse in evses.values()] == [2000, 1500]
    memory = Memory(ledger=world.ledger, chargers=world.chargers)
    again, _ = decoded(json_loads_object(json_bytes(encoded(memory, {}, Writer()))))
    assert again.chargers[CHARGER].evses[1].meter.labels == evses[1].meter.labels


def test_a_start_that_has_no_place_yet_is_kept() -> None:
    """The driver has shown his card, and plugs in when Home Assistant has started anew (OCPP 2.x, E03)."""
    world = World(evses=(1, 2))
    world.tell(Started(transaction="7", evse=None, connector=None, token=HOLDER, meter_wh=1000, at=world.now))
    assert is_to_be_kept(World(evses=(1, 2)).charger, world.charger)
    read, _ = decoded(json_loads_object(json_bytes(encoded(Memory(chargers=world.chargers), {}, Writer()))))
    world.chargers = dict(read.chargers)
    world.connect()
    world.tell(Updated(transaction="7", evse=2, charging_state=ChargingState.CHARGING, at=world.now))
    running = world.charger.evses[2].running
    assert running is not None
    assert (running.token, running.meter_start_wh) == (HOLDER, 1000)
    assert world.charger.unplaced == ()
