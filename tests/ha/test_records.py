"""What is written is what is read, whatever has happened before."""

from homeassistant.helpers.json import json_bytes
from homeassistant.util.json import json_loads_object
from hypothesis import settings
from hypothesis.stateful import invariant

from custom_components.ocpp_central.memory import Memory, decoded, encoded
from custom_components.ocpp_central.records import Writer
from tests.core.test_any_order import AnyOrder


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
