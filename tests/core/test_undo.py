"""Taking back a step that could not be saved."""

from datetime import UTC, datetime, timedelta

from custom_components.ocpp_central.core.charger import Charger
from custom_components.ocpp_central.core.events import Connected, ConnectorStatus, StatusChanged
from custom_components.ocpp_central.core.ledger import Ledger, Wish
from custom_components.ocpp_central.core.policy import Policy
from custom_components.ocpp_central.core.room import Terms
from custom_components.ocpp_central.core.token import IdToken
from custom_components.ocpp_central.core.undo import undone

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def _charger() -> Charger:
    charger = Charger(charger="A").after(Connected(token_length=20, at=NOW))
    for number in (1, 2):
        status = StatusChanged(evse=number, connector=1, status=ConnectorStatus.AVAILABLE, at=NOW)
        charger = charger.after(status)
    return charger


def _wish(evse: int) -> Wish:
    return Wish(charger="A", evse=evse, token=IdToken(value="T"), end=NOW + timedelta(hours=1))


def test_a_wish_is_taken_back_and_nothing_else() -> None:
    """What happened to another reservation since stays."""
    first = Ledger().propose(_wish(1), _charger(), Terms(policy=Policy()), uid="first", now=NOW)
    second = first.ledger.propose(_wish(2), _charger(), Terms(policy=Policy()), uid="second", now=NOW)
    assert {each.uid for each in undone(second.ledger, first).living()} == {"second"}


def test_a_cancellation_is_taken_back_with_its_ghost() -> None:
    """The reservation stands as it stood, and its hold is not to be dropped."""
    granted = Ledger().propose(_wish(1), _charger(), Terms(policy=Policy()), uid="uid", now=NOW).ledger
    cancelled = granted.withdraw("uid", _charger(), NOW)
    assert undone(cancelled.ledger, cancelled) == granted


def test_a_charger_that_is_gone_stays_gone() -> None:
    """It was removed while the step could not be saved."""
    step = Ledger().propose(_wish(1), _charger(), Terms(policy=Policy()), uid="uid", now=NOW)
    gone = step.ledger.without_charger("A", NOW).ledger
    assert undone(gone, step) == gone
