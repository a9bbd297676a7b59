"""What a charger says is wrong with it, and until when."""

from custom_components.ocpp_central.core.charger import Charger
from custom_components.ocpp_central.core.events import Connected, ConnectorStatus, ProblemTold, StatusChanged
from custom_components.ocpp_central.core.faults import MOST, Fault

from .test_accounts import KNOWN, after
from .world import MINUTE, NOON

HOT, WELDED = Fault("high_temperature"), Fault("PowerContactor", "E7")
FAULTED, AVAILABLE = ConnectorStatus.FAULTED, ConnectorStatus.AVAILABLE


def status(
    word: ConnectorStatus, fault: Fault | None = None, connector: int = 1, evse: int | None = 1
) -> StatusChanged:
    """A status, with what is wrong."""
    return StatusChanged(evse=evse, connector=connector, status=word, fault=fault, at=NOON)


def problem(component: str, fault: Fault | None, evse: int | None = 1) -> ProblemTold:
    """A component with, or without, a problem."""
    return ProblemTold(evse=evse, component=component, fault=fault, at=NOON)


def faults(charger: Charger) -> list[Fault]:
    """What is wrong at the first EVSE."""
    return list(charger.evses[1].faults.values())


def test_what_is_wrong_is_so_until_the_status_is_told_without() -> None:
    """Also where the status itself stays the same."""
    warned = KNOWN.after(status(AVAILABLE, HOT))
    assert faults(warned) == [HOT]
    assert warned.after(status(AVAILABLE, HOT)) is warned
    assert faults(warned.after(status(AVAILABLE))) == []
    assert faults(warned.after(status(FAULTED, WELDED))) == [WELDED]


def test_a_fault_that_is_told_twice_keeps_its_reason() -> None:
    """2.x tells it as a status and as an event, of which the latter alone says why."""
    for events in ([status(FAULTED), status(FAULTED, WELDED)], [status(FAULTED, WELDED), status(FAULTED)]):
        assert faults(after(events)) == [WELDED]
    assert faults(after([status(FAULTED, WELDED), status(AVAILABLE)])) == []


def test_components_have_their_problems_one_by_one() -> None:
    """Each until it is told that it has none any more; of a place that nobody knows, nothing is kept."""
    both = after([problem("Fan", HOT), problem("PowerContactor", WELDED)])
    assert faults(both) == [HOT, WELDED]
    assert faults(both.after(problem("Fan", None))) == [WELDED]
    assert both.after(problem("Fan", HOT)) is both
    assert both.after(problem("Fan", HOT, evse=9)) is both


def test_the_charger_as_a_whole_has_its_own() -> None:
    """1.6's connector 0, 2.x's components without an EVSE."""
    whole = KNOWN.after(status(FAULTED, HOT, connector=0, evse=None))
    assert list(whole.faults.values()) == [HOT]
    assert whole.after(status(FAULTED, HOT, connector=0, evse=None)) is whole
    more = whole.after(problem("Fan", WELDED, evse=None))
    assert list(more.faults.values()) == [HOT, WELDED]
    assert more.after(problem("Fan", WELDED, evse=None)) is more
    assert faults(more) == []


def test_after_a_new_connection_the_charger_tells_anew() -> None:
    """What was wrong before says nothing of now."""
    told = after([status(AVAILABLE, HOT), status(AVAILABLE, HOT, connector=0, evse=None)])
    back = told.after(Connected(token_length=20, at=NOON + MINUTE))
    assert (faults(back), dict(back.faults)) == ([], {})


def test_a_broken_charger_cannot_make_up_problems_without_end() -> None:
    """They are kept in memory."""
    assert len(faults(after(problem(f"Thing {number}", HOT) for number in range(2 * MOST)))) == MOST
