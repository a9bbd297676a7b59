"""How something is sent that only a charger's vendor defines, in both directions and every version."""

import pytest

from custom_components.ocpp_central.core.commands import Outcome
from custom_components.ocpp_central.core.events import DataAnswered, DataSent, Standing, Verdict
from custom_components.ocpp_central.core.orders import TransferData
from custom_components.ocpp_central.csms.dialect import Dialect, Json, UnsayableError
from custom_components.ocpp_central.csms.v2 import V21, V201
from custom_components.ocpp_central.csms.v16 import V16

from .official import reply_violations, request_violations
from .test_v2 import NOW

DIALECTS = [pytest.param(dialect, id=dialect.version.value) for dialect in (V16, V201, V21)]


def order(data: object = None, vendor: str = "V", message: str | None = None) -> TransferData:
    """The order to send it."""
    return TransferData(vendor=vendor, message=message, data=data)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("data", "as_text"), [("text", "text"), ({"a": [1, "ä"]}, '{"a":[1,"ä"]}'), (7, "7"), (False, "false")]
)
def test_data_is_sent(dialect: Dialect, data: object, as_text: str) -> None:
    """1.6 sends text: anything else becomes JSON."""
    request = dialect.request(order(data, message="M"))
    assert request.action == "DataTransfer"
    assert request.payload == {"vendorId": "V", "messageId": "M", "data": as_text if dialect is V16 else data}
    assert request_violations(dialect.version, request.action, request.payload) == []


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_is_not_given_is_not_sent(dialect: Dialect) -> None:
    """Only the vendor must be named."""
    assert dialect.request(order()).payload == {"vendorId": "V"}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("wrong", [order(vendor="V" * 256), order(message="M" * 51)])
def test_names_that_are_too_long_are_not_sent(dialect: Dialect, wrong: TransferData) -> None:
    """The schemas do not allow them."""
    with pytest.raises(UnsayableError):
        dialect.request(wrong)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("word", "outcome"),
    [
        ("Accepted", Outcome.ACCEPTED),
        ("Rejected", Outcome.REJECTED),
        ("UnknownMessageId", Outcome.REJECTED),
        ("UnknownVendorId", Outcome.REJECTED),
    ],
)
def test_the_answer_is_kept(dialect: Dialect, word: str, outcome: Outcome) -> None:
    """Its word, and its data."""
    answer = {"status": word, "data": "d"}
    assert reply_violations(dialect.version, "DataTransfer", answer) == []
    assert dialect.outcome(order(), answer) is outcome
    assert dialect.said(order(), answer) == (word, None)
    assert dialect.told(order(), answer, NOW) == (DataAnswered(data="d", at=NOW),)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_a_charger_sends_is_told_and_answered(dialect: Dialect) -> None:
    """Accepted if anybody makes use of it; nothing of it is in a repr."""
    route = dialect.routes["DataTransfer"]
    payload: Json = {"vendorId": "V", "messageId": "M", "data": "OPENSESAME"}
    (event,) = route.read(payload, NOW)
    assert event == DataSent(vendor="V", message="M", data="OPENSESAME", at=NOW)
    assert "OPENSESAME" not in repr(event) + repr(order("OPENSESAME"))
    for verdict, word in (
        (None, "UnknownVendorId"),
        (Verdict(standing=Standing.UNKNOWN), "UnknownVendorId"),
        (Verdict(standing=Standing.ACCEPTED), "Accepted"),
    ):
        answer = route.reply(payload, verdict, NOW)
        assert answer == {"status": word}
        assert reply_violations(dialect.version, "DataTransfer", answer) == []
    assert route.read({"vendorId": ""}, NOW) == ()
